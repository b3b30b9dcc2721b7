"""Finds, among what git ignores, what is shipped to people all the same."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from cencori_guard.frameworks.globs import literal_part
from cencori_guard.frameworks.layout import Layout
from cencori_guard.places import DEPENDENCY_DIRECTORIES, SHIPPED_DIRECTORIES, shipped_ancestors
from cencori_guard.sources.views import is_beyond_link
from cencori_guard.sources.walk import Warn, walk

# How deep below an ignored directory one of a usual name may begin.
_DEPTH = 3


def shipped_files(base: bytes, layout: Layout, ignored: Iterable[bytes], warn_blind: Warn) -> Iterator[bytes]:
    """Yield the files that ship although git ignores them; all paths are relative to *base*, as those of *layout* are.

    *ignored*: what git lists as ignored, directories ending in a slash.  What a framework
    of its package fills or copies counts; a directory of a usual name counts when it holds
    what browsers load, and a ``package.json`` stands beside or above it in the
    repository or an ``index.html`` in it.
    """
    return _Shipped(base, layout, warn_blind).files(ignored)


class _Shipped:
    def __init__(self, base: bytes, layout: Layout, warn_blind: Warn) -> None:
        self._base = base
        self._layout = layout
        self._warn = warn_blind
        self._usual: dict[bytes, bool] = {}

    def files(self, ignored: Iterable[bytes]) -> Iterator[bytes]:
        seen: set[bytes] = set()
        for entry in ignored:
            path = entry.rstrip(b"/")
            if not DEPENDENCY_DIRECTORIES.isdisjoint(path.split(b"/")):
                continue
            for file in self._below(path) if entry.endswith(b"/") else self._itself(path):
                if file not in seen:
                    seen.add(file)
                    yield file

    def _itself(self, path: bytes) -> Iterator[bytes]:
        if self._is_shipped(path):
            yield path

    def _is_shipped(self, path: bytes) -> bool:
        shipped = self._layout.ships(path)
        if shipped is None or shipped.framework:
            return shipped is not None
        return any(map(self._usually_ships, shipped_ancestors(path)))

    def _usually_ships(self, directory: bytes) -> bool:
        if directory not in self._usual:
            self._usual[directory] = self._belongs_to_the_web(directory) and self._layout.usually_ships(directory)
        return self._usual[directory]

    def _belongs_to_the_web(self, directory: bytes) -> bool:
        if os.path.isfile(os.path.join(self._base, directory, b"index.html")):
            return True
        return any(package.has_manifest for package in self._layout.packages(directory + b"/"))

    def _below(self, path: bytes) -> Iterator[bytes]:
        """The files in the ignored directory *path* that ship."""
        done: list[bytes] = []
        # One that lies in another comes after it.
        for start in sorted({*self._of_frameworks(path), *self._of_usual_names(path)}):
            if any((start + b"/").startswith(above + b"/") for above in done):
                continue
            if os.path.lexists(os.path.join(self._base, start)) and not is_beyond_link(self._base, start):
                done.append(start)
                yield from filter(self._is_shipped, self._files(start))

    def _of_frameworks(self, path: bytes) -> Iterator[bytes]:
        """Where, in *path*, that may be which a framework of a package around it fills."""
        for package in self._layout.packages(path + b"/"):
            for glob, _ in package.ships:
                start = package.directory + literal_part(glob).encode("utf-8")
                if start.startswith(path + b"/"):
                    yield start
                elif (path + b"/").startswith(start.rstrip(b"/") + b"/") or start == package.directory:
                    yield path
        for start in self._layout.starts_elsewhere():
            if start.startswith(path + b"/"):
                yield start
            elif (path + b"/").startswith(start.rstrip(b"/") + b"/"):
                yield path

    def _of_usual_names(self, path: bytes) -> Iterator[bytes]:
        if any(map(self._usually_ships, shipped_ancestors(path + b"/"))):
            yield path
        else:
            yield from filter(self._usually_ships, self._usual_names(path))

    def _usual_names(self, path: bytes, depth: int = 0) -> Iterator[bytes]:
        """The outermost directories of a usual name, from *path* down."""
        name = os.path.basename(path)
        if name in DEPENDENCY_DIRECTORIES:
            return
        if name in SHIPPED_DIRECTORIES:
            yield path
        elif depth < _DEPTH:
            try:
                with os.scandir(os.path.join(self._base, path)) as scan:
                    below = sorted(item.name for item in scan if item.is_dir(follow_symlinks=False))
            except OSError:
                return
            for child in below:
                yield from self._usual_names(os.path.join(path, child), depth + 1)

    def _files(self, start: bytes) -> Iterator[bytes]:
        if not os.path.isdir(os.path.join(self._base, start)):
            yield start
            return
        pending = [start]
        while pending:
            for found in walk(self._base, pending.pop(), None, self._warn):
                if not DEPENDENCY_DIRECTORIES.isdisjoint(found.path[len(start) :].split(b"/")):
                    continue
                if found.directory:  # a repository cloned into the output ships as well
                    pending.append(found.path)
                elif not found.symlink:
                    yield found.path
