"""The archives of ``ar``: Debian packages, static libraries (ar(5))."""

from __future__ import annotations

from cencori_guard.search.containers.archive import Between, Member, Parts
from cencori_guard.search.containers.bounds import Bounds, Damaged
from cencori_guard.search.containers.stream import Part, Stream

_MAGIC = b"!<arch>\n"
_HEADER = 60


def open_ar(stream: Stream, bounds: Bounds) -> Parts:
    """The members of an ``ar`` archive.  Raises :class:`Damaged`."""
    stream.take(len(_MAGIC))
    while header := stream.take(_HEADER):
        size = header[48:58].strip()
        if header[58:60] != b"`\n" or not size.isdigit():
            stream.give_back(header)
            raise Damaged("a header in it is damaged")
        bounds.member()
        yield Between(header)
        part = Part(stream, int(size))
        yield Member(header[:16].rstrip(b" /"), part.readinto)
        part.skip()
        stream.take(int(size) % 2)
