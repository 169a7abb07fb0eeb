"""What people do, done by programs: plans through two people's tokens, remarks, tasks, documents, sites, links,
reports, files sent and mended; with the rules, versions and classes that hold for pages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from winze.workbench.access import Actor
from winze.workbench.models import Comment, Document, Event, Import, Notice, Party, Signature, Site
from winze.workbench.store import cycles, people, tokens

pytestmark = [pytest.mark.django_db, pytest.mark.store]
RISK = "misrepresented-origin/party:comptoir exemple bukavu"
MEASURE = "annex3/custody-from-the-mine"
PLAN = {"plan": "P-T-1", "risks": [RISK], "day": "2020-05-11", "amount": "5000",
        "measures": [{"measure": MEASURE, "target": "90"}]}  # fmt: skip
SCOPES = ("see", "see-chain", "comment", "assign", "export", "import", "edit", "run", "plan-owner", "plan-approver",
          "document", "journal")  # fmt: skip
SITES = "winze:sites/1\nSite,Country,Territory,Latitude,Longitude,Minerals,Workers,Seen on\n{rows}"

type Programs = Callable[[str], Client]


@pytest.fixture
def program(actor: Callable[[str], Actor]) -> Programs:
    """A program with a token of somebody, for all that they may: `program("analyst")`."""

    def made(name: str) -> Client:
        owner = actor(name)
        _, secret = tokens.make(owner, "test", [one for one in SCOPES if owner.may(one)], 30)
        return Client(headers={"authorization": f"Bearer {secret}"})

    return made


@pytest.fixture
def about(db: None) -> str:
    return f"site:{_site().code}"


def _site() -> Site:
    return Site.objects.get(place__name="Exemple Kalehe 1")


def _post(client: Client, path: str, body: Any, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=named)


def _act(client: Client, act: str, role: str = "owner", **more: Any) -> Any:
    given = {"plan": "P-T-1", "act": act, "role": role, "day": "2020-05-12"}
    return _post(client, "plans/act", given | more)


def _ready(analyst: Client) -> None:
    """A plan with all that it needs to be submitted."""
    answer = _post(analyst, "plans/propose", PLAN)
    assert answer.status_code == 201, answer.content
    for act, concerns, figure in (
        ("record-baseline", MEASURE, "40"), ("consult", "women", "12"), ("consult", "local-authorities", "12"),
    ):  # fmt: skip
        answer = _act(analyst, act, concerns=[concerns], figure=figure, day="2020-05-11")
        assert answer.status_code == 200, answer.content


# -- plans -----------------------------------------------------------------------------------------------------------


def test_an_analyst_proposes_and_an_approver_adopts_by_tokens(program: Programs, actor: Callable[[str], Actor]) -> None:
    analyst, approver = program("analyst"), program("approver")
    _ready(analyst)
    assert _act(analyst, "submit").status_code == 200
    assert _act(analyst, "adopt", "approver").json()["code"] == "forbidden"
    seen = approver.get("/api/v1/plans/of/P-T-1?as_of=2020-05-12").json()
    assert "adopt" in [one["act"] for one in seen["possible"]]
    adopted = _act(approver, "adopt", "approver", version_number=seen["version_number"])
    assert adopted.json()["recorded"] == ["adopt"]
    now = approver.get("/api/v1/plans/of/P-T-1?as_of=2020-05-12").json()
    assert (now["state"], now["version_number"]) == ("adopted", adopted.json()["version_number"])
    before = approver.get("/api/v1/plans/of/P-T-1?as_of=2020-05-11").json()
    assert before["state"] == "draft", "the plan as it was the day before"
    signed = Signature.objects.get(plan="P-T-1")
    assert (signed.proposed_by_id, signed.approved_by_id) == (actor("analyst").user, actor("approver").user)


def test_the_same_person_is_refused_with_the_rule(program: Programs, actor: Callable[[str], Actor]) -> None:
    from winze.workbench.models import Organisation, User

    both = User.objects.get(pk=actor("approver").user)
    people.join(Organisation.objects.get(key="great-lakes"), both, ["analyst"], None)
    person = program("approver")
    _ready(person)
    assert _act(person, "submit").status_code == 200
    refused = _act(person, "adopt", "approver")
    assert (refused.status_code, refused.json()["code"]) == (409, "refused")
    assert refused.json()["rule"] == "workflow/plan"
    assert not Signature.objects.filter(plan="P-T-1").exists()


def test_what_the_rules_do_not_permit_yet_is_refused_with_the_rule(program: Programs) -> None:
    assert _post(program("analyst"), "plans/propose", PLAN).status_code == 201
    refused = _act(program("approver"), "adopt", "approver")
    assert (refused.status_code, refused.json()["code"]) == (409, "refused")
    assert refused.json()["rule"]
    assert refused.json()["detail"]
    assert [event.verb for event in Event.objects.filter(subject="plan:P-T-1")] == ["plan.propose", "plan.add-measure"]


def test_an_act_on_a_plan_that_changed_since_is_stale(program: Programs) -> None:
    analyst = program("analyst")
    _ready(analyst)
    version = analyst.get("/api/v1/plans/of/P-T-1").json()["version_number"]
    assert _act(analyst, "submit", version_number=version).status_code == 200
    late = _act(analyst, "consult", concerns=["women"], figure="3", version_number=version)
    assert (late.status_code, late.json()["code"]) == (409, "stale")
    given = {"plan": "P-T-1", "act": "submit", "role": "owner", "day": "2020-05-13"}
    assert _post(analyst, "plans/act", given, if_match=f'"{version}"').status_code == 412
    assert _post(analyst, "plans/propose", PLAN).status_code == 409, "the key is used already"


def test_what_is_wrong_with_an_act_is_told_and_nothing_is_written(program: Programs) -> None:
    analyst = program("analyst")
    wrong = _post(analyst, "plans/propose", PLAN | {"measures": [{"measure": MEASURE, "target": "many"}]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid")
    assert wrong.json()["errors"]
    assert analyst.get("/api/v1/plans/of/P-T-1").status_code == 404


def test_a_plan_proposed_twice_with_one_key_is_proposed_once(program: Programs) -> None:
    analyst = program("analyst")
    first, second = (_post(analyst, "plans/propose", PLAN, idempotency_key="once") for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert first.status_code == 201
    assert Event.objects.filter(subject="plan:P-T-1", verb="plan.propose").count() == 1


# -- together --------------------------------------------------------------------------------------------------------


def test_a_remark_with_a_mention_makes_a_notice(program: Programs, actor: Callable[[str], Actor], about: str) -> None:
    analyst, approver = program("analyst"), program("approver")
    given = {"about": about, "words": "Please look", "mentions": [actor("approver").user, actor("viewer").user]}
    said = _post(analyst, "comments", given, idempotency_key="one")
    assert said.status_code == 201
    assert said.json()["untold"] == [actor("viewer").user], "a viewer may not read it"
    assert Notice.objects.filter(user=actor("approver").user, text="wb.notice.mention").count() == 1
    assert approver.get("/api/v1/me").json()["unread"] == 1
    assert [one["words"] for one in approver.get(f"/api/v1/comments?about={about}").json()["comments"]] == [
        "Please look"
    ]
    assert program("viewer").get(f"/api/v1/comments?about={about}").json()["comments"] == []
    assert _post(analyst, "comments", given, idempotency_key="one").json() == said.json()
    assert Comment.objects.filter(text__words="Please look").count() == 1
    assert _post(approver, "notices/read", {}).json() == {"unread": 0}


def test_a_task_is_given_waits_and_ends(program: Programs, actor: Callable[[str], Actor], about: str) -> None:
    analyst, approver = program("analyst"), program("approver")
    given = _post(analyst, "tasks", {"about": about, "to": actor("approver").user, "due": "2030-01-01"}).json()
    assert [one["number"] for one in approver.get("/api/v1/tasks").json()["tasks"]] == [given["number"]]
    stale = _post(analyst, "tasks", {"about": about, "to": actor("analyst").user, "held": 0})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    waits = _post(approver, f"tasks/{given['number']}/snooze", {"until": "2999-01-01"})
    assert waits.json()["snoozed_until"] == "2999-01-01"
    assert _post(approver, f"tasks/{given['number']}/snooze", {"until": "2001-01-01"}).json()["code"] == "refused"
    assert _post(program("funder"), f"tasks/{given['number']}/end", {}).status_code == 404, "neither theirs nor given"
    assert _post(approver, f"tasks/{given['number']}/end", {}).json()["ended_at"]
    assert approver.get("/api/v1/tasks").json()["tasks"] == []
    assert _post(approver, f"tasks/{given['number']}/end", {}).status_code == 409


def test_search_finds_by_name_only_for_precise_eyes(program: Programs) -> None:
    found = program("analyst").get("/api/v1/search?q=exemple kalehe 1").json()["groups"]
    assert "Exemple Kalehe 1" in str(found)
    assert program("viewer").get("/api/v1/search?q=exemple kalehe 1").json()["groups"] == []


# -- documents -------------------------------------------------------------------------------------------------------


def _document(client: Client, about: str, data_class: str = "partner") -> Any:
    file = SimpleUploadedFile("a page.html", b"what it says", "text/html")
    given = {"about": about, "title": "Photographs of May", "data_class": data_class, "file": file}
    return client.post("/api/v1/documents", given)


def test_a_document_is_kept_opened_and_withdrawn(program: Programs, about: str) -> None:
    analyst, viewer = program("analyst"), program("viewer")
    made = _document(analyst, about)
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    answer = analyst.get(f"/api/v1/documents/{number}")
    assert b"".join(answer.streaming_content) == b"what it says"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    (listed,) = viewer.get(f"/api/v1/documents?about={about}").json()["documents"]
    assert (listed["title"], listed["name"], listed["about"]) == (None, None, None), "no name without precise eyes"
    assert _post(analyst, f"documents/{number}/withdraw", {"why": "not ours"}).json()["withdrawn_at"]
    assert analyst.get(f"/api/v1/documents/{number}").status_code == 404
    again = _post(analyst, f"documents/{number}/withdraw", {"why": "twice"})
    assert (again.status_code, again.json()["code"]) == (409, "stale")


def test_a_document_about_persons_is_only_for_who_sees_them(program: Programs, about: str) -> None:
    refused = _document(program("viewer"), about)
    assert refused.status_code == 403
    hidden = _document(program("analyst"), about, "sealed")
    assert (hidden.status_code, hidden.json()["code"]) == (409, "refused"), "nobody gives a class they do not see"
    assert _document(program("approver"), about, "personal").status_code == 201
    number = Document.objects.latest("id").pk
    analyst, approver = program("analyst"), program("approver")
    assert analyst.get(f"/api/v1/documents/{number}").status_code == 404
    assert analyst.get(f"/api/v1/documents?about={about}").json()["documents"] == []
    assert approver.get(f"/api/v1/documents/{number}").status_code == 200
    opened = Event.objects.filter(verb="opened", subject=f"document:{number}")
    assert opened.count() == 1, "whoever opened it stands in the journal"


# -- sites, parties, links -------------------------------------------------------------------------------------------


def test_a_site_is_shown_by_name_only_to_precise_eyes(program: Programs) -> None:
    site = _site()
    seen = program("analyst").get(f"/api/v1/sites/{site.pk}")
    assert (seen.json()["name"], seen.headers["ETag"]) == ("Exemple Kalehe 1", f'"{site.version_number}"')
    partner = program("viewer").get(f"/api/v1/sites/{site.pk}")
    assert "Exemple" not in partner.content.decode()
    assert partner.json()["name"] is None
    assert Event.objects.filter(verb="opened", subject=site.subject).count() == 1
    earlier = program("analyst").get(f"/api/v1/sites/{site.pk}?as_of=2001-01-01").json()
    assert earlier["said"] == [], "nothing was said of it by then"


def test_a_site_is_added_and_said_anew_with_its_version(program: Programs) -> None:
    analyst = program("analyst")
    new = {"site": "Mukera Nord", "country": "COD", "territory": "Walikale", "minerals": "gold", "workers": "5",
           "seen_on": "2020-01-05", "why": "seen"}  # fmt: skip
    made = _post(analyst, "sites", new)
    assert made.status_code == 201, made.content
    number, version = made.json()["number"], made.json()["version_number"]
    assert _post(analyst, "sites", new).json()["code"] == "refused", "the name is there already"
    edit = {"workers": "9", "seen_on": "2020-02-05", "why": "counted", "version_number": version}
    changed = _post(analyst, f"sites/{number}/edit", edit)
    assert changed.status_code == 200, changed.content
    assert Site.objects.get(pk=number).place.workers == 9
    assert changed.json()["minerals"] == ["gold"], "what was not said anew stays"
    late = _post(analyst, f"sites/{number}/edit", edit | {"workers": "10"})
    assert (late.status_code, late.json()["code"]) == (409, "stale")
    wrong = _post(analyst, f"sites/{number}/edit", {"workers": "many", "seen_on": "2020-03-05"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid")
    assert _post(program("approver"), f"sites/{number}/edit", edit).status_code == 403
    verbs = [row["verb"] for row in analyst.get(f"/api/v1/history/site/{number}").json()["rows"]]
    assert verbs == ["site described anew", "opened", "site added"]
    was = analyst.get(f"/api/v1/as-it-was/site/{number}?at=2001-01-01").json()
    assert was["fields"] == {}


def test_a_link_is_added_and_ended(program: Programs) -> None:
    analyst = program("analyst")
    given = {"supplier": "Mukera Trading", "buyer": "Me", "mineral": "gold", "origin": "COD", "since": "2019-01-01",
             "position": "buyer"}  # fmt: skip
    made = _post(analyst, "links", given)
    assert made.status_code == 201, made.content
    assert _post(analyst, "links", given).status_code == 409
    party = Party.objects.get(name="Mukera Trading")
    (link,) = analyst.get(f"/api/v1/parties/{party.pk}").json()["outwards"]
    assert (link["number"], link["over"]) == (made.json()["number"], False)
    ended = _post(analyst, f"links/{link['number']}/end", {"until": "2019-12-31", "why": "closed"})
    assert ended.status_code == 200, ended.content
    (link,) = analyst.get(f"/api/v1/parties/{party.pk}").json()["outwards"]
    assert link["over"]
    assert _post(analyst, f"links/{made.json()['number']}/end", {"until": "2020-01-01", "why": "x"}).status_code == 409
    assert program("viewer").get(f"/api/v1/parties/{party.pk}").status_code == 403


# -- files -----------------------------------------------------------------------------------------------------------


def test_the_rows_that_were_rejected_are_mended_and_sent_back(program: Programs) -> None:
    analyst = program("analyst")
    rows = "Mukera,COD,Walikale,,,gold,5,2020-01-05\nMukera Sud,Atlantis,Walikale,,,gold,5,2020-01-05\n"
    file = SimpleUploadedFile("mukera.csv", SITES.format(rows=rows).encode(), "text/csv")
    number = analyst.post("/api/v1/imports", {"file": file}).json()["number"]
    found = Import.objects.get(pk=number)
    assert found.errors
    assert analyst.get(f"/api/v1/imports/{number}/preview").json()["picture"]["sheets"]
    row = analyst.get(f"/api/v1/imports/{number}/rows/4").json()
    assert "Atlantis" in row["original"]
    original = b"".join(analyst.get(f"/api/v1/imports/{number}/file").streaming_content)
    assert original == SITES.format(rows=rows).encode()
    rejected = analyst.get(f"/api/v1/imports/{number}/rejected/csv").content
    assert b"Mukera Sud" in rejected
    mended = SimpleUploadedFile("mended.csv", rejected.replace(b"Atlantis", b"COD"), "text/csv")
    answer = analyst.post(f"/api/v1/imports/{number}/mended", {"file": mended})
    assert answer.status_code == 200, answer.content
    assert answer.json()["errors"] == 0
    (mend,) = analyst.get(f"/api/v1/imports/{number}/preview").json()["mends"]
    assert mend["value"] == "COD"
    back = _post(analyst, f"imports/{number}/take-back", {"mends": [mend["number"]]})
    assert back.json()["errors"] == found.errors


def test_a_folder_is_watched_and_left(program: Programs) -> None:
    analyst = program("analyst")
    made = _post(analyst, "watched-folders", {"folder": "buyers", "mode": "skip"})
    assert made.status_code == 201
    assert _post(analyst, "watched-folders", {"folder": "../buyers"}).json()["code"] == "refused"
    assert _post(analyst, "watched-folders", {"folder": "buyers"}).status_code == 409, "it is watched already"
    assert _post(analyst, f"watched-folders/{made.json()['number']}/end", {}).json() == {"folders": []}
    assert program("viewer").get("/api/v1/watched-folders").status_code == 403


# -- runs ------------------------------------------------------------------------------------------------------------


def test_a_report_is_asked_for_and_fetched_by_those_it_is_for(program: Programs, actor: Callable[[str], Actor]) -> None:
    from winze.workbench.models import Job
    from winze.workbench.store import reports

    analyst, viewer = program("analyst"), program("viewer")
    run = cycles.newest(actor("analyst").organisation)
    assert run is not None
    path = f"cycle/{run.pk}/reports"
    assert _post(viewer, path, {"audience": "internal", "sure": True}).status_code == 403
    assert _post(analyst, path, {"audience": "internal"}).status_code == 422, (
        "the question of do no harm is not left out"
    )
    asked = _post(analyst, path, {"audience": "internal", "language": "fr", "sure": True})
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    job = Job.objects.get(pk=asked.json()["number"])
    assert analyst.get(f"/api/v1/reports/{job.pk}").status_code == 404, "not written yet"
    done = reports.make(job, actor("analyst"), lambda step, done, total: None)
    Job.objects.filter(pk=job.pk).update(state="done", result=done)
    answer = analyst.get(f"/api/v1/reports/{job.pk}")
    assert answer.content[:2] == b"PK"
    assert viewer.get(f"/api/v1/reports/{job.pk}").status_code == 404
    assert viewer.get(f"/api/v1/{path}").json() == {"reports": []}
    assert [one["number"] for one in analyst.get(f"/api/v1/{path}").json()["reports"]] == [job.pk]


def test_two_runs_are_compared_and_a_run_is_taken_whole(program: Programs, actor: Callable[[str], Actor]) -> None:
    analyst = program("analyst")
    run = cycles.newest(actor("analyst").organisation)
    assert run is not None
    same = analyst.get(f"/api/v1/cycle/{run.pk}/compare/{run.pk}").json()["counts"]
    assert same == {}, "nothing changed between a run and itself"
    older = cycles.ask(actor("analyst"), date(2019, 1, 1))
    cycles.run(older, actor("analyst"), lambda step, done, total: None)
    counts = analyst.get(f"/api/v1/cycle/{run.pk}/compare/{older.pk}").json()["counts"]
    listed = analyst.get(f"/api/v1/changes?run={run.pk}&against={older.pk}").json()
    assert sum(counts.values()) == listed["count"] > 0
    whole = _post(analyst, f"cycle/{run.pk}/document", {"sure": True})
    assert whole.status_code == 200
    assert whole.json()
    assert _post(program("viewer"), f"cycle/{run.pk}/document", {"sure": True}).status_code == 403
    assert Event.objects.filter(verb="cycle.exported").count() == 1


# -- another organisation --------------------------------------------------------------------------------------------


def test_a_stranger_acts_on_nothing_of_ours(program: Programs, actor: Callable[[str], Actor], about: str) -> None:
    stranger, analyst = program("stranger"), program("analyst")
    _ready(analyst)
    assert _act(stranger, "submit").status_code == 404
    assert stranger.get("/api/v1/plans/of/P-T-1").status_code == 404
    assert _post(stranger, "comments", {"about": about, "words": "x"}).status_code == 404
    assert stranger.get(f"/api/v1/comments?about={about}").status_code == 404
    assert _post(stranger, "tasks", {"about": about, "to": actor("stranger").user}).status_code == 404
    assert _document(stranger, about).status_code == 404
    assert stranger.get(f"/api/v1/documents?about={about}").status_code == 404
    assert stranger.get("/api/v1/search?q=exemple").json()["groups"] == []
    refused = _post(analyst, "tasks", {"about": about, "to": actor("stranger").user})
    assert refused.json()["code"] == "refused", "nothing is given to somebody of another organisation"


def test_every_list_is_an_operation_whatever_is_imported_first() -> None:
    """The middleware brings the API before any page is declared."""
    told = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "winze.workbench.settings"
django.setup()
from winze.workbench.api import API
from winze.workbench.tables import TABLES
assert TABLES and {f"api-list-{key}" for key in TABLES} <= API.keys(), sorted(API)
"""
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
