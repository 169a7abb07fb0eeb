"""Plans: folded from acts in any order, adopted only when whole, with deadlines that never drift."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.acting import (
    FORCES,
    GROUP,
    LABOUR,
    MONEY,
    ORIGIN,
    RULES,
    SITE,
    SUPPLIER,
    TAXES,
    act,
    adopted,
    answer,
    case,
    drafted,
    folded,
    heard,
    redrafted,
)
from engine.telling import actor, day, fact, node, say, visit
from winze.engine import measures, mitigation
from winze.engine.clocks import clocks, publishable_from
from winze.engine.plan import Plan, letter_of, unopened
from winze.engine.reasons import Signal
from winze.engine.records import PlanAct, Statement
from winze.engine.responses import permit

LATE = "2022-12-31"
ALL = (LABOUR, GROUP, FORCES, ORIGIN, MONEY, TAXES)
LENIENT = (FORCES, ORIGIN, MONEY, TAXES)


def due(plan: Plan, about: Any) -> dict[str, date]:
    return {clock.what: clock.falls for clock in clocks(plan, about)}


# -- proposing and adopting -------------------------------------------------------------------------------------------


def test_a_whole_plan_is_adopted_by_a_second_person_and_its_deadline_is_six_months_later() -> None:
    plan, refused = folded(adopted(FORCES), case(FORCES, "2020-03-01"))
    assert refused == [] and plan.state == "adopted" and plan.trade == "trading"
    assert plan.adoptions[0].deadline == date(2020, 2, 1) + timedelta(days=180)
    assert plan.adoptions[0].rule == "annex-ii/c"
    assert (plan.owner, plan.letters, plan.kinds, plan.subjects) == (
        "Amina", ("C",), ("state-forces-interference",), (SITE,)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("left_out", "refused"),
    [("add-measure", "adopt-objectives"), ("record-baseline", "adopt-baseline"), ("consult", "adopt-consulted")],
)
def test_a_plan_that_is_not_whole_is_not_adopted(left_out: str, refused: str) -> None:
    acts = [s for s in adopted(TAXES) if isinstance(s.said, PlanAct) and s.said.verb != left_out]
    if left_out == "record-baseline":  # nothing in this case tells the baseline of meetings
        acts[1] = act("add-measure", "2020-02-01", "Amina", "owner", "annex3/security-forum", amount=2)
    plan, told = folded(acts, case(TAXES, LATE))
    assert plan.state == "submitted" and refused in told


@pytest.mark.parametrize("asked", [("women",), ("local-authorities",), ("suppliers", "civil-society")])
def test_those_affected_and_the_authorities_are_both_asked(asked: tuple[str, ...]) -> None:
    acts = [s for s in adopted(TAXES) if isinstance(s.said, PlanAct) and s.said.verb != "consult"]
    plan, refused = folded([*acts, act("consult", "2020-02-01", "Amina", "owner", *asked)], case(TAXES, LATE))
    assert plan.state == "submitted" and "adopt-consulted" in refused


def test_an_unknown_baseline_needs_a_reason_and_stays_unknown() -> None:
    about = case(TAXES, LATE)
    plan, _ = folded(drafted(TAXES)[:2], about)
    name = "annex3/independent-monitoring"
    assert answer(plan, act("record-baseline", "2020-02-01", "Amina", "owner", name), about) == "no-figure-no-reason"
    plan, _ = folded(
        [*drafted(TAXES)[:2], act("record-baseline", "2020-02-01", "Amina", "owner", name, note="No road")], about
    )
    assert plan.objectives[0].baseline.value is None and plan.objectives[0].recorded
    assert plan.objectives[0].baseline.because.text == "reason.baseline-unknown"


def test_women_and_children_are_counted_apart() -> None:
    acts = [*drafted(TAXES)[:1], act("consult", "2020-02-02", "Amina", "owner", "women", amount=9),
            act("consult", "2020-02-02", "Amina", "owner", "children", amount=4)]  # fmt: skip
    plan, _ = folded(acts, case(TAXES, LATE))
    assert {s.act.about: s.act.amount for s in plan.since(None, "consult")} == {("women",): 9, ("children",): 4}


def test_a_plan_names_risks_the_rules_know() -> None:
    about = case(TAXES, LATE)
    for wrong in ("nonsense", "nonsense/site:Bisie", "unpaid-taxes"):
        assert (
            answer(unopened(about, "P1"), act("propose", "2020-02-01", "Amina", "owner", wrong), about)
            == "risk-unknown"
        )
    assert answer(unopened(about, "P1"), act("propose", "2020-02-01"), about) == "risk-unknown"


def test_a_plan_of_several_risks_follows_the_gravest_and_the_shortest_clock() -> None:
    acts = [act("propose", "2020-02-01", "Amina", "owner", TAXES, FORCES), *drafted(TAXES)[1:]]
    plan, _ = folded([*acts, act("adopt", "2020-02-01", "Boris", "approver")], case(FORCES, LATE))
    assert plan.letters == ("C", "F") and plan.adoptions[0].rule == "annex-ii/c"


def test_nothing_can_be_done_before_a_plan_is_proposed_or_after_it_ended() -> None:
    about = case(TAXES, LATE)
    assert folded([act("submit", "2020-02-01")], about)[1] == ["not-proposed"]
    assert folded([act("submit", "2020-01-31"), *drafted(TAXES)], about)[1] == ["early"]
    ended = [*drafted(TAXES)[:2], act("withdraw-plan", "2020-02-02")]
    plan, refused = folded([*ended, act("consult", "2020-02-03", "Amina", "owner", "women")], about)
    assert plan.over and refused == ["over"]


def test_a_plan_that_was_adopted_or_stopped_trade_is_not_withdrawn() -> None:
    about = case(LABOUR, LATE)
    stopped = [act("propose", "2020-02-01", "Amina", "owner", LABOUR),
               act("suspend", "2020-02-01", "Boris", "approver", SUPPLIER)]  # fmt: skip
    plan, _ = folded(stopped, about)
    assert plan.suspended and answer(plan, act("withdraw-plan", "2020-02-02"), about) == "withdraw-adopted"


def test_a_second_proposal_of_one_key_is_refused_and_changes_nothing() -> None:
    about = case(TAXES, LATE)
    plan, refused = folded([*drafted(TAXES), act("propose", "2020-03-01", "Amina", "owner", MONEY)], about)
    assert refused == ["state"] and plan.risks == (TAXES,)


# -- deadlines --------------------------------------------------------------------------------------------------------

VERBS = [verb for flow in case(TAXES, LATE).flows.values() for verb in flow.verbs]
ACTS = st.builds(
    act,
    st.sampled_from(VERBS),
    st.dates(date(2020, 1, 1), date(2022, 6, 1)).map(str),
    st.sampled_from(["Amina", "Boris", "Chantal", None]),
    st.sampled_from(["owner", "approver", "outside", "party"]),
    st.sampled_from(
        [SUPPLIER, "annex3/independent-monitoring", "legal-act", "women", "A brigade", TAXES, LABOUR, FORCES]
    ),
    amount=st.sampled_from([None, 0, 3, 500]),
    until=st.sampled_from([None, date(2020, 6, 1), date(2021, 6, 1)]),
    level=st.sampled_from([None, "not-found", "reasonable-risk", "verified"]),
    note=st.sampled_from([None, "Report 3"]),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(LENIENT), st.lists(ACTS, max_size=25))
def test_a_deadline_never_drifts_whatever_is_recorded_later(risk: str, more: list[Statement]) -> None:
    about = case(risk, LATE)
    before, _ = folded(adopted(risk), about)
    later = [s for s in more if s.speaks_of.known_on > date(2020, 2, 1)]
    after, _ = folded([*adopted(risk), *later], about)
    assert after.adoptions[0] == before.adoptions[0]
    for adoption in after.adoptions:
        assert adoption.deadline == adoption.day + timedelta(days=180)


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTS, max_size=25))
def test_every_deadline_once_given_stays_as_more_is_recorded(more: list[Statement]) -> None:
    about, acts = case(FORCES, LATE), adopted(FORCES)
    later = sorted((s for s in more if s.speaks_of.known_on > date(2020, 2, 1)), key=lambda s: s.speaks_of.known_on)
    told = folded(acts, about)[0].adoptions
    for n in range(1, len(later) + 1):
        if n < len(later) and later[n].speaks_of == later[n - 1].speaks_of:
            continue  # the acts of one day count together
        now = folded([*acts, *later[:n]], about)[0].adoptions
        assert now[: len(told)] == told
        told = now


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ALL), st.lists(ACTS, max_size=25), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(risk: str, more: list[Statement], shuffle: random.Random) -> None:
    about, acts = case(risk, LATE), [*adopted(risk), *more]
    first = folded(acts, about)
    shuffle.shuffle(acts)
    again = folded(acts, about)
    assert repr(again[0]) == repr(first[0]) and sorted(again[1]) == sorted(first[1])


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTS, max_size=20), st.dates(date(2020, 2, 1), date(2022, 6, 1)))
def test_what_is_dated_after_the_day_changes_nothing(more: list[Statement], today: date) -> None:
    acts, about = [*adopted(FORCES), *more], case(FORCES, str(today))
    known = [s for s in acts if s.known(today)]
    assert repr(mitigation.plans(known, about)) == repr(
        mitigation.plans([s for s in acts if s.speaks_of.known_on <= today], about)
    )
    late = case(FORCES, LATE)
    then, now = folded(known, about)[0], folded(acts, late)[0]
    assert now.steps[: len(then.steps)] == then.steps


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ALL), st.lists(ACTS, max_size=25))
def test_clocks_and_what_is_possible_can_always_be_told(risk: str, more: list[Statement]) -> None:
    about = case(risk, "2021-01-01")
    known = [s for s in (*adopted(risk), *more) if s.known(about.as_of)]
    (plan,) = mitigation.review([folded(known, about)[0]], [], about)
    for clock in plan.clocks:
        assert clock.falls >= clock.day and clock.rule
    for one in plan.possible:
        assert one.refusal is None or one.refusal.sentence.endswith(f"(rule {one.refusal.rule})")


# -- pauses -----------------------------------------------------------------------------------------------------------


def pause(when: str, until: str | None, reason: str = "legal-act", who: str = "Boris") -> Statement:
    return act("pause", when, who, "approver", reason, until=until and day(until))


def test_a_pause_lets_the_review_wait_and_the_deadline_stands() -> None:
    about = case(TAXES, "2020-09-01")
    plan, refused = folded([*adopted(TAXES), pause("2020-04-01", "2020-04-30")], about)
    (review,) = [clock for clock in clocks(plan, about) if clock.what == "review"]
    assert refused == [] and review.day == plan.adoptions[0].deadline == date(2020, 7, 30)
    assert (
        review.until == date(2020, 8, 29)
        and review.overdue(date(2020, 8, 30))
        and not review.overdue(date(2020, 8, 29))
    )


@pytest.mark.parametrize(
    ("one", "refused"),
    [
        (pause("2020-04-01", "2020-06-29"), "adopted"),
        (pause("2020-04-01", "2020-06-30"), "pause-limit"),
        (pause("2020-04-01", None), "pause-end"),
        (pause("2020-04-01", "2020-03-31"), "pause-end"),
        (pause("2020-04-01", "2020-04-30", "weather"), "pause-reason"),
        (pause("2020-07-31", "2020-08-05"), "pause-late"),
        (pause("2020-03-01", "2020-03-05"), "pause-not-in-force"),
        (pause("2020-04-01", "2020-04-30", who="Amina"), "four-eyes"),
    ],
)
def test_a_pause_needs_a_rule_a_reason_and_a_limit(one: Statement, refused: str) -> None:
    about = case(TAXES, LATE)
    assert answer(folded(adopted(TAXES), about)[0], one, about) == refused


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(70, 170), st.integers(0, 60)), max_size=6))
def test_all_pauses_of_an_adoption_stay_within_the_limit(waits: list[tuple[int, int]]) -> None:
    about, start = case(TAXES, LATE), date(2020, 2, 1)
    acts = [pause(str(start + timedelta(days=n)), str(start + timedelta(days=n + length))) for n, length in waits]
    plan, _ = folded([*adopted(TAXES), *acts], about)
    (review,) = [clock for clock in clocks(plan, about) if clock.what == "review"]
    assert (review.falls - review.day).days <= RULES.figure("plan/pause", "pause_days", day(LATE)).value


# -- reviews ----------------------------------------------------------------------------------------------------------


def test_improvement_is_shown_by_a_measurement_since_the_adoption() -> None:
    about, acts = case(TAXES, LATE), adopted(TAXES)
    plan, _ = folded(acts, about)
    for verb in ("review-improved", "review-partly"):
        assert answer(plan, act(verb, "2020-06-01", "Boris", "approver"), about) == "review-unmeasured"
    assert answer(plan, act("review-none", "2020-06-01", "Boris", "approver"), about) == "unimproved"
    plan, _ = folded(
        [*acts, act("measure", "2020-05-30", "Amina", "owner", "annex3/independent-monitoring", amount=0)], about
    )
    assert answer(plan, act("review-improved", "2020-06-01", "Boris", "approver"), about) == "improved"


def test_a_measurement_after_the_time_ran_out_saves_no_plan() -> None:
    about, name = case(TAXES, LATE), "annex3/independent-monitoring"
    late = act("review-improved", "2020-09-01", "Boris", "approver")
    for measured, answered in (("2020-07-30", "improved"), ("2020-07-31", "review-unmeasured")):
        plan, _ = folded([*adopted(TAXES), act("measure", measured, "Amina", "owner", name, amount=0)], about)
        assert answer(plan, late, about) == answered
    waited = [*adopted(TAXES), pause("2020-04-01", "2020-04-30"),
              act("measure", "2020-08-29", "Amina", "owner", name, amount=0)]  # fmt: skip
    assert answer(folded(waited, about)[0], late, about) == "improved"


def test_improved_in_part_gives_one_revised_plan_and_then_counts_as_none() -> None:
    about, name = case(TAXES, LATE), "annex3/independent-monitoring"
    acts = [*adopted(TAXES), act("measure", "2020-07-01", "Amina", "owner", name, amount=1),
            act("review-partly", "2020-07-02", "Boris", "approver")]  # fmt: skip
    plan, _ = folded(acts, about)
    assert plan.outcome == "partly" and due(plan, about)["revise"] == date(2020, 8, 1)
    acts += [*redrafted("2020-07-20"), act("measure", "2020-12-01", "Amina", "owner", name, amount=1)]
    plan, refused = folded(acts, about)
    assert refused == [] and plan.state == "adopted" and plan.outcome is None
    assert answer(plan, act("review-partly", "2020-12-02", "Boris", "approver"), about) == "partly-again"


def test_without_improvement_trade_stops_that_day_and_the_plan_is_revised_only_then() -> None:
    about = case(FORCES, LATE)
    acts = [*adopted(FORCES), act("review-none", "2020-07-30", "Boris", "approver")]
    plan, _ = folded(acts, about)
    assert due(plan, about)["stop-or-disengage"] == date(2020, 7, 30)
    assert answer(plan, act("revise", "2020-07-31"), about) == "revise-trading"
    assert answer(plan, act("continue", "2020-07-31", "Boris", "approver", SUPPLIER), about) == "continue-failed"
    assert answer(plan, act("close", "2020-07-31", "Boris", "approver"), about) == "close-early"
    acts += [*heard("2020-07-30"), act("suspend", "2020-08-14", "Boris", "approver", SUPPLIER)]
    plan, refused = folded(acts, about)
    assert refused == [] and answer(plan, act("revise", "2020-08-15"), about) == "draft"


# -- assessed again ---------------------------------------------------------------------------------------------------


def raised(kind: str, since: str, subject: str = SITE, **more: Any) -> Signal:
    return Signal(kind, subject, more.pop("state", "raised"), "signal/closure", since=day(since), **more)


@pytest.mark.parametrize(
    ("signal", "opens"),
    [
        (raised("closure", "2020-04-01"), True),
        (raised("closure", "2020-01-01"), False),
        (raised("closure", "2020-02-01"), False),
        (raised("closure", "2020-04-01", state="clear"), False),
        (raised("closure", "2020-04-01", "site:Elsewhere"), False),
        (raised("closure", "2020-04-01", "node:Refinery", touches=(SITE,)), True),
        (raised("spot-fall", "2020-04-01", f"{SITE}#gold"), True),
        (raised("pressure-rapacity", "2020-04-01"), False),
    ],
)
def test_a_change_of_circumstances_after_adoption_opens_an_assessment_with_a_clock(signal: Signal, opens: bool) -> None:
    about = case(TAXES, "2020-05-01", raised=[signal])
    plan, _ = folded(adopted(TAXES), about)
    assert ("reassess" in due(plan, about)) is opens
    if opens:
        assert due(plan, about)["reassess"] == date(2020, 5, 1)


def test_a_visit_after_adoption_opens_one_and_an_assessment_answers_all_before_it() -> None:
    about = case(TAXES, "2020-06-01", visit("Bisie", "2020-04-20"), raised=[raised("closure", "2020-05-20")])
    plan, _ = folded(adopted(TAXES), about)
    again = [clock for clock in clocks(plan, about) if clock.what == "reassess"]
    assert [clock.because.text for clock in again if clock.because] == [
        "reason.reassess-visit",
        "reason.reassess-signal",
    ]
    plan, _ = folded([*adopted(TAXES), act("reassess", "2020-05-01")], about)
    assert [c.day for c in clocks(plan, about) if c.what == "reassess"] == [date(2020, 6, 19)]
    plan, _ = folded([*adopted(TAXES), act("reassess", "2020-05-20")], about)
    assert "reassess" not in due(plan, about)


# -- proposals and baselines ------------------------------------------------------------------------------------------


def test_every_kind_of_risk_has_a_measure_that_answers_it() -> None:
    known = measures.templates(RULES)
    for rule in RULES.rules("risk-kind"):
        assert measures.answering(rule.id.removeprefix("risk-kind/"), known), rule.id
    for measure in known.values():
        assert all(letter_of(kind, RULES) for kind in measure.kinds)
        assert measure.unit in ("count", "percent", "ratio") and measure.better in ("lower", "higher")
        assert measure.baseline is None or measure.baseline in measures.EVIDENCE


def base(name: str, kind: str, *told: Statement, signals: tuple[Signal, ...] = ()) -> Any:
    about = case(TAXES, "2020-12-01", *told)
    evidence = measures.told(about.statements, about.register, signals)
    found = measures.baseline(measures.templates(RULES)[f"annex3/{name}"], kind, SITE, evidence)
    return found.value, found.because.text.removeprefix("reason.baseline-")


def test_a_baseline_comes_from_the_evidence_or_is_unknown_with_a_reason_and_never_zero_by_default() -> None:
    two = visit(
        "Bisie", "2020-03-01", actors=(actor("state", "taxation", name="X"), actor("state", "taxation", name="Y"))
    )
    unnamed = visit("Bisie", "2020-03-01", interference=True, armed_presence=True)
    monitoring = "independent-monitoring"
    assert base(monitoring, "state-forces-interference", two) == (2.0, "visit")
    assert base(monitoring, "state-forces-interference") == (0.0, "visit")  # the visit looked and found nobody armed
    assert base(monitoring, "state-forces-interference", unnamed) == (None, "uncounted")
    assert base(monitoring, "non-state-armed-interference", two) == (0.0, "visit")
    assert base("children-out-of-hazard", "worst-forms-of-child-labour") == (None, "no-visit")
    seen = visit("Bisie", "2020-03-01", children_under_15=True)
    assert base("children-out-of-hazard", "worst-forms-of-child-labour", seen) == (None, "uncounted")
    assert base("alert-authorities", "forced-labour") == (None, "no-log")
    log = fact(SITE, "incidents", "7", "2020-03-01")
    assert base("alert-authorities", "forced-labour", log) == (7.0, "fact")
    assert base("alert-authorities", "state-forces-interference", log) == (None, "no-log")
    ratio = Signal("export-over-production", SITE, "raised", "signal/export-over-production", value=4.28)
    assert base("reconcile-exports", "misrepresented-origin", signals=(ratio,)) == (4.28, "signal")
    assert base("reconcile-exports", "misrepresented-origin") == (None, "no-production")
    assert base("security-forum", "security-payments") == (None, "unmeasured")


# -- publication ------------------------------------------------------------------------------------------------------


def test_a_change_of_status_waits_for_the_reply_or_its_time() -> None:
    about = case(LABOUR, "2020-04-01")
    stop = [
        act("propose", "2020-02-01", "Amina", "owner", LABOUR),
        act("suspend", "2020-02-01", "Boris", "approver", SUPPLIER),
    ]
    plan, _ = folded(stop, about)
    assert publishable_from(plan, about) is None and due(plan, about)["ask-reply"] == date(2020, 2, 1)
    asked = [*stop, act("ask-reply", "2020-02-01", "Amina", "owner", SUPPLIER)]
    plan, _ = folded(asked, about)
    assert publishable_from(plan, about) == date(2020, 2, 16) and "ask-reply" not in due(plan, about)
    plan, _ = folded([*asked, act("record-reply", "2020-02-05", "Its head", "party", note="No.")], about)
    assert publishable_from(plan, about) == date(2020, 2, 5)


def test_a_refused_act_is_a_problem_at_its_row_and_the_good_rows_count() -> None:
    acts = [*adopted(TAXES), act("continue", "2019-12-30", "Boris", "approver", SUPPLIER)]
    found, problems = mitigation.plans(acts, case(TAXES, LATE))
    assert [plan.state for plan in found] == ["adopted"]
    (problem,) = problems
    assert problem.code == "plan_act_refused" and problem.origin == acts[-1].origin
    assert dict(problem.values)["why"] == "@refused.early"


def test_permit_judges_a_day_by_what_was_known_on_it() -> None:
    """A stop that was right on its day stays right when the visit it rests on has grown old."""
    stop = [
        act("propose", "2020-02-01", "Amina", "owner", LABOUR),
        act("suspend", "2020-02-02", "Boris", "approver", SUPPLIER),
    ]
    assert folded(stop, case(LABOUR, "2022-12-31"))[0].suspended
    late = act("suspend", "2022-06-01", "Boris", "approver", SUPPLIER)
    plan, _ = folded(stop[:1], case(LABOUR, LATE))
    assert isinstance(late.said, PlanAct)
    given = permit(plan, late.said, date(2022, 6, 1), case(LABOUR, LATE))
    assert getattr(given, "text", None) == "refused.grounds"


def test_evidence_that_came_later_does_not_justify_an_earlier_act() -> None:
    stop = [
        act("propose", "2020-02-01", "Amina", "owner", LABOUR),
        act("suspend", "2020-02-02", "Boris", "approver", SUPPLIER),
    ]
    later = visit("Bisie", "2020-05-01", actors=(actor("state", "forced-labour", name="A brigade"),))
    about = case(TAXES, LATE, later)  # nothing was found before May
    plan, refused = folded(stop, about)
    assert not plan.stopped and refused == ["grounds"]


def test_a_visit_that_came_later_takes_no_adoption_back() -> None:
    """The baseline of a plan is what was known when its measure was added, whatever is seen later."""
    acts = [s for s in adopted(TAXES) if isinstance(s.said, PlanAct) and s.said.verb != "record-baseline"]
    unclear = visit("Bisie", "2020-06-01", interference=True, armed_presence=True)
    for about in (case(TAXES, "2020-03-01"), case(TAXES, LATE), case(TAXES, LATE, unclear)):
        plan, refused = folded(acts, about)
        assert refused == [] and plan.objectives[0].baseline.value == 0.0
    blind = case(TAXES, LATE, unclear, visit("Bisie", "2020-01-25", interference=True, armed_presence=True))
    assert folded(acts, blind)[1] == ["adopt-baseline"]


def test_a_reply_counts_for_the_change_it_was_asked_about() -> None:
    about = case(LABOUR, "2020-12-01")
    stop = [
        act("propose", "2020-02-01", "Amina", "owner", LABOUR),
        act("suspend", "2020-02-01", "Boris", "approver", SUPPLIER),
        act("ask-reply", "2020-02-01", "Amina", "owner", SUPPLIER),
        act("propose-disengagement", "2020-03-01", "Amina", "owner", SUPPLIER),
        act("disengage", "2020-03-02", "Boris", "approver", SUPPLIER),
    ]
    plan, refused = folded(stop, about)
    assert refused == [] and publishable_from(plan, about) is None
    assert due(plan, about)["ask-reply"] == date(2020, 3, 2)
    about = case(FORCES, "2020-12-01")
    failed = [
        *adopted(FORCES),
        act("review-none", "2020-05-01", "Boris", "approver"),
        *heard("2020-05-01"),
        act("suspend", "2020-05-16", "Boris", "approver", SUPPLIER),
    ]
    again = [
        *redrafted("2020-06-01"),
        act("propose-resumption", "2020-07-20", "Amina", "owner", SUPPLIER),
        act("ask-reply", "2020-08-01", "Amina", "owner", SUPPLIER),
        act("resume", "2020-08-20", "Boris", "approver", SUPPLIER),
    ]
    plan, refused = folded([*failed, *again], about)
    assert refused == [] and publishable_from(plan, about) == date(2020, 8, 16)
    plan, _ = folded([*failed, act("propose-disengagement", "2020-06-01", "Amina", "owner", SUPPLIER)], about)
    assert "ask-reply" not in due(plan, about) and publishable_from(plan, about) == date(2020, 5, 16)


def test_one_act_told_twice_counts_once() -> None:
    twice = [*adopted(TAXES), *adopted(TAXES)]
    plan, refused = folded(twice, case(TAXES, LATE))
    assert refused == [] and len(plan.steps) == 6


def test_plans_of_several_keys_are_apart_and_sorted() -> None:
    acts = [*adopted(TAXES, plan="P1"), act("propose", "2020-02-01", "Amina", "owner", MONEY, plan="A9")]
    found, _ = mitigation.plans(acts, case(TAXES, LATE))
    assert [plan.key for plan in found] == ["A9", "P1"]


def test_nothing_else_of_the_case_is_taken_for_an_act() -> None:
    assert mitigation.plans(
        [node("X", "mine", "closed", "2020-02-01"), *case(TAXES, LATE).statements], case(TAXES, LATE)
    ) == ((), ())
    assert say("plan:P1", PlanAct("P1", "submit", "owner"), "2020-02-01").kind == "plan-act"
