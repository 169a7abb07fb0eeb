"""Conflict exposure of many sites, month by month, beside the joins people would write for it.

Every peer finds the same pairs in its own natural way, then uses the same great-circle distance and the same monthly
fading as we do, so that only the search for pairs and the adding up are compared. All run on one thread.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.measured import Found, apart, middle, peak_mb, ratios, seconds
from winze.bulk.exposure import EARTH_KM, Events, Places, exposure_fast, exposure_slow

REACH, DISTANCE, MEMORY = 50.0, 20.0, 90.0
LENGTHS = {"reach_km": REACH, "distance_km": DISTANCE, "memory_days": MEMORY}
MONTHS = 60
BATCH = {"strtree": 1000, "ckdtree": 2000}
"""Sites that a peer joins at once, the size at which it was fastest: all at once it is slower and needs gigabytes."""

type Floats = Any
type Answer = tuple[Floats, int]


class Case(NamedTuple):
    """Events and sites around 60 hot-spots of the tropics, over 60 months of 30 days; the same for everybody."""

    events: Events
    sites: Places
    ends: Floats

    @classmethod
    def of(cls, events: int, sites: int) -> Case:
        random = np.random.default_rng(20200511)
        spots = np.column_stack([random.uniform(-25, 25, 60), random.uniform(-80, 130, 60)])

        def scattered(count: int) -> tuple[Floats, Floats]:
            places = spots[random.integers(0, 60, count)] + random.normal(0, 0.72, (count, 2))
            return places[:, 0], places[:, 1]

        day, weight = random.integers(0, 30 * MONTHS, events), 1.0 + random.poisson(2, events)
        return cls(
            Events(*scattered(events), day.astype(float), weight),
            Places(*scattered(sites)),
            np.arange(1, MONTHS + 1) * 30.0 - 1,
        )


SIZES = {"small": (60_000, 10_000, 2), "full": (300_000, 50_000, 3)}
"""Events, sites, and how many rounds in which every method has its turn."""


class Tally:
    """What the peers share: the great-circle distance of each pair found, and one fading factor a month."""

    def __init__(self, case: Case) -> None:
        self.events, self.sites, self.ends = case
        self.month = self.ends.searchsorted(self.events.day)
        self.weight = self.events.weight * np.exp((self.events.day - self.ends[self.month]) / MEMORY)
        self.lat, self.lon = np.radians(self.events.lat), np.radians(self.events.lon)
        self.site_lat, self.site_lon = np.radians(self.sites.lat), np.radians(self.sites.lon)
        self.felt = np.zeros(len(self.sites.lat) * MONTHS)
        self.pairs = 0

    def add(self, site: Floats, event: Floats) -> None:
        """Count the pairs within reach."""
        across, up = self.lon[event] - self.site_lon[site], self.lat[event] - self.site_lat[site]
        h = np.sin(up / 2) ** 2 + np.cos(self.lat[event]) * np.cos(self.site_lat[site]) * np.sin(across / 2) ** 2
        km = 2 * EARTH_KM * np.arcsin(np.sqrt(h))
        within = km <= REACH
        site, event, km = site[within], event[within], km[within]
        self.pairs += len(km)
        low, high = int(site.min(initial=0)), int(site.max(initial=-1)) + 1
        cell = (site - low) * MONTHS + self.month[event]
        felt = np.bincount(cell, self.weight[event] * np.exp(-km / DISTANCE), max(high - low, 0) * MONTHS)
        self.felt[low * MONTHS : low * MONTHS + len(felt)] += felt

    def answer(self) -> Answer:
        """The exposure, and how many pairs there were."""
        felt = self.felt.reshape(-1, MONTHS)
        for month in range(1, MONTHS):
            felt[:, month] += felt[:, month - 1] * np.exp(-(self.ends[month] - self.ends[month - 1]) / MEMORY)
        return felt, self.pairs

    def batches(self, size: int) -> list[slice]:
        """The sites, some at a time."""
        return [slice(start, start + size) for start in range(0, len(self.sites.lat), size)]


def strtree(case: Case) -> Answer:
    """A shapely STRtree of the events, asked with each site's box of latitude and longitude."""
    import shapely

    tally = Tally(case)
    tree = shapely.STRtree(shapely.points(case.events.lon, case.events.lat))
    up = np.degrees(REACH / EARTH_KM) * 1.000001
    aside = np.degrees(np.arcsin(np.sin(REACH / EARTH_KM) / np.cos(tally.site_lat))) * 1.000001
    lat, lon = case.sites
    boxes = shapely.box(lon - aside, lat - up, lon + aside, lat + up)
    for batch in tally.batches(BATCH["strtree"]):
        site, event = tree.query(boxes[batch])
        tally.add(site + batch.start, event)
    return tally.answer()


def ckdtree(case: Case) -> Answer:
    """A scipy cKDTree of the events on the unit sphere, asked with a chord."""
    from scipy.spatial import cKDTree

    def sphere(lat: Floats, lon: Floats) -> Floats:
        return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])

    tally = Tally(case)
    tree = cKDTree(sphere(tally.lat, tally.lon))
    sites = sphere(tally.site_lat, tally.site_lon)
    chord = 2 * np.sin(REACH / EARTH_KM / 2) * 1.000001
    for batch in tally.batches(BATCH["ckdtree"]):
        found = cKDTree(sites[batch]).sparse_distance_matrix(tree, chord, output_type="ndarray")
        tally.add(found["i"] + batch.start, found["j"])
    return tally.answer()


def geopandas(case: Case) -> Answer:
    """A geopandas spatial join of the events with 50 km buffers drawn in the equal-area projection EPSG:6933."""
    import geopandas as gpd

    tally = Tally(case)
    buffers = gpd.GeoDataFrame(geometry=_projected(*case.sites).buffer(REACH * 1000))
    joined = _projected(case.events.lat, case.events.lon).sjoin(buffers, predicate="within")
    tally.add(joined["index_right"].to_numpy(), joined.index.to_numpy())
    return tally.answer()


def geopandas_dwithin(case: Case) -> Answer:
    """The same with geopandas' newer `dwithin` join, which draws no buffers; the projection stays."""
    tally = Tally(case)
    events = _projected(case.events.lat, case.events.lon)
    joined = _projected(*case.sites).sjoin(events, predicate="dwithin", distance=REACH * 1000)
    tally.add(joined.index.to_numpy(), joined["index_right"].to_numpy())
    return tally.answer()


def _projected(lat: Floats, lon: Floats) -> Any:
    import geopandas as gpd

    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326).to_crs(6933)


def winze(case: Case, threads: int = 1) -> Answer:
    """Our compiled form."""
    return exposure_fast(*case, **LENGTHS, threads=threads), 0


def winze_plain(case: Case) -> Answer:
    """Our plain form, which an installation without the compiler uses."""
    return exposure_slow(*case, **LENGTHS), 0


PEERS: tuple[Callable[[Case], Answer], ...] = (strtree, ckdtree, geopandas, geopandas_dwithin)
METHODS = {method.__name__: method for method in (winze, winze_plain, *PEERS)} | {
    "winze_2_threads": lambda case: winze(case, threads=2)
}


def measure(size: str) -> Found:
    """Every method in its turn, round after round, each in a process of its own; then what is asked once."""
    events, sites, rounds = SIZES[size]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as empty:

        def one(name: str) -> Found:
            return apart("benchmarks.exposure", name, str(events), str(sites), folder)

        names = ["winze", *(peer.__name__ for peer in PEERS)]
        runs = [{name: one(name) for name in names} for _ in range(rounds)]
        ours, *others = ({**middle(run[name] for run in runs), "pairs": runs[0][name]["pairs"]} for name in names)
        peers = dict(zip(names[1:], others, strict=True))
        cold = apart("benchmarks.exposure", "first", str(events), str(sites), folder, env={"NUMBA_CACHE_DIR": empty})
        loaded = apart("benchmarks.exposure", "first", str(events), str(sites), folder)
        plain = one("winze_plain")
        growth = apart("benchmarks.exposure", "growth", str(events), str(sites), folder)
        quality = {
            "events": events,
            "sites": sites,
            "months": MONTHS,
            "pairs": peers["strtree"]["pairs"],
            "cold_seconds": round(cold["seconds"], 3),
            "loaded_seconds": round(loaded["seconds"], 3),
            "two_threads_seconds": middle(one("winze_2_threads") for _ in range(rounds))["seconds"],
            "plain": {name: round(plain[name], 3) for name in ("seconds", "mb")},
            "max_relative_difference": {
                name: _apart_at_most(Path(folder), name) for name in ("winze_plain", "strtree", "ckdtree")
            },
            "lost_pairs_share": {
                name: round(1 - peer["pairs"] / peers["strtree"]["pairs"], 4)
                for name, peer in peers.items()
                if name.startswith("geopandas")
            },
            "exponent": growth["exponent"],
        }
    for timed in (ours, *peers.values()):
        del timed["pairs"]
    return {"winze": ours, "peers": peers, "ratio": ratios(ours, peers), "quality": quality}


def _apart_at_most(folder: Path, name: str) -> float:
    """The largest relative difference between our answer and another's."""
    ours, other = (np.load(folder / f"{which}.npy", mmap_mode="r") for which in ("winze", name))
    if np.any((ours == 0) != (other == 0)):
        return 1.0
    return float(f"{np.max(np.abs(ours - other) / np.where(other == 0, 1, other)):.2g}")


def _growth(events: int, sites: int) -> float:
    """How the seconds grow with the pairs, up to four times the events (and so the pairs): 1 is in proportion."""
    parts = [events, 2 * events, 4 * events]
    cases = [Case.of(part, sites) for part in parts]
    took = [min(seconds(lambda case=case: winze(case))[0] for _ in range(5)) for case in cases]
    return round(float(np.polyfit(np.log(parts), np.log(took), 1)[0]), 2)


def _alone(name: str, events: int, sites: int, folder: Path) -> Found:
    """One method in this process. Everybody but `first` has a small job before, to load and compile what it needs."""
    if name != "first":
        METHODS.get(name, winze)(Case.of(500, 500))
    if name == "growth":
        return {"exponent": _growth(events, sites)}
    case = Case.of(events, sites)
    took, (answer, pairs) = seconds(lambda: METHODS.get(name, winze)(case))
    mb = peak_mb()
    np.save(folder / f"{name}.npy", answer)
    return {"seconds": took, "mb": mb, "pairs": pairs}


if __name__ == "__main__":
    name, events, sites, folder = sys.argv[1:]
    print(json.dumps(_alone(name, int(events), int(sites), Path(folder))))
