"""A template's sheet read line by line: columns by heading or mapping, dates of any precision, words in four languages.

The words of closed lists stand in `lookups/templates.yaml`, the measures of facts in `rules/facts.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from winze.engine.records import Span, between, in_month, in_year, on
from winze.engine.register import fold, party_id
from winze.engine.texts import say
from winze.formats.files import Cell, as_text
from winze.formats.reading import lookup
from winze.formats.tables import MONTHS, Row, Table, parse_day


@dataclass(slots=True)
class Sheet:
    """One sheet to be read through a template: where its columns stand (a column may be put together from several
    headings), what is constant, and whether a date like 04/05/2020 puts the day or the month first."""

    table: Table
    language: str
    at: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str] = field(default_factory=dict)
    month_first: bool = False


class Line(Row):
    """One row of a sheet, its cells asked for by the template's column names; problems name the sheet's own heading."""

    __slots__ = ("sheet",)

    def __init__(self, row: Row, sheet: Sheet) -> None:
        super().__init__(row.table, row.number, row._values)
        self.sheet = sheet

    def raw(self, column: str) -> Cell:
        """The cell; several headings joined; a constant fills a blank, or one with {} is put around the cell."""
        cells = [cell for name in self.sheet.at.get(column, ()) if as_text(cell := Row.raw(self, name)) is not None]
        constant = self.sheet.constants.get(column)
        if constant is not None and "{}" in constant:
            return constant.replace("{}", _joined(column, cells)) if cells else None
        if not cells:
            return constant
        return cells[0] if len(cells) == 1 else _joined(column, cells)

    def problem(self, code: str, cell: str | None = None, **values: object) -> None:
        shown = cell and self.heading(cell)
        if values.get("column") == cell and shown:
            values["column"] = shown
        super().problem(code, shown, **values)

    def heading(self, column: str) -> str:
        """The heading as it stands in the sheet, or as the template writes it where the sheet has none."""
        named = self.sheet.at.get(column)
        return named[0] if named else heading(column, self.sheet.language)

    def phrase(self, column: str) -> str | None:
        """The cell's text with doubled spaces closed up, as names are compared."""
        text = self.text(column)
        return " ".join(text.split()) if text else None

    def name(self, column: str) -> str:
        return " ".join(self.need(column).split())

    def word(self, column: str, words: str | None = None) -> str | None:
        """The key of a closed list for the cell's word in any language; an unknown word is a problem."""
        text = self.text(column)
        return self._known(text, column, words or holds(column)) if text else None

    def need_word(self, column: str, words: str | None = None) -> str:
        found = self.word(column, words)
        if found is None:
            self.drop(column)
        assert found is not None
        return found

    def words(self, column: str) -> tuple[str, ...]:
        """The keys of all words the cell lists, each once."""
        known = meanings(holds(column))
        items = [
            item
            for part in self.parts(column, r"[;,、；，/\n]")
            for item in ([part] if fold(part) in known else re.split(r"\s+(?:and|et|y|e)\s+|[和及与]", part))
        ]
        return tuple(dict.fromkeys(key for item in items if (key := self._known(item, column, holds(column)))))

    def _known(self, text: str, column: str, words: str) -> str | None:
        found = meanings(words).get(fold(text) or text.casefold())
        if found is None:
            known = ", ".join(first_words(words, self.sheet.language))
            self.problem("word_unknown", column, value=text, known=known)
        return found

    def span(self, column: str) -> Span | None:
        """The day, month, year or interval a cell gives; None where blank, or with a problem where it is none."""
        value = self.raw(column)
        if isinstance(value, date):
            return on(value.date() if isinstance(value, datetime) else value)
        text = self.text(column)
        if text is None:
            return None
        if re.fullmatch(r"\d{5}(\.\d+)?", text) and 20_000 <= float(text) < 80_000:
            day = date(1899, 12, 30) + timedelta(days=int(float(text)))
            self.problem("date_was_number", column, value=text, day=day)
            return on(day)
        found = parse_span(text, month_first=self.sheet.month_first)
        if found is None:
            self.problem("value_not_date", column, value=text)
        return found

    def since(self, column: str) -> Span:
        """The span of a row, without which it is nothing."""
        found = self.span(column)
        if found is None:
            self.drop(column)
        assert found is not None
        return found

    def until(self, column: str, start: Span) -> date | None:
        """The last day of what is planned or known to end; one before the start is a problem and unknown."""
        found = self.span(column)
        if found is not None and found.end < start.start:
            self.problem("end_before_start", column, end=found.end, start=start.start)
            return None
        return found.end if found else None


def parse_span(text: str, *, month_first: bool = False) -> Span | None:
    """A day, month, quarter, year or interval as the field writes them, or None."""
    text = text.strip()
    for split in (r"\s+(?:-|–|—|to|au|al|hasta|至|到)\s+|\.\.|–|—|至", r"(?<=\d{4})/(?=\d{4})|(?<=-\d\d)/(?=\d{4}-)"):
        ends = re.split(split, text)
        if len(ends) == 2:
            first, last = (parse_span(end, month_first=month_first) for end in ends)
            return between(first.start, last.end) if first and last and first.start <= last.end else None
    if match := re.fullmatch(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", text):
        day, month = (match[3], match[1]) if month_first else (match[1], match[3])
        text = f"{match[4]}-{month}-{day}"
    if (day_found := parse_day(text)) is not None:
        return on(day_found)
    return _month_or_year(text)


def _month_or_year(text: str) -> Span | None:
    if match := re.fullmatch(r"(\d{4})年?", text):
        return in_year(int(match[1])) if 1900 <= int(match[1]) <= 2100 else None
    if match := re.fullmatch(r"(\d{4})[-年/](\d{1,2})月?", text) or re.fullmatch(r"()(\d{1,2})/(\d{4})", text):
        year, month = (match[1] or match[3], int(match[2]))
        return in_month(int(year), month) if 1 <= month <= 12 and int(year) else None
    if match := re.fullmatch(r"([^\W\d_]+)\.?(?: de)? (\d{4})", text):
        month = MONTHS.get(match[1].casefold(), 0)
        return in_month(int(match[2]), month) if month else None
    if match := re.fullmatch(r"(\d{4})[- ]?[QT]([1-4])", text) or re.fullmatch(r"()[QT]([1-4]) (\d{4})", text):
        year, last = int(match[1] or match[3]), 3 * int(match[2])
        return between(in_month(year, last - 2).start, in_month(year, last).end)
    return None


# -- words -----------------------------------------------------------------------------------------------------------


def heading(column: str, language: str) -> str:
    return say(f"template.column.{column}", language)


def holds(column: str) -> str:
    """What a column holds: a kind of value, or the name of a closed list."""
    return str(lookup("templates")["columns"][column]["holds"])


def _joined(column: str, cells: Iterable[Cell]) -> str:
    return str(lookup("templates")["columns"][column].get("join", " ")).join(as_text(cell) or "" for cell in cells)


@cache
def measures() -> Mapping[str, Any]:
    """What facts may measure: `rules/facts.yaml`."""
    text = (files("winze.rules") / "facts.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return found


@cache
def plan_measures() -> Mapping[str, Any]:
    """The measures a plan can take, by the id of their rule: `rules/oecd/annex3.yaml`."""
    from winze.engine import rules

    return {rule.id: {"title": rule.title} for rule in rules.load().rules("measure")}


@cache
def meanings(words: str) -> Mapping[str, str]:
    """The key of each word of a closed list, by its folded form (or case-folded, for one that is all signs)."""
    found: dict[str, str] = {}
    for key, word in _spoken(words):
        found.setdefault(fold(word) or word.casefold(), key)
    return found


def _spoken(words: str) -> Iterator[tuple[str, str]]:
    """Every key with each of its words; a key's own name is the last of them."""
    titled = {"measures": measures, "plan-measures": plan_measures}.get(words)
    if titled:
        for key, measure in titled().items():
            yield from ((key, str(word)) for word in (*measure["title"].values(), key, key.rpartition("/")[2]))
        return
    entries = lookup("templates")[words]
    for key, languages in entries.items():
        yield from ((key, str(word)) for group in languages.values() for word in group)
    yield from ((key, key) for key in entries)


@cache
def first_words(words: str, language: str) -> tuple[str, ...]:
    """The word of each key of a closed list that is written in a language."""
    if words == "measures":
        return tuple(measure["title"][language] for measure in measures().values())
    return tuple(str(spoken[language][0]) for spoken in lookup("templates")[words].values())


def worded(words: str, key: str, language: str) -> str:
    """A key of a closed list as one writes it in a language."""
    keys = list(measures() if words == "measures" else lookup("templates")[words])
    return first_words(words, language)[keys.index(key)]


@cache
def _prefixes() -> Mapping[str, str]:
    return {fold(word): kind for kind, spoken in lookup("templates")["prefixes"].items() for word in spoken}


@cache
def _world() -> frozenset[str]:
    return frozenset(fold(word) for word in lookup("templates")["world"])


def subject(text: str) -> str:
    """What a cell is about, as a subject: a country by name or code, an area by p-code or name, the world, or whatever
    a prefix says (`party: Comptoir Example`, `site: …`, `commodity: tin`)."""
    before, colon, after = text.partition(":" if ":" in text else "：")
    kind = _prefixes().get(fold(before)) if colon and after.strip() else None
    if kind:
        key = " ".join(after.split())
        return party_id(key) if kind == "party" else f"{kind}:{key}"
    text = " ".join(text.split())
    if re.fullmatch(r"[A-Z]{2}\d{1,10}", text):
        return f"area:{text}"
    if fold(text) in _world():
        return "world:all"
    code = iso3(text)
    return f"country:{code}" if code else f"area:{text}"


def written(about: str) -> str:
    """A subject as one writes it into a cell, so that it reads back as the same."""
    key = "world" if about == "world:all" else about.partition(":")[2]
    return key if subject(key) == about else about


def iso3(text: str) -> str | None:
    """The three-letter code of a country's name or code in any of the four languages."""
    from winze.formats.countries import country

    return country(text)
