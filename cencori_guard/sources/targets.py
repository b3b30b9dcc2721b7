"""From the paths a person names to what is scanned: checkouts, plain directories, files in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from cencori_guard.errors import UsageError
from cencori_guard.keys import redact


class Target(NamedTuple):
    """One checkout, or one plain directory, and what of it is scanned.

    ``root`` is absolute.  ``paths`` are those that were named within it, relative to it;
    with ``whole`` all of it is scanned, and they only if nothing else would show them.
    """

    root: bytes
    checkout: bool
    whole: bool = True
    paths: tuple[bytes, ...] = ()


class Targets(NamedTuple):
    """All that one scan looks at.  Paths in reports are relative to ``base``, which is absolute."""

    base: bytes
    targets: tuple[Target, ...]

    def prefix(self, target: Target) -> bytes:
        """What stands before a path of *target* in reports: empty, or a directory ending in a slash."""
        if target.root == self.base:
            return b""
        return os.path.relpath(target.root, self.base).replace(os.fsencode(os.sep), b"/") + b"/"


def find_checkout(directory: bytes) -> bytes | None:
    """The nearest directory, from the absolute *directory* upwards, that has a ``.git``; None where none does."""
    while True:
        if os.path.lexists(os.path.join(directory, b".git")):
            return directory
        above = os.path.dirname(directory)
        if above == directory:
            return None
        directory = above


def is_bare(directory: bytes) -> bool:
    """Whether *directory* is a bare repository (or the inside of a ``.git``)."""
    return all(os.path.exists(os.path.join(directory, part)) for part in (b"HEAD", b"objects", b"refs"))


def resolve(paths: Sequence[str]) -> Targets:
    """Sort *paths*, as given on the command line, into targets.

    Raises :class:`UsageError` for a path that is not there or has no work tree.
    """
    wanted: dict[tuple[bytes, bool], list[bytes]] = {}
    for given in paths:
        whole = os.path.realpath(os.fsencode(given))
        if not os.path.lexists(whole):
            raise UsageError(f"{redact(given)}: no such file or directory")
        is_file = not os.path.isdir(whole)
        directory = os.path.dirname(whole) if is_file else whole
        if is_bare(directory) and not is_file:
            raise UsageError(f"{redact(given)}: a bare repository has no files to scan: name a checkout of it")
        root = find_checkout(directory)
        checkout = root is not None
        if root is None:
            root = directory
        path = os.path.relpath(whole, root).replace(os.fsencode(os.sep), b"/")
        wanted.setdefault((root, checkout), []).append(path)
    targets = tuple(
        Target(root, checkout, b"." in inner, tuple(path for path in dict.fromkeys(inner) if path != b"."))
        for (root, checkout), inner in wanted.items()
    )
    base = targets[0].root if len(targets) == 1 else os.path.realpath(os.fsencode(os.getcwd()))
    return Targets(base, targets)
