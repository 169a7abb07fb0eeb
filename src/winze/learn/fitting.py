"""Fits the weights of the likelihood: penalised maximum likelihood, drawn to the values of the recipe.

The form is the one `engine.likelihood` scores by. What is fitted are logarithms (of sharpness, priors, the weights of
scales and of kinds of statement), so that each stays above zero and a finding can never lower a likelihood. The weight
of conflict is an expert's and is not fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from winze.engine.likelihood import FOR_IT, SPEAKING, Model, Scale
from winze.learn.history import Known

type Floats = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is fixed before any fit: the figures of `rules/models/recipe.yaml`."""

    scales: tuple[Scale, ...]
    prior_yes: float
    prior_no: float
    weights: Mapping[str, float]
    fixed: tuple[str, ...]
    at_most: Mapping[str, float]
    conflict: float
    conflict_typical: float
    draw: Mapping[str, float]
    least_answers: int
    least_found: int
    refit_months: int
    deviation_months: int
    leads: tuple[int, ...]
    bands: tuple[float, ...]
    kernels: Mapping[str, tuple[float, ...]]
    countries: tuple[str, ...]

    @property
    def kernel(self) -> list[tuple[float, float]]:
        """Distance and memory of each scale."""
        return [(scale.km, scale.days) for scale in self.scales]

    @property
    def free(self) -> list[str]:
        """The kinds of statement whose weight is fitted."""
        return [name for name in SPEAKING if name not in self.fixed]


@cache
def recipe() -> Recipe:
    """The recipe in the rulebook."""
    told = yaml.safe_load((files("winze.rules") / "models" / "recipe.yaml").read_text(encoding="utf-8"))
    return Recipe(
        scales=tuple(Scale(**{name: float(value) for name, value in scale.items()}) for scale in told["scales"]),
        prior_yes=float(told["priors"]["for_it"]),
        prior_no=float(told["priors"]["against"]),
        weights={name: float(told["weights"][name]) for name in SPEAKING},
        fixed=tuple(told["fixed"]),
        at_most=told["at_most"],
        conflict=float(told["conflict"]),
        conflict_typical=float(told["conflict_typical"]),
        draw=told["draw"],
        least_answers=told["least_answers"],
        least_found=told["least_found"],
        refit_months=told["refit_months"],
        deviation_months=told["deviation_months"],
        leads=tuple(told["leads"]),
        bands=tuple(told["bands"]),
        kernels={name: tuple(values) for name, values in told["kernels"].items()},
        countries=tuple(told["countries"]),
    )


def score(model: Model, known: Known) -> Floats:
    """The log-odds of each row of `known`: the vector form of `engine.likelihood.assess`, for any model whose scales
    the rows were summed by. Where conflict is unknown it is not weighed."""
    kinds = np.array([model.weights[name] for name in SPEAKING])
    spoken = np.tensordot(known.sums, [scale.weight for scale in model.scales], axes=(1, 0)) * kinds
    raised = np.nan_to_num(known.conflict - model.conflict_typical, nan=0.0) * model.conflict
    yes = model.prior_yes * np.exp(raised) + spoken[:, : len(FOR_IT)].sum(1)
    no = model.prior_no + spoken[:, len(FOR_IT) :].sum(1)
    odds: Floats = model.base + model.sharpness * (np.log(yes) - np.log(no))
    return odds


_EXACT = {"maxiter": 5000, "ftol": 1e-14, "gtol": 1e-8}
"""Fitted until nothing moves: six digits are then the data's, not the machine's."""


def fit(known: Known, answer: Floats, how: Recipe, target: str) -> Model:
    """The weights under which the answers were likeliest, drawn to the recipe's."""
    form = _Form(known, how, how.conflict_typical)
    start = _packed(_start(how, target), how)
    draw = np.array([how.draw["base"], how.draw["sharpness"], how.draw["priors"], how.draw["priors"],
                     *[how.draw["scales"]] * len(how.scales), *[how.draw["weights"]] * len(how.free), 0.0])  # fmt: skip

    def loss(at: Floats) -> tuple[float, Floats]:
        z, away = form.log_odds(at), at - start
        surprise = np.logaddexp(0, z) - answer * z
        slope = form.slope(at, expit(z) - answer)
        return float(surprise.sum() + (draw * away**2).sum() / 2), slope + draw * away

    at_most = [np.log(how.at_most[name]) if name in how.at_most else 12.0 for name in how.free]
    bounds = [
        *[(-12.0, 12.0)] * (4 + len(how.scales)),
        *[(-12.0, top) for top in at_most],
        (how.conflict, how.conflict),
    ]
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=_EXACT)
    return _unpacked(best.x, how, target)


def _start(how: Recipe, target: str) -> Model:
    return Model(target, f"likelihood/{target}", 0.0, 1.0, how.prior_yes, how.prior_no, how.conflict,
                 how.conflict_typical,
                 how.scales, how.weights, ((0.0, 1.0),), countries=how.countries)  # fmt: skip


def _packed(model: Model, how: Recipe) -> Floats:
    logs = [model.sharpness, model.prior_yes, model.prior_no, *(scale.weight for scale in model.scales),
            *(model.weights[name] for name in how.free)]  # fmt: skip
    return np.array([model.base, *np.log(np.maximum(logs, 1e-9)), model.conflict])


def _unpacked(at: Floats, how: Recipe, target: str) -> Model:
    logs = np.exp(at[1:-1])
    many = len(how.scales)
    scales = tuple(replace(s, weight=float(w)) for s, w in zip(how.scales, logs[3 : 3 + many], strict=True))
    fitted = dict(zip(how.free, map(float, logs[3 + many :]), strict=True))
    return replace(
        _start(how, target), base=float(at[0]), sharpness=float(logs[0]), prior_yes=float(logs[1]),
        prior_no=float(logs[2]), scales=scales, weights={**how.weights, **fitted}, conflict=float(at[-1]),
    )  # fmt: skip


class _Form:
    """The log-odds of rows as a function of what is fitted, and its slope.

    Order of parameters: base, ln sharpness, ln prior_yes, ln prior_no, ln weight of each scale, ln weight of each
    free kind, weight of conflict.
    """

    def __init__(self, known: Known, how: Recipe, typical: float) -> None:
        self.sums, self.how, self.many = known.sums, how, len(how.scales)
        self.conflict = np.nan_to_num(known.conflict - typical, nan=0.0)
        self.free = [SPEAKING.index(name) for name in how.free]
        self.fixed = np.array([how.weights[name] for name in SPEAKING])
        self.for_it = np.arange(len(SPEAKING)) < len(FOR_IT)

    def _parts(self, at: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        kinds = self.fixed.copy()
        kinds[self.free] = np.exp(at[4 + self.many : -1])
        prior = np.exp(at[2] + self.conflict * at[-1])
        spoken = np.tensordot(self.sums, np.exp(at[4 : 4 + self.many]), axes=(1, 0)) * kinds
        return kinds, prior, prior + spoken[:, self.for_it].sum(1), np.exp(at[3]) + spoken[:, ~self.for_it].sum(1)

    def log_odds(self, at: Floats) -> Floats:
        _, _, yes, no = self._parts(at)
        odds: Floats = at[0] + np.exp(at[1]) * (np.log(yes) - np.log(no))
        return odds

    def slope(self, at: Floats, error: Floats) -> Floats:
        """The slope of sum(error * log-odds), error held fixed."""
        kinds, prior, yes, no = self._parts(at)
        sharp = np.exp(at[1])
        by_yes, by_no = error * sharp / yes, error * sharp / no
        side = np.where(self.for_it, by_yes[:, None], -by_no[:, None])  # rows x kinds
        of_scale = np.einsum("rsk,rk->s", self.sums, side * kinds) * np.exp(at[4 : 4 + self.many])
        of_kind = np.einsum("rsk,s,rk->k", self.sums, np.exp(at[4 : 4 + self.many]), side, optimize=True) * kinds
        return np.array([
            error.sum(), (error * sharp * (np.log(yes) - np.log(no))).sum(), (by_yes * prior).sum(),
            -(by_no * np.exp(at[3])).sum(), *of_scale, *of_kind[self.free], (by_yes * prior * self.conflict).sum(),
        ])  # fmt: skip
