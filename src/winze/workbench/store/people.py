"""People: organisations, memberships, and who acts."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import transaction

from winze.engine.disclosure import ROLES
from winze.workbench.access import Actor
from winze.workbench.models import Invitation, Membership, Notice, Organisation, User
from winze.workbench.store import journal


def actor(user: User, organisation: str | None, language: str) -> Actor | None:
    """Somebody at a page: for the organisation they chose, else their first. None for somebody who belongs to none."""
    standing = list(
        Membership.objects.filter(user=user, until=None)
        .order_by("id")
        .values_list("organisation__key", "organisation", "role")
    )
    if not standing:
        return None
    key = organisation if any(key == organisation for key, _, _ in standing) else standing[0][0]
    number = next(number for found, number, _ in standing if found == key)
    roles = frozenset(role for found, _, role in standing if found == key)
    return Actor(user.pk, number, roles, language)


def organisations_of(user: User) -> list[Organisation]:
    """Where somebody has a role, in the order they came."""
    return list(Organisation.objects.filter(memberships__user=user, memberships__until=None).distinct().order_by("id"))


@transaction.atomic
def found(key: str, name: str) -> Organisation:
    """A new organisation with an empty register."""
    made = Organisation.objects.create(
        key=key, name=name, created_at=datetime.now(UTC), code_key=secrets.token_bytes(32)
    )
    journal.record(None, "organisation.founded", f"organisation:{key}", after={"key": key, "name": name},
                   organisation=made.pk)  # fmt: skip
    return made


@transaction.atomic
def join(organisation: Organisation, user: User, roles: Iterable[str], by: Actor | None) -> None:
    """Gives a person roles in an organisation."""
    given = sorted(set(roles))
    assert set(given) <= set(ROLES), given
    before = sorted(
        Membership.objects.filter(organisation=organisation, user=user, until=None).values_list("role", flat=True)
    )
    now = datetime.now(UTC)
    for role in given:
        if role not in before:
            Membership.objects.create(organisation=organisation, user=user, role=role, since=now)
    journal.record(by, "member.joined", f"user:{user.pk}", before={"roles": before},
                   after={"roles": sorted({*before, *given})}, organisation=organisation.pk)  # fmt: skip


def acting(user: int, organisation: int, language: str = "en") -> Actor | None:
    """Somebody for whom a job acts; None once they have no role any more."""
    roles = Membership.objects.filter(user=user, organisation=organisation, until=None).values_list("role", flat=True)
    return Actor(user, organisation, frozenset(roles), language) if roles else None


def organisation(actor: Actor) -> Organisation:
    return Organisation.objects.get(pk=actor.organisation)


def unread(actor: Actor) -> int:
    """How many notices wait for this person."""
    return Notice.objects.filter(user=actor.user, organisation=actor.organisation, read_at=None).count()


@transaction.atomic
def first(key: str, name: str, email: str, called: str, roles: Iterable[str] = ("administrator", "analyst")) -> str:
    """Founds an organisation and writes the invitation of its first administrator. Gives the secret of the link."""
    of, secret, now = found(key, name), secrets.token_urlsafe(32), datetime.now(UTC)
    user = User.objects.create_user(email, None, name=called)
    letter = Invitation.objects.create(
        organisation=of, email=email.lower(), name=called, roles=sorted(roles),
        token=hashlib.sha256(secret.encode()).hexdigest(), by=user, at=now, expires_at=now + timedelta(days=7),
    )  # fmt: skip
    journal.record(None, "member.invited", f"invitation:{letter.pk}", after={"roles": sorted(roles)},
                   organisation=of.pk)  # fmt: skip
    return secret
