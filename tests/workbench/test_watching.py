"""Watched folders: a new file is proposed once it is still, once; nothing outside the named folders is ever read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from winze.engine.problems import Refusal
from winze.workbench.access import Actor
from winze.workbench.models import Import, Membership, Notice, WatchedFolder
from winze.workbench.store import Absent, watching

pytestmark = [pytest.mark.django_db, pytest.mark.store]

type Named = Callable[[str], Actor]


@pytest.fixture
def incoming() -> Iterator[Path]:
    folder = Path(settings.HOME) / "incoming" / "great-lakes" / "supplier"
    folder.mkdir(parents=True)
    yield folder
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def _later(seconds: float = 60) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_a_file_is_proposed_once_it_is_still_and_only_once(actor: Named, incoming: Path) -> None:
    amina = actor("analyst")
    watching.watch(amina, str(incoming), sender="Supplier")
    (incoming / "new.csv").write_text("winze:sites/1\nSite\nNew\n", encoding="utf-8")
    assert watching.look(datetime.now(UTC)) == 0  # it may still be growing
    assert watching.look(_later()) == 1
    assert watching.look(_later(120)) == 0
    found = Import.objects.get(name="new.csv")
    assert (found.state, found.sender, found.organisation_id) == ("proposed", "Supplier", amina.organisation)
    assert Notice.objects.filter(about=f"import:{found.pk}", user=amina.user).count() == 1


def test_the_same_bytes_twice_are_one_proposal(actor: Named, incoming: Path) -> None:
    watching.watch(actor("analyst"), str(incoming))
    for name in ("one.csv", "two.csv"):
        (incoming / name).write_text("winze:sites/1\nSite\nTwice\n", encoding="utf-8")
    watching.look(_later())
    assert Import.objects.filter(name__in=("one.csv", "two.csv")).count() == 1


def test_links_and_hidden_files_are_left_alone(actor: Named, incoming: Path, tmp_path: Path) -> None:
    watching.watch(actor("analyst"), str(incoming))
    secret = tmp_path / "secret.csv"
    secret.write_text("secret", encoding="utf-8")
    (incoming / "link.csv").symlink_to(secret)
    (incoming / ".hidden.csv").write_text("x", encoding="utf-8")
    assert watching.look(_later()) == 0


def test_only_named_folders_may_be_watched(
    actor: Named, incoming: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina = actor("analyst")
    others = Path(settings.HOME) / "incoming" / "other"
    for path in (str(tmp_path), "/etc", f"{incoming}/../..", f"{settings.HOME}/files", str(others)):
        with pytest.raises(Refusal):
            watching.watch(amina, path)
    monkeypatch.setenv("WINZE_WATCH", str(tmp_path))
    assert watching.watch(amina, str(tmp_path)).path == str(tmp_path)
    (tmp_path / "new.csv").write_text("x", encoding="utf-8")
    monkeypatch.delenv("WINZE_WATCH")  # whoever runs the machine took it back
    assert watching.look(_later()) == 0


def test_a_folder_of_somebody_without_the_role_is_not_looked_at(actor: Named, incoming: Path) -> None:
    amina = actor("analyst")
    watching.watch(amina, str(incoming))
    (incoming / "new.csv").write_text("x", encoding="utf-8")
    Membership.objects.filter(user=amina.user).update(until=datetime.now(UTC))
    assert watching.look(_later()) == 0


def test_a_folder_is_left_by_its_own_organisation_alone(actor: Named, incoming: Path) -> None:
    folder = watching.watch(actor("analyst"), str(incoming))
    with pytest.raises(Absent):
        watching.leave(actor("stranger"), folder.pk)
    watching.leave(actor("analyst"), folder.pk)
    assert WatchedFolder.objects.get(pk=folder.pk).ended_at is not None
    assert watching.of(actor("analyst")) == []


@pytest.mark.parametrize("name", ["../other", "/etc", "a/b", "", "..", "a\r\nb", "\u202egnp"])
def test_a_folder_is_named_without_a_way_out(actor: Named, name: str) -> None:
    with pytest.raises(Refusal):
        watching.begin(actor("analyst"), name)


def test_a_folder_named_for_the_first_time_is_made_in_the_organisations_own_place(actor: Named) -> None:
    amina = actor("analyst")
    folder = watching.begin(amina, "from the field", sender="Field team", mode="stop")
    assert Path(folder.path) == watching.own(amina.organisation) / "from the field"
    assert Path(folder.path).is_dir()
    with pytest.raises(Refusal):
        watching.begin(amina, "from the field")
    Path(folder.path).rmdir()
