"""What visits said, and what was known before each of them: the rows that weights are fitted to and judged by.

Of a visit that is judged only its site, its place and its day are used. What is known before it are statements dated
strictly earlier, or at least so many days earlier as a lead asks for; a visit known only by its year speaks of the
year's end, a month's count of the month's last day. Rows later than a visit cannot change anything said of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winze.engine import likelihood
from winze.engine.known import newest_first
from winze.engine.likelihood import SPEAKING, Evidence
from winze.engine.presence import TYPES
from winze.engine.records import ConflictCount, Statement, Visit, in_order, of_kind
from winze.engine.register import Codes, Register, area_codes, build, join

QUESTIONS = {
    "armed_interference": "armed",
    "non_state_interference": "non-state",
    "state_interference": "state",
}
"""What a backtest may ask, and the force it asks after. `armed_interference` is the source's own column, as given."""
_CHUNK = 256
type Floats = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Visited:
    """The visits that answer one question: arrays of equal length, oldest first.

    `answer` is 1 where it was found; `row` finds the visit in the evidence. `territory`, `province`, `mineral`,
    `programme` and `manner` are for grouping results only: nothing is predicted from them.
    """

    statements: tuple[Statement, ...]
    row: NDArray[Any]
    day: Floats
    answer: Floats
    area: tuple[str | None, ...]
    territory: tuple[str, ...]
    province: tuple[str, ...]
    mineral: tuple[str, ...]
    programme: tuple[str, ...]
    manner: tuple[str, ...]

    def groups(self) -> NDArray[Any]:
        """A number for each territory and month: results within one are not independent."""
        names = [f"{t}|{date.fromordinal(int(d)):%Y-%m}" for t, d in zip(self.territory, self.day, strict=True)]
        return np.unique(names, return_inverse=True)[1]


@dataclass(frozen=True, slots=True)
class Known:
    """What was known before each visit: sums of k by scale and kind (visits x scales x SPEAKING), and the logarithm of
    1 + conflict events of the 12 months before (nan where a month is not known)."""

    sums: Floats
    conflict: Floats


@dataclass(frozen=True, slots=True)
class History:
    """All that is told, ready to be asked what was known before which visit."""

    register: Register
    evidence: Evidence
    codes: Codes
    months: dict[str, list[tuple[Floats, Floats]]]  # area -> series: last days of counted months, their events
    counted_by: frozenset[str]  # sources of the counts

    def visits(self, force: str) -> Visited:
        """The visits that answer a question after one kind of force, oldest first."""
        ask = likelihood.found_by(force)
        rows = []
        for at, statement in enumerate(self.evidence.statements):
            said = statement.said
            assert isinstance(said, Visit)
            answer = ask(said) if said.interference is not None else None
            if answer is not None and said.point is not None:
                rows.append((statement.speaks_of.known_on.toordinal(), statement.id, at, answer, statement, said))
        rows.sort(key=lambda row: row[:3])
        return Visited(
            statements=tuple(row[4] for row in rows),
            row=np.array([row[2] for row in rows], dtype=int),
            day=np.array([row[0] for row in rows], dtype=float),
            answer=np.array([row[3] for row in rows], dtype=float),
            area=tuple(self._area(row[5]) for row in rows),
            territory=tuple(row[5].territory or "" for row in rows),
            province=tuple(row[5].province or "" for row in rows),
            mineral=tuple(row[5].minerals[0] if row[5].minerals else "" for row in rows),
            programme=tuple(row[5].project or "" for row in rows),
            manner=tuple(row[5].manner for row in rows),
        )

    def _area(self, visit: Visit) -> str | None:
        code = join(visit.country, visit.territory, visit.province, self.codes)
        return f"area:{code.code}" if code else None

    def known_before(self, visited: Visited, force: str, scales: Sequence[tuple[float, float]], lead: int) -> Known:
        """What was known `lead` days before each visit (0: strictly before its day)."""
        kinds = self.evidence.says[force]
        of_kind = (kinds[:, None] == np.arange(len(SPEAKING))).astype(float)
        sums = np.zeros((len(visited.day), len(scales), len(SPEAKING)))
        for rows, km, age in self._pairs(visited, lead):
            for s, (far, long) in enumerate(scales):
                sums[rows, s] = (np.exp(-km / far - np.maximum(age, 0) / long) * (age >= 0)) @ of_kind
        return Known(sums, self._conflict(visited, lead))

    def shares(
        self, visited: Visited, force: str, kernels: Iterable[tuple[float, float]], lead: int
    ) -> dict[tuple[float, float], Floats]:
        """For plain kernels: the weight of visits that found it, and of all that answered (visits x 2)."""
        found, others = self._answered(force)
        given = {kernel: np.zeros((len(visited.day), 2)) for kernel in kernels}
        columns = np.column_stack([found, found + others])
        for rows, km, age in self._pairs(visited, lead):
            for far, long in given:
                given[far, long][rows] = (np.exp(-km / far - np.maximum(age, 0) / long) * (age >= 0)) @ columns
        return given

    def _answered(self, force: str) -> tuple[Floats, Floats]:
        ask = likelihood.found_by(force)
        said = [s.said for s in self.evidence.statements]
        answers = [ask(v) if isinstance(v, Visit) and v.interference is not None else None for v in said]
        return np.array([a is True for a in answers], dtype=float), np.array([a is False for a in answers], dtype=float)

    def _pairs(self, visited: Visited, lead: int) -> Iterable[tuple[slice, Floats, Floats]]:
        """Distances in km and days beyond the lead (negative: not yet known), a block of visits at a time."""
        seen = self.evidence
        for start in range(0, len(visited.day), _CHUNK):
            rows = slice(start, start + _CHUNK)
            at = visited.row[rows]
            lat, lon = seen.lat[at][:, None], seen.lon[at][:, None]
            km = likelihood.great_circle_km(lat, lon, seen.lat, seen.lon)
            km = np.where(seen.sites[at][:, None] == seen.sites, 0.0, km)
            age = visited.day[rows][:, None] - seen.day
            yield rows, km, np.where(age >= max(lead, 1), age, -1.0)

    def _conflict(self, visited: Visited, lead: int) -> Floats:
        known = np.full(len(visited.day), np.nan)
        for i, (area, day) in enumerate(zip(visited.area, visited.day, strict=True)):
            years = (_year_before(*series, day - max(lead, 1)) for series in self.months.get(area or "", ()))
            known[i] = next((year for year in years if not np.isnan(year)), np.nan)
        return known


def _year_before(ends: Floats, events: Floats, day: float) -> float:
    """ln(1 + events) of the 12 newest months known on a day, nan unless they are the last 12 or 13 there were."""
    last = int(np.searchsorted(ends, day, side="right"))
    if last < 12 or day - ends[last - 12] > 396:
        return float("nan")
    return float(np.log1p(events[last - 12 : last].sum()))


def tell(statements: list[Statement]) -> History:
    """The history that statements tell; order and repetition of rows make no difference. A visit without a place of its
    own is not heard: what a later one says of the place was not known yet."""
    statements = in_order(statements)
    register = build(statements)
    unplaced = {id: replace(site, point=None) for id, site in register.sites.items()}
    return History(
        register,
        likelihood.observe(
            replace(register, sites=unplaced), {force: likelihood.by_force(force) for force in QUESTIONS.values()}
        ),
        area_codes(statements),
        _months(statements),
        frozenset(statement.source for statement, _ in of_kind(statements, ConflictCount)),
    )


def _months(statements: list[Statement]) -> dict[str, list[tuple[Floats, Floats]]]:
    """Monthly events by area, a series for each type and dataset, those that speak first first, oldest month first. Of
    a month told twice the newest word counts."""
    series: dict[tuple[str, str, str], dict[date, Statement]] = defaultdict(dict)
    for statement, count in of_kind(statements, ConflictCount):
        if statement.speaks_of.precision == "month" and count.events is not None:
            told, day = series[statement.subject, count.dataset, count.type], statement.speaks_of.known_on
            told[day] = max(statement, told.get(day, statement), key=newest_first)
    found: dict[str, list[tuple[Floats, Floats]]] = defaultdict(list)
    for (area, _, _), told in sorted(series.items(), key=lambda item: _first(*item[0])):
        newest = [told[day] for day in sorted(told)]
        days = [statement.speaks_of.known_on.toordinal() for statement in newest]
        events = [count.events or 0 for _, count in of_kind(newest, ConflictCount)]
        found[area].append((np.array(days, float), np.array(events, float)))
    return dict(found)


def _first(area: str, dataset: str, type: str) -> tuple[str, int, str, str]:
    return (area, TYPES.index(type) if type in TYPES else len(TYPES), type, dataset)
