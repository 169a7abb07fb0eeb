"""Rows that were not loaded go out, are mended and come back: nothing is lost on the way, and nothing runs."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from real import real
from winze.engine.texts import LANGUAGES
from winze.formats import reading
from winze.formats.files import Unreadable
from winze.formats.mends import Mend, plain
from winze.formats.rejected import LEADING, MARK, mends_from, original_of, rejected, rejected_csv

HEADINGS = ["site", "country", "territory", "latitude", "longitude", "minerals", "workers", "seen-on"]
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
DANGEROUS = ['=HYPERLINK("http://x.example","y")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "'quoted", " =1", "－1"]


def sites(tmp_path: Path, rows: list[list[object]], name: str = "sites.csv", sheet: str = "Sites ") -> Path:
    path = tmp_path / name
    whole = [["winze:sites/1"], HEADINGS, *rows]
    if name.endswith(".csv"):
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(whole)
        return path
    book = openpyxl.Workbook()
    book.worksheets[0].title = sheet
    for number, row in enumerate(whole, 1):
        for column, value in enumerate(row, 1):
            cell = book.worksheets[0].cell(number, column, value)
            if isinstance(value, str):
                cell.data_type = "s"
    book.save(path)
    return path


def out(path: Path, form: str, language: str = "en") -> Path:
    found = reading.read(path)
    target = path.parent / f"back.{form}"
    target.write_bytes((rejected if form == "xlsx" else rejected_csv)(path, found, language))
    return target


def lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def sha(path: Path) -> str:
    return reading.read(path).sha256


BAD = ["Mine B", "nowhere", "Fizi", -4.25, 28.12345678901234, "gold", 40, datetime(2020, 3, 1)]  # noqa: DTZ001
GOOD = ["Mine A", "COD", "Fizi", -4.3, 28.9, "gold", 12, date(2020, 3, 1)]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("name", ["sites.csv", "sites.xlsx"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_exactly_the_rejected_rows_go_out_with_what_is_wrong(tmp_path, form, name, language):
    path = sites(tmp_path, [GOOD, BAD, ["", *GOOD[1:]]], name)
    back = out(path, form, language)
    if form == "csv":
        rows = lines(back)
    else:
        rows = [[str(cell or "") for cell in row] for row in openpyxl.load_workbook(back).worksheets[0].values]
    assert rows[0][:2] == [MARK, sha(path)]
    assert rows[1][len(LEADING) : -1] == HEADINGS
    assert [row[0].rpartition("!")[2] for row in rows[2:]] == ["4", "5"]
    assert all(row[1] and row[2] and not row[3] for row in rows[2:])
    assert "nowhere" in rows[2][1] and rows[2][4].lstrip("'") == "Mine B"
    assert mends_from(back, sha(path)) == ()


def test_mended_cells_come_back_as_corrections_and_load_the_rows(tmp_path):
    path = sites(tmp_path, [GOOD, BAD, ["Mine C", "COD", "", "", "", "gold", "", "soon"]], "sites.xlsx")
    back = out(path, "xlsx")
    book = openpyxl.load_workbook(back)
    sheet = book.worksheets[0]
    sheet.cell(3, 6, "Burundi")
    sheet.cell(4, 12, date(2020, 5, 1))
    book.save(back)
    mends = mends_from(back, sha(path))
    assert mends == (Mend("Sites ", 4, "country", "Burundi"), Mend("Sites ", 5, "seen-on", "2020-05-01"))
    found = reading.read(path, mends=mends)
    assert len(found.statements) == 3 and not found.failed
    assert found.statements[1].said.point.lon == 28.12345678901234


def test_a_second_round_carries_the_corrections_of_the_first(tmp_path):
    path = sites(tmp_path, [["Mine B", "nowhere", "", "", "", "", "", "soon"]])
    first = (Mend(None, 3, "country", "COD"),)
    back = tmp_path / "back.csv"
    back.write_bytes(rejected_csv(path, reading.read(path, mends=first)))
    rows = lines(back)
    assert rows[2][5] == "COD"
    rows[2][11] = "2020"
    with back.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    second = mends_from(back, sha(path))
    assert second == (Mend(None, 3, "seen-on", "2020"),)
    assert len(reading.read(path, mends=[*first, *second]).statements) == 1


@pytest.mark.parametrize("yes", ["yes", "Oui", "x", "是", "1"])
def test_a_row_is_left_out_where_the_person_says_so(tmp_path, yes):
    path = sites(tmp_path, [GOOD, BAD])
    back = out(path, "xlsx")
    book = openpyxl.load_workbook(back)
    book.worksheets[0].cell(3, 4, yes)
    book.save(back)
    mends = mends_from(back, sha(path))
    assert mends == (Mend(None, 4, leave_out=True),)
    assert not reading.read(path, mends=mends).failed


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("text", DANGEROUS)
def test_no_cell_runs_as_a_formula_and_none_is_changed(tmp_path, form, text):
    path = sites(tmp_path, [[text, "nowhere", text, "", "", "", "", "2020"]])
    back = out(path, form)
    assert mends_from(back, sha(path)) == ()
    if form == "csv":
        assert not any(cell.lstrip()[:1] in tuple("=+@-") for row in lines(back)[2:] for cell in row if cell)
    else:
        with zipfile.ZipFile(back) as parts:
            assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
        cells = openpyxl.load_workbook(back).worksheets[0][3]
        assert cells[4].data_type == "s" and cells[4].value == plain(text)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        *DANGEROUS,
        "a\r\nb",
        "_x0041_",
        "_x000D_",
        "x" * 40_000,
        "\x07",
        "00123",
        "1e5",
        "true",
        "\ufffe",
        "a\x0bb",
        "💎" * 20_000,
    ]
)


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_goes_out_and_comes_back_unchanged_corrects_nothing(tmp_path, form):
    @QUICK
    @given(st.lists(TEXTS, min_size=6, max_size=9))
    def unchanged(cells: list[str]) -> None:
        path = sites(tmp_path, [GOOD, ["B", "nowhere", *cells]])
        path.write_text(path.read_text(encoding="utf-8").replace("\0", ""), encoding="utf-8", newline="")
        back = out(path, form)
        assert mends_from(back, sha(path)) == ()

    unchanged()


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_a_person_writes_comes_back_to_the_letter(tmp_path, form):
    path = sites(tmp_path, [GOOD, BAD])
    back = out(path, form)

    @QUICK
    @given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20))
    def same(text: str) -> None:
        changed = back.with_name(f"changed.{form}")
        if form == "csv":
            rows = lines(back)
            rows[2][4] = "'" + text
            with changed.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(rows)
        else:
            book = openpyxl.load_workbook(back)
            cell = book.worksheets[0].cell(3, 5)
            cell.value = text
            cell.data_type = "s"
            book.save(changed)
        wanted = () if plain(text) == "Mine B" else (Mend(None, 4, "site", plain(text) or None),)
        assert mends_from(changed, sha(path)) == wanted

    same()


def test_numbers_days_and_long_numbers_of_a_workbook_come_back_as_they_were(tmp_path):
    path = tmp_path / "sites.xlsx"
    cells = st.sampled_from([0.1 + 0.2, 1e22, -0.5, 7, 2**60, True, date(1899, 1, 1), date(2020, 2, 29),
                             datetime(2020, 1, 1, 12, 30), 28.12345678901234])  # fmt: skip  # noqa: DTZ001

    @QUICK
    @given(st.lists(cells, min_size=6, max_size=6))
    def unchanged(row: list[object]) -> None:
        sites(tmp_path, [["B", "nowhere", *row]], "sites.xlsx")
        assert mends_from(out(path, "xlsx"), sha(path)) == ()

    unchanged()


def test_a_file_that_belongs_to_another_or_was_taken_apart_is_refused(tmp_path):
    path = sites(tmp_path, [GOOD, BAD])
    back = out(path, "csv")

    def refused(rows: list[list[str]], sha256: str = "") -> str:
        with back.with_name("wrong.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        with pytest.raises(Unreadable) as wrong:
            mends_from(back.with_name("wrong.csv"), sha256 or sha(path))
        return wrong.value.code

    rows = lines(back)
    assert refused(rows, "0" * 64) == "corrections_of_another"
    assert refused(rows[1:]) == "corrections_not_ours"
    assert refused([[*row[:5], *row[6:]] for row in rows[:1] + rows[1:]]) != "corrections_not_ours"
    assert refused([rows[0], [*rows[1][:5], "new", *rows[1][5:]], *rows[2:]]) == "corrections_moved"
    assert refused([*rows[:2], ["", *rows[2][1:]]]) == "corrections_no_place"
    with pytest.raises(Unreadable):
        mends_from(path, sha(path))


def test_lost_seals_change_nothing_that_was_not_changed(tmp_path):
    path = sites(tmp_path, [GOOD, BAD], "sites.xlsx")
    back = out(path, "xlsx")
    book = openpyxl.load_workbook(back)
    book.worksheets[0].cell(3, 13).value = None
    book.worksheets[0].cell(3, 6).value = "COD"
    book.save(back)
    found = reading.read(path, mends=mends_from(back, sha(path)))
    assert [p.code for p in found.problems] == ["cell_mended"]
    assert found.statements[1].said.point.lon == 28.12345678901234


def test_rows_in_another_order_and_rows_left_away_do_no_harm(tmp_path):
    path = sites(tmp_path, [GOOD, BAD, ["Mine C", "COD", "", "", "", "", "", "soon"]])
    back = out(path, "csv")
    rows = lines(back)
    rows[3][11] = "2020"
    with back.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*rows[:2], rows[3]])
    assert mends_from(back, sha(path)) == (Mend(None, 5, "seen-on", "2020"),)


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_returned_file_read_alone_says_what_it_is(tmp_path, form):
    path = sites(tmp_path, [GOOD, BAD])
    back = out(path, form)
    found = reading.read(back)
    assert found.format == "winze-mends" and [p.code for p in found.problems] == ["corrections_alone"]
    assert original_of(back).sha256 == sha(path) and original_of(path) is None


def test_no_rejected_row_is_missing_from_a_long_list(tmp_path):
    path = sites(tmp_path, [[f"Mine {n}", "nowhere", "", "", "", "", "", "2020"] for n in range(700)])
    assert len(reading.read(path).problems) < 500
    assert len(lines(out(path, "csv"))) == 702


def test_same_headings_and_blank_headings_are_named_by_letter(tmp_path):
    path = tmp_path / "a.csv"
    rows = [["winze:sites/1"], [*HEADINGS, "note", "Note", "", "K"], [*map(str, BAD), "a", "b", "c", "d"]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    back = out(path, "csv")
    told = lines(back)
    told[2][12:16] = ["1", "2", "3", "4"]
    with back.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(told)
    mends = mends_from(back, sha(path))
    assert [mend.cell for mend in mends] == ["I", "J", "K3", "K"]
    found = reading.read(path, mends=mends)
    said = {p.origin.cell: dict(p.values)["before"] for p in found.problems if p.code == "cell_mended"}
    assert said == {"I": "a", "J": "b", "K3": "c", "K": "d"}


def test_a_file_that_is_broken_as_a_whole_says_so_on_a_sheet_of_its_own(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"%PDF-1.4")
    book = openpyxl.load_workbook(io.BytesIO(rejected(path, reading.read(path))))
    assert [row[1] for row in book.worksheets[0].values][1:] == ["This is a PDF file, which is not read."]


def test_thirty_broken_cells_of_the_real_visits_are_mended_and_all_rows_load(tmp_path):
    """Sent out, mended from the original by script, sent back: the register holds what it would have held."""
    original = real("mines/ipis_drc_visits_2009_2018.csv")
    with original.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    at = {name: n for n, name in enumerate(rows[0])}
    picked = sorted(random.Random(7).sample(range(1, len(rows)), 30))
    truth = {n + 1: list(rows[n]) for n in picked}
    for k, n in enumerate(picked):
        row = rows[n]
        if k % 6 == 0:
            row[at["visit_date"]] = ""
        elif k % 6 == 1:
            row[at["visit_date"]] = "the day before yesterday"
        elif k % 6 == 2:
            row[at["pcode"]] = "n/a"
        elif k % 6 == 3:
            row.append('=HYPERLINK("http://x.example")')
        elif k % 6 == 4:
            row[at["pcode"]] = "   "
        else:
            row[at["visit_date"]] = "2018-02-30"
    path = tmp_path / "visits.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    found = reading.read(path)
    assert len(found.statements) == len(rows) - 1 - 30
    back = tmp_path / "back.xlsx"
    back.write_bytes(rejected(path, found, "fr"))
    assert mends_from(back, found.sha256) == ()
    book = openpyxl.load_workbook(back)
    sheet = book.worksheets[0]
    assert sheet.max_row == 32
    for line in sheet.iter_rows(min_row=3, max_col=sheet.max_column - 1):
        for n, cell in enumerate(line[len(LEADING) :]):
            right = truth[int(line[0].value)]
            wanted = right[n].strip() if n < len(right) else ""
            if (cell.value or "") != wanted:
                cell.value = wanted or None
    book.save(back)
    mends = mends_from(back, found.sha256)
    assert len(mends) == 30
    again, right = reading.read(path, mends=mends), reading.read(original)
    assert not again.failed
    assert [(s.origin.row, s.id) for s in again.statements] == [(s.origin.row, s.id) for s in right.statements]
