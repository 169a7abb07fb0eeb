"""Makes src/winze/formats/lookups/outlines.json, the outlines that maps are drawn with.

    python scripts/derive_outlines.py countries-50m.json

Source: Natural Earth, Admin 0 countries at 1:50 million (naturalearthdata.com), which is in the public domain, in the
TopoJSON form of the npm package world-atlas 2. Method: every shared border line is made coarse once, by Douglas and
Peucker's rule, so that neighbours still meet; then each country's rings are put together, rounded, and those smaller
than a least area dropped, save a country's largest. Figures and the choice of countries stand in
`src/winze/formats/lookups/geography.yaml` under `derived`. The order is fixed: the same input gives the same bytes.
Outlines are for drawing only and take no position on borders. A shape without an ISO 3166-1 code is put with the
country whose code covers it, as `derived.within` says, or left out.
"""

from __future__ import annotations

import json
import math
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from winze.formats.geography import Arcs
from winze.formats.reading import lookup

Line = list[tuple[float, float]]
TARGET = Path(__file__).parents[1] / "src" / "winze" / "formats" / "lookups" / "outlines.json"


def main(source: Path) -> None:
    topology = json.loads(source.read_text(encoding="utf-8"))
    figures = lookup("geography")["derived"]
    arcs = Arcs(topology)
    arcs.lines = [coarse(line or [], figures["tolerance"]) for line in arcs.lines]
    countries = derive(topology, arcs, figures)
    text = json.dumps(
        {
            "source": "Natural Earth 1:50m Admin 0 countries, public domain, by way of world-atlas 2",
            "method": f"scripts/derive_outlines.py; tolerance {figures['tolerance']} degrees",
            "countries": countries,
        },
        separators=(",", ":"),
    )
    TARGET.write_text(text + "\n", encoding="utf-8")
    print(f"{len(countries)} countries, {sum(map(len, countries.values()))} rings, {len(text) // 1000} kB")


def derive(topology: dict[str, Any], arcs: Arcs, figures: dict[str, Any]) -> dict[str, list[Line]]:
    """The rings of each wanted country, by ISO 3166-1 alpha-3 code."""
    numbers = lookup("geography")["numbers"]
    found: dict[str, list[list[int]]] = {}
    for shape in topology["objects"]["countries"]["geometries"]:
        code = numbers.get(int(shape.get("id") or 0)) or figures["within"].get(shape["properties"]["name"])
        if code in figures["countries"]:
            polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
            found.setdefault(code, []).extend(ring for polygon in polygons for ring in polygon)
    drawn = {}
    for code in sorted(found):
        rings = [arcs.ring(ring, sys.maxsize) or [] for ring in together(found[code], arcs)]
        drawn[code] = worth_drawing([tidy(ring, figures["decimals"]) for ring in rings], figures["least_area"])
    return drawn


def together(rings: list[list[int]], arcs: Arcs) -> list[list[int]]:
    """The rings of all shapes of a country as one: a line that two of them share lies within, and goes."""
    used = {number for ring in rings for number in ring}
    touched = [ring for ring in rings if any(~number in used for number in ring)]
    left = [number for ring in touched for number in ring if ~number not in used]
    merged = [ring for ring in rings if ring not in touched]
    while left:
        ring = [left.pop(0)]
        while (last := end(ring[-1], arcs)) != start(ring[0], arcs):
            ring.append(left.pop(next(i for i, number in enumerate(left) if start(number, arcs) == last)))
        merged.append(ring)
    return merged


def start(number: int, arcs: Arcs) -> tuple[float, float]:
    return (arcs.ring([number], sys.maxsize) or [])[0]


def end(number: int, arcs: Arcs) -> tuple[float, float]:
    return (arcs.ring([number], sys.maxsize) or [])[-1]


def coarse(line: Line, tolerance: float) -> Line:
    """A line with only the points that matter, after Douglas and Peucker (1973); its two ends always stay."""
    if len(line) < 3:
        return line
    far, at = max((off_chord(line[0], line[-1], point), i) for i, point in enumerate(line[1:-1], start=1))
    if far <= tolerance:
        return [line[0], line[-1]]
    return coarse(line[: at + 1], tolerance)[:-1] + coarse(line[at:], tolerance)


def off_chord(start: tuple[float, float], end: tuple[float, float], point: tuple[float, float]) -> float:
    """How far a point lies from the straight between two others, in degrees; from the point itself where they meet."""
    (x1, y1), (x2, y2), (x, y) = start, end, point
    length = math.hypot(x2 - x1, y2 - y1)
    if length == 0:
        return math.hypot(x - x1, y - y1)
    return abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length


def tidy(ring: Line, decimals: int) -> Line:
    """A ring rounded, without points that rounding made the same as the one before."""
    rounded = [(round(x, decimals), round(y, decimals)) for x, y in ring]
    return [point for point, before in zip(rounded, [None, *rounded], strict=False) if point != before]


def worth_drawing(rings: list[Line], least: float) -> list[Line]:
    """The rings large enough to see, and always the largest."""
    largest = max(rings, key=area)
    return [ring for ring in rings if len(ring) > 3 and (ring is largest or area(ring) >= least)]


def area(ring: Line) -> float:
    """The area of a ring in square degrees."""
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))) / 2


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python scripts/derive_outlines.py countries-50m.json")
    main(Path(sys.argv[1]))
