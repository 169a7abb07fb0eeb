"""Why: the reasons every result carries, in a form that reads the same in each language and adds up where it should."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from winze.engine.records import Origin, Statement

Value = str | int | float | Decimal | date | None
"""What a sentence is filled with. A string that starts with `@` is a term to translate: `@mineral.gold`."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a result.

    `text` is a message id (`reason.…` in `rules/texts`), `values` fill it. `rule` is the id of the rule followed.
    `statement` and `origin` name what it rests on; both are None for a reason that rests on a rule alone.
    `contribution` is signed log-odds where the result is a likelihood (they then sum to it exactly), else None.
    """

    text: str
    values: tuple[tuple[str, Value], ...] = ()
    rule: str | None = None
    statement: str | None = None
    origin: Origin | None = None
    contribution: float | None = None


def because(
    text: str, rule: str | None, statement: Statement | None = None, contribution: float | None = None, **values: Value
) -> Reason:
    """A reason resting on one statement (or on a rule alone)."""
    return Reason(
        text,
        tuple(values.items()),
        rule,
        statement.id if statement else None,
        statement.origin if statement else None,
        contribution,
    )


@dataclass(frozen=True, slots=True)
class Signal:
    """Something the evidence shows about a subject, checked against a rule.

    `state` is "raised", "clear" or "cannot-evaluate"; the last names in `missing` the message ids of what would be
    needed, and is never read as clear. `value` and `threshold` are in `unit`; None where there is no single figure.
    A pressure has an `interval` and its `bands` too: an unknown input makes it wider, never a point.
    `since` is the day from which it holds. `touches` are the subjects it bears on (sites, areas, parties, countries).
    """

    kind: str
    subject: str
    state: str
    rule: str
    because: tuple[Reason, ...] = ()
    value: float | None = None
    threshold: float | None = None
    unit: str | None = None
    since: date | None = None
    review: date | None = None
    missing: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()
    level: str | None = None  # "critical" where the rule names a second threshold and it is passed
    interval: tuple[float, float | None] | None = None  # all it can be given what is unknown; None: no upper end
    bands: tuple[str, str] | None = None  # the bands of the interval's ends: "low", "raised", "high"
    grade: str | None = None  # how near to its subject the evidence was measured: "local" … "none"

    @property
    def id(self) -> str:
        return f"{self.kind}/{self.subject}"
