"""The real files, where this machine has them: the folder named by `WINZE_DATA`, else `../shared/data`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("WINZE_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


def real(name: str) -> Path:
    """The path of a real file, or a skip that says which file is wanted."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"needs the real file {name}: set WINZE_DATA to the folder that holds it")
    return path
