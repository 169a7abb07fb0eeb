"""Why a risk stands where it stands, as lines of text from a run's `cycle.json`."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import date
from typing import Any

from winze.engine.texts import say
from winze.formats.wording import phrase, worded


def explain(document: dict[str, Any], wanted: str, language: str) -> list[str] | None:
    """The lines that explain one risk, by its rank or its id; None where the run holds no such risk."""
    found = next((r for r in document["risks"] if wanted == r["id"] or wanted == str(r["rank"] or "")), None)
    if found is None:
        return None
    names = {item["id"]: item["name"] for item in document["inputs"]}
    sites = {site["id"]: site for site in document["sites"]}
    return [
        *_heading(found, sites.get(found["subject"]), language),
        *_response(found["response"], language),
        say("explain.why", language) + ":",
        *(_reason(item, names, language) for item in found["because"]),
        *_sum(found["because"], language),
        *_not_higher(found["because"], names, language),
        *_mind(found["likelihood"], language),
    ]


def _not_higher(reasons: list[dict[str, Any]], names: dict[str, str], language: str) -> list[str]:
    """What holds the likelihood down, heaviest first; nothing for a risk without one."""
    weighed = [item for item in reasons if item["contribution"] is not None]
    if not weighed:
        return []
    against = sorted((item for item in weighed if item["contribution"] < 0), key=lambda item: item["contribution"])
    lines = [_reason(item, names, language) for item in against[:3]]
    return [
        say("explain.why-not-higher", language) + ":",
        *(lines or ["  " + say("explain.nothing-against", language)]),
    ]


def _mind(chance: dict[str, Any], language: str) -> list[str]:
    """What a visit would change, and how good likelihoods like this one have been."""
    if chance["p"] is None:
        return []
    found, not_found = (f"{chance[name]:.2f}" for name in ("if_found", "if_not"))
    visit = say("explain.next-visit", language, found=found, not_found=not_found)
    alike = chance.get("alike")
    good = (
        say("explain.not-measured", language)
        if alike is None
        else say("explain.alike", language, visits=alike["visits"], found=alike["found"],
                 low=f"{alike['low']:.2f}", high=f"{min(alike['high'], 1):.2f}")
    )  # fmt: skip
    return [f"{say('explain.change', language)}: {visit}", f"{say('explain.good', language)}: {good}"]


def _heading(risk: dict[str, Any], site: dict[str, Any] | None, language: str) -> list[str]:
    where = ", ".join(str(part) for part in (site["name"], site["territory"], site["province"]) if part) if site else ""
    rank = say("explain.rank", language, rank=risk["rank"]) if risk["rank"] else say("explain.watched", language)
    chance = risk["likelihood"]
    basis = phrase(f"term.basis.{chance['basis']}", language)
    likelihood = (
        say("explain.likelihood-unknown", language, basis=basis)
        if chance["p"] is None
        else say("explain.likelihood", language, basis=basis, **{k: f"{chance[k]:.2f}" for k in ("p", "low", "high")})
    )
    if chance.get("trained_to"):
        likelihood += ", " + say(
            "explain.trained", language, day=worded(date.fromisoformat(chance["trained_to"]), language)
        )
    evidence = phrase(f"term.evidence.{risk['evidence_level'] or 'none'}", language)
    title = f"{risk['annex_ii']} {phrase('term.risk.' + risk['kind'], language)}: {where or risk['subject']}"
    return [title, f"{risk['id']} · {rank}", f"{likelihood} · {evidence}"]


def _response(response: dict[str, Any], language: str) -> list[str]:
    action = say("explain.response", language, action=phrase(f"term.action.{response['action']}", language))
    if response["deadline"]:
        day = worded(date.fromisoformat(response["deadline"]), language)
        action += " " + say("explain.deadline", language, day=day)
    lines = [action, say("explain.rule", language, rule=response["rule"])]
    if response["missing"]:
        what = "; ".join(phrase(name, language) for name in response["missing"])
        lines.append(say("explain.missing", language, what=what))
    return lines


def _reason(item: dict[str, Any], names: dict[str, str], language: str) -> str:
    number = "" if item["contribution"] is None else f"{item['contribution']:+.2f}"
    values = {name: _value(value) for name, value in item["values"].items()}
    return f"  {number:>6}  {phrase(item['text'], language, **values)}{_source(item['origin'], names, language)}"


def _value(value: Any) -> Any:
    """Dates come back from JSON as text; sentences want them as dates."""
    if isinstance(value, str) and len(value) == 10:
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value


def _source(origin: dict[str, Any] | None, names: dict[str, str], language: str) -> str:
    if origin is None:
        return ""
    row = f" {say('explain.row', language)} {origin['row']}" if origin["row"] else ""
    parts = [names.get(origin["input"], origin["input"]), origin["sheet"], origin["cell"]]
    return f" [{' '.join(str(part) for part in parts if part)}{row}]"


def _sum(reasons: list[dict[str, Any]], language: str) -> list[str]:
    terms = [item["contribution"] for item in reasons if item["contribution"] is not None]
    return [f"  {math.fsum(terms):+6.2f}  {say('explain.sum', language)}"] if len(terms) > 1 else []
