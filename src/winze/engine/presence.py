"""Who carries arms at a site and what they do there, conflict around it, and whether anybody still goes to look.

Only a visit that reached the site observes it. A third party's word and a visit that did not get there are said, and
weigh differently: not getting there for insecurity says something of the place and nothing of the mine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from winze.engine.known import Known, distinct, months_before, newest_first
from winze.engine.quantities import Mixed
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import ConflictCount, ConflictEvent, Statement, Visit
from winze.engine.register import Area, Site, fold

PRESENCE, INTERFERENCE, CONFLICT, REPORTING = (
    "signal/armed-presence",
    "signal/interference",
    "signal/conflict-near",
    "signal/presence-fall",
)
FORCES = ("non-state", "state")
Near = Mapping[str, tuple[tuple[Statement, float], ...]]
"""For each site id the conflict events around it with their distance in km."""


def visit_of(statement: Statement) -> Visit:
    assert isinstance(statement.said, Visit)
    return statement.said


def newest(visits: Iterable[Statement]) -> list[Statement]:
    """The visits that may be the newest: a visit dated only by its year may be later than one in June of that year."""
    visits = distinct(visits)
    latest = max((s.speaks_of.start for s in visits), default=date.max)
    return [s for s in visits if s.speaks_of.end >= latest]


def armed(visit: Visit, force: str) -> bool | None:
    """Whether a visit saw armed people of one kind ("non-state", "state"); None where it cannot say of which kind."""
    if any(actor.force == force for actor in visit.actors):
        return True
    if visit.armed_presence is False:
        return False
    named = {actor.force for actor in visit.actors}
    return False if named and "unknown" not in named else None


def interfered(visit: Visit, force: str) -> bool | None:
    """Whether a visit found interference by one kind of force; None where it cannot say.

    A visit that saw nobody of that kind found none by them. Interference by someone whose kind is not given answers
    for neither.
    """
    of_force = [actor for actor in visit.actors if actor.force == force]
    if any(actor.interferes or actor.acts for actor in of_force):
        return True
    if armed(visit, force) is False or visit.interference is False:
        return False
    return False if of_force and all(actor.interferes is False for actor in of_force) else None


def at_sites(known: Known) -> Iterator[Signal]:
    """Armed presence and interference, non-state and state apart, and places that visitors could not reach."""
    fresh = months_before(known.as_of, int(known.number(PRESENCE, "fresh_months")))
    for site_id in sorted(known.register.sites):
        site = known.register.sites[site_id]
        on_site = [s for s in site.visits if visit_of(s).manner == "on-site"]
        for force in FORCES:
            yield _seen(site, on_site, force, fresh, known.as_of)
            yield _found(site, on_site, force, fresh, known.as_of)
        yield from _out_of_reach(site, fresh, known.as_of)


def _seen(site: Site, on_site: list[Statement], force: str, fresh: date, as_of: date) -> Signal:
    answers = [s for s in on_site if armed(visit_of(s), force) is not None]
    last = newest(answers)
    yes = [s for s in last if armed(visit_of(s), force)]
    reasons = [
        because("reason.armed-seen", PRESENCE, s, day=s.speaks_of.known_on, who=_names(visit_of(s), force)) for s in yes
    ]
    reasons += [because("reason.none-armed-seen", PRESENCE, s, day=s.speaks_of.known_on) for s in last if s not in yes]
    return _judged("armed-presence", PRESENCE, site, force, on_site, last, yes, reasons, fresh, as_of)


def _found(site: Site, on_site: list[Statement], force: str, fresh: date, as_of: date) -> Signal:
    torn = [s for s in on_site if visit_of(s).contradictory and armed(visit_of(s), force) is not False]
    last = newest(s for s in on_site if s in torn or interfered(visit_of(s), force) is not None)
    torn = [s for s in last if s in torn]
    yes = [s for s in last if s not in torn and interfered(visit_of(s), force)]
    reasons = [_interference(s, force) for s in yes]
    reasons += [because("reason.contradictory", INTERFERENCE, s, day=s.speaks_of.known_on) for s in torn]
    none = [s for s in last if s not in torn and s not in yes]
    reasons += [because("reason.no-interference", INTERFERENCE, s, day=s.speaks_of.known_on) for s in none]
    if torn and not yes:
        return Signal(f"interference-{force}", site.id, "cannot-evaluate", INTERFERENCE, tuple(reasons),
                      missing=("missing.visitor-clarifies",), touches=_touches(site))  # fmt: skip
    return _judged("interference", INTERFERENCE, site, force, on_site, last, yes, reasons, fresh, as_of)


def _judged(
    what: str,
    rule: str,
    site: Site,
    force: str,
    on_site: list[Statement],
    last: list[Statement],
    yes: list[Statement],
    reasons: list[Reason],
    fresh: date,
    as_of: date,
) -> Signal:
    """What was seen stays raised until a later visit finds otherwise; what was not seen is clear only while fresh."""
    state = "raised" if yes else "clear"
    missing: tuple[str, ...] = ()
    seen = max((s.speaks_of.known_on for s in yes or last), default=None)
    vague = [s for s in newest(on_site) if s not in last and (visit_of(s).armed_presence or visit_of(s).interference)]
    reasons += [because("reason.unknown-force", rule, s, day=s.speaks_of.known_on) for s in vague]
    if vague and not yes:
        state, missing = "cannot-evaluate", ("missing.which-force",)
    elif not last:
        state, missing = "cannot-evaluate", ("missing.visit",)
        reasons.append(because("reason.never-visited", rule))
    elif seen is not None and seen < fresh:
        reasons.append(because("reason.visit-old", rule, last[-1], day=seen, days=(as_of - seen).days))
        if not yes:
            state, missing = "cannot-evaluate", ("missing.recent-visit",)
    for s in distinct(site.visits):
        visit = visit_of(s)
        later = seen is None or s.speaks_of.known_on > seen
        if visit.manner == "third-party" and later and (visit.armed_presence or visit.actors):
            reasons.append(because("reason.third-party", rule, s, day=s.speaks_of.known_on))
    return Signal(f"{what}-{force}", site.id, state, rule, tuple(reasons), since=seen if yes else None,
                  missing=missing, touches=_touches(site))  # fmt: skip


def _interference(statement: Statement, force: str) -> Reason:
    actors = [a for a in visit_of(statement).actors if a.force == force and (a.interferes or a.acts)]
    who = ", ".join(sorted({a.name for a in actors}))
    return because("reason.interference", INTERFERENCE, statement, day=statement.speaks_of.known_on, who=who)


def _names(visit: Visit, force: str) -> str:
    return ", ".join(sorted({a.name for a in visit.actors if a.force == force}))


def _touches(site: Site) -> tuple[str, ...]:
    return (site.id, site.area) if site.area else (site.id,)


def _out_of_reach(site: Site, fresh: date, as_of: date) -> Iterator[Signal]:
    turned = [s for s in site.visits if visit_of(s).manner == "not-reached"]
    reached = max((s.speaks_of.end for s in site.visits if visit_of(s).manner == "on-site"), default=date.min)
    last = [s for s in newest(turned) if s.speaks_of.end > reached and visit_of(s).not_reached_for == "insecurity"]
    if last:
        reasons = [because("reason.not-reached", PRESENCE, s, day=s.speaks_of.known_on) for s in last]
        day = last[-1].speaks_of.known_on
        if day < fresh:
            reasons.append(because("reason.visit-old", PRESENCE, last[-1], day=day, days=(as_of - day).days))
        yield Signal("not-reached", site.id, "raised", PRESENCE, tuple(reasons), since=last[0].speaks_of.known_on,
                     touches=_touches(site))  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tally:
    """Conflict events of one dataset over some months: how many, in how many months that were counted, from where."""

    dataset: str
    events: int
    deaths: int | None
    months: int
    newest: Statement | None = None

    @property
    def rate(self) -> float | None:
        """Events a month over the months that were counted; None where none was."""
        return self.events / self.months if self.months else None


def add(one: Tally, other: Tally) -> Tally:
    """The tally of two periods or places of one dataset. Raises `Mixed` across datasets: UCDP and ACLED count
    different things and are never summed."""
    if one.dataset != other.dataset:
        raise Mixed(f"{one.dataset} and {other.dataset} count different things and are never summed")
    deaths = None if one.deaths is None or other.deaths is None else one.deaths + other.deaths
    last = max((s for s in (one.newest, other.newest) if s), key=newest_first, default=None)
    return Tally(one.dataset, one.events + other.events, deaths, one.months + other.months, last)


TYPES = ("political-violence", "all", "civilian-targeting")
"""Which count of a dataset speaks, the first there is: the types overlap and are not added up."""


def area_months(known: Known) -> Mapping[str, Mapping[str, list[Tally]]]:
    """For each area and dataset one tally a counted month, oldest first. A month without a row is unknown and absent;
    a month with a row of zero is a counted month of zero."""
    names = _area_names(known.register.areas)
    kept: dict[tuple[str, str], dict[str, dict[date, Statement]]] = defaultdict(lambda: defaultdict(dict))
    earliest = months_before(known.as_of, 49)
    for s, count in known.of(ConflictCount):
        if count.events is None or s.speaks_of.start < earliest or s.speaks_of.days > 31:
            continue
        named = names.get((count.country, fold(count.territory or "")))
        area = s.subject if s.subject in known.register.areas else named
        if area is None:
            continue
        months = kept[area, count.dataset][count.type]
        old = months.get(s.speaks_of.end)
        if old is None or newest_first(s) > newest_first(old):
            months[s.speaks_of.end] = s
    found: dict[str, dict[str, list[Tally]]] = defaultdict(dict)
    for (area, dataset), types in kept.items():
        months = next(types[t] for t in (*TYPES, *sorted(types)) if t in types)
        found[area][dataset] = [_tally(months[day]) for day in sorted(months)]
    return found


def _tally(statement: Statement) -> Tally:
    count = statement.said
    assert isinstance(count, ConflictCount) and count.events is not None
    return Tally(count.dataset, count.events, count.deaths, 1, statement)


def _area_names(areas: Mapping[str, Area]) -> dict[tuple[str, str], str]:
    return {(area.country, fold(area.name)): area.id for area in areas.values()}


def near_sites(known: Known, near: Near | None = None) -> Iterator[Signal]:
    """Conflict around each site, one signal a dataset: the last 12 months against the 36 before.

    `near` gives events with their distance; without it the counts of the site's area speak. An event placed only to
    its province is near nothing and is left to the counts. Clear takes a count of all twelve months of fewer
    events than the rule asks for: conflict that has not risen, a count with gaps and a few events from a file that
    need not hold all of them are no calm.
    """
    counts = area_months(known)
    year, start = months_before(known.as_of, 12), months_before(known.as_of, 48)
    for site_id in sorted(known.register.sites):
        site = known.register.sites[site_id]
        by_dataset = {d: (_sum(t, year, known.as_of), _sum(t, start, year)) for d, t in
                      counts.get(site.area or "", {}).items()}  # fmt: skip
        placed = _placed(known, (near or {}).get(site_id, ()))
        for dataset in sorted({*by_dataset, *placed}):
            last, before = by_dataset.get(dataset, (None, None))
            yield _conflict(known, site, dataset, last, before, placed.get(dataset, []))
        if not by_dataset and not placed:
            said = because("reason.no-conflict-count", CONFLICT)
            yield Signal("conflict-near", site.id, "cannot-evaluate", CONFLICT, (said,), unit="events-a-month",
                         missing=("missing.conflict-count",), touches=_touches(site))  # fmt: skip


def _sum(tallies: list[Tally], after: date, until: date) -> Tally | None:
    total: Tally | None = None
    for t in tallies:
        if t.newest is not None and after < t.newest.speaks_of.end <= until:
            total = t if total is None else add(total, t)
    return total


def _placed(known: Known, around: Iterable[tuple[Statement, float]]) -> dict[str, list[tuple[Statement, float]]]:
    """Events of the rule's window within its radius, by dataset. One that its source places no better than that, or
    does not say how well it places, is near nothing."""
    reach, window = known.number(CONFLICT, "radius_km"), known.number(CONFLICT, "window_days")
    found: dict[str, dict[str, tuple[Statement, float]]] = defaultdict(dict)
    for s, km in around:
        event = s.said
        assert isinstance(event, ConflictEvent)
        slack = event.point.within_km if event.point else None
        recent = (known.as_of - s.speaks_of.end).days <= window
        if s.known(known.as_of) and recent and km <= reach and slack is not None and slack <= reach:
            found[event.dataset][event.event_id] = (s, km)
    return {d: sorted(e.values(), key=lambda pair: (newest_first(pair[0]), pair[1])) for d, e in found.items()}


def _conflict(
    known: Known,
    site: Site,
    dataset: str,
    last: Tally | None,
    before: Tally | None,
    placed: list[tuple[Statement, float]],
) -> Signal:
    least, rise = known.number(CONFLICT, "minimum_events"), known.number(CONFLICT, "rise_ratio")
    reasons = [
        because(
            "reason.event-near", CONFLICT, s, dataset=f"@dataset.{dataset}", day=s.speaks_of.known_on, km=round(km, 1)
        )
        for s, km in placed[-3:]
    ]
    if len(placed) > 3:
        reasons.append(because("reason.events-near", CONFLICT, count=len(placed), dataset=f"@dataset.{dataset}"))
    now = last.rate if last else None
    usual = before.rate if before else None
    if last is not None and last.newest is not None:
        reasons.append(because("reason.conflict-counted", CONFLICT, last.newest, dataset=f"@dataset.{dataset}",
                               events=last.events, months=last.months, unknown=12 - last.months))  # fmt: skip
    if before is not None and before.newest is not None:
        reasons.append(because("reason.conflict-before", CONFLICT, before.newest, events=before.events,
                               months=before.months, unknown=36 - before.months))  # fmt: skip
    risen = last is not None and last.events >= least and None not in (now, usual) and (now or 0) >= rise * (usual or 0)
    calm = last is not None and last.months == 12 and last.events < least
    state = "raised" if risen or len(placed) >= least else "clear" if calm else "cannot-evaluate"
    lacking = "missing.event-places" if last is not None and last.events >= least else "missing.conflict-count"
    return Signal(
        "conflict-near",
        f"{site.id}#{dataset}",
        state,
        CONFLICT,
        tuple(reasons),
        value=now if now is not None else len(placed) / 12 if placed else None,
        threshold=rise * usual if usual is not None else None,
        unit="events-a-month",
        since=placed[0][0].speaks_of.known_on if placed and not risen else None,
        missing=(lacking,) if state == "cannot-evaluate" else (),
        touches=_touches(site),
    )


# --------------------------------------------------------------------------------------------------------------------

VISITS, REPORTS = "visits-made", ("incidents", "reports-received")


@dataclass(frozen=True, slots=True)
class Watch:
    """Visits made and incidents reported in one period; the rate is incidents a visit, None where nobody went."""

    visits: float
    reports: float
    until: date
    statement: Statement

    @property
    def rate(self) -> float | None:
        return self.reports / self.visits if self.visits else None


def presence_falls(known: Known) -> Iterator[Signal]:
    """Warns where fewer people went to look: fewer reports are then not less risk.

    From the facts on visits and incidents of a programme, and from the visits to the sites of each area themselves
    (an incident: a visit that found interference), the last 12 months against the 12 before. Where no visit to any
    site is known for those 12 months the files may simply end earlier: nobody can tell whether people went.
    """
    newest = max((s.speaks_of.end for site in known.register.sites.values() for s in site.visits), default=date.min)
    told = newest > months_before(known.as_of, 12)
    done = set()
    for place, (before, now) in sorted(_counted(known).items()):
        done.add(place)
        yield _watched(known, place, before, now, told=True)
    for area_id in sorted(known.register.areas):
        pair = _visited(known, known.register.areas[area_id]) if area_id not in done else None
        if pair is not None:
            yield _watched(known, area_id, *pair, told)


def _counted(known: Known) -> dict[str, tuple[Watch, Watch]]:
    found = {}
    reports = {
        (subject, s.speaks_of): float(fact.value)
        for measure in reversed(REPORTS)
        for (subject, _), series in known.facts.get(measure, {}).items()
        for s, fact in series
        if fact.value is not None
    }
    for (subject, _), series in known.facts.get(VISITS, {}).items():
        watched = [
            Watch(float(fact.value), reports[subject, s.speaks_of], s.speaks_of.end, s)
            for s, fact in series
            if fact.value is not None and (subject, s.speaks_of) in reports
        ]
        if len(watched) > 1:
            found[subject] = (watched[-2], watched[-1])
    return found


def _visited(known: Known, area: Area) -> tuple[Watch, Watch] | None:
    visits = distinct(
        s for i in area.sites if i in known.register.sites for s in known.register.sites[i].visits
        if visit_of(s).manner == "on-site"
    )  # fmt: skip
    year, two = months_before(known.as_of, 12), months_before(known.as_of, 24)
    before = [s for s in visits if two < s.speaks_of.end <= year]
    now = [s for s in visits if s.speaks_of.end > year]
    if not before:
        return None
    old = Watch(len(before), _incidents(before), year, before[-1])
    return old, Watch(len(now), _incidents(now), known.as_of, now[-1] if now else before[-1])


def _incidents(visits: list[Statement]) -> int:
    return sum(any(interfered(visit_of(s), force) for force in FORCES) for s in visits)


def _watched(known: Known, place: str, before: Watch, now: Watch, told: bool) -> Signal:
    fall = known.number(REPORTING, "visits_fall_percent")
    change = 100 * (now.visits - before.visits) / before.visits if before.visits else None
    raised = change is not None and -change >= fall
    reasons = [
        because("reason.visits", REPORTING, w.statement, day=w.until, visits=int(w.visits), reports=int(w.reports))
        for w in (before, now)
    ]
    if before.rate is not None and now.rate is not None:
        reasons.append(because("reason.incident-rate", REPORTING, now.statement,
                               before=round(before.rate, 3), now=round(now.rate, 3)))  # fmt: skip
    else:
        reasons.append(because("reason.incident-rate-unknown", REPORTING, now.statement))
    if raised and not now.visits:
        reasons.append(because("reason.nobody-went", REPORTING, before.statement))
    elif raised and now.reports <= before.reports:
        reasons.append(because("reason.fewer-reports", REPORTING, now.statement))
    elif raised:
        reasons.append(because("reason.more-reports", REPORTING, now.statement))
    state = "cannot-evaluate" if not told or change is None else "raised" if raised else "clear"
    return Signal("presence-fall", place, state, REPORTING, tuple(reasons), value=change if told else None,
                  threshold=-fall, unit="percent", since=now.until if state == "raised" else None,
                  missing=("missing.visit",) if state == "cannot-evaluate" else (),
                  touches=known.reach(place))  # fmt: skip
