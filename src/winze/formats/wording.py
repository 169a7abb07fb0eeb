"""Sentences and figures as a reader of each language expects them: dates, thousands, countries, terms.

A value that starts with `@` is a term: `@mineral.gold` is the text `term.mineral.gold`, `@country.COD` a country's
name, `@missing.visit` or `@reason.…` a text of its own. A term nobody translated (a mineral a user wrote) is shown as
written; an unknown message id is our bug and raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Protocol

import yaml
from babel import Locale
from babel.core import get_global
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from winze.engine.reasons import Value
from winze.engine.texts import catalogue
from winze.formats.reading import lookup

LOCALES: Mapping[str, str] = {"en": "en_GB", "fr": "fr", "es": "es_419", "zh-hans": "zh_Hans_CN"}
HTML_LANG: Mapping[str, str] = {"en": "en", "fr": "fr", "es": "es", "zh-hans": "zh-Hans"}
"""The language as HTML and BCP 47 name it."""
COUNTRIES = tuple(sorted(code for code in get_global("territory_aliases") if len(code) == 3 and code.isalpha()))
"""The three-letter codes of countries."""
_FRENCH = re.compile(r" (?=[;:?!%»])|(?<=«) ")
"""Where French keeps a mark on the line of its word."""
_UNGROUPED = frozenset({"year", "row", "number"})


class Said(Protocol):
    """Anything that holds a message id and what fills it: a Reason, a Sentence, a Why."""

    @property
    def text(self) -> str: ...
    @property
    def values(self) -> tuple[tuple[str, Value], ...]: ...


class _Worded(str):
    """A word that stays as it is, whatever format a sentence asks for."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return str(self)


def phrase(said: Said | str, language: str, /, **values: Value) -> str:
    """The sentence of a message id, or of a reason with its values, in a language. An unknown id raises KeyError."""
    if not isinstance(said, str):
        return phrase(said.text, language, **{**dict(said.values), **values})
    entry = catalogue().get(said)
    if entry is None:
        if said.startswith("term."):
            return said.rpartition(".")[2]
        raise KeyError(f"there is no text {said!r}")
    said_so = entry[language].format_map({name: _Worded(worded(v, language, name)) for name, v in values.items()})
    return _FRENCH.sub("\u00a0", said_so) if language == "fr" else said_so


def worded(value: Value, language: str, name: str = "") -> str:
    """One value in words: `11 May 2020`, `12,300`, a translated term, "unknown" for None."""
    if value is None:
        return catalogue()["term.unknown"][language]
    if isinstance(value, str):
        return term(value[1:], language) if value.startswith("@") else value
    if isinstance(value, date):
        return day(value, language)
    if isinstance(value, int) and name in _UNGROUPED:
        return str(value)
    return number(value, language)


@lru_cache(maxsize=50_000)
def number(value: int | float | Decimal, language: str, digits: int | None = None) -> str:
    """A number with its thousands separated as the language does, and no more digits than it bears: three that
    matter for a fraction, or as many places as asked for."""
    if isinstance(value, int):
        return str(format_decimal(value, locale=LOCALES[language]))
    size = abs(float(value))
    places = digits if digits is not None else 0 if size >= 100 else 1 if size >= 10 else 2
    pattern = "#,##0" + ("." + "0" * places if digits else "." + "#" * places if places else "")
    return str(format_decimal(Decimal(str(value)), format=pattern, locale=LOCALES[language]))


@lru_cache(maxsize=10_000)
def day(value: date, language: str) -> str:
    """A day as the language writes it in a text."""
    return str(format_date(value, "long", locale=LOCALES[language]))


def month(value: date, language: str) -> str:
    """A month as the language writes it in a text: `May 2020`."""
    return str(format_skeleton("yMMMM", value, locale=LOCALES[language]))


def term(name: str, language: str) -> str:
    """A term in a language: `mineral.gold`, `country.COD`, `missing.visit`."""
    if name.startswith("country."):
        return country(name.removeprefix("country."), language)
    entry = catalogue().get(f"term.{name}") or catalogue().get(name)
    if entry:
        return entry[language]
    kind, _, key = name.partition(".")
    return _listed(kind, language).get(key, key or name)


@cache
def _listed(kind: str, language: str) -> Mapping[str, str]:
    """Words that stand in other lists already: measures with the facts, units and step 1 with our templates."""
    if kind == "measure":
        facts = yaml.safe_load((files("winze.rules") / "facts.yaml").read_text(encoding="utf-8"))
        return {name: fact["title"][language] for name, fact in facts.items()}
    if kind in ("unit", "element"):
        return {name: words[language][0] for name, words in lookup("templates")[f"{kind}s"].items()}
    if kind in ("act", "group", "pause-reason"):
        words = {"act": "plan-acts", "group": "plan-groups", "pause-reason": "plan-reasons"}[kind]
        return {name: words_[language][0] for name, words_ in lookup("templates")[words].items()}
    return {}


@cache
def country(code: str, language: str) -> str:
    """The name of a country by its three-letter code, by the common locale data unless we call it otherwise; the code
    itself where unknown."""
    ours = catalogue().get(f"term.country.{code}")
    if ours:
        return ours[language]
    short = get_global("territory_aliases").get(code, [code])[0]
    return str(Locale.parse(LOCALES[language]).territories.get(short, code))
