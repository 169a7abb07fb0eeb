"""Watched folders: what somebody puts there is proposed as an import."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from winze.workbench.api.declared import operation
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request
from winze.workbench.store import watching

ALL = (PUBLIC, PARTNER, COMPETITOR)


class FolderSaid(Schema):
    """A folder that is watched."""

    number: int
    path: str
    sender: str
    mode: str
    at: datetime
    looked_at: datetime | None


class FoldersSaid(Schema):
    folders: list[FolderSaid]


class FolderAsked(Schema):
    """A folder of the organisation's own place; it is made where it is not there yet."""

    folder: str = Field(min_length=1, max_length=100, description="Its name, not where it lies.")
    sender: str = Field("", max_length=200)
    mode: Literal["stop", "skip", "update"] = "stop"


@operation("GET", "watched-folders", act="see-chain", answer=FoldersSaid, shows=ALL)
def watched_folders(request: Request) -> Any:
    """The folders that are watched for your organisation."""
    return {"folders": [_said(one) for one in watching.of(request.actor)]}


@operation("POST", "watched-folders", act="import", answer=FolderSaid, status=201, shows=ALL, problems=(409,))
def watch_folder(request: Request, given: FolderAsked) -> Any:
    """Begins to watch a folder."""
    return _said(watching.begin(request.actor, given.folder, sender=given.sender, mode=given.mode))


@operation("POST", "watched-folders/{int:number}/end", act="import", answer=FoldersSaid, shows=ALL)
def leave_folder(request: Request, number: int) -> Any:
    """Watches a folder no longer; the files in it stay."""
    watching.leave(request.actor, number)
    return watched_folders(request)


def _said(one: Any) -> dict[str, Any]:
    return {"number": one.pk, "path": one.path, "sender": one.sender, "mode": one.mode, "at": one.at,
            "looked_at": one.looked_at}  # fmt: skip
