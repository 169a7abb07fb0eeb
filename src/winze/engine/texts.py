"""Sentences in four languages: every message id, its translations, and the values that fill it.

Texts stand in `rules/texts/*.yaml`, one entry an id, with `en`, `fr`, `es` and `zh-hans`. An id that is missing is our
bug and raises; so does a language that is missing for an id (a test holds the catalogues complete).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from winze.engine.problems import Problem, Refusal, Severity

LANGUAGES = ("en", "fr", "es", "zh-hans")


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """All texts by message id. Raises ValueError where two files give one id."""
    found: dict[str, Mapping[str, str]] = {}
    for path in sorted((files("winze.rules") / "texts").iterdir(), key=lambda p: p.name):
        if not path.name.endswith(".yaml"):
            continue
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
        for name, entry in entries.items():
            if name in found:
                raise ValueError(f"{path.name}: the text {name!r} is given twice")
            found[name] = entry
    return found


def say(message: str, language: str, /, **values: object) -> str:
    """The sentence of a message id in a language, its `{values}` filled in."""
    return catalogue()[message][language].format(**values)


@cache
def severities() -> dict[str, Severity]:
    """The severity of each problem code; the codes are a closed list."""
    prefix = "problem."
    return {
        name.removeprefix(prefix): Severity(entry["severity"])
        for name, entry in catalogue().items()
        if name.startswith(prefix) and "severity" in entry
    }


def sentence(problem: Problem, language: str) -> str:
    """What is wrong, in one sentence."""
    return say(f"problem.{problem.code}", language, **_told(dict(problem.values), language))


def refuse(rule: str, text: str, **values: object) -> Refusal:
    """A refusal by a rule, with the message id of its sentence and what fills it."""
    said = tuple((name, str(value)) for name, value in {**values, "rule": rule}.items())
    return Refusal(rule, _refusal(text, said, "en"), text, said)


def refusal(refused: Refusal, language: str) -> str:
    """Why an act is not allowed, in one sentence that names the rule."""
    return _refusal(refused.text, refused.values, language) if refused.text else refused.sentence


def _refusal(text: str, values: tuple[tuple[str, str], ...], language: str) -> str:
    return say(text, language, **_told(dict(values), language))


def _told(values: Mapping[str, str], language: str) -> dict[str, str]:
    """Values in words: `@term.role.owner` is a text of its own, `;` parts several; `why` is a sentence that the other
    values fill."""
    words = {name: _worded(value, language) for name, value in values.items()}
    why = catalogue().get(values.get("why", "").removeprefix("@"))
    return words | {"why": why[language].format_map(words)} if why else words


def _worded(value: str, language: str) -> str:
    names = [part.removeprefix("@") for part in value.split(";")] if value.startswith("@") else []
    if not names or not all(name in catalogue() for name in names):
        return value
    return "; ".join(catalogue()[name][language] for name in names)


def hint(problem: Problem, language: str) -> str:
    """What to do about it."""
    return say(f"hint.{problem.code}", language, **_told(dict(problem.values), language))
