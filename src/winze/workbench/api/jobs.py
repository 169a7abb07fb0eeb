"""Long work: how far it is, to stop it, to do it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema

from winze.workbench import presenters
from winze.workbench.access import refused
from winze.workbench.api.declared import operation
from winze.workbench.api.problems import Wrong
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request
from winze.workbench.store import jobs

ALL = (PUBLIC, PARTNER, COMPETITOR)


class JobSaid(Schema):
    """A job: what it does, how far it is, what came of it."""

    number: int
    verb: str
    state: str
    doing: str
    done: int
    total: int
    attempts: int
    asked_to_stop: bool
    at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    result: dict[str, Any]


@operation("GET", "jobs/{int:number}", act="see", answer=JobSaid, shows=ALL)
def one_job(request: Request, number: int) -> Any:
    """A job of one's own; any of the organisation for whoever looks after the instrument."""
    return told(request, jobs.one(request.actor, number))


@operation("POST", "jobs/{int:number}/stop", act="see", answer=JobSaid, shows=ALL)
def stop_job(request: Request, number: int) -> Any:
    """Asks a job to stop; nothing of it is kept.

    Whoever may ask for such a job may; whoever looks after the instrument may for any."""
    _may(request, number)
    return told(request, jobs.stop(request.actor, number))


@operation("POST", "jobs/{int:number}/again", act="see", answer=JobSaid, status=202, shows=ALL)
def repeat_job(request: Request, number: int) -> Any:
    """Asks for the same job once more.

    Whoever may ask for such a job may."""
    _may(request, number)
    return told(request, jobs.again(request.actor, number))


def _may(request: Request, number: int) -> None:
    needed = jobs.needs(jobs.one(request.actor, number).verb)
    if not request.actor.may("instrument") and (sentence := refused(request.actor, needed, request.LANGUAGE_CODE)):
        raise Wrong("forbidden", sentence)


def told(request: Request, job: Any) -> dict[str, Any]:
    """A job as the API tells of it."""
    doing = presenters.said(f"@{job.step}", request.LANGUAGE_CODE) if job.step else ""
    return {
        "number": job.pk, "verb": job.verb, "state": job.state, "doing": doing, "done": job.done, "total": job.total,
        "attempts": job.attempts, "asked_to_stop": job.asked_to_stop, "at": job.at, "started_at": job.started_at,
        "ended_at": job.ended_at, "result": job.result,
    }  # fmt: skip
