"""Where is risk? The places of a run on a map without tiles or keys, and the same places as a list below.

Precise points reach precise eyes alone, and the journal keeps that they were opened; the others get areas, drawn at
their coarse middle.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import condition

from winze.formats import geography
from winze.formats.wording import phrase
from winze.workbench import lists, presenters
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request, route
from winze.workbench.store import cycles, opening
from winze.workbench.table import Scope
from winze.workbench.tables.places import PLACES, link, name
from winze.workbench.tables.risks import run_of
from winze.workbench.views import shown

ALL = (PUBLIC, PARTNER, COMPETITOR)


@route("map/", act="see", shows=ALL)
def map_(request: Request) -> HttpResponse:
    run = run_of(Scope(request.actor, request.GET.dict()))
    if run and request.actor.eyes == "internal":
        opening.opened(request.actor, f"map:{run.pk}", opening.PLACE)
    said: dict[str, Any] = {
        "runs": sorted(cycles.recent(request.actor.organisation, 60), key=lambda one: (one.as_of, one.pk)),
        "marks": f"/map/places.json?{request.GET.urlencode()}",
        "chosen": {key: value for key, value in request.GET.items() if key not in ("run", "after") and value},
    }
    return shown.page(request, PLACES, "workbench/map.html", run=run, **said)


@route("map/places.json", act="see", shows=ALL, name="map-places")
def places(request: Request) -> HttpResponse:
    """What the map draws: the places of the list, by the same filters, and the outlines of their countries."""
    actor, asked = request.actor, request.GET.dict()
    scope = Scope(actor, asked)
    try:
        rows = list(lists.everything(PLACES, scope, lists.choose(PLACES, scope, asked)))
    except lists.BadAddress:
        return JsonResponse({}, status=400)
    if actor.eyes == "internal" and rows:
        opening.opened(actor, f"map:{rows[0].run_id}", opening.PLACE)
    drawn = [_mark(row, request.LANGUAGE_CODE) for row in rows if row.lat is not None]
    return JsonResponse({"places": drawn, "countries": sorted({row.country for row in rows if row.country})})


def _mark(row: Any, language: str) -> dict[str, Any]:
    """One mark: where, how grave, and what its popup says."""
    told = phrase("wb.map.mark", language, ranked=row.ranked, watched=row.watched)
    late = phrase("wb.map.unvisited", language) if row.unvisited != 0 else ""
    return {
        "at": [row.lat, row.lon], "kind": row.kind, "letter": row.letter, "ranked": row.ranked, "watched": row.watched,
        "late": bool(late), "name": presenters.said(name(row), language), "told": f"{told} {late}".strip(),
        "to": link(row), "territory": row.territory,
    }  # fmt: skip


@route("map/outlines.json", act="see", name="map-outlines")
@condition(etag_func=lambda request: '"outlines-1"')
def outlines(request: Request) -> HttpResponse:
    """The outlines of all countries as GeoJSON: nobody's position on a border."""
    features = [
        {"type": "Feature", "properties": {"code": code},
         "geometry": {"type": "Polygon", "coordinates": rings}}  # drawn even-odd: islands and holes alike
        for code, rings in geography.outlines(geography.outlined()).items()
    ]  # fmt: skip
    response = JsonResponse({"type": "FeatureCollection", "features": features})
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response
