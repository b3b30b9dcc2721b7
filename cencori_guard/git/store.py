"""What lies in a repository's object store, by the names of its files.

Every object is in one of them, whether or not anything reaches it: a store of which each
file has been looked at has been looked at whole.  The format of a pack's index:
https://git-scm.com/docs/gitformat-pack.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cencori_guard.errors import GitError
from cencori_guard.git.runner import Git

_LOOSE = rb"[0-9a-f]{40}(?:[0-9a-f]{24})?"
_INDEX_HEAD = b"\377tOc\0\0\0\2"
_FANOUT = 256 * 4
_AT_ONCE = 1000


class Store(NamedTuple):
    """The ids of the loose objects, the packs with their sizes in bytes, and whether others lend their objects."""

    directory: bytes
    loose: frozenset[bytes]
    packs: dict[str, int]
    shared: bool


def look_into_store(git: Git) -> Store:
    """Look what files there are.  Raises :class:`GitError`."""
    said = git.run("rev-parse", "--git-path", "objects").rstrip(b"\n")
    directory = os.path.join(git.directory, said)
    loose: set[bytes] = set()
    packs: dict[str, int] = {}
    try:
        for name in os.listdir(directory):
            if re.fullmatch(rb"[0-9a-f]{2}", name):
                loose.update(name + rest for rest in os.listdir(os.path.join(directory, name)))
        for name in os.listdir(os.path.join(directory, b"pack")):
            if name.endswith(b".pack"):
                whole = os.path.join(directory, b"pack", name)
                packs[name[: -len(b".pack")].decode("ascii", "backslashreplace")] = os.path.getsize(whole)
        shared = os.path.exists(os.path.join(directory, b"info", b"alternates"))
    except FileNotFoundError:  # something went while we looked: as if it lay elsewhere, all is to be looked at
        shared = True
    except OSError as error:
        raise GitError(f"{os.fsdecode(said)}: cannot be read: {error.strerror}") from error
    return Store(directory, frozenset(oid for oid in loose if re.fullmatch(_LOOSE, oid)), packs, shared)


def objects_in(git: Git, store: Store, packs: Iterable[str]) -> Iterator[bytes]:
    """Yield the ids of all objects in *packs*.  Raises :class:`GitError` where an index cannot be read."""
    size = 32 if git.run("rev-parse", "--show-object-format").strip() == b"sha256" else 20
    for pack in packs:
        try:
            with open(os.path.join(store.directory, b"pack", os.fsencode(pack) + b".idx"), "rb") as stream:
                head = stream.read(len(_INDEX_HEAD) + _FANOUT)
                if not head.startswith(_INDEX_HEAD) or len(head) < len(_INDEX_HEAD) + _FANOUT:
                    raise GitError(f"{pack}.idx: not an index of version 2")
                left = int.from_bytes(head[-4:], "big")
                while left:
                    names = stream.read(size * min(left, _AT_ONCE))
                    if not names or len(names) % size:
                        raise GitError(f"{pack}.idx: cut short")
                    left -= len(names) // size
                    yield from (names[at : at + size].hex().encode("ascii") for at in range(0, len(names), size))
        except OSError as error:
            raise GitError(f"{pack}.idx: cannot be read: {error.strerror}") from error
