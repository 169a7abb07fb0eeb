"""The example as a register: two organisations, their people, the example's files, and a cycle as of 11 May 2020."""

from __future__ import annotations

import secrets
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from winze import example
from winze.engine.records import DataClass
from winze.workbench.access import Actor
from winze.workbench.models import Organisation, User
from winze.workbench.store import cycles, imports, people

DAY = date(2020, 5, 11)
PERSONS = (
    ("analyst@example.org", "Amina Analyst", ("analyst",)),
    ("approver@example.org", "Ada Approver", ("approver", "administrator")),
    ("viewer@example.org", "Victor Viewer", ("viewer",)),
)


def _quiet(step: str, done: int, total: int) -> None:
    return


def fill(case: str = "great-lakes", name: str = "Example refiner") -> tuple[Organisation, dict[str, str]]:
    """An organisation with people, the example's files loaded, and one cycle run. Gives the passwords made for them."""
    made = {}
    with transaction.atomic():
        organisation = people.found(case, name)
        for email, called, roles in PERSONS:
            person = User.objects.filter(email=email).first()
            if person is None:
                made[email] = secrets.token_urlsafe(12)
                person = User.objects.create_user(email, made[email], name=called)
            people.join(organisation, person, roles, None)
    amina = User.objects.get(email=PERSONS[0][0])
    actor = people.acting(amina.pk, organisation.pk)
    assert actor is not None
    with TemporaryDirectory() as folder:
        example.write(Path(folder) / case, case)
        load(actor, Path(folder) / case)
    with transaction.atomic():
        waiting = cycles.ask(actor, DAY)
    cycles.run(waiting, actor, _quiet)
    return organisation, made


def load(actor: Actor, folder: Path) -> None:
    """Loads every file of a folder into the register."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".yaml":
            continue
        proposed = imports.propose(actor, path.name, [path.read_bytes()], data_class=DataClass.PARTNER)
        if proposed.kinds:
            imports.load(actor, proposed.pk, "skip", _quiet)
