"""What of a history is not here: commits beyond a shallow clone's edge, objects never fetched or lost."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cencori_guard.errors import GitError
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

    def __init__(self, git: Git, revisions: Sequence[str] = ("--all",)) -> None:
        self._process: Process = git.start("rev-list", "--objects", "--missing=print", "--quiet", *revisions)

    def result(self) -> list[bytes]:
        """The ids of what is absent.  Raises :class:`GitError` where the walk itself could not go on."""
        absent = [line[1:] for line in self._process.lines() if line.startswith(b"?")]
        self._process.finish()
        return absent

    def stop(self) -> None:
        """End the walk."""
        self._process.stop()


def is_partial(git: Git) -> bool:
    """Whether the repository was cloned without some of its objects, on purpose."""
    return bool(git.run("config", "--get-regexp", r"^(remote\..*\.promisor|extensions\.partialclone)$", ok=(0, 1)))
