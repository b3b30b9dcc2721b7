"""What the bulk search looks for: the beginnings of keys, in every form in which they are written down.

All of it is computed from the grammar.  A *form* says how the bytes at a needle are to be
read; what is only encoded more deeply is found again in what the decoder gives.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

from cencori_guard.keys import PREFIXES
from cencori_guard.names import WORDS
from cencori_guard.search.needles import encoded, escaped, packed, wide


class Writing(StrEnum):
    """How something is written."""

    PLAIN = "plain"  # as it is, or a word of the vendor's
    ESCAPED = "escaped"  # a character of the beginning is spelled: %5F, \\u005f, &#95;
    BASE64 = "base64"
    HEX = "hex"
    PACKED = "packed"  # base64 of something that has to be unpacked: base64 of gzip
    MAP = "map"  # a data URI that holds a source map
    POINTER = "pointer"  # to what Git LFS keeps elsewhere


class Form(NamedTuple):
    """How to read what stands at a needle.

    ``lead``: the characters of the same group (four in base64, two in hex) that stand
    before the needle.  ``wide``: with a zero byte between characters, as in UTF-16.
    ``says``: what is encoded there, where the needle is all of that; where a line end cuts it,
    the characters behind that (after a line end) or before it (before one).
    """

    writing: Writing
    lead: int = 0
    wide: bool = False
    says: bytes = b""


# Stands in every Git LFS pointer, and begins with the same byte as the prefixes, which
# keeps the ``re`` engine at one pass (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
LFS_POINTER: Final = b"com/spec/v1\noid "
# What bundlers and compilers write before a map that they put into the file itself.
INLINE_MAP: Final = b"sourceMappingURL=data:"

# What base64, base64url and hexadecimal are written with.  A run of it that is shorter than any
# line of an encoded key, or than the shortest encoded key, is none; nor is one that is all short
# words: no key gives one of the four, and what is packed begins with more letters than that.
ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
SEPARATORS: Final = b"+/_-"
SHORTEST_RUN: Final = 24
SHORTEST_STRETCH: Final = 10


def _without_extensions(words: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(w for w in words if not any(w != short and w.startswith(short) for short in words))


# ``cencori`` finds ``cencori_`` too.
PLAIN: Final = _without_extensions((*PREFIXES, *WORDS))


@cache
def needles() -> dict[bytes, tuple[Form, ...]]:
    """All needles, each with the forms that it may be the sign of."""
    table: dict[bytes, dict[Form, None]] = {}

    def add(word: bytes, form: Form) -> None:
        table.setdefault(word, {})[form] = None

    for word in PLAIN:
        add(word, Form(Writing.PLAIN))
        add(wide(word), Form(Writing.PLAIN, wide=True))
    for word in escaped(PREFIXES):
        add(word, Form(Writing.ESCAPED))
    add(LFS_POINTER, Form(Writing.POINTER))
    add(INLINE_MAP, Form(Writing.MAP))
    for word, way, lead, is_wide, says in (*encoded(PREFIXES), *packed()):
        add(word, Form(Writing(way), lead, is_wide, says))
    return {word: tuple(forms) for word, forms in table.items()}
