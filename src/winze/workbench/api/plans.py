"""Plans as their acts make them now, and every act on them: proposed, submitted, adopted, measured, reviewed."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpResponse
from ninja import Query, Schema
from pydantic import Field

from winze.engine.texts import sentence
from winze.workbench import describing
from winze.workbench.access import refused
from winze.workbench.api.declared import operation, version_of
from winze.workbench.api.problems import Wrong
from winze.workbench.routes import COMPETITOR, PARTNER, PERSONAL, PUBLIC, Request
from winze.workbench.store import Absent, plans
from winze.workbench.views.lately import days

ALL = (PUBLIC, PARTNER, COMPETITOR)
Role = Literal["owner", "approver", "outside", "party"]


class Days(Schema):
    """The days a record is shown by."""

    as_of: str | None = Field(None, description="The day it speaks of; today where it is left out.")
    known_by: str | None = Field(None, description="By what the register had received until this day.")


class PlanNow(Schema):
    """A plan as its acts make it: where it stands, its objectives and clocks, what may happen next and what not."""

    plan: str
    as_of: date
    state: str
    trade: str
    reply: str
    objectives: list[dict[str, Any]]
    clocks: list[dict[str, Any]]
    possible: list[dict[str, Any]] = Field(description="The acts that may happen next, each with the role it needs.")
    refused: list[dict[str, Any]] = Field(description="The acts that may not happen yet, each with its rule and why.")
    missing: list[str]
    acts: list[dict[str, Any]] = Field(description="What was done, newest first.")
    uncounted: list[dict[str, Any]] = Field(description="What was recorded and does not count, and why.")
    version_number: int


class MeasureAsked(Schema):
    measure: str = Field(max_length=300, description="The id of a measure of the rulebook.")
    target: str = Field(max_length=100)


class PlanProposed(Schema):
    """A plan for ranked risks, with the measures it begins with."""

    plan: str = Field("", max_length=200, description="Its key; the next free one where it is left out.")
    risks: list[str] = Field(min_length=1, max_length=100)
    day: date
    amount: str = Field("", max_length=100, description="What it may cost, where that is known.")
    remark: str = Field("", max_length=4000)
    measures: list[MeasureAsked] = Field([], max_length=100)


class ActAsked(Schema):
    """One act on a plan."""

    plan: str = Field(min_length=1, max_length=200)
    act: str = Field(min_length=1, max_length=100, description="As `possible` of the plan calls it.")
    role: Role
    day: date
    concerns: list[str] = Field([], max_length=100)
    figure: str = Field("", max_length=100)
    remark: str = Field("", max_length=4000)
    version_number: int | None = Field(None, description="The version you read: 409 where somebody acted since.")


class PlanActed(Schema):
    """What was recorded, and the version that the plan has now."""

    plan: str
    recorded: list[str]
    version_number: int


@operation("GET", "plans/of/{path:key}", act="see-chain", answer=PlanNow, shows=(*ALL, PERSONAL), problems=(400,))
def plan_of(request: Request, key: str, asked: Query[Days], response: HttpResponse) -> Any:
    """A recorded plan as its acts make it now, or made it on a day. Its ETag is its version."""
    actor, language = request.actor, request.LANGUAGE_CODE
    day, known_by = days(request)
    live = plans.live(actor.organisation, key, day, known_by)
    response.headers["ETag"] = f'"{live.version}"'
    document = describing.worded_plan(describing.plan_document(live.plan, day), day, language)
    return document | {
        "plan": key, "as_of": day, "version_number": live.version,
        "acts": describing.acts(live.plan, language, actor.sees(PERSONAL)),
        "uncounted": [describing.uncounted(s, refusal, language) for s, refusal in live.refused],
    }  # fmt: skip


@operation("POST", "plans/propose", act="plan-owner", answer=PlanActed, status=201, problems=(409,))
def propose_plan(request: Request, given: PlanProposed) -> Any:
    """Opens a plan for ranked risks, with the measures that it begins with.

    409 where the key is used already, or where the rules do not permit it: then with the rule."""
    actor, day = request.actor, given.day.isoformat()
    key = " ".join(given.plan.split()) or plans.free_key(actor.organisation, given.day)
    asked = [plans.Asked("propose", "owner", day, "; ".join(given.risks), given.amount, given.remark)]
    asked += [plans.Asked("add-measure", "owner", day, one.measure, one.target) for one in given.measures]
    return _recorded(request, key, asked, 0)


@operation("POST", "plans/act", act="see", answer=PlanActed, problems=(403, 404), versioned=True)
def act_on_plan(request: Request, given: ActAsked) -> Any:
    """Records one act on a plan, if it is yours and the rules permit it.

    409 with the rule where they do not: what is missing, or that the same person may not do both."""
    actor = request.actor
    now = plans.version(actor.organisation, given.plan)
    if sentence := refused(actor, plans.ACTS[given.role], request.LANGUAGE_CODE):
        raise Wrong("forbidden", sentence)
    if not now:
        raise Absent
    seen = version_of(request, given.version_number)
    asked = plans.Asked(
        given.act, given.role, given.day.isoformat(), "; ".join(given.concerns), given.figure, given.remark
    )
    return _recorded(request, given.plan, [asked], now if seen is None else seen)


def _recorded(request: Request, key: str, asked: list[plans.Asked], seen: int) -> dict[str, Any]:
    wrong = plans.act(request.actor, key, asked, request.LANGUAGE_CODE, seen)
    if wrong:
        said = [(one.origin.cell or "act", sentence(one, request.LANGUAGE_CODE)) for one in wrong]
        raise Wrong("invalid", fields=said)
    version = plans.version(request.actor.organisation, key)
    return {"plan": key, "recorded": [one.verb for one in asked], "version_number": version}
