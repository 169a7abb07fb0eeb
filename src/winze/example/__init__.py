"""Two small cases to try Winze on: a synthetic chain, in the real formats, over real and cited facts of 2020.

What is real stands in `facts_2020.yaml` and `prices_2020.yaml`, each figure with its source; what is invented in
`great-lakes.yaml` and `andes.yaml`, with names that say so. The same seed gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import yaml

from winze.engine.texts import say
from winze.example import layouts, synthetic
from winze.formats.lines import holds, measures, worded
from winze.formats.reading import lookup
from winze.formats.templates import TEMPLATES, Entry, write_template, write_workbook

CASES = ("great-lakes", "andes")
AS_OF = date(2020, 5, 11)
"""The day the examples are made for: the day of the Call to Action."""


def write(folder: Path, case: str = "great-lakes", seed: int = 2020) -> list[Path]:
    """Writes one example case into a folder and returns its files. Raises KeyError for a case that does not exist.

    `seed` decides the synthetic sites, visits and events; the facts and prices are real and always the same.
    """
    if case not in CASES:
        raise KeyError(case)
    told, chance = data(case), Random(f"{seed}/{case}")  # noqa: S311 - an example, repeatable on purpose
    language, names = told["language"], told["files"]
    folder.mkdir(parents=True, exist_ok=True)
    sites = synthetic.sites(told, chance)
    own = {
        "sites": _rows("sites", [*told["sites"], *(() if "visits" in names else synthetic.entries(sites))], language),
        **{name: _rows(name, told[name], language) for name in ("chain", "step1", "quotes", "facts")},
    }
    write_workbook(own, folder / names["own"], language)
    real = {
        name: _rows(name, cited(name, case, language), language) for name in ("acts", "closures", "quotes", "facts")
    }
    write_workbook(real, folder / names["facts"], language)
    if "plans" in names:
        write_template("plans", folder / names["plans"], language, _rows("plans", told["plans"], language))
    if "visits" in names:
        layouts.write_ipis(folder / names["visits"], synthetic.visits(told, sites, chance))
        layouts.write_ged(folder / names["events"], synthetic.events(told, sites, chance))
    else:
        layouts.write_acled(folder / names["events"], synthetic.events(told, sites, chance))
    layouts.write_pink_sheet(folder / names["prices"], data("prices_2020"))
    layouts.write_un_list(folder / names["list"], told["listings"])
    text = (files("winze.example") / "README.txt").read_text(encoding="utf-8")
    (folder / "README.txt").write_text(text.format(**names, seed=seed), encoding="utf-8", newline="\n")
    return sorted(path for path in folder.iterdir() if path.name in {*names.values(), "README.txt"})


@cache
def data(name: str) -> Mapping[str, Any]:
    """One of the data files of this package."""
    text = (files("winze.example") / f"{name}.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return found


def cited(template: str, case: str, language: str) -> Iterator[dict[str, Any]]:
    """The real records of a case, as rows of a template; the source says where a figure or date is our own."""
    for fact in data("facts_2020")[template]:
        if case not in fact.get("cases", CASES):
            continue
        source = fact["source"] if fact["confirmed"] else f"{fact['source']} ({say('example.unconfirmed', language)})"
        row = {column: fact[column] for column in TEMPLATES[template].columns if column in fact}
        yield {**row, ("act-or-source" if template == "closures" else "source"): source}


def _rows(template: str, rows: Iterable[Mapping[str, Any]], language: str) -> list[dict[str, Entry]]:
    return [{column: _entry(column, value, language) for column, value in row.items()} for row in rows]


def _entry(column: str, value: Any, language: str) -> Entry:
    """A value of the data files as one writes it into a template: keys of closed lists in the language's words."""
    kind = "flags" if holds(column) == "flag" else holds(column)
    if isinstance(value, list):
        return "; ".join(str(_entry(column, item, language)) for item in value)
    if kind in lookup("templates") and kind != "columns" and value in lookup("templates")[kind]:
        return worded(kind, value, language)
    if kind == "measures" and value in measures():
        return worded("measures", value, language)
    if kind == "price":
        return re.sub(r"(?<=/)[a-z-]+$", lambda unit: worded("units", unit[0], language), value)
    return Decimal(repr(value)) if isinstance(value, float) else value
