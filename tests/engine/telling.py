"""Statements, registers and a rulebook of given figures for the tests of signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from winze.engine.reasons import Signal
from winze.engine.records import (
    ArmedActor,
    ConflictCount,
    Fact,
    NodeStatus,
    Origin,
    Point,
    Price,
    Quote,
    Span,
    Statement,
    Supply,
    Visit,
    in_month,
    on,
)
from winze.engine.register import Register, build
from winze.engine.signals import detect

FIGURES: dict[tuple[str, str], float] = {
    ("signal/gate-ratio", "baseline_fall_points"): 10,
    ("signal/gate-ratio", "floor_percent"): 70,
    ("signal/gate-ratio", "minimum_baseline_quotes"): 1,
    ("signal/spot-move", "percent_1_month"): 10,
    ("signal/spot-move", "percent_3_months"): 20,
    ("signal/capacity-at-risk", "warn_percent"): 10,
    ("signal/buyer-collapse", "warn_percent"): 50,
    ("signal/buyer-collapse", "critical_percent"): 10,
    ("signal/export-over-production", "ratio"): 1,
    ("signal/presence-fall", "visits_fall_percent"): 30,
    ("signal/policy-hint", "least_level"): 1,
    ("signal/armed-presence", "fresh_months"): 12,
    ("signal/conflict-near", "radius_km"): 50,
    ("signal/conflict-near", "window_days"): 365,
    ("signal/conflict-near", "minimum_events"): 3,
    ("signal/conflict-near", "rise_ratio"): 1.5,
    ("signal/screening", "similarity_percent"): 90,
    ("red-flag/s2", "months"): 12,
    ("pressure/rapacity", "months"): 12,
    ("pressure/rapacity", "raised_at_percent"): 10,
    ("pressure/rapacity", "high_at_percent"): 30,
    ("pressure/rapacity", "unarmed_weight"): 0.5,
    ("pressure/rapacity", "no_artisanal_weight"): 0.25,
    ("pressure/rapacity", "lsm_multiplier"): 3,
    ("pressure/rapacity", "lsm_within_km"): 20,
    ("pressure/lootability", "taxed_at_pit_weight"): 1,
    ("pressure/lootability", "concealable_weight"): 0.5,
    ("pressure/displacement", "months"): 12,
    ("pressure/displacement", "displacement_weight"): 0.44,
    ("pressure/displacement", "displaced_within_km"): 20,
    ("pressure/desperation", "months"): 12,
    ("pressure/desperation", "raised_at_percent"): 20,
    ("pressure/desperation", "high_at_percent"): 50,
    ("pressure/alternatives", "alternatives_weight"): 1,
    ("pressure/alternatives", "near_sites_km"): 20,
    ("signal/household-stress", "stress_percent"): 20,
    ("signal/child-labour-watch", "least_level"): 2,
}

FACTS: dict[str, dict[str, Any]] = {
    "pressure/lootability": {
        "minerals": {"gold": "concealable", "coltan": "taxed-at-pit", "cassiterite": "taxed-at-pit"}
    },
    "pressure/displacement": {"from": ("coltan", "cassiterite", "wolframite"), "to": ("gold",)},
}


@dataclass(frozen=True)
class Given:
    value: float


@dataclass(frozen=True)
class Plain:
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Book:
    """A rulebook of the figures above, some of them changed."""

    changed: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def figure(self, rule: str, name: str, day: date, /) -> Given:
        return Given({**FIGURES, **self.changed}[rule, name])

    def rule(self, rule: str, /) -> Plain:
        return Plain(FACTS.get(rule, {"codes": ("C5", "C6", "C7", "C8"), "standing": "contested"}))


BOOK = Book()
EMPTY = Register({}, {}, {}, None, {})


def day(text: str) -> date:
    return date.fromisoformat(text)


def say(subject: str, said: Any, when: str | Span, source: str = "test", row: int = 1, **more: Any) -> Statement:
    span = on(day(when)) if isinstance(when, str) else when
    return Statement(subject, said, span, Origin("file", None, row), source, **more)


def quote(when: str, amount: str, place: str = "country:BFA", row: int = 1, **more: Any) -> Statement:
    given: dict[str, Any] = {
        "currency": "USD",
        "unit": "gram",
        "fineness": Decimal(1),
        "fx": None,
        "spot": None,
        "sites": None,
    }
    given.update(more)
    mineral = given.pop("mineral", "gold")
    return say(place, Quote(mineral, Decimal(amount), **given), when, row=row)


def price(commodity: str, year: int, month: int, amount: str, unit: str = "gram", series: str = "WB") -> Statement:
    return say(f"commodity:{commodity}", Price(commodity, Decimal(amount), "USD", unit, series), in_month(year, month))


def fact(
    subject: str,
    measure: str,
    value: str | None,
    when: str | Span,
    unit: str | None = None,
    mineral: str | None = None,
    source: str = "test",
) -> Statement:
    amount = Decimal(value) if value is not None else None
    return say(subject, Fact(measure, amount, unit, None, mineral, source), when, source)


def node(
    name: str,
    kind: str,
    state: str,
    when: str,
    until: str | None = None,
    review: str | None = None,
    subject: str | None = None,
    source: str = "test",
) -> Statement:
    said = NodeStatus(name, kind, state, until and day(until), review and day(review), None, source)
    return say(subject or f"node:{name}", said, when, source)


def visit(site: str, when: str | Span, *, actors: tuple[ArmedActor, ...] = (), row: int = 1, **more: Any) -> Statement:
    given: dict[str, Any] = {
        "name": site,
        "country": "COD",
        "province": "Ituri",
        "territory": "Djugu",
        "point": Point(1.5, 30.0),
        "minerals": ("gold",),
        "manner": "on-site",
        "actors": actors,
    }
    return say(f"site:{site}", Visit(**{**given, **more}), when, row=row)


def actor(force: str, *acts: str, name: str = "A", interferes: bool | None = None) -> ArmedActor:
    return ArmedActor(name, force, None, acts, (), interferes)


def supply(
    supplier: str,
    buyer: str,
    mineral: str = "gold",
    origin: str | None = None,
    since: str = "2019-01-01",
    until: str | None = None,
    mine: str | None = None,
) -> Statement:
    said = Supply(supplier, buyer, mineral, origin, (), until and day(until), mine)
    return say(f"party:{supplier.lower()}", said, since)


def count(
    area: str,
    year: int,
    month: int,
    events: int | None,
    dataset: str = "acled",
    type: str = "political-violence",
    territory: str = "Djugu",
) -> Statement:
    said = ConflictCount(dataset, type, "COD", "Ituri", territory, events, None)
    return say(area, said, in_month(year, month), dataset)


def signals(statements: list[Statement], as_of: str, book: Book = BOOK, **more: Any) -> dict[str, Signal]:
    """What is detected on a day, by id, over the register of what was known then."""
    known = [s for s in statements if s.known(day(as_of))]
    found = detect(statements, build(known), book, day(as_of), **more)
    by_id = {signal.id: signal for signal in found}
    assert len(by_id) == len(found), "two signals share an id"
    return by_id


def texts(signal: Signal) -> list[str]:
    return [reason.text for reason in signal.because]


def values(signal: Signal, text: str) -> dict[str, Any]:
    return dict(next(reason for reason in signal.because if reason.text == text).values)
