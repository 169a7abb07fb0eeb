"""What Winze is told: a `Statement` about a subject, and the record of what it says.

The contract of time and identity, which every reader keeps:

* A statement is only ever added. Its `speaks_of` is the day or interval it is about, with the precision the source
  gives; it counts as known from the interval's last day (`Span.known_on`): a visit dated only by year speaks of
  31 December, a monthly figure of the month's last day.
* A state that lasts (an act in force, a closure) speaks of the day it began; its planned end and its review date are
  part of what it says, because they were announced that day. What really happened later is another statement.
* `published_on` is the day the source made it public, `None` where unknown. `received_on` is the day a register took
  it in, `None` for a folder of files, which is learnt today.
* Identity is what is said, of what, of when, by whom: never the file, row or order it was read in. The same statement
  in two files is one statement with two origins; a merge of two subjects is a judgement on top and changes neither.
"""

from __future__ import annotations

import calendar
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from itertools import groupby
from typing import Any, ClassVar


class DataClass(StrEnum):
    """Who may see a field or a file. `engine.disclosure` alone decides by it."""

    PUBLIC = "public"
    PARTNER = "partner"
    COMPETITOR = "competitor-sensitive"
    MOVEMENT = "movement"
    PERSONAL = "personal"
    SEALED = "sealed"


class Precision(StrEnum):
    """How exactly a source dates what it says."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    INTERVAL = "interval"
    UNDATED = "undated"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The days a statement speaks of, both ends included."""

    start: date
    end: date
    precision: Precision

    @property
    def known_on(self) -> date:
        """The first day on which all of it had happened: the last day of the span."""
        return self.end

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def undated(self) -> bool:
        """Whether nobody knows of what day this speaks."""
        return self.precision is Precision.UNDATED


UNDATED = Span(date(1800, 1, 1), date(1800, 1, 1), Precision.UNDATED)
"""What a file speaks of that carries no date at all: it is taken as known on any day, and said to be undated. To hold
such a file back until somebody dates it would make a sanctions list silently say nothing."""


@lru_cache(maxsize=100_000)
def on(day: date) -> Span:
    """The span of one day."""
    return Span(day, day, Precision.DAY)


@lru_cache(maxsize=10_000)
def in_month(year: int, month: int) -> Span:
    """The span of one month; known on its last day."""
    return Span(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), Precision.MONTH)


@lru_cache(maxsize=1_000)
def in_year(year: int) -> Span:
    """The span of one year; known on 31 December."""
    return Span(date(year, 1, 1), date(year, 12, 31), Precision.YEAR)


@lru_cache(maxsize=100_000)
def between(start: date, end: date) -> Span:
    """A span of several days; known on the last. Raises ValueError when it ends before it starts."""
    if end < start:
        raise ValueError(f"the interval ends on {end}, before it starts on {start}")
    return Span(start, end, Precision.DAY if start == end else Precision.INTERVAL)


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where a statement was read: input id, sheet (None where the file has none), row as a spreadsheet counts it
    (the header is row 1), and cell or column name where one cell is meant."""

    input: str
    sheet: str | None = None
    row: int | None = None
    cell: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A WGS84 place in degrees. `within_km` is how far the true place may lie, None where the source does not say."""

    lat: float
    lon: float
    within_km: float | None = None


# --------------------------------------------------------------------------------------------------------------------
# What a statement can say. A field that is None is unknown, never zero and never "no".
# `kind` is the record's name in files and reports; it is part of the statement's identity.


@dataclass(frozen=True, slots=True)
class ArmedActor:
    """One armed group or force seen at a site, with what it was seen to do there."""

    name: str
    force: str  # "non-state", "state", "unknown"
    frequency: str | None = None  # "permanent", "weekly", "monthly", "occasional", …
    acts: tuple[str, ...] = ()  # "taxation", "monopoly", "buying", "digging", "forced-labour", "pillaging", …
    denied: tuple[str, ...] = ()  # acts the visitor looked for and did not find
    interferes: bool | None = None  # as the source's own classification says


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit, an attempted visit or a third party's status statement about one mine site."""

    kind: ClassVar[str] = "visit"
    name: str
    country: str  # ISO 3166-1 alpha-3
    province: str | None
    territory: str | None  # second administrative level
    point: Point | None
    minerals: tuple[str, ...]  # "gold", "cassiterite", "coltan", "wolframite", …
    manner: str  # "on-site", "not-reached", "third-party"
    not_reached_for: str | None = None  # "insecurity", "road", "weather", "permission", "other"
    workers: int | None = None
    women: bool | None = None
    women_work: tuple[str, ...] = ()
    children_under_15: bool | None = None
    children_work: tuple[str, ...] = ()
    armed_presence: bool | None = None
    interference: bool | None = None
    contradictory: bool = False  # the source says both that interference was and was not found
    actors: tuple[ArmedActor, ...] = ()
    mercury: bool | None = None
    scheme: str | None = None  # traceability scheme recorded at the site
    scheme_state: str | None = None  # "active", "suspended"
    state_status: str | None = None  # the state's own colour: "green", "yellow", "red", "not-classified"
    state_services: tuple[str, ...] = ()
    selling_points: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    access: str | None = None  # dry-season access
    project: str | None = None  # who went and why: part of how to read the answer
    visit_id: str | None = None  # the source's own key


@dataclass(frozen=True, slots=True)
class ConflictEvent:
    """One conflict event with a place. `dataset` keeps UCDP and ACLED apart: they are never summed."""

    kind: ClassVar[str] = "conflict-event"
    dataset: str  # "ucdp-ged", "acled"
    event_id: str
    type: str  # "state-based", "non-state", "one-sided", "battle", "violence-against-civilians", "riot", …
    country: str | None
    province: str | None
    territory: str | None
    point: Point | None
    place_precision: int | None  # the dataset's own scale; `rules/sources.yaml` says what each step means
    side_a: str | None
    side_b: str | None
    deaths_low: int | None
    deaths_best: int | None
    deaths_high: int | None
    deaths_civilian: int | None = None


@dataclass(frozen=True, slots=True)
class ConflictCount:
    """Events and deaths counted by an area and a period."""

    kind: ClassVar[str] = "conflict-count"
    dataset: str
    type: str  # "political-violence", "civilian-targeting", "demonstration", "all"
    country: str
    province: str | None
    territory: str | None
    events: int | None
    deaths: int | None


@dataclass(frozen=True, slots=True)
class PolicyDay:
    """One day of a country's policy index. A hint that asks for the legal act, never a ban."""

    kind: ClassVar[str] = "policy"
    country: str
    region: str | None
    codes: tuple[tuple[str, float, bool | None], ...]  # (code, level, True where country-wide, False where in part)
    stringency: float | None


@dataclass(frozen=True, slots=True)
class Infections:
    """Reported infections and deaths of one country and day."""

    kind: ClassVar[str] = "infections"
    country: str
    new_cases: int | None
    total_cases: int | None
    new_deaths: int | None
    total_deaths: int | None
    population: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """A world price of one commodity, as one series of one publisher gives it for one period."""

    kind: ClassVar[str] = "price"
    commodity: str  # "gold", "tin", "food-index", …
    amount: Decimal
    currency: str | None  # None for an index
    unit: str  # "troy-ounce", "tonne", "index"
    series: str  # publisher and column


@dataclass(frozen=True, slots=True)
class Listing:
    """One entry of a sanctions list."""

    kind: ClassVar[str] = "listing"
    list: str  # "UN", "OFAC", "EU"
    reference: str
    schema: str  # "person", "organisation", "vessel", "unknown"
    name: str
    aliases: tuple[str, ...]
    weak_aliases: tuple[str, ...]
    programme: str | None
    measure: str | None
    countries: tuple[str, ...]
    born: tuple[str, ...]  # as printed by the list


@dataclass(frozen=True, slots=True)
class HealthSite:
    """A health facility; its existence, not whether it works today."""

    kind: ClassVar[str] = "health-site"
    name: str
    type: str | None
    tier: int | None
    ownership: str | None
    country: str
    province: str | None
    point: Point | None


@dataclass(frozen=True, slots=True)
class Place:
    """An administrative place and its p-code."""

    kind: ClassVar[str] = "place"
    code: str
    name: str
    level: int
    parent: str | None
    country: str


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of a country, for drawing only: borders are nobody's position."""

    kind: ClassVar[str] = "outline"
    country: str
    rings: tuple[tuple[tuple[float, float], ...], ...]  # (lon, lat) pairs, one ring each


@dataclass(frozen=True, slots=True)
class SiteEntry:
    """A mine site as a user lists it in the `sites` template."""

    kind: ClassVar[str] = "site"
    name: str
    country: str
    territory: str | None
    province: str | None
    point: Point | None
    minerals: tuple[str, ...]
    workers: int | None


@dataclass(frozen=True, slots=True)
class Supply:
    """One link of my chain: who supplies whom with what, from where, by which route, from when to when."""

    kind: ClassVar[str] = "supply"
    supplier: str
    buyer: str
    mineral: str
    origin: str | None  # claimed origin: a site, territory, province or country
    route: tuple[str, ...]  # places on the way, in order
    until: date | None  # planned or known end; None while it lasts or where unknown
    my_position: str | None  # "supplier", "buyer" or None: which end of this link I am


@dataclass(frozen=True, slots=True)
class ManagementStep:
    """One element of step 1 (policy, accountable person, clauses, training, records …) and what is in place."""

    kind: ClassVar[str] = "step-1"
    element: str
    in_place: bool | None
    owner: str | None
    document: str | None


@dataclass(frozen=True, slots=True)
class LegalAct:
    """A legal act that forbids something in a place for a time, with its exemptions."""

    kind: ClassVar[str] = "act"
    forbids: tuple[str, ...]  # "travel-in", "travel-between", "gatherings", "site-access", "trade", "export", "border"
    exempts: tuple[str, ...]
    until: date | None
    review: date | None
    number: str | None
    source: str | None
    verified: bool  # a number and a source are given


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A mine, buyer, smelter, route, border, flight or hub opened, was restricted or closed on the day spoken of."""

    kind: ClassVar[str] = "node-status"
    node: str
    node_kind: str  # "mine", "buyer", "smelter", "route", "border", "flight", "hub"
    state: str  # "open", "restricted", "closed"
    until: date | None
    review: date | None
    act: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class Quote:
    """A price offered at the mine gate, kept as it was quoted."""

    kind: ClassVar[str] = "quote"
    mineral: str
    amount: Decimal
    currency: str
    unit: str  # "gram", "carat-gold", "kilogram", "tonne", "troy-ounce"
    fineness: Decimal | None  # share of metal, 0 to 1; None is unknown
    fx: Decimal | None  # units of `currency` for one US dollar
    spot: Decimal | None  # US dollars per the same unit of pure metal, where the source gives it
    sites: int | None  # how many sites the quote averages


@dataclass(frozen=True, slots=True)
class Fact:
    """Any other dated figure with its source. `measure` is one of the names in `rules/facts.yaml`."""

    kind: ClassVar[str] = "fact"
    measure: str
    value: Decimal | None
    unit: str | None
    text: str | None
    mineral: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class PlanAct:
    """One act on a mitigation plan, as somebody recorded it. Which acts there are, whose they are and what they lead to
    stands in `rules/workflows`; whether this one counts is judged by `engine.mitigation`, never by the reader."""

    kind: ClassVar[str] = "plan-act"
    plan: str  # the key the organisation gives the plan
    verb: str
    role: str  # "owner", "approver", "outside", "party"
    person: str | None = None  # who signs; a person's name, so the statement is of the personal class
    about: tuple[
        str, ...
    ] = ()  # risk ids, a measure, who was consulted, a party, an actor or a reason, as the act asks
    amount: Decimal | None = None  # budget in US dollars, target, baseline, measurement or number of people
    until: date | None = None  # last day of a pause
    level: str | None = None  # what an assessment found: an evidence level, or "not-found"
    note: str | None = None  # document, words of the reply, why a figure is unknown


@dataclass(frozen=True, slots=True)
class Judgement:
    """A person's word whether two names mean one site or one party. It changes no statement: what it joins or keeps
    apart is worked out anew each time (`engine.matching`), so that it can be taken back.

    `verdict` is "same", "not-same", "unsure" or "withdrawn", which takes back the newest verdict of the pair.
    """

    kind: ClassVar[str] = "judgement"
    kind_of: str  # "site" or "party"
    left: str  # subject ids, in whichever order
    right: str
    verdict: str
    reason: str | None = None
    person: str | None = None  # who judged; a person's name, so the statement is of the personal class

    @property
    def pair(self) -> tuple[str, str]:
        """The two subjects, the lesser first: a pair has no sides."""
        return (self.left, self.right) if self.left <= self.right else (self.right, self.left)


Record = (
    Visit
    | ConflictEvent
    | ConflictCount
    | PolicyDay
    | Infections
    | Price
    | Listing
    | HealthSite
    | Place
    | Outline
    | SiteEntry
    | Supply
    | ManagementStep
    | LegalAct
    | NodeStatus
    | Quote
    | Fact
    | PlanAct
    | Judgement
)


# --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One thing one source says about one subject.

    `subject` is `kind:key`, for example `site:ipis/codmine00191`, `area:CD6207`, `country:COD`, `commodity:gold`,
    `party:Comptoir Example`. `source` is the id of a source card in `rules/sources.yaml` or the name a user gives.
    `as_told` is the statement as its source made it, where a judgement linked it to another subject; its identity
    stays that of the original.
    """

    subject: str
    said: Record
    speaks_of: Span
    origin: Origin
    source: str
    published_on: date | None = None
    received_on: date | None = None
    data_class: DataClass = DataClass.PUBLIC
    evidence: str | None = None  # "allegation", "plausible", "reasonable-risk", "verified"; None: the source card's
    as_told: Statement | None = field(default=None, repr=False)
    _id: list[str] = field(default_factory=list, repr=False)

    @property
    def kind(self) -> str:
        return self.said.kind

    @property
    def id(self) -> str:
        """Content address: what is said, of what, of when, by whom. Unknown fields do not enter, so that a record
        that later learns a new field keeps the identity of the statements that never knew it."""
        if not self._id:
            text = repr((self.kind, self.subject, _canonical(self.said), _canonical(self.speaks_of), self.source,
                         self.published_on and self.published_on.isoformat()))  # fmt: skip
            self._id.append("s" + hashlib.blake2b(text.encode(), digest_size=8).hexdigest())
        return self._id[0]

    def known(self, as_of: date, known_by: date | None = None) -> bool:
        """Whether this could have been known on `as_of` (and was in the register by `known_by`)."""
        if self.speaks_of.known_on > as_of or (self.published_on is not None and self.published_on > as_of):
            return False
        return known_by is None or self.received_on is None or self.received_on <= known_by


@cache
def _field_names(record: type[Any]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(record) if f.init)


_PLAIN = frozenset({str, int, float, bool})


def _canonical(value: Any) -> Any:
    """A value as its identity sees it: the same on every platform, without the fields that are unknown."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, tuple):
        return tuple([_canonical(item) for item in value])
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value.normalize())
    pairs = []
    for name in _field_names(value.__class__):
        item = getattr(value, name)
        if item is not None and item != ():
            pairs.append((name, item if type(item) in _PLAIN else _canonical(item)))
    return tuple(pairs)


def in_order(statements: list[Statement]) -> list[Statement]:
    """Each statement once, in an order that does not depend on how they were given: by kind, subject, time, identity.

    Of several statements with one identity the one with the least origin stands, so that citations are stable.
    Identity is worked out only where kind, subject and time are equal.
    """

    def coarse(s: Statement) -> tuple[str, str, date]:
        return (s.kind, s.subject, s.speaks_of.end)

    ordered: list[Statement] = []
    for _, group in groupby(sorted(statements, key=coarse), key=coarse):
        same = list(group)
        if len(same) > 1:
            same.sort(key=lambda s: (s.id, _origin_key(s.origin)))
            same = [s for s, before in zip(same, [None, *same], strict=False) if before is None or before.id != s.id]
        ordered += same
    return ordered


def _origin_key(origin: Origin) -> tuple[str, str, int, str]:
    return (origin.input, origin.sheet or "", origin.row or 0, origin.cell or "")


@dataclass(frozen=True, slots=True)
class Input:
    """One file that was read: its name relative to the case, its hash, what it was taken for and what came of it."""

    id: str
    name: str
    sha256: str
    format: str | None
    version: str | None
    source: str | None  # source card id
    records: Mapping[str, int]
    problems: int
    newest: date | None  # the last day its rows speak of
    generated_on: date | None  # the day the publisher made the file, where the file says so
    later_slice: bool = False  # made, or reaching, after the day of the run: its rows were filtered by their own dates
    held_back: int = 0  # statements not known on the day of the run


def of_kind[R](statements: list[Statement], record: type[R]) -> Iterator[tuple[Statement, R]]:
    """The statements of one kind with their record, typed."""
    for statement in statements:
        if isinstance(statement.said, record):
            yield statement, statement.said
