"""Only an act gates; an index asks for the act."""

import pytest
from telling import day, say, signals, texts, values, visit

from winze.engine.records import LegalAct, PolicyDay


def act(
    place="country:COD",
    since="2020-03-24",
    until=None,
    review=None,
    number="20/014",
    verified=True,
    forbids=("travel-between",),
    exempts=("mineral-transport",),
):
    said = LegalAct(
        forbids,
        exempts,
        until and day(until),
        review and day(review),
        number,
        "gazette" if verified else None,
        verified,
    )
    return say(place, said, since)


def restriction(told, as_of="2020-05-11", id="country:COD#20/014"):
    return signals(told, as_of)[f"restriction/{id}"]


def test_an_act_in_force_names_what_it_forbids_and_exempts():
    signal = restriction([act()])
    assert (signal.state, signal.since) == ("raised", day("2020-03-24"))
    assert values(signal, "reason.act-forbids")["what"] == "@forbids.travel-between"
    assert values(signal, "reason.act-exempts")["what"] == "@exempts.mineral-transport"
    assert "reason.act-no-end" in texts(signal)


@pytest.mark.parametrize(
    ("as_of", "state"), [("2020-03-24", "raised"), ("2020-05-10", "raised"), ("2020-05-11", "clear")]
)
def test_an_act_ends_by_its_own_text(as_of, state):
    assert restriction([act(until="2020-05-10")], as_of).state == state


def test_an_act_is_not_known_before_it_begins():
    assert signals([act()], "2020-03-23") == {}


def test_a_later_word_on_the_same_act_replaces_the_earlier():
    told = [act(until="2020-04-10"), act(since="2020-04-09", until="2020-06-30")]
    signal = restriction(told)
    assert signal.state == "raised" and values(signal, "reason.act-until")["until"] == day("2020-06-30")


def test_an_act_by_hearsay_asks_the_authority_and_gates_nothing():
    signal = restriction([act(verified=False)])
    assert (signal.state, signal.missing) == ("cannot-evaluate", ("missing.act-confirmed",))
    assert "reason.act-unverified" in texts(signal)


def test_a_review_that_is_overdue_ends_nothing_and_is_said():
    signal = restriction([act(review="2020-05-10")])
    assert signal.state == "raised" and "reason.review-overdue" in texts(signal)
    assert "reason.review-overdue" not in texts(restriction([act(review="2020-05-11")]))


def test_two_acts_of_one_place_stand_side_by_side_even_without_numbers():
    told = [act(), act(number=None, verified=False), act(number=None, verified=False, forbids=("gatherings",))]
    assert sum(id.startswith("restriction/") for id in signals(told, "2020-05-11")) == 3


def policy(*codes, when="2020-05-10", country="COD", region=None):
    return say(f"country:{country}", PolicyDay(country, region, codes, 70.0), when)


SITE = visit("m", "2019-06-01")


def test_an_index_is_a_hint_that_asks_for_the_act():
    signal = signals([SITE, policy(("C7", 2.0, True))], "2020-05-11")["policy-hint/country:COD"]
    assert signal.state == "raised" and "reason.find-the-act" in texts(signal)
    assert not any(id.startswith("restriction/") for id in signals([SITE, policy(("C7", 2.0, True))], "2020-05-11"))


@pytest.mark.parametrize(
    ("wide", "text"),
    [(True, "reason.policy-wide"), (False, "reason.policy-in-part"), (None, "reason.policy-extent-unknown")],
)
def test_flag_0_is_a_part_of_the_country(wide, text):
    assert text in texts(signals([SITE, policy(("C6", 2.0, wide))], "2020-05-11")["policy-hint/country:COD"])


def test_the_newest_day_speaks_and_codes_on_other_things_do_not():
    told = [
        SITE,
        policy(("C7", 2.0, True), when="2020-04-01"),
        policy(("C7", 0.0, True), ("C1", 3.0, True), ("H1", 2.0, True)),
    ]
    signal = signals(told, "2020-05-11")["policy-hint/country:COD"]
    assert signal.state == "clear" and texts(signal) == ["reason.policy-none"]


def test_a_hint_is_answered_by_an_act_in_force_that_can_be_found_again():
    hint = policy(("C7", 2.0, True))
    assert signals([SITE, hint, act()], "2020-05-11")["policy-hint/country:COD"].state == "clear"
    for other in (act(verified=False), act(until="2020-05-01"), act("country:RWA")):
        assert signals([SITE, hint, other], "2020-05-11")["policy-hint/country:COD"].state == "raised"


def test_countries_without_a_site_are_left_out_while_there_are_sites():
    found = signals([SITE, policy(("C7", 2.0, True), country="FRA")], "2020-05-11")
    assert "policy-hint/country:FRA" not in found
    assert "policy-hint/country:FRA" in signals([policy(("C7", 2.0, True), country="FRA")], "2020-05-11")


def test_an_index_without_codes_hints_without_saying_at_what_and_never_hides_a_newer_or_older_code():
    bare = say("country:COD", PolicyDay("COD", None, (), 80.6), "2020-05-11")
    signal = signals([SITE, bare], "2020-05-11")["policy-hint/country:COD"]
    assert signal.state == "raised" and values(signal, "reason.policy-stringency")["level"] == 80.6
    assert signal.value is None
    both = signals([SITE, bare, policy(("C7", 2.0, False))], "2020-05-11")["policy-hint/country:COD"]
    assert "reason.policy-in-part" in texts(both) and both.value == 2


def test_a_blank_code_is_not_level_0():
    told = [SITE, policy(("C7", 2.0, True), when="2020-05-01"), policy(("C1", 3.0, True), when="2020-05-10")]
    assert signals(told, "2020-05-11")["policy-hint/country:COD"].state == "raised"


@pytest.mark.parametrize("place", ["area:Djugu", "area:Ituri", "site:m"])
def test_an_act_for_a_part_of_the_country_answers_only_an_index_that_speaks_of_a_part(place):
    def state(wide):
        return signals([SITE, policy(("C7", 2.0, wide)), act(place)], "2020-05-11")["policy-hint/country:COD"].state

    assert (state(False), state(True), state(None)) == ("clear", "raised", "raised")
