"""Random histories of what the store does: after any of them the journal verifies and nothing is half done."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from living import half_states, visits

from winze.engine.problems import Refusal
from winze.workbench.access import Actor
from winze.workbench.models import Import, Job
from winze.workbench.store import Absent, Stale, cycles, imports, jobs, journal

pytestmark = [pytest.mark.django_db, pytest.mark.store]
STEPS = 10 * int(os.environ.get("WINZE_SOAK", "2"))


@pytest.mark.parametrize("seed", range(3))
def test_after_any_history_the_journal_verifies(actor: Callable[[str], Actor], tmp_path: Path, seed: int) -> None:
    chance, amina, heads = random.Random(seed), actor("analyst"), [journal.head()]
    for n in range(STEPS):
        with suppress(Refusal, Stale, Absent):  # an act that is not allowed now leaves nothing either
            _step(chance, amina, tmp_path, 1000 + seed * 1000 + n)
        heads.append(journal.head())
    assert half_states(Path(settings.HOME)) == []
    for head in chance.sample(heads, min(5, len(heads))):
        assert journal.verify(head).fault is None


def _step(chance: random.Random, amina: Actor, folder: Path, number: int) -> None:
    def quiet(step: str, done: int, total: int) -> None:
        return

    some = chance.choice(list(Import.objects.filter(organisation=amina.organisation)))
    match chance.choice(["propose", "propose", "load", "undo", "ask", "stop", "again", "torn"]):
        case "propose":
            path = visits(folder, number, rows=3)
            imports.propose(amina, path.name, [path.read_bytes()])
        case "load":
            imports.load(amina, some.pk, chance.choice(["skip", "update"]), quiet)
        case "undo":
            imports.undo(amina, some.pk, "tried")
        case "ask":
            jobs.ask(amina, "import", **{"import": some.pk, "mode": "skip"})
        case "stop":
            jobs.stop(amina, _job(chance))
        case "again":
            jobs.again(amina, _job(chance))
        case "torn":
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                cycles.ask(amina, some.at.date())
                journal.record(amina, "test.torn", f"import:{some.pk}")
                raise ZeroDivisionError


def _job(chance: random.Random) -> int:
    found = list(Job.objects.order_by("id").values_list("pk", flat=True))
    if not found:
        raise Absent
    return chance.choice(found)
