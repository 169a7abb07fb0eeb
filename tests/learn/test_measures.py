"""Measures of probabilities beside scikit-learn, brute force and slow obvious twins."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from sklearn import metrics

from winze.learn import measures
from winze.learn.measures import DEVIATIONS

ANSWERED = st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.integers(0, 3)), min_size=2, max_size=40)
"""Answer, probability in tenths (so that many are tied), and a weight."""
BANDS = (0, 0.1, 0.3, 0.6, 1.01)


def columns(rows):
    answer, tenths, weight = (np.array(column, float) for column in zip(*rows, strict=True))
    assume(0 < answer.sum() < len(answer))
    return answer, tenths / 10, weight


@given(ANSWERED)
@settings(max_examples=150, deadline=None)
def test_the_three_measures_are_those_of_scikit_learn_ties_included(rows):
    answer, p, _ = columns(rows)
    found = measures.scores(answer, p)
    assert found.auroc == pytest.approx(metrics.roc_auc_score(answer, p), abs=1e-12)
    assert found.aupr == pytest.approx(metrics.average_precision_score(answer, p), abs=1e-12)
    assert found.brier == pytest.approx(metrics.brier_score_loss(answer, p), abs=1e-12)


@given(ANSWERED)
@settings(max_examples=150, deadline=None)
def test_weighed_visits_count_as_scikit_learn_counts_them(rows):
    answer, p, weight = columns(rows)
    assume((weight * answer).sum() > 0 and (weight * (1 - answer)).sum() > 0)
    found = measures.measured(answer, p, weight[None, :])
    assert found["auroc"][0] == pytest.approx(metrics.roc_auc_score(answer, p, sample_weight=weight), abs=1e-12)
    assert found["aupr"][0] == pytest.approx(
        metrics.average_precision_score(answer, p, sample_weight=weight), abs=1e-12
    )
    assert found["brier"][0] == pytest.approx(metrics.brier_score_loss(answer, p, sample_weight=weight), abs=1e-12)


@given(ANSWERED)
@settings(max_examples=60, deadline=None)
def test_a_weight_of_two_is_a_visit_told_twice(rows):
    answer, p, weight = columns(rows)
    often = np.repeat(np.arange(len(p)), weight.astype(int))
    assume(0 < answer[often].sum() < len(often))
    weighed, plain = measures.measured(answer, p, weight[None, :]), measures.scores(answer[often], p[often])
    assert [weighed[m][0] for m in ("auroc", "aupr", "brier")] == pytest.approx(
        [plain.auroc, plain.aupr, plain.brier], abs=1e-12
    )


def test_where_only_one_kind_of_answer_was_given_there_is_no_ranking():
    found = measures.scores(np.zeros(3), np.array([0.1, 0.2, 0.3]))
    assert (found.auroc, found.aupr) == (None, None)
    assert found.brier == pytest.approx((0.01 + 0.04 + 0.09) / 3)


# -- redraws ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_redraws_keep_whole_groups_together_and_draw_as_many_as_there_are(names, seed):
    groups = np.unique(names, return_inverse=True)[1]
    weight = measures.repeated(groups, 20, seed)
    assert weight.shape == (20, len(groups))
    for group in np.unique(groups):
        assert (weight[:, groups == group] == weight[:, groups == group][:, :1]).all()
    _, firsts = np.unique(groups, return_index=True)
    assert (weight[:, firsts].sum(1) == len(firsts)).all()


def test_redraws_are_the_same_each_time_and_other_for_another_seed():
    groups = np.arange(30) // 3
    assert (measures.repeated(groups, 50) == measures.repeated(groups, 50)).all()
    assert (measures.repeated(groups, 50) != measures.repeated(groups, 50, seed=1)).any()


def test_an_interval_is_the_middle_nine_tenths_and_a_redraw_without_a_value_is_left_out():
    drawn = np.r_[np.arange(101.0), np.nan]
    assert measures.interval(50.0, drawn) == measures.Interval(50.0, 5.0, 95.0)


# -- calibration -----------------------------------------------------------------------------------------------------


def hanging_together(seed, groups=150, size=8):
    """Answers that are found as often as p says, but in half of the groups all by one and the same throw."""
    chance = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), size)
    p = 1 / (1 + np.exp(-chance.normal(-1, 1.2, groups * size)))
    one = np.repeat(chance.random(groups), size)
    throw = np.where(np.repeat(chance.random(groups) < 0.5, size), one, chance.random(groups * size))
    return (throw < p).astype(float), p, group


def test_honest_probabilities_are_seldom_refuted_though_visits_hang_together():
    small = sum(measures.calibration(*hanging_together(seed), BANDS).p_value < 0.05 for seed in range(100))
    assert small <= 12  # 5 expected; more than 12 by chance once in a thousand


def test_were_visits_taken_one_by_one_honest_probabilities_would_be_refuted_often():
    alone = 0
    for seed in range(100):
        answer, p, _ = hanging_together(seed)
        alone += measures.calibration(answer, p, np.arange(len(p)), BANDS).p_value < 0.05
    assert alone > 20


def test_probabilities_too_sure_of_themselves_are_refuted():
    answer, p, group = hanging_together(3)
    sure = p**2.5 / (p**2.5 + (1 - p) ** 2.5)
    assert measures.calibration(answer, sure, group, BANDS).p_value < 1e-6
    assert measures.calibration(answer, np.clip(p + 0.2, 0, 0.99), group, BANDS).p_value < 1e-6


@given(st.integers(0, 10_000), st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_pooled_error_and_its_error_are_those_added_up_group_by_group(seed, many):
    chance = np.random.default_rng(seed)
    group = np.unique(chance.integers(0, many, 40), return_inverse=True)[1]
    p = chance.uniform(0.01, 0.99, 40)
    answer = (chance.random(40) < 0.5).astype(float)
    of_group: dict[int, float] = {}
    for g, a, each in zip(group, answer, p, strict=True):
        of_group[g] = of_group.get(g, 0.0) + (a - each)
    found = measures.calibration(answer, p, group, BANDS)
    assert found.pooled_error == pytest.approx(sum(of_group.values()) / 40, abs=1e-12)
    assert found.standard_error == pytest.approx(math.sqrt(sum(e * e for e in of_group.values())) / 40, abs=1e-12)


def test_the_table_counts_every_visit_in_one_band():
    answer, p, group = hanging_together(5)
    p[:2] = 0.3, 1.0
    table = measures.calibration(answer, p, group, BANDS).table
    assert sum(band["visits"] for band in table) == len(p)
    assert sum(band["found"] for band in table) == answer.sum()
    for band in table:
        assert band["low"] <= band["mean"] <= band["high"] <= 1
    assert all(math.isfinite(v) for band in table for v in band.values())


# -- counts ----------------------------------------------------------------------------------------------------------

LOG_ODDS = st.lists(st.floats(-4, 4), min_size=1, max_size=6)


def enumerated(log_odds):
    """The chance of each count, over every way the visits could have ended."""
    p = [1 / (1 + math.exp(-z)) for z in log_odds]
    chance = [0.0] * (len(p) + 1)
    for ends in itertools.product((0, 1), repeat=len(p)):
        chance[sum(ends)] += math.prod(q if end else 1 - q for q, end in zip(p, ends, strict=True))
    return chance


@given(LOG_ODDS)
@settings(max_examples=60, deadline=None)
def test_counts_are_those_of_every_way_the_visits_could_end(log_odds):
    assert measures.counts(np.array(log_odds), 0.0) == pytest.approx(enumerated(log_odds), abs=1e-12)


@given(LOG_ODDS, st.sampled_from(DEVIATIONS[1:8]))
@settings(max_examples=12, deadline=None)
def test_counts_of_visits_that_stray_together_are_the_mean_over_how_far_they_stray(log_odds, deviation):
    found = measures.counts(np.array(log_odds), deviation)
    for k in range(len(log_odds) + 1):
        wanted, _ = integrate.quad(
            lambda z, k=k: stats.norm.pdf(z) * enumerated([o + deviation * z for o in log_odds])[k], -8, 8
        )
        assert found[k] == pytest.approx(wanted, abs=1e-3)


@given(LOG_ODDS, st.sampled_from(DEVIATIONS))
@settings(max_examples=100, deadline=None)
def test_the_interval_holds_nine_tenths_and_no_more_than_it_takes_on_either_side(log_odds, deviation):
    chance = measures.counts(np.array(log_odds), deviation)
    assert chance.sum() == pytest.approx(1) and (chance >= 0).all()
    low, high = measures.whole_interval(chance)
    assert 0 <= low <= high < len(chance)
    assert chance[:low].sum() < 0.05 <= chance[: low + 1].sum() + 1e-12
    assert chance[high + 1 :].sum() <= 0.05 + 1e-9
    assert high == 0 or chance[high:].sum() > 0.05 - 1e-9


def straying(seed, deviation, groups=400, size=7):
    chance = np.random.default_rng(seed)
    log_odds = chance.normal(-1, 1, (groups, size))
    strayed = log_odds + deviation * chance.normal(size=(groups, 1))
    answer = chance.random((groups, size)) < 1 / (1 + np.exp(-strayed))
    return answer.ravel().astype(float), log_odds.ravel(), np.repeat(np.arange(groups), size)


def test_intervals_hold_as_many_counts_as_they_say_where_the_deviation_is_the_true_one():
    answer, log_odds, groups = straying(1, 1.0)
    share, expected, many = measures.coverage(answer, log_odds, groups, np.ones(len(answer)))
    assert many == 400 and 0.9 <= expected <= 0.99
    assert share == pytest.approx(expected, abs=0.04)
    narrow, _, _ = measures.coverage(answer, log_odds, groups, np.zeros(len(answer)))
    assert narrow < share - 0.05


def test_groups_of_fewer_than_five_visits_are_not_judged():
    answer, log_odds, groups = straying(2, 0.5, groups=6, size=4)
    assert measures.coverage(answer, log_odds, groups, np.ones(24)) == (None, None, 0)
    assert measures.held(answer, log_odds, groups) == {}
    one_more = (np.r_[answer, 1.0], np.r_[log_odds, 0.0], np.r_[groups, 3])
    assert measures.coverage(*one_more, np.ones(25))[2] == 1
    assert list(measures.held(*one_more)) == [3]


@given(st.lists(st.lists(st.booleans(), min_size=len(DEVIATIONS), max_size=len(DEVIATIONS)), min_size=1, max_size=15))
@settings(max_examples=100, deadline=None)
def test_the_deviation_is_the_least_that_held_nine_tenths_of_past_counts(inside):
    wanted = DEVIATIONS[-1]
    for at in reversed(range(len(DEVIATIONS))):
        if sum(row[at] for row in inside) >= 0.9 * len(inside) - 1e-9:
            wanted = DEVIATIONS[at]
    assert measures.deviation_for([np.array(row) for row in inside]) == wanted


def test_nine_of_ten_is_as_often_as_wanted():
    inside = [np.array([n > 0] * len(DEVIATIONS)) for n in range(10)]
    assert measures.deviation_for(inside) == DEVIATIONS[0]
    assert measures.deviation_for([~row for row in inside]) == DEVIATIONS[-1]


def test_the_deviation_that_large_groups_strayed_by_is_found_again():
    """In small ones whole counts hide some of it: a 90% interval of few visits holds more than 90%."""
    found = {}
    for true in (0.0, 1.0, 2.0):
        answer, log_odds, groups = straying(4, true, groups=80, size=30)
        found[true] = measures.deviation_for(list(measures.held(answer, log_odds, groups).values()))
    assert found[0.0] <= 0.2 < found[1.0] <= 1.25 < found[2.0] <= 2.5
