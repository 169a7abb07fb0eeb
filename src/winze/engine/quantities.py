"""Money, mass and purity: exact decimals that know their unit, and refuse to be mixed or guessed.

A price at a mine gate and a price in London are only comparable per gram of pure metal in one currency. Everything
here is `Decimal`; a unit, currency or kind of mass that is not known is refused (`Unknown`, `Mixed`), never taken as
one or zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

GRAMS: Mapping[str, Decimal] = {
    "gram": Decimal(1),
    "troy-ounce": Decimal("31.1034768"),  # the international troy ounce, exact
    "kilogram": Decimal(1000),
    "tonne": Decimal(1_000_000),
    "carat-gold": Decimal(1) / 24,  # West African buyers quote by the carat: 24 of them make one gram of pure gold
}

ALREADY_PURE = frozenset({"carat-gold"})
"""Units that count metal, not what is sold: a quote in them needs no fineness."""

METAL: Mapping[str, str] = {
    "cassiterite": "tin",
    "wolframite": "tungsten",
    "coltan": "tantalum",
    "bauxite": "aluminium",
}
"""Ores that the world market prices by the metal in them."""


class Unknown(ValueError):
    """A unit, rate or purity that is needed is not known."""


class Mixed(ValueError):
    """Two amounts of different kinds were about to be added or compared."""


def grams_in(unit: str) -> Decimal:
    """How many grams one `unit` weighs. Raises `Unknown` for a unit that is no unit of mass."""
    if unit not in GRAMS:
        raise Unknown(f"{unit!r} is no unit of mass known here: {', '.join(GRAMS)}")
    return GRAMS[unit]


def traded_as(mineral: str) -> str:
    """The commodity whose world price speaks for a mineral: tin for cassiterite, gold for gold."""
    return METAL.get(mineral, mineral)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency on one day. Amounts of two currencies do not add without a rate."""

    amount: Decimal
    currency: str
    day: date

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise Mixed(f"{self.currency} and {other.currency} do not add without a rate")
        return Money(self.amount + other.amount, self.currency, max(self.day, other.day))

    def dollars(self, fx: Decimal | None) -> Decimal:
        """In US dollars, `fx` units of the currency for one. Raises `Unknown` without a rate above zero."""
        if self.currency == "USD":
            return self.amount
        if fx is None or not fx.is_finite() or fx <= 0:
            raise Unknown(f"no rate from {self.currency} to US dollars")
        return self.amount / fx


@dataclass(frozen=True, slots=True)
class Mass:
    """Kilograms, and of what: "ore", "concentrate" or "contained-metal". The three do not add."""

    kilograms: Decimal
    of: str

    def __add__(self, other: Mass) -> Mass:
        self._same(other)
        return Mass(self.kilograms + other.kilograms, self.of)

    def over(self, other: Mass) -> Decimal:
        """How many times the other mass this is. Raises `Unknown` over nothing, `Mixed` over something else."""
        self._same(other)
        if other.kilograms == 0:
            raise Unknown("a share of nothing")
        return self.kilograms / other.kilograms

    def contained(self, grade: Decimal | None) -> Mass:
        """The metal in it. An unknown grade is refused, never taken as pure."""
        if grade is None or not 0 <= grade <= 1:
            raise Unknown("the grade is not known")
        return Mass(self.kilograms * grade, "contained-metal")

    def _same(self, other: Mass) -> None:
        if self.of != other.of:
            raise Mixed(f"{self.of} is not {other.of}")


def mass(amount: Decimal, unit: str, of: str) -> Mass:
    """An amount in any unit of mass, in kilograms."""
    return Mass(amount * grams_in(unit) / 1000, of)


def per_pure_gram(dollars: Decimal, unit: str, fineness: Decimal | None) -> Decimal:
    """A price in dollars per `unit` as it is sold, per gram of the pure metal in it.

    With an unknown fineness the price is taken per gram as sold: what the pure gram fetches is that or more, so the
    figure is a lower bound, and whoever shows it says so.
    """
    as_sold = dollars / grams_in(unit)
    if unit in ALREADY_PURE or fineness is None:
        return as_sold
    if not 0 < fineness <= 1:
        raise Unknown(f"a fineness of {fineness} is no share of metal")
    return as_sold / fineness
