"""Imports: a file is kept, looked at without any effect, then loaded, mended, and undone, each with its event.

Nothing of an import stands before it is loaded, and all of it in one transaction. The file never changes; what a person
mends is laid over it. To undo an import ends its statements and tells again what they had superseded; what another
import says too goes on standing.
"""

from __future__ import annotations

import json
import unicodedata
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from winze.engine import again
from winze.engine.disclosure import PERSONAL_FIELDS
from winze.engine.problems import Problem, Refusal, Severity
from winze.engine.records import DataClass, Statement
from winze.engine.texts import refuse
from winze.formats import importing, mapping, reading, rejected
from winze.formats.files import Unreadable, as_text
from winze.formats.importing import Decision, Mode, Preview
from winze.formats.mends import Mend as Correction
from winze.workbench.access import Actor
from winze.workbench.models import Again, DryRun, Event, Import, ImportProblem, Job, Mend, SavedMapping, Told
from winze.workbench.store import Absent, Stale, files, journal, matches, opening, register, statements

type Progress = Callable[[str, int, int], None]
MODES: tuple[Mode, ...] = ("stop", "skip", "update")
OPEN = ("proposed", "refused")
"""States of an import that can still be mended, mapped and loaded."""
STATES = (*OPEN, "loaded", "undone")
RULE = "workbench/import"
AS_A_JOB = 5 * 2**20
"""Bytes from which a file is loaded by the worker, so that nobody waits at a page."""
LONGEST = 300
"""Characters of a cell that a dry run keeps to show."""


def of(actor: Actor) -> QuerySet[Import]:
    """The imports somebody may see: those of the organisation whose class their roles see."""
    return Import.objects.filter(organisation_id=actor.organisation, data_class__in=[str(c) for c in actor.clearance])


CLASSES = (DataClass.PUBLIC, DataClass.PARTNER, DataClass.COMPETITOR)
"""The classes a file may have whose content becomes part of the register."""


def hold(actor: Actor, number: int, version: int | None, states: tuple[str, ...] = STATES) -> Import:
    """An import of which nobody else changes anything within the caller's transaction. Raises Absent; Stale where it is
    not the version the caller read, or not in a state that allows what is to come."""
    found = of(actor).select_for_update(of=("self",)).filter(pk=number).select_related("file").first()
    if found is None:
        raise Absent
    if found.state not in states or (version is not None and found.version_number != version):
        raise Stale
    return found


def one(actor: Actor, number: int) -> Import:
    """An import that the actor may see. Raises Absent."""
    found = of(actor).filter(pk=number).select_related("file", "by").first()
    if found is None:
        raise Absent
    return found


def named(actor: Actor, name: str) -> Import:
    """The import that reasons call by this name. Raises Absent."""
    found = of(actor).filter(name=name).order_by("-id").first()
    if found is None:
        raise Absent
    return found


def opens(actor: Actor, found: Import) -> bool:
    """Whether somebody may see what stands in a file: where it names persons, those who see personal data and the one
    who sent it."""
    return (
        actor.sees(DataClass.PERSONAL) or not PERSONAL_FIELDS.keys() & found.kinds.keys() or found.by_id == actor.user
    )


def propose(actor: Actor, name: str, chunks: Iterable[bytes], *, sender: str = "",
            data_class: DataClass = DataClass.PARTNER) -> Import:  # fmt: skip
    """Keeps a file and reads it without loading anything: a dry run. The same bytes that stand already are refused, and
    so is a file of a class that not all may see who see what a register holds: it is kept as a document instead."""
    if data_class not in CLASSES:
        raise refuse(RULE, "wb.refused.import-class")
    sender = line(sender)[:200]
    with transaction.atomic():
        kept = files.keep(actor.organisation, files.within(chunks), data_class)
        before = Import.objects.filter(organisation_id=actor.organisation, file=kept)
        if standing := before.filter(state="loaded").first():
            raise refuse(RULE, "wb.refused.same-file", name=standing.name, number=standing.pk)
        if waiting := before.filter(state__in=OPEN).first():
            return waiting
        found = Import(
            organisation_id=actor.organisation, file=kept, name=_name(actor.organisation, name), sender=sender,
            state="proposed", data_class=str(data_class), by_id=actor.user, at=datetime.now(UTC),
        )  # fmt: skip
        known = _known_layout(found)
        found.mapping = known.text if known else ""
        found.save()
        _look(found, layout=known.at.date().isoformat() if known else None)
        journal.record(actor, "import.proposed", f"import:{found.pk}", after=_told(found))
        return found


def look_again(actor: Actor, number: int) -> Import:
    """Compares an open import with the register as it is now."""
    with transaction.atomic():
        found = hold(actor, number, None, OPEN)
        _look(found)
    return found


def load(actor: Actor, number: int, mode: str, progress: Progress, *, version: int | None = None) -> Import:
    """Loads a proposed import: all of it that the mode allows, in one transaction."""
    assert mode in MODES, mode
    progress("wb.job.read", 0, 4)
    seen = one(actor, number)
    read, shown = statements.look(seen)
    progress("wb.job.compare", 1, 4)
    with transaction.atomic():
        found = hold(actor, number, seen.version_number if version is None else version, OPEN)
        if found.version_number != seen.version_number:
            raise Stale
        before, spoken, comparison = _told(found), *_compared(found, read.statements)
        decided = importing.decide(read, comparison, next(one for one in MODES if one == mode))
        _keep(found, read, shown, decided)
        found.mode, found.version_number = mode, found.version_number + 1
        if decided.stopped:
            found.state = "refused"
            found.save()
            journal.record(actor, "import.refused", f"import:{found.pk}", before=before, after=_told(found))
            return found
        found.state, found.received_on = "loaded", datetime.now(UTC).date()
        found.save()
        event = journal.record(actor, "import.loaded", f"import:{found.pk}", before=before, after=_told(found))
        progress("wb.job.keep", 2, 4)
        touched = _take(found, decided, spoken, comparison.same, event)
        progress("wb.job.register", 3, 4)
        _refresh(found.organisation_id, touched)
    return found


def undo(actor: Actor, number: int, why: str, *, version: int | None = None) -> Import:
    """Ends what an import brought, and tells again what it superseded. One that was never loaded is put aside."""
    if not why.strip():
        raise refuse(RULE, "wb.data.refused.no-reason")
    with transaction.atomic():
        found = hold(actor, number, version, ("loaded", *OPEN))
        before, today = _told(found), datetime.now(UTC).date()
        found.state, found.undone_on, found.version_number = "undone", today, found.version_number + 1
        found.save()
        event = journal.record(actor, "import.undone", f"import:{found.pk}", before=before, after=_told(found),
                               why=why.strip())  # fmt: skip
        Again.objects.filter(of=found).delete()
        touched = statements.end(Told.objects.filter(of=found), event, today)
        if touched:
            _refresh(found.organisation_id, touched)
    return found


def mend(actor: Actor, number: int, mends: Iterable[Correction], why: str = "", *,
         version: int | None = None) -> Import:  # fmt: skip
    """Lays corrections over a file. Of an open import they change the dry run; of a loaded one its statements follow:
    rows refused before are loaded, what the file no longer says ends."""
    with transaction.atomic():
        found = hold(actor, number, version, ("loaded", *OPEN))
        before, now = _told(found), datetime.now(UTC)
        for item in mends:
            same = found.mends.filter(sheet=item.sheet, row=item.row, cell=item.cell, leave_out=item.leave_out)
            same.filter(taken_back_at=None).update(taken_back_at=now)
            Mend.objects.create(of=found, sheet=item.sheet, row=item.row, cell=item.cell[:200], value=item.value or "",
                                leave_out=item.leave_out, by_id=actor.user, at=now, why=why)  # fmt: skip
        return _mended(actor, found, before, why)


def take_back(actor: Actor, number: int, mends: Iterable[int], why: str = "", *, version: int | None = None) -> Import:
    """Takes corrections back: the file says again what it says."""
    with transaction.atomic():
        found = hold(actor, number, version, ("loaded", *OPEN))
        before = _told(found)
        found.mends.filter(pk__in=list(mends), taken_back_at=None).update(taken_back_at=datetime.now(UTC))
        return _mended(actor, found, before, why)


def mended_file(actor: Actor, number: int, name: str, chunks: Iterable[bytes], *,
                version: int | None = None) -> Import:  # fmt: skip
    """Takes what somebody mended in the file of rejected rows. One that belongs to another file is refused."""
    found = one(actor, number)
    with files.passing(files.within(chunks), name) as path:
        try:
            mends = rejected.mends_from(path, found.file.sha256)
        except Unreadable as wrong:
            raise unreadable(wrong) from wrong
    if not mends:
        raise refuse(RULE, "wb.data.refused.nothing-mended")
    return mend(actor, number, mends, version=version)


def unreadable(wrong: Unreadable) -> Refusal:
    """What is wrong with a file that is needed now, as the refusal of the act."""
    return refuse(RULE, f"problem.{wrong.code}", **{"detail": "", **wrong.values})


def map_columns(actor: Actor, number: int, text: str, sender: str, *, version: int | None = None) -> Import:
    """Reads a proposed file through a mapping of its columns, and keeps the mapping for the sender's next file."""
    sender = line(sender)[:200]
    with transaction.atomic():
        found = hold(actor, number, version, OPEN)
        before, path = _told(found), files.path_of(actor.organisation, found.file.sha256)
        try:
            mapping.from_yaml(text)
            layout = mapping.fingerprint(path)
        except Unreadable as wrong:
            raise unreadable(wrong) from wrong
        found.mapping, found.sender, found.version_number = text, sender, found.version_number + 1
        _look(found)
        if sender:
            SavedMapping.objects.update_or_create(
                organisation_id=actor.organisation, sender=sender, fingerprint=layout,
                defaults={"text": text, "at": datetime.now(UTC)},
            )  # fmt: skip
        journal.record(actor, "import.mapped", f"import:{found.pk}", before=before, after=_told(found))
    return found


def ask_to_load(actor: Actor, number: int, mode: str, version: int) -> Job | None:
    """The job that loads a large file; None for one small enough to be loaded at once."""
    from winze.workbench.store import jobs

    with transaction.atomic():
        found = hold(actor, number, version, OPEN)
        if found.file.size < AS_A_JOB:
            return None
        if under_way(found) is not None:
            raise Stale
        return jobs.ask(actor, "import", **{"import": found.pk, "mode": mode})


def under_way(found: Import) -> Job | None:
    """The job that loads an import at the moment."""
    waiting = Job.objects.filter(organisation_id=found.organisation_id, verb="import", state__in=("waiting", "running"))
    return next((job for job in waiting.order_by("-id")[:50] if job.arguments.get("import") == found.pk), None)


# -- what pages show -------------------------------------------------------------------------------------------------


def dry_run(found: Import) -> dict[str, Any]:
    """What the last dry run showed: sheets with the wrong cells marked, counts, a proposed mapping."""
    kept = DryRun.objects.filter(of=found).first()
    unpacked: dict[str, Any] = json.loads(zlib.decompress(bytes(kept.packed))) if kept else {}
    return unpacked


def mends(found: Import) -> list[Mend]:
    """The corrections that stand, by place."""
    return list(found.mends.filter(taken_back_at=None).order_by("sheet", "row", "id")[:200])


def numbers(actor: Actor, names: Iterable[str]) -> dict[str, int]:
    """The import of each name that reasons and statements give as their input."""
    return dict(of(actor).filter(name__in=list(names)).values_list("name", "pk"))


def behind(found: Import) -> bool:
    """Whether the register changed since an open import was compared with it."""
    changed = ("import.loaded", "import.undone", "import.mended")
    newest = Event.objects.filter(organisation_id=found.organisation_id, verb__in=changed).order_by("-seq").first()
    return found.state in OPEN and newest is not None and newest.seq > found.compared.get("event", 0)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row of a file: its headings, what the file says, what it reads by corrections, and what is wrong."""

    sheet: str | None
    number: int
    headings: tuple[str, ...]
    original: tuple[str, ...]
    mended: tuple[str, ...]
    left_out: bool
    problems: tuple[ImportProblem, ...]
    mends: tuple[Mend, ...]


def row(actor: Actor, number: int, sheet: str | None, row: int) -> ShownRow:
    """One row of an import's file, its opening noted in the journal: a row says where a place is. Raises Absent."""
    found = one(actor, number)
    if not opens(actor, found):
        raise Absent
    path = files.path_of(found.organisation_id, found.file.sha256)
    mends = statements.mends_of(found)
    original = _cells(path, found.name, sheet, row, ())
    if original is None:
        raise Absent
    mended = _cells(path, found.name, sheet, row, mends)
    opening.opened(actor, f"import:{found.pk}", opening.PLACE)
    mine = found.mends.filter(sheet=sheet, row=row, taken_back_at=None).order_by("id")
    headings = _headings(found, sheet)
    width = max(len(headings), len(original), len(mended or ()))
    return ShownRow(
        sheet, row, _wide(headings, width), _wide(original, width), _wide(mended or original, width), mended is None,
        tuple(found.problems.filter(sheet=sheet, row=row).order_by("id")), tuple(mine),
    )  # fmt: skip


def _wide(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    return (*cells, *[""] * (width - len(cells)))


def _cells(path: Any, name: str, sheet: str | None, row: int, mends: tuple[Correction, ...]) -> tuple[str, ...] | None:
    """The cells of one row as text; None where the file has no such row or somebody left it out."""
    source = reading.opened(path, name, mends)
    try:
        if sheet not in source.sheet_names:
            return None
        cells = next((values for number, values in source.cells(sheet) if number == row), None)
    except Unreadable:
        return None
    return None if cells is None else tuple(as_text(value) or "" for value in cells)


def _headings(found: Import, sheet: str | None) -> tuple[str, ...]:
    shown = next((one for one in dry_run(found).get("sheets", ()) if one["name"] == sheet), None)
    return tuple(shown["headings"]) if shown else ()


def original(actor: Actor, number: int) -> tuple[Import, Any]:
    """An import's file as it was sent, its opening noted in the journal. Raises Absent."""
    found = one(actor, number)
    if not opens(actor, found):
        raise Absent
    opening.opened(actor, f"file:{found.file.sha256}", found.data_class)
    return found, files.path_of(found.organisation_id, found.file.sha256)


def rejected_rows(actor: Actor, number: int, form: str, language: str) -> tuple[Import, bytes]:
    """The rows that were not loaded, as a file to mend and send back."""
    found, path = original(actor, number)
    write = {"xlsx": rejected.rejected, "csv": rejected.rejected_csv}.get(form)
    if write is None:
        raise Absent
    return found, write(path, statements.read(found), language)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A mapping to correct: the one in use, one kept for a file much like this, or a guess; and which headings came or
    went since it was kept."""

    mapping: mapping.Mapping
    kept: bool
    gone: tuple[tuple[str | None, str], ...] = ()
    come: tuple[tuple[str | None, str], ...] = ()


def proposed_mapping(actor: Actor, number: int) -> Proposed:
    """The mapping of an import's columns for a person to correct. Raises Absent for a file that is no table."""
    found = one(actor, number)
    if not opens(actor, found):
        raise Absent
    path = files.path_of(found.organisation_id, found.file.sha256)
    try:
        if found.mapping:
            return Proposed(mapping.from_yaml(found.mapping), kept=True)
        near = _nearest(found, path)
        return near or Proposed(mapping.propose(path), kept=False)
    except Unreadable as wrong:
        raise Absent from wrong


def _nearest(found: Import, path: Any) -> Proposed | None:
    """The sender's kept mapping that has most headings of this file, if it has half of them."""
    best: tuple[int, Proposed] | None = None
    for saved in SavedMapping.objects.filter(organisation_id=found.organisation_id, sender=found.sender).exclude(
        sender=""
    ):
        kept = mapping.from_yaml(saved.text)
        change = mapping.changed(kept, path)
        there = sum(len(sheet.columns) for sheet in kept.sheets) - len(change.gone)
        if there > len(change.gone) and (best is None or there > best[0]):
            best = there, Proposed(mapping.onto(kept, path), True, change.gone, change.come)
    return best[1] if best else None


def senders(actor: Actor) -> list[str]:
    """Who has sent files before."""
    sent = of(actor).exclude(sender="").values_list("sender", flat=True).distinct()
    return sorted(sent)[:200]


# -- within ----------------------------------------------------------------------------------------------------------


def _name(organisation: int, name: str) -> str:
    """The name of a file as inputs are called: its last part without what cannot be printed; a second file of that name
    gets a number."""
    bare = line(name.replace("\\", "/").rpartition("/")[2])[:200] or "file"
    taken = set(
        Import.objects.filter(organisation_id=organisation, name__startswith=bare).values_list("name", flat=True)
    )
    return next(found for n in range(1, 10_000) if (found := bare if n == 1 else f"{bare} ({n})") not in taken)


def line(text: str) -> str:
    """A text as one printable line: no control signs, no marks that turn its direction."""
    told = unicodedata.normalize("NFC", text)
    return " ".join("".join(c if unicodedata.category(c) not in _UNSEEN else " " for c in told).split()).strip(". ")


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _known_layout(found: Import) -> SavedMapping | None:
    """The mapping kept for this sender and these headings, laid onto this file."""
    layouts = SavedMapping.objects.filter(organisation_id=found.organisation_id, sender=found.sender)
    if not found.sender or not layouts.exists():
        return None
    path = files.path_of(found.organisation_id, found.file.sha256)
    with suppress(Unreadable):
        if saved := layouts.filter(fingerprint=mapping.fingerprint(path)).first():
            saved.text = mapping.to_yaml(mapping.onto(mapping.from_yaml(saved.text), path))
            return saved
    return None


def _look(found: Import, **more: Any) -> reading.Reading:
    """Reads an open import and compares it with the register, without any effect on the register."""
    read, shown = statements.look(found)
    _, comparison = _compared(found, read.statements)
    _keep(found, read, shown, importing.decide(read, comparison, "update"), **more)
    return read


def _compared(
    found: Import, arriving: Iterable[Statement]
) -> tuple[dict[str, list[tuple[int, Statement]]], again.Comparison]:
    """What stands under the keys of arriving statements, by id, and how they compare."""
    told = [s for s in arriving if s.kind not in statements.BULK]
    spoken: dict[str, list[tuple[int, Statement]]] = {}
    for row, statement in statements.spoken(found.organisation_id, told):
        spoken.setdefault(statement.id, []).append((row, statement))
    known = again.by_key(pairs[0][1] for pairs in spoken.values())
    return spoken, again.compare(told, known)


def _take(
    found: Import, decided: Decision, spoken: dict[str, list[tuple[int, Statement]]], same: Iterable[Statement],
    event: Event,
) -> set[str]:  # fmt: skip
    """Adds what was decided, marks what it supersedes, and notes what was said already. Gives the subjects touched."""
    today = datetime.now(UTC).date()
    load = {s.id: s for s in decided.load if s.kind not in statements.BULK}
    older: dict[str, int] = {}
    replaced = []
    for change in decided.supersede:
        rows = [row for row, _ in spoken[change.before.id]]
        load.setdefault(change.after.id, change.after)
        older.setdefault(change.after.id, rows[0])
        replaced += rows
    statements.supersede(replaced, event, today)
    added = statements.add(found.organisation_id, found, load.values(), today, older)
    statements.say_again(found, [(spoken[s.id][0][0], s) for s in same if s.id in spoken and s.id not in load])
    return {row.subject for row in added} | {change.before.subject for change in decided.supersede}


def _refresh(organisation: int, touched: set[str]) -> None:
    """Follows what was loaded or ended. A judgement may join or part more than the two it names: all is looked at."""
    wanted = None if any(subject.startswith("pair:") for subject in touched) else touched
    matches.propose(organisation, wanted, register.refresh(organisation, wanted))


def _mended(actor: Actor, found: Import, before: dict[str, Any], why: str) -> Import:
    """Brings an import to what its mended file says now."""
    found.version_number += 1
    if found.state != "loaded":
        _look(found)
        journal.record(actor, "import.mended", f"import:{found.pk}", before=before, after=_told(found), why=why)
        return found
    read, shown = statements.look(found)
    _keep(found, read, shown, None)
    event = journal.record(actor, "import.mended", f"import:{found.pk}", before=before, after=_told(found), why=why)
    touched = _follow(found, read, event)
    if touched:
        _refresh(found.organisation_id, touched)
    return found


def _follow(found: Import, read: reading.Reading, event: Event) -> set[str]:
    """Ends the rows of a loaded import that its mended file does not say, and adds what it says anew."""
    said = {s.id: s for s in read.statements if s.kind not in statements.BULK}
    mine = dict(Told.objects.filter(of=found, gone_on=None).values_list("pk", "sid"))
    replaced = dict(Told.objects.filter(pk__in=Told.objects.filter(replaces__of=found).values("replaces"))
                    .values_list("pk", "sid"))  # fmt: skip
    repeated = dict(Again.objects.filter(of=found).values_list("told", "told__sid"))
    Again.objects.filter(of=found, told__in=[row for row, sid in repeated.items() if sid not in said]).delete()
    gone = [row for row, sid in {**replaced, **mine}.items() if sid not in said]
    touched = statements.end(Told.objects.filter(pk__in=gone), event, datetime.now(UTC).date()) if gone else set()
    known = {*mine.values(), *replaced.values(), *repeated.values()}
    arriving = [s for sid, s in said.items() if sid not in known]
    spoken, comparison = _compared(found, arriving)
    decided = importing.decide(read, comparison, "update" if found.mode == "update" else "skip")
    return touched | _take(found, decided, spoken, comparison.same, event)


def _keep(found: Import, read: reading.Reading, shown: Preview, decided: Decision | None, **more: Any) -> None:
    """What a reading came to, as counts, problems and a picture beside the import. `decided` compares it with the
    register; None where it is loaded already."""
    found.format, found.version, found.source = read.format or "", read.version or "", read.source or ""
    found.kinds = dict(shown.kinds)
    found.newest = max((s.speaks_of.known_on for s in read.statements if not s.speaks_of.undated), default=None)
    found.generated_on = read.generated_on
    found.errors = sum(problem.severity is Severity.ERROR for problem in read.problems)
    found.warnings = sum(problem.severity is Severity.WARNING for problem in read.problems)
    rows = shown.counts
    counts = {"read": rows.read, "loaded": rows.loaded, "refused": rows.refused, "left_out": rows.left_out}
    if decided:
        changed = len(decided.supersede) or len(decided.left)
        newest = Event.objects.order_by("-seq").first()
        counts |= {
            "new": len(decided.load) - (len(decided.supersede) if decided.mode == "update" else 0),
            "same": decided.same, "changed": changed, "event": newest.seq if newest else 0,
            "bulk": sum(n for kind, n in shown.kinds.items() if kind in statements.BULK),
        }  # fmt: skip
    found.compared = {**found.compared, **counts, **more}
    found.save()
    found.problems.all().delete()
    ImportProblem.objects.bulk_create([_problem(found, problem) for problem in read.problems], batch_size=500)
    packed = zlib.compress(json.dumps(_pictured(shown), ensure_ascii=False).encode("utf-8", "replace"), 3)
    DryRun.objects.update_or_create(of=found, defaults={"packed": packed})


def _pictured(shown: Preview) -> dict[str, Any]:
    """A preview as plain values: sheets, rows, and the problems of each cell."""
    return {
        "container": shown.container,
        "failed": shown.failed,
        "oldest": shown.oldest and shown.oldest.isoformat(),
        "corrects": shown.corrects and shown.corrects.name,
        "mappable": shown.proposal is not None,
        "sheets": [
            {
                "name": sheet.name,
                "header_row": sheet.header_row,
                "headings": [heading[:LONGEST] for heading in sheet.headings],
                "more": sheet.more,
                "rows": [
                    {"number": row.number, "heading": row.heading, "cells": [cell[:LONGEST] for cell in row.cells],
                     "problems": {str(at): [_of_cell(one) for one in told] for at, told in row.problems.items()}}
                    for row in sheet.rows
                ],
            }
            for sheet in shown.sheets
        ],
    }  # fmt: skip


def _of_cell(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "severity": str(problem.severity), "values": [list(pair) for pair in problem.values]}


def _problem(found: Import, problem: Problem) -> ImportProblem:
    at = problem.origin
    return ImportProblem(
        of=found, code=problem.code, severity=str(problem.severity), sheet=at.sheet and at.sheet[:200], row=at.row,
        cell=at.cell and at.cell[:200], values=[[name, _clean(value)[:2000]] for name, value in problem.values],
    )  # fmt: skip


def _clean(text: str) -> str:
    """A text that every database keeps."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def problem_of(item: ImportProblem) -> Problem:
    """A kept problem as the engine knows it."""
    from winze.engine.records import Origin

    values = tuple((name, value) for name, value in item.values)
    return Problem(item.code, Severity(item.severity), Origin("", item.sheet, item.row, item.cell), values)


def _told(found: Import) -> dict[str, Any]:
    """An import as the journal tells of it: fingerprints and counts, no content."""
    return {
        "file": found.file.sha256, "state": found.state, "mode": found.mode, "format": found.format,
        "kinds": found.kinds, "errors": found.errors, "warnings": found.warnings, "compared": found.compared,
        "mends": found.mends.filter(taken_back_at=None).count() if found.pk else 0, "mapped": bool(found.mapping),
        "class": found.data_class,
    }  # fmt: skip
