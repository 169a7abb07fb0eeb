"""Documents kept as evidence of something in the register: added, opened, withdrawn, never removed from the journal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from winze.engine.disclosure import LOGGED
from winze.engine.records import DataClass
from winze.engine.texts import refuse
from winze.workbench.access import Actor
from winze.workbench.models import Document
from winze.workbench.store import Absent, Stale, files, journal, opening, things

MOST = 50 * 2**20
"""Bytes of a document at most."""


def of(actor: Actor, about: str) -> list[Document]:
    """The documents about a record that this person's roles see, newest first; withdrawn ones last. None of a record
    that is not there for them."""
    thing = things.one(actor, about)
    if thing is None:
        return []
    rows = Document.objects.filter(organisation_id=actor.organisation, about=thing.about).select_related("file")
    seen = [row for row in rows.order_by("-id") if actor.sees(row.data_class)]
    return sorted(seen, key=lambda row: row.withdrawn_at is not None)


def one(actor: Actor, number: int) -> Document:
    """A document that the actor may see. Raises Absent for any other, so that nobody learns that it is there."""
    found = Document.objects.filter(organisation_id=actor.organisation, pk=number).select_related("file").first()
    if found is None or not actor.sees(found.data_class):
        raise Absent
    return found


def add(actor: Actor, about: str, title: str, name: str, chunks: Iterable[bytes], size: int, data_class: DataClass,
        dated: date | None) -> Document:  # fmt: skip
    """Keeps a file as a document about a record. Raises Absent for a record that is not there, Refusal for a file that
    is empty or too large, or a class that the actor may not give."""
    thing = things.one(actor, about)
    if thing is None:
        raise Absent
    if not 0 < size <= MOST:
        raise refuse("workbench/document", "wb.doc.size", most=MOST // 2**20)
    if not actor.sees(data_class):
        raise refuse("workbench/document", "wb.doc.class")
    with transaction.atomic():
        kept = files.keep(actor.organisation, chunks, data_class)
        made = Document.objects.create(
            organisation_id=actor.organisation, file=kept, title=title[:300], name=_bare(name), about=thing.about,
            data_class=str(data_class), dated=dated, by_id=actor.user, at=datetime.now(UTC),
        )  # fmt: skip
        journal.record(actor, "document.added", f"document:{made.pk}", after=_told(made))
        return made


def open_(actor: Actor, number: int) -> tuple[Document, Path]:
    """A document's bytes, by its path; the opening of a class that is logged is told to the journal."""
    found = one(actor, number)
    if found.withdrawn_at is not None:
        raise Absent
    if DataClass(found.data_class) in LOGGED:
        opening.opened(actor, f"document:{found.pk}", found.data_class)
    return found, files.path_of(actor.organisation, found.file.sha256)


def withdraw(actor: Actor, number: int, why: str) -> Document:
    """Takes a document back: it is offered no longer; that it was there, and why it went, stays. Raises Stale for one
    that is withdrawn already."""
    with transaction.atomic():
        found = one(actor, number)
        found = Document.objects.select_for_update().get(pk=found.pk)
        if found.withdrawn_at is not None:
            raise Stale
        before = _told(found)
        found.withdrawn_at = datetime.now(UTC)
        found.save(update_fields=("withdrawn_at",))
        journal.record(actor, "document.withdrawn", f"document:{found.pk}", before=before, after=_told(found), why=why)
        return found


def _bare(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].strip()[:300] or "document"


def _told(row: Document) -> dict[str, Any]:
    """A document as the journal tells of it; of a class whose opening is logged it names neither title nor file."""
    hidden = DataClass(row.data_class) in LOGGED
    named = [journal.commit(word, f"document:{row.pk}") if hidden else word for word in (row.title, row.name)]
    return {"about": row.about, "title": named[0], "name": named[1], "class": row.data_class, "dated": row.dated,
            "file": row.file.sha256, "withdrawn_at": row.withdrawn_at}  # fmt: skip
