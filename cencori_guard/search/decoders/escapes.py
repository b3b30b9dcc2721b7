"""Characters that are spelled: percent-encoding, the escapes of JSON and JavaScript, HTML entities, quoted-printable.

Escapes may themselves be escaped: JSON within JSON doubles the backslashes, a URL within a
URL spells the percent sign.  However often, one look here reads them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

# What a key may be made of; anything else ends it.
_OF_A_KEY = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_EACH = frozenset(_OF_A_KEY[at : at + 1] for at in range(len(_OF_A_KEY)))
# Escapes of escapes; deeper is no accident.
_DEEP = rb"{1,16}"
_ESCAPE = (
    rb"\\" + _DEEP + rb"(?:u\{0{0,8}(?P<braced>[0-9A-Fa-f]{2})\}|(?:u{1,4}00|U000000|x)(?P<hex>[0-9A-Fa-f]{2})"
    rb"|(?P<octal>[01][0-7]{2}))"
    rb"|%(?:25){0,8}(?:u00)?(?P<percent>[0-9A-Fa-f]{2})"
    rb"|&(?:amp;){0,8}\#(?:0{0,6}(?P<decimal>[1-9][0-9]{1,2})|[xX]0{0,6}(?P<hexadecimal>[1-9A-Fa-f][0-9A-Fa-f]));?"
    rb"|&(?:amp;){0,8}(?P<named>lowbar|UnderBar|period|hyphen|dash);"
    rb"|=(?P<quoted>[0-9A-F]{2})"
    # The line goes on: nothing is spelled.
    rb"|(?P<continued>=\r?\n|\\\r?\n)"
)
# What a run may begin with in which something is spelled.
_BEGINS = rb"(?:c[a-z_]{0,7}[A-Za-z0-9_-]{0,300})?(?:\\{1,16}[xuU0-7]|%[0-9u]|&\#|&amp;|=[0-9A-F]{2})"
_NAMED = {b"lowbar": b"_", b"UnderBar": b"_", b"period": b".", b"hyphen": b"-", b"dash": b"-"}
_LAYERS = {
    "percent": "percent-encoding",
    "decimal": "html-entities",
    "hexadecimal": "html-entities",
    "named": "html-entities",
    "quoted": "quoted-printable",
    "continued": "line-continuation",
}
_BACKSLASHES = "backslash-escapes"


class Spelled(NamedTuple):
    """A *text* without its escapes, where each of its characters begins (and, at last, where it ends), and its ways."""

    text: bytes
    places: list[int]
    layers: tuple[str, ...]


@cache
def _pattern() -> re.Pattern[bytes]:
    return re.compile(rb"(?P<run>[A-Za-z0-9_.-]+)|" + _ESCAPE)


def unescape(data: bytes, at: int, most: int) -> Spelled | None:
    """Read on from *at* for as long as the characters could be a key's, *most* of them; None where none is spelled."""
    text = bytearray()
    places: list[int] = []
    layers: dict[str, None] = {}
    while len(text) < most and (match := _pattern().match(data, at)):
        kind = match.lastgroup or ""
        if kind == "run":
            text += match.group()
            places += range(at, match.end())
        elif kind == "continued":
            if data[match.end() : match.end() + 1] not in _EACH:
                break
            layers["quoted-printable" if match.group()[:1] == b"=" else _LAYERS[kind]] = None
        else:
            character = _character(kind, match[kind])
            if character not in _OF_A_KEY:
                break
            text += character
            places.append(at)
            layers[_LAYERS.get(kind, _BACKSLASHES)] = None
        at = match.end()
    return Spelled(bytes(text), [*places, at], tuple(layers)) if layers else None


def _character(kind: str, digits: bytes) -> bytes:
    if kind == "named":
        return _NAMED[digits]
    base = {"octal": 8, "decimal": 10}.get(kind, 16)
    code = int(digits, base)
    return bytes((code,)) if code < 128 else b"\xff"


def without_spelled(data: bytes) -> bytes:
    """*data* with a star for every run of eight characters and more, some of them spelled, that could be a key's."""
    parts, at = [], 0
    for match in re.finditer(_BEGINS, data):
        if match.start() < at:
            continue
        spelled = unescape(data, match.start(), 300)
        if spelled and len(spelled.text) >= 8:
            parts += [data[at : match.start()], b"*"]
            at = spelled.places[-1]
    parts.append(data[at:])
    return b"".join(parts)
