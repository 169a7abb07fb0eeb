"""Conflict data as published and as it arrives: UCDP GED, ACLED events and months, HDX HAPI counts.

Rows of ACLED events are made up here, in ACLED's layout: event-level ACLED may not be passed on.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from string import Formatter

import openpyxl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from real import real
from winze.engine.problems import Severity
from winze.engine.records import (
    ConflictCount,
    ConflictEvent,
    DataClass,
    Point,
    Precision,
    Span,
    Statement,
    between,
    in_month,
    in_year,
    on,
)
from winze.engine.texts import LANGUAGES, catalogue, hint, sentence, severities
from winze.formats.conflict import ACLED, GED, HAPI, MONTHS_BY_AREA, READERS
from winze.formats.reading import Reading, lookup, read

Cells = dict[str, str]

GED_ROW: Cells = {
    "id": "300380", "relid": "XXX-2019-1-1-1", "year": "2019", "active_year": "1", "code_status": "Clear",
    "type_of_violence": "1", "conflict_dset_id": "283", "conflict_new_id": "283", "conflict_name": "Somewhere",
    "dyad_dset_id": "1", "dyad_new_id": "1", "dyad_name": "Government of DR Congo (Zaire) - ADF",
    "side_a_dset_id": "88", "side_a_new_id": "88", "side_a": "Government of DR Congo (Zaire)",
    "side_b_dset_id": "489", "side_b_new_id": "489", "side_b": "ADF", "number_of_sources": "1",
    "source_article": "made up, for a test", "source_office": "", "source_date": "", "source_headline": "",
    "source_original": "", "where_prec": "1", "where_coordinates": "Beni town", "where_description": "Beni",
    "adm_1": "Nord-Kivu province", "adm_2": "Beni territory", "latitude": "0.49", "longitude": "29.47",
    "geom_wkt": "POINT (29.47 0.49)", "priogrid_gid": "1", "country": "DR Congo (Zaire)", "country_id": "490",
    "region": "Africa", "event_clarity": "1", "date_prec": "1", "date_start": "2019-11-05", "date_end": "2019-11-05",
    "deaths_a": "1", "deaths_b": "2", "deaths_civilians": "3", "deaths_unknown": "0", "best": "6", "high": "8",
    "low": "5", "gwnoa": "490", "gwnob": "",
}  # fmt: skip
ACLED_ROW: Cells = {
    "event_id_cnty": "DRC99001", "event_date": "2020-04-10", "year": "2020", "time_precision": "1",
    "disorder_type": "Political violence", "event_type": "Battles", "sub_event_type": "Armed clash",
    "actor1": "Military Forces of the Democratic Republic of Congo (2019-)", "assoc_actor_1": "", "inter1": "1",
    "actor2": "Mayi-Mayi Militia (Example)", "assoc_actor_2": "", "inter2": "3", "interaction": "13",
    "civilian_targeting": "", "iso": "180", "region": "Middle Africa", "country": "Democratic Republic of Congo",
    "admin1": "Sud-Kivu", "admin2": "Fizi", "admin3": "Example", "location": "Example", "latitude": "-4.3009",
    "longitude": "28.9430", "geo_precision": "1", "source": "made up", "source_scale": "Subnational",
    "notes": "Made up; for a test.", "fatalities": "2", "tags": "", "timestamp": "1587340800",
}  # fmt: skip
MONTH_ROW: Cells = {
    "Country": "Democratic Republic of Congo", "Admin1": "Sud-Kivu", "Admin2": "Fizi", "ISO3": "COD",
    "Admin2 Pcode": "CD6206", "Admin1 Pcode": "CD62", "Month": "April", "Year": "2020", "Events": "12",
    "Fatalities": "7",
}  # fmt: skip
HAPI_ROW: Cells = {
    "location_code": "COD", "has_hrp": "Y", "in_gho": "Y", "provider_admin1_name": "Sud-Kivu",
    "provider_admin2_name": "Fizi", "admin1_code": "CD62", "admin1_name": "South Kivu", "admin2_code": "CD6206",
    "admin2_name": "Fizi", "admin_level": "2", "event_type": "political_violence", "events": "9", "fatalities": "4",
    "reference_period_start": "2025-01-01", "reference_period_end": "2025-01-31", "dataset_hdx_id": "a",
    "resource_hdx_id": "b", "warning": "", "error": "",
}  # fmt: skip
LAYOUTS = {"ucdp-ged": GED_ROW, "acled-events": ACLED_ROW, "acled-month": MONTH_ROW, "hapi-conflict": HAPI_ROW}


def lines(rows: Sequence[Cells], delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


Load = Callable[..., Reading]


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Writes what a file holds (rows, text or bytes) and reads it."""
    path = tmp_path_factory.mktemp("conflict") / "events.csv"

    def loaded(what: Sequence[Cells] | str | bytes) -> Reading:
        text = what if isinstance(what, str | bytes) else lines(what)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read(path)

    return loaded


def codes(reading: Reading) -> list[str]:
    return [problem.code for problem in reading.problems]


def only(reading: Reading) -> Statement:
    (statement,) = reading.statements
    return statement


def event(reading: Reading) -> ConflictEvent:
    said = only(reading).said
    assert isinstance(said, ConflictEvent)
    return said


def count(reading: Reading) -> ConflictCount:
    said = only(reading).said
    assert isinstance(said, ConflictCount)
    return said


def ids(reading: Reading) -> list[str]:
    return [statement.id for statement in reading.statements]


# -- recognising -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "row"), LAYOUTS.items())
def test_each_layout_is_known_by_its_headings_in_any_order_and_case(name: str, row: Cells, load: Load) -> None:
    turned = {key.upper(): value for key, value in reversed(row.items())}
    straight, other = load([row]), load([turned])
    assert straight.format == other.format == name
    assert straight.problems == other.problems == ()
    assert ids(straight) == ids(other)


@pytest.mark.parametrize(("name", "row"), LAYOUTS.items())
def test_no_layout_is_taken_for_another_of_them(name: str, row: Cells, tmp_path: Path) -> None:
    from winze.engine.problems import Log
    from winze.formats.files import Source
    from winze.formats.reading import limits

    path = tmp_path / "x.csv"
    path.write_text(lines([row]), encoding="utf-8")
    peek = Source(path, "x", "x", Log("x", severities()), limits()).peek()
    assert [reader.format for reader in READERS if reader.recognise(peek)] == [name]


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_file_without_one_of_the_marks_is_not_taken(name: str, load: Load) -> None:
    layout = {"ucdp-ged": GED, "acled-events": ACLED, "acled-month": MONTHS_BY_AREA, "hapi-conflict": HAPI}[name]
    for mark in layout.marks:
        row = {key: value for key, value in LAYOUTS[name].items() if key.lower().replace(" ", "_") != mark}
        assert len(row) == len(LAYOUTS[name]) - 1
        assert load([row]).format != name


def test_the_variant_is_named(load: Load) -> None:
    older = {key: value for key, value in GED_ROW.items() if key not in {"code_status", "conflict_dset_id"}}
    assert load([GED_ROW]).version == "current"
    assert load([{**GED_ROW, "iso3": "COD"}]).version == "hdx"
    assert load([older]).version == "older"
    assert load([ACLED_ROW]).version == "current"
    assert load([MONTH_ROW]).version == "territory-month"


@pytest.mark.parametrize(("name", "row"), LAYOUTS.items())
def test_a_workbook_reads_the_same_as_text_even_on_its_second_sheet(
    name: str, row: Cells, load: Load, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Licensing"
    book.active.append(["Attribution", "made up"])
    sheet = book.create_sheet("Data")
    sheet.append(list(row))
    sheet.append([float(value) if value.replace(".", "", 1).lstrip("-").isdigit() else value for value in row.values()])
    path = tmp_path / "book.xlsx"
    book.save(path)
    reading = read(path)
    assert (reading.format, codes(reading)) == (name, [])
    assert ids(reading) == ids(load([row]))
    assert only(reading).origin.sheet == "Data"


# -- UCDP GED --------------------------------------------------------------------------------------------------------


def test_a_ucdp_event_is_read_whole(load: Load) -> None:
    reading = load([GED_ROW])
    statement = only(reading)
    assert statement.subject == "event:ucdp-ged/300380"
    assert statement.source == reading.source == "ucdp-ged"
    assert statement.speaks_of == on(date(2019, 11, 5))
    assert (statement.published_on, statement.evidence, statement.data_class) == (None, None, DataClass.PUBLIC)
    assert (statement.origin.row, statement.origin.cell) == (2, None)
    assert statement.said == ConflictEvent(
        "ucdp-ged", "300380", "state-based", "COD", "Nord-Kivu province", "Beni territory", Point(0.49, 29.47, 5.0), 1,
        "Government of DR Congo (Zaire)", "ADF", 5, 6, 8, 3,
    )  # fmt: skip


def test_the_49_columns_with_numbers_as_floats_and_the_hdx_layout_say_the_same_of_one_event(load: Load) -> None:
    number = {"id", "year", "type_of_violence", "where_prec", "date_prec", "country_id", "best", "low", "high",
              "deaths_civilians"}  # fmt: skip
    floats = {key: f"{value}.0" if key in number else value for key, value in GED_ROW.items()}
    hdx = {**GED_ROW, "iso3": "COD", "date_start": "2019-11-05 00:00:00.000", "date_end": "2019-11-05 00:00:00.000"}
    assert ids(load([floats])) == ids(load([hdx])) == ids(load([GED_ROW]))


def test_older_column_sets_give_the_same_event(load: Load) -> None:
    gone = {"code_status", "conflict_dset_id", "dyad_dset_id", "side_a_dset_id", "side_b_dset_id", "number_of_sources"}
    names = {"conflict_new_id": "conflict_id", "dyad_new_id": "dyad_id", "side_a_new_id": "side_a_id",
             "side_b_new_id": "side_b_id", "best": "best_est", "low": "low_est", "high": "high_est"}  # fmt: skip
    older = {names.get(key, key): value for key, value in GED_ROW.items() if key not in gone}
    reading = load([older])
    assert (codes(reading), ids(reading)) == ([], ids(load([GED_ROW])))


def test_a_tag_row_and_newlines_inside_quotes_keep_rows_counted_as_a_spreadsheet_does(load: Load) -> None:
    tags = dict.fromkeys(GED_ROW, "") | {"year": "#date+year", "best": "#affected+killed"}
    first = GED_ROW | {"source_headline": "two\nlines, and a comma"}
    reading = load([tags, first, GED_ROW | {"id": "2"}])
    assert codes(reading) == []
    assert [(s.subject, s.origin.row) for s in reading.statements] == [
        ("event:ucdp-ged/300380", 3),
        ("event:ucdp-ged/2", 4),
    ]


@pytest.mark.parametrize(
    ("precision", "start", "end", "span"),
    [
        ("1", "2019-11-05", "2019-11-05", on(date(2019, 11, 5))),
        ("1", "2019-11-05", "", on(date(2019, 11, 5))),
        ("2", "2019-11-05", "2019-11-08", between(date(2019, 11, 5), date(2019, 11, 8))),
        ("3", "2019-11-04", "2019-11-10", between(date(2019, 11, 4), date(2019, 11, 10))),
        ("4", "2019-11-01", "2019-11-30", between(date(2019, 11, 1), date(2019, 11, 30))),
        ("5", "2019-01-01", "2019-12-31", between(date(2019, 1, 1), date(2019, 12, 31))),
        ("4", "2019-11-05", "2019-11-05", Span(date(2019, 11, 5), date(2019, 11, 5), Precision.INTERVAL)),
        ("", "2019-11-05", "2019-11-05", Span(date(2019, 11, 5), date(2019, 11, 5), Precision.INTERVAL)),
    ],
)
def test_an_event_speaks_of_the_days_ucdp_gives_and_only_precision_one_makes_a_known_day(
    precision: str, start: str, end: str, span: Span, load: Load
) -> None:
    reading = load([GED_ROW | {"date_prec": precision, "date_start": start, "date_end": end}])
    assert codes(reading) == []
    assert only(reading).speaks_of == span


def test_an_event_known_only_by_its_month_is_not_known_before_the_month_has_ended(load: Load) -> None:
    statement = only(load([GED_ROW | {"date_prec": "4", "date_start": "2019-11-01", "date_end": "2019-11-30"}]))
    assert not statement.known(date(2019, 11, 29))
    assert statement.known(date(2019, 11, 30))


def test_an_imprecise_event_without_an_end_is_not_given_one(load: Load) -> None:
    reading = load([GED_ROW | {"date_prec": "4", "date_end": ""}])
    assert (reading.statements, codes(reading)) == ((), ["row_without"])


@pytest.mark.parametrize(
    ("step", "km"),
    [("1", 5.0), ("2", 25.0), ("3", 65.0), ("4", 170.0), ("5", 170.0), ("6", 900.0), ("7", None), ("", None)],
)
def test_the_coarser_the_place_the_farther_the_event_may_have_been(step: str, km: float | None, load: Load) -> None:
    said = event(load([GED_ROW | {"where_prec": step}]))
    assert said.place_precision == (int(step) if step else None)
    assert said.point == Point(0.49, 29.47, km)


def test_each_distance_says_whose_it_is_and_none_grows_smaller_with_a_coarser_step() -> None:
    for steps in lookup("conflict")["within_km"].values():
        known = [entry["km"] for _, entry in sorted(steps.items()) if entry["km"] is not None]
        assert known == sorted(known)
        for entry in steps.values():
            assert entry["means"] and entry["confirmed"] is (entry["basis"] == "codebook")


@pytest.mark.parametrize(("number", "kind"), [("1", "state-based"), ("2", "non-state"), ("3", "one-sided")])
def test_ucdps_three_kinds_of_violence(number: str, kind: str, load: Load) -> None:
    assert event(load([GED_ROW | {"type_of_violence": number}])).type == kind


def test_a_fourth_kind_of_violence_is_unknown_and_said(load: Load) -> None:
    reading = load([GED_ROW | {"type_of_violence": "4"}])
    assert (event(reading).type, codes(reading)) == ("unknown", ["value_out_of_range"])


@pytest.mark.parametrize("blank", ["", "-1", "-1.0", "n/a"])
def test_unknown_deaths_are_none_and_zero_is_zero(blank: str, load: Load) -> None:
    unknown = load([GED_ROW | dict.fromkeys(("low", "best", "high", "deaths_civilians"), blank)])
    zero = load([GED_ROW | dict.fromkeys(("low", "best", "high", "deaths_civilians"), "0")])
    figures = [(s.deaths_low, s.deaths_best, s.deaths_high, s.deaths_civilian) for s in map(event, (unknown, zero))]
    assert figures == [(None,) * 4, (0,) * 4]
    assert codes(unknown) == codes(zero) == []


@pytest.mark.parametrize(
    ("low", "best", "high", "kept"),
    [
        ("37", "37", "33", (37, 37, None)),
        ("2", "1", "2", (None, 1, 2)),
        ("9", "10", "9", (9, 10, None)),
        ("9", "5", "3", (None, 5, None)),
        ("9", "", "3", (None, None, None)),
    ],
)
def test_a_bound_that_contradicts_the_best_estimate_is_unknown(
    low: str, best: str, high: str, kept: tuple[int | None, ...], load: Load
) -> None:
    reading = load([GED_ROW | {"low": low, "best": best, "high": high}])
    said = event(reading)
    assert (said.deaths_low, said.deaths_best, said.deaths_high) == kept
    assert codes(reading) == ["conflict_deaths_order"]
    assert not reading.failed
    assert (low in sentence(reading.problems[0], "en")) and ("None" not in sentence(reading.problems[0], "en"))


@given(st.lists(st.one_of(st.just(""), st.just("-1"), st.integers(0, 9).map(str)), min_size=3, max_size=3))
@settings(max_examples=60, deadline=None)
def test_whatever_a_row_says_the_known_estimates_are_in_order(load: Load, figures: list[str]) -> None:
    said = event(load([GED_ROW | dict(zip(("low", "best", "high"), figures, strict=True))]))
    known = [n for n in (said.deaths_low, said.deaths_best, said.deaths_high) if n is not None]
    assert known == sorted(known)
    assert said.deaths_best == (int(figures[1]) if figures[1] not in {"", "-1"} and known else None)


def test_an_event_its_publisher_has_not_cleared_is_an_allegation(load: Load) -> None:
    reading = load([GED_ROW | {"code_status": "Check deaths"}])
    assert (only(reading).evidence, codes(reading), reading.failed) == ("allegation", ["conflict_not_clear"], False)


def test_a_period_that_ends_before_it_starts_is_not_loaded(load: Load) -> None:
    reading = load([GED_ROW | {"date_end": "2019-11-01"}, GED_ROW | {"id": "2"}])
    assert [s.subject for s in reading.statements] == ["event:ucdp-ged/2"]
    assert codes(reading) == ["conflict_dates_reversed"] and reading.failed


def test_a_year_beside_its_dates_that_differs_is_said(load: Load) -> None:
    reading = load([GED_ROW | {"year": "2018"}])
    assert (len(reading.statements), codes(reading)) == (1, ["conflict_year_differs"])


# -- countries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"country_id": "490", "country": ""}, "COD"),
        ({"country_id": "490.0", "country": "DR Congo (Zaire)"}, "COD"),
        ({"country_id": "345", "country": "Serbia (Yugoslavia)"}, "SRB"),
        ({"country_id": "", "country": "South Sudan"}, "SSD"),
        ({"country_id": "", "country": ""}, None),
    ],
)
def test_a_country_is_known_by_number_or_name(cells: Cells, code: str | None, load: Load) -> None:
    assert event(load([GED_ROW | cells])).country == code


def test_a_country_nobody_knows_is_unknown_and_said(load: Load) -> None:
    reading = load([GED_ROW | {"country_id": "", "country": "Atlantis"}])
    assert (event(reading).country, codes(reading)) == (None, ["value_unknown"])


def test_no_two_countries_share_a_number_or_a_name() -> None:
    known = lookup("conflict")["countries"]
    for key in ("iso", "gw", "names"):
        values = [v for e in known.values() if key in e for v in (e[key] if isinstance(e[key], list) else [e[key]])]
        assert len(values) == len(set(values))
    assert all(len(code) == 3 and code.isupper() for code in known)


def test_the_countries_agree_with_the_published_code_list() -> None:
    with real("geography/country-codes.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["ISO3166-1-numeric"]]
    published = {row["ISO3166-1-Alpha-3"]: int(float(row["ISO3166-1-numeric"])) for row in rows}
    known = lookup("conflict")["countries"]
    assert {code: known[code]["iso"] for code in published} == published


# -- ACLED events ----------------------------------------------------------------------------------------------------


def test_an_acled_event_is_read_whole(load: Load) -> None:
    reading = load([ACLED_ROW])
    statement = only(reading)
    assert (reading.format, statement.source, statement.subject) == (
        "acled-events", "acled-events", "event:acled/DRC99001",
    )  # fmt: skip
    assert statement.speaks_of == on(date(2020, 4, 10))
    assert statement.published_on == date(2020, 4, 20)
    assert statement.said == ConflictEvent(
        "acled", "DRC99001", "battle", "COD", "Sud-Kivu", "Fizi", Point(-4.3009, 28.943, 5.0), 1,
        "Military Forces of the Democratic Republic of Congo (2019-)", "Mayi-Mayi Militia (Example)", None, 2, None,
    )  # fmt: skip


def test_event_rows_of_acled_are_never_public(load: Load) -> None:
    assert only(load([ACLED_ROW])).data_class not in {DataClass.PUBLIC, DataClass.PARTNER}


def test_acled_gives_one_figure_of_deaths_and_a_blank_one_is_unknown(load: Load) -> None:
    for text, best in (("0", 0), ("", None), ("17", 17)):
        said = event(load([ACLED_ROW | {"fatalities": text}]))
        assert (said.deaths_low, said.deaths_best, said.deaths_high, said.deaths_civilian) == (None, best, None, None)


@pytest.mark.parametrize(
    ("precision", "span"),
    [
        ("1", on(date(2020, 4, 10))),
        ("", on(date(2020, 4, 10))),
        ("2", between(date(2020, 4, 7), date(2020, 4, 13))),
        ("3", in_month(2020, 4)),
    ],
)
def test_time_precision_is_a_day_a_week_or_a_month(precision: str, span: Span, load: Load) -> None:
    assert only(load([ACLED_ROW | {"time_precision": precision}])).speaks_of == span


def test_a_row_is_known_only_from_the_day_it_was_last_published(load: Load) -> None:
    statement = only(load([ACLED_ROW]))
    assert not statement.known(date(2020, 4, 19))
    assert statement.known(date(2020, 4, 20))
    assert only(load([ACLED_ROW | {"timestamp": ""}])).published_on is None


@pytest.mark.parametrize("stamp", ["1587340800000", "-5", "yesterday"])
def test_a_timestamp_that_is_none_is_said_and_unknown(stamp: str, load: Load) -> None:
    reading = load([ACLED_ROW | {"timestamp": stamp}])
    assert only(reading).published_on is None
    assert len(codes(reading)) == 1 and not reading.failed


def test_an_event_dated_after_its_own_publication_is_said(load: Load) -> None:
    reading = load([ACLED_ROW | {"event_date": "2021-04-10", "year": "2021"}])
    assert codes(reading) == ["date_in_future"]
    assert not only(reading).known(date(2020, 12, 31))


@pytest.mark.parametrize(
    ("text", "inter", "kind"),
    [
        ("Battles", "1", "battle"),
        ("Battle-No change of territory", "1", "battle"),
        ("Violence against civilians", "3", "violence-against-civilians"),
        ("Explosions/Remote violence", "2", "explosion-or-remote-violence"),
        ("Remote violence", "2", "explosion-or-remote-violence"),
        ("Riots", "5", "riot"),
        ("Protests", "Protesters", "protest"),
        ("Riots/Protests", "5", "riot"),
        ("Riots/Protests", "6", "protest"),
        ("Riots/Protests", "Protesters", "protest"),
        ("Riots/Protests", "", "riot-or-protest"),
        ("Strategic developments", "1", "strategic-development"),
    ],
)
def test_acleds_kinds_of_event_old_and_new(text: str, inter: str, kind: str, load: Load) -> None:
    assert event(load([ACLED_ROW | {"event_type": text, "inter1": inter}])).type == kind


def test_a_kind_of_event_nobody_knows_is_unknown_and_said(load: Load) -> None:
    reading = load([ACLED_ROW | {"event_type": "Jousting"}])
    assert (event(reading).type, codes(reading)) == ("unknown", ["value_unknown"])


def test_older_column_sets_of_acled_say_the_same(load: Load) -> None:
    newer = {"disorder_type", "civilian_targeting", "tags", "timestamp"}
    modern = load([{key: value for key, value in ACLED_ROW.items() if key not in newer}])
    old_names = {"event_id_cnty": "EVENT_ID_CNTY", "assoc_actor_1": "ALLY_ACTOR_1", "assoc_actor_2": "ALLY_ACTOR_2"}
    old = {old_names.get(k, k.upper()): v for k, v in ACLED_ROW.items() if k not in newer | {"iso", "sub_event_type"}}
    gwno = load([{"GWNO": "490", "EVENT_ID_NO_CNTY": "99001", **old, "EVENT_DATE": "10/04/2020"}])
    iso3 = load([{**old, "ISO3": "COD", "Data ID": "7000001", "EVENT_DATE": "10 April 2020"}])
    assert codes(modern) == codes(gwno) == codes(iso3) == []
    assert ids(modern) == ids(gwno) == ids(iso3)
    assert modern.version == gwno.version == "older"


def test_an_event_without_a_country_key_takes_the_data_id(load: Load) -> None:
    assert only(load([{**ACLED_ROW, "event_id_cnty": "", "Data ID": "7000001"}])).subject == "event:acled/7000001"
    nameless = load([ACLED_ROW | {"event_id_cnty": ""}])
    assert (nameless.statements, codes(nameless)) == ((), ["row_without"])


def test_a_semicolon_file_with_decimal_commas_and_a_tag_row_reads_the_same(load: Load) -> None:
    tags = dict.fromkeys(ACLED_ROW, "") | {"event_date": "#date", "country": "#country", "fatalities": "#affected"}
    comma = ACLED_ROW | {"latitude": "-4,3009", "longitude": "28,9430"}
    reading = load(lines([tags, comma], ";"))
    assert codes(reading) == []
    assert ids(reading) == ids(load([ACLED_ROW]))


def test_the_population_columns_are_known(load: Load) -> None:
    assert codes(load([{**ACLED_ROW, "population_1km": "5", "population_best": "900"}])) == []


def test_the_country_of_an_event_by_number_and_by_name_is_the_same(load: Load) -> None:
    assert ids(load([ACLED_ROW | {"iso": ""}])) == ids(load([ACLED_ROW]))


# -- counts by area and month ----------------------------------------------------------------------------------------


def test_a_month_of_a_territory_is_read_whole(load: Load) -> None:
    statement = only(load([MONTH_ROW]))
    assert (statement.subject, statement.source) == ("area:CD6206", "acled-hdx-month")
    assert statement.speaks_of == in_month(2020, 4)
    assert statement.said == ConflictCount("acled", "all", "COD", "Sud-Kivu", "Fizi", 12, 7)


def test_a_month_in_which_nothing_was_reported_is_a_known_zero(load: Load) -> None:
    said = count(load([MONTH_ROW | {"Events": "0", "Fatalities": "0"}]))
    assert (said.events, said.deaths) == (0, 0)


def test_a_blank_figure_is_unknown_and_a_row_without_any_says_nothing(load: Load) -> None:
    half = load([MONTH_ROW | {"Fatalities": ""}])
    none = load([MONTH_ROW | {"Events": "", "Fatalities": ""}])
    assert ((count(half).events, count(half).deaths), codes(half)) == ((12, None), [])
    assert (none.statements, codes(none)) == ((), ["row_without"])


@pytest.mark.parametrize("month", ["April", "april", "avril", "4", "04"])
def test_months_by_name_or_number(month: str, load: Load) -> None:
    assert only(load([MONTH_ROW | {"Month": month}])).speaks_of == in_month(2020, 4)


@pytest.mark.parametrize(
    "cells", [{"Month": "Brumaire"}, {"Month": "13"}, {"Month": "²"}, {"Year": "20"}, {"Year": ""}]
)
def test_a_month_that_is_none_is_not_loaded(cells: Cells, load: Load) -> None:
    reading = load([MONTH_ROW | cells])
    assert reading.statements == () and reading.failed


def test_may_2020_is_not_known_on_11_may(load: Load) -> None:
    statement = only(load([MONTH_ROW | {"Month": "May"}]))
    assert not statement.known(date(2020, 5, 11))
    assert statement.known(date(2020, 5, 31))


def test_an_area_without_a_code_keeps_its_names(load: Load) -> None:
    reading = load([MONTH_ROW | {"Admin2 Pcode": ""}])
    assert only(reading).subject == "area:COD/sud kivu/fizi"
    assert codes(reading) == ["conflict_area_without_code"]
    nowhere = load([MONTH_ROW | {"Admin2 Pcode": "", "Admin1": "", "Admin2": ""}])
    assert (nowhere.statements, codes(nowhere)) == ((), ["row_without"])


def test_the_product_without_deaths_is_the_one_of_demonstrations(load: Load) -> None:
    reading = load([{key: value for key, value in MONTH_ROW.items() if key != "Fatalities"}])
    assert (count(reading).type, count(reading).deaths) == ("demonstration", None)
    assert reading.version == "territory-month-events"


# -- HAPI ------------------------------------------------------------------------------------------------------------


def test_a_hapi_count_is_read_whole(load: Load) -> None:
    statement = only(load([HAPI_ROW]))
    assert (statement.subject, statement.source) == ("area:CD6206", "hdx-hapi-conflict")
    assert statement.speaks_of == in_month(2025, 1)
    assert statement.said == ConflictCount("acled", "political-violence", "COD", "Sud-Kivu", "Fizi", 9, 4)


@pytest.mark.parametrize(
    ("cells", "subject"),
    [
        ({"admin_level": "0"}, "country:COD"),
        ({"admin_level": "1"}, "area:CD62"),
        ({"admin_level": "2"}, "area:CD6206"),
        ({"admin_level": ""}, "area:CD6206"),
        ({"admin_level": "", "admin2_code": ""}, "area:CD62"),
        ({"admin_level": "", "admin2_code": "", "admin1_code": ""}, "country:COD"),
    ],
)
def test_a_count_is_of_the_level_the_row_names(cells: Cells, subject: str, load: Load) -> None:
    assert only(load([HAPI_ROW | cells])).subject == subject


def test_a_count_of_an_area_without_code_is_never_taken_for_the_country(load: Load) -> None:
    reading = load([HAPI_ROW | {"admin1_code": "", "admin2_code": "", "admin1_name": "", "admin2_name": ""}])
    assert (only(reading).subject, codes(reading)) == ("area:COD/sud kivu/fizi", ["conflict_area_without_code"])


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        ("2024-02-01", "2024-02-29", in_month(2024, 2)),
        ("2024-02-01T00:00:00", "2024-02-29T23:59:59", in_month(2024, 2)),
        ("2024-02-01", "2024-02-28", between(date(2024, 2, 1), date(2024, 2, 28))),
        ("2024-01-01", "2024-12-31", in_year(2024)),
        ("2024-01-15", "2024-02-14", between(date(2024, 1, 15), date(2024, 2, 14))),
        ("2024-01-15", "2024-01-15", on(date(2024, 1, 15))),
    ],
)
def test_a_whole_month_is_a_month_and_anything_else_an_interval(start: str, end: str, span: Span, load: Load) -> None:
    row = HAPI_ROW | {"reference_period_start": start, "reference_period_end": end}
    assert only(load([row])).speaks_of == span


def test_a_row_its_publisher_calls_wrong_is_not_loaded_and_a_warning_is_passed_on(load: Load) -> None:
    wrong = load([HAPI_ROW | {"error": "Non matching p-code"}])
    warned = load([HAPI_ROW | {"warning": "PCode length"}])
    assert (wrong.statements, codes(wrong), wrong.failed) == ((), ["conflict_publisher_error"], True)
    assert (len(warned.statements), codes(warned), warned.failed) == (1, ["conflict_publisher_warning"], False)
    assert "PCode length" in sentence(warned.problems[0], "zh-hans")


def test_a_bom_and_a_tag_row_are_no_obstacle(load: Load) -> None:
    tags = dict.fromkeys(HAPI_ROW, "") | {"location_code": "#country+code", "events": "#affected"}
    assert ids(load(("\ufeff" + lines([tags, HAPI_ROW])).encode())) == ids(load([HAPI_ROW]))


def test_two_places_under_one_code_stay_two_statements_and_are_said(load: Load) -> None:
    reading = load([HAPI_ROW, HAPI_ROW | {"provider_admin2_name": "Fizi ville"}])
    assert len(set(ids(reading))) == 2
    assert (codes(reading), reading.failed) == (["conflict_told_twice"], False)


# -- what is sent in practice ----------------------------------------------------------------------------------------

LATITUDE = {"ucdp-ged": GED_ROW, "acled-events": ACLED_ROW}


@pytest.mark.parametrize(("name", "row"), LATITUDE.items())
@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"latitude": "NaN", "longitude": "nan"}, []),
        ({"latitude": "", "longitude": ""}, []),
        ({"latitude": "NaN"}, ["place_half"]),
        ({"latitude": "inf"}, ["place_half", "value_not_number"]),
        ({"latitude": "0", "longitude": "0"}, ["place_zero"]),
        ({"latitude": "129.47"}, ["place_half", "value_out_of_range"]),
        ({"latitude": "somewhere"}, ["place_half", "value_not_number"]),
    ],
)
def test_a_place_that_is_none_is_unknown_and_the_event_still_counts(
    name: str, row: Cells, cells: Cells, expected: list[str], load: Load
) -> None:
    reading = load([row | cells])
    assert event(reading).point is None
    assert sorted(codes(reading)) == expected
    assert reading.format == name and not reading.failed


@pytest.mark.parametrize("row", LAYOUTS.values())
def test_a_file_cut_off_in_a_row_keeps_the_whole_rows_and_says_so(row: Cells, load: Load) -> None:
    text = lines([row, row])
    whole, cut = text.splitlines()[:2], text.splitlines()[2]
    reading = load("\n".join([*whole, cut[: cut.index(",", len(cut) // 2)]]))
    assert ids(reading) == ids(load([row]))
    assert len(codes(reading)) == 1 and reading.failed
    assert set(codes(reading)) <= {"row_cut_off", "conflict_row_short"}


@pytest.mark.parametrize("row", LAYOUTS.values())
def test_a_row_with_a_cell_too_many_or_too_few_is_not_loaded(row: Cells, load: Load) -> None:
    text = lines([row])
    cells = next(csv.reader([text.splitlines()[1]]))
    for shifted, code in (([*cells, "x"], "row_shifted"), (cells[1:], "conflict_row_short")):
        out = io.StringIO()
        csv.writer(out).writerow(shifted)
        reading = load(text + out.getvalue())
        assert ids(reading) == ids(load([row]))
        assert codes(reading) == [code]


@pytest.mark.parametrize("row", LAYOUTS.values())
def test_a_row_given_twice_counts_once(row: Cells, load: Load) -> None:
    reading = load([row, row])
    assert len(reading.statements) == 1
    assert codes(reading) == ["row_repeated"]


@pytest.mark.parametrize(("row", "figure"), [(GED_ROW, "best"), (ACLED_ROW, "fatalities"), (MONTH_ROW, "Events"), (HAPI_ROW, "events")])  # fmt: skip  # noqa: E501
def test_the_same_event_or_month_told_with_another_figure_is_kept_and_said(row: Cells, figure: str, load: Load) -> None:
    reading = load([row, row | {figure: "7"}])
    assert len(set(ids(reading))) == 2
    assert codes(reading) == ["conflict_told_twice"]
    assert reading.statements[0].subject in sentence(reading.problems[0], "fr")


@pytest.mark.parametrize("row", LAYOUTS.values())
def test_a_column_nobody_knows_is_a_note(row: Cells, load: Load) -> None:
    reading = load([{**row, "my own notes": "x"}])
    assert [(p.code, p.severity) for p in reading.problems] == [("column_unknown", Severity.NOTE)]


def test_windows_1252_is_read_with_its_accents_and_said(load: Load) -> None:
    row = GED_ROW | {"adm_1": "Équateur province"}
    reading = load(lines([row]).encode("cp1252"))
    assert event(reading).province == "Équateur province"
    assert codes(reading) == ["encoding_guessed"]


@pytest.mark.parametrize(("row", "column"), [(GED_ROW, "date_start"), (ACLED_ROW, "event_date"), (HAPI_ROW, "reference_period_start")])  # fmt: skip  # noqa: E501
@pytest.mark.parametrize("text", ["", "soon", "2019-13-45", "0001-01-01", "9999-12-31"])
def test_a_date_that_is_none_keeps_the_row_out_and_nothing_raises(
    row: Cells, column: str, text: str, load: Load
) -> None:
    reading = load([row | {column: text, "time_precision": "2"} if row is ACLED_ROW else row | {column: text}])
    assert reading.statements == () and reading.failed


def test_rows_of_the_future_are_loaded_and_not_yet_known(load: Load) -> None:
    later = {"date_start": "2090-01-01", "date_end": "2090-01-01", "year": "2090"}
    reading = load([GED_ROW, GED_ROW | {"id": "2", **later}])
    assert [s.known(date(2020, 5, 11)) for s in reading.statements] == [True, False]
    assert not reading.failed


HOSTILE = st.one_of(
    st.sampled_from(["", "-1", "nan", "inf", "-inf", "1e400", "0x1f", "٣", "²", "#tag", '"', "1,5", "2020-02-30", "'"]),
    st.text(max_size=12).filter(lambda text: "\x00" not in text),
)


@pytest.mark.parametrize("name", LAYOUTS)
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_no_cell_raises_and_every_row_is_loaded_or_reported(name: str, load: Load, data: st.DataObject) -> None:
    row = LAYOUTS[name]
    changed = data.draw(st.dictionaries(st.sampled_from(list(row)), HOSTILE, min_size=1, max_size=6))
    reading = load([row | changed])
    assert reading.format == name
    assert len(reading.statements) == 1 or reading.failed
    for problem in reading.problems:
        assert all(sentence(problem, language) and hint(problem, language) for language in LANGUAGES)
    assert all(statement.id for statement in reading.statements)


# -- identity --------------------------------------------------------------------------------------------------------

SMALL = {
    "ucdp-ged": ("id", {"best": ["0", "3", ""], "date_start": ["2019-11-01", "2019-11-05"], "where_prec": ["1", "4"]}),
    "acled-events": ("event_id_cnty", {"fatalities": ["0", "2", ""], "time_precision": ["1", "2", "3"]}),
    "acled-month": ("Admin2 Pcode", {"Events": ["0", "4", ""], "Month": ["March", "April"]}),
    "hapi-conflict": ("admin2_code", {"events": ["0", "4"], "event_type": ["demonstration", "political_violence"]}),
}


def some_rows(name: str) -> st.SearchStrategy[list[Cells]]:
    key, columns = SMALL[name]
    cells = {column: st.sampled_from(values) for column, values in columns.items()}
    change = st.fixed_dictionaries({key: st.integers(1, 6).map(str), **cells})
    return st.lists(change.map(lambda changed: LAYOUTS[name] | changed), min_size=1, max_size=8)


@pytest.mark.parametrize("name", LAYOUTS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_appended_rows_change_no_earlier_statement(name: str, load: Load, data: st.DataObject) -> None:
    before, more = data.draw(some_rows(name)), data.draw(some_rows(name))
    first, both = load(before), load([*before, *more])
    kept = both.statements[: len(first.statements)]
    assert [(s.id, s.origin) for s in kept] == [(s.id, s.origin) for s in first.statements]


@pytest.mark.parametrize("name", LAYOUTS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_rows_in_another_order_are_the_same_statements(name: str, load: Load, data: st.DataObject) -> None:
    rows = data.draw(some_rows(name))
    assert set(ids(load(rows))) == set(ids(load(data.draw(st.permutations(rows)))))


# -- texts and lookups -----------------------------------------------------------------------------------------------


def test_each_problem_of_conflict_data_reads_in_four_languages_with_the_same_values() -> None:
    mine = [name for name in catalogue() if name.startswith(("problem.conflict_", "hint.conflict_"))]
    assert len(mine) == 18
    for name in mine:
        texts = [catalogue()[name][language] for language in LANGUAGES]
        fields = [sorted(field for _, field, _, _ in Formatter().parse(text) if field) for text in texts]
        assert len(set(map(tuple, fields))) == 1 and len(set(texts)) == 4, name


def test_the_sentences_of_real_problems_can_be_said_in_each_language(load: Load) -> None:
    rows = [
        GED_ROW | {"best": "1"},
        GED_ROW | {"id": "2", "date_end": "2019-01-01"},
        GED_ROW | {"id": "3", "year": "2001", "code_status": "Check"},
        GED_ROW | {"id": "3"},
    ]
    reading = load(lines(rows) + "4,cut\n")
    assert set(codes(reading)) == {
        "conflict_deaths_order", "conflict_dates_reversed", "conflict_year_differs", "conflict_not_clear",
        "conflict_told_twice", "conflict_row_short",
    }  # fmt: skip
    for problem in reading.problems:
        for language in LANGUAGES:
            assert "{" not in sentence(problem, language) + hint(problem, language)


@pytest.mark.parametrize("layout", [GED, ACLED, MONTHS_BY_AREA, HAPI])
def test_no_column_is_both_used_and_ignored_or_named_twice(layout: object) -> None:
    used = (*layout.marks, *layout.others)  # type: ignore[attr-defined]
    known = lookup("conflict")[layout.format]  # type: ignore[attr-defined]
    assert len(set(used)) == len(used)
    assert not set(used) & set(known["ignored"])
    assert set(known["headings"].values()) <= {*used, *known["ignored"]}
    assert list(known["versions"].values())[-1] == [], "the last variant fits any file of the layout"


def test_the_lookup_holds_no_key_twice() -> None:
    from importlib.resources import files

    text = (files("winze.formats") / "lookups" / "conflict.yaml").read_text(encoding="utf-8")

    def check(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            keys = Counter(key.value for key, _ in node.value)
            assert max(keys.values(), default=1) == 1, keys.most_common(1)
        for child in node.value if isinstance(node.value, list) else ():
            for part in child if isinstance(child, tuple) else (child,):
                check(part)

    root = yaml.compose(text)
    assert root is not None
    check(root)


# -- the real files --------------------------------------------------------------------------------------------------


def events_of(reading: Reading) -> list[ConflictEvent]:
    return [s.said for s in reading.statements if isinstance(s.said, ConflictEvent)]


def counted(problems: Iterable[object]) -> Counter[str]:
    return Counter(problem.code for problem in problems)  # type: ignore[attr-defined]


def test_all_941_events_of_south_sudan_are_read() -> None:
    reading = read(real("conflict/ucdp_ged_hdx_SSD.csv"))
    assert (reading.format, reading.version, len(reading.statements), len(set(ids(reading)))) == (
        "ucdp-ged", "hdx", 941, 941,
    )  # fmt: skip
    assert counted(reading.problems) == {"conflict_deaths_order": 14} and not reading.failed
    said = events_of(reading)
    assert {e.country for e in said} == {"SSD"}
    assert all(e.point for e in said)
    assert Counter(e.type for e in said) == {"state-based": 384, "one-sided": 356, "non-state": 201}
    assert Counter(e.place_precision for e in said) == {1: 352, 3: 239, 2: 220, 4: 94, 5: 27, 6: 9}
    assert Counter(s.speaks_of.precision for s in reading.statements) == {"day": 552, "interval": 389}
    assert (reading.statements[0].subject, reading.statements[0].origin.row) == ("event:ucdp-ged/30367", 3)
    assert max(s.speaks_of.days for s in reading.statements) == 366


def test_all_1000_events_of_the_worldwide_sample_are_read_with_their_country() -> None:
    path = real("conflict/ucdp_ged_sample1000.csv")
    reading = read(path)
    assert (reading.format, reading.version, len(reading.statements)) == ("ucdp-ged", "current", 1000)
    assert counted(reading.problems) == {"conflict_deaths_order": 13} and not reading.failed
    said = events_of(reading)
    assert all(e.country for e in said), "each Gleditsch and Ward number is in the lookup"
    assert Counter(e.place_precision for e in said)[7] == 1
    assert {e.point.within_km for e in said if e.point and e.place_precision == 2} == {25.0}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [f"{e.event_id}.0" for e in said] == [row["id"] for row in rows]
    assert sum(e.deaths_best or 0 for e in said) == sum(int(float(row["best"])) for row in rows)


def test_all_54144_months_of_188_territories_are_read() -> None:
    path = real("conflict/acled_hdx_drc_adm2_month_1997_2020.csv")
    reading = read(path)
    assert (reading.format, reading.version, reading.problems) == ("acled-month", "territory-month", ())
    assert len(reading.statements) == 188 * 288
    assert len({s.subject for s in reading.statements}) == 188
    assert len({s.speaks_of for s in reading.statements}) == 288
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    said = [s.said for s in reading.statements if isinstance(s.said, ConflictCount)]
    assert sum(c.events or 0 for c in said) == sum(int(row["Events"]) for row in rows)
    assert sum(c.deaths or 0 for c in said) == sum(int(row["Fatalities"]) for row in rows)
    assert not any(c.events is None or c.deaths is None for c in said)


def test_may_2020_of_the_real_months_is_not_known_on_the_day_of_the_call() -> None:
    reading = read(real("cases/great-lakes-2020/acled_hdx_drc_adm2_month_1997_2020.csv"))
    known = [s for s in reading.statements if s.known(date(2020, 5, 11))]
    assert max(s.speaks_of.end for s in known) == date(2020, 4, 30)
    assert len(known) == 188 * (23 * 12 + 4)


def test_the_real_hapi_file_is_read_but_for_the_rows_its_publisher_calls_wrong() -> None:
    reading = read(real("conflict/hapi_conflict_event_global_2025.csv"))
    assert (reading.format, reading.version, len(reading.statements)) == ("hapi-conflict", "current", 14_370)
    errors = [p for p in reading.problems if p.severity is Severity.ERROR]
    assert [(p.code, p.values) for p in errors] == [
        ("conflict_publisher_error", (("text", "Non matching p-code"),))
    ] * 3
    assert len(set(ids(reading))) == 14_370
    assert counted(reading.problems)["conflict_told_twice"] == 9
    assert counted(reading.problems)["conflict_area_without_code"] == 30
    said = [s.said for s in reading.statements if isinstance(s.said, ConflictCount)]
    assert Counter(c.type for c in said) == dict.fromkeys(
        ("civilian-targeting", "demonstration", "political-violence"), 4790
    )
    assert {c.deaths for c in said if c.type == "demonstration"} == {None}, "not counted is not zero"
    assert {s.speaks_of for s in reading.statements} == {in_month(2025, 1)}


@pytest.mark.parametrize("name", ["ucdp_actor_221.csv", "ucdp_country_month.csv"])
def test_lists_of_actors_and_country_months_are_no_events(name: str) -> None:
    assert read(real(f"conflict/{name}")).format not in LAYOUTS
