"""How likely a visit today would find armed interference at a site: a plain kernel over what earlier visits found.

For a target (interference by non-state armed groups, or by state forces) each earlier visit that answers the question
pulls the log-odds up or down, the more the nearer and the newer it is, and the more so at the site itself:

    log-odds = base + sum over visits of k / (prior_weight + sum of all k) * pull + conflict term
    k        = exp(-distance / distance_km) * exp(-age / memory_days)          times own_site_weight at the site itself
                                                                               times off_site_weight if not seen there
    pull     = +pull_yes where the visit found it, -pull_no where it did not

The conflict term is conflict_weight * log((1 + events in the area in 12 months) / (1 + conflict_typical)), held within
conflict_cap; it is left out, and says so, where no count of the area is known. The sum is exact: base and signed
contributions give the log-odds. A nearer or newer visit that found it never lowers the figure. The half-width of the
90% interval on the log-odds is 1.645 * sqrt(interval_variance / (1 + sum of k) + interval_per_year² * years since the
newest visit to the site or near it). All figures stand in `rules/likelihood.yaml`; they are expert and unconfirmed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from winze.engine.known import newest_first
from winze.engine.presence import TYPES
from winze.engine.reasons import Reason, because
from winze.engine.records import ArmedActor, ConflictCount, Point, Statement, Visit, of_kind
from winze.engine.register import Register, Site

TARGETS = {"non-state-armed-interference": "non-state", "state-forces-interference": "state"}
EARTH_KM = 6371.0088
_SHOWN = 6
type Floats = NDArray[Any]
_Z90 = 1.6448536269514722


class Figure(Protocol):
    @property
    def value(self) -> object: ...


class Figures(Protocol):
    def figure(self, rule: str, name: str, day: date, /) -> Figure: ...


@dataclass(frozen=True, slots=True)
class Parameters:
    """The figures of one likelihood rule in force on a day. Distances in km, times in days, the rest log-odds."""

    rule: str
    base_log_odds: float
    distance_km: float
    reach_km: float
    memory_days: float
    pull_yes: float
    pull_no: float
    prior_weight: float
    own_site_weight: float
    off_site_weight: float
    conflict_weight: float
    conflict_typical: float
    conflict_cap: float
    interval_variance: float
    interval_per_year: float

    @classmethod
    def on(cls, rule: str, rulebook: Figures, day: date) -> Parameters:
        names = [name for name in cls.__slots__ if name != "rule"]
        return cls(rule, *(float(str(rulebook.figure(rule, name, day).value)) for name in names))


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely it is that a visit on the day would find it, with a 90% interval.

    `basis`: "kernel" the documented kernel over earlier visits and conflict; "expert" cited rule weights where data
    are thin; "evidence" what a statement says outright, without a figure; "none" nothing to go by. `p`, `low` and
    `high` are None for the last two.
    """

    p: float | None
    low: float | None
    high: float | None
    basis: str


NOTHING = Likelihood(None, None, None, "none")


def found(visit: Visit, force: str) -> bool | None:
    """Whether this visit found interference by this kind of force; None where it cannot say.

    A visit that saw nobody armed found none of either kind. A row that contradicts itself says nothing, and
    interference by someone whose kind is not given answers for neither.
    """
    if visit.manner == "third-party" or visit.contradictory:
        return None
    of_this_force = [actor for actor in visit.actors if actor.force == force]
    if any(_interferes(actor) for actor in of_this_force):
        return True
    if visit.armed_presence is False:
        return False
    if any(_interferes(actor) is None for actor in of_this_force):
        return None
    if visit.interference is False or of_this_force:
        return False
    by_the_other = any(_interferes(actor) for actor in visit.actors)
    return False if by_the_other and all(actor.force != "unknown" for actor in visit.actors) else None


def _interferes(actor: ArmedActor) -> bool | None:
    return True if actor.acts else actor.interferes


@dataclass(frozen=True, slots=True)
class Observations:
    """Visits that answer one target: arrays of equal length, in the order of `statements`."""

    statements: tuple[Statement, ...]
    sites: NDArray[Any]
    lat: Floats
    lon: Floats
    age_days: Floats
    yes: Floats
    on_site: Floats


def observe(register: Register, force: str, as_of: date) -> Observations:
    """All answers to a target that are known on the day, one a site and day."""
    rows = []
    for site in register.sites.values():
        for statement, answer in answers(site.visits, lambda visit: found(visit, force)):
            assert isinstance(statement.said, Visit)
            point = statement.said.point or site.point
            if point is not None:
                rows.append((statement, site.id, point, answer, statement.said.manner == "on-site"))
    return Observations(
        statements=tuple(row[0] for row in rows),
        sites=np.array([row[1] for row in rows], dtype=object),
        lat=np.radians([row[2].lat for row in rows]),
        lon=np.radians([row[2].lon for row in rows]),
        age_days=np.array([(as_of - row[0].speaks_of.known_on).days for row in rows], dtype=float),
        yes=np.array([row[3] for row in rows], dtype=bool),
        on_site=np.array([row[4] for row in rows], dtype=bool),
    )


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


def assess(
    site: Site, seen: Observations, events_in_year: Mapping[str, tuple[int, Statement]], parameters: Parameters
) -> tuple[Likelihood, tuple[Reason, ...]]:
    """The likelihood of one target at one site, with reasons whose contributions sum to its log-odds.

    `events_in_year` gives conflict events in the last 12 months by area, with the newest statement counted. A site
    without a place gets no figure.
    """
    rule = parameters.rule
    if site.point is None:
        return NOTHING, (because("reason.no-place", rule),)
    index, kernel, km = _kernel(site, seen, site.point, parameters)
    total = float(kernel.sum())
    pulls = np.where(seen.yes[index], parameters.pull_yes, -parameters.pull_no)
    contributions = kernel / (parameters.prior_weight + total) * pulls
    reasons = [because("reason.base-rate", rule, contribution=parameters.base_log_odds)]
    reasons += _visit_reasons(site, seen, index, km, contributions, rule)
    reasons.append(_conflict_reason(site, events_in_year, parameters))
    log_odds = math.fsum(reason.contribution or 0.0 for reason in reasons)
    newest = float(seen.age_days[index].min()) / 365.25 if len(index) else 10.0
    variance = parameters.interval_variance / (1 + total) + parameters.interval_per_year**2 * newest
    half = _Z90 * math.sqrt(variance)
    return (
        Likelihood(_logistic(log_odds), _logistic(log_odds - half), _logistic(log_odds + half), "kernel"),
        tuple(reasons),
    )


def _kernel(site: Site, seen: Observations, point: Point, parameters: Parameters) -> tuple[Floats, Floats, Floats]:
    """Which observations lie within reach, their weight, and their distance in km (true great-circle)."""
    km = great_circle_km(math.radians(point.lat), math.radians(point.lon), seen.lat, seen.lon)
    own = (seen.sites == site.id).astype(bool)
    index = np.flatnonzero((km <= parameters.reach_km) | own)
    own, km = own[index], np.where(own, 0.0, km)[index]
    kernel = np.exp(-km / parameters.distance_km - seen.age_days[index] / parameters.memory_days)
    kernel = kernel * np.where(own, parameters.own_site_weight, 1.0)
    return index, kernel * np.where(seen.on_site[index], 1.0, parameters.off_site_weight), km


def great_circle_km(lat: float, lon: float, lats: Floats, lons: Floats) -> Floats:
    """Distances in km from one place to many, in radians; haversine on the mean earth radius."""
    a = np.sin((lats - lat) / 2) ** 2 + math.cos(lat) * np.cos(lats) * np.sin((lons - lon) / 2) ** 2
    km: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(a, 0, 1)))
    return km


def _visit_reasons(
    site: Site, seen: Observations, index: Floats, km: Floats, contributions: Floats, rule: str
) -> list[Reason]:
    order = _heaviest_first(seen, index, contributions)
    reasons = []
    for i in order[:_SHOWN]:
        at = int(index[i])
        statement = seen.statements[at]
        here = seen.sites[at] == site.id
        text = f"reason.visit-{'yes' if seen.yes[at] else 'no'}-{'here' if here else 'near'}"
        day, away = statement.speaks_of.known_on, round(float(km[i]), 1)
        reasons.append(because(text, rule, statement, float(contributions[i]), day=day, km=away))
    if rest := order[_SHOWN:]:
        rest_sum = math.fsum(float(contributions[i]) for i in sorted(rest))
        reasons.append(because("reason.other-visits", rule, contribution=rest_sum, count=len(rest)))
    if not order:
        told = max((*site.visits, *site.entries), key=lambda s: (s.speaks_of.known_on, s.id), default=None)
        reasons.append(because("reason.no-visit-near", rule, told, 0.0))
    return reasons


def _heaviest_first(seen: Observations, index: Floats, contributions: Floats) -> list[int]:
    """Positions by weight, heaviest first; equal weights by the statements' identity, among those that are shown."""
    weights = np.abs(contributions)
    order: list[int] = np.argsort(-weights, kind="stable").tolist()
    if len(order) > _SHOWN:
        least = weights[order[_SHOWN - 1]]
        shown = [i for i in order if weights[i] >= least]
        rest = order[len(shown) :]
    else:
        shown, rest = order, []
    return sorted(shown, key=lambda i: (-float(weights[i]), seen.statements[int(index[i])].id)) + rest


def _conflict_reason(site: Site, events_in_year: Mapping[str, tuple[int, Statement]], parameters: Parameters) -> Reason:
    if site.area is None or site.area not in events_in_year:
        return because("reason.conflict-unknown", parameters.rule, contribution=0.0)
    events, newest = events_in_year[site.area]
    term = parameters.conflict_weight * math.log((1 + events) / (1 + parameters.conflict_typical))
    term = max(-parameters.conflict_cap, min(parameters.conflict_cap, term))
    return because("reason.conflict-in-area", parameters.rule, newest, term, count=events, place=site.territory)


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


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
