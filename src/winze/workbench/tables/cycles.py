"""The runs of the cycle, the problems of one, and what changed between two."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet

from winze.engine.disclosure import unquoted
from winze.engine.problems import Problem, Severity
from winze.engine.records import Origin
from winze.engine.reporting import LETTERS
from winze.engine.texts import hint, sentence
from winze.formats.wording import phrase
from winze.workbench import addresses, presenters
from winze.workbench.models import CycleProblem, CycleRun, RiskRow, Why
from winze.workbench.store import Absent, compared, cycles
from winze.workbench.table import (
    COMPETITOR,
    Column,
    Filter,
    Order,
    Scope,
    Table,
    declare,
    exactly,
    holding,
    listed,
)
from winze.workbench.tables.risks import run_of, where

SEVERITIES = tuple(str(one) for one in Severity)

# -- runs ------------------------------------------------------------------------------------------------------------


def _runs(scope: Scope) -> QuerySet[CycleRun]:
    return CycleRun.objects.filter(organisation=scope.actor.organisation)


RUNS = declare(
    Table(
        key="runs",
        title="wb.list.runs",
        question="wb.runs.question",
        empty="wb.runs.empty",
        rows=_runs,
        columns=(
            Column("number", "wb.col.run", lambda row: str(row.pk), "link"),
            Column("as_of", "wb.col.as-of", lambda row: row.as_of, "date"),
            Column("known_by", "wb.col.known-by", lambda row: row.known_by, "date"),
            Column("state", "wb.col.state", lambda row: f"@wb.run-state.{row.state}", "chip"),
            Column("ranked", "wb.col.ranked", lambda row: row.counts.get("ranked"), "count"),
            Column("watched", "wb.col.watched", lambda row: row.counts.get("watched"), "count"),
            Column("at", "wb.col.asked", lambda row: row.at, "date"),
        ),
        orders=(Order("at", "wb.order.at", ("id",)), Order("as_of", "wb.col.as-of", ("as_of", "id"))),
        order="-at",
        filters=(
            Filter("state", "wb.col.state", exactly("state"), listed("wb.run-state", ("waiting", "done", "failed"))),
        ),
        link=lambda row: addresses.run(row) if row.state == "done" else None,
    )
)


# -- problems --------------------------------------------------------------------------------------------------------


def _problems(scope: Scope) -> QuerySet[CycleProblem]:
    run = run_of(scope)
    return CycleProblem.objects.filter(run=run) if run else CycleProblem.objects.none()


def _eyes(scope: Scope, rows: Sequence[CycleProblem]) -> None:
    for row in rows:
        row.eyes = scope.audience  # type: ignore[attr-defined]


def _shown(row: CycleProblem) -> Problem:
    """A problem in the eyes it was asked for (`_eyes`): cells are quoted to precise eyes only."""
    found = Problem(
        row.code, Severity(row.severity),
        Origin(row.input, row.sheet, row.row, row.cell), tuple((name, value) for name, value in row.values),
    )  # fmt: skip
    return found if row.eyes == "internal" else unquoted(found)  # type: ignore[attr-defined]


PROBLEMS = declare(
    Table(
        key="problems",
        title="wb.list.problems",
        question="wb.problems.question",
        empty="wb.problems.empty",
        rows=_problems,
        columns=(
            Column("severity", "wb.col.severity", lambda row: f"@term.severity.{row.severity}", "chip"),
            Column("problem", "wb.col.problem", lambda row: lambda spoken: sentence(_shown(row), spoken),
                   quiet=lambda row: lambda spoken: hint(_shown(row), spoken)),
            Column("file", "wb.col.file", lambda row: row.input or None, data_class=COMPETITOR),
            Column("sheet", "wb.col.sheet", lambda row: row.sheet or "–"),
            Column("row", "wb.col.row", lambda row: str(row.row) if row.row else "–"),
            Column("cell", "wb.col.cell", lambda row: row.cell or "–", data_class=COMPETITOR),
        ),
        orders=(Order("found", "wb.order.found", ("id",)), Order("code", "wb.col.problem", ("code", "id"))),
        filters=(
            Filter("severity", "wb.col.severity", exactly("severity"), listed("term.severity", SEVERITIES)),
            Filter("file", "wb.col.file", holding("input"), data_class=COMPETITOR),
        ),
        immutable=lambda scope: f"problems:{run.pk}" if (run := run_of(scope)) else None,
        fill=_eyes,
    )
)  # fmt: skip


# -- two runs --------------------------------------------------------------------------------------------------------

_SHOWN = 3
"""New statements that a line tells of; the pages of the two risks tell of all."""


def two_runs(scope: Scope) -> tuple[CycleRun, CycleRun] | None:
    """The run that is looked at, and the one it is compared with: the one the address names, else the one before.
    None where there are no two."""
    new = run_of(scope)
    named = str(scope.given.get("against") or "")
    if named and not named.isdigit():
        raise Absent
    old = cycles.one(scope.actor.organisation, int(named)) if named else new and cycles.before(new)
    return (new, old) if new and old and new.pk != old.pk else None


def _changes(scope: Scope) -> QuerySet[RiskRow]:
    found = two_runs(scope)
    return compared.changes(*found, scope.audience) if found else RiskRow.objects.none()


def _explained(scope: Scope, rows: Sequence[Any]) -> None:
    """Brings to each row the reasons that are new and those that are gone."""
    found = two_runs(scope)
    if not found:
        return
    new, old = found
    now = _reasons(new, scope.audience, [row.position for row in rows if row.run_id == new.pk])
    was = _reasons(old, scope.audience, [row.was_position for row in rows if row.was_position])
    files = {item["name"] for item in cycles.inputs(old, scope.audience)}
    for row in rows:
        told = now.get(row.position, []) if row.run_id == new.pk else []
        before = was.get(row.was_position, [])
        known, held = {_same(item) for item in before}, {_same(item) for item in told}
        row.main = [item for item in told if _same(item) not in known]
        row.new = [item for item in row.main if _fresh(item, old.as_of, files)]
        row.gone = [item for item in before if _same(item) not in held]


def _reasons(of: CycleRun, audience: str, positions: list[int]) -> dict[int, list[dict[str, Any]]]:
    rows = Why.objects.filter(run=of, audience=audience, about__in=[f"risk:{position}" for position in positions])
    return {
        int(about.removeprefix("risk:")): json.loads(zlib.decompress(bytes(packed)))["because"]
        for about, packed in rows.values_list("about", "packed")
    }


def _between(scope: Scope) -> str | None:
    """The name of a comparison, which no longer changes; None without two runs."""
    two = two_runs(scope)
    return f"changes:{two[0].pk}:{two[1].pk}:{scope.audience}" if two else None


def _same(item: dict[str, Any]) -> str:
    """What makes two reasons one: where it was read, else what it says without its figures, which change by the day."""
    read = [item.get(name) for name in ("file", "sheet", "row", "cell")]
    words = [value for _, value in item["values"] if isinstance(value, str)]
    return json.dumps([item["text"], read if any(read) else words], sort_keys=True)


def _fresh(item: dict[str, Any], old: date, files: set[str]) -> bool:
    """Whether a statement could not yet be known to the older run: it speaks of a later day (a later month, where days
    are withheld), or it stands in a file that run had not read."""
    days = [value for name, value in item["values"] if name in ("day", "on") and isinstance(value, str)]
    later = any(value[:10] > old.isoformat()[: len(value)] for value in days)
    return later or bool(item.get("file") and item["file"] not in files)


def _why(row: Any) -> Any:
    def said(spoken: str) -> str:
        kinds = {"new": row.new, "main": row.main, "gone": row.gone}
        name = next((name for name, items in kinds.items() if items), "others" if row.change == "moved" else "aged")
        told = sorted(kinds.get(name, ()), key=lambda item: -abs(item["contribution"] or 0))
        parts = [_cited(presenters.worded_reason(item, spoken)) for item in told[:_SHOWN]]
        more = len(told) - len(parts)
        listed = phrase("wb.changes.list", spoken).join(parts)
        return phrase(f"wb.changes.{name}", spoken, listed=listed) + (
            phrase("wb.changes.more", spoken, count=more) if more else ""
        )

    return said


def _cited(reason: dict[str, Any]) -> str:
    return f"{reason['text'].rstrip('.。')} ({reason['source']})" if reason["source"] else reason["text"].rstrip(".。")


def _turned(was: Callable[[Any], Any], now: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A value that was and is: `3 → 1`, one of them where it stayed, a dash where there was none."""

    def value(row: Any) -> Any:
        gone = row.change == "went" and row.rank is not None
        old, new = was(row), None if gone else now(row)

        def said(spoken: str) -> str:
            before, after = (presenters.said(one, spoken) if one not in (None, "") else "–" for one in (old, new))
            return before if before == after else f"{before} → {after}"

        return said

    return value


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


DIFFERENCES = declare(
    Table(
        key="changes",
        title="wb.list.changes",
        question="wb.changes.question",
        empty="wb.changes.empty",
        rows=_changes,
        columns=(
            Column("change", "wb.col.change", lambda row: f"@wb.change.{row.change}", "chip"),
            Column("letter", "wb.col.letter", lambda row: row.letter, "letter"),
            Column("risk", "wb.col.risk", lambda row: f"@term.risk.{row.kind}", "link", quiet=where),
            Column("rank", "wb.col.rank", _turned(lambda row: row.was_rank, lambda row: row.rank)),
            Column("likelihood", "wb.col.p", _turned(lambda row: _share(row.was_p), lambda row: _share(row.p))),
            Column("evidence", "wb.col.evidence",
                   _turned(lambda row: row.was_evidence and f"@term.evidence.{row.was_evidence}",
                           lambda row: row.evidence and f"@term.evidence.{row.evidence}")),
            Column("response", "wb.col.response",
                   _turned(lambda row: row.was_action and f"@term.action.{row.was_action}",
                           lambda row: f"@term.action.{row.action}")),
            Column("why", "wb.col.why", _why),
        ),
        orders=(Order("position", "wb.order.position", ("position", "id")),),
        filters=(
            Filter("change", "wb.col.change", exactly("change"), listed("wb.change", compared.CHANGES)),
            Filter("letter", "wb.col.letter", exactly("letter"), listed("wb.letter", LETTERS)),
            Filter("territory", "wb.col.territory", holding("territory")),
        ),
        link=addresses.risk,
        immutable=_between,
        fill=_explained,
    )
)  # fmt: skip
