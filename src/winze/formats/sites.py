"""IPIS mine-site visits: one row is a visit, an attempt that did not reach the site, or a third party's statement."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from winze.engine.records import ArmedActor, Span, Statement, Visit, in_year, on
from winze.formats.files import Peek, Source
from winze.formats.reading import Reader, lookup
from winze.formats.tables import Row, Table, each

SOURCE = "ipis-visits"
_ACTOR_FIELDS = ("armed_group", "type_armed_group", "frequency_armed_group")


def _recognise(peek: Peek) -> str | None:
    if peek.has("pcode", "visit_date", "visit_onsite", "interference", "type_armed_group1", "childunder15"):
        return "opendata-71" if len(peek.header) == 71 else "opendata"
    return None


def _read(source: Source) -> Iterator[Statement]:
    words = lookup("ipis")
    actor_columns = [name for n in (1, 2) for name in _actor_columns(words, n)]
    table = Table(
        source,
        sheet=source.sheet_names[0],
        used=[*words["used"], *actor_columns],
        ignored=words["ignored"],
        required=["pcode", "visit_date", "visit_onsite"],
    )
    days: set[tuple[str, date]] = set()

    def statement(row: Row) -> Statement:
        site = row.need("pcode")
        spoken = _speaks_of(row)
        if spoken.days == 1 and (site, spoken.start) in days:
            row.problem("site_day_twice", "visit_date", site=site, day=spoken.start)
        days.add((site, spoken.start))
        return Statement(f"site:ipis/{site}", _visit(row, words), spoken, row.origin(), SOURCE)

    yield from each(table, statement)


def _actor_columns(words: Any, n: int) -> list[str]:
    return [f"{name}{n}" for name in (*_ACTOR_FIELDS, *(f"{act}_armed_group" for act in words["acts"]))]


def _speaks_of(row: Row) -> Span:
    """The day of the visit; 1 January is how the file writes a visit known only by its year."""
    day = row.day("visit_date")
    if day is None:
        row.drop("visit_date")
    assert day is not None
    return in_year(day.year) if (day.month, day.day) == (1, 1) else on(day)


def _visit(row: Row, words: Any) -> Visit:
    interference = row.flag("interference")
    presence = row.flag("presence")
    actors = tuple(actor for n in (1, 2) if (actor := _actor(row, n, interference, words)))
    denied = bool(interference) and any(actor.interferes is False for actor in actors)
    unseen = bool(interference) and presence is False
    if denied or unseen:
        row.problem("visit_contradicts", "interference")
    manner, reason = _manner(row, words)
    scheme_state = row.choice("itsci", words["scheme"])
    return Visit(
        name=row.text("name") or row.need("pcode"),
        country=words["country"],
        province=row.text("province"),
        territory=row.text("territoire"),
        point=row.point("latitude", "longitude", _within_km(row.text("location_origin"), words)),
        minerals=_distinct(row.choice(f"mineral{n}", words["minerals"]) for n in (1, 2, 3)),
        manner=manner,
        not_reached_for=reason,
        workers=row.integer("workers_numb", low=0, high=100_000),
        women=row.flag("women"),
        women_work=row.parts("womenwork", ","),
        children_under_15=row.flag("childunder15"),
        children_work=row.parts("childunder15work", ","),
        armed_presence=presence,
        interference=interference,
        contradictory=unseen or (denied and not any(actor.interferes for actor in actors)),
        actors=actors,
        mercury=row.flag("mercury"),
        scheme="iTSCi" if scheme_state or row.text("traceability") else None,
        scheme_state=scheme_state,
        state_status=row.choice("qualification", words["status"]),
        state_services=_distinct(row.text(f"state_service{n}") for n in (1, 2, 3, 4)),
        selling_points=_distinct(place for n in (1, 2, 3) for place in row.parts(f"selling_points_mineral{n}")),
        destinations=_distinct(place for n in (1, 2, 3) for place in row.parts(f"final_destination_mineral{n}")),
        access=row.choice("access_dry", words["access"]),
        project=row.text("project"),
        visit_id=row.text("vid"),
    )


def _actor(row: Row, n: int, interference: bool | None, words: Any) -> ArmedActor | None:
    """The armed actor in columns `…n`, None where the row names none (`0`, or blank)."""
    type_column = f"type_armed_group{n}"
    written = row.text(type_column)
    if written is None or written == "0":
        return None
    known = words["actor_types"].get(written.casefold().replace("'", "’"))
    if known is None:
        row.problem("value_unknown", type_column, value=written)
        known = {"force": "unknown", "interferes": None}
    seen = {act: row.flag(f"{column}_armed_group{n}") for column, act in words["acts"].items()}
    return ArmedActor(
        name=row.text(f"armed_group{n}") or "",
        force=known["force"],
        frequency=row.choice(f"frequency_armed_group{n}", words["frequency"]),
        acts=tuple(sorted(act for act, yes in seen.items() if yes)),
        denied=tuple(sorted(act for act, yes in seen.items() if yes is False)),
        interferes=interference if known["interferes"] == "as-interference" else known["interferes"],
    )


def _manner(row: Row, words: Any) -> tuple[str, str | None]:
    if row.flag("visit_onsite"):
        return "on-site", None
    reason = (row.text("visit_onsite_novisitreason") or "").casefold()
    for beginning, meaning in words["not_reached"]:
        if reason.startswith(beginning):
            return ("third-party", None) if meaning == "third-party" else ("not-reached", meaning)
    return "not-reached", "other" if reason else None


def _within_km(origin: str | None, words: Any) -> float | None:
    if origin is None:
        return None
    folded = origin.casefold()
    return next((float(km) for word, km in words["within_km"] if word in folded), None)


def _distinct(items: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for item in items if item))


READERS = (Reader("ipis-visits", SOURCE, _recognise, _read),)
