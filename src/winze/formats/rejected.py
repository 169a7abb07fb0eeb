"""The rows that were not loaded, as a file to mend and send back; and that file, understood when it returns.

A block for each sheet: a line that says which file it belongs to (name and hash), the headings, then each row with its
place in the original, what is wrong, what to do, whether to leave it out, and its cells as they were. A last column
seals what was given, so that only what a person changed becomes a correction, whatever a spreadsheet does to the rest.
Nothing in it runs as a formula. The workbook is for people; the CSV form is for programs, since spreadsheets rewrite
dates and numbers of a CSV file unasked.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from winze.engine.problems import Problem, Severity
from winze.engine.records import Statement
from winze.engine.texts import hint, say, sentence
from winze.formats.files import Cell, Peek, Source, Unreadable, as_text
from winze.formats.mends import Mend, letters_at, loose, plain
from winze.formats.reading import Reader, Reading, opened, read_source
from winze.formats.tables import TRUE

MARK = "winze-mends/1"
LEADING = ("place", "wrong", "todo", "leave-out")
_SEAL = 6  # letters of the seal of one cell
_LONGEST = 16_000  # characters of a cell; a spreadsheet holds 32,767 halves of one
_UNPRINTABLE = re.compile("[^\t\n\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ALL = 10_000_000  # problems listed one by one: of every row


@dataclass(frozen=True, slots=True)
class Row:
    """One row that was not loaded: its number, its cells with corrections so far, and what is wrong with it."""

    number: int
    cells: tuple[Cell, ...]
    problems: tuple[Problem, ...]
    marked: frozenset[int] = frozenset()  # the columns that the problems name


@dataclass(frozen=True, slots=True)
class Block:
    """The rejected rows of one sheet, under the headings as the file writes them."""

    sheet: str | None
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    width: int  # of the widest row, the headings included


@dataclass(frozen=True, slots=True)
class Original:
    """Which file a file of corrections was written from."""

    sha256: str
    name: str


# -- the rows that were not loaded -----------------------------------------------------------------------------------


def rejected(path: Path, reading: Reading, language: str = "en") -> bytes:
    """The rows of a file that were not loaded, as a workbook to mend and send back. `reading` is what `read` made of
    the file, with its corrections and mapping. What is wrong with the file as a whole stands on a sheet of its own."""
    blocks, whole = _blocks(path, reading)
    return _workbook(blocks, whole, reading, language)


def rejected_csv(path: Path, reading: Reading, language: str = "en") -> bytes:
    """The same rows as CSV (UTF-8), for programs."""
    blocks, _ = _blocks(path, reading)
    buffer = io.StringIO()
    lines = csv.writer(buffer, lineterminator="\r\n")
    for block in blocks:
        lines.writerow([_guarded(_given(cell)) for cell in _marker(block, reading)])
        lines.writerow(
            [_guarded(_given(cell)) for cell in (*_leading(language), *_headings(block), _sealing(language))]
        )
        for row in block.rows:
            said = _said(block.sheet, row, language)
            lines.writerow([_guarded(_given(cell)) for cell in (*said, *_padded(block, row), seal(block, row))])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode("utf-8", "replace")


def _blocks(path: Path, reading: Reading) -> tuple[list[Block], list[Problem]]:
    """Each sheet's rejected rows, read again so that none is missing from a long list; and the errors of no row."""
    source = opened(path, reading.name, reading.mends, keep=_ALL)
    found = read_source(source, reading.mends, reading.mapping)
    wrong = rejected_rows(source, found)
    whole = [
        p for p in found.problems if p.severity is Severity.ERROR and p.origin.row not in wrong.get(p.origin.sheet, {})
    ]
    return [_block(source, sheet, rows) for sheet, rows in wrong.items() if rows], whole


def rejected_rows(source: Source, found: Reading) -> dict[str | None, dict[int, list[Problem]]]:
    """By sheet and row of data, all that is wrong with each row that has an error; errors first. A correction that
    found no cell does not make its row a rejected one."""
    tables = set(source.sheet_names) if found.format is not None else set()
    refused = {
        (p.origin.sheet, p.origin.row)
        for p in found.problems
        if p.severity is Severity.ERROR and p.origin.sheet in tables and not p.code.startswith("mend_")
        if p.origin.row is not None and p.origin.row > _headings_end(source, p.origin.sheet)
    }
    rows: dict[str | None, dict[int, list[Problem]]] = {}
    for problem in sorted(found.problems, key=lambda p: (p.origin.row or 0, p.severity is not Severity.ERROR)):
        at = problem.origin
        if at.row is not None and (at.sheet, at.row) in refused and problem.severity is not Severity.NOTE:
            rows.setdefault(at.sheet, {}).setdefault(at.row, []).append(problem)
    return rows


def _headings_end(source: Source, sheet: str | None) -> int:
    head = source.page(sheet).head
    return head.last if head else 1


def _block(source: Source, sheet: str | None, wrong: dict[int, list[Problem]]) -> Block:
    page, rows = source.page(sheet), []
    head, headings = page.head, page.early[0][1] if page.early else ()
    cells = {number: tuple(values) for number, values in source.cells(sheet) if number in wrong}
    torn = source.torn if source.container == "csv" else {}
    if head:
        headings = next((texts for number, texts in page.early if number == head.row), head.names)
    for number, problems in sorted(wrong.items()):
        named = (page.column(p.origin.cell, number) for p in problems if p.origin.cell)
        marked = frozenset(at for at in named if at is not None)
        rows.append(Row(number, cells.get(number, tuple(torn.get(number, ()))), tuple(problems), marked))
    return Block(sheet, headings, tuple(rows), max(len(headings), *(len(row.cells) for row in rows)))


# -- written ---------------------------------------------------------------------------------------------------------


def seal(block: Block, row: Row) -> str:
    """What was given in a row, a few letters for each cell, by which a change is known when the file comes back."""
    return "s" + "".join(_sealed(_given(cell)) for cell in _padded(block, row))


def _sealed(text: str) -> str:
    return hashlib.blake2b(plain(text).encode("utf-8", "replace"), digest_size=_SEAL // 2).hexdigest()


def _given(cell: Cell) -> str:
    """A cell as the file of corrections shows it: readable, and no longer than a spreadsheet holds."""
    return plain(_UNPRINTABLE.sub("\ufffd", plain(as_text(cell))))[:_LONGEST].strip()


def _padded(block: Block, row: Row) -> list[Cell]:
    return [*row.cells, *[None] * (block.width - len(row.cells))]


def _headings(block: Block) -> list[str]:
    return [*block.headings, *[""] * (block.width - len(block.headings))]


def _marker(block: Block, reading: Reading) -> list[str]:
    """The line that says which file and sheet a block belongs to, and how its headings were."""
    sealed = "s" + "".join(_sealed(_given(name)) for name in _headings(block))
    return [MARK, reading.sha256, reading.name, json.dumps(block.sheet) if block.sheet else "", sealed]


def _leading(language: str) -> list[str]:
    return [say(f"rejected.column.{name}", language) for name in LEADING]


def _sealing(language: str) -> str:
    return say("rejected.column.seal", language)


def _said(sheet: str | None, row: Row, language: str) -> list[str]:
    """Place, what is wrong, what to do, and the empty answer whether to leave the row out."""
    wrong = [f"{p.origin.cell}: {sentence(p, language)}" if p.origin.cell else sentence(p, language)
             for p in row.problems]  # fmt: skip
    todo = dict.fromkeys(hint(p, language) for p in row.problems)
    return [f"{sheet}!{row.number}" if sheet else str(row.number), "\n".join(wrong), "\n".join(todo), ""]


def _guarded(text: str) -> str:
    """A text that no spreadsheet runs: a quote is put before it, and before one that begins with a quote already."""
    risky = text[:1] in ("=", "+", "-", "@", "'") or text.lstrip()[:1] in ("=", "@", "+", "-")
    return f"'{text}" if risky else text


def _workbook(blocks: list[Block], whole: list[Problem], reading: Reading, language: str) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": "Winze", "created": datetime(2020, 5, 11)})  # noqa: DTZ001
        looks = _looks(book)
        names = _sheet_names(blocks, language)
        for block, name in zip(blocks, names, strict=True):
            _page(book.add_worksheet(name), block, reading, language, looks)
        if whole or not blocks:
            _whole_page(book.add_worksheet(_free(say("rejected.sheet.whole", language), names)), whole, language, looks)
    return buffer.getvalue()


def _looks(book: Any) -> dict[str, Any]:
    """`@` makes what a person types stay what was typed: 00123 and 2020-05 are not turned into something else."""
    text = {"num_format": "@", "valign": "top"}
    wrong = {"bg_color": "#ffe08a", "border": 1}
    return {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "said": book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#f2f2f2"}),
        "text": book.add_format(text), "text!": book.add_format({**text, **wrong}),
        "quoted": book.add_format({**text, "quote_prefix": True}),
        "quoted!": book.add_format({**text, **wrong, "quote_prefix": True}),
        "number": book.add_format({"valign": "top"}), "number!": book.add_format({"valign": "top", **wrong}),
        "day": book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"}),
        "day!": book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", **wrong}),
    }  # fmt: skip


def _sheet_names(blocks: list[Block], language: str) -> list[str]:
    names: list[str] = []
    for block in blocks:
        names.append(_free(block.sheet or say("rejected.sheet.rows", language), names))
    return names


def _free(wanted: str, taken: Iterable[str]) -> str:
    """A sheet name that a workbook may have and does not have yet."""
    used = {name.casefold() for name in taken} | {"history"}
    base = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", wanted).strip("' ")[:28] or "1"
    return next(name for n in range(1, 10_000) if (name := base if n == 1 else f"{base} {n}").casefold() not in used)


def _page(page: Any, block: Block, reading: Reading, language: str, looks: dict[str, Any]) -> None:
    for at, text in enumerate(_marker(block, reading)):
        page.write_string(0, at, _given(text))
    page.set_row(0, None, None, {"hidden": True})
    for at, text in enumerate((*_leading(language), *block.headings)):
        page.write_string(1, at, _given(text), looks["head"])
    last = len(LEADING) + block.width
    page.write_string(1, last, _sealing(language), looks["head"])
    page.write_comment(1, 0, say("rejected.note", language))
    for line, row in enumerate(block.rows, start=2):
        for at, text in enumerate(_said(block.sheet, row, language)):
            page.write_string(line, at, _given(text), looks["text" if at == 3 else "said"])
        for at, cell in enumerate(_padded(block, row)):
            _write(page, line, len(LEADING) + at, cell, "!" if at in row.marked else "", looks)
        page.write_string(line, last, seal(block, row))
    page.set_column(0, 0, 14)
    page.set_column(1, 2, 44)
    page.set_column(3, 3, 12)
    page.set_column(4, last - 1, 16)
    page.set_column(last, last, 4, None, {"hidden": True})
    page.freeze_panes(2, len(LEADING))


def _write(page: Any, line: int, at: int, cell: Cell, mark: str, looks: dict[str, Any]) -> None:
    """A number or day as what it is where the workbook keeps it exactly; anything else as text, never as a formula."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | date):
        text = _given(cell)
        if text or mark:
            page.write_string(line, at, text, looks[("quoted" if text != _guarded(text) else "text") + mark])
    elif isinstance(cell, date):
        whole = not isinstance(cell, datetime) or cell.time() == cell.time().min
        if whole and cell.year > 1900:
            page.write_datetime(line, at, datetime(cell.year, cell.month, cell.day), looks["day" + mark])  # noqa: DTZ001
        else:
            page.write_string(line, at, _given(cell), looks["text" + mark])
    elif abs(cell) < 1e15 and float(f"{float(cell):.16G}") == cell:
        page.write_number(line, at, cell, looks["number" + mark])
    else:
        page.write_string(line, at, _given(cell), looks["text" + mark])


def _whole_page(page: Any, whole: list[Problem], language: str, looks: dict[str, Any]) -> None:
    for at, text in enumerate(_leading(language)[:3]):
        page.write_string(0, at, text, looks["head"])
    for line, problem in enumerate(whole, start=1):
        o = problem.origin
        place = " ".join(str(part) for part in (o.sheet, o.row, o.cell) if part is not None)
        for at, text in enumerate((place, sentence(problem, language), hint(problem, language))):
            page.write_string(line, at, _given(text), looks["said"])
    page.set_column(0, 0, 14)
    page.set_column(1, 2, 60)


# -- come back -------------------------------------------------------------------------------------------------------


def original_of(path: Path) -> Original | None:
    """Which file this one corrects, None where it is no file of corrections. Raises Unreadable."""
    return _original(opened(path).peek())


def mends_from(path: Path, original_sha256: str) -> tuple[Mend, ...]:
    """The corrections a returned file holds: the cells that were changed, and the rows to leave out.

    Raises Unreadable where it belongs to another file than the one with this hash, is no file of corrections, or had
    its columns moved.
    """
    source = opened(path)
    if source.container not in ("csv", "workbook") or _original(source.peek()) is None:
        raise Unreadable("corrections_not_ours", mark=MARK)
    csv_file = source.container == "csv"
    mends: dict[tuple[str | None, int, str], Mend] = {}
    for sheet in source.sheet_names:
        for mend in _returned(source.rows(sheet), original_sha256, csv_file):
            mends[mend.sheet, mend.row, "" if mend.leave_out else mend.cell] = mend
    return tuple(mends.values())


def _original(peek: Peek) -> Original | None:
    for _, rows in peek.sheets:
        first = next((row for row in rows if any(row)), ())
        if first and _bared(first[0].lstrip("\ufeff")) == MARK:
            texts = [_bared(text) for text in (*first, "", "")]
            return Original(texts[1], texts[2])
    return None


def _returned(rows: Iterator[tuple[int, list[Cell]]], sha256: str, csv_file: bool) -> Iterator[Mend]:
    marker: list[str] = []
    headings: list[str] | None = None
    for number, values in rows:
        texts = [plain(as_text(value)) for value in values]
        if _bared(texts[0].lstrip("\ufeff")) == MARK:
            marker, headings = [*map(_bared, texts), "", "", "", ""], None
            if marker[1] != sha256:
                raise Unreadable("corrections_of_another", name=marker[2] or marker[1][:12])
        elif marker and headings is None:
            headings = _same_headings(texts, marker[4])
        elif marker and headings is not None:
            yield from _changes(texts, number, _sheet_of(marker[3], number), headings, csv_file)


def _sheet_of(written: str, at: int) -> str | None:
    try:
        return str(json.loads(written)) if written else None
    except ValueError as wrong:
        raise Unreadable("corrections_no_place", at=at) from wrong


def _same_headings(texts: Sequence[str], sealed: str) -> list[str]:
    """The original's headings of a returned block; raises Unreadable where they are not what was given."""
    given = [sealed[at : at + _SEAL] for at in range(1, len(sealed), _SEAL)]
    headings = [*texts[len(LEADING) :], *[""] * len(given)]
    for name, wanted in zip(headings, given, strict=False):
        if not _unchanged(name, wanted):
            raise Unreadable("corrections_moved", column=name or "–")
    return [name if _sealed(name) == wanted else _bared(name) for name, wanted in zip(headings, given, strict=False)]


def _changes(texts: list[str], at: int, sheet: str | None, headings: list[str], csv_file: bool) -> Iterator[Mend]:
    """The cells of one row that are not what was given. Where the seals were lost each cell counts as changed: one
    that reads as the original does changes nothing there."""
    match = re.search(r"(?:^|!)(\d{1,9})(?:\.0)?$", texts[0])
    width = len(LEADING) + len(headings)
    texts += [""] * (width + 1 - len(texts))
    if match is None:
        raise Unreadable("corrections_no_place", at=at)
    row, sealed = int(match[1]), texts[width]
    if texts[3].casefold() in TRUE | {"x", "✓"}:
        yield Mend(sheet, row, leave_out=True)
    whole = len(sealed) == 1 + _SEAL * len(headings)
    for column, text in enumerate(texts[len(LEADING) : width]):
        start = 1 + _SEAL * column
        if not whole or not _unchanged(text, sealed[start : start + _SEAL]):
            yield Mend(sheet, row, _named(headings, column, row), (_bared(text) if csv_file else text) or None)


def _unchanged(text: str, sealed: str) -> bool:
    """Whether a cell is what was given, with or without the quote that guards a text in CSV."""
    return sealed in (_sealed(text), _sealed(_bared(text)))


def _named(headings: list[str], column: int, row: int) -> str:
    """A column by its heading where that is its alone, else by its letters; with the row where a heading reads so."""
    alike = [loose(heading) for heading in headings]
    if headings[column] and alike.count(alike[column]) == 1:
        return headings[column]
    letters = letters_at(column)
    return letters if loose(letters) not in alike else f"{letters}{row}"


def _bared(text: str) -> str:
    return text.removeprefix("'")


# -- read alone ------------------------------------------------------------------------------------------------------


def _recognise(peek: Peek) -> str | None:
    return MARK.rpartition("/")[2] if _original(peek) else None


def _read(source: Source) -> Iterator[Statement]:
    """A file of corrections says nothing by itself."""
    found = _original(source.peek())
    source.log.add("corrections_alone", name=found.name if found else "")
    return iter(())


READERS = (Reader("winze-mends", "user", _recognise, _read),)
