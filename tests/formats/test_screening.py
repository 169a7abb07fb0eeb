import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from real import real
from winze.engine.records import UNDATED, in_order, on
from winze.engine.texts import LANGUAGES, hint, sentence
from winze.formats import reading
from winze.formats.screening import _names_in

PERSON = """<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME> Example </FIRST_NAME><SECOND_NAME>of\nPERSON</SECOND_NAME>
<THIRD_NAME/><FOURTH_NAME>Fourth</FOURTH_NAME><UN_LIST_TYPE>DRC</UN_LIST_TYPE>
<REFERENCE_NUMBER>CDi.999 </REFERENCE_NUMBER><LISTED_ON>{listed}</LISTED_ON>
<NAME_ORIGINAL_SCRIPT>مثال</NAME_ORIGINAL_SCRIPT><NATIONALITY><VALUE>Democratic Republic of the Congo</VALUE>
<VALUE>Rwandan</VALUE></NATIONALITY><LAST_DAY_UPDATED><VALUE>{updated}</VALUE></LAST_DAY_UPDATED>
<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Other Name</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Papa; Mzee</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ADDRESS><STREET>Avenue 1</STREET><COUNTRY>Uganda</COUNTRY></INDIVIDUAL_ADDRESS>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1970-01-02</DATE></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1968</FROM_YEAR><TO_YEAR>1970</TO_YEAR>
</INDIVIDUAL_DATE_OF_BIRTH>{more}</INDIVIDUAL>"""
ENTITY = """<ENTITY><FIRST_NAME>EXAMPLE COMPTOIR</FIRST_NAME><UN_LIST_TYPE>DRC</UN_LIST_TYPE>
<REFERENCE_NUMBER>CDe.999</REFERENCE_NUMBER><LISTED_ON>2007-03-29</LISTED_ON>
<ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>EXCO</ALIAS_NAME></ENTITY_ALIAS>
<ENTITY_ADDRESS><CITY>Butembo</CITY><COUNTRY>Democratic Republic of the Congo</COUNTRY></ENTITY_ADDRESS></ENTITY>"""


def un(tmp_path: Path, body: str, made: str = "2020-11-30T20:31:19.923-05:00") -> reading.Reading:
    path = tmp_path / "list.xml"
    path.write_text(f'<?xml version="1.0"?><CONSOLIDATED_LIST dateGenerated="{made}">{body}</CONSOLIDATED_LIST>')
    return reading.read(path)


def person(listed: str = "2012-12-31", updated: str = "", more: str = "") -> str:
    return PERSON.format(listed=listed, updated=updated, more=more)


def codes(read: reading.Reading) -> Counter[str]:
    return Counter(problem.code for problem in read.problems)


def test_a_person_on_the_un_list_keeps_his_names_and_what_is_printed_of_his_birth(tmp_path):
    read = un(tmp_path, person())
    (statement,) = read.statements
    said = statement.said
    assert (statement.subject, said.reference, said.schema) == ("listing:UN/CDi.999", "CDi.999", "person")
    assert said.name == "Example of PERSON Fourth"
    assert said.aliases == ("مثال", "Other Name")
    assert said.weak_aliases == ("Papa", "Mzee")
    assert said.countries == ("COD", "RWA", "UGA")
    assert said.born == ("1970-01-02", "BETWEEN 1968 1970")
    assert said.programme == "DRC"
    assert (statement.origin.input, statement.origin.row) == ("list.xml", 1)
    assert not read.problems


def test_an_organisation_has_its_aliases_and_the_countries_of_its_addresses(tmp_path):
    (statement,) = un(tmp_path, ENTITY).statements
    said = statement.said
    assert (said.schema, said.name, said.aliases) == ("organisation", "EXAMPLE COMPTOIR", ("EXCO",))
    assert said.countries == ("COD",) and said.born == ()


def test_a_listing_speaks_of_the_day_it_was_listed_and_the_list_of_the_day_it_was_made(tmp_path):
    read = un(tmp_path, person("2001-10-08-04:00"))
    (statement,) = read.statements
    assert statement.speaks_of == on(date(2001, 10, 8))
    assert read.generated_on == date(2020, 11, 30)
    assert statement.published_on is None
    assert statement.known(date(2001, 10, 8)) and not statement.known(date(2001, 10, 7))


def test_an_entry_without_a_day_is_dated_by_the_list_and_says_so(tmp_path):
    read = un(tmp_path, person("  "))
    assert read.statements[0].speaks_of == on(date(2020, 11, 30))
    assert codes(read) == {"listing_no_day": 1} and not read.failed


@pytest.mark.parametrize("made", ["", "soon", "2020-13-40"])
def test_without_any_day_an_entry_is_undated_never_of_today(tmp_path, made):
    read = un(tmp_path, person("in March"), made)
    assert read.statements[0].speaks_of.undated
    assert codes(read) == {"value_not_date": 1, "listing_undated": 1}


def test_names_amended_later_are_said_to_be_of_the_day_of_the_list(tmp_path):
    read = un(tmp_path, person(updated="2020-02-01"))
    (problem,) = read.problems
    assert problem.code == "listing_names_of_vintage"
    assert dict(problem.values) == {"count": "1", "day": "2020-11-30"}


@pytest.mark.parametrize("tag", ["REFERENCE_NUMBER", "FIRST_NAME"])
def test_an_entry_without_number_or_name_is_not_loaded_and_the_others_are(tmp_path, tag):
    lame = ENTITY.replace(f"<{tag}>", f"<{tag}/><!--").replace(f"</{tag}>", "-->")
    read = un(tmp_path, lame + person())
    assert [s.subject for s in read.statements] == ["listing:UN/CDi.999"]
    assert codes(read) == {"row_without": 1} and read.failed


def test_a_new_part_of_an_entry_is_reported_once(tmp_path):
    read = un(tmp_path, person(more="<SHOE_SIZE>44</SHOE_SIZE>") + person(more="<SHOE_SIZE>45</SHOE_SIZE>"))
    assert codes(read) == {"column_unknown": 1}


def test_an_unreadable_country_is_noted_and_the_entry_stands(tmp_path):
    read = un(tmp_path, ENTITY.replace("Democratic Republic of the Congo", "Atlantis"))
    assert read.statements[0].said.countries == ()
    assert codes(read) == {"listing_country_unread": 1} and not read.failed


def test_congolese_alone_is_neither_congo(tmp_path):
    read = un(tmp_path, ENTITY.replace("Democratic Republic of the Congo", "Congolese"))
    assert read.statements[0].said.countries == () and not read.problems


def test_a_list_cut_off_keeps_the_entries_before_the_cut(tmp_path):
    path = tmp_path / "list.xml"
    path.write_text(f'<CONSOLIDATED_LIST dateGenerated="2020-11-30">{ENTITY}{person()[:200]}')
    read = reading.read(path)
    assert [s.subject for s in read.statements] == ["listing:UN/CDe.999"]
    assert codes(read) == {"xml_broken": 1} and read.failed


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Fazel Rahim; Fazil Rahim", ["Fazel Rahim", "Fazil Rahim"]),
        ("حسن غول (Hassan Ghul; Hassan Gul)", ["حسن غول", "Hassan Ghul", "Hassan Gul"]),
        ("Akrin Saleh (أقرين صالح)", ["Akrin Saleh", "أقرين صالح"]),
        ("Abu Muhammad (original script: Абу)", ["Abu Muhammad", "Абу"]),
        ("El Para (combat name)", ["El Para (combat name)"]),
        ("", []),
    ],
)
def test_an_alias_field_gives_each_name_it_holds(written, names):
    assert _names_in(written) == names


@given(st.text(alphabet="ab();: مА", max_size=30))
@settings(max_examples=60, deadline=None)
def test_no_alias_field_loses_a_letter(text):
    assert Counter("".join(_names_in(text))) - Counter(text) == Counter()
    assert {c for c in text if c.isalnum()} == {c for c in "".join(_names_in(text)) if c.isalnum()}


# -- OFAC


def ofac(tmp_path: Path, *rows: list[str], end: str = "") -> reading.Reading:
    path = tmp_path / "sdn.csv"
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path.write_text(out.getvalue() + end)
    return reading.read(path)


def sdn(number="7", name="EXAMPLE, One", kind="individual", program="DRCONGO", flag="-0- ", remarks="-0- "):
    return [number, name, kind, program, *["-0- "] * 5, flag, "-0- ", remarks]


def test_an_ofac_entry_is_read_from_its_remarks_too(tmp_path):
    remarks = (
        "DOB 13 Jan 1967; alt. DOB 1970; POB Dushanbe; nationality Rwanda; alt. citizen Congo, Democratic "
        "Republic of the; a.k.a. 'PAPA'; Gender Male."
    )
    read = ofac(tmp_path, sdn(program="DRCONGO] [SDGT", remarks=remarks))
    said = read.statements[0].said
    assert (said.list, said.reference, said.name, said.schema) == ("OFAC", "7", "EXAMPLE, One", "person")
    assert said.born == ("DOB 13 Jan 1967", "DOB 1970")
    assert said.countries == ("RWA", "COD") and said.weak_aliases == ("PAPA",)
    assert said.programme == "DRCONGO; SDGT"
    assert (read.format, read.statements[0].origin.row) == ("ofac-sdn", 1)


@pytest.mark.parametrize(
    ("kind", "schema"),
    [("-0- ", "organisation"), ("individual", "person"), ("vessel", "vessel"), ("aircraft", "unknown")],
)
def test_a_blank_type_is_an_organisation(tmp_path, kind, schema):
    assert ofac(tmp_path, sdn(kind=kind)).statements[0].said.schema == schema


def test_a_list_without_dates_is_undated_and_says_so_once(tmp_path):
    read = ofac(tmp_path, sdn(), sdn("8", "EXAMPLE TWO", "-0- "), end="\x1a")
    assert len(read.statements) == 2
    assert {s.speaks_of for s in read.statements} == {UNDATED}
    assert all(s.known(date(2020, 5, 11)) for s in read.statements)
    assert codes(read) == {"listing_undated": 1} and not read.failed and read.generated_on is None


def test_other_names_and_addresses_join_by_subject(tmp_path):
    alt = ofac(tmp_path, ["7", "12", "aka", "OTHER NAME", "-0- "], end="\x1a")
    rows = [["7", str(n), "1 Street", "Goma", place, "-0- "]
            for n, place in enumerate(["Congo, Democratic Republic of the", "Uganda", "Uganda", "-0- "])]  # fmt: skip
    add = ofac(tmp_path, *rows, end="\x1a")
    assert (alt.format, add.format) == ("ofac-sdn-alt", "ofac-sdn-add")
    assert {s.subject for s in (*alt.statements, *add.statements)} == {"listing:OFAC/7"}
    assert [s.said.name for s in alt.statements] == ["OTHER NAME"]
    assert [(s.said.name, s.said.countries) for s in add.statements] == [("", ("COD",)), ("", ("UGA",))]
    assert "Street" not in repr(add.statements)


def test_numbers_alone_are_not_taken_for_a_sanctions_list(tmp_path):
    path = tmp_path / "numbers.csv"
    for width in (5, 6, 12):
        path.write_text("\n".join(",".join(map(str, range(row, row + width))) for row in range(9)) + "\n")
        assert reading.read(path).format is None


# -- EU

EU_HEADER = (
    "celex,recordId,programKey,annex,measure,startDate,schema,name,alias,weakAlias,country,nationality,birthDate"
)


def eu(tmp_path: Path, **cells: str) -> reading.Reading:
    row = {
        "celex": "32005R1183", "recordId": "1", "programKey": "EU-COD", "annex": "I.a", "measure": "Asset freeze",
        "startDate": "1 November 2005", "schema": "Person", "name": "One EXAMPLE",
    } | cells  # fmt: skip
    path = tmp_path / "eu.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, EU_HEADER.split(","), restval="")
        writer.writeheader()
        writer.writerow(row)
    return reading.read(path)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1 November 2005", date(2005, 11, 1)),
        ("1 Nov. 2005", date(2005, 11, 1)),
        ("26.7.2024", date(2024, 7, 26)),
        ("12.12.2016", date(2016, 12, 12)),
    ],
)
def test_the_annexes_write_days_in_several_ways(tmp_path, written, day):
    assert eu(tmp_path, startDate=written).statements[0].speaks_of == on(day)


def test_names_of_the_annexes_are_parted_by_semicolons_not_commas(tmp_path):
    cells = {"alias": "Makenga, Colonel Sultani; Emmanuel", "weakAlias": "Mzee; Musa"}
    read = eu(tmp_path, nationality="assumed Congolese (DRC)", birthDate="1 January 1964; 1966", **cells)
    said = read.statements[0].said
    assert said.aliases == ("Makenga, Colonel Sultani", "Emmanuel")
    assert said.weak_aliases == ("Mzee", "Musa")
    assert said.born == ("1 January 1964", "1966")
    assert said.countries == ("COD",)
    assert read.statements[0].subject == "listing:EU/32005R1183/I.a/1"


def test_an_annex_entry_without_a_day_is_undated(tmp_path):
    read = eu(tmp_path, startDate="")
    assert read.statements[0].speaks_of.undated and codes(read) == {"listing_undated": 1}


# -- real lists


@pytest.mark.parametrize(
    ("name", "people", "organisations", "made", "amended"),
    [
        ("screening/un_consolidated_2018-10.xml", 703, 390, date(2018, 10, 29), 443),
        ("screening/un_consolidated_2020.xml", 713, 305, date(2020, 11, 30), 512),
    ],
)
def test_the_un_lists_are_read_whole(name, people, organisations, made, amended):
    read = reading.read(real(name))
    assert Counter(s.said.schema for s in read.statements) == {"person": people, "organisation": organisations}
    assert len({s.subject for s in read.statements}) == people + organisations
    assert read.generated_on == made and max(s.speaks_of.end for s in read.statements) <= made
    (problem,) = read.problems
    assert dict(problem.values)["count"] == str(amended)
    for language in LANGUAGES:
        assert str(amended) in sentence(problem, language) and hint(problem, language)


def test_on_the_day_of_the_call_four_of_the_later_un_list_were_not_yet_listed():
    read = reading.read(real("screening/un_consolidated_2020.xml"))
    assert sum(not s.known(date(2020, 5, 11)) for s in read.statements) == 4
    drc = [s for s in read.statements if s.said.programme == "DRC"]
    assert len(drc) == 45 and min(s.speaks_of.end for s in drc) == date(2005, 11, 1)
    (baluku,) = [s for s in drc if s.said.reference == "CDi.036"]
    assert baluku.said.weak_aliases == ("Mzee Kajaju", "Musa", "Lumu", "Lumonde")
    assert baluku.said.born == ("APPROXIMATELY 1977",)


def test_what_two_lists_say_alike_is_one_statement():
    earlier, later = (reading.read(real(f"screening/un_consolidated_{name}.xml")) for name in ("2018-10", "2020"))
    both = in_order([*earlier.statements, *later.statements])
    assert max(len(earlier.statements), len(later.statements)) < len(both)
    assert len(both) < len(earlier.statements) + len(later.statements)


@pytest.mark.parametrize(
    ("name", "form", "count"),
    [("sdn", "ofac-sdn", 7379), ("alt", "ofac-sdn-alt", 17091), ("add", "ofac-sdn-add", 12162)],
)
def test_the_ofac_files_are_read_whole(name, form, count):
    read = reading.read(real(f"screening/ofac_{name}.csv"))
    assert (read.format, len(read.statements), len({s.id for s in read.statements})) == (form, count, count)
    assert codes(read) == {"listing_undated": 1}


def test_the_eu_annexes_are_read_whole():
    read = reading.read(real("screening/eu_drc_reg1183_2005.csv"))
    assert len(read.statements) == len({s.subject for s in read.statements}) == 86
    assert not read.problems
    assert Counter(s.said.schema for s in read.statements) == {"person": 75, "organisation": 11}
    assert sum(s.known(date(2020, 5, 11)) for s in read.statements) == 50
