"""Golden: crisis.md 3.2, 3.3 and M3 to M6, M12."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telling import day, fact, node, signals, texts, values, visit

from winze.engine.closures import state_of
from winze.engine.records import between, in_year

REFINERS = ("Valcambi", "Argor-Heraeus", "PAMP")
SWISS = [
    node(name, "smelter", state, when, subject="country:CHE")
    for name in REFINERS
    for state, when in (("closed", "2020-03-20"), ("restricted", "2020-04-06"))
]
MUTOSHI = node("Mutoshi", "mine", "closed", "2020-03-23", until="2020-04-05")


@pytest.mark.parametrize("name", REFINERS)
def test_the_swiss_refiners_were_closed_on_25_march_and_restricted_on_10_april(name):
    march, april = state_of(name, SWISS, day("2020-03-25")), state_of(name, SWISS, day("2020-04-10"))
    assert (march.state, march.since) == ("closed", day("2020-03-20"))
    assert (april.state, april.since) == ("restricted", day("2020-04-06"))


def test_nothing_is_known_of_a_node_before_anything_was_said_of_it():
    assert state_of("Valcambi", SWISS, day("2020-03-19")) is None
    assert state_of("Nobody", SWISS, day("2020-04-10")) is None


def test_three_nodes_of_one_country_are_three_signals_that_touch_it():
    found = signals(SWISS, "2020-04-10")
    assert {f"closure/country:CHE#{name}" for name in REFINERS} <= found.keys()
    assert found["closure/country:CHE#PAMP"].touches[0] == "country:CHE"


def test_a_closure_of_two_weeks_from_23_march_is_flagged_on_7_april_and_leaves_a_task():
    signal = signals([MUTOSHI], "2020-04-07")["closure-overrun/node:Mutoshi"]
    assert (signal.state, signal.value, signal.since) == ("raised", 2.0, day("2020-04-05"))
    assert "reason.displacement-task-unknown" in texts(signal)


@pytest.mark.parametrize(
    ("as_of", "state"), [("2020-04-04", "clear"), ("2020-04-05", "clear"), ("2020-04-06", "raised")]
)
def test_a_closure_overruns_the_day_after_its_planned_end(as_of, state):
    assert signals([MUTOSHI], as_of)["closure-overrun/node:Mutoshi"].state == state


def test_a_planned_end_reopens_nothing():
    assert state_of("Mutoshi", [MUTOSHI], day("2020-12-30")).state == "closed"


def test_the_task_names_the_people_where_a_source_counts_them():
    told = [MUTOSHI, fact("node:Mutoshi", "members-dispersed", "5000", "2020-03-30", "count")]
    signal = signals(told, "2020-04-07")["closure-overrun/node:Mutoshi"]
    assert values(signal, "reason.displacement-task") == {"people": 5000}


def test_a_closed_site_of_the_register_is_its_own_subject_and_its_workers_are_looked_for():
    told = [
        visit("m", "2020-01-01", workers=120),
        node("m", "mine", "closed", "2020-03-23", until="2020-04-05", subject="site:m"),
    ]
    signal = signals(told, "2020-04-07")["closure-overrun/site:m"]
    assert values(signal, "reason.displacement-task") == {"people": 120}


def test_a_border_that_overruns_displaces_nobody():
    told = [node("Gatumba", "border", "closed", "2020-03-20", until="2020-04-05")]
    assert not any(
        t.startswith("reason.displacement") for t in texts(signals(told, "2020-05-01")["closure-overrun/node:Gatumba"])
    )


def test_a_reopening_ends_closure_and_overrun():
    found = signals([MUTOSHI, node("Mutoshi", "mine", "open", "2020-04-20")], "2020-05-01")
    assert found["closure/node:Mutoshi"].state == "clear" and "closure-overrun/node:Mutoshi" not in found


def test_a_closure_that_announces_no_end_cannot_overrun_and_says_what_is_missing():
    signal = signals([node("X", "hub", "closed", "2020-03-20")], "2020-05-01")["closure-overrun/node:X"]
    assert (signal.state, signal.missing) == ("cannot-evaluate", ("missing.planned-end",))


def test_a_missed_review_is_raised_though_no_end_was_announced():
    told = [node("X", "hub", "closed", "2020-03-20", review="2020-04-20")]
    assert signals(told, "2020-04-20")["closure-overrun/node:X"].state == "clear"
    late = signals(told, "2020-04-21")
    assert late["closure-overrun/node:X"].state == "raised"
    assert "reason.review-overdue" in texts(late["closure/node:X"])


def test_an_extension_moves_the_end():
    told = [MUTOSHI, node("Mutoshi", "mine", "closed", "2020-04-04", until="2020-06-30")]
    found = signals(told, "2020-05-01")
    assert found["closure-overrun/node:Mutoshi"].state == "clear"
    assert found["closure/node:Mutoshi"].since == day("2020-03-23")


def test_two_sources_that_disagree_on_one_day_are_both_named_and_the_closed_one_stands():
    told = [
        node("X", "route", "open", "2020-04-01", source="a"),
        node("X", "route", "closed", "2020-04-01", source="b"),
    ]
    state = state_of("X", told, day("2020-04-02"))
    assert (state.state, state.disputed, len(state.said)) == ("closed", True, 2)
    signal = signals(told, "2020-04-02")["closure/node:X"]
    assert "reason.node-disputed" in texts(signal) and len({r.statement for r in signal.because}) == 2


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.sampled_from(["open", "closed", "restricted"])), min_size=1, max_size=8),
    st.integers(1, 60),
    st.randoms(),
)
def test_the_state_on_a_day_is_that_of_the_last_word_before_it_in_any_order(words, on_day, random):
    told = [node("X", "hub", state, f"2020-{1 + (d - 1) // 28:02d}-{1 + (d - 1) % 28:02d}") for d, state in words]
    as_of = day(f"2020-{1 + (on_day - 1) // 28:02d}-{1 + (on_day - 1) % 28:02d}")
    random.shuffle(told)
    state = state_of("X", told, as_of)
    earlier = [(d, s) for d, s in words if d <= on_day]
    if not earlier:
        assert state is None
    else:
        last = max(d for d, _ in earlier)
        said = {s for d, s in earlier if d == last}
        assert state.state == max(said, key=["open", "restricted", "closed"].index)
        assert state.since <= as_of


# -- capacity at risk. The four producers' parts are ours; their sum, 39.4% of 334,400 t, is the source's.

TIN = {"MSC": 24300, "Minsur": 19600, "PT Timah": 76400, "EM Vinto": "11453.6"}
TIN_TOLD = [
    *(fact(f"node:{name}", "capacity", str(t), in_year(2019), "tonne", "tin") for name, t in TIN.items()),
    fact("commodity:tin", "capacity", "334400", in_year(2019), "tonne", "tin"),
    *(node(name, "smelter", "closed", "2020-03-25") for name in ("MSC", "Minsur", "EM Vinto")),
    node("PT Timah", "smelter", "restricted", "2020-04-10"),
]


def test_four_tin_producers_down_are_39_4_percent_of_334400_tonnes():
    signal = signals(TIN_TOLD, "2020-04-20")["capacity-at-risk/commodity:tin"]
    assert signal.state == "raised" and signal.value == pytest.approx(39.4)
    assert values(signal, "reason.capacity-closed")["percent"] == pytest.approx(16.6, abs=0.05)


def test_before_the_fourth_was_cut_less_was_at_risk():
    assert signals(TIN_TOLD, "2020-04-01")["capacity-at-risk/commodity:tin"].value == pytest.approx(16.55, abs=0.01)


def test_the_share_as_a_source_states_it_is_raised_too():
    told = [fact("world:all", "capacity-down", "39.4", "2020-04-15", "percent", "tin")]
    assert signals(told, "2020-04-20")["capacity-at-risk/commodity:tin"].value == pytest.approx(39.4)


def test_swiss_refiners_hold_a_third_of_the_worlds_gold():
    told = [
        *SWISS,
        *(fact(f"party:{n.lower()}", "capacity-share", "11.1", in_year(2019), "percent", "gold") for n in REFINERS),
    ]
    assert signals(told, "2020-03-25")["capacity-at-risk/commodity:gold"].value == pytest.approx(33.3)


def test_a_producer_down_whose_size_nobody_knows_leaves_the_share_open():
    told = [
        node("X", "smelter", "closed", "2020-03-25"),
        fact("node:X", "capacity", "100", in_year(2019), "tonne", "tin"),
    ]
    signal = signals(told, "2020-04-20")["capacity-at-risk/commodity:tin"]
    assert (signal.state, signal.missing, signal.value) == ("cannot-evaluate", ("missing.capacity",), None)


def test_producers_that_run_put_nothing_at_risk():
    told = [TIN_TOLD[0], TIN_TOLD[4], node("MSC", "smelter", "open", "2020-03-01")]
    assert "capacity-at-risk/commodity:tin" not in signals(told, "2020-04-20")


# -- buyers


def buyers(measure, value, place="area:Ituri"):
    return fact(place, f"buyers-{measure}", value, "2020-04-22", "count", "gold")


@pytest.mark.parametrize(
    "told", [[buyers("registered", "85"), buyers("active", "6")], [buyers("registered", "85"), buyers("closed", "79")]]
)
def test_six_of_85_buyers_left_are_seven_percent_and_critical(told):
    signal = signals(told, "2020-05-11")["buyer-collapse/area:Ituri#gold"]
    assert (signal.state, signal.level, signal.threshold) == ("raised", "critical", 10)
    assert round(signal.value) == 7


@pytest.mark.parametrize(
    ("active", "state", "level"),
    [
        ("85", "clear", None),
        ("43", "clear", None),
        ("42", "raised", None),
        ("9", "raised", None),
        ("8", "raised", "critical"),
    ],
)
def test_buyers_warn_at_half_and_are_critical_at_a_tenth(active, state, level):
    signal = signals([buyers("registered", "85"), buyers("active", active)], "2020-05-11")[
        "buyer-collapse/area:Ituri#gold"
    ]
    assert (signal.state, signal.level) == (state, level)


@pytest.mark.parametrize(
    "told", [[buyers("active", "6")], [buyers("registered", "85")], [buyers("registered", "0"), buyers("active", "0")]]
)
def test_a_share_of_unknown_or_no_buyers_is_not_zero(told):
    signal = signals(told, "2020-05-11")["buyer-collapse/area:Ituri#gold"]
    assert (signal.state, signal.value, signal.missing) == ("cannot-evaluate", None, ("missing.buyers",))


# -- exports over production

JAN_OCT, JAN_SEP = between(day("2020-01-01"), day("2020-10-31")), between(day("2020-01-01"), day("2020-09-30"))


def flow(measure, value, span=JAN_SEP, unit="kilogram", place="area:South Kivu"):
    return fact(place, measure, value, span, unit, "gold")


KIVU = "export-over-production/area:South Kivu#gold"


def test_south_kivu_exported_4_28_times_what_it_recorded_and_the_periods_differ():
    signal = signals([flow("exports", "30.6", JAN_OCT), flow("production", "7.1557")], "2020-12-31")[KIVU]
    assert signal.state == "raised" and round(signal.value, 2) == 4.28
    assert values(signal, "reason.periods-differ") == {"daily": 3.84, "ratio": 4.28}


def test_three_provinces_exported_73_of_60_kilograms():
    told = [flow("exports", "73", in_year(2019)), flow("production", "60", in_year(2019))]
    signal = signals(told, "2020-12-31")[KIVU]
    assert signal.state == "raised" and round(signal.value, 2) == 1.22
    assert "reason.periods-differ" not in texts(signal)


def test_exports_of_all_that_was_produced_are_clear():
    assert signals([flow("exports", "60"), flow("production", "60")], "2020-12-31")[KIVU].state == "clear"


def test_grams_and_tonnes_are_the_same_flow():
    told = [flow("exports", "30600", JAN_SEP, "gram"), flow("production", "0.0071557", JAN_SEP, "tonne")]
    assert round(signals(told, "2020-12-31")[KIVU].value, 2) == 4.28


def test_exports_without_a_kilogram_produced_are_raised_without_a_ratio():
    signal = signals([flow("exports", "3"), flow("production", "0")], "2020-12-31")[KIVU]
    assert (signal.state, signal.value) == ("raised", None) and "reason.nothing-produced" in texts(signal)


@pytest.mark.parametrize(("measure", "missing"), [("exports", "missing.production"), ("production", "missing.export")])
def test_one_figure_alone_cannot_be_evaluated(measure, missing):
    assert signals([flow(measure, "3")], "2020-12-31")[KIVU].missing == (missing,)


def test_an_unknown_production_is_not_zero():
    assert signals([flow("exports", "3"), flow("production", None)], "2020-12-31")[KIVU].state == "cannot-evaluate"


def test_a_ratio_above_one_only_by_its_longer_period_is_left_open():
    signal = signals([flow("exports", "10.5", JAN_OCT), flow("production", "10")], "2020-12-31")[KIVU]
    assert (signal.state, signal.missing) == ("cannot-evaluate", ("missing.same-period",))


def test_of_several_production_figures_the_one_of_the_same_period_is_taken():
    told = [
        flow("exports", "10", in_year(2019)),
        flow("production", "5", in_year(2019)),
        flow("production", "100", JAN_SEP),
    ]
    assert signals(told, "2020-12-31")[KIVU].value == pytest.approx(2)


def test_figures_of_different_years_are_never_divided():
    told = [flow("exports", "10", JAN_OCT), flow("production", "5", in_year(2019))]
    assert signals(told, "2020-12-31")[KIVU].value is None
