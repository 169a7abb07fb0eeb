"""Sites and parties as rows: put together by the engine from the statements that stand, kept for lists and search.

The rows are only what the engine makes of the statements now; the same can be made as of any earlier day (`as_of`).
Where few subjects are touched only those are put together anew; `refresh` without subjects is the slow twin.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from itertools import batched
from typing import Any

from winze.engine import matching, register
from winze.engine.records import Statement
from winze.engine.register import Register, fold
from winze.workbench.models import Organisation, Party, Site, SitePlace, Told
from winze.workbench.store import statements

NOUNS = ("visit", "site", "supply", "judgement")
"""The kinds of statements of which sites and parties are made."""
MANY = 400
"""Subjects touched from which the whole register is put together anew."""


def as_of(
    organisation: int, day: date, known_by: date | None = None, subjects: Iterable[str] | None = None
) -> Register:
    """The register as of a day, by what had been received by another; of some subjects only where they are named (with
    all that was judged to be the same)."""
    said = [s for s in _told(organisation, known_by, subjects) if s.known(day)]
    return register.build(matching.link(said))


def now(organisation: int, subjects: Iterable[str] | None = None) -> Register:
    """The register as it stands, whatever day its statements speak of."""
    return register.build(matching.link(_told(organisation, None, subjects)))


def _told(organisation: int, known_by: date | None, subjects: Iterable[str] | None) -> list[Statement]:
    if subjects is None:
        return statements.load(statements.standing(organisation, known_by).filter(kind__in=NOUNS), persons=True)
    return told(organisation, cluster(organisation, subjects), known_by)


def told(
    organisation: int, subjects: Iterable[str], known_by: date | None = None, *, judgements: bool = True
) -> list[Statement]:
    """What stands of exactly these sites, every link of the chain and, if asked for, every judgement."""
    rows = statements.standing(organisation, known_by)
    kinds = ("supply", "judgement") if judgements else ("supply",)
    found = statements.load(rows.filter(kind__in=kinds), persons=True)
    for some in batched(sorted(subjects), statements.AT_ONCE, strict=False):
        found += statements.load(rows.filter(kind__in=("visit", "site"), subject__in=some))
    return found


def judgements(organisation: int) -> list[Statement]:
    """Every judgement that stands in the register, with who made it."""
    return statements.load(statements.standing(organisation).filter(kind="judgement"), persons=True)


def facts(organisation: int) -> list[Statement]:
    """Numbers and seats of parties, by which two may be known to be one."""
    return statements.load(statements.standing(organisation).filter(kind="fact", subject__startswith="party:"))


def cluster(organisation: int, subjects: Iterable[str]) -> set[str]:
    """The subjects and all that were judged to be one with them."""
    wanted = set(subjects)
    canonical = matching.clusters(judgements(organisation)).canonical
    leaders = {canonical.get(subject, subject) for subject in wanted}
    return wanted | leaders | {subject for subject, leader in canonical.items() if leader in leaders}


def party_names(organisation: int, subjects: Iterable[str]) -> dict[str, str]:
    """What parties are called, by subject."""
    rows = Party.objects.filter(organisation_id=organisation, subject__in=list(subjects))
    return dict(rows.values_list("subject", "name"))


# -- rows ------------------------------------------------------------------------------------------------------------


def refresh(organisation: int, subjects: Iterable[str] | None = None) -> None:
    """Puts the rows of these subjects (all, where none are named) together anew. Within the caller's transaction."""
    touched = None if subjects is None else cluster(organisation, subjects)
    if touched is not None and len(touched) > MANY:
        touched = None
    said = _told(organisation, None, touched)
    linked = matching.link(said)
    built = register.build(linked)
    merged = {other for one in (*built.sites.values(), *built.parties.values()) for other in one.also}
    apart = register.build([s for s in said if s.kind == "supply" or s.subject in merged]) if merged else None
    home = Organisation.objects.get(pk=organisation)
    _sites(home, built, apart, touched)
    if touched is not None:
        _chain(organisation, linked)
    if touched is None or any(not subject.startswith("site:") for subject in touched):
        _parties(organisation, built, apart)


def code(organisation: Organisation, subject: str) -> str:
    """The short code of a place: keyed by the organisation, so that nobody can work it out from a public list."""
    digest = hashlib.blake2b(subject.encode(), key=bytes(organisation.code_key), digest_size=5).digest()
    return base64.b32encode(digest).decode()[:6]


def _with_merged[T: (register.Site, register.Party)](
    found: Mapping[str, T], apart: Mapping[str, T]
) -> dict[str, tuple[T, str]]:
    """Each site or party with the one that stands for it, empty where it stands for itself."""
    leaders = {other: one.id for one in found.values() for other in one.also}
    merged = {id: (apart[id], leader) for id, leader in leaders.items() if id in apart}
    return merged | {id: (one, "") for id, one in found.items()}


def _sites(organisation: Organisation, built: Register, apart: Register | None, touched: set[str] | None) -> None:
    rows = Site.objects.filter(organisation=organisation).select_related("place")
    kept = {row.subject: row for row in (rows if touched is None else _among(rows, touched))}
    new, changed, places = [], [], {}
    for subject, (found, leader) in _with_merged(built.sites, apart.sites if apart else {}).items():
        if touched is not None and subject not in touched:
            continue
        row = kept.pop(subject, None) or Site(
            organisation=organisation, subject=subject, code=code(organisation, subject)
        )
        values, place = _site_values(found, leader, row if touched is not None else None), _place_values(found)
        if row.pk is None:
            new.append(_set(row, values))
            places[subject] = place
        elif _differs(row, values) or _differs(row.place, place):
            row.version_number += 1
            changed.append(_set(row, values))
            places[subject] = place
    Site.objects.bulk_create(new, batch_size=500)
    Site.objects.bulk_update(changed, [*_SITE, "version_number"], batch_size=200)
    SitePlace.objects.filter(site__in=[row.pk for row in changed]).delete()
    SitePlace.objects.bulk_create(
        [SitePlace(site=row, **places[row.subject]) for row in (*new, *changed)], batch_size=500
    )
    for some in batched([row.pk for row in kept.values()], statements.AT_ONCE, strict=False):
        Site.objects.filter(pk__in=some).delete()  # nothing that stands speaks of them any more


_SITE = ("country", "province", "territory", "minerals", "also", "merged_into", "visits", "newest_visit", "in_chain")


def _site_values(found: register.Site, leader: str, before: Site | None) -> dict[str, Any]:
    """`before` is the row whose place in the chain is worked out later, with all others."""
    in_chain = found.in_chain if before is None else before.in_chain
    return {
        "country": found.country, "province": found.province or "", "territory": found.territory or "",
        "minerals": list(found.minerals), "also": list(found.also), "merged_into": leader,
        "visits": len(found.visits), "in_chain": in_chain and not leader,
        "newest_visit": found.visits[-1].speaks_of.known_on if found.visits else None,
    }  # fmt: skip


def _place_values(found: register.Site) -> dict[str, Any]:
    point = found.point
    return {
        "name": found.name[:300], "folded": fold(found.name)[:300], "lat": point.lat if point else None,
        "lon": point.lon if point else None, "within_km": point.within_km if point else None, "workers": found.workers,
    }  # fmt: skip


def _set[R: (Site, Party)](row: R, values: dict[str, Any]) -> R:
    for name, value in values.items():
        setattr(row, name, value)
    return row


def _differs(row: Any, values: dict[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())


def _among(rows: Any, subjects: set[str]) -> list[Any]:
    return [
        row for some in batched(sorted(subjects), statements.AT_ONCE, strict=False)
        for row in rows.filter(subject__in=some)
    ]  # fmt: skip


def _chain(organisation: int, linked: list[Statement]) -> None:
    """Which sites the chain claims: a name that comes or goes may claim or free others, so that all are looked at, by
    what their rows say."""
    rows = Site.objects.filter(organisation_id=organisation, merged_into="")
    if not any(s.kind == "supply" for s in linked):
        rows.filter(in_chain=True).update(in_chain=False)
        return
    columns = ("subject", "place__name", "country", "province", "territory", "minerals", "also", "in_chain")
    sites, before, joined = {}, set(), set()
    for subject, name, country, province, territory, minerals, also, in_chain in rows.values_list(*columns):
        area = f"area:{country}/{fold(territory)}" if territory else None
        sites[subject] = register.Site(subject, name, country, province or None, territory or None, area, None,
                                       tuple(minerals), None, (), (), False, tuple(also))  # fmt: skip
        joined |= {subject, *also} if also else set()
        before |= {subject} if in_chain else set()
    if joined:  # these go by the names of all that were judged to be one
        sites |= {id: site for id, site in now(organisation, joined).sites.items() if id in sites}
    claimed = register.claimed(sites, linked)
    for names, value in ((claimed - before, True), (before - claimed, False)):
        for some in batched(sorted(names), statements.AT_ONCE, strict=False):
            rows.filter(subject__in=some).update(in_chain=value)


def _parties(organisation: int, built: Register, apart: Register | None) -> None:
    kept = {row.subject: row for row in Party.objects.filter(organisation_id=organisation)}
    new, changed = [], []
    for subject, (found, leader) in _with_merged(built.parties, apart.parties if apart else {}).items():
        row = kept.pop(subject, None) or Party(organisation_id=organisation, subject=subject)
        values = {
            "name": found.name[:300], "folded": fold(found.name)[:300], "is_me": found.is_me, "tier": found.tier,
            "links": len(found.supplies), "also": list(found.also), "merged_into": leader,
        }  # fmt: skip
        if row.pk is None:
            new.append(_set(row, values))
        elif _differs(row, values):
            row.version_number += 1
            changed.append(_set(row, values))
    Party.objects.bulk_create(new, batch_size=500)
    Party.objects.bulk_update(changed, [*values, "version_number"] if changed else ["name"], batch_size=200)
    Party.objects.filter(pk__in=[row.pk for row in kept.values()]).delete()


# -- what is told ----------------------------------------------------------------------------------------------------


def told_of(organisation: int, subject: str, known_by: date | None = None) -> list[Statement]:
    """Everything that stands of one subject and of what was judged to be the same, oldest first."""
    rows = statements.standing(organisation, known_by).filter(subject__in=cluster(organisation, {subject}))
    return sorted(statements.load(rows), key=lambda s: (s.speaks_of.known_on, s.id))


def exists(organisation: int, subject: str) -> bool:
    return Told.objects.filter(organisation_id=organisation, subject=subject).exists()
