import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from real import real
from winze.engine.records import Precision
from winze.formats import reading

HEADER = """FID,vid,cid,id,source,project,pcode,name,visit_date,visit_onsite,visit_onsite_novisitreason,geom,longitude,
latitude,location_origin,province,province_old,territoire,collectivite,groupement,village,workers_numb,access_dry,
access_wet,is_3t_mine,is_gold_mine,mineral1,selling_points_mineral1,final_destination_mineral1,mineral2,
selling_points_mineral2,final_destination_mineral2,mineral3,selling_points_mineral3,final_destination_mineral3,mercury,
presence,interference,armed_group1,type_armed_group1,frequency_armed_group1,taxation_armed_group1,
commerce_taxation_armed_group1,entrance_taxation_armed_group1,monopoly_armed_group1,buying_minerals_armed_group1,
digging_armed_group1,forced_labour_armed_group1,pillaging_armed_group1,armed_group2,type_armed_group2,
frequency_armed_group2,taxation_armed_group2,commerce_taxation_armed_group2,entrance_taxation_armed_group2,
monopoly_armed_group2,buying_minerals_armed_group2,digging_armed_group2,forced_labour_armed_group2,
pillaging_armed_group2,state_service1,state_service2,state_service3,state_service4,itsci,traceability,qualification,
childunder15,childunder15work,women,womenwork""".replace("\n", "").split(",")
ROW = {
    "pcode": "codmine1", "vid": "1", "name": "Exemple", "visit_date": "2018-05-03", "visit_onsite": "1",
    "longitude": "28.5", "latitude": "-2.0", "location_origin": "GPS", "province": "Sud-Kivu", "territoire": "Kalehe",
    "mineral1": "Or", "presence": "0", "interference": "0", "type_armed_group1": "0", "type_armed_group2": "0",
    "project": "Example", "workers_numb": "120",
}  # fmt: skip


def read(tmp_path: Path, *rows: dict[str, str], header=None) -> reading.Reading:
    path = tmp_path / "visits.csv"
    text = io.StringIO()
    writer = csv.DictWriter(text, header or HEADER, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(ROW | row for row in rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return reading.read(path)


def said(tmp_path, **fields):
    (statement,) = read(tmp_path, fields).statements
    return statement.said


def test_the_header_is_the_published_one():
    assert len(HEADER) == 71


def test_a_row_becomes_a_visit_with_its_place_in_the_file(tmp_path):
    (statement,) = read(tmp_path, {}).statements
    assert statement.subject == "site:ipis/codmine1"
    assert (statement.origin.input, statement.origin.row) == ("visits.csv", 2)
    assert (statement.said.minerals, statement.said.workers) == (("gold",), 120)
    assert statement.said.armed_presence is False


def test_the_first_of_january_means_some_day_that_year(tmp_path):
    first, second = read(tmp_path, {"visit_date": "2010-01-01"}, {"visit_date": "2010-01-02"}).statements
    assert (first.speaks_of.precision, first.speaks_of.known_on) == (Precision.YEAR, date(2010, 12, 31))
    assert second.speaks_of.precision is Precision.DAY


def test_blank_is_unknown_and_zero_is_no(tmp_path):
    blank = said(tmp_path, women="", childunder15="", workers_numb="", mercury="")
    assert (blank.women, blank.children_under_15, blank.workers, blank.mercury) == (None, None, None, None)
    no = said(tmp_path, women="0", childunder15="0", workers_numb="0", mercury="0")
    assert (no.women, no.children_under_15, no.workers, no.mercury) == (False, False, 0, False)


@pytest.mark.parametrize(
    ("reason", "manner", "why"),
    [
        ("Insécurité", "not-reached", "insecurity"),
        ("Third-party information", "third-party", None),
        ("Conditions routières", "not-reached", "road"),
        ("Conditions routiers et l'insécurité", "not-reached", "insecurity"),
        ("Convalescence", "not-reached", "other"),
        ("", "not-reached", None),
    ],
)
def test_how_the_site_was_seen_follows_from_the_reason_given(tmp_path, reason, manner, why):
    visit = said(tmp_path, visit_onsite="0", visit_onsite_novisitreason=reason)
    assert (visit.manner, visit.not_reached_for) == (manner, why)


def test_each_armed_actor_keeps_what_it_was_seen_to_do(tmp_path):
    visit = said(
        tmp_path, presence="1", interference="1", armed_group1="FARDC",
        type_armed_group1="FARDC - Éléments indisciplinés", taxation_armed_group1="1", digging_armed_group1="0",
        armed_group2="NDC", type_armed_group2="Groupe armé local", pillaging_armed_group2="1",
    )  # fmt: skip
    state, group = visit.actors
    assert (state.force, state.acts, state.denied, state.interferes) == ("state", ("taxation",), ("digging",), True)
    assert (group.name, group.force, group.acts, group.interferes) == ("NDC", "non-state", ("pillaging",), True)


def test_a_row_that_contradicts_itself_is_said_and_counted_only_for_the_actor_it_names(tmp_path):
    contradiction = {
        "presence": "1", "interference": "1", "armed_group1": "FARDC",
        "type_armed_group1": "FARDC - Pas d’ingérence constatée",
    }  # fmt: skip
    found = read(tmp_path, contradiction)
    assert [p.code for p in found.problems] == ["visit_contradicts"]
    assert found.statements[0].said.contradictory
    explained = said(tmp_path, **contradiction, armed_group2="NDC", type_armed_group2="Groupe armé local")
    assert not explained.contradictory


def test_a_site_visited_twice_on_a_day_is_reported_and_both_rows_are_kept(tmp_path):
    found = read(tmp_path, {"vid": "1"}, {"vid": "2"})
    assert [p.code for p in found.problems] == ["site_day_twice"]
    assert len(found.statements) == 2


def test_a_word_nobody_has_seen_is_a_problem_and_unknown(tmp_path):
    found = read(tmp_path, {"mineral1": "Unobtainium", "type_armed_group1": "Pirates"})
    assert [(p.code, p.origin.cell) for p in found.problems] == [
        ("value_unknown", "mineral1"),
        ("value_unknown", "type_armed_group1"),
    ]
    assert found.statements[0].said.minerals == ()


@pytest.mark.parametrize("column", ["pcode", "visit_date"])
def test_a_row_without_what_makes_it_a_visit_is_not_loaded_and_the_others_are(tmp_path, column):
    found = read(tmp_path, {column: ""}, {"vid": "2"})
    assert [(p.code, p.origin.row) for p in found.problems] == [("row_without", 2)]
    assert found.failed
    assert len(found.statements) == 1


@pytest.mark.parametrize("latitude", ["NaN", "inf", "91", "abc", ""])
def test_an_impossible_coordinate_is_no_place(tmp_path, latitude):
    found = read(tmp_path, {"latitude": latitude})
    assert found.statements[0].said.point is None
    assert found.problems


def test_zero_zero_is_no_place(tmp_path):
    assert said(tmp_path, latitude="0", longitude="0").point is None


def test_a_column_that_lost_its_heading_loads_nothing_and_says_where(tmp_path):
    path = tmp_path / "shifted.csv"
    read(tmp_path, {}, {"vid": "2"})
    lines = (tmp_path / "visits.csv").read_text(encoding="utf-8").replace("longitude,", "", 1)
    path.write_text(lines, encoding="utf-8")
    found = reading.read(path)
    assert found.statements == () or all(s.said.point is None for s in found.statements)
    assert found.problems


def test_rows_in_another_order_say_the_same(tmp_path):
    rows = [{"vid": str(n), "pcode": f"codmine{n % 3}", "visit_date": f"2017-03-{n:02}"} for n in range(1, 9)]
    first = {s.id for s in read(tmp_path, *rows).statements}
    assert first == {s.id for s in read(tmp_path, *reversed(rows)).statements}


def test_the_published_file_is_read_whole_with_its_warts_named():
    found = reading.read(real("mines/ipis_drc_visits_2009_2018.csv"))
    assert (found.format, len(found.statements), found.failed) == ("ipis-visits", 4445, False)
    assert len({s.subject for s in found.statements}) == 2671
    assert Counter(s.said.manner for s in found.statements) == {"on-site": 3774, "third-party": 494, "not-reached": 177}
    assert sum(s.speaks_of.precision is Precision.YEAR for s in found.statements) == 956
    assert sum(s.said.children_under_15 is True for s in found.statements) == 132
    assert sum(s.said.children_under_15 is not None for s in found.statements) == 1382
    assert sum(s.said.women is not None for s in found.statements) == 1368
    assert max(s.speaks_of.known_on for s in found.statements).year == 2018
    assert {p.code for p in found.problems} == {"visit_contradicts", "site_day_twice"}
