"""What is written to a log names nobody, whatever a person typed and wherever a view fails on it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from winze.workbench.logs import Impersonal, access

pytestmark = pytest.mark.django_db

names = st.text(st.characters(categories=("Lu", "Ll", "Lo")), min_size=4, max_size=20).map(lambda word: f"Zq{word}")
mails = names.map(lambda word: f"{word}@example.org")
queries = names.map(lambda word: f"/risks/?q={word}")
coordinates = st.floats(-89, 89).map(lambda degrees: f"{degrees:.5f}7")
typed = st.one_of(names, mails, queries, coordinates)


@pytest.fixture
def captured() -> Iterator[io.StringIO]:
    """All that the workbench's own handler writes, from INFO on."""
    own = next(one for one in logging.getLogger().handlers if any(isinstance(f, Impersonal) for f in one.filters))
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(Impersonal())
    handler.setFormatter(own.formatter)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


@given(typed)
@trying(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_failing_view_is_logged_without_what_was_typed(captured: io.StringIO, word: str) -> None:
    captured.truncate(0)
    captured.seek(0)

    def failing(request: Any) -> Any:
        logging.getLogger("some.library").warning("cannot use %s", word)
        logging.getLogger("some.library").error("cannot use %(value)r", {"value": word})
        logging.getLogger("some.library").error(f"no entry {word!r}")
        logging.getLogger("winze.some").info({"event": "tried", "count": 3, "name": word})
        try:
            raise KeyError(word)
        except KeyError as wrong:
            raise ValueError(f"{word} is not known") from wrong

    request = RequestFactory().get("/", {"q": word}, HTTP_REFERER=word.encode("ascii", "ignore").decode())
    try:
        access(failing)(request)
    except ValueError:
        logging.getLogger("django.request").error(
            "%s: %s", "Internal Server Error", f"/sites/{word}/", exc_info=True, extra={"request": request}
        )
    lines = captured.getvalue().splitlines()
    assert len(lines) == 5
    assert word not in captured.getvalue()
    assert json.dumps(word).strip('"') not in captured.getvalue()
    told = [json.loads(line) for line in lines]
    assert told[3]["event"] == "tried"
    assert told[3]["count"] == 3
    assert told[4]["kind"] == "ValueError"
    assert any("failing" in place for place in told[4]["at"])


def test_a_request_is_logged_by_its_route(captured: io.StringIO, db: None) -> None:
    Client().get("/accounts/login/?next=/risks/%3Fq%3DZqJean")
    Client().get("/nobody/ZqJean/?q=ZqJean")
    told = [json.loads(line) for line in captured.getvalue().splitlines()]
    seen = [(one["route"], one["status"]) for one in told if one["event"] == "request"]
    assert seen == [("account_login", 200), ("none", 404)]
    assert "ZqJean" not in captured.getvalue()
