"""What the rules say, from when, by which document; and the words the pages use, in four languages."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from django.http import HttpResponse
from django.shortcuts import render

from winze.engine import rules as rulebook
from winze.engine.register import fold
from winze.engine.rules import KINDS, Rule, facts_as_text
from winze.engine.texts import LANGUAGES, catalogue, say
from winze.formats.wording import number
from winze.workbench import exports
from winze.workbench.lists import BadAddress
from winze.workbench.presenters import OWN_NAMES
from winze.workbench.routes import PUBLIC, Request, route
from winze.workbench.store import Absent
from winze.workbench.views.lately import days


@route("rules/", act="see", shows=(PUBLIC,))
def rules(request: Request) -> HttpResponse:
    """All rules of the rulebook, those that hold the words looked for."""
    language, asked = request.LANGUAGE_CODE, request.GET
    found = list(_found(asked.get("q", ""), asked.get("kind", ""), asked.get("confirmed", ""), language))
    if asked.get("form") == "csv":
        return _csv(found, language)
    said = {
        "rules": [(rule, _cited(rule, language)) for rule in found],
        "wanted": asked.get("q", ""),
        "kind": asked.get("kind", ""),
        "confirmed": asked.get("confirmed", ""),
        "kinds": [(kind, say(f"rule-kind.{kind}", language)) for kind in KINDS],
        "unconfirmed": sum(not rule.confirmed for rule in found),
        "address": request.GET.urlencode(),
    }
    return render(request, "workbench/rules.html", said)


def _found(wanted: str, kind: str, confirmed: str, language: str) -> Iterator[Rule]:
    """The rules whose id, title, note or figures hold every word, of a kind, confirmed or not."""
    if kind and kind not in KINDS:
        raise BadAddress("kind")
    if confirmed not in ("", "yes", "no"):
        raise BadAddress("confirmed")
    words = wanted.casefold().split()
    for rule in rulebook.load().rules(kind or None):
        held = " ".join((rule.id, *rule.title.values(), (rule.note or {}).get(language, ""), *rule.figures)).casefold()
        if all(word in held for word in words) and confirmed in ("", "yes" if rule.confirmed else "no"):
            yield rule


def _cited(rule: Rule, language: str) -> list[str]:
    book = rulebook.load()
    return [book.cited(citation, language) for citation in rule.cites]


def _csv(found: list[Rule], language: str) -> HttpResponse:
    buffer = io.StringIO()
    out = csv.writer(buffer, lineterminator="\r\n")
    titles = ("wb.rules.id", "wb.rules.kind", "wb.rules.title", "wb.rules.cites", "wb.rules.confirmed")
    out.writerow(say(one, language) for one in titles)
    for rule in found:
        sure = say("rules.confirmed" if rule.confirmed else "rules.unconfirmed", language)
        row = (rule.id, rule.kind, rule.title[language], "; ".join(_cited(rule, language)), sure)
        out.writerow(exports.tame(cell) for cell in row)
    response = HttpResponse("\ufeff" + buffer.getvalue(), content_type=exports.TYPES["csv"])
    response.headers["Content-Disposition"] = 'attachment; filename="rules.csv"'
    return response


@dataclass(frozen=True)
class InTime:
    """A figure over time: what it is called, each of its values in words, and which is in force on the day."""

    name: str
    values: tuple[tuple[date, str, bool, bool], ...]  # since, in words, confirmed, in force
    in_force: bool


@route("rules/<path:id>/", act="see", shows=(PUBLIC,))
def rule(request: Request, id: str) -> HttpResponse:
    """One rule: what it says, its dated figures and which are in force on a day, where it stands, who checked it."""
    language, book = request.LANGUAGE_CODE, rulebook.load()
    day, _ = days(request)
    try:
        found = book.rule(id)
    except KeyError:
        raise Absent from None
    said = {
        "rule": found,
        "title": found.title[language],
        "note": found.note[language] if found.note else None,
        "kind": say(f"rule-kind.{found.kind}", language),
        "day": day,
        "figures": [_in_time(name, series, day, language) for name, series in found.figures.items()],
        "cites": [(book.cited(one, language), book.document(one.document)) for one in found.cites],
        "facts": list(facts_as_text(found.facts, language, "")) if found.facts else [],
    }
    return render(request, "workbench/rule.html", said)


def _in_time(name: str, series: Any, day: date, language: str) -> InTime:
    text, now = catalogue().get(f"rules.figure.{name}"), series.on(day)
    values = tuple(
        (
            one.since,
            say("rules.ended", language)
            if one.value is None
            else say(f"rules.unit.{series.unit}", language, value=number(one.value, language)),
            one.confirmed,
            one is now,
        )
        for one in series.values
    )
    return InTime(text[language] if text else name, values, now is not None and now.value is not None)


# -- words -----------------------------------------------------------------------------------------------------------


@cache
def words() -> tuple[dict[str, dict[str, str]], ...]:
    """The words of the pages in four languages, each with one sentence of what it means: `rules/glossary.yaml`."""
    text = (files("winze.rules") / "glossary.yaml").read_text(encoding="utf-8")
    return tuple(yaml.load(text, Loader=yaml.CSafeLoader))


@route("glossary/", act="see", shows=(PUBLIC,))
def glossary(request: Request) -> HttpResponse:
    """The words the pages use, in the reader's language and the three others."""
    language, wanted = request.LANGUAGE_CODE, request.GET.get("q", "")
    others = [one for one in LANGUAGES if one != language]
    held = fold(wanted) or wanted.casefold()
    shown = [
        {
            "word": one["word"][language],
            "means": one["means"][language],
            "others": [(code, OWN_NAMES[code], one["word"][code]) for code in others],
        }
        for one in words()
        if any(held in (fold(text) + " " + text.casefold()) for text in (*one["word"].values(), one["means"][language]))
    ]
    shown.sort(key=lambda one: fold(str(one["word"])))
    return render(request, "workbench/glossary.html", {"words": shown, "wanted": wanted, "today": datetime.now(UTC)})
