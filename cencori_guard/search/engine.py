"""The two-stage search's first half: blobs back to back in one reused buffer, one bulk search a buffer.

A blob that does not fit is searched in parts; what a hit needs around it is carried
over, so no hit is lost at an edge, and none is given twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from cencori_guard.keys import LONGEST, LOOK_BEHIND
from cencori_guard.models import Blob, Slab, Source
from cencori_guard.search.cursor import Cursor
from cencori_guard.search.matchers import Matcher
from cencori_guard.tally import Tally

BUFFER = 4 << 20
# What a reader of candidates may look at: before one, for escapes, the line and the line
# above it; after one, for the longest key in UTF-16 and the rest of the line.
BEHIND = 4096
AHEAD = 4096
assert min(BEHIND - 2 * LOOK_BEHIND, AHEAD - 2 * LONGEST) >= 0


class Candidate(NamedTuple):
    """A needle at ``data[at]``.  The blob's bytes are ``data[begin:end]``; valid until the next one is taken.

    ``base`` is what turns an offset in the blob into one in ``data``.  ``cursor`` is shared
    by the candidates of a blob and moves forward only.
    """

    blob: Blob
    data: bytearray
    begin: int
    end: int
    at: int
    base: int
    cursor: Cursor


class _Part:
    """The part of a blob that lies in the buffer."""

    __slots__ = ("_cursor", "base", "begin", "blob", "end", "fresh")

    def __init__(self, blob: Blob, begin: int) -> None:
        self.blob = blob
        self.begin = self.base = self.fresh = begin
        self.end = begin
        self._cursor: Cursor | None = None

    def cursor(self, data: bytearray) -> Cursor:
        if self._cursor is None:  # asked for while the blob's first bytes are still there
            self._cursor = Cursor(bytes(data[self.begin : min(self.end, self.begin + 1024)]))
        return self._cursor

    def carry(self, data: bytearray) -> int:
        """Move the last bytes to the front of *data*; returns how many."""
        keep = min(self.end - self.begin, BEHIND + AHEAD)
        cut = self.end - keep
        if cut > self.begin:  # else nothing is lost, and too little may be there to tell the encoding by
            cursor = self.cursor(data)
            # Count what is about to be overwritten, unless a hit has carried the cursor past it.
            cut = max(self.begin, cursor.char_boundary(data, self.base, cut))
            keep = self.end - cut
            cursor.advance(data, self.base, cut - self.base)
        data[:keep] = data[cut : self.end]
        self.base -= cut
        self.begin, self.end = 0, keep
        self.fresh = max(0, keep - AHEAD)
        return keep


def search(blobs: Source, matcher: Matcher, tally: Tally, *, buffer: int = BUFFER) -> Iterator[Candidate]:
    """Yield the candidates of all *blobs*, in order.

    Reads each blob to its end through the function that comes with it.  An OSError
    while reading is noted in *tally* as something not looked at; what was read before
    is searched.  *buffer* is the size of the buffer in bytes.
    """
    data = bytearray(max(buffer, 2 * (BEHIND + AHEAD)))
    view = memoryview(data)
    parts: list[_Part] = []
    used = 0
    for item in blobs:
        if isinstance(item, Slab):
            yield from _candidates(data, parts, None, matcher)
            parts, used = [], 0
            tally.blobs += len(item.begins)
            tally.bytes += sum(item.ends) - sum(item.begins)
            yield from _candidates_of_slab(item, matcher)
            continue
        blob, read = item
        part = _Part(blob, used)
        try:
            while got := read(view[used:]):
                used += got
                part.end = used
                tally.bytes += got
                if used == len(data):
                    yield from _candidates(data, parts, part, matcher)
                    parts = []
                    used = part.carry(data)
        except OSError as error:
            tally.skip(blob.name, f"cannot be read: {error.strerror or error}", blind=True)
        tally.blobs += 1
        if part.end > part.begin:
            parts.append(part)
    yield from _candidates(data, parts, None, matcher)


def _candidates(data: bytearray, parts: list[_Part], unfinished: _Part | None, matcher: Matcher) -> Iterator[Candidate]:
    everything = [*parts, unfinished] if unfinished else parts
    if not everything:
        return
    starts = [part.begin for part in everything]
    for at in matcher.find(data, everything[-1].end):
        index = bisect_right(starts, at) - 1
        part = everything[index]
        # Those that reach past the end of an unfinished blob come again with what follows them.
        if at < part.fresh or (part is unfinished and at >= part.end - AHEAD):
            continue
        yield Candidate(part.blob, data, part.begin, part.end, at, part.base, part.cursor(data))


def _candidates_of_slab(slab: Slab, matcher: Matcher) -> Iterator[Candidate]:
    """The blobs are whole, so that nothing has to be carried over."""
    last, blob, cursor = -1, None, None
    for at in matcher.find(slab.data, slab.size):
        index = bisect_right(slab.begins, at) - 1
        begin, end = slab.begins[index], slab.ends[index]
        if index < 0 or at >= end:
            continue
        if index != last or blob is None or cursor is None:
            last, blob = index, slab.blob(index)
            cursor = Cursor(bytes(slab.data[begin : min(end, begin + 1024)]))
        yield Candidate(blob, slab.data, begin, end, at, begin, cursor)
