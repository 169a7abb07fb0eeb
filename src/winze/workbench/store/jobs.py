"""Long work: asked for in the transaction that needs it, done by the worker, told of step by step, stopped on request.

The row of a job is its place in the queue: whoever asks adds one that waits, the worker claims the oldest. Each job's
effect is one transaction, so that a job whose process was killed can simply be done again, and stopping one means
killing the process that does it. A job that was killed is taken up again, `MOST` times in all, then it has failed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet

from winze.engine.problems import Refusal
from winze.engine.texts import refusal, refuse
from winze.workbench.access import Actor, refused
from winze.workbench.models import Job, Notice
from winze.workbench.store import Absent, Stale, journal, people

type Progress = Callable[[str, int, int], None]
type Work = Callable[[Job, Actor | None, Progress], dict[str, Any]]

WORK: dict[str, Work] = {}
"""What each verb does; filled by `winze.workbench.work`."""
STANDS: dict[str, Callable[[Job], dict[str, Any] | None]] = {}
"""What came of a verb if its effect stands already: a job that was killed after its last transaction is done."""
UNDONE: dict[str, Callable[[Job], None]] = {}
"""What a verb leaves to say that nothing will come of it, when its job has failed or was stopped."""
NEEDS: dict[str, str] = {}
"""The act of `access.ACTS` that each verb needs, asked again when the job begins."""
MOST = 3
"""How often a job is begun."""
SILENT = timedelta(seconds=30)
"""A job on another machine that told nothing for so long was killed."""
RUNNING, ENDED = ("waiting", "running"), ("done", "failed", "cancelled")

log = logging.getLogger("winze.jobs")


def _verbs() -> None:
    """Sees to it that the verbs are known, whoever asks first."""
    import winze.workbench.work  # noqa: F401


class Stopped(Exception):
    """Somebody asked the job to stop; nothing of it was kept."""


# -- asking ----------------------------------------------------------------------------------------------------------


def ask(actor: Actor, verb: str, **arguments: Any) -> Job:
    """Asks for a job. It begins when the caller's transaction is done, and is not there if that fails."""
    return Job.objects.create(
        organisation_id=actor.organisation, verb=verb, arguments=arguments, state="waiting", by_id=actor.user,
        at=datetime.now(UTC), step="wb.job.waiting",
    )  # fmt: skip


def of(actor: Actor) -> QuerySet[Job]:
    """The jobs somebody may see: their own, all of the organisation for whoever looks after the instrument."""
    mine = Q() if actor.may("instrument") else Q(by=actor.user)
    return Job.objects.filter(mine, organisation_id=actor.organisation)


def one(actor: Actor, number: int) -> Job:
    """A job somebody may see. Raises Absent."""
    found = of(actor).filter(pk=number).first()
    if found is None:
        raise Absent
    return found


def not_stopped(job: Job) -> Refusal | None:
    """Why a job cannot be stopped; None where it can."""
    if job.state in ENDED:
        return refuse("workbench/job", "wb.refused.job-ended", state=f"@wb.job.{job.state}")
    return refuse("workbench/job", "wb.refused.job-stopping") if job.asked_to_stop else None


def needs(verb: str) -> str:
    """The act that a verb of a job needs; any other is for whoever looks after the instrument."""
    _verbs()
    return NEEDS.get(verb, "instrument")


def not_again(actor: Actor, job: Job) -> Refusal | None:
    """Why a job cannot be done again by this person; None where it can."""
    if job.state in RUNNING:
        return refuse("workbench/job", "wb.refused.job-runs")
    if job.state == "done":
        return refuse("workbench/job", "wb.refused.job-done")
    sentence = refused(actor, needs(job.verb))
    return Refusal("workbench/job", sentence) if sentence else None


def stop(actor: Actor, number: int) -> Job:
    """Asks a job to stop. One that has not begun is stopped at once, a running one within a second or two."""
    with transaction.atomic():
        job = _locked(actor, number)
        if wrong := not_stopped(job):
            raise wrong
        job.asked_to_stop = True
        job.save(update_fields=("asked_to_stop",))
        journal.record(actor, "job.stopped", f"job:{job.pk}")
        if job.state == "waiting":
            end(job, "cancelled", {})
    return job


def again(actor: Actor, number: int) -> Job:
    """Asks for the same job once more: a new job, so that what came of the first stays to be read."""
    with transaction.atomic():
        job = _locked(actor, number)
        if wrong := not_again(actor, job):
            raise wrong
        journal.record(actor, "job.repeated", f"job:{job.pk}")
        return ask(actor, job.verb, **job.arguments)


def _locked(actor: Actor, number: int) -> Job:
    one(actor, number)
    return Job.objects.select_for_update().get(pk=number)


# -- doing -----------------------------------------------------------------------------------------------------------


def claim() -> Job | None:
    """Takes the oldest job that waits, for the worker that asks; None where none waits."""
    if not Job.objects.filter(state="waiting").exists():
        return None
    with transaction.atomic():
        several = connection.features.has_select_for_update_skip_locked
        waiting = Job.objects.select_for_update(skip_locked=True) if several else Job.objects.all()
        job = waiting.filter(state="waiting").order_by("id").first()
        if job is not None:
            _begin(job)
        return job


def _begin(job: Job) -> None:
    now = datetime.now(UTC)
    job.state, job.started_at, job.beat_at, job.attempts = "running", now, now, job.attempts + 1
    job.save(update_fields=("state", "started_at", "beat_at", "attempts"))


def perform(number: int, tell: Callable[[str, int, int], None] | None = None) -> None:
    """Does one job, whatever comes of it. `tell` is told how far it is; by default that is kept in its row at once."""
    job = Job.objects.filter(pk=number).first()
    if job is None or job.state in ENDED:
        return
    if job.state == "waiting":
        _begin(job)
    started = job.attempts
    try:
        result = _done(job, tell or (lambda step, done, total: _tell(job, step, done, total)))
    except Stopped:
        end(job, "cancelled", {}, started)
    except OperationalError:
        log.exception({"event": "job.interrupted", "verb": job.verb, "attempt": job.attempts})
        _give_back(job)
    except Exception as wrong:
        if not isinstance(wrong, Refusal | Stale | Absent):
            log.exception({"event": "job.failed", "verb": job.verb})
        end(job, "failed", _why(wrong), started)
    else:
        end(job, "done", result, started)


def _done(job: Job, progress: Progress) -> dict[str, Any]:
    """Does the work of a job, unless its effect stands already."""
    standing = _standing(job)
    if standing is not None:
        return standing
    actor = people.acting(job.by_id, job.organisation_id) if job.by_id and job.organisation_id else None
    if actor is None or not actor.may(NEEDS.get(job.verb, "see")):
        raise refuse("workbench/job", "wb.job.why.role")
    return WORK[job.verb](job, actor, progress)


def _standing(job: Job) -> dict[str, Any] | None:
    """What came of a job whose effect stands already; None where nothing does."""
    _verbs()
    return STANDS[job.verb](job) if job.verb in STANDS else None


def _why(wrong: Exception) -> dict[str, Any]:
    """Why a job failed, as message id and values; never the words of an exception, which may hold anything."""
    if isinstance(wrong, Refusal) and wrong.text:
        return {"text": wrong.text, "values": [list(pair) for pair in wrong.values], "rule": wrong.rule}
    if isinstance(wrong, Stale):
        return {"text": "wb.refused.stale", "values": []}
    if isinstance(wrong, Absent):
        return {"text": "wb.job.why.absent", "values": []}
    return {"text": "wb.job.why.bug", "values": [["kind", type(wrong).__name__]]}


def sentence(result: dict[str, Any], language: str) -> str:
    """Why a job failed, in one sentence."""
    values = tuple((name, value) for name, value in result["values"])
    return refusal(Refusal("workbench/job", "", result["text"], values), language)


def _tell(job: Job, step: str, done: int, total: int) -> None:
    """Keeps how far a job is; raises Stopped where somebody asked it to stop."""
    if not beat(job, step, done, total):
        raise Stopped


def beat(job: Job, step: str = "", done: int = 0, total: int = 0) -> bool:
    """Keeps that a job is alive, and how far it is where that is said; False where somebody asked it to stop."""
    told = {"step": step, "done": done, "total": total} if step else {}
    Job.objects.filter(pk=job.pk, state="running").update(beat_at=datetime.now(UTC), **told)
    return not asked_to_stop(job)


def asked_to_stop(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, asked_to_stop=True).exists()


def running(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, state="running").exists()


def end(job: Job, state: str, result: dict[str, Any], attempt: int | None = None) -> None:
    """Ends a job and tells whoever asked for it. One that ended already, or was begun anew since, stays as it is."""
    with transaction.atomic():
        found = Job.objects.select_for_update().get(pk=job.pk)
        if found.state in ENDED or (attempt is not None and found.attempts != attempt):
            return
        found.state, found.ended_at, found.result, found.step = state, datetime.now(UTC), result, f"wb.job.{state}"
        found.save(update_fields=("state", "ended_at", "result", "step"))
        _verbs()
        if state != "done" and found.verb in UNDONE:
            UNDONE[found.verb](found)
        if found.by_id and found.organisation_id:
            Notice.objects.create(
                organisation_id=found.organisation_id,
                user_id=found.by_id,
                text=f"wb.notice.job-{state}",
                values={"job": f"@wb.job.{found.verb}"},
                about=f"job:{found.pk}",
                at=datetime.now(UTC),
            )
    job.refresh_from_db()


# -- after a kill ----------------------------------------------------------------------------------------------------


def left(silent: timedelta = SILENT) -> list[Job]:
    """The running jobs that told nothing for so long; with no time at all, every running one."""
    return list(Job.objects.filter(state="running", beat_at__lte=datetime.now(UTC) - silent).order_by("id"))


def take_up(jobs: Iterable[Job]) -> int:
    """Settles what a killed process left: a job whose effect stands is done, one that was asked to stop is stopped, any
    other waits again, until it was begun `MOST` times."""
    count = 0
    for job in jobs:
        standing = _standing(job)
        if standing is not None:
            end(job, "done", standing, job.attempts)
        elif asked_to_stop(job):
            end(job, "cancelled", {}, job.attempts)
        else:
            _give_back(job)
        count += 1
    return count


def _give_back(job: Job) -> None:
    if job.attempts >= MOST:
        end(job, "failed", {"text": "wb.job.why.killed", "values": [["times", str(MOST)]]}, job.attempts)
    else:
        Job.objects.filter(pk=job.pk, state="running", attempts=job.attempts).update(
            state="waiting", step="wb.job.waiting", done=0, total=0
        )


def put_back(job: Job) -> None:
    """Lets a job wait again because the worker itself was asked to end: that is nobody's failed attempt."""
    Job.objects.filter(pk=job.pk, state="running", attempts=job.attempts).update(
        state="waiting", step="wb.job.waiting", attempts=job.attempts - 1, done=0, total=0
    )
