"""Whether a home is well: each thing examined is one line. Nothing is changed, but for what a killed process left half
written, and that only on request."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from winze.workbench import backups
from winze.workbench import home as homes

ABANDONED = 3600.0
"""Seconds after which a file that is still being written is held to be abandoned."""


@dataclass(frozen=True)
class Finding:
    """One thing examined: what, whether it is well, and what was seen."""

    what: str
    well: bool
    said: str


def examine(home: Path, *, mend: bool = False) -> list[Finding]:
    """Examines everything. Where the database cannot be used, what rests on it is left out."""
    found = [_permissions(home), _key(home), _disk(), _clock(), _left_over(home, mend=mend)]
    database = _database()
    found.append(database)
    if not database.well:
        return found
    migrations = _migrations()
    found.append(migrations)
    if migrations.well:
        found += [_journal(), *_files(home), _worker(home), _jobs()]
    return found


def _database() -> Finding:
    from django.db import DatabaseError, connection

    try:
        with connection.cursor() as cursor:
            if connection.vendor != "sqlite":
                cursor.execute("SELECT version()")
                return Finding("database", True, str(cursor.fetchone()[0]).split(" on ")[0])
            cursor.execute("PRAGMA integrity_check(5)")
            wrong = [str(row[0]) for row in cursor.fetchall() if row[0] != "ok"]
            cursor.execute("PRAGMA foreign_key_check")
            loose = len(cursor.fetchall())
    except DatabaseError as error:
        return Finding("database", False, f"cannot be read ({type(error).__name__})")
    if loose:
        wrong.append(f"{loose} rows point to nothing")
    return Finding("database", not wrong, "; ".join(wrong) or "SQLite, whole")


def _migrations() -> Finding:
    pending, ahead = homes.pending(), homes.ahead()
    if ahead:
        return Finding("migrations", False, f"written by a newer release: {', '.join(ahead[:3])}")
    if pending:
        return Finding("migrations", False, f"{len(pending)} pending; `winze serve` runs them")
    return Finding("migrations", True, "all run")


def _journal() -> Finding:
    lines, well = backups.verify()
    return Finding("journal", well, ", ".join(lines) if well else lines[-1])


def _files(home: Path) -> Iterator[Finding]:
    """Every row's file is there and is what its hash says; every file has a row."""
    from winze.workbench.models import File

    rows = {(str(of), sha): size for of, sha, size in File.objects.values_list("organisation", "sha256", "size")}
    wrong, loose = [], 0
    for path in backups.every_file(home):
        if path.name.startswith("."):
            continue
        key = (path.relative_to(home / "files").parts[0], path.name)
        if key not in rows:
            loose += 1
        elif _digest(path) != path.name:
            wrong.append(f"{path.name[:12]}… is not what its name says")
        rows.pop(key, None)
    wrong += [f"{sha[:12]}… is missing" for _, sha in rows]
    yield Finding("files", not wrong, "; ".join(wrong[:5]) or "each is what its hash says")
    # A kill between the rename of a file and the commit of its row leaves one; the next upload of it takes it up.
    yield Finding("files without a row", True, f"{loose}, harmless" if loose else "none")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _left_over(home: Path, *, mend: bool) -> Finding:
    """What a killed process left half written."""
    old = time.time() - ABANDONED
    found = [
        path
        for pattern in ("files/*/.coming-*", "backups/.backup-*/*", "*.new")
        for path in home.glob(pattern)
        if path.is_file() and path.stat().st_mtime < old
    ]
    if not found:
        return Finding("left over", True, "nothing half written")
    if not mend:
        return Finding("left over", False, f"{len(found)} half written files; `winze doctor --mend` removes them")
    for path in found:
        path.unlink(missing_ok=True)
    return Finding("left over", True, f"{len(found)} half written files removed")


def _disk() -> Finding:
    from winze.workbench.store import health

    free = health.free()
    return Finding("disk", free >= health.LEAST_FREE, f"{free / 2**30:,.1f} GB free")


def _worker(home: Path) -> Finding:
    from winze.workbench.store import health

    silent = health.worker_silent()
    if not homes.served(home):
        return Finding("worker", True, "this home is not served now")
    if silent is None:
        return Finding("worker", False, "never began")
    return Finding("worker", silent < health.SILENT, f"last told {silent:,.0f} s ago")


def _jobs() -> Finding:
    from winze.workbench.models import Job
    from winze.workbench.store import jobs

    counted = {state: Job.objects.filter(state=state).count() for state in ("waiting", "running", "failed")}
    silent = len(jobs.left())
    said = ", ".join(f"{count} {state}" for state, count in counted.items())
    return Finding("jobs", not silent, f"{said}, {silent} of them silent" if silent else said)


def _permissions(home: Path) -> Finding:
    if os.name == "nt":
        return Finding("permissions", True, "not examined on this system")
    names = [home, home / "files", home / "winze.sqlite3"]
    open_ = [path.name for path in names if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    inside = home.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) == 0
    return Finding("permissions", inside, "the owner's alone" if inside else f"others may enter: {', '.join(open_)}")


def _key(home: Path) -> Finding:
    if "WINZE_SECRET" in os.environ:
        return Finding("secret key", True, "given by WINZE_SECRET")
    key = home / "secret.key"
    mode = stat.S_IMODE(key.stat().st_mode)
    short = len(key.read_text(encoding="ascii").strip()) < 40
    if short:
        return Finding("secret key", False, "too short to be one")
    well = os.name == "nt" or mode & 0o077 == 0
    return Finding("secret key", well, "the owner's alone" if well else f"others may read it (mode {mode:o})")


def _clock() -> Finding:
    """The clock against the newest event: one that went back would put events out of order of time."""
    from django.db import DatabaseError

    from winze.workbench.models import Event

    now = datetime.now(UTC)
    try:
        newest = Event.objects.order_by("-seq").values_list("at", flat=True).first()
    except DatabaseError:
        newest = None
    zone = time.strftime("%Z")
    if newest and newest > now:
        return Finding("clock", False, f"{(newest - now).total_seconds():,.0f} s behind the newest event")
    return Finding("clock", True, f"{now:%Y-%m-%d %H:%M} UTC (this machine's zone: {zone})")
