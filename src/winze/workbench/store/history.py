"""The history of a record: which subjects of the journal are one record, and what it was at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from winze.workbench.models import Document, Event, Party, Site, Told
from winze.workbench.store import Absent, journal


def subjects(organisation: int, about: str) -> list[str]:
    """The subjects of the journal that are one record: its page's name (`site:12`), what its statements call it, what
    was merged into it, and the documents kept about it."""
    kind, _, key = about.partition(":")
    found = [about]
    rows: type[Site | Party] | None = Site if kind == "site" else Party if kind == "party" else None
    if rows is not None:
        named = rows.objects.filter(organisation_id=organisation)
        row = named.filter(pk=int(key)).first() if key.isdigit() else None
        row = row or named.filter(subject=about).first()
        if row is not None:
            codes = [f"site:{row.code}"] if isinstance(row, Site) else []
            found += [f"{kind}:{row.pk}", row.subject, *codes, *row.also]
    documents = Document.objects.filter(organisation_id=organisation, about__in=found).values_list("id", flat=True)
    return list(dict.fromkeys([*found, *(f"document:{pk}" for pk in documents)]))


def there(organisation: int, about: str) -> None:
    """Raises Absent where the journal tells nothing of a record and no row has it."""
    names = subjects(organisation, about)
    if about.startswith("plan:") and Told.objects.filter(organisation_id=organisation, subject=about).exists():
        return
    if len(names) == 1 and not Event.objects.filter(organisation_id=organisation, subject=about).exists():
        raise Absent


def at(organisation: int, about: str, moment: datetime) -> dict[str, Any]:
    """What a record was at a moment, field by field, as the newest event until then left it; empty before the first."""
    found: dict[str, Any] = {}
    for subject in subjects(organisation, about):
        if not subject.startswith("document:") or about.startswith("document:"):
            state = journal.as_of(organisation, subject, moment)
            found |= state if isinstance(state, dict) else {}
    return found
