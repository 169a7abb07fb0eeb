"""Golden: M17 of the requirements. Food, cash and schools, with women and children; a watch, never a finding."""

import pytest
from telling import Book, fact, say, signals, texts, values, visit

from winze.engine.records import PolicyDay

HERE = visit("m", "2020-02-01", women=True, children_under_15=True)
SHUT = fact("area:Djugu", "schools-closed-share", "100", "2020-03-19", "percent")


def watch(told, site=HERE):
    return signals([site, *told], "2020-05-11")["child-labour-watch/site:m"]


def coded(level, wide=True):
    return say("country:COD", PolicyDay("COD", None, (("C1M", level, wide),), 80.0), "2020-05-10")


def test_schools_closed_and_children_known_at_the_site_ask_somebody_to_go_and_look():
    signal = watch([SHUT])
    assert signal.state == "raised" and {"reason.child-watch-task", "reason.children-known"} <= set(texts(signal))
    assert signal.since.isoformat() == "2020-03-19"


def test_a_watch_is_no_risk_and_no_level_of_evidence():
    assert watch([SHUT]).value is None and watch([SHUT]).level is None


@pytest.mark.parametrize(("level", "state"), [(3.0, "raised"), (2.0, "raised"), (1.0, "clear"), (0.0, "clear")])
def test_a_policy_index_is_a_hint_where_nobody_at_the_place_speaks(level, state):
    assert watch([coded(level)]).state == state
    assert watch([fact("site:m", "schools-closed-share", "0", "2020-04-01", "percent"), coded(3.0)]).state == "clear"


def test_an_index_of_a_part_of_the_country_does_not_say_that_schools_are_open_elsewhere():
    assert watch([coded(0.0, wide=False)]).missing == ("missing.schools",)


def test_of_schools_nobody_speaks_of_nothing_is_said():
    signal = watch([])
    assert (signal.state, signal.missing) == ("cannot-evaluate", ("missing.schools",))


def test_a_visit_before_the_schools_closed_cannot_say_that_no_children_came():
    before = visit("m", "2020-02-01", children_under_15=False)
    assert watch([SHUT], before).missing == ("missing.children-asked",)
    after = visit("m", "2020-04-20", children_under_15=False, row=2)
    assert watch([SHUT, after], before).state == "clear"
    assert watch([SHUT], visit("m", "2020-02-01")).missing == ("missing.children-asked",)


def test_households_short_of_food_and_cash_are_told_apart_with_women_and_children():
    told = [HERE, fact("area:Djugu", "households-short-of-food", "47", "2020-04-30", "percent")]
    found = signals(told, "2020-05-11")
    food, cash = (found[f"household-stress/site:m#{what}"] for what in ("food", "cash"))
    assert (food.state, food.value, food.grade) == ("raised", 47, "local")
    assert {"reason.women-known", "reason.children-known"} <= set(texts(food))
    assert (cash.state, cash.value, cash.missing) == ("cannot-evaluate", None, ("missing.households",))
    assert values(food, "reason.households-short")["what"] == "@stress.food"


def test_the_threshold_of_stress_is_the_rules_own_and_old_surveys_say_nothing_of_today():
    told = [HERE, fact("area:Djugu", "households-short-of-cash", "47", "2020-04-30", "percent")]
    calm = signals(told, "2020-05-11", Book({("signal/household-stress", "stress_percent"): 48}))
    assert calm["household-stress/site:m#cash"].state == "clear"
    assert signals(told, "2021-06-11")["household-stress/site:m#cash"].state == "cannot-evaluate"


def test_women_of_whom_nobody_asked_are_unknown():
    assert "reason.women-unknown" in texts(watch([], visit("m", "2020-02-01")))
