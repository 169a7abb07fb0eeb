"""Every declared list as an operation: the same rows, columns, classes, filters and orders as its page, and the list as
a file."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any, Literal

from django.http import HttpResponse
from ninja import Query, Schema
from pydantic import Field, create_model

from winze.engine.disclosure import CHOOSES
from winze.engine.texts import say
from winze.workbench import lists, presenters
from winze.workbench.api.declared import operation
from winze.workbench.api.problems import Wrong
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request
from winze.workbench.store import Absent, cycles, journal
from winze.workbench.table import PAGE, Column, Filter, Scope, Table
from winze.workbench.tables import TABLES
from winze.workbench.views import shown

LONGEST = 500
"""Rows a page of the API holds at most."""

Share = tuple[float | None, float | None, float | None]
Figure = int | float | str
KINDS: dict[str, Any] = {"date": datetime | date | str, "number": Figure, "count": Figure, "share": Share, "flag": bool}
"""What a column of each kind holds, a word where a figure is withheld; any other holds words."""


class RunSaid(Schema):
    """Which run of the cycle a list is about."""

    number: int
    as_of: date
    known_by: date


def _snake(key: str) -> str:
    return key.replace("-", "_")


def _pascal(key: str) -> str:
    return "".join(part.title() for part in key.split("-"))


def _column(column: Column) -> tuple[Any, Any]:
    held = KINDS.get(column.kind, Any)
    told = f"{say(column.title, 'en')} ({column.data_class}). null: unknown; not there: not for your roles."
    return (held | None if held is not Any else Any, Field(None, description=told))


def _row(table: Table) -> type[Schema]:
    """The schema of a row: its columns in the reader's words, and the codes of those that are terms."""
    columns: dict[str, Any] = {_snake(column.key): _column(column) for column in table.columns}
    columns |= {
        "id": (str, Field(description="What acts call the row by.")),
        "link": (str | None, Field(None, description="Where the row leads, as a page.")),
        "codes": (dict[str, str], Field({}, description="Of each column that holds a term: its code.")),
    }
    return create_model(f"{_pascal(table.key)}Row", __base__=Schema, **columns)


@cache
def envelope(table: Table) -> type[Schema]:
    return create_model(
        f"{_pascal(table.key)}Page", __base__=Schema,
        rows=(list[_row(table)], ...),  # type: ignore[misc, arg-type]
        count=(int, Field(description="Rows that match, on all pages.")),
        next=(str | None, Field(description="What `after` is for the next page; null at the end.")),
        run=(RunSaid | None, Field(None, description="The run a list of the cycle is about.")),
        journal_head=(str, Field(description="The newest event of the journal when this was read.")),
    )  # fmt: skip


def _asked(table: Table) -> type[Schema]:
    """The schema of an address: the list's filters, order and place."""
    filters: dict[str, Any] = {one.key: (str | None, Field(None, description=_of(one))) for one in table.filters}
    orders = ", ".join(f"`{order.key}`" for order in table.orders)
    return create_model(
        f"{_pascal(table.key)}Asked", __base__=Schema, **filters,
        order=(str | None, Field(None, description=f"One of {orders}; with `-` before it backwards.")),
        after=(str | None, Field(None, description="`next` of the page before.")),
        page_size=(int, Field(PAGE, ge=1, le=LONGEST)),
        run=(str | None, Field(None, description="The number of a run; the newest where it is left out.")),
        about=(str | None, Field(None, description="What the list is about, where it is about something.")),
        against=(str | None, Field(None, description="The run it is compared with; the one before where left out.")),
    )  # fmt: skip


def _of(one: Filter) -> str:
    return f"{say(one.title, 'en')} ({one.data_class}){', a day' if one.kind == 'date' else ''}."


def _codes(row: Any, columns: tuple[Column, ...]) -> dict[str, str]:
    values = ((column.key, column.value(row)) for column in columns)
    return {
        _snake(key): value.rpartition(".")[2]
        for key, value in values
        if isinstance(value, str) and value.startswith("@") and "." in value
    }


def rows(found: lists.Page, table: Table, language: str) -> list[dict[str, Any]]:
    """A page's rows as values; a column that is not for the reader's roles is not there."""
    return [
        {_snake(column.key): presenters.plain(column.value(row), language) for column in found.columns}
        | {"id": table.id(row), "link": table.link(row), "codes": _codes(row, found.columns)}
        for row in found.rows
    ]


def _run(table: Table, scope: Scope) -> dict[str, Any] | None:
    """The run a list is about, where it is about one."""
    named = (table.immutable(scope) or "").split(":")
    if named[0] != "run":
        return None
    run = cycles.one(scope.actor.organisation, int(named[1]))
    return {"number": run.pk, "as_of": run.as_of, "known_by": run.known_by}


def paged(request: Request, table: Table, size: int, **more: str) -> dict[str, Any]:
    """One page of a list by its address; `more` says what the address need not."""
    given = {key: str(value) for key, value in request.GET.items()} | more
    scope = Scope(request.actor, given)
    found = lists.page(table, scope, lists.choose(table, scope, given), size)
    return {
        "rows": rows(found, table, request.LANGUAGE_CODE), "count": found.count, "next": found.next,
        "run": _run(table, scope), "journal_head": journal.head(),
    }  # fmt: skip


def _list(table: Table) -> None:
    asked_schema, answer = _asked(table), envelope(table)

    def view(request: Request, asked: Query[asked_schema]) -> Any:  # type: ignore[valid-type]
        return paged(request, table, asked.page_size)  # type: ignore[attr-defined]

    view.__annotations__ = {"request": Request, "asked": Query[asked_schema], "return": Any}  # type: ignore[misc, valid-type]
    view.__doc__ = f"{say(table.title, 'en')}."
    view.__name__ = f"list_{_snake(table.key)}"
    operation(
        "GET", table.key, act=table.act, answer=answer, shows=table.shows, problems=(400, 404), tag="lists",
        name=f"api-list-{table.key}",
    )(view)  # fmt: skip


for declared in TABLES.values():
    _list(declared)


class ExportAsked(Schema):
    """A list as a file, for an audience."""

    form: Literal["xlsx", "csv"]
    audience: Literal["partner", "internal", "public"] = Field(
        "partner", description="Who will read it. The file shows no more than they may see, nor than you may."
    )
    sure: Literal[True] = Field(description="That you asked yourself whom the file could harm in wrong hands.")
    filters: dict[str, str] = Field({}, description="As in the address of the list.")


@operation(
    "POST", "exports/{slug:key}", act="export", answer=None, shows=(PUBLIC, PARTNER, COMPETITOR), tag="lists",
    problems=(400, 409),
)  # fmt: skip
def export(request: Request, key: str, given: ExportAsked) -> HttpResponse:
    """A list as a file: what it shows for an audience, with its source and the journal's head.

    The journal keeps who exported what for whom."""
    table = TABLES.get(key)
    if table is None or not request.actor.may(table.act):
        raise Absent
    if given.audience not in CHOOSES[request.actor.eyes]:
        raise Wrong("forbidden", say("wb.api.detail.audience", request.LANGUAGE_CODE))
    asked = {name: value for name, value in given.filters.items() if name != "after"}
    lists.choose(table, Scope(request.actor, asked, given.audience), asked)
    return shown.export(request, table, given.form, given.audience, asked)
