"""Countries by name for tests that run without `winze.formats.countries`: the names Babel knows in four languages."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import find_spec
from types import ModuleType

from babel import Locale

from winze.engine.register import fold


def provide() -> None:
    """Puts a stand-in where the module itself is missing."""
    if find_spec("winze.formats.countries") is None:
        module = ModuleType("winze.formats.countries")
        module.country = country  # type: ignore[attr-defined]
        sys.modules["winze.formats.countries"] = module


_TWO = {
    "COD": "CD", "BFA": "BF", "RWA": "RW", "CAF": "CF", "COL": "CO", "PER": "PE", "BOL": "BO", "CHE": "CH", "MYS": "MY",
    "IDN": "ID", "UGA": "UG", "BDI": "BI", "MWI": "MW", "SLE": "SL", "TZA": "TZ", "BRA": "BR", "COG": "CG",
}  # fmt: skip


@cache
def _by_name() -> dict[str, str]:
    found = {fold(three): three for three in _TWO}
    for language in ("en", "fr", "es", "zh_Hans"):
        territories = Locale.parse(language).territories
        found |= {fold(territories[two]): three for three, two in _TWO.items()}
    return found | {fold("刚果民主共和国"): "COD"}


def country(text: str) -> str | None:
    return _by_name().get(fold(text))
