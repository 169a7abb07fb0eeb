"""The one room that knows both rows of the database and records of the engine, a module for each noun of the engine.

Every change is made here, with its event in the journal, in one transaction. Every reading is scoped to an
organisation: what belongs to another is not there.
"""

from __future__ import annotations


class Stale(Exception):
    """Somebody else changed the record since it was read: nothing was written (HTTP 409)."""


class Absent(LookupError):
    """There is no such record for this organisation (HTTP 404)."""
