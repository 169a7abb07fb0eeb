"""Judging visits by what was known before them: fitting anew each quarter, and how good the likelihoods are.

The peers learn from the same figures (the sums over scales and kinds of statement, and conflict) with scikit-learn,
refit on the same days and judged on the same visits: gradient boosting, the usual choice where reasons need not add up,
and a plain logistic regression. Small size: a generated history; full: the published visits, where they are at hand.
"""

from __future__ import annotations

import json
import os
import random
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measured import ROOT, Found, apart, middle, peak_mb, ratios, seconds
from winze.engine.records import ArmedActor, Origin, Point, Statement, Visit, on

DATA = Path(os.environ.get("WINZE_DATA") or ROOT.parent / "shared" / "data")
FILES = ("mines/ipis_drc_visits_2009_2018.csv", "conflict/acled_hdx_drc_adm2_month_1997_2020.csv")
START, END = date(2017, 1, 1), date(2018, 12, 31)
PEERS = ("gradient_boosting", "logistic_regression")


def measure(size: str) -> Found:
    """Ours and the peers in turns; then scoring every site, and the whole history for every target and two leads."""
    rounds = 3 if size == "full" else 1
    names = ("winze", *PEERS)
    runs = [{name: apart("benchmarks.judgement", name, size) for name in names} for _ in range(rounds)]
    ours, *others = (middle(run[name] for run in runs) for name in names)
    peers = dict(zip(PEERS, others, strict=True))
    rest = apart("benchmarks.judgement", "rest", size)
    quality = {
        "visits": runs[0]["winze"]["visits"],
        "brier": {name: runs[0][name]["brier"] for name in names},
        "aupr": {name: runs[0][name]["aupr"] for name in names},
        **rest,
    }
    return {"winze": ours, "peers": peers, "ratio": ratios(ours, peers), "quality": quality}


def told(size: str) -> list[Statement]:
    """The published visits and counts, or a generated history of clusters whose trouble lasts for months."""
    if size == "full" and (DATA / FILES[0]).exists():
        from winze.formats import reading

        return [s for name in FILES for s in reading.read(DATA / name).statements]
    chance = random.Random(20200511)
    group = ArmedActor("Example", "non-state", acts=("taxation",), interferes=True)
    statements = []
    for n in range(900):
        cluster, day = chance.randrange(12), date(2014, 1, 1) + timedelta(days=2 * n)
        troubled = (cluster + n // 150) % 3 == 0
        found = chance.random() < (0.8 if troubled else 0.08)
        place = Point(-2 + cluster % 4 + chance.random() / 10, 27 + cluster // 4 + chance.random() / 10, 0.5)
        said = Visit(f"m{cluster}", "COD", "P", f"T{cluster}", place, ("gold",), "on-site", armed_presence=found,
                     interference=found, actors=(group,) if found else ())  # fmt: skip
        site = f"site:x/{cluster}-{chance.randrange(9)}"
        statements.append(Statement(site, said, on(day), Origin("made.csv", None, n + 2), "user"))
    return statements


def judged(method: str, size: str) -> Found:
    """One method: seconds to give every visit since the first fit its likelihood, and how good those since 2017 are."""
    from winze.learn import backtest
    from winze.learn.fitting import recipe
    from winze.learn.history import tell
    from winze.learn.measures import scores

    history, how = tell(told(size)), recipe()
    visited = history.visits("armed")
    known = history.known_before(visited, "armed", how.kernel, 0)
    columns = np.column_stack([known.sums.reshape(len(visited.day), -1), np.nan_to_num(known.conflict, nan=-1.0)])
    columns = np.log1p(np.maximum(columns, -0.5))
    chances = np.full(len(visited.day), np.nan)

    def work() -> None:
        for first, last in backtest.quarters(visited.day, how.refit_months, END):
            train, here = visited.day <= first - 1, (visited.day >= first) & (visited.day <= last)
            if here.any() and backtest.enough(visited.answer[train], how):
                chances[here] = _fitted(method, known, columns, visited.answer, train, here)

    took, _ = seconds(work)
    inside = (visited.day >= START.toordinal()) & (visited.day <= END.toordinal()) & ~np.isnan(chances)
    if not inside.any():
        inside = ~np.isnan(chances)
    good = scores(visited.answer[inside], chances[inside])
    return {"seconds": took, "mb": peak_mb(), "visits": int(inside.sum()), "brier": round(good.brier, 4),
            "aupr": round(good.aupr or 0.0, 4)}  # fmt: skip


def _fitted(method: str, known: Any, columns: Any, answer: Any, train: Any, here: Any) -> Any:
    from scipy.special import expit

    from winze.learn import fitting
    from winze.learn.history import Known

    if method == "winze":
        model = fitting.fit(Known(known.sums[train], known.conflict[train]), answer[train], fitting.recipe(), "any")
        return expit(fitting.score(model, Known(known.sums[here], known.conflict[here])))
    if method == "gradient_boosting":
        from sklearn.ensemble import HistGradientBoostingClassifier

        peer: Any = HistGradientBoostingClassifier(random_state=0)
    else:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        peer = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    return peer.fit(columns[train], answer[train]).predict_proba(columns[here])[:, 1]


def rest(size: str) -> Found:
    """What is asked once: scoring all sites with their reasons, and refitting and backtesting the whole history."""
    from winze.engine import likelihood, models, register
    from winze.learn.backtest import TARGETS, backtest

    statements = told(size)
    day = END if size == "full" else date(2018, 6, 1)
    where = register.build([s for s in statements if s.known(day)])
    weights = models.in_force(day)["non-state-armed-interference"]
    events = likelihood.events_in_year(statements, day)
    sites = list(where.sites.values())

    def score() -> int:
        seen = likelihood.observe(where, {"non-state": likelihood.by_force("non-state")})
        return len(list(likelihood.assess(sites, seen, "non-state", events, weights, day)))

    scored, many = seconds(score)
    start, end = (START, END) if size == "full" else (date(2016, 1, 1), day)
    leads = (0, 30) if size == "full" else (0,)
    targets = TARGETS if size == "full" else ("armed_interference",)
    whole, _ = seconds(lambda: [backtest(statements, target, start, end, lead) for target in targets for lead in leads])
    return {"sites": many, "scoring_seconds": round(scored, 3), "backtests": len(targets) * len(leads),
            "refit_and_backtest_seconds": round(whole, 1)}  # fmt: skip


if __name__ == "__main__":
    name, size = sys.argv[1:]
    print(json.dumps(rest(size) if name == "rest" else judged(name, size)))
