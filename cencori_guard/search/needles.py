"""How the beginning of a key is written where it is encoded, computed by functions that load nothing.

A needle is what a beginning alone determines of an encoded text.  What is encoded more
than once gives needles of its own: each layer's are computed from those of the one within.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

# The ways to write; ``forms.py`` has them as an enumeration.
BASE64, HEX, PACKED = "base64", "hex", "packed"
# (needle, way, lead, wide, says): the characters of the same group (four in base64, two in hex) that stand before
# it; whether there are zero bytes between its characters, as in UTF-16; what is encoded there, where it is all of that,
# or, with a line end, what of the encoding lies beyond one.
Needle = tuple[bytes, str, int, bool, bytes]
# (text, way, lead)
_Text = tuple[bytes, str, int]

# The magic numbers of what people encode as text (kinds.py has their sources).
_MAGIC = (b"\x1f\x8b\x08", b"PK\x03\x04", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"BZh91AY&SY")
# What may follow the first part of a needle that a line end cuts in two, or stand before the second.
_BREAK_AFTER = (b"\n", b"\r", b"\\")
_BREAK_BEFORE = (b"\n", b" ", b"\t", b"\\n")
# Lines that are strings of their own.
_QUOTES = (b'"', b"'")
_LINE_ENDS = (b"\n", b"\r")
# Each half of a needle that long says enough by itself.
_LONG = 10
_SPELLED_LAST = ("%{0:02X}", "\\u{0:04x}")


# The ways to spell one character; the rest of a key may be spelled in any of them.
_SPELLINGS = (
    "%{0:02x}", "%{0:02X}", "%25{0:02x}", "%25{0:02X}", "%2525{0:02x}", "%2525{0:02X}", "%u00{0:02x}", "%u00{0:02X}",
    "\\x{0:02x}", "\\x{0:02X}", "\\u00{0:02x}", "\\u00{0:02X}", "\\u{{", "\\U000000", "\\{0:03o}", "={0:02X}",
    "&#{0:d}", "&#0{0:d}", "&#00{0:d}", "&#x{0:x}", "&#x{0:X}", "&#X{0:x}", "&#X{0:X}", "&#x0", "&#X0", "&amp;#",
)  # fmt: skip
_DEEPER = (b"\\\\u00", b"\\\\x", b"\\\\\\\\u00", b"\\\\\\\\x")
# Where a line goes on: soft line ends of quoted-printable, also within JSON; backslashes of shells.
_CONTINUED = (b"=\n", b"=\r", b"=\\n", b"=\\r", b"\\\n", b"\\\r")
# What begins any of them, and those of quoted-printable; enough of a needle after three characters.
_SPELLERS = (b"\\", b"%", b"&", b"=")
_FEWEST_BEFORE_SPELLER = 3


def wide(word: bytes) -> bytes:
    """The bytes that *word* has in both UTF-16LE and UTF-16BE, from its first character to its last."""
    return b"\0".join(word[i : i + 1] for i in range(len(word)))


def base64_needles(word: bytes) -> list[tuple[bytes, int]]:
    """The base64 characters that *word* alone determines, in its three alignments, each with its lead.

    Those of base64url are the same: no byte of a key gives the two characters that differ.
    """
    from binascii import b2a_base64  # where glances are made nobody waits for it

    found = []
    for offset in range(3):
        first, last = -(-8 * offset // 6), 8 * (offset + len(word)) // 6
        padded = bytes(offset) + word + bytes(3)
        found.append((b2a_base64(padded, newline=False)[first:last], first % 4))
    return found


def hex_needles(word: bytes, *, mixed: bool = False) -> list[bytes]:
    """*word* in hexadecimal digits: lower case and upper case, or, *mixed*, every mixture of them."""
    digits = word.hex()
    if mixed:
        return ["".join(some).encode("ascii") for some in product(*({c, c.upper()} for c in digits))]
    return [digits.encode("ascii"), digits.upper().encode("ascii")]


def _layer(words: Iterable[bytes], *, digits: bool = True, mixed: bool = False) -> list[tuple[_Text, bytes]]:
    """*words* in base64 and, with *digits*, in hexadecimal, each with the word."""
    found: list[tuple[_Text, bytes]] = []
    for word in dict.fromkeys(words):
        found += [((text, BASE64, lead), word) for text, lead in base64_needles(word)]
        if digits:
            found += [((text, HEX, 0), word) for text in hex_needles(word, mixed=mixed)]
    return found


def _texts(layer: Sequence[tuple[_Text, bytes]]) -> list[bytes]:
    return [text for (text, _, _), _ in layer]


def _cut(text: bytes, way: str, lead: int, quotes: Sequence[bytes] = ()) -> Iterator[tuple[bytes, str, int, bytes]]:
    """What is left of *text* in one piece, wherever a line end cuts it in two, or the end of a string.

    With what is beyond that, behind a line end or before one; nothing where a half says enough by itself.
    """
    group = 4 if way == BASE64 else 2
    if len(text) >= _LONG:
        half = len(text) // 2
        yield text[:half], way, lead, b""
        yield text[half:], way, (lead + half) % group, b""
        return
    for at in range(1, len(text)):
        if 2 * at >= len(text):
            yield from ((text[:at] + mark, way, lead, b"\n" + text[at:]) for mark in (*_BREAK_AFTER, *quotes))
        else:
            # The lead is that of the mark's first byte, which is no character of the encoding.
            lead_of_mark = (lead + at) % group
            yield from ((mark + text[at:], way, lead_of_mark, text[:at] + b"\n") for mark in (*_BREAK_BEFORE, *quotes))


def encoded(words: Sequence[bytes], *, lines: bool = True) -> Iterator[Needle]:
    """The needles of *words* in base64 and hex, of up to three layers; *lines*: those that a line end cuts as well."""
    once = _layer(words)
    twice = _layer(_texts(once))
    in_base64 = _layer(words, digits=False)
    twice_in_base64 = _layer(_texts(in_base64), digits=False)
    layers = (
        _layer(words, mixed=True),
        twice,
        # What is rarer, in base64 alone.
        _layer(_texts(_layer(_texts(once), digits=False)), digits=False),
        _layer(map(wide, words)),
        _layer(_texts(_layer(map(wide, words), digits=False)), digits=False),
        _layer(map(wide, _texts(in_base64)), digits=False),
        _layer(
            [word[:-1] + form.format(word[-1]).encode("ascii") for word in words for form in _SPELLED_LAST],
            digits=False,
        ),
    )
    for layer in layers:
        for (text, way, lead), word in layer:
            yield text, way, lead, False, word
    for (text, way, lead), word in (*once, *twice_in_base64):
        yield wide(text), way, lead, True, word
    if lines:
        for layer, quotes in ((once, _QUOTES), (twice, ()), (_layer(map(wide, words)), ())):
            for (text, way, lead), _ in layer:
                for piece, same, at, beyond in _cut(text, way, lead, quotes):
                    yield piece, same, at, False, beyond
    # Lines of an encoding that is encoded again.
    for (text, way, lead), _ in in_base64:
        for piece, *_ in _cut(text, way, lead):
            if piece.startswith(_LINE_ENDS) or piece.endswith(_LINE_ENDS):
                yield from ((deeper, BASE64, at, False, b"") for deeper, at in base64_needles(piece))


def packed() -> Iterator[Needle]:
    """The needles of base64 of what is packed: where it begins, and, encoded once more, anywhere."""
    for magic in _MAGIC:
        first = base64_needles(magic)[0][0]
        for once in dict.fromkeys((first, first.translate(bytes.maketrans(b"+/", b"-_")))):
            yield once, PACKED, 0, False, magic
            yield wide(once), PACKED, 0, True, magic
            for twice, lead in base64_needles(once):
                yield twice, PACKED, lead, False, once
                if lead == 0:
                    yield wide(twice), PACKED, 0, True, once
                    yield from ((thrice, PACKED, at, False, twice) for thrice, at in base64_needles(twice))


def escaped(words: Iterable[bytes]) -> list[bytes]:
    """The beginnings of *words* up to the first character that is spelled."""
    found: dict[bytes, None] = {}
    for word in words:
        for at in range(len(word)):
            before, code = word[:at], word[at]
            if at >= _FEWEST_BEFORE_SPELLER:
                found.update(dict.fromkeys(before + mark for mark in _SPELLERS))
                continue
            if at:  # JSON within JSON: enough to tell it by
                found.update(dict.fromkeys(before + mark for mark in (*_DEEPER, *(_CONTINUED if at > 1 else ()))))
            for spelling in _SPELLINGS:
                spelled = before + spelling.format(code).encode("ascii")
                if len(spelled) > 3 or spelled.endswith(b"{"):
                    found[spelled] = None
                else:  # %63 alone is too common
                    second = word[at + 1 : at + 2]
                    found.update(dict.fromkeys(spelled + after for after in (second, b"%", b"\\", b"&")))
    return [w for w in found if not any(w[:size] in found for size in range(1, len(w)))]
