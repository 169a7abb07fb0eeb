"""Cases with one site, one chain and a visit, and plans made of acts, for the tests of plans and responses."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from engine.telling import actor, day, say, supply, visit
from winze.engine import mitigation, rules
from winze.engine.plan import Case, Plan
from winze.engine.problems import Refusal
from winze.engine.reasons import Signal
from winze.engine.records import PlanAct, Statement, on
from winze.engine.register import build
from winze.engine.responses import permit

RULES = rules.load()
SITE = "site:Bisie"
FORCES, GROUP, LABOUR = (
    f"state-forces-interference/{SITE}",
    f"non-state-armed-interference/{SITE}",
    f"forced-labour/{SITE}",
)
ORIGIN, MONEY, TAXES = f"misrepresented-origin/{SITE}", f"money-laundering/{SITE}", f"unpaid-taxes/{SITE}"
CHAIN = [
    supply("Bisie Cooperative", "Comptoir Amani", "gold", "Bisie"),
    supply("Comptoir Amani", "Lumière Metals", "gold", mine="buyer"),
    supply("Comptoir Amani", "Other Refinery", "gold"),
]
SEEN = {
    FORCES: visit("Bisie", "2020-01-20", actors=(actor("state", "taxation", name="A brigade"),), workers=120),
    GROUP: visit("Bisie", "2020-01-20", actors=(actor("non-state", "taxation", name="A militia"),), workers=120),
    LABOUR: visit("Bisie", "2020-01-20", actors=(actor("state", "forced-labour", name="A brigade"),), workers=120),
}
CALM = visit("Bisie", "2020-01-20", armed_presence=False, interference=False, workers=120)
SUPPLIER = "Comptoir Amani"


def case(
    risk: str, as_of: str, *more: Statement, chain: Iterable[Statement] = CHAIN, raised: Iterable[Signal] = ()
) -> Case:
    """What is known of a risk on a day: the chain, the visit that found it, and whatever else is given."""
    told = [*chain, SEEN.get(risk, CALM), *more]
    known = [s for s in told if s.known(day(as_of))]
    return Case(known, build(known), tuple(raised), RULES, day(as_of))


def act(verb: str, when: str, who: str | None = "Amina", role: str = "owner", *about: str, **more: Any) -> Statement:
    """One act on the plan P1."""
    given = dict(more)
    if "amount" in given and given["amount"] is not None:
        given["amount"] = Decimal(str(given["amount"]))
    plan = given.pop("plan", "P1")
    return say(f"plan:{plan}", PlanAct(plan, verb, role, who, tuple(about), **given), when, row=int(when[-2:]))


def drafted(risk: str, when: str = "2020-02-01", **more: Any) -> list[Statement]:
    """A plan that is whole: proposed, with a measure, a baseline and those who were asked, and submitted."""
    return [
        act("propose", when, "Amina", "owner", risk, **more),
        act("add-measure", when, "Amina", "owner", "annex3/independent-monitoring", amount=0),
        act("record-baseline", when, "Amina", "owner", "annex3/independent-monitoring", amount=2),
        act("consult", when, "Amina", "owner", "women", "local-authorities", amount=14),
        act("submit", when, "Amina"),
    ]


def adopted(risk: str, when: str = "2020-02-01", **more: Any) -> list[Statement]:
    """The same plan, adopted that day by a second person."""
    return [*drafted(risk, when, **more), act("adopt", when, "Boris", "approver")]


def redrafted(when: str) -> list[Statement]:
    """The plan revised and adopted again."""
    return [
        act("revise", when, "Amina"),
        act("add-measure", when, "Amina", "owner", "annex3/independent-monitoring", amount=0),
        act("submit", when, "Amina"),
        act("adopt", when, "Boris", "approver"),
    ]


def heard(when: str, *, harm: bool = True) -> list[Statement]:
    """The party's reply asked, and the harm of leaving recorded."""
    found = [act("ask-reply", when, "Amina", "owner", SUPPLIER)]
    return [*found, act("record-harm-test", when, "Amina", note="Note 4")] if harm else found


def folded(acts: Iterable[Statement], about: Case) -> tuple[Plan, list[str]]:
    """The plan and the refusals of its acts, by message id in the order they are told."""
    plan, refused = mitigation.replay("P1", list(acts), about)
    return plan, [refusal.text.removeprefix("refused.") for _, refusal in refused if refusal.text]


def answer(plan: Plan, one: Statement, about: Case) -> str:
    """What one more act would do: the state it leads to, or the refusal."""

    assert isinstance(one.said, PlanAct)
    given = permit(plan, one.said, one.speaks_of.known_on, about)
    return given.text.removeprefix("refused.") if isinstance(given, Refusal) and given.text else given.end  # type: ignore[union-attr]


def moved(statement: Statement, to: date) -> Statement:

    return dataclasses.replace(statement, speaks_of=on(to), _id=[])
