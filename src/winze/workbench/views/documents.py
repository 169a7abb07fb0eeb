"""Documents kept as evidence: upload, open, withdraw."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render

from winze.engine.records import DataClass
from winze.engine.texts import say
from winze.workbench.routes import COMPETITOR, MOVEMENT, PARTNER, PERSONAL, PUBLIC, SEALED, Request, route
from winze.workbench.store import documents, together
from winze.workbench.views.home import onward

EVERY = (PUBLIC, PARTNER, COMPETITOR, MOVEMENT, PERSONAL, SEALED)


def kept(request: Request, about: str | None) -> dict[str, Any]:
    """What stands below every record: its documents, the classes a new one may have, remarks and whose task it is."""
    actor = request.actor
    return {
        "about": about,
        "together": together.of(actor, about) if about else None,
        "documents": documents.of(actor, about) if about else [],
        "classes": [one for one in EVERY if actor.sees(one)],
        "sees_titles": actor.sees(COMPETITOR),
    }


@route("documents/add/", act="document", methods=("POST",), name="document-add", shows=())
def document_add(request: Request) -> HttpResponse:
    """Keeps an uploaded file as a document about a record."""
    sent, given, language = request.FILES.get("file"), request.POST, request.LANGUAGE_CODE
    dated, wrong = _day(given.get("dated", ""))
    if sent is None or not given.get("title", "").strip() or wrong:
        said = [say("wb.doc.incomplete", language)]
        return render(request, "workbench/problems.html", {"problems": said, "back": onward(request)}, status=422)
    try:
        data_class = DataClass(given.get("class", ""))
    except ValueError:
        data_class = DataClass.SEALED if given.get("class") else DataClass.PARTNER
    documents.add(request.actor, given.get("about", ""), given["title"].strip(), sent.name or "", sent.chunks(),
                  sent.size or 0, data_class, dated)  # fmt: skip
    messages.success(request, say("wb.doc.kept", language))
    return redirect(onward(request))


def _day(text: str) -> tuple[date | None, bool]:
    try:
        return (date.fromisoformat(text) if text else None), False
    except ValueError:
        return None, True


@route("documents/<int:number>/", act="see", shows=EVERY)
def document(request: Request, number: int) -> FileResponse:
    return download(request, number)


def download(request: Request, number: int) -> FileResponse:
    """The bytes of a document, always as a download and never as something a browser would run."""
    found, path = documents.open_(request.actor, number)
    named = found.name if request.actor.sees(COMPETITOR) else f"document-{found.pk}"
    response = FileResponse(
        path.open("rb"), as_attachment=True, filename=named, content_type="application/octet-stream"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@route("documents/<int:number>/withdraw/", act="document", methods=("POST",), name="document-withdraw", shows=())
def document_withdraw(request: Request, number: int) -> HttpResponse:
    documents.withdraw(request.actor, number, request.POST.get("why", ""))
    messages.success(request, say("wb.doc.withdrawn", request.LANGUAGE_CODE))
    return redirect(onward(request))
