"""Homes for the browser to look at: filled once for a whole test run, served as they are for a team."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WINZE = [sys.executable, "-c", "import sys; from winze.cli import main; sys.exit(main())"]
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Register:
    """A register that is served: where, and what its people sign in with."""

    url: str
    home: Path
    passwords: dict[str, str]

    def winze(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A verb of the shell on this home."""
        return subprocess.run([*WINZE, *arguments, "--home", str(self.home)], capture_output=True, text=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Held by one process of a test run at a time."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def filled(what: str, base: Path) -> Path:
    """A home with something in it, filled once for all processes of a test run."""
    home = base / what
    with locked(base / f"{what}.lock"):
        if not (home / "passwords.json").exists():
            done = subprocess.run([sys.executable, HERE / "filling.py", what, home], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr[-3000:]
    return home


@contextmanager
def served(home: Path) -> Iterator[Register]:
    """Serves a home with `winze serve` until left."""
    log = home / "served.log"
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen([*WINZE, "serve", "--home", str(home), "--port", "0"], stdout=subprocess.PIPE,
                                   stderr=errors, text=True)  # fmt: skip
    assert process.stdout is not None
    try:
        line = next((line for line in process.stdout if line.startswith("ready ")), "")
        assert line, f"the workbench did not begin: {_text(log)[-3000:]}"
        passwords = json.loads((home / "passwords.json").read_text(encoding="utf-8"))
        yield Register(line.removeprefix("ready ").strip(), home, passwords)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()
    assert "Traceback" not in _text(log), _text(log)[-3000:]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
