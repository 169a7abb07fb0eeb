"""A list as a workbook or a text file. No cell can become a formula; the source stands in the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter

from winze.engine.texts import say
from winze.workbench import lists, presenters
from winze.workbench.lists import Choice
from winze.workbench.table import Column, Scope, Table

TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def _values(
    table: Table, scope: Scope, choice: Choice, columns: tuple[Column, ...], language: str
) -> Iterator[list[Any]]:
    for row in lists.everything(table, scope, choice):
        yield [presenters.plain(column.value(row), language) for column in columns]


def xlsx(table: Table, scope: Scope, choice: Choice, language: str, head: str) -> bytes:
    """A workbook: one sheet of rows, one that says what it is, as of when, in which filter, and the journal's head."""
    columns, buffer = table.seen(scope), io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                        "remove_timezone": True})  # fmt: skip
    strong, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet(say(table.title, language)[:31].replace("/", "-"))
    titles = [title for column in columns for title in _titles(column, language)]
    sheet.write_row(0, 0, titles, strong)
    sheet.freeze_panes(1, 0)
    for n, values in enumerate(_values(table, scope, choice, columns, language), start=1):
        for m, value in enumerate(_flat(columns, values)):
            if isinstance(value, datetime | date):
                sheet.write_datetime(n, m, value.replace(tzinfo=None) if isinstance(value, datetime) else value, day)
            elif isinstance(value, bool) or value is None or isinstance(value, int | float):
                sheet.write(n, m, value)
            else:
                sheet.write_string(n, m, str(value)[:32_000])
    if titles:
        sheet.autofilter(0, 0, 0, len(titles) - 1)
        sheet.set_column(0, len(titles) - 1, 18)
    about = book.add_worksheet(say("wb.export.about", language)[:31])
    for n, line in enumerate(_about(table, scope, choice, language, head)):
        about.write_string(n, 0, line[0])
        about.write_string(n, 1, line[1])
    about.set_column(0, 0, 28)
    about.set_column(1, 1, 80)
    book.close()
    return buffer.getvalue()


def csv_(table: Table, scope: Scope, choice: Choice, language: str, head: str) -> bytes:
    """A text file with a heading row, as spreadsheets read it; a cell that would be a formula gets an apostrophe. The
    journal's head stands in the file's name."""
    columns, buffer = table.seen(scope), io.StringIO()
    out = csv.writer(buffer, lineterminator="\r\n")
    out.writerow([title for column in columns for title in _titles(column, language)])
    for values in _values(table, scope, choice, columns, language):
        out.writerow(
            tame(part) for column, value in zip(columns, values, strict=True) for part in _parts(column, value)
        )
    return buffer.getvalue().encode("utf-8-sig")


def _flat(columns: tuple[Column, ...], values: list[Any]) -> Iterator[Any]:
    """The cells of a row: a likelihood is three."""
    for column, value in zip(columns, values, strict=True):
        yield from _parts(column, value)


def _titles(column: Column, language: str) -> list[str]:
    title = say(column.title, language)
    return [title, f"{title} (5%)", f"{title} (95%)"] if column.kind == "share" else [title]


def _parts(column: Column, value: Any) -> list[Any]:
    if column.kind == "share":
        return list(value)
    return [", ".join(str(item) for item in value) if isinstance(value, list | tuple) else value]


def tame(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _about(table: Table, scope: Scope, choice: Choice, language: str, head: str) -> list[tuple[str, str]]:
    filters = ", ".join(f"{say(one.title, language)}: {value}" for one, value in choice.filters) or "–"
    return [
        (say("wb.export.list", language), say(table.title, language)),
        (say("wb.export.made", language), f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
        (say("wb.export.audience", language), say(f"wb.audience.{scope.audience}", language)),
        (say("wb.export.filters", language), filters),
        (say("wb.export.head", language), head),
        (say("wb.export.note", language), say("wb.export.note-text", language)),
    ]


WRITERS: dict[str, Callable[[Table, Scope, Choice, str, str], bytes]] = {"xlsx": xlsx, "csv": csv_}
