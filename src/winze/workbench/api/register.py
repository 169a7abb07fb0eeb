"""One site, one party, one link of the chain: what we know of each by a day, what somebody says anew, its history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from ninja import Query, Schema
from pydantic import Field

from winze.engine.texts import sentence
from winze.formats.entry import entered
from winze.formats.templates import TEMPLATES
from winze.workbench.api.declared import operation, version_of
from winze.workbench.api.lists import LONGEST, envelope, paged
from winze.workbench.api.plans import Days
from winze.workbench.api.problems import Wrong
from winze.workbench.routes import COMPETITOR, PARTNER, PERSONAL, PUBLIC, Request
from winze.workbench.store import history, register
from winze.workbench.table import PAGE
from winze.workbench.tables.history import JOURNAL
from winze.workbench.views import history as histories
from winze.workbench.views import register as pages

ALL = (PUBLIC, PARTNER, COMPETITOR)


class RiskShort(Schema):
    letter: str
    kind: str
    rank: int | None
    evidence: str


class SignalShort(Schema):
    kind: str
    state: str
    value: Any
    since: str | None


class SiteSaid(Schema):
    """A site by a day: what was said of it, signals, risks. Its name and what was said only for precise eyes."""

    number: int
    code: str
    as_of: date
    territory: str
    province: str
    country: str
    minerals: list[str]
    name: str | None
    also: list[str]
    said: list[dict[str, Any]]
    signals: list[SignalShort]
    risks: list[RiskShort]
    version_number: int


class LinkSaid(Schema):
    """A link of the chain."""

    number: int | None = Field(description="null of one that stands no longer.")
    supplier: str
    buyer: str
    mineral: str
    origin: str | None
    route: str | None
    over: bool | None


class PartySaid(Schema):
    """A party by a day: the links of the chain to and from it, signals, risks, plans."""

    number: int
    name: str
    tier: int | None
    is_me: bool
    also: list[str]
    as_of: date
    inwards: list[LinkSaid]
    outwards: list[LinkSaid]
    risks: list[RiskShort]
    screening: list[SignalShort]
    plans: list[str]
    version_number: int


class SiteCells(Schema):
    """A site's fields, in the words of the template of sites. One that is left out says nothing."""

    site: str | None = Field(None, max_length=300)
    territory: str | None = Field(None, max_length=300)
    latitude: str | None = Field(None, max_length=40)
    longitude: str | None = Field(None, max_length=40)
    minerals: str | None = Field(None, max_length=300)
    workers: str | None = Field(None, max_length=40)
    seen_on: date
    why: str = Field("", max_length=2000)


class SiteNew(SiteCells):
    site: str = Field(min_length=1, max_length=300)
    country: str = Field(min_length=1, max_length=100)


class SiteAnew(SiteCells):
    version_number: int | None = Field(None, description="The version you read: 409 where somebody changed it since.")


class LinkAsked(Schema):
    """A link of the chain, in the words of the template of chains."""

    supplier: str = Field(min_length=1, max_length=300)
    buyer: str = Field(min_length=1, max_length=300)
    mineral: str = Field(min_length=1, max_length=100)
    origin: str = Field("", max_length=300)
    route: str = Field("", max_length=1000)
    since: date | None = Field(None, description="The day it began; unknown where it is left out.")
    until: date | None = None
    position: str = Field("", max_length=100)
    why: str = Field("", max_length=2000)


class LinkEnded(Schema):
    until: date
    why: str = Field(min_length=1, max_length=2000)


class LinkWritten(Schema):
    """The party whose link it is, and the link that stands now."""

    party: int
    number: int


class WasSaid(Schema):
    """A record as events left it at a moment; no fields for those who may not know them."""

    about: str
    at: datetime
    fields: dict[str, Any]


class Moment(Schema):
    at: str | None = Field(None, description="A day (its end) or a moment; now where it is left out.")


class HistoryAsked(Schema):
    after: str | None = None
    page_size: int = Field(PAGE, ge=1, le=LONGEST)


# -- sites and parties -----------------------------------------------------------------------------------------------


@operation("GET", "sites/{int:number}", act="see", answer=SiteSaid, shows=ALL, problems=(400,))
def one_site(request: Request, number: int, asked: Query[Days], response: HttpResponse) -> Any:
    """A site as it stands, or by a day and what was known then. Its ETag is its version.

    The journal keeps who looked where the place is shown precisely."""
    row = register.site(request.actor, number)
    response.headers["ETag"] = f'"{row.version_number}"'
    return _site(request, row)


@operation("GET", "parties/{int:number}", act="see-chain", answer=PartySaid, shows=ALL, problems=(400,))
def one_party(request: Request, number: int, asked: Query[Days]) -> Any:
    """A party and what passes through it, as it stands or by a day and what was known then."""
    row = register.party(request.actor, number)
    return pages.party_record(request, row) | {"number": row.pk, "version_number": row.version_number}


@operation("POST", "sites", act="edit", answer=SiteSaid, status=201, shows=ALL, problems=(409,), tag="sites")
def new_site(request: Request, given: SiteNew) -> Any:
    """Adds a site that no file speaks of yet."""
    said = _said(request, *entered("sites", _cells(given), request.LANGUAGE_CODE))
    return _site(request, register.enter_site(request.actor, said, None, 0, given.why))


@operation("POST", "sites/{int:number}/edit", act="edit", answer=SiteSaid, shows=ALL, versioned=True)
def edit_site(request: Request, number: int, given: SiteAnew) -> Any:
    """Says something of a site anew, as of a day. What was said before stays in the register's past."""
    actor, row = request.actor, register.site(request.actor, number)
    said = _said(request, *pages.said_anew(actor, row, _cells(given), request.LANGUAGE_CODE))
    seen = version_of(request, given.version_number)
    return _site(
        request, register.enter_site(actor, said, number, row.version_number if seen is None else seen, given.why)
    )


def _site(request: Request, row: Any) -> dict[str, Any]:
    return pages.site_record(request, row) | {"number": row.pk, "version_number": row.version_number}


def _cells(given: SiteCells) -> dict[str, str]:
    """Fields as cells of the template; what was left out is no cell."""
    named = given.dict(exclude={"why", "version_number"}, exclude_none=True)
    return {name.replace("_", "-"): str(value) for name, value in named.items()}


def _said(request: Request, said: Any, wrong: Any) -> Any:
    if wrong or said is None:
        language = request.LANGUAGE_CODE
        raise Wrong("invalid", fields=[(one.origin.cell or "row", sentence(one, language)) for one in wrong])
    return said


# -- links of the chain ----------------------------------------------------------------------------------------------


@operation("POST", "links", act="edit", answer=LinkWritten, status=201, shows=ALL, problems=(409,))
def new_link(request: Request, given: LinkAsked) -> Any:
    """Adds a link of the chain that no file speaks of yet."""
    return _linked(request, _link_cells(given), None, given.why)


@operation("POST", "links/{int:number}", act="edit", answer=LinkWritten, shows=ALL, problems=(409,))
def edit_link(request: Request, number: int, given: LinkAsked) -> Any:
    """Says a link anew: its origin, its route, its days. What was said before stays in the register's past."""
    register.link(request.actor, number)
    return _linked(request, _link_cells(given), number, given.why)


@operation("POST", "links/{int:number}/end", act="edit", answer=LinkWritten, shows=ALL, problems=(409,))
def end_link(request: Request, number: int, given: LinkEnded) -> Any:
    """Says on which day a link ended."""
    cells = TEMPLATES["chain"].cells(register.link(request.actor, number), request.LANGUAGE_CODE)
    told = {name: "" if value is None else str(value) for name, value in cells.items()}
    return _linked(request, told | {"to": given.until.isoformat()}, number, given.why)


def _link_cells(given: LinkAsked) -> dict[str, str]:
    days = {"from": given.since, "to": given.until}
    cells = given.dict(include={"supplier", "buyer", "mineral", "origin", "route", "position"})
    return cells | {name: day.isoformat() if day else "" for name, day in days.items()}


def _linked(request: Request, cells: dict[str, str], replaces: int | None, why: str) -> dict[str, Any]:
    actor = request.actor
    said = _said(request, *entered("chain", cells, request.LANGUAGE_CODE))
    register.enter_link(actor, said, replaces, why)
    found = register.number_of(actor.organisation, said.subject)
    assert found is not None
    number = next(n for n, s in register.links(actor.organisation, said.subject) if s.id == said.id)
    return {"party": found[1], "number": number}


# -- history ---------------------------------------------------------------------------------------------------------


@operation("GET", "history/{slug:kind}/{path:key}", act="journal", answer=envelope(JOURNAL), shows=JOURNAL.shows,
           problems=(400,))  # fmt: skip
def record_history(request: Request, kind: str, key: str, asked: Query[HistoryAsked]) -> Any:
    """The events of one record, newest first."""
    history.there(request.actor.organisation, f"{kind}:{key}")
    return paged(request, JOURNAL, asked.page_size, about=f"{kind}:{key}")


@operation("GET", "as-it-was/{slug:kind}/{path:key}", act="journal", answer=WasSaid, shows=(*ALL, PERSONAL),
           problems=(400,))  # fmt: skip
def record_as_it_was(request: Request, kind: str, key: str, asked: Query[Moment]) -> Any:
    """A record as events left it at a moment, field by field."""
    about, moment = f"{kind}:{key}", histories.asked_moment(request)
    history.there(request.actor.organisation, about)
    fields = history.at(request.actor.organisation, about, moment) if request.actor.sees(COMPETITOR) else {}
    return {"about": about, "at": moment, "fields": fields}
