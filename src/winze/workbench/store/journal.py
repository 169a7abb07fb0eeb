"""The journal: every change as an event, chained by hash, never altered. The only history there is.

An event's hash covers its whole content and the hash before it, so that a changed, removed or inserted event breaks
the chain at that place. Cutting off the newest events breaks nothing inside: against that the head (number and hash of
the newest event) is printed in every backup, export and report, and `verify` takes one and says whether it is still
there. Whoever owns the database file could rewrite it whole; that is outside what a journal in the same file can show.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from winze.workbench.access import Actor
from winze.workbench.models import Event, Head, PersonalKey

START = "0" * 64
"""What the first event follows."""
SHOWN = 16
"""How many characters of a head a file's name carries; enough to find it, and `verify` takes them."""


def record(
    actor: Actor | None,
    verb: str,
    subject: str,
    *,
    before: Any = None,
    after: Any = None,
    why: str = "",
    organisation: int | None = None,
) -> Event:
    """Appends one event. Must run inside the transaction of the change it tells of. `actor` None is the system."""
    assert connection.in_atomic_block, "state and event stand in one transaction"
    head = Head.objects.select_for_update().get_or_create(pk=1, defaults={"seq": 0, "hash": START})[0]
    event = Event(
        seq=head.seq + 1,
        at=datetime.now(UTC),
        organisation_id=organisation or (actor.organisation if actor else None),
        actor=actor.id if actor else "system",
        verb=verb,
        subject=subject[:300],
        why=why,
        before=_plain(before),
        after=_plain(after),
        previous=head.hash,
    )
    event.hash = digest(event)
    event.save(force_insert=True)
    head.seq, head.hash = event.seq, event.hash
    head.save(update_fields=("seq", "hash"))
    return event


def digest(event: Event) -> str:
    """The hash of an event: of its content in one canonical form, and of the hash before it."""
    body = {
        "seq": event.seq,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "organisation": event.organisation_id,
        "actor": event.actor,
        "verb": event.verb,
        "subject": event.subject,
        "why": event.why,
        "before": event.before,
        "after": event.after,
        "previous": event.previous,
    }
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON in one form only: sorted keys, no spaces, no figure that two databases would write differently."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _plain(value: Any) -> Any:
    """What an event says, as JSON gives it back, whichever database keeps it: fractions become text, NUL is no text."""
    if isinstance(value, dict):
        return {str(key).replace("\0", ""): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return value.replace("\0", "")
    if value is None or isinstance(value, bool | int):
        return value
    return repr(value) if isinstance(value, float) else str(value)


def head() -> str:
    """The hash of the newest event; `START` for an empty journal."""
    found = Head.objects.filter(pk=1).first()
    return found.hash if found else START


# -- reading ---------------------------------------------------------------------------------------------------------


def of(organisation: int, subject: str) -> list[Event]:
    """What happened to one subject, oldest first."""
    return list(Event.objects.filter(organisation_id=organisation, subject=subject).order_by("seq"))


def as_of(organisation: int, subject: str, at: datetime) -> Any:
    """What a record was at a moment: what its newest event until then left behind; None where there was none."""
    events = Event.objects.filter(organisation_id=organisation, subject=subject, at__lte=at).exclude(
        Q(after__isnull=True) & Q(before__isnull=True)
    )
    newest = events.order_by("-seq").first()
    return newest.after if newest else None


def changed(before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    """Which fields an event changed, with the old and the new value."""
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    return [(key, old.get(key), new.get(key)) for key in sorted({*old, *new}) if old.get(key) != new.get(key)]


# -- checking --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """The first place where the journal is not what it was: the number of the event, and a problem's code."""

    seq: int
    code: str  # "changed", "missing", "out-of-order", "cut", "head"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found: how many events, the head, and the first fault, None where there is none."""

    events: int
    head: str
    fault: Fault | None


def verify(known_head: str | None = None) -> Verdict:
    """Walks the whole chain. `known_head` is a head printed earlier (or its first characters): where no event bears it,
    events were cut off or replaced since."""
    previous, expected, found = START, 1, not known_head or START.startswith(known_head)
    for event in _walk():
        if event.seq != expected:
            return Verdict(expected - 1, previous, Fault(expected, "missing"))
        if event.previous != previous:
            return Verdict(expected - 1, previous, Fault(event.seq, "out-of-order"))
        if digest(event) != event.hash:
            return Verdict(expected - 1, previous, Fault(event.seq, "changed"))
        found = found or event.hash.startswith(known_head or "-")
        previous, expected = event.hash, expected + 1
    kept = Head.objects.filter(pk=1).first()
    if kept and (kept.seq, kept.hash) != (expected - 1, previous):
        return Verdict(expected - 1, previous, Fault(expected, "cut"))
    return Verdict(expected - 1, previous, None if found else Fault(expected, "head"))


def _walk() -> Iterator[Event]:
    with transaction.atomic():
        yield from Event.objects.order_by("seq").iterator(chunk_size=2000)


# -- persons ---------------------------------------------------------------------------------------------------------


def commit(word: str, person: str) -> dict[str, str]:
    """What the journal keeps of a word that names or was written by a person: a commitment under that person's own key.
    With the key it can be checked; once the key is erased nobody can learn or test the word."""
    kept, _ = PersonalKey.objects.get_or_create(subject=person, defaults={"key": secrets.token_bytes(32)})
    return {"commitment": hmac.new(bytes(kept.key), word.encode(), hashlib.sha256).hexdigest()}
