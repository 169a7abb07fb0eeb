"""What jobs do, and the worker that has them done.

The worker claims jobs from the queue one after the other and lets another process of its own, the hand, do them. It
tells of their progress and beats while the hand thinks, and kills the hand when somebody asks the job to stop: nothing
of a job stands before its one transaction is done. A hand that died is replaced; when the worker itself dies, the hand
sees its end of the pipe close and ends at once, so that no job is ever done twice at a time.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from django.db import DatabaseError, close_old_connections, connection

from winze.engine import rules
from winze.workbench.access import Actor
from winze.workbench.models import CycleRun, Import, Job
from winze.workbench.store import cycles, health, imports, jobs, reports, watching
from winze.workbench.store.jobs import Progress

log = logging.getLogger("winze.worker")


def _cycle(job: Job, actor: Actor | None, progress: Progress) -> dict[str, Any]:
    waiting = CycleRun.objects.get(pk=job.arguments["run"])
    cycles.run(waiting, actor, progress)
    return {"run": waiting.pk}


def _cycle_stands(job: Job) -> dict[str, Any] | None:
    return {"run": job.arguments["run"]} if CycleRun.objects.filter(pk=job.arguments["run"], state="done") else None


def _cycle_undone(job: Job) -> None:
    CycleRun.objects.filter(pk=job.arguments["run"], state="waiting").update(state="failed")


def _import(job: Job, actor: Actor | None, progress: Progress) -> dict[str, Any]:
    assert actor is not None
    loaded = imports.load(actor, job.arguments["import"], job.arguments["mode"], progress)
    return {"import": loaded.pk, "state": loaded.state}


def _import_stands(job: Job) -> dict[str, Any] | None:
    found = Import.objects.filter(pk=job.arguments["import"]).exclude(state="proposed").first()
    return {"import": found.pk, "state": found.state} if found else None


jobs.WORK.update({"cycle": _cycle, "import": _import, "report": reports.make})
jobs.STANDS.update({"cycle": _cycle_stands, "import": _import_stands})
jobs.UNDONE.update({"cycle": _cycle_undone})
jobs.NEEDS.update({"cycle": "run", "import": "import", "report": "export"})


# -- the hand --------------------------------------------------------------------------------------------------------


def hand() -> None:
    """Does the jobs whose numbers come in, and tells how far it is, a line each. Ends when nobody listens any more."""
    out = os.fdopen(os.dup(1), "w", encoding="ascii", buffering=1)
    os.dup2(2, 1)  # whatever a library prints belongs to the log
    asked: queue.Queue[int] = queue.Queue()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()
    rules.load()
    while True:
        number = asked.get()
        close_old_connections()
        jobs.perform(number, lambda *told: print(json.dumps(told), file=out))
        print(json.dumps(number), file=out)


def _listen(asked: queue.Queue[int]) -> None:
    """Passes numbers on; when the worker is gone, ends this process at once, in the middle of whatever it does."""
    for line in sys.stdin:
        asked.put(int(line))
    os._exit(0)


class Hand:
    """The process that does jobs."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "winze.workbench.serving", "hand"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, encoding="ascii",
        )  # fmt: skip
        self.told: queue.Queue[Any] = queue.Queue()
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        assert self.process.stdout is not None
        with suppress(ValueError):  # half a line of a killed process
            for line in self.process.stdout:
                self.told.put(json.loads(line))
        self.told.put(None)

    def begin(self, job: Job) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(f"{job.pk}\n")
            self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None


# -- the worker ------------------------------------------------------------------------------------------------------


class Worker:
    """Claims jobs and has them done until it is asked to end."""

    LOOK, BEAT, WATCH = 0.25, 2.0, 5.0
    """How often, in seconds, it looks for work and for requests to stop; tells of a job; looks at watched folders."""

    def __init__(self) -> None:
        self.ending = threading.Event()
        self.hand: Hand | None = None
        self.looked = 0.0

    def forever(self) -> None:
        """Works until asked to end."""
        alone = connection.vendor == "sqlite"  # one worker a home: whatever runs was left by one before
        self._steadily(lambda: jobs.take_up(jobs.left(jobs.SILENT * 0) if alone else []))
        self._ready()
        while not self.ending.is_set():
            health.worker_beats()
            close_old_connections()
            self._steadily(self._others)
            job = self._steadily(jobs.claim)
            if job is None:
                self.ending.wait(self.LOOK)
            else:
                self._attend(job)
        if self.hand is not None:
            self.hand.kill()

    def _others(self) -> None:
        """What is looked at now and then: watched folders, and jobs of other machines that fell silent."""
        if time.monotonic() - self.looked < self.WATCH:
            return
        self.looked = time.monotonic()
        jobs.take_up(jobs.left())
        watching.look()

    def _ready(self) -> Hand:
        if self.hand is None or not self.hand.alive:
            self.hand = Hand()
        return self.hand

    def _attend(self, job: Job) -> None:
        """Has one job done: beats, tells of its progress, kills it on request, settles it if its process dies."""
        hand, told, beaten = self._ready(), None, time.monotonic()
        hand.begin(job)
        while True:
            with suppress(queue.Empty):
                heard = hand.told.get(timeout=self.LOOK)
                if heard == job.pk:
                    return
                if heard is None:
                    log.warning({"event": "hand.died", "verb": job.verb, "attempt": job.attempts})
                    self._insist(lambda: jobs.take_up([job]))
                    return
                told = heard if isinstance(heard, list) else told
            if self.ending.is_set():
                hand.kill()
                self._insist(lambda: jobs.put_back(job))
                return
            if self._steadily(lambda: jobs.asked_to_stop(job)):
                hand.kill()
                self._insist(lambda: jobs.take_up([job]))
                return
            health.worker_beats()
            if time.monotonic() - beaten > (self.LOOK if told else self.BEAT):
                if self._steadily(partial(jobs.beat, job, *(told or ()))) is not None:
                    told = None
                beaten = time.monotonic()

    @staticmethod
    def _steadily[Found](act: Callable[[], Found]) -> Found | None:
        """Does something that can wait until the next time round: a database that is busy or away stops no worker."""
        try:
            return act()
        except DatabaseError:
            log.warning({"event": "database.busy"})
            with suppress(DatabaseError):
                connection.close()
            return None

    def _insist(self, act: Callable[[], Any]) -> None:
        """Does something that must be done before the next job, however long the database is busy."""
        while self._steadily(lambda: (act(), True)) is None:
            time.sleep(self.LOOK)
