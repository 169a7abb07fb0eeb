"""Long work: what runs, how far it is, and what came of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from winze.engine.texts import refusal, say
from winze.workbench.presenters import button
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, ROUTES, Request, route
from winze.workbench.store import jobs as store
from winze.workbench.tables.jobs import JOBS
from winze.workbench.views import shown

ALL = (PUBLIC, PARTNER, COMPETITOR)


@route("jobs/", act="see", shows=JOBS.shows)
def jobs(request: Request) -> HttpResponse:
    return shown.page(request, JOBS)


@route("jobs/<int:number>/", act="see", shows=ALL)
def job(request: Request, number: int) -> HttpResponse:
    return render(request, "workbench/job.html", _shown(request, number))


@route("jobs/<int:number>/progress/", act="see", shows=ALL)
def job_progress(request: Request, number: int) -> HttpResponse:
    return render(request, "workbench/_job.html", _shown(request, number))


@route("jobs/<int:number>/stop/", act="see", shows=ALL, methods=("POST",))
def job_stop(request: Request, number: int) -> HttpResponse:
    store.stop(request.actor, number)
    return redirect("job", number)


@route("jobs/<int:number>/again/", act="see", shows=ALL, methods=("POST",))
def job_again(request: Request, number: int) -> HttpResponse:
    return redirect("job", store.again(request.actor, number).pk)


def _shown(request: Request, number: int) -> dict[str, Any]:
    found, language = store.one(request.actor, number), request.LANGUAGE_CODE
    stop, again = store.not_stopped(found), store.not_again(request.actor, found)
    return {
        "job": found,
        "title": say(f"wb.job.{found.verb}", language),
        "doing": say(found.step or "wb.job.waiting", language),
        "state": say(f"wb.job-state.{found.state}", language),
        "runs": found.state in store.RUNNING,
        "why": _why(request, found.result),
        "stop": button(request.actor, "see", refusal(stop, language) if stop else None),
        "again": button(request.actor, "see", refusal(again, language) if again else None),
        "result": _result(found.result),
    }


def _why(request: Request, result: dict[str, Any]) -> str | None:
    """Why a job failed, for whoever may read what the sentence names."""
    text = result.get("text")
    if text is None:
        return None
    if not request.actor.sees(COMPETITOR) and not text.startswith("wb.job.why."):
        return say("wb.job.why.withheld", request.LANGUAGE_CODE)
    return store.sentence(result, request.LANGUAGE_CODE)


def _result(result: dict[str, Any]) -> str | None:
    """Where what came of a job is shown."""
    if "run" in result and "cycle" in ROUTES:
        return f"{reverse('cycle')}?run={result['run']}"
    if "import" in result and "import" in ROUTES:
        return reverse("import", args=[result["import"]])
    return None
