"""Sites and parties as rows: put together by the engine from the statements that stand, kept for lists and search.

The rows are only what the engine makes of the statements now; the same can be made as of any earlier day (`as_of`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import date

from winze.engine import matching, register
from winze.engine.records import Statement
from winze.engine.register import Register, fold
from winze.workbench.models import Organisation, Party, Site, SitePlace, Told
from winze.workbench.store import statements

NOUNS = ("visit", "site", "supply", "judgement")
"""The kinds of statements of which sites and parties are made."""


def as_of(
    organisation: int, day: date, known_by: date | None = None, subjects: Iterable[str] | None = None
) -> Register:
    """The register as of a day, by what had been received by another; of some subjects only where they are named (with
    all that was judged to be the same)."""
    told = [s for s in _told(organisation, known_by, subjects) if s.known(day)]
    return register.build(matching.link(told))


def now(organisation: int, subjects: Iterable[str] | None = None) -> Register:
    """The register as it stands, whatever day its statements speak of."""
    return register.build(matching.link(_told(organisation, None, subjects)))


def _told(organisation: int, known_by: date | None, subjects: Iterable[str] | None) -> list[Statement]:
    rows = statements.standing(organisation, known_by).filter(kind__in=NOUNS)
    if subjects is not None:
        rows = rows.filter(subject__in=_cluster(organisation, subjects)) | rows.filter(kind__in=("supply", "judgement"))
    return statements.load(rows)


def _cluster(organisation: int, subjects: Iterable[str]) -> set[str]:
    """The subjects and all that were judged to be one with them."""
    wanted = set(subjects)
    judgements = statements.load(statements.standing(organisation).filter(kind="judgement"))
    canonical = matching.clusters(judgements).canonical
    leaders = {canonical.get(subject, subject) for subject in wanted}
    return wanted | leaders | {subject for subject, leader in canonical.items() if leader in leaders}


def refresh(organisation: int, subjects: Iterable[str] | None = None) -> None:
    """Puts the rows of these subjects (all, where none are named) together anew. Within the caller's transaction."""
    touched = None if subjects is None else _cluster(organisation, subjects)
    built = now(organisation, touched)
    _sites(Organisation.objects.get(pk=organisation), built, touched)
    _parties(organisation, built)


def code(organisation: Organisation, subject: str) -> str:
    """The short code of a place: keyed by the organisation, so that nobody can work it out from a public list."""
    digest = hashlib.blake2b(subject.encode(), key=bytes(organisation.code_key), digest_size=5).digest()
    return base64.b32encode(digest).decode()[:6]


def _sites(organisation: Organisation, built: Register, touched: set[str] | None) -> None:
    kept = {site.subject: site for site in Site.objects.filter(organisation=organisation)
            if touched is None or site.subject in touched}  # fmt: skip
    rows, places = [], {}
    for found in built.sites.values():
        if touched is not None and found.id not in touched:
            continue
        row = kept.pop(found.id, None) or Site(organisation=organisation, subject=found.id)
        row.code, row.country = code(organisation, found.id), found.country
        row.province, row.territory = found.province or "", found.territory or ""
        row.minerals, row.also, row.merged_into = list(found.minerals), list(found.also), ""
        row.visits = len(found.visits)
        row.newest_visit = found.visits[-1].speaks_of.known_on if found.visits else None
        row.in_chain = found.in_chain
        row.version_number += 0 if row.pk is None else 1
        rows.append(row)
        point = found.point
        places[found.id] = SitePlace(
            name=found.name, folded=fold(found.name),
            lat=point.lat if point else None, lon=point.lon if point else None,
            within_km=point.within_km if point else None, workers=found.workers,
        )  # fmt: skip
    new = [row for row in rows if row.pk is None]
    Site.objects.bulk_create(new, batch_size=500)
    old = [row for row in rows if row not in new]
    Site.objects.bulk_update(
        old, ["code", "country", "province", "territory", "minerals", "also", "merged_into", "visits", "newest_visit",
              "in_chain", "version_number"], batch_size=200,
    )  # fmt: skip
    SitePlace.objects.filter(site__in=[row.pk for row in old]).delete()
    for row in rows:
        places[row.subject].site_id = row.pk
    SitePlace.objects.bulk_create([places[row.subject] for row in rows], batch_size=500)
    leaders = {other: site.id for site in built.sites.values() for other in site.also}
    for subject, row in kept.items():
        if subject in leaders:
            row.merged_into = leaders[subject]
            row.save(update_fields=("merged_into",))
        else:
            row.delete()  # nothing that stands speaks of it any more


def _parties(organisation: int, built: Register) -> None:
    kept = {party.subject: party for party in Party.objects.filter(organisation_id=organisation)}
    for found in built.parties.values():
        row = kept.pop(found.id, None) or Party(organisation_id=organisation, subject=found.id)
        row.name, row.folded, row.is_me, row.tier = found.name, fold(found.name), found.is_me, found.tier
        row.links, row.also, row.merged_into = len(found.supplies), list(found.also), ""
        row.version_number += 0 if row.pk is None else 1
        row.save()
    leaders = {other: party.id for party in built.parties.values() for other in party.also}
    for subject, row in kept.items():
        if subject in leaders:
            row.merged_into = leaders[subject]
            row.save(update_fields=("merged_into",))
        else:
            row.delete()


def told_of(organisation: int, subject: str, known_by: date | None = None) -> list[Statement]:
    """Everything that stands of one subject and of what was judged to be the same, oldest first."""
    rows = statements.standing(organisation, known_by).filter(subject__in=_cluster(organisation, {subject}))
    return sorted(statements.load(rows), key=lambda s: (s.speaks_of.known_on, s.id))


def exists(organisation: int, subject: str) -> bool:
    return Told.objects.filter(organisation_id=organisation, subject=subject).exists()
