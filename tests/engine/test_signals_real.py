"""The real Great Lakes case of 11 May 2020, where the machine has its files. Its newest visit is of December 2018."""

from collections import Counter
from functools import cache

import pytest
from telling import day, texts, values

from real import real
from winze.engine import rules
from winze.engine.baseline import baseline
from winze.engine.register import build
from winze.engine.signals import detect
from winze.formats.case import load

AS_OF = day("2020-05-11")


@cache
def case():
    told = [s for s in load(real("cases/great-lakes-2020")).statements if s.known(AS_OF)]
    return told, build(told)


@cache
def found():
    told, register = case()
    return {s.id: s for s in detect(told, register, rules.load(), AS_OF)}


@pytest.fixture(autouse=True)
def _files():
    real("cases/great-lakes-2020")


def test_no_site_is_clear_of_armed_people_on_the_word_of_a_visit_of_2018():
    states = Counter((s.kind, s.state) for s in found().values())
    for kind in ("armed-presence-non-state", "armed-presence-state", "interference-non-state", "interference-state"):
        assert states[kind, "clear"] == 0 and states[kind, "raised"] > 300
        assert states[kind, "raised"] + states[kind, "cannot-evaluate"] == len(case()[1].sites)


def test_rows_that_contradict_themselves_are_left_open():
    torn = [s for s in found().values() if s.missing == ("missing.visitor-clarifies",)]
    assert torn and all(s.state == "cannot-evaluate" and "reason.contradictory" in texts(s) for s in torn)


def test_about_a_hundred_sites_could_last_not_be_reached_for_insecurity():
    assert 80 <= sum(s.kind == "not-reached" for s in found().values()) <= 105


def test_gold_rose_by_less_than_six_percent_in_april_and_tantalum_and_tungsten_have_no_price():
    moved = values(found()["spot-rise/commodity:gold"], "reason.spot-moved")
    assert (moved["percent"], moved["day"]) == (5.7, day("2020-04-30"))
    for metal in ("tantalum", "tungsten"):
        assert found()[f"spot-rise/commodity:{metal}"].missing == ("missing.spot",)


def test_the_index_of_congo_speaks_of_a_part_of_the_country_and_asks_for_the_act():
    hint = found()["policy-hint/country:COD"]
    assert hint.state == "raised" and {"reason.policy-in-part", "reason.find-the-act"} <= set(texts(hint))
    assert not any(s.kind == "restriction" for s in found().values())


def test_a_month_of_conflict_that_is_not_over_is_not_counted():
    told, _ = case()
    assert max(s.speaks_of.end for s in told if s.kind == "conflict-count") == day("2020-04-30")
    near = [s for s in found().values() if s.kind == "conflict-near" and "reason.conflict-counted" in texts(s)]
    counted = [values(s, "reason.conflict-counted") for s in near]
    assert len(near) > 2600 and all(said["months"] == 12 for said in counted)
    assert all(said["events"] < 3 for s, said in zip(near, counted, strict=True) if s.state == "clear")


def test_visits_that_end_with_the_file_are_no_fall_of_presence():
    falls = [s for s in found().values() if s.kind == "presence-fall"]
    assert falls and {(s.state, s.value, s.missing) for s in falls} == {("cannot-evaluate", None, ("missing.visit",))}


def test_nobody_quoted_a_price_at_the_mine_so_no_ratio_is_shown():
    ratios = [s for s in found().values() if s.kind == "gate-ratio"]
    assert ratios and all(s.missing == ("missing.quote",) and s.value is None for s in ratios)


def test_the_baseline_saw_no_site_in_twelve_months():
    held = baseline(*case(), AS_OF)
    assert (held.sites, held.seen, held.newest_visit) == (2671, 0, day("2018-12-27"))
    assert sum(held.by_evidence.values()) == sum(held.by_status.values()) == 2671
    assert held.lots_traced is None


def test_what_is_known_of_may_2020_raises_no_pressure_and_clears_none_of_desperation():
    states = Counter((s.kind, s.state) for s in found().values() if s.kind.startswith("pressure-"))
    assert states["pressure-rapacity", "raised"] == states["pressure-desperation", "raised"] == 0
    assert states["pressure-desperation", "clear"] == 0 and 400 < states["pressure-rapacity", "clear"] < 700
    assert all(s.missing for s in found().values() if s.kind.startswith("pressure-") and s.state != "clear")


def test_the_index_codes_schools_closed_and_children_were_known_at_some_sites():
    watched = [s for s in found().values() if s.kind == "child-labour-watch"]
    raised = [s for s in watched if s.state == "raised"]
    assert len(watched) == len(case()[1].sites) and 50 < len(raised) < 300
    assert all({"reason.schools-closed-coded", "reason.children-known"} <= set(texts(s)) for s in raised)
    assert not any(s.state == "clear" for s in watched)
