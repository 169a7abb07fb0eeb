"""The real files, where this machine has them: the folder named by `WINZE_DATA`, else `../shared/data`.

A machine that has the folder and says `WINZE_NO_SKIP=1` promises every file: there a missing one fails.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("WINZE_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


def real(name: str) -> Path:
    """The path of a real file, or a skip that says which file is wanted."""
    path = FOLDER / name
    if not path.exists():
        told = f"needs the real file {name}: set WINZE_DATA to the folder that holds it"
        if os.environ.get("WINZE_NO_SKIP") and FOLDER.is_dir():
            pytest.fail(told)
        pytest.skip(told)
    return path
