"""The commits of a history, parents first, and what each of them changes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from cencori_guard.git.listing import GITLINK
from cencori_guard.git.runner import Git, Process

_GONE = b"000000"
TREE = "040000"


class Commit(NamedTuple):
    """A commit of a walk: its id, and its parents' ids."""

    oid: bytes
    parents: tuple[bytes, ...]


# A raw change: git's own words about it (modes, ids, status), and the path.
Change = tuple[bytes, bytes]


def commits(git: Git, options: Sequence[str], revisions: Iterable[bytes] = ()) -> Iterator[Commit]:
    """Yield the commits of a ``rev-list`` with *options* and *revisions* (``ID`` or ``^ID``).

    No commit comes before its parents; otherwise the oldest come first.  Raises :class:`GitError`.
    """
    listing = git.start("rev-list", "--date-order", "--reverse", "--parents", "--stdin", *options, stdin=True)
    listing.feed(revision + b"\n" for revision in revisions)
    for line in listing.lines():
        oid, *parents = line.split(b" ")
        yield Commit(oid, tuple(parents))
    listing.finish()


def changes(
    git: Git, history: Iterable[Commit], wanted: Callable[[bytes, bytes], bool]
) -> Iterator[tuple[Commit, list[Change]]]:
    """For each commit of *history* yield what it changes beside its first parent (a root: beside nothing).

    The words of a change are ``:mode mode old new status``, with whole ids; those alone
    come that are *wanted*, since one commit may change a million files.  Raises :class:`GitError`.
    """
    asked: deque[Commit] = deque()

    def requests() -> Iterator[bytes]:
        for commit in history:
            asked.append(commit)
            yield b" ".join((commit.oid, *commit.parents[:1])) + b"\n"

    process = _diff_tree(git, "--stdin")
    process.feed(requests())
    current: Commit | None = None
    found: list[Change] = []
    records = process.records()
    for record in records:
        if record[:1] == b":":
            path = next(records)
            if wanted(record, path):
                found.append((record, path))
            continue
        if current:
            yield current, found
            found = []
        current = asked.popleft()
        while current.oid != record:  # it changes nothing
            yield current, []
            current = asked.popleft()
    process.finish()
    if current:
        yield current, found
    for current in asked:
        yield current, []


class NewVersion(NamedTuple):
    """A version of a file that a commit brings: it differs from what every parent of the commit has there."""

    commit: bytes
    path: bytes
    oid: str
    mode: str


def new_versions(git: Git, history: Iterable[Commit], *, directories: bool = False) -> Iterator[NewVersion]:
    """Yield what the commits of *history* bring, merges made by hand included; not what they take away.

    Files, and, if asked, *directories* and submodules.  Raises :class:`GitError`.
    """
    process = _diff_tree(git, "--stdin", "-c", *["-t"] * directories)
    process.feed(commit.oid + b"\n" for commit in history)
    records = process.records()
    commit = b""
    for record in records:
        if record[:1] != b":":
            commit = record
            continue
        path = next(records)
        words = record.split(b" ")  # one colon, mode and id for each parent, then the commit's own
        parents = len(words[0]) - len(words[0].lstrip(b":"))
        mode = words[parents]
        if mode != _GONE and (directories or mode != GITLINK.encode()):
            yield NewVersion(commit, path, words[2 * parents + 1].decode("ascii"), mode.decode("ascii"))
    process.finish()


def _diff_tree(git: Git, *options: str) -> Process:
    return git.start("diff-tree", *options, "-r", "--root", "--raw", "-z", "--no-renames", "--no-abbrev", stdin=True)
