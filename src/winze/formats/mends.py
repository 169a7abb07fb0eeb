"""Corrections of a file that itself never changes: what stands in a cell, and what a person says should stand there.

The file as it was sent is the evidence and is kept. A correction names a cell and the text it should read; the readers
see the corrected cell, and a note says what the file says. Laying corrections over the rows is done in one place
(`Source.rows`), so that every reader of tables has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_LETTERS = re.compile(r"([A-Z]{1,3})(\d*)")
_REMEMBERED = 40  # rows of a sheet in which headings are looked for where no reader has named the columns


@dataclass(frozen=True, slots=True, order=True)
class Mend:
    """A person's correction of one cell, or the word that a row is to be left out (`leave_out`).

    `sheet` is None for a file without sheets; `row` is the number a spreadsheet shows; `cell` is the heading as
    problems name it, or a column letter. `value` is the text the cell should read, None for blank.
    """

    sheet: str | None
    row: int
    cell: str = ""
    value: str | None = None
    leave_out: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """What the columns of a sheet are called, as problems name them. `row` is the heading row, 0 where there is none;
    `last` the last row before the data."""

    row: int
    names: tuple[str, ...]
    last: int


@dataclass
class Page:
    """What is remembered of one sheet while it is read: its first rows as text, its head, how many rows passed."""

    early: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    head: Head | None = None
    passed: int = 0

    def remember(self, number: int, texts: tuple[str, ...]) -> None:
        if len(self.early) < _REMEMBERED and (not self.early or self.early[-1][0] < number):
            self.early.append((number, texts))

    @property
    def remembers(self) -> bool:
        return len(self.early) >= _REMEMBERED

    @property
    def data_rows(self) -> int:
        """How many rows below the headings passed at the fullest reading of the sheet."""
        last = self.head.last if self.head else 0
        return max(0, self.passed - sum(1 for number, _ in self.early if number <= last))

    def column(self, cell: str, row: int, own: Sequence[str] = ()) -> int | None:
        """Where a cell of a row stands, from 0, by heading or letter; None where there is no such column. `own` are
        the row's own texts: in the heading row a heading is named by what it reads."""
        places = self._named(row) or [*(texts for number, texts in self.early if number < row), tuple(own)]
        for likeness in (str, loose):
            wanted = likeness(cell.strip())
            for texts in places:
                found = next((n for n, text in enumerate(texts) if likeness(text) == wanted), None)
                if wanted and found is not None:
                    return found
        width = max(len(own), *(len(texts) for texts in places))
        match = _LETTERS.fullmatch(cell.strip())
        if match is None or match[2] not in ("", str(row)):
            return None
        at = at_letters(match[1])
        return at if at < width else None

    def _named(self, row: int) -> list[tuple[str, ...]]:
        """The headings above a row of data: as the reader calls the columns, then as the file writes them."""
        if self.head is None or row <= self.head.row:
            return []
        return [self.head.names, *(texts for number, texts in self.early if number == self.head.row)]


class Overlay:
    """The corrections of one file, by row; of two that name one cell the later stands."""

    def __init__(self, mends: Iterable[Mend] = ()) -> None:
        self.rows: dict[tuple[str | None, int], dict[str, Mend]] = {}
        for mend in mends:
            row = self.rows.setdefault((mend.sheet or None, mend.row), {})
            row.pop("" if mend.leave_out else mend.cell, None)
            row["" if mend.leave_out else mend.cell] = mend
        self.was: dict[Mend, str] = {}  # each correction that changed a cell, with what the file says there
        self.reached: set[tuple[str | None, int]] = set()
        self.nowhere: set[Mend] = set()  # its row is there, its column is not

    def __bool__(self) -> bool:
        return bool(self.rows)

    def touches(self, sheet: str | None, row: int) -> bool:
        return (sheet, row) in self.rows

    def leaves_out(self, sheet: str | None, row: int) -> bool:
        return any(mend.leave_out for mend in self.rows.get((sheet, row), {}).values())


def at_letters(letters: str) -> int:
    """The column of spreadsheet letters, from 0: A is 0, AA is 26."""
    at = 0
    for letter in letters:
        at = at * 26 + ord(letter) - 64
    return at - 1


def letters_at(column: int) -> str:
    """The spreadsheet letters of a column counted from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def plain(text: str | None) -> str:
    """A cell's text as two are compared: ends stripped, line ends of one kind. Blank is the empty text."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def loose(text: str) -> str:
    """A heading as two are compared where they are not the same to the letter."""
    return re.sub(r"[\s_-]+", "_", text.strip().casefold())
