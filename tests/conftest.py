import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as winze.learn has it, whichever test imports scipy first

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where everything a test needs was installed (`WINZE_NO_SKIP=1`, as `.ci/run` sets it), a skip is a failure."""
    report = yield
    if report.skipped and os.environ.get("WINZE_NO_SKIP") == "1":
        report.outcome = "failed"
    return report


QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for all tests of a process that look at pages: two cannot be driven at once."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        told = "needs a browser to look at pages: there is no chromium"
        if os.environ.get("WINZE_NO_SKIP"):
            pytest.fail(told)
        pytest.skip(told)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield running
        running.close()
