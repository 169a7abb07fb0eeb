"""A sheet read row by row: every column is used, ignored by name, or reported; every bad value says where it stands."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, overload

from winze.engine.records import Origin, Point
from winze.formats.files import Cell, Source, as_text
from winze.formats.mends import Head

TRUE = frozenset({"1", "true", "yes", "y", "oui", "si", "sí", "是", "vrai", "verdadero"})
FALSE = frozenset({"0", "false", "no", "n", "non", "否", "faux", "falso"})
UNKNOWN = frozenset({
    "", "-", "--", "n/a", "na", "nan", "null", "none", "unknown", "inconnu", "desconocido", "未知", "..", "…", "-0-",
})  # fmt: skip
MOST_DIGITS = 30  # of an amount; beyond, exact arithmetic with it would overflow


class Skip(Exception):
    """This row cannot become a statement; the problem that says so is already in the log."""


class Table:
    """One sheet with a header row.

    `used` and `ignored` name the columns the reader knows; others are reported (`column_unknown`). `required` ones
    that are missing are an error and the table yields nothing. A row that repeats an earlier one to the letter is
    reported and passed over. A row with cells beyond the header is reported and not loaded: its values may stand in
    the wrong columns. `has_tags` is set when an HXL tag row followed the header. `header` names the columns of a file
    that has no header row.
    """

    def __init__(
        self,
        source: Source,
        *,
        sheet: str | None = None,
        header_row: int = 1,
        header: Iterable[str] = (),
        used: Iterable[str],
        ignored: Iterable[str] = (),
        required: Iterable[str] = (),
        rename: Callable[[str], str] | None = None,
        audit: bool = True,
    ) -> None:
        self.source = source
        self.sheet = sheet
        self.log = source.log
        self._rows = source.rows(sheet)
        self.header: list[str] = list(header)
        self.header_row = header_row
        heading_at = 0
        for number, values in () if self.header else self._rows:
            if number >= header_row:
                self.header = [(as_text(value) or "").lstrip("\ufeff").strip() for value in values]
                heading_at = number
                break
        if rename:
            self.header = [rename(name) for name in self.header]
        self._head = Head(heading_at, tuple(self.header), heading_at)
        source.name_columns(sheet, self._head)
        self.index = {name: i for i, name in reversed(list(enumerate(self.header))) if name}
        self.decimal_comma = source.container == "csv" and source.delimiter == ";"
        self.has_tags = False
        self.missing = [name for name in required if name not in self.index]
        for name in self.missing:
            self.log.add("column_missing", sheet=sheet, row=header_row, column=name)
        if audit:
            known = {*used, *ignored}
            for name in dict.fromkeys(self.header):
                if name and name not in known:
                    self.log.add("column_unknown", sheet=sheet, row=header_row, cell=name, column=name)

    def __iter__(self) -> Iterator[Row]:
        if self.missing:
            return
        width = len(self.header)
        seen: set[int] = set()
        numberless = self.source.container == "csv"  # -1 and -2 have one hash, so numbers are told apart as text
        first = True
        for number, values in self._rows:
            if first:
                first = False
                if _is_tag_row(values):
                    self.has_tags = True
                    self.source.name_columns(self.sheet, replace(self._head, last=number))
                    continue
            if len(values) > width and any(as_text(value) for value in values[width:]):
                self.log.add("row_shifted", sheet=self.sheet, row=number, cells=len(values), columns=width)
                continue
            mark = hash(tuple(values if numberless else map(repr, values)))
            if mark in seen:
                self.log.add("row_repeated", sheet=self.sheet, row=number)
                continue
            seen.add(mark)
            yield Row(self, number, values)


class Row:
    """One row. Each method returns None for a blank or unknown cell, and None with a problem for an impossible one."""

    __slots__ = ("_values", "number", "table")

    def __init__(self, table: Table, number: int, values: list[Cell]) -> None:
        self.table = table
        self.number = number
        self._values = values

    def raw(self, column: str) -> Cell:
        at = self.table.index.get(column)
        return None if at is None or at >= len(self._values) else self._values[at]

    def text(self, column: str) -> str | None:
        """The cell's text. Words for unknown ("n/a", "-", "inconnu" …) and blank give None."""
        value = self.raw(column)
        if isinstance(value, str):
            value = value.strip()
            return None if value.casefold() in UNKNOWN else value
        return as_text(value)

    def need(self, column: str) -> str:
        """The cell's text, without which the row is nothing: raises Skip where it is blank."""
        value = self.text(column)
        if value is None:
            self.drop(column)
        assert value is not None
        return value

    def drop(self, column: str) -> None:
        """Says that the row was not loaded for want of this column, and raises Skip."""
        self.problem("row_without", column, column=column)
        raise Skip

    def number_in(self, column: str, low: float | None = None, high: float | None = None) -> float | None:
        value = self.raw(column)
        if isinstance(value, bool) or value is None:
            return None
        if isinstance(value, int | float):
            number = float(value)
        else:
            text = self.text(column)
            if text is None:
                return None
            try:
                number = float(plain_number(text, self.table.decimal_comma))
            except ValueError:
                self.problem("value_not_number", column, value=text)
                return None
        if not math.isfinite(number):
            self.problem("value_not_number", column, value=as_text(value))
            return None
        if (low is not None and number < low) or (high is not None and number > high):
            self.problem("value_out_of_range", column, value=as_text(value), low=low, high=high)
            return None
        return number

    def integer(self, column: str, low: int | None = 0, high: int | None = None) -> int | None:
        """A whole number; a fraction is a problem, since people and events are counted."""
        number = self.number_in(column, low, high)
        if number is None:
            return None
        if number != int(number):
            self.problem("value_not_whole", column, value=as_text(self.raw(column)))
            return None
        return int(number)

    def decimal(self, column: str, low: Decimal | None = None) -> Decimal | None:
        """An exact amount, for money, mass and prices."""
        text = as_text(self.raw(column))
        if text is None or text.casefold() in UNKNOWN:
            return None
        try:
            number = Decimal(plain_number(text, self.table.decimal_comma))
        except (InvalidOperation, ValueError):
            self.problem("value_not_number", column, value=text)
            return None
        if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
            self.problem("value_not_number", column, value=text)
            return None
        if low is not None and number < low:
            self.problem("value_out_of_range", column, value=text, low=low, high=None)
            return None
        return number

    def flag(self, column: str) -> bool | None:
        """Yes or no in any of the four languages, 1 or 0."""
        text = self.text(column)
        if text is None:
            return None
        if text.casefold() in TRUE:
            return True
        if text.casefold() in FALSE:
            return False
        self.problem("value_not_yes_no", column, value=text)
        return None

    def day(self, column: str) -> date | None:
        """A date: a date cell, ISO (with or without a time), YYYYMMDD, DD/MM/YYYY, "17 May 2020", "17-May-2020"."""
        value = self.raw(column)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        text = self.text(column)
        if text is None:
            return None
        found = parse_day(text)
        if found is None:
            self.problem("value_not_date", column, value=text)
        return found

    def point(self, lat: str, lon: str, within_km: float | None = None) -> Point | None:
        """A place in degrees. One coordinate without the other, 0/0 and impossible degrees are problems, not places."""
        y, x = self.number_in(lat, -90, 90), self.number_in(lon, -180, 180)
        if y is None and x is None:
            return None
        if y is None or x is None:
            self.problem("place_half", lat if y is None else lon, column=lat if y is None else lon)
            return None
        if y == 0 and x == 0:
            self.problem("place_zero", lat)
            return None
        return Point(y, x, within_km)

    def choice(self, column: str, names: Mapping[str, str | None]) -> str | None:
        """The value a lookup gives for the cell, by case-folded text. A value the lookup does not know is a problem;
        one it maps to None is known and says nothing."""
        text = self.text(column)
        if text is None:
            return None
        key = text.casefold()
        if key not in names:
            self.problem("value_unknown", column, value=text)
            return None
        return names[key]

    def parts(self, column: str, separators: str = r"[;,]") -> tuple[str, ...]:
        """The items of a cell that lists several."""
        text = self.text(column)
        return tuple(part.strip() for part in re.split(separators, text) if part.strip()) if text else ()

    def origin(self, cell: str | None = None) -> Origin:
        return Origin(self.table.source.id, self.table.sheet, self.number, cell)

    def problem(self, code: str, cell: str | None = None, **values: object) -> None:
        self.table.log.add(code, sheet=self.table.sheet, row=self.number, cell=cell, **values)


@overload
def each[T](table: Table, build: Callable[[Row], Iterable[T]]) -> Iterator[T]: ...
@overload
def each[T](table: Table, build: Callable[[Row], T | None]) -> Iterator[T]: ...
def each(table: Table, build: Callable[[Row], Any]) -> Iterator[Any]:
    """Builds a statement, several or none from each row, passing over the rows it had to skip."""
    for row in table:
        try:
            built = build(row)
        except Skip:
            continue
        if built is None:
            continue
        if isinstance(built, Iterable):
            yield from built
        else:
            yield built


def parse_day(text: str) -> date | None:
    """A day written in one of the ways the field writes it, or None. Day before month; two-digit years are refused."""
    text = text.strip()
    if match := re.match(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$", text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := re.match(r"^(\d{4})(\d{2})(\d{2})$", text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := re.match(r"^(\d{4})/(\d{1,2})/(\d{1,2})$", text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := re.match(r"^(\d{1,2})[/.](\d{1,2})[/.](\d{4})$", text):
        return _date(int(match[3]), int(match[2]), int(match[1]))
    if match := re.match(r"^(\d{1,2})[ -]?([^\W\d_]+)\.?[ ,-]*(\d{4})$", text):
        month = MONTHS.get(match[2].casefold())
        return _date(int(match[3]), month, int(match[1])) if month else None
    if match := re.match(r"^([^\W\d_]+)\.? (\d{1,2}),? (\d{4})$", text):
        month = MONTHS.get(match[1].casefold())
        return _date(int(match[3]), month, int(match[2])) if month else None
    if match := re.match(r"^(\d{4})年(\d{1,2})月(\d{1,2})日$", text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


_MONTH_NAMES = (
    ("january", "jan", "janvier", "janv", "enero", "ene"),
    ("february", "feb", "février", "fevrier", "févr", "febrero"),
    ("march", "mar", "mars", "marzo"),
    ("april", "apr", "avril", "avr", "abril", "abr"),
    ("may", "mai", "mayo"),
    ("june", "jun", "juin", "junio"),
    ("july", "jul", "juillet", "juil", "julio"),
    ("august", "aug", "août", "aout", "agosto", "ago"),
    ("september", "sep", "sept", "septembre", "septiembre", "setiembre"),
    ("october", "oct", "octobre", "octubre"),
    ("november", "nov", "novembre", "noviembre"),
    ("december", "dec", "décembre", "decembre", "déc", "diciembre", "dic"),
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names}


def plain_number(text: str, decimal_comma: bool = False) -> str:
    """`1 234,5` and `1,234.5` as `1234.5`. A lone comma with three digits after it is taken as thousands, except in a
    file whose cells are set apart by semicolons, which is how a program writes that uses the decimal comma."""
    text = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace("'", "").replace("−", "-")
    if "," in text and "." in text:
        return text.replace(",", "") if text.rindex(".") > text.rindex(",") else text.replace(".", "").replace(",", ".")
    if not decimal_comma and re.fullmatch(r"-?[1-9]\d{0,2}(,\d{3})+", text):
        return text.replace(",", "")
    return text.replace(",", ".")


def _is_tag_row(values: list[Cell]) -> bool:
    """Whether this is an HXL tag row: every cell blank or `#word`, and at least two tags."""
    texts = [text for text in map(as_text, values) if text]
    return len(texts) >= 2 and all(re.match(r"^#[A-Za-z]", text) for text in texts)
