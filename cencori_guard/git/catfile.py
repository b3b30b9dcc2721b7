"""``git cat-file --batch``: many objects from one process, read straight into the caller's buffer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from cencori_guard.errors import GitError
from cencori_guard.git.runner import Git

# Twice as many requests surely fit into a pipe of one page that nobody reads yet (an id has
# 64 digits at most), so that asking and reading need no second thread.
_AT_ONCE = 30

Tag = TypeVar("Tag")


class Header(NamedTuple):
    """What git says of an object before its content; ``size`` in bytes."""

    type: str
    size: int


class CatFile:
    """Objects by their ids, in the order in which they are asked for.  Only the last one answered can be read."""

    def __init__(self, git: Git) -> None:
        self._process = git.start("cat-file", "--batch", stdin=True)
        self._left = 0
        self.failed = False

    def ask(self, oids: Sequence[str]) -> None:
        """Ask for objects: at most 60 may be unanswered, or both sides could wait for each other."""
        try:
            self._process.stdin.write("".join([oid + "\n" for oid in oids]).encode("ascii"))
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # git has ended; what it said is raised where its answer is missing

    def answer(self, oid: str) -> Header | None:
        """Go on to the next object asked for, which is *oid*; None where git does not have it.

        Raises :class:`GitError` when git fails.
        """
        self.skip_rest()
        words = self._process.stdout.readline().split()
        if len(words) == 3 and words[0].decode("ascii", "replace") == oid and words[2].isdigit():
            size = int(words[2])
            self._left = size + 1  # with the line end behind the content
            return Header(words[1].decode("ascii", "replace"), size)
        if words[1:] == [b"missing"]:
            return None
        said = self._process.finish(ok=tuple(range(-64, 256)))
        raise GitError(f"git cat-file failed: {said or 'it ended early'}")

    def objects(self, wanted: Iterable[tuple[str, Tag]]) -> Iterator[tuple[Tag, int | None]]:
        """For each ``(id, tag)`` yield ``(tag, size in bytes)``, or ``(tag, None)`` where git does not have the object.

        Between two of them :meth:`readinto` gives the content.  Raises :class:`GitError`
        when git fails half-way.
        """
        requests = iter(wanted)
        asked: deque[tuple[str, Tag]] = deque()
        while True:
            if len(asked) < _AT_ONCE:
                more = list(islice(requests, _AT_ONCE))
                if more:
                    self.ask([oid for oid, _ in more])
                    asked += more
            if not asked:
                self.skip_rest()
                return
            oid, tag = asked.popleft()
            header = self.answer(oid)
            yield tag, header and header.size

    def skip_rest(self) -> None:
        """Pass over what is left of the object last answered.  Raises :class:`GitError`."""
        if self._left > 1:
            spare = memoryview(bytearray(min(self._left, 1 << 16)))
            while self._left > 1:
                self.readinto(spare)
        if self._left:
            self._process.stdout.read(1)
            self._left = 0

    def close(self) -> str:
        """End git; returns what it said on stderr, which means that some object could not be read."""
        return self._process.finish()

    def stop(self) -> None:
        """End git before all has been read."""
        self._process.stop()

    def readinto(self, view: memoryview) -> int:
        """Read on in the object last answered; 0 at its end."""
        if self._left <= 1:
            return 0
        got = self._process.stdout.readinto(view[: self._left - 1])
        if not got:
            self._left, self.failed = 0, True
            raise GitError("git cat-file ended in the middle of an object")
        self._left -= got
        return int(got)

    def read(self, size: int) -> bytes:
        """At most *size* bytes, from where reading stands in the object last answered."""
        text = bytearray(min(size, max(self._left - 1, 0)))
        got = 0
        while got < len(text):
            got += self.readinto(memoryview(text)[got:])
        return bytes(text)
