"""Golden: crisis.md 3.1 and M1, M2. Burkina Faso, 6 May 2020: FCFA 1,150 a carat, 606.8619 for a dollar, spot $54.71/g,
which the source prints as $1.91 a carat; 94% of spot before, 54-55% at the low, while the world price rose by 20%."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telling import BOOK, Book, fact, price, quote, signals, texts, values, visit

from winze.engine.prices import ratio, walk
from winze.engine.quantities import Unknown

SPOT_A_CARAT = Decimal("54.71") / 24
BURKINA = quote(
    "2020-05-06",
    "1150",
    currency="XOF",
    unit="carat-gold",
    fineness=None,
    fx=Decimal("606.8619"),
    spot=SPOT_A_CARAT,
    sites=11,
)
PRINTED = quote("2020-05-06", "1.91", unit="carat-gold", fineness=None, spot=SPOT_A_CARAT)
GATE = "gate-ratio/country:BFA#gold"


def of(statement, spots=()):
    return ratio(statement, statement.said, spots)


def test_burkina_is_83_1_percent_from_the_rate_and_83_8_from_the_printed_dollars():
    assert of(BURKINA).low == pytest.approx(83.1, abs=0.1)
    assert of(PRINTED).low == pytest.approx(83.8, abs=0.1)


def test_a_carat_of_gold_is_pure_by_definition_so_the_ratio_is_exact():
    assert of(BURKINA).pure and of(BURKINA).high == of(BURKINA).low


def test_the_same_offer_by_gram_and_fineness_gives_the_same_ratio():
    gram = quote(
        "2020-05-06",
        str(1150 * 24 * Decimal("0.9")),
        currency="XOF",
        fineness=Decimal("0.9"),
        fx=Decimal("606.8619"),
        spot=Decimal("54.71"),
    )
    assert of(gram).low == pytest.approx(of(BURKINA).low, abs=1e-9)


def test_an_unknown_fineness_makes_the_ratio_a_lower_bound_and_says_so():
    impure = quote("2020-05-06", "45", fineness=None, spot=Decimal("54.71"))
    assert (of(impure).pure, of(impure).high) == (False, None)
    signal = signals([impure], "2020-05-11")[GATE]
    assert "reason.gate-ratio-at-least" in texts(signal) and "reason.gate-ratio" not in texts(signal)


def test_below_the_floor_with_unknown_fineness_is_an_open_question_and_not_an_alarm():
    signal = signals([quote("2020-05-06", "30", fineness=None, spot=Decimal("54.71"))], "2020-05-11")[GATE]
    assert (signal.state, signal.missing) == ("cannot-evaluate", ("missing.fineness",))


def test_above_the_floor_with_unknown_fineness_is_clear_since_the_pure_gram_fetches_no_less():
    assert (
        signals([quote("2020-05-06", "45", fineness=None, spot=Decimal("54.71"))], "2020-05-11")[GATE].state == "clear"
    )


def test_a_lower_bound_ends_no_alarm_since_it_may_not_be_of_the_same_gold():
    told = [
        quote("2020-01-15", "94", spot=Decimal(100)),
        quote("2020-04-01", "55", spot=Decimal(100)),
        quote("2020-05-01", "75", fineness=None, spot=Decimal(100)),
    ]
    signal = signals(told, "2020-05-11")[GATE]
    assert (signal.state, signal.missing) == ("cannot-evaluate", ("missing.fineness",))
    assert "reason.gate-broke" in texts(signal) and "reason.gate-recovered" not in texts(signal)


def test_quotes_of_unknown_fineness_fall_against_their_like():
    told = [quote(d, a, fineness=None, spot=Decimal(50)) for d, a in (("2020-02-01", "45"), ("2020-04-01", "38"))]
    signal = signals(told, "2020-05-11")[GATE]
    assert signal.state == "raised" and "reason.gate-below-baseline" in texts(signal)


def test_a_pure_baseline_is_not_held_against_a_quote_of_unknown_fineness():
    told = [quote("2020-02-01", "47", spot=Decimal(50)), quote("2020-04-01", "38", fineness=None, spot=Decimal(50))]
    signal = signals(told, "2020-05-11")[GATE]
    assert signal.state == "clear" and "reason.no-baseline" in texts(signal)


GOLD_UP = [price("gold", 2020, 1, "50"), price("gold", 2020, 4, "60")]
FALL = [quote("2020-01-31", "47"), quote("2020-04-30", "33")]


def test_the_ratio_falls_from_94_to_55_and_is_raised_while_the_world_price_rises_by_20_percent():
    found = signals([visit("m", "2019-06-01"), *GOLD_UP, *FALL], "2020-05-11", BOOK)
    gate = found[GATE]
    assert (gate.state, round(gate.value), gate.threshold) == ("raised", 55, 84)
    assert values(gate, "reason.gate-below-baseline") == {"baseline": 94.0, "points": 39.0}
    assert {"reason.gate-below-floor", "reason.gate-broke", "reason.spot-monthly"} <= set(texts(gate))


def test_a_monitor_of_the_world_price_alone_stays_silent_on_that_fall():
    assert (
        signals([visit("m", "2019-06-01"), *GOLD_UP, *FALL], "2020-05-11")["spot-fall/commodity:gold"].state == "clear"
    )


def test_a_fall_of_ten_points_raises_above_the_floor_and_one_of_nine_does_not():
    def state(last):
        return signals(
            [quote("2020-01-01", "94", spot=Decimal(100)), quote("2020-04-01", last, spot=Decimal(100))], "2020-05-11"
        )[GATE].state

    assert (state("84"), state("84.1"), state("69.9")) == ("raised", "clear", "raised")


def test_the_low_and_the_recovery_are_told_with_their_days():
    told = [
        fact("country:BFA", "mine-gate-to-spot", v, d, "percent", "gold")
        for d, v in (("2020-02-15", "94"), ("2020-04-10", "55"), ("2020-04-25", "79"), ("2020-08-01", "92"))
    ]
    low = signals(told, "2020-05-11")[GATE]
    assert (low.state, low.value, str(low.since)) == ("raised", 79.0, "2020-04-10")
    back = signals(told, "2020-09-01")[GATE]
    assert (back.state, str(back.since)) == ("clear", "2020-08-01")
    assert values(back, "reason.gate-broke")["ratio"] == 55.0 and values(back, "reason.gate-recovered")["ratio"] == 92.0


def test_a_shock_does_not_become_the_norm_it_is_measured_by():
    told = [
        fact("country:BFA", "mine-gate-to-spot", v, d, "percent", "gold")
        for d, v in (
            ("2020-02-15", "94"),
            ("2020-04-10", "55"),
            ("2020-04-12", "54"),
            ("2020-04-14", "55"),
            ("2020-04-25", "79"),
        )
    ]
    assert signals(told, "2020-05-11")[GATE].state == "raised"


def test_of_a_range_that_a_source_states_the_low_end_is_read():
    told = [
        fact("country:BFA", f"mine-gate-to-spot-{end}", v, "2020-05-20", "percent", "gold")
        for end, v in (("low", "80"), ("high", "82"))
    ]
    assert signals(told, "2020-06-01")[GATE].value == 80.0


def test_the_baseline_needs_as_many_quotes_as_the_rule_says():
    book = Book({("signal/gate-ratio", "minimum_baseline_quotes"): 3})
    signal = signals(
        [quote("2020-01-01", "94", spot=Decimal(100)), quote("2020-04-01", "80", spot=Decimal(100))], "2020-05-11", book
    )[GATE]
    assert signal.state == "clear" and values(signal, "reason.no-baseline") == {"have": 1}


def test_without_a_spot_of_its_own_a_quote_uses_the_newest_world_price_before_it_and_says_that_it_is_monthly():
    spots = [price("gold", 2020, m, a) for m, a in ((3, "50"), (4, "60"), (5, "70"))]
    found = of(quote("2020-05-06", "48"), spots)
    assert found.low == pytest.approx(80) and found.spot is spots[1]


def test_an_ounce_price_serves_a_quote_by_the_gram():
    found = of(quote("2020-05-06", "40"), [price("gold", 2020, 4, "1555.17384", "troy-ounce")])
    assert found.low == pytest.approx(80)


def test_cassiterite_is_held_against_tin_by_the_tin_in_it():
    told = [
        visit("m", "2019-06-01", minerals=("cassiterite",)),
        price("tin", 2020, 4, "15000", "tonne"),
        quote("2020-05-01", "6", "site:m", mineral="cassiterite", unit="kilogram", fineness=Decimal("0.6")),
    ]
    assert signals(told, "2020-05-11")["gate-ratio/site:m#cassiterite"].value == pytest.approx(66.667, abs=0.01)


@pytest.mark.parametrize(
    ("bad", "missing"),
    [
        ({"currency": "XOF", "fx": None, "spot": Decimal(50)}, "missing.fx"),
        ({"currency": "XOF", "fx": Decimal(0), "spot": Decimal(50)}, "missing.fx"),
        ({"spot": None}, "missing.spot"),
        ({"unit": "sack", "spot": Decimal(50)}, "missing.unit"),
        ({"fineness": Decimal(92), "spot": Decimal(50)}, "missing.unit"),
        ({"spot": Decimal(0)}, "missing.spot"),
    ],
)
def test_what_a_quote_lacks_is_named_and_nothing_is_guessed(bad, missing):
    statement = quote("2020-05-06", "45", **bad)
    with pytest.raises(Unknown, match=missing):
        of(statement)
    signal = signals([statement], "2020-05-11")[GATE]
    assert (signal.state, signal.missing, signal.value) == ("cannot-evaluate", (missing,), None)


def test_a_world_price_of_last_year_is_no_spot_for_a_quote_of_today():
    assert signals([price("gold", 2019, 6, "50"), quote("2020-05-06", "45")], "2020-05-11")[GATE].missing == (
        "missing.spot",
    )


def test_where_nobody_quotes_the_mineral_of_a_site_the_ratio_cannot_be_evaluated():
    found = signals([visit("m", "2019-06-01", minerals=("gold", "coltan"))], "2020-05-11")
    for mineral in ("gold", "coltan"):
        signal = found[f"gate-ratio/country:COD#{mineral}"]
        assert (signal.state, signal.missing) == ("cannot-evaluate", ("missing.quote",))


def test_a_quote_for_the_territory_answers_for_its_sites_and_reaches_them():
    told = [visit("m", "2019-06-01"), quote("2020-05-06", "45", "area:Djugu", spot=Decimal(50))]
    found = signals(told, "2020-05-11")
    assert "gate-ratio/country:COD#gold" not in found
    (gate,) = (s for s in found.values() if s.kind == "gate-ratio")
    assert "site:m" in gate.touches and gate.touches[0] == "area:COD/djugu"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(20, 110), min_size=1, max_size=12))
def test_every_point_ten_below_its_baseline_or_below_the_floor_is_raised_and_no_other(shares):
    told = [of(quote(f"2020-01-{i + 1:02d}", str(round(v, 3)), spot=Decimal(100))) for i, v in enumerate(shares)]
    for point in walk(told, 10, 70, 1):
        below = point.baseline is not None and point.baseline - point.ratio.low >= 10 - 1e-6
        assert point.raised == (below or point.ratio.low < 70)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.2, 1), st.floats(10, 200), st.floats(1, 1000))
def test_the_ratio_does_not_depend_on_the_currency_it_was_quoted_in(fineness, amount, fx):
    pure = Decimal(str(round(fineness, 3)))
    spot = Decimal(60)
    dollars = of(quote("2020-05-06", str(round(amount, 2)), fineness=pure, spot=spot))
    rate = Decimal(str(round(fx, 3)))
    other = of(
        quote(
            "2020-05-06", str(Decimal(str(round(amount, 2))) * rate), currency="XXX", fx=rate, fineness=pure, spot=spot
        )
    )
    assert other.low == pytest.approx(dollars.low)


# -- world prices


def gold(*monthly: tuple[int, int, str]):
    return [visit("m", "2019-06-01"), *(price("gold", y, m, a) for y, m, a in monthly)]


def test_a_rise_and_a_fall_are_two_signals():
    found = signals(gold((2020, 1, "100"), (2020, 3, "150"), (2020, 4, "130")), "2020-05-11")
    assert (found["spot-rise/commodity:gold"].state, found["spot-fall/commodity:gold"].state) == ("raised", "raised")
    assert found["spot-rise/commodity:gold"].value == pytest.approx(30)
    assert found["spot-fall/commodity:gold"].value == pytest.approx(-13.333, abs=0.001)


def test_a_move_is_measured_from_the_month_so_many_months_before():
    signal = signals(gold((2020, 1, "100"), (2020, 2, "1"), (2020, 4, "110")), "2020-05-11")["spot-rise/commodity:gold"]
    assert values(signal, "reason.spot-moved")["percent"] == 10.0 and signal.state == "clear"


def test_a_month_of_the_case_is_not_known_before_it_ends():
    told = gold((2020, 3, "100"), (2020, 4, "100"), (2020, 5, "200"))
    assert signals(told, "2020-05-30")["spot-rise/commodity:gold"].state == "clear"
    assert signals(told, "2020-05-31")["spot-rise/commodity:gold"].state == "raised"


@pytest.mark.parametrize("mineral", ["coltan", "wolframite"])
def test_a_metal_without_a_world_series_cannot_be_evaluated(mineral):
    found = signals([visit("m", "2019-06-01", minerals=(mineral,)), *GOLD_UP], "2020-05-11")
    metal = {"coltan": "tantalum", "wolframite": "tungsten"}[mineral]
    for kind in ("spot-rise", "spot-fall"):
        assert found[f"{kind}/commodity:{metal}"].missing == ("missing.spot",)


def test_cassiterite_is_followed_as_tin():
    told = [
        visit("m", "2019-06-01", minerals=("cassiterite",)),
        *(price("tin", 2020, m, a, "tonne") for m, a in ((1, "17000"), (3, "15000"), (4, "13000"))),
    ]
    assert signals(told, "2020-05-11")["spot-fall/commodity:tin"].state == "raised"


def test_a_price_that_stopped_long_ago_moves_nothing():
    assert (
        signals(gold((2019, 1, "10"), (2019, 4, "90")), "2020-05-11")["spot-rise/commodity:gold"].state
        == "cannot-evaluate"
    )


def test_of_two_publishers_the_series_that_reaches_further_speaks_and_they_are_not_mixed():
    told = [
        visit("m", "2019-06-01"),
        price("gold", 2020, 3, "100", series="A"),
        price("gold", 2020, 4, "101", series="A"),
        price("gold", 2020, 3, "10", series="B"),
    ]
    assert signals(told, "2020-05-11")["spot-rise/commodity:gold"].value == pytest.approx(1)
