"""A case: a folder of files as people send them, read into statements, inputs and problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from winze.engine.problems import Problem
from winze.engine.records import Input, Statement
from winze.formats import reading


@dataclass(frozen=True, slots=True)
class Case:
    """What a folder says. Inputs are in the order of their names."""

    inputs: tuple[Input, ...]
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...]


def load(folder: Path, progress: Callable[[reading.Reading], None] = lambda _: None) -> Case:
    """Reads every file of a case; `progress` is called after each."""
    inputs: list[Input] = []
    statements: list[Statement] = []
    problems: list[Problem] = []
    for path in reading.case_files(folder):
        found = reading.read(path, name=path.relative_to(folder).as_posix())
        progress(found)
        inputs.append(as_input(found))
        statements += found.statements
        problems += found.problems
    return Case(tuple(inputs), tuple(statements), tuple(problems))


def as_input(found: reading.Reading) -> Input:
    """The line a report gives to one file."""
    return Input(
        id=found.id,
        name=found.name,
        sha256=found.sha256,
        format=found.format,
        version=found.version,
        source=found.source,
        records=dict(sorted(Counter(s.kind for s in found.statements).items())),
        problems=len(found.problems),
        newest=max((s.speaks_of.known_on for s in found.statements), default=None),
        generated_on=found.generated_on,
    )
