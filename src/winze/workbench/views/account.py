"""A person's own account: name and language, organisations, sessions, keys to the API, and what they were told."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from winze.engine.texts import LANGUAGES
from winze.formats.wording import phrase
from winze.workbench.middleware import COOKIE
from winze.workbench.routes import PARTNER, PERSONAL, PUBLIC, Request, route
from winze.workbench.store import Absent, people, tokens
from winze.workbench.tables.people import NOTICES, TOKENS
from winze.workbench.views import shown
from winze.workbench.views.home import onward
from winze.workbench.views.people import each, me

SEEN = (PUBLIC, PARTNER, PERSONAL)


@route("account/", act="signed-in", shows=SEEN, methods=("GET", "POST"))
def account(request: Request) -> HttpResponse:
    """Name and language, password, second factor, organisations, and where one is signed in."""
    user = me(request)
    if request.method == "POST":
        name, language = request.POST.get("name", "").strip()[:200], request.POST.get("language", "")
        if not name or language not in LANGUAGES:
            return render(request, "workbench/account.html", _account(request, wrong=True), status=400)
        people.describe(user, name, language)
        response = redirect("account")
        response.set_cookie(COOKIE, language, max_age=365 * 86400, samesite="Lax", httponly=True)
        return response
    return render(request, "workbench/account.html", _account(request))


def _account(request: Request, wrong: bool = False) -> dict[str, object]:
    user = me(request)
    return {
        "wrong": wrong,
        "mine": people.organisations_of(user),
        "sessions": people.sessions(user, request.session.session_key),
        "factor": people.has_second_factor(user.pk),
        "demanded": people.demanded_of(user.pk),
    }


@route("account/organisation/", act="signed-in", methods=("POST",))
def choose_organisation(request: Request) -> HttpResponse:
    """For which organisation somebody acts in this session."""
    key = request.POST.get("organisation", "")
    if key not in [one.key for one in people.organisations_of(me(request))]:
        raise Absent
    request.session["organisation"] = key
    return redirect("home")


@route("account/sessions/end/", act="signed-in", methods=("POST",))
def end_sessions(request: Request) -> HttpResponse:
    """Ends one session, or all but this one."""
    people.end_sessions(me(request), request.session.session_key, request.POST.get("session") or None)
    return redirect("account")


# -- keys to the API -------------------------------------------------------------------------------------------------


@route("account/tokens/", act="token", shows=TOKENS.shows)
def tokens_(request: Request) -> HttpResponse:
    return shown.page(request, TOKENS, "workbench/tokens.html")


@route("account/tokens/new/", act="token", shows=SEEN, methods=("GET", "POST"))
def new_token(request: Request) -> HttpResponse:
    """Makes a token; its secret is shown once."""
    said: dict[str, object] = {
        "scopes": [act for act in tokens.SCOPES if request.actor.may(act)],
        "longest": tokens.LONGEST,
        "ticked": request.POST.getlist("scope") or ["see"],
        "name": request.POST.get("name", "").strip(),
        "days": request.POST.get("days") or "90",
    }
    if request.method == "POST" and said["name"]:
        days = int(request.POST["days"]) if request.POST.get("days", "").isdecimal() else 0
        said["token"], said["secret"] = tokens.make(
            request.actor, str(said["name"]), request.POST.getlist("scope"), days
        )
    elif request.method == "POST":
        said["wrong"] = phrase("wb.wrong.name", request.LANGUAGE_CODE)
    response = render(request, "workbench/token.html", said, status=400 if "wrong" in said else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


@route("account/tokens/revoke/", act="token", methods=("POST",))
def revoke_tokens(request: Request) -> HttpResponse:
    each(request, lambda number: tokens.revoke(request.actor, number))
    return redirect(onward(request, reverse("tokens")))


# -- notices ---------------------------------------------------------------------------------------------------------


@route("notices/", act="see", shows=NOTICES.shows)
def notices(request: Request) -> HttpResponse:
    return shown.page(request, NOTICES, "workbench/notices.html")


@route("notices/read/", act="see", methods=("POST",))
def read_notices(request: Request) -> HttpResponse:
    """Marks as read what was ticked, or all."""
    ticked = request.POST.getlist("about")
    if not all(text.isdigit() for text in ticked):
        raise Absent
    people.read(request.actor, None if "all" in request.POST else [int(text) for text in ticked])
    return redirect(onward(request, reverse("notices")))
