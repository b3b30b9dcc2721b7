"""Which brackets of a text belong together, so that the end of a value is found without reading it."""

from __future__ import annotations

import re
from bisect import bisect_left

_TOKEN = re.compile(rb"[\[\](){},;]")
_OPENING, _CLOSING = b"([{", b")]}"
# A statement goes on in the next line where this one ends, or that one begins, with one of these.
_GOES_ON_AFTER = b"=+-*/%&|?:,.([{<>!~^"
_GOES_ON_WITH = b"=+-*/%&|?:,.)]}"
# More around a place is nobody's config.
_DEEPEST = 100


class Nesting:
    """The brackets, commas and semicolons of a text of which all else is blank that is no code."""

    def __init__(self, code: bytes) -> None:
        self._code = code
        self._places: list[int] = []
        self._marks = bytearray()
        # Of each token the index of the one that closes it, and of the one that it stands in.
        self._ends: list[int] = []
        self._within: list[int] = []
        # Of each closing one the index of the one that opened it.
        self._begins: dict[int, int] = {}
        opened: list[int] = []
        for found in _TOKEN.finditer(code):
            index, mark = len(self._places), found.group()
            if mark in _CLOSING and opened:
                self._begins[index] = opened.pop()
                self._ends[self._begins[index]] = index
            self._places.append(found.start())
            self._marks += mark
            self._ends.append(-1)
            self._within.append(opened[-1] if opened else -1)
            if mark in _OPENING:
                opened.append(index)
        self._targets: dict[int, bytes | None] = {}

    def end_of_value(self, begin: int, *, to_bracket: bool = False, statement: bool = False) -> int:
        """Where the value that begins at *begin* ends: at a comma or a semicolon, or at the bracket it stands in.

        *to_bracket*: at that alone.  *statement*: at the end of a line too, unless it goes on in the next one.
        """
        index, at = bisect_left(self._places, begin), begin
        while index < len(self._places):
            place, mark = self._places[index], self._marks[index]
            if statement and (end := self._end_of_line(at, place)) is not None:
                return end
            if mark in _CLOSING or (mark in b",;" and not to_bracket):
                return place
            if mark in _OPENING:
                if self._ends[index] < 0:
                    return len(self._code)
                index = self._ends[index]
            at = self._places[index] + 1
            index += 1
        end = self._end_of_line(at, len(self._code)) if statement else None
        return len(self._code) if end is None else end

    def _end_of_line(self, begin: int, end: int) -> int | None:
        """The first line end in a stretch without tokens that ends a statement."""
        at = begin
        while (newline := self._code.find(b"\n", at, end)) >= 0:
            before = self._code[max(0, newline - 200) : newline].rstrip()[-1:]
            after = self._code[newline : newline + 400].lstrip()[:1]
            if not (before and before in _GOES_ON_AFTER) and not (after and after in _GOES_ON_WITH):
                return newline
            at = newline + 1
        return None

    def around(self, at: int) -> list[int]:
        """Where the brackets are opened that *at* stands in, the innermost first."""
        index = bisect_left(self._places, at)
        if index >= len(self._places):
            return []
        # A closing bracket stands in what is around the whole.
        closes = self._marks[index] in _CLOSING
        found: list[int] = []
        within = self._begins.get(index, -1) if closes else self._within[index]
        while within >= 0 and len(found) < _DEEPEST:
            found.append(self._places[within])
            within = self._within[within]
        return found

    def target_in(self, opened: int, text: bytes, pattern: re.Pattern[bytes]) -> bytes | None:
        """What *pattern* says of the target in the brackets that are opened at *opened*, in *text*."""
        if opened not in self._targets:
            index = bisect_left(self._places, opened)
            end = self._places[self._ends[index]] if self._ends[index] >= 0 else len(self._code)
            found = pattern.search(text, opened, min(end, opened + 20_000))
            self._targets[opened] = found["target"] if found else None
        return self._targets[opened]
