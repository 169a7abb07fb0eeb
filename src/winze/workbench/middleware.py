"""What every request passes through: health without a database session, language, the actor, and problems in words."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers

from winze.engine.problems import Refusal
from winze.engine.texts import LANGUAGES, refusal, say

type Answer = Callable[[HttpRequest], HttpResponse]
COOKIE = "winze-language"


def health(answer: Answer) -> Answer:
    """`/healthz` says that the process answers; `/readyz` that it can work, and whether the worker lives (see
    `store.health`): pages are served without it too."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return HttpResponse("ok\n", content_type="text/plain")
        if request.path == "/readyz":
            from winze.workbench.store import health

            wrong = health.unready()
            lines = [*(wrong or ["ok"]), *health.worker()]
            return HttpResponse("\n".join(lines) + "\n", "text/plain", status=503 if wrong else 200)
        return answer(request)

    return middleware


def language(answer: Answer) -> Answer:
    """The language a person chose, else the first of the browser's that we have."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = chosen_language(request)
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = answer(request)
            response.headers.setdefault("Content-Language", chosen)
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
            return response

    return middleware


def private(answer: Answer) -> Answer:
    """What may show more than public data is kept by no cache, shared or of the browser."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if not _public(request):
            response.headers["Cache-Control"] = "no-store"
        return response

    return middleware


def _public(request: HttpRequest) -> bool:
    """Whether an address shows public data alone to somebody who is not signed in."""
    from winze.engine.records import DataClass

    declared = getattr(getattr(request.resolver_match, "func", None), "route", None)
    shows = declared.shows if declared else None
    return shows is not None and shows <= {DataClass.PUBLIC} and getattr(request, "actor", None) is None


def chosen_language(request: HttpRequest) -> str:
    kept = request.COOKIES.get(COOKIE, "")
    if kept in LANGUAGES:
        return kept
    for part in request.headers.get("Accept-Language", "").split(","):
        tag = part.split(";")[0].strip().lower()
        known = "zh-hans" if tag.startswith("zh") else tag.split("-")[0]
        if known in LANGUAGES:
            return known
    return "en"


def actor(answer: Answer) -> Answer:
    """Who acts, for which organisation: `request.actor`, None for somebody without one, and for somebody who has to set
    up a second factor first (`request.owes`)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        from winze.workbench.store import people

        found = None
        if request.user.is_authenticated:
            found = people.actor(request.user, request.session.get("organisation"), request.LANGUAGE_CODE)
        request.owes = found is not None and people.owes(found)  # type: ignore[attr-defined]
        request.actor = None if request.owes else found  # type: ignore[attr-defined]
        return answer(request)

    return middleware


class problems:
    """An act that a rule refuses, a stale form and a row that is gone, each as a page with a sentence."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_exception(self, request: HttpRequest, wrong: Exception) -> HttpResponse | None:
        from winze.workbench.lists import BadAddress
        from winze.workbench.store import Absent, Stale

        spoken = request.LANGUAGE_CODE
        if isinstance(wrong, Refusal):
            said = {"sentence": refusal(wrong, spoken), "rule": wrong.rule}
            return render(request, "workbench/refused.html", said, status=409)
        if isinstance(wrong, BadAddress):
            said = {"sentence": say("wb.refused.address", spoken, name=wrong.name)}
            return render(request, "workbench/refused.html", said, status=400)
        if isinstance(wrong, Absent):
            return render(request, "workbench/missing.html", status=404)
        if isinstance(wrong, Stale):
            return render(request, "workbench/refused.html", {"sentence": say("wb.refused.stale", spoken)}, status=409)
        return None
