"""The engine: no needle lost or given twice, however blobs are packed, read and cut into buffers."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cencori_guard.keys import find_keys
from cencori_guard.models import Blob, Match, ReadInto
from cencori_guard.recognise.stage import recognise
from cencori_guard.search import matchers
from cencori_guard.search.cursor import Cursor, sniff
from cencori_guard.search.engine import search
from cencori_guard.search.forms import PLAIN, Form, Writing, needles
from cencori_guard.search.matchers import Hit, HyperscanMatcher, Matcher, ReMatcher, adaptive
from cencori_guard.search.needles import wide
from cencori_guard.search.part import AHEAD, BEHIND
from cencori_guard.tally import Tally
from tests.engine import reader
from tests.mint import SHAPES, key, opaque

NEEDLES = tuple(needles())
LITERAL = (Writing.PLAIN, Writing.ESCAPED, Writing.MAP, Writing.POINTER)
SMALLEST = 2 * (BEHIND + AHEAD)
RE = ReMatcher()


def scan(*blobs: bytes, matcher: Matcher = RE, tally: Tally | None = None, buffer: int = 0, **how) -> list[Match]:
    """The matches in *blobs*, named 0, 1, …"""
    tally = tally or Tally()
    sources = ((Blob(b"%d" % i), reader(data, **how)) for i, data in enumerate(blobs))
    return [m for m in recognise(search(sources, matcher, tally, buffer=buffer), tally) if isinstance(m, Match)]


def seen(matches: list[Match]) -> list[tuple]:
    """All that matches say."""
    return [
        (m.blob.path, m.line, m.column, m.end_column, m.key.fingerprint(), m.decoded, m.excerpt, m.notes)
        for m in matches
    ]


def where(text: str, at: int) -> tuple[int, int]:
    """Line and column of the character at *at*."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def noise(size: int, seed: int | str = 0) -> bytearray:
    """Random lines."""
    source = random.Random(f"noise/{seed}")
    return bytearray(source.choices(b"abcdefg hijklm,;=.\n", k=size))


pieces = st.one_of(
    st.sampled_from(NEEDLES),
    st.sampled_from(NEEDLES).flatmap(lambda n: st.integers(1, len(n)).map(lambda i: n[:i])),
    st.sampled_from(NEEDLES).flatmap(lambda n: st.integers(1, len(n)).map(lambda i: n[-i:])),
    st.sampled_from([b"c", b"ce", b"cc", b"C", b"\0", b"\n", b"_", b"cencen_", b"CENCORI_", b"CeN_"]),
    st.binary(max_size=4),
)


plain = st.sampled_from(
    [*PLAIN, b"c", b"ce", b"cc", b"C", b"\n", b"_", b"cencen_", b"CENCORI_", b" ", b"=", b"0a", b"Zz"]
)
runs = st.sampled_from(
    [b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo", b"1234567890abcdef1234567890ABCDEF", b"a_name_of_many_words"]
)


@given(st.lists(st.one_of(pieces, runs, runs.map(wide)), max_size=60).map(b"".join), st.integers(0, 10))
@settings(max_examples=400)
def test_re_and_hyperscan_agree(data: bytes, short: int) -> None:
    """The same offsets, and those that a plain search finds; nothing beyond ``size``.

    In names, which no key is encoded in, hyperscan may find more.
    """
    size = max(0, len(data) - short)
    every = [(at, form) for n, forms in needles().items() for at in _all(data[:size], n) for form in forms]
    slow, quick = RE.find(bytearray(data), size), fast().find(bytearray(data), size)
    assert slow == sorted(set(slow))
    assert quick == sorted(set(quick))
    assert set(slow) <= set(quick) <= set(every)
    assert [hit for hit in every if hit[1].writing in LITERAL and hit not in slow] == []
    names = {hit for hit in set(quick) - set(slow) if hit[1].writing not in LITERAL}
    assert names == set(quick) - set(slow)
    for at, form in names:
        step = 2 if form.wide else 1
        assert _is_name(bytes(data[:size][at % step :: step]), at // step)


def _all(data: bytes, needle: bytes) -> list[int]:
    found, at = [], data.find(needle)
    while at >= 0:
        found.append(at)
        at = data.find(needle, at + 1)
    return found


def _is_name(data: bytes, at: int) -> bool:
    """Whether the runs that touch *at* are too plain to be an encoding."""
    return any(
        matchers._is_name(match.group())
        for match in re.finditer(rb"[A-Za-z0-9+/_-]+", data)
        if match.start() - 2 <= at <= match.end()
    )


_fast: list[Matcher] = []


def fast() -> Matcher:
    """Hyperscan, where there is one."""
    if not _fast:
        pytest.importorskip("hyperscan")
        _fast.append(HyperscanMatcher())
    return _fast[0]


def test_no_needle_begins_another() -> None:
    """Or the same offset would be given twice."""
    assert not [(a, b) for a in PLAIN for b in PLAIN if a != b and a.startswith(b)]


@pytest.mark.parametrize("error", [ImportError, RuntimeError, OSError])
def test_without_hyperscan_re_does_it_all(error: type[Exception]) -> None:
    tried = []

    def make() -> Matcher:
        tried.append(1)
        raise error

    matcher = adaptive(make, worth=100)
    data = bytearray(b"x cen_ y" * 20)
    assert matcher.find(data, 8) == [(2, Form(Writing.PLAIN))]
    assert not tried
    for _ in range(3):
        assert matcher.find(data, len(data)) == RE.find(data, len(data))
    assert len(tried) == 1


def test_hyperscan_takes_over_when_it_is_worth_it() -> None:
    calls = []

    class Fast:
        def find(self, data: bytearray, size: int) -> list[Hit]:
            calls.append(size)
            return RE.find(data, size)

    matcher = adaptive(Fast, worth=100)
    for size in (60, 40, 1, 160):
        matcher.find(bytearray(b"x cen_ y" * 20), size)
    assert calls == [1, 160]


EDGES = sorted(
    {
        edge + delta
        for edge in (0, BEHIND, AHEAD + BEHIND, SMALLEST - AHEAD, SMALLEST, SMALLEST + AHEAD, 2 * SMALLEST)
        for delta in (-60, -53, -52, -51, -40, -5, -4, -3, -1, 0, 1, 2)
        if edge + delta >= 0
    }
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_key_at_any_edge_is_found_once(encoding: str) -> None:
    """At every offset around the edges of buffers and of what is carried over, the same as with one large buffer."""
    for seed, at in enumerate(EDGES):
        text = noise(3 * SMALLEST, at).decode()
        text = f"{text[:at]} {key('secret', seed)} {text[at:]}"
        small = scan(text.encode(encoding), buffer=SMALLEST)
        assert [(m.line, m.column) for m in small] == [where(text, at + 1)]
        assert seen(small) == seen(scan(text.encode(encoding), buffer=1 << 22))


@given(
    spans=st.lists(st.tuples(st.integers(0, 9000), st.sampled_from(SHAPES)), min_size=1, max_size=12),
    sizes=st.lists(st.integers(1, 9000), max_size=8),
    cuts=st.lists(st.integers(0, 60_000), max_size=4),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16"]),
)
@settings(max_examples=60)
def test_buffers_and_readers_make_no_difference(spans: list, sizes: list, cuts: list, encoding: str) -> None:
    """Keys, places, excerpts and notes do not depend on the buffer, on the reader's chunks, or on the neighbours."""
    parts = [
        noise(gap, i).decode() + f"é—🚀 = '{key(shape, i)}' # cencori-guard: allow"
        for i, (gap, shape) in enumerate(spans)
    ]
    text = "\n".join(parts)
    edges = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    blobs = [text[a:b].encode(encoding) for a, b in zip(edges, edges[1:], strict=False)]
    expected = seen(scan(*blobs, buffer=1 << 22))
    assert seen(scan(*blobs, buffer=SMALLEST)) == expected
    assert seen(scan(*blobs, buffer=SMALLEST + 777, chunks=sizes)) == expected
    alone = [(b"%d" % i, *rest) for i, blob in enumerate(blobs) for _, *rest in seen(scan(blob))]
    assert alone == expected


@given(st.lists(st.one_of(plain, st.sampled_from(SHAPES).map(lambda s: key(s).encode())), max_size=40).map(b"".join))
@settings(max_examples=200)
def test_the_engine_finds_what_the_grammar_finds(data: bytes) -> None:
    narrow = data.replace(b"\0", b"-")
    assert [m.key for m in scan(narrow)] == [hit.key for hit in find_keys(narrow)]


def test_no_key_spans_two_blobs() -> None:
    """Blobs lie back to back in the buffer; a key cut in two is in neither."""
    for text in (key("secret"), key("legacy-base58"), key("agent-uuid")):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            data = text.encode(encoding)
            step = len(data) // len(text)
            for cut in range(step, len(data) - step + 1):
                found = scan(b"x=" + data[:cut], data[cut:] + b"\n")
                assert all(m.key.confidence == "likely" for m in found)
                assert all(m.blob.path == b"0" for m in found)


def test_a_blob_before_is_no_border() -> None:
    """The last bytes of the blob before say nothing about what begins the next, nor the first ones about the end."""
    text = key().encode()
    found = scan(b"abc", text, b"abc", text, b"\\", b"n" + text)
    assert [(m.blob.path, m.column, m.key.confidence) for m in found] == [(b"1", 1, "exact"), (b"3", 1, "exact")]


def test_many_small_and_empty_blobs() -> None:
    blobs = [b"" if i % 3 == 0 else f"k{i}\n{key('secret', i)}".encode() for i in range(2_000)]
    tally = Tally()
    found = scan(*blobs, tally=tally)
    assert [(m.blob.path, m.line, m.column) for m in found] == [(b"%d" % i, 2, 1) for i in range(2_000) if i % 3]
    assert (tally.blobs, tally.bytes, tally.complete) == (2_000, sum(map(len, blobs)), True)


@pytest.mark.parametrize("size", [0, 10, BEHIND, SMALLEST - 1, SMALLEST, SMALLEST + 1, 3 * SMALLEST + 5])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16"])
def test_the_encoding_is_known_wherever_a_blob_begins_in_the_buffer(size: int, encoding: str) -> None:
    """A blob of which only the first bytes fit into the buffer is read like any other."""
    text = "name = value\n" * 2_000 + f"k = {key()}\n"
    for short in (1, 2, 3, 7, 100, 1500):
        found = scan(bytes(noise(max(0, size - short))), text.encode(encoding), buffer=SMALLEST)
        assert [(m.blob.path, m.line, m.column, m.end_column) for m in found] == [(b"1", 2001, 5, 5 + len(key()))]


@pytest.mark.parametrize("before", [0, 100, SMALLEST - 100, SMALLEST, 3 * SMALLEST])
def test_a_read_error_is_noted_and_what_was_read_is_searched(before: int) -> None:
    tally = Tally()
    bad = f"a = {key('secret', 1)}\n".encode() + bytes(noise(before))

    def blobs() -> Iterator[tuple[Blob, ReadInto]]:
        yield Blob(b"first"), reader(key("secret", 0).encode())
        yield Blob(b"bad"), reader(bad, fails=OSError(5, "Input/output error"))
        yield Blob(b"last"), reader(key("secret", 2).encode())

    found = [m for m in recognise(search(blobs(), RE, tally), tally) if isinstance(m, Match)]
    assert [m.blob.path for m in found] == [b"first", b"bad", b"last"]
    assert [tuple(s) for s in tally.skipped] == [(b"bad", "cannot be read: Input/output error", True)]
    assert not tally.complete


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("filler", ["x", "é", "—", "🚀", "aé—🚀", "ab\n", "🚀\n", "\r\n"])
def test_places_are_right_in_a_blob_of_many_buffers(encoding: str, filler: str) -> None:
    """One endless line too, characters of every width cut at every edge, a blob that begins at an odd offset."""
    for shift in range(4):
        text, starts = "# a text that is plain at its start " * 40 + "a" * shift, []
        for i in range(4):
            text += filler * (SMALLEST // len(filler)) + " "
            starts.append(len(text))
            text += key("agent-hex", i) + " "
        for before in ((), (b"x",), (b"xy",)):
            found = scan(*before, text.encode(encoding), buffer=SMALLEST)
            assert [(m.line, m.column) for m in found] == [where(text, at) for at in starts]
            assert [m.end_column - m.column for m in found] == [53] * 4


def test_invalid_bytes_count_one_column_each_across_buffers() -> None:
    for junk in (b"\xff", b"\x80", b"\xc3", b"\xf0\x9f\x9a", b"\xed\xa0\x80", b"\xc3\x80\x80\x80"):
        data = junk * (2 * SMALLEST // len(junk)) + b" "
        (match,) = scan(data + key().encode(), buffer=SMALLEST)
        assert (match.line, match.column) == (1, len(data.decode("utf-8", "surrogateescape")) + 1)


SNIFFED: list[tuple[bytes, tuple[str, int]]] = [
    (b"", ("utf-8", 0)),
    (b"\xef\xbb\xbfx", ("utf-8", 3)),
    (b"\xff\xfex\0", ("utf-16-le", 2)),
    (b"\xfe\xff\0x", ("utf-16-be", 2)),
    ("CENCORI_API_KEY=x\r\n".encode("utf-16-le"), ("utf-16-le", 0)),
    ("CENCORI_API_KEY=x\r\n".encode("utf-16-be"), ("utf-16-be", 0)),
    ("# Schlüssel für 😀\r\nA=b\r\nCENCORI_API_KEY=".encode("utf-16-le"), ("utf-16-le", 0)),
    ("# Schlüssel für 😀\r\nA=b\r\nCENCORI_API_KEY=".encode("utf-16-be"), ("utf-16-be", 0)),
    (b"plain text, nothing else", ("utf-8", 0)),
    ("日本語のテキスト".encode(), ("utf-8", 0)),
    (b"\x7fELF\2\1\1" + b"\0" * 40, ("utf-8", 0)),
    (b"\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0" * 8, ("utf-8", 0)),
]


@pytest.mark.parametrize(("head", "expected"), SNIFFED)
def test_sniff(head: bytes, expected: tuple[str, int]) -> None:
    assert sniff(head) == expected


def test_a_cursor_never_goes_back() -> None:
    data = bytearray(b"ab\ncd\nef")
    cursor = Cursor(bytes(data))
    places = []
    for to in (1, 4, 2, 8):
        cursor.advance(data, 0, to)
        places.append((cursor.line, cursor.column))
    assert places == [(1, 2), (2, 2), (2, 2), (3, 3)]


def test_opaque_keys_at_edges() -> None:
    """The longest keys there are need all that the engine promises ahead."""
    for at in (SMALLEST - AHEAD - 1, SMALLEST - AHEAD, SMALLEST - 265, SMALLEST - 8, SMALLEST):
        text = f"{noise(at).decode()} {opaque(at, 256)} {noise(SMALLEST).decode()}"
        for encoding in ("utf-8", "utf-16"):
            (match,) = scan(text.encode(encoding), buffer=SMALLEST)
            assert (match.line, match.column) == where(text, at + 1)
            assert match.end_column - match.column == 264
