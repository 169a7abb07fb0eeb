"""What a mitigation plan is: its acts that count, where they have led, its objectives, adoptions and clocks; and the
case on which its acts are judged. How acts make a plan is in `mitigation`, what is allowed in `responses`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from winze.engine import leaving, measures, workflow
from winze.engine.leaving import Harm
from winze.engine.measures import Baseline, Measure
from winze.engine.problems import Refusal
from winze.engine.reasons import Reason, Signal
from winze.engine.records import PlanAct, Statement
from winze.engine.register import Register, build, party_id
from winze.engine.risks import EVIDENCE_LEVELS
from winze.engine.workflow import Workflow

LEVELS = ("not-found", *EVIDENCE_LEVELS)
"""What an assessment can find, weakest first."""


class Rules(Protocol):
    """What plans need of a rulebook."""

    def figure(self, rule: str, name: str, day: date, /) -> Any: ...
    def rule(self, rule: str, /) -> Any: ...
    def rules(self, kind: str | None = None, /) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One act that counts: what was done on which day, and what has happened by it."""

    day: date
    act: PlanAct
    event: str
    statement: Statement


@dataclass(frozen=True, slots=True)
class Objective:
    """One measure of a plan with its indicator: where it stood, where it is to go, where it was last measured.

    `template` is the id of a measure of `rules/oecd/annex3.yaml`, or the words of the plan's own. None is unknown.
    """

    template: str
    target: Decimal | None
    baseline: Baseline
    recorded: bool  # somebody recorded the baseline, or why there is none
    measured: Decimal | None = None
    measured_on: date | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """Something that falls due: what, on which day, by which rule. `until` is the day to which a recorded pause lets it
    wait; the day itself never changes."""

    what: str
    day: date
    rule: str
    until: date | None = None
    because: Reason | None = None

    @property
    def falls(self) -> date:
        return self.until or self.day

    def overdue(self, as_of: date) -> bool:
        return self.falls < as_of


@dataclass(frozen=True, slots=True)
class Adoption:
    """An adoption and the deadline that belongs to it."""

    day: date
    deadline: date
    rule: str


@dataclass(frozen=True, slots=True)
class Possible:
    """An act and whether it may happen now: the refusal where it may not."""

    verb: str
    role: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as its acts made it. `key` is None for one that the engine only proposes (its state is the start)."""

    key: str | None
    risks: tuple[str, ...]
    letters: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)  # by workflow
    steps: tuple[Step, ...] = ()
    objectives: tuple[Objective, ...] = ()
    adoptions: tuple[Adoption, ...] = ()
    rank: int | None = None
    in_chain: bool = False
    clocks: tuple[Clock, ...] = ()
    possible: tuple[Possible, ...] = ()
    missing: tuple[str, ...] = ()
    harm: Harm | None = None
    heard_by: date | None = None  # the last day on which the party asked last may answer
    publishable: date | None = None  # from which day its status may leave the house; None: not yet asked

    @property
    def state(self) -> str:
        return self.states["plan"]

    @property
    def trade(self) -> str:
        return self.states["engagement"]

    @property
    def strict(self) -> bool:
        """Whether one of its risks stands under Annex II paragraphs 1 to 4."""
        return bool({"A", "B"} & set(self.letters))

    @property
    def over(self) -> bool:
        return self.state in ("closed", "withdrawn")

    @property
    def suspended(self) -> bool:
        return self.trade in ("suspended", "suspended-leaving-proposed", "resumption-proposed")

    @property
    def stopped(self) -> bool:
        return self.suspended or self.trade == "disengaged"

    def last(self, *verbs: str) -> Step | None:
        """The newest of some acts."""
        return next((step for step in reversed(self.steps) if step.act.verb in verbs), None)

    def since(self, day: date | None, *verbs: str) -> list[Step]:
        """Some acts from a day on; all of them where no day is given."""
        return [step for step in self.steps if step.act.verb in verbs and (day is None or step.day >= day)]

    @property
    def owner(self) -> str | None:
        first = next((step for step in self.steps if step.act.verb == "propose"), None)
        return first.act.person if first else None

    @property
    def budget(self) -> Decimal | None:
        first = next((step for step in self.steps if step.act.verb == "propose"), None)
        return first.act.amount if first else None

    @property
    def party(self) -> str | None:
        """The supplier it names, as the newest act that names one does."""
        named = self.last(*OF_A_PARTY)
        return party_id(named.act.about[0]) if named and named.act.about else None

    @property
    def outcome(self) -> str | None:
        """What the newest review found: "improved", "partly" or "none"; None while none was made of this adoption."""
        adopted = self.adoptions[-1].day if self.adoptions else None
        newest = self.since(adopted, "review-improved", "review-partly", "review-none") if adopted else []
        return newest[-1].act.verb.removeprefix("review-") if newest else None

    @property
    def stopped_on(self) -> date | None:
        """The day trade stopped, while it is stopped."""
        step = self.last("suspend", "disengage")
        return step.day if self.stopped and step else None


OF_A_PARTY = ("continue", "suspend", "propose-disengagement", "disengage", "propose-resumption", "resume", "ask-reply")


@dataclass(frozen=True, slots=True)
class Grounds:
    """Three of the four conditions of a stop, on a day; the fourth is the signature on the act."""

    evidence: bool
    actor: bool
    relationship: bool

    @property
    def missing(self) -> tuple[str, ...]:
        told = (
            ("missing.reasonable-risk", self.evidence),
            ("missing.relationship", self.relationship),
            ("missing.actor", self.actor),
        )
        return tuple(name for name, there in told if not there)


@dataclass(frozen=True)
class Case:
    """What a case knows on `as_of`: an act of an earlier day is judged by what was known on its own day."""

    statements: Sequence[Statement]
    register: Register
    signals: Sequence[Signal]
    rulebook: Rules
    as_of: date
    _registers: dict[date, Register] = field(default_factory=dict, repr=False)
    _told: dict[date, measures.Told] = field(default_factory=dict, repr=False)
    _reach: dict[tuple[str, date], frozenset[str]] = field(default_factory=dict, repr=False)

    @cached_property
    def flows(self) -> dict[str, Workflow]:
        return workflow.workflows(self.rulebook)

    @cached_property
    def templates(self) -> dict[str, Measure]:
        return measures.templates(self.rulebook)

    @cached_property
    def told(self) -> measures.Told:
        return measures.told(self.statements, self.register, self.signals)

    def told_on(self, day: date) -> measures.Told:
        """What visits and facts known on a day told of indicators: what was so that day stays so. Signals, which are
        worked out for one day only, do not enter."""
        if day not in self._told:
            known = [s for s in self.statements if s.known(day)]
            self._told[day] = measures.told(known, self.on(day), ())
        return self._told[day]

    def on(self, day: date) -> Register:
        """The register as it was known on a day."""
        if day >= self.as_of:
            return self.register
        if day not in self._registers:
            self._registers[day] = build([s for s in self.statements if s.known(day)])
        return self._registers[day]

    def behind(self, party: str, day: date) -> frozenset[str]:
        """The places and parties a supplier stood for on a day; none for who is no supplier of mine."""
        register = self.on(day)
        if party not in register.parties or party == register.me:
            return frozenset()
        at = (party, min(day, self.as_of))
        if at not in self._reach:
            self._reach[at] = leaving.behind(party, register)
        return self._reach[at]

    def number(self, rule: str, name: str, day: date) -> int:
        return int(self.rulebook.figure(rule, name, day).value)

    def flow_of(self, verb: str) -> tuple[str, Workflow] | None:
        return next(((name, flow) for name, flow in self.flows.items() if verb in flow.verbs), None)

    def order(self, verb: str) -> int:
        verbs = [verb for flow in self.flows.values() for verb in flow.verbs]
        return verbs.index(verb) if verb in verbs else len(verbs)


def kind_of(risk: str) -> str:
    """The kind of a risk, by its id `kind/subject`."""
    return risk.partition("/")[0]


def letter_of(kind: str, rulebook: Rules) -> str | None:
    """The Annex II code of a kind of risk; None for a kind the rules do not know."""
    try:
        return str(rulebook.rule(f"risk-kind/{kind}").facts["annex_ii"])
    except KeyError:
        return None


def unopened(case: Case, key: str | None = None, about: Iterable[str] = ()) -> Plan:
    """A plan before its first act."""
    ids = tuple(dict.fromkeys(about))
    kinds = tuple(dict.fromkeys(map(kind_of, ids)))
    letters = tuple(sorted({letter for kind in kinds if (letter := letter_of(kind, case.rulebook))}))
    return Plan(
        key, ids, letters, kinds, tuple(dict.fromkeys(id.partition("/")[2] for id in ids)),
        {name: flow.start for name, flow in case.flows.items()},
    )  # fmt: skip


def governing(plan: Plan) -> str:
    """The rule of the gravest category among a plan's risks."""
    return f"annex-ii/{plan.letters[0].lower()}"
