"""Workflows: the tables are whole, the diagrams are the tables, and each fault in one is told by name and line."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.acting import RULES
from winze.engine import rules, workflow
from winze.engine.problems import Refusal
from winze.engine.records import PlanAct
from winze.engine.texts import LANGUAGES, catalogue, refusal
from winze.engine.workflow import Transition, diagram, permit, workflows
from winze.engine.workflow_form import ROLES
from winze.formats.reading import lookup
from winze.formats.templates import TEMPLATES

FLOWS = workflows(RULES)
DAY = date(2020, 5, 11)
EACH = pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)


def reached(flow: workflow.Workflow) -> set[str]:
    found, edge = {flow.start}, {flow.start}
    while edge:
        edge = {s.end for s in flow.transitions if s.start in edge} - found
        found |= edge
    return found


# -- the tables are whole ---------------------------------------------------------------------------------------------


@EACH
def test_every_state_can_be_reached(flow: workflow.Workflow) -> None:
    assert reached(flow) == set(flow.states)


@EACH
def test_only_final_states_lead_nowhere(flow: workflow.Workflow) -> None:
    leading = {s.start for s in flow.transitions}
    assert set(flow.states) - leading <= flow.final
    assert flow.final <= set(flow.states)


@EACH
def test_from_every_state_a_final_one_can_be_reached(flow: workflow.Workflow) -> None:
    ends = set(flow.final)
    while more := {s.start for s in flow.transitions if s.end in ends} - ends:
        ends |= more
    assert ends == set(flow.states)


@EACH
def test_one_act_leads_from_one_state_to_one_place(flow: workflow.Workflow) -> None:
    steps = [(s.start, s.verb) for s in flow.transitions]
    assert len(steps) == len(set(steps))


def test_each_act_belongs_to_one_workflow_and_has_words_in_the_template() -> None:
    verbs = [verb for flow in FLOWS.values() for verb in flow.verbs]
    assert len(verbs) == len(set(verbs))
    assert set(verbs) == set(lookup("templates")["plan-acts"])


def test_states_of_different_workflows_do_not_share_names() -> None:
    states = [state for flow in FLOWS.values() for state in flow.states]
    assert len(states) == len(set(states))


def test_every_state_and_role_has_a_word_and_every_role_one_in_the_template() -> None:
    for flow in FLOWS.values():
        assert all(f"term.plan-state.{state}" in catalogue() for state in flow.states)
    assert all(f"term.role.{role}" in catalogue() for role in ROLES)
    assert set(lookup("templates")["plan-roles"]) == set(ROLES)
    assert len(TEMPLATES["plans"].columns) == 8


@EACH
def test_four_eyes_name_acts_that_exist_and_ceilings_that_stand_in_the_rules(flow: workflow.Workflow) -> None:
    verbs = {verb for other in FLOWS.values() for verb in other.verbs}
    for pair in flow.four_eyes.values():
        assert pair.verb in flow.signed
        assert pair.verb not in pair.differs_from and set(pair.differs_from) <= verbs
        assert pair.ceiling is None or RULES.figure(workflow.CEILINGS, pair.ceiling, DAY).value > 0


def test_disengagement_adoption_pause_and_resumption_take_four_eyes() -> None:
    pairs = {verb for flow in FLOWS.values() for verb in flow.four_eyes}
    assert {"adopt", "pause", "disengage", "resume", "close", "suspend"} <= pairs


# -- diagrams ---------------------------------------------------------------------------------------------------------


@EACH
def test_a_diagram_is_its_table(flow: workflow.Workflow) -> None:
    drawn = re.findall(r"^  (\w+) --> (\w+): ([\w-]+) \((\w+)\)$", diagram(flow), re.MULTILINE)
    told = [(s.start.replace("-", "_"), s.end.replace("-", "_"), s.verb, s.role) for s in flow.transitions]
    assert drawn == told
    assert set(re.findall(r"^  (\w+) --> \[\*\]$", diagram(flow), re.MULTILINE)) == {
        state.replace("-", "_") for state in flow.final
    }


@EACH
def test_the_page_holds_the_diagram(flow: workflow.Workflow) -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "workflows.md"
    assert diagram(flow) in page.read_text(encoding="utf-8")


# -- permit -----------------------------------------------------------------------------------------------------------


def one(verb: str, role: str, person: str | None = "Boris") -> PlanAct:
    return PlanAct("P1", verb, role, person)


def asked(
    verb: str, role: str, state: str, person: str | None = "Boris", *before: PlanAct, **stake: Decimal | int
) -> str:
    flow = next(flow for flow in FLOWS.values() if verb in flow.verbs)
    answer = permit(flow, state, one(verb, role, person), before, stake, RULES, DAY)
    return answer.end if isinstance(answer, Transition) else str(answer.text).removeprefix("refused.")


PROPOSED = one("propose", "owner", "Amina")


def test_the_table_answers() -> None:
    assert asked("adopt", "approver", "submitted", "Boris", PROPOSED) == "adopted"
    assert asked("adopt", "approver", "draft", "Boris", PROPOSED) == "state"
    assert asked("adopt", "owner", "submitted", "Boris", PROPOSED) == "role"
    assert asked("adopt", "approver", "submitted", None, PROPOSED) == "unsigned"


@pytest.mark.parametrize("name", ["Amina", "amina", " AMINA ", "Amína"])
def test_the_same_person_by_another_spelling_is_still_the_same(name: str) -> None:
    assert asked("adopt", "approver", "submitted", name, PROPOSED) == "four-eyes"


def test_a_proposer_without_a_name_may_be_anybody() -> None:
    assert asked("adopt", "approver", "submitted", "Boris", one("propose", "owner", None)) == "four-eyes"


def test_somebody_outside_signs_up_to_the_ceiling_and_never_for_the_unknown() -> None:
    limit = int(RULES.figure(workflow.CEILINGS, "outside_budget", DAY).value)
    for amount, answer in ((limit, "adopted"), (limit + 1, "outside-above")):
        assert asked("adopt", "outside", "submitted", "Chantal", PROPOSED, outside_budget=amount) == answer
    assert asked("adopt", "outside", "submitted", "Chantal", PROPOSED) == "outside-unknown"


def test_outside_the_ceiling_is_no_way_around_four_eyes_or_for_other_acts() -> None:
    assert asked("adopt", "outside", "submitted", "Amina", PROPOSED, outside_budget=1) == "four-eyes"
    assert asked("review-none", "outside", "adopted", "Chantal", PROPOSED, outside_budget=1) == "role"
    assert asked("continue", "outside", "trading", "Chantal", PROPOSED, outside_people=1) == "role"


def test_before_the_rule_began_nobody_outside_signed() -> None:
    flow = FLOWS["plan"]
    answer = permit(
        flow, "submitted", one("adopt", "outside"), [PROPOSED], {"outside_budget": 1}, RULES, date(2001, 1, 1)
    )
    assert isinstance(answer, Refusal) and answer.text == "refused.outside-not-in-force"


@pytest.mark.parametrize(
    "name", sorted(n for n in catalogue() if n.startswith("refused.") and "{rule}" in catalogue()[n]["en"])
)
def test_every_refusal_names_its_rule_in_every_language(name: str) -> None:
    for language in LANGUAGES:
        assert "{rule}" in catalogue()[name][language]


def test_a_refusal_reads_in_four_languages() -> None:
    answer = permit(FLOWS["plan"], "submitted", one("adopt", "owner"), [PROPOSED], {}, RULES, DAY)
    assert isinstance(answer, Refusal)
    said = {language: refusal(answer, language) for language in LANGUAGES}
    assert len(set(said.values())) == 4 and said["en"] == answer.sentence
    assert all("workflow/plan" in text and "{" not in text and "@" not in text for text in said.values())
    assert "senior management" in said["en"] and "高级管理层" in said["zh-hans"]


@given(st.sampled_from(sorted(FLOWS)), st.text(max_size=8), st.text(max_size=8), st.sampled_from(ROLES))
def test_an_unknown_state_or_act_is_refused_and_never_breaks(name: str, state: str, verb: str, role: str) -> None:
    answer = permit(FLOWS[name], state, one(verb, role), [], {}, RULES, DAY)
    assert isinstance(answer, Refusal) or (state in FLOWS[name].states and verb in FLOWS[name].verbs)


# -- malformed tables -------------------------------------------------------------------------------------------------

FOUR = "{en: One, fr: Un, es: Uno, zh-hans: 一}"
GOOD = f"""\
- id: workflow/test
  kind: workflow
  title: {FOUR}
  cites: [{{document: guide}}]
  confirmed: false
  reviewed: 2026-01-31
  facts:
    start: open
    final: [done]
    signed: [finish]
    transitions:
      - {{from: open, verb: start, to: running, role: owner, event: started}}
      - {{from: running, verb: finish, to: done, role: approver, event: finished}}
    four_eyes:
      - {{verb: finish, differs_from: [start]}}
"""
DOCUMENT = """\
- id: guide
  title: A guide
  issuer: OECD
  issued: 2016
  url: null
  language: en
  type: guidance
  licence: cited
  seen: part
  reviewed: 2026-01-31
"""
FAULTS = {
    "no facts": ("  facts:\n", "  note: " + FOUR + "\n  figures:\n", None, None),
    "start unknown": ("start: open", "start: nowhere", 8, "state_unknown"),
    "final unknown": ("final: [done]", "final: [gone]", 9, "state_unknown"),
    "signed unknown": ("signed: [finish]", "signed: [fly]", 10, "verb_unknown"),
    "role unknown": ("role: owner", "role: king", 12, "not_in_list"),
    "dead end": ("to: running", "to: nowhere", 12, "state_dead_end"),
    "unreached": ("from: open, verb: start, to: running", "from: open, verb: start, to: done", 13, "state_unreached"),
    "double": ("from: running, verb: finish", "from: open, verb: start", 13, "transition_double"),
    "key missing": (", event: started", "", 12, "key_missing"),
    "key unknown": ("event: started", "event: started, extra: 1", 12, "unknown_key"),
    "four eyes unknown": ("{verb: finish, diff", "{verb: fly, diff", 15, "verb_unknown"),
    "four eyes of nobody": ("differs_from: [start]", "differs_from: []", 15, "wrong_type"),
    "four eyes key": ("differs_from: [start]", "differs_from: [start], and: 2", 15, "unknown_key"),
    "no table": ("    transitions:\n", "    transitions: []\n    steps:\n", None, "unknown_key"),
    "facts key": ("start: open", "start: open\n    begin: open", 9, "unknown_key"),
    "final missing": ("    final: [done]\n", "", 8, "key_missing"),
}


def folder(at: Path, text: str) -> Path:
    (at / "workflows").mkdir()
    (at / "workflows" / "test.yaml").write_text(text, encoding="utf-8")
    (at / "documents.yaml").write_text(DOCUMENT, encoding="utf-8")
    (at / "sources.yaml").write_text("[]\n", encoding="utf-8")
    return at


def test_a_table_without_fault_is_read(tmp_path: Path) -> None:
    assert rules.check(folder(tmp_path, GOOD)) == []
    flow = workflows(rules.load(tmp_path))["test"]
    assert flow.states == ("open", "running", "done") and flow.four_eyes["finish"].ceiling is None


@pytest.mark.parametrize("fault", FAULTS)
def test_a_malformed_table_is_refused_by_name_and_line(fault: str, tmp_path: Path) -> None:
    old, new, line, code = FAULTS[fault]
    assert old in GOOD
    found = rules.check(folder(tmp_path, GOOD.replace(old, new, 1)))
    assert found
    assert all(p.file == "workflows/test.yaml" and p.rule == "workflow/test" for p in found), found
    if code:
        assert code in [p.code for p in found], found
    if line:
        assert line in [p.line for p in found if p.code == code], found
    for problem in found:
        assert all(
            "{" not in problem.sentence(language).replace("{…}", "") or "wanted" in dict(problem.values)
            for language in LANGUAGES
        )
    with pytest.raises(rules.RulesError, match=r"workflows/test\.yaml"):
        rules.load(tmp_path)
