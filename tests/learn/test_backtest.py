"""The backtest on an invented history: no leakage, honest peers, one answer for any order of rows."""

import json
import random
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from episodes import FIRST, PLACES, episodes, told_of
from hypothesis import given, settings
from hypothesis import strategies as st

from winze.engine.likelihood import Model
from winze.engine.records import Input
from winze.engine.rules import load
from winze.formats import judged
from winze.learn import backtest as module
from winze.learn.backtest import TooFew, backtest, last_visits, quarters, rates
from winze.learn.fitting import recipe
from winze.learn.history import tell

START, END = date(2016, 1, 1), date(2017, 12, 31)
PEERS = {"winze", "last_visit", "province_rate", "base_rate", "kernel"}


@pytest.fixture(scope="module")
def told():
    return episodes()


@pytest.fixture(scope="module")
def found(told):
    return backtest(told, "armed_interference", START, END)


def document(found, inputs=()):
    """As it is printed: through JSON, where a number that is none would not get."""
    return json.loads(json.dumps(judged.document(found, inputs), allow_nan=False))


def close(one, other, within=1e-6):
    """Whether two documents say the same to so much."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key], within) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(close(a, b, within) for a, b in zip(one, other, strict=True))
    return one == pytest.approx(other, rel=within, abs=within) if isinstance(one, float) else one == other


# -- what it finds ---------------------------------------------------------------------------------------------------


def test_where_interference_comes_and_goes_in_clusters_the_learnt_weights_beat_every_peer(found):
    winze = found.models["winze"]
    assert found.visits > 150 and 0.2 < found.base_rate < 0.6
    for peer in PEERS - {"winze"}:
        assert winze.brier < found.models[peer].brier, peer
        assert winze.aupr > found.models[peer].aupr, peer
    assert found.better["brier"].high < 0
    assert winze.brier < found.models["base_rate"].brier - 0.01
    assert found.calibration.p_value > 0.001


def test_where_answers_are_dealt_by_lot_nothing_beats_the_base_rate(told):
    by_lot = backtest(episodes(shuffled=True), "non_state_interference", START, END)
    assert 0.4 < by_lot.models["winze"].auroc < 0.6
    assert by_lot.models["winze"].brier > by_lot.models["base_rate"].brier - 0.01


def test_the_document_keeps_its_contract(found):
    said = document(found, [Input("i1", "visits.csv", "0" * 64, "ipis", "1", None, {}, 0, date(2017, 5, 1), None)])
    assert set(said) >= {"target", "from", "to", "lead_days", "n", "base_rate", "models", "calibration",
                         "interval_coverage"}  # fmt: skip
    assert (said["target"], said["from"], said["to"]) == ("armed_interference", "2016-01-01", "2017-12-31")
    assert (said["lead_days"], said["n"]) == (0, found.visits)
    assert set(said["models"]) == PEERS
    for scores in said["models"].values():
        assert set(scores) == {"auroc", "aupr", "brier"}
        assert all(0 <= value <= 1 for value in scores.values())
    assert set(said["calibration"]) >= {"p_value", "pooled_error", "table"}
    assert sum(band["visits"] for band in said["calibration"]["table"]) == found.visits
    assert 0 <= said["interval_coverage"] <= 1
    assert said["inputs"][0]["later_slice"] is True


def test_its_figures_are_those_of_the_visits_counted_one_by_one(told, found):
    inside = [s for s in told if START <= s.speaks_of.known_on <= END]
    assert found.visits == len(inside)
    assert found.base_rate == pytest.approx(sum(s.said.interference for s in inside) / len(inside))
    for cut in ("year", "province", "mineral", "programme", "manner"):
        assert sum(group.visits for group in found.parts[cut].values()) == len(inside)
        assert sum(group.found for group in found.parts[cut].values()) == sum(s.said.interference for s in inside)


def test_the_planner_meets_a_share_and_by_chance_the_share_itself(found):
    assert list(found.planner) == ["0.1", "0.25", "0.5"]
    for share, met in found.planner.items():
        assert met["by_chance"] == float(share)
        assert all(0 <= value <= 1 for value in met.values())
        assert met["winze"] > met["by_chance"]


def test_the_lines_a_person_reads_name_every_model(found):
    text = "\n".join(judged.lines(found, ()))
    for name in PEERS:
        assert f"\n{name}" in text
    assert f"{found.visits:,} visits from 2016-01-01 to 2017-12-31" in text


def test_an_experts_weights_can_stand_beside_the_learnt_ones(told, found):
    weights = Model.expert("likelihood/non-state-armed-interference", load(), date(2020, 5, 11))
    beside = backtest(told, "armed_interference", START, END, 0, weights)
    assert set(beside.models) == PEERS | {"expert"}
    assert beside.models["winze"] == found.models["winze"]
    assert beside.models["expert"].auroc > 0.5


# -- no leakage, no order --------------------------------------------------------------------------------------------


def test_any_order_and_repetition_of_rows_gives_the_same_result(told, found):
    again = told + told[:100]
    random.Random(3).shuffle(again)
    assert document(backtest(again, "armed_interference", START, END)) == document(found)


@pytest.mark.parametrize("lead", [0, 30])
def test_rows_after_the_period_change_nothing_in_it(told, lead):
    end = date(2016, 11, 14)
    earlier = [s for s in told if s.speaks_of.known_on <= end]
    assert len(earlier) < len(told) - 50
    one, other = (document(backtest(rows, "armed_interference", START, end, lead)) for rows in (earlier, told))
    assert close(one, other)


def test_the_answer_of_a_visit_changes_no_likelihood_given_on_its_day_or_before(told):
    how, target = recipe(), "armed_interference"
    at = next(n for n, s in enumerate(told) if s.speaks_of.start > date(2016, 6, 1))
    turned = [replace(s, said=replace(s.said, interference=not s.said.interference), _id=[]) if n == at else s
              for n, s in enumerate(told)]  # fmt: skip
    was, now = (module.roll(tell(rows), target, 0, how, END) for rows in (told, turned))
    day = told[at].speaks_of.start.toordinal()
    given_ = [{s.visit_id: odds for s, odds in _given(rolled, day)} for rolled in (was, now)]
    assert len(given_[0]) > 200
    assert given_[0] == pytest.approx(given_[1], abs=1e-9, nan_ok=True)
    after = [rolled.log_odds[rolled.visited.day > day] for rolled in (was, now)]
    assert (np.abs(after[0] - after[1]) > 1e-6).any()


def _given(rolled, day):
    return [(s.said, odds) for s, odds in zip(rolled.visited.statements, rolled.log_odds, strict=True)
            if s.speaks_of.start.toordinal() <= day]  # fmt: skip


def test_a_longer_lead_knows_less(told, found):
    later = backtest(told, "armed_interference", START, END, 90)
    assert later.visits == found.visits and later.lead == 90
    assert later.models["winze"].brier > found.models["winze"].brier


# -- too few ---------------------------------------------------------------------------------------------------------


def test_too_few_visits_to_judge_by_are_refused_with_a_sentence(told):
    with pytest.raises(TooFew, match=r"^\d+ visits of the period answer; it takes 20"):
        backtest(told, "armed_interference", date(2016, 1, 1), date(2016, 1, 10))
    with pytest.raises(TooFew, match=r"^0 visits"):
        backtest([], "armed_interference", START, END)


def test_a_period_in_which_nothing_was_found_is_refused(told):
    quiet = [s for s in told if not s.said.interference]
    with pytest.raises(TooFew, match="with and without a finding"):
        backtest(quiet, "armed_interference", START, END)


def test_too_few_answers_to_learn_from_are_refused_with_how_many_it_takes(told):
    how = recipe()
    with pytest.raises(TooFew, match=f"it takes {how.least_answers} and {how.least_found}"):
        module.one_model(tell(told[:100]), "armed_interference", END, how)


def test_before_there_is_enough_to_learn_from_the_base_rate_stands_in_and_every_figure_is_a_number():
    early = backtest(episodes(), "armed_interference", FIRST, date(2012, 12, 31))
    assert early.models["winze"].brier == pytest.approx(early.models["base_rate"].brier)
    assert early.models["winze"].auroc == early.models["base_rate"].auroc
    said = document(early)
    assert said["interval_groups"] == 0 or 0 <= said["interval_coverage_expected"] <= 1


def test_counts_are_judged_where_nothing_was_learnt_yet():
    """Five visits to one territory in one month, before there is anything to fit to."""
    crowd = [told_of("m1", 30 * month + n, "group" if (month + n) % 3 else "quiet", visit_id=f"{month}.{n}")
             for month in range(12) for n in range(6)]  # fmt: skip
    early = backtest(crowd, "armed_interference", date(2012, 2, 1), date(2012, 12, 31))
    assert early.coverage_groups >= 8
    assert 0 <= early.interval_coverage <= 1 and 0.9 <= early.expected_coverage <= 1


@pytest.mark.parametrize("lead", [0, 30])
def test_the_deviation_in_force_is_measured_on_months_that_ended_before_its_quarter(lead):
    """Two territories go as expected for three years; then, in 2015, every visit finds it."""
    days = [date(2012 + n // 12, n % 12 + 1, 1 + day) for n in range(48) for day in range(6)] * 2
    visited = SimpleNamespace(
        day=np.array([d.toordinal() for d in days], float),
        answer=np.array([float(n % 2 or d.year == 2015) for n, d in enumerate(days)]),
        groups=lambda: np.array([(n >= 288) * 48 + (d.year - 2012) * 12 + d.month - 1 for n, d in enumerate(days)]),
    )
    spans = list(quarters(visited.day, 3, date(2015, 12, 31)))
    found = module._deviations(visited, np.zeros(len(days)), spans, lead, recipe())
    by_span = [set(found[(visited.day >= first) & (visited.day <= last)]) for first, last in spans]
    assert all(len(span) == 1 for span in by_span)
    deviations = [span.pop() for span in by_span]
    assert deviations[0] == 1.0  # fewer than ten months had ended
    assert set(deviations[4:13]) == {0.0}  # to the first quarter of 2015, which is not over when it is judged
    assert deviations[-1] > 0.5


# -- spans and peers -------------------------------------------------------------------------------------------------


@given(
    st.lists(st.dates(date(2005, 1, 1), date(2018, 12, 31)), min_size=1, max_size=5), st.dates(date(2005, 1, 1)),
    st.sampled_from([1, 2, 3, 4, 6, 12]),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_spans_cover_every_day_to_the_end_once_and_begin_with_a_month(days, end, months):
    end = min(end, date(2019, 12, 31))
    spans = list(quarters(np.array([d.toordinal() for d in days]), months, end))
    covered = [day for first, last in spans for day in range(first, last + 1)]
    assert covered == sorted(set(covered)) and (not covered or len(covered) == covered[-1] - covered[0] + 1)
    if end >= min(days):
        assert covered[0] <= min(days).toordinal() and covered[-1] >= end.toordinal()
    for first, last in spans:
        begins, after = date.fromordinal(first), date.fromordinal(last) + timedelta(days=1)
        assert begins.day == 1 and (begins.month - 1) % months == 0
        assert (after.year - begins.year) * 12 + after.month - begins.month == months


def test_where_nobody_visited_there_are_no_spans():
    assert list(quarters(np.array([]), 3, END)) == []


SOME = st.lists(
    st.builds(told_of, st.sampled_from(sorted(PLACES)), st.integers(0, 60), st.sampled_from(["quiet", "group"]),
              province=st.sampled_from(["Ituri", "Maniema"]), visit_id=st.integers(0, 99).map(str)),
    min_size=1, max_size=15, unique_by=lambda s: s.id,
)  # fmt: skip


@given(SOME, st.sampled_from([1, 10, 30]))
@settings(max_examples=80, deadline=None)
def test_a_rate_is_that_of_earlier_visits_of_the_name_and_one_of_each_kind(told, before):
    visited = tell(told).visits("armed")
    found = rates(visited, visited.province, before)
    for i, this in enumerate(visited.statements):
        earlier = [
            s.said.interference
            for s in told
            if s.said.province == this.said.province and (this.speaks_of.start - s.speaks_of.start).days >= before
        ]
        assert found[i] == pytest.approx((sum(earlier) + 1) / (len(earlier) + 2))


@given(SOME, st.sampled_from([1, 10, 30]))
@settings(max_examples=80, deadline=None)
def test_the_last_visit_is_the_newest_one_to_the_same_site_else_the_base_rate(told, before):
    history = tell(told)
    visited = history.visits("armed")
    base = np.linspace(0.2, 0.4, len(visited.day))
    found = last_visits(visited, history.evidence.sites, before, base)
    for i, this in enumerate(visited.statements):
        earlier = [
            (s.speaks_of.start, s.id, s.said.interference)
            for s in told
            if s.subject == this.subject and (this.speaks_of.start - s.speaks_of.start).days >= before
        ]
        assert found[i] == (max(earlier)[2] if earlier else base[i])


def test_a_plain_kernel_is_a_share_drawn_to_the_base_rate(told):
    history, how = tell(told[:120]), recipe()
    visited = history.visits("armed")
    base = np.full(len(visited.day), 0.3)
    given_ = module.kernels(history, visited, "armed", how, 0, base)
    assert len(given_) == len(how.kernels["km"]) * len(how.kernels["days"]) * len(how.kernels["prior"])
    for p in given_.values():
        assert ((p >= 0) & (p <= 1)).all() and p[0] == pytest.approx(0.3)


def test_the_kernel_that_stands_for_all_is_chosen_before_the_period(told, found):
    """Answers of the period turned over: the same kernel stands."""
    turned = [
        replace(s, said=replace(s.said, interference=not s.said.interference), _id=[])
        if s.speaks_of.start >= START
        else s
        for s in told
    ]
    assert backtest(turned, "armed_interference", START, END).kernel == found.kernel


def test_warts_are_counted_and_not_mended(told):
    at = [n for n, s in enumerate(told) if s.speaks_of.start >= START][:3]
    torn = list(told)
    for n in at[:2]:
        torn[n] = replace(told[n], said=replace(told[n].said, interference=True, contradictory=True), _id=[])
    torn.append(replace(told[at[2]], said=replace(told[at[2]].said, visit_id="again"), _id=[]))
    found = backtest(torn, "armed_interference", START, END)
    plain = backtest(told, "armed_interference", START, END)
    assert (plain.contradictory, found.contradictory) == (0, 2)
    assert found.doubled == plain.doubled + 1 and found.visits == plain.visits + 1
