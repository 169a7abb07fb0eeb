"""What jobs do: each verb loads, asks the engine, and saves."""

from __future__ import annotations

from typing import Any

from django.tasks import task

from winze.workbench.access import Actor
from winze.workbench.models import CycleRun, Job
from winze.workbench.store import cycles, imports, jobs, reports
from winze.workbench.store.jobs import Progress


@task
def do(job: int) -> None:
    """The one task of the queue: does a job by its number."""
    jobs.perform(job)


def _cycle(job: Job, actor: Actor | None, progress: Progress) -> dict[str, Any]:
    waiting = CycleRun.objects.get(pk=job.arguments["run"])
    if waiting.state == "done":
        return {"run": waiting.pk}
    cycles.run(waiting, actor, progress)
    return {"run": waiting.pk}


def _import(job: Job, actor: Actor | None, progress: Progress) -> dict[str, Any]:
    assert actor is not None
    loaded = imports.load(actor, job.arguments["import"], job.arguments["mode"], progress)
    return {"import": loaded.pk, "state": loaded.state}


jobs.WORK.update({"cycle": _cycle, "import": _import, "report": reports.make})
