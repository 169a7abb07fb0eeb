"""The whole walk of one due diligence cycle in one readable function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from winze.bulk import exposure
from winze.engine import matching, mitigation, register, risks, signals
from winze.engine.baseline import Baseline, baseline
from winze.engine.likelihood import Model
from winze.engine.matching import Proposal
from winze.engine.plan import Case, Plan
from winze.engine.problems import Problem
from winze.engine.reasons import Signal
from winze.engine.records import ConflictEvent, Input, Origin, Point, Statement, in_order, of_kind
from winze.engine.register import Register
from winze.engine.risks import Risk
from winze.engine.rules import Rulebook
from winze.engine.texts import severities


@dataclass(frozen=True, slots=True)
class Cycle:
    """What the evidence said on `as_of`. Everything is sorted; nothing depends on the order of the input."""

    as_of: date
    inputs: tuple[Input, ...]
    statements: tuple[Statement, ...]  # those known on the day, linked by the judgements among them
    register: Register
    signals: tuple[Signal, ...]
    risks: tuple[Risk, ...]  # ranked first in rank order, then watched
    plans: tuple[Plan, ...]  # recorded ones by key, then one proposed for every ranked risk that has none
    problems: tuple[Problem, ...]
    baseline: Baseline
    rulebook: Rulebook
    proposals: tuple[Proposal, ...] = ()  # sites and parties that may be one, for a person to judge


def run(
    statements: Iterable[Statement],
    rulebook: Rulebook,
    models: Mapping[str, Model],
    as_of: date,
    *,
    inputs: Iterable[Input] = (),
    problems: Iterable[Problem] = (),
    known_by: date | None = None,
) -> Cycle:
    """One cycle of due diligence as of a day: what was known, where and who, what it signals, which risks, in order.

    Pure: the same answer, to the byte on one platform, for any order of the statements. Statements that became known
    after the day change nothing but the inputs and the problems. `models` gives the
    learnt weights of the likelihood by target (`engine.models.in_force`); without them an expert's speak.
    """
    told = list(statements)
    known = matching.link(in_order([s for s in told if s.known(as_of, known_by)]))
    where = register.build(known)
    near = conflict_near(known, where, rulebook, as_of)
    found = signals.detect(known, where, rulebook, as_of, near=near)
    ranked = risks.assess(known, where, found, rulebook, as_of, models)
    case = Case(known, where, found, rulebook, as_of)
    recorded, refused = mitigation.plans(known, case)
    return Cycle(
        as_of=as_of,
        inputs=tuple(_as_of(item, told, as_of, known_by) for item in inputs),
        statements=tuple(known),
        register=where,
        signals=found,
        risks=ranked,
        plans=mitigation.review(recorded, ranked, case),
        problems=_problems((*problems, *refused, *matching.problems(known)), told, where, as_of, known_by),
        baseline=baseline(known, where, as_of),
        rulebook=rulebook,
        proposals=matching.propose(where, known, rulebook, as_of),
    )


type Near = Mapping[str, tuple[tuple[Statement, float], ...]]
"""Conflict events near each site: (statement, distance in km), nearest first."""


def conflict_near(statements: list[Statement], where: Register, rulebook: Rulebook, as_of: date) -> Near:
    """Which conflict events of the rule's window lie within its radius of which site, by great-circle distance.

    An event that its source places no better than a province is near nothing.
    """
    radius = float(rulebook.figure("signal/conflict-near", "radius_km", as_of).value)
    window = int(rulebook.figure("signal/conflict-near", "window_days", as_of).value)
    events = [
        (s, e.point)
        for s, e in of_kind(statements, ConflictEvent)
        if e.point and _placed_within(e.point, radius) and (as_of - s.speaks_of.known_on).days <= window
    ]
    sites = [(site.id, site.point) for site in where.sites.values() if site.point]
    if not events or not sites:
        return {}
    at_sites, at_events, km = exposure.near(_places(p for _, p in sites), _places(p for _, p in events), radius)
    found: dict[str, list[tuple[Statement, float]]] = {}
    for i, j, distance in zip(at_sites.tolist(), at_events.tolist(), km.tolist(), strict=True):
        found.setdefault(sites[i][0], []).append((events[j][0], distance))
    return {id: tuple(sorted(rows, key=lambda row: (row[1], row[0].id))) for id, rows in found.items()}


def _placed_within(point: Point, radius: float) -> bool:
    return point.within_km is not None and point.within_km <= radius


def _places(points: Iterable[Point]) -> exposure.Places:
    pairs = [(point.lat, point.lon) for point in points]
    return exposure.Places([lat for lat, _ in pairs], [lon for _, lon in pairs])


def _as_of(item: Input, told: list[Statement], as_of: date, known_by: date | None) -> Input:
    """An input as the run saw it: how many of its statements were held back, and whether it is a later slice."""
    held = sum(1 for s in told if s.origin.input == item.id and not s.known(as_of, known_by))
    made_later = item.generated_on is not None and item.generated_on > as_of
    return replace(item, held_back=held, later_slice=made_later or held > 0)


def _problems(
    given: Iterable[Problem], told: list[Statement], where: Register, as_of: date, known_by: date | None
) -> tuple[Problem, ...]:
    held = Counter(s.origin.input for s in told if not s.known(as_of, known_by))
    late = [_problem("rows_after_day", name, count=count, day=as_of.isoformat()) for name, count in held.items()]
    unjoined = [_problem("territory_unjoined", "", territory=name, sites=count) for name, count in where.unjoined]
    return tuple(sorted((*given, *late, *unjoined), key=lambda problem: problem.order))


def _problem(code: str, name: str, **values: object) -> Problem:
    return Problem(code, severities()[code], Origin(name), tuple((key, str(value)) for key, value in values.items()))
