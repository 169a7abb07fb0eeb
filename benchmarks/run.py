"""`python -m benchmarks.run [JOB] [--size small|full]`: one JSON line for a job.

Without a job it runs them all at full size and writes their table into docs/explanation/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec

from benchmarks import cycle, exposure, judgement, workbench
from benchmarks.measured import ROOT, Found

JOBS: dict[str, Callable[[str], Found]] = {
    "exposure": exposure.measure,
    "cycle": cycle.measure,
    "judgement": judgement.measure,
    "pages": workbench.measure,
}
PAGE = ROOT / "docs" / "explanation" / "benchmarks.md"
START, END = "<!-- measured: written by make bench -->", "<!-- end of measured -->"


def run(job: str, size: str) -> Found:
    """One job's line."""
    return {"job": job, "size": size} | JOBS[job](size)


def table(lines: list[Found]) -> str:
    """The lines as a page's part: a table of seconds, memory and ratios, and what else each job reports."""
    rows = ["| Job | Method | Seconds | Peak MB | Times as long as Winze |", "|---|---|--:|--:|--:|"]
    notes = []
    for line in lines:
        rows.append(_row(line["job"], "**Winze**", line["winze"], "1"))
        rows += [_row(line["job"], name, peer, line["ratio"][name]) for name, peer in line["peers"].items()]
        notes.append(f"`{line['job']}`, {line['size']}: " + "; ".join(_said(line["quality"])) + ".")
    return "\n".join([_where(), "", *rows, "", *(f"- {note}" for note in notes)])


def _row(job: str, method: str, took: Found, ratio: object) -> str:
    return f"| {job} | {method} | {took['seconds']:.2f} | {took['mb']:.0f} | {ratio} |"


def _said(quality: Found) -> list[str]:
    """Each figure of a job's quality as `name value`, or `name: part value, part value`."""
    return [
        f"{name.replace('_', ' ')}: " + ", ".join(f"{part} {figure}" for part, figure in value.items())
        if isinstance(value, dict)
        else f"{name.replace('_', ' ')} {value}"
        for name, value in quality.items()
    ]


def _where() -> str:
    """The machine and the versions that the figures hold for."""
    names = ("numpy", "numba", "shapely", "scipy", "scikit-learn", "geopandas")
    libraries = ", ".join(f"{name} {version(name)}" for name in names if _installed(name))
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"Measured on {machine}, Python {platform.python_version()}, {libraries}."


def _installed(name: str) -> bool:
    return find_spec({"scikit-learn": "sklearn"}.get(name, name)) is not None


def written(page: str, part: str) -> str:
    """The page with the measured part between its two marks replaced."""
    before, rest = page.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n{part}\n{END}{after}"


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks.run", description="Measures Winze beside its peers.")
    parser.add_argument("job", nargs="?", choices=JOBS)
    parser.add_argument("--size", choices=("small", "full"), default="full")
    asked = parser.parse_args()
    lines = []
    for job in [asked.job] if asked.job else JOBS:
        lines.append(run(job, asked.size))
        print(json.dumps(lines[-1]), flush=True)
    if not asked.job and asked.size == "full":
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), table(lines)), encoding="utf-8")


if __name__ == "__main__":
    main()
