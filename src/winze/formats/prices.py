"""World prices by month: the World Bank's workbook, the IMF's table, and the monthly gold price.

Amounts are nominal US dollars, exact as printed; an index has no currency. A month's price speaks of the month and is
known on its last day. `Price.series` names publisher and column, so that two publishers never mix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from winze.engine.records import Price, Span, Statement, in_month
from winze.formats.files import Cell, Peek, Source, as_text
from winze.formats.reading import Reader, lookup
from winze.formats.tables import Row, Table, each, parse_day

_LEAST = Decimal("0.0001")  # 0 and 1E-10 stand for "no quotation" in these files


@dataclass(frozen=True, slots=True)
class _Column:
    """What one column holds, and the first day from which it does."""

    commodity: str
    currency: str | None
    unit: str
    series: str
    heading: str
    since: date | None = None


def _prices(row: Row, columns: tuple[_Column, ...], month: Span, source: str) -> Iterator[Statement]:
    """The prices of one row; a blank cell, and one that holds no price, gives none."""
    for column in columns:
        amount = row.decimal(column.heading) if not column.since or month.end >= column.since else None
        if amount is None:
            continue
        if amount < _LEAST:
            row.problem("price_not_positive", column.heading, value=amount, commodity=column.commodity)
            continue
        said = Price(column.commodity, amount, column.currency, column.unit, column.series)
        yield Statement(f"commodity:{column.commodity}", said, month, row.origin(column.heading), source)


# -- World Bank ------------------------------------------------------------------------------------------------------

_PERIOD = re.compile(r"(\d{4})M(\d{2})")
_Header = list[tuple[int, list[str]]]  # the rows above the first period: number and cells


def read_worldbank(source: Source) -> Iterator[Statement]:
    """The monthly prices and indices we know by name, from every sheet whose first column holds months (1960M01).

    Names stand anywhere above the months, so the layouts of all vintages are read alike. A price takes its unit from
    the row of units, an index its base from the title. The date on which the workbook was updated becomes the
    source's `generated_on`, and months that begin after it are pointed out (`date_in_future`). A known commodity
    whose unit is not known is not read (`unit_unknown`); a column of an unknown name is reported (`column_unknown`).
    """
    for sheet in source.sheet_names:
        header = _above_months(source, sheet)
        if header:
            source.generated_on = source.generated_on or _updated_on(header)
            yield from _read_sheet(source, sheet, header)


def _read_sheet(source: Source, sheet: str | None, header: _Header) -> Iterator[Statement]:
    columns = dict(_columns_of(source, sheet, header))
    table = Table(source, sheet=sheet, header_row=header[-1][0], used=(), audit=False)
    table.index = {"period": 0, **{column.heading: at for at, column in columns.items()}}
    every = tuple(columns.values())
    yield from each(table, lambda row: _month_of_prices(row, every))


def _month_of_prices(row: Row, columns: tuple[_Column, ...]) -> list[Statement]:
    text = row.text("period")
    if text is None or not _PERIOD.fullmatch(text):
        if any((as_text(row.raw(column.heading)) or "")[:1].isdigit() for column in columns):
            row.drop("period")
        return []
    month = _month(text, _PERIOD)
    if month is None:
        row.problem("value_not_date", "period", value=text)
        row.drop("period")
        return []
    made = row.table.source.generated_on
    if made and month.start > made:
        row.problem("date_in_future", "period", value=text)
    return list(_prices(row, columns, month, "worldbank-cmo"))


def _columns_of(source: Source, sheet: str | None, header: _Header) -> Iterator[tuple[int, _Column]]:
    """The columns that hold a commodity we know, each with what stands above it."""
    known = lookup("prices")["worldbank"]
    base = _base_of(header)
    found: set[str] = set()
    for at in range(1, max(len(cells) for _, cells in header)):
        above = [cells[at] for _, cells in header if at < len(cells) and cells[at]]
        names = [_plain(text) for text in above]
        commodity = next((known["used"][name] for name in names if name in known["used"]), None)
        if commodity is None or commodity in found:
            if above and not any(name in known["ignored"] for name in names):
                source.log.add("column_unknown", sheet=sheet, row=header[-1][0], cell=above[0], column=above[0])
            continue
        found.add(commodity)
        name = next(text for text in above if _plain(text) in known["used"])
        column = _column(commodity, name, above, base)
        if column is None:
            unit = next((text for text in above if text.startswith("(")), "–")
            source.log.add("unit_unknown", sheet=sheet, row=header[-1][0], cell=name, column=name, unit=unit)
        else:
            yield at, column


def _column(commodity: str, name: str, above: list[str], base: str | None) -> _Column | None:
    known = lookup("prices")
    exception = known["worldbank"]["exceptions"].get(commodity)
    series = f"{known['worldbank']['publisher']}: {_plain(name)}"
    printed = next((text for text in above if text.startswith("(")), None)
    if printed is None and base:
        return _Column(commodity, None, "index", f"{series} ({base})", name)
    unit = known["units"].get(re.sub(r"[\s()]", "", printed or "").casefold())
    if unit is None:
        return None
    unit = exception or unit
    return _Column(commodity, unit["currency"], unit["unit"], series, name, unit.get("from"))


def _above_months(source: Source, sheet: str | None) -> _Header:
    """The rows above the first month of a sheet; none where no month follows in the first rows."""
    header: _Header = []
    for number, cells in source.rows(sheet):
        texts = [as_text(cell) or "" for cell in cells]
        if _PERIOD.fullmatch(texts[0]):
            return header
        if number > 40:
            break
        header.append((number, texts))
    return []


def _base_of(header: _Header) -> str | None:
    """The base of the indices ("2010=100") as the sheet's title gives it."""
    for _, cells in header:
        if cells[0] and (base := re.search(r"\b\d{4}\s*=\s*100\b", cells[0])):
            return base[0]
    return None


def _updated_on(header: _Header) -> date | None:
    for _, cells in header:
        if match := re.match(r"updated on:?\s+(.+)", cells[0], re.IGNORECASE):
            return parse_day(match[1])
    return None


def _plain(name: str) -> str:
    return " ".join(name.rstrip("* ").casefold().split())


def _is_worldbank(peek: Peek) -> str | None:
    for _, rows in peek.sheets:
        title = any("world bank commodity price data" in cell.casefold() for row in rows[:4] for cell in row)
        if title and any(row and _PERIOD.fullmatch(row[0]) for row in rows):
            updated = _updated_on([(n, list(row)) for n, row in enumerate(rows, 1) if row])
            return f"updated {updated}" if updated else "monthly"
    return None


# -- Tables read by what they show -----------------------------------------------------------------------------------

_DATED = re.compile(r"(\d{4})-(\d{2})(?:-01)?(?: 00:00:00)?")


def read_by_evidence(source: Source, name: str, source_id: str) -> Iterator[Statement]:
    """The prices of a table whose headings do not say, or say wrongly, what its columns hold.

    A column is taken for a commodity when it shows the prices we know of it in the first months the file holds, and no
    other column does (`lookups/prices.yaml`: evidence). Nothing is loaded where no column can be told
    (`prices_unproven`); a commodity that is not found is noted (`price_not_found`). Where headings and columns are not
    equal in number, that is said (`headings_do_not_fit`). A row of another width than the first may be shifted and is
    not loaded (`row_shifted`).
    """
    known = lookup("prices")[name]
    table = Table(source, used=known["headings"], required=("Date",))
    width, sample = _sample(source)
    if table.missing or not width:
        return
    if width != len(table.header):
        source.log.add("headings_do_not_fit", row=table.header_row, headings=len(table.header), columns=width)
    headings = table.header if width == len(table.header) else [_letters(at) for at in range(width)]
    columns = dict(_columns_by_evidence(known, sample, headings))
    if not columns:
        source.log.add("prices_unproven")
        return
    found = {column.commodity for column in columns.values()}
    for commodity in known["commodities"]:
        if commodity not in found:
            source.log.add("price_not_found", commodity=commodity)
    table.index = {"Date": 0, **{column.heading: at for at, column in columns.items()}}
    for number, cells in _below_header(source):
        if len(cells) != width:
            source.log.add("row_shifted", row=number, cells=len(cells), columns=width)
            continue
        yield from _dated_prices(Row(table, number, cells), tuple(columns.values()), source_id)


def _dated_prices(row: Row, columns: tuple[_Column, ...], source_id: str) -> Iterator[Statement]:
    month = _month(as_text(row.raw("Date")) or "", _DATED)
    if month is None:
        row.problem("row_without", "Date", column="Date")
        return
    yield from _prices(row, columns, month, source_id)


def _below_header(source: Source) -> Iterator[tuple[int, list[Cell]]]:
    rows = source.rows(None)
    next(rows, None)
    return rows


def _sample(source: Source) -> tuple[int, dict[str, list[Cell]]]:
    """The width of the rows below the header, and of the months we know prices of, the first row of each."""
    wanted = {month for entry in _evidence().values() for month in entry["shows"]}
    width, sample = 0, dict[str, list[Cell]]()
    for _, cells in _below_header(source):
        width = width or len(cells)
        month = _month(as_text(cells[0]) or "", _DATED)
        key = f"{month.start:%Y-%m}" if month else ""
        if key in wanted and len(cells) == width:
            sample.setdefault(key, cells)
    return width, sample


def _columns_by_evidence(
    known: dict[str, Any], sample: dict[str, list[Cell]], headings: list[str]
) -> Iterator[tuple[int, _Column]]:
    """Each column that alone shows the known prices of a commodity in the earliest known months of the file."""
    needed, margin = lookup("prices")["evidence"]["needed"], Decimal(str(lookup("prices")["evidence"]["margin"]))
    for commodity in known["commodities"]:
        entry = _evidence()[commodity]
        shown = [(sample[month], Decimal(price)) for month, price in entry["shows"].items() if month in sample][:needed]
        fits = [at for at in range(1, len(headings)) if all(_near(cells[at], price, margin) for cells, price in shown)]
        if len(shown) == needed and len(fits) == 1:
            series = f"{known['publisher']}: {commodity}"
            yield fits[0], _Column(commodity, "USD", entry["unit"], series, headings[fits[0]], entry.get("from"))


def _evidence() -> dict[str, Any]:
    return {name: entry for name, entry in lookup("prices")["evidence"].items() if isinstance(entry, dict)}


def _near(cell: Cell, price: Decimal, margin: Decimal) -> bool:
    try:
        return abs(Decimal((as_text(cell) or "").replace(",", ".")) - price) <= price * margin
    except InvalidOperation:
        return False


def _month(text: str, pattern: re.Pattern[str]) -> Span | None:
    """The month a text names, None where there is no such month."""
    match = pattern.fullmatch(text.strip())
    return in_month(int(match[1]), int(match[2])) if match and 1 <= int(match[2]) <= 12 and int(match[1]) else None


def _letters(at: int) -> str:
    """The name a spreadsheet gives the column at this place, counted from 0: A, B … Z, AA."""
    first, last = divmod(at, 26)
    return (_letters(first - 1) if first else "") + chr(ord("A") + last)


def _is_imf(peek: Peek) -> str | None:
    if peek.container == "xml" or not peek.has("Date", "All Commodity Price Index", "Metals Price Index"):
        return None
    first = next((row for row in peek.sheets[0][1][1:] if row), ())
    return "as headed" if len(first) == len(peek.header) else f"{len(peek.header)} headings, {len(first)} columns"


def _is_gold(peek: Peek) -> str | None:
    if tuple(name.casefold() for name in peek.header) != ("date", "price"):
        return None
    rows = [row for row in peek.sheets[0][1][1:] if row]
    return "monthly" if rows and all(_month(row[0], _DATED) for row in rows) else None


_read_imf = partial(read_by_evidence, name="imf", source_id="imf-pcps")
_read_gold = partial(read_by_evidence, name="gold-monthly", source_id="gold-monthly")

READERS = (
    Reader("worldbank-cmo", "worldbank-cmo", _is_worldbank, read_worldbank),
    Reader("imf-prices", "imf-pcps", _is_imf, _read_imf),
    Reader("gold-monthly", "gold-monthly", _is_gold, _read_gold),
)
