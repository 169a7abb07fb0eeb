"""Keys to the API: kept as a hash, shown once, never able to do more than their owner, and ended with them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from winze.engine.problems import Refusal
from winze.workbench.access import Actor, refused
from winze.workbench.models import Event, Membership, Organisation, Token
from winze.workbench.store import Absent, Stale, people, tokens

pytestmark = [pytest.mark.django_db, pytest.mark.store]
type Named = Callable[[str], Actor]


def test_a_token_acts_for_its_owner_within_its_scopes(actor: Named) -> None:
    analyst = actor("analyst")
    token, secret = tokens.make(analyst, "nightly import", ["see", "import"], 30)
    found = tokens.find(secret)
    assert found is not None
    assert (found.user, found.organisation, found.id) == (analyst.user, analyst.organisation, f"token:{token.pk}")
    assert found.may("import")
    assert not found.may("judge")
    assert analyst.may("judge")
    assert refused(found, "judge") == "This token does not cover “judge”."
    assert not found.may("token"), "a token makes no tokens"


def test_only_the_hash_of_a_token_is_kept(actor: Named) -> None:
    token, secret = tokens.make(actor("analyst"), "nightly import", ["see"], 30)
    assert secret.startswith("wz_")
    assert token.hash == hashlib.sha256(secret.encode()).hexdigest()
    kept = repr(Token.objects.filter(pk=token.pk).values()[0]) + repr(list(Event.objects.values().order_by("-seq")[:3]))
    assert secret not in kept
    assert "nightly import" not in repr(list(Event.objects.values().order_by("-seq")[:3]))


@pytest.mark.parametrize(
    ("change", "why"),
    [({"revoked_at": datetime(2020, 1, 1, tzinfo=UTC)}, "revoked"),
     ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "too old"),
     ({"hash": "0" * 64}, "another")],
)  # fmt: skip
def test_a_token_that_does_not_stand_finds_nobody(actor: Named, change: dict[str, object], why: str) -> None:
    token, secret = tokens.make(actor("analyst"), "x", ["see"], 30)
    assert tokens.find(secret)
    Token.objects.filter(pk=token.pk).update(**change)
    assert tokens.find(secret) is None, why
    assert tokens.find("") is None
    assert tokens.find("wz_") is None


def test_a_token_ends_with_its_owner_s_roles(actor: Named) -> None:
    viewer = actor("viewer")
    _, secret = tokens.make(viewer, "x", ["see"], 30)
    Membership.objects.filter(user=viewer.user).update(until=datetime.now(UTC))
    assert tokens.find(secret) is None


def test_a_token_of_somebody_who_owes_a_second_factor_finds_nobody(actor: Named) -> None:
    _, secret = tokens.make(actor("approver"), "x", ["see"], 30)
    people.demand(actor("administrator"), ["approver"])
    assert tokens.find(secret) is None
    Organisation.objects.update(second_factor=[])
    assert tokens.find(secret)


@pytest.mark.parametrize(
    ("who", "scopes"),
    [("viewer", ["import"]), ("analyst", ["see", "people"]), ("analyst", []), ("analyst", ["no-such-act"]),
     ("administrator", ["token"])],
)  # fmt: skip
def test_a_token_for_what_its_owner_may_not_do_is_refused(actor: Named, who: str, scopes: list[str]) -> None:
    with pytest.raises(Refusal):
        tokens.make(actor(who), "x", scopes, 30)
    assert not Token.objects.exists()


@pytest.mark.parametrize(("days", "stands"), [(0, False), (1, True), (365, True), (366, False), (-5, False)])
def test_a_token_stands_for_a_year_at_most(actor: Named, days: int, stands: bool) -> None:
    if not stands:
        with pytest.raises(Refusal):
            tokens.make(actor("analyst"), "x", ["see"], days)
        return
    token, _ = tokens.make(actor("analyst"), "x", ["see"], days)
    assert token.expires_at - token.at == timedelta(days=days)


def test_when_a_token_was_used_is_kept_once_a_minute(actor: Named) -> None:
    token, secret = tokens.make(actor("analyst"), "x", ["see"], 30)
    tokens.find(secret)
    token.refresh_from_db()
    first = token.used_at
    assert first is not None
    tokens.find(secret)
    token.refresh_from_db()
    assert token.used_at == first
    Token.objects.filter(pk=token.pk).update(used_at=first - timedelta(minutes=2))
    tokens.find(secret)
    token.refresh_from_db()
    assert token.used_at > first


def test_who_may_revoke_a_token(actor: Named) -> None:
    token, secret = tokens.make(actor("analyst"), "x", ["see"], 30)
    for nobody in ("viewer", "stranger"):
        with pytest.raises(Absent):
            tokens.revoke(actor(nobody), token.pk)
    tokens.revoke(actor("administrator"), token.pk)
    assert tokens.find(secret) is None
    with pytest.raises(Stale):
        tokens.revoke(actor("analyst"), token.pk)
    assert Event.objects.order_by("-seq")[0].verb == "token.revoked"


def test_a_token_is_made_and_revoked_at_its_page(signed_in: Callable[[str], Client]) -> None:
    browser = signed_in("analyst")
    made = browser.post("/account/tokens/new/", {"name": "nightly", "days": "30", "scope": ["see", "import"]})
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    secret = made.context["secret"]
    assert secret in made.content.decode()
    token = Token.objects.get()
    listed = browser.get("/account/tokens/").content.decode()
    assert "nightly" in listed
    assert secret not in listed
    assert browser.post("/account/tokens/revoke/", {"about": str(token.pk)}).status_code == 302
    assert tokens.find(secret) is None


def test_a_person_sees_their_own_tokens_and_an_administrator_all(
    actor: Named, signed_in: Callable[[str], Client]
) -> None:
    tokens.make(actor("analyst"), "of the analyst", ["see"], 30)
    tokens.make(actor("stranger"), "of a stranger", ["see"], 30)
    for who, seen in {"analyst": True, "administrator": True, "viewer": False}.items():
        page = signed_in(who).get("/account/tokens/").content.decode()
        assert ("of the analyst" in page) is seen
        assert "of a stranger" not in page


@pytest.mark.parametrize("form", [{"name": "", "days": "30", "scope": "see"}, {"name": "x", "days": "many"}])
def test_a_form_that_says_too_little_makes_no_token(signed_in: Callable[[str], Client], form: dict[str, str]) -> None:
    assert signed_in("analyst").post("/account/tokens/new/", form).status_code in (400, 409)
    assert not Token.objects.exists()
