"""Plans through pages: acts replayed at once, four eyes, refusals as sentences, no name where it does not belong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from winze.engine.problems import Refusal
from winze.workbench.access import Actor
from winze.workbench.models import Event, PersonalWord, RiskRow, Signature, Told, User
from winze.workbench.store import Stale, cycles, plans

pytestmark = [pytest.mark.django_db, pytest.mark.store]
DAY = date(2020, 5, 11)
RISK = "misrepresented-origin/party:comptoir exemple bukavu"
MEASURE = "annex3/custody-from-the-mine"


def version(key: str) -> int:
    from winze.workbench.models import Organisation

    return plans.version(Organisation.objects.get(key="great-lakes").pk, key)


def post(browser: Client, key: str, act: str, role: str = "owner", **more: Any) -> Any:
    given = {"plan": key, "act": act, "role": role, "day": "2020-05-12", "version_number": version(key)}
    return browser.post("/plans/act/", given | more)


def proposed(browser: Client, key: str = "P-T-1") -> str:
    """A plan proposed, with a measure, a baseline, and people and authorities consulted: ready to be submitted."""
    answer = browser.post(
        "/plans/propose/",
        {"plan": key, "risk": [RISK], "day": "2020-05-11", "figure": "5000",
         "measure": [MEASURE, "annex3/reconcile-exports"], "target": ["90", ""], "version_number": 0},
    )  # fmt: skip
    assert answer.status_code == 302, answer.content
    assert post(browser, key, "record-baseline", concerns=MEASURE, figure="40", day="2020-05-11").status_code == 302
    for group in ("women", "local-authorities"):
        assert post(browser, key, "consult", concerns=group, figure="12", day="2020-05-11").status_code == 302
    return key


def test_a_plan_is_proposed_with_the_measures_that_were_given_a_target(signed_in: Callable[[str], Client]) -> None:
    analyst = signed_in("analyst")
    key = proposed(analyst)
    page = analyst.get(f"/plans/of/{key}/").content.decode()
    assert "draft" in page
    assert "90" in page
    assert Told.objects.filter(subject=f"plan:{key}", said__said__verb="add-measure").count() == 1


def test_four_eyes_through_pages_with_two_people(signed_in: Callable[[str], Client]) -> None:
    analyst, approver = signed_in("analyst"), signed_in("approver")
    key = proposed(analyst)
    assert post(analyst, key, "submit").status_code == 302
    assert post(analyst, key, "adopt", "approver").status_code == 403  # the act is not an analyst's
    assert post(approver, key, "adopt", "approver").status_code == 302
    assert "adopted" in approver.get(f"/plans/of/{key}/").content.decode()
    signature = Signature.objects.get(plan=key)
    assert signature.proposed_by is not None
    assert {signature.proposed_by.email, signature.approved_by.email} == {
        "analyst@example.org", "approver@example.org"}  # fmt: skip


def test_one_person_with_both_roles_is_refused(
    signed_in: Callable[[str], Client], actor: Callable[[str], Actor]
) -> None:
    from winze.workbench.models import Organisation
    from winze.workbench.store import people

    people.join(
        Organisation.objects.get(key="great-lakes"), User.objects.get(email="approver@example.org"), ["analyst"], None
    )
    both = signed_in("approver")
    key = proposed(both)
    assert post(both, key, "submit").status_code == 302
    answer = post(both, key, "adopt", "approver")
    assert answer.status_code == 409
    assert not Signature.objects.filter(plan=key).exists()
    assert plans.live(actor("approver").organisation, key, date(2020, 5, 12)).plan.state == "submitted"


def test_two_accounts_of_one_name_are_one_person(signed_in: Callable[[str], Client]) -> None:
    User.objects.filter(email="approver@example.org").update(name="  amina ANALYST ")
    analyst, approver = signed_in("analyst"), signed_in("approver")
    key = proposed(analyst)
    assert post(analyst, key, "submit").status_code == 302
    assert post(approver, key, "adopt", "approver").status_code == 409


def test_the_database_refuses_one_person_twice(actor: Callable[[str], Actor]) -> None:
    told = Told.objects.filter(kind="plan-act").first()
    user, organisation = actor("analyst").user, actor("analyst").organisation
    with pytest.raises(IntegrityError), transaction.atomic():
        Signature.objects.create(
            organisation_id=organisation, plan="P", verb="adopt", told=told, proposed_by_id=user, approved_by_id=user,
            at="2020-05-11T00:00:00Z",
        )  # fmt: skip


def test_what_the_rules_refuse_is_a_sentence_and_changes_nothing(signed_in: Callable[[str], Client]) -> None:
    approver = signed_in("approver")
    before = version("P-2020-01"), Event.objects.count()
    answer = post(approver, "P-2020-01", "suspend", "approver", concerns="Comptoir Exemple Bukavu")
    assert answer.status_code == 409
    assert "annex-ii/d" in answer.content.decode()
    assert (version("P-2020-01"), Event.objects.count()) == before


def test_a_wrong_figure_is_a_problem_in_the_readers_language(signed_in: Callable[[str], Client]) -> None:
    analyst = signed_in("analyst")
    analyst.cookies["winze-language"] = "fr"
    answer = post(analyst, "P-2020-01", "measure", concerns=MEASURE, figure="beaucoup")
    assert answer.status_code == 422
    assert "beaucoup" in answer.content.decode()
    assert "Rien n’a été enregistré" in answer.content.decode()


def test_a_stale_form_saves_nothing(signed_in: Callable[[str], Client], actor: Callable[[str], Actor]) -> None:
    analyst = signed_in("analyst")
    old = version("P-2020-01")
    assert post(analyst, "P-2020-01", "measure", concerns=MEASURE, figure="60").status_code == 302
    answer = post(analyst, "P-2020-01", "measure", concerns=MEASURE, figure="70", version_number=old)
    assert answer.status_code == 409
    with pytest.raises(Stale):
        plans.act(actor("analyst"), "P-2020-01", [plans.Asked("measure", "owner", "2020-05-13")], "en", old)


def test_the_same_act_twice_is_refused(signed_in: Callable[[str], Client]) -> None:
    analyst = signed_in("analyst")
    assert post(analyst, "P-2020-01", "measure", concerns=MEASURE, figure="60").status_code == 302
    assert post(analyst, "P-2020-01", "measure", concerns=MEASURE, figure="60").status_code == 409


def test_all_acts_of_one_form_or_none(signed_in: Callable[[str], Client]) -> None:
    analyst = signed_in("analyst")
    answer = analyst.post(
        "/plans/propose/",
        {"plan": "P-T-2", "risk": [RISK], "day": "2020-05-11", "measure": [MEASURE], "target": ["many"],
         "version_number": 0},
    )  # fmt: skip
    assert answer.status_code == 422
    assert version("P-T-2") == 0


def test_the_plan_shows_its_state_at_once_and_as_of_a_day(actor: Callable[[str], Actor], signed_in: Any) -> None:
    organisation = actor("analyst").organisation
    assert post(signed_in("analyst"), "P-2020-01", "measure", concerns=MEASURE, figure="61").status_code == 302
    now = plans.live(organisation, "P-2020-01", date(2020, 5, 12)).plan
    assert [float(one.measured or 0) for one in now.objectives] == [61.0]
    then = plans.live(organisation, "P-2020-01", DAY).plan
    assert [one.measured for one in then.objectives] == [None]
    assert plans.live(organisation, "P-2020-01", date(2020, 2, 18)).plan.state == "submitted"
    assert plans.live(organisation, "P-2020-01", date(2019, 1, 1)).plan.state == "not-proposed"


def test_the_replay_agrees_with_the_run(actor: Callable[[str], Actor]) -> None:
    """What a page works out at once is what the whole cycle worked out, as far as signals do not enter."""
    from winze.workbench.describing import plan_document

    organisation = actor("analyst").organisation
    run = cycles.newest(organisation)
    assert run is not None
    row = plans.row_of_key(run, "internal", "P-2020-01")
    assert row is not None
    kept = cycles.why(run, "internal", f"plan:{row.position}")
    live = json.loads(json.dumps(plan_document(plans.live(organisation, "P-2020-01", DAY).plan, DAY)))
    same = ("state", "trade", "adopted_on", "deadline", "objectives", "possible", "refused", "missing", "harm")
    assert {name: live[name] for name in same} == {name: kept[name] for name in same}
    assert [one for one in kept["clocks"] if one["what"] != "reassess"] == live["clocks"]


def test_nobody_acts_for_another_role(signed_in: Callable[[str], Client]) -> None:
    assert post(signed_in("viewer"), "P-2020-01", "measure", concerns=MEASURE, figure="60").status_code == 403
    assert post(signed_in("approver"), "P-2020-01", "measure", concerns=MEASURE, figure="60").status_code == 403
    assert post(signed_in("analyst"), "P-2020-01", "adopt", "nobody").status_code == 404


def test_another_organisations_plan_is_not_there(signed_in: Callable[[str], Client]) -> None:
    stranger = signed_in("stranger")
    assert stranger.get("/plans/of/P-2020-01/").status_code == 404
    assert stranger.get("/history/plan/P-2020-01/").status_code == 404


def test_persons_are_named_to_those_who_may_see_them_and_to_nobody_else(signed_in: Callable[[str], Client]) -> None:
    name = "Direction générale (exemple)"
    assert name in signed_in("approver").get("/plans/of/P-2020-01/").content.decode()
    assert name not in signed_in("analyst").get("/plans/of/P-2020-01/").content.decode()
    for who in ("viewer", "funder", "administrator", "custodian"):
        assert name not in signed_in(who).get("/plans/1/").content.decode()


def test_the_journal_holds_no_personal_word(signed_in: Callable[[str], Client]) -> None:
    analyst, approver = signed_in("analyst"), signed_in("approver")
    key = proposed(analyst)
    post(analyst, key, "submit", remark="Told by Grace at the pit")
    post(approver, key, "adopt", "approver")
    words = set(PersonalWord.objects.values_list("word", flat=True)) | {"Grace"}
    said = json.dumps(list(Event.objects.values("subject", "why", "before", "after")), default=str, ensure_ascii=False)
    assert "Amina Analyst" in words
    assert not [word for word in words if word in said]
    assert "commitment" in said


def test_a_list_of_plans_filters_by_what_is_overdue(signed_in: Callable[[str], Client]) -> None:
    analyst = signed_in("analyst")
    assert "P-2020-01" in analyst.get("/plans/?overdue=yes").content.decode()
    assert "P-2020-01" not in analyst.get("/plans/?overdue=no").content.decode()
    assert analyst.get("/plans/?overdue=maybe").status_code == 400


def test_a_changed_plan_stands_above_the_list(signed_in: Callable[[str], Client]) -> None:
    analyst = signed_in("analyst")
    assert "P-T-3" not in analyst.get("/plans/").content.decode()
    proposed(analyst, "P-T-3")
    assert "P-T-3" in analyst.get("/plans/").content.decode()


def test_a_run_after_the_acts_has_them(signed_in: Callable[[str], Client], actor: Callable[[str], Actor]) -> None:
    from winze.workbench.models import PlanRow

    proposed(signed_in("analyst"), "P-T-4")
    with transaction.atomic():
        waiting = cycles.ask(actor("analyst"), DAY)
    cycles.run(waiting, actor("analyst"), lambda *_: None)
    row = PlanRow.objects.get(run=waiting, audience="internal", key="P-T-4")
    assert row.state == "draft"


def test_the_risk_knows_its_plan(signed_in: Callable[[str], Client], actor: Callable[[str], Actor]) -> None:
    row = RiskRow.objects.get(audience="internal", risk=RISK)
    assert plans.of_risk(actor("analyst").organisation, RISK) == "P-2020-01"
    assert "/plans/of/P-2020-01/" in signed_in("analyst").get(f"/risks/{row.position}/").content.decode()


def test_an_act_by_a_stranger_to_the_plan_cannot_be_forged(actor: Callable[[str], Actor]) -> None:
    with pytest.raises(Refusal):
        plans.act(actor("stranger"), "P-2020-01", [plans.Asked("submit", "owner", "2020-05-11")], "en", 0)


def test_a_funder_may_be_the_second_pair_of_eyes_up_to_the_figure(signed_in: Callable[[str], Client]) -> None:
    """The budget of the plan is known and small: somebody outside may let its review wait."""
    funder = signed_in("funder")
    page = funder.get("/plans/1/").content.decode()
    assert 'name="role" value="outside"' in page
    given = {"concerns": "epidemic", "figure": "2020-06-01"}
    assert post(funder, "P-2020-01", "pause", "outside", **given).status_code == 302
    assert Signature.objects.filter(plan="P-2020-01", verb="pause").count() == 1
    assert post(signed_in("viewer"), "P-2020-01", "pause", "outside", **given).status_code == 403
