"""Whether anybody still buys: a stop of demand, kept apart from a fall of price, and where it pushes people and arms.

Buyers who leave at once do more harm than a lower price. Where the outlet of tin, tantalum and tungsten ores closed in
eastern DR Congo, fighting moved to gold nearby (Parker and Vadheim 2017; Stoop and others 2018).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from winze.engine.bands import Part, grade_of
from winze.engine.closures import NodeState
from winze.engine.known import Known, months_before
from winze.engine.neighbours import Near
from winze.engine.prices import move
from winze.engine.quantities import traded_as
from winze.engine.reasons import Reason, because
from winze.engine.records import Statement
from winze.engine.register import Site

DESPERATION, DISPLACEMENT = "pressure/desperation", "pressure/displacement"
ANY = (0.0, 100.0)
"""A share of which nobody knows anything, in percent."""


def outlet(known: Known, site: Site, node: NodeState | None, quoted: frozenset[str]) -> Part[float]:
    """The share of demand that stopped at a site, in percent. Closed is all of it; restricted is nobody knows how much.
    An offer made there within the year shows that somebody buys; `quoted` are the places with one."""
    state = node.state if node is not None else None
    if node is not None and state == "closed":
        said = tuple(because("reason.living-stopped", DESPERATION, s, day=node.since) for s in node.said)
        return Part((100.0,), said, grade="local")
    restricted: tuple[Reason, ...] = ()
    if node is not None and state == "restricted":
        restricted = tuple(because("reason.living-restricted", DESPERATION, s, day=node.since) for s in node.said)
    gone = buyers_gone(known, site, (*site.minerals, None))
    if gone is not None:
        s, percent, place = gone
        said = (because("reason.buyers-gone", DESPERATION, s, percent=round(percent, 1), day=s.speaks_of.known_on),)
        ends = (percent, 100.0) if restricted and percent < 100 else (percent,)
        return Part(ends, (*restricted, *said), "missing.living-left" if len(ends) > 1 else None, grade_of(place))
    if restricted:
        return Part(ANY, restricted, "missing.living-left")
    if quoted & {site.id, site.area} or state == "open":
        return Part((0.0,))
    return Part(ANY, (because("reason.outlet-unknown", DESPERATION),), "missing.buyers")


def buyers_gone(known: Known, site: Site, minerals: Iterable[str | None]) -> tuple[Statement, float, str] | None:
    """The share of registered buyers who no longer buy, in percent, from the nearest place that knows; of several
    minerals the one that lost most."""
    year, minerals = months_before(known.as_of, 12), tuple(minerals)
    for place in known.ladder(site):
        found = [gone for m in minerals if (gone := _gone(known, place, m, year)) is not None]
        if found:
            return (*max(found, key=lambda gone: (gone[1], gone[0].id)), place)
    return None


def _gone(known: Known, place: str, mineral: str | None, after: date) -> tuple[Statement, float] | None:
    registered = known.newest_fact("buyers-registered", place, mineral)
    total = registered[1].value if registered else None
    for measure in ("buyers-active", "buyers-closed"):
        newest = known.newest_fact(measure, place, mineral)
        if newest is None or newest[1].value is None or not total or newest[0].speaks_of.end <= after:
            continue
        share = float(100 * newest[1].value / total)
        return newest[0], min(100.0, max(0.0, share if measure == "buyers-closed" else 100 - share))
    return None


def displaced(
    known: Known,
    site: Site,
    around: list[Near],
    nodes: Mapping[str, NodeState],
    falls: Mapping[str, Part[float]],
) -> Part[float]:
    """The share of demand lost for minerals dug nearby whose trouble moves to what this site digs, in percent: the
    largest of the fall of their price, of the buyers gone and of the sites closed. None of them nearby is none lost."""
    facts = known.rules.rule(DISPLACEMENT).facts
    leaving, taking = frozenset(facts["from"]), frozenset(facts["to"])
    near = [site, *(n.site for n in around)]
    minerals = sorted({m for s in near for m in s.minerals if m in leaving})
    if not taking & set(site.minerals) or not minerals:
        return Part((0.0,))
    fell = [falls[m] for m in minerals]
    stops = [_stop(known, site, m, [s for s in near if m in s.minerals], nodes) for m in minerals]
    least = max(part.options[0] for part in (*fell, *stops))
    missing = next((part.missing for part in (*stops, *fell) if part.missing), None)
    said = tuple(reason for part in (*fell, *stops) for reason in part.said)
    return Part((least, 100.0) if missing and least < 100 else (least,), said, missing if least < 100 else None)


def falls(known: Known) -> Mapping[str, Part[float]]:
    """How far the price of each mineral fell whose trouble moves elsewhere, in percent."""
    return {mineral: _fall(known, mineral) for mineral in known.rules.rule(DISPLACEMENT).facts["from"]}


def _fall(known: Known, mineral: str) -> Part[float]:
    moved = move(known, traded_as(mineral), int(known.number(DISPLACEMENT, "months")))
    if moved is None:
        return Part(ANY, (), "missing.spot")
    said: tuple[Reason, ...] = ()
    if moved.percent < 0:
        said = (because("reason.displaced-by-price", DISPLACEMENT, moved.now, mineral=f"@mineral.{mineral}",
                        percent=round(moved.percent, 1), day=moved.now.speaks_of.known_on),)  # fmt: skip
    return Part((min(100.0, max(0.0, -moved.percent)),), said)


def _stop(known: Known, site: Site, mineral: str, near: list[Site], nodes: Mapping[str, NodeState]) -> Part[float]:
    """Buyers of a mineral gone, or its sites closed; unknown where nobody says anything of either."""
    gone = buyers_gone(known, site, (mineral,))
    shut = [nodes[s.id] for s in near if s.id in nodes and nodes[s.id].state == "closed"]
    share = 100.0 * len(shut) / len(near) if near else 0.0
    said = [because("reason.displaced-by-closure", DISPLACEMENT, node.said[-1], mineral=f"@mineral.{mineral}",
                    percent=round(share), day=node.since) for node in shut[:1]]  # fmt: skip
    if gone is None:
        said.append(because("reason.displaced-unknown", DISPLACEMENT, mineral=f"@mineral.{mineral}"))
        return Part((share, 100.0), tuple(said), "missing.buyers")
    said.append(because("reason.displaced-by-buyers", DISPLACEMENT, gone[0], mineral=f"@mineral.{mineral}",
                        percent=round(gone[1], 1), day=gone[0].speaks_of.known_on))  # fmt: skip
    return Part((max(share, gone[1]),), tuple(said))
