"""One change to one file, and what a person sees of it before it is made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import unified_diff
from typing import NamedTuple

from cencori_guard.errors import GuardError
from cencori_guard.text import harmless, shown


class Change(NamedTuple):
    """The file at *path* (absolute, no link in it) gets the content *new* in the place of *old*; None: there is none.

    *executable*: it shall be a program; but for that, the mode of one that is there is
    kept.  *why*: half a sentence for people.
    """

    path: bytes
    old: bytes | None
    new: bytes
    why: str
    executable: bool = False


def read(path: bytes) -> bytes | None:
    """The content of a file that may be changed; None where there is none.

    Raises :class:`GuardError` for what is no regular file: a link may lead anywhere.
    """
    if not os.path.lexists(path):
        return None
    if os.path.islink(path) or not os.path.isfile(path):
        raise GuardError(f"{shown(path)}: not a regular file, so it is left alone; make it one, or mend it by hand")
    with open(path, "rb") as stream:
        return stream.read()


def diff(change: Change, root: bytes) -> Iterator[str]:
    """The lines of a unified diff, as ``diff -u`` writes it, keys redacted; *root*: what paths are relative to."""
    name = shown(os.path.relpath(change.path, root))
    before, after = (shown(text).splitlines() for text in (change.old or b"", change.new))
    old_name = "/dev/null" if change.old is None else f"a/{name}"
    for line in unified_diff(before, after, old_name, f"b/{name}", lineterm=""):
        yield harmless(line)
