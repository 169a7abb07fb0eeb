"""Every list of the workbench, declared once: its rows, columns, classes, filters, orders and acts.

From one declaration come the page and its cards on a phone, the xlsx and csv of what is shown, the API's list, and the
list's row in the access matrix. A column whose class the reader's roles do not see is not there, in any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet

from winze.engine.disclosure import SEES
from winze.engine.records import DataClass
from winze.workbench.access import Actor

PAGE = 50
"""Rows a page."""
MOST = 100_000
"""Rows an export holds at most; where there are more it says so in a last line."""

PUBLIC, PARTNER, COMPETITOR, PERSONAL = (
    DataClass.PUBLIC,
    DataClass.PARTNER,
    DataClass.COMPETITOR,
    DataClass.PERSONAL,
)


@dataclass(frozen=True)
class Column:
    """One column. `value` gives plain data (text, number, date, None for unknown), a message id behind `@`, a
    `reporting.Sentence` (a message id and what fills it), worded in the reader's language, or a function that gives the
    words in a language; `kind` says how a page shows it: text, number, date, month, share (0 to 1 with an interval),
    letter, chip, term, count, link. `title` is a message id."""

    key: str
    title: str
    value: Callable[[Any], Any]
    kind: str = "text"
    data_class: DataClass = PARTNER
    quiet: Callable[[Any], Any] | None = None  # a second, smaller line


@dataclass(frozen=True)
class Filter:
    """One filter in the address: `?key=value`. `choices` gives the values a select offers, each with its message id or
    text; without them it is a free text or, with kind "date", a day. `apply` narrows the rows."""

    key: str
    title: str
    apply: Callable[[QuerySet[Any], str], QuerySet[Any]]
    choices: Callable[[Scope], list[tuple[str, str]]] | None = None
    kind: str = "text"
    data_class: DataClass = PARTNER
    default: str = ""  # the choice that stands where the address says nothing


@dataclass(frozen=True)
class Order:
    """One order of the rows: fields that together are unique, so that a page begins after a row and not at a number.
    Fields may be null; unknown comes last."""

    key: str
    title: str
    fields: tuple[str, ...]
    data_class: DataClass = PARTNER


@dataclass(frozen=True)
class Scope:
    """In whose eyes and about what a list is made: the actor, what the address chose besides (a run, a subject), and
    for an export the audience, which never sees more than the actor."""

    actor: Actor
    given: Mapping[str, Any] = field(default_factory=dict)
    towards: str | None = None

    @property
    def audience(self) -> str:
        return self.towards or self.actor.eyes


@dataclass(frozen=True)
class Act:
    """Something to do with the rows that are ticked: an act of `access.ACTS` and the name of the route that does it."""

    key: str
    title: str
    act: str
    route: str


@dataclass(frozen=True)
class Table:
    """One list. `rows` is scoped to the organisation and to the eyes of the actor; `link` is where a row leads."""

    key: str
    title: str  # message id of the list's name
    question: str  # message id of the question the page answers, with {count}
    empty: str  # message id: what will stand here, and which file brings it
    rows: Callable[[Scope], QuerySet[Any]]
    columns: tuple[Column, ...]
    orders: tuple[Order, ...]
    filters: tuple[Filter, ...] = ()
    link: Callable[[Any], str | None] = lambda row: None
    acts: tuple[Act, ...] = ()
    act: str = "see"
    immutable: Callable[[Scope], str | None] = lambda scope: (
        None
    )  # names a list that no longer changes: counts are kept
    id: Callable[[Any], str] = lambda row: str(row.pk)
    order: str = ""  # the order an address without one has, `-key` for backwards; the first where it is empty
    fill: Callable[[Scope, Sequence[Any]], None] = lambda scope, rows: (
        None
    )  # brings what columns need besides, for all rows of a page at once

    def seen(self, scope: Scope) -> tuple[Column, ...]:
        """The columns somebody may see; of a list that is passed on, those which that audience sees too."""
        passed = frozenset(DataClass) if scope.towards is None else SEES[scope.towards]
        return tuple(c for c in self.columns if scope.actor.sees(c.data_class) and c.data_class in passed)

    def ordered(self, actor: Actor) -> tuple[Order, ...]:
        """The orders somebody may choose: the place of a page tells the values it is ordered by."""
        return tuple(one for one in self.orders if actor.sees(one.data_class))

    def offered(self, actor: Actor) -> tuple[Filter, ...]:
        return tuple(one for one in self.filters if actor.sees(one.data_class))

    @property
    def shows(self) -> frozenset[DataClass]:
        return frozenset(column.data_class for column in self.columns)


TABLES: dict[str, Table] = {}


def declare(table: Table) -> Table:
    assert table.key not in TABLES, table.key
    TABLES[table.key] = table
    return table


def exactly(name: str) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    """A filter by the whole value of a field."""
    return lambda rows, value: rows.filter(**{name: value})


def holding(*names: str) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    """A filter by a part of one of several fields, whatever the case."""
    from django.db.models import Q

    def narrow(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        wanted = Q()
        for name in names:
            wanted |= Q(**{f"{name}__icontains": value})
        return rows.filter(wanted)

    return narrow


def until(name: str) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    """A filter by a last day."""
    return lambda rows, value: rows.filter(**{f"{name}__lte": date.fromisoformat(value)})


def since(name: str) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    """A filter by a first day."""
    return lambda rows, value: rows.filter(**{f"{name}__gte": date.fromisoformat(value)})


def listed(prefix: str, values: tuple[str, ...]) -> Callable[[Scope], list[tuple[str, str]]]:
    """The choices of a closed list, worded by `prefix.value`."""
    return lambda scope: [(value, f"@{prefix}.{value}") for value in values]
