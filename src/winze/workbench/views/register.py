"""Sites and parties: what we know of each, how sure, and what somebody says of them anew."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from winze.engine.records import SiteEntry, Statement, Supply
from winze.engine.register import party_id
from winze.engine.texts import sentence
from winze.formats.cycle_json import plain
from winze.formats.entry import entered
from winze.formats.lines import worded as word_of
from winze.formats.wording import term
from winze.workbench import describing, exports, presenters
from winze.workbench.access import Actor
from winze.workbench.routes import COMPETITOR, PARTNER, PUBLIC, Request, route
from winze.workbench.store import Absent, cycles, journal, opening, plans, register
from winze.workbench.tables.register import PARTIES, SITES, minerals
from winze.workbench.views import shown
from winze.workbench.views.documents import kept
from winze.workbench.views.home import onward
from winze.workbench.views.lately import days

ALL = (PUBLIC, PARTNER, COMPETITOR)
NOT_SHOWN = frozenset({"plan-act", "judgement", "supply"})
"""Kinds of statements that a site's own page does not list."""


@route("sites/", act="see", shows=SITES.shows)
def sites(request: Request) -> HttpResponse:
    return shown.page(request, SITES, "workbench/sites.html")


@route("parties/", act="see-chain", shows=PARTIES.shows)
def parties(request: Request) -> HttpResponse:
    return shown.page(request, PARTIES, "workbench/parties.html")


# -- one site --------------------------------------------------------------------------------------------------------


@route("sites/<int:number>/", act="see", shows=ALL)
def site(request: Request, number: int) -> HttpResponse:
    """What do we know of this mine, and how sure? As it stands, or as of an earlier day by what was known then."""
    row = register.site(request.actor, number)
    if row.merged_into:
        leader = register.number_of(request.actor.organisation, row.merged_into)
        if leader:
            return redirect("site", leader[1])
    return render(request, "workbench/site.html", _site(request, row))


def _site(request: Request, row: Any) -> dict[str, Any]:
    actor, language = request.actor, request.LANGUAGE_CODE
    day, known_by = days(request)
    internal = actor.eyes == "internal"
    if internal:
        opening.opened(actor, row.subject, opening.PLACE)
    earlier = bool(request.GET.get("as_of") or known_by)
    built = register.as_of(actor.organisation, day, known_by, {row.subject})
    found = built.sites.get(row.subject)
    told = [
        s for s in register.told_of(actor.organisation, row.subject, known_by)
        if s.known(day) and s.kind not in NOT_SHOWN and actor.sees(s.data_class)
    ]  # fmt: skip
    run = cycles.newest(actor.organisation)
    signals = describing.signals(_signals(run, actor.eyes, row.subject), language)
    origins = built.chain_origins.get(row.subject, ()) + built.chain_origins.get((found and found.area) or "", ())
    about = f"site:{row.code}"
    return {
        "row": row,
        "site": found,
        "internal": internal,
        "title": (found.name if found else row.place.name) if internal else None,
        "day": day,
        "known_by": known_by,
        "earlier": earlier,
        "run": run,
        "minerals": [term(f"mineral.{one}", language) for one in (found.minerals if found else row.minerals)],
        "answers": describing.answers(found) if found else {},
        "evidence_age": describing.age(found.visits[-1].speaks_of.known_on, day, language)
        if found and found.visits else None,
        "told": _linked(request, describing.told(told, day, language)) if internal else [],
        "visits": _coarse(found, language) if found and not internal else [],
        "signals": signals,
        "ratio": next((one for one in signals if one["kind"] == "gate-ratio"), None),
        **describing.parted(signals),
        "risks": _risks(request, run, row, {row.subject, *row.also}),
        "links": _links(request, list(dict.fromkeys(origins))) if internal and actor.may("see-chain") else [],
        "also": list(row.also) if internal else [],
        **kept(request, about),
        "history": reverse("history", args=["site", row.pk]),
        "problems": [],
        "edit": presenters.button(actor, "edit"),
        "assign": presenters.button(actor, "assign"),
        "fields": _site_fields(found, language) if internal else {},
        "mineral_words": minerals(language),
        "today": datetime.now(UTC).date(),
    }  # fmt: skip


def _signals(run: Any, audience: str, subject: str) -> list[dict[str, Any]]:
    if run is None:
        return []
    try:
        return list(cycles.why(run, audience, f"subject:{subject}")["signals"])
    except Absent:
        return []


def _risks(request: Request, run: Any, row: Any, subjects: set[str]) -> list[dict[str, Any]]:
    if run is None:
        return []
    language = request.LANGUAGE_CODE
    return [
        {
            "letter": one.letter, "kind": term(f"risk.{one.kind}", language), "rank": one.rank,
            "share": (one.p, one.low, one.high), "text": presenters.said((one.p, one.low, one.high), language, "share"),
            "evidence": term(f"evidence.{one.evidence or 'none'}", language),
            "to": f"{reverse('risk', args=[one.position])}?run={run.pk}",
        }
        for one in register.risks_of(run, request.actor.eyes, row, subjects)
    ]  # fmt: skip


def _coarse(found: Any, language: str) -> list[dict[str, str]]:
    """Visits as a partner may know them: the month, how it was seen, and the state's own word."""
    return [
        {
            "day": f"{s.speaks_of.end:%Y-%m}",
            "manner": term(f"evidence.{s.said.manner}", language),
            "status": term(f"status.{s.said.state_status}", language) if s.said.state_status else "",
        }
        for s in reversed(found.visits)
    ]


def _linked(request: Request, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from winze.workbench.views.risks import import_address

    if request.actor.may("see-chain"):
        numbers = register.imports_of(request.actor.organisation, {one["input"] for one in told})
        for one in told:
            if one["input"] in numbers:
                one["to"] = import_address(numbers[one["input"]], {"row": one["row"]} if one["row"] else {})
    return told


def _links(request: Request, links: list[Statement]) -> list[dict[str, Any]]:
    """Links of the chain in words, each end leading to its party."""
    language, names = request.LANGUAGE_CODE, set()
    for s in links:
        assert isinstance(s.said, Supply)
        names |= {s.said.supplier, s.said.buyer}
    numbers = register.numbers_of(request.actor.organisation, names)
    found = []
    for s in links:
        one = describing.link(s, language)
        for end in ("supplier", "buyer"):
            number = numbers.get(party_id(one[end]))
            one[f"{end}_to"] = reverse("party", args=[number]) if number else None
        found.append(one)
    return found


def _site_fields(found: Any, language: str) -> dict[str, Any]:
    """What the form of a site begins with: what the register knows now."""
    if found is None:
        return {}
    return {
        "territory": ", ".join(part for part in (found.territory, found.province) if part),
        "latitude": found.point.lat if found.point else "",
        "longitude": found.point.lon if found.point else "",
        "minerals": "; ".join(word_of("minerals", one, language) for one in found.minerals),
        "workers": "" if found.workers is None else found.workers,
    }


@route("sites/new/", act="edit", methods=("GET", "POST"), name="site-new", shows=ALL)
def site_new(request: Request) -> HttpResponse:
    """A site that no file speaks of yet."""
    given = request.POST
    if request.method == "POST":
        said, problems = entered("sites", {name: given.get(name, "") for name in _SITE}, request.LANGUAGE_CODE)
        if said is not None and not problems:
            row = register.enter_site(request.actor, said, None, 0, given.get("why", ""))
            return redirect("site", row.pk)
        return _form(request, "workbench/site_new.html", problems, given)
    return _form(request, "workbench/site_new.html", (), {})


_SITE = ("site", "country", "territory", "latitude", "longitude", "minerals", "workers", "seen-on")


def _form(request: Request, template: str, problems: Any, given: Mapping[str, Any]) -> HttpResponse:
    language = request.LANGUAGE_CODE
    said = {
        "problems": [sentence(one, language) for one in problems],
        "given": {name.replace("-", "_"): given.get(name, "") for name in given},
        "today": datetime.now(UTC).date(),
        "mineral_words": minerals(language),
        "names": register.suppliers(request.actor.organisation),
    }
    return render(request, template, said, status=422 if problems else 200)


@route("sites/<int:number>/edit/", act="edit", methods=("POST",), name="site-edit", shows=ALL)
def site_edit(request: Request, number: int) -> HttpResponse:
    """What somebody says of a site anew, with the reason: one more statement, and only of what differs."""
    actor, language, given = request.actor, request.LANGUAGE_CODE, request.POST
    row = register.site(actor, number)
    said, problems = said_anew(actor, row, given, language)
    if problems or said is None:
        return _again(request, problems)
    register.enter_site(actor, said, number, _version(request), given.get("why", ""))
    return redirect("site", number)


def said_anew(actor: Actor, row: Any, given: Mapping[str, Any], language: str) -> tuple[Statement | None, Any]:
    """What a site's fields say that differs from what the register knows now, and what is wrong with them. A field that
    is not given says nothing."""
    now = register.now(actor.organisation, {row.subject}).sites[row.subject]
    before = {name: str(value) for name, value in _site_fields(now, language).items()}
    after = {name: str(given.get(name, before[name])).strip() for name in before}
    cells = {name: value for name, value in after.items() if value != before[name]}
    if {"latitude", "longitude"} & cells.keys():
        cells |= {name: after[name] for name in ("latitude", "longitude")}
    cells |= {"country": now.country, "seen-on": given.get("seen-on", ""), "site": given.get("site", "") or now.name}
    said, problems = entered("sites", cells, language)
    if problems or said is None:
        return None, problems
    assert isinstance(said.said, SiteEntry)
    return replace(said, subject=row.subject, _id=[]), problems


def _version(request: Request) -> int:
    text = request.POST.get("version_number", "")
    return int(text) if text.isdigit() else 0


def _again(request: Request, problems: Any) -> HttpResponse:
    said = [sentence(one, request.LANGUAGE_CODE) for one in problems]
    return render(request, "workbench/problems.html", {"problems": said, "back": onward(request)}, status=422)


# -- one party -------------------------------------------------------------------------------------------------------


@route("parties/<int:number>/", act="see-chain", shows=ALL)
def party(request: Request, number: int) -> HttpResponse:
    """Who are they, and what passes through them?"""
    actor, language = request.actor, request.LANGUAGE_CODE
    row = register.party(actor, number)
    if row.merged_into and (leader := register.number_of(actor.organisation, row.merged_into)):
        return redirect("party", leader[1])
    return render(request, "workbench/party.html", _party(request, row, language))


def _party(request: Request, row: Any, language: str) -> dict[str, Any]:
    actor = request.actor
    day, known_by = days(request)
    earlier = bool(request.GET.get("as_of") or known_by)
    built = register.as_of(actor.organisation, day, known_by, ())
    found = built.parties.get(row.subject)
    numbered = register.links(actor.organisation, row.subject)
    standing = {s.id: number for number, s in numbered}
    links = list(found.supplies) if found else []
    told = _links(request, links)
    names = {row.subject, *row.also}
    for one, s in zip(told, links, strict=True):
        assert isinstance(s.said, Supply)
        one["number"] = standing.get(s.id)
        one["inwards"] = party_id(s.said.buyer) in names
        one["over"] = s.said.until is not None and s.said.until < day
    run = cycles.newest(actor.organisation)
    about = row.subject
    on_links = {row.subject, *row.also, *(f"link:{s.id}" for s in links)}
    signals = [one for subject in sorted(on_links) for one in _signals(run, actor.eyes, subject)]
    worded = describing.signals(signals, language)
    return {
        "row": row,
        "party": found,
        "day": day,
        "known_by": known_by,
        "earlier": earlier,
        "run": run,
        "inwards": [one for one in told if one["inwards"]],
        "outwards": [one for one in told if not one["inwards"]],
        "risks": _risks(request, run, row, on_links),
        **describing.parted(worded),
        "screening": [one for one in worded if one["kind"] == "screening"],
        "plans": plans.of_party(actor.organisation, row.subject),
        "also": [one.removeprefix("party:") for one in row.also],
        **kept(request, about),
        "history": reverse("history", args=["party", row.pk]),
        "edit": presenters.button(actor, "edit"),
    }


_LINK = ("supplier", "buyer", "mineral", "origin", "route", "from", "to", "position")


@route("links/new/", act="edit", methods=("GET", "POST"), name="link-new", shows=ALL)
def link_new(request: Request) -> HttpResponse:
    """A link of the chain that no file speaks of yet."""
    given = request.POST
    if request.method == "POST":
        said, problems = entered("chain", {name: given.get(name, "") for name in _LINK}, request.LANGUAGE_CODE)
        if said is None or problems:
            return _form(request, "workbench/link.html", problems, given)
        register.enter_link(request.actor, said, None, given.get("why", ""))
        return redirect(_party_of(request, said))
    return _form(request, "workbench/link.html", (), {"supplier": request.GET.get("supplier", "")})


@route("links/<int:number>/", act="edit", methods=("GET", "POST"), name="link", shows=ALL)
def link(request: Request, number: int) -> HttpResponse:
    """One link said anew: its end, its origin or its route. What was said before stays in the register's past."""
    from winze.formats.templates import TEMPLATES

    given, language = request.POST, request.LANGUAGE_CODE
    standing = register.link(request.actor, number)
    if request.method == "POST":
        said, problems = entered("chain", {name: given.get(name, "") for name in _LINK}, language)
        if said is None or problems:
            return _form(request, "workbench/link.html", problems, given)
        register.enter_link(request.actor, said, number, given.get("why", ""))
        return redirect(_party_of(request, said))
    cells = TEMPLATES["chain"].cells(standing, language)
    return _form(request, "workbench/link.html", (), {n: "" if v is None else v for n, v in cells.items()})


def _party_of(request: Request, said: Statement) -> str:
    found = register.number_of(request.actor.organisation, said.subject)
    return reverse("party", args=[found[1]]) if found else reverse("parties")


# -- one record as a file --------------------------------------------------------------------------------------------


@route("sites/<int:number>/export/", act="export", methods=("GET", "POST"), name="site-export", shows=ALL)
def site_export(request: Request, number: int) -> HttpResponse:
    """What a site's page shows, as JSON or CSV, after the question of do no harm."""
    row = register.site(request.actor, number)
    given = request.POST
    if request.method != "POST" or given.get("sure") != "yes" or given.get("form") not in ("json", "csv"):
        said = {"row": row, "unsure": request.method == "POST"}
        return render(request, "workbench/record_export.html", said)
    record = site_record(request, row)
    with transaction.atomic():
        told = f"{given['form']}, {request.actor.eyes}"
        event = journal.record(request.actor, "record.exported", row.subject, why=told)
    record = plain(record | {"journal_head": event.hash})
    text = json.dumps(record, ensure_ascii=False, indent=1) if given["form"] == "json" else _csv(record)
    response = HttpResponse(text, content_type="application/json" if given["form"] == "json" else exports.TYPES["csv"])
    name = f"site-{row.code}-{datetime.now(UTC):%Y-%m-%d}-{event.hash[: journal.SHOWN]}.{given['form']}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Winze-Journal-Head"] = event.hash
    return response


def site_record(request: Request, row: Any) -> dict[str, Any]:
    """What a site's page shows, as values: by the days of the address, and no more than its reader may see."""
    found = _site(request, row)
    return {
        "code": row.code, "as_of": found["day"].isoformat(), "territory": row.territory, "province": row.province,
        "country": row.country, "minerals": list(row.minerals),
        "name": found["title"], "also": found["also"],
        "said": [{k: one[k] for k in ("day", "kind", "words", "source")} for one in found["told"]] or found["visits"],
        "signals": [{k: one[k] for k in ("kind", "state", "value", "since")} for one in found["signals"]],
        "risks": [{k: one[k] for k in ("letter", "kind", "rank", "evidence")} for one in found["risks"]],
    }  # fmt: skip


def party_record(request: Request, row: Any) -> dict[str, Any]:
    """What a party's page shows, as values: by the days of the address."""
    found = _party(request, row, request.LANGUAGE_CODE)
    link = ("number", "supplier", "buyer", "mineral", "origin", "route", "over")
    return {
        "name": row.name, "tier": row.tier, "is_me": row.is_me, "also": found["also"],
        "as_of": found["day"].isoformat(),
        **{
            way: [{k: one.get(k) for k in link} for one in found[way]] for way in ("inwards", "outwards")
        },
        "risks": [{k: one[k] for k in ("letter", "kind", "rank", "evidence")} for one in found["risks"]],
        "screening": [{k: one[k] for k in ("kind", "state", "value", "since")} for one in found["screening"]],
        "plans": list(found["plans"]),
    }  # fmt: skip


def _csv(record: dict[str, Any]) -> str:
    """A record as two columns, field and value; what was said, signals and risks a line each."""
    buffer = io.StringIO()
    out = csv.writer(buffer, lineterminator="\r\n")
    for name, value in record.items():
        for one in value if isinstance(value, list) else [value]:
            text = "; ".join(f"{k}: {v}" for k, v in one.items()) if isinstance(one, dict) else one
            out.writerow([name, exports.tame(text)])
    return "\ufeff" + buffer.getvalue()
