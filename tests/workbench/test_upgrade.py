"""What an earlier release wrote is brought to this release's form: nothing is lost, and a run says the same."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from living import half_states, within

from winze.workbench import backups
from winze.workbench import home as homes

FROZEN = sorted((Path(__file__).parent / "frozen").glob("*.zip"))
MOST = 300_000
"""Bytes a frozen register may have."""

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("frozen", FROZEN, ids=lambda path: path.stem)
def test_a_frozen_register_comes_up_to_date_and_says_the_same(frozen: Path, tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("homes of their own are SQLite")
    assert frozen.stat().st_size < MOST
    manifest = json.loads(zipfile.ZipFile(frozen).read("manifest.json"))
    made = backups.restore(frozen, tmp_path / "home")
    with within(tmp_path / "home"):
        assert homes.pending() == [] == homes.ahead()
        assert half_states(tmp_path / "home") == []
        assert backups.verify(manifest["journal"]["head"])[1]
        before, after = _runs()
    assert made.events == manifest["journal"]["events"]
    assert before
    assert after == before


def _runs() -> tuple[list[Any], list[Any]]:
    """The ranked risks of the frozen run, and those of a run of the same days now."""
    from winze.workbench.models import CycleRun, User
    from winze.workbench.store import cycles, people

    old = CycleRun.objects.get(state="done")
    actor = people.acting(User.objects.get(email="analyst@example.org").pk, old.organisation_id)
    assert actor is not None
    with transaction.atomic():
        new = cycles.ask(actor, old.as_of, old.known_by)
    cycles.run(new, actor, lambda step, done, total: None)
    return _risks(old.pk), _risks(new.pk)


def _risks(run: int) -> list[Any]:
    from winze.workbench.models import RiskRow

    rows = RiskRow.objects.filter(run=run, audience="internal").order_by("position")
    return list(rows.values_list("position", "rank", "letter", "kind", "subject", "action", "due"))
