"""Reads any file: finds the reader that knows its content, and returns what it says and what is wrong with it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from winze.engine.problems import Log, Problem, Severity
from winze.engine.records import Statement
from winze.engine.texts import severities
from winze.formats.files import Limits, Peek, Source, Unreadable
from winze.formats.mends import Mend, Overlay

if TYPE_CHECKING:
    from winze.formats.mapping import Mapping

MODULES = ("rejected", "sites", "conflict", "restrictions", "prices", "screening", "health", "geography", "templates")


@dataclass(frozen=True, slots=True)
class Reader:
    """How one published format is recognised and read.

    `recognise` looks at a Peek and returns the version it sees, or None where the file is not its own; it must be so
    narrow that no other reader says yes. `read` yields statements and logs problems. `source` is the id of the card in
    `rules/sources.yaml` that gives publisher, licence and attribution.
    """

    format: str
    source: str
    recognise: Callable[[Peek], str | None]
    read: Callable[[Source], Iterator[Statement]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one file. `statements` are in file order; each problem has its origin. `mends` and `mapping` are
    the corrections and the column mapping it was read with, where they were given."""

    id: str
    name: str
    sha256: str
    format: str | None
    version: str | None
    source: str | None
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...]
    generated_on: date | None = None
    mends: tuple[Mend, ...] = ()
    mapping: Mapping | None = None

    @property
    def failed(self) -> bool:
        """Whether anything of the file was not loaded."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


@cache
def readers() -> tuple[Reader, ...]:
    """All readers, in the order in which they are asked."""
    found: list[Reader] = []
    for name in MODULES:
        found.extend(importlib.import_module(f"winze.formats.{name}").READERS)
    return tuple(found)


@cache
def limits() -> Limits:
    text = (files("winze.rules") / "limits.yaml").read_text(encoding="utf-8")
    return Limits(**yaml.safe_load(text))


@cache
def lookup(name: str) -> Any:
    """A table of known dirty values: `formats/lookups/NAME.yaml`."""
    text = (files("winze.formats") / "lookups" / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def read(path: Path, *, name: str | None = None, mends: Iterable[Mend] = (), mapping: Mapping | None = None) -> Reading:
    """Reads one file whole. Never raises for what is in the file: an unreadable one gives a problem and no statement.

    `name` is the path relative to the case, with forward slashes; it is also the input id. Bytes of it that are no
    text are written out. `mends` are people's corrections: the readers see the corrected cells, the file stays as it
    is, and statements keep the sheet and row they were read at. `mapping` says what the columns are, in place of a
    mapping saved beside the file.
    """
    return read_source(opened(path, name, tuple(mends)), tuple(mends), mapping)


def opened(path: Path, name: str | None = None, mends: Iterable[Mend] = (), keep: int = 200) -> Source:
    """A file ready to be read. Of one code in one sheet the first `keep` problems are listed one by one."""
    name = (name or path.name).encode("utf-8", "backslashreplace").decode()
    return Source(path, name, name, Log(name, severities(), keep), limits(), overlay=Overlay(mends))


def read_source(source: Source, mends: tuple[Mend, ...] = (), mapping: Mapping | None = None) -> Reading:
    """Reads an opened file: `read` for those who go on looking at it afterwards."""
    statements: tuple[Statement, ...] = ()
    reader: Reader | None = None
    version: str | None = None
    try:
        reader, version = _mapped(source.path, mapping) or find(source.peek())
        if reader is None:
            source.log.add("format_unknown", headings=_headings(source.peek()))
        else:
            statements = tuple(reader.read(source))
        source.settle()
    except Unreadable as wrong:
        values: dict[str, Any] = {"detail": "", **wrong.values}
        source.log.add(wrong.code, **values)
    return Reading(
        id=source.id,
        name=source.name,
        sha256=source.sha256,
        format=reader.format if reader else None,
        version=version,
        source=reader.source if reader else None,
        statements=statements,
        problems=tuple(sorted(source.log, key=lambda problem: problem.order)),
        generated_on=source.generated_on,
        mends=mends,
        mapping=mapping,
    )


def _mapped(path: Path, given: Mapping | None) -> tuple[Reader, str] | None:
    """The reader that a column mapping makes of a file: the one given, else one saved beside it; None without either.
    A mapping given for what is no table is an error."""
    from winze.formats import mapping

    saved = given or mapping.mapping_for(path)
    if saved is None:
        return None
    return Reader("mapped", "user", lambda _: None, partial(mapping.apply, saved)), "1"


def after(reading: Reading, today: date) -> Reading:
    """The reading with a problem for every statement that speaks of a day after `today`."""
    log = Log(reading.id, severities())
    for statement in reading.statements:
        if statement.speaks_of.start > today:
            at = statement.origin
            log.add("date_in_future", sheet=at.sheet, row=at.row, cell=at.cell, value=statement.speaks_of.start)
    return replace(reading, problems=tuple(sorted((*reading.problems, *log), key=lambda problem: problem.order)))


def find(peek: Peek) -> tuple[Reader | None, str | None]:
    """The reader whose format this is, with the version it saw."""
    for reader in readers():
        version = reader.recognise(peek)
        if version is not None:
            return reader, version
    return None, None


def _headings(peek: Peek) -> str:
    if peek.container == "xml":
        return f"<{peek.root}>"
    if peek.container == "json":
        return ", ".join(list(peek.json)[:8]) if isinstance(peek.json, dict) else "[…]"
    for _, rows in peek.sheets:
        for row in rows:
            cells = [cell for cell in row if cell]
            if cells:
                return ", ".join(cell[:40] for cell in cells[:8])
    return "–"


def case_files(folder: Path) -> list[Path]:
    """The files of a case, in a fixed order: all below the folder but hidden ones, notes and column mappings."""
    found = [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
        and not path.name.lower().endswith(".map.yaml")
        and not _is_note(path)
    ]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _is_note(path: Path) -> bool:
    """Whether a file is a text for people beside the data: named like one, and no reader knows its content."""
    if not path.name.lower().endswith((".md", ".txt")):
        return False
    try:
        return find(Source(path, path.name, path.name, Log(path.name, severities()), limits()).peek())[0] is None
    except Unreadable:
        return True
