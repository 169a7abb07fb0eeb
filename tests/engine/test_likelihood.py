import math
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from making import FARDC, FDLR, count, visit
from winze.engine import likelihood, register
from winze.engine.likelihood import Parameters
from winze.engine.records import ArmedActor, Visit

DAY = date(2020, 5, 11)
PLAIN = Parameters(
    rule="likelihood/non-state-armed-interference", base_log_odds=-1.2, distance_km=10, reach_km=50, memory_days=1095,
    pull_yes=3, pull_no=2.5, prior_weight=2, own_site_weight=3, off_site_weight=0.5, conflict_weight=0.2,
    conflict_typical=10, conflict_cap=0.6, interval_variance=1.5, interval_per_year=0.3,
)  # fmt: skip


def assessed(told, site="m1", force="non-state", parameters=PLAIN):
    built = register.build(told)
    seen = likelihood.observe(built, force, DAY)
    events = likelihood.events_in_year(told, DAY)
    return likelihood.assess(built.sites[f"site:ipis/{site}"], seen, events, parameters)


def by_hand(told, site, force, p):
    """The slow obvious twin: the docstring's formula, one visit at a time."""
    built = register.build(told)
    here = built.sites[f"site:ipis/{site}"]
    terms = []
    for other in built.sites.values():
        for s, answer in likelihood.answers(other.visits, lambda said: likelihood.found(said, force)):
            a, b = here.point, s.said.point
            cos = math.sin(math.radians(a.lat)) * math.sin(math.radians(b.lat)) + math.cos(math.radians(a.lat)) * (
                math.cos(math.radians(b.lat)) * math.cos(math.radians(a.lon - b.lon))
            )
            km = 0.0 if other.id == here.id else 6371.0088 * math.acos(min(1.0, cos))
            if km > p.reach_km:
                continue
            k = math.exp(-km / p.distance_km) * math.exp(-(DAY - s.speaks_of.known_on).days / p.memory_days)
            k *= p.own_site_weight if other.id == here.id else 1
            k *= 1 if s.said.manner == "on-site" else p.off_site_weight
            terms.append((k, p.pull_yes if answer else -p.pull_no))
    total = sum(k for k, _ in terms)
    return p.base_log_odds + sum(k * pull for k, pull in terms) / (p.prior_weight + total)


def log_odds(p):
    return math.log(p / (1 - p))


VISITS = st.lists(
    st.tuples(
        st.sampled_from(["m1", "m2", "m3"]),
        st.integers(30, 3000),
        st.sampled_from([(), (FDLR,), (FARDC,)]),
        st.sampled_from(["on-site", "not-reached"]),
    ),
    min_size=1,
    max_size=10,
)
PLACES = {"m1": (-2.0, 28.5), "m2": (-2.1, 28.55), "m3": (-1.5, 28.9)}


def told_by(rows):
    anchor = visit("m1", date(2009, 6, 1), armed_presence=None, interference=None)
    return [anchor] + [
        visit(site, DAY - timedelta(days=age), lat=PLACES[site][0], lon=PLACES[site][1], actors=actors, manner=manner)
        for site, age, actors, manner in rows
    ]


@settings(max_examples=60, deadline=None)
@given(VISITS, st.sampled_from(["non-state", "state"]))
def test_the_arrays_agree_with_the_formula_worked_out_one_visit_at_a_time(rows, force):
    told = told_by(rows)
    estimate, _ = assessed(told, force=force)
    assert log_odds(estimate.p) == pytest.approx(by_hand(told, "m1", force, PLAIN), abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(VISITS)
def test_base_and_signed_contributions_sum_to_the_log_odds_exactly(rows):
    estimate, reasons = assessed(told_by(rows))
    assert math.fsum(r.contribution for r in reasons) == pytest.approx(log_odds(estimate.p), abs=1e-9)
    assert 0 < estimate.low < estimate.p < estimate.high < 1


@settings(max_examples=60, deadline=None)
@given(VISITS, st.integers(31, 2000), st.integers(1, 900))
def test_a_newer_finding_never_lowers_the_likelihood(rows, age, newer):
    told = told_by(rows)
    older = visit("m2", DAY - timedelta(days=age + newer), lat=-2.1, lon=28.55, actors=(FDLR,), row=90)
    fresh = visit("m2", DAY - timedelta(days=age), lat=-2.1, lon=28.55, actors=(FDLR,), row=90)
    days = {(s.subject, s.speaks_of.start) for s in told}
    if (older.subject, older.speaks_of.start) in days or (fresh.subject, fresh.speaks_of.start) in days:
        return
    assert assessed([*told, fresh])[0].p >= assessed([*told, older])[0].p - 1e-12


@settings(max_examples=60, deadline=None)
@given(VISITS, st.floats(0.01, 0.4))
def test_a_nearer_finding_never_lowers_the_likelihood(rows, away):
    told = told_by(rows)
    far = visit("m9", date(2019, 1, 1), lat=-2.0 - away, actors=(FDLR,), row=90)
    near = visit("m9", date(2019, 1, 1), lat=-2.0 - away / 2, actors=(FDLR,), row=90)
    assert assessed([*told, near])[0].p >= assessed([*told, far])[0].p - 1e-12


@settings(max_examples=40, deadline=None)
@given(VISITS)
def test_one_more_finding_never_lowers_and_one_more_quiet_visit_never_raises(rows):
    told = told_by(rows)
    before = assessed(told)[0].p
    yes = visit("m8", date(2019, 3, 3), lat=-2.01, actors=(FDLR,))
    assert assessed([*told, yes])[0].p >= before - 1e-12
    assert assessed([*told, replace(visit("m8", date(2019, 3, 3), lat=-2.01))])[0].p <= before + 1e-12


def test_nothing_known_gives_the_base_rate_with_a_wide_interval_and_says_unknown():
    estimate, reasons = assessed([visit(armed_presence=None, interference=None)])
    assert log_odds(estimate.p) == pytest.approx(PLAIN.base_log_odds)
    assert estimate.high - estimate.low > 0.5
    assert {r.text for r in reasons} >= {"reason.no-visit-near", "reason.conflict-unknown"}


def test_a_site_without_a_place_gets_no_figure():
    estimate, reasons = assessed([visit(point=None)])
    assert (estimate.p, estimate.basis) == (None, "none")
    assert reasons[0].text == "reason.no-place"


def test_beyond_its_reach_a_visit_says_nothing():
    alone = [visit("m1", armed_presence=None, interference=None)]
    far = visit("m2", lat=-5.0, actors=(FDLR,))
    assert assessed([*alone, far])[0].p == assessed(alone)[0].p


def months(values, start=(2019, 4)):
    year, month = start
    for i, events in enumerate(values):
        yield count("CD1", "Kalehe", year + (month - 1 + i) // 12, (month - 1 + i) % 12 + 1, events)


def test_conflict_in_the_area_counts_only_when_twelve_months_are_known():
    whole = list(months([4] * 13))
    assert likelihood.events_in_year(whole, DAY)["area:CD1"][0] == 48
    gap = [s for s in whole if s.speaks_of.start != date(2019, 9, 1)]
    assert likelihood.events_in_year(gap[1:], DAY) == {}
    assert likelihood.events_in_year(list(months([4] * 12 + [None])), DAY)["area:CD1"][0] == 48


def test_conflict_raises_and_quiet_lowers_within_the_cap():
    quiet, loud = list(months([0] * 13)), list(months([90] * 13))
    assert assessed([visit(), *loud])[0].p > assessed([visit()])[0].p > assessed([visit(), *quiet])[0].p
    term = next(r.contribution for r in assessed([visit(), *loud])[1] if r.text == "reason.conflict-in-area")
    assert term == PLAIN.conflict_cap


# -- what a visit found -----------------------------------------------------------------------------------------------

OBEYING = ArmedActor("FARDC", "state", denied=("taxation",), interferes=False)
SILENT = ArmedActor("FARDC", "state", interferes=None)


@pytest.mark.parametrize(
    ("fields", "non_state", "state"),
    [
        ({}, False, False),
        ({"actors": (FDLR,)}, True, False),
        ({"actors": (FARDC,)}, False, True),
        ({"actors": (OBEYING, FDLR)}, True, False),
        ({"actors": (OBEYING,), "interference": False}, False, False),
        ({"actors": (SILENT,), "interference": None}, None, None),
        ({"armed_presence": None, "interference": None}, None, None),
        ({"manner": "third-party"}, None, None),
        ({"contradictory": True}, None, None),
    ],
)
def test_what_a_visit_says_of_each_kind_of_force(fields, non_state, state):
    said = visit(**fields).said
    assert isinstance(said, Visit)
    assert (likelihood.found(said, "non-state"), likelihood.found(said, "state")) == (non_state, state)


def test_two_visits_on_one_day_count_once_and_the_finding_stands():
    quiet, finding = visit(row=2), visit(row=3, actors=(FDLR,))
    for told in ((quiet, finding), (finding, quiet)):
        assert likelihood.answers(told, lambda said: likelihood.found(said, "non-state")) == [(finding, True)]


def test_of_two_visits_on_one_day_the_one_that_answers_stands_beside_one_that_cannot_say():
    silent, child = visit(row=2), visit(row=3, children_under_15=True)
    for told in ((silent, child), (child, silent)):
        assert likelihood.answers(told, lambda said: said.children_under_15) == [(child, True)]


def test_someone_of_an_unknown_kind_who_interferes_clears_nobody():
    stranger = ArmedActor("", "unknown", acts=("taxation",))
    said = visit(actors=(stranger,), armed_presence=True, interference=True).said
    assert [likelihood.found(said, force) for force in ("non-state", "state")] == [None, None]


def test_of_types_that_overlap_the_widest_speaks_and_a_month_told_twice_counts_once():
    wide = list(months([5] * 12))
    narrow = [replace(s, said=replace(s.said, type="civilian-targeting", events=1)) for s in wide]
    corrected = replace(wide[-1], said=replace(wide[-1].said, events=9), published_on=date(2020, 5, 2))
    for told in ([*wide, *narrow, corrected], [corrected, *narrow, *wide]):
        ((events, _),) = likelihood.events_in_year(told, date(2020, 5, 11)).values()
        assert events == 11 * 5 + 9
