"""Whether an act may happen: workflows as tables of the rules (from, verb, to, role, event), with roles and four eyes.

The acts are the only state: where something stands is what its acts, folded in order, have led to. Who may act at all
is asked elsewhere; here is asked whether the act may happen, and the answer is the step it takes, or a refusal that
names the rule. The tables stand in `rules/workflows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from winze.engine.problems import NotInForce, Refusal
from winze.engine.register import fold
from winze.engine.texts import refuse

CEILINGS = "plan/four-eyes"
"""The rule that holds up to what somebody outside may be the second pair of eyes."""


class Act(Protocol):
    """What every act says: what was done, and by whom in which role."""

    @property
    def verb(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def person(self) -> str | None: ...


class Rules(Protocol):
    """What workflows need of a rulebook."""

    def figure(self, rule: str, name: str, day: date, /) -> Any: ...
    def rules(self, kind: str | None = None, /) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: in state `start`, `verb` by `role` leads to `end`, and `event` has happened."""

    start: str
    verb: str
    end: str
    role: str
    event: str


@dataclass(frozen=True, slots=True)
class FourEyes:
    """Whoever last did one of `differs_from` may not do `verb`. `ceiling` names the figure up to which somebody outside
    may sign where a team has no second person; None where nobody outside may."""

    verb: str
    differs_from: tuple[str, ...]
    ceiling: str | None


@dataclass(frozen=True, slots=True)
class Workflow:
    """One table with its start, its final states, the acts that need a name, and those that need four eyes."""

    id: str
    start: str
    final: frozenset[str]
    signed: frozenset[str]
    transitions: tuple[Transition, ...]
    four_eyes: Mapping[str, FourEyes]

    @property
    def verbs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(step.verb for step in self.transitions))

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(state for step in self.transitions for state in (step.start, step.end)))

    def step(self, state: str, verb: str) -> Transition | None:
        """The row of the table for a verb in a state; None where there is none."""
        return next((step for step in self.transitions if (step.start, step.verb) == (state, verb)), None)


def workflows(rulebook: Rules) -> dict[str, Workflow]:
    """The workflows of a rulebook by name, in the order of their files."""
    return {flow.id.removeprefix("workflow/"): flow for flow in map(_workflow, rulebook.rules("workflow"))}


def _workflow(rule: Any) -> Workflow:
    facts = rule.facts
    pairs = (FourEyes(p["verb"], p["differs_from"], p.get("ceiling")) for p in facts["four_eyes"])
    return Workflow(
        id=rule.id,
        start=facts["start"],
        final=frozenset(facts["final"]),
        signed=frozenset(facts["signed"]),
        transitions=tuple(
            Transition(row["from"], row["verb"], row["to"], row["role"], row["event"]) for row in facts["transitions"]
        ),
        four_eyes={pair.verb: pair for pair in pairs},
    )


def permit(
    flow: Workflow,
    state: str,
    act: Act,
    before: Iterable[Act],
    measures: Mapping[str, int | Decimal | None],
    rulebook: Rules,
    day: date,
) -> Transition | Refusal:
    """The step an act takes on a day, or the refusal that names the rule.

    `before` are the acts that count so far, oldest first. `measures` gives by ceiling how much is at stake (a budget,
    people); None is unknown, and the unknown is not below a ceiling.
    """
    step = flow.step(state, act.verb)
    if step is None:
        return refuse(flow.id, "refused.state", state=f"@term.plan-state.{state}")
    pair = flow.four_eyes.get(act.verb)
    outside = act.role == "outside" and pair is not None and pair.ceiling is not None
    if act.role != step.role and not outside:
        return refuse(flow.id, "refused.role", role=f"@term.role.{step.role}")
    if act.verb in flow.signed and not act.person:
        return refuse(flow.id, "refused.unsigned")
    if pair and _same_eyes(pair, act, before):
        return refuse(flow.id, "refused.four-eyes")
    if outside and pair and pair.ceiling:
        return _below(pair.ceiling, measures.get(pair.ceiling), rulebook, day) or step
    return step


def _same_eyes(pair: FourEyes, act: Act, before: Iterable[Act]) -> bool:
    """Whether the person who signs is the one who last did what needs a second person; no name is nobody else's."""
    newest = {other.verb: other.person for other in before if other.verb in pair.differs_from}
    return any(other is None or fold(other) == fold(act.person or "") for other in newest.values())


def _below(ceiling: str, amount: int | Decimal | None, rulebook: Rules, day: date) -> Refusal | None:
    """None where the amount is known and within the ceiling in force on the day."""
    try:
        limit = rulebook.figure(CEILINGS, ceiling, day).value
    except NotInForce:
        return refuse(CEILINGS, "refused.outside-not-in-force", day=day.isoformat())
    unit = f"@refused.{ceiling}"
    if amount is None:
        return refuse(CEILINGS, "refused.outside-unknown", limit=f"{limit:,}", what=unit)
    if amount > limit:
        return refuse(CEILINGS, "refused.outside-above", limit=f"{limit:,}", amount=f"{amount:,}", what=unit)
    return None


def diagram(flow: Workflow) -> str:
    """The table as a state diagram in the notation of Mermaid."""
    named = {state: state.replace("-", "_") for state in flow.states}
    lines = ["stateDiagram-v2", f"  [*] --> {named[flow.start]}"]
    lines += [f"  {named[s.start]} --> {named[s.end]}: {s.verb} ({s.role})" for s in flow.transitions]
    lines += [f"  {named[state]} --> [*]" for state in flow.states if state in flow.final]
    return "\n".join(lines)
