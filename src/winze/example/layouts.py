"""Writes synthetic rows in the layouts of the published formats, so that an example is read like the real files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
from lxml import etree

from winze.example.synthetic import PROJECT, Event

_ACTS = (
    "taxation", "commerce_taxation", "entrance_taxation", "monopoly", "buying_minerals", "digging", "forced_labour",
    "pillaging",
)  # fmt: skip
_ARMED = ("armed_group", *(f"{name}_armed_group" for name in ("type", "frequency", *_ACTS)))
_MINERAL = ("mineral", "selling_points_mineral", "final_destination_mineral")
IPIS = (
    "FID", "vid", "cid", "id", "source", "project", "pcode", "name", "visit_date", "visit_onsite",
    "visit_onsite_novisitreason", "geom", "longitude", "latitude", "location_origin", "province", "province_old",
    "territoire", "collectivite", "groupement", "village", "workers_numb", "access_dry", "access_wet", "is_3t_mine",
    "is_gold_mine", *(f"{name}{n}" for n in (1, 2, 3) for name in _MINERAL), "mercury", "presence", "interference",
    *(f"{name}{n}" for n in (1, 2) for name in _ARMED),
    "state_service1", "state_service2", "state_service3", "state_service4", "itsci", "traceability", "qualification",
    "childunder15", "childunder15work", "women", "womenwork",
)  # fmt: skip
GED = (
    "id", "relid", "year", "active_year", "code_status", "type_of_violence", "conflict_dset_id", "conflict_new_id",
    "conflict_name", "dyad_dset_id", "dyad_new_id", "dyad_name", "side_a_dset_id", "side_a_new_id", "side_a",
    "side_b_dset_id", "side_b_new_id", "side_b", "number_of_sources", "source_article", "source_office", "source_date",
    "source_headline", "source_original", "where_prec", "where_coordinates", "where_description", "adm_1", "adm_2",
    "latitude", "longitude", "geom_wkt", "priogrid_gid", "country", "country_id", "region", "event_clarity",
    "date_prec", "date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "best", "high",
    "low", "gwnoa", "gwnob",
)  # fmt: skip
ACLED = (
    "event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type", "sub_event_type", "actor1",
    "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction", "civilian_targeting", "iso",
    "region", "country", "admin1", "admin2", "admin3", "location", "latitude", "longitude", "geo_precision", "source",
    "source_scale", "notes", "fatalities", "tags", "timestamp",
)  # fmt: skip
_NUMBERS = {"COL": ("170", "Colombia"), "PER": ("604", "Peru"), "BOL": ("68", "Bolivia")}


def write_ipis(path: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Mine-site visits in the 71 columns of the IPIS open data file."""
    _write(path, IPIS, rows)


def write_ged(path: Path, events: Iterable[Event]) -> None:
    """Conflict events in the 49 columns of UCDP GED; every article says "synthetic"."""
    _write(path, GED, map(_ged, events))


def _ged(event: Event) -> dict[str, str]:
    on_civilians = event.kind == "civilians"
    site, deaths = event.near, str(event.deaths)
    pair = (event.group, "Civilians" if on_civilians else event.other)
    province_only = event.place_precision > 2
    return {
        "id": str(900_000_000 + event.number), "relid": f"EXA-{event.day.year}-{event.number}",
        "year": str(event.day.year), "active_year": "1", "code_status": "Clear",
        "type_of_violence": "3" if on_civilians else "2",
        "conflict_name": PROJECT, "dyad_name": " - ".join(pair), "side_a": pair[0], "side_b": pair[1],
        "number_of_sources": "1", "source_article": "synthetic", "source_office": "synthetic",
        "where_prec": str(event.place_precision), "where_coordinates": site.territory,
        "adm_1": f"{site.province} province", "adm_2": "" if province_only else f"{site.territory} territory",
        "latitude": str(event.lat), "longitude": str(event.lon), "geom_wkt": f"POINT ({event.lon} {event.lat})",
        "country": "DR Congo (Zaire)", "country_id": "490", "region": "Africa", "event_clarity": "1", "date_prec": "1",
        "date_start": event.day.isoformat(), "date_end": event.day.isoformat(), "deaths_a": "0", "deaths_b": "0",
        "deaths_civilians": deaths if on_civilians else "0", "deaths_unknown": "0" if on_civilians else deaths,
        "best": deaths, "high": str(event.deaths + 1), "low": deaths,
    }  # fmt: skip


def write_acled(path: Path, events: Iterable[Event]) -> None:
    """Conflict events in the 31 columns of an ACLED event file; every source says "synthetic"."""
    _write(path, ACLED, map(_acled, events))


def _acled(event: Event) -> dict[str, str]:
    on_civilians, site = event.kind == "civilians", event.near
    number, country = _NUMBERS[site.country]
    recorded = datetime.combine(event.day + timedelta(days=3), time(), UTC)
    return {
        "event_id_cnty": f"{site.country}9{event.number:04d}", "event_date": event.day.isoformat(),
        "year": str(event.day.year), "time_precision": "1", "disorder_type": "Political violence",
        "event_type": "Violence against civilians" if on_civilians else "Battles",
        "sub_event_type": "Attack" if on_civilians else "Armed clash", "actor1": event.group,
        "inter1": "Rebel group", "actor2": f"Civilians ({country})" if on_civilians else event.other,
        "inter2": "Civilians" if on_civilians else "Rebel group",
        "civilian_targeting": "Civilian targeting" if on_civilians else "", "iso": number, "region": "South America",
        "country": country, "admin1": site.province, "admin2": site.territory, "location": site.territory,
        "latitude": str(event.lat), "longitude": str(event.lon), "geo_precision": str(min(event.place_precision, 3)),
        "source": "synthetic", "source_scale": "synthetic", "notes": PROJECT, "fatalities": str(event.deaths),
        "timestamp": str(int(recorded.timestamp())),
    }  # fmt: skip


def _write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, columns, restval="", lineterminator="\r\n")
        lines.writeheader()
        lines.writerows(rows)


def write_pink_sheet(path: Path, prices: Mapping[str, Any]) -> None:
    """Monthly prices in the layout of the World Bank's workbook: names, units and codes above, months in column A."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties(
            {"created": datetime(2020, 5, 11, tzinfo=UTC).replace(tzinfo=None), "comments": prices["source"]}
        )
        page = book.add_worksheet("Monthly Prices")
        titles = (
            "World Bank Commodity Price Data (The Pink Sheet)",
            "monthly prices in nominal US dollars",
            "",
            prices["updated"],
        )
        page.write_column(0, 0, titles)
        for at, series in enumerate(prices["series"], start=1):
            page.write_column(4, at, (series["name"], series["unit"], series["code"]))
            page.write_column(7, at, [float(price) for price in series["prices"]])
        page.write_column(7, 0, prices["months"])


def write_un_list(path: Path, listings: Iterable[Mapping[str, Any]]) -> None:
    """Sanctions entries in the layout of the UN consolidated list; none of them exists."""
    root = etree.Element("CONSOLIDATED_LIST", dateGenerated="2020-05-04T12:00:00.000-04:00")
    groups = {
        "INDIVIDUAL": etree.SubElement(root, "INDIVIDUALS"),
        "ENTITY": etree.SubElement(root, "ENTITIES"),
    }
    for n, listing in enumerate(listings, start=1):
        _listing(groups[listing["kind"]], listing, 9_000_000 + n)
    path.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _listing(group: etree._Element, listing: Mapping[str, Any], number: int) -> None:
    kind = listing["kind"]
    entry = etree.SubElement(group, kind)
    listed: date = listing["listed"]
    for tag, text in (
        ("DATAID", str(number)), ("VERSIONNUM", "1"), ("FIRST_NAME", listing["name"]),
        ("SECOND_NAME", listing.get("second")), ("UN_LIST_TYPE", "Example"), ("REFERENCE_NUMBER", listing["reference"]),
        ("LISTED_ON", listed.isoformat()), ("COMMENTS1", PROJECT),
    ):  # fmt: skip
        if text is not None:
            etree.SubElement(entry, tag).text = text
    alias = etree.SubElement(entry, f"{kind}_ALIAS")
    etree.SubElement(alias, "QUALITY").text = "Good" if kind == "INDIVIDUAL" else "a.k.a."
    etree.SubElement(alias, "ALIAS_NAME").text = listing["alias"]
    etree.SubElement(etree.SubElement(entry, f"{kind}_ADDRESS"), "COUNTRY").text = listing["country"]
