"""Trains the weights of the likelihood to the answers known on a day; refuses weights no better than plain peers.

What is written is a dated file of coefficients with the hash of the answers it was trained on, how far it strayed and
how good it was on visits it had not seen. A run reads the file and needs nothing of this package.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winze.engine.likelihood import Band, Model
from winze.engine.records import Statement
from winze.learn.backtest import (
    TARGETS,
    Backtest,
    Rolled,
    TooFew,
    backtest,
    enough,
    one_model,
    roll,
)
from winze.learn.fitting import Recipe, recipe
from winze.learn.history import History, tell
from winze.learn.measures import strayed

type Floats = NDArray[Any]
_JUDGED_DAYS = 730


@dataclass(frozen=True, slots=True)
class Trained:
    """Models by target (as the engine names them), how many answers each was trained on, and the sources read; and a
    sentence for each target whose weights were refused."""

    models: Mapping[str, Model]
    answers: Mapping[str, int]
    sources: tuple[str, ...]
    refused: tuple[str, ...] = ()


TRAINED = ("non_state_interference", "state_interference")
"""What a run asks: two questions with two answers."""


def train(statements: list[Statement], to: date) -> Trained:
    """Fits each target to what is known on `to`. A target whose weights the visits of the two years before, each judged
    by what was known before it, do not speak for is refused; raises `TooFew` where none is left."""
    known = [statement for statement in statements if statement.known(to)]
    better, refused = [], []
    for target in TRAINED:
        try:
            found = backtest(known, target, to - timedelta(days=_JUDGED_DAYS), to, 0)
            wrong = not_better(found)
        except TooFew as few:
            wrong = f"{target}: {few}"
        refused += [wrong] if wrong else []
        better += [] if wrong else [target]
    if not better:
        raise TooFew(" ".join(refused))
    return replace(fit_all(known, to, tuple(better)), refused=tuple(refused))


def not_better(found: Backtest) -> str | None:
    """Why weights are refused: a plain peer ranks as well, or is no further off, on visits they had not seen; None
    where they are better."""
    ours = found.models["winze"]
    for peer in ("kernel", "base_rate"):
        theirs = found.models[peer]
        if (ours.aupr or 0) <= (theirs.aupr or 0) or ours.brier >= theirs.brier:
            return (
                f"{found.target}: AUPR {ours.aupr or 0:.3f}, Brier {ours.brier:.4f} on {found.visits} visits they had "
                f"not seen are not both better than {theirs.aupr or 0:.3f} and {theirs.brier:.4f} of the peer {peer}: "
                "no weights are written."
            )
    return None


def fit_all(statements: list[Statement], to: date, targets: tuple[str, ...] = TRAINED) -> Trained:
    """Fits every target that has enough answers, better or not. Raises `TooFew` where none has."""
    history, how = tell(statements), recipe()
    models, answers = {}, {}
    for target in targets:
        rolled = {lead: roll(history, target, lead, how, to) for lead in how.leads}
        visited = rolled[0].visited
        if not enough(visited.answer, how):
            continue
        models[TARGETS[target]] = replace(
            one_model(history, target, to, how),
            trained_to=to,
            training=training_hash(visited.statements),
            spread=_spread(rolled),
            measured=tuple((float(lead), _bands(rolled[lead], how)) for lead in how.leads),
        )
        answers[TARGETS[target]] = len(visited.answer)
    if not models:
        raise TooFew(f"No question has {how.least_answers} answers with {how.least_found} findings known on {to}.")
    return Trained(models, answers, _sources(history))


def training_hash(statements: tuple[Statement, ...]) -> str:
    """A hash over the identities of the answers trained on: the same answers in any order give the same."""
    text = "\n".join(sorted(statement.id for statement in statements))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _spread(rolled: Mapping[int, Rolled]) -> tuple[tuple[float, float], ...]:
    """How far territories and months strayed over the whole history, by days without news; older news never narrows."""
    widest, found = 0.0, []
    for lead, one in sorted(rolled.items()):
        judged, groups = one.judged, one.visited.groups()
        widest = max(widest, strayed(one.visited.answer[judged], one.log_odds[judged], groups[judged]))
        found.append((float(lead), widest))
    return tuple(found)


def _bands(rolled: Rolled, how: Recipe) -> tuple[Band, ...]:
    """How often it was found by band of the likelihood given beforehand."""
    p = 1 / (1 + np.exp(-rolled.log_odds[rolled.judged]))
    answer = rolled.visited.answer[rolled.judged]
    bands = []
    for low, high in pairwise(how.bands):
        here = (p >= low) & (p < high)
        if here.any():
            bands.append(Band(low, high, int(here.sum()), float(p[here].mean()), int(answer[here].sum())))
    return tuple(bands)


def _sources(history: History) -> tuple[str, ...]:
    sources = {statement.source for statement in history.evidence.statements}
    return tuple(sorted(sources | history.counted_by))
