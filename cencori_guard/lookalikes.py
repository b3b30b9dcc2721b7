"""Tell a random token from what people and programs write by hand.

The grammar (``keys.py``) knows the shapes; many strings of the right shape are no
keys: placeholders, runs, repeats, identifiers.  All functions take the *body* of a
token (what stands after its prefix) as ASCII ``bytes`` and are pure.

The limits are chosen so that a body drawn at random is turned away with a
probability below 1e-9 where a whole shape matched (:func:`is_degenerate`).  For loose
tokens (:func:`looks_random`) the price of silence about names is higher: of 16 random
hex digits three in a thousand are turned away; of 16 letters and digits 7 %, of 24 1.5 %,
of 32 0.2 %, nearly all for having no digit.
"""

from __future__ import annotations

import re
from functools import cache
from math import log2

# Bits (in halves, base 36) that a letter costs after the one before it; row 26 is
# the start of a word.  Counted over the 30,262 letter runs that occur in three or
# more files of Linux 6.1 and of some TypeScript packages, each weighted by the
# logarithm of its count: the English, and the abbreviations, that programs are made of.
_BIGRAMS = (
    "h978geahajd696h9l685bcfecf 6bbc6dff6eh5de7ck89c7ggjbl 6fae7eh69q89cf5bi9b7afjiel "
    "7cc93ddf5gkbbf8cj88c9dffek 9e86bbbgdjh996ebd568fbeaeh 7ebc75di5nk8dd7cj79a9jfhcl "
    "7ede4d987im9b89bv68c8gjiei 5eda4ghi6nfccd6cm9b99hckbh ab899a9khkg9947aja87gajelb "
    "5ddc5dfd7hdeed5bje7c6ffjhe 8abb4ced6lfaba9bgb6baddkch 6dda5efh5mc6eg6dofaaaehi8k "
    "5abd5egh6kgd9f76lf9d9gihgl 8f877a5f8icceb8eie75bchifh cc89fcbfcid884a9m6998aafgi "
    "6ebd6eea8of7df79k5989ghiel edabcfjgbppbccccib8d1hhgpe 6eaa4ech6nccab7dfa88bdggbk "
    "9e8e5ee96lbbcd88id758gdjbh 7gbe4ei95libef7dk78aahffbi 99ab8bbh9kh785e8q766jhldhg "
    "6ecc3deh5nidae8dicbdegkhgi 5dcc6eg95tgab87bg78cfiffht 8b7a68ec7jicceb5ebb5eegaci "
    "8aac8ddg8mi99695sc58chchfd 6ede3gja5hrcfe8grededirfb9 897899ba9eca8aa7e869abbdhg"
)
_WORD_START = 26
# Bits that a change of kind within a word costs: name2, v2beta, camelCase.
_TO_DIGIT, _TO_LETTER, _TO_CAPITAL = 3.5, 2.0, 3.0
_HEX = rb"(?:[0-9a-f]+|[0-9A-F]+)"

# A whole camelCase identifier of 32 characters scores 25 bits and more.  By Markov's
# inequality a random body scores that high less often than once in 2**24 times; in
# fact far less, because random letters score about -60.
WORDS_FOR_CERTAIN = 24.0

_SEGMENT = rb"[A-Za-z0-9]+"
_DIGIT, _LETTER = rb"[0-9]", rb"[A-Za-z]"
# name, name3, Name, NAME2, 2024, 12px, 3rd, i18n: what segments of identifiers look like.
_PLAIN_SEGMENT = rb"(?:[a-z]+|[A-Z]+|[A-Z][a-z]+)[0-9]*|[0-9]+[A-Za-z]{0,3}|[a-z][0-9]+[a-z]"
_TIMESTAMP = rb"(?:19|20)[0-9]{6}[Tt]?[0-9]{4,9}[Zz]?"
# A token without one segment of this length is a list of short names: h264, mp4a, av1c.
_SHORTEST_CORE = 8
_SAID_TO_BE_NONE = frozenset(
    b"your example examples placeholder dummy fake sample changeme change replace insert "
    b"redacted removed todo mock invalid".split()
)
# A name, a hash and an extension: what bundlers and packagers call the files they write.
_HASHED_FILE = (
    rb"[A-Za-z][A-Za-z0-9_]*[.-][0-9a-f]{7,20}|"
    rb"[A-Za-z][A-Za-z0-9]*[.-].*\.[a-z][a-z0-9]{1,11}"
    rb"|[A-Za-z][A-Za-z0-9]*[._-].*\.(?:[cm]?[jt]sx?|map|css|html?|json|svg|png|jpe?g|gif|webp|ico|woff2?|"
    rb"ttf|eot|wasm|whl|zip|tgz|gz|br|deb|rpm|jar|exe|dll|so|log|txt|md|py|ya?ml|toml|lock|db|tar)"
)


def _orders() -> frozenset[tuple[int, int]]:
    pairs = set()
    for row in (b"01234567890", b"abcdefghijklmnopqrstuvwxyza", b"90", b"9a", b"f0", b"z0"):
        pairs |= {(a, b) for a, b in zip(row, row[1:], strict=False)}
    return frozenset(pairs | {(b, a) for a, b in pairs} | {(c, c) for c in range(128)})


_NEXT = _orders()
_KEYBOARD = frozenset(
    (a, b) for row in (b"qwertyuiop", b"asdfghjkl", b"zxcvbnm") for a, b in zip(row, row[1:], strict=False)
)


def entropy(body: bytes) -> float:
    """Shannon entropy of the characters of *body*, in bits a character."""
    size = len(body)
    return -sum(n / size * log2(n / size) for n in map(body.count, set(body)))


def is_repeat(body: bytes) -> bool:
    """Whether *body* is one group of characters over and over, but for a fifth of it."""
    size = len(body)
    for period in range(1, size // 2 + 1):
        same = sum(a == b for a, b in zip(body, body[period:], strict=False))
        if same >= 0.8 * (size - period):
            return True
    return False


def is_run(body: bytes, *, share: float = 0.7, keyboard: bool = False) -> bool:
    """Whether *body* counts through digits or letters, up or down, or two such runs in turn (``a1b2c3``)."""
    low = body.lower()
    order = _NEXT | _KEYBOARD if keyboard else _NEXT
    for step in (1, 2):
        pairs = zip(low, low[step:], strict=False)
        if sum(pair in order for pair in pairs) >= share * (len(low) - step):
            return True
    return False


def is_degenerate(body: bytes) -> bool:
    """Whether a body of a whole shape (32 characters or more) was plainly not drawn at random."""
    most = max(map(body.count, set(body)))
    return len(set(body)) < 7 or most * 2 > len(body) or entropy(body) < 2.5 or is_repeat(body) or is_run(body)


@cache
def _cost() -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(int(c, 36) / 2 for c in row) for row in _BIGRAMS.split())


def word_score(segment: bytes) -> float:
    """Bits by which *segment* (letters and digits) is likelier a piece of an identifier than characters at random.

    At random means: of its own kind, hexadecimal, one case or both.  Digits say nothing
    by themselves, but every change between letters and digits counts against words.
    """
    kinds = len({_kind(code) for code in segment} - {"0"})
    at_random = 4.0 if re.fullmatch(_HEX, segment) else log2(62 if kinds == 2 else 36)
    score, row, before = 0.0, _WORD_START, ""
    cost = _cost()
    for code in segment:
        kind = _kind(code)
        if kind == "0":
            score -= _TO_DIGIT if before not in ("", "0") else 0.0
        else:
            if kind == before or not before:
                switch = 0.3
            elif before == "A":
                switch = 1.0
            else:
                switch, row = (_TO_LETTER if before == "0" else _TO_CAPITAL), _WORD_START
            letter = (code | 32) - 97
            score += at_random - cost[row][letter] - switch
            row = letter
        before = kind
    return score


def _kind(code: int) -> str:
    return "0" if code < 58 else "A" if code < 91 else "a"


def is_identifier(segment: bytes) -> bool:
    """Whether *segment*, a run of letters and digits between separators, is a word, a number or a name."""
    if len(segment) < 12 and re.fullmatch(_PLAIN_SEGMENT, segment):
        return True
    return segment.isdigit() or word_score(segment) > 0 or re.fullmatch(_TIMESTAMP, segment) is not None


def random_stretches(body: bytes) -> list[bytes]:
    """The longest stretches of *body* without a segment that is a word, a number or a name; separators within kept."""
    stretches, start = [], -1
    end = 0
    for segment in re.finditer(_SEGMENT, body):
        if is_identifier(segment.group()):
            if start >= 0:
                stretches.append(body[start:end])
            start = -1
        else:
            start = segment.start() if start < 0 else start
            end = segment.end()
    if start >= 0:
        stretches.append(body[start:end])
    return stretches


def looks_random(body: bytes, *, least: int = 16) -> bool:
    """Whether *body* holds *least* characters that look drawn at random.

    Asks for a mix of letters and digits, enough distinct characters, entropy, and
    none of: words, numbers, runs, repeats, file names with a hash, "example".
    """
    segments = {s.lower() for s in re.findall(_SEGMENT, body)}
    if segments & _SAID_TO_BE_NONE or re.fullmatch(_HASHED_FILE, body):
        return False
    rest = b"".join(random_stretches(body))
    if max(map(len, re.findall(_SEGMENT, rest)), default=0) < _SHORTEST_CORE:
        return False
    if len(rest) < least or not re.search(_DIGIT, rest) or not re.search(_LETTER, rest):
        return False
    if len(set(rest)) < 7 or entropy(rest) < 2.5 or max(map(rest.count, set(rest))) * 2 > len(rest):
        return False
    return not is_repeat(rest[:64]) and not is_run(rest, share=0.6, keyboard=True)
