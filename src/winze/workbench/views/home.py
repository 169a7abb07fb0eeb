"""What needs me now; the language; search; lists as files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from winze.engine import rules
from winze.engine.disclosure import CHOOSES
from winze.engine.texts import LANGUAGES
from winze.formats import planning
from winze.formats.wording import phrase
from winze.workbench import addresses, tables
from winze.workbench.access import Actor
from winze.workbench.middleware import COOKIE
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request, route
from winze.workbench.store import Absent, cycles, desk, people, things, together
from winze.workbench.views import shown

ALL = (PUBLIC, PARTNER, COMPETITOR)
ONE_DAY = timedelta(days=1)
NOTICES = 10
"""Notices that the home page shows; the others stand on their own page."""
FIRST_TEMPLATES = ("sites", "chain", "step1")
"""The templates that a first week needs."""


@route("", act="see", shows=ALL)
def home(request: Request) -> HttpResponse:
    """What waits for this person, the next deadlines, their tasks, what they were told, and what changed."""
    actor, today = request.actor, datetime.now(UTC).date()
    run, since = cycles.newest(actor.organisation), desk.visited(actor)
    awake, waits = _tasks(actor, today)
    waiting = desk.waiting(actor, run)
    soon = [one for one in awake if one["task"].due is None or one["task"].due <= today + desk.WEEK]
    return render(request, "workbench/home.html", {
        "run": run, "day": desk.today_of(run), "count": sum(waiting.values()) + len(soon), "tomorrow": today + ONE_DAY,
        "waiting": [(kind, count, _place(kind)) for kind, count in waiting.items()],
        "clocks": [(one, _ruled(one.rule, request.LANGUAGE_CODE)) for one in desk.clocks(actor, run)] if run else [],
        "to_sign": desk.to_sign(actor, run) if run and actor.may("plan-approver") else [],
        "awake": awake, "waits": waits, "ended": _worded(actor, together.ended(actor)),
        "notices": _notices(request), "since": since,
        "news": desk.news(actor, since) if since else [],
        "imports": [things.import_(row) for row in desk.imports_since(actor, since)] if since else [],
        "compared": desk.compared_with_last(actor, run) if run else None,
        "empty": desk.empty(actor), "templates": FIRST_TEMPLATES,
    })  # fmt: skip


def _tasks(actor: Actor, today: date) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One's own tasks: those that want doing, by the day they are due, and those that wait until a day."""
    tasks = _worded(actor, sorted(together.tasks(actor), key=lambda task: (task.due or date.max, task.pk)))
    asleep = [one for one in tasks if one["task"].snoozed_until and one["task"].snoozed_until > today]
    return [one for one in tasks if one not in asleep], asleep


def _worded(actor: Actor, tasks: list[Any]) -> list[dict[str, Any]]:
    """Tasks with what they are about, as far as one may still know it."""
    found = things.of(actor, [task.about for task in tasks], kept=True)
    return [{"task": task, "thing": found.get(task.about)} for task in tasks]


def _notices(request: Request) -> list[dict[str, Any]]:
    told = people.notices(request.actor).filter(read_at=None).order_by("-id")[:NOTICES]
    found = things.of(request.actor, [one.about for one in told], kept=True)
    names = together.names(one.values["by"] for one in told if "by" in one.values)
    return [_notice(one, found.get(one.about), names, request.LANGUAGE_CODE) for one in told]


def _notice(one: Any, thing: Any, names: dict[int, str], language: str) -> dict[str, Any]:
    kind, _, number = one.about.partition(":")
    to = thing.to if thing else addresses.to("job", number) if kind == "job" else None
    by = names.get(one.values.get("by", 0), "")
    return {"notice": one, "text": phrase(one.text, language, **one.values), "by": by, "thing": thing, "to": to}


def _place(kind: str) -> str | None:
    """Where what waits is done."""
    route = {"imports": "imports", "pairs": "matches", "signatures": "plans", "clocks": "risks", "jobs": "jobs",
             "invitations": "people"}[kind]  # fmt: skip
    return addresses.place(route) and f"{addresses.place(route)}{'?order=due' if kind == 'clocks' else ''}"


def _ruled(rule: str, language: str) -> str:
    return planning.title_of(rules.load(), language)(rule)


@route("language/", act="anybody", methods=("POST",))
def language(request: Request) -> HttpResponse:
    chosen = request.POST.get("language", "")
    response = redirect(onward(request))
    if chosen in LANGUAGES:
        response.set_cookie(COOKIE, chosen, max_age=365 * 86400, samesite="Lax", httponly=True)
    return response


def onward(request: Request, otherwise: str = "/") -> str:
    """Where a form wants to go next: an address of this workbench, never of another."""
    wanted = request.POST.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, None) else otherwise


@route("export/<slug:key>/", act="export", shows=ALL, methods=("GET", "POST"))
def export(request: Request, key: str) -> HttpResponse:
    """Asks the question of do no harm, then gives the file."""
    table = tables.table(key)
    if table is None or not request.actor.may(table.act):
        raise Absent
    asked = {key: str(value) for key, value in request.GET.items() if key != "after"}
    if request.method == "POST" and request.POST.get("sure") == "yes":
        return shown.export(request, table, request.POST.get("form", ""), request.POST.get("audience", ""), asked)
    said = {"table": table, "audiences": CHOOSES[request.actor.eyes], "unsure": request.method == "POST"}
    return render(request, "workbench/export.html", said)
