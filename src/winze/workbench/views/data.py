"""What came in, what was refused, what was merged: imports, their dry run, mends, mapping and undoing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header

from winze.engine.problems import Refusal
from winze.engine.records import DataClass
from winze.engine.texts import LANGUAGES, refusal, refuse
from winze.formats.mends import Mend
from winze.formats.templates import TEMPLATES, write_template
from winze.formats.wording import phrase
from winze.workbench import import_words, mapping_form, presenters
from winze.workbench.routes import Request, route
from winze.workbench.store import Absent, files, imports, watching
from winze.workbench.tables.imports import IMPORTS, PROBLEMS, row_address
from winze.workbench.views import shown

EVERY = tuple(DataClass)
"""A file may hold anything; whoever may not see its class does not find it."""


# -- the list, and sending a file ------------------------------------------------------------------------------------


@route("imports/", name="imports", act="see-chain", shows=EVERY, methods=("GET", "POST"), posts="import")
def imports_(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _received(request)
    return _list(request)


def _list(request: Request, wrong: Iterable[str] = (), status: int = 200) -> HttpResponse:
    actor = request.actor
    response = shown.page(
        request, IMPORTS, "workbench/imports.html", path=reverse("imports"), wrong=list(wrong),
        classes=_classes(), senders=imports.senders(actor), limit=files.most() // 2**20,
        folders=watching.of(actor), modes=imports.MODES, watched_below=str(watching.own(actor.organisation)),
        templates=_templates(request.LANGUAGE_CODE), all_languages=presenters.OWN_NAMES.items(),
    )  # fmt: skip
    response.status_code = status if response.status_code == 200 else response.status_code
    return response


def _classes() -> list[dict[str, Any]]:
    """Each class with what it means; those that no import has are there, disabled, with where such a file belongs."""
    found = []
    for one in DataClass:
        found.append({
            "key": str(one), "title": f"wb.data.class.{one}", "why": f"wb.data.class-why.{one}",
            "chosen": one is DataClass.PARTNER, "closed": one not in imports.CLASSES,
        })  # fmt: skip
    return found


def _templates(language: str) -> list[tuple[str, str]]:
    return [(name, f"wb.data.template.{name}") for name in TEMPLATES]


def _received(request: Request) -> HttpResponse:
    """Every file that was sent becomes an import or a sentence that says why not."""
    made, wrong = [], []
    uploads = request.FILES.getlist("file")  # reads the form; only then it is known whether one was stopped
    stopped = getattr(request, "too_large", None)
    if stopped is not None:
        wrong.append(_worded(request, stopped, files.too_large()))
    for upload in uploads:
        try:
            made.append(imports.propose(request.actor, upload.name or "", upload.chunks(),
                                        sender=request.POST.get("sender", ""), data_class=_class(request)))  # fmt: skip
        except Refusal as refused:
            wrong.append(_worded(request, upload.name or "", refused))
    if not made and not wrong:
        wrong.append(phrase("wb.data.refused.no-file", request.LANGUAGE_CODE))
    if not made:
        return _list(request, wrong, 413 if stopped is not None else 409)
    for sentence in wrong:
        messages.error(request, sentence)
    return redirect("import", made[0].pk) if len(made) == 1 and not wrong else redirect("imports")


def _worded(request: Request, name: str, refused: Refusal) -> str:
    return f"{import_words.one_line(name)}: {refusal(refused, request.LANGUAGE_CODE)}"


def _class(request: Request) -> DataClass:
    try:
        wanted = DataClass(request.POST.get("data_class") or "partner")
    except ValueError as wrong:
        raise Absent from wrong
    return wanted


@route("imports/watched/", act="see-chain", name="watch", methods=("POST",), posts="import")
def watch(request: Request) -> HttpResponse:
    """A folder whose new files are proposed by themselves."""
    mode = request.POST.get("mode", "stop")
    if mode not in imports.MODES:
        raise Absent
    watching.begin(request.actor, request.POST.get("folder", ""), sender=request.POST.get("sender", ""), mode=mode)
    return redirect(reverse("imports") + "#watched")


@route("imports/watched/<int:number>/end/", act="see-chain", name="watch-end", methods=("POST",), posts="import")
def watch_end(request: Request, number: int) -> HttpResponse:
    watching.leave(request.actor, number)
    return redirect(reverse("imports") + "#watched")


@route("imports/template/<slug:name>/<slug:language>/", act="see", name="import-template")
def template(request: Request, name: str, language: str) -> HttpResponse:
    """An empty template of ours, in one of the four languages."""
    if name not in TEMPLATES or language not in LANGUAGES:
        raise Absent
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"winze-{name}-{language}.xlsx"
        write_template(name, path, language)
        content = path.read_bytes()
    return _file(content, path.name)


# -- one import ------------------------------------------------------------------------------------------------------


@route("imports/<int:number>/", name="import", act="see-chain", shows=EVERY)
def import_(request: Request, number: int) -> HttpResponse:
    found = imports.one(request.actor, number)
    if asked := request.GET.get("row", ""):
        return redirect(row_address(number, request.GET.get("sheet"), int(asked) if asked.isdigit() else 0))
    opens = imports.opens(request.actor, found)
    picture, language = imports.dry_run(found) if opens else {}, request.LANGUAGE_CODE
    said: dict[str, Any] = {
        "found": found, "opens": opens, "picture": picture, "job": imports.under_way(found),
        "behind": imports.behind(found), "mends": imports.mends(found), "is_open": found.state in imports.OPEN,
        "mappable": picture.get("mappable") or bool(found.mapping),
        "sheets": import_words.sheets(picture, number, language),
        "taken": import_words.taken_for(found, picture, language),
        "consequences": import_words.consequences(found, language),
    }  # fmt: skip
    return shown.page(request, PROBLEMS, "workbench/import.html", given={"about": f"import:{number}"}, **said)


@route("imports/read/", name="import-of", act="see-chain", shows=EVERY)
def import_of(request: Request) -> HttpResponse:
    """Where something was read: the row of the file that reasons name."""
    found = imports.named(request.actor, request.GET.get("file", ""))
    row = request.GET.get("row", "")
    if not row.isdigit():
        return redirect("import", found.pk)
    return redirect(row_address(found.pk, request.GET.get("sheet"), int(row)))


def _version(request: Request) -> int:
    text = request.POST.get("version_number", "")
    return int(text) if text.isdigit() else -1


@route("imports/<int:number>/load/", name="import-load", act="see-chain", methods=("POST",), posts="import")
def load(request: Request, number: int) -> HttpResponse:
    """Loads at once what is small, by a job what is large."""
    mode, version = request.POST.get("mode", ""), _version(request)
    if mode not in imports.MODES:
        raise Absent
    if imports.ask_to_load(request.actor, number, mode, version) is None:
        imports.load(request.actor, number, mode, lambda step, done, total: None, version=version)
    return redirect("import", number)


@route("imports/<int:number>/look/", name="import-look", act="see-chain", methods=("POST",), posts="import")
def look(request: Request, number: int) -> HttpResponse:
    imports.look_again(request.actor, number)
    return redirect("import", number)


@route("imports/<int:number>/undo/", name="import-undo", act="see-chain", methods=("POST",), posts="import")
def undo(request: Request, number: int) -> HttpResponse:
    imports.undo(request.actor, number, request.POST.get("why", ""), version=_version(request))
    return redirect("import", number)


@route("imports/<int:number>/file/", name="import-file", act="see-chain", shows=EVERY)
def original(request: Request, number: int) -> FileResponse:
    return as_sent(request, number)


def as_sent(request: Request, number: int) -> FileResponse:
    """The file as it was sent; the journal keeps who opened it."""
    found, path = imports.original(request.actor, number)
    return FileResponse(path.open("rb"), as_attachment=True, filename=found.name,
                        content_type="application/octet-stream")  # fmt: skip


@route("imports/<int:number>/rejected/<slug:form>/", name="import-rejected", act="see-chain", shows=EVERY)
def rejected(request: Request, number: int, form: str) -> HttpResponse:
    return to_mend(request, number, form)


def to_mend(request: Request, number: int, form: str) -> HttpResponse:
    """The rows that were not loaded, as a file to mend and send back."""
    found, content = imports.rejected_rows(request.actor, number, form, request.LANGUAGE_CODE)
    return _file(content, f"{found.name.rpartition('.')[0] or found.name}-{number}-mend.{form}")


@route("imports/<int:number>/mended/", name="import-mended", act="see-chain", methods=("POST",), posts="import")
def mended(request: Request, number: int) -> HttpResponse:
    """The file of rejected rows, mended and sent back."""
    imports.one(request.actor, number)
    upload = request.FILES.get("file")
    if getattr(request, "too_large", None) is not None:
        raise files.too_large()
    if upload is None:
        raise refuse(imports.RULE, "wb.data.refused.no-file")
    imports.mended_file(request.actor, number, upload.name or "", upload.chunks(), version=_version(request))
    return redirect("import", number)


def _file(content: bytes, name: str) -> HttpResponse:
    header = content_disposition_header(True, name) or "attachment"
    return HttpResponse(content, content_type="application/octet-stream", headers={"Content-Disposition": header})


# -- one row of a file -----------------------------------------------------------------------------------------------


@route(
    "imports/<int:number>/row/", name="import-row", act="see-chain", shows=EVERY, methods=("GET", "POST"), posts="edit"
)
def row(request: Request, number: int) -> HttpResponse:
    asked = request.GET.get("row", "")
    if not asked.isdigit() or len(asked) > 9:
        raise Absent
    sheet, at = request.GET.get("sheet") or None, int(asked)
    if request.method == "POST":
        return _mend(request, number, sheet, at)
    found = imports.one(request.actor, number)
    seen = imports.row(request.actor, number, sheet, at)
    cells = import_words.file_row(seen, request.LANGUAGE_CODE)
    return render(request, "workbench/import_row.html", {"found": found, "row": cells, "seen": seen})


def _mend(request: Request, number: int, sheet: str | None, at: int) -> HttpResponse:
    """Saves what was changed in a row: only cells that read otherwise than before become corrections."""
    why, version, act = request.POST.get("why", ""), _version(request), request.POST.get("act", "save")
    if act == "back":
        numbers = [int(one) for one in request.POST.getlist("mend") if one.isdigit()]
        imports.take_back(request.actor, number, numbers, why, version=version)
    elif act == "leave-out":
        imports.mend(request.actor, number, [Mend(sheet, at, leave_out=True)], why, version=version)
    else:
        seen = imports.row(request.actor, number, sheet, at)
        changed = import_words.changed_cells(seen, request.POST)
        if changed:
            imports.mend(request.actor, number, changed, why, version=version)
    return redirect(row_address(number, sheet, at))


@route("imports/<int:number>/back/", name="import-back", act="see-chain", methods=("POST",), posts="edit")
def back(request: Request, number: int) -> HttpResponse:
    """Corrections that are ticked are taken back."""
    numbers = [int(one) for one in request.POST.getlist("mend") if one.isdigit()]
    imports.take_back(request.actor, number, numbers, version=_version(request))
    return redirect("import", number)


# -- mapping ---------------------------------------------------------------------------------------------------------


@route("imports/<int:number>/mapping/", name="import-mapping", act="see-chain", shows=EVERY, methods=("GET", "POST"),
       posts="import")  # fmt: skip
def mapping(request: Request, number: int) -> HttpResponse:
    """Which column fills which field, sheet by sheet; saving reads the file through it."""
    found = imports.one(request.actor, number)
    proposed = imports.proposed_mapping(request.actor, number)
    picture = imports.dry_run(found)
    if request.method == "POST":
        told = mapping_form.read(proposed.mapping, picture, request.POST)
        if request.POST.get("act") == "save":
            sender = request.POST.get("sender", found.sender)
            imports.map_columns(request.actor, number, mapping_form.text(told), sender, version=_version(request))
            return redirect("import", number)
    else:
        told = proposed.mapping
    sheets = mapping_form.shown(told, picture, request.LANGUAGE_CODE)
    said = {"found": found, "proposed": proposed, "sheets": sheets, "senders": imports.senders(request.actor)}
    return render(request, "workbench/import_mapping.html", said)
