"""What needs a person now, and what changed since they were last here."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q

from winze.workbench import addresses
from winze.workbench.access import Actor
from winze.workbench.models import (
    CycleRun,
    Event,
    Import,
    Invitation,
    Job,
    LastSeen,
    PlanRow,
    Proposal,
    RiskRow,
    Why,
)
from winze.workbench.store import compared, cycles

WEEK = timedelta(days=7)
VISIT = timedelta(minutes=30)
"""Somebody who comes back within this time is still on the same visit."""
STRIP = 8
"""Clocks on the strip."""
SIGNED_BY_TWO = Q(state="submitted") | Q(
    trade__in=("leaving-proposed", "suspended-leaving-proposed", "resumption-proposed")
)
"""Plans that wait for a second pair of eyes."""


def visited(actor: Actor, now: datetime | None = None) -> datetime | None:
    """When this person's last visit before this one ended; None for a first visit. Keeps that they are here."""
    now = now or datetime.now(UTC)
    seen, made = LastSeen.objects.get_or_create(
        organisation_id=actor.organisation, user_id=actor.user, defaults={"at": now}
    )
    if made:
        return None
    if now - seen.at > VISIT:
        seen.before = seen.at
    seen.at = now
    seen.save(update_fields=("at", "before"))
    return seen.before


# -- clocks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Due:
    """One deadline: of a risk's response or of a plan, by which rule, and whether its day is over."""

    day: date
    what: str  # message id
    words: tuple[Any, ...]
    to: str | None
    rule: str
    letter: str
    overdue: bool


def today_of(run: CycleRun | None) -> date:
    """The day on which one stands: today, unless the run is about an earlier day than it was made on."""
    today = datetime.now(UTC).date()
    return run.as_of if run and run.as_of < run.known_by else today


def clocks(actor: Actor, run: CycleRun) -> list[Due]:
    """The next deadlines of a run, the overdue first."""
    today = today_of(run)
    risks = list(_risks(run, actor).order_by("due", "position")[:STRIP])
    plans = list(_plans(run, actor).order_by("due", "position")[:STRIP])
    first = sorted([*risks, *plans], key=lambda row: (row.due or date.max, row.position))[:STRIP]
    rules = _rules(run, actor, first)
    return [_due(row, rules.get(_about(row), ""), today) for row in first]


def pressing(actor: Actor, run: CycleRun) -> int:
    """How many deadlines are over or fall within a week."""
    last = today_of(run) + WEEK
    risks, plans = _risks(run, actor).filter(due__lte=last), _plans(run, actor).filter(due__lte=last)
    return int(risks.count() + plans.count())


def _risks(run: CycleRun, actor: Actor) -> Any:
    return RiskRow.objects.filter(run=run, audience=actor.eyes, rank__isnull=False, due__isnull=False)


def _plans(run: CycleRun, actor: Actor) -> Any:
    """Plans that somebody recorded; of one that is only proposed the risk itself tells the deadline."""
    rows = PlanRow.objects.filter(run=run, audience=actor.eyes, due__isnull=False)
    return rows.exclude(state__in=("closed", "withdrawn")).exclude(key="")


def _about(row: RiskRow | PlanRow) -> str:
    return f"{'risk' if isinstance(row, RiskRow) else 'plan'}:{row.position}"


def _rules(run: CycleRun, actor: Actor, rows: list[Any]) -> dict[str, str]:
    """The rule of each deadline."""
    found = {}
    kept = Why.objects.filter(run=run, audience=actor.eyes, about__in=[_about(row) for row in rows])
    for about, packed in kept.values_list("about", "packed"):
        document = json.loads(zlib.decompress(bytes(packed)))
        if about.startswith("risk:"):
            found[about] = document["response"]["rule"]
        elif document["clocks"]:
            first = min(document["clocks"], key=lambda clock: clock["until"] or clock["day"])
            found[about] = first["rule"]
    return found


def _due(row: Any, rule: str, today: date) -> Due:
    if isinstance(row, RiskRow):
        where = row.named or row.territory or (f"@country.{row.country}" if row.country else "")
        words = tuple(filter(None, (f"@term.risk.{row.kind}", where)))
        what, to, letter = f"term.action.{row.action}", addresses.risk(row), row.letter
    else:
        words = tuple(filter(None, (row.key, row.named)))
        what, to, letter = f"clock.{row.next_clock}", addresses.plan(row), row.letters[:1]
    return Due(row.due, what, words, to, rule, letter, row.due < today)


# -- what waits ------------------------------------------------------------------------------------------------------


def waiting(actor: Actor, run: CycleRun | None) -> dict[str, int]:
    """What waits for somebody with these roles, by kind: imports to load, pairs to judge, plans to sign, deadlines,
    jobs that failed within a week, invitations that nobody took up. Kinds of which nothing waits are left out."""
    mine, now = {"organisation": actor.organisation}, datetime.now(UTC)
    found = {}
    if actor.may("import"):
        found["imports"] = Import.objects.filter(state="proposed", **mine).count()
    if actor.may("judge"):
        found["pairs"] = Proposal.objects.filter(verdict="", **mine).count()
    if actor.may("plan-approver") and run:
        found["signatures"] = (
            PlanRow.objects.filter(SIGNED_BY_TWO, run=run, audience=actor.eyes).exclude(key="").count()
        )
    if actor.may("assign") and run:
        found["clocks"] = pressing(actor, run)
    if actor.may("instrument"):
        found["jobs"] = Job.objects.filter(state="failed", ended_at__gte=now - WEEK, **mine).count()
    if actor.may("people"):
        open_ = Invitation.objects.filter(accepted_at=None, revoked_at=None, **mine)
        found["invitations"] = open_.filter(expires_at__gt=now).count()
    return {kind: count for kind, count in found.items() if count}


def to_sign(actor: Actor, run: CycleRun, most: int = 5) -> list[PlanRow]:
    rows = PlanRow.objects.filter(SIGNED_BY_TWO, run=run, audience=actor.eyes).exclude(key="")
    return list(rows.order_by(F("due").asc(nulls_last=True), "position")[:most])


def empty(actor: Actor) -> bool:
    """Whether nothing was loaded into the register yet."""
    return not Import.objects.filter(organisation=actor.organisation, state="loaded").exists()


# -- what changed ----------------------------------------------------------------------------------------------------

NEWS = ("import.loaded", "import.undone", "import.mended", "match.judged", "cycle.run", "report.made", "member.joined")
"""Events that a home page tells of, in the order of the telling; those of plans come besides."""
_CHAIN = ("import.", "match.", "plan.")
"""Events of which only those hear who see names of the chain."""


def news(actor: Actor, since: datetime) -> list[tuple[str, int]]:
    """What others and jobs did since a moment, as verbs with their number."""
    rows = Event.objects.filter(organisation=actor.organisation, at__gt=since)
    rows = rows.filter(Q(verb__in=NEWS) | Q(verb__startswith="plan."))
    counted = dict(rows.order_by().values_list("verb").annotate(count=Count("seq")))
    if not actor.may("see-chain"):
        counted = {verb: count for verb, count in counted.items() if not verb.startswith(_CHAIN)}
    plans = sum(count for verb, count in counted.items() if verb.startswith("plan."))
    told = [(verb, counted[verb]) for verb in NEWS if verb in counted]
    return [*told, ("plan.acted", plans)] if plans else told


def imports_since(actor: Actor, since: datetime, most: int = 5) -> list[Import]:
    """What was loaded or undone since, for those who see files."""
    if not actor.may("see-chain"):
        return []
    verbs = ("import.loaded", "import.undone")
    rows = Event.objects.filter(organisation=actor.organisation, at__gt=since, verb__in=verbs).order_by("-seq")
    numbers = [int(subject.removeprefix("import:")) for subject in rows.values_list("subject", flat=True)[: 4 * most]]
    found = Import.objects.filter(organisation=actor.organisation).in_bulk(numbers)
    return [found[number] for number in dict.fromkeys(numbers) if number in found][:most]


def compared_with_last(actor: Actor, run: CycleRun) -> tuple[CycleRun, dict[str, int]] | None:
    """What changed between the last two runs: the older one, and the risks by kind of change. None for a first run."""
    old = cycles.before(run)
    return (old, compared.counts(run, old, actor.eyes)) if old else None
