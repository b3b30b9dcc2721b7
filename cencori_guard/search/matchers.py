"""The bulk search, twice: with the standard library for small inputs, with hyperscan where there is enough to search.

Both give the same answers (a property test runs them side by side): the offsets at
which a needle begins, in ascending order, each with the form that it may be the sign of.
Encoded forms count only in a run of their alphabet that could hold an encoded key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple, Protocol

from cencori_guard.search.forms import ALPHABET, SEPARATORS, SHORTEST_RUN, SHORTEST_STRETCH, Form, Writing, needles

# From here on hyperscan's speed repays its import and the compilation of the needles (about 45 ms, against
# 10 ms a MB).
WORTH_HYPERSCAN = 3 << 20

# The offset of a needle, and its form.
Hit = tuple[int, Form]

_ENCODED = (Writing.BASE64, Writing.HEX, Writing.PACKED)
_IN_RUN, _OUTSIDE = b"a", b" "
# JSON as PHP writes it puts a backslash before every slash.
_RUNS = bytes(_IN_RUN[0] if code in ALPHABET + b"\\" else _OUTSIDE[0] for code in range(256))
_LONG_RUN = _IN_RUN * SHORTEST_RUN
# A run of letters of one case alone is a name and no encoding.
_LOWER = b"abcdefghijklmnopqrstuvwxyz" + SEPARATORS
_UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ" + SEPARATORS
_WORDS = bytes(32 if code in SEPARATORS else code for code in range(256))
_HEAD = 3
_OTHERS = b"\0" + b"\xff" * 255
# Zero bytes are counted in blocks of that size, each with the beginning of the next: more than two runs long.
_BLOCK, _MARGIN = 4096, 128
# The longest that stands before a run and belongs to a needle: ``\\n`` of which the n is in the run.
_MARK = 1


class Matcher(Protocol):
    """Finds the needles in a buffer."""

    def find(self, data: bytes | bytearray, size: int) -> list[Hit]:
        """The needles in ``data[:size]``, ascending, each once."""


class _Needle(NamedTuple):
    """A needle of an encoded form; ``inside``: which of its characters lies in the run that it stands in or beside."""

    word: bytes
    inside: int
    forms: tuple[Form, ...]


def _inside(word: bytes, *, wide: bool) -> int:
    """The index in *word* of a character that is of the run, and no line break before or after it."""
    step = 2 if wide else 1
    return 0 if word[0] in ALPHABET else len(word) - step


class _Tables(NamedTuple):
    """The needles as the standard library looks for them."""

    alone: list[tuple[bytes, tuple[Form, ...]]]
    literal: list[tuple[re.Pattern[bytes], dict[bytes, tuple[Form, ...]]]]
    longer: dict[bytes, list[bytes]]
    narrow: dict[bytes, list[_Needle]]
    wide: dict[bytes, list[_Needle]]


@cache
def _tables() -> _Tables:
    literal: dict[bytes, dict[bytes, tuple[Form, ...]]] = {}
    heads: tuple[dict[bytes, list[_Needle]], dict[bytes, list[_Needle]]] = {}, {}
    for word, forms in needles().items():
        if forms[0].writing not in _ENCODED:
            literal.setdefault(word[:1], {})[word] = forms
            continue
        wide = forms[0].wide
        head = word[: 2 * _HEAD : 2] if wide else word[:_HEAD]
        heads[wide].setdefault(head, []).append(_Needle(word, _inside(word, wide=wide), forms))
    alone = [item for words in literal.values() if len(words) == 1 for item in words.items()]
    # One pattern for each first byte: ``re`` runs fast only where a pattern begins with a literal.
    # In a lookahead, so that needles may overlap.
    patterns = [
        (re.compile(re.escape(first) + b"(?=(" + _trie([word[1:] for word in words]) + b"))", re.DOTALL), words)
        for first, words in sorted(literal.items())
        if len(words) > 1
    ]
    longer: dict[bytes, list[bytes]] = {}
    for words in literal.values():
        for word in words:
            for size in range(1, len(word)):
                if word[:size] in words:
                    longer.setdefault(word[:size], []).append(word)
    return _Tables(alone, patterns, longer, *heads)


def _trie(words: list[bytes]) -> bytes:
    """A pattern for any of *words*, in which no two branches begin alike: ``re`` tries them one after the other."""
    branches: dict[bytes, list[bytes]] = {}
    for word in words:
        branches.setdefault(word[:1], []).append(word[1:])
    if b"" in branches:  # those that it begins are looked for where it stands
        return b""
    parts = [re.escape(first) + _trie(rest) for first, rest in sorted(branches.items())]
    return parts[0] if len(parts) == 1 else b"(?:" + b"|".join(parts) + b")"


class ReMatcher:
    """The standard library's engine: nothing to import, little to compile, about 0.2 GB/s."""

    def __init__(self) -> None:
        self._tables = _tables()

    def find(self, data: bytes | bytearray, size: int) -> list[Hit]:
        """See :class:`Matcher`."""
        found: list[Hit] = []
        for word, forms in self._tables.alone:
            at = data.find(word, 0, size)
            while at >= 0:
                found += [(at, form) for form in forms]
                at = data.find(word, at + 1, size)
        for pattern, words in self._tables.literal:
            for match in pattern.finditer(data, 0, size):
                at = match.start()
                word = bytes(data[at : at + 1]) + match[1]
                found += [(at, form) for form in words[word]]
                for longer in self._tables.longer.get(word, ()):
                    if data.startswith(longer, at, size):
                        found += [(at, form) for form in words[longer]]
        whole = bytes(data[:size]) if size < len(data) else data
        found += _encoded(whole, self._tables.narrow)
        wide = {hit for low, high in _wide_stretches(whole) for hit in _wide(whole, low, high, self._tables.wide)}
        found += wide
        return _once(found)


def _wide_stretches(data: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """The parts of *data* that have zero bytes enough for a run of wide characters."""
    if data.find(b"\0") < 0:
        return
    low = -1
    for at in range(0, len(data) + 1, _BLOCK):
        if data.count(b"\0", at, at + _BLOCK + _MARGIN) >= SHORTEST_RUN:
            low = max(0, at - _MARGIN) if low < 0 else low
        elif low >= 0:
            yield low, min(len(data), at + _MARGIN)
            low = -1
    if low >= 0:
        yield low, len(data)


def _wide(data: bytes | bytearray, low: int, high: int, heads: dict[bytes, list[_Needle]]) -> Iterator[Hit]:
    for phase in (low, low + 1):
        narrow = _narrow(data[phase:high:2], data[phase + 1 : high + 1 : 2])
        for start, end in _runs(narrow):
            yield from _in_run(data, narrow, start, end, heads, 2, phase)


def _narrow(lows: bytes | bytearray, highs: bytes | bytearray) -> bytes:
    """The characters of *lows* behind which there is a zero byte in *highs*; 0xFF for others."""
    others = highs.translate(_OTHERS).ljust(len(lows), b"\0")
    return (int.from_bytes(lows, "big") | int.from_bytes(others, "big")).to_bytes(len(lows), "big")


def _encoded(data: bytes | bytearray, heads: dict[bytes, list[_Needle]]) -> Iterator[Hit]:
    for start, end in _runs(data):
        yield from _in_run(data, data, start, end, heads, 1, 0)


def _runs(data: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """The runs of the alphabet that could hold an encoded key."""
    mapped = data.translate(_RUNS)
    start = mapped.find(_LONG_RUN)
    while start >= 0:
        end = mapped.find(_OUTSIDE, start)
        end = len(mapped) if end < 0 else end
        if not _is_name(data[start:end]):
            yield start, end
        start = mapped.find(_LONG_RUN, end)


def _in_run(
    data: bytes | bytearray,
    narrow: bytes | bytearray,
    start: int,
    end: int,
    heads: dict[bytes, list[_Needle]],
    step: int,
    phase: int,
) -> Iterator[Hit]:
    """The needles that lie in ``narrow[start:end]``; *narrow* is every *step*-th byte of *data* from *phase* on."""
    for low in range(max(0, start - _MARK), end, _BLOCK):
        text = bytes(narrow[low : min(end + 1, low + _BLOCK + _HEAD - 1)])
        pieces = [text[at : at + _HEAD] for at in range(len(text) - _HEAD + 1)]
        if heads.keys().isdisjoint(pieces):
            continue
        for at, head in enumerate(pieces, low):
            for needle in heads.get(head, ()):
                place = at * step + phase
                if data.startswith(needle.word, place) and start <= at + needle.inside // step < end:
                    yield from ((place, form) for form in needle.forms)


def _is_name(run: bytes | bytearray) -> bool:
    """Whether *run* is an identifier or a path rather than something encoded."""
    if not run.translate(None, _LOWER) or not run.translate(None, _UPPER):
        return True
    return max(map(len, run.translate(_WORDS).split())) < SHORTEST_STRETCH


class HyperscanMatcher:
    """Intel's Hyperscan (or Vectorscan): all needles in one pass, several GB/s, without the GIL."""

    def __init__(self) -> None:
        """Compile the needles.  Raises ImportError where hyperscan is not installed."""
        import hyperscan  # 10 to 20 ms: not worth it for a commit

        self._needles = list(needles().items())
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            # As expressions: the interface for literals ends them at a zero byte.
            expressions=["".join(f"\\x{byte:02x}" for byte in word).encode() for word, _ in self._needles],
            ids=list(range(len(self._needles))),
            elements=len(self._needles),
            flags=[0] * len(self._needles),
        )

    def find(self, data: bytes | bytearray, size: int) -> list[Hit]:
        """See :class:`Matcher`."""
        noted: list[tuple[int, int]] = []

        def note(needle: int, _start: int, end: int, _flags: int, _context: object) -> None:
            noted.append((needle, end))

        with memoryview(data) as whole, whole[:size] as view:
            self._database.scan(view, match_event_handler=note)  # type: ignore[type-var]
        found: list[Hit] = []
        for needle, end in noted:
            word, forms = self._needles[needle]
            at = end - len(word)
            if forms[0].writing not in _ENCODED or _is_in_run(data, size, at, word, wide=forms[0].wide):
                found += [(at, form) for form in forms]
        return _once(found)


def _once(found: list[Hit]) -> list[Hit]:
    """*found*, ascending, each once: where one needle begins another they say the same."""
    found.sort()
    return [hit for number, hit in enumerate(found) if not number or hit != found[number - 1]]


def _is_in_run(data: bytes | bytearray, size: int, at: int, word: bytes, *, wide: bool) -> bool:
    """Whether *word*, which stands at *at*, lies in a run that could hold an encoded key."""
    step = 2 if wide else 1
    place = at + _inside(word, wide=wide)
    low = place - step * min(SHORTEST_RUN - 1, place // step)
    high = min(size, place + step * SHORTEST_RUN)
    near = bytes(data[low:high:step])
    if wide:
        near = _narrow(near, data[low + 1 : min(size, high + 1) : 2])
    mapped, middle = near.translate(_RUNS), (place - low) // step
    start = mapped.rfind(_OUTSIDE, 0, middle) + 1
    end = mapped.find(_OUTSIDE, middle)
    run = near[start : end if end >= 0 else len(near)]
    return len(run) >= SHORTEST_RUN


def adaptive(make_fast: Callable[[], Matcher] = HyperscanMatcher, worth: int = WORTH_HYPERSCAN) -> Matcher:
    """A matcher that begins with ``re`` and goes over to hyperscan after *worth* bytes, where it can be had."""
    return _Adaptive(make_fast, worth)


class _Adaptive:
    def __init__(self, make_fast: Callable[[], Matcher], worth: int) -> None:
        self._matcher: Matcher = ReMatcher()
        self._make_fast: Callable[[], Matcher] | None = make_fast
        self._left = worth

    def find(self, data: bytes | bytearray, size: int) -> list[Hit]:
        self._left -= size
        if self._left < 0 and self._make_fast:
            try:
                self._matcher = self._make_fast()
            except Exception:  # noqa: BLE001 - not installed, or not for this processor: re does it all
                pass
            self._make_fast = None
        return self._matcher.find(data, size)
