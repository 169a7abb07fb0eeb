"""Remarks and tasks: about one thing from its page, about many from the rows ticked in a list.

Names of colleagues stand on these pages: they are shown to members of the same organisation, whoever they are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render

from winze.engine.problems import Refusal
from winze.engine.texts import refusal
from winze.formats.wording import phrase
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request, route
from winze.workbench.store import Absent, things, together
from winze.workbench.views.home import onward

ALL = (PUBLIC, PARTNER, COMPETITOR)
MOST = 200
"""Things at once; a page of a list has fifty."""


@route("comment/", act="comment", shows=ALL, methods=("POST",))
def comment(request: Request) -> HttpResponse:
    """Puts a remark on what is named or ticked; asks for the words where there are none yet."""
    abouts = request.POST.getlist("about")[:MOST]
    if "words" not in request.POST:
        return _form(request, "comment", abouts)
    words, mentions = request.POST["words"], _numbers(request, "mention")
    for_all = request.POST.get("for_all") == "yes"
    untold: set[str] = set()

    def say(about: str) -> None:
        said = together.comment(request.actor, about, words, mentions, for_all=for_all)
        untold.update(one.name for one in said.untold)

    outcomes = _each(request, abouts, say)
    if untold:
        names = ", ".join(sorted(untold))
        messages.warning(request, phrase("wb.together.untold", request.LANGUAGE_CODE, names=names))
    return _report(request, "wb.together.commented", outcomes)


@route("assign/", act="assign", shows=ALL, methods=("POST",))
def assign(request: Request) -> HttpResponse:
    """Makes what is named or ticked somebody's task; asks whose where nobody is named yet."""
    abouts = request.POST.getlist("about")[:MOST]
    if "to" not in request.POST:
        return _form(request, "assign", abouts)
    to, due = next(iter(_numbers(request, "to")), 0), day(request.POST.get("due", ""))
    held = request.POST.get("held") if len(abouts) == 1 else None
    outcomes = _each(request, abouts, lambda about: together.assign(request.actor, about, to, due, held))
    return _report(request, "wb.together.assigned", outcomes)


@route("task/<int:number>/", act="see", shows=ALL, methods=("POST",))
def task(request: Request, number: int) -> HttpResponse:
    """A task of one's own, or one that one gave: done, to wait until a day, or awake again."""
    wanted = request.POST.get("act", "")
    if wanted == "end":
        together.end(request.actor, number)
    elif wanted == "wake":
        together.snooze(request.actor, number, None)
    elif wanted == "snooze" and (until := day(request.POST.get("until", ""))):
        together.snooze(request.actor, number, until)
    else:
        return HttpResponseBadRequest()
    return redirect(onward(request))


def day(text: str) -> date | None:
    """A day of a form; None for none, and for what is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _numbers(request: Request, name: str) -> list[int]:
    return [int(text) for text in request.POST.getlist(name) if text.isascii() and text.isdigit() and len(text) < 16]


def _each(request: Request, abouts: list[str], act: Callable[[str], Any]) -> list[together.Outcome]:
    """Each on its own; of one alone a refusal is the answer itself."""
    if len(abouts) == 1:
        if things.one(request.actor, abouts[0]) is None:
            raise Absent
        act(abouts[0])
        return []
    return together.each(request.actor, abouts, act)


def _form(request: Request, kind: str, abouts: list[str]) -> HttpResponse:
    found = things.of(request.actor, abouts)
    said = {"kind": kind, "things": list(dict.fromkeys(found.values())), "abouts": abouts,
            "unseen": len(set(abouts)) - len(found), "members": together.members(request.actor),
            "next": onward(request)}  # fmt: skip
    return render(request, "workbench/together_many.html", said)


def _report(request: Request, message: str, outcomes: list[together.Outcome]) -> HttpResponse:
    """Back to where one came from; where some were not done, which and why."""
    spoken = request.LANGUAGE_CODE
    done = sum(one.done for one in outcomes)
    if all(one.done for one in outcomes):
        messages.success(request, phrase(message, spoken, count=done or 1))
        return redirect(onward(request))
    lines = [(one, _why(one.refusal, spoken)) for one in outcomes if not one.done]
    said = {"title": phrase(message, spoken, count=done), "failed": lines, "next": onward(request),
            "done": [one for one in outcomes if one.done]}  # fmt: skip
    return render(request, "workbench/together_done.html", said)


def _why(wrong: Refusal | None, language: str) -> str:
    return refusal(wrong, language) if wrong else phrase("wb.together.unseen", language)
