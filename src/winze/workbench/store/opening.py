"""What was opened: a precise place, movement data, a personal or sealed record, each told to the journal once a person,
subject and day, whoever opens it."""

from __future__ import annotations

from datetime import UTC, datetime, time

from django.db import transaction

from winze.engine.records import DataClass
from winze.workbench.access import Actor
from winze.workbench.models import Event
from winze.workbench.store import journal

VERB = "opened"
PLACE = "precise-place"
"""The class the journal names for a precise place, which is logged whatever the class of its record."""


def opened(actor: Actor, subject: str, data_class: DataClass | str) -> None:
    """Tells the journal that somebody opened something; a second opening on the same day adds nothing."""
    with transaction.atomic():
        now = datetime.now(UTC)
        today = datetime.combine(now.date(), time.min, UTC)
        told = Event.objects.filter(
            organisation_id=actor.organisation, subject=subject[:300], verb=VERB, actor=actor.id, at__gte=today
        )
        if not told.filter(why=str(data_class)).exists():
            journal.record(actor, VERB, subject, why=str(data_class))  # nothing changed: no before, no after
