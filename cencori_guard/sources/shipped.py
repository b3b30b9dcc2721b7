"""Finds, among what git ignores, the directories that are shipped to people all the same."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from cencori_guard.places import DEPENDENCY_DIRECTORIES, SHIPPED_DIRECTORIES, is_web_file, shipped_ancestors
from cencori_guard.sources.walk import Warn, walk

# How deep below an ignored directory one that ships may begin: .next/static, .svelte-kit/output/static.
_DEPTH = 3


def shipped_files(root: bytes, ignored: Iterable[bytes], warn_blind: Warn) -> Iterator[bytes]:
    """Yield the files, relative to the checkout *root*, that ship although git ignores them.

    *ignored*: what git lists as ignored, directories ending in a slash.  A directory
    counts when it has a usual name, holds what browsers load, and a ``package.json``
    stands beside or above it in the checkout or an ``index.html`` in it.
    """
    seen: set[bytes] = set()
    verdicts: dict[bytes, bool] = {}

    def ships(directory: bytes) -> bool:
        if directory not in verdicts:
            verdicts[directory] = _belongs_to_the_web(root, directory) and holds_web_files(root, directory)
        return verdicts[directory]

    for entry in ignored:
        path = entry.rstrip(b"/")
        if not DEPENDENCY_DIRECTORIES.isdisjoint(path.split(b"/")):
            continue
        if any(ships(above) for above in shipped_ancestors(path)):
            starts = [path]
        elif entry.endswith(b"/"):
            starts = [d for d in _shipped_below(root, path) if ships(d)]
        else:
            continue
        for start in starts:
            for file in _files(root, start, warn_blind):
                if file not in seen:
                    seen.add(file)
                    yield file


def holds_web_files(root: bytes, directory: bytes) -> bool:
    """Whether *directory*, relative to *root*, holds anything that browsers load."""
    return any(is_web_file(f.path) for f in walk(root, directory, None, lambda *_: None) if not f.symlink)


def _belongs_to_the_web(root: bytes, directory: bytes) -> bool:
    whole = os.path.join(root, directory)
    if os.path.isfile(os.path.join(whole, b"index.html")):
        return True
    while True:
        if os.path.isfile(os.path.join(root, directory, b"package.json")):
            return True
        if not directory:
            return False
        directory = os.path.dirname(directory)


def _shipped_below(root: bytes, path: bytes, depth: int = 0) -> Iterator[bytes]:
    """The outermost directories of a usual name, from *path* down."""
    name = os.path.basename(path)
    if name in DEPENDENCY_DIRECTORIES:
        return
    if name in SHIPPED_DIRECTORIES:
        yield path
    elif depth < _DEPTH:
        try:
            with os.scandir(os.path.join(root, path)) as scan:
                below = sorted(item.name for item in scan if item.is_dir(follow_symlinks=False))
        except OSError:
            return
        for child in below:
            yield from _shipped_below(root, os.path.join(path, child), depth + 1)


def _files(root: bytes, start: bytes, warn_blind: Warn) -> Iterator[bytes]:
    if not os.path.isdir(os.path.join(root, start)):
        yield start
        return
    pending = [start]
    while pending:
        for found in walk(root, pending.pop(), None, warn_blind):
            if not DEPENDENCY_DIRECTORIES.isdisjoint(found.path[len(start) :].split(b"/")):
                continue
            if found.directory:  # a repository cloned into the output ships as well
                pending.append(found.path)
            elif not found.symlink:
                yield found.path
