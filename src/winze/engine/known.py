"""What is known on a day: statements by kind, the register, the figures in force, as every detector sees them."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Protocol, cast

from winze.engine.problems import NotInForce
from winze.engine.records import Fact, Price, Record, Statement, Supply
from winze.engine.register import Register, Site, fold, names_of


class Figure(Protocol):
    """One figure of a rule as it stands on a day."""

    @property
    def value(self) -> Any: ...


class Rule(Protocol):
    """One rule; `facts` holds its undated structure."""

    @property
    def facts(self) -> Mapping[str, Any]: ...


class Rules(Protocol):
    """The rulebook as the detectors use it: a rule, and its figure in force on a day."""

    def figure(self, rule: str, name: str, day: date, /) -> Figure: ...

    def rule(self, rule: str, /) -> Rule: ...


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def newest_first(statement: Statement) -> tuple[date, date, str]:
    """The order in which later statements outrank earlier ones: by what they speak of, publication, then identity."""
    return (statement.speaks_of.end, statement.published_on or date.min, statement.id)


def distinct(statements: Iterable[Statement]) -> list[Statement]:
    """Each statement once, oldest first; of two readings of one statement the least origin stands."""
    kept: dict[str, Statement] = {}
    for s in statements:
        if s.id not in kept or _place(s) < _place(kept[s.id]):
            kept[s.id] = s
    return sorted(kept.values(), key=newest_first)


def _place(s: Statement) -> tuple[str, str, int, str]:
    return (s.origin.input, s.origin.sheet or "", s.origin.row or 0, s.origin.cell or "")


@dataclass(frozen=True)
class Known:
    """All that detectors may look at. `by_kind` holds only statements known on `as_of`."""

    as_of: date
    register: Register
    rules: Rules
    by_kind: Mapping[type, list[Statement]]

    def of[R: Record](self, record: type[R]) -> Iterator[tuple[Statement, R]]:
        """The statements of one kind with their record, in no particular order, doubles included."""
        return ((s, cast(R, s.said)) for s in self.by_kind.get(record, ()))

    def number(self, rule: str, name: str) -> float:
        """A figure of a rule as it stands on the day. Raises `NotInForce` where the rule gives none for that day."""
        try:
            return float(self.rules.figure(rule, name, self.as_of).value)
        except KeyError as error:
            raise NotInForce(rule, name, self.as_of) from error

    @cached_property
    def facts(self) -> Mapping[str, Mapping[tuple[str, str | None], list[tuple[Statement, Fact]]]]:
        """Facts by measure, then by subject and mineral, oldest first."""
        found: dict[str, dict[tuple[str, str | None], list[tuple[Statement, Fact]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for s in distinct(self.by_kind.get(Fact, ())):
            fact = cast(Fact, s.said)
            found[fact.measure][self.place(s.subject), fact.mineral].append((s, fact))
        return found

    def newest_fact(self, measure: str, subject: str, mineral: str | None = None) -> tuple[Statement, Fact] | None:
        """The newest fact of a measure about a subject (for a mineral, where one is named), or None."""
        series = self.facts.get(measure, {}).get((subject, mineral), [])
        return series[-1] if series else None

    def nearest_fact(
        self, measures: Iterable[str], site: Site, mineral: str | None = None, after: date = date.min
    ) -> tuple[Statement, float, str] | None:
        """The newest figure of the nearest place that gives one of the measures for a site, with that place: the site,
        else its territory, province, country, the world. What speaks of a day up to `after` is left out."""
        for place in self.ladder(site):
            for measure in measures:
                newest = self.newest_fact(measure, place, mineral)
                if newest is not None and newest[1].value is not None and newest[0].speaks_of.end > after:
                    return newest[0], float(newest[1].value), place
        return None

    @cached_property
    def prices(self) -> Mapping[str, list[Statement]]:
        """World prices by commodity, oldest first: of several publishers' series the one that reaches furthest, of
        several vintages of one month the one published last."""
        kept: dict[tuple[str, str], dict[date, Statement]] = defaultdict(dict)
        for statement, price in self.of(Price):
            days = kept[price.commodity, price.series]
            old = days.get(statement.speaks_of.end)
            if old is None or newest_first(statement) > newest_first(old):
                days[statement.speaks_of.end] = statement
        best: dict[str, tuple[date, str]] = {}
        for (commodity, name), days in kept.items():
            best[commodity] = max(best.get(commodity, (date.min, "")), (max(days), name))
        return {c: [kept[c, name][d] for d in sorted(kept[c, name])] for c, (_, name) in best.items()}

    @cached_property
    def links(self) -> list[tuple[Statement, Supply]]:
        """Every link of the chain, by identity."""
        return [(s, cast(Supply, s.said)) for s in distinct(self.by_kind.get(Supply, ()))]

    @cached_property
    def focus(self) -> list[Site]:
        """The sites the chain buys from; every site where no chain is known."""
        sites = [self.register.sites[i] for i in sorted(self.register.sites)]
        return [s for s in sites if s.in_chain] or sites

    @cached_property
    def countries(self) -> frozenset[str]:
        """The countries of the sites in the register."""
        return frozenset(site.country for site in self.register.sites.values())

    def place(self, subject: str) -> str:
        """The register's own id of a site, area or province that a file names in words; the subject as it stands
        where no name, or more than one, fits. Nothing is guessed."""
        kind, _, key = subject.partition(":")
        if kind not in ("area", "site") or subject in self.register.areas or subject in self.register.sites:
            return subject
        options = self._names.get((kind, fold(key)), set())
        return next(iter(options)) if len(options) == 1 else subject

    def ladder(self, site: Site) -> tuple[str, ...]:
        """The subjects that speak for a site, nearest first: itself, its territory, province, country and the world."""
        province = f"province:{site.country}/{fold(site.province)}" if site.province else None
        rungs = (site.id, site.area, province, f"country:{site.country}", "world:all")
        return tuple(rung for rung in rungs if rung)

    def inside(self, subject: str) -> tuple[str, ...]:
        """The sites of the focus within a place, and the place itself."""
        return tuple(dict.fromkeys((subject, *self._within.get(subject, ()))))

    def reach(self, subject: str) -> tuple[str, ...]:
        """The subjects something said of a place bears on: the place and the sites within it; of a whole province or
        country only those of the chain, since whoever asks for the others finds them by their place."""
        wide = subject.startswith(("province:", "country:"))
        return tuple(i for i in self.inside(subject) if not wide or i == subject or self.register.sites[i].in_chain)

    @cached_property
    def _within(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for site in self.focus:
            for place in self.ladder(site)[1:-1]:
                found[place].append(site.id)
        return found

    @cached_property
    def _names(self) -> Mapping[tuple[str, str], set[str]]:
        """Ids by kind and folded name; a province is written like any other area."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for area in self.register.areas.values():
            found["area", fold(area.name)].add(area.id)
        provinces: dict[tuple[str, str], set[str]] = defaultdict(set)
        for site in self.register.sites.values():
            for name in names_of(site):
                found["site", name].add(site.id)
            if site.province:
                provinces["area", fold(site.province)].add(f"province:{site.country}/{fold(site.province)}")
        return {**provinces, **found}


def gather(statements: Iterable[Statement], register: Register, rules: Rules, as_of: date) -> Known:
    """Sorts statements by kind and leaves out all that could not be known on the day, in the register too."""
    by_kind: dict[type, list[Statement]] = defaultdict(list)
    for s in statements:
        if s.known(as_of):
            by_kind[type(s.said)].append(s)
    sites = {i: replace(site, visits=_known(site.visits, as_of)) for i, site in register.sites.items()}
    return Known(as_of, replace(register, sites=sites), rules, by_kind)


def _known(visits: tuple[Statement, ...], as_of: date) -> tuple[Statement, ...]:
    return tuple(s for s in visits if s.known(as_of))
