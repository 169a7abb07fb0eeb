"""Who works here and in which roles, invitations, and helping somebody back in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from winze.engine.disclosure import ROLES
from winze.engine.problems import Refusal
from winze.engine.texts import refusal
from winze.formats.wording import phrase
from winze.workbench import accounts, presenters
from winze.workbench.routes import PARTNER, PERSONAL, PUBLIC, Request, route
from winze.workbench.store import Absent, people
from winze.workbench.tables.people import INVITATIONS, MEMBERS
from winze.workbench.views import shown
from winze.workbench.views.home import onward

SEEN = (PUBLIC, PARTNER, PERSONAL)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
DEMANDABLE = ("approver", "administrator", "custodian")
"""The roles of which an organisation may demand a second factor."""


def me(request: Request) -> Any:
    """The person who asks, at a page that only somebody signed in reaches."""
    return request.user


def each(request: Request, do: Callable[[int], Any]) -> list[Any]:
    """Does an act for every row that was ticked. What a rule refuses is said for that row; the others are done."""
    given = []
    for text in request.POST.getlist("about"):
        if not text.isdigit():
            raise Absent
        try:
            given.append(do(int(text)))
        except Refusal as wrong:
            messages.error(request, refusal(wrong, request.LANGUAGE_CODE))
    return given


# -- members ---------------------------------------------------------------------------------------------------------


@route("people/", act="see", shows=MEMBERS.shows, name="people")
def members(request: Request) -> HttpResponse:
    demanded = people.organisation(request.actor).second_factor
    demands = [(role, role in demanded) for role in DEMANDABLE]
    return shown.page(request, MEMBERS, "workbench/people.html", demands=demands, named=request.actor.sees(PERSONAL))


@route("people/end/", act="people", methods=("POST",))
def end_roles(request: Request) -> HttpResponse:
    each(request, lambda number: people.end(request.actor, number))
    return redirect(onward(request, reverse("people")))


@route("people/second-factor/", act="people", methods=("POST",))
def demand_second_factor(request: Request) -> HttpResponse:
    people.demand(request.actor, set(request.POST.getlist("role")) & set(DEMANDABLE))
    return redirect("people")


@route("people/<int:user>/", act="see", shows=SEEN)
def person(request: Request, user: int) -> HttpResponse:
    actor = request.actor
    one, roles = people.member(actor, user), people.history(actor, user)
    held = {role.role for role in roles if role.until is None}
    more = {
        "person": one if actor.sees(PERSONAL) or user == actor.user else None,
        "number": user,
        "roles": roles,
        "held": held,
        "left": not held,
        "offered": [role for role in ROLES if role not in held],
        "factor": people.has_second_factor(user),
    }
    return render(request, "workbench/person.html", more)


@route("people/<int:user>/give/", act="people", methods=("POST",))
def give_role(request: Request, user: int) -> HttpResponse:
    people.give(request.actor, user, request.POST.get("role", ""))
    return redirect("person", user)


@route("people/<int:user>/help/", act="people", shows=SEEN, methods=("POST",))
def help_in(request: Request, user: int) -> HttpResponse:
    """A link to a new password, or the second factor taken away."""
    verb = "second-factor-removed" if "factor" in request.POST else "reset-link"
    one = people.help_in(request.actor, user, verb)
    accounts.write(one.email, one.language, f"wb.mail.{verb}")
    if verb == "second-factor-removed":
        return redirect("person", user)
    return _links(request, "wb.link.reset", [(one.name, one.email, accounts.reset_path(one), False)])


# -- invitations -----------------------------------------------------------------------------------------------------


@route("people/invitations/", act="people", shows=INVITATIONS.shows)
def invitations(request: Request) -> HttpResponse:
    return shown.page(request, INVITATIONS, "workbench/invitations.html")


@route("people/invite/", act="people", shows=SEEN, methods=("GET", "POST"))
def invite(request: Request) -> HttpResponse:
    """Writes an invitation; the link is shown once, and goes by mail too where a mail server is set up."""
    said: dict[str, Any] = {"roles": tuple(ROLES), "email": "", "name": "", "ticked": ()}
    if request.method == "POST":
        email, name = request.POST.get("email", "").strip(), request.POST.get("name", "").strip()
        ticked = [role for role in request.POST.getlist("role") if role in ROLES]
        said |= {"email": email, "name": name, "ticked": ticked}
        wrong = _wrong(email, name, ticked)
        if not wrong:
            letter, secret = people.invite(request.actor, email, name[:200], ticked)
            return _links(request, "wb.link.invitation", [_posted(request, letter, secret)])
        said["wrong"] = wrong
    return render(request, "workbench/invite.html", said, status=400 if said.get("wrong") else 200)


def _wrong(email: str, name: str, roles: list[str]) -> dict[str, str]:
    found = {} if name else {"name": "wb.wrong.name"}
    try:
        validate_email(email)
    except ValidationError:
        found["email"] = "wb.wrong.email"
    return found if roles else {**found, "role": "wb.refused.no-role"}


def _posted(request: Request, letter: Any, secret: str) -> tuple[str, str, str, bool]:
    path = reverse("invitation", args=[secret])
    sent = accounts.write(letter.email, request.LANGUAGE_CODE, "wb.mail.invitation",
                          organisation=letter.organisation.name, link=request.build_absolute_uri(path))  # fmt: skip
    return letter.name, letter.email, path, sent


def _links(request: Request, title: str, links: list[tuple[str, str, str, bool]]) -> HttpResponse:
    """Links that are shown once: to hand over, never kept."""
    made = [(name, email, request.build_absolute_uri(path), sent) for name, email, path, sent in links]
    response = render(request, "workbench/links.html", {"title": title, "links": made})
    response.headers["Cache-Control"] = "no-store"
    return response


@route("people/invitations/again/", act="people", shows=SEEN, methods=("POST",))
def invite_again(request: Request) -> HttpResponse:
    made = each(request, lambda number: people.again(request.actor, number))
    if not made:
        return redirect("invitations")
    return _links(request, "wb.link.invitation", [_posted(request, letter, secret) for letter, secret in made])


@route("people/invitations/revoke/", act="people", methods=("POST",))
def revoke_invitations(request: Request) -> HttpResponse:
    each(request, lambda number: people.revoke(request.actor, number))
    return redirect(onward(request, reverse("invitations")))


@route("invitation/<str:secret>/", act="anybody", shows=SEEN, methods=("GET", "POST"))
def invitation(request: Request, secret: str) -> HttpResponse:
    """Where a link leads: a password for somebody new, a word for somebody who is signed in already."""
    letter = people.opened(secret)
    if letter is None:
        return render(request, "workbench/invitation_gone.html", status=404)
    mine = request.user.is_authenticated and request.user.email == letter.email
    roles = presenters.said([f"@wb.role.{role}" for role in letter.roles], request.LANGUAGE_CODE)
    said = {"letter": letter, "mine": mine, "name": letter.name, "roles": roles}
    if request.method == "POST" and mine:
        people.accept(secret, me(request))
        request.session["organisation"] = letter.organisation.key
        return redirect("home")
    if request.method == "POST" and not request.user.is_authenticated:
        name, password = request.POST.get("name", "").strip()[:200], request.POST.get("password", "")
        said |= {"name": name, "wrong": _unfit(password, name, letter.email)}
        if not name:
            said["wrong_name"] = phrase("wb.wrong.name", request.LANGUAGE_CODE)
        if not said["wrong"] and name:
            user = people.accept(secret, None, name, password, request.LANGUAGE_CODE)
            login(request, user, backend=BACKEND)
            return redirect("home")
    response = render(request, "workbench/invitation.html", said, status=400 if said.get("wrong") else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _unfit(password: str, name: str, email: str) -> list[str]:
    """What is wrong with a password, by the rules of the settings, in the page's language."""
    try:
        validate_password(password, people.nobody(name, email))
    except ValidationError as wrong:
        return list(wrong.messages)
    return []
