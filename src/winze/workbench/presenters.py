"""How values look: rows and reasons in the reader's words, addresses, and what stands around every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from winze.engine.reporting import Sentence
from winze.engine.texts import LANGUAGES
from winze.formats.wording import HTML_LANG, month, number, phrase, term, worded
from winze.workbench.access import Actor, refused
from winze.workbench.lists import Page
from winze.workbench.table import Column

OWN_NAMES = {"en": "English", "fr": "Français", "es": "Español", "zh-hans": "简体中文"}
PLACES: tuple[tuple[str, str, str], ...] = (
    # route, message id, act
    ("home", "wb.nav.home", "see"),
    ("cycle", "wb.nav.cycle", "see"),
    ("map", "wb.nav.map", "see"),
    ("risks", "wb.nav.risks", "see"),
    ("plans", "wb.nav.plans", "see"),
    ("sites", "wb.nav.sites", "see"),
    ("parties", "wb.nav.parties", "see-chain"),
    ("matches", "wb.nav.matches", "see-chain"),
    ("imports", "wb.nav.imports", "see-chain"),
    ("rules", "wb.nav.rules", "see"),
    ("glossary", "wb.nav.glossary", "see"),
    ("journal", "wb.list.journal", "journal"),
    ("people", "wb.nav.people", "see"),
    ("jobs", "wb.nav.jobs", "see"),
)
"""The places of the workbench in the order of the walk; those not yet built are left out."""


def shell(request: HttpRequest) -> dict[str, Any]:
    """What stands around every page: places, language, who, and whether anything waits."""
    from winze.workbench.routes import ROUTES

    spoken = getattr(request, "LANGUAGE_CODE", "en")
    actor: Actor | None = getattr(request, "actor", None)
    here = getattr(getattr(request, "resolver_match", None), "url_name", "")
    found: dict[str, Any] = {
        "language": spoken,
        "html_lang": HTML_LANG[spoken],
        "languages": [(code, HTML_LANG[code], OWN_NAMES[code]) for code in LANGUAGES],
        "actor": actor,
        "places": [
            (to, title, "page" if route == here else "true" if to != "/" and request.path.startswith(to) else "")
            for route, title, act in PLACES
            if actor and route in ROUTES and actor.may(act)
            for to in [reverse(route)]
        ],
    }
    if actor:
        from winze.workbench.store import people

        found |= {"organisation": people.organisation(actor), "unread": people.unread(actor)}
    return found


@dataclass(frozen=True)
class Cell:
    """One cell as a page shows it: its words, the kind of its column, and the plain value for pictures."""

    kind: str
    text: str
    value: Any
    title: str
    quiet: str = ""


def cells(row: Any, columns: tuple[Column, ...], language: str) -> list[Cell]:
    """A row in words. Unknown is the word unknown, never an empty cell."""
    return [
        Cell(
            column.kind, said(value, language, column.kind), value(language) if callable(value) else value,
            phrase(column.title, language),
            said(column.quiet(row), language) if column.quiet and column.quiet(row) is not None else "",
        )
        for column in columns
        for value in [_in(column.value(row), language)]
    ]  # fmt: skip


def _in(value: Any, language: str) -> Any:
    """A value that depends on the language, in it."""
    return value(language) if callable(value) else value


def said(value: Any, language: str, kind: str = "text") -> str:
    """A value in words: terms behind `@`, lists joined, days and figures as the language writes them."""
    value = _in(value, language)
    if value is None or value == "":
        return term("unknown", language)
    if isinstance(value, bool):
        return phrase("wb.yes" if value else "wb.no", language)
    if isinstance(value, str) and value.startswith("@"):
        return _termed(value, language) if "." in value else value
    if isinstance(value, Sentence):
        return phrase(value, language)
    if isinstance(value, datetime):
        return f"{worded(value.date(), language)}, {value:%H:%M} UTC"
    if isinstance(value, date):
        return month(value, language) if kind == "month" else worded(value, language)
    if isinstance(value, list | tuple):
        if kind == "share":
            p, low, high = value
            return said(None, language) if p is None else f"{p:.2f} ({low:.2f}–{high:.2f})"
        return ", ".join(said(item, language) for item in value) or "–"
    if isinstance(value, int | float):
        return number(value, language)
    return str(value)


def _termed(value: str, language: str) -> str:
    """The words of `@message.id`; countries have their names from the common locale data, terms from every list."""
    if value.startswith("@term."):
        return term(value.removeprefix("@term."), language)
    return worded(value, language) if value.startswith("@country.") else phrase(value[1:], language)


def plain(value: Any, language: str) -> Any:
    """A value as a sheet or the API carries it: figures and days as such, terms in words, None for unknown."""
    value = _in(value, language)
    if isinstance(value, str) and value.startswith("@") and "." in value:
        return _termed(value, language)
    if isinstance(value, Sentence):
        return phrase(value, language)
    if isinstance(value, list | tuple):
        return [plain(item, language) for item in value]
    return value


def address(page: Page, path: str, asked: dict[str, str], **changes: str | None) -> str:
    """The address of this list with some parameters changed; a change of filter or order begins at the first page."""
    kept = {key: value for key, value in asked.items() if value and key != "after"}
    for key, value in changes.items():
        kept.pop(key, None)
        if value:
            kept[key] = value
    return f"{path}?{urlencode(kept)}" if kept else path


def button(actor: Actor, act: str, sentence: str | None = None) -> dict[str, Any]:
    """A button's state: allowed, or disabled with the sentence that says why."""
    why = refused(actor, act) or sentence
    return {"disabled": why is not None, "why": why or ""}


# -- risks -----------------------------------------------------------------------------------------------------------


def worded_risk(document: dict[str, Any], language: str) -> dict[str, Any]:
    """A risk of a run in words: heading, likelihood, response, and its reasons with where each was read."""
    chance = document["likelihood"]
    reasons = [worded_reason(item, language) for item in document["because"]]
    weights = [abs(item["contribution"]) for item in reasons if item["contribution"] is not None]
    response = document["response"]
    return {
        **document,
        "title": phrase(f"term.risk.{document['kind']}", language),
        "where": place(document["place"], language),
        "likelihood_text": said((chance["p"], chance["low"], chance["high"]), language, "share"),
        "share": (chance["p"], chance["low"], chance["high"]),
        "basis": phrase(f"term.basis.{chance['basis']}", language),
        "evidence": phrase(f"term.evidence.{document['evidence_level'] or 'none'}", language),
        "reasons": reasons,
        "weighed": [item for item in reasons if item["contribution"] is not None],
        "plain_reasons": [item for item in reasons if item["contribution"] is None],
        "most": max(weights, default=0),
        "total": sum(item["contribution"] for item in reasons if item["contribution"] is not None) if weights else None,
        "action": phrase(f"term.action.{response['action']}", language),
        "deadline": said(date.fromisoformat(response["deadline"]), language) if response["deadline"] else None,
        "missing": [phrase(name, language) for name in response["missing"]],
    }


def worded_reason(item: dict[str, Any], language: str) -> dict[str, Any]:
    """One reason in words, with the file, sheet, row and cell it was read from where the reader may know them."""
    values = dict(item["values"])
    filled = {name: dated(value) for name, value in values.items()}
    where = [item.get("file"), item.get("sheet"), item.get("cell")]
    return {
        "text": phrase(item["text"], language, **filled),
        "rule": item["rule"],
        "contribution": item["contribution"],
        "signed": None if item["contribution"] is None else f"{item['contribution']:+.2f}".replace("-", "−"),
        "source": " ".join(str(part) for part in where if part)
        + (f" {phrase('explain.row', language)} {item['row']}" if item.get("row") else ""),
        "coarsened": item.get("coarsened", False),
        "raw": item["values"],
        "file": item.get("file"),
        "sheet": item.get("sheet"),
        "row": item.get("row"),
    }


def place(found: dict[str, Any], language: str) -> str:
    """A place as the reader may know it: name or code, territory, province, country."""
    named = found.get("name") or (found.get("code") and phrase("wb.site-code", language, code=found["code"]))
    parts = [
        named,
        found.get("territory"),
        found.get("province"),
        found.get("country") and term(f"country.{found['country']}", language),
    ]
    return ", ".join(dict.fromkeys(str(part) for part in parts if part)) or term("unknown", language)


def dated(value: Any) -> Any:
    """A day that was kept as text, as a day again; anything else as it is."""
    if isinstance(value, str) and len(value) == 10 and value[4] == "-":
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value
