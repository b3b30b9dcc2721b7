"""How much of one file is unpacked: bytes, members, ratio, time.  A bomb costs seconds."""

from __future__ import annotations

from time import monotonic

from cencori_guard.models import ReadInto

# Containers within containers.  What a compressed file holds lies as deep as the file itself, where it is a tar.
DEEPEST = 4
MOST_BYTES = 4 << 30
MOST_MEMBERS = 250_000
# Deflate reaches 1,032; more than this, and more than a few bytes, only files of nothing do.
HIGHEST_RATIO = 250
_RATIO_COUNTS_FROM = 64 << 20
MOST_SECONDS = 60.0
# What a decoder may keep in memory: xz -9 needs 65 MB.  Decoders within others get less.
MOST_MEMORY = 72 << 20
MOST_MEMORY_INSIDE = 16 << 20


class Damaged(Exception):
    """What is read is not what it says it is; the message says why."""


class Bounded(Exception):
    """A bound is reached; the message says which."""


class Bounds:
    """What has been unpacked of one outer file."""

    def __init__(self) -> None:
        self._read = 0
        self._bytes = 0
        self._members = 0
        self._deadline = monotonic() + MOST_SECONDS
        self.decoders = 0
        self.ended = ""

    def took(self, size: int) -> None:
        """*size* bytes of the outer file were read, decoded ones of a text in it counted as what they are."""
        self._read += size

    def watch(self, read: ReadInto, before: int) -> ReadInto:
        """*read*, which reads the outer file, and is counted; *before*: as many bytes of it were read already."""
        self._read += before

        def reading(view: memoryview) -> int:
            got = read(view)
            self._read += got
            return got

        return reading

    def unpacked(self, size: int) -> None:
        """*size* bytes were unpacked, at whatever depth.  Raises :class:`Bounded`."""
        self._bytes += size
        if self._bytes > MOST_BYTES:
            self._end(f"unpacks to more than {MOST_BYTES >> 30} GiB")
        elif self._bytes > _RATIO_COUNTS_FROM and self._bytes > HIGHEST_RATIO * self._read:
            self._end(f"unpacks to more than {HIGHEST_RATIO} times its size")
        else:
            self.check_time()

    def member(self) -> None:
        """Another member is opened.  Raises :class:`Bounded`."""
        self._members += 1
        if self._members > MOST_MEMBERS:
            self._end(f"has more than {MOST_MEMBERS:,} members")
        self.check_time()

    def check_time(self) -> None:
        """Raises :class:`Bounded` where the time is up."""
        if monotonic() > self._deadline:
            self._end(f"takes more than {MOST_SECONDS:g} s to unpack")

    def memory(self) -> int:
        """What the next decoder may use, in bytes."""
        return MOST_MEMORY_INSIDE if self.decoders else MOST_MEMORY

    def _end(self, why: str) -> None:
        self.ended = why
        raise Bounded(why)
