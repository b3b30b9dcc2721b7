"""One ``git cat-file``, what is asked of it, and the buffer for what it answers.

Many objects lie back to back in the buffer.  Nothing is done for one of them but to find
where it ends: the rest is done for many at a time, or for those that somebody asks for.
"""

from __future__ import annotations

import fcntl
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from cencori_guard.errors import GitError
from cencori_guard.git.runner import Git, Process
from cencori_guard.models import Blob, ReadInto, Slab

# Requests (of 65 bytes at most) that surely fit into a pipe which nobody reads: of one page,
# which is what Linux gives a user who has many pipes, and of what it gives who asks in time.
_ASKED, _ASKED_OF_WIDE = 60, 8000
_WIDE_PIPE = 1 << 20
# What git writes before each object; the size first, since every object needs it.
_FORMAT = "--batch=%(objectsize) %(objectname) %(objecttype)"
_SIZE_DIGITS = 20
_HEADER = _SIZE_DIGITS + 64 + 16

Tag = TypeVar("Tag")
# An object to read: its id, as git writes it, and whatever is to come back with it.
Wanted = tuple[bytes, Tag]
# Makes the blob of an object from its id, what came with the request for it, and its type.
Label = Callable[[bytes, Tag, bytes], Blob]
# Told of what cannot be read (None: all that is left), and why.
Lost = Callable[[Wanted[Tag] | None, str], None]


class _Large(NamedTuple):
    """An object that does not fit into the buffer."""

    blob: Blob
    size: int


class Lane(Generic[Tag]):
    """A process, and how far it is.  Where it fails at an object, another one goes on behind that."""

    def __init__(self, git: Git, label: Label[Tag], lost: Lost[Tag], buffer: int, *, bulk: bool) -> None:
        """*buffer* in bytes; *bulk*: a great deal is to be read."""
        self._git = git
        self._label = label
        self._lost = lost
        self._bulk = bulk
        self._data = bytearray(buffer)
        self._view = memoryview(self._data)
        self._process: Process | None = None
        self.fd = -1
        self._most_asked = _ASKED_OF_WIDE
        self._waiting: Sequence[Wanted[Tag]] = ()
        self._no_more = False
        self._reset()

    def _reset(self) -> None:
        self._asked: deque[Sequence[Wanted[Tag]]] = deque()
        self._answered = 0  # of the first of them
        self._open = 0  # requests without an answer
        self._used = self._seen = 0  # bytes in the buffer; those that whole objects take
        self._ended = self.broken = False
        self._begins: list[int] = []
        self._ends: list[int] = []
        self._given: list[Wanted[Tag]] = []
        self._large: _Large | None = None

    @property
    def done(self) -> bool:
        """Whether all has been asked, answered and taken."""
        return self._no_more and not (self._open or self._waiting)

    @property
    def hungry(self) -> bool:
        """Whether it can read on before its turn comes."""
        return bool(self._open) and not (self._ended or self._large) and self._used < len(self._data)

    def ready(self, blocks: Iterator[Sequence[Wanted[Tag]]]) -> bool:
        """Ask for more, and say whether there is something to take: a full buffer, a large object, the end."""
        if self._large or self._ended:
            return True
        if self._open * 2 < self._most_asked:
            self._ask(blocks)
        return not self._open or self._used == len(self._data)

    def _ask(self, blocks: Iterator[Sequence[Wanted[Tag]]]) -> None:
        while self._open < self._most_asked:
            if not self._waiting:
                block = next(blocks, None)
                if block is None:
                    self._no_more = True
                    self._end_of_requests()
                    return
                self._waiting = block
                if not block:
                    continue
            if self._process is None:
                self._process = self._start()
            room = self._most_asked - self._open
            some, self._waiting = self._waiting[:room], self._waiting[room:]
            self._asked.append(some)
            self._open += len(some)
            try:
                self._process.stdin.write(b"\n".join([oid for oid, _ in some]) + b"\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                return  # git has ended; what it said is told where its answer is missing

    def _start(self) -> Process:
        # Held back until a buffer is full, answers come sooner, if there are always requests enough to fill it.
        wide = self._most_asked == _ASKED_OF_WIDE
        process = self._git.start("cat-file", _FORMAT, *["--buffer"] * wide, stdin=True, bulk=self._bulk)
        self.fd = process.stdout.fileno()
        if wide and not _widen(process.stdin.fileno()):
            self._most_asked = _ASKED
            process.stop()
            return self._start()
        return process

    def _end_of_requests(self) -> None:
        """Let git write what it still holds back."""
        if self._process:
            try:
                self._process.stdin.close()
            except BrokenPipeError:
                pass

    def fill(self) -> None:
        """Read what has come, and find the objects in it."""
        got = os.readv(self.fd, [self._view[self._used :]])
        if not got:
            self._ended = True
        self._used += got
        self._parse()

    def _parse(self) -> None:
        # Once for each object of a history: the shortest way to where it ends.
        data, used, at = self._data, self._used, self._seen
        find, begins, ends = data.find, self._begins.append, self._ends.append
        try:
            while True:
                space = find(b" ", at, min(at + _SIZE_DIGITS, used))
                line_end = find(b"\n", at, used)
                if line_end < 0:
                    break
                if space < 0:
                    self._settle()
                    self._missing(bytes(data[at:line_end]))
                    at = line_end + 1
                    continue
                begin = line_end + 1
                end = begin + int(data[at:space])
                if end >= used:
                    if end - at >= len(data):
                        self._settle()
                        self._large = _Large(self._blob(begin, self._first()), end - begin)
                    break
                begins(begin)
                ends(end)
                at = end + 1
            self._settle()
        except ValueError:  # whatever this is, it is no answer
            self._ended = True
            del self._begins[len(self._given) :], self._ends[len(self._given) :]
        self._seen = at

    def _first(self) -> Wanted[Tag]:
        """The first request without an answer.  Raises ValueError where there is none."""
        if not self._open:
            raise ValueError
        return self._asked[0][self._answered]

    def _take(self, count: int) -> list[Wanted[Tag]]:
        """The next *count* requests, now answered.  Raises ValueError where there are fewer."""
        if count > self._open:
            raise ValueError
        self._open -= count
        taken: list[Wanted[Tag]] = []
        while count:
            part = self._asked[0][self._answered : self._answered + count]
            taken += part
            count -= len(part)
            self._answered += len(part)
            if self._answered == len(self._asked[0]):
                self._asked.popleft()
                self._answered = 0
        return taken

    def _settle(self) -> None:
        """Put the requests beside the objects found so far.  Raises ValueError where they do not go together."""
        new = len(self._begins) - len(self._given)
        if not new:
            return
        self._given += self._take(new)
        if self._header(self._begins[-1])[1] != self._given[-1][0]:
            raise ValueError

    def _missing(self, line: bytes) -> None:
        oid = self._first()[0]
        if line != oid + b" missing":
            raise ValueError
        self._lost(self._take(1)[0], f"git does not have the object {oid.decode('ascii')}")

    def _header(self, begin: int) -> list[bytes]:
        """Size, id and type of the object that begins there: they are still in front of it."""
        return bytes(self._data[max(0, begin - _HEADER) : begin - 1]).rpartition(b"\n")[2].split(b" ")[-3:]

    def _blob(self, begin: int, wanted: Wanted[Tag]) -> Blob:
        return self._label(*wanted, self._header(begin)[-1])

    def take(self) -> Iterator[Slab | tuple[Blob, ReadInto]]:
        """Give what is there, and make room."""
        if self._ended and self._open:
            self._break_off()
        if self._given:
            yield Slab(self._data, self._seen, self._begins, self._ends, self._given, self._blob)
            self._begins, self._ends, self._given = [], [], []
        if self._large:
            yield from self._take_large(self._large)
        rest = self._used - self._seen
        self._data[:rest] = self._data[self._seen : self._used]
        self._used, self._seen = rest, 0
        if not self.broken:
            self._parse()

    def _take_large(self, large: _Large) -> Iterator[tuple[Blob, ReadInto]]:
        """The object that begins where parsing stopped: what the buffer holds of it, then the pipe."""
        at = self._data.index(b"\n", self._seen, self._used) + 1
        left = large.size

        def read(view: memoryview) -> int:
            nonlocal at, left
            if not left:
                return 0
            if at < self._used:
                got = min(len(view), left, self._used - at)
                view[:got] = self._view[at : at + got]
                at += got
            else:
                got = os.readv(self.fd, [view[:left]])
                if not got:
                    self.broken, left = True, 0
                    raise OSError("git cat-file ended in the middle of an object")
            left -= got
            return got

        yield large.blob, read
        wanted = self._take(1)[0]
        self._large = None
        spare = memoryview(bytearray(1 << 16))
        try:
            while left:
                read(spare)
        except OSError as error:
            self._lost(wanted, str(error))
        if self.broken:
            return
        if at < self._used:
            self._seen = at + 1  # the line end behind the content
        else:
            os.readv(self.fd, [spare[:1]])
            self._used = self._seen = 0

    def _break_off(self) -> None:
        """git ended before it had answered: tell at which object, and give what came of that one."""
        said = ""
        if self._process:
            try:
                said = self._process.finish(ok=tuple(range(-64, 256)))
            except GitError as error:
                said = str(error)
        self.broken = True
        (wanted,) = self._take(1)
        self._lost(wanted, f"git cat-file failed: {said or 'it ended early'}")
        line_end = self._data.find(b"\n", self._seen, self._used)
        if line_end >= 0 and self._data[self._seen : line_end].split(b" ")[1:] == [wanted[0], b"blob"]:
            self._given.append(wanted)
            self._begins.append(line_end + 1)
            self._ends.append(self._used)
            self._seen = self._used

    def begin_anew(self) -> None:
        """Ask another process for all that is unanswered."""
        self.stop()
        self._waiting = [*self._take(self._open), *self._waiting]
        self._reset()

    def close(self) -> None:
        """End git; what it said on stderr means that some object could not be read."""
        process, self._process = self._process, None
        try:
            said = process.finish() if process else ""
        except GitError as error:
            said = str(error)
        if said:
            self._lost(None, f"git cat-file: {said}")

    def stop(self) -> None:
        """End git, whatever it does."""
        if self._process:
            self._process.stop()
        self._process = None


def _widen(pipe: int) -> bool:
    """Whether the system lets a pipe hold :data:`_ASKED_OF_WIDE` requests: Linux, within a limit for each user."""
    command = getattr(fcntl, "F_SETPIPE_SZ", None)
    if command is None:
        return False
    try:
        fcntl.fcntl(pipe, command, _WIDE_PIPE)
    except OSError:
        return False
    return True
