"""Who asks."""

from __future__ import annotations

from typing import Any

from ninja import Schema
from pydantic import Field

from winze.workbench.access import ACTS
from winze.workbench.api.declared import operation
from winze.workbench.routes import Request
from winze.workbench.store import journal, people


class Me(Schema):
    """Who a request acts for, and what they may."""

    id: str = Field(description="As the journal names them.")
    organisation: str
    roles: list[str]
    acts: list[str] = Field(description="What they may do.")
    classes: list[str] = Field(description="The data classes they see.")
    eyes: str = Field(description="The audience they belong to.")
    unread: int = Field(description="Notices that wait.")
    journal_head: str


@operation("GET", "me", act="see", answer=Me)
def me(request: Request) -> Any:
    """Who a request acts for, and what they may."""
    actor = request.actor
    return {
        "id": actor.id, "organisation": people.organisation(actor).key, "roles": sorted(actor.roles),
        "acts": sorted(act for act in ACTS if actor.may(act)), "classes": sorted(map(str, actor.clearance)),
        "eyes": actor.eyes, "unread": people.unread(actor), "journal_head": journal.head(),
    }  # fmt: skip
