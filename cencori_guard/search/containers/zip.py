"""Zip archives, streamed: from one local header to the next, each byte read once.

The standard library's ``zipfile`` needs a file that it can seek in, and holds the whole
directory in memory; what comes from git or from within another archive is a stream.  Read
from its beginning, an archive that was cut short still gives what is there, members that
the directory does not name are found too, and members that overlap are no bomb.
Format: APPNOTE.TXT 6.3.10 of PKWARE, sections 4.3 to 4.5.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from cencori_guard.search.containers.archive import Between, Member, Parts, Passed
from cencori_guard.search.containers.bounds import Bounds, Damaged
from cencori_guard.search.containers.compressed import Decoder, Missing, Unpacking, decoder_of, deflate
from cencori_guard.search.containers.kinds import Kind
from cencori_guard.search.containers.stream import CHUNK, Part, Stream, reader_of_pieces

_LOCAL_FILE = b"PK\x03\x04"
_HEADER = struct.Struct("<4s5HIIIHH")
_ENCRYPTED, _SIZES_BEHIND = 1, 8
_STORED, _DEFLATED = 0, 8
_METHODS = {12: Kind.BZIP2, 93: Kind.ZSTD, 95: Kind.XZ}
_ZIP64 = 1
_UNKNOWN = 0xFFFFFFFF
# What may follow a member: this mark, its checksum and its sizes.
_SIZES, _SIZES_AT_MOST = b"PK\x07\x08", 24
# What ends a stored member whose size only follows it.
_AFTER_STORED = (b"PK\x07\x08", _LOCAL_FILE, b"PK\x01\x02")


class _Local(NamedTuple):
    """A local header; *size* in bytes as it lies here, None where that only follows the content."""

    name: bytes
    method: int
    encrypted: bool
    size: int | None
    header: bytes


def open_zip(stream: Stream, bounds: Bounds) -> Parts:
    """The members of a zip archive, and what lies between them.  Raises :class:`Damaged`."""
    while True:
        yield from _to_next_member(stream)
        local = _local(stream)
        if local is None:
            return
        bounds.member()
        yield Between(local.header)
        if local.encrypted:
            yield Passed(local.name, "encrypted")
            if local.size:
                yield from Part(stream, local.size).pieces()
        elif local.method == _STORED and local.size is None:
            yield Member(local.name, reader_of_pieces(_until(stream, _AFTER_STORED)))
        elif local.method == _STORED:
            part = Part(stream, local.size or 0)
            if local.size:
                yield Member(local.name, part.readinto)
            part.skip()
        elif local.method == _DEFLATED:
            yield from _compressed(stream, local, deflate, bounds)
        elif local.method in _METHODS:
            try:
                make = decoder_of(_METHODS[local.method], bounds.memory())
            except Missing as library:
                yield Passed(local.name, f"compressed with {_METHODS[local.method]}, which needs {library}")
                continue
            yield from _compressed(stream, local, make, bounds)
        else:
            yield Passed(local.name, "compressed in a way that is not supported")
            if local.size:
                yield from Part(stream, local.size).pieces()


def _local(stream: Stream) -> _Local | None:
    """The local header that comes next; None at the end of the archive.  Raises :class:`Damaged`."""
    fixed = stream.take(_HEADER.size)
    if not fixed:
        return None
    if len(fixed) < _HEADER.size:
        raise Damaged("it ends too soon")
    _, _, flags, method, _, _, _, size, unpacked, name_size, extra_size = _HEADER.unpack(fixed)
    name, extra = stream.take(name_size), stream.take(extra_size)
    known: int | None = size
    if size == _UNKNOWN:
        known = _size_of_zip64(extra, unpacked)
    if flags & _SIZES_BEHIND and not known:
        known = None
    return _Local(name, method, bool(flags & _ENCRYPTED), known, fixed + name + extra)


def _size_of_zip64(extra: bytes, unpacked: int) -> int | None:
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _ZIP64:
            at = 8 if unpacked == _UNKNOWN else 0
            return int.from_bytes(field[at : at + 8], "little") if len(field) >= at + 8 else None
    return None


def _compressed(stream: Stream, local: _Local, make: Callable[[], Decoder], bounds: Bounds) -> Parts:
    unpacking = Unpacking(stream, make, bounds, several=False)
    yield Member(local.name, unpacking.readinto)
    while unpacking.read(CHUNK):
        pass


def _to_next_member(stream: Stream) -> Iterator[Between]:
    """Pass over all that stands before the next local header: sizes that follow a member, the directory, a comment."""
    if stream.peek(4) == _SIZES:  # the usual case: not much lies between
        some = stream.take(_SIZES_AT_MOST)
        at = some.find(_LOCAL_FILE)
        if at >= 0:
            stream.give_back(some[at:])
            return
        stream.give_back(some)
    yield from map(Between, _until(stream, (_LOCAL_FILE,)))


def _until(stream: Stream, marks: tuple[bytes, ...]) -> Iterator[bytes]:
    """What comes before the first of *marks*, each of four bytes; that comes next."""
    while stream.peek(4) not in marks and (some := stream.some(CHUNK)):
        edge = some[-3:]
        ends = [at for mark in marks if (at := some.find(mark)) >= 0]
        # A mark may be cut in two.
        across = edge + stream.peek(3)
        ends += [len(some) - len(edge) + at for mark in marks if (at := across.find(mark)) >= 0]
        if ends:
            stream.give_back(some[min(ends) :])
            some = some[: min(ends)]
        yield some
