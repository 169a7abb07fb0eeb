"""Real homes with real processes: a copy of the tests' register as a home folder, and the workbench served on it."""

from __future__ import annotations

import csv
import http.client
import io
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections

from winze.workbench import home as homes

PASSWORD = "a long password for tests"


def copy_of_register(home: Path) -> Path:
    """The tests' own register (SQLite) as a home folder of its own; everybody's password is PASSWORD."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    home.mkdir(mode=0o700)
    for name in homes.FOLDERS:
        (home / name).mkdir(mode=0o700)
    (home / "secret.key").write_text("k" * 60, encoding="ascii")
    (home / "secret.key").chmod(0o600)
    shutil.copytree(Path(settings.HOME) / "files", home / "files", dirs_exist_ok=True)
    connection.ensure_connection()
    with closing(sqlite3.connect(home / "winze.sqlite3")) as copy:
        connection.connection.backup(copy)
        password = PBKDF2PasswordHasher().encode(PASSWORD, "salt" * 6, iterations=1000)
        copy.execute("UPDATE workbench_user SET password = ?", [password])
        copy.commit()
    return home


@contextmanager
def within(home: Path) -> Iterator[None]:
    """Lets the store work on a home's own database instead of the tests'."""
    before, kept = connections["default"], settings.HOME
    said = {**before.settings_dict, "NAME": str(home / "winze.sqlite3"), "ATOMIC_REQUESTS": False}
    connections["default"] = type(before)(said, "default")
    settings.HOME = home
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = before
        settings.HOME = kept


class Served:
    """`winze serve` on a home."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        self.lines: list[str] = []
        self.log = home.parent / f"{home.name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "winze.cli", *(arguments or ("serve", "--home", str(home), "--port", "0"))],
                stdout=subprocess.PIPE, stderr=log, text=True,
                env={**os.environ, "WINZE_THREADS": "2", "PYTHONDONTWRITEBYTECODE": ""},
            )  # fmt: skip
        threading.Thread(target=self._hear, daemon=True).start()
        self.port = 0

    def _hear(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def __enter__(self) -> Served:
        wait_for(lambda: self._ready() or self.process.poll() is not None, 120)
        assert self._ready(), (self.lines, self.log.read_text(encoding="utf-8"))
        return self

    def _ready(self) -> bool:
        found = next((re.search(r":(\d+)/$", line) for line in self.lines if line.startswith("ready ")), None)
        self.port = int(found[1]) if found else 0
        return bool(found)

    def __exit__(self, *wrong: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()

    def kill(self) -> None:
        """Kills the supervisor; waits until what it had begun is gone too."""
        left = self.processes()
        self.process.kill()
        self.process.wait()
        wait_for(lambda: not any(alive(pid) for pid in left), 30)

    def processes(self, *kinds: str) -> list[int]:
        """The processes of the workbench on this home, of the kinds `web`, `worker`, `hand`."""
        found = []
        for pid in descendants(self.process.pid):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if "winze.workbench.serving" in words and (not kinds or words[words.index("-m") + 2] in kinds):
                found.append(pid)
        return found

    def browser(self) -> Browser:
        return Browser(self.port)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(words[1]), []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found.append(child)
            waiting.append(child)
    return found


class Browser:
    """A browser without pictures: keeps cookies, sends forms."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies = port, dict[str, str]()

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """The status, the text and where it leads to."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as line:
            heads = {"Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items())}
            body = None
            if form is not None:
                token = self.cookies.get("csrftoken", "")
                body = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": token})
                heads["Content-Type"] = "application/x-www-form-urlencoded"
            line.request("GET" if form is None else "POST", path, body, heads)
            answer = line.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                key, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[key] = value
            return answer.status, answer.read().decode(), answer.headers.get("Location", "")

    def sign_in(self, name: str) -> Browser:
        self.ask("/accounts/login/")
        status, text, _ = self.ask("/accounts/login/", {"login": f"{name}@example.org", "password": PASSWORD})
        assert status == 302, (status, text[-2000:])
        return self


def wait_for(true: Callable[[], Any], seconds: float = 60) -> Any:
    """Waits until something is so, and gives it."""
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until, "it never came to be so"
        time.sleep(0.05)
    return found


def visits(folder: Path, number: int, rows: int = 60) -> Path:
    """A file of visits that nobody sent before: the example's, under other numbers and names."""
    from winze import example

    if not (folder / "example").exists():
        example.write(folder / "example", "great-lakes")
    told = list(csv.DictReader((folder / "example" / "visites_sites.csv").open(encoding="utf-8-sig")))
    out = io.StringIO()
    writer = csv.DictWriter(out, told[0].keys())
    writer.writeheader()
    for n in range(rows):
        row, mark = dict(told[n % len(told)]), f"{number}-{n}"
        row |= {"FID": f"kill.{mark}", "vid": f"{700000 + number * 1000 + n}", "pcode": f"kill{mark}", "name": mark}
        writer.writerow(row)
    path = folder / f"visits-{number}.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def half_states(home: Path) -> list[str]:
    """What is half done in a register, in words; empty where everything is whole. Runs `within` a home."""
    import hashlib

    from winze.workbench.models import CycleProblem, CycleRun, Event, File, Import, PlanRow, RiskRow, Told, Why
    from winze.workbench.store import journal, statements

    wrong = []
    found = journal.verify()
    if found.fault:
        wrong.append(f"the journal: {found.fault}")
    rows = Counter(Told.objects.values_list("of", flat=True))
    for of in Import.objects.all():
        kept = sum(count for kind, count in of.kinds.items() if kind not in statements.BULK)
        if of.state == "undone":  # what it brought is ended, not gone
            kept, rows[of.pk] = 0, Told.objects.filter(of=of, gone_on=None).count()
        if rows[of.pk] != (kept if of.state == "loaded" else 0):
            wrong.append(f"import {of.pk} is {of.state} with {rows[of.pk]} rows of {kept}")
        verbs = list(Event.objects.filter(subject=f"import:{of.pk}").order_by("seq").values_list("verb", flat=True))
        if verbs[-1] != f"import.{of.state}" or verbs.count("import.loaded") > 1:
            wrong.append(f"import {of.pk} is {of.state} and the journal says {verbs}")
    for run in CycleRun.objects.all():
        ranked = RiskRow.objects.filter(run=run, audience="internal").count()
        told = Event.objects.filter(subject=f"run:{run.pk}", verb="cycle.run").count()
        if run.state == "done":
            if told != 1 or ranked != run.counts["ranked"] + run.counts["watched"]:
                wrong.append(f"run {run.pk} is done with {ranked} risks and {told} events")
        elif told or any(model.objects.filter(run=run).exists() for model in (RiskRow, PlanRow, Why, CycleProblem)):
            wrong.append(f"run {run.pk} is {run.state} and has rows")
    names = {(str(of), sha) for of, sha in File.objects.values_list("organisation", "sha256")}
    for path in (home / "files").rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            if hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
                wrong.append(f"file {path.name} is not whole")
            names.discard((path.relative_to(home / "files").parts[0], path.name))
    return wrong + [f"file {sha} is missing" for _, sha in names]


def saves() -> tuple[int, int]:
    """How many jobs were asked for again (the tests' mark is their argument), and how many events tell of it."""
    from winze.workbench.models import Event, Job

    jobs = Job.objects.filter(arguments__again=True).count()
    return max(jobs - 1, 0), Event.objects.filter(verb="job.repeated").count()


def signal_group(pid: int) -> None:
    """Kills a process and the group it leads."""
    os.killpg(os.getpgid(pid), signal.SIGKILL)
