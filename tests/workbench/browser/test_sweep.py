"""Every page of the workbench as a browser shows it: to an analyst and a viewer, wide and narrow, in two languages.

The pages are those of the router. The address of a page about something is one that a link of another page leads to.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
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

PAGES = sorted(name for name, route in ROUTES.items() if "GET" in route.methods and not route.path.startswith("api/"))
ACCOUNT = sorted(
    one.name
    for one in accounts_urls.urlpatterns
    if isinstance(one, URLPattern) and one.name and not {"<", "("} & set(str(one.pattern))
)
SECRET = {
    "start": "only the demo has such a link",
    "first": "only an empty home has such a link",
    "invitation": "an invitation's link is shown once",
}
ROLES = {"analyst": {"analyst"}, "viewer": {"viewer"}}
SECOND_FACTOR = ("mfa_deactivate_totp", "mfa_view_recovery_codes")
"""Pages that are there only for somebody with a second factor."""
LINK = re.compile(r'href="([^"]*)"')


@pytest.fixture(scope="session")
def addresses(register: Register, base: Path, looking: Callable[..., Eyes]) -> dict[str, tuple[str, bool]]:
    """For each page its address and whether it is a page (or else a file), found by following links as an analyst."""
    kept = base / "addresses.json"
    with locked(base / "addresses.lock"):
        if not kept.exists():
            kept.write_text(json.dumps(crawled(looking("analyst"))), encoding="utf-8")
    return {name: (address, page) for name, (address, page) in json.loads(kept.read_text(encoding="utf-8")).items()}


def crawled(eyes: Eyes) -> dict[str, tuple[str, bool]]:
    found: dict[str, tuple[str, bool]] = {}
    waiting = ["/", *(f"/{ROUTES[name].path}" for name in PAGES if "<" not in ROUTES[name].path)]
    asked: dict[str, int] = {}
    while waiting and set(found) < set(PAGES):
        address = waiting.pop(0)
        name = _named(address)
        if name is None or asked.get(name, 0) >= 4:
            continue
        asked[name] = asked.get(name, 0) + 1
        answer = eyes.context.request.get(eyes.url.rstrip("/") + address)
        page = "text/html" in answer.headers.get("content-type", "")
        if answer.status == 200:
            found.setdefault(name, (address, page))
        links = LINK.findall(answer.text()) if page else []
        waiting += sorted({to for link in links if (to := _inside(address, html.unescape(link)))} - set(waiting),
                          key=lambda to: _named(to) in found)  # fmt: skip
    return found


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


def _address(name: str, addresses: dict[str, tuple[str, bool]]) -> str:
    """Where a page is. What is no page, but a file, is skipped: the tests of its own part hold it."""
    if name in SECRET:
        pytest.skip(SECRET[name])
    assert name in addresses, f"no link of any page leads to {name} ({ROUTES[name].path})"
    address, page = addresses[name]
    return address if page else ""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_for_everybody_at_any_width(
    name: str, addresses: dict[str, tuple[str, bool]], looking: Callable[..., Eyes]
) -> None:
    address = _address(name, addresses)
    if not address:
        return
    told: list[str] = []
    for language, size, other in (("en", DESK, PHONE), ("zh-hans", PHONE, DESK)):
        eyes = looking("analyst", language, size)
        answer = eyes.go(address)
        told += [f"analyst {language}: status {answer.status}"] if answer.status != 200 else []
        said = wrongs(eyes, answer) + too_wide(eyes) + barriers(eyes.page)
        eyes.page.set_viewport_size(other)
        told += [f"analyst {language}: {one}" for one in dict.fromkeys(said + too_wide(eyes))]
    told += [f"viewer: {one}" for one in _for_a_viewer(name, address, looking("viewer", "en", PHONE))]
    assert not told, f"{address}\n" + "\n".join(told)


def _for_a_viewer(name: str, address: str, eyes: Eyes) -> list[str]:
    """A viewer sees the page, or a page that says whose it is; something that viewers may not know of is not there."""
    route = ROUTES[name]
    answer = eyes.go(address)
    eyes.said[:] = [text for text in eyes.said if answer.status == 200 or "status of" not in text]
    if route.act in ACTS and not ACTS[route.act] & ROLES["viewer"]:
        wanted: tuple[int, ...] = (403,)
    else:
        wanted = (200, 404) if "<" in route.path else (200,)
    told = [] if answer.status in wanted else [f"status {answer.status}, not {wanted}"]
    return told + wrongs(eyes, answer) + too_wide(eyes)


@pytest.mark.parametrize("name", PAGES)
def test_everything_on_a_page_is_reached_by_the_keyboard(
    name: str, addresses: dict[str, tuple[str, bool]], looking: Callable[..., Eyes]
) -> None:
    address = _address(name, addresses)
    if not address:
        return
    eyes = looking("analyst", "en", DESK)
    eyes.go(address)
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
