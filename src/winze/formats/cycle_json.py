"""`cycle.json`: the whole result of a run for machines (schema `winze.cycle/1`, internal class).

No clock, path or host; figures rounded to six significant digits; sorted: two runs on one platform give one file.
The schema is described in docs/reference/cycle-json.md.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from winze.engine.leaving import Harm
from winze.engine.matching import BANDS
from winze.engine.plan import Clock, Objective, Plan, Step
from winze.engine.problems import Problem
from winze.engine.reasons import Reason, Signal
from winze.engine.records import Input, Origin
from winze.engine.register import Site
from winze.engine.risks import Risk
from winze.engine.texts import hint, refusal, sentence

if TYPE_CHECKING:
    from winze.cycle import Cycle

SCHEMA = "winze.cycle/1"


def dump(cycle: Cycle) -> str:
    """The cycle as JSON text, one line a record so that two runs can be compared with diff."""
    document = {
        "schema": SCHEMA,
        "class": "internal",
        "as_of": cycle.as_of.isoformat(),
        "inputs": [_input(item) for item in cycle.inputs],
        "baseline": plain(cycle.baseline),
        "proposals": {band: sum(p.band == band for p in cycle.proposals) for band in BANDS},
        "sites": [_site(site) for site in cycle.register.sites.values()],
        "signals": [signal(item) for item in cycle.signals],
        "risks": [risk(item) for item in cycle.risks],
        "plans": [plan(item, cycle.as_of) for item in cycle.plans],
        "problems": [problem(item) for item in cycle.problems],
    }
    parts = []
    for key, value in document.items():
        if isinstance(value, list):
            lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in value)
            parts.append(f'"{key}": [\n{lines}\n]' if value else f'"{key}": []')
        else:
            parts.append(f'"{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _input(item: Input) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "sha256": item.sha256,
        "format": item.format,
        "version": item.version,
        "source": item.source,
        "records": dict(item.records),
        "problems": item.problems,
        "newest": plain(item.newest),
        "generated_on": plain(item.generated_on),
        "later_slice": item.later_slice,
        "held_back": item.held_back,
    }


def _site(site: Site) -> dict[str, Any]:
    newest = site.visits[-1].speaks_of.known_on if site.visits else None
    return {
        "id": site.id,
        "name": site.name,
        "country": site.country,
        "province": site.province,
        "territory": site.territory,
        "area": site.area,
        "lat": plain(site.point.lat) if site.point else None,
        "lon": plain(site.point.lon) if site.point else None,
        "within_km": plain(site.point.within_km) if site.point else None,
        "minerals": list(site.minerals),
        "workers": site.workers,
        "visits": len(site.visits),
        "newest_visit": plain(newest),
        "in_chain": site.in_chain,
        "also": list(site.also),
    }


def signal(signal: Signal) -> dict[str, Any]:
    return {
        "id": signal.id,
        "kind": signal.kind,
        "subject": signal.subject,
        "state": signal.state,
        "level": signal.level,
        "value": plain(signal.value),
        "threshold": plain(signal.threshold),
        "unit": signal.unit,
        "interval": [plain(end) for end in signal.interval] if signal.interval else None,
        "bands": list(signal.bands) if signal.bands else None,
        "grade": signal.grade,
        "since": plain(signal.since),
        "review": plain(signal.review),
        "rule": signal.rule,
        "missing": list(signal.missing),
        "touches": list(signal.touches),
        "because": [reason(item) for item in signal.because],
    }


def risk(risk: Risk) -> dict[str, Any]:
    return {
        "id": risk.id,
        "subject": risk.subject,
        "annex_ii": risk.annex_ii,
        "kind": risk.kind,
        "likelihood": {
            "p": plain(risk.likelihood.p),
            "low": plain(risk.likelihood.low),
            "high": plain(risk.likelihood.high),
            "basis": risk.likelihood.basis,
            "trained_to": plain(risk.likelihood.trained_to),
            "if_found": plain(risk.likelihood.if_found),
            "if_not": plain(risk.likelihood.if_not),
            "alike": plain(risk.likelihood.alike),
        },
        "severity": {
            "scale": risk.severity.scale,
            "scope": risk.severity.scope,
            "irremediability": risk.severity.irremediability,
        },
        "evidence_level": risk.evidence_level,
        "involvement": risk.involvement,
        "in_chain": risk.in_chain,
        "rank": risk.rank,
        "response": {
            "action": risk.response.action,
            "deadline": plain(risk.response.deadline),
            "rule": risk.response.rule,
            "missing": list(risk.response.missing),
        },
        "because": [reason(item) for item in risk.because],
    }


def plan(item: Plan, as_of: date, language: str = "en") -> dict[str, Any]:
    """One plan, recorded or proposed. Names of persons and free words stay in the case's own file, cited by `acts`."""
    newest = item.adoptions[-1] if item.adoptions else None
    return {
        "key": item.key,
        "risks": list(item.risks),
        "annex_ii": list(item.letters),
        "rank": item.rank,
        "in_chain": item.in_chain,
        "state": item.state,
        "trade": item.trade,
        "reply": item.states["reply"],
        "harm_test": item.states["harm-test"],
        "party": item.party,
        "adopted_on": plain(newest.day) if newest else None,
        "deadline": plain(newest.deadline) if newest else None,
        "outcome": item.outcome,
        "stopped_on": plain(item.stopped_on),
        "heard_by": plain(item.heard_by),
        "publishable": plain(item.publishable),
        "objectives": [_objective(one) for one in item.objectives],
        "clocks": [_clock(one, as_of) for one in item.clocks],
        "possible": [{"act": one.verb, "role": one.role} for one in item.possible if one.refusal is None],
        "refused": [
            {
                "act": one.verb,
                "rule": one.refusal.rule,
                "text": one.refusal.text,
                "message": refusal(one.refusal, language),
            }
            for one in item.possible
            if one.refusal is not None
        ],
        "missing": list(item.missing),
        "harm": _harm(item.harm) if item.harm else None,
        "acts": [_step(one) for one in item.steps],
    }


def _objective(item: Objective) -> dict[str, Any]:
    return {
        "measure": item.template,
        "target": plain(item.target),
        "baseline": {"value": plain(item.baseline.value), "because": reason(item.baseline.because)},
        "measured": plain(item.measured),
        "measured_on": plain(item.measured_on),
    }


def _clock(item: Clock, as_of: date) -> dict[str, Any]:
    return {
        "what": item.what,
        "day": plain(item.day),
        "until": plain(item.until),
        "overdue": item.overdue(as_of),
        "rule": item.rule,
        "because": reason(item.because) if item.because else None,
    }


def _harm(item: Harm) -> dict[str, Any]:
    return {
        "parties": list(item.parties),
        "sites": item.sites,
        "sites_unknown": item.sites_unknown,
        "people": {"low": item.people_low if item.sites else None, "high": item.people},
        "effects": [
            {
                "rule": e.rule,
                "relation": e.relation,
                "low": plain(e.low),
                "high": plain(e.high),
                "confirmed": e.confirmed,
            }
            for e in item.effects
        ],
        "alternatives": list(item.alternatives),
        "buyers": None if item.buyers is None else list(item.buyers),
    }


def _step(item: Step) -> dict[str, Any]:
    return {
        "day": plain(item.day),
        "act": item.act.verb,
        "role": item.act.role,
        "event": item.event,
        "statement": item.statement.id,
        "origin": origin(item.statement.origin),
    }


def reason(item: Reason) -> dict[str, Any]:
    """One reason: the rule, the statement and where it stands, the signed contribution, and the sentence's parts."""
    return {
        "rule": item.rule,
        "statement": item.statement,
        "origin": origin(item.origin) if item.origin else None,
        "contribution": plain(item.contribution),
        "text": item.text,
        "values": {name: plain(value) for name, value in item.values},
    }


def origin(item: Origin) -> dict[str, Any]:
    return {"input": item.input, "sheet": item.sheet, "row": item.row, "cell": item.cell}


def problem(item: Problem, language: str = "en") -> dict[str, Any]:
    """One problem as `winze check --json` and `cycle.json` give it."""
    return {
        "code": item.code,
        "severity": str(item.severity),
        "message": sentence(item, language),
        "input": item.origin.input,
        "sheet": item.origin.sheet,
        "row": item.origin.row,
        "cell": item.origin.cell,
        "hint": hint(item, language),
    }


def plain(value: Any) -> Any:
    """A value as JSON knows it: dates as ISO text, figures to six significant digits, records as objects."""
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float | Decimal):
        return float(f"{value:.6g}")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
