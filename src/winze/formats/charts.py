"""Pictures as SVG without script or style attributes: one definition for the page, for print and for any file.

Line and column charts are drawn by Altair, imported only when one is wanted. Intervals, contributions and the map are
a few marks each and are written out here; their look is the page's style sheet.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

from winze.engine.reporting import AreaLine, Series

INK, QUIET, LINE, ACT = "#16202a", "#55626f", "#d5dce3", "#0b5b8f"
_UNKNOWN = "#fedcba"  # stands for the page's hatching until the chart is written out
_LOCALES: dict[str, Any] = {"en": "en-GB", "fr": "fr-FR", "es": "es-ES", "zh-hans": "zh-CN"}
_FORMS = {
    "en": ("%b %Y", "%-d %b"), "fr": ("%b %Y", "%-d %b"), "es": ("%b %Y", "%-d %b"),
    "zh-hans": ("%Y年%-m月", "%-m月%-d日"),
}  # fmt: skip
"""How a chart writes a month, and a day."""
_FONT = "system-ui, Noto Sans, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
_WIDTH, _HEIGHT = 330, 150


def line(series: Series, language: str, label: str, unit: str) -> Markup:
    """Values over time, a dot for each, joined."""
    import altair as alt

    base = _points(series, language, unit, zero=False)
    layers = base.mark_line(color=ACT, strokeWidth=1.8), base.mark_circle(color=ACT, size=16, opacity=1)
    return _svg(alt.layer(*layers), language, label)


def shares(series: Series, language: str, label: str, unit: str) -> Markup:
    """Shares in percent of a whole, which is a dashed line at 100: a dot for each, not joined, for each is a word of
    its own."""
    import altair as alt

    whole = alt.Chart(alt.Data(values=[{"y": 100}])).mark_rule(color=QUIET, strokeDash=[4, 3]).encode(y="y:Q")
    dots = _points(series, language, unit, zero=True).mark_circle(color=ACT, size=40, opacity=0.8)
    return _svg(alt.layer(whole, dots), language, label)


def _points(series: Series, language: str, unit: str, *, zero: bool) -> Any:
    import altair as alt

    rows = [{"day": _moment(d), "value": v} for d, v in zip(series.days, series.values, strict=True)]
    first, last = min(series.days), max(series.days)
    around = timedelta(days=max(1, (last - first).days // 25) if first < last else 15)
    span = alt.Scale(domain=[_moment(first - around), _moment(last + around)])
    return alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("day:T", title=None, axis=_days(series.days, language), scale=span),
        y=alt.Y("value:Q", scale=alt.Scale(zero=zero), axis=_unit(unit, tickCount=4)),
    )


def _moment(day: date) -> str:
    return f"{day:%Y-%m-%d}T00:00:00"


def _unit(unit: str, **more: Any) -> Any:
    """The axis of values, with its unit above it."""
    import altair as alt

    return alt.Axis(title=unit, titleAngle=0, titleAlign="left", titleAnchor="end", titleX=-30, titleY=-9, **more)


def _days(days: Sequence[date], language: str) -> Any:
    """The axis of days: at most four of those that have a value, by month where they span more than half a year."""
    import altair as alt

    known = sorted(set(days))
    step = max(1, -(-(len(known) - 1) // 3))
    wide = (known[-1] - known[0]).days > 183
    form = _FORMS[language][0 if wide else 1]
    return alt.Axis(values=[_moment(d) for d in known[::step]], format=form, labelOverlap=True)


def columns(series: Series, language: str, label: str, unit: str) -> Markup:
    """Counts by month; a month that nobody counted is hatched from top to bottom, never a column of zero height."""
    import altair as alt

    known = [v for v in series.values if v is not None]
    top = max([*known, 1.0])
    rows = [
        {"day": _moment(d), "end": _moment(_next(d)), "low": 0,
         "value": top if v is None else v, "known": v is not None}
        for d, v in zip(series.days, series.values, strict=True)
    ]  # fmt: skip
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_rect(stroke="#fff", strokeWidth=1)
        .encode(
            x=alt.X("day:T", title=None, axis=_days(series.days, language)),
            x2="end:T",
            y=alt.Y("low:Q", axis=_unit(unit, tickCount=4, tickMinStep=1, format=",d")),
            y2="value:Q",
            color=alt.condition(alt.datum.known, alt.value(ACT), alt.value(_UNKNOWN)),
        )
    )
    return _svg(chart, language, label)


def _next(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _svg(chart: Any, language: str, label: str) -> Markup:
    import vl_convert

    spec = (
        chart.properties(width=_WIDTH, height=_HEIGHT)
        .configure(font=_FONT, background="white", padding={"left": 12, "right": 12, "top": 6, "bottom": 2})
        .configure_axis(
            labelColor=QUIET,
            labelFontSize=11,
            domainColor=QUIET,
            tickColor=QUIET,
            gridColor=LINE,
            titleColor=QUIET,
            titleFontSize=11,
            titleFontWeight="normal",
        )
        .configure_axisX(grid=False, labelFlush=True, labelOverlap=True)
        .configure_axisY(domain=False, ticks=False)
        .configure_view(stroke=None)
        .to_dict()
    )
    locale = _LOCALES[language]
    drawn = vl_convert.vegalite_to_svg(spec, format_locale=locale, time_format_locale=locale)
    return _framed(drawn, label)


def _framed(drawn: str, label: str) -> Markup:
    """The drawing as the page wants it: as wide as its place, one picture to a screen reader, hatching by the page."""
    view = re.search(r'viewBox="([^"]+)"', drawn)
    inside = drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")]
    inside = re.sub(r' (?:aria-[a-z]+|role)="[^"]*"', "", inside).replace(f'"{_UNKNOWN}"', '"url(#hatch)"')
    inside = re.sub(r"(\.\d{3})\d+", r"\1", inside)
    assert view is not None
    head = f'<svg class="chart" viewBox="{view[1]}" role="img" aria-label="{escape(label)}">'
    return Markup(head + inside + "</svg>")  # noqa: S704 - drawn from numbers; texts in it are escaped by the drawer


# -- a few marks -----------------------------------------------------------------------------------------------------


def interval(p: float, low: float, high: float, label: str) -> Markup:
    """A probability as a dot on a line from 0 to 1, with its interval."""
    x, a, b = (round(5 + 150 * v, 1) for v in (p, low, high))
    return Markup(
        '<svg class="range" width="160" height="18" viewBox="0 0 160 18" role="img" aria-label="{}">'
        '<line x1="5" x2="155" y1="9" y2="9"/><rect x="{}" y="6" width="{}" height="6" rx="3"/>'
        '<circle cx="{}" cy="9" r="5"/></svg>'
    ).format(label, a, round(b - a, 1), x)


def contribution(value: float, largest: float) -> Markup:
    """A signed contribution as a bar to the right of zero where it raises, to the left where it lowers."""
    width = round(72 * min(abs(value) / largest, 1), 1) if largest else 0.0
    x, mark = (75, "up") if value >= 0 else (round(75 - width, 1), "down")
    return Markup(
        '<svg class="bar" width="150" height="14" viewBox="0 0 150 14" aria-hidden="true">'
        '<line x1="75" x2="75" y1="0" y2="14"/><rect class="{}" x="{}" y="2" width="{}" height="10"/></svg>'
    ).format(mark, x, width)


# -- the map ---------------------------------------------------------------------------------------------------------

type Rings = Mapping[str, Sequence[Sequence[tuple[float, float]]]]
"""Outlines by the country's name: rings of (longitude, latitude)."""
_MAP = 720
_LABELS = 14


def area_map(areas: Sequence[AreaLine], outlines: Rings, names: Sequence[str], label: str) -> Markup | None:
    """Areas as circles by the number of their sites, with the letter and shade of the gravest class ranked there, over
    countries' outlines. None where no area has a place. `names` are the areas' names, in order."""
    drawn = [(area, name) for area, name in zip(areas, names, strict=True) if area.point]
    points = [(area.point.lon, area.point.lat) for area, _ in drawn if area.point]
    if not points:
        return None
    frame = _Frame.around(points)
    parts = [f'<svg viewBox="0 0 {_MAP} {frame.height}" role="img" aria-label="{escape(label)}">']
    placed = [(area, name, *frame.at(area.point.lon, area.point.lat)) for area, name in drawn if area.point]
    taken = [(x - _radius(area), x + _radius(area), y - 7, y + 7) for area, _, x, y in placed]
    labels = list(_labels(placed, taken))
    named = []
    for country in sorted(outlines):
        rings = [[frame.at(*point) for point in ring] for ring in outlines[country]]
        path = "".join(_ring(ring, frame.height) for ring in rings)
        if path:
            parts.append(f'<path class="land" fill-rule="evenodd" d="{path}"/>')
            named.append(_country(country, rings, frame.height, taken))
    parts += named
    parts += [_circle(*mark) for mark in sorted(placed, key=lambda mark: -(mark[0].sites or 0))]
    return Markup("".join([*parts, *labels, "</svg>"]))  # noqa: S704 - numbers, and names that were escaped


@dataclass(frozen=True, slots=True)
class _Frame:
    """The part of the globe that is drawn: an even projection, true in scale along its middle parallel."""

    west: float
    north: float
    shrink: float  # how much shorter a degree of longitude is there than one of latitude
    scale: float
    height: int

    @classmethod
    def around(cls, points: Sequence[tuple[float, float]]) -> _Frame:
        """A frame with all points in it and some land around, neither a strip nor a tower."""
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
        middle = ((west + east) / 2, (south + north) / 2)
        shrink = math.cos(math.radians(middle[1]))
        wide, tall = (east - west) * shrink * 1.3 + 1, (north - south) * 1.3 + 1
        wide, tall = max(wide, tall / 0.9), max(tall, wide * 0.45)
        scale = _MAP / wide
        return cls(middle[0] - wide / shrink / 2, middle[1] + tall / 2, shrink, scale, round(tall * scale))

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        return round((lon - self.west) * self.shrink * self.scale, 1), round((self.north - lat) * self.scale, 1)


type _Mark = tuple[AreaLine, str, float, float]
type _Box = tuple[float, float, float, float]  # left, right, top and bottom


def _labels(placed: Sequence[_Mark], taken: list[_Box]) -> Iterator[str]:
    """Names at the first circles, to the right, left, below or above, where they cover nothing that has taken its
    place."""
    for area, name, x, y in sorted(placed, key=lambda mark: mark[0].top is None)[:_LABELS]:
        wide, off = 6.4 * len(name), _radius(area) + 4
        for anchor, at, left, middle in (
            ("start", x + off, x + off, y), ("end", x - off, x - off - wide, y),
            ("middle", x, x - wide / 2, y + off + 4), ("middle", x, x - wide / 2, y - off - 4),
        ):  # fmt: skip
            box = (left, left + wide, middle - 6, middle + 6)
            if box[0] > 0 and box[1] < _MAP and not any(_touch(box, other) for other in taken):
                taken.append(box)
                yield f'<text class="label {anchor}" x="{at:.1f}" y="{middle + 4:.1f}">{escape(name)}</text>'
                break


def _country(name: str, rings: Sequence[Sequence[tuple[float, float]]], height: int, taken: Sequence[_Box]) -> str:
    """A country's name near the middle of what is seen of it, by a grid of points; none where too little is seen or
    no place is left."""
    step = _MAP / 24
    grid = [((i + 0.5) * step, (j + 0.5) * step) for i in range(24) for j in range(int(height / step))]
    seen = [point for point in grid if _inside(point, rings)]
    if len(seen) < 12:
        return ""
    x, y = (sum(values) / len(seen) for values in zip(*seen, strict=True))
    half = len(name) * (4.5 if name.isascii() else 7)
    free = [(a, b) for a, b in seen if half < a < _MAP - half
            and not any(_touch((a - half, a + half, b - 12, b + 6), box) for box in taken)]  # fmt: skip
    if not free:
        return ""
    at = min(free, key=lambda point: math.hypot(point[0] - x, point[1] - y))
    return f'<text class="country" x="{at[0]:g}" y="{at[1]:g}">{escape(name)}</text>'


def _inside(point: tuple[float, float], rings: Sequence[Sequence[tuple[float, float]]]) -> bool:
    """Whether a point lies in a shape, by the even-odd rule."""
    x, y = point
    crossed = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            crossed += (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)
    return crossed % 2 == 1


def _touch(a: _Box, b: _Box) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]


def _ring(points: Sequence[tuple[float, float]], height: float) -> str:
    """One ring as a path, leaving out rings far from the picture and points closer than half a pixel."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if not points or max(xs) < 0 or min(xs) > _MAP or max(ys) < 0 or min(ys) > height:
        return ""
    kept = [points[0]]
    for x, y in points[1:]:
        if abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= 0.8:
            kept.append((min(max(x, -500), _MAP + 500), min(max(y, -500), height + 500)))
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in kept) + "Z" if len(kept) > 2 else ""


def _radius(area: AreaLine) -> float:
    return round(min(7 + 0.5 * math.sqrt(area.sites or 1), 16), 1) if area.top else 4.0


def _circle(area: AreaLine, name: str, x: float, y: float) -> str:
    mark = (area.top or "none").lower()
    dark = ' class="dark"' if mark in "def" else ""
    text = f'<text{dark} x="{x}" y="{y + 4:.1f}">{area.top}</text>' if area.top else ""
    return f'<g><title>{escape(name)}</title><circle class="{mark}" cx="{x}" cy="{y}" r="{_radius(area)}"/>{text}</g>'
