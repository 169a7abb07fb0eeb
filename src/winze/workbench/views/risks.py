"""Which risks come first; why each is believed, and what must happen by when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from winze.engine.texts import refusal, refuse
from winze.formats.wording import phrase
from winze.workbench import describing, presenters
from winze.workbench.presenters import worded_risk
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request, route
from winze.workbench.store import Absent, cycles, plans, register
from winze.workbench.table import Scope
from winze.workbench.tables.risks import RISKS, run_of
from winze.workbench.views import shown
from winze.workbench.views.documents import kept

ALL = (PUBLIC, PARTNER, COMPETITOR)
REVIEWS = ("review-improved", "review-partly", "review-none")
ASKED_FIRST = ("adopt", "suspend", "disengage", "review", "reassess")
"""What people ask of a risk first, a review by the first outcome that is open: each is a button, disabled with the
rule's sentence where it may not happen."""


@route("risks/", act="see", shows=RISKS.shows)
def risks(request: Request) -> HttpResponse:
    return shown.page(request, RISKS, "workbench/risks.html", run=run_of(Scope(request.actor, request.GET.dict())))


@route("risks/<int:position>/", act="see", shows=ALL)
def risk(request: Request, position: int) -> HttpResponse:
    """Why do we believe this, and what must happen by when?"""
    run = run_of(Scope(request.actor, request.GET.dict()))
    if run is None:
        raise Absent
    actor, language = request.actor, request.LANGUAGE_CODE
    document = cycles.why(run, actor.eyes, f"risk:{position}")
    spoken = worded_risk(document, language)
    link_sources(request, spoken["reasons"])
    spoken["total_text"] = "" if spoken["total"] is None else f"{spoken['total']:+.2f}".replace("-", "−")
    against = sorted((one for one in spoken["weighed"] if one["contribution"] < 0), key=lambda one: one["contribution"])
    key = plans.of_risk(actor.organisation, document["id"]) if document["id"] else None
    row = plans.row_of_key(run, actor.eyes, key or "") or plans.row_of_rank(run, actor.eyes, document["rank"])
    plan, today = cycles.why(run, actor.eyes, f"plan:{row.position}") if row else None, datetime.now(UTC).date()
    if key:
        plan = describing.plan_document(plans.live(actor.organisation, key, today).plan, today)
    said: dict[str, Any] = {
        "run": run,
        "risk": spoken,
        "position": position,
        "against": against[:3],
        "mind": describing.mind(document["likelihood"], language),
        "timeline": describing.timeline(spoken["reasons"], run.as_of, language),
        "severity": [(name, document["severity"][name]) for name in ("scale", "scope", "irremediability")],
        "record": where_of(request, document),
        "plan_to": plan_address(key, row, run.pk),
        "plan_key": key,
        "plan": describing.worded_plan(plan, today if key else run.as_of, language) if plan else None,
        "buttons": _buttons(request, plan, key, row, run.pk),
        **kept(request, f"risk:{register.risk_row(run, actor.eyes, position).key}"),
    }
    return render(request, "workbench/risk.html", said)


def where_of(request: Request, document: dict[str, Any]) -> str | None:
    """The page of the site or party a risk is about, where the reader may open it."""
    actor, place = request.actor, document["place"]
    if document["subject"]:
        found = register.number_of(actor.organisation, document["subject"])
    else:
        number = register.number_of_code(actor.organisation, place["code"]) if place["kind"] == "site" else None
        found = ("site", number) if number else None
    if found is None or (found[0] == "party" and not actor.may("see-chain")):
        return None
    return reverse(found[0], args=[found[1]])


def plan_address(key: str | None, row: Any, run: int) -> str | None:
    """Where a plan's page is: by its key where it has one, else by its place in a run."""
    if key:
        return f"{reverse('plan-of', args=[key])}?run={run}"
    return f"{reverse('plan', args=[row.position])}?run={run}" if row else None


def link_sources(request: Request, reasons: list[dict[str, Any]]) -> None:
    """Gives each reason the address of the row it was read from, where the reader may open files."""
    actor = request.actor
    named = {one["file"] for one in reasons if one["file"] and not one["coarsened"]}
    if not named or not actor.may("see-chain"):
        return
    numbers = register.imports_of(actor.organisation, named)
    for one in reasons:
        if one["file"] in numbers and not one["coarsened"]:
            asked = {name: one[name] for name in ("sheet", "row") if one[name]}
            one["to"] = import_address(numbers[one["file"]], asked)


def import_address(number: int, asked: dict[str, Any]) -> str | None:
    """The page of an import at a row; None while there is no such page."""
    try:
        return f"{reverse('import', args=[number])}?{urlencode(asked)}"
    except NoReverseMatch:
        return None


def _buttons(
    request: Request, plan: dict[str, Any] | None, key: str | None, row: Any, run: int
) -> list[dict[str, Any]]:
    """The acts people ask of a risk first, allowed or with the sentence why not."""
    language, to = request.LANGUAGE_CODE, plan_address(key, row, run)
    found = []
    if key is None:
        it = presenters.button(request.actor, "plan-owner", None if to else phrase("wb.risk.only-watched", language))
        found.append({"verb": "propose", "to": f"{to}#act" if to else None, **it})
    possible = {one["act"]: one["role"] for one in (plan or {}).get("possible", ())}
    refused = {one["act"]: describing.refused(one, language) for one in (plan or {}).get("refused", ())}
    for verb in ASKED_FIRST:
        if verb == "review":
            verb = next((one for one in REVIEWS if one in possible), REVIEWS[0])
        if key is None:
            sentence: str | None = refusal(refuse("workflow/plan", "refused.not-proposed"), language)
        elif verb in possible:
            sentence = None
        else:
            sentence = refused.get(verb) or refusal(
                refuse(
                    "workflow/plan", "refused.state", state=f"@term.plan-state.{(plan or {}).get('state', 'draft')}"
                ),
                language,
            )
        act = plans.ACTS[possible.get(verb, "owner")]
        it = presenters.button(request.actor, act if sentence is None else "see", sentence)
        found.append({"verb": verb, "to": f"{to}&act={verb}#act" if to else None, **it})
    return found
