"""Hostile words as names of sites, parties, files and senders: on every page, in every file and answer they are words,
never an element, a script, a template, a formula or a header."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import walking
from django.db import transaction
from django.test import Client
from lxml import html

from winze.engine.disclosure import ROLES
from winze.workbench.store import cycles, imports, people
from winze.workbench.tables import TABLES

pytestmark = pytest.mark.django_db
WORDS = (Path(__file__).parent / "hostile.txt").read_text(encoding="utf-8").splitlines()
LONG = "hostile-long " * 20
FORMULA = ("=", "+", "-", "@", "\t", "\r")
EVERYWHERE = frozenset({"script", "iframe", "object", "embed", "base", "style"})
"""Elements that no page has but for our own scripts by their address."""


def _quiet(step: str, done: int, total: int) -> None:
    return


def _sheet(template: str, headings: str, rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    out.write(f"winze:{template}/1\n{headings}\n")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _files() -> Iterator[tuple[str, str, bytes]]:
    names = [*WORDS, LONG]
    sites = [[word, "COD", word[:60], "-1.5", f"27.{n:02}", "gold", "5", "2020-01-05"] for n, word in enumerate(names)]
    titles = "Site,Country,Territory,Latitude,Longitude,Minerals,Workers,Seen on"
    yield WORDS[0] + ".csv", WORDS[1], _sheet("sites", titles, sites)
    links = [[word, "Me", "gold", "COD", word, "2019-01-01", "", "buyer"] for word in names]
    titles = "Supplier,Buyer,Mineral,Origin,Route,From,To,My position"
    yield WORDS[7] + ".csv", WORDS[8], _sheet("chain", titles, links)
    yield 'x"; filename="evil.html\r\nSet-Cookie: a=b.csv', WORDS[2], b"no table at all \x00 <script>hostile</script>"


@pytest.fixture(scope="module")
def hostile(django_db_setup: None, django_db_blocker: Any) -> Iterator[Client]:
    """A browser of somebody with every role, in an organisation full of hostile words."""
    from winze.workbench.models import User

    with django_db_blocker.unblock(), transaction.atomic():
        organisation = people.found("hostile", WORDS[0])
        person = User.objects.create_user("hostile@example.org", "a long password", name=WORDS[1])
        people.join(organisation, person, ROLES, None)
        actor = people.actor(person, None, "en")
        assert actor is not None
        for name, sender, content in _files():
            proposed = imports.propose(actor, name, [content], sender=sender)
            if proposed.kinds:
                imports.load(actor, proposed.pk, "skip", _quiet)
        cycles.run(cycles.ask(actor, date(2020, 5, 11)), actor, _quiet)
        client = Client()
        client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
        yield client
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def answers(hostile: Client, django_db_blocker: Any) -> list[tuple[str, Any]]:
    """Every answer to be had by asking."""
    with django_db_blocker.unblock():
        walked, found = walking.walk({"hostile": hostile}), []
        for route in walking.routes().values():
            if "GET" in route.methods:
                found += [(address, hostile.get(address)) for address in walking.examples(route, walked)]
        found += [(f"/search/?q={n}", hostile.get("/search/", {"q": word})) for n, word in enumerate(WORDS)]
    return found


def test_hostile_words_are_words_on_every_page(answers: list[tuple[str, Any]]) -> None:
    wrong, met = [], set()
    for address, response in answers:
        if response.streaming or not response.headers["Content-Type"].startswith("text/html"):
            continue
        text = response.content.decode()
        if not text.strip():
            continue  # a redirection
        page = html.fromstring(text)
        met |= set(re.findall(r"hostile-\d+", page.text_content()))
        for element in page.iter():
            if not isinstance(element.tag, str):
                continue
            own = element.tag == "script" and element.get("src", "").startswith("/static/") and not element.text
            data = element.tag == "script" and element.get("type") in ("application/json", "text/html")
            if element.tag in EVERYWHERE and not own and not data:
                wrong.append((address, element.tag))
            for name, value in element.attrib.items():
                there = name in ("href", "src", "action", "formaction", "xlink:href")
                leads = there and re.match(r"\s*(javascript|data|vbscript):|//", value, re.IGNORECASE)
                if name.startswith("on") or name in ("style", "srcdoc") or leads:
                    wrong.append((address, f"{element.tag} {name}={value[:40]}"))
    assert wrong == []
    assert len(met) >= len(WORDS) - 3, "the words are on the pages at all"


def test_no_template_of_a_word_is_carried_out(answers: list[tuple[str, Any]]) -> None:
    for address, response in answers:
        if not response.streaming:
            text = response.content.decode("utf-8", "replace")
            assert "14hostile-6" not in text, address
            assert "49#" not in text, address


def test_an_answer_of_the_api_is_never_taken_for_a_page(answers: list[tuple[str, Any]]) -> None:
    asked = [response for address, response in answers if address.startswith("/api/v1/") and "docs" not in address]
    assert asked
    for response in asked:
        assert response.headers["Content-Type"].partition(";")[0] in ("application/json", "application/problem+json")
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_no_header_carries_a_hostile_word(answers: list[tuple[str, Any]]) -> None:
    for address, response in answers:
        for name, value in response.headers.items():
            assert "\r" not in value and "\n" not in value, (address, name)
        told = response.headers.get("Content-Disposition", "")
        assert not re.search(r'[<>\x00-\x1f]|filename="[^"]*"[^;]*"', told), (address, told)
        assert "Set-Cookie" not in response.headers, address


@pytest.mark.parametrize("key", sorted(TABLES))
def test_no_cell_of_a_file_is_a_formula(key: str, hostile: Client) -> None:
    asked = {"sure": "yes", "audience": "internal"}
    book = hostile.post(f"/export/{key}/", {**asked, "form": "xlsx"})
    if book.status_code == 404:
        return  # a list about something, and nothing was named
    assert book.status_code == 200
    for sheet in openpyxl.load_workbook(io.BytesIO(book.content)).worksheets:
        for cells in sheet.iter_rows():
            for cell in cells:
                assert cell.data_type != "f", cell.value
                assert cell.hyperlink is None
    text = hostile.post(f"/export/{key}/", {**asked, "form": "csv"}).content.decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text)):
        for value in row:
            assert not value.startswith(FORMULA) or re.fullmatch(r"-?[\d.]+", value), value
