"""The guided first visit of the demo: a short list of steps, ticked by what stands in the journal."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from winze.workbench.access import Actor
from winze.workbench.models import Event, User
from winze.workbench.store import Absent, journal, people

ANALYST = "analyst@example.org"
STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    # step: the route it leads to, and the verbs of the journal (or their beginnings) that tick it
    "risk": ("risks", ()),
    "why": ("risk", ()),
    "plan": ("plans", ("plan.",)),
    "pair": ("matches", ("match.", "pair.", "judgement.")),
    "import": ("imports", ("import.proposed", "import.loaded")),
    "day": ("cycle", ("cycle.", "run.")),
    "language": ("", ()),
}


@dataclass(frozen=True)
class Step:
    """One step of the visit, and whether this person did it."""

    key: str
    route: str
    done: bool


def demo() -> bool:
    """Whether this home is a demo's."""
    return (Path(settings.HOME) / "demo.json").exists()


def filled(organisation: int) -> None:
    """Tells the journal that the demo's organisation is filled: what comes after is the visitor's."""
    with transaction.atomic():
        journal.record(None, "demo.filled", "demo", organisation=organisation)


def start(secret: str) -> User:
    """Who a start link signs in: the demo's analyst, once. Raises Absent where it was used, or is none."""
    kept = Path(settings.HOME) / "start.token"
    try:
        known = kept.read_text(encoding="ascii")
    except OSError:
        raise Absent from None
    if not demo() or not hmac.compare_digest(known, hashlib.sha256(secret.encode()).hexdigest()):
        raise Absent
    analyst = User.objects.filter(email=ANALYST, is_active=True).first()
    actor = people.actor(analyst, "great-lakes", "en") if analyst else None
    if analyst is None or actor is None:
        raise Absent
    kept.unlink(missing_ok=True)
    with transaction.atomic():
        journal.record(actor, "visit.began", "visit")
    return analyst


def steps(actor: Actor) -> list[Step] | None:
    """The steps of the visit; None outside a demo, and once the person put the list away."""
    began = Event.objects.filter(organisation=actor.organisation, verb="demo.filled").order_by("-seq").first()
    if began is None:
        return None
    mine = Event.objects.filter(organisation=actor.organisation, actor=actor.id, seq__gt=began.seq)
    seen = set(mine.filter(verb__startswith="visit.").values_list("verb", "subject"))
    if ("visit.ended", "visit") in seen:
        return None
    did = set(_acts(mine).values_list("verb", flat=True))
    return [
        Step(key, route, ("visit.seen", f"visit:{key}") in seen if not verbs else any(v.startswith(verbs) for v in did))
        for key, (route, verbs) in STEPS.items()
    ]


def _acts(mine: QuerySet[Event]) -> QuerySet[Event]:
    wanted = Q()
    for _, verbs in STEPS.values():
        for verb in verbs:
            wanted |= Q(verb__startswith=verb)
    return mine.filter(wanted)


def see(actor: Actor, key: str) -> str:
    """Tells the journal that somebody took a step that only looks; gives the route it leads to. Raises Absent."""
    found = steps(actor)
    step = next((one for one in found or () if one.key == key), None)
    if step is None:
        raise Absent
    if not step.done and not STEPS[key][1]:
        with transaction.atomic():
            journal.record(actor, "visit.seen", f"visit:{key}")
    return step.route


def end(actor: Actor) -> None:
    """Puts the list away for this person."""
    if steps(actor) is not None:
        with transaction.atomic():
            journal.record(actor, "visit.ended", "visit")
