"""Two runs of the cycle beside each other: which ranked risks came, went, changed or moved."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from winze.workbench.models import CycleRun, KeptCount, RiskRow

CHANGES = ("came", "went", "changed", "moved")
NEAR = 0.005
"""Likelihoods that are nearer to each other read the same."""


def changes(new: CycleRun, old: CycleRun, audience: str) -> QuerySet[RiskRow]:
    """The ranked risks that came, went, changed or moved between two runs, each with what it was."""
    was = RiskRow.objects.filter(run=old, audience=audience, key=OuterRef("key"))
    now = RiskRow.objects.filter(run=new, audience=audience, key=OuterRef("key"))

    def of_old(name: str, kind: Any) -> Case:
        return Case(When(run=old, then=F(name)), default=Subquery(was.values(name)[:1]), output_field=kind)

    whole, words, share = IntegerField(null=True), CharField(null=True), FloatField(null=True)
    rows = RiskRow.objects.filter(Q(run=new) | (Q(run=old, rank__isnull=False) & ~Exists(now)), audience=audience)
    rows = rows.annotate(
        was_rank=of_old("rank", whole), was_position=of_old("position", whole), was_p=of_old("p", share),
        was_action=of_old("action", words), was_evidence=of_old("evidence", words),
    )  # fmt: skip
    both = Q(rank__isnull=False, was_rank__isnull=False)
    other = ~Q(action=F("was_action")) | ~Q(evidence=F("was_evidence"))
    other |= Q(p__gt=F("was_p") + NEAR) | Q(p__lt=F("was_p") - NEAR)
    kind = Case(
        When(run=old, then=Value("went")),
        When(rank__isnull=True, was_rank__isnull=False, then=Value("went")),
        When(rank__isnull=False, was_rank__isnull=True, then=Value("came")),
        When(both & other, then=Value("changed")),
        When(both & ~Q(rank=F("was_rank")), then=Value("moved")),
        default=Value(""),
    )
    return rows.annotate(change=kind).exclude(change="")


def counts(new: CycleRun, old: CycleRun, audience: str) -> dict[str, int]:
    """How many risks changed in which way."""
    scope = f"change:{new.pk}:{old.pk}:{audience}"
    kept = dict(KeptCount.objects.filter(scope=scope).values_list("filter", "count"))
    if not kept:
        rows: Any = changes(new, old, audience).order_by()
        counted = dict(rows.values_list("change").annotate(number=Count("id")))
        kept = {kind: counted.get(kind, 0) for kind in CHANGES}
        KeptCount.objects.bulk_create(
            (KeptCount(scope=scope, filter=kind, count=count) for kind, count in kept.items()), ignore_conflicts=True
        )
    return {kind: kept[kind] for kind in CHANGES if kept[kind]}
