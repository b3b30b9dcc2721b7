"""``git cat-file --batch``: many objects from one process, read straight into the caller's buffer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from cencori_guard.errors import GitError
from cencori_guard.git.runner import Git

# Requests that surely fit into a pipe of one page, which nobody reads yet (an id has 64
# digits at most), so that asking and reading need no second thread.
_AT_ONCE = 60

Tag = TypeVar("Tag")


class CatFile:
    """Objects by their ids.  Only the object last yielded can be read."""

    def __init__(self, git: Git) -> None:
        self._process = git.start("cat-file", "--batch", stdin=True)
        self._left = 0

    def objects(self, wanted: Iterable[tuple[str, Tag]]) -> Iterator[tuple[Tag, int | None]]:
        """For each ``(id, tag)`` yield ``(tag, size in bytes)``, or ``(tag, None)`` where git does not have the object.

        Between two of them :meth:`readinto` gives the content.  Raises :class:`GitError`
        when git fails half-way.
        """
        requests = iter(wanted)
        while batch := list(islice(requests, _AT_ONCE)):
            try:
                self._process.stdin.write(b"".join(oid.encode("ascii") + b"\n" for oid, _ in batch))
                self._process.stdin.flush()
            except BrokenPipeError:
                pass  # git has ended; what it said is raised where its answer is missing
            for oid, tag in batch:
                size = self._header(oid)
                yield tag, size
                if size is not None:
                    self._skip_rest()

    def _skip_rest(self) -> None:
        while self._left:
            self.readinto(memoryview(bytearray(min(self._left, 1 << 16))))
        self._process.stdout.read(1)  # the line end behind the content

    def _header(self, oid: str) -> int | None:
        line = self._process.stdout.readline()
        words = line.split()
        if len(words) == 3 and words[0].decode("ascii", "replace") == oid and words[2].isdigit():
            self._left = int(words[2])
            return self._left
        if words[1:] == [b"missing"]:
            return None
        said = self._process.finish(ok=tuple(range(-64, 256)))
        raise GitError(f"git cat-file failed: {said or 'it ended early'}")

    def close(self) -> str:
        """End git; returns what it said on stderr, which means that some object could not be read."""
        return self._process.finish()

    def stop(self) -> None:
        """End git before all has been read."""
        self._process.stop()

    def readinto(self, view: memoryview) -> int:
        """Read on in the object last yielded; 0 at its end."""
        if not self._left:
            return 0
        got = self._process.stdout.readinto(view[: self._left])
        if not got:
            raise GitError("git cat-file ended in the middle of an object")
        self._left -= got
        return int(got)


def read_object(git: Git, name: str, most: int) -> bytes | None:
    """The content of the object *name* (an id); ``b""`` where git has none, None where it is longer than *most*.

    Raises :class:`GitError`.
    """
    objects = CatFile(git)
    content = b""
    for _, size in objects.objects([(name, None)]):
        if size and size > most:
            objects.stop()
            return None
        if size:
            buffer = bytearray(size)
            view, got = memoryview(buffer), 0
            while got < size:
                got += objects.readinto(view[got:])
            content = bytes(buffer)
    objects.close()
    return content
