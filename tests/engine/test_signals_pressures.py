"""Golden: M13 and M14 of crisis.md. Two pressures, never netted."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telling import BOOK, Book, actor, fact, node, price, quote, signals, texts, values, visit

from winze.engine.pressures import desperation, rapacity

SITE = visit("m", "2020-02-01", armed_presence=False)
STEADY = [quote("2020-01-15", "40", "site:m", spot=Decimal(50)), quote("2020-04-15", "40", "site:m", spot=Decimal(50))]
HALVED = [STEADY[0], quote("2020-04-15", "20", "site:m", spot=Decimal(50))]
FLAT = [price("gold", 2019, 4, "50"), price("gold", 2020, 4, "50")]
UP = [price("gold", 2019, 4, "50"), price("gold", 2020, 4, "75")]


def pressed(told, book=BOOK):
    found = signals([SITE, *told], "2020-05-11", book)
    return found["pressure-rapacity/site:m"], found["pressure-desperation/site:m"]


def states(told, book=BOOK):
    return tuple(signal.state for signal in pressed(told, book))


def test_a_world_price_up_by_half_raises_only_rapacity():
    assert states([*FLAT, *STEADY]) == ("clear", "clear")
    assert states([*UP, *STEADY]) == ("raised", "clear")


def test_an_income_down_by_half_raises_only_desperation():
    assert states([*FLAT, *HALVED]) == ("clear", "raised")
    assert pressed([*FLAT, *HALVED])[1].value == pytest.approx(50)


def test_both_at_once_are_both_raised_and_neither_lowers_the_other():
    both, alone_up, alone_down = pressed([*UP, *HALVED]), pressed([*UP, *STEADY]), pressed([*FLAT, *HALVED])
    assert (both[0].value, both[1].value) == (alone_up[0].value, alone_down[1].value)


rates = st.floats(-90, 300)


@settings(max_examples=60, deadline=None)
@given(rates, rates | st.none(), rates | st.none(), st.booleans())
def test_no_fall_or_gain_ever_lowers_the_other_index(rise, income, food, stopped):
    index = desperation(income, food, stopped)
    assert rapacity(rise, True, None, 0.5, 3) == max(0, rise)
    if index is not None:
        assert index >= 0 and index >= max(0, -(income or 0)) * (not stopped)
        assert index == desperation(min(income, 0) if income is not None else None, food, stopped)


def test_the_multiplier_beside_an_industrial_mine_is_a_figure_and_can_be_turned_off():
    assert rapacity(50, True, True, 0.5, 3) == 150 and rapacity(50, True, True, 0.5, 1) == 50
    assert rapacity(50, True, None, 0.5, 3) == rapacity(50, True, False, 0.5, 3) == 50


def test_the_multiplier_changes_the_order_of_two_sites():
    beside, apart = (rapacity(r, True, lsm, 0.5, 3) for r, lsm in ((20, True), (40, False)))
    assert beside > apart and rapacity(20, True, True, 0.5, 1) < rapacity(40, True, False, 0.5, 1)


def test_where_nobody_armed_was_seen_a_rise_weighs_less_and_where_nobody_knows_it_weighs_full():
    unseen = visit("u", "2010-01-01", armed_presence=False)
    armed = visit("a", "2020-02-01", actors=(actor("non-state"),), armed_presence=True)
    found = signals([SITE, unseen, armed, *UP], "2020-05-11")
    assert [round(found[f"pressure-rapacity/site:{s}"].value) for s in ("m", "u", "a")] == [25, 50, 50]
    assert "reason.armed-unknown" in texts(found["pressure-rapacity/site:u"])


def test_each_pressure_carries_its_grade_of_evidence():
    rapacious, desperate = pressed([*UP, *HALVED])
    assert values(rapacious, "reason.evidence-grade") == {"grade": "@grade.world"}
    assert values(desperate, "reason.evidence-grade") == {"grade": "@grade.local"}
    national = [fact("country:COD", "local-price-change", "-30", "2020-04-30", "percent", "gold")]
    assert values(pressed(national)[1], "reason.evidence-grade") == {"grade": "@grade.country"}


def test_what_is_quoted_at_the_site_outranks_what_is_said_of_the_country():
    told = [*STEADY, fact("country:COD", "local-price-change", "-30", "2020-04-30", "percent", "gold")]
    assert states([*FLAT, *told]) == ("clear", "clear")


def test_dearer_food_adds_to_desperation_and_cheaper_food_does_not_lighten_it():
    def food(change):
        return pressed([*HALVED, fact("area:Djugu", "food-price-change", change, "2020-04-30", "percent")])[1].value

    assert (food("30"), food("-30")) == (pytest.approx(80), pytest.approx(50))


def test_the_world_food_index_stands_in_where_no_local_price_is_known():
    told = [*STEADY, price("food-index", 2019, 4, "100", "index"), price("food-index", 2020, 4, "130", "index")]
    assert pressed(told)[1].value == pytest.approx(30)


def test_a_site_that_is_shut_lost_its_living_and_the_price_is_told_apart():
    signal = pressed([*STEADY, node("m", "mine", "closed", "2020-03-23", subject="site:m")])[1]
    assert signal.state == "raised" and {"reason.living-stopped", "reason.income-moved"} <= set(texts(signal))


def test_an_income_needs_no_world_price_and_never_sets_gold_as_sold_against_pure_gold():
    told = [quote("2020-01-15", "40", "site:m"), quote("2020-04-15", "20", "site:m")]
    assert pressed(told)[1].value == pytest.approx(50)
    assert pressed([told[0], quote("2020-04-15", "20", "site:m", fineness=None)])[1].value is None


def test_what_a_restriction_leaves_of_a_living_is_not_guessed():
    signal = pressed([*STEADY, node("m", "mine", "restricted", "2020-03-23", subject="site:m")])[1]
    assert (signal.state, signal.value) == ("clear", 0)


def test_an_unknown_income_is_not_a_steady_one():
    rapacious, desperate = pressed([])
    assert (desperate.state, desperate.missing, desperate.value) == ("cannot-evaluate", ("missing.quote",), None)
    assert (rapacious.state, rapacious.missing) == ("cannot-evaluate", ("missing.spot",))
    little = [fact("area:Djugu", "food-price-change", "5", "2020-04-30", "percent")]
    assert pressed(little)[1].state == "cannot-evaluate"


def test_figures_of_last_year_are_no_pressure_of_today():
    assert (
        pressed([fact("country:COD", "local-price-change", "-30", "2019-04-30", "percent", "gold")])[1].state
        == "cannot-evaluate"
    )


def test_the_limits_are_the_rules_own():
    book = Book({("pressure/desperation", "raised_at_percent"): 60})
    assert states([*FLAT, *HALVED], book) == ("clear", "clear")


def test_rapacity_is_clear_only_where_the_price_of_every_mineral_is_known():
    both = visit("m", "2020-02-01", armed_presence=False, minerals=("gold", "coltan"))
    found = signals([both, *FLAT, *STEADY], "2020-05-11")["pressure-rapacity/site:m"]
    assert (found.state, found.missing) == ("cannot-evaluate", ("missing.spot",))


def test_a_rise_that_an_industrial_mine_nearby_would_make_grave_is_not_clear_while_nobody_knows_of_one():
    some = [price("gold", 2019, 4, "50"), price("gold", 2020, 4, "58")]
    found = pressed([*some, *STEADY])[0]
    assert (found.state, found.missing) == ("cannot-evaluate", ("missing.industrial-mine",))
