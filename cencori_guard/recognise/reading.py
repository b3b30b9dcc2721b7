"""The keys that stand in some bytes, in whatever way they are written there, one layer within the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from cencori_guard.keys import LONGEST, PREFIXES, Confidence, Key, is_plausible, key_at, starts_token
from cencori_guard.recognise.window import narrow
from cencori_guard.search.decoders.escapes import unescape
from cencori_guard.search.decoders.grouped import Cut, Token, begins_well, tokens_at
from cencori_guard.search.forms import Form, Writing
from cencori_guard.search.matchers import ReMatcher

# Encodings of encodings.
DEEPEST = 3
# A needle of which a line end cuts something off is shorter.
_NEEDLE = 24
_LONGEST_PREFIX = max(map(len, PREFIXES))
_TELLING, _FEWEST = 8 + 24, 6
# How far to the left the text that is encoded may begin.
BEFORE = 1400


# The beginning of a key up to a character that may be spelled: \\u0034, %34, &#52;, =34 or a soft line end.
_SPELLED = re.compile(rb"c[a-z_]{3}[A-Za-z0-9_.-]{0,256}(?:\\[\\uxU01\r\n]|%[0-9u]|&[\#aUlph]|=[0-9A-F\r\n])")


class Reading(NamedTuple):
    """A key of *size* characters, the place of all that says it (of the token, if it is encoded), and the layers."""

    key: Key
    start: int
    end: int
    size: int
    layers: tuple[str, ...] = ()


@cache
def _matcher() -> ReMatcher:
    return ReMatcher()


def _worth(reading: Reading) -> tuple[bool, int]:
    """How much of a key it is: a whole one, and of two the longer, which the other is a piece of."""
    return reading.key.confidence is Confidence.EXACT, reading.size


def is_better(new: Reading | None, old: Reading | None) -> bool:
    """Whether *new* is more of a key than *old*."""
    return new is not None and (old is None or _worth(new) > _worth(old))


def plain_at(data: bytes, at: int, *, unbordered: bool) -> Reading | None:
    """The key that begins at *at* and is written as it is, but for characters of its body that may be spelled."""
    hit = key_at(data, at, unbordered=unbordered) if is_plausible(data, at, len(data)) else None
    found = hit and Reading(hit.key, hit.start, hit.end, hit.end - hit.start)
    if not may_be_spelled(data, at, len(data)):
        return found
    spelled = spelled_at(data, at, unbordered=unbordered)
    return spelled if is_better(spelled, found) else found


def may_be_spelled(data: bytes | bytearray, at: int, end: int) -> bool:
    """Whether what begins at *at* goes on as a key would, to a character that may be spelled."""
    return _SPELLED.match(data, at, end) is not None


def spelled_at(data: bytes, at: int, *, unbordered: bool = False) -> Reading | None:
    """The key that begins at *at* and has characters that are spelled."""
    beginning = unescape(data, at, _LONGEST_PREFIX)
    if beginning and not beginning.text.startswith(PREFIXES):  # most of what only looks like one
        return None
    beginning = unescape(data, at, _TELLING)
    if beginning and not is_plausible(beginning.text, 0, len(beginning.text)):
        return None
    # So few characters so often are in no key (one in ten million would be turned away).
    if beginning and len(beginning.text) >= _TELLING and len(set(beginning.text[_LONGEST_PREFIX:_TELLING])) < _FEWEST:
        return None
    spelled = unescape(data, at, LONGEST)
    if spelled is None or not (unbordered or starts_token(data, at)):
        return None
    hit = key_at(spelled.text, 0)
    if hit is None or spelled.places[hit.end] - at == hit.end:  # what is spelled comes after it
        return None
    while data[at : at + 1] == data[at - 1 : at] == b"\\":  # of an escape within an escape
        at -= 1
    return Reading(hit.key, at, spelled.places[hit.end], hit.end, spelled.layers)


class Found(NamedTuple):
    """A key in an encoded text: what is to be told of it, and where the characters that encode it stand."""

    reading: Reading
    start: int
    end: int


class Encoded(NamedTuple):
    """What was read in and around an encoded run; all that begins before *known* has been looked at."""

    found: list[Found]
    known: int


def encoded_at(data: bytes, at: int, form: Form, cut: Cut, depth: int) -> Encoded:
    """The keys that what is encoded around *at* in *data* says on that line; *depth* encodings lead there."""
    found: list[Found] = []
    if not begins_well(data, at, form):  # what may be read in another way as well
        return Encoded(found, at)
    known = at + 1
    tokens = tokens_at(data, at, form.writing, form.lead, cut)
    for token in tokens:
        line = tokens[0].lines[0]
        end = line[1] - cut.margin if token.cut.right and len(token.lines) == 1 else line[1]
        known = max(known, end)
        for new in _in_token(token, depth):
            # What may be cut off comes again.
            if new.start >= end or new.end <= line[0]:
                continue
            # What begins in another line is told with that, but where the line end lies in or beside its needle.
            if new.start < line[0] and (at > line[0] + _NEEDLE or new.start < line[0] - 2 * _NEEDLE):
                continue
            rivals = [old for old in found if _is_same_place(old, new)]
            if all(is_better(new.reading, old.reading) for old in rivals):
                found = [old for old in found if old not in rivals] + [new]
    return Encoded(sorted(found, key=lambda f: f.start), known)


def _is_same_place(one: Found, other: Found) -> bool:
    """Whether they overlap by more than the group of characters in which neighbours meet."""
    common = min(one.end, other.end) - max(one.start, other.start)
    return 2 * common > min(one.end - one.start, other.end - other.start)


def _in_token(token: Token, depth: int) -> Iterator[Found]:
    for inner in keys_in(token.data, depth + 1, token.cut):
        reading = inner.reading
        # Of a token that goes on, the place is that of the key in it.
        place = (token.start, token.end) if token.is_whole else token.span(reading.start, reading.end)
        told = reading._replace(start=place[0], end=place[1], layers=(str(token.writing), *reading.layers))
        yield Found(told, *token.span(inner.start, inner.end))


def keys_in(data: bytes, depth: int, cut: Cut) -> Iterator[Found]:
    """The keys in some decoded bytes, each place once; *cut*: whether the bytes go on."""
    done = 0
    known: dict[tuple[Writing, int], int] = {}
    said: set[tuple[Key, int]] = set()
    # What begins at the end of bytes that go on comes again.
    end = len(data) - cut.margin if cut.right else len(data)
    for at, form in _matcher().find(data, len(data)):
        if at >= end:
            break
        if form.writing is Writing.PLAIN or form.writing is Writing.ESCAPED:
            if at < done:
                continue
            if form.wide:
                reading = _wide_at(data, at)
            elif form.writing is Writing.PLAIN:
                reading = plain_at(data, at, unbordered=True)
            else:
                reading = spelled_at(data, at, unbordered=True)
            if reading and not (cut.right and reading.end >= len(data)):
                done = reading.end
                yield Found(reading, reading.start, reading.end)
        elif form.writing in (Writing.BASE64, Writing.HEX) and depth < DEEPEST:
            step = 2 if form.wide else 1
            phase = form.writing, (at - form.lead * step) % (4 * step)
            if at < known.get(phase, 0):
                continue
            # A wide text as single bytes; what is no character is in no encoding.
            text = narrow(data[at % 2 :: 2], data[at % 2 + 1 :: 2]) if form.wide else data
            encoded = encoded_at(text, at // step, form, cut, depth)
            known[phase] = encoded.known * step
            for found in encoded.found:
                if (found.reading.key, found.start) not in said:
                    said.add((found.reading.key, found.start))
                    yield _widened(found, at % 2) if form.wide else found


def _widened(found: Found, odd: int) -> Found:
    """*found* in every second byte, in terms of all of them."""
    reading = found.reading
    layers = ("utf-16-le", *reading.layers)
    told = reading._replace(start=2 * reading.start + odd, end=2 * reading.end + odd, layers=layers)
    return Found(told, 2 * found.start + odd, 2 * found.end + odd)


def _wide_at(data: bytes, at: int) -> Reading | None:
    best: Reading | None = None
    for encoding, offset in (("utf-16-le", 1), ("utf-16-be", -1)):
        low = max(at % 2, at - 2 * 20)
        lows = data[low : at + 2 * LONGEST : 2]
        highs = data[low + offset : at + 2 * LONGEST + offset : 2] if low + offset >= 0 else b"\0" + data[1::2]
        text = narrow(lows, highs)
        middle = (at - low) // 2
        hit = key_at(text, middle, unbordered=True)
        if hit:
            size = hit.end - middle
            new = Reading(hit.key, at, at + 2 * size, size, (encoding,))
            best = new if is_better(new, best) else best
    return best
