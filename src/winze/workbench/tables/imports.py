"""What came in: the imports of an organisation, and what is wrong with one of them."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from winze.engine.texts import hint, sentence
from winze.workbench.models import Import, ImportProblem
from winze.workbench.store import Absent, imports
from winze.workbench.table import (
    COMPETITOR,
    PERSONAL,
    Column,
    Filter,
    Order,
    Scope,
    Table,
    declare,
    exactly,
    holding,
    listed,
    since,
)

STATES = ("proposed", "loaded", "refused", "undone")
SEVERITIES = ("error", "warning", "note")


def _imports(scope: Scope) -> QuerySet[Import]:
    return imports.of(scope.actor).select_related("by").annotate(newest_first=-F("id"))


def _format(row: Import) -> Any:
    if not row.format:
        return None
    return f"{row.format} {row.version}".strip()


def _statements(row: Import) -> int:
    return sum(row.kinds.values())


def _wrong(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    if value not in ("errors", "warnings", "none"):
        raise ValueError(value)
    if value == "none":
        return rows.filter(errors=0, warnings=0)
    return rows.filter(errors__gt=0) if value == "errors" else rows.filter(Q(errors__gt=0) | Q(warnings__gt=0))


IMPORTS = declare(
    Table(
        key="imports",
        title="wb.list.imports",
        question="wb.data.question",
        empty="wb.data.empty",
        rows=_imports,
        columns=(
            Column("name", "wb.data.col.file", lambda row: row.name, "link", COMPETITOR,
                   quiet=lambda row: row.sender or None),
            Column("format", "wb.data.col.format", _format),
            Column("state", "wb.data.col.state", lambda row: f"@wb.data.state.{row.state}", "chip",
                   quiet=lambda row: f"@wb.data.mode.{row.mode}" if row.mode else None),
            Column("statements", "wb.data.col.statements", _statements, "count"),
            Column("errors", "wb.data.col.errors", lambda row: row.errors, "count"),
            Column("warnings", "wb.data.col.warnings", lambda row: row.warnings, "count"),
            Column("by", "wb.data.col.by", lambda row: row.by and row.by.name, data_class=PERSONAL),
            Column("at", "wb.data.col.at", lambda row: row.at, "date"),
        ),
        orders=(
            Order("newest", "wb.data.order.newest", ("newest_first",)),
            Order("name", "wb.data.col.file", ("name", "id")),
            Order("errors", "wb.data.col.errors", ("errors", "id")),
        ),
        filters=(
            Filter("state", "wb.data.col.state", exactly("state"), listed("wb.data.state", STATES)),
            Filter("sender", "wb.data.col.sender", holding("sender"), data_class=COMPETITOR),
            Filter("name", "wb.data.col.file", holding("name"), data_class=COMPETITOR),
            Filter("format", "wb.data.col.format", holding("format")),
            Filter("wrong", "wb.data.filter.wrong", _wrong, listed("wb.data.wrong", ("errors", "warnings", "none"))),
            Filter("since", "wb.data.filter.since", since("at__date"), kind="date"),
        ),
        link=lambda row: reverse("import", args=[row.pk]),
        act="see-chain",
        id=lambda row: f"import:{row.pk}",
    )
)  # fmt: skip


def import_of(scope: Scope) -> Import:
    """The import a list of problems is about: `about=import:12` in the address. Raises Absent."""
    kind, _, number = str(scope.given.get("about") or "").partition(":")
    if kind != "import" or not number.isdigit():
        raise Absent
    return imports.one(scope.actor, int(number))


def _problems(scope: Scope) -> QuerySet[ImportProblem]:
    return ImportProblem.objects.filter(of=import_of(scope)).select_related("of")


def row_address(number: int, sheet: str | None, row: int) -> str:
    """Where one row of an import's file is shown and mended."""
    asked = {"row": str(row)} | ({"sheet": sheet} if sheet else {})
    return f"{reverse('import-row', args=[number])}?{urlencode(asked)}"


def _link(row: ImportProblem) -> str | None:
    return row_address(row.of_id, row.sheet, row.row) if row.row else None


PROBLEMS = declare(
    Table(
        key="import-problems",
        title="wb.list.import-problems",
        question="wb.data.problems.question",
        empty="wb.data.problems.empty",
        rows=_problems,
        columns=(
            Column("severity", "wb.data.col.severity", lambda row: f"@wb.data.severity.{row.severity}", "chip"),
            Column("sheet", "wb.data.col.sheet", lambda row: row.sheet or "–"),
            Column("row", "wb.data.col.row", lambda row: str(row.row or "–"), "link"),
            Column("cell", "wb.data.col.cell", lambda row: row.cell or "–", data_class=COMPETITOR),
            Column("wrong", "wb.data.col.wrong",
                   lambda row: lambda language: sentence(imports.problem_of(row), language), data_class=COMPETITOR),
            Column("hint", "wb.data.col.hint", lambda row: lambda language: hint(imports.problem_of(row), language),
                   data_class=COMPETITOR),
        ),
        orders=(
            Order("place", "wb.data.order.place", ("id",)),
            Order("severity", "wb.data.col.severity", ("severity", "id")),
            Order("row", "wb.data.col.row", ("row", "id")),
        ),
        filters=(
            Filter("severity", "wb.data.col.severity", exactly("severity"), listed("wb.data.severity", SEVERITIES)),
            Filter("sheet", "wb.data.col.sheet", exactly("sheet")),
            Filter("code", "wb.data.col.code", holding("code")),
        ),
        link=_link,
        act="see-chain",
    )
)  # fmt: skip
