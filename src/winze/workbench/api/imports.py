"""Files on their way into the register: proposed, mapped, loaded, mended, undone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import FileResponse, HttpResponse
from ninja import File, Form, Query, Schema
from ninja.files import UploadedFile
from pydantic import Field

from winze.engine.records import DataClass
from winze.formats.mends import Mend
from winze.workbench import mapping_form
from winze.workbench.api.declared import operation, version_of
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request
from winze.workbench.store import Absent, imports
from winze.workbench.views import data as pages

ALL = (PUBLIC, PARTNER, COMPETITOR)
Classes = Literal["public", "partner", "competitor-sensitive"]


class ImportSaid(Schema):
    """An import: what the file is, what it holds, what is wrong with it, and how far it is."""

    number: int
    name: str
    sender: str
    state: str
    mode: str
    format: str
    version: str
    data_class: str
    kinds: dict[str, int] = Field(description="Statements by kind.")
    compared: dict[str, Any] = Field(description="What is new, the same, changed or gone.")
    errors: int
    warnings: int
    newest: date | None
    received_on: date | None
    undone_on: date | None
    sha256: str
    version_number: int


class Proposed(Schema):
    """Whose file it is and who may see it."""

    sender: str = Field("", max_length=200)
    data_class: Classes = "partner"


class Loaded(Schema):
    """A load: the import as it is now, and the job that still works on it where the file is large."""

    job: int | None
    loaded: ImportSaid


class Versioned(Schema):
    version_number: int | None = Field(None, description="The version you read: 409 where somebody changed it since.")


class LoadAsked(Versioned):
    mode: Literal["stop", "skip", "update"] = Field(
        description="What to do with rows that are wrong, or there already."
    )


class UndoAsked(Versioned):
    why: str = Field(min_length=1, max_length=2000)


class MapAsked(Versioned):
    mapping: str = Field(max_length=100_000, description="The mapping of the columns, as YAML.")
    sender: str = Field(max_length=200)


class MendSaid(Schema):
    """A correction of one cell, or a row left out. The file itself never changes."""

    sheet: str | None = None
    row: int = Field(ge=1)
    cell: str = Field("", max_length=200)
    value: str | None = Field(None, max_length=10_000, description="What the cell should read; null for blank.")
    leave_out: bool = False


class MendAsked(Versioned):
    mends: list[MendSaid] = Field(min_length=1, max_length=500)
    why: str = Field("", max_length=2000)


class TakeBackAsked(Versioned):
    """Corrections to take back, by their numbers."""

    mends: list[int] = Field(min_length=1, max_length=500)
    why: str = Field("", max_length=2000)


class MendKept(MendSaid):
    """A correction that stands."""

    number: int
    at: datetime
    why: str


class Previewed(Schema):
    """What the last dry run showed of a file."""

    number: int
    behind: bool = Field(description="The register changed since the file was compared with it.")
    picture: dict[str, Any] = Field(description="Sheets with what each row and cell was read as, and what is wrong.")
    mends: list[MendKept] = Field(description="The corrections that stand.")


class RowAsked(Schema):
    sheet: str | None = Field(None, description="Of a workbook: which sheet.")


class RowSaid(Schema):
    """One row of a file: what it says, and what it reads by corrections."""

    sheet: str | None
    row: int
    headings: list[str]
    original: list[str]
    mended: list[str]
    left_out: bool


class MappingSaid(Schema):
    """Which column fills which field: the one in use, one kept for a file like this, or a guess to correct."""

    mapping: str = Field(description="As YAML, as `map` takes it.")
    kept: bool
    gone: list[tuple[str | None, str]] = Field(description="Headings that went since it was kept, by sheet.")
    come: list[tuple[str | None, str]]


class Mended(Schema):
    """The version of the import that you read."""

    version_number: int | None = None


@operation("POST", "imports", act="import", answer=ImportSaid, status=201, shows=ALL, problems=(409,))
def propose_import(request: Request, file: File[UploadedFile], given: Form[Proposed]) -> Any:
    """Sends a file and looks at it without any effect: a dry run."""
    data_class = DataClass(given.data_class)
    return _said(
        imports.propose(request.actor, file.name or "", file.chunks(), sender=given.sender, data_class=data_class)
    )


@operation("GET", "imports/{int:number}", act="see-chain", answer=ImportSaid, shows=ALL)
def one_import(request: Request, number: int, response: HttpResponse) -> Any:
    """An import. Its ETag is its version."""
    found = _said(imports.one(request.actor, number))
    response.headers["ETag"] = f'"{found["version_number"]}"'
    return found


@operation("POST", "imports/{int:number}/map", act="import", answer=ImportSaid, shows=ALL, versioned=True)
def map_import(request: Request, number: int, given: MapAsked) -> Any:
    """Reads a proposed file through a mapping of its columns, kept for the sender's next file."""
    version = version_of(request, given.version_number)
    return _said(imports.map_columns(request.actor, number, given.mapping, given.sender, version=version))


@operation("POST", "imports/{int:number}/mend", act="import", answer=ImportSaid, shows=ALL, versioned=True)
def mend_import(request: Request, number: int, given: MendAsked) -> Any:
    """Lays corrections over a file's rows."""
    mends = [Mend(item.sheet, item.row, item.cell, item.value, leave_out=item.leave_out) for item in given.mends]
    version = version_of(request, given.version_number)
    return _said(imports.mend(request.actor, number, mends, given.why, version=version))


@operation("POST", "imports/{int:number}/load", act="import", answer=Loaded, shows=ALL, versioned=True)
def load_import(request: Request, number: int, given: LoadAsked) -> Any:
    """Loads a proposed import; of a large file a job does it."""
    version = version_of(request, given.version_number)
    if version is None:
        version = imports.one(request.actor, number).version_number
    job = imports.ask_to_load(request.actor, number, given.mode, version)
    if job is None:
        imports.load(request.actor, number, given.mode, _quiet, version=version)
    return {"job": job and job.pk, "loaded": _said(imports.one(request.actor, number))}


@operation("POST", "imports/{int:number}/undo", act="import", answer=ImportSaid, shows=ALL, versioned=True)
def undo_import(request: Request, number: int, given: UndoAsked) -> Any:
    """Ends what an import brought, and takes back what it superseded."""
    version = version_of(request, given.version_number)
    return _said(imports.undo(request.actor, number, given.why, version=version))


@operation("POST", "imports/{int:number}/look", act="import", answer=ImportSaid, shows=ALL, problems=(409,))
def look_at_import(request: Request, number: int) -> Any:
    """Looks at a proposed file again, as the register stands now: a dry run, without any effect on it."""
    return _said(imports.look_again(request.actor, number))


@operation("POST", "imports/{int:number}/take-back", act="edit", answer=ImportSaid, shows=ALL, versioned=True)
def take_back_mends(request: Request, number: int, given: TakeBackAsked) -> Any:
    """Takes corrections back: the file says again what it says."""
    version = version_of(request, given.version_number)
    return _said(imports.take_back(request.actor, number, given.mends, given.why, version=version))


@operation("POST", "imports/{int:number}/mended", act="import", answer=ImportSaid, shows=ALL, versioned=True)
def send_mended(request: Request, number: int, file: File[UploadedFile], given: Form[Mended]) -> Any:
    """Sends back the file of rejected rows, mended."""
    version = version_of(request, given.version_number)
    return _said(imports.mended_file(request.actor, number, file.name or "", file.chunks(), version=version))


@operation("GET", "imports/{int:number}/preview", act="see-chain", answer=Previewed, shows=pages.EVERY)
def preview_import(request: Request, number: int) -> Any:
    """What the last dry run showed: sheets, rows, cells, what is wrong with them, and the corrections that stand."""
    found = _opened(request, number)
    mends = [
        {"number": one.pk, "sheet": one.sheet, "row": one.row, "cell": one.cell, "value": one.value,
         "leave_out": one.leave_out, "at": one.at, "why": one.why}
        for one in imports.mends(found)
    ]  # fmt: skip
    return {"number": number, "behind": imports.behind(found), "picture": imports.dry_run(found), "mends": mends}


@operation("GET", "imports/{int:number}/rows/{int:row}", act="see-chain", answer=RowSaid, shows=pages.EVERY)
def import_row(request: Request, number: int, row: int, asked: Query[RowAsked]) -> Any:
    """One row of a file. The journal keeps who looked: a row says where a place is."""
    seen = imports.row(request.actor, number, asked.sheet, row)
    return {
        "sheet": seen.sheet, "row": seen.number, "headings": list(seen.headings), "original": list(seen.original),
        "mended": list(seen.mended), "left_out": seen.left_out,
    }  # fmt: skip


@operation("GET", "imports/{int:number}/mapping", act="see-chain", answer=MappingSaid, shows=pages.EVERY)
def import_mapping(request: Request, number: int) -> Any:
    """The mapping of a file's columns to correct. 404 for a file that is no table."""
    found = imports.proposed_mapping(request.actor, number)
    return {"mapping": mapping_form.text(found.mapping), "kept": found.kept, "gone": found.gone, "come": found.come}


@operation("GET", "imports/{int:number}/file", act="see-chain", answer=None, shows=pages.EVERY)
def import_file(request: Request, number: int) -> FileResponse:
    """The file as it was sent. The journal keeps who opened it."""
    return pages.as_sent(request, number)


@operation("GET", "imports/{int:number}/rejected/{slug:form}", act="see-chain", answer=None, shows=pages.EVERY)
def rejected_rows(request: Request, number: int, form: str) -> HttpResponse:
    """The rows that were not loaded, as a file (xlsx or csv) to mend and send back."""
    return pages.to_mend(request, number, form)


def _opened(request: Request, number: int) -> Any:
    found = imports.one(request.actor, number)
    if not imports.opens(request.actor, found):
        raise Absent
    return found


def _quiet(step: str, done: int, total: int) -> None:
    return


def _said(found: Any) -> dict[str, Any]:
    return {
        "number": found.pk, "name": found.name, "sender": found.sender, "state": found.state, "mode": found.mode,
        "format": found.format, "version": found.version, "data_class": found.data_class, "kinds": found.kinds,
        "compared": found.compared, "errors": found.errors, "warnings": found.warnings, "newest": found.newest,
        "received_on": found.received_on, "undone_on": found.undone_on, "sha256": found.file.sha256,
        "version_number": found.version_number,
    }  # fmt: skip
