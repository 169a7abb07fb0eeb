"""One measurement in one process of its own: a fresh memory, nothing warm but what the job itself warms."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

type Found = dict[str, Any]


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """How long the work took, and what it gave."""
    start = time.perf_counter()
    given = work()
    return time.perf_counter() - start, given


def peak_mb() -> float:
    """The most memory this process has held, in MB.

    Linux keeps the mark of the program that started us in `ru_maxrss`, so there our own mark is read instead.
    """
    status = Path("/proc/self/status")
    if status.exists():
        mark = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(mark.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def apart(module: str, *arguments: str, env: dict[str, str] | None = None) -> Found:
    """Run `python -m module arguments…` and give what it printed: one JSON object."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=os.environ | (env or {}), cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: Found = json.loads(done.stdout)
    return found


def middle(runs: Iterable[Found]) -> Found:
    """The medians of what several runs took."""
    runs = list(runs)
    return {name: round(statistics.median(run[name] for run in runs), 3) for name in ("seconds", "mb")}


def ratios(ours: Found, peers: dict[str, Found]) -> Found:
    """How many times as long each peer took."""
    return {name: round(peer["seconds"] / ours["seconds"], 1) for name, peer in peers.items()}


def program(*command: str) -> Found:
    """Run a whole program, start and imports included: its seconds, its peak MB, how it ended."""
    start = time.perf_counter()
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(started.pid, 0)
    taken = time.perf_counter() - start
    started.returncode = os.waitstatus_to_exitcode(status)
    mb = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)
    return {"seconds": taken, "mb": mb, "exit": started.returncode}
