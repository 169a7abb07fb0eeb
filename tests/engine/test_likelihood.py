import math
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from making import FARDC, FDLR, count, visit
from winze.engine import likelihood, register
from winze.engine.likelihood import FOR_IT, SPEAKING, Band, Model, Scale
from winze.engine.records import ArmedActor, Visit, in_year

DAY = date(2020, 5, 11)
PLAIN = Model(
    target="non-state-armed-interference", rule="likelihood/non-state-armed-interference", base=-0.3, sharpness=0.9,
    prior_yes=0.05, prior_no=0.2, conflict=0.4, conflict_typical=2.3,
    scales=(Scale(2, 6000, 0.3), Scale(5, 40, 2.0), Scale(60, 900, 0.05)),
    weights={"seen-yes": 1, "told-yes": 1.5, "armed": 0.4, "turned-back": 0.3, "seen-no": 1, "told-no": 0.6,
             "armed-no": 0.5, "other": 0.7, "unarmed": 0.4, "third-party": 1.2},
    spread=((0.0, 0.4), (365.0, 1.4)),
    measured=((0.0, (Band(0, 0.5, 90, 0.2, 19), Band(0.5, 1.01, 40, 0.7, 27))), (365.0, (Band(0, 1.01, 9, 0.3, 3),))),
)  # fmt: skip


def assessed(told, site="m1", force="non-state", model=PLAIN, as_of=DAY):
    built = register.build(told)
    seen = likelihood.observe(built, {force: likelihood.by_force(force)})
    events = likelihood.events_in_year(told, as_of)
    return next(likelihood.assess([built.sites[f"site:ipis/{site}"]], seen, force, events, model, as_of))


def by_hand(told, site, force, m, as_of=DAY):
    """The slow obvious twin: the docstring's formula, one visit at a time."""
    built = register.build(told)
    here = built.sites[f"site:ipis/{site}"]
    sums = {True: 0.0, False: 0.0}
    for other in built.sites.values():
        best = {}
        for s in other.visits:
            says = likelihood.speaking(s.said, force)
            if says is not None:
                order = (likelihood._SPEAKS_FIRST.index(says), s.id)
                best.setdefault(s.speaks_of.known_on, []).append((order, says, s))
        for same_day in best.values():
            _, says, s = min(same_day, key=lambda each: each[0])
            a, b = here.point, s.said.point
            cos = math.sin(math.radians(a.lat)) * math.sin(math.radians(b.lat)) + math.cos(math.radians(a.lat)) * (
                math.cos(math.radians(b.lat)) * math.cos(math.radians(a.lon - b.lon))
            )
            km = 0.0 if other.id == here.id else 6371.0088 * math.acos(min(1.0, cos))
            age = (as_of - s.speaks_of.known_on).days
            k = sum(x.weight * math.exp(-km / x.km - age / x.days) for x in m.scales) * m.weights[says]
            sums[says in FOR_IT] += k
    events = likelihood.events_in_year(told, as_of).get(here.area)
    raised = m.conflict * (math.log1p(events[0]) - m.conflict_typical) if events else 0.0
    yes, no = m.prior_yes * math.exp(raised) + sums[True], m.prior_no + sums[False]
    return m.base + m.sharpness * (math.log(yes) - math.log(no))


def log_odds(p):
    return math.log(p / (1 - p))


SILENT = ArmedActor("FARDC", "state", interferes=None)
ROWS = st.tuples(
    st.sampled_from(["m1", "m2", "m3"]),
    st.integers(0, 3000),
    st.sampled_from([{}, {"actors": (FDLR,)}, {"actors": (FARDC,)}, {"actors": (SILENT,), "interference": None},
                     {"interference": None}, {"contradictory": True}]),
    st.sampled_from([{"manner": "on-site"}, {"manner": "not-reached", "not_reached_for": "insecurity"},
                     {"manner": "not-reached", "not_reached_for": "road"}, {"manner": "third-party"}]),
)  # fmt: skip
VISITS = st.lists(ROWS, min_size=1, max_size=25)
PLACES = {"m1": (-2.0, 28.5), "m2": (-2.1, 28.55), "m3": (-1.5, 28.9)}
COUNTS = st.one_of(st.none(), st.lists(st.integers(0, 60), min_size=13, max_size=13))


def told_by(rows, events=None):
    anchor = visit("m1", date(2009, 6, 1), armed_presence=None, interference=None)
    visits = [
        visit(site, DAY - timedelta(days=age), lat=PLACES[site][0], lon=PLACES[site][1], **said, **manner)
        for site, age, said, manner in rows
    ]
    return [anchor, *visits, *(months(events) if events else ())]


def months(values, start=(2019, 4)):
    year, month = start
    for i, events in enumerate(values):
        yield count("CD1", "Kalehe", year + (month - 1 + i) // 12, (month - 1 + i) % 12 + 1, events)


# -- the formula ------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(VISITS, COUNTS, st.sampled_from(["non-state", "state", "armed"]))
def test_the_arrays_agree_with_the_formula_worked_out_one_visit_at_a_time(rows, events, force):
    told = told_by(rows, events)
    estimate, _ = assessed(told, force=force)
    assert log_odds(estimate.p) == pytest.approx(by_hand(told, "m1", force, PLAIN), abs=1e-6)


@settings(max_examples=150, deadline=None)
@given(VISITS, COUNTS)
def test_base_and_signed_contributions_sum_to_the_log_odds_exactly(rows, events):
    estimate, reasons = assessed(told_by(rows, events))
    assert math.fsum(r.contribution for r in reasons) == pytest.approx(log_odds(estimate.p), abs=1e-9)
    assert 0 < estimate.low < estimate.p < estimate.high < 1
    assert estimate.if_not <= estimate.p <= estimate.if_found


@settings(max_examples=60, deadline=None)
@given(VISITS)
def test_what_speaks_for_it_contributes_upwards_and_what_speaks_against_it_downwards(rows):
    _, reasons = assessed(told_by(rows))
    for reason in reasons:
        if reason.text.startswith("reason.visit-"):
            says = reason.text.removeprefix("reason.visit-").rpartition("-")[0]
            assert (reason.contribution > 0) == (says in FOR_IT)


def test_beyond_the_twelve_heaviest_one_line_holds_the_others():
    told = [visit("m1", DAY - timedelta(days=10 * n), row=n + 2, actors=(FDLR,) if n % 3 else ()) for n in range(1, 40)]
    estimate, reasons = assessed(told)
    named = [r for r in reasons if r.text.startswith("reason.visit-")]
    assert len(named) == 12 and all(r.statement for r in named)
    (others,) = [r for r in reasons if r.text == "reason.other-visits"]
    assert dict(others.values)["count"] == 27
    assert math.fsum(r.contribution for r in reasons) == pytest.approx(log_odds(estimate.p), abs=1e-9)
    weights = [abs(r.contribution) for r in named]
    assert weights == sorted(weights, reverse=True)


@settings(max_examples=40, deadline=None)
@given(VISITS, st.randoms())
def test_the_order_of_rows_changes_nothing(rows, random):
    told = told_by(rows)
    mixed = random.sample(told, len(told))
    assert assessed(mixed) == assessed(told)


# -- monotone where the field is sure ---------------------------------------------------------------------------------


def at(site, day, **fields):
    lat, lon = PLACES.get(site, (-2.0, 28.5))
    return visit(site, day, **{"lat": lat, "lon": lon, **fields})


def crowded(told, *statements):
    days = {(s.subject, s.speaks_of.start) for s in told}
    return any((s.subject, s.speaks_of.start) in days for s in statements)


@settings(max_examples=100, deadline=None)
@given(VISITS, st.integers(0, 2000), st.integers(1, 900), st.sampled_from(["m1", "m2", "m3"]))
def test_a_newer_finding_never_lowers_the_likelihood(rows, age, newer, site):
    told = told_by(rows)
    older = at(site, DAY - timedelta(days=age + newer), actors=(FDLR,), row=90)
    fresh = at(site, DAY - timedelta(days=age), actors=(FDLR,), row=90)
    if not crowded(told, older, fresh):
        assert assessed([*told, fresh])[0].p >= assessed([*told, older])[0].p - 1e-12


@settings(max_examples=100, deadline=None)
@given(VISITS, st.floats(0.001, 8.0))
def test_a_nearer_finding_never_lowers_the_likelihood(rows, away):
    told = told_by(rows)
    far = visit("m9", date(2019, 1, 1), lat=-2.0 - away, actors=(FDLR,), row=90)
    near = visit("m9", date(2019, 1, 1), lat=-2.0 - away / 2, actors=(FDLR,), row=90)
    assert assessed([*told, near])[0].p >= assessed([*told, far])[0].p - 1e-12


@settings(max_examples=100, deadline=None)
@given(VISITS, st.sampled_from([FDLR, FARDC]), st.sampled_from(["m1", "m8"]), COUNTS)
def test_one_more_finding_never_lowers_and_one_more_quiet_visit_never_raises(rows, actor, site, events):
    told, force = told_by(rows, events), "state" if actor is FARDC else "non-state"
    before = assessed(told, force=force)[0].p
    yes, no = at(site, date(2019, 3, 3), lat=-2.01, actors=(actor,)), at(site, date(2019, 3, 3), lat=-2.01)
    if not crowded(told, yes):
        assert assessed([*told, yes], force=force)[0].p >= before - 1e-12
        assert assessed([*told, no], force=force)[0].p <= before + 1e-12


def test_a_visit_that_finds_it_today_gives_what_was_foretold():
    told = [visit("m1", DAY - timedelta(days=200)), visit("m2", DAY - timedelta(days=90), lat=-2.1, actors=(FDLR,))]
    foretold = assessed(told)[0]
    assert assessed([*told, visit("m1", DAY, actors=(FDLR,))])[0].p == pytest.approx(foretold.if_found, abs=1e-12)
    assert assessed([*told, visit("m1", DAY)])[0].p == pytest.approx(foretold.if_not, abs=1e-12)


# -- unknown, conflict, interval --------------------------------------------------------------------------------------


def test_nothing_known_gives_the_base_with_a_wide_interval_and_says_unknown():
    estimate, reasons = assessed([visit(armed_presence=None, interference=None)])
    base = PLAIN.base + PLAIN.sharpness * math.log(PLAIN.prior_yes / PLAIN.prior_no)
    assert log_odds(estimate.p) == pytest.approx(base)
    assert log_odds(estimate.high) - base == pytest.approx(1.6448536269514722 * 1.4)
    assert {r.text for r in reasons} >= {"reason.no-visit-near", "reason.conflict-unknown"}


def test_a_site_without_a_place_gets_no_figure():
    estimate, reasons = assessed([visit(point=None)])
    assert (estimate.p, estimate.basis) == (None, "none")
    assert reasons[0].text == "reason.no-place"


def test_the_interval_widens_as_the_newest_visit_near_grows_old():
    def width(days):
        estimate, _ = assessed([visit("m1", DAY - timedelta(days=days))])
        return log_odds(estimate.high) - log_odds(estimate.low)

    assert width(0) < width(100) < width(365) == pytest.approx(width(900))


def test_how_good_the_weights_were_is_that_of_visits_with_as_little_news():
    fresh, stale = (assessed([visit("m1", DAY - timedelta(days=d), actors=(FDLR,))])[0].alike for d in (3, 500))
    assert (fresh.visits, stale.visits) == (40, 9)
    assert assessed([visit()], model=replace(PLAIN, measured=()))[0].alike is None


def test_conflict_raises_and_quiet_lowers_most_where_nobody_looked():
    quiet, loud = list(months([0] * 13)), list(months([90] * 13))
    silent = visit(armed_presence=None, interference=None)

    def effect(told):
        return log_odds(assessed([*told, *loud])[0].p) - log_odds(assessed([*told, *quiet])[0].p)

    looked = [silent, visit("m1", DAY - timedelta(days=9), actors=(FDLR,))]
    assert effect([silent]) > effect(looked) > 0


def test_conflict_in_the_area_counts_only_when_twelve_months_are_known():
    whole = list(months([4] * 13))
    assert likelihood.events_in_year(whole, DAY)["area:CD1"][0] == 48
    gap = [s for s in whole if s.speaks_of.start != date(2019, 9, 1)]
    assert likelihood.events_in_year(gap[1:], DAY) == {}
    assert likelihood.events_in_year(list(months([4] * 12 + [None])), DAY)["area:CD1"][0] == 48


def test_of_types_that_overlap_the_widest_speaks_and_a_month_told_twice_counts_once():
    wide = list(months([5] * 12))
    narrow = [replace(s, said=replace(s.said, type="civilian-targeting", events=1)) for s in wide]
    corrected = replace(wide[-1], said=replace(wide[-1].said, events=9), published_on=date(2020, 5, 2))
    for told in ([*wide, *narrow, corrected], [corrected, *narrow, *wide]):
        ((events, _),) = likelihood.events_in_year(told, date(2020, 5, 11)).values()
        assert events == 11 * 5 + 9


# -- what a visit found -----------------------------------------------------------------------------------------------

OBEYING = ArmedActor("FARDC", "state", denied=("taxation",), interferes=False)


@pytest.mark.parametrize(
    ("fields", "non_state", "state"),
    [
        ({}, False, False),
        ({"actors": (FDLR,)}, True, False),
        ({"actors": (FARDC,)}, False, True),
        ({"actors": (OBEYING, FDLR)}, True, False),
        ({"actors": (OBEYING,), "interference": False}, False, False),
        ({"actors": (SILENT,), "interference": None}, False, None),
        ({"armed_presence": None, "interference": None}, None, None),
        ({"manner": "third-party"}, None, None),
        ({"contradictory": True}, None, None),
    ],
)
def test_what_a_visit_found_of_each_kind_of_force(fields, non_state, state):
    said = visit(**fields).said
    assert isinstance(said, Visit)
    assert (likelihood.found(said, "non-state"), likelihood.found(said, "state")) == (non_state, state)


@pytest.mark.parametrize(
    ("fields", "non_state", "state", "armed"),
    [
        ({}, "seen-no", "seen-no", "seen-no"),
        ({"actors": (FDLR,)}, "seen-yes", "other", "seen-yes"),
        ({"actors": (FDLR,), "manner": "not-reached"}, "told-yes", "told-no", "told-yes"),
        ({"actors": (OBEYING,), "interference": False}, "armed-no", "armed-no", "armed-no"),
        ({"actors": (SILENT,), "interference": None}, "unarmed", "armed", "armed"),
        ({"interference": None}, "unarmed", "unarmed", "unarmed"),
        ({"armed_presence": None, "interference": None}, None, None, None),
        ({"armed_presence": None, "interference": None, "manner": "not-reached", "not_reached_for": "insecurity"},
         "turned-back", "turned-back", "turned-back"),
        ({"manner": "third-party"}, "third-party", "third-party", "third-party"),
        ({"contradictory": True}, None, None, None),
    ],
)  # fmt: skip
def test_what_a_visit_says_to_each_question(fields, non_state, state, armed):
    said = visit(**fields).said
    assert tuple(likelihood.speaking(said, force) for force in ("non-state", "state", "armed")) == (
        non_state, state, armed)  # fmt: skip


def test_two_visits_on_one_day_count_once_and_the_finding_stands():
    quiet, finding = visit(row=2), visit(row=3, actors=(FDLR,))
    for told in ((quiet, finding), (finding, quiet)):
        assert likelihood.answers(told, lambda said: likelihood.found(said, "non-state")) == [(finding, True)]
        assert assessed(list(told)) == assessed([finding])


def test_of_two_visits_on_one_day_the_one_that_answers_stands_beside_one_that_cannot_say():
    silent, child = visit(row=2), visit(row=3, children_under_15=True)
    for told in ((silent, child), (child, silent)):
        assert likelihood.answers(told, lambda said: said.children_under_15) == [(child, True)]


def test_someone_of_an_unknown_kind_who_interferes_clears_nobody():
    stranger = ArmedActor("", "unknown", acts=("taxation",))
    said = visit(actors=(stranger,), armed_presence=True, interference=True).said
    assert [likelihood.found(said, force) for force in ("non-state", "state")] == [None, None]


def test_a_visit_known_only_by_its_year_speaks_of_the_years_end():
    told = [visit("m1", date(2019, 6, 1), armed_presence=None, interference=None),
            visit("m2", in_year(2019), lat=-2.02, actors=(FDLR,))]  # fmt: skip
    year_end = [told[0], visit("m2", date(2019, 12, 31), lat=-2.02, actors=(FDLR,))]
    assert assessed(told)[0].p == pytest.approx(assessed(year_end)[0].p, abs=1e-12)


def test_every_kind_of_word_is_for_or_against_and_has_its_sentences():
    from winze.engine.texts import catalogue

    assert len(set(SPEAKING)) == len(SPEAKING) == len(likelihood._SPEAKS_FIRST)
    for kind in SPEAKING:
        for where in ("here", "near"):
            assert f"reason.visit-{kind}-{where}" in catalogue()
