"""A dry run of an import shows what a file is and what is wrong with it; a mode decides what of it is loaded."""

from __future__ import annotations

import csv
import dataclasses
import io
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from compound import ole
from real import FOLDER, real
from winze.engine.again import by_key, compare
from winze.engine.texts import LANGUAGES, sentence
from winze.formats import mapping, reading
from winze.formats.files import Unreadable
from winze.formats.importing import Preview, decide, otherwise, preview
from winze.formats.mends import Mend
from winze.formats.rejected import rejected

HEADINGS = ["site", "country", "territory", "latitude", "longitude", "minerals", "workers", "seen-on"]


def sites(path: Path, *rows: list[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["winze:sites/1"], HEADINGS, *rows])
    return path


def row(name: str, **cells: str) -> list[str]:
    usual = {"site": name, "country": "COD", "minerals": "gold", "seen-on": "2020-03-01"}
    return [(usual | cells).get(heading, "") for heading in HEADINGS]


def sound(found: Preview) -> Preview:
    assert found.failed == any(p.severity == "error" for p in found.problems)
    for problem in found.problems:
        assert all(sentence(problem, language) for language in LANGUAGES)
    return found


# -- preview


def test_a_preview_says_what_the_file_is_and_counts_its_rows(tmp_path):
    path = sites(tmp_path / "a.csv", row("A"), row("B", country="?"), row("C", workers="many"), row("D"))
    found = sound(preview(path, mends=[Mend(None, 6, leave_out=True)]))
    assert (found.container, found.format, found.version, found.source) == ("csv", "winze-template", "sites/1", "user")
    assert dict(found.kinds) == {"site": 2} and found.oldest == found.newest == date(2020, 3, 1)
    counts = found.counts
    assert (counts.read, counts.loaded, counts.refused, counts.left_out) == (3, 2, 1, 1)
    assert found.proposal is None and found.corrects is None


def test_problems_stand_at_their_cells(tmp_path):
    path = sites(tmp_path / "a.csv", row("A"), row("B", country="?"), row("C", workers="many"))
    (sheet,) = preview(path).sheets
    assert (sheet.header_row, sheet.headings, sheet.more) == (2, tuple(HEADINGS), False)
    assert [shown.heading for shown in sheet.rows] == [False, True, False, False, False]
    marks = {(shown.number, at): [p.code for p in some] for shown in sheet.rows for at, some in shown.problems.items()}
    assert marks == {(4, 1): ["country_unknown", "row_without"], (5, 6): ["value_not_number"]}


def test_rows_with_errors_further_down_are_shown_too(tmp_path):
    path = sites(tmp_path / "a.csv", *(row(f"S{n}", country="?" if n in (0, 50, 60) else "COD") for n in range(90)))
    (sheet,) = preview(path, limit=3).sheets
    assert [shown.number for shown in sheet.rows] == [1, 2, 3, 53, 63] and sheet.more
    (sheet,) = preview(path, limit=52).sheets
    assert [shown.number for shown in sheet.rows] == [*range(1, 54), 63][: len(sheet.rows)]
    assert sheet.rows[-1].number == 63


def test_what_no_reader_knows_comes_with_a_proposed_mapping(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("Mine,Pays,Minerai,Vu le\nA,COD,or,2020-03-01\nB,COD,or,2020-04-01\n", encoding="utf-8")
    found = sound(preview(path))
    assert found.format is None and found.counts.read is None and found.proposal is not None
    mapped = sound(preview(path, mapping=found.proposal))
    assert mapped.format == "mapped" and mapped.counts.loaded == 2 and mapped.proposal is None


def test_a_returned_file_says_which_file_it_corrects(tmp_path):
    path = sites(tmp_path / "a.csv", row("B", country="?"))
    back = tmp_path / "back.xlsx"
    back.write_bytes(rejected(path, reading.read(path)))
    found = sound(preview(back))
    assert found.corrects is not None and found.corrects.sha256 == reading.read(path).sha256
    assert found.corrects.name == "a.csv"


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("[Content_Types].xml", "<Types/>")
        parts.writestr("xl/workbook.xml", "<workbook/>")
        parts.writestr("xl/worksheets/sheet1.xml", b"0" * 80_000_000)
    return out.getvalue()


def truncated() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.worksheets[0].append(["a"] * 50)
    book.save(out)
    return out.getvalue()[:-400]


LOCKED = ole({"EncryptionInfo": b"\4\0\4\0@\0\0\0", "EncryptedPackage": b"\0" * 6_000})
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.csv"), (b"\x00\x01\x02", "a.csv"), (b"%PDF-1.4", "a.xlsx"), (bomb(), "a.xlsx"),
        (truncated(), "a.xlsx"),
        (OLE, "a.xlsx"), (LOCKED, "a.xlsx"), (LOCKED, "renamed.csv"),
        (b"PK\x03\x04rubbish", "a.xlsx"), (b"<a><b>", "a.csv"), (b"<!DOCTYPE html>", "a.csv"),
        (b'{"a": ', "a.json"), (b"[1, 2]", "a.csv"), (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a.xml"),
        (b"a;b\n\xff\xfe;\"", "a.csv"), ("Mine;Pays\nDéjà;COD\n".encode("cp1252"), "a.csv"), (b",,,\n,,,\n", "a.csv"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mends", [(), (Mend(None, 1, "A", "x"), Mend("S", 2, leave_out=True))])
def test_hostile_and_broken_files_give_problems_and_no_exception(tmp_path, content, name, mends):
    path = tmp_path / name
    path.write_bytes(content)
    found = sound(preview(path, mends=mends))
    assert found.failed and not found.kinds
    assert rejected(path, reading.read(path, mends=mends))[:2] == b"PK"


def test_a_workbook_under_a_password_and_one_that_swells_are_named(tmp_path, monkeypatch):
    few = dataclasses.replace(reading.limits(), inflated_bytes=1_000_000)
    monkeypatch.setattr(reading, "limits", lambda: few)
    for content, code in ((LOCKED, "file_encrypted"), (bomb(), "file_bomb")):
        (tmp_path / "a.xlsx").write_bytes(content)
        assert [p.code for p in preview(tmp_path / "a.xlsx").problems] == [code]


def test_a_file_that_is_not_there_and_a_folder_give_problems(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        assert [p.code for p in sound(preview(path)).problems] == ["file_unreachable"]


def test_formula_cells_are_shown_as_text_and_not_run(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    for cells in (["winze:sites/1"], HEADINGS, row('=HYPERLINK("http://x.example","A")')):
        book.worksheets[0].append(cells)
    book.save(path)
    assert sound(preview(path)).sheets[0].rows


def test_a_sheet_without_end_is_cut_and_said(tmp_path, monkeypatch):
    few = dataclasses.replace(reading.limits(), rows=30)
    monkeypatch.setattr(reading, "limits", lambda: few)
    path = sites(tmp_path / "a.csv", *(row(f"S{n}") for n in range(60)))
    found = sound(preview(path))
    assert found.counts.loaded == 28 and [p.code for p in found.problems] == ["too_many_rows"]


@pytest.mark.parametrize("name", ["mines/ipis_drc_visits_2009_2018.csv", "prices/worldbank_CMO_monthly_to_2020M04.xlsx",
                                  "screening/un_consolidated_2020.xml", "conflict/ucdp_ged_hdx_SSD.csv",
                                  "screening/ofac_sdn.csv", "funding/fts_incoming_funding_global.csv"])  # fmt: skip
def test_real_files_are_previewed(name):
    found = sound(preview(real(name)))
    counts = found.counts
    if found.format and found.container != "xml":
        assert counts.read and counts.loaded + counts.refused <= counts.read
    assert FOLDER and (found.kinds or found.failed)


# -- stop, skip or update


def decided(tmp_path: Path, mode: str, *rows: list[str], known: list[list[str]]) -> object:
    stood = reading.read(sites(tmp_path / "old.csv", *known)).statements
    found = reading.read(sites(tmp_path / "new.csv", *rows))
    return decide(found, compare(found.statements, by_key(stood)), mode)  # type: ignore[arg-type]


def test_stop_loads_nothing_where_anything_is_wrong_and_says_why(tmp_path):
    found = decided(tmp_path, "stop", row("A"), row("B", country="?"), known=[])
    assert found.stopped and not found.load and "row_without" in [p.code for p in found.why]
    found = decided(tmp_path, "stop", row("A", workers="4"), known=[row("A", workers="3")])
    assert [p.code for p in found.why] == ["told_otherwise"] and "workers" in sentence(found.why[0], "en")
    found = decided(tmp_path, "stop", row("A"), row("B"), known=[row("A")])
    assert not found.stopped and [s.said.name for s in found.load] == ["B"] and found.same == 1


def test_skip_loads_good_new_rows_and_leaves_the_rest(tmp_path):
    rows = [row("A", workers="4"), row("B"), row("C", country="?")]
    found = decided(tmp_path, "skip", *rows, known=[row("A", workers="3"), row("Z")])
    assert [s.said.name for s in found.load] == ["B"] and len(found.left) == 1 and not found.supersede
    assert (found.gone, found.same) == (1, 0) and found.refused >= 1 and not found.stopped


def test_update_loads_what_is_said_otherwise_and_keeps_both(tmp_path):
    found = decided(tmp_path, "update", row("A", workers="4"), row("B"), known=[row("A", workers="3")])
    assert [s.said.name for s in found.load] == ["B", "A"] and not found.left
    (change,) = found.supersede
    assert (change.before.said.workers, change.after.said.workers) == (3, 4) and change.after in found.load


@pytest.mark.parametrize("mode", ["stop", "skip", "update"])
def test_the_same_file_twice_changes_nothing_in_any_mode(tmp_path, mode):
    rows = [row("A", workers="4"), row("B")]
    found = decided(tmp_path, mode, *rows, known=rows)
    assert not found.load and not found.supersede and not found.stopped and found.same == 2


def test_what_is_said_otherwise_is_a_problem_at_its_row(tmp_path):
    found = decided(tmp_path, "skip", row("B"), row("A", workers="4"), known=[row("A", workers="3")])
    (problem,) = otherwise(reading.read(tmp_path / "new.csv"), found.left)
    assert (problem.origin.row, problem.severity) == (4, "warning")


# -- a sender's layout


def purchases(path: Path, sheet: str, headings: list[str], rows: int = 3) -> Path:
    book = openpyxl.Workbook()
    book.worksheets[0].title = sheet
    for cells in (["REGISTRE DES ACHATS"], headings, *([f"Puits {n}", "COD", "or", "2020-05"] for n in range(rows))):
        book.worksheets[0].append(cells)
    book.save(path)
    return path


def test_a_saved_mapping_is_found_again_for_the_next_file_of_the_same_sender(tmp_path):
    may = purchases(tmp_path / "mai.xlsx", "Mai 2020", ["Mine", "Pays", "Minerai", "Vu le"])
    june = purchases(tmp_path / "juin.xlsx", "Juin 2020", ["MINE ", "Minerai", "Pays", "vu  le"], 40)
    other = purchases(tmp_path / "x.xlsx", "Mai 2020", ["Mine", "Pays", "Substance", "Vu le"])
    assert mapping.fingerprint(may) == mapping.fingerprint(june) != mapping.fingerprint(other)
    saved = mapping.propose(may)
    assert not mapping.changed(saved, may) and not mapping.changed(saved, june)
    assert len(reading.read(may, mapping=saved).statements) == 3
    assert not reading.read(june, mapping=saved).statements
    fitted = mapping.onto(saved, june)
    assert fitted.sheets[0].sheet == "Juin 2020" and fitted.sheets[0].header_row == 2
    assert mapping.onto(saved, may) == saved


def test_headings_that_came_and_went_are_named(tmp_path):
    may = purchases(tmp_path / "mai.xlsx", "Mai", ["Mine", "Pays", "Minerai", "Vu le"])
    june = purchases(tmp_path / "juin.xlsx", "Juin", ["Mine", "Pays", "Substance", "Vu le"])
    found = mapping.changed(mapping.propose(may), june)
    assert (found.gone, found.come) == ((("Juin", "Minerai"),), (("Juin", "Substance"),))


def test_what_is_no_table_has_no_layout(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("{}")
    with pytest.raises(Unreadable):
        mapping.fingerprint(path)


def test_the_layout_of_real_files_is_their_headings():
    visits = real("mines/ipis_drc_visits_2009_2018.csv")
    assert mapping.fingerprint(visits) == mapping.fingerprint(
        real("cases/great-lakes-2020/ipis_drc_visits_2009_2018.csv")
    )
    assert mapping.fingerprint(visits) != mapping.fingerprint(real("conflict/ucdp_ged_hdx_SSD.csv"))
