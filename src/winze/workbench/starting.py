"""The demo: the workbench with the examples in it, and one link that signs in the demo's analyst."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from winze.workbench import home as homes
from winze.workbench.serving import LOOK, Child, Supervisor, serve

REAL_CASE = "great-lakes-2020"


def demo(home: Path, port: int, *, once: bool, data: Path | None, tell: Callable[[str], None]) -> None:
    """Serves a home with the examples in it. The first page is ready when the first example is; others follow. `once`
    stops after the page has answered. Raises as `serving.serve`."""
    homes.prepare(home)
    marked = home / "demo.json"
    if not marked.exists():
        marked.touch(mode=0o600)
        marked.write_text("{}", encoding="utf-8")
    real = data / "cases" / REAL_CASE if data else None
    filler = Child(home, "fill", *([str(real.absolute())] if real and real.is_dir() else []))

    def began(supervisor: Supervisor) -> None:
        _first_example(supervisor, filler, tell)
        tell(f"begin here, once: {supervisor.url}start/{start_link(home)}/")
        for email, password in json.loads(marked.read_text(encoding="utf-8")).items():
            tell(f"or sign in as {email} with {password}")
        tell(f"ready {supervisor.url}")
        if once:
            supervisor.ending.set()
        else:
            threading.Thread(target=_others, args=(supervisor, filler, tell), daemon=True).start()

    try:
        serve(home, port, began=began)
    finally:
        filler.end()
        filler.bury()


def start_link(home: Path) -> str:
    """A new secret for the link that signs in the demo's analyst once; the one before it opens nothing any more."""
    import hashlib
    import secrets

    made = secrets.token_urlsafe(16)
    beside = home / "start.new"
    beside.touch(mode=0o600)
    beside.write_text(hashlib.sha256(made.encode()).hexdigest(), encoding="ascii")
    beside.replace(home / "start.token")
    return made


def _first_example(supervisor: Supervisor, filler: Child, tell: Callable[[str], None]) -> None:
    """Has the examples filled in where they are not, and waits for the first."""
    done = supervisor.home / "demo.filled"
    kept = set(done.read_text(encoding="ascii").split()) if done.exists() else set()
    if "great-lakes" not in kept:
        tell("loading the example and running its cycle as of 2020-05-11")
    filler.begin()
    while "great-lakes" not in kept and not supervisor.ending.wait(LOOK):
        kept |= {one["filled"] for one in list(filler.told)}
        if filler.dead and "great-lakes" not in kept:
            from winze.workbench.serving import Refused

            raise Refused("The example could not be loaded; the log says why.")


def _others(supervisor: Supervisor, filler: Child, tell: Callable[[str], None]) -> None:
    """Tells of the examples that are loaded after the first page is ready."""
    told = 0
    with suppress(OSError):
        while not supervisor.ending.wait(0.2):
            for one in filler.told[told:]:
                told += 1
                if one.get("new"):
                    tell(f"loaded {one['filled']}")
            if filler.dead:
                return
