"""Containers: the way in, what is left of them, what is damaged, and bombs."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cencori_guard.search.containers import bounds, compressed
from cencori_guard.search.containers.compressed import Missing
from cencori_guard.tally import Tally
from tests.conftest import Repo, guard
from tests.engine import find
from tests.matrix import tar_of, zip_of
from tests.mint import key, opaque

try:
    from compression import zstd
except ImportError:
    from backports import zstd

TEXT = key("secret", "containers")
LINE = f"first\nkey = {TEXT}\n".encode()


def ways(data: bytes, name: str, tally: Tally | None = None, **how: object) -> list[tuple]:
    """(inside, line, column) of each key."""
    return [(m.inside, m.line, m.column) for m in find(data, name, tally=tally, **how)]


def skipped(data: bytes, name: str, **how: object) -> list[tuple[str, str, bool]]:
    tally = Tally()
    find(data, name, tally=tally, **how)
    assert tally.complete is not any(s.blind for s in tally.skipped)
    return [(s.path.decode(), s.reason, s.blind) for s in tally.skipped]


def ar_of(name: str, data: bytes) -> bytes:
    return b"!<arch>\n%-16s0           0     0     100644  %-10d`\n" % (name.encode(), len(data)) + data


WAYS = [
    ("app.js.gz", gzip.compress(LINE), (b"app.js",)),
    ("x.svgz", gzip.compress(LINE), (b"x.svg",)),
    ("data", gzip.compress(LINE), (b"data",)),
    ("log.bz2", bz2.compress(LINE), (b"log",)),
    ("log.xz", lzma.compress(LINE), (b"log",)),
    ("log.zst", zstd.compress(LINE), (b"log",)),
    ("app.js.br", brotli.compress(LINE), (b"app.js",)),
    ("a.zip", zip_of("dir/app.ts", LINE), (b"dir/app.ts",)),
    ("a.jar", zip_of("x.zip", zip_of("b.txt", LINE)), (b"x.zip", b"b.txt")),
    ("a.tar", tar_of("dir/app.ts", LINE), (b"dir/app.ts",)),
    ("a.tgz", tar_of("package/index.js", LINE, "w:gz"), (b"package/index.js",)),
    ("a.tar.bz2", tar_of("b", LINE, "w:bz2"), (b"b",)),
    ("a.zip", zip_of("in.tar.gz", tar_of("b", LINE, "w:gz")), (b"in.tar.gz", b"b")),
    ("a.zip", zip_of("in.js.gz", gzip.compress(LINE)), (b"in.js.gz", b"in.js")),
    ("a.deb", ar_of("data.tar.xz", tar_of("b", LINE, "w:xz")), (b"data.tar.xz", b"b")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "way"), WAYS, ids=[name for name, *_ in WAYS])
def test_the_way_in(name: str, data: bytes, way: tuple[bytes, ...]) -> None:
    """Line and column are those of the text that a person can open."""
    assert ways(data, name) == [(way, 2, 7)]
    assert skipped(data, name) == []


def test_several_streams_one_after_the_other() -> None:
    """As log rotation, pigz and bgzip write them; padding, and what comes behind, is looked at too."""
    for pack in (gzip.compress, bz2.compress, lzma.compress, zstd.compress):
        data = pack(b"nothing\n" * 100) + pack(LINE)
        assert [line for _, line, _ in ways(data, "x")] == [102]
        assert [line for _, line, _ in ways(data + bytes(512), "x")] == [102]
        assert len(ways(pack(b"nothing") + b"\0\0" + LINE, "x")) == 1


def test_names_and_remarks_are_looked_at_as_well() -> None:
    """They have no line that anyone could open; one finding for each, though names stand in an archive twice."""
    named = zip_of(f"{TEXT}.txt", b"nothing")
    assert ways(named, "a.zip") == [((), None, None)]
    assert ways(tar_of(f"a/{TEXT}.txt", b"nothing"), "a.tar") == [((), None, None)]
    assert ways(tar_of(f"{'d' * 90}/{'e' * 90}/{TEXT}.txt", b"nothing"), "a.tar") == [((), None, None)]
    assert ways(zip_of("b.zip", named), "a.zip") == [((b"b.zip",), None, None)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", "nothing")
        archive.comment = f"built with {TEXT}".encode()
    assert ways(out.getvalue(), "a.zip") == [((), None, None)]
    with gzip.GzipFile(f"{TEXT}", "wb", fileobj=(out := io.BytesIO())) as file:
        file.write(b"nothing")
    assert ways(out.getvalue(), "a.gz") == [((), None, None)]


DAMAGED = [
    ("a.gz", gzip.compress(LINE + bytes(range(256)) * 50)[:-40], "a.gz > a", "a damaged gzip: it ends too soon"),
    ("a.xz", lzma.compress(LINE * 50)[:-9], "a.xz > a", "a damaged xz: it ends too soon"),
    ("a.zst", zstd.compress(LINE)[:-4], "a.zst > a", "a damaged zstd: it ends too soon"),
    ("a.js.br", brotli.compress(LINE * 3)[:-4], "a.js.br > a.js", "a damaged brotli: it ends too soon"),
    ("a.tar", tar_of("b", LINE)[: 512 * 3 + 20], "a.tar > b", "a damaged tar: it ends too soon"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "place", "why"), DAMAGED, ids=[name for name, *_ in DAMAGED])
def test_what_is_damaged_is_told(name: str, data: bytes, place: str, why: str) -> None:
    found = skipped(data, name)
    assert found, name
    assert found[0] == (place, f"{why}; what could be unpacked was searched", False) or why in found[0][1]
    assert not any(blind for *_, blind in found)


def test_what_comes_before_and_after_damage_is_searched() -> None:
    data = bytearray(zip_of("b.txt", LINE, zipfile.ZIP_DEFLATED) + zip_of("c.txt", LINE))
    at = data.find(b"first.txt")
    data[at + 10 : at + 16] = b"\xff" * 6
    assert {way for (way,), *_ in ways(bytes(data), "a.zip")} == {b"b.txt", b"c.txt"}
    broken = bytearray(tar_of("b.txt", LINE))
    broken[0:100] = b"\xff" * 100
    assert ways(bytes(broken), "a.tar") == [((b"b.txt",), 2, 7)]
    assert skipped(bytes(broken), "a.tar")[0][1].startswith("a damaged tar: a header in it is damaged")


def test_what_is_encrypted_is_told_once() -> None:
    data = bytearray(zip_of("b.txt", LINE))
    at = 0
    while (at := data.find(b"PK\3\4", at)) >= 0:
        data[at + 6] |= 1
        at += 4
    assert skipped(bytes(data), "a.zip") == [("a.zip > first.txt", "encrypted: not opened (and 2 more members)", False)]
    assert skipped(b"7z\xbc\xaf\x27\x1c" + bytes(20), "a.7z")[0][2] is False


def test_deeper_than_the_bounds_is_told() -> None:
    data = LINE
    for _ in range(bounds.DEEPEST + 1):
        data = gzip.compress(data, mtime=0)
    ((place, why, blind),) = skipped(data, "a.gz")
    assert place == "a.gz > a > a > a > a"
    assert "more than 4 deep" in why
    assert not blind


@pytest.mark.parametrize("kind", ["brotli", "zstd"])
def test_without_a_library_it_is_told(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for module in ("brotli", "backports.zstd", "compression.zstd", "backports", "compression"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(Missing):
        compressed.decoder_of({"brotli": compressed.Kind.BROTLI, "zstd": compressed.Kind.ZSTD}[kind], 1 << 20)
    data = {"brotli": brotli.compress(LINE), "zstd": zstd.compress(LINE)}[kind]
    name = {"brotli": "a.js.br", "zstd": "a.zst"}[kind]
    ((place, why, blind),) = skipped(data, name)
    assert place == name
    assert f"{kind}: `pip install" in why
    assert not blind
    assert kind not in compressed.installed()


def _deflated(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = bytes(1 << 20)
    return b"".join([*(packer.compress(piece) for _ in range(size >> 20)), packer.flush()])


def _one_large_member(size: int) -> bytes:
    data = _deflated(size)
    return struct.pack("<4s5HIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(data), 0xFFFFFFFF, 1, 0) + b"a" + data


def _nested() -> bytes:
    data = bytes(300 << 20)
    for _ in range(3):
        data = gzip.compress(data, 6, mtime=0)
    return data


def _many_members() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(40):
            archive.writestr(f"{number}", bytes(8 << 20), compresslevel=9)
    return out.getvalue()


BOMBS = {
    "a zip of one large member": ("a.zip", lambda: _one_large_member(500 << 20)),
    "nested gzip": ("a.gz", _nested),
    "many members": ("a.zip", _many_members),
    "brotli": ("a.js.br", lambda: brotli.compress(bytes(400 << 20), quality=3)),
    "zstd": ("a.zst", lambda: zstd.compress(bytes(400 << 20))),
    "bzip2": ("a.bz2", lambda: bz2.compress(bytes(100 << 20))),
    "xz": ("a.xz", lambda: lzma.compress(bytes(100 << 20), preset=1)),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_survived_and_told(bomb: str) -> None:
    """Whatever they hold, what is kept of it in memory stays small, and not all of it is unpacked."""
    name, make = BOMBS[bomb]
    data = make()
    tally = Tally()
    tracemalloc.start()
    try:
        assert find(data, name, tally=tally) == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert not tally.complete
    assert any("times its size" in s.reason and s.blind for s in tally.skipped)
    assert peak < 64 << 20
    assert tally.bytes < max(65 << 20, 251 * len(data))


def test_more_members_than_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_MEMBERS", 2)
    ((place, why, blind),) = skipped(zip_of("b", LINE), "a.zip")
    assert (place, blind) == ("a.zip", True)
    assert "more than 2 members" in why


def test_a_decoder_that_wants_too_much_memory() -> None:
    """Its header asks for a window of 2 GB: a limit that cuts the search short."""
    data = zstd.compress(LINE * 9, options={zstd.CompressionParameter.window_log: 27})
    large = b"\x28\xb5\x2f\xfd" + b"\x00" + bytes((21 << 3,)) + data[6:]
    xz = lzma.compress(LINE, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 512 << 20}])
    for data, name in ((large, "a.zst"), (xz, "a.xz")):
        ((_, why, blind),) = skipped(data, name)
        assert "memory" in why
        assert blind
    best = lzma.compress(LINE, preset=9)
    assert ways(tar_of("a.xz", best, "w:gz"), "a.tgz") == [((b"a.xz", b"a"), 2, 7)]
    assert len(ways(b"x: " + base64.b64encode(best) + b"\n", "a.txt")) == 1


def test_what_never_ends_ends_at_the_depth_that_is_looked_at() -> None:
    """As of a file that unpacks to itself."""
    data = LINE
    for _ in range(300):
        data = gzip.compress(data, mtime=0)
    ((place, why, _),) = skipped(data, "a.gz")
    assert place == "a.gz > a > a > a > a"
    assert "more than 4 deep" in why


def test_tar_headers_that_lie() -> None:
    info = tarfile.TarInfo("a")
    info.size = 1 << 40
    assert skipped(info.tobuf(tarfile.GNU_FORMAT) + LINE, "a.tar")[0][1].startswith("a damaged tar")
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 1 << 33
    assert skipped(info.tobuf(tarfile.GNU_FORMAT) + b"9 path=", "a.tar")[0][1].startswith("a damaged tar")
    header = bytearray(tarfile.TarInfo("n").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 12
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + sum(header[156:512]) + 8 * 32)
    assert "damaged" in skipped(bytes(header) + LINE, "a.tar")[0][1]


@given(st.sampled_from([data for _, data, _ in WAYS]), st.data())
def test_any_damage_is_an_answer(data: bytes, draw: st.DataObject) -> None:
    """No exception, whatever is overwritten, cut out or cut off."""
    damaged = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(damaged) - 1))
        size = draw.draw(st.integers(0, 20))
        damaged[at : at + size] = draw.draw(st.binary(max_size=20))
    for name in ("a.zip", "a.tar", "a.js.br"):
        find(bytes(damaged), name)


MAP = {"version": 3, "sources": ["src/a.ts", "src/b.ts"], "sourcesContent": ["x\n", LINE.decode()], "mappings": ""}
MAPS = [
    (json.dumps(MAP), [((b"src/b.ts",), 2, 7)]),
    (")]}'\n" + json.dumps(MAP), [((b"src/b.ts",), 2, 7)]),
    (json.dumps(MAP, indent=2), [((b"src/b.ts",), 2, 7)]),
    (json.dumps({**MAP, "sourceRoot": "/app/"}), [((b"/app/src/b.ts",), 2, 7)]),
    (json.dumps({**MAP, "sources": [None]}), [((b"source 2",), 2, 7)]),
    (json.dumps({"version": 3, "sections": [{"offset": {}, "map": MAP}]}), [((b"src/b.ts",), 2, 7)]),
    (json.dumps({**MAP, "sourcesContent": [None, LINE.decode()]}), [((b"src/b.ts",), 2, 7)]),
    # Without the sources, and where it is none at all, it is a text.
    (json.dumps({"version": 3, "sources": ["a"], "names": [TEXT], "mappings": ""}), [((), 1, 45)]),
    (json.dumps({**MAP, "names": [opaque("x")]}), [((b"src/b.ts",), 2, 7), ((), 1, None)]),
    ('{"version": 3, "sources": [' + TEXT, [((), 1, 28)]),
    ('{"version": 3, "sources": {"a": "' + TEXT + '"}, "sourcesContent": 7}', [((), 1, 34)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MAPS, ids=range(len(MAPS)))
def test_source_maps(text: str, expected: list[tuple]) -> None:
    """A key is where the original source has it; whatever else a map holds is looked at as text."""
    found = ways(text.encode(), "dist/app.js.map")
    assert [(w, line, c if e[2] else None) for (w, line, c), e in zip(found, expected, strict=True)] == expected
    inline = b"a()\n//# sourceMappingURL=data:application/json;charset=utf-8;base64," + base64.b64encode(text.encode())
    again = ways(inline, "dist/app.js")
    assert len(again) == len(expected)
    if expected[0][0]:
        assert again[0] == expected[0]


def test_an_inline_map_in_a_style_sheet_is_percent_encoded() -> None:
    from urllib.parse import quote

    text = f"a{{}}\n/*# sourceMappingURL=data:application/json;charset=utf-8,{quote(json.dumps(MAP))} */\n"
    assert ways(text.encode(), "a.css") == [((b"src/b.ts",), 2, 7)]


def test_a_map_larger_than_is_taken_apart_is_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    from cencori_guard.search.containers import unpack

    monkeypatch.setattr(unpack, "MOST_BYTES", 100)
    large = json.dumps({**MAP, "names": ["x" * 50_000]}).encode()
    assert [way for way, *_ in ways(large, "a.js.map", buffer=1 << 14)] == [()]


NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": "# Title"},
        {"cell_type": "code", "source": ["import os\n", f"k = '{TEXT}'"], "outputs": [
            {"output_type": "stream", "text": ["a\n", f"b {TEXT}\n"]},
            {"output_type": "display_data", "data": {"text/html": f"<b>{TEXT}</b>", "application/json": {"k": [TEXT]}}},
            {"output_type": "error", "ename": "E", "evalue": "x", "traceback": ["one", f"two {TEXT}"]},
        ]},
    ],
    "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
}  # fmt: skip


def test_notebooks_name_cell_and_output() -> None:
    assert ways(json.dumps(NOTEBOOK).encode(), "a.ipynb") == [
        ((b"cell 2",), 2, 6),
        ((b"cell 2", b"output 1"), 2, 3),
        ((b"cell 2", b"output 2"), 1, 4),
        ((b"cell 2", b"output 2"), 2, 1),
        ((b"cell 2", b"output 3"), 2, 5),
    ]
    old = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": LINE.decode()}]}]}
    assert ways(json.dumps(old).encode(), "a.ipynb") == [((b"cell 1",), 2, 7)]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5) | st.just(TEXT),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "cells",
                        "source",
                        "outputs",
                        "data",
                        "text",
                        "sources",
                        "sourcesContent",
                        "map",
                        "sections",
                        "version",
                        "sourceRoot",
                        "worksheets",
                        "traceback",
                    ]
                ),
                x,
                max_size=4,
            )
        ),
    )
)
def test_documents_of_any_shape_are_an_answer(value: object) -> None:
    """A key that is there is found, in whatever shape; none is where the document has none."""
    text = json.dumps(value)
    for name in ("a.js.map", "a.ipynb"):
        for data in (text, f'{{"version": 3, "sources": {text}}}', f'{{"cells": [{text}]}}'):
            assert bool(find(data.encode(), name)) is (TEXT in data)


def test_an_archive_is_opened_wherever_it_comes_from(repo: Repo) -> None:
    """Work tree, index, range, history and standard input say the same place."""
    repo.write("a.txt", "nothing")
    repo.commit("one")
    archive = zip_of("src/app.ts", LINE)
    repo.write("release.zip", archive)
    repo.git("add", "-A")
    place = {"path": "release.zip", "inside": ["src/app.ts"], "line": 2, "column": 7}

    def places(*args: str, stdin: bytes = b"") -> list[dict]:
        result = guard("scan", *args, "-o", "json", "--no-config", cwd=repo.path, stdin=stdin)
        found = [f for f in result.report()["findings"] if f["rule"] != "stale-key"]
        assert result.code == 1
        return [{name: f["location"][name] for name in place} for f in found]

    assert places(".") == [place]
    assert places("--staged") == [place]
    assert guard("hook", "pre-commit", cwd=repo.path).code == 1
    repo.git("commit", "-q", "-m", "two")
    assert places("--range", "HEAD~1..HEAD") == [place]
    repo.git("rm", "-q", "release.zip")
    repo.commit("three")
    assert places("--history") == [place]
    assert places("-", "--stdin-name", "release.zip", stdin=archive) == [place]


def test_a_large_archive_in_a_history_is_streamed(repo: Repo) -> None:
    """Larger than the buffer of what is read from git."""
    import random

    noise = random.Random(1).randbytes(3 << 20)
    repo.write("big.tgz", tar_of("a", noise + b"\n" + LINE, "w:gz"))
    repo.commit()
    result = guard("scan", "--history", "-o", "json", "--no-config", cwd=repo.path)
    found = [f for f in result.report()["findings"] if f["rule"] == "key-in-source"]
    assert [f["location"]["inside"] for f in found] == [["a"]]
    assert result.report()["scan"]["complete"]


def test_names_that_are_not_known_are_no_obstacle(repo: Repo) -> None:
    """In a history objects have no names: brotli, which has no mark of its own, is told by trying."""
    repo.write("dist/app.js.br", brotli.compress(LINE + b"const words = 'and more of them';\n" * 40))
    repo.commit()
    result = guard("scan", "--history", "-o", "json", "--no-config", cwd=repo.path)
    assert [f["location"]["line"] for f in result.report()["findings"] if f["key"] and f["rule"] != "stale-key"] == [2]


def test_holes_are_not_read(tmp_path: Path) -> None:
    """A file of 20 GB of nothing costs nothing; what stands between the holes is found, and not joined across one."""
    file = tmp_path / "sparse.img"
    with file.open("wb") as out:
        out.write(LINE)
        out.seek(10 << 30)
        out.write(TEXT[:14].encode())
        out.seek(20 << 30)
        out.write(TEXT[14:].encode() + b"\n")
        out.truncate(21 << 30)
    if file.stat().st_blocks > 1 << 16:
        pytest.skip("no sparse files here")
    result = guard("scan", ".", "-o", "json", cwd=tmp_path)
    report = result.report()
    assert [(f["location"]["line"], f["location"]["column"]) for f in report["findings"]] == [(2, 7)]
    assert report["scan"]["bytes"] < 1 << 20
    ((skip),) = report["scan"]["skipped"]
    assert "holes" in skip["reason"]
    assert not skip["blind"]


def test_a_sparse_archive_is_an_archive(tmp_path: Path) -> None:
    """As ``cp --sparse=always`` leaves one: places in it mean something."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in (("disk.img", bytes(100 << 20)), ("env.gz", gzip.compress(LINE, mtime=0))):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    data = out.getvalue()
    with (tmp_path / "a.tar").open("wb") as file:
        for at in range(0, len(data), 1 << 16):
            piece = data[at : at + (1 << 16)]
            if piece.strip(b"\0"):
                file.seek(at)
                file.write(piece)
        file.truncate(len(data))
    report = guard("scan", ".", "-o", "json", cwd=tmp_path).report()
    assert [f["location"]["inside"] for f in report["findings"]] == [["env.gz", "env"]]


def _pax(body: bytes) -> bytes:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(body)
    return info.tobuf(tarfile.GNU_FORMAT) + body + bytes(-len(body) % 512)


def _tokens(data: bytes, count: int) -> bytes:
    return b"\n".join(base64.b64encode(gzip.compress(data + b"%d" % number, mtime=0)) for number in range(count))


def _deep() -> bytes:
    lists = b"[" * 900 + b'"",' * 50_000 + b'"csk_"' + b"]" * 900
    return b'{"cells":[{"cell_type":"code","source":' + lists + b"}]}"


def _long_root() -> bytes:
    many = {"sources": ["s"] * 3000, "sourcesContent": ["csk_", *[""] * 2999]}
    return json.dumps({"version": 3, "sourceRoot": "r" * (1 << 20), **many}).encode()


HOSTILE = {
    "brotli of much": ("a.js.br", lambda: brotli.compress(b"words and more of them\n" * 300_000, quality=5)),
    "pax records without an end": ("a.tar", lambda: _pax(b"1 path=" * 100_000)),
    "deep lists in a notebook": ("a.ipynb", _deep),
    "a long root and many sources": ("a.js.map", _long_root),
    "encodings of encodings": ("a.txt", lambda: base64.b64encode(base64.b64encode(b"csk_" * 9000))),
    "spelled beginnings": ("a.txt", lambda: b"%63%73%6b%5f" * 9000),
    "encoded beginnings": ("a.txt", lambda: b"Y3NrX" * 20_000),
    "packed beginnings": ("a.txt", lambda: b"H4sIAAAAAAAAAAAAAAAAAAAA." * 9000),
    "maps of nothing": ("a.js", lambda: b"sourceMappingURL=data:,\n" * 9000),
    "tokens in tokens": ("a.txt", lambda: _tokens(_tokens(bytes(60 << 20), 2), 3)),
    "backslashes": ("a.txt", lambda: b"# cencori-guard: x " + b"\\" * 90_000 + TEXT.encode() + b"\\" * 90_000),
    "long names": ("a.tgz", lambda: tar_of("n" * (1 << 20), LINE, "w:gz")),
    "empty streams": ("a.zst", lambda: zstd.compress(b"") * 9000),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_made_to_hurt_does_not(what: str) -> None:
    """Each took minutes, gigabytes, or the whole scan once; here they only have to end, and to keep little."""
    name, make = HOSTILE[what]
    data = make()
    tracemalloc.start()
    try:
        for match in find(data, name):
            assert all(len(part) <= 1024 for part in match.inside)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 150 << 20


def test_a_directory_with_content_is_a_member() -> None:
    assert ways(zip_of("conf/", LINE, zipfile.ZIP_STORED), "a.zip") == [((b"conf/",), 2, 7)]


def test_a_key_that_is_spelled_in_a_name_is_not_shown(tmp_path: Path) -> None:
    spelled = TEXT.replace("c", "%63", 1)
    (tmp_path / "a.tar").write_bytes(tar_of(spelled, LINE))
    for form in ("text", "json"):
        assert TEXT[8:] not in guard("scan", ".", "-o", form, cwd=tmp_path).out


def test_names_in_archives_are_data(repo: Repo, tmp_path: Path) -> None:
    """Shown without what a terminal acts upon, keys redacted; nothing is written anywhere."""
    other = key("agent-uuid", 7)
    for name in ("../../evil.txt", "/etc/evil", "\x1b[31mred\n.txt", f"{other}.txt", "x" * 5000):
        repo.write("a.zip", zip_of(name, LINE))
        before = sorted(p for p in tmp_path.rglob("*") if ".git" not in p.parts)
        shown = guard("scan", ".", "--no-config", cwd=repo.path).out
        assert "\x1b" not in shown
        assert other not in shown
        assert TEXT not in shown
        assert before == sorted(p for p in tmp_path.rglob("*") if ".git" not in p.parts)
