"""Sign-in by an organisation's own identity provider: it lets in nobody who was not invited."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from winze.workbench.settings import _provider

pytest.importorskip("jwt", reason="the extra for sign-in by a provider is not installed")
pytest.importorskip("oauthlib", reason="the extra for sign-in by a provider is not installed")


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("sso")
    script = Path(__file__).with_name("sso_walk.py")
    without = {key: value for key, value in os.environ.items() if not key.startswith(("WINZE_", "DJANGO_"))}
    done = subprocess.run([sys.executable, str(script), str(home)], capture_output=True, text=True, env=without)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_page_of_sign_in_offers_it(walked: dict[str, Any]) -> None:
    assert 'href="/accounts/oidc/organisation/login/' in walked["login"]


def test_who_was_not_invited_stays_outside(walked: dict[str, Any]) -> None:
    assert walked["stranger"]["status"] == 403
    assert "You are not invited here" in walked["stranger"]["text"]
    assert not walked["stranger"]["in"]
    assert walked["users"] == ["boss@example.org", "invited@example.org"], "no open sign-up"


def test_an_address_that_was_not_verified_opens_nothing(walked: dict[str, Any]) -> None:
    assert (walked["unverified"]["status"], walked["unverified"]["in"]) == (403, False)


def test_an_invitation_is_taken_up_by_its_verified_address(walked: dict[str, Any]) -> None:
    assert (walked["invited"]["status"], walked["invited"]["to"]) == (302, "/people/")
    assert walked["invited"]["in"]
    assert walked["invited can"] == ["viewer"]
    assert walked["invited again"]["in"], "the provider's number for the person counts from then on"
    assert {"invitation.accepted", "member.joined", "account.provider-bound"} <= set(walked["verbs"])


def test_a_password_somebody_else_may_have_set_opens_nothing_more(walked: dict[str, Any]) -> None:
    assert walked["boss before"] == 200
    assert walked["boss"]["in"]
    assert walked["boss after"] == 302, "sessions begun by the password ended"
    assert walked["boss by password"] is False


def test_an_account_belongs_to_one_number_at_the_provider(walked: dict[str, Any]) -> None:
    for who in ("boss by another", "boss as invited", "connect"):
        assert walked[who]["status"] == 403, who
    assert not walked["boss by another"]["in"]
    assert walked["connect"]["in"], "still signed in as before"


def test_what_the_provider_tells_of_a_person_is_not_kept(walked: dict[str, Any]) -> None:
    assert walked["kept"] == ["{'uid': 'i-1', 'extra_data': {}}", "{'uid': 'b-1', 'extra_data': {}}"]


def test_the_exchange_is_guarded(walked: dict[str, Any]) -> None:
    assert {"state", "code_challenge", "code_challenge_method"} <= set(walked["invited"]["asked"])
    assert walked["verifier"]
    assert walked["secret"] == ["a/secret"]
    assert "did not work" in walked["no state"]


def test_no_address_of_it_is_undeclared(walked: dict[str, Any]) -> None:
    assert walked["undeclared"] == []


def test_the_setting_as_json_and_as_url() -> None:
    as_json = {"server_url": "https://id.example/realm", "client_id": "winze", "secret": "s", "name": "Our sign-in"}
    by_json = _provider(json.dumps(as_json))
    by_url = _provider("https://winze:s@id.example/realm/")
    assert by_json == {**by_url, "name": "Our sign-in"}
    assert by_url["settings"] == {"server_url": "https://id.example/realm"}
    assert by_url["name"] == "id.example"
