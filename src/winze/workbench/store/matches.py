"""The match queue: pairs that may be one, and what persons judged of them.

A judgement is a statement like any other; what it joins is worked out anew each time, and no statement is changed by
it. A person's own word is taken back by ending it; one that came in a file is outranked by the word "withdrawn".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from winze.engine import matching, rules
from winze.engine import register as engine
from winze.engine.merging import RULE, judged
from winze.engine.problems import Refusal
from winze.engine.reasons import Reason
from winze.engine.records import DataClass, Judgement, Origin, Statement, on
from winze.engine.register import Register
from winze.engine.texts import refuse
from winze.workbench.access import Actor
from winze.workbench.models import Proposal, Site, SitePlace, Told, User
from winze.workbench.store import Absent, Stale, journal, opening, register, statements

VERDICTS = ("same", "not-same", "unsure")
"""What a person can say of a pair."""
SOURCE = "user"
INPUT = "workbench"
"""The origin of what is said at a page."""
FEW = 40
"""Subjects touched up to which only their neighbourhood is looked through again."""


# -- proposing -------------------------------------------------------------------------------------------------------


def propose(organisation: int, touched: set[str] | None = None, whole: Register | None = None) -> None:
    """Brings the queue to what the register holds now; of some subjects only where they are named. `whole` is the
    register where somebody has put all of it together already. Runs inside the caller's transaction."""
    near = None if touched is None or whole else _neighbourhood(organisation, touched)
    built = whole or register.now(organisation, near)
    told = matching.link([*register.judgements(organisation), *register.facts(organisation)])
    found = {p.pair: p for p in matching.propose(built, told, rules.load(), datetime.now(UTC).date())}
    waiting = Proposal.objects.filter(organisation_id=organisation, verdict="")
    if near is not None and touched is not None:
        mine = register.cluster(organisation, touched)
        parties = {pair: p for pair, p in found.items() if p.kind_of == "party"}
        found = {pair: p for pair, p in found.items() if mine & {*pair}} | parties
        waiting = waiting.filter(Q(left__in=mine) | Q(right__in=mine) | Q(of_kind="party"))
    _follow_judgements(organisation)
    _keep(organisation, found, {(row.left, row.right): row for row in waiting})


def _neighbourhood(organisation: int, touched: set[str]) -> set[str] | None:
    """The touched subjects and every site near enough to be one with them. None where all have to be looked through:
    many are touched, or places are unknown, and names alone are compared."""
    mine = register.cluster(organisation, touched)
    sites = SitePlace.objects.filter(site__organisation_id=organisation, site__merged_into="")
    if len(mine) > FEW or sites.filter(Q(lat=None) | Q(lon=None)).exists():
        return None
    reach = (
        float(rules.load().figure("matching/site", "reach_km", datetime.now(UTC).date()).value) / 100
    )  # degrees, ample
    near = Q(site__subject__in=mine)
    for lat, lon in sites.filter(site__subject__in=mine).values_list("lat", "lon"):
        if lat is None or lon is None or abs(lat) > 80 or abs(lon) > 179:
            return None
        wide = reach * (6 if abs(lat) > 60 else 2)
        near |= Q(lat__range=(lat - reach, lat + reach), lon__range=(lon - wide, lon + wide))
    return mine | set(sites.filter(near).values_list("site__subject", flat=True))


def _keep(organisation: int, found: dict[tuple[str, str], matching.Proposal],
          waiting: dict[tuple[str, str], Proposal]) -> None:  # fmt: skip
    gone = [row.pk for pair, row in waiting.items() if pair not in found]
    Proposal.objects.filter(pk__in=gone).delete()
    judged = set(Proposal.objects.filter(organisation_id=organisation).exclude(verdict="").values_list("left", "right"))
    new: list[Proposal] = []
    changed: list[Proposal] = []
    for pair, proposal in found.items():
        if pair in judged:
            continue
        row = waiting.get(pair) or Proposal(organisation_id=organisation, left=pair[0], right=pair[1])
        said = _said(proposal)
        if row.pk is None:
            new.append(_filled(row, said))
        elif any(getattr(row, name) != value for name, value in said.items()):
            row.version_number += 1
            changed.append(_filled(row, said))
    Proposal.objects.bulk_create(new, batch_size=500)
    Proposal.objects.bulk_update(
        changed, ["of_kind", "score", "band", "sentence", "parts", "version_number"], batch_size=200
    )


def _filled(row: Proposal, said: dict[str, Any]) -> Proposal:
    for name, value in said.items():
        setattr(row, name, value)
    return row


def _said(proposal: matching.Proposal) -> dict[str, Any]:
    return {
        "of_kind": proposal.kind_of, "score": proposal.likeness, "band": proposal.band,
        "sentence": {"text": proposal.text, "values": _plain(proposal.values), "km": proposal.km},
        "parts": [_part(reason) for reason in proposal.because],
    }  # fmt: skip


def _part(reason: Reason) -> dict[str, Any]:
    return {"text": reason.text, "values": _plain(reason.values), "rule": reason.rule,
            "contribution": reason.contribution}  # fmt: skip


def _plain(values: Iterable[tuple[str, Any]]) -> list[list[Any]]:
    return [[name, value.isoformat() if isinstance(value, date) else value] for name, value in values]


def _follow_judgements(organisation: int) -> None:
    """Gives each judged pair its verdict, judged here or in a file; one that is judged no more waits again."""
    stands = {pair: judged(s) for pair, s in matching.standing(register.judgements(organisation)).items()}
    rows = {(row.left, row.right): row for row in Proposal.objects.filter(organisation_id=organisation)}
    for pair, said in stands.items():
        row = rows.get(pair)
        if row is None:
            Proposal.objects.create(
                organisation_id=organisation, of_kind=said.kind_of, left=pair[0], right=pair[1], score=0.0, band="",
                sentence={}, parts=[], verdict=said.verdict, judged_at=datetime.now(UTC),
            )  # fmt: skip
        elif row.verdict != said.verdict:
            row.verdict, row.version_number = said.verdict, row.version_number + 1
            row.save(update_fields=("verdict", "version_number"))
    for pair, row in rows.items():
        if row.verdict and pair not in stands:
            row.verdict, row.judged_by, row.judged_at = "", None, None
            row.version_number += 1
            row.save(update_fields=("verdict", "judged_by", "judged_at", "version_number"))


# -- judging ---------------------------------------------------------------------------------------------------------


def of(actor: Actor) -> QuerySet[Proposal]:
    """The pairs of the actor's organisation, whatever became of them."""
    return Proposal.objects.filter(organisation_id=actor.organisation)


def one(actor: Actor, number: int) -> Proposal:
    """One pair. Raises Absent."""
    found = of(actor).filter(pk=number).select_related("judged_by").first()
    if found is None:
        raise Absent
    return found


def next_(actor: Actor, after: Proposal | None = None) -> Proposal | None:
    """The pair that waits next, the most alike first."""
    waiting = of(actor).filter(verdict="").order_by("-score", "id")
    if after is not None:
        later = waiting.filter(Q(score__lt=after.score) | Q(score=after.score, pk__gt=after.pk)).first()
        return later or waiting.exclude(pk=after.pk).first()
    return waiting.first()


def judge(actor: Actor, number: int, verdict: str, reason: str, *, version: int | None = None) -> Proposal:
    """A person's word on a pair, with all that follows from it, in one transaction. Raises the engine's Refusal where
    it may not be said, Stale where somebody was quicker."""
    assert verdict in VERDICTS, verdict
    with transaction.atomic():
        row = _locked(actor, number, version)
        said = _statement(actor, row.of_kind, row.left, row.right, verdict, reason)
        before = register.judgements(actor.organisation)
        if refusal := matching.judge(register.now(actor.organisation, {row.left, row.right}), before, said):
            raise _named(actor, refusal)
        group = register.cluster(actor.organisation, {row.left, row.right})
        was = row.verdict
        row.verdict, row.judged_by_id, row.judged_at = verdict, actor.user, datetime.now(UTC)
        row.version_number += 1
        row.save()
        statements.add(actor.organisation, None, [said], datetime.now(UTC).date())
        _record(actor, "match.judged", row, was, reason)
        _refresh(actor.organisation, group)
    return row


def judge_each(actor: Actor, numbers: Iterable[int], verdict: str, reason: str) -> list[tuple[int, Exception | None]]:
    """One word on several pairs, each for itself: what came of every one, None where it was judged."""
    results: list[tuple[int, Exception | None]] = []
    for number in numbers:
        try:
            judge(actor, number, verdict, reason)
        except (Refusal, Stale, Absent) as wrong:
            results.append((number, wrong))
        else:
            results.append((number, None))
    return results


def withdraw(actor: Actor, number: int, reason: str, *, version: int | None = None) -> tuple[str, str]:
    """Takes the judgement of a pair back, and gives the pair. What was judged before it stands again."""
    with transaction.atomic():
        row = _locked(actor, number, version)
        pair = (row.left, row.right)
        stood = matching.standing(register.judgements(actor.organisation)).get(pair)
        if stood is None or not row.verdict:
            raise refuse(RULE, "judgement.nothing")
        _take_back(actor, row, stood, reason)
    return pair


def split(actor: Actor, subject: str, reason: str) -> int:
    """Takes one subject out of those judged to be one with it: every "same" that names it is taken back. Gives how many
    were."""
    with transaction.atomic():
        stands = matching.standing(register.judgements(actor.organisation))
        mine = [(pair, s) for pair, s in stands.items() if subject in pair and judged(s).verdict == "same"]
        if not mine:
            raise refuse(RULE, "judgement.nothing")
        for (left, right), stood in mine:
            row = of(actor).select_for_update().filter(left=left, right=right).first()
            if row is None:
                raise Absent
            _take_back(actor, row, stood, reason)
    return len(mine)


def _take_back(actor: Actor, row: Proposal, stood: Statement, reason: str) -> None:
    if not reason.strip():
        raise refuse(RULE, "judgement.no-reason")
    group = register.cluster(actor.organisation, {row.left, row.right})
    today = datetime.now(UTC).date()
    own = Told.objects.filter(organisation_id=actor.organisation, of=None, gone_on=None, kind="judgement", sid=stood.id)
    ended = own.exists()
    if not ended:
        said = _statement(actor, row.of_kind, row.left, row.right, "withdrawn", reason)
        before = register.judgements(actor.organisation)
        if refusal := matching.judge(register.now(actor.organisation, {row.left, row.right}), before, said):
            raise _named(actor, refusal)
        statements.add(actor.organisation, None, [said], today)
    row.version_number += 1
    event = _record(actor, "match.withdrawn", row, row.verdict, reason, verdict="")
    if ended:
        statements.end(own, event, today)
    _refresh(actor.organisation, group)


def _locked(actor: Actor, number: int, version: int | None) -> Proposal:
    row = of(actor).select_for_update().filter(pk=number).first()
    if row is None:
        raise Absent
    if version is not None and row.version_number != version:
        raise Stale
    return row


def _statement(actor: Actor, kind: str, left: str, right: str, verdict: str, reason: str) -> Statement:
    person = User.objects.values_list("name", flat=True).get(pk=actor.user)
    said = Judgement(kind, left, right, verdict, reason.strip() or None, person)
    return Statement(f"pair:{left}|{right}", said, on(datetime.now(UTC).date()), Origin(INPUT), SOURCE,
                     data_class=DataClass.PERSONAL)  # fmt: skip


def _record(actor: Actor, verb: str, row: Proposal, was: str, reason: str, verdict: str | None = None) -> Any:
    person = User.objects.values_list("name", flat=True).get(pk=actor.user)
    after = {"left": row.left, "right": row.right, "verdict": row.verdict if verdict is None else verdict,
             "person": journal.commit(person, f"user:{actor.user}")}  # fmt: skip
    before = {"left": row.left, "right": row.right, "verdict": was}
    return journal.record(actor, verb, f"pair:{row.left}|{row.right}", before=before, after=after, why=reason.strip())


def _named(actor: Actor, refusal: Refusal) -> Refusal:
    """A refusal that calls sites and parties by their names."""
    values = {name: value for name, value in refusal.values if name != "rule"}
    subjects = {value for name in ("subject", "one", "other") if (value := values.get(name))}
    subjects |= set(filter(None, values.get("chain", "").split(" = ")))
    called = names(actor.organisation, subjects)
    told = {name: " = ".join(called.get(part, part) for part in value.split(" = ")) for name, value in values.items()}
    return refuse(refusal.rule, refusal.text, **told) if refusal.text else refusal


def _refresh(organisation: int, group: set[str]) -> None:
    touched = group | register.cluster(organisation, group)
    propose(organisation, touched, register.refresh(organisation, touched))


# -- side by side ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """One of a pair as its own sources tell of it, with what was judged to be one with it before."""

    subject: str
    name: str
    site: engine.Site | None
    party: engine.Party | None
    told: tuple[Statement, ...]
    members: tuple[tuple[str, str], ...]  # subject and name of the others of its group


def sides(actor: Actor, row: Proposal) -> tuple[Side, Side]:
    """Both of a pair, apart, whatever was judged of this pair; the look at precise places is noted in the journal."""
    opening.opened(actor, f"pair:{row.left}|{row.right}", opening.PLACE)
    others = [s for s in register.judgements(actor.organisation) if judged(s).pair != (row.left, row.right)]
    canonical = matching.clusters(others).canonical
    return tuple(_side(actor.organisation, subject, canonical, others) for subject in (row.left, row.right))  # type: ignore[return-value]


def _side(organisation: int, subject: str, canonical: Any, judgements: list[Statement]) -> Side:
    leader = canonical.get(subject, subject)
    members = {subject} | {other for other, who in canonical.items() if who == leader}
    told = register.told(organisation, members if subject.startswith("site:") else set(), judgements=False)
    linked = matching.link([*told, *judgements])
    built: Register = engine.build(linked)
    site, party = built.sites.get(leader), built.parties.get(leader)
    if party:
        told = [s.as_told or s for s in party.supplies]
    called = names(organisation, members)
    name = (site or party).name if site or party else called.get(subject, subject)  # type: ignore[union-attr]
    return Side(
        subject, name, site, party,
        tuple(sorted(told, key=lambda s: (s.speaks_of.known_on, s.id), reverse=True)),
        tuple((other, called.get(other, other)) for other in sorted(members - {subject})),
    )  # fmt: skip


def names(organisation: int, subjects: Iterable[str]) -> dict[str, str]:
    """What subjects are called (for precise eyes)."""
    wanted = list(subjects)
    found = dict(
        Site.objects.filter(organisation_id=organisation, subject__in=wanted).values_list("subject", "place__name")
    )
    found |= register.party_names(organisation, wanted)
    return {subject: found.get(subject) or engine.key(subject) for subject in wanted}


def conflicts(actor: Actor) -> list[Refusal]:
    """Judgements that contradict others, each as the engine's sentence."""
    told = matching.clusters(register.judgements(actor.organisation)).conflicts
    return [
        _named(actor, refuse(RULE, "judgement.contradicts", chain=" = ".join(found.chain),
                             one=judged(found.apart).left, other=judged(found.apart).right))
        for found in told
    ]  # fmt: skip
