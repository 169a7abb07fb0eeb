"""What falls due on a plan, and on which day. A deadline belongs to an adoption: it is worked out from that act alone,
and no later act moves it; a recorded pause is shown beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from winze.engine.plan import Case, Clock, Plan, governing
from winze.engine.reasons import Reason, because
from winze.engine.records import Visit
from winze.engine.register import Register
from winze.engine.responses import a_party, answer_by, grounds, resumes_from, waits_until


def clocks(plan: Plan, case: Case) -> tuple[Clock, ...]:
    """Everything that falls due, the earliest first."""
    if plan.over:
        return ()
    found = [*_review(plan), *_forced(plan, case), *_reply(plan, case), *_resumption(plan, case), *_again(plan, case)]
    return tuple(sorted(found, key=lambda clock: (clock.falls, clock.what)))


def _review(plan: Plan) -> Iterator[Clock]:
    if plan.state == "adopted" and plan.trade != "disengaged":
        newest = plan.adoptions[-1]
        until = waits_until(plan, newest)
        yield Clock("review", newest.deadline, newest.rule, until if until > newest.deadline else None)


def _forced(plan: Plan, case: Case) -> Iterator[Clock]:
    """What the Guidance forces next: a stop at once, a plan at once, a stop after failure, a revised plan."""
    opened, rule = plan.last("propose"), governing(plan)
    if (
        plan.strict
        and not plan.stopped
        and not grounds(plan, a_party(plan, case, case.as_of), case.as_of, case).missing
    ):
        yield Clock("stop", opened.day if opened else case.as_of, rule)
    if plan.state == "unimproved" and not plan.stopped:
        failed = plan.last("review-none")
        assert failed is not None
        yield Clock("stop-or-disengage", failed.day, rule)
    if plan.state in ("draft", "submitted") and not plan.adoptions and opened and "C" in plan.letters:
        days = case.number("annex-ii/c", "plan_within_days", opened.day)
        yield Clock("adopt", opened.day + timedelta(days=days), "annex-ii/c")
    if plan.state == "partly" and (partly := plan.last("review-partly")):
        days = case.number("plan/review", "revise_days", partly.day)
        yield Clock("revise", partly.day + timedelta(days=days), "plan/review")


def _reply(plan: Plan, case: Case) -> Iterator[Clock]:
    """The reply that is awaited, or that must be asked the same day as a stop under paragraphs 1 to 4."""
    stopped, asked = plan.last("suspend", "disengage"), plan.last("ask-reply")
    if plan.strict and plan.stopped and stopped and not plan.since(_asked_from(plan), "ask-reply"):
        yield Clock("ask-reply", stopped.day, "plan/reply")
    if asked and plan.states["reply"] == "asked" and answer_by(asked.day, case) >= case.as_of:
        yield Clock("reply", answer_by(asked.day, case), "plan/reply")


def _asked_from(plan: Plan) -> date | None:
    """From which day a reply counts for the change of status that stands: from its proposal, where there was one; under
    paragraphs 1 to 4 from the stop itself; else from the change before it."""
    changes = plan.since(None, "suspend", "disengage", "resume")
    newest = changes[-1]
    proposal = {"resume": "propose-resumption", "disengage": "propose-disengagement"}.get(newest.act.verb)
    if proposal and not (plan.strict and newest.act.verb == "disengage"):
        return plan.since(None, proposal)[-1].day
    if plan.strict:
        return newest.day
    return changes[-2].day if len(changes) > 1 else None


def publishable_from(plan: Plan, case: Case) -> date | None:
    """The first day on which a change of a party's status may be published: the day of its reply, or the day after the
    time it had. None while nobody asked; nothing is owed where its status never changed."""
    if plan.last("suspend", "disengage", "resume") is None:
        return case.as_of
    asked = plan.since(_asked_from(plan), "ask-reply")
    if not asked:
        return None
    replied = plan.since(asked[0].day, "record-reply")
    return replied[0].day if replied else answer_by(asked[0].day, case) + timedelta(days=1)


def _resumption(plan: Plan, case: Case) -> Iterator[Clock]:
    earliest = resumes_from(plan, case)
    if earliest:
        yield Clock("resume-from", earliest, governing(plan))


def _again(plan: Plan, case: Case) -> Iterator[Clock]:
    """Assessments that a change of circumstances since the adoption opened and nobody has made yet."""
    if not plan.adoptions:
        return
    days = case.number("plan/reassess", "reassess_days", case.as_of)
    done = plan.last("reassess")
    for day, reason in _changes_since(plan, plan.adoptions[0].day, case):
        if done is None or done.day < day:
            yield Clock("reassess", day + timedelta(days=days), "plan/reassess", None, reason)


def _changes_since(plan: Plan, adopted: date, case: Case) -> list[tuple[date, Reason]]:
    """Signals raised since, visits since, that bear on what the plan is about; the newest of each kind."""
    kinds = set(case.rulebook.rule("plan/reassess").facts["signals"])
    found: dict[str, tuple[date, Reason]] = {}
    places = _places(plan, case.register)
    for signal in case.signals:
        bears = places & {signal.subject, signal.subject.partition("#")[0], *signal.touches}
        if signal.kind in kinds and signal.state == "raised" and signal.since and signal.since > adopted and bears:
            named = f"@signal.{signal.kind}"
            change = (signal.since, because("reason.reassess-signal", signal.rule, signal=named, day=signal.since))
            found[signal.kind] = max(found.get(signal.kind, change), change, key=lambda one: one[0])
    for subject in plan.subjects:
        site = case.register.sites.get(subject)
        for visit in site.visits if site else ():
            if isinstance(visit.said, Visit) and visit.speaks_of.known_on > adopted:
                day = visit.speaks_of.known_on
                found["visit"] = (day, because("reason.reassess-visit", "plan/reassess", visit, day=day))
    return sorted(found.values(), key=lambda one: (one[0], one[1].text))


def _places(plan: Plan, register: Register) -> set[str]:
    """The plan's subjects, the areas they lie in, and the party it names."""
    areas = {site.area for id in plan.subjects if (site := register.sites.get(id)) and site.area}
    return {*plan.subjects, *areas, *([plan.party] if plan.party else [])}
