"""Files kept by their hash below the home folder, apart for each organisation, so that none can learn what another
has by sending it too. A file is whole or not there: written beside, synced, then renamed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from winze.engine.problems import Refusal
from winze.engine.records import DataClass
from winze.engine.texts import refuse
from winze.formats.reading import limits
from winze.workbench.models import File


def path_of(organisation: int, sha256: str) -> Path:
    return Path(settings.HOME) / "files" / str(organisation) / sha256[:2] / sha256


def most() -> int:
    """Bytes that somebody may send in one file."""
    return limits().upload_bytes


def too_large() -> Refusal:
    """The refusal of a file with more bytes than may be sent."""
    return refuse("workbench/import", "wb.data.refused.too-large", limit=most() // 2**20)


def within(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, refused as soon as they are more than may be sent: nothing of them is kept."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most():
            raise too_large()
        yield chunk


@contextmanager
def passing(chunks: Iterable[bytes], name: str) -> Iterator[Path]:
    """Bytes as a file for as long as they are looked at, then gone."""
    ending = Path(name).suffix.lower() if Path(name).suffix.lower() in (".csv", ".xlsx") else ""
    with tempfile.NamedTemporaryFile(prefix="winze-", suffix=ending) as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        yield Path(file.name)


def keep(organisation: int, chunks: Iterable[bytes], data_class: DataClass) -> File:
    """Keeps the bytes and gives their row; the same bytes twice are one file. The row is the caller's."""
    folder = Path(settings.HOME) / "files" / str(organisation)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".coming-", delete=False) as coming:
        beside = Path(coming.name)
        try:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                coming.write(chunk)
            coming.flush()
            os.fsync(coming.fileno())
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    final = path_of(organisation, digest.hexdigest())
    final.parent.mkdir(exist_ok=True, mode=0o700)
    beside.replace(final)
    kept, _ = File.objects.get_or_create(
        organisation_id=organisation,
        sha256=digest.hexdigest(),
        defaults={"size": size, "data_class": str(data_class), "at": datetime.now(UTC)},
    )
    return kept
