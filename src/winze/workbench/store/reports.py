"""Reports of a run: the pure cycle of its days once more, written for an audience in a language, kept as one file.

The journal's head stands in the report, so that whoever holds it can later say whether the journal was cut.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction

from winze.engine.disclosure import CHOOSES
from winze.engine.records import DataClass
from winze.engine.texts import LANGUAGES
from winze.formats import report
from winze.workbench.access import Actor
from winze.workbench.models import CycleRun, Job
from winze.workbench.store import Absent, cycles, files, jobs, journal

type Progress = cycles.Progress
CLASSES = {"public": DataClass.PUBLIC, "partner": DataClass.PARTNER, "internal": DataClass.COMPETITOR}
"""The class of the file by whom it is for."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def ask(actor: Actor, of: CycleRun, audience: str, language: str) -> Job:
    """A report to be written by a job. Raises Absent for an audience that sees more than the actor."""
    if audience not in CHOOSES[actor.eyes] or language not in LANGUAGES:
        raise Absent
    with transaction.atomic():
        job = jobs.ask(actor, "report", run=of.pk, audience=audience, language=language)
        journal.record(actor, "report.asked", f"run:{of.pk}", after={"audience": audience, "language": language})
    return job


def make(job: Job, actor: Actor | None, progress: Progress) -> dict[str, Any]:
    """Writes a report and keeps it. The work of a job."""
    assert actor is not None
    asked = job.arguments
    of = cycles.one(actor.organisation, asked["run"])
    if asked["audience"] not in CHOOSES[actor.eyes]:
        raise Absent
    result = cycles.walk(of, progress)
    progress("wb.job.write", 3, 4)
    head, key = journal.head(), cycles.code_key(actor.organisation)
    with TemporaryDirectory() as folder:
        written = report.write(result, Path(folder), asked["language"], asked["audience"], head=head, key=key)
        packed = _packed(written)
    with transaction.atomic():
        kept = files.keep(actor.organisation, [packed], CLASSES[asked["audience"]])
        journal.record(actor, "report.made", f"run:{of.pk}",
                       after={**asked, "file": kept.sha256, "head": head})  # fmt: skip
    return {"file": kept.sha256, "head": head}


def _packed(paths: list[Path]) -> bytes:
    """Files as one, the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as whole:
        for path in paths:
            whole.writestr(zipfile.ZipInfo(path.name, _EPOCH), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def of(actor: Actor, run: CycleRun) -> list[Job]:
    """The reports of a run that this person may see, newest first, those still being written too."""
    found = jobs.of(actor).filter(verb="report", arguments__run=run.pk).order_by("-id")
    return [job for job in found[:20] if job.arguments["audience"] in CHOOSES[actor.eyes]]


def open_(actor: Actor, number: int) -> tuple[str, Path]:
    """A written report: the name it is given away under, and where it lies. The journal keeps that it was opened."""
    job = jobs.one(actor, number)
    asked = job.arguments
    if job.verb != "report" or job.state != "done" or asked["audience"] not in CHOOSES[actor.eyes]:
        raise Absent
    run = cycles.one(actor.organisation, asked["run"])
    with transaction.atomic():
        journal.record(actor, "report.opened", f"run:{run.pk}", after={"audience": asked["audience"], "job": job.pk})
    name = f"winze-{run.as_of}-{asked['audience']}-{asked['language']}-{job.result['head'][: journal.SHOWN]}.zip"
    return name, files.path_of(actor.organisation, job.result["file"])
