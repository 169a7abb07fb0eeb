"""Sites and parties: what stands and what stood, new words beside old ones, and who may see where."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from winze.engine.records import Supply
from winze.workbench.access import Actor
from winze.workbench.models import Event, Party, Site, Told
from winze.workbench.store import register

pytestmark = [pytest.mark.django_db, pytest.mark.store]
TODAY = datetime.now(UTC).date()


@pytest.fixture
def site(actor: Callable[[str], Actor]) -> Site:
    return Site.objects.select_related("place").get(place__name="Exemple Kalehe 1")


def edit(browser: Client, site: Site, **more: Any) -> Any:
    given = {
        "version_number": Site.objects.get(pk=site.pk).version_number, "site": site.place.name,
        "territory": "Kalehe, Sud-Kivu", "seen-on": TODAY.isoformat(), "why": "counted by the cooperative",
    }  # fmt: skip
    return browser.post(f"/sites/{site.pk}/edit/", given | more)


def test_an_edit_is_one_more_statement_and_the_old_ones_stay(signed_in: Callable[[str], Client], site: Site) -> None:
    before = list(Told.objects.filter(subject=site.subject).values_list("id", "gone_on"))
    workers = site.place.workers
    assert edit(signed_in("analyst"), site, workers="77").status_code == 302
    assert (
        list(Told.objects.filter(subject=site.subject, id__in=[pk for pk, _ in before]).values_list("id", "gone_on"))
        == before
    )
    site.refresh_from_db()
    assert Site.objects.get(pk=site.pk).place.workers == 77 != workers
    event = Event.objects.order_by("-seq").filter(verb="site.edited")[0]
    assert (event.before or {})["workers"] == workers
    assert (event.after or {})["workers"] == 77
    assert event.why == "counted by the cooperative"


def test_only_what_differs_is_said_anew(signed_in: Callable[[str], Client], site: Site) -> None:
    edit(signed_in("analyst"), site, workers="78")
    told = Told.objects.filter(subject=site.subject, kind="site").order_by("-id")[0]
    assert told.said["said"] == {"name": site.place.name, "country": "COD", "workers": 78}


def test_as_of_before_and_after_an_edit(
    signed_in: Callable[[str], Client], actor: Callable[[str], Actor], site: Site
) -> None:
    edit(signed_in("analyst"), site, workers="79")
    organisation, yesterday = actor("analyst").organisation, TODAY - timedelta(days=1)
    now = register.as_of(organisation, TODAY, None, {site.subject}).sites[site.subject]
    then = register.as_of(organisation, yesterday, None, {site.subject}).sites[site.subject]
    assert (now.workers, then.workers) == (79, site.place.workers)
    # what was received later does not count by an earlier day, whatever day it speaks of
    assert site.subject not in register.as_of(organisation, TODAY, yesterday, {site.subject}).sites


def test_a_second_word_of_the_same_day_takes_the_place_of_the_first(
    signed_in: Callable[[str], Client], site: Site
) -> None:
    analyst = signed_in("analyst")
    edit(analyst, site, workers="80")
    edit(analyst, site, workers="81")
    assert Site.objects.get(pk=site.pk).place.workers == 81
    told = Told.objects.filter(subject=site.subject, kind="site", of=None).order_by("id")
    assert [row.gone_on for row in told] == [TODAY, None]
    assert told[0].gone_by == Event.objects.filter(verb="site.edited").order_by("-seq")[0].seq


def test_a_stale_form_saves_nothing(signed_in: Callable[[str], Client], site: Site) -> None:
    analyst, old = signed_in("analyst"), Site.objects.get(pk=site.pk).version_number
    assert edit(analyst, site, workers="82").status_code == 302
    answer = edit(analyst, site, workers="83", version_number=old)
    assert answer.status_code == 409
    assert Site.objects.get(pk=site.pk).place.workers == 82


def test_putting_the_register_together_anew_makes_no_form_stale(actor: Callable[[str], Actor], site: Site) -> None:
    before = list(Site.objects.order_by("id").values_list("id", "version_number"))
    register.refresh(actor("analyst").organisation)
    assert list(Site.objects.order_by("id").values_list("id", "version_number")) == before


def test_a_wrong_cell_is_a_problem_with_its_heading(signed_in: Callable[[str], Client], site: Site) -> None:
    answer = edit(signed_in("analyst"), site, workers="many")
    assert answer.status_code == 422
    assert "many" in answer.content.decode()


def test_a_new_site_and_its_name_only_once(signed_in: Callable[[str], Client]) -> None:
    analyst = signed_in("analyst")
    given = {"site": "Exemple Neuf", "country": "RDC", "territory": "Kalehe, Sud-Kivu", "minerals": "or",
             "seen-on": "2020-05-01", "why": "met the owner"}  # fmt: skip
    assert analyst.post("/sites/new/", given).status_code == 302
    made = Site.objects.get(subject="site:Exemple Neuf")
    assert (made.country, made.territory, made.minerals) == ("COD", "Kalehe", ["gold"])
    assert analyst.post("/sites/new/", given).status_code == 409
    assert analyst.post("/sites/new/", given | {"country": "Atlantis", "site": "B"}).status_code == 422


def test_only_an_analyst_edits(signed_in: Callable[[str], Client], site: Site) -> None:
    for who in ("viewer", "approver", "assessor", "funder"):
        assert edit(signed_in(who), site, workers="5").status_code == 403
    assert edit(signed_in("stranger"), site, workers="5").status_code == 404


def test_partners_see_territory_and_code_only(signed_in: Callable[[str], Client], site: Site) -> None:
    for who in ("viewer", "funder", "responder", "government", "custodian", "administrator"):
        browser = signed_in(who)
        page = browser.get(f"/sites/{site.pk}/").content.decode() + browser.get("/sites/").content.decode()
        assert site.code in page
        assert "Kalehe" in page
        for hidden in (site.place.name, site.subject, f"{site.place.lat:.4f}"):
            assert hidden not in page, (who, hidden)
    assert site.place.name in signed_in("approver").get(f"/sites/{site.pk}/").content.decode()


def test_partners_cannot_probe_the_day_of_a_visit(signed_in: Callable[[str], Client]) -> None:
    viewer = signed_in("viewer")
    for asked in ("before=2020-01-01", "since=2020-01-01", "order=newest", "name=Exemple", "chain=yes"):
        assert viewer.get(f"/sites/?{asked}").status_code == 400
    assert viewer.get("/sites/?territory=kalehe&mineral=coltan&visited=yes").status_code == 200


def test_the_opening_of_a_precise_place_is_kept_once_a_day(signed_in: Callable[[str], Client], site: Site) -> None:
    def opened() -> list[str]:
        return list(Event.objects.filter(verb="opened", subject=site.subject).values_list("actor", flat=True))

    analyst, approver = signed_in("analyst"), signed_in("approver")
    for browser in (analyst, analyst, approver, signed_in("viewer")):
        browser.get(f"/sites/{site.pk}/")
    assert len(opened()) == 2 == len(set(opened()))


def test_the_code_of_a_site_is_the_same_in_a_run_and_in_the_register(signed_in: Callable[[str], Client]) -> None:
    from winze.workbench.models import RiskRow

    row = RiskRow.objects.filter(audience="partner", place__kind="site", rank__isnull=False)[0]
    found = Site.objects.get(code=row.place["code"])
    viewer = signed_in("viewer")
    assert f'href="/sites/{found.pk}/"' in viewer.get(f"/risks/{row.position}/").content.decode()
    assert f"/risks/{row.position}/?" in viewer.get(f"/sites/{found.pk}/").content.decode()


def test_unknown_stays_the_word_unknown(signed_in: Callable[[str], Client]) -> None:
    bare = Site.objects.get(place__name="Exemple Kalehe 5")  # listed by the user, never visited, workers not counted
    page = signed_in("analyst").get(f"/sites/{bare.pk}/").content.decode()
    assert page.count('class="unknown"') >= 5
    assert "never visited" in page


def test_a_site_not_known_on_a_day_says_so(signed_in: Callable[[str], Client], site: Site) -> None:
    page = signed_in("analyst").get(f"/sites/{site.pk}/?as_of=2001-01-01").content.decode()
    assert "did not know this site" in page
    assert signed_in("analyst").get(f"/sites/{site.pk}/?as_of=yesterday").status_code == 400


def test_a_site_as_a_file_names_the_head(signed_in: Callable[[str], Client], site: Site) -> None:
    analyst = signed_in("analyst")
    assert analyst.post(f"/sites/{site.pk}/export/", {"form": "json"}).headers["Content-Type"].startswith("text/html")
    answer = analyst.post(f"/sites/{site.pk}/export/", {"form": "json", "sure": "yes"})
    assert json.loads(answer.content)["journal_head"] == answer.headers["X-Winze-Journal-Head"]
    assert site.place.name in answer.content.decode()
    partner = signed_in("viewer").post(f"/sites/{site.pk}/export/", {"form": "csv", "sure": "yes"})
    assert site.place.name not in partner.content.decode()
    assert site.code in partner.content.decode()


# -- parties ---------------------------------------------------------------------------------------------------------


def link_of(supplier: str) -> Told:
    return Told.objects.get(kind=Supply.kind, said__said__supplier=supplier, gone_on=None)


LINK = {"supplier": "Coopérative Exemple Pangi", "buyer": "Comptoir Exemple Kindu", "mineral": "cassiterite",
        "origin": "Pangi", "route": "Kalima > Kindu", "from": "2019-01-10", "why": "left us"}  # fmt: skip


def test_a_link_is_ended_and_the_past_still_has_it(
    signed_in: Callable[[str], Client], actor: Callable[[str], Actor]
) -> None:
    old = link_of(LINK["supplier"])
    assert signed_in("analyst").get(f"/links/{old.pk}/").status_code == 200
    assert signed_in("analyst").post(f"/links/{old.pk}/", LINK | {"to": "2020-04-30"}).status_code == 302
    new = link_of(LINK["supplier"])
    assert new.said["said"]["until"] == "2020-04-30"
    old.refresh_from_db()
    assert old.gone_on == TODAY
    event = Event.objects.filter(verb="link.edited").order_by("-seq")[0]
    assert (old.gone_by, (event.before or {})["until"], (event.after or {})["until"]) == (event.seq, None, "2020-04-30")
    assert signed_in("analyst").post(f"/links/{old.pk}/", LINK | {"to": "2020-05-30"}).status_code == 409


def test_a_new_link_brings_a_party_and_changes_the_chain(signed_in: Callable[[str], Client]) -> None:
    given = LINK | {"supplier": "Coopérative Neuve", "origin": "Exemple Irumu 1", "mineral": "gold"}
    irumu = Site.objects.get(place__name="Exemple Irumu 1")
    assert not irumu.in_chain
    assert signed_in("analyst").post("/links/new/", given).status_code == 302
    irumu.refresh_from_db()
    assert irumu.in_chain
    party = Party.objects.get(name="Coopérative Neuve")
    page = signed_in("approver").get(f"/parties/{party.pk}/").content.decode()
    assert "Exemple Irumu 1" in page
    assert signed_in("analyst").post("/links/new/", given).status_code == 409
    assert signed_in("analyst").post("/links/new/", given | {"mineral": "cheese"}).status_code == 422


def test_a_party_page_names_links_risks_and_plans(signed_in: Callable[[str], Client]) -> None:
    party = Party.objects.get(subject="party:comptoir exemple bukavu")
    page = signed_in("assessor").get(f"/parties/{party.pk}/").content.decode()
    for shown in ("Négociant Exemple Shabunda", "Fonderie Exemple SA", "P-2020-01", "/risks/"):
        assert shown in page, shown


def test_parties_are_not_for_partners_nor_for_others(signed_in: Callable[[str], Client]) -> None:
    party = Party.objects.get(subject="party:comptoir exemple bukavu")
    assert signed_in("viewer").get(f"/parties/{party.pk}/").status_code == 403
    assert signed_in("funder").get("/parties/").status_code == 403
    assert signed_in("stranger").get(f"/parties/{party.pk}/").status_code == 404
    assert signed_in("stranger").get(f"/sites/{Site.objects.all()[0].pk}/").status_code == 404


def test_a_party_as_of_an_earlier_day(signed_in: Callable[[str], Client]) -> None:
    party = Party.objects.get(subject="party:societe exemple or fictif")
    page = signed_in("analyst").get(f"/parties/{party.pk}/?as_of=2020-01-01").content.decode()
    assert "did not know this party" in page
    assert date(2020, 4, 15) < TODAY
    assert "Comptoir Exemple Bukavu" in signed_in("analyst").get(f"/parties/{party.pk}/").content.decode()
