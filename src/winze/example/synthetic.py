"""The invented part of an example: mine sites, visits to them and conflict near them, drawn by chance from a seed.

More tension makes more events and more armed visits, and both rise in the last weeks; nothing else is modelled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any

PROJECT = "Winze example (synthetic)"
FIRST, LAST = date(2018, 1, 15), date(2020, 5, 6)
LAST_VISIT = date(2020, 3, 12)  # nobody travelled after that
VISITED_UNTIL = date(2019, 5, 11)  # most visits lie before: presence fell
_ON_3T = ("Cassitérite", "Coltan", "Wolframite")


@dataclass(frozen=True, slots=True)
class ExampleSite:
    """A mine site that does not exist, in a territory that does."""

    code: str
    name: str
    country: str
    province: str
    territory: str
    lat: float
    lon: float
    minerals: tuple[str, ...]
    workers: int
    tension: float
    hub: str


@dataclass(frozen=True, slots=True)
class Event:
    """A conflict event that did not happen."""

    number: int
    day: date
    kind: str  # "battle", "civilians"
    group: str
    other: str  # whom a battle was with
    near: ExampleSite
    lat: float
    lon: float
    place_precision: int
    deaths: int


def sites(told: Mapping[str, Any], chance: Random) -> list[ExampleSite]:
    """The sites of a case, about 20 km around the centres of their territories."""
    word = "Exemple" if told["language"] == "fr" else "Ejemplo"
    found: list[ExampleSite] = []
    for territory in told["territories"]:
        for n in range(1, territory["sites"] + 1):
            minerals = territory["minerals"][(n - 1) % len(territory["minerals"]) :][:2]
            found.append(
                ExampleSite(
                    code=f"codmine9{len(found) + 1:04d}",
                    name=f"{word} {territory['name']} {n}",
                    country=territory.get("country", told.get("country")),
                    province=territory["province"],
                    territory=territory["name"],
                    lat=round(territory["lat"] + chance.uniform(-0.18, 0.18), 4),
                    lon=round(territory["lon"] + chance.uniform(-0.18, 0.18), 4),
                    minerals=tuple(minerals),
                    workers=10 * chance.randint(2, 40),
                    tension=territory["tension"],
                    hub=territory.get("hub", territory["name"]),
                )
            )
    return found


def entries(found: list[ExampleSite]) -> Iterator[dict[str, Any]]:
    """The sites as rows of the `sites` template, each seen in one of the months before the crisis."""
    for n, site in enumerate(found):
        yield {
            "site": site.name,
            "country": site.country,
            "territory": f"{site.territory}, {site.province}",
            "latitude": site.lat,
            "longitude": site.lon,
            "minerals": list(site.minerals),
            "workers": site.workers if n % 4 else None,
            "seen-on": LAST_VISIT - timedelta(days=23 * n),
        }


def visits(told: Mapping[str, Any], found: list[ExampleSite], chance: Random) -> list[dict[str, str]]:
    """Rows of the IPIS layout: every site once, some again, fewer in the last year, some not reached for insecurity."""
    again = [site for site in found for _ in range(2)]
    chance.shuffle(again)
    chosen = [*found, *again][: told["visits"]]
    rows = []
    for n, site in enumerate(chosen, start=1):
        early = chance.random() < 0.62
        start, end = (FIRST, VISITED_UNTIL) if early else (VISITED_UNTIL, LAST_VISIT)
        day = start + timedelta(days=chance.randint(1, (end - start).days))
        reached = early or chance.random() > site.tension * 0.5
        row = _site_cells(site, n, day)
        rows.append(row | (_seen(site, told["groups"], chance) if reached else _not_reached()))
    return sorted(rows, key=lambda row: (row["visit_date"], row["vid"]))


def _site_cells(site: ExampleSite, n: int, day: date) -> dict[str, str]:
    minerals = {f"mineral{i}": mineral for i, mineral in enumerate(site.minerals, start=1)}
    return {
        "FID": f"winze-example.{n:04d}", "vid": str(900_000 + n), "source": PROJECT, "project": PROJECT,
        "pcode": site.code, "name": site.name, "visit_date": day.isoformat(), "geom": f"POINT ({site.lon} {site.lat})",
        "longitude": str(site.lon), "latitude": str(site.lat), "location_origin": "GPS", "province": site.province,
        "territoire": site.territory, "is_3t_mine": _flag(any(m in _ON_3T for m in site.minerals)),
        "is_gold_mine": _flag("Or" in site.minerals), "selling_points_mineral1": site.hub, **minerals,
    }  # fmt: skip


def _not_reached() -> dict[str, str]:
    return {"visit_onsite": "0", "visit_onsite_novisitreason": "Insécurité"}


def _seen(site: ExampleSite, groups: list[str], chance: Random) -> dict[str, str]:
    """What a visit found. The same questions are asked at every site; some stay without an answer."""
    armed = chance.random() < site.tension * 0.6
    gold = "Or" in site.minerals
    women, children = chance.random() < 0.45, chance.random() < 0.15
    return {
        "visit_onsite": "1",
        "workers_numb": str(max(5, site.workers + 5 * chance.randint(-8, 8))) if chance.random() < 0.85 else "",
        "access_dry": chance.choice(["less2h", "more2h", "carmoto"]),
        "mercury": _flag(chance.random() < 0.6) if gold else "0",
        "presence": _flag(armed),
        "interference": _flag(armed),
        **(_armed(groups, chance) if armed else {"type_armed_group1": "0"}),
        "type_armed_group2": "0",
        "state_service1": chance.choice(["SAESSCAM", "Division des mines"]),
        "itsci": "Actif" if not gold and not armed and chance.random() < 0.7 else "",
        "qualification": chance.choice(["Vert", "Vert", "Jaune", ""]) if not armed else chance.choice(["Rouge", ""]),
        "women": _flag(women),
        "womenwork": "Laver, Vendre" if women else "",
        "childunder15": _flag(children) if chance.random() < 0.8 else "",
    }


def _armed(groups: list[str], chance: Random) -> dict[str, str]:
    found = {
        "armed_group1": chance.choice(groups),
        "type_armed_group1": "Groupe armé local",
        "frequency_armed_group1": chance.choice(["Une fois par semaine", "Une fois par mois", "Permanente"]),
    }
    odds = {
        "taxation": 0.8,
        "monopoly": 0.2,
        "buying_minerals": 0.3,
        "digging": 0.2,
        "forced_labour": 0.2,
        "pillaging": 0.3,
    }
    return found | {f"{act}_armed_group1": _flag(chance.random() < odd) for act, odd in odds.items()}


def events(told: Mapping[str, Any], found: list[ExampleSite], chance: Random) -> list[Event]:
    """Events near the sites, in number by tension; a third of them falls in the last ten weeks."""
    drawn: list[Event] = []
    for n in range(told["events"]):
        near = chance.choices(found, weights=[site.tension**2 for site in found])[0]
        start = LAST - timedelta(days=70) if n % 3 == 0 else FIRST
        group, other = chance.sample(told["groups"], 2)
        drawn.append(
            Event(
                number=0,
                day=start + timedelta(days=chance.randint(0, (LAST - start).days)),
                kind=chance.choice(["battle", "civilians", "civilians"]),
                group=group,
                other=other,
                near=near,
                lat=round(near.lat + chance.uniform(-0.12, 0.12), 4),
                lon=round(near.lon + chance.uniform(-0.12, 0.12), 4),
                place_precision=chance.choice([1, 1, 2, 2, 3]),
                deaths=chance.choice([1, 1, 2, 2, 3, 5, 8]),
            )
        )
    drawn.sort(key=lambda event: (event.day, event.near.code, event.lat, event.lon))
    return [replace(event, number=n) for n, event in enumerate(drawn, start=1)]


def _flag(yes: bool) -> str:
    return "1" if yes else "0"
