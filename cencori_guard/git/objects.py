"""The objects of a repository: which there are, and what they hold, from several gits side by side."""

from __future__ import annotations

import os
import select
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from cencori_guard.errors import GitError
from cencori_guard.git.lane import Label, Lane, Lost, Tag, Wanted
from cencori_guard.git.listing import GITLINK
from cencori_guard.git.runner import Git
from cencori_guard.models import Blob, ReadInto, Slab

BUFFER = 1 << 20
# Neighbours in a pack are each other's deltas: about that many in a row are read by one process.
RUN = 1000
# Damaged objects after which the rest is given up; each of them costs a process.
_MOST_FAILURES = 1000
# Beyond that the pipes, not the processors, are what is waited for.
_MOST_PROCESSES = 4


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
    wanted: Iterable[Sequence[Wanted[Tag]]],
    label: Label[Tag],
    lost: Lost[Tag],
    *,
    lanes: int = 1,
    buffer: int = BUFFER,
) -> Iterator[Slab | tuple[Blob, ReadInto]]:
    """Yield the objects of *wanted* (blocks of neighbours): many in a slab, or one by itself that is larger.

    *buffer* is the size of a slab in bytes.

    With several *lanes* as many processes inflate side by side; the order is the same
    however fast each of them is.  What cannot be read is told to *lost*: the rest is read
    all the same.  Of an object that breaks off, what came before is given.
    """
    blocks = iter(wanted)
    open_lanes = [Lane(git, label, lost, buffer, bulk=lanes > 1) for _ in range(lanes)]
    running = list(open_lanes)
    failures = 0
    try:
        while running:
            for lane in list(running):
                while not lane.ready(blocks):
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


def in_blocks(wanted: Iterable[Wanted[Tag]]) -> Iterator[list[Wanted[Tag]]]:
    """*wanted* as :func:`read_objects` takes it, where nobody knows who is whose neighbour."""
    requests = iter(wanted)
    while block := list(islice(requests, RUN)):
        yield block


def commits_of(git: Git, oids: Iterable[str]) -> dict[str, str]:
    """Those of *oids* that are here, each with the commit it leads to (itself, where it leads to none)."""
    wanted = sorted(oids)
    said = checked(git, [line.encode("ascii") for oid in wanted for line in (oid, oid + "^{commit}")], "%(objectname)")
    found = {}
    for oid, itself, commit in zip(wanted, said[::2], said[1::2], strict=True):
        if itself == oid.encode("ascii"):
            found[oid] = oid if b" " in commit else commit.decode("ascii")
    return found


def targets_of(git: Git, oids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What each of *oids* leads to, past all tags: ``(id, type)``; only those that are here."""
    wanted = sorted(oids)
    said = checked(git, [oid.encode("ascii") + b"^{}" for oid in wanted], "%(objectname) %(objecttype)")
    found = {}
    for oid, words in zip(wanted, (line.decode("ascii", "replace").split(" ") for line in said), strict=True):
        if words[-1] != "missing" and len(words) == 2:
            found[oid] = words[0], words[1]
    return found


def versions_at(git: Git, places: Sequence[tuple[bytes, bytes]]) -> dict[tuple[bytes, bytes], bytes]:
    """The id of what each ``(commit, path)`` names; a path has no line end in it."""
    said = checked(git, [commit + b":" + path for commit, path in places], "%(objectname)")
    return {place: oid for place, oid in zip(places, said, strict=True) if b" " not in oid}


def checked(git: Git, names: Sequence[bytes], form: str) -> list[bytes]:
    """What ``cat-file --batch-check`` says of each of *names*; where it fails at one, ``? missing``.

    Raises :class:`GitError` where it fails again and again.
    """
    said: list[bytes] = []
    for _ in range(_MOST_FAILURES):
        left = names[len(said) :]
        if not left:
            return said
        asking = git.start("cat-file", f"--batch-check={form}", stdin=True)
        asking.feed(name + b"\n" for name in left)
        said += list(asking.lines())[: len(left)]
        try:
            asking.finish()
        except GitError:
            if len(said) == len(names):
                return said
            git.check_time()
            said.append(b"? missing")
    raise GitError("git cat-file fails at one object after the other")


def tree_files(git: Git, tree: str) -> Iterator[tuple[bytes, bytes]]:
    """``(path, id)`` of every file in *tree*, or in what it leads to.  Raises :class:`GitError`, also for a blob."""
    listing = git.start("ls-tree", "-r", "-z", "--full-tree", tree)
    for record in listing.records():
        info, _, path = record.partition(b"\t")
        mode, _kind, oid = info.split(b" ")
        if mode != GITLINK.encode():
            yield path, oid
    listing.finish()


def texts(git: Git, oids: Iterable[str], most: int) -> dict[str, bytes]:
    """The first *most* bytes of each of *oids* that can be read."""
    found: dict[str, bytes] = {}
    wanted = in_blocks((oid.encode("ascii"), None) for oid in oids)
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


def _wait(lanes: Sequence[Lane[Tag]]) -> None:
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
