"""Files that carry no date at all: what they say is taken as known on any day, and said to be undated.

The other choice, to hold such a file back until somebody dates it, would make a sanctions list silently say nothing.
So an undated file is used, a problem says so once a file, and whatever shows its statements can tell them by `UNDATED`:
a span of one day long ago with the precision of an interval, which no dated source gives.
"""

from __future__ import annotations

from datetime import date

from winze.engine.records import Precision, Span

UNDATED = Span(date(1800, 1, 1), date(1800, 1, 1), Precision.INTERVAL)


def is_undated(span: Span) -> bool:
    """Whether nobody knows of what day this speaks."""
    return span == UNDATED
