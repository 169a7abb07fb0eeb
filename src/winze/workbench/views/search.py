"""Search over the register."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request, route
from winze.workbench.store import search as searching


@route("search/", act="see", shows=(PUBLIC, PARTNER, COMPETITOR))
def search(request: Request) -> HttpResponse:
    asked = request.GET.get("q", "").strip()[: searching.LONGEST]
    groups = searching.search(request.actor, asked)
    said = {"q": asked, "groups": groups, "count": sum(len(one.hits) for one in groups)}
    return render(request, "workbench/search.html", said)
