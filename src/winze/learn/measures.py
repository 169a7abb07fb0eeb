"""How good probabilities are, against what was found: ranking, calibration, and intervals for counts.

Visits of one territory and month hang together, so errors, intervals and tests are taken over such groups, never over
single visits. AUROC and AUPR count ties as half and as one step; weights let a bootstrap repeat groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

type Floats = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Scores:
    """AUROC (chance 0.5), AUPR (chance: the base rate) and Brier score (mean squared error; the less the better).
    None where only one kind of answer was given."""

    auroc: float | None
    aupr: float | None
    brier: float


def scores(answer: Floats, p: Floats) -> Scores:
    """The three measures of one set of probabilities."""
    one = np.ones((1, len(p)))
    ranked = ranking(answer, p, one)
    both = 0 < answer.sum() < len(answer)
    return Scores(
        float(ranked[0][0]) if both else None, float(ranked[1][0]) if both else None, float(np.mean((p - answer) ** 2))
    )


def ranking(answer: Floats, p: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """AUROC and AUPR for each row of weights (rows x visits); nan where a row holds one kind of answer only."""
    order = np.argsort(-p, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(p[order]) != 0])
    yes = np.add.reduceat((weight * answer)[:, order], starts, axis=1)
    no = np.add.reduceat((weight * (1 - answer))[:, order], starts, axis=1)
    found, missed = yes.cumsum(1), no.cumsum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        auroc = ((found - yes / 2) * no).sum(1) / (found[:, -1] * missed[:, -1])
        total = found + missed
        precision = np.where(total > 0, found / total, 0.0)
        aupr = (precision * yes).sum(1) / found[:, -1]
    return auroc, aupr


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference or measure with its 90% interval over repeated groups."""

    value: float | None
    low: float
    high: float


def repeated(groups: Floats, times: int, seed: int = 20200511) -> Floats:
    """Weights of each visit in so many redraws of the groups, with replacement (times x visits)."""
    many = int(groups.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(many, np.full(many, 1 / many), size=times)
    return drawn[:, groups].astype(float)


def measured(answer: Floats, p: Floats, weight: Floats) -> dict[str, Floats]:
    """The three measures for each redraw."""
    auroc, aupr = ranking(answer, p, weight)
    return {"auroc": auroc, "aupr": aupr, "brier": (weight * (p - answer) ** 2).sum(1) / weight.sum(1)}


def interval(value: float | None, drawn: Floats) -> Interval:
    """The middle 90% of what redraws gave."""
    low, high = np.nanquantile(drawn, [0.05, 0.95])
    return Interval(value, float(low), float(high))


# -- calibration -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether probabilities mean what they say. `p_value` is of the score test that intercept 0 and slope 1 on logit(p)
    hold (small refutes); `pooled_error` is found less expected, a share of visits, with its clustered error."""

    p_value: float
    pooled_error: float
    standard_error: float
    table: tuple[Mapping[str, float], ...]


def calibration(answer: Floats, p: Floats, groups: Floats, bands: tuple[float, ...]) -> Calibration:
    """The score test with errors clustered by group, the pooled error, and a table by band of likelihood."""
    inside = np.clip(p, 1e-9, 1 - 1e-9)
    error = answer - p
    scores = np.zeros((int(groups.max()) + 1, 2))
    np.add.at(scores, groups, np.column_stack([error, error * np.log(inside / (1 - inside))]))
    total, spread = scores.sum(0), scores.T @ scores
    statistic = float(total @ np.linalg.pinv(spread) @ total)
    return Calibration(
        float(chi2.sf(statistic, 2)),
        float(error.mean()),
        float(np.sqrt((scores[:, 0] ** 2).sum()) / len(p)),
        tuple(
            {"low": low, "high": min(high, 1.0), "visits": int(here.sum()), "mean": float(p[here].mean()),
             "found": int(answer[here].sum())}
            for low, high in pairwise(bands)
            if (here := (p >= low) & (p < high)).any()
        ),
    )  # fmt: skip


# -- counts of territories and months --------------------------------------------------------------------------------

DEVIATIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
"""Standard deviations of the error that visits of one territory and month share, on the log-odds."""
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(41)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def held(answer: Floats, log_odds: Floats, groups: Floats, least: int = 5) -> dict[int, Floats]:
    """For each group of at least so many visits, which of DEVIATIONS give a 90% interval that holds its count."""
    found = {}
    for group in np.unique(groups):
        here = groups == group
        if here.sum() >= least:
            count = answer[here].sum()
            ends = [whole_interval(counts(log_odds[here], deviation)) for deviation in DEVIATIONS]
            found[int(group)] = np.array([low <= count <= high for low, high in ends])
    return found


def deviation_for(inside: list[Floats], wanted: float = 0.9) -> float:
    """The least of DEVIATIONS whose intervals held the counts of past groups as often as wanted; the greatest where
    none did. How far whole territories and months stray is thus measured, not assumed."""
    share = np.mean(inside, axis=0)
    enough = np.flatnonzero(share >= wanted)
    return DEVIATIONS[int(enough[0])] if len(enough) else DEVIATIONS[-1]


def strayed(answer: Floats, log_odds: Floats, groups: Floats) -> float:
    """The least of DEVIATIONS whose intervals held counts as often as intervals of whole counts should, which is more
    than 90% where groups are small; the greatest where none did or there is no group."""
    for deviation in DEVIATIONS:
        share, expected, _ = coverage(answer, log_odds, groups, np.full(len(answer), deviation))
        if share is not None and expected is not None and share >= expected:
            return deviation
    return DEVIATIONS[-1]


def coverage(
    answer: Floats, log_odds: Floats, groups: Floats, deviation: Floats, least: int = 5
) -> tuple[float | None, float | None, int]:
    """The share of groups of at least so many visits whose count of findings lies in its 90% predictive interval; the
    share expected of intervals of whole counts, which hold a little more than 90%; and how many groups there were."""
    inside, expected = [], []
    for group in np.unique(groups):
        here = groups == group
        if here.sum() >= least:
            chance = counts(log_odds[here], float(deviation[here].mean()))
            low, high = whole_interval(chance)
            inside.append(low <= answer[here].sum() <= high)
            expected.append(chance[low : high + 1].sum())
    return (float(np.mean(inside)), float(np.mean(expected)), len(inside)) if inside else (None, None, 0)


def whole_interval(chance: Floats) -> tuple[int, int]:
    """The least and the most of a 90% predictive interval: counts from the 5th to the 95th percentile."""
    total = chance.cumsum()
    return int(np.searchsorted(total, 0.05)), min(int(np.searchsorted(total, 0.95)), len(chance) - 1)


def counts(log_odds: Floats, deviation: float) -> Floats:
    """The chance of each count of findings among visits of one group, whose log-odds stray together."""
    p = 1 / (1 + np.exp(-(log_odds[:, None] + deviation * _NODES)))
    chance = np.zeros((len(log_odds) + 1, len(_NODES)))
    chance[0] = 1
    for each in p:
        chance[1:] = chance[1:] * (1 - each) + chance[:-1] * each
        chance[0] *= 1 - each
    mixed: Floats = chance @ _WEIGHTS
    return mixed
