from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from making import FARDC, FDLR, WEIGHTS, supply, visit
from winze.engine import register, risks
from winze.engine.reasons import Signal, because
from winze.engine.records import ArmedActor

DAY = date(2020, 5, 11)
KINDS = {
    "forced-labour": ("A", 5, 5), "serious-abuse": ("A", 5, 5), "worst-forms-of-child-labour": ("A", 5, 5),
    "non-state-armed-interference": ("B", 5, 4), "state-forces-interference": ("C", 4, 3),
    "misrepresented-origin": ("D", 3, 2),
}  # fmt: skip
FACTS = {
    **{f"risk-kind/{k}": {"annex_ii": a, "scale": s, "irremediability": i} for k, (a, s, i) in KINDS.items()},
    "annex-ii/a": {"action": "suspend-or-discontinue"},
    "annex-ii/b": {"action": "suspend-or-discontinue"},
    "annex-ii/c": {"action": "adopt-plan"},
    "annex-ii/d": {"action": "mitigate"},
    "risk/ranking": {"by_likelihood": ["non-state-armed-interference", "state-forces-interference"]},
    "risk/child-work": {"hazardous": ["Creuser"]},
    "risk/scope-bands": {"people": [20, 100, 500, 2000]},
    "risk/signalled": {"signals": {"export-over-production": {"risk": "misrepresented-origin", "level": "plausible"}}},
}
FIGURES = {
    "risk/evidence": {"reasonable_risk_days": 365, "plausible_days": 1095},
    "risk/assessment": {"assess_within_days": 14},
    "risk/ranking": {"rank_threshold": 0.5},
    "risk/scope": {"near_km": 50},
    "likelihood/non-state-armed-interference": WEIGHTS,
    "likelihood/state-forces-interference": WEIGHTS,
    "likelihood/child-labour": WEIGHTS,
    "likelihood/forced-labour": WEIGHTS,
}


class Book:
    """A rulebook small enough to read."""

    def figure(self, rule, name, day, /):
        return SimpleNamespace(value=FIGURES[rule][name])

    def rule(self, rule, /):
        return SimpleNamespace(facts=FACTS[rule])


def assessed(told, signals=()):
    return risks.assess(told, register.build(told), signals, Book(), DAY)


def risk(told, kind, site="m1", signals=()):
    return next(r for r in assessed(told, signals) if r.kind == kind and r.subject.endswith(site))


NEW, OLD, ANCIENT = (DAY - timedelta(days=d) for d in (100, 500, 2000))
CHAIN = supply("Trader", "Me", "m1", me="buyer")


@pytest.mark.parametrize(
    ("day", "manner", "level"),
    [
        (NEW, "on-site", "reasonable-risk"),
        (OLD, "on-site", "plausible"),
        (ANCIENT, "on-site", "allegation"),
        (NEW, "not-reached", "plausible"),
    ],
)
def test_a_finding_supports_less_as_it_grows_old_or_was_only_told(day, manner, level):
    found = risk([visit("m1", day, actors=(FDLR,), manner=manner)], "non-state-armed-interference")
    assert found.evidence_level == level


def test_a_newer_visit_that_found_none_answers_the_older_finding():
    found = risk([visit("m1", OLD, actors=(FDLR,)), visit("m1", NEW)], "non-state-armed-interference")
    assert found.evidence_level is None


def test_armed_group_support_in_my_chain_at_reasonable_risk_asks_for_suspension_now_and_a_signature():
    response = risk([visit("m1", NEW, actors=(FDLR,)), CHAIN], "non-state-armed-interference").response
    assert (response.action, response.deadline, response.missing) == (
        "suspend-or-discontinue", DAY, ("missing.signature",))  # fmt: skip


def test_state_forces_ask_for_a_plan_and_not_for_leaving():
    response = risk([visit("m1", NEW, actors=(FARDC,)), CHAIN], "state-forces-interference").response
    assert response.action == "adopt-plan"


def test_without_a_relationship_the_most_is_an_assessment_and_it_says_what_is_missing():
    response = risk([visit("m1", NEW, actors=(FDLR,))], "non-state-armed-interference").response
    assert (response.action, response.deadline) == ("assess", DAY + timedelta(days=14))
    assert response.missing == ("missing.relationship", "missing.signature")


def test_an_unnamed_actor_is_missing_too():
    nameless = replace(FDLR, name="")
    response = risk([visit("m1", NEW, actors=(nameless,)), CHAIN], "non-state-armed-interference").response
    assert response.action == "assess"
    assert "missing.actor" in response.missing


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(2001, 4000), st.booleans()), min_size=1, max_size=12))
def test_a_likelihood_alone_never_asks_for_more_than_a_closer_look(rows):
    told = [visit(f"m{n}", DAY - timedelta(days=age), lat=-2 + n / 100, actors=(FDLR,) if armed else ())
            for n, age, armed in rows]  # fmt: skip
    for found in assessed([*told, CHAIN]):
        if found.evidence_level in (None, "allegation") and found.likelihood.p is not None:
            assert found.response.action in ("enhanced-due-diligence", "watch")
            assert "missing.reasonable-risk" in found.response.missing


def test_children_seen_are_an_indicator_to_verify_and_named_hazardous_work_makes_it_plausible():
    seen = risk([visit("m1", NEW, children_under_15=True)], "worst-forms-of-child-labour")
    assert (seen.evidence_level, seen.rank) == ("allegation", None)
    digging = visit("m1", NEW, children_under_15=True, children_work=("Lavage", "Creuser"))
    found = risk([digging, CHAIN], "worst-forms-of-child-labour")
    assert (found.evidence_level, found.response.action) == ("plausible", "assess")


def test_a_question_no_visit_answered_makes_no_entry():
    assert not [r for r in assessed([visit("m1", NEW)]) if r.kind == "worst-forms-of-child-labour"]


def test_forced_labour_counts_the_newest_answer():
    forced = ArmedActor("X", "state", acts=("forced-labour",), interferes=True)
    assert risk([visit("m1", NEW, actors=(forced,))], "forced-labour").annex_ii == "A"
    answered = [visit("m1", OLD, actors=(forced,)), visit("m1", NEW)]
    assert not [r for r in assessed(answered) if r.kind == "forced-labour"]


@pytest.mark.parametrize(("workers", "scope"), [(None, None), (0, 1), (19, 1), (20, 2), (499, 3), (500, 4), (9000, 5)])
def test_scope_is_the_people_known_to_work_there_and_else_unknown(workers, scope):
    found = risk([visit("m1", NEW, workers=workers, actors=(FDLR,))], "non-state-armed-interference")
    assert found.severity.scope == scope


def test_with_a_chain_only_it_and_its_surroundings_are_in_scope_and_without_one_every_site():
    told = [visit("m1", NEW), visit("m2", NEW, lat=-2.2), visit("m3", NEW, lat=-4.0)]
    assert {r.subject[-2:] for r in assessed([*told, CHAIN])} == {"m1", "m2"}
    assert {r.subject[-2:] for r in assessed(told)} == {"m1", "m2", "m3"}


def test_involvement_is_linked_and_contributed_only_when_i_sell_from_there_and_never_caused():
    seller = supply("Me", "Smelter", "m1", me="supplier")
    assert risk([visit("m1", NEW, actors=(FDLR,)), CHAIN], "non-state-armed-interference").involvement == "linked"
    mine = risk([visit("m1", NEW, actors=(FDLR,)), seller], "non-state-armed-interference")
    assert mine.involvement == "contributed"
    assert risk([visit("m1", NEW, actors=(FDLR,))], "non-state-armed-interference").involvement is None


def test_a_raised_signal_becomes_the_risk_its_table_names_and_a_clear_one_none():
    reason = because("reason.x", None)
    raised = Signal("export-over-production", "area:CD62", "raised", "r", (reason,))
    found = risk([visit("m1", NEW)], "misrepresented-origin", "CD62", [raised])
    assert (found.annex_ii, found.evidence_level, found.likelihood.p) == ("D", "plausible", None)
    quiet = [replace(raised, state=state) for state in ("clear", "cannot-evaluate")]
    assert not [r for r in assessed([visit("m1", NEW)], quiet) if r.kind == "misrepresented-origin"]


ROWS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 3000), st.sampled_from([(), (FDLR,), (FARDC,)]), st.integers(0, 900)),
    min_size=1,
    max_size=10,
    unique_by=lambda row: (row[0], row[1]),
)


@settings(max_examples=50, deadline=None)
@given(ROWS)
def test_the_order_is_annex_class_then_severity_then_likelihood_and_ranks_count_from_one(rows):
    told = [visit(f"m{n}", DAY - timedelta(days=age), lat=-2 + n / 50, actors=who, workers=people)
            for n, age, who, people in rows]  # fmt: skip
    found = assessed(told)
    ranked = [r for r in found if r.rank]
    assert [r.rank for r in ranked] == list(range(1, len(ranked) + 1))
    assert list(found[: len(ranked)]) == ranked
    keys = [(r.annex_ii, -r.severity.highest, -(1.0 if r.likelihood.p is None else r.likelihood.p)) for r in ranked]
    assert keys == sorted(keys)
    for r in found:
        founded = r.evidence_level in ("plausible", "reasonable-risk", "verified")
        reason_to_rank = founded or (r.likelihood.p or 0) >= 0.5
        assert bool(r.rank) == reason_to_rank
        assert r.because


@settings(max_examples=30, deadline=None)
@given(ROWS, st.randoms())
def test_the_answer_does_not_depend_on_the_order_of_what_was_told(rows, chance):
    told = [visit(f"m{n}", DAY - timedelta(days=age), actors=who, row=i) for i, (n, age, who, _) in enumerate(rows)]
    shuffled = told.copy()
    chance.shuffle(shuffled)
    assert assessed(told) == assessed(shuffled)
