"""Parties of the chain beside sanctions lists: names that may be the same, for a person to check.

A match is never a finding: names are shared, spelt in many ways and turned around. Only parties are looked up, never
anyone else who happens to stand in a file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from winze.engine.known import Known, distinct
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import Listing, Statement
from winze.engine.register import Party, fold, key

RULE = "signal/screening"

type Similarity = Callable[[str, str], float]
"""How alike two folded names are, from 0 to 1."""


def token_sort(one: str, other: str) -> float:
    """How alike two folded names are whatever the order of their words, from 0 to 1."""
    a, b = (" ".join(sorted(name.split())) for name in (one, other))
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


@dataclass(frozen=True, slots=True)
class Match:
    """One entry of a list whose name may be the party's: how it came close ("exact", "strong", "weak-alias")."""

    listing: Statement
    name: str
    grade: str
    likeness: float


class Lists:
    """The names of all lists, so laid out that a party is compared only with entries it shares a rarer word with.

    Words are compared by their first four letters, so that a slip in spelling further on still meets.
    """

    def __init__(self, listings: Iterable[Statement]) -> None:
        self.listings = distinct(listings)
        self._names: list[tuple[Statement, str, str, bool]] = []
        for s in self.listings:
            assert isinstance(s.said, Listing)
            named = [
                (s.said.name, False),
                *((a, False) for a in s.said.aliases),
                *((a, True) for a in s.said.weak_aliases),
            ]
            self._names += [(s, name, fold(name), weak) for name, weak in named if fold(name)]
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        for i, (_, _, folded, _) in enumerate(self._names):
            for stem in _stems(folded):
                self._by_stem[stem].append(i)

    def matches(self, name: str, least: float, similarity: Similarity) -> list[Match]:
        """The entries a name may stand for, best first, one an entry. A weak alias counts only when it is the same."""
        folded, best = fold(name), dict[str, Match]()
        for i in self._candidates(folded):
            statement, shown, other, weak = self._names[i]
            same = other == folded
            likeness = 1.0 if same else 0.0 if weak else similarity(folded, other)
            if likeness < least:
                continue
            match = Match(statement, shown, "weak-alias" if weak else "exact" if same else "strong", likeness)
            entry = statement.subject
            if entry not in best or _rank(match) < _rank(best[entry]):
                best[entry] = match
        return sorted(best.values(), key=_rank)

    def _candidates(self, folded: str) -> list[int]:
        groups = sorted((self._by_stem.get(stem, []) for stem in _stems(folded)), key=len)
        common = max(50, len(self._names) // 100)
        rare = [g for g in groups if g and len(g) <= common] or [g for g in groups if g][:1]
        return sorted({i for group in rare for i in group})


def _stems(folded: str) -> set[str]:
    return {word[:4] for word in folded.split()}


def _rank(match: Match) -> tuple[int, float, str, str]:
    return (("exact", "strong", "weak-alias").index(match.grade), -match.likeness, match.listing.id, match.name)


def screen(known: Known, similarity: Similarity = token_sort) -> Iterator[Signal]:
    """For each party of the chain the entries of the lists its name may stand for. Never a finding."""
    lists = Lists(s for s, _ in known.of(Listing))
    vintages = tuple(_vintages(known, lists))
    least = known.number(RULE, "similarity_percent") / 100
    for party in (known.register.parties[i] for i in sorted(known.register.parties)):
        if not party.is_me:
            yield _screened(party, lists, least, similarity, vintages)


def _screened(party: Party, lists: Lists, least: float, similarity: Similarity, vintages: tuple[Reason, ...]) -> Signal:
    if not lists.listings:
        return Signal("screening", party.id, "cannot-evaluate", RULE, missing=("missing.lists",), touches=(party.id,))
    found = _matches(party, lists, least, similarity)
    reasons = [
        because(f"reason.match-{m.grade}", RULE, m.listing, name=m.name, list=_listing(m.listing).list,
                reference=_listing(m.listing).reference, percent=round(100 * m.likeness))
        for m in found
    ]  # fmt: skip
    if len(found) > 1:
        reasons.append(because("reason.match-ambiguous", RULE, count=len(found)))
    reasons.append(because("reason.match-not-a-finding" if found else "reason.no-match", RULE))
    return Signal(
        "screening",
        party.id,
        "raised" if found else "clear",
        RULE,
        (*reasons, *vintages),
        value=100 * found[0].likeness if found else None,
        threshold=100 * least,
        unit="percent",
        touches=(party.id,),
    )


def _matches(party: Party, lists: Lists, least: float, similarity: Similarity) -> list[Match]:
    """The entries any of a party's names may stand for, best first, one an entry: those judged to be it count too."""
    best: dict[str, Match] = {}
    for name in (party.name, *map(key, party.also)):
        for match in lists.matches(name, least, similarity):
            entry = match.listing.subject
            if entry not in best or _rank(match) < _rank(best[entry]):
                best[entry] = match
    return sorted(best.values(), key=_rank)


def _listing(statement: Statement) -> Listing:
    assert isinstance(statement.said, Listing)
    return statement.said


def _vintages(known: Known, lists: Lists) -> Iterator[Reason]:
    """For each list how many entries were looked at and how new it is; and how many entries give no day of listing."""
    entries: dict[str, dict[str, list[Statement]]] = defaultdict(lambda: defaultdict(list))
    for s in lists.listings:
        entries[_listing(s).list][s.subject].append(s)
    for name in sorted(entries):
        told = list(entries[name].values())
        s = max((s for group in told for s in group), key=_age)
        undated = sum(all(s.speaks_of.undated for s in group) for group in told)
        if undated == len(told):
            yield because("reason.list-undated", RULE, s, list=name, entries=len(told))
            continue
        yield because("reason.list-vintage", RULE, s, list=name, entries=len(told), day=_age(s)[0])
        if undated:
            yield because("reason.entries-undated", RULE, s, list=name, entries=undated)


def _age(s: Statement) -> tuple[date, str]:
    return (max(s.published_on or date.min, s.speaks_of.known_on), s.id)
