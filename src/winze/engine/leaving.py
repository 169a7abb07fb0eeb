"""The harm of leaving, shown beside every stop: who loses a buyer, what stops did elsewhere, what else could be done.

Nobody's number is guessed: sites whose workers nobody counted are counted as such, and the upper end is unknown while
there is one. Published effects are averages of other places and years (`rules/effects.yaml`), never a forecast.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from winze.engine.problems import NotInForce
from winze.engine.records import Supply
from winze.engine.register import Register, party_id


class Rules(Protocol):
    """What the harm of leaving needs of a rulebook."""

    def figure(self, rule: str, name: str, day: date, /) -> Any: ...
    def rules(self, kind: str | None = None, /) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Effect:
    """One published effect of a stop elsewhere, in percent: `low` to `high`, None where the study's end is unknown."""

    rule: str
    low: float | None
    high: float | None
    relation: str  # "about", "at-least", "direction": a change of place without a figure
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Harm:
    """What a stop would do. `people_high` is None while the workers of a site are unknown; `buyers` is None where
    nobody told of another buyer, which is not the same as there being none."""

    parties: tuple[str, ...]
    sites: int
    sites_unknown: int
    people_low: int
    people_high: int | None
    effects: tuple[Effect, ...]
    alternatives: tuple[str, ...]  # ids of measures
    buyers: tuple[str, ...] | None

    @property
    def people(self) -> int | None:
        """How many people lose their buyer; None where it is not known of every site, or of none."""
        return self.people_high if self.sites else None


def upstream(party: str, register: Register) -> frozenset[str]:
    """A party and all who supply it, directly or through others."""
    found, edge = {party}, [party]
    while edge:
        links = (s.said for id in edge if id in register.parties for s in register.parties[id].supplies)
        above = {party_id(s.supplier) for s in links if isinstance(s, Supply) and party_id(s.buyer) in edge}
        edge = sorted(above - found)
        found |= above
    return frozenset(found)


def behind(party: str, register: Register) -> frozenset[str]:
    """The places and parties a supplier stands for: all upstream of it, and the origins they claim. An area claimed for
    a mineral stands for the sites in it where that mineral is dug."""
    parties = upstream(party, register)
    places: set[str] = set()
    for origin, links in register.chain_origins.items():
        minerals = {
            s.said.mineral for s in links if isinstance(s.said, Supply) and party_id(s.said.supplier) in parties
        }
        if minerals:
            places |= {origin, *_inside(origin, minerals, register)}
    return parties | places


def _inside(origin: str, minerals: set[str], register: Register) -> Iterator[str]:
    area = register.areas.get(origin)
    for id in area.sites if area else ():
        if minerals & set(register.sites[id].minerals):
            yield id


def harm(parties: Sequence[str], alternatives: Sequence[str], register: Register, rulebook: Rules, as_of: date) -> Harm:
    """What stopping trade with some suppliers would do, as far as it is known on a day."""
    reached = frozenset().union(*(behind(party, register) for party in parties))
    workers = [register.sites[id].workers for id in sorted(reached) if id in register.sites]
    unknown = sum(1 for number in workers if number is None)
    low = sum(number or 0 for number in workers)
    return Harm(
        parties=tuple(parties),
        sites=len(workers),
        sites_unknown=unknown,
        people_low=low,
        people_high=low if workers and not unknown else None,
        effects=tuple(effects(rulebook, as_of)),
        alternatives=tuple(alternatives),
        buyers=_other_buyers(reached, register) or None,
    )


def _other_buyers(reached: frozenset[str], register: Register) -> tuple[str, ...]:
    """Parties outside these suppliers, and not me, that buy from one of them."""
    links = (s.said for id in reached if id in register.parties for s in register.parties[id].supplies)
    buying = {party_id(s.buyer) for s in links if isinstance(s, Supply) and party_id(s.supplier) in reached}
    return tuple(sorted(buying - reached - {register.me}))


def effects(rulebook: Rules, as_of: date) -> Iterator[Effect]:
    """The published effects known on a day, in the order of the rules."""
    for rule in rulebook.rules("effect"):
        relation = str(rule.facts["relation"])
        if relation == "direction":
            yield Effect(rule.id, None, None, relation, rule.confirmed)
            continue
        try:
            figure = rulebook.figure(rule.id, "effect_percent", as_of)
        except NotInForce:
            continue
        high = figure.value if relation == "about" else None
        yield Effect(rule.id, figure.value, high, relation, figure.confirmed)
