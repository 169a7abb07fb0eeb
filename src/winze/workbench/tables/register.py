"""Sites and parties of the register as it stands."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from winze.formats.lines import first_words
from winze.workbench.models import Party, Site
from winze.workbench.table import (
    COMPETITOR,
    Act,
    Column,
    Filter,
    Order,
    Scope,
    Table,
    declare,
    holding,
    listed,
    since,
    until,
)

MINERALS = ("gold", "cassiterite", "coltan", "wolframite")


def _sites(scope: Scope) -> QuerySet[Site]:
    return Site.objects.filter(organisation_id=scope.actor.organisation, merged_into="").select_related("place")


def _parties(scope: Scope) -> QuerySet[Party]:
    return Party.objects.filter(organisation_id=scope.actor.organisation, merged_into="")


def _mineral(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    """Sites where a mineral is dug; kept as a list, so it is looked for as its quoted word."""
    if not value.replace("-", "").isalnum():
        raise ValueError(value)
    return rows.filter(minerals__icontains=f'"{value}"')


def _visited(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    if value not in ("yes", "never"):
        raise ValueError(value)
    return rows.filter(newest_visit__isnull=value == "never")


def _chain(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    if value not in ("yes", "no"):
        raise ValueError(value)
    return rows.filter(in_chain=value == "yes")


def _tier(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    if value == "unknown":
        return rows.filter(tier=None)
    return rows.filter(tier=int(value))


def _minerals(row: Site) -> list[str] | None:
    return [f"@term.mineral.{one}" for one in row.minerals] or None


def _visit_day(row: Site) -> date | str | None:
    return row.newest_visit or "@wb.site.never-visited"


def _tiers(scope: Scope) -> list[tuple[str, str]]:
    tiers = _parties(scope).exclude(tier=None).order_by("tier").values_list("tier", flat=True).distinct()
    return [*((str(tier), str(tier)) for tier in tiers), ("unknown", "@term.unknown")]


SITES = declare(
    Table(
        key="sites",
        title="wb.list.sites",
        question="wb.sites.question",
        empty="wb.sites.empty",
        rows=_sites,
        columns=(
            Column("code", "wb.col.code", lambda row: row.code, "link"),
            Column("name", "wb.col.name", lambda row: row.place.name, "link", COMPETITOR),
            Column("territory", "wb.col.territory", lambda row: row.territory or None,
                   quiet=lambda row: row.province or None),
            Column("country", "wb.col.country", lambda row: f"@country.{row.country}" if row.country else None, "term"),
            Column("minerals", "wb.col.minerals", _minerals),
            Column("visits", "wb.col.visits", lambda row: row.visits, "count"),
            Column("newest", "wb.col.newest-visit", _visit_day, "date", COMPETITOR),
            Column("workers", "wb.col.workers", lambda row: row.place.workers, "count", COMPETITOR),
            Column("chain", "wb.col.chain", lambda row: row.in_chain, "flag", COMPETITOR),
        ),
        orders=(
            Order("territory", "wb.col.territory", ("territory", "id")),
            Order("newest", "wb.col.newest-visit", ("newest_visit", "id"), COMPETITOR),
            Order("visits", "wb.col.visits", ("visits", "id")),
        ),
        filters=(
            Filter("territory", "wb.col.territory", holding("territory")),
            Filter("name", "wb.col.name", holding("place__name", "place__folded"), data_class=COMPETITOR),
            Filter("mineral", "wb.col.mineral", _mineral, listed("term.mineral", MINERALS)),
            Filter("chain", "wb.col.chain", _chain, listed("wb", ("yes", "no")), data_class=COMPETITOR),
            Filter("visited", "wb.filter.visited", _visited, listed("wb.visited", ("yes", "never"))),
            Filter("before", "wb.filter.visited-before", until("newest_visit"), kind="date", data_class=COMPETITOR),
            Filter("since", "wb.filter.visited-since", since("newest_visit"), kind="date", data_class=COMPETITOR),
        ),
        link=lambda row: reverse("site", args=[row.pk]),
        acts=(Act("assign", "wb.act.assign", "assign", "assign"),),
        id=lambda row: f"site:{row.code}",
    )
)  # fmt: skip

PARTIES = declare(
    Table(
        key="parties",
        title="wb.list.parties",
        question="wb.parties.question",
        empty="wb.parties.empty",
        rows=_parties,
        columns=(
            Column("name", "wb.col.name", lambda row: row.name, "link", COMPETITOR,
                   quiet=lambda row: "@wb.party.me" if row.is_me else None),
            Column("tier", "wb.col.tier", lambda row: row.tier, "count"),
            Column("links", "wb.col.links", lambda row: row.links, "count"),
            Column("also", "wb.col.also", lambda row: [one.removeprefix("party:") for one in row.also],
                   data_class=COMPETITOR),
        ),
        orders=(
            Order("name", "wb.col.name", ("folded", "id")),
            Order("tier", "wb.col.tier", ("tier", "folded", "id")),
            Order("links", "wb.col.links", ("links", "id")),
        ),
        filters=(
            Filter("name", "wb.col.name", holding("name", "folded"), data_class=COMPETITOR),
            Filter("tier", "wb.col.tier", _tier, _tiers),
        ),
        link=lambda row: reverse("party", args=[row.pk]),
        acts=(Act("assign", "wb.act.assign", "assign", "assign"),),
        act="see-chain",
        id=lambda row: row.subject,
    )
)  # fmt: skip


def minerals(language: str) -> list[tuple[str, str]]:
    """Every mineral of the templates with its word, for a form's list."""
    from winze.formats.reading import lookup

    return list(zip(lookup("templates")["minerals"], first_words("minerals", language), strict=True))
