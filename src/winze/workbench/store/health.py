"""Whether the instrument is well."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

LEAST_FREE = 200 * 2**20
"""Bytes of disk that must be free."""
SILENT = 30.0
"""Seconds after which a worker that told nothing is held to be dead."""


def worker_beats() -> None:
    """The worker tells that it lives: the time of a file in the home folder, so that nobody who writes must wait."""
    beat = Path(settings.HOME) / "worker.beat"
    with suppress(OSError):
        beat.touch(mode=0o600)


def worker_silent() -> float | None:
    """Seconds since the worker last told that it lives; None where none ever did."""
    try:
        return max(0.0, time.time() - (Path(settings.HOME) / "worker.beat").stat().st_mtime)
    except OSError:
        return None


def unready() -> list[str]:
    """What keeps the workbench from working, in short words without any personal data; empty where it can work."""
    wrong = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM workbench_head")
    except DatabaseError:
        wrong.append("database: not reachable or not set up")
    if free() < LEAST_FREE:
        wrong.append("disk: under 200 MB free")
    return wrong


def worker() -> list[str]:
    """Whether jobs are done: one line where the worker is silent, which keeps no page from being served."""
    silent = worker_silent()
    if silent is None:
        return ["worker: never began"]
    return [f"worker: silent for {silent:.0f} s"] if silent > SILENT else []


def free() -> int:
    """Bytes free where the home folder is."""
    home = Path(settings.HOME)
    return shutil.disk_usage(home if home.exists() else home.parent).free
