"""Whether an act on a plan may happen, on its day and with what was known on that day. Beyond the tables of
`rules/workflows` it asks what the Guidance asks, and the functions here read like it:

* Stopping trade takes a named actor, a supplier relationship, evidence at reasonable risk or above, and a person's
  signature. A likelihood is none of these. Until then the answer is enhanced due diligence.
* Under Annex II paragraphs 1 to 4 trade never continues while mitigating, and nothing pauses. Elsewhere a stop needs
  the harm of leaving looked at, and the party's reply asked.
* Without improvement trade stops for at least three months, and resumes only on a revised plan with objectives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from winze.engine import leaving, risks, workflow
from winze.engine.known import months_before
from winze.engine.plan import LEVELS, OF_A_PARTY, Adoption, Case, Grounds, Plan, governing, kind_of, letter_of
from winze.engine.problems import NotInForce, Refusal
from winze.engine.records import PlanAct
from winze.engine.register import Register, party_id
from winze.engine.texts import refuse
from winze.engine.workflow import Transition

FOUNDED = ("reasonable-risk", "verified")


def permit(plan: Plan, act: PlanAct, day: date, case: Case) -> Transition | Refusal:
    """The step an act takes on a day with what was known on that day, or the refusal that names the rule."""
    flow = case.flow_of(act.verb)
    if flow is None:
        return refuse("workflow/plan", "refused.no-such-act")
    if forbidden := _never(plan, act):
        return forbidden
    if act.verb != "propose" and plan.state == "not-proposed":
        return refuse("workflow/plan", "refused.not-proposed")
    if plan.over and act.verb not in ("ask-reply", "record-reply"):
        return refuse("workflow/plan", "refused.over")
    before = [step.act for step in plan.steps]
    step = workflow.permit(
        flow[1], plan.states[flow[0]], act, before, _at_stake(plan, act, day, case), case.rulebook, day
    )
    if isinstance(step, Refusal):
        return step
    return next((refusal for guard in _GUARDS.get(act.verb, ()) if (refusal := guard(plan, act, day, case))), step)


def _never(plan: Plan, act: PlanAct) -> Refusal | None:
    """What Annex II paragraphs 1 to 4 forbid in any state, whoever asks."""
    if not plan.strict or act.verb not in ("continue", "pause"):
        return None
    return refuse(governing(plan), f"refused.{act.verb}-strict")


def _at_stake(plan: Plan, act: PlanAct, day: date, case: Case) -> dict[str, int | Decimal | None]:
    """How much an act is about, by the ceiling it is held against: the budget, or those who lose or regain a buyer."""
    party = party_id(act.about[0]) if act.verb in OF_A_PARTY and act.about else plan.party
    people = leaving.harm((party,), (), case.on(day), case.rulebook, day).people if party else None
    return {"outside_budget": plan.budget, "outside_people": people}


type Guard = Callable[[Plan, PlanAct, date, Case], Refusal | None]


def _names_known_risks(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    unknown = [id for id in act.about if letter_of(kind_of(id), case.rulebook) is None or "/" not in id]
    if unknown or not act.about:
        return refuse("workflow/plan", "refused.risk-unknown", risk=", ".join(unknown) or "–")
    return None


def _names_something(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    return None if act.about else refuse("workflow/plan", "refused.nothing-named")


def _names_a_measure_of_it(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    if act.about and act.about[0] in {o.template for o in plan.objectives}:
        return None
    return refuse("plan/adoption", "refused.measure-unknown")


def _gives_figure_or_reason(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    there = act.amount is not None or act.note
    return None if there else refuse("plan/adoption", "refused.no-figure-no-reason")


def _gives_a_figure(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    return None if act.amount is not None else refuse("plan/adoption", "refused.no-figure")


def _not_after_adoption(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    kept = plan.adoptions or plan.trade != "trading"
    return refuse("workflow/plan", "refused.withdraw-adopted") if kept else None


def _is_whole(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    """Before adoption: objectives with targets, a baseline or its reason for each, and people and authorities asked."""
    if not any(o.target is not None for o in plan.objectives):
        return refuse("plan/adoption", "refused.adopt-objectives")
    if not all(o.recorded or o.baseline.value is not None for o in plan.objectives):
        return refuse("plan/adoption", "refused.adopt-baseline")
    facts, asked = (
        case.rulebook.rule("plan/adoption").facts,
        {who for s in plan.since(None, "consult") for who in s.act.about},
    )
    if not (asked & set(facts["affected"]) and asked & set(facts["authorities"])):
        return refuse("plan/adoption", "refused.adopt-consulted")
    return None


def _stops_first(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    """Under paragraphs 1 to 4, where a stop is founded, no plan is adopted or closed while trade goes on."""
    if not plan.strict or plan.stopped or grounds(plan, a_party(plan, case, day), day, case).missing:
        return None
    return refuse(governing(plan), "refused.adopt-trading")


def _pauses_by_rule(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    reasons = case.rulebook.rule("plan/pause").facts["reasons"]
    if not act.about or act.about[0] not in reasons:
        return refuse("plan/pause", "refused.pause-reason")
    if act.until is None or act.until < day:
        return refuse("plan/pause", "refused.pause-end")
    if not plan.adoptions or day > plan.adoptions[-1].deadline:
        return refuse("plan/pause", "refused.pause-late")
    try:
        limit = case.number("plan/pause", "pause_days", day)
    except NotInForce:
        return refuse("plan/pause", "refused.pause-not-in-force", day=day.isoformat())
    if paused_days(plan) + (act.until - day).days + 1 > limit:
        return refuse("plan/pause", "refused.pause-limit", limit=limit)
    return None


def paused_days(plan: Plan) -> int:
    """Days of all pauses of the newest adoption, both ends counted."""
    pauses = plan.since(plan.adoptions[-1].day, "pause") if plan.adoptions else []
    return sum((step.act.until - step.day).days + 1 for step in pauses if step.act.until)


def _was_measured(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    """Improvement is significant and measurable, and comes in time: an indicator was measured after the adoption and
    before its time ran out, however late the review itself is written."""
    adopted = plan.adoptions[-1]
    measured = plan.since(adopted.day, "measure")
    in_time = [step for step in measured if step.day <= waits_until(plan, adopted)]
    return None if in_time else refuse("plan/review", "refused.review-unmeasured")


def _not_partly_again(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    stopped = plan.last("resume")
    times = len(plan.since(stopped.day if stopped else None, "review-partly"))
    allowed = case.number("plan/review", "partly_times", day)
    return refuse("plan/review", "refused.partly-again", times=allowed) if times >= allowed else None


def _closes_for_a_reason(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    """A plan ends because it worked and trade goes on, or because trade has ended."""
    if plan.trade == "disengaged" or (plan.state == "improved" and plan.trade == "trading"):
        return None
    return refuse("workflow/plan", "refused.close-early")


def _revises_while_stopped(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    if plan.state == "unimproved" and not plan.stopped:
        return refuse(governing(plan), "refused.revise-trading")
    return None


def _continues_by_the_guidance(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    """Trade goes on only under a plan that was adopted and has neither failed nor run out."""
    if not plan.adoptions:
        return refuse(governing(plan), "refused.continue-unadopted")
    if plan.state == "unimproved":
        return refuse(governing(plan), "refused.continue-failed")
    if plan.state == "adopted" and day > waits_until(plan, plan.adoptions[-1]):
        return refuse(governing(plan), "refused.continue-overdue", day=plan.adoptions[-1].deadline.isoformat())
    return None


def _has_grounds(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    """A named actor, a supplier relationship, evidence at reasonable risk or above; the signature is the workflow's."""
    missing = grounds(plan, party_id(act.about[0]) if act.about else None, day, case).missing
    return refuse(governing(plan), "refused.grounds", missing=";".join(f"@{m}" for m in missing)) if missing else None


def _harm_was_tested(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    """Shown beside every stop, required for all but those under paragraphs 1 to 4."""
    if plan.strict or plan.states["harm-test"] == "tested":
        return None
    return refuse("workflow/harm-test", "refused.harm-untested")


def _was_heard_before_stop(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    return None if plan.strict else _was_heard(plan, act, day, case)


def _was_heard(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    """Before a party's status changes its reply is asked, and came or had its time. A reply answers the change at hand:
    what was proposed since is asked anew."""
    proposed = plan.last("propose-disengagement") if act.verb == "disengage" else None
    proposed = plan.last("propose-resumption") if act.verb == "resume" else proposed
    changed = plan.last("suspend", "disengage", "resume") if act.verb == "suspend" else None
    after = proposed or changed
    asked = plan.since(after.day if after else None, "ask-reply")
    if not asked:
        return refuse("plan/reply", "refused.reply-unasked")
    until = answer_by(asked[0].day, case)
    if day <= until and not plan.since(asked[0].day, "record-reply"):
        return refuse("plan/reply", "refused.reply-window", day=until.isoformat())
    return None


def answer_by(asked: date, case: Case) -> date:
    """The last day on which a party can answer what it was asked."""
    return asked + timedelta(days=case.number("plan/reply", "answer_days", asked))


def _stopped_long_enough(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    earliest = resumes_from(plan, case)
    if earliest and day < earliest:
        return refuse(governing(plan), "refused.resume-early", day=earliest.isoformat())
    return None


def resumes_from(plan: Plan, case: Case) -> date | None:
    """The first day on which trade may resume: the least stop of the gravest category, counted from the suspension.
    None where trade has not stopped, or the category sets no time (then it is the finding that counts)."""
    stopped = plan.last("suspend")
    if not plan.suspended or stopped is None:
        return None
    try:
        months = case.number(governing(plan), "stop_months", stopped.day)
    except KeyError:
        return None
    return months_before(stopped.day, -months)


def _has_revised_plan(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    """Resuming takes a plan with objectives adopted since trade stopped."""
    stopped = plan.last("suspend")
    if stopped and plan.state == "adopted" and plan.adoptions[-1].day >= stopped.day:
        return None
    return refuse(governing(plan), "refused.resume-objectives")


def _found_gone(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    """Under paragraphs 1 to 4 trade resumes only after an assessment since the stop that no longer found it."""
    stopped, newest = plan.last("suspend"), plan.last("record-finding")
    gone = newest and stopped and newest.day >= stopped.day and newest.act.level == "not-found"
    if not plan.strict or (gone and grounds(plan, a_party(plan, case, day), day, case).missing):
        return None
    return refuse(governing(plan), "refused.resume-finding")


def _has_document(plan: Plan, act: PlanAct, day: date, case: Case) -> Refusal | None:
    there = act.level in LEVELS and act.note
    return None if there else refuse("workflow/finding", "refused.finding-undocumented")


_GUARDS: Mapping[str, tuple[Guard, ...]] = {
    "propose": (_names_known_risks,),
    "add-measure": (_names_something, _gives_a_figure),
    "record-baseline": (_names_a_measure_of_it, _gives_figure_or_reason),
    "measure": (_names_a_measure_of_it, _gives_a_figure),
    "consult": (_names_something,),
    "withdraw-plan": (_not_after_adoption,),
    "adopt": (_is_whole, _stops_first),
    "pause": (_pauses_by_rule,),
    "review-improved": (_was_measured,),
    "review-partly": (_was_measured, _not_partly_again),
    "revise": (_revises_while_stopped,),
    "close": (_closes_for_a_reason, _stops_first),
    "continue": (_continues_by_the_guidance,),
    "suspend": (_has_grounds, _harm_was_tested, _was_heard_before_stop),
    "propose-disengagement": (_names_something,),
    "disengage": (_has_grounds, _harm_was_tested, _was_heard_before_stop),
    "propose-resumption": (_names_something,),
    "resume": (_stopped_long_enough, _has_revised_plan, _found_gone, _was_heard),
    "ask-reply": (_names_something,),
    "record-finding": (_has_document,),
}


def grounds(plan: Plan, party: str | None, day: date, case: Case) -> Grounds:
    """What is there on a day to stop trade with a party, for the plan's best founded risk: the evidence of visits, or a
    finding a person documented while it is fresh. A newer finding that it is gone answers what was seen before it."""
    register = case.on(day)
    reach = case.behind(party, day) if party else frozenset()
    found = [_grounds(risk, reach, plan, register, day, case) for risk in plan.risks]
    return min(found, key=lambda one: len(one.missing), default=Grounds(False, False, False))


def _grounds(risk: str, reach: frozenset[str], plan: Plan, register: Register, day: date, case: Case) -> Grounds:
    kind, _, subject = risk.partition("/")
    level, named = _seen(kind, subject, plan, register, day, case)
    told, told_name = _found_by_person(plan, day, case)
    site = register.sites.get(subject)
    return Grounds(
        evidence=level in FOUNDED or told in FOUNDED,
        actor=named or told_name,
        relationship=subject in reach or bool(site and site.area in reach and site.in_chain),
    )


def _seen(kind: str, subject: str, plan: Plan, register: Register, day: date, case: Case) -> tuple[str | None, bool]:
    """What visits to the site say on a day; those before a finding that it is gone say nothing more."""
    site = register.sites.get(subject)
    if site is None:
        return None, False
    gone = plan.last("record-finding")
    if gone and gone.act.level == "not-found":
        site = replace(site, visits=tuple(v for v in site.visits if v.speaks_of.known_on > gone.day))
    return risks.found_at(site, kind, case.rulebook, day)


def _found_by_person(plan: Plan, day: date, case: Case) -> tuple[str | None, bool]:
    """The newest documented finding while it is fresh, and whether it names the actor."""
    newest = plan.last("record-finding")
    if newest is None or newest.act.level in (None, "not-found"):
        return None, False
    fresh = (day - newest.day).days <= case.number("risk/evidence", "reasonable_risk_days", day)
    return (newest.act.level if fresh else "plausible"), bool(newest.act.about)


def waits_until(plan: Plan, adopted: Adoption) -> date:
    """The day to which the review of an adoption may wait: its deadline and the days of recorded pauses, never beyond
    the limit that each was held against."""
    return adopted.deadline + timedelta(days=paused_days(plan))


def parties(plan: Plan, case: Case, day: date) -> tuple[str, ...]:
    """The supplier the plan names, else those behind whom its subjects stood on a day."""
    if plan.party:
        return (plan.party,)
    return tuple(dict.fromkeys(p for subject in plan.subjects for p in _suppliers(subject, case, day)))


def a_party(plan: Plan, case: Case, day: date) -> str | None:
    return next(iter(parties(plan, case, day)), None)


def _suppliers(subject: str, case: Case, day: date) -> list[str]:
    """The parties that sell to me and behind whom a subject stands; none where no chain reaches it."""
    near = sorted(party.id for party in case.on(day).parties.values() if party.tier == 1)
    return [id for id in near if subject in case.behind(id, day)]
