"""Plans, sites, parties and evidence in words: what the pages of one record show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from winze.engine import rules
from winze.engine.plan import Plan, Step
from winze.engine.problems import Refusal
from winze.engine.records import Fact, NodeStatus, PlanAct, Quote, SiteEntry, Span, Statement, Supply, Visit
from winze.engine.texts import catalogue, refusal
from winze.formats import cycle_json
from winze.formats.lines import worded as level_word
from winze.formats.planning import title_of, units_of
from winze.formats.templates import span_text
from winze.formats.wording import number, phrase, term, worded
from winze.workbench import presenters

OVERDUE_NEVER = ("resume-from", "reply")
"""Clocks that name a first day or somebody else's time: nobody is late by them."""


# -- risks -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mark:
    """One dated piece of evidence on the line of a risk's time: where it stands, and its words."""

    x: float
    day: date
    text: str
    age: str
    raises: bool | None


def timeline(reasons: Iterable[Mapping[str, Any]], as_of: date, language: str, width: int = 640) -> dict[str, Any]:
    """The dated reasons of a risk on one line, oldest left, the day of the run right; empty where none is dated."""
    dated = [(day, reason) for reason in reasons if (day := _day_of(reason))]
    if not dated:
        return {"marks": [], "width": width}
    first = min(day for day, _ in dated)
    span = max((as_of - first).days, 1)
    marks = [
        Mark(
            round(10 + (width - 20) * (day - first).days / span, 1), day, reason["text"], age(day, as_of, language),
            None if reason["contribution"] is None else reason["contribution"] > 0,
        )
        for day, reason in sorted(dated, key=lambda pair: pair[0])
    ]  # fmt: skip
    return {"marks": marks, "width": width, "end": width - 10, "first": first, "last": as_of}


def _day_of(reason: Mapping[str, Any]) -> date | None:
    """The day a reason speaks of; of a month withheld to the month, its first."""
    for name, value in reason.get("raw", ()):
        if name in ("day", "on", "since") and isinstance(value, str) and len(value) in (7, 10):
            try:
                return date.fromisoformat(value if len(value) == 10 else f"{value}-01")
            except ValueError:
                continue
    return None


def age(day: date, as_of: date, language: str) -> str:
    """How old something is, in words: days under two months, then months, then years."""
    days = (as_of - day).days
    if days < 0:
        return phrase("wb.age.later", language)
    if days < 60:
        return phrase("wb.age.days", language, count=days)
    if days < 730:
        return phrase("wb.age.months", language, count=days // 30)
    return phrase("wb.age.years", language, count=days // 365)


def mind(chance: Mapping[str, Any], language: str) -> dict[str, str | None]:
    """What a visit would change, and how often such likelihoods came true; None where there is no likelihood."""
    if chance["p"] is None:
        return {"visit": None, "good": None}
    found, not_found = (f"{chance[name]:.2f}" for name in ("if_found", "if_not"))
    alike = chance.get("alike")
    good = (
        phrase("explain.not-measured", language)
        if alike is None
        else phrase("explain.alike", language, visits=alike["visits"], found=alike["found"],
                    low=f"{alike['low']:.2f}", high=f"{min(alike['high'], 1):.2f}")
    )  # fmt: skip
    return {"visit": phrase("explain.next-visit", language, found=found, not_found=not_found), "good": good}


# -- plans -----------------------------------------------------------------------------------------------------------


def plan_document(plan: Plan, as_of: date) -> dict[str, Any]:
    """A plan replayed now as the document that a run keeps of one: pages show both the same."""
    refused = [
        {"act": one.verb, "role": one.role, "rule": one.refusal.rule, "text": one.refusal.text,
         "values": [list(pair) for pair in one.refusal.values]}
        for one in plan.possible if one.refusal is not None
    ]  # fmt: skip
    return {**cycle_json.plan(plan, as_of), "refused": refused, "places": []}


def uncounted(s: Statement, refused: Refusal, language: str) -> dict[str, Any]:
    """An act that was recorded and does not count, with the sentence why."""
    assert isinstance(s.said, PlanAct)
    return {"text": term(f"act.{s.said.verb}", language), "day": s.speaks_of.known_on,
            "why": refusal(refused, language)}  # fmt: skip


def refused(one: Mapping[str, Any], language: str) -> str:
    """The sentence of a refusal as a run keeps it."""
    values = tuple((str(name), str(value)) for name, value in one["values"])
    return refusal(Refusal(one["rule"], "", one["text"], values), language)


def worded_plan(document: Mapping[str, Any], as_of: date, language: str) -> dict[str, Any]:
    """A plan's document in words: state, objectives, clocks, what is possible and what is not, the harm of leaving."""
    book = rules.load()
    title, units = title_of(book, language), units_of(book)
    return {
        **document,
        "state_text": term(f"plan-state.{document['state']}", language),
        "trade_text": term(f"plan-state.{document['trade']}", language),
        "reply_text": term(f"plan-state.{document['reply']}", language),
        "harm_text": term(f"plan-state.{document['harm_test']}", language),
        "kinds": [_kind(risk, language) for risk in document["risks"]],
        "where": [presenters.place(place, language) for place in document.get("places", ())],
        "objectives": [_objective(one, title, units, language) for one in document["objectives"]],
        "clocks": [_clock(one, as_of, language) for one in document["clocks"]],
        "possible": [
            {**one, "text": term(f"act.{one['act']}", language), "by": term(f"role.{one['role']}", language)}
            for one in document["possible"]
        ],
        "refused": [
            {
                **one,
                "text": term(f"act.{one['act']}", language),
                "by": term(f"role.{one['role']}", language),
                "why": refused(one, language),
            }
            for one in document["refused"]
        ],
        "missing_text": [phrase(name, language) for name in document["missing"]],
        "harm": _harm(document["harm"], title, language) if document["harm"] else None,
        "outcome_text": term(f"act.review-{document['outcome']}", language) if document.get("outcome") else None,
    }


def _kind(risk: str, language: str) -> str:
    return term(f"risk.{risk.partition('/')[0]}", language)


def _objective(one: Mapping[str, Any], title: Any, units: Mapping[str, str], language: str) -> dict[str, Any]:
    known = one["measure"] in units
    reason = one["baseline"]["because"]
    values = {name: _dated(value) for name, value in dict(reason["values"]).items()}
    return {
        **one,
        "title": title(one["measure"]),
        "indicator": title(f"{one['measure']}#measures") if known else None,
        "baseline_text": _amount(one["baseline"]["value"], one["measure"], units, language),
        "why": phrase(reason["text"], language, **values),
        "target_text": _amount(one["target"], one["measure"], units, language),
        "measured_text": _amount(one["measured"], one["measure"], units, language),
        "measured_day": _dated(one["measured_on"]),
    }


def _amount(value: Any, measure: str, units: Mapping[str, str], language: str) -> str | None:
    if value is None:
        return None
    said = number(int(value) if float(value).is_integer() else float(value), language)
    return phrase("rules.unit.percent", language, value=said) if units.get(measure) == "percent" else said


def _clock(one: Mapping[str, Any], as_of: date, language: str) -> dict[str, Any]:
    day, until = _dated(one["day"]), _dated(one["until"])
    reason = one.get("because")
    said = {name: _dated(value) for name, value in dict(reason["values"]).items()} if reason else {}
    return {
        **one,
        "text": phrase(f"clock.{one['what']}", language),
        "day": day,
        "until": until,
        "late": one["what"] not in OVERDUE_NEVER and (until or day) < as_of,
        "why": phrase(reason["text"], language, **said) if reason else None,
    }


def _harm(harm: Mapping[str, Any], title: Any, language: str) -> list[str]:
    """Who loses a buyer, what leaving did elsewhere, and what else there is."""
    low, sites, unknown = harm["people"]["low"], harm["sites"], harm["sites_unknown"]
    if not sites:
        people = phrase("plan.harm-no-sites", language)
    else:
        text = "plan.harm-people" if harm["people"]["high"] is not None else "plan.harm-people-unknown"
        people = phrase(text, language, low=low, sites=sites, unknown=unknown)
    buyers = [name.removeprefix("party:") for name in harm["buyers"] or ()]
    effects = [
        phrase(f"plan.effect-{one['relation']}", language, what=title(one["rule"]), value=one["low"])
        for one in harm["effects"]
    ]
    said = [people]
    said.append(
        phrase("plan.buyers-unknown", language)
        if harm["buyers"] is None
        else phrase("plan.buyers", language, names=", ".join(buyers))
    )
    if effects:
        said.append(f"{phrase('plan.effects', language)}: {'; '.join(effects)}")
    if harm["alternatives"]:
        said.append(phrase("plan.alternatives", language, names="; ".join(title(one) for one in harm["alternatives"])))
    return said


def acts(plan: Plan, language: str, persons: bool) -> list[dict[str, Any]]:
    """What was done on a plan, newest first; names and free words only for those who see personal data."""
    title = title_of(rules.load(), language)
    return [
        {
            "day": step.day,
            "text": term(f"act.{step.act.verb}", language),
            "role": term(f"role.{step.act.role}", language),
            "person": step.act.person if persons else None,
            "concerns": _concerns(step, title, language),
            "figure": _figure(step, language),
            "remark": step.act.note if persons or not step.act.note else phrase("wb.plan.remark-withheld", language),
        }
        for step in reversed(plan.steps)
    ]


def _concerns(step: Step, title: Any, language: str) -> list[str]:
    act = step.act
    if act.verb == "propose":
        return [_kind(one, language) for one in act.about]
    if act.verb in ("consult", "pause"):
        prefix = "group" if act.verb == "consult" else "pause-reason"
        return [term(f"{prefix}.{one}", language) for one in act.about]
    return [title(one) for one in act.about]


def _figure(step: Step, language: str) -> str | None:
    act = step.act
    if act.until:
        return worded(act.until, language)
    if act.level:
        return level_word("plan-levels", act.level, language)
    return None if act.amount is None else number(act.amount, language)


def _dated(value: Any) -> Any:
    if isinstance(value, str) and len(value) == 10 and value[4] == "-":
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


# -- sites and parties -----------------------------------------------------------------------------------------------


def told(statements: Iterable[Statement], as_of: date, language: str) -> list[dict[str, Any]]:
    """What was said of a site, newest first: each with its day, its age, its words and where it was read."""
    return [
        {
            "day": when(s.speaks_of, language),
            "age": "" if s.speaks_of.undated else age(s.speaks_of.known_on, as_of, language),
            "kind": phrase(f"wb.told.{s.kind}", language) if f"wb.told.{s.kind}" in catalogue() else s.kind,
            "words": _words(s, language),
            "source": _source(s, language),
            "input": s.origin.input,
            "row": s.origin.row,
        }
        for s in sorted(statements, key=lambda s: (s.speaks_of.known_on, s.id), reverse=True)
    ]


def when(span: Span, language: str) -> str:
    """The day, month, year or interval somebody spoke of."""
    if span.undated:
        return term("unknown", language)
    text = span_text(span)
    return worded(text, language) if isinstance(text, date) else str(text)


def _source(s: Statement, language: str) -> str:
    at = s.origin
    if at.input == "register":
        return phrase("wb.told.in-register", language)
    row = f"{phrase('explain.row', language)} {at.row}" if at.row else None
    return " ".join(str(part) for part in (at.input, at.sheet, row) if part)


def _words(s: Statement, language: str) -> list[str]:
    match s.said:
        case Visit():
            return _visit(s.said, language)
        case SiteEntry():
            return _entry(s.said, language)
        case NodeStatus():
            state = phrase(f"wb.node-state.{s.said.state}", language)
            until = [phrase("wb.told.until", language, day=s.said.until)] if s.said.until else []
            return [f"{term(f'node.{s.said.node_kind}', language)} {s.said.node}: {state}", *until]
        case Quote():
            unit = term(f"unit.{s.said.unit}", language)
            price = f"{number(s.said.amount, language)} {s.said.currency}/{unit}"
            return [f"{term(f'mineral.{s.said.mineral}', language)}: {price}"]
        case Fact():
            value = s.said.text or (None if s.said.value is None else number(s.said.value, language))
            return [f"{term(f'measure.{s.said.measure}', language)}: {value or term('unknown', language)}"]
        case _:
            return []


def _visit(visit: Visit, language: str) -> list[str]:
    """What a visit found: a field nobody answered is said to be unknown where it matters most."""
    known = [
        phrase(f"wb.manner.{visit.manner}", language),
        _answered("interference", visit.interference, language),
        _answered("children", visit.children_under_15, language),
        _answered("women", visit.women, language),
    ]
    workers = number(visit.workers, language) if visit.workers is not None else term("unknown", language)
    known.append(phrase("wb.told.workers", language, count=workers))
    if visit.state_status:
        known.append(term(f"status.{visit.state_status}", language))
    known += [actor.name for actor in visit.actors]
    return known


def _entry(entry: SiteEntry, language: str) -> list[str]:
    said = [entry.name, *(part for part in (entry.territory, entry.province) if part)]
    said += [term(f"mineral.{one}", language) for one in entry.minerals]
    if entry.workers is not None:
        said.append(phrase("wb.told.workers", language, count=number(entry.workers, language)))
    if entry.point is not None:
        said.append(f"{entry.point.lat:.4f}, {entry.point.lon:.4f}")
    return said


def _answered(name: str, value: bool | None, language: str) -> str:
    answer = "unknown" if value is None else "yes" if value else "no"
    return phrase(f"wb.told.{name}-{answer}", language)


def answers(site: Any) -> dict[str, Any]:
    """The newest known answer of the visits to each question, with its day; None where nobody answered."""
    found: dict[str, Any] = {"women": None, "children": None, "status": None, "scheme": None}
    fields = {"women": "women", "children": "children_under_15", "status": "state_status", "scheme": "scheme"}
    for name, attribute in fields.items():
        for s in reversed(site.visits):
            value = getattr(s.said, attribute)
            if value is not None:
                found[name] = {"value": value, "day": s.speaks_of.known_on}
                break
    return found


def signals(found: Iterable[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """The signals of a run about a record, the raised first, each with its reasons and what is missing."""
    order = {"raised": 0, "cannot-evaluate": 1, "clear": 2}
    return [
        {
            **one,
            "title": phrase(f"signal.{one['kind']}", language),
            "state_text": phrase(f"wb.signal-state.{one['state']}", language),
            "value_text": None if one["value"] is None else number(one["value"], language),
            "since_day": _dated(one["since"]),
            "reasons": [presenters.worded_reason(reason, language) for reason in one["because"]],
            "missing_text": [phrase(name, language) for name in one["missing"]],
        }
        for one in sorted(found, key=lambda one: (order.get(one["state"], 3), one["kind"]))
    ]


def parted(worded: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Signals that say something, apart from those that nothing could be said of."""
    return {
        "told_signals": [one for one in worded if one["state"] != "cannot-evaluate"],
        "untold_signals": [one for one in worded if one["state"] == "cannot-evaluate"],
    }


def link(s: Statement, language: str) -> dict[str, Any]:
    """One link of the chain in words."""
    said = s.said
    assert isinstance(said, Supply)
    return {
        "supplier": said.supplier,
        "buyer": said.buyer,
        "mineral": term(f"mineral.{said.mineral}", language),
        "origin": said.origin,
        "route": " → ".join(said.route) or None,
        "since": when(s.speaks_of, language),
        "until": said.until,
        "source": _source(s, language),
    }
