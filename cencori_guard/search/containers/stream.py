"""Forward readers: what a container is read from, and what its members are read through."""

from __future__ import annotations

from collections.abc import Iterator

from cencori_guard.models import ReadInto
from cencori_guard.search.containers.archive import Between
from cencori_guard.search.containers.bounds import Damaged

CHUNK = 64 << 10


class Stream:
    """Reads forward from a *read* function; what was read too much can be given back."""

    def __init__(self, read: ReadInto, head: bytes = b"") -> None:
        """*head*: the first bytes, which were read already."""
        self._read = read
        self._kept = head
        self._at = 0  # what lies before has been taken
        self._ended = False

    def some(self, most: int = CHUNK) -> bytes:
        """The next bytes, at most *most* of them, as they come; nothing at the end."""
        if self._at < len(self._kept):
            some = self._kept[self._at : self._at + most]
            self._at += len(some)
            return some
        if self._ended:
            return b""
        buffer = bytearray(most)
        got = self._read(memoryview(buffer))
        self._ended = not got
        return bytes(buffer[:got])

    def take(self, size: int) -> bytes:
        """The next *size* bytes, fewer only at the end."""
        first = self.some(min(size, CHUNK)) if size else b""
        if len(first) == size or not first:
            return first
        parts = [first]
        size -= len(first)
        while size and (some := self.some(min(size, CHUNK))):
            parts.append(some)
            size -= len(some)
        return b"".join(parts)

    def peek(self, size: int) -> bytes:
        """The next *size* bytes, which stay to be read."""
        if len(self._kept) - self._at < size and not self._ended:
            self.give_back(self.take(max(size, CHUNK)))
        return self._kept[self._at : self._at + size]

    def give_back(self, data: bytes) -> None:
        """Let *data* be what comes next."""
        if data and self._kept[self._at - len(data) : self._at] == data and self._at >= len(data):
            self._at -= len(data)
        else:
            self._kept, self._at = data + self._kept[self._at :], 0

    def readinto(self, view: memoryview) -> int:
        """Fill *view* with what comes next; returns how many bytes, 0 at the end."""
        if self._at == len(self._kept) and not self._ended:
            got = self._read(view)
            self._ended = not got
            return got
        some = self.some(len(view))
        view[: len(some)] = some
        return len(some)


class Part:
    """The next *size* bytes of a stream, as a stream of their own."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self.left = size

    def readinto(self, view: memoryview) -> int:
        """See :meth:`Stream.readinto`.  Raises :class:`Damaged` where the stream ends too soon."""
        if not self.left:
            return 0
        got = self._stream.readinto(view[: min(len(view), self.left)])
        if not got:
            raise Damaged("it ends too soon")
        self.left -= got
        return got

    def pieces(self) -> Iterator[Between]:
        """What is left of it.  Raises :class:`Damaged`."""
        buffer = bytearray(CHUNK)
        while got := self.readinto(memoryview(buffer)):
            yield Between(bytes(buffer[:got]))

    def skip(self) -> None:
        """Pass over what is left of it.  Raises :class:`Damaged`."""
        view = memoryview(bytearray(min(CHUNK, self.left)))
        while self.left:
            self.readinto(view)


def reader_of(data: bytes | memoryview) -> ReadInto:
    """A function that reads *data*."""
    rest = memoryview(data)

    def read(view: memoryview) -> int:
        nonlocal rest
        got = min(len(view), len(rest))
        view[:got], rest = rest[:got], rest[got:]
        return got

    return read


def reader_of_pieces(pieces: Iterator[bytes]) -> ReadInto:
    """A function that reads all *pieces*, one after the other."""
    rest = memoryview(b"")

    def read(view: memoryview) -> int:
        nonlocal rest
        while not rest:
            piece = next(pieces, None)
            if piece is None:
                return 0
            rest = memoryview(piece)
        got = min(len(view), len(rest))
        view[:got], rest = rest[:got], rest[got:]
        return got

    return read
