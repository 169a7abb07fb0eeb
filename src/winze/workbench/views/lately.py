"""The day a record is shown as of, and the day by which the register had received what it shows."""

from __future__ import annotations

from datetime import UTC, date, datetime

from winze.workbench.lists import BadAddress
from winze.workbench.routes import Request


def days(request: Request) -> tuple[date, date | None]:
    """`?as_of=` (today where it is not given) and `?known_by=` of an address. Raises BadAddress for what is no day."""
    return _day(request, "as_of") or datetime.now(UTC).date(), _day(request, "known_by")


def _day(request: Request, name: str) -> date | None:
    text = request.GET.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as wrong:
        raise BadAddress(name) from wrong
