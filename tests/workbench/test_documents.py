"""Documents as evidence: only for eyes of their class, always a download, withdrawn and never gone from the journal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from winze.workbench.models import Document, Event, Site

pytestmark = [pytest.mark.django_db, pytest.mark.store]


@pytest.fixture
def about(db: None) -> str:
    return f"site:{Site.objects.get(place__name='Exemple Kalehe 1').code}"


@pytest.fixture
def page(about: str) -> str:
    return f"/sites/{Site.objects.get(code=about[5:]).pk}/"


def upload(browser: Client, about: str, data_class: str = "partner", content: bytes = b"<script>alert(1)</script>",
           **more: Any) -> Any:  # fmt: skip
    file = SimpleUploadedFile("../../a page.html", content, content_type="text/html")
    given = {"about": about, "title": "Photographs of May", "class": data_class, "dated": "2020-05-01", "file": file}
    return browser.post("/documents/add/", given | more)


def newest() -> Document:
    return Document.objects.order_by("-id")[0]


def test_a_document_is_kept_and_comes_back_as_a_download_only(
    signed_in: Callable[[str], Client], about: str, page: str
) -> None:
    analyst = signed_in("analyst")
    assert upload(analyst, about).status_code == 302
    answer = analyst.get(f"/documents/{newest().pk}/")
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert newest().name == "a page.html"
    assert "Photographs of May" in analyst.get(page).content.decode()


def test_the_class_decides_who_sees_it(signed_in: Callable[[str], Client], about: str) -> None:
    upload(signed_in("analyst"), about, "competitor-sensitive")
    address = f"/documents/{newest().pk}/"
    assert signed_in("approver").get(address).status_code == 200
    for who in ("viewer", "funder", "custodian", "stranger"):
        assert signed_in(who).get(address).status_code == 404
    upload(signed_in("analyst"), about, "partner")
    partner = signed_in("viewer").get(f"/documents/{newest().pk}/")
    assert partner.status_code == 200
    assert "page" not in partner.headers["Content-Disposition"]


def test_nobody_gives_a_class_they_do_not_see(signed_in: Callable[[str], Client], about: str) -> None:
    before = Document.objects.count()
    assert upload(signed_in("analyst"), about, "sealed").status_code == 409
    assert upload(signed_in("analyst"), about, "nonsense").status_code == 409
    assert upload(signed_in("viewer"), about).status_code == 403
    assert Document.objects.count() == before


def test_the_opening_of_a_personal_document_is_kept_and_its_title_is_not(
    signed_in: Callable[[str], Client], about: str
) -> None:
    upload(signed_in("approver"), about, "personal", title="Statement of Grace")
    number = newest().pk
    assert signed_in("analyst").get(f"/documents/{number}/").status_code == 404
    for _ in range(2):
        assert signed_in("custodian").get(f"/documents/{number}/").status_code == 200
    events = Event.objects.filter(subject=f"document:{number}")
    assert events.filter(verb="opened").count() == 1
    assert "Grace" not in json.dumps(list(events.values("before", "after", "why")))


def test_a_withdrawn_document_is_offered_no_longer_and_stays_in_the_journal(
    signed_in: Callable[[str], Client], about: str, page: str
) -> None:
    analyst = signed_in("analyst")
    upload(analyst, about)
    number = newest().pk
    given = {"why": "the wrong site", "next": page}
    assert analyst.post(f"/documents/{number}/withdraw/", given).status_code == 302
    assert analyst.get(f"/documents/{number}/").status_code == 404
    assert analyst.post(f"/documents/{number}/withdraw/", given).status_code == 409
    told = analyst.get(f"/history{page.replace('sites', 'site')}").content.decode()
    assert "document.withdrawn" in told
    assert "the wrong site" in told


def test_a_document_needs_a_record_of_ones_own(signed_in: Callable[[str], Client], about: str) -> None:
    assert upload(signed_in("stranger"), about).status_code == 404
    assert upload(signed_in("analyst"), "site:ZZZZZZ").status_code == 404
    assert upload(signed_in("analyst"), "run:1").status_code == 404
    assert upload(signed_in("analyst"), "plan:P-2020-01").status_code == 302


def test_an_empty_file_or_an_untold_day_is_refused(signed_in: Callable[[str], Client], about: str) -> None:
    assert upload(signed_in("analyst"), about, content=b"").status_code in (409, 422)
    assert upload(signed_in("analyst"), about, dated="in May").status_code == 422
    assert upload(signed_in("analyst"), about, title=" ").status_code == 422
