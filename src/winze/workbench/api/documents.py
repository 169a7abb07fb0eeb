"""Documents kept as evidence: listed, sent, opened, withdrawn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import FileResponse
from ninja import File, Form, Query, Schema
from ninja.files import UploadedFile
from pydantic import Field

from winze.engine.records import DataClass
from winze.workbench.api.declared import operation
from winze.workbench.api.together import About
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request
from winze.workbench.store import Absent, documents, things
from winze.workbench.views import documents as pages

SHOWN = (PUBLIC, PARTNER, COMPETITOR)


class DocumentSaid(Schema):
    """A document: what it is evidence of, its class and day. Its words stand only for those who may know them."""

    number: int
    title: str | None
    name: str | None
    about: str | None
    data_class: str
    dated: date | None
    at: datetime
    withdrawn_at: datetime | None
    size: int = Field(description="Bytes.")


class DocumentsSaid(Schema):
    documents: list[DocumentSaid]


class DocumentSent(Schema):
    """What a document is evidence of, and who may see it."""

    about: str = Field(max_length=400)
    title: str = Field(min_length=1, max_length=300)
    data_class: Literal["public", "partner", "competitor-sensitive", "movement", "personal", "sealed"] = "partner"
    dated: date | None = Field(None, description="The day it speaks of; unknown where it is left out.")


class WithdrawAsked(Schema):
    why: str = Field(min_length=1, max_length=2000)


@operation("GET", "documents", act="see", answer=DocumentsSaid, shows=SHOWN, problems=(404,))
def documents_(request: Request, asked: Query[About]) -> Any:
    """The documents about something that are of a class you see, newest first."""
    if things.one(request.actor, asked.about) is None:
        raise Absent
    return {"documents": [_said(request, row) for row in documents.of(request.actor, asked.about)]}


@operation("POST", "documents", act="document", answer=DocumentSaid, status=201, shows=SHOWN, problems=(404, 409))
def add_document(request: Request, file: File[UploadedFile], given: Form[DocumentSent]) -> Any:
    """Keeps a file as a document about something."""
    size, data_class = file.size or 0, DataClass(given.data_class)
    made = documents.add(request.actor, given.about, given.title.strip(), file.name or "", file.chunks(), size,
                         data_class, given.dated)  # fmt: skip
    return _said(request, made)


@operation("GET", "documents/{int:number}", act="see", answer=None, shows=pages.EVERY)
def open_document(request: Request, number: int) -> FileResponse:
    """The bytes of a document. The journal keeps who opened one of a class that is logged."""
    return pages.download(request, number)


@operation("POST", "documents/{int:number}/withdraw", act="document", answer=DocumentSaid, shows=SHOWN, problems=(409,))
def withdraw_document(request: Request, number: int, given: WithdrawAsked) -> Any:
    """Takes a document back, with the reason; that it was there stays in the journal."""
    return _said(request, documents.withdraw(request.actor, number, given.why))


def _said(request: Request, row: Any) -> dict[str, Any]:
    named = request.actor.sees(COMPETITOR)
    return {
        "number": row.pk, "title": row.title if named else None, "name": row.name if named else None,
        "about": row.about if named else None, "data_class": row.data_class, "dated": row.dated, "at": row.at,
        "withdrawn_at": row.withdrawn_at, "size": row.file.size,
    }  # fmt: skip
