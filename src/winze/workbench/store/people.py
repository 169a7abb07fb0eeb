"""People: organisations, roles, invitations, sessions, the second factor, and who acts."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q, QuerySet

from winze.engine.disclosure import ROLES
from winze.engine.records import DataClass
from winze.engine.texts import refuse
from winze.workbench.access import Actor
from winze.workbench.models import Invitation, Membership, Notice, Organisation, Session, User
from winze.workbench.store import Absent, Stale, journal

INVITED_FOR = timedelta(days=14)
"""How long an invitation stands."""
SEEN = 30
"""Letters of the name under which a session is shown to its owner: never its key."""
FIRST_ROLES = ("administrator", "analyst")
"""What the first person of an organisation is: somebody has to invite the others, and to load the first file."""


# -- who acts --------------------------------------------------------------------------------------------------------


def actor(user: User, organisation: str | None, language: str) -> Actor | None:
    """Somebody at a page: for the organisation they chose, else their first. None for somebody who belongs to none."""
    standing = list(
        Membership.objects.filter(user=user, until=None)
        .order_by("id")
        .values_list("organisation__key", "organisation", "role", "organisation__second_factor")
    )
    if not standing:
        return None
    key = organisation if any(one[0] == organisation for one in standing) else standing[0][0]
    number, demanded = next((number, demanded) for found, number, _, demanded in standing if found == key)
    roles = frozenset(role for found, _, role, _ in standing if found == key)
    return Actor(user.pk, number, roles, language, demanded=bool(roles & set(demanded)))


def acting(user: int, organisation: int, language: str = "en") -> Actor | None:
    """Somebody for whom a job or a token acts; None once they have no role any more."""
    standing = Membership.objects.filter(user=user, organisation=organisation, until=None)
    found = list(standing.values_list("role", "organisation__second_factor"))
    if not found:
        return None
    roles = frozenset(role for role, _ in found)
    return Actor(user, organisation, roles, language, demanded=bool(roles & set(found[0][1])))


def owes(found: Actor) -> bool:
    """Whether somebody has to set up a second factor before anything else."""
    return found.demanded and not has_second_factor(found.user)


def has_second_factor(user: int) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def demanded_of(user: int) -> bool:
    """Whether any organisation demands a second factor of this person."""
    standing = Membership.objects.filter(user=user, until=None)
    return any(role in demanded for role, demanded in standing.values_list("role", "organisation__second_factor"))


def organisation(actor: Actor) -> Organisation:
    return Organisation.objects.get(pk=actor.organisation)


def organisations_of(user: User) -> list[Organisation]:
    """Where somebody has a role, in the order they came."""
    return list(Organisation.objects.filter(memberships__user=user, memberships__until=None).distinct().order_by("id"))


def called(actor: Actor, users: Iterable[int]) -> dict[int, str]:
    """The names of people by their number, for somebody whose roles see personal data; for others there are none but
    their own."""
    wanted = set(users) if actor.sees(DataClass.PERSONAL) else set(users) & {actor.user}
    return dict(User.objects.filter(pk__in=wanted).values_list("pk", "name"))


# -- organisations ---------------------------------------------------------------------------------------------------


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
def first(key: str, name: str, email: str, called: str, roles: Iterable[str] = FIRST_ROLES) -> str:
    """Founds an organisation, where there is none of that key, and writes the invitation of its first administrator.
    Gives the secret of the link, `/invitation/SECRET/`. Refused where somebody looks after the organisation already."""
    of = Organisation.objects.filter(key=key).first() or found(key, name)
    if Membership.objects.filter(organisation=of, role="administrator", until=None).exists():
        raise refuse("workbench/people", "wb.refused.has-administrator")
    return _write(of, None, email, called, roles)[1]


@transaction.atomic
def demand(actor: Actor, roles: Iterable[str]) -> None:
    """Sets the roles whose holders must have a second factor."""
    of = Organisation.objects.select_for_update().get(pk=actor.organisation)
    before, of.second_factor = of.second_factor, sorted(set(roles) & set(ROLES))
    of.save(update_fields=("second_factor",))
    journal.record(actor, "organisation.second-factor-demanded", f"organisation:{of.key}",
                   before={"second_factor": before}, after={"second_factor": of.second_factor})  # fmt: skip


# -- roles -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def join(organisation: Organisation, user: User, roles: Iterable[str], by: Actor | None) -> None:
    """Gives a person roles in an organisation."""
    given = sorted(set(roles))
    assert set(given) <= set(ROLES), given
    before = _roles(organisation.pk, user.pk)
    now = datetime.now(UTC)
    for role in given:
        if role not in before:
            Membership.objects.create(organisation=organisation, user=user, role=role, since=now)
    journal.record(by, "member.joined", f"user:{user.pk}", before={"roles": before},
                   after={"roles": sorted({*before, *given})}, organisation=organisation.pk)  # fmt: skip


@transaction.atomic
def give(actor: Actor, user: int, role: str) -> None:
    """Gives a member one more role. Nobody gives themself one, unless they are the only administrator."""
    if role not in ROLES:
        raise Absent
    person = member(actor, user)
    standing = _locked(actor).filter(until=None)
    if user == actor.user and standing.filter(role="administrator").exclude(user=user).exists():
        raise refuse("workbench/people", "wb.refused.own-role")
    before = _roles(actor.organisation, user)
    if role in before:
        raise Stale
    if not before and has_left(actor.organisation, user):
        raise refuse("workbench/people", "wb.refused.left")
    Membership.objects.create(organisation_id=actor.organisation, user=person, role=role, since=datetime.now(UTC))
    journal.record(actor, "role.given", f"user:{user}", before={"roles": before},
                   after={"roles": sorted([*before, role])})  # fmt: skip


@transaction.atomic
def end(actor: Actor, number: int) -> None:
    """Ends one role of one person; it stays as history. The last administrator stays one. What somebody wrote as an
    administrator and nobody took up yet ends with that role."""
    standing = _locked(actor)
    one = standing.filter(pk=number).first()
    if one is None:
        raise Absent
    if one.until is not None:
        raise Stale
    others = standing.filter(role="administrator", until=None).exclude(pk=number)
    if one.role == "administrator" and not others.exists():
        raise refuse("workbench/people", "wb.refused.last-administrator")
    before = _roles(actor.organisation, one.user_id)
    one.until = datetime.now(UTC)
    one.save(update_fields=("until",))
    after = [role for role in before if role != one.role]
    journal.record(actor, "role.ended", f"user:{one.user_id}", before={"roles": before}, after={"roles": after})
    if one.role == "administrator":
        for letter in _open(actor.organisation).filter(by=one.user_id):
            _revoke(actor, letter)


def _locked(actor: Actor) -> QuerySet[Membership]:
    """All memberships of the organisation, while nobody else changes one."""
    Organisation.objects.select_for_update().get(pk=actor.organisation)
    return Membership.objects.filter(organisation_id=actor.organisation)


def _roles(organisation: int, user: int) -> list[str]:
    standing = Membership.objects.filter(organisation=organisation, user=user, until=None)
    return sorted(standing.values_list("role", flat=True))


def has_left(organisation: int, user: int) -> bool:
    """Whether somebody was a member and is none any more: they come back by a new invitation."""
    of = Membership.objects.filter(organisation=organisation, user=user)
    return of.exists() and not of.filter(until=None).exists()


def member(actor: Actor, user: int) -> User:
    """Somebody who has or had a role in the actor's organisation. Raises Absent."""
    person = User.objects.filter(pk=user, memberships__organisation=actor.organisation).first()
    if person is None:
        raise Absent
    return person


def history(actor: Actor, user: int) -> list[Membership]:
    """The roles of one person in the actor's organisation, standing and ended, newest first."""
    return list(Membership.objects.filter(organisation=actor.organisation, user=user).order_by("-since", "-id"))


# -- invitations -----------------------------------------------------------------------------------------------------


@transaction.atomic
def invite(actor: Actor, email: str, name: str, roles: Iterable[str]) -> tuple[Invitation, str]:
    """Writes an invitation and gives the secret of its link, which nobody can show again."""
    email = User.objects.normalize_email(email).lower()
    if Membership.objects.filter(organisation=actor.organisation, user__email=email, until=None).exists():
        raise refuse("workbench/people", "wb.refused.member-already")
    for standing in _open(actor.organisation).filter(email=email):
        _revoke(actor, standing)
    return _write(organisation(actor), actor, email, name, roles)


def _write(of: Organisation, by: Actor | None, email: str, name: str, roles: Iterable[str]) -> tuple[Invitation, str]:
    given = sorted(set(roles))
    if not given or not set(given) <= set(ROLES):
        raise refuse("workbench/people", "wb.refused.no-role")
    secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
    letter = Invitation.objects.create(
        organisation=of, email=email.lower(), name=name, roles=given, token=_sealed(secret),
        by_id=by.user if by else None, at=now, expires_at=now + INVITED_FOR,
    )  # fmt: skip
    about = f"invitation:{letter.pk}"
    journal.record(by, "member.invited", about, organisation=of.pk,
                   after={"roles": given, "expires": letter.expires_at, "email": journal.commit(letter.email, about),
                          "name": journal.commit(name, about)})  # fmt: skip
    return letter, secret


def _sealed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _open(organisation: int | None = None) -> QuerySet[Invitation]:
    rows = Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=datetime.now(UTC))
    return rows if organisation is None else rows.filter(organisation=organisation)


def opened(secret: str) -> Invitation | None:
    """The invitation a link carries while it stands: not accepted, not revoked, not too old."""
    return _open().select_related("organisation").filter(token=_sealed(secret)).first()


@transaction.atomic
def revoke(actor: Actor, number: int) -> None:
    """Takes an invitation back: its link opens nothing any more."""
    _revoke(actor, _letter(actor, number))


def _letter(actor: Actor, number: int) -> Invitation:
    letter = Invitation.objects.select_for_update().filter(organisation=actor.organisation, pk=number).first()
    if letter is None:
        raise Absent
    if letter.accepted_at or letter.revoked_at:
        raise Stale
    return letter


def _revoke(actor: Actor, letter: Invitation) -> None:
    letter.revoked_at = datetime.now(UTC)
    letter.save(update_fields=("revoked_at",))
    journal.record(actor, "invitation.revoked", f"invitation:{letter.pk}")


@transaction.atomic
def again(actor: Actor, number: int) -> tuple[Invitation, str]:
    """A new link for an invitation, standing or too old; the link before it opens nothing any more."""
    letter = _letter(actor, number)
    secret = secrets.token_urlsafe(32)
    letter.token, letter.expires_at = _sealed(secret), datetime.now(UTC) + INVITED_FOR
    letter.save(update_fields=("token", "expires_at"))
    journal.record(actor, "invitation.renewed", f"invitation:{letter.pk}", after={"expires": letter.expires_at})
    return letter, secret


@transaction.atomic
def accept(secret: str, user: User | None, name: str = "", password: str | None = None, language: str = "en") -> User:
    """Takes up an invitation: with the account somebody is signed in to, or (`user` None) with a new one. Raises Absent
    where the link opens nothing or was written to another address; refused where the address has an account already."""
    letter = _open().select_for_update().filter(token=_sealed(secret)).first()
    if letter is None or (user is not None and user.email != letter.email):
        raise Absent
    return _accepted(letter, user, name, password, language)


@transaction.atomic
def accept_by_address(email: str, language: str = "en") -> User | None:
    """Takes up every invitation that stands for an address which somebody else vouched for. Gives the account, or None
    where there is neither an account nor an invitation."""
    user = User.objects.filter(email=email.lower()).first()
    for letter in _open().select_for_update().filter(email=email.lower()):
        user = _accepted(letter, user, letter.name, None, language)
    return user


def _accepted(letter: Invitation, user: User | None, name: str, password: str | None, language: str) -> User:
    if user is None:
        if User.objects.filter(email=letter.email).exists():
            raise refuse("workbench/people", "wb.refused.has-account")
        user = User.objects.create_user(letter.email, password, name=name or letter.name, language=language)
    letter.accepted_at = datetime.now(UTC)
    letter.save(update_fields=("accepted_at",))
    by = Actor(user.pk, letter.organisation_id, frozenset(letter.roles))
    journal.record(by, "invitation.accepted", f"invitation:{letter.pk}", after={"user": user.pk})
    join(letter.organisation, user, letter.roles, by)
    return user


def nobody(name: str, email: str) -> User:
    """Somebody who has no account yet, to hold a password against their name and address."""
    return User(name=name, email=email)


# -- accounts --------------------------------------------------------------------------------------------------------


def _everywhere(user: User) -> list[Actor]:
    """Somebody in each of their organisations: what they do with their account stands in the journal of each."""
    return [found for of in organisations_of(user) if (found := acting(user.pk, of.pk)) is not None]


@transaction.atomic
def set_password(user: User, password: str, keep: str | None = None) -> None:
    """A new password. Every session of the person ends but the one named."""
    user.set_password(password)
    user.save(update_fields=("password",))
    Session.objects.filter(user=user).exclude(session_key=keep or "").delete()
    tell(user, "password-changed")


@transaction.atomic
def bind(user: User) -> None:
    """From now on somebody signs in by their organisation's own provider: the password they had opens nothing more, and
    every session begun with it ends."""
    user.set_unusable_password()
    user.save(update_fields=("password",))
    Session.objects.filter(user=user).delete()
    tell(user, "provider-bound")


@transaction.atomic
def describe(user: User, name: str, language: str) -> None:
    """A person's own name and language."""
    person = f"user:{user.pk}"
    before, after = journal.commit(user.name, person), journal.commit(name, person)
    user.name, user.language = name, language
    user.save(update_fields=("name", "language"))
    for one in _everywhere(user):
        journal.record(one, "account.described", person, before={"name": before}, after={"name": after})


def tell(user: User, verb: str) -> None:
    """Something a person did with their own account, in the journal of each organisation. Runs inside the caller's
    transaction."""
    for one in _everywhere(user):
        journal.record(one, f"account.{verb}", f"user:{user.pk}")


@transaction.atomic
def help_in(actor: Actor, user: int, verb: str) -> User:
    """An administrator helps somebody back into their account, by a link to a new password (`reset-link`) or by taking
    the second factor away (`second-factor-removed`). The account opens every organisation of its owner: so this is
    refused where they work for one that the administrator does not look after. The person is told."""
    person = member(actor, user)
    theirs = Membership.objects.filter(user=person, until=None).values_list("organisation", flat=True)
    ours = Membership.objects.filter(user=actor.user, role="administrator", until=None)
    if set(theirs) - set(ours.values_list("organisation", flat=True)):
        raise refuse("workbench/people", "wb.refused.works-elsewhere")
    if verb == "second-factor-removed":
        Authenticator.objects.filter(user=person).delete()
    journal.record(actor, f"account.{verb}", f"user:{user}")
    Notice.objects.create(organisation_id=actor.organisation, user=person, text=f"wb.notice.{verb}", values={},
                          about=f"user:{user}", at=datetime.now(UTC))  # fmt: skip
    return person


@transaction.atomic
def recover(email: str) -> User | None:
    """Whose account it is, for whoever owns the machine and makes a link to a new password at its shell. The journal of
    each of their organisations says so. None where there is no such account."""
    person = User.objects.filter(email=email.lower()).first()
    for of in organisations_of(person) if person else []:
        journal.record(None, "account.reset-link", f"user:{person.pk}", organisation=of.pk)  # type: ignore[union-attr]
    return person


# -- sessions --------------------------------------------------------------------------------------------------------


def sessions(user: User, current: str | None) -> list[dict[str, Any]]:
    """Where somebody is signed in, newest first: since when, roughly on what, and which of them is this one."""
    return [
        {"id": _shown(one), "begun_at": one.begun_at, "device": one.device, "current": one.session_key == current}
        for one in _alive(user)
    ]


def _alive(user: User) -> QuerySet[Session]:
    return Session.objects.filter(user=user, expire_date__gt=datetime.now(UTC)).order_by("-begun_at", "session_key")


def _shown(one: Session) -> str:
    return _sealed(one.session_key)[:SEEN]


@transaction.atomic
def end_sessions(user: User, current: str | None, named: str | None) -> None:
    """Ends one session of a person, or (None) all but the current one. Raises Absent for one that is not theirs."""
    ending = [
        one
        for one in _alive(user)
        if (_shown(one) == named if named is not None else one.session_key != current)
    ]  # fmt: skip
    if named is not None and not ending:
        raise Absent
    Session.objects.filter(pk__in=[one.pk for one in ending]).delete()
    for one in _everywhere(user):
        journal.record(one, "account.sessions-ended", f"user:{user.pk}", after={"count": len(ending)})


def forget_expired() -> None:
    """Removes the sessions that ended by themselves."""
    Session.objects.filter(expire_date__lt=datetime.now(UTC)).delete()


# -- notices ---------------------------------------------------------------------------------------------------------


def notices(actor: Actor) -> QuerySet[Notice]:
    """What this person was told in this organisation."""
    return Notice.objects.filter(user=actor.user, organisation=actor.organisation)


def unread(actor: Actor) -> int:
    """How many notices wait for this person."""
    return notices(actor).filter(read_at=None).count()


def read(actor: Actor, numbers: Iterable[int] | None = None) -> None:
    """Marks notices as read: those named, or (None) all. What belongs to somebody else is not there."""
    named = Q() if numbers is None else Q(pk__in=list(numbers))
    notices(actor).filter(named, read_at=None).update(read_at=datetime.now(UTC))
