"""The published visits of eastern DRC, judged on 2017 and 2018: what the likelihood reaches, and the file's warts."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from real import real
from winze.engine.records import Visit
from winze.formats import reading
from winze.learn.backtest import backtest
from winze.learn.history import tell

START, END = date(2017, 1, 1), date(2018, 12, 31)
FILES = ("mines/ipis_drc_visits_2009_2018.csv", "conflict/acled_hdx_drc_adm2_month_1997_2020.csv")


@pytest.fixture(scope="module")
def judged():
    """All that the two files tell, and the backtest on the day before a visit and thirty days before."""
    told = [s for name in FILES for s in reading.read(real(name)).statements]
    by_lead = {lead: backtest(told, "armed_interference", START, END, lead) for lead in (0, 30)}
    return SimpleNamespace(told=told, now=by_lead[0], month=by_lead[30])


def test_every_visit_of_the_two_years_that_answers_is_judged(judged):
    inside = [s.said for s in judged.told if isinstance(s.said, Visit) and START <= s.speaks_of.known_on <= END
              and s.said.interference is not None]  # fmt: skip
    assert judged.now.visits == judged.month.visits == len(inside) == 1154
    assert judged.now.base_rate == pytest.approx(sum(v.interference for v in inside) / 1154)


def test_the_last_visit_does_as_well_as_anybody_who_counts_it_finds(judged):
    last = judged.now.models["last_visit"]
    assert (last.auroc, last.aupr, last.brier) == pytest.approx((0.628, 0.306, 0.204), abs=0.002)


def test_on_the_day_before_a_visit_the_likelihood_reaches_what_was_asked_of_it(judged):
    winze = judged.now.models["winze"]
    assert winze.auroc >= 0.84 and winze.aupr >= 0.64 and winze.brier <= 0.112


def test_it_beats_the_best_plain_kernel_beyond_what_territories_and_months_could_do_by_chance(judged):
    better = judged.now.better
    assert better["aupr"].value > 0 and better["aupr"].low > 0
    assert better["brier"].value < 0 and better["brier"].high < 0


def test_its_probabilities_mean_what_they_say(judged):
    calibration = judged.now.calibration
    assert calibration.p_value >= 0.01
    assert abs(calibration.pooled_error) < 0.05
    assert abs(calibration.pooled_error) <= 2 * calibration.standard_error
    for band in calibration.table:
        chance = np.sqrt(band["mean"] * (1 - band["mean"]) / band["visits"])
        assert abs(band["found"] / band["visits"] - band["mean"]) < 0.05 + 3 * chance


def test_nine_of_ten_territories_and_months_lie_within_their_interval(judged):
    assert 0.85 <= judged.now.interval_coverage <= 0.95
    assert judged.now.coverage_groups > 50


def test_thirty_days_before_a_visit_it_still_ranks_and_is_no_further_off_than_the_kernel(judged):
    winze, kernel = judged.month.models["winze"], judged.month.models["kernel"]
    assert winze.auroc >= 0.77 and winze.brier < kernel.brier
    assert winze.brier > judged.now.models["winze"].brier


def test_visits_planned_by_likelihood_meet_more_findings_than_by_the_kernel_or_the_last_visit(judged):
    for met in judged.now.planner.values():
        assert met["winze"] >= met["kernel"] > met["by_chance"] and met["winze"] > met["last_visit"]


def test_the_files_warts_are_counted(judged):
    visits = [s for s in judged.told if isinstance(s.said, Visit)]
    assert sum(s.speaks_of.precision == "year" for s in visits) == 956
    inside = [s for s in visits if START <= s.speaks_of.known_on <= END and s.said.interference is not None]
    assert judged.now.contradictory == sum(s.said.contradictory for s in inside)
    assert judged.now.doubled == len(inside) - len({(s.subject, s.speaks_of.known_on) for s in inside}) == 8


def test_the_files_contradictions_are_judged_as_given_and_heard_by_no_other_visit(judged):
    history = tell(judged.told)
    torn = [n for n, s in enumerate(history.evidence.statements) if s.said.contradictory]
    assert len(torn) == 16
    assert all((history.evidence.says[force][torn] == -1).all() for force in ("armed", "non-state", "state"))
    answered = {s.id for s in history.visits("armed").statements}
    assert any(history.evidence.statements[n].id in answered for n in torn)
    assert not {history.evidence.statements[n].id for n in torn} & {
        s.id for s in history.visits("non-state").statements
    }


def test_rows_that_know_only_their_year_answer_nothing_and_are_heard_from_the_years_end(judged):
    history = tell(judged.told)
    of_the_year = [n for n, s in enumerate(history.evidence.statements) if s.speaks_of.precision == "year"]
    assert {history.evidence.statements[n].said.interference for n in of_the_year} == {None}
    days = {date.fromordinal(int(day)).timetuple()[1:3] for day in history.evidence.day[of_the_year]}
    assert days == {(12, 31)} and (history.evidence.says["armed"][of_the_year] >= 0).any()
