"""The home folder: where a register lives. Made once, with a key of its own, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

FOLDERS = ("files", "incoming", "backups")


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
    os.environ["WINZE_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "winze.workbench.settings"


def open_(home: Path) -> None:
    """Prepares the home and brings its database to this release's form."""
    prepare(home)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
