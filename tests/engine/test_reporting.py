"""What a report says of a cycle, before it gets words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from made import CONFLICT, DAY, PRICES, made
from winze.engine import reporting
from winze.engine.baseline import baseline
from winze.engine.register import build
from winze.engine.reporting import months_between


def test_ranked_risks_come_in_rank_order_then_those_watched_on_my_chain() -> None:
    report = reporting.compile(made(), "partner")
    ranks = [line.risk.rank for line in report.risks]
    assert ranks[: report.ranked] == list(range(1, report.ranked + 1))
    assert all(rank is None for rank in ranks[report.ranked :])
    assert all(line.risk.in_chain for line in report.risks[report.ranked :])


def test_the_first_three_hundred_and_all_of_my_chain_have_their_reasons_on_the_page() -> None:
    report = reporting.compile(made(many=10), "internal")
    assert report.ranked > 600
    assert all(line.shown for line in report.risks[:300])
    assert all(line.shown for line in report.risks if line.risk.in_chain)
    assert sum(line.shown for line in report.risks) < report.ranked


def test_every_ranked_risk_carries_at_least_one_reason() -> None:
    assert all(line.whys for line in reporting.compile(made(), "public").risks)


def test_watched_risks_listed_one_by_one_are_not_counted_again() -> None:
    cycle = made()
    report = reporting.compile(cycle, "internal")
    counted = sum(n or 0 for line in report.watched_by_area for n in line.counts)
    listed = sum(1 for line in report.risks if line.risk.rank is None)
    assert counted + listed == sum(1 for risk in cycle.risks if risk.rank is None) == report.watched


def test_an_unknown_month_is_a_gap_and_a_counted_month_of_zero_is_zero() -> None:
    series = reporting.compile(made(), "internal").conflict
    assert series and all(len(s.values) == len(s.days) == 24 for s in series)
    assert any(None in s.values for s in series) and any(0.0 in s.values for s in series)
    assert all(s.days[-1] == date(2020, 4, 1) for s in series), "May is not over on the eleventh"


def test_prices_are_those_of_the_chains_metals() -> None:
    names = [s.name for s in reporting.compile(made(), "partner").world_prices]
    assert names == ["tin", "gold"]


def test_the_two_pressures_are_counted_each_by_itself() -> None:
    cycle = made()
    lines = reporting.compile(cycle, "internal").pressures
    for which in ("rapacity", "desperation"):
        states = [s.state for s in cycle.signals if s.kind == f"pressure-{which}"]
        assert sum(getattr(line, which) for line in lines) == states.count("raised")
        assert sum(getattr(line, f"{which}_unknown") for line in lines) == states.count("cannot-evaluate")


def test_what_cannot_be_evaluated_is_counted_by_kind_with_what_is_missing() -> None:
    counts = {line.kind: line for line in reporting.compile(made(), "internal").signal_counts}
    assert counts["red-flag-l2"].cannot_evaluate == 1 and counts["red-flag-l2"].clear == 0
    assert counts["red-flag-l2"].missing == ("missing.reserves",)
    assert counts["interference-non-state"].missing == ("missing.recent-visit",)


def test_a_file_that_reaches_past_the_day_is_a_later_slice_and_age_is_never_negative() -> None:
    lines = {line.input.name: line for line in reporting.compile(made(), "internal").inputs}
    assert lines[PRICES].input.later_slice and lines[PRICES].input.held_back == 12
    assert lines[CONFLICT].age_days == 11
    assert lines["broken.pdf"].age_days is None
    assert all(line.age_days is None or line.age_days >= 0 for line in lines.values())


def test_the_summary_has_at_most_ten_lines_for_every_audience() -> None:
    for audience in ("partner", "internal", "public"):
        assert 8 <= len(list(reporting.summary_lines(made(), audience))) <= 10


def test_an_empty_case_still_makes_a_report_that_says_what_is_missing() -> None:
    cycle = made()
    where = build([])
    empty = replace(cycle, statements=(), register=where, signals=(), risks=(), problems=(), inputs=(),
                    baseline=baseline([], where, DAY))  # fmt: skip
    report = reporting.compile(empty, "partner")
    assert report.title.text == "report.title-no-sites.none"
    assert "report.constraint.no-chain" in {line.text for line in report.constraints}
    assert not report.risks and not report.areas and not report.conflict


def test_titles_count_one_as_one() -> None:
    cycle = made()
    first = replace(cycle, risks=(cycle.risks[0], *[r for r in cycle.risks if r.rank is None]))
    assert reporting.compile(first, "internal").title.text == "report.title.one"


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 3000))
def test_months_between_never_round_up(day: date, later: int) -> None:
    other = date.fromordinal(day.toordinal() + later)
    months = months_between(day, other)
    assert 0 <= months <= later / 28 and months >= later // 31 - 1


def test_signals_of_a_kind_are_found_raised_ones_first() -> None:
    states = [line.signal.state for line in reporting.compile(made(), "internal").of("red-flag-", "screening")]
    assert states == ["raised", "cannot-evaluate", "clear"]


def test_the_report_is_the_same_each_time() -> None:
    assert reporting.compile(made(), "partner") == reporting.compile(made(), "partner")
