"""Search: in any script, by code and number, scoped, and no further than the eyes of who asks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from winze.engine.register import fold
from winze.workbench.access import Actor
from winze.workbench.models import Import, Party, Site, SitePlace
from winze.workbench.store import search

pytestmark = [pytest.mark.django_db, pytest.mark.store]
type Acting = Callable[[str], Actor]
type SignedIn = Callable[[str], Client]


def hits(actor: Actor, asked: str, kind: str | None = None) -> list[str]:
    return [
        str(hit.words[0]) for group in search.search(actor, asked) if kind in (None, group.kind) for hit in group.hits
    ]


def a_site(actor: Actor, name: str, code: str = "AAAAAA", territory: str = "") -> Site:
    site = Site.objects.create(
        organisation_id=actor.organisation, subject=f"site:test/{code}", code=code, country="COD", territory=territory
    )
    SitePlace.objects.create(site=site, name=name, folded=fold(name))
    return site


def a_party(actor: Actor, name: str) -> None:
    Party.objects.create(
        organisation_id=actor.organisation, subject=f"party:{fold(name)}", name=name, folded=fold(name)
    )


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("刚果矿业有限公司", "刚果"),
        ("منجم الأمل", "الامل"),
        ("Société Minière d’Élan", "elan"),
        ("SOCIÉTÉ D'EXPLOITATION", "exploit"),
        ("Рудник Надежда", "надежда"),
        ("Nyabibwe-Kalimbi", "nyabibwe kalimbi"),
    ],
)
def test_names_are_found_in_any_script_without_accents(actor: Acting, name: str, asked: str) -> None:
    a_site(actor("analyst"), name)
    a_party(actor("analyst"), name)
    assert hits(actor("analyst"), asked, "site") == [name]
    assert hits(actor("analyst"), asked, "party") == [name]


def test_the_nearest_comes_first(actor: Acting) -> None:
    for number, name in enumerate(("Rubaya", "Rubaya Nord", "Mine Rubaya", "Karubaya")):
        a_site(actor("analyst"), name, f"AAAAA{number + 2}")
    assert hits(actor("analyst"), "rubaya", "site") == ["Rubaya", "Rubaya Nord", "Mine Rubaya", "Karubaya"]


def test_a_source_key_a_risk_and_the_number_of_an_import_are_found(actor: Acting) -> None:
    who = actor("analyst")
    assert hits(who, "codmine90001", "site") == ["Exemple Shabunda 1"]
    assert hits(who, "serious-abuse/site:ipis/codmine90001", "risk") == ["@term.risk.serious-abuse"]
    load = Import.objects.filter(organisation=who.organisation).order_by("id")[0]
    for asked in (str(load.pk), f"#{load.pk}", load.name[:6], load.file.sha256[:10]):
        assert load.name in hits(who, asked, "import")
    assert "P-2020-01" in hits(who, "p-2020", "plan")


@pytest.mark.parametrize("asked", ["Pillage", "pillage", "劫掠"])
def test_a_risk_is_found_by_what_it_is_called_in_any_language(actor: Acting, asked: str) -> None:
    assert set(hits(actor("viewer"), asked, "risk")) == {"@term.risk.serious-abuse"}


def test_without_precise_eyes_a_site_is_its_code_and_territory(actor: Acting, signed_in: SignedIn) -> None:
    site = a_site(actor("analyst"), "Colline Secrète", "QWERTY", "Fizi-Est")
    for asked in ("Colline", "secrete", "test/QWERTY", "site:test"):
        assert hits(actor("viewer"), asked) == []
        assert hits(actor("analyst"), asked, "site") == ["Colline Secrète"]
    for asked in ("QWERTY", "qwer", "fizi"):
        assert hits(actor("viewer"), asked, "site") == [site.code]
    shown = signed_in("viewer").get("/search/?q=QWERTY").content.decode()
    assert "QWERTY" in shown
    assert "Colline" not in shown


@pytest.mark.parametrize("name", ["viewer", "funder", "administrator", "custodian"])
def test_parties_and_files_are_found_by_the_team_alone(actor: Acting, name: str) -> None:
    assert hits(actor("analyst"), "comptoir", "party")
    assert hits(actor("analyst"), "ma_chaine", "import")
    assert hits(actor(name), "comptoir") == []
    assert hits(actor(name), "ma_chaine") == []


def test_another_organisation_is_not_found(actor: Acting) -> None:
    for asked in ("Exemple", "comptoir", "codmine90001", "pillage", "1", "P-2020-01"):
        assert hits(actor("stranger"), asked) == []


def test_marks_of_patterns_are_only_marks(actor: Acting) -> None:
    a_site(actor("analyst"), "100% Or_Fin", "ZZZZZZ")
    for asked in ("%", "_", "%%%", "\\", "'; DROP TABLE workbench_site; --", "\0", "  "):
        assert len(hits(actor("analyst"), asked, "site")) <= 1
    assert "100% Or_Fin" in hits(actor("analyst"), "100 or", "site")
    assert hits(actor("analyst"), "x" * 5000) == []


def test_a_kind_shows_twenty_and_says_that_there_are_more(actor: Acting, signed_in: SignedIn) -> None:
    for number in range(25):
        a_site(actor("analyst"), f"Zambia {number:02}", f"B{number:05}")
    group = next(one for one in search.search(actor("analyst"), "zambia") if one.kind == "site")
    assert (len(group.hits), group.more) == (20, True)
    assert "There are more" in signed_in("analyst").get("/search/?q=zambia").content.decode()


def test_what_is_asked_is_shown_as_text(signed_in: SignedIn) -> None:
    shown = signed_in("analyst").get("/search/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in shown
    assert "Nothing is called" in shown
