"""Bytes and strings of strangers, made fit to be shown."""

from __future__ import annotations

import os
from collections.abc import Collection

from cencori_guard.keys import redact


def shown(path: bytes) -> str:
    """*path* as reports write it: UTF-8, other bytes as ``\\xNN``, keys redacted."""
    return redact(path.decode("utf-8", "backslashreplace"))


def name_from_here(path: bytes) -> str:
    """*path* as messages show it: from here, where that is shorter."""
    here = os.path.relpath(path)
    return shown(here if len(here) < len(path) else path)


def harmless(text: str) -> str:
    """*text* without anything that a terminal acts upon or that hides: such characters are written as escapes."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}" for c in text
    )


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The end of a sentence about an unknown *word*: the nearest that is *known*, or all of them."""
    from difflib import get_close_matches  # only for those who made a mistake

    near = get_close_matches(word, known, 1, 0.5)
    return f"; did you mean {str(near[0])!r}?" if near else f"; known are {', '.join(sorted(known))}"
