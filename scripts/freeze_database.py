"""Freezes the example's register as this release writes it, so that later releases are tested to bring it up to date.

    python scripts/freeze_database.py [tests/workbench/frozen]

Writes one backup named after the release and prints its size. The kept explanations of a run (`Why`) are left out: each
is made anew by a run, and they would be most of the file.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory


def main(folder: Path) -> None:
    from winze import __version__
    from winze.workbench import home as homes

    target = folder.absolute() / f"{__version__}.zip"
    target.unlink(missing_ok=True)
    with TemporaryDirectory() as made:
        home = Path(made) / "home"
        homes.open_(home)
        from django.db import connection

        from winze.workbench import backups, demo
        from winze.workbench.models import Why

        demo.fill()
        Why.objects.all().delete()
        connection.cursor().execute("VACUUM")
        frozen = backups.backup(home, target)
        connection.close()
    print(f"{target}: {target.stat().st_size / 1000:.0f} kB, {frozen.events} events, head {frozen.head}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("tests/workbench/frozen"))
