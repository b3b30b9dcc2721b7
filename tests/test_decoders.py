"""Decoders, by tables: what is read, which layers lead to it, and which place is told."""

from __future__ import annotations

import base64
import gzip
import json
import random
from binascii import hexlify

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cencori_guard.jobs.beginnings import holds_beginning
from cencori_guard.search.decoders.escapes import unescape
from cencori_guard.search.decoders.grouped import Cut, tokens_at
from cencori_guard.search.forms import PREFIXES, Writing, needles
from cencori_guard.search.needles import base64_needles, escaped, hex_needles, wide
from cencori_guard.tally import Tally
from tests.engine import find
from tests.mint import SHAPES, key, opaque

TEXT = key("secret", "decoders")
B64 = base64.b64encode(TEXT.encode()).decode()


def places(text: str | bytes, **how: object) -> list[tuple]:
    """(line, column, end column, layers) of each key."""
    data = text.encode() if isinstance(text, str) else text
    return [(m.line, m.column, m.end_column, m.decoded) for m in find(data, **how)]


TOLD: list[tuple[str, tuple]] = [
    (f"data: {B64}", (1, 7, 7 + len(B64), ("base64",))),
    (f"a\nkey: '{B64}'\n", (2, 7, 7 + len(B64), ("base64",))),
    (f"x = {TEXT.encode().hex()};", (1, 5, 5 + 2 * len(TEXT), ("hex",))),
    (f"é {B64}", (1, 3, 3 + len(B64), ("base64",))),
    (f"{base64.b64encode(B64.encode()).decode()}", (1, 1, 97, ("base64", "base64"))),
    (f"k={TEXT.replace('_', '%5F')}&b", (1, 3, 3 + len(TEXT) + 2, ("percent-encoding",))),
    (f'"{TEXT.replace("_", chr(92) + "u005f")}"', (1, 2, 2 + len(TEXT) + 5, ("backslash-escapes",))),
    (f"<{TEXT.replace('_', '&#95;')}>", (1, 2, 2 + len(TEXT) + 4, ("html-entities",))),
    # Of several lines the place is the first of them, but where one alone says it.
    (f"a\n{base64.encodebytes(b'x' * 40 + b' ' + TEXT.encode()).decode()}", (2, 1, 77, ("base64",))),
    (f"a\n{base64.encodebytes(b'x' * 60 + b' ' + TEXT.encode()).decode()}", (3, 1, 77, ("base64",))),
]


@pytest.mark.parametrize(("text", "expected"), TOLD, ids=range(len(TOLD)))
def test_the_place_is_that_of_the_token(text: str, expected: tuple) -> None:
    assert places(text) == [expected]


def test_in_a_token_longer_than_a_screen_the_place_is_that_of_the_key() -> None:
    """And each of many keys in it is found, at its own place."""
    source = random.Random(3)
    parts, starts = [], []
    for number in range(40):
        parts.append(" ".join(source.choices(("alpha", "beta", "gamma"), k=source.randrange(200, 400))) + " ")
        starts.append(len("".join(parts)))
        parts.append(key("secret", number) + " ")
    text = base64.b64encode("".join(parts).encode()).decode()
    found = places(f"data: {text}\n", buffer=1)
    assert [column for _, column, _, _ in found] == [7 + start // 3 * 4 for start in starts]
    assert found == places(f"data: {text}\n")
    wrapped = places("".join(f"{text[at : at + 76]}\n" for at in range(0, len(text), 76)))
    assert len(wrapped) == 40
    assert [line for line, *_ in wrapped] == [start // 3 * 4 // 76 + 1 for start in starts]


def _gz(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _early_slash(text: str) -> str:
    """As of a file from an unknown system: its header has a slash after a dozen characters."""
    data = gzip.compress(text.encode(), mtime=0)
    return base64.b64encode(data[:8] + b"\x02\xff" + data[10:]).decode()


def _b64(data: bytes | str) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def _in_lines(width: int = 40) -> list[str]:
    encoded = _b64("x" * 20 + " " + TEXT)
    return [encoded[at : at + width] for at in range(0, len(encoded), width)]


MAP = json.dumps({"version": 3, "sources": ["a"], "sourcesContent": [f"k='{TEXT}'"], "mappings": ""})
# What a second look at all this found missing.
FOUND = {
    "strings of C": 'a = "' + '"\n  "'.join(_in_lines()) + '";',
    "strings of C with line ends": 'a = "' + '\\n"\n  "'.join(_in_lines()) + '\\n";',
    "strings put together": 'a = "' + '" +\n  "'.join(_in_lines()) + '";',
    "a list of lines": json.dumps(_in_lines()),
    "an indented list of lines": json.dumps(_in_lines(), indent=1),
    "lines that go on": "\\\n".join(_in_lines()),
    "lines with spaces at their ends": " \n".join(_in_lines()),
    "line ends in JSON in JSON": "\\\\n".join(_in_lines()),
    "line ends in a URL": "%0A".join(_in_lines()),
    "a quoted mail": "\n> ".join(_in_lines()),
    "a comment": "\n# ".join(_in_lines()),
    "a block comment": "\n * ".join(_in_lines()),
    "empty lines between": "\n\n".join(_in_lines()),
    "hex in both cases": "".join(c.upper() if n % 3 else c for n, c in enumerate(TEXT.encode().hex())),
    "a packed text after another": f"{_gz('other')}\n{_gz('k=' + TEXT)}\n",
    "a packed text after something like it": f"see H4sIAAAAAAAAAAAAAAAAAAAAAAAAAA there\n\n{_gz('k=' + TEXT)}",
    "a packed text after an escape": json.dumps(f"data:\n{_gz('k=' + TEXT)}"),
    "a packed text in a URL": f"?x%3D{_gz('k=' + TEXT)}",
    "a packed text in an encoded one": _b64(f"content: {_gz('k=' + TEXT)}\n"),
    "a packed text in JSON of PHP": json.dumps({"z": _gz(f"{TEXT} {list(range(300))}")}).replace("/", "\\/"),
    "a slash early in JSON of PHP": json.dumps({"z": _early_slash(f"k={TEXT}")}).replace("/", "\\/"),
    "a packed text in UTF-16": f"x: {_gz('k=' + TEXT)}\n".encode("utf-16"),
    "base64 in UTF-16 in base64": _b64(f"FromBase64String('{_b64(TEXT)}')".encode("utf-16-le")),
    "base64 twice in UTF-16": f"x: {_b64(_b64(TEXT))}\n".encode("utf-16"),
    "escapes in base64": _b64(f"u={TEXT.replace('_', '%5F')}"),
    "hex in base64 in base64": _b64(_b64(TEXT.encode().hex())),
    "a map without padding": f"/*# sourceMappingURL=data:application/json;base64,{_b64(MAP).rstrip('=')}*/",
    "a map in eval": f"eval('a\\n//# sourceMappingURL=data:application/json;base64,{_b64(MAP).rstrip('=')}\\n//# x')",
    "a map with a charset": f'//# sourceMappingURL=data:application/json;charset="utf-8";base64,{_b64(MAP)}\n',
    "no map at all": f"x=`//# sourceMappingURL=data:${{type}};key={TEXT}`",
    **{f"c as {c}": f"v: '{c}{TEXT[1:]}'" for c in (
        "&#0099;", "&#X63;", "&amp;#99;", "%252563", "%u0063", "\\u{000063}", "\\U00000063", "=63", "&#x0063;",
    )},
}  # fmt: skip


@pytest.mark.parametrize("what", FOUND)
def test_what_was_missing_once(what: str) -> None:
    data = FOUND[what]
    data = data if isinstance(data, bytes) else data.encode()
    (match,) = find(data)
    assert match.key == find(TEXT.encode())[0].key
    assert holds_beginning(data)


def test_keys_side_by_side() -> None:
    """One in each line, or one after the other in one text: each once, whole, at its place."""
    many = [key(shape, number) for number in range(60) for shape in ("secret", "secret-test")]
    keys = {find(text.encode())[0].key for text in many}
    joined = "\n".join(many).encode()
    for data in (
        "\n".join(_b64(text) for text in many).encode(),
        "\n".join(text.encode().hex() for text in many).encode(),
        joined.hex().encode(),
        base64.b64encode(joined),
        base64.encodebytes(joined),
        base64.b64encode(base64.b64encode(joined)),
        base64.encodebytes(base64.encodebytes(joined)),
    ):
        for buffer in (1, 1 << 22):
            found = find(data, buffer=buffer)
            assert sorted(m.key.fingerprint() for m in found) == sorted(k.fingerprint() for k in keys)


def test_no_piece_of_another_key_is_shown() -> None:
    """Beside a key in plain sight: one that is spelled, cut in two, or encoded in pieces."""
    one, other = key("secret", "one"), key("secret", "other")
    encoded = _b64(other)
    for beside in (
        f"{other[:30]}%{ord(other[30]):02x}{other[31:]}",
        "".join(f"%{ord(c):02x}" if n % 12 == 0 else c for n, c in enumerate(other)),
        other.replace("_", "\\u005f"),
        encoded,
        json.dumps([encoded[at : at + 20] for at in range(0, len(encoded), 20)]),
        other.encode().hex(),
        _b64(encoded),
        _gz(other),
    ):
        for text in (f"a={one} b={beside} c", f"b={beside} a={one}", f"b={other[:30]}=\n{other[30:]} a={one}"):
            for match in find(text.encode()):
                shown = match.excerpt.text.replace(match.key.redacted, "").replace("csk_", "")
                body, b64 = other[10:], encoded[14:-4]
                assert not any(body[at : at + 8] in shown for at in range(len(body) - 8)), beside
                assert not any(b64[at : at + 20] in shown for at in range(len(b64) - 20)), beside


NOTHING = [
    base64.b64encode(b"csk_your_key_here_please_and_thank_you").decode(),
    base64.b64encode(b"cencori_sidebar_mode_is_a_name").decode(),
    base64.b64encode(f"csk_{'deadbeef' * 6}".encode()).decode(),
    base64.b64encode(b"csk_" + b"x" * 48).decode(),
    base64.b64encode(base64.b64encode(base64.b64encode(B64.encode()))).decode(),  # deeper than is looked at
    b"csk_act_open_retry_timer_and_more".hex(),
    "csk%5Fyour%5Fkey%5Fhere%5Fplease",
    "csk_your\\u005fkey\\u005fhere",
    "cen_%64%65%66%61%75%6c%74%5f%6e%61%6d%65",
    'printf("csk_%08x%08x%08x%08x%08x%08x\\n", a, b);',
    '"csk_\\n0123456789abcdef0123456789abcdef0123456789abcdef"',
    f"{B64[:20]}\n{B64[20:]}",  # lines that short are none of an encoding
    "H4sIAAAAAAAAA is how gzip begins",
    "sourceMappingURL=data:application/json;base64,AAAA",
]


@pytest.mark.parametrize("text", NOTHING, ids=range(len(NOTHING)))
def test_what_is_none_is_none(text: str) -> None:
    tally = Tally()
    assert places(text, tally=tally) == []
    assert tally.skipped == {}


SPELLED = [
    ("abc%5Fdef", "abc_def", ("percent-encoding",)),
    ("%61%2562%25252563", "abc", ("percent-encoding",)),
    (r"\u0061\u0062", "ab", ("backslash-escapes",)),
    (r"\\u0061\\\\x62\143\u{64}\U00000065", "abcde", ("backslash-escapes",)),
    ("%u0061b", "ab", ("percent-encoding",)),
    ("&#97;&#x62;&#0099&lowbar;&amp;#100;", "abc_d", ("html-entities",)),
    ("a=62=5Fc=\nd=\r\ne", "ab_cde", ("quoted-printable",)),
    ("a%20b", "a", ()),
    ("abc", "abc", ()),
    (r"a\nb", "a", ()),
    ("a%zz", "a", ()),
    ("a&b;", "a", ()),
    ("a=\n b", "a", ()),
    (r"a\u00e9", "a", ()),
    ("a&#999999;b", "a", ()),
]


@pytest.mark.parametrize(("text", "expected", "layers"), SPELLED)
def test_unescape(text: str, expected: str, layers: tuple[str, ...]) -> None:
    spelled = unescape(text.encode(), 0, 300)
    if not layers:
        assert spelled is None
        return
    assert spelled is not None
    assert (spelled.text.decode(), spelled.layers) == (expected, layers)
    assert len(spelled.places) == len(spelled.text) + 1


WAYS = ["{}", "%{:02x}", "%25{:02X}", r"\u{:04x}", r"\\x{:02X}", r"\{:03o}", "&#{};", "&#x{:X};"]


@given(st.sampled_from(SHAPES), st.lists(st.sampled_from(WAYS), min_size=1, max_size=60), st.integers(0, 99))
def test_any_character_in_any_spelling(shape: str, forms: list[str], seed: int) -> None:
    """Each character of a key in a spelling of its own."""
    text = key(shape, seed)
    written = "".join(form.format(ord(c) if form != "{}" else c) for c, form in zip(text, forms * 60, strict=False))
    (match,) = find(f'k = "{written}";\n'.encode())
    (plain,) = find(text.encode())
    assert match.key == plain.key
    assert (match.line, match.column, match.end_column) == (1, 6, 6 + len(written))


@given(st.binary(max_size=60), st.sampled_from(SHAPES), st.binary(max_size=60), st.sampled_from([0, 24, 64, 76]))
def test_base64_of_anything_around_a_key(before: bytes, shape: str, after: bytes, width: int) -> None:
    """Whatever stands beside it in the text that was encoded, and wherever its lines end."""
    text = key(shape, len(before))
    data = before + b" " + text.encode() + b"\n" + after
    encoded = base64.b64encode(data).decode()
    lines = [encoded[at : at + width] for at in range(0, len(encoded), width)] if width else [encoded]
    assert find(text.encode())[0].key in {m.key for m in find("\n".join(["", *lines, ""]).encode())}


@given(st.sampled_from([key(shape) for shape in SHAPES] + [opaque(2, 40)]), st.integers(0, 2), st.sampled_from("lu"))
def test_needles_are_in_every_encoding(text: str, shift: int, case: str) -> None:
    """Whatever surrounds a key, one of its needles is there: in base64 at any shift, in hex, in UTF-16 within it."""
    raw = b"\xff" * shift + text.encode()
    encoded = base64.b64encode(raw)
    assert any(n in encoded for word in PREFIXES for n, _ in base64_needles(word))
    twice = base64.b64encode(b"?" * shift + text.encode("utf-16-le"))
    assert any(n in twice for word in PREFIXES for n, _ in base64_needles(wide(word)))
    digits = hexlify(raw)
    assert any(n in (digits.upper() if case == "u" else digits) for word in PREFIXES for n in hex_needles(word))
    known = needles()
    assert all(n in known for word in PREFIXES for n, _ in base64_needles(word))
    assert all(n in known for n in escaped(PREFIXES))


@given(
    st.binary(min_size=9, max_size=90), st.integers(0, 60), st.sampled_from(["\n", "\r\n", "\n    ", "\\n", "\\r\\n"])
)
def test_tokens_are_read_from_any_place_in_them(data: bytes, at: int, end: str) -> None:
    """The groups are counted from a place within, and the lines put together, whatever ends them."""
    encoded = base64.b64encode(data).decode().rstrip("=")
    at = min(at, len(encoded) - 1)
    lines = [encoded[i : i + 24] for i in range(0, len(encoded), 24)]
    text = '"' + end.join(lines) + '"'
    where = 1 + at + at // 24 * len(end)
    tokens = tokens_at(text.encode(), where, Writing.BASE64, at % 4, Cut())
    token = tokens[-1]
    # As much of it as a key that begins there could take, but for groups that it does not begin with.
    assert token.data in data
    assert len(token.data) >= min(len(data), 3 * (len(encoded) - 24 * (at // 24)) // 4) - 3
    assert (token.start, token.end) == (1, len(text) - 1)
    first, last = token.span(0, len(token.data))
    assert base64.b64decode(text[first:last].replace(end, "") + "==") == token.data
