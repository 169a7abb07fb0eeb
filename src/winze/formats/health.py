"""Health sites: that a facility existed, where and of what kind; never that it works today.

The list of public health facilities of sub-Saharan Africa of WHO and KEMRI-Wellcome (Maina and others, 2019), whole or
cut to some countries. It carries no date: the day of publication in `lookups/health.yaml` stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from winze.engine.records import HealthSite, Statement, on
from winze.formats.countries import country
from winze.formats.files import Peek, Source
from winze.formats.reading import Reader, lookup
from winze.formats.tables import Row, Table, each

SOURCE = "who-health-sites"


def _recognise(peek: Peek) -> str | None:
    if peek.has("Country", "Admin1", "Facility name", "Facility type", "Ownership", "Lat", "Long"):
        return "2019-tiers" if peek.has("Tier", "iso3c") else "2019"
    return None


def _read(source: Source) -> Iterator[Statement]:
    """One statement a facility. A facility without coordinates is told from its namesakes by its province.

    Problems: health_source_dated and health_no_place once a file, besides those of rows.
    """
    words = lookup("health")
    source.log.add("health_source_dated", day=words["published_on"])
    spoken = on(words["published_on"])
    table = Table(
        source, sheet=source.sheet_names[0], used=words["used"], ignored=words["ignored"],
        required=["Facility name", "Lat", "Long"],
    )  # fmt: skip
    unplaced = 0

    def statement(row: Row) -> Statement:
        nonlocal unplaced
        site = _site(row, words["ownership"])
        unplaced += site.point is None
        where = f"{site.point.lat},{site.point.lon}" if site.point else site.province or ""
        return Statement(f"health-site:{site.country}/{site.name}/{where}", site, spoken, row.origin(), SOURCE)

    yield from each(table, statement)
    if unplaced:
        source.log.add("health_no_place", count=unplaced)


def _site(row: Row, ownership: dict[str, str | None]) -> HealthSite:
    name = row.need("Facility name")
    code = country(row.text("iso3c")) or country(row.text("Country"))
    if code is None:
        row.drop("Country")
    assert code is not None
    return HealthSite(
        name=name,
        type=row.text("facility_type_9") or row.text("Facility type"),
        tier=row.integer("Tier", low=1, high=4),
        ownership=row.choice("Ownership", ownership),
        country=code,
        province=row.text("Admin1"),
        point=row.point("Lat", "Long"),
    )


READERS = (Reader("health-sites", SOURCE, _recognise, _read),)
