"""Names that may be on a list: for a person to check, never a finding."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telling import day, say, signals, supply, texts, values, visit

from winze.engine.records import UNDATED, Listing
from winze.engine.screening import Lists, token_sort


def listing(name, *aliases, weak=(), list="UN", reference="CDe.001", when="2007-03-29", schema="organisation", **more):
    said = Listing(list, reference, schema, name, aliases, tuple(weak), "DRC", "assets-freeze", ("UGA",), ())
    return say(f"listing:{list}/{reference}", said, when, list, **more)


MACHANGA = listing("Machanga Limited", "Machanga Ltd")
UCI = listing("Uganda Commercial Impex (UCI) Ltd", reference="CDe.009")


def screened(party, *told, **more):
    chain = [supply(party, "Me", mine="buyer")]
    return signals([*chain, *told], "2020-05-11", **more)[f"screening/party:{party.casefold()}"]


def test_the_same_name_is_a_possible_match_and_says_that_it_is_no_finding():
    signal = screened("MACHANGA Limited", MACHANGA, UCI)
    assert (signal.state, signal.value) == ("raised", 100)
    assert {"reason.match-exact", "reason.match-not-a-finding", "reason.list-vintage"} == set(texts(signal))
    assert values(signal, "reason.match-exact")["reference"] == "CDe.001"


@pytest.mark.parametrize("spelt", ["Limited Machanga", "Machanga Limitd", "Machangga Limited"])
def test_words_turned_around_and_slips_of_spelling_are_strong_matches(spelt):
    assert "reason.match-strong" in texts(screened(spelt, MACHANGA)) or "reason.match-exact" in texts(
        screened(spelt, MACHANGA)
    )


@pytest.mark.parametrize("other", ["Kivu Gold Traders", "Machine Tools", "M", "Limited"])
def test_other_names_are_clear_and_name_the_lists_looked_at(other):
    signal = screened(other, MACHANGA, UCI)
    assert signal.state == "clear" and {"reason.no-match", "reason.list-vintage"} == set(texts(signal))


def test_a_weak_alias_counts_only_when_it_is_the_same_and_is_said_to_be_weak():
    weak = listing("Ntaganda", weak=("Terminator",), schema="person")
    assert "reason.match-weak-alias" in texts(screened("Terminator", weak))
    assert screened("Terminators", weak).state == "clear"


def test_several_entries_are_ambiguous():
    twin = listing("Machanga Limited", list="OFAC", reference="9")
    signal = screened("Machanga Limited", MACHANGA, twin)
    assert values(signal, "reason.match-ambiguous") == {"count": 2}


def test_a_companion_file_with_other_names_of_one_entry_is_not_a_second_entry():
    signal = screened("Machanga Ltd", MACHANGA, listing("Machanga Ltd"))
    assert "reason.match-ambiguous" not in texts(signal) and values(signal, "reason.list-vintage")["entries"] == 1


def test_without_a_list_nobody_is_clear():
    signal = screened("Machanga Limited")
    assert (signal.state, signal.missing) == ("cannot-evaluate", ("missing.lists",))


def test_only_parties_are_looked_up_and_never_ourselves():
    told = [visit("Machanga Limited", "2019-01-01"), supply("Other", "Machanga Limited", mine="buyer"), MACHANGA]
    found = {id for id in signals(told, "2020-05-11") if id.startswith("screening/")}
    assert found == {"screening/party:other"}


def test_an_entry_listed_after_the_day_is_not_known():
    assert screened("Machanga Limited", listing("Machanga Limited", when="2020-06-01")).missing == ("missing.lists",)


def test_the_age_of_each_list_and_its_undated_entries_are_said():
    told = [
        MACHANGA,
        replace(listing("A", reference="1"), speaks_of=UNDATED),
        replace(listing("B", list="OFAC", reference="2"), speaks_of=UNDATED),
    ]
    signal = screened("Kivu Gold", *told)
    assert values(signal, "reason.list-vintage") == {"list": "UN", "entries": 2, "day": day("2007-03-29")}
    assert values(signal, "reason.entries-undated") == {"list": "UN", "entries": 1}
    assert values(signal, "reason.list-undated") == {"list": "OFAC", "entries": 1}


def test_another_measure_of_likeness_can_be_given():
    assert screened("Machxxxx Limited", MACHANGA, similarity=lambda a, b: 0.95).state == "raised"
    assert screened("Machanga Limitd", MACHANGA, similarity=lambda a, b: 0.1).state == "clear"


names = st.text(alphabet="abcdeé ÀB-", min_size=1, max_size=20).filter(lambda n: any(c.isalnum() for c in n))


@settings(max_examples=60, deadline=None)
@given(names, st.lists(names, max_size=6))
def test_a_name_on_a_list_is_always_found_among_any_others(name, others):
    listed = [listing(n, reference=str(i)) for i, n in enumerate([name, *others])]
    assert any(m.grade == "exact" and m.listing is listed[0] for m in Lists(listed).matches(name, 0.9, token_sort))


@settings(max_examples=60, deadline=None)
@given(names, names)
def test_likeness_does_not_depend_on_case_order_of_words_or_direction(one, other):
    assert 0 <= token_sort(one, other) <= 1
    assert token_sort(" ".join(reversed(one.split())), one) == 1


def test_a_common_word_does_not_make_a_list_slow_or_miss():
    told = [listing(f"Mining Company {i}", reference=str(i)) for i in range(3000)]
    (first,) = Lists([*told, MACHANGA]).matches("Machanga Limited", 0.9, token_sort)
    assert first.grade == "exact"
    assert any(m.name == "Mining Company 7" for m in Lists(told).matches("Mining Company 7", 1.0, token_sort))
