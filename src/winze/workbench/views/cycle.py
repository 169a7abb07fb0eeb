"""What did the evidence say on that day? Runs of the cycle, their steps, inputs and problems; two runs compared; the
run's document and its reports as files."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse

from winze.engine.disclosure import CHOOSES
from winze.engine.texts import refuse
from winze.formats.wording import phrase
from winze.workbench import addresses, presenters
from winze.workbench.access import Actor
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request, route
from winze.workbench.store import cycles, files, jobs, journal, reports
from winze.workbench.table import Scope
from winze.workbench.tables.cycles import DIFFERENCES, PROBLEMS, RUNS, two_runs
from winze.workbench.tables.risks import run_of
from winze.workbench.views import shown
from winze.workbench.views.together import day

ALL = (PUBLIC, PARTNER, COMPETITOR)
STEPS = ("read", "check", "register", "custody", "signals", "risks", "mitigation", "assurance", "funding", "response",
         "sourcing", "reporting")  # fmt: skip
"""The steps of the walk. Those that a run says nothing of are not part of Winze yet."""


@route("cycle/", act="see", shows=ALL, methods=("GET", "POST"), posts="run")
def cycle(request: Request) -> HttpResponse:
    """The run that the address names, else the newest; a POST asks for a new one."""
    if request.method == "POST":
        return _ask(request)
    run = _run(request)
    said: dict[str, Any] = {"today": datetime.now(UTC).date(), "runs": cycles.recent(request.actor.organisation)}
    if run:
        said |= _about(request, run)
    return render(request, "workbench/cycle.html", said)


def _ask(request: Request) -> HttpResponse:
    as_of, known_by = day(request.POST.get("as_of", "")), day(request.POST.get("known_by", ""))
    today = datetime.now(UTC).date()
    if as_of is None or as_of > today or (known_by and known_by > today):
        raise refuse("workbench/run", "wb.refused.day-to-come")
    with transaction.atomic():
        waiting = cycles.ask(request.actor, as_of, known_by)
        job = jobs.ask(request.actor, "cycle", run=waiting.pk)
    return redirect(addresses.to("job", job.pk) or reverse("cycle"))


def _about(request: Request, run: cycles.Run) -> dict[str, Any]:
    spoken, eyes = request.LANGUAGE_CODE, request.actor.eyes
    headline, told = run.headline.get(eyes, {}), {step["step"]: step for step in run.steps}
    values = dict(headline.get("values", []))
    return {
        "run": run,
        "headline": phrase(headline["text"], spoken, **values) if headline else "",
        "steps": [(number, name, told.get(name)) for number, name in enumerate(STEPS, start=1)],
        "inputs": [_input(item) for item in cycles.inputs(run, eyes)],
        "wrong": cycles.problem_counts(run),
        "before": cycles.before(run),
        "reports": [(job, addresses.to("job", job.pk)) for job in reports.of(request.actor, run)],
    }


def _input(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "newest": day(item["newest"] or ""), "read": sum(item["records"].values())}


@route("cycle/runs/", act="see", shows=RUNS.shows)
def runs(request: Request) -> HttpResponse:
    return shown.page(request, RUNS)


@route("cycle/problems/", act="see", shows=PROBLEMS.shows)
def cycle_problems(request: Request) -> HttpResponse:
    return shown.page(request, PROBLEMS, run=_run(request))


@route("cycle/compare/", act="see", shows=DIFFERENCES.shows)
def compare(request: Request) -> HttpResponse:
    """What changed between two runs, and by which statements."""
    found = two_runs(Scope(request.actor, request.GET.dict()))
    new, old = found or (_run(request), None)
    said: dict[str, Any] = {"old": old, "runs": cycles.recent(request.actor.organisation, 100)}
    return shown.page(request, DIFFERENCES, "workbench/compare.html", run=new, **said)


@route("cycle/<int:number>/document/", act="see-chain", shows=ALL, methods=("GET", "POST"))
def cycle_document(request: Request, number: int) -> HttpResponse:
    """The whole `cycle.json` of a run, for precise eyes, after the question of do no harm."""
    run = cycles.one(request.actor.organisation, number)
    if request.method != "POST" or request.POST.get("sure") != "yes":
        return render(request, "workbench/document.html", {"run": run, "unsure": request.method == "POST"})
    return whole(request.actor, run)


def whole(actor: Actor, run: cycles.Run) -> HttpResponse:
    """The document of a run as a file; the journal keeps who took it."""
    with transaction.atomic():
        event = journal.record(actor, "cycle.exported", f"run:{run.pk}", after={"document": run.document})
    packed = files.path_of(run.organisation_id, run.document).read_bytes()
    response = HttpResponse(gzip.decompress(packed), content_type="application/json")
    name = f"cycle-{run.as_of}-{event.hash[: journal.SHOWN]}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Winze-Journal-Head"] = event.hash
    return response


@route("cycle/<int:number>/report/", act="export", shows=ALL, methods=("GET", "POST"))
def report(request: Request, number: int) -> HttpResponse:
    """Asks for a report of a run, after the question of do no harm."""
    run, actor = cycles.one(request.actor.organisation, number), request.actor
    if request.method == "POST" and request.POST.get("sure") == "yes":
        audience, language = request.POST.get("audience", ""), request.POST.get("language", "")
        if audience not in CHOOSES[actor.eyes] or language not in presenters.OWN_NAMES:
            return HttpResponseBadRequest()
        job = reports.ask(actor, run, audience, language)
        return redirect(addresses.to("job", job.pk) or addresses.run(run))
    said = {"run": run, "audiences": CHOOSES[actor.eyes], "unsure": request.method == "POST"}
    return render(request, "workbench/report.html", said)


@route("reports/<int:number>/", act="export", shows=ALL)
def report_file(request: Request, number: int) -> HttpResponse:
    return written(request.actor, number)


def written(actor: Actor, number: int) -> HttpResponse:
    """A written report, by the number of the job that wrote it; the journal keeps who opened it."""
    name, path = reports.open_(actor, number)
    response = HttpResponse(path.read_bytes(), content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _run(request: Request) -> cycles.Run | None:
    return run_of(Scope(request.actor, request.GET.dict()))
