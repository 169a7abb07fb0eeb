"""What a workbook would take in memory when it is opened, found out before anything opens it.

A spreadsheet library lays a sheet out as a full rectangle and copies a shared text into every cell that names it, so a
file of a few kilobytes can ask for hundreds of gigabytes with two far cells or one long text. Both are weighed here by
what the file holds, never by the sizes it claims. Nothing unpacked is kept.
"""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from winze.formats.files import Limits

Fault = tuple[str, Mapping[str, object]]
_CELL_BYTES = 32  # what one cell of a grid takes in memory, filled or not
_DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, etree.XMLSyntaxError,
    EOFError, NotImplementedError, OSError, ValueError, RuntimeError, LookupError, OverflowError,
)  # fmt: skip


class _TooMuch(Exception):
    """More than `args[0]` bytes would come out of the file."""


# --------------------------------------------------------------------------------------------------------------------
# XLSX, XLSM and ODS: zip archives of XML


def zip_fault(path: Path, limits: Limits) -> Fault | None:
    """Why a zip archive is not opened as a workbook: a problem code and its sentence's values. None: it can be opened.

    Problems: file_encrypted, file_kind_not_read (binary XLSB, whose grid is not weighed), zip_not_workbook,
    file_bomb, file_damaged.
    """
    allowed = min(limits.inflated_bytes, max(path.stat().st_size, 1 << 20) * limits.ratio)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if any(member.flag_bits & 0x1 for member in members):
                return "file_encrypted", {}
            if any(member.filename.endswith("workbook.bin") for member in members):
                return "file_kind_not_read", {"kind": "XLSB"}
            if not any(member.filename.endswith(("workbook.xml", "content.xml")) for member in members):
                return "zip_not_workbook", {}
            _weigh_members(archive, members, allowed, limits.inflated_bytes)
    except _TooMuch as wrong:
        return "file_bomb", {"limit": wrong.args[0]}
    except _DAMAGE as wrong:
        return "file_damaged", {"detail": wrong}
    return None


def _weigh_members(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], allowed: int, grid_allowed: int) -> None:
    """Unpacks every member once. Raises _TooMuch past what is allowed, in bytes."""
    grid = _Grid(grid_allowed)
    unpacked = 0
    # The shared texts come first, since the sheets are weighed by them.
    for member in sorted(members, key=lambda m: not m.filename.endswith("sharedStrings.xml")):
        claimed, member.file_size = member.file_size, 1 << 62  # so that unpacking ends where the data does
        with archive.open(member) as part:
            stream = _Counted(part, unpacked, allowed)
            # Old drawings (.vml) are not well-formed XML and hold no cells.
            if re.match(rb"(\xef\xbb\xbf)?\s*<", stream.peek()) and not member.filename.endswith(".vml"):
                grid.weigh(stream)
            while stream.read(1 << 20):
                pass
        if stream.count - unpacked != claimed:
            raise zipfile.BadZipFile(f"{member.filename}: {stream.count - unpacked} bytes, not {claimed}")
        unpacked = stream.count


class _Counted:
    """A stream that counts what is read and stops at a limit."""

    def __init__(self, part: IO[bytes], count: int, allowed: int) -> None:
        self._part = part
        self._allowed = allowed
        self._ahead = b""
        self.count = count

    def peek(self) -> bytes:
        self._ahead = self.read(64)
        return self._ahead

    def read(self, size: int = -1) -> bytes:
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            return ahead
        chunk = self._part.read(min(size, 1 << 20) if size > 0 else 1 << 20)
        self.count += len(chunk)
        if self.count > self._allowed:
            raise _TooMuch(self._allowed)
        return chunk


class _Grid:
    """The memory the sheets of one workbook would take; raises _TooMuch at the first that would take too much."""

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        self._texts: list[int] = []  # length of each shared text

    def weigh(self, stream: _Counted) -> None:
        """Weighs one member: a sheet of an XLSX, the content of an ODS, or the shared texts; others weigh nothing."""
        row = column = height = width = said = 0
        for event, element in _cells(stream):
            tag = etree.QName(element).localname
            if event == "start":
                if tag == "row":
                    row, column = int(element.get("r") or row + 1), 0
                elif tag == "table":
                    row = height = width = said = 0
                continue
            if tag == "si":
                self._texts.append(sum(len(str(text)) for text in element.itertext()))
            elif tag == "c":
                at = re.match(r"([A-Za-z]+)(\d+)$", element.get("r") or "")
                row, column = (int(at[2]), _column(at[1])) if at else (row, column + 1)
                if len(element):
                    height, width = max(height, row), max(width, column)
                    said += self._length(element)
            elif tag == "table-row":
                wide, text = _open_row(element)
                row += _repeats(element, "rows")
                if wide:
                    height, width = row, max(width, wide)
                    said += text * _repeats(element, "rows")
            if tag != "c":
                _free(element)
            if height * width * _CELL_BYTES + said > self._allowed:
                raise _TooMuch(self._allowed)

    def _length(self, cell: etree._Element) -> int:
        """How many characters a cell holds, its shared text counted in full."""
        text = "".join(str(part) for part in cell.itertext()).strip()
        if cell.get("t") == "s" and text.isdecimal() and int(text) < len(self._texts):
            return self._texts[int(text)]
        return len(text)


def _cells(stream: _Counted) -> Iterator[tuple[str, etree._Element]]:
    return iter(etree.iterparse(
        stream, events=("start", "end"), tag=[f"{{*}}{tag}" for tag in ("row", "c", "si", "table", "table-row")],
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
    ))  # type: ignore[call-overload, unused-ignore]  # fmt: skip


def _open_row(row: etree._Element) -> tuple[int, int]:
    """The last filled column of an ODS row, and the characters in it, repeats counted."""
    column = wide = said = 0
    for cell in row:
        column += _repeats(cell, "columns")
        if len(cell) or any(str(name).endswith("}value-type") for name in cell.attrib):
            wide = column
            said += sum(len(str(text)) for text in cell.itertext()) * _repeats(cell, "columns")
    return wide, said


def _repeats(element: etree._Element, what: str) -> int:
    for name, value in element.attrib.items():
        if str(name).endswith(f"}}number-{what}-repeated"):
            return int(value)
    return 1


def _column(letters: str) -> int:
    """The number of a column named as spreadsheets do: A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _free(element: etree._Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


# --------------------------------------------------------------------------------------------------------------------
# XLS: records in a stream of an OLE2 compound file

_CELL_RECORDS = frozenset({0x0006, 0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E, 0x0406})
_SHEET_BEGINS = 0x0809
_END = 0xFFFFFFFA  # sector numbers from here on mean "no sector"


def ole_fault(path: Path, limits: Limits) -> Fault | None:
    """Why an OLE2 file is not opened as an old workbook: as `zip_fault`. A Word file is file_kind_not_read.

    Layout after the public Microsoft specifications [MS-CFB] and [MS-XLS].
    """
    size = path.stat().st_size
    if size > limits.inflated_bytes:
        return "file_too_large", {"size": size, "limit": limits.inflated_bytes}
    try:
        found = False
        for name, content in _streams(path.read_bytes()):
            if name == "EncryptedPackage":
                return "file_encrypted", {}
            if name.upper() in {"WORKBOOK", "BOOK"}:
                found = True
                _weigh_records(content, limits.inflated_bytes)
    except _TooMuch as wrong:
        return "file_bomb", {"limit": wrong.args[0]}
    except _DAMAGE as wrong:
        return "file_damaged", {"detail": wrong}
    return None if found else ("file_kind_not_read", {"kind": "OLE2"})


def _weigh_records(book: bytes, allowed: int) -> None:
    at = height = width = 0
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        at += 4
        if kind == _SHEET_BEGINS:
            height = width = 0
        elif kind in _CELL_RECORDS and at + 4 <= len(book):
            row, column = struct.unpack_from("<HH", book, at)
            if kind in (0x00BD, 0x00BE) and length >= 6 and at + length <= len(book):
                column = max(column, struct.unpack_from("<H", book, at + length - 2)[0])
            height, width = max(height, row + 1), max(width, column + 1)
            if height * width * _CELL_BYTES > allowed:
                raise _TooMuch(allowed)
        at += length


def _streams(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of each stream. Raises struct.error or ValueError where the file is not whole."""
    sector = 1 << (struct.unpack_from("<H", data, 30)[0] & 15)
    directory, _, cutoff, mini_fat, _, more, _ = struct.unpack_from("<7I", data, 48)

    def block(number: int) -> bytes:
        return data[(number + 1) * sector : (number + 2) * sector]

    def chain(start: int, table: tuple[int, ...]) -> Iterator[int]:
        for _ in range(len(table) + 1):
            if start >= _END:
                return
            yield start
            start = table[start]
        raise ValueError("a chain of sectors has no end")

    listed = [number for number in struct.unpack_from("<109I", data, 76) if number < _END]
    seen: set[int] = set()
    while more < _END and more not in seen:
        seen.add(more)
        *numbers, more = struct.unpack(f"<{sector // 4}I", block(more))
        listed += [number for number in numbers if number < _END]
    if len(listed) * sector > len(data):
        raise ValueError("its table of sectors is longer than the file")
    fat = _numbers(b"".join(map(block, listed)))
    mini = _numbers(b"".join(map(block, chain(mini_fat, fat))))
    entries = b"".join(map(block, chain(directory, fat)))
    small = b""
    for at in range(0, len(entries) - 127, 128):
        length, kind = struct.unpack_from("<HB", entries, at + 64)
        start, size = struct.unpack_from("<II", entries, at + 116)
        name = entries[at : at + max(length - 2, 0)].decode("utf-16-le", errors="replace")
        if kind == 5:
            small = b"".join(map(block, chain(start, fat)))
        elif kind == 2 and size < cutoff:
            yield name, b"".join(small[n * 64 : n * 64 + 64] for n in chain(start, mini))[:size]
        elif kind == 2:
            yield name, b"".join(map(block, chain(start, fat)))[:size]


def _numbers(block: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(block) // 4}I", block[: len(block) // 4 * 4])
