"""Backup, restore, verify and doctor: whole or not at all, and whatever was changed is found."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from living import copy_of_register, half_states, within

from winze.engine.problems import Refusal
from winze.workbench import backups, doctor
from winze.workbench import home as homes
from winze.workbench.models import Event, File, Told
from winze.workbench.store import journal

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests' register as a home, copied while no test has a transaction open."""
    with django_db_blocker.unblock():
        if connection.vendor != "sqlite":
            pytest.skip("homes of their own are SQLite")
        return copy_of_register(tmp_path_factory.mktemp("kept") / "home")


@pytest.fixture
def home_(kept: Path, tmp_path: Path) -> Path:
    shutil.copytree(kept, tmp_path / "home")
    return tmp_path / "home"


def _named(home: Path) -> list[Path]:
    """The files of a home that a row names."""
    with within(home):
        known = set(File.objects.values_list("sha256", flat=True))
    return [path for path in backups.every_file(home) if path.name in known]


def _backup(home: Path, **how: Any) -> backups.Made:
    with within(home):
        return backups.backup(home, **how)


def test_what_was_backed_up_comes_back_whole(home_: Path, tmp_path: Path) -> None:
    made = _backup(home_)
    assert made.path.parent == home_ / "backups"
    assert made.head[:16] in made.path.name
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    back = backups.restore(made.path, tmp_path / "new")
    assert (back.head, back.events, back.files) == (made.head, made.events, made.files)
    with within(home_):
        events, told, files = Event.objects.count(), Told.objects.count(), File.objects.count()
    with within(tmp_path / "new"):
        assert (Event.objects.count(), Told.objects.count(), File.objects.count()) == (events, told, files)
        assert events > 0 < told and files == made.files > 0
        assert half_states(tmp_path / "new") == []
        assert journal.verify(made.head).fault is None
        assert all(one.well for one in doctor.examine(tmp_path / "new"))
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_the_key_stays_at_home_unless_asked_for(home_: Path, tmp_path: Path) -> None:
    without, with_ = _backup(home_), _backup(home_, out=tmp_path / "with.zip", with_key=True)
    assert "secret.key" not in zipfile.ZipFile(without.path).namelist()
    assert "secret.key" in zipfile.ZipFile(with_.path).namelist()
    backups.restore(without.path, tmp_path / "a")
    backups.restore(with_.path, tmp_path / "b")
    own = (home_ / "secret.key").read_text(encoding="ascii")
    assert (tmp_path / "b" / "secret.key").read_text(encoding="ascii") == own
    assert (tmp_path / "a" / "secret.key").read_text(encoding="ascii") not in ("", own)


def test_the_manifest_says_what_it_is(home_: Path) -> None:
    made = _backup(home_)
    manifest = json.loads(zipfile.ZipFile(made.path).read("manifest.json"))
    assert manifest["journal"] == {"events": made.events, "head": made.head}
    assert "workbench.0002_append_only" in manifest["migrations"]
    assert set(manifest["members"]) == set(zipfile.ZipFile(made.path).namelist()) - {"manifest.json"}


def test_nothing_is_overwritten(home_: Path, tmp_path: Path) -> None:
    made = _backup(home_)
    with pytest.raises(Refusal):
        _backup(home_, out=made.path)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(Refusal):
        backups.restore(made.path, tmp_path / "new")
    assert (tmp_path / "new" / "mine.txt").read_text(encoding="utf-8") == "mine"


def _changed(made: Path, into: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(made) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(into, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return into


def _other_file(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.startswith("files/"))
    members[name] += b"x"


def _without_file(members: dict[str, bytes]) -> None:
    del members[next(name for name in members if name.startswith("files/"))]


def _outside(members: dict[str, bytes]) -> None:
    manifest = json.loads(members["manifest.json"])
    manifest["members"]["../outside"] = {"sha256": "0" * 64, "size": 1}
    members["manifest.json"], members["../outside"] = json.dumps(manifest).encode(), b"x"


def _other_head(members: dict[str, bytes]) -> None:
    manifest = json.loads(members["manifest.json"])
    manifest["journal"]["head"] = "f" * 64
    members["manifest.json"] = json.dumps(manifest).encode()


def _no_manifest(members: dict[str, bytes]) -> None:
    del members["manifest.json"]


@pytest.mark.parametrize("change", [_other_file, _without_file, _outside, _other_head, _no_manifest])
def test_a_backup_that_was_changed_is_not_brought_back(
    home_: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    changed = _changed(_backup(home_).path, tmp_path / "changed.zip", change)
    with pytest.raises(Refusal):
        backups.restore(changed, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["changed.zip", "home"]


def test_a_cut_backup_is_not_brought_back(home_: Path, tmp_path: Path) -> None:
    whole = _backup(home_).path.read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refusal):
        backups.restore(tmp_path / "cut.zip", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_file_that_is_not_what_it_was_stops_the_backup(home_: Path) -> None:
    _named(home_)[0].write_bytes(b"something else")
    with pytest.raises(Refusal):
        _backup(home_)
    assert list((home_ / "backups").iterdir()) == []


def test_a_portable_backup_holds_the_same_register(home_: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """What is written of a PostgreSQL register, here of an SQLite one: every row as a line, into an empty database."""

    def rows(database: Path) -> dict[str, Any]:
        return backups._rows(database.with_name(backups.ROWS))

    with within(home_):
        events, told = Event.objects.count(), Told.objects.count()
        folder = tmp_path / "work"
        folder.mkdir()
        state = rows(folder / "x")
        backups._pack(tmp_path / "rows.zip", home_, folder / backups.ROWS, state, with_key=False)
    backups.restore(tmp_path / "rows.zip", tmp_path / "new")
    with within(tmp_path / "new"):
        assert (Event.objects.count(), Told.objects.count()) == (events, told)
        assert half_states(tmp_path / "new") == []


# -- verify and doctor -----------------------------------------------------------------------------------------------


def test_verify_prints_the_head_or_what_is_broken(home_: Path) -> None:
    with within(home_):
        lines, well = backups.verify()
        assert well
        head = lines[1].removeprefix("head ")
        assert backups.verify(head[:16])[1]
        assert not backups.verify("0123abcd")[1]
    with closing(sqlite3.connect(home_ / "winze.sqlite3")) as owner:
        owner.execute("DROP TRIGGER journal_no_update")
        owner.execute("UPDATE workbench_event SET why = 'another' WHERE seq = 5")
        owner.commit()
    with within(home_):
        lines, well = backups.verify()
        assert not well
        assert "event 5 was changed" in lines[-1]


def _wrong(home: Path) -> set[str]:
    with within(home):
        return {one.what for one in doctor.examine(home) if not one.well}


def test_a_home_that_is_well_is_said_to_be(home_: Path) -> None:
    assert _wrong(home_) == set()


def test_the_doctor_finds_a_file_that_was_changed_and_one_that_is_gone(home_: Path) -> None:
    first, second, *_ = _named(home_)
    first.write_bytes(b"x")
    assert _wrong(home_) == {"files"}
    first.unlink()
    second.unlink()
    assert _wrong(home_) == {"files"}


def counted(said: str) -> int:
    """The number a finding begins with; none is no number."""
    return int("".join(c for c in said.split(",")[0] if c.isdigit()) or 0)


def test_the_doctor_counts_files_without_a_row(home_: Path) -> None:
    with within(home_):
        before = {one.what: one for one in doctor.examine(home_)}["files without a row"].said
    loose = home_ / "files" / "1" / "ab" / ("ab" + "0" * 62)
    loose.parent.mkdir(parents=True, exist_ok=True)
    loose.write_bytes(b"x")
    with within(home_):
        found = {one.what: one for one in doctor.examine(home_)}
    assert counted(found["files without a row"].said) == counted(before) + 1


def test_the_doctor_removes_what_was_left_half_written_only_when_asked(home_: Path) -> None:
    import os

    half = home_ / "files" / "1" / ".coming-abc"
    fresh = home_ / "files" / "1" / ".coming-now"
    for path in (half, fresh):
        path.write_bytes(b"x")
    os.utime(half, (1, 1))
    assert _wrong(home_) == {"left over"}
    assert half.exists()
    with within(home_):
        assert all(one.well for one in doctor.examine(home_, mend=True))
    assert not half.exists()
    assert fresh.exists()  # somebody may be writing it


def test_the_doctor_sees_open_doors(home_: Path) -> None:
    (home_ / "secret.key").chmod(0o644)
    home_.chmod(0o755)
    assert _wrong(home_) == {"permissions", "secret key"}


def test_the_doctor_sees_a_broken_database(home_: Path) -> None:
    (home_ / "winze.sqlite3").write_bytes(b"not a database" * 1000)
    assert "database" in _wrong(home_)


def test_the_doctor_sees_a_silent_worker_of_a_served_home(home_: Path) -> None:
    with homes.alone(home_):
        assert _wrong(home_) == {"worker"}
        (home_ / "worker.beat").touch()
        assert _wrong(home_) == set()
    assert shutil.disk_usage(home_).free > 0
    assert home_ != settings.HOME
