"""The API: tokens, pages by key, keys that make a request happen once, versions, and problems in the reader's words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import walking
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from winze.engine.texts import say
from winze.workbench.access import ACTS, Actor
from winze.workbench.api import declared, problems
from winze.workbench.models import Answered, CycleRun, Import, Job, Membership, Token
from winze.workbench.store import answers, journal, tokens
from winze.workbench.tables import TABLES

pytestmark = [pytest.mark.django_db, pytest.mark.store]
HEADINGS = "Site,Country,Territory,Latitude,Longitude,Minerals,Workers,Seen on"
SITES = f"winze:sites/1\n{HEADINGS}\n{{name}},COD,Walikale,,,gold,5,2020-01-05\n"

type Call = Callable[..., Any]


@pytest.fixture
def by_token(actor: Callable[[str], Actor]) -> Callable[..., Client]:
    """A program with a token of somebody: `by_token("analyst", "see", "import")`."""

    def made(name: str, *scopes: str, days: int = 30) -> Client:
        _, secret = tokens.make(actor(name), "test", frozenset(scopes), days)
        return Client(headers={"authorization": f"Bearer {secret}"})

    return made


def _post(client: Client, path: str, body: Any, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=named)


def _send(client: Client, name: str = "Mukera", **headers: str) -> Any:
    file = SimpleUploadedFile(f"{name}.csv", SITES.format(name=name).encode(), "text/csv")
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return client.post("/api/v1/imports", {"file": file, "sender": "us"}, headers=named)


# -- tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_may_what_its_scopes_say_and_no_more(by_token: Callable[..., Client]) -> None:
    program = by_token("analyst", "see")
    assert program.get("/api/v1/risks").status_code == 200
    refused = _post(program, "cycle", {"as_of": "2020-05-11"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert refused.json()["detail"] == say("wb.refused.scope", "en", act="run")
    assert _post(by_token("analyst", "run"), "cycle", {"as_of": "2020-05-11"}).status_code == 202


def test_a_token_never_may_more_than_its_owner_may_now(
    by_token: Callable[..., Client], actor: Callable[[str], Actor]
) -> None:
    program = by_token("analyst", "see", "run")
    assert program.get("/api/v1/me").json()["eyes"] == "internal"
    Membership.objects.filter(user=actor("analyst").user).update(role="viewer")
    assert _post(program, "cycle", {"as_of": "2020-05-11"}).status_code == 403
    assert program.get("/api/v1/me").json()["eyes"] == "partner"
    Membership.objects.filter(user=actor("analyst").user).update(until=datetime.now(UTC))
    assert program.get("/api/v1/me").status_code == 401


def test_a_token_that_ended_was_revoked_or_never_was_is_nobody(
    by_token: Callable[..., Client], signed_in: Callable[[str], Client]
) -> None:
    program = by_token("analyst", "see")
    Token.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert program.get("/api/v1/risks").status_code == 401
    program = by_token("analyst", "see")
    Token.objects.update(revoked_at=datetime.now(UTC))
    answer = program.get("/api/v1/risks")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    for wrong in ("wz_", "wz_wrong", "nothing"):
        answer = signed_in("analyst").get("/api/v1/risks", headers={"authorization": f"Bearer {wrong}"})
        assert answer.status_code == 401, "a wrong token is not made good by a session"


def test_the_secret_of_a_token_is_nowhere_kept(actor: Callable[[str], Actor]) -> None:
    token, secret = tokens.make(actor("analyst"), "test", frozenset({"see"}), 30)
    kept = str(Token.objects.filter(pk=token.pk).values().get())
    assert secret not in kept
    assert secret not in str([event.after for event in journal.of(actor("analyst").organisation, f"token:{token.pk}")])


def test_who_changed_something_by_token_stands_in_the_journal(by_token: Callable[..., Client]) -> None:
    assert _send(by_token("analyst", "import")).status_code == 201
    event = journal.Event.objects.order_by("-seq")[0]
    assert (event.verb, event.actor) == ("import.proposed", f"token:{Token.objects.latest('id').pk}")


def test_a_browser_writes_only_with_the_tokens_of_its_forms(actor: Callable[[str], Actor]) -> None:
    from winze.workbench.models import User

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(
        User.objects.get(pk=actor("analyst").user), "allauth.account.auth_backends.AuthenticationBackend"
    )
    assert browser.get("/api/v1/risks").status_code == 200
    refused = _post(browser, "cycle", {"as_of": "2020-05-11"})
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    browser.get("/risks/")
    token = browser.cookies["csrftoken"].value
    assert _post(browser, "cycle", {"as_of": "2020-05-11"}, x_csrftoken=token).status_code == 202


def test_a_token_is_asked_to_wait_where_it_asks_too_often(
    by_token: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    monkeypatch.setattr(declared.RATE, "num_requests", 3)
    program, other = by_token("analyst", "see"), by_token("analyst", "see")
    assert [program.get("/api/v1/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = program.get("/api/v1/me")
    assert answer.json()["code"] == "too-many"
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert other.get("/api/v1/me").status_code == 200, "each token for itself"
    cache.clear()


# -- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(TABLES))
def test_the_pages_of_a_list_are_the_whole_of_it_once(key: str, signed_in: Callable[[str], Client]) -> None:
    client = signed_in("approver")
    asked = client.get(f"/api/v1/{key}?page_size=500")
    if asked.status_code == 404:
        return  # a list about something, and nothing was named
    whole = asked.json()
    ids, after = [], None
    while True:
        found = client.get(f"/api/v1/{key}", {"page_size": "4", **({"after": after} if after else {})}).json()
        ids += [row["id"] for row in found["rows"]]
        after = found["next"]
        if after is None:
            break
    assert ids == [row["id"] for row in whole["rows"]]
    assert len(ids) == whole["count"] == len(set(ids))
    assert whole["journal_head"] == journal.head()


def test_a_list_of_a_run_says_of_which_run_and_day(signed_in: Callable[[str], Client]) -> None:
    run = CycleRun.objects.filter(state="done").latest("id")
    found = signed_in("analyst").get("/api/v1/risks").json()
    assert found["run"] == {"number": run.pk, "as_of": "2020-05-11", "known_by": run.known_by.isoformat()}


def test_a_column_of_a_class_one_does_not_see_is_not_there(signed_in: Callable[[str], Client]) -> None:
    assert "chain" in signed_in("analyst").get("/api/v1/risks").json()["rows"][0]
    assert "chain" not in signed_in("viewer").get("/api/v1/risks").json()["rows"][0]
    refused = signed_in("viewer").get("/api/v1/risks?chain=yes")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "chain")


def test_words_are_of_the_readers_language_and_codes_of_none(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("analyst")
    rows = {
        tag: client.get("/api/v1/risks", headers={"accept-language": tag}).json()["rows"] for tag in ("en", "zh-CN")
    }
    assert rows["en"][0]["risk"] != rows["zh-CN"][0]["risk"]
    assert rows["en"][0]["codes"] == rows["zh-CN"][0]["codes"]


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [("x=1", 400, "x"), ("order=nothing", 400, "order"), ("after=e30", 400, "after"), ("due=soon", 400, "due"),
     ("page_size=501", 422, "page_size"), ("page_size=many", 422, "page_size")],
)  # fmt: skip
def test_a_wrong_address_names_what_is_wrong(
    asked: str, status: int, field: str, signed_in: Callable[[str], Client]
) -> None:
    answer = signed_in("analyst").get(f"/api/v1/risks?{asked}")
    assert answer.status_code == status
    assert [error["field"] for error in answer.json()["errors"]] == [field]


# -- once ------------------------------------------------------------------------------------------------------------


def test_the_same_request_with_the_same_key_is_done_once(by_token: Callable[..., Client]) -> None:
    program = by_token("analyst", "run")
    before = CycleRun.objects.count()
    first = _post(program, "cycle", {"as_of": "2020-05-11"}, idempotency_key="k1")
    again = _post(program, "cycle", {"as_of": "2020-05-11"}, idempotency_key="k1")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert CycleRun.objects.count() == before + 1
    assert _post(program, "cycle", {"as_of": "2020-05-11"}).json() != first.json(), "without a key it is done again"


def test_a_key_used_for_another_request_is_refused(by_token: Callable[..., Client]) -> None:
    program = by_token("analyst", "run")
    _post(program, "cycle", {"as_of": "2020-05-11"}, idempotency_key="k1")
    jobs = Job.objects.count()
    answer = _post(program, "cycle", {"as_of": "2020-05-12"}, idempotency_key="k1")
    assert (answer.status_code, answer.json()["code"]) == (422, "key-used")
    assert Job.objects.count() == jobs
    other = by_token("analyst", "run")
    assert _post(other, "cycle", {"as_of": "2020-05-12"}, idempotency_key="k1").status_code == 202, "keys are one's own"


def test_a_file_sent_again_is_the_same_request_however_it_is_parted(by_token: Callable[..., Client]) -> None:
    program = by_token("analyst", "import")
    first, again = _send(program, idempotency_key="k1"), _send(program, idempotency_key="k1")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert _send(program, "Other", idempotency_key="k1").status_code == 422


def test_a_list_as_a_file_is_given_again_without_a_second_event(by_token: Callable[..., Client]) -> None:
    program = by_token("analyst", "export")
    asked = {"form": "csv", "audience": "partner", "sure": True}
    first = _post(program, "exports/risks", asked, idempotency_key="k1")
    head = journal.head()
    again = _post(program, "exports/risks", asked, idempotency_key="k1")
    assert first.content == again.content
    assert first.headers["Content-Disposition"] == again.headers["Content-Disposition"]
    assert journal.head() == head


def test_a_problem_did_nothing_and_leaves_the_key_free(by_token: Callable[..., Client]) -> None:
    program = by_token("analyst", "import", "run")
    wrong = _post(program, "imports/999999/undo", {"why": "x"}, idempotency_key="k1")
    assert wrong.status_code == 404
    assert Answered.objects.count() == 0
    assert _post(program, "cycle", {"as_of": "2020-05-11"}, idempotency_key="k1").status_code == 202


TWICE = """
import threading, time
from winze.workbench.store import answers
from django.db import connection

began, done, given = threading.Barrier(2), [], []

def do():
    done.append(1)
    time.sleep(0.3)
    return answers.Given(200, {"n": len(done)})

def ask():
    began.wait()
    given.append(answers.once("twice", "k", "r", do).body)
    connection.close()

threads = [threading.Thread(target=ask) for _ in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(done), given)
"""


def test_two_requests_at_once_are_done_once(tmp_path: Path, db: None) -> None:
    """Each on a connection of its own: the later waits for the earlier and gets its answer."""
    start = f"from pathlib import Path; from winze.workbench.home import {{}}; {{}}(Path({str(tmp_path)!r}))\n"
    environment = dict(os.environ)
    if connection.vendor == "postgresql":
        there = connection.settings_dict
        host = there["OPTIONS"].get("host") or there["HOST"]
        environment["WINZE_DATABASE"] = f"postgresql://{there['USER']}@/{there['NAME']}?host={host}"
        script = start.format("prepare", "prepare") + "import django; django.setup()\n" + TWICE
        script += "from winze.workbench.models import Answered; Answered.objects.filter(owner='twice').delete()"
    else:
        script = start.format("open_", "open_") + TWICE
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "1 [{'n': 1}, {'n': 1}]", ran.stderr[-2000:]


def test_an_answer_is_kept_seven_days(db: None) -> None:
    answers.once("o", "k", "r", lambda: answers.Given(200, {"n": 1}))
    Answered.objects.update(at=datetime.now(UTC) - timedelta(days=6, hours=23))
    assert answers.once("o", "k", "r", lambda: answers.Given(200, {"n": 2})) == answers.Given(200, {"n": 1})
    Answered.objects.update(at=datetime.now(UTC) - timedelta(days=7, hours=1))
    assert answers.once("o", "k", "r", lambda: answers.Given(200, {"n": 2})) == answers.Given(200, {"n": 2})


# -- versions --------------------------------------------------------------------------------------------------------

CHANGES: dict[str, dict[str, Any]] = {
    "mend": {"mends": [{"row": 3, "cell": "Workers", "value": "7"}]},
    "load": {"mode": "skip"},
    "undo": {"why": "a test"},
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_a_stale_write_is_refused_and_changes_nothing(change: str, by_token: Callable[..., Client]) -> None:
    program = by_token("analyst", "import", "see-chain")
    number = _send(program).json()["number"]
    tag = program.get(f"/api/v1/imports/{number}").headers["ETag"]
    Import.objects.filter(pk=number).update(version_number=7)
    head, body = journal.head(), CHANGES[change]
    by_field = _post(program, f"imports/{number}/{change}", {**body, "version_number": 1})
    assert (by_field.status_code, by_field.json()["code"]) == (409, "stale")
    by_header = _post(program, f"imports/{number}/{change}", body, if_match=tag)
    assert (by_header.status_code, by_header.json()["code"]) == (412, "changed")
    assert journal.head() == head
    assert Import.objects.get(pk=number).version_number == 7
    fresh = program.get(f"/api/v1/imports/{number}").headers["ETag"]
    assert _post(program, f"imports/{number}/{change}", body, if_match=fresh).status_code == 200


def test_an_import_by_program_from_file_to_undo(by_token: Callable[..., Client]) -> None:
    program = by_token("analyst", "import", "see-chain")
    sent = _send(program).json()
    assert (sent["state"], sent["kinds"]) == ("proposed", {"site": 1})
    loaded = _post(program, f"imports/{sent['number']}/load", {"mode": "skip"}).json()
    assert (loaded["job"], loaded["loaded"]["state"]) == (None, "loaded")
    again = _send(program)
    assert (again.status_code, again.json()["code"], again.json()["rule"]) == (409, "refused", "workbench/import")
    undone = _post(program, f"imports/{sent['number']}/undo", {"why": "a test"}).json()
    assert undone["state"] == "undone"


def test_a_file_about_journeys_or_persons_is_not_loaded_into_the_register(by_token: Callable[..., Client]) -> None:
    file = SimpleUploadedFile("x.csv", SITES.format(name="X").encode())
    answer = by_token("analyst", "import").post("/api/v1/imports", {"file": file, "data_class": "movement"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "data_class")


# -- described -------------------------------------------------------------------------------------------------------


def _document() -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/api/v1/openapi.json").json()
    return found


def test_the_document_describes_every_operation_and_no_other() -> None:
    described = {said["operationId"] for methods in _document()["paths"].values() for said in methods.values()}
    assert {f"api-{name}" for name in described} == set(declared.API)


def test_every_reference_of_the_document_leads_somewhere() -> None:
    document = _document()
    text = json.dumps(document)
    for part in text.split('"$ref": "#/components/schemas/')[1:]:
        assert part.partition('"')[0] in document["components"]["schemas"]


@pytest.mark.parametrize("name", sorted(declared.API))
def test_every_problem_an_operation_documents_happens(
    name: str,
    by_token: Callable[..., Client],
    signed_in: Callable[[str], Client],
    actor: Callable[[str], Actor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those that all of its kind may give are tried here; of its own (409, 412) the tests of each part tell."""
    cache.clear()
    route = declared.API[name]
    (method,) = route.methods
    path = next(p for p, m in _document()["paths"].items() for s in m.values() if f"api-{s['operationId']}" == name)
    documented = {int(status) for status in _document()["paths"][path][method.lower()]["responses"]}
    address = walking.filled(route, dict.fromkeys(walking.takes(route), "999999"))
    nobody, seer = Client(), by_token("viewer", "see")
    owner = next(who for who in ("analyst", "approver") if ACTS[route.act] & actor(who).roles)
    full = signed_in(owner) if route.act == "token" else by_token(owner, route.act)  # no token is about tokens

    def ask(client: Client, body: str = "{}") -> int:
        if method == "GET":
            return int(client.get(address).status_code)
        return int(client.post(address, body, content_type="application/json").status_code)

    assert ask(nobody) == 401
    assert 401 in documented
    if 403 in documented and route.act != "see":
        assert ask(seer) == 403
    met = {ask(full), *([ask(full, "{")] if method == "POST" else [])}
    assert {status for status in met if status >= 400} <= documented
    if 404 in documented and method == "GET" and walking.takes(route):
        assert 404 in met
    monkeypatch.setattr(declared.RATE, "num_requests", 0)
    assert ask(full) == 429
    assert 429 in documented
    cache.clear()


def test_every_problem_has_words_in_every_language() -> None:
    for code in problems.CODES:
        for language in ("en", "fr", "es", "zh-hans"):
            assert say(f"wb.api.problem.{code}", language)


@pytest.mark.parametrize(
    ("method", "path", "code", "status"),
    [("GET", "/api/v1/nothing", "not-found", 404), ("GET", "/api/v1/", "not-found", 404),
     ("PUT", "/api/v1/risks", "method", 405), ("GET", "/api/v2/risks", "not-found", 404)],
)  # fmt: skip
def test_an_error_outside_every_operation_is_a_problem_too(method: str, path: str, code: str, status: int) -> None:
    answer = Client().generic(method, path, headers={"accept-language": "fr"})
    told = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, told["status"], told["code"], told["instance"]) == (status, status, code, path)
    assert told["title"] == say(f"wb.api.problem.{code}", "fr")


def test_a_bug_of_ours_is_told_as_one_and_tells_nothing_else(
    signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> Any:
        raise RuntimeError("secret words")

    monkeypatch.setattr("winze.workbench.api.me.journal.head", broken)
    client = signed_in("analyst")
    client.raise_request_exception = False
    answer = client.get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (500, "bug")
    assert b"secret words" not in answer.content


def test_the_documentation_page_names_every_operation_and_needs_no_script(signed_in: Callable[[str], Client]) -> None:
    page = signed_in("viewer").get("/api/v1/docs", headers={"accept-language": "zh-CN"}).content.decode()
    assert all(f'id="{name.removeprefix("api-")}"' in page for name in declared.API)
    assert say("wb.api.title", "zh-hans") in page
