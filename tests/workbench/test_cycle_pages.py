"""The cycle's pages: run, as of, steps, inputs, problems, two runs compared, files."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client

from winze.workbench.access import Actor
from winze.workbench.models import CycleProblem, CycleRun, Event, Job, Organisation, PlaceRow, RiskRow
from winze.workbench.store import Absent, compared, cycles, imports, jobs, journal, reports

pytestmark = [pytest.mark.django_db]
type Acting = Callable[[str], Actor]
type SignedIn = Callable[[str], Client]


def quiet(step: str, done: int, total: int) -> None:
    return


def run_as_of(actor: Actor, day: date, known_by: date | None = None) -> CycleRun:
    with transaction.atomic():
        waiting = cycles.ask(actor, day, known_by)
    cycles.run(waiting, actor, quiet)
    return waiting


def newest(actor: Actor) -> CycleRun:
    found = cycles.newest(actor.organisation)
    assert found
    return found


# -- the page --------------------------------------------------------------------------------------------------------


def test_the_page_tells_the_twelve_steps_and_no_number_of_those_that_are_not_built(signed_in: SignedIn) -> None:
    shown = signed_in("analyst").get("/cycle/").content.decode()
    steps = re.findall(r"<tr( class=\"unbuilt\")?><td class=\"count\">(\d+)</td>(.*?)</tr>", shown)
    assert [int(number) for _, number, _ in steps] == list(range(1, 13))
    unbuilt = [(number, rest) for mark, number, rest in steps if mark]
    assert [number for number, _ in unbuilt] == ["4", "8", "9", "10", "11"]
    assert all("not yet part of Winze" in rest and not re.search(r">\d", rest) for _, rest in unbuilt)


def test_names_of_files_are_for_those_who_see_them(signed_in: SignedIn, actor: Acting) -> None:
    inside, outside = (signed_in(name).get("/cycle/").content.decode() for name in ("analyst", "viewer"))
    assert "ma_chaine.xlsx" in inside
    for item in cycles.inputs(newest(actor("viewer")), "partner"):
        assert (item["name"] or "name withheld") in outside


def test_a_run_is_asked_for_and_done_by_a_job(signed_in: SignedIn, actor: Acting) -> None:
    answer = signed_in("analyst").post("/cycle/", {"as_of": "2020-03-01", "known_by": ""})
    assert answer.status_code == 302
    job = Job.objects.get(verb="cycle")
    jobs.perform(job.pk)
    run = newest(actor("analyst"))
    assert (run.as_of, run.pk) == (date(2020, 3, 1), job.arguments["run"])
    assert "1 March 2020" in signed_in("viewer").get("/cycle/").content.decode()


@pytest.mark.parametrize("day", ["", "soon", (datetime.now(UTC).date() + timedelta(days=2)).isoformat()])
def test_a_day_that_has_not_come_is_refused(signed_in: SignedIn, day: str) -> None:
    assert signed_in("analyst").post("/cycle/", {"as_of": day}).status_code == 409
    assert not Job.objects.exists()


def test_who_may_not_run_sees_the_button_with_the_reason(signed_in: SignedIn) -> None:
    shown = signed_in("viewer").get("/cycle/").content.decode()
    assert re.search(r'<button disabled aria-describedby="no-run">.*?id="no-run">This is done by: ', shown)
    assert signed_in("viewer").post("/cycle/", {"as_of": "2020-03-01"}).status_code == 403


def test_every_results_page_takes_the_run_of_the_address(signed_in: SignedIn, actor: Acting) -> None:
    first = newest(actor("analyst"))
    run_as_of(actor("analyst"), date(2020, 3, 1))
    browser = signed_in("analyst")
    for path in ("/cycle/", "/map/", "/risks/", "/cycle/problems/"):
        assert f'/cycle/?run={first.pk}">as of 11 May 2020' in browser.get(f"{path}?run={first.pk}").content.decode()
        assert "as of 1 March 2020" in browser.get(path).content.decode()


@pytest.mark.parametrize("path", ["/cycle/?run={}", "/map/?run={}", "/cycle/{}/report/", "/cycle/{}/document/",
                                  "/cycle/compare/?run={}", "/cycle/problems/?run={}"])  # fmt: skip
def test_a_run_of_another_organisation_is_not_there(signed_in: SignedIn, actor: Acting, path: str) -> None:
    number = newest(actor("analyst")).pk
    assert signed_in("analyst").get(path.format(number)).status_code == 200
    assert signed_in("stranger").get(path.format(number)).status_code == 404


def test_an_organisation_without_a_run_is_taught(signed_in: SignedIn) -> None:
    for path in ("/cycle/", "/cycle/runs/", "/cycle/problems/", "/cycle/compare/", "/map/"):
        answer = signed_in("stranger").get(path)
        assert answer.status_code == 200
        assert "cycle" in answer.content.decode().split("<main")[1].lower()


# -- problems --------------------------------------------------------------------------------------------------------


def test_problems_say_what_to_do_and_quote_cells_to_precise_eyes_alone(signed_in: SignedIn, actor: Acting) -> None:
    run = newest(actor("analyst"))
    CycleProblem.objects.create(
        run=run, code="price_not_positive", severity="error", input="ma_chaine.xlsx", sheet="Sites", row=7,
        cell="workers", values=[["value", "Mine-de-Kala"], ["commodity", "gold"]],
    )  # fmt: skip
    address = f"/cycle/problems/?run={run.pk}&severity=error"
    inside, outside = (signed_in(name).get(address).content.decode() for name in ("analyst", "viewer"))
    assert "Mine-de-Kala" in inside
    assert "ma_chaine.xlsx" in inside
    for hidden in ("Mine-de-Kala", "ma_chaine.xlsx"):
        assert hidden not in outside
    for shown in (inside, outside):
        assert re.search(r'data-title="Row">\s*7\s*<', shown)


def test_problems_export_with_their_sentences(signed_in: SignedIn) -> None:
    answer = signed_in("analyst").post("/export/problems/", {"sure": "yes", "form": "csv", "audience": "internal"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows
    assert all(len(row["What is wrong, and what to do"]) > 20 for row in rows)


# -- two runs --------------------------------------------------------------------------------------------------------


def test_what_came_and_went_between_two_days(signed_in: SignedIn, actor: Acting) -> None:
    late = newest(actor("analyst"))
    early = run_as_of(actor("analyst"), date(2017, 6, 1))
    counts = compared.counts(late, early, "internal")
    ranked = {run.pk: {row.key for row in RiskRow.objects.filter(run=run, audience="internal", rank__isnull=False)}
              for run in (early, late)}  # fmt: skip
    assert counts.get("came", 0) == len(ranked[late.pk] - ranked[early.pk]) > 0
    back = compared.counts(early, late, "internal")
    assert back["went"] == counts["came"]
    shown = signed_in("analyst").get(f"/cycle/compare/?run={late.pk}&against={early.pk}&change=came").content.decode()
    assert shown.count(">came</span>") == counts["came"]
    assert "New statements: " in shown
    assert "visites_sites.csv" in shown


def test_what_an_undone_import_took_away_is_told(actor: Acting, signed_in: SignedIn) -> None:
    """The same day after an import was undone: what rested on it went."""
    who = actor("analyst")
    before = newest(who)
    undone = imports.undo(who, _of_visits(who), "wrong file")
    assert undone.state == "undone"
    after = run_as_of(who, before.as_of)
    counts = compared.counts(after, before, "internal")
    assert counts["went"] > 0
    shown = signed_in("analyst").get(f"/cycle/compare/?run={after.pk}&against={before.pk}&change=went")
    assert f">{counts['went']} in all" in shown.content.decode()


def _of_visits(who: Actor) -> int:
    from winze.workbench.models import Import

    return Import.objects.get(organisation=who.organisation, name="visites_sites.csv").pk


def test_two_equal_runs_differ_in_nothing(actor: Acting) -> None:
    first = newest(actor("analyst"))
    second = run_as_of(actor("analyst"), first.as_of, first.known_by)
    for audience in cycles.EYES:
        assert compared.counts(second, first, audience) == {}


def test_a_partner_compares_without_names(actor: Acting, signed_in: SignedIn) -> None:
    late = newest(actor("analyst"))
    early = run_as_of(actor("analyst"), date(2017, 6, 1))
    shown = signed_in("viewer").get(f"/cycle/compare/?run={late.pk}&against={early.pk}").content.decode()
    assert "came" in shown
    names = PlaceRow.objects.filter(run=late, audience="internal", kind="site").values_list("named", flat=True)
    assert names
    assert not any(name in shown for name in names)


# -- files -----------------------------------------------------------------------------------------------------------


def test_the_document_is_for_precise_eyes_and_its_giving_is_kept(signed_in: SignedIn, actor: Acting) -> None:
    run = newest(actor("analyst"))
    address = f"/cycle/{run.pk}/document/"
    assert signed_in("viewer").post(address, {"sure": "yes"}).status_code == 403
    unsure = signed_in("analyst").post(address)
    assert "Please answer this first" in unsure.content.decode()
    answer = signed_in("analyst").post(address, {"sure": "yes"})
    assert json.loads(answer.content)["as_of"] == "2020-05-11"
    event = Event.objects.order_by("-seq")[0]
    assert event.verb == "cycle.exported"
    assert event.hash == answer.headers["X-Winze-Journal-Head"] == journal.head()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_report_is_written_by_a_job_with_the_journals_head(signed_in: SignedIn, actor: Acting, language: str) -> None:
    run, browser = newest(actor("analyst")), signed_in("analyst")
    asked = {"sure": "yes", "audience": "partner", "language": language}
    assert browser.post(f"/cycle/{run.pk}/report/", asked).status_code == 302
    job = Job.objects.get(verb="report")
    jobs.perform(job.pk)
    job.refresh_from_db()
    answer = browser.get(f"/reports/{job.pk}/")
    whole = zipfile.ZipFile(io.BytesIO(answer.content))
    assert sorted(whole.namelist()) == ["problems.csv", "report.html", "risks.xlsx"]
    page = whole.read("report.html").decode()
    assert job.result["head"] in page
    assert job.result["head"][:16] in answer.headers["Content-Disposition"]
    assert journal.verify(job.result["head"]).fault is None
    assert f"/reports/{job.pk}/" in browser.get(f"/cycle/?run={run.pk}").content.decode()
    assert Event.objects.filter(verb="report.opened").count() == 1


def test_a_report_has_the_codes_of_the_register(actor: Acting, signed_in: SignedIn) -> None:
    from winze.workbench.models import Site

    job = reports.ask(actor("viewer"), newest(actor("viewer")), "partner", "en")
    jobs.perform(job.pk)
    job.refresh_from_db()
    page = zipfile.ZipFile(io.BytesIO(signed_in("viewer").get(f"/reports/{job.pk}/").content)).read("report.html")
    places = PlaceRow.objects.filter(run=newest(actor("viewer")), audience="internal", rank=1)
    code = Site.objects.get(organisation=actor("viewer").organisation, code=places[0].code).code
    assert code.encode() in page


def test_nobody_asks_for_or_opens_a_report_for_more_than_they_see(signed_in: SignedIn, actor: Acting) -> None:
    run = newest(actor("analyst"))
    asked = {"sure": "yes", "audience": "internal", "language": "en"}
    assert signed_in("viewer").post(f"/cycle/{run.pk}/report/", asked).status_code == 400
    with pytest.raises(Absent):
        reports.ask(actor("funder"), run, "internal", "en")
    job = reports.ask(actor("analyst"), run, "internal", "en")
    jobs.perform(job.pk)
    assert signed_in("administrator").get(f"/reports/{job.pk}/").status_code == 404  # sees the job, not the report
    assert signed_in("viewer").get(f"/reports/{job.pk}/").status_code == 404
    assert signed_in("analyst").get(f"/reports/{job.pk}/").status_code == 200


def test_a_place_has_one_code_in_the_register_and_in_every_run(actor: Acting) -> None:
    from winze.workbench.models import Site

    held = set(Site.objects.filter(organisation=actor("analyst").organisation).values_list("code", flat=True))
    second = run_as_of(actor("analyst"), date(2020, 3, 1))
    for run in (newest(actor("analyst")), second):
        codes = set(PlaceRow.objects.filter(run=run, kind="site").values_list("code", flat=True))
        assert codes
        assert codes <= held
    assert Organisation.objects.get(pk=actor("analyst").organisation).code_key
