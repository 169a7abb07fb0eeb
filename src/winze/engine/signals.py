"""What the evidence shows on a day, each thing checked against its rule: raised, clear, or not to be evaluated.

The detectors stand in `prices`, `closures`, `restrictions`, `presence`, `screening`, `redflags` and `pressures`. A
signal's subject is a place, party, link or commodity; where one subject has several signals of a kind (a mineral, a
dataset, an act, a node) that follows after `#`, and `touches` holds the plain subjects it bears on, its own first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date

from winze.engine import closures, known, presence, pressures, prices, redflags, restrictions, screening
from winze.engine.known import Rules
from winze.engine.presence import Near
from winze.engine.reasons import Signal
from winze.engine.records import Statement
from winze.engine.register import Register
from winze.engine.screening import Similarity, token_sort

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
    seen = _all(
        prices.gate_ratios(day),
        prices.spot_moves(day),
        closures.closures(day),
        closures.capacity(day),
        closures.buyer_collapse(day),
        closures.export_over_production(day),
        restrictions.restrictions(day),
        restrictions.policy_hints(day),
        presence.at_sites(day),
        presence.near_sites(day, near),
        presence.presence_falls(day),
        screening.screen(day, similarity),
    )
    seen += _all(redflags.red_flags(day, seen), pressures.pressures(day, seen))
    return tuple(sorted(seen, key=lambda signal: (signal.kind, signal.subject)))


def _all(*detectors: Iterator[Signal]) -> list[Signal]:
    """What the detectors find. One whose rule is not in force on the day finds nothing: that rule decides nothing."""
    found: list[Signal] = []
    for detector in detectors:
        with suppress(known.NotInForce):
            found += list(detector)
    return found
