"""Who and where: sites, areas and parties put together from what statements say of them.

A site is one subject of visits and of the user's own list; a merge of two is a judgement on top (a later issue), so
here a site is simply what one source calls one site. Nothing is guessed: a territory that joins no p-code keeps its
name as its id and says so.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from winze.engine.records import Place, Point, SiteEntry, Statement, Supply, Visit, of_kind


@dataclass(frozen=True, slots=True)
class Site:
    """A mine site: the newest known value of each field, and every visit in order of the day it became known."""

    id: str
    name: str
    country: str
    province: str | None
    territory: str | None
    area: str | None  # id of its Area
    point: Point | None
    minerals: tuple[str, ...]
    workers: int | None
    visits: tuple[Statement, ...]  # statements whose record is a Visit
    entries: tuple[Statement, ...]  # statements whose record is a SiteEntry
    in_chain: bool


@dataclass(frozen=True, slots=True)
class Area:
    """A second-level administrative area: a territory, district or municipality.

    `code` is its p-code, None where no name joined. `centre` is the mean of public points in it (sites, health
    sites), for drawing and distance bands only; None where there are none.
    """

    id: str
    name: str
    province: str | None
    country: str
    code: str | None
    centre: Point | None
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Party:
    """A company, cooperative or person that buys or sells in the chain."""

    id: str
    name: str
    supplies: tuple[Statement, ...]  # statements whose record is a Supply, this party on either side
    is_me: bool
    tier: int | None  # steps from me along the chain, 0 for me, None where no path is known


@dataclass(frozen=True, slots=True)
class Register:
    sites: Mapping[str, Site]
    areas: Mapping[str, Area]
    parties: Mapping[str, Party]
    me: str | None  # party id
    chain_origins: Mapping[str, tuple[Statement, ...]]  # site or area id -> Supply statements that claim it as origin


def fold(name: str) -> str:
    """A name without case, accents, hyphens and doubled spaces, for joining lists that spell differently."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in plain.casefold()).split())
