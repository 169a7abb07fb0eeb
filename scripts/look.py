"""Takes a picture of every page of a workbench that is being served, wide and narrow, in English and Chinese.

    python scripts/look.py OUT http://127.0.0.1:8000/ analyst@example.org PASSWORD [NAME...]

Follows links from the pages of the router, as `tests/workbench/browser/test_sweep.py` does; NAMEs narrow it.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "workbench" / "browser")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "winze.workbench.settings")


def main(out: Path, url: str, email: str, password: str, names: list[str]) -> None:
    import django

    django.setup()
    from playwright.sync_api import sync_playwright
    from seeing import DESK, PHONE, sign_in, window
    from test_sweep import Place, crawl

    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        with window(browser, url) as eyes:
            sign_in(eyes, email, password)
            state = eyes.context.storage_state()
            places: dict[str, Place] = {}
            crawl(eyes, email, places)
        for language in ("en", "zh-hans"):
            with window(browser, url, language, state=state) as eyes:
                for name, place in sorted(places.items()):
                    if not place.page or (names and name not in names):
                        continue
                    for size in (DESK, PHONE):
                        eyes.page.set_viewport_size(size)
                        eyes.go(place.address)
                        path = out / f"{name}-{size['width']}-{language}.png"
                        eyes.page.screenshot(path=path, full_page=True)
                        print(path, place.address, flush=True)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
