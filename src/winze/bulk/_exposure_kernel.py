"""The compiled loops of `exposure`. Imported only where a job is large, since loading a compiler takes its time.

Each loop runs outside the interpreter lock, over some of the sites; who calls it shares the sites out among threads.
Threads of our own, not the compiler's: those may not be entered from two requests of a web server at once. Every site
adds its events in one order, so the number of threads changes nothing.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def gather(first, begin, end, sites, events, limit, weight, month, table, steps, fades, felt):  # type: ignore[no-untyped-def]
    """Add to `felt[site, month]` each event within reach, in the first month that knows it; then let months fade."""
    for site in range(len(sites)):
        x, y, z = sites[site, 0], sites[site, 1], sites[site, 2]
        row = felt[site]
        for span in range(first[site], first[site + 1]):
            for event in range(begin[span], end[span]):
                dx, dy, dz = x - events[event, 0], y - events[event, 1], z - events[event, 2]
                chord = dx * dx + dy * dy + dz * dz
                if chord <= limit:
                    at = np.sqrt(chord) * steps
                    piece = int(at)
                    part = at - piece
                    a, b, c, d = table[piece, 0], table[piece, 1], table[piece, 2], table[piece, 3]
                    row[month[event]] += weight[event] * (a + part * (b + part * (c + part * d)))
        for later in range(1, len(row)):
            row[later] += row[later - 1] * fades[later]


@njit(nogil=True, cache=True)
def pairs(first, begin, end, sites, events, limit, room):  # type: ignore[no-untyped-def]
    """The pairs within reach (the site's row, the event, the square of the chord): `room` of them kept, all counted."""
    row, found, chords = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    count = 0
    for site in range(len(sites)):
        x, y, z = sites[site, 0], sites[site, 1], sites[site, 2]
        for span in range(first[site], first[site + 1]):
            for event in range(begin[span], end[span]):
                dx, dy, dz = x - events[event, 0], y - events[event, 1], z - events[event, 2]
                chord = dx * dx + dy * dy + dz * dz
                if chord <= limit:
                    if count < room:
                        row[count], found[count], chords[count] = site, event, chord
                    count += 1
    return row, found, chords, count
