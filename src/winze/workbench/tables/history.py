"""The journal as a list: what happened to one record, or in the whole register, newest first."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse

from winze.engine.records import DataClass
from winze.engine.texts import catalogue
from winze.workbench.models import Event, User
from winze.workbench.store import history, journal
from winze.workbench.table import (
    COMPETITOR,
    Column,
    Filter,
    Order,
    Scope,
    Table,
    declare,
    exactly,
    holding,
    since,
    until,
)

SHORT = 160
"""Characters of a value that a list shows; the record's own page has it whole."""


def _rows(scope: Scope) -> QuerySet[Event]:
    whose = User.objects.annotate(key=Concat(Value("user:"), Cast("pk", CharField()), output_field=CharField()))
    rows = Event.objects.filter(organisation_id=scope.actor.organisation).annotate(
        newest=-F("seq"), who=Subquery(whose.filter(key=OuterRef("actor")).values("name")[:1])
    )
    about = str(scope.given.get("about") or "")
    return rows.filter(subject__in=history.subjects(scope.actor.organisation, about)) if about else rows


def changes(event: Event) -> list[str]:
    """Each field that changed, old and new: `territory: Kalehe → Mwenga`."""
    return [f"{name}: {_short(old)} → {_short(new)}" for name, old, new in journal.changed(event.before, event.after)]


def _short(value: Any) -> str:
    if value is None or value == "":
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def _until(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    return until("at__date")(rows, value)


def _link(event: Event) -> str | None:
    kind, _, key = event.subject.partition(":")
    return reverse("history", args=[kind, key]) if key else None


def _happenings(scope: Scope) -> list[tuple[str, str]]:
    """What a journal can tell of, to choose from; acts on plans together."""
    events = sorted(name.removeprefix("wb.event.") for name in catalogue() if name.startswith("wb.event."))
    return [(name, f"@wb.event.{name}") for name in events] + [("plan.", "@wb.nav.plans")]


def happened(event: Event) -> str:
    """What happened, as a term: an act on a plan by its own word, anything else by that of its event."""
    kind, _, act = event.verb.partition(".")
    if kind == "plan":
        return f"@term.act.{act}"
    return f"@wb.event.{event.verb}" if f"wb.event.{event.verb}" in catalogue() else event.verb


JOURNAL = declare(
    Table(
        key="journal",
        title="wb.list.journal",
        question="wb.journal.question",
        empty="wb.journal.empty",
        rows=_rows,
        columns=(
            Column("seq", "wb.col.seq", lambda event: event.seq, "count"),
            Column("at", "wb.col.at", lambda event: event.at, "date"),
            Column("actor", "wb.col.actor", lambda event: event.actor),
            Column("who", "wb.col.who", lambda event: event.who or "–", data_class=DataClass.PERSONAL),
            Column("verb", "wb.col.verb", happened, "chip"),
            Column("subject", "wb.col.subject", lambda event: event.subject, "link", COMPETITOR),
            Column("changes", "wb.col.changes", changes, "words", COMPETITOR),
            Column("why", "wb.col.why", lambda event: event.why or "–", "words", data_class=COMPETITOR),
        ),
        orders=(
            Order("newest", "wb.order.newest", ("newest",)),
            Order("oldest", "wb.order.oldest", ("seq",)),
        ),
        filters=(
            Filter("verb", "wb.col.verb", holding("verb"), _happenings),
            Filter("actor", "wb.col.actor", exactly("actor")),
            Filter("subject", "wb.col.subject", holding("subject"), data_class=COMPETITOR),
            Filter("since", "wb.filter.since", since("at__date"), kind="date"),
            Filter("until", "wb.filter.until", _until, kind="date"),
        ),
        link=_link,
        act="journal",
        id=lambda event: f"event:{event.seq}",
    )
)  # fmt: skip
