"""From what a bundler put out back to the source."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cencori_guard.inlining.sourcemap import Original, originals_of, path_of

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def original_of(data: bytes, line: int, column: int) -> Original | None:
    return originals_of(data, [(line, column)]).get((line, column))


def vlq(number: int) -> str:
    """*number* as maps write it: five bits a digit, the lowest first, the sign in the lowest of all."""
    rest = (-number << 1) | 1 if number < 0 else number << 1
    text = ""
    while True:
        digit, rest = rest & 31, rest >> 5
        text += _ALPHABET[digit | (32 if rest else 0)]
        if not rest:
            return text


def mappings(lines: list[list[tuple[int, int, int, int]]]) -> str:
    """Segments of (column, source, line, column in it), all from 0, as the text of a map."""
    written, source, line, column = [], 0, 0, 0
    for segments in lines:
        at, texts = 0, []
        for generated, s, row, col in segments:
            texts.append(vlq(generated - at) + vlq(s - source) + vlq(row - line) + vlq(col - column))
            at, source, line, column = generated, s, row, col
        written.append(",".join(texts))
    return ";".join(written)


_SEGMENT = st.tuples(st.integers(0, 5000), st.integers(0, 2), st.integers(0, 9000), st.integers(0, 900))
_LINES = st.lists(st.lists(_SEGMENT, max_size=6, unique_by=lambda s: s[0]).map(sorted), min_size=1, max_size=5)


@given(_LINES, st.integers(0, 5), st.integers(0, 5100))
def test_the_last_segment_before_a_place_is_its_origin(lines, line, column):
    data = json.dumps({"version": 3, "sources": ["a.ts", "b.ts", "c.ts"], "mappings": mappings(lines)}).encode()
    before = [s for s in (lines[line] if line < len(lines) else []) if s[0] <= column]
    expected = None
    if before:
        _, source, row, col = before[-1]
        expected = Original("abc"[source] + ".ts", row + 1, col + 1)
    assert original_of(data, line + 1, column + 1) == expected
    # Asked for together with others, the answer is the same.
    others = [(1, 1), (line + 1, column + 1), (line + 1, 1), (3, 2500)]
    assert originals_of(data, others).get((line + 1, column + 1)) == expected


def test_sections():
    """Maps of maps, as Turbopack makes them."""

    def section(line: int, column: int, source: str) -> dict:
        inner = {"version": 3, "sources": [source], "mappings": mappings([[(0, 0, 4, 0)], [(0, 0, 9, 0)]])}
        return {"offset": {"line": line, "column": column}, "map": inner}

    data = json.dumps({"version": 3, "sections": [section(0, 0, "a.ts"), section(2, 10, "b.ts")]}).encode()
    assert original_of(data, 1, 5) == ("a.ts", 5, 1)
    assert original_of(data, 2, 5) == ("a.ts", 10, 1)
    assert original_of(data, 3, 12) == ("b.ts", 5, 1)
    assert original_of(data, 4, 1) == ("b.ts", 10, 1)


def test_a_segment_without_a_source_is_nobodys():
    text = vlq(0) + vlq(0) + vlq(0) + vlq(0) + "," + vlq(5)
    data = json.dumps({"version": 3, "sources": ["a.ts"], "mappings": text}).encode()
    assert original_of(data, 1, 3) == ("a.ts", 1, 1)
    assert original_of(data, 1, 7) is None


def test_the_root_comes_before_the_source_and_a_guard_before_the_map():
    data = (
        b")]}'\n"
        + json.dumps(
            {"version": 3, "sourceRoot": "../src", "sources": ["a.ts"], "mappings": mappings([[(0, 0, 0, 0)]])}
        ).encode()
    )
    assert original_of(data, 1, 1) == ("../src/a.ts", 1, 1)


BAD = [
    b"", b"[]", b"null", b"{}", b"\xff", b'{"mappings": 1, "sources": []}', b'{"mappings": "!!", "sources": ["a"]}',
    b'{"mappings": "AAAA", "sources": []}', b'{"mappings": "AAAA", "sources": [1]}', b'{"mappings": "AAAA"}',
    b'{"sections": [1, {"offset": 1}, {"offset": {"line": "x"}, "map": {}}]}', b'{"sections": []}',
    b'{"mappings": "' + b"g" * 200 + b'", "sources": ["a"]}', b'{"mappings": "AADA", "sources": ["a"]}',
    b'{"sections": [{"offset": {"line": -1000000000000000000000, "column": 0}, "map": {"mappings": "AAAA"}}]}',
    b'{"sections": [{"offset": {"line": 1e400, "column": true}, "map": {"mappings": "AAAA"}}]}',
    b"[" * 100_000, b'{"mappings": "", "sources": ["a"]}',
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(BAD)))
def test_what_is_no_map_says_nothing(number):
    assert original_of(BAD[number], 1, 1) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_no_error(data):
    original_of(data, 1, 1)
    original_of(b'{"version":3,"sources":["a"],"mappings":' + json.dumps(data.decode("latin-1")).encode() + b"}", 2, 3)


PATHS = {
    ("../../src/a.ts", "dist/assets/x.js.map"): "src/a.ts",
    ("a.ts", "dist/x.js.map"): "dist/a.ts",
    ("webpack://my-app/./src/a.ts", "dist/x.js.map"): "src/a.ts",
    ("webpack:///./src/a.ts?1234", "dist/x.js.map"): "src/a.ts",
    ("webpack://_N_E/./components/chat.tsx", ".next/static/x.js.map"): "components/chat.tsx",
    ("turbopack:///[project]/app/a.tsx", ".next/static/x.js.map"): "app/a.tsx",
    ("/abs/a.ts", "dist/x.js.map"): "/abs/a.ts",
    ("../../../a.ts", "x.js.map"): "../../../a.ts",
}


@pytest.mark.parametrize(("source", "place"), PATHS)
def test_paths(source, place):
    assert path_of(source, place) == PATHS[source, place]
