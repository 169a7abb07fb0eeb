"""What every answer carries so that a browser keeps it safe: one origin, no inline script, nothing kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import walking
from django.test import Client, override_settings

from winze.workbench.routes import PUBLIC

pytestmark = pytest.mark.django_db
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def _each(client: Client) -> Any:
    for route in walking.routes().values():
        if "GET" in route.methods:
            for address in walking.examples(route, {})[:1]:
                yield route, client.get(address)
    for address in ("/accounts/login/", "/nothing/", "/api/v1/nothing", "/healthz"):
        yield None, client.get(address)


@pytest.mark.parametrize("role", ["analyst", None])
def test_every_answer_is_of_one_origin_without_inline_script(
    role: str | None, signed_in: Callable[[str], Client]
) -> None:
    for _, response in _each(signed_in(role) if role else Client()):
        if response.request["PATH_INFO"] == "/healthz":
            continue
        told = response.headers["Content-Security-Policy"]
        policy = dict(part.strip().split(" ", 1) for part in told.split(";"))
        assert policy == POLICY, response.request["PATH_INFO"]
        assert "unsafe" not in told
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["X-Frame-Options"] == "DENY"


def test_what_may_show_more_than_public_data_is_kept_by_no_cache(signed_in: Callable[[str], Client]) -> None:
    for route, response in _each(signed_in("analyst")):
        if response.request["PATH_INFO"] != "/healthz":
            assert response.headers["Cache-Control"] == "no-store", response.request["PATH_INFO"]
        assert route is None or route.shows is not None
    for route, response in _each(Client()):
        if route is not None and not route.shows <= {PUBLIC}:
            assert response.headers["Cache-Control"] == "no-store", response.request["PATH_INFO"]


def test_a_list_as_a_file_is_kept_by_no_cache_and_opened_by_no_page(signed_in: Callable[[str], Client]) -> None:
    asked = {"sure": "yes", "form": "csv", "audience": "partner"}
    response = signed_in("analyst").post("/export/risks/", asked)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="risks-')


def test_cookies_are_for_this_site_and_of_no_script() -> None:
    client = Client()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": "stranger@example.org", "password": "a long password"})
    client.post("/language/", {"language": "fr"})
    for name in ("sessionid", "winze-language"):
        assert client.cookies[name]["httponly"], name
        assert client.cookies[name]["samesite"] == "Lax", name
    assert client.cookies["csrftoken"]["samesite"] == "Lax"


def test_a_form_without_its_token_is_refused(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("analyst")
    client.handler.enforce_csrf_checks = True
    assert client.post("/export/risks/", {"sure": "yes", "form": "csv", "audience": "partner"}).status_code == 403


def test_behind_tls_everything_is_only_for_tls() -> None:
    script = (
        "import django; django.setup(); from django.conf import settings as s; "
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS)"
    )
    found = {}
    for https in ("1", ""):
        environment = {**os.environ, "WINZE_HTTPS": https, "DJANGO_SETTINGS_MODULE": "winze.workbench.settings"}
        ran = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        found[https] = ran.stdout.split()
    assert found == {"1": ["True", "True", "True", "31536000"], "": ["False", "False", "False", "0"]}


def test_behind_tls_a_browser_is_told_to_stay_there() -> None:
    proxy = ("HTTP_X_FORWARDED_PROTO", "https")
    with override_settings(SECURE_HSTS_SECONDS=31_536_000, SECURE_SSL_REDIRECT=True, SECURE_PROXY_SSL_HEADER=proxy):
        client = Client()
        secure = client.get("/accounts/login/", headers={"x-forwarded-proto": "https"})
        assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert client.get("/accounts/login/").headers["Location"].startswith("https://")
