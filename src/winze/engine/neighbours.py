"""Which sites lie near a site: by distance, or in the same territory where one of the two has no coordinates."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from winze.engine.likelihood import great_circle_km
from winze.engine.register import Register, Site


@dataclass(frozen=True, slots=True)
class Near:
    """A site near another: how far in km, None where one of them has no coordinates; how far the places may be off."""

    site: Site
    km: float | None
    slack: float = 0.0


@dataclass(frozen=True)
class Neighbourhood:
    """The sites of a register, laid out so that those near one of them are found quickly. Made by `neighbourhood`."""

    placed: tuple[Site, ...]
    lat: Any  # radians
    lon: Any
    in_area: Mapping[str, tuple[Site, ...]]

    def of(self, site: Site, km: float) -> list[Near]:
        """The other sites within a distance, and those of its territory where a place is missing; by id."""
        placed = self._within(site, km) if site.point else []
        same = self.in_area.get(site.area or "", ())
        unplaced = [Near(s, None) for s in same if s.id != site.id and (site.point is None or s.point is None)]
        return sorted([*placed, *unplaced], key=lambda near: near.site.id)

    def _within(self, site: Site, km: float) -> list[Near]:
        assert site.point is not None
        away = great_circle_km(math.radians(site.point.lat), math.radians(site.point.lon), self.lat, self.lon)
        found = ((self.placed[i], float(away[i])) for i in np.flatnonzero(away <= km))
        return [Near(s, d, _slack(s) + _slack(site)) for s, d in found if s.id != site.id]


def _slack(site: Site) -> float:
    return (site.point.within_km if site.point else None) or 0.0


def neighbourhood(register: Register) -> Neighbourhood:
    """Lays out the sites of a register."""
    sites = [register.sites[id] for id in sorted(register.sites)]
    placed = tuple(site for site in sites if site.point)
    in_area: dict[str, list[Site]] = defaultdict(list)
    for site in sites:
        if site.area:
            in_area[site.area].append(site)
    lat = np.radians([site.point.lat for site in placed if site.point])
    lon = np.radians([site.point.lon for site in placed if site.point])
    return Neighbourhood(placed, lat, lon, {area: tuple(there) for area, there in in_area.items()})
