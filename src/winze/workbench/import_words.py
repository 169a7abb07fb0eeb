"""How imports look: what a file was taken for, its sheets with the wrong cells marked, what each mode would do, one row
of it, and one pair of the match queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from winze.engine import rules
from winze.engine.problems import Problem, Severity
from winze.engine.records import Origin
from winze.engine.texts import hint, sentence
from winze.formats.mends import Mend, letters_at, loose
from winze.formats.wording import phrase, worded
from winze.workbench.presenters import said
from winze.workbench.store import imports
from winze.workbench.tables.imports import row_address
from winze.workbench.tables.matches import part_in_words


def one_line(name: str) -> str:
    """A name somebody sent, fit to be shown."""
    return imports.line(name)[:200] or "–"


def taken_for(found: Any, picture: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """What a file was taken for, as title and value."""
    card = rules.load().sources.get(found.source)
    kinds = ", ".join(
        f"{phrase(f'wb.data.kind.{kind}', language)}: {worded(n, language)}" for kind, n in found.kinds.items()
    )
    layout = found.compared.get("layout")
    facts = [
        ("format", f"{found.format} {found.version}".strip() or None),
        ("source", f"{card.publisher}: {card.title[language]}" if card else found.source or None),
        ("licence", card.licence if card else None),
        ("sender", found.sender or None),
        ("class", phrase(f"wb.data.class.{found.data_class}", language)),
        ("kinds", kinds or phrase("wb.data.kinds.none", language)),
        ("days", _days(found, picture, language)),
        ("layout", phrase("wb.data.layout-known", language, day=layout) if layout and found.mapping else ""),
    ]
    return [(phrase(f"wb.data.fact.{name}", language), said(value, language)) for name, value in facts if value != ""]


def _days(found: Any, picture: Mapping[str, Any], language: str) -> str | None:
    if found.newest is None:
        return None
    oldest = date.fromisoformat(picture["oldest"]) if picture.get("oldest") else None
    return f"{worded(oldest, language)} – {worded(found.newest, language)}"


# -- sheets ----------------------------------------------------------------------------------------------------------


def sheets(picture: Mapping[str, Any], number: int, language: str) -> list[dict[str, Any]]:
    """Each sheet as its first rows and those with errors, a wrong cell with what is wrong with it."""
    return [_sheet(one, number, language) for one in picture.get("sheets", ()) if one["rows"]]


def _sheet(one: Mapping[str, Any], number: int, language: str) -> dict[str, Any]:
    width = max(len(row["cells"]) for row in one["rows"])
    rows, last = [], 0
    for row in one["rows"]:
        cells = [*row["cells"], *[""] * (width - len(row["cells"]))]
        rows.append({
            "number": row["number"], "heading": row["heading"], "gap": row["number"] > last + 1 and last > 0,
            "address": row_address(number, one["name"], row["number"]),
            "whole": _worded(row["problems"].get("-1", ()), language),
            "cells": [(text, _worded(row["problems"].get(str(at), ()), language), f"p{row['number']}-{at}")
                      for at, text in enumerate(cells)],
        })  # fmt: skip
        last = row["number"]
    wrong = any(row["whole"] or any(told for _, told, _ in row["cells"]) for row in rows)
    return {"name": one["name"], "rows": rows, "width": width + 1, "more": one["more"], "wrong": wrong,
            "letters": [letters_at(at) for at in range(width)]}  # fmt: skip


def _worded(problems: Any, language: str) -> str:
    told = [_problem(one) for one in problems if one["severity"] != "note"]
    return " ".join(f"{sentence(one, language)} {hint(one, language)}" for one in told)


def _problem(kept: Mapping[str, Any]) -> Problem:
    values = tuple((name, value) for name, value in kept["values"])
    return Problem(kept["code"], Severity(kept["severity"]), Origin(""), values)


# -- modes -----------------------------------------------------------------------------------------------------------


def consequences(found: Any, language: str) -> list[dict[str, Any]]:
    """The three modes, each with what it would do, in numbers."""
    counts = {name: found.compared.get(name) or 0 for name in ("new", "same", "changed", "refused", "bulk")}
    stops = found.errors or counts["changed"]
    told = {
        "stop": phrase("wb.data.would.stop-not" if stops else "wb.data.would.stop", language, errors=found.errors,
                       **counts),
        "skip": phrase("wb.data.would.skip", language, **counts),
        "update": phrase("wb.data.would.update", language, **counts),
    }  # fmt: skip
    bulk = " " + phrase("wb.data.would.bulk", language, bulk=counts["bulk"]) if counts["bulk"] else ""
    return [
        {"mode": mode, "title": phrase(f"wb.data.mode.{mode}", language),
         "would": would + (bulk if mode != "stop" or not stops else "")}
        for mode, would in told.items()
    ]  # fmt: skip


# -- a row -----------------------------------------------------------------------------------------------------------


def file_row(seen: imports.ShownRow, language: str) -> list[dict[str, Any]]:
    """The cells of one row: heading, what the file says, what it reads now, what is wrong with it."""
    at = {name: n for n, name in reversed(list(enumerate(map(loose, seen.headings)))) if name}
    wrong: dict[int, list[str]] = {}
    for problem in seen.problems:
        told = imports.problem_of(problem)
        place = at.get(loose(problem.cell or ""), -1)
        wrong.setdefault(place, []).append(f"{sentence(told, language)} {hint(told, language)}")
    cells = [
        {"n": n, "name": heading, "heading": heading or letters_at(n), "original": seen.original[n],
         "mended": seen.mended[n], "changed": seen.mended[n] != seen.original[n], "wrong": wrong.get(n, []),
         "long": len(seen.mended[n]) > 60}
        for n, heading in enumerate(seen.headings)
    ]  # fmt: skip
    return [{"whole": wrong.get(-1, [])}, *cells]


def changed_cells(seen: imports.ShownRow, posted: Any) -> list[Mend]:
    """The corrections a form of one row makes: only cells that read otherwise than before."""
    names = [loose(name) for name in seen.headings]
    found = []
    for n, before in enumerate(seen.mended):
        after = posted.get(f"cell-{n}")
        if after is None or _plain(after) == _plain(before):
            continue
        cell = seen.headings[n] if names[n] and names.count(names[n]) == 1 else letters_at(n)
        found.append(Mend(seen.sheet, seen.number, cell, after.strip() or None))
    return found


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


# -- a pair ----------------------------------------------------------------------------------------------------------


def part(kept: Mapping[str, Any], language: str) -> dict[str, Any]:
    """One reason for or against, with what it weighs."""
    weight = kept["contribution"]
    return {
        "text": part_in_words(dict(kept), language), "contribution": weight, "rule": kept["rule"],
        "signed": None if weight is None else f"{weight:+.2f}".replace("-", "−"),
    }  # fmt: skip


def side(one: Any, number_of: Mapping[str, int], language: str) -> dict[str, Any]:
    """One of a pair: what is known of it, and what its sources said, newest first, with where each was read."""
    site, party = one.site, one.party
    facts: list[tuple[str, Any]] = []
    if site:
        point = site.point
        facts = [
            ("territory", ", ".join(filter(None, (site.territory, site.province))) or None),
            ("minerals", [f"@term.mineral.{mineral}" for mineral in site.minerals] or None),
            ("point", f"{point.lat:.4f}, {point.lon:.4f}" if point else None),
            ("within", phrase("wb.match.km", language, km=point.within_km) if point and point.within_km else None),
            ("workers", site.workers),
            ("visits", len(site.visits)),
        ]
    elif party:
        facts = [("tier", party.tier), ("links", len(party.supplies)), ("is-me", party.is_me)]
    return {
        "subject": one.subject, "name": one.name, "members": one.members,
        "facts": [(phrase(f"wb.match.fact.{name}", language), said(value, language), value is None)
                  for name, value in facts],
        "told": [_statement(s, number_of, language) for s in one.told[:8]], "more": max(0, len(one.told) - 8),
    }  # fmt: skip


def _statement(s: Any, number_of: Mapping[str, int], language: str) -> dict[str, Any]:
    record, at = s.said, s.origin
    called = getattr(record, "name", None) or " → ".join(filter(None, (getattr(record, "supplier", ""),
                                                                        getattr(record, "buyer", ""))))  # fmt: skip
    minerals = getattr(record, "minerals", None) or tuple(filter(None, (getattr(record, "mineral", None),)))
    number = number_of.get(at.input)
    return {
        "day": said(s.speaks_of.known_on, language), "called": called, "source": s.source,
        "minerals": said([f"@term.mineral.{mineral}" for mineral in minerals], language) if minerals else "",
        "kind": phrase(f"wb.data.kind.{s.kind}", language),
        "address": row_address(number, at.sheet, at.row) if number and at.row else None,
        "file": at.input, "row": at.row,
    }  # fmt: skip
