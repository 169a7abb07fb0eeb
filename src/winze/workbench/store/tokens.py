"""Keys to the API: made by a person for themself, kept as their hash only, never able to do more than their owner."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from winze.engine.texts import refuse
from winze.workbench.access import ACTS, Actor
from winze.workbench.models import Token
from winze.workbench.store import Absent, Stale, journal, people

PREFIX = "wz_"
LONGEST = 365
"""Days a token may stand at most."""
SCOPES = tuple(act for act in ACTS if act != "token")
"""What a token may be made for: every act but the making of tokens."""
USED_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a token was used."""


@transaction.atomic
def make(actor: Actor, name: str, scopes: Iterable[str], days: int) -> tuple[Token, str]:
    """A token and its secret, which is shown once and never again. Refused for an act that is not its owner's, for none
    at all, and for more days than a year."""
    wanted = sorted(set(scopes))
    if not wanted or not all(act in SCOPES and actor.may(act) for act in wanted):
        raise refuse("workbench/tokens", "wb.refused.scopes")
    if not 1 <= days <= LONGEST:
        raise refuse("workbench/tokens", "wb.refused.days", days=LONGEST)
    secret, now = PREFIX + secrets.token_urlsafe(32), datetime.now(UTC)
    token = Token.objects.create(
        organisation_id=actor.organisation, user_id=actor.user, name=name[:100], start=secret[:8], hash=_sealed(secret),
        scopes=wanted, at=now, expires_at=now + timedelta(days=days),
    )  # fmt: skip
    journal.record(actor, "token.made", f"token:{token.pk}",
                   after={"owner": actor.user, "scopes": wanted, "expires": token.expires_at})  # fmt: skip
    return token, secret


def _sealed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def find(secret: str) -> Actor | None:
    """Who acts with a token, narrowed to its scopes. None where there is no such token, where it was revoked or is too
    old, and where its owner has no role any more or owes a second factor."""
    now = datetime.now(UTC)
    standing = Token.objects.filter(hash=_sealed(secret), revoked_at=None, expires_at__gt=now, user__is_active=True)
    token = standing.select_related("user").first() if secret.startswith(PREFIX) else None
    owner = people.acting(token.user_id, token.organisation_id, token.user.language) if token else None
    if token is None or owner is None or people.owes(owner):
        return None
    long_ago = Q(used_at=None) | Q(used_at__lt=now - USED_EVERY)
    if token.used_at is None or token.used_at < now - USED_EVERY:
        Token.objects.filter(long_ago, pk=token.pk).update(used_at=now)
    return Actor(
        owner.user, owner.organisation, owner.roles, owner.language, frozenset(token.scopes), f"token:{token.pk}"
    )


def of(actor: Actor) -> QuerySet[Token]:
    """The tokens somebody may see and revoke: their own; all of the organisation for whoever looks after people."""
    rows = Token.objects.filter(organisation=actor.organisation)
    return rows if actor.may("people") else rows.filter(user=actor.user)


@transaction.atomic
def revoke(actor: Actor, number: int) -> None:
    """Ends a token at once. Raises Absent for one that is not there for this person, Stale for one that was ended."""
    token = of(actor).select_for_update().filter(pk=number).first()
    if token is None:
        raise Absent
    if token.revoked_at:
        raise Stale
    token.revoked_at = datetime.now(UTC)
    token.save(update_fields=("revoked_at",))
    journal.record(actor, "token.revoked", f"token:{token.pk}")
