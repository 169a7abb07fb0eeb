import importlib.util
import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from real import real
from winze.engine.records import UNDATED, on
from winze.formats import reading
from winze.formats.geography import Arcs, outlines
from winze.formats.reading import lookup

ROOT = Path(__file__).resolve().parents[2]
SQUARE = [[28.0, -2.0], [29.0, -2.0], [29.0, -1.0], [28.0, -1.0], [28.0, -2.0]]


def codes(read: reading.Reading) -> list[str]:
    return sorted(problem.code for problem in read.problems if problem.code != "reference_undated")


# -- p-codes


def pcodes(tmp_path: Path, *rows: str) -> reading.Reading:
    path = tmp_path / "pcodes.csv"
    text = "Location,Admin Level,P-Code,Name,Parent P-Code,Valid from date\n" + "".join(row + "\n" for row in rows)
    path.write_text(text, encoding="utf-8-sig")
    return reading.read(path)


def test_a_place_has_its_code_level_and_parent_from_the_day_it_is_valid(tmp_path):
    (statement,) = pcodes(tmp_path, "COD,2,CD6207,Kalehe,CD62,2019-09-11").statements
    said = statement.said
    assert (said.code, said.name, said.level, said.parent, said.country) == ("CD6207", "Kalehe", 2, "CD62", "COD")
    assert statement.subject == "area:CD6207" and statement.speaks_of == on(date(2019, 9, 11))


def test_a_tag_row_is_not_a_place(tmp_path):
    read = pcodes(tmp_path, "#country+code,#geo+admin_level,#adm+code,#adm+name,#adm+code+parent,#date+start",
                  "COD,2,CD6207,Kalehe,CD62,2019-09-11")  # fmt: skip
    assert len(read.statements) == 1 and not read.problems


@pytest.mark.parametrize("name", ["Nan", "None", "Na"])
def test_a_place_may_be_called_what_means_unknown_elsewhere(tmp_path, name):
    (statement,) = pcodes(tmp_path, f"THA,1,TH55,{name},THA,2022-01-22").statements
    assert statement.said.name == name


def test_a_code_of_two_places_loads_both_and_says_so(tmp_path):
    read = pcodes(tmp_path, "ECU,1,ECISLA,Isla,ECU,2020-01-01", "ECU,1,ECISLA,Otra,ECU,2020-01-01")
    assert len(read.statements) == 2 and codes(read) == ["place_code_twice"] and not read.failed


@pytest.mark.parametrize(
    ("row", "problem", "loaded"),
    [
        ("COD,two,CD6207,Kalehe,CD62,2019-09-11", ["row_without", "value_not_number"], 0),
        ("COD,2,,Kalehe,CD62,2019-09-11", ["row_without"], 0),
        ("COD,2,CD6207,,CD62,2019-09-11", ["row_without"], 0),
        ("COD,2,CD6207,Kalehe,CD62,soon", ["value_not_date"], 1),
        ("COD,2,CD6207,Kalehe,CD62,", [], 1),
    ],
)
def test_a_bad_place_is_said(tmp_path, row, problem, loaded):
    read = pcodes(tmp_path, row)
    assert codes(read) == problem and len(read.statements) == loaded
    assert all(s.speaks_of == UNDATED for s in read.statements)


def test_the_real_places_are_read_whole():
    read = reading.read(real("geography/global_pcodes_adm1_adm2.csv"))
    assert len(read.statements) == 33_453 and codes(read) == ["place_code_twice"] * 2
    congo = [s for s in read.statements if s.said.country == "COD"]
    assert len(congo) == 215 and {s.speaks_of for s in congo} == {on(date(2019, 9, 11))}
    assert {"Nan"} == {s.said.name for s in read.statements if s.said.code in {"TH55", "LA0603"}}


# -- outlines


def shape(tmp_path: Path, value: object) -> reading.Reading:
    path = tmp_path / "shape.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    return reading.read(path)


def feature(rings: object, kind: str = "Polygon", **properties: str) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": rings}}


def geojson(*features: object) -> dict[str, object]:
    return {"type": "FeatureCollection", "features": list(features)}


@pytest.mark.parametrize("name", [{"cca2": "cd"}, {"ISO_A3": "COD"}, {"iso3": "cod"}])
def test_an_outline_is_known_by_whatever_code_it_carries(tmp_path, name):
    read = shape(tmp_path, geojson(feature([SQUARE], **name)))
    (statement,) = read.statements
    assert (statement.subject, statement.speaks_of) == ("country:COD", UNDATED)
    assert statement.said.rings == (tuple(map(tuple, SQUARE)),)
    assert [problem.code for problem in read.problems] == ["reference_undated"]


def test_the_parts_of_a_country_are_one_outline(tmp_path):
    islands = feature([[SQUARE], [SQUARE, SQUARE]], "MultiPolygon", cca2="tz")
    (statement,) = shape(tmp_path, geojson(islands, feature([SQUARE], cca2="tz"))).statements
    assert len(statement.said.rings) == 4


@pytest.mark.parametrize(
    "ring",
    [
        [[28.0, -2.0]],
        [],
        None,
        "ring",
        [[28.0, -2.0], [29.0, float("nan")], [29.0, -1.0], [28.0, -2.0]],
        [[28.0, -2.0], [float("inf"), -2.0], [29.0, -1.0], [28.0, -2.0]],
        [[28.0, -2.0], [29.0, -200.0], [29.0, -1.0], [28.0, -2.0]],
        [[28.0], [29.0], [30.0]],
        [[[28.0, -2.0]], [[29.0, -2.0]], [[29.0, -1.0]]],
        {"a": 1},
    ],
)
def test_a_ring_that_cannot_be_drawn_is_said_and_the_others_stay(tmp_path, ring):
    read = shape(tmp_path, geojson(feature([ring, SQUARE], cca2="cd")))
    assert len(read.statements[0].said.rings) == 1 and codes(read) == ["outline_broken"]


def test_an_outline_of_no_known_country_is_named(tmp_path):
    read = shape(tmp_path, geojson(feature([SQUARE], cca2="zz"), feature([SQUARE], cca2="rw")))
    assert [s.subject for s in read.statements] == ["country:RWA"] and codes(read) == ["outline_no_country"]


@pytest.mark.parametrize(
    "value",
    [
        geojson(), geojson(None), {"type": "FeatureCollection"}, {"type": "FeatureCollection", "features": 7},
        geojson({"type": "Feature", "properties": None, "geometry": None}), geojson(feature([SQUARE], name="a mine")),
        {"type": "Topology"}, {"type": "Topology", "arcs": 1, "objects": 2}, [], {}, [1, {"type": "Topology"}],
        {"type": "Topology", "arcs": [], "objects": {"countries": {"geometries": [None, 3]}}},
    ],
)  # fmt: skip
def test_other_json_is_not_taken_for_outlines(tmp_path, value):
    read = shape(tmp_path, value)
    assert read.format is None and codes(read) == ["format_unknown"]


def topology(arcs: object, geometries: list[object], **more: object) -> dict[str, object]:
    return {"type": "Topology", "arcs": arcs, "objects": {"countries": {"geometries": geometries}}, **more}


def country(arcs: object, number: str = "180", kind: str = "Polygon") -> dict[str, object]:
    return {"type": kind, "arcs": arcs, "id": number, "properties": {"name": "Example"}}


def test_topojson_lines_are_put_together_forwards_and_backwards(tmp_path):
    arcs = [[[28.0, -2.0], [29.0, -2.0], [29.0, -1.0]], [[28.0, -2.0], [28.0, -1.0], [29.0, -1.0]]]
    (statement,) = shape(tmp_path, topology(arcs, [country([[0, -2]])])).statements
    assert statement.subject == "country:COD"
    assert statement.said.rings == ((*map(tuple, SQUARE),),)


def test_topojson_steps_add_up(tmp_path):
    steps = {"scale": [0.5, 0.25], "translate": [28, -2]}
    arcs = [[[0, 0], [2, 0], [0, 4], [-2, 0], [0, -4]]]
    (statement,) = shape(tmp_path, topology(arcs, [country([[0]])], transform=steps)).statements
    assert statement.said.rings == (tuple(map(tuple, SQUARE)),)


@pytest.mark.parametrize("line", [7, -9, None, "0", [0], 1.5])
def test_a_line_that_is_not_there_breaks_only_its_ring(tmp_path, line):
    read = shape(tmp_path, topology([SQUARE], [country([[0], [line]])]))
    assert len(read.statements[0].said.rings) == 1 and codes(read) == ["outline_broken"]


def test_one_long_line_named_a_thousand_times_is_stopped(tmp_path, monkeypatch):
    import dataclasses

    few = dataclasses.replace(reading.limits(), rows=2_000)
    monkeypatch.setattr(reading, "limits", lambda: few)
    line = [[28 + n / 1000, -2.0 + n % 2] for n in range(1000)]
    read = shape(tmp_path, topology([line], [country([[0] * 50, [0]]), country([[0]] * 1000, "646")]))
    assert "outline_too_large" in codes(read)
    assert sum(len(ring) for s in read.statements for ring in s.said.rings) <= 2_000


@given(st.recursive(st.none() | st.integers(-3, 3) | st.floats() | st.text(max_size=3),
                    lambda inner: st.lists(inner, max_size=4), max_leaves=12))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_no_line_of_a_topology_raises(value):
    for steps in (None, {"scale": value, "translate": value}):
        lines = Arcs({"arcs": [value, [value], SQUARE], "transform": steps})
        lines.ring(value, 100)
        lines.ring([0, 1, 2, -1], 100)


@pytest.mark.parametrize(
    ("name", "form", "countries"),
    [("geography/boundary_cod.geo.json", "outline-geojson", 1),
     ("geography/world-atlas/countries-50m.json", "outline-topojson", 235)],
)  # fmt: skip
def test_real_outlines_are_read(name, form, countries):
    read = reading.read(real(name))
    assert (read.format, len(read.statements)) == (form, countries) and not read.failed


# -- the bundled outlines


def test_outlines_come_by_country_and_what_we_do_not_hold_is_left_out():
    found = outlines(["COD", "RWA", "XXX", "FRA"])
    assert set(found) == {"COD", "RWA"}
    assert all(ring[0] == ring[-1] and len(ring) > 3 for rings in found.values() for ring in rings)


@pytest.mark.parametrize(
    ("code", "inside"),
    [("COD", (27.5, -3.0)), ("RWA", (30.0, -2.0)), ("UGA", (32.5, 1.3)), ("PER", (-75.0, -10.0)),
     ("MMR", (96.0, 21.0)), ("IDN", (114.0, -1.0)), ("SOM", (45.0, 9.5)), ("GHA", (-1.0, 7.0))],
)  # fmt: skip
def test_a_place_in_a_country_lies_within_its_outline_and_no_other(code, inside):
    held = outlines(lookup("geography")["derived"]["countries"])
    assert [name for name, rings in held.items() if within(inside, rings)] == [code]


def within(point: tuple[float, float], rings: list[tuple[tuple[float, float], ...]]) -> bool:
    """Even-odd rule."""
    x, y = point
    crossings = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                crossings += 1
    return crossings % 2 == 1


def test_the_bundle_is_small_and_no_outline_runs_across_the_map():
    path = ROOT / "src/winze/formats/lookups/outlines.json"
    assert path.stat().st_size < 250_000
    wanted = lookup("geography")["derived"]["countries"]
    held = outlines(wanted)
    assert set(held) == set(wanted)
    for rings in held.values():
        for ring in rings:
            assert all(abs(x2 - x1) < 15 for (x1, _), (x2, _) in pairwise(ring))


def test_the_bundle_is_what_the_script_makes_of_natural_earth():
    source = real("geography/world-atlas/countries-50m.json")
    spec = importlib.util.spec_from_file_location("derive_outlines", ROOT / "scripts/derive_outlines.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    figures = lookup("geography")["derived"]
    topology = json.loads(source.read_text())
    arcs = Arcs(topology)
    arcs.lines = [script.coarse(line or [], figures["tolerance"]) for line in arcs.lines]
    made = script.derive(topology, arcs, figures)
    held = json.loads((ROOT / "src/winze/formats/lookups/outlines.json").read_text())["countries"]
    assert json.loads(json.dumps(made)) == held


def test_neighbours_still_meet_when_borders_are_made_coarse():
    held = outlines(["RWA", "BDI"])
    points = {code: {point for ring in rings for point in ring} for code, rings in held.items()}
    assert len(points["RWA"] & points["BDI"]) >= 2
