"""Placeholder until merged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mend:
    sheet: str | None
    row: int
    cell: str = ""
    value: str = ""
    leave_out: bool = False


def key(s):
    said = s.said
    own = getattr(said, "visit_id", None) or getattr(said, "event_id", None) or ""
    return hashlib.sha256(repr((s.kind, s.subject, str(s.speaks_of), s.source, own)).encode()).hexdigest()


from types import SimpleNamespace


def compare(statements, by_key):
    return SimpleNamespace()


def decide(read, comparison, mode):
    return SimpleNamespace(stopped=False, load=read.statements, counts={}, superseded=())
