"""The ranked and watched risks of a run, in the order of the Guidance's prioritisation."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from winze.engine.reporting import LETTERS
from winze.engine.risks import ACTIONS, EVIDENCE_LEVELS
from winze.workbench.models import CycleRun, RiskRow
from winze.workbench.store import Absent, cycles
from winze.workbench.table import (
    COMPETITOR,
    Act,
    Column,
    Filter,
    Order,
    Scope,
    Table,
    declare,
    exactly,
    holding,
    listed,
    until,
)


def run_of(scope: Scope) -> CycleRun | None:
    """The run a list is about: the one the address names, else the newest."""
    named = str(scope.given.get("run") or "")
    if named and not named.isdigit():
        raise Absent
    return cycles.one(scope.actor.organisation, int(named)) if named else cycles.newest(scope.actor.organisation)


def _rows(scope: Scope) -> QuerySet[RiskRow]:
    run = run_of(scope)
    rows = RiskRow.objects.filter(run=run, audience=scope.audience) if run else RiskRow.objects.none()
    return rows if scope.given.get("state") else rows.filter(rank__isnull=False)


def _state(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    if value not in ("ranked", "watched", "all"):
        raise ValueError(value)
    return rows if value == "all" else rows.filter(rank__isnull=value == "watched")


def _immutable(scope: Scope) -> str | None:
    run = run_of(scope)
    return f"run:{run.pk}:{scope.audience}" if run else None


def where(row: RiskRow) -> Any:
    return row.named or row.territory or (f"@country.{row.country}" if row.country else None)


RISKS = declare(
    Table(
        key="risks",
        title="wb.list.risks",
        question="wb.risks.question",
        empty="wb.risks.empty",
        rows=_rows,
        columns=(
            Column("rank", "wb.col.rank", lambda row: row.rank, "count"),
            Column("letter", "wb.col.letter", lambda row: row.letter, "letter"),
            Column("risk", "wb.col.risk", lambda row: f"@term.risk.{row.kind}", "link", quiet=where),
            Column("territory", "wb.col.territory", lambda row: row.territory or None),
            Column("likelihood", "wb.col.likelihood", lambda row: (row.p, row.low, row.high), "share"),
            Column("evidence", "wb.col.evidence", lambda row: f"@term.evidence.{row.evidence or 'none'}", "chip",
                   quiet=lambda row: row.evidence_on),
            Column("chain", "wb.col.chain", lambda row: row.in_chain, "flag", COMPETITOR),
            Column("response", "wb.col.response", lambda row: f"@term.action.{row.action}", "chip"),
            Column("due", "wb.col.due", lambda row: row.due, "date"),
        ),
        orders=(
            Order("position", "wb.order.position", ("position",)),
            Order("due", "wb.col.due", ("due", "position")),
            Order("likelihood", "wb.col.likelihood", ("p", "position")),
            Order("territory", "wb.col.territory", ("territory", "position")),
        ),
        filters=(
            Filter("letter", "wb.col.letter", exactly("letter"), listed("wb.letter", LETTERS)),
            Filter("state", "wb.filter.state", _state, listed("wb.risk-state", ("ranked", "watched", "all"))),
            Filter("action", "wb.col.response", exactly("action"), listed("term.action", ACTIONS)),
            Filter("evidence", "wb.col.evidence", exactly("evidence"), listed("term.evidence", EVIDENCE_LEVELS)),
            Filter("territory", "wb.col.territory", holding("territory")),
            Filter("due", "wb.filter.due-until", until("due"), kind="date"),
            Filter("chain", "wb.col.chain", lambda rows, value: rows.filter(in_chain=value == "yes"),
                   listed("wb", ("yes", "no")), data_class=COMPETITOR),
        ),
        link=lambda row: f"{reverse('risk', args=[row.position])}?run={row.run_id}",
        acts=(
            Act("assign", "wb.act.assign", "assign", "assign"),
            Act("comment", "wb.act.comment", "comment", "comment"),
        ),
        immutable=_immutable,
        id=lambda row: f"risk:{row.key}",
    )
)  # fmt: skip
