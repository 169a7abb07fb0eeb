"""Sites and parties as rows: put together by the engine from the statements that stand, kept for lists and search.

The rows are only what the engine makes of the statements now; the same can be made as of any earlier day (`as_of`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from winze.engine import matching, register
from winze.engine.records import Statement, Supply
from winze.engine.register import Register, fold, party_id
from winze.engine.texts import refuse
from winze.workbench.access import Actor
from winze.workbench.models import CycleRun, Organisation, Party, RiskRow, Site, SitePlace, Told
from winze.workbench.store import Absent, Stale, journal, statements

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
        rows = rows.filter(subject__in=cluster(organisation, subjects)) | rows.filter(kind__in=("supply", "judgement"))
    return statements.load(rows)


def cluster(organisation: int, subjects: Iterable[str]) -> set[str]:
    """The subjects and all that were judged to be one with them."""
    wanted = set(subjects)
    judgements = statements.load(statements.standing(organisation).filter(kind="judgement"))
    canonical = matching.clusters(judgements).canonical
    leaders = {canonical.get(subject, subject) for subject in wanted}
    return wanted | leaders | {subject for subject, leader in canonical.items() if leader in leaders}


def refresh(organisation: int, subjects: Iterable[str] | None = None) -> None:
    """Puts the rows of these subjects (all, where none are named) together anew. Within the caller's transaction."""
    touched = None if subjects is None else cluster(organisation, subjects)
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
    standing = SitePlace.objects.filter(site__organisation=organisation)
    standing = standing if touched is None else standing.filter(site__subject__in=touched)
    known = {place.site_id: place for place in standing}
    rows, places = [], {}
    for found in built.sites.values():
        if touched is not None and found.id not in touched:
            continue
        row = kept.pop(found.id, None) or Site(organisation=organisation, subject=found.id)
        before = _form(row, known.get(row.pk))
        row.code, row.country = code(organisation, found.id), found.country
        row.province, row.territory = found.province or "", found.territory or ""
        row.minerals, row.also, row.merged_into = list(found.minerals), list(found.also), ""
        row.visits = len(found.visits)
        row.newest_visit = found.visits[-1].speaks_of.known_on if found.visits else None
        row.in_chain = found.in_chain
        point = found.point
        places[found.id] = SitePlace(
            name=found.name, folded=fold(found.name),
            lat=point.lat if point else None, lon=point.lon if point else None,
            within_km=point.within_km if point else None, workers=found.workers,
        )  # fmt: skip
        if row.pk is None or _form(row, places[found.id]) != before:
            row.version_number += 0 if row.pk is None else 1
            rows.append(row)
    new, old = [row for row in rows if row.pk is None], [row for row in rows if row.pk is not None]
    Site.objects.bulk_create(new, batch_size=500)
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


def _form(row: Site, place: SitePlace | None) -> tuple[Any, ...]:
    """What of a site counts as a change, so that a form is stale only where something changed."""
    seen = (place.name, place.lat, place.lon, place.within_km, place.workers) if place else ()
    return (row.code, row.country, row.province, row.territory, row.minerals, row.also, row.merged_into, row.visits,
            row.newest_visit, row.in_chain, *seen)  # fmt: skip


def _parties(organisation: int, built: Register) -> None:
    kept = {party.subject: party for party in Party.objects.filter(organisation_id=organisation)}
    for found in built.parties.values():
        row = kept.pop(found.id, None) or Party(organisation_id=organisation, subject=found.id)
        before = told_of_party(row)
        row.name, row.folded, row.is_me, row.tier = found.name, fold(found.name), found.is_me, found.tier
        row.links, row.also, row.merged_into = len(found.supplies), list(found.also), ""
        if row.pk is None or told_of_party(row) != before:
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
    rows = statements.standing(organisation, known_by).filter(subject__in=cluster(organisation, {subject}))
    return sorted(statements.load(rows), key=lambda s: (s.speaks_of.known_on, s.id))


def exists(organisation: int, subject: str) -> bool:
    return Told.objects.filter(organisation_id=organisation, subject=subject).exists()


# -- one record ------------------------------------------------------------------------------------------------------


def site(actor: Actor, number: int) -> Site:
    """A site of the actor's organisation. Raises Absent."""
    found = Site.objects.filter(organisation_id=actor.organisation, pk=number).select_related("place").first()
    if found is None:
        raise Absent
    return found


def party(actor: Actor, number: int) -> Party:
    """A party of the actor's organisation. Raises Absent."""
    found = Party.objects.filter(organisation_id=actor.organisation, pk=number).first()
    if found is None:
        raise Absent
    return found


def number_of(organisation: int, subject: str) -> tuple[str, int] | None:
    """Where the page of a subject is: `("site", 12)` or `("party", 3)`; None for a subject that has none. What was
    merged leads to what it was merged into."""
    where = subject.partition("#")[0]
    for kind, row in (("site", Site), ("party", Party)):
        if where.startswith(f"{kind}:"):
            found = row.objects.filter(organisation_id=organisation, subject=where).values_list("id", "merged_into")
            for pk, leader in found:
                return number_of(organisation, leader) if leader else (kind, pk)
    return None


def number_of_code(organisation: int, code: str) -> int | None:
    """The site behind a short code; None where no site has it, or two do."""
    found = list(Site.objects.filter(organisation_id=organisation, code=code).values_list("id", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def numbers_of(organisation: int, names: Iterable[str]) -> dict[str, int]:
    """The pages of parties by their subject."""
    rows = Party.objects.filter(organisation_id=organisation, subject__in=[party_id(name) for name in names])
    return dict(rows.values_list("subject", "id"))


def suppliers(organisation: int, first: str | None = None) -> list[str]:
    """The names of those who sell in the chain, the nearest first; one party, where it is named, before all."""
    rows = Party.objects.filter(organisation_id=organisation, is_me=False, merged_into="").order_by("tier", "folded")
    found = list(rows.values_list("subject", "name"))
    return [name for subject, name in sorted(found, key=lambda pair: pair[0] != first)]


def risks_of(run: CycleRun | None, audience: str, row: Site | Party, subjects: Iterable[str]) -> QuerySet[RiskRow]:
    """The risks of a run about a record: by its subject for internal eyes, by its code for the others."""
    rows = RiskRow.objects.filter(run=run, audience=audience).order_by("position")
    if audience == "internal":
        return rows.filter(subject__in=list(subjects))
    if isinstance(row, Site):
        return rows.filter(territory=row.territory, named=row.code)
    return rows.none()


def links(organisation: int, subject: str) -> list[tuple[int, Statement]]:
    """The links of the chain that stand and name a party, each with the number of its row, oldest first."""
    names = cluster(organisation, {subject})
    rows = statements.standing(organisation).filter(kind=Supply.kind).order_by("id")
    told = zip(rows.values_list("id", flat=True), statements.load(rows), strict=True)
    return [
        (number, s)
        for number, s in told
        if isinstance(s.said, Supply) and {party_id(s.said.supplier), party_id(s.said.buyer)} & names
    ]


def link(actor: Actor, number: int) -> Statement:
    """One link of the chain that stands. Raises Absent."""
    found = statements.load(statements.standing(actor.organisation).filter(kind=Supply.kind, pk=number))
    if not found:
        raise Absent
    return found[0]


# -- edits: something new that somebody says; what was said before stays ----------------------------------------------


def enter_site(actor: Actor, said: Statement, number: int | None, seen: int, why: str) -> Site:
    """Adds what somebody says of a site, as of a day. Nothing earlier is overwritten; a second word of the same day
    takes the place of the first. Raises Stale where the site changed since the form was shown, Refusal where a new site
    has the name of one that is there."""
    with transaction.atomic():
        row = None if number is None else _locked_site(actor, number, seen)
        if row is None and exists(actor.organisation, said.subject):
            raise refuse("workbench/register", "wb.site.same-name")
        assert row is None or row.subject == said.subject
        before = told_of_site(row) if row else None
        gone = statements.standing(actor.organisation).filter(
            subject=said.subject, kind=said.kind, of=None, known_on=said.speaks_of.known_on
        )
        _add(actor, said, "site.edited" if row else "site.added", gone, before, why, {said.subject})
        found = Site.objects.select_related("place").get(organisation_id=actor.organisation, subject=said.subject)
        if row and found.version_number == row.version_number:
            found.version_number += 1
            found.save(update_fields=("version_number",))
        return found


def enter_link(actor: Actor, said: Statement, replaces: int | None, why: str) -> None:
    """Adds a link of the chain, or says an existing one anew (with its end, another origin). The one it replaces stands
    no longer, and the register as of an earlier day still has it. Raises Stale where that one is gone already."""
    with transaction.atomic():
        standing = statements.standing(actor.organisation).filter(kind=Supply.kind)
        gone = standing.filter(pk=replaces) if replaces else standing.none()
        before = [told_of_link(s) for s in statements.load(gone)]
        if replaces and not before:
            raise Stale
        if standing.exclude(pk__in=[replaces or 0]).filter(sid=said.id).exists():
            raise refuse("workbench/register", "wb.party.same-link")
        verb = "link.edited" if replaces else "link.added"
        _add(actor, said, verb, gone, before[0] if before else None, why, None)


def _add(actor: Actor, said: Statement, verb: str, gone: QuerySet[Told], before: Any, why: str,
         touched: set[str] | None) -> None:  # fmt: skip
    """One more statement, what it ends, and the rows of sites and parties put together anew, with the event."""
    today, ended = datetime.now(UTC).date(), list(gone.values_list("id", flat=True))
    Told.objects.filter(pk__in=ended).update(gone_on=today)
    (made,) = statements.add(actor.organisation, None, [said], today)
    refresh(actor.organisation, touched)
    if isinstance(said.said, Supply):
        after = told_of_link(said)
    else:
        after = told_of_site(Site.objects.get(organisation_id=actor.organisation, subject=said.subject))
    event = journal.record(actor, verb, said.subject, before=before, after=after | {"told": made.pk}, why=why)
    Told.objects.filter(pk__in=ended).update(gone_by=event.seq)


def _locked_site(actor: Actor, number: int, seen: int) -> Site:
    row = Site.objects.select_for_update().filter(organisation_id=actor.organisation, pk=number).first()
    if row is None:
        raise Absent
    if row.version_number != seen:
        raise Stale
    return row


def told_of_site(row: Site) -> dict[str, Any]:
    """A site as the journal tells of it."""
    place = SitePlace.objects.filter(site=row.pk).first() if row.pk else None
    return {
        "name": place.name if place else None, "country": row.country, "province": row.province,
        "territory": row.territory, "minerals": list(row.minerals), "visits": row.visits, "in_chain": row.in_chain,
        "also": list(row.also), "merged_into": row.merged_into, "code": row.code, "newest_visit": row.newest_visit,
        "latitude": place.lat if place else None, "longitude": place.lon if place else None,
        "within_km": place.within_km if place else None, "workers": place.workers if place else None,
    }  # fmt: skip


def told_of_party(row: Party) -> dict[str, Any]:
    """A party as the journal tells of it."""
    return {"name": row.name, "is_me": row.is_me, "tier": row.tier, "links": row.links, "also": list(row.also),
            "merged_into": row.merged_into}  # fmt: skip


def told_of_link(said: Statement) -> dict[str, Any]:
    """A link of the chain as the journal tells of it."""
    link = said.said
    assert isinstance(link, Supply)
    return {
        "supplier": link.supplier, "buyer": link.buyer, "mineral": link.mineral, "origin": link.origin,
        "route": list(link.route), "from": said.speaks_of.start, "until": link.until, "position": link.my_position,
    }  # fmt: skip


def imports_of(organisation: int, names: Iterable[str]) -> dict[str, int]:
    """The imports that stand, by the name of their file."""
    rows = statements.loaded(organisation).filter(name__in=set(names))
    return dict(rows.values_list("name", "id"))
