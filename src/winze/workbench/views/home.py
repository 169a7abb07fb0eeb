"""What needs me now; the language; search; lists as files."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from winze.engine.disclosure import CHOOSES
from winze.engine.texts import LANGUAGES
from winze.workbench import tables
from winze.workbench.middleware import COOKIE
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request, route
from winze.workbench.store import Absent, cycles
from winze.workbench.views import shown

ALL = (PUBLIC, PARTNER, COMPETITOR)


@route("", act="see", shows=ALL)
def home(request: Request) -> HttpResponse:
    return render(request, "workbench/home.html", {"run": cycles.newest(request.actor.organisation)})


@route("language/", act="anybody", methods=("POST",))
def language(request: Request) -> HttpResponse:
    chosen = request.POST.get("language", "")
    response = redirect(onward(request))
    if chosen in LANGUAGES:
        response.set_cookie(COOKIE, chosen, max_age=365 * 86400, samesite="Lax", httponly=True)
    return response


def onward(request: Request, otherwise: str = "/") -> str:
    """Where a form wants to go next: an address of this workbench, never of another."""
    wanted = request.POST.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, None) else otherwise


@route("export/<slug:key>/", act="export", shows=ALL, methods=("GET", "POST"))
def export(request: Request, key: str) -> HttpResponse:
    """Asks the question of do no harm, then gives the file."""
    table = tables.table(key)
    if table is None or not request.actor.may(table.act):
        raise Absent
    asked = {key: str(value) for key, value in request.GET.items() if key != "after"}
    if request.method == "POST" and request.POST.get("sure") == "yes":
        return shown.export(request, table, request.POST.get("form", ""), request.POST.get("audience", ""), asked)
    said = {"table": table, "audiences": CHOOSES[request.actor.eyes], "unsure": request.method == "POST"}
    return render(request, "workbench/export.html", said)
