"""The plans of a run, recorded and proposed, by rank and by what falls due next."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from winze.engine import rules
from winze.engine.workflow import workflows
from winze.workbench.models import PlanRow
from winze.workbench.table import COMPETITOR, Column, Filter, Order, Scope, Table, declare, exactly, listed, until
from winze.workbench.tables.risks import run_of

FLOWS = workflows(rules.load())
NONE = "@wb.plan.no-clock"


def _rows(scope: Scope) -> QuerySet[PlanRow]:
    run = run_of(scope)
    if run is None:
        return PlanRow.objects.none()
    return PlanRow.objects.filter(run=run, audience=scope.audience).select_related("run")


def _recorded(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    if value not in ("recorded", "proposed"):
        raise ValueError(value)
    return rows.filter(key="") if value == "proposed" else rows.exclude(key="")


def _overdue(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    """Plans whose next clock ran out before the day of their run."""
    from django.db.models import F

    if value not in ("yes", "no"):
        raise ValueError(value)
    return rows.filter(due__lt=F("run__as_of")) if value == "yes" else rows.exclude(due__lt=F("run__as_of"))


def _immutable(scope: Scope) -> str | None:
    run = run_of(scope)
    return f"run:{run.pk}:{scope.audience}" if run else None


def _clock(row: PlanRow) -> str:
    return f"@clock.{row.next_clock}" if row.next_clock else NONE


def link(row: PlanRow) -> str:
    return f"{reverse('plan', args=[row.position])}?run={row.run_id}"


PLANS = declare(
    Table(
        key="plans",
        title="wb.list.plans",
        question="wb.plans.question",
        empty="wb.plans.empty",
        rows=_rows,
        columns=(
            Column("rank", "wb.col.rank", lambda row: row.rank, "count"),
            Column("plan", "wb.col.plan", lambda row: f"@term.risk.{row.kind}" if row.kind else None, "link",
                   quiet=lambda row: row.named or None),
            Column("key", "wb.col.plan-key", lambda row: row.key or "@wb.plan.proposed-only", data_class=COMPETITOR),
            Column("letters", "wb.col.letter", lambda row: ", ".join(row.letters) or None),
            Column("state", "wb.col.state", lambda row: f"@term.plan-state.{row.state}", "chip"),
            Column("trade", "wb.col.trade", lambda row: f"@term.plan-state.{row.trade}"),
            Column("clock", "wb.col.next-clock", _clock),
            Column("due", "wb.col.due", lambda row: row.due if row.next_clock else NONE, "date"),
            Column("chain", "wb.col.chain", lambda row: row.in_chain, "flag", COMPETITOR),
        ),
        orders=(
            Order("rank", "wb.order.position", ("rank", "position")),
            Order("due", "wb.col.due", ("due", "position")),
            Order("state", "wb.col.state", ("state", "position")),
        ),
        filters=(
            Filter("recorded", "wb.filter.recorded", _recorded, listed("wb.plan-kind", ("recorded", "proposed"))),
            Filter("state", "wb.col.state", exactly("state"), listed("term.plan-state", FLOWS["plan"].states)),
            Filter("trade", "wb.col.trade", exactly("trade"), listed("term.plan-state", FLOWS["engagement"].states)),
            Filter("overdue", "wb.filter.overdue", _overdue, listed("wb", ("yes", "no"))),
            Filter("due", "wb.filter.due-until", until("due"), kind="date"),
        ),
        link=link,
        immutable=_immutable,
        id=lambda row: f"plan:{row.key or row.position}",
    )
)  # fmt: skip
