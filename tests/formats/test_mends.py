"""A person's corrections lie over a file that itself never changes, and every one of them is accounted for."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from winze.engine.problems import Severity
from winze.engine.records import Origin, SiteEntry, Supply
from winze.engine.texts import LANGUAGES, sentence
from winze.formats import mapping, reading
from winze.formats.mends import Mend, Page, at_letters, letters_at
from winze.formats.reading import Reading
from winze.formats.templates import write_template

HEADINGS = ["site", "country", "territory", "latitude", "longitude", "minerals", "workers", "seen-on"]
SITES = [
    ["Mine A", "COD", "Fizi", "-4.3", "28.9", "gold", "12", "2020-03-01"],
    ["Mine B", "nowhere", "Fizi", "-4.4", "28.8", "gold", "", "2020-03-01"],
    ["Mine C", "COD", "Fizi", "-4.5", "28.7", "gold", "30", "soon"],
]


def sites(tmp_path: Path, form: str) -> Path:
    path = tmp_path / f"sites.{form}"
    rows = [["winze:sites/1"], HEADINGS, *SITES]
    if form == "csv":
        path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
        return path
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Sites"
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def codes(found: Reading, *but: str) -> list[str]:
    for problem in found.problems:
        assert all(sentence(problem, language) for language in LANGUAGES)
    return [problem.code for problem in found.problems if problem.code not in but]


@pytest.fixture(params=["csv", "xlsx"])
def file(request, tmp_path) -> tuple[Path, str | None]:
    return sites(tmp_path, request.param), "Sites" if request.param == "xlsx" else None


def test_corrected_cells_are_what_the_reader_sees_and_the_file_stays(file):
    path, sheet = file
    before = path.read_bytes()
    mends = (Mend(sheet, 4, "country", "Burundi"), Mend(sheet, 5, "seen-on", "2020-04"))
    found = reading.read(path, mends=mends)
    assert [s.said.country for s in found.statements] == ["COD", "BDI", "COD"]
    assert [s.origin for s in found.statements] == [Origin(path.name, sheet, row) for row in (3, 4, 5)]
    assert codes(found) == ["cell_mended", "cell_mended"] and not found.failed
    assert "Burundi" in sentence(found.problems[0], "en") and "nowhere" in sentence(found.problems[0], "en")
    assert path.read_bytes() == before and found.mends == mends
    assert len(reading.read(path).statements) == 1


def test_everything_else_is_untouched(file):
    path, sheet = file
    plain, mended = reading.read(path), reading.read(path, mends=[Mend(sheet, 4, "country", "COD")])
    assert plain.statements[0].id == mended.statements[0].id and plain.sha256 == mended.sha256
    assert [p for p in mended.problems if p.origin.row == 5] == [p for p in plain.problems if p.origin.row == 5]


def test_a_correction_to_what_the_cell_says_already_changes_nothing(file):
    path, sheet = file
    found = reading.read(path, mends=[Mend(sheet, 3, "workers", " 12 ")])
    assert found.statements[0].id == reading.read(path).statements[0].id and "cell_mended" not in codes(found)


@pytest.mark.parametrize("cell", ["country", "COUNTRY ", "B", "B4"])
def test_a_cell_is_named_by_its_heading_or_its_letter(file, cell):
    path, sheet = file
    assert len(reading.read(path, mends=[Mend(sheet, 4, cell, "COD")]).statements) == 2


def test_a_blanked_cell_is_unknown_and_the_later_of_two_corrections_stands(file):
    path, sheet = file
    found = reading.read(path, mends=[Mend(sheet, 3, "workers", "99"), Mend(sheet, 3, "workers", None)])
    assert found.statements[0].said.workers is None


def test_the_headings_themselves_can_be_corrected(tmp_path):
    path = sites(tmp_path, "csv")
    path.write_text(path.read_text().replace("country", "kuntry"), encoding="utf-8")
    assert not reading.read(path).statements
    for cell in ("kuntry", "B"):
        assert len(reading.read(path, mends=[Mend(None, 2, cell, "country")]).statements) == 1


def test_a_row_is_left_out_by_an_explicit_act(file):
    path, sheet = file
    found = reading.read(path, mends=[Mend(sheet, 4, leave_out=True), Mend(sheet, 5, "seen-on", "2020")])
    assert [s.said.name for s in found.statements] == ["Mine A", "Mine C"] and not found.failed
    assert [p.origin.row for p in found.problems if p.code == "row_left_out"] == [4]


@pytest.mark.parametrize(
    ("mend", "code"),
    [
        (Mend(None, 99, "country", "COD"), "mend_no_row"),
        (Mend(None, 0, "country", "COD"), "mend_no_row"),
        (Mend(None, 4, "colour", "red"), "mend_no_cell"),
        (Mend(None, 4, "", "red"), "mend_no_cell"),
        (Mend(None, 4, "ZZ", "red"), "mend_no_cell"),
        (Mend(None, 4, "B5", "red"), "mend_no_cell"),
        (Mend("Other", 4, "country", "COD"), "mend_no_sheet"),
        (Mend(None, 99, leave_out=True), "mend_no_row"),
    ],
)
def test_a_correction_of_what_is_not_there_is_said(tmp_path, mend, code):
    found = reading.read(sites(tmp_path, "csv"), mends=[mend])
    said = [p for p in found.problems if p.code.startswith("mend_")]
    assert [p.code for p in said] == [code] and said[0].severity is Severity.ERROR
    assert said[0].origin.row == mend.row and len(found.statements) == 1


def test_a_sheet_nobody_reads_may_be_corrected_without_a_word(tmp_path):
    path = sites(tmp_path, "xlsx")
    book = openpyxl.load_workbook(path)
    book.create_sheet("Notes").append(["a note", "more"])
    book.save(path)
    found = reading.read(path, mends=[Mend("Notes", 1, "A", "another"), Mend("Notes", 2, "A", "none")])
    assert [p.origin.row for p in found.problems if p.code == "mend_no_row"] == [2]


def test_files_that_are_no_table_are_mended_by_their_sender(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    found = reading.read(path, mends=[Mend(None, 1, "A", "x")])
    assert "mend_not_table" in codes(found)


def test_a_short_row_and_a_row_with_an_open_quote_can_be_completed(tmp_path):
    path = tmp_path / "sites.csv"
    text = [
        "winze:sites/1",
        ",".join(HEADINGS),
        "Mine A,COD",
        'Mine B,"COD,Fizi,,,gold,3,2020-03-01',
        ",".join(SITES[0]),
    ]
    path.write_text("\n".join(text), encoding="utf-8")
    assert codes(reading.read(path)) == ["row_without", "row_broken"]
    given = dict(zip(HEADINGS, ["Mine B", "COD", None, None, None, "gold", "3", "2020-03-01"], strict=True))
    mends = [Mend(None, 4, cell, value) for cell, value in given.items()]
    found = reading.read(path, mends=[Mend(None, 3, "seen-on", "2020"), *mends])
    assert [(s.origin.row, s.said.name) for s in found.statements] == [(3, "Mine A"), (4, "Mine B"), (5, "Mine A")]
    assert not found.failed


def test_a_mapping_given_stands_for_the_one_beside_the_file(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("Lieu,Pays,Vu\nMine A,COD,2020\nMine B,x,2020\n", encoding="utf-8")
    columns = (mapping.Column("Lieu", "site"), mapping.Column("Pays", "country"), mapping.Column("Vu", "seen-on"))
    given = mapping.Mapping((mapping.SheetMapping(None, "sites", 1, columns),))
    assert reading.read(path).format is None
    found = reading.read(path, mapping=given, mends=[Mend(None, 3, "Pays", "BDI")])
    assert found.format == "mapped" and [s.said.country for s in found.statements] == ["COD", "BDI"]
    beside = path.with_name(path.name + mapping.SUFFIX)
    beside.write_text("winze-mapping: 1\nsheets: []\n", encoding="utf-8")
    assert not reading.read(path).statements and len(reading.read(path, mapping=given).statements) == 1
    beside.write_text(mapping.to_yaml(given), encoding="utf-8")
    assert isinstance(reading.read(path).statements[0].said, SiteEntry)


def test_a_semicolon_file_with_a_lone_marker_is_corrected_too(tmp_path):
    path = tmp_path / "chain.csv"
    write_template("chain", path)
    lines = ["winze:chain/1", "supplier;buyer;mineral;from", "Comptoir;Fonderie;tin;", "Puits;Comptoir;tin;2020"]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = reading.read(path, mends=[Mend(None, 3, "from", "2020-02")])
    assert len(found.statements) == 2 and isinstance(found.statements[0].said, Supply) and not found.failed


@pytest.mark.parametrize(("letters", "at"), [("A", 0), ("Z", 25), ("AA", 26), ("AZ", 51), ("BA", 52), ("AAA", 702)])
def test_letters_of_columns(letters, at):
    assert at_letters(letters) == at and letters_at(at) == letters


def test_without_a_reader_headings_are_looked_for_above_the_row():
    page = Page()
    page.remember(1, ("a title",))
    page.remember(3, ("Site", "Pays"))
    assert page.column("pays", 5) == 1 and page.column("C", 5) is None and page.column("B", 5) == 1
    assert page.column("pays", 2) is None
