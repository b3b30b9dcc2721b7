"""The two-stage search's second half: the grammar, applied to a bounded window around each candidate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cencori_guard.keys import LONGEST, Confidence, Key, KeyAt, Kind, find_keys, is_plausible, key_at
from cencori_guard.models import Blob, Excerpt, Match, Mention
from cencori_guard.names import WORDS, use_in
from cencori_guard.search.engine import AHEAD, BEHIND, Candidate
from cencori_guard.search.needles import LFS_POINTER
from cencori_guard.tally import Tally

# More keys than this in one blob, or in one scan, are no leak but an attack on whoever reads the report.
MOST_IN_BLOB = 1_000
MOST_IN_SCAN = 20_000
# The versions of one file in a history may say the same key again and again.
_MOST_TIMES = 50_000
# Words looked at in one blob; a project that uses Cencori says so sooner.
_MOST_MENTIONS = 1_000

_NOTE = r"cencori-guard:\s*(allow(?:-next-line)?(?!-?\w)[^\r\n]{0,300})"
_LFS_POINTER_HEAD = b"version https://git-lfs.github.com/spec/v1\n"
_NEAR = 200
# Bytes shown of a line on either side of a key.
_SHOWN = 240
_TOKEN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
# The body of a key without its prefix is no one's business either.
_HEX_RUN = rb"[0-9a-fA-F]{24,}"


class _Window(NamedTuple):
    """The bytes around a candidate as single bytes; ``step`` is the width of a character in the blob."""

    data: bytes
    at: int
    step: int
    encoding: str


def recognise(candidates: Iterable[Candidate], tally: Tally) -> Iterator[Match | Mention]:
    """Yield the keys among *candidates*, and the signs that the project uses Cencori.

    Keys do not overlap.  A blob or a scan with more keys than anyone can read is noted
    in *tally* as not fully looked at.  Publishable keys never use up the room of others.
    """
    blob: Blob | None = None
    done = keys = public = mentions = 0
    seen: set[Key] = set()
    times = public_times = 0
    for candidate in candidates:
        if candidate.blob is not blob:
            blob, done, keys, public, mentions = candidate.blob, 0, 0, 0, 0
        data, at = candidate.data, candidate.at
        if data.startswith(LFS_POINTER, at, candidate.end):
            if candidate.base >= 0 and data.startswith(_LFS_POINTER_HEAD, candidate.base, candidate.end):
                tally.skip(blob.path, "Git LFS pointer: the content itself is not here", blind=False)
            continue
        offset = at - candidate.base
        wide = data[at + 1 : at + 2] == b"\0"
        plausible = keys <= MOST_IN_BLOB and (
            is_plausible(data[at : at + 2 * LONGEST : 2], 0, LONGEST) if wide else is_plausible(data, at, candidate.end)
        )
        word = data.startswith(WORDS, at, candidate.end) or (wide and data[at : at + 14 : 2] in WORDS)
        if not plausible and (mentions >= _MOST_MENTIONS or not word):
            continue
        window, hit = _read(candidate, plausible)
        if word and mentions < _MOST_MENTIONS:
            mentions += 1
            use = use_in(*_line_of(window))
            if use:
                yield Mention(blob, *use)
        if not hit or offset < done:
            continue
        if hit.key.kind is Kind.PUBLISHABLE:
            public, public_times = public + 1, public_times + 1
            if public > MOST_IN_BLOB or public_times > MOST_IN_SCAN:
                tally.skip(blob.path, "has more publishable keys than are listed", blind=False)
                continue
        else:
            keys, times = keys + 1, times + 1
            seen.add(hit.key)
            if keys > MOST_IN_BLOB:
                tally.skip(blob.name, f"has more than {MOST_IN_BLOB:,} keys; the rest is not listed", blind=True)
                continue
            if len(seen) > MOST_IN_SCAN or times > _MOST_TIMES:
                many = f"{MOST_IN_SCAN:,} keys" if len(seen) > MOST_IN_SCAN else f"{_MOST_TIMES:,} places with a key"
                tally.skip(blob.name, f"more than {many} in one scan; the rest is not listed", blind=True)
                return
        done = offset + (hit.end - hit.start) * window.step
        yield _match(candidate, hit.key, hit.end - hit.start, big=window.encoding == "utf-16-be")


def recognise_name(blob: Blob) -> Iterator[Match]:
    """Yield the keys in the name of *blob*, each once; ``blob`` in an answer is the part of the path up to the key."""
    for key, hit in {hit.key: hit for hit in reversed(find_keys(blob.path))}.items():
        end = blob.path.find(b"/", hit.end)
        named = blob if end < 0 else blob._replace(path=blob.path[: end + 1], oid=None)
        yield Match(named, key, None, None, None)


def _read(candidate: Candidate, plausible: bool) -> tuple[_Window, KeyAt | None]:
    """The candidate's surroundings and the key in them.

    Between ASCII characters the two orders of UTF-16 look alike: the text's own is tried
    first, and the other where that finds no whole key.
    """
    first = candidate.cursor.encoding == "utf-16-be"
    best: tuple[_Window, KeyAt | None] | None = None
    for big in (first, not first):
        window = _window(candidate, _NEAR, 2 * LONGEST, big=big)
        hit = key_at(window.data, window.at) if plausible else None
        if best is None or (hit and (not best[1] or hit.key.confidence is Confidence.EXACT)):
            best = window, hit
        if window.step == 1 or not plausible or (hit and hit.key.confidence is Confidence.EXACT):
            break
    assert best
    return best


def _window(candidate: Candidate, before: int, after: int, *, big: bool) -> _Window:
    """The candidate's surroundings: as far as *before* and *after* (bytes, even) allow, and the blob reaches."""
    data, at = candidate.data, candidate.at
    low, high = max(candidate.begin, at - before), min(candidate.end, at + after)
    if data[at + 1 : at + 2] != b"\0":
        return _Window(bytes(data[low:high]), at - low, 1, "utf-8")
    low += (at - low) % 2
    # The zero bytes stand before the characters in UTF-16BE, after them in UTF-16LE.
    if big:
        highs = bytes(data[low - 1 : high - 1 : 2]) if low > candidate.begin else b"\0" + data[low + 1 : high - 1 : 2]
    else:
        highs = bytes(data[low + 1 : high : 2])
    return _Window(_narrow(bytes(data[low:high:2]), highs), (at - low) // 2, 2, "utf-16-be" if big else "utf-16-le")


def _narrow(lows: bytes, highs: bytes) -> bytes:
    """UTF-16 as one byte a character; those that are not ASCII become 0xFF, which is in no key."""
    if not highs.strip(b"\0"):
        return lows[: len(highs) + 1]
    return bytes(
        low if not high and low < 128 else 255 for low, high in zip(lows, highs.ljust(len(lows), b"\0"), strict=False)
    )


def _line_of(window: _Window) -> tuple[bytes, int]:
    """The line around the candidate, at most 400 bytes of it, and where the candidate stands in it."""
    low = max(window.data.rfind(b"\n", 0, window.at) + 1, window.at - 200)
    high = window.data.find(b"\n", window.at)
    return window.data[low : min(high if high >= 0 else len(window.data), window.at + 200)], window.at - low


def _match(candidate: Candidate, key: Key, length: int, *, big: bool) -> Match:
    cursor = candidate.cursor
    cursor.advance(candidate.data, candidate.base, candidate.at - candidate.base)
    window = _window(candidate, BEHIND, AHEAD, big=big)
    # In a text of single bytes a UTF-16 key is twice as many characters long.
    columns = length if window.step == cursor.width else length * window.step
    excerpt, notes = _surroundings(window, key, window.at + length)
    return Match(
        candidate.blob,
        key,
        cursor.line,
        cursor.column,
        cursor.column + columns,
        () if window.step == 1 else (window.encoding,),
        excerpt,
        notes,
    )


def _surroundings(window: _Window, key: Key, key_end: int) -> tuple[Excerpt, tuple[str, ...]]:
    """The match's line for people to read, every key in it redacted, and the comments that concern it."""
    data, at = window.data, window.at
    start = data.rfind(b"\n", 0, at) + 1
    end = data.find(b"\n", key_end)
    end = len(data) if end < 0 else end
    notes = [n for n in _notes(data[start:end]) if not n.startswith("allow-next-line")]
    if start:
        above = data[data.rfind(b"\n", 0, start - 1) + 1 : start]
        notes += [n for n in _notes(above) if n.startswith("allow-next-line")]
    before, after = data[start:at][-_SHOWN:], data[key_end:end][:_SHOWN]
    if b"\0" in data:  # a binary file: what stands beyond may be a key in another width
        before, after = before[before.rfind(b"\0") + 1 :], after.partition(b"\0")[0]
    # What the edges cut may be a piece of another key.
    if len(before) == _SHOWN:
        before = before.lstrip(_TOKEN)
    if len(after) == _SHOWN:
        after = after.rstrip(_TOKEN)
    left, right = _hide(before), _hide(after.lstrip(_TOKEN) if after[:1].isalnum() else after)
    return Excerpt(left + key.redacted + right, len(left), len(left) + len(key.redacted)), tuple(notes)


def _notes(line: bytes) -> list[str]:
    """The comments for us in *line*, without keys."""
    return re.findall(_NOTE, _hide(line)) if b"cencori-guard:" in line else []


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _hide(data: bytes) -> str:
    """*data* as text in which every key is redacted, and any long run of hex digits too."""
    parts, at = [], 0
    for hit in find_keys(data, anywhere=True):
        parts += [re.sub(_HEX_RUN, b"*", data[at : hit.start]), hit.key.redacted.encode()]
        at = hit.end
    parts.append(re.sub(_HEX_RUN, b"*", data[at:]))
    return _text(b"".join(parts)).strip("\r")
