"""One whole due diligence cycle from the shell: a folder of files in, report and `cycle.json` out.

No other program does this job, so there is no like-for-like peer. The one named here, `reading_only`, only reads every
cell of the same files with the csv module, openpyxl and lxml: a floor under any cycle written with them, not a rival.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.measured import ROOT, Found, middle, program, ratios

AS_OF = "2020-05-11"
REAL = Path(os.environ.get("WINZE_DATA") or ROOT.parent / "shared" / "data") / "cases" / "great-lakes-2020"
"""The real Great Lakes case, where this machine has it; the full size runs on it."""


def measure(size: str) -> Found:
    """Ours and the reading alone, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        real = size == "full" and REAL.is_dir()
        case = REAL if real else _example(scratch / "case")
        runs = []
        for turn in range(3):
            out = str(scratch / f"out{turn}")
            ours = program(sys.executable, "-m", "winze.cli", "run", str(case), "--as-of", AS_OF, "--out", out)
            if ours["exit"] not in (0, 1):
                raise SystemExit(f"winze run ended with {ours['exit']}")
            runs.append((ours, program(sys.executable, "-m", "benchmarks.cycle", str(case))))
        ours, reading = (middle(run[which] for run in runs) for which in (0, 1))
        files = [path for path in case.rglob("*") if path.is_file()]
        peers = {"reading_only": reading}
        quality = {
            "case": "great-lakes-2020" if real else "example",
            "files": len(files),
            "input_mb": round(sum(path.stat().st_size for path in files) / 1e6, 1),
            "exit": runs[0][0]["exit"],
            "same_bytes_every_run": len({(scratch / f"out{t}" / "cycle.json").read_bytes() for t in range(3)}) == 1,
        }
    return {"winze": ours, "peers": peers, "ratio": ratios(ours, peers), "quality": quality}


def _example(folder: Path) -> Path:
    """The small written case."""
    written = program(sys.executable, "-m", "winze.cli", "example", str(folder))
    if written["exit"]:
        raise SystemExit(f"winze example ended with {written['exit']}")
    return folder


def read_only(case: Path) -> int:
    """Touch every cell of every file, and keep nothing."""
    cells = 0
    for path in sorted(case.rglob("*")):
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", errors="replace", newline="") as file:
                cells += sum(map(len, csv.reader(file)))
        elif path.suffix == ".xlsx":
            from openpyxl import load_workbook

            book = load_workbook(path, read_only=True, data_only=True)
            cells += sum(len(row) for sheet in book for row in sheet.iter_rows(values_only=True))
        elif path.suffix == ".xml":
            from lxml import etree

            cells += sum(1 for element in etree.parse(path).iter())
    return cells


if __name__ == "__main__":
    print(read_only(Path(sys.argv[1])))
