"""Restrictions and infections by country and day: OxCGRT's policy levels and index, case counts of OWID and WHO.

A policy level is a hint that asks for the legal act, never a ban. What a file leaves blank is unknown and left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from winze.engine.records import Infections, PolicyDay, Statement, on
from winze.formats.countries import country
from winze.formats.files import Cell, Peek, Source, as_text
from winze.formats.reading import Reader, lookup
from winze.formats.tables import Row, Skip, Table, each, parse_day


class _Unsaid:
    """Counts the rows that give no statement by the nature of the file, and says so in one note of each kind."""

    def __init__(self) -> None:
        self.blank = 0
        self.passed_over: Counter[str] = Counter()

    def log(self, source: Source) -> None:
        if self.blank:
            source.log.add("rows_say_nothing", count=self.blank)
        if self.passed_over:
            names = ", ".join(sorted(self.passed_over))
            source.log.add("rows_passed_over", count=self.passed_over.total(), names=names)


# -- OxCGRT, one row a country and day -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Code:
    """One policy code of a file: its name, its highest level, and the columns of its level and its flag."""

    name: str
    top: int
    level: str
    flag: str | None


def read_oxcgrt(source: Source) -> Iterator[Statement]:
    """The policy levels of each country, region or city and day, all levels of government together.

    Levels are ordinal; a flag is True where the policy holds for the whole country and False where for a part of it,
    None where the file gives none. The index is the one calculated for the day, never the one carried forward for
    display. Rows without any level give no statement (`rows_say_nothing`), nor do rows about one level of government
    alone (`rows_passed_over`).
    """
    known = lookup("restrictions")["oxcgrt"]
    table = Table(source, used=_known_oxcgrt(source.peek().header), required=("CountryCode", "Date"))
    codes = tuple(_codes_in(table))
    index = _first_in(table, known["index"])
    unsaid = _Unsaid()
    yield from each(table, lambda row: _policy_day(row, codes, index, unsaid))
    unsaid.log(source)


def _policy_day(row: Row, codes: tuple[_Code, ...], index: str | None, unsaid: _Unsaid) -> Statement | None:
    place = _place(row, unsaid)
    if place is None:
        return None
    day = _day(row, "Date")
    levels = tuple(_levels(row, codes))
    if not levels:
        unsaid.blank += 1
        return None
    subject, iso, region = place
    said = PolicyDay(iso, region, levels, row.number_in(index, 0, 100) if index else None)
    return Statement(subject, said, on(day), row.origin(), "oxcgrt")


def _levels(row: Row, codes: tuple[_Code, ...]) -> Iterator[tuple[str, float, bool | None]]:
    for code in codes:
        level = row.integer(code.level, 0, code.top)
        if level is not None:
            flag = row.integer(code.flag, 0, 1) if code.flag else None
            yield code.name, float(level), None if flag is None else bool(flag)


def _place(row: Row, unsaid: _Unsaid) -> tuple[str, str, str | None] | None:
    """The subject, country and region of a row; None, and counted, where it is about one level of government alone."""
    jurisdiction = row.text("Jurisdiction")
    if jurisdiction and jurisdiction not in lookup("restrictions")["oxcgrt"]["total"]:
        unsaid.passed_over[jurisdiction] += 1
        return None
    iso = country(as_text(row.raw("CountryCode")))
    if iso is None:
        row.drop("CountryCode")
    assert iso is not None
    key = row.text("CityCode") or row.text("RegionCode")
    if key is None:
        return f"country:{iso}", iso, None
    return f"region:{key}", iso, row.text("CityName") or row.text("RegionName")


def _codes_in(table: Table) -> Iterator[_Code]:
    for name, entry in lookup("restrictions")["oxcgrt"]["codes"].items():
        level = _first_in(table, entry["level"])
        if level:
            yield _Code(name, entry["top"], level, _first_in(table, entry["flag"]))


def _first_in(table: Table, headings: Iterable[str]) -> str | None:
    return next((heading for heading in headings if heading in table.index), None)


def _known_oxcgrt(header: Iterable[str]) -> Iterator[str]:
    """Every heading of any vintage that is used or left alone by name."""
    known = lookup("restrictions")["oxcgrt"]
    yield from ("Date", *known["place"], *known["index"], *known["ignored"])
    for entry in known["codes"].values():
        yield from (*entry["level"], *entry["flag"])
    beginnings, endings = tuple(known["ignored_beginnings"]), tuple(known["ignored_endings"])
    yield from (name for name in header if name.startswith(beginnings) or name.endswith(endings))


def _is_oxcgrt(peek: Peek) -> str | None:
    if not peek.has("CountryName", "CountryCode", "Date"):
        return None
    versions: dict[str, str] = lookup("restrictions")["oxcgrt"]["versions"]
    return next((version for heading, version in versions.items() if peek.has(heading)), None)


# -- OxCGRT, one column a day ----------------------------------------------------------------------------------------


def read_oxcgrt_wide(source: Source) -> Iterator[Statement]:
    """The stringency index of each country, region or city, 0 to 100, from the file with one column a day.

    A statement is made on the first day, on each day whose value differs from the day before, and on the first of each
    month: a value holds until the next statement, and where none follows in the next month, nobody knows any more.
    Each statement depends on its own day and the days before, never on later columns.

    The files of all OxCGRT indices look alike; one whose values are not those of the stringency index is refused
    (`index_unproven`). Blank cells are counted in one note (`days_without_value`).
    """
    known = lookup("restrictions")["oxcgrt-wide"]
    days = _days_in(source.peek().header)
    if not _shows_stringency(source, days):
        source.log.add("index_unproven")
        return
    table = Table(source, used=(*known["place"], *days), required=("CountryCode",))
    unsaid, blank = _Unsaid(), Counter[str]()
    yield from each(table, lambda row: _index_changes(row, days, unsaid, blank))
    unsaid.log(source)
    if blank:
        source.log.add("days_without_value", count=blank.total())


def _index_changes(row: Row, days: dict[str, date], unsaid: _Unsaid, blank: Counter[str]) -> list[Statement]:
    place = _place(row, unsaid)
    if place is None:
        return []
    subject, iso, region = place
    found: list[Statement] = []
    cell_before: Cell = None
    before: float | None = None
    for column, day in days.items():
        cell = row.raw(column)
        if cell is None or cell == "":
            blank[column] += 1
        if cell == cell_before and day.day != 1:
            continue
        value = row.number_in(column, 0, 100)
        if value is not None and (value != before or day.day == 1):
            found.append(Statement(subject, PolicyDay(iso, region, (), value), on(day), row.origin(column), "oxcgrt"))
        cell_before, before = cell, value
    return found


def _shows_stringency(source: Source, days: dict[str, date]) -> bool:
    """Whether most of the national values we know for one day stand in the file."""
    known = lookup("restrictions")["oxcgrt-wide"]
    header = source.peek().header
    column = next((header.index(name) for name, day in days.items() if day == known["day"]), None)
    if column is None or "CountryCode" not in header:
        return False
    at, region = header.index("CountryCode"), header.index("RegionCode") if "RegionCode" in header else None
    near = far = 0
    for _, cells in source.rows(None):
        texts = [as_text(cell) or "" for cell in (cells[at : at + 1] + cells[column : column + 1])]
        expected = known["stringency"].get(texts[0]) if len(texts) == 2 else None
        if expected is None or (region is not None and region < len(cells) and as_text(cells[region])):
            continue
        if _near(texts[1], expected, known["margin"]):
            near += 1
        else:
            far += 1
    return near > far


def _near(text: str, expected: float, margin: float) -> bool:
    try:
        return abs(float(text.replace(",", ".")) - expected) <= margin
    except ValueError:
        return False


def _days_in(header: Iterable[str]) -> dict[str, date]:
    """The headings that are days, in order of time."""
    days = ((name, parse_day(name)) for name in header)
    return dict(sorted(((name, day) for name, day in days if day), key=lambda pair: pair[1]))


def _is_oxcgrt_wide(peek: Peek) -> str | None:
    if not peek.has("CountryCode", "CountryName") or peek.has("Date"):
        return None
    if len(_days_in(peek.header)) < 2:
        return None
    return "regions" if peek.has("RegionCode") else "countries"


# -- Infections ------------------------------------------------------------------------------------------------------


def read_infections(source: Source, format: str) -> Iterator[Statement]:
    """Reported infections and deaths of each country and day, as OWID or WHO publish them.

    Counts of people. A negative number of new cases or deaths corrects earlier days: it is noted (`count_corrected`)
    and taken as unknown, while the total stands. The world, continents, income groups and ships are no countries
    (`rows_passed_over`); a row without any figure gives no statement (`rows_say_nothing`).
    """
    known = lookup("restrictions")[format]
    columns: dict[str, str] = known["columns"]
    required = (columns["country"], columns["day"])
    table = Table(source, used=columns.values(), ignored=known["ignored"], required=required)
    unsaid = _Unsaid()
    yield from each(table, lambda row: _infections(row, known, format, unsaid))
    unsaid.log(source)


def _infections(row: Row, known: dict[str, Any], format: str, unsaid: _Unsaid) -> Statement | None:
    columns: dict[str, str] = known["columns"]
    iso = _country_counted(row, known, unsaid)
    if iso is None:
        return None
    day = _day(row, columns["day"])
    counts = {
        "new_cases": _new(row, columns["new_cases"]),
        "total_cases": row.integer(columns["total_cases"]),
        "new_deaths": _new(row, columns["new_deaths"]),
        "total_deaths": row.integer(columns["total_deaths"]),
    }
    if all(count is None for count in counts.values()):
        unsaid.blank += 1
        return None
    population = row.integer(columns["population"]) if "population" in columns else None
    return Statement(f"country:{iso}", Infections(iso, **counts, population=population), on(day), row.origin(), format)


def _country_counted(row: Row, known: dict[str, Any], unsaid: _Unsaid) -> str | None:
    """The country of a row; None, and counted, where it is about no country. The cell is read as it stands: NA is
    Namibia."""
    column = known["columns"]["country"]
    code, name = as_text(row.raw(column)) or "", as_text(row.raw(known["columns"]["name"])) or ""
    iso = country(code) if code else country(name)
    if iso is None and (name in known["passed_over"] or code.startswith(known.get("passed_over_codes", " "))):
        unsaid.passed_over[name or code] += 1
    elif iso is None:
        row.drop(column)
    return iso


def _new(row: Row, column: str) -> int | None:
    number = row.integer(column, low=None)
    if number is not None and number < 0:
        row.problem("count_corrected", column, column=column, value=number)
        return None
    return number


def _day(row: Row, column: str) -> date:
    day = row.day(column)
    if day is None:
        row.drop(column)
        raise Skip
    return day


def _is_infections(peek: Peek, format: str) -> str | None:
    columns = dict(lookup("restrictions")[format]["columns"])
    columns.pop("population", None)
    if not peek.has(*columns.values()):
        return None
    return f"{len([name for name in peek.header if name])} columns"


def _of(format: str) -> Reader:
    return Reader(format, format, partial(_is_infections, format=format), partial(read_infections, format=format))


READERS = (
    Reader("oxcgrt", "oxcgrt", _is_oxcgrt, read_oxcgrt),
    Reader("oxcgrt-wide", "oxcgrt", _is_oxcgrt_wide, read_oxcgrt_wide),
    _of("owid-covid"),
    _of("who-covid"),
)
