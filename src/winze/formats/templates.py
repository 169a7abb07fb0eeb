"""Our own small templates: mine sites, my chain, step 1, legal acts, closures, mine-gate quotes and other dated facts.

A sheet has at most eight columns. Its first cell names the template and version (`winze:sites/1`), row 2 holds the
headings, in any of the four languages, and the data begin in row 3. A workbook may hold several such sheets. Words of
closed lists stand in `lookups/templates.yaml`, the measures of facts in `rules/facts.yaml`.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from winze.engine.records import (
    DataClass,
    Fact,
    Judgement,
    LegalAct,
    ManagementStep,
    NodeStatus,
    PlanAct,
    Precision,
    Quote,
    SiteEntry,
    Span,
    Statement,
    Supply,
)
from winze.engine.register import fold, party_id
from winze.engine.texts import LANGUAGES, say
from winze.formats.files import Cell, Peek, Source, as_text
from winze.formats.lines import (
    Line,
    Sheet,
    first_words,
    heading,
    holds,
    iso3,
    meanings,
    measures,
    plan_measures,
    subject,
    worded,
    written,
)
from winze.formats.reading import Reader, lookup
from winze.formats.tables import Skip, Table, each, plain_number

SOURCE = "user"
LISTS = "lists/1"
MARKER = re.compile(r"^winze:([a-z0-9]+)/(\d+)$", re.IGNORECASE)

Entry = str | int | date | Decimal | None
"""What is written into one cell of a template."""


@dataclass(frozen=True, slots=True)
class Template:
    """One template: its columns in order, those without which a row is nothing, and both directions of a row.

    `build` makes the statement of a line; `cells` gives a statement's cells in a language, so that writing and reading
    back gives the same statement.
    """

    name: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    build: Callable[[Line], Statement]
    cells: Callable[[Statement, str], dict[str, Entry]]
    version: int = 1

    @property
    def marker(self) -> str:
        return f"winze:{self.name}/{self.version}"

    def headings(self, language: str) -> list[str]:
        return [heading(column, language) for column in self.columns]


# -- mine sites ------------------------------------------------------------------------------------------------------


def _site(line: Line) -> Statement:
    name = line.name("site")
    written_country = line.need("country")
    country = iso3(written_country)
    if country is None:
        line.problem("country_unknown", "country", value=written_country)
        line.drop("country")
    assert country is not None
    territory, _, province = (line.phrase("territory") or "").partition(",")
    entry = SiteEntry(
        name=name,
        country=country,
        territory=territory.strip() or None,
        province=province.strip() or None,
        point=line.point("latitude", "longitude"),
        minerals=line.words("minerals"),
        workers=line.integer("workers", low=0, high=1_000_000),
    )
    return Statement(f"site:{name}", entry, line.since("seen-on"), line.origin(), SOURCE)


def _site_cells(statement: Statement, language: str) -> dict[str, Entry]:
    entry = statement.said
    assert isinstance(entry, SiteEntry)
    return {
        "site": entry.name,
        "country": entry.country,
        "territory": ", ".join(name for name in (entry.territory, entry.province) if name) or None,
        "latitude": None if entry.point is None else Decimal(repr(entry.point.lat)),
        "longitude": None if entry.point is None else Decimal(repr(entry.point.lon)),
        "minerals": _list("minerals", entry.minerals, language),
        "workers": entry.workers,
        "seen-on": span_text(statement.speaks_of),
    }


# -- my chain --------------------------------------------------------------------------------------------------------


def _supply(line: Line) -> Statement:
    supplier, buyer = line.name("supplier"), line.name("buyer")
    start = line.since("from")
    origin = line.phrase("origin")
    link = Supply(
        supplier=supplier,
        buyer=buyer,
        mineral=line.need_word("mineral"),
        origin=origin and (iso3(origin) or origin),
        route=line.parts("route", r"\s*(?:>|→|;|\n)\s*"),
        until=line.until("to", start),
        my_position=line.word("position"),
    )
    return Statement(party_id(supplier), link, start, line.origin(), SOURCE, data_class=DataClass.PARTNER)


def _supply_cells(statement: Statement, language: str) -> dict[str, Entry]:
    link = statement.said
    assert isinstance(link, Supply)
    return {
        "supplier": link.supplier,
        "buyer": link.buyer,
        "mineral": worded("minerals", link.mineral, language),
        "origin": link.origin,
        "route": " > ".join(link.route) or None,
        "from": span_text(statement.speaks_of),
        "to": link.until,
        "position": link.my_position and worded("positions", link.my_position, language),
    }


# -- step 1 ----------------------------------------------------------------------------------------------------------


def _step(line: Line) -> Statement:
    step = ManagementStep(
        element=line.need_word("element"),
        in_place=line.flag("in-place"),
        owner=line.phrase("owner"),
        document=line.phrase("document"),
    )
    return Statement(
        f"step-1:{step.element}", step, line.since("date"), line.origin(), SOURCE, data_class=DataClass.PARTNER
    )


def _step_cells(statement: Statement, language: str) -> dict[str, Entry]:
    step = statement.said
    assert isinstance(step, ManagementStep)
    in_place = None if step.in_place is None else ("yes" if step.in_place else "no")
    return {
        "element": worded("elements", step.element, language),
        "in-place": in_place and worded("flags", in_place, language),
        "owner": step.owner,
        "document": step.document,
        "date": span_text(statement.speaks_of),
    }


# -- legal acts ------------------------------------------------------------------------------------------------------


def _act(line: Line) -> Statement:
    """A row whose place or date is missing is no act; one that forbids nothing known is not loaded either."""
    about, start = subject(line.need("place")), line.since("from")
    forbids = line.words("forbids")
    if not forbids:
        line.drop("forbids")
    number, source = line.phrase("number"), line.phrase("source")
    act = LegalAct(
        forbids=forbids,
        exempts=line.words("exempts"),
        until=line.until("to", start),
        review=line.until("review", start),
        number=number,
        source=source,
        verified=number is not None and source is not None,
    )
    return Statement(about, act, start, line.origin(), source or SOURCE)


def _act_cells(statement: Statement, language: str) -> dict[str, Entry]:
    act = statement.said
    assert isinstance(act, LegalAct)
    return {
        "place": written(statement.subject),
        "forbids": _list("forbids", act.forbids, language),
        "exempts": _list("exempts", act.exempts, language),
        "from": span_text(statement.speaks_of),
        "to": act.until,
        "review": act.review,
        "number": act.number,
        "source": act.source,
    }


# -- closures and openings -------------------------------------------------------------------------------------------


def _closure(line: Line) -> Statement:
    """The subject is the place where it counts; where none is given, the node itself. `said.node` names it always."""
    node, kind = line.name("what"), line.need_word("kind")
    start = line.since("from")
    place = line.text("place")
    act, source = _act_and_source(line.parts("act-or-source", r"[;；]"))
    status = NodeStatus(
        node=node,
        node_kind=kind,
        state=line.need_word("state"),
        until=line.until("planned-end", start),
        review=line.until("review", start),
        act=act,
        source=source,
    )
    return Statement(subject(place) if place else f"node:{node}", status, start, line.origin(), source or SOURCE)


def _act_and_source(parts: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The parts that name a legal act, and the rest, which say where it was read."""
    words = [word.casefold() for word in lookup("templates")["act_words"]]

    def names_act(part: str) -> bool:
        folded = part.casefold()
        return "://" not in folded and any(
            word in folded if not word.isascii() and len(word) < 3 else re.search(rf"\b{re.escape(word)}\b", folded)
            for word in words
        )

    acts = [part for part in parts if names_act(part)]
    return "; ".join(acts) or None, "; ".join(part for part in parts if part not in acts) or None


def _closure_cells(statement: Statement, language: str) -> dict[str, Entry]:
    status = statement.said
    assert isinstance(status, NodeStatus)
    return {
        "what": status.node,
        "kind": worded("kinds", status.node_kind, language),
        "state": worded("states", status.state, language),
        "place": None if statement.subject == f"node:{status.node}" else written(statement.subject),
        "from": span_text(statement.speaks_of),
        "planned-end": status.until,
        "review": status.review,
        "act-or-source": "; ".join(part for part in (status.act, status.source) if part) or None,
    }


# -- mine-gate quotes ------------------------------------------------------------------------------------------------


def _quote(line: Line) -> Statement:
    """A quote as it was made; `Burkina Faso (11)` as place says that it averages eleven sites."""
    match = re.fullmatch(r"(.+?)\s*[(（](\d{1,6})[^\d()（）]*[)）]", line.need("place").strip())
    place, sites = (match[1], int(match[2])) if match else (line.need("place"), None)
    amount, currency, unit = _price(line)
    quote = Quote(
        mineral=line.need_word("mineral"),
        amount=amount,
        currency=currency,
        unit=unit,
        fineness=_fineness(line),
        fx=line.decimal("fx", low=Decimal("1E-9")),
        spot=line.decimal("spot", low=Decimal("1E-9")),
        sites=sites,
    )
    return Statement(
        subject(place), quote, line.since("date"), line.origin(), line.phrase("source") or SOURCE,
        data_class=DataClass.PARTNER,
    )  # fmt: skip


def _price(line: Line) -> tuple[Decimal, str, str]:
    """Amount, currency and unit of `1150 XOF/carat`; raises Skip with a problem where one of them is missing."""
    text = line.need("price")
    match = re.search(r"\d[\d\s.,'\u00a0\u202f]*", text)
    if match:
        amount = _exact(match[0])
        rest = f"{text[: match.start()]} {text[match.end() :]}"
        rest = re.sub(r"\b(?:per|par|por)\b|每", "/", rest, count=1)
        currency, _, unit = rest.partition("/") if "/" in rest else rest.strip().partition(" ")
        money, mass = _currency(currency), meanings("units").get(fold(unit))
        if amount is not None and money and mass:
            return amount, money, mass
    line.problem("price_unclear", "price", value=text)
    raise Skip


def _exact(text: str) -> Decimal | None:
    try:
        return Decimal(plain_number(text.strip(" .,'")))
    except InvalidOperation:
        return None


def _currency(text: str) -> str | None:
    """The code of a currency by its code or one of its words; any other three capital letters are taken as a code."""
    word = text.strip()
    for code, names in lookup("templates")["currencies"].items():
        if word.casefold() in (str(name).casefold() for name in names):
            return str(code)
    return word if re.fullmatch(r"[A-Z]{3}", word) else None


def _fineness(line: Line) -> Decimal | None:
    """Share of metal. A bare number from 1 to 100 could be carats, percent or a share and is taken as unknown."""
    text = line.text("fineness")
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(%|‰|k|kt|carats?|quilates?|克拉|开)?", text.casefold())
    number = Decimal(match[1].replace(",", ".")) if match else Decimal(-1)
    sign = match[2] if match else None
    if sign == "%":
        share = number / 100
    elif sign == "‰" or (sign is None and 100 < number <= 1000):
        share = number / 1000
    elif sign is not None:
        share = number / 24
    else:
        share = number
    if not 0 < share <= 1:
        line.problem("fineness_unclear", "fineness", value=text)
        return None
    return share


def _quote_cells(statement: Statement, language: str) -> dict[str, Entry]:
    quote = statement.said
    assert isinstance(quote, Quote)
    place = written(statement.subject)
    return {
        "place": f"{place} ({quote.sites})" if quote.sites is not None else place,
        "mineral": worded("minerals", quote.mineral, language),
        "price": f"{quote.amount:f} {quote.currency}/{worded('units', quote.unit, language)}",
        "fineness": quote.fineness,
        "fx": quote.fx,
        "spot": quote.spot,
        "date": span_text(statement.speaks_of),
        "source": None if statement.source == SOURCE else statement.source,
    }


# -- other dated facts -----------------------------------------------------------------------------------------------


def _fact(line: Line) -> Statement:
    """One figure, kept in its measure's own unit."""
    about, mineral = subject(line.need("about")), line.word("mineral")
    measure = line.need_word("measure")
    value, text = _value(line, measure)
    source = line.phrase("source")
    published = line.span("published")
    published_on = published.end if published else None
    fact = Fact(measure, value, measures()[measure]["unit"], text, mineral, source)
    return Statement(
        about,
        fact,
        line.since("date"),
        line.origin(),
        source or SOURCE,
        published_on=published_on,
    )


def _value(line: Line, measure: str) -> tuple[Decimal | None, str | None]:
    unit = measures()[measure]["unit"]
    if unit is None:
        return None, line.name("value")
    value = line.decimal("value")
    given = line.text("unit")
    if value is None:
        line.drop("value")
    assert value is not None
    factor = _factor(meanings("units").get(fold(given) or given), unit) if given else Decimal(1)
    if factor is None:
        line.problem("unit_not_of_measure", "unit", unit=given, measure=measure, expected=unit)
        raise Skip
    return value * factor, None


def _factor(given: str | None, wanted: str) -> Decimal | None:
    """What one `given` is in `wanted`, exactly; None where they are not units of one kind."""
    if given == wanted:
        return Decimal(1)
    for kind in lookup("templates")["factors"]:
        if given in kind and wanted in kind:
            return Decimal(kind[given]) / Decimal(kind[wanted])
    return None


def _fact_cells(statement: Statement, language: str) -> dict[str, Entry]:
    fact = statement.said
    assert isinstance(fact, Fact)
    return {
        "about": written(statement.subject),
        "measure": worded("measures", fact.measure, language),
        "mineral": fact.mineral and worded("minerals", fact.mineral, language),
        "value": fact.text if fact.value is None else fact.value,
        "unit": worded("units", fact.unit, language) if fact.unit else None,
        "date": span_text(statement.speaks_of),
        "published": statement.published_on,
        "source": fact.source,
    }


# -- acts on plans ---------------------------------------------------------------------------------------------------


def _plan_act(line: Line) -> Statement:
    """One act on a plan. What it concerns and its figure are read as the act asks; whether it counts is not asked here.
    The statement is of the personal class, for it holds a name."""
    verb = line.need_word("act")
    act = PlanAct(
        plan=line.name("plan"),
        verb=verb,
        role=line.need_word("role"),
        person=line.phrase("person"),
        about=_concerns(line, verb),
        amount=_amount(line, verb),
        until=_last_day(line) if verb == "pause" else None,
        level=line.need_word("figure", "plan-levels") if verb == "record-finding" else None,
        note=line.phrase("remark"),
    )
    return Statement(
        f"plan:{act.plan}", act, line.since("date"), line.origin(line.heading("act")), SOURCE,
        data_class=DataClass.PERSONAL,
    )  # fmt: skip


def _concerns(line: Line, verb: str) -> tuple[str, ...]:
    """Risk ids, a measure, groups of people, a reason, or a name: as the act asks."""
    if verb == "propose":
        return tuple(dict.fromkeys(line.parts("concerns", r"[;；\n]")))
    if verb == "consult":
        found = (line._known(part, "concerns", "plan-groups") for part in line.parts("concerns", r"[;；,，、\n]"))
        return tuple(dict.fromkeys(group for group in found if group))
    if verb == "pause":
        reason = line.word("concerns", "plan-reasons")
        return (reason,) if reason else ()
    name = line.phrase("concerns")
    if name and verb in ("add-measure", "record-baseline", "measure"):
        return (meanings("plan-measures").get(fold(name), name),)
    return (name,) if name else ()


def _amount(line: Line, verb: str) -> Decimal | None:
    """A number, with or without its percent sign or US dollars; another currency is not guessed at."""
    text = None if verb in ("pause", "record-finding") else line.text("figure")
    if text is None:
        return None
    bare = re.sub(r"(?i)^(us\$|usd|\$)\s*|\s*(%|％|usd|us\$|\$)$", "", text.strip())
    amount = _exact(bare)
    if amount is None or amount < 0:
        line.problem("value_not_number", "figure", value=text)
        raise Skip
    return amount


def _last_day(line: Line) -> date | None:
    found = line.span("figure")
    return found.end if found else None


def _plan_cells(statement: Statement, language: str) -> dict[str, Entry]:
    act = statement.said
    assert isinstance(act, PlanAct)
    lists = {"consult": "plan-groups", "pause": "plan-reasons"}
    measured = act.verb in ("add-measure", "record-baseline", "measure")
    words = lists.get(act.verb)
    about = [
        worded(words, key, language) if words else plan_measures()[key]["title"][language]
        if measured and key in plan_measures() else key for key in act.about
    ]  # fmt: skip
    return {
        "plan": act.plan,
        "date": span_text(statement.speaks_of),
        "act": worded("plan-acts", act.verb, language),
        "person": act.person,
        "role": worded("plan-roles", act.role, language),
        "concerns": "; ".join(about) or None,
        "figure": act.until or (worded("plan-levels", act.level, language) if act.level else act.amount),
        "remark": act.note,
    }


# -- judgements: who is who ------------------------------------------------------------------------------------------


def _judgement(line: Line) -> Statement:
    """Two sites or two parties, and a person's word whether they are one. The statement is of the personal class, for
    it holds a name. The order of the two does not matter."""
    kind, verdict = line.need_word("kind-of"), line.need_word("verdict")
    left, right = sorted(_of_kind(line.name(column), kind) for column in ("left", "right"))
    if left == right or not all(one.startswith(f"{kind}:") for one in (left, right)):
        line.problem("judgement_pair", "left", left=line.name("left"), right=line.name("right"))
        raise Skip
    said = Judgement(kind, left, right, verdict, line.phrase("grounds"), line.name("person"))
    return Statement(
        f"pair:{left}|{right}", said, line.since("date"), line.origin(line.heading("verdict")), SOURCE,
        data_class=DataClass.PERSONAL,
    )  # fmt: skip


def _of_kind(text: str, kind: str) -> str:
    """The subject a cell names: with a prefix as it says, without one of the kind of the row."""
    prefixed = subject(text) if re.search("[:：]", text) else ""
    if prefixed.startswith(("site:", "party:")):
        return prefixed
    return party_id(text) if kind == "party" else f"{kind}:{text}"


def _judgement_cells(statement: Statement, language: str) -> dict[str, Entry]:
    said = statement.said
    assert isinstance(said, Judgement)
    return {
        "kind-of": worded("subject-kinds", said.kind_of, language),
        "left": said.left.partition(":")[2],
        "right": said.right.partition(":")[2],
        "verdict": worded("verdicts", said.verdict, language),
        "grounds": said.reason,
        "person": said.person,
        "date": span_text(statement.speaks_of),
    }


def _list(words: str, keys: Iterable[str], language: str) -> str | None:
    return "; ".join(worded(words, key, language) for key in keys) or None


def span_text(span: Span) -> Entry:
    """A span as one writes it: a date, or `2020-04`, `2020`, `2020-03-20/2020-04-06`."""
    if span.precision is Precision.DAY:
        return span.start
    if span.precision is Precision.MONTH:
        return f"{span.start:%Y-%m}"
    return f"{span.start:%Y}" if span.precision is Precision.YEAR else f"{span.start}/{span.end}"


TEMPLATES: Mapping[str, Template] = {
    template.name: template
    for template in (
        Template(
            "sites", ("site", "country", "territory", "latitude", "longitude", "minerals", "workers", "seen-on"),
            ("site", "country", "seen-on"), _site, _site_cells,
        ),
        Template(
            "chain", ("supplier", "buyer", "mineral", "origin", "route", "from", "to", "position"),
            ("supplier", "buyer", "mineral", "from"), _supply, _supply_cells,
        ),
        Template(
            "step1", ("element", "in-place", "owner", "document", "date"), ("element", "date"), _step, _step_cells
        ),
        Template(
            "acts", ("place", "forbids", "exempts", "from", "to", "review", "number", "source"),
            ("place", "forbids", "from"), _act, _act_cells,
        ),
        Template(
            "closures", ("what", "kind", "state", "place", "from", "planned-end", "review", "act-or-source"),
            ("what", "kind", "state", "from"), _closure, _closure_cells,
        ),
        Template(
            "quotes", ("place", "mineral", "price", "fineness", "fx", "spot", "date", "source"),
            ("place", "mineral", "price", "date"), _quote, _quote_cells,
        ),
        Template(
            "facts", ("about", "measure", "mineral", "value", "unit", "date", "published", "source"),
            ("about", "measure", "value", "date"), _fact, _fact_cells,
        ),
        Template(
            "plans", ("plan", "date", "act", "person", "role", "concerns", "figure", "remark"),
            ("plan", "date", "act", "role"), _plan_act, _plan_cells,
        ),
        Template(
            "judgements", ("kind-of", "left", "right", "verdict", "grounds", "person", "date"),
            ("kind-of", "left", "right", "verdict", "person", "date"), _judgement, _judgement_cells,
        ),
    )
}  # fmt: skip


# -- reading ---------------------------------------------------------------------------------------------------------


def _recognise(peek: Peek) -> str | None:
    """The templates a file holds, by the first cell of its sheets: `sites/1 chain/1`."""
    names = [name for _, rows in peek.sheets if (name := _marked(rows[0] if rows else ())) is not None]
    return " ".join(name for name in names if name != LISTS) or None


def _marked(first: Iterable[Cell]) -> str | None:
    match = next((MARKER.match((as_text(cell) or "").lstrip("\ufeff")) for cell in first), None)
    return f"{match[1].lower()}/{match[2]}" if match else None


def _read(source: Source) -> Iterator[Statement]:
    for name in source.sheet_names:
        first = next(source.rows(name), (0, []))
        marker = _marked(first[1]) if first[0] == 1 else None
        template = TEMPLATES.get((marker or "").partition("/")[0])
        if marker is None:
            if first[1]:
                source.log.add("sheet_not_template", sheet=name)
        elif template is not None and marker == template.marker.removeprefix("winze:"):
            _mend_delimiter(source, name)
            yield from statements(template, _opened(source, name, template))
        elif marker != LISTS:
            source.log.add("template_unknown", sheet=name, row=1, cell="A1", marker=f"winze:{marker}")


def _mend_delimiter(source: Source, sheet: str | None) -> None:
    """The first line of a text file may be the marker alone, which shows no delimiter: the headings do."""
    if source.container == "csv":
        second = next((values for number, values in source.rows(sheet) if number > 1), [])
        if len(second) == 1:
            line = as_text(second[0]) or ""
            source.delimiter = max(";\t|,", key=line.count)
            source.pages.clear()  # what was remembered was cut at the wrong places


def _opened(source: Source, name: str | None, template: Template) -> Sheet:
    """A template's sheet with its headings found; headings it does not know, or lacks, are reported."""
    table = Table(source, sheet=name, header_row=2, used=(), audit=False)
    spoken = Counter(
        language for title in table.header for language in LANGUAGES if column_of(title, template, language)
    )
    language = max(LANGUAGES, key=lambda one: (spoken[one], -LANGUAGES.index(one)))
    at: dict[str, tuple[str, ...]] = {}
    for title in filter(None, table.header):
        column = next((found for one in LANGUAGES if (found := column_of(title, template, one))), None)
        if column is None:
            source.log.add("column_unknown", sheet=name, row=table.header_row, cell=title, column=title)
        else:
            at.setdefault(column, (title,))
    return Sheet(table, language, at)


def column_of(title: str, template: Template, language: str) -> str | None:
    """The column a heading names in a language; a column's own name will do too."""
    wanted = fold(title)
    return next((c for c in template.columns if wanted and wanted in (fold(heading(c, language)), fold(c))), None)


def statements(template: Template, sheet: Sheet) -> Iterator[Statement]:
    """The statements of a sheet's rows. A required column that neither the sheet nor a constant gives is an error, and
    the sheet yields nothing."""
    missing = [column for column in template.required if column not in sheet.at and not sheet.constants.get(column)]
    for column in missing:
        title = heading(column, sheet.language)
        sheet.table.log.add(
            "column_missing", sheet=sheet.table.sheet, row=sheet.table.header_row, cell=title, column=title
        )
    if not missing:
        yield from each(sheet.table, lambda row: template.build(Line(row, sheet)))


READERS = (Reader("winze-template", SOURCE, _recognise, _read),)


# -- writing ---------------------------------------------------------------------------------------------------------


def write_template(name: str, path: Path, language: str = "en", rows: Iterable[Mapping[str, Entry]] = ()) -> None:
    """Writes one template, empty or with rows, as CSV or XLSX by the path's ending."""
    if path.suffix.lower() == ".csv":
        _write_csv(TEMPLATES[name], path, language, rows)
    else:
        write_workbook({name: rows}, path, language)


def rows_of(said: Iterable[Statement], language: str = "en") -> dict[str, list[dict[str, Entry]]]:
    """Statements as the rows of their templates, by template name; those no template holds are passed over."""
    kinds: Mapping[type[object], str] = {
        SiteEntry: "sites", Supply: "chain", ManagementStep: "step1", LegalAct: "acts", NodeStatus: "closures",
        Quote: "quotes", Fact: "facts", PlanAct: "plans", Judgement: "judgements",
    }  # fmt: skip
    found: dict[str, list[dict[str, Entry]]] = {}
    for statement in said:
        if name := kinds.get(type(statement.said)):
            found.setdefault(name, []).append(TEMPLATES[name].cells(statement, language))
    return found


def _write_csv(template: Template, path: Path, language: str, rows: Iterable[Mapping[str, Entry]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.writer(file, lineterminator="\r\n")
        lines.writerow([template.marker, *[""] * (len(template.columns) - 1)])
        lines.writerow(template.headings(language))
        for row in rows:
            lines.writerow([_plain(row.get(column)) for column in template.columns])


def _plain(entry: Entry) -> str:
    if isinstance(entry, Decimal):
        return f"{entry:f}"
    return "" if entry is None else str(entry)


def write_workbook(sheets: Mapping[str, Iterable[Mapping[str, Entry]]], path: Path, language: str = "en") -> None:
    """Writes a workbook with a sheet for each template named: notes on the headings, dates as dates, lists to choose
    from. Nothing in a cell is taken for a formula. The same rows give the same bytes."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": "Winze", "created": datetime(2020, 5, 11, tzinfo=UTC).replace(tzinfo=None)})
        styles = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "marker": book.add_format({"font_color": "#7f7f7f", "font_size": 8}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        named = ((TEMPLATES[name], rows) for name, rows in sheets.items())
        pages = [(template, rows, book.add_worksheet(_sheet_name(template.name, language))) for template, rows in named]
        lists = _write_lists(book, [template for template, _, _ in pages], language)
        for template, rows, page in pages:
            _write_page(page, template, rows, language, styles, lists)


def _sheet_name(template: str, language: str) -> str:
    return re.sub(r"[\[\]:*?/\\：]", " ", say(f"template.title.{template}", language)).replace("  ", " ")[:31]


def _write_page(
    page: Any, template: Template, rows: Iterable[Mapping[str, Entry]], language: str, styles: Mapping[str, Any],
    lists: Mapping[str, str],
) -> None:  # fmt: skip
    page.write_string(0, 0, template.marker, styles["marker"])
    page.write_string(0, 1, say(f"template.title.{template.name}", language), styles["marker"])
    for at, column in enumerate(template.columns):
        page.write_string(1, at, heading(column, language), styles["head"])
        page.write_comment(1, at, say(f"template.note.{column}", language), {"x_scale": 2})
        page.set_column(at, at, 18, styles["date"] if holds(column) == "date" else None)
        choices = lists.get("flags" if holds(column) == "flag" else holds(column))
        if choices:
            page.data_validation(2, at, 5000, at, {"validate": "list", "source": choices, "show_error": False})
    page.freeze_panes(2, 1)
    for number, row in enumerate(rows, start=2):
        for at, column in enumerate(template.columns):
            _write_cell(page, number, at, row.get(column), styles["date"])


def _write_cell(page: Any, number: int, at: int, entry: Entry, date_style: Any) -> None:
    if isinstance(entry, date):
        page.write_datetime(number, at, entry, date_style)
    elif isinstance(entry, int) or (isinstance(entry, Decimal) and Decimal(f"{float(entry):.16G}") == entry):
        page.write_number(number, at, entry)  # a workbook keeps 16 figures; a longer number is written as text
    elif entry is not None:
        page.write_string(number, at, _plain(entry))


def _write_lists(book: Any, templates: Iterable[Template], language: str) -> dict[str, str]:
    """A hidden sheet with the words of each closed list the templates use, and the range where each list stands."""
    wanted = {"flags" if holds(column) == "flag" else holds(column) for t in templates for column in t.columns}
    names = sorted(name for name in wanted if name == "measures" or isinstance(lookup("templates").get(name), dict))
    page = book.add_worksheet("winze")
    page.hide()
    page.write_string(0, 0, f"winze:{LISTS}")
    ranges: dict[str, str] = {}
    for at, name in enumerate(names):
        words = first_words(name, language)
        page.write_column(1, at, words)
        letter = xl_col_to_name(at)
        ranges[name] = f"=winze!${letter}$2:${letter}${len(words) + 1}"
    return ranges
