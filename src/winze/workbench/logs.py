"""Logs that name nobody: what is written to a log is the event, the route and numbers, never what a person typed.

A line is JSON. Of a message only the part that a programmer wrote is kept, its numbers filled in and its texts not; of
an exception the kind and the places in the code, not its words, since those may quote anything. What the workbench
itself logs is a dictionary, of which the keys in `SAID` may be text.
"""

from __future__ import annotations

import logging
import re
import time
import traceback
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from django.http import HttpRequest, HttpResponse

_MAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_QUERY = re.compile(r"\?[^\s\"']+")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_SECRET = re.compile(r"(?<=/invitation/)[\w-]+|(?<=/key/)[\w-]+|\bwz_[\w-]+")
_PLACE = re.compile(r"-?\d{1,3}\.\d{3,}")
_FIELD = re.compile(r"%(?:\(\w+\))?[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?[a-zA-Z]|%%")
SAID = frozenset({"event", "route", "method", "verb", "state", "kind"})
"""Whose values are words of ours."""


class Impersonal(logging.Filter):
    """Leaves of every record what names nobody; must come before whatever writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "impersonal", False):
            return True
        facts = _own(record.msg) if isinstance(record.msg, Mapping) else _foreign(record)
        facts |= {"level": record.levelname.lower(), "logger": record.name}
        if record.exc_info and record.exc_info[0]:
            facts |= {"kind": record.exc_info[0].__name__, "at": places(record.exc_info[2])}
        record.msg, record.args, record.exc_info, record.exc_text, record.stack_info = facts, None, None, None, None
        # So that the formatter takes the facts as they are, and not as the text of a dictionary.
        vars(record).update(impersonal=True, _from_structlog=True, _logger=None, _name=record.levelname.lower())
        return True


def _own(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value for key, value in told.items()
        if value is None or isinstance(value, bool | int | float) or key in SAID
    }  # fmt: skip


def _foreign(record: logging.LogRecord) -> dict[str, Any]:
    """What another library logs: its sentence without what it filled in; of a request the route, not the address."""
    args = record.args if isinstance(record.args, tuple) else ()
    numbers = iter(args)

    def filled(field: re.Match[str]) -> str:
        if field[0] == "%%":
            return "%"
        value = next(numbers, None)
        return str(value) if isinstance(value, int) else "[text]"

    request = getattr(record, "request", None)
    facts: dict[str, Any] = {"event": impersonal(_FIELD.sub(filled, str(record.msg)))}
    if isinstance(request, HttpRequest):
        facts |= {"route": route_of(request), "status": getattr(record, "status_code", None)}
    return facts


def impersonal(text: str) -> str:
    """A text without what stands in quotes, links for one person, mail addresses, query strings and coordinates."""
    marks = ((_QUOTED, "[text]"), (_SECRET, "[secret]"), (_MAIL, "[mail]"), (_QUERY, "?[query]"), (_PLACE, "[place]"))
    for pattern, mark in marks:
        text = pattern.sub(mark, text)
    return text


def places(trace: TracebackType | None) -> list[str]:
    """Where in the code something went wrong: file, line and function of each step, innermost last."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def route_of(request: HttpRequest) -> str:
    """The declared name of a page, which says what was asked for but not about whom."""
    found = getattr(request, "resolver_match", None)
    return str(found.url_name or found.view_name) if found else "none"


def access(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Logs each request by its route, without its address (`WINZE_LOG=INFO` shows it)."""
    log = logging.getLogger("winze.access")

    def middleware(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = answer(request)
        if log.isEnabledFor(logging.INFO):
            took = round((time.perf_counter() - began) * 1000)
            log.info({"event": "request", "method": request.method, "route": route_of(request),
                      "status": response.status_code, "ms": took})  # fmt: skip
        return response

    return middleware
