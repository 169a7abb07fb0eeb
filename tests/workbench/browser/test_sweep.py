"""Every page of the workbench as a browser shows it: to an analyst and a viewer, wide and narrow, in two languages.

The pages are those of the router. The address of a page about something is one that a link of another page leads to.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, URLPattern, resolve, reverse
from homes_served import Register, locked
from seeing import DESK, PHONE, Eyes, barriers, too_wide, unreached, window, wrongs

from winze.workbench import accounts_urls, urls
from winze.workbench.access import ACTS
from winze.workbench.routes import ROUTES

pytestmark = pytest.mark.browser

PAGES = sorted(name for name, route in ROUTES.items() if "GET" in route.methods)
ACCOUNT = sorted(
    one.name
    for one in accounts_urls.urlpatterns
    if isinstance(one, URLPattern) and one.name and not {"<", "("} & set(str(one.pattern))
)
NO_LINK = {
    "start": "only the demo has such a link",
    "visited": "only the demo guides a first visit",
    "first": "only an empty home has such a link",
    "invitation": "an invitation's link is shown once",
    "import-of": "for what names a file and a row outside the pages",
    "job_progress": "a part of the page of a job, asked for again and again",
}
SECOND_FACTOR = ("mfa_deactivate_totp", "mfa_view_recovery_codes")
"""Pages that are there only for somebody with a second factor."""
LINK = re.compile(r'\b(?:href|src|action)="([^"]*)"')
EACH = 12
"""How many addresses of one page are followed."""


@dataclass(frozen=True)
class Place:
    """Where a page is, who was led there, and whether it is a page or else a file."""

    address: str
    who: str
    page: bool


@pytest.fixture(scope="session")
def places(register: Register, base: Path, looking: Callable[..., Eyes]) -> dict[str, Place]:
    """Where each page is, found by following links as an analyst, then as an approver who looks after people."""
    kept = base / "places.json"
    with locked(base / "places.lock"):
        if not kept.exists():
            found: dict[str, Place] = {}
            for who in ("analyst", "approver"):
                crawl(looking(who), who, found)
            kept.write_text(json.dumps({name: astuple(place) for name, place in found.items()}), encoding="utf-8")
    return {name: Place(*place) for name, place in json.loads(kept.read_text(encoding="utf-8")).items()}


def crawl(eyes: Eyes, who: str, found: dict[str, Place]) -> None:
    """Adds what somebody is led to, until there is nothing more to find."""
    waiting = ["/", *(f"/{ROUTES[name].path}" for name in PAGES if "<" not in ROUTES[name].path)]
    asked: dict[str, int] = {}
    known = set(waiting)
    while waiting and not set(found) | set(NO_LINK) >= set(PAGES):
        address = waiting.pop(0)
        name = _named(address)
        if name is None or asked.get(name, 0) >= EACH:
            continue
        asked[name] = asked.get(name, 0) + 1
        answer = eyes.context.request.get(eyes.url.rstrip("/") + address)
        page = "text/html" in answer.headers.get("content-type", "")
        if answer.status == 200:
            for one in {name, _named(urlsplit(answer.url).path) or name}:
                found.setdefault(one, Place(address, who, page))
        links = LINK.findall(answer.text()) if page else []
        new = {to for link in links if (to := _inside(address, html.unescape(link)))} - known
        known |= new
        waiting = sorted([*waiting, *sorted(new)], key=lambda to: _named(to) in found)


def _inside(address: str, link: str) -> str | None:
    to = urlsplit(urljoin(f"http://here{address}", link))
    return f"{to.path}?{to.query}".rstrip("?") if to.netloc == "here" and not to.path.startswith("/static/") else None


def _named(address: str) -> str | None:
    """The name of the page at an address; None for what is no page of ours."""
    try:
        name = resolve(urlsplit(address).path, urls).url_name
    except Resolver404:
        return None
    return name if name in PAGES else None


def _place(name: str, places: dict[str, Place]) -> Place | None:
    """Where a page is; None for a file, which the tests of its own part hold."""
    assert name in places, f"no link of any page leads to {name} ({ROUTES[name].path})"
    return places[name] if places[name].page else None


@pytest.mark.parametrize("name", [name for name in PAGES if name not in NO_LINK])
def test_a_page_is_whole_for_everybody_at_any_width(
    name: str, places: dict[str, Place], looking: Callable[..., Eyes]
) -> None:
    place = _place(name, places)
    if place is None:
        return
    told: list[str] = []
    for language, size, other in (("en", DESK, PHONE), ("zh-hans", PHONE, DESK)):
        eyes = looking(place.who, language, size)
        answer = eyes.go(place.address)
        told += [f"{language}: status {answer.status}"] if answer.status != 200 else []
        said = wrongs(eyes, answer) + too_wide(eyes) + barriers(eyes.page)
        eyes.page.set_viewport_size(other)
        told += [f"{language}: {one}" for one in dict.fromkeys(said + too_wide(eyes))]
    told += [f"viewer: {one}" for one in _for_a_viewer(name, place.address, looking("viewer", "en", PHONE))]
    assert not told, f"{place.address}\n" + "\n".join(told)


def _for_a_viewer(name: str, address: str, eyes: Eyes) -> list[str]:
    """A viewer sees the page, or a page that says whose it is; something that viewers may not know of is not there."""
    route = ROUTES[name]
    answer = eyes.go(address)
    eyes.said[:] = [text for text in eyes.said if answer.status == 200 or "status of" not in text]
    if route.act in ACTS and not ACTS[route.act] & {"viewer"}:
        wanted: tuple[int, ...] = (403,)
    else:
        wanted = (200, 404) if "<" in route.path else (200,)
    told = [] if answer.status in wanted else [f"status {answer.status}, not {wanted}"]
    return told + wrongs(eyes, answer) + too_wide(eyes)


@pytest.mark.parametrize("name", [name for name in PAGES if name not in NO_LINK])
def test_everything_on_a_page_is_reached_by_the_keyboard(
    name: str, places: dict[str, Place], looking: Callable[..., Eyes]
) -> None:
    place = _place(name, places)
    if place is None:
        return
    eyes = looking(place.who, "en", DESK)
    eyes.go(place.address)
    assert unreached(eyes.page) == []


@pytest.mark.parametrize("name", ACCOUNT)
def test_the_pages_of_an_account_are_whole(name: str, looking: Callable[..., Eyes]) -> None:
    who = None if name in ("account_login", "account_signup", "account_reset_password") else "viewer"
    told: list[str] = []
    for language in ("en", "zh-hans"):
        eyes = looking(who, language, PHONE)
        answer = eyes.go(reverse(name, urls))
        if name in SECOND_FACTOR:
            assert answer.status == 404
            return
        told += [f"{language}: status {answer.status}"] if answer.status != 200 else []
        told += [f"{language}: {one}" for one in wrongs(eyes, answer) + too_wide(eyes) + barriers(eyes.page)]
    assert not told, "\n".join(told)


def test_the_skip_link_leads_past_the_header(looking: Callable[..., Eyes]) -> None:
    eyes = looking("analyst")
    eyes.go("/risks/")
    eyes.page.keyboard.press("Tab")
    skip = eyes.page.locator("a.skip")
    assert skip.evaluate("e => e === document.activeElement && e.getBoundingClientRect().left >= 0")
    eyes.page.keyboard.press("Enter")
    eyes.page.keyboard.press("Tab")
    assert eyes.page.evaluate("document.activeElement.closest('main') !== null")


@pytest.fixture
def plain(browser: Any, register: Register, states: Callable[[str], Any]) -> Iterator[Eyes]:
    """An analyst's window without JavaScript."""
    with window(browser, register.url, state=states("analyst"), java_script_enabled=False) as eyes:
        yield eyes


def test_without_scripts_a_list_is_filtered_and_exported(plain: Eyes) -> None:
    page = plain.page
    plain.go("/risks/")
    before = page.locator("tbody tr").count()
    page.locator("form.filters select[name=letter]").select_option("B")
    page.locator("form.filters button").click()
    page.wait_for_url("**letter=B**")
    assert 0 < page.locator("tbody tr").count() < before
    assert set(page.locator("tbody tr .letter").all_inner_texts()) == {"B"}
    page.locator("a[href^='/export/risks/']").first.click()
    page.locator("input[name=sure]").check()
    with page.expect_download() as sent:
        page.locator("main form button").first.click()
    assert sent.value.suggested_filename.startswith("risks-")


def test_without_scripts_a_remark_is_left_on_a_risk(plain: Eyes) -> None:
    page = plain.page
    plain.go("/risks/1/")
    page.locator("textarea[name=words]").fill("Looked at without scripts")
    page.locator("form:has(textarea[name=words]) button").first.click()
    page.get_by_text("Looked at without scripts").first.wait_for()
