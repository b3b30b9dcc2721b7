"""The reader of objects: what it gives is what git has, whatever the sizes of buffers, objects and of the crowd."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cencori_guard.git import lane, objects
from cencori_guard.git.objects import all_of, commits_of, in_blocks, read_objects, texts
from cencori_guard.git.runner import Git
from cencori_guard.models import Blob, Match, Slab
from cencori_guard.recognise.stage import recognise
from cencori_guard.search.engine import search
from cencori_guard.search.matchers import ReMatcher
from cencori_guard.tally import Tally
from tests.conftest import Repo
from tests.mint import key


def put(repo: Repo, contents: list[bytes]) -> list[str]:
    """Write blobs into the repository; returns their ids."""
    stream = b"".join(b"blob\nmark :%d\ndata %d\n%s\n" % (n, len(c), c) for n, c in enumerate(contents, 1))
    marks = repo.path / "marks"
    subprocess.run(
        ["git", "fast-import", "--quiet", f"--export-marks={marks}"], cwd=repo.path, input=stream, check=True
    )
    by_mark = dict(line.split() for line in marks.read_text().splitlines())
    return [by_mark[f":{n}"] for n in range(1, len(contents) + 1)]


def label(oid: bytes, tag: object, kind: bytes) -> Blob:
    return Blob(b"", oid=oid.decode(), kind=kind.decode())


def read(git: Git, wanted: list[str], *, lanes: int, buffer: int) -> tuple[dict[str, bytes], list[str]]:
    """Everything that the reader gives, and what it says is lost."""
    given_, lost = {}, []
    requests = in_blocks([(oid.encode(), None) for oid in wanted])
    items = read_objects(git, requests, label, lambda _, why: lost.append(why), lanes=lanes, buffer=buffer)
    for item in items:
        if isinstance(item, Slab):
            assert item.size <= len(item.data)
            for index, (begin, end) in enumerate(zip(item.begins, item.ends, strict=True)):
                given_[item.blob(index).oid] = bytes(item.data[begin:end])
        else:
            blob, read_into = item
            parts = []
            view = memoryview(bytearray(random.Random(blob.oid).randrange(1, 70_000)))
            try:
                while got := read_into(view):
                    parts.append(bytes(view[:got]))
            except OSError as error:  # as the search does it
                lost.append(str(error))
                continue
            given_[blob.oid] = b"".join(parts)
    return given_, lost


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Git, dict[str, bytes]]:
    """Blobs of many sizes, those around the size of the buffers too."""
    repo = Repo(tmp_path_factory.mktemp("objects") / "repo")
    source = random.Random(7)
    sizes = [0, 1, 2, 100, 199, 200, 201, *range(930, 1030), 4095, 4096, 4097, 65_535, 65_536, 70_000, 300_000]
    sizes += [source.randrange(0, 3000) for _ in range(400)]
    contents = [source.randbytes(size) for size in sizes]
    contents += [b"\n" * 50, b"blob 5\nblob", b"0" * 40 + b" blob 3\nabc\n"]
    return Git(str(repo.path)), dict(zip(put(repo, contents), contents, strict=True))


@settings(max_examples=60)
@given(lanes=st.integers(1, 3), buffer=st.integers(128, 5000), seed=st.integers(0, 1 << 30), count=st.integers(0, 500))
def test_any_buffer_gives_the_same(store, lanes: int, buffer: int, seed: int, count: int) -> None:
    git, contents = store
    wanted = sorted(contents)
    random.Random(seed).shuffle(wanted)
    wanted = wanted[:count]
    found, lost = read(git, wanted, lanes=lanes, buffer=buffer)
    assert lost == []
    assert found == {oid: contents[oid] for oid in wanted}


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_the_buffer_of_a_scan(store, lanes: int) -> None:
    git, contents = store
    found, lost = read(git, list(contents), lanes=lanes, buffer=objects.BUFFER)
    assert (found, lost) == (contents, [])


@pytest.mark.parametrize("wide", [True, False])
def test_runs_and_narrow_pipes(store, monkeypatch: pytest.MonkeyPatch, wide: bool) -> None:
    """Blocks that end anywhere; and a system, or a user, that has no wide pipes."""
    git, contents = store
    monkeypatch.setattr(objects, "RUN", 7)
    if not wide:
        monkeypatch.setattr(lane, "_widen", lambda _: False)
    for lanes in (1, 2):
        found, lost = read(git, list(contents), lanes=lanes, buffer=2000)
        assert (found, lost) == (contents, [])


def test_more_tiny_objects_than_any_pipe_holds(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    contents = [str(n).encode() for n in range(30_000)]
    oids = put(repo, contents)
    git = Git(str(repo.path))
    for lanes in (1, 2):
        found, lost = read(git, oids, lanes=lanes, buffer=objects.BUFFER)
        assert lost == []
        assert found == dict(zip(oids, contents, strict=True))
    assert {oid.decode() for oid in all_of(git, b"blob")} == set(oids)


def test_what_is_not_there_is_told(store) -> None:
    git, contents = store
    some = list(contents)[:5]
    found, lost = read(git, [some[0], "1" * 40, *some[1:], "2" * 40], lanes=1, buffer=4096)
    assert set(found) == set(some)
    assert lost == [f"git does not have the object {digit * 40}" for digit in "12"]


@pytest.mark.parametrize("lanes", [1, 2])
@pytest.mark.parametrize("size", [600, 40_000])
def test_a_damaged_object_costs_itself_alone(tmp_path: Path, lanes: int, size: int) -> None:
    """Small or large, first, last or in between."""
    for position in (0, 10, 19):
        repo = Repo(tmp_path / f"{position}")
        names = []
        for number in range(20):
            repo.write(str(number), os.urandom(size))
            names.append(repo.git("hash-object", "-w", str(number)).strip())
        bad = names[position]
        loose = repo.path / ".git" / "objects" / bad[:2] / bad[2:]
        data = loose.read_bytes()
        loose.chmod(0o644)
        loose.write_bytes(data[: len(data) // 2])
        found, lost = read(Git(str(repo.path)), names, lanes=lanes, buffer=5000)
        assert set(names) - {bad} <= set(found)
        for name in set(names) - {bad}:
            assert found[name] == (repo.path / str(names.index(name))).read_bytes()
        assert lost


def test_the_order_does_not_depend_on_the_clock(store) -> None:
    git, contents = store
    orders = []
    for _ in range(3):
        wanted = [(oid.encode(), None) for oid in sorted(contents)]
        order = []
        for item in read_objects(git, in_blocks(wanted), label, lambda *_: None, lanes=3, buffer=3000):
            if isinstance(item, Slab):
                order += [item.blob(n).oid for n in range(len(item.begins))]
            else:
                order.append(item[0].oid)
                view = memoryview(bytearray(4096))
                while item[1](view):
                    pass
        orders.append(order)
    assert orders[0] == orders[1] == orders[2]


def test_a_reader_that_nobody_reads_to_the_end_leaves_no_process(store) -> None:
    git, contents = store
    requests = in_blocks([(oid.encode(), None) for oid in contents])
    items = read_objects(git, requests, label, lambda *_: None, lanes=2, buffer=2000)
    next(items)
    items.close()
    assert not git._running


def test_texts_and_commits(repo: Repo) -> None:
    repo.write("a.txt", "0123456789")
    repo.commit("message")
    repo.git("tag", "-a", "one", "-m", "x")
    repo.git("tag", "-a", "two", "-m", "x", "one")
    git = Git(str(repo.path))
    blob, commit, tag = (repo.git("rev-parse", name).strip() for name in ("HEAD:a.txt", "HEAD", "two"))
    assert texts(git, [blob, "1" * 40], 4) == {blob: b"0123"}
    assert commits_of(git, [blob, commit, tag, "1" * 40]) == {blob: blob, commit: commit, tag: commit}


@settings(max_examples=40)
@given(buffer=st.integers(400, 4000), lanes=st.integers(1, 2), seed=st.integers(0, 1 << 30))
def test_keys_are_found_wherever_they_lie_in_a_slab(planted, buffer: int, lanes: int, seed: int) -> None:
    git, expected = planted
    wanted = list(expected)
    random.Random(seed).shuffle(wanted)
    requests = in_blocks([(o.encode(), None) for o in wanted])
    items = read_objects(git, requests, label, lambda *_: None, lanes=lanes, buffer=buffer)
    found = {
        m.blob.oid: (str(m.key), m.line, m.column)
        for m in recognise(search(items, ReMatcher(), Tally(), buffer=20_000), Tally())
        if isinstance(m, Match)
    }
    assert found == {oid: what for oid, what in expected.items() if what}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Git, dict[str, tuple | None]]:
    """Blobs, some with a key at their very beginning, at their end, or in between."""
    repo = Repo(tmp_path_factory.mktemp("planted") / "repo")
    contents, places = [], []
    for number in range(120):
        secret = key("secret", f"planted {number}")
        before = number % 7 * 150
        if number % 3 == 0:
            contents.append(b"x" * before + b"%d" % number)
            places.append(None)
        else:
            contents.append(b"x\n" * before + secret.encode() + b"\n" * (number % 2))
            places.append((f"{secret[:8]}…", before + 1, 1))
    return Git(str(repo.path)), dict(zip(put(repo, contents), places, strict=True))
