from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from making import count, stated, supply, visit
from winze.engine import register
from winze.engine.records import SiteEntry, in_year


def test_a_site_takes_the_newest_known_value_of_each_field():
    old = visit("m1", date(2015, 1, 5), workers=300, minerals=("gold", "coltan"))
    new = visit("m1", date(2018, 1, 5), workers=None, minerals=("gold",))
    site = register.build([new, old]).sites["site:ipis/m1"]
    assert (site.workers, site.minerals) == (300, ("gold",))
    assert [s.speaks_of.known_on.year for s in site.visits] == [2015, 2018]


def test_a_territory_joins_its_code_without_accents_case_or_hyphens():
    built = register.build([visit(territory="MALEMBA-NKULU"), count("CD7304", "Malemba Nkulu", 2019, 1, 3)])
    site = built.sites["site:ipis/m1"]
    assert (site.area, site.territory) == ("area:CD7304", "Malemba Nkulu")
    assert built.areas["area:CD7304"].sites == (site.id,)


def test_a_territory_that_joins_no_code_keeps_its_name_and_is_listed():
    built = register.build([visit(territory="Kampene"), count("CD6204", "Kalehe", 2019, 1, 3)])
    assert built.sites["site:ipis/m1"].area == "area:COD/kampene"
    assert built.unjoined == (("Kampene", 1),)


def test_two_areas_of_one_name_are_told_apart_by_their_province_and_else_not_guessed():
    here = count("CD1", "Kalehe", 2019, 1, 3)
    there = stated("area:CD2", register.ConflictCount("acled", "all", "COD", "Ituri", "Kalehe", 1, 0), in_year(2018))
    assert register.build([visit(), here, there]).sites["site:ipis/m1"].area == "area:CD1"
    lost = visit(province="Maniema")
    assert register.build([lost, here, there]).sites["site:ipis/m1"].area == "area:COD/kalehe"


def test_my_chain_is_counted_in_steps_from_me():
    links = [supply("Mine", "Trader", "m1"), supply("Trader", "Smelter", None), supply("Smelter", "Me", me="buyer")]
    built = register.build([visit(), *links])
    tiers = {party.name: party.tier for party in built.parties.values()}
    assert tiers == {"Me": 0, "Smelter": 1, "Trader": 2, "Mine": 3}
    assert built.me == register.party_id("Me")


def test_a_ring_of_suppliers_ends():
    links = [supply("A", "B", me="buyer"), supply("B", "A")]
    assert {p.name: p.tier for p in register.build(links).parties.values()} == {"A": 1, "B": 0}


def test_a_party_that_no_path_reaches_has_no_tier():
    built = register.build([supply("A", "Me", me="buyer"), supply("X", "Y")])
    assert built.parties[register.party_id("X")].tier is None


def test_a_site_is_in_my_chain_when_it_is_claimed_by_name_or_by_territory_and_mineral():
    named = register.build([visit("m1"), supply("T", "Me", "M1", me="buyer")])
    assert named.sites["site:ipis/m1"].in_chain
    by_area = register.build([visit("m1"), supply("T", "Me", "Kalehe", me="buyer")])
    assert by_area.sites["site:ipis/m1"].in_chain
    other_mineral = register.build([visit("m1"), supply("T", "Me", "Kalehe", "tungsten", me="buyer")])
    assert not other_mineral.sites["site:ipis/m1"].in_chain


def test_a_claimed_origin_nobody_knows_stays_a_question():
    built = register.build([visit(), supply("T", "Me", "Atlantis", me="buyer")])
    assert list(built.chain_origins) == ["origin:atlantis"]


def test_a_users_own_list_makes_sites_too():
    entry = SiteEntry("Mina Uno", "COL", "Quibdó", "Chocó", None, ("gold",), 40)
    site = register.build([stated("site:mina-uno", entry, date(2020, 1, 1))]).sites["site:mina-uno"]
    assert (site.country, site.workers, site.visits) == ("COL", 40, ())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 300), st.integers(0, 900)), max_size=8, unique=True),
    st.randoms(),
)
def test_the_register_does_not_depend_on_the_order_it_was_told(rows, chance):
    told = [visit(site, date.fromordinal(736000 + day), workers=workers) for site, day, workers in rows]
    told += [supply("T", "Me", "a", me="buyer"), count("CD1", "Kalehe", 2019, 1, 2)]
    shuffled = told.copy()
    chance.shuffle(shuffled)
    assert register.build(told) == register.build(shuffled)
