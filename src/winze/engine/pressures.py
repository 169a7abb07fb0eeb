"""Two pressures towards conflict that work in opposite ways, shown side by side and never netted.

Rapacity: what is dug becomes worth fighting for (its price rises, it can be taken, armed people are near, it can be dug
by hand, an industrial mine is beside). Desperation: people lose their living (what they are paid falls, nobody buys,
food gets dearer, and there is little else to live from). One index never lowers the other.

The studies behind them are averages of their own places and disagree, so each index is a band for a closer look, with
its grade of evidence. Nothing here was fitted to data and nothing is a forecast. An unknown input widens the interval.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from statistics import median

from winze.engine.bands import UNBOUNDED, YES_OR_NO, Interval, Limits, Part, grade_of, hull, times
from winze.engine.closures import NodeState, states
from winze.engine.demand import DESPERATION, displaced, falls, outlet
from winze.engine.known import Known, distinct, months_before, newest_first
from winze.engine.neighbours import Near, Neighbourhood, neighbourhood
from winze.engine.prices import gate_dollars, move
from winze.engine.quantities import ALREADY_PURE, Unknown, traded_as
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import Quote, SiteEntry, Statement, Visit
from winze.engine.register import Site

RAPACITY, LOOTABILITY, DISPLACEMENT = "pressure/rapacity", "pressure/lootability", "pressure/displacement"
ALTERNATIVES = "pressure/alternatives"


@dataclass(frozen=True, slots=True)
class Weights:
    """The figures of rapacity. An `lsm` of 1 turns the multiplier off, a `displacement` of 0 the displacement."""

    unarmed: float
    no_artisanal: float
    lsm: float
    displacement: float


def rapacity(worth: float, lost: float, armed: bool, artisanal: bool, industrial: bool, weights: Weights) -> float:
    """The index of rapacity, in percent of a price rise that could be taken whole by armed people at the site.

    `worth` is the rise of the price by how easily the mineral is taken; a fall counts as none. `lost` is the percent of
    demand lost by other minerals nearby, whose trouble moves here. Both weigh less where nobody armed was seen or
    nothing can be dug by hand, and more where hand miners work beside an industrial mine.
    """
    prize = max(0.0, worth) + times(weights.displacement, lost)
    by_hand = (weights.lsm if industrial else 1.0) if artisanal else weights.no_artisanal
    return times(prize, (1.0 if armed else weights.unarmed) * by_hand)


def desperation(fall: float, stop: float, food: float, few: float, weight: float) -> float:
    """The index of desperation, in percent: the living lost and the rise of food prices, by how little else there is.

    `fall` (of what is paid) and `stop` (of demand) are two ways to lose a living: the larger counts, they do not add
    up. A gain is none of it. `few` is the percent of people without another living; all of them add `weight` times.
    """
    hardship = max(0.0, fall, stop) + max(0.0, food)
    return times(hardship, 1.0 + weight * few / 100)


@dataclass(frozen=True, slots=True)
class Paid:
    """What a gram fetched at the mine in US dollars: of pure metal, or as sold where the fineness is unknown."""

    statement: Statement
    dollars: Decimal
    pure: bool


@dataclass(frozen=True)
class Around:
    """What the pressures of every site need, worked out once."""

    sites: Neighbourhood
    nodes: Mapping[str, NodeState]  # what is said to be open, restricted or closed, by subject
    paid: Mapping[tuple[str, str], list[Paid]]
    quoted: frozenset[tuple[str, str]]  # places and minerals with an offer within the year
    rises: Mapping[str, Part[float]]
    falls: Mapping[str, Part[float]]  # of minerals whose trouble moves to gold
    food: Part[float]
    armed: Mapping[str, str]  # state of the signals of armed presence, by id
    industrial: frozenset[str]  # sites said to be an industrial mine themselves


def pressures(known: Known, found: Iterable[Signal]) -> Iterator[Signal]:
    """Rapacity and desperation of each site of the focus, each by itself. Raised where even the low end of the interval
    passes the limit, clear where the high end does not, else it cannot be evaluated."""
    around = _around(known, found)
    for site in known.focus:
        yield _rapacity(known, site, around)
        yield _desperation(known, site, around)


def _around(known: Known, found: Iterable[Signal]) -> Around:
    paid = _paid(known)
    year = months_before(known.as_of, 12)
    return Around(
        sites=neighbourhood(known.register),
        nodes=states(known),
        paid=paid,
        quoted=frozenset(key for key, all_ in paid.items() if all_[-1].statement.speaks_of.known_on > year),
        rises={m: _rise(known, m) for m in sorted({m for site in known.focus for m in site.minerals})},
        falls=falls(known),
        food=_world_food(known),
        armed={s.id: s.state for s in found if s.kind.startswith("armed-presence-")},
        industrial=frozenset(
            subject
            for (subject, _), told in known.facts.get("industrial-mine-km", {}).items()
            if told[-1][1].value == 0
        ),
    )


def _paid(known: Known) -> Mapping[tuple[str, str], list[Paid]]:
    """Gate prices by place and mineral, oldest first; a quote without a rate or a unit of mass is left out."""
    found: dict[tuple[str, str], list[Paid]] = defaultdict(list)
    for s in distinct(s for s, _ in known.of(Quote)):
        quote = s.said
        assert isinstance(quote, Quote)
        with suppress(Unknown):
            pure = quote.fineness is not None or quote.unit in ALREADY_PURE
            paid = Paid(s, gate_dollars(s, quote), pure)
            found[known.place(s.subject), quote.mineral].append(paid)
    return found


def _judged(kind: str, rule: str, known: Known, site: Site, index: Interval, parts: list[Part[float] | Part[bool]],
            grade: str, more: tuple[Reason, ...] = ()) -> Signal:  # fmt: skip
    """The signal of an index, with the reasons of each of its parts, what is missing, and how firm all this is."""
    limits = Limits(known.number(rule, "raised_at_percent"), known.number(rule, "high_at_percent"))
    low, high = index.bands(limits)
    state = "raised" if low != "low" else "clear" if high == "low" else "cannot-evaluate"
    missing = tuple(dict.fromkeys(part.missing for part in parts if part.missing)) if state == "cannot-evaluate" else ()
    firm = (
        because("reason.evidence-grade", rule, grade=f"@grade.{grade}"),
        because("reason.study-standing", rule, standing=f"@standing.{known.rules.rule(rule).facts['standing']}"),
    )
    return Signal(
        kind,
        site.id,
        state,
        rule,
        (*dict.fromkeys(reason for part in parts for reason in part.said), *more, *firm),
        value=index.point,
        threshold=limits.raised,
        unit="percent",
        missing=missing,
        touches=(site.id, site.area) if site.area else (site.id,),
        interval=(index.low, None if index.high == UNBOUNDED else index.high),
        bands=(low, high),
        grade=grade,
    )


# -- rapacity --------------------------------------------------------------------------------------------------------


def _rapacity(known: Known, site: Site, around: Around) -> Signal:
    weights = Weights(
        known.number(RAPACITY, "unarmed_weight"),
        known.number(RAPACITY, "no_artisanal_weight"),
        known.number(RAPACITY, "lsm_multiplier"),
        known.number(DISPLACEMENT, "displacement_weight"),
    )
    parts = _prize(known, site, around)
    armed, artisanal, beside = _armed(site, around), _artisanal(known, site), _industrial(known, site, around)
    index = hull(partial(rapacity, weights=weights), *(p.options for p in (*parts, armed, artisanal, beside)))
    grade = "none" if parts[0].grade is None else "site-and-world" if armed.grade else "world"
    return _judged("pressure-rapacity", RAPACITY, known, site, index, [*parts, armed, artisanal, beside], grade,
                   _armed_nearby(known, site, around))  # fmt: skip


def _prize(known: Known, site: Site, around: Around) -> list[Part[float]]:
    """What became worth taking: the rise of the site's own minerals, and what was displaced from others nearby."""
    near = around.sites.of(site, known.number(DISPLACEMENT, "displaced_within_km"))
    return [_worth(known, site, around.rises), displaced(known, site, near, around.nodes, around.falls)]


def _worth(known: Known, site: Site, rises: Mapping[str, Part[float]]) -> Part[float]:
    """The rise of the world price by how easily the mineral is taken; of several minerals the one worth most."""
    told = [(rises[m], _takeable(known, m)) for m in site.minerals]
    worths = [hull(lambda rise, take: times(max(0.0, rise), take), r.options, t.options) for r, t in told]
    said = tuple(reason for pair in told for part in pair for reason in part.said)
    missing = next((part.missing for pair in told for part in pair if part.missing), None)
    if not worths:
        return Part((0.0, UNBOUNDED), said, "missing.mineral")
    low, high = max(w.low for w in worths), max(w.high for w in worths)
    grade = next((rise.grade for rise, _ in told if rise.grade), None)
    return Part((low,) if low == high else (low, high), said, missing if low != high else None, grade)


def _rise(known: Known, mineral: str) -> Part[float]:
    moved = move(known, traded_as(mineral), int(known.number(RAPACITY, "months")))
    if moved is None:
        said = because("reason.no-world-price", RAPACITY, mineral=f"@mineral.{traded_as(mineral)}")
        return Part((0.0, UNBOUNDED), (said,), "missing.spot")
    said = because("reason.spot-moved", RAPACITY, moved.now, mineral=f"@mineral.{traded_as(mineral)}",
                   percent=round(moved.percent, 1), months=moved.months, day=moved.now.speaks_of.known_on,
                   before=moved.before.speaks_of.known_on)  # fmt: skip
    return Part((moved.percent,), (said,), grade="world")


def _takeable(known: Known, mineral: str) -> Part[float]:
    """How much of a rise armed people can take: bulky ore is taxed at the pit, gold hidden, of others nobody says."""
    way = known.rules.rule(LOOTABILITY).facts["minerals"].get(mineral)
    bulky, hidden = (known.number(LOOTABILITY, name) for name in ("taxed_at_pit_weight", "concealable_weight"))
    text = {"taxed-at-pit": "reason.taxed-at-pit", "concealable": "reason.concealable"}.get(
        way, "reason.lootability-unknown"
    )
    said = (because(text, LOOTABILITY, mineral=f"@mineral.{mineral}"),)
    if way is None:
        return Part((min(bulky, hidden), max(bulky, hidden)), said, "missing.lootability")
    return Part((bulky if way == "taxed-at-pit" else hidden,), said)


def _armed(site: Site, around: Around) -> Part[bool]:
    """Whether armed people are at the site; nobody there takes recent visits that looked for both kinds."""
    seen = _sightings(site, around)
    if "raised" in seen:
        return Part((True,), (because("reason.armed-near", RAPACITY),), grade="local")
    if seen == ["clear", "clear"]:
        return Part((False,), (because("reason.nobody-armed-near", RAPACITY),), grade="local")
    return Part(YES_OR_NO, (because("reason.armed-unknown", RAPACITY),), "missing.recent-visit")


def _sightings(site: Site, around: Around) -> list[str | None]:
    """What the signals of armed presence say of a site, non-state and state."""
    return [around.armed.get(f"armed-presence-{force}/{site.id}") for force in ("non-state", "state")]


def _artisanal(known: Known, site: Site) -> Part[bool]:
    """Whether people dig by hand: a source counts them, or says that there are none. A visit that met nobody at work
    does not say that nobody can work there."""
    stated = known.newest_fact("miners", site.id)
    if stated is not None and stated[1].value is not None:
        text = "reason.artisanal" if stated[1].value > 0 else "reason.no-artisanal"
        return Part((stated[1].value > 0,), (because(text, RAPACITY, stated[0]),))
    if site.workers:
        return Part((True,), (because("reason.artisanal", RAPACITY, _counted(site)),))
    return Part(YES_OR_NO, (because("reason.artisanal-unknown", RAPACITY),), "missing.artisanal")


def _counted(site: Site) -> Statement | None:
    """The newest statement that counts people at work at a site."""
    told = [s for s in (*site.visits, *site.entries) if isinstance(s.said, Visit | SiteEntry) and s.said.workers]
    return max(told, key=newest_first, default=None)


def _industrial(known: Known, site: Site, around: Around) -> Part[bool]:
    """Whether an industrial mine is beside the site: by the distance that a source states, or because a site within
    the rule's distance is said to be one. That none is on the list does not say that there is none."""
    limit = known.number(RAPACITY, "lsm_within_km")
    near = [n for n in around.sites.of(site, limit) if n.site.id in around.industrial and n.km is not None]
    sure = [n for n in near if (n.km or 0.0) + n.slack <= limit]
    stated = known.newest_fact("industrial-mine-km", site.id)
    if sure:
        there = known.newest_fact("industrial-mine-km", sure[0].site.id)
        said = because(
            "reason.industrial-beside", RAPACITY, there[0] if there else None, km=round(sure[0].km or 0.0, 1)
        )
        return Part((True,), (said,))
    if stated is not None and stated[1].value is not None and (not near or stated[1].value <= limit):
        beside = float(stated[1].value) <= limit
        text = "reason.industrial-beside" if beside else "reason.industrial-far"
        return Part((beside,), (because(text, RAPACITY, stated[0], km=float(stated[1].value)),))
    return Part(YES_OR_NO, (because("reason.industrial-unknown", RAPACITY),), "missing.industrial-mine")


def _armed_nearby(known: Known, site: Site, around: Around) -> tuple[Reason, ...]:
    """Neighbours with armed people, shown and not counted in: whoever takes a mine fights elsewhere with what it pays
    (Berman and others 2017)."""
    limit = known.number(DISPLACEMENT, "displaced_within_km")
    near = around.sites.of(site, limit)
    armed = [n for n in near if "raised" in _sightings(n.site, around)]
    if not armed:
        return ()
    return (because("reason.armed-neighbours", RAPACITY, sites=len(armed), of=len(near), within=limit),)


# -- desperation -----------------------------------------------------------------------------------------------------


def _desperation(known: Known, site: Site, around: Around) -> Signal:
    weight = known.number(ALTERNATIVES, "alternatives_weight")
    fall, stop = _fall(known, site, around.paid), outlet(known, site, around.nodes.get(site.id), around.quoted)
    food, few = _food(known, site, around.food), _few_alternatives(known, site, around)
    parts = [fall, stop, food, few]
    index = hull(partial(desperation, weight=weight), *(part.options for part in parts))
    grade = next((part.grade for part in (stop, fall, food) if part.grade and part.options != (0.0,)), None)
    grade = grade or next((part.grade for part in parts if part.grade), "none")
    return _judged("pressure-desperation", DESPERATION, known, site, index, list(parts), grade)


def _fall(known: Known, site: Site, paid: Mapping[tuple[str, str], list[Paid]]) -> Part[float]:
    """How far what a pure gram fetches at the mine fell, in percent, from the nearest place that knows. Of several
    minerals the one that fell most; one of which nobody knows may have fallen by all of it."""
    told = {mineral: _paid_less(known, site, mineral, paid) for mineral in site.minerals}
    parts = [part for part in told.values() if part is not None]
    worst = max(parts, key=lambda part: part.options[0], default=None)
    said = tuple(reason for part in parts for reason in part.said)
    least, grade = (worst.options[0], worst.grade) if worst else (0.0, None)
    unknown = tuple(
        because("reason.income-unknown", DESPERATION, mineral=f"@mineral.{mineral}")
        for mineral, part in told.items()
        if part is None
    )
    if worst and not unknown:
        return Part((least,), said, grade=grade)
    return Part((least, 100.0) if least < 100 else (least,), (*said, *unknown), "missing.quote", grade)


def _paid_less(
    known: Known, site: Site, mineral: str, paid: Mapping[tuple[str, str], list[Paid]]
) -> Part[float] | None:
    """The fall of what is paid for one mineral: the newest quote against the median of the quotes before it, else the
    change that a source states."""
    year = months_before(known.as_of, 12)
    for place in known.ladder(site):
        all_paid = paid.get((place, mineral), [])
        like = [p for p in all_paid if p.pure == all_paid[-1].pure]
        if len(like) > 1 and like[-1].statement.speaks_of.known_on > year:
            usual = median(p.dollars for p in like[:-1])
            percent = float(100 * (like[-1].dollars - usual) / usual)
            said = because("reason.income-moved", DESPERATION, like[-1].statement, percent=round(percent, 1),
                           mineral=f"@mineral.{mineral}", day=like[-1].statement.speaks_of.known_on)  # fmt: skip
            return Part((max(0.0, -percent),), (said,), grade=grade_of(place))
    stated = known.nearest_fact(("local-price-change", "local-price-change-low"), site, mineral, year)
    if stated is None:
        return None
    s, percent, place = stated
    said = because("reason.income-stated", DESPERATION, s, percent=percent, day=s.speaks_of.known_on)
    return Part((max(0.0, -percent),), (said,), grade=grade_of(place))


def _food(known: Known, site: Site, world: Part[float]) -> Part[float]:
    """The rise of food prices in percent: of the nearest place that knows, else the world's index."""
    told = known.nearest_fact(("food-price-change",), site, None, months_before(known.as_of, 12))
    if told is None:
        return world
    s, percent, place = told
    said = because("reason.food-moved", DESPERATION, s, percent=percent, day=s.speaks_of.known_on)
    return Part((max(0.0, percent),), (said,), grade=grade_of(place))


def _world_food(known: Known) -> Part[float]:
    moved = move(known, "food-index", int(known.number(DESPERATION, "months")))
    if moved is None:
        return Part((0.0, UNBOUNDED), (because("reason.food-unknown", DESPERATION),), "missing.food-price")
    said = because("reason.food-moved", DESPERATION, moved.now, percent=round(moved.percent, 1),
                   day=moved.now.speaks_of.known_on)  # fmt: skip
    return Part((max(0.0, moved.percent),), (said,), grade="world")


def _few_alternatives(known: Known, site: Site, around: Around) -> Part[float]:
    """How many have no other living, in percent: those who live from mining, as the nearest source states; at least the
    share of the sites nearby that are closed too, for there is no going there."""
    near = around.sites.of(site, known.number(ALTERNATIVES, "near_sites_km"))
    closed = _closed_nearby(near, around.nodes)
    least = 100.0 * len(closed) / len(near) if near else 0.0
    said = [because("reason.neighbours-closed", ALTERNATIVES, around.nodes[n.site.id].said[-1], sites=len(closed),
                    of=len(near), within=known.number(ALTERNATIVES, "near_sites_km")) for n in closed[:1]]  # fmt: skip
    told = known.nearest_fact(("mining-dependent-share", "workers-employed-share"), site)
    if told is None:
        said.append(because("reason.alternatives-unknown", ALTERNATIVES))
        return Part((least,) if least >= 100 else (least, 100.0), tuple(said), "missing.alternatives")
    s, percent, place = told
    said.append(because("reason.lives-from-mining", ALTERNATIVES, s, percent=percent, day=s.speaks_of.known_on))
    return Part((min(100.0, max(least, percent)),), tuple(said), grade=grade_of(place))


def _closed_nearby(near: list[Near], nodes: Mapping[str, NodeState]) -> list[Near]:
    return [n for n in near if n.site.id in nodes and nodes[n.site.id].state == "closed"]
