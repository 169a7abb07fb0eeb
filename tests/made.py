"""A whole cycle made by hand for the report's tests and for looking at it: six areas, a chain, signals in each state,
about sixty ranked risks. All names and figures are invented; the territories are real so that a map can be drawn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from winze.engine import register
from winze.engine.baseline import Baseline, baseline
from winze.engine.likelihood import Band, Likelihood
from winze.engine.problems import Problem
from winze.engine.problems import Severity as Bad
from winze.engine.reasons import Reason, Signal, because
from winze.engine.records import (
    ArmedActor,
    ConflictCount,
    DataClass,
    Fact,
    Input,
    LegalAct,
    ManagementStep,
    NodeStatus,
    Origin,
    Point,
    Price,
    Quote,
    Statement,
    Supply,
    Visit,
    in_month,
    on,
)
from winze.engine.register import Register
from winze.engine.risks import Response, Risk, Severity
from winze.engine.rules import Citation, Dated, Rule, Series

DAY = date(2020, 5, 11)
VISITS, CHAIN, CONFLICT, PRICES, ACTS, QUOTES, SECRET = (
    "visits.csv",
    "my chain.xlsx",
    "conflict.csv",
    "prices.xlsx",
    "acts.xlsx",
    "quotes from Kasongo.csv",
    "alerts.csv",
)
AREAS = (
    ("CD6207", "Kalehe", "Sud-Kivu", -2.05, 28.75),
    ("CD6103", "Walikale", "Nord-Kivu", -1.42, 27.95),
    ("CD6105", "Masisi", "Nord-Kivu", -1.40, 28.80),
    ("CD6203", "Mwenga", "Sud-Kivu", -3.05, 28.45),
    ("CD6205", "Shabunda", "Sud-Kivu", -2.70, 27.35),
    ("CD5402", "Mambasa", "Ituri", 1.35, 29.05),
)
MINERALS = ("cassiterite", "coltan", "gold", "gold", "cassiterite", "gold")
TARGETS = {
    "A": ("forced-labour", "serious-abuse", "worst-forms-of-child-labour"),
    "B": ("non-state-armed-interference",),
    "C": ("state-forces-interference",),
    "D": ("misrepresented-origin",),
    "E": ("money-laundering",),
    "F": ("unpaid-taxes",),
}


@dataclass(frozen=True)
class MadeCycle:
    """The parts of a cycle, as `winze.cycle.Cycle` has them."""

    as_of: date
    inputs: tuple[Input, ...]
    statements: tuple[Statement, ...]
    register: Register
    signals: tuple[Signal, ...]
    risks: tuple[Risk, ...]
    problems: tuple[Problem, ...]
    baseline: Baseline
    rulebook: Any = field(default_factory=lambda: Book())
    plans: tuple[Any, ...] = ()


class Book:
    """A rulebook that has a title for whatever is asked, confirmed or not."""

    def rule(self, id: str) -> Rule:
        titles = {"en": f"Rule {id}", "fr": f"Règle {id}", "es": f"Regla {id}", "zh-hans": f"规则 {id}"}
        cite = Citation("oecd-ddg-2016", "Annex II", "3-4")
        figures = {"radius_km": Series("km", (Dated(date(2016, 4, 6), 50, False),))}
        return Rule(id, "signal", titles, (cite,), id.startswith("annex-ii"), DAY, None, None, figures, {}, "x.yaml", 1)

    def source(self, id: str) -> Any:
        if id == "user":
            raise KeyError(id)
        return SimpleNamespace(
            id=id,
            publisher="IPIS",
            licence="CC BY 4.0",
            attribution="IPIS, Antwerp",
            confirmed=id != "ipis",
            title={"en": "Mine-site visits", "fr": "Visites de sites", "es": "Visitas", "zh-hans": "矿点走访"},
        )

    def rules(self, kind: str | None = None) -> tuple[Any, ...]:
        return ()

    def cited(self, citation: Citation, language: str = "en") -> str:
        return f"OECD, DDG (2016), {citation.section} {citation.paragraph}"

    def figure(self, rule: str, name: str, day: date) -> Any:
        return SimpleNamespace(value=1.0)


def said(subject: str, record: Any, when: Any, row: int, file: str, open_to: DataClass = DataClass.PUBLIC) -> Statement:
    span = on(when) if isinstance(when, date) else when
    return Statement(subject, record, span, Origin(file, None, row, None), "ipis", data_class=open_to)


def site_id(area: int, number: int) -> str:
    return f"site:ipis/mine{area}{number:02d}"


def visits(names: dict[str, str]) -> list[Statement]:
    found = []
    for a, (_, territory, province, lat, lon) in enumerate(AREAS):
        for n in range((14, 11, 9, 7, 6, 2)[a]):
            id = site_id(a, n)
            armed = (a + n) % 3 == 0
            record = Visit(
                names.get(id, f"Kinyungu {territory} {n}"),
                "COD",
                province,
                territory,
                Point(lat + 0.05 * (n % 4), lon - 0.04 * (n % 5), 0.5),
                (MINERALS[a],),
                "not-reached" if n == 5 else "on-site",
                not_reached_for="insecurity" if n == 5 else None,
                workers=40 + 17 * n if n % 3 else None,
                armed_presence=armed,
                actors=(ArmedActor("Mai-Mai Example", "non-state", acts=("taxation",), interferes=True),)
                if armed
                else (),
                interference=armed,
                state_status=("green", "yellow", None)[n % 3],
                scheme="ITSCI" if n % 4 == 0 else None,
                scheme_state="active" if n % 4 == 0 else None,
            )
            found.append(said(f"{id}", record, date(2018 + n % 2, 1 + n % 12, 3 + n), 12 + 40 * a + n, VISITS))
    return found


def background() -> list[Statement]:
    found = []
    for a, (code, territory, province, _, _) in enumerate(AREAS[:4]):
        for back in range(30):
            year, month = divmod(2020 * 12 + 3 - back, 12)
            if (a + back) % 9 != 4:
                count = ConflictCount("acled", "political-violence", "COD", province, territory, (a * back) % 13, 2)
                found.append(said(f"area:{code}", count, in_month(year, month + 1), 2 + a * 40 + back, CONFLICT))
    for back in range(40):
        year, month = divmod(2020 * 12 + 3 - back, 12)
        for metal, amount, unit in (("tin", 17000, "tonne"), ("gold", 1300, "troy-ounce")):
            price = Price(
                metal, Decimal(amount - (60 if metal == "tin" else -9) * (20 - back)), "USD", unit, "World Bank"
            )
            found.append(said(f"commodity:{metal}", price, in_month(year, month + 1), 8 + back, PRICES))
    for n, (amount, spot) in enumerate(((47, 50), (46, 51), (44, 52), (30, 55))):
        quote = Quote("gold", Decimal(amount), "USD", "gram", Decimal("0.92"), None, Decimal(spot), 3)
        when = date(2020, 1 + n, 20)
        found.append(said("country:BFA", quote, when, 4 + n, "field quotes.csv"))
        found.append(
            said("area:CD6203", replace(quote, amount=quote.amount - 4), when, 4 + n, QUOTES, DataClass.COMPETITOR)
        )
    found += [
        said(
            "country:COD",
            LegalAct(
                ("travel-between",), ("humanitarian",), date(2020, 6, 1), None, "20/014", "Official gazette", True
            ),
            date(2020, 3, 24),
            4,
            ACTS,
        ),
        said(
            "country:CHE",
            NodeStatus("Example Refinery", "smelter", "closed", date(2020, 4, 5), None, None, "press"),
            date(2020, 3, 23),
            5,
            ACTS,
        ),
        said(
            "area:CD6203",
            Fact("buyers-active", Decimal(3), "count", None, "gold", "survey"),
            date(2020, 4, 30),
            6,
            ACTS,
        ),
    ]
    for n, (element, there) in enumerate(
        (("policy", True), ("accountable-person", True), ("supplier-training", None), ("grievance-mechanism", False))
    ):
        step = ManagementStep(element, there, "Amina Example" if n == 1 else None, "Handbook 4.2" if there else None)
        found.append(said(f"step-1:{element}", step, date(2020, 1, 6), 4 + n, "step1.xlsx", DataClass.PARTNER))
    return found


def chain() -> list[Statement]:
    links = (
        ("Coopérative Bora", "Comptoir Kasongo", "mine000", "cassiterite", None),
        ("Comptoir Kasongo", "Example Smelting", None, "cassiterite", None),
        ("Example Smelting", "Lumière Metals", "Walikale", "cassiterite", "buyer"),
        ("Négoce Inconnu", "Lumière Metals", "Nowhere Hill", "gold", "buyer"),
    )
    return [
        said(
            f"party:{register.fold(a)}",
            Supply(a, b, mineral, origin, (), None, me),
            date(2019, 3, 1),
            4 + n,
            CHAIN,
            DataClass.PARTNER,
        )
        for n, (a, b, origin, mineral, me) in enumerate(links)
    ]


def made(*, names: dict[str, str] | None = None, extra: tuple[Statement, ...] = (), many: int = 1) -> MadeCycle:
    """The cycle; `names` renames sites, `many` repeats the ranked risks."""
    statements = (*visits(names or {}), *background(), *chain(), *extra)
    where = register.build(list(statements))
    by_subject: dict[str, list[Statement]] = {}
    for s in statements:
        by_subject.setdefault(s.subject, []).append(s)
    risks = made_risks(where, by_subject, many)
    return MadeCycle(
        DAY,
        made_inputs(statements),
        statements,
        where,
        made_signals(where, by_subject),
        risks,
        made_problems(),
        baseline(statements, where, DAY),
    )


def made_inputs(statements: tuple[Statement, ...]) -> tuple[Input, ...]:
    names = sorted({s.origin.input for s in statements})
    items = []
    for n, name in enumerate(names):
        mine = [s for s in statements if s.origin.input == name]
        kinds = {s.kind: sum(1 for o in mine if o.kind == s.kind) for s in mine}
        late = name == PRICES
        items.append(
            Input(
                name,
                name,
                f"{n:02d}" + "ab" * 31,
                "format",
                "1",
                "user" if n == 2 else "ipis",
                kinds,
                n % 3,
                max(s.speaks_of.end for s in mine),
                None,
                late,
                12 if late else 0,
            )
        )
    broken = Input("broken.pdf", "broken.pdf", "ff" * 32, None, None, None, {}, 1, None, None)
    return (*items, broken)


def made_problems() -> tuple[Problem, ...]:
    return (
        Problem("format_unknown", Bad.ERROR, Origin("broken.pdf"), (("headings", "%PDF-1.4"),)),
        Problem(
            "value_not_number", Bad.WARNING, Origin(VISITS, None, 88, "workers"), (("value", "=cmd|' /C calc'!A0"),)
        ),
        Problem("value_not_number", Bad.WARNING, Origin(CHAIN, "links", 9, "tonnes"), (("value", "Comptoir Kasongo"),)),
        Problem("column_unknown", Bad.NOTE, Origin(VISITS, None, 1, "extra"), (("column", "extra"),)),
    )


def made_risks(where: Register, told: dict[str, list[Statement]], many: int) -> tuple[Risk, ...]:
    sites = list(where.sites.values())
    found: list[Risk] = []
    for n in range(60 * many):
        letter = "ABBBBCCCDFBE"[n % 12]
        kind = TARGETS[letter][n % len(TARGETS[letter])]
        site = sites[n % len(sites)]
        subject = f"country:{'BFA' if n % 2 else 'COD'}" if letter in "DE" else site.id
        basis = "learnt" if letter in "BC" else "evidence"
        statement = told[site.id][0]
        found.append(made_risk(n, letter, kind, subject, site, statement, basis))
    found.append(made_risk(999, "D", "sanctioned-party", "party:comptoir kasongo", sites[0], chain()[1], "evidence"))
    ranked = sorted(found, key=lambda r: (r.annex_ii, -(r.likelihood.p or 1), r.id))
    watched = [
        replace(
            made_risk(
                5000 + n,
                "BC"[n % 2],
                ("non-state-armed-interference", "state-forces-interference")[n % 2],
                site.id,
                site,
                told[site.id][0],
                "learnt",
            ),
            rank=None,
            response=Response("watch", None, "risk/ranking", ("missing.reasonable-risk", "missing.signature")),
        )
        for n, site in enumerate(sites)
    ]
    return (*(replace(r, rank=i) for i, r in enumerate(ranked, 1)), *watched)


def made_risk(n: int, letter: str, kind: str, subject: str, site: Any, statement: Statement, basis: str) -> Risk:
    p = round(0.3 + (n * 37 % 60) / 100, 3)
    rule = f"likelihood/{kind}"
    reasons: tuple[Reason, ...]
    if basis == "learnt":
        reasons = (
            because("reason.base-rate", rule, contribution=-1.4),
            because(
                "reason.visit-seen-yes-here",
                rule,
                statement,
                1.1 + n % 3 / 5,
                day=statement.speaks_of.known_on,
                km=0.0,
                who="",
            ),
            because(
                "reason.visit-seen-yes-near", rule, statement, 0.6, day=statement.speaks_of.known_on, km=6.3, who=""
            ),
            because(
                "reason.visit-seen-no-near", rule, statement, -0.35, day=statement.speaks_of.known_on, km=17.2, who=""
            ),
            because("reason.other-visits", rule, contribution=0.12, count=11),
            because("reason.conflict-in-area", rule, None, 0.4, count=9, place=site.territory),
        )
    else:
        text = f"reason.{kind}" if letter == "A" else "reason.visit-seen-yes-here"
        reasons = (because(text, f"annex-ii/{letter.lower()}", statement, day=statement.speaks_of.known_on, who=""),)
    figure = (
        Likelihood(
            p,
            max(0.02, p - 0.2),
            min(0.98, p + 0.16),
            "learnt",
            min(0.99, p + 0.2),
            max(0.01, p - 0.25),
            date(2018, 12, 31),
            Band(0.2, 1.0, 120, 0.4, 47),
        )
        if basis == "learnt"
        else Likelihood(None, None, None, basis)
    )
    firm = n % 3 == 0 and site.in_chain
    response = (
        Response(
            "suspend-or-discontinue" if letter in "AB" else "adopt-plan",
            DAY,
            f"annex-ii/{letter.lower()}",
            ("missing.signature",),
        )
        if firm
        else Response(
            "assess",
            DAY + timedelta(days=30),
            "risk/assessment",
            ("missing.reasonable-risk", "missing.relationship", "missing.signature"),
        )
    )
    mine = site.in_chain and not subject.startswith("country:")
    return Risk(
        f"{kind}/{subject}/{n}",
        subject,
        letter,
        kind,
        figure,
        Severity(4, 1 + n % 5 if n % 3 else None, 5 if letter in "AB" else 3),
        "reasonable-risk" if firm else ("plausible", "allegation", None)[n % 3],
        "linked" if mine else None,
        mine,
        0,
        response,
        reasons,
    )


def made_signals(where: Register, told: dict[str, list[Statement]]) -> tuple[Signal, ...]:
    found: list[Signal] = []
    for n, site in enumerate(where.sites.values()):
        statement, state = told[site.id][0], ("raised", "clear", "cannot-evaluate")[n % 3]
        missing = ("missing.recent-visit",) if n % 3 == 2 else ()
        day = statement.speaks_of.known_on
        found.append(
            Signal(
                "interference-non-state",
                site.id,
                state,
                "signal/interference",
                (because("reason.interference", "signal/interference", statement, day=day, who="Mai-Mai Example"),),
                since=day,
                missing=missing,
            )
        )
        for which in ("rapacity", "desperation"):
            index = None if n % 3 == 2 else 10.0 + n
            found.append(
                Signal(
                    f"pressure-{which}",
                    site.id,
                    ("raised", "clear", "cannot-evaluate")[(n + len(which)) % 3],
                    f"pressure/{which}",
                    value=index,
                    threshold=20.0,
                    unit="percent",
                    interval=(0.0, None) if index is None else (index, index),
                    bands=("low", "high") if index is None else ("low", "low") if index < 20 else ("raised", "raised"),
                    grade="world",
                )
            )
    quote, act = told["country:BFA"], told["country:COD"][0]
    smelter, own = told["country:CHE"][0], [s for s in told["area:CD6203"] if isinstance(s.said, Quote)]
    link = told["party:comptoir kasongo"][0]
    found += [
        Signal(
            "gate-ratio",
            "country:BFA#gold",
            "raised",
            "signal/gate-ratio",
            (
                because(
                    "reason.gate-ratio",
                    "signal/gate-ratio",
                    quote[-1],
                    ratio=59.3,
                    day=date(2020, 4, 20),
                    dollars=Decimal("32.61"),
                ),
                because("reason.gate-below-baseline", "signal/gate-ratio", quote[-1], baseline=98.0, points=38.7),
            ),
            59.3,
            70.0,
            "percent",
            date(2020, 4, 20),
        ),
        Signal(
            "gate-ratio",
            "area:CD6203#gold",
            "raised",
            "signal/gate-ratio",
            (
                because(
                    "reason.gate-ratio",
                    "signal/gate-ratio",
                    own[-1],
                    ratio=51.4,
                    day=date(2020, 4, 20),
                    dollars=Decimal("28.26"),
                ),
            ),
            51.4,
            70.0,
            "percent",
            date(2020, 4, 20),
        ),
        Signal(
            "closure",
            "country:CHE#Example Refinery",
            "raised",
            "signal/closure",
            (
                because(
                    "reason.node-state",
                    "signal/closure",
                    smelter,
                    node="Example Refinery",
                    kind="@node.smelter",
                    state="@state.closed",
                    day=date(2020, 3, 23),
                ),
                because("reason.node-until", "signal/closure", smelter, until=date(2020, 4, 5)),
            ),
            since=date(2020, 3, 23),
            review=date(2020, 4, 5),
        ),
        Signal(
            "closure-overrun",
            "country:CHE#Example Refinery",
            "raised",
            "signal/closure-overrun",
            (because("reason.overrun", "signal/closure-overrun", smelter, until=date(2020, 4, 5), days=36),),
            36.0,
            0.0,
            "days",
            date(2020, 4, 5),
        ),
        Signal(
            "restriction",
            "country:COD#20/014",
            "raised",
            "signal/restriction",
            (
                because(
                    "reason.act-forbids",
                    "signal/restriction",
                    act,
                    number="20/014",
                    what="@forbids.travel-between",
                    day=date(2020, 3, 24),
                ),
                because("reason.act-until", "signal/restriction", act, until=date(2020, 6, 1)),
            ),
            since=date(2020, 3, 24),
        ),
        Signal(
            "policy-hint", "country:RWA", "cannot-evaluate", "signal/policy-hint", missing=("missing.act-confirmed",)
        ),
        Signal(
            "export-over-production",
            "country:BFA#gold",
            "cannot-evaluate",
            "signal/export-over-production",
            missing=("missing.export",),
            unit="times",
        ),
        Signal(
            "red-flag-l1",
            f"link:{link.id}",
            "raised",
            "red-flag/l1",
            (because("reason.match-not-a-finding", "red-flag/l1", link),),
        ),
        Signal("red-flag-l2", f"link:{link.id}", "cannot-evaluate", "red-flag/l2", missing=("missing.reserves",)),
        Signal(
            "screening",
            "party:comptoir kasongo",
            "clear",
            "signal/screening",
            (because("reason.no-match", "signal/screening"),),
        ),
        Signal(
            "presence-fall",
            "area:CD6207",
            "raised",
            "signal/presence-fall",
            (because("reason.fewer-reports", "signal/presence-fall", told[site_id(0, 0)][0]),),
            -60.0,
            -30.0,
            "percent",
        ),
    ]
    return tuple(sorted(found, key=lambda s: (s.kind, s.subject)))
