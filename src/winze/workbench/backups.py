"""Backups: the whole register in one file, made while it is served, and brought back only where it is whole.

A backup is a zip file. `manifest.json` says by which release it was made, which migrations its database has seen, the
head of the journal, and the size and SHA-256 of every other member. The database comes first and the files after it, as
the database names them: a file is kept before its row is, so that each is there. An SQLite database is copied by its
own online backup; of a PostgreSQL database every row is written as a line of JSON, read in one repeatable-read
transaction. That needs no `pg_dump` of just the right version, and can be restored into either database.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched, groupby
from pathlib import Path
from typing import IO, Any

from winze import __version__
from winze.engine.problems import Refusal

MANIFEST, SQLITE, ROWS, KEY = "manifest.json", "database.sqlite3", "database.jsonl.gz", "secret.key"
MEMBER = re.compile(r"files/\d+/[0-9a-f]{2}/[0-9a-f]{64}")
KEPT_APPS = ("workbench", "account", "mfa", "socialaccount")
"""Whose rows a portable backup holds; sessions are left out: people sign in again."""
FAULTS = {
    "changed": "event {seq} was changed after it was written",
    "missing": "event {seq} is missing",
    "out-of-order": "event {seq} does not follow the one before it",
    "cut": "events from number {seq} on were cut off: the journal knows of more",
    "head": "the head you named is not in the journal: events were cut off or replaced after event {last}",
}


@dataclass(frozen=True)
class Made:
    """What a backup holds, or what was restored from one."""

    path: Path
    files: int
    events: int
    head: str


# -- the journal's check ---------------------------------------------------------------------------------------------


def verify(head: str | None = None) -> tuple[list[str], bool]:
    """Checks the whole journal; gives lines to print and whether it is well."""
    from winze.workbench.store import journal

    found = journal.verify(head)
    lines = [f"events {found.events}", f"head {found.head}"]
    if found.fault is None:
        return [*lines, "the journal is whole"], True
    said = FAULTS[found.fault.code].format(seq=found.fault.seq, last=found.fault.seq - 1)
    return [f"checked {found.events} events up to {found.head}", f"BROKEN: {said}"], False


# -- making ----------------------------------------------------------------------------------------------------------


def backup(home: Path, out: Path | None = None, *, with_key: bool = False) -> Made:
    """Writes a backup. It is whole or not there. Raises OSError where it cannot be written, Refusal where a file of the
    register is missing or is not what its name says."""
    from django.db import connection

    target = (out or home / "backups").absolute()
    if out is not None and out.exists():
        raise Refusal("workbench/backup", f"{out} exists already and is not overwritten.")
    folder = target if out is None else target.parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".backup-") as beside:
        database = Path(beside) / (SQLITE if connection.vendor == "sqlite" else ROWS)
        state = _snapshot(database)
        packed = Path(beside) / "backup.zip"
        files = _pack(packed, home, database, state, with_key=with_key)
        packed.chmod(0o600)
        name = f"winze-{datetime.now(UTC):%Y%m%d-%H%M%S}-{state['journal']['head'][:16]}.zip"
        final = target / name if out is None else target
        packed.replace(final)
    return Made(final, files, state["journal"]["events"], state["journal"]["head"])


def _snapshot(database: Path) -> dict[str, Any]:
    """Copies the database at one moment, and says what it was then: migrations, journal, files."""
    from django.db import connection

    if connection.vendor != "sqlite":
        return _rows(database)
    connection.ensure_connection()
    with closing(sqlite3.connect(database)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        files = copy.execute("SELECT organisation_id, sha256 FROM workbench_file ORDER BY 1, 2").fetchall()
        applied = copy.execute("SELECT app, name FROM django_migrations ORDER BY 1, 2").fetchall()
        head = copy.execute("SELECT seq, hash FROM workbench_head").fetchone()
    return _state(files, applied, head)


def _state(files: Iterable[Any], applied: Iterable[Any], head: Any) -> dict[str, Any]:
    seq, digest = head or (0, "0" * 64)
    return {
        "files": [f"files/{organisation}/{sha[:2]}/{sha}" for organisation, sha in files],
        "migrations": [f"{app}.{name}" for app, name in applied],
        "journal": {"events": seq, "head": digest},
    }


def _rows(database: Path) -> dict[str, Any]:
    """Every row as a line of JSON, all as of one moment."""
    from django.core import serializers
    from django.core.serializers.json import DjangoJSONEncoder
    from django.db import connection, transaction
    from django.db.migrations.recorder import MigrationRecorder

    from winze.workbench.models import File, Head

    class Exact(DjangoJSONEncoder):
        """Moments to the microsecond: the journal's hashes cover them, and Django would cut them."""

        def default(self, o: Any) -> Any:
            return o.isoformat() if isinstance(o, datetime) else super().default(o)

    with transaction.atomic(), gzip.open(database, "wt", encoding="utf-8", compresslevel=3) as lines:
        if connection.vendor == "postgresql" and not connection.savepoint_ids:
            connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for model in _models():
            rows = model._base_manager.order_by("pk").iterator(chunk_size=2000)
            serializers.serialize("jsonl", rows, stream=lines, cls=Exact)
        files = list(File.objects.order_by("organisation", "sha256").values_list("organisation", "sha256"))
        applied = sorted(MigrationRecorder(connection).applied_migrations())
        head = Head.objects.values_list("seq", "hash").first()
    return _state(files, applied, head)


def _models() -> list[Any]:
    """The models whose rows are kept, those first that others point to."""
    from django.apps import apps
    from django.core import serializers

    kept = [(config, None) for config in apps.get_app_configs() if config.label in KEPT_APPS]
    return list(serializers.sort_dependencies(kept, allow_cycles=True))


def _pack(packed: Path, home: Path, database: Path, state: dict[str, Any], *, with_key: bool) -> int:
    members: dict[str, dict[str, Any]] = {}
    names = state.pop("files")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        members[database.name] = _put(archive, database.name, database)
        for name in names:
            members[name] = _put(archive, name, home / name)
            if members[name]["sha256"] != name.rpartition("/")[2]:
                raise Refusal("workbench/backup", f"{home / name} is not what its name says: run `winze doctor`.")
        if with_key:
            members[KEY] = _put(archive, KEY, home / KEY)
        manifest = {
            "winze": __version__, "made": datetime.now(UTC).isoformat(timespec="seconds"), "database": database.name,
            "with_key": with_key, **state, "members": members,
        }  # fmt: skip
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    with packed.open("rb+") as file:
        os.fsync(file.fileno())
    return len(names)


def _put(archive: zipfile.ZipFile, name: str, path: Path) -> dict[str, Any]:
    """Puts a file into the archive and gives its size and hash as they were put in."""
    if not path.is_file():
        raise Refusal("workbench/backup", f"{path} is missing: run `winze doctor`.")
    member = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
    member.compress_type = zipfile.ZIP_DEFLATED
    with path.open("rb") as file, archive.open(member, "w", force_zip64=True) as into:
        return _copied(file, into)


def _copied(file: IO[bytes], into: IO[bytes]) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(2**20):
        digest.update(chunk)
        size += len(chunk)
        into.write(chunk)
    return {"sha256": digest.hexdigest(), "size": size}


# -- bringing back ---------------------------------------------------------------------------------------------------


def restore(file: Path, home: Path) -> Made:
    """Brings a backup back into a new or empty folder: everything is unpacked beside it and checked, then put in place
    by one rename. Raises Refusal, and leaves nothing behind, where anything is not as the manifest says."""
    home = home.absolute()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise Refusal("workbench/restore", f"{home} is not empty: a backup is brought back into a new folder only.")
    home.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=home.parent, prefix=f".{home.name}-"))
    try:
        manifest = _unpack(file, beside)
        _settle(manifest, beside)
        beside.replace(home)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    files = sum(name.startswith("files/") for name in manifest["members"])
    return Made(home, files, manifest["journal"]["events"], manifest["journal"]["head"])


def _unpack(file: Path, into: Path) -> dict[str, Any]:
    """Unpacks what the manifest names, and nothing else, checking each member."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
            members: dict[str, dict[str, Any]] = manifest["members"]
            if sorted([MANIFEST, *members]) != sorted(archive.namelist()):
                raise _broken(file, "its members are not those its manifest names")
            for name, said in members.items():
                if not (MEMBER.fullmatch(name) or name in (SQLITE, ROWS, KEY)):
                    raise _broken(file, f"it has a member {name!r} that no backup has")
                path = into / ("winze.sqlite3" if name == SQLITE else name)
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with archive.open(name) as member, path.open("wb") as target:
                    if _copied(member, target) != said:
                        raise _broken(file, f"{name} is not what its manifest says")
                path.chmod(0o600)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as wrong:
        raise _broken(file, "it is not a whole backup") from wrong
    return manifest


def _broken(file: Path, why: str) -> Refusal:
    return Refusal("workbench/restore", f"{file} was not brought back: {why}.")


def _settle(manifest: dict[str, Any], beside: Path) -> None:
    """Brings the unpacked database to this release's form and checks its journal, in a process of its own: this one may
    be at work on another register."""
    own = "WINZE_DATABASE" in os.environ
    if own and manifest["database"] == SQLITE:
        raise Refusal(
            "workbench/restore",
            "This backup holds an SQLite register, and WINZE_DATABASE names another database: unset it first.",
        )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "winze.workbench.backups", str(beside), manifest["journal"]["head"]],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or ["its database cannot be opened"]
        raise Refusal("workbench/restore", f"The backup was not brought back: {said[0]}")
    (beside / ROWS).unlink(missing_ok=True)


def settle(home: Path, head: str) -> None:
    """What `restore` does with an unpacked home. Ends the process with a sentence where something is wrong."""
    from winze.workbench import home as homes

    homes.prepare(home)
    import django

    django.setup()
    if newer := homes.ahead():
        sys.exit(f"it was made by a newer release ({', '.join(newer[:3])})")
    homes.migrate()
    if (home / ROWS).is_file():
        _load(home / ROWS)
    lines, well = verify(head)
    if not well:
        sys.exit(lines[-1])
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _load(rows: Path) -> None:
    """Loads the rows of a portable backup into an empty database, in one transaction."""
    from django.core import serializers
    from django.core.management.color import no_style
    from django.db import connection, transaction

    from winze.workbench.models import Event

    if Event.objects.exists():
        sys.exit("the database that WINZE_DATABASE names is not empty")
    with transaction.atomic(), gzip.open(rows, "rt", encoding="utf-8") as lines:
        found = serializers.deserialize("jsonl", lines)
        for model, some in groupby(found, key=lambda one: type(one.object)):
            for batch in batched(some, 500, strict=False):
                model._base_manager.bulk_create([one.object for one in batch])
                for one in batch:
                    for name, values in (one.m2m_data or {}).items():
                        getattr(one.object, name).set(values)
        for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
            connection.cursor().execute(statement)


def every_file(home: Path) -> Iterator[Path]:
    """The kept files of a home, as they lie there."""
    yield from (path for path in sorted((home / "files").rglob("*")) if path.is_file())


if __name__ == "__main__":
    settle(Path(sys.argv[1]), sys.argv[2])
