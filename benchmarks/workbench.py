"""The workbench's lists under eight people, and the import of a season of visits.

Ours is the server as it is run (granian, SQLite in WAL) with 5,000 sites and 50,000 risks. Eight clients, each thinking
a second between pages, walk lists, filters, later pages and single risks; what counts is the time from sending a
request to the whole answer, waiting in line included. The peer named here is Django's own paginator, the way a list is
commonly made: it counts the rows each time and skips to a page by number. Both work on the same rows.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.cycle import REAL
from benchmarks.measured import Found, apart, middle, peak_mb, ratios, seconds

CLIENTS, THINK = 8, 1.0
SIZES = {"small": (200, 1_000, 4), "full": (5_000, 50_000, 40)}
"""Sites, risks, and for how many seconds the clients walk."""


def measure(size: str) -> Found:
    """The walk, then our lists beside the peer's, then the import."""
    with tempfile.TemporaryDirectory() as folder:
        env = {"WINZE_HOME": folder, "DJANGO_SETTINGS_MODULE": "winze.workbench.settings"}
        apart("benchmarks.workbench", "fill", size, env=env)
        walked = _walk(size, env)
        runs = [(apart("benchmarks.workbench", "ours", env=env), apart("benchmarks.workbench", "peer", env=env))
                for _ in range(3)]  # fmt: skip
        ours, peer = (middle(run[which] for run in runs) for which in (0, 1))
        imported = apart("benchmarks.workbench", "import", env=env)
    quality = {**walked, "lists": "100 pages in all, half of them deep", "import": imported}
    return {"winze": ours, "peers": {"django_paginator": peer}, "ratio": ratios(ours, {"django_paginator": peer}),
            "quality": quality}  # fmt: skip


# -- the walk --------------------------------------------------------------------------------------------------------


def _walk(size: str, env: dict[str, str]) -> Found:
    """Eight clients against a running server: the 50th, 95th and 99th percentile in milliseconds, by kind of page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
               "--blocking-threads", "4", "--no-access-log", "winze.workbench.wsgi:application"]  # fmt: skip
    server = subprocess.Popen(command, env=os.environ | env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        cookies = apart("benchmarks.workbench", "sessions", env=env)["cookies"]
        took: list[tuple[str, float]] = []
        until = time.monotonic() + SIZES[size][2]
        threads = [
            threading.Thread(target=_client, args=(port, cookie, until, took, n)) for n, cookie in enumerate(cookies)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        server.terminate()
        server.wait(20)
    return {"requests": len(took), "p95_ms": _percentiles([ms for _, ms in took]), **_by_kind(took)}


def _by_kind(took: list[tuple[str, float]]) -> Found:
    kinds = sorted({kind for kind, _ in took})
    return {f"{kind}_p95_ms": _percentiles([ms for k, ms in took if k == kind])["p95"] for kind in kinds}


def _percentiles(ms: list[float]) -> Found:
    cut = quantiles(ms, n=100) if len(ms) > 1 else ms * 99
    return {"p50": round(cut[49], 1), "p95": round(cut[94], 1), "p99": round(cut[98], 1)}


def _wait(port: int) -> None:
    for _ in range(150):
        try:
            if _get(port, "/healthz", "")[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server did not answer")


def _client(port: int, cookie: str, until: float, took: list[tuple[str, float]], n: int) -> None:
    """One person: lists, a filter, later pages, one record, with a second between."""
    chance = random.Random(n)
    following = ""
    time.sleep(n * THINK / CLIENTS)
    while time.monotonic() < until:
        kind, address = chance.choice(_ADDRESSES)
        if kind == "later" and following:
            address = following
        start = time.perf_counter()
        status, body = _get(port, address.replace("{n}", str(chance.randrange(1, 900))), cookie)
        took.append((kind, (time.perf_counter() - start) * 1000))
        if status != 200:
            raise SystemExit(f"{address} answered {status}")
        marked = body.find(b'rel="next"')
        if kind in ("risks", "later") and marked > 0:
            following = (
                body[body.rfind(b'href="', 0, marked) + 6 : body.rfind(b'"', 0, marked)].decode().replace("&amp;", "&")
            )
        time.sleep(THINK)


_ADDRESSES = [
    ("home", "/"),
    ("risks", "/risks/?state=all"),
    ("risks", "/risks/"),
    ("filtered", "/risks/?letter=B&state=all"),
    ("filtered", "/risks/?territory=T1&state=all"),
    ("ordered", "/risks/?order=-likelihood&state=all"),
    ("later", "/risks/?state=all"),
    ("later", "/risks/?state=all"),
    ("risk", "/risks/{n}/"),
    ("sites", "/sites/"),
    ("sites", "/sites/?order=-newest"),
    ("plans", "/plans/"),
]


def _get(port: int, address: str, cookie: str) -> tuple[int, bytes]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request("GET", address, headers={"Cookie": cookie, "Accept-Language": "en"})
    answer = link.getresponse()
    body = answer.read()
    link.close()
    return answer.status, body


# -- in a process of its own -----------------------------------------------------------------------------------------


def _opened() -> None:
    from winze.workbench.home import open_

    open_(Path(os.environ["WINZE_HOME"]))


def _fill(size: str) -> Found:
    """5,000 sites, one run with 50,000 risks, and eight analysts."""
    _opened()
    from django.db import transaction

    from winze.workbench.models import CycleRun, RiskRow, Site, SitePlace, User, Why
    from winze.workbench.store import people

    sites, risks, _ = SIZES[size]
    chance = random.Random(1)
    with transaction.atomic():
        made = people.found("bench", "Benchmark")
        for n in range(CLIENTS):
            person = User.objects.create_user(f"p{n}@example.org", "a long password", name=f"Person {n}")
            people.join(made, person, ["analyst", "approver"], None)
        rows = Site.objects.bulk_create(
            Site(organisation=made, subject=f"site:bench/{n}", code=f"C{n:05}", country="COD", province=f"P{n % 9}",
                 territory=f"T{n % 150}", minerals=["gold"], visits=n % 7, in_chain=n % 5 == 0,
                 newest_visit=date(2020, 1 + n % 12, 1 + n % 28) if n % 7 else None) for n in range(sites)
        )  # fmt: skip
        SitePlace.objects.bulk_create(
            SitePlace(site=row, name=f"Site {n}", folded=f"site {n}", lat=-2 + n / 9_000, lon=28 + n / 9_000)
            for n, row in enumerate(rows)
        )
        run = CycleRun.objects.create(
            organisation=made, as_of=date(2020, 5, 11), known_by=date(2020, 5, 11), state="done",
            at=datetime.now(UTC), done_at=datetime.now(UTC),
            counts={"ranked": risks // 2, "watched": risks - risks // 2},
        )  # fmt: skip
        RiskRow.objects.bulk_create((_risk(run, n, sites, risks, chance) for n in range(risks)), batch_size=500)
        why = zlib.compress(json.dumps(_DOCUMENT).encode())
        Why.objects.bulk_create(
            (Why(run=run, audience="internal", about=f"risk:{n}", packed=why) for n in range(1, 901)), batch_size=500
        )
    return {"sites": sites, "risks": risks}


_DOCUMENT: dict[str, Any] = {
    "id": "r", "subject": "site:bench/1", "annex_ii": "B", "kind": "non-state-armed-interference", "rank": 1,
    "likelihood": {"p": 0.5, "low": 0.2, "high": 0.8, "basis": "learnt", "trained_to": "2018-12-31", "if_found": 0.9,
                   "if_not": 0.1, "alike": None},
    "severity": {"scale": 3, "scope": 2, "irremediability": 2}, "evidence_level": "plausible", "involvement": None,
    "in_chain": True, "response": {"action": "assess", "deadline": "2020-06-10", "rule": "risk/assessment",
                                   "missing": ["missing.signature"]},
    "because": [{"text": "report.reason-withheld", "values": [], "rule": "risk/assessment", "contribution": 0.1 * n,
                 "file": "visits.csv", "sheet": None, "row": n, "cell": None, "coarsened": False} for n in range(12)],
    "place": {"kind": "site", "name": "Site 1", "code": "C00001", "territory": "T1", "province": "P1",
              "country": "COD", "minerals": ["gold"], "point": None, "about": None},
}  # fmt: skip


def _risk(run: Any, n: int, sites: int, risks: int, chance: random.Random) -> Any:
    from winze.workbench.models import RiskRow

    p = chance.random()
    at = n % sites
    return RiskRow(
        run=run, audience="internal", position=n + 1, rank=n + 1 if n < risks // 2 else None, risk=f"kind/site:{n}",
        letter="ABCDEF"[n % 6], kind="non-state-armed-interference", subject=f"site:bench/{at}", place={"kind": "site"},
        named=f"Site {at}", territory=f"T{at % 150}", country="COD", in_chain=at % 5 == 0, p=p, low=p * 0.6,
        high=min(1, p * 1.3), basis="learnt", evidence="plausible", statements=3, severity=3, action="assess",
        due=date(2020, 6, 1 + n % 28) if n % 2 else None,
    )  # fmt: skip


def _sessions() -> Found:
    """A signed-in cookie for each client."""
    _opened()
    from django.test import Client

    from winze.workbench.models import User

    cookies = []
    for user in User.objects.order_by("id")[:CLIENTS]:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        cookies.append(f"sessionid={client.cookies['sessionid'].value}")
    return {"cookies": cookies}


def _ours() -> Found:
    """A hundred pages of the list of risks by key, half of them deep, as values in words."""
    return _pages(by_key=True)


def _peer() -> Found:
    """The same pages by Django's paginator."""
    return _pages(by_key=False)


def _pages(by_key: bool) -> Found:
    _opened()
    from django.core.paginator import Paginator

    from winze.workbench import lists, presenters
    from winze.workbench.models import User
    from winze.workbench.store import people
    from winze.workbench.table import PAGE, Scope
    from winze.workbench.tables.risks import RISKS

    actor = people.actor(User.objects.order_by("id")[0], None, "en")
    assert actor is not None
    scope = Scope(actor, {"state": "all"})
    choice = lists.choose(RISKS, scope, {"state": "all"})
    last = lists.count(RISKS, scope, choice) // PAGE

    def page(number: int) -> list[Any]:
        if not by_key:
            rows = RISKS.rows(scope).order_by("position")
            return list(Paginator(rows, PAGE).page(number + 1).object_list)
        at = lists.Choice(choice.filters, choice.order, False, (number * PAGE,))
        return list(lists.page(RISKS, scope, at).rows)

    def walk() -> None:
        for n in range(100):
            rows = page(n % 5 if n % 2 else last * n // 101)
            for row in rows:
                presenters.cells(row, RISKS.columns, "en")

    page(0)
    taken, _ = seconds(walk)
    return {"seconds": taken, "mb": peak_mb()}


def _import() -> Found:
    """The import of visits with judgement proposals, in its parts."""
    _opened()
    from django.db import transaction

    from winze.workbench.models import Proposal, Site, Told, User
    from winze.workbench.store import imports, people

    with transaction.atomic():
        made = people.found("import", "Import")
        people.join(made, User.objects.order_by("id")[0], ["analyst"], None)
    actor = people.acting(User.objects.order_by("id")[0].pk, made.pk)
    assert actor is not None
    path = next((p for p in sorted(REAL.rglob("*")) if "ipis" in p.name.lower() and p.suffix == ".csv"), None)
    if path is None:
        return {"seconds": None, "why": "the real visits are not on this machine"}
    looked, proposed = seconds(lambda: imports.propose(actor, path.name, [path.read_bytes()]))
    loaded, _ = seconds(lambda: imports.load(actor, proposed.pk, "skip", lambda *_: None))
    return {
        "seconds": round(looked + loaded, 2), "dry_run": round(looked, 2), "load": round(loaded, 2),
        "visits": Told.objects.filter(organisation=made, kind="visit").count(),
        "sites": Site.objects.filter(organisation=made).count(),
        "proposals": Proposal.objects.filter(organisation=made).count(),
    }  # fmt: skip


if __name__ == "__main__":
    what = sys.argv[1]
    given = {"fill": lambda: _fill(sys.argv[2]), "sessions": _sessions, "ours": _ours, "peer": _peer, "import": _import}
    print(json.dumps(given[what]()))
