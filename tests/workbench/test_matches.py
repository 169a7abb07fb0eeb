"""The match queue: what is proposed, judged, contradicted, taken back and split."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from sending import quiet, rows, send, site, sites, standing_alone, told, twin

from winze.engine.problems import Refusal
from winze.formats.templates import TEMPLATES
from winze.workbench.access import Actor
from winze.workbench.models import Event, Proposal, Site, Told
from winze.workbench.store import Absent, Stale, imports, journal, matches, register

pytestmark = [pytest.mark.django_db, pytest.mark.store]

PITS = sites(
    site("Bisie", 50, -1.030, 27.700, "Walikale"),
    site("Bisié", 60, -1.031, 27.701, "Walikale"),
    site("Bisiè", 70, -1.032, 27.702, "Walikale"),
    site("Numbi", 10, -2.0, 28.0),
)


@pytest.fixture
def judge(actor: Callable[[str], Actor]) -> Actor:
    """Somebody of an organisation that has three spellings of one pit, and another pit."""
    found = actor("stranger")
    send(found, "pits.csv", PITS)
    return found


def pair(actor: Actor, left: str, right: str) -> Proposal:
    one, other = sorted((f"site:{left}", f"site:{right}"))
    return Proposal.objects.get(organisation_id=actor.organisation, left=one, right=other)


def test_what_may_be_one_waits_with_its_reasons(judge: Actor) -> None:
    waiting = matches.of(judge).filter(verdict="")
    assert {(row.left, row.right) for row in waiting} == {
        ("site:Bisie", "site:Bisiè"), ("site:Bisie", "site:Bisié"), ("site:Bisiè", "site:Bisié"),
    }  # fmt: skip
    first = matches.next_(judge)
    assert first is not None
    assert first.band == "likely-same"
    assert sum(part["contribution"] for part in first.parts) == pytest.approx(first.score)


def test_the_same_joins_two_and_takes_nothing_from_what_was_told(judge: Actor) -> None:
    before = told(judge.organisation, of__isnull=False)
    matches.judge(judge, pair(judge, "Bisie", "Bisié").pk, "same", "one pit, spelt twice")
    assert told(judge.organisation, of__isnull=False) == before
    joined = Site.objects.get(organisation_id=judge.organisation, subject="site:Bisie")
    assert joined.also == ["site:Bisié"]
    assert Site.objects.get(organisation_id=judge.organisation, subject="site:Bisié").merged_into == "site:Bisie"
    assert standing_alone(rows(judge.organisation)) == twin(judge.organisation)
    event = Event.objects.filter(organisation_id=judge.organisation, verb="match.judged").get()
    assert (event.after["verdict"], event.why) == ("same", "one pit, spelt twice")


def test_a_judgement_taken_back_leaves_the_register_as_it_was(judge: Actor) -> None:
    before, stood = rows(judge.organisation), told(judge.organisation)
    waiting = set(matches.of(judge).filter(verdict="").values_list("left", "right", "score", "band"))
    row = pair(judge, "Bisie", "Bisié")
    for verdict in ("same", "not-same"):
        matches.judge(judge, row.pk, verdict, "seen both")
        matches.withdraw(judge, row.pk, "on second thoughts")
        assert rows(judge.organisation) == before
        assert told(judge.organisation) == stood
        assert set(matches.of(judge).values_list("left", "right", "score", "band")) == waiting
        row = pair(judge, "Bisie", "Bisié")
    assert journal.verify().fault is None


@pytest.mark.parametrize("verdict", ["same", "not-same"])
def test_without_a_reason_nothing_is_judged(judge: Actor, verdict: str) -> None:
    with pytest.raises(Refusal) as refused:
        matches.judge(judge, pair(judge, "Bisie", "Bisié").pk, verdict, " ")
    assert refused.value.text == "judgement.no-reason"
    assert not Told.objects.filter(organisation_id=judge.organisation, kind="judgement").exists()


def test_unsure_needs_no_reason_and_changes_no_site(judge: Actor) -> None:
    before = rows(judge.organisation)
    row = matches.judge(judge, pair(judge, "Bisie", "Bisié").pk, "unsure", "")
    assert (row.verdict, rows(judge.organisation)) == ("unsure", before)


def test_somebody_quicker_makes_a_judgement_stale(judge: Actor) -> None:
    row = pair(judge, "Bisie", "Bisié")
    matches.judge(judge, row.pk, "unsure", "", version=row.version_number)
    with pytest.raises(Stale):
        matches.judge(judge, row.pk, "same", "seen both", version=row.version_number)


def test_the_same_carries_on_and_what_contradicts_is_refused_by_name(judge: Actor) -> None:
    matches.judge(judge, pair(judge, "Bisie", "Bisié").pk, "same", "seen both")
    matches.judge(judge, pair(judge, "Bisie", "Bisiè").pk, "not-same", "the other side of the hill")
    assert not Proposal.objects.filter(organisation_id=judge.organisation, verdict="").exists()
    Proposal.objects.create(organisation_id=judge.organisation, of_kind="site", left="site:Bisiè", right="site:Bisié",
                            score=0.5, band="to-judge", sentence={}, parts=[])  # fmt: skip
    with pytest.raises(Refusal) as refused:
        matches.judge(judge, pair(judge, "Bisiè", "Bisié").pk, "same", "seen both")
    assert refused.value.text == "judgement.contradicts"
    assert "site:" not in refused.value.sentence


def test_one_taken_out_of_three(judge: Actor) -> None:
    matches.judge(judge, pair(judge, "Bisie", "Bisié").pk, "same", "seen both")
    second = matches.next_(judge)
    assert second is not None
    matches.judge(judge, second.pk, "same", "seen all three")
    assert len(Site.objects.get(organisation_id=judge.organisation, subject="site:Bisie").also) == 2
    assert matches.split(judge, "site:Bisié", "the third is another") == 1
    assert Site.objects.get(organisation_id=judge.organisation, subject="site:Bisié").merged_into == ""
    assert standing_alone(rows(judge.organisation)) == twin(judge.organisation)
    with pytest.raises(Refusal):
        matches.split(judge, "site:Numbi", "it was never in")


def test_a_judgement_that_came_in_a_file_is_outranked_not_removed(judge: Actor) -> None:
    headings = ",".join(TEMPLATES["judgements"].headings("en"))
    file = f"winze:judgements/1,,,,,,\r\n{headings}\r\nsite,Bisie,Bisié,same,one pit,Grace,2020-03-01\r\n"
    before = rows(judge.organisation)
    found = send(judge, "judgements.csv", file.encode())
    assert found.kinds == {"judgement": 1}
    row = pair(judge, "Bisie", "Bisié")
    assert row.verdict == "same"
    assert rows(judge.organisation)["site:Bisie"]["also"] == ["site:Bisié"]
    matches.withdraw(judge, row.pk, "Grace was mistaken")
    assert rows(judge.organisation) == before
    assert Told.objects.filter(of=found, gone_on=None).count() == 1


def test_several_at_once_each_with_its_own_result(judge: Actor) -> None:
    numbers = [row.pk for row in matches.of(judge).order_by("left", "right")]
    results = matches.judge_each(judge, [*numbers, 10**9], "not-same", "three pits by three teams")
    assert [wrong is None for _, wrong in results] == [True, True, True, False]
    assert isinstance(results[-1][1], Absent)
    assert len(twin(judge.organisation)) == 4


def test_new_files_bring_new_pairs_and_undone_ones_take_theirs_away(judge: Actor) -> None:
    found = send(judge, "more.csv", sites(site("Numbi 1", 10, -2.001, 28.001), site("Numbie", 10, -2.001, 28.0)))
    waiting = matches.of(judge).filter(verdict="", left__contains="Numbi")
    assert waiting.exists()
    imports.undo(judge, found.pk, "no good")
    assert not waiting.exists()


def test_the_neighbourhood_finds_what_the_whole_register_finds(judge: Actor) -> None:
    send(
        judge, "far.csv", sites(site("Bisie", 5, 3.0, 29.0, "Djugu"), *(site(f"Pit {n}", lat=-n) for n in range(3, 9)))
    )
    send(judge, "near.csv", sites(site("Bissie", 5, -1.033, 27.7, "Walikale")))
    few = set(matches.of(judge).values_list("left", "right", "score", "band", "verdict"))
    matches.propose(judge.organisation)
    assert set(matches.of(judge).values_list("left", "right", "score", "band", "verdict")) == few
    assert any("site:Bissie" in pair for pair in few)


def test_another_organisations_pair_is_not_there(judge: Actor, actor: Callable[[str], Actor]) -> None:
    row = pair(judge, "Bisie", "Bisié")
    for act in (lambda: matches.one(actor("analyst"), row.pk),
                lambda: matches.judge(actor("analyst"), row.pk, "same", "mine"),
                lambda: matches.withdraw(actor("analyst"), row.pk, "mine")):  # fmt: skip
        with pytest.raises(Absent):
            act()


# -- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(judge: Actor, signed_in: Callable[[str], Client]) -> Client:
    return signed_in("stranger")


def form(page: Client, address: str) -> dict[str, str]:
    """The version a form of a page carries."""
    found = re.search(r'name="version_number" value="(\d+)"', page.get(address).content.decode())
    assert found is not None
    return {"version_number": found[1]}


def test_the_queue_asks_its_question_and_begins_with_the_most_alike(page: Client, judge: Actor) -> None:
    content = page.get("/matches/").content.decode()
    assert "Which of these are one and the same?" in content
    first = matches.next_(judge)
    assert first is not None
    assert f'href="/matches/{first.pk}/"' in content


def test_a_pair_shows_both_sides_and_what_speaks_for_and_against(page: Client, judge: Actor) -> None:
    content = page.get(f"/matches/{pair(judge, 'Bisie', 'Bisié').pk}/").content.decode()
    for words in ("Are these one mine site?", "Bisié", "-1.0310, 27.7010", "pits.csv 4", "Walikale", "What speaks for"):
        assert words in content
    assert Event.objects.filter(organisation_id=judge.organisation, verb="opened", subject__startswith="pair:").exists()


def test_after_a_judgement_the_next_pair_comes(page: Client, judge: Actor) -> None:
    row = pair(judge, "Bisie", "Bisié")
    address = f"/matches/{row.pk}/"
    answer = page.post(f"{address}judge/", {**form(page, address), "verdict": "unsure", "reason": ""})
    following = matches.next_(judge)
    assert following is not None
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/matches/{following.pk}/")


def test_a_refused_judgement_says_why_and_keeps_what_was_written(page: Client, judge: Actor) -> None:
    row = pair(judge, "Bisie", "Bisié")
    address = f"/matches/{row.pk}/"
    answer = page.post(f"{address}judge/", {**form(page, address), "verdict": "same", "reason": ""})
    assert answer.status_code == 409
    assert "needs a reason" in answer.content.decode()
    stale = page.post(f"{address}judge/", {"version_number": "99", "verdict": "same", "reason": "seen both"})
    assert stale.status_code == 409
    assert page.post(f"{address}judge/", {**form(page, address), "verdict": "withdrawn"}).status_code == 404


def test_a_judged_pair_is_listed_and_taken_back_at_its_page(page: Client, judge: Actor) -> None:
    row = matches.judge(judge, pair(judge, "Bisie", "Bisié").pk, "same", "seen both")
    assert f"/matches/{row.pk}/" in page.get("/matches/?state=judged").content.decode()
    address = f"/matches/{row.pk}/"
    page.post(f"{address}withdraw/", {**form(page, address), "reason": "two after all"})
    assert not Told.objects.filter(organisation_id=judge.organisation, kind="judgement", gone_on=None).exists()


def test_ticked_pairs_are_judged_not_to_be_the_same_with_one_reason(page: Client, judge: Actor) -> None:
    ticked = {"about": [str(row.pk) for row in matches.of(judge)], "next": "/matches/"}
    asked = page.post("/matches/not-same/", ticked).content.decode()
    assert "Why are these 3 pairs not the same?" in asked
    done = page.post("/matches/not-same/", {**ticked, "reason": "three teams, three pits"}).content.decode()
    assert done.count("Judged not to be the same.") == 3
    assert "No pair was ticked" in page.post("/matches/not-same/", {}).content.decode()


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("funder", 403), ("assessor", 403), ("analyst", 404)])
def test_who_may_not_judge(judge: Actor, signed_in: Callable[[str], Client], who: str, status: int) -> None:
    row = pair(judge, "Bisie", "Bisié")
    answer = signed_in(who).post(f"/matches/{row.pk}/judge/", {"verdict": "same", "reason": "mine"})
    assert answer.status_code == status
    assert register.judgements(judge.organisation) == []


def test_an_assessor_sees_the_pairs_and_why_the_buttons_are_closed(signed_in: Callable[[str], Client]) -> None:
    row = Proposal.objects.filter(organisation__key="great-lakes").order_by("pk").first()
    assert row is not None
    content = signed_in("assessor").get(f"/matches/{row.pk}/").content.decode()
    assert "This is done by: analyst, approver." in content


def test_loading_does_not_need_the_queue_to_be_looked_at(judge: Actor) -> None:
    found = imports.propose(judge, "late.csv", [sites(site("Kalimbi"))])
    assert imports.load(judge, found.pk, "skip", quiet).state == "loaded"
