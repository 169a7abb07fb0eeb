"""The history of a record: old and new of each field, who and why, and what it was at a moment."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client

from winze.workbench.access import Actor
from winze.workbench.models import Event, Site
from winze.workbench.store import history, journal

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def site(signed_in: Callable[[str], Client]) -> Site:
    """A site with one edit."""
    found = Site.objects.select_related("place").get(place__name="Exemple Kalehe 1")
    signed_in("analyst").post(
        f"/sites/{found.pk}/edit/",
        {"version_number": found.version_number, "site": found.place.name, "territory": "Kalehe, Sud-Kivu",
         "workers": "4321", "seen-on": "2020-05-01", "why": "counted again"},
    )  # fmt: skip
    return found


def test_a_history_shows_old_and_new_who_and_why(signed_in: Callable[[str], Client], site: Site) -> None:
    page = signed_in("approver").get(f"/history/site/{site.pk}/").content.decode()
    for shown in ("site described anew", "→ 4321", "counted again", "Amina Analyst"):
        assert shown in page, shown
    page = signed_in("analyst").get(f"/history/site/{site.pk}/").content.decode()
    assert "→ 4321" in page
    assert "user:" in page
    assert "Amina Analyst" not in page.partition("<main")[2]


def test_roles_without_the_class_see_that_something_happened_not_what(
    signed_in: Callable[[str], Client], site: Site
) -> None:
    page = signed_in("administrator").get(f"/history/site/{site.pk}/").content.decode()
    assert '<span class="chip">site described anew</span>' in page
    for hidden in ("4321", "counted again", site.place.name):
        assert hidden not in page
    assert signed_in("administrator").get("/journal/?subject=Kalehe").status_code == 400


def test_a_history_is_for_those_who_may_read_the_journal(signed_in: Callable[[str], Client], site: Site) -> None:
    for who in ("viewer", "funder", "assessor"):
        assert signed_in(who).get(f"/history/site/{site.pk}/").status_code == 403
        assert signed_in(who).get("/journal/").status_code == 403
    stranger = signed_in("stranger")
    assert '<span class="chip">site described anew</span>' not in stranger.get("/journal/").content.decode()
    assert stranger.get("/history/import/1/").status_code == 404
    assert "4321" not in stranger.get(f"/history/site/{site.pk}/").content.decode()


def test_the_journal_filters_and_shows_its_head(signed_in: Callable[[str], Client], site: Site) -> None:
    analyst = signed_in("analyst")
    page = analyst.get("/journal/?verb=site.edited").content.decode()
    assert journal.head() in page
    assert '<span class="chip">import loaded</span>' not in page
    assert '<span class="chip">site described anew</span>' in page
    number = Event.objects.get(verb="site.edited").actor
    assert '<span class="chip">cycle run</span>' in analyst.get(f"/journal/?actor={number}").content.decode()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert (
        '<span class="chip">site described anew</span>'
        not in analyst.get(f"/journal/?since={tomorrow}").content.decode()
    )
    assert analyst.get("/journal/?since=soon").status_code == 400


def test_newest_first_and_pages_by_key(signed_in: Callable[[str], Client], actor: Callable[[str], Actor]) -> None:
    with transaction.atomic():
        for n in range(60):
            journal.record(actor("analyst"), "test.done", f"test:{n}")
    analyst = signed_in("analyst")
    answer = analyst.get("/journal/?verb=test")
    page = answer.content.decode()
    assert "test:59" in page
    assert "test:3<" not in page
    following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "test:3<" in analyst.get(following).content.decode()


def test_a_history_is_exported_as_it_is_shown(signed_in: Callable[[str], Client], site: Site) -> None:
    analyst = signed_in("analyst")
    page = analyst.get(f"/history/site/{site.pk}/").content.decode()
    address = f"/export/journal/?about=site%3A{site.pk}"
    assert address in page
    answer = analyst.post(address, {"sure": "yes", "form": "csv", "audience": "internal"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row[3] for row in rows[1:]} >= {"site described anew"}
    assert len(rows) < Event.objects.count()


def test_as_it_was_at_a_moment(signed_in: Callable[[str], Client], actor: Callable[[str], Actor]) -> None:
    one = actor("analyst")
    with transaction.atomic():
        first = journal.record(one, "thing.made", "thing:1", after={"colour": "red"})
    with transaction.atomic():
        journal.record(one, "thing.changed", "thing:1", before={"colour": "red"}, after={"colour": "blue"})
    assert history.at(one.organisation, "thing:1", first.at) == {"colour": "red"}
    assert history.at(one.organisation, "thing:1", datetime.now(UTC)) == {"colour": "blue"}
    assert history.at(one.organisation, "thing:1", first.at - timedelta(seconds=1)) == {}
    page = (
        signed_in("analyst").get(f"/as-it-was/thing/1/?at={first.at.isoformat().replace('+', '%2B')}").content.decode()
    )
    assert "red" in page
    assert signed_in("analyst").get("/as-it-was/thing/1/?at=never").status_code == 400


def test_sites_and_plans_are_put_together_anew(signed_in: Callable[[str], Client], site: Site) -> None:
    analyst = signed_in("analyst")
    to = analyst.get(f"/as-it-was/site/{site.pk}/?at=2020-05-11").headers["Location"]
    assert to == f"/sites/{site.pk}/?as_of=2020-05-11&known_by=2020-05-11"
    to = analyst.get("/as-it-was/plan/P-2020-01/?at=2020-05-11").headers["Location"]
    assert to.startswith("/plans/of/P-2020-01/?as_of=2020-05-11")
