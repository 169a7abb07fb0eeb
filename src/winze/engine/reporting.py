"""Step 5: what one cycle says, put together for an audience. Values only; `formats.report` gives them a form.

Nothing here decides who may see what: every name, place, count and source goes through `engine.disclosure`.
Sentences are message ids with values, so that page, workbook and shell say the same in each language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from winze.engine import presence, prices
from winze.engine.baseline import Baseline
from winze.engine.disclosure import Place, View, Why, suppress, view
from winze.engine.known import Known, gather, months_before
from winze.engine.plan import Objective, Plan
from winze.engine.problems import Problem, Severity
from winze.engine.quantities import traded_as
from winze.engine.reasons import Signal, Value
from winze.engine.records import Input, ManagementStep, Point, Price, Statement, Supply, Visit, of_kind
from winze.engine.register import Register
from winze.engine.risks import ACTIONS, Risk

WHYS = 300
"""How many ranked risks carry their reasons on the page; those of the chain do besides, up to `WHYS_MOST` in all."""
WHYS_MOST = 800
LETTERS = ("A", "B", "C", "D", "E", "F")
PRESSURES = ("pressure-rapacity", "pressure-desperation")
STATES = ("raised", "clear", "cannot-evaluate")
_MONTHS = 24
_PRICE_MONTHS = 36
_CHARTS = 6


class Told(Protocol):
    """A cycle, as `winze.cycle.run` gives it."""

    @property
    def as_of(self) -> date: ...
    @property
    def inputs(self) -> tuple[Input, ...]: ...
    @property
    def statements(self) -> tuple[Statement, ...]: ...
    @property
    def register(self) -> Register: ...
    @property
    def signals(self) -> tuple[Signal, ...]: ...
    @property
    def risks(self) -> tuple[Risk, ...]: ...
    @property
    def plans(self) -> tuple[Plan, ...]: ...
    @property
    def problems(self) -> tuple[Problem, ...]: ...
    @property
    def baseline(self) -> Baseline: ...
    @property
    def rulebook(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Sentence:
    """A message id and what fills it."""

    text: str
    values: tuple[tuple[str, Value], ...] = ()


def sentence(text: str, **values: Value) -> Sentence:
    return Sentence(text, tuple(values.items()))


@dataclass(frozen=True, slots=True)
class RiskLine:
    """One risk as shown. `whys` is empty where the reasons stand in the workbook only (`shown` is False then)."""

    risk: Risk
    place: Place
    evidence_months: int | None  # age of the newest statement it rests on; None where it rests on none
    statements: int
    whys: tuple[Why, ...]
    shown: bool

    @property
    def id(self) -> str:
        """The risk's id without its place's: `kind/CODE` or `kind/name`."""
        return f"{self.risk.kind}/{self.place.code or self.place.name or self.place.country}"


@dataclass(frozen=True, slots=True)
class SignalLine:
    """One signal as shown."""

    signal: Signal
    place: Place
    whys: tuple[Why, ...]
    in_chain: bool


@dataclass(frozen=True, slots=True)
class KindCount:
    """How one kind of signal came out over all its subjects. None: not shown (fewer than five, or beside such)."""

    kind: str
    raised: int | None
    clear: int | None
    cannot_evaluate: int | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AreaLine:
    """One area of the map and of its table."""

    place: Place
    point: Point | None
    sites: int | None
    top: str | None  # gravest Annex II class ranked here
    ranked: int
    in_chain: bool


@dataclass(frozen=True, slots=True)
class WatchedLine:
    """Watched risks of one area by Annex II class, in the order of LETTERS. None: not shown."""

    place: Place
    counts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class PressureLine:
    """The two pressures in one area, apart: sites raised, and sites that cannot be evaluated. None: not shown."""

    place: Place
    rapacity: int | None
    rapacity_unknown: int | None
    desperation: int | None
    desperation_unknown: int | None


@dataclass(frozen=True, slots=True)
class PressedLine:
    """The two pressures on one site, side by side and never one figure. None: not shown to this audience."""

    place: Place
    rapacity: SignalLine | None
    desperation: SignalLine | None


@dataclass(frozen=True, slots=True)
class Series:
    """A line to draw. `values` are None where the period is unknown: a gap, never zero."""

    name: str
    about: Place | None
    unit: str
    days: tuple[date, ...]
    values: tuple[float | None, ...]
    source: str | None  # id of the source card, or the series' name


@dataclass(frozen=True, slots=True)
class InputLine:
    """One file: what it was, how old, what came of it. `input.name` is empty where it is withheld."""

    input: Input
    number: int
    age_days: int | None


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One plan as shown: what it is about, its supplier, its objectives with why their baselines stand where they do,
    and why assessments were opened again. `shown` is False for one that has a single line only."""

    plan: Plan
    places: tuple[Place, ...]
    supplier: Place | None
    objectives: tuple[tuple[Objective, Why], ...]
    changes: tuple[Why | None, ...]  # beside the plan's clocks
    buyers: tuple[Place, ...] | None
    sites: Value
    sites_unknown: Value
    people_low: Value
    shown: bool


@dataclass(frozen=True, slots=True)
class StepLine:
    """One element of step 1. `owner` and `document` are withheld from the public."""

    element: str
    in_place: bool | None
    owner: str | None
    document: str | None
    since: date


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says, for one audience."""

    as_of: date
    audience: str
    title: Sentence
    lede: tuple[Sentence, ...]
    summary: tuple[Sentence, ...]
    risks: tuple[RiskLine, ...]  # ranked ones, then those watched on my chain
    plans: tuple[PlanLine, ...]  # recorded ones
    proposed: tuple[PlanLine, ...]  # for ranked risks that have none
    ranked: int
    watched: int
    watched_by_area: tuple[WatchedLine, ...]
    areas: tuple[AreaLine, ...]
    signal_counts: tuple[KindCount, ...]
    signals: tuple[SignalLine, ...]
    pressures: tuple[PressureLine, ...]
    pressed: tuple[PressedLine, ...]  # the sites of my chain; of a case without one, the sites where one is raised
    world_prices: tuple[Series, ...]
    gate_ratios: tuple[Series, ...]
    conflict: tuple[Series, ...]
    baseline: tuple[tuple[str, tuple[tuple[str, int | None], ...]], ...]
    stated: tuple[Sentence, ...]
    constraints: tuple[Sentence, ...]
    inputs: tuple[InputLine, ...]
    problem_counts: tuple[tuple[str, Severity, int], ...]
    problems: tuple[Problem, ...]
    step1: tuple[StepLine, ...]
    rules: tuple[str, ...]
    withheld_risks: int
    withheld_signals: int
    withheld_plans: int

    def of(self, *kinds: str) -> list[SignalLine]:
        """The listed signals of some kinds, a kind ending in `-` standing for all that begin so; raised ones first."""
        found = [s for s in self.signals if s.signal.kind in kinds or s.signal.kind.startswith(_prefixes(kinds))]
        return sorted(found, key=lambda s: (STATES.index(s.signal.state) if s.signal.state != "clear" else 9,))


def _prefixes(kinds: Iterable[str]) -> tuple[str, ...]:
    return tuple(kind for kind in kinds if kind.endswith("-")) or ("\0",)


def compile(cycle: Told, audience: str = "partner", key: bytes | None = None) -> Report:
    """The report of one cycle for an audience: what is ranked and why, what changed, what nobody knows. `key` keys the
    codes of places (see `disclosure.view`)."""
    eyes = view(cycle, audience, key)
    known = gather(cycle.statements, cycle.register, cycle.rulebook, cycle.as_of)
    risks, hidden_risks = _risks(cycle, eyes)
    signals, hidden_signals = _signals(cycle, eyes)
    plans, hidden_plans = _plans(cycle, eyes, {line.risk.id for line in risks})
    return Report(
        as_of=cycle.as_of,
        audience=audience,
        title=_title(cycle, eyes),
        lede=tuple(_lede(cycle, eyes)),
        summary=tuple(summary_lines(cycle, audience, eyes)),
        risks=risks,
        plans=tuple(line for line in plans if line.plan.key is not None),
        proposed=tuple(line for line in plans if line.plan.key is None),
        ranked=sum(1 for line in risks if line.risk.rank is not None),
        watched=sum(1 for risk in cycle.risks if risk.rank is None),
        watched_by_area=_watched(cycle, eyes, {line.risk.id for line in risks}),
        areas=_areas(cycle, eyes),
        signal_counts=tuple(_kind_counts(cycle, eyes)),
        signals=signals,
        pressures=tuple(_pressures(cycle, eyes)),
        pressed=tuple(_pressed(signals)),
        world_prices=tuple(_world_prices(known)),
        gate_ratios=tuple(_gate_ratios(known, eyes)),
        conflict=tuple(_conflict(known, cycle, eyes)),
        baseline=tuple(_baseline(cycle.baseline, eyes)),
        stated=tuple(_stated(cycle.baseline, eyes)),
        constraints=tuple(_constraints(cycle, eyes, hidden_risks, hidden_signals)),
        inputs=tuple(_inputs(cycle, eyes)),
        problem_counts=_problem_counts(cycle.problems),
        problems=tuple(eyes.problem(problem) for problem in cycle.problems),
        step1=tuple(_step1(cycle, eyes)),
        rules=_rules(risks, signals, plans),
        withheld_risks=hidden_risks,
        withheld_signals=hidden_signals,
        withheld_plans=hidden_plans,
    )


# -- risks -----------------------------------------------------------------------------------------------------------


def _risks(cycle: Told, eyes: View) -> tuple[tuple[RiskLine, ...], int]:
    """Ranked risks, then those watched on my chain; the first ones and my chain's with their reasons."""
    days = {s.id: s.speaks_of.known_on for s in cycle.statements}
    seen = [(risk, eyes.risk(risk)) for risk in cycle.risks]
    listed = [risk for _, risk in seen if risk is not None and (risk.rank is not None or risk.in_chain)]
    mine = [risk.id for risk in listed if risk.in_chain]
    explained = set(dict.fromkeys([*(risk.id for risk in listed[:WHYS] if risk.rank is not None), *mine][:WHYS_MOST]))
    lines = tuple(_line(risk, eyes, days, cycle.as_of, risk.id in explained) for risk in listed)
    return lines, sum(1 for _, risk in seen if risk is None)


def _line(risk: Risk, eyes: View, days: Mapping[str, date], as_of: date, shown: bool) -> RiskLine:
    resting = {r.statement for r in risk.because if r.statement in days}
    newest = max((days[s] for s in resting if s), default=None)
    return RiskLine(
        risk=risk,
        place=eyes.place(risk.subject),
        evidence_months=None if newest is None else months_between(newest, as_of),
        statements=len(resting),
        whys=tuple(eyes.why(reason) for reason in risk.because),
        shown=shown,
    )


PLANS = 40
"""How many proposed plans have their detail on the page, besides those of my chain; all are in the workbook."""
PLANS_MOST = 120


def _plans(cycle: Told, eyes: View, listed: set[str]) -> tuple[tuple[PlanLine, ...], int]:
    """Recorded plans, and those proposed for risks this audience sees; the first ones and my chain's in detail."""
    seen = [(plan, eyes.plan(plan, cycle.as_of)) for plan in cycle.plans]
    kept = [plan for _, plan in seen if plan is not None and (plan.key is not None or set(plan.risks) <= listed)]
    drafts = [plan.risks for plan in kept if plan.key is None]
    mine = [plan.risks for plan in kept if plan.key is None and plan.in_chain]
    detailed = set([*drafts[:PLANS], *mine][:PLANS_MOST])
    lines = tuple(plan_line(plan, eyes, plan.key is not None or plan.risks in detailed) for plan in kept)
    return lines, sum(1 for plan, told in seen if told is None and plan.key is not None)


def plan_line(plan: Plan, eyes: View, shown: bool) -> PlanLine:
    """A plan, already as the audience may see it, with the places and reasons beside it."""
    harm = plan.harm
    return PlanLine(
        plan=plan,
        places=tuple(eyes.place(subject) for subject in plan.subjects),
        supplier=eyes.place(plan.party) if plan.party else None,
        objectives=tuple((o, eyes.why(o.baseline.because)) for o in plan.objectives),
        changes=tuple(eyes.why(clock.because) if clock.because else None for clock in plan.clocks),
        buyers=tuple(eyes.place(id) for id in harm.buyers) if harm and harm.buyers else None,
        sites=eyes.count(harm.sites) if harm else None,
        sites_unknown=eyes.count(harm.sites_unknown) if harm else None,
        people_low=eyes.count(harm.people_low) if harm else None,
        shown=shown,
    )


def months_between(earlier: date, later: date) -> int:
    """Whole months from one day to another."""
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return max(0, months - (later.day < earlier.day))


def _area_of(subject: str, register: Register) -> str | None:
    where = subject.partition("#")[0]
    site = register.sites.get(where)
    return site.area if site else where if where in register.areas else None


def _watched(cycle: Told, eyes: View, listed: set[str]) -> tuple[WatchedLine, ...]:
    """Counts of what is watched and not listed one by one. Rows and columns have no sums, so that the cells withheld
    cannot be worked out from them."""
    counted: Counter[tuple[str, str]] = Counter()
    for risk in cycle.risks:
        area = _area_of(risk.subject, cycle.register)
        if risk.rank is None and risk.id not in listed and eyes.risk(risk) is not None:
            counted[area or "", risk.annex_ii] += 1
    shown = suppress(counted, eyes.audience)
    rows = sorted({area for area, _ in counted}, key=lambda a: (-sum(counted[a, x] for x in LETTERS), a))
    return tuple(
        WatchedLine(eyes.place(area) if area else Place("world", None), tuple(shown.get((area, x), 0) for x in LETTERS))
        for area in rows
    )


def _areas(cycle: Told, eyes: View) -> tuple[AreaLine, ...]:
    """Areas with sites or ranked risks, those with the gravest risks first."""
    ranked: dict[str, Counter[str]] = {}
    for risk in cycle.risks:
        area = _area_of(risk.subject, cycle.register)
        if risk.rank is not None and area and eyes.risk(risk) is not None:
            ranked.setdefault(area, Counter())[risk.annex_ii] += 1
    sites = suppress({a.id: len(a.sites) for a in cycle.register.areas.values() if a.sites}, eyes.audience)
    lines = []
    for id in {*sites, *ranked}:
        if id not in cycle.register.areas:
            continue
        letters = ranked.get(id, Counter())
        mine = id in cycle.register.chain_origins or any(
            cycle.register.sites[s].in_chain for s in cycle.register.areas[id].sites if s in cycle.register.sites
        )
        lines.append(
            AreaLine(eyes.place(id), eyes.area_point(id), sites.get(id, 0), min(letters, default=None),
                     letters.total(), mine and eyes.audience != "public")
        )  # fmt: skip
    return tuple(sorted(lines, key=lambda a: (a.top or "Z", -a.ranked, a.place.country or "", a.place.name or "")))


# -- signals ---------------------------------------------------------------------------------------------------------


def _signals(cycle: Told, eyes: View) -> tuple[tuple[SignalLine, ...], int]:
    """Signals listed one by one: to `internal` all; to others those of areas and above, and of their chain."""
    lines, hidden = [], 0
    for signal in cycle.signals:
        told = eyes.signal(signal)
        if told is None:
            hidden += 1
            continue
        mine = eyes.in_chain(signal.subject)
        if not eyes.internal and signal.subject.partition("#")[0] in cycle.register.sites and not mine:
            continue
        whys = tuple(eyes.why(reason) for reason in signal.because)
        lines.append(SignalLine(told, eyes.place(signal.subject), whys, mine))
    return tuple(lines), hidden


def _kind_counts(cycle: Told, eyes: View) -> Iterator[KindCount]:
    """Counts of one kind by state. Those about sites are small cells like any other; the rest is listed anyway."""
    counts: dict[str, Counter[str]] = {}
    missing: dict[str, Counter[str]] = {}
    precise = set()
    for signal in cycle.signals:
        if eyes.signal(signal) is None:
            continue
        counts.setdefault(signal.kind, Counter())[signal.state] += 1
        missing.setdefault(signal.kind, Counter()).update(signal.missing)
        if signal.subject.partition("#")[0] in cycle.register.sites:
            precise.add(signal.kind)
    for kind in sorted(counts):
        cells = {state: counts[kind][state] for state in STATES}
        shown = suppress(cells, eyes.audience if kind in precise else "internal")
        lacking = tuple(name for name, _ in missing[kind].most_common(4))
        yield KindCount(kind, shown["raised"], shown["clear"], shown["cannot-evaluate"], lacking)


def _pressures(cycle: Told, eyes: View) -> Iterator[PressureLine]:
    """Sites under each pressure by area; the two are never added up or set off against each other."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for signal in cycle.signals:
        area = _area_of(signal.subject, cycle.register)
        if signal.kind.startswith("pressure-") and area and signal.state != "clear":
            counted[area, signal.kind, signal.state] += 1
    shown = suppress(counted, eyes.audience)
    for area in sorted({area for area, _, _ in counted}, key=lambda a: (-_raised(counted, a), a)):
        cells = [
            shown.get((area, f"pressure-{which}", state), 0)
            for which in ("rapacity", "desperation")
            for state in ("raised", "cannot-evaluate")
        ]
        yield PressureLine(eyes.place(area), *cells)


def _pressed(lines: Iterable[SignalLine]) -> Iterator[PressedLine]:
    """Each listed site with both pressures, those with the most of them raised first."""
    sites: dict[str, dict[str, SignalLine]] = {}
    for line in lines:
        if line.signal.kind in PRESSURES:
            sites.setdefault(line.signal.subject, {})[line.signal.kind] = line
    mine = {id for id, pair in sites.items() if any(line.in_chain for line in pair.values())}
    raised = {id: sum(line.signal.state == "raised" for line in pair.values()) for id, pair in sites.items()}
    for id in sorted(mine or {id for id in sites if raised[id]}, key=lambda id: (-raised[id], id)):
        pair = [sites[id].get(kind) for kind in PRESSURES]
        yield PressedLine(next(line.place for line in pair if line), *pair)


def _raised(counted: Mapping[tuple[str, str, str], int], area: str) -> int:
    return sum(n for (where, _, state), n in counted.items() if where == area and state == "raised")


# -- series to draw --------------------------------------------------------------------------------------------------


def _metals(known: Known) -> list[str]:
    """The metals of my chain, else those of the most sites; the ones with a world price."""
    chained = Counter(traded_as(link.mineral) for _, link in known.links)
    dug = Counter(traded_as(mineral) for site in known.focus for mineral in site.minerals)
    order = [metal for metal, _ in (*sorted(chained.items(), key=_most), *sorted(dug.items(), key=_most))]
    return [metal for metal in dict.fromkeys(order) if known.prices.get(metal)][:_CHARTS]


def _most(item: tuple[str, int]) -> tuple[int, str]:
    return (-item[1], item[0])


def _world_prices(known: Known) -> Iterator[Series]:
    since = months_before(known.as_of, _PRICE_MONTHS)
    for metal in _metals(known):
        told = [s for s in known.prices[metal] if s.speaks_of.end > since]
        quoted = [(s.speaks_of.end, s.said) for s in told if isinstance(s.said, Price)]
        if len(quoted) > 1:
            first = quoted[-1][1]
            unit = f"{first.currency}/{first.unit}" if first.currency else first.unit
            days, values = [day for day, _ in quoted], [float(price.amount) for _, price in quoted]
            yield Series(metal, None, unit, tuple(days), tuple(values), first.series)


def _gate_ratios(known: Known, eyes: View) -> Iterator[Series]:
    """The mine-gate price in percent of spot by place and mineral, where the audience may see every quote of it."""
    found, _ = prices.series(known)
    since = months_before(known.as_of, _PRICE_MONTHS)
    for (place, mineral), ratios in sorted(found.items()):
        fresh = [r for r in ratios if r.day > since]
        if fresh and all(eyes.sees(r.statement.id) for r in fresh):
            yield Series(mineral, eyes.place(place), "percent", tuple(r.day for r in fresh),
                         tuple(r.low for r in fresh), fresh[-1].statement.source)  # fmt: skip


def _conflict(known: Known, cycle: Told, eyes: View) -> Iterator[Series]:
    """Conflict events by month in the areas of my chain, else of the gravest risks. A month without a row is a gap."""
    months = presence.area_months(known)
    chained = {site.area for site in cycle.register.sites.values() if site.in_chain and site.area}
    weight = Counter(_area_of(r.subject, cycle.register) for r in cycle.risks if r.rank is not None)
    if eyes.audience == "public":
        chained = set()
    order = sorted(months, key=lambda a: (a not in chained, -weight[a], a))
    calendar = [months_before(known.as_of.replace(day=1), back) for back in range(_MONTHS, 0, -1)]
    for area in [a for a in order if a in chained or weight[a]][:_CHARTS]:
        dataset, tallies = max(months[area].items(), key=lambda item: (len(item[1]), item[0]))
        told = {t.newest.speaks_of.start.replace(day=1): t for t in tallies if t.newest and eyes.sees(t.newest.id)}
        if told:
            values = tuple(float(told[day].events) if day in told else None for day in calendar)
            yield Series(dataset, eyes.place(area), "events", tuple(calendar), values, dataset)


# -- what is held, what is missing -----------------------------------------------------------------------------------


def _baseline(held: Baseline, eyes: View) -> Iterator[tuple[str, tuple[tuple[str, int | None], ...]]]:
    for name in ("by_evidence", "by_status", "by_scheme"):
        cells = getattr(held, name)
        if cells:
            shown = suppress(cells, eyes.audience)
            yield name.removeprefix("by_"), tuple(sorted(shown.items(), key=lambda c: (-cells[c[0]], c[0])))


def _stated(held: Baseline, eyes: View) -> Iterator[Sentence]:
    """Figures that sources state of what is traced, watched and closed; kept side by side, never summed."""
    for item in held.stated:
        if eyes.sees(item.statement) and eyes.shows(item.subject, ()):
            yield sentence("report.stated", measure=f"@measure.{item.measure}", value=item.value,
                           unit=f"@unit.{item.unit}" if item.unit else "", place=said_place(eyes.place(item.subject)),
                           day=item.until)  # fmt: skip


def said_place(place: Place) -> str:
    """A place in words for a sentence: its name, its territory or a country to translate."""
    name = place.name or place.code or (f"@country.{place.country}" if place.country else "@unknown")
    return name if not place.about or place.about.startswith("@") else f"{place.about}, {name}"


def _few(count: int, eyes: View) -> Value:
    """A count in a sentence: a small one is "fewer than 5" to all but `internal`."""
    return count if eyes.internal or count == 0 or count >= 5 else "@few"


def _constraints(cycle: Told, eyes: View, hidden_risks: int, hidden_signals: int) -> Iterator[Sentence]:
    """What could not be done, seen or read."""
    held, register = cycle.baseline, cycle.register
    last = [site.visits[-1].said for site in register.sites.values() if site.visits]
    turned = [v for v in last if isinstance(v, Visit) and v.manner == "not-reached"]
    unsafe = [v for v in turned if v.not_reached_for == "insecurity"]
    failed = len({p.origin.input for p in cycle.problems if p.severity is Severity.ERROR})
    if register.sites:
        yield sentence("report.constraint.visits", seen=_few(held.seen, eyes), sites=held.sites,
                       never=_few(held.never_reached, eyes))  # fmt: skip
    if turned:
        yield sentence("report.constraint.turned", count=_few(len(turned), eyes), unsafe=_few(len(unsafe), eyes))
    unknown = sum(1 for s in cycle.signals if s.state == "cannot-evaluate")
    yield sentence("report.constraint.checks", count=unknown, all=len(cycle.signals))
    if failed:
        yield sentence("report.constraint.files", count=failed)
    if register.unjoined:
        yield sentence("report.constraint.unjoined", count=len(register.unjoined))
    if not register.parties:
        yield sentence("report.constraint.no-chain")
    for name in held.missing:
        yield sentence("report.constraint.baseline", what=f"@{name}")
    acts = sum(1 for s in cycle.signals if s.kind == "restriction" and s.state == "raised")
    if acts:
        yield sentence("report.constraint.acts", count=acts)
    yield sentence("report.constraint.deferrals")
    if hidden_risks or hidden_signals:
        yield sentence("report.constraint.withheld", risks=hidden_risks, signals=hidden_signals)


def _inputs(cycle: Told, eyes: View) -> Iterator[InputLine]:
    for number, item in enumerate(cycle.inputs, start=1):
        age = (cycle.as_of - min(item.newest, cycle.as_of)).days if item.newest else None
        yield InputLine(eyes.input(item), number, age)


def _problem_counts(problems: Sequence[Problem]) -> tuple[tuple[str, Severity, int], ...]:
    counted = Counter((problem.code, problem.severity) for problem in problems)
    order = list(Severity)
    return tuple(
        (code, severity, count)
        for (code, severity), count in sorted(counted.items(), key=lambda c: (order.index(c[0][1]), -c[1], c[0][0]))
    )


def _step1(cycle: Told, eyes: View) -> Iterator[StepLine]:
    """The newest word on each element of step 1. Who is accountable is shown to those who may see the statement."""
    newest: dict[str, tuple[Statement, ManagementStep]] = {}
    for s, step in of_kind(list(cycle.statements), ManagementStep):
        if step.element not in newest or s.speaks_of.known_on >= newest[step.element][0].speaks_of.known_on:
            newest[step.element] = (s, step)
    for element in sorted(newest):
        s, step = newest[element]
        open_ = eyes.sees(s.id)
        yield StepLine(element, step.in_place, step.owner if open_ else None, step.document if open_ else None,
                       s.speaks_of.start)  # fmt: skip


def _rules(risks: Iterable[RiskLine], signals: Iterable[SignalLine], plans: Iterable[PlanLine]) -> tuple[str, ...]:
    found = {line.risk.response.rule for line in risks}
    found |= {f"annex-ii/{line.risk.annex_ii.lower()}" for line in risks}
    found |= {why.rule for line in risks for why in line.whys if why.rule}
    found |= {line.signal.rule for line in signals}
    for line in plans:
        found |= {clock.rule for clock in line.plan.clocks}
        found |= {act.refusal.rule for act in line.plan.possible if act.refusal}
        found |= {o.template for o in line.plan.objectives if o.template.startswith("annex3/")} if line.shown else set()
        found |= {effect.rule for effect in line.plan.harm.effects} if line.plan.harm else set()
    return tuple(sorted(found))


# -- title and summary -----------------------------------------------------------------------------------------------


def _shown(cycle: Told, eyes: View) -> list[Risk]:
    return [shown for risk in cycle.risks if (shown := eyes.risk(risk)) is not None]


def _title(cycle: Told, eyes: View) -> Sentence:
    risks = _shown(cycle, eyes)
    first = sum(1 for risk in risks if risk.rank is not None)
    which = "none" if not first else "one" if first == 1 else "many"
    unseen = cycle.baseline.sites - cycle.baseline.seen
    if not cycle.baseline.sites:
        return sentence(f"report.title-no-sites.{which}", count=first, all=len(risks))
    return sentence(f"report.title.{which}", count=first, all=len(risks), unseen=_few(unseen, eyes),
                    sites=cycle.baseline.sites)  # fmt: skip


def _lede(cycle: Told, eyes: View) -> Iterator[Sentence]:
    held = cycle.baseline
    if held.newest_visit:
        yield sentence("report.lede.newest", months=months_between(held.newest_visit, cycle.as_of))
    if any(s.kind == "presence-fall" and s.state == "raised" for s in cycle.signals):
        yield sentence("report.lede.fewer-visits")
    yield sentence("report.lede.unknown")


def summary_lines(cycle: Told, audience: str = "partner", eyes: View | None = None) -> Iterator[Sentence]:
    """The cycle in at most ten sentences that a person understands, for the shell and the head of the report."""
    eyes = eyes or view(cycle, audience)
    risks, held, register = _shown(cycle, eyes), cycle.baseline, cycle.register
    ranked = [risk for risk in risks if risk.rank is not None]
    errors = sum(1 for p in cycle.problems if p.severity is Severity.ERROR)
    yield sentence("summary.read", files=len(cycle.inputs), statements=len(cycle.statements), day=cycle.as_of,
                   errors=errors)  # fmt: skip
    territories = sum(1 for area in register.areas.values() if area.sites)
    yield sentence("summary.sites", sites=held.sites, areas=territories, seen=_few(held.seen, eyes),
                   never=_few(held.never_reached, eyes))  # fmt: skip
    yield _chain_line(cycle, eyes)
    yield sentence("summary.risks", ranked=len(ranked), watched=len(risks) - len(ranked))
    letters = Counter(risk.annex_ii for risk in ranked)
    yield sentence("summary.letters", **{x.lower(): letters[x] for x in LETTERS})
    if ranked:
        place = eyes.place(ranked[0].subject)
        yield sentence("summary.first", risk=f"@risk.{ranked[0].kind}", place=place.territory or said_place(place))
    actions = Counter(risk.response.action for risk in ranked)
    yield sentence("summary.responses", **{a.replace("-", "_"): actions[a] for a in ACTIONS if a != "watch"})
    yield from _signal_lines(cycle)


def _chain_line(cycle: Told, eyes: View) -> Sentence:
    register = cycle.register
    if eyes.audience == "public":
        return sentence("summary.chain-withheld")
    if not any(isinstance(s.said, Supply) for party in register.parties.values() for s in party.supplies):
        return sentence("summary.no-chain")
    mine = sum(1 for site in register.sites.values() if site.in_chain)
    gaps = sum(1 for origin in register.chain_origins if origin.startswith("origin:"))
    return sentence("summary.chain", parties=len(register.parties), sites=_few(mine, eyes), gaps=gaps)


def _signal_lines(cycle: Told) -> Iterator[Sentence]:
    states = Counter(signal.state for signal in cycle.signals)
    yield sentence("summary.signals", raised=states["raised"], unknown=states["cannot-evaluate"])
    raised = Counter(signal.kind for signal in cycle.signals if signal.state == "raised")
    yield sentence("summary.crisis", acts=raised["restriction"], hints=raised["policy-hint"],
                   closures=raised["closure"], prices=raised["gate-ratio"])  # fmt: skip
    flags = sum(count for kind, count in raised.items() if kind.startswith("red-flag"))
    yield sentence("summary.flags", flags=flags)
