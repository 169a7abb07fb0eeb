"""Working together: remarks with mentions, tasks, notices, and the search over all that one may see.

Names of colleagues are told to members of the same organisation, whoever they are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ninja import Query, Schema
from pydantic import Field

from winze.workbench import presenters
from winze.workbench.api.declared import operation
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request
from winze.workbench.store import Absent, people, search, things, together

ALL = (PUBLIC, PARTNER, COMPETITOR)


class ThingSaid(Schema):
    """One thing of the register: what it is, the name that acts call it by, what it is called, where its page is."""

    kind: str
    about: str
    words: str
    link: str | None
    letter: str = Field("", description="Of a risk.")


class PersonSaid(Schema):
    number: int
    name: str


class About(Schema):
    about: str = Field(max_length=400, description="As `site:ABC123`, `party:…`, `risk:…`, `plan:…`, `import:…`.")


class CommentAsked(About):
    """A remark on something. Whoever it mentions is told, if they may read it."""

    words: str = Field(min_length=1, max_length=together.MOST)
    mentions: list[int] = Field([], max_length=100, description="Numbers of members; `@name` in the words does too.")
    for_all: bool = Field(False, description="That it names no place, so that all members may read it.")


class CommentSaid(Schema):
    """A remark: who said it, when, and to whom."""

    number: int
    about: str
    by: PersonSaid
    at: datetime
    words: str | None = Field(description="null where they were erased.")
    audience: str
    mentions: list[int]
    untold: list[int] = Field([], description="Who was mentioned but not told, since they may not read it.")


class CommentsSaid(Schema):
    comments: list[CommentSaid]


class TaskAsked(About):
    to: int = Field(description="The number of a member.")
    due: date | None = None
    held: int | None = Field(None, description="The task you read on it, 0 for none: 409 where another stands now.")


class TaskSaid(Schema):
    """Whose task something is."""

    number: int
    about: str
    thing: ThingSaid | None = Field(description="null where one may no longer know it.")
    to: int
    by: int
    at: datetime
    due: date | None
    snoozed_until: date | None
    ended_at: datetime | None


class TasksSaid(Schema):
    tasks: list[TaskSaid]


class SnoozeAsked(Schema):
    until: date | None = Field(description="A day to come; null wakes it.")


class NoticesRead(Schema):
    numbers: list[int] | None = Field(None, max_length=500, description="All that wait where it is left out.")


class UnreadSaid(Schema):
    unread: int


class SearchAsked(Schema):
    q: str = Field(max_length=search.LONGEST)


class GroupSaid(Schema):
    kind: str
    hits: list[ThingSaid]
    more: bool = Field(description="There are more than are shown.")


class FoundSaid(Schema):
    groups: list[GroupSaid]


# -- remarks ---------------------------------------------------------------------------------------------------------


@operation("GET", "comments", act="see", answer=CommentsSaid, shows=ALL, problems=(404,))
def comments(request: Request, asked: Query[About]) -> Any:
    """The remarks on something, oldest first, as far as one may read them."""
    thing = _thing(request, asked.about)
    return {"comments": [_comment(request, one, thing) for one in together.comments(request.actor, thing)]}


@operation("POST", "comments", act="comment", answer=CommentSaid, status=201, shows=ALL, problems=(404, 409))
def add_comment(request: Request, given: CommentAsked) -> Any:
    """Puts a remark on something and tells those it mentions."""
    said = together.comment(request.actor, given.about, given.words, given.mentions, for_all=given.for_all)
    (made,) = (one for one in together.comments(request.actor, said.thing) if one.pk == said.comment.pk)
    return _comment(request, made, said.thing) | {"untold": [one.pk for one in said.untold]}


def _thing(request: Request, about: str) -> things.Thing:
    found = things.one(request.actor, about)
    if found is None:
        raise Absent
    return found


def _comment(request: Request, one: Any, thing: things.Thing) -> dict[str, Any]:
    text, mentions = getattr(one, "text", None), [person.pk for person in one.mentions.all()]
    return {
        "number": one.pk, "about": thing.handle, "by": {"number": one.by.pk, "name": one.by.name}, "at": one.at,
        "words": text and text.words, "audience": one.audience, "mentions": mentions,
    }  # fmt: skip


# -- tasks -----------------------------------------------------------------------------------------------------------


@operation("GET", "tasks", act="see", answer=TasksSaid, shows=ALL)
def tasks(request: Request) -> Any:
    """What is yours to do and not done."""
    mine = list(together.tasks(request.actor).order_by("id"))
    return {"tasks": [_task(request, one) for one in mine]}


@operation("POST", "tasks", act="assign", answer=TaskSaid, status=201, shows=ALL, problems=(404, 409))
def assign_task(request: Request, given: TaskAsked) -> Any:
    """Makes something somebody's task; the task of whoever had it ends."""
    held = None if given.held is None else str(given.held or "")
    return _task(request, together.assign(request.actor, given.about, given.to, given.due, held))


@operation("POST", "tasks/{int:number}/end", act="see", answer=TaskSaid, shows=ALL, problems=(409,))
def end_task(request: Request, number: int) -> Any:
    """Says that a task of yours, or one you gave, is done."""
    return _task(request, together.end(request.actor, number))


@operation("POST", "tasks/{int:number}/snooze", act="see", answer=TaskSaid, shows=ALL, problems=(409,))
def snooze_task(request: Request, number: int, given: SnoozeAsked) -> Any:
    """Lets a task of yours, or one you gave, wait until a day, or wakes it."""
    return _task(request, together.snooze(request.actor, number, given.until))


def _task(request: Request, one: Any) -> dict[str, Any]:
    found = things.one(request.actor, one.about, kept=True)
    return {
        "number": one.pk, "about": found.handle if found else "", "thing": found and said(found, request.LANGUAGE_CODE),
        "to": one.to_id, "by": one.by_id, "at": one.at, "due": one.due, "snoozed_until": one.snoozed_until,
        "ended_at": one.ended_at,
    }  # fmt: skip


def said(thing: things.Thing, language: str) -> dict[str, Any]:
    """A thing as the API tells of it."""
    words = presenters.said(thing.words, language)
    return {"kind": thing.kind, "about": thing.handle, "words": words, "link": thing.to, "letter": thing.letter}


# -- notices and search ----------------------------------------------------------------------------------------------


@operation("POST", "notices/read", act="see", answer=UnreadSaid)
def read_notices(request: Request, given: NoticesRead) -> Any:
    """Marks notices of yours as read: those named, or all."""
    people.read(request.actor, given.numbers)
    return {"unread": people.unread(request.actor)}


@operation("GET", "search", act="see", answer=FoundSaid, shows=ALL, name="api-search")
def find(request: Request, asked: Query[SearchAsked]) -> Any:
    """What is called so among all that you may see, by kind, the best first."""
    groups = search.search(request.actor, asked.q)
    return {
        "groups": [
            {"kind": one.kind, "hits": [said(hit, request.LANGUAGE_CODE) for hit in one.hits], "more": one.more}
            for one in groups
        ]
    }
