"""Who opened what: once for each person, subject and day, the journal keeps that somebody looked at a precise place or
at anything of a class whose opening is logged."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from winze.workbench.access import Actor
from winze.workbench.models import Event
from winze.workbench.store import journal


def opened(actor: Actor, subject: str) -> None:
    """Keeps that somebody opened this today."""
    morning = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Event.objects.filter(organisation=actor.organisation, subject=subject, verb="opened", at__gte=morning)
    if today.filter(actor=actor.id).exists():
        return
    with transaction.atomic():
        journal.record(actor, "opened", subject)
