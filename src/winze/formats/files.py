"""Opens a file somebody sent: what it really is, decided by its bytes, within limits, or a clear reason why not.

Nothing here trusts a name or an ending. Limits stand in `rules/limits.yaml`.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import IO, Any

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from winze.engine.problems import Log
from winze.engine.texts import severities
from winze.formats.mends import Head, Mend, Overlay, Page, plain
from winze.formats.weight import ole_fault, zip_fault

Cell = str | int | float | bool | date | datetime | None
PEEK_ROWS = 40
_TEXT_SAMPLE = 1 << 20
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Unreadable(Exception):
    """The file cannot be read at all; `code` is a problem code and `values` its sentence's values."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read before it is refused. Bytes, rows, columns, cells; `ratio` is inflated to packed.
    `upload_bytes` is what somebody may send to the workbench in one file."""

    bytes: int
    inflated_bytes: int
    ratio: int
    rows: int
    columns: int
    cell_characters: int
    json_bytes: int
    upload_bytes: int

    @property
    def line_characters(self) -> int:
        """The longest line of text that is taken apart: a kilobyte for each column that may be."""
        return max(self.columns * 1_000, self.cell_characters)


@dataclass(frozen=True, slots=True)
class Peek:
    """What a reader may look at to say whether a file is its own."""

    container: str  # "csv", "workbook", "xml", "json"
    sheets: tuple[tuple[str | None, tuple[tuple[str, ...], ...]], ...] = ()  # (sheet, first rows as text)
    root: str = ""  # XML root tag without namespace
    namespace: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    json: Any = None

    @property
    def header(self) -> tuple[str, ...]:
        """The first row of the first sheet, stripped; empty for XML and JSON."""
        return self.sheets[0][1][0] if self.sheets and self.sheets[0][1] else ()

    def has(self, *columns: str) -> bool:
        """Whether the first row names all these columns, in whatever order and case."""
        names = {name.casefold() for name in self.header}
        return all(column.casefold() in names for column in columns)


@dataclass
class Source:
    """One opened input. `name` is relative to the case; `id` is what origins refer to; `overlay` are the corrections
    that lie over its rows."""

    path: Path
    id: str
    name: str
    log: Log
    limits: Limits
    generated_on: date | None = field(default=None)  # a reader sets it where the file says when it was made
    overlay: Overlay = field(default_factory=Overlay)
    pages: dict[str | None, Page] = field(default_factory=dict)
    torn: dict[int, list[Cell]] = field(default_factory=dict)  # rows of a text file that could not be taken apart

    @cached_property
    def sha256(self) -> str:
        """The hash of the file's bytes; empty where it cannot be opened."""
        try:
            with self._opened() as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except Unreadable:
            return ""

    @cached_property
    def container(self) -> str:
        """What the bytes are. Raises Unreadable for what Winze cannot or will not read."""
        with self._opened() as file:
            head = file.read(4096)
            size = file.seek(0, io.SEEK_END)
        if size == 0:
            raise Unreadable("file_empty")
        if size > self.limits.bytes:
            raise Unreadable("file_too_large", size=size, limit=self.limits.bytes)
        for magic, weigh in ((b"PK\x03\x04", zip_fault), (_OLE2, ole_fault)):
            if head.startswith(magic):
                if fault := weigh(self.path, self.limits):
                    raise Unreadable(fault[0], **fault[1])
                return "workbook"
        for magic, what in _KNOWN_BINARIES:
            if head.startswith(magic):
                raise Unreadable("file_kind_not_read", kind=what)
        text = _decode_sample(head).lstrip("\ufeff \t\r\n")
        if not text:
            raise Unreadable("file_empty")
        if text.startswith("<") and not text[:200].lower().startswith(("<!doctype html", "<html")):
            return "xml"
        if text.startswith("<"):
            raise Unreadable("file_kind_not_read", kind="HTML")
        if text[0] in "{[":
            if size > self.limits.json_bytes:
                raise Unreadable("file_too_large", size=size, limit=self.limits.json_bytes)
            return "json"
        if b"\x00" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise Unreadable("file_kind_not_read", kind="binary")
        return "csv"

    @contextmanager
    def _opened(self) -> Iterator[io.BufferedReader]:
        """The file's bytes. Folders, pipes, dangling links and files without permission are Unreadable."""
        try:
            if not self.path.is_file():  # opening a pipe would wait for ever
                raise Unreadable("file_unreachable")
            file = self.path.open("rb")
        except OSError as wrong:
            raise Unreadable("file_unreachable") from wrong
        with file:
            yield file

    # -- tables ------------------------------------------------------------------------------------------------------

    @cached_property
    def encoding(self) -> str:
        """UTF-8 or UTF-16 where the bytes are that; else Windows-1252, which is said as a problem."""
        with self.path.open("rb") as file:
            head = file.read(4)
            if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16"
            if head.startswith(codecs.BOM_UTF8):
                return "utf-8-sig"
            file.seek(0)
            decoder = codecs.getincrementaldecoder("utf-8")()
            try:
                while chunk := file.read(_TEXT_SAMPLE):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                self.log.add("encoding_guessed", encoding="Windows-1252")
                return "cp1252"
        return "utf-8"

    @cached_property
    def delimiter(self) -> str:
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
            sample = file.read(16_384)
        first = next((line for line in sample.splitlines() if line.strip()), "")
        outside = "".join(part for i, part in enumerate(first.split('"')) if i % 2 == 0)
        return max(",;\t|", key=lambda mark: (outside.count(mark), -",;\t|".index(mark)))

    @cached_property
    def _workbook(self) -> CalamineWorkbook:
        # Not by path: the library would choose its reader by the file's ending.
        with _reading_workbook(), self._opened() as file:
            return CalamineWorkbook.from_filelike(file)  # type: ignore[arg-type, unused-ignore]

    @cached_property
    def sheet_names(self) -> tuple[str | None, ...]:
        if self.container == "workbook":
            return tuple(self._workbook.sheet_names)
        return (None,) if self.container == "csv" else ()

    def rows(self, sheet: str | None) -> Iterator[tuple[int, list[Cell]]]:
        """Every row of a sheet with its number as a spreadsheet shows it, from 1, corrections laid over it. Blank rows
        and rows a person leaves out are passed over."""
        return self._rows(sheet, self.log)

    def cells(self, sheet: str | None) -> Iterator[tuple[int, list[Cell]]]:
        """The same rows for whoever only looks: nothing is added to the problems."""
        return self._rows(sheet, Log(self.id, severities()))

    def name_columns(self, sheet: str | None, head: Head) -> None:
        """A reader says what it calls the columns of a sheet; corrections and problems use the same names."""
        self.page(sheet).head = head

    def page(self, sheet: str | None) -> Page:
        return self.pages.setdefault(sheet, Page())

    def _rows(self, sheet: str | None, log: Log) -> Iterator[tuple[int, list[Cell]]]:
        raw = self._sheet_rows(sheet) if self.container == "workbook" else self._csv_rows(log)
        page, passed = self.page(sheet), 0
        try:
            for number, values in raw:
                if number > self.limits.rows:
                    log.add("too_many_rows", sheet=sheet, row=number, limit=self.limits.rows)
                    return
                if self.overlay and self.overlay.touches(sheet, number):
                    values = self._mended(sheet, number, values)
                    if self.overlay.leaves_out(sheet, number):
                        continue
                if len(values) > self.limits.columns:
                    log.add("too_many_columns", sheet=sheet, row=number, limit=self.limits.columns)
                    continue
                if any(value is not None and value != "" for value in values):
                    passed += 1
                    if not page.remembers:
                        page.remember(number, tuple(as_text(value) or "" for value in values))
                    yield number, values
        finally:
            page.passed = max(page.passed, passed)

    def _mended(self, sheet: str | None, number: int, values: list[Cell]) -> list[Cell]:
        """A row with its corrections. One that reads what the cell reads already changes nothing, not even its type."""
        overlay, mended = self.overlay, list(values)
        overlay.reached.add((sheet, number))
        texts = [as_text(value) or "" for value in values]
        for mend in overlay.rows[sheet, number].values():
            if mend.leave_out:
                continue
            at = self.page(sheet).column(mend.cell, number, texts)
            if at is None:
                overlay.nowhere.add(mend)
                continue
            overlay.nowhere.discard(mend)
            blank: Cell = "" if self.container == "csv" else None
            mended += [blank] * (at + 1 - len(mended))
            before = as_text(mended[at])
            if plain(before) != plain(mend.value):
                mended[at] = mend.value or blank
                overlay.was[mend] = before or ""
        return mended

    def settle(self) -> None:
        """Says of each correction what became of it: the cell was changed, the row left out, or there is no such
        cell. Called once, after the file was read."""
        if not self.overlay:
            return
        if self.container not in ("csv", "workbook"):
            self.log.add("mend_not_table", kind=self.container.upper())
            return
        for sheet in {sheet for sheet, _ in self.overlay.rows} & set(self.sheet_names):
            if any(at[0] == sheet and at not in self.overlay.reached for at in self.overlay.rows):
                for _ in self.cells(sheet):
                    pass
        for (sheet, row), mends in self.overlay.rows.items():
            if sheet not in self.sheet_names:
                self.log.add("mend_no_sheet", sheet=sheet, row=row, name=sheet or "–")
            elif (sheet, row) not in self.overlay.reached:
                self.log.add("mend_no_row", sheet=sheet, row=row)
            elif self.overlay.leaves_out(sheet, row):
                self.log.add("row_left_out", sheet=sheet, row=row)
            else:
                self._settle_cells(sheet, row, mends.values())

    def _settle_cells(self, sheet: str | None, row: int, mends: Iterable[Mend]) -> None:
        for mend in mends:
            if mend in self.overlay.nowhere:
                self.log.add("mend_no_cell", sheet=sheet, row=row, cell=mend.cell, column=mend.cell)
            elif mend in self.overlay.was:
                said, before = mend.value or "–", self.overlay.was[mend] or "–"
                self.log.add("cell_mended", sheet=sheet, row=row, cell=mend.cell, value=said, before=before)

    def _csv_rows(self, log: Log) -> Iterator[tuple[int, list[Cell]]]:
        """The rows of a text file. A row that cannot be taken apart, because a quote is never closed or a cell or line
        is too long, does not cost the file: what its quote swallowed is read again as rows of its own."""
        csv.field_size_limit(self.limits.cell_characters)
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
            lines = _Lines(file, self.limits.line_characters)
            table = csv.reader(lines, delimiter=self.delimiter)
            number = width = 0
            while True:
                number += 1
                lines.begin()
                try:
                    values = next(table, None)
                except csv.Error as wrong:
                    yield from self._torn_row(number, [], str(wrong), log)
                    lines.read_again(lines.within(self.limits.cell_characters))
                    table = csv.reader(lines, delimiter=self.delimiter)
                    continue
                if values is None:
                    return
                if lines.ended:
                    swallowed = (values[-1].splitlines() or [""])[0]
                    detail = "a quote is opened and never closed"
                    yield from self._torn_row(number, [*values[:-1], swallowed], detail, log)
                    lines.read_again(len(re.findall(r"(?:\r\n|\r(?!\n)|\n)(?!\Z)", values[-1])))
                    table = csv.reader(lines, delimiter=self.delimiter)
                    continue
                if values == ["\x1a"]:  # how DOS programs, and OFAC's lists, mark the end of a text
                    return
                if lines.cut_off and len(values) < width:
                    log.add("row_cut_off", row=number, cells=len(values), columns=width)
                    return
                width = len(values)
                yield number, list(values)

    def _torn_row(self, number: int, cells: list[Cell], detail: str, log: Log) -> Iterator[tuple[int, list[Cell]]]:
        """A row that could not be taken apart: what of it is legible if a person corrected it, else a problem."""
        if self.overlay.touches(None, number):
            yield number, cells
            return
        log.add("row_broken", row=number, detail=detail)
        if len(self.torn) < PEEK_ROWS * 100:
            self.torn[number] = cells

    def _sheet_rows(self, sheet: str | None) -> Iterator[tuple[int, list[Cell]]]:
        with _reading_workbook():
            page = self._workbook.get_sheet_by_name(sheet or self._workbook.sheet_names[0])
            before: list[Cell] = [None] * (page.start[1] if page.start else 0)
            for number, values in enumerate(page.iter_rows(), start=1):
                yield number, before + [None if value == "" else value for value in values]  # type: ignore[misc]

    # -- XML and JSON ------------------------------------------------------------------------------------------------

    def elements(self, *tags: str) -> Iterator[etree._Element]:
        """Each element with one of these tags (local names), freed after use. No entity, no network, no DTD."""
        wanted = [f"{{*}}{tag}" for tag in tags]
        try:
            with self._xml() as file:
                context = etree.iterparse(
                    file, events=("end",), tag=wanted, resolve_entities=False, no_network=True, load_dtd=False,
                    huge_tree=False, remove_comments=True, remove_pis=True,
                )  # fmt: skip
                for _, element in context:
                    yield element
                    element.clear()
                    while element.getprevious() is not None:
                        parent = element.getparent()
                        if parent is None:
                            break
                        del parent[0]
        except etree.XMLSyntaxError as wrong:
            self.log.add("xml_broken", row=wrong.lineno, detail=wrong.msg)

    @contextmanager
    def _xml(self) -> Iterator[IO[bytes]]:
        with self.path.open("rb") as file:
            head = file.read(1 << 16)
            if b"<!ENTITY" in head or "<!ENTITY".encode("utf-16-le") in head or "<!ENTITY".encode("utf-16-be") in head:
                raise Unreadable("xml_entities")
            file.seek(0)
            yield file

    @cached_property
    def json(self) -> Any:
        try:
            text = self.path.read_text(encoding=self.encoding)
            value = json.loads(text)
            if re.search(r"\\u[dD][89a-fA-F]", text):  # half a character, which no output could carry
                json.dumps(value, ensure_ascii=False).encode()
            return value
        except (ValueError, RecursionError) as wrong:
            raise Unreadable("json_broken", detail=wrong) from wrong

    # -- looking -----------------------------------------------------------------------------------------------------

    def peek(self) -> Peek:
        """The little that decides which reader a file belongs to. Raises Unreadable."""
        container = self.container
        if container == "xml":
            return self._peek_xml()
        if container == "json":
            return Peek("json", json=self.json)
        sheets = []
        # What is wrong with a row is said once, when the file is read.
        aside = Log(self.id, severities())
        for name in self.sheet_names:
            head: list[tuple[str, ...]] = []
            for number, values in self._rows(name, aside):
                head += [()] * (number - 1 - len(head))
                head.append(tuple(as_text(value) or "" for value in values))
                if len(head) >= PEEK_ROWS:
                    break
            sheets.append((name, tuple(head)))
        if not any(rows for _, rows in sheets):
            for problem in aside:
                raise Unreadable(problem.code, **dict(problem.values))
            raise Unreadable("file_empty")
        return Peek(container, sheets=tuple(sheets))

    def _peek_xml(self) -> Peek:
        try:
            with self._xml() as file:
                context = etree.iterparse(
                    file, events=("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
                )
                _, root = next(iter(context))
                name = etree.QName(root)
                pairs = tuple((etree.QName(key).localname, str(value)) for key, value in root.attrib.items())
                return Peek("xml", root=name.localname, namespace=name.namespace or "", attributes=pairs)
        except (etree.XMLSyntaxError, StopIteration) as wrong:
            raise Unreadable("file_damaged", detail=wrong) from wrong


_KNOWN_BINARIES = (
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"Rar!", "RAR archive"),
    (b"7z\xbc\xaf", "7z archive"),
    (b"BZh", "bzip2"),
    (b"SQLite format 3", "SQLite database"),
    (b"PAR1", "Parquet"),
)


def _decode_sample(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    return head.decode("utf-8-sig", errors="replace")


class _Lines:
    """The lines of a text file, those of the row being read kept so that they can be read again.

    A line longer than `longest` is passed over; a row of many lines ends where it grows longer than that.
    """

    def __init__(self, file: IO[str], longest: int) -> None:
        self._file = file
        self._longest = longest
        self._again: list[str] = []  # lines to give once more, the next one last
        self._length = 0
        self._taken: list[str] = []
        self.ended = False
        self.cut_off = False  # the file ends without a line end

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._file.readline(self._longest)
        if not line:
            self.ended = True
            raise StopIteration
        self.cut_off = not line.endswith(("\n", "\r"))
        if self.cut_off and len(line) == self._longest:
            while (rest := self._file.readline(self._longest)) and not rest.endswith(("\n", "\r")):
                pass
            raise csv.Error(f"line longer than {self._longest} characters")
        self._length += len(line)
        if self._length > self._longest:
            self._taken.clear()
            raise csv.Error(f"row longer than {self._longest} characters")
        self._taken.append(line)
        return line

    def begin(self) -> None:
        """A new row begins: what was taken before it is settled."""
        self._taken.clear()
        self._length = 0

    def within(self, characters: int) -> int:
        """How many of the last lines taken have no more characters together."""
        lengths = accumulate(len(line) for line in reversed(self._taken))
        return sum(1 for length in lengths if length <= characters)

    def read_again(self, count: int) -> None:
        """Gives the last lines taken once more: those an open quote swallowed. None of them can open one itself and
        swallow as much, so that no file is read more than about twice."""
        self._again += reversed(self._taken[len(self._taken) - count :])
        self.ended = False


@contextmanager
def _reading_workbook() -> Iterator[None]:
    """Turns whatever a spreadsheet library says of a bad file into Unreadable. Its panics are no Exception."""
    try:
        yield
    except PasswordError as wrong:
        raise Unreadable("file_encrypted") from wrong
    except (CalamineError, OSError, ValueError, OverflowError) as wrong:
        raise Unreadable("file_damaged", detail=wrong) from wrong
    except BaseException as wrong:
        if type(wrong).__name__ == "PanicException":
            raise Unreadable("file_damaged", detail=wrong) from wrong
        raise


def as_text(value: Cell) -> str | None:
    """A cell as the text a person reads in it: stripped, None where blank; whole floats without a point."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == value.time().min else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip() or None
