"""Measures a plan can take (templates after Annex III), and what the case's evidence tells of their indicators.

A baseline nobody measured is unknown, with the reason why; it is never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from winze.engine import likelihood
from winze.engine.known import newest_first
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import Fact, Statement, Visit
from winze.engine.register import Register


class Rules(Protocol):
    """What measures need of a rulebook."""

    def rules(self, kind: str | None = None, /) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Measure:
    """One template: what to do, the indicator that shows whether it works, its unit and which way is better."""

    id: str
    theme: str
    kinds: tuple[str, ...]
    indicator: str
    unit: str
    better: str  # "lower" or "higher"
    baseline: str | None  # which evidence can tell it, a name of `EVIDENCE`


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where an indicator stands before anything is done. `value` is None where unknown; `because` says why."""

    value: float | None
    because: Reason


@dataclass(frozen=True, slots=True)
class Told:
    """What the evidence of a case can tell of indicators."""

    register: Register
    signals: Sequence[Signal]
    facts: Mapping[tuple[str, str], Statement]  # newest fact by measure and subject


def told(statements: Iterable[Statement], register: Register, signals: Sequence[Signal]) -> Told:
    """What the evidence of a case can tell, from the statements known on a day."""
    facts = sorted((s for s in statements if isinstance(s.said, Fact)), key=newest_first)
    found = {(s.said.measure, s.subject): s for s in facts if isinstance(s.said, Fact)}
    return Told(register, tuple(s for s in signals if s.kind == "export-over-production"), found)


def templates(rulebook: Rules) -> dict[str, Measure]:
    """All templates by id, in the order of the rules."""
    return {rule.id: _measure(rule) for rule in rulebook.rules("measure")}


def _measure(rule: Any) -> Measure:
    facts = rule.facts
    return Measure(
        rule.id, facts["theme"], tuple(facts["kinds"]), facts["indicator"], facts["unit"], facts["better"],
        facts.get("baseline"),
    )  # fmt: skip


def answering(kind: str, known: Mapping[str, Measure]) -> tuple[Measure, ...]:
    """The templates that answer a kind of risk."""
    return tuple(measure for measure in known.values() if kind in measure.kinds)


def baseline(measure: Measure, kind: str, subject: str, told: Told) -> Baseline:
    """An indicator's baseline from the case's own evidence, or unknown with the reason."""
    if measure.baseline is None:
        return Baseline(None, because("reason.baseline-unmeasured", measure.id))
    return EVIDENCE[measure.baseline](measure, kind, subject, told)


def _newest(subject: str, told: Told) -> Statement | None:
    """The newest visit that reached the site."""
    site = told.register.sites.get(subject)
    reached = [s for s in site.visits if isinstance(s.said, Visit) and s.said.manner == "on-site"] if site else []
    return reached[-1] if reached else None


def _actors(measure: Measure, kind: str, subject: str, told: Told) -> Baseline:
    """Armed actors whom the newest visit that reached the site found interfering, of the kind the risk is about."""
    newest = _newest(subject, told)
    if newest is None or not isinstance(newest.said, Visit):
        return Baseline(None, because("reason.baseline-no-visit", measure.id))
    forces = [likelihood.FORCES[kind]] if kind in likelihood.FORCES else list(likelihood.FORCES.values())
    found = [likelihood.found(newest.said, force) for force in forces]
    count = sum(1 for actor in newest.said.actors if actor.force in forces and (actor.acts or actor.interferes))
    if None in found or (True in found) != (count > 0):
        return Baseline(None, because("reason.baseline-uncounted", measure.id, newest, day=newest.speaks_of.end))
    return Baseline(float(count), because("reason.baseline-visit", measure.id, newest, day=newest.speaks_of.end))


def _incidents(measure: Measure, kind: str, subject: str, told: Told) -> Baseline:
    """Incidents somebody counted for the site or its area: those of security forces where the risk is about them."""
    site = told.register.sites.get(subject)
    counted = "incidents-security-forces" if kind in ("state-forces-interference", "security-payments") else "incidents"
    newest = told.facts.get((counted, subject)) or told.facts.get((counted, (site and site.area) or ""))
    if newest is None or not isinstance(newest.said, Fact) or newest.said.value is None:
        return Baseline(None, because("reason.baseline-no-log", measure.id))
    value = float(newest.said.value)
    return Baseline(value, because("reason.baseline-fact", measure.id, newest, day=newest.speaks_of.end))


def _children(measure: Measure, kind: str, subject: str, told: Told) -> Baseline:
    """Visits say whether children were seen, not how many: only "none seen" is a figure."""
    newest = _newest(subject, told)
    if newest is None or not isinstance(newest.said, Visit) or newest.said.children_under_15 is None:
        return Baseline(None, because("reason.baseline-no-visit", measure.id))
    if newest.said.children_under_15:
        return Baseline(None, because("reason.baseline-uncounted", measure.id, newest, day=newest.speaks_of.end))
    return Baseline(0.0, because("reason.baseline-visit", measure.id, newest, day=newest.speaks_of.end))


def _exports(measure: Measure, kind: str, subject: str, told: Told) -> Baseline:
    """Exports over recorded production, as the signal of the same name works it out."""
    for signal in told.signals:
        if signal.kind == "export-over-production" and signal.value is not None and _of(signal, subject):
            return Baseline(signal.value, because("reason.baseline-signal", measure.id, signal=signal.kind))
    return Baseline(None, because("reason.baseline-no-production", measure.id))


def _of(signal: Signal, subject: str) -> bool:
    return subject in (signal.subject, signal.subject.partition("#")[0], *signal.touches)


EVIDENCE: Mapping[str, Callable[[Measure, str, str, Told], Baseline]] = {
    "armed-actors": _actors,
    "incidents": _incidents,
    "children": _children,
    "export-ratio": _exports,
}
