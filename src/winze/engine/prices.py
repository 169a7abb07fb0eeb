"""What miners get and what the world pays: the gate-to-spot ratio with its breaks, and the moves of world prices.

A fall at the gate is invisible to anyone who watches the world price alone: in Burkina Faso gold at the mine went from
94% of spot to 55% while spot rose. So each quote is kept as quoted and its ratio is worked out again from amount,
currency, rate, unit, fineness and spot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from winze.engine.known import Known, distinct, months_before, newest_first
from winze.engine.quantities import ALREADY_PURE, Money, Unknown, per_pure_gram, traded_as
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import Precision, Price, Quote, Statement

GATE, SPOT = "signal/gate-ratio", "signal/spot-move"
STATED = ("mine-gate-to-spot", "mine-gate-to-spot-low")
"""The facts by which a source states the ratio itself, in percent of spot; of a range its low end is read."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """The mine-gate price of a mineral as percent of the world price of the metal in it, on one day.

    `low` is the ratio; `pure` is False where the fineness is unknown: then the true ratio is `low` or more and
    `high` is None. `spot` is the world price used where the quote gives none of its own. `dollars` is the gate price
    of a pure gram (None where a source states only the ratio).
    """

    statement: Statement
    low: float
    high: float | None
    dollars: Decimal | None = None
    spot: Statement | None = None
    stated: bool = False

    @property
    def day(self) -> date:
        return self.statement.speaks_of.known_on

    @property
    def pure(self) -> bool:
        return self.high is not None


@dataclass(frozen=True, slots=True)
class Point:
    """One ratio in its series: against which baseline it was read, and what that says."""

    ratio: Ratio
    baseline: float | None
    fell: bool  # ten points (or what the rule says) or more below the baseline
    low: bool  # below the floor, and the fineness is known

    @property
    def raised(self) -> bool:
        return self.fell or self.low

    @property
    def settles(self) -> bool:
        """Whether it can end an alarm: a lower bound that has nothing of its like to be held against cannot."""
        return self.raised or self.ratio.pure or self.baseline is not None


def gate_dollars(statement: Statement, quote: Quote) -> Decimal:
    """The US dollars offered for one gram of pure metal. Raises `Unknown` without a rate or a unit of mass."""
    paid = Money(quote.amount, quote.currency, statement.speaks_of.known_on).dollars(quote.fx)
    return per_pure_gram(paid, quote.unit, quote.fineness)


def ratio(statement: Statement, quote: Quote, spots: Iterable[Statement] = ()) -> Ratio:
    """The ratio of one quote to spot, worked out again from what was quoted.

    Spot is the quote's own, else the newest world price in `spots` not later than the quote's day. Raises `Unknown`
    where rate, unit, fineness or spot leave it open, with the message id of what is missing.
    """
    if quote.currency != "USD" and not (quote.fx and quote.fx > 0):
        raise Unknown("missing.fx")
    own = quote.spot is not None and quote.spot > 0
    used = None if own else newest_spot(spots, statement.speaks_of.known_on)
    try:
        paid = gate_dollars(statement, quote)
        world = per_pure_gram(quote.spot or Decimal(0), quote.unit, Decimal(1)) if own else _spot_gram(used)
    except Unknown as error:
        missing = str(error)
        raise Unknown(missing if missing.startswith("missing.") else "missing.unit") from None
    share = float(100 * paid / world)
    known = quote.unit in ALREADY_PURE or quote.fineness is not None
    return Ratio(statement, share, share if known else None, paid, used)


def newest_spot(spots: Iterable[Statement], day: date) -> Statement | None:
    """The newest world price within three months before a day; None where there is none."""
    fit = [s for s in spots if months_before(day, 3) <= s.speaks_of.known_on <= day]
    return max(fit, key=newest_first, default=None)


def _spot_gram(price: Statement | None) -> Decimal:
    if price is None or not isinstance(price.said, Price) or price.said.currency != "USD" or price.said.amount <= 0:
        raise Unknown("missing.spot")
    return per_pure_gram(price.said.amount, price.said.unit, Decimal(1))


def walk(ratios: list[Ratio], fall: float, floor: float, least: int) -> list[Point]:
    """Reads a series of ratios, oldest first, each against the median of those before it.

    A point that was itself raised does not enter later baselines: a shock must not become the norm it is measured by.
    A quote of unknown fineness is compared only with others of unknown fineness (the same goods, one hopes), and is
    never called low against the floor, since the pure gram may well fetch more.
    """
    calm: dict[bool, list[float]] = {True: [], False: []}
    points = []
    for r in ratios:
        before = calm[r.pure]
        baseline = median(before) if len(before) >= least else None
        fell = baseline is not None and round(baseline - r.low, 6) >= fall
        point = Point(r, baseline, fell, r.pure and r.low < floor)
        if not point.raised:
            before.append(r.low)
        points.append(point)
    return points


def gate_ratios(known: Known) -> Iterator[Signal]:
    """One signal for each place and mineral with quotes, and one that cannot be evaluated for each mineral without."""
    fall, floor = known.number(GATE, "baseline_fall_points"), known.number(GATE, "floor_percent")
    least = int(known.number(GATE, "minimum_baseline_quotes"))
    quoted, gaps = series(known)
    for place, mineral in sorted({*quoted, *gaps}):
        points = walk(quoted.get((place, mineral), []), fall, floor, least)
        yield _gate_signal(known, place, mineral, points, gaps.get((place, mineral), []), fall, floor)
    answered = {(subject, mineral) for place, mineral in (*quoted, *gaps) for subject in known.inside(place)}
    wanted = {(f"country:{s.country}", m) for s in known.focus for m in s.minerals if (s.id, m) not in answered}
    wanted -= {*quoted, *gaps}
    for place, mineral in sorted(wanted):
        said = because("reason.no-quote", GATE, mineral=f"@mineral.{mineral}")
        yield Signal("gate-ratio", f"{place}#{mineral}", "cannot-evaluate", GATE, (said,), unit="percent",
                     missing=("missing.quote",), touches=(place,))  # fmt: skip


def series(
    known: Known,
) -> tuple[dict[tuple[str, str], list[Ratio]], dict[tuple[str, str], list[tuple[Statement, str]]]]:
    """Ratios by place and mineral, oldest first; and the quotes that give none, each with what it lacks."""
    found: dict[tuple[str, str], list[Ratio]] = defaultdict(list)
    gaps: dict[tuple[str, str], list[tuple[Statement, str]]] = defaultdict(list)
    for statement in distinct(s for s, _ in known.of(Quote)):
        quote = statement.said
        assert isinstance(quote, Quote)
        try:
            spots = known.prices.get(traded_as(quote.mineral), [])
            found[known.place(statement.subject), quote.mineral].append(ratio(statement, quote, spots))
        except Unknown as error:
            gaps[known.place(statement.subject), quote.mineral].append((statement, str(error)))
    for measure in STATED:
        for (place, mineral), facts in known.facts.get(measure, {}).items():
            stated = [(s, float(fact.value)) for s, fact in facts if fact.value is not None]
            found[place, mineral or "gold"] += [Ratio(s, share, share, stated=True) for s, share in stated]
    return {key: sorted(r, key=lambda x: newest_first(x.statement)) for key, r in found.items()}, gaps


def _gate_signal(
    known: Known,
    place: str,
    mineral: str,
    points: list[Point],
    gaps: list[tuple[Statement, str]],
    fall: float,
    floor: float,
) -> Signal:
    subject, touches = f"{place}#{mineral}", (*known.reach(place), f"commodity:{traded_as(mineral)}")
    lacking = [because(f"reason.{gap.removeprefix('missing.')}-unknown", GATE, s) for s, gap in gaps[-3:]]
    missing = tuple(sorted({gap for _, gap in gaps}))
    if not points:
        return Signal("gate-ratio", subject, "cannot-evaluate", GATE, tuple(lacking), unit="percent",
                      missing=missing, touches=touches)  # fmt: skip
    last = points[-1]
    reasons = [*_how(last, known), *_breaks(points), *lacking]
    settled = [point for point in points if point.settles]
    alarm = bool(settled) and settled[-1].raised
    open_question = not last.raised and not last.ratio.pure and (last.ratio.low < floor or alarm)
    state = "raised" if last.raised else "cannot-evaluate" if open_question else "clear"
    if last.baseline is None:
        reasons.append(because("reason.no-baseline", GATE, have=len(points) - 1))
    return Signal(
        "gate-ratio",
        subject,
        state,
        GATE,
        tuple(reasons),
        value=last.ratio.low,
        threshold=_threshold(last, fall, floor),
        unit="percent",
        since=_since(points),
        missing=("missing.fineness",) if open_question else (),
        touches=touches,
    )


def _threshold(point: Point, fall: float, floor: float) -> float:
    return floor if point.baseline is None else max(floor, point.baseline - fall)


def _since(points: list[Point]) -> date:
    """The day from which the state of the last point holds without a break."""
    same = points[-1].raised
    since = points[-1].ratio.day
    for point in reversed(points):
        if point.raised != same:
            break
        since = point.ratio.day
    return since


def _how(point: Point, known: Known) -> Iterator[Reason]:
    r = point.ratio
    share = round(r.low, 1)
    if r.stated:
        yield because("reason.gate-ratio-stated", GATE, r.statement, ratio=share, day=r.day)
    else:
        text = "reason.gate-ratio" if r.pure else "reason.gate-ratio-at-least"
        dollars = round(r.dollars, 2) if r.dollars is not None else None
        yield because(text, GATE, r.statement, ratio=share, day=r.day, dollars=dollars)
    if r.spot is not None:
        monthly = r.spot.speaks_of.precision is not Precision.DAY
        text = "reason.spot-monthly" if monthly else "reason.spot-day"
        yield because(text, GATE, r.spot, day=r.spot.speaks_of.known_on)
    if point.baseline is not None:
        text = "reason.gate-below-baseline" if point.fell else "reason.gate-near-baseline"
        yield because(text, GATE, r.statement, baseline=round(point.baseline, 1),
                      points=round(point.baseline - r.low, 1))  # fmt: skip
    if point.low:
        yield because("reason.gate-below-floor", GATE, r.statement, floor=known.number(GATE, "floor_percent"))


def _breaks(points: list[Point]) -> Iterator[Reason]:
    """Every day on which the series fell into alarm or came out of it."""
    settled = [point for point in points if point.settles]
    for before, now in zip([None, *settled], settled, strict=False):
        was = before is not None and before.raised
        if now.raised != was:
            text = "reason.gate-broke" if now.raised else "reason.gate-recovered"
            share = round(now.ratio.low, 1)
            yield because(text, GATE, now.ratio.statement, day=now.ratio.day, ratio=share)


# --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Move:
    """The change of a world price over some months, in percent of the earlier price."""

    months: int
    percent: float
    now: Statement
    before: Statement


def spot_moves(known: Known) -> Iterator[Signal]:
    """World price moves over one and three months: a rise and a fall are two signals, for they press differently."""
    metals: dict[str, str] = {}
    minerals = {m for s in known.focus for m in s.minerals} | {link.mineral for _, link in known.links}
    for mineral in sorted(minerals):
        metals.setdefault(traded_as(mineral), mineral)
    for metal in sorted(metals):
        moves = [m for m in (move(known, metal, months) for months in (1, 3)) if m is not None]
        for kind, sign in (("spot-fall", -1), ("spot-rise", 1)):
            yield _move_signal(known, kind, sign, metal, moves)


def move(known: Known, commodity: str, months: int) -> Move | None:
    """How far a world price moved over so many months up to the day; None where either end has no price."""
    prices = known.prices.get(commodity, [])
    now = prices[-1] if prices else None
    if now is None or now.speaks_of.known_on < months_before(known.as_of, months):
        return None
    then = months_before(now.speaks_of.known_on + timedelta(days=1), months) - timedelta(days=1)
    earlier = [p for p in prices if then - timedelta(days=31) < p.speaks_of.known_on <= then]
    if not earlier:
        return None
    assert isinstance(now.said, Price) and isinstance(earlier[-1].said, Price)
    old = earlier[-1].said.amount
    return Move(months, float(100 * (now.said.amount - old) / old), now, earlier[-1]) if old > 0 else None


def _move_signal(known: Known, kind: str, sign: int, metal: str, moves: list[Move]) -> Signal:
    subject = f"commodity:{metal}"
    if not moves:
        said = because("reason.no-world-price", SPOT, mineral=f"@mineral.{metal}")
        return Signal(kind, subject, "cannot-evaluate", SPOT, (said,), unit="percent",
                      missing=("missing.spot",), touches=(subject,))  # fmt: skip
    limits = {1: known.number(SPOT, "percent_1_month"), 3: known.number(SPOT, "percent_3_months")}
    worst = max(moves, key=lambda m: (sign * m.percent - limits[m.months], m.months))
    reasons = tuple(
        because("reason.spot-moved", SPOT, m.now, mineral=f"@mineral.{metal}", percent=round(m.percent, 1),
                months=m.months, day=m.now.speaks_of.known_on, before=m.before.speaks_of.known_on)
        for m in moves
    )  # fmt: skip
    return Signal(
        kind,
        subject,
        "raised" if sign * worst.percent >= limits[worst.months] else "clear",
        SPOT,
        reasons,
        value=worst.percent,
        threshold=sign * limits[worst.months],
        unit="percent",
        since=worst.now.speaks_of.known_on,
        touches=(subject,),
    )
