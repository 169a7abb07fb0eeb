"""Working together: remarks with mentions, tasks with a day, notices. What somebody says of a thing is theirs alone to
erase: the words stand apart, and the journal keeps a commitment to them.

A remark is read within the organisation by those with the eyes it was written for: one by somebody with precise eyes
may name a place, and stays with precise eyes unless its author says that it names none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from winze.engine.texts import refuse
from winze.workbench.access import Actor
from winze.workbench.models import Assignment, Comment, CommentText, Notice, User
from winze.workbench.store import Absent, Stale, journal, people, things
from winze.workbench.store.things import Thing

MOST = 4000
"""Characters of a remark."""


def members(actor: Actor) -> list[User]:
    """Who belongs to the actor's organisation now, by name."""
    return list(
        User.objects.filter(memberships__organisation=actor.organisation, memberships__until=None, is_active=True)
        .distinct()
        .order_by("name", "id")
    )


def of(actor: Actor, about: str) -> dict[str, Any] | None:
    """What a page shows of the work on one thing: remarks, whose task it is, and who could be asked. `about` comes from
    our own rows. None where the thing is not there for this person."""
    thing = things.one(actor, about, kept=True)
    if thing is None:
        return None
    return {
        "thing": thing,
        "comments": comments(actor, thing),
        "assignment": standing(actor, thing.about),
        "members": members(actor),
        "tomorrow": _today() + timedelta(days=1),
    }


def comments(actor: Actor, thing: Thing) -> list[Comment]:
    """The remarks on a thing that this person may read, oldest first."""
    rows = Comment.objects.filter(organisation=actor.organisation, about=thing.about)
    if actor.eyes != "internal":
        rows = rows.filter(audience="partner")
    return list(rows.select_related("by", "text").prefetch_related("mentions").order_by("id"))


def standing(actor: Actor, about: str) -> Assignment | None:
    rows = Assignment.objects.filter(organisation=actor.organisation, about=about, ended_at=None)
    return rows.select_related("to", "by").first()


# -- remarks ---------------------------------------------------------------------------------------------------------


@dataclass
class Said:
    """What came of a remark: on what it stands, and who was mentioned but not told, since they may not read it."""

    thing: Thing
    comment: Comment
    untold: list[User] = field(default_factory=list)


def comment(actor: Actor, about: str, words: str, mentions: Iterable[int] = (), *, for_all: bool = False) -> Said:
    """Puts a remark on a thing and tells those it mentions, by `@name` in the words or by number. Raises Absent where
    the thing is not there for this person, Refusal where there are no words or too many."""
    thing = _needed(actor, about)
    words = words.strip().replace("\0", "")
    if not words:
        raise refuse("workbench/comment", "wb.refused.no-words")
    if len(words) > MOST:
        raise refuse("workbench/comment", "wb.refused.words", most=MOST)
    audience = "partner" if for_all or actor.eyes != "internal" else "internal"
    with transaction.atomic():
        made = Comment.objects.create(organisation_id=actor.organisation, about=thing.about, by_id=actor.user,
                                      at=datetime.now(UTC), audience=audience)  # fmt: skip
        CommentText.objects.create(of=made, words=words)
        told, untold = _mentioned(actor, thing, words, set(mentions), audience)
        made.mentions.set(told)
        _tell(actor, told, "wb.notice.mention", thing)
        journal.record(actor, "comment.made", thing.about,
                       after={"comment": made.pk, "audience": audience, "mentions": [one.pk for one in told],
                              **journal.commit(words, actor.id)})  # fmt: skip
    return Said(thing, made, untold)


def _mentioned(
    actor: Actor, thing: Thing, words: str, chosen: set[int], audience: str
) -> tuple[list[User], list[User]]:
    """Members who are mentioned: those who may read the remark, and those who may not."""
    said = words.casefold()
    named = [one for one in members(actor) if one.pk in chosen or (one.name and f"@{one.name.casefold()}" in said)]
    told: list[User] = []
    untold: list[User] = []
    for one in named:
        theirs = people.acting(one.pk, actor.organisation)
        reads = theirs is not None and (audience == "partner" or theirs.eyes == "internal")
        (told if reads and theirs and things.one(theirs, thing.about, kept=True) else untold).append(one)
    return told, untold


def _tell(actor: Actor, persons: Iterable[User], text: str, thing: Thing, **values: Any) -> None:
    """A notice to each, but not to oneself. Who says it stands as a number, so that no name is kept."""
    now = datetime.now(UTC)
    Notice.objects.bulk_create(
        Notice(organisation_id=actor.organisation, user=one, text=text, values={"by": actor.user, **values},
               about=thing.about, at=now)
        for one in persons if one.pk != actor.user
    )  # fmt: skip


# -- tasks -----------------------------------------------------------------------------------------------------------


def assign(actor: Actor, about: str, to: int, due: date | None, held: str | None = None) -> Assignment:
    """Makes a thing somebody's task; the task of whoever had it ends. `held` is the task the form was opened on, empty
    for none: where another stands now, Stale. Raises Absent, and Refusal where that person could not see the thing."""
    thing = _needed(actor, about)
    person = next((one for one in members(actor) if one.pk == to), None)
    theirs = people.acting(to, actor.organisation) if person else None
    if person is None or theirs is None:
        raise refuse("workbench/assign", "wb.refused.no-member")
    if things.one(theirs, thing.about, kept=True) is None:
        raise refuse("workbench/assign", "wb.refused.unseen", name=person.name)
    with transaction.atomic():
        rows = Assignment.objects.select_for_update().filter(organisation=actor.organisation, about=thing.about)
        old = rows.filter(ended_at=None).first()
        if held is not None and held != (str(old.pk) if old else ""):
            raise Stale
        if old:
            old.ended_at = datetime.now(UTC)
            old.save(update_fields=("ended_at",))
        made = Assignment.objects.create(organisation_id=actor.organisation, about=thing.about, to=person,
                                         by_id=actor.user, at=datetime.now(UTC), due=due)  # fmt: skip
        _tell(actor, [person], "wb.notice.assigned", thing)
        journal.record(actor, "task.assigned", thing.about, before=_told(old), after=_told(made))
    return made


def snooze(actor: Actor, number: int, until: date | None) -> Assignment:
    """Lets a task wait until a day; None wakes it. A day that is not to come is refused."""
    if until and until <= _today():
        raise refuse("workbench/assign", "wb.refused.past-day")
    return _change(actor, number, "task.snoozed", snoozed_until=until)


def end(actor: Actor, number: int) -> Assignment:
    """Says that a task is done."""
    return _change(actor, number, "task.ended", ended_at=datetime.now(UTC))


def _change(actor: Actor, number: int, verb: str, **fields: Any) -> Assignment:
    """A change of a standing task, by whoever has it or whoever gave it."""
    with transaction.atomic():
        rows = Assignment.objects.select_for_update().filter(organisation=actor.organisation, pk=number)
        task = rows.filter(Q(to=actor.user) | Q(by=actor.user)).first()
        if task is None:
            raise Absent
        if task.ended_at:
            raise Stale
        before = _told(task)
        for name, value in fields.items():
            setattr(task, name, value)
        task.save(update_fields=tuple(fields))
        journal.record(actor, verb, task.about, before=before, after=_told(task))
    return task


def _told(task: Assignment | None) -> dict[str, Any] | None:
    if task is None:
        return None
    return {"task": task.pk, "to": task.to_id, "due": task.due, "snoozed_until": task.snoozed_until,
            "ended": task.ended_at is not None}  # fmt: skip


def tasks(actor: Actor) -> QuerySet[Assignment]:
    """What is this person's to do and not done: what waits until a day last, then by the day it is due."""
    return Assignment.objects.filter(organisation=actor.organisation, to=actor.user, ended_at=None).select_related("by")


def ended(actor: Actor, most: int = 5) -> list[Assignment]:
    rows = Assignment.objects.filter(organisation=actor.organisation, to=actor.user).exclude(ended_at=None)
    return list(rows.order_by("-ended_at")[:most])


# -- many at once ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What came of one of many: the thing (None where it is not there), and the refusal where it was not done."""

    about: str
    thing: Thing | None
    refusal: Any = None

    @property
    def done(self) -> bool:
        return self.thing is not None and self.refusal is None


def each(actor: Actor, abouts: Iterable[str], act: Any) -> list[Outcome]:
    """Does one act to each of some things, permitted one by one: those that may not be are told of, the others done."""
    from winze.engine.problems import Refusal

    names = list(dict.fromkeys(abouts))
    found, outcomes = things.of(actor, names), []
    for about in names:
        thing = found.get(about)
        if thing is None:
            outcomes.append(Outcome(about, None))
            continue
        try:
            act(about)
        except Absent:
            outcomes.append(Outcome(about, None))
        except Refusal as wrong:
            outcomes.append(Outcome(about, thing, wrong))
        else:
            outcomes.append(Outcome(about, thing))
    return outcomes


def names(numbers: Iterable[int]) -> dict[int, str]:
    """What persons are called, by number."""
    return dict(User.objects.filter(pk__in=set(numbers)).values_list("pk", "name"))


def _needed(actor: Actor, about: str) -> Thing:
    thing = things.one(actor, about)
    if thing is None:
        raise Absent
    return thing


def _today() -> date:
    return datetime.now(UTC).date()
