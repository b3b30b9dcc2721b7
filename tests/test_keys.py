"""The grammar: every shape of key with its borders, and a key that never shows itself."""

from __future__ import annotations

import copy
import hashlib
import pickle
import random
import re

import pytest

from cencori_guard.keys import (
    EXACT_SHAPES,
    LONGEST,
    LOOK_BEHIND,
    PREFIXES,
    Confidence,
    Environment,
    Key,
    Kind,
    find_keys,
    is_plausible,
    key_at,
    redact,
)
from tests.mint import BASE58, HEX, SHAPES, key, opaque

EXACT, LIKELY = Confidence.EXACT, Confidence.LIKELY
# Design 2.1, row by row.
ROWS = {
    "legacy-base58": ("cen_", Kind.LEGACY, Environment.LIVE),
    "legacy-hex": ("cen_", Kind.LEGACY, Environment.LIVE),
    "legacy-test": ("cen_test_", Kind.LEGACY, Environment.TEST),
    "secret": ("csk_", Kind.SECRET, Environment.LIVE),
    "secret-test": ("csk_test_", Kind.SECRET, Environment.TEST),
    "publishable": ("cpk_", Kind.PUBLISHABLE, Environment.LIVE),
    "publishable-test": ("cpk_test_", Kind.PUBLISHABLE, Environment.TEST),
    "agent-hex": ("cake_", Kind.AGENT, Environment.LIVE),
    "agent-uuid": ("cake_", Kind.AGENT, Environment.LIVE),
}
HEX_SHAPES = [shape for shape in SHAPES if shape != "legacy-base58"]


def one(text: str | bytes) -> tuple[Kind, Environment, Confidence, int, int] | None:
    """What the only key in *text* is, and where; None if there is none."""
    hits = find_keys(text.encode() if isinstance(text, str) else text)
    assert len(hits) <= 1
    return next(((h.key.kind, h.key.environment, h.key.confidence, h.start, h.end) for h in hits), None)


def found(text: str) -> Key:
    """The only key in *text*."""
    (hit,) = find_keys(text.encode())
    return hit.key


def test_the_table_has_every_shape() -> None:
    """A shape added to the grammar must be added here too."""
    assert set(ROWS) == set(SHAPES)
    assert len(ROWS) == len(EXACT_SHAPES)
    assert all(shape.prefix.startswith(PREFIXES) for shape in EXACT_SHAPES)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_kind_is_found_exactly(shape: str) -> None:
    _, kind, environment = ROWS[shape]
    for seed in range(20):
        text = key(shape, seed)
        assert one(text) == (kind, environment, EXACT, 0, len(text))
        assert one(f"x = '{text}'") == (kind, environment, EXACT, 5, 5 + len(text))


@pytest.mark.parametrize("shape", HEX_SHAPES)
def test_hex_is_accepted_in_either_case(shape: str) -> None:
    prefix, kind, environment = ROWS[shape]
    body = key(shape)[len(prefix) :]
    for text in (prefix + body.upper(), prefix + body[:20].upper() + body[20:]):
        assert one(text) == (kind, environment, EXACT, 0, len(text))
    assert one((prefix + body).upper()) is None


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("after", ["a", "F", "0", "9", "_", "_x", "g", "Z"])
def test_a_token_character_right_after_is_never_exact(shape: str, after: str) -> None:
    hit = one(key(shape) + after)
    assert hit is None or hit[2] is LIKELY


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "after", ["-", ".", "/", '"', "'", "\\n", "\n", "\0", "\x1b[0m", "é", "\xff", "&", "%0A", ":", " "]
)
def test_any_other_byte_right_after_ends_a_key(shape: str, after: str) -> None:
    text = key(shape)
    assert one(text.encode() + after.encode("latin-1")) == (*ROWS[shape][1:], EXACT, 0, len(text))
    assert one(text + after + "more words") == (*ROWS[shape][1:], EXACT, 0, len(text))


@pytest.mark.parametrize("shape", SHAPES)
def test_one_character_too_many_or_few_is_likely(shape: str) -> None:
    """Cut short or grown in a paste, it is still a secret, only not a whole shape."""
    _, kind, environment = ROWS[shape]
    text = key(shape)
    for changed in (text[:-1], text + "7"):
        assert one(changed) == (kind, environment, LIKELY, 0, len(changed))


@pytest.mark.parametrize("version", HEX)
def test_an_agent_key_of_32_is_a_version_4_uuid(version: str) -> None:
    for variant in HEX:
        text = key("agent-uuid", 3)
        text = text[:17] + version + text[18:21] + variant + text[22:]
        expected = EXACT if version == "4" and variant in "89ab" else LIKELY
        assert one(text) == (Kind.AGENT, Environment.LIVE, expected, 0, len(text))


@pytest.mark.parametrize("wrong", "0OIl_-+")
def test_base58_has_no_ambiguous_characters(wrong: str) -> None:
    text = key("legacy-base58", 5)
    hit = one(text[:20] + wrong + text[21:])
    assert hit is None or hit[2] is LIKELY


@pytest.mark.parametrize("size", [24, 32, 48, 64, 128, 256])
def test_opaque_keys_are_likely(size: int) -> None:
    text = opaque(size, size)
    assert one(f'"{text}"') == (Kind.OPAQUE, Environment.LIVE, LIKELY, 1, 1 + len(text))


def test_loose_tokens_are_likely() -> None:
    source = random.Random(3)
    for size in (24, 40, 64):
        body = "".join(source.choices(BASE58, k=size - 3)) + "0Ol"
        assert one("cen_" + body) == (Kind.LEGACY, Environment.LIVE, LIKELY, 0, 4 + size)
        assert one("cen_test_" + body) == (Kind.LEGACY, Environment.TEST, LIKELY, 0, 9 + size)


@pytest.mark.parametrize("size", range(1, 16))
def test_less_than_16_characters_is_no_key(size: int) -> None:
    body = opaque(1, 24)[len("cencori_") :][:size]
    for prefix in PREFIXES:
        assert one(prefix.decode() + body) is None


@pytest.mark.parametrize("end", [".", "-", "...", ".\n", ". The"])
def test_a_full_stop_is_no_part_of_an_opaque_key(end: str) -> None:
    text = opaque(9)
    assert one(f"Use {text}{end}") == (Kind.OPAQUE, Environment.LIVE, LIKELY, 4, 4 + len(text))


ESCAPES = [
    r"\n", r"\t", r"\r", r"\b", r"\f", r"\v", r"\a", r"\e", r"\0", r"\12", r"\012", r"\033", r"\\n",
    r"\x0a", r"\x0A", r"\x22", r"\xA", r"\u0022", r"\u000a", r"\u{a}", r"\u{22}", r"\u{1F680}", r"\U0000000a",
    "%22", "%0A", "%3D", "%3d", "%2522", "%20", "%u0022",
    "=0A", "=3D", "=22",
    "&quot;", "&#34;", "&#x22;", "&#X22;", "&quot", "&amp", "&#34", "&#x22", "&nbsp", "&apos",
    "\x1b[31m", "\x1b[0m", "\x1b[1;31m", "\x1b[38;5;196m", "\x1b[38;2;255;0;10m", "\x1b[K", "\x1b[2K", "\x9b31m",
    r"\x1b[31m", r"\x1B[1;31m", r"\e[31m", r"\033[31m", r"\33[1m", r"\0033[1m", r"\u001b[32m", r"\u{1b}[32m",
    r"\U0000001b[32m", "^[[31m", "[31m", "[1;31m",
]  # fmt: skip


@pytest.mark.parametrize("escape", ESCAPES)
def test_a_key_follows_an_escape(escape: str) -> None:
    shape, text = "legacy-base58", key("legacy-base58")
    for before in ("", "key", "a ", '"', "x" * 100):
        data = (before + escape + text).encode("latin-1")
        assert one(data) == (*ROWS[shape][1:], EXACT, len(data) - len(text), len(data))


@pytest.mark.parametrize(
    "before",
    [
        "a",
        "Z",
        "0",
        "9",
        "_",
        "x_",
        "my",
        "n",
        "0x0a",
        "u0022",
        "31m",
        "amp",
        "3D",
        "a=zz",
        "a%zz",
        "lib",
        "sub_",
        "\\nx",
    ],
)
def test_no_key_starts_within_a_token(before: str) -> None:
    for shape in SHAPES:
        assert one(before + key(shape)) is None
        assert one(f"x {before}{key(shape)}") is None


@pytest.mark.parametrize(
    "before", ["", " ", "=", ":", "/", "-", ".", "(", "\0", "\n", "\\", "é", "\xff", "@", "$", "%", "&"]
)
def test_a_key_starts_after_any_other_byte(before: str) -> None:
    for shape in SHAPES:
        assert one(before.encode("latin-1") + key(shape).encode()) is not None
        assert one(before + key(shape)) is not None


def test_many_keys_are_found_in_order_and_apart() -> None:
    texts = [key(shape, seed) for seed in range(5) for shape in SHAPES]
    data = ",".join(texts).encode()
    hits = find_keys(data)
    assert [data[hit.start : hit.end].decode() for hit in hits] == texts


def test_a_window_holds_the_longest_key() -> None:
    """What the engine promises around a candidate is enough for every answer."""
    text = opaque(4, 256)
    assert len(text) < LONGEST
    assert len(max(ESCAPES, key=len)) < LOOK_BEHIND
    data = b"y" * 500 + b"\\n" + text.encode() + b"z" * 500
    assert key_at(data[502 - LOOK_BEHIND : 502 + LONGEST], LOOK_BEHIND) is not None


def test_plausible_never_loses_a_key() -> None:
    """The cheap test lets every key through."""
    for text in (*(key(shape, seed) for shape in SHAPES for seed in range(50)), opaque(1), opaque(2, 200)):
        assert is_plausible(text.encode(), 0, len(text))
        assert not is_plausible(text.encode(), 0, 15)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_random_key_is_ever_turned_away(shape: str) -> None:
    """20,000 keys of each kind of body, 2,000 where only the prefix differs: all found, whole, and exact."""
    source = random.Random(shape)
    prefix = ROWS[shape][0].encode()
    alphabet = (BASE58 if shape == "legacy-base58" else HEX).encode()
    size = 32 if shape in ("legacy-base58", "agent-uuid") else 48
    for _ in range(20_000 if shape in ("legacy-base58", "secret", "agent-uuid") else 2_000):
        body = bytes(source.choices(alphabet, k=size))
        if shape == "agent-uuid":
            body = body[:12] + b"4" + body[13:16] + bytes(source.choices(b"89ab")) + body[17:]
        hit = key_at(prefix + body, 0)
        assert hit
        assert (hit.end, hit.key.confidence) == (len(prefix) + size, EXACT)


@pytest.mark.parametrize("text", [*(key(shape) for shape in SHAPES), opaque()], ids=[*SHAPES, "opaque"])
def test_a_key_never_shows_itself(text: str) -> None:
    secret = found(text)
    body = text.split("_")[-1]
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r}", "%s" % secret, "%r" % (secret,)]  # noqa: UP031
    shown += [repr([secret]), repr({"k": secret}), str(find_keys(text.encode())), ascii(secret)]
    shown += [repr(secret.redacted), secret.fingerprint(), repr(hash(secret))]
    for way in shown:
        assert text not in way
        assert body[5:] not in way
        assert body[4:12] not in way


def test_a_key_cannot_be_carried_off() -> None:
    """Neither pickled nor copied nor changed nor read through the usual doors."""
    secret = found(key())
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(secret, protocol)
    for carry in (copy.copy, copy.deepcopy, vars, bytes, iter):
        with pytest.raises(TypeError):
            carry(secret)
    for name in ("kind", "redacted", "environment", "confidence", "_text", "new"):
        with pytest.raises(AttributeError):
            setattr(secret, name, "x")
        with pytest.raises(AttributeError):
            delattr(secret, name)
    assert secret.kind is Kind.SECRET


@pytest.mark.parametrize("shape", SHAPES)
def test_fingerprint_and_redacted_form(shape: str) -> None:
    text = key(shape)
    secret = found(text)
    prefix = ROWS[shape][0]
    assert secret.redacted == str(secret) == text[: len(prefix) + 4] + "…"
    expected = hashlib.blake2b(text.encode(), digest_size=10, person=b"cencori-guard").hexdigest()
    assert secret.fingerprint() == expected
    assert re.fullmatch("[0-9a-f]{20}", expected)


def test_equality_is_of_the_text() -> None:
    assert found(key()) == found(f"a {key()}")
    assert hash(found(key())) == hash(found(f"a {key()}"))
    assert found(key()) != found(key(seed=1))
    assert found(key()) != key()


def test_redact_hides_every_key_in_a_message() -> None:
    first, second = key("secret"), key("legacy-base58")
    text = redact(f"no such path: /tmp/{first}/é/\udcff{second}.txt")
    assert text == f"no such path: /tmp/{first[:8]}…/é/\udcff{second[:8]}….txt"
    assert redact("plain é \udcff") == "plain é \udcff"
