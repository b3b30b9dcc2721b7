"""What of a history is not here: commits beyond a shallow clone's edge, objects never fetched or lost."""

from __future__ import annotations

import os
from collections.abc import Iterable

from cencori_guard.errors import GitError
from cencori_guard.git.objects import commits_of
from cencori_guard.git.runner import Git, Process


def shallow_commits(git: Git) -> frozenset[str]:
    """The commits whose parents were not fetched; none in a whole clone.  Raises :class:`GitError`."""
    said = git.run("rev-parse", "--git-path", "shallow").rstrip(b"\n")
    try:
        with open(os.path.join(git.directory, said), "rb") as stream:
            return frozenset(stream.read().decode("ascii", "replace").split())
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise GitError(f"{os.fsdecode(said)}: cannot be read: {error.strerror}") from error


class Absent:
    """The objects that a history names and that are not here, found by a git that runs beside the scan.

    ``rev-list`` walks every tree that the refs reach and asks for every blob, without
    reading it: what a lost pack, a deleted object or a partial clone lacks comes out.
    """

    def __init__(self, git: Git, known: Iterable[str] = ()) -> None:
        """*known*: the ids of what need not be walked again."""
        still_here = commits_of(git, known)
        self._process: Process = git.start(
            "rev-list", "--objects", "--missing=print", "--quiet", "--all", "--stdin", stdin=True
        )
        self._process.feed(b"^" + oid.encode("ascii") + b"\n" for oid in still_here)

    def result(self) -> Missing:
        """What is absent.  Raises :class:`GitError` where the walk itself could not go on."""
        missing = Missing()
        for line in self._process.lines():
            if line.startswith(b"?"):
                missing.add(line[1:])
        self._process.finish()
        return missing

    def stop(self) -> None:
        """End the walk."""
        self._process.stop()


class Missing:
    """Objects that are not here: how many, and the ids of some.  A partial clone may lack millions."""

    _NAMED = 3

    def __init__(self) -> None:
        self.count = 0
        self._some: list[str] = []

    def add(self, oid: bytes) -> None:
        """Note one more."""
        self.count += 1
        if self.count <= self._NAMED:
            self._some.append(oid.decode("ascii", "replace"))

    def explain(self, git: Git) -> str:
        """That they are not here, why, and what to do."""
        try:
            partial = _is_partial(git)
        except GitError:
            partial = False
        why = "a partial clone, which has not fetched them" if partial else "lost from the repository"
        way = "clone it whole" if partial else "`git fsck` lists them, a fresh clone may have them"
        some = ", ".join(self._some) + ", …" * (self.count > len(self._some))
        return f"{self.count:,} object{'s' * (self.count > 1)} not here ({some}): {why}; {way}"


def _is_partial(git: Git) -> bool:
    """Whether the repository was cloned without some of its objects, on purpose."""
    return bool(git.run("config", "--get-regexp", r"^(remote\..*\.promisor|extensions\.partialclone)$", ok=(0, 1)))
