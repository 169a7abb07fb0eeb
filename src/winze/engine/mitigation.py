"""Mitigation plans: what was decided on a risk, what is allowed next, and by when.

A plan is nothing but its acts, folded in order of their days by the workflows of `rules/workflows`; the order in which
they were read does not matter. An act that may not happen changes nothing and becomes a problem. For every ranked risk
without a plan one is proposed, with measures after Annex III and baselines from the case's own evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from winze.engine import leaving, measures
from winze.engine.clocks import clocks, publishable_from
from winze.engine.known import distinct
from winze.engine.measures import Baseline
from winze.engine.plan import OF_A_PARTY, Adoption, Case, Objective, Plan, Possible, Step, unopened
from winze.engine.problems import Problem, Refusal
from winze.engine.reasons import because
from winze.engine.records import PlanAct, Statement
from winze.engine.responses import a_party, answer_by, grounds, parties, permit
from winze.engine.risks import Risk
from winze.engine.texts import refuse, severities
from winze.engine.workflow import Transition

# -- the fold --------------------------------------------------------------------------------------------------------


def plans(statements: Iterable[Statement], case: Case) -> tuple[tuple[Plan, ...], tuple[Problem, ...]]:
    """Every plan as its acts made it, by key, and a problem for every act that does not count."""
    by_key: dict[str, list[Statement]] = {}
    for s in statements:
        if isinstance(s.said, PlanAct):
            by_key.setdefault(s.said.plan, []).append(s)
    folded = [replay(key, by_key[key], case) for key in sorted(by_key)]
    problems = [_problem(statement, refusal) for _, refused in folded for statement, refusal in refused]
    return tuple(plan for plan, _ in folded), tuple(problems)


def replay(key: str, acts: Sequence[Statement], case: Case) -> tuple[Plan, list[tuple[Statement, Refusal]]]:
    """One plan from its acts, day by day, and the acts that are refused with their refusals. Within a day acts count in
    the order the workflows allow, whatever the order of their rows."""
    plan, refused = unopened(case, key), []
    by_day: dict[date, list[Statement]] = {}
    for statement in sorted(distinct(acts), key=lambda s: (s.speaks_of.known_on, _rank(s, case), s.id)):
        by_day.setdefault(statement.speaks_of.known_on, []).append(statement)
    opened = min((day for day, same in by_day.items() if any(_verb(s) == "propose" for s in same)), default=None)
    for day, waiting in by_day.items():
        left = list(waiting)
        while left:
            answers = [(s, permit(plan, _act(s), day, case)) for s in left]
            taken = next(((s, step) for s, step in answers if isinstance(step, Transition)), None)
            if taken is None:
                refused += [(s, _early(s, answer, opened)) for s, answer in answers if isinstance(answer, Refusal)]
                break
            plan = apply(plan, taken[0], taken[1], case)
            left = [s for s in left if s is not taken[0]]
    return plan, refused


def _act(statement: Statement) -> PlanAct:
    assert isinstance(statement.said, PlanAct)
    return statement.said


def _verb(statement: Statement) -> str:
    return _act(statement).verb


def _rank(statement: Statement, case: Case) -> int:
    return case.order(_verb(statement))


def _early(statement: Statement, refusal: Refusal, opened: date | None) -> Refusal:
    """An act dated before its plan was proposed is told so, rather than that there is no plan."""
    day = statement.speaks_of.known_on
    if refusal.text == "refused.not-proposed" and opened and day < opened:
        return refuse("workflow/plan", "refused.early", day=day.isoformat(), first=opened.isoformat())
    return refusal


def _problem(statement: Statement, refusal: Refusal) -> Problem:
    act = _act(statement)
    said = dict(refusal.values) | {"why": f"@{refusal.text}", "plan": act.plan}
    values = (*said.items(), ("on", statement.speaks_of.known_on.isoformat()))
    return Problem("plan_act_refused", severities()["plan_act_refused"], statement.origin, tuple(values))


def apply(plan: Plan, statement: Statement, step: Transition, case: Case) -> Plan:
    """The plan after an act that counts."""
    act, day = _act(statement), statement.speaks_of.known_on
    flow = case.flow_of(act.verb)
    assert flow is not None
    if act.verb == "propose":
        plan = replace(unopened(case, plan.key, act.about), states=plan.states)
    taken = Step(day, act, step.event, statement)
    plan = replace(plan, states={**plan.states, flow[0]: step.end}, steps=(*plan.steps, taken))
    change = _CHANGES.get(act.verb)
    return change(plan, taken, case) if change else plan


def _add_measure(plan: Plan, step: Step, case: Case) -> Plan:
    """A measure added anew, or with another target, keeps what was recorded of it."""
    name, before = step.act.about[0], {o.template: o for o in plan.objectives}
    old = before.get(name)
    known = Objective(name, step.act.amount, _first_baseline(name, plan, step.day, case), False, by=step.act.note)
    kept = replace(old, target=step.act.amount, by=step.act.note or old.by) if old else known
    return replace(plan, objectives=tuple({**before, name: kept}.values()))


def _first_baseline(name: str, plan: Plan, day: date, case: Case) -> Baseline:
    """Where the indicator stood by what was known on the day the measure was added."""
    measure = case.templates.get(name)
    if measure is None or not plan.kinds:
        return Baseline(None, because("reason.baseline-unmeasured", "plan/adoption"))
    return measures.baseline(measure, plan.kinds[0], plan.subjects[0], case.told_on(day))


def _record_baseline(plan: Plan, step: Step, case: Case) -> Plan:
    """A recorded figure, or the recorded reason why there is none, stands for the one worked out."""
    amount = None if step.act.amount is None else float(step.act.amount)
    text = "reason.baseline-recorded" if amount is not None else "reason.baseline-unknown"
    told = Baseline(amount, because(text, "plan/adoption", step.statement, day=step.day))
    return _objective(plan, step, lambda o: replace(o, baseline=told, recorded=True))


def _measured(plan: Plan, step: Step, case: Case) -> Plan:
    return _objective(plan, step, lambda o: replace(o, measured=step.act.amount, measured_on=step.day))


def _objective(plan: Plan, step: Step, change: Callable[[Objective], Objective]) -> Plan:
    name = step.act.about[0]
    return replace(plan, objectives=tuple(change(o) if o.template == name else o for o in plan.objectives))


def _adopted(plan: Plan, step: Step, case: Case) -> Plan:
    return replace(plan, adoptions=(*plan.adoptions, adoption(plan, step.day, case)))


def adoption(plan: Plan, day: date, case: Case) -> Adoption:
    """The deadline of an adoption: the shortest clock among the plan's risks in force on that day, counted from it."""
    found = []
    for letter in plan.letters:
        rule = f"annex-ii/{letter.lower()}"
        try:
            found.append((case.number(rule, "clock_days", day), rule))
        except KeyError:
            continue
    days, rule = min(found) if found else (case.number("plan/review", "review_days", day), "plan/review")
    return Adoption(day, day + timedelta(days=days), rule)


_CHANGES: Mapping[str, Callable[[Plan, Step, Case], Plan]] = {
    "add-measure": _add_measure,
    "record-baseline": _record_baseline,
    "measure": _measured,
    "adopt": _adopted,
}


# -- what is shown ---------------------------------------------------------------------------------------------------


def review(folded: Iterable[Plan], ranked: Iterable[Risk], case: Case) -> tuple[Plan, ...]:
    """All plans with their clocks, what may happen next and the harm of leaving; then a proposed plan for every ranked
    risk that has none, in the order of the ranking."""
    opened = [plan for plan in folded if plan.steps]
    by_id = {risk.id: risk for risk in ranked}
    covered = {id for plan in opened if not plan.over for id in plan.risks}
    proposed = [propose(risk, case) for risk in by_id.values() if risk.rank is not None and risk.id not in covered]
    return tuple(_shown(plan, [by_id[id] for id in plan.risks if id in by_id], case) for plan in (*opened, *proposed))


def propose(risk: Risk, case: Case) -> Plan:
    """A draft for a ranked risk: the measures that answer its kind, with baselines from the case's own evidence."""
    plan = unopened(case, None, (risk.id,))
    fitting = measures.answering(risk.kind, case.templates)
    objectives = (
        Objective(m.id, None, measures.baseline(m, risk.kind, risk.subject, case.told), False) for m in fitting
    )
    return replace(plan, letters=(risk.annex_ii,), subjects=(risk.subject,), objectives=tuple(objectives))


def _shown(plan: Plan, about: Sequence[Risk], case: Case) -> Plan:
    if not plan.letters:
        return plan
    sellers = parties(plan, case, case.as_of)
    missing = (*grounds(plan, a_party(plan, case, case.as_of), case.as_of, case).missing, "missing.signature")
    fitting = dict.fromkeys(m.id for kind in plan.kinds for m in measures.answering(kind, case.templates))
    asked = plan.last("ask-reply")
    return replace(
        plan,
        rank=min((risk.rank for risk in about if risk.rank is not None), default=None),
        in_chain=any(risk.in_chain for risk in about),
        clocks=clocks(plan, case),
        possible=tuple(possible(plan, case)),
        heard_by=answer_by(asked.day, case) if asked else None,
        publishable=publishable_from(plan, case),
        missing=() if plan.over or plan.stopped else missing,
        harm=leaving.harm(sellers, tuple(fitting), case.register, case.rulebook, case.as_of) if sellers else None,
    )


ALWAYS_ANSWERED = ("adopt", "continue", "suspend", "disengage", "resume", "pause", "close")
"""Acts whose refusal is shown though the table has no such step from here: what people ask first."""


def possible(plan: Plan, case: Case) -> Iterator[Possible]:
    """Which acts may happen now, by whom, and which of those people ask for first may not and why. Each is asked as if
    the right person did it with all the form needs, so that what is left is the rule."""
    for name, flow in case.flows.items():
        for verb in flow.verbs:
            role = next(step.role for step in flow.transitions if step.verb == verb)
            step = flow.step(plan.states[name], verb)
            if step is None and verb not in ALWAYS_ANSWERED:
                continue
            answer = permit(plan, _as_if(plan, verb, step.role if step else role, case), case.as_of, case)
            if isinstance(answer, Refusal) and not _worth_telling(plan, verb, answer):
                continue
            yield Possible(verb, role, answer if isinstance(answer, Refusal) else None)


def _worth_telling(plan: Plan, verb: str, refusal: Refusal) -> bool:
    """What the table does not hold is told of the act that would be next, and not of one that is done already."""
    if refusal.text == "refused.not-proposed":
        return False
    next_in_turn = {"adopt": plan.state == "draft", "disengage": plan.suspended, "resume": plan.suspended}
    return refusal.text != "refused.state" or next_in_turn.get(verb, False)


def _as_if(plan: Plan, verb: str, role: str, case: Case) -> PlanAct:
    """An act with nothing missing from its form, by a person who has done nothing yet."""
    about: tuple[str, ...] = plan.risks if verb == "propose" else ("–",)
    if verb in OF_A_PARTY:
        party = a_party(plan, case, case.as_of)
        about = (party.removeprefix("party:"),) if party else ()
        about = about or (("–",) if verb in ("ask-reply", "propose-disengagement", "propose-resumption") else ())
    elif verb in ("measure", "record-baseline"):
        about = tuple(o.template for o in plan.objectives[:1])
    elif verb == "pause":
        about = tuple(case.rulebook.rule("plan/pause").facts["reasons"][:1])
    return PlanAct(plan.key or "–", verb, role, "\0", about, Decimal(1), case.as_of, "plausible", "–")
