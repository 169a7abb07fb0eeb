"""Plans: their acts as statements, replayed at once with what they need, and new acts with their event and signature.

A run judges every act again with all that the register holds. Here only the acts of one plan are folded, with the links
of the chain, the sites and facts that they rest on; signals, which only a run works out, do not enter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from winze.engine import matching, mitigation, register, rules
from winze.engine.plan import Case, Plan, unopened
from winze.engine.problems import Problem, Refusal
from winze.engine.records import PlanAct, Statement
from winze.engine.texts import refuse
from winze.formats import recording
from winze.formats.entry import entered
from winze.workbench.access import Actor
from winze.workbench.models import CycleRun, Event, PlanRow, Signature, Site, Told, User
from winze.workbench.store import Absent, Stale, cycles, journal, statements
from winze.workbench.store import register as registers

ACTS = {"owner": "plan-owner", "approver": "plan-approver", "outside": "plan-outside", "party": "plan-party"}
"""The act of `access.ACTS` that each role of a workflow asks for."""
COMMITTED = ("record-finding", "record-reply")
"""Acts whose free words may name a person: the journal commits to them and does not repeat them."""


@dataclass(frozen=True)
class Live:
    """A plan as its acts make it now (or on a day): nothing of a run is needed for it."""

    plan: Plan
    refused: tuple[tuple[Statement, Refusal], ...]
    acts: tuple[Statement, ...]
    case: Case
    version: int  # the newest row of the plan; a form that carries another is stale


# -- reading ---------------------------------------------------------------------------------------------------------


def live(organisation: int, key: str, day: date, known_by: date | None = None) -> Live:
    """One plan replayed as of a day, by what had been received by another. Raises Absent for a key nobody used."""
    version = _version(organisation, key)
    acts = _acts(organisation, key, known_by)
    if not version:
        raise Absent
    known = [s for s in acts if s.known(day)]
    case = _case(organisation, acts, day, known_by)
    plan, refused = mitigation.replay(key, known, case) if known else (unopened(case, key), [])
    shown = mitigation.review([plan], (), case)[0] if plan.steps else plan
    return Live(shown, tuple(refused), tuple(known), case, version)


def version(organisation: int, key: str) -> int:
    """The number of a plan's newest row, 0 for a key nobody used."""
    return _version(organisation, key)


def _version(organisation: int, key: str) -> int:
    rows = Told.objects.filter(organisation_id=organisation, kind=PlanAct.kind, subject=f"plan:{key}")
    return rows.aggregate(newest=Max("id"))["newest"] or 0


def _acts(organisation: int, key: str, known_by: date | None = None) -> list[Statement]:
    rows = statements.standing(organisation, known_by).filter(kind=PlanAct.kind, subject=f"plan:{key}")
    return statements.load(rows, persons=True)


def _case(organisation: int, acts: Sequence[Statement], day: date, known_by: date | None = None) -> Case:
    told = [s for s in (*_needed(organisation, acts, known_by), *acts) if s.known(day)]
    return Case(told, register.build(told), (), rules.load(), day)


def _needed(organisation: int, acts: Sequence[Statement], known_by: date | None = None) -> list[Statement]:
    """What the acts of a plan are judged by: the chain, the sites it reaches and those the plan is about, and facts."""
    named = {
        risk.partition("/")[2].partition("#")[0]
        for s in acts
        if isinstance(s.said, PlanAct) and s.said.verb == "propose"
        for risk in s.said.about
    }
    subjects = registers.cluster(organisation, named)
    for subject, also in Site.objects.filter(organisation_id=organisation, in_chain=True).values_list(
        "subject", "also"
    ):
        subjects |= {subject, *also}
    wide = Q(kind__in=("supply", "judgement")) | (Q(kind="fact") & ~Q(subject__startswith="site:"))
    rows = statements.standing(organisation, known_by).filter(
        wide | Q(kind__in=("visit", "site", "fact"), subject__in=subjects)
    )
    needed: list[Statement] = matching.link(statements.load(rows))
    return needed


def keys_of(organisation: int) -> dict[str, tuple[str, ...]]:
    """Every plan's key with the risks it was proposed for, by the acts that stand."""
    rows = statements.standing(organisation).filter(kind=PlanAct.kind, said__said__verb="propose").order_by("id")
    return {said["said"]["plan"]: tuple(said["said"].get("about", ())) for (said,) in rows.values_list("said")}


def of_risk(organisation: int, risk: str) -> str | None:
    """The key of the newest plan that was proposed for a risk; None where there is none."""
    return next((key for key, about in reversed(keys_of(organisation).items()) if risk in about), None)


def of_party(organisation: int, subject: str) -> list[str]:
    """The keys of the plans that name a party, or a risk of it."""
    name = subject.removeprefix("party:")
    found = []
    rows = statements.standing(organisation).filter(kind=PlanAct.kind).order_by("id")
    for plan, about in rows.values_list("said__said__plan", "said__said__about"):
        if any(one.endswith(f"/{subject}") or register.fold(one) == name for one in about or ()):
            found.append(plan)
    return list(dict.fromkeys(found))


def row(run: CycleRun, audience: str, position: int) -> PlanRow:
    """One plan of a run. Raises Absent."""
    found = PlanRow.objects.filter(run=run, audience=audience, position=position).first()
    if found is None:
        raise Absent
    return found


def row_of_key(run: CycleRun | None, audience: str, key: str) -> PlanRow | None:
    return PlanRow.objects.filter(run=run, audience=audience, key=key).first() if run and key else None


def row_of_rank(run: CycleRun, audience: str, rank: int | None) -> PlanRow | None:
    """The plan that a run proposes, or holds, for the risk of a rank."""
    if rank is None:
        return None
    return PlanRow.objects.filter(run=run, audience=audience, rank=rank).order_by("position").first()


def changed_since(run: CycleRun, most: int = 20) -> list[str]:
    """The keys of plans with acts recorded since a run, newest first."""
    events = Event.objects.filter(
        organisation_id=run.organisation_id, verb__startswith="plan.", at__gt=run.done_at or run.at
    )
    subjects = events.order_by("-seq").values_list("subject", flat=True)[:500]
    return list(dict.fromkeys(subject.removeprefix("plan:") for subject in subjects))[:most]


def free_key(organisation: int, day: date) -> str:
    """A key nobody used yet, of the day's year."""
    taken = set(
        Told.objects.filter(organisation_id=organisation, subject__startswith=f"plan:P-{day.year}-")
        .values_list("subject", flat=True)
        .distinct()
    )
    return next(key for n in range(1, 100_000) if f"plan:{(key := f'P-{day.year}-{n:02d}')}" not in taken)


# -- acting ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """One act as a form gives it: cells of the template of acts on plans, in the words of the form's language."""

    verb: str
    role: str
    day: str
    concerns: str = ""
    figure: str = ""
    remark: str = ""


def act(actor: Actor, key: str, asked: Sequence[Asked], language: str, seen: int) -> tuple[Problem, ...]:
    """Records acts on one plan, all of them or none. Gives what is wrong with the cells (then nothing was written).
    Raises Refusal where the rules do not permit one, Stale where somebody acted since the form was shown."""
    name = _name(actor)
    with transaction.atomic():
        if _version(actor.organisation, key) != seen:
            raise Stale
        for one in asked:
            said, problems = entered("plans", _cells(key, one, name), language)
            if problems or said is None:
                transaction.set_rollback(True)
                return problems
            _record(actor, key, said)
    return ()


def _cells(key: str, one: Asked, name: str) -> dict[str, str]:
    return {"plan": key, "date": one.day, "act": one.verb, "person": name, "role": one.role, "concerns": one.concerns,
            "figure": one.figure, "remark": one.remark}  # fmt: skip


def _name(actor: Actor) -> str:
    user = User.objects.get(pk=actor.user)
    return user.name or user.email


def _record(actor: Actor, key: str, said: Statement) -> None:
    assert isinstance(said.said, PlanAct)
    acts = _acts(actor.organisation, key)
    if any(s.id == said.id for s in acts):
        raise refuse("workflow/plan", "refused.recorded")
    known = [*_needed(actor.organisation, [*acts, said]), *acts]
    before = _states(key, acts, known, said)
    proposers = _proposers(actor, key, said.said.verb)
    if any(user == actor.user for user in proposers):
        raise refuse("workflow/plan", "refused.four-eyes")
    if refused := recording.judge(known, said):
        raise refused
    (made,) = statements.add(actor.organisation, None, [said], datetime.now(UTC).date())
    after = _states(key, [*acts, said], [*known, said], said)
    journal.record(actor, f"plan.{said.said.verb}", f"plan:{key}", before=before,
                   after=after | _told(actor, said, made))  # fmt: skip
    if proposers:
        Signature.objects.create(
            organisation_id=actor.organisation, plan=key[:200], verb=said.said.verb, told=made,
            proposed_by_id=next((user for user in reversed(proposers) if user), None), approved_by_id=actor.user,
            at=datetime.now(UTC),
        )  # fmt: skip


def _states(key: str, acts: Sequence[Statement], known: Sequence[Statement], said: Statement) -> dict[str, Any]:
    """Where a plan stands by its acts up to the day of one of them, as the journal tells of it."""
    day = max(s.speaks_of.known_on for s in (*acts, said))
    told = [s for s in known if s.known(day)]
    plan, _ = mitigation.replay(
        key, [s for s in acts if s.known(day)], Case(told, register.build(told), (), rules.load(), day)
    )
    return {"state": plan.state, "trade": plan.trade, "reply": plan.states["reply"]}


def _proposers(actor: Actor, key: str, verb: str) -> list[int | None]:
    """Who did what an act needs a second person for, oldest first: their numbers, None for what a file brought. Empty
    for an act that needs no four eyes."""
    from winze.engine.workflow import workflows

    pair = next((flow.four_eyes[verb] for flow in workflows(rules.load()).values() if verb in flow.four_eyes), None)
    if pair is None:
        return []
    verbs = [f"plan.{one}" for one in pair.differs_from]
    events = Event.objects.filter(organisation_id=actor.organisation, subject=f"plan:{key}"[:300], verb__in=verbs)
    newest: dict[str, int | None] = {}
    for event in events.order_by("seq"):
        newest[event.verb] = (event.after or {}).get("by")
    return list(newest.values()) or [None]


def _told(actor: Actor, said: Statement, made: Told) -> dict[str, Any]:
    """An act as the journal tells of it: no name and no free word, only a commitment to them."""
    act = said.said
    assert isinstance(act, PlanAct)
    whose = f"user:{actor.user}"
    free = act.verb in COMMITTED
    return {
        "act": act.verb, "role": act.role, "on": said.speaks_of.known_on.isoformat(), "by": actor.user, "told": made.pk,
        "concerns": [journal.commit(one, whose) if free else one for one in act.about],
        "figure": act.amount, "until": act.until, "level": act.level,
        "person": journal.commit(act.person or "", whose),
        "remark": journal.commit(act.note, whose) if act.note else None,
    }  # fmt: skip


def signatures(organisation: int, key: str) -> Mapping[int, tuple[int | None, int]]:
    """Who proposed and who approved, by the row of the act."""
    rows = Signature.objects.filter(organisation_id=organisation, plan=key)
    return {row.told_id: (row.proposed_by_id, row.approved_by_id) for row in rows}


def document(run: CycleRun, audience: str, position: int) -> dict[str, Any]:
    """A plan of a run as an audience may see it. Raises Absent."""
    found: dict[str, Any] = cycles.why(run, audience, f"plan:{position}")
    return found
