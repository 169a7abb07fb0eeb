"""Opens a file somebody sent: what it really is, decided by its bytes, within limits, or a clear reason why not.

Nothing here trusts a name or an ending. Limits stand in `rules/limits.yaml`.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from winze.engine.problems import Log

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
    """How much of a file is read before it is refused. Bytes, rows, columns, cells; `ratio` is inflated to packed."""

    bytes: int
    inflated_bytes: int
    ratio: int
    rows: int
    columns: int
    cell_characters: int
    json_bytes: int


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
    """One opened input. `name` is relative to the case; `id` is what origins refer to."""

    path: Path
    id: str
    name: str
    log: Log
    limits: Limits
    generated_on: date | None = field(default=None)  # a reader sets it where the file says when it was made

    @cached_property
    def sha256(self) -> str:
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @cached_property
    def container(self) -> str:
        """What the bytes are. Raises Unreadable for what Winze cannot or will not read."""
        size = self.path.stat().st_size
        if size == 0:
            raise Unreadable("file_empty")
        if size > self.limits.bytes:
            raise Unreadable("file_too_large", size=size, limit=self.limits.bytes)
        with self.path.open("rb") as file:
            head = file.read(4096)
        if head.startswith(b"PK\x03\x04"):
            self._check_zip()
            return "workbook"
        if head.startswith(_OLE2):
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
        if text[0] in "{[" and size <= self.limits.json_bytes:
            return "json"
        if b"\x00" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise Unreadable("file_kind_not_read", kind="binary")
        return "csv"

    def _check_zip(self) -> None:
        """Refuses a zip that is damaged, encrypted, not a workbook, or inflates beyond the limits."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                members = archive.infolist()
                if any(member.flag_bits & 0x1 for member in members):
                    raise Unreadable("file_encrypted")
                names = {member.filename for member in members}
                if not any(name.endswith(("workbook.xml", "workbook.bin", "content.xml")) for name in names):
                    raise Unreadable("zip_not_workbook")
                inflated = 0
                allowed = min(self.limits.inflated_bytes, max(self.path.stat().st_size, 1 << 20) * self.limits.ratio)
                for member in members:
                    with archive.open(member) as part:
                        while chunk := part.read(1 << 20):
                            inflated += len(chunk)
                            if inflated > allowed:
                                raise Unreadable("file_bomb", limit=allowed)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as wrong:
            raise Unreadable("file_damaged", detail=wrong) from wrong
        except Exception as wrong:
            if isinstance(wrong, Unreadable):
                raise
            if type(wrong).__name__ == "error":  # zlib.error has no public base class
                raise Unreadable("file_damaged", detail=wrong) from wrong
            raise

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
        try:
            return CalamineWorkbook.from_path(str(self.path))
        except PasswordError as wrong:
            raise Unreadable("file_encrypted") from wrong
        except (CalamineError, OSError) as wrong:
            code = "file_encrypted" if _is_encrypted_office(self.path) else "file_damaged"
            raise Unreadable(code, detail=wrong) from wrong

    @cached_property
    def sheet_names(self) -> tuple[str | None, ...]:
        if self.container == "workbook":
            return tuple(self._workbook.sheet_names)
        return (None,) if self.container == "csv" else ()

    def rows(self, sheet: str | None) -> Iterator[tuple[int, list[Cell]]]:
        """Every row of a sheet with its number as a spreadsheet shows it, from 1. Blank rows are passed over."""
        raw = self._sheet_rows(sheet) if self.container == "workbook" else self._csv_rows()
        for number, values in raw:
            if number > self.limits.rows:
                self.log.add("too_many_rows", sheet=sheet, row=number, limit=self.limits.rows)
                return
            if len(values) > self.limits.columns:
                self.log.add("too_many_columns", sheet=sheet, row=number, limit=self.limits.columns)
                continue
            if any(value is not None and value != "" for value in values):
                yield number, values

    def _csv_rows(self) -> Iterator[tuple[int, list[Cell]]]:
        csv.field_size_limit(self.limits.cell_characters)
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
            lines = csv.reader(file, delimiter=self.delimiter)
            number = 0
            while True:
                number += 1
                try:
                    values = next(lines)
                except StopIteration:
                    return
                except csv.Error as wrong:
                    self.log.add("row_broken", row=number, detail=wrong)
                    continue
                yield number, list(values)

    def _sheet_rows(self, sheet: str | None) -> Iterator[tuple[int, list[Cell]]]:
        try:
            page = self._workbook.get_sheet_by_name(sheet or self._workbook.sheet_names[0])
        except (CalamineError, OSError) as wrong:
            raise Unreadable("file_damaged", detail=wrong) from wrong
        start = page.start[0] if page.start else 0
        for number, values in enumerate(page.to_python(skip_empty_area=False), start=1):
            if number > start:
                yield number, [None if value == "" else value for value in values]  # type: ignore[misc]

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
            return json.loads(self.path.read_text(encoding=self.encoding))
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
        for name in self.sheet_names:
            head: list[tuple[str, ...]] = []
            for number, values in self.rows(name):
                while len(head) < number - 1:
                    head.append(())
                head.append(tuple(as_text(value) or "" for value in values))
                if len(head) >= PEEK_ROWS:
                    break
            sheets.append((name, tuple(head)))
        if not any(rows for _, rows in sheets):
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


def _is_encrypted_office(path: Path) -> bool:
    """Whether an OLE2 file is an encrypted Office package: its directory then names an EncryptedPackage stream."""
    with path.open("rb") as file:
        return "EncryptedPackage".encode("utf-16-le") in file.read(1 << 22)


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


