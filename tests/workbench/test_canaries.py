"""Words of each class put into a register, and looked for in every answer to every role: whoever does not see a class
never gets a word of it, on no page, in no file and in no answer of the API."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import walking
from django.db import transaction
from django.test import Client

from winze import example
from winze.engine.disclosure import PRECISE, ROLES
from winze.engine.records import DataClass
from winze.workbench.access import Actor
from winze.workbench.store import cycles, documents, imports, people, together
from winze.workbench.tables import TABLES

pytestmark = [pytest.mark.django_db]
PRECISELY = frozenset(PRECISE)
"""Who may know the names of sites, of files and of a competitor."""
PERSONS = frozenset(role for role, sees in ROLES.items() if DataClass.PERSONAL in sees)
CANARIES: dict[str, frozenset[str]] = {
    "Kanariasite": PRECISELY,  # names of sites
    "27.683611": PRECISELY,  # a precise place
    "kanariafile": PRECISELY,  # names of files that hold what a partner may not see
    "Kanariasender": PRECISELY,
    "Kanariarival": PRECISELY,  # a site and a supplier in a competitor-sensitive file
    "98765432": PRECISELY,  # a price in it
    "Kanariaremark": PRECISELY,  # a remark by somebody with precise eyes
    "Kanariatitle": PRECISELY,  # the title of a document that a partner may open
    "Kanariascan": PRECISELY,  # and the name of its file
    "Kanariaperson": PERSONS,  # who acted on a plan
}
"""Each word, and the roles that may ever get it."""
CHAIN = """winze:chain/1
Supplier,Buyer,Mineral,Origin,Route,From,To,My position
Kanariarival Trading,Me,gold,COD,,2019-01-01,,buyer
"""
QUOTES = """winze:quotes/1
Place,Mineral,Price,Fineness,FX rate,Spot price,Date,Source
Kanariarival Sud,gold,98765432 USD/kg,0.9,,,2020-03-01,Kanariarival Trading
"""
PLANS = """winze:plans/1
Plan,Date,Act,Person,Role,Concerns,Figure,Document or remark
P-1,2020-02-10,propose the plan,Kanariaperson A.,plan owner,misrepresented-origin/party:kanariarival trading,,a remark
"""


def _quiet(step: str, done: int, total: int) -> None:
    return


def _files(folder: Path) -> Iterator[tuple[str, bytes, DataClass]]:
    example.write(folder, "great-lakes")
    visits = (folder / "visites_sites.csv").read_text(encoding="utf-8").replace("27.6836", "27.683611")
    yield "visites.csv", visits.replace("Exemple ", "Kanariasite ").encode(), DataClass.PARTNER
    rival = visits.replace("Exemple ", "Kanariarival ").replace("codmine9", "codmine8").replace(",9000", ",8000")
    yield "kanariafile_2.csv", rival.encode(), DataClass.COMPETITOR
    for n, text in enumerate((CHAIN, QUOTES, PLANS), start=3):
        yield f"kanariafile_{n}.csv", text.encode(), DataClass.COMPETITOR


@pytest.fixture(scope="module")
def walked(canary: dict[str, Client], django_db_blocker: Any) -> dict[str, list[str]]:
    """Where the pages of everybody lead."""
    with django_db_blocker.unblock():
        return walking.walk(canary)


@pytest.fixture(scope="module")
def canary(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[dict[str, Client]]:
    """An organisation full of canaries with somebody of each role; their browsers."""
    from winze.workbench.models import User

    with django_db_blocker.unblock(), transaction.atomic():
        organisation, clients = people.found("canary", "Canaries"), {}
        for role in ROLES:
            person = User.objects.create_user(f"{role}@canary.example", "a long password", name="Somebody")
            people.join(organisation, person, [role], None)
            clients[role] = Client()
            clients[role].force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
            if role == "analyst":
                actor = people.actor(person, None, "en")
        assert actor is not None
        _fill(actor, tmp_path_factory.mktemp("canary") / "case")
        yield clients
        transaction.set_rollback(True)


def _fill(actor: Actor, folder: Path) -> None:
    for name, content, data_class in _files(folder):
        proposed = imports.propose(actor, name, [content], sender="Kanariasender", data_class=data_class)
        assert proposed.kinds, (name, list(proposed.problems.values()))
        imports.load(actor, proposed.pk, "skip", _quiet)
    cycles.run(cycles.ask(actor, date(2020, 5, 11)), actor, _quiet)
    about = _about(actor.organisation)
    together.comment(actor, about, "Kanariaremark", [])
    documents.add(actor, about, "Kanariatitle", "Kanariascan.txt", [b"a"], 1, DataClass.PARTNER, None)


def _about(organisation: int | None = None) -> str:
    """A site that remarks and documents stand on, as acts call it."""
    from winze.workbench.models import Organisation, Site

    home = organisation or Organisation.objects.get(key="canary").pk
    return f"site:{Site.objects.filter(organisation_id=home, merged_into='').earliest('id').code}"


def _answers(client: Client, walked: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Every answer somebody can get by asking for it: pages, lists, operations, searches, and every list as files."""
    for route in walking.routes().values():
        if "GET" in route.methods:
            for address in walking.examples(route, walked):
                yield address, _text(client.get(address))
    for key in TABLES:
        yield f"list {key}", _text(client.get(f"/api/v1/{key}?page_size=500"))
        for form in ("xlsx", "csv"):
            for audience in ("partner", "internal", "public"):
                asked = {"sure": "yes", "form": form, "audience": audience}
                yield f"{key}.{form} to {audience}", _text(client.post(f"/export/{key}/", asked))
    for position in range(1, 12):
        for about in ("risks", "plans"):
            yield f"{about} {position}", _text(client.get(f"/api/v1/{about}/{position}"))
    for noun in ("comments", "documents"):
        yield noun, _text(client.get(f"/api/v1/{noun}?about={_about()}"))
    yield "search of the API", _text(client.get("/api/v1/search?q=kanaria"))
    yield "search", _text(client.get("/search/?q=kanaria"))


def _text(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if not content.startswith(b"PK"):
        return str(content.decode("utf-8", "replace"))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "\n".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


def test_nobody_gets_a_word_of_a_class_they_do_not_see(canary: dict[str, Client], walked: dict[str, list[str]]) -> None:
    leaked, met = [], set()
    for role, client in canary.items():
        for where, text in _answers(client, walked):
            for word, roles in CANARIES.items():
                if word.lower() in text.lower():
                    met.add((word, role))
                    if role not in roles:
                        leaked.append((role, where, word))
    assert leaked == []
    seen = {word for word, _ in met}
    assert {"Kanariasite", "kanariafile", "Kanariarival", "Kanariaremark", "Kanariatitle"} <= seen, (
        "the canaries are in the register at all"
    )


def test_an_export_for_an_audience_holds_no_word_it_may_not_have(canary: dict[str, Client]) -> None:
    """Also where the one who exports sees more."""
    for key in TABLES:
        for form in ("xlsx", "csv"):
            for audience in ("partner", "public"):
                asked = {"sure": "yes", "form": form, "audience": audience}
                text = _text(canary["approver"].post(f"/export/{key}/", asked)).lower()
                assert [word for word in CANARIES if word.lower() in text] == [], (key, form, audience)


def test_nothing_a_route_shows_is_of_a_class_it_does_not_declare(
    canary: dict[str, Client], walked: dict[str, list[str]]
) -> None:
    """Words of a competitor stand only where the declaration says that such words may."""
    wrong = []
    for route in walking.routes().values():
        if "GET" not in route.methods or DataClass.COMPETITOR in route.shows:
            continue
        for address in walking.examples(route, walked):
            text = _text(canary["analyst"].get(address)).lower()
            wrong += [(address, word) for word in CANARIES if word.lower() in text]
    assert wrong == []
