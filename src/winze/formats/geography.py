"""Places and outlines: administrative places with their p-codes, and the outlines of countries for drawing maps.

Outlines take no position on borders. Neither they nor GeoJSON and TopoJSON files of them carry a date.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Any

from winze.engine.records import UNDATED, Origin, Outline, Place, Statement, on
from winze.formats.countries import country
from winze.formats.files import Peek, Source, as_text
from winze.formats.reading import Reader, lookup
from winze.formats.tables import Row, Table, each

PCODES, OUTLINES = "ocha-pcodes", "outlines"
Ring = tuple[tuple[float, float], ...]  # (longitude, latitude) in degrees, the last point the first
Shape = tuple[str, str | None, Iterable[Any]]  # name and country code of a shape, and its rings as the file has them


# --------------------------------------------------------------------------------------------------------------------
# Places


def _recognise_pcodes(peek: Peek) -> str | None:
    named = peek.has("Location", "Admin Level", "P-Code", "Name", "Parent P-Code")
    return "global" if named and peek.container in {"csv", "workbook"} else None


def _read_pcodes(source: Source) -> Iterator[Statement]:
    """One statement a place, which speaks of the day its code is valid from. Problems: place_code_twice."""
    words = lookup("geography")["pcodes"]
    table = Table(
        source, sheet=source.sheet_names[0], used=words["used"], ignored=words["ignored"],
        required=["Location", "Admin Level", "P-Code", "Name"],
    )  # fmt: skip
    codes: set[str] = set()

    def statement(row: Row) -> Statement:
        code, level = row.need("P-Code"), row.integer("Admin Level", low=0, high=5)
        if level is None:
            row.drop("Admin Level")
        assert level is not None
        if code in codes:
            row.problem("place_code_twice", "P-Code", place=code)
        codes.add(code)
        # A place may be called "Na" or "None": here the words for unknown are names.
        name = as_text(row.raw("Name")) or row.need("Name")
        place = Place(code, name, level, row.text("Parent P-Code"), row.need("Location"))
        day = row.day("Valid from date")
        if day is None:
            row.problem("reference_undated", "Valid from date")
        return Statement(f"area:{code}", place, on(day) if day else UNDATED, row.origin(), PCODES)

    yield from each(table, statement)


# --------------------------------------------------------------------------------------------------------------------
# Outlines


def _recognise_geojson(peek: Peek) -> str | None:
    found = {key for feature in _features(peek.json) for key in [_country_key(feature)] if key}
    return f"country-{found.pop()}" if len(found) == 1 else None


def _features(value: Any) -> list[dict[str, Any]]:
    """The features of a GeoJSON collection that have an area; none where it is anything else."""
    if not isinstance(value, dict) or value.get("type") != "FeatureCollection":
        return []
    features = value.get("features")
    found = [feature for feature in features if isinstance(feature, dict)] if isinstance(features, list) else []
    return [feature for feature in found if _geometry(feature).get("type") in {"Polygon", "MultiPolygon"}]


def _geometry(feature: dict[str, Any]) -> dict[str, Any]:
    geometry = feature.get("geometry")
    return geometry if isinstance(geometry, dict) else {}


def _country_key(feature: dict[str, Any]) -> str | None:
    """The property that says which country a feature is, as the file spells it."""
    properties = feature.get("properties")
    named = {str(key).casefold(): str(key) for key in properties} if isinstance(properties, dict) else {}
    return next((named[key] for key in lookup("geography")["country_keys"] if key in named), None)


def _read_geojson(source: Source) -> Iterator[Statement]:
    def shapes() -> Iterator[tuple[str, str | None, list[Any]]]:
        for feature in _features(source.json):
            key = _country_key(feature)
            written = str(feature["properties"][key]) if key else ""
            yield written or "?", country(written.upper()), _rings_in(_geometry(feature))

    yield from _outlines(source, shapes())


def _rings_in(geometry: dict[str, Any], within: str = "coordinates") -> list[Any]:
    """The rings of a Polygon or MultiPolygon, whatever they hold."""
    parts = geometry.get(within)
    parts = parts if isinstance(parts, list) else [parts]
    if geometry.get("type") == "Polygon":
        return parts
    return [ring for polygon in parts for ring in (polygon if isinstance(polygon, list) else [polygon])]


def _recognise_topojson(peek: Peek) -> str | None:
    value = peek.json
    if not isinstance(value, dict) or value.get("type") != "Topology":
        return None
    return "natural-earth" if _geometries(value) and isinstance(value.get("arcs"), list) else None


def _geometries(topology: dict[str, Any]) -> list[dict[str, Any]]:
    """The geometries of the object `countries` that have an area."""
    objects = topology.get("objects")
    countries = objects.get("countries") if isinstance(objects, dict) else None
    found = countries.get("geometries") if isinstance(countries, dict) else None
    found = [shape for shape in found if isinstance(shape, dict)] if isinstance(found, list) else []
    return [shape for shape in found if shape.get("type") in {"Polygon", "MultiPolygon"}]


def _read_topojson(source: Source) -> Iterator[Statement]:
    arcs = Arcs(source.json)
    numbers: dict[int, str] = lookup("geography")["numbers"]

    def shapes() -> Iterator[Shape]:
        for shape in _geometries(source.json):
            number, properties = str(shape.get("id", "")), shape.get("properties")
            name = str(properties.get("name", number)) if isinstance(properties, dict) else number
            code = numbers.get(int(number)) if number.isdecimal() and len(number) <= 3 else None
            yield name or "?", code, (arcs.ring(ring, source.limits.rows) for ring in _rings_in(shape, "arcs"))

    yield from _outlines(source, shapes())


class Arcs:
    """The shared border lines of a TopoJSON file, in degrees; None where a line cannot be read.

    Layout after the public TopoJSON specification: with a `transform`, points are differences in whole steps.
    """

    def __init__(self, topology: dict[str, Any]) -> None:
        self.lines: list[list[tuple[float, float]] | None] = []
        steps = topology.get("transform")
        for line in topology["arcs"]:
            try:
                points = [(float(point[0]), float(point[1])) for point in line]
                if steps is not None:
                    (kx, ky), (dx, dy) = steps["scale"], steps["translate"]
                    xs, ys = accumulate(x for x, _ in points), accumulate(y for _, y in points)
                    points = [(x * kx + dx, y * ky + dy) for x, y in zip(xs, ys, strict=True)]
            except (TypeError, ValueError, LookupError, OverflowError):
                self.lines.append(None)
            else:
                self.lines.append(points)

    def ring(self, numbers: Any, most: int) -> list[tuple[float, float]] | None:
        """A ring put together from its lines; a negative number, ~n, is line n backwards. At most `most` points."""
        points: list[tuple[float, float]] = []
        for number in numbers if isinstance(numbers, list) else [None]:
            if not isinstance(number, int) or len(points) > most:
                return None
            at = number if number >= 0 else ~number
            line = self.lines[at] if at < len(self.lines) else None
            if line is None:
                return None
            line = line if number >= 0 else line[::-1]
            points += line[1:] if points else line
        return points


def _outlines(source: Source, shapes: Iterable[Shape]) -> Iterator[Statement]:
    """One outline a country, put together from all shapes that carry its code.

    Problems: reference_undated once, outline_no_country, outline_broken, outline_too_large.
    """
    source.log.add("reference_undated")
    rings: dict[str, list[Ring]] = {}
    points = 0
    for name, code, written in shapes:
        if code is None:
            source.log.add("outline_no_country", name=name)
            continue
        for candidate in written:
            ring = _ring(candidate)
            points += len(ring or ())
            if points > source.limits.rows:
                source.log.add("outline_too_large", limit=source.limits.rows)
                break
            if ring is None:
                source.log.add("outline_broken", name=name)
            else:
                rings.setdefault(code, []).append(ring)
        if points > source.limits.rows:
            break
    whole = Origin(source.id)
    for code, found in rings.items():
        yield Statement(f"country:{code}", Outline(code, tuple(found)), UNDATED, whole, OUTLINES)


def _ring(points: Any) -> Ring | None:
    """A ring of at least three places on the globe, None where a point is no place."""
    try:
        ring = tuple((float(point[0]), float(point[1])) for point in points)
    except (TypeError, ValueError, LookupError, OverflowError):
        return None
    on_globe = all(math.isfinite(x) and math.isfinite(y) and abs(x) <= 180.01 and abs(y) <= 90.01 for x, y in ring)
    return ring if on_globe and len(set(ring)) >= 3 else None


def outlines(countries: Iterable[str]) -> dict[str, list[Ring]]:
    """The outlines of countries for drawing a map, by ISO 3166-1 alpha-3 code; a country we do not hold is left out.

    From the bundled `lookups/outlines.json`: Natural Earth 1:50 million (public domain), made coarse by
    `scripts/derive_outlines.py` to about 5 km. Each ring is an outer border or a hole of it; draw with the even-odd
    rule. Borders are nobody's position.
    """
    held = _bundled()
    return {code: held[code] for code in countries if code in held}


def outlined() -> tuple[str, ...]:
    """The countries whose outlines we hold."""
    return tuple(_bundled())


@cache
def _bundled() -> dict[str, list[Ring]]:
    text = (files("winze.formats") / "lookups" / "outlines.json").read_text(encoding="utf-8")
    countries = json.loads(text)["countries"]
    return {code: [tuple((x, y) for x, y in ring) for ring in rings] for code, rings in countries.items()}


READERS = (
    Reader("pcodes", PCODES, _recognise_pcodes, _read_pcodes),
    Reader("outline-geojson", OUTLINES, _recognise_geojson, _read_geojson),
    Reader("outline-topojson", OUTLINES, _recognise_topojson, _read_topojson),
)
