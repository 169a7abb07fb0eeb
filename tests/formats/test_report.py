"""The report as files: one page that opens anywhere, a workbook, a list of problems; in four languages."""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from made import ACTS, DAY, MadeCycle, made, site_id
from winze.engine.disclosure import view
from winze.engine.reporting import compile as compiled
from winze.engine.texts import LANGUAGES, catalogue
from winze.formats import report, worksheets
from winze.formats.wording import day, number, phrase, term, worded

HOSTILE = {
    site_id(0, 0): "=cmd|' /C calc'!A0",
    site_id(0, 3): "<script>alert(1)</script><img src=https://evil.example/x>",
    site_id(1, 0): "@SUM(1+1)",
}


@cache
def cycle() -> MadeCycle:
    return made()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    for language in LANGUAGES:
        for audience in ("partner", "internal", "public") if language in ("en", "zh-hans") else ("partner",):
            (out / language / audience).mkdir(parents=True)
            report.write(cycle(), out / language / audience, language, audience)
    return out


def page(folder: Path, language: str = "en", audience: str = "partner") -> str:
    return (folder / language / audience / "report.html").read_text(encoding="utf-8")


def text_of(source: str) -> str:
    tree = html.document_fromstring(source)
    for gone in tree.xpath("//style|//svg|//title"):
        gone.drop_tree()
    return str(tree.text_content())


def test_three_files_are_written_and_nothing_else(folder: Path) -> None:
    assert {path.name for path in (folder / "en" / "partner").iterdir()} == set(report.FILES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_and_says_its_language(folder: Path, language: str) -> None:
    tree = html.document_fromstring(page(folder, language))
    assert tree.get("lang", "").lower() == language
    assert len(tree.xpath("//h1")) == 1
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for link in tree.xpath("//a/@href"):
        assert link.startswith("#") and link[1:] in ids
    for head in tree.xpath("//thead//th"):
        assert head.get("scope") in ("col", "colgroup")
    assert all(table.xpath("caption") for table in tree.xpath("//table"))
    assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in tree.xpath("//svg"))


def test_headings_never_skip_a_level(folder: Path) -> None:
    levels = [int(h.tag[1]) for h in html.document_fromstring(page(folder)).xpath("//h1|//h2|//h3|//h4")]
    assert levels[0] == 1 and all(b <= a + 1 for a, b in itertools.pairwise(levels))


def test_the_page_loads_nothing_and_runs_nothing(folder: Path) -> None:
    for path in folder.rglob("report.html"):
        source = path.read_text(encoding="utf-8")
        tree = html.document_fromstring(source)
        assert not tree.xpath("//script|//link|//iframe|//object|//embed|//base|//form|//img|//*[@style]|//*[@src]")
        assert not tree.xpath("//@*[starts-with(name(), 'on')]")
        assert "http://" not in source.replace("http://www.w3.org", "") and "https://" not in source
        assert "url(" not in source.replace("url(#hatch)", "") and "@import" not in source
        policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


def test_every_risk_shown_has_its_rule_and_its_source(folder: Path) -> None:
    tree = html.document_fromstring(page(folder, "en", "internal"))
    rows = tree.xpath("//tr[@class='risk']")
    assert len(rows) > 40 and len(rows) == len(compiled(cycle(), "internal").risks)
    for row in rows:
        more = row.getnext()
        assert more.get("class").split()[0] == "more"
        assert more.xpath(".//*[@class='cite']") and more.xpath(".//p[@class='rule']")
        assert "visits.csv, row" in more.text_content() or "my chain.xlsx" in more.text_content()


def test_contributions_on_the_page_add_up_to_the_sum_shown(folder: Path) -> None:
    tree = html.document_fromstring(page(folder))
    sums = 0
    for whys in tree.xpath("//div[@class='whys'][div[@class='why sum']]"):
        numbers = [float(n.text.replace("−", "-")) for n in whys.xpath(".//span[@class='num']")]
        assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.02)
        sums += 1
    assert sums > 20


def test_expert_and_unconfirmed_are_visible_words(folder: Path) -> None:
    said = text_of(page(folder))
    assert "learnt from visits and tested on later ones" in said and said.count("unconfirmed") > 20


def test_unknown_is_hatched_with_its_word(folder: Path) -> None:
    tree = html.document_fromstring(page(folder))
    words = {span.text_content() for span in tree.xpath("//span[@class='unknown']")}
    assert {"unknown", "cannot be evaluated"} <= words and "" not in words


def test_it_never_poses_as_the_oecd_and_avoids_words_that_promise(folder: Path) -> None:
    said = text_of(page(folder)).casefold()
    assert "not oecd guidance" in said
    for word in (" score", " ai ", "insight", "compliance level", " safe "):
        assert word not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_id_is_left_on_the_page(folder: Path, language: str) -> None:
    for source in [path.read_text(encoding="utf-8") for path in (folder / language).rglob("report.html")]:
        assert not re.search(
            r"\b(report|summary|reason|missing|term|signal|problem|hint)\.[a-z][a-z-]+", text_of(source)
        )
        assert "{" not in text_of(source)


_OURS = re.compile(
    r"Kalehe|Walikale|Masisi|Mwenga|Shabunda|Mambasa|(Nord|Sud)-Kivu|Ituri|Winze|OECD|DDG|Annex II|Example \w+|Mai-Mai"
    r"|Comptoir Kasongo|Coopérative Bora|Lumière Metals|Négoce Inconnu|Kinyungu|Nowhere Hill|IPIS|Antwerp|CC BY"
    r"|World Bank|Natural Earth|Amina Example|Handbook|ACLED|ITSCI|UCDP|USD|field quotes|quotes from Kasongo|my chain"
)


def test_the_chinese_report_holds_no_english_sentence(folder: Path) -> None:
    for audience in ("partner", "internal", "public"):
        said = _OURS.sub("", text_of(page(folder, "zh-hans", audience)))
        said = re.sub(r"`[^`]+`|[\w\-/.]*[/._\-][\w\-/.]*", "", said)  # commands, file names and identifiers
        runs = re.findall(r"[A-Za-z]{3,}(?: [A-Za-z]{2,})+", said)
        assert not runs, runs[:5]


def test_the_same_cycle_language_and_audience_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    report.write(made(), tmp_path, "en", "partner")
    for name in report.FILES:
        assert (tmp_path / name).read_bytes() == (folder / "en" / "partner" / name).read_bytes(), name


def test_a_large_case_stays_under_five_megabytes(tmp_path: Path) -> None:
    report.write(made(many=60), tmp_path, "zh-hans", "internal")
    assert (tmp_path / "report.html").stat().st_size < 5_000_000
    assert len(html.document_fromstring(page_of(tmp_path)).xpath("//tr[starts-with(@class, 'more')]")) >= 300


def page_of(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("audience", ["internal", "partner"])
def test_hostile_names_stay_texts(tmp_path: Path, audience: str) -> None:
    report.write(made(names=HOSTILE), tmp_path, "en", audience)
    tree = html.document_fromstring(page_of(tmp_path))
    assert not tree.xpath("//script|//img")
    if audience == "internal":
        assert "<script>alert(1)</script>" in tree.text_content()
        book = python_calamine.CalamineWorkbook.from_path(tmp_path / "risks.xlsx")
        names = [row[0] for row in book.get_sheet_by_name("Sites").to_python()]
        assert set(HOSTILE.values()) <= set(names)
    assert b"<f>" not in _unzipped(tmp_path / "risks.xlsx")
    rows = list(csv.reader((tmp_path / "problems.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "@", "+")]


def _unzipped(path: Path) -> bytes:
    import zipfile

    with zipfile.ZipFile(path) as book:
        return b"".join(book.read(name) for name in book.namelist() if "worksheets" in name)


@given(st.text(max_size=20))
def test_no_text_is_run_by_a_spreadsheet(cell: str) -> None:
    assert worksheets.harmless(cell)[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n")
    assert worksheets.harmless(cell).endswith(cell)


def test_the_workbook_holds_what_the_report_says(folder: Path) -> None:
    book = python_calamine.CalamineWorkbook.from_path(folder / "en" / "internal" / "risks.xlsx")
    assert book.sheet_names == ["Risks", "Why", "Plans", "Signals", "Sites", "Sources", "Problems"]
    told = compiled(cycle(), "internal")
    risks = book.get_sheet_by_name("Risks").to_python()
    assert len(risks) == 1 + len(told.risks)
    first = dict(zip(risks[0], risks[1], strict=True))
    assert first["Rank"] == 1 and first["Risk"] == "Forced labour" and first["Response"] == "suspend or disengage"
    assert first["Deadline"] == date(2020, 5, 11)
    whys = book.get_sheet_by_name("Why").to_python()
    assert len(whys) == 1 + sum(len(line.whys) for line in told.risks)
    heads = whys[0]
    visited = [dict(zip(heads, row, strict=True)) for row in whys[1:] if row[heads.index("File")] == "visits.csv"]
    assert visited and all(row["Row"] for row in visited)
    assert len(book.get_sheet_by_name("Sites").to_python()) == 1 + len(cycle().register.sites)


def test_a_workbook_for_outside_has_territories_instead_of_sites(folder: Path) -> None:
    book = python_calamine.CalamineWorkbook.from_path(folder / "en" / "public" / "risks.xlsx")
    rows = book.get_sheet_by_name("Sites").to_python()
    assert "Latitude" not in rows[0] and len(rows) == 1 + 6
    assert "Kinyungu" not in str([sheet.to_python() for sheet in map(book.get_sheet_by_name, book.sheet_names)])


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheets_and_headings_are_in_the_language(folder: Path, language: str) -> None:
    book = python_calamine.CalamineWorkbook.from_path(folder / language / "partner" / "risks.xlsx")
    assert book.sheet_names[0] == catalogue()["report.sheet.risks"][language]
    heads = book.get_sheet_by_name(book.sheet_names[0]).to_python()[0]
    assert catalogue()["report.cell.likelihood"][language] in heads and len(set(heads)) == len(heads)


def test_problems_csv_gives_place_code_sentence_and_hint(folder: Path) -> None:
    data = (folder / "en" / "internal" / "problems.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert list(rows[0]) == ["file", "sheet", "row", "cell", "severity", "code", "message", "hint"]
    assert [row["code"] for row in rows] == [problem.code for problem in cycle().problems]
    assert rows[1] | {} == rows[1] and (rows[1]["file"], rows[1]["row"], rows[1]["cell"]) == (
        "visits.csv",
        "88",
        "workers",
    )
    assert all(row["message"] and row["hint"] for row in rows)


def test_nothing_half_written_is_left_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report.html").write_text("before", encoding="utf-8")

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        report.write(cycle(), tmp_path, "en", "partner")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert page_of(tmp_path) == "before"


def test_the_summary_reads_in_every_language() -> None:
    told = {language: report.summary(cycle(), language, "partner") for language in LANGUAGES}
    assert all(len(lines) == len(told["en"]) <= 10 for lines in told.values())
    assert told["en"][0].startswith("Files read: 9. Statements known on 11 May 2020: 254.")
    assert not any(re.search(r"[A-Za-z]{3,} [A-Za-z]{3,}", line.replace("Kalehe", "")) for line in told["zh-hans"])


def test_an_empty_case_teaches_what_to_bring(tmp_path: Path) -> None:
    from winze.engine.baseline import baseline
    from winze.engine.register import build

    where = build([])
    empty = replace(cycle(), statements=(), register=where, signals=(), risks=(), problems=(), inputs=(),
                    baseline=baseline([], where, DAY))  # fmt: skip
    report.write(empty, tmp_path, "en", "partner")
    said = text_of(page_of(tmp_path))
    assert "No risk is ranked" in said and "The acts template" in said and "that nothing closed does not follow" in said


# -- words -----------------------------------------------------------------------------------------------------------


def test_numbers_dates_and_countries_are_written_as_the_language_does() -> None:
    when = date(2020, 5, 11)
    assert [day(when, x) for x in LANGUAGES] == ["11 May 2020", "11 mai 2020", "11 de mayo de 2020", "2020年5月11日"]
    assert number(12345, "en") == "12,345" and number(12345, "fr") == "12\u202f345"
    assert number(12.34, "fr") == "12,3" and number(0.666, "en") == "0.67" and number(1234.56, "en") == "1,235"
    assert [term("country.COD", x) for x in ("es", "zh-hans")] == ["RD Congo", "刚果（金）"]
    assert worded(None, "zh-hans") == "未知" and worded("@mineral.gold", "fr") == "or"


def test_a_term_nobody_translated_is_shown_as_written_and_an_unknown_message_is_our_bug() -> None:
    assert worded("@mineral.heterogenite", "es") == "heterogenite"
    with pytest.raises(KeyError, match="no text"):
        phrase("reason.never-heard-of", "en")


def test_braces_in_a_value_are_not_taken_for_fields() -> None:
    assert phrase("report.and-others", "en", count="{evil}") == "and {evil} more"


@settings(max_examples=40, deadline=None)
@given(st.floats(-1e9, 1e9, allow_nan=False), st.sampled_from(LANGUAGES))
def test_a_number_has_no_more_digits_than_it_bears(value: float, language: str) -> None:
    assert len(re.sub(r"\D", "", number(value, language))) <= max(3, len(str(int(abs(value)))) + 1)


@pytest.mark.parametrize("kind", ["closure", "restriction"])
def test_acts_and_closures_keep_their_rows_outside_for_they_name_no_site(folder: Path, kind: str) -> None:
    told = compiled(cycle(), "public")
    lines = [line for line in told.signals if line.signal.kind == kind]
    assert lines and all(why.file == ACTS and why.row for line in lines for why in line.whys)


def test_places_are_named_for_each_kind_of_subject() -> None:
    made_cycle = cycle()
    for audience in ("internal", "public"):
        words = report.Words(made_cycle, compiled(made_cycle, audience), view(made_cycle, audience), "en")
        names = {
            subject: words.name(words.place(subject))
            for subject in ("country:BFA#gold", "commodity:tin", "world:all", "area:CD6207", "origin:nowhere hill",
                            "province:COD/sud kivu", "party:comptoir kasongo", "node:Border post",
                            "country:BFA#sa4d94d8916f21c5a")
        }  # fmt: skip
        assert names["country:BFA#gold"] == "Burkina Faso · gold" and names["province:COD/sud kivu"] == "Sud-Kivu"
        assert all(names.values()) and names["country:BFA#sa4d94d8916f21c5a"] == "Burkina Faso"
        assert ("Kasongo" in names["party:comptoir kasongo"]) == (audience == "internal")


def test_red_flags_that_are_withheld_are_counted_and_not_shown_as_none(tmp_path: Path) -> None:
    told = compiled(cycle(), "public")
    words = report.Words(cycle(), told, view(cycle(), "public"), "en")
    assert not told.of("red-flag-", "screening") and dict(words.sections())["flags"] is None
    report.write(cycle(), tmp_path, "en", "public")
    assert "No link of a chain that this audience may see" in text_of(page_of(tmp_path))
    told = compiled(cycle(), "internal")
    many = tuple(replace(line, raised=7) for line in told.signal_counts if line.kind.startswith("red-flag-"))
    counted = report.Words(cycle(), replace(told, signals=(), signal_counts=many), words.eyes, "en")
    assert many and counted.withheld("red-flag-") == str(7 * len(many))
    hidden = replace(told, signals=(), signal_counts=(replace(many[0], raised=None),))
    few = report.Words(cycle(), hidden, words.eyes, "en")
    assert few.withheld("red-flag-") == "fewer than 5, or withheld beside such"


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_pressures_of_a_site_stand_side_by_side_with_band_index_grade_and_studies(
    folder: Path, language: str
) -> None:
    (table,) = html.document_fromstring(page(folder, language)).xpath("//table[contains(@class, 'pressed')]")
    rows = table.xpath("tbody/tr")
    lines = compiled(cycle(), "partner").pressed
    assert rows and len(rows) == len(lines)
    words = report.Words(cycle(), compiled(cycle(), "partner"), view(cycle(), "partner"), language)
    for row, line in zip(rows, lines, strict=True):
        where, *pair = row.xpath("td")
        assert line.place.code in where.text_content() and len(pair) == 2
        for cell, told in zip(pair, (line.rapacity, line.desperation), strict=True):
            said = cell.text_content()
            assert words.band(told.signal) in said and words.index(told.signal) in said
            assert words.term(f"grade.{told.signal.grade}") in said and all(
                study in said for study in words.studies(told)
            )


def test_no_site_is_under_pressure_on_a_page_for_everyone(folder: Path) -> None:
    assert not html.document_fromstring(page(folder, "en", "public")).xpath("//table[contains(@class, 'pressed')]")


def test_an_index_without_an_upper_end_says_so_and_a_withheld_one_shows_its_state_only() -> None:
    words = report.Words(cycle(), compiled(cycle(), "partner"), view(cycle(), "partner"), "en")
    signal = next(s for s in cycle().signals if s.kind == "pressure-rapacity" and s.value is None)
    assert words.band(signal) == "low to high"
    assert words.index(signal) == "Index 0% or more; no upper end is known"
    withheld = replace(signal, interval=None, bands=None, state="raised")
    assert words.band(withheld) == phrase("report.state.raised", "en") and words.index(withheld) == ""
