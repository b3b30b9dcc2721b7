"""The files of a project as each source has them, for whoever asks what a place in it is."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable

from cencori_guard.errors import GitError
from cencori_guard.git.catfile import read_object
from cencori_guard.git.listing import GITLINK, SYMLINK, indexed
from cencori_guard.git.runner import Git
from cencori_guard.places import base_name, is_web_file
from cencori_guard.sources.files import Files
from cencori_guard.sources.walk import walk

# Manifests, configs and source: what has more is none of these.
MOST_BYTES = 1 << 20


_BLOCK = 1 << 16


def is_beyond_link(base: bytes, path: bytes) -> bool:
    """Whether *path*, or a directory on the way to it from *base*, is a symbolic link."""
    parts = path.rstrip(b"/").split(b"/")
    return any(os.path.islink(os.path.join(base, *parts[: depth + 1])) for depth in range(len(parts)))


class OneFile:
    """A file called *name* and nothing else, such as standard input: ``content`` is filled by whoever reads it."""

    def __init__(self, name: bytes = b"") -> None:
        self.name = name
        self.content = bytearray()

    def names(self, _directory: bytes) -> frozenset[bytes]:
        """None: where the file lies is not known."""
        return frozenset()

    def read(self, path: bytes, most: int = MOST_BYTES) -> bytes | None:
        """The file, if it is that."""
        if path != self.name:
            return b""
        return bytes(self.content) if len(self.content) <= most else None

    def is_root(self, _directory: bytes) -> bool:
        """Never."""
        return False

    def holds(self, _directory: bytes, _test: Callable[[bytes], bool]) -> bool:
        """By the name of the one file."""
        return is_web_file(self.name)


class DiskView:
    """The files below the directory *base*.  Links are not followed, wherever they stand."""

    def __init__(self, base: bytes) -> None:
        self._base = base

    def names(self, directory: bytes) -> frozenset[bytes]:
        """What lies in *directory*, links left out."""
        if is_beyond_link(self._base, directory):
            return frozenset()
        try:
            with os.scandir(os.path.join(self._base, directory)) as scan:
                return frozenset(item.name for item in scan if not item.is_symlink())
        except (OSError, ValueError):
            return frozenset()

    def read(self, path: bytes, most: int = MOST_BYTES) -> bytes | None:
        """The file at *path*."""
        try:
            files = Files(self._base)
        except OSError:
            return b""
        try:
            size = files.open(path)
            content = bytearray()
            block = memoryview(bytearray(min(max(size, _BLOCK), most) + 1))
            while len(content) <= most and (got := files.readinto(block)):
                content += block[:got]
            return bytes(content) if len(content) <= most else None
        except (OSError, ValueError):
            return b""
        finally:
            files.close()

    def is_root(self, directory: bytes) -> bool:
        """Whether a repository begins there."""
        return os.path.lexists(os.path.join(self._base, directory, b".git"))

    def holds(self, directory: bytes, test: Callable[[bytes], bool]) -> bool:
        """Whether any file below *directory* has such a name."""
        if is_beyond_link(self._base, directory):
            return False
        return any(
            test(found.path) for found in walk(self._base, directory, None, lambda *_: None) if not found.symlink
        )


class IndexView:
    """The files in the index, listed once, when somebody asks."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._listed: dict[bytes, dict[bytes, str]] | None = None
        self._sorted: list[bytes] | None = None

    def _files(self) -> dict[bytes, dict[bytes, str]]:
        if self._listed is None:
            self._listed = {}
            try:
                for path, oid, mode in indexed(self._git):
                    if mode not in (GITLINK, SYMLINK):
                        name = base_name(path)
                        directory = path[: -len(name)]
                        if directory not in self._listed:
                            self._add_above(directory)
                        self._listed.setdefault(directory, {})[name] = oid
            except GitError:  # whoever reads the index says so
                pass
        return self._listed

    def _add_above(self, directory: bytes) -> None:
        """Note the directories on the way to *directory*, which have no id."""
        assert self._listed is not None
        while directory:
            above, _, name = directory[:-1].rpartition(b"/")
            above += b"/" * bool(above)
            known = self._listed.setdefault(above, {})
            if name in known:
                return
            known[name] = ""
            directory = above

    def names(self, directory: bytes) -> frozenset[bytes]:
        """What the index has in *directory*."""
        return frozenset(self._files().get(directory, ()))

    def read(self, path: bytes, most: int = MOST_BYTES) -> bytes | None:
        """The index's version of *path*."""
        name = base_name(path)
        oid = self._files().get(path[: -len(name)], {}).get(name)
        try:
            return read_object(self._git, oid, most) if oid else b""
        except GitError:
            return b""

    def is_root(self, _directory: bytes) -> bool:
        """An index is of one repository."""
        return False

    def holds(self, directory: bytes, test: Callable[[bytes], bool]) -> bool:
        """Whether the index has a file of such a name below *directory*."""
        files, below = self._files(), directory + b"/"
        if self._sorted is None:
            self._sorted = sorted(files)
        for index in range(bisect_left(self._sorted, below), len(self._sorted)):
            here = self._sorted[index]
            if not here.startswith(below):
                return False
            if any(map(test, files[here])):
                return True
        return False
