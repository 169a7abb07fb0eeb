"""Pairs of sites and of parties that may be one, and what was judged of them."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse

from winze.formats.wording import phrase
from winze.workbench.models import Proposal
from winze.workbench.presenters import dated
from winze.workbench.store import matches
from winze.workbench.table import (
    COMPETITOR,
    PERSONAL,
    Act,
    Column,
    Filter,
    Order,
    Scope,
    Table,
    declare,
    exactly,
    holding,
    listed,
)

STATES = ("waiting", "same", "not-same", "unsure", "judged", "all")
KINDS = ("site", "party")
BANDS = ("likely-same", "to-judge")


def _rows(scope: Scope) -> QuerySet[Proposal]:
    rows = matches.of(scope.actor).select_related("judged_by").annotate(least_alike=-F("score"))
    return rows if scope.given.get("state") else rows.filter(verdict="")


def _state(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    if value not in STATES:
        raise ValueError(value)
    if value == "all":
        return rows
    if value == "judged":
        return rows.exclude(verdict="")
    return rows.filter(verdict="" if value == "waiting" else value)


def sentence(row: Proposal) -> Any:
    """Why two may be one, as the reader reads it; of a pair that only a file judged, that it was judged."""
    values = dict(row.sentence.get("values", ()))
    if not row.sentence:
        return "@wb.match.judged-elsewhere"
    return lambda language: phrase(row.sentence["text"], language, **values)


def _likeness(row: Proposal) -> Any:
    return f"@term.match.{row.band}" if row.band else None


def _weightiest(row: Proposal) -> Any:
    """The reasons that weigh most, for or against."""
    parts = sorted(row.parts, key=lambda part: -abs(part["contribution"] or 0))[:2]
    return (lambda language: " ".join(part_in_words(part, language) for part in parts)) if parts else None


def part_in_words(part: dict[str, Any], language: str) -> str:
    """One reason for or against, as a sentence."""
    return phrase(part["text"], language, **{name: dated(value) for name, value in part["values"]})


MATCHES = declare(
    Table(
        key="matches",
        title="wb.list.matches",
        question="wb.match.question",
        empty="wb.match.empty",
        rows=_rows,
        columns=(
            Column("kind", "wb.match.col.kind", lambda row: f"@wb.match.kind.{row.of_kind}"),
            Column("band", "wb.match.col.likeness", _likeness, "chip", quiet=_weightiest),
            Column("sentence", "wb.match.col.pair", sentence, "link", COMPETITOR),
            Column("state", "wb.match.col.state", lambda row: f"@wb.match.state.{row.verdict or 'waiting'}", "chip",
                   quiet=lambda row: row.judged_at),
            Column("left", "wb.match.col.left", lambda row: row.left.partition(":")[2], data_class=COMPETITOR),
            Column("right", "wb.match.col.right", lambda row: row.right.partition(":")[2], data_class=COMPETITOR),
            Column("by", "wb.match.col.by", lambda row: (row.judged_by.name if row.judged_by else "–"),
                   data_class=PERSONAL),
        ),
        orders=(
            Order("likeness", "wb.match.order.likeness", ("least_alike", "id")),
            Order("judged", "wb.match.order.judged", ("judged_at", "id")),
        ),
        filters=(
            Filter("state", "wb.match.col.state", _state, listed("wb.match.state", STATES)),
            Filter("kind", "wb.match.col.kind", exactly("of_kind"), listed("wb.match.kind", KINDS)),
            Filter("band", "wb.match.col.likeness", exactly("band"), listed("term.match", BANDS)),
            Filter("about-subject", "wb.match.filter.subject", holding("left", "right"), data_class=COMPETITOR),
        ),
        link=lambda row: reverse("match", args=[row.pk]),
        acts=(Act("not-same", "wb.match.act.not-same", "judge", "match-batch"),),
        act="see-chain",
    )
)  # fmt: skip
