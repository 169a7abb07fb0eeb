"""A day's work from the first file to signing out, in a browser, with a real file of visits where there is one.

Signing in, mending a row and judging a pair are done by keyboard alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from filling import broken_visits
from homes_served import Register, filled, served
from playwright.sync_api import Browser, Locator, Page, expect
from seeing import DESK, Eyes, window

from real import FOLDER

pytestmark = pytest.mark.browser

IPIS = FOLDER / "mines" / "ipis_drc_visits_2009_2018.csv"
AS_OF = "2010-06-30"
"""By then only the first campaigns had visited anybody: the cycle is a real one, and short."""
PATIENCE = 240_000
"""Milliseconds that a job may take on a busy machine."""


@pytest.fixture
def team(browser: Browser, base: Path) -> Iterator[tuple[Register, Callable[[str], Eyes]]]:
    """An organisation with nothing in its register, and a window for each of its people."""
    with served(filled("empty", base)) as running, ExitStack() as stack:
        yield running, lambda who: stack.enter_context(window(browser, running.url, accept_downloads=True))


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A file of visits, and a broken copy of its first rows: two days that are none, names written otherwise."""
    if IPIS.exists():
        whole = IPIS
    else:
        whole = tmp_path / "visits.csv"
        whole.write_text(broken_visits().replace("2019-13-45", "2019-03-15"), encoding="utf-8")
    with whole.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for _, row in zip(range(12), csv.reader(file), strict=False)]
    day = rows[0].index("visit_date")
    for row in rows[2:4]:
        row[day] = "the rainy season"
    broken = tmp_path / "visits-copied-by-hand.csv"
    with broken.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return whole, broken


def test_a_day_from_the_first_file_to_signing_out(
    team: tuple[Register, Callable[[str], Eyes]], files: tuple[Path, Path]
) -> None:
    register, of = team
    analyst, approver = of("analyst"), of("approver")
    _sign_in(analyst, register, "analyst")
    _sign_in(approver, register, "approver")
    _import(analyst, *files)
    _run_the_cycle(analyst)
    risk = _read_why(analyst)
    _propose_a_plan(analyst, risk)
    _adopt_it(approver, analyst.page.url)
    _judge_a_pair(analyst)
    _take_the_judgement_back(analyst)
    _export(analyst)
    _switch_to_chinese(analyst)
    _sign_out(analyst)
    assert analyst.elsewhere() == approver.elsewhere() == []
    assert [text for text in analyst.said + approver.said if "status of 4" not in text] == []
    checked = register.winze("verify")
    assert checked.returncode == 0, checked.stdout + checked.stderr


# -- by keyboard alone -----------------------------------------------------------------------------------------------


def tab_to(page: Page, what: Locator, most: int = 300) -> None:
    """Presses Tab until something has the focus."""
    wanted = what.first.element_handle()
    for _ in range(most):
        if page.evaluate("e => document.activeElement === e", wanted):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {what}")


def _sign_in(eyes: Eyes, register: Register, who: str) -> None:
    page = eyes.page
    eyes.go("/")
    assert "/accounts/login/" in page.url
    tab_to(page, page.locator("input[name=login]"))
    page.keyboard.type(f"{who}@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type(register.passwords[f"{who}@example.org"])
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_url(register.url)
    assert page.locator("nav[aria-label] a[href='/risks/']").is_visible()


def _import(eyes: Eyes, whole: Path, broken: Path) -> None:
    """Both files are sent; the good one is loaded, a row of the other is mended, then it is loaded too."""
    page = eyes.page
    eyes.go("/imports/")
    page.locator("input[name=file]").set_input_files([whole, broken])
    page.locator("form:has(input[name=file]) button").last.click()
    page.locator("main tbody a", has_text=whole.name).click()
    page.locator("button[name=mode][value=skip]").click()
    _until(page, lambda: page.locator("details form[action$='/undo/']").count() == 1
           and page.locator("button[name=mode]").count() == 0)  # fmt: skip
    eyes.go("/imports/")
    page.locator("main tbody a", has_text=broken.name).click()
    _mend_a_row(eyes)
    page.locator("button[name=mode][value=skip]").click()
    expect(page.locator("button[name=mode]")).to_have_count(0)
    assert page.locator("main a[href*='/rejected/']").count() > 0  # the other broken row waits to be sent back


def _mend_a_row(eyes: Eyes) -> None:
    page = eyes.page
    wrong = page.locator(".sheet td.wrong a").first
    tab_to(page, wrong)
    assert wrong.locator(".problem").is_visible()  # what is wrong is read where the focus is
    before = page.locator(".sheet td.wrong").count()
    back = page.url
    page.keyboard.press("Enter")
    page.wait_for_url("**/row/**")
    cell = page.locator("td.wrong ~ td .field").first
    tab_to(page, cell)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("2009-01-01")
    tab_to(page, page.locator("input[name=why]"))
    page.keyboard.type("As the sheet of the campaign says")
    page.keyboard.press("Enter")
    expect(
        page.locator("tr.here td.wrong", has_text="the rainy season")
    ).to_be_visible()  # what the file says stays to be seen
    page.goto(back)
    expect(page.locator(".sheet td.wrong")).to_have_count(before - 1)


def _judge_a_pair(eyes: Eyes) -> None:
    page = eyes.page
    eyes.go("/matches/")
    begin = page.locator("main a.button[href^='/matches/']").first
    tab_to(page, begin)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/matches/\d+/"))
    eyes.judged = page.url  # type: ignore[attr-defined]
    page.keyboard.press("n")
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.type("Two hills, an hour apart")
    tab_to(page, page.locator("button[name=verdict][value=not-same]"))
    with page.expect_navigation():
        page.keyboard.press("Enter")


# -- the rest of the day ---------------------------------------------------------------------------------------------


def _until(page: Page, true: Callable[[], bool]) -> None:
    """Looks at a page again and again until something is there."""
    for _ in range(PATIENCE // 1000):
        if true():
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError(f"still not there: {page.url}\n{page.locator('main').inner_text()[:2000]}")


def _run_the_cycle(eyes: Eyes) -> None:
    page = eyes.page
    eyes.go("/cycle/")
    page.locator("input[name=as_of]").fill(AS_OF)
    with page.expect_navigation():
        page.locator("main form button").first.click()
    eyes.go("/cycle/")
    _until(page, lambda: page.locator("table.walk").count() == 1)


def _read_why(eyes: Eyes) -> str:
    """The first risk, with reasons that lead to the row they were read in; gives its address."""
    page = eyes.page
    eyes.go("/risks/")
    page.locator("main tbody td.link a").first.click()
    page.wait_for_url("**/risks/*/**")
    address = page.url
    assert page.locator("#why").is_visible()
    reason = page.locator("section[aria-labelledby=why] a[href*='/imports/']").first
    reason.click()
    expect(page.locator("main table")).to_be_visible()
    assert "/row/" in page.url
    return address


def _act(page: Page, act: str, **fields: str) -> None:
    """One act on the plan that is open, by its form."""
    form = page.locator(f"form:has(input[name=act][value={act}])")
    expect(form).to_have_count(1)
    form.evaluate("f => { const d = f.closest('details'); if (d) d.open = true }")
    for name, value in fields.items():
        field = form.locator(f"[name={name}]")
        if field.first.get_attribute("type") == "checkbox":
            form.locator(f"[name={name}][value={value}]").check()
        elif field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    with page.expect_navigation():
        form.locator("button").click()
    expect(page.locator("p.message").first).to_be_visible()


def _propose_a_plan(eyes: Eyes, risk: str) -> None:
    page = eyes.page
    page.goto(risk)
    page.locator("section[aria-labelledby=response] a.button").first.click()
    form = page.locator("form[action='/plans/propose/']")
    measure = form.locator("input[name=measure]").first.get_attribute("value") or ""
    form.locator("input[name=target]").first.fill("90")
    form.locator("button").click()
    page.wait_for_url("**/plans/of/**")
    _act(page, "record-baseline", concerns=measure, figure="40")
    for group in ("women", "local-authorities"):
        _act(page, "consult", concerns=group, figure="12")
    _act(page, "submit")


def _adopt_it(eyes: Eyes, plan: str) -> None:
    """Somebody else adopts: whoever proposed may not."""
    page = eyes.page
    page.goto(plan)
    _act(page, "adopt")
    assert page.locator("main .lede").inner_text().strip()
    assert page.locator("form:has(input[name=act][value=adopt])").count() == 0


def _take_the_judgement_back(eyes: Eyes) -> None:
    page = eyes.page
    page.goto(eyes.judged)  # type: ignore[attr-defined]
    form = page.locator("form[action$='/withdraw/']")
    form.locator("input[name=reason]").fill("It was the same hill after all")
    with page.expect_navigation():
        form.locator("button").click()
    page.goto(eyes.judged)  # type: ignore[attr-defined]
    expect(page.locator("form[action$='/withdraw/']")).to_have_count(0)


def _export(eyes: Eyes) -> None:
    page = eyes.page
    eyes.go("/risks/")
    page.locator("a[href^='/export/risks/']").first.click()
    page.locator("main form button").first.click()
    assert page.locator("input[name=sure]").is_visible()  # nothing leaves before the question is answered
    page.locator("input[name=sure]").check()
    with page.expect_download() as sent:
        page.locator("main form button").first.click()
    assert re.fullmatch(r"risks-\d{4}-\d\d-\d\d-[0-9a-f]+\.(xlsx|csv)", sent.value.suggested_filename)
    assert Path(sent.value.path()).stat().st_size > 1000


def _switch_to_chinese(eyes: Eyes) -> None:
    page = eyes.page
    page.locator("button[name=language][value=zh-hans]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    eyes.go("/risks/")
    assert "风险" in page.locator("h1").inner_text()


def _sign_out(eyes: Eyes) -> None:
    page = eyes.page
    with page.expect_navigation():
        page.locator("form[action='/accounts/logout/'] button").click()
    eyes.go("/risks/")
    assert "/accounts/login/" in page.url
    assert eyes.page.viewport_size == DESK
