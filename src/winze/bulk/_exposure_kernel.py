"""The compiled loops of `exposure`. Imported only where a job is large, since loading a compiler takes its time.

Each loop runs outside the interpreter lock, over some of the sites; who calls it shares the sites out among threads.
Threads of our own, not the compiler's: those may not be entered from two requests of a web server at once. Every site
adds its events in one order, so the number of threads changes nothing.

Chords are worked out a whole stretch of events at a time, which a processor does for several events at once.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def gather(first, begin, end, sites, events, limit, weight, month, table, steps, fades, felt):  # type: ignore[no-untyped-def]
    """Add to `felt[site, month]` each event within reach, in the first month that knows it; then let months fade."""
    room = np.empty(_longest(begin, end))
    for site in range(len(sites)):
        row = felt[site]
        for span in range(first[site], first[site + 1]):
            here = slice(begin[span], end[span])
            weights, months = weight[here], month[here]
            chords = _chords(sites[site], events[0, here], events[1, here], events[2, here], room)
            for event in range(len(chords)):
                if chords[event] <= limit:
                    at = chords[event] * steps
                    piece = int(at)
                    part = at - piece
                    curve = table[piece]
                    near = curve[0] + part * (curve[1] + part * (curve[2] + part * curve[3]))
                    row[months[event]] += weights[event] * near
        for later in range(1, len(row)):
            row[later] += row[later - 1] * fades[later]


@njit(nogil=True, cache=True)
def pairs(first, begin, end, sites, events, limit, keep):  # type: ignore[no-untyped-def]
    """The pairs within reach (the site's row, the event, the chord between them): `keep` of them kept, all counted."""
    room = np.empty(_longest(begin, end))
    row, found, apart = np.empty(keep, np.int64), np.empty(keep, np.int64), np.empty(keep)
    count = 0
    for site in range(len(sites)):
        for span in range(first[site], first[site + 1]):
            here = slice(begin[span], end[span])
            chords = _chords(sites[site], events[0, here], events[1, here], events[2, here], room)
            for event in range(len(chords)):
                if chords[event] <= limit:
                    if count < keep:
                        row[count], found[count], apart[count] = site, begin[span] + event, chords[event]
                    count += 1
    return row, found, apart, count


@njit(nogil=True, cache=True)
def _chords(site, xs, ys, zs, room):  # type: ignore[no-untyped-def]
    """The chords from a site to some events, written into `room`."""
    x, y, z = site[0], site[1], site[2]
    for event in range(len(xs)):
        dx, dy, dz = x - xs[event], y - ys[event], z - zs[event]
        room[event] = np.sqrt(dx * dx + dy * dy + dz * dz)
    return room[: len(xs)]


@njit(nogil=True, cache=True)
def _longest(begin, end):  # type: ignore[no-untyped-def]
    """How long the longest stretch is."""
    longest = 0
    for span in range(len(begin)):
        longest = max(longest, end[span] - begin[span])
    return longest
