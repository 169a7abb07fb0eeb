"""The pages as a browser shows them: nothing fetched, nothing wider than the screen, all by keyboard, on paper too.

The examples are run once and looked at in English and Chinese, on a desk's screen and a phone's.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from lxml import html
from playwright.sync_api import Browser, Page

from winze import cycle, example
from winze.engine import models, rules
from winze.engine.texts import catalogue
from winze.formats import case as cases
from winze.formats import report
from winze.formats.wording import HTML_LANG

CASES = ("great-lakes", "andes")
DAY = date(2020, 5, 11)
DESK, PHONE = 1280, 390


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages") / "demo"
    for name in CASES:
        example.write(folder / "cases" / name, name)
        told = cases.load(folder / "cases" / name)
        result = cycle.run(told.statements, rules.load(), models.in_force(DAY), DAY, inputs=told.inputs,
                           problems=told.problems)  # fmt: skip
        for language in ("en", "zh-hans"):
            written = folder / "results" / name / language
            written.mkdir(parents=True)
            report.write(result, written, language, "internal")
    return folder


@dataclass
class Seen:
    """A page in the browser, with all it asked for and all it said."""

    page: Page
    case: Path
    language: str
    asked: list[str]
    said: list[str]


@pytest.fixture(
    scope="module",
    params=[(case, language, width) for case in CASES for language in ("en", "zh-hans") for width in (DESK, PHONE)],
    ids=lambda seen: "-".join(map(str, seen)),
)
def seen(request: pytest.FixtureRequest, browser: Browser, demo: Path) -> Iterator[Seen]:
    case, language, width = request.param
    page = browser.new_page(viewport={"width": width, "height": 800})
    looked = Seen(page, demo / "cases" / case, language, [], [])
    page.on("request", lambda asked: looked.asked.append(asked.url))
    page.on("console", lambda message: looked.said.append(message.text))
    page.on("pageerror", lambda error: looked.said.append(str(error)))
    page.goto((demo / "results" / case / language / "report.html").as_uri())
    yield looked
    page.close()


def test_the_page_asks_for_nothing_but_itself_and_says_nothing(seen: Seen) -> None:
    assert len(seen.asked) == 1 and seen.asked[0].endswith(f"{seen.case.name}/{seen.language}/report.html")
    assert seen.said == []


def test_nothing_is_wider_than_the_screen(seen: Seen) -> None:
    width = seen.page.evaluate("innerWidth")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    wide = seen.page.evaluate(
        """() => [...document.querySelectorAll('main *')]
            .filter(e => e.checkVisibility() && !e.closest('svg, thead'))
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert wide == []


def test_cells_do_not_run_into_their_neighbours(seen: Seen) -> None:
    spilt = seen.page.evaluate(
        """() => [...document.querySelectorAll('main td, main tbody th')]
            .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert spilt == []


def test_the_page_says_its_language_and_every_picture_has_a_name(seen: Seen) -> None:
    assert seen.page.locator("html").get_attribute("lang") == HTML_LANG[seen.language]
    nameless = seen.page.evaluate(
        """() => [...document.querySelectorAll('svg, img, [role=img]')]
            .filter(e => e.getAttribute('aria-hidden') !== 'true'
                && !(e.getAttribute('role') === 'img' && (e.getAttribute('aria-label') || '').trim()))
            .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    assert seen.page.get_by_role("img").count() > 3


def test_headings_go_down_a_level_at_a_time(seen: Seen) -> None:
    levels = seen.page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(h => Number(h.tagName[1]))"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(level <= before + 1 for before, level in itertools.pairwise(levels))


def test_the_first_tab_leads_past_the_contents_to_the_report(seen: Seen) -> None:
    seen.page.evaluate("document.activeElement.blur()")
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.className") == "skip"
    box = seen.page.locator(".skip").bounding_box()
    assert box is not None and box["x"] >= 0
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("location.hash") == "#main"


def test_every_why_opens_with_the_keyboard(seen: Seen) -> None:
    whys = seen.page.locator("details > summary")
    count = whys.count()
    assert count > 5
    for why in whys.all():
        why.focus()
        seen.page.keyboard.press("Enter")
    assert seen.page.locator("details[open]").count() == count
    seen.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = false })")


def test_paper_shows_the_reasons_that_the_screen_folds_away(seen: Seen) -> None:
    shown = "[...document.querySelectorAll('tr.more:not(.late) .whys')].map(e => e.checkVisibility())"
    on_screen = seen.page.evaluate(shown)
    seen.page.emulate_media(media="print")
    on_paper, contents_hidden = seen.page.evaluate(shown), seen.page.locator("nav").is_hidden()
    seen.page.emulate_media(media="screen")
    assert on_screen and not any(on_screen)
    assert all(on_paper) and contents_hidden


def test_the_report_says_what_it_is_not_and_where_its_sources_end(seen: Seen) -> None:
    said = seen.page.locator("main").inner_text()
    for text in ("not.1", "not.2", "heading.reach", "map.borders"):
        assert catalogue()[f"report.{text}"][seen.language] in said
    rows = seen.page.locator("#data table.data tbody tr")
    assert rows.count() == len(cases.load(seen.case).inputs)
    assert all(row.strip() for row in seen.page.locator("#data table.data tbody td:last-child").all_inner_texts())


NAMED = re.compile(
    r"Winze|IPIS|ACLED|UCDP GED|CC BY|Open Database License|Natural Earth|World Bank Pink Sheet: \w+|USD"
)


@pytest.mark.parametrize("case", CASES)
def test_the_chinese_page_holds_english_in_names_and_titles_of_documents_only(demo: Path, case: str) -> None:
    tree = html.parse(demo / "results" / case / "zh-hans" / "report.html").getroot()
    for gone in tree.xpath("//style|//svg|//title|//*[@class='cite' or @class='cited' or @class='file']"):
        gone.drop_tree()
    said = " ".join(tree.itertext())
    told = cases.load(demo / "cases" / case)
    for card in [rules.load().source(item.source) for item in told.inputs if item.source and item.source != "user"]:
        said = said.replace(card.attribution, "").replace(card.publisher, "")
    named = set(re.findall(r"[^\W\d_]+(?!\w*[=(])", repr([s.said for s in told.statements])))
    said = re.sub(r"[^\W\d_]+", lambda word: "" if word[0] in named else word[0], NAMED.sub("", said))
    runs = re.findall(r"[A-Za-z]{3,}(?:[ ,;:]+[A-Za-z]{2,})+", said)
    assert not runs, runs[:10]
