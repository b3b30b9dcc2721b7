"""The globs of the table: segments with ``*`` and ``?`` in them, ``**`` for any number of segments."""

from __future__ import annotations

import re
from functools import lru_cache

_WILDCARD = re.compile(r"[*?]")


@lru_cache(4096)
def path_pattern(glob: str) -> re.Pattern[bytes]:
    """Matches a path (bytes, relative) that *glob* names, or that lies below a directory that it names."""
    segments = glob.strip("/").split("/")
    below = b"(?:/.*)?"
    while segments[-1] == "**":
        segments.pop()
        below = b"/.*"
    parts = [b"(?:[^/]+/)*" if segment == "**" else _segment(segment) + b"/" for segment in segments]
    return re.compile(rb"(?s)\A" + b"".join(parts).removesuffix(b"/") + below + rb"\Z")


def name_pattern(glob: str) -> bytes:
    """A pattern, as text of one, that matches the whole of a name that *glob* names."""
    return rb"(?s:\A" + _segment(glob) + rb"\Z)"


def literal_part(glob: str) -> str:
    """The directories that *glob* begins with, up to the first that has a wildcard."""
    segments = glob.strip("/").split("/")
    plain = next((n for n, segment in enumerate(segments) if _WILDCARD.search(segment)), len(segments))
    return "/".join(segments[:plain])


def _segment(segment: str) -> bytes:
    return b"".join(
        b"[^/]*" if letter == "*" else b"[^/]" if letter == "?" else re.escape(letter).encode("utf-8")
        for letter in re.sub(r"\*+", "*", segment)
    )
