"""Every page of the workbench declared once: its address, the act it needs, and the data classes it may show.

`urls` is built from this list, and so is the access matrix of docs/reference/access.md; an address that is not in it
does not exist, and a test holds that so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from winze.engine.records import DataClass
from winze.workbench.access import ACTS, Actor, refused

PUBLIC, PARTNER, COMPETITOR = DataClass.PUBLIC, DataClass.PARTNER, DataClass.COMPETITOR
MOVEMENT, PERSONAL, SEALED = DataClass.MOVEMENT, DataClass.PERSONAL, DataClass.SEALED

type View = Callable[..., HttpResponse | FileResponse]


class Request(HttpRequest):
    """A request by somebody of an organisation: `actor` is set by the middleware."""

    actor: Actor
    owes: bool  # a second factor, which the organisation demands of one of their roles, before anything else
    htmx: Any


@dataclass(frozen=True)
class Route:
    """One address. `act` is a key of `access.ACTS`, `signed-in` (any account) or `anybody`. `shows` are the classes
    that may stand on the page for somebody whose roles see them. `posts` is the act a POST needs, where it differs."""

    path: str
    name: str
    view: View
    act: str
    shows: frozenset[DataClass]
    methods: tuple[str, ...] = ("GET",)
    posts: str | None = None

    def needs(self, method: str) -> str:
        return self.posts if self.posts and method not in ("GET", "HEAD") else self.act


ROUTES: dict[str, Route] = {}
FOREIGN: Mapping[str, str] = {
    "account_login": "anybody",
    "account_logout": "anybody",
    "account_inactive": "anybody",
    "account_reset_password": "anybody",
    "account_reset_password_done": "anybody",
    "account_reset_password_from_key": "anybody",
    "account_reset_password_from_key_done": "anybody",
    "account_change_password": "signed-in",
    "account_set_password": "signed-in",
    "account_reauthenticate": "signed-in",
    "mfa_authenticate": "anybody",  # between the password and the session
    "mfa_reauthenticate": "signed-in",
    "mfa_index": "signed-in",
    "mfa_activate_totp": "signed-in",
    "mfa_deactivate_totp": "signed-in",
    "mfa_view_recovery_codes": "signed-in",
    "mfa_generate_recovery_codes": "signed-in",
    "api:api-root": "anybody",
    "openid_connect_login": "anybody",
    "openid_connect_callback": "anybody",
    "socialaccount_login_cancelled": "anybody",
    "socialaccount_login_error": "anybody",
}
"""Addresses of libraries that we use, by their name: they show nothing of the register. What is neither here nor in
`ROUTES` nor declared by the API has no address."""


def route(
    path: str,
    *,
    act: str,
    shows: Iterable[DataClass] = (PUBLIC, PARTNER),
    name: str | None = None,
    methods: tuple[str, ...] = ("GET",),
    posts: str | None = None,
) -> Callable[[View], View]:
    """Declares a page. Whoever may not is told so with the rule's sentence (403); what belongs to another organisation
    is not there (404); a method that is not declared is refused (405)."""
    for needed in filter(None, (act, posts)):
        assert needed in ACTS or needed in ("anybody", "signed-in"), needed

    def declare(view: View) -> View:
        label = name or view.__name__.rstrip("_")
        assert label not in ROUTES, f"two routes are called {label}"

        @wraps(view)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse | FileResponse:
            if request.method not in (*methods, "HEAD"):
                return HttpResponseNotAllowed(methods)
            return _stopped(request, declared.needs(request.method)) or view(request, *args, **kwargs)

        declared = ROUTES[label] = Route(path, label, guarded, act, frozenset(shows), methods, posts)
        guarded.route = declared  # type: ignore[attr-defined]
        return guarded

    return declare


def _stopped(request: Request, act: str) -> HttpResponse | None:
    """The answer to somebody who may not; None where they may."""
    if act == "anybody":
        return None
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
    if getattr(request, "owes", False):
        return redirect("mfa_activate_totp")
    if act == "signed-in":
        return None
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        return render(request, "workbench/nowhere.html", status=403)
    sentence = refused(actor, act)
    return render(request, "workbench/refused.html", {"sentence": sentence}, status=403) if sentence else None
