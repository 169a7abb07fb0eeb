"""People at the sites in a crisis: food and cash that run short, and schools that close where children are known.

A watch asks somebody to go and look. It says nothing of anybody: a child known at a site is not a child at work, and a
closed school is not a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from winze.engine.bands import grade_of
from winze.engine.known import Known, months_before, newest_first
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import PolicyDay, Statement, Visit
from winze.engine.register import Site

STRESS, WATCH = "signal/household-stress", "signal/child-labour-watch"
type Schools = tuple[bool, Statement, Reason]
"""Whether schools are closed, as which statement says, in words."""
type Code = tuple[Statement, float, bool]
"""A policy code: its statement, its level, and whether it holds in all of the country."""
SHORT = {"food": "households-short-of-food", "cash": "households-short-of-cash"}


def household_stress(known: Known) -> Iterator[Signal]:
    """For each site the share of households short of food, and of cash, from the nearest place that knows within the
    year; with whether women and children are known at the site."""
    for site in known.focus:
        for what, measure in SHORT.items():
            yield _stress(known, site, what, measure)


def _stress(known: Known, site: Site, what: str, measure: str) -> Signal:
    subject, touches = f"{site.id}#{what}", (site.id, site.area) if site.area else (site.id,)
    limit = known.number(STRESS, "stress_percent")
    told = known.nearest_fact((measure,), site, None, months_before(known.as_of, 12))
    if told is None:
        return Signal("household-stress", subject, "cannot-evaluate", STRESS, _who(site, STRESS), threshold=limit,
                      unit="percent", missing=("missing.households",), touches=touches)  # fmt: skip
    s, percent, place = told
    said = because("reason.households-short", STRESS, s, what=f"@stress.{what}", percent=percent,
                   day=s.speaks_of.known_on)  # fmt: skip
    raised = percent >= limit
    return Signal("household-stress", subject, "raised" if raised else "clear", STRESS,
                  (said, *_who(site, STRESS)), value=percent, threshold=limit, unit="percent",
                  since=s.speaks_of.start if raised else None, touches=touches, grade=grade_of(place))  # fmt: skip


def child_labour_watch(known: Known) -> Iterator[Signal]:
    """For each site whether schools are closed while children are known there. A visit made before the schools closed
    cannot say that no children have come since."""
    coded = _school_codes(known)
    for site in known.focus:
        yield _watch(site, _schools(known, site, coded.get(site.country)))


def _watch(site: Site, schools: Schools | None) -> Signal:
    touches = (site.id, site.area) if site.area else (site.id,)
    children = _answer(site, lambda visit: visit.children_under_15)
    reasons = (*((schools[2],) if schools else ()), *_who(site, WATCH))
    missing: tuple[str, ...] = ()
    if schools is None:
        missing = ("missing.schools",)
    elif schools[0] and (children is None or (not children[0] and _before(children[1], schools[1].speaks_of.start))):
        missing = ("missing.children-asked",)
    closed = schools is not None and schools[0]
    raised = closed and children is not None and children[0]
    if raised:
        reasons = (*reasons, because("reason.child-watch-task", WATCH))
    state = "raised" if raised else "cannot-evaluate" if missing else "clear"
    return Signal("child-labour-watch", site.id, state, WATCH, reasons, missing=missing, touches=touches,
                  since=schools[1].speaks_of.start if raised and schools else None)  # fmt: skip


def _before(statement: Statement, day: date) -> bool:
    return statement.speaks_of.known_on < day


def _schools(known: Known, site: Site, coded: Code | None) -> Schools | None:
    """Whether schools are closed where a site is, as the nearest source says within the year; else as a policy index
    codes it for the whole country, which is a hint. None where nobody says."""
    told = known.nearest_fact(("schools-closed-share",), site, None, months_before(known.as_of, 12))
    if told is not None:
        s, percent, _ = told
        return percent > 0, s, because("reason.schools-closed-share", WATCH, s, percent=percent, day=s.speaks_of.start)
    if coded is None:
        return None
    s, level, wide = coded
    closed = level >= known.number(WATCH, "least_level")
    if not closed and not wide:
        return None
    text = "reason.schools-closed-coded" if closed else "reason.schools-open-coded"
    return closed, s, because(text, WATCH, s, level=int(level), day=s.speaks_of.known_on)


def _who(site: Site, rule: str) -> tuple[Reason, ...]:
    """Whether women and children are known at the site, by the newest visit that could say."""
    women, children = _answer(site, lambda v: v.women), _answer(site, lambda v: v.children_under_15)
    return (
        because({True: "reason.women-known", False: "reason.women-not-seen"}[women[0]], rule, women[1],
                day=women[1].speaks_of.known_on) if women else because("reason.women-unknown", rule),
        because({True: "reason.children-known", False: "reason.children-not-seen"}[children[0]], rule, children[1],
                day=children[1].speaks_of.known_on) if children else because("reason.children-unknown", rule),
    )  # fmt: skip


def _answer(site: Site, question: Callable[[Visit], bool | None]) -> tuple[bool, Statement] | None:
    """The newest visit that answers a question, and its answer; of several of one day one that says yes."""
    said = [(s, answer) for s in site.visits if isinstance(s.said, Visit) and (answer := question(s.said)) is not None]
    newest = max(said, key=lambda pair: (pair[0].speaks_of.end, pair[1], newest_first(pair[0])), default=None)
    return (newest[1], newest[0]) if newest else None


def _school_codes(known: Known) -> dict[str, Code]:
    """The newest code of each country for the closing of schools: its level, and whether it holds in all of it."""
    found: dict[str, Code] = {}
    for s, day in known.of(PolicyDay):
        coded = next((c for c in day.codes if c[0][:2] == "C1"), None)
        if coded is None or day.region is not None or day.country not in known.countries:
            continue
        old = found.get(day.country)
        if old is None or (s.speaks_of.end >= old[0].speaks_of.end and newest_first(s) > newest_first(old[0])):
            found[day.country] = (s, coded[1], coded[2] is True)
    return found
