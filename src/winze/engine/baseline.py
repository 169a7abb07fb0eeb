"""What due diligence holds on a day: the measure of what a crisis may take away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from winze.engine.known import distinct, months_before
from winze.engine.presence import newest, visit_of
from winze.engine.records import Fact, Statement, Visit
from winze.engine.register import Register

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Held:
    """A figure that a source states: how much, in what, until when, by which statement."""

    measure: str
    subject: str
    mineral: str | None
    value: float
    unit: str | None
    until: date
    statement: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """Sites and what is known of them on `as_of`.

    `seen` sites were reached by a visitor within 12 months, `never_reached` by none at all. `by_status` counts the
    newest colour a state gave (recorded, never worked out here; "unknown" where none was), `by_evidence` what the
    newest word on a site rests on ("on-site", "third-party", "not-reached", "listed" for a site nobody went to).
    `by_scheme` counts sites whose newest visit recorded a traceability scheme as active or suspended. `workers` are
    those of sites that give a figure, `workers_unknown` the sites that do not. `stated` are figures that sources give
    for tonnes traced, sites monitored and incidents recorded and closed, kept side by side and never summed. `missing`
    names what cannot be counted: lots traced need custody records.
    """

    as_of: date
    sites: int
    seen: int
    never_reached: int
    newest_visit: date | None
    by_status: Mapping[str, int]
    by_evidence: Mapping[str, int]
    by_scheme: Mapping[str, int]
    in_chain: int
    in_chain_seen: int
    workers: int
    workers_unknown: int
    lots_traced: int | None = None
    incidents_closed: float | None = None
    stated: tuple[Held, ...] = ()
    missing: tuple[str, ...] = field(default=())


STATED = ("tonnes-traced", "shipments-delivered", "sites-monitored", "incidents", "incidents-closed")


def baseline(statements: Iterable[Statement], register: Register, as_of: date) -> Baseline:
    """Counts what due diligence holds on the day. Unknown is counted as unknown."""
    facts = distinct(s for s in statements if isinstance(s.said, Fact) and s.said.measure in STATED and s.known(as_of))
    year = months_before(as_of, MONTHS)
    told = {site.id: [s for s in site.visits if s.known(as_of)] for site in register.sites.values()}
    reached = {i: [s for s in visits if visit_of(s).manner == "on-site"] for i, visits in told.items()}
    seen = {i for i, visits in reached.items() if any(s.speaks_of.known_on > year for s in visits)}
    chain = {site.id for site in register.sites.values() if site.in_chain}
    workers = [site.workers for site in register.sites.values()]
    held = tuple(_held(s) for s in _newest_each(facts))
    closed = [h.value for h in held if h.measure == "incidents-closed"]
    return Baseline(
        as_of=as_of,
        sites=len(told),
        seen=len(seen),
        never_reached=sum(1 for visits in reached.values() if not visits),
        newest_visit=max((s.speaks_of.known_on for visits in reached.values() for s in visits), default=None),
        by_status=_counted(_status(visits) for visits in told.values()),
        by_evidence=_counted(_evidence(visits) for visits in told.values()),
        by_scheme=_counted(state for visits in told.values() if (state := _scheme(visits))),
        in_chain=len(chain),
        in_chain_seen=len(chain & seen),
        workers=sum(w for w in workers if w is not None),
        workers_unknown=sum(1 for w in workers if w is None),
        incidents_closed=closed[0] if len(closed) == 1 else None,
        stated=held,
        missing=("missing.custody", *(() if closed else ("missing.incidents-closed",))),
    )


def _counted(words: Iterable[str]) -> Mapping[str, int]:
    return dict(sorted(Counter(words).items()))


def _visits(visits: list[Statement]) -> list[Visit]:
    """The records of visits, oldest first."""
    return [visit_of(s) for s in distinct(visits)]


def _status(visits: list[Statement]) -> str:
    return next((v.state_status for v in reversed(_visits(visits)) if v.state_status), "unknown")


def _scheme(visits: list[Statement]) -> str | None:
    return next((v.scheme_state or "unknown" for v in reversed(_visits(visits)) if v.scheme), None)


def _evidence(visits: list[Statement]) -> str:
    manners = [visit_of(s).manner for s in newest(visits)]
    return next((m for m in ("on-site", "third-party", "not-reached") if m in manners), "listed")


def _newest_each(facts: list[Statement]) -> list[Statement]:
    last: dict[tuple[str, str, str, str], Statement] = {}
    for s in facts:
        assert isinstance(s.said, Fact)
        if s.said.value is not None:
            last[s.said.measure, s.subject, s.said.mineral or "", s.source] = s
    return [last[key] for key in sorted(last)]


def _held(s: Statement) -> Held:
    fact = s.said
    assert isinstance(fact, Fact) and fact.value is not None
    return Held(fact.measure, s.subject, fact.mineral, float(fact.value), fact.unit, s.speaks_of.known_on, s.id)
