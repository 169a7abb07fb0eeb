"""Runs of the cycle: every statement that stands through `cycle.run`, and what came of it as rows for each audience."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from winze import __version__, cycle
from winze.engine import disclosure, models, reporting, rules
from winze.engine.disclosure import Place, View
from winze.engine.plan import Plan
from winze.engine.problems import Severity
from winze.engine.records import DataClass, Input, Statement
from winze.engine.risks import Risk
from winze.formats import case as cases
from winze.formats import cycle_json
from winze.formats.cycle_json import plain
from winze.workbench.access import Actor
from winze.workbench.models import CycleProblem, CycleRun, Organisation, PlaceRow, PlanRow, RiskRow, Why
from winze.workbench.store import Absent, files, journal, placed, statements

EYES = ("internal", "partner")
"""The audiences a run keeps rows for; the public one is made at an export."""
type Run = CycleRun
"""A run as pages handle it."""
type Progress = Callable[[str, int, int], None]
"""Told what is being done (a message id), how much is done, of how much; raises to stop."""


def newest(organisation: int) -> CycleRun | None:
    """The run that pages show unless the address names another."""
    return CycleRun.objects.filter(organisation_id=organisation, state="done").order_by("-id").first()


def one(organisation: int, number: int) -> CycleRun:
    found = CycleRun.objects.filter(organisation_id=organisation, pk=number, state="done").first()
    if found is None:
        raise Absent
    return found


def before(of: CycleRun) -> CycleRun | None:
    """The run that was done before another."""
    return CycleRun.objects.filter(organisation=of.organisation_id, state="done", pk__lt=of.pk).order_by("-id").first()


def recent(organisation: int, most: int = 10) -> list[CycleRun]:
    """The newest runs that were done, for choosing one."""
    return list(CycleRun.objects.filter(organisation=organisation, state="done").order_by("-id")[:most])


def inputs(of: CycleRun, audience: str) -> list[dict[str, Any]]:
    """The files of a run as an audience may know them."""
    found = Why.objects.filter(run=of, audience=audience, about="inputs").first()
    return json.loads(zlib.decompress(bytes(found.packed))) if found else []


def problem_counts(of: CycleRun) -> list[tuple[str, int]]:
    """How many problems a run has of each severity, the gravest first."""
    counted = dict(CycleProblem.objects.filter(run=of).values_list("severity").annotate(count=Count("id")))
    return [(str(severity), counted[str(severity)]) for severity in Severity if str(severity) in counted]


def everything(organisation: int, known_by: date, progress: Progress) -> cases.Case:
    """All that stood in the register on a day, as a case: rows as statements, bulk files read again."""
    progress("wb.job.load", 0, 4)
    told = statements.load(statements.standing(organisation, known_by), persons=True)
    inputs: dict[str, Input] = {}
    problems = []
    for of in statements.loaded(organisation, known_by).select_related("file").order_by("id"):
        inputs[of.name] = Input(
            id=of.name, name=of.name, sha256=of.file.sha256, format=of.format or None, version=of.version or None,
            source=of.source or None, records=dict(of.kinds), problems=of.errors + of.warnings, newest=of.newest,
            generated_on=of.generated_on,
        )  # fmt: skip
    for of, found in statements.bulk(organisation, known_by):
        progress("wb.job.read", 1, 4)
        told += [_received(s, of.received_on) for s in found.statements if s.kind in statements.BULK]
        problems += list(found.problems)
    return cases.Case(tuple(inputs[name] for name in sorted(inputs)), tuple(told), tuple(problems))


def _received(statement: Statement, day: date | None) -> Statement:
    return replace(statement, received_on=day, _id=[])


def ask(actor: Actor, as_of: date, known_by: date | None = None) -> CycleRun:
    """A run to be done by a job. Runs inside the caller's transaction."""
    today = datetime.now(UTC).date()
    return CycleRun.objects.create(
        organisation_id=actor.organisation, as_of=as_of, known_by=known_by or today, state="waiting",
        by_id=actor.user, at=datetime.now(UTC),
    )  # fmt: skip


def run(waiting: CycleRun, actor: Actor | None, progress: Progress) -> cycle.Cycle:
    """Does a run and keeps what came of it, all in one transaction: a run is done or it is not there."""
    result = walk(waiting, progress)
    progress("wb.job.keep", 3, 4)
    document = gzip.compress(cycle_json.dump(result).encode(), 3, mtime=0)
    key = code_key(waiting.organisation_id)
    rows = [_rows(waiting, result, disclosure.view(result, audience, key)) for audience in EYES]
    with transaction.atomic():
        kept = files.keep(waiting.organisation_id, [document], DataClass.COMPETITOR)
        for risks, plans, places, whys in rows:
            RiskRow.objects.bulk_create(risks, batch_size=300)
            PlanRow.objects.bulk_create(plans, batch_size=300)
            PlaceRow.objects.bulk_create(places, batch_size=300)
            Why.objects.bulk_create(whys, batch_size=300)
        CycleProblem.objects.bulk_create(_problems(waiting, result), batch_size=500)
        waiting.state, waiting.done_at = "done", datetime.now(UTC)
        waiting.document, waiting.software = kept.sha256, __version__
        waiting.rules = hashlib.sha256(repr(sorted(rules.load().as_table("en"))).encode()).hexdigest()
        waiting.steps, waiting.counts, waiting.headline = _steps(result), _counts(result), _headlines(result)
        event = journal.record(
            actor, "cycle.run", f"run:{waiting.pk}", organisation=waiting.organisation_id,
            after={"as_of": waiting.as_of, "known_by": waiting.known_by, "document": kept.sha256,
                   "ranked": sum(risk.rank is not None for risk in result.risks), "statements": len(result.statements)},
        )  # fmt: skip
        waiting.head = event.hash
        waiting.save()
    return result


def walk(of: CycleRun, progress: Progress) -> cycle.Cycle:
    """The cycle of a run's days, by what the register held on them: nothing is kept. The same days give the same."""
    told = everything(of.organisation_id, of.known_by, progress)
    progress("wb.job.think", 2, 4)
    return cycle.run(
        told.statements, rules.load(), models.in_force(of.as_of), of.as_of,
        inputs=told.inputs, problems=told.problems, known_by=of.known_by,
    )  # fmt: skip


def code_key(organisation: int) -> bytes:
    """What keys the codes of places, so that a place has one code in the register, in every run and every report."""
    return bytes(Organisation.objects.only("code_key").get(pk=organisation).code_key)


def risk_key(key: bytes, risk: str) -> str:
    """The name of a risk that stays the same in every run, and from which nobody can work out what it is about."""
    return base64.b32encode(hashlib.blake2b(risk.encode(), key=key, digest_size=10).digest()).decode().lower()


def document(of: CycleRun) -> dict[str, Any]:
    """The whole `cycle.json` of a run (internal eyes)."""
    packed = files.path_of(of.organisation_id, of.document).read_bytes()
    found: dict[str, Any] = json.loads(gzip.decompress(packed))
    return found


def why(of: CycleRun, audience: str, about: str) -> Any:
    """What a page shows of one risk, plan or subject of a run. Raises Absent."""
    found = Why.objects.filter(run=of, audience=audience, about=about).first()
    if found is None:
        raise Absent
    return json.loads(zlib.decompress(bytes(found.packed)))


# -- rows ------------------------------------------------------------------------------------------------------------


type Rows = tuple[list[RiskRow], list[PlanRow], list[PlaceRow], list[Why]]


def _rows(of: CycleRun, result: cycle.Cycle, eyes: View) -> Rows:
    dated = {s.id: s.speaks_of.known_on for s in result.statements}
    risks, whys = [], []
    for position, risk in enumerate(filter(None, (eyes.risk(one) for one in result.risks)), start=1):
        place = eyes.place(risk.subject)
        risks.append(_risk_row(of, eyes, position, risk, place, dated))
        whys.append(_why(of, eyes.audience, f"risk:{position}", _risk_document(eyes, risk, place)))
    plans = []
    for position, plan in enumerate(filter(None, (eyes.plan(one, result.as_of) for one in result.plans)), start=1):
        plans.append(_plan_row(of, eyes, position, plan, result.as_of))
        whys.append(_why(of, eyes.audience, f"plan:{position}", _plan_document(eyes, plan, result.as_of)))
    by_subject: dict[str, list[Any]] = {}
    for signal in filter(None, (eyes.signal(one) for one in result.signals)):
        by_subject.setdefault(signal.subject.partition("#")[0], []).append(_signal(eyes, signal))
    whys.append(_why(of, eyes.audience, "inputs", [plain(eyes.input(item)) for item in result.inputs]))
    whys += [
        _why(of, eyes.audience, f"subject:{subject}", {"signals": signals}) for subject, signals in by_subject.items()
    ]
    return risks, plans, list(placed.rows(of, result, eyes, risks)), whys


def _why(of: CycleRun, audience: str, about: str, document: Any) -> Why:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Why(run=of, audience=audience, about=about[:400], packed=zlib.compress(text.encode(), 3))


def _risk_row(of: CycleRun, eyes: View, position: int, risk: Risk, place: Place, dated: dict[str, date]) -> RiskRow:
    resting = {reason.statement for reason in risk.because if reason.statement and reason.statement in dated}
    return RiskRow(
        run=of, audience=eyes.audience, position=position, rank=risk.rank, letter=risk.annex_ii, kind=risk.kind,
        key=risk_key(eyes.key, risk.id), risk=risk.id if eyes.internal else "",
        subject=risk.subject if eyes.internal else "",
        place=plain(place), named=place.name or place.code or "", territory=place.territory or "",
        country=place.country or "", in_chain=eyes.in_chain(risk.subject), p=risk.likelihood.p,
        low=risk.likelihood.low, high=risk.likelihood.high, basis=risk.likelihood.basis,
        evidence=risk.evidence_level or "", evidence_on=max((dated[id] for id in resting), default=None),
        statements=len(resting), severity=risk.severity.highest or None, action=risk.response.action,
        due=risk.response.deadline,
    )  # fmt: skip


def _risk_document(eyes: View, risk: Risk, place: Place) -> dict[str, Any]:
    found = cycle_json.risk(risk)
    found["because"] = [plain(eyes.why(reason)) for reason in risk.because]
    found["place"] = plain(place)
    if not eyes.internal:
        found["id"] = found["subject"] = None
    return found


def _plan_row(of: CycleRun, eyes: View, position: int, plan: Plan, as_of: date) -> PlanRow:
    place = eyes.place(plan.subjects[0]) if plan.subjects else None
    clock = min(plan.clocks, key=lambda one: one.falls, default=None)
    return PlanRow(
        run=of, audience=eyes.audience, position=position, key=plan.key or "", rank=plan.rank,
        letters="".join(plan.letters), kind=plan.kinds[0] if plan.kinds else "",
        named=(place.name or place.code or place.territory or "") if place else "", state=plan.state, trade=plan.trade,
        next_clock=clock.what if clock else "", due=clock.falls if clock else None, in_chain=plan.in_chain,
    )  # fmt: skip


def _plan_document(eyes: View, plan: Plan, as_of: date) -> dict[str, Any]:
    found = cycle_json.plan(plan, as_of)
    found["refused"] = [  # with their values, so that they read in every language
        {"act": one.verb, "role": one.role, "rule": one.refusal.rule, "text": one.refusal.text,
         "values": [list(pair) for pair in one.refusal.values]}
        for one in plan.possible if one.refusal is not None
    ]  # fmt: skip
    found["places"] = [plain(eyes.place(subject)) for subject in plan.subjects]
    return found if eyes.internal else found | _coarse(eyes, plan, found)


def _coarse(eyes: View, plan: Plan, found: dict[str, Any]) -> dict[str, Any]:
    """What of a plan reads otherwise for somebody without precise eyes: no ids of subjects, no file, row or reason they
    may not know."""
    places = {"parties": plan.harm.parties, "buyers": plan.harm.buyers} if plan.harm else {}
    known = {key: ids and [(at := eyes.place(id)).name or at.code for id in ids] for key, ids in places.items()}
    return {
        "risks": [],
        "party": None,
        "harm": found["harm"] and found["harm"] | known,
        "objectives": [
            told | {"baseline": told["baseline"] | {"because": plain(eyes.why(one.baseline.because))}}
            for told, one in zip(found["objectives"], plan.objectives, strict=True)
        ],
        "clocks": [
            told | {"because": plain(eyes.why(one.because)) if one.because else None}
            for told, one in zip(found["clocks"], plan.clocks, strict=True)
        ],
        "acts": [told | {"origin": None} for told in found["acts"]],
    }


def _signal(eyes: View, signal: Any) -> dict[str, Any]:
    found = cycle_json.signal(signal)
    found["because"] = [plain(eyes.why(reason)) for reason in signal.because]
    if not eyes.internal:
        found["subject"] = found["id"] = None
    return found


def _problems(of: CycleRun, result: cycle.Cycle) -> list[CycleProblem]:
    return [
        CycleProblem(
            run=of, code=item.code, severity=str(item.severity), input=item.origin.input[:400], sheet=item.origin.sheet,
            row=item.origin.row, cell=item.origin.cell and item.origin.cell[:200],
            values=[list(pair) for pair in item.values],
        )
        for item in result.problems
    ]  # fmt: skip


def _steps(result: cycle.Cycle) -> list[dict[str, Any]]:
    """The steps of the walk that are built, each with what went in, what came out, and what is wrong."""
    ranked = [risk for risk in result.risks if risk.rank is not None]
    raised = Counter(signal.state for signal in result.signals)
    wrong = Counter(str(problem.severity) for problem in result.problems)
    return [
        {"step": "read", "in": len(result.inputs), "out": len(result.statements), "problems": wrong["error"]},
        {"step": "check", "in": sum(sum(i.records.values()) for i in result.inputs), "out": len(result.statements),
         "problems": wrong["warning"]},
        {"step": "register", "in": len(result.statements),
         "out": len(result.register.sites) + len(result.register.parties), "problems": len(result.register.unjoined)},
        {"step": "signals", "in": len(result.statements), "out": raised["raised"],
         "problems": raised["cannot-evaluate"]},
        {"step": "risks", "in": raised["raised"], "out": len(ranked), "problems": len(result.risks) - len(ranked)},
        {"step": "mitigation", "in": len(ranked), "out": sum(plan.key is not None for plan in result.plans),
         "problems": sum(plan.key is None for plan in result.plans)},
        {"step": "reporting", "in": len(ranked), "out": 1, "problems": 0},
    ]  # fmt: skip


def _counts(result: cycle.Cycle) -> dict[str, Any]:
    ranked = [risk for risk in result.risks if risk.rank is not None]
    return {
        "ranked": len(ranked),
        "watched": len(result.risks) - len(ranked),
        "letters": dict(sorted(Counter(risk.annex_ii for risk in ranked).items())),
        "actions": dict(sorted(Counter(risk.response.action for risk in ranked).items())),
        "sites": len(result.register.sites),
        "parties": len(result.register.parties),
        "chain": sum(risk.in_chain for risk in ranked),
    }


def _headlines(result: cycle.Cycle) -> dict[str, Any]:
    return {audience: plain(reporting.compile(result, audience).title) for audience in EYES}


def audiences() -> Iterator[str]:
    yield from EYES
