from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from making import stated, visit
from winze.engine.records import Origin, Precision, Price, between, in_month, in_order, in_year, on

DAYS = st.dates(date(1990, 1, 1), date(2030, 12, 31))


def test_a_day_known_only_by_its_year_is_known_on_31_december():
    assert in_year(2009).known_on == date(2009, 12, 31)
    assert not visit(when=in_year(2018)).known(date(2018, 12, 30))
    assert visit(when=in_year(2018)).known(date(2018, 12, 31))


def test_a_month_is_known_on_its_last_day_also_in_a_leap_year():
    assert in_month(2020, 2).known_on == date(2020, 2, 29)
    assert in_month(2020, 5).known_on > date(2020, 5, 11)


def test_an_interval_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="before it starts"):
        between(date(2020, 2, 1), date(2020, 1, 1))


def test_an_interval_of_one_day_is_a_day():
    assert between(date(2020, 2, 1), date(2020, 2, 1)).precision is Precision.DAY


def test_what_was_published_later_is_not_known_before():
    told = replace(visit(when=date(2018, 6, 1)), published_on=date(2019, 6, 1))
    assert not told.known(date(2019, 5, 31))
    assert told.known(date(2019, 6, 1))


def test_a_register_also_asks_when_it_was_received_and_a_folder_does_not():
    told = replace(visit(when=date(2018, 6, 1)), received_on=date(2020, 1, 5))
    assert told.known(date(2020, 1, 1))
    assert not told.known(date(2020, 1, 1), known_by=date(2020, 1, 4))
    assert told.known(date(2020, 1, 1), known_by=date(2020, 1, 5))


def test_identity_does_not_depend_on_where_it_was_read():
    here, there = visit(row=5), replace(visit(row=5), origin=Origin("other.xlsx", "Sheet1", 99))
    assert here.id == there.id


@pytest.mark.parametrize(
    "other",
    [
        replace(visit(), subject="site:ipis/m2"),
        replace(visit(), speaks_of=on(date(2018, 6, 2))),
        replace(visit(), source="ipis-visits"),
        replace(visit(), published_on=date(2019, 1, 1)),
        replace(visit(), said=replace(visit().said, workers=0)),
    ],
)
def test_identity_changes_with_what_is_said_of_what_when_and_by_whom(other):
    assert other.id != visit().id


def test_a_known_zero_is_not_the_same_statement_as_an_unknown():
    unknown, zero = visit(workers=None), visit(workers=0)
    assert unknown.id != zero.id


def test_a_field_a_record_learns_later_does_not_change_old_identities_while_unknown():
    assert visit(mercury=None).id == visit().id


def test_amounts_that_are_equal_are_one_statement_however_they_are_printed():
    first = Price("tin", Decimal("15000"), "USD", "tonne", "x")
    second = Price("tin", Decimal("15000.00"), "USD", "tonne", "x")
    assert stated("commodity:tin", first, in_month(2020, 4)).id == stated("commodity:tin", second, in_month(2020, 4)).id


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), DAYS, st.integers(2, 9)), max_size=12), st.randoms())
def test_statements_are_put_in_one_order_however_they_come(rows, chance):
    told = [visit(site, day, row=row) for site, day, row in rows]
    shuffled = told.copy()
    chance.shuffle(shuffled)
    ordered = in_order(told)
    assert [(s.id, s.origin) for s in ordered] == [(s.id, s.origin) for s in in_order(shuffled)]
    assert len({s.id for s in ordered}) == len(ordered)
    assert {s.id for s in ordered} == {s.id for s in told}


@settings(max_examples=60, deadline=None)
@given(DAYS, DAYS, st.integers(0, 400))
def test_a_statement_once_known_stays_known(day, as_of, later):
    told = visit(when=day)
    assert not told.known(as_of) or told.known(as_of + timedelta(days=later))
