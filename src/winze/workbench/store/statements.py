"""Statements as rows and back. Register kinds are rows; bulk kinds are read again from their file, which is kept.

A word that names a person stands in `PersonalWord`, not in the row of what was said, and comes back when a statement
is loaded for somebody whose roles see personal data (or for the engine).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from winze.engine.disclosure import PERSONAL_FIELDS
from winze.engine.records import DataClass, Statement
from winze.formats import importing, reading, told
from winze.formats.mapping import from_yaml
from winze.workbench.models import Import, PersonalWord, Told
from winze.workbench.store import files

BULK = frozenset(
    {"conflict-event", "conflict-count", "policy", "infections", "price", "listing", "health-site", "place", "outline"}
)
"""Kinds of which a file holds thousands and nobody corrects one: facts of the world, not of the register."""


def add(organisation: int, of: Import | None, statements: Iterable[Statement], received_on: date) -> list[Told]:
    """Adds statements as rows, bulk kinds left in their file. Runs inside the caller's transaction."""
    rows, persons = [], []
    for statement in statements:
        if statement.kind in BULK:
            continue
        said = told.dump(statement)
        words = {
            name: said["said"].pop(name) for name in PERSONAL_FIELDS.get(statement.kind, ()) if name in said["said"]
        }
        row = Told(
            organisation_id=organisation, of=of, sid=statement.id, key=importing.key(statement), kind=statement.kind,
            subject=statement.subject, known_on=statement.speaks_of.known_on, received_on=received_on,
            data_class=str(statement.data_class), said=said,
        )  # fmt: skip
        rows.append(row)
        persons += [PersonalWord(told=row, field=name, word=word) for name, word in words.items()]
    made = Told.objects.bulk_create(rows, batch_size=500)
    PersonalWord.objects.bulk_create(persons, batch_size=500)
    return made


def standing(organisation: int, known_by: date | None = None) -> QuerySet[Told]:
    """The rows that stand: now, or on an earlier day by what had been received by then."""
    rows = Told.objects.filter(organisation_id=organisation)
    if known_by is None:
        return rows.filter(gone_on=None)
    return rows.filter(Q(gone_on=None) | Q(gone_on__gt=known_by), received_on__lte=known_by)


def load(rows: QuerySet[Told], *, persons: bool = False) -> list[Statement]:
    """Rows as statements, oldest row first. Without `persons` the words that name somebody are left out."""
    words: dict[int, dict[str, str]] = {}
    if persons:
        for row, field, word in PersonalWord.objects.filter(told__in=rows).values_list("told", "field", "word"):
            words.setdefault(row, {})[field] = word
    found = []
    for pk, said, received in rows.order_by("id").values_list("id", "said", "received_on").iterator(chunk_size=5000):
        statement = told.load(_with(said, words.get(pk)))
        found.append(replace(statement, received_on=received, _id=[]))
    return found


def _with(said: Any, words: dict[str, str] | None) -> Any:
    return {**said, "said": {**said["said"], **words}} if words else said


def read(of: Import) -> reading.Reading:
    """An import's file as it reads now, with its mapping and mends. What stands in a competitor-sensitive file is so
    itself, whatever class its format would give it."""
    path = files.path_of(of.organisation_id, of.file.sha256)
    mends = tuple(
        importing.Mend(mend.sheet, mend.row, mend.cell, mend.value, leave_out=mend.leave_out)
        for mend in of.mends.filter(taken_back_at=None).order_by("id")
    )
    found = reading.read(path, name=of.name, mends=mends, mapping=from_yaml(of.mapping) if of.mapping else None)
    if of.data_class != DataClass.COMPETITOR:
        return found
    return replace(found, statements=tuple(_stricter(statement) for statement in found.statements))


def _stricter(statement: Statement) -> Statement:
    """A statement as at least competitor-sensitive."""
    mild = statement.data_class in (DataClass.PUBLIC, DataClass.PARTNER)
    return replace(statement, data_class=DataClass.COMPETITOR, _id=[]) if mild else statement


def bulk(organisation: int, known_by: date | None = None) -> Iterator[tuple[Import, reading.Reading]]:
    """Every import that stands and holds bulk kinds, with its file read again."""
    for of in loaded(organisation, known_by).select_related("file").order_by("id"):
        if BULK & of.kinds.keys():
            yield of, read(of)


def loaded(organisation: int, known_by: date | None = None) -> QuerySet[Import]:
    """The imports that stand: now, or on an earlier day."""
    rows = Import.objects.filter(organisation_id=organisation)
    if known_by is None:
        return rows.filter(state="loaded")
    return rows.filter(
        Q(undone_on=None) | Q(undone_on__gt=known_by), state__in=("loaded", "undone"), received_on__lte=known_by
    )
