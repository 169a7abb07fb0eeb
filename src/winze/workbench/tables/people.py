"""Who may do what, who is invited, which keys to the API stand, and what a person was told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import NoReverseMatch, reverse

from winze.engine.disclosure import ROLES
from winze.engine.reporting import Sentence, sentence
from winze.workbench.models import Invitation, Membership, Token
from winze.workbench.store import people, tokens
from winze.workbench.table import PERSONAL, Act, Column, Filter, Order, Scope, Table, declare, exactly, listed

TIME = (Order("time", "wb.order.time", ("id",)),)


def _person(number: int | None) -> Sentence | None:
    return None if number is None else sentence("wb.person-number", number=number)


def _state(*states: tuple[str, Q]) -> Any:
    """A filter by one of several states."""
    meant = dict(states)

    def narrow(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value not in meant:
            raise ValueError(value)
        return rows.filter(meant[value])

    return narrow


# -- members ---------------------------------------------------------------------------------------------------------


def _members(scope: Scope) -> QuerySet[Membership]:
    factor = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    rows = Membership.objects.filter(organisation=scope.actor.organisation).annotate(factor=Exists(factor))
    return rows.select_related("user")


def _month(row: Membership) -> date | str:
    """When somebody was last here, no closer than the month."""
    return row.user.last_login.date().replace(day=1) if row.user.last_login else "@wb.never"


MEMBERS = declare(
    Table(
        key="people",
        title="wb.nav.people",
        question="wb.people.question",
        empty="wb.people.empty",
        rows=_members,
        columns=(
            Column("person", "wb.col.person", lambda row: _person(row.user_id), "link"),
            Column("name", "wb.col.name", lambda row: row.user.name, data_class=PERSONAL,
                   quiet=lambda row: row.user.email),
            Column("role", "wb.col.role", lambda row: f"@wb.role.{row.role}", "chip"),
            Column("since", "wb.col.since", lambda row: row.since.date(), "date"),
            Column("until", "wb.col.until", lambda row: row.until.date() if row.until else "@wb.stands", "date"),
            Column("seen", "wb.col.seen", _month, "month", PERSONAL),
            Column("factor", "wb.col.factor", lambda row: row.factor, "flag", PERSONAL),
        ),
        orders=(
            Order("person", "wb.col.person", ("user_id", "id")),
            Order("role", "wb.col.role", ("role", "id")),
        ),
        filters=(
            Filter("role", "wb.col.role", exactly("role"), listed("wb.role", tuple(ROLES))),
            Filter("state", "wb.filter.role-state",
                   _state(("standing", Q(until=None)), ("ended", Q(until__isnull=False)), ("all", Q())),
                   listed("wb.role-state", ("standing", "ended", "all")), default="standing"),
            Filter("factor", "wb.col.factor", lambda rows, value: rows.filter(factor=value == "yes"),
                   listed("wb", ("yes", "no")), data_class=PERSONAL),
        ),
        link=lambda row: reverse("person", args=[row.user_id]),
        acts=(Act("end", "wb.act.end-role", "people", "end_roles"),),
    )
)  # fmt: skip


# -- invitations -----------------------------------------------------------------------------------------------------


def _now() -> datetime:
    return datetime.now(UTC)


def _standing() -> Q:
    return Q(accepted_at=None, revoked_at=None, expires_at__gt=_now())


def _letter_state(row: Invitation) -> str:
    if row.accepted_at:
        return "@wb.letter-state.accepted"
    if row.revoked_at:
        return "@wb.letter-state.revoked"
    return "@wb.letter-state.open" if row.expires_at > _now() else "@wb.letter-state.expired"


def _letter_filter(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    gone = Q(accepted_at=None, revoked_at=None, expires_at__lte=_now())
    return _state(  # type: ignore[no-any-return]
        ("open", _standing()), ("accepted", Q(accepted_at__isnull=False)), ("revoked", Q(revoked_at__isnull=False)),
        ("expired", gone),
    )(rows, value)  # fmt: skip


INVITATIONS = declare(
    Table(
        key="invitations",
        title="wb.list.invitations",
        question="wb.invitations.question",
        empty="wb.invitations.empty",
        rows=lambda scope: Invitation.objects.filter(organisation=scope.actor.organisation),
        columns=(
            Column("number", "wb.col.invitation", lambda row: row.pk, "count"),
            Column("name", "wb.col.name", lambda row: row.name, data_class=PERSONAL, quiet=lambda row: row.email),
            Column("roles", "wb.col.roles", lambda row: [f"@wb.role.{role}" for role in row.roles]),
            Column("by", "wb.col.invited-by", lambda row: _person(row.by_id) or "@wb.by-system"),
            Column("at", "wb.col.invited-on", lambda row: row.at.date(), "date"),
            Column("expires", "wb.col.expires", lambda row: row.expires_at.date(), "date"),
            Column("state", "wb.col.state", _letter_state, "chip"),
        ),
        orders=TIME,
        order="-time",
        filters=(
            Filter("state", "wb.col.state", _letter_filter,
                   listed("wb.letter-state", ("open", "accepted", "revoked", "expired"))),
        ),
        acts=(
            Act("again", "wb.act.invite-again", "people", "invite_again"),
            Act("revoke", "wb.act.revoke", "people", "revoke_invitations"),
        ),
        act="people",
    )
)  # fmt: skip


# -- tokens ----------------------------------------------------------------------------------------------------------


def _token_state(row: Token) -> str:
    if row.revoked_at:
        return "@wb.letter-state.revoked"
    return "@wb.stands" if row.expires_at > _now() else "@wb.letter-state.expired"


TOKENS = declare(
    Table(
        key="tokens",
        title="wb.list.tokens",
        question="wb.tokens.question",
        empty="wb.tokens.empty",
        rows=lambda scope: tokens.of(scope.actor),
        columns=(
            Column("name", "wb.col.token", lambda row: row.name, quiet=lambda row: f"{row.start}…"),
            Column("owner", "wb.col.owner", lambda row: _person(row.user_id)),
            Column("scopes", "wb.col.scopes", lambda row: [f"@wb.scope.{act}" for act in row.scopes]),
            Column("at", "wb.col.made", lambda row: row.at.date(), "date"),
            Column("expires", "wb.col.expires", lambda row: row.expires_at.date(), "date"),
            Column("used", "wb.col.used", lambda row: row.used_at or "@wb.never", "date"),
            Column("state", "wb.col.state", _token_state, "chip"),
        ),
        orders=TIME,
        order="-time",
        acts=(Act("revoke", "wb.act.revoke", "token", "revoke_tokens"),),
        act="token",
    )
)


# -- notices ---------------------------------------------------------------------------------------------------------


def address(about: str) -> str | None:
    """Where a subject of the register stands, `job:12` at the page called `job`; None where it has no page."""
    kind, _, name = about.partition(":")
    try:
        return reverse(kind, args=[int(name) if name.isdigit() else name])
    except NoReverseMatch:
        return None


NOTICES = declare(
    Table(
        key="notices",
        title="wb.list.notices",
        question="wb.notices.question",
        empty="wb.notices.empty",
        rows=lambda scope: people.notices(scope.actor),
        columns=(
            Column("notice", "wb.col.notice", lambda row: Sentence(row.text, tuple(row.values.items())), "link"),
            Column("at", "wb.col.told", lambda row: row.at, "date"),
            Column("state", "wb.col.state", lambda row: f"@wb.notice-state.{'read' if row.read_at else 'new'}", "chip"),
        ),
        orders=TIME,
        order="-time",
        filters=(
            Filter("state", "wb.col.state",
                   _state(("new", Q(read_at=None)), ("read", Q(read_at__isnull=False))),
                   listed("wb.notice-state", ("new", "read"))),
        ),
        link=lambda row: address(row.about),
        acts=(Act("read", "wb.act.read", "see", "read_notices"),),
    )
)  # fmt: skip
