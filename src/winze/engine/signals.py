"""What the evidence shows on a day, each thing checked against its rule: raised, clear, or not to be evaluated.

The detectors stand in `prices`, `closures`, `restrictions`, `presence`, `households`, `screening`, `redflags` and
`pressures`. A signal's subject is a place, party, link or commodity; where one subject has several signals of a kind (a
mineral, a dataset, an act, a node) that follows after `#`, and `touches` holds the plain subjects it bears on, its own
first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from winze.engine import closures, households, known, presence, pressures, prices, redflags, restrictions, screening
from winze.engine.known import Rules
from winze.engine.presence import Near
from winze.engine.problems import NotInForce
from winze.engine.reasons import Signal
from winze.engine.records import Statement
from winze.engine.register import Register
from winze.engine.screening import Similarity, token_sort

AT_SITES = (
    *(f"{what}-{force}" for what in ("armed-presence", "interference") for force in presence.FORCES),
    "not-reached",
)

__all__ = ["Near", "Rules", "Similarity", "detect"]


def detect(
    statements: Iterable[Statement],
    register: Register,
    rulebook: Rules,
    as_of: date,
    *,
    near: Near | None = None,
    similarity: Similarity = token_sort,
) -> tuple[Signal, ...]:
    """Everything the evidence shows on a day, sorted by kind and subject.

    Pure, and the same for any order of the statements; what became known after the day changes nothing. `near` gives
    for each site the conflict events around it with their distance in km. `similarity` compares two folded names.
    What cannot be evaluated says so and names what is missing: it is never left out and never clear.
    """
    day = known.gather(statements, register, rulebook, as_of)
    seen = [
        *_found(prices.gate_ratios(day), "gate-ratio"),
        *_found(prices.spot_moves(day), "spot-fall", "spot-rise"),
        *_found(closures.closures(day), "closure", "closure-overrun"),
        *_found(closures.capacity(day), "capacity-at-risk"),
        *_found(closures.buyer_collapse(day), "buyer-collapse"),
        *_found(closures.export_over_production(day), "export-over-production"),
        *_found(restrictions.restrictions(day), "restriction"),
        *_found(restrictions.policy_hints(day), "policy-hint"),
        *_found(presence.at_sites(day), *AT_SITES),
        *_found(presence.near_sites(day, near), "conflict-near"),
        *_found(presence.presence_falls(day), "presence-fall"),
        *_found(households.household_stress(day), "household-stress"),
        *_found(households.child_labour_watch(day), "child-labour-watch"),
        *_found(screening.screen(day, similarity), "screening"),
    ]
    seen += [
        *_found(redflags.red_flags(day, seen), *(f"red-flag-{code}" for code in redflags.NEEDS)),
        *_found(pressures.pressures(day, seen), "pressure-rapacity", "pressure-desperation"),
    ]
    return tuple(sorted(seen, key=lambda signal: (signal.kind, signal.subject)))


def _found(detector: Iterator[Signal], *kinds: str) -> list[Signal]:
    """What a detector finds. Where its rule is not in force on the day, each of its kinds cannot be evaluated."""
    try:
        return list(detector)
    except NotInForce as absent:
        missing = ("missing.rule-in-force",)
        return [Signal(kind, "world:all", "cannot-evaluate", absent.rule, missing=missing) for kind in kinds]
