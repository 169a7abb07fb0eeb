"""The home page: what needs this person now, and what changed since they were last here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client

from winze.workbench.access import Actor
from winze.workbench.models import Invitation, Job, LastSeen, PlanRow, RiskRow
from winze.workbench.store import cycles, desk, journal, together

pytestmark = [pytest.mark.django_db]
type Acting = Callable[[str], Actor]
type SignedIn = Callable[[str], Client]
NOW = datetime.now(UTC)


def a_risk(actor: Actor) -> str:
    return f"risk:{RiskRow.objects.filter(run=cycles.newest(actor.organisation), audience='internal')[0].key}"


def test_an_empty_register_teaches_the_first_steps_with_templates(signed_in: SignedIn) -> None:
    browser = signed_in("stranger")
    shown = browser.get("/").content.decode()
    assert "Nothing is in the register yet" in shown
    for name in ("sites", "chain", "step1"):
        assert f"/imports/template/{name}/en/" in shown
        assert browser.get(f"/imports/template/{name}/en/").content[:2] == b"PK"
    assert browser.get("/imports/template/secrets/en/").status_code == 404


def test_the_title_counts_what_needs_this_person(signed_in: SignedIn, actor: Acting) -> None:
    who = actor("analyst")
    waiting = sum(desk.waiting(who, cycles.newest(who.organisation)).values())
    assert waiting > 0
    together.assign(actor("approver"), a_risk(who), who.user, None)
    assert f"{waiting + 1} things need you this week" in signed_in("analyst").get("/").content.decode()
    later = NOW.date() + timedelta(days=60)
    together.assign(actor("approver"), a_risk(who), who.user, later)
    assert f"{waiting + 1} things" not in signed_in("analyst").get("/").content.decode()


def test_each_role_is_told_of_its_own(actor: Acting) -> None:
    run = cycles.newest(actor("analyst").organisation)
    organisation = actor("analyst").organisation
    PlanRow.objects.filter(run=run, key="P-2020-01").update(state="submitted")
    Job.objects.create(organisation_id=organisation, verb="cycle", state="failed", at=NOW, ended_at=NOW)
    Invitation.objects.create(
        organisation_id=organisation, email="new@example.org", name="New", roles=["viewer"], token="x" * 64,
        by_id=actor("administrator").user, at=NOW, expires_at=NOW + timedelta(days=3),
    )  # fmt: skip
    assert desk.waiting(actor("administrator"), run) == {"jobs": 1, "invitations": 1}
    assert desk.waiting(actor("approver"), run)["signatures"] == 1
    assert "signatures" not in desk.waiting(actor("analyst"), run)
    assert desk.waiting(actor("viewer"), run) == {}


def test_clocks_stand_in_order_each_with_its_rule(actor: Acting) -> None:
    run = cycles.newest(actor("analyst").organisation)
    assert run
    clocks = desk.clocks(actor("analyst"), run)
    assert len(clocks) == desk.STRIP
    assert [one.day for one in clocks] == sorted(one.day for one in clocks)
    assert all(one.rule for one in clocks)
    assert [one.overdue for one in clocks] == [one.day < date(2020, 5, 11) for one in clocks]
    assert clocks[0].overdue


def test_a_run_of_its_own_day_is_looked_at_today(actor: Acting) -> None:
    run = cycles.newest(actor("analyst").organisation)
    assert run
    assert desk.today_of(run) == date(2020, 5, 11)  # asked later, about that day
    run.as_of = run.known_by
    assert desk.today_of(run) == NOW.date()


def test_a_visit_begins_after_half_an_hour_away(actor: Acting) -> None:
    who = actor("analyst")
    assert desk.visited(who, NOW) is None
    assert desk.visited(who, NOW + timedelta(minutes=10)) is None
    away = NOW + timedelta(days=2)
    assert desk.visited(who, away) == NOW + timedelta(minutes=10)
    assert desk.visited(who, away + timedelta(minutes=5)) == NOW + timedelta(minutes=10)  # still the same visit
    assert LastSeen.objects.filter(user=who.user).count() == 1


def test_what_changed_since_the_last_visit(signed_in: SignedIn, actor: Acting) -> None:
    LastSeen.objects.create(
        organisation_id=actor("analyst").organisation, user_id=actor("analyst").user, at=NOW - timedelta(days=5)
    )
    with transaction.atomic():
        waiting = cycles.ask(actor("approver"), date(2017, 6, 1))
    cycles.run(waiting, actor("approver"), lambda step, done, total: None)
    shown = signed_in("analyst").get("/").content.decode()
    assert "What changed since your last visit" in shown
    assert "Cycles run: " in shown
    assert "Risks that went: " in shown
    assert f"/cycle/compare/?run={waiting.pk}" in shown


def test_names_of_files_are_news_for_the_team_alone(actor: Acting) -> None:
    long_ago = NOW - timedelta(days=400)
    assert "import.loaded" in dict(desk.news(actor("analyst"), long_ago))
    assert desk.imports_since(actor("analyst"), long_ago)
    told = dict(desk.news(actor("viewer"), long_ago))
    assert "cycle.run" in told
    assert not any(verb.startswith(("import.", "match.", "plan.")) for verb in told)
    assert desk.imports_since(actor("viewer"), long_ago) == []


def test_a_mention_stands_on_the_page_with_who_said_it(signed_in: SignedIn, actor: Acting) -> None:
    together.comment(actor("approver"), a_risk(actor("analyst")), "@Amina Analyst please look")
    shown = signed_in("analyst").get("/").content.decode()
    assert "<b>Ada Approver</b> · You are mentioned in a comment" in shown
    browser = signed_in("analyst")
    assert browser.post("/notices/read/", {"all": "yes", "next": "/"}).status_code == 302
    assert "You are mentioned" not in browser.get("/").content.decode()


def test_somebody_without_precise_eyes_reads_no_name_of_a_site(signed_in: SignedIn, actor: Acting) -> None:
    from winze.workbench.models import SitePlace

    names = SitePlace.objects.filter(site__organisation=actor("viewer").organisation).values_list("name", flat=True)
    shown = signed_in("viewer").get("/").content.decode()
    assert not any(name in shown for name in names)
    assert journal.verify().fault is None


@pytest.mark.parametrize("name", ["analyst", "approver", "viewer", "administrator", "stranger"])
def test_no_page_asks_the_database_more_than_thirty_times(
    signed_in: SignedIn, name: str, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    browser = signed_in(name)
    for path in ("/", "/cycle/", "/map/", "/cycle/compare/", "/search/?q=exemple"):
        with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
            assert browser.get(path).status_code == 200
