"""Long work: asked for in the transaction that needs it, done by the worker, told of step by step, stopped on request.

Each job's effect is one transaction, so that a job that was killed can simply be done again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from winze.workbench.access import Actor
from winze.workbench.models import Job, Notice
from winze.workbench.store import Absent, journal, people

type Progress = Callable[[str, int, int], None]
type Work = Callable[[Job, Actor | None, Progress], dict[str, Any]]

WORK: dict[str, Work] = {}
"""What each verb does; filled by `winze.workbench.work`."""


class Stopped(Exception):
    """Somebody asked the job to stop; nothing of it was kept."""


def ask(actor: Actor, verb: str, **arguments: Any) -> Job:
    """Asks for a job. It begins when the caller's transaction is done, and is not there if that fails."""
    from winze.workbench.work import do

    job = Job.objects.create(
        organisation_id=actor.organisation, verb=verb, arguments=arguments, state="waiting", by_id=actor.user,
        at=datetime.now(UTC), step="wb.job.waiting",
    )  # fmt: skip
    do.enqueue(job.pk)
    return job


def of(actor: Actor) -> QuerySet[Job]:
    """The jobs somebody may see: their own, all of the organisation for whoever looks after the instrument."""
    mine = Q() if actor.may("instrument") else Q(by=actor.user)
    return Job.objects.filter(mine, organisation_id=actor.organisation)


def one(actor: Actor, number: int) -> Job:
    found = of(actor).filter(pk=number).first()
    if found is None:
        raise Absent
    return found


def stop(actor: Actor, number: int) -> Job:
    """Asks a job to stop. One that has not begun is stopped at once."""
    with transaction.atomic():
        job = one(actor, number)
        if job.state == "waiting":
            job.state, job.ended_at = "cancelled", datetime.now(UTC)
        job.asked_to_stop = True
        job.save(update_fields=("state", "asked_to_stop", "ended_at"))
        journal.record(actor, "job.stopped", f"job:{job.pk}")
    return job


def again(actor: Actor, number: int) -> Job:
    """Asks for the same job once more."""
    with transaction.atomic():
        job = one(actor, number)
        return ask(actor, job.verb, **job.arguments)


def perform(number: int) -> None:
    """Does one job, whatever comes of it: the worker's only call."""
    job = Job.objects.filter(pk=number).first()
    if job is None or job.state not in ("waiting", "running"):
        return
    now = datetime.now(UTC)
    job.state, job.started_at, job.beat_at, job.attempts = "running", now, now, job.attempts + 1
    job.save(update_fields=("state", "started_at", "beat_at", "attempts"))
    actor = people.acting(job.by_id, job.organisation_id) if job.by_id and job.organisation_id else None
    try:
        result = WORK[job.verb](job, actor, lambda step, done, total: _tell(job, step, done, total))
    except Stopped:
        _end(job, "cancelled", {})
    except Exception as wrong:
        _end(job, "failed", {"kind": type(wrong).__name__})
        raise
    else:
        _end(job, "done", result)


def _tell(job: Job, step: str, done: int, total: int) -> None:
    """Keeps how far a job is; raises Stopped where somebody asked it to stop."""
    Job.objects.filter(pk=job.pk).update(step=step, done=done, total=total, beat_at=datetime.now(UTC))
    if Job.objects.filter(pk=job.pk, asked_to_stop=True).exists():
        raise Stopped


def _end(job: Job, state: str, result: dict[str, Any]) -> None:
    with transaction.atomic():
        job.refresh_from_db()
        job.state, job.ended_at, job.result, job.step = state, datetime.now(UTC), result, f"wb.job.{state}"
        job.save(update_fields=("state", "ended_at", "result", "step"))
        if job.by_id and job.organisation_id:
            Notice.objects.create(
                organisation_id=job.organisation_id,
                user_id=job.by_id,
                text=f"wb.notice.job-{state}",
                values={"job": f"@wb.job.{job.verb}"},
                about=f"job:{job.pk}",
                at=datetime.now(UTC),
            )


def resume() -> int:
    """Takes up what a killed worker left: every job that was running waits again. Only one worker runs on one home."""
    from winze.workbench.work import do

    left = list(Job.objects.filter(state="running"))
    for job in left:
        with transaction.atomic():
            Job.objects.filter(pk=job.pk).update(state="waiting")
            do.enqueue(job.pk)
    return len(left)
