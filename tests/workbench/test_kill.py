"""kill -9 at any moment of an import, a cycle or a save leaves no half state, and the work is done all the same."""

from __future__ import annotations

import http.client
import os
import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from living import Browser, Served, copy_of_register, half_states, saves, signal_group, visits, wait_for, within

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc"),
]
ROUNDS = int(os.environ.get("WINZE_SOAK", "5"))
FIRST_DAY = date(2020, 3, 1)


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with django_db_blocker.unblock():
        if connection.vendor != "sqlite":
            pytest.skip("homes of their own are SQLite")
        yield copy_of_register(tmp_path_factory.mktemp("kill") / "home")


@pytest.fixture(scope="module")
def served(kept: Path) -> Iterator[Served]:
    with Served(kept) as running:
        yield running


def _ask(kept: Path, folder: Path, number: int) -> tuple[int, int]:
    """Proposes a new file, and asks for its import and for a run of the cycle; gives the two jobs."""
    from winze.workbench.models import User
    from winze.workbench.store import cycles, imports, jobs, people

    with within(kept):
        actor = people.actor(User.objects.get(email="analyst@example.org"), "great-lakes", "en")
        assert actor is not None
        path = visits(folder, number)
        proposed = imports.propose(actor, path.name, [path.read_bytes()])
        assert proposed.kinds == {"visit": 60}, proposed.kinds
        with transaction.atomic():
            loading = jobs.ask(actor, "import", **{"import": proposed.pk, "mode": "skip"})
            running = jobs.ask(actor, "cycle", run=cycles.ask(actor, FIRST_DAY).pk)
    return loading.pk, running.pk


def _state(kept: Path, *numbers: int) -> list[str]:
    from winze.workbench.models import Job

    with within(kept):
        return [Job.objects.get(pk=number).state for number in numbers]


def _ended(kept: Path, *numbers: int) -> list[str]:
    wait_for(lambda: not {"waiting", "running"} & set(_state(kept, *numbers)), 120)
    return _state(kept, *numbers)


def test_a_job_whose_process_is_killed_is_done_all_the_same(
    kept: Path, served: Served, tmp_path: Path, django_db_blocker: Any
) -> None:
    chance = random.Random(20200511)
    with django_db_blocker.unblock():
        began = time.monotonic()
        assert _ended(kept, *_ask(kept, tmp_path, 0)) == ["done", "done"]
        usual = time.monotonic() - began
        for n in range(1, ROUNDS + 1):
            asked = _ask(kept, tmp_path, n)
            time.sleep(chance.uniform(0, usual))
            for pid in served.processes(chance.choice(["hand", "worker"])):
                signal_group(pid)
            with within(kept):
                assert half_states(kept) == []
            assert _ended(kept, *asked) == ["done", "done"]
            with within(kept):
                assert half_states(kept) == []


def test_a_save_during_which_the_server_is_killed_is_whole_or_not_there(
    kept: Path, served: Served, django_db_blocker: Any
) -> None:
    chance = random.Random(20200512)
    with django_db_blocker.unblock():
        number = _stopped_job(kept)
        browser = served.browser().sign_in("analyst")
        for _ in range(ROUNDS):
            before = _count(kept)
            ending = threading.Event()
            saving = threading.Thread(target=_save, args=(browser, number, ending))
            saving.start()
            wait_for(lambda before=before: _count(kept) > before)
            time.sleep(chance.uniform(0, 0.3))
            for pid in served.processes("web"):
                signal_group(pid)
            ending.set()
            saving.join(30)
            with within(kept):
                assert half_states(kept) == []
                jobs, events = saves()
                assert jobs == events > before
            wait_for(lambda: _answers(served))


def _stopped_job(kept: Path) -> int:
    """A job that was stopped, so that it can be asked for again; its import is loaded already and costs nothing."""
    from winze.workbench.models import Import, Job, User

    with within(kept):
        loaded = Import.objects.filter(state="loaded").order_by("id")[0]
        return Job.objects.create(
            organisation=loaded.organisation, verb="import", state="cancelled", at=datetime.now(UTC),
            by=User.objects.get(email="analyst@example.org"),
            arguments={"import": loaded.pk, "mode": "skip", "again": True},
        ).pk  # fmt: skip


def _count(kept: Path) -> int:
    with within(kept):
        return saves()[0]


def _save(browser: Browser, number: int, ending: threading.Event) -> None:
    while not ending.is_set():
        try:
            status, text, _ = browser.ask(f"/jobs/{number}/again/", {})
            assert status == 302, text
        except (OSError, http.client.HTTPException):
            return


def _answers(served: Served) -> bool:
    try:
        return served.browser().ask("/healthz")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def test_a_supervisor_that_is_killed_leaves_nobody_behind(
    kept: Path, served: Served, tmp_path: Path, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        asked = _ask(kept, tmp_path, 900)
        wait_for(lambda: _state(kept, asked[0]) != ["waiting"])
        served.kill()
        with within(kept):
            assert half_states(kept) == []
        with Served(kept):
            assert _ended(kept, *asked) == ["done", "done"]
        with within(kept):
            assert half_states(kept) == []
