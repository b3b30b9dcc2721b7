"""What of a text may be shown around a key: its line, without any other secret in it."""

from __future__ import annotations

import re

from cencori_guard.keys import Key, find_keys
from cencori_guard.models import Excerpt
from cencori_guard.search.decoders.escapes import without_spelled

_NOTE = r"cencori-guard:\s*(allow(?:-next-line)?(?!-?\w)[^\r\n]{0,300})"
_MARK = b"cencori-guard:"
_MOST_NOTES, _LONGEST_NOTE = 20, 400
# Bytes shown of a line on either side of a key.
_SHOWN = 240
_TOKEN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_STAR = b"*"
# Goes on from a key: a piece of it that is spelled.
_GOES_ON = re.compile(rb"(?:\\|%|&\#|&amp;|=[0-9A-F]{2})[A-Za-z0-9%\\&#;=_.+/{}-]*")
_WORD = re.compile(rb"[A-Za-z0-9+/_=-]{12,}")


def excerpt_of(data: bytes, start: int, end: int, key: Key) -> Excerpt:
    """The line of ``data[start:end]``, with the redacted *key* in its place."""
    begin = data.rfind(b"\n", 0, start) + 1
    stop = data.find(b"\n", end)
    before, after = data[begin:start][-_SHOWN:], data[end : stop if stop >= 0 else len(data)][:_SHOWN]
    if b"\0" in data:  # a binary file: what stands beyond may be a key in another width
        before, after = before[before.rfind(b"\0") + 1 :], after.partition(b"\0")[0]
    # What the edges cut may be a piece of another key.
    if len(before) == _SHOWN:
        before = before.lstrip(_TOKEN)
    if len(after) == _SHOWN:
        after = after.rstrip(_TOKEN)
    left, right = _hide(before), _hide(after.lstrip(_TOKEN) if after[:1].isalnum() else after)
    return Excerpt(left + key.redacted + right, len(left), len(left) + len(key.redacted))


def line_at(data: bytes, start: int, end: int) -> Excerpt:
    """The line of ``data[start:end]``, which is no key, without any secret."""
    begin = data.rfind(b"\n", 0, start) + 1
    stop = data.find(b"\n", end)
    left = _hide(data[begin:start][-_SHOWN:])
    what = _hide(data[start:end])
    right = _hide(data[end : stop if stop >= 0 else len(data)][:_SHOWN])
    return Excerpt(left + what + right, len(left), len(left) + len(what))


def harmless_name(name: bytes) -> str:
    """*name*, as a stranger spells it, without any secret; shortened."""
    return _hide(name[-_SHOWN:].lstrip(_TOKEN) if len(name) > _SHOWN else name)


def notes_on(data: bytes, start: int, end: int) -> tuple[str, ...]:
    """The comments for us that concern ``data[start:end]``: on its lines, or, if they say so, on the one above."""
    begin = data.rfind(b"\n", 0, start) + 1
    stop = data.find(b"\n", end)
    notes = [n for n in _notes(data[begin : stop if stop >= 0 else len(data)]) if not n.startswith("allow-next-line")]
    if begin:
        above = data[data.rfind(b"\n", 0, begin - 1) + 1 : begin]
        notes += [n for n in _notes(above) if n.startswith("allow-next-line")]
    return tuple(notes)


def _notes(line: bytes) -> list[str]:
    """The comments for us in *line*, without keys."""
    at = line.find(_MARK)
    notes: list[str] = []
    while at >= 0 and len(notes) < _MOST_NOTES:
        end = line.find(_MARK, at + len(_MARK))
        notes += re.findall(_NOTE, _hide(line[at : at + _LONGEST_NOTE if end < 0 else min(end, at + _LONGEST_NOTE)]))
        at = end
    return notes


def _hide(data: bytes) -> str:
    """*data* as text in which every key is redacted, and all that could be one, or a piece of one, in another form."""
    parts, at = [], 0
    for hit in find_keys(data, anywhere=True):
        if hit.start < at:
            continue
        parts += [_starred(data[at : hit.start]), hit.key.redacted.encode()]
        at = hit.end
        if goes_on := _GOES_ON.match(data, at):
            parts.append(_STAR)
            at = goes_on.end()
    parts.append(_starred(data[at:]))
    return b"".join(parts).decode("utf-8", "replace").strip("\r")


def _starred(data: bytes) -> bytes:
    """*data* with a star for what is encoded or spelled; names and paths stay."""
    return _WORD.sub(_star_for, without_spelled(data))


def _star_for(match: re.Match[bytes]) -> bytes:
    """A star for what is hexadecimal, or goes between letters, capitals and digits as no name does."""
    text = match.group()
    changes = len(re.findall(rb"[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|[0-9](?=[A-Za-z])", text))
    if re.search(rb"[0-9a-fA-F]{12,}", text) or 3 * changes >= len(text):
        return _STAR
    return text
