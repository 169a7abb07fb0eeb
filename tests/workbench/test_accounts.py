"""Accounts: signing in and out, passwords, the second factor, sessions, and the pages of the sign-in library."""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from winze.engine.texts import LANGUAGES
from winze.formats.wording import HTML_LANG
from winze.workbench.access import Actor
from winze.workbench.logs import Impersonal
from winze.workbench.models import Event, Session, User
from winze.workbench.routes import FOREIGN
from winze.workbench.sessions import device
from winze.workbench.store import people

pytestmark = [pytest.mark.django_db]
type SignedIn = Callable[[str], Client]
type Named = Callable[[str], Actor]
OLD, NEW = "a long password", "a winding shaft, 90 m deep"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Limits of tries count within one test."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def post(settings: Any) -> Iterator[list[Any]]:
    """A mail server is set up."""
    settings.MAIL = True
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    mail.outbox = []
    yield mail.outbox


def user(name: str = "assessor") -> User:
    return User.objects.get(email=f"{name}@example.org")


def sign_in(browser: Client, email: str = "assessor@example.org", password: str = OLD, **more: str) -> Any:
    return browser.post("/accounts/login/", {"login": email, "password": password, **more})


def by_password(name: str = "assessor") -> Client:
    browser = Client()
    assert sign_in(browser, f"{name}@example.org").status_code == 302
    return browser


# -- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["signup/", "email/", "login/code/", "3rdparty/signup/", "2fa/webauthn/", "social/"])
def test_pages_that_we_do_not_use_are_not_there(signed_in: SignedIn, path: str) -> None:
    assert Client().get(f"/accounts/{path}").status_code == 404
    assert signed_in("analyst").post(f"/accounts/{path}").status_code == 404


@pytest.mark.parametrize("name", [name for name, act in FOREIGN.items() if act == "signed-in"])
def test_a_page_for_whoever_is_signed_in_asks_others_to_sign_in(name: str) -> None:
    answer = Client().get(reverse(name), follow=True)
    assert answer.redirect_chain
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")


# -- signing in -----------------------------------------------------------------------------------------------------


def test_signing_in_and_out() -> None:
    browser = by_password()
    assert browser.get("/people/").status_code == 200
    assert browser.get("/accounts/logout/").status_code == 200, "asks first"
    assert browser.get("/people/").status_code == 200
    assert browser.post("/accounts/logout/").status_code == 302
    assert browser.get("/people/").headers["Location"] == "/accounts/login/?next=/people/"


def test_a_wrong_password_and_an_unknown_address_look_the_same() -> None:
    asked = ("assessor@example.org", "nobody@example.org")
    pages = [sign_in(Client(), email, "wrong wrong wrong") for email in asked]
    texts = [
        re.sub(r"csrf\w+\" value=\"\w+|nonce=\"[^\"]*|\w+@example.org", "", page.content.decode()) for page in pages
    ]
    assert pages[0].status_code == pages[1].status_code == 200
    assert texts[0] == texts[1]
    assert "are not correct" in texts[0]


def test_guessing_is_stopped() -> None:
    browser = Client()
    for _ in range(5):
        assert "are not correct" in sign_in(browser, password="wrong wrong wrong").content.decode()
    stopped = sign_in(browser)
    assert "Too many failed login attempts" in stopped.content.decode()
    assert stopped.status_code == 200, "even the right password waits"


def test_too_many_requests_are_told_in_our_own_page() -> None:
    pages = [sign_in(Client(), f"x{n}@example.org", "wrong wrong wrong") for n in range(31)]
    assert pages[-1].status_code == 429
    assert "Too many tries" in pages[-1].content.decode()


@pytest.mark.parametrize(
    "away",
    ["https://evil.example/", "//evil.example", "http://localhost:9/", "https:evil.example", "javascript:alert(1)",
     "/\\evil.example"],
)  # fmt: skip
def test_signing_in_leads_to_no_other_host(away: str) -> None:
    assert sign_in(Client(), next=away).headers["Location"] == "/"
    assert Client().post("/language/", {"language": "fr", "next": away}).headers["Location"] == "/"
    assert by_password().post("/accounts/logout/", {"next": away}).headers["Location"] == "/"


def test_signing_in_leads_where_one_wanted_to_go() -> None:
    browser = Client()
    asked = browser.get("/people/?role=viewer&order=role").headers["Location"]
    assert asked == "/accounts/login/?next=/people/%3Frole%3Dviewer%26order%3Drole"
    page = browser.get(asked).content.decode()
    assert 'value="/people/?role=viewer&amp;order=role"' in page
    assert sign_in(browser, next="/people/?role=viewer").headers["Location"] == "/people/?role=viewer"


def test_a_closed_account_does_not_open() -> None:
    User.objects.filter(email="assessor@example.org").update(is_active=False)
    browser = Client()
    answer = browser.post("/accounts/login/", {"login": "assessor@example.org", "password": OLD}, follow=True)
    assert "This account is closed" in answer.content.decode()
    assert browser.get("/people/").status_code == 302


def test_a_form_without_its_token_is_refused_in_our_own_page() -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x", "password": "y"})
    assert answer.status_code == 403
    assert "This is not allowed" in answer.content.decode()


# -- passwords ------------------------------------------------------------------------------------------------------


def test_a_changed_password_ends_the_other_sessions() -> None:
    here, elsewhere = by_password(), by_password()
    form = {"oldpassword": OLD, "password1": NEW, "password2": NEW}
    changed = here.post("/accounts/password/change/", form, follow=True)
    assert "your other sessions ended" in changed.content.decode()
    assert here.get("/people/").status_code == 200
    assert elsewhere.get("/people/").status_code == 302
    assert Session.objects.filter(user=user()).count() == 1
    assert sign_in(Client(), password=OLD).status_code == 200
    assert sign_in(Client(), password=NEW).status_code == 302
    assert Event.objects.filter(verb="account.password-changed", actor=f"user:{user().pk}").count() == 1


@pytest.mark.parametrize("new", ["short", "password1234", "assessor@example.org", "123456789012"])
def test_a_weak_password_is_refused(new: str) -> None:
    form = {"oldpassword": OLD, "password1": new, "password2": new}
    answer = by_password().post("/accounts/password/change/", form)
    assert answer.status_code == 200
    assert 'class="errorlist"' in answer.content.decode()
    assert user().check_password(OLD)


def test_without_a_mail_server_a_forgotten_password_says_whom_to_ask() -> None:
    for answer in (
        Client().get("/accounts/password/reset/"),
        Client().post("/accounts/password/reset/", {"email": "assessor@example.org"}),
    ):
        assert answer.status_code == 200
        assert "Ask an administrator of your organisation" in answer.content.decode()
        assert 'name="email"' not in answer.content.decode()


def test_a_forgotten_password_by_mail(post: list[Any]) -> None:
    User.objects.filter(email="assessor@example.org").update(language="fr")
    signed = by_password()
    answer = Client().post("/accounts/password/reset/", {"email": "assessor@example.org"})
    assert answer.headers["Location"] == "/accounts/password/reset/done/"
    (letter,) = post
    assert letter.to == ["assessor@example.org"]
    assert letter.subject == "Un nouveau mot de passe pour Winze"
    path = re.search(r"http://testserver(\S+)", letter.body).group(1)  # type: ignore[union-attr]
    browser = Client()
    form = browser.get(path, follow=True)
    assert path not in form.redirect_chain[-1][0], "the key leaves the address"
    browser.post(form.context["action_url"], {"password1": NEW, "password2": NEW})
    assert user().check_password(NEW)
    assert signed.get("/people/").status_code == 302, "whoever was in is out"
    assert "opens nothing any more" in Client().get(path, follow=True).content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_mail(post: list[Any]) -> None:
    known = Client().post("/accounts/password/reset/", {"email": "assessor@example.org"})
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert len(post) == 1


def test_an_invitation_goes_by_mail_too(post: list[Any], signed_in: SignedIn) -> None:
    form = {"name": "Nadia", "email": "nadia@example.org", "role": ["viewer"]}
    page = signed_in("administrator").post("/people/invite/", form)
    assert page.context["links"][0][2] in post[0].body
    assert "It was sent by mail too" in page.content.decode()


# -- sessions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "said"),
    [("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"),
     ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML) Chrome/126.0 Mobile Safari/537.36",
      "Chrome, Android"),
     ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1", "Safari, iOS"),
     ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge, Windows"), ("curl/8", ""), ("", "")],
)  # fmt: skip
def test_a_device_is_known_roughly(agent: str, said: str) -> None:
    assert device(agent) == said


def test_a_person_sees_and_ends_their_sessions(signed_in: SignedIn) -> None:
    here = by_password()
    elsewhere = Client(headers={"user-agent": "Mozilla/5.0 (Android 14) Firefox/128.0"})
    sign_in(elsewhere)
    signed_in("analyst")
    page = here.get("/account/")
    assert len(page.context["sessions"]) == 2, "their own only"
    assert "Firefox, Android" in page.content.decode()
    other = next(one for one in page.context["sessions"] if not one["current"])
    assert elsewhere.session.session_key not in page.content.decode()
    here.post("/account/sessions/end/", {"session": other["id"]})
    assert elsewhere.get("/people/").status_code == 302
    assert here.get("/people/").status_code == 200
    assert here.post("/account/sessions/end/", {"session": other["id"]}).status_code == 404


def test_all_other_sessions_end_at_once(signed_in: SignedIn) -> None:
    here, there, other = by_password(), by_password(), signed_in("analyst")
    here.post("/account/sessions/end/", {"session": ""})
    assert [browser.get("/people/").status_code for browser in (here, there, other)] == [200, 302, 200]


def test_a_session_of_somebody_else_is_not_ended() -> None:
    theirs = by_password("funder")
    named = people.sessions(user("funder"), None)[0]["id"]
    assert by_password().post("/account/sessions/end/", {"session": named}).status_code == 404
    assert theirs.get("/people/").status_code == 200


# -- the second factor ----------------------------------------------------------------------------------------------


def code_of(secret: str, later: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))


def set_up(browser: Client) -> tuple[str, list[str]]:
    """Sets a second factor up as a person does, and gives its secret and the recovery codes."""
    asked = browser.get("/accounts/2fa/totp/activate/")
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/"), "the password once more"
    form = browser.post(asked.headers["Location"], {"password": OLD}, follow=True)
    secret = form.context["form"].secret
    assert f'src="{form.context["totp_svg_data_uri"]}"' in form.content.decode()
    codes = browser.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)}, follow=True)
    assert "Write these down now" in codes.content.decode()
    return secret, list(codes.context["unused_codes"])


def test_a_second_factor_is_asked_for_at_each_sign_in() -> None:
    secret, codes = set_up(by_password())
    browser = Client()
    assert sign_in(browser).headers["Location"] == "/accounts/2fa/authenticate/"
    assert browser.get("/people/").status_code == 302, "the password alone opens nothing"
    wrong = browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "Incorrect code" in wrong.content.decode()
    right = browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret, 1)})
    assert right.headers["Location"] == "/"
    assert browser.get("/people/").status_code == 200
    assert Event.objects.filter(verb="account.second-factor-set", subject=f"user:{user().pk}").count() == 1
    assert len(codes) == 10


def test_a_recovery_code_opens_once() -> None:
    _, codes = set_up(by_password())
    for expected in (302, 200):
        browser = Client()
        sign_in(browser)
        assert browser.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == expected


def test_recovery_codes_are_shown_once() -> None:
    browser = by_password()
    _, codes = set_up(browser)
    again = browser.get("/accounts/2fa/recovery-codes/").content.decode()
    assert not any(code in again for code in codes)
    new = browser.post("/accounts/2fa/recovery-codes/generate/", follow=True)
    assert set(new.context["unused_codes"]).isdisjoint(codes)


def test_the_secret_of_a_second_factor_is_not_kept_in_the_clear() -> None:
    secret, codes = set_up(by_password())
    kept = repr(list(Authenticator.objects.values()))
    assert secret not in kept
    assert not any(code in kept for code in codes)


def test_a_home_with_another_key_accepts_no_code(settings: Any) -> None:
    secret, _ = set_up(by_password())
    settings.SECRET_KEY = "another key, as after a restore without it"
    browser = Client()
    sign_in(browser)
    assert browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret, 1)}).status_code == 200


def test_a_second_factor_is_given_up() -> None:
    browser = by_password()
    set_up(browser)
    assert browser.post("/accounts/2fa/totp/deactivate/", follow=True).status_code == 200
    assert not Authenticator.objects.filter(user=user()).exists()
    assert Event.objects.filter(verb="account.second-factor-given-up").count() == 1


def test_a_demanded_second_factor_comes_before_anything_else(signed_in: SignedIn) -> None:
    administrator = signed_in("administrator")
    page = administrator.post("/people/second-factor/", {"role": ["custodian", "emperor", "viewer"]}, follow=True)
    assert page.status_code == 200
    assert people.organisation(page.context["actor"]).second_factor == ["custodian"]
    browser = by_password("custodian")
    for path in ("/", "/people/", "/account/", "/account/tokens/", "/export/risks/"):
        assert browser.get(path).headers["Location"] == "/accounts/2fa/totp/activate/", path
    assert browser.post("/account/", {"name": "x", "language": "en"}).status_code == 302
    assert user("custodian").name != "x"
    assert administrator.get("/people/").status_code == 200, "others go on"
    set_up(browser)
    assert browser.get("/people/").status_code == 200
    refused = browser.post("/accounts/2fa/totp/deactivate/")
    assert "demands it of one of your roles" in refused.content.decode()
    assert people.has_second_factor(user("custodian").pk)
    event = Event.objects.filter(verb="organisation.second-factor-demanded").get()
    assert (event.before, event.after) == ({"second_factor": []}, {"second_factor": ["custodian"]})


def test_an_administrator_takes_a_lost_second_factor_away(signed_in: SignedIn) -> None:
    set_up(by_password())
    signed_in("administrator").post(f"/people/{user().pk}/help/", {"factor": "1"})
    assert sign_in(Client()).headers["Location"] == "/"


def test_guessing_codes_is_stopped() -> None:
    secret, _ = set_up(by_password())
    browser = Client()
    sign_in(browser)
    for _ in range(5):
        browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
    stopped = browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret, 1)})
    assert "Too many failed login attempts" in stopped.content.decode()


# -- words and looks ------------------------------------------------------------------------------------------------

OURS = ("/account/", "/account/tokens/", "/account/tokens/new/", "/notices/", "/people/", "/people/invite/",
        "/people/invitations/", "/accounts/password/change/", "/accounts/logout/")  # fmt: skip
OPEN = ("/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/inactive/",
        "/accounts/password/reset/key/done/", "/accounts/password/reset/key/1-x/", "/invitation/x/")  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_the_reader_s_language(signed_in: SignedIn, language: str) -> None:
    browser, outside = signed_in("administrator"), Client()
    for one in (browser, outside):
        one.post("/language/", {"language": language})
    for path in (*OURS, *OPEN):
        page = (browser if path in OURS else outside).get(path)
        text = page.content.decode()
        assert page.status_code == (404 if path == "/invitation/x/" else 200), path
        assert f'<html lang="{HTML_LANG[language]}">' in text
        assert len(re.findall(r"<h1", text)) == 1
        if language != "en":
            assert "Sign in" not in text, path
            assert "Password" not in text, path


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "are not correct"), ("fr", "sont incorrects"), ("es", "no son correctas"), ("zh-hans", "密码不正确")],
)
def test_the_library_s_own_messages_are_translated_too(language: str, said: str) -> None:
    browser = Client()
    browser.post("/language/", {"language": language})
    assert said in sign_in(browser, password="wrong wrong wrong").content.decode()


@pytest.mark.parametrize(("language", "said"), [("fr", "trop court"), ("es", "demasiado corta"), ("zh-hans", "太短")])
def test_the_rules_of_passwords_are_translated_too(language: str, said: str) -> None:
    browser = by_password()
    browser.post("/language/", {"language": language})
    form = {"oldpassword": OLD, "password1": "short", "password2": "short"}
    assert said in browser.post("/accounts/password/change/", form).content.decode()


def test_pages_carry_nothing_that_the_content_security_policy_refuses(signed_in: SignedIn) -> None:
    browser = signed_in("administrator")
    for path in (*OURS, *OPEN):
        text = (browser if path in OURS else Client()).get(path).content.decode()
        assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)", text), path
        assert "http://" not in text.replace("http://www.w3.org", "").replace("http://testserver", ""), path


def test_a_person_describes_themself(signed_in: SignedIn) -> None:
    browser = signed_in("viewer")
    answer = browser.post("/account/", {"name": "Victoria V.", "language": "es"})
    assert answer.status_code == 302
    assert (user("viewer").name, user("viewer").language) == ("Victoria V.", "es")
    assert '<html lang="es">' in browser.get("/account/").content.decode()
    assert browser.post("/account/", {"name": "", "language": "es"}).status_code == 400
    assert browser.post("/account/", {"name": "V", "language": "tlh"}).status_code == 400


def test_logs_name_nobody(signed_in: SignedIn) -> None:
    """Everything that any library writes while people come and go, as the handler lets it through."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(Impersonal())
    root, django = logging.getLogger(), logging.getLogger("django")
    before = (root.level, django.level)
    for logger in (root, django):
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        page = signed_in("administrator").post(
            "/people/invite/", {"name": "Nadia New", "email": "nadia@example.org", "role": ["viewer"]}
        )
        path = page.context["links"][0][2].removeprefix("http://testserver")
        Client().post(path, {"name": "Nadia New", "password": NEW})
        Client().get(path)
        sign_in(Client(), "nadia@example.org", "wrong wrong wrong")
        Client().get("/accounts/password/reset/key/1-abcdef-0123456789/?email=nadia@example.org")
        Client().get("/nowhere/nadia@example.org/")
        sign_in(Client(), "nadia@example.org", NEW)
    finally:
        for logger, level in zip((root, django), before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
    text = written.getvalue()
    assert "'route': 'invitation'" in text, "the test hears the log"
    for word in ("Nadia", "example.org", path.split("/")[2], NEW, "abcdef-0123456789"):
        assert word not in text
