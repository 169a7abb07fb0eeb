"""Files that are broken, disguised or meant to harm: each gives clear sentences, no exception, and good rows stay."""

import codecs
import csv
import dataclasses
import io
import json
import os
import struct
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compound import ole
from real import FOLDER, real
from winze.engine.texts import LANGUAGES, hint, sentence
from winze.formats import reading
from winze.formats.files import Source
from winze.formats.reading import Reading

COLUMNS = ["Country", "Admin1", "Facility name", "Facility type", "Ownership", "Lat", "Long", "iso3c", "Tier"]
ROW = ["Burundi", "Gitega", "Exemple", "Hôpital", "Public", "-3.4", "29.9", "BDI", "3"]
LIST = (
    '<CONSOLIDATED_LIST dateGenerated="2020-11-30">{}<ENTITY><FIRST_NAME>EXAMPLE</FIRST_NAME><REFERENCE_NUMBER>'
    "CDe.1</REFERENCE_NUMBER><LISTED_ON>2007-03-29</LISTED_ON></ENTITY></CONSOLIDATED_LIST>"
)
RING = [[28, -2], [29, -2], [29, -1], [28, -2]]


def site(name: str, **cells: str) -> list[str]:
    return [cells.get(column, name if column == "Facility name" else value)
            for column, value in zip(COLUMNS, ROW, strict=True)]  # fmt: skip


def table(*rows: list[str], delimiter: str = ",", end: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows([COLUMNS, *rows])
    return out.getvalue()


def workbook(*rows: list[object]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Sites")
        for number, row in enumerate([COLUMNS, *rows]):
            for at, value in enumerate(row):
                sheet.write(number, at, value)
    return out.getvalue()


def shape(*coordinates: object) -> dict[str, object]:
    return {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"cca2": "cd"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for ring in coordinates]}  # fmt: skip


def read(tmp_path: Path, content: bytes | str, name: str = "file.csv") -> Reading:
    """Reads a file of this content and holds that whatever is wrong with it can be said in all four languages."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return sound(reading.read(path))


def sound(found: Reading) -> Reading:
    for problem in found.problems:
        assert problem.origin.input == found.id
        said = {language: sentence(problem, language) for language in LANGUAGES}
        hints = {language: hint(problem, language) for language in LANGUAGES}
        assert all(said.values()) and all(hints.values())
        assert len(set(hints.values())) == len(LANGUAGES) and len(set(said.values())) == len(LANGUAGES)
    assert found.statements or found.problems
    for statement in found.statements:
        assert statement.id and statement.origin.input == found.id
    return found


def codes(found: Reading) -> Counter[str]:
    """Problem codes but those that every file of these formats gives."""
    usual = {"health_source_dated", "health_no_place", "reference_undated", "listing_undated"}
    return Counter(problem.code for problem in found.problems if problem.code not in usual)


def names(found: Reading) -> list[str]:
    return [statement.said.name for statement in found.statements]


def few(monkeypatch: pytest.MonkeyPatch, **figures: int) -> None:
    limits = dataclasses.replace(reading.limits(), **figures)
    monkeypatch.setattr(reading, "limits", lambda: limits)


# -- nothing in it


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.xml", "a.json", "a"])
@pytest.mark.parametrize(
    "content", [b"", b" \r\n\t\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE + "\n".encode("utf-16-be")]
)
def test_a_file_with_nothing_in_it_is_empty_whatever_it_is_called(tmp_path, name, content):
    assert codes(read(tmp_path, content, name)) == {"file_empty": 1}


@pytest.mark.parametrize("content", [";;;\n;;;\n", ",\n", workbook()])
def test_a_grid_with_nothing_in_it_is_empty_or_unknown(tmp_path, content):
    found = read(tmp_path, content)
    assert not found.statements and set(codes(found)) <= {"file_empty", "format_unknown"}


def test_a_workbook_without_cells_is_empty(tmp_path):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet()
    assert codes(read(tmp_path, out.getvalue())) == {"file_empty": 1}


@pytest.mark.parametrize("content", [b"\0" * 10_000, b"\0", bytes(range(256)) * 40, os.urandom(64) + b"\0" * 64])
def test_bytes_that_are_no_text_are_not_read_as_text(tmp_path, content):
    found = read(tmp_path, content)
    assert not found.statements and found.failed


def test_zeros_after_good_rows_leave_the_rows(tmp_path):
    rows = [site(f"Site {n}") for n in range(100)]
    found = read(tmp_path, table(*rows).encode() + b"\0" * 100_000)
    assert names(found) == [f"Site {n}" for n in range(100)] and found.failed


# -- cut off


def test_a_table_cut_off_in_a_row_keeps_the_rows_before_and_says_where(tmp_path):
    text = table(site("One"), site("Two"), site("Three"))
    found = read(tmp_path, text[: text.index("Three") + 3])
    assert names(found) == ["One", "Two"]
    (problem,) = [problem for problem in found.problems if problem.code == "row_cut_off"]
    assert problem.origin.row == 4 and dict(problem.values) == {"cells": "3", "columns": "9"}


def test_a_whole_last_row_needs_no_line_end(tmp_path):
    assert names(read(tmp_path, table(site("One"), site("Two")).rstrip())) == ["One", "Two"]


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_a_workbook_cut_off_is_damaged(tmp_path, share):
    whole = workbook(site("One"))
    assert codes(read(tmp_path, whole[: int(len(whole) * share)], "a.xlsx")) == {"file_damaged": 1}


def test_a_list_cut_off_keeps_the_entries_before(tmp_path):
    text = LIST.format("").replace("</CONSOLIDATED_LIST>", "<ENTITY><FIRST_NAME>CUT")
    found = read(tmp_path, text)
    assert names(found) == ["EXAMPLE"] and codes(found) == {"xml_broken": 1} and found.failed


def test_a_list_cut_off_in_its_first_tag_is_damaged(tmp_path):
    assert codes(read(tmp_path, "<CONSOLIDATED_LIST dateGen")) == {"file_damaged": 1}


@pytest.mark.parametrize("cut", [1, 20, -1, -20])
def test_json_cut_off_cannot_be_read(tmp_path, cut):
    assert codes(read(tmp_path, json.dumps(shape(RING))[:cut])) == {"json_broken": 1}


# -- under a false name


def test_the_name_of_a_file_says_nothing(tmp_path):
    contents = {
        "csv": table(site("One")).encode(), "xlsx": workbook(site("One")), "xml": LIST.format("").encode(),
        "json": json.dumps(shape(RING)).encode(), "xls": ole({"Workbook": xls([(0, 0, 1.0)])}),
    }  # fmt: skip
    seen = {}
    for true, content in contents.items():
        seen[true] = {
            (found.format, len(found.statements))
            for ending in ("csv", "xlsx", "xls", "xlsb", "ods", "xml", "json", "txt", "")
            for found in [read(tmp_path, content, f"file.{ending}")]
        }
    assert seen == {
        "csv": {("health-sites", 1)}, "xlsx": {("health-sites", 1)}, "xml": {("un-sanctions", 1)},
        "json": {("outline-geojson", 1)}, "xls": {(None, 0)},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"%PDF-1.7 ...", "PDF"), (b"\x1f\x8b\x08...", "gzip"), (b"PAR1....", "Parquet"), (b"\x89PNG\r\n", "picture"),
     (b"<!DOCTYPE html><html><body>Login</body>", "HTML"), (b"  <html>", "HTML"), (b"Rar!\x1a", "RAR archive")],
)  # fmt: skip
def test_a_file_of_another_kind_is_named(tmp_path, content, kind):
    (problem,) = read(tmp_path, content, "mines.csv").problems
    assert (problem.code, dict(problem.values)["kind"]) == ("file_kind_not_read", kind)


def test_a_zip_that_is_no_workbook_is_named(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("sites.csv", table(site("One")))
    assert codes(read(tmp_path, out.getvalue(), "sites.xlsx")) == {"zip_not_workbook": 1}


# -- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_a_table_is_read_in_every_encoding_delimiter_and_line_end(tmp_path, encoding, delimiter, end):
    text = table(site("Hôpital de Gitega"), site("Two"), delimiter=delimiter, end=end)
    marks = {"utf-16-le-bom": codecs.BOM_UTF16_LE, "utf-16-be-bom": codecs.BOM_UTF16_BE}
    content = marks.get(encoding, b"") + text.encode(encoding.removesuffix("-bom"))
    found = read(tmp_path, content)
    assert names(found) == ["Hôpital de Gitega", "Two"]
    assert codes(found) == ({"encoding_guessed": 1} if encoding == "cp1252" else {})


def test_half_a_character_in_json_cannot_be_read(tmp_path):
    assert codes(read(tmp_path, '{"\\ud800": 1}')) == {"json_broken": 1}
    assert codes(read(tmp_path, '{"\\ud83d\\ude00": 1}')) == {"format_unknown": 1}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_xml_and_json_come_in_other_encodings_too(tmp_path, encoding):
    assert names(read(tmp_path, LIST.format("").encode(encoding))) == ["EXAMPLE"]
    assert len(read(tmp_path, json.dumps(shape(RING)).encode(encoding)).statements) == 1


# -- columns and rows


def test_shifted_columns_are_not_loaded_and_the_others_are(tmp_path):
    shifted = site("Two")
    shifted.insert(2, "extra")
    found = read(tmp_path, table(site("One"), shifted, site("Three")))
    assert names(found) == ["One", "Three"] and codes(found) == {"row_shifted": 1} and found.failed


def test_rows_given_twice_count_once_and_are_said(tmp_path):
    found = read(tmp_path, table(site("One"), site("One"), site("Two"), site("One")))
    assert names(found) == ["One", "Two"] and codes(found) == {"row_repeated": 2}


def test_rows_that_differ_only_by_minus_one_and_minus_two_are_two_rows(tmp_path):
    rows = [[*ROW[:5], north, 29.9, "BDI", 3] for north in (-1, -2)]
    found = read(tmp_path, workbook(*rows))
    assert [s.said.point.lat for s in found.statements] == [-1, -2] and not codes(found)


def test_five_thousand_columns_are_refused_row_by_row(tmp_path):
    wide = ",".join(f"c{n}" for n in range(5_000)) + "\n"
    assert codes(read(tmp_path, wide * 3)) == {"too_many_columns": 1}
    found = read(tmp_path, table(site("One")) + wide + table(site("Two")).split("\r\n", 1)[1])
    assert names(found) == ["One", "Two"] and codes(found) == {"too_many_columns": 1}


def test_a_cell_of_a_million_characters_costs_its_row(tmp_path):
    found = read(tmp_path, table(site("One"), site("x" * 1_000_000), site("Three")))
    assert names(found) == ["One", "Three"] and codes(found) == {"row_broken": 1}


def test_a_line_without_an_end_costs_its_row(tmp_path):
    found = read(tmp_path, table(site("One")) + "y," * 4_000_000 + "\r\n" + ",".join(site("Three")) + "\r\n")
    assert names(found) == ["One", "Three"] and codes(found) == {"row_broken": 1}


@pytest.mark.parametrize("after", [0, 1, 30, 3_000])
def test_a_quote_never_closed_costs_its_row_and_not_the_file(tmp_path, after):
    rows = [",".join(site(f"Site {n}")) + "\r\n" for n in range(after)]
    found = read(tmp_path, table(site("One")) + 'Burundi,Gitega,"Open,Hôpital\r\n' + "".join(rows))
    assert names(found) == ["One", *(f"Site {n}" for n in range(after))]
    assert codes(found) == {"row_broken": 1} and found.failed


def test_a_cell_over_several_lines_is_one_cell(tmp_path):
    assert names(read(tmp_path, table(site("One\r\nof two\r\nlines"), site('The "Two"')))) == [
        "One\r\nof two\r\nlines", 'The "Two"',
    ]  # fmt: skip


def test_quotes_that_never_end_a_row_take_time_in_proportion_to_the_file(tmp_path):
    begun = time.perf_counter()
    found = read(tmp_path, table(site("One")) + 'a"b,"c\n' * 1_500_000)
    assert names(found)[:1] == ["One"] and found.failed
    assert time.perf_counter() - begun < 15


@pytest.mark.parametrize("rows", [3, 10])
def test_no_more_rows_are_read_than_the_limit(tmp_path, monkeypatch, rows):
    few(monkeypatch, rows=5)
    for content in (table(*(site(f"S{n}") for n in range(rows))), workbook(*(site(f"S{n}") for n in range(rows)))):
        found = read(tmp_path, content)
        assert len(found.statements) == min(rows, 4)
        assert codes(found) == ({"too_many_rows": 1} if rows > 4 else {})


def test_a_file_too_large_is_not_opened(tmp_path, monkeypatch):
    few(monkeypatch, bytes=100)
    (problem,) = read(tmp_path, table(*(site(f"S{n}") for n in range(9)))).problems
    assert problem.code == "file_too_large" and dict(problem.values)["limit"] == "100"


def test_json_too_large_is_not_taken_for_a_table(tmp_path, monkeypatch):
    few(monkeypatch, json_bytes=50)
    assert codes(read(tmp_path, json.dumps(shape(RING)))) == {"file_too_large": 1}


# -- values


@pytest.mark.parametrize("value", ["inf", "-Infinity", "1e400", "٣٫٤٥", "=1+1", "−", "0x10", "1.2.3"])
def test_a_coordinate_that_is_no_number_is_unknown_and_said(tmp_path, value):
    found = read(tmp_path, table(site("One", Lat=value)))
    assert found.statements[0].said.point is None
    assert codes(found) == {"value_not_number": 1, "place_half": 1}


@pytest.mark.parametrize("value", ["NaN", "nan", "", "n/a", "inconnu"])
def test_words_for_unknown_are_unknown_without_a_word(tmp_path, value):
    found = read(tmp_path, table(site("One", Lat=value, Long=value)))
    assert found.statements[0].said.point is None and not codes(found)


def test_numbers_that_are_none_in_json_break_only_their_ring(tmp_path):
    text = json.dumps(shape([[28, float("nan")], *RING], [[28, float("inf")], *RING], RING))
    found = read(tmp_path, text)
    assert len(found.statements[0].said.rings) == 1 and codes(found) == {"outline_broken": 2}


def test_a_formula_is_text_and_is_never_worked_out(tmp_path):
    attack = "=cmd|'/c calc'!A0"
    found = read(tmp_path, table(site(attack), site("@SUM(1)")))
    assert names(found) == [attack, "@SUM(1)"]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        sheet.write_row(1, 0, [*ROW[:5], "", "", "BDI", "3"])
        sheet.write_formula(1, 5, "=1/0", None, "#DIV/0!")
        sheet.write_formula(1, 6, "=NOW()", None, "")
    found = read(tmp_path, out.getvalue())
    assert found.statements[0].said.point is None


def test_a_day_in_the_future_is_read_and_known_only_then(tmp_path):
    text = LIST.format("").replace("2007-03-29", "9999-12-31")
    (statement,) = read(tmp_path, text).statements
    assert not any(statement.known(day) for day in (statement.speaks_of.end.replace(year=2026),))


@pytest.mark.parametrize("value", ["1e999999999", "-1e-999999999", "1" + "0" * 5_000, "Infinity"])
def test_an_amount_beyond_all_counting_is_no_number(tmp_path, value):
    from winze.formats.tables import Row, Table

    path = tmp_path / "amounts.csv"
    path.write_text(f"amount\n{value}\n12.50\n")
    log = reading.Log("amounts.csv", reading.severities())
    rows: list[Row] = list(Table(Source(path, "a", "a", log, reading.limits()), used=["amount"]))
    assert [row.decimal("amount") is None for row in rows] == [True, False]
    assert [problem.code for problem in log] == ["value_not_number"]


# -- XML


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))


@pytest.mark.parametrize(
    "doctype",
    [f"<!DOCTYPE x [{LAUGHS}]>", '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
     '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>'],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_xml_that_declares_entities_is_not_opened(tmp_path, doctype, encoding):
    text = doctype + LIST.format("").replace("EXAMPLE", "&l9;")
    found = read(tmp_path, text.encode(encoding))
    unmarked = encoding == "utf-16-be"  # without a mark, these bytes are no text
    assert codes(found) == {"file_kind_not_read" if unmarked else "xml_entities": 1} and not found.statements


def test_entities_hidden_behind_a_long_comment_expand_to_nothing(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    hidden = f'<!DOCTYPE x [<!-- {"-" * 0}{"x" * 100_000} --><!ENTITY f SYSTEM "{secret.as_uri()}">{LAUGHS}]>'
    begun = time.perf_counter()
    found = read(tmp_path, hidden + LIST.format("").replace("EXAMPLE", "&f;&l11;EXAMPLE"))
    assert time.perf_counter() - begun < 5
    assert "SECRET" not in repr(found) and len(repr(found)) < 100_000


def test_a_doctype_from_elsewhere_is_not_fetched(tmp_path):
    found = read(tmp_path, '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + LIST.format(""))
    assert names(found) == ["EXAMPLE"]


def test_xml_nested_too_deep_breaks_off_and_keeps_what_stood_before(tmp_path):
    text = LIST.format("").replace("</CONSOLIDATED_LIST>", "<a>" * 100_000)
    found = read(tmp_path, text)
    assert names(found) == ["EXAMPLE"] and codes(found) == {"xml_broken": 1}


def test_an_unknown_root_is_named(tmp_path):
    (problem,) = read(tmp_path, "<hamsters/>").problems
    assert problem.code == "format_unknown" and "<hamsters>" in sentence(problem, "zh-hans")


# -- JSON


@pytest.mark.parametrize(
    "content", ["[" * 200_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000, "[" + "1" * 9_000 + "]"]
)
def test_json_nested_too_deep_or_absurd_cannot_be_read(tmp_path, content):
    assert codes(read(tmp_path, content)) == {"json_broken": 1}


@pytest.mark.parametrize("content", ["[]", "{}", "[1, 2]", '{"features": []}', "[null]", '{"": {"": [[]]}}'])
def test_json_of_no_known_kind_is_unknown(tmp_path, content):
    assert codes(read(tmp_path, content)) == {"format_unknown": 1}


# -- workbooks that harm


CELLS = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def rebuilt(whole: bytes, **members: bytes) -> bytes:
    """A workbook with some members replaced, by the end of their name."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            ending = next((ending for ending in members if name.endswith(f"{ending}.xml")), None)
            new.writestr(name, members[ending] if ending else old.read(name))
    return out.getvalue()


def sheet(body: str) -> bytes:
    return f"{CELLS}{body}</sheetData></worksheet>".encode()


FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
HIDDEN = '<row r="1"><c x="r=&quot;A1&quot;" r="A1"><v>1</v></c></row><row r="1048576">' + "<c><v>1</v></c>" * 16_384 + "</row>"  # noqa: E501 # fmt: skip


@pytest.mark.parametrize("body", [FAR, HIDDEN, FAR.replace("<c ", "<x:c ").replace("</c>", "</x:c>")])
def test_two_far_cells_do_not_ask_for_a_grid_of_gigabytes(tmp_path, body):
    whole = rebuilt(workbook(site("One")), sheet1=sheet(body).replace(b"<worksheet ", b'<worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '))  # noqa: E501 # fmt: skip
    assert len(whole) < 20_000
    assert codes(read(tmp_path, whole, "a.xlsx")) == {"file_bomb": 1}


def test_styled_but_empty_cells_far_away_are_no_harm(tmp_path):
    far = '<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'
    with zipfile.ZipFile(io.BytesIO(workbook(site("One")))) as archive:
        good = archive.read("xl/worksheets/sheet1.xml")
    whole = rebuilt(workbook(site("One")), sheet1=good.replace(b"</sheetData>", far.encode()))
    assert names(read(tmp_path, whole)) == ["One"]


def test_one_long_text_named_by_many_cells_is_not_copied(tmp_path):
    text = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>' + b"x" * 50_000
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 30_000))
    whole = rebuilt(workbook(site("One")), sharedStrings=text + b"</t></si></sst>", sheet1=sheet(cells))
    assert codes(read(tmp_path, whole)) == {"file_bomb": 1}


def test_a_bomb_is_not_unpacked(tmp_path):
    whole = rebuilt(workbook(site("One")), styles=b"\0" * 400_000_000)
    assert len(whole) < 1_000_000
    begun = time.perf_counter()
    assert codes(read(tmp_path, whole)) == {"file_bomb": 1}
    assert time.perf_counter() - begun < 5


def test_a_zip_that_lies_about_its_sizes_is_damaged(tmp_path):
    whole = bytearray(rebuilt(workbook(site("One")), styles=b"<a>" + b" " * 5_000_000 + b"</a>"))
    for magic, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = whole.find(magic)
        while place >= 0:
            length = struct.unpack_from("<H", whole, place + (28 if at == 24 else 26))[0]
            name = bytes(whole[place + (46 if at == 24 else 30) :][:length])
            if name.endswith(b"styles.xml"):
                struct.pack_into("<I", whole, place + at, 100)
            place = whole.find(magic, place + 4)
    assert codes(read(tmp_path, bytes(whole))) == {"file_damaged": 1}


def test_repeated_cells_of_an_open_document_are_weighed(tmp_path):
    names_of = ["office", "table", "text"]
    declared = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in names_of)

    def ods(rows: str) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("META-INF/manifest.xml", "<m/>")
            archive.writestr(
                "content.xml",
                f"<office:document-content {declared}><office:body><office:spreadsheet>"
                f'<table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body>'
                "</office:document-content>",
            )
        # The local header of the first member follows at once, as the format asks.
        return out.getvalue()

    def row(cells: list[str], more: str = "") -> str:
        begin, end = f'<table:table-cell office:value-type="string"{more}><text:p>', "</text:p></table:table-cell>"
        return "<table:table-row>" + "".join(f"{begin}{cell}{end}" for cell in cells) + "</table:table-row>"

    tail = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'  # noqa: E501 # fmt: skip
    assert names(read(tmp_path, ods(row(COLUMNS) + row(site("One")) + tail), "a.ods")) == ["One"]
    wide = row(["x"], ' table:number-columns-repeated="9000"').replace("<table:table-row>", '<table:table-row table:number-rows-repeated="9000">')  # noqa: E501 # fmt: skip
    assert codes(read(tmp_path, ods(wide), "a.ods")) == {"file_bomb": 1}


def test_a_binary_workbook_is_not_opened(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.bin", b"\0" * 100)
    (problem,) = read(tmp_path, out.getvalue(), "a.xlsb").problems
    assert dict(problem.values)["kind"] == "XLSB"


def test_a_packed_member_with_a_password_is_protected(tmp_path):
    whole = bytearray(workbook(site("One")))
    for magic, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = whole.find(magic)
        while place >= 0:
            whole[place + at] |= 1
            place = whole.find(magic, place + 4)
    assert codes(read(tmp_path, bytes(whole))) == {"file_encrypted": 1}


# -- old workbooks (OLE2)


def xls(cells: list[tuple[int, int, float]]) -> bytes:
    """The records of an old workbook with one sheet of numbers."""

    def record(kind: int, data: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def begin(kind: int) -> bytes:
        return record(0x809, struct.pack("<4HII", 0x600, kind, 0, 0, 0, 0))

    def book(at: int) -> bytes:
        return begin(5) + record(0x85, struct.pack("<IHBB", at, 0, 1, 0) + b"S") + record(0x0A)

    numbers = b"".join(record(0x203, struct.pack("<3Hd", row, column, 0, value)) for row, column, value in cells)
    return book(len(book(0))) + begin(0x10) + numbers + record(0x0A)


def test_a_workbook_under_a_password_is_named(tmp_path):
    content = ole({"EncryptionInfo": b"\4\0\4\0@\0\0\0", "EncryptedPackage": b"\0" * 6_000})
    for name in ("a.xlsx", "a.xls", "a.csv"):
        assert codes(read(tmp_path, content, name)) == {"file_encrypted": 1}


def test_an_old_workbook_opens(tmp_path):
    found = read(tmp_path, ole({"Workbook": xls([(0, 0, 1.0), (1, 2, 5.0)])}), "a.xls")
    assert codes(found) == {"format_unknown": 1}


def test_two_far_cells_of_an_old_workbook_are_weighed(tmp_path):
    assert codes(read(tmp_path, ole({"Workbook": xls([(0, 0, 1.0), (65_535, 65_535, 5.0)])}))) == {"file_bomb": 1}


def test_another_office_file_is_named(tmp_path):
    (problem,) = read(tmp_path, ole({"WordDocument": b"..."}), "a.xls").problems
    assert dict(problem.values)["kind"] == "OLE2"


def test_an_old_workbook_whose_sectors_run_in_a_circle_is_damaged(tmp_path):
    whole = bytearray(ole({"Workbook": xls([(0, 0, 1.0)])}))
    struct.pack_into("<I", whole, len(whole) - 512, 0)  # sector 0 is followed by sector 0
    assert codes(read(tmp_path, bytes(whole))) == {"file_damaged": 1}


@pytest.mark.parametrize("length", [8, 100, 512, 600, 1_500, 4_000])
def test_an_old_workbook_cut_off_is_damaged(tmp_path, length):
    found = read(tmp_path, ole({"Workbook": xls([(0, 0, 1.0)])})[:length])
    assert not found.statements and set(codes(found)) <= {"file_damaged", "file_kind_not_read"} and found.failed


# -- no file at all


def test_what_is_no_file_is_said_and_nothing_waits_for_it(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("loop", "dangling", "folder", "pipe", "missing"):
        found = sound(reading.read(tmp_path / name))
        assert codes(found) == {"file_unreachable": 1} and found.sha256 == "" and found.failed


def test_a_file_nobody_may_read_is_said(tmp_path, monkeypatch):
    path = tmp_path / "closed.csv"
    path.write_text(table(site("One")))
    original = Path.open

    def closed(self: Path, *args: object, **kwargs: object) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", closed)
    assert codes(sound(reading.read(path))) == {"file_unreachable": 1}


def test_a_link_to_a_file_is_read(tmp_path):
    (tmp_path / "true.csv").write_text(table(site("One")))
    (tmp_path / "link.csv").symlink_to(tmp_path / "true.csv")
    assert names(sound(reading.read(tmp_path / "link.csv"))) == ["One"]


# -- large


def test_a_large_file_of_repeated_rows_takes_bounded_memory_and_time(tmp_path):
    path = tmp_path / "large.csv"
    block = table(*(site(f"Site {n}") for n in range(1_000))).split("\r\n", 1)[1]
    path.write_text(table() + block * (20_000_000 // len(block)))
    assert path.stat().st_size > 19_000_000
    # The child's own peak, apart from what this process took before.
    code = (
        "import resource, sys, time; from pathlib import Path; from winze.formats import reading\n"
        "reading.read(Path(sys.argv[2])); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "begun = time.perf_counter(); found = reading.read(Path(sys.argv[1]))\n"
        "print(len(found.statements), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before,"
        " time.perf_counter() - begun)"
    )
    small = tmp_path / "small.csv"
    small.write_text(table(site("One")))
    done = subprocess.run([sys.executable, "-c", code, path, small], capture_output=True, text=True, check=True)
    statements, kilobytes, seconds = done.stdout.split()
    assert int(statements) == 1_000
    assert int(kilobytes) < 100_000
    assert float(seconds) < 20


# -- damaged at random


REAL = (
    "mines/ipis_drc_visits_2009_2018.csv", "conflict/ucdp_ged_hdx_SSD.csv",
    "conflict/acled_hdx_drc_adm2_month_1997_2020.csv", "restrictions/OxCGRT_latest_2020-05.csv",
    "prices/gold_monthly.csv", "prices/imf_commodity_prices_v2.csv", "screening/un_consolidated_2020.xml",
    "screening/ofac_sdn.csv", "screening/ofac_add.csv", "screening/eu_drc_reg1183_2005.csv",
    "response/who_health_sites_great_lakes.csv", "geography/global_pcodes_adm1_adm2.csv",
)  # fmt: skip
SMALL = {
    "table": table(*(site(f"Site {n}") for n in range(20))).encode(), "list": LIST.format("").encode(),
    "shape": json.dumps(shape(RING, RING)).encode(), "workbook": workbook(*(site(f"Site {n}") for n in range(20))),
    "old workbook": ole({"Workbook": xls([(row, row % 5, 1.5) for row in range(40)])}),
}  # fmt: skip
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(["flip", "cut", "drop", "double", "put"]),
              st.binary(min_size=1, max_size=6)),
    min_size=1, max_size=12,
)  # fmt: skip
GENTLE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def damaged(content: bytes, wounds: list[tuple[float, str, bytes]]) -> bytes:
    for share, how, some in wounds:
        at = int(share * len(content))
        if how == "flip":
            content = content[:at] + some + content[at + len(some) :]
        elif how == "put":
            content = content[:at] + some + content[at:]
        elif how == "drop":
            content = content[:at] + content[at + 40 :]
        elif how == "double":
            content = content[: at + 40] + content[at:]
        elif share > 0.3:
            content = content[:at]
    return content


@pytest.mark.parametrize("name", SMALL)
@given(wounds=DAMAGE)
@GENTLE
def test_no_damage_to_a_file_raises(tmp_path, name, wounds):
    read(tmp_path, damaged(SMALL[name], wounds) or b"x")


@pytest.mark.parametrize("member", ["sheet1", "workbook", "sharedStrings", "styles", "Content_Types]"])
@given(wounds=DAMAGE)
@GENTLE
def test_no_damage_within_a_workbook_raises(tmp_path, member, wounds):
    with zipfile.ZipFile(io.BytesIO(SMALL["workbook"])) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(f"{member}.xml")]
        content = damaged(archive.read(name), wounds)
    read(tmp_path, rebuilt(SMALL["workbook"], **{member: content}))


@pytest.mark.skipif(not FOLDER.exists(), reason="needs the real files: set WINZE_DATA to the folder that holds them")
@pytest.mark.parametrize("name", REAL)
@given(wounds=DAMAGE)
@settings(GENTLE, max_examples=8)
def test_no_damage_to_a_real_file_raises(tmp_path, name, wounds):
    with real(name).open("rb") as file:
        head = b"".join(line for line, _ in zip(file, range(200), strict=False))[:200_000]
    read(tmp_path, damaged(head, wounds))
