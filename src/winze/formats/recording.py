"""Adds one act to the plans of a case: a row at the end of its CSV of acts, written whole or not at all."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from winze.engine import matching, mitigation, register, rules
from winze.engine.plan import Case
from winze.engine.problems import Problem, Refusal, Severity
from winze.engine.records import PlanAct, Statement
from winze.engine.texts import LANGUAGES, refuse
from winze.formats import reading
from winze.formats.templates import TEMPLATES, column_of
from winze.formats.whole import write_whole

PLANS = TEMPLATES["plans"]
NAME = "plans.csv"
"""The file a case keeps its acts in, where it has none yet."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A row about to be written: where, what the file will hold, the act it says, and what is wrong with it."""

    path: Path
    content: str
    statement: Statement | None
    problems: tuple[Problem, ...]
    row: int

    @property
    def repeats(self) -> bool:
        """Whether the row says what an earlier one says already."""
        return any(problem.code == "row_repeated" for problem in self.problems)


def draft(case: Path, cells: Mapping[str, str | None], language: str) -> Draft:
    """The case's acts with one more row, read back as any file of a case is read."""
    path = _of_case(case) or case / NAME
    before = path.read_text(encoding="utf-8-sig") if path.exists() else _empty(language)
    content = (before if before.endswith("\n") else before + "\r\n") + _row(before, cells)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_text(content, encoding="utf-8-sig", newline="")
        found = reading.read(copy, name=path.relative_to(case).as_posix())
    row = 1 + len(list(csv.reader(io.StringIO(content), delimiter=_delimiter(content))))
    last = max((s.origin.row or 0 for s in found.statements), default=0)
    last = max([last, *(p.origin.row or 0 for p in found.problems)])
    said = next((s for s in found.statements if s.origin.row == last and isinstance(s.said, PlanAct)), None)
    wrong = tuple(p for p in found.problems if p.origin.row == last and p.severity is not Severity.NOTE)
    return Draft(path, content, said, wrong, last or row)


def judge(known: Sequence[Statement], new: Statement) -> Refusal | None:
    """Why an act may not be recorded: the rules refuse it, or it would undo one that counts."""
    acts = [s for s in known if isinstance(s.said, PlanAct) and s.subject == new.subject]
    last = max(s.speaks_of.known_on for s in (*acts, new))
    linked = matching.link([*(s for s in known if s.known(last)), new])
    seen = [s for s in linked if s.id != new.id]
    told = [s for s in seen if isinstance(s.said, PlanAct) and s.subject == new.subject]
    new = next(s for s in linked if s.id == new.id)
    case = Case(seen, register.build(seen), (), rules.load(), last)
    assert isinstance(new.said, PlanAct)
    before = {s.id for s, _ in mitigation.replay(new.said.plan, told, case)[1]}
    after = {s.id: refusal for s, refusal in mitigation.replay(new.said.plan, [*told, new], case)[1]}
    undone = [s.speaks_of.known_on for s in told if s.id in after and s.id not in before]
    if new.id not in after and undone:
        return refuse("workflow/plan", "refused.undoes", day=min(undone).isoformat())
    return after.get(new.id)


def write(drafted: Draft) -> None:
    """Puts the file in place."""
    write_whole(drafted.path, ("\ufeff" + drafted.content).encode())


def _of_case(case: Path) -> Path | None:
    """The first CSV of the case, by name, that holds acts on plans and nothing else."""
    for path in reading.case_files(case):
        with path.open("rb") as file:
            head = file.read(200).decode("utf-8-sig", errors="replace")
        if head.lower().startswith(PLANS.marker) and path.suffix.lower() == ".csv":
            return path
    return None


def _empty(language: str) -> str:
    buffer = io.StringIO()
    lines = csv.writer(buffer, lineterminator="\r\n")
    lines.writerow([PLANS.marker, *[""] * (len(PLANS.columns) - 1)])
    lines.writerow(PLANS.headings(language))
    return buffer.getvalue()


def _delimiter(content: str) -> str:
    headings = content.split("\n", 2)[1] if content.count("\n") else ""
    return max(",;\t|", key=headings.count)


def _row(content: str, cells: Mapping[str, str | None]) -> str:
    """The cells under the headings the file has, in whichever language and order."""
    parted = csv.reader(io.StringIO(content), delimiter=_delimiter(content))
    headings = next((row for number, row in enumerate(parted) if number == 1), [])
    named = [next((c for one in LANGUAGES if (c := column_of(title, PLANS, one))), None) for title in headings]
    buffer = io.StringIO()
    row = [cells.get(column or "") or "" for column in named]
    csv.writer(buffer, delimiter=_delimiter(content), lineterminator="\r\n").writerow(row)
    return buffer.getvalue()
