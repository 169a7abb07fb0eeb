"""Who is who: what may be one is proposed, a person judges, and what is linked can be taken apart again."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import fields, replace
from datetime import date, timedelta
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from making import stated, supply, visit
from real import real
from winze import cycle
from winze.engine import matching, register, rules
from winze.engine.disclosure import view
from winze.engine.matching import clusters, judge, link, propose, standing
from winze.engine.records import (
    DataClass,
    Fact,
    Judgement,
    NodeStatus,
    PlanAct,
    Point,
    SiteEntry,
    Statement,
    Supply,
    in_year,
)
from winze.engine.register import Register, build, fold, party_id
from winze.engine.texts import LANGUAGES, refusal, say

RULES = rules.load()
DAY = date(2020, 5, 11)
BISIE, MPAMA = "site:ipis/m1", "site:ipis/m2"


def judged(
    left: str,
    right: str,
    verdict: str = "same",
    day: int = 1,
    *,
    reason: str | None = "one shaft",
    person: str | None = "Amina",
    row: int = 2,
) -> Statement:
    """A judgement of a pair on the so-manieth day of 2020."""
    said = Judgement(left.partition(":")[0], left, right, verdict, reason, person)
    when = date(2019, 12, 31) + timedelta(days=day)
    one, other = said.pair
    return stated(f"pair:{one}|{other}", said, when, row, "judgements.csv", data_class=DataClass.PERSONAL)


def entry(name: str, **more: object) -> Statement:
    said = {"country": "COD", "territory": "Kalehe", "province": "Sud-Kivu", "point": Point(-2.0, 28.5), "workers": 4}
    return stated(f"site:{name}", SiteEntry(name=name, minerals=("gold",), **{**said, **more}), date(2019, 6, 1))  # type: ignore[arg-type]


def proposals(*told: Statement, day: date = DAY) -> tuple[matching.Proposal, ...]:
    known = link(told)
    return propose(build(known), known, RULES, day)


def texts(proposal: matching.Proposal) -> set[str]:
    return {reason.text.removeprefix("matching.") for reason in proposal.because}


# -- what stands ------------------------------------------------------------------------------------------------------


def test_the_newest_judgement_of_a_pair_stands_whichever_of_the_two_is_named_first() -> None:
    told = [judged(BISIE, MPAMA, "same", 1), judged(MPAMA, BISIE, "not-same", 2)]
    assert [s.said.verdict for s in standing(told).values()] == ["not-same"]  # type: ignore[union-attr]
    assert clusters(told).canonical == {}


def test_on_one_day_the_more_cautious_stands() -> None:
    for less, more in combinations(matching.VERDICTS[:-1], 2):
        told = [judged(BISIE, MPAMA, more, 1), judged(BISIE, MPAMA, less, 1)]
        assert [s.said.verdict for s in standing(told).values()] == [more]  # type: ignore[union-attr]


def test_withdrawing_lets_the_judgement_before_stand_again() -> None:
    told = [judged(BISIE, MPAMA, "not-same", 1), judged(BISIE, MPAMA, "same", 2), judged(BISIE, MPAMA, "withdrawn", 3)]
    assert [s.said.verdict for s in standing(told).values()] == ["not-same"]  # type: ignore[union-attr]
    assert standing([*told, judged(BISIE, MPAMA, "withdrawn", 4)]) == {}


def test_what_is_unsure_joins_nobody() -> None:
    assert clusters([judged(BISIE, MPAMA, "unsure")]).canonical == {}


def test_the_one_that_stands_for_all_is_one_a_source_keeps_a_key_for() -> None:
    told = [judged("site:Abisie", BISIE), judged("site:Zbisie", "site:Abisie")]
    assert set(clusters(told).canonical.values()) == {BISIE}
    parties = [judged("party:comptoir amani", "party:amani")]
    assert set(clusters(parties).canonical.values()) == {"party:amani"}


def test_a_site_is_never_joined_to_a_party_nor_anything_to_itself() -> None:
    told = [judged(BISIE, "party:amani"), judged(BISIE, BISIE), judged("area:CD1", "area:CD2")]
    assert standing(told) == {}


def test_a_chain_that_would_join_two_judged_apart_ends_before_its_newest_link_and_says_so() -> None:
    a, b, c = "site:a", "site:b", "site:c"
    told = [judged(a, b, day=1), judged(b, c, day=3), judged(a, c, "not-same", 2)]
    found = clusters(told)
    assert found.canonical == {a: a, b: a}
    (conflict,) = found.conflicts
    assert (conflict.refused.id, conflict.apart.id) == (told[1].id, told[2].id)
    assert conflict.chain == (a, b, c)
    later = [judged(a, b, day=1), judged(b, c, day=2), judged(a, c, "not-same", 9)]
    assert clusters(later).canonical == {a: a, b: a}


SUBJECTS = [f"site:{name}" for name in "abcdefg"]
made = st.lists(
    st.builds(
        judged, st.sampled_from(SUBJECTS), st.sampled_from(SUBJECTS), st.sampled_from(matching.VERDICTS),
        st.integers(1, 6),
    ),
    max_size=14,
)  # fmt: skip


def reached(told: list[Statement]) -> dict[str, str]:
    """The slow twin of groups: joins one judgement after the other by walking over everything each time."""
    stands = standing(told)
    pairs = {pair: s.said.verdict for pair, s in stands.items()}  # type: ignore[union-attr]
    edges: list[tuple[str, str]] = []

    def group(of: str, links: list[tuple[str, str]]) -> set[str]:
        found = {of}
        while more := {x for pair in links if found & set(pair) for x in pair} - found:
            found |= more
        return found

    for pair in sorted((p for p in pairs if pairs[p] == "same"), key=lambda p: (stands[p].speaks_of.known_on, p)):
        joined = group(pair[0], [*edges, pair])
        if not any(verdict == "not-same" and set(p) <= joined for p, verdict in pairs.items()):
            edges.append(pair)
    ends = {x for pair in edges for x in pair}
    return {x: min(group(x, edges), key=lambda id: ("/" not in id, id)) for x in sorted(ends)}


@given(made)
def test_groups_are_what_walking_over_everything_finds(told: list[Statement]) -> None:
    assert clusters(told).canonical == reached(told)


@given(made, st.randoms())
def test_groups_hold_all_of_their_own_and_depend_on_no_order(told: list[Statement], dice: random.Random) -> None:
    found = clusters(told)
    turned = [replace(s, said=replace(s.said, left=s.said.right, right=s.said.left)) for s in told]  # type: ignore[union-attr]
    dice.shuffle(turned)
    assert clusters(turned).canonical == found.canonical
    assert all(found.canonical[one] == one for one in found.canonical.values())
    followed = {c.refused.id for c in found.conflicts}
    for (one, other), s in standing(told).items():
        assert isinstance(s.said, Judgement)
        together = found.canonical.get(one, one) == found.canonical.get(other, other)
        if s.said.verdict == "not-same":
            assert not together
        if s.said.verdict == "same" and s.id not in followed:
            assert together


@given(made)
def test_a_conflict_names_a_chain_of_judgements_from_one_of_two_judged_apart_to_the_other(
    told: list[Statement],
) -> None:
    stands = standing(told)
    for conflict in clusters(told).conflicts:
        assert isinstance(conflict.apart.said, Judgement)
        assert {conflict.chain[0], conflict.chain[-1]} == set(conflict.apart.said.pair)
        links = [tuple(sorted(pair)) for pair in pairwise(conflict.chain)]
        assert all(stands[pair].said.verdict == "same" for pair in links)  # type: ignore[index,union-attr]
        assert conflict.refused.said.pair in links  # type: ignore[union-attr]


# -- linking ----------------------------------------------------------------------------------------------------------


def test_linked_visits_make_one_site_that_keeps_who_calls_it_what() -> None:
    told = [visit("m1", date(2015, 3, 1), workers=7), visit("m2", date(2018, 3, 1)), entry("Bisie Mpama")]
    told += [judged(BISIE, MPAMA), judged(MPAMA, "site:Bisie Mpama")]
    site = build(link(told)).sites
    assert list(site) == [BISIE]
    one = site[BISIE]
    assert [s.speaks_of.known_on.year for s in one.visits] == [2015, 2018] and len(one.entries) == 1
    assert one.also == ("site:Bisie Mpama", MPAMA)
    assert register.names_of(one) == {"m1", "m2", "bisie mpama"}


def test_a_linked_statement_keeps_its_identity_origin_and_original() -> None:
    told = [visit("m1", date(2015, 3, 1)), visit("m2", date(2018, 3, 1)), judged(BISIE, MPAMA)]
    before = {visit("m2", date(2018, 3, 1)).id, *(s.id for s in told)}
    linked = link(told)
    moved = next(s for s in linked if s.as_told)
    assert {s.id for s in linked} == before
    assert moved.subject == BISIE and moved.as_told is told[1] and moved.origin == told[1].origin
    assert told[1].subject == MPAMA and link(linked)[0].id == linked[0].id


def test_without_judgements_the_statements_are_the_very_same_in_the_same_order() -> None:
    told = [visit("m2"), supply("A", "B"), visit("m1"), judged(BISIE, MPAMA, "unsure")]
    assert all(a is b for a, b in zip(link(told), told, strict=True))


def test_an_origin_claimed_by_any_name_of_a_site_finds_it() -> None:
    told = [visit("m1"), entry("Colline Rouge", point=None), judged(BISIE, "site:Colline Rouge")]
    for name in ("M1", "Colline Rouge", "ipis/m1", "site:Colline Rouge"):
        assert build(link([*told, supply("T", "Me", name, me="buyer")])).sites[BISIE].in_chain


def test_two_names_of_one_party_are_one_with_the_links_of_both() -> None:
    links = [supply("Mine", "Comptoir Amani SARL"), supply("Amani", "Me", me="buyer"), supply("Other", "Me")]
    told = [*links, judged("party:comptoir amani sarl", "party:amani")]
    built = build(link(told))
    assert set(built.parties) == {"party:amani", "party:me", "party:mine", "party:other"}
    amani = built.parties["party:amani"]
    assert (amani.name, amani.also, amani.tier, len(amani.supplies)) == ("Amani", ("party:comptoir amani sarl",), 1, 2)
    assert built.parties["party:mine"].tier == 2
    assert {s.id for s in amani.supplies} == {links[0].id, links[1].id}


def test_plans_closures_and_facts_follow_the_party_and_the_site() -> None:
    told = [
        supply("Amani", "Me", "M1", me="buyer"),
        stated("plan:P1", PlanAct("P1", "suspend", "approver", "Boris", ("Comptoir Amani SARL",)), DAY),
        stated("plan:P1", PlanAct("P1", "propose", "owner", "Amina", (f"forced-labour/{MPAMA}",)), DAY),
        stated("country:COD", NodeStatus("Comptoir Amani SARL", "buyer", "closed", None, None, None, None), DAY),
        stated(f"{MPAMA}", Fact("note", None, None, "seen", None, None), DAY),
        visit("m1"),
        visit("m2"),
        judged("party:comptoir amani sarl", "party:amani"),
        judged(BISIE, MPAMA),
    ]
    said = [s.said for s in link(told)]
    assert [act.about for act in said if isinstance(act, PlanAct)] in (
        [("Amani",), (f"forced-labour/{BISIE}",)],
        [(f"forced-labour/{BISIE}",), ("Amani",)],
    )
    assert [status.node for status in said if isinstance(status, NodeStatus)] == ["Amani"]
    assert {s.subject for s in link(told) if isinstance(s.said, Fact)} == {BISIE}


def test_every_name_of_a_party_is_looked_up_on_the_lists() -> None:
    from test_signals_screening import MACHANGA

    told = [supply("Quiet Trading", "Me", me="buyer"), supply("Machanga Limited", "Me"), MACHANGA]
    told.append(judged("party:machanga limited", "party:a quiet name"))
    told.append(judged("party:quiet trading", "party:a quiet name"))
    found = cycle.run(told, RULES, {}, DAY)
    states = {s.subject: s.state for s in found.signals if s.kind == "screening"}
    assert states == {"party:a quiet name": "raised"}


SITES = [visit(f"m{n}", date(2012 + n, 3, n + 1), lat=-2 - n / 500) for n in range(5)]
LINKS = [supply(f"P{n}", f"P{(n * 2 + 1) % 5}", f"M{n}", me="buyer" if n == 3 else None) for n in range(5)]
names = st.sampled_from([f"site:ipis/m{n}" for n in range(5)])
traders = st.sampled_from([f"party:p{n}" for n in range(5)])
verdicts = st.sampled_from(matching.VERDICTS)
judgements = st.lists(
    st.one_of(st.builds(judged, names, names, verdicts, st.integers(1, 5)),
              st.builds(judged, traders, traders, verdicts, st.integers(1, 5))),
    max_size=10,
)  # fmt: skip


def shown(built: Register) -> object:
    """A register to compare: statements are known by their identity."""

    def plain(value: object) -> object:
        if isinstance(value, Statement):
            return (value.id, value.subject, value.said)
        if isinstance(value, tuple):
            return tuple(map(plain, value))
        if isinstance(value, dict):
            return [(name, plain(item)) for name, item in value.items()]
        if isinstance(value, register.Site | register.Party | register.Area):
            return [plain(getattr(value, f.name)) for f in fields(value)]
        return value

    return [plain(getattr(built, f.name)) for f in fields(built)]


@settings(max_examples=60, deadline=None)
@given(judgements, st.randoms())
def test_linking_leaves_every_identity_and_depends_on_no_order(told: list[Statement], dice: random.Random) -> None:
    all_ = [*SITES, *LINKS, *told]
    linked = link(all_)
    assert {s.id for s in linked} == {s.id for s in all_}
    assert all((s.as_told or s).id == s.id for s in linked)
    originals = {s.id: (s.subject, s.said, s.origin) for s in all_}
    assert all((t.subject, t.said, t.origin) == originals[t.id] for s in linked if (t := s.as_told))
    mixed = list(all_)
    dice.shuffle(mixed)
    assert shown(build(link(mixed))) == shown(build(linked)) == shown(build(link(linked)))


@settings(max_examples=60, deadline=None)
@given(judgements, names, names, st.sampled_from(["same", "not-same", "unsure"]))
def test_withdrawing_a_judgement_restores_exactly_the_register_before(
    told: list[Statement], one: str, other: str, verdict: str
) -> None:
    before = [*SITES, *LINKS, *told]
    after = [*before, judged(one, other, verdict, 6), judged(one, other, "withdrawn", 7)]
    assert shown(build(link(after))) == shown(build(link(before)))


@settings(max_examples=60, deadline=None)
@given(judgements)
def test_linked_is_the_same_as_had_everybody_written_one_name(told: list[Statement]) -> None:
    """The slow twin of linking: visits told anew of the one that stands for all."""
    who = clusters(told).canonical
    anew = [replace(s, subject=who.get(s.subject, s.subject), _id=[]) for s in SITES]
    linked, direct = build(link([*SITES, *told])).sites, build(anew).sites
    assert {id: [v.said for v in site.visits] for id, site in linked.items()} == {
        id: [v.said for v in site.visits] for id, site in direct.items()
    }
    assert {id: replace(site, visits=(), also=()) for id, site in linked.items()} == {
        id: replace(site, visits=()) for id, site in direct.items()
    }


# -- may it be judged -------------------------------------------------------------------------------------------------


def why_not(before: list[Statement], new: Statement) -> str | None:
    known = [visit("m1"), visit("m2"), visit("m3"), supply("Amani", "Me", me="buyer"), *before]
    refused = judge(build(link(known)), before, new)
    if refused is None:
        return None
    assert refused.text is not None and all("matching/judgement" in refusal(refused, one) for one in LANGUAGES)
    return refused.text.removeprefix("judgement.")


def test_a_judgement_is_of_two_known_ones_of_a_kind_signed_and_reasoned() -> None:
    assert why_not([], judged(BISIE, MPAMA)) is None
    assert why_not([], judged(BISIE, BISIE)) == "kind"
    assert why_not([], judged(BISIE, "party:amani")) == "kind"
    assert why_not([], judged(BISIE, "site:Nowhere")) == "unknown"
    assert why_not([], judged(BISIE, MPAMA, person=None)) == "unsigned"
    assert why_not([], judged(BISIE, MPAMA, reason=None)) == "no-reason"
    assert why_not([], judged(BISIE, MPAMA, "unsure", reason=None)) is None


def test_what_stands_is_not_judged_again_nor_what_would_not_stand() -> None:
    before = [judged(BISIE, MPAMA, "same", 5)]
    assert why_not(before, judged(MPAMA, BISIE, "same", 6)) == "repeats"
    assert why_not(before, judged(BISIE, MPAMA, "not-same", 6)) is None
    assert why_not(before, judged(BISIE, MPAMA, "not-same", 4)) == "outranked"
    assert why_not([judged(BISIE, MPAMA, "not-same", 5)], judged(BISIE, MPAMA, "same", 5)) == "outranked"


def test_only_what_stands_is_withdrawn() -> None:
    gone = judged(BISIE, MPAMA, "withdrawn", 6)
    assert why_not([], gone) == "nothing"
    assert why_not([judged(BISIE, MPAMA, "same", 5)], gone) is None
    assert why_not([judged(BISIE, MPAMA, "same", 9)], gone) == "nothing"


def test_a_judgement_that_contradicts_a_chain_is_refused_and_the_chain_is_named() -> None:
    third = "site:ipis/m3"
    chain = [judged(BISIE, MPAMA, day=1), judged(MPAMA, third, day=2)]
    assert why_not(chain, judged(BISIE, third, "not-same", 3)) == "contradicts"
    apart = [judged(BISIE, MPAMA, day=1), judged(BISIE, third, "not-same", 2)]
    assert why_not(apart, judged(MPAMA, third, "same", 3)) == "contradicts"
    refused = judge(build(link([visit("m1"), visit("m2"), visit("m3"), *apart])), apart, judged(MPAMA, third, day=3))
    assert refused and f"{BISIE} = {MPAMA} = {third}" in str(refused)


@given(made)
def test_judgements_made_one_by_one_never_contradict(told: list[Statement]) -> None:
    known = [stated(subject, SiteEntry(subject, "COD", None, None, None, (), None), DAY) for subject in SUBJECTS]
    kept: list[Statement] = []
    for new in told:
        if judge(build(link([*known, *kept])), kept, new) is None:
            kept.append(new)
    assert clusters(kept).conflicts == ()


# -- proposing --------------------------------------------------------------------------------------------------------


def test_a_slip_in_the_name_of_a_site_nearby_is_proposed_with_reasons_that_add_up() -> None:
    (found,) = proposals(
        visit("m1", name="Kondingila", lat=-2.0), visit("m2", date(2015, 1, 5), name="Kondigila", lat=-2.001)
    )
    assert found.band == "likely-same" and found.pair == (BISIE, MPAMA)
    assert texts(found) == {"name", "near", "mineral", "territory", "same-list"}
    assert found.km is not None and 0.1 < found.km < 0.12
    assert math.isclose(found.likeness, sum(r.contribution or 0 for r in found.because), abs_tol=1e-9)
    for language in LANGUAGES:
        assert "Kondingila" in say(found.text, language, **dict(found.values))


def test_pits_that_one_programme_numbered_or_visited_apart_are_not_taken_for_one() -> None:
    one = visit("m1", date(2015, 6, 1), name="Kabalo I")
    assert proposals(one, visit("m2", date(2015, 6, 1), name="Kabalo II")) == ()
    assert proposals(one, visit("m2", date(2018, 6, 1), name="Kabalo 2")) == ()
    (same,) = proposals(one, visit("m2", date(2018, 6, 1), name="Kabalo 1"))
    assert same.band == "likely-same"
    (visited,) = proposals(one, visit("m2", date(2015, 6, 9), name="Kabalo I"))
    assert visited.band == "to-judge" and "visited" in texts(visited)
    year = proposals(visit("m1", in_year(2009), name="Maziba"), visit("m2", in_year(2009), name="Maziba"))
    assert "visited-year" in texts(year[0])


def test_a_user_s_own_site_is_matched_by_name_where_it_has_no_place() -> None:
    (found,) = proposals(visit("m1", name="Mukera"), entry("Mukera", point=None))
    assert "no-place" in texts(found) and found.km is None and found.text == "matching.of-unplaced"
    assert proposals(visit("m1", name="Mukera"), entry("Mukera", point=None, country="COL")) == ()


def test_what_lies_far_apart_or_is_called_otherwise_is_not_proposed() -> None:
    assert proposals(visit("m1", name="Mukera"), visit("m2", date(2015, 1, 1), name="Mukera", lat=-2.2)) == ()
    assert proposals(visit("m1", name="Mukera"), visit("m2", date(2015, 1, 1), name="Lubona")) == ()


def test_how_far_a_place_may_be_off_never_makes_it_nearer() -> None:
    def told(within: float) -> float:
        far = visit("m2", date(2015, 1, 1), name="Mukera", point=Point(-2.06, 28.5, within))
        return proposals(visit("m1", name="Mukera"), far)[0].likeness

    assert told(10) == told(5) == pytest.approx(0.65) and told(0.1) < told(10)


def test_sites_on_both_sides_of_the_date_line_are_neighbours() -> None:
    one = visit("m1", name="Mukera", point=Point(-17.0, 179.999))
    assert proposals(one, visit("m2", date(2015, 1, 1), name="Mukera", point=Point(-17.0, -179.999)))


@pytest.mark.parametrize(
    ("one", "other", "band"),
    [
        ("Comptoir Amani SARL", "Comptoir Amani", "likely-same"),
        ("Comptoir Amani S.A.R.L.", "COMPTOIR AMANI sarl", "likely-same"),
        ("Ets. Amani", "Établissements Amani", "likely-same"),
        ("Huaxing Tungsten Co., Ltd.", "Huaxing Tungsten Limited", "likely-same"),
        ("赣州华兴钨业有限公司", "赣州华兴钨业股份有限公司", "likely-same"),
        ("Comptoir Amani SARL", "Comptoir Amani SA", "to-judge"),
        ("Comptoir Amani", "Comptoir Amanni", "to-judge"),
        ("Muster Metall GmbH", "Mustermetall GmbH", "likely-same"),
        ("Coopérative Umoja 1", "Coopérative Umoja 2", None),
        ("Comptoir Amani", "Comptoir Kivu", None),
        ("Amani", "Lumière Metals", None),
    ],
)
def test_parties_are_compared_without_company_forms(one: str, other: str, band: str | None) -> None:
    found = proposals(supply(one, "Me", me="buyer"), supply(other, "Elsewhere"))
    assert [p.band for p in found] == ([band] if band else []), found


def test_a_party_that_supplies_the_other_is_hardly_the_same() -> None:
    assert proposals(supply("Amani Mining", "Amani Minings")) == ()


def test_a_number_in_a_public_register_proposes_what_names_would_not() -> None:
    def numbered(name: str, value: str) -> Statement:
        return stated(party_id(name), Fact("registered-number", None, None, value, None, None), DAY)

    chain = [supply("Old Name", "Me", me="buyer"), supply("Wholly Other", "You")]
    (found,) = proposals(*chain, numbered("Old Name", "CID 1"), numbered("Wholly Other", "cid-1"))
    assert found.band == "to-judge" and "identifier" in texts(found)
    assert proposals(*chain, numbered("Old Name", "CID 1"), numbered("Wholly Other", "CID 2")) == ()


def test_what_was_judged_is_not_proposed_again_and_what_is_unsure_is() -> None:
    told = [visit("m1", name="Mukera"), visit("m2", date(2015, 1, 1), name="Mukera")]
    assert len(proposals(*told)) == len(proposals(*told, judged(BISIE, MPAMA, "unsure"))) == 1
    for verdict in ("same", "not-same"):
        assert proposals(*told, judged(BISIE, MPAMA, verdict)) == ()
    assert proposals(*told, judged(BISIE, MPAMA), judged(BISIE, MPAMA, "withdrawn", 2)) == proposals(*told)


def test_what_was_judged_of_one_of_a_group_is_not_proposed_of_the_others() -> None:
    told = [visit(f"m{n}", date(2010 + 2 * n, 1, 1), name="Mukera") for n in (1, 2, 3)]
    apart = [judged(BISIE, MPAMA), judged(MPAMA, "site:ipis/m3", "not-same")]
    assert proposals(*told, *apart) == ()


WORDS = ["Mukera", "Mukerra", "Lubona", "Colline", "Bisie", "Filon", "Kabalo", "Kabalo Mpya"]
MARKS = ["", " 1", " I", " II", "2", " B"]


places = st.builds(Point, st.floats(-2.1, -1.9), st.floats(28.4, 28.6), st.sampled_from([None, 5.0]))
FIRMS = ["Amani", "Amanni", "Comptoir Amani SARL", "Comptoir Amani SA", "Coop Umoja 1", "Coopérative Umoja", "华兴公司",
         "华兴有限公司", "Me"]  # fmt: skip


@st.composite
def some_sites(draw: st.DrawFn) -> list[Statement]:
    many = draw(st.integers(2, 9))
    return [
        visit(
            f"m{n}", draw(st.dates(date(2012, 1, 1), date(2012, 4, 1))),
            name=draw(st.sampled_from(WORDS)) + draw(st.sampled_from(MARKS)),
            point=draw(st.none() | places),
            minerals=draw(st.sampled_from([("gold",), ("coltan",), ()])),
            territory=draw(st.sampled_from(["Kalehe", "Kabare", None])),
        )
        for n in range(many)
    ]  # fmt: skip


def compared_all(known: list[Statement], where: Register) -> set[tuple[str, str, float]]:
    """The slow twin: every two sites and every two parties, with no way of leaving any out."""
    found = set()
    book = matching._Book("matching/site", RULES, DAY)
    seen = matching._Seen(book)
    stems = {id: stems_of(matching.site_names(site), book) for id, site in where.sites.items()}
    for one, other in combinations([where.sites[id] for id in sorted(where.sites)], 2):
        km = matching.apart_km(one.point, other.point)
        if km is None and (one.country != other.country or not meets(stems, one.id, other.id)):
            continue
        if km is not None and km > book["reach_km"]:
            continue
        mine, theirs = (matching._named(book, matching.site_names(site)) for site in (one, other))
        parts = list(matching._site_parts(one, other, mine, theirs, km, book, seen))
        found.add((one.id, other.id, round(sum(p.contribution or 0 for p in parts), 3)))
    book = matching._Book("matching/party", RULES, DAY)
    traders = {t.party.id: t for t in matching._traders(where, known, book)}
    stems = {id: stems_of((t.party.name, *t.party.also), book) for id, t in traders.items()}
    for one, other in combinations(sorted(traders), 2):
        if meets(stems, one, other) or traders[one].identifiers & traders[other].identifiers:
            parts = list(matching._party_parts(traders[one], traders[other], book))
            found.add((one, other, round(sum(p.contribution or 0 for p in parts), 3)))
    least = {kind: matching._Book(f"matching/{kind}", RULES, DAY)["to_judge_at"] for kind in matching.KINDS}
    return {row for row in found if row[2] >= least[row[0].partition(":")[0]]}


def stems_of(names: tuple[str, ...], book: matching._Book) -> set[str]:
    return {word[:4] for name in names for word in book.name(name.rpartition(":")[2]).bare.split()}


def meets(stems: dict[str, set[str]], one: str, other: str) -> bool:
    often = Counter(stem for of in stems.values() for stem in of)
    rare = {stem for stem in often if often[stem] <= matching.common(len(stems))}
    return bool(stems[one] & stems[other] & rare) or stems[one] == stems[other]


def quick(known: list[Statement], where: Register) -> set[tuple[str, str, float]]:
    return {(p.left, p.right, p.likeness) for p in propose(where, known, RULES, DAY)}


@settings(max_examples=80, deadline=None)
@given(some_sites())
def test_sites_proposed_are_those_that_comparing_all_finds(told: list[Statement]) -> None:
    where = build(told)
    assert quick(told, where) == compared_all(told, where)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(FIRMS), min_size=2, max_size=9))
def test_parties_proposed_are_those_that_comparing_all_finds(ends: list[str]) -> None:
    told = [supply(a, b) for a, b in pairwise(ends)]
    where = build(told)
    assert quick(told, where) == compared_all(told, where)


@settings(max_examples=40, deadline=None)
@given(some_sites(), st.randoms())
def test_proposals_depend_on_no_order_and_reasons_add_up_to_the_likeness(
    told: list[Statement], dice: random.Random
) -> None:
    found = proposals(*told)
    mixed = list(told)
    dice.shuffle(mixed)
    assert proposals(*mixed) == found
    for p in found:
        assert 0 <= p.likeness <= 1 and p.left < p.right
        assert math.isclose(p.likeness, math.fsum(r.contribution or 0 for r in p.because), abs_tol=1e-9)
        assert (p.band == "likely-same") == (p.likeness >= RULES.figure("matching/site", "likely_at", DAY).value)


def test_weights_that_speak_for_two_being_one_add_up_to_no_more_than_one() -> None:
    for rule, names_ in (
        ("matching/site", ("name", "distance", "mineral", "territory")),
        ("matching/party", ("name", "identifier", "country", "trade")),
    ):
        weights = [RULES.figure(rule, f"{name}_weight", DAY).value for name in names_]
        assert math.isclose(sum(weights), 1)
        low, high = (RULES.figure(rule, name, DAY).value for name in ("to_judge_at", "likely_at"))
        assert 0 < low < high <= 1


@given(st.text("abcdé -", max_size=12), st.text("abcdé -", max_size=12))
def test_letters_shared_never_rule_out_names_that_are_alike(one: str, other: str) -> None:
    book = matching._Book("matching/site", RULES, DAY)
    names_ = [(book.name(one or "x"),), (book.name(other or "y"),)]
    alike = matching._likeness(names_[0][0], names_[1][0])
    if alike > 0:
        assert matching._alike([(0, 1)], names_, alike) == [(0, 1)]


@pytest.fixture(scope="module")
def lakes() -> tuple[list[Statement], Register]:
    from winze.formats import reading

    told = list(reading.read(real("mines/ipis_drc_visits_2009_2018.csv")).statements)
    return told, build(told)


def test_the_visits_of_eastern_drc_propose_few_pairs_and_those_that_a_person_would_look_at(
    lakes: tuple[list[Statement], Register],
) -> None:
    told, where = lakes
    found = propose(where, told, RULES, DAY)
    bands = Counter(p.band for p in found)
    assert 1 <= bands["likely-same"] <= 15 and 10 <= bands["to-judge"] <= 80
    likely = {
        frozenset((where.sites[p.left].name, where.sites[p.right].name)) for p in found if p.band == "likely-same"
    }
    assert {frozenset(("Kavumu",)), frozenset(("Kondingila", "Kondigila"))} <= likely
    pairs = {p.pair for p in found}
    assert ("site:ipis/codmine00474", "site:ipis/codmine00475") not in pairs  # Kabalo I and Kabalo II, one day


def test_the_visits_of_eastern_drc_give_what_comparing_all_near_ones_gives(
    lakes: tuple[list[Statement], Register],
) -> None:
    told, where = lakes
    some = {id: site for id, site in where.sites.items() if site.territory in ("Kalehe", "Shabunda")}
    part = replace(where, sites=some)
    assert quick(told, part) == compared_all(told, part)


# -- the walk and the audience ----------------------------------------------------------------------------------------


def told_case() -> list[Statement]:
    return [
        visit("m1", date(2019, 3, 1), name="Colline Rouge"),
        visit("m2", date(2018, 3, 1), name="Zibahati"),
        visit("m3", date(2017, 3, 1), name="Zibahatti"),
        supply("Amani", "Me", "M1", me="buyer"),
        judged(BISIE, MPAMA, reason="Whispered by Zawadi", person="Furaha Example"),
    ]


def test_a_judgement_counts_from_the_day_it_was_made() -> None:
    told = told_case()
    assert set(cycle.run(told, RULES, {}, date(2019, 12, 31)).register.sites) == {BISIE, MPAMA, "site:ipis/m3"}
    assert set(cycle.run(told, RULES, {}, DAY).register.sites) == {BISIE, "site:ipis/m3"}


def test_the_walk_tells_of_contradictions_and_of_judgements_about_nobody() -> None:
    told = [
        *told_case(), judged(MPAMA, "site:ipis/m3", day=2), judged(BISIE, "site:ipis/m3", "not-same", 1, row=4),
        judged(BISIE, "site:Nowhere", "unsure", 1, row=5),
    ]  # fmt: skip
    done = cycle.run(told, RULES, {}, DAY)
    codes = [(p.code, p.origin.row) for p in done.problems if p.code.startswith("judgement")]
    assert sorted(codes) == [("judgement_conflict", 2), ("judgement_of_nobody", 5)]
    assert done.proposals == ()


@pytest.mark.parametrize("audience", ["partner", "public"])
def test_nothing_of_a_judgement_reaches_a_reader_outside(audience: str) -> None:
    from test_disclosure import everything

    from winze.engine import reporting
    from winze.engine.texts import sentence

    told = [*told_case(), judged(MPAMA, "site:ipis/m3", day=2), judged(BISIE, "site:ipis/m3", "not-same", 1)]
    done = cycle.run(told, RULES, {}, DAY)
    eyes = view(done, audience)
    made_ = [s for s in done.statements if isinstance(s.said, Judgement)]
    assert made_ and not any(eyes.sees(s.id) for s in made_)
    outside = " ".join(sentence(eyes.problem(p), one) for p in done.problems for one in LANGUAGES)
    report = reporting.compile(done, audience)
    outside += everything(
        replace(
            report,
            risks=tuple(replace(r, risk=None) for r in report.risks),
            signals=tuple(replace(s, signal=None) for s in report.signals),
            pressed=(),
        )
    )
    for word in ("Furaha", "Whispered", "Zawadi", "Zibahati", "Rouge", "ipis/m"):
        assert word not in outside, word


def test_names_that_were_linked_away_stay_hidden_and_proposals_stay_inside() -> None:
    done = cycle.run(told_case(), RULES, {}, DAY)
    assert not view(done, "partner")._speakable("near Zibahati") and not view(done, "partner")._speakable(
        "Colline Rouge"
    )
    apart = cycle.run(told_case()[:-1], RULES, {}, DAY)
    assert apart.proposals and all(view(apart, "internal").proposal(p) == p for p in apart.proposals)
    assert not any(view(apart, who).proposal(p) for p in apart.proposals for who in ("partner", "public"))


def test_the_same_words_fold_to_one_party_and_need_no_judgement() -> None:
    assert proposals(supply("Comptoir AMANI", "Me", me="buyer"), supply("comptoir amani", "You")) == ()
    assert isinstance(supply("A", "B").said, Supply) and fold("A") == "a"


def test_an_act_on_a_party_by_its_other_name_counts_once_a_person_judged_the_two_the_same() -> None:
    from engine.acting import FORCES, act, adopted, case
    from engine.acting import RULES as BOOK
    from winze.engine import mitigation

    acts = [
        *adopted(FORCES),
        act("ask-reply", "2020-02-01", "Amina", "owner", "Comptoir Amani SARL"),
        act("record-harm-test", "2020-02-01", "Amina", note="Note 4"),
        act("suspend", "2020-03-02", "Boris", "approver", "Comptoir Amani SARL"),
    ]

    def state(*more: Statement) -> str:
        about = case(FORCES, "2020-05-11", *acts, *more)
        linked = link(about.statements)
        found = mitigation.plans(linked, replace(about, statements=linked, register=build(linked), rulebook=BOOK))[0]
        return found[0].trade

    judgement = judged("party:comptoir amani", "party:comptoir amani sarl")
    assert (state(), state(judgement)) == ("trading", "suspended")
