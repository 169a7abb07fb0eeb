"""A backtest as JSON and as lines of text. Figures are rounded to six significant digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from winze.engine.records import Input
from winze.formats.cycle_json import plain

SCHEMA = "winze.backtest/1"


def document(found: Any, inputs: Sequence[Input]) -> dict[str, Any]:
    """The backtest as the contract of `winze backtest --json` names it; see docs/reference/backtest-json.md."""
    calibration = plain(asdict(found.calibration))
    return {
        "schema": SCHEMA,
        "target": found.target,
        "from": plain(found.start),
        "to": plain(found.end),
        "lead_days": found.lead,
        "n": found.visits,
        "base_rate": plain(found.base_rate),
        "models": {name: plain(asdict(scores)) for name, scores in found.models.items()},
        "intervals": {name: {m: plain(asdict(i)) for m, i in of.items()} for name, of in found.intervals.items()},
        "winze_less_kernel": {measure: plain(asdict(interval)) for measure, interval in found.better.items()},
        "kernel": dict(zip(("km", "days", "prior"), map(plain, found.kernel), strict=True)),
        "calibration": calibration,
        "interval_coverage": plain(found.interval_coverage),
        "interval_coverage_expected": plain(found.expected_coverage),
        "interval_groups": found.coverage_groups,
        "by": {cut: {name: plain(asdict(g)) for name, g in groups.items()} for cut, groups in found.parts.items()},
        "planner": plain(found.planner),
        "contradictory": found.contradictory,
        "same_site_and_day": found.doubled,
        "inputs": [_input(item, found) for item in inputs],
    }


def _input(item: Input, found: Any) -> dict[str, Any]:
    """The vintage of one file: the last day its rows speak of, and whether it was made after the visits judged."""
    later = item.generated_on is not None and item.generated_on > found.start
    return {
        "name": item.name,
        "sha256": item.sha256,
        "format": item.format,
        "newest": plain(item.newest),
        "generated_on": plain(item.generated_on),
        "later_slice": later or (item.newest is not None and item.newest > found.start),
    }


def lines(found: Any, inputs: Sequence[Input]) -> Iterator[str]:
    """The backtest as a person reads it at the shell."""
    period = f"{found.visits:,} visits from {found.start} to {found.end}"
    yield f"{found.target}: {period}, {found.base_rate:.1%} found it; lead {found.lead} days."
    yield f"{'':15} {'AUROC':>7} {'AUPR':>7} {'Brier':>8}   90% interval of Brier over territories and months"
    for name, scores in found.models.items():
        of = found.intervals[name]["brier"]
        ranked = f"{_shown(scores.auroc)} {_shown(scores.aupr)}"
        yield f"{name:15} {ranked} {scores.brier:8.4f}   {of.low:.4f} to {of.high:.4f}"
    km, days, prior = found.kernel
    shape = f"{km:g} km, {days:g} days, drawn to the base rate by {prior:g} visits"
    yield f"The kernel: {shape}; the best of its kind before {found.start}."
    for measure, of in found.better.items():
        yield f"Winze less kernel, {measure}: {of.value:+.4f} (90%: {of.low:+.4f} to {of.high:+.4f})"
    cal = found.calibration
    yield (f"Calibration: score test p {cal.p_value:.3f}; found less expected {cal.pooled_error:+.2%} of visits "
           f"(clustered standard error {cal.standard_error:.2%}).")  # fmt: skip
    for band in cal.table:
        yield (f"  given {band['low']:.0%} to {band['high']:.0%}: {band['visits']} visits, mean {band['mean']:.1%}, "
               f"found {band['found'] / band['visits']:.1%}")  # fmt: skip
    if found.interval_coverage is not None:
        yield (f"90% intervals of counts held: {found.interval_coverage:.1%} of {found.coverage_groups} territories "
               f"and months of five visits or more; whole counts: {found.expected_coverage:.1%} expected.")  # fmt: skip
    for share, met in found.planner.items():
        yield (f"Making {float(share):.0%} of each quarter's visits, likeliest first, meets {met['winze']:.0%} "
               f"of the findings (kernel {met['kernel']:.0%}, last visit {met['last_visit']:.0%}).")  # fmt: skip
    for cut, groups in found.parts.items():
        yield f"By {cut}:"
        for name, group in groups.items():
            ours, theirs = group.winze, group.kernel
            yield (f"  {name:34} {group.visits:5} visits, {group.found:4} found  AUROC {_shown(ours.auroc)} "
                   f"AUPR {_shown(ours.aupr)} Brier {ours.brier:.4f} (kernel {theirs.brier:.4f})")  # fmt: skip
    yield f"Of these visits {found.contradictory} contradict themselves and {found.doubled} repeat a site and day."
    for item in (_input(each, found) for each in inputs):
        slice_ = "; a later slice, filtered by its rows' own dates" if item["later_slice"] else ""
        yield f"Read {item['name']}: speaks of days to {item['newest']}{slice_}."


def _shown(value: float | None) -> str:
    return f"{value:7.3f}" if value is not None else f"{'–':>7}"
