"""The Guidance's red flags for each link of the chain: raised, clear, or not to be evaluated with what is missing.

A red flag opens enhanced due diligence for that link; it is not a finding. Most need trade, supplier or ownership
data: without them the honest answer is that they cannot be evaluated, and what would be needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from winze.engine.closures import NodeState, states
from winze.engine.known import Known, months_before
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import Statement, Supply
from winze.engine.register import Site, fold, party_id

INDICATE_L1 = frozenset({"armed-presence-non-state", "interference-non-state", "interference-state", "conflict-near"})
"""Signals by which a place shows what makes it conflict-affected or high-risk, whoever has listed it or not."""

NEEDS: Mapping[str, tuple[str, ...]] = {
    "l1": ("missing.cahra-list",),
    "l2": ("missing.trade-volumes", "missing.reserves"),
    "l3": ("missing.trade-routes",),
    "l4": ("missing.recycled-proof",),
    "s1": ("missing.ownership",),
    "s2": ("missing.supplier-origins",),
    "c1": ("missing.step-1-records",),
}


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain with the places its origin stands for and the signals raised at them."""

    statement: Statement
    supply: Supply
    places: tuple[str, ...]
    raised: tuple[Signal, ...]

    @property
    def subject(self) -> str:
        return f"link:{self.statement.id}"

    @property
    def touches(self) -> tuple[str, ...]:
        parties = (party_id(self.supply.supplier), party_id(self.supply.buyer))
        return tuple(dict.fromkeys((*parties, *self.places)))


def links(known: Known, found: Iterable[Signal]) -> list[Link]:
    """The links that lasted on the day or ended within the twelve months that the supplier flags look back."""
    raised: dict[str, list[Signal]] = {}
    for signal in sorted((s for s in found if s.state == "raised"), key=lambda s: s.id):
        for subject in signal.touches:
            raised.setdefault(subject, []).append(signal)
    origins: dict[str, list[str]] = {}
    for place, claims in known.register.chain_origins.items():
        for claim in claims:
            origins.setdefault(claim.id, []).append(place)
    since = months_before(known.as_of, int(known.number("red-flag/s2", "months")))
    chain = []
    for s, supply in known.links:
        if supply.until is not None and supply.until < since:
            continue
        places = tuple(sorted(origins.get(s.id, ())))
        signals = {signal.id: signal for place in places for signal in raised.get(place, ())}
        chain.append(Link(s, supply, places, tuple(signals[i] for i in sorted(signals))))
    return chain


def red_flags(known: Known, found: Iterable[Signal]) -> Iterator[Signal]:
    """All seven flags of each link; of each site only the origin flag, where no chain is known."""
    found = list(found)
    chain = links(known, found)
    located = {link.statement.id: _l1(link) for link in chain}
    nodes = states(known)
    flagged = [link for link in chain if located[link.statement.id].state == "raised"]
    for link in chain:
        yield located[link.statement.id]
        yield _l2(link)
        yield _open(link, "l3", because("reason.flag-needs-trade", "red-flag/l3", link.statement))
        yield _l4(link)
        yield _open(link, "s1", because("reason.flag-needs-ownership", "red-flag/s1", link.statement))
        yield _s2(link, flagged)
        yield _c1(link, known, nodes)
    if not chain:
        yield from _sites(known, found)


def _flag(link: Link, code: str, state: str, reasons: Iterable[Reason], since: date | None = None) -> Signal:
    return Signal(
        f"red-flag-{code}",
        link.subject,
        state,
        f"red-flag/{code}",
        tuple(reasons),
        since=since,
        missing=NEEDS[code] if state == "cannot-evaluate" else (),
        touches=link.touches,
    )


def _open(link: Link, code: str, *reasons: Reason) -> Signal:
    return _flag(link, code, "cannot-evaluate", reasons)


def _said_again(signal: Signal, rule: str) -> tuple[Reason, ...]:
    """A signal's own reasons, as the reasons of a flag that rests on it."""
    return tuple(replace(reason, rule=rule) for reason in signal.because if reason.statement is not None)


def _l1(link: Link) -> Signal:
    """Originates in, or came through, a conflict-affected or high-risk area."""
    rule = "red-flag/l1"
    shown = [s for s in link.raised if s.kind in INDICATE_L1]
    if not link.supply.origin:
        return _open(link, "l1", because("reason.origin-not-claimed", rule, link.statement))
    claim = because("reason.origin-claimed", rule, link.statement, origin=link.supply.origin)
    if not shown:
        return _open(link, "l1", claim, because("reason.no-list-of-areas", rule))
    reasons = [reason for signal in shown for reason in _said_again(signal, rule)]
    return _flag(link, "l1", "raised", (claim, *reasons), max((s.since for s in shown if s.since), default=None))


def _l2(link: Link) -> Signal:
    """Claimed from an origin with limited known reserves or production."""
    rule = "red-flag/l2"
    over = [s for s in link.raised if s.kind == "export-over-production" and _same_mineral(s, link)]
    if over:
        return _flag(link, "l2", "raised", [r for s in over for r in _said_again(s, rule)], over[0].since)
    return _open(link, "l2", because("reason.flag-needs-trade", rule, link.statement))


def _same_mineral(signal: Signal, link: Link) -> bool:
    return signal.subject.partition("#")[2] in ("", link.supply.mineral)


def _l4(link: Link) -> Signal:
    """Gold claimed to be recycled and refined in a country of transit."""
    if link.supply.mineral != "gold":
        said = because("reason.not-gold", "red-flag/l4", link.statement, mineral=f"@mineral.{link.supply.mineral}")
        return _flag(link, "l4", "clear", [said])
    return _open(link, "l4", because("reason.flag-needs-trade", "red-flag/l4", link.statement))


def _s2(link: Link, flagged: list[Link]) -> Signal:
    """The supplier is known to have sourced from a red-flagged place within twelve months."""
    rule = "red-flag/s2"
    supplier = fold(link.supply.supplier)
    upstream = _upstream(supplier, flagged)
    if not upstream:
        return _open(link, "s2", because("reason.flag-needs-suppliers", rule, link.statement))
    reasons = [
        because("reason.sourced-from-flagged", rule, other.statement, supplier=other.supply.supplier,
                origin=other.supply.origin) for other in upstream
    ]  # fmt: skip
    return _flag(link, "s2", "raised", reasons)


def _upstream(supplier: str, flagged: list[Link]) -> list[Link]:
    """The flagged links by which this supplier sold or bought, and those of its own suppliers."""
    reached, edge = {supplier}, {supplier}
    while edge:
        edge = {fold(link.supply.supplier) for link in flagged if fold(link.supply.buyer) in edge} - reached
        reached |= edge
    return [link for link in flagged if fold(link.supply.supplier) in reached]


def _c1(link: Link, known: Known, nodes: Mapping[str, NodeState]) -> Signal:
    """Anomalies in what step 1 collects: a mineral not dug there, a sale during a closure, exports over production."""
    rule = "red-flag/c1"
    reasons: list[Reason] = []
    for place in link.places:
        site = known.register.sites.get(place)
        if site is not None and site.minerals and link.supply.mineral not in site.minerals:
            reasons.append(_not_dug(link, site, rule))
        node = nodes.get(place)
        lasting = link.supply.until is None or (node is not None and link.supply.until > node.since)
        if node is not None and node.state == "closed" and lasting:
            reasons.append(because("reason.sold-while-closed", rule, node.said[-1], node=node.node, day=node.since))
    for signal in link.raised:
        if signal.kind == "export-over-production" and _same_mineral(signal, link):
            reasons += _said_again(signal, rule)
    if reasons:
        return _flag(link, "c1", "raised", reasons)
    return _open(link, "c1", because("reason.no-anomaly-seen", rule, link.statement))


def _not_dug(link: Link, site: Site, rule: str) -> Reason:
    latest = (*site.entries, *site.visits)[-1] if (*site.entries, *site.visits) else link.statement
    return because("reason.mineral-not-dug", rule, latest, mineral=f"@mineral.{link.supply.mineral}", site=site.name)


def _sites(known: Known, found: list[Signal]) -> Iterator[Signal]:
    shown: dict[str, list[Signal]] = {}
    for signal in sorted(found, key=lambda s: s.id):
        if signal.kind in INDICATE_L1 and signal.state == "raised":
            shown.setdefault(signal.touches[0], []).append(signal)
    for site in known.focus:
        reasons = [r for s in shown.get(site.id, ()) for r in _said_again(s, "red-flag/l1")]
        if not reasons:
            reasons = [because("reason.no-list-of-areas", "red-flag/l1")]
        raised = site.id in shown
        yield Signal("red-flag-l1", site.id, "raised" if raised else "cannot-evaluate", "red-flag/l1", tuple(reasons),
                     missing=() if raised else NEEDS["l1"], touches=(site.id,))  # fmt: skip
