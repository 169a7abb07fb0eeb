"""Statements made by hand for tests: small, readable, with the fields a test does not care about filled in."""

from __future__ import annotations

from datetime import date
from typing import Any

from winze.engine.records import (
    ArmedActor,
    ConflictCount,
    Origin,
    Point,
    Span,
    Statement,
    Supply,
    Visit,
    in_month,
    on,
)

FDLR = ArmedActor("FDLR", "non-state", acts=("taxation",), interferes=True)
FARDC = ArmedActor("FARDC", "state", acts=("taxation",), interferes=True)


def stated(subject: str, said: Any, when: date | Span, row: int = 2, file: str = "a.csv", **more: Any) -> Statement:
    spoken = when if isinstance(when, Span) else on(when)
    return Statement(subject, said, spoken, Origin(file, None, row), "user", **more)


def visit(
    site: str = "m1",
    when: date | Span = date(2018, 6, 1),
    *,
    lat: float = -2.0,
    lon: float = 28.5,
    row: int = 2,
    territory: str | None = "Kalehe",
    **fields: Any,
) -> Statement:
    said: dict[str, Any] = {
        "name": site.title(),
        "country": "COD",
        "province": "Sud-Kivu",
        "territory": territory,
        "point": Point(lat, lon, 0.5),
        "minerals": ("gold",),
        "manner": "on-site",
        "armed_presence": False,
        "interference": False,
    }
    said |= fields
    if said.get("actors"):
        said["armed_presence"] = True
        said["interference"] = fields.get("interference", True)
    return stated(f"site:ipis/{site}", Visit(**said), when, row)


def count(code: str, territory: str, year: int, month: int, events: int | None, row: int = 2) -> Statement:
    said = ConflictCount("acled", "all", "COD", "Sud-Kivu", territory, events, events)
    return stated(f"area:{code}", said, in_month(year, month), row, "conflict.csv")


def supply(
    supplier: str, buyer: str, origin: str | None = None, mineral: str = "gold", me: str | None = None, row: int = 2
) -> Statement:
    said = Supply(supplier, buyer, mineral, origin, (), None, me)
    return stated(f"link:{supplier}>{buyer}", said, date(2019, 1, 1), row, "chain.csv")


WEIGHTS = {
    "base_log_odds": 0.0, "sharpness": 1.0, "prior_yes": 0.1, "prior_no": 0.4, "conflict_weight": 0.3,
    "conflict_typical": 2.3, "spread": 1.0, "spread_after_a_year": 1.5,
    "here_km": 3, "here_days": 3000, "here_weight": 1.0, "around_km": 10, "around_days": 1095, "around_weight": 0.3,
    "weight_seen_yes": 1, "weight_told_yes": 1, "weight_armed": 0.5, "weight_turned_back": 0.3, "weight_seen_no": 1,
    "weight_told_no": 0.5, "weight_armed_no": 0.5, "weight_other": 0.5, "weight_unarmed": 0.5,
    "weight_third_party": 0.5,
}  # fmt: skip
"""An expert's weights of a likelihood, as a rule gives them."""
