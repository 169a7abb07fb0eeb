"""Who works here: roles given and ended, invitations, helping back in, several organisations, notices."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from winze.engine.disclosure import ROLES
from winze.engine.problems import Refusal
from winze.workbench.access import Actor
from winze.workbench.models import Event, Invitation, Membership, Notice, Organisation, Session, User
from winze.workbench.store import Absent, Stale, journal, people

pytestmark = [pytest.mark.django_db, pytest.mark.store]
type Named = Callable[[str], Actor]
type SignedIn = Callable[[str], Client]
PASSWORD = "a winding shaft, 90 m deep"
EVERYBODY = tuple(ROLES)
ADMINISTRATORS = ("administrator", "approver")  # the example's approver looks after people too


def user(name: str) -> User:
    return User.objects.get(email=f"{name}@example.org")


def role_of(name: str, role: str) -> Membership:
    return Membership.objects.get(user=user(name), role=role, until=None)


# -- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(
    ("path", "form"),
    [("/people/end/", {}), ("/people/second-factor/", {}), ("/people/{id}/give/", {"role": "viewer"}),
     ("/people/{id}/help/", {}), ("/people/invite/", {}), ("/people/invitations/again/", {}),
     ("/people/invitations/revoke/", {})],
)  # fmt: skip
def test_only_an_administrator_looks_after_people(
    signed_in: SignedIn, who: str, path: str, form: dict[str, str]
) -> None:
    answer = signed_in(who).post(path.format(id=user("analyst").pk), form)
    assert (answer.status_code == 403) is (who not in ADMINISTRATORS)


@pytest.mark.parametrize("who", EVERYBODY)
def test_names_are_for_roles_that_see_personal_data(signed_in: SignedIn, who: str) -> None:
    browser = signed_in(who)
    seen = who in (*ADMINISTRATORS, "custodian")
    for path in ("/people/", f"/people/{user('responder').pk}/"):
        page = browser.get(path)
        assert page.status_code == 200
        if who != "responder":
            assert ("responder@example.org" in page.content.decode()) is seen, path
    assert f"person {user('viewer').pk}" in browser.get("/people/").content.decode()


def test_a_button_that_is_not_allowed_says_why(signed_in: SignedIn) -> None:
    page = signed_in("analyst").get("/people/").content.decode()
    assert "This is done by: administrator." in page
    assert 'href="/people/invite/"' not in page
    assert 'href="/people/invite/"' in signed_in("administrator").get("/people/").content.decode()


def test_a_list_of_people_that_is_passed_on_names_nobody(signed_in: SignedIn) -> None:
    form = {"sure": "yes", "form": "csv", "audience": "partner"}
    text = signed_in("administrator").post("/export/people/", form).content.decode("utf-8-sig")
    assert "administrator" in text
    assert "@example.org" not in text
    assert "Victor" not in text


def test_somebody_of_another_organisation_is_not_there(signed_in: SignedIn, actor: Named) -> None:
    stranger = user("stranger")
    browser = signed_in("administrator")
    assert browser.get(f"/people/{stranger.pk}/").status_code == 404
    assert browser.post(f"/people/{stranger.pk}/give/", {"role": "viewer"}).status_code == 404
    assert browser.post(f"/people/{stranger.pk}/help/", {"password": "1"}).status_code == 404
    assert browser.post("/people/end/", {"about": role_of("stranger", "analyst").pk}).status_code == 404
    letter, _ = people.invite(actor("stranger"), "new@example.org", "New", ["viewer"])
    for act in ("again", "revoke"):
        assert browser.post(f"/people/invitations/{act}/", {"about": letter.pk}).status_code == 404
    assert "new@example.org" not in browser.get("/people/invitations/").content.decode()
    assert role_of("stranger", "analyst")


# -- roles ----------------------------------------------------------------------------------------------------------


def test_an_ended_role_stays_as_history(signed_in: SignedIn) -> None:
    browser, viewer = signed_in("administrator"), user("viewer")
    standing = role_of("viewer", "viewer")
    browser.post("/people/end/", {"about": standing.pk})
    standing.refresh_from_db()
    assert standing.until is not None
    assert f"/people/{viewer.pk}/" not in browser.get("/people/").content.decode()
    assert f"/people/{viewer.pk}/" in browser.get("/people/?state=ended").content.decode()
    assert "Until" in browser.get(f"/people/{viewer.pk}/").content.decode()
    event = journal.of(standing.organisation_id, f"user:{viewer.pk}")[-1]
    assert (event.verb, event.before, event.after) == ("role.ended", {"roles": ["viewer"]}, {"roles": []})


def test_a_role_is_not_ended_twice(actor: Named) -> None:
    standing = role_of("viewer", "viewer")
    people.end(actor("administrator"), standing.pk)
    with pytest.raises(Stale):
        people.end(actor("administrator"), standing.pk)


def test_the_last_administrator_stays(actor: Named, signed_in: SignedIn) -> None:
    people.end(actor("administrator"), role_of("approver", "administrator").pk)
    last = role_of("administrator", "administrator")
    with pytest.raises(Refusal, match="last administrator"):
        people.end(actor("administrator"), last.pk)
    page = signed_in("administrator").post("/people/end/", {"about": last.pk}, follow=True)
    assert "This is the last administrator." in page.content.decode()
    assert role_of("administrator", "administrator")


def test_nobody_gives_themself_a_role(actor: Named) -> None:
    administrator = actor("administrator")
    with pytest.raises(Refusal, match="another administrator"):
        people.give(administrator, administrator.user, "analyst")
    people.give(actor("approver"), administrator.user, "analyst")
    assert role_of("administrator", "analyst")
    with pytest.raises(Stale):
        people.give(actor("approver"), administrator.user, "analyst")


def test_the_only_administrator_may_give_themself_a_role(actor: Named) -> None:
    people.end(actor("administrator"), role_of("approver", "administrator").pk)
    administrator = actor("administrator")
    people.give(administrator, administrator.user, "analyst")
    assert role_of("administrator", "analyst")


@pytest.mark.parametrize("role", ["", "emperor"])
def test_a_role_that_does_not_exist_is_not_given(signed_in: SignedIn, role: str) -> None:
    answer = signed_in("administrator").post(f"/people/{user('viewer').pk}/give/", {"role": role})
    assert answer.status_code == 404


def test_the_last_role_s_end_is_felt_at_the_next_request(actor: Named, signed_in: SignedIn) -> None:
    browser = signed_in("viewer")
    assert browser.get("/risks/").status_code == 200
    people.end(actor("administrator"), role_of("viewer", "viewer").pk)
    assert browser.get("/risks/").status_code == 403
    assert browser.get("/account/").status_code == 200, "their own account stays theirs"
    assert people.acting(user("viewer").pk, actor("administrator").organisation) is None
    with pytest.raises(Refusal, match="left"):
        people.give(actor("administrator"), user("viewer").pk, "viewer")


# -- invitations ----------------------------------------------------------------------------------------------------


def letter_for(browser: Client, email: str = "Nadia.New@Example.org", roles: tuple[str, ...] = ("viewer",)) -> str:
    """Invites somebody and gives the path of the link."""
    page = browser.post("/people/invite/", {"name": "Nadia New", "email": email, "role": roles})
    assert page.status_code == 200, page.content
    assert page.headers["Cache-Control"] == "no-store"
    link: str = page.context["links"][0][2]
    return link.removeprefix("http://testserver")


def test_an_invitation_makes_an_account(signed_in: SignedIn) -> None:
    path = letter_for(signed_in("administrator"), roles=("viewer", "funder"))
    browser = Client()
    assert "Example refiner" in browser.get(path).content.decode()
    answer = browser.post(path, {"name": "Nadia N.", "password": PASSWORD})
    assert answer.headers["Location"] == "/"
    new = User.objects.get(email="nadia.new@example.org")
    assert new.name == "Nadia N."
    assert {m.role for m in new.memberships.all()} == {"viewer", "funder"}
    assert browser.get("/risks/").status_code == 200, "signed in at once"
    assert Client().login(email="nadia.new@example.org", password=PASSWORD)


def test_an_invitation_opens_once(signed_in: SignedIn) -> None:
    path = letter_for(signed_in("administrator"))
    assert Client().post(path, {"name": "N", "password": PASSWORD}).status_code == 302
    for again in (Client().get(path), Client().post(path, {"name": "N", "password": PASSWORD})):
        assert again.status_code == 404
        assert "opens nothing any more" in again.content.decode()


@pytest.mark.parametrize(
    "change",
    [{"expires_at": datetime.now(UTC) - timedelta(seconds=1)}, {"revoked_at": datetime(2020, 1, 1, tzinfo=UTC)},
     {"token": "0" * 64}],
)  # fmt: skip
def test_an_invitation_that_does_not_stand_opens_nothing(signed_in: SignedIn, change: dict[str, object]) -> None:
    path = letter_for(signed_in("administrator"))
    Invitation.objects.update(**change)
    assert Client().get(path).status_code == 404
    assert Client().post(path, {"name": "N", "password": PASSWORD}).status_code == 404
    assert not User.objects.filter(email="nadia.new@example.org").exists()


def test_the_token_of_an_invitation_is_kept_as_its_hash(signed_in: SignedIn) -> None:
    secret = letter_for(signed_in("administrator")).split("/")[2]
    letter = Invitation.objects.get()
    assert secret not in repr(Invitation.objects.values())
    assert letter.expires_at - letter.at == timedelta(days=14)
    assert secret not in signed_in("administrator").get("/people/invitations/").content.decode()


def test_a_new_link_ends_the_old_one(signed_in: SignedIn) -> None:
    browser = signed_in("administrator")
    old = letter_for(browser)
    page = browser.post("/people/invitations/again/", {"about": Invitation.objects.get().pk})
    new = page.context["links"][0][2].removeprefix("http://testserver")
    assert Client().get(old).status_code == 404
    assert Client().get(new).status_code == 200


def test_a_second_invitation_to_one_address_ends_the_first(signed_in: SignedIn) -> None:
    browser = signed_in("administrator")
    old, new = letter_for(browser), letter_for(browser)
    assert Client().get(old).status_code == 404
    assert Client().get(new).status_code == 200


def test_an_invitation_is_revoked(signed_in: SignedIn) -> None:
    browser = signed_in("administrator")
    path = letter_for(browser)
    browser.post("/people/invitations/revoke/", {"about": Invitation.objects.get().pk})
    assert Client().get(path).status_code == 404
    page = browser.post("/people/invitations/again/", {"about": Invitation.objects.get().pk})
    assert page.status_code == 409, "what was taken back stays so"


def test_what_an_administrator_wrote_ends_with_that_role(signed_in: SignedIn, actor: Named) -> None:
    path = letter_for(signed_in("approver"))
    people.end(actor("administrator"), role_of("approver", "administrator").pk)
    assert Client().get(path).status_code == 404


def test_somebody_with_an_account_signs_in_to_accept(signed_in: SignedIn, actor: Named) -> None:
    path = letter_for(signed_in("administrator"), "stranger@example.org")
    refused = Client().post(path, {"name": "Evil", "password": PASSWORD})
    assert refused.status_code == 409, "nobody takes an account over by a link to its address"
    assert not Client().login(email="stranger@example.org", password=PASSWORD)
    browser = signed_in("stranger")
    assert browser.post(path).status_code == 302
    assert {of.key for of in people.organisations_of(user("stranger"))} == {"great-lakes", "other"}
    assert browser.get("/people/").context["organisation"].key == "great-lakes"


def test_an_invitation_is_for_its_address_alone(signed_in: SignedIn) -> None:
    path = letter_for(signed_in("administrator"))
    browser = signed_in("stranger")
    assert "another address" in browser.get(path).content.decode()
    browser.post(path, {"name": "Sam", "password": PASSWORD})
    assert {of.key for of in people.organisations_of(user("stranger"))} == {"other"}
    assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize("password", ["short", "password1234", "nadia.new@example.org", "Nadia New Nadia", ""])
def test_a_weak_password_is_not_taken(signed_in: SignedIn, password: str) -> None:
    path = letter_for(signed_in("administrator"))
    answer = Client().post(path, {"name": "Nadia New", "password": password})
    assert answer.status_code == 400
    assert answer.context["wrong"]
    assert not User.objects.filter(email="nadia.new@example.org").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [({"email": "no address"}, "not an e-mail address"), ({"name": " "}, "Give a name"), ({"role": []}, "one role"),
     ({"role": ["emperor"]}, "one role")],
)  # fmt: skip
def test_a_form_that_is_wrong_invites_nobody(signed_in: SignedIn, change: dict[str, object], said: str) -> None:
    form = {"name": "Nadia New", "email": "nadia@example.org", "role": ["viewer"], **change}
    answer = signed_in("administrator").post("/people/invite/", form)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Invitation.objects.exists()


def test_a_member_is_not_invited_again(signed_in: SignedIn) -> None:
    form = {"name": "V", "email": "VIEWER@example.org", "role": ["analyst"]}
    answer = signed_in("administrator").post("/people/invite/", form)
    assert answer.status_code == 409
    assert "member already" in answer.content.decode()


def test_the_first_administrator_comes_by_a_link(db: None) -> None:
    secret = people.first("cooperative", "A cooperative", "first@example.org", "Fatou First")
    browser = Client()
    assert browser.post(f"/invitation/{secret}/", {"name": "Fatou", "password": PASSWORD}).status_code == 302
    assert {m.role for m in user("first").memberships.all()} == {"administrator", "analyst"}
    assert browser.get("/people/").context["organisation"].key == "cooperative"
    with pytest.raises(Refusal, match="has an administrator"):
        people.first("cooperative", "A cooperative", "second@example.org", "Second")
    assert Organisation.objects.filter(key="cooperative").count() == 1


def test_the_journal_names_nobody(signed_in: SignedIn, actor: Named) -> None:
    seq = Event.objects.order_by("-seq")[0].seq
    path = letter_for(signed_in("administrator"))
    browser = Client()
    browser.post(path, {"name": "Nadia Chosen", "password": PASSWORD})
    browser.post("/account/", {"name": "Nadia Renamed", "language": "fr"})
    new = User.objects.get(email="nadia.new@example.org")
    people.give(actor("administrator"), new.pk, "funder")
    people.end(actor("administrator"), Membership.objects.get(user=new, role="viewer").pk)
    people.help_in(actor("administrator"), new.pk, "reset-link")
    events = list(Event.objects.filter(seq__gt=seq).values())
    assert {event["verb"] for event in events} >= {
        "member.invited", "invitation.accepted", "member.joined", "account.described", "role.given", "role.ended",
        "account.reset-link",
    }  # fmt: skip
    text = json.dumps(events, default=str).lower()
    for word in ("nadia", "example.org", "renamed", "chosen", PASSWORD, path.split("/")[2].lower()):
        assert word not in text
    assert journal.verify().fault is None


# -- helping back in ------------------------------------------------------------------------------------------------


def test_a_link_to_a_new_password_opens_once(signed_in: SignedIn) -> None:
    page = signed_in("administrator").post(f"/people/{user('viewer').pk}/help/", {"password": "1"})
    path = page.context["links"][0][2].removeprefix("http://testserver")
    browser = Client()
    form = browser.get(path, follow=True)
    done = browser.post(form.context["action_url"], {"password1": PASSWORD, "password2": PASSWORD})
    assert done.status_code == 302
    assert Client().login(email="viewer@example.org", password=PASSWORD)
    assert "opens nothing any more" in Client().get(path, follow=True).content.decode()
    assert Notice.objects.get(user=user("viewer")).text == "wb.notice.reset-link"


def test_nobody_is_helped_into_an_organisation_that_is_not_ours(signed_in: SignedIn, actor: Named) -> None:
    other = Organisation.objects.get(key="other")
    people.join(other, user("viewer"), ["analyst"], None)
    answer = signed_in("administrator").post(f"/people/{user('viewer').pk}/help/", {"password": "1"})
    assert answer.status_code == 409
    assert "an organisation you do not look after" in answer.content.decode()
    with pytest.raises(Refusal):
        people.help_in(actor("administrator"), user("viewer").pk, "second-factor-removed")
    assert not Notice.objects.filter(user=user("viewer")).exists()


def test_whoever_owns_the_machine_can_help(db: None) -> None:
    assert people.recover("VIEWER@example.org") == user("viewer")
    assert Event.objects.order_by("-seq")[0].actor == "system"
    assert people.recover("nobody@example.org") is None


# -- several organisations ------------------------------------------------------------------------------------------


def test_somebody_acts_for_one_organisation_at_a_time(signed_in: SignedIn) -> None:
    people.join(Organisation.objects.get(key="other"), user("analyst"), ["viewer"], None)
    browser = signed_in("analyst")
    viewer = user("viewer").pk
    assert browser.get(f"/people/{viewer}/").status_code == 200
    assert browser.post("/account/organisation/", {"organisation": "other"}).status_code == 302
    assert browser.get(f"/people/{viewer}/").status_code == 404
    assert browser.get("/people/").context["actor"].roles == {"viewer"}
    assert browser.post("/account/organisation/", {"organisation": "great-lakes"}).status_code == 302
    assert browser.get(f"/people/{viewer}/").status_code == 200


@pytest.mark.parametrize("key", ["other", "no-such", ""])
def test_an_organisation_that_is_not_one_s_own_is_not_there(signed_in: SignedIn, key: str) -> None:
    browser = signed_in("analyst")
    assert browser.post("/account/organisation/", {"organisation": key}).status_code == 404
    assert browser.get("/people/").context["organisation"].key == "great-lakes"


def test_a_session_that_names_another_organisation_does_not_open_it(signed_in: SignedIn) -> None:
    browser = signed_in("analyst")
    session = browser.session
    session["organisation"] = "other"
    session.save()
    assert browser.get("/people/").context["organisation"].key == "great-lakes"


# -- notices --------------------------------------------------------------------------------------------------------


def told(name: str, organisation: str = "great-lakes") -> Notice:
    return Notice.objects.create(
        organisation=Organisation.objects.get(key=organisation), user=user(name), text="wb.notice.job-done",
        values={"job": "@wb.job.import"}, about="person:1", at=datetime.now(UTC),
    )  # fmt: skip


def test_a_person_reads_their_own_notices(signed_in: SignedIn) -> None:
    mine, theirs = told("analyst"), told("viewer")
    browser = signed_in("analyst")
    page = browser.get("/notices/")
    assert "Import: done" in page.content.decode()
    assert page.context["unread"] == 1
    assert page.context["page"].count == 1
    browser.post("/notices/read/", {"about": [mine.pk, theirs.pk]})
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert mine.read_at is not None
    assert theirs.read_at is None
    assert browser.get("/notices/?state=new").context["page"].count == 0


def test_all_notices_are_read_at_once_and_only_here(signed_in: SignedIn) -> None:
    people.join(Organisation.objects.get(key="other"), user("analyst"), ["viewer"], None)
    here, there = told("analyst"), told("analyst", "other")
    signed_in("analyst").post("/notices/read/", {"all": "1"})
    here.refresh_from_db()
    there.refresh_from_db()
    assert here.read_at is not None
    assert there.read_at is None


def test_a_notice_is_worded_in_the_reader_s_language(signed_in: SignedIn) -> None:
    told("analyst")
    browser = signed_in("analyst")
    browser.post("/language/", {"language": "zh-hans"})
    assert "导入：已完成" in browser.get("/notices/").content.decode()


def test_sessions_know_whose_they_are(signed_in: SignedIn) -> None:
    signed_in("viewer")
    assert Session.objects.filter(user=user("viewer")).count() == 1


def test_a_member_of_no_organisation_is_absent_for_all(actor: Named) -> None:
    loner = User.objects.create_user("loner@example.org", PASSWORD, name="Loner")
    with pytest.raises(Absent):
        people.member(actor("administrator"), loner.pk)


def test_the_list_says_that_it_shows_standing_roles_unless_asked(signed_in: SignedIn, actor: Named) -> None:
    people.end(actor("administrator"), role_of("viewer", "viewer").pk)
    browser = signed_in("administrator")
    page = browser.get("/people/")
    assert '<option value="standing" selected>' in page.content.decode()
    standing, ended, all_ = (browser.get(f"/people/?state={one}").context["page"].count for one in ROLE_STATES)
    assert (page.context["page"].count, ended, all_) == (standing, 1, standing + 1)
    assert browser.get("/people/?state=asleep").status_code == 400


ROLE_STATES = ("standing", "ended", "all")


@pytest.mark.parametrize("path", ["/people/", "/account/", "/notices/", "/account/tokens/", "/people/invitations/"])
def test_a_page_asks_the_database_little(
    signed_in: SignedIn, django_assert_max_num_queries: Callable[[int], Any], path: str
) -> None:
    browser = signed_in("administrator")
    with django_assert_max_num_queries(20):
        assert browser.get(path).status_code == 200


def test_when_somebody_was_last_here_is_told_no_closer_than_the_month(signed_in: SignedIn) -> None:
    User.objects.filter(email="viewer@example.org").update(last_login=datetime(2020, 5, 11, 9, 30, tzinfo=UTC))
    page = signed_in("administrator").get("/people/").content.decode()
    assert "May 2020" in page
    assert "11 May 2020" not in page
    form = {"sure": "yes", "form": "csv", "audience": "partner"}
    assert "2020" not in signed_in("administrator").post("/export/people/", form).content.decode()
