"""The jobs somebody asked for; those of the whole organisation for whoever looks after the instrument."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse

from winze.workbench.models import Job
from winze.workbench.store import jobs
from winze.workbench.table import PERSONAL, Column, Filter, Order, Scope, Table, declare, exactly, listed


def _rows(scope: Scope) -> QuerySet[Job]:
    return jobs.of(scope.actor).select_related("by").annotate(newest=F("id") * -1)


def _doing(row: Job) -> Any:
    """What a running job is at; nothing for one that waits or has ended, which its state says already."""
    return f"@{row.step}" if row.state == "running" and row.step else None


JOBS = declare(
    Table(
        key="jobs",
        title="wb.list.jobs",
        question="wb.jobs.question",
        empty="wb.jobs.empty",
        rows=_rows,
        columns=(
            Column("job", "wb.job-col.job", lambda row: f"@wb.job.{row.verb}", "link", quiet=lambda row: f"{row.pk}"),
            Column("state", "wb.job-col.state", lambda row: f"@wb.job-state.{row.state}", "chip", quiet=_doing),
            Column("by", "wb.job-col.by", lambda row: row.by.name if row.by else None, "text", PERSONAL),
            Column("at", "wb.job-col.asked", lambda row: row.at, "date"),
            Column("ended", "wb.job-col.ended", lambda row: row.ended_at or "@wb.job.not-ended", "date"),
            Column("attempts", "wb.job-col.attempts", lambda row: row.attempts, "count"),
        ),
        orders=(
            Order("newest", "wb.job-order.newest", ("newest",)),
            Order("oldest", "wb.job-order.oldest", ("id",)),
        ),
        filters=(
            Filter("state", "wb.job-col.state", exactly("state"),
                   listed("wb.job-state", (*jobs.RUNNING, *jobs.ENDED))),
            Filter("job", "wb.job-col.job", exactly("verb"), listed("wb.job", ("cycle", "import"))),
        ),
        link=lambda row: reverse("job", args=[row.pk]),
    )
)  # fmt: skip
