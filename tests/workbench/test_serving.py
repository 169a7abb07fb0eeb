"""One command serves: ready once the page answers, one server a home, nobody left behind; the demo needs no typing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from living import Served, copy_of_register, wait_for, within

from winze.workbench import home as homes
from winze.workbench import serving

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc"),
]


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with django_db_blocker.unblock():
        if connection.vendor != "sqlite":
            pytest.skip("homes of their own are SQLite")
        return copy_of_register(tmp_path_factory.mktemp("serve") / "home")


@pytest.fixture(scope="module")
def served(kept: Path) -> Iterator[Served]:
    with Served(kept) as running:
        yield running


def test_the_page_answers_and_the_worker_lives(served: Served) -> None:
    browser = served.browser()
    assert browser.ask("/")[0::2] == (302, "/accounts/login/?next=/")
    assert browser.ask("/healthz")[1] == "ok\n"
    assert wait_for(lambda: browser.ask("/readyz")[1] == "ok\n", 30)


def test_a_home_is_served_once(served: Served) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "winze.cli", "serve", "--home", str(served.home), "--port", "0"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "served already" in done.stderr


def test_a_port_that_is_taken_is_said_at_once(served: Served, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        serving.serve(tmp_path / "other", served.port)


def test_a_job_that_is_asked_for_at_a_page_is_done_and_can_be_watched(served: Served) -> None:
    browser = served.browser().sign_in("analyst")
    with within(served.home):
        from django.db import transaction

        from winze.workbench.models import User
        from winze.workbench.store import cycles, jobs, people

        actor = people.actor(User.objects.get(email="analyst@example.org"), "great-lakes", "en")
        assert actor is not None
        with transaction.atomic():
            job = jobs.ask(actor, "cycle", run=cycles.ask(actor, cycles.newest(actor.organisation).as_of).pk)
    assert wait_for(lambda: "hx-get" not in browser.ask(f"/jobs/{job.pk}/progress/")[1], 120)
    with within(served.home):
        job.refresh_from_db()
        assert job.state == "done"


def test_everything_ends_when_it_is_asked_to(kept: Path, tmp_path: Path) -> None:
    with Served(tmp_path / "new") as running:
        begun = running.processes()
        assert len(begun) >= 3
        link = next(line for line in running.lines if "found your organisation" in line)
    assert running.process.returncode == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in begun)
    assert not homes.served(tmp_path / "new")
    assert re.search(r"/first/[\w-]{20,}/$", link)


def test_the_link_of_an_empty_home_founds_an_organisation_once(tmp_path: Path) -> None:
    with Served(tmp_path / "new") as running:
        path = re.search(r"/first/[\w-]+/", " ".join(running.lines))
        assert path
        browser = running.browser()
        assert browser.ask("/first/another-secret/")[0] == 404
        assert browser.ask(path[0])[0] == 200
        assert browser.ask(path[0], {"organisation": "", "name": "x", "email": "x"})[0] == 400
        told = {"organisation": "Comptoir Été", "name": "Ada", "email": "ada@example.org"}
        status, _, to = browser.ask(path[0], told)
        assert status == 302
        assert to.startswith("/invitation/")
        assert browser.ask(to)[0] == 200
        assert browser.ask(path[0], told)[0] == 404


def test_the_demo_opens_with_one_link_and_a_visit(tmp_path: Path) -> None:
    with Served(tmp_path / "demo", "demo", str(tmp_path / "demo"), "--port", "0") as running:
        start = re.search(r"/start/[\w-]+/", " ".join(running.lines))
        assert start
        browser = running.browser()
        assert "This is a demo" in browser.ask("/accounts/login/")[1]
        assert browser.ask(start[0])[0::2] == (302, "/")
        home = browser.ask("/")[1]
        assert 'id="visit"' in home
        assert "/visit/risk/" in home
        assert 'class="done"' not in home
        assert browser.ask("/visit/risk/")[0] == 302
        assert 'class="done"' in browser.ask("/")[1]
        assert browser.ask("/visit-end/", {})[0] == 302
        assert 'id="visit"' not in browser.ask("/")[1]
        assert running.browser().ask(start[0])[0] == 404  # used
        passwords = json.loads((tmp_path / "demo" / "demo.json").read_text(encoding="utf-8"))
        assert all(f"{email} with {word}" in " ".join(running.lines) for email, word in passwords.items())
    assert (tmp_path / "demo" / "demo.json").stat().st_mode & 0o077 == 0
