"""Every address of the workbench, taken from the router itself, and examples of those that take an argument.

Examples are found by walking the pages as each person of the example organisation, as a browser would: the first
links and forms that lead to each route. A route to which no page leads says here what stands for its argument
(`EXAMPLES`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from lxml import html

import winze.workbench.urls  # noqa: F401 declares every route
from winze.workbench.api import API
from winze.workbench.routes import FOREIGN, ROUTES, Route

ROLES = ("analyst", "approver", "viewer", "assessor", "funder", "responder", "government", "custodian", "administrator")
"""The people of the example organisation; the approver looks after people too."""
EACH = 2
"""How many examples of one route are kept."""
EXAMPLES: dict[str, dict[str, str]] = {
    "api-export": {"key": "risks"},
    "api-one-cycle": {"number": "1"},
    "api-one-job": {"number": "1"},
    "api-one-plan": {"position": "1"},
    "api-one-risk": {"position": "1"},
    "api-one-import": {"number": "1"},
    "api-load-import": {"number": "1"},
    "api-map-import": {"number": "1"},
    "api-mend-import": {"number": "1"},
    "api-undo-import": {"number": "1"},
    "api-repeat-job": {"number": "1"},
    "api-stop-job": {"number": "1"},
    "api-one-match": {"number": "1"},
    "api-judge-match": {"number": "1"},
    "api-withdraw-match": {"number": "1"},
    "api-plan-of": {"key": "P-2020-01"},
    "api-compare-runs": {"number": "1", "against": "1"},
    "api-record-history": {"kind": "site", "key": "1"},
    "api-record-as-it-was": {"kind": "site", "key": "1"},
    "api-import-row": {"number": "1", "row": "3"},
    "api-rejected-rows": {"number": "1", "form": "csv"},
    "invitation": {"secret": "no-such-letter"},
    "risk": {"position": "1"},
    "import-rejected": {"number": "1", "form": "csv"},
    "start": {"secret": "no-such-secret"},
    "first": {"secret": "no-such-secret"},
    "visited": {"key": "no-such-step"},
    **{
        name: {"number": "1"}
        for name in (
            "task", "report_file", "watch-end", "import-load", "import-look", "import-undo", "import-file",
            "import-mended", "import-back", "import-mapping", "document", "document-withdraw", "job", "job_progress",
            "job_stop", "job_again", "match-withdraw",
            "api-one-site", "api-one-party", "api-edit-site", "api-edit-link", "api-end-link", "api-end-task",
            "api-snooze-task", "api-open-document", "api-withdraw-document", "api-leave-folder", "api-report",
            "api-reports-of-cycle", "api-ask-report", "api-cycle-document", "api-look-at-import",
            "api-take-back-mends", "api-send-mended", "api-preview-import", "api-import-mapping",
            "api-import-file",
        )
    },
}  # fmt: skip
"""What stands for the arguments of routes to which no page leads: things of the example organisation."""


@dataclass(frozen=True)
class Address:
    """One address of the router: its pattern, its name with namespaces, and what Django calls."""

    pattern: str
    name: str
    view: Any


def addresses(resolver: URLResolver | None = None, prefix: str = "", within: tuple[str, ...] = ()) -> Iterator[Address]:
    """Every address there is."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            inner = (*within, one.namespace) if one.namespace else within
            yield from addresses(one, prefix + str(one.pattern), inner)
        else:
            assert isinstance(one, URLPattern)
            yield Address(prefix + str(one.pattern), ":".join([*within, one.name or ""]), one.callback)


def undeclared(found: Iterator[Address]) -> list[str]:
    """The addresses that nobody declared."""
    operations = {_django(route.path) for route in API.values()}
    return [
        one.pattern
        for one in found
        if not (
            one.name in FOREIGN
            or (one.name in ROUTES and ROUTES[one.name].path == one.pattern)
            or (one.name.startswith("api:") and one.pattern in operations)
        )
    ]


def _django(path: str) -> str:
    return re.sub(r"{([^}]*)}", r"<\1>", path)


def routes() -> dict[str, Route]:
    """Every declared route and operation."""
    return {**ROUTES, **API}


def takes(route: Route) -> list[str]:
    """The names of a route's arguments."""
    return [one.rpartition(":")[2] for one in re.findall(r"[<{]([^>}]*)[>}]", route.path)]


def filled(route: Route, values: dict[str, str]) -> str:
    """The address of a route for these arguments."""
    return "/" + re.sub(r"[<{](?:\w+:)?(\w+)[>}]", lambda found: values[found[1]], route.path)


def examples(route: Route, walked: dict[str, list[str]]) -> list[str]:
    """Addresses of a route for things of the example organisation."""
    if not takes(route):
        return [filled(route, {})]
    given = [filled(route, EXAMPLES[route.name])] if route.name in EXAMPLES else []
    return [*given, *walked.get(route.name, [])]


def walk(clients: dict[str, Client]) -> dict[str, list[str]]:
    """Addresses with arguments by the name of their route, as pages lead to them."""
    found: dict[str, list[str]] = {}
    for client in clients.values():
        waiting = [filled(route, {}) for route in ROUTES.values() if not takes(route) and "GET" in route.methods]
        asked: set[str] = set()
        while waiting:
            address = waiting.pop()
            if address in asked:
                continue
            asked.add(address)
            for to in led(client.get(address), address):
                name = named(to)
                route = ROUTES.get(name or "")
                if route is None or not takes(route):
                    continue
                kept = found.setdefault(route.name, [])
                if to not in kept and len(kept) < EACH:
                    kept.append(to)
                if to in kept and "GET" in route.methods:
                    waiting.append(to)
    return found


def led(response: Any, address: str) -> list[str]:
    """Where a page leads: its links and forms, on this server."""
    if response.status_code != 200 or not response.headers["Content-Type"].startswith("text/html"):
        return []
    page = html.fromstring(response.content.decode())
    where = page.xpath("//a/@href | //form/@action | //*/@formaction | //*/@src")
    joined = (urljoin(f"http://testserver{address}", str(to)) for to in where)
    return [
        one.path + (f"?{one.query}" if one.query else "")
        for one in map(urlsplit, joined)
        if one.netloc == "testserver" and not one.path.startswith("/static/")
    ]


def named(address: str) -> str | None:
    """The name of the route of an address; None where there is none."""
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return None


def people(signed_in: Callable[[str], Client]) -> dict[str, Client]:
    return {role: signed_in(role) for role in ROLES}
