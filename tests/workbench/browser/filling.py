"""Fills a home folder for the browser to look at, in a process of its own: `python filling.py example|empty HOME`.

`example` is the demo's register with something of everything that a page can lead to; `empty` has an organisation and
its people and nothing else. What the people sign in with is kept in `passwords.json` of the home.
"""

from __future__ import annotations

import json
import secrets
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PEOPLE = (("analyst", "Amina Analyst"), ("approver", "Ada Approver"), ("viewer", "Victor Viewer"))
UNKNOWN = "Mine site,Country,Visited,Ore\nKalimbi,COD,2020-03-14,cassiterite\nNyabibwe,COD,2020-04-02,coltan\n"


def example() -> dict[str, str]:
    """The demo, with a file that has a mistake, a table nobody knows, a report, a document, a remark and a task."""
    from winze.engine.records import DataClass
    from winze.workbench import demo, work
    from winze.workbench.models import User
    from winze.workbench.store import cycles, documents, imports, jobs, people, reports, together

    assert work  # what jobs do
    organisation, made = demo.fill()
    actor = people.acting(User.objects.get(email="analyst@example.org").pk, organisation.pk)
    assert actor is not None
    for name, content in (("visits-with-a-mistake.csv", broken_visits()), ("a-table-of-ours.csv", UNKNOWN)):
        imports.propose(actor, name, [content.encode()], data_class=DataClass.PARTNER)
    run: Any = cycles.newest(organisation.pk)
    jobs.perform(reports.ask(actor, run, "internal", "en").pk)
    words = b"Who was asked, and what they said.\n"
    documents.add(actor, "plan:P-2020-01", "Minutes", "minutes.txt", [words], len(words), DataClass.PARTNER, None)
    together.comment(actor, "plan:P-2020-01", "Who calls the cooperative?", [actor.user])
    together.assign(actor, "plan:P-2020-01", actor.user, date(2020, 6, 1))
    return made


def broken_visits() -> str:
    """Three visits of the example as their file says them, one with a day that is none."""
    from winze import example

    with TemporaryDirectory() as folder:
        example.write(Path(folder), "great-lakes")
        lines = (Path(folder) / "visites_sites.csv").read_text(encoding="utf-8-sig").splitlines()
    at = lines[0].split(",").index("visit_date")
    spoilt = lines[2].split(",")
    spoilt[at] = "2019-13-45"
    return "\n".join([lines[0], lines[1], ",".join(spoilt), lines[3]]) + "\n"


def empty() -> dict[str, str]:
    """An organisation with its people."""
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
