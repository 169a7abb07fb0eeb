"""Which names mean one site or one party: what a person judged, and the statements linked by it.

* A merge is a judgement on top of untouched statements. `link` gives them under the one subject that stands for all,
  with their own identity and the original in `as_told`; without the judgement the register is what it was before.
* The newest verdict of a pair stands; "withdrawn" takes back the newest that stands, so that an earlier one stands
  again. On one day the more cautious outranks: same, unsure, not the same, withdrawn.
* "Same" carries on: what is the same as one is the same as all of its group. It never joins two that somebody judged
  not to be the same: judgements are followed from the oldest on, and the one that would join them is not followed and
  told of as a `Conflict`.
* Whom a judgement knows to be one is one for all that was ever told, of earlier days too.

What may be one is proposed in `matching`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from winze.engine.known import distinct
from winze.engine.plan import OF_A_PARTY
from winze.engine.problems import Problem, Refusal
from winze.engine.records import (
    Judgement,
    NodeStatus,
    PlanAct,
    Record,
    SiteEntry,
    Statement,
    Supply,
    Visit,
    in_order,
    of_kind,
)
from winze.engine.register import Party, Register, Site, party_id
from winze.engine.texts import refuse, severities

KINDS = ("site", "party")
VERDICTS = ("same", "unsure", "not-same", "withdrawn")
"""What a person can judge of a pair, the more cautious later: of two of one day the later in this order stands."""
RULE = "matching/judgement"
REASONED = ("same", "not-same", "withdrawn")
"""The verdicts that need a reason: those that change the register, or keep others from changing it."""

type Pair = tuple[str, str]


# -- what stands -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conflict:
    """A judgement "same" that is not followed: with the others it would join two that were judged not to be the same.

    `chain` leads from one of those two to the other, each link judged the same.
    """

    refused: Statement
    apart: Statement
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clusters:
    """Who is who: for every subject of a group of two or more the one that stands for all, and what contradicts."""

    canonical: Mapping[str, str]
    conflicts: tuple[Conflict, ...] = ()


def standing(judgements: Iterable[Statement]) -> dict[Pair, Statement]:
    """The judgement that stands for each pair; none for a pair whose verdicts were all taken back."""
    stacks: dict[Pair, list[Statement]] = defaultdict(list)
    for s in sorted(distinct(judgements), key=_age):
        said = judged(s)
        if not _well_formed(said):
            continue
        if said.verdict == "withdrawn":
            del stacks[said.pair][-1:]
        else:
            stacks[said.pair].append(s)
    return {pair: stacks[pair][-1] for pair in sorted(stacks) if stacks[pair]}


def clusters(judgements: Iterable[Statement]) -> Clusters:
    """Groups of subjects judged to be one, and the judgements that contradict others (see the module's text).

    The subject that stands for a group is one with a key of a source's own (`site:ipis/…`) before one with a bare name,
    then the least in the order of characters.
    """
    stands = standing(judgements)
    groups = _Groups(s for s in stands.values() if judged(s).verdict == "not-same")
    same = sorted((s for s in stands.values() if judged(s).verdict == "same"), key=lambda s: (*_day(s), judged(s).pair))
    conflicts = tuple(conflict for s in same if (conflict := groups.join(s)))
    return Clusters(groups.canonical(), conflicts)


def judged(statement: Statement) -> Judgement:
    """What a judgement's statement says."""
    assert isinstance(statement.said, Judgement)
    return statement.said


def _well_formed(said: Judgement) -> bool:
    """Whether a judgement is of two subjects of one kind."""
    told = {said.kind_of, said.left.partition(":")[0], said.right.partition(":")[0]}
    return len(told) == 1 and told <= {*KINDS} and said.left != said.right


def _day(s: Statement) -> tuple[date, date]:
    return (s.speaks_of.known_on, s.published_on or date.min)


def _age(s: Statement) -> tuple[date, date, int, str]:
    return (*_day(s), VERDICTS.index(judged(s).verdict), s.id)


def _precedence(subject: str) -> tuple[bool, str]:
    return ("/" not in subject, subject)


class _Groups:
    """Subjects joined one judgement after the other, with those that may never come together."""

    def __init__(self, apart: Iterable[Statement]) -> None:
        self._members: dict[str, list[str]] = {}  # by the group's name; a subject in no group is alone
        self._group: dict[str, str] = {}
        self._links: dict[str, list[str]] = defaultdict(list)
        self._apart: dict[str, dict[str, Statement]] = defaultdict(dict)
        for s in apart:
            one, other = judged(s).pair
            self._apart[one][other] = self._apart[other][one] = s

    def join(self, s: Statement) -> Conflict | None:
        """Joins the groups of a pair, or says what stands against it."""
        one, other = judged(s).pair
        mine, theirs = self._group.get(one, one), self._group.get(other, other)
        smaller, larger = sorted((mine, theirs), key=lambda group: len(self._of(group)))
        if mine != theirs and (against := self._against(smaller, larger)):
            return Conflict(s, against, self._chain((one, other), judged(against).pair))
        self._links[one].append(other)
        self._links[other].append(one)
        if mine != theirs:
            self._members[larger] = [*self._of(larger), *self._of(smaller)]
            self._group.update(dict.fromkeys(self._members[larger], larger))
            self._members.pop(smaller, None)
        return None

    def canonical(self) -> dict[str, str]:
        found = {}
        for members in self._members.values():
            found.update(dict.fromkeys(members, min(members, key=_precedence)))
        return dict(sorted(found.items()))

    def _of(self, group: str) -> list[str]:
        return self._members.get(group, [group])

    def _against(self, one: str, other: str) -> Statement | None:
        there = set(self._of(other))
        found = [s for member in self._of(one) for enemy, s in self._apart[member].items() if enemy in there]
        return min(found, key=_age, default=None)

    def _chain(self, link: Pair, ends: Pair) -> tuple[str, ...]:
        """The shortest way from one end to the other, over what is joined and one link more."""
        before: dict[str, str] = {ends[0]: ""}
        edge = deque([ends[0]])
        while edge and ends[1] not in before:
            at = edge.popleft()
            over = [link[1]] if at == link[0] else [link[0]] if at == link[1] else []
            for then in sorted({*self._links[at], *over} - before.keys()):
                before[then] = at
                edge.append(then)
        way = [ends[1]]
        while way[-1] != ends[0]:
            way.append(before[way[-1]])
        return tuple(reversed(way))


def judge(register: Register, judgements: Iterable[Statement], new: Statement) -> Refusal | None:
    """Why a judgement may not be made: it is of nobody known, unsigned or without reason, says again what stands, would
    not stand, or contradicts a chain of others (which is named). None where it may.

    `register` is the one the person looks at, built from linked statements.
    """
    before, said = list(judgements), judged(new)
    if not _well_formed(said):
        return refuse(RULE, "judgement.kind")
    unknown = [subject for subject in said.pair if subject not in _subjects(register)]
    if unknown:
        return refuse(RULE, "judgement.unknown", subject=unknown[0])
    if not said.person:
        return refuse(RULE, "judgement.unsigned")
    if said.verdict in REASONED and not said.reason:
        return refuse(RULE, "judgement.no-reason")
    return _repeats(before, new) or _contradicts(before, new)


def _subjects(register: Register) -> set[str]:
    known: list[Site | Party] = [*register.sites.values(), *register.parties.values()]
    return {id for one in known for id in (one.id, *one.also)}


def _repeats(before: list[Statement], new: Statement) -> Refusal | None:
    """Whether it says again what stands, takes back what nobody said, or is outranked by another."""
    said, stood = judged(new), standing(before).get(judged(new).pair)
    if said.verdict == "withdrawn":
        return None if stood and _age(stood) < _age(new) else refuse(RULE, "judgement.nothing")
    if stood and judged(stood).verdict == said.verdict:
        return refuse(RULE, "judgement.repeats", day=stood.speaks_of.known_on)
    stands = standing([*before, new]).get(said.pair)
    if stands is None or stands.id != new.id:
        latest = max((s for s in before if judged(s).pair == said.pair), key=_age)
        return refuse(RULE, "judgement.outranked", day=latest.speaks_of.known_on)
    return None


def _contradicts(before: list[Statement], new: Statement) -> Refusal | None:
    stood = {(c.refused.id, c.apart.id) for c in clusters(before).conflicts}
    for conflict in clusters([*before, new]).conflicts:
        if (conflict.refused.id, conflict.apart.id) not in stood:
            one, other = judged(conflict.apart).pair
            return refuse(RULE, "judgement.contradicts", chain=" = ".join(conflict.chain), one=one, other=other)
    return None


# -- linking ---------------------------------------------------------------------------------------------------------


def link(statements: Iterable[Statement]) -> list[Statement]:
    """The statements under the subjects that stand for all, by the judgements among them.

    Parties named in links, plans and closures get the name of the party that stands for them, so that whoever looks a
    name up finds it. What a statement says of itself stays: its identity, source and origin, and all of it in
    `as_told`. Statements that nobody's judgement touches are the very same, and so is their order where none is.
    """
    given = list(statements)
    told = [s.as_told or s for s in given]
    who = clusters(s for s, _ in of_kind(told, Judgement)).canonical
    if not who:
        return told
    names = _party_names(told, who)
    return in_order([_linked(s, who, names) for s in told])


def problems(statements: Sequence[Statement]) -> Iterator[Problem]:
    """What is wrong with the judgements among statements: contradictions, and subjects nobody else speaks of."""
    made = [s for s, _ in of_kind(list(statements), Judgement)]
    if not made:
        return
    for conflict in clusters(made).conflicts:
        (left, right), (one, other) = judged(conflict.refused).pair, judged(conflict.apart).pair
        yield _problem("judgement_conflict", conflict.refused, left=left, right=right, one=one, other=other,
                       chain=" = ".join(conflict.chain))  # fmt: skip
    spoken = {id for s in statements for id in _spoken_of(s.as_told or s)}
    for s in standing(made).values():
        for subject in judged(s).pair:
            if subject not in spoken:
                yield _problem("judgement_of_nobody", s, subject=subject)


def _problem(code: str, at: Statement, **values: str) -> Problem:
    return Problem(code, severities()[code], at.origin, tuple(values.items()))


def _spoken_of(s: Statement) -> tuple[str, ...]:
    if isinstance(s.said, Supply):
        return (party_id(s.said.supplier), party_id(s.said.buyer))
    return (s.subject,) if isinstance(s.said, Visit | SiteEntry) else ()


def _party_names(told: list[Statement], who: Mapping[str, str]) -> dict[str, str]:
    """How the chain writes the name of each party that stands for others; its folded name where no link names it."""
    wanted = {id for id in who.values() if id.startswith("party:")}
    found: dict[str, str] = {}
    for _, said in sorted(of_kind(told, Supply), key=lambda pair: pair[0].id):
        for name in (said.supplier, said.buyer):
            if party_id(name) in wanted:
                found.setdefault(party_id(name), name)
    return {id: found.get(id, id.partition(":")[2]) for id in wanted}


def _linked(s: Statement, who: Mapping[str, str], names: Mapping[str, str]) -> Statement:
    subject, said = _subject(s.subject, who), _renamed(s.said, who, names)
    if subject == s.subject and said == s.said:
        return s
    assert s.id, "worked out while the statement is still the original: the copy shares it"
    return replace(s, subject=subject, said=said, as_told=s)


def _subject(subject: str, who: Mapping[str, str]) -> str:
    where, mark, about = subject.partition("#")
    return who.get(where, where) + mark + about


def _renamed(said: Record, who: Mapping[str, str], names: Mapping[str, str]) -> Record:
    """A record with the parties it names called by the party that stands for them."""

    def called(name: str) -> str:
        id = party_id(name)
        return names[who[id]] if who.get(id, id) != id else name

    if isinstance(said, Supply):
        return replace(said, supplier=called(said.supplier), buyer=called(said.buyer))
    if isinstance(said, NodeStatus) and said.node_kind in ("buyer", "smelter"):
        return replace(said, node=called(said.node))
    if isinstance(said, PlanAct) and said.verb in OF_A_PARTY:
        return replace(said, about=tuple(map(called, said.about)))
    if isinstance(said, PlanAct) and said.verb == "propose":
        return replace(said, about=tuple(_risk(id, who) for id in said.about))
    return said


def _risk(id: str, who: Mapping[str, str]) -> str:
    kind, slash, subject = id.partition("/")
    return kind + slash + _subject(subject, who)
