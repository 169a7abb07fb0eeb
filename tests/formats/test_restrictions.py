"""Restrictions and infections: what the files say, what they leave open, and what must never be made of them."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from real import real
from winze.engine.problems import Log, Severity
from winze.engine.records import Infections, PolicyDay, Statement, of_kind
from winze.engine.texts import LANGUAGES, hint, sentence, severities
from winze.formats.countries import _named, _words, country
from winze.formats.files import Source
from winze.formats.reading import Reading, limits, lookup, read, readers

LONG = (
    "CountryName,CountryCode,Date,C1_School closing,C1_Flag,C8_International travel controls,E3_Fiscal measures,"
    "StringencyIndex"
)
OWID = "iso_code,location,date,total_cases,new_cases,total_deaths,new_deaths,population"
WHO = "Date_reported, Country_code, Country, WHO_region, New_cases, Cumulative_cases, New_deaths, Cumulative_deaths"
PROOF = ("COD,Democratic Republic of Congo,80.56", "RWA,Rwanda,90.74", "PER,Peru,94.44")


def reading(folder: Path, *lines: str, name: str = "sent.csv", encoding: str = "utf-8") -> Reading:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return read(path)


def codes(found: Reading) -> Counter[str]:
    return Counter(problem.code for problem in found.problems)


def policies(found: Reading) -> list[tuple[Statement, PolicyDay]]:
    return list(of_kind(list(found.statements), PolicyDay))


def cases(found: Reading) -> list[tuple[Statement, Infections]]:
    return list(of_kind(list(found.statements), Infections))


def wide(folder: Path, *rows: str, days: tuple[str, ...] = ("14Apr2020", "15Apr2020", "16Apr2020")) -> Reading:
    """A wide file whose first rows prove, on 15 April 2020, that it holds the stringency index."""
    gap = len(days) - 3
    proof = [f"{code},{name},{value},{value},{value}" + f",{value}" * gap for code, name, value in
             (line.split(",") for line in PROOF)]  # fmt: skip
    return reading(folder, ",".join(("CountryCode", "CountryName", *days)), *proof, *rows)


# -- OxCGRT, a row a day ---------------------------------------------------------------------------------------------


def test_a_flag_says_whether_a_policy_holds_everywhere_and_blank_stays_unknown(tmp_path: Path) -> None:
    found = reading(
        tmp_path, LONG,
        "Democratic Republic of Congo,COD,20200501,3.00,0,4.00,0.00,80.04",
        "Rwanda,RWA,20200501,3,1,,,",
        "Peru,PER,20200501,0.00,,2,,50",
    )  # fmt: skip
    assert (found.format, found.version, found.source) == ("oxcgrt", "c-codes", "oxcgrt")
    assert [said.codes for _, said in policies(found)] == [
        (("C1", 3.0, False), ("C8", 4.0, None)),
        (("C1", 3.0, True),),
        (("C1", 0.0, None), ("C8", 2.0, None)),
    ]
    assert [said.stringency for _, said in policies(found)] == [80.04, None, 50.0]
    first = found.statements[0]
    assert (first.subject, first.speaks_of.known_on, first.origin.row) == ("country:COD", date(2020, 5, 1), 2)
    assert not found.problems


def test_days_with_every_code_blank_give_no_statement_and_one_note(tmp_path: Path) -> None:
    found = reading(tmp_path, LONG, *(f"Peru,PER,202005{day:02},,,,,50" for day in range(1, 31)))
    assert not found.statements
    assert [(p.code, dict(p.values)) for p in found.problems] == [("rows_say_nothing", {"count": "30"})]
    assert found.problems[0].severity is Severity.NOTE


def test_sums_of_money_are_no_levels(tmp_path: Path) -> None:
    found = reading(tmp_path, LONG, "Peru,PER,20200501,1,1,,12000000000,50")
    assert policies(found)[0][1].codes == (("C1", 1.0, True),)
    assert not found.problems


@pytest.mark.parametrize(("level", "code"), [("7", "value_out_of_range"), ("-1", "value_out_of_range"),
                                             ("1.5", "value_not_whole"), ("high", "value_not_number")])  # fmt: skip
def test_an_impossible_level_is_a_problem_and_the_rest_of_the_day_stands(tmp_path: Path, level: str, code: str) -> None:
    found = reading(tmp_path, LONG, f"Peru,PER,20200501,{level},1,4,,50")
    assert policies(found)[0][1].codes == (("C8", 4.0, None),)
    assert codes(found) == {code: 1}
    assert found.problems[0].origin.cell == "C1_School closing"


def test_later_vintages_have_regions_and_majority_codes(tmp_path: Path) -> None:
    header = ("CountryName,CountryCode,RegionName,RegionCode,Jurisdiction,Date,C1E_School closing,C1E_Flag,"
              "C1NV_School closing,C1M_School closing,C1M_Flag,C1_Notes,C8EV_International travel controls,"
              "H7_Vaccination policy,H7_Flag,MajorityVaccinated,StringencyIndex_Average")  # fmt: skip
    found = reading(
        tmp_path, header,
        "Brazil,BRA,,,NAT_TOTAL,20210105,,,1,2.00,1.00,a note,3,1,1,NV,60.19",
        "Brazil,BRA,Amazonas,BR_AM,STATE_TOTAL,20210105,,,1,3,0,,3,1,1,NV,70.37",
        "Brazil,BRA,,,NAT_GOV,20210105,,,1,1,0,,3,1,1,NV,40.74",
    )  # fmt: skip
    assert found.version == "m-codes"
    assert [(s.subject, said.region, said.codes[0], said.stringency) for s, said in policies(found)] == [
        ("country:BRA", None, ("C1", 2.0, True), 60.19),
        ("region:BR_AM", "Amazonas", ("C1", 3.0, False), 70.37),
    ]
    assert codes(found) == {"rows_passed_over": 1}
    assert dict(found.problems[0].values) == {"count": "1", "names": "NAT_GOV"}


def test_the_first_codes_of_march_2020_keep_their_own_names_and_scales(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        "CountryName,CountryCode,Date,S1_School closing,S1_IsGeneral,"
        "S7_International travel controls,S9_Monetary measures",
        "Rwanda,RWA,20200320,2,1,3,",
        "Uganda,UGA,20200320,3,1,3,",
    )
    assert found.version == "s-codes"
    assert policies(found)[0][1].codes == (("S1", 2.0, True), ("S7", 3.0, None))
    assert codes(found) == {"value_out_of_range": 1}


def test_an_unknown_column_is_reported_and_every_known_heading_is_not(tmp_path: Path) -> None:
    found = reading(tmp_path, LONG + ",C9_Moon travel", "Peru,PER,20200501,1,1,,,50,2")
    assert [(p.code, p.origin.cell) for p in found.problems] == [("column_unknown", "C9_Moon travel")]


def test_a_row_without_country_or_day_is_not_loaded_and_its_neighbours_are(tmp_path: Path) -> None:
    found = reading(
        tmp_path, LONG,
        "Atlantis,ATL,20200501,1,1,,,50",
        "Peru,PER,2020-13-01,1,1,,,50",
        "Peru,PER,nan,1,1,,,50",
        "Peru,PER,20200502,1,1,,,50",
    )  # fmt: skip
    assert [s.speaks_of.start for s in found.statements] == [date(2020, 5, 2)]
    assert codes(found) == {"row_without": 3, "value_not_date": 1}


def test_semicolons_and_decimal_commas_read_the_same(tmp_path: Path) -> None:
    comma = reading(tmp_path, LONG, "Peru,PER,20200501,2.00,1,4.00,,80.04", name="a.csv")
    semicolon = reading(tmp_path, LONG.replace(",", ";"), "Peru;PER;20200501;2,00;1;4,00;;80,04", name="b.csv")
    assert [s.id for s in comma.statements] == [s.id for s in semicolon.statements]


def test_the_file_saved_again_as_a_workbook_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "again.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("OxCGRT")
        sheet.write_row(0, 0, LONG.split(","))
        sheet.write_row(1, 0, ["Peru", "PER", 20200501, 2, 1, 4, None, 80.04])
    text = reading(tmp_path, LONG, "Peru,PER,20200501,2.00,1,4.00,,80.04")
    assert [s.id for s in read(path).statements] == [s.id for s in text.statements] != []


def test_a_shifted_row_is_not_loaded(tmp_path: Path) -> None:
    found = reading(tmp_path, LONG, "Peru,PER,extra,20200501,2.00,1,4.00,,80.04", "Peru,PER,20200502,2,1,4,,80")
    assert codes(found) == {"row_shifted": 1}
    assert len(found.statements) == 1


@settings(max_examples=40, deadline=None)
@given(levels=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["", "0", "1"])), min_size=2, max_size=20),
       cut=st.integers(1, 19))  # fmt: skip
def test_rows_appended_later_change_no_earlier_statement(
    tmp_path_factory: pytest.TempPathFactory, levels: list[tuple[int, str]], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("long")
    start = date(2020, 3, 1)
    rows = [
        f"Peru,PER,{start + timedelta(n):%Y%m%d},{level},{flag},,,{level}" for n, (level, flag) in enumerate(levels)
    ]
    whole, part = reading(folder, LONG, *rows), reading(folder, LONG, *rows[:cut], name="part.csv")
    kept = [s.id for s in part.statements]
    assert kept == [s.id for s in whole.statements][: len(kept)]


def test_the_real_file_of_may_2020() -> None:
    found = read(real("restrictions/OxCGRT_latest_2020-05.csv"))
    assert len(found.statements) == 22_625 - 453
    assert codes(found) == {"rows_say_nothing": 1}
    days = {(s.subject, s.speaks_of.start): said for s, said in policies(found)}
    drc = days["country:COD", date(2020, 5, 1)]
    levels = {name: (level, flag) for name, level, flag in drc.codes}
    assert levels["C2"] == levels["C6"] == levels["C7"] == (2.0, False)  # Kinshasa-Gombe, not the mining provinces
    assert levels["C1"] == (3.0, True) and levels["C8"] == (4.0, None)
    assert drc.stringency == 80.04
    assert max(s.speaks_of.known_on for s in found.statements) == date(2020, 5, 16)
    assert len({said.country for _, said in policies(found)}) == 166
    assert len({s.id for s in found.statements}) == len(found.statements)


# -- OxCGRT, a column a day ------------------------------------------------------------------------------------------


def test_a_value_is_said_when_it_changes_and_on_the_first_of_a_month(tmp_path: Path) -> None:
    days = ("14Apr2020", "15Apr2020", "16Apr2020", "30Apr2020", "01May2020", "02May2020")
    found = wide(tmp_path, "ZWE,Zimbabwe,10,10,20,20.00,20,", days=days)
    said = [(s.speaks_of.start, p.stringency) for s, p in policies(found) if p.country == "ZWE"]
    assert said == [(date(2020, 4, 14), 10.0), (date(2020, 4, 16), 20.0), (date(2020, 5, 1), 20.0)]
    assert found.statements[-1].origin.cell == "01May2020"
    assert codes(found) == {"days_without_value": 1}


def test_a_value_after_a_gap_is_said_again(tmp_path: Path) -> None:
    found = wide(tmp_path, "ZWE,Zimbabwe,10,,10")
    assert [s.speaks_of.start.day for s, p in policies(found) if p.country == "ZWE"] == [14, 16]


def test_columns_out_of_order_say_the_same(tmp_path: Path) -> None:
    one = wide(tmp_path, "ZWE,Zimbabwe,10,20,30")
    two = wide(tmp_path, "ZWE,Zimbabwe,30,20,10", days=("16Apr2020", "15Apr2020", "14Apr2020"))
    assert {s.id for s in one.statements} == {s.id for s in two.statements}


def test_another_index_in_the_same_layout_is_refused(tmp_path: Path) -> None:
    header = "CountryCode,CountryName,14Apr2020,15Apr2020"
    found = reading(tmp_path, header, "AFG,Afghanistan,62.5,62.5", "AGO,Angola,68.45,68.45")
    assert found.format == "oxcgrt-wide" and not found.statements
    assert codes(found) == {"index_unproven": 1} and found.failed


def test_without_the_day_that_proves_it_nothing_is_loaded(tmp_path: Path) -> None:
    found = reading(tmp_path, "CountryCode,CountryName,14Apr2021,15Apr2021", "AFG,Afghanistan,62.5,62.5")
    assert not found.statements and codes(found) == {"index_unproven": 1}


def test_a_wide_column_that_is_no_day_is_reported(tmp_path: Path) -> None:
    header = "CountryCode,CountryName,Comment,14Apr2020,15Apr2020"
    found = reading(tmp_path, header, "COD,DRC,x,80.56,80.56", "RWA,Rwanda,x,90.74,90.74")
    assert [(p.code, p.origin.cell) for p in found.problems] == [("column_unknown", "Comment")]
    assert len(found.statements) == 2


def test_an_index_beyond_100_is_a_problem(tmp_path: Path) -> None:
    found = wide(tmp_path, "ZWE,Zimbabwe,10,101,nan")
    assert [p.stringency for _, p in policies(found) if p.country == "ZWE"] == [10.0]
    assert codes(found) == {"value_out_of_range": 1}


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.sampled_from(["", "0", "16.67", "80.56"]), min_size=4, max_size=60), cut=st.integers(3, 59))
def test_columns_appended_later_change_no_earlier_statement_and_values_hold_until_the_next(
    tmp_path_factory: pytest.TempPathFactory, values: list[str], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("wide")
    days = tuple(f"{date(2020, 4, 14) + timedelta(n):%d%b%Y}" for n in range(len(values)))
    cut = min(cut, len(values))
    whole = wide(folder, "ZWE,Zimbabwe," + ",".join(values), days=days)
    part = wide(folder, "ZWE,Zimbabwe," + ",".join(values[:cut]), days=days[:cut])
    said = {s.speaks_of.start: p.stringency for s, p in policies(whole) if p.country == "ZWE"}
    early = {s.speaks_of.start: p.stringency for s, p in policies(part) if p.country == "ZWE"}
    assert early == {day: value for day, value in said.items() if day < date(2020, 4, 14) + timedelta(cut)}
    for n, value in enumerate(values):
        if value:
            day = date(2020, 4, 14) + timedelta(n)
            assert said[max(earlier for earlier in said if earlier <= day)] == float(value)


def test_the_real_wide_file_names_countries_regions_and_cities() -> None:
    found = read(real("restrictions/OxCGRT_timeseries_StringencyIndex_v1.csv"))
    assert (found.format, found.version) == ("oxcgrt-wide", "regions")
    kinds = Counter(s.subject.split(":")[0] for s in {s.subject: s for s in found.statements}.values())
    assert kinds == {"country": 185, "region": 210}
    assert codes(found) == {"days_without_value": 1}
    drc = [(s.speaks_of.start, p.stringency) for s, p in policies(found) if s.subject == "country:COD"]
    assert max(pair for pair in drc if pair[0] <= date(2020, 5, 11))[1] == 80.56
    assert all(a[0] < b[0] for a, b in pairwise(drc))
    sydney = next(p for s, p in policies(found) if s.subject == "region:AUS_1GSYD")
    assert (sydney.country, sydney.region) == ("AUS", "Greater Sydney")


# -- Infections ------------------------------------------------------------------------------------------------------


def test_a_negative_count_is_a_correction_and_the_total_stands(tmp_path: Path) -> None:
    found = reading(tmp_path, OWID, "ECU,Ecuador,2020-05-07,29420,-2461,1618,49,17643060.0")
    assert cases(found)[0][1] == Infections("ECU", None, 29420, 49, 1618, 17643060)
    assert [(p.code, p.severity, p.origin.cell) for p in found.problems] == [
        ("count_corrected", Severity.NOTE, "new_cases")
    ]


def test_a_negative_total_is_impossible(tmp_path: Path) -> None:
    found = reading(tmp_path, OWID, "ECU,Ecuador,2020-05-07,-5,1,1,1,")
    assert cases(found)[0][1] == Infections("ECU", 1, None, 1, 1, None)
    assert codes(found) == {"value_out_of_range": 1}


def test_the_world_and_ships_are_no_countries(tmp_path: Path) -> None:
    found = reading(
        tmp_path, OWID,
        "OWID_WRL,World,2020-05-07,9,1,1,1,",
        "OWID_EUR,Europe,2022-05-07,9,1,1,1,",
        ",International,2020-03-10,696,-9,7,1,",
        "OWID_KOS,Kosovo,2020-05-07,9,1,1,1,",
    )  # fmt: skip
    assert [s.subject for s in found.statements] == ["country:XKX"]
    assert [(p.code, dict(p.values)) for p in found.problems] == [
        ("rows_passed_over", {"count": "3", "names": "Europe, International, World"})
    ]


def test_a_row_without_any_figure_gives_no_statement(tmp_path: Path) -> None:
    found = reading(tmp_path, OWID, "RWA,Rwanda,2020-01-07,,,,,12952209", "RWA,Rwanda,2020-03-14,1,1,nan,,12952209")
    assert [said for _, said in cases(found)] == [Infections("RWA", 1, 1, None, None, 12952209)]
    assert codes(found) == {"rows_say_nothing": 1}


def test_na_is_namibia_and_headings_may_begin_with_a_space_and_a_bom(tmp_path: Path) -> None:
    found = reading(tmp_path, WHO, "2020-05-07T00:00:00Z,NA,Namibia,AFRO,0,16,0,0", encoding="utf-8-sig")
    assert (found.format, found.source) == ("who-covid", "who-covid")
    assert [(s.subject, s.speaks_of.start) for s in found.statements] == [("country:NAM", date(2020, 5, 7))]
    assert cases(found)[0][1] == Infections("NAM", 0, 16, 0, 0)
    assert not found.problems


def test_two_sources_of_one_country_day_stay_two_statements(tmp_path: Path) -> None:
    owid = reading(tmp_path, OWID, "NAM,Namibia,2020-05-07,16,0,0,0,", name="owid.csv")
    who = reading(tmp_path, WHO, "2020-05-07,NA,Namibia,AFRO,0,16,0,0", name="who.csv")
    assert owid.statements[0].said == who.statements[0].said
    assert owid.statements[0].id != who.statements[0].id


def test_a_fraction_of_a_person_is_a_problem(tmp_path: Path) -> None:
    found = reading(tmp_path, OWID, "NAM,Namibia,2020-05-07,16.5,0,0,0,")
    assert cases(found)[0][1].total_cases is None
    assert codes(found) == {"value_not_whole": 1}


def test_a_future_day_speaks_of_its_own_day_only(tmp_path: Path) -> None:
    found = reading(tmp_path, OWID, "NAM,Namibia,2031-05-07,16,0,0,0,")
    assert not found.statements[0].known(date(2020, 5, 11)) and found.statements[0].known(date(2031, 5, 7))


def test_a_lost_cell_does_not_move_figures_into_a_statement(tmp_path: Path) -> None:
    found = reading(tmp_path, OWID, "Namibia,2020-05-07,16,0,0,0,", "NAM,Namibia,2020-05-08,16,0,0,0,")
    assert [s.speaks_of.start.day for s in found.statements] == [8]
    assert codes(found)["row_without"] == 1 and found.failed


@settings(max_examples=30, deadline=None)
@given(
    figures=st.lists(st.tuples(st.integers(-5, 90), st.integers(0, 900)), min_size=2, max_size=15),
    cut=st.integers(1, 14),
)
def test_infections_appended_later_change_no_earlier_statement(
    tmp_path_factory: pytest.TempPathFactory, figures: list[tuple[int, int]], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("who")
    rows = [f"{date(2020, 3, 1) + timedelta(n)},CD,x,AFRO,{new},{total},0,0" for n, (new, total) in enumerate(figures)]
    whole, part = reading(folder, WHO, *rows), reading(folder, WHO, *rows[:cut], name="part.csv")
    assert [s.id for s in part.statements] == [s.id for s in whole.statements][:cut]
    assert all(said.new_cases is None or said.new_cases >= 0 for _, said in cases(whole))


def test_the_real_owid_file() -> None:
    found = read(real("restrictions/owid-covid-data_2020-05.csv"))
    assert len(found.statements) == 17_433
    assert codes(found) == {"count_corrected": 9 - 1, "rows_passed_over": 1}
    drc = {s.speaks_of.start: said for s, said in cases(found) if s.subject == "country:COD"}
    assert drc[date(2020, 5, 11)].total_cases is not None
    assert not found.failed


def test_the_real_who_file() -> None:
    found = read(real("restrictions/WHO-COVID-19-global-data.csv"))
    assert len(found.statements) == 17_080
    assert codes(found) == {"count_corrected": 15 + 9, "rows_passed_over": 1}
    assert "country:NAM" in {s.subject for s in found.statements}
    assert len({s.subject for s in found.statements}) == 215


# -- Countries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [
    "CD", "COD", "cod", "DRC", "RDC", "Democratic Republic of Congo", "The Democratic Republic of the Congo",
    "Congo, Dem. Rep.", "Congo, Democratic Republic of the", "DR Congo (Zaire)", "Congo - Kinshasa", "  dr congo ",
    "République démocratique du Congo", "REPUBLIQUE DEMOCRATIQUE DU CONGO", "República Democrática del Congo",
    "刚果（金）", "刚果(金)", "刚果民主共和国",
])  # fmt: skip
def test_every_way_to_write_the_democratic_republic_of_the_congo(name: str) -> None:
    assert country(name) == "COD"


@pytest.mark.parametrize(("name", "code"), [
    ("Congo, Rep.", "COG"), ("République du Congo", "COG"), ("Côte d'Ivoire", "CIV"), ("COTE D’IVOIRE", "CIV"),
    ("Burkina", "BFA"), ("Soudan du Sud", "SSD"), ("Tanzania, United Republic of", "TZA"), ("NA", "NAM"),
    ("Bolivia (Plurinational State of)", "BOL"), ("Perú", "PER"), ("瑞士", "CHE"), ("UK", "GBR"), ("Kosovo", "XKX"),
    ("RKS", "XKX"), ("Republic of Zambia", "ZMB"), ("Guinea-Bissau", "GNB"), ("Guinea", "GIN"), ("Niger", "NER"),
    ("Republic of China", "TWN"), ("Dominica", "DMA"), ("Dominican Republic", "DOM"), ("Korea, Rep.", "KOR"),
])  # fmt: skip
def test_names_of_other_countries(name: str, code: str) -> None:
    assert country(name) == code


@pytest.mark.parametrize("text", [None, "", " ", "Congo", "刚果", "Korea", "no", "na", "World", "OWID_WRL", "Atlantis",
                                  "?", "Kivu", "Islamic State of Iraq", "Republic"])  # fmt: skip
def test_what_names_no_country_or_two_gives_none(text: str | None) -> None:
    assert country(text) is None


def test_no_name_is_the_name_of_two_countries() -> None:
    meant: dict[tuple[str, ...], set[str]] = {}
    for name, code in _named():
        meant.setdefault(_words(name), set()).add(code)
    ambiguous = {_words(name) for name in lookup("countries")["ambiguous"]}
    assert not {words: found for words, found in meant.items() if len(found) > 1 and words not in ambiguous}


def test_each_code_is_known_in_two_and_in_three_letters() -> None:
    iso = lookup("countries")["iso"]
    assert len(iso) == 250 and len(set(iso.values())) == 250
    assert all(country(two) == three == country(three) == country(three.lower()) for two, three in iso.items())
    assert all(code in iso.values() for code in lookup("countries")["variants"])


@pytest.mark.parametrize(("file", "code", "name"), [
    ("restrictions/OxCGRT_latest_2020-05.csv", "CountryCode", "CountryName"),
    ("restrictions/owid-covid-data_2020-05.csv", "iso_code", "location"),
    ("restrictions/WHO-COVID-19-global-data.csv", "Country_code", "Country"),
])  # fmt: skip
def test_the_names_in_the_real_files_agree_with_their_codes(file: str, code: str, name: str) -> None:
    with real(file).open(encoding="utf-8-sig", newline="") as lines:
        pairs = {(row[code], row[name]) for row in csv.DictReader(lines)}
    differ = {pair for pair in pairs if country(pair[0]) != country(pair[1])}
    assert {known for _, known in differ} == {"Congo"}  # the files mean Brazzaville; a person may not


# -- All together ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [
    "restrictions/OxCGRT_latest_2020-05.csv", "restrictions/OxCGRT_timeseries_StringencyIndex_v1.csv",
    "restrictions/owid-covid-data_2020-05.csv", "restrictions/WHO-COVID-19-global-data.csv",
])  # fmt: skip
def test_exactly_one_reader_knows_each_real_file(file: str, tmp_path: Path) -> None:
    with real(file).open(encoding="utf-8-sig", newline="") as lines:
        head = "".join(line for _, line in zip(range(3), lines, strict=False))
    path = tmp_path / "renamed.xls"
    path.write_text(head, encoding="utf-8")
    source = Source(path, "sent", "sent", Log("sent", severities()), limits())
    assert len([reader.format for reader in readers() if reader.recognise(source.peek()) is not None]) == 1


def test_a_file_cut_in_the_middle_of_a_row_keeps_its_good_rows(tmp_path: Path) -> None:
    whole = OWID + "\n" + "".join(f"NAM,Namibia,2020-05-{day:02},16,0,0,0,\n" for day in range(1, 11))
    path = tmp_path / "cut.csv"
    path.write_text(whole[:-25], encoding="utf-8")
    found = read(path)
    assert len(found.statements) == 9
    assert codes(found) == {"row_cut_off": 1} and found.failed


def test_every_problem_has_a_sentence_and_a_hint_in_each_language(tmp_path: Path) -> None:
    found = [
        reading(
            tmp_path, OWID, "ECU,Ecuador,2020-05-07,5,-1,1,1,", ",World,2020-05-07,5,1,1,1,", "NAM,N,2020-05-07,,,,,"
        ),
        wide(tmp_path, "ZWE,Zimbabwe,10,,10"),
        reading(tmp_path, "CountryCode,CountryName,14Apr2020,15Apr2020", "AFG,Afghanistan,62.5,62.5"),
    ]
    problems = [problem for each in found for problem in each.problems]
    assert {p.code for p in problems} == {
        "count_corrected", "rows_passed_over", "rows_say_nothing", "days_without_value", "index_unproven"
    }  # fmt: skip
    for problem in problems:
        assert len({sentence(problem, language) for language in LANGUAGES}) == len(LANGUAGES)
        assert all(hint(problem, language) for language in LANGUAGES)
