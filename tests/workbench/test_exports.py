"""What a list shows, as a file: the same rows, no formula, its source and the journal's head."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client
from openpyxl import load_workbook

from winze.workbench.access import Actor
from winze.workbench.models import Event, RiskRow
from winze.workbench.store import journal

pytestmark = pytest.mark.django_db
ASKED = {"sure": "yes", "audience": "internal"}


def test_nothing_leaves_before_the_question_is_answered(signed_in: Callable[[str], Client]) -> None:
    analyst = signed_in("analyst")
    asked = analyst.get("/export/risks/?letter=B")
    assert asked.status_code == 200
    assert b"sure" in asked.content
    unsure = analyst.post("/export/risks/?letter=B", {"form": "csv", "audience": "internal"})
    assert "attachment" not in unsure.headers.get("Content-Disposition", "")
    assert not Event.objects.filter(verb="list.exported").exists()


def test_an_export_holds_what_is_shown_and_the_journal_tells(signed_in: Callable[[str], Client]) -> None:
    answer = signed_in("analyst").post("/export/risks/?letter=B", {**ASKED, "form": "csv"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row[1] for row in rows[1:]} == {"B"}
    shown = RiskRow.objects.filter(audience="internal", letter="B", rank__isnull=False)
    assert len(rows) - 1 == shown.count() > 0
    event = Event.objects.get(verb="list.exported")
    assert event.after["filters"] == {"letter": "B"}
    assert answer.headers["X-Winze-Journal-Head"] == event.hash == journal.head()
    assert event.hash[: journal.SHOWN] in answer.headers["Content-Disposition"]
    assert journal.verify(event.hash).fault is None


def test_a_workbook_says_what_it_is(signed_in: Callable[[str], Client]) -> None:
    answer = signed_in("analyst").post("/export/risks/", {**ASKED, "form": "xlsx"})
    book = load_workbook(io.BytesIO(answer.content))
    assert len(book.worksheets) == 2
    about = {row[0].value: row[1].value for row in book.worksheets[1].iter_rows()}
    assert answer.headers["X-Winze-Journal-Head"] in about.values()


def test_nobody_exports_for_an_audience_wider_than_their_eyes(signed_in: Callable[[str], Client]) -> None:
    refused = signed_in("viewer").post("/export/risks/", {**ASKED, "form": "csv"})
    assert refused.status_code == 400
    given = signed_in("viewer").post("/export/risks/", {**ASKED, "form": "csv", "audience": "partner"})
    assert given.status_code == 200


@pytest.mark.parametrize("hostile", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_no_cell_becomes_a_formula(
    signed_in: Callable[[str], Client], actor: Callable[[str], Actor], hostile: str, form: str
) -> None:
    RiskRow.objects.filter(audience="internal").update(territory=hostile)
    answer = signed_in("analyst").post("/export/risks/", {**ASKED, "form": form})
    if form == "csv":
        for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    else:
        sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
