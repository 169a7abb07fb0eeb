"""A declared list as values: one page of rows by key, the whole of it for an export, and how many there are.

Pages begin after a row (keyset), so that the thousandth costs what the first does; the address carries filter, order
and place, and nothing else. What is not a filter of the list is an error of the address, said so (400).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import batched
from typing import Any

from django.db.models import F, Q, QuerySet

from winze.workbench.models import KeptCount
from winze.workbench.table import MOST, PAGE, Column, Filter, Order, Scope, Table


class BadAddress(ValueError):
    """The address asks for something the list does not have; `name` is the parameter."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Choice:
    """What an address chose of a list."""

    filters: tuple[tuple[Filter, str], ...]
    order: Order
    backwards: bool
    after: tuple[Any, ...] | None

    @property
    def chosen(self) -> dict[str, str]:
        return {one.key: value for one, value in self.filters}


@dataclass(frozen=True)
class Page:
    """One page: its rows, the key of the next page (None at the end), how many rows match."""

    table: Table
    columns: tuple[Column, ...]
    choice: Choice
    rows: tuple[Any, ...]
    next: str | None
    count: int


RESERVED = frozenset({"after", "order", "run", "against", "view", "audience", "about", "page_size"})


def choose(table: Table, scope: Scope, asked: Mapping[str, str]) -> Choice:
    """Reads an address. Raises BadAddress for a filter, order or place that the list does not have."""
    offered = {one.key: one for one in table.offered(scope.actor)}
    filters = []
    for key, value in asked.items():
        if key in RESERVED or value == "":
            continue
        if key not in offered:
            raise BadAddress(key)
        filters.append((offered[key], value))
    said = {one.key for one, _ in filters}
    filters += [(one, one.default) for one in offered.values() if one.default and one.key not in said]
    wanted = asked.get("order") or table.order or table.orders[0].key
    backwards = wanted.startswith("-")
    order = next((one for one in table.ordered(scope.actor) if one.key == wanted.removeprefix("-")), None)
    if order is None:
        raise BadAddress("order")
    return Choice(tuple(filters), order, backwards, _place(asked.get("after"), order))


def page(table: Table, scope: Scope, choice: Choice, size: int = PAGE) -> Page:
    """One page of a list."""
    rows = _narrowed(table, scope, choice)
    found = list(_after(_ordered(rows, choice), choice)[: size + 1])
    more = len(found) > size
    shown = tuple(found[:size])
    table.fill(scope, shown)
    following = _key(shown[-1], choice.order) if more else None
    return Page(table, table.seen(scope), choice, shown, following, count(table, scope, choice, rows))


def everything(table: Table, scope: Scope, choice: Choice) -> Iterator[Any]:
    """All rows that match, in order, for an export; never more than MOST."""
    rows = _ordered(_narrowed(table, scope, choice), choice)[:MOST].iterator(chunk_size=2000)
    for some in batched(rows, 2000, strict=False):
        table.fill(scope, some)
        yield from some


def count(table: Table, scope: Scope, choice: Choice, rows: QuerySet[Any] | None = None) -> int:
    """How many rows match: kept for a list that no longer changes, counted for any other."""
    rows = _narrowed(table, scope, choice) if rows is None else rows
    fixed = table.immutable(scope)
    if fixed is None:
        return rows.count()
    asked = json.dumps([table.key, sorted(choice.chosen.items())])
    name = hashlib.sha256(asked.encode()).hexdigest()
    kept = KeptCount.objects.filter(scope=fixed, filter=name).first()
    if kept is None:
        kept, _ = KeptCount.objects.get_or_create(scope=fixed, filter=name, defaults={"count": rows.count()})
    return kept.count


def _narrowed(table: Table, scope: Scope, choice: Choice) -> QuerySet[Any]:
    rows = table.rows(scope)
    for one, value in choice.filters:
        try:
            rows = one.apply(rows, value)
        except ValueError as wrong:
            raise BadAddress(one.key) from wrong
    return rows


def _ordered(rows: QuerySet[Any], choice: Choice) -> QuerySet[Any]:
    if choice.backwards:
        return rows.order_by(*(F(name).desc(nulls_last=True) for name in choice.order.fields))
    return rows.order_by(*(F(name).asc(nulls_last=True) for name in choice.order.fields))


def _after(rows: QuerySet[Any], choice: Choice) -> QuerySet[Any]:
    """The rows that come after the one the address names, unknown values last."""
    if choice.after is None:
        return rows
    beyond = "lt" if choice.backwards else "gt"
    fields = choice.order.fields
    steps = []
    for n, (name, value) in enumerate(zip(fields, choice.after, strict=True)):
        equal = reduce(
            lambda sofar, pair: (
                sofar & (Q(**{f"{pair[0]}__isnull": True}) if pair[1] is None else Q(**{pair[0]: pair[1]}))
            ),
            zip(fields[:n], choice.after[:n], strict=True),
            Q(),
        )
        if value is not None:
            steps.append(equal & (Q(**{f"{name}__{beyond}": value}) | Q(**{f"{name}__isnull": True})))
    return rows.filter(reduce(lambda a, b: a | b, steps, Q(pk__in=[]))) if steps else rows.none()


def _key(row: Any, order: Order) -> str:
    values = []
    for name in order.fields:
        value = reduce(getattr, name.split("__"), row)
        values.append({"d": value.isoformat()} if isinstance(value, date) else value)
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _place(text: str | None, order: Order) -> tuple[Any, ...] | None:
    if not text:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        assert isinstance(values, list)
        assert len(values) == len(order.fields)
        assert all(value is None or isinstance(value, str | int | float | dict) for value in values)
        return tuple(date.fromisoformat(value["d"]) if isinstance(value, dict) else value for value in values)
    except (ValueError, AssertionError, KeyError, TypeError) as wrong:
        raise BadAddress("after") from wrong
