from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winze.engine.quantities import GRAMS, Mass, Mixed, Money, Unknown, grams_in, mass, per_pure_gram, traded_as

DAY = date(2020, 5, 6)
amounts = st.decimals("0.0001", "1000000", allow_nan=False, allow_infinity=False, places=4)


def test_a_troy_ounce_is_exactly_31_1034768_grams():
    assert grams_in("troy-ounce") == Decimal("31.1034768")


def test_twenty_four_gold_carats_are_one_gram_of_pure_gold():
    assert round(24 * grams_in("carat-gold"), 20) == 1
    assert round(per_pure_gram(Decimal("2.28"), "carat-gold", None), 4) == Decimal("54.72")


def test_a_carat_of_gold_counts_metal_so_a_fineness_beside_it_is_not_applied_twice():
    assert per_pure_gram(Decimal(2), "carat-gold", Decimal("0.9")) == per_pure_gram(Decimal(2), "carat-gold", None)


@pytest.mark.parametrize("unit", ["carat", "ounce", "", "index", "sack"])
def test_a_unit_that_is_no_mass_is_refused_and_never_taken_as_one(unit):
    with pytest.raises(Unknown):
        grams_in(unit)
    with pytest.raises(Unknown):
        mass(Decimal(1), unit, "ore")


def test_two_currencies_do_not_add_without_a_rate():
    with pytest.raises(Mixed):
        Money(Decimal(1), "USD", DAY) + Money(Decimal(1), "XOF", DAY)


@pytest.mark.parametrize("fx", [None, Decimal(0), Decimal(-5), Decimal("NaN"), Decimal("Infinity")])
def test_dollars_without_a_rate_above_zero_are_unknown(fx):
    with pytest.raises(Unknown):
        Money(Decimal(1150), "XOF", DAY).dollars(fx)


def test_dollars_need_no_rate_and_francs_use_theirs():
    assert Money(Decimal("1.91"), "USD", DAY).dollars(None) == Decimal("1.91")
    assert round(Money(Decimal(1150), "XOF", DAY).dollars(Decimal("606.8619")), 4) == Decimal("1.8950")


def test_money_keeps_the_later_day_and_adds_exactly():
    total = Money(Decimal("0.1"), "USD", DAY) + Money(Decimal("0.2"), "USD", date(2020, 6, 1))
    assert total == Money(Decimal("0.3"), "USD", date(2020, 6, 1))


def test_ore_and_contained_metal_do_not_add_or_compare():
    ore, metal = mass(Decimal(1), "tonne", "ore"), mass(Decimal(1), "tonne", "contained-metal")
    with pytest.raises(Mixed):
        ore + metal
    with pytest.raises(Mixed):
        ore.over(metal)


def test_an_unknown_grade_is_refused_and_never_taken_as_pure():
    concentrate = mass(Decimal(1000), "kilogram", "concentrate")
    assert concentrate.contained(Decimal("0.65")) == Mass(Decimal("650.00"), "contained-metal")
    for grade in (None, Decimal("1.2"), Decimal("-0.1")):
        with pytest.raises(Unknown):
            concentrate.contained(grade)


def test_a_share_of_nothing_is_unknown():
    with pytest.raises(Unknown):
        Mass(Decimal(3), "ore").over(Mass(Decimal(0), "ore"))


@pytest.mark.parametrize("fineness", [Decimal(0), Decimal("-0.5"), Decimal("1.01"), Decimal(92)])
def test_a_fineness_that_is_no_share_of_metal_is_refused(fineness):
    with pytest.raises(Unknown):
        per_pure_gram(Decimal(50), "gram", fineness)


@settings(max_examples=60, deadline=None)
@given(amounts, st.decimals("0.01", "1", places=3), st.sampled_from(sorted(GRAMS)))
def test_what_a_pure_gram_fetches_is_never_below_the_price_as_sold(dollars, fineness, unit):
    assert per_pure_gram(dollars, unit, fineness) >= per_pure_gram(dollars, unit, None)


@settings(max_examples=60, deadline=None)
@given(amounts, st.sampled_from(sorted(GRAMS)), st.sampled_from(sorted(GRAMS)))
def test_a_mass_is_the_same_in_every_unit(amount, one, other):
    grams = amount * grams_in(one)
    again = mass(grams / grams_in(other), other, "ore").kilograms
    assert abs(again - mass(amount, one, "ore").kilograms) <= abs(again) * Decimal("1e-20")


def test_ores_are_priced_as_their_metal_and_the_rest_as_itself():
    assert [traded_as(m) for m in ("cassiterite", "wolframite", "coltan", "gold", "diamond")] == [
        "tin",
        "tungsten",
        "tantalum",
        "gold",
        "diamond",
    ]
