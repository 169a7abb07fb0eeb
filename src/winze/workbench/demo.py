"""The example as a register: two organisations, their people, the example's files, and a cycle as of 11 May 2020."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import transaction

from winze import example
from winze.engine.problems import Refusal
from winze.engine.records import DataClass
from winze.formats import reading
from winze.workbench.access import Actor
from winze.workbench.models import CycleRun, Organisation, User
from winze.workbench.store import cycles, first, imports, people, visit

DAY = date(2020, 5, 11)
PERSONS = (
    ("analyst@example.org", "Amina Analyst", ("analyst",)),
    ("approver@example.org", "Ada Approver", ("approver", "administrator")),
    ("viewer@example.org", "Victor Viewer", ("viewer",)),
)


def _quiet(step: str, done: int, total: int) -> None:
    return


def fill(
    case: str = "great-lakes", name: str = "Example refiner", folder: Path | None = None
) -> tuple[Organisation, dict[str, str]]:
    """An organisation with people, an example's files (or those of a folder) loaded, and one cycle run. Gives the
    passwords made for its people. What stands already stays, so that a fill that was broken off can be done again."""
    organisation, made = _people(case, name)
    amina = User.objects.get(email=PERSONS[0][0])
    actor = people.acting(amina.pk, organisation.pk)
    assert actor is not None
    if cycles.newest(organisation.pk) is not None:
        return organisation, made
    with TemporaryDirectory() as written:
        if folder is None:
            example.write(Path(written) / case, case)
        load(actor, folder or Path(written) / case)
    waiting = CycleRun.objects.filter(organisation=organisation, state="waiting").first()
    if waiting is None:
        with transaction.atomic():
            waiting = cycles.ask(actor, DAY)
    cycles.run(waiting, actor, _quiet)
    return organisation, made


def _people(case: str, name: str) -> tuple[Organisation, dict[str, str]]:
    made = {}
    with transaction.atomic():
        organisation = Organisation.objects.filter(key=case).first() or people.found(case, name)
        for email, called, roles in PERSONS:
            person = User.objects.filter(email=email).first()
            if person is None:
                made[email] = secrets.token_urlsafe(12)
                person = User.objects.create_user(email, made[email], name=called)
            people.join(organisation, person, roles, None)
    return organisation, made


def fill_all(real: Path | None, tell: Callable[[str, bool], None]) -> None:
    """Fills a demo's home: both examples, and the real case where its folder is named. Their passwords are kept in
    `demo.json` of the home, for whoever can read it; what is filled stands in `demo.filled`. Tells of each, and whether
    it is new."""
    home = Path(settings.HOME)
    filled = home / "demo.filled"
    done = filled.read_text(encoding="ascii").split() if filled.exists() else []
    cases = [("great-lakes", "Example refiner", None), ("andes", "Example gold refiner", None)]
    for case, name, folder in [*cases, *([(real.name, "Great Lakes 2020, public files", real)] if real else [])]:
        if case not in done:
            organisation, made = _people(case, name)
            if made:
                first.keep(home / "demo.json", json.dumps(made))
            fill(case, name, folder)
            visit.filled(organisation.pk)
            done.append(case)
            filled.write_text("\n".join(done), encoding="ascii")
            tell(case, True)
        else:
            tell(case, False)


def load(actor: Actor, folder: Path) -> None:
    """Loads every file of a folder into the register; one that is loaded already stays."""
    for path in reading.case_files(folder):
        with suppress(Refusal):
            proposed = imports.propose(actor, path.name, [path.read_bytes()], data_class=DataClass.PARTNER)
            if proposed.kinds:
                imports.load(actor, proposed.pk, "skip", _quiet)
