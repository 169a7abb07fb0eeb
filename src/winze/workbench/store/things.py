"""Things of the register that a remark, a task or a search hit is about, as somebody may know them.

A thing is named by `about`: `risk:KEY`, `plan:KEY`, `site:SUBJECT`, `party:SUBJECT`, `import:NUMBER`. What somebody may
not see is not there for them: so is decided what they may comment on. To those without precise eyes a site is named by
its code, since its key in a source is its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Q

from winze.workbench import addresses
from winze.workbench.access import Actor
from winze.workbench.models import Import, Party, PlanRow, RiskRow, Site, Told
from winze.workbench.store import cycles


@dataclass(frozen=True)
class Thing:
    """One thing: its lasting name, the name a form carries for this reader, what it is called, where its page is."""

    kind: str
    about: str
    handle: str
    words: tuple[Any, ...]
    to: str | None
    letter: str = ""


type Found = dict[str, Thing]


def of(actor: Actor, abouts: Iterable[str], *, kept: bool = False) -> Found:
    """The things of these names that this person may see, each under the name it was asked by. `kept` says that the
    names come from our own rows and not from a form: then a site is found by its subject for any eyes."""
    asked: dict[str, list[str]] = {}
    for about in abouts:
        kind, _, name = about.partition(":")
        if name and kind in _FINDERS:
            asked.setdefault(kind, []).append(name)
    return {
        f"{kind}:{name}": thing
        for kind, names in asked.items()
        for name, thing in _FINDERS[kind](actor, names, kept).items()
    }


def one(actor: Actor, about: str, *, kept: bool = False) -> Thing | None:
    """One thing; None where it is not there for this person."""
    return of(actor, [about], kept=kept).get(about)


def _risks(actor: Actor, names: list[str], kept: bool) -> Found:
    """By key; also by the id a risk has in a run, which only precise eyes know."""
    key = cycles.code_key(actor.organisation)
    keys = {name: name if "/" not in name else cycles.risk_key(key, name) for name in names}
    rows = RiskRow.objects.filter(
        run__organisation=actor.organisation, run__state="done", audience=actor.eyes, key__in=set(keys.values())
    )
    newest = rows.values("key").annotate(last=Max("run")).values_list("key", "last")
    wanted = Q(pk__in=[])
    for found, last in newest:
        wanted |= Q(key=found, run=last)
    by_key = {row.key: row for row in rows.filter(wanted)}
    return {name: risk(by_key[found]) for name, found in keys.items() if found in by_key}


def risk(row: RiskRow) -> Thing:
    about = f"risk:{row.key}"
    where = row.named or row.territory or (f"@country.{row.country}" if row.country else None)
    words = tuple(filter(None, (f"@term.risk.{row.kind}", where)))
    return Thing("risk", about, about, words, addresses.risk(row), row.letter)


def _plans(actor: Actor, names: list[str], kept: bool) -> Found:
    rows = PlanRow.objects.filter(
        run__organisation=actor.organisation, run__state="done", audience=actor.eyes, key__in=names
    ).exclude(key="…")
    found = {
        row.key: Thing("plan", f"plan:{row.key}", f"plan:{row.key}", tuple(filter(None, (row.key, row.named))),
                       addresses.plan(row))
        for row in rows.order_by("run")
    }  # fmt: skip
    if actor.eyes == "internal":
        rest = [name for name in names if name not in found]
        told = Told.objects.filter(organisation=actor.organisation, subject__in=[f"plan:{name}" for name in rest])
        for subject in set(told.values_list("subject", flat=True)):
            name = subject.removeprefix("plan:")
            found[name] = Thing("plan", subject, subject, (name,), addresses.to("plan-of", name))
    return found


def _sites(actor: Actor, names: list[str], kept: bool) -> Found:
    """By code; by subject only for precise eyes."""
    precise = kept or actor.eyes == "internal"
    wanted = Q(code__in=names) | (Q(subject__in=[f"site:{name}" for name in names]) if precise else Q(pk__in=[]))
    found: Found = {}
    for row in Site.objects.filter(wanted, organisation=actor.organisation).select_related("place"):
        thing = site(actor, row)
        found[row.code] = thing
        if precise:
            found[row.subject.removeprefix("site:")] = thing
    return {name: found[name] for name in names if name in found}


def site(actor: Actor, row: Site) -> Thing:
    precise = actor.eyes == "internal"
    named = row.place.name if precise and hasattr(row, "place") else row.code
    handle = row.subject if precise else f"site:{row.code}"
    return Thing("site", row.subject, handle, tuple(filter(None, (named, row.territory))), addresses.site(row))


def _parties(actor: Actor, names: list[str], kept: bool) -> Found:
    if not actor.may("see-chain"):
        return {}
    rows = Party.objects.filter(organisation=actor.organisation, subject__in=[f"party:{name}" for name in names])
    return {row.subject.removeprefix("party:"): party(row) for row in rows}


def party(row: Party) -> Thing:
    return Thing("party", row.subject, row.subject, (row.name,), addresses.to("party", row.pk, row.subject))


def _imports(actor: Actor, names: list[str], kept: bool) -> Found:
    if not actor.may("see-chain"):
        return {}
    numbers = [int(name) for name in names if name.isascii() and name.isdigit() and len(name) < 16]
    rows = Import.objects.filter(organisation=actor.organisation, pk__in=numbers)
    return {str(row.pk): import_(row) for row in rows}


def import_(row: Import) -> Thing:
    about = f"import:{row.pk}"
    return Thing("import", about, about, (row.name,), addresses.to("import", row.pk))


_FINDERS: Mapping[str, Callable[[Actor, list[str], bool], Found]] = {
    "risk": _risks,
    "plan": _plans,
    "site": _sites,
    "party": _parties,
    "import": _imports,
}
