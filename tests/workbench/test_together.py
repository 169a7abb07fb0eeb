"""Remarks, mentions and tasks: who may say what of which, who is told, and many at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from winze.engine.problems import Refusal
from winze.workbench.access import Actor
from winze.workbench.models import Assignment, Comment, CommentText, Event, Notice, RiskRow, Site, User
from winze.workbench.store import Absent, Stale, cycles, journal, things, together

pytestmark = [pytest.mark.django_db, pytest.mark.store]
type Acting = Callable[[str], Actor]
type SignedIn = Callable[[str], Client]
SOON = datetime.now(UTC).date() + timedelta(days=3)


def a_risk(actor: Actor, position: int = 1) -> str:
    run = cycles.newest(actor.organisation)
    return f"risk:{RiskRow.objects.get(run=run, audience='internal', position=position).key}"


def number(name: str) -> int:
    return User.objects.get(email=f"{name}@example.org").pk


def a_site(actor: Actor) -> Site:
    return Site.objects.filter(organisation=actor.organisation).select_related("place").order_by("id")[0]


# -- what is there for whom ------------------------------------------------------------------------------------------


def test_a_risk_has_one_name_for_every_eye_and_run(actor: Acting) -> None:
    about = a_risk(actor("analyst"))
    inside, outside = things.one(actor("analyst"), about), things.one(actor("viewer"), about)
    assert inside and outside
    assert inside.about == outside.about == about
    assert "Exemple" in str(inside.words)
    assert "Exemple" not in str(outside.words)


def test_a_site_is_found_by_its_code_and_its_source_key_only_by_precise_eyes(actor: Acting) -> None:
    site = a_site(actor("analyst"))
    assert things.one(actor("analyst"), site.subject)
    assert things.one(actor("viewer"), site.subject) is None
    seen = things.one(actor("viewer"), f"site:{site.code}")
    assert seen
    assert seen.handle == f"site:{site.code}"
    assert site.place.name not in str(seen.words)


@pytest.mark.parametrize("name", ["viewer", "funder", "administrator"])
def test_parties_and_imports_are_there_for_the_team_alone(actor: Acting, name: str) -> None:
    from winze.workbench.models import Import, Party

    party = Party.objects.filter(organisation=actor("analyst").organisation)[0].subject
    load = f"import:{Import.objects.filter(organisation=actor('analyst').organisation)[0].pk}"
    assert set(things.of(actor("analyst"), [party, load])) == {party, load}
    assert things.of(actor(name), [party, load]) == {}


def test_nothing_of_another_organisation_is_there(actor: Acting) -> None:
    home, stranger = actor("analyst"), actor("stranger")
    site = a_site(home)
    assert things.of(stranger, [a_risk(home), site.subject, f"site:{site.code}", "import:1", "plan:P-2020-01"]) == {}


# -- remarks ---------------------------------------------------------------------------------------------------------


def test_the_words_of_a_remark_stand_apart_and_the_journal_only_commits_to_them(actor: Acting) -> None:
    about = a_risk(actor("analyst"))
    said = together.comment(actor("analyst"), about, "The bridge is down.")
    assert CommentText.objects.get(of=said.comment).words == "The bridge is down."
    event = Event.objects.order_by("-seq")[0]
    assert (event.verb, event.subject) == ("comment.made", about)
    assert "bridge" not in journal.canonical(event.after)
    person = actor("analyst").id
    assert event.after["commitment"] == journal.commit("The bridge is down.", person)["commitment"]
    assert event.after["commitment"] != journal.commit("The bridge is up.", person)["commitment"]


def test_a_mention_by_name_or_by_choice_tells_that_person(actor: Acting) -> None:
    about = a_risk(actor("analyst"))
    together.comment(actor("analyst"), about, "@ada approver what do you think?", [number("assessor")])
    told = Notice.objects.filter(about=about, text="wb.notice.mention")
    assert {one.user_id for one in told} == {number("approver"), number("assessor")}
    assert all("Analyst" not in str(one.values) for one in told)  # by number, so that no name is kept


def test_nobody_is_told_of_what_they_may_not_read(actor: Acting) -> None:
    about = a_risk(actor("analyst"))
    said = together.comment(actor("analyst"), about, "@Victor Viewer look")
    assert [one.pk for one in said.untold] == [number("viewer")]
    assert not Notice.objects.filter(user=number("viewer"), about=about).exists()
    open_ = together.comment(actor("analyst"), about, "@Victor Viewer look", for_all=True)
    assert open_.untold == []
    assert Notice.objects.filter(user=number("viewer"), about=about).exists()


def test_a_remark_of_precise_eyes_stays_with_them(actor: Acting) -> None:
    about = a_risk(actor("analyst"))
    together.comment(actor("analyst"), about, "It is by the river at the old bridge.")
    together.comment(actor("funder"), about, "We ask for a report.")
    inside, outside = (together.of(actor(name), about) for name in ("approver", "viewer"))
    assert inside and outside
    assert [one.text.words[:2] for one in inside["comments"]] == ["It", "We"]
    assert [one.text.words[:2] for one in outside["comments"]] == ["We"]


def test_one_cannot_remark_on_what_one_does_not_see(actor: Acting) -> None:
    site = a_site(actor("analyst"))
    with pytest.raises(Absent):
        together.comment(actor("funder"), site.subject, "Hello")
    assert together.comment(actor("funder"), f"site:{site.code}", "Hello").comment.about == site.subject


def test_an_empty_remark_is_refused(actor: Acting) -> None:
    with pytest.raises(Refusal):
        together.comment(actor("analyst"), a_risk(actor("analyst")), "  \0 ")


def test_a_viewer_is_told_why_not(signed_in: SignedIn, actor: Acting) -> None:
    answer = signed_in("viewer").post("/comment/", {"about": a_risk(actor("analyst")), "words": "Hello"})
    assert answer.status_code == 403
    assert not Comment.objects.exists()


def test_script_in_a_remark_is_text(signed_in: SignedIn, actor: Acting) -> None:
    from django.template.loader import render_to_string

    about = a_risk(actor("analyst"))
    together.comment(actor("analyst"), about, "<script>alert(1)</script>")
    shown = render_to_string(
        "workbench/_together.html",
        {"together": together.of(actor("approver"), about), "actor": actor("approver"), "language": "en"},
        request=signed_in("approver").get("/").wsgi_request,
    )
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown


# -- tasks -----------------------------------------------------------------------------------------------------------


def test_a_task_is_given_told_snoozed_and_ended(actor: Acting) -> None:
    about = a_risk(actor("analyst"))
    task = together.assign(actor("approver"), about, number("analyst"), SOON)
    assert Notice.objects.filter(user=number("analyst"), about=about, text="wb.notice.assigned").count() == 1
    assert list(together.tasks(actor("analyst"))) == [task]
    together.snooze(actor("analyst"), task.pk, SOON)
    assert together.tasks(actor("analyst")).get().snoozed_until == SOON
    together.end(actor("analyst"), task.pk)
    assert not together.tasks(actor("analyst")).exists()
    verbs = [event.verb for event in journal.of(task.organisation_id, about)]
    assert verbs == ["task.assigned", "task.snoozed", "task.ended"]
    with pytest.raises(Stale):
        together.end(actor("analyst"), task.pk)


def test_a_thing_is_one_persons_task_and_a_stale_form_changes_nothing(actor: Acting) -> None:
    about = a_risk(actor("analyst"))
    first = together.assign(actor("analyst"), about, number("analyst"), None, held="")
    with pytest.raises(Stale):
        together.assign(actor("approver"), about, number("assessor"), None, held="")
    second = together.assign(actor("approver"), about, number("assessor"), None, held=str(first.pk))
    assert list(Assignment.objects.filter(about=about, ended_at=None)) == [second]


def test_a_task_goes_to_a_member_who_sees_the_thing(actor: Acting) -> None:
    from winze.workbench.models import Party

    party = Party.objects.filter(organisation=actor("analyst").organisation)[0].subject
    for person in ("stranger", "viewer"):
        with pytest.raises(Refusal):
            together.assign(actor("analyst"), party, number(person), None)
    assert not Assignment.objects.exists()


def test_nobody_ends_another_persons_task(actor: Acting) -> None:
    task = together.assign(actor("approver"), a_risk(actor("analyst")), number("analyst"), None)
    for name in ("assessor", "stranger"):
        with pytest.raises(Absent):
            together.end(actor(name), task.pk)


def test_a_day_that_is_over_is_no_day_to_wait_for(actor: Acting) -> None:
    task = together.assign(actor("analyst"), a_risk(actor("analyst")), number("analyst"), None)
    with pytest.raises(Refusal):
        together.snooze(actor("analyst"), task.pk, date(2020, 1, 1))


# -- many at once ----------------------------------------------------------------------------------------------------


def test_of_many_each_is_permitted_on_its_own(signed_in: SignedIn, actor: Acting) -> None:
    about, site = a_risk(actor("analyst")), a_site(actor("analyst"))
    answer = signed_in("funder").post(
        "/comment/", {"about": [about, site.subject, f"site:{site.code}", "import:1"], "words": "Please report."}
    )
    shown = answer.content.decode()
    assert "Comments made: 2." in shown
    assert "Not done: 2." in shown
    assert site.place.name not in shown
    assert {one.about for one in Comment.objects.all()} == {about, site.subject}


def test_rows_that_are_ticked_lead_to_a_form_and_then_to_the_list(signed_in: SignedIn, actor: Acting) -> None:
    abouts = [a_risk(actor("analyst"), position) for position in (1, 2)]
    browser = signed_in("analyst")
    form = browser.post("/assign/", {"about": abouts, "next": "/risks/?letter=A"})
    assert form.status_code == 200
    assert all(about in form.content.decode() for about in abouts)
    done = browser.post(
        "/assign/", {"about": abouts, "to": number("assessor"), "due": SOON.isoformat(), "next": "/risks/?letter=A"}
    )
    assert (done.status_code, done.headers["Location"]) == (302, "/risks/?letter=A")
    assert {one.due for one in Assignment.objects.filter(to=number("assessor"))} == {SOON}
    assert Assignment.objects.count() == 2


def test_the_ticks_of_the_list_of_risks_name_things(signed_in: SignedIn, actor: Acting) -> None:
    import re

    for name in ("analyst", "funder"):
        ticks = re.findall(r'name="about" value="([^"]+)"', signed_in(name).get("/risks/").content.decode())
        assert len(ticks) > 5
        assert len(things.of(actor(name), ticks)) == len(ticks)


def test_nothing_ticked_is_said_so(signed_in: SignedIn) -> None:
    assert "Nothing was ticked" in signed_in("analyst").post("/comment/", {}).content.decode()


def test_onward_never_leaves_the_workbench(signed_in: SignedIn, actor: Acting) -> None:
    answer = signed_in("analyst").post(
        "/comment/", {"about": a_risk(actor("analyst")), "words": "Hm", "next": "https://elsewhere.example/"}
    )
    assert answer.headers["Location"] == "/"
