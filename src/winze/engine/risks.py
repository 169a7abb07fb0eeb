"""Annex II risks of sites, areas and parties: identified, assessed, put in order, each with the response it requires.

What decides, and where it stands: categories and responses in `rules/oecd/annex2.yaml`, the order in
`rules/oecd/prioritisation.yaml`, ages and deadlines in `rules/risks.yaml`, likelihood in `rules/likelihood.yaml`.
A likelihood alone opens a closer look and nothing else. Unknown is shown and never taken for absence: a site whose
visitors did not say whether children work there has no entry here, and is counted as unknown in the baseline.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Protocol

import numpy as np

from winze.engine import likelihood
from winze.engine.likelihood import NOTHING, Likelihood, Model
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import Statement, Supply, Visit
from winze.engine.register import Register, Site

EVIDENCE_LEVELS = ("allegation", "plausible", "reasonable-risk", "verified")
INVOLVEMENTS = ("caused", "contributed", "linked")
BASES = ("learnt", "expert", "evidence", "none")
ACTIONS = ("suspend-or-discontinue", "adopt-plan", "mitigate", "assess", "enhanced-due-diligence", "watch")


@dataclass(frozen=True, slots=True)
class Severity:
    """Scale (gravity), scope (people reached) and irremediable character, each 1 to 5, None where unknown."""

    scale: int | None
    scope: int | None
    irremediability: int | None

    @property
    def highest(self) -> int:
        """The gravest known part; 0 where none is known."""
        return max((part for part in (self.scale, self.scope, self.irremediability) if part is not None), default=0)


@dataclass(frozen=True, slots=True)
class Response:
    """What the Guidance requires next, by when, by which rule, and what is missing for anything stronger.

    `action` is one of ACTIONS; `missing` are message ids (`missing.…`).
    """

    action: str
    deadline: date | None
    rule: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Risk:
    """One Annex II risk of one subject. `rank` is None for a risk that is only watched."""

    id: str
    subject: str
    annex_ii: str  # "A" to "F": our code for the paragraphs the rule names
    kind: str
    likelihood: Likelihood
    severity: Severity
    evidence_level: str | None
    involvement: str | None
    in_chain: bool
    rank: int | None
    response: Response
    because: tuple[Reason, ...]


class Rules(Protocol):
    """What risks need of a rulebook."""

    def figure(self, rule: str, name: str, day: date, /) -> likelihood.Figure: ...
    def rule(self, rule: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What statements outright say about one kind of risk, before it is assessed."""

    kind: str
    subject: str
    level: str | None
    because: tuple[Reason, ...]
    actor_named: bool = False
    likelihood: Likelihood = NOTHING


def assess(
    statements: list[Statement],
    register: Register,
    signals: Sequence[Signal],
    rulebook: Rules,
    as_of: date,
    models: Mapping[str, Model] | None = None,
) -> tuple[Risk, ...]:
    """All risks in scope, ranked ones first, in the order of the rule; the rest is watched. `models` gives learnt
    weights of a target; where there are none, or the site lies where they may not speak, an expert's speak."""
    sites = in_scope(register, rulebook, as_of)
    seen = likelihood.observe(register, _ASKED)
    events = likelihood.events_in_year(statements, as_of)
    findings = [
        *_interference(sites, seen, events, models or {}, rulebook, as_of),
        *_abuses(sites, seen, events, rulebook, as_of),
        *_signalled(signals, rulebook),
    ]
    return prioritise([_risk(finding, register, rulebook, as_of) for finding in findings], rulebook, as_of)


def in_scope(register: Register, rulebook: Rules, as_of: date) -> list[Site]:
    """The sites in or near my chain; every site where no chain is given, or none of its origins is a known site."""
    everyone = list(register.sites.values())
    mine = [site for site in everyone if site.in_chain]
    placed = [site.point for site in mine if site.point]
    if not mine:
        return everyone
    reach = _number(rulebook, "risk/scope", "near_km", as_of)
    lat, lon = np.radians([p.lat for p in placed]), np.radians([p.lon for p in placed])

    def near(site: Site) -> bool:
        if site.in_chain or site.point is None:
            return site.in_chain
        here = (math.radians(site.point.lat), math.radians(site.point.lon))
        return bool(len(placed)) and bool((likelihood.great_circle_km(*here, lat, lon) <= reach).any())

    return [site for site in everyone if near(site)]


# -- identify --------------------------------------------------------------------------------------------------------


def _interference(
    sites: list[Site],
    seen: likelihood.Evidence,
    events: likelihood.Events,
    models: Mapping[str, Model],
    rulebook: Rules,
    as_of: date,
) -> Iterator[Finding]:
    for kind, force in likelihood.FORCES.items():
        expert = Model.expert(f"likelihood/{kind}", rulebook, as_of)
        for model, places in _speaking_where(models.get(kind, expert), expert, sites):
            judged = likelihood.assess(places, seen, force, events, model, as_of)
            for site, (estimate, reasons) in zip(places, judged, strict=True):
                level, named = _evidence_of(site, force, rulebook, as_of)
                yield Finding(kind, site.id, level, reasons, named, estimate)


def _speaking_where(model: Model, expert: Model, sites: list[Site]) -> Iterator[tuple[Model, list[Site]]]:
    """Which weights speak of which sites: learnt ones where they were learnt, an expert's elsewhere."""
    here = [site for site in sites if not model.countries or site.country in model.countries]
    inside = {site.id for site in here}
    yield model, here
    yield expert, [site for site in sites if site.id not in inside]


def _evidence_of(site: Site, force: str, rulebook: Rules, as_of: date) -> tuple[str | None, bool]:
    """The evidence level of interference at a site and whether its actor is named: from the newest visit that could
    say. Where that one found none, an older finding is history, which the likelihood carries."""
    newest = _newest_yes(site, lambda visit: likelihood.found(visit, force))
    if newest is None:
        return None, False
    assert isinstance(newest.said, Visit)
    named = any(actor.force == force and actor.name for actor in newest.said.actors)
    return aged_level(newest, rulebook, as_of), named


def found_at(site: Site, kind: str, rulebook: Rules, as_of: date) -> tuple[str | None, bool]:
    """The evidence level of one kind of risk at a site on a day, and whether its actor is named, from what visits
    outright said; no likelihood enters. (None, False) where no visit that could say found it."""
    if kind in likelihood.FORCES:
        return _evidence_of(site, likelihood.FORCES[kind], rulebook, as_of)
    statement = _newest_yes(site, QUESTIONS[kind]) if kind in QUESTIONS else None
    return (None, False) if statement is None else (_abuse_level(kind, statement, rulebook, as_of), True)


def aged_level(statement: Statement, rulebook: Rules, as_of: date) -> str:
    """The evidence level a visit's finding still supports: it falls as the finding grows old, and it starts lower
    where the visitors did not reach the site and were told."""
    age = (as_of - statement.speaks_of.known_on).days
    on_site = isinstance(statement.said, Visit) and statement.said.manner == "on-site"
    if on_site and age <= _number(rulebook, "risk/evidence", "reasonable_risk_days", as_of):
        return "reasonable-risk"
    return "plausible" if age <= _number(rulebook, "risk/evidence", "plausible_days", as_of) else "allegation"


def _abuses(
    sites: list[Site], seen: likelihood.Evidence, events: likelihood.Events, rulebook: Rules, as_of: date
) -> Iterator[Finding]:
    """Forced labour, pillage and children at work, as the newest visit that could say found them. Where answers are
    too few to learn from, an expert's weights say how likely a visit today would find it."""
    for kind, question in QUESTIONS.items():
        newest = {site.id: found for site in sites if (found := _newest_yes(site, question)) is not None}
        places = [site for site in sites if site.id in newest]
        for site, (estimate, reasons) in zip(
            places, _by_expert(kind, places, seen, events, rulebook, as_of), strict=True
        ):
            statement = newest[site.id]
            level = _abuse_level(kind, statement, rulebook, as_of)
            reason = because(f"reason.{kind}", f"annex-ii/{_letter(rulebook, kind).lower()}", statement,
                             day=statement.speaks_of.known_on)  # fmt: skip
            yield Finding(kind, site.id, level, (reason, *reasons), True, estimate)


def _abuse_level(kind: str, statement: Statement, rulebook: Rules, as_of: date) -> str:
    level = aged_level(statement, rulebook, as_of)
    return _child_level(statement, level, rulebook) if kind == "worst-forms-of-child-labour" else level


def _by_expert(
    kind: str,
    sites: list[Site],
    seen: likelihood.Evidence,
    events: likelihood.Events,
    rulebook: Rules,
    as_of: date,
) -> Iterator[tuple[Likelihood, tuple[Reason, ...]]]:
    """Likelihoods by an expert's weights, where a rule gives them for this kind; else none, on the evidence alone."""
    rule = likelihood.EXPERT.get(kind)
    if rule is None:
        yield from ((Likelihood(None, None, None, "evidence"), ()) for _ in sites)
    else:
        model = Model.expert(f"likelihood/{rule}", rulebook, as_of)
        yield from likelihood.assess(sites, seen, kind, events, model, as_of)


def _acted(act: str) -> Callable[[Visit], bool | None]:
    def answer(visit: Visit) -> bool | None:
        if any(act in actor.acts for actor in visit.actors):
            return True
        return False if visit.armed_presence is False or any(act in a.denied for a in visit.actors) else None

    return answer


QUESTIONS: dict[str, Callable[[Visit], bool | None]] = {
    "forced-labour": _acted("forced-labour"),
    "serious-abuse": _acted("pillaging"),
    "worst-forms-of-child-labour": lambda visit: visit.children_under_15,
}
"""What a visit answers to the question after each serious abuse that visitors look for."""


_ASKED = {
    **{force: likelihood.by_force(force) for force in likelihood.FORCES.values()},
    **{kind: likelihood.by_answer(QUESTIONS[kind]) for kind in likelihood.EXPERT},
}


def _newest_yes(site: Site, question: Callable[[Visit], bool | None]) -> Statement | None:
    """The newest visit that could answer, where it found it; None where it did not, or none could say."""
    newest = likelihood.answers(site.visits, question)[-1:]
    return next((statement for statement, found in newest if found), None)


def _child_level(statement: Statement, level: str, rulebook: Rules) -> str:
    """A child under 15 seen at a mine is an indicator to verify; named hazardous work makes it plausible at most."""
    assert isinstance(statement.said, Visit)
    hazardous = {word.casefold() for word in rulebook.rule("risk/child-work").facts["hazardous"]}
    if not any(work.casefold() in hazardous for work in statement.said.children_work):
        return "allegation"
    return "plausible" if EVIDENCE_LEVELS.index(level) >= 1 else level


def _signalled(signals: Sequence[Signal], rulebook: Rules) -> Iterator[Finding]:
    """Risks that raised signals indicate of an area, country or party, by the table in `rules/risks.yaml`. Several
    signals of one subject make one risk, at the strongest level, with all their reasons."""
    table = rulebook.rule("risk/signalled").facts["signals"]
    found: dict[tuple[str, str], Finding] = {}
    for signal in signals:
        entry = table.get(signal.kind)
        if entry is None or signal.state != "raised":
            continue
        subject = signal.touches[0] if signal.touches else signal.subject
        before = found.get((entry["risk"], subject))
        level = (
            max(before.level or entry["level"], entry["level"], key=EVIDENCE_LEVELS.index) if before else entry["level"]
        )
        reasons = (*before.because, *signal.because) if before else signal.because
        found[entry["risk"], subject] = Finding(
            entry["risk"], subject, level, reasons, False, Likelihood(None, None, None, "evidence")
        )
    yield from found.values()


# -- assess ----------------------------------------------------------------------------------------------------------


def _risk(finding: Finding, register: Register, rulebook: Rules, as_of: date) -> Risk:
    letter = _letter(rulebook, finding.kind)
    site = register.sites.get(finding.subject)
    in_chain = site.in_chain if site else _in_chain(finding.subject, register)
    return Risk(
        id=f"{finding.kind}/{finding.subject}",
        subject=finding.subject,
        annex_ii=letter,
        kind=finding.kind,
        likelihood=finding.likelihood,
        severity=_severity(finding.kind, site, rulebook, as_of),
        evidence_level=finding.level,
        involvement=_involvement(finding.subject, site, register) if in_chain else None,
        in_chain=in_chain,
        rank=None,
        response=_response(finding, letter, in_chain, rulebook, as_of),
        because=finding.because,
    )


def _in_chain(subject: str, register: Register) -> bool:
    return subject in register.parties or subject in register.chain_origins


def _letter(rulebook: Rules, kind: str) -> str:
    return str(rulebook.rule(f"risk-kind/{kind}").facts["annex_ii"])


def _severity(kind: str, site: Site | None, rulebook: Rules, as_of: date) -> Severity:
    """Scale and irremediability by the kind's rule; scope by the people known to work there, else unknown."""
    facts = rulebook.rule(f"risk-kind/{kind}").facts
    workers = site.workers if site else None
    bounds = rulebook.rule("risk/scope-bands").facts["people"]
    scope = None if workers is None else 1 + sum(workers >= bound for bound in bounds)
    return Severity(facts.get("scale"), scope, facts.get("irremediability"))


def _involvement(subject: str, site: Site | None, register: Register) -> str:
    """Linked, unless the chain says that I sell what is dug there myself: then contributed. That a company caused a
    harm is for a person to find; it is never inferred."""
    links: list[Statement] = list(register.chain_origins.get(subject, ()))
    if site and site.area:
        links += register.chain_origins.get(site.area, ())
    mine = any(isinstance(s.said, Supply) and s.said.my_position == "supplier" for s in links)
    return "contributed" if mine else "linked"


def _response(finding: Finding, letter: str, in_chain: bool, rulebook: Rules, as_of: date) -> Response:
    """The next step the Guidance requires on this evidence, and what is missing for a stronger one."""
    rule = f"annex-ii/{letter.lower()}"
    founded = finding.level in ("reasonable-risk", "verified")
    missing = tuple(
        name
        for name, lacking in (
            ("missing.reasonable-risk", not founded),
            ("missing.relationship", not in_chain),
            ("missing.actor", not finding.actor_named),
        )
        if lacking
    )
    if not missing:
        action = str(rulebook.rule(rule).facts["action"])
        return Response(action, as_of, rule, ("missing.signature",))
    missing = (*missing, "missing.signature")
    if finding.level in EVIDENCE_LEVELS[1:]:
        days = int(_number(rulebook, "risk/assessment", "assess_within_days", as_of))
        return Response("assess", as_of + timedelta(days=days), "risk/assessment", missing)
    if _likely(finding.kind, finding.likelihood, rulebook, as_of):
        return Response("enhanced-due-diligence", None, "risk/assessment", missing)
    return Response("watch", None, "risk/ranking", missing)


# -- prioritise ------------------------------------------------------------------------------------------------------


def prioritise(risks: Iterable[Risk], rulebook: Rules, as_of: date) -> tuple[Risk, ...]:
    """Ranks what has evidence at plausible or above, or a likelihood above the rule's threshold: by Annex II class,
    then severity, then likelihood (an unknown likelihood is not taken for a low one). The rest is watched."""

    def ranked(risk: Risk) -> bool:
        likely = _likely(risk.kind, risk.likelihood, rulebook, as_of)
        return likely or risk.evidence_level in EVIDENCE_LEVELS[1:]

    def order(risk: Risk) -> tuple[str, int, float, str]:
        p = 1.0 if risk.likelihood.p is None else risk.likelihood.p
        return (risk.annex_ii, -risk.severity.highest, -p, risk.id)

    everything = sorted(risks, key=order)
    first = [risk for risk in everything if ranked(risk)]
    watched = [
        replace(risk, response=replace(risk.response, action="watch", deadline=None))
        for risk in everything
        if not ranked(risk)
    ]
    return (*(replace(risk, rank=rank) for rank, risk in enumerate(first, start=1)), *watched)


def _likely(kind: str, chance: Likelihood, rulebook: Rules, as_of: date) -> bool:
    """Whether a likelihood alone is enough to rank a risk of this kind. Of the kinds the rule does not name it speaks
    of something less than the risk itself: that children are seen is not yet a worst form of their labour. Where it
    was measured how often such likelihoods came true, that record must bear it too."""
    if chance.p is None or kind not in rulebook.rule("risk/ranking").facts["by_likelihood"]:
        return False
    record = chance.p if chance.alike is None else chance.alike.found / chance.alike.visits
    return min(chance.p, record) >= _number(rulebook, "risk/ranking", "rank_threshold", as_of)


def _number(rulebook: Rules, rule: str, name: str, day: date) -> float:
    return float(str(rulebook.figure(rule, name, day).value))
