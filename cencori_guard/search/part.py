"""The part of a blob that lies in the buffer, and what is told of the needles in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from cencori_guard.keys import LONGEST, LOOK_BEHIND
from cencori_guard.models import Blob
from cencori_guard.search.cursor import Cursor
from cencori_guard.search.forms import Form

# What a reader of candidates may look at: before one, for escapes, the line and the line
# above it; after one, for the longest key in UTF-16 and the rest of the line.
BEHIND = 4096
AHEAD = 4096
assert min(BEHIND - 2 * LOOK_BEHIND, AHEAD - 2 * LONGEST) >= 0


class Gathering(Protocol):
    """Somebody who wants to have more of a blob than lies in the buffer."""

    def feed(self, data: bytes) -> bool:
        """Take the bytes that come next; returns whether that is enough."""


class Candidate(NamedTuple):
    """A needle at ``data[at]``.  The blob's bytes are ``data[begin:end]``; valid until the next one is taken.

    ``form``: how to read what stands there.  ``base`` is what turns an offset in the blob
    into one in ``data``.  ``cursor`` is shared by the candidates of a blob and moves forward
    only.  ``gather``: where to put who wants what comes after ``data[:end]``; None where
    nothing does.
    """

    blob: Blob
    data: bytearray
    begin: int
    end: int
    at: int
    base: int
    cursor: Cursor
    form: Form
    gather: list[Gathering] | None


class Gathered(NamedTuple):
    """All that was wanted of a blob, or all there was, has been fed to *by*."""

    blob: Blob
    by: Gathering


class Part:
    """The part of a blob that lies in the buffer."""

    __slots__ = (
        "_cursor",
        "base",
        "begin",
        "blob",
        "end",
        "fed",
        "fresh",
        "gathering",
        "is_document",
        "sealed",
        "unread",
    )

    def __init__(self, blob: Blob, begin: int) -> None:
        self.blob = blob
        self.begin = self.base = self.fresh = begin
        self.end = begin
        self.unread = True
        # Whether it is known that it is no container, or not to be opened; a document is, once something stands in it.
        self.sealed = self.is_document = False
        self.gathering: list[Gathering] = []
        self.fed = begin  # those who gather had what lies before
        self._cursor: Cursor | None = None

    @property
    def size(self) -> int:
        """How much of the blob has been read."""
        return self.end - self.base

    def feed(self, data: bytearray, *, last: bool) -> Iterator[Gathered]:
        """Give what is new to those who gather; yields those who have enough, all of them where it is the *last*."""
        if self.gathering:
            more = bytes(data[self.fed : self.end])
            enough = [by for by in self.gathering if by.feed(more) or last]
            self.gathering = [by for by in self.gathering if by not in enough]
            for by in enough:
                yield Gathered(self.blob, by)
        self.fed = self.end

    def cursor(self, data: bytearray) -> Cursor:
        """The blob's cursor; *data* is the buffer."""
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
        self.fed = keep
        return keep
