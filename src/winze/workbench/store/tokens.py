"""Tokens of the API: a secret shown once, kept as its hash, with an end and scopes, never more than its owner may."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from django.db import transaction

from winze.workbench.access import ACTS, Actor
from winze.workbench.models import Token
from winze.workbench.store import Absent, journal, people

PREFIX = "wz_"


def find(secret: str) -> Actor | None:
    """Who a secret acts for, with what its owner may now, narrowed to its scopes. None for a secret that is unknown,
    ended or taken back, and for one whose owner left."""
    if not secret.startswith(PREFIX):
        return None
    now = datetime.now(UTC)
    token = Token.objects.filter(hash=_hash(secret), revoked_at=None, expires_at__gt=now, user__is_active=True).first()
    owner = people.acting(token.user_id, token.organisation_id) if token else None
    if token is None or owner is None:
        return None
    Token.objects.filter(pk=token.pk).exclude(used_at__date=now.date()).update(used_at=now)
    return Actor(
        owner.user, owner.organisation, owner.roles, owner.language, frozenset(token.scopes), f"token:{token.pk}"
    )


@transaction.atomic
def make(actor: Actor, name: str, scopes: frozenset[str], days: int) -> tuple[Token, str]:
    """A new token and its secret, which is nowhere kept."""
    assert scopes <= ACTS.keys(), scopes
    secret, now = PREFIX + secrets.token_urlsafe(32), datetime.now(UTC)
    token = Token.objects.create(
        organisation_id=actor.organisation, user_id=actor.user, name=name, start=secret[:8], hash=_hash(secret),
        scopes=sorted(scopes), at=now, expires_at=now + timedelta(days=days),
    )  # fmt: skip
    journal.record(actor, "token.made", f"token:{token.pk}", after={"scopes": sorted(scopes), "days": days})
    return token, secret


@transaction.atomic
def revoke(actor: Actor, number: int) -> Token:
    """Ends a token of one's own, at once."""
    token = Token.objects.filter(organisation_id=actor.organisation, user_id=actor.user, pk=number).first()
    if token is None:
        raise Absent
    token.revoked_at = token.revoked_at or datetime.now(UTC)
    token.save(update_fields=("revoked_at",))
    journal.record(actor, "token.revoked", f"token:{token.pk}")
    return token


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
