"""What belongs to another organisation is not there: every address that takes an argument, asked by somebody of the
other organisation with every role, by page, file and API, to look and to change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import walking
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from winze import example
from winze.engine.disclosure import ROLES
from winze.engine.problems import Refusal
from winze.engine.records import DataClass
from winze.workbench.access import Actor
from winze.workbench.api.declared import API
from winze.workbench.routes import Route
from winze.workbench.store import (
    cycles,
    documents,
    imports,
    jobs,
    journal,
    people,
    reports,
    statements,
    together,
    watching,
)

pytestmark = [pytest.mark.django_db, pytest.mark.store]
SAID: dict[str, dict[str, Any]] = {
    "api-map-import": {"mapping": "winze-mapping: 1\nsheets: []\n", "sender": "x"},
    "api-mend-import": {"mends": [{"row": 3, "cell": "A3", "value": "x"}]},
    "api-load-import": {"mode": "skip"},
    "api-undo-import": {"why": "x"},
    "api-judge-match": {"verdict": "same", "reason": "x"},
    "api-withdraw-match": {"reason": "x"},
    "api-edit-site": {"seen_on": "2020-06-01", "workers": "7"},
    "api-edit-link": {"supplier": "A", "buyer": "Me", "mineral": "gold"},
    "api-end-link": {"until": "2020-06-01", "why": "x"},
    "api-snooze-task": {"until": None},
    "api-withdraw-document": {"why": "x"},
    "api-ask-report": {"sure": True},
    "api-cycle-document": {"sure": True},
    "api-take-back-mends": {"mends": [1]},
}
"""What each operation of the API needs to be told, so that it is not refused for what is missing."""
SHARED = frozenset({
    "export", "api-export", "import-template", "rule",  # a list, a template, a rule: everybody's
    "invitation", "start", "first", "visited",  # a secret that is the key itself, a step of the first visit
})  # fmt: skip
"""Routes whose argument names no thing of an organisation."""


def _quiet(step: str, done: int, total: int) -> None:
    return


@pytest.fixture(scope="module")
def two(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[tuple[Any, Any]]:
    """Two organisations, each with somebody of all roles: the example, and another with imports, a job and a run."""
    from winze.workbench.models import Organisation, User

    with django_db_blocker.unblock(), transaction.atomic():
        pair = []
        for organisation in (Organisation.objects.get(key="great-lakes"), people.found("neighbour", "Neighbour")):
            person = User.objects.create_user(f"all@{organisation.key}.example", "a long password", name="All Roles")
            people.join(organisation, person, ROLES, None)
            client = Client()
            client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
            actor = people.actor(person, None, "en")
            assert actor is not None
            pair.append((client, actor))
        folder = tmp_path_factory.mktemp("neighbour") / "case"
        _fill(pair[1][1], folder)
        for _, actor in pair:
            _alike(actor, folder)
            _work(actor)
            jobs.ask(actor, "cycle", run=cycles.ask(actor, date(2020, 5, 11)).pk)
        yield pair[0], pair[1]
        transaction.set_rollback(True)


def _fill(actor: Actor, folder: Path) -> None:
    example.write(folder, "great-lakes")
    for name in ("ma_chaine.xlsx", "actes_plans.csv"):
        content = (folder / name).read_bytes().replace(b"P-2020-01", b"P-2020-77")  # a plan of its own
        imports.load(actor, imports.propose(actor, name, [content]).pk, "skip", _quiet)
    cycles.run(cycles.ask(actor, date(2020, 5, 11)), actor, _quiet)


def _alike(actor: Actor, folder: Path) -> None:
    """Sites that may be one with those of the example, so that the match queue holds something."""
    visits = (folder / "visites_sites.csv").read_bytes()
    for name, content in (("visits.csv", visits), ("alike.csv", visits.replace(b"codmine9", b"codmine8"))):
        with suppress(Refusal):  # the example has the first already
            imports.load(actor, imports.propose(actor, name, [content]).pk, "skip", _quiet)


def _work(actor: Actor) -> None:
    """A task, a document, a watched folder and a written report."""
    from winze.workbench.models import Import, Job

    about = f"import:{Import.objects.filter(organisation_id=actor.organisation, state='loaded').latest('id').pk}"
    together.assign(actor, about, actor.user, None)
    documents.add(actor, about, "a title", "x.txt", [b"a document"], 10, DataClass.PARTNER, None)
    watching.begin(actor, "watched")
    run = cycles.newest(actor.organisation)
    assert run is not None
    job = reports.ask(actor, run, "partner", "en")
    Job.objects.filter(pk=job.pk).update(state="done", result=reports.make(job, actor, _quiet))


def _own(client: Client, actor: Actor) -> dict[str, list[str]]:
    """Addresses of things of somebody's own organisation, by route: as pages lead to them, and its newest things."""
    from winze.workbench.models import (
        Assignment,
        CycleRun,
        Document,
        Import,
        Job,
        Party,
        Proposal,
        Site,
        WatchedFolder,
    )

    found = walking.walk({"all": client})
    mine = {"organisation_id": actor.organisation}
    run = cycles.newest(actor.organisation)
    assert run is not None
    newest = {
        "jobs": Job.objects.filter(**mine).latest("id").pk,
        "matches": Proposal.objects.filter(**mine).latest("id").pk,
        "imports": Import.objects.filter(**mine).latest("id").pk,
        "cycle": CycleRun.objects.filter(**mine, state="done").latest("id").pk,
        "task": Assignment.objects.filter(**mine).latest("id").pk,
        "documents": Document.objects.filter(**mine).latest("id").pk,
        "reports": Job.objects.filter(**mine, verb="report").latest("id").pk,
        "sites": Site.objects.filter(**mine, merged_into="").latest("id").pk,
        "parties": Party.objects.filter(**mine, is_me=False, merged_into="").latest("id").pk,
        "links": statements.standing(actor.organisation).filter(kind="supply").latest("id").pk,
        "watched-folders": WatchedFolder.objects.filter(**mine).latest("id").pk,
    }
    newest["tasks"] = newest["task"]
    plan = statements.standing(actor.organisation).filter(subject__startswith="plan:").latest("id").subject
    values = {
        "form": "csv", "row": "3", "against": str(newest["cycle"]),
        "kind": "site", "position": "1", "key": str(newest["sites"]),
    }  # fmt: skip
    for name, route in walking.routes().items():
        noun = route.path.removeprefix("api/v1/").partition("/")[0]
        if name in SHARED or not walking.takes(route):
            continue
        if "number" in walking.takes(route) and noun in newest:
            number = newest["watched-folders"] if "watched/" in route.path else newest[noun]
            row = "?row=3" if name == "import-row" else ""
            found[name] = [walking.filled(route, values | {"number": str(number)}) + row]
        if name in API and walking.takes(route) == ["position"]:
            found[name] = [walking.filled(route, values) + f"?run={run.pk}"]
        if name in API and "key" in walking.takes(route):
            key = plan.removeprefix("plan:") if noun == "plans" else values["key"]
            found[name] = [walking.filled(route, values | {"key": key})]
    return found


def _asked(route: Route, method: str, address: str, client: Client) -> int:
    if method == "GET":
        return client.get(address).status_code
    if route.name == "api-send-mended":
        return client.post(address, {"file": SimpleUploadedFile("x.csv", b"x")}).status_code
    if route.name in API:
        return client.post(address, SAID.get(route.name, {}), content_type="application/json").status_code
    sent = {
        "sure": "yes", "form": "csv", "audience": "partner", "version_number": "1", "why": "x", "reason": "x",
        "file": SimpleUploadedFile("x.csv", b"x"), "mode": "skip", "verdict": "same", "from": "2020-01-01",
        "act": "end",
    }  # fmt: skip
    return client.post(address, sent).status_code


def _of_another(address: str) -> bool:
    """Whether an address names a thing of one organisation: a place in a run does only with the run."""
    return "position" not in walking.takes(walking.routes()[_route(address)]) or "run=" in address


def _route(address: str) -> str:
    return str(walking.named(address)).removeprefix("api:")


@pytest.mark.parametrize("turned", [False, True], ids=["the-example", "the-neighbour"])
def test_what_belongs_to_another_organisation_is_not_there(two: tuple[Any, Any], turned: bool) -> None:
    (mine, actor), (theirs, stranger) = reversed(two) if turned else two
    own, wrong, looked = _own(mine, actor), [], set()
    before = journal.head()
    for name, addresses in own.items():
        route = walking.routes()[name]
        for address in addresses:
            if name in SHARED or not _of_another(address):
                continue
            looked.add(name)
            if "GET" in route.methods and mine.get(address).status_code not in (200, 302):
                wrong.append(("GET", address, "not even to its owner"))
            for method in route.methods:
                status = _asked(route, method, address, theirs)
                if status != 404:
                    wrong.append((method, address, status))
    assert wrong == []
    assert {"api-one-import", "api-one-job", "api-one-cycle", "api-one-risk", "risk"} <= looked
    assert [event.verb for event in _since(before) if event.actor == stranger.id] == [], "asking left nothing"
    assert {event.verb for event in _since(before)} <= {"opened", "report.opened"}, "nothing was changed by asking"


def _since(head: str) -> Any:
    from winze.workbench.models import Event

    return Event.objects.filter(seq__gt=Event.objects.get(hash=head).seq)


def test_every_route_about_a_thing_of_an_organisation_was_asked(two: tuple[Any, Any]) -> None:
    """A new route with an argument is swept too, or says above that its argument names no thing of an organisation."""
    (first, actor), _ = two
    own = _own(first, actor)
    missing = [name for name, route in walking.routes().items() if walking.takes(route) and not own.get(name)]
    assert set(missing) - SHARED == set()


def test_lists_of_two_organisations_share_no_row(two: tuple[Any, Any]) -> None:
    from winze.workbench.tables import TABLES

    (first, _), (second, other) = two
    for key in TABLES:
        rows = [client.get(f"/api/v1/{key}?page_size=500").json().get("rows", ()) for client in (first, second)]
        links = [{row["link"] for row in found if row["link"]} for found in rows]
        assert not links[0] & links[1], key
    other_run = cycles.newest(other.organisation)
    assert other_run is not None
    assert first.get(f"/api/v1/risks?run={other_run.pk}").status_code == 404
    assert first.get(f"/risks/?run={other_run.pk}").status_code == 404
    asked = {"sure": "yes", "form": "csv", "audience": "partner"}
    assert first.post(f"/export/risks/?run={other_run.pk}", asked).status_code == 404
