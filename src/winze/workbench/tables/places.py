"""Where the risks of a run are: what the map draws, as a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from winze.engine.reporting import LETTERS
from winze.workbench import addresses
from winze.workbench.models import PlaceRow, Site
from winze.workbench.table import (
    COMPETITOR,
    Column,
    Filter,
    Order,
    Scope,
    Table,
    declare,
    exactly,
    holding,
    listed,
)
from winze.workbench.tables.risks import run_of

LAYERS = ("ranked", "watched", "unvisited")


def _rows(scope: Scope) -> QuerySet[PlaceRow]:
    run = run_of(scope)
    return PlaceRow.objects.filter(run=run, audience=scope.audience) if run else PlaceRow.objects.none()


def _layer(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    wanted = {"ranked": Q(ranked__gt=0), "watched": Q(watched__gt=0), "unvisited": ~Q(unvisited=0)}
    if value not in wanted:
        raise ValueError(value)
    return rows.filter(wanted[value])


def _letter(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    if value not in LETTERS:
        raise ValueError(value)
    return rows.filter(letters__contains=value)


def name(row: PlaceRow) -> Any:
    """What a place is called: its name, else its area, else its country."""
    return row.named or row.territory or (f"@country.{row.country}" if row.country else None)


def _where(row: PlaceRow) -> Any:
    above = [
        row.territory if row.kind == "site" else "",
        row.province,
        f"@country.{row.country}" if row.country else "",
    ]
    return [part for part in above if part]


def link(row: PlaceRow) -> str | None:
    """Its first risk; a site without one leads to the site."""
    if row.first:
        return f"{reverse('risk', args=[row.first])}?run={row.run_id}"
    return addresses.site(row.site) if row.site else None  # type: ignore[attr-defined]


def _sites(scope: Scope, rows: Sequence[PlaceRow]) -> None:
    """Brings to each site its record as it is now, where there still is one."""
    codes = [row.code for row in rows if row.code and not row.first]
    held = {site.code: site for site in Site.objects.filter(organisation=scope.actor.organisation, code__in=codes)}
    for row in rows:
        row.site = held.get(row.code)  # type: ignore[attr-defined]


def _count(value: int | None) -> Any:
    """A count; one that is too small to be told says so."""
    return "@term.few" if value is None else value


def _immutable(scope: Scope) -> str | None:
    run = run_of(scope)
    return f"places:{run.pk}:{scope.audience}" if run else None


PLACES = declare(
    Table(
        key="places",
        title="wb.list.places",
        question="wb.map.question",
        empty="wb.map.empty",
        rows=_rows,
        columns=(
            Column("letter", "wb.col.gravest", lambda row: row.letter or "–", "letter"),
            Column("place", "wb.col.place", name, "link", quiet=_where),
            Column("rank", "wb.col.first-rank", lambda row: row.rank or "–", "count"),
            Column("letters", "wb.col.letters", lambda row: ", ".join(row.letters) or "–"),
            Column("ranked", "wb.col.ranked", lambda row: row.ranked, "count"),
            Column("watched", "wb.col.watched", lambda row: row.watched, "count"),
            Column("sites", "wb.col.sites", lambda row: _count(row.sites), "count"),
            Column("unvisited", "wb.col.unvisited", lambda row: _count(row.unvisited), "count"),
            Column("visited", "wb.col.newest-visit", lambda row: row.newest_visit, "date", COMPETITOR),
            Column("point", "wb.col.on-map", lambda row: row.lat is not None, "flag"),
        ),
        orders=(
            Order("position", "wb.order.position", ("position",)),
            Order("territory", "wb.col.territory", ("territory", "position")),
            Order("ranked", "wb.col.ranked", ("ranked", "position")),
        ),
        filters=(
            Filter("layer", "wb.filter.layer", _layer, listed("wb.layer", LAYERS)),
            Filter("letter", "wb.col.letter", _letter, listed("wb.letter", LETTERS)),
            Filter("territory", "wb.col.territory", holding("territory")),
            Filter("country", "wb.filter.country-code", exactly("country")),
        ),
        link=link,
        immutable=_immutable,
        fill=_sites,
    )
)  # fmt: skip
