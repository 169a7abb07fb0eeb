"""Which sites lie near a site: by distance, or in the same territory where one of the two has no coordinates."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from winze.engine.likelihood import EARTH_KM, great_circle_km
from winze.engine.register import Register, Site


@dataclass(frozen=True, slots=True)
class Near:
    """A site near another: how far in km, None where one of them has no coordinates; how far the places may be off."""

    site: Site
    km: float | None
    slack: float = 0.0


@dataclass(frozen=True)
class Neighbourhood:
    """The sites of a register from south to north, so that those near one of them are found quickly. Made by
    `neighbourhood`; what was asked once is kept."""

    placed: tuple[Site, ...]
    lat: Any  # radians, ascending
    lon: Any
    in_area: Mapping[str, tuple[Site, ...]]
    _asked: dict[tuple[str, float], list[Near]] = field(default_factory=dict, repr=False)

    def of(self, site: Site, km: float) -> list[Near]:
        """The other sites within a distance, and those of its territory where a place is missing; by id."""
        if (site.id, km) not in self._asked:
            same = self.in_area.get(site.area or "", ())
            unplaced = [Near(s, None) for s in same if s.id != site.id and (site.point is None or s.point is None)]
            self._asked[site.id, km] = sorted([*self._within(site, km), *unplaced], key=lambda near: near.site.id)
        return self._asked[site.id, km]

    def _within(self, site: Site, km: float) -> list[Near]:
        if site.point is None:
            return []
        lat, reach = math.radians(site.point.lat), km / EARTH_KM * 1.000001
        first, last = np.searchsorted(self.lat, (lat - reach, lat + reach))
        away = great_circle_km(lat, math.radians(site.point.lon), self.lat[first:last], self.lon[first:last])
        near = [(self.placed[first + i], float(away[i])) for i in np.flatnonzero(away <= km)]
        return [Near(s, d, _slack(s) + _slack(site)) for s, d in near if s.id != site.id]


def _slack(site: Site) -> float:
    return (site.point.within_km if site.point else None) or 0.0


def neighbourhood(register: Register) -> Neighbourhood:
    """Lays out the sites of a register."""
    sites = [register.sites[id] for id in sorted(register.sites)]
    in_area: dict[str, list[Site]] = defaultdict(list)
    for site in sites:
        if site.area:
            in_area[site.area].append(site)
    pairs = sorted(((site.point.lat, site) for site in sites if site.point), key=lambda pair: (pair[0], pair[1].id))
    placed = tuple(site for _, site in pairs)
    lat = np.radians([lat for lat, _ in pairs])
    lon = np.radians([site.point.lon for site in placed if site.point])
    return Neighbourhood(placed, lat, lon, {area: tuple(there) for area, there in in_area.items()})
