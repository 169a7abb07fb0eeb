"""Sites and parties as rows: put together by the engine from the statements that stand, kept for lists and search.

The rows are only what the engine makes of the statements now; the same can be made as of any earlier day (`as_of`).
Where few subjects are touched only those are put together anew; `refresh` without subjects is the slow twin.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import batched
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


def refresh(organisation: int, subjects: Iterable[str] | None = None) -> Register | None:
    """Puts the rows of these subjects (all, where none are named) together anew. Within the caller's transaction. Gives
    the register where all of it was put together, so that nobody need do it again; else None."""
    touched = None if subjects is None else cluster(organisation, subjects)
    if touched is not None and len(touched) > MANY:
        touched = None
    said = _told(organisation, None, touched)
    linked = matching.link(said)
    built = register.build(linked)
    merged = {other for site in built.sites.values() for other in site.also}
    merged |= {other for party in built.parties.values() for other in party.also}
    apart = register.build([s for s in said if s.kind == "supply" or s.subject in merged]) if merged else None
    home = Organisation.objects.get(pk=organisation)
    _sites(home, built, apart, touched)
    if touched is not None:
        _chain(organisation, linked)
    if touched is None or any(not subject.startswith("site:") for subject in touched):
        _parties(organisation, built, apart)
    return built if touched is None else None


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
    new: list[Party] = []
    changed: list[Party] = []
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


def risk_row(run: CycleRun, audience: str, position: int) -> RiskRow:
    """One risk of a run. Raises Absent."""
    found = RiskRow.objects.filter(run=run, audience=audience, position=position).first()
    if found is None:
        raise Absent
    return found


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
    """One link of the chain that stands. Raises Absent, and Stale for one that somebody has said anew or ended."""
    rows = Told.objects.filter(organisation_id=actor.organisation, kind=Supply.kind, pk=number)
    if not rows.exists():
        raise Absent
    found = statements.load(rows.filter(gone_on=None))
    if not found:
        raise Stale
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
