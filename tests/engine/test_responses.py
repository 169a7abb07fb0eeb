"""Responses: a stop takes its four conditions, a likelihood is none of them, and paragraphs 1 to 4 leave no choice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.acting import (
    CHAIN,
    FORCES,
    GROUP,
    LABOUR,
    MONEY,
    ORIGIN,
    SITE,
    SUPPLIER,
    TAXES,
    act,
    adopted,
    answer,
    case,
    folded,
    heard,
    moved,
    redrafted,
)
from engine.telling import actor, day, supply, visit
from engine.test_mitigation import ACTS, ALL, LENIENT
from winze.engine import leaving, mitigation
from winze.engine.plan import Case, Plan, unopened
from winze.engine.records import PlanAct, Statement
from winze.engine.register import build
from winze.engine.responses import grounds
from winze.engine.risks import Response, Risk, Severity

LATE = "2022-12-31"
STRICT = (LABOUR, GROUP)
STOP = ("suspend", "2020-03-10", "Boris", "approver", SUPPLIER)
PARTY = "party:comptoir amani"


def opened(risk: str, about: Case, *more: Statement) -> Plan:
    return folded([act("propose", "2020-02-01", "Amina", "owner", risk), *more], about)[0]


# -- the four conditions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("evidence", "named", "related", "signed"), list(product([True, False], repeat=4)))
def test_a_stop_takes_all_four_a_named_actor_a_relationship_reasonable_risk_and_a_signature(
    evidence: bool, named: bool, related: bool, signed: bool
) -> None:
    when = "2020-01-20" if evidence else "2018-12-01"
    found = visit("Bisie", when, actors=(actor("state", "taxation", name="A brigade" if named else ""),))
    chain = CHAIN if related else [supply("Somebody", SUPPLIER), supply(SUPPLIER, "Lumière Metals", mine="buyer")]
    known = [*chain, found]
    about = Case(known, build(known), (), case(FORCES, LATE).rulebook, day(LATE))
    plan = opened(FORCES, about, *heard("2020-02-02"))
    answered = answer(plan, act("suspend", "2020-03-10", "Boris" if signed else None, "approver", SUPPLIER), about)
    whole = evidence and named and related
    assert answered == ("unsigned" if not signed else "suspended" if whole else "grounds")
    missing = grounds(plan, PARTY, day("2020-03-10"), about).missing
    assert ("missing.reasonable-risk" in missing) is not evidence
    assert ("missing.relationship" in missing) is not related
    if evidence:
        assert ("missing.actor" in missing) is not named


def test_the_supplier_must_be_one_of_mine_and_not_myself() -> None:
    about = case(LABOUR, LATE)
    plan = opened(LABOUR, about)
    for name, answered in ((SUPPLIER, "suspended"), ("Bisie Cooperative", "suspended"), ("Nobody", "grounds"),
                           ("Lumière Metals", "grounds"), ("Other Refinery", "suspended")):  # fmt: skip
        assert answer(plan, act("suspend", "2020-03-10", "Boris", "approver", name), about) == answered, name


def test_what_is_missing_is_told_in_words() -> None:
    about = case(ORIGIN, LATE)
    plan = opened(ORIGIN, about)
    _, problems = mitigation.plans([act("propose", "2020-02-01", "Amina", "owner", ORIGIN), act(*STOP)], about)
    from winze.engine.texts import sentence

    assert "reasonable risk" in sentence(problems[0], "en") and "enhanced due diligence" in sentence(problems[0], "en")
    assert "强化尽职调查" in sentence(problems[0], "zh-hans")
    assert plan.trade == "trading"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ALL), st.lists(ACTS, max_size=30))
def test_no_stop_counts_without_its_four_conditions(risk: str, more: list[Statement]) -> None:
    about = case(risk, LATE)
    plan, _ = folded([*adopted(risk), *more], about)
    for n, step in enumerate(plan.steps):
        if step.act.verb not in ("suspend", "disengage"):
            continue
        assert step.act.person and step.act.role in ("approver", "outside")
        before = replace(plan, steps=plan.steps[:n])
        assert step.act.about
        party = f"party:{step.act.about[0].lower()}"
        assert grounds(before, party, step.day, about).missing == ()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(STRICT), st.lists(ACTS, max_size=30))
def test_under_paragraphs_one_to_four_nothing_continues_and_nothing_pauses(risk: str, more: list[Statement]) -> None:
    about = case(risk, LATE)
    plan, _ = folded([act("propose", "2020-02-01", "Amina", "owner", risk), *more], about)
    assert not {"continue", "pause"} & {step.act.verb for step in plan.steps}
    for verb in ("continue", "pause"):
        one = act(
            verb,
            "2022-07-01",
            "Boris",
            "approver",
            SUPPLIER if verb == "continue" else "legal-act",
            until=day("2022-07-05"),
        )
        assert answer(plan, one, about) == f"{verb}-strict"


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ALL), st.lists(ACTS, max_size=30))
def test_proposer_and_approver_differ_on_every_act_that_counts(risk: str, more: list[Statement]) -> None:
    about = case(risk, LATE)
    plan, _ = folded([*adopted(risk), *more], about)
    pairs = {verb: pair for flow in about.flows.values() for verb, pair in flow.four_eyes.items()}
    newest: dict[str, str | None] = {}
    for step in plan.steps:
        for other in pairs[step.act.verb].differs_from if step.act.verb in pairs else ():
            assert other not in newest or (newest[other] and newest[other] != step.act.person)
        newest[step.act.verb] = step.act.person


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(LENIENT), st.lists(ACTS, max_size=30))
def test_elsewhere_every_stop_stands_on_a_harm_test_and_a_party_that_was_heard(
    risk: str, more: list[Statement]
) -> None:
    about = case(risk, LATE)
    plan, _ = folded([*adopted(risk), *more], about)
    for n, step in enumerate(plan.steps):
        if step.act.verb in ("suspend", "disengage"):
            before = [other.act.verb for other in plan.steps[:n]]
            assert "record-harm-test" in before and "ask-reply" in before


@settings(max_examples=100, deadline=None)
@given(st.lists(ACTS, max_size=30))
def test_trade_never_resumes_within_three_months_of_a_stop(more: list[Statement]) -> None:
    about = case(FORCES, LATE)
    stop = [*adopted(FORCES), act("review-none", "2020-05-01", "Boris", "approver"), *heard("2020-05-01"),
            act("suspend", "2020-05-16", "Boris", "approver", SUPPLIER)]  # fmt: skip
    plan, _ = folded([*stop, *more], about)
    stopped = None
    for step in plan.steps:
        if step.act.verb == "suspend":
            stopped = step.day
        if step.act.verb == "resume":
            assert stopped and step.day >= stopped + timedelta(days=89)


# -- a likelihood accuses nobody --------------------------------------------------------------------------------------


@given(st.floats(0, 1))
def test_no_likelihood_satisfies_any_condition(p: float) -> None:
    from winze.engine.likelihood import Likelihood

    about = case(ORIGIN, "2020-06-01")
    risk = Risk(ORIGIN, SITE, "D", "misrepresented-origin", Likelihood(p, p, p, "kernel"), Severity(3, None, 2), None,
                "linked", True, 1, Response("assess", None, "risk/assessment"), ())  # fmt: skip
    (plan,) = mitigation.review([], [risk], about)
    assert {"missing.reasonable-risk", "missing.actor", "missing.signature"} <= set(plan.missing)
    assert plan.key is None and plan.state == "not-proposed"


# -- findings by persons ----------------------------------------------------------------------------------------------


def finding(
    when: str, level: str, who: str = "Amina", actor_named: str = "A trader", note: str | None = "File 9"
) -> Statement:
    return act("record-finding", when, who, "owner", *([actor_named] if actor_named else []), level=level, note=note)


@pytest.mark.parametrize(
    ("one", "answered"),
    [
        (finding("2020-03-01", "reasonable-risk"), "suspended"),
        (finding("2020-03-01", "verified"), "suspended"),
        (finding("2020-03-01", "plausible"), "grounds"),
        (finding("2020-03-01", "reasonable-risk", actor_named=""), "grounds"),
        (finding("2020-03-01", "reasonable-risk", note=None), "grounds"),
        (finding("2020-03-01", "reasonable-risk", who="Boris"), "four-eyes"),
        (finding("2020-03-11", "reasonable-risk"), "grounds"),
    ],
)
def test_a_documented_finding_founds_a_stop_that_somebody_else_signs(one: Statement, answered: str) -> None:
    about = case(MONEY, LATE)
    acts = [*heard("2020-02-02")] + ([one] if one.speaks_of.known_on <= day("2020-03-10") else [])
    assert answer(opened(MONEY, about, *acts), act(*STOP), about) == answered


def test_a_finding_grows_old_as_a_visit_does() -> None:
    about = case(MONEY, LATE)
    plan = opened(MONEY, about, *heard("2020-02-02"), finding("2020-03-01", "verified"))
    for when, answered in ((date(2021, 3, 1), "suspended"), (date(2021, 3, 2), "grounds")):
        assert answer(plan, moved(act(*STOP), when), about) == answered


def test_a_finding_that_it_is_gone_answers_older_visits_and_not_newer_ones() -> None:
    about = case(FORCES, LATE)
    plan = opened(FORCES, about, *heard("2020-02-02"), finding("2020-03-01", "not-found", actor_named=""))
    assert answer(plan, act(*STOP), about) == "grounds"
    again = case(FORCES, LATE, visit("Bisie", "2020-03-05", actors=(actor("state", "taxation", name="A brigade"),)))
    assert answer(plan, act(*STOP), again) == "suspended"


# -- stops, replies, harm ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("risk", STRICT)
def test_under_paragraphs_one_to_four_the_stop_is_immediate_and_the_reply_asked_the_same_day(risk: str) -> None:
    about = case(risk, "2020-02-01")
    plan = opened(risk, about)
    assert [(c.what, c.day) for c in mitigation.review([plan], [], about)[0].clocks] == [("stop", date(2020, 2, 1))]
    plan = opened(risk, about, act("suspend", "2020-02-01", "Boris", "approver", SUPPLIER))
    assert plan.suspended and plan.stopped_on == date(2020, 2, 1)
    (shown,) = mitigation.review([plan], [], about)
    assert [(c.what, c.day) for c in shown.clocks] == [("ask-reply", date(2020, 2, 1))]
    assert shown.harm and shown.harm.people == 120 and shown.publishable is None


@pytest.mark.parametrize("risk", STRICT)
def test_a_plan_is_no_way_around_a_stop_that_is_founded(risk: str) -> None:
    plan, refused = folded(adopted(risk), case(risk, LATE))
    assert plan.state == "submitted" and refused == ["adopt-trading"]
    stopped = [act("suspend", "2020-02-01", "Chantal", "approver", SUPPLIER)]
    plan, refused = folded([*adopted(risk), *stopped], case(risk, LATE))
    # the supplier is known from the stop of the same day, so the plan is adopted while trade has stopped
    assert refused == [] and plan.suspended and plan.state == "adopted"


def test_elsewhere_the_harm_and_the_reply_come_first() -> None:
    about = case(FORCES, LATE)
    ask = act("ask-reply", "2020-02-25", "Amina", "owner", SUPPLIER)
    harm = act("record-harm-test", "2020-02-25", "Amina", note="Note")
    came = act("record-reply", "2020-03-01", "Its head", "party", note="No.")
    for acts, answered in (
        ((), "harm-untested"), ((harm,), "reply-unasked"), ((harm, ask), "reply-window"), ((ask,), "harm-untested"),
        ((harm, ask, came), "suspended"),
    ):  # fmt: skip
        assert answer(opened(FORCES, about, *acts), act(*STOP), about) == answered
    plan = opened(FORCES, about, harm, ask)
    for when, answered in ((date(2020, 3, 10), "reply-window"), (date(2020, 3, 11), "suspended")):
        assert answer(plan, moved(act(*STOP), when), about) == answered


def stopped_plan(about: Case, *more: Statement) -> Plan:
    acts = [*adopted(FORCES), act("review-none", "2020-05-01", "Boris", "approver"), *heard("2020-05-01"),
            act("suspend", "2020-05-16", "Boris", "approver", SUPPLIER), *more]  # fmt: skip
    plan, refused = folded(acts, about)
    assert refused == [], refused
    return plan


def resume(when: str, who: str = "Boris") -> Statement:
    return act("resume", when, who, "approver", SUPPLIER)


PROPOSED = act("propose-resumption", "2020-07-01", "Amina", "owner", SUPPLIER)
ASKED = act("ask-reply", "2020-07-01", "Amina", "owner", SUPPLIER)


def test_resuming_takes_three_months_a_revised_plan_a_second_person_and_a_party_asked_anew() -> None:
    about = case(FORCES, LATE)
    assert answer(stopped_plan(about, PROPOSED), resume("2020-08-15"), about) == "resume-early"
    assert answer(stopped_plan(about, PROPOSED), resume("2020-08-16"), about) == "resume-objectives"
    revised = redrafted("2020-06-01")
    assert answer(stopped_plan(about, *revised, PROPOSED), resume("2020-08-16"), about) == "reply-unasked"
    plan = stopped_plan(about, *revised, PROPOSED, ASKED)
    assert answer(plan, resume("2020-08-16", "Amina"), about) == "four-eyes"
    assert answer(plan, resume("2020-08-16"), about) == "trading"


def test_a_plan_that_was_not_revised_since_the_stop_does_not_resume_trade() -> None:
    about = case(MONEY, LATE)
    acts = [*adopted(MONEY), finding("2020-03-01", "verified"), *heard("2020-02-20"), act(*STOP), PROPOSED, ASKED]
    plan, refused = folded(acts, about)
    assert refused == [] and plan.state == "adopted"
    assert answer(plan, resume("2020-08-16"), about) == "resume-objectives"


@pytest.mark.parametrize("risk", STRICT)
def test_under_paragraphs_one_to_four_trade_resumes_only_after_a_finding_since_the_stop(risk: str) -> None:
    about = case(risk, LATE)
    acts = [*adopted(risk), act("suspend", "2020-02-01", "Boris", "approver", SUPPLIER), PROPOSED, ASKED]
    assert answer(folded(acts, about)[0], resume("2020-08-16"), about) == "resume-finding"
    gone = act("record-finding", "2020-07-05", "Diane", "owner", level="not-found", note="Report 4")
    assert answer(folded([*acts, gone], about)[0], resume("2020-08-16"), about) == "trading"
    back = case(risk, LATE, moved_visit(risk, "2020-08-01"))
    assert answer(folded([*acts, gone], back)[0], resume("2020-08-16"), back) == "resume-finding"


def moved_visit(risk: str, when: str) -> Statement:
    who = (
        actor("state", "forced-labour", name="A brigade")
        if risk == LABOUR
        else actor("non-state", "taxation", name="A militia")
    )
    return visit("Bisie", when, actors=(who,))


def test_disengaging_takes_a_proposal_and_four_eyes() -> None:
    about = case(LABOUR, LATE)
    plan = opened(LABOUR, about, act("propose-disengagement", "2020-02-02", "Amina", "owner", SUPPLIER))
    leave = ("disengage", "2020-02-03")
    assert answer(opened(LABOUR, about), act(*leave, "Boris", "approver", SUPPLIER), about) == "state"
    assert answer(plan, act(*leave, "Amina", "approver", SUPPLIER), about) == "four-eyes"
    assert answer(plan, act(*leave, "Boris", "owner", SUPPLIER), about) == "role"
    assert answer(plan, act(*leave, "Boris", "approver", SUPPLIER), about) == "disengaged"
    assert answer(plan, act(*leave, "Chantal", "outside", SUPPLIER), about) == "outside-above"


def test_a_plan_closes_when_it_worked_and_trade_goes_on_or_when_trade_has_ended() -> None:
    about = case(LABOUR, LATE)
    plan = opened(LABOUR, about, act("propose-disengagement", "2020-02-02", "Amina", "owner", SUPPLIER),
                  act("disengage", "2020-02-03", "Boris", "approver", SUPPLIER))  # fmt: skip
    assert answer(plan, act("close", "2020-02-04", "Boris", "approver"), about) == "closed"
    assert (
        answer(stopped_plan(case(FORCES, LATE)), act("close", "2020-06-01", "Boris", "approver"), case(FORCES, LATE))
        == "close-early"
    )


# -- the harm of leaving ----------------------------------------------------------------------------------------------


def harm(*told: Statement, party: str = PARTY, as_of: str = "2020-06-01") -> leaving.Harm:
    known = [*CHAIN, *told]
    return leaving.harm((party,), (), build(known), case(TAXES, LATE).rulebook, day(as_of))


def site(name: str, workers: int | None) -> Statement:
    return visit(name, "2020-01-01", workers=workers)


def test_people_are_counted_at_the_sites_behind_a_supplier_and_the_unknown_stays_unknown() -> None:
    more = supply("Other Cooperative", SUPPLIER, "gold", "Hill Two")
    whole = harm(site("Bisie", 120), site("Hill Two", 30), site("Elsewhere", 999), more)
    assert (whole.sites, whole.sites_unknown, whole.people_low, whole.people_high, whole.people) == (
        2,
        0,
        150,
        150,
        150,
    )
    part = harm(site("Bisie", 120), site("Hill Two", None), more)
    assert (part.sites, part.sites_unknown, part.people_low, part.people) == (2, 1, 120, None)
    none = harm(site("Elsewhere", 999))
    assert (none.sites, none.people_low, none.people) == (0, 0, None)
    nobody = harm(site("Bisie", 0))
    assert nobody.people == 0  # somebody counted, and there was nobody


def test_other_buyers_are_named_or_unknown_never_none() -> None:
    assert harm(site("Bisie", 1)).buyers == ("party:other refinery",)
    assert harm(site("Bisie", 1), party="party:bisie cooperative").buyers == ("party:comptoir amani",)
    alone = [supply("A", "Me", mine="buyer")]
    assert leaving.harm(("party:a",), (), build(alone), case(TAXES, LATE).rulebook, day("2020-06-01")).buyers is None


def test_effects_are_shown_as_published_from_the_day_they_were() -> None:
    found = {effect.rule: effect for effect in harm(as_of="2020-06-01").effects}
    assert (found["effect/battles"].low, found["effect/looting"].low, found["effect/civilians"].low) == (44, 51, 28)
    assert (found["effect/infant-death"].low, found["effect/infant-death"].high) == (143, None)
    assert found["effect/displacement"].relation == "direction" and not found["effect/displacement"].confirmed
    assert {e.rule for e in harm(as_of="2017-06-01").effects} == {"effect/infant-death", "effect/displacement"}


def test_a_ring_of_suppliers_ends() -> None:
    ring = [supply("A", "B"), supply("B", "A"), supply("B", "Me", mine="buyer")]
    assert leaving.upstream("party:b", build(ring)) == {"party:a", "party:b"}


def test_an_area_claimed_for_a_mineral_stands_for_its_sites_where_it_is_dug() -> None:
    claimed = [supply("Trader", "Me", "gold", "Djugu", mine="buyer"), site("Bisie", 7),
               visit("Tin Hill", "2020-01-01", minerals=("cassiterite",), workers=5)]  # fmt: skip
    found = leaving.behind("party:trader", build(claimed))
    assert SITE in found and "site:Tin Hill" not in found


def test_a_proposed_plan_shows_what_is_missing_and_a_recorded_one_replaces_it() -> None:
    about = case(FORCES, "2020-06-01")
    risk: Any = Risk(FORCES, SITE, "C", "state-forces-interference", mitigation_likelihood(), Severity(3, 3, 3),
                     "reasonable-risk", "linked", True, 1, Response("adopt-plan", None, "annex-ii/c"), ())  # fmt: skip
    (draft,) = mitigation.review([], [risk], about)
    assert draft.missing == ("missing.signature",) and draft.rank == 1 and draft.harm and draft.in_chain
    assert [p.verb for p in draft.possible if p.refusal is None] == ["propose"]
    assert draft.objectives and not draft.adoptions
    (kept,) = mitigation.review([opened(FORCES, about)], [risk], about)
    assert kept.key == "P1" and kept.rank == 1
    closed = replace(opened(FORCES, about), states={**unopened(about).states, "plan": "closed"})
    assert [plan.key for plan in mitigation.review([closed], [risk], about)] == ["P1", None]


def mitigation_likelihood() -> Any:
    from winze.engine.likelihood import NOTHING

    return NOTHING


def test_an_act_without_a_day_of_rules_is_refused_not_broken() -> None:
    about = case(TAXES, LATE)
    old = [replace(s, _id=[]) for s in (act("propose", "1999-01-01", "Amina", "owner", TAXES),)]
    plan, refused = folded(old, about)
    assert plan.state == "draft" and refused == []
    assert isinstance(old[0].said, PlanAct)
