"""What an audience sees: the one place that decides, for pages, shell and files alike.

Three audiences. `internal` is the organisation itself. `partner` (the default) is a company or programme of the same
chain, an auditor or a funder. `public` is anyone.

* **Class.** Each statement has a data class; an audience sees the classes listed in `SEES`. What rests on a statement
  of another class is withheld and counted, never silently dropped. A sealed statement is in no report at all.
* **Place.** Only `internal` sees a site's name, coordinates, row in a file, exact day and distance. The others see the
  territory, the province, the minerals and a short code: a site's name or its row in a public list is its place. That
  holds for the sites of one's own chain too, since a partner passes a report on. Days become months and distances
  become bands, so that a public visit list or three distances do not give the site away. The code is keyed by the
  case's own files: it can be looked up by those who hold them, and nobody can work it out from a public list of sites.
  (Of a case that consists of public files only it can be: such a case has nothing to hide but the selection.)
* **Chain.** `public` never sees who supplies whom, which site or party is in the chain, parties' names, prices offered
  or the names of armed actors. `partner` sees the chain it is part of.
* **Small numbers.** A count under five is not shown to any but `internal`, nor a count from which it could be worked
  out (`suppress`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from winze.engine.matching import Proposal
from winze.engine.plan import OF_A_PARTY, Objective, Plan, Step
from winze.engine.problems import Problem
from winze.engine.reasons import Reason, Signal, Value
from winze.engine.records import DataClass, Input, Origin, Point, Statement, Supply
from winze.engine.register import Party, Register, Site, fold, names_of
from winze.engine.risks import Risk

AUDIENCES = ("partner", "internal", "public")
SEES: Mapping[str, frozenset[DataClass]] = {
    "internal": frozenset(DataClass) - {DataClass.SEALED},
    "partner": frozenset({DataClass.PUBLIC, DataClass.PARTNER}),
    "public": frozenset({DataClass.PUBLIC}),
}
ROLES: Mapping[str, frozenset[DataClass]] = {
    role: frozenset({DataClass.PUBLIC, DataClass.PARTNER, *more})
    for role, more in {
        "viewer": (),
        "analyst": (DataClass.COMPETITOR,),
        "assessor": (DataClass.COMPETITOR, DataClass.MOVEMENT),
        "funder": (),
        "responder": (),
        "government": (),
        "approver": (DataClass.COMPETITOR, DataClass.PERSONAL),
        "custodian": (DataClass.PERSONAL, DataClass.SEALED),
        "administrator": (DataClass.PERSONAL,),
    }.items()
}
"""The classes each role of an organisation sees. Whoever looks after people and the instrument sees no competitor's
data by that; a funder, a responder and an officer of a government see what a partner sees."""
PRECISE = frozenset({"analyst", "assessor", "approver"})
"""The roles that see precise places, names of sites and the chain of their own organisation."""
CHOOSES: Mapping[str, tuple[str, ...]] = {"internal": AUDIENCES, "partner": ("partner", "public")}
"""For which audiences somebody may export, by the eyes they have themselves: nobody exports more than they see."""
SMALL = 5
_BANDS = (5, 10, 25, 50, 100)
_SMALL_VALUES = frozenset({"visits", "reports", "people", "sites", "of"})
_PLAIN_VALUES = frozenset(
    {
        "count",
        "limit",
        "cells",
        "columns",
        "column",
        "encoding",
        "code",
        "low",
        "high",
        "day",
        "territory",
        "on",
        "why",
        "rule",
        "times",
        "first",
        "role",
        "state",
        "missing",
    }
)


def cleared(roles: Iterable[str]) -> frozenset[DataClass]:
    """The data classes that somebody with these roles sees: none without a role. An unknown role is our bug."""
    return frozenset().union(*(ROLES[role] for role in roles))


def eyes(roles: Iterable[str]) -> str:
    """The audience whose eyes somebody with these roles has within their own organisation: `internal` or `partner`."""
    return "internal" if PRECISE & set(roles) else "partner"


def opens(roles: Iterable[str], data_class: DataClass) -> bool:
    """Whether a file or record of this class may be opened; to open movement data or a precise place is logged."""
    return data_class in cleared(roles)


LOGGED = frozenset({DataClass.MOVEMENT, DataClass.PERSONAL, DataClass.SEALED})
"""Classes whose opening the journal records, whoever opens them; so it does of precise places."""
PERSONAL_FIELDS: Mapping[str, tuple[str, ...]] = {"plan-act": ("person",), "judgement": ("person",)}
"""Which fields of which record name a person: a register keeps them apart, and its journal only commits to them."""


class Told(Protocol):
    """What is disclosed: the parts of a cycle this module looks at."""

    @property
    def inputs(self) -> tuple[Input, ...]: ...
    @property
    def statements(self) -> tuple[Statement, ...]: ...
    @property
    def register(self) -> Register: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A subject as an audience may know it. `name` is None where it is withheld; `code` stands for a site then.

    `kind` is "site", "area", "province", "country", "commodity", "party", "link", "node", "origin" or "world". `about`
    is what the subject adds after its place: a mineral, a dataset, the name of a smelter.
    """

    kind: str
    name: str | None
    code: str | None = None
    territory: str | None = None
    province: str | None = None
    country: str | None = None
    minerals: tuple[str, ...] = ()
    point: Point | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """A reason as an audience may see it. `file` is None where there is no source or its name is withheld."""

    text: str
    values: tuple[tuple[str, Value], ...]
    rule: str | None
    contribution: float | None
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    cell: str | None = None
    coarsened: bool = False  # the exact row, day or distance is withheld, for it would name the place


def suppress[K: Hashable](cells: Mapping[K, int], audience: str) -> dict[K, int | None]:
    """Counts with the small ones withheld (None), and as many others as it takes that nobody who knows the total can
    work one out: at least two are withheld, and together they are at least five and more than their number.

    A zero is shown: it says of nobody anything. Where too few cells are left, all of them are withheld, and `total`
    with them. What this does not stop is working backwards from the choice of cells itself, in a table of a handful.
    """
    if audience == "internal":
        return dict(cells)
    counted = sorted((cell for cell in cells.items() if cell[1] > 0), key=lambda cell: (cell[1], str(cell[0])))
    hidden: dict[K, int] = {}
    for key, count in counted:
        enough = len(hidden) >= 2 and sum(hidden.values()) >= max(SMALL, len(hidden) + 1)
        if count >= SMALL and (enough or not hidden):
            break
        hidden[key] = count
    return {key: None if key in hidden else count for key, count in cells.items()}


def total(cells: Mapping[Hashable, int], audience: str) -> int | None:
    """The sum of counts as it may stand beside them: None where the counts withheld are too few to hide in it."""
    if audience == "internal":
        return sum(cells.values())
    hidden = [cells[key] for key, shown in suppress(cells, audience).items() if shown is None]
    safe = not hidden or (len(hidden) >= 2 and sum(hidden) >= max(SMALL, len(hidden) + 1))
    return sum(cells.values()) if safe else None


@dataclass(frozen=True)
class View:
    """One audience's eyes on one cycle. Made by `view`."""

    audience: str
    register: Register
    _classes: Mapping[str, DataClass]  # of statements, by id
    _of_site: frozenset[str]  # ids of statements about a precise place
    _links: Mapping[str, Supply]  # by id of their statement
    _names: Mapping[str, str | None]  # input id -> its name, None where withheld
    _hidden_names: tuple[str, ...]  # folded names that may not stand in a sentence
    _open_names: frozenset[str]  # folded names of areas, provinces and countries, which may
    key: bytes  # keys the codes of places
    _judged: dict[str, bool] = field(default_factory=dict, repr=False)

    @property
    def internal(self) -> bool:
        return self.audience == "internal"

    # -- places ------------------------------------------------------------------------------------------------------

    def code(self, subject: str) -> str:
        """The short code of a site: the same for every audience and language of one case."""
        digest = hashlib.blake2b(subject.encode(), key=self.key, digest_size=5).digest()
        return base64.b32encode(digest).decode()[:6]

    def place(self, subject: str) -> Place:
        """A subject as this audience may know it."""
        where, _, about = subject.partition("#")
        kind, _, key = where.partition(":")
        added = (about or None) if self._speakable(about) else None
        if where in self.register.sites:
            return self._site(where, added)
        if area := self.register.areas.get(where):
            return Place("area", area.name, None, area.name, area.province, area.country, (),
                         area.centre if self.internal else None, added)  # fmt: skip
        if party := self.register.parties.get(where):
            met = self.audience != "public" and self._met(party)
            return Place("party", party.name if met else None, self.code(where), about=added)
        if kind == "link":
            return Place("link", self._link(key), self.code(where), about=added)
        if kind == "province":
            return Place("province", self._province(key), about=added)
        if kind == "country":
            return Place("country", None, country=key, about=added)
        known = {"commodity": "commodity", "world": "world", "origin": "origin", "area": "area"}
        name = key if self._speakable(key) else None
        return Place(known.get(kind, "node"), name, None if name else self.code(where), about=added)

    def _site(self, subject: str, about: str | None) -> Place:
        site = self.register.sites[subject]
        return Place("site", site.name if self.internal else None, self.code(subject), site.territory, site.province,
                     site.country, site.minerals, site.point if self.internal else None, about)  # fmt: skip

    def _met(self, party: Party) -> bool:
        """Whether anything the audience may see speaks of a party; one that no link names stands in a list."""
        return not party.supplies or any(self.sees(statement.id) for statement in party.supplies)

    def _link(self, statement: str) -> str | None:
        """Who supplies whom, to those who may know."""
        said = self._links.get(statement)
        seen = said is not None and self.audience != "public" and self.sees(statement)
        return f"{said.supplier} → {said.buyer}" if said and seen else None

    def _province(self, key: str) -> str:
        wanted = fold(key.rpartition("/")[2])
        named = (site.province for site in self.register.sites.values() if site.province)
        return next((name for name in named if fold(name) == wanted), key.rpartition("/")[2])

    def area_point(self, subject: str) -> Point | None:
        """Where to draw an area: the mean of its sites. For all but `internal` to a tenth of a degree, to half a degree
        where there are so few sites that the mean would point at one."""
        area = self.register.areas.get(subject)
        if area is None or area.centre is None or self.internal:
            return area.centre if area else None
        steps = 10 if len(area.sites) >= SMALL else 2
        return Point(round(area.centre.lat * steps) / steps, round(area.centre.lon * steps) / steps)

    def in_chain(self, subject: str) -> bool:
        """Whether a subject is in the chain, as far as the audience may know."""
        where = subject.partition("#")[0]
        site = self.register.sites.get(where)
        named = where in self.register.parties or where in self.register.chain_origins or where.startswith("link:")
        mine = site.in_chain if site else named
        return mine and self.audience != "public"

    # -- reasons -----------------------------------------------------------------------------------------------------

    def sees(self, statement: str | None) -> bool:
        """Whether the audience may see a statement, by its id. One that is nowhere to be found is not shown."""
        return statement is None or self._classes.get(statement, DataClass.SEALED) in SEES[self.audience]

    def why(self, reason: Reason) -> Why:
        """A reason as the audience may see it; the contribution always stays, so that the sum stays exact."""
        if not self.sees(reason.statement):
            return Why("report.reason-withheld", (), reason.rule, reason.contribution, coarsened=True)
        coarse = not self.internal and reason.statement in self._of_site
        values = tuple((name, self._value(name, value, coarse)) for name, value in reason.values)
        at = reason.origin
        named = self._names.get(at.input) if at else None
        if at is None or named is None:
            return Why(reason.text, values, reason.rule, reason.contribution, coarsened=at is not None)
        row, cell = (None, None) if coarse else (at.row, at.cell)
        return Why(reason.text, values, reason.rule, reason.contribution, named, at.sheet, row, cell, coarse)

    def _value(self, name: str, value: Value, coarse: bool) -> Value:
        if self.internal:
            return value
        if name in _SMALL_VALUES and isinstance(value, int) and 0 < value < SMALL:
            return "@few"
        if name == "km" and isinstance(value, int | float):
            return band(value)
        if coarse and isinstance(value, date):
            return f"{value:%Y-%m}"
        if isinstance(value, str) and not value.startswith("@"):
            hidden = name == "who" and self.audience == "public"
            return value if not hidden and self._speakable(value) else "…"
        return value

    def _speakable(self, words: str) -> bool:
        """Whether a text names no site (and, for the public, no party)."""
        if words not in self._judged:
            told = fold(words)
            self._judged[words] = told in self._open_names or not any(
                told == name or (len(name) >= 5 and f" {name} " in f" {told} ") for name in self._hidden_names
            )
        return self._judged[words]

    # -- results -----------------------------------------------------------------------------------------------------

    def shows(self, subject: str, reasons: Iterable[Reason]) -> bool:
        """Whether a result may be shown at all: not one that rests wholly on what is withheld, and to the public none
        about a party."""
        if self.audience == "public" and subject.startswith(("party:", "link:")):
            return False
        resting = [reason.statement for reason in reasons if reason.statement is not None]
        return not resting or any(self.sees(statement) for statement in resting)

    def signal(self, signal: Signal) -> Signal | None:
        """A signal as the audience may see it, None where it is withheld. Its figure is withheld with any of the
        statements it rests on; a site's figure and the day it holds from are coarse."""
        if not self.shows(signal.subject, signal.because):
            return None
        if self.internal:
            return signal
        whole = all(self.sees(reason.statement) for reason in signal.because)
        precise = signal.subject.partition("#")[0] in self.register.sites
        return replace(
            signal,
            value=signal.value if whole else None,
            threshold=signal.threshold if whole else None,
            interval=signal.interval if whole else None,
            bands=signal.bands if whole else None,
            since=None if precise else signal.since,
            touches=(),
        )

    def risk(self, risk: Risk) -> Risk | None:
        """A risk as the audience may see it, None where it is withheld. Its reasons go through `why`."""
        if not self.shows(risk.subject, risk.because):
            return None
        if self.audience != "public":
            return risk
        return replace(risk, in_chain=False, involvement=None)

    def plan(self, plan: Plan, as_of: date) -> Plan | None:
        """A plan as the audience may see it. Names of persons and free words are for `internal` alone; to the others a
        plan whose party may still answer is withheld whole, and to the public every plan about a party."""
        if self.internal:
            return plan
        waits = plan.publishable is None or plan.publishable > as_of
        if waits or (self.audience == "public" and any(id.startswith(("party:", "link:")) for id in plan.subjects)):
            return None
        named = plan.key if plan.key is None or self._speakable(plan.key) else "…"
        shown = replace(
            plan,
            key=named if self.audience == "partner" else plan.key and "…",
            steps=tuple(self._step(step) for step in plan.steps),
            objectives=tuple(self._objective(objective) for objective in plan.objectives),
        )
        return shown if self.audience == "partner" else replace(shown, in_chain=False, harm=None)

    def _step(self, step: Step) -> Step:
        """An act without its person and free words; to the public without the party it names."""
        hidden = step.act.verb in OF_A_PARTY and self.audience == "public"
        about = () if hidden or step.act.verb == "record-finding" else step.act.about
        return replace(step, act=replace(step.act, person=None, note=None, about=about))

    def _objective(self, objective: Objective) -> Objective:
        own = not objective.template.startswith("annex3/") and not self._speakable(objective.template)
        return replace(objective, by=None, template="…" if own else objective.template)

    def proposal(self, proposal: Proposal) -> Proposal | None:
        """A pair for a person to judge: it names sites, parties and distances, so nobody but `internal` sees it."""
        return proposal if self.internal else None

    def count(self, number: int | None) -> Value:
        """A count as the audience may see it: a small one is "fewer than five" to all but `internal`."""
        return "@few" if not self.internal and number is not None and 0 < number < SMALL else number

    def input(self, item: Input) -> Input:
        """A file as the audience may know it: without name and fingerprint where it holds what they may not see."""
        name = self._names.get(item.id)
        return item if name is not None else replace(item, id="", name="", sha256="")

    def file(self, id: str) -> str | None:
        """The name of an input, None where it is withheld."""
        return self._names.get(id)

    def problem(self, problem: Problem) -> Problem:
        """A problem as the audience may see it: cells are quoted to `internal` only."""
        if self.internal:
            return problem
        at, named = problem.origin, self._names.get(problem.origin.input)
        origin = at if named is not None or not at.input else Origin("", None, at.row, None)
        return replace(unquoted(problem), origin=origin)


def unquoted(problem: Problem) -> Problem:
    """A problem whose sentence quotes no cell."""
    return replace(
        problem, values=tuple((name, value if name in _PLAIN_VALUES else "…") for name, value in problem.values)
    )


def band(km: float) -> str:
    """A distance as the band it lies in: `5–10`."""
    low = 0
    for high in _BANDS:
        if km < high:
            return f"{low}–{high}"
        low = high
    return f">{_BANDS[-1]}"


def view(cycle: Told, audience: str, key: bytes | None = None) -> View:
    """The eyes of an audience on a cycle. `key` keys the codes of places, where they are to be the same in every cycle
    of one register. Raises ValueError for an audience that does not exist."""
    if audience not in AUDIENCES:
        raise ValueError(f"no such audience: {audience}; there are {', '.join(AUDIENCES)}")
    classes = {s.id: s.data_class for s in cycle.statements}
    hidden: list[str] = []
    if audience != "internal":
        hidden += [name for site in cycle.register.sites.values() for name in _hidden(site)]
    if audience == "public":
        hidden += [name for party in cycle.register.parties.values() for name in _hidden(party)]
    sites, areas = cycle.register.sites.values(), cycle.register.areas.values()
    open_names = {fold(name) for site in sites for name in (site.territory, site.province, site.country) if name}
    open_names |= {fold(name) for area in areas for name in (area.name, area.province, area.country) if name}
    shas = "\n".join(sorted(item.sha256 for item in cycle.inputs))
    return View(
        audience=audience,
        register=cycle.register,
        _classes=classes,
        _of_site=frozenset(s.id for s in cycle.statements if s.subject.startswith("site:")),
        _links={s.id: s.said for s in cycle.statements if isinstance(s.said, Supply)},
        _names=_file_names(cycle, audience),
        _hidden_names=tuple(sorted({name for name in hidden if name})),
        _open_names=frozenset(open_names),
        key=key or hashlib.blake2b(shas.encode(), digest_size=32).digest(),
    )


def _hidden(one: Site | Party) -> frozenset[str]:
    """The folded names that give a site or party away: those of all that were judged to be it, too."""
    return names_of(one) if one.also else frozenset({fold(one.name)})


def _file_names(cycle: Told, audience: str) -> dict[str, str | None]:
    """A file's name may say who sent it: it is shown where all that was read from it may be seen. Of a file nothing
    was read from nobody knows what it holds."""
    held: dict[str, set[DataClass]] = {}
    for statement in cycle.statements:
        held.setdefault(statement.origin.input, set()).add(statement.data_class)

    def open_(id: str) -> bool:
        return audience == "internal" or bool(held.get(id) and held[id] <= SEES[audience])

    return {item.id: item.name if open_(item.id) else None for item in cycle.inputs}
