"""The report of a cycle: report.html (one file, no script, nothing fetched), risks.xlsx and problems.csv.

What it says and who may see it is decided by `engine.reporting` and `engine.disclosure`; here it gets words and form.
The same cycle, language and audience give the same bytes. A file is written whole or not at all.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from winze.engine import reporting
from winze.engine.disclosure import Place, View, Why, view
from winze.engine.likelihood import Likelihood
from winze.engine.problems import Problem
from winze.engine.reasons import Signal
from winze.engine.reporting import LETTERS, InputLine, Report, RiskLine, Series, SignalLine, said_place
from winze.engine.risks import Severity
from winze.engine.texts import catalogue, hint, sentence
from winze.formats import charts, worksheets
from winze.formats.geography import outlines
from winze.formats.planning import PlanWords, title_of, units_of
from winze.formats.whole import write_whole
from winze.formats.wording import COUNTRIES, HTML_LANG, country, number, phrase, term, worded

FILES = ("report.html", "risks.xlsx", "problems.csv")


def write(
    cycle: reporting.Told,
    folder: Path,
    language: str,
    audience: str = "partner",
    *,
    head: str | None = None,
    key: bytes | None = None,
) -> list[Path]:
    """Writes the report's three files into a folder and returns their paths.

    `head` is the head of the journal of the register that the cycle was run on, printed in the last section; `key`
    keys the codes of places, where a register has one. A case of files has neither.
    """
    report = reporting.compile(cycle, audience, key)
    words = Words(cycle, report, view(cycle, audience, key), language)
    sites = cycle.register.sites.values() if audience == "internal" else ()
    contents = {
        "report.html": page(words, head).encode(),
        "risks.xlsx": worksheets.workbook(report, words, sites, language),
        "problems.csv": worksheets.problems_csv(report.problems, language).encode("utf-8-sig"),
    }
    for name, content in contents.items():
        write_whole(folder / name, content)
    return [folder / name for name in contents]


def summary(cycle: reporting.Told, language: str, audience: str = "partner") -> list[str]:
    """The cycle in ten lines that a person understands, for the shell."""
    return [phrase(line, language) for line in reporting.summary_lines(cycle, audience)]


def page(words: Words, head: str | None = None) -> str:
    """The whole report as one HTML file."""
    report = words.report
    html: str = _template("report.html.j2").render(
        report=report, css=_css(), html_lang=HTML_LANG[words.language], letters=LETTERS, sections=words.sections(),
        page_risks=[line for line in report.risks if line.shown], map=words.map(), rules=words.rules(),
        price_charts=words.price_charts(), conflict_charts=words.conflict_charts(),
        t=words.t, p=words.p, w=words.w, term=words.term, name=words.name, beneath=words.beneath, rule=words.rule,
        confirmed=words.confirmed, cite=words.cite, joined=words.joined, interval=words.interval, two=words.two,
        severity=words.severity, contribution=words.contribution, signed=words.signed, total=words.total,
        likelihood_rules=words.likelihood_rules, signal_title=words.signal_title, figure=words.figure,
        unraised=words.unraised, source_card=words.source_card, problem_example=words.problem_example,
        problem_hint=words.problem_hint, reaches=words.reaches(), by_place=words.by_place, distinct=words.distinct,
        band=words.band, index=words.index, studies=words.studies,
        breakable=breakable, printed=_PRINTED, withheld=words.withheld(*_COUNTED["flags"]), plan=words.planned,
        units=words.units, listed=_PROPOSED, judgement=words.judgement, head=head,
    )  # fmt: skip
    return html


def headline(cycle: reporting.Told, language: str, audience: str = "partner") -> str:
    """The sentence that stands over the report."""
    return phrase(reporting.compile(cycle, audience).title, language)


def breakable(name: str) -> Markup:
    """A file name that may be broken after its marks, and not within its words."""
    return Markup(re.sub(r"([_\-.])", r"\1<wbr>", str(escape(name))))  # noqa: S704 - escaped


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("winze.formats", "report_templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> Any:
    return _environment().get_template(name)


@cache
def _css() -> Markup:
    text = (files("winze.formats") / "report_templates" / "report.css").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - our own style sheet


# -- words -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and what it shows in words."""

    svg: Markup
    caption: str


@dataclass(frozen=True, slots=True)
class Card:
    """Who publishes a source, and what may be done with it."""

    title: str
    publisher: str
    licence: str
    attribution: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class RuleWords:
    """A rule as the list of rules shows it."""

    id: str
    title: str
    confirmed: bool
    cited: tuple[str, ...]
    figures: str
    unconfirmed: str


@dataclass(frozen=True, slots=True)
class Unraised:
    """Signals of one kind that are not raised: whether that is unknown; which, where, and what is missing."""

    unknown: bool
    text: str


class Rulebook(Protocol):
    """What the words need of a rulebook."""

    def rule(self, id: str, /) -> Any: ...
    def source(self, id: str, /) -> Any: ...
    def cited(self, citation: Any, language: str, /) -> str: ...
    def rules(self, kind: str | None = None, /) -> Any: ...


@dataclass(frozen=True)
class Words:
    """A report in one language: what the page and the workbook call things."""

    cycle: reporting.Told
    report: Report
    eyes: View
    language: str

    @property
    def rulebook(self) -> Rulebook:
        book: Rulebook = self.cycle.rulebook
        return book

    # -- texts

    def t(self, message: str, **values: Any) -> str:
        return phrase(message, self.language, **values)

    def p(self, said: Any) -> str:
        return phrase(said, self.language)

    def w(self, value: Any) -> str:
        return worded(value, self.language)

    def term(self, name: str) -> str:
        return term(name, self.language)

    def joined(self, messages: Iterable[str]) -> str:
        """What is missing, as a list in one line."""
        return self._listed(phrase(name, self.language) for name in messages)

    def _listed(self, names: Iterable[str]) -> str:
        return catalogue()["report.separator"][self.language].join(names)

    def two(self, value: float) -> str:
        return number(float(value), self.language, 2)

    def signed(self, value: float) -> str:
        sign = "−" if value < 0 and round(abs(value), 2) > 0 else "+"
        return sign + number(abs(float(value)), self.language, 2)

    def total(self, whys: Iterable[Why]) -> float:
        return math.fsum(why.contribution for why in whys if why.contribution is not None)

    # -- places

    def place(self, subject: str) -> Place:
        return self.eyes.place(subject)

    def name(self, place: Place) -> str:
        """What a place is called: its name, or the code that stands for it."""
        if place.about is None or _STATEMENT.fullmatch(place.about):
            return self._named(place)
        return f"{self._named(place)} · {self._about(place.about)}"

    def _named(self, place: Place) -> str:
        if place.kind == "country" and place.country:
            return country(place.country, self.language)
        if place.kind == "commodity" and place.name:
            return self.term(f"mineral.{place.name}")
        if place.kind == "world":
            return self.t("report.world" if place.name else "report.no-area")
        if place.name and place.kind == "site":
            return f"{place.name} ({place.code})"
        if place.name:
            return place.name
        kinds = {"site": "report.site", "party": "report.party", "link": "report.link"}
        return self.t(kinds.get(place.kind, "report.named-place"), code=place.code)

    def _about(self, about: str) -> str:
        """What follows a subject's place: a mineral, a dataset, an act's number, the name of a smelter."""
        for kind in ("mineral", "dataset", "stress"):
            if f"term.{kind}.{about}" in catalogue():
                return self.term(f"{kind}.{about}")
        return about

    def beneath(self, place: Place) -> str:
        """Where a place lies, and what is dug there."""
        above = [place.territory if place.kind != "area" else None, place.province]
        if place.kind != "country":
            above.append(country(place.country, self.language) if place.country else None)
        comma = catalogue()["report.comma"][self.language]
        minerals = comma.join(self.term(f"mineral.{mineral}") for mineral in place.minerals)
        return " · ".join(part for part in (", ".join(p for p in above if p), minerals) if part)

    # -- plans

    @cached_property
    def planned(self) -> PlanWords:
        title = title_of(self.rulebook, self.language)
        return PlanWords(self.language, self.report.as_of, self.name, title, self._listed, self.report.audience)

    @cached_property
    def units(self) -> Mapping[str, str]:
        return units_of(self.rulebook)

    # -- rules and sources

    def _rule(self, id: str) -> Any:
        try:
            return self.rulebook.rule(id)
        except KeyError:
            return None

    def rule(self, id: str) -> str:
        """A rule by its title, for Annex II with its paragraphs; where it stands is in the list of rules."""
        found = self._rule(id)
        if found is None:
            return id
        title: str = found.title[self.language]
        kind, _, letter = id.partition("/")
        return f"{title} ({self.term(f'annex-paragraph.{letter}')})" if kind == "annex-ii" else title

    def confirmed(self, id: str) -> bool:
        found = self._rule(id)
        return bool(found and found.confirmed)

    def likelihood_rules(self, line: RiskLine) -> list[str]:
        """The rules its reasons follow beside the Annex II category."""
        own = {f"annex-ii/{line.risk.annex_ii.lower()}", line.risk.response.rule}
        return sorted({why.rule for why in line.whys if why.rule} - own)

    def rules(self) -> list[RuleWords]:
        """The rules that decided something, with their sources and the figures in force on the day."""
        return [self._rule_words(id) for id in self.report.rules if self._rule(id) is not None]

    def _rule_words(self, id: str) -> RuleWords:
        found = self._rule(id)
        said: dict[bool, list[str]] = {True: [], False: []}
        for name, series in found.figures.items():
            dated = series.on(self.report.as_of)
            if dated is not None:
                amount = self.t(f"rules.unit.{series.unit}", value=dated.value)
                said[dated.confirmed].append(
                    self.t("report.group", kind=self._titled(f"rules.figure.{name}", name), names=amount)
                )
        cited = tuple(self.rulebook.cited(citation, self.language) for citation in found.cites)
        figures, unconfirmed = self._listed(said[True]), self._listed(said[False])
        return RuleWords(id, found.title[self.language], found.confirmed, cited, figures, unconfirmed)

    def source_card(self, id: str | None) -> Card | None:
        try:
            card = self.rulebook.source(id) if id else None
        except KeyError:
            return None
        if card is None:
            return None
        kinds = ("publisher", "licence", "attribution")
        publisher, licence, attribution = (self._of_source(card, kind) for kind in kinds)
        return Card(card.title[self.language], publisher, licence, attribution, card.confirmed)

    def _of_source(self, card: Any, kind: str) -> str:
        """What a source's card says: names and licences as they are called, sentences in the reader's language."""
        return self._titled(f"report.{kind}.{card.id}", getattr(card, kind))

    def reaches(self) -> list[str]:
        """How far each source reaches that ends before the day, the oldest first: what it cannot show."""
        ended = [line for line in self.report.inputs if line.age_days]
        return [self._reach(line) for line in sorted(ended, key=lambda line: -(line.age_days or 0))]

    def _reach(self, line: InputLine) -> str:
        card = self.source_card(line.input.source)
        source = line.input.name or self.t("report.file-withheld", number=line.number)
        if card:
            source = self.t("report.reach-source", title=card.title, publisher=card.publisher, file=source)
        return self.t("report.reach", source=source, day=line.input.newest, days=line.age_days)

    def cite(self, why: Why) -> str:
        """Where a statement was read: file, sheet, row and cell."""
        if why.row is not None:
            row = self.t("report.source-row", row=why.row)
        else:
            row = self.t("report.source-row-withheld") if why.coarsened else ""
        return ", ".join(part for part in (why.file, why.sheet, row, why.cell) if part)

    def distinct(self, whys: Iterable[Why]) -> list[Why]:
        """Reasons without those that would read the same, of the same place in the same file."""
        return list({(self.p(why), self.cite(why)): why for why in whys}.values())

    # -- risks and signals

    def interval(self, likelihood: Likelihood) -> Markup:
        p, low, high = likelihood.p or 0.0, likelihood.low or 0.0, likelihood.high or 0.0
        label = self.t("report.interval-label", p=self.two(p), low=self.two(low), high=self.two(high))
        return charts.interval(p, low, high, label)

    def contribution(self, value: float, whys: Iterable[Why]) -> Markup:
        largest = max((abs(why.contribution) for why in whys if why.contribution is not None), default=0.0)
        return charts.contribution(value, largest)

    def judgement(self, line: RiskLine) -> list[tuple[str, str]]:
        """Why a likelihood is not higher, what would change it, and how good ones like it have been; nothing where
        there is no likelihood."""
        chance = line.risk.likelihood
        if chance.p is None or chance.if_found is None or chance.if_not is None:
            return []
        against = sorted(
            (why for why in line.whys if (why.contribution or 0) < 0), key=lambda why: why.contribution or 0
        )
        holds = "; ".join(f"{self.p(why)} ({self.signed(why.contribution or 0)})" for why in against[:3])
        told = {"basis": self.term(f"basis.{chance.basis}"), "day": chance.trained_to}
        return [
            (self.t("explain.why-not-higher"), holds or self.t("explain.nothing-against")),
            (self.t("explain.change"), self.t("explain.next-visit", found=self.two(chance.if_found),
                                              not_found=self.two(chance.if_not))),
            (self.t("explain.good"), self._alike(chance) + (" · " + self.t("explain.trained", **told)
                                                            if chance.trained_to else "")),
        ]  # fmt: skip

    def _alike(self, chance: Likelihood) -> str:
        band = chance.alike
        if band is None:
            return self.t("explain.not-measured")
        low, high = self.two(band.low), self.two(min(band.high, 1.0))
        return self.t("explain.alike", visits=band.visits, found=band.found, low=low, high=high)

    def severity(self, severity: Severity) -> str:
        return self.t("report.severity", scale=severity.scale, scope=severity.scope, remedy=severity.irremediability)

    def signal_title(self, kind: str) -> str:
        return self._titled(f"signal.{kind}", kind)

    def _titled(self, text: str, otherwise: str) -> str:
        entry = catalogue().get(text)
        return entry[self.language] if entry else otherwise

    def unit(self, unit: str | None) -> str:
        entry = catalogue().get(f"report.unit.{unit}")
        return entry[self.language] if entry else f" {unit}" if unit else ""

    def figure(self, signal: Signal) -> str:
        """A signal's figure beside its threshold."""
        if signal.value is None:
            return ""
        text = "report.figure" if signal.threshold is not None else "report.figure-only"
        return self.t(text, value=signal.value, threshold=signal.threshold, unit=self.unit(signal.unit))

    def band(self, signal: Signal) -> str:
        """The band of a pressure, from the lowest it can be to the highest; the state where the band is withheld."""
        if signal.bands is None:
            return self.t(f"report.state.{signal.state}")
        low, high = (self.term(f"band.{end}") for end in signal.bands)
        return low if low == high else self.t("report.band.between", low=low, high=high)

    def index(self, signal: Signal) -> str:
        """The index of a pressure: a figure where all is known, else the interval of all that it can be."""
        if signal.interval is None:
            return ""
        low, high = signal.interval
        if high is None:
            return self.t("report.index.least", low=low)
        return self.t("report.index.point" if low == high else "report.index.between", low=low, high=high)

    def studies(self, line: SignalLine) -> list[str]:
        """The studies and documents that a signal follows, each once; choices of our own are not among them."""
        followed = dict.fromkeys([line.signal.rule, *(why.rule for why in line.whys if why.rule)])
        cites = (c for id in followed if (found := self._rule(id)) for c in found.cites)
        return list(dict.fromkeys(self.rulebook.cited(c, self.language) for c in cites if c.document != "winze-house"))

    def unraised(self, lines: Iterable[SignalLine]) -> list[Unraised]:
        """The signals that are not raised, those that cannot be evaluated first: one line for each kind and lack."""
        groups: dict[tuple[bool, str, tuple[str, ...]], list[str]] = {}
        for line in lines:
            s = line.signal
            if s.state != "raised":
                groups.setdefault((s.state == "clear", s.kind, s.missing), []).append(self.name(line.place))
        return [
            Unraised(not clear, self._unraised(kind, names, missing))
            for (clear, kind, missing), names in sorted(groups.items(), key=lambda group: group[0])
        ]

    def _unraised(self, kind: str, names: list[str], missing: tuple[str, ...]) -> str:
        text = "report.group-missing" if missing else "report.group"
        return self.t(text, kind=self.signal_title(kind), names=self._some(names), missing=self.joined(missing))

    def _some(self, names: list[str]) -> str:
        rest = len(names) - _NAMED
        more = [self.t("report.and-others", count=rest)] if rest > 0 else []
        return self._listed([*names[:_NAMED], *more])

    def by_place(self, lines: Iterable[SignalLine]) -> str:
        """How many signals stand in each territory, the most first: what a long list says as a whole."""
        unplaced = self.t("report.no-area")
        counted = Counter(line.place.territory or line.place.province or unplaced for line in lines)
        return self._some([self.t("report.place-count", place=p, count=n) for p, n in counted.most_common()])

    # -- pictures

    def sections(self) -> list[tuple[str, int | None]]:
        """The sections of the page with what they count."""
        r = self.report
        raised = {name: self._raised(*kinds) for name, kinds in _COUNTED.items()}
        counts: dict[str, int | None] = {
            "risks": r.ranked,
            "plans": len(r.plans),
            "map": len(r.areas),
            "data": len(r.inputs),
            **raised,
        }
        return [(id, counts.get(id)) for id in _SECTIONS]

    def _raised(self, *kinds: str) -> int | None:
        """How many signals of some kinds are raised; None where there is none of them that this audience may see."""
        shown = self.report.of(*kinds)
        return sum(1 for line in shown if line.signal.state == "raised") if shown else None

    def withheld(self, *kinds: str) -> str | None:
        """How many signals are raised of kinds that this audience may see counted only, in words; None where it may see
        some, or none is raised."""
        counts = [line.raised for line in self.report.signal_counts if line.kind.startswith(kinds)]
        if self.report.of(*kinds) or not any(n != 0 for n in counts):
            return None
        return self.t("report.not-shown") if None in counts else self.w(sum(n or 0 for n in counts))

    def map(self) -> Markup | None:
        rings = {country(code, self.language): found for code, found in outlines(COUNTRIES).items()}
        names = [self.name(area.place) for area in self.report.areas]
        return charts.area_map(self.report.areas, rings, names, self.t("report.map.label"))

    def price_charts(self) -> list[Figure]:
        return [
            *(self._chart(s, charts.line, self._world_caption(s), self._price_unit(s))
              for s in self.report.world_prices),
            *(self._chart(s, charts.shares, self._gate_caption(s), self.t("report.chart.axis-gate"))
              for s in self.report.gate_ratios[:12]),
        ]  # fmt: skip

    def conflict_charts(self) -> list[Figure]:
        unit = self.t("report.chart.axis-conflict")
        return [self._chart(s, charts.columns, self._conflict_caption(s), unit) for s in self.report.conflict]

    def _chart(
        self, series: Series, draw: Callable[[Series, str, str, str], Markup], caption: str, unit: str
    ) -> Figure:
        return Figure(draw(series, self.language, caption, unit), caption)

    def _price_unit(self, series: Series) -> str:
        amount, _, unit = series.unit.partition("/")
        return self.t("report.chart.per", amount=amount, unit=f"@unit.{unit}") if unit else self.term(f"unit.{amount}")

    def _world_caption(self, series: Series) -> str:
        return self.t("report.chart.world", mineral=f"@mineral.{series.name}", unit=self._price_unit(series),
                      value=series.values[-1], day=series.days[-1], source=series.source)  # fmt: skip

    def _gate_caption(self, series: Series) -> str:
        return self.t("report.chart.gate", mineral=f"@mineral.{series.name}", place=self._series_place(series),
                      value=series.values[-1], day=series.days[-1])  # fmt: skip

    def _conflict_caption(self, series: Series) -> str:
        unknown = sum(1 for value in series.values if value is None)
        text = "report.chart.conflict-gaps" if unknown else "report.chart.conflict"
        return self.t(text, place=self._series_place(series), source=f"@dataset.{series.source}",
                      unknown=unknown, months=len(series.values))  # fmt: skip

    def _series_place(self, series: Series) -> str:
        return self.name(series.about) if series.about else worded(said_place(Place("world", None)), self.language)

    # -- problems

    @cached_property
    def _examples(self) -> dict[str, Problem]:
        return {problem.code: problem for problem in reversed(self.report.problems)}

    def problem_example(self, code: str) -> str:
        return sentence(self._examples[code], self.language)

    def problem_hint(self, code: str) -> str:
        return hint(self._examples[code], self.language)


_NAMED = 12
_PRINTED = 40
"""Risks whose reasons are on paper too; all are on the screen and in the workbook."""
_PROPOSED = 120
"""Proposed plans that have a line on the page; all are in the workbook."""
_STATEMENT = re.compile(r"s[0-9a-f]{16}")
"""A subject may end in a statement's id, where an act gives no number: that is no name."""
_SECTIONS = (
    "summary", "risks", "plans", "map", "changes", "flags", "pressures", "unknown", "baseline", "step1", "data",
    "method", "not",
)  # fmt: skip
_COUNTED = {
    "changes": ("gate-ratio", "spot-fall", "spot-rise", "closure", "closure-overrun", "restriction", "policy-hint",
                "buyer-collapse", "capacity-at-risk", "export-over-production", "presence-fall"),
    "flags": ("red-flag-", "screening"),
}  # fmt: skip
