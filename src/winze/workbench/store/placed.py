"""Where the risks of a run are: its sites for precise eyes, its areas for the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from winze import cycle
from winze.engine.disclosure import SMALL, View
from winze.engine.records import Point
from winze.workbench.models import CycleRun, PlaceRow, RiskRow

LONG = timedelta(days=365)
"""A site that nobody visited for so long is shown as such."""


def rows(of: CycleRun, result: cycle.Cycle, eyes: View, risks: list[RiskRow]) -> Iterator[PlaceRow]:
    """A row for each place with its risks, in the order of its first: the ranked ones, the watched ones, the others."""
    at: dict[str, list[RiskRow]] = defaultdict(list)
    shown = filter(None, (eyes.risk(risk) for risk in result.risks))
    for risk, row in zip(shown, risks, strict=True):
        if place := _place(eyes, risk.subject):
            at[place].append(row)
    for site in result.register.sites.values():
        at.setdefault(_place(eyes, site.id) or "", [])
    last = len(risks) + 1
    order = sorted(at, key=lambda place: (at[place][0].position if at[place] else last, place))
    for position, place in enumerate(order, start=1):
        yield _row(of, result, eyes, position, place, at[place])


def _place(eyes: View, subject: str) -> str | None:
    """Where a subject stands on the map: a site as such for precise eyes, else as its area, or its country where no
    area is known; None for what has no place."""
    where = subject.partition("#")[0]
    site = eyes.register.sites.get(where)
    if site is None:
        return where if where in eyes.register.areas else None
    return where if eyes.internal else site.area or f"country:{site.country}"


def _row(of: CycleRun, result: cycle.Cycle, eyes: View, position: int, place: str, risks: list[RiskRow]) -> PlaceRow:
    told = eyes.place(place)
    held = _sites(eyes, place)
    ranked = [row for row in risks if row.rank is not None]
    newest = [_newest(eyes, site) for site in held]
    late = sum(day is None or of.as_of - day > LONG for day in newest)
    point = _point(eyes, place)
    letters = "".join(sorted({row.letter for row in ranked}))
    return PlaceRow(
        run=of, audience=eyes.audience, position=position, kind="site" if told.kind == "site" else "area",
        code=told.code or "" if told.kind == "site" else "", named=told.name or "", territory=told.territory or "",
        province=told.province or "", country=told.country or "", minerals=_minerals(eyes, held),
        lat=point.lat if point else None, lon=point.lon if point else None, letter=letters[:1], letters=letters,
        first=risks[0].position if risks else None, rank=min((row.rank for row in ranked if row.rank), default=None),
        ranked=len(ranked), watched=len(risks) - len(ranked), sites=_few(eyes, len(held)),
        unvisited=_few(eyes, late), newest_visit=max(filter(None, newest), default=None) if eyes.internal else None,
        in_chain=any(row.in_chain for row in risks),
    )  # fmt: skip


def _sites(eyes: View, place: str) -> list[str]:
    if place in eyes.register.sites:
        return [place]
    if area := eyes.register.areas.get(place):
        return list(area.sites)
    return [site.id for site in eyes.register.sites.values() if not site.area and place == f"country:{site.country}"]


def _newest(eyes: View, site: str) -> date | None:
    visits = eyes.register.sites[site].visits
    return visits[-1].speaks_of.known_on if visits else None


def _minerals(eyes: View, sites: list[str]) -> list[str]:
    return sorted({mineral for site in sites for mineral in eyes.register.sites[site].minerals})


def _point(eyes: View, place: str) -> Point | None:
    return eyes.register.sites[place].point if place in eyes.register.sites else eyes.area_point(place)


def _few(eyes: View, count: int) -> int | None:
    return None if not eyes.internal and 0 < count < SMALL else count
