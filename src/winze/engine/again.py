"""The same thing said again: when a new statement is the one we have, another, or a newer word on the same thing.

This is the one place that says so. The key of a statement is what it is about, apart from what it says:

* where the source has a key of its own (a visit's number, an event's, a list entry's reference, a p-code), that key and
  the source: the day or place may be corrected under it;
* else kind, subject, the days spoken of and the source, with the fields that tell several figures of one subject and
  day apart (`APART`): the measure of a fact, the mineral of a quote, the buyer of a supply.

Nothing is ever overwritten. A newer word stands beside the older one, which is marked as superseded by it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from winze.engine.records import (
    ConflictCount,
    ConflictEvent,
    Fact,
    HealthSite,
    Infections,
    Judgement,
    LegalAct,
    Listing,
    ManagementStep,
    NodeStatus,
    Outline,
    Place,
    PlanAct,
    PolicyDay,
    Price,
    Quote,
    SiteEntry,
    Statement,
    Supply,
    Visit,
)

type Key = tuple[Any, ...]

OWN: Mapping[type[Any], tuple[str, ...]] = {
    Visit: ("visit_id",),
    ConflictEvent: ("dataset", "event_id"),
    Listing: ("list", "reference"),
    Place: ("code",),
}
"""The source's own key, by record; where one of its fields is unknown the statement is known by subject and day. A
listing that adds one name or country to an entry (its schema is unknown) has that name and country in its key too."""

APART: Mapping[type[Any], tuple[str, ...]] = {
    Visit: ("manner",),
    ConflictEvent: (),
    ConflictCount: ("dataset", "type"),
    PolicyDay: ("region",),
    Infections: (),
    Price: ("series", "unit", "currency"),
    Listing: ("list",),
    HealthSite: ("type",),
    Place: (),
    Outline: (),
    SiteEntry: (),
    Supply: ("buyer", "mineral", "origin"),
    ManagementStep: ("element",),
    LegalAct: ("number",),
    NodeStatus: ("node",),
    Quote: ("mineral", "currency", "unit", "sites"),
    Fact: ("measure", "mineral"),
    PlanAct: ("verb", "role", "person", "about"),
    Judgement: ("verdict", "person"),
}
"""What tells two statements of one subject, day and source apart, by record. Each record is named, so that a new one is
thought about (a test holds this)."""


@dataclass(frozen=True, slots=True)
class Change:
    """The same thing said again, otherwise: the statement that stood and the newer one."""

    before: Statement
    after: Statement

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that say something else, by name; `speaks_of`, `source` and `published_on` among them."""
        own = ("subject", "speaks_of", "source", "published_on")
        whole = [name for name in own if getattr(self.before, name) != getattr(self.after, name)]
        said = [f.name for f in fields(self.after.said) if f.init]
        return tuple(whole + [n for n in said if getattr(self.before.said, n) != getattr(self.after.said, n)])


@dataclass(frozen=True, slots=True)
class Comparison:
    """Statements that arrive, against those a register has. `new`: never said. `same`: word for word there already.
    `changed`: said again otherwise. `gone`: in the register and not said any more, which takes nothing back."""

    new: tuple[Statement, ...]
    same: tuple[Statement, ...]
    changed: tuple[Change, ...]
    gone: tuple[Statement, ...]


def key_of(statement: Statement) -> Key:
    """What a statement is about, apart from what it says (see the head of this module)."""
    said = statement.said
    own = tuple(getattr(said, name) for name in OWN.get(type(said), ()))
    if isinstance(said, Listing) and said.schema == "unknown":  # one more name or country of an entry
        own = (*own, said.name, said.countries)
    if own and None not in own:
        return (said.kind, statement.source, *own)
    apart = tuple(getattr(said, name) for name in APART[type(said)])
    return (said.kind, statement.source, statement.subject, statement.speaks_of, *apart)


def by_key(statements: Iterable[Statement]) -> dict[Key, list[Statement]]:
    """Statements under what they are about, as `compare` looks them up."""
    found: dict[Key, list[Statement]] = {}
    for statement in statements:
        found.setdefault(key_of(statement), []).append(statement)
    return found


def compare(
    arriving: Iterable[Statement],
    known: Mapping[Key, Sequence[Statement]],
    superseded: Collection[str] = frozenset(),
) -> Comparison:
    """Sorts arriving statements into new, same and changed.

    `known` holds what the register has under the keys of the arriving ones, or all that an earlier file of the same
    sender said (then `gone` is what this file no longer says). `superseded` are the ids among them that a newer word
    has replaced: one of those said again is a change back. Where one key has several statements, those that are there
    word for word are set aside; the rest replace each other in the order given if they are as many, and otherwise
    count as new, since nobody could say which replaces which.
    """
    new: list[Statement] = []
    same: list[Statement] = []
    changed: list[Change] = []
    said: set[str] = set()
    groups = by_key(arriving)
    for key, told in groups.items():
        there = {statement.id: statement for statement in known.get(key, ())}
        standing = {id: statement for id, statement in there.items() if id not in superseded}
        left: list[Statement] = []
        for statement in told:
            (same if statement.id in standing or statement.id in said else left).append(statement)
            said.add(statement.id)
        before = [statement for id, statement in standing.items() if id not in said]
        if len(before) == len(left):
            changed += map(Change, before, left)
        else:  # one that is there already, superseded, is not said for the first time
            same += [statement for statement in left if statement.id in there]
            new += [statement for statement in left if statement.id not in there]
    gone = [one for key, stood in known.items() if key not in groups for one in stood if one.id not in superseded]
    return Comparison(tuple(new), tuple(same), tuple(changed), tuple(gone))
