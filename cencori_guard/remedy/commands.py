"""Names of strangers in commands that people type."""

from __future__ import annotations

import shlex

from cencori_guard.keys import find_keys
from cencori_guard.models import Blob, Match
from cencori_guard.text import shown


def quote(path: str) -> str:
    """*path* as a shell would take it; names that cannot be typed stay as they are shown."""
    return shlex.quote(path) if path.isprintable() else path


def typed(path: bytes) -> str | None:
    """*path* as an argument of a command of git's; None where it cannot be told, since a key is part of it."""
    if find_keys(path, anywhere=True):
        return None
    return quote(shown((b"./" if path.startswith((b"-", b":")) else b"") + path))


def within(blob: Blob) -> bytes:
    """The path of *blob* in the repository that has it."""
    return blob.path[len(blob.repository or b"") :]


def is_packed(match: Match) -> bool:
    """Whether the key lies in what has to be unpacked; a notebook or a source map is text that a person can edit."""
    return bool(match.blob.opened or match.inside) and not match.blob.path.endswith((b".ipynb", b".map"))


def untrack(blob: Blob) -> str:
    """How to take the file *blob* out of git, and keep it on disk: to be read after "To untrack it"."""
    prefix = blob.repository or b""
    path = typed(within(blob))
    if path is None:
        return "take it out of git with `git rm --cached`, which keeps it on disk"
    there = f"-C {quote(shown(prefix))} " if prefix else ""
    return f"`git {there}rm --cached {path}`"
