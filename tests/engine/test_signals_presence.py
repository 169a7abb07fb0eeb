"""Who is at a site, conflict around it and who still goes to look. Golden: M7 and M15 of crisis.md."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telling import actor, count, day, fact, say, signals, texts, values, visit

from winze.engine.presence import Tally, add
from winze.engine.quantities import Mixed
from winze.engine.records import ConflictEvent, Place, Point, between, in_year

NON_STATE, STATE = actor("non-state", "taxation", name="Mai-Mai"), actor("state", "taxation", name="FARDC")


def seen(told, as_of="2018-12-31"):
    found = signals(told, as_of)
    return {
        f"{what}-{force}": found[f"{what}-{force}/site:m"]
        for what in ("armed-presence", "interference")
        for force in ("non-state", "state")
    }


def states(told, as_of="2018-12-31"):
    return {name: signal.state for name, signal in seen(told, as_of).items()}


def test_non_state_groups_and_state_forces_are_told_apart():
    assert states([visit("m", "2018-10-01", actors=(NON_STATE,), armed_presence=True, interference=True)]) == {
        "armed-presence-non-state": "raised",
        "armed-presence-state": "clear",
        "interference-non-state": "raised",
        "interference-state": "clear",
    }
    assert states([visit("m", "2018-10-01", actors=(STATE,), armed_presence=True, interference=True)]) == {
        "armed-presence-non-state": "clear",
        "armed-presence-state": "raised",
        "interference-non-state": "clear",
        "interference-state": "raised",
    }


def test_soldiers_who_do_nothing_are_presence_without_interference():
    told = [
        visit("m", "2018-10-01", actors=(actor("state", interferes=False),), armed_presence=True, interference=False)
    ]
    assert (states(told)["armed-presence-state"], states(told)["interference-state"]) == ("raised", "clear")


def test_only_the_newest_visit_speaks():
    told = [
        visit("m", "2018-02-01", actors=(NON_STATE,), armed_presence=True),
        visit("m", "2018-10-01", armed_presence=False),
    ]
    assert set(states(told).values()) == {"clear"}
    assert set(states(told, "2018-03-01").values()) == {"raised", "clear"}


def test_a_visit_dated_by_its_year_may_be_the_newest_so_both_speak():
    told = [
        visit("m", in_year(2018), actors=(NON_STATE,), armed_presence=True),
        visit("m", "2018-10-01", armed_presence=False),
    ]
    signal = seen(told)["armed-presence-non-state"]
    assert signal.state == "raised" and {"reason.armed-seen", "reason.none-armed-seen"} <= set(texts(signal))


def test_what_nobody_saw_long_ago_is_not_clear_today():
    signal = seen([visit("m", "2018-10-01", armed_presence=False)], "2020-05-11")["armed-presence-non-state"]
    assert (signal.state, signal.missing) == ("cannot-evaluate", ("missing.recent-visit",))
    assert values(signal, "reason.visit-old")["days"] == 588


def test_what_was_seen_long_ago_stays_raised_and_says_how_old_it_is():
    signal = seen([visit("m", "2018-10-01", actors=(NON_STATE,), armed_presence=True)], "2020-05-11")[
        "interference-non-state"
    ]
    assert (signal.state, signal.since) == ("raised", day("2018-10-01")) and "reason.visit-old" in texts(signal)


def test_a_blank_answer_is_unknown_and_an_earlier_answer_still_speaks():
    told = [
        visit("m", "2018-02-01", actors=(NON_STATE,), armed_presence=True, interference=True),
        visit("m", "2018-10-01"),
    ]
    assert states(told)["interference-non-state"] == "raised"
    assert set(states([visit("m", "2018-10-01")]).values()) == {"cannot-evaluate"}


def test_armed_people_of_an_unknown_kind_answer_for_neither():
    told = [visit("m", "2018-10-01", actors=(actor("unknown", "taxation"),), armed_presence=True, interference=True)]
    assert set(states(told).values()) == {"cannot-evaluate"}
    for signal in seen(told).values():
        assert signal.missing == ("missing.which-force",) and texts(signal) == ["reason.unknown-force"]


def test_armed_people_of_an_unknown_kind_unsettle_an_earlier_all_clear():
    told = [visit("m", "2018-05-01", armed_presence=False), visit("m", "2018-10-01", armed_presence=True)]
    assert {s.missing for s in seen(told).values()} == {("missing.which-force",)}


def test_labels_that_contradict_each_other_are_reported_and_not_resolved():
    torn = visit(
        "m",
        "2018-10-01",
        actors=(actor("state", "taxation"),),
        armed_presence=True,
        interference=True,
        contradictory=True,
    )
    signal = seen([torn])["interference-state"]
    assert (signal.state, signal.missing) == ("cannot-evaluate", ("missing.visitor-clarifies",))
    assert texts(signal) == ["reason.contradictory"] and seen([torn])["armed-presence-state"].state == "raised"
    assert seen([torn])["interference-non-state"].state == "clear"


def test_a_third_partys_word_is_said_and_observes_nothing():
    told = [visit("m", "2018-10-01", manner="third-party", armed_presence=True, actors=(NON_STATE,))]
    signal = seen(told)["armed-presence-non-state"]
    assert signal.state == "cannot-evaluate" and "reason.third-party" in texts(signal)


def test_a_third_partys_word_after_a_visit_stands_beside_it_and_changes_nothing():
    told = [
        visit("m", "2018-05-01", armed_presence=False),
        visit("m", "2018-10-01", manner="third-party", armed_presence=True),
    ]
    signal = seen(told)["armed-presence-non-state"]
    assert signal.state == "clear" and "reason.third-party" in texts(signal)


def turned(when, why="insecurity"):
    return visit("m", when, manner="not-reached", not_reached_for=why)


def test_a_site_not_reached_for_insecurity_is_a_signal_of_the_place_and_no_finding():
    found = signals([turned("2018-10-01")], "2018-12-31")
    assert found["not-reached/site:m"].state == "raised"
    assert texts(found["not-reached/site:m"]) == ["reason.not-reached"]
    assert "reason.visit-old" in texts(signals([turned("2018-10-01")], "2020-05-11")["not-reached/site:m"])
    assert found["interference-non-state/site:m"].state == "cannot-evaluate"


@pytest.mark.parametrize(
    "told",
    [
        [turned("2018-10-01", "road")],
        [turned("2018-05-01"), visit("m", "2018-10-01")],
        [turned("2018-05-01"), turned("2018-10-01", "weather")],
    ],
)
def test_a_bad_road_or_a_later_arrival_is_no_such_signal(told):
    assert "not-reached/site:m" not in signals(told, "2018-12-31")


def test_a_visit_read_from_two_files_is_one_reason():
    one = visit("m", "2018-10-01", actors=(NON_STATE,), armed_presence=True)
    assert (
        len(
            seen([one, visit("m", "2018-10-01", actors=(NON_STATE,), armed_presence=True, row=99)])[
                "armed-presence-non-state"
            ].because
        )
        == 1
    )


# -- conflict

DJUGU = say("area:CD5402", Place("CD5402", "Djugu", 2, "CD54", "COD"), "2010-01-01")
SITE = visit("m", "2019-06-01")


def months(first, last, events, **more):
    made = []
    y, m = first
    while (y, m) <= last:
        made.append(count("area:CD5402", y, m, events, **more))
        y, m = (y, m + 1) if m < 12 else (y + 1, 1)
    return made


def conflict(told, dataset="acled", as_of="2020-05-11", **more):
    return signals([DJUGU, SITE, *told], as_of, **more)[f"conflict-near/site:m#{dataset}"]


def test_more_conflict_than_in_the_three_years_before_is_raised():
    signal = conflict([*months((2016, 5), (2019, 4), 2), *months((2019, 5), (2020, 4), 5)])
    assert (signal.state, signal.value, signal.threshold) == ("raised", 5, 3)
    assert values(signal, "reason.conflict-counted") == {
        "dataset": "@dataset.acled",
        "events": 60,
        "months": 12,
        "unknown": 0,
    }


def test_as_much_conflict_as_before_is_no_calm_and_two_events_in_a_year_are():
    as_before = conflict(months((2016, 5), (2020, 4), 5))
    assert (as_before.state, as_before.missing) == ("cannot-evaluate", ("missing.event-places",))
    quiet = [*months((2016, 5), (2020, 2), 0), *months((2020, 3), (2020, 4), 1)]
    assert (conflict(quiet).state, conflict(quiet).missing) == ("clear", ())


def test_months_of_zero_are_counted_and_months_without_a_row_are_unknown():
    zero, none = conflict(months((2019, 5), (2020, 4), 0)), conflict(months((2020, 3), (2020, 4), 0))
    assert values(zero, "reason.conflict-counted")["months"] == 12
    assert values(none, "reason.conflict-counted") == {
        "dataset": "@dataset.acled",
        "events": 0,
        "months": 2,
        "unknown": 10,
    }


def test_a_month_that_is_not_over_is_not_known():
    told = [*months((2016, 5), (2020, 4), 1), count("area:CD5402", 2020, 5, 500)]
    assert conflict(told).state == "cannot-evaluate" and conflict(told, as_of="2020-05-31").state == "raised"


def test_an_unknown_number_of_events_is_no_month_of_zero():
    signal = signals([DJUGU, SITE, count("area:CD5402", 2020, 4, None)], "2020-05-11")["conflict-near/site:m"]
    assert (signal.state, signal.missing) == ("cannot-evaluate", ("missing.conflict-count",))


def test_types_that_overlap_are_not_added_up():
    told = months((2019, 5), (2020, 4), 2) + months((2019, 5), (2020, 4), 2, type="civilian-targeting")
    assert conflict(told).value == 2


def test_a_count_that_names_the_territory_in_words_joins_its_area():
    told = [count("area:elsewhere", 2020, m, 9) for m in (2, 3, 4)]
    assert conflict(told).value == 9


def test_acled_and_ucdp_are_two_signals():
    told = months((2019, 5), (2020, 4), 2) + months((2019, 5), (2020, 4), 7, dataset="ucdp-ged")
    assert (conflict(told).value, conflict(told, "ucdp-ged").value) == (2, 7)


def test_to_sum_across_datasets_is_refused():
    with pytest.raises(Mixed, match="never summed"):
        add(Tally("acled", 1, None, 1), Tally("ucdp-ged", 1, None, 1))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9) | st.none(), st.integers(0, 5)), min_size=2, max_size=6))
def test_tallies_of_one_dataset_add_and_an_unknown_number_of_deaths_stays_unknown(parts):
    total = Tally("acled", *parts[0])
    for part in parts[1:]:
        total = add(total, Tally("acled", *part))
    assert total.events == sum(p[0] for p in parts) and total.months == sum(p[2] for p in parts)
    assert total.deaths == (None if any(p[1] is None for p in parts) else sum(p[1] for p in parts))


def event(id, when="2020-03-01", within_km=1.0, dataset="ucdp-ged"):
    said = ConflictEvent(
        dataset, id, "state-based", "COD", "Ituri", None, Point(1.5, 30.1, within_km), 1, "A", "B", 0, 1, 2
    )
    return say("country:COD", said, when, dataset)


def around(*events, km=5.0):
    return {"site:m": tuple((e, km) for e in events)}


def test_events_near_a_site_raise_it():
    near = around(event("1"), event("2"), event("3"), event("4"))
    signal = conflict([], "ucdp-ged", near=near)
    assert signal.state == "raised" and values(signal, "reason.events-near")["count"] == 4
    assert values(signal, "reason.event-near")["km"] == 5.0


@pytest.mark.parametrize(
    "near",
    [
        around(*(event(str(i), within_km=200.0) for i in range(9))),
        around(*(event(str(i), within_km=None) for i in range(9))),
        around(*(event(str(i)) for i in range(9)), km=51.0),
        around(*(event(str(i), "2018-01-01") for i in range(9))),
        around(*(event(str(i), "2020-06-01") for i in range(9))),
    ],
)
def test_an_event_placed_to_its_province_far_away_long_ago_or_still_to_come_is_near_nothing(near):
    assert not [s for s in signals([SITE], "2020-05-11", near=near) if s.endswith("#ucdp-ged")]


def test_an_event_of_one_dataset_never_adds_to_the_other():
    near = around(event("1"), event("2"), event("1", dataset="acled"), event("2", dataset="acled"))
    assert {conflict([], dataset, near=near).state for dataset in ("ucdp-ged", "acled")} == {"cannot-evaluate"}


def test_few_events_from_a_file_that_need_not_hold_all_are_not_calm_and_a_count_of_some_months_neither():
    assert conflict([], "ucdp-ged", near=around(event("1"))).missing == ("missing.conflict-count",)
    some = conflict(months((2020, 3), (2020, 4), 0))
    assert (some.state, some.missing) == ("cannot-evaluate", ("missing.conflict-count",))


def test_no_rise_is_claimed_against_months_that_nobody_counted():
    signal = conflict(months((2019, 5), (2020, 4), 5))
    assert (signal.state, signal.threshold) == ("cannot-evaluate", None)


# -- reporting and presence


def watch(visits, incidents, start="2020-03-01", end="2020-05-31", measure="incidents"):
    span = between(day(start), day(end))
    return [
        fact("area:Djugu", "visits-made", visits, span, "count"),
        fact("area:Djugu", measure, incidents, span, "count"),
    ]


BEFORE = watch("40", "20", "2019-12-01", "2020-02-29")


def test_half_the_visits_and_half_the_reports_are_the_same_rate_and_a_warning():
    signal = signals([*BEFORE, *watch("20", "10")], "2020-06-01")["presence-fall/area:Djugu"]
    assert (signal.state, signal.value) == ("raised", -50)
    assert values(signal, "reason.incident-rate") == {"before": 0.5, "now": 0.5} and "reason.fewer-reports" in texts(
        signal
    )


def test_as_many_visits_warn_of_nothing_however_few_the_reports():
    assert signals([*BEFORE, *watch("40", "1")], "2020-06-01")["presence-fall/area:Djugu"].state == "clear"


def test_more_incidents_from_fewer_visits_say_so():
    assert "reason.more-reports" in texts(
        signals([*BEFORE, *watch("20", "30")], "2020-06-01")["presence-fall/area:Djugu"]
    )


def test_where_nobody_went_the_rate_is_unknown_and_not_zero():
    signal = signals([*BEFORE, *watch("0", "0")], "2020-06-01")["presence-fall/area:Djugu"]
    assert signal.state == "raised" and {"reason.incident-rate-unknown", "reason.nobody-went"} <= set(texts(signal))
    assert "reason.fewer-reports" not in texts(signal)


def test_reports_received_stand_in_where_incidents_are_not_counted():
    told = watch("40", "20", "2019-12-01", "2020-02-29", "reports-received") + watch(
        "20", "10", measure="reports-received"
    )
    assert signals(told, "2020-06-01")["presence-fall/area:Djugu"].state == "raised"


def test_where_the_files_hold_no_visit_of_the_year_nobody_can_tell_whether_people_went():
    told = [visit("m", f"2018-{m:02d}-01", armed_presence=False) for m in (7, 8, 9, 10)]
    elsewhere = visit("n", "2019-09-01", armed_presence=False, territory="Aru")
    ended = signals(told, "2019-12-01")["presence-fall/area:COD/djugu"]
    went_on = signals([*told, elsewhere], "2019-12-01")["presence-fall/area:COD/djugu"]
    assert (ended.state, ended.value, ended.missing) == ("cannot-evaluate", None, ("missing.visit",))
    assert (went_on.state, went_on.value) == ("raised", -100)


def test_visits_to_the_sites_of_an_area_are_counted_where_no_programme_does():
    told = [visit("m", f"2018-{m:02d}-01", actors=(NON_STATE,), armed_presence=True) for m in (7, 8, 9, 10)]
    told.append(visit("m", "2019-08-01", armed_presence=False))
    signal = signals(told, "2020-06-01")["presence-fall/area:COD/djugu"]
    assert (signal.state, signal.value) == ("raised", -75)
    assert values(signal, "reason.incident-rate") == {"before": 1.0, "now": 0.0}


def test_one_period_alone_tells_nothing_of_a_fall():
    assert "presence-fall/area:Djugu" not in signals(watch("20", "10"), "2020-06-01")
