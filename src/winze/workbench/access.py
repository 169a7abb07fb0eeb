"""Who may act: the roles of each act, asked apart from whether the act may happen (`engine.workflow.permit`).

`ACTS` is the whole list; a route names one of them, and a button that is not allowed shows the sentence of `refused`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from winze.engine.disclosure import ROLES, cleared, eyes
from winze.engine.records import DataClass
from winze.engine.texts import say

EVERYBODY = frozenset(ROLES)
TEAM = frozenset({"analyst", "assessor", "approver"})
ACTS: Mapping[str, frozenset[str]] = {
    "see": EVERYBODY,
    "see-chain": TEAM,  # names of parties and sites, the match queue, the files
    "comment": EVERYBODY - {"viewer"},
    "assign": TEAM,
    "export": EVERYBODY,
    "import": frozenset({"analyst"}),
    "edit": frozenset({"analyst"}),
    "judge": frozenset({"analyst", "approver"}),
    "run": TEAM,
    "plan-owner": frozenset({"analyst", "assessor"}),
    "plan-approver": frozenset({"approver"}),
    "plan-outside": frozenset({"funder", "government", "assessor"}),
    "plan-party": frozenset({"analyst", "assessor"}),  # who takes down what a party replied
    "document": EVERYBODY - {"viewer"},
    "people": frozenset({"administrator"}),
    "instrument": frozenset({"administrator"}),  # jobs of others, backups, the journal's check
    "journal": frozenset({"approver", "administrator", "analyst"}),
    "token": EVERYBODY,
}


@dataclass(frozen=True)
class Actor:
    """Somebody acting for one organisation: their number, roles, and what a token narrows them to."""

    user: int
    organisation: int
    roles: frozenset[str]
    language: str = "en"
    scopes: frozenset[str] | None = None  # of a token; None for a person at a page
    by: str = ""  # "user:12" or "token:3"
    demanded: bool = False  # the organisation demands a second factor of one of these roles

    @cached_property
    def clearance(self) -> frozenset[DataClass]:
        return cleared(self.roles)

    @cached_property
    def eyes(self) -> str:
        """The audience this actor belongs to."""
        return eyes(self.roles)

    @property
    def id(self) -> str:
        return self.by or f"user:{self.user}"

    def sees(self, data_class: DataClass | str) -> bool:
        return DataClass(data_class) in self.clearance

    def may(self, act: str) -> bool:
        """Whether one of the roles may do this, and the token, if there is one, covers it."""
        inside = self.scopes is None or act in self.scopes or (act == "see" and bool(self.scopes))
        return inside and bool(ACTS[act] & self.roles)


def refused(actor: Actor, act: str, language: str | None = None) -> str | None:
    """Why an act is not this person's, in a sentence; None where it is."""
    if actor.may(act):
        return None
    language = language or actor.language
    roles = ", ".join(sorted(say(f"wb.role.{role}", language) for role in ACTS[act]))
    if actor.scopes is not None and ACTS[act] & actor.roles:
        return say("wb.refused.scope", language, act=act)
    return say("wb.refused.role", language, roles=roles)
