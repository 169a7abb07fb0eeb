"""Writes the measured part of docs/explanation/backtest.md: runs the backtests on real files, named by WINZE_DATA."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from winze.engine import rules
from winze.engine.likelihood import Model
from winze.formats import reading
from winze.learn.backtest import TARGETS, Backtest, backtest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "explanation" / "backtest.md"
DATA = Path(os.environ.get("WINZE_DATA") or ROOT.parent / "shared" / "data")
FILES = ("mines/ipis_drc_visits_2009_2018.csv", "conflict/acled_hdx_drc_adm2_month_1997_2020.csv")
START, END, LEADS = date(2017, 1, 1), date(2018, 12, 31), (0, 30, 365)
MARKS = "<!-- measured: scripts/derive_backtest.py -->", "<!-- end of measured -->"


def tables() -> Iterator[str]:
    statements = [s for name in FILES for s in reading.read(DATA / name).statements]
    for target, name in TARGETS.items():
        expert = None if target == "armed_interference" else Model.expert(f"likelihood/{name}", rules.load(), END)
        for lead in LEADS:
            yield from table(backtest(statements, target, START, END, lead, expert))


def table(found: Backtest) -> Iterator[str]:
    km, days, prior = found.kernel
    yield f"### `{found.target}`, {found.lead} days ahead"
    yield f"{found.visits:,} visits, {found.base_rate:.1%} found it. Kernel: {km:g} km, {days:g} days, prior {prior:g}."
    yield ""
    yield "| | AUROC | AUPR | Brier | 90% of Brier |\n|---|---|---|---|---|"
    for name, scores in found.models.items():
        of = found.intervals[name]["brier"]
        ranked = f"{scores.auroc:.3f} | {scores.aupr:.3f}"
        yield f"| {name} | {ranked} | {scores.brier:.4f} | {of.low:.4f} to {of.high:.4f} |"
    less = "; ".join(f"{m} {i.value:+.4f} ({i.low:+.4f} to {i.high:+.4f})" for m, i in found.better.items())
    cal = found.calibration
    yield ""
    yield (f"Winze less kernel, with 90% intervals: {less}. Calibration: p {cal.p_value:.3f}, found less expected "
           f"{cal.pooled_error:+.2%} (clustered standard error {cal.standard_error:.2%}). 90% intervals of counts held "
           f"{found.interval_coverage:.1%} of {found.coverage_groups} territories and months.")  # fmt: skip
    yield ""
    yield "| Given | Visits | Mean | Found |\n|---|---|---|---|"
    for band in cal.table:
        share = f"{band['found'] / band['visits']:.1%}"
        yield f"| {band['low']:.0%} to {band['high']:.0%} | {band['visits']} | {band['mean']:.1%} | {share} |"
    yield ""
    if found.lead == 0:
        yield "| Part | | Visits | Found | AUROC | AUPR | Brier | Kernel's Brier |\n|---|---|---|---|---|---|---|---|"
        for cut, groups in found.parts.items():
            for name, part in groups.items():
                yield (f"| {cut} | {name} | {part.visits} | {part.found} | {shown(part.winze.auroc)} | "
                       f"{shown(part.winze.aupr)} | {part.winze.brier:.4f} | {part.kernel.brier:.4f} |")  # fmt: skip
        yield ""
    for share, met in found.planner.items():
        yield (f"- {float(share):.0%} of each quarter's visits, likeliest first, would have met {met['winze']:.0%} of "
               f"the findings; by the kernel {met['kernel']:.0%}, by last visits {met['last_visit']:.0%}.")  # fmt: skip
    yield ""


def shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(MARKS[0])[0], text.split(MARKS[1])[1]
    measured = "\n".join(tables())
    PAGE.write_text(f"{before}{MARKS[0]}\n{measured}\n{MARKS[1]}{after}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
