"""How much conflict is close to each site, and how recent, for many sites and many months at once.

Nearness is true great-circle distance on a sphere of mean radius: no map projection, so no pair is lost or gained by
one, and the antimeridian and the poles are ordinary places. Two forms give the same figures: `exposure_slow` says what
is meant in plain numpy and needs nothing else; `exposure_fast` is compiled (extra `bulk`) and visits each pair of a
site and an event within reach once, however many months are asked for. `exposure` and `near` choose by size of job.

Events are put in one order by what they are (place, day, weight), never by where they stood in a file, and each site
adds its events in that order: the same rows in any order, on any number of threads, give the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

EARTH_KM: Final = 6371.0088
"""Mean radius of the Earth (IUGG), in km."""
WIDEST_KM: Final = 10_000.0
"""The longest reach: a quarter of the way round the Earth. Beyond it a chord no longer tells distances apart finely."""

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]

_LARGE: Final = 50_000_000
"""Sites times events from which compiling, or loading what was compiled, is worth its second."""
_BLOCK: Final = 1024
"""Sites handled together: enough to keep numpy busy, few enough to share out among threads."""
_PIECE: Final = 1_000_000
"""Candidate pairs that the plain form holds at once."""
_SLACK: Final = 1e-9
"""Radians (6 mm) added to the search for candidates, so that rounding loses no pair: the distance itself decides."""
_BAND: Final = 8.0
"""How far apart two bands of latitude stand on the search key: more than the whole circle of longitudes, in radians."""


class Places(NamedTuple):
    """Where the sites are: latitude and longitude in degrees, one of each per site."""

    lat: npt.ArrayLike
    lon: npt.ArrayLike


class Events(NamedTuple):
    """What happened where and when: degrees, the day as an ordinal number, and how heavily each event counts."""

    lat: npt.ArrayLike
    lon: npt.ArrayLike
    day: npt.ArrayLike
    weight: npt.ArrayLike


class Pairs(NamedTuple):
    """Every site with every event within reach of it: their positions in what was given, and the kilometres between."""

    site: Ints
    event: Ints
    km: Floats


def exposure(
    events: Events,
    sites: Places,
    months: npt.ArrayLike,
    *,
    reach_km: float,
    distance_km: float,
    memory_days: float,
) -> Floats:
    """The conflict near each site at each month's end: near events count more than far ones, recent more than old ones.

    Gives `[sites, months]`: the sum over the events within `reach_km` and on or before the month's end of
    `weight * exp(-km / distance_km) * exp(-days / memory_days)`. `months` are the ordinals of the month ends, in any
    order. Zero means that no event is known, not that nothing happened: whether anyone was there to report is asked
    elsewhere. An unknown place, day or weight (NaN) is refused with `ValueError`: leave that event out, and say so.
    """
    form = exposure_fast if _large(sites, events) else exposure_slow
    return form(events, sites, months, reach_km=reach_km, distance_km=distance_km, memory_days=memory_days)


def near(sites: Places, events: Places | Events, reach_km: float) -> Pairs:
    """Which events lie within `reach_km` of which sites, and how far off: the evidence behind an exposure.

    Sorted by site, then event, as they were given; an event exactly at `reach_km` is within reach.
    """
    return (near_fast if _large(sites, events) else near_slow)(sites, events, reach_km)


def exposure_slow(
    events: Events,
    sites: Places,
    months: npt.ArrayLike,
    *,
    reach_km: float,
    distance_km: float,
    memory_days: float,
) -> Floats:
    """`exposure`, said plainly: find the pairs, then add up each month from nothing. Needs only numpy."""
    _positive(distance_km=distance_km, memory_days=memory_days)
    ends = _numbers("months", months)
    ground = _Ground.of(sites, events, reach_km)
    found = np.zeros((len(ends), ground.sites))
    for site, event, km in ground.pairs():
        here = ground.weight[event] * np.exp(-km / distance_km)
        for month, end in enumerate(ends):
            ago = end - ground.day[event]
            past = ago >= 0
            np.add.at(found[month], site[past], here[past] * np.exp(-ago[past] / memory_days))
    return np.ascontiguousarray(found.T)


def exposure_fast(
    events: Events,
    sites: Places,
    months: npt.ArrayLike,
    *,
    reach_km: float,
    distance_km: float,
    memory_days: float,
    threads: int | None = None,
) -> Floats:
    """`exposure`, compiled (extra `bulk`), on as many threads as the machine has unless told otherwise.

    What is still felt of the past fades by one factor from month to month, so each pair is visited once and counted in
    the first month that knows it. `exp(-km / distance_km)` is read from a table (`_fading`).
    """
    from winze.bulk import _exposure_kernel as kernel

    _positive(distance_km=distance_km, memory_days=memory_days)
    ends, back = np.unique(_numbers("months", months), return_inverse=True)
    ground = _Ground.of(sites, events, reach_km, until=ends[-1] if len(ends) else -np.inf)
    month = ends.searchsorted(ground.day)
    weight = ground.weight * np.exp((ground.day - ends[month]) / memory_days)
    fades = np.exp(-np.diff(ends, prepend=ends[:1]) / memory_days)
    table, steps = _fading(reach_km, distance_km)
    found = np.empty((ground.sites, len(ends)))

    def fill(block: slice) -> None:
        felt = np.zeros((block.stop - block.start, len(ends)))
        spans = ground.spans(block)
        kernel.gather(
            *spans, ground.site_xyz[block], ground.event_xyz, ground.limit, weight, month, table, steps, fades, felt
        )
        found[ground.site_order[block]] = felt

    _share(ground.blocks(), fill, threads)
    return found if np.array_equal(back, np.arange(len(ends))) else found[:, back]


def near_slow(sites: Places, events: Places | Events, reach_km: float) -> Pairs:
    """`near` in plain numpy."""
    ground = _Ground.of(sites, _undated(events), reach_km)
    return _sorted((site, ground.event_order[event], km) for site, event, km in ground.pairs())


def near_fast(sites: Places, events: Places | Events, reach_km: float, threads: int | None = None) -> Pairs:
    """`near`, compiled (extra `bulk`)."""
    from winze.bulk import _exposure_kernel as kernel

    ground = _Ground.of(sites, _undated(events), reach_km)

    def find(block: slice) -> tuple[Ints, Ints, Floats]:
        search = *ground.spans(block), ground.site_xyz[block], ground.event_xyz, ground.limit
        *_, room = kernel.pairs(*search, 0)
        row, event, chord, _ = kernel.pairs(*search, room)
        return ground.site_order[block][row], ground.event_order[event], _km(chord)

    return _sorted(_share(ground.blocks(), find, threads))


@dataclass(frozen=True, slots=True)
class _Ground:
    """Sites and events laid out so that what is near on the ground is near in memory.

    Places are points of the unit sphere: the chord between two of them grows with the distance along the surface, and
    needs no case for poles or the antimeridian. Events lie in bands of latitude, each sorted by longitude; one sorted
    `key` (band, then longitude) finds the stretch of a band that may be within reach.
    """

    reach: float
    """In radians, as everything below."""
    band: float
    site_order: Ints
    site_lat: Floats
    site_lon: Floats
    site_xyz: Floats
    event_order: Ints
    event_xyz: Floats
    key: Floats
    day: Floats
    weight: Floats

    @classmethod
    def of(cls, sites: Places, events: Events, reach_km: float, until: float = np.inf) -> _Ground:
        """Check what is given, leave out the events after `until`, sort both."""
        if not 0 < reach_km <= WIDEST_KM:
            raise ValueError(f"reach_km is {reach_km}: it must be above 0 and at most {WIDEST_KM:g}")
        reach = reach_km / EARTH_KM
        band = max(reach / 2, 1e-4)
        site_lat, site_lon = _radians("site", sites.lat, sites.lon)
        lat, lon = _radians("event", events.lat, events.lon)
        day, weight = _numbers("event day", events.day), _numbers("event weight", events.weight)
        if not len(lat) == len(day) == len(weight):
            raise ValueError("events need one latitude, longitude, day and weight each")
        key = np.floor((lat + np.pi / 2) / band) * _BAND + lon
        order = _order(key, lat, day, weight)
        order = order[day[order] <= until]
        by_place = np.lexsort((site_lon, np.floor((site_lat + np.pi / 2) / band)))
        return cls(
            reach=reach,
            band=band,
            site_order=by_place,
            site_lat=site_lat[by_place],
            site_lon=site_lon[by_place],
            site_xyz=np.ascontiguousarray(_sphere(site_lat[by_place], site_lon[by_place]).T),
            event_order=order,
            event_xyz=_sphere(lat[order], lon[order]),
            key=key[order],
            day=day[order],
            weight=weight[order],
        )

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self.site_order)

    @property
    def limit(self) -> float:
        """The chord at `reach`."""
        return float(2 * np.sin(self.reach / 2))

    def blocks(self) -> Iterator[slice]:
        """The sites in their order on the ground, a few at a time."""
        for start in range(0, self.sites, _BLOCK):
            yield slice(start, min(start + _BLOCK, self.sites))

    def spans(self, block: slice) -> tuple[Ints, Ints, Ints]:
        """The stretches of events that may be within reach of each site of a block.

        Site `i` of the block has the stretches `first[i]` up to `first[i + 1]`; each has a first event and one past its
        last.
        """
        site, west, east = _windows(self.site_lat[block], self.site_lon[block], self.reach)
        lat = self.site_lat[block][site] + np.pi / 2
        south = np.floor((lat - self.reach - _SLACK) / self.band)
        north = np.floor((lat + self.reach + _SLACK) / self.band)
        bands = south + np.arange(int(np.max(north - south, initial=-1)) + 1)[:, None]
        begin = self.key.searchsorted(bands * _BAND + west)
        end = self.key.searchsorted(bands * _BAND + east, side="right")
        which = np.nonzero((begin < end) & (bands <= north))
        order = np.argsort(site[which[1]], kind="stable")
        step, window = which[0][order], which[1][order]
        first = site[window].searchsorted(np.arange(block.stop - block.start + 1))
        return first, begin[step, window], end[step, window]

    def pairs(self) -> Iterator[tuple[Ints, Ints, Floats]]:
        """Every pair within reach, some at a time: the site as given, the event in its order here, the kilometres."""
        for block in self.blocks():
            first, begin, end = self.spans(block)
            site = np.repeat(self.site_order[block], np.diff(first))
            xyz = np.repeat(self.site_xyz[block], np.diff(first), axis=0).T
            piece = np.cumsum(end - begin) // _PIECE
            for one in np.split(np.arange(len(piece)), np.flatnonzero(np.diff(piece)) + 1):
                count = (end - begin)[one]
                event = np.repeat(end[one] - np.cumsum(count), count) + np.arange(count.sum())
                dx, dy, dz = np.repeat(xyz[:, one], count, axis=1) - self.event_xyz[:, event]
                chord = np.sqrt(dx * dx + dy * dy + dz * dz)
                within = chord <= self.limit
                yield np.repeat(site[one], count)[within], event[within], _km(chord[within])


def _windows(lat: Floats, lon: Floats, reach: float) -> tuple[Ints, Floats, Floats]:
    """The longitudes within reach of each place, as `(place, west, east)`: one window, or two where it crosses the
    antimeridian, or the whole circle where a pole is within reach.

    A cap of radius r at latitude p spans asin(sin r / cos p) of longitude to either side.
    """
    open_to_pole = np.abs(lat) + reach + _SLACK >= np.pi / 2
    half = np.arcsin(np.sin(reach) / np.cos(np.where(open_to_pole, 0, lat))) + _SLACK
    west = np.where(open_to_pole, -np.pi, lon - half)
    east = np.where(open_to_pole, np.pi, lon + half)
    place = np.arange(len(lat))
    over, under = np.flatnonzero(east > np.pi), np.flatnonzero(west < -np.pi)
    return (
        np.concatenate([place, over, under]),
        np.concatenate([np.maximum(west, -np.pi), np.full(len(over), -np.pi), west[under] + 2 * np.pi]),
        np.concatenate([np.minimum(east, np.pi), east[over] - 2 * np.pi, np.full(len(under), np.pi)]),
    )


def _order(key: Floats, *others: Floats) -> Ints:
    """The order by `key`, then by the others. Only what ties on the key is looked at twice: sorting by one is quick."""
    order = np.argsort(key)
    same = np.diff(key[order]) == 0
    tied = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
    among = order[tied]
    order[tied] = among[np.lexsort((*(other[among] for other in reversed(others)), key[among]))]
    return order


def _fading(reach_km: float, distance_km: float) -> tuple[Floats, float]:
    """`exp(-km / distance_km)` as cubic pieces in the chord, and how many pieces there are to a unit of chord.

    Hermite pieces of width h err by h^4/384 of the fourth derivative: 200 to a `distance_km` and 2,000 to a radian keep
    the error under 1e-11 of the value.
    """
    longest = 2 * np.sin(reach_km / EARTH_KM / 2)
    steps = np.ceil(200 * reach_km / distance_km + 2000 * longest) / longest
    node = np.arange(int(longest * steps) + 3) / steps
    value = np.exp(-_km(node) / distance_km)
    slope = -value * EARTH_KM / distance_km / np.sqrt(1 - node**2 / 4) / steps
    rise, left, right = np.diff(value), slope[:-1], slope[1:]
    return np.stack([value[:-1], left, 3 * rise - 2 * left - right, left + right - 2 * rise], axis=1), float(steps)


def _km(chord: Floats) -> Floats:
    """Kilometres along the surface for a chord of the unit sphere."""
    return 2 * EARTH_KM * np.arcsin(chord / 2)


def _sphere(lat: Floats, lon: Floats) -> Floats:
    """Points of the unit sphere, `[3, places]`."""
    out = np.cos(lat)
    return np.stack([out * np.cos(lon), out * np.sin(lon), np.sin(lat)])


def _radians(what: str, lat: npt.ArrayLike, lon: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Latitude and longitude in radians, or `ValueError`: unknown or impossible places have no distance."""
    lat, lon = _numbers(f"{what} latitude", lat), _numbers(f"{what} longitude", lon)
    if len(lat) != len(lon):
        raise ValueError(f"{what}s need one latitude and one longitude each")
    if np.any(np.abs(lat) > 90) or np.any(np.abs(lon) > 180):
        raise ValueError(f"a {what} lies outside latitude -90..90 or longitude -180..180")
    return np.radians(lat), np.radians(lon)


def _numbers(what: str, values: npt.ArrayLike) -> Floats:
    """One-dimensional, finite numbers, or `ValueError`."""
    numbers = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if numbers.ndim != 1 or not np.all(np.isfinite(numbers)):
        raise ValueError(f"{what}: a list of known, finite numbers is needed")
    return numbers


def _positive(**lengths: float) -> None:
    for name, length in lengths.items():
        if not 0 < length < np.inf:
            raise ValueError(f"{name} is {length}: it must be above 0")


def _undated(places: Places | Events) -> Events:
    """Events of which only the place matters."""
    none = np.zeros(np.shape(places.lat))
    return Events(places.lat, places.lon, none, none)


def _large(sites: Places, events: Places | Events) -> bool:
    """Whether the compiled form is worth its start, and there to be had."""
    return np.size(sites.lat) * np.size(events.lat) >= _LARGE and find_spec("numba") is not None


def _share[T](blocks: Iterator[slice], work: Callable[[slice], T], threads: int | None) -> list[T]:
    """Do every block, on several threads; the results in the order of the blocks."""
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        return list(pool.map(work, blocks))


def _sorted(parts: Iterable[tuple[Ints, Ints, Floats]]) -> Pairs:
    """All pairs, by site, then event."""
    none = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    site, event, km = (np.concatenate(column) for column in zip(none, *parts, strict=True))
    order = np.argsort(site * (np.max(event, initial=0) + 1) + event)
    return Pairs(site[order], event[order], km[order])
