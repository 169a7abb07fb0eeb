"""Two pressures towards conflict that work in opposite ways, shown side by side and never netted.

Rapacity: what is dug becomes worth fighting for (the world price rises where armed people are near). Desperation:
people lose their living (what they are paid falls, the mine stops, food gets dearer). One index never lowers the
other. The literature behind them is mixed, so they are bands for a closer look and no forecast.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from winze.engine.closures import NodeState, states
from winze.engine.known import Known, distinct, months_before
from winze.engine.prices import gate_dollars, move
from winze.engine.quantities import ALREADY_PURE, Unknown, traded_as
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import Quote, Statement
from winze.engine.register import Site

RAPACITY, DESPERATION = "pressure/rapacity", "pressure/desperation"


def rapacity(rise: float, armed: bool | None, industrial: bool | None, unarmed: float, multiplier: float) -> float:
    """The index of rapacity: the rise of the world price in percent, never below zero, by what makes it lootable.

    `unarmed` is the weight where nobody armed was seen; where nobody knows, the full weight stands. `multiplier`
    applies beside an industrial mine (Rigterink and others 2024: more than three times); where nobody knows, the index
    stands without it, and what it would change cannot be evaluated.
    """
    return max(0.0, rise) * (unarmed if armed is False else 1.0) * (multiplier if industrial else 1.0)


def desperation(income: float | None, food: float | None, stopped: bool) -> float | None:
    """The index of desperation in percent: the fall of income plus the rise of food prices, each never below zero.

    `income` and `food` are changes in percent. A living that stopped fell by all of it. None where neither is known.
    """
    fall = 100.0 if stopped else max(0.0, -income) if income is not None else None
    if fall is None and food is None:
        return None
    return (fall or 0.0) + max(0.0, food or 0.0)


@dataclass(frozen=True, slots=True)
class Change:
    """A change in percent, how near to the site it was measured (a rung of its ladder), and on what it rests."""

    percent: float
    grade: str
    said: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Paid:
    """What a gram fetched at the mine in US dollars: of pure metal, or as sold where the fineness is unknown."""

    statement: Statement
    dollars: Decimal
    pure: bool


def _paid(known: Known) -> Mapping[tuple[str, str], list[Paid]]:
    """Gate prices by place and mineral, oldest first; a quote without a rate or a unit of mass is left out."""
    found: dict[tuple[str, str], list[Paid]] = defaultdict(list)
    for s in distinct(s for s, _ in known.of(Quote)):
        quote = s.said
        assert isinstance(quote, Quote)
        with suppress(Unknown):
            pure = quote.fineness is not None or quote.unit in ALREADY_PURE
            found[known.place(s.subject), quote.mineral].append(Paid(s, gate_dollars(s, quote), pure))
    return found


def pressures(known: Known, found: Iterable[Signal]) -> Iterator[Signal]:
    """Rapacity and desperation for each site of the focus. Rapacity is clear only where the price of every mineral of
    the site is known, and an industrial mine beside it, which nobody knows of, would not change that."""
    seen = {s.id: s.state for s in found if s.kind.startswith("armed-presence-")}
    stops = _stops(known)
    paid = _paid(known)
    rises = {m: _rise(known, m) for m in sorted({m for site in known.focus for m in site.minerals})}
    world_food = _world_food(known)
    for site in known.focus:
        yield _rapacity(known, site, rises, seen)
        yield _desperation(known, site, paid, stops, world_food)


def _stops(known: Known) -> dict[str, NodeState]:
    """Sites whose own mine is closed. What a restriction leaves of a living nobody can say: it is not counted."""
    return {subject: node for subject, node in states(known).items() if node.state == "closed"}


def _rise(known: Known, mineral: str) -> Change | None:
    moved = move(known, traded_as(mineral), int(known.number(RAPACITY, "months")))
    if moved is None:
        return None
    said = because("reason.spot-moved", RAPACITY, moved.now, mineral=f"@mineral.{traded_as(mineral)}",
                   percent=round(moved.percent, 1), months=moved.months, day=moved.now.speaks_of.known_on,
                   before=moved.before.speaks_of.known_on)  # fmt: skip
    return Change(moved.percent, "world", (said,))


def _rapacity(known: Known, site: Site, rises: Mapping[str, Change | None], seen: Mapping[str, str]) -> Signal:
    limit = known.number(RAPACITY, "raised_at_percent")
    known_rises = [change for m in site.minerals if (change := rises.get(m)) is not None]
    sightings = [seen.get(f"armed-presence-{force}/{site.id}") for force in ("non-state", "state")]
    armed = True if "raised" in sightings else False if sightings == ["clear", "clear"] else None
    touches = (site.id, site.area) if site.area else (site.id,)
    if not known_rises:
        return Signal("pressure-rapacity", site.id, "cannot-evaluate", RAPACITY,
                      (because("reason.no-price-for-minerals", RAPACITY),), unit="percent",
                      missing=("missing.spot",), touches=touches)  # fmt: skip
    priced = len(known_rises) == len(site.minerals)
    top = max(known_rises, key=lambda change: change.percent)
    weight, multiplier = known.number(RAPACITY, "unarmed_weight"), known.number(RAPACITY, "lsm_multiplier")
    index = rapacity(top.percent, armed, None, weight, multiplier)
    text = {True: "reason.armed-near", False: "reason.nobody-armed-near", None: "reason.armed-unknown"}[armed]
    grade = because("reason.evidence-grade", RAPACITY, grade="@grade.local" if armed else "@grade.world")
    reasons = (*top.said, because(text, RAPACITY), because("reason.industrial-unknown", RAPACITY), grade)
    lacking = ((not priced, "missing.spot"), (index * max(1.0, multiplier) >= limit, "missing.industrial-mine"))
    missing = () if index >= limit else tuple(name for lacks, name in lacking if lacks)
    state = "raised" if index >= limit else "cannot-evaluate" if missing else "clear"
    return Signal("pressure-rapacity", site.id, state, RAPACITY, reasons, value=index, threshold=limit, unit="percent",
                  missing=missing, touches=touches)  # fmt: skip


def _desperation(
    known: Known,
    site: Site,
    paid: Mapping[tuple[str, str], list[Paid]],
    stops: Mapping[str, NodeState],
    world_food: Change | None,
) -> Signal:
    limit = known.number(DESPERATION, "raised_at_percent")
    income = _income(known, site, paid)
    food = _nearest_fact(known, site, ("food-price-change",), None) or world_food
    stopped = stops.get(site.id)
    index = desperation(income.percent if income else None, food.percent if food else None, stopped is not None)
    reasons = [reason for change in (income, food) if change for reason in change.said]
    if stopped is not None:
        reasons += [because("reason.living-stopped", DESPERATION, s, day=stopped.since) for s in stopped.said]
    touches = (site.id, site.area) if site.area else (site.id,)
    unknown = income is None and stopped is None
    if unknown:
        reasons.append(because("reason.income-unknown", DESPERATION))
    if index is None or (unknown and index < limit):
        return Signal("pressure-desperation", site.id, "cannot-evaluate", DESPERATION, tuple(reasons), value=index,
                      threshold=limit, unit="percent", missing=("missing.quote",), touches=touches)  # fmt: skip
    grade = "local" if stopped else income.grade if income else food.grade if food else "world"
    reasons.append(because("reason.evidence-grade", DESPERATION, grade=f"@grade.{grade}"))
    return Signal("pressure-desperation", site.id, "raised" if index >= limit else "clear", DESPERATION,
                  tuple(reasons), value=index, threshold=limit, unit="percent", touches=touches)  # fmt: skip


def _income(known: Known, site: Site, paid: Mapping[tuple[str, str], list[Paid]]) -> Change | None:
    """How far what a pure gram fetches at the mine moved, from the nearest place that knows: a stated change, or the
    newest quote against the median of the quotes before it. Of several minerals the one that fell most."""
    changes = []
    for mineral in site.minerals:
        stated = _nearest_fact(known, site, ("local-price-change", "local-price-change-low"), mineral)
        worked_out = _nearest_quotes(known, site, mineral, paid)
        changes += [c for c in (worked_out, stated) if c is not None][:1]
    return min(changes, key=lambda change: change.percent, default=None)


def _nearest_quotes(
    known: Known, site: Site, mineral: str, paid: Mapping[tuple[str, str], list[Paid]]
) -> Change | None:
    year = months_before(known.as_of, 12)
    for rung, place in enumerate(known.ladder(site)):
        all_paid = paid.get((place, mineral), [])
        like = [p for p in all_paid if p.pure == all_paid[-1].pure]
        if len(like) > 1 and like[-1].statement.speaks_of.known_on > year:
            usual = median(p.dollars for p in like[:-1])
            percent = float(100 * (like[-1].dollars - usual) / usual)
            said = because("reason.income-moved", DESPERATION, like[-1].statement, percent=round(percent, 1),
                           mineral=f"@mineral.{mineral}", day=like[-1].statement.speaks_of.known_on)  # fmt: skip
            return Change(percent, _grade(known, site, rung), (said,))
    return None


def _nearest_fact(known: Known, site: Site, measures: tuple[str, ...], mineral: str | None) -> Change | None:
    year = months_before(known.as_of, 12)
    for rung, place in enumerate(known.ladder(site)):
        for measure in measures:
            newest = known.newest_fact(measure, place, mineral)
            if newest is None or newest[1].value is None or newest[0].speaks_of.end <= year:
                continue
            percent = float(newest[1].value)
            text = "reason.food-moved" if measure.startswith("food") else "reason.income-stated"
            said = because(text, DESPERATION, newest[0], percent=percent, day=newest[0].speaks_of.known_on)
            return Change(percent, _grade(known, site, rung), (said,))
    return None


def _grade(known: Known, site: Site, rung: int) -> str:
    return {"site": "local", "area": "local", "province": "regional", "country": "country"}.get(
        known.ladder(site)[rung].partition(":")[0], "world"
    )


def _world_food(known: Known) -> Change | None:
    moved = move(known, "food-index", int(known.number(DESPERATION, "months")))
    if moved is None:
        return None
    said = because("reason.food-moved", DESPERATION, moved.now, percent=round(moved.percent, 1),
                   day=moved.now.speaks_of.known_on)  # fmt: skip
    return Change(moved.percent, "world", (said,))
