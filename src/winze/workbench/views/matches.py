"""Which of these are one and the same? The queue of pairs, one pair side by side, and what was judged."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from winze.engine.problems import Refusal
from winze.engine.texts import refusal, say
from winze.formats.wording import phrase
from winze.workbench import import_words
from winze.workbench.routes import COMPETITOR, PARTNER, PERSONAL, PUBLIC, Request, route
from winze.workbench.store import Absent, imports, matches
from winze.workbench.tables.matches import MATCHES, sentence
from winze.workbench.views import shown
from winze.workbench.views.home import onward

SHOWS = (PUBLIC, PARTNER, COMPETITOR, PERSONAL)


@route("matches/", name="matches", act="see-chain", shows=SHOWS)
def matches_(request: Request) -> HttpResponse:
    told = [refusal(one, request.LANGUAGE_CODE) for one in matches.conflicts(request.actor)]
    return shown.page(request, MATCHES, "workbench/matches.html", conflicts=told, next=matches.next_(request.actor))


@route("matches/<int:number>/", name="match", act="see-chain", shows=SHOWS)
def match(request: Request, number: int) -> HttpResponse:
    return _pair(request, matches.one(request.actor, number))


def _pair(request: Request, row: Any, wrong: str = "", status: int = 200) -> HttpResponse:
    language = request.LANGUAGE_CODE
    both = matches.sides(request.actor, row)
    number_of = imports.numbers(request.actor, {s.origin.input for side in both for s in side.told})
    parts = [import_words.part(one, language) for one in row.parts]
    said = sentence(row)
    page = {
        "row": row, "sides": [import_words.side(one, number_of, language) for one in both], "parts": parts,
        "most": max((abs(part["contribution"] or 0) for part in parts), default=0), "wrong": wrong,
        "sentence": said(language) if callable(said) else phrase(said[1:], language),
        "asked": request.POST if request.method == "POST" else {}, "following": matches.next_(request.actor, row),
    }  # fmt: skip
    return render(request, "workbench/match.html", page, status=status)


def _version(request: Request) -> int:
    text = request.POST.get("version_number", "")
    return int(text) if text.isdigit() else -1


@route(
    "matches/<int:number>/judge/", name="match-judge", act="see-chain", shows=SHOWS, methods=("POST",), posts="judge"
)
def judge(request: Request, number: int) -> HttpResponse:
    """A person's word on a pair; then the next pair comes."""
    verdict, row = request.POST.get("verdict", ""), matches.one(request.actor, number)
    if verdict not in matches.VERDICTS:
        raise Absent
    try:
        matches.judge(request.actor, number, verdict, request.POST.get("reason", ""), version=_version(request))
    except Refusal as refused:
        return _pair(request, row, refusal(refused, request.LANGUAGE_CODE), 409)
    messages.success(request, say(f"wb.match.done.{verdict}", request.LANGUAGE_CODE))
    following = matches.next_(request.actor, row)
    return redirect("match", following.pk) if following else redirect("matches")


@route("matches/<int:number>/withdraw/", name="match-withdraw", act="see-chain", shows=SHOWS, methods=("POST",),
       posts="judge")  # fmt: skip
def withdraw(request: Request, number: int) -> HttpResponse:
    """A judgement taken back: what it joined or kept apart is as it was before."""
    row = matches.one(request.actor, number)
    try:
        matches.withdraw(request.actor, number, request.POST.get("reason", ""), version=_version(request))
    except Refusal as refused:
        return _pair(request, row, refusal(refused, request.LANGUAGE_CODE), 409)
    messages.success(request, say("wb.match.done.withdrawn", request.LANGUAGE_CODE))
    return redirect(f"{reverse('matches')}?state=judged")


@route("matches/split/", name="match-split", act="see-chain", methods=("POST",), posts="judge")
def split(request: Request) -> HttpResponse:
    """One subject taken out of those judged to be one with it."""
    count = matches.split(request.actor, request.POST.get("subject", ""), request.POST.get("reason", ""))
    messages.success(request, phrase("wb.match.done.split", request.LANGUAGE_CODE, count=count))
    return redirect(onward(request, reverse("matches")))


@route("matches/not-same/", name="match-batch", act="see-chain", shows=SHOWS, methods=("POST",), posts="judge")
def batch(request: Request) -> HttpResponse:
    """The ticked pairs judged not to be the same, with one reason and a result for each."""
    ticked = [int(one) for one in request.POST.getlist("about") if one.isdigit()][:200]
    language, reason = request.LANGUAGE_CODE, request.POST.get("reason", "")
    rows = {row.pk: row for row in matches.of(request.actor).filter(pk__in=ticked)}
    called = {number: _called(rows[number], language) for number in ticked if number in rows}
    if "reason" not in request.POST or not reason.strip() or not called:
        page = {"pairs": called, "next": onward(request, reverse("matches")), "unreasoned": "reason" in request.POST}
        return render(request, "workbench/match_batch.html", page)
    results = [
        (called.get(number, ""), _outcome(wrong, language), wrong is None)
        for number, wrong in matches.judge_each(request.actor, list(called), "not-same", reason)
    ]
    return render(
        request, "workbench/match_batch.html", {"results": results, "next": onward(request, reverse("matches"))}
    )


def _called(row: Any, language: str) -> str:
    said = sentence(row)
    return said(language) if callable(said) else phrase(said[1:], language)


def _outcome(wrong: Exception | None, language: str) -> str:
    if wrong is None:
        return say("wb.match.done.not-same", language)
    if isinstance(wrong, Refusal):
        return refusal(wrong, language)
    return say("wb.missing.title" if isinstance(wrong, Absent) else "wb.refused.stale", language)
