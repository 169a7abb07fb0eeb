"""One row of a template as a form gives it, read back by the template's own reader: no form has checks of its own."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from winze.engine.problems import Problem, Severity
from winze.engine.records import Origin, Statement
from winze.formats import reading
from winze.formats.templates import TEMPLATES

REGISTER = Origin("register")
"""Where a statement was read that somebody wrote into a form."""


def entered(template: str, cells: Mapping[str, str], language: str) -> tuple[Statement | None, tuple[Problem, ...]]:
    """The statement that a row's cells say, None where they say none, and what is wrong with them (notes left out).
    Headings stand in a language, so that problems name the fields as the form does."""
    form, buffer = TEMPLATES[template], io.StringIO()
    lines = csv.writer(buffer, lineterminator="\r\n")
    lines.writerow([form.marker, *[""] * (len(form.columns) - 1)])
    lines.writerow(form.headings(language))
    lines.writerow([" ".join(cells.get(column, "").split()) for column in form.columns])
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / f"{template}.csv"
        sheet.write_text(buffer.getvalue(), encoding="utf-8-sig", newline="")
        found = reading.read(sheet, name=REGISTER.input)
    said = next((replace(s, origin=REGISTER, _id=[]) for s in found.statements), None)
    return said, tuple(problem for problem in found.problems if problem.severity is not Severity.NOTE)
