"""What a browser sees of a page: who asks, what was asked, what it said, and all that would stop a reader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Response

from winze.formats.wording import HTML_LANG

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
GRAVE = ("serious", "critical")

LOOK = """() => {
  const shown = e => e.checkVisibility({visibilityProperty: true});
  const brief = e => e.outerHTML.replace(/\\s+/g, ' ').slice(0, 140);
  const all = s => [...document.querySelectorAll(s)].filter(shown);
  const labelled = e => (e.labels && e.labels.length) || e.ariaLabel || e.getAttribute('aria-labelledby');
  const words = all('body *').filter(e => !e.closest('code, pre, script, textarea'))
    .flatMap(e => [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data)).join('\\n');
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  return {
    lang: document.documentElement.lang,
    title: document.title,
    h1: all('h1').length,
    levels: all('h1, h2, h3, h4, h5, h6').map(h => Number(h.tagName[1])),
    unlabelled: all('input:not([type=hidden]), select, textarea').filter(e => !labelled(e)).map(brief),
    nameless: all('a[href], button, summary').filter(
        e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.querySelector('img[alt], svg[aria-label]'))
    ).map(brief),
    twice: ids.filter((id, n) => ids.indexOf(id) !== n),
    styled: [...document.querySelectorAll('main [style], script:not([src])')].filter(
        e => !e.closest('.leaflet-container')).map(brief),
    dead: [...document.querySelectorAll('a[href]')].map(e => e.getAttribute('href'))
        .filter(to => to.startsWith('#') && to.length > 1 && !document.getElementById(decodeURIComponent(to.slice(1)))),
    raw: words.match(/\\b(wb|term|problem)\\.[a-z][a-z.-]{3,}|\\{[a-z_]+\\}|\\bNone\\b|\\{[%{]/g) || [],
  };
}"""
WIDE = """() => {
  const over = document.scrollingElement.scrollWidth - innerWidth;
  if (over <= 0) return [];
  return [`${over}px: `, ...[...document.querySelectorAll('body *')]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 4).map(e => e.outerHTML.replace(/\\s+/g, ' ').slice(0, 120))];
}"""
STOPS = """() => {
  const named = new Set();
  window.stops = [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
    .filter(e => !e.matches(':disabled') && e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true}))
    .filter(e => {
      if (e.type !== 'radio') return true;
      const group = `${e.form ? [...document.forms].indexOf(e.form) : ''}/${e.name}`;
      const chosen = [...document.querySelectorAll('input[type=radio]')]
        .some(o => o.checked && !o.disabled && o.name === e.name && o.form === e.form);
      if (chosen ? !e.checked : named.has(group)) return false;
      named.add(group);
      return true;
    });
  document.activeElement.blur();
  getSelection().removeAllRanges();
  return window.stops.length;
}"""
STOP = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const drawn = getComputedStyle(e), box = e.getBoundingClientRect();
  const ring = drawn.outlineStyle !== 'none' && parseFloat(drawn.outlineWidth) > 0 || drawn.boxShadow !== 'none';
  return {at: window.stops.indexOf(e), ring, seen: box.width > 0 && box.height > 0 && box.right > 0,
          what: e.outerHTML.replace(/\\s+/g, ' ').slice(0, 120)};
}"""
MISSED = (
    "at => window.stops.filter((e, n) => !at.includes(n)).map(e => e.outerHTML.replace(/\\s+/g, ' ').slice(0, 120))"
)


@dataclass
class Eyes:
    """Somebody's window: one page that is led from address to address, with all it asked for and said."""

    context: BrowserContext
    page: Page
    url: str
    language: str
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def go(self, address: str) -> Response:
        """Opens an address of the workbench, forgetting what was asked and said before."""
        self.asked.clear()
        self.said.clear()
        answer = self.page.goto(self.url.rstrip("/") + address)
        assert answer is not None
        return answer

    def elsewhere(self) -> list[str]:
        """What was asked of another origin."""
        own = urlsplit(self.url).netloc
        return [
            asked
            for asked in self.asked
            if urlsplit(asked).scheme in ("http", "https") and urlsplit(asked).netloc != own
        ]


@contextmanager
def window(browser: Browser, url: str, language: str = "en", size: dict[str, int] = DESK, state: Any = None,
           **more: Any) -> Iterator[Eyes]:  # fmt: skip
    """A window in a language, signed in where `state` says so."""
    context = browser.new_context(viewport=size, storage_state=state, locale=HTML_LANG[language], **more)
    context.set_default_timeout(60_000)
    page = context.new_page()
    eyes = Eyes(context, page, url, language)
    context.on("request", lambda asked: eyes.asked.append(asked.url))
    page.on("console", lambda told: eyes.said.append(told.text) if told.type in ("error", "warning") else None)
    page.on("pageerror", lambda wrong: eyes.said.append(str(wrong)))
    try:
        yield eyes
    finally:
        context.close()


def wrongs(eyes: Eyes, answer: Response) -> list[str]:
    """What is wrong with a page for anybody, whatever the width."""
    found = eyes.page.evaluate(LOOK)
    policy = answer.headers.get("content-security-policy", "")
    said = [f"says on the console: {text}" for text in eyes.said]
    said += [f"asks elsewhere: {asked}" for asked in eyes.elsewhere()]
    said += [] if policy.startswith("default-src 'none'") and "unsafe" not in policy else [f"policy: {policy!r}"]
    said += [] if found["lang"] == HTML_LANG[eyes.language] else [f"lang is {found['lang']!r}"]
    said += [] if found["h1"] == 1 else [f"{found['h1']} headings of the first level"]
    said += _steps(found["levels"])
    said += [] if found["title"].replace("· Winze", "").strip() else ["has no title"]
    for key, told in (("unlabelled", "field without a label"), ("nameless", "no name"), ("twice", "id twice"),
                      ("styled", "inline style"), ("dead", "leads nowhere"), ("raw", "not worded")):  # fmt: skip
        said += [f"{told}: {one}" for one in found[key]]
    return said


def _steps(levels: list[int]) -> list[str]:
    from itertools import pairwise

    return [f"heading h{a} is followed by h{b}" for a, b in pairwise(levels) if b > a + 1]


def too_wide(eyes: Eyes) -> list[str]:
    """What stands wider than the screen."""
    found = eyes.page.evaluate(WIDE)
    return [f"wider than {eyes.page.viewport_size['width']}px by {' '.join(found)}"] if found else []


def barriers(page: Page) -> list[str]:
    """What axe finds serious."""
    found = Axe().run(page, options={"resultTypes": ["violations"], "iframes": False}).response["violations"]
    return [
        f"axe {one['impact']} {one['id']}: {one['help']}: " + "; ".join(node["html"][:140] for node in one["nodes"][:3])
        + f" ({len(one['nodes'])}) {one['nodes'][0].get('failureSummary', '')[:200]!r}"
        for one in found
        if one["impact"] in GRAVE
    ]  # fmt: skip


def unreached(page: Page, most: int = 400) -> list[str]:
    """What Tab does not come to, or comes to without showing where it is. A date is several stops."""
    wanted = page.evaluate(STOPS)
    reached: list[int] = []
    said = []
    for _ in range(min(wanted * 2 + 20, most)):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or (stop["at"] == 0 and len(reached) > 1):
            break
        if stop["at"] >= 0:
            reached.append(stop["at"])
        if not (stop["ring"] and stop["seen"]):
            said.append(f"focus is not seen on {stop['what']}")
    if wanted < most // 2:
        said += [f"Tab does not reach {one}" for one in page.evaluate(MISSED, reached)]
    return list(dict.fromkeys(said))


def sign_in(eyes: Eyes, email: str, password: str) -> None:
    eyes.go("/accounts/login/")
    eyes.page.locator("input[name=login]").fill(email)
    eyes.page.locator("input[name=password]").fill(password)
    eyes.page.locator("main form button").first.click()
    eyes.page.locator("header form[action='/accounts/logout/']").wait_for(state="attached")
