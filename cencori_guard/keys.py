"""The grammar of Cencori API keys: the one place that knows what a key looks like.

Everything else is derived from the tables here: the needles of the bulk search, the
rules written for other scanners, what is redacted.  The facts are read from the
vendor's public source and its history (``github.com/cencori/cencori``); ``since`` is
the day on which a shape first appears there.

Bytes in, :class:`Key` out.  A :class:`Key` is the only thing in the program that holds
the text of a key, and it shows only its redacted form.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple, NoReturn

from cencori_guard.lookalikes import WORDS_FOR_CERTAIN, is_degenerate, looks_random, word_score


class Kind(StrEnum):
    """What a key may do, as the vendor names it."""

    LEGACY = "legacy"
    SECRET = "secret"
    PUBLISHABLE = "publishable"
    AGENT = "agent"
    OPAQUE = "opaque"


class Environment(StrEnum):
    """What a key works against."""

    LIVE = "live"
    TEST = "test"


class Confidence(StrEnum):
    """``exact``: a whole shape with a known generator; ``likely``: a known prefix and something random."""

    EXACT = "exact"
    LIKELY = "likely"


class Shape(NamedTuple):
    """A family of keys: a prefix, and a body written as a regular expression over bytes."""

    prefix: bytes
    body: bytes
    kind: Kind
    environment: Environment
    since: str


_HEX48 = rb"[0-9a-fA-F]{48}"
_BASE58 = rb"[1-9A-HJ-NP-Za-km-z]{32}"
_UUID4 = rb"[0-9a-fA-F]{12}4[0-9a-fA-F]{3}[89abAB][0-9a-fA-F]{15}"

# Shapes with a known generator.
EXACT_SHAPES: Final = (
    Shape(b"cen_", _BASE58, Kind.LEGACY, Environment.LIVE, "2025-11-19"),
    Shape(b"cen_", _HEX48, Kind.LEGACY, Environment.LIVE, "2025-11-20"),
    Shape(b"cen_test_", _HEX48, Kind.LEGACY, Environment.TEST, "2025-11-20"),
    Shape(b"csk_", _HEX48, Kind.SECRET, Environment.LIVE, "2025-12-25"),
    Shape(b"csk_test_", _HEX48, Kind.SECRET, Environment.TEST, "2025-12-25"),
    Shape(b"cpk_", _HEX48, Kind.PUBLISHABLE, Environment.LIVE, "2025-12-25"),
    Shape(b"cpk_test_", _HEX48, Kind.PUBLISHABLE, Environment.TEST, "2025-12-25"),
    Shape(b"cake_", _HEX48, Kind.AGENT, Environment.LIVE, "2026-02-17"),
    Shape(b"cake_", _UUID4, Kind.AGENT, Environment.LIVE, "2026-03-20"),
)

_HEX_RUN = rb"[0-9a-fA-F]{16,256}"

# A known prefix before something random: keys cut short or grown, and those whose
# generator nobody has seen.  Longer prefixes stand first.
LIKELY_SHAPES: Final = (
    Shape(b"cencori_", rb"[A-Za-z0-9._-]{16,256}", Kind.OPAQUE, Environment.LIVE, ""),
    Shape(b"cen_test_", rb"[A-Za-z0-9_-]{16,256}", Kind.LEGACY, Environment.TEST, ""),
    Shape(b"cen_", rb"[A-Za-z0-9_-]{16,256}", Kind.LEGACY, Environment.LIVE, ""),
    Shape(b"csk_test_", _HEX_RUN, Kind.SECRET, Environment.TEST, ""),
    Shape(b"csk_", _HEX_RUN, Kind.SECRET, Environment.LIVE, ""),
    Shape(b"cpk_test_", _HEX_RUN, Kind.PUBLISHABLE, Environment.TEST, ""),
    Shape(b"cpk_", _HEX_RUN, Kind.PUBLISHABLE, Environment.LIVE, ""),
    Shape(b"cake_", _HEX_RUN, Kind.AGENT, Environment.LIVE, ""),
)

# What the bulk search looks for: the shortest prefixes, none of which begins another.
PREFIXES: Final = (b"cen_", b"csk_", b"cpk_", b"cake_", b"cencori_")

# How far a match looks: bytes before a key that may be an escape, bytes of the longest key.
LOOK_BEHIND: Final = 40
LONGEST: Final = 9 + 256 + 1

_TOKEN_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_ESC = rb"(?:\x1b|\x9b|\^\[|\\(?:[eE]|0?33|x1[bB]|u001[bB]|u\{0*1[bB]\}|U0000001[bB]))"
# Escapes that end in a token character: a key may follow one directly.
_ESCAPE_BEFORE = (
    rb"(?:\\[A-Za-z]"  # \n
    rb"|\\[0-7]{1,3}"  # \012
    rb"|\\[xX][0-9A-Fa-f]{1,2}"  # \x0a
    rb"|[\\%]u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"  # \u000a, %u000a of JavaScript's escape()
    rb"|\\[0-9A-Fa-f]{6}"  # \00000a of CSS
    rb"|%(?:25)*[0-9A-Fa-f]{2}"  # %0A, %250A
    rb"|=[0-9A-Fa-f]{2}"  # =0A of quoted-printable
    rb"|&\#[0-9]{1,7}|&\#[xX][0-9A-Fa-f]{1,6}|&[A-Za-z][A-Za-z0-9]{1,30}"  # HTML entities without their ;
    rb"|" + _ESC + rb"\[?[0-9;:?]{0,24}[A-Za-z]"  # ANSI sequences, raw or spelled
    rb"|\[[0-9;:]{1,24}m"  # what is left of them where ESC was stripped
    rb")\Z"
)


class _Grammar(NamedTuple):
    exact: tuple[tuple[Shape, re.Pattern[bytes]], ...]
    likely: tuple[tuple[Shape, re.Pattern[bytes]], ...]
    plausible: re.Pattern[bytes]
    any_prefix: re.Pattern[bytes]
    escape_before: re.Pattern[bytes]


@cache
def _grammar() -> _Grammar:
    """The tables as patterns; compiled when something looks like a key, which in most commits nothing does."""
    return _Grammar(
        tuple((s, re.compile(s.prefix + s.body + rb"(?![A-Za-z0-9_])")) for s in EXACT_SHAPES),
        tuple((s, re.compile(s.prefix + s.body)) for s in LIKELY_SHAPES),
        # Every exact body is of its likely shape's alphabet too.
        re.compile(b"|".join(s.prefix + s.body for s in LIKELY_SHAPES)),
        re.compile(b"|".join(PREFIXES)),
        re.compile(_ESCAPE_BEFORE),
    )


class Key:
    """A key found in some bytes.  Shows itself only as :attr:`redacted`; cannot be changed, copied out or pickled."""

    __slots__ = ("_text", "confidence", "environment", "kind", "redacted")

    _text: bytes
    kind: Kind
    environment: Environment
    confidence: Confidence
    redacted: str

    def __init__(self, text: bytes, shape: Shape, confidence: Confidence) -> None:
        """Wrap the ASCII *text* of a key that is of *shape*."""
        put = object.__setattr__
        put(self, "_text", text)
        put(self, "kind", shape.kind)
        put(self, "environment", shape.environment)
        put(self, "confidence", confidence)
        put(self, "redacted", f"{text[: len(shape.prefix) + 4].decode('ascii')}…")

    def fingerprint(self) -> str:
        """BLAKE2b of the key's text, personalised ``cencori-guard``: 10 bytes as 20 hex digits.

        The same key has the same fingerprint everywhere; the key cannot be had back from it.
        """
        from hashlib import blake2b  # loads OpenSSL: 15 ms that a clean commit need not wait for

        return blake2b(self._text, digest_size=10, person=b"cencori-guard").hexdigest()

    def bearer(self) -> bytes:
        """The value of an ``Authorization`` header.  For the verifier alone: it is the key in plain text."""
        return b"Bearer " + self._text

    def begins(self, other: Key) -> bool:
        """Whether *other* is this key and more."""
        return self != other and other._text.startswith(self._text)

    def __repr__(self) -> str:
        return f"<Key {self.redacted} {self.kind} {self.environment} {self.confidence}>"

    def __str__(self) -> str:
        return self.redacted

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Key cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Key cannot be changed")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a Key is never pickled or copied")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Key is never pickled or copied")


class KeyAt(NamedTuple):
    """A key and where it stands in the bytes that were searched: ``[start, end)``."""

    key: Key
    start: int
    end: int


def starts_token(data: bytes, at: int) -> bool:
    """Whether a token can start at *at*: after any byte but a token character, or after an escape."""
    if at == 0 or data[at - 1] not in _TOKEN_BYTES:
        return True
    return _grammar().escape_before.search(data, max(0, at - LOOK_BEHIND), at) is not None


def is_plausible(data: bytes | bytearray, at: int, end: int) -> bool:
    """Whether a key may start at *at* in ``data[:end]``: a cheap test, for most of what only begins like one."""
    return _grammar().plausible.match(data, at, end) is not None


def key_at(data: bytes, at: int, *, anywhere: bool = False, unbordered: bool = False) -> KeyAt | None:
    """The key that starts at *at* in *data*, if one does.

    *data* must reach :data:`LOOK_BEHIND` bytes before *at* and :data:`LONGEST` bytes
    after it, or to the ends of what is searched.  *anywhere*: within a token too, for
    what is to be hidden rather than found.  *unbordered*: a whole shape may stand right
    after a token character, as it does in the strings of binary files.
    """
    bordered = anywhere or starts_token(data, at)
    if not bordered and not unbordered:
        return None
    for shape, pattern in _grammar().exact:
        match = pattern.match(data, at)
        if match:
            body = match.group()[len(shape.prefix) :]
            # Letters alone in base58 may be one long camelCase name.
            if is_degenerate(body) or (shape.body is _BASE58 and word_score(body) >= WORDS_FOR_CERTAIN):
                return None
            return KeyAt(Key(match.group(), shape, Confidence.EXACT), at, match.end())
    if not bordered:
        return None
    for shape, pattern in _grammar().likely:
        match = pattern.match(data, at)
        if match:
            text = match.group().rstrip(b"._-")
            if not looks_random(text[len(shape.prefix) :]):
                return None
            return KeyAt(Key(text, shape, Confidence.LIKELY), at, at + len(text))
    return None


def find_keys(data: bytes, *, anywhere: bool = False) -> list[KeyAt]:
    """All keys in *data*, in order; they do not overlap.  *anywhere*: see :func:`key_at`."""
    found: list[KeyAt] = []
    at = 0
    any_prefix = _grammar().any_prefix
    while candidate := any_prefix.search(data, at):
        hit = key_at(data, candidate.start(), anywhere=anywhere)
        if hit:
            found.append(hit)
        at = hit.end if hit else candidate.start() + 1
    return found


def whole_key(data: bytes) -> Key | None:
    """The key that *data* is, and nothing besides; None where it is anything else."""
    found = key_at(data, 0)
    return found.key if found and found.end == len(data) else None


def never_issued() -> Key:
    """A secret key of the current shape that was drawn this moment, and that the vendor has never issued."""
    from secrets import token_hex  # for those alone who ask the API

    shape = next(shape for shape in EXACT_SHAPES if shape.prefix == b"csk_")
    return Key(shape.prefix + token_hex(24).encode("ascii"), shape, Confidence.EXACT)


def redact(text: str) -> str:
    """*text* with every key in it replaced by its redacted form, for messages about names and arguments."""
    data = text.encode("utf-8", "surrogatepass")
    hits = find_keys(data, anywhere=True)
    if not hits:
        return text
    parts, at = [], 0
    for hit in hits:
        parts += [data[at : hit.start], hit.key.redacted.encode()]
        at = hit.end
    parts.append(data[at:])
    return b"".join(parts).decode("utf-8", "surrogatepass")
