"""Whose force an armed actor is, by its name: the state's, a non-state armed group's, or not known.

Annex II of the Guidance treats support to non-state armed groups and to public or private security forces apart. The
names and their sources stand in `rules/actors.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from winze.engine.register import fold

FORCES = ("state", "non-state", "unknown")


@lru_cache(maxsize=20_000)
def force_of(name: str | None, dataset: str | None = None) -> str:
    """Whether an actor's name says "state", "non-state" or neither ("unknown").

    `dataset` ("ucdp-ged", "acled") adds what that dataset's own naming says: UCDP's sides are governments or non-state
    actors, ACLED also codes kinds of actor. A name that joins actors of both kinds, a blank one and civilians are
    unknown. No name is proof of who acted.
    """
    if not name or not name.strip():
        return "unknown"
    book = _names()
    coded = book.codes.get((dataset, name.strip().casefold()))
    if coded is not None:
        return coded
    forces = {book.judge(fold(part)) for part in book.joins.split(name)}
    if {"state", "non-state"} <= forces:
        return "unknown"
    return book.judge(fold(name)) or book.closed.get(dataset, "unknown")


@dataclass(frozen=True, slots=True)
class _Names:
    begins: Mapping[str, str]  # folded phrase -> force
    anywhere: Mapping[str, str]
    joins: re.Pattern[str]
    codes: Mapping[tuple[str | None, str], str]
    closed: Mapping[str | None, str]

    def judge(self, folded: str) -> str | None:
        """The force of the longest phrase the name begins with, else of the words it holds; None where none fits."""
        words = folded.split()
        for length in range(len(words), 0, -1):
            force = self.begins.get(" ".join(words[:length]))
            if force is not None:
                return force
        held = {force for phrase, force in self.anywhere.items() if f" {phrase} " in f" {folded} "}
        return held.pop() if len(held) == 1 else None


@cache
def _names() -> _Names:
    book: Any = yaml.load((files("winze.rules") / "actors.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return _Names(
        begins={fold(phrase): entry["force"] for entry in book["actors"] for phrase in entry.get("begins", ())},
        anywhere={fold(phrase): entry["force"] for entry in book["actors"] for phrase in entry.get("anywhere", ())},
        joins=re.compile("|".join(map(re.escape, book["joins"])), re.IGNORECASE),
        codes={
            (dataset, name): force for dataset, entry in book["codes"].items() for name, force in entry["names"].items()
        },
        closed={dataset: entry["others"] for dataset, entry in book["closed"].items()},
    )
