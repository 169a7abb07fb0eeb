"""What is the same thing said again is defined once, for every record, and decides what an import does."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from winze.engine.again import APART, OWN, by_key, compare, key_of
from winze.engine.records import Fact, Listing, Origin, PlanAct, Quote, Record, Statement, Visit, on

DAY = on(date(2020, 5, 1))


def visit(workers: int | None, key: str | None = "v1", day: date = date(2020, 5, 1), row: int = 2) -> Statement:
    said = Visit("Mine", "COD", None, None, None, (), "on-site", workers=workers, visit_id=key)
    return Statement("site:1", said, on(day), Origin("a.csv", None, row), "ipis-visits")


def quote(amount: str, mineral: str = "gold") -> Statement:
    said = Quote(mineral, Decimal(amount), "XOF", "gram", None, None, None, None)
    return Statement("area:Fizi", said, DAY, Origin("q.csv"), "user")


def test_every_record_has_a_key_of_fields_it_has():
    assert set(APART) == set(get_args(Record)) and set(OWN) <= set(APART)
    for table in (OWN, APART):
        for record, names in table.items():
            assert set(names) <= {f.name for f in fields(record)}, record


def test_a_source_s_own_key_holds_when_the_day_is_corrected():
    assert key_of(visit(3)) == key_of(visit(4, day=date(2020, 5, 2)))
    assert key_of(visit(3)) != key_of(visit(3, key="v2"))
    assert key_of(visit(3, key=None)) != key_of(visit(3, key=None, day=date(2020, 5, 2)))


def test_other_figures_of_one_subject_and_day_are_other_things():
    fact = Fact("population", Decimal(1), "people", None, None, None)
    one, other = (Statement("area:Fizi", replace(fact, measure=m), DAY, Origin("f"), "user") for m in ("a", "b"))
    assert key_of(one) != key_of(other) and key_of(quote("1")) != key_of(quote("1", "tin"))
    acts = [PlanAct("p", verb, "owner", "Amina") for verb in ("propose", "consult")]
    assert len({key_of(Statement("plan:p", act, DAY, Origin("p"), "user")) for act in acts}) == 2


def test_an_added_name_of_a_listed_party_does_not_replace_the_entry():
    entry = Listing("OFAC", "7", "organisation", "EXAMPLE", (), (), None, None, (), ())
    other = replace(entry, schema="unknown", name="EXEMPLE")
    told = [Statement("listing:OFAC/7", said, DAY, Origin("o.csv"), "ofac-sdn") for said in (entry, other)]
    assert len(compare(told[1:], by_key(told[:1])).new) == 1


def test_the_same_file_twice_changes_nothing():
    told = [visit(3), visit(5, "v2", row=3), quote("10")]
    found = compare([replace(one, origin=Origin("other.csv"), _id=[]) for one in told], by_key(told))
    assert (found.new, found.changed, found.gone) == ((), (), ()) and len(found.same) == 3


def test_new_changed_and_gone_are_told_apart():
    known = [visit(3), visit(5, "v2"), quote("10")]
    found = compare([visit(4), visit(5, "v2"), visit(7, "v3")], by_key(known))
    assert [one.said.visit_id for one in found.new] == ["v3"]
    assert [(c.before.said.workers, c.after.said.workers, c.fields) for c in found.changed] == [(3, 4, ("workers",))]
    assert found.same == (visit(5, "v2"),) or len(found.same) == 1
    assert [one.kind for one in found.gone] == ["quote"]


def test_a_row_that_stands_twice_in_a_file_is_new_once():
    found = compare([visit(3, row=2), visit(3, row=9)], {})
    assert len(found.new) == 1 and len(found.same) == 1


def test_several_under_one_key_replace_each_other_only_where_it_is_clear_which():
    two = [quote("10"), quote("11")]
    clear = compare([quote("10"), quote("12")], by_key(two))
    assert [(str(c.before.said.amount), str(c.after.said.amount)) for c in clear.changed] == [("11", "12")]
    unclear = compare([quote("12")], by_key(two))
    assert len(unclear.new) == 1 and not unclear.changed


def test_an_older_word_said_again_is_a_change_back():
    older, newer = visit(3), visit(4)
    known = by_key([older, newer])
    back = compare([visit(3)], known, superseded={older.id})
    assert [(c.before.id, c.after.id) for c in back.changed] == [(newer.id, older.id)] and not back.new
    again = compare([visit(4)], known, superseded={older.id})
    assert len(again.same) == 1 and not again.changed


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3))), st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)))
)
def test_every_arriving_statement_is_exactly_one_of_the_three(arriving, known):
    def made(pairs):
        return [visit(workers, f"v{key}") for key, workers in pairs]

    found = compare(made(arriving), by_key(made(known)))
    assert len(found.new) + len(found.same) + len(found.changed) == len(arriving)
    have = {one.id for one in made(known)}
    assert not have & {one.id for one in found.new}
    assert len({one.id for one in found.new}) == len(found.new)
