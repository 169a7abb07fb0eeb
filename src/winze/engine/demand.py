"""Whether anybody still buys: a stop of demand, kept apart from a fall of price, and where it pushes people and arms.

Buyers who leave at once do more harm than a lower price. Where the outlet of tin, tantalum and tungsten ores closed in
eastern DR Congo, fighting moved to gold nearby (Parker and Vadheim 2017; Stoop and others 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
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


def outlet(known: Known, site: Site, node: NodeState | None, quoted: frozenset[tuple[str, str]]) -> Part[float]:
    """The share of demand that stopped at a site, in percent; of several minerals the one that lost most.

    Closed is all of it; of restricted nobody knows how much. `quoted` are places and minerals with an offer within the
    year. A mineral nobody speaks of may have lost all its buyers.
    """
    if node is not None and node.state == "closed":
        said = tuple(because("reason.living-stopped", DESPERATION, s, day=node.since) for s in node.said)
        return Part((100.0,), said, grade="local")
    parts = [_bought(known, site, mineral, quoted) for mineral in site.minerals] or [_unasked()]
    if node is not None and node.state == "restricted":
        held = tuple(because("reason.living-restricted", DESPERATION, s, day=node.since) for s in node.said)
        parts.append(Part(ANY, held, "missing.living-left"))
    worst = max(parts, key=lambda part: part.options[0])
    least, missing = worst.options[0], next((part.missing for part in parts if part.missing), None)
    said = tuple(dict.fromkeys(reason for part in parts for reason in part.said))
    return Part((least, 100.0) if missing and least < 100 else (least,), said, missing, worst.grade)


def _bought(known: Known, site: Site, mineral: str, quoted: frozenset[tuple[str, str]]) -> Part[float]:
    """The share of demand for one mineral that stopped. An offer made at the site or in its territory shows that
    somebody buys."""
    gone = buyers_gone(known, site, mineral)
    if gone is not None:
        s, percent, place = gone
        said = because("reason.buyers-gone", DESPERATION, s, percent=round(percent, 1), day=s.speaks_of.known_on)
        return Part((percent,), (said,), grade=grade_of(place))
    here = {(site.id, mineral), (site.area or site.id, mineral)}
    return Part((0.0,)) if quoted & here else _unasked()


def _unasked() -> Part[float]:
    return Part(ANY, (because("reason.outlet-unknown", DESPERATION),), "missing.buyers")


def buyers_gone(known: Known, site: Site, mineral: str) -> tuple[Statement, float, str] | None:
    """The share of registered buyers who no longer buy a mineral, in percent, from the nearest place that counts them,
    of this mineral or of all."""
    year = months_before(known.as_of, 12)
    for place in known.ladder(site):
        gone = _gone(known, place, mineral, year) or _gone(known, place, None, year)
        if gone is not None:
            return (*gone, place)
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
    gone = buyers_gone(known, site, mineral)
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
