"""The objects of a repository: which there are, and what they hold, from several gits side by side.

Small objects come many at a time, back to back in the buffer they were read into;
nothing is done for one of them but to find where it ends.
"""

from __future__ import annotations

import fcntl
import os
import select
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from cencori_guard.errors import GitError
from cencori_guard.git.runner import Git, Process
from cencori_guard.models import Blob, ReadInto, Slab

BUFFER = 1 << 20
# Neighbours in a pack are each other's deltas: that many in a row are read by one process.
RUN = 1000
# Requests (of 65 bytes at most) that surely fit into a pipe which nobody reads: of the
# 16 KiB that every system gives, and of what Linux gives who asks.
_ASKED, _ASKED_OF_WIDE = 200, 8000
_WIDE_PIPE = 1 << 20
# Damaged objects after which the rest is given up; each of them costs a process.
_MOST_FAILURES = 1000
# Beyond that the pipes, not the processors, are what is waited for.
_MOST_PROCESSES = 4

Tag = TypeVar("Tag")
# An object to read: its id, as git writes it, and whatever is to come back with it.
Wanted = tuple[bytes, Tag]
# Makes the blob of an object from its id, what came with the request for it, and its type.
Label = Callable[[bytes, Tag, bytes], Blob]
# Told of what cannot be read (None: all that is left), and why.
Lost = Callable[[Wanted[Tag] | None, str], None]


def processes() -> int:
    """How many gits to read a whole history with."""
    return max(1, min(_MOST_PROCESSES, os.cpu_count() or 1))


def all_objects(git: Git) -> Iterator[list[tuple[bytes, ...]]]:
    """Yield ``(id, type)`` of every object that *git* has, whatever reaches it, each once, as they lie in the packs.

    They come many at a time.  The type is ``missing`` for an object that cannot be read.  Raises :class:`GitError`
    when git fails, and at the end where it complained.
    """
    listing = git.start(
        "cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname) %(objecttype)", "--buffer"
    )
    for block in listing.blocks(b"\n"):
        yield [line.partition(b" ")[::2] for line in block]
    said = listing.finish()
    if said:
        raise GitError(f"git cat-file said: {said}")


def all_of(git: Git, *kinds: bytes) -> Iterator[bytes]:
    """The ids of all objects of those *kinds*.  Raises :class:`GitError`."""
    return (oid for block in all_objects(git) for oid, kind in block if kind in kinds)


def read_objects(
    git: Git,
    wanted: Iterable[Wanted[Tag]],
    label: Label[Tag],
    lost: Lost[Tag],
    *,
    lanes: int = 1,
    buffer: int = BUFFER,
) -> Iterator[Slab | tuple[Blob, ReadInto]]:
    """Yield the objects of *wanted*: many in a slab, or one by itself that is larger than *buffer* bytes.

    With several *lanes* as many processes inflate side by side; the order is the same
    however fast each of them is.  What cannot be read is told to *lost*: the rest is read
    all the same.  Of an object that breaks off, what came before is given.
    """
    requests = iter(wanted)
    open_lanes = [_Lane(git, label, lost, buffer, bulk=lanes > 1) for _ in range(lanes)]
    running = list(open_lanes)
    failures = 0
    try:
        while running:
            for lane in list(running):
                while not lane.ready(requests):
                    _wait([other for other in running if other.hungry])
                yield from lane.take()
                if lane.broken:
                    failures += 1
                    if failures >= _MOST_FAILURES:
                        lost(None, f"git failed at {failures:,} objects: the rest was not looked at")
                        return
                    lane.begin_anew()
                if lane.done:
                    running.remove(lane)
                    lane.close()
    except GitError as error:  # no git could be started (again)
        lost(None, str(error))
    finally:
        for lane in open_lanes:
            lane.stop()


def commits_of(git: Git, oids: Iterable[str]) -> dict[str, str]:
    """Those of *oids* that are here, each with the commit it leads to (itself, where it leads to none)."""
    wanted = sorted(oids)
    asking = git.start("cat-file", "--batch-check=%(objectname)", "--buffer", stdin=True)
    asking.feed(line.encode("ascii") for oid in wanted for line in (oid + "\n", oid + "^{commit}\n"))
    said = [line.decode("ascii", "replace") for line in asking.lines()]
    asking.finish()
    found = {}
    for oid, itself, commit in zip(wanted, said[::2], said[1::2], strict=True):
        if itself == oid:
            found[oid] = commit if " " not in commit else oid  # "ID^{commit} missing"
    return found


def texts(git: Git, oids: Iterable[str], most: int) -> dict[str, bytes]:
    """The first *most* bytes of each of *oids* that can be read."""
    found: dict[str, bytes] = {}
    wanted = [(oid.encode("ascii"), None) for oid in oids]
    for item in read_objects(git, wanted, lambda oid, *_: Blob(b"", oid=oid.decode("ascii")), lambda *_: None):
        if isinstance(item, Slab):
            for index, (begin, end) in enumerate(zip(item.begins, item.ends, strict=True)):
                found[item.blob(index).oid or ""] = bytes(item.data[begin : min(end, begin + most)])
        else:
            text = bytearray(most)
            got = 0
            try:
                while got < most and (more := item[1](memoryview(text)[got:])):
                    got += more
            except OSError:
                continue
            found[item[0].oid or ""] = bytes(text[:got])
    return found


class _Large(NamedTuple):
    """An object that does not fit into the buffer: how much of it is still to come."""

    blob: Blob
    size: int


class _Lane(Generic[Tag]):
    """One process, what is asked of it, and the buffer for what it answers."""

    def __init__(self, git: Git, label: Label[Tag], lost: Lost[Tag], buffer: int, *, bulk: bool) -> None:
        self._git = git
        self._bulk = bulk
        self._label = label
        self._lost = lost
        self._data = bytearray(buffer)
        self._view = memoryview(self._data)
        self._process: Process | None = None
        self._fd = -1
        self._most_asked = _ASKED
        self._waiting: deque[Wanted[Tag]] = deque()
        self._asked: deque[Wanted[Tag]] = deque()
        self._no_more = False
        self._reset()

    def _reset(self) -> None:
        self._used = self._seen = 0  # bytes in the buffer; those that whole objects take
        self._ended = self.broken = False
        self._given: list[Wanted[Tag]] = []
        self._begins: list[int] = []
        self._ends: list[int] = []
        self._large: _Large | None = None

    @property
    def fd(self) -> int:
        return self._fd

    @property
    def done(self) -> bool:
        """Whether all has been asked, answered and taken."""
        return self._no_more and not (self._asked or self._waiting)

    @property
    def hungry(self) -> bool:
        """Whether it can read on before its turn comes."""
        return bool(self._asked) and not (self._ended or self._large) and self._used < len(self._data)

    def ready(self, requests: Iterator[Wanted[Tag]]) -> bool:
        """Ask for more, and say whether there is something to take: a full buffer, a large object, the end."""
        if self._large or self._ended:
            return True
        if len(self._asked) * 2 < self._most_asked:
            self._ask(requests)
        if not self._asked:
            return True
        return self._used == len(self._data)

    def _ask(self, requests: Iterator[Wanted[Tag]]) -> None:
        room = self._most_asked - len(self._asked)
        while room > 0:
            if not self._waiting:
                self._waiting.extend(islice(requests, RUN))
                if not self._waiting:
                    self._no_more = True
                    if self._process:
                        self._end_of_requests()
                    return
            if self._process is None:
                self._process = self._start()
            more = [self._waiting.popleft() for _ in range(min(room, len(self._waiting)))]
            self._asked += more
            room -= len(more)
            try:
                self._process.stdin.write(b"\n".join([oid for oid, _ in more]) + b"\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                return  # git has ended; what it said is told where its answer is missing

    def _start(self) -> Process:
        process = self._git.start("cat-file", "--batch", "--buffer", stdin=True, bulk=self._bulk)
        self._fd = process.stdout.fileno()
        widen = getattr(fcntl, "F_SETPIPE_SZ", None)
        if widen is not None:
            try:
                fcntl.fcntl(process.stdin.fileno(), widen, _WIDE_PIPE)
                self._most_asked = _ASKED_OF_WIDE
            except OSError:  # this user has too many wide ones already
                self._most_asked = _ASKED
        return process

    def _end_of_requests(self) -> None:
        assert self._process
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass

    def fill(self) -> None:
        """Read what has come, and find the objects in it."""
        got = os.readv(self._fd, [self._view[self._used :]])
        if not got:
            self._ended = True
        self._used += got
        self._parse()

    def _parse(self) -> None:
        # Once for each object of a history: the shortest way to where it ends.
        data, used, at, asked = self._data, self._used, self._seen, self._asked
        find, starts = data.find, data.startswith
        answered, given, begins, ends = asked.popleft, self._given.append, self._begins.append, self._ends.append
        while asked:
            line_end = find(b"\n", at, used)
            if line_end < 0:
                break
            oid = asked[0][0]
            type_at = at + len(oid) + 1
            if not starts(oid, at):
                self._ended = True  # whatever this is, it is no answer
                break
            words = data[type_at:line_end].split()
            if len(words) != 2:
                self._lost(answered(), f"git does not have the object {oid.decode('ascii')}")
                at = line_end + 1
                continue
            begin = line_end + 1
            end = begin + int(words[1])
            if end >= used:
                if end - at >= len(data):
                    self._large = _Large(self._label(*asked[0], bytes(words[0])), end - begin)
                break
            given(answered())
            begins(begin)
            ends(end)
            at = end + 1
        self._seen = at

    def _blob(self, begin: int, wanted: Wanted[Tag]) -> Blob:
        """The blob that begins there: its header is still in front of it."""
        line = bytes(self._data[max(0, begin - 100) : begin - 1])
        return self._label(*wanted, line.split(b" ")[-2])

    def take(self) -> Iterator[Slab | tuple[Blob, ReadInto]]:
        """Give what is there, and make room."""
        if self._ended and self._asked:
            self._break_off()
        if self._given:
            yield Slab(self._data, self._seen, self._begins, self._ends, self._given, self._blob)
            self._begins, self._ends, self._given = [], [], []
        if self._large:
            yield from self._take_large(self._large)
        rest = self._used - self._seen
        self._data[:rest] = self._data[self._seen : self._used]
        self._used, self._seen = rest, 0
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
                got = os.readv(self._fd, [view[:left]])
                if not got:
                    self.broken, left = True, 0
                    raise OSError("git cat-file ended in the middle of an object")
            left -= got
            return got

        yield large.blob, read
        spare = memoryview(bytearray(1 << 16))
        try:
            while left:
                read(spare)
        except OSError as error:
            self._lost(self._asked[0], str(error))
        self._asked.popleft()
        self._large = None
        if self.broken:
            return
        if at < self._used:
            self._seen = at + 1  # the line end behind the content
        else:
            os.readv(self._fd, [spare[:1]])
            self._used = self._seen = 0

    def _break_off(self) -> None:
        """git ended before it had answered: tell at which object, and give what came of that one."""
        said = ""
        if self._process:
            try:
                said = self._process.finish(ok=tuple(range(-64, 256)))
            except GitError as error:
                said = str(error)
        wanted = self._asked.popleft()
        self._lost(wanted, f"git cat-file failed: {said or 'it ended early'}")
        line_end = self._data.find(b"\n", self._seen, self._used)
        if line_end >= 0 and self._data.startswith(wanted[0] + b" blob ", self._seen):
            self._given.append(wanted)
            self._begins.append(line_end + 1)
            self._ends.append(self._used)
            self._seen = self._used
        self.broken = True

    def begin_anew(self) -> None:
        """Ask another process for all that is unanswered."""
        self.stop()
        self._waiting.extendleft(reversed(self._asked))
        self._asked.clear()
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


def _wait(lanes: Sequence[_Lane[Tag]]) -> None:
    """Read from all of *lanes* that have something, once one of them has."""
    if len(lanes) == 1:
        lanes[0].fill()
        return
    poll = select.poll()
    by_fd = {lane.fd: lane for lane in lanes}
    for fd in by_fd:
        poll.register(fd, select.POLLIN)
    for fd, _ in poll.poll():
        by_fd[fd].fill()
