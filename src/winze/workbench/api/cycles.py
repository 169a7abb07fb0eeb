"""Runs of the cycle, their risks and plans."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpResponse
from ninja import Query, Schema
from pydantic import Field

from winze.engine.disclosure import AUDIENCES, CHOOSES
from winze.engine.texts import say
from winze.formats.wording import phrase
from winze.workbench import presenters
from winze.workbench.access import Actor
from winze.workbench.api.declared import operation
from winze.workbench.api.jobs import JobSaid, told
from winze.workbench.api.problems import Wrong
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request
from winze.workbench.store import Absent, compared, cycles, jobs, reports
from winze.workbench.views import cycle as pages

ALL = (PUBLIC, PARTNER, COMPETITOR)


class CycleAsked(Schema):
    """A run as of a day, by what the register had received by another (today where it is left out)."""

    as_of: date
    known_by: date | None = None


class Asked(Schema):
    """What was asked for: the job that does it, and what will be there."""

    job: int
    run: int


class Step(Schema):
    """One step of the walk: what went in, what came out, what is wrong."""

    step: str
    went_in: int = Field(alias="in")
    out: int
    problems: int


class CycleSaid(Schema):
    """A run of the cycle."""

    number: int
    as_of: date
    known_by: date
    at: datetime
    done_at: datetime | None
    headline: str
    steps: list[Step]
    counts: dict[str, Any]
    rules: str = Field(description="Hash of the rulebook.")
    software: str
    journal_head: str = Field(description="The newest event of the journal when it ran.")


class OfRun(Schema):
    run: int | None = Field(None, description="The number of a run; the newest where it is left out.")


class Compared(Schema):
    """Two runs: how many risks changed in which way."""

    run: int
    against: int
    counts: dict[str, int] = Field(description="By how they changed; what is not there is none.")


class Sure(Schema):
    sure: Literal[True] = Field(description="That you asked yourself whom the file could harm in wrong hands.")


class ReportAsked(Sure):
    """A report of a run, for an audience in a language."""

    audience: Literal["partner", "internal", "public"] = "partner"
    language: Literal["en", "fr", "es", "zh-hans"] = "en"


class ReportSaid(JobSaid):
    """A report that was asked for, and the job that writes it."""

    run: int
    audience: str
    language: str


class ReportsSaid(Schema):
    reports: list[ReportSaid]


@operation("POST", "cycle", act="run", answer=Asked, status=202)
def ask_cycle(request: Request, given: CycleAsked) -> Any:
    """Asks for a run of the cycle; a job does it."""
    waiting = cycles.ask(request.actor, given.as_of, given.known_by)
    return {"job": jobs.ask(request.actor, "cycle", run=waiting.pk).pk, "run": waiting.pk}


@operation("GET", "cycle", act="see", answer=CycleSaid, problems=(404,))
def newest_cycle(request: Request) -> Any:
    """The newest run of the cycle."""
    return _said(request, _run(request.actor, None))


@operation("GET", "cycle/{int:number}", act="see", answer=CycleSaid)
def one_cycle(request: Request, number: int) -> Any:
    """A run of the cycle."""
    return _said(request, cycles.one(request.actor.organisation, number))


@operation("GET", "risks/{int:position}", act="see", answer=dict[str, Any], shows=ALL)
def one_risk(request: Request, position: int, asked: Query[OfRun]) -> Any:
    """A risk of a run with its reasons: in words, and as the values they rest on."""
    run = _run(request.actor, asked.run)
    document = cycles.why(run, request.actor.eyes, f"risk:{position}")
    return presenters.worded_risk(document, request.LANGUAGE_CODE) | {"run": run.pk, "position": position}


@operation("GET", "plans/{int:position}", act="see", answer=dict[str, Any], shows=ALL)
def one_plan(request: Request, position: int, asked: Query[OfRun]) -> Any:
    """A plan of a run: its state, clocks, steps and what is still wanted of it."""
    run = _run(request.actor, asked.run)
    return cycles.why(run, request.actor.eyes, f"plan:{position}") | {"run": run.pk, "position": position}


@operation("GET", "cycle/{int:number}/compare/{int:against}", act="see", answer=Compared, shows=ALL)
def compare_runs(request: Request, number: int, against: int) -> Any:
    """How many risks came, went, changed or moved between two runs. Each of them: the list `changes`."""
    actor = request.actor
    new, old = (cycles.one(actor.organisation, one) for one in (number, against))
    counts = compared.counts(new, old, actor.eyes) if number != against else {}
    return {"run": number, "against": against, "counts": counts}


@operation("POST", "cycle/{int:number}/document", act="see-chain", answer=None, shows=ALL)
def cycle_document(request: Request, number: int, given: Sure) -> HttpResponse:
    """The whole `cycle.json` of a run, for precise eyes. The journal keeps who took it."""
    return pages.whole(request.actor, cycles.one(request.actor.organisation, number))


@operation("GET", "cycle/{int:number}/reports", act="export", answer=ReportsSaid, shows=ALL)
def reports_of_cycle(request: Request, number: int) -> Any:
    """The reports of a run that you may see, newest first, those still being written too."""
    run = cycles.one(request.actor.organisation, number)
    return {"reports": [told(request, job) | _asked(job) for job in reports.of(request.actor, run)]}


@operation("POST", "cycle/{int:number}/reports", act="export", answer=ReportSaid, status=202, shows=ALL)
def ask_report(request: Request, number: int, given: ReportAsked) -> Any:
    """Asks for a report of a run; a job writes it, and `reports/{number of the job}` gives it."""
    run = cycles.one(request.actor.organisation, number)
    if given.audience not in CHOOSES[request.actor.eyes]:
        raise Wrong("forbidden", say("wb.api.detail.audience", request.LANGUAGE_CODE))
    job = reports.ask(request.actor, run, given.audience, given.language)
    return told(request, job) | _asked(job)


@operation("GET", "reports/{int:number}", act="export", answer=None, shows=ALL)
def report(request: Request, number: int) -> HttpResponse:
    """A written report, packed as one file, by the number of the job that wrote it. The journal keeps who opened it."""
    return pages.written(request.actor, number)


def _asked(job: Any) -> dict[str, Any]:
    return {name: job.arguments[name] for name in ("run", "audience", "language")}


def _run(actor: Actor, number: int | None) -> Any:
    found = cycles.newest(actor.organisation) if number is None else cycles.one(actor.organisation, number)
    if found is None:
        raise Absent
    return found


def _said(request: Request, run: Any) -> dict[str, Any]:
    assert request.actor.eyes in AUDIENCES
    headline = run.headline.get(request.actor.eyes) or {}
    words = phrase(headline["text"], request.LANGUAGE_CODE, **dict(headline.get("values") or ())) if headline else ""
    return {
        "number": run.pk, "as_of": run.as_of, "known_by": run.known_by, "at": run.at, "done_at": run.done_at,
        "headline": words, "steps": run.steps, "counts": run.counts, "rules": run.rules, "software": run.software,
        "journal_head": run.head,
    }  # fmt: skip
