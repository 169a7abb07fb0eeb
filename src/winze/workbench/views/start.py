"""The first visit: the demo's link and its steps, and the founding of an organisation in an empty home."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from winze.engine.problems import Refusal
from winze.engine.texts import refusal
from winze.workbench.middleware import COOKIE
from winze.workbench.routes import PUBLIC, ROUTES, Request, route
from winze.workbench.store import Absent, first, visit

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@route("start/<str:secret>/", act="anybody", shows=(PUBLIC,))
def start(request: Request, secret: str) -> HttpResponse:
    """Signs in the demo's analyst, once."""
    if request.method == "HEAD":
        raise Absent
    try:
        analyst = visit.start(secret)
    except Absent:
        return render(request, "workbench/started.html", status=404)
    login(request, analyst, backend=BACKEND)
    request.session["organisation"] = "great-lakes"
    return redirect("home")


@route("visit/<slug:key>/", act="see", shows=(PUBLIC,), methods=("GET", "POST"))
def visited(request: Request, key: str) -> HttpResponse:
    """One step of the visit: remembered, then shown."""
    to = visit.see(request.actor, key)
    if key == "language":
        response = redirect("home")
        if request.method == "POST":
            response.set_cookie(COOKIE, "zh-hans", max_age=365 * 86400, samesite="Lax", httponly=True)
        return response
    if to not in ROUTES:
        raise Absent
    return redirect(reverse(to, args=[1]) if to == "risk" else reverse(to))


@route("visit-end/", act="see", shows=(PUBLIC,), methods=("POST",))
def visit_end(request: Request) -> HttpResponse:
    visit.end(request.actor)
    return redirect("home")


@route("first/<str:secret>/", act="anybody", shows=(PUBLIC,), methods=("GET", "POST"), name="first")
def found_first(request: Request, secret: str) -> HttpResponse:
    """Founds the organisation of an empty home and leads to the invitation of its first administrator."""
    first.check(secret)
    given = {name: request.POST.get(name, "") for name in ("organisation", "name", "email")}
    wrong = None
    if request.method == "POST":
        try:
            letter = first.found(secret, given["organisation"], given["name"], given["email"])
        except Refusal as refused:
            wrong = refusal(refused, request.LANGUAGE_CODE)
        else:
            return redirect(f"/invitation/{letter}/")
    return render(request, "workbench/first.html", {**given, "wrong": wrong}, status=400 if wrong else 200)
