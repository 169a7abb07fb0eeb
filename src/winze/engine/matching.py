"""What may be one site or one party: pairs for a person to judge, with what speaks for and against.

Names are compared as for the sanctions lists (`screening`), without company forms and numbers; beside them count
distance, minerals, places, what sources list or visited apart, identifiers and trade. Figures and words stand in
`rules/matching.yaml`. What is judged, and what follows from it, is in `merging`; its verbs are given here too, since
proposing, judging and linking are one walk.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, product
from typing import Any, Protocol

import numpy as np

from winze.engine.likelihood import EARTH_KM, great_circle_km
from winze.engine.merging import (
    KINDS,
    VERDICTS,
    Clusters,
    Conflict,
    Pair,
    clusters,
    judge,
    judged,
    link,
    problems,
    standing,
)
from winze.engine.reasons import Reason, Value, because
from winze.engine.records import Fact, Judgement, Point, Precision, SiteEntry, Statement, Supply, Visit, of_kind
from winze.engine.register import Party, Register, Site, fold, key, party_id
from winze.engine.screening import token_sort

__all__ = [
    "BANDS",
    "KINDS",
    "VERDICTS",
    "Clusters",
    "Conflict",
    "Proposal",
    "clusters",
    "judge",
    "link",
    "problems",
    "propose",
    "standing",
]

BANDS = ("likely-same", "to-judge")


class Rules(Protocol):
    """What matching needs of a rulebook."""

    def figure(self, rule: str, name: str, day: date, /) -> Any: ...
    def rule(self, rule: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two sites or two parties that may be one, for a person to judge.

    `likeness` runs from 0 to 1 and is the sum of what its reasons contribute, those that speak against with a minus.
    `band` is "likely-same" or "to-judge"; neither merges anything. `text` and `values` are the sentence in short. `km`
    is None for parties and where a place is unknown.
    """

    kind_of: str
    left: str
    right: str
    likeness: float
    band: str
    because: tuple[Reason, ...]
    text: str
    values: tuple[tuple[str, Value], ...]
    km: float | None = None

    @property
    def pair(self) -> Pair:
        return (self.left, self.right)


def propose(register: Register, known: Iterable[Statement], rulebook: Rules, as_of: date) -> tuple[Proposal, ...]:
    """Pairs of sites and of parties that may be one, the most alike first.

    `known` gives what was judged before (a pair judged the same or not the same is not proposed again, nor one that a
    judgement keeps apart through others) and facts about parties. Nothing depends on the order of anything.
    """
    told = list(known)
    settled = _settled(told)
    books = {kind: _Book(f"matching/{kind}", rulebook, as_of) for kind in KINDS}
    found = [*_of_sites(register, books["site"], settled), *_of_parties(register, told, books["party"], settled)]
    return tuple(sorted(found, key=lambda p: (-p.likeness, p.kind_of, p.pair)))


def _settled(told: list[Statement]) -> frozenset[Pair]:
    made = [s for s, _ in of_kind(told, Judgement)]
    who = clusters(made).canonical
    final = [judged(s).pair for s in standing(made).values() if judged(s).verdict in ("same", "not-same")]
    return frozenset(_pair(who.get(one, one), who.get(other, other)) for one, other in final)


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one <= other else (other, one)


class _Book:
    """One rule's figures as they stand on a day, and its words."""

    def __init__(self, rule: str, rulebook: Rules, as_of: date) -> None:
        self.rule = rule
        self._rulebook, self._as_of, self._figures = rulebook, as_of, dict[str, float]()
        facts = rulebook.rule(rule).facts
        self.numerals = {str(word): str(number) for word, number in facts["numerals"].items()}
        self.generic = frozenset(map(str, facts.get("generic", ())))
        self.short = {str(short): str(long) for short, long in facts.get("abbreviations", {}).items()}
        spelt = ((str(form), fold(str(word))) for form, words in facts.get("forms", {}).items() for word in words)
        self.forms = sorted(spelt, key=lambda pair: (-len(pair[1]), pair))

    def __getitem__(self, name: str) -> float:
        if name not in self._figures:
            self._figures[name] = float(self._rulebook.figure(self.rule, name, self._as_of).value)
        return self._figures[name]

    def part(self, text: str, contribution: float, **values: Value) -> Reason:
        return because(text, self.rule, None, round(contribution, 3), **values)

    def name(self, shown: str) -> _Name:
        """A name taken apart: company forms off, abbreviations written out, numbers and single letters apart."""
        left, forms = fold(shown), set()
        for form, spelling in self.forms:
            if spelling.isascii() and f" {spelling} " in f" {left} ":
                left = f" {left} ".replace(f" {spelling} ", " ").strip()
                forms.add(form)
            elif not spelling.isascii() and spelling in left:
                left = left.replace(spelling, " ").strip()
                forms.add(form)
        words = [self.short.get(w, w) for w in re.findall(r"\d+|[^\W\d_]+", left)]
        marks = [self.numerals.get(w, w) for w in words if w.isdigit() or w in self.numerals or _letter(w)]
        plain = sorted({w for w in words if not (w.isdigit() or w in self.numerals or _letter(w))})
        telling = bool(set(plain) - self.generic)
        kept = list(dict.fromkeys(w for w in words if w in plain)) or words or [fold(shown)]
        return _Name(shown, " ".join(sorted(kept)), "".join(kept), tuple(sorted(marks)), frozenset(forms), telling)


def _letter(word: str) -> bool:
    return len(word) == 1 and word.isascii()


@dataclass(frozen=True, slots=True)
class _Name:
    shown: str
    bare: str  # words in order, each once, without company form, numbers and single letters
    joined: str  # the same words as they stand, without the spaces that some write and some do not
    marks: tuple[str, ...]  # numbers and single letters, which tell one pit or firm of a name from the next
    forms: frozenset[str]
    telling: bool  # whether a word is left that is not just "hill" or "quarry"

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(word[:4] for word in self.bare.split())


def _named(book: _Book, shown: Iterable[str]) -> tuple[_Name, ...]:
    """The different names, in an order that depends on nothing else."""
    found = {(name.bare, name.marks): name for name in map(book.name, sorted(set(shown), reverse=True))}
    return tuple(found[at] for at in sorted(found))


def _closest(ones: tuple[_Name, ...], others: tuple[_Name, ...]) -> tuple[float, _Name, _Name]:
    """The two names most alike, and how alike from 0 to 1: word by word whatever the order, or run together."""
    told = [(_likeness(a, b), a, b) for a, b in product(ones, others)]
    return min(told, key=lambda t: (-t[0], t[1].marks != t[2].marks, t[1].shown, t[2].shown))


def _likeness(one: _Name, other: _Name) -> float:
    alike = token_sort(*sorted((one.bare, other.bare)))
    if one.bare == one.joined and other.bare == other.joined:
        return alike
    return max(alike, token_sort(*sorted((one.joined, other.joined))))


def _name_parts(book: _Book, alike: float, one: _Name, other: _Name) -> Iterator[Reason]:
    """What two names say: alike, numbered differently, numbered only once, or no name of their own."""
    least = book["name_from"]
    yield book.part("matching.name", book["name_weight"] * max(0.0, alike - least) / (1 - least), one=one.shown,
                    other=other.shown, percent=round(100 * alike))  # fmt: skip
    if one.marks != other.marks:
        both = bool(one.marks and other.marks)
        weight = book["number_weight"] if both else book["number_missing_weight"]
        yield book.part("matching.number" if both else "matching.number-missing", -weight, one=one.shown,
                        other=other.shown)  # fmt: skip
    if not (one.telling or other.telling):
        yield book.part("matching.generic", -book["generic_weight"], one=one.shown)


def _needed(book: _Book, others: float) -> float:
    """How alike names must be at least where all else contributes so much; 0 where nothing is asked of them."""
    share = (book["to_judge_at"] - others) / book["name_weight"]
    return book["name_from"] + share * (1 - book["name_from"]) if share > 0 else 0.0


def _proposed(
    kind: str, pair: Pair, parts: Iterable[Reason], book: _Book, names: tuple[str, str], km: float | None = None
) -> Proposal | None:
    reasons = tuple(parts)
    likeness = round(math.fsum(reason.contribution or 0.0 for reason in reasons), 3)
    if likeness < book["to_judge_at"]:
        return None
    band = "likely-same" if likeness >= book["likely_at"] else "to-judge"
    values: dict[str, Value] = {"left": names[0], "right": names[1], "percent": round(100 * likeness)}
    if km is not None:
        values["km"] = round(km, 1)
    text = f"matching.of-{kind}" if km is not None or kind == "party" else "matching.of-unplaced"
    return Proposal(kind, *pair, likeness, band, reasons, text, tuple(values.items()), km)


# -- sites -----------------------------------------------------------------------------------------------------------


def _of_sites(register: Register, book: _Book, settled: frozenset[Pair]) -> Iterator[Proposal]:
    sites = [register.sites[id] for id in sorted(register.sites)]
    names = [_named(book, site_names(site)) for site in sites]
    others = book["distance_weight"] + book["mineral_weight"] + book["territory_weight"]
    pairs = [*_placed_pairs(sites, book["reach_km"]), *_unplaced_pairs(sites, names)]
    seen = _Seen(book)
    for i, j in _alike(sorted(set(pairs)), names, _needed(book, others)):
        if (sites[i].id, sites[j].id) in settled:
            continue
        km = apart_km(sites[i].point, sites[j].point)
        parts = _site_parts(sites[i], sites[j], names[i], names[j], km, book, seen)
        shown = (sites[i].name, sites[j].name)
        if proposal := _proposed("site", (sites[i].id, sites[j].id), parts, book, shown, km):
            yield proposal


def site_names(site: Site) -> tuple[str, ...]:
    """Every name by which a statement calls a site, the one that stands first."""
    told = (s.said.name for s in (*site.entries, *site.visits) if isinstance(s.said, Visit | SiteEntry))
    return tuple(dict.fromkeys((site.name, *told)))


def apart_km(one: Point | None, other: Point | None) -> float | None:
    """The great-circle distance of two places in km, None where one of them is unknown."""
    if one is None or other is None:
        return None
    lats, lons = np.radians([one.lat, other.lat]), np.radians([one.lon, other.lon])
    return float(great_circle_km(lats[0], lons[0], lats[1:], lons[1:])[0])


def _site_parts(
    one: Site, other: Site, ones: tuple[_Name, ...], others: tuple[_Name, ...], km: float | None, book: _Book,
    seen: _Seen,
) -> Iterator[Reason]:  # fmt: skip
    """What speaks for two sites being one, and what against. What is unknown of one of them speaks for neither."""
    yield from _name_parts(book, *_closest(ones, others))
    yield _distance(one, other, km, book)
    common = sorted(set(one.minerals) & set(other.minerals))
    if common:
        yield book.part("matching.mineral", book["mineral_weight"], mineral=f"@mineral.{common[0]}")
    elif one.minerals and other.minerals:
        yield book.part("matching.no-mineral", -book["mineral_weight"], one=f"@mineral.{one.minerals[0]}",
                        other=f"@mineral.{other.minerals[0]}")  # fmt: skip
    yield from _where(one, other, book)
    yield from seen.apart(one, other)


def _distance(one: Site, other: Site, km: float | None, book: _Book) -> Reason:
    """Nearness counts for, and past `near_within_km` against. How far the sources say the places may be off never makes
    them nearer; it only takes away what would count against."""
    if km is None:
        return book.part("matching.no-place", 0.0)
    slack = sum((site.point.within_km if site.point else None) or 0.0 for site in (one, other))
    near = book["near_within_km"]
    share = 1 - km / near
    if share < 0:
        share = max(-1.0, min(0.0, 1 - (km - slack) / near))
    text = "matching.near" if share >= 0 else "matching.far"
    return book.part(text, book["distance_weight"] * share, km=round(km, 1), slack=round(slack, 1))


def _where(one: Site, other: Site, book: _Book) -> Iterator[Reason]:
    if one.country != other.country:
        yield book.part("matching.country-other", -book["territory_weight"], one=one.country, other=other.country)
    elif one.area and other.area:
        same = one.area == other.area
        text, sign = ("matching.territory", 1) if same else ("matching.territory-other", -1)
        yield book.part(text, sign * book["territory_weight"], one=one.territory, other=other.territory)


@dataclass
class _Seen:
    """When the visitors of one programme came to a site: whoever visits two within days takes them for two."""

    book: _Book
    _days: dict[str, dict[tuple[str, str], list[date]]] = field(default_factory=dict)

    def apart(self, one: Site, other: Site) -> Iterator[Reason]:
        """What the sources' own lists and visits say against two sites being one."""
        shared = {s.source for s in _told(one)} & {s.source for s in _told(other)}
        if shared:
            yield self.book.part("matching.same-list", -self.book["same_list_weight"], list="; ".join(sorted(shared)))
        if met := self._met(one, other):
            days, day = met
            yield self.book.part("matching.visited", -self.book["visited_weight"], days=days, day=day)
        elif years := sorted(self._years(one) & self._years(other)):
            yield self.book.part("matching.visited-year", -self.book["visited_year_weight"], year=str(years[0][2]))

    def _met(self, one: Site, other: Site) -> tuple[int, date] | None:
        """The nearest two visits by one programme: days between, and the earlier day."""
        within, mine, theirs = self.book["visited_days"], self._of(one), self._of(other)
        met = [
            (abs((a - b).days), min(a, b))
            for who in mine.keys() & theirs.keys() for a in mine[who] for b in theirs[who]
            if abs((a - b).days) <= within
        ]  # fmt: skip
        return min(met, default=None)

    def _of(self, site: Site) -> dict[tuple[str, str], list[date]]:
        if site.id not in self._days:
            found: dict[tuple[str, str], list[date]] = defaultdict(list)
            for s, said in of_kind(list(site.visits), Visit):
                if said.manner == "on-site" and s.speaks_of.precision is Precision.DAY:
                    found[s.source, said.project or ""].append(s.speaks_of.start)
            self._days[site.id] = dict(found)
        return self._days[site.id]

    @staticmethod
    def _years(site: Site) -> set[tuple[str, str, int]]:
        """The years of visits of which only the year is known, by programme."""
        return {
            (s.source, said.project or "", s.speaks_of.start.year) for s, said in of_kind(list(site.visits), Visit)
            if said.manner == "on-site" and s.speaks_of.precision is Precision.YEAR
        }  # fmt: skip


def _told(site: Site) -> tuple[Statement, ...]:
    return (*site.visits, *site.entries)


# -- parties ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Trader:
    """A party with what is known beside its name: numbers in public registers, countries, and whom it trades with."""

    party: Party
    names: tuple[_Name, ...]
    identifiers: frozenset[str]
    countries: frozenset[str]
    trades: frozenset[str]


def _of_parties(register: Register, told: list[Statement], book: _Book, settled: frozenset[Pair]) -> Iterator[Proposal]:
    traders = _traders(register, told, book)
    names = [trader.names for trader in traders]
    met = _alike(_meeting(names), names, _needed(book, book["country_weight"] + book["trade_weight"]))
    for i, j in sorted({*met, *_sharing([trader.identifiers for trader in traders])}):
        one, other = traders[i], traders[j]
        if (one.party.id, other.party.id) not in settled:
            parts = _party_parts(one, other, book)
            shown = (one.party.name, other.party.name)
            if proposal := _proposed("party", (one.party.id, other.party.id), parts, book, shown):
                yield proposal


def _traders(register: Register, told: list[Statement], book: _Book) -> list[_Trader]:
    facts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for s, fact in of_kind(told, Fact):
        if fact.text and s.subject in register.parties:
            facts[s.subject, fact.measure].add(fold(fact.text))
    return [
        _Trader(
            party,
            _named(book, (party.name, *map(key, party.also))),
            frozenset(facts[id, "registered-number"]),
            frozenset(facts[id, "registered-country"]),
            frozenset(_counterparts(party)),
        )
        for id, party in sorted(register.parties.items())
    ]


def _counterparts(party: Party) -> set[str]:
    ends = {party_id(name) for s in party.supplies if isinstance(s.said, Supply)
            for name in (s.said.supplier, s.said.buyer)}  # fmt: skip
    return ends - {party.id}


def _party_parts(one: _Trader, other: _Trader, book: _Book) -> Iterator[Reason]:
    """What speaks for two parties being one, and what against. What is unknown of one of them speaks for neither."""
    alike, a, b = _closest(one.names, other.names)
    yield from _name_parts(book, alike, a, b)
    if a.forms and b.forms and not a.forms & b.forms:
        yield book.part("matching.form-other", -book["form_weight"], one=a.shown, other=b.shown)
    yield from _compared(book, "identifier", one.identifiers, other.identifiers)
    yield from _compared(book, "seat", one.countries, other.countries)
    if other.party.id in one.trades:
        yield book.part("matching.supplies", -book["supplies_weight"])
    elif shared := len(one.trades & other.trades):
        yield book.part("matching.trade", book["trade_weight"], count=shared)


def _compared(book: _Book, what: str, ones: frozenset[str], others: frozenset[str]) -> Iterator[Reason]:
    weight = book["identifier_weight" if what == "identifier" else "country_weight"]
    if ones & others:
        yield book.part(f"matching.{what}", weight, value="; ".join(sorted(ones & others)))
    elif ones and others:
        told = {"one": "; ".join(sorted(ones)), "other": "; ".join(sorted(others))}
        yield book.part(f"matching.{what}-other", -weight, **told)


# -- who is compared with whom ---------------------------------------------------------------------------------------


def _placed_pairs(sites: list[Site], reach: float) -> Iterator[tuple[int, int]]:
    """Pairs of sites within a great-circle distance in km.

    Places are put into cubic cells of that size through the earth, so that poles and the date line are like any other
    place: two places within the distance lie in one cell or in two that touch.
    """
    at = [i for i, site in enumerate(sites) if site.point]
    points = [site.point for site in sites if site.point]
    if not points:
        return
    lat, lon = np.radians([p.lat for p in points]), np.radians([p.lon for p in points])
    where = EARTH_KM * np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    cells: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row, cell in enumerate(np.floor(where / reach).astype(int).tolist()):
        cells[tuple(cell)].append(row)
    for cell, inside in cells.items():
        beside = [n for step in _HALF if (n := tuple(c + s for c, s in zip(cell, step, strict=True))) in cells]
        there = np.array([*inside, *(row for n in beside for row in cells[n])])
        for first, row in enumerate(inside):
            rest = there[first + 1 :]
            near = rest[great_circle_km(lat[row], lon[row], lat[rest], lon[rest]) <= reach]
            yield from (_ordered(at[row], at[other]) for other in near.tolist())


_HALF = [step for step in product((-1, 0, 1), repeat=3) if step > (0, 0, 0)]
"""One of each two opposite neighbours of a cell, so that no two cells meet twice."""


def _ordered(i: int, j: int) -> tuple[int, int]:
    return (i, j) if i < j else (j, i)


def _unplaced_pairs(sites: list[Site], names: list[tuple[_Name, ...]]) -> Iterator[tuple[int, int]]:
    """Pairs in one country of which at least one has no place, and whose names share a word."""
    if all(site.point for site in sites):
        return
    for i, j in _meeting(names):
        if not (sites[i].point and sites[j].point) and sites[i].country == sites[j].country:
            yield (i, j)


def _meeting(names: list[tuple[_Name, ...]]) -> list[tuple[int, int]]:
    """Pairs whose names share a rarer word by its first four letters, or all their words.

    A word is common that more than fifty, and more than one in a hundred, have.
    """
    stems = [frozenset(stem for name in of for stem in name.stems) for of in names]
    holders: dict[str, list[int]] = defaultdict(list)
    whole: dict[frozenset[str], list[int]] = defaultdict(list)
    for i, of in enumerate(stems):
        whole[of].append(i)
        for stem in of:
            holders[stem].append(i)
    limit = common(len(names))
    blocks = [*(block for block in holders.values() if len(block) <= limit), *whole.values()]
    return sorted({pair for block in blocks for pair in combinations(block, 2)})


def common(many: int) -> int:
    """How many of so many may share a word before it counts as common."""
    return max(50, many // 100)


def _sharing(of: list[frozenset[str]]) -> set[tuple[int, int]]:
    holders: dict[str, list[int]] = defaultdict(list)
    for i, values in enumerate(of):
        for value in values:
            holders[value].append(i)
    return {pair for block in holders.values() for pair in combinations(block, 2)}


def _alike(pairs: list[tuple[int, int]], names: list[tuple[_Name, ...]], needed: float) -> list[tuple[int, int]]:
    """The pairs whose names can be so much alike, by the letters they share in whichever order: it leaves out none that
    are, and spares the comparison of most that are not."""
    if not pairs or needed <= 0:
        return pairs
    letters = np.zeros((len(names), _LETTERS), dtype=np.int16)
    spaces, least = np.zeros(len(names)), np.zeros((len(names), 2))
    for i, of in enumerate(names):
        counted = [np.bincount([ord(c) % _LETTERS for c in name.joined], minlength=_LETTERS) for name in of]
        letters[i] = np.max(counted, axis=0)
        spaces[i] = max(name.bare.count(" ") for name in of)
        least[i] = min(len(name.bare) for name in of), min(len(name.joined) for name in of)
    kept: list[tuple[int, int]] = []
    for start in range(0, len(pairs), _AT_ONCE):
        part = pairs[start : start + _AT_ONCE]
        left, right = np.array(part).T
        shared = np.minimum(letters[left], letters[right]).sum(axis=1)
        bare, joined = ((needed - 1e-9) * (least[left] + least[right])).T
        fits = (2 * (shared + np.minimum(spaces[left], spaces[right])) >= bare) | (2 * shared >= joined)
        kept += [pair for pair, fit in zip(part, fits.tolist(), strict=True) if fit]
    return kept


_LETTERS = 64
_AT_ONCE = 50_000
