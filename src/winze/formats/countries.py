"""Which country a text names: a code or a name in any of the four languages, as files and people write it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from babel import Locale

from winze.formats.reading import lookup

_LANGUAGES = ("en", "fr", "es", "zh_Hans")


@lru_cache(maxsize=10_000)
def country(text: str | None) -> str | None:
    """The ISO 3166-1 alpha-3 code of the country a text names, None where it names none or more than one.

    Reads ISO codes of two letters (in capitals, so that the word "no" is not Norway) and of three, and the names of
    Unicode CLDR and of `lookups/countries.yaml` in English, French, Spanish and Chinese, whatever their case, accents,
    brackets, articles and order of words ("Congo, Dem. Rep."). "Congo" alone is two countries and gives None.
    """
    text = (text or "").strip()
    codes: dict[str, str] = lookup("countries")["iso"]
    if text in codes:
        return codes[text]
    if text.upper() in _alpha_3():
        return text.upper()
    words = _words(text)
    short = tuple(word for word in words if word not in lookup("countries")["formal"])
    return _names().get(words) or _names().get(short)


@cache
def _alpha_3() -> frozenset[str]:
    return frozenset(lookup("countries")["iso"].values())


@cache
def _names() -> dict[tuple[str, ...], str]:
    known = lookup("countries")
    names = {_words(name): code for name, code in _named()}
    for name in known["ambiguous"]:
        names.pop(_words(name), None)
    return names


def _named() -> Iterator[tuple[str, str]]:
    """Each name with the country it names; the lookup's own names come last and win."""
    known = lookup("countries")
    for language in _LANGUAGES:
        territories = Locale.parse(language).territories
        yield from ((territories[two], three) for two, three in known["iso"].items() if two in territories)
    for three, variants in known["variants"].items():
        yield from ((variant, three) for variant in variants)


def _words(name: str) -> tuple[str, ...]:
    """The words of a name in order of the alphabet, plain and without articles: the key two spellings share."""
    known = lookup("countries")
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    words = (known["short"].get(word, word) for word in re.findall(r"[^\W_]+", plain))
    return tuple(sorted(word for word in words if word not in known["articles"]))
