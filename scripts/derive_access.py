"""Writes docs/reference/access.md from what is declared: every route and operation with the act it needs, the roles
that may, and the data classes it may show; every list with the class of each column.

Run it after declaring a route, list or act; a test fails while the page is not what this writes.
"""

from __future__ import annotations

import os
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "access.md"


def page() -> str:
    """The access matrix. Django must be set up."""
    import winze.workbench.urls  # noqa: F401 declares every route
    from winze.engine.disclosure import PRECISE, ROLES
    from winze.workbench.access import ACTS
    from winze.workbench.api import API
    from winze.workbench.routes import FOREIGN, ROUTES, Route
    from winze.workbench.table import TABLES

    roles = list(ROLES)
    open_ = {"anybody", "signed-in"}

    def may(act: str) -> list[str]:
        return ["✓" if act in open_ or role in ACTS[act] else "" for role in roles]

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    def heading(*titles: str) -> list[str]:
        return [line([*titles]), "|" + "---|" * len(titles)]

    def shown(route: Route) -> str:
        return ", ".join(sorted(map(str, route.shows))) or "–"

    def rows(routes: list[Route]) -> list[str]:
        return [
            line([method, f"`/{route.path}`", f"`{route.needs(method)}`", *may(route.needs(method)), shown(route)])
            for route in sorted(routes, key=lambda route: (route.path, route.methods))
            for method in route.methods
        ]

    pages = [
        "# Who may see and do what",
        "",
        "Derived from what is declared in `winze.workbench`: an address that is not in these tables does not exist,",
        "and a test asks every one as every role. `anybody` needs no account, `signed-in` any account. The classes are",
        "those that may stand there for somebody whose roles see them; whoever does not see a class never gets its",
        "values. What belongs to another organisation is not there (404).",
        "",
        "## Roles and data classes",
        "",
        *heading("Role", "Sees", "Precise places and names of sites"),
        *(line([role, ", ".join(sorted(map(str, ROLES[role]))), "✓" if role in PRECISE else ""]) for role in roles),
        "",
        "## Acts",
        "",
        *heading("Act", *roles),
        *(line([f"`{act}`", *may(act)]) for act in ACTS),
        "",
        "## Pages",
        "",
        *heading("Method", "Address", "Act", *roles, "Classes"),
        *rows(list(ROUTES.values())),
        "",
        "## Operations of the API",
        "",
        *heading("Method", "Address", "Act", *roles, "Classes"),
        *rows(list(API.values())),
        "",
        "## Addresses of libraries",
        "",
        *heading("Name", "Who"),
        *(line([f"`{name}`", who]) for name, who in sorted(FOREIGN.items())),
        "",
        "## Lists",
        "",
        *heading("List", "Column or filter", "Class"),
    ]
    for key, table in sorted(TABLES.items()):
        pages += [line([f"`{key}`", f"`{column.key}`", str(column.data_class)]) for column in table.columns]
        pages += [line([f"`{key}`", f"`?{one.key}=`", str(one.data_class)]) for one in table.filters]
    return "\n".join(pages) + "\n"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "winze.workbench.settings")
    import django

    django.setup()
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
