"""Watched folders: new files in them are proposed as imports by themselves, as if somebody had sent them.

Every organisation has one place below the home folder (`incoming/<organisation>`), and watches folders in it and
nowhere else: nobody can have a file of this machine read by naming its folder.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from winze.engine.texts import refuse
from winze.workbench.access import Actor
from winze.workbench.models import Organisation, WatchedFolder
from winze.workbench.store import Absent, journal

MODES = ("stop", "skip", "update")
_NAME = re.compile(r"[\w][\w .-]{0,99}")


def below(actor: Actor) -> Path:
    """Where an organisation's watched folders are."""
    key = Organisation.objects.values_list("key", flat=True).get(pk=actor.organisation)
    return Path(settings.HOME) / "incoming" / key


def of(actor: Actor) -> QuerySet[WatchedFolder]:
    """The folders that are watched, oldest first."""
    return WatchedFolder.objects.filter(organisation_id=actor.organisation, ended_at=None).order_by("id")


def add(actor: Actor, name: str, sender: str, mode: str) -> WatchedFolder:
    """Watches a folder, which is made where it is not there yet."""
    name = name.strip()
    if not _NAME.fullmatch(name) or ".." in name or mode not in MODES:
        raise refuse("workbench/import", "wb.data.refused.folder")
    path = below(actor) / name
    with transaction.atomic():
        if of(actor).filter(path=str(path)).exists():
            raise refuse("workbench/import", "wb.data.refused.watched")
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = WatchedFolder.objects.create(
            organisation_id=actor.organisation, path=str(path), sender=sender.strip()[:200], mode=mode,
            by_id=actor.user, at=datetime.now(UTC),
        )  # fmt: skip
        journal.record(actor, "folder.watched", f"folder:{found.pk}", after={"path": str(path), "mode": mode})
    return found


def end(actor: Actor, number: int) -> None:
    """Watches a folder no longer; its files and what was loaded of them stay."""
    with transaction.atomic():
        found = of(actor).select_for_update().filter(pk=number).first()
        if found is None:
            raise Absent
        found.ended_at = datetime.now(UTC)
        found.save(update_fields=("ended_at",))
        journal.record(actor, "folder.ended", f"folder:{number}", before={"path": found.path, "mode": found.mode})
