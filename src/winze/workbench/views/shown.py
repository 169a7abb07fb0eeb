"""One declared list as a page, a workbook, a text file: the only code that shows lists."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from winze.engine.disclosure import CHOOSES
from winze.engine.texts import say
from winze.formats.wording import phrase
from winze.workbench import exports, lists, presenters
from winze.workbench.routes import Request
from winze.workbench.store import journal
from winze.workbench.table import Scope, Table


def page(request: Request, table: Table, template: str = "workbench/list.html", path: str | None = None,
         given: dict[str, Any] | None = None, **more: Any) -> HttpResponse:  # fmt: skip
    """A list as a page."""
    scope = Scope(request.actor, {**request.GET.dict(), **(given or {})})
    try:
        found = lists.page(table, scope, lists.choose(table, scope, request.GET.dict()))
    except lists.BadAddress as wrong:
        return _bad(request, wrong)
    about = {key: str(value) for key, value in (given or {}).items() if key in lists.RESERVED}
    asked, here = {**about, **request.GET.dict()}, path or request.path
    language = request.LANGUAGE_CODE
    shown = {
        "table": table,
        "page": found,
        "question": say_count(table.question, language, found.count),
        "rows": [
            (row, table.link(row), presenters.cells(row, found.columns, language), table.id(row)) for row in found.rows
        ],
        "orders": [_order(found, one, here, asked, language) for one in table.ordered(scope.actor)],
        "filters": [_filter(found, scope, one, language) for one in table.offered(scope.actor)],
        "following": presenters.address(found, here, asked, after=found.next) if found.next else None,
        "first": presenters.address(found, here, asked) if asked.get("after") else None,
        "kept": {key: value for key, value in asked.items() if key in ("run", "against", "about", "order")},
        "export": f"{reverse('export', args=[table.key])}?{urlencode(asked)}",
        "here": request.get_full_path(),
        **more,
    }
    return render(request, template, shown)


def say_count(message: str, language: str, count: int) -> str:
    return phrase(message, language, count=count)


def _order(found: lists.Page, one: Any, here: str, asked: dict[str, str], language: str) -> dict[str, Any]:
    current = found.choice.order.key == one.key
    turned = f"-{one.key}" if current and not found.choice.backwards else one.key
    return {"title": say(one.title, language), "current": current, "backwards": found.choice.backwards,
            "to": presenters.address(found, here, asked, order=turned)}  # fmt: skip


def _filter(found: lists.Page, scope: Scope, one: Any, language: str) -> dict[str, Any]:
    chosen = found.choice.chosen.get(one.key, "")
    choices = (
        [(value, presenters.said(text, language), value == chosen) for value, text in one.choices(scope)]
        if one.choices
        else []
    )
    return {"key": one.key, "title": say(one.title, language), "kind": one.kind, "value": chosen, "choices": choices,
            "default": one.default}  # fmt: skip


def _bad(request: Request, wrong: lists.BadAddress) -> HttpResponse:
    sentence = say("wb.refused.address", request.LANGUAGE_CODE, name=wrong.name)
    return render(request, "workbench/refused.html", {"sentence": sentence}, status=400)


def export(request: Request, table: Table, form: str, audience: str, asked: dict[str, str]) -> HttpResponse:
    """What a list shows, as a file: the same rows, filter, order and classes, with where it came from and the journal's
    head. For another audience it shows no more than that audience may see."""
    actor = request.actor
    if audience not in CHOOSES[actor.eyes] or form not in exports.WRITERS:
        return HttpResponseBadRequest()
    scope = Scope(actor, asked, audience)
    try:
        choice = lists.choose(table, scope, asked)
    except lists.BadAddress as wrong:
        return _bad(request, wrong)
    with transaction.atomic():
        event = journal.record(actor, "list.exported", f"list:{table.key}",
                               after={"form": form, "audience": audience, "filters": choice.chosen})  # fmt: skip
        content = exports.WRITERS[form](table, scope, choice, request.LANGUAGE_CODE, event.hash)
    name = f"{table.key}-{datetime.now(UTC):%Y-%m-%d}-{event.hash[: journal.SHOWN]}.{form}"
    response = HttpResponse(content, content_type=exports.TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Winze-Journal-Head"] = event.hash
    return response
