"""Invented histories of visits to learn from: places where interference comes and goes, and rows of every kind."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from making import FARDC, FDLR, count, visit
from winze.engine.records import Point, Statement, Visit, in_month, in_year

FIRST = date(2012, 1, 1)
TERRITORIES = ("Kalehe", "Masisi", "Walikale", "Mwenga", "Shabunda", "Fizi", "Lubero", "Beni")


def episodes(seed: int = 1, months: int = 72, shuffled: bool = False) -> list[Statement]:
    """Eight clusters of six pits. In each, an armed group comes for a few months and leaves; teams that go there see it
    nearly always. The army's interference is drawn by lot. `shuffled` deals all answers out anew, by lot."""
    chance = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for cluster, territory in enumerate(TERRITORIES):
        there = False
        for month in range(months):
            there = (not there) if chance.random() < (0.2 if there else 0.1) else there
            if chance.random() < 0.55:
                continue
            begins = FIRST + timedelta(days=int(30.4 * month))
            for pit in chance.sample(range(6), chance.choice((1, 1, 2, 5))):
                found = chance.random() < (0.9 if there else 0.04)
                rows.append({"site": f"c{cluster}p{pit}", "when": begins + timedelta(days=chance.randrange(25)),
                             "lat": -1.0 - cluster, "lon": 28.0 + pit / 100, "territory": territory,
                             "found": found, "army": chance.random() < 0.25})  # fmt: skip
    if shuffled:
        answers = [row["found"] for row in rows]
        chance.shuffle(answers)
        rows = [row | {"found": found} for row, found in zip(rows, answers, strict=True)]
    return [
        visit(
            row["site"], row["when"], lat=row["lat"], lon=row["lon"], territory=row["territory"],
            actors=(FDLR,) * row["found"] + (FARDC,) * row["army"], row=2 + n, visit_id=str(n), project="Example",
        )
        for n, row in enumerate(rows)
    ]  # fmt: skip


def write_visits(path: Path, told: list[Statement]) -> Path:
    """The visits as the published file of mine-site visits writes them."""
    kinds = {"non-state": "Groupe armé local", "state": "FARDC - Éléments indisciplinés"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        columns = ["pcode", "vid", "name", "visit_date", "visit_onsite", "longitude", "latitude", "province",
                   "territoire", "mineral1", "presence", "interference", "childunder15", "project"]  # fmt: skip
        writer.writerow([*columns, *(f"{part}armed_group{n}" for n in (1, 2) for part in ("", "type_", "taxation_"))])
        for s in told:
            said = s.said
            assert isinstance(said, Visit) and said.point is not None
            actors = [[a.name, kinds[a.force], "1"] for a in said.actors] + [["", "0", ""]] * 2
            writer.writerow([s.subject.rpartition("/")[2], said.visit_id, said.name, s.speaks_of.start, 1,
                             said.point.lon, said.point.lat, said.province, said.territory, "Or",
                             int(bool(said.armed_presence)), int(bool(said.interference)), "", said.project,
                             *actors[0], *actors[1]])  # fmt: skip
    return path


# -- rows of every kind ----------------------------------------------------------------------------------------------

SAYING: dict[str, dict[str, Any]] = {
    "quiet": {},
    "group": {"actors": (FDLR,)},
    "army": {"actors": (FARDC,)},
    "both": {"actors": (FDLR, FARDC)},
    "armed, no more said": {"actors": (FDLR,), "interference": None},
    "armed, found nothing": {"armed_presence": True, "interference": False},
    "says nothing": {"armed_presence": None, "interference": None},
    "no answer, nobody armed": {"interference": None},
    "told of it": {"actors": (FDLR,), "manner": "not-reached"},
    "told of none": {"manner": "not-reached"},
    "turned back": {"armed_presence": None, "interference": None, "manner": "not-reached",
                    "not_reached_for": "insecurity"},
    "a scheme's status": {"armed_presence": None, "interference": None, "manner": "third-party"},
    "torn": {"armed_presence": False, "interference": True, "contradictory": True},
}  # fmt: skip
PLACES = {"m1": (-2.0, 28.5), "m2": (-2.01, 28.51), "m3": (-2.4, 28.9), "m4": (-3.9, 29.4)}


def told_of(site: str, days: int, saying: str, precision: str = "day", row: int = 2, **more: Any) -> Statement:
    """One visit: to a place, so many days after FIRST, saying one of SAYING."""
    day = FIRST + timedelta(days=days)
    when = in_year(day.year) if precision == "year" else in_month(day.year, day.month) if precision == "month" else day
    lat, lon = PLACES[site]
    return visit(site, when, lat=lat, lon=lon, row=row, **(SAYING[saying] | more))


ROWS = st.builds(
    told_of, st.sampled_from(sorted(PLACES)), st.integers(0, 1200), st.sampled_from(sorted(SAYING)),
    st.sampled_from(["day", "day", "day", "month", "year"]),
)  # fmt: skip
MOVED = st.builds(
    lambda row, off: row if off is None else _at(row, off), ROWS, st.sampled_from([None, None, 0.02, 0.3])
)
"""Rows whose place is not always the same for one site."""
COUNTS = st.builds(
    lambda month, events: count("CD1", "Kalehe", 2011 + month // 12, month % 12 + 1, events),
    st.integers(0, 52),
    st.one_of(st.none(), st.integers(0, 40)),
)


def _at(row: Statement, off: float) -> Statement:
    said = row.said
    assert isinstance(said, Visit) and said.point is not None
    return replace(row, said=replace(said, point=Point(said.point.lat + off, said.point.lon)), _id=[])


def whole_months(first: int = 2011, years: int = 5, events: int = 3) -> list[Statement]:
    """Every month of some years counted, the number growing month by month."""
    return [count("CD1", "Kalehe", first + n // 12, n % 12 + 1, events + n % 7) for n in range(12 * years)]
