"""Small files to send in, and the register compared with its slow twin."""

from __future__ import annotations

from typing import Any

from winze.engine.register import fold
from winze.workbench.access import Actor
from winze.workbench.models import Import, Party, Site, Told
from winze.workbench.store import imports, register

HEAD = (
    "winze:sites/1,,,,,,,\r\n"
    "Site,Country,Territory,Latitude,Longitude,Minerals,Workers,Seen on\r\n"
)  # fmt: skip


def sites(*rows: str) -> bytes:
    """A file of mine sites: each row as its cells, comma between them."""
    return (HEAD + "".join(f"{row}\r\n" for row in rows)).encode()


def site(name: str, workers: object = 50, lat: float = -2.0, lon: float = 28.0, territory: str = "Kalehe") -> str:
    return f"{name},COD,{territory},{lat},{lon},tin ore,{workers},2020-03-01"


def quiet(step: str, done: int, total: int) -> None:
    return


def send(actor: Actor, name: str, content: bytes, mode: str | None = "skip", **more: Any) -> Import:
    """Sends a file and, unless the mode is None, loads it."""
    found = imports.propose(actor, name, [content], **more)
    return imports.load(actor, found.pk, mode, quiet) if mode else found


def rows(organisation: int) -> dict[str, Any]:
    """Sites and parties as the register's rows tell of them, without numbers of rows and versions."""
    found: dict[str, Any] = {}
    for row in Site.objects.filter(organisation_id=organisation).select_related("place"):
        found[row.subject] = {
            "name": row.place.name, "folded": row.place.folded, "lat": row.place.lat, "lon": row.place.lon,
            "workers": row.place.workers, "country": row.country, "province": row.province,
            "territory": row.territory, "minerals": row.minerals, "visits": row.visits,
            "newest": row.newest_visit, "in_chain": row.in_chain, "also": row.also, "merged_into": row.merged_into,
        }  # fmt: skip
    for party in Party.objects.filter(organisation_id=organisation):
        found[party.subject] = (party.name, party.is_me, party.tier, party.links, party.also, party.merged_into)
    return found


def twin(organisation: int) -> dict[str, Any]:
    """The same from the statements that stand, all of them put together anew (`register.now`)."""
    built = register.now(organisation)
    found: dict[str, Any] = {}
    for one in built.sites.values():
        point = one.point
        found[one.id] = {
            "name": one.name, "folded": fold(one.name), "lat": point.lat if point else None,
            "lon": point.lon if point else None, "workers": one.workers, "country": one.country,
            "province": one.province or "", "territory": one.territory or "", "minerals": list(one.minerals),
            "visits": len(one.visits), "newest": one.visits[-1].speaks_of.known_on if one.visits else None,
            "in_chain": one.in_chain, "also": list(one.also), "merged_into": "",
        }  # fmt: skip
    for party in built.parties.values():
        found[party.id] = (party.name, party.is_me, party.tier, len(party.supplies), list(party.also), "")
    return found


def standing_alone(found: dict[str, Any]) -> dict[str, Any]:
    """Without the rows that another stands for."""
    return {
        subject: row for subject, row in found.items()
        if not (row["merged_into"] if isinstance(row, dict) else row[-1])
    }  # fmt: skip


def told(organisation: int, **narrowed: Any) -> list[tuple[Any, ...]]:
    """What stands, to the letter."""
    standing = Told.objects.filter(organisation_id=organisation, gone_on=None, **narrowed).order_by("sid", "pk")
    return list(standing.values_list("sid", "key", "kind", "subject", "said", "data_class"))
