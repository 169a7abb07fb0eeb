"""Fitting: its slope, its form beside the one a run scores by, and what a fit may and may not do."""

import math
from dataclasses import replace

import numpy as np
import pytest
from episodes import COUNTS, FIRST, ROWS, told_of, whole_months
from hypothesis import given, settings
from hypothesis import strategies as st

from making import visit
from winze.engine import likelihood, register
from winze.engine.likelihood import FOR_IT, SPEAKING, Scale
from winze.learn import fitting, measures
from winze.learn.fitting import fit, recipe, score
from winze.learn.history import QUESTIONS, Known, tell

HOW = recipe()
PARAMETERS = 4 + len(HOW.scales) + len(HOW.free) + 1


def known_by_lot(seed, rows=30):
    """Sums and conflict drawn by lot; some rows heard nothing, some conflict is unknown."""
    chance = np.random.default_rng(seed)
    sums = chance.gamma(0.4, 1.0, (rows, len(HOW.scales), len(SPEAKING))) * (chance.random((rows, 1, 1)) < 0.8)
    return Known(sums, np.where(chance.random(rows) < 0.3, np.nan, chance.uniform(0, 6, rows)))


def somewhere(seed):
    """Parameters drawn by lot, each near where a fit starts."""
    chance = np.random.default_rng(seed)
    at = fitting._packed(fitting._start(HOW, "any"), HOW) + chance.normal(0, 0.4, PARAMETERS)
    at[-1] = abs(at[-1])
    return at


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_slope_is_that_of_small_steps(seed):
    form, at = fitting._Form(known_by_lot(seed), HOW, HOW.conflict_typical), somewhere(seed + 1)
    error = np.random.default_rng(seed + 2).normal(size=30)
    steps = np.zeros(PARAMETERS)
    for n in range(PARAMETERS):
        step = np.zeros(PARAMETERS)
        step[n] = 1e-6
        steps[n] = (error * (form.log_odds(at + step) - form.log_odds(at - step))).sum() / 2e-6
    assert form.slope(at, error) == pytest.approx(steps, rel=1e-5, abs=1e-6)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_scoring_by_a_model_is_the_form_that_was_fitted(seed):
    known, at = known_by_lot(seed), somewhere(seed + 1)
    form = fitting._Form(known, HOW, HOW.conflict_typical)
    assert score(fitting._unpacked(at, HOW, "any"), known) == pytest.approx(form.log_odds(at), abs=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_a_model_packed_and_unpacked_is_the_same_model(seed):
    at = somewhere(seed)
    assert fitting._packed(fitting._unpacked(at, HOW, "any"), HOW) == pytest.approx(at, abs=1e-9)


TOLD = st.lists(st.one_of(ROWS, ROWS, COUNTS), min_size=1, max_size=14)


@given(TOLD, st.integers(0, 10_000), st.sampled_from(sorted(QUESTIONS.values())))
@settings(max_examples=40, deadline=None)
def test_the_rows_learnt_from_score_as_a_run_scores_one_site_at_a_time(told, seed, force):
    """The vector form and `engine.likelihood.assess`, given what was known before each visit's day."""
    mute = [told_of(site, 0, "says nothing", row=90) for site in ("m1", "m2", "m3", "m4")]
    told = [*mute, *told, *whole_months(years=3)]
    model = replace(fitting._unpacked(somewhere(seed), HOW, "any"), rule="likelihood/any")
    found = tell(told)
    visited = found.visits(force)
    odds = score(model, found.known_before(visited, force, HOW.kernel, 0))
    for i, this in enumerate(visited.statements):
        day = this.speaks_of.known_on
        before = [s for s in told if s.speaks_of.known_on < day]
        if day == FIRST:
            continue
        built = register.build(before)
        seen = likelihood.observe(built, {force: likelihood.by_force(force)})
        events = likelihood.events_in_year(before, day.fromordinal(day.toordinal() - 1))
        ((given_, reasons),) = likelihood.assess([built.sites[this.subject]], seen, force, events, model, day)
        assert math.fsum(r.contribution or 0 for r in reasons) == pytest.approx(odds[i], abs=1e-9)
        assert given_.p == pytest.approx(1 / (1 + math.exp(-odds[i])), abs=1e-9)


# -- fits ------------------------------------------------------------------------------------------------------------


def near_findings_matter(seed, rows=400):
    """Answers that follow from how much was found near and of late, and by how much was not."""
    chance = np.random.default_rng(seed)
    sums = chance.gamma(0.3, 0.3, (rows, len(HOW.scales), len(SPEAKING)))
    near = sums[:, 2] = chance.gamma(0.3, 3.0, (rows, len(SPEAKING)))
    known = Known(sums, np.full(rows, np.nan))
    true = 1.5 * (np.log(0.1 + near[:, 0]) - np.log(0.3 + near[:, SPEAKING.index("seen-no")]))
    return known, (chance.random(rows) < 1 / (1 + np.exp(-true))).astype(float)


def of(known, rows):
    return Known(known.sums[rows], known.conflict[rows])


def test_where_findings_near_matter_a_fit_ranks_visits_it_has_not_seen():
    known, answer = near_findings_matter(1)
    model = fit(of(known, slice(0, 200)), answer[:200], HOW, "any")
    p = 1 / (1 + np.exp(-score(model, of(known, slice(200, None)))))
    found = measures.scores(answer[200:], p)
    plain = measures.scores(answer[200:], np.full(200, answer[:200].mean()))
    assert found.auroc > 0.65 > plain.auroc == 0.5
    assert found.aupr > plain.aupr + 0.1 and found.brier < plain.brier - 0.02


@pytest.mark.parametrize("seed", range(4))
def test_a_fit_stays_within_the_recipe(seed):
    known = known_by_lot(seed, 200)
    answer = (np.random.default_rng(seed).random(200) < 0.3).astype(float)
    model = fit(known, answer, HOW, "state-forces-interference")
    for name in HOW.fixed:
        assert model.weights[name] == HOW.weights[name]
    for name, most in HOW.at_most.items():
        assert model.weights[name] <= most * (1 + 1e-9)
    assert min(*model.weights.values(), *(s.weight for s in model.scales), model.sharpness, model.prior_yes,
               model.prior_no) > 0  # fmt: skip
    assert [(s.km, s.days) for s in model.scales] == HOW.kernel
    assert (model.target, model.rule) == ("state-forces-interference", "likelihood/state-forces-interference")
    assert (model.countries, model.conflict_typical) == (HOW.countries, HOW.conflict_typical)


def test_what_would_outweigh_its_bound_is_held_at_it():
    chance = np.random.default_rng(5)
    sums = np.zeros((2000, len(HOW.scales), len(SPEAKING)))
    for name in ("seen-yes", "seen-no", "third-party"):
        sums[:, 1, SPEAKING.index(name)] = chance.random(2000) < 0.5
    true = replace(fitting._start(HOW, "any"), weights={**HOW.weights, "third-party": 40.0})
    known = Known(sums, np.full(2000, np.nan))
    answer = (chance.random(2000) < 1 / (1 + np.exp(-score(true, known)))).astype(float)
    model = fit(known, answer, HOW, "any")
    assert model.weights["third-party"] == pytest.approx(HOW.at_most["third-party"])


def test_conflict_keeps_the_weight_an_expert_gave_it():
    chance = np.random.default_rng(6)
    known = Known(np.zeros((500, len(HOW.scales), len(SPEAKING))), chance.uniform(0, 6, 500))
    answer = (chance.random(500) < 1 / (1 + np.exp(-3 * (known.conflict - 3)))).astype(float)
    assert fit(known, answer, HOW, "any").conflict == HOW.conflict


def test_with_nothing_to_learn_from_a_fit_stays_where_it_started():
    none = Known(np.zeros((0, len(HOW.scales), len(SPEAKING))), np.zeros(0))
    model = fit(none, np.zeros(0), HOW, "any")
    assert [s.weight for s in model.scales] == pytest.approx([s.weight for s in HOW.scales])
    assert (model.base, model.sharpness) == pytest.approx((0.0, 1.0))


@given(st.integers(0, 10_000), st.integers(0, len(SPEAKING) - 1))
@settings(max_examples=60, deadline=None)
def test_one_more_finding_never_lowers_and_one_more_quiet_visit_never_raises_what_is_scored(seed, kind):
    known, model = known_by_lot(seed), fitting._unpacked(somewhere(seed), HOW, "any")
    more = Known(known.sums.copy(), known.conflict)
    more.sums[:, :, kind] += 0.5
    change = score(model, more) - score(model, known)
    assert (change >= -1e-12).all() if kind < len(FOR_IT) else (change <= 1e-12).all()


def test_unknown_conflict_is_weighed_as_the_typical_year_and_not_as_a_quiet_one():
    model = fitting._unpacked(somewhere(1), HOW, "any")
    nothing = np.zeros((3, len(HOW.scales), len(SPEAKING)))
    unknown, typical, quiet = score(model, Known(nothing, np.array([np.nan, HOW.conflict_typical, 0.0])))
    assert unknown == typical > quiet


def test_the_recipe_names_every_kind_of_statement_and_starts_from_scales_that_speak():
    assert set(HOW.weights) == set(SPEAKING)
    assert {*HOW.fixed, *HOW.free} == set(SPEAKING) and not {*HOW.fixed} & {*HOW.free}
    assert all(isinstance(s, Scale) and min(s.km, s.days, s.weight) > 0 for s in HOW.scales)
    assert visit().said.manner == "on-site" and HOW.weights["seen-yes"] == HOW.weights["seen-no"] == 1
