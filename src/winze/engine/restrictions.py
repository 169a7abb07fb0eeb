"""What is forbidden where on a day: legal acts in force, and policy indices that only ask for the act.

Only an act gates, and only one that can be found again (a number and a source). An index says that a government did
something somewhere in the country; it never says that our own travel is forbidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from winze.engine.known import Known, distinct, newest_first
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import LegalAct, PolicyDay, Statement

ACT, HINT = "signal/restriction", "signal/policy-hint"


def act_of(statement: Statement) -> LegalAct:
    assert isinstance(statement.said, LegalAct)
    return statement.said


def acts(known: Known) -> Mapping[tuple[str, str], Statement]:
    """The newest word on each act by place and number; an act without a number stands for itself."""
    newest: dict[tuple[str, str], Statement] = {}
    for s in distinct(s for s, _ in known.of(LegalAct)):
        newest[known.place(s.subject), act_of(s).number or s.id] = s
    return newest


def in_force(statement: Statement, known: Known) -> bool:
    """Whether an act stands on the day: begun, and not past its own end. An act without an end stands until another
    statement gives it one; a review date that passed ends nothing."""
    until = act_of(statement).until
    return statement.speaks_of.start <= known.as_of and (until is None or known.as_of <= until)


def restrictions(known: Known) -> Iterator[Signal]:
    """Each act on the day: in force, ended, or in force by hearsay, which asks the authority and forbids nothing."""
    for (place, number), s in sorted(acts(known).items()):
        act, stands = act_of(s), in_force(s, known)
        reasons = [*_forbids(s, stands)]
        if not act.verified:
            reasons.append(because("reason.act-unverified", ACT, s))
        if stands and act.review is not None and act.review < known.as_of:
            reasons.append(because("reason.review-overdue", ACT, s, review=act.review))
        yield Signal(
            "restriction",
            f"{place}#{number}",
            "clear" if not stands else "raised" if act.verified else "cannot-evaluate",
            ACT,
            tuple(reasons),
            since=s.speaks_of.start if stands else None,
            review=act.review,
            missing=("missing.act-confirmed",) if stands and not act.verified else (),
            touches=known.reach(place),
        )


def _forbids(s: Statement, stands: bool) -> Iterator[Reason]:
    act = act_of(s)
    number = act.number or "?"
    if not stands:
        yield because("reason.act-ended", ACT, s, number=number, until=act.until)
        return
    for what in act.forbids:
        yield because("reason.act-forbids", ACT, s, number=number, what=f"@forbids.{what}", day=s.speaks_of.start)
    for what in act.exempts:
        yield because("reason.act-exempts", ACT, s, number=number, what=f"@exempts.{what}")
    if act.until is None:
        yield because("reason.act-no-end", ACT, s)
    else:
        yield because("reason.act-until", ACT, s, until=act.until)


def policy_hints(known: Known) -> Iterator[Signal]:
    """For each country of the register the newest day of its index that speaks of movement: find the act.

    Clear once an act that can be found again is in force there; one for a part of the country answers only an index
    that itself speaks of a part.
    """
    codes = frozenset(known.rules.rule(HINT).facts["codes"])
    least = known.number(HINT, "least_level")
    newest: dict[tuple[str, str], tuple[bool, Statement]] = {}
    for s, day in known.of(PolicyDay):
        if (known.countries and day.country not in known.countries) or (not day.codes and day.stringency is None):
            continue
        key, speaks = (day.country, day.region or ""), any(code[:2] in codes for code, _, _ in day.codes)
        old = newest.get(key)
        if old is None or (speaks, newest_first(s)) > (old[0], newest_first(old[1])):
            newest[key] = (speaks, s)
    answers = _answers(known)
    for country, region in sorted(newest):
        speaks, s = newest[country, region]
        yield _hint(country, region, s, codes if speaks else frozenset(), least, answers)


def _answers(known: Known) -> Mapping[tuple[str, bool], Statement]:
    """Acts in force that can be found again, by country and whether they hold in all of it."""
    homes = {site.id: site.country for site in known.register.sites.values()}
    homes |= {area.id: area.country for area in known.register.areas.values()}
    found: dict[tuple[str, bool], Statement] = {}
    for (place, _), s in sorted(acts(known).items()):
        kind, _, key = place.partition(":")
        country = key.partition("/")[0] if kind in ("country", "province") else homes.get(place)
        if country and act_of(s).verified and in_force(s, known):
            found[country, kind == "country"] = s
    return found


def _hint(
    country: str,
    region: str,
    s: Statement,
    codes: frozenset[str],
    least: float,
    answers: Mapping[tuple[str, bool], Statement],
) -> Signal:
    day = s.said
    assert isinstance(day, PolicyDay)
    shown = [(code[:2], level, wide) for code, level, wide in day.codes if code[:2] in codes and level >= least]
    reasons = [
        because("reason.policy-wide" if wide else "reason.policy-extent-unknown" if wide is None else
                "reason.policy-in-part", HINT, s, code=code, what=f"@policy.{code.lower()}", level=_whole(level),
                day=s.speaks_of.known_on) for code, level, wide in shown
    ]  # fmt: skip
    in_part = bool(shown) and all(wide is False for _, _, wide in shown)
    act = answers.get((country, True)) or (answers.get((country, False)) if in_part else None)
    strict = not codes and bool(day.stringency)
    hinted = strict or bool(shown)
    if strict:
        reasons.append(
            because("reason.policy-stringency", HINT, s, day=s.speaks_of.known_on, level=_whole(day.stringency or 0))
        )
    if not hinted:
        reasons.append(because("reason.policy-none", HINT, s, day=s.speaks_of.known_on))
    elif act is not None:
        reasons.append(because("reason.act-known", HINT, act, number=act_of(act).number or "?"))
    else:
        reasons.append(because("reason.find-the-act", HINT, s))
    place = f"country:{country}"
    return Signal(
        "policy-hint",
        f"{place}#{region}" if region else place,
        "raised" if hinted and act is None else "clear",
        HINT,
        tuple(reasons),
        value=None if strict else max((level for _, level, _ in shown), default=0.0),
        unit="level",
        since=s.speaks_of.known_on if hinted and act is None else None,
        touches=(place,),
    )


def _whole(level: float) -> int | float:
    """A level as the index prints it."""
    return int(level) if level == int(level) else level
