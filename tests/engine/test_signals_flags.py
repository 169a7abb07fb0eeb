"""Red flags of each link and site. A flag opens a closer look; it is no finding."""

import pytest
from telling import actor, fact, node, signals, supply, texts, values, visit

from winze.engine.records import in_year

ARMED = visit("m", "2020-02-01", actors=(actor("non-state", "taxation"),), armed_presence=True, interference=True)
QUIET = visit("m", "2020-02-01", armed_presence=False)
CHAIN = [supply("Coop", "Comptoir", origin="m"), supply("Comptoir", "Me", mine="buyer")]


def flags(told, as_of="2020-05-11"):
    """State of each flag by supplier and code."""
    found = signals(told, as_of)
    by_link = {f"link:{s.id}": s.said.supplier for s in told if s.kind == "supply"}
    return {(by_link[s.subject], s.kind[-2:]): s for s in found.values() if s.kind.startswith("red-flag-")}


def test_every_link_has_all_seven_flags_each_of_its_own_rule():
    found = flags([QUIET, *CHAIN])
    assert set(found) == {
        (who, code) for who in ("Coop", "Comptoir") for code in ("l1", "l2", "l3", "l4", "s1", "s2", "c1")
    }
    assert all(signal.rule == f"red-flag/{code}" for (_, code), signal in found.items())


def test_without_trade_supplier_or_ownership_data_no_flag_is_clear_and_each_says_what_is_missing():
    for (_, _), signal in flags([QUIET, *CHAIN]).items():
        assert signal.state == "cannot-evaluate" and signal.missing and signal.because


def test_an_origin_with_an_armed_group_raises_the_origin_flag_and_cites_the_visit():
    signal = flags([ARMED, *CHAIN])["Coop", "l1"]
    assert signal.state == "raised" and ARMED.id in {r.statement for r in signal.because}
    assert {r.rule for r in signal.because} == {"red-flag/l1"} and "site:m" in signal.touches


def test_a_buyer_downstream_of_a_flagged_link_carries_the_supplier_flag():
    found = flags([ARMED, *CHAIN])
    assert found["Comptoir", "s2"].state == "raised"
    assert values(found["Comptoir", "s2"], "reason.sourced-from-flagged") == {"supplier": "Coop", "origin": "m"}
    assert found["Comptoir", "l1"].state == "cannot-evaluate"


def test_a_supplier_of_another_branch_is_not_flagged_for_it():
    told = [ARMED, *CHAIN, supply("Other", "Me", mineral="coltan")]
    assert flags(told)["Other", "s2"].state == "cannot-evaluate"


def test_a_link_that_ended_within_twelve_months_still_flags_and_an_older_one_does_not():
    def chain(until):
        return [ARMED, supply("Coop", "Comptoir", origin="m", until=until), CHAIN[1]]

    assert flags(chain("2019-06-01"))["Comptoir", "s2"].state == "raised"
    assert flags(chain("2019-05-01"))["Comptoir", "s2"].state == "cannot-evaluate"


def test_chains_that_run_in_a_ring_come_to_an_end():
    told = [ARMED, supply("A", "B", origin="m"), supply("B", "A", origin="m"), supply("B", "Me", mine="buyer")]
    assert flags(told)["A", "s2"].state == "raised"


def test_the_flag_for_recycled_gold_is_clear_only_for_other_minerals():
    told = [supply("A", "Me", mineral="coltan", mine="buyer"), supply("B", "Me", mine="buyer")]
    found = flags(told)
    assert (found["A", "l4"].state, found["B", "l4"].state) == ("clear", "cannot-evaluate")


def test_exports_above_production_at_the_origin_raise_volume_and_circumstances():
    told = [
        QUIET,
        supply("Coop", "Me", origin="Djugu", mine="buyer"),
        fact("area:Djugu", "exports", "30", in_year(2019), "kilogram", "gold"),
        fact("area:Djugu", "production", "7", in_year(2019), "kilogram", "gold"),
    ]
    found = flags(told)
    assert (found["Coop", "l2"].state, found["Coop", "c1"].state) == ("raised", "raised")


def test_a_mineral_nobody_recorded_at_the_claimed_site_is_unusual():
    told = [QUIET, supply("Coop", "Me", mineral="coltan", origin="m", mine="buyer")]
    signal = flags(told)["Coop", "c1"]
    assert signal.state == "raised" and "reason.mineral-not-dug" in texts(signal)


def test_a_link_that_goes_on_from_a_closed_mine_is_unusual():
    closed = node("m", "mine", "closed", "2020-03-23", subject="site:m")
    assert flags([QUIET, closed, *CHAIN])["Coop", "c1"].state == "raised"
    ended = supply("Coop", "Me", origin="m", until="2020-03-01", mine="buyer")
    assert flags([QUIET, closed, ended])["Coop", "c1"].state == "cannot-evaluate"


def test_a_link_without_an_origin_is_asked_for_one():
    assert texts(flags(CHAIN)["Comptoir", "l1"]) == ["reason.origin-not-claimed"]


@pytest.mark.parametrize(("told", "state"), [(ARMED, "raised"), (QUIET, "cannot-evaluate")])
def test_where_no_chain_is_known_each_site_has_the_origin_flag(told, state):
    assert signals([told], "2020-05-11")["red-flag-l1/site:m"].state == state
