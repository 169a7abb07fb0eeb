"""Pages of imports: sent, refused, looked at, loaded, mended, mapped and undone in a browser; hostile files."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from sending import rows, send, site, sites, told

from winze.workbench.access import Actor
from winze.workbench.models import Event, File, Import, Site, WatchedFolder
from winze.workbench.store import imports

pytestmark = pytest.mark.django_db

BAD = "Numbi,Atlantis,Kalehe,-2.1,28.1,tin ore,20,2020-03-01"


@pytest.fixture
def page(signed_in: Callable[[str], Client]) -> Client:
    """A browser of somebody of an organisation whose register is empty."""
    return signed_in("stranger")


@pytest.fixture
def sender(actor: Callable[[str], Actor]) -> Actor:
    return actor("stranger")


def post(page: Client, content: bytes, name: str = "a.csv", **more: str) -> Any:
    form = {"sender": "Field team", "data_class": "partner", **more, "file": SimpleUploadedFile(name, content)}
    return page.post("/imports/", form)


def number_of(answer: Any) -> int:
    found = re.fullmatch(r"/imports/(\d+)/", answer.headers["Location"])
    assert found is not None, answer.headers["Location"]
    return int(found[1])


def form(page: Client, address: str) -> dict[str, str]:
    found = re.search(r'name="version_number" value="(\d+)"', page.get(address).content.decode())
    assert found is not None
    return {"version_number": found[1]}


def test_an_empty_list_teaches(page: Client) -> None:
    content = page.get("/imports/").content.decode()
    assert "What came in, what was refused, what was merged?" in content
    assert "Nothing came in yet" in content
    assert '/imports/template/sites/zh-hans/"' in content


def test_a_template_comes_in_the_language_asked_for(page: Client) -> None:
    answer = page.get("/imports/template/sites/fr/")
    book = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert "winze:sites/1" in book.read("xl/sharedStrings.xml").decode()
    assert 'filename="winze-sites-fr.xlsx"' in answer.headers["Content-Disposition"]
    assert page.get("/imports/template/sites/tlh/").status_code == 404
    assert page.get("/imports/template/nothing/fr/").status_code == 404


def test_from_sending_to_undoing(page: Client, sender: Actor) -> None:
    number = number_of(post(page, sites(site("Bisie"), BAD)))
    address = f"/imports/{number}/"
    content = page.get(address).content.decode()
    assert "a.csv: shall it be loaded?" in content
    assert "Nothing is loaded. Errors: 1" in content
    assert "New and loaded: 1" in content
    assert rows(sender.organisation) == {}
    wrong = re.search(r'<td class="wrong"><a href="([^"]+)">Atlantis<span class="problem">([^<]+)</span>', content)
    assert wrong is not None
    assert "not a country" in wrong[2]
    assert page.get(wrong[1].partition("#")[0]).status_code == 200
    page.post(f"{address}load/", {**form(page, address), "mode": "skip"})
    assert set(rows(sender.organisation)) == {"site:Bisie"}
    row = f"{address}row/?row=4"
    seen = page.get(row).content.decode()
    assert "Atlantis" in seen
    posted = {f"cell-{n}": text for n, text in enumerate(BAD.replace("Atlantis", "COD").split(","))}
    page.post(row, {**form(page, row), **posted, "why": "asked the team", "act": "save"})
    assert set(rows(sender.organisation)) == {"site:Bisie", "site:Numbi"}
    assert [(one.cell, one.value, one.why) for one in imports.mends(imports.one(sender, number))] == [
        ("Country", "COD", "asked the team")
    ]
    content = page.get(address).content.decode()
    assert "a.csv is loaded" in content
    page.post(f"{address}undo/", {**form(page, address), "why": "sent by mistake"})
    assert rows(sender.organisation) == {}
    assert "does not count any more" in page.get(address).content.decode()


def test_a_row_is_left_out_and_taken_back_at_its_page(page: Client, sender: Actor) -> None:
    found = send(sender, "a.csv", sites(site("Bisie"), site("Numbi")))
    row = f"/imports/{found.pk}/row/?row=3"
    page.post(row, {**form(page, row), "act": "leave-out"})
    assert set(rows(sender.organisation)) == {"site:Numbi"}
    content = page.get(row).content.decode()
    [mend] = re.findall(r'name="mend" value="(\d+)"', content)
    page.post(row, {**form(page, row), "act": "back", "mend": mend})
    assert set(rows(sender.organisation)) == {"site:Bisie", "site:Numbi"}


def test_several_files_at_once_each_with_its_own_answer(page: Client, sender: Actor) -> None:
    send(sender, "old.csv", sites(site("Bisie")))
    files = [SimpleUploadedFile("new.csv", sites(site("Numbi"))), SimpleUploadedFile("same.csv", sites(site("Bisie")))]
    answer = page.post("/imports/", {"data_class": "partner", "file": files}, follow=True)
    assert "same.csv: This very file is loaded already, as old.csv" in answer.content.decode()
    assert Import.objects.filter(organisation_id=sender.organisation).count() == 2


def test_the_same_file_again_says_that_nothing_changed(page: Client, sender: Actor) -> None:
    send(sender, "old.csv", sites(site("Bisie")))
    before = (told(sender.organisation), Event.objects.count())
    answer = post(page, sites(site("Bisie")))
    assert answer.status_code == 409
    assert "Nothing was changed." in answer.content.decode()
    assert (told(sender.organisation), Event.objects.count()) == before


def test_problems_are_a_list_that_filters_and_exports_in_the_readers_language(page: Client, sender: Actor) -> None:
    found = send(sender, "a.csv", sites(site("Bisie", "minus"), BAD), None)
    address = f"/imports/{found.pk}/"
    assert page.get(f"{address}?severity=error").content.decode().count('data-title="Severity"') == 1
    assert page.get(f"{address}?severity=terrible").status_code in (200, 400)
    content = page.get(address).content.decode()
    assert f"/export/import-problems/?about=import%3A{found.pk}" in content
    asked = {"sure": "yes", "form": "csv", "audience": "internal"}
    page.cookies["winze-language"] = "fr"
    answer = page.post(f"/export/import-problems/?about=import:{found.pk}", asked)
    assert "n'est pas" in answer.content.decode().replace("’", "'")
    assert page.post("/export/import-problems/?about=import:999999", asked).status_code == 404


def test_where_something_was_read_leads_to_its_row(page: Client, sender: Actor) -> None:
    found = send(sender, "a.csv", sites(site("Bisie")))
    for address in (f"/imports/{found.pk}/?row=3", "/imports/read/?file=a.csv&row=3"):
        answer = page.get(address)
        assert answer.headers["Location"] == f"/imports/{found.pk}/row/?row=3"
    assert "Bisie" in page.get(f"/imports/{found.pk}/row/?row=3").content.decode()
    for nowhere in ("row=99", "row=0", "row=x", "row=3&sheet=Other", "row=99999999999"):
        assert page.get(f"/imports/{found.pk}/row/?{nowhere}").status_code == 404


# -- columns ---------------------------------------------------------------------------------------------------------

OWN = (
    b"Mine name;Pays;Lat;Long;Minerai;Date visite\r\n"
    b"Machin;RDC;-1.5;28.1;or;12/03/2020\r\nTruc;RDC;-1.6;28.2;or;13/03/2020\r\nBidule;RDC;-1.7;28.3;or;15/03/2020\r\n"
)


def test_a_workbook_of_ones_own_is_read_once_its_columns_are_said(page: Client, sender: Actor) -> None:
    number = number_of(post(page, OWN, "own.csv"))
    address = f"/imports/{number}/mapping/"
    content = page.get(address).content.decode()
    assert "Machin; Truc; Bidule" in content
    assert ">likely</td>" in content
    assert ">sure</td>" in content
    headings = dict(re.findall(r'name="(heading-0-\d)" value="([^"]+)"', content))
    fields = ("site", "country", "latitude", "longitude", "minerals", "seen-on")
    said = {f"field-0-{n}": field for n, field in enumerate(fields)} | headings
    base = {"template-0": "sites", "header-0": "1", "order-0": "dmy", "sender": "Coop X", **form(page, address)}
    shown = page.post(address, {**base, **said, "field-0-4": "", "act": "show"}).content.decode()
    assert "Which column is which?" in shown
    assert imports.one(sender, number).mapping == ""
    page.post(address, {**base, **said, "constant-0-workers": "12", "act": "save"})
    assert imports.one(sender, number).kinds == {"site": 3}
    page.post(f"/imports/{number}/load/", {**form(page, f"/imports/{number}/"), "mode": "stop"})
    assert set(Site.objects.filter(organisation_id=sender.organisation).values_list("subject", flat=True)) == {
        "site:Machin", "site:Truc", "site:Bidule",
    }  # fmt: skip
    following = number_of(post(page, OWN.replace(b"Machin", b"Autre"), "next.csv", sender="Coop X"))
    assert "read as in this sender’s earlier file" in page.get(f"/imports/{following}/").content.decode()


@pytest.mark.parametrize("wrong", [{"template-0": "nothing"}, {"header-0": "x"}, {"order-0": "ymd"}, {"header-0": "0"}])
def test_a_form_of_columns_that_is_not_ours_is_refused(page: Client, wrong: dict[str, str]) -> None:
    number = number_of(post(page, OWN, "own.csv"))
    assert page.post(f"/imports/{number}/mapping/", {**wrong, "act": "save", "version_number": "1"}).status_code == 404


# -- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"), [("viewer", 403), ("funder", 403), ("administrator", 403), ("analyst", 404)]
)
def test_who_does_not_find_an_import(
    sender: Actor, signed_in: Callable[[str], Client], who: str, status: int
) -> None:  # fmt: skip
    found = send(sender, "a.csv", sites(site("Bisie")))
    browser = signed_in(who)
    for path in ("", "row/?row=3", "file/", "rejected/xlsx/", "mapping/"):
        assert browser.get(f"/imports/{found.pk}/{path}").status_code == status, path
    for path in ("load/", "undo/", "mended/", "back/", "look/"):
        assert browser.post(f"/imports/{found.pk}/{path}", {"why": "x", "mode": "skip"}).status_code == status, path


def test_an_assessor_looks_and_is_told_who_may_act(signed_in: Callable[[str], Client]) -> None:
    found = Import.objects.filter(organisation__key="great-lakes", state="loaded").exclude(kinds__has_key="plan-act")[0]
    browser = signed_in("assessor")
    assert "This is done by: analyst." in browser.get(f"/imports/{found.pk}/").content.decode()
    assert browser.post(f"/imports/{found.pk}/undo/", {"why": "x"}).status_code == 403
    assert post(browser, sites(site("Bisie"))).status_code == 403


def test_a_stale_form_is_refused(page: Client, sender: Actor) -> None:
    found = send(sender, "a.csv", sites(site("Bisie")), None)
    for version in ("0", "", "x"):
        answer = page.post(f"/imports/{found.pk}/load/", {"version_number": version, "mode": "skip"})
        assert answer.status_code == 409
    assert told(sender.organisation) == []


# -- hostile files ---------------------------------------------------------------------------------------------------


def kept() -> set[Path]:
    return {path for path in (Path(settings.HOME) / "files").rglob("*") if path.is_file()}


def test_a_hundred_megabytes_of_zeros_are_refused_on_the_way_in_and_nothing_is_kept(page: Client) -> None:
    before = kept(), File.objects.count(), Event.objects.count()
    answer = post(page, bytes(100_000_000), "zeros.csv")
    assert answer.status_code == 413
    assert "zeros.csv: The file is larger than 64 MB and was not kept." in answer.content.decode()
    assert (kept(), File.objects.count(), Event.objects.count()) == before


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/worksheets/sheet1.xml", bytes(60_000_000))
    return out.getvalue()


HOSTILE = {
    "encrypted.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
    "picture.xlsx": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "truncated.xlsx": bomb()[:300],
    "bomb.xlsx": bomb(),
    "empty.csv": b"",
    "zeros.csv": bytes(5000),
    "page.csv": b"<html><body>no table</body></html>",
    "broken.json": b"{",
    "endless.csv": b'"' + b"a" * 300_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_a_sentence_and_loads_nothing(page: Client, sender: Actor, name: str) -> None:
    answer = post(page, HOSTILE[name], name)
    if name == "empty.csv" and answer.status_code != 302:  # a browser's form sends no file of nought bytes
        assert "wb." not in answer.content.decode()
        return
    number = number_of(answer)
    address = f"/imports/{number}/"
    content = page.get(address).content.decode()
    assert imports.one(sender, number).errors >= 1
    assert 'data-title="What is wrong"' in content
    assert page.post(f"{address}load/", {**form(page, address), "mode": "stop"}).status_code == 302
    assert told(sender.organisation) == []


def test_cells_that_would_be_formulas_are_text_everywhere(page: Client, sender: Actor) -> None:
    evil = "\"=cmd|'/c calc'!A1\",Atlantis,<script>alert(1)</script>,-2,28,tin ore,5,2020-03-01"
    found = send(sender, "a.csv", sites(evil), None)
    content = page.get(f"/imports/{found.pk}/").content.decode()
    assert "<script>alert(1)" not in content
    assert "&lt;script&gt;alert(1)" in content
    answer = page.get(f"/imports/{found.pk}/rejected/xlsx/")
    book = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert not any(b"<f>" in book.read(name) for name in book.namelist() if "worksheets" in name)


def test_another_encoding_is_said_and_read(page: Client, sender: Actor) -> None:
    number = number_of(post(page, sites(site("Mine Élevée")).decode().encode("cp1252")))
    assert "Windows-1252" in page.get(f"/imports/{number}/").content.decode()
    assert imports.one(sender, number).kinds == {"site": 1}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\sites.csv", "sites.csv"),
        ("a\u202egnp.csv", "a gnp.csv"),
        ("a\r\nSet-Cookie: x=1.csv", "a Set-Cookie: x=1.csv"),
        ("\u0000.csv", "csv"),
        ("地点.csv", "地点.csv"),
        ("x" * 300 + ".csv", "x" * 200),
        ("<img src=x onerror=alert(1)>.csv", "<img src=x onerror=alert(1)>.csv"),
        ("...", "file"),
    ],
)
def test_a_name_is_one_line_without_a_path(page: Client, sender: Actor, name: str, shown: str) -> None:
    found = imports.propose(sender, name, [sites(site("Bisie"))])
    assert found.name == shown
    answer = page.get(f"/imports/{found.pk}/file/")
    assert answer.getvalue() == sites(site("Bisie"))
    assert "\n" not in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "<img src=x" not in page.get(f"/imports/{found.pk}/").content.decode()


@pytest.mark.parametrize("data_class", ["movement", "personal", "sealed", "nonsense"])
def test_a_class_that_no_register_holds_is_not_taken(page: Client, sender: Actor, data_class: str) -> None:
    assert post(page, sites(site("Bisie")), data_class=data_class).status_code in (404, 409)
    assert not Import.objects.filter(organisation_id=sender.organisation).exists()


# -- watched folders -------------------------------------------------------------------------------------------------


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(settings.HOME) / "incoming" / "other" / "from the field"
    yield path
    if path.exists():
        path.rmdir()


def test_a_folder_is_watched_and_left(page: Client, sender: Actor, folder: Path) -> None:
    page.post("/imports/watched/", {"folder": "from the field", "sender": "Field team", "mode": "stop"})
    [watched] = WatchedFolder.objects.filter(organisation_id=sender.organisation, ended_at=None)
    assert (watched.path, watched.mode) == (str(folder), "stop")
    assert str(folder) in page.get("/imports/").content.decode()
    assert page.post("/imports/watched/", {"folder": "../great-lakes", "mode": "stop"}).status_code == 409
    page.post(f"/imports/watched/{watched.pk}/end/")
    assert "No folder is watched." in page.get("/imports/").content.decode()
