"""risks.xlsx and problems.csv: what the report says, as rows to filter, with every source.

Every text is written as text: a cell that begins with `=`, `+`, `-` or `@` is never taken for a formula. The workbook
carries the day of the run as its date, so that one run always gives the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from winze.engine.disclosure import Place
from winze.engine.problems import Problem
from winze.engine.register import Site
from winze.engine.reporting import Report
from winze.engine.texts import hint
from winze.engine.texts import sentence as problem_sentence
from winze.formats.wording import phrase, term

type Cell = str | int | float | date | bool | None
_WIDTHS = {
    "risk": 36, "name": 26, "reason": 70, "rule-title": 44, "missing": 44, "message": 70, "hint": 50, "title": 40,
    "attribution": 50, "licence": 26, "file": 34, "rule": 28, "id": 34, "kind": 36, "basis": 30, "action": 28,
    "minerals": 24, "publisher": 30, "evidence": 18, "state": 20,
}  # fmt: skip


def workbook(report: Report, names: Any, sites: Iterable[Site], language: str) -> bytes:
    """The sheets Risks, Why, Signals, Sites, Sources and Problems. `names` words places, rules and sources."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"title": "Winze", "created": datetime.combine(report.as_of, time())})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    looks = {
        "text": book.add_format({"valign": "top", "text_wrap": True}),
        "day": book.add_format({"num_format": "yyyy-mm-dd", "align": "left", "valign": "top"}),
        "number": book.add_format({"num_format": "0.00", "valign": "top"}),
    }
    for name, columns, rows in _sheets(report, names, list(sites), language):
        sheet = book.add_worksheet(phrase(f"report.sheet.{name}", language)[:31])
        _fill(sheet, [phrase(f"report.cell.{column}", language) for column in columns], rows, head, looks)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, _WIDTHS.get(column, 14))
    book.close()
    return buffer.getvalue()


def _fill(sheet: Any, headings: list[str], rows: Iterable[Sequence[Cell]], head: Any, looks: dict[str, Any]) -> None:
    for at, heading in enumerate(headings):
        sheet.write_string(0, at, heading, head)
    last = 0
    for last, row in enumerate(rows, start=1):
        for at, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(last, at, cell[:32_000], looks["text"])
            elif isinstance(cell, date):
                sheet.write_datetime(last, at, datetime.combine(cell, time()), looks["day"])
            elif isinstance(cell, float):
                sheet.write_number(last, at, round(cell, 6), looks["number"])
            elif cell is not None:
                sheet.write_number(last, at, cell, looks["text"])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, len(headings) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


type Sheet = tuple[str, tuple[str, ...], Iterator[Sequence[Cell]]]


def _sheets(report: Report, names: Any, sites: list[Site], language: str) -> Iterator[Sheet]:
    place = ("name", "territory", "province", "country", "minerals")
    yield ("risks", ("rank", "id", "risk", "top", *place, "chain", "involvement", "likelihood", "low", "high", "basis",
                     "evidence", "months", "scale", "scope", "irremediability", "action", "deadline", "rule",
                     "rule-title", "missing"), _risks(report, names, language))  # fmt: skip
    yield ("why", ("rank", "id", "reason", "contribution", "rule", "rule-title", "confirmed", "file", "sheet", "row",
                   "cell"), _whys(report, names, language))  # fmt: skip
    yield ("plans", ("plan", "risk", "top", *place, "chain", "plan-state", "trade", "adopted", "what-due", "due",
                     "outcome", "measure", "possible", "refused", "missing", "people-low", "people-high",
                     "sites-unknown", "reply"), _plans(report, names, language))  # fmt: skip
    yield ("signals", ("kind", "state", *place, "value", "threshold", "unit", "since", "review", "reason", "missing",
                       "rule", "rule-title", "least", "most", "band", "grade"),
           _signals(report, names, language))  # fmt: skip
    if report.audience == "internal":
        yield ("sites", (*place, "code", "latitude", "longitude", "workers", "visits", "newest-visit", "chain"),
               _sites(sites, report, names, language))  # fmt: skip
    else:
        yield ("sites", ("territory", "province", "country", "sites", "ranked", "top"),
               _areas(report, names, language))  # fmt: skip
    yield ("sources", ("file", "title", "publisher", "records", "newest", "age", "later", "licence", "attribution",
                       "confirmed"), _sources(report, names, language))  # fmt: skip
    yield ("problems", ("file", "sheet", "row", "cell", "severity", "problem-code", "message", "hint"),
           _problems(report, language))  # fmt: skip


def _place(place: Place, names: Any, language: str) -> tuple[Cell, ...]:
    minerals = ", ".join(term(f"mineral.{mineral}", language) for mineral in place.minerals)
    country = term(f"country.{place.country}", language) if place.country else None
    return (names.name(place), place.territory, place.province, country, minerals or None)


def _yes(flag: bool, language: str) -> str:
    return phrase("report.yes" if flag else "report.no", language)


def _joined(missing: Iterable[str], language: str) -> str | None:
    return "; ".join(phrase(name, language) for name in missing) or None


def _risks(report: Report, names: Any, language: str) -> Iterator[Sequence[Cell]]:
    for line in report.risks:
        r, how = line.risk, line.risk.likelihood
        yield (
            r.rank, line.id, term(f"risk.{r.kind}", language), r.annex_ii, *_place(line.place, names, language),
            _yes(r.in_chain, language) if report.audience != "public" else None,
            term(f"involvement.{r.involvement}", language) if r.involvement else None,
            how.p, how.low, how.high, term(f"basis.{how.basis}", language),
            term(f"evidence.{r.evidence_level or 'none'}", language), line.evidence_months, r.severity.scale,
            r.severity.scope, r.severity.irremediability, term(f"action.{r.response.action}", language),
            r.response.deadline, r.response.rule, names.rule(r.response.rule), _joined(r.response.missing, language),
        )  # fmt: skip


def _whys(report: Report, names: Any, language: str) -> Iterator[Sequence[Cell]]:
    for line in report.risks:
        for why in line.whys:
            rule = why.rule or f"annex-ii/{line.risk.annex_ii.lower()}"
            yield (
                line.risk.rank, line.id, phrase(why, language), why.contribution, rule, names.rule(rule),
                _yes(names.confirmed(rule), language), why.file, why.sheet, why.row, why.cell,
            )  # fmt: skip


def _plans(report: Report, names: Any, language: str) -> Iterator[Sequence[Cell]]:
    """A row for each plan, recorded ones first: where it stands, what is due first, and the harm of leaving."""
    words = names.planned
    for line in (*report.plans, *report.proposed):
        plan, due = line.plan, next(iter(line.plan.clocks), None)
        harm = plan.harm
        yield (
            words.heading(plan), "; ".join(term(f"risk.{kind}", language) for kind in plan.kinds),
            ", ".join(plan.letters), *(_place(line.places[0], names, language) if line.places else (None,) * 5),
            _yes(plan.in_chain, language) if report.audience != "public" else None,
            term(f"plan-state.{plan.state}", language), term(f"plan-state.{plan.trade}", language),
            plan.adoptions[-1].day if plan.adoptions else None, words.clock(due) if due else None,
            due.falls if due else None, term(f"outcome.{plan.outcome}", language) if plan.outcome else None,
            "; ".join(words.objective(o, names.units) for o, _ in line.objectives) or None,
            "; ".join(words.possible(plan)) or None, "; ".join(words.refused(plan)) or None,
            words.missing(plan) or None, _counted(line.people_low, language),
            _counted(harm.people if harm and harm.sites else None, language) if line.people_low != "@few" else None,
            _counted(line.sites_unknown, language), " ".join(words.reply(plan)) or None,
        )  # fmt: skip


def _counted(value: Any, language: str) -> Cell:
    """A count, or the words for one that is too small to show; None where it is unknown."""
    return term(value[1:], language) if isinstance(value, str) else value


def _signals(report: Report, names: Any, language: str) -> Iterator[Sequence[Cell]]:
    for line in report.signals:
        s = line.signal
        yield (
            names.signal_title(s.kind), phrase(f"report.state.{s.state}", language),
            *_place(line.place, names, language), s.value, s.threshold,
            names.unit(s.unit).strip() if s.value is not None or s.threshold is not None else None, s.since, s.review,
            " ".join(phrase(why, language) for why in line.whys) or None, _joined(s.missing, language), s.rule,
            names.rule(s.rule), *(s.interval or (None, None)), names.band(s) if s.bands else None,
            term(f"grade.{s.grade}", language) if s.grade else None,
        )  # fmt: skip


def _sites(sites: list[Site], report: Report, names: Any, language: str) -> Iterator[Sequence[Cell]]:
    for site in sites:
        place = names.place(site.id)
        newest = site.visits[-1].speaks_of.known_on if site.visits else None
        yield (
            site.name, *_place(place, names, language)[1:], place.code, site.point.lat if site.point else None,
            site.point.lon if site.point else None, site.workers, len(site.visits), newest,
            _yes(site.in_chain, language),
        )  # fmt: skip


def _areas(report: Report, names: Any, language: str) -> Iterator[Sequence[Cell]]:
    withheld = phrase("report.not-shown", language)
    for area in report.areas:
        place = _place(area.place, names, language)
        yield (*place[1:4], withheld if area.sites is None else area.sites, area.ranked, area.top)


def _sources(report: Report, names: Any, language: str) -> Iterator[Sequence[Cell]]:
    for line in report.inputs:
        item, card = line.input, names.source_card(line.input.source)
        yield (
            item.name or phrase("report.file-withheld", language, number=line.number), card and card.title,
            card and card.publisher, sum(item.records.values()), item.newest, line.age_days,
            _yes(item.later_slice, language), card and card.licence, card and card.attribution,
            _yes(card.confirmed, language) if card else None,
        )  # fmt: skip


def _problems(report: Report, language: str) -> Iterator[Sequence[Cell]]:
    for problem in report.problems:
        at = problem.origin
        yield (
            at.input or None, at.sheet, at.row, at.cell, term(f"severity.{problem.severity}", language), problem.code,
            problem_sentence(problem, language), hint(problem, language),
        )  # fmt: skip


def problems_csv(problems: Iterable[Problem], language: str) -> str:
    """The problems as CSV for a spreadsheet: one a row, no cell that a spreadsheet would run as a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(("file", "sheet", "row", "cell", "severity", "code", "message", "hint"))
    for problem in problems:
        at = problem.origin
        said = (problem_sentence(problem, language), hint(problem, language))
        row = (at.input, at.sheet or "", at.row or "", at.cell or "", str(problem.severity), problem.code, *said)
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return buffer.getvalue()


def harmless(cell: str) -> str:
    """A text that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") or cell.lstrip()[:1] in ("=", "@") else cell
