"""Imports: a file is kept, looked at without any effect, then loaded, mended, and undone, each with its event.

Nothing of an import stands before it is loaded, and all of it in one transaction. The file never changes; what a person
mends is laid over it. To undo an import ends its statements and brings nothing back that was not there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from winze.engine.problems import Problem, Severity
from winze.engine.records import DataClass
from winze.engine.texts import refuse
from winze.formats import importing, reading
from winze.workbench.access import Actor
from winze.workbench.models import File, Import, ImportProblem, Mend, SavedMapping, Told
from winze.workbench.store import Absent, Stale, files, journal, matches, register, statements

type Progress = Callable[[str, int, int], None]
MODES = ("stop", "skip", "update")
CLASSES = (DataClass.PUBLIC, DataClass.PARTNER, DataClass.COMPETITOR)
"""The classes a file may have whose content becomes part of the register."""


def one(actor: Actor, number: int) -> Import:
    """An import of the actor's organisation. Raises Absent."""
    found = Import.objects.filter(organisation_id=actor.organisation, pk=number).select_related("file").first()
    if found is None:
        raise Absent
    return found


def propose(actor: Actor, name: str, chunks: Iterable[bytes], *, sender: str = "",
            data_class: DataClass = DataClass.PARTNER) -> Import:  # fmt: skip
    """Keeps a file and reads it without loading anything: a dry run. The same bytes that stand already are refused, and
    so is a file of a class that not all may see who see what a register holds: it is kept as a document instead."""
    if data_class not in CLASSES:
        raise refuse("workbench/import", "wb.refused.import-class")
    with transaction.atomic():
        kept = files.keep(actor.organisation, chunks, data_class)
        if standing := Import.objects.filter(organisation_id=actor.organisation, file=kept, state="loaded").first():
            raise refuse("workbench/import", "wb.refused.same-file", name=standing.name, number=standing.pk)
        waiting = Import.objects.filter(organisation_id=actor.organisation, file=kept, state="proposed").first()
        if waiting:
            return waiting
        found = Import(
            organisation_id=actor.organisation, file=kept, name=_name(actor.organisation, name), sender=sender,
            state="proposed", data_class=str(data_class), by_id=actor.user, at=datetime.now(UTC),
        )  # fmt: skip
        found.mapping = _known_layout(actor.organisation, sender, kept)
        found.save()
        read = statements.read(found)
        _keep_reading(found, read)
        journal.record(actor, "import.proposed", f"import:{found.pk}", after=_told(found))
        return found


def load(actor: Actor, number: int, mode: str, progress: Progress) -> Import:
    """Loads a proposed import: all of it that the mode allows, in one transaction."""
    assert mode in MODES, mode
    progress("wb.job.read", 0, 3)
    found = one(actor, number)
    read = statements.read(found)
    progress("wb.job.compare", 1, 3)
    with transaction.atomic():
        found = _locked(actor, number, "proposed")
        before = _told(found)
        today = datetime.now(UTC).date()
        rows = statements.standing(actor.organisation)
        decided = importing.decide(read, importing.compare(read.statements, _by_key(rows, read)), mode)
        _keep_reading(found, read)
        found.mode, found.compared = mode, decided.counts
        if decided.stopped:
            found.state = "refused"
            found.save()
            journal.record(actor, "import.refused", f"import:{found.pk}", before=before, after=_told(found))
            return found
        added = statements.add(actor.organisation, found, decided.load, today)
        found.state, found.received_on, found.version_number = "loaded", today, found.version_number + 1
        found.save()
        event = journal.record(actor, "import.loaded", f"import:{found.pk}", before=before, after=_told(found))
        if decided.superseded:
            rows.filter(sid__in=decided.superseded).update(gone_on=today, gone_by=event.seq)
        progress("wb.job.register", 2, 3)
        register.refresh(actor.organisation, {row.subject for row in added} or None)
        matches.propose(actor.organisation)
    return found


def undo(actor: Actor, number: int, why: str) -> Import:
    """Ends what an import brought, and takes back what it superseded."""
    with transaction.atomic():
        found = _locked(actor, number, "loaded")
        before, today = _told(found), datetime.now(UTC).date()
        loaded = journal.of(actor.organisation, f"import:{found.pk}")[-1:]
        found.state, found.undone_on, found.version_number = "undone", today, found.version_number + 1
        found.save()
        event = journal.record(actor, "import.undone", f"import:{found.pk}", before=before, after=_told(found), why=why)
        touched = set(found.statements.values_list("subject", flat=True))
        found.statements.filter(gone_on=None).update(gone_on=today, gone_by=event.seq)
        by = [one.seq for one in loaded if one.verb == "import.loaded"]
        Told.objects.filter(organisation_id=actor.organisation, gone_by__in=by).exclude(of=found).update(
            gone_on=None, gone_by=None
        )
        register.refresh(actor.organisation, touched or None)
        matches.propose(actor.organisation)
    return found


def mend(actor: Actor, number: int, mends: Iterable[importing.Mend], why: str = "") -> Import:
    """Lays corrections over a file. Of a proposed import they change the dry run; of a loaded one they load the rows
    that were refused before."""
    with transaction.atomic():
        found = one(actor, number)
        before, now = _told(found), datetime.now(UTC)
        for item in mends:
            found.mends.filter(sheet=item.sheet, row=item.row, cell=item.cell, taken_back_at=None).update(
                taken_back_at=now
            )
            Mend.objects.create(of=found, sheet=item.sheet, row=item.row, cell=item.cell, value=item.value or "",
                                leave_out=item.leave_out, by_id=actor.user, at=now, why=why)  # fmt: skip
        read = statements.read(found)
        if found.state == "loaded":
            _follow(found, read)
        _keep_reading(found, read)
        found.version_number += 1
        found.save()
        journal.record(actor, "import.mended", f"import:{found.pk}", before=before, after=_told(found), why=why)
    return found


def hold(actor: Actor, number: int, version: int | None, state: str | None = None) -> Import:
    """An import of which nobody else changes anything within the caller's transaction. Raises Absent; Stale where it is
    not the version the caller read, or not in the state it must have."""
    found = Import.objects.select_for_update().filter(organisation_id=actor.organisation, pk=number).first()
    if found is None:
        raise Absent
    if (version is not None and found.version_number != version) or (state is not None and found.state != state):
        raise Stale
    return found


def map_columns(actor: Actor, number: int, text: str, sender: str) -> Import:
    """Reads a proposed file through a mapping of its columns, and keeps the mapping for the sender's next file."""
    from winze.formats import mapping

    with transaction.atomic():
        found = _locked(actor, number, "proposed")
        before = _told(found)
        mapping.from_yaml(text)
        found.mapping, found.sender, found.version_number = text, sender, found.version_number + 1
        found.save()
        _keep_reading(found, statements.read(found))
        layout = mapping.fingerprint(files.path_of(actor.organisation, found.file.sha256))
        SavedMapping.objects.update_or_create(
            organisation_id=actor.organisation, sender=sender, fingerprint=layout,
            defaults={"text": text, "at": datetime.now(UTC)},
        )  # fmt: skip
        journal.record(actor, "import.mapped", f"import:{found.pk}", before=before, after=_told(found))
    return found


# -- within ----------------------------------------------------------------------------------------------------------


def _locked(actor: Actor, number: int, state: str) -> Import:
    return hold(actor, number, None, state)


def _name(organisation: int, name: str) -> str:
    """The name of a file as inputs are called: a second file of that name gets a number."""
    bare = name.replace("\\", "/").rpartition("/")[2].strip() or "file"
    taken = set(
        Import.objects.filter(organisation_id=organisation, name__startswith=bare[:200]).values_list("name", flat=True)
    )
    return next(
        found for n in range(1, 10_000) if (found := bare[:200] if n == 1 else f"{bare[:200]} ({n})") not in taken
    )


def _known_layout(organisation: int, sender: str, kept: File) -> str:
    """The mapping kept for this sender and these headings, empty where there is none."""
    from winze.formats import mapping

    layouts = SavedMapping.objects.filter(organisation_id=organisation, sender=sender)
    if not sender or not layouts.exists():
        return ""
    try:
        layout = mapping.fingerprint(files.path_of(organisation, kept.sha256))
    except Exception:
        return ""
    saved = layouts.filter(fingerprint=layout).first()
    return saved.text if saved else ""


def _keep_reading(found: Import, read: reading.Reading) -> None:
    """What a reading came to, as counts and problems beside the import."""
    found.format, found.version, found.source = read.format or "", read.version or "", read.source or ""
    found.kinds = dict(sorted(Counter(s.kind for s in read.statements).items()))
    found.newest = max((s.speaks_of.known_on for s in read.statements), default=None)
    found.generated_on = read.generated_on
    found.errors = sum(problem.severity is Severity.ERROR for problem in read.problems)
    found.warnings = sum(problem.severity is Severity.WARNING for problem in read.problems)
    found.save()
    found.problems.all().delete()
    ImportProblem.objects.bulk_create([_problem(found, problem) for problem in read.problems], batch_size=500)


def _problem(found: Import, problem: Problem) -> ImportProblem:
    at = problem.origin
    return ImportProblem(of=found, code=problem.code, severity=str(problem.severity), sheet=at.sheet, row=at.row,
                         cell=at.cell and at.cell[:200], values=[list(pair) for pair in problem.values])  # fmt: skip


def _by_key(rows: Any, read: reading.Reading) -> dict[str, tuple[str, ...]]:
    """The statements that stand, by what makes them one thing said again: only those the reading also speaks of."""
    keys = {importing.key(s) for s in read.statements if s.kind not in statements.BULK}
    found: dict[str, list[str]] = {}
    wanted = list(keys)
    for n in range(0, len(wanted), 500):
        for key, sid in rows.filter(key__in=wanted[n : n + 500]).values_list("key", "sid"):
            found.setdefault(key, []).append(sid)
    return {key: tuple(sids) for key, sids in found.items()}


def _follow(found: Import, read: reading.Reading) -> None:
    """Brings the rows of a loaded import to what its mended file says now: new ones are added, others end."""
    today = datetime.now(UTC).date()
    standing = dict(found.statements.filter(gone_on=None).values_list("sid", "id"))
    said = {s.id: s for s in read.statements if s.kind not in statements.BULK}
    gone = [pk for sid, pk in standing.items() if sid not in said]
    touched = set(Told.objects.filter(pk__in=gone).values_list("subject", flat=True))
    Told.objects.filter(pk__in=gone).update(gone_on=today)
    added = statements.add(found.organisation_id, found, [s for sid, s in said.items() if sid not in standing], today)
    register.refresh(found.organisation_id, touched | {row.subject for row in added})


def _told(found: Import) -> dict[str, Any]:
    """An import as the journal tells of it: fingerprints and counts, no content."""
    return {
        "file": found.file.sha256, "state": found.state, "mode": found.mode, "format": found.format,
        "kinds": found.kinds, "errors": found.errors, "warnings": found.warnings, "compared": found.compared,
        "mends": found.mends.filter(taken_back_at=None).count(), "mapped": bool(found.mapping),
    }  # fmt: skip
