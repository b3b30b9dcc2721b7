"""What stands at a candidate, and what is to be told of it."""

from __future__ import annotations

from cencori_guard.keys import LONGEST, Confidence, is_plausible
from cencori_guard.models import Match, Opened
from cencori_guard.recognise.reading import Reading, is_better, may_be_spelled, plain_at, spelled_at
from cencori_guard.recognise.shown import excerpt_of, notes_on
from cencori_guard.recognise.window import Window, window
from cencori_guard.search.forms import Writing
from cencori_guard.search.part import AHEAD, BEHIND, Candidate

# Before a key, for escapes and the line; after it, for the longest key of which every character is spelled.
_NEAR, _AFTER = 200, 4000


def may_be_key(candidate: Candidate) -> bool:
    """Whether a key may begin here: a cheap test, for most of what only begins like one."""
    if candidate.form.writing is Writing.ESCAPED:
        return True
    return is_plausible(*_beginning(candidate)) or may_be_spelled(*_beginning(candidate))


def _may_be_spelled(candidate: Candidate) -> bool:
    return may_be_spelled(*_beginning(candidate))


def _beginning(candidate: Candidate) -> tuple[bytes | bytearray, int, int]:
    """Some bytes, and the part of them that begins at *candidate*: as single bytes, but for those of other scripts."""
    data, at = candidate.data, candidate.at
    if not candidate.form.wide:
        return data, at, candidate.end
    text = bytes(data[at : min(candidate.end, at + 2 * LONGEST) : 2])
    return text, 0, len(text)


def read(candidate: Candidate, *, looking: bool) -> tuple[Window, Reading | None]:
    """The candidate's surroundings and the key in them.

    Between ASCII characters the two orders of UTF-16 look alike: the text's own is tried
    first, and the other where that finds no whole key.
    """
    first = candidate.cursor.encoding == "utf-16-be"
    binary = candidate.cursor.is_binary or bool(candidate.blob.decoded)
    spelled = candidate.form.writing is Writing.ESCAPED or _may_be_spelled(candidate)
    best: tuple[Window, Reading | None] | None = None
    for big in (first, not first):
        near = window(candidate, _NEAR, _AFTER if spelled else 2 * LONGEST, big=big)
        reading = None
        if looking and candidate.form.writing is Writing.PLAIN:
            reading = plain_at(near.data, near.at, unbordered=binary)
        elif looking:
            reading = spelled_at(near.data, near.at)
        if best is None or is_better(reading, best[1]):
            best = near, reading
        if near.step == 1 or not looking or (reading and reading.key.confidence is Confidence.EXACT):
            break
    assert best
    return best


def line_of(near: Window) -> tuple[bytes, int]:
    """The line around the candidate, at most 400 bytes of it, and where the candidate stands in it."""
    low = max(near.data.rfind(b"\n", 0, near.at) + 1, near.at - 200)
    high = near.data.find(b"\n", near.at)
    return near.data[low : min(high if high >= 0 else len(near.data), near.at + 200)], near.at - low


def match_of(candidate: Candidate, near: Window, reading: Reading) -> Match:
    """What is to be said of *reading*, whose places are in *near*."""
    blob, key = candidate.blob, reading.key
    layers = (*blob.decoded, *reading.layers)
    if blob.opened is Opened.ARCHIVE:  # no text that anyone can open
        return Match(blob, key, None, None, None, layers, inside=blob.inside)
    cursor = candidate.cursor
    start = candidate.at - candidate.base + (reading.start - near.at) * near.step
    line, column = cursor.place(candidate.data, candidate.base, candidate.begin, start)
    around = window(candidate, BEHIND, AHEAD, big=near.encoding == "utf-16-be")
    shift = around.at - near.at
    first, last = reading.start + shift, reading.end + shift
    size = len(around.data[first:last].partition(b"\n")[0].rstrip(b"\r"))
    # In a text of single bytes a UTF-16 key is twice as many characters long.
    columns = size if near.step == cursor.width else size * near.step
    return Match(
        blob,
        key,
        line,
        column,
        column + columns,
        layers,
        excerpt_of(around.data, first, last, key),
        notes_on(around.data, first, last),
        blob.inside,
    )
