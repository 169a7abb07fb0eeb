"""Our own templates: written and read back the same in four languages and both containers; bad cells are said."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from winze.engine.problems import Severity
from winze.engine.records import (
    DataClass,
    Fact,
    Judgement,
    LegalAct,
    ManagementStep,
    NodeStatus,
    Origin,
    PlanAct,
    Point,
    Precision,
    Quote,
    Record,
    SiteEntry,
    Span,
    Statement,
    Supply,
    between,
    in_month,
    in_year,
    on,
)
from winze.engine.register import fold, party_id
from winze.engine.texts import LANGUAGES, catalogue
from winze.formats.lines import first_words, heading, holds, meanings, measures, parse_span, subject, written
from winze.formats.reading import Reading, lookup, read
from winze.formats.tables import UNKNOWN
from winze.formats.templates import SOURCE, TEMPLATES, rows_of, write_template, write_workbook


def a_csv(folder: Path, marker: str, *lines: str, language: str = "en") -> Path:
    """A template's CSV written by hand: the headings of `marker`'s template in a language, then these lines."""
    path = folder / "own.csv"
    titles = [heading(column, language) for column in TEMPLATES[marker].columns]
    path.write_text("\n".join([f"winze:{marker}/1", ",".join(f'"{t}"' for t in titles), *lines]), encoding="utf-8")
    return path


def codes(reading: Reading) -> list[str]:
    return [problem.code for problem in reading.problems]


def only(reading: Reading) -> Statement:
    assert len(reading.statements) == 1, reading.problems
    return reading.statements[0]


# -- the lists are whole ----------------------------------------------------------------------------------------------


def test_every_template_fits_a_first_weeks_sheet() -> None:
    for template in TEMPLATES.values():
        assert len(template.columns) <= 8
        assert set(template.required) <= set(template.columns)


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_heading_of_a_template_means_two_columns_in_any_mix_of_languages(name: str) -> None:
    seen: dict[str, str] = {}
    for column in TEMPLATES[name].columns:
        for language in LANGUAGES:
            folded = fold(heading(column, language))
            assert seen.setdefault(folded, column) == column


@pytest.mark.parametrize(
    "words",
    [
        "minerals",
        "forbids",
        "exempts",
        "kinds",
        "states",
        "elements",
        "positions",
        "units",
        "measures",
        "plan-acts",
        "plan-roles",
        "plan-groups",
        "plan-reasons",
        "plan-levels",
        "subject-kinds",
        "verdicts",
    ],
)
def test_the_word_written_for_a_key_reads_back_as_that_key(words: str) -> None:
    keys = list(measures() if words == "measures" else lookup("templates")[words])
    for language in LANGUAGES:
        shown = first_words(words, language)
        assert len(shown) == len(keys)
        for key, word in zip(keys, shown, strict=True):
            assert meanings(words)[fold(word) or word.casefold()] == key, (language, word)


def test_every_measure_has_a_title_in_each_language_and_a_known_unit() -> None:
    units = {*lookup("templates")["units"], None}
    for key, measure in measures().items():
        assert set(measure["title"]) == set(LANGUAGES), key
        assert measure["unit"] in units, key


def test_every_column_has_a_heading_a_note_and_a_kind() -> None:
    for template in TEMPLATES.values():
        for column in template.columns:
            assert holds(column)
            for language in LANGUAGES:
                assert catalogue()[f"template.column.{column}"][language]
                assert catalogue()[f"template.note.{column}"][language]


# -- round trips ------------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Co", "Z"]), min_size=1, max_size=12)


def _plain(text: str) -> bool:
    return text.casefold() not in UNKNOWN and not any(c in text for c in ":：;；>→()（）#\ufeff") and not text.isdigit()


names = st.lists(WORDS, min_size=1, max_size=3).map(" ".join).filter(_plain).filter(lambda text: bool(fold(text)))
days = st.dates(date(2000, 1, 1), date(2029, 12, 31))
spans = st.one_of(
    days.map(on),
    st.builds(in_month, st.integers(2000, 2029), st.integers(1, 12)),
    st.builds(in_year, st.integers(2000, 2029)),
    st.tuples(days, days).map(sorted).filter(lambda d: d[0] < d[1]).map(lambda d: between(*d)),
)
amounts = st.decimals("0.0001", "9999999", places=4).map(lambda d: d.normalize())
degrees = st.tuples(st.floats(-89.9, 89.9), st.floats(-179.9, 179.9)).filter(lambda p: p != (0, 0))
areas = st.sampled_from(
    ["area:CD6207", "country:COD", "area:Sud-Kivu", "world:all", "party:comptoir exemple", "site:Mukera"]
)


def _many(words: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(list(lookup("templates")[words])), unique=True, max_size=3).map(tuple)


def _one(words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(list(lookup("templates")[words]))


def _told(about: str, said: Record, when: Span, source: str = SOURCE, **more: object) -> Statement:
    return Statement(about, said, when, Origin("x"), source, **more)  # type: ignore[arg-type]


@st.composite
def plan_acts(draw: st.DrawFn) -> PlanAct:
    verb = draw(_one("plan-acts"))
    told = {
        "propose": st.lists(st.sampled_from(["forced-labour/site:a", "bribery/party:b c"]), unique=True).map(tuple),
        "consult": _many("plan-groups"),
        "pause": st.just(()) | _one("plan-reasons").map(lambda reason: (reason,)),
    }
    measured = st.sampled_from([("annex3/publish-tariffs",), ("annex3/pay-with-receipt",)]) | names.map(lambda n: (n,))
    measuring = verb in ("add-measure", "record-baseline", "measure")
    about = draw(told.get(verb, measured if measuring else st.just(()) | names.map(lambda name: (name,))))
    plain = verb not in ("pause", "record-finding")
    return PlanAct(
        "P-1", verb, draw(_one("plan-roles")), draw(st.none() | names), about,
        draw(st.none() | amounts) if plain else None,
        draw(st.none() | days) if verb == "pause" else None,
        draw(_one("plan-levels")) if verb == "record-finding" else None,
        draw(st.none() | names),
    )  # fmt: skip


@st.composite
def judgements(draw: st.DrawFn) -> Judgement:
    kind = draw(_one("subject-kinds"))
    named = ("site:ipis/codmine00191", "site:Mukera", "site:Lubona 2")
    known = (
        named if kind == "site" else tuple(map(party_id, ("Comptoir Amani SARL", "赣州华兴有限公司", "Société Étoile")))
    )
    left, right = sorted(draw(st.lists(st.sampled_from(known), min_size=2, max_size=2, unique=True)))
    return Judgement(kind, left, right, draw(_one("verdicts")), draw(st.none() | names), draw(names))


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    kind, when = draw(st.sampled_from(list(TEMPLATES))), draw(spans)
    later = st.none() | st.dates(when.start, date(2030, 12, 31))
    text = st.none() | names
    if kind == "sites":
        name = draw(names)
        place = draw(st.none() | degrees)
        territory = draw(text.filter(lambda t: not t or "," not in t))
        entry = SiteEntry(
            name, draw(st.sampled_from(["COD", "COL"])), territory, draw(text) if territory else None,
            Point(*place) if place else None, draw(_many("minerals")), draw(st.none() | st.integers(0, 9999)),
        )  # fmt: skip
        return _told(f"site:{name}", entry, when)
    if kind == "chain":
        route = draw(st.lists(names, max_size=3).map(tuple))
        link = Supply(
            draw(names), draw(names), draw(_one("minerals")),
            draw(st.sampled_from([None, "COD", "Walikale, Nord-Kivu"])), route,
            draw(later), draw(st.none() | _one("positions")),
        )  # fmt: skip
        return _told(party_id(link.supplier), link, when, data_class=DataClass.PARTNER)
    if kind == "step1":
        step = ManagementStep(draw(_one("elements")), draw(st.none() | st.booleans()), draw(text), draw(text))
        return _told(f"step-1:{step.element}", step, when, data_class=DataClass.PARTNER)
    if kind == "acts":
        number, source = draw(text), draw(text)
        act = LegalAct(
            draw(_many("forbids").filter(bool)), draw(_many("exempts")), draw(later), draw(later), number, source,
            number is not None and source is not None,
        )  # fmt: skip
        return _told(draw(areas), act, when, source or SOURCE)
    if kind == "closures":
        node, source = draw(names), draw(st.sampled_from([None, "https://example.org/a;b".replace(";", "")]))
        status = NodeStatus(
            node, draw(_one("kinds")), draw(_one("states")), draw(later), draw(later),
            draw(st.sampled_from([None, "Décret 457/2020"])), source,
        )  # fmt: skip
        return _told(draw(areas | st.just(f"node:{node}")), status, when, source or SOURCE)
    if kind == "quotes":
        quote = Quote(
            draw(_one("minerals")), draw(amounts), draw(st.sampled_from(["XOF", "USD", "CDF"])),
            draw(st.sampled_from(["gram", "carat-gold", "kilogram", "tonne", "troy-ounce"])),
            draw(st.none() | st.decimals("0.01", "1", places=3)), draw(st.none() | amounts), draw(st.none() | amounts),
            draw(st.none() | st.integers(1, 500)),
        )  # fmt: skip
        return _told(draw(areas), quote, when, draw(text) or SOURCE, data_class=DataClass.PARTNER)
    if kind == "judgements":
        said = draw(judgements())
        return _told(f"pair:{said.left}|{said.right}", said, when, data_class=DataClass.PERSONAL)
    if kind == "plans":
        return _told("plan:P-1", draw(plan_acts()), when, data_class=DataClass.PERSONAL)
    measure = draw(st.sampled_from(list(measures())))
    unit, source = measures()[measure]["unit"], draw(text)
    fact = Fact(
        measure, draw(amounts) if unit else None, unit, None if unit else draw(names),
        draw(st.none() | _one("minerals")), source,
    )  # fmt: skip
    return _told(draw(areas), fact, when, source or SOURCE, published_on=draw(st.none() | days))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("container", ["csv", "xlsx"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(statements(), min_size=1, max_size=6))
def test_what_is_written_reads_back_as_the_same_statements(
    tmp_path: Path, container: str, language: str, said: list[Statement]
) -> None:
    rows = rows_of(said, language)
    read_back: list[Statement] = []
    if container == "xlsx":
        write_workbook(rows, tmp_path / "all.xlsx", language)
        readings = [read(tmp_path / "all.xlsx")]
    else:
        for name in rows:
            write_template(name, tmp_path / f"{name}.csv", language, rows[name])
        readings = [read(tmp_path / f"{name}.csv") for name in rows]
    for reading in readings:
        assert {*codes(reading)} <= {"row_repeated"}
        read_back.extend(reading.statements)
    assert {s.id for s in read_back} == {s.id for s in said}
    assert {(s.id, s.data_class) for s in read_back} == {(s.id, s.data_class) for s in said}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_an_empty_template_is_recognised_and_reads_as_nothing_with_no_problem(
    tmp_path: Path, name: str, suffix: str, language: str
) -> None:
    path = tmp_path / f"t.{suffix}"
    write_template(name, path, language)
    reading = read(path)
    assert (reading.format, reading.version) == ("winze-template", f"{name}/1")
    assert reading.statements == () and reading.problems == ()


def test_a_workbook_is_the_same_bytes_each_time_and_offers_lists_and_notes(tmp_path: Path) -> None:
    for path in (tmp_path / "a.xlsx", tmp_path / "b.xlsx"):
        write_workbook({"chain": [], "closures": []}, path, "fr")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    chain = book[book.sheetnames[0]]
    assert chain["A1"].value == "winze:chain/1"
    assert chain["A2"].value == "Fournisseur" and chain["A2"].comment is not None
    assert {str(v.sqref).split(":")[0] for v in chain.data_validations.dataValidation} == {"C3", "H3"}
    assert book["winze"].sheet_state == "hidden"


def test_a_cell_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_template(
        "sites", path, "en", [{"site": '=HYPERLINK("http://x")', "country": "COD", "seen-on": date(2020, 5, 1)}]
    )
    cell = openpyxl.load_workbook(path).worksheets[0]["A3"]
    assert cell.data_type == "s"
    assert only(read(path)).subject == 'site:=HYPERLINK("http://x")'


# -- the time contract ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("2020-05-11", "2020-05-11", "2020-05-11", Precision.DAY),
        ("11/05/2020", "2020-05-11", "2020-05-11", Precision.DAY),
        ("11-05-2020", "2020-05-11", "2020-05-11", Precision.DAY),
        ("11 mai 2020", "2020-05-11", "2020-05-11", Precision.DAY),
        ("2020年5月11日", "2020-05-11", "2020-05-11", Precision.DAY),
        ("2020", "2020-01-01", "2020-12-31", Precision.YEAR),
        ("2020-04", "2020-04-01", "2020-04-30", Precision.MONTH),
        ("04/2020", "2020-04-01", "2020-04-30", Precision.MONTH),
        ("avril 2020", "2020-04-01", "2020-04-30", Precision.MONTH),
        ("mayo de 2020", "2020-05-01", "2020-05-31", Precision.MONTH),
        ("2020年2月", "2020-02-01", "2020-02-29", Precision.MONTH),
        ("2020-Q1", "2020-01-01", "2020-03-31", Precision.INTERVAL),
        ("T2 2020", "2020-04-01", "2020-06-30", Precision.INTERVAL),
        ("2020-01/2020-10", "2020-01-01", "2020-10-31", Precision.INTERVAL),
        ("2020-03-20/2020-04-06", "2020-03-20", "2020-04-06", Precision.INTERVAL),
        ("10/04/2020 au 22/04/2020", "2020-04-10", "2020-04-22", Precision.INTERVAL),
        ("2019 – 2020", "2019-01-01", "2020-12-31", Precision.INTERVAL),
    ],
)
def test_a_date_speaks_of_no_less_than_its_precision(text: str, start: str, end: str, precision: Precision) -> None:
    assert parse_span(text) == Span(date.fromisoformat(start), date.fromisoformat(end), precision)


@pytest.mark.parametrize(
    "text", ["soon", "2020-13", "31/02/2020", "11/05/20", "2020-05-11/2020-04-11", "99999", "0000-01", "/"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_span(text) is None


@given(st.text(max_size=30))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    found = parse_span(text)
    assert found is None or found.start <= found.end


def test_a_row_without_its_date_is_not_loaded_and_the_next_one_is(tmp_path: Path) -> None:
    path = a_csv(tmp_path, "sites", "Mukera,COD,,,,gold,12,", "Lubona,COD,,,,gold,,2020-03")
    reading = read(path)
    assert [s.subject for s in reading.statements] == ["site:Lubona"]
    assert reading.statements[0].speaks_of == in_month(2020, 3)
    problem = next(p for p in reading.problems if p.code == "row_without")
    assert (problem.origin.row, problem.origin.cell, dict(problem.values)["column"]) == (3, "Seen on", "Seen on")


def test_a_closure_speaks_of_the_day_it_began_and_carries_its_planned_end(tmp_path: Path) -> None:
    path = a_csv(tmp_path, "closures", "Mutoshi,mine,closed,Lualaba,2020-03-23,2020-04-06,,https://example.org/mutoshi")
    told = only(read(path))
    assert told.speaks_of == on(date(2020, 3, 23)) and told.subject == "area:Lualaba"
    assert isinstance(told.said, NodeStatus)
    assert told.said.until == date(2020, 4, 6) and told.said.node == "Mutoshi" and told.said.act is None
    assert told.source == told.said.source == "https://example.org/mutoshi"
    assert told.known(date(2020, 3, 23)) and not told.known(date(2020, 3, 22))


def test_a_figure_is_not_known_before_its_period_ends_nor_before_it_is_published(tmp_path: Path) -> None:
    path = a_csv(tmp_path, "facts", "Sud-Kivu,exports,gold,30.6,kg,2020-01/2020-10,2020-12,report")
    told = only(read(path))
    assert told.published_on == date(2020, 12, 31)
    assert not told.known(date(2020, 10, 31)) and told.known(date(2020, 12, 31))


def test_an_end_before_the_start_is_said_and_taken_as_unknown(tmp_path: Path) -> None:
    reading = read(a_csv(tmp_path, "acts", "COD,travel inside,,2020-04-06,2020-03-06,,Ord. 20/014,journal"))
    told = only(reading)
    assert isinstance(told.said, LegalAct) and told.said.until is None
    assert codes(reading) == ["end_before_start"]


def test_a_spreadsheet_day_left_as_a_number_is_read_and_said(tmp_path: Path) -> None:
    reading = read(a_csv(tmp_path, "sites", "Mukera,COD,,,,,,43962"))
    assert only(reading).speaks_of == on(date(2020, 5, 11))
    assert codes(reading) == ["date_was_number"]


# -- words, units and prices ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "key"),
    [("Or", "gold"), ("CASSITÉRITE", "cassiterite"), ("钽铌铁矿", "coltan"), ("estaño", "tin"), ("estano", "tin")],
)
def test_a_word_is_known_in_any_language_whatever_its_case_and_accents(word: str, key: str) -> None:
    assert meanings("minerals")[fold(word)] == key


def test_an_unknown_word_is_a_problem_that_lists_the_known_ones_in_the_sheets_language(tmp_path: Path) -> None:
    reading = read(a_csv(tmp_path, "sites", "Mukera,COD,,,,or; unobtainium,,2020-05-01", language="fr"))
    told = only(reading)
    assert isinstance(told.said, SiteEntry) and told.said.minerals == ("gold",)
    problem = reading.problems[0]
    assert problem.code == "word_unknown" and problem.origin.cell == "Minerais"
    assert "cassitérite" in dict(problem.values)["known"]


def test_an_unknown_word_that_a_row_cannot_do_without_costs_the_row(tmp_path: Path) -> None:
    reading = read(a_csv(tmp_path, "chain", "A,B,unobtainium,,,2020-01-01,,"))
    assert reading.statements == () and sorted(codes(reading)) == ["row_without", "word_unknown"]


@pytest.mark.parametrize(
    ("cell", "wanted"), [("or et cassitérite", ("gold", "cassiterite")), ("金和锡石", ("gold", "cassiterite"))]
)
def test_two_minerals_in_one_breath_are_two(tmp_path: Path, cell: str, wanted: tuple[str, ...]) -> None:
    told = only(read(a_csv(tmp_path, "sites", f"Mukera,COD,,,,{cell},,2020-05-01")))
    assert isinstance(told.said, SiteEntry) and told.said.minerals == wanted


def test_the_quote_of_burkina_faso_of_6_may_2020_keeps_what_its_ratio_needs(tmp_path: Path) -> None:
    told = only(
        read(
            a_csv(
                tmp_path,
                "quotes",
                'Burkina Faso (11 sites),gold,"1,150 XOF/carat",1,606.8619,2.2796,2020-05-06,planetGOLD',
            )
        )
    )
    quote = told.said
    assert isinstance(quote, Quote) and told.subject == "country:BFA" and told.data_class is DataClass.PARTNER
    assert (quote.amount, quote.currency, quote.unit, quote.sites) == (Decimal(1150), "XOF", "carat-gold", 11)
    assert quote.fx and quote.spot and quote.fineness == 1
    assert abs(quote.amount / quote.fx / quote.spot * 100 - Decimal("83.1")) < Decimal("0.1")


@pytest.mark.parametrize(
    ("cell", "amount", "currency", "unit"),
    [
        ("52 USD/g", "52", "USD", "gram"),
        ("USD 52.5 per gram", "52.5", "USD", "gram"),
        ("23 000 XOF / g", "23000", "XOF", "gram"),
        ("$1500/ozt", "1500", "USD", "troy-ounce"),
        ("12,5 USD par kg", "12.5", "USD", "kilogram"),
        ("350元/克", "350", "CNY", "gram"),
        ("70 EUR/ct", "70", "EUR", "carat"),
    ],
)
def test_a_price_keeps_amount_currency_and_unit(
    tmp_path: Path, cell: str, amount: str, currency: str, unit: str
) -> None:
    told = only(read(a_csv(tmp_path, "quotes", f'CAF,gold,"{cell}",,,,2020-05-06,')))
    assert isinstance(told.said, Quote)
    assert (told.said.amount, told.said.currency, told.said.unit) == (Decimal(amount), currency, unit)
    assert told.said.fineness is None and told.said.fx is None and told.said.spot is None


@pytest.mark.parametrize("cell", ["1150", "1150 XOF", "XOF/g", "1150 FCFA/g", "1150 XOF/handful", "much"])
def test_a_price_that_lacks_a_part_is_not_loaded(tmp_path: Path, cell: str) -> None:
    reading = read(a_csv(tmp_path, "quotes", f"CAF,gold,{cell},,,,2020-05-06,"))
    assert reading.statements == () and codes(reading) == ["price_unclear"] and reading.failed


@pytest.mark.parametrize(
    ("cell", "share"),
    [
        ("0.92", "0.92"),
        ("92%", "0.92"),
        ("916", "0.916"),
        ("22 carats", str(Decimal(22) / 24)),
        ("22k", str(Decimal(22) / 24)),
        ("1", "1"),
    ],
)
def test_fineness_is_a_share_of_metal(tmp_path: Path, cell: str, share: str) -> None:
    told = only(read(a_csv(tmp_path, "quotes", f"CAF,gold,50 USD/g,{cell},,,2020-05-06,")))
    assert isinstance(told.said, Quote) and told.said.fineness == Decimal(share)


@pytest.mark.parametrize("cell", ["22", "92", "1200", "pure", "0"])
def test_a_fineness_that_could_mean_two_things_is_unknown(tmp_path: Path, cell: str) -> None:
    reading = read(a_csv(tmp_path, "quotes", f"CAF,gold,50 USD/g,{cell},,,2020-05-06,"))
    told = only(reading)
    assert isinstance(told.said, Quote) and told.said.fineness is None
    assert codes(reading) == ["fineness_unclear"]


@pytest.mark.parametrize(
    ("measure", "value", "unit", "kept"),
    [
        ("exports", "30.6", "kg", "30.6"),
        ("smuggled", "1.1", "t", "1100.0"),
        ("exports", "13000", "ct", "2.6"),
        ("capacity-down", "0.394", "share of one", "39.4"),
    ],
)
def test_a_figure_is_kept_exactly_in_its_measures_own_unit(
    tmp_path: Path, measure: str, value: str, unit: str, kept: str
) -> None:
    told = only(read(a_csv(tmp_path, "facts", f"CAF,{measure},gold,{value},{unit},2020,,")))
    assert (
        isinstance(told.said, Fact)
        and told.said.value == Decimal(kept)
        and told.said.unit == measures()[measure]["unit"]
    )


def test_a_unit_of_another_kind_costs_the_row(tmp_path: Path) -> None:
    reading = read(a_csv(tmp_path, "facts", "CAF,exports,gold,30,%,2020,,", "CAF,buyers-closed,,many,,2020,,"))
    assert reading.statements == ()
    assert sorted(codes(reading)) == ["row_without", "unit_not_of_measure", "value_not_number"]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("COD", "country:COD"), ("Burkina Faso", "country:BFA"), ("CD6207", "area:CD6207"),
        ("Sud-Kivu", "area:Sud-Kivu"),
        ("partie: Comptoir Exemple", party_id("Comptoir Exemple")), ("site: Mukera", "site:Mukera"),
        ("企业：示例", party_id("示例")), ("monde", "world:all"),
        ("commodity: tin", "commodity:tin"), ("node:KLTM", "node:KLTM"),
    ],
)  # fmt: skip
def test_what_a_place_cell_is_about(text: str, about: str) -> None:
    assert subject(text) == about
    assert subject(written(about)) == about


@pytest.mark.parametrize(
    ("cell", "act", "source"),
    [
        ("Decree 457/2020; https://example.org", "Decree 457/2020", "https://example.org"),
        ("https://example.org/decree/1", None, "https://example.org/decree/1"),
        ("Bloomberg 22 June", None, "Bloomberg 22 June"),
        ("国务院令第123号", "国务院令第123号", None),
        ("", None, None),
    ],
)
def test_an_act_is_told_from_a_source(tmp_path: Path, cell: str, act: str | None, source: str | None) -> None:
    told = only(read(a_csv(tmp_path, "closures", f"KLTM,hub,closed,,2020-03-23,,,{cell}")))
    assert isinstance(told.said, NodeStatus) and (told.said.act, told.said.source) == (act, source)
    assert told.subject == "node:KLTM"


def test_an_act_without_its_number_is_not_verified(tmp_path: Path) -> None:
    told = only(read(a_csv(tmp_path, "acts", "BFA,movement,,2020-03-27,2020-05-04,,,https://example.org")))
    assert isinstance(told.said, LegalAct) and not told.said.verified and told.said.number is None


# -- sheets as people send them ---------------------------------------------------------------------------------------


def test_a_semicolon_file_whose_first_line_is_the_marker_alone_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "winze:step1/1\nÉlément;En place;Responsable;Document;Date\nPolitique;oui;Direction;p.pdf;01/02/2020\n", "utf-8"
    )
    told = only(read(path))
    assert told.said == ManagementStep("policy", True, "Direction", "p.pdf")
    assert told.speaks_of == on(date(2020, 2, 1)) and told.data_class is DataClass.PARTNER


def test_headings_may_come_in_any_order_and_mix_of_languages(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("winze:sites/1,,,\nVisto el,国家,Site,Comment\n2020-05-01,刚果民主共和国,Mukera,hello\n", "utf-8")
    reading = read(path)
    assert only(reading).subject == "site:Mukera"
    assert codes(reading) == ["column_unknown"] and reading.problems[0].origin.cell == "Comment"


def test_a_sheet_without_a_required_heading_yields_nothing_and_says_which(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("winze:sites/1,\nSite,Pays\nMukera,COD\n", "utf-8")
    reading = read(path)
    assert reading.statements == () and dict(reading.problems[0].values) == {"column": "Vu le"}


@pytest.mark.parametrize("marker", ["winze:sites/2", "winze:hamster/1"])
def test_a_template_of_another_name_or_version_is_refused_by_name(tmp_path: Path, marker: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{marker},\nSite,Country\nA,COD\n", "utf-8")
    reading = read(path)
    assert codes(reading) == ["template_unknown"] and dict(reading.problems[0].values)["marker"] == marker


def test_other_sheets_of_a_workbook_are_named_not_dropped(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_workbook({"sites": [{"site": "Mukera", "country": "COD", "seen-on": date(2020, 5, 1)}]}, path)
    book = openpyxl.load_workbook(path)
    book.create_sheet("Notes").append(["my notes"])
    book.save(path)
    reading = read(path)
    assert len(reading.statements) == 1 and codes(reading) == ["sheet_not_template"]
    assert reading.problems[0].severity is Severity.NOTE


def test_dates_typed_into_a_spreadsheet_are_days(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["winze:sites/1"],
        ["Site", "Country", "Seen on", "Workers"],
        ["Mukera", "COD", datetime(2020, 5, 1, 9, 30), 40.0],  # noqa: DTZ001
    ):
        sheet.append(row)
    book.save(tmp_path / "t.xlsx")
    told = only(read(tmp_path / "t.xlsx"))
    assert told.speaks_of == on(date(2020, 5, 1)) and isinstance(told.said, SiteEntry) and told.said.workers == 40


def test_half_a_place_impossible_degrees_and_half_a_worker_are_said(tmp_path: Path) -> None:
    reading = read(
        a_csv(
            tmp_path,
            "sites",
            "A,COD,,-2.5,,,,2020",
            "B,COD,,95,28,,,2020",
            "C,COD,,0,0,,,2020",
            "D,COD,,nan,nan,,2.5,2020",
            "E,Atlantis,,,,,,2020",
        )
    )
    assert [s.subject for s in reading.statements] == ["site:A", "site:B", "site:C", "site:D"]
    assert all(isinstance(s.said, SiteEntry) and s.said.point is None for s in reading.statements)
    assert sorted(codes(reading)) == sorted(
        [
            "place_half",
            "value_out_of_range",
            "place_half",
            "place_zero",
            "value_not_whole",
            "country_unknown",
            "row_without",
        ]
    )


@given(
    cells=st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12), max_size=9), max_size=5
    ),
    name=st.sampled_from(list(TEMPLATES)),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cells_break_the_reading(tmp_path: Path, cells: list[list[str]], name: str) -> None:
    path = tmp_path / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[TEMPLATES[name].marker], TEMPLATES[name].headings("en"), *cells])
    reading = read(path)
    assert reading.format == "winze-template"
    assert len(reading.statements) <= len(cells)


# -- judgements -------------------------------------------------------------------------------------------------------


def test_a_judgement_is_the_same_whichever_of_the_two_stands_first_and_of_the_personal_class(tmp_path: Path) -> None:
    one = only(read(a_csv(tmp_path, "judgements", "site,Mukera,ipis/codmine00191,the same,one shaft,Amina,2020-05-01")))
    other = only(
        read(a_csv(tmp_path, "judgements", "site,site: ipis/codmine00191,Mukera,same,one shaft,Amina,2020-05-01"))
    )
    assert one.id == other.id and one.data_class is DataClass.PERSONAL
    assert one.said == Judgement("site", "site:Mukera", "site:ipis/codmine00191", "same", "one shaft", "Amina")


@pytest.mark.parametrize(
    "row",
    ["party,Amani SARL,amani sarl,same,,Amina,2020-05-01", "site,party: Amani,Mukera,same,,Amina,2020-05-01"],
)
def test_a_judgement_of_one_or_of_two_kinds_is_not_loaded(tmp_path: Path, row: str) -> None:
    reading = read(a_csv(tmp_path, "judgements", row))
    assert reading.statements == () and codes(reading) == ["judgement_pair"]


def test_a_judgement_nobody_signed_is_not_loaded(tmp_path: Path) -> None:
    reading = read(a_csv(tmp_path, "judgements", "site,Mukera,Lubona,same,,,2020-05-01"))
    assert reading.statements == () and codes(reading) == ["row_without"]
