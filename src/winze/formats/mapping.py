"""A user's own workbook, with his own headings, turned into our templates by a saved mapping of its columns.

`propose` guesses the mapping from headings in four languages and from what the cells hold, says how sure it is of each
column, and leaves unmapped what it cannot place. A person corrects the YAML; `apply` then reads the workbook through
the template's own reader. A mapping saved beside the file (`purchases.xlsx.map.yaml`) belongs to it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import fuzz

from winze.engine.problems import Log
from winze.engine.records import Statement
from winze.engine.register import fold
from winze.engine.texts import LANGUAGES, severities
from winze.formats.files import Cell, Source, Unreadable, as_text
from winze.formats.lines import Sheet, heading, holds, iso3, meanings, parse_span
from winze.formats.reading import limits, lookup
from winze.formats.tables import FALSE, TRUE, Table
from winze.formats.templates import TEMPLATES, Template, statements

SUFFIX = ".map.yaml"
DATE_ORDERS = ("dmy", "mdy")
_HEADER_WITHIN = 20  # rows in which the headings are looked for
_SAMPLE = 50  # rows looked at below them
_NEARLY = 0.7  # share of the wordiest row that a row of headings has at least; rows of data may be as wordy
_LEAST = 0.5  # confidence below which a column stays unmapped; ours, tried on field workbooks


@dataclass(frozen=True, slots=True)
class Column:
    """One heading of the user's sheet, the template's column it fills (None: not mapped), and how sure, 0 to 1."""

    heading: str
    field: str | None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class SheetMapping:
    """One sheet of the user's workbook. `template` is None for a sheet that fits none.

    `constants` fill a column's blanks or, written with {}, go around its cells (`price: "{} XOF/g"`). Several headings
    may fill one column: they are joined. `date_order` is "dmy" or "mdy".
    """

    sheet: str | None
    template: str | None
    header_row: int = 1
    columns: tuple[Column, ...] = ()
    constants: dict[str, str | None] = field(default_factory=dict)
    date_order: str = "dmy"

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns that neither a heading nor a constant fills."""
        filled = {column.field for column in self.columns} | {name for name, value in self.constants.items() if value}
        return tuple(name for name in TEMPLATES[self.template].required if name not in filled) if self.template else ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """How each sheet of one file becomes a template."""

    sheets: tuple[SheetMapping, ...]


# -- saved as YAML ---------------------------------------------------------------------------------------------------


def to_yaml(mapping: Mapping) -> str:
    """The mapping as a person corrects it: a line for each column, with how sure the proposal is of it."""
    sheets = [
        {
            "sheet": sheet.sheet,
            "template": sheet.template,
            "header_row": sheet.header_row,
            "date_order": sheet.date_order,
            "constants": sheet.constants,
            "columns": [
                {"heading": column.heading, "field": column.field, "confidence": column.confidence}
                for column in sheet.columns
            ],
        }
        for sheet in mapping.sheets
    ]
    return yaml.safe_dump(
        {"winze-mapping": 1, "sheets": sheets}, allow_unicode=True, sort_keys=False, width=1000, default_flow_style=None
    )


def from_yaml(text: str) -> Mapping:
    """The mapping a person saved. Raises Unreadable (`mapping_broken`) naming the place that cannot be used."""
    try:
        saved = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as wrong:
        raise Unreadable("mapping_broken", detail=" ".join(str(wrong).split())) from wrong
    whole = _keys(saved, "", {"winze-mapping", "sheets"})
    _hold(whole.get("winze-mapping") == 1, "winze-mapping", whole.get("winze-mapping"))
    sheets = whole.get("sheets")
    _hold(isinstance(sheets, list), "sheets", sheets)
    return Mapping(tuple(_saved_sheet(sheet, f"sheets[{n}]") for n, sheet in enumerate(sheets or ())))


def _saved_sheet(saved: Any, at: str) -> SheetMapping:
    sheet = _keys(saved, at, {"sheet", "template", "header_row", "date_order", "constants", "columns"})
    template, name = sheet.get("template"), sheet.get("sheet")
    header_row, order = sheet.get("header_row", 1), sheet.get("date_order", "dmy")
    constants, columns = sheet.get("constants") or {}, sheet.get("columns") or []
    _hold(template is None or template in TEMPLATES, f"{at}.template", template)
    _hold(
        isinstance(header_row, int) and not isinstance(header_row, bool) and header_row >= 1,
        f"{at}.header_row",
        header_row,
    )
    _hold(order in DATE_ORDERS, f"{at}.date_order", order)
    known: set[str | None] = {None, *(TEMPLATES[template].columns if template else ())}
    _hold(isinstance(constants, dict), f"{at}.constants", constants)
    for field_name in constants:
        _hold(field_name in known, f"{at}.constants", field_name)
    _hold(isinstance(columns, list), f"{at}.columns", columns)
    return SheetMapping(
        sheet=None if name is None else str(name),
        template=template,
        header_row=header_row,
        columns=tuple(_saved_column(column, f"{at}.columns[{n}]", known) for n, column in enumerate(columns)),
        constants={key: None if value is None else str(value) for key, value in constants.items()},
        date_order=order,
    )


def _saved_column(saved: Any, at: str, known: set[str | None]) -> Column:
    column = _keys(saved, at, {"heading", "field", "confidence"})
    title, filled, sure = column.get("heading"), column.get("field"), column.get("confidence", 1.0)
    _hold(title is not None, f"{at}.heading", title)
    _hold(filled is None or (isinstance(filled, str) and filled in known), f"{at}.field", filled)
    _hold(isinstance(sure, int | float) and 0 <= sure <= 1, f"{at}.confidence", sure)
    return Column(str(title), filled, float(sure))


def _keys(saved: Any, at: str, known: set[str]) -> dict[str, Any]:
    _hold(isinstance(saved, dict), at or "winze-mapping", type(saved).__name__)
    for key in saved:
        _hold(key in known, at or "winze-mapping", key)
    found: dict[str, Any] = saved
    return found


def _hold(right: bool, at: str, value: object) -> None:
    if not right:
        raise Unreadable("mapping_broken", detail=f"{at}: {value!r}")


def mapping_for(path: Path) -> Mapping | None:
    """The mapping saved beside a file, None where there is none. Raises Unreadable where it cannot be used."""
    beside = path.with_name(path.name + SUFFIX)
    if not beside.is_file():
        return None
    try:
        return from_yaml(beside.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, OSError) as wrong:
        raise Unreadable("mapping_broken", detail=wrong) from wrong


# -- found again for the next file ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LayoutChange:
    """Headings that a saved mapping names and the file has no more (`gone`), and those it has and the mapping does not
    name (`come`), each with its sheet."""

    gone: tuple[tuple[str | None, str], ...]
    come: tuple[tuple[str | None, str], ...]

    def __bool__(self) -> bool:
        return bool(self.gone or self.come)


def fingerprint(path: Path) -> str:
    """What a sender's files have in common: the headings of each sheet, folded, in whatever order; neither rows, file
    name nor names of sheets ("May", "June"). A mapping saved under it is found again for the next file.

    Raises Unreadable where the file is no table.
    """
    layout = sorted(sorted({fold(title) for title in titles}) for _, _, titles in _layout(path) if titles)
    return "f" + hashlib.sha256(json.dumps(layout, ensure_ascii=False).encode()).hexdigest()[:32]


def changed(saved: Mapping, path: Path) -> LayoutChange:
    """Which headings have come or gone since a mapping was saved. Raises Unreadable where the file is no table."""
    gone: list[tuple[str | None, str]] = []
    come: list[tuple[str | None, str]] = []
    for sheet, name, titles in _fitted(saved, path):
        there, named = {fold(title) for title in titles}, {fold(column.heading) for column in sheet.columns}
        gone += [(name, column.heading) for column in sheet.columns if fold(column.heading) not in there]
        come += [(name, title) for title in titles if fold(title) not in named]
    return LayoutChange(tuple(gone), tuple(come))


def onto(saved: Mapping, path: Path) -> Mapping:
    """A saved mapping as it fits another file of the same layout: its sheets, heading rows and the spelling of its
    headings are those of the file. Raises Unreadable where the file is no table."""
    rows = {name: row for name, row, _ in _layout(path)}
    sheets = []
    for sheet, name, titles in _fitted(saved, path):
        spelt = {fold(title): title for title in reversed(titles)}
        columns = (replace(c, heading=spelt.get(fold(c.heading), c.heading)) for c in sheet.columns)
        row = rows.get(name, sheet.header_row) if titles else sheet.header_row
        sheets.append(replace(sheet, sheet=name, header_row=row, columns=tuple(columns)))
    return Mapping(tuple(sheets))


def _fitted(saved: Mapping, path: Path) -> Iterator[tuple[SheetMapping, str | None, tuple[str, ...]]]:
    """Each mapped sheet with the sheet of the file that shares most headings with it, its own name first."""
    free = {name: titles for name, _, titles in _layout(path)}
    for sheet in (each for each in saved.sheets if each.template):
        wanted = {fold(column.heading) for column in sheet.columns}

        def shared(name: str | None, wanted: set[str] = wanted, own: str | None = sheet.sheet) -> tuple[int, bool]:
            return len(wanted & {fold(title) for title in free[name]}), name == own

        best = max(free, key=shared, default=sheet.sheet)
        best = best if best in free and shared(best)[0] else sheet.sheet
        yield sheet, best, free.pop(best, ())


def _layout(path: Path) -> list[tuple[str | None, int, tuple[str, ...]]]:
    """Each sheet with the row of its headings and the headings themselves: the first row, among the first, that holds
    words alone and about as many as any."""
    source = Source(path, path.name, path.name, Log(path.name, severities()), limits())
    if source.container not in ("csv", "workbook"):
        raise Unreadable("file_kind_not_read", kind=source.container.upper())
    found: list[tuple[str | None, int, tuple[str, ...]]] = []
    for name in source.sheet_names:
        rows = list(islice(source.cells(name), _HEADER_WITHIN))
        words = [(number, [as_text(cell) or "" for cell in cells if _is_text(cell)]) for number, cells in rows]
        most = max((len(texts) for _, texts in words), default=0)
        number, titles = next(((n, texts) for n, texts in words if len(texts) >= max(1, _NEARLY * most)), (1, []))
        found.append((name, number, tuple(dict.fromkeys(title.lstrip("\ufeff") for title in titles if fold(title)))))
    return found


# -- reading through a mapping ---------------------------------------------------------------------------------------


def apply(mapping: Mapping, source: Source) -> Iterator[Statement]:
    """The statements of a file read through its mapping. Sheets, headings and columns that are not mapped, or are no
    longer there, are said."""
    mapped = {sheet.sheet for sheet in mapping.sheets if sheet.template}
    for name in source.sheet_names:
        if name not in mapped and next(source.rows(name), None):
            source.log.add("sheet_not_mapped", sheet=name)
    for sheet in mapping.sheets:
        if sheet.template is None:
            continue
        if sheet.sheet not in source.sheet_names:
            source.log.add("sheet_missing", sheet=sheet.sheet, name=sheet.sheet)
            continue
        yield from statements(TEMPLATES[sheet.template], _opened(sheet, TEMPLATES[sheet.template], source))


def _opened(sheet: SheetMapping, template: Template, source: Source) -> Sheet:
    table = Table(source, sheet=sheet.sheet, header_row=sheet.header_row, used=(), audit=False)
    fills = {column.heading: column.field for column in sheet.columns}
    for title in dict.fromkeys(filter(None, table.header)):
        if fills.get(title) is None:
            source.log.add("column_unknown", sheet=sheet.sheet, row=table.header_row, cell=title, column=title)
    at: dict[str, tuple[str, ...]] = {}
    for title, column in fills.items():
        if column is None:
            continue
        if title in table.index:
            at[column] = (*at.get(column, ()), title)
        else:
            source.log.add("heading_missing", sheet=sheet.sheet, row=table.header_row, cell=title, column=title)
    constants = {name: value for name, value in sheet.constants.items() if value}
    return Sheet(table, _language(table.header, template), at, constants, month_first=sheet.date_order == "mdy")


def _language(titles: Iterable[str], template: Template) -> str:
    """The language most headings are close to, for the words a problem lists."""
    folded = [fold(title) for title in titles if title]

    def likeness(language: str) -> float:
        own = [fold(heading(column, language)) for column in template.columns]
        return sum(max(fuzz.ratio(title, one) for one in own) for title in folded)

    return max(LANGUAGES, key=lambda language: (likeness(language), -LANGUAGES.index(language)))


# -- proposing -------------------------------------------------------------------------------------------------------


def propose(path: Path) -> Mapping:
    """A mapping for a person to correct: for each sheet the template and columns that fit best, with how sure that is.

    Raises Unreadable where the file cannot be read. A sheet that fits no template is listed with none.
    """
    source = Source(path, path.name, path.name, Log(path.name, severities()), limits())
    source.container  # noqa: B018 - refuses what is no table before anything is guessed
    return Mapping(tuple(_propose_sheet(source, name) for name in source.sheet_names))


def _propose_sheet(source: Source, name: str | None) -> SheetMapping:
    rows = list(islice(source.rows(name), _HEADER_WITHIN + _SAMPLE))
    guesses = [
        (fit, -number, -list(TEMPLATES).index(template.name), template, number, columns)
        for n, (number, values) in enumerate(rows[:_HEADER_WITHIN])
        for template in TEMPLATES.values()
        if _headings_of(template, values) >= 2
        for fit, columns in [_fit(template, values, [below for _, below in rows[n + 1 :]])]
    ]
    best = max(guesses, key=lambda guess: guess[:3], default=None)
    if best is None or best[0] == 0:
        return SheetMapping(name, None)
    _, _, _, template, number, columns = best
    below = [values for at, values in rows if at > number]
    filled = {column.field for column in columns}
    return SheetMapping(
        sheet=name,
        template=template.name,
        header_row=number,
        columns=columns,
        constants={column: None for column in template.required if column not in filled},
        date_order=_date_order(below),
    )


def _fit(
    template: Template, titles: Sequence[Cell], below: Sequence[Sequence[Cell]]
) -> tuple[float, tuple[Column, ...]]:
    """How well a row serves as a template's headings (0: not at all), and which heading fills which column."""
    headings = [as_text(title) for title in titles]
    sure = {
        (n, column): found
        for n, title in enumerate(headings)
        if title and title not in headings[:n]
        for column in template.columns
        if (found := _confidence(title, column, [row[n] for row in below if n < len(row)])) >= _LEAST
    }
    chosen: dict[int, str] = {}
    for (n, column), found in sorted(sure.items(), key=lambda item: (-item[1], item[0])):
        if n not in chosen and (column not in chosen.values() or (found >= 0.85 and _joins(column))):
            chosen[n] = column
    columns = tuple(
        Column(title, chosen.get(n), round(sure[n, chosen[n]], 2) if n in chosen else 0.0)
        for n, title in enumerate(headings)
        if title and title not in headings[:n]
    )
    required = sum(column in chosen.values() for column in template.required) / len(template.required)
    known = sum(column.confidence for column in columns)
    return (known * required**2 if len(chosen) >= 2 and required > 0.5 else 0.0), columns


def _headings_of(template: Template, titles: Sequence[Cell]) -> int:
    """How many cells of a row are named like a column of a template."""
    texts = (_bare(title) for title in titles if isinstance(title, str))
    return sum(any(_named(text, column) for column in template.columns) for text in texts)


@lru_cache(maxsize=10_000)
def _bare(title: str) -> str:
    """A heading folded, without the number it may end on: "Minerai 2" is named like "Minerai"."""
    return re.sub(r"(?<=\D)\d{1,2}$", "", fold(title)).strip()


def _joins(column: str) -> bool:
    return "join" in lookup("templates")["columns"][column]


def _confidence(title: str, column: str, cells: Sequence[Cell]) -> float:
    """How sure it is that a heading fills a column: its name, borne out or contradicted by what its cells hold.

    Cells alone are enough only where what they hold is a closed list or a country.
    """
    named = _named(_bare(title), column)
    accepts, telling = _CONTENT.get(holds(column), (_known_word(holds(column)), True))
    seen = [cell for cell in cells if as_text(cell) is not None]
    if not seen:
        return 0.9 * named
    if named == 0 and not (telling and len(seen) >= 3):
        return 0.0
    share = sum(accepts(cell) for cell in seen) / len(seen)
    if named == 0:
        return 0.6 * share if share >= 0.8 else 0.0
    return named * (0.3 + 0.7 * share)


@cache
def _synonyms(column: str) -> tuple[str, ...]:
    own = (heading(column, language) for language in LANGUAGES)
    return tuple(dict.fromkeys(fold(str(name)) for name in (*own, column, *lookup("templates")["aliases"][column])))


@cache
def _named(title: str, column: str) -> float:
    """How far a folded heading is one of the names of a column: 1 the same, about 0.8 holding it as words, 0 not."""
    if not title:
        return 0.0
    best = 0.0
    for name in _synonyms(column):
        if title == name:
            return 1.0
        shorter = min(len(title), len(name))
        if shorter < 2 or (title.isascii() and shorter < 3):
            continue
        inside = name in title if not name.isascii() and len(name) < 6 else f" {name} " in f" {title} "
        likeness = fuzz.ratio(title, name) / 100
        best = max(best, 0.7 + 0.25 * len(name) / len(title) if inside else 0.0, likeness if likeness >= 0.82 else 0.0)
    return best


def _date_order(rows: Iterable[Sequence[Cell]]) -> str:
    """Month first only where the sheet's written dates cannot be read otherwise."""
    written = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}")
    found = [
        match for row in rows for cell in row if isinstance(cell, str) and (match := written.fullmatch(cell.strip()))
    ]
    day_first = any(int(match[1]) > 12 for match in found)
    return "mdy" if not day_first and any(int(match[2]) > 12 for match in found) else "dmy"


# -- what cells look like --------------------------------------------------------------------------------------------


def _number(cell: Cell) -> float | None:
    text = (as_text(cell) or "").replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return None


def _is_date(cell: Cell) -> bool:
    return isinstance(cell, date) or (isinstance(cell, str) and parse_span(cell) is not None)


def _within(limit: float) -> Callable[[Cell], bool]:
    def degrees(cell: Cell) -> bool:
        number = _number(cell)
        return number is not None and abs(number) <= limit and number != int(number)

    return degrees


@cache
def _known_word(words: str) -> Callable[[Cell], bool]:
    @lru_cache(maxsize=10_000)
    def known(cell: Cell) -> bool:
        parts = [
            part for part in re.split(r"[;,、；，/]|\s+(?:and|et|y)\s+|[和及与]", as_text(cell) or "") if part.strip()
        ]
        return bool(parts) and all((fold(part) or part.strip().casefold()) in meanings(words) for part in parts)

    return known


def _is_text(cell: Cell) -> bool:
    return isinstance(cell, str) and _number(cell) is None and not _is_date(cell)


def _is_count(cell: Cell) -> bool:
    number = _number(cell)
    return number is not None and number >= 0 and number == int(number)


_CONTENT: dict[str, tuple[Callable[[Cell], bool], bool]] = {
    "text": (_is_text, False),
    "date": (_is_date, False),
    "latitude": (_within(90), False),
    "longitude": (_within(180), False),
    "count": (_is_count, False),
    "number": (lambda cell: _number(cell) is not None, False),
    "price": (lambda cell: bool(re.search(r"\d", as_text(cell) or "")) or len(as_text(cell) or "") <= 8, False),
    "country": (lru_cache(maxsize=10_000)(lambda cell: iso3(as_text(cell) or "") is not None), True),
    "flag": (lambda cell: (as_text(cell) or "").casefold() in TRUE | FALSE, False),
}
"""For each kind of value, whether a cell holds one, and whether that alone tells what the column is."""
