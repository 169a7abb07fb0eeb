"""Conflict data: UCDP GED events, ACLED events, ACLED counts by territory and month, HDX HAPI counts.

UCDP and ACLED are kept apart and never summed: they define an event differently. An event keeps its dataset's own
precision of place and date; what is known only for a district or a month is never narrowed to a point or a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from winze.engine.records import (
    ConflictCount,
    ConflictEvent,
    DataClass,
    Precision,
    Span,
    Statement,
    between,
    in_month,
    in_year,
    on,
)
from winze.engine.register import fold
from winze.formats.files import Cell, Peek, Source
from winze.formats.reading import Reader, lookup
from winze.formats.tables import MONTHS, Row, Skip, Table, each

FIRST_YEAR, LAST_YEAR = 1900, 2100
LAST_TIMESTAMP = 4_102_444_800  # 1 January 2100, in seconds since 1970


@dataclass(frozen=True, slots=True)
class Layout:
    """How one conflict dataset is published. `marks` are the columns every file of it has, and no other format all of
    them. Older headings, ignored columns and variants stand in the lookup under the format's name."""

    format: str
    source: str
    marks: tuple[str, ...]
    others: tuple[str, ...]  # columns used where a file has them
    build: Callable[[Row], Statement]

    def recognise(self, peek: Peek) -> str | None:
        """The variant of the layout, where the first row of a sheet has its marks."""
        for _, rows in peek.sheets:
            found = self._columns(next((row for row in rows if row), ()))
            if found.issuperset(self.marks):
                versions: Mapping[str, list[str]] = _known(self.format)["versions"]
                return next(name for name, needed in versions.items() if found.issuperset(needed))
        return None

    def read(self, source: Source) -> Iterator[Statement]:
        """Statements in file order.

        A row cut short is not loaded (`conflict_row_short`); two rows that say different things of one event, or of
        one area, period and type, are both kept and reported (`conflict_told_twice`).
        """
        table = Table(
            source, sheet=self._sheet(source), used=(*self.marks, *self.others), required=self.marks,
            ignored=_known(self.format)["ignored"], rename=self._column,
        )  # fmt: skip
        told: set[object] = set()
        for statement in each(table, _whole(table, self.build)):
            about = _about(statement)
            if about in told:
                at = statement.origin
                source.log.add("conflict_told_twice", sheet=at.sheet, row=at.row, subject=statement.subject)
            told.add(about)
            yield statement

    def _column(self, heading: str) -> str:
        name = heading.lstrip("\ufeff").strip().casefold().replace(" ", "_").replace("-", "_")
        return str(_known(self.format)["headings"].get(name, name))

    def _columns(self, cells: Iterable[Cell]) -> set[str]:
        return {self._column(cell) for cell in cells if isinstance(cell, str)}

    def _sheet(self, source: Source) -> str | None:
        for sheet in source.sheet_names:
            _, first = next(source.rows(sheet), (0, []))
            if self._columns(first).issuperset(self.marks):
                return sheet
        return None


def _known(name: str) -> Any:
    return lookup("conflict")[name]


def _whole(table: Table, build: Callable[[Row], Statement]) -> Callable[[Row], Statement]:
    """Builds only from rows that reach the last heading: a text row with fewer cells was cut off or has shifted."""
    last = max(table.index, key=lambda name: table.index[name], default="")
    if table.source.container != "csv":
        return build

    def built(row: Row) -> Statement:
        if row.raw(last) is None:
            row.problem("conflict_row_short", columns=len(table.header))
            raise Skip
        return build(row)

    return built


def _about(statement: Statement) -> object:
    said = statement.said
    if isinstance(said, ConflictCount):
        return (statement.subject, said.type, statement.speaks_of)
    return statement.subject


def _needed[T](row: Row, column: str, value: T | None) -> T:
    if value is None:
        row.drop(column)
    assert value is not None
    return value


# -- UCDP GED --------------------------------------------------------------------------------------------------------


def _ged_event(row: Row) -> Statement:
    """One UCDP event. -1 and blank deaths are unknown; an event whose status is not "Clear" is an allegation."""
    event = str(_needed(row, "id", row.integer("id")))
    span = _ged_span(row)
    place = row.integer("where_prec", 1, 7)
    low, best, high = _ged_deaths(row)
    said = ConflictEvent(
        dataset="ucdp-ged",
        event_id=event,
        type=_known("ucdp_types").get(row.integer("type_of_violence", 1, 3), "unknown"),
        country=_country(row),
        province=row.text("adm_1"),
        territory=row.text("adm_2"),
        point=row.point("latitude", "longitude", _within_km("ucdp-ged", place)),
        place_precision=place,
        side_a=row.text("side_a"),
        side_b=row.text("side_b"),
        deaths_low=low,
        deaths_best=best,
        deaths_high=high,
        deaths_civilian=_ged_count(row, "deaths_civilians"),
    )
    return Statement(f"event:ucdp-ged/{event}", said, span, row.origin(), GED.source, evidence=_ged_evidence(row))


def _ged_span(row: Row) -> Span:
    """The days UCDP gives; only `date_prec` 1 makes one day of them a known day."""
    start = _needed(row, "date_start", _day(row, "date_start"))
    precision = row.integer("date_prec", 1, 5)
    end = _needed(row, "date_end", _day(row, "date_end") or (start if precision == 1 else None))
    _check_order(row, "date_end", start, end)
    span = Span(start, end, Precision.DAY if start == end and precision == 1 else Precision.INTERVAL)
    _check_year(row, span)
    return span


def _ged_count(row: Row, column: str) -> int | None:
    return None if row.text(column) in ("-1", "-1.0") else row.integer(column)


def _ged_deaths(row: Row) -> tuple[int | None, int | None, int | None]:
    """Low, best and high. A bound that contradicts the best estimate is taken as unknown (`conflict_deaths_order`)."""
    low, best, high = (_ged_count(row, column) for column in ("low", "best", "high"))
    known = [number for number in (low, best, high) if number is not None]
    if known == sorted(known):
        return low, best, high
    row.problem("conflict_deaths_order", "best", low=_shown(low), best=_shown(best), high=_shown(high))
    if best is None:
        return None, None, None
    return (
        low if low is not None and low <= best else None,
        best,
        high if high is not None and high >= best else None,
    )


def _shown(number: int | None) -> str:
    return "–" if number is None else str(number)


def _ged_evidence(row: Row) -> str | None:
    status = row.text("code_status")
    if status is None or status.casefold() == "clear":
        return None
    row.problem("conflict_not_clear", "code_status", value=status)
    return "allegation"


# -- ACLED events ----------------------------------------------------------------------------------------------------


def _acled_event(row: Row) -> Statement:
    """One ACLED event. ACLED gives one figure of deaths and no bounds. A row speaks as of its last publication
    (`timestamp`); event rows may not be passed on, so no other organisation sees them."""
    event = _needed(row, "event_id_cnty", row.text("event_id_cnty") or row.text("data_id"))
    day = _needed(row, "event_date", _day(row, "event_date"))
    published = _published(row)
    if published is not None and published < day:
        row.problem("date_in_future", "event_date", value=day)
    span = _acled_span(day, row.integer("time_precision", 1, 3))
    _check_year(row, span)
    place = row.integer("geo_precision", 1, 3)
    said = ConflictEvent(
        dataset="acled",
        event_id=event,
        type=_acled_type(row),
        country=_country(row),
        province=row.text("admin1"),
        territory=row.text("admin2"),
        point=row.point("latitude", "longitude", _within_km("acled", place)),
        place_precision=place,
        side_a=row.text("actor1"),
        side_b=row.text("actor2"),
        deaths_low=None,
        deaths_best=row.integer("fatalities"),
        deaths_high=None,
    )
    return Statement(
        f"event:acled/{event}", said, span, row.origin(), ACLED.source, published, data_class=DataClass.COMPETITOR
    )


def _acled_span(day: date, precision: int | None) -> Span:
    """The day, the week around it or its month, as `time_precision` says."""
    if precision == 3:
        return in_month(day.year, day.month)
    if precision == 2:
        half = timedelta(days=_known("acled_week")["days"])
        return between(day - half, day + half)
    return on(day)


def _acled_type(row: Row) -> str:
    kind = row.choice("event_type", _known("acled_types")) or "unknown"
    if kind != "riot-or-protest":
        return kind
    return str(_known("acled_demonstrators").get((row.text("inter1") or "").casefold(), kind))


def _published(row: Row) -> date | None:
    seconds = row.number_in("timestamp", 0, LAST_TIMESTAMP)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date()


# -- counts ----------------------------------------------------------------------------------------------------------


def _month_count(row: Row) -> Statement:
    """ACLED's events and deaths in one second-level area and month. 0 is a known zero: nothing was reported."""
    country, province, territory = row.need("iso3"), row.text("admin1"), row.text("admin2")
    subject = _area(row, country, row.text("admin2_pcode"), province, territory)
    kind = "with_deaths" if "fatalities" in row.table.index else "without_deaths"
    span = in_month(_needed(row, "year", row.integer("year", FIRST_YEAR, LAST_YEAR)), _month(row))
    said = _count(row, _known("month_types")[kind], country, province, territory)
    return Statement(subject, said, span, row.origin(), MONTHS_BY_AREA.source)


def _month(row: Row) -> int:
    text = row.need("month")
    number = MONTHS.get(text.casefold()) or (int(text) if text.isdecimal() else 0)
    if not 1 <= number <= 12:
        row.problem("value_not_date", "month", value=text)
        row.drop("month")
    return number


def _hapi_count(row: Row) -> Statement:
    """One HAPI count of an area, or of a country where the row is national. A row its publisher marks as wrong is not
    loaded (`conflict_publisher_error`); a publisher's warning is passed on (`conflict_publisher_warning`)."""
    if error := row.text("error"):
        row.problem("conflict_publisher_error", "error", text=error)
        raise Skip
    if warning := row.text("warning"):
        row.problem("conflict_publisher_warning", "warning", text=warning)
    country = row.need("location_code")
    start = _needed(row, "reference_period_start", _day(row, "reference_period_start"))
    end = _needed(row, "reference_period_end", _day(row, "reference_period_end"))
    _check_order(row, "reference_period_end", start, end)
    # The names its source gave: two places that HAPI puts under one p-code stay two statements.
    province = row.text("provider_admin1_name") or row.text("admin1_name")
    territory = row.text("provider_admin2_name") or row.text("admin2_name")
    said = _count(row, row.choice("event_type", _known("hapi_types")) or "unknown", country, province, territory)
    return Statement(
        _hapi_subject(row, country, province, territory), said, _period(start, end), row.origin(), HAPI.source
    )


def _hapi_subject(row: Row, country: str, province: str | None, territory: str | None) -> str:
    level = row.integer("admin_level", 0, 2)
    if level is None:
        level = 2 if row.text("admin2_code") else 1 if row.text("admin1_code") else 0
    if level == 0:
        return f"country:{country}"
    if level == 1:
        return _area(row, country, row.text("admin1_code"), province)
    return _area(row, country, row.text("admin2_code"), province, territory)


def _count(row: Row, kind: str, country: str, province: str | None, territory: str | None) -> ConflictCount:
    events, deaths = row.integer("events"), row.integer("fatalities")
    if events is None and deaths is None:
        row.drop("events")
    return ConflictCount("acled", kind, country, province, territory, events, deaths)


def _area(row: Row, country: str, code: str | None, *names: str | None) -> str:
    """The area by its p-code, else by its names (`conflict_area_without_code`): a code is never guessed."""
    if code is not None:
        return f"area:{code}"
    known = [name for name in names if name]
    if not known:
        row.drop("admin2")
    row.problem("conflict_area_without_code", name=", ".join(known))
    return "/".join([f"area:{country}", *map(fold, known)])


# -- what all of them share ------------------------------------------------------------------------------------------


def _day(row: Row, column: str) -> date | None:
    day = row.day(column)
    if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
        row.problem("value_out_of_range", column, value=day, low=FIRST_YEAR, high=LAST_YEAR)
        return None
    return day


def _period(start: date, end: date) -> Span:
    """A whole month or year as such, else the interval."""
    whole = (in_month(start.year, start.month), in_year(start.year))
    return next((span for span in whole if (span.start, span.end) == (start, end)), None) or between(start, end)


def _check_order(row: Row, column: str, start: date, end: date) -> None:
    if end < start:
        row.problem("conflict_dates_reversed", column, start=start, end=end)
        raise Skip


def _check_year(row: Row, span: Span) -> None:
    """The row names its year apart from its dates: where they differ a date was misread or columns have shifted."""
    year = row.integer("year", FIRST_YEAR, LAST_YEAR)
    if year is not None and not span.start.year <= year <= span.end.year:
        row.problem("conflict_year_differs", "year", year=year, start=span.start, end=span.end)


def _within_km(dataset: str, precision: int | None) -> float | None:
    """How far the true place may lie, in km; None where the dataset's precision is unknown or has no distance."""
    distance = None if precision is None else _known("within_km")[dataset][precision]["km"]
    return None if distance is None else float(distance)


def _country(row: Row) -> str | None:
    """The ISO 3166-1 alpha-3 code, from whichever the file gives: the code, a country's number or its English name."""
    code = row.text("iso3")
    if code is not None:
        return code.upper()
    countries = _countries()
    for scheme, column in (("iso", "iso"), ("gw", "country_id"), ("gw", "gwno")):
        found = countries.get((scheme, row.integer(column)))
        if found is not None:
            return found
    name = row.text("country")
    if name is None:
        return None
    found = countries.get(("name", fold(name)))
    if found is None:
        row.problem("value_unknown", "country", value=name)
    return found


@cache
def _countries() -> Mapping[tuple[str, int | str | None], str]:
    """Country codes by ISO number, Gleditsch and Ward number, and folded name."""
    found: dict[tuple[str, int | str | None], str] = {}
    for code, entry in _known("countries").items():
        numbers = entry.get("gw", [])
        found.update({("gw", number): code for number in (numbers if isinstance(numbers, list) else [numbers])})
        found.update({("name", fold(name)): code for name in entry["names"]})
        if "iso" in entry:
            found["iso", entry["iso"]] = code
    return found


# -- the layouts -----------------------------------------------------------------------------------------------------

GED = Layout(
    "ucdp-ged",
    "ucdp-ged",
    marks=("id", "type_of_violence", "where_prec", "date_start", "date_end", "best"),
    others=(
        "year", "code_status", "side_a", "side_b", "adm_1", "adm_2", "latitude", "longitude", "country", "iso3",
        "country_id", "date_prec", "deaths_civilians", "high", "low",
    ),
    build=_ged_event,
)  # fmt: skip
ACLED = Layout(
    "acled-events",
    "acled-events",
    marks=("event_date", "event_type", "actor1", "fatalities"),
    others=(
        "event_id_cnty", "data_id", "year", "time_precision", "inter1", "actor2", "iso", "iso3", "gwno", "country",
        "admin1", "admin2", "latitude", "longitude", "geo_precision", "timestamp",
    ),
    build=_acled_event,
)  # fmt: skip
MONTHS_BY_AREA = Layout(
    "acled-month",
    "acled-hdx-month",
    marks=("admin2_pcode", "month", "year", "events"),
    others=("country", "admin1", "admin2", "iso3", "fatalities"),
    build=_month_count,
)
HAPI = Layout(
    "hapi-conflict",
    "hdx-hapi-conflict",
    marks=("location_code", "event_type", "events", "reference_period_start", "reference_period_end"),
    others=(
        "provider_admin1_name", "provider_admin2_name", "admin1_code", "admin1_name", "admin2_code", "admin2_name",
        "admin_level", "fatalities", "warning", "error",
    ),
    build=_hapi_count,
)  # fmt: skip

READERS: tuple[Reader, ...] = tuple(
    Reader(layout.format, layout.source, layout.recognise, layout.read) for layout in (GED, ACLED, MONTHS_BY_AREA, HAPI)
)
