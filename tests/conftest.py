import os
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
