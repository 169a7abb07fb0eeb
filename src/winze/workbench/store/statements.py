"""Statements as rows and back. Register kinds are rows; bulk kinds are read again from their file, which is kept.

A word that names a person stands in `PersonalWord`, not in the row of what was said, and comes back when a statement
is loaded for somebody whose roles see personal data (or for the engine).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import batched
from typing import Any

from django.db.models import Q, QuerySet

from winze.engine import again
from winze.engine.disclosure import PERSONAL_FIELDS
from winze.engine.records import DataClass, Statement
from winze.formats import importing, reading, told
from winze.formats.mapping import from_yaml
from winze.formats.mends import Mend
from winze.workbench.models import Again, Event, Import, PersonalWord, Told
from winze.workbench.store import files

BULK = frozenset(
    {"conflict-event", "conflict-count", "policy", "infections", "price", "listing", "health-site", "place", "outline"}
)
"""Kinds of which a file holds thousands and nobody corrects one: facts of the world, not of the register."""
AT_ONCE = 2000
"""Rows that one query names."""
OPEN = frozenset({DataClass.PUBLIC, DataClass.PARTNER})


def key(statement: Statement) -> str:
    """What a statement is about, as a short text: two with one key are one thing said again (`engine.again`)."""
    return hashlib.sha256(repr(again.key_of(statement)).encode()).hexdigest()


def add(organisation: int, of: Import | None, statements: Iterable[Statement], received_on: date,
        replaces: Mapping[str, int] | None = None) -> list[Told]:  # fmt: skip
    """Adds statements as rows, bulk kinds left in their file. `replaces` gives by a statement's id the row that it
    supersedes. Runs inside the caller's transaction."""
    rows, persons, older = [], [], replaces or {}
    for statement in statements:
        if statement.kind in BULK:
            continue
        said = told.dump(statement)
        words = {
            name: said["said"].pop(name) for name in PERSONAL_FIELDS.get(statement.kind, ()) if name in said["said"]
        }
        row = Told(
            organisation_id=organisation, of=of, sid=statement.id, key=key(statement), kind=statement.kind,
            subject=statement.subject, known_on=statement.speaks_of.known_on, received_on=received_on,
            data_class=str(statement.data_class), said=said, replaces_id=older.get(statement.id),
        )  # fmt: skip
        rows.append(row)
        persons += [PersonalWord(told=row, field=name, word=word) for name, word in words.items()]
    made = Told.objects.bulk_create(rows, batch_size=500)
    PersonalWord.objects.bulk_create(persons, batch_size=500)
    return made


# -- taken back ------------------------------------------------------------------------------------------------------


def end(rows: QuerySet[Told], event: Event, day: date) -> set[str]:
    """Takes statements back and gives the subjects touched. What another import says word for word goes over to that
    one; what a word had superseded is told again from this day on. A row is never revived: its history stays exact."""
    found = list(rows)
    touched = {row.subject for row in found}
    ended = {row.pk: row for row in _not_said_elsewhere(found)}

    def beneath(row: Told) -> int | None:
        older = row.replaces_id
        while older in ended:
            older = ended[older].replaces_id
        return older

    for newer in _where(Told, "replaces__in", ended):
        newer.replaces_id = beneath(ended[newer.replaces_id])
        newer.save(update_fields=("replaces",))
    standing_ = [row for row in ended.values() if row.gone_on is None]
    for some in batched([row.pk for row in standing_], AT_ONCE, strict=False):
        Told.objects.filter(pk__in=some).update(gone_on=day, gone_by=event.seq)
    return touched | _tell_again([older for row in standing_ if (older := beneath(row))], day)


def supersede(rows: Iterable[int], event: Event, day: date) -> None:
    """Marks rows as replaced by a newer word: they stay, and no longer stand."""
    for some in batched(rows, AT_ONCE, strict=False):
        Told.objects.filter(pk__in=some).update(gone_on=day, gone_by=event.seq)


def say_again(of: Import, said: Iterable[tuple[int, Statement]]) -> None:
    """Notes that an import says what these rows say already, and where."""
    Again.objects.bulk_create(
        [Again(told_id=row, of=of, origin=told.dump(statement)["origin"]) for row, statement in said],
        batch_size=500, ignore_conflicts=True,
    )  # fmt: skip


def _not_said_elsewhere(rows: list[Told]) -> list[Told]:
    """The rows no other import says; the others become that import's."""
    elsewhere: dict[int, Again] = {}
    for one in _where(Again, "told__in", [row.pk for row in rows]):
        if one.of.state == "loaded":
            elsewhere.setdefault(one.told_id, one)
    for row in rows:
        if other := elsewhere.get(row.pk):
            row.of, row.said = other.of, {**row.said, "origin": other.origin}
            row.save(update_fields=("of", "said"))
            other.delete()
    return [row for row in rows if row.pk not in elsewhere]


def _tell_again(older: list[int], day: date) -> set[str]:
    """Adds rows anew that a newer word had replaced, now that it is taken back."""
    before = list(_where(Told, "pk__in", older))
    copies = {
        row.pk: Told(
            organisation_id=row.organisation_id, of_id=row.of_id, sid=row.sid, key=row.key, kind=row.kind,
            subject=row.subject, known_on=row.known_on, received_on=day, data_class=row.data_class, said=row.said,
            replaces_id=row.replaces_id,
        )
        for row in before
    }  # fmt: skip
    Told.objects.bulk_create(copies.values(), batch_size=500)
    words = _where(PersonalWord, "told__in", copies)
    PersonalWord.objects.bulk_create(
        [PersonalWord(told=copies[word.told_id], field=word.field, word=word.word) for word in words]
    )
    for one in _where(Again, "told__in", copies):
        one.told = copies[one.told_id]
        one.save(update_fields=("told",))
    return {row.subject for row in before}


def _where(model: Any, name: str, keys: Iterable[int]) -> list[Any]:
    """Rows by many keys, some thousand a query, oldest first."""
    rows = model.objects.select_related("of") if model is Again else model.objects.all()
    return [row for some in batched(keys, AT_ONCE, strict=False) for row in rows.filter(**{name: some}).order_by("pk")]


# -- what stands -----------------------------------------------------------------------------------------------------


def standing(organisation: int, known_by: date | None = None) -> QuerySet[Told]:
    """The rows that stand: now, or on an earlier day by what had been received by then."""
    rows = Told.objects.filter(organisation_id=organisation)
    if known_by is None:
        return rows.filter(gone_on=None)
    return rows.filter(Q(gone_on=None) | Q(gone_on__gt=known_by), received_on__lte=known_by)


def load(rows: QuerySet[Told], *, persons: bool = False) -> list[Statement]:
    """Rows as statements, oldest row first. Without `persons` the words that name somebody are left out."""
    return [statement for _, statement in numbered(rows, persons=persons)]


def numbered(rows: QuerySet[Told], *, persons: bool = False) -> list[tuple[int, Statement]]:
    """Rows as statements with the number of each row, oldest first."""
    words: dict[int, dict[str, str]] = {}
    if persons:
        named = PersonalWord.objects.filter(told__in=rows.filter(kind__in=PERSONAL_FIELDS).values("pk"))
        for row, field, word in named.values_list("told", "field", "word"):
            words.setdefault(row, {})[field] = word
    found = []
    columns = rows.order_by("id").values_list("id", "sid", "said", "received_on")
    for pk, sid, said, received in columns.iterator(chunk_size=5000):
        statement = told.load(_with(said, words.get(pk)))
        found.append((pk, replace(statement, received_on=received, _id=[sid])))  # the same with and without persons
    return found


def _with(said: Any, words: dict[str, str] | None) -> Any:
    return {**said, "said": {**said["said"], **words}} if words else said


def spoken(organisation: int, arriving: Sequence[Statement]) -> list[tuple[int, Statement]]:
    """What stands under the keys of arriving statements, with the number of each row."""
    keys = {key(statement) for statement in arriving if statement.kind not in BULK}
    return [
        pair
        for some in batched(sorted(keys), AT_ONCE, strict=False)
        for pair in numbered(standing(organisation).filter(key__in=some), persons=True)
    ]


# -- files -----------------------------------------------------------------------------------------------------------


def mends_of(of: Import) -> tuple[Mend, ...]:
    """The corrections that stand of an import, in the order they were made."""
    return tuple(
        Mend(mend.sheet, mend.row, mend.cell, mend.value or None, leave_out=mend.leave_out)
        for mend in of.mends.filter(taken_back_at=None).order_by("id")
    )


def read(of: Import) -> reading.Reading:
    """An import's file as it reads now, with its mapping and mends."""
    return look(of)[0]


def look(of: Import) -> tuple[reading.Reading, importing.Preview]:
    """An import's file as it reads now, and how it shows. What the sender's file is classed as holds for all of it,
    unless what a statement says is closed further already."""
    path, mapping = files.path_of(of.organisation_id, of.file.sha256), from_yaml(of.mapping) if of.mapping else None
    found, shown = importing.look(path, name=of.name, mends=mends_of(of), mapping=mapping)
    if DataClass(of.data_class) in OPEN:
        return found, shown
    closed = [
        replace(s, data_class=DataClass(of.data_class), _id=s._id) if s.data_class in OPEN else s
        for s in found.statements
    ]
    return replace(found, statements=tuple(closed)), shown


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
