"""What stands around a candidate, as single bytes, whatever the width of the text's characters."""

from __future__ import annotations

from typing import NamedTuple

from cencori_guard.search.part import Candidate


class Window(NamedTuple):
    """The bytes around a candidate as single bytes; ``step`` is the width of a character in the blob.

    The candidate stands at ``data[at]``.  ``encoding``: that of the characters.
    """

    data: bytes
    at: int
    step: int
    encoding: str


def window(candidate: Candidate, before: int, after: int, *, big: bool) -> Window:
    """The candidate's surroundings: as far as *before* and *after* (bytes, even) allow, and the blob reaches.

    *big*: where characters are of two bytes, the zero comes first.
    """
    data, at = candidate.data, candidate.at
    low, high = max(candidate.begin, at - before), min(candidate.end, at + after)
    if not candidate.form.wide:
        return Window(bytes(data[low:high]), at - low, 1, "utf-8")
    low += (at - low) % 2
    # The zero bytes stand before the characters in UTF-16BE, after them in UTF-16LE.
    if big:
        highs = bytes(data[low - 1 : high - 1 : 2]) if low > candidate.begin else b"\0" + data[low + 1 : high - 1 : 2]
    else:
        highs = bytes(data[low + 1 : high : 2])
    return Window(narrow(bytes(data[low:high:2]), highs), (at - low) // 2, 2, "utf-16-be" if big else "utf-16-le")


def narrow(lows: bytes, highs: bytes) -> bytes:
    """UTF-16 as one byte a character; those that are not ASCII become 0xFF, which is in no key."""
    if not highs.strip(b"\0"):
        return lows[: len(highs) + 1]
    return bytes(
        low if not high and low < 128 else 255 for low, high in zip(lows, highs.ljust(len(lows), b"\0"), strict=False)
    )
