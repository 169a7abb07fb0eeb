"""The journal: chained, append-only, and its check names the first thing that is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from winze.workbench.access import Actor
from winze.workbench.models import Event, Head
from winze.workbench.store import journal

pytestmark = [pytest.mark.django_db, pytest.mark.store]


def test_a_fresh_journal_verifies_and_knows_its_own_head() -> None:
    found = journal.verify(journal.head())
    assert found.fault is None
    assert found.events == Event.objects.count() > 0
    assert journal.verify(journal.head()[:16]).fault is None


def test_an_event_follows_the_one_before(actor: Callable[[str], Actor]) -> None:
    before = journal.head()
    event = journal.record(actor("analyst"), "test.done", "test:1", after={"figure": 0.1, "words": "一"})
    assert event.previous == before
    assert journal.head() == event.hash == journal.digest(Event.objects.get(seq=event.seq))


@pytest.mark.parametrize("change", ["UPDATE workbench_event SET why = 'x'", "DELETE FROM workbench_event"])
def test_the_database_refuses_to_change_an_event(change: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.fixture
def unguarded() -> None:
    """As an owner of the database file could do: without the triggers."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER journal_no_update")
            cursor.execute("DROP TRIGGER journal_no_delete")
        else:
            cursor.execute("DROP TRIGGER journal_no_change ON workbench_event")


@pytest.mark.usefixtures("unguarded")
def test_verify_names_the_first_broken_link() -> None:
    seventh = Event.objects.order_by("seq")[6]
    Event.objects.filter(seq=seventh.seq).update(why="because I said so")
    assert journal.verify().fault == journal.Fault(seventh.seq, "changed")
    third = Event.objects.order_by("seq")[2]
    Event.objects.filter(seq=third.seq).delete()
    assert journal.verify().fault == journal.Fault(third.seq, "missing")


@pytest.mark.usefixtures("unguarded")
def test_verify_sees_a_cut_tail() -> None:
    printed = journal.head()
    newest = Event.objects.order_by("-seq")[0]
    Event.objects.filter(seq=newest.seq).delete()
    assert journal.verify().fault == journal.Fault(newest.seq, "cut")
    Head.objects.update(seq=newest.seq - 1, hash=newest.previous)  # somebody who also knows where the end is kept
    assert journal.verify().fault is None
    assert journal.verify(printed).fault == journal.Fault(newest.seq, "head")


def test_verify_does_not_know_a_head_that_never_was() -> None:
    assert journal.verify("f" * 64).fault is not None
