"""Plans and responses in words, the same for the report, the workbook and the shell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from winze.engine.disclosure import SMALL, Place, view
from winze.engine.plan import Clock, Objective, Plan, Possible
from winze.engine.reporting import PlanLine, Told, plan_line
from winze.engine.texts import catalogue, refusal
from winze.formats.wording import number, phrase, term


@dataclass(frozen=True)
class PlanWords:
    """Plans of one run in one language. `name` words a place as the audience may know it, `title` a rule."""

    language: str
    as_of: date
    name: Callable[[Place], str]
    title: Callable[[str], str]
    listed: Callable[[Iterable[str]], str]
    audience: str = "partner"

    def t(self, message: str, **values: Any) -> str:
        return phrase(message, self.language, **values)

    def heading(self, plan: Plan) -> str:
        if plan.key is None:
            return self.t("plan.proposed", rank=plan.rank)
        return self.t("plan.titled", plan=plan.key)

    def about(self, line: PlanLine) -> str:
        """Which kinds of risk it answers, and where."""
        kinds = self.listed(self._term(f"risk.{kind}") for kind in line.plan.kinds)
        return f"{kinds} · {self.listed(self.name(place) for place in line.places)}"

    def states(self, plan: Plan) -> str:
        return f"{self._state(plan.state)}{separator(self.language)}{self._state(plan.trade)}"

    def state(self, plan: Plan) -> str:
        return self.t("plan.state", plan=self._state(plan.state), trade=self._state(plan.trade))

    def _state(self, state: str) -> str:
        return self._term(f"plan-state.{state}")

    def _term(self, name: str) -> str:
        return term(name, self.language)

    # -- clocks and acts

    def clock(self, clock: Clock) -> str:
        text = "plan.clock-waits" if clock.until else "plan.clock"
        return self.t(text, what=self.t(f"clock.{clock.what}"), day=clock.day, until=clock.until)

    def late(self, clock: Clock) -> bool:
        return clock.what not in ("resume-from", "reply") and clock.overdue(self.as_of)

    def act(self, verb: str) -> str:
        return self._term(f"act.{verb}")

    def possible(self, plan: Plan) -> list[str]:
        """Acts that may happen now, with whose they are."""
        return [
            self.t("plan.act-by", act=self.act(one.verb), role=self._term(f"role.{one.role}"))
            for one in plan.possible
            if one.refusal is None
        ]

    def refused(self, plan: Plan) -> list[str]:
        """Acts people ask for first that may not happen now, each with the sentence that names the rule."""
        return [self._refused(one) for one in plan.possible if one.refusal is not None]

    def _refused(self, one: Possible) -> str:
        assert one.refusal is not None
        return self.t("plan.act-not", act=self.act(one.verb), why=refusal(one.refusal, self.language))

    # -- objectives

    def objective(self, objective: Objective, units: Mapping[str, str]) -> str:
        values = {
            "baseline": self._amount(objective.baseline.value, objective, units),
            "target": self._amount(objective.target, objective, units),
            "measured": self._amount(objective.measured, objective, units),
        }
        if objective.template not in units:
            return self.t("plan.own-measure", measure=objective.template, **values)
        title, indicator = self.title(objective.template), self.title(f"{objective.template}#measures")
        return self.t("plan.measure", measure=title, indicator=indicator, **values)

    def _amount(self, value: float | Decimal | None, objective: Objective, units: Mapping[str, str]) -> str:
        if value is None:
            return self._term("unknown")
        said = number(int(value) if value == int(value) else float(value), self.language)
        return self.t("rules.unit.percent", value=said) if units.get(objective.template) == "percent" else said

    def consulted(self, plan: Plan) -> str | None:
        """Who was consulted, women's and children's groups counted apart; None where nobody was."""
        asked = [step.act for step in plan.steps if step.act.verb == "consult"]
        said = [
            self.t(
                "plan.consulted-one",
                group=self.listed(self._term(f"group.{group}") for group in act.about),
                count=self._term("unknown") if act.amount is None else self._few(int(act.amount)),
            )
            for act in asked
        ]
        return self.t("plan.consulted", who=self.listed(said)) if said else None

    def _few(self, count: int) -> str:
        return self._term("few") if self.audience != "internal" and 0 < count < SMALL else number(count, self.language)

    # -- the party and its reply

    def reply(self, plan: Plan) -> list[str]:
        """What was asked of the party, what it answered, or that it did not, with the days."""
        if plan.last("suspend", "disengage", "resume", "ask-reply") is None:
            return []
        asked, came = plan.last("ask-reply"), plan.last("record-reply")
        if asked is None:
            return [self.t("plan.reply-unasked")]
        said = [self.t("plan.reply", day=asked.day, until=plan.heard_by)]
        stopped = plan.last("suspend", "disengage")
        if plan.strict and stopped and len(plan.since(None, "ask-reply")) == 1 and asked.day > stopped.day:
            said.append(self.t("plan.reply-late", day=stopped.day, asked=asked.day))
        if came and came.day >= asked.day:
            text = "plan.reply-words" if came.act.note else "plan.reply-came"
            said.append(self.t(text, day=came.day, words=came.act.note))
        elif plan.heard_by and plan.heard_by < self.as_of:
            said.append(self.t("plan.reply-none", until=plan.heard_by))
        return said

    # -- the harm of leaving

    def harm(self, line: PlanLine) -> list[str]:
        """Who loses a buyer, what leaving did elsewhere, what else there is. Who supplies whom is not public."""
        harm = line.plan.harm
        if harm is None:
            return [] if self.audience == "public" else [self.t("plan.harm-no-supplier")]
        values = {"low": line.people_low, "sites": line.sites, "unknown": line.sites_unknown}
        if not harm.sites:
            people = self.t("plan.harm-no-sites")
        else:
            text = "plan.harm-people" if harm.people is not None else "plan.harm-people-unknown"
            people = self.t(text, **values)
        buyers = "plan.buyers-unknown" if line.buyers is None else "plan.buyers"
        names = self.listed(self.name(place) for place in line.buyers or ())
        return [people, self.t(buyers, names=names), *self._effects(line.plan), *self._alternatives(line.plan)]

    def _effects(self, plan: Plan) -> Iterator[str]:
        assert plan.harm is not None
        said = [
            self.t(f"plan.effect-{effect.relation}", what=self.title(effect.rule), value=effect.low)
            for effect in plan.harm.effects
        ]
        if said:
            yield f"{self.t('plan.effects')}: {self.listed(said)}"

    def _alternatives(self, plan: Plan) -> Iterator[str]:
        assert plan.harm is not None
        if plan.harm.alternatives:
            yield self.t("plan.alternatives", names=self.listed(self.title(id) for id in plan.harm.alternatives))

    # -- what was done

    def steps(self, plan: Plan) -> list[str]:
        return [
            self.t(
                "plan.step-person" if step.act.person else "plan.step",
                day=step.day, act=self.act(step.act.verb), role=self._term(f"role.{step.act.role}"),
                person=step.act.person,
            )
            for step in plan.steps
        ]  # fmt: skip

    def missing(self, plan: Plan) -> str:
        return self.listed(self.t(name) for name in plan.missing)


def lines(cycle: Told, language: str, audience: str, wanted: str | None = None) -> list[tuple[PlanLine, list[str]]]:
    """The plans of a run as an audience may see them, each with its lines of text; one risk's or key's where asked."""
    eyes, rulebook = view(cycle, audience), cycle.rulebook
    words = PlanWords(
        language, cycle.as_of, lambda place: named(place, language), title_of(rulebook, language),
        lambda names: separator(language).join(names), audience,
    )  # fmt: skip
    seen = [(plan, eyes.plan(plan, cycle.as_of)) for plan in cycle.plans]
    told = [plan_line(shown, eyes, True) for plan, shown in seen if shown is not None and _is_wanted(plan, wanted)]
    return [(line, _written(line, words, units_of(rulebook))) for line in told]


def _is_wanted(plan: Plan, wanted: str | None) -> bool:
    return wanted is None or wanted in (plan.key, str(plan.rank or ""), *plan.risks)


def named(place: Place, language: str) -> str:
    """A place on a terminal: its name, or the code that stands for it."""
    name = place.name or (
        term(f"country.{place.country}", language) if place.country and not place.code else place.code
    )
    return ", ".join(part for part in (name, place.territory if place.kind == "site" else None) if part)


def _written(line: PlanLine, words: PlanWords, units: Mapping[str, str]) -> list[str]:
    plan = line.plan
    found = [f"{words.heading(plan)} [{', '.join(plan.letters)}] {words.about(line)}", f"  {words.state(plan)}"]
    if line.supplier:
        found.append(f"  {words.t('plan.supplier', name=words.name(line.supplier))}")
    for clock in plan.clocks:
        late = f" ({words.t('plan.overdue')})" if words.late(clock) else ""
        found.append(f"  {words.clock(clock)}{late}")
    objectives = [f"{words.objective(o, units)} ({phrase(why, words.language)})" for o, why in line.objectives]
    parts = (
        ("plan.measures", objectives),
        ("plan.possible", words.possible(plan)),
        ("plan.refused", words.refused(plan)),
        ("plan.harm", words.harm(line)),
        ("plan.history", words.steps(plan)),
    )
    if plan.missing:
        found.append(f"  {words.t('plan.missing')}: {words.missing(plan)}. {words.t('plan.edd')}.")
    found += [f"  {said}" for said in words.reply(plan)]
    consulted = words.consulted(plan)
    found += [f"  {consulted}"] if consulted else []
    for title, items in parts:
        found += [f"  {words.t(title)}:", *(f"    {item}" for item in items)] if items else []
    return [*found, ""]


def title_of(rulebook: Any, language: str) -> Callable[[str], str]:
    """What a rule is called; `#measures` after a measure's id asks for its indicator."""

    def title(id: str) -> str:
        rule, _, part = id.partition("#")
        try:
            found = rulebook.rule(rule)
        except KeyError:
            return rule
        text: str = found.facts[part][language] if part and part in found.facts else found.title[language]
        return text

    return title


def units_of(rulebook: Any) -> dict[str, str]:
    """The unit of each measure's indicator."""
    return {rule.id: str(rule.facts["unit"]) for rule in rulebook.rules("measure")}


def separator(language: str) -> str:
    return catalogue()["report.separator"][language]
