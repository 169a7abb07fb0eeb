"""What an import does, before it does it: a dry run of a file, and what is to be loaded of it in which mode.

Nothing here stores anything. `preview` reads a file as an import would and shows what it was taken for, how it looks,
what is wrong and where; `decide` says what a register should add, leave and mark as superseded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Literal

from winze.engine.again import Change, Comparison
from winze.engine.problems import Log, Problem, Severity
from winze.engine.records import Statement
from winze.engine.texts import severities
from winze.formats import mapping as mappings
from winze.formats.files import Source, Unreadable, as_text
from winze.formats.mends import Mend
from winze.formats.reading import Reading, opened, read_source
from winze.formats.rejected import Original, original_of, rejected_rows

Mode = Literal["stop", "skip", "update"]
ROWS = 20


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row as a page shows it: its cells as text, whether it is the headings, and the problems by column (-1: of
    the row as a whole)."""

    number: int
    cells: tuple[str, ...]
    heading: bool
    problems: Mapping[int, tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class ShownSheet:
    """The first rows of a sheet, and rows with errors further down. `headings` are as problems name the columns."""

    name: str | None
    header_row: int | None
    headings: tuple[str, ...]
    rows: tuple[ShownRow, ...]
    more: bool  # the sheet goes on below what is shown


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of data. `read` is unknown (None) where no reader found a table of its own; a row may also be neither
    loaded nor refused, where it says nothing or repeats another."""

    read: int | None
    loaded: int
    refused: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A file as an import would take it. `source` is the id of a card in `rules/sources.yaml`; `proposal` a mapping
    for a person to correct, where no reader knows the file; `corrects` the original, where it is a returned file."""

    name: str
    sha256: str
    container: str | None
    format: str | None
    version: str | None
    source: str | None
    kinds: Mapping[str, int]
    counts: Counts
    sheets: tuple[ShownSheet, ...]
    oldest: date | None
    newest: date | None
    problems: tuple[Problem, ...]
    failed: bool
    proposal: mappings.Mapping | None
    corrects: Original | None


def preview(
    path: Path,
    *,
    name: str | None = None,
    mends: Iterable[Mend] = (),
    mapping: mappings.Mapping | None = None,
    limit: int = ROWS,
) -> Preview:
    """Reads a file as an import would, and stores nothing. Never raises for what is in the file.

    `limit` is how many rows of each sheet are shown, and how many more of those with errors.
    """
    return look(path, name=name, mends=mends, mapping=mapping, limit=limit)[1]


def look(
    path: Path,
    *,
    name: str | None = None,
    mends: Iterable[Mend] = (),
    mapping: mappings.Mapping | None = None,
    limit: int = ROWS,
) -> tuple[Reading, Preview]:
    """What came of a file, and how it shows, by one reading."""
    given = tuple(mends)
    source = opened(path, name, given)
    found = read_source(source, given, mapping)
    wrong = rejected_rows(source, found)
    days = [statement.speaks_of for statement in found.statements if not statement.speaks_of.undated]
    return found, Preview(
        name=found.name,
        sha256=found.sha256,
        container=_container(source),
        format=found.format,
        version=found.version,
        source=found.source,
        kinds=dict(sorted(Counter(statement.kind for statement in found.statements).items())),
        counts=_counts(source, found, wrong),
        sheets=_shown(source, found, wrong, limit),
        oldest=min((span.start for span in days), default=None),
        newest=max((span.end for span in days), default=None),
        problems=found.problems,
        failed=found.failed,
        proposal=_proposal(path) if found.format is None else None,
        corrects=_corrects(path) if found.format == "winze-mends" else None,
    )


def _container(source: Source) -> str | None:
    try:
        return source.container
    except Unreadable:
        return None


def _tables(source: Source) -> tuple[str | None, ...]:
    """The sheets that can be shown; none where the file cannot be opened."""
    try:
        return source.sheet_names
    except Unreadable:
        return ()


def _counts(source: Source, found: Reading, wrong: Mapping[str | None, Mapping[int, object]]) -> Counts:
    loaded = {(statement.origin.sheet, statement.origin.row) for statement in found.statements}
    refused = {(sheet, row) for sheet, rows in wrong.items() for row in rows}
    torn = sum(1 for row in source.torn if row in wrong.get(None, {}))  # they pass no reader
    pages = [page for sheet, page in source.pages.items() if page.head or any(at[0] == sheet for at in loaded)]
    return Counts(
        read=sum(page.data_rows for page in pages) + torn if pages else None,
        loaded=len(loaded) if pages else len(found.statements),
        refused=len(refused),
        left_out=sum(1 for problem in found.problems if problem.code == "row_left_out"),
    )


def _shown(
    source: Source, found: Reading, wrong: Mapping[str | None, Mapping[int, object]], limit: int
) -> tuple[ShownSheet, ...]:
    by_row: dict[tuple[str | None, int], list[Problem]] = {}
    for problem in found.problems:
        if problem.origin.row is not None:
            by_row.setdefault((problem.origin.sheet, problem.origin.row), []).append(problem)
    sheets: list[ShownSheet] = []
    for sheet in _tables(source):
        try:
            sheets.append(_shown_sheet(source, sheet, by_row, sorted(wrong.get(sheet, ()))[:limit], limit))
        except Unreadable:
            continue  # said already, as a problem of the file
    return tuple(sheets)


def _shown_sheet(
    source: Source, sheet: str | None, by_row: Mapping[tuple[str | None, int], list[Problem]], wrong: list[int],
    limit: int,
) -> ShownSheet:  # fmt: skip
    head = source.page(sheet).head
    cells = source.cells(sheet)
    first = list(islice(cells, limit))
    further = {row for row in wrong if not first or row > first[-1][0]}
    rest = next(cells, None)
    below = [rest] if rest and rest[0] in further else []
    for number, values in cells if further else ():
        if number in further:
            below.append((number, values))
        if number >= max(further):
            break
    rows = [
        ShownRow(
            number,
            tuple(as_text(value) or "" for value in values),
            bool(head and head.row == number),
            _marks(source, sheet, number, by_row.get((sheet, number), ())),
        )
        for number, values in (*first, *below)
    ]
    header_row = head.row or None if head else None
    return ShownSheet(sheet, header_row, head.names if head else (), tuple(rows), rest is not None)


def _marks(source: Source, sheet: str | None, row: int, problems: Iterable[Problem]) -> dict[int, tuple[Problem, ...]]:
    found: dict[int, tuple[Problem, ...]] = {}
    for problem in problems:
        named = problem.origin.cell
        head = source.page(sheet).head
        own = head.names if head and head.row == row else ()
        at = source.page(sheet).column(named, row, own) if named else None
        column = -1 if at is None else at
        found[column] = (*found.get(column, ()), problem)
    return found


def _proposal(path: Path) -> mappings.Mapping | None:
    """A proposed mapping, where at least one sheet fits a template."""
    try:
        found = mappings.propose(path)
    except Unreadable:
        return None
    return found if any(sheet.template for sheet in found.sheets) else None


def _corrects(path: Path) -> Original | None:
    try:
        return original_of(path)
    except Unreadable:
        return None


# -- stop, skip or update --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decision:
    """What a register does with a file. `load` are the statements to add; `supersede` those of them that replace an
    older word, which stays and is marked; `left` what is said otherwise and was not taken; `same` what was there.

    A statement in `supersede` and not in `load` is there already: an older word that is said again.
    """

    mode: Mode
    load: tuple[Statement, ...]
    supersede: tuple[Change, ...]
    left: tuple[Change, ...]
    same: int
    gone: int
    refused: int  # errors in the file
    why: tuple[Problem, ...] = ()  # why nothing is loaded; empty where something may be

    @property
    def stopped(self) -> bool:
        return bool(self.why)


def decide(reading: Reading, comparison: Comparison, mode: Mode) -> Decision:
    """What to do with a file that was read and compared.

    `stop`: an error, or something said otherwise, and nothing is loaded; `why` says which. `skip`: new statements of
    good rows are loaded, and what is said otherwise is left as it was. `update`: those are loaded too and supersede
    the older word; both stay.
    """
    errors = tuple(problem for problem in reading.problems if problem.severity is Severity.ERROR)
    changed, said = comparison.changed, (len(comparison.same), len(comparison.gone), len(errors))
    if mode == "stop" and (errors or changed):
        return Decision(mode, (), (), changed, *said, why=(*errors, *otherwise(reading, changed)))
    if mode == "update":
        known = {statement.id for statement in comparison.same} | {change.before.id for change in changed}
        added = tuple(change.after for change in changed if change.after.id not in known)
        return Decision(mode, (*comparison.new, *added), changed, (), *said)
    return Decision(mode, comparison.new, (), changed, *said)


def otherwise(reading: Reading, changed: Iterable[Change]) -> tuple[Problem, ...]:
    """A problem at the row of each statement that was said before and says something else now."""
    log = Log(reading.id, severities())
    for change in changed:
        at = change.after.origin
        log.add("told_otherwise", sheet=at.sheet, row=at.row, fields=", ".join(change.fields) or "–")
    return tuple(log)
