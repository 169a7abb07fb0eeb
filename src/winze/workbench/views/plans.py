"""Plans: what was decided, what is due, what may happen next, and one form for each act."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from winze.engine import measures, rules
from winze.engine.plan import OF_A_PARTY, Plan
from winze.engine.texts import sentence
from winze.formats.lines import first_words
from winze.formats.planning import title_of
from winze.formats.reading import lookup
from winze.formats.wording import phrase, term
from winze.workbench import describing, presenters
from winze.workbench.access import refused
from winze.workbench.routes import COMPETITOR, PARTNER, PERSONAL, PUBLIC, Request, route
from winze.workbench.store import Absent, plans, register
from winze.workbench.table import Scope
from winze.workbench.tables.plans import PLANS
from winze.workbench.tables.risks import run_of
from winze.workbench.views import shown
from winze.workbench.views.documents import kept
from winze.workbench.views.lately import days

ALL = (PUBLIC, PARTNER, COMPETITOR)
MEASURES = ("add-measure", "record-baseline", "measure")
ASKS: dict[str, tuple[str | None, str | None]] = {
    # act: (what it concerns, its figure)
    "add-measure": ("measure", "number"),
    "record-baseline": ("objective", "number"),
    "measure": ("objective", "number"),
    "consult": ("groups", "number"),
    "pause": ("reason", "date"),
    "record-finding": ("text", "level"),
    **dict.fromkeys(OF_A_PARTY, ("party", None)),
}
"""What the form of an act asks for besides a remark; acts that are not here ask for a remark alone."""


@route("plans/", act="see", shows=PLANS.shows)
def plans__(request: Request) -> HttpResponse:
    """The plans of a run; those with acts recorded since stand above, as they are now."""
    run = run_of(Scope(request.actor, request.GET.dict()))
    since = plans.changed_since(run) if run and request.actor.eyes == "internal" else []
    return shown.page(request, PLANS, "workbench/plans.html", run=run, since=since)


@route("plans/<int:position>/", act="see", shows=ALL)
def plan(request: Request, position: int) -> HttpResponse:
    """A plan of a run: proposed, or recorded as the reader's audience may see it."""
    run = run_of(Scope(request.actor, request.GET.dict()))
    if run is None:
        raise Absent
    row = plans.row(run, request.actor.eyes, position)
    if row.key and request.actor.eyes == "internal":
        asked = request.GET.copy()
        asked["run"] = str(run.pk)
        return redirect(f"{reverse('plan-of', args=[row.key])}?{asked.urlencode()}")
    document = plans.document(run, request.actor.eyes, position)
    version = plans.version(request.actor.organisation, row.key) if row.key and row.key != "…" else 0
    return _page(request, document, run.as_of, run=run, row=row, key=row.key, version=version)


@route("plans/of/<path:key>/", act="see-chain", shows=(*ALL, PERSONAL), name="plan-of")
def plan_of(request: Request, key: str) -> HttpResponse:
    """A recorded plan as its acts make it now, or made it on a day."""
    actor, language = request.actor, request.LANGUAGE_CODE
    day, known_by = days(request)
    live = plans.live(actor.organisation, key, day, known_by)
    run = run_of(Scope(actor, request.GET.dict()))
    row = plans.row_of_key(run, actor.eyes, key)
    document = describing.plan_document(live.plan, day)
    if run and row:
        kept = plans.document(run, actor.eyes, row.position)
        newer = live.plan.last("reassess")
        again = [one for one in kept["clocks"] if one["what"] == "reassess" and day >= run.as_of]
        document["clocks"] += [] if newer and newer.day >= run.as_of else again
        document |= {"rank": kept["rank"], "in_chain": kept["in_chain"], "places": kept["places"]}
    return _page(
        request, document, day, run=run, row=row, key=key, version=live.version, live=live.plan,
        acts=describing.acts(live.plan, language, actor.sees(PERSONAL)),
        uncounted=[describing.uncounted(s, refusal, language) for s, refusal in live.refused],
        now=not request.GET.get("as_of") and not known_by, known_by=known_by,
    )  # fmt: skip


def _page(request: Request, document: dict[str, Any], day: date, *, key: str, version: int, live: Plan | None = None,
          problems: tuple[Any, ...] = (), **more: Any) -> HttpResponse:  # fmt: skip
    language, actor = request.LANGUAGE_CODE, request.actor
    spoken = describing.worded_plan(document, day, language)
    wanted = request.POST.get("act") or request.GET.get("act", "")
    about = f"plan:{key}" if key and key != "…" else None
    said = {
        "plan": spoken,
        "plan_key": key,
        "day": day,
        "version": version,
        "forms": [_form(request, one, live, document, language) for one in spoken["possible"]] if about else [],
        "may_propose": not key and document["risks"],
        "propose": presenters.button(actor, "plan-owner"),
        "free_key": plans.free_key(actor.organisation, datetime.now(UTC).date()) if not key else "",
        "today": datetime.now(UTC).date(),
        "wanted": wanted,
        "problems": [sentence(one, language) for one in problems],
        **kept(request, about),
        "risks_of": _risks(document),
        **more,
    }
    return render(request, "workbench/plan.html", said, status=422 if problems else 200)


def _risks(document: dict[str, Any]) -> list[str]:
    return [str(one) for one in document["risks"]]


def _form(request: Request, one: dict[str, Any], live: Plan | None, document: dict[str, Any],
          language: str) -> dict[str, Any]:  # fmt: skip
    """The form of an act that is possible: its fields, and whether it is this person's."""
    concerns, figure = ASKS.get(one["act"], (None, None))
    it = presenters.button(request.actor, plans.ACTS[one["role"]])
    role = one["role"]
    if it["disabled"] and request.actor.may("plan-outside") and _outside(one["act"]):
        it, role = presenters.button(request.actor, "plan-outside"), "outside"
    return {
        **one, **it, "role": role, "concerns": concerns, "figure": figure,
        "choices": _choices(concerns, request, live, document, language),
        "levels": list(zip(lookup("templates")["plan-levels"], first_words("plan-levels", language), strict=True))
        if figure == "level" else [],
    }  # fmt: skip


def _outside(verb: str) -> bool:
    """Whether somebody outside may be the second pair of eyes for an act."""
    from winze.engine.workflow import workflows

    flows = workflows(rules.load()).values()
    return any(verb in flow.four_eyes and flow.four_eyes[verb].ceiling for flow in flows)


def _choices(concerns: str | None, request: Request, live: Plan | None, document: dict[str, Any],
             language: str) -> list[tuple[str, str]]:  # fmt: skip
    title = title_of(rules.load(), language)
    if concerns == "measure":
        known = measures.templates(rules.load())
        kinds = {risk.partition("/")[0] for risk in document["risks"]}
        fitting = dict.fromkeys(m.id for kind in kinds for m in measures.answering(kind, known))
        return [(id, title(id)) for id in dict.fromkeys((*fitting, *known))]
    if concerns == "objective":
        return [(one["measure"], title(one["measure"])) for one in document["objectives"]]
    if concerns in ("groups", "reason"):
        words = "plan-groups" if concerns == "groups" else "plan-reasons"
        return list(zip(lookup("templates")[words], first_words(words, language), strict=True))
    if concerns == "party" and request.actor.may("see-chain"):  # to the others the chain is not listed
        return [(name, name) for name in register.suppliers(request.actor.organisation, document["party"])]
    return []


@route("plans/act/", act="see", methods=("POST",), name="plan-act", shows=())
def plan_act(request: Request) -> HttpResponse:
    """Records one act on a plan by the person signed in, if it is theirs and the rules permit it."""
    given = request.POST
    key, role = given.get("plan", ""), given.get("role", "")
    if stopped := _not_theirs(request, role):
        return stopped
    asked = plans.Asked(
        given.get("act", ""), role, given.get("day", ""), "; ".join(given.getlist("concerns")),
        given.get("figure", ""), given.get("remark", ""),
    )  # fmt: skip
    return _record(request, key, [asked])


@route("plans/propose/", act="plan-owner", methods=("POST",), name="plan-propose", shows=())
def plan_propose(request: Request) -> HttpResponse:
    """Opens a plan for ranked risks, with the proposed measures that were given a target."""
    given, day = request.POST, request.POST.get("day", "")
    key = " ".join(given.get("plan", "").split())
    asked = [plans.Asked("propose", "owner", day, "; ".join(given.getlist("risk")), given.get("figure", ""),
                         given.get("remark", ""))]  # fmt: skip
    asked += [
        plans.Asked("add-measure", "owner", day, measure, target)
        for measure, target in zip(given.getlist("measure"), given.getlist("target"), strict=False)
        if target.strip()
    ]
    return _record(request, key, asked)


def _not_theirs(request: Request, role: str) -> HttpResponse | None:
    act = plans.ACTS.get(role)
    if act is None:
        raise Absent
    said = refused(request.actor, act, request.LANGUAGE_CODE)
    return render(request, "workbench/refused.html", {"sentence": said}, status=403) if said else None


def _record(request: Request, key: str, asked: list[plans.Asked]) -> HttpResponse:
    """Saves acts, and shows the plan as they made it; or the form again with what is wrong."""
    language, seen = request.LANGUAGE_CODE, request.POST.get("version_number", "")
    problems = plans.act(request.actor, key, asked, language, int(seen) if seen.isdigit() else 0)
    if problems:
        said = [sentence(one, language) for one in problems]
        return render(request, "workbench/problems.html", {"problems": said, "back": back(request)}, status=422)
    acts = ", ".join(term(f"act.{one.verb}", language) for one in asked[:1])
    messages.success(request, phrase("wb.plan.recorded", language, act=acts, plan=key))
    if request.actor.eyes != "internal":
        return redirect("plans")
    day = max((one.day for one in asked), default="")
    as_of = f"?as_of={day}" if request.POST.get("as_of") else ""
    return redirect(f"{reverse('plan-of', args=[key])}{as_of}")


def back(request: Request) -> str:
    from winze.workbench.views.home import onward

    return onward(request)
