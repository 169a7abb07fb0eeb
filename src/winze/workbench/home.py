"""The home folder: where a register lives. Made once, with a key of its own, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDERS = ("files", "incoming", "backups")


class Taken(Exception):
    """Another process serves this home already."""


def prepare(home: Path) -> None:
    """Makes the folder where there is none, and starts Django on it. Must run before anything of Django is imported."""
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in FOLDERS:
        (home / name).mkdir(exist_ok=True, mode=0o700)
    key = home / "secret.key"
    if not key.exists():
        handle = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
    enter(home)


def enter(home: Path) -> None:
    """Says to Django which home is meant; makes nothing."""
    os.environ["WINZE_HOME"] = str(home.absolute())
    os.environ["DJANGO_SETTINGS_MODULE"] = "winze.workbench.settings"


def is_home(home: Path) -> bool:
    """Whether a register lives in a folder: it has a key, and a database unless `WINZE_DATABASE` names another."""
    own = "WINZE_DATABASE" in os.environ or (home / "winze.sqlite3").is_file()
    return (home / "secret.key").is_file() and own


def open_(home: Path) -> None:
    """Prepares the home and brings its database to this release's form, where it is not in it yet."""
    prepare(home)
    import django

    django.setup()
    migrate()


def migrate() -> None:
    """Runs the migrations that are pending, if any is."""
    from django.core.management import call_command

    if pending():
        call_command("migrate", interactive=False, verbosity=0)


def pending() -> list[str]:
    """The migrations of this release that the database has not seen."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def ahead() -> list[str]:
    """The migrations the database has seen and this release does not know: it was written by a newer one."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    known = {*loader.disk_migrations, *loader.replacements}
    return sorted(f"{app}.{name}" for app, name in loader.applied_migrations if (app, name) not in known)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Holds the home for one supervisor. Raises Taken where another holds it; a killed one holds nothing."""
    with (home / "serving.lock").open("a+b") as file:
        try:
            _lock(file.fileno())
        except OSError as wrong:
            raise Taken from wrong
        yield


def served(home: Path) -> bool:
    """Whether a supervisor holds the home now."""
    try:
        with alone(home):
            return False
    except Taken:
        return True


def _lock(handle: int) -> None:
    if os.name == "nt":  # pragma: no cover
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
