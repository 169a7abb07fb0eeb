"""Long work: asked for with its transaction, told of, stopped, done again, taken up after a kill, and no more than
three times."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.test import Client

from winze.engine.problems import Refusal
from winze.engine.texts import refuse
from winze.workbench.access import Actor
from winze.workbench.models import Event, Job, Membership, Notice
from winze.workbench.store import Absent, cycles, jobs
from winze.workbench.work import Worker

pytestmark = [pytest.mark.django_db, pytest.mark.store]

type Named = Callable[[str], Actor]
type SignedIn = Callable[[str], Client]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Callable[[jobs.Work], None]:
    """Lets the verb `cycle` do something else."""

    def does(act: jobs.Work) -> None:
        monkeypatch.setitem(jobs.WORK, "cycle", act)
        monkeypatch.delitem(jobs.STANDS, "cycle")

    return does


def test_a_job_is_not_there_if_its_transaction_fails(actor: Named) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.ask(actor("analyst"), "cycle", run=1)
        raise ZeroDivisionError
    assert jobs.claim() is None


def test_the_oldest_job_is_claimed_first_and_once(actor: Named) -> None:
    first, second = (jobs.ask(actor("analyst"), "cycle", run=n) for n in (1, 2))
    claimed = jobs.claim(), jobs.claim(), jobs.claim()
    assert [job and job.pk for job in claimed] == [first.pk, second.pk, None]
    assert {job.state for job in claimed if job} == {"running"}


def test_progress_is_kept_and_the_end_is_told(actor: Named, work: Any) -> None:
    amina, seen = actor("analyst"), []

    def act(job: Job, by: Actor | None, progress: jobs.Progress) -> dict[str, Any]:
        progress("wb.job.think", 2, 4)
        seen.append(Job.objects.values_list("step", "done", "total", "state").get(pk=job.pk))
        return {"by": by.user if by else None}

    work(act)
    job = jobs.ask(amina, "cycle", run=1)
    jobs.perform(job.pk)
    job.refresh_from_db()
    assert seen == [("wb.job.think", 2, 4, "running")]
    assert (job.state, job.result, job.attempts) == ("done", {"by": amina.user}, 1)
    assert Notice.objects.get(about=f"job:{job.pk}").text == "wb.notice.job-done"


def test_what_was_asked_to_stop_keeps_nothing(actor: Named, work: Any) -> None:
    amina = actor("analyst")

    def act(job: Job, by: Actor | None, progress: jobs.Progress) -> dict[str, Any]:
        jobs.stop(amina, job.pk)
        progress("wb.job.keep", 3, 4)
        raise AssertionError("went on")

    work(act)
    job = jobs.ask(amina, "cycle", run=1)
    jobs.perform(job.pk)
    assert Job.objects.get(pk=job.pk).state == "cancelled"
    assert Event.objects.filter(verb="job.stopped", subject=f"job:{job.pk}").count() == 1


def test_one_that_waits_is_stopped_at_once(actor: Named) -> None:
    amina = actor("analyst")
    job = jobs.ask(amina, "cycle", run=1)
    assert jobs.stop(amina, job.pk).state == "cancelled"
    assert jobs.claim() is None
    with pytest.raises(Refusal):
        jobs.stop(amina, job.pk)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [(KeyError("Jean"), "wb.job.why.bug"), (refuse("x", "wb.refused.job-runs"), "wb.refused.job-runs"),
     (Absent(), "wb.job.why.absent")],
)  # fmt: skip
def test_a_failure_is_told_in_a_sentence_and_never_in_an_exceptions_words(
    actor: Named, work: Any, wrong: Exception, text: str
) -> None:
    def act(job: Job, by: Actor | None, progress: jobs.Progress) -> dict[str, Any]:
        raise wrong

    work(act)
    job = jobs.ask(actor("analyst"), "cycle", run=1)
    jobs.perform(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result["text"]) == ("failed", text)
    for language in ("en", "fr", "es", "zh-hans"):
        assert "Jean" not in jobs.sentence(job.result, language)


def test_a_busy_database_is_tried_again_three_times_in_all(actor: Named, work: Any) -> None:
    def act(job: Job, by: Actor | None, progress: jobs.Progress) -> dict[str, Any]:
        raise OperationalError("database is locked")

    work(act)
    job = jobs.ask(actor("analyst"), "cycle", run=1)
    seen = []
    for _ in range(jobs.MOST):
        jobs.perform(job.pk)
        seen.append(Job.objects.get(pk=job.pk).state)
    assert seen == ["waiting", "waiting", "failed"]
    assert Job.objects.get(pk=job.pk).result["text"] == "wb.job.why.killed"


def test_a_job_left_by_a_killed_worker_waits_again_until_it_was_begun_three_times(actor: Named) -> None:
    job = jobs.ask(actor("analyst"), "cycle", run=0)
    for state in ("waiting", "waiting", "failed"):
        assert jobs.claim() is not None
        assert jobs.left() == []  # one that told something just now is alive
        Job.objects.filter(pk=job.pk).update(beat_at=datetime.now(UTC) - jobs.SILENT)
        assert jobs.take_up(jobs.left()) == 1
        assert Job.objects.get(pk=job.pk).state == state
    assert jobs.left(timedelta(0)) == []


def test_a_job_killed_after_its_effect_stands_is_done(actor: Named, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jobs.STANDS, "cycle", lambda job: {"run": job.arguments["run"]})
    job = jobs.ask(actor("analyst"), "cycle", run=7)
    assert jobs.claim() is not None
    jobs.take_up(jobs.left(timedelta(0)))
    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"run": 7})


def test_a_run_whose_job_was_stopped_waits_no_longer(actor: Named) -> None:
    amina = actor("analyst")
    run = cycles.ask(amina, datetime.now(UTC).date())
    jobs.stop(amina, jobs.ask(amina, "cycle", run=run.pk).pk)
    run.refresh_from_db()
    assert run.state == "failed"


def test_a_worker_that_was_asked_to_end_costs_no_attempt(actor: Named) -> None:
    job = jobs.ask(actor("analyst"), "cycle", run=0)
    claimed = jobs.claim()
    assert claimed is not None
    jobs.put_back(claimed)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("waiting", 0)


def test_a_late_end_of_an_earlier_attempt_changes_nothing(actor: Named) -> None:
    job = jobs.ask(actor("analyst"), "cycle", run=0)
    jobs.claim()
    jobs.take_up(jobs.left(timedelta(0)))
    jobs.claim()
    jobs.end(job, "done", {}, attempt=1)
    assert Job.objects.get(pk=job.pk).state == "running"


def test_whoever_lost_the_role_gets_nothing_done(actor: Named, work: Any) -> None:
    work(lambda job, by, progress: {"done": True})
    amina = actor("analyst")
    job = jobs.ask(amina, "cycle", run=1)
    Membership.objects.filter(user=amina.user).update(until=datetime.now(UTC))
    jobs.perform(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result["text"]) == ("failed", "wb.job.why.role")


def test_again_asks_anew_and_only_for_what_ended_without_effect(actor: Named) -> None:
    amina = actor("analyst")
    job = jobs.ask(amina, "cycle", run=1)
    with pytest.raises(Refusal):
        jobs.again(amina, job.pk)
    jobs.stop(amina, job.pk)
    anew = jobs.again(amina, job.pk)
    assert anew.pk != job.pk
    assert (anew.state, anew.arguments) == ("waiting", {"run": 1})
    jobs.end(anew, "done", {})
    with pytest.raises(Refusal):
        jobs.again(amina, anew.pk)


def test_a_job_belongs_to_whoever_asked_and_to_whoever_looks_after_the_instrument(actor: Named) -> None:
    job = jobs.ask(actor("analyst"), "cycle", run=1)
    assert jobs.one(actor("administrator"), job.pk) == job
    for other in ("viewer", "stranger", "assessor"):
        with pytest.raises(Absent):
            jobs.one(actor(other), job.pk)


# -- pages -----------------------------------------------------------------------------------------------------------


def test_the_list_shows_jobs_newest_first(actor: Named, signed_in: SignedIn) -> None:
    first, second = (jobs.ask(actor("analyst"), "cycle", run=n) for n in (1, 2))
    page = signed_in("analyst").get("/jobs/").content.decode()
    assert 0 < page.index(f"/jobs/{second.pk}/") < page.index(f"/jobs/{first.pk}/")
    assert f"/jobs/{first.pk}/" not in signed_in("viewer").get("/jobs/").content.decode()


def test_a_running_job_asks_for_itself_again_and_an_ended_one_does_not(actor: Named, signed_in: SignedIn) -> None:
    job = jobs.ask(actor("analyst"), "cycle", run=1)
    jobs.claim()
    jobs.beat(job, "wb.job.think", 2, 4)
    page = signed_in("analyst").get(f"/jobs/{job.pk}/").content.decode()
    assert f'hx-get="/jobs/{job.pk}/progress/"' in page
    assert 'value="2" max="4"' in page
    jobs.end(job, "failed", {"text": "wb.job.why.killed", "values": [["times", "3"]]})
    part = signed_in("analyst").get(f"/jobs/{job.pk}/progress/").content.decode()
    assert "hx-get" not in part
    assert "killed 3 times" in part


def test_stop_and_again_are_there_with_the_sentence_that_disables_them(actor: Named, signed_in: SignedIn) -> None:
    amina = signed_in("analyst")
    job = jobs.ask(actor("analyst"), "cycle", run=1)
    page = amina.get(f"/jobs/{job.pk}/").content.decode()
    assert 'disabled aria-describedby="no-again"' in page
    assert amina.post(f"/jobs/{job.pk}/stop/").status_code == 302
    page = amina.get(f"/jobs/{job.pk}/").content.decode()
    assert 'disabled aria-describedby="no-stop"' in page
    assert amina.post(f"/jobs/{job.pk}/stop/").status_code == 409
    again = amina.post(f"/jobs/{job.pk}/again/")
    assert again.status_code == 302
    assert amina.get(again.headers["Location"]).status_code == 200


def test_what_belongs_to_others_is_not_there(actor: Named, signed_in: SignedIn) -> None:
    job = jobs.ask(actor("analyst"), "cycle", run=1)
    for path in ("", "progress/"):
        assert signed_in("stranger").get(f"/jobs/{job.pk}/{path}").status_code == 404
    for path in ("stop/", "again/"):
        assert signed_in("stranger").post(f"/jobs/{job.pk}/{path}").status_code == 404


# -- the worker ------------------------------------------------------------------------------------------------------


class Hand:
    """A hand that does what it is told, in this process."""

    def __init__(self, told: list[Any]) -> None:
        import queue

        self.told: queue.Queue[Any] = queue.Queue()
        self.script, self.alive = told, True

    def begin(self, job: Job) -> None:
        for one in self.script:
            self.told.put(job.pk if one == "ended" else one)

    def kill(self) -> None:
        self.alive = False


def _attended(job: Job, hand: Hand) -> Job:
    worker = Worker()
    worker.LOOK = 0.01
    worker.hand = hand  # type: ignore[assignment]
    claimed = jobs.claim()
    assert claimed is not None
    worker._attend(claimed)
    return Job.objects.get(pk=job.pk)


def test_the_worker_keeps_what_the_hand_tells(actor: Named) -> None:
    job = jobs.ask(actor("analyst"), "cycle", run=0)
    hand = Hand([["wb.job.think", 2, 4]])
    threading.Timer(0.5, lambda: hand.told.put(job.pk)).start()
    found = _attended(job, hand)
    assert (found.step, found.done, found.total) == ("wb.job.think", 2, 4)


def test_the_worker_settles_a_job_whose_hand_died(actor: Named) -> None:
    job = jobs.ask(actor("analyst"), "cycle", run=0)
    assert _attended(job, Hand([None])).state == "waiting"


def test_the_worker_kills_the_hand_of_a_job_that_was_asked_to_stop(actor: Named) -> None:
    job = jobs.ask(actor("analyst"), "cycle", run=0)
    Job.objects.filter(pk=job.pk).update(asked_to_stop=True)
    hand = Hand([])
    assert _attended(job, hand).state == "cancelled"
    assert not hand.alive
