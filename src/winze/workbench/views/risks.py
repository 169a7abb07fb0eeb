"""Which risks come first, and why each is believed."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from winze.workbench.presenters import worded_risk
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request, route
from winze.workbench.store import Absent, cycles
from winze.workbench.table import Scope
from winze.workbench.tables.risks import RISKS, run_of
from winze.workbench.views import shown

ALL = (PUBLIC, PARTNER, COMPETITOR)


@route("risks/", act="see", shows=RISKS.shows)
def risks(request: Request) -> HttpResponse:
    return shown.page(request, RISKS, "workbench/risks.html", run=run_of(Scope(request.actor, request.GET.dict())))


@route("risks/<int:position>/", act="see", shows=ALL)
def risk(request: Request, position: int) -> HttpResponse:
    run = run_of(Scope(request.actor, request.GET.dict()))
    if run is None:
        raise Absent
    document = cycles.why(run, request.actor.eyes, f"risk:{position}")
    spoken = worded_risk(document, request.LANGUAGE_CODE)
    return render(request, "workbench/risk.html", {"run": run, "risk": spoken, "position": position})
