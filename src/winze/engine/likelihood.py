"""How likely a visit today would find armed interference at a site, from what earlier visits found and conflict around.

Every earlier statement about a site near enough speaks for or against, the more the nearer and the newer it is:

    log-odds = base + sharpness * ( ln(for_it + sum of k over what speaks for it)
                                  - ln(against + sum of k over what speaks against it) )
    k        = weight of its kind * sum over scales of  weight * exp(-distance / km - age / days)
    for_it   = prior_yes * exp(conflict * (ln(1 + events in the area in 12 months) - conflict_typical))

What conflict says counts where nobody looked and fades as visits speak. The sum is additive: the base and one signed
contribution of each named statement, which share a side's logarithm in proportion to their k. A finding that is
nearer, newer or additional never lowers the figure; a visit that found nothing never raises it.

The 90% interval is 1.645 standard deviations of the log-odds either side; the deviation is how far whole territories
and months strayed from what was expected of them, and grows with the age of the newest visit near. Where the weights
were learnt the basis is "learnt", with the day they were trained to; those of `rules/likelihood.yaml` are "expert".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from winze.engine.known import newest_first
from winze.engine.presence import TYPES, armed, interfered
from winze.engine.reasons import Reason, because
from winze.engine.records import ConflictCount, Statement, Visit, of_kind
from winze.engine.register import Register, Site

FORCES = {"non-state-armed-interference": "non-state", "state-forces-interference": "state"}
"""The two targets of interference, and whose force each asks after. Two targets with two answers."""
EXPERT = {"worst-forms-of-child-labour": "child-labour", "forced-labour": "forced-labour"}
"""Kinds of risk whose answers are too few to learn from, and the rule with an expert's weights."""
FOR_IT = ("seen-yes", "told-yes", "armed", "turned-back")
AGAINST = ("seen-no", "told-no", "armed-no", "other", "unarmed", "third-party")
SPEAKING = FOR_IT + AGAINST
"""What a statement can say to a question: found on site; told of without getting there; armed people seen but what
they do not said; turned back for insecurity. Not found on site; told of none; none found beside armed people;
interference by others only; nobody armed seen, and no more said; a third party's status statement."""
EARTH_KM = 6371.0088
_SHOWN, _WORTH_A_LINE = 12, 0.005
"""How many statements are named at most, and from what contribution on: less would read as 0.00."""
_CHUNK = 256
_NEAR_KM = 50.0
type Floats = NDArray[Any]
type Speaking = Callable[[Visit], str | None]
"""What a visit says to a question: one of SPEAKING, None for nothing."""
type Events = Mapping[str, tuple[int, Statement]]
"""Conflict events in the last 12 months by area, with the newest statement counted."""
_Z90 = 1.6448536269514722


class Figure(Protocol):
    @property
    def value(self) -> object: ...


class Figures(Protocol):
    def figure(self, rule: str, name: str, day: date, /) -> Figure: ...


@dataclass(frozen=True, slots=True)
class Scale:
    """How far (km) and how long (days) a statement is heard, each until it weighs 1/e, and how much that counts."""

    km: float
    days: float
    weight: float


@dataclass(frozen=True, slots=True)
class Band:
    """How often it was found at visits that had been given a likelihood from `low` to `high` beforehand."""

    low: float
    high: float
    visits: int
    mean: float
    found: int


@dataclass(frozen=True, slots=True)
class Model:
    """The weights of one target. Log-odds but for scales (km, days) and weights of kinds of statement (of SPEAKING).

    `spread` gives the standard deviation of the log-odds by days since the newest visit near; `measured` how good
    the weights were, by those days, on visits they had not seen. `countries` are where they may speak, empty
    everywhere. `trained_to` is None for an expert's weights.
    """

    target: str
    rule: str
    base: float
    sharpness: float
    prior_yes: float
    prior_no: float
    conflict: float
    conflict_typical: float
    scales: tuple[Scale, ...]
    weights: Mapping[str, float]
    spread: tuple[tuple[float, float], ...]
    measured: tuple[tuple[float, tuple[Band, ...]], ...] = ()
    countries: tuple[str, ...] = ()
    trained_to: date | None = None
    training: str | None = None

    @property
    def basis(self) -> str:
        return "expert" if self.trained_to is None else "learnt"

    @classmethod
    def expert(cls, rule: str, rulebook: Figures, day: date) -> Model:
        """The weights of one rule of `rules/likelihood.yaml` in force on a day."""

        def number(name: str) -> float:
            return float(str(rulebook.figure(rule, name, day).value))

        return cls(
            target=rule.removeprefix("likelihood/"),
            rule=rule,
            base=number("base_log_odds"),
            sharpness=number("sharpness"),
            prior_yes=number("prior_yes"),
            prior_no=number("prior_no"),
            conflict=number("conflict_weight"),
            conflict_typical=number("conflict_typical"),
            scales=tuple(
                Scale(number(f"{n}_km"), number(f"{n}_days"), number(f"{n}_weight")) for n in ("here", "around")
            ),
            weights={name: number(f"weight_{name.replace('-', '_')}") for name in SPEAKING},
            spread=((0.0, number("spread")), (365.0, number("spread_after_a_year"))),
        )

    def deviation(self, days: float) -> float:
        """The standard deviation of the log-odds when the newest visit near is so many days old."""
        return float(np.interp(days, [d for d, _ in self.spread], [sd for _, sd in self.spread]))

    def bands(self, days: float) -> tuple[Band, ...]:
        """How good the weights were on visits whose newest neighbour was at least about so old."""
        fitting = [bands for least, bands in self.measured if least <= days]
        return fitting[-1] if fitting else ()


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely it is that a visit on the day would find it, with a 90% interval.

    `basis`: "learnt" weights fitted to earlier visits; "expert" cited rule weights where data are thin or far;
    "evidence" what a statement says outright, without a figure; "none" nothing to go by. `p`, `low` and `high` are
    None for the last two. `if_found` and `if_not` are what it would be after a visit to the site today that found it,
    or found nothing. `trained_to` is the day up to which the weights were learnt; `alike` how often it was found at
    visits given a like figure beforehand, None where that was not measured.
    """

    p: float | None
    low: float | None
    high: float | None
    basis: str
    if_found: float | None = None
    if_not: float | None = None
    trained_to: date | None = None
    alike: Band | None = None


NOTHING = Likelihood(None, None, None, "none")


# -- what statements say ---------------------------------------------------------------------------------------------


def found(visit: Visit, force: str) -> bool | None:
    """Whether this visit found interference by this kind of force; None where it cannot say. A row that contradicts
    itself says nothing, and neither does a third party."""
    if visit.manner == "third-party" or visit.contradictory:
        return None
    return interfered(visit, force)


def found_any(visit: Visit) -> bool | None:
    """Whether the visit says that armed people interfered, whoever they were; None where it does not say."""
    return visit.interference


def found_by(force: str) -> Callable[[Visit], bool | None]:
    """The question of one target: interference by this kind of force, or by any for "armed"."""
    return found_any if force == "armed" else lambda visit: found(visit, force)


def speaking(visit: Visit, force: str) -> str | None:
    """What a visit says to the question after one kind of force ("armed": any): one of SPEAKING, None for nothing."""
    if visit.manner == "third-party":
        return "third-party"
    if visit.contradictory:
        return None
    answer, on_site = found_by(force)(visit), visit.manner == "on-site"
    if answer:
        return "seen-yes" if on_site else "told-yes"
    if answer is None:
        return _silent(visit, force)
    if visit.interference is None:
        return "unarmed"
    if not on_site:
        return "told-no"
    return "other" if visit.interference else "armed-no" if visit.armed_presence else "seen-no"


def _silent(visit: Visit, force: str) -> str | None:
    if visit.not_reached_for == "insecurity":
        return "turned-back"
    seen = visit.armed_presence if force == "armed" else armed(visit, force)
    return None if seen is None else "armed" if seen else "unarmed"


def answers(visits: Sequence[Statement], question: Callable[[Visit], bool | None]) -> list[tuple[Statement, bool]]:
    """What visits answer to a question, one answer a day, oldest first; a visit that cannot say answers nothing. Of
    several on one day one that found it counts, then one that reached the site, then the least identity."""
    best: dict[date, tuple[tuple[bool, bool, str], Statement]] = {}
    for statement in visits:
        visit = statement.said
        assert isinstance(visit, Visit)
        answer, day = question(visit), statement.speaks_of.known_on
        order = (not answer, visit.manner != "on-site", statement.id)
        if answer is not None and (day not in best or order < best[day][0]):
            best[day] = (order, statement)
    return [(statement, not order[0]) for _, (order, statement) in sorted(best.items())]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All visits with a place: arrays of equal length in the order of `statements` (by site, then day).

    `sites` numbers the site of each, `numbers` the sites by id.

    `says` gives for each question an index into SPEAKING, -1 for a statement that says
    nothing or that another of the same site and day outranks. Places are in radians, `day` is an ordinal.
    """

    statements: tuple[Statement, ...]
    sites: NDArray[Any]
    numbers: Mapping[str, int]
    lat: Floats
    lon: Floats
    day: Floats
    says: Mapping[str, NDArray[Any]]


def by_force(force: str) -> Speaking:
    """How visits speak of interference by one kind of force."""
    return partial(speaking, force=force)


def by_answer(question: Callable[[Visit], bool | None]) -> Speaking:
    """How visits speak to a plain question: found or not, by those who got there and those who were told."""

    def speaks(visit: Visit) -> str | None:
        answer = None if visit.manner == "third-party" else question(visit)
        on_site = "seen" if visit.manner == "on-site" else "told"
        return None if answer is None else f"{on_site}-yes" if answer else f"{on_site}-no"

    return speaks


def observe(register: Register, questions: Mapping[str, Speaking]) -> Evidence:
    """What the register's visits say to each question, one statement a site and day."""
    rows = [
        (statement, site.id, statement.said.point or site.point)
        for site in register.sites.values()
        for statement in site.visits
        if isinstance(statement.said, Visit) and (statement.said.point or site.point)
    ]
    numbers = {site: number for number, site in enumerate(register.sites)}
    return Evidence(
        statements=tuple(row[0] for row in rows),
        sites=np.array([numbers[row[1]] for row in rows], dtype=np.int64),
        numbers=numbers,
        lat=np.radians([row[2].lat for row in rows if row[2]]),
        lon=np.radians([row[2].lon for row in rows if row[2]]),
        day=np.array([row[0].speaks_of.known_on.toordinal() for row in rows], dtype=float),
        says={name: _once_a_day([(s, site) for s, site, _ in rows], speaks) for name, speaks in questions.items()},
    )


def _once_a_day(rows: list[tuple[Statement, str]], speaks: Speaking) -> NDArray[Any]:
    best: dict[tuple[str, date], tuple[tuple[int, str], int]] = {}
    for at, (statement, site) in enumerate(rows):
        assert isinstance(statement.said, Visit)
        kind = speaks(statement.said)
        if kind is None:
            continue
        key, order = (site, statement.speaks_of.known_on), (_SPEAKS_FIRST.index(kind), statement.id)
        if key not in best or order < best[key][0]:
            best[key] = (order, at)
    says = np.full(len(rows), -1, dtype=np.int8)
    for (rank, _), at in best.values():
        says[at] = SPEAKING.index(_SPEAKS_FIRST[rank])
    return says


_SPEAKS_FIRST = ("seen-yes", "told-yes", "seen-no", "armed-no", "other", "told-no", "armed", "turned-back", "unarmed",
                 "third-party")  # fmt: skip
assert set(_SPEAKS_FIRST) == set(SPEAKING)


# -- assess ----------------------------------------------------------------------------------------------------------


def assess(
    sites: Sequence[Site],
    seen: Evidence,
    question: str,
    events_in_year: Events,
    model: Model,
    as_of: date,
) -> Iterator[tuple[Likelihood, tuple[Reason, ...]]]:
    """How likely a visit to each site answers the question with yes; the reasons' contributions sum to its log-odds.

    A site without a place gets no figure. Statements of a later day than `as_of` must not be in `seen`.
    """
    placed = [site for site in sites if site.point is not None]
    heard = np.flatnonzero(seen.says[question] >= 0)
    age = as_of.toordinal() - seen.day[heard]
    kinds = seen.says[question][heard]
    weight = np.array([model.weights[name] for name in SPEAKING])[kinds]
    for_it = kinds < len(FOR_IT)
    given = {}
    for start in range(0, len(placed), _CHUNK):
        chunk = placed[start : start + _CHUNK]
        km = _distances(chunk, seen, heard)
        k = sum(s.weight * np.exp(-km / s.km) * np.exp(-age / s.days) for s in model.scales) * weight
        for row, site in enumerate(chunk):
            spoken = _Spoken(site, seen, heard, kinds, for_it, km[row], np.asarray(k)[row], age)
            given[site.id] = _judge(spoken, events_in_year, model)
    nowhere = (NOTHING, (because("reason.no-place", model.rule),))
    yield from (given.get(site.id, nowhere) for site in sites)


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What is heard at one site: for each statement its kind, side, distance in km, weight k and age in days."""

    site: Site
    seen: Evidence
    heard: NDArray[Any]
    kinds: NDArray[Any]
    for_it: NDArray[Any]
    km: Floats
    k: Floats
    age: Floats


def _distances(sites: Sequence[Site], seen: Evidence, heard: NDArray[Any]) -> Floats:
    """Great-circle km from each site to each statement's place; none where the statement is of the site itself."""
    lat, lon = np.radians([[s.point.lat, s.point.lon] for s in sites if s.point]).T[:, :, None]
    km = great_circle_km(lat, lon, seen.lat[heard], seen.lon[heard])
    own = seen.sites[heard] == np.array([seen.numbers.get(site.id, -1) for site in sites])[:, None]
    return np.where(own, 0.0, km)


def _judge(spoken: _Spoken, events_in_year: Events, model: Model) -> tuple[Likelihood, tuple[Reason, ...]]:
    conflict = _conflict_reason(spoken.site, events_in_year, model)
    raised = (conflict.contribution or 0.0) / model.sharpness
    priors = (model.prior_yes * math.exp(raised), model.prior_no)
    sums = (float(spoken.k[spoken.for_it].sum()), float(spoken.k[~spoken.for_it].sum()))
    contributions = _contributions(spoken, priors, sums, model.sharpness)
    base = model.base + model.sharpness * math.log(model.prior_yes / model.prior_no)
    reasons = (
        because("reason.base-rate", model.rule, contribution=base),
        *_visit_reasons(spoken, contributions, model.rule),
        conflict,
    )
    log_odds = math.fsum(reason.contribution or 0.0 for reason in reasons)
    return _estimate(log_odds, spoken, priors, sums, model), reasons


def _contributions(spoken: _Spoken, priors: tuple[float, float], sums: tuple[float, float], sharpness: float) -> Floats:
    """Each statement's share of what its side's sum adds to the log-odds, in proportion to its k."""
    pulls = [
        sharpness * math.log1p(total / prior) / total if total else 0.0
        for total, prior in zip(sums, priors, strict=True)
    ]
    shares: Floats = spoken.k * np.where(spoken.for_it, pulls[0], -pulls[1])
    return shares


def _estimate(
    log_odds: float, spoken: _Spoken, priors: tuple[float, float], sums: tuple[float, float], model: Model
) -> Likelihood:
    near = spoken.age[spoken.km <= _NEAR_KM]
    days = float(near.min()) if len(near) else math.inf
    half = _Z90 * model.deviation(days)
    now = sum(scale.weight for scale in model.scales)
    if_found = log_odds + model.sharpness * math.log1p(now * model.weights["seen-yes"] / (priors[0] + sums[0]))
    if_not = log_odds - model.sharpness * math.log1p(now * model.weights["seen-no"] / (priors[1] + sums[1]))
    p = logistic(log_odds)
    return Likelihood(
        p, logistic(log_odds - half), logistic(log_odds + half), model.basis, logistic(if_found), logistic(if_not),
        model.trained_to, next((band for band in model.bands(days) if band.low <= p < band.high), None),
    )  # fmt: skip


def great_circle_km(lat: Floats | float, lon: Floats | float, lats: Floats, lons: Floats) -> Floats:
    """Distances in km between places in radians, as their shapes broadcast; haversine on the mean earth radius."""
    a = np.sin((lats - lat) / 2) ** 2 + np.cos(lat) * np.cos(lats) * np.sin((lons - lon) / 2) ** 2
    km: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(a, 0, 1)))
    return km


def logistic(x: float) -> float:
    """The probability of so many log-odds."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


# -- reasons ---------------------------------------------------------------------------------------------------------


def _visit_reasons(spoken: _Spoken, contributions: Floats, rule: str) -> Iterator[Reason]:
    """The statements that weigh most, one line each, and one line for all others."""
    site = spoken.site
    shown = _heaviest(spoken, contributions)
    for i in shown:
        statement = spoken.seen.statements[int(spoken.heard[i])]
        assert isinstance(statement.said, Visit)
        where = "here" if statement.subject == site.id else "near"
        who = f"; {statement.said.project}" if statement.said.project else ""
        yield because(f"reason.visit-{SPEAKING[spoken.kinds[i]]}-{where}", rule, statement, float(contributions[i]),
                      day=statement.speaks_of.known_on, km=round(float(spoken.km[i]), 1), who=who)  # fmt: skip
    others = len(contributions) - len(shown)
    if others > 0:
        rest = np.ones(len(contributions), dtype=bool)
        rest[shown] = False
        yield because("reason.other-visits", rule, contribution=float(contributions[rest].sum()), count=others)
    if not (spoken.km <= _NEAR_KM).any():
        told = max((*site.visits, *site.entries), key=lambda s: (s.speaks_of.known_on, s.id), default=None)
        yield because("reason.no-visit-near", rule, told, 0.0)


def _heaviest(spoken: _Spoken, contributions: Floats) -> list[int]:
    """Positions of the statements that weigh most, heaviest first; equal weights by the statements' identity."""
    weights = np.abs(contributions)
    least = np.partition(weights, len(weights) - _SHOWN)[len(weights) - _SHOWN] if len(weights) > _SHOWN else 0.0
    candidates = np.flatnonzero(weights >= max(float(least), _WORTH_A_LINE))
    by_weight = sorted(
        candidates.tolist(), key=lambda i: (-float(weights[i]), spoken.seen.statements[int(spoken.heard[i])].id)
    )
    return by_weight[:_SHOWN]


def _conflict_reason(site: Site, events_in_year: Events, model: Model) -> Reason:
    if site.area is None or site.area not in events_in_year:
        return because("reason.conflict-unknown", model.rule, contribution=0.0)
    events, newest = events_in_year[site.area]
    term = model.sharpness * model.conflict * (math.log1p(events) - model.conflict_typical)
    return because("reason.conflict-in-area", model.rule, newest, term, count=events, place=site.territory)


def events_in_year(statements: list[Statement], as_of: date) -> dict[str, tuple[int, Statement]]:
    """Conflict events of each area over the last 12 known months, with the newest statement counted.

    An area whose months are not all known has no figure: a gap is not peace. Of a month told twice the newest word
    counts. Datasets, and types of events that overlap, are never summed: the first type of `TYPES` speaks, then the
    first dataset by name, that has all its months.
    """
    months: dict[tuple[str, str, str], dict[date, Statement]] = {}
    for statement, count in of_kind(statements, ConflictCount):
        day = statement.speaks_of.known_on
        if statement.speaks_of.precision == "month" and 0 <= (as_of - day).days <= 396 and count.events is not None:
            told = months.setdefault((statement.subject, count.dataset, count.type), {})
            told[day] = max(statement, told.get(day, statement), key=newest_first)
    result: dict[str, tuple[int, Statement]] = {}
    for (subject, _, _), told in sorted(months.items(), key=lambda item: _speaks_first(*item[0])):
        newest = [told[day] for day in sorted(told)[-12:]]
        if len(newest) == 12 and subject not in result:
            result[subject] = (sum(count.events or 0 for _, count in of_kind(newest, ConflictCount)), newest[-1])
    return result


def _speaks_first(subject: str, dataset: str, type: str) -> tuple[str, int, str, str]:
    return (subject, TYPES.index(type) if type in TYPES else len(TYPES), type, dataset)
