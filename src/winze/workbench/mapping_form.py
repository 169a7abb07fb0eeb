"""A column mapping as a form and back: a sheet's template, heading row, order of dates, fields and constants."""

from __future__ import annotations

from collections.abc import Mapping as Given
from dataclasses import replace
from typing import Any

from winze.formats import mapping
from winze.formats.lines import heading
from winze.formats.mapping import DATE_ORDERS, Column, Mapping, SheetMapping
from winze.formats.templates import TEMPLATES
from winze.workbench.store import Absent

SURE = ((0.85, "sure"), (0.6, "likely"), (0.0, "unsure"))
"""From which confidence on a proposal is called what."""


def text(told: Mapping) -> str:
    """The mapping as it is kept."""
    return mapping.to_yaml(told)


def read(proposed: Mapping, picture: Given[str, Any], posted: Any) -> Mapping:
    """What a form says, on top of what was proposed. Where another template or heading row was chosen, columns that it
    does not have are left unmapped. Raises Absent for a form that is not ours."""
    return Mapping(tuple(_sheet(n, sheet, picture, posted) for n, sheet in enumerate(proposed.sheets)))


def _sheet(n: int, sheet: SheetMapping, picture: Given[str, Any], posted: Any) -> SheetMapping:
    name = posted.get(f"template-{n}", sheet.template or "")
    order, row = posted.get(f"order-{n}", sheet.date_order), posted.get(f"header-{n}", str(sheet.header_row))
    if (name and name not in TEMPLATES) or order not in DATE_ORDERS or not row.isdigit() or not 1 <= int(row) <= 10_000:
        raise Absent
    template = TEMPLATES.get(name)
    fields = set(template.columns) if template else set()
    titles = [column.heading for column in sheet.columns] or list(_titles(picture, sheet.sheet, int(row)))
    if int(row) != sheet.header_row:
        titles = list(_titles(picture, sheet.sheet, int(row))) or titles
    before = {column.heading: column for column in sheet.columns}
    columns = []
    for m, title in enumerate(titles):
        own = before.get(title, Column(title, None, 0.0))
        chosen = posted.get(f"field-{n}-{m}") if posted.get(f"heading-{n}-{m}") == title else own.field
        chosen = chosen if chosen in fields else None
        columns.append(Column(title, chosen, own.confidence if chosen == own.field else 1.0))
    constants = {field: posted.get(f"constant-{n}-{field}", "").strip() or None for field in fields}
    kept = {field: value for field, value in constants.items() if value}
    return replace(sheet, template=name or None, header_row=int(row), date_order=order, columns=tuple(columns),
                   constants=kept)  # fmt: skip


def _titles(picture: Given[str, Any], sheet: str | None, row: int) -> tuple[str, ...]:
    """The different headings of a row, as far as the dry run shows it."""
    shown = next((one for one in picture.get("sheets", ()) if one["name"] == sheet), None)
    rows = shown["rows"] if shown else ()
    cells: list[str] = next((one["cells"] for one in rows if one["number"] == row), [])
    return tuple(dict.fromkeys(cell for cell in cells if cell))


def shown(told: Mapping, picture: Given[str, Any], language: str) -> list[dict[str, Any]]:
    """The form: each sheet with its choices, each heading with examples of what stands below it."""
    return [_shown(n, sheet, picture, language) for n, sheet in enumerate(told.sheets)]


def _shown(n: int, sheet: SheetMapping, picture: Given[str, Any], language: str) -> dict[str, Any]:
    template = TEMPLATES.get(sheet.template or "")
    titles = sheet.columns or tuple(Column(t, None, 0.0) for t in _titles(picture, sheet.sheet, sheet.header_row))
    examples = _examples(picture, sheet)
    return {
        "n": n,
        "name": sheet.sheet,
        "template": sheet.template or "",
        "templates": [(name, f"wb.data.template.{name}", name == sheet.template) for name in TEMPLATES],
        "header_row": sheet.header_row,
        "orders": [(order, f"wb.data.order.{order}", order == sheet.date_order) for order in DATE_ORDERS],
        "columns": [
            {"m": m, "heading": column.heading, "sure": _sure(column), "examples": examples.get(column.heading, []),
             "fields": [(field, heading(field, language), field == column.field) for field in template.columns]
             if template else []}
            for m, column in enumerate(titles)
        ],
        "constants": [
            (field, heading(field, language), sheet.constants.get(field) or "", field in template.required)
            for field in template.columns
        ] if template else [],
        "missing": [heading(field, language) for field in sheet.missing],
    }  # fmt: skip


def _sure(column: Column) -> str:
    """How sure a column's proposal is, as a message id."""
    if column.field is None:
        return "wb.data.sure.none"
    return "wb.data.sure." + next(word for least, word in SURE if column.confidence >= least)


def _examples(picture: Given[str, Any], sheet: SheetMapping) -> dict[str, list[str]]:
    """The first three different values below each heading."""
    found = next((one for one in picture.get("sheets", ()) if one["name"] == sheet.sheet), None)
    if found is None:
        return {}
    titles: list[str] = next((one["cells"] for one in found["rows"] if one["number"] == sheet.header_row), [])
    below = [one["cells"] for one in found["rows"] if one["number"] > sheet.header_row]
    columns = {title: [cells[m] for cells in below if m < len(cells) and cells[m]] for m, title in enumerate(titles)}
    return {title: list(dict.fromkeys(values))[:3] for title, values in columns.items()}
