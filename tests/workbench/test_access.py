"""Route by role by data class, from the router itself: what is not declared does not exist, each role gets what its
declaration says, and nobody ever gets a value of a class they do not see."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import walking
from django.db import transaction
from django.test import Client
from django.urls import path

from winze.workbench.access import ACTS, Actor
from winze.workbench.api.declared import API, api
from winze.workbench.routes import ROUTES, Route
from winze.workbench.store import journal

pytestmark = [pytest.mark.django_db, pytest.mark.store]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def walked(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, list[str]]]:
    """Where the pages lead, walked once."""
    from winze.workbench.models import User

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(
            User.objects.get(email=f"{name}@example.org"), "allauth.account.auth_backends.AuthenticationBackend"
        )
        return client

    with django_db_blocker.unblock(), transaction.atomic():
        yield walking.walk(walking.people(signed_in))
        transaction.set_rollback(True)


# -- declared --------------------------------------------------------------------------------------------------------


def test_every_address_is_declared() -> None:
    assert walking.undeclared(walking.addresses()) == []


def test_an_undeclared_address_would_be_found() -> None:
    stray = path("stray/", lambda request: None, name="stray")  # type: ignore[arg-type, return-value]
    assert walking.undeclared(iter([walking.Address("stray/", "stray", stray.callback)])) == ["stray/"]
    renamed = walking.Address("elsewhere/", "risks", ROUTES["risks"].view)
    assert walking.undeclared(iter([renamed])) == ["elsewhere/"]


def test_every_operation_of_the_api_passes_the_guard() -> None:
    """No operation was given to the API library past its declaration."""
    declared = {route.view: route for route in API.values()}
    for bound in api._get_bound_routers():
        for shown, views in bound.path_operations.items():
            for operation in views.operations:
                route = declared[operation.view_func]
                assert f"api/v1{shown}" == route.path
                assert tuple(operation.methods) == route.methods
                assert operation.auth_callbacks
                assert operation.throttle_objects


def test_the_access_matrix_in_the_documentation_is_the_declared_one() -> None:
    spec = importlib.util.spec_from_file_location("derive_access", ROOT / "scripts" / "derive_access.py")
    assert spec is not None
    assert spec.loader is not None
    derive = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(derive)
    assert derive.PAGE.read_text(encoding="utf-8") == derive.page()


# -- by role ---------------------------------------------------------------------------------------------------------


def _ask(client: Client, method: str, address: str, route: Route) -> Any:
    if method == "GET":
        return client.get(address)
    return client.post(address, {}, content_type="application/json") if route.name in API else client.post(address, {})


def _roles(name: str) -> set[str]:
    return {"approver", "administrator"} if name == "approver" else {name}


@pytest.mark.parametrize("role", walking.ROLES)
def test_each_role_gets_what_is_declared(
    role: str, walked: dict[str, list[str]], signed_in: Callable[[str], Client]
) -> None:
    client, wrong = signed_in(role), []
    for route in walking.routes().values():
        address = next(iter(walking.examples(route, walked)), None)
        for method in route.methods:
            if address is None:
                continue
            act = route.needs(method)
            may = act in ("anybody", "signed-in") or bool(ACTS[act] & _roles(role))
            before = journal.head()
            status = _ask(client, method, address, route).status_code
            as_declared = status < 500 and (status not in (401, 403) if may else status == 403)
            if not may and journal.head() != before:
                as_declared = False
            if not as_declared and not (may and method == "POST" and status == 403):
                wrong.append((method, address, act, status))
    assert wrong == []


def test_nobody_gets_what_needs_an_account(walked: dict[str, list[str]]) -> None:
    client, wrong = Client(), []
    for route in walking.routes().values():
        address = next(iter(walking.examples(route, walked)), None)
        for method in route.methods:
            if address is None:
                continue
            response = _ask(client, method, address, route)
            if route.needs(method) == "anybody":
                fits = response.status_code in (200, 302, 404, 405)
            elif route.name in API:
                fits = response.status_code == 401
            else:
                fits = response.status_code == 302 and response.headers["Location"].startswith(
                    "/accounts/login/?next=/"
                )
            if not fits:
                wrong.append((method, address, response.status_code))
    assert wrong == []


def test_a_method_that_is_not_declared_is_refused(
    walked: dict[str, list[str]], signed_in: Callable[[str], Client]
) -> None:
    client, wrong = signed_in("analyst"), []
    together: dict[str, set[str]] = {}
    for route in walking.routes().values():
        together.setdefault(route.path, set()).update(route.methods)
    for route in walking.routes().values():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - together[route.path]:
            for address in walking.examples(route, walked)[:1]:
                status = client.generic(method, address).status_code
                if status != 405:
                    wrong.append((method, address, status))
    assert wrong == []


def test_every_route_with_an_argument_has_an_example(walked: dict[str, list[str]]) -> None:
    """A page should lead to each; where none does, `walking.EXAMPLES` says what stands for its argument."""
    routes = walking.routes().values()
    missing = [route.name for route in routes if walking.takes(route) and not walking.examples(route, walked)]
    assert missing == []


def test_a_role_that_ends_is_gone_at_once(actor: Callable[[str], Actor], signed_in: Callable[[str], Client]) -> None:
    from django.utils.timezone import now

    from winze.workbench.models import Membership

    client = signed_in("viewer")
    assert client.get("/risks/").status_code == 200
    Membership.objects.filter(user=actor("viewer").user).update(until=now())
    assert client.get("/risks/").status_code == 403
    assert client.get("/api/v1/risks").status_code == 403
