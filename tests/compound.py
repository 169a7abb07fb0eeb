"""A compound file made by hand: what an old or an encrypted workbook is wrapped in."""

import struct


def ole(streams: dict[str, bytes], least: int = 4096) -> bytes:
    """A minimal OLE2 compound file: sectors of 512 bytes, one table of sectors, every stream past the small limit."""
    sectors: list[bytes] = []
    after: list[int] = []

    def put(data: bytes) -> int:
        start = len(sectors)
        parts = [data[at : at + 512].ljust(512, b"\0") for at in range(0, len(data), 512)]
        after.extend([*range(start + 1, start + len(parts)), 0xFFFFFFFE])
        sectors.extend(parts)
        return start

    def entry(name: str, kind: int, child: int, right: int, start: int, size: int) -> bytes:
        text = (name + "\0").encode("utf-16-le")
        tree = struct.pack("<HBBIII", len(text), kind, 1, 0xFFFFFFFF, right, child)
        return text.ljust(64, b"\0") + tree + b"\0" * 36 + struct.pack("<IQ", start, size)

    placed = [(name, put(data.ljust(least, b"\0")), max(len(data), least)) for name, data in streams.items()]
    directory = entry("Root Entry", 5, 1, 0xFFFFFFFF, 0xFFFFFFFE, 0)
    for number, (name, start, size) in enumerate(placed, start=1):
        right = number + 1 if number < len(placed) else 0xFFFFFFFF
        directory += entry(name, 2, 0xFFFFFFFF, right, start, size)
    root = put(directory)
    after.append(0xFFFFFFFD)
    sectors.append(struct.pack(f"<{len(after)}I", *after).ljust(512, b"\xff"))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    head += struct.pack("<9I", 0, 1, root, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", len(sectors) - 1) + b"\xff" * 432
    return head + b"".join(sectors)
