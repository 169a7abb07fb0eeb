import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from real import real
from winze.engine.records import Point
from winze.engine.texts import LANGUAGES, hint, sentence
from winze.formats import reading
from winze.formats.reading import lookup

COLUMNS = "Country,Admin1,Facility name,Facility type,Ownership,Lat,Long,LL source,iso3c,facility_type_9,Tier,Tier_name"
ROW = {
    "Country": "Democratic Republic of the Congo", "Admin1": "Sud Kivu", "Facility name": "Exemple Centre de Santé",
    "Facility type": "Centre de Santé", "Ownership": "Publique", "Lat": "-2.5", "Long": "28.8", "LL source": "GPS",
    "iso3c": "COD", "facility_type_9": "Health Centre", "Tier": "2.0", "Tier_name": "Tier2 health center",
}  # fmt: skip


def read(tmp_path: Path, *rows: dict[str, str]) -> reading.Reading:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS.split(","))
    writer.writeheader()
    writer.writerows(ROW | row for row in rows)
    path = tmp_path / "sites.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    return reading.read(path)


def codes(found: reading.Reading) -> Counter[str]:
    return Counter(problem.code for problem in found.problems if problem.code != "health_source_dated")


def test_a_facility_is_read_with_its_kind_tier_and_place(tmp_path):
    (statement,) = read(tmp_path, {}).statements
    said = statement.said
    assert said.name == "Exemple Centre de Santé"
    assert (said.type, said.tier, said.ownership) == ("Health Centre", 2, "public")
    assert (said.country, said.province) == ("COD", "Sud Kivu")
    assert said.point == Point(-2.5, 28.8, None)
    assert statement.subject == "health-site:COD/Exemple Centre de Santé/-2.5,28.8"


def test_the_list_speaks_of_the_day_it_was_published_which_is_unconfirmed(tmp_path):
    found = read(tmp_path, {})
    assert lookup("health")["confirmed"] is False
    (statement,) = found.statements
    assert statement.known(date(2019, 7, 25)) and not statement.known(date(2019, 7, 24))
    (problem,) = found.problems
    assert (problem.code, dict(problem.values)) == ("health_source_dated", {"day": "2019-07-25"})
    for language, word in zip(LANGUAGES, ["unconfirmed", "non confirmé", "sin confirmar", "未经确认"], strict=True):
        assert word in sentence(problem, language)


def test_missing_places_are_counted_in_one_note_not_row_by_row(tmp_path):
    lost = [{"Facility name": f"Poste {n}", "Lat": "", "Long": "", "LL source": ""} for n in range(5)]
    found = read(tmp_path, {}, *lost)
    assert [s.said.point for s in found.statements[1:]] == [None] * 5
    assert codes(found) == {"health_no_place": 1}
    (note,) = [problem for problem in found.problems if problem.code == "health_no_place"]
    assert dict(note.values) == {"count": "5"} and not found.failed


def test_namesakes_without_a_place_are_told_apart_by_province(tmp_path):
    lost = {"Lat": "", "Long": ""}
    found = read(tmp_path, lost, lost | {"Admin1": "Ituri"})
    assert len({s.subject for s in found.statements}) == 2


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"Lat": "inf"}, {"value_not_number", "place_half", "health_no_place"}),
        ({"Lat": "91"}, {"value_out_of_range", "place_half", "health_no_place"}),
        ({"Lat": "0", "Long": "0"}, {"place_zero", "health_no_place"}),
        ({"Long": ""}, {"place_half", "health_no_place"}),
        ({"Tier": "9"}, {"value_out_of_range"}),
        ({"Ownership": "the moon"}, {"value_unknown"}),
        ({"Ownership": "", "Tier": "", "facility_type_9": ""}, set()),
    ],
)
def test_impossible_values_are_unknown_and_the_facility_stays(tmp_path, cells, expected):
    found = read(tmp_path, cells)
    assert len(found.statements) == 1 and set(codes(found)) == expected


@pytest.mark.parametrize("cells", [{"Facility name": ""}, {"iso3c": "", "Country": "Congo"}])
def test_a_facility_without_name_or_country_is_not_loaded(tmp_path, cells):
    found = read(tmp_path, cells, {})
    assert len(found.statements) == 1 and codes(found) == {"row_without": 1}


def test_a_blank_general_kind_leaves_the_country_lists_own(tmp_path):
    assert read(tmp_path, {"facility_type_9": ""}).statements[0].said.type == "Centre de Santé"


def test_the_real_list_is_read_whole():
    path = real("response/who_health_sites_great_lakes.csv")
    found = reading.read(path)
    assert len(found.statements) == 31_530
    assert codes(found) == {"row_repeated": 2, "health_no_place": 1}
    assert sum(s.said.point is None for s in found.statements) == 287
    assert Counter(s.said.country for s in found.statements)["COD"] == 14_586
    assert len({s.id for s in found.statements}) == 31_530
    for problem in found.problems:
        assert all(sentence(problem, language) and hint(problem, language) for language in LANGUAGES)
