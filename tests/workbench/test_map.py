"""The map: precise points for precise eyes alone, and always the same places as a list."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from django.test import Client

from winze.engine.disclosure import SMALL
from winze.workbench.access import Actor
from winze.workbench.models import Event, PlaceRow, RiskRow, SitePlace
from winze.workbench.store import cycles

pytestmark = [pytest.mark.django_db]
type Acting = Callable[[str], Actor]
type SignedIn = Callable[[str], Client]


def points(answer: dict[str, list[dict[str, list[float]]]]) -> set[tuple[float, float]]:
    return {(round(place["at"][0], 3), round(place["at"][1], 3)) for place in answer["places"]}


def held(actor: Actor) -> set[tuple[float, float]]:
    rows = SitePlace.objects.filter(site__organisation=actor.organisation, lat__isnull=False)
    return {(round(lat, 3), round(lon, 3)) for lat, lon in rows.values_list("lat", "lon")}


def test_precise_eyes_get_sites_where_they_are_and_the_journal_knows(signed_in: SignedIn, actor: Acting) -> None:
    found = signed_in("analyst").get("/map/places.json").json()
    assert points(found) == held(actor("analyst"))
    opened = Event.objects.filter(verb="opened", subject__startswith="map:", actor=actor("analyst").id)
    assert opened.count() == 1
    signed_in("analyst").get("/map/")
    assert opened.count() == 1  # once a day


@pytest.mark.parametrize("name", ["viewer", "funder", "government", "administrator", "custodian", "responder"])
def test_others_get_areas_at_their_coarse_middle(signed_in: SignedIn, actor: Acting, name: str) -> None:
    browser = signed_in(name)
    found = browser.get("/map/places.json").json()
    assert found["places"]
    assert all(place["kind"] == "area" for place in found["places"])
    assert not points(found) & held(actor(name))
    assert all(lat * 10 == pytest.approx(round(lat * 10)) and lon * 10 == pytest.approx(round(lon * 10))
               for lat, lon in points(found))  # fmt: skip
    shown = browser.get("/map/").content.decode()
    names = SitePlace.objects.filter(site__organisation=actor(name).organisation).values_list("name", flat=True)
    assert not any(site in shown for site in names)
    assert not Event.objects.filter(verb="opened", actor=actor(name).id).exists()


def test_the_map_and_its_list_say_the_same_under_every_filter(signed_in: SignedIn) -> None:
    browser = signed_in("analyst")
    for query in ("", "?letter=B", "?layer=unvisited", "?layer=ranked&territory=Mwenga", "?country=RWA"):
        drawn = {place["name"] for place in browser.get(f"/map/places.json{query}").json()["places"]}
        answer = browser.post(f"/export/places/{query}", {"sure": "yes", "form": "csv", "audience": "internal"})
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert {row["Place"] for row in rows if row["On the map"] == "True"} == drawn
        assert drawn
        page = browser.get(f"/map/{query}").content.decode()
        assert f"Places: {len(rows)}" in page
        assert f'data-marks="/map/places.json{query}"' in page.replace("&amp;", "&").replace('json?"', 'json"')


def test_a_place_without_a_point_stands_in_the_list(signed_in: SignedIn, actor: Acting) -> None:
    run = cycles.newest(actor("analyst").organisation)
    unplaced = PlaceRow.objects.filter(run=run, audience="internal", lat=None)
    assert unplaced
    shown = signed_in("analyst").get("/map/").content.decode()
    assert all(row.named in shown for row in unplaced)


def test_places_add_up_to_the_risks_of_places(actor: Acting) -> None:
    run = cycles.newest(actor("analyst").organisation)
    for audience in cycles.EYES:
        rows = PlaceRow.objects.filter(run=run, audience=audience)
        placed = RiskRow.objects.filter(run=run, audience=audience, place__kind__in=("site", "area"))
        assert sum(row.ranked + row.watched for row in rows) == placed.count() > 0
        for row in rows.exclude(letter=""):
            at = RiskRow.objects.get(run=run, audience=audience, position=row.first)
            assert at.rank == row.rank
            assert row.letters[0] == row.letter


def test_small_numbers_of_sites_are_not_told_to_others(actor: Acting) -> None:
    run = cycles.newest(actor("analyst").organisation)
    for row in PlaceRow.objects.filter(run=run, audience="partner"):
        assert row.sites is None or row.sites == 0 or row.sites >= SMALL
        assert row.newest_visit is None


def test_time_is_a_row_of_links_that_keep_the_filters(signed_in: SignedIn, actor: Acting) -> None:
    from datetime import date

    from django.db import transaction

    with transaction.atomic():
        waiting = cycles.ask(actor("analyst"), date(2020, 3, 1))
    cycles.run(waiting, actor("analyst"), lambda step, done, total: None)
    shown = signed_in("analyst").get("/map/?letter=B").content.decode()
    steps = re.findall(r'href="(\?run=\d+&amp;letter=B)"( aria-current="true")?>', shown)
    assert len(steps) == 2
    assert [bool(here) for _, here in steps] == [True, False]


def test_borders_carry_their_disclaimer_and_outlines_come_from_here(signed_in: SignedIn) -> None:
    browser = signed_in("viewer")
    assert "take no position on the status of any territory" in browser.get("/map/").content.decode()
    found = browser.get("/map/outlines.json")
    codes = {one["properties"]["code"] for one in found.json()["features"]}
    assert {"COD", "RWA", "CHN"} <= codes
    assert browser.get("/map/outlines.json", headers={"If-None-Match": found.headers["ETag"]}).status_code == 304


def test_a_filter_that_is_none_is_said_so(signed_in: SignedIn) -> None:
    assert signed_in("viewer").get("/map/places.json?letter=Z").status_code == 400
    assert signed_in("viewer").get("/map/?layer=gold").status_code == 400
    assert signed_in("viewer").get("/map/places.json?run=999999").status_code == 404
