"""One command that serves the workbench: a supervisor, the web server and the worker, each a process of its own.

The supervisor knows nothing of Django. It holds the home, begins the web server (which brings the database to this
release's form first), then the worker, begins again what died, and ends both when it is asked to. Should it be killed
itself, the others see their standard input close and end too.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from winze.workbench import home as homes

GRACE = 10.0
"""Seconds a process has to end by itself."""
LOOK = 0.05


class Refused(Exception):
    """The workbench cannot be served; the sentence says why."""


def serve(home: Path, port: int, host: str = "127.0.0.1", *, began: Callable[[Supervisor], None] | None = None) -> None:
    """Serves a home until stopped (SIGTERM, SIGINT); `began` is called once the first page has answered. Raises
    Refused, or OSError where the port is taken."""
    homes.prepare(home)
    one_only = homes.alone(home) if "WINZE_DATABASE" not in os.environ else nullcontext()
    try:
        with one_only:
            supervisor = Supervisor(home, host, free_port(host, port))
            supervisor.listen_to_signals()
            try:
                supervisor.begin()
                if began:
                    began(supervisor)
                supervisor.watch()
            finally:
                supervisor.end()
    except homes.Taken:
        raise Refused(
            f"{home} is served already by another process. One register has one server; several hosts can share one "
            "where WINZE_DATABASE names a PostgreSQL database."
        ) from None


def free_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises OSError where it is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
        if os.name != "nt":
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tried.bind((host, port))
        return int(tried.getsockname()[1])


class Child:
    """A process that is begun again when it dies, a little later each time."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home, self.arguments = home, arguments
        self.begun_at, self.wait = 0.0, 0.5
        self.told: list[Any] = []
        self.process: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        self.begun_at, self.told = time.monotonic(), []
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "winze.workbench.serving", *self.arguments], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, "WINZE_HOME": str(self.home.absolute())},
        )  # fmt: skip
        threading.Thread(target=self._hear, args=(self.process, self.told), daemon=True).start()

    @staticmethod
    def _hear(process: subprocess.Popen[str], told: list[Any]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with suppress(ValueError):
                told.append(json.loads(line))

    @property
    def dead(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def mend(self) -> None:
        """Begins again what died: at once if it had come so far as to tell something, else later and later."""
        if not self.dead:
            return
        if self.told:
            self.wait = 0.5
        elif time.monotonic() - self.begun_at < self.wait:
            return
        else:
            self.wait = min(self.wait * 2, 30.0)
        self.begin()

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def bury(self) -> None:
        """Waits for the end, then kills the process and whatever it began."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE)
        with suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL) if hasattr(os, "killpg") else self.process.kill()
        self.process.wait()


class Supervisor:
    """Keeps the web server and the worker of one home running."""

    def __init__(self, home: Path, host: str, port: int) -> None:
        self.home, self.host, self.port = home, host, port
        self.ending = threading.Event()
        self.web = Child(home, "web", host, str(port))
        self.worker = Child(home, "worker")

    @property
    def url(self) -> str:
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{f'[{shown}]' if ':' in shown and '[' not in shown else shown}:{self.port}/"

    def listen_to_signals(self) -> None:
        def asked(number: int, frame: FrameType | None) -> None:
            self.ending.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, asked)

    def begin(self) -> None:
        """Begins both and returns once the first page has answered. Raises Refused where it never will."""
        self.web.begin()
        self._until(lambda: self._heard("migrated") is not None)
        self.worker.begin()
        self._until(self._answers)

    def _until(self, true: Callable[[], bool]) -> None:
        while not self.ending.is_set() and not true():
            if self.web.dead:
                raise Refused(self._heard("refused") or "The web server ended before it had begun; its log says why.")
            self.ending.wait(LOOK)

    def _heard(self, key: str) -> Any:
        return next((one[key] for one in list(self.web.told) if isinstance(one, dict) and key in one), None)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}accounts/login/", timeout=30) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except urllib.error.HTTPError as wrong:
            raise Refused(f"The first page answered with an error ({wrong.code}); the log says why.") from None
        except OSError:
            return False

    @property
    def first_link(self) -> str | None:
        """Where the organisation of an empty home is founded; None where there is one."""
        secret = self._heard("first")
        return f"{self.url}first/{secret}/" if secret else None

    def watch(self) -> None:
        """Begins again what died, until asked to end."""
        while not self.ending.wait(0.2):
            for child in (self.web, self.worker):
                child.mend()

    def end(self) -> None:
        for child in (self.worker, self.web):
            child.end()
        for child in (self.worker, self.web):
            child.bury()


# -- within the processes --------------------------------------------------------------------------------------------


def say(**told: Any) -> None:
    """Tells the supervisor something."""
    print(json.dumps(told), flush=True)


def end_with_parent(*, at_once: bool = False) -> None:
    """Ends this process when the one that began it is gone. The worker ends at once, and its hand with it: another
    supervisor may begin a worker on the same home a moment later, and no job may be done by two."""

    def wait() -> None:
        while os.read(0, 1024):
            pass
        if not at_once:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(GRACE)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def web(host: str, port: int) -> None:
    """The web server: brings the database to this release's form, then serves."""
    import django

    django.setup()
    from django.db import connections

    if newer := homes.ahead():
        say(refused=f"This register was written by a newer release ({', '.join(newer[:3])}): serve it with that one.")
        return
    homes.migrate()
    from winze.workbench.store import first

    say(migrated=True, first=first.secret())
    from winze.engine import rules, texts
    from winze.workbench import urls

    assert texts.catalogue() and rules.load() and urls.urlpatterns  # loaded once, before the server's own process
    connections.close_all()
    from granian.constants import Interfaces
    from granian.server import Server

    end_with_parent()
    Server(
        "winze.workbench.wsgi:application", address=host, port=port, interface=Interfaces.WSGI, workers=1,
        blocking_threads=int(os.environ.get("WINZE_THREADS", "4")), log_enabled=False, log_access=False,
        respawn_failed_workers=True, workers_kill_timeout=5,
    ).serve(target_loader=_application, wrap_loader=False)  # fmt: skip


def _application() -> Any:
    """What the web server calls, loaded in its own process, which ends when the one that began it is killed."""
    from winze.workbench.wsgi import application

    parent = os.getppid()

    def wait() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    if os.name != "nt":
        threading.Thread(target=wait, daemon=True).start()
    return application


def worker() -> None:
    """The worker: claims jobs until asked to end."""
    _django(wait=2)
    from winze.workbench.work import Worker

    working = Worker()

    def asked(number: int, frame: FrameType | None) -> None:
        working.ending.set()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(at_once=True)
    say(working=True)
    working.forever()


def hand() -> None:
    """The process that does the worker's jobs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _django(wait=60)
    from winze.workbench.work import hand

    hand()


def fill(real: Path | None) -> None:
    """Fills the demo's home with the examples that are not in it yet."""
    _django(wait=60)
    end_with_parent()
    from winze.workbench import demo

    demo.fill_all(real, lambda case, new: say(filled=case, new=new))


def _django(wait: float) -> None:
    """Starts Django; `wait` is how many seconds this process waits for another that writes to an SQLite register."""
    import django
    from django.conf import settings

    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        settings.DATABASES["default"]["OPTIONS"]["timeout"] = wait
    django.setup()


def main(arguments: list[str]) -> None:
    """One of the processes of the workbench; begun by the supervisor or the worker, not by a person."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "winze.workbench.settings")
    match arguments:
        case ["web", host, port]:
            web(host, int(port))
        case ["worker"]:
            worker()
        case ["hand"]:
            hand()
        case ["fill", *real]:
            fill(Path(real[0]) if real else None)


if __name__ == "__main__":
    main(sys.argv[1:])
