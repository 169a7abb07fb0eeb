"""What is shut: mines, buyers, smelters, routes and borders, since when, until when, and what hangs on it.

"Two weeks" can be for ever, so a closure lasts until somebody says that it ended. Its planned end only decides from
when it has overrun.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from winze.engine.known import Known, distinct, newest_first
from winze.engine.quantities import Mass, Unknown, mass, traded_as
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import Fact, NodeStatus, Statement
from winze.engine.register import fold

CLOSURE, OVERRUN, CAPACITY, BUYERS, EXPORT = (
    "signal/closure",
    "signal/closure-overrun",
    "signal/capacity-at-risk",
    "signal/buyer-collapse",
    "signal/export-over-production",
)
_SHUT = {"closed": 2, "restricted": 1, "open": 0}


@dataclass(frozen=True, slots=True)
class NodeState:
    """How a mine, buyer, smelter, route or border stands on a day, by the newest that was said of it.

    `state` is "open", "restricted" or "closed". `since` is the day it came into that state; `until` and `review` are
    as announced last. `said` are the newest statements, more than one where two sources speak of one day; where they
    disagree the more closed stands and `disputed` is True.
    """

    node: str
    kind: str
    state: str
    since: date
    until: date | None
    review: date | None
    said: tuple[Statement, ...]
    disputed: bool

    def overrun(self, as_of: date) -> int:
        """Days since the announced end passed without a reopening; 0 where it has not, or nothing was announced."""
        late = self.state != "open" and self.until is not None
        return max(0, (as_of - self.until).days) if late and self.until else 0


def state_of(node: str, statements: Iterable[Statement], as_of: date) -> NodeState | None:
    """How a node stood on a day; None where nothing is known of it by then.

    `node` is the subject of the statements or the node's name. A planned end does not reopen anything.
    """
    name = fold(node)
    said = [s for s in statements if s.known(as_of) and isinstance(s.said, NodeStatus)]
    return _state([s for s in said if s.subject == node or fold(_status(s).node) == name])


def _status(statement: Statement) -> NodeStatus:
    assert isinstance(statement.said, NodeStatus)
    return statement.said


def _state(said: list[Statement]) -> NodeState | None:
    series = distinct(said)
    if not series:
        return None
    latest = series[-1].speaks_of.end
    last = [s for s in series if s.speaks_of.end == latest]
    stands = max(last, key=lambda s: (_SHUT.get(_status(s).state, 0), newest_first(s)))
    now = _status(stands)
    since = stands.speaks_of.start
    for s in reversed(series):
        if _status(s).state != now.state and s not in last:
            break
        since = min(since, s.speaks_of.start) if _status(s).state == now.state else since
    disputed = len({_status(s).state for s in last}) > 1
    return NodeState(now.node, now.node_kind, now.state, since, now.until, now.review, tuple(last), disputed)


def states(known: Known) -> Mapping[str, NodeState]:
    """The state of every node on the day, by subject: a site or party of the register, else the place and the node's
    name (`country:CHE#Valcambi`), else `node:` and the name."""
    by_node: dict[str, list[Statement]] = defaultdict(list)
    for s, status in known.of(NodeStatus):
        place, own = known.place(s.subject), known.place(f"site:{status.node}")
        itself = place == f"node:{status.node}" or place.startswith(("site:", "party:"))
        key = own if own in known.register.sites else place if itself else f"{place}#{status.node}"
        by_node[key].append(s)
    return {subject: state for subject in sorted(by_node) if (state := _state(by_node[subject])) is not None}


def closures(known: Known) -> Iterator[Signal]:
    """For each node whether it is shut, and whether it has been for longer than was announced."""
    for subject, node in states(known).items():
        yield _closure(known, subject, node)
        if node.state != "open":
            yield _overrun(known, subject, node)


def _touched(known: Known, subject: str) -> tuple[str, ...]:
    place, _, node = subject.partition("#")
    parties = [id for id, party in sorted(known.register.parties.items()) if node and fold(party.name) == fold(node)]
    return (*known.reach(place), *parties)


def _closure(known: Known, subject: str, node: NodeState) -> Signal:
    reasons = [
        because("reason.node-state", CLOSURE, s, node=node.node, kind=f"@node.{node.kind}",
                state=f"@state.{_status(s).state}", day=s.speaks_of.start) for s in node.said
    ]  # fmt: skip
    if node.disputed:
        reasons.append(because("reason.node-disputed", CLOSURE, node.said[-1], state=f"@state.{node.state}"))
    if node.until is not None and node.state != "open":
        reasons.append(because("reason.node-until", CLOSURE, node.said[-1], until=node.until))
    if node.review is not None and node.review < known.as_of and node.state != "open":
        reasons.append(because("reason.review-overdue", CLOSURE, node.said[-1], review=node.review))
    return Signal("closure", subject, "clear" if node.state == "open" else "raised", CLOSURE, tuple(reasons),
                  since=node.since, review=node.review, touches=_touched(known, subject))  # fmt: skip


def _overrun(known: Known, subject: str, node: NodeState) -> Signal:
    last, touches = node.said[-1], _touched(known, subject)
    if node.until is None and node.review is None:
        said = because("reason.no-end-announced", OVERRUN, last, day=node.since)
        return Signal("closure-overrun", subject, "cannot-evaluate", OVERRUN, (said,), unit="days", since=None,
                      missing=("missing.planned-end",), touches=touches)  # fmt: skip
    days = node.overrun(known.as_of)
    if node.until is None:
        late = node.review is not None and node.review < known.as_of
        said = because("reason.review-overdue" if late else "reason.review-ahead", OVERRUN, last, review=node.review)
        return Signal("closure-overrun", subject, "raised" if late else "clear", OVERRUN, (said,), unit="days",
                      since=node.review if late else None, review=node.review, touches=touches)  # fmt: skip
    if not days:
        said = because("reason.end-ahead", OVERRUN, last, until=node.until)
        return Signal("closure-overrun", subject, "clear", OVERRUN, (said,), value=0.0, threshold=0.0, unit="days",
                      review=node.review, touches=touches)  # fmt: skip
    reasons = [because("reason.overrun", OVERRUN, last, until=node.until, days=days)]
    if node.kind in ("mine", "hub"):
        reasons.append(_displacement(known, subject, last))
    return Signal("closure-overrun", subject, "raised", OVERRUN, tuple(reasons), value=float(days), threshold=0.0,
                  unit="days", since=node.until, review=node.review, touches=touches)  # fmt: skip


def _displacement(known: Known, subject: str, closed: Statement) -> Reason:
    """The task that an overrun closure leaves: find out where the people who worked there went."""
    for measure in ("members-dispersed", "miners-stopped", "miners"):
        people = known.newest_fact(measure, subject.partition("#")[0])
        if people is not None and people[1].value is not None:
            return because("reason.displacement-task", OVERRUN, people[0], people=int(people[1].value))
    site = known.register.sites.get(subject)
    if site is not None and site.workers is not None:
        return because("reason.displacement-task", OVERRUN, closed, people=site.workers)
    return because("reason.displacement-task-unknown", OVERRUN, closed)


# --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Capacity of a commodity that is down on a day: percent of the world's, of which fully closed `closed`.

    A restricted node counts whole as at risk, since nobody can say which part of it comes back. `unknown` nodes are
    down too, but nobody says how much of the world they make: `percent` is then the least it can be.
    """

    percent: float
    closed: float
    nodes: tuple[tuple[NodeState, Statement, float], ...]
    unknown: tuple[NodeState, ...]


def at_risk(known: Known, commodity: str) -> AtRisk | None:
    """The share of world capacity that is closed or restricted on the day; None where no node of the commodity is.

    A node's part is its stated share (`capacity-share`), or its `capacity` over the world's (`capacity` or
    `production` of `commodity:…`).
    """
    world = next((f for m in ("capacity", "production") if (f := _world(known, m, commodity))), None)
    down = {fold(node.node): node for node in states(known).values() if node.state != "open"}
    nodes: dict[str, tuple[NodeState, Statement, float]] = {}
    unknown: dict[str, NodeState] = {}
    for measure in ("capacity-share", "capacity"):
        for (subject, mineral), series in known.facts.get(measure, {}).items():
            name = fold(subject.partition(":")[2])
            if traded_as(mineral or "") != traded_as(commodity) or name not in down or name in nodes:
                continue
            statement, fact = series[-1]
            share = float(fact.value or 0) if measure == "capacity-share" else _share(fact, world)
            if share is None:
                unknown[name] = down[name]
            else:
                nodes[name] = (down[name], statement, share)
    if not nodes and not unknown:
        return None
    parts = [nodes[name] for name in sorted(nodes)]
    return AtRisk(
        percent=sum(share for _, _, share in parts),
        closed=sum(share for node, _, share in parts if node.state == "closed"),
        nodes=tuple(parts),
        unknown=tuple(unknown[name] for name in sorted(unknown.keys() - nodes.keys())),
    )


def _world(known: Known, measure: str, commodity: str) -> Fact | None:
    for subject in (f"commodity:{commodity}", "world:all"):
        found = known.newest_fact(measure, subject, commodity)
        if found is not None and found[1].value:
            return found[1]
    return None


def _share(own: Fact, world: Fact | None) -> float | None:
    try:
        return float(100 * _mass(own).over(_mass(world))) if world is not None else None
    except Unknown:
        return None


def _mass(fact: Fact) -> Mass:
    if fact.value is None or fact.unit is None:
        raise Unknown(f"the fact {fact.measure} gives no amount")
    return mass(fact.value, fact.unit, "contained-metal")


def capacity(known: Known) -> Iterator[Signal]:
    """For each commodity with producers down, the share of the world's capacity at risk: added up from its nodes, and
    as a source states it. Where both are known they stand side by side and the larger decides."""
    stated = known.facts.get("capacity-down", {})
    measured = [mineral for m in ("capacity", "capacity-share") for _, mineral in known.facts.get(m, {})]
    for commodity in sorted({m for m in (*measured, *(mineral for _, mineral in stated)) if m}):
        risk = at_risk(known, commodity)
        told = [series[-1] for (_, mineral), series in sorted(stated.items(), key=str) if mineral == commodity]
        told = [(s, fact) for s, fact in told if fact.value is not None]
        if risk is not None or told:
            yield _at_risk(known, commodity, risk, told)


def _at_risk(known: Known, commodity: str, risk: AtRisk | None, told: list[tuple[Statement, Fact]]) -> Signal:
    warn = known.number(CAPACITY, "warn_percent")
    reasons: list[Reason] = [
        because("reason.capacity-stated", CAPACITY, s, percent=float(fact.value or 0), day=s.speaks_of.known_on)
        for s, fact in told
    ]
    for node, s, share in risk.nodes if risk else ():
        reasons.append(because("reason.capacity-down", CAPACITY, s, node=node.node, state=f"@state.{node.state}",
                               percent=round(share, 1)))  # fmt: skip
    for node in risk.unknown if risk else ():
        reasons.append(because("reason.capacity-unknown", CAPACITY, node.said[-1], node=node.node))
    if risk and risk.nodes:
        reasons.append(because("reason.capacity-closed", CAPACITY, percent=round(risk.closed, 1)))
    shares = [float(fact.value or 0) for _, fact in told] + ([risk.percent] if risk and risk.nodes else [])
    percent = max(shares, default=None)
    short = percent is None or (bool(risk and risk.unknown) and percent < warn)
    subject = f"commodity:{traded_as(commodity)}"
    return Signal(
        "capacity-at-risk",
        subject,
        "cannot-evaluate" if short else "raised" if percent is not None and percent >= warn else "clear",
        CAPACITY,
        tuple(reasons),
        value=percent,
        threshold=warn,
        unit="percent",
        missing=("missing.capacity",) if short else (),
        touches=(subject,),
    )


def buyer_collapse(known: Known) -> Iterator[Signal]:
    """For each place with registered buyers, the share of them still buying."""
    registered, active = known.facts.get("buyers-registered", {}), known.facts.get("buyers-active", {})
    shut = known.facts.get("buyers-closed", {})
    for key in sorted({*registered, *active, *shut}, key=lambda k: (k[0], k[1] or "")):
        place, mineral = key
        subject = f"{place}#{mineral}" if mineral else place
        all_of = registered[key][-1] if key in registered else None
        still = active[key][-1] if key in active else None
        gone = shut[key][-1] if key in shut else None
        total = all_of[1].value if all_of else None
        buying = still[1].value if still else None
        if buying is None and gone is not None and gone[1].value is not None and total is not None:
            buying, still = total - gone[1].value, gone
        if total is None or buying is None or total <= 0 or all_of is None or still is None:
            yield Signal("buyer-collapse", subject, "cannot-evaluate", BUYERS, unit="percent",
                         missing=("missing.buyers",), touches=known.reach(place))  # fmt: skip
            continue
        share = float(100 * buying / total)
        warn, critical = (known.number(BUYERS, name) for name in ("warn_percent", "critical_percent"))
        said = (
            because("reason.buyers-left", BUYERS, still[0], active=int(buying), registered=int(total),
                    percent=round(share, 1), day=still[0].speaks_of.known_on),
            because("reason.buyers-registered", BUYERS, all_of[0], registered=int(total)),
        )  # fmt: skip
        worst = share <= critical
        yield Signal(
            "buyer-collapse",
            subject,
            "raised" if share <= warn else "clear",
            BUYERS,
            said,
            value=share,
            threshold=critical if worst else warn,
            unit="percent",
            since=still[0].speaks_of.known_on if share <= warn else None,
            touches=known.reach(place),
            level="critical" if worst else None,
        )


def export_over_production(known: Known) -> Iterator[Signal]:
    """For each place and mineral, exports over recorded production: above the rule's ratio, something else was sold
    as its own. Where the two figures cover different periods the ratio a day is compared too, and it is said."""
    made, sold = known.facts.get("production", {}), known.facts.get("exports", {})
    places = {key for key in (*made, *sold) if not key[0].startswith("commodity:")}
    for place, mineral in sorted(places, key=lambda k: (k[0], k[1] or "")):
        exports, production = sold.get((place, mineral), []), made.get((place, mineral), [])
        yield _exported(known, place, mineral, exports, production)


def _exported(
    known: Known,
    place: str,
    mineral: str | None,
    exports: list[tuple[Statement, Fact]],
    production: list[tuple[Statement, Fact]],
) -> Signal:
    subject, touches = f"{place}#{mineral}" if mineral else place, known.reach(place)
    limit = known.number(EXPORT, "ratio")
    pair = _pair(exports, production)
    if pair is None:
        lacking = ("missing.production",) if exports else ("missing.export",)
        said = tuple(because("reason.only-figure", EXPORT, s) for s, _ in (exports or production)[-1:])
        return Signal("export-over-production", subject, "cannot-evaluate", EXPORT, said, unit="times",
                      missing=lacking, touches=touches)  # fmt: skip
    (out, sold), (dug, made) = pair
    reasons = [
        because("reason.exported", EXPORT, out, kilograms=float(_mass(sold).kilograms),
                start=out.speaks_of.start, end=out.speaks_of.end),
        because("reason.produced", EXPORT, dug, kilograms=float(_mass(made).kilograms),
                start=dug.speaks_of.start, end=dug.speaks_of.end),
    ]  # fmt: skip
    if _mass(made).kilograms == 0:
        raised = _mass(sold).kilograms > 0
        reasons.append(because("reason.nothing-produced", EXPORT, dug))
        return Signal("export-over-production", subject, "raised" if raised else "clear", EXPORT, tuple(reasons),
                      threshold=limit, unit="times", touches=touches)  # fmt: skip
    ratio = float(_mass(sold).over(_mass(made)))
    daily = ratio * dug.speaks_of.days / out.speaks_of.days
    same = (out.speaks_of.start, out.speaks_of.end) == (dug.speaks_of.start, dug.speaks_of.end)
    if not same:
        reasons.append(because("reason.periods-differ", EXPORT, out, daily=round(daily, 2), ratio=round(ratio, 2)))
    torn = not same and (ratio > limit) != (daily > limit)
    return Signal(
        "export-over-production",
        subject,
        "cannot-evaluate" if torn else "raised" if ratio > limit else "clear",
        EXPORT,
        tuple(reasons),
        value=ratio,
        threshold=limit,
        unit="times",
        since=out.speaks_of.end if ratio > limit and not torn else None,
        missing=("missing.same-period",) if torn else (),
        touches=touches,
    )


def _pair(
    exports: list[tuple[Statement, Fact]], production: list[tuple[Statement, Fact]]
) -> tuple[tuple[Statement, Fact], tuple[Statement, Fact]] | None:
    """The newest export figure with the production figure whose period overlaps its own most."""
    for out in reversed([e for e in exports if _weighs(e[1])]):
        fits = [(_overlap(out[0], dug[0]), newest_first(dug[0]), dug) for dug in production if _weighs(dug[1])]
        best = max(fits, key=lambda f: f[:2], default=None)
        if best is not None and best[0] > 0:
            return out, best[2]
    return None


def _weighs(fact: Fact) -> bool:
    try:
        return _mass(fact).kilograms >= 0
    except Unknown:
        return False


def _overlap(one: Statement, other: Statement) -> float:
    """Shared days over all days of the two spans: 1 for the same period, 0 for none in common."""
    a, b = one.speaks_of, other.speaks_of
    shared = (min(a.end, b.end) - max(a.start, b.start)).days + 1
    return max(0, shared) / (a.days + b.days - max(0, shared))
