"""Who and where: sites, areas and parties put together from what statements say of them.

A site is one subject of visits and of the user's own list. That two subjects are one is a person's judgement on top
(`engine.matching`): statements linked by one come here under one subject, and the others it goes by stand in `also`.
Nothing is guessed: a territory that joins no p-code keeps its name as its id and says so.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from winze.engine.records import ConflictCount, Place, Point, SiteEntry, Statement, Supply, Visit, of_kind


@dataclass(frozen=True, slots=True)
class Site:
    """A mine site: the newest known value of each field, and every visit in order of the day it became known."""

    id: str
    name: str
    country: str
    province: str | None
    territory: str | None
    area: str | None  # id of its Area
    point: Point | None
    minerals: tuple[str, ...]
    workers: int | None
    visits: tuple[Statement, ...]  # statements whose record is a Visit
    entries: tuple[Statement, ...]  # statements whose record is a SiteEntry
    in_chain: bool
    also: tuple[str, ...] = ()  # the other subjects sources call it by, as a person judged


@dataclass(frozen=True, slots=True)
class Area:
    """A second-level administrative area: a territory, district or municipality.

    `code` is its p-code, None where no name joined. `centre` is the mean of public points in it (sites, health
    sites), for drawing and distance bands only; None where there are none.
    """

    id: str
    name: str
    province: str | None
    country: str
    code: str | None
    centre: Point | None
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Party:
    """A company, cooperative or person that buys or sells in the chain."""

    id: str
    name: str
    supplies: tuple[Statement, ...]  # statements whose record is a Supply, this party on either side
    is_me: bool
    tier: int | None  # steps from me along the chain, 0 for me, None where no path is known
    also: tuple[str, ...] = ()  # the other parties it stands for, as a person judged


@dataclass(frozen=True, slots=True)
class Register:
    """Sites, areas and parties by id. `unjoined` lists territories that join no area code, with their sites' number."""

    sites: Mapping[str, Site]
    areas: Mapping[str, Area]
    parties: Mapping[str, Party]
    me: str | None  # party id
    chain_origins: Mapping[str, tuple[Statement, ...]]  # site, area or country id -> Supply statements claiming it
    unjoined: tuple[tuple[str, int], ...] = ()


def fold(name: str) -> str:
    """A name without case, accents, hyphens and doubled spaces, for joining lists that spell differently."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in plain.casefold()).split())


def names_of(one: Site | Party) -> frozenset[str]:
    """The folded names by which a site or party is looked up: its own and, where several were judged to be one, all of
    theirs."""
    found = {one.name, *(key(id) for id in one.also)}
    if isinstance(one, Site):
        found |= {key(one.id), *(_name(s) for s in (*one.visits, *one.entries) if one.also)}
    return frozenset(fold(name) for name in found)


def key(subject: str) -> str:
    """What a subject is called in its own source: the part after kind and source."""
    return subject.partition(":")[2].rpartition("/")[2]


def _name(statement: Statement) -> str:
    assert isinstance(statement.said, Visit | SiteEntry)
    return statement.said.name


def build(statements: list[Statement]) -> Register:
    """Puts sites, areas and parties together from the statements known on a day."""
    visits = _by_subject(statements, Visit)
    entries = _by_subject(statements, SiteEntry)
    codes = area_codes(statements)
    links = sorted((statement for statement, _ in of_kind(statements, Supply)), key=lambda link: link.id)
    bare = {id: _site(id, visits.get(id, ()), entries.get(id, ()), codes) for id in sorted({*visits, *entries})}
    origins = _chain_origins(links, bare, codes)
    sites = {id: replace(site, in_chain=_in_chain(site, origins)) for id, site in bare.items()}
    return Register(
        sites=sites,
        areas=_areas(sites, codes),
        parties=_parties(links),
        me=_me(links),
        chain_origins=origins,
        unjoined=_unjoined(sites, codes),
    )


@dataclass(frozen=True, slots=True)
class Code:
    code: str
    name: str
    province: str | None
    country: str


type Codes = Mapping[tuple[str, str], tuple[Code, ...]]
"""Area codes by (country, folded name); several where provinces share a name."""


def area_codes(statements: list[Statement]) -> Codes:
    found: dict[tuple[str, str], dict[str, Code]] = defaultdict(dict)
    for statement, count in of_kind(statements, ConflictCount):
        if count.territory and statement.subject.startswith("area:"):
            code = statement.subject.removeprefix("area:")
            key = (count.country, fold(count.territory))
            found[key].setdefault(code, Code(code, count.territory, count.province, count.country))
    for _, place in of_kind(statements, Place):
        if place.level == 2:
            key = (place.country, fold(place.name))
            found[key].setdefault(place.code, Code(place.code, place.name, None, place.country))
    return {key: tuple(codes[code] for code in sorted(codes)) for key, codes in found.items()}


def join(country: str, territory: str | None, province: str | None, codes: Codes) -> Code | None:
    """The one area of that name; of several, the one in that province; None rather than a guess."""
    if territory is None:
        return None
    options = codes.get((country, fold(territory)), ())
    if len(options) > 1 and province is not None:
        options = tuple(o for o in options if o.province is not None and fold(o.province) == fold(province))
    return options[0] if len(options) == 1 else None


def _by_subject[R](statements: list[Statement], record: type[R]) -> dict[str, tuple[Statement, ...]]:
    found: dict[str, list[Statement]] = defaultdict(list)
    for statement, _ in of_kind(statements, record):
        found[statement.subject].append(statement)
    return {id: tuple(sorted(group, key=lambda s: (s.speaks_of.known_on, s.id))) for id, group in found.items()}


def _site(id: str, visits: tuple[Statement, ...], entries: tuple[Statement, ...], codes: Codes) -> Site:
    newest_first = sorted((*visits, *entries), key=lambda s: (s.speaks_of.known_on, s.id), reverse=True)
    said: list[Visit | SiteEntry] = [s.said for s in newest_first if isinstance(s.said, Visit | SiteEntry)]
    territory = _first(r.territory for r in said)
    province = _first(r.province for r in said)
    country = said[0].country
    area = join(country, territory, province, codes)
    return Site(
        id=id,
        name=said[0].name,
        country=country,
        province=area.province if area and area.province else province,
        territory=area.name if area else territory,
        area=f"area:{area.code}" if area else territory and f"area:{country}/{fold(territory)}",
        point=_first(r.point for r in said),
        minerals=_first(r.minerals or None for r in said) or (),
        workers=_first(r.workers for r in said),
        visits=visits,
        entries=entries,
        in_chain=False,
        also=tuple(sorted({s.as_told.subject for s in newest_first if s.as_told} - {id})),
    )


def _first[T](values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _areas(sites: Mapping[str, Site], codes: Codes) -> dict[str, Area]:
    inside: dict[str, list[Site]] = defaultdict(list)
    for site in sites.values():
        if site.area:
            inside[site.area].append(site)
    known = {f"area:{code.code}": code for options in codes.values() for code in options}
    areas = {}
    for id in sorted({*inside, *known}):
        members, code = inside.get(id, []), known.get(id)
        areas[id] = Area(
            id=id,
            name=code.name if code else members[0].territory or id,
            province=code.province if code and code.province else _first(site.province for site in members),
            country=code.country if code else members[0].country,
            code=code.code if code else None,
            centre=_centre([site.point for site in members if site.point]),
            sites=tuple(site.id for site in members),
        )
    return areas


def _centre(points: list[Point]) -> Point | None:
    if not points:
        return None
    return Point(sum(p.lat for p in points) / len(points), sum(p.lon for p in points) / len(points))


def _unjoined(sites: Mapping[str, Site], codes: Codes) -> tuple[tuple[str, int], ...]:
    """Territories that join no code, where codes are known at all for their country."""
    countries = {country for country, _ in codes}
    names = Counter(
        site.territory
        for site in sites.values()
        if site.territory and site.country in countries and site.area and "/" in site.area
    )
    return tuple(sorted(names.items()))


# -- the chain -------------------------------------------------------------------------------------------------------


def party_id(name: str) -> str:
    """The id of a party by the name a chain gives it."""
    return f"party:{fold(name)}"


def _parties(links: list[Statement]) -> dict[str, Party]:
    names: dict[str, str] = {}
    supplies: dict[str, list[Statement]] = defaultdict(list)
    for statement in links:
        assert isinstance(statement.said, Supply)
        for name in (statement.said.supplier, statement.said.buyer):
            names.setdefault(party_id(name), name)
            supplies[party_id(name)].append(statement)
    me, tiers, also = _me(links), _tiers(links), _also(links)
    return {
        id: Party(id, names[id], tuple(dict.fromkeys(supplies[id])), id == me, tiers.get(id), tuple(also.get(id, ())))
        for id in sorted(names)
    }


def _also(links: list[Statement]) -> dict[str, list[str]]:
    """The parties that links named before judgements linked them to another."""
    found: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if link.as_told and isinstance(link.said, Supply) and isinstance(link.as_told.said, Supply):
            told = link.as_told.said
            for now, before in ((link.said.supplier, told.supplier), (link.said.buyer, told.buyer)):
                found[party_id(now)].add(party_id(before))
    return {id: sorted(others - {id}) for id, others in found.items()}


def _me(links: list[Statement]) -> str | None:
    """Whose chain this is: the party a link marks as its own end. Links that disagree name the one named most."""
    said = Counter(
        party_id(link.said.supplier if link.said.my_position == "supplier" else link.said.buyer)
        for link in links
        if isinstance(link.said, Supply) and link.said.my_position in ("supplier", "buyer")
    )
    return min(said, key=lambda id: (-said[id], id)) if said else None


def _tiers(links: list[Statement]) -> dict[str, int]:
    """Steps upstream from me: my suppliers are 1, theirs 2."""
    me = _me(links)
    if me is None:
        return {}
    suppliers: dict[str, set[str]] = defaultdict(set)
    for link in links:
        assert isinstance(link.said, Supply)
        suppliers[party_id(link.said.buyer)].add(party_id(link.said.supplier))
    tiers, edge = {me: 0}, [me]
    while edge:
        edge = sorted({s for buyer in edge for s in suppliers[buyer]} - tiers.keys())
        step = max(tiers.values()) + 1
        tiers.update(dict.fromkeys(edge, step))
    return tiers


def _chain_origins(links: list[Statement], sites: Mapping[str, Site], codes: Codes) -> dict[str, tuple[Statement, ...]]:
    """Which sites, areas or countries the chain claims as origin. A claimed name that is nobody's site, territory or
    code stays as `origin:<name>`: it is a gap to ask about, not something to guess."""
    by_name: dict[str, set[str]] = defaultdict(set)
    for site in sites.values():
        for name in names_of(site):
            by_name[name].add(site.id)
        if site.area and site.territory:
            by_name[fold(site.territory)].add(site.area)
    for (_, name), options in codes.items():
        by_name[name].update(f"area:{option.code}" for option in options)
        for option in options:
            by_name[fold(option.code)].add(f"area:{option.code}")
    for site in sites.values():
        by_name.setdefault(fold(site.country), {f"country:{site.country}"})
        if site.province:
            by_name.setdefault(fold(site.province), {f"province:{site.country}/{fold(site.province)}"})
    found: dict[str, list[Statement]] = defaultdict(list)
    for link in links:
        assert isinstance(link.said, Supply)
        if link.said.origin is None:
            continue
        for part in link.said.origin.split(","):
            name = part.strip().removeprefix("site:").removeprefix("area:").removeprefix("country:")
            matches = by_name.get(fold(name)) or by_name.get(fold(name.rpartition("/")[2])) or {f"origin:{fold(name)}"}
            sites_only = {id for id in matches if id.startswith("site:")}
            for id in sorted(sites_only or matches):
                found[id].append(link)
    return {id: tuple(group) for id, group in sorted(found.items())}


def claimed(sites: Mapping[str, Site], statements: list[Statement]) -> frozenset[str]:
    """Which of these sites the chain claims, by themselves or by their area. The sites need no visits for it, only the
    names they go by."""
    links = sorted((statement for statement, _ in of_kind(statements, Supply)), key=lambda link: link.id)
    origins = _chain_origins(links, sites, area_codes(statements)) if links else {}
    return frozenset(id for id, site in sites.items() if _in_chain(site, origins))


def _in_chain(site: Site, origins: Mapping[str, tuple[Statement, ...]]) -> bool:
    """Whether the chain claims this site, or its area for a mineral that is dug here."""
    if site.id in origins:
        return True
    links = origins.get(site.area or "", ())
    return any(isinstance(s.said, Supply) and s.said.mineral in site.minerals for s in links)
