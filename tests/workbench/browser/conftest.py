"""A register that is really served, with worker and all, and a browser to look at it with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from homes_served import Register, filled, served
from playwright.sync_api import Browser
from seeing import DESK, Eyes, sign_in, window


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a test run share."""
    mine = tmp_path_factory.getbasetemp()
    return mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine


def _own(what: str, base: Path, folder: Path) -> Path:
    home = folder / what
    shutil.copytree(filled(what, base), home)
    return home


@pytest.fixture(scope="session")
def register(browser: Browser, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    """The example, served; each process of a test run has its own copy."""
    with served(_own("example", base, tmp_path_factory.mktemp("served"))) as running:
        yield running


@pytest.fixture(scope="session")
def states(browser: Browser, register: Register) -> Callable[[str], Any]:
    """What a browser keeps of somebody who signed in, made once: `states("analyst")`."""
    made: dict[str, Any] = {}

    def of(who: str) -> Any:
        if who not in made:
            with window(browser, register.url) as eyes:
                sign_in(eyes, f"{who}@example.org", register.passwords[f"{who}@example.org"])
                made[who] = eyes.context.storage_state()
        return made[who]

    return of


@pytest.fixture(scope="session")
def looking(browser: Browser, register: Register, states: Callable[[str], Any]) -> Iterator[Callable[..., Eyes]]:
    """Somebody's window, opened once: `looking("analyst", "en")`; nobody's with `None`."""
    open_: dict[tuple[Any, ...], Eyes] = {}
    with ExitStack() as stack:

        def of(who: str | None, language: str = "en", size: dict[str, int] = DESK) -> Eyes:
            key = (who, language)
            if key not in open_:
                state = states(who) if who else None
                open_[key] = stack.enter_context(window(browser, register.url, language, size, state))
            open_[key].page.set_viewport_size(size)
            return open_[key]

        yield of
