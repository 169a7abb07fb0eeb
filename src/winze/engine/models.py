"""Learnt weights of the likelihood as dated files: `rules/models/<trained_to>.yaml`, one model a target.

A run uses the newest file trained to a day not later than its own. A file says up to which day it was trained, on which
answers (a hash over their identities), in which countries it may speak, and how good it was on visits it had not seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from winze.engine.likelihood import EXPERT, FORCES, SPEAKING, Band, Model, Scale

FOLDER = "models"
_TOP = {"trained_to", "training", "answers", "sources", "countries", "targets"}
_ASKED = {*FORCES, *EXPERT}
_TARGET = {"base", "sharpness", "prior_yes", "prior_no", "conflict", "conflict_typical", "scales", "weights", "spread",
           "measured"}  # fmt: skip


class Malformed(ValueError):
    """A file of learnt weights that is not as it must be: the sentence names file and field."""


def in_force(as_of: date, folder: Traversable | Path | None = None) -> dict[str, Model]:
    """The newest models trained to a day not later than `as_of`, by target; none where every file is later."""
    dated = sorted((path for path in _files(folder) if _day(path) <= as_of), key=lambda path: path.name)
    return read(dated[-1]) if dated else {}


def _files(folder: Traversable | Path | None) -> list[Traversable | Path]:
    where = folder if folder is not None else files("winze.rules") / FOLDER
    found: Iterable[Any] = where.iterdir() if where.is_dir() else ()
    return [path for path in found if path.name.endswith(".yaml") and path.name[:4].isdigit()]


def _day(path: Traversable | Path) -> date:
    try:
        return date.fromisoformat(path.name.removesuffix(".yaml"))
    except ValueError as wrong:
        raise Malformed(
            f"{path.name}: the name must be the day the weights were trained to, as 2018-12-31.yaml"
        ) from wrong


def check(folder: Traversable | Path | None = None) -> list[str]:
    """What is wrong with the files of learnt weights, one sentence each."""
    wrong = []
    for path in sorted(_files(folder), key=lambda path: path.name):
        try:
            read(path)
        except Malformed as problem:
            wrong.append(str(problem))
    return wrong


def read(path: Traversable | Path) -> dict[str, Model]:
    """The models of one file, by target. Raises `Malformed` with file and field."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        raise Malformed(f"{path.name}: not readable as YAML: {wrong}") from wrong
    _keys(told, _TOP, path.name)
    if told["trained_to"] != _day(path):
        raise Malformed(f"{path.name}: trained_to says {told['trained_to']}, the file's name another day")
    targets = told["targets"]
    if not isinstance(targets, dict) or not targets or set(targets) - _ASKED:
        said = ", ".join(sorted(str(target) for target in targets)) if isinstance(targets, dict) else targets
        raise Malformed(f"{path.name}: targets must be of {', '.join(sorted(_ASKED))}; it says {said or 'none'}")
    return {target: _model(target, given, told, f"{path.name}: {target}") for target, given in targets.items()}


def _keys(given: Any, wanted: set[str], where: str) -> None:
    if not isinstance(given, dict) or set(given) != wanted:
        keys = set(given) if isinstance(given, dict) else set()
        odd = ", ".join(sorted(keys ^ wanted)) or "no fields"
        raise Malformed(f"{where}: the fields must be exactly {', '.join(sorted(wanted))}; see {odd}")


def _model(target: str, given: Any, told: Mapping[str, Any], where: str) -> Model:
    _keys(given, _TARGET, where)
    _keys(given["weights"], set(SPEAKING), f"{where}: weights")
    try:
        model = Model(
            target=target,
            rule=f"likelihood/{target}",
            scales=tuple(Scale(*(float(number) for number in scale)) for scale in given["scales"]),
            weights={name: float(value) for name, value in given["weights"].items()},
            spread=tuple((float(days), float(sd)) for days, sd in given["spread"]),
            measured=tuple((float(m["days"]), tuple(_band(b) for b in m["bands"])) for m in given["measured"]),
            countries=tuple(told["countries"]),
            trained_to=told["trained_to"],
            training=str(told["training"]),
            **{name: float(given[name]) for name in _NUMBERS},
        )
    except (TypeError, ValueError, KeyError) as wrong:
        raise Malformed(f"{where}: {wrong}") from wrong
    _numbers(model, where)
    return model


def _numbers(model: Model, where: str) -> None:
    positive = [model.sharpness, model.prior_yes, model.prior_no, *(s.km for s in model.scales),
                *(s.days for s in model.scales)]  # fmt: skip
    not_negative = [model.conflict, *model.weights.values(), *(s.weight for s in model.scales)]
    if not model.scales or min(positive) <= 0 or min(not_negative) < 0:
        raise Malformed(f"{where}: sharpness, priors, km and days must be above zero, weights not below: a finding "
                        "must never lower a likelihood")  # fmt: skip
    days, deviations = [day for day, _ in model.spread], [sd for _, sd in model.spread]
    if not days or days != sorted(set(days)) or min(deviations) < 0:
        raise Malformed(f"{where}: spread must be deviations, none below zero, by days that grow")
    if not all(map(math.isfinite, [*positive, *not_negative, model.base, model.conflict_typical, *days, *deviations])):
        raise Malformed(f"{where}: every number must be finite")


_NUMBERS = ("base", "sharpness", "prior_yes", "prior_no", "conflict", "conflict_typical")


def _band(given: Mapping[str, Any]) -> Band:
    return Band(
        float(given["low"]), float(given["high"]), int(given["visits"]), float(given["mean"]), int(given["found"])
    )


def write(models: Mapping[str, Model], answers: Mapping[str, int], sources: Iterable[str], trained_to: date) -> str:
    """The text of one file: every number to six significant digits, targets in the order given."""
    first = next(iter(models.values()))
    document = {
        "trained_to": trained_to,
        "training": first.training,
        "answers": dict(answers),
        "sources": sorted(sources),
        "countries": list(first.countries),
        "targets": {name: _told(model) for name, model in models.items()},
    }
    head = f"# Weights of the likelihood learnt from visits up to {trained_to}, by `winze train`; not to be edited.\n"
    return head + yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=120)


def _told(model: Model) -> dict[str, Any]:
    return {
        **{name: _short(getattr(model, name)) for name in _NUMBERS},
        "scales": [[_short(s.km), _short(s.days), _short(s.weight)] for s in model.scales],
        "weights": {name: _short(model.weights[name]) for name in SPEAKING},
        "spread": [[_short(days), _short(sd)] for days, sd in model.spread],
        "measured": [
            {
                "days": _short(days),
                "bands": [
                    {"low": b.low, "high": b.high, "visits": b.visits, "mean": _short(b.mean), "found": b.found}
                    for b in bands
                ],
            }
            for days, bands in model.measured
        ],
    }


def _short(number: float) -> float:
    return float(f"{number:.6g}")
