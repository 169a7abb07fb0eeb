"""Logs that name nobody: what is written to a log is the event, the route and numbers, never what a person typed."""

from __future__ import annotations

import logging
import re

_MAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_QUERY = re.compile(r"\?[^\s\"']+")
_SECRET = re.compile(r"(?<=/invitation/)[\w-]+|(?<=/key/)[\w-]+|\bwz_[\w-]+")
_PLACE = re.compile(r"-?\d{1,3}\.\d{3,}")


class Impersonal(logging.Filter):
    """Takes mail addresses, query strings, links for one person and coordinates out of every line, and the text of an exception too."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = impersonal(record.getMessage()), None
        if record.exc_info:
            kind = record.exc_info[0]
            record.exc_text = impersonal(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
            record.msg = f"{record.msg} ({kind.__name__ if kind else 'exception'})"
        return True


def impersonal(text: str) -> str:
    """A text without mail addresses, query strings, links for one person and coordinates."""
    for pattern, mark in ((_SECRET, "[secret]"), (_MAIL, "[mail]"), (_QUERY, "?[query]"), (_PLACE, "[place]")):
        text = pattern.sub(mark, text)
    return text
