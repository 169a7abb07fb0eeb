"""Every record survives being kept as JSON, to the field and the identity; what is not known is refused."""

from __future__ import annotations

import dataclasses
import json
import types
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from real import real
from winze.engine.records import Origin, Point, Record, Span, Statement, Visit, on
from winze.formats import reading
from winze.formats.told import Untold, dump, kinds, load

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [Decimal("1150.00"), Decimal("1E+3"), Decimal("-0"), Decimal("0.000")]
)
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8),
    int: st.integers(),
    bool: st.booleans(),
    float: st.floats(allow_nan=False) | st.integers(-5, 5) | st.sampled_from([-0.0, 1e22, 5e-324, 29.0]),
    Decimal: DECIMALS,
    date: st.dates(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, worked out from it, so that a new record or field cannot be forgotten."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of(*(st.none() if each is types.NoneType else values(each) for each in inside))
    if origin is tuple and inside[-1] is Ellipsis:
        return st.lists(values(inside[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, inside))
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{f.name: values(hints[f.name]) for f in dataclasses.fields(hint) if f.init})
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    return LEAVES[hint]


NOT_KEPT = frozenset({"said", "_id", "as_told"})
"""`said` is drawn for itself; how a statement was told before it was linked is never kept, nor its worked-out id."""


def statements(record: type[Any]) -> st.SearchStrategy[Statement]:
    hints = get_type_hints(Statement)
    given = {f.name: values(hints[f.name]) for f in dataclasses.fields(Statement) if f.name not in NOT_KEPT}
    return st.builds(Statement, **given | {"said": values(record)})


def exact(value: Any) -> Any:
    """A value with its types and signs, as `==` does not compare them."""
    if dataclasses.is_dataclass(value):
        return type(value), [exact(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name != "_id"]
    return (tuple, [exact(item) for item in value]) if isinstance(value, tuple) else (type(value), repr(value))


def test_all_records_have_a_kind_of_their_own():
    assert len(kinds()) == len(get_args(Record))


@pytest.mark.parametrize("record", get_args(Record), ids=lambda record: record.kind)
def test_a_statement_is_the_same_after_it_was_kept(record):
    @settings(max_examples=60, deadline=None)
    @given(statements(record))
    def same(statement: Statement) -> None:
        kept = dump(statement)
        again = load(json.loads(json.dumps(kept, allow_nan=False)))
        assert exact(again) == exact(statement)
        assert again.id == statement.id and dump(again) == kept
        assert not any(value is None or value == [] for value in kept["said"].values())

    same()


def a_visit(**fields: Any) -> dict[str, Any]:
    visit = Visit("Mine Exemple", "COD", None, None, Point(-2.5, 28), ("gold",), "on-site")
    return dump(Statement("site:1", visit, on(date(2018, 5, 1)), Origin("a.csv", None, 2), "ipis-visits")) | fields


def test_what_is_unknown_is_left_out():
    assert a_visit()["said"] == {
        "name": "Mine Exemple", "country": "COD", "point": {"lat": -2.5, "lon": 28}, "minerals": ["gold"],
        "manner": "on-site", "contradictory": False,
    }  # fmt: skip


def test_a_field_learnt_later_is_unknown_in_what_was_kept_before():
    kept = a_visit()
    del kept["said"]["contradictory"]
    assert load(kept).said.contradictory is False and load(kept).said.visit_id is None


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"kind": "rumour"}, "no kind of record 'rumour'"),
        ({"kind": ["visit"]}, "no kind of record"),
        ({"colour": "red"}, "no field 'colour'"),
        ({"said": {"name": "x", "weather": "dry"}}, "visit has no field 'weather'"),
        ({"said": {"name": "x"}}, "visit lacks the field 'country'"),
        ({"said": "x"}, "an object was kept as str"),
        ({"subject": 7}, "subject: a text was kept as int"),
        ({"data_class": "secret"}, "there is no 'secret'"),
        ({"published_on": "yesterday"}, "'yesterday' is not a day"),
        ({"speaks_of": {"start": "2018-05-01", "end": "2018-05-01", "precision": "hour"}}, "there is no 'hour'"),
        ({"origin": {"input": "a", "row": "2"}}, "row: a whole number was kept as str"),
    ],
)
def test_what_is_not_known_is_refused_by_name(changed, sentence):
    with pytest.raises(Untold, match=sentence.replace("'", ".")):
        load(a_visit(**changed))


def test_a_missing_part_and_a_list_are_refused():
    kept = a_visit()
    del kept["origin"]
    for wrong in (kept, [kept]):
        with pytest.raises(Untold):
            load(wrong)


def test_real_visits_are_the_same_after_they_were_kept():
    said = reading.read(real("mines/ipis_drc_visits_2009_2018.csv")).statements
    kept = json.loads(json.dumps([dump(statement) for statement in said]))
    again = [load(each) for each in kept]
    assert [exact(each) for each in again] == [exact(each) for each in said]
    assert [each.id for each in again] == [each.id for each in said]


def test_spans_keep_their_precision():
    kept = a_visit()
    assert load(kept).speaks_of == Span(date(2018, 5, 1), date(2018, 5, 1), on(date(2018, 5, 1)).precision)
