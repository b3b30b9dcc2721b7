"""Base64 and hexadecimal: runs of an alphabet in which a group of characters stands for a group of bytes.

Where a run begins says little about its groups: a path, a name or another token may
stand right before it.  So they are counted from a place that is known to lie within one.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, unhexlify
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from cencori_guard.keys import PREFIXES
from cencori_guard.search.forms import ALPHABET, SHORTEST_RUN, Form, Writing

# Between the lines of an encoded text: a line end, spelled or not, what the next line is indented or marked by, and
# the quotes where each line is a string of its own.
_END = rb"(?:\\{0,4}\r?\n(?:[ \t]{0,16}\r?\n)?|(?:\\{1,4}[rn]){1,2}|%0[AaDd](?:%0[Aa])?)"
_BREAK = (
    rb"(?:(?:\\{1,4}[rn]){0,2}\\?[\"'][ \t]{0,16}[+,.]?)?[ \t]{0,16}"
    + _END
    + rb"[ \t]{0,64}(?:[>#*] {0,4})?(?:\\?[\"'])?"
)
_CONCATENATED = rb"[\"'][ \t]{0,4}[+,.]?[ \t]{0,4}[\"']"
_BREAK = rb"(?:" + _BREAK + rb"|" + _CONCATENATED + rb")"
# Behind a line; where anything else follows, it is no line of an encoded text.
_AFTER = rb"={0,2}[ \t]{0,64}(?:[\r\n\"'`,;<)\]}]|\\{1,4}(?:[rn\"]|\r?\n)|%0[AaDd]|\Z)"
# The longest key, encoded as often as it is looked for, with line ends and indentation, is shorter.
LONGEST_ENCODED = 1300
# What a key is made of, and what its characters may be spelled with.
_OF_A_KEY = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-%\\&#;="
_STANDARD = bytes.maketrans(b"-_", b"+/")


class _Encoding(NamedTuple):
    writing: Writing
    alphabet: bytes
    group: int
    unit: int
    decode: Callable[[bytes], bytes]


def _decode_base64(text: bytes) -> bytes:
    text = text.translate(_STANDARD)
    text = text[:-1] if len(text) % 4 == 1 else text
    return a2b_base64(text + b"=" * (-len(text) % 4))


def _decode_hex(text: bytes) -> bytes:
    return unhexlify(text[: len(text) // 2 * 2])


_ENCODINGS = {
    Writing.BASE64: _Encoding(Writing.BASE64, rb"[A-Za-z0-9+/_-]", 4, 3, _decode_base64),
    Writing.HEX: _Encoding(Writing.HEX, rb"[0-9A-Fa-f]", 2, 1, _decode_hex),
}


class _Patterns(NamedTuple):
    run: re.Pattern[bytes]
    right: re.Pattern[bytes]


@cache
def _patterns(alphabet: bytes) -> _Patterns:
    return _Patterns(
        re.compile(alphabet + b"*"),
        re.compile(_BREAK + b"(" + alphabet + b"+)"),
    )


_IN_RUN_BYTES = frozenset(bytes((code,)) for code in ALPHABET)
_MARK_HERE = re.compile(_BREAK + rb"|[ \t\"']{1,16}")
_PADDING = re.compile(rb"={0,2}")
_BREAK_HERE = re.compile(_BREAK)
_LONGEST_BREAK = 40
_IN_RUNS = frozenset(ALPHABET)
_LETTERS_OF_ESCAPES = (b"\\n", b"\\r", b"\\t")
_END_HERE = re.compile(_AFTER)


class Token(NamedTuple):
    """An encoded text: ``text[start:end]`` of what was looked at, and the *data* that it stands for.

    ``lines``: where the characters of those lines stand that were decoded; ``dropped``: how
    many of the first belong to no whole group.  ``cut``: of *data*, whether it goes on beyond
    what was looked at; ``is_whole``: whether none of the token lies there.
    """

    writing: Writing
    data: bytes
    start: int
    end: int
    lines: list[tuple[int, int]]
    dropped: int
    cut: Cut
    is_whole: bool

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place of the characters that encode ``data[start:end]``."""
        encoding = _ENCODINGS[self.writing]
        first = self.dropped + start // encoding.unit * encoding.group
        last = self.dropped + -(-end // encoding.unit) * encoding.group - 1
        return self._place(first), self._place(last) + 1

    def _place(self, index: int) -> int:
        for begin, stop in self.lines:
            if index < stop - begin:
                return begin + index
            index -= stop - begin
        return self.lines[-1][1] - 1


class Cut(NamedTuple):
    """Whether the text that is looked at goes on to the left, or to the right.

    What begins within the last *margin* characters may then be cut off.
    """

    left: bool = False
    right: bool = False
    margin: int = 0


def begins_well(text: bytes, at: int, form: Form) -> bool:
    """Whether the encoded text at *at* says what its needle is the sign of, and, if that is a key, goes on like one."""
    encoding = _ENCODINGS.get(form.writing) or _ENCODINGS[Writing.BASE64]
    if b"\n" in form.says:
        return _goes_on(text, at, form.says, _patterns(encoding.alphabet))
    near = text[max(0, at - form.lead) : at + 40]
    end = _end(_patterns(encoding.alphabet).run, near, 0)
    if at < form.lead or not form.says:
        return True
    try:
        data = encoding.decode(near[:end])[form.lead * encoding.unit // encoding.group :]
    except (Error, ValueError):
        return True
    said, rest = data[: len(form.says)], data[len(form.says) :]
    if not form.says.startswith(said):  # less, where a line ends
        return False
    return form.says not in PREFIXES or not rest[:12].translate(None, _OF_A_KEY)


def _goes_on(text: bytes, at: int, says: bytes, patterns: _Patterns) -> bool:
    """Whether beyond the line end stands what the needle at *at* has there."""
    before, _, behind = says.partition(b"\n")
    if behind:
        mark = _BREAK_HERE.match(text, _end(patterns.run, text, at))
        return mark is not None and text.startswith(behind, mark.end())
    mark = _MARK_HERE.match(text, at)
    if mark is None:
        return False
    line = _line_before(text, mark.end(), patterns)
    return line is not None and text[: line[1]].endswith(before)


def tokens_at(text: bytes, at: int, writing: Writing, lead: int, cut: Cut) -> list[Token]:
    """What is encoded around *at* in *text*: the line alone, then, if there are others, all its lines.

    *lead*: the characters of the same group that stand before *at*.
    """
    size = len(text)
    encoding = _ENCODINGS[writing]
    patterns = _patterns(encoding.alphabet)
    if text[at : at + 1] not in _IN_RUN_BYTES and (mark := _MARK_HERE.match(text, at)):
        at = mark.end()
    right = _end(patterns.run, text, at)
    left = at - _end(patterns.run, text[:at][::-1], 0)
    if left < at and text[left - 1 : left + 1] in _LETTERS_OF_ESCAPES:
        left += 1
    before = _lines_before(text, left, right - left, patterns)
    behind = _lines_behind(text, (left, right), patterns, first=not before)
    region = [*before, (left, right), *behind]
    whole = not (cut.left and region[0][0] == 0) and not (cut.right and region[-1][1] == size)
    found = []
    for some in ([(left, right)], _near(before, (left, right), behind))[: 1 + (len(region) > 1)]:
        inner = Cut(
            (cut.left and some[0][0] == 0) or (len(some) > 1 and some[0] != region[0]),
            (cut.right and some[-1][1] == size) or (len(some) > 1 and some[-1] != region[-1]),
            cut.margin * encoding.unit // encoding.group,
        )
        token = _token(text, some, at, lead, encoding, inner)
        if token.data and len(some) > 1:
            end = _padded(text, region[-1][1], encoding)
            token = token._replace(start=region[0][0], end=end, is_whole=whole)
        if token.data:
            found.append(token)
    return found


def _near(before: list[tuple[int, int]], line: tuple[int, int], behind: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """As many lines as the longest key that begins in *line* goes on in, and the one before it."""
    lines, size = [*before[-1:], line], 0
    for other in behind:
        lines.append(other)
        size += other[1] - other[0]
        if size >= LONGEST_ENCODED:
            break
    return lines


def _padded(text: bytes, end: int, encoding: _Encoding) -> int:
    return _end(_PADDING, text, end) if encoding.group == 4 else end


def _end(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    match = pattern.match(text, at)
    assert match  # a run may be empty
    return match.end()


def _lines_behind(text: bytes, line: tuple[int, int], patterns: _Patterns, *, first: bool) -> list[tuple[int, int]]:
    """The lines that go on with what *line* ends with, up to one that is shorter; nothing else is on them.

    *first*: that line is the first, and something else may stand before it.
    """
    lines = []
    width = line[1] - line[0]
    while width >= SHORTEST_RUN and (match := patterns.right.match(text, line[1])):
        line = match.span(1)
        if not _END_HERE.match(text, line[1]):
            break
        lines.append(line)
        size = line[1] - line[0]
        if size < width and not first:
            break  # the last one
        width, first = size, False
    return lines


def _lines_before(text: bytes, start: int, width: int, patterns: _Patterns) -> list[tuple[int, int]]:
    """The lines that end with what the line at *start* goes on with: full ones, all of one width but for the first."""
    lines: list[tuple[int, int]] = []
    while found := _line_before(text, start, patterns):
        size = found[1] - found[0]
        if size < SHORTEST_RUN or (lines and size > width):
            break
        lines.insert(0, found)
        if size < width:
            break
        width, start = size, found[0]
    return lines


def _line_before(text: bytes, start: int, patterns: _Patterns) -> tuple[int, int] | None:
    """The run before *start*, if nothing but a line end and its like stands between."""
    for at in range(max(0, start - _LONGEST_BREAK), start):  # the longest: a letter n may be one of a line end
        if text[at] in _IN_RUNS and _BREAK_HERE.fullmatch(text, at + 1, start):
            end = at + 1
            first = end - _end(patterns.run, text[:end][::-1], 0)
            if first and text[first - 1 : first + 1] in _LETTERS_OF_ESCAPES:
                first += 1
            return first, end
    return None


def _token(text: bytes, lines: list[tuple[int, int]], at: int, lead: int, encoding: _Encoding, cut: Cut) -> Token:
    before = sum(max(0, min(at, end) - begin) for begin, end in lines if begin < at)
    dropped = (before - lead) % encoding.group
    characters = b"".join([text[begin:end] for begin, end in lines])[dropped:]
    try:
        data = encoding.decode(characters)
    except (Error, ValueError):
        data = b""
    end = _padded(text, lines[-1][1], encoding)
    whole = not (cut.left or cut.right)
    return Token(encoding.writing, data, lines[0][0], end, lines, dropped, cut, whole)
