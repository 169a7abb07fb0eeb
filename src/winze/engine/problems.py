"""The three kinds of wrong: a `Problem` in the data, a `Refusal` of an act, and an exception, which is our bug.

A problem carries a code of the closed list in `rules/texts/problems*.yaml` and the values of its sentence, so that the
same problem reads in every language. Its severity is data too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from winze.engine.records import Origin


class Severity(StrEnum):
    """Error: something was not loaded. Warning: loaded, but look. Note: worth knowing, nothing to mend."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something is wrong with the data: what (`code`, `values`), how bad, and where."""

    code: str
    severity: Severity
    origin: Origin
    values: tuple[tuple[str, str], ...] = ()

    @property
    def order(self) -> tuple[str, str, int, str, str]:
        """The order in which problems are listed: by place, then code."""
        o = self.origin
        return (o.input, o.sheet or "", o.row or 0, o.cell or "", self.code)


class Refusal(Exception):
    """An act that is not allowed. The sentence names the rule; the button and the shell show the same sentence.

    `text` and `values` are the message id and what fills it, so that the same refusal reads in every language (see
    `texts.refusal`); `text` is None for one that has an English sentence only.
    """

    def __init__(
        self, rule: str, sentence: str, text: str | None = None, values: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(sentence)
        self.rule = rule
        self.sentence = sentence
        self.text = text
        self.values = values


class NotInForce(Refusal, KeyError):
    """A rule gives no figure for the day: it had not begun, or has ended, and decides nothing."""

    def __init__(self, rule: str, name: str, day: date) -> None:
        super().__init__(rule, f"The rule {rule} gives no figure {name!r} for {day}: it was not in force.")


class Log:
    """Collects the problems of one input. Of one code in one sheet it keeps the first `keep`, counts the rest and
    says so in a last problem (`more_of_the_same`): nothing is lost from the count, and memory stays bounded."""

    def __init__(self, input_id: str, severities: dict[str, Severity], keep: int = 200) -> None:
        self.input_id = input_id
        self._severities = severities
        self._keep = keep
        self._problems: list[Problem] = []
        self._counts: Counter[tuple[str, str | None]] = Counter()

    def add(
        self, code: str, *, sheet: str | None = None, row: int | None = None, cell: str | None = None, **values: object
    ) -> None:
        """Notes one problem. An unknown code is our bug (KeyError)."""
        severity = self._severities[code]
        self._counts[code, sheet] += 1
        if self._counts[code, sheet] <= self._keep:
            said = tuple((name, str(value)) for name, value in values.items())
            self._problems.append(Problem(code, severity, Origin(self.input_id, sheet, row, cell), said))

    def count(self, severity: Severity) -> int:
        return sum(n for (code, _), n in self._counts.items() if self._severities[code] is severity)

    def __iter__(self) -> Iterator[Problem]:
        yield from self._problems
        for (code, sheet), n in self._counts.items():
            if n > self._keep:
                values = (("code", code), ("count", str(n - self._keep)))
                yield Problem("more_of_the_same", self._severities[code], Origin(self.input_id, sheet), values)

    def __len__(self) -> int:
        return sum(1 for _ in self)
