"""Every page of the workbench declared once: its address, the act it needs, and the data classes it may show.

`urls` is built from this list, and so is the access matrix of docs/reference/access.md; an address that is not in it
does not exist, and a test holds that so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

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
    htmx: Any


@dataclass(frozen=True)
class Route:
    """One address. `act` is a key of `access.ACTS`, `signed-in` (any account) or `anybody`. `shows` are the classes that
    may stand on the page for somebody whose roles see them. `posts` is the act that a POST needs, where it differs."""

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
        return redirect(f"/accounts/login/?next={request.path}")
    if act == "signed-in":
        return None
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        return render(request, "workbench/nowhere.html", status=403)
    sentence = refused(actor, act)
    return render(request, "workbench/refused.html", {"sentence": sentence}, status=403) if sentence else None
