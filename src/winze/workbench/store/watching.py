"""Watched folders: files that somebody puts into a folder of this machine are proposed as imports.

A file is taken once it has not changed for `STILL`; one that is still being copied waits. Each look takes the files
that changed after the last one, so that nothing is kept of what was seen but the time. Nothing in the folder is ever
changed, links are not followed. An organisation watches folders in a place of its own below the home folder, or in
those that whoever runs this machine named: nobody can have a file read by naming where it is.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction

from winze.engine.problems import Refusal
from winze.engine.texts import refuse
from winze.workbench.access import Actor
from winze.workbench.models import Notice, Organisation, WatchedFolder
from winze.workbench.store import Absent, imports, journal, people

STILL = timedelta(seconds=3)
log = logging.getLogger("winze.watching")


_NAME = re.compile(r"\w[\w .-]{0,99}")


def own(organisation: int) -> Path:
    """The place of one organisation: what is put there is nobody else's."""
    key = Organisation.objects.values_list("key", flat=True).get(pk=organisation)
    return (Path(settings.HOME) / "incoming" / key).resolve()


def permitted(organisation: int) -> tuple[Path, ...]:
    """The folders at or below which one may be watched: the organisation's own, and those that `WINZE_WATCH` names."""
    named = [Path(one) for one in os.environ.get("WINZE_WATCH", "").split(os.pathsep) if one]
    return (own(organisation), *(one.resolve() for one in named))


def begin(actor: Actor, name: str, *, sender: str = "", mode: str = "skip") -> WatchedFolder:
    """Begins to watch a folder of the organisation's own place, which is made where it is not there yet."""
    name = name.strip()
    if not _NAME.fullmatch(name) or ".." in name:
        raise refuse("workbench/watch", "wb.data.refused.folder")
    folder = own(actor.organisation) / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return watch(actor, str(folder), sender=sender, mode=mode)


def of(actor: Actor) -> list[WatchedFolder]:
    """The folders that are watched for the actor's organisation."""
    return list(WatchedFolder.objects.filter(organisation_id=actor.organisation, ended_at=None).order_by("id"))


def watch(actor: Actor, path: str, *, sender: str = "", mode: str = "skip") -> WatchedFolder:
    """Begins to watch a folder. Refused where it is not there or not one of those that may be watched."""
    assert mode in imports.MODES, mode
    folder = Path(path).resolve()
    if not any(folder.is_relative_to(root) for root in permitted(actor.organisation)):
        raise refuse("workbench/watch", "wb.refused.watch-where")
    if not folder.is_dir():
        raise refuse("workbench/watch", "wb.refused.watch-absent")
    with transaction.atomic():
        if WatchedFolder.objects.filter(path=str(folder), ended_at=None).exists():
            raise refuse("workbench/watch", "wb.data.refused.watched")
        made = WatchedFolder.objects.create(organisation_id=actor.organisation, path=str(folder), sender=sender[:200],
                                            mode=mode, by_id=actor.user, at=datetime.now(UTC))  # fmt: skip
        journal.record(actor, "folder.watched", f"folder:{made.pk}", after={"path": str(folder), "mode": mode})
    return made


def leave(actor: Actor, number: int) -> None:
    """Watches a folder no longer."""
    with transaction.atomic():
        found = WatchedFolder.objects.select_for_update().filter(
            organisation_id=actor.organisation, pk=number, ended_at=None
        )
        folder = found.first()
        if folder is None:
            raise Absent
        found.update(ended_at=datetime.now(UTC))
        journal.record(actor, "folder.left", f"folder:{number}", before={"path": folder.path}, after=None)


def look(now: datetime | None = None) -> int:
    """Proposes the new files of every watched folder; gives how many. One that cannot be read is left for a person."""
    now, count = now or datetime.now(UTC), 0
    for folder in WatchedFolder.objects.filter(ended_at=None).order_by("id"):
        actor = people.acting(folder.by_id, folder.organisation_id)
        if actor is None or not actor.may("import"):
            continue
        found = list(_new(folder, now - STILL))
        for path in found:
            count += _propose(actor, folder, path)
        if found:
            WatchedFolder.objects.filter(pk=folder.pk).update(looked_at=now - STILL)
    return count


def _new(folder: WatchedFolder, until: datetime) -> Iterator[Path]:
    """The files that changed after the last look and have been still since `until`, oldest first."""
    root, allowed = Path(folder.path), permitted(folder.organisation_id)
    if root != root.resolve() or not any(root.is_relative_to(one) for one in allowed) or not root.is_dir():
        return
    since = folder.looked_at.timestamp() if folder.looked_at else 0.0
    dated = []
    for entry in os.scandir(root):
        if entry.name.startswith(".") or not entry.is_file(follow_symlinks=False):
            continue
        seen = entry.stat(follow_symlinks=False)
        if since < max(seen.st_ctime, seen.st_mtime) <= until.timestamp():
            dated.append((seen.st_ctime, entry.path))
    yield from (Path(path) for _, path in sorted(dated))


def _propose(actor: Actor, folder: WatchedFolder, path: Path) -> int:
    try:
        with path.open("rb") as file:
            made = imports.propose(actor, path.name, iter(lambda: file.read(2**20), b""), sender=folder.sender)
    except Refusal:
        return 0  # the same bytes stand already
    except DatabaseError:
        raise
    except Exception:
        log.exception({"event": "watched.unreadable"})
        _notice(actor, folder, "wb.notice.file-unreadable", f"folder:{folder.pk}", path.name)
        return 0
    _notice(actor, folder, "wb.notice.file-came", f"import:{made.pk}", path.name)
    return 1


def _notice(actor: Actor, folder: WatchedFolder, text: str, about: str, name: str) -> None:
    Notice.objects.create(organisation_id=actor.organisation, user_id=folder.by_id, text=text,
                          values={"name": name[:200]}, about=about, at=datetime.now(UTC))  # fmt: skip
