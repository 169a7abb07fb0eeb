"""Bands: all that an index can be, given what nobody knows, and in which band of its rule that lies.

An unknown input is not a zero and not a middle: it is everything it could be. The indices rise or fall with each input,
so the ends of an interval are found at the ends of the inputs, and every completion of the unknowns lies between.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from winze.engine.reasons import Reason

BANDS = ("low", "raised", "high")
UNBOUNDED = math.inf
YES_OR_NO = (False, True)


@dataclass(frozen=True, slots=True)
class Part[T]:
    """What is known of one input of an index: the ends of what it can be (one where it is known), why, and what is
    missing (a message id) where it is not known. `grade` says how near to the site it was measured."""

    options: tuple[T, ...]
    said: tuple[Reason, ...] = ()
    missing: str | None = None
    grade: str | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """All that an index can be. `high` is `UNBOUNDED` where nothing that is known sets an upper end."""

    low: float
    high: float

    @property
    def point(self) -> float | None:
        """The index itself where every input is known, else None."""
        return self.low if self.low == self.high else None

    def bands(self, limits: Limits) -> tuple[str, str]:
        return limits.band(self.low), limits.band(self.high)


@dataclass(frozen=True, slots=True)
class Limits:
    """From which value on an index is raised, and from which high."""

    raised: float
    high: float

    def band(self, value: float) -> str:
        return BANDS[(value >= self.raised) + (value >= max(self.raised, self.high))]


def hull(index: Callable[..., float], *options: Sequence[Any]) -> Interval:
    """The interval of an index over all that its inputs can be. The index must be monotone in each number."""
    values = [index(*inputs) for inputs in product(*options)]
    return Interval(min(values), max(values))


def times(one: float, other: float) -> float:
    """A product in which nothing times anything, even without bound, is nothing."""
    return 0.0 if one == 0 or other == 0 else one * other


def grade_of(place: str) -> str:
    """How near to a site a place speaks of it: local (the site, its territory), regional, country, world."""
    grades = {"site": "local", "area": "local", "province": "regional", "country": "country"}
    return grades.get(place.partition(":")[0], "world")
