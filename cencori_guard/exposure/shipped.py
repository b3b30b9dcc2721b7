"""The files that a history had, as far as they tell what ships and where source runs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import islice

from cencori_guard.errors import GitError
from cencori_guard.exposure.trace import History
from cencori_guard.git.catfile import read_object
from cencori_guard.git.runner import Git

# Commits that are asked about one directory, and directories in all.
_MOST_ASKED = 3
_MOST_DIRECTORIES = 2_000
# Commits of which all paths are kept, and paths of one; names of one directory.
_MOST_TREES, _MOST_PATHS, _MOST_NAMES = 8, 50_000, 50_000
_NO_FILES = (b"040000", b"160000", b"120000")


class CommitsView:
    """The files of the newest commits that had a key below the directory that is asked about."""

    def __init__(self, git: Git, history: History) -> None:
        self._git = git
        self._history = history
        self._listed: dict[bytes, dict[bytes, str]] = {}
        self._trees: dict[str, list[bytes] | None] = {}
        self._asked = 0

    def _commits(self, below: bytes) -> list[str]:
        dated = {
            (e.last_date or "", e.last_commit)
            for (path, _), e in self._history.exposures.items()
            if e.last_commit and path.startswith(below)
        }
        return [commit for _, commit in sorted(dated, reverse=True)[:_MOST_ASKED]]

    def _files(self, directory: bytes) -> dict[bytes, str]:
        if directory not in self._listed:
            found: dict[bytes, str] = {}
            if len(self._listed) < _MOST_DIRECTORIES:
                for commit in reversed(self._commits(directory)):
                    found.update(self._list(commit, directory))
            self._listed[directory] = found
        return self._listed[directory]

    def _list(self, commit: str, directory: bytes) -> dict[bytes, str]:
        limits = [directory] if directory else []
        found = {}
        try:
            listing = self._git.start("ls-tree", "-z", "--full-tree", commit, "--", *limits)
            for record in islice(listing.records(), _MOST_NAMES):
                info, _, path = record.partition(b"\t")
                mode, _kind, oid = info.split(b" ")
                found[path[len(directory) :]] = "" if mode in _NO_FILES else oid.decode("ascii")
            listing.stop()
        except GitError:  # what cannot be read is told by whoever looks for keys in it
            return found
        return found

    def names(self, directory: bytes) -> frozenset[bytes]:
        """What one of these commits has in *directory*."""
        return frozenset(self._files(directory))

    def read(self, path: bytes, most: int = 1 << 20) -> bytes | None:
        """The newest version of *path*."""
        head, slash, name = path.rpartition(b"/")
        oid = self._files(head + slash).get(name)
        try:
            return read_object(self._git, oid, most) if oid else b""
        except GitError:
            return b""

    def is_root(self, _directory: bytes) -> bool:
        """A commit is of one repository."""
        return False

    def holds(self, directory: bytes, test: Callable[[bytes], bool]) -> bool:
        """Whether one of these commits has a file of such a name below *directory*."""
        return any(self._holds(commit, directory, test) for commit in self._commits(directory + b"/"))

    def _holds(self, commit: str, directory: bytes, test: Callable[[bytes], bool]) -> bool:
        paths = self._tree(commit)
        if paths is None:
            self._asked += 1
            return self._asked <= _MOST_DIRECTORIES and any(map(test, self._below(commit, directory)))
        below = directory + b"/"
        for index in range(bisect_left(paths, below), len(paths)):
            if not paths[index].startswith(below):
                return False
            if test(paths[index]):
                return True
        return False

    def _tree(self, commit: str) -> list[bytes] | None:
        """All paths of *commit*, listed once; None where these are more than are kept."""
        if commit not in self._trees:
            paths = list(islice(self._below(commit), _MOST_PATHS)) if len(self._trees) < _MOST_TREES else None
            self._trees[commit] = sorted(paths) if paths is not None and len(paths) < _MOST_PATHS else None
        return self._trees[commit]

    def _below(self, commit: str, *directory: bytes) -> Iterator[bytes]:
        try:
            listing = self._git.start("ls-tree", "-r", "-z", "--full-tree", "--name-only", commit, "--", *directory)
            try:
                yield from listing.records()
            finally:
                listing.stop()
        except GitError:
            return
