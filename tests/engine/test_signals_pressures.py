"""Golden: M13 and M14 of the requirements. Two pressures as bands, never netted; what is unknown widens them."""

import math
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telling import BOOK, Book, actor, fact, node, price, quote, signals, texts, values, visit

from winze.engine.bands import Limits, hull, times
from winze.engine.pressures import Weights, desperation, rapacity
from winze.engine.records import Point
from winze.engine.texts import catalogue

SITE = visit("m", "2020-02-01", armed_presence=False, workers=50)
STEADY = [quote("2020-01-15", "40", "site:m", spot=Decimal(50)), quote("2020-04-15", "40", "site:m", spot=Decimal(50))]
HALVED = [STEADY[0], quote("2020-04-15", "20", "site:m", spot=Decimal(50))]
FLAT = [price("gold", 2019, 4, "50"), price("gold", 2020, 4, "50")]
UP = [price("gold", 2019, 4, "50"), price("gold", 2020, 4, "75")]
FAR = fact("site:m", "industrial-mine-km", "80", "2020-01-01", "km")
FED = fact("area:Djugu", "food-price-change", "0", "2020-04-30", "percent")
MIXED = fact("area:Djugu", "mining-dependent-share", "0", "2020-01-31", "percent")
REST = [FAR, FED, MIXED]
"""What has to be known beside prices for the two indices to be points: no industrial mine near, food steady, other
livings to be had."""
WEIGHTS = Weights(unarmed=0.5, no_artisanal=0.25, lsm=3, displacement=0.44)


def pressed(told, book=BOOK, site=SITE):
    found = signals([site, *told], "2020-05-11", book)
    return found["pressure-rapacity/site:m"], found["pressure-desperation/site:m"]


def states(told, book=BOOK):
    return tuple(signal.state for signal in pressed(told, book))


# -- M13: each price moves its own pressure only


def test_a_world_price_up_by_half_raises_only_rapacity():
    assert states([*FLAT, *STEADY, *REST]) == ("clear", "clear")
    assert states([*UP, *STEADY, *REST]) == ("raised", "clear")


def test_an_income_down_by_half_raises_only_desperation():
    assert states([*FLAT, *HALVED, *REST]) == ("clear", "raised")
    assert pressed([*FLAT, *HALVED, *REST])[1].value == pytest.approx(50)


def test_both_at_once_are_both_raised_and_neither_lowers_the_other():
    both, up, down = (pressed([*told, *REST]) for told in ([*UP, *HALVED], [*UP, *STEADY], [*FLAT, *HALVED]))
    assert (both[0].interval, both[1].interval) == (up[0].interval, down[1].interval)


@settings(max_examples=40, deadline=None)
@given(st.integers(10, 200), st.integers(10, 200))
def test_no_price_at_the_mine_moves_rapacity_and_no_world_price_moves_desperation(world, gate):
    prices = [price("gold", 2019, 4, "50"), price("gold", 2020, 4, str(world))]
    paid = [STEADY[0], quote("2020-04-15", str(gate), "site:m", spot=Decimal(50))]
    both = pressed([*prices, *paid, *REST])
    assert both[0].interval == pressed([*prices, *STEADY, *REST])[0].interval
    assert both[1].interval == pressed([*FLAT, *paid, *REST])[1].interval


def test_no_signal_holds_the_two_in_one_number():
    found = signals([SITE, *UP, *HALVED, *REST], "2020-05-11")
    assert {s.kind for s in found.values() if s.kind.startswith("pressure-")} == {
        "pressure-rapacity", "pressure-desperation",
    }  # fmt: skip


# -- the indices: order, and what they contain

rises, shares, weights = st.floats(-90, 300), st.floats(0, 100), st.floats(0, 5)
yes = st.booleans()
WEIGHT = st.builds(Weights, st.floats(0, 1), st.floats(0, 1), st.floats(1, 5), st.floats(0, 1))


@given(rises, st.floats(0, 50), shares, yes, yes, yes, WEIGHT)
def test_rapacity_never_falls_with_the_price_the_loss_nearby_or_armed_people(rise, more, lost, armed, asm, lsm, w):
    index = rapacity(rise, lost, armed, asm, lsm, w)
    assert index >= 0
    assert rapacity(rise + more, lost, armed, asm, lsm, w) >= index
    assert rapacity(rise, min(100, lost + more), armed, asm, lsm, w) >= index
    assert rapacity(rise, lost, True, asm, lsm, w) >= index
    assert rapacity(rise, lost, armed, True, lsm, w) >= index
    assert rapacity(rise, lost, armed, asm, True, w) >= index


@given(rises, rises, rises, shares, st.floats(0, 50), weights)
def test_desperation_never_falls_with_any_hardship_and_no_gain_lightens_it(fall, stop, food, few, more, weight):
    index = desperation(fall, stop, food, few, weight)
    assert index >= 0
    assert desperation(max(0, fall), max(0, stop), max(0, food), few, weight) == index
    for harder in ((more, 0, 0), (0, more, 0), (0, 0, more)):
        assert desperation(*(a + b for a, b in zip((fall, stop, food), harder, strict=True)), few, weight) >= index
    assert desperation(fall, stop, food, min(100, few + more), weight) >= index


ends = st.tuples(st.floats(0, 300), st.floats(0, 300)).map(sorted)
part = st.floats(0, 1)


@given(ends, st.tuples(shares, shares).map(sorted), part, part, WEIGHT)
def test_the_interval_of_rapacity_contains_every_completion_of_what_is_unknown(rise, lost, a, b, w):
    whole = hull(lambda *inputs: rapacity(*inputs, w), rise, lost, *[(False, True)] * 3)
    inside = rise[0] + a * (rise[1] - rise[0]), lost[0] + b * (lost[1] - lost[0])
    for answers in product((False, True), repeat=3):
        assert whole.low - 1e-9 <= rapacity(*inside, *answers, w) <= whole.high + 1e-9


@given(ends, ends, ends, st.tuples(shares, shares).map(sorted), st.tuples(part, part, part, part), weights)
def test_the_interval_of_desperation_contains_every_completion_of_what_is_unknown(fall, stop, food, few, at, weight):
    whole = hull(lambda *inputs: desperation(*inputs, weight), fall, stop, food, few)
    inside = [low + p * (high - low) for (low, high), p in zip((fall, stop, food, few), at, strict=True)]
    assert whole.low - 1e-9 <= desperation(*inside, weight) <= whole.high + 1e-9


ANSWERS = {
    "spot": (UP, FLAT),
    "income": (STEADY, HALVED),
    "industrial": ([FAR], [fact("site:m", "industrial-mine-km", "3", "2020-01-01", "km")]),
    "food": ([FED], [fact("area:Djugu", "food-price-change", "40", "2020-04-30", "percent")]),
    "others": ([MIXED], [fact("area:Djugu", "mining-dependent-share", "90", "2020-01-31", "percent")]),
}


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(sorted(ANSWERS))), st.data())
def test_whatever_an_unknown_turns_out_to_be_lies_in_the_interval_told_before(unknown, data):
    told = {name: data.draw(st.sampled_from(ANSWERS[name])) for name in sorted(ANSWERS)}
    known = [s for name, said in told.items() if name not in unknown for s in said]
    before, after = pressed(known), pressed([s for said in told.values() for s in said])
    for wide, narrow in zip(before, after, strict=True):
        low, high = wide.interval
        assert low - 1e-9 <= narrow.interval[0]
        assert high is None or (narrow.interval[1] is not None and narrow.interval[1] <= high + 1e-9)
        assert wide.state in (narrow.state, "cannot-evaluate")


def test_what_is_known_whole_is_a_point_in_one_band_and_anything_unknown_is_not():
    for signal in pressed([*UP, *HALVED, *REST]):
        assert signal.value == signal.interval[0] == signal.interval[1] and len(set(signal.bands)) == 1
    for signal in pressed([]):
        assert signal.value is None and signal.bands == ("low", "high") and signal.interval == (0, None)
        assert signal.state == "cannot-evaluate" and signal.missing


def test_a_band_begins_at_its_figure():
    limits = Limits(10, 30)
    assert [limits.band(v) for v in (0, 9.9, 10, 29.9, 30, math.inf)] == [
        "low",
        "low",
        "raised",
        "raised",
        "high",
        "high",
    ]
    assert times(0, math.inf) == times(math.inf, 0) == 0


# -- rapacity


def test_where_nobody_armed_was_seen_a_rise_weighs_less_and_where_nobody_knows_both_weights_stand():
    unseen = visit("u", "2010-01-01", armed_presence=False, workers=50)
    armed = visit("a", "2020-02-01", actors=(actor("non-state"),), armed_presence=True, workers=50)
    far = [fact(f"site:{s}", "industrial-mine-km", "80", "2020-01-01", "km") for s in "ua"]
    found = signals([SITE, unseen, armed, *UP, *REST, *far], "2020-05-11")
    assert [found[f"pressure-rapacity/site:{s}"].interval for s in "mua"] == [(12.5, 12.5), (12.5, 25), (25, 25)]
    assert "reason.armed-unknown" in texts(found["pressure-rapacity/site:u"])


def test_bulky_ore_weighs_more_than_gold_and_a_mineral_nobody_classed_has_both_weights():
    def of(mineral):
        site = visit("m", "2020-02-01", armed_presence=False, workers=50, minerals=(mineral,))
        metal = {"coltan": "tantalum"}.get(mineral, mineral)
        rise = [price(metal, 2019, 4, "50"), price(metal, 2020, 4, "75")]
        return pressed([*rise, *REST], site=site)[0]

    assert (of("coltan").interval, of("gold").interval) == ((25, 25), (12.5, 12.5))
    assert of("jade").interval == (12.5, 25) and "reason.lootability-unknown" in texts(of("jade"))
    assert {"reason.taxed-at-pit"} <= set(texts(of("coltan"))) and "reason.concealable" in texts(of("gold"))


def test_the_multiplier_beside_an_industrial_mine_is_a_figure_and_can_be_turned_off():
    beside = [*UP, FED, MIXED, fact("site:m", "industrial-mine-km", "3", "2020-01-01", "km")]
    off = Book({("pressure/rapacity", "lsm_multiplier"): 1})
    assert pressed(beside)[0].interval == (37.5, 37.5) and pressed(beside, off)[0].interval == (12.5, 12.5)
    assert pressed([*UP, *REST])[0].interval == (12.5, 12.5) and pressed(UP)[0].interval == (12.5, 37.5)
    assert pressed(beside)[0].bands == ("high", "high") and pressed(UP, off)[0].value == 12.5


def test_the_multiplier_changes_the_order_of_two_sites():
    def order(book):
        beside = visit("b", "2020-02-01", armed_presence=False, workers=50, point=Point(5, 30))
        gold = visit("c", "2020-02-01", armed_presence=False, workers=50, minerals=("coltan",))
        told = [beside, gold, *UP, price("tantalum", 2019, 4, "50"), price("tantalum", 2020, 4, "75"),
                fact("site:b", "industrial-mine-km", "3", "2020-01-01", "km"),
                fact("site:c", "industrial-mine-km", "90", "2020-01-01", "km")]  # fmt: skip
        found = signals(told, "2020-05-11", book)
        return max("bc", key=lambda s: found[f"pressure-rapacity/site:{s}"].interval)

    assert order(BOOK) == "b" and order(Book({("pressure/rapacity", "lsm_multiplier"): 1})) == "c"


def test_a_site_said_to_be_an_industrial_mine_is_beside_those_near_it_and_leaves_the_others_open():
    near = visit("n", "2020-02-01", point=Point(1.55, 30.0), minerals=("gold",), workers=9)
    far = visit("f", "2020-02-01", point=Point(3.5, 30.0), minerals=("gold",), workers=9)
    found = signals([SITE, near, far, *UP, fact("site:n", "industrial-mine-km", "0", "2020-01-01", "km")], "2020-05-11")
    assert values(found["pressure-rapacity/site:m"], "reason.industrial-beside")["km"] == pytest.approx(5.6, abs=0.1)
    assert "reason.industrial-unknown" in texts(found["pressure-rapacity/site:f"])


def test_a_mine_known_only_roughly_near_the_limit_is_neither_beside_nor_away():
    rough = visit("n", "2020-02-01", point=Point(1.6, 30.0, 15.0), minerals=("gold",), workers=9)
    told = [rough, *UP, fact("site:n", "industrial-mine-km", "0", "2020-01-01", "km")]
    assert "reason.industrial-unknown" in texts(pressed(told)[0])


def test_where_nobody_can_dig_by_hand_a_rise_weighs_less_and_no_multiplier_stands():
    none = [*UP, FED, fact("site:m", "miners", "0", "2020-01-01", "count")]
    assert pressed(none)[0].interval == (3.125, 3.125)
    unasked = visit("m", "2020-02-01", armed_presence=False)
    assert pressed([*UP, *REST], site=unasked)[0].interval == (3.125, 12.5)
    assert pressed([*UP, *REST], site=unasked)[0].missing == ("missing.artisanal",)


def test_rapacity_is_clear_only_where_the_price_of_every_mineral_is_known():
    both = visit("m", "2020-02-01", armed_presence=False, minerals=("gold", "jade"), workers=50)
    signal = pressed([*FLAT, *STEADY, *REST], site=both)[0]
    assert (signal.state, signal.missing, signal.interval) == ("cannot-evaluate", ("missing.spot",), (0, None))


def test_a_rise_that_an_industrial_mine_nearby_would_make_grave_is_not_clear_while_nobody_knows_of_one():
    some = [price("gold", 2019, 4, "50"), price("gold", 2020, 4, "66")]
    found = pressed([*some, *STEADY])[0]
    assert (found.state, found.missing) == ("cannot-evaluate", ("missing.industrial-mine",))


def test_armed_neighbours_are_shown_and_not_counted_in():
    armed = visit("a", "2020-02-01", actors=(actor("non-state"),), armed_presence=True, point=Point(1.55, 30))
    alone, beside = pressed([*UP, *REST])[0], pressed([armed, *UP, *REST])[0]
    assert values(beside, "reason.armed-neighbours") == {"sites": 1, "of": 1, "within": 20}
    assert alone.interval == beside.interval


# -- from 3T to gold

ORE = visit("o", "2020-02-01", minerals=("coltan",), point=Point(1.55, 30.0))
TANTALUM = [price("tantalum", 2019, 4, "50"), price("tantalum", 2020, 4, "50")]
BUYERS = fact("area:Djugu", "buyers-registered", "80", "2020-04-20", "count", "coltan")


def buying(number):
    return [ORE, *TANTALUM, BUYERS, fact("area:Djugu", "buyers-active", number, "2020-04-20", "count", "coltan")]


def test_when_demand_for_ore_nearby_stops_gold_is_pressed_though_its_own_price_stands_still():
    still, gone = pressed([*FLAT, *REST, *buying("80")])[0], pressed([*FLAT, *REST, *buying("0")])[0]
    assert (still.state, still.interval) == ("clear", (0, 0))
    assert gone.state == "raised" and gone.value == pytest.approx(0.44 * 100 * 0.5)
    assert values(gone, "reason.displaced-by-buyers")["percent"] == 100


def test_displacement_is_a_figure_and_can_be_turned_off():
    off = Book({("pressure/displacement", "displacement_weight"): 0})
    assert pressed([*FLAT, *REST, *buying("0")], off)[0].interval == (0, 0)


def test_displacement_changes_the_order_of_two_sites():
    def order(book):
        apart = visit("p", "2020-02-01", armed_presence=False, workers=50, point=Point(5, 30), territory="Aru")
        far = fact("site:p", "industrial-mine-km", "80", "2020-01-01", "km")
        flat = [apart, far, *UP, *REST, *buying("0")]
        found = signals([SITE, *flat], "2020-05-11", book)
        return [found[f"pressure-rapacity/site:{s}"].value for s in "mp"]

    on, off = order(BOOK), order(Book({("pressure/displacement", "displacement_weight"): 0}))
    assert on[0] > on[1] and off[0] == off[1]


def test_a_fall_of_price_nearby_presses_gold_too_and_is_told_apart_from_buyers_who_left():
    fell = [price("tantalum", 2019, 4, "50"), price("tantalum", 2020, 4, "20")]
    signal = pressed([*FLAT, *REST, ORE, *fell, *buying("80")[-2:]])[0]
    assert signal.value == pytest.approx(0.44 * 60 * 0.5)
    assert values(signal, "reason.displaced-by-price")["percent"] == -60
    assert values(signal, "reason.displaced-by-buyers")["percent"] == 0


def test_closed_sites_of_ore_nearby_press_gold_and_more_may_have_stopped():
    shut = node("o", "mine", "closed", "2020-03-23", subject="site:o")
    signal = pressed([*FLAT, *REST, ORE, *TANTALUM, shut])[0]
    assert signal.value == pytest.approx(22) and "reason.displaced-by-closure" in texts(signal)


def test_where_nobody_says_whether_ore_nearby_is_bought_gold_is_not_clear():
    signal = pressed([*FLAT, *REST, ORE, *TANTALUM])[0]
    assert (signal.state, signal.interval, signal.missing) == ("cannot-evaluate", (0, 22), ("missing.buyers",))


def test_ore_far_away_and_ore_itself_are_not_displaced_to():
    away = visit("o", "2020-02-01", minerals=("coltan",), point=Point(5, 30.0), territory="Aru")
    assert pressed([*FLAT, *REST, away, *TANTALUM])[0].state == "clear"
    ore = visit("m", "2020-02-01", armed_presence=False, workers=50, minerals=("coltan",))
    assert pressed([*REST, *TANTALUM], site=ore)[0].interval == (0, 0)


# -- desperation


def test_each_pressure_carries_its_grade_of_evidence_and_how_firm_the_studies_are():
    for signal, grade in zip(pressed([*UP, *HALVED, *REST]), ("site-and-world", "local"), strict=True):
        assert signal.grade == grade and values(signal, "reason.evidence-grade") == {"grade": f"@grade.{grade}"}
        assert values(signal, "reason.study-standing") == {"standing": "@standing.contested"}
    national = [fact("country:COD", "local-price-change", "-30", "2020-04-30", "percent", "gold")]
    assert pressed(national)[1].grade == "country"
    asked = visit("m", "2020-02-01", workers=50)
    assert [s.grade for s in pressed([], site=asked)] == ["none", "none"]
    assert pressed(UP, site=asked)[0].grade == "world"


def test_what_is_quoted_at_the_site_outranks_what_is_said_of_the_country():
    told = [*STEADY, fact("country:COD", "local-price-change", "-30", "2020-04-30", "percent", "gold")]
    assert states([*FLAT, *told, *REST]) == ("clear", "clear")


def test_dearer_food_adds_to_desperation_and_cheaper_food_does_not_lighten_it():
    def food(change):
        told = fact("area:Djugu", "food-price-change", change, "2020-04-30", "percent")
        return pressed([*HALVED, MIXED, told])[1].value

    assert (food("30"), food("-30")) == (pytest.approx(80), pytest.approx(50))


def test_the_world_food_index_stands_in_where_no_local_price_is_known():
    told = [*STEADY, MIXED, price("food-index", 2019, 4, "100", "index"), price("food-index", 2020, 4, "130", "index")]
    assert pressed(told)[1].value == pytest.approx(30)


def test_food_of_which_nobody_knows_the_price_has_no_upper_end():
    assert pressed([*STEADY, MIXED])[1].interval == (0, None)
    assert pressed([*STEADY, MIXED])[1].missing == ("missing.food-price",)


def test_a_site_that_is_shut_lost_its_living_and_the_price_is_told_apart():
    signal = pressed([*STEADY, FED, MIXED, node("m", "mine", "closed", "2020-03-23", subject="site:m")])[1]
    assert (signal.state, signal.value, signal.grade) == ("raised", 100, "local")
    assert {"reason.living-stopped", "reason.income-moved"} <= set(texts(signal))


def test_buyers_who_leave_are_a_stop_of_demand_and_not_a_fall_of_price():
    left = [fact("area:Djugu", "buyers-registered", "85", "2020-04-22", "count"),
            fact("area:Djugu", "buyers-active", "6", "2020-04-22", "count")]  # fmt: skip
    signal = pressed([*STEADY, FED, MIXED, *left])[1]
    assert signal.value == pytest.approx(100 * 79 / 85) and signal.bands == ("high", "high")
    assert values(signal, "reason.buyers-gone")["percent"] == 92.9
    assert values(signal, "reason.income-moved")["percent"] == 0


def test_a_fall_and_a_stop_are_not_added_up():
    left = [fact("area:Djugu", "buyers-registered", "10", "2020-04-22", "count"),
            fact("area:Djugu", "buyers-closed", "6", "2020-04-22", "count")]  # fmt: skip
    assert pressed([*HALVED, FED, MIXED, *left])[1].value == pytest.approx(60)


def test_where_nobody_knows_whether_anybody_buys_the_living_may_be_gone():
    stated = fact("site:m", "local-price-change", "0", "2020-04-30", "percent", "gold")
    signal = pressed([stated, FED, MIXED])[1]
    assert (signal.interval, signal.missing) == ((0, 100), ("missing.buyers",))


def test_a_second_mineral_of_which_nobody_counts_the_buyers_may_have_lost_them_all():
    both = visit("m", "2020-02-01", armed_presence=False, minerals=("gold", "coltan"), workers=50)
    left = [fact("area:Djugu", "buyers-registered", "10", "2020-04-22", "count", "gold"),
            fact("area:Djugu", "buyers-closed", "6", "2020-04-22", "count", "gold")]  # fmt: skip
    assert pressed([*HALVED, FED, MIXED, *left], site=both)[1].interval == (60, 100)


def test_the_fewer_other_livings_the_heavier_a_loss():
    def share(percent):
        return pressed([*HALVED, FED, fact("site:m", "mining-dependent-share", percent, "2020-01-31", "percent")])[1]

    assert [share(p).value for p in ("0", "50", "100")] == [50, 75, 100]
    off = Book({("pressure/alternatives", "alternatives_weight"): 0})
    assert pressed([*HALVED, FED], off)[1].value == 50 and pressed([*HALVED, FED])[1].interval == (50, 100)


def test_neighbours_that_closed_too_leave_nowhere_to_go():
    others = [visit(name, "2020-02-01", point=Point(1.55, 30.0)) for name in "abcd"]
    shut = [node(name, "mine", "closed", "2020-03-23", subject=f"site:{name}") for name in "abc"]
    signal = pressed([*HALVED, FED, MIXED, *others, *shut])[1]
    assert values(signal, "reason.neighbours-closed") == {"sites": 3, "of": 4, "within": 20}
    assert signal.value == pytest.approx(50 * 1.75)


def test_an_income_needs_no_world_price_and_never_sets_gold_as_sold_against_pure_gold():
    told = [quote("2020-01-15", "40", "site:m"), quote("2020-04-15", "20", "site:m")]
    assert pressed([*told, FED, MIXED])[1].value == pytest.approx(50)
    mixed = [told[0], quote("2020-04-15", "20", "site:m", fineness=None), FED, MIXED]
    assert pressed(mixed)[1].interval == (0, 100)


def test_the_income_of_a_second_mineral_is_not_taken_from_the_first():
    both = visit("m", "2020-02-01", armed_presence=False, minerals=("gold", "coltan"), workers=50)
    assert pressed([*STEADY, FED, MIXED], site=both)[1].interval == (0, 100)


def test_what_a_restriction_leaves_of_a_living_is_not_guessed():
    signal = pressed([*STEADY, FED, MIXED, node("m", "mine", "restricted", "2020-03-23", subject="site:m")])[1]
    assert (signal.state, signal.interval, signal.missing) == ("cannot-evaluate", (0, 100), ("missing.living-left",))


def test_an_unknown_income_is_not_a_steady_one():
    little = [fact("area:Djugu", "food-price-change", "5", "2020-04-30", "percent")]
    signal = pressed(little)[1]
    assert signal.state == "cannot-evaluate" and "missing.quote" in signal.missing
    assert signal.interval[0] == 5


def test_figures_of_last_year_are_no_pressure_of_today():
    old = [fact("country:COD", "local-price-change", "-30", "2019-04-30", "percent", "gold")]
    assert pressed(old)[1].state == "cannot-evaluate"


def test_the_limits_are_the_rules_own():
    book = Book({("pressure/desperation", "raised_at_percent"): 60})
    assert states([*FLAT, *HALVED, *REST], book) == ("clear", "clear")
    assert pressed([*HALVED, *REST], Book({("pressure/desperation", "high_at_percent"): 51}))[1].bands == (
        "raised", "raised",
    )  # fmt: skip


def test_nothing_says_that_a_pressure_was_learnt_or_foretells():
    said = [
        e["en"] for n, e in catalogue().items() if n.startswith(("signal.pressure", "report.pressure", "term.standing"))
    ]
    assert said and not any(word in text for text in said for word in ("learned", "predict", "probab", "likely"))
