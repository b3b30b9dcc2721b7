"""Tar archives, streamed: nothing is sought, and no list of members is kept.

The standard library reads the headers; its ``TarFile`` keeps every member, and reads
extended headers of any size into memory.
"""

from __future__ import annotations

import re
import tarfile

from cencori_guard.search.containers.archive import Between, Member, Parts, Passed
from cencori_guard.search.containers.bounds import Bounds, Damaged
from cencori_guard.search.containers.stream import Part, Stream

_BLOCK = 512
# Longer names than any file system has.
_LONGEST_NAME = 64 << 10
_LONGEST_PAX = 1 << 20
_PAX_RECORD = rb"([1-9][0-9]{0,6}) "
# Blocks of nothing after which the time is looked at.
_OFTEN = 1 << 14
_IS_EXTENDED, _SPARSE_EXTENDED_AT, _EXTENDED_AT = b"\1", 482, 504


def is_tar(head: bytes) -> bool:
    """Whether *head*, the first 512 bytes of a file, is the header of a member."""
    try:
        tarfile.TarInfo.frombuf(head[:_BLOCK], "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True


def open_tar(stream: Stream, bounds: Bounds) -> Parts:
    """The members of a tar archive, and what lies between them.  Raises :class:`Damaged`."""
    name = b""
    size: int | None = None
    lost, zeros = False, 0
    while header := stream.take(_BLOCK):
        if not header.strip(b"\0"):
            zeros += 1
            if zeros % _OFTEN == 0:
                bounds.check_time()
            continue
        bounds.member()
        try:
            info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except (tarfile.HeaderError, ValueError):
            if not lost:
                lost = True
                yield Passed(b"", "a header in it is damaged: what follows was searched up to the next one")
            yield Between(header)
            continue
        lost = False
        yield Between(header)
        # A sparse file's header tells how many bytes lie here; nobody asks for those that do not.
        info.size = info.size if size is None or info.type not in tarfile.REGULAR_TYPES else size
        if info.size < 0:
            raise Damaged("a header in it is damaged")
        if info.type == tarfile.GNUTYPE_SPARSE:
            at = _SPARSE_EXTENDED_AT
            while header[at : at + 1] == _IS_EXTENDED:  # a longer table of where the bytes belong
                header, at = stream.take(_BLOCK), _EXTENDED_AT
                yield Between(header)
        part = Part(stream, info.size)
        if info.type in (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            pax = info.type != tarfile.GNUTYPE_LONGNAME
            text = stream.take(min(info.size, _LONGEST_PAX if pax else _LONGEST_NAME))
            part.left -= len(text)
            yield Between(text)
            yield from part.pieces()
            if pax:
                name, size = _extended(text, name)
            else:
                name = text.rstrip(b"\0")
        elif info.type in tarfile.REGULAR_TYPES:
            yield Member(name or _encoded(info.name), part.readinto)
            name, size = b"", None
        else:
            if info.size:
                yield Member(name or _encoded(info.name), part.readinto)
            if info.type not in (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK):
                name, size = b"", None
        part.skip()
        yield Between(stream.take(-info.size % _BLOCK))


def _extended(text: bytes, name: bytes) -> tuple[bytes, int | None]:
    """The name and the size that the records of an extended header give to the next member."""
    size = None
    while record := re.match(_PAX_RECORD, text):
        end = int(record[1])
        key, _, value = text[record.end() : max(record.end(), end - 1)].partition(b"=")
        text = text[max(end, 1) :]
        if key == b"size" and value.isdigit() and len(value) < 20:
            size = int(value)
        elif key in (b"path", b"GNU.sparse.name"):
            name = value
    return name, size


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
