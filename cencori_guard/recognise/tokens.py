"""Encoded texts that have to be read whole: base64 of something packed, source maps in data URIs.

They may be longer than the buffer, so they are gathered while their file passes by.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from typing import NamedTuple

from cencori_guard.models import Blob, Match
from cencori_guard.search.containers.bounds import MOST_MEMORY
from cencori_guard.search.containers.compressed import starts_well
from cencori_guard.search.containers.kinds import COMPRESSED, HEAD, kind_of
from cencori_guard.search.forms import SHORTEST_RUN, Writing
from cencori_guard.search.needles import packed

# What of a token is kept; nobody embeds more.
MOST_BYTES = 16 << 20
# Ends a token, whatever else may stand in one: its alphabet, line ends, indentation, what URLs and JSON spell, and
# the quotes of lines that are strings of their own.
_STOP = re.compile(rb"[^A-Za-z0-9+/_=\-%\\\r\n\t \"',]")
_STOPS_OF_URI = (b"\n", b'"', b"'", b"\\", b" ", b"*", b"`", b")", b">", b"\r", b"\t")
_RUN = rb"(?:[A-Za-z0-9+/_-]|\\/|%2[BbFf]|\\u002[BbFf])"
_LINE = re.compile(
    rb"(?:(?:\\?[\"'][ \t]{0,16}[+,.]?)?[ \t]{0,16}(?:\\{0,4}\r?\n|(?:\\{1,4}[rn]){1,2})[ \t]{0,64}(?:\\?[\"'])?)?("
    + _RUN
    + rb"+)"
)
_SPELLED = ((b"\\/", b"/"), (b"%2B", b"+"), (b"%2b", b"+"), (b"%2F", b"/"), (b"%2f", b"/"))
_SPELLED_IN_JSON = ((b"\\u002B", b"+"), (b"\\u002b", b"+"), (b"\\u002F", b"/"), (b"\\u002f", b"/"))
_URI = re.compile(rb"data:[A-Za-z0-9.+/-]{0,80}((?:; ?[A-Za-z0-9-]{1,40}(?:=\\?\"?[A-Za-z0-9_.-]{0,40}\\?\"?)?){0,8}),")
_LONGEST_HEADER = 400
# As much of a text tells whether it is one.
_TELLING = 24
_MOST_SPELLED = 1 << 20
_BASE64_IN_URI = re.compile(rb"(?:[A-Za-z0-9+/_-]|%[0-9A-Fa-f]{2})*")
# Where another token begins.
_BEGINNINGS = tuple(needle for needle, _, lead, wide, _ in packed() if lead == 0 and not wide)


class Place(NamedTuple):
    """Where a token begins; *before*: what stands before it, its line and the one above it if they are short enough."""

    blob: Blob
    line: int
    column: int
    before: bytes


class Decoded(NamedTuple):
    """What a token stands for (nothing where it is none), how it is written, and how many of its bytes say so."""

    data: bytes
    layer: str
    size: int


class Whole:
    """Gathers one token, from its first byte on."""

    def __init__(self, writing: Writing, place: Place, offset: int, step: int) -> None:
        """*offset*: where in its blob it begins.  *step*: the width of a character."""
        self.writing = writing
        self.place = place
        self.offset = offset
        self._step = step
        self._raw = bytearray()
        self._header = writing is Writing.MAP
        self._ended = False
        # Whether there is more of it than is kept; whether all has been gathered.
        self.cut = self.complete = False
        self.end = offset + MOST_BYTES
        # What was found in it meanwhile, for when it turns out to be none.
        self.held: list[Match] = []

    def stop(self, data: bytearray, start: int, end: int) -> int:
        """Where in ``data[start:end]`` it surely has ended: no more need be copied."""
        if self._step == 2:
            return end
        if self.writing is Writing.MAP:
            header = _URI.match(data, start, end)
            return min(end, _stop_of_uri(data, header.end() if header else start, end) + 1)
        found = _STOP.search(data, start, end)
        return found.end() if found else end

    def feed(self, data: bytes) -> bool:
        """See :class:`Gathering`."""
        if self._ended:
            return True
        old = len(self._raw)
        self._raw += data
        if self._header and (b"," in self._raw or len(self._raw) > _LONGEST_HEADER):
            header = _URI.match(self._raw)
            old, self._header = header.end() if header else 0, False
        if not self._header:
            self._end_at(old)
        return self._ended

    def _end_at(self, old: int) -> None:
        end = -1
        if self.writing is Writing.MAP:
            stop = _stop_of_uri(self._raw, old, len(self._raw))
            end = stop if stop < len(self._raw) else -1
        elif self._step == 1:
            if found := _STOP.search(self._raw, old):
                end = found.start()
        else:  # characters of two bytes, of which the other is zero
            old -= old % 2
            if found := _STOP.search(self._raw[old::2]):
                end = old + 2 * found.start()
        if end < 0 and len(self._raw) > MOST_BYTES:
            end, self.cut = MOST_BYTES, True
        if end >= 0:
            del self._raw[end:]
            self._ended = True

    def seems_well(self) -> bool:
        """Whether what has been gathered so far could be what it seems to be."""
        return self.writing is Writing.MAP or bool(self._packed(bytes(self._raw[: 64 << 10])).data)

    @property
    def width(self) -> int:
        """The characters of its first line."""
        return len(self._raw[:: self._step].partition(b"\n")[0].rstrip())

    def decoded(self) -> Decoded:
        """What it stands for.  Nothing more is fed."""
        self.complete = True
        raw = bytes(self._raw)
        self._raw = self._raw[:1024]
        decoded = _of_uri(raw) if self.writing is Writing.MAP else self._packed(raw)
        self.end = self.offset + decoded.size if decoded.data else self.offset
        return decoded

    def _packed(self, raw: bytes) -> Decoded:
        if self._step == 1:
            return _of_packed(raw)
        if raw[1::2].strip(b"\0"):
            return Decoded(b"", "", 0)
        decoded = _of_packed(raw[::2])
        return decoded._replace(size=2 * decoded.size)


def _stop_of_uri(data: bytes | bytearray, start: int, end: int) -> int:
    """Where the first of what ends a URI stands; *end* if none does.  No search is as fast as that for one byte."""
    for stop in _STOPS_OF_URI:
        at = data.find(stop, start, end)
        end = at if at >= 0 else end
    return end


def _of_uri(raw: bytes) -> Decoded:
    header = _URI.match(raw)
    if not header:
        return Decoded(b"", "", 0)
    if b"base64" in header.group(1).lower():
        text = _BASE64_IN_URI.match(raw, header.end())
        assert text  # it may be empty
        data = _decoded(_unspelled(text.group().replace(b"%3D", b"").replace(b"%3d", b"")))
        return Decoded(data, "base64", len(raw))
    if len(raw) > _MOST_SPELLED:  # it takes much memory to read
        return Decoded(b"", "", 0)
    from urllib.parse import unquote_to_bytes  # few need it

    return Decoded(unquote_to_bytes(raw[header.end() :]), "percent-encoding", len(raw))


def _of_packed(raw: bytes) -> Decoded:
    parts: list[bytes] = []
    at, width = 0, SHORTEST_RUN
    while width >= SHORTEST_RUN and (line := _LINE.match(raw, at)):
        text = line.group(1)
        if parts and text.startswith(_BEGINNINGS):
            break
        parts.append(text)
        width, at = len(text), line.end()
    data = _decoded(_unspelled(b"".join(parts)))
    kind = kind_of(data, 0, len(data), b"", named=True)
    if kind is None and not data[:_TELLING].isascii():  # neither packed nor a text that holds something packed
        return Decoded(b"", "", 0)
    if kind in COMPRESSED and not starts_well(kind, data[: 8 * HEAD], MOST_MEMORY):
        return Decoded(b"", "", 0)
    return Decoded(data, "base64", at)


def _unspelled(text: bytes) -> bytes:
    if b"\\" in text or b"%" in text:
        for spelled, character in (*_SPELLED, *_SPELLED_IN_JSON):
            text = text.replace(spelled, character)
    return text


def _decoded(text: bytes) -> bytes:
    text = text.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    text = text[:-1] if len(text) % 4 == 1 else text
    try:
        return a2b_base64(text + b"=" * (-len(text) % 4))
    except (Error, ValueError):
        return b""
