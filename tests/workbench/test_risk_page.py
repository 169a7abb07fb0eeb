"""The page of a risk: why we believe it, where each reason was read, and what must happen by when."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from django.test import Client

from winze.workbench.describing import age, timeline
from winze.workbench.models import RiskRow
from winze.workbench.store import cycles

pytestmark = [pytest.mark.django_db]


def weighed() -> tuple[RiskRow, dict[str, object]]:
    """A risk with a learnt likelihood."""
    for row in RiskRow.objects.filter(audience="internal", p__isnull=False).order_by("position"):
        found = cycles.why(row.run, "internal", f"risk:{row.position}")
        if sum(one["contribution"] is not None for one in found["because"]) > 1:
            return row, found
    raise AssertionError("the example holds a weighed risk")


def test_contributions_and_their_sum_stand_beside_each_other(signed_in: Callable[[str], Client]) -> None:
    row, found = weighed()
    page = signed_in("analyst").get(f"/risks/{row.position}/").content.decode()
    parts = [one["contribution"] for one in found["because"] if one["contribution"] is not None]  # type: ignore[attr-defined]
    for part in (*parts, math.fsum(parts)):
        assert f"{part:+.2f}".replace("-", "−") in page
    assert page.count('class="bar"') == len(parts)
    for said in ("Why not higher", "What would change our mind", "How good we have been at such sites"):
        assert said in page


def test_a_reason_names_its_file_and_row_to_those_who_may_know(signed_in: Callable[[str], Client]) -> None:
    assert "visites_sites.csv row 11" in signed_in("analyst").get("/risks/1/").content.decode()
    assert "row 11" not in signed_in("viewer").get("/risks/1/").content.decode()


def test_acts_are_buttons_disabled_with_their_sentence(signed_in: Callable[[str], Client]) -> None:
    row = RiskRow.objects.get(audience="internal", kind="misrepresented-origin", rank=13)
    page = signed_in("approver").get(f"/risks/{row.position}/").content.decode()
    assert "Stopping trade takes a named actor" in page
    assert 'disabled aria-describedby="no-suspend"' in page
    assert "harm of leaving" in page.lower()
    assert "at least 1,310" in page


def test_a_refusal_reads_in_the_language_of_the_page(signed_in: Callable[[str], Client]) -> None:
    row = RiskRow.objects.get(audience="internal", kind="misrepresented-origin", rank=13)
    analyst = signed_in("analyst")
    analyst.cookies["winze-language"] = "zh-hans"
    page = analyst.get(f"/risks/{row.position}/").content.decode()
    assert "Stopping trade" not in page
    assert "annex-ii/d" in page


def test_a_risk_without_a_plan_leads_to_the_proposed_one(signed_in: Callable[[str], Client]) -> None:
    analyst = signed_in("analyst")
    page = analyst.get("/risks/1/").content.decode()
    to = page.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert to.startswith("/plans/")
    form = analyst.get(to).content.decode()
    assert 'name="risk" value="serious-abuse/site:ipis/codmine90001"' in form
    viewer = signed_in("viewer").get("/risks/1/").content.decode()
    assert 'disabled aria-describedby="no-propose"' in viewer


def test_the_page_of_a_run_that_is_not_there(signed_in: Callable[[str], Client]) -> None:
    assert signed_in("analyst").get("/risks/9999/").status_code == 404
    assert signed_in("stranger").get("/risks/1/").status_code == 404


def test_evidence_stands_in_time() -> None:
    from datetime import date

    said = [
        {"text": "old", "contribution": -1.0, "raw": [["day", "2010-05-11"]]},
        {"text": "new", "contribution": 1.0, "raw": [["day", "2020-04-11"]]},
        {"text": "undated", "contribution": None, "raw": [["km", 5]]},
    ]
    found = timeline(said, date(2020, 5, 11), "en")
    assert [(mark.text, mark.raises, mark.age) for mark in found["marks"]] == [
        ("old", False, "10 years old"), ("new", True, "30 days old")]  # fmt: skip
    assert found["marks"][0].x < found["marks"][1].x < found["end"]
    assert timeline([], date(2020, 5, 11), "en")["marks"] == []
    assert age(date(2019, 5, 11), date(2020, 5, 11), "fr") == "il y a 12 mois"


def test_rules_and_words_are_shown(signed_in: Callable[[str], Client]) -> None:
    viewer = signed_in("viewer")
    page = viewer.get("/rules/plan/pause/?as_of=2020-05-11").content.decode()
    assert "90 days" in page
    assert "unconfirmed" in page
    assert "not in force" not in page
    assert "not in force on 1 January 2019" in viewer.get("/rules/plan/pause/?as_of=2019-01-01").content.decode()
    assert viewer.get("/rules/no/such/").status_code == 404
    assert "plan/pause" in viewer.get("/rules/?q=pause&confirmed=no").content.decode()
    assert "plan/pause" not in viewer.get("/rules/?kind=step").content.decode()
    assert viewer.get("/rules/?kind=nonsense").status_code == 400
    viewer.cookies["winze-language"] = "zh-hans"
    page = viewer.get("/glossary/?q=尽职").content.decode()
    assert "due diligence" in page
    assert "尽职调查" in page
