"""Search over everything somebody may see, in any script: names without case and accents, codes, numbers, source keys.

Those without precise eyes find a site by its code or territory alone; names of the chain, files and source keys are
found by those who may see them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from winze.engine.register import fold
from winze.engine.texts import catalogue
from winze.workbench import addresses
from winze.workbench.access import Actor
from winze.workbench.models import Document, Import, Party, PlanRow, RiskRow, Site
from winze.workbench.store import cycles, things
from winze.workbench.store.things import Thing

EACH = 20
"""Hits of a kind that are shown."""
LONGEST = 100
_folded = lru_cache(20_000)(fold)


@dataclass(frozen=True)
class Group:
    """The hits of one kind, the best first; `more` where there are more than are shown."""

    kind: str
    hits: tuple[Thing, ...]
    more: bool


def search(actor: Actor, wanted: str) -> list[Group]:
    """What is called so, begins so or holds it, by kind; kinds without a hit are left out."""
    asked = " ".join(wanted.replace("\0", "").split())[:LONGEST]
    if not asked:
        return []
    groups = []
    for kind, find in _KINDS.items():
        hits = list(find(actor, asked))
        if hits:
            groups.append(Group(kind, tuple(hits[:EACH]), len(hits) > EACH))
    return groups


def _best(rows: QuerySet[Any], name: str, wanted: str, *then: str) -> QuerySet[Any]:
    """The rows whose `name` is, begins with, has a word beginning with, or only holds what was asked, in that order."""
    closeness = Case(
        When(**{name: wanted}, then=Value(0)),
        When(**{f"{name}__startswith": wanted}, then=Value(1)),
        When(**{f"{name}__contains": f" {wanted}"}, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    found: QuerySet[Any] = rows.annotate(closeness=closeness).order_by("closeness", *then)[: EACH + 1]
    return found


def _sites(actor: Actor, asked: str) -> Iterable[Thing]:
    rows = Site.objects.filter(organisation=actor.organisation, merged_into="")
    found, code = fold(asked), asked.upper()
    wanted = Q(code=code) | (Q(code__startswith=code) if len(code) >= 3 else Q(pk__in=[]))
    if found:
        held = rows.exclude(territory="").order_by().values_list("territory", flat=True).distinct()
        wanted |= Q(territory__in=[name for name in held if found in _folded(name)])
    if actor.eyes != "internal":
        return [things.site(actor, row) for row in _best(rows.filter(wanted), "code", code, "territory", "code")]
    wanted |= Q(subject__icontains=asked)
    if found:
        wanted |= Q(place__folded__contains=found)
    rows = rows.filter(wanted).select_related("place")
    return [things.site(actor, row) for row in _best(rows, "place__folded", found, "place__folded", "id")]


def _parties(actor: Actor, asked: str) -> Iterable[Thing]:
    found = fold(asked)
    if not actor.may("see-chain") or not found:
        return []
    rows = Party.objects.filter(organisation=actor.organisation, merged_into="", folded__contains=found)
    return [things.party(row) for row in _best(rows, "folded", found, "folded", "id")]


def _risks(actor: Actor, asked: str) -> Iterable[Thing]:
    """By its kind in any language and, for precise eyes, by the id it has in the files of a run."""
    run = cycles.newest(actor.organisation)
    if run is None:
        return []
    wanted = Q(kind__in=_kinds(fold(asked))) | Q(key=asked.lower().removeprefix("risk:"))
    if actor.eyes == "internal" and len(asked) >= 3:
        wanted |= Q(risk__icontains=asked)
    rows = RiskRow.objects.filter(wanted, run=run, audience=actor.eyes).order_by("position")
    return [things.risk(row) for row in rows[: EACH + 1]]


def _kinds(found: str) -> list[str]:
    """The kinds of risks that are called so in one of our languages."""
    return [kind for kind, names in _named_kinds() if any(found in name for name in names)] if len(found) >= 2 else []


@cache
def _named_kinds() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each kind of risk with its names in our languages, folded."""
    return tuple(
        (name.removeprefix("term.risk."), tuple(fold(text) for text in entry.values() if isinstance(text, str)))
        for name, entry in catalogue().items()
        if name.startswith("term.risk.")
    )


def _plans(actor: Actor, asked: str) -> Iterable[Thing]:
    run = cycles.newest(actor.organisation)
    rows = PlanRow.objects.filter(run=run, audience=actor.eyes, key__icontains=asked).exclude(key__in=("", "…"))
    return things.of(actor, [f"plan:{key}" for key in rows.values_list("key", flat=True)[: EACH + 1]]).values()


def _imports(actor: Actor, asked: str) -> Iterable[Thing]:
    """By number, by the name of the file, or by the first characters of its fingerprint."""
    if not actor.may("see-chain"):
        return []
    wanted = Q(name__icontains=asked)
    number = asked.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 16:
        wanted |= Q(pk=int(number))
    if len(asked) >= 6:
        wanted |= Q(file__sha256__startswith=asked.lower())
    rows = Import.objects.filter(wanted, organisation=actor.organisation).order_by("-id")
    return [things.import_(row) for row in rows[: EACH + 1]]


def _documents(actor: Actor, asked: str) -> Iterable[Thing]:
    """Documents of a class that this person sees, by title or file name."""
    if actor.eyes != "internal":
        return []
    rows = Document.objects.filter(
        Q(title__icontains=asked) | Q(name__icontains=asked), organisation=actor.organisation, withdrawn_at=None,
        data_class__in=[str(one) for one in actor.clearance],
    ).order_by("-id")  # fmt: skip
    return [
        Thing("document", f"document:{row.pk}", f"document:{row.pk}", (row.title or row.name,),
              addresses.to("document", row.pk))
        for row in rows[: EACH + 1]
    ]  # fmt: skip


_KINDS: dict[str, Callable[[Actor, str], Iterable[Thing]]] = {
    "site": _sites,
    "party": _parties,
    "risk": _risks,
    "plan": _plans,
    "import": _imports,
    "document": _documents,
}
