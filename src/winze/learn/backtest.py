"""Judges the likelihood on visits it never saw: rolling origin, no leakage, beside plain peers.

Every quarter the weights are fitted anew to the answers known on its first day, less the lead; each of its visits
is given a likelihood from what was known at least the lead before it (0: strictly before its day). The same holds for
the peers: the base rate, the province's rate, the last visit to the same site, an expert's weights, and plain kernels,
of which that one stands for all that had the least Brier score on the visits before the period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from winze.engine.likelihood import Model
from winze.engine.records import Statement
from winze.learn.fitting import Recipe, fit, recipe, score
from winze.learn.history import QUESTIONS, History, Known, Visited, tell
from winze.learn.measures import (
    Calibration,
    Interval,
    Scores,
    calibration,
    coverage,
    deviation_for,
    held,
    interval,
    measured,
    repeated,
    scores,
)

TARGETS = {
    "armed_interference": "armed-interference",
    "non_state_interference": "non-state-armed-interference",
    "state_interference": "state-forces-interference",
}
_REDRAWS = 1000
type Floats = NDArray[Any]


class TooFew(Exception):
    """There are too few answers to judge by; the sentence says how many there are and how many it takes."""


@dataclass(frozen=True, slots=True)
class Group:
    """Measures of one part of the visits, of Winze and of the kernel; None where only one kind of answer was given."""

    visits: int
    found: int
    winze: Scores
    kernel: Scores


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a backtest found. `better` is Winze less the kernel for each measure, with its 90% interval over redrawn
    territories and months; `parts` are measures by year, province, mineral, programme and manner of visit; `planner` is
    what visits chosen by likelihood would have found; `expected_coverage` what whole-count intervals would hold."""

    target: str
    start: date
    end: date
    lead: int
    visits: int
    base_rate: float
    kernel: tuple[float, float, float]
    models: Mapping[str, Scores]
    intervals: Mapping[str, Mapping[str, Interval]]
    better: Mapping[str, Interval]
    calibration: Calibration
    interval_coverage: float | None
    expected_coverage: float | None
    coverage_groups: int
    deviation: float
    parts: Mapping[str, Mapping[str, Group]]
    planner: Mapping[str, Mapping[str, float]]
    contradictory: int
    doubled: int


def backtest(
    statements: list[Statement], target: str, start: date, end: date, lead: int = 0, expert: Model | None = None
) -> Backtest:
    """Judges one target over the visits of a period, beside plain peers and, where given, an expert's weights. Raises
    `TooFew` where there is nothing to judge by."""
    history, how = tell(statements), recipe()
    rolled = roll(history, target, lead, how, end)
    inside = (rolled.visited.day >= start.toordinal()) & (rolled.visited.day <= end.toordinal())
    if inside.sum() < 20 or not 0 < rolled.visited.answer[inside].sum() < inside.sum():
        raise TooFew(f"{int(inside.sum())} visits of the period answer; it takes 20, with and without a finding")
    given, kernel = _given(history, rolled, target, lead, how, inside)
    if expert is not None:
        scales = [(scale.km, scale.days) for scale in expert.scales]
        by_hand = history.known_before(rolled.visited, QUESTIONS[target], scales, lead)
        given["expert"] = expit(score(expert, by_hand))[inside]
    answer, groups = rolled.visited.answer[inside], np.unique(rolled.visited.groups()[inside], return_inverse=True)[1]
    models = {name: scores(answer, p) for name, p in given.items()}
    drawn = {name: measured(answer, p, repeated(groups, _REDRAWS)) for name, p in given.items()}
    deviation = rolled.deviation[inside]
    share, expected, many = coverage(answer, logit(given["winze"]), groups, deviation)
    return Backtest(
        target, start, end, lead, int(inside.sum()), float(answer.mean()), kernel, models,
        {name: {m: interval(getattr(models[name], m), of[m]) for m in of} for name, of in drawn.items()},
        {m: interval(_less(models, m), drawn["winze"][m] - drawn["kernel"][m]) for m in ("auroc", "aupr", "brier")},
        calibration(answer, given["winze"], groups, how.bands), share, expected, many, float(deviation.mean()),
        _parts(rolled.visited, inside, given), _planner(answer, given, rolled.visited.day[inside]),
        *_warts(rolled.visited, inside),
    )  # fmt: skip


def _less(models: Mapping[str, Scores], measure: str) -> float:
    return float(getattr(models["winze"], measure) - getattr(models["kernel"], measure))


# -- rolling origin --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rolled:
    """Each visit's log-odds as given before it, nan where too little was known to fit to; the deviation in force."""

    visited: Visited
    known: Known
    log_odds: Floats
    deviation: Floats

    @property
    def judged(self) -> Floats:
        """Which visits were given a likelihood."""
        return ~np.isnan(self.log_odds)


def roll(history: History, target: str, lead: int, how: Recipe, end: date) -> Rolled:
    """Fits anew each quarter and gives every visit of it a likelihood."""
    force = QUESTIONS[target]
    visited = history.visits(force)
    fresh = history.known_before(visited, force, how.kernel, 0)
    known = fresh if lead == 0 else history.known_before(visited, force, how.kernel, lead)
    spans = list(quarters(visited.day, how.refit_months, end))
    log_odds = np.full(len(visited.day), np.nan)
    for first, last in spans:
        train = visited.day <= first - max(lead, 1)
        here = (visited.day >= first) & (visited.day <= last)
        if here.any() and enough(visited.answer[train], how):
            model = fit(_of(fresh, train), visited.answer[train], how, TARGETS[target])
            log_odds[here] = score(model, _of(known, here))
    return Rolled(visited, known, log_odds, _deviations(visited, log_odds, spans, lead, how))


def _deviations(visited: Visited, log_odds: Floats, spans: Sequence[tuple[int, int]], lead: int, how: Recipe) -> Floats:
    """The deviation in force at each visit: as measured on the territories and months that ended before its quarter."""
    judged = ~np.isnan(log_odds)
    groups = visited.groups()
    inside = held(visited.answer[judged], log_odds[judged], groups[judged])
    ended = {group: visited.day[groups == group].max() for group in inside}
    deviation = np.full(len(visited.day), 1.0)
    for first, last in spans:
        deviation[(visited.day >= first) & (visited.day <= last)] = deviation_on(
            inside, ended, first - max(lead, 1), how
        )
    return deviation


def deviation_on(inside: Mapping[int, Floats], ended: Mapping[int, float], day: float, how: Recipe) -> float:
    """The deviation measured over the newest groups that ended by a day; 1 where fewer than ten had."""
    past = sorted((group for group in inside if ended[group] <= day), key=lambda group: (ended[group], group))
    recent = [group for group in past if ended[group] > day - 30.4 * how.deviation_months]
    used = recent if len(recent) >= 30 else past[-30:]
    return deviation_for([inside[group] for group in used]) if len(used) >= 10 else 1.0


def enough(answer: Floats, how: Recipe) -> bool:
    """Whether there are enough answers, and enough of either kind, to learn from."""
    return len(answer) >= how.least_answers and how.least_found <= answer.sum() <= len(answer) - how.least_found


def quarters(days: Floats, months: int, end: date) -> Iterable[tuple[int, int]]:
    """First and last days of the spans after which weights are fitted anew, from the first visit's to the end."""
    if not len(days):
        return
    at = date.fromordinal(int(days.min()))
    at = date(at.year, 1 + (at.month - 1) // months * months, 1)
    while at <= end:
        following = (at.replace(day=1) + timedelta(days=31 * months + 3)).replace(day=1)
        while (following.month - 1) % months:
            following = (following - timedelta(days=1)).replace(day=1)
        yield at.toordinal(), (following - timedelta(days=1)).toordinal()
        at = following


def _of(known: Known, rows: Floats) -> Known:
    return Known(known.sums[rows], known.conflict[rows])


def one_model(history: History, target: str, to: date, how: Recipe) -> Model:
    """The weights fitted to all answers known on a day. Raises `TooFew`."""
    force = QUESTIONS[target]
    visited = history.visits(force)
    train = visited.day <= to.toordinal()
    if not enough(visited.answer[train], how):
        raise TooFew(f"{int(train.sum())} answers, {int(visited.answer[train].sum())} of them findings; "
                     f"it takes {how.least_answers} and {how.least_found}")  # fmt: skip
    known = history.known_before(visited, force, how.kernel, 0)
    return fit(_of(known, train), visited.answer[train], how, TARGETS[target])


# -- peers -----------------------------------------------------------------------------------------------------------


def _given(
    history: History, rolled: Rolled, target: str, lead: int, how: Recipe, inside: Floats
) -> tuple[dict[str, Floats], tuple[float, float, float]]:
    """The probabilities of Winze and of each peer for the visits inside, and which kernel stands for the kernels."""
    visited, before = rolled.visited, max(lead, 1)
    base = rates(visited, ["all"] * len(visited.day), before)
    by_kernel = kernels(history, visited, QUESTIONS[target], how, lead, base)
    earlier = (visited.day < rolled.visited.day[inside].min()) & rolled.judged
    chosen = min(by_kernel, key=lambda k: (_brier(visited.answer, by_kernel[k], earlier), k))
    log_odds = rolled.log_odds[inside]
    unlearnt = np.log(base[inside] / (1 - base[inside]))
    winze = expit(np.where(np.isnan(log_odds), unlearnt, log_odds))
    return {
        "winze": winze,
        "last_visit": last_visits(visited, history.evidence.sites, before, base)[inside],
        "province_rate": rates(visited, visited.province, before)[inside],
        "base_rate": base[inside],
        "kernel": by_kernel[chosen][inside],
    }, chosen


def _brier(answer: Floats, p: Floats, rows: Floats) -> float:
    return float(np.mean((p[rows] - answer[rows]) ** 2)) if rows.any() else 0.0


def kernels(
    history: History, visited: Visited, force: str, how: Recipe, lead: int, base: Floats
) -> dict[tuple[float, float, float], Floats]:
    """Plain kernels: the share of findings among earlier visits by distance and age, drawn to the base rate."""
    pairs = [(km, days) for km in how.kernels["km"] for days in how.kernels["days"]]
    shares = history.shares(visited, force, pairs, lead)
    return {
        (km, days, prior): (share[:, 0] + prior * base) / (share[:, 1] + prior)
        for (km, days), share in shares.items()
        for prior in how.kernels["prior"]
    }


def rates(visited: Visited, names: Sequence[str], before: int) -> Floats:
    """The share of findings among earlier visits of the same name, drawn to a half by one visit of each kind."""
    given = np.full(len(visited.day), 0.5)
    of_name = np.array(names)
    for name in np.unique(of_name):
        here = np.flatnonzero(of_name == name)
        known = np.searchsorted(visited.day[here], visited.day[here] - before, side="right")
        found = np.r_[0, visited.answer[here].cumsum()][known]
        given[here] = (found + 1) / (known + 2)
    return given


def last_visits(visited: Visited, sites: Floats, before: int, base: Floats) -> Floats:
    """What the last earlier visit to the same site found, 0 or 1; the base rate where there was none."""
    given = base.copy()
    at_site = sites[visited.row]
    for site in np.unique(at_site):
        here = np.flatnonzero(at_site == site)
        known = np.searchsorted(visited.day[here], visited.day[here] - before, side="right")
        given[here] = np.where(known > 0, visited.answer[here][np.maximum(known - 1, 0)], base[here])
    return given


# -- parts, planner, warts -------------------------------------------------------------------------------------------


def _parts(visited: Visited, inside: Floats, given: Mapping[str, Floats]) -> dict[str, dict[str, Group]]:
    at = np.flatnonzero(inside)
    years = [str(date.fromordinal(int(visited.day[i])).year) for i in at]
    seldom = _seldom(visited, at)
    cuts = {
        "year": years,
        "province": [visited.province[i] for i in at],
        "mineral": [visited.mineral[i] for i in at],
        "programme": [visited.programme[i] for i in at],
        "manner": [visited.manner[i] for i in at],
        "without programmes that found nothing": ["yes" if visited.programme[i] not in seldom else "" for i in at],
        "on-site, without those": [
            "yes" if visited.programme[i] not in seldom and visited.manner[i] == "on-site" else "" for i in at
        ],
    }
    answer = visited.answer[inside]
    return {cut: _cut(names, answer, given) for cut, names in cuts.items()}


def _seldom(visited: Visited, at: Floats) -> set[str]:
    """Programmes of 50 visits or more in the period that found nothing at all."""
    found: dict[str, list[float]] = {}
    for i in at:
        found.setdefault(visited.programme[i], []).append(visited.answer[i])
    return {name for name, answers in found.items() if len(answers) >= 50 and not sum(answers)}


def _cut(names: Sequence[str], answer: Floats, given: Mapping[str, Floats]) -> dict[str, Group]:
    cut = {}
    for name in sorted(set(names) - {""}):
        here = np.array([each == name for each in names])
        cut[name] = Group(
            int(here.sum()), int(answer[here].sum()), scores(answer[here], given["winze"][here]),
            scores(answer[here], given["kernel"][here]),
        )  # fmt: skip
    return cut


def _planner(answer: Floats, given: Mapping[str, Floats], day: Floats) -> dict[str, dict[str, float]]:
    """Had each quarter only a share of its visits been made, the likeliest first: how many of the findings they would
    have met. The order within a quarter is by each model; visits drawn by chance would meet the share itself."""
    quarter = np.array([date.fromordinal(int(d)).year * 4 + (date.fromordinal(int(d)).month - 1) // 3 for d in day])
    result = {}
    for share in (0.1, 0.25, 0.5):
        met = {"by_chance": share}
        for name in ("winze", "kernel", "last_visit"):
            picked = 0.0
            for q in np.unique(quarter):
                here = np.flatnonzero(quarter == q)
                order = here[np.argsort(-given[name][here], kind="stable")]
                picked += answer[order[: round(share * len(here))]].sum()
            met[name] = float(picked / answer.sum())
        result[f"{share:g}"] = met
    return result


def _warts(visited: Visited, inside: Floats) -> tuple[int, int]:
    """How many of the visits contradict themselves, and how many repeat a site and day."""
    said: list[Any] = [visited.statements[i].said for i in np.flatnonzero(inside)]
    days = {(s.subject, s.speaks_of.known_on) for s in (visited.statements[i] for i in np.flatnonzero(inside))}
    return sum(visit.contradictory for visit in said), len(said) - len(days)
