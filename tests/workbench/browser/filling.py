"""Fills a home folder for the browser to look at, in a process of its own: `python filling.py example|empty HOME`.

`example` is the demo's great-lakes register, with a file whose rows are not all right waiting to be loaded; `empty` has
an organisation and its people and nothing else. What the people sign in with is kept in `passwords.json` of the home.
"""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path

BROKEN = (
    "Site,Date,Minerals,Latitude,Longitude\n"
    "Kalimbi,2020-03-14,cassiterite,-2.32,28.86\n"
    "Nyabibwe,2020-13-45,cassiterite,-2.32,28.86\n"
)
PEOPLE = (("analyst", "Amina Analyst"), ("approver", "Ada Approver"), ("viewer", "Victor Viewer"))


def example() -> dict[str, str]:
    from winze.engine.records import DataClass
    from winze.workbench import demo
    from winze.workbench.models import User
    from winze.workbench.store import imports, people

    organisation, made = demo.fill()
    actor = people.acting(User.objects.get(email="analyst@example.org").pk, organisation.pk)
    assert actor is not None
    imports.propose(actor, "visits-with-a-mistake.csv", [BROKEN.encode()], data_class=DataClass.PARTNER)
    return made


def empty() -> dict[str, str]:
    from winze.workbench.models import User
    from winze.workbench.store import people

    organisation = people.found("refiner", "A refiner")
    made = {}
    for role, name in PEOPLE:
        email = f"{role}@example.org"
        made[email] = secrets.token_urlsafe(12)
        person = User.objects.create_user(email, made[email], name=name)
        people.join(organisation, person, [role, *(["administrator"] if role == "approver" else [])], None)
    return made


if __name__ == "__main__":
    what, home = sys.argv[1], Path(sys.argv[2])
    from winze.workbench.home import open_

    open_(home)
    made = {"example": example, "empty": empty}[what]()
    (home / "passwords.json").write_text(json.dumps(made), encoding="utf-8")
