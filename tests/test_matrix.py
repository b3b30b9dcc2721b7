"""Everything in the matrix is found, once and whole, by both engines; a glance never calls any of it quiet."""

from __future__ import annotations

import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cencori_guard.jobs.beginnings import holds_beginning, may_be_container
from cencori_guard.keys import Confidence
from cencori_guard.search.matchers import HyperscanMatcher, Matcher
from cencori_guard.search.part import AHEAD, BEHIND
from cencori_guard.tally import Tally
from tests.engine import RE, find, seen
from tests.matrix import CONTAINERS, POSITIONS, WRITINGS, Case, case, cases, tar_of, zip_of
from tests.mint import key

SMALLEST = 2 * (BEHIND + AHEAD)


@pytest.fixture(scope="module")
def fast() -> Matcher:
    pytest.importorskip("hyperscan")
    return HyperscanMatcher()


def check(made: Case, matcher: Matcher, **how: object) -> None:
    tally = Tally()
    found = find(made.data, made.name, matcher=matcher, tally=tally, **how)
    what = made.writing, made.container, made.position
    assert len(found) == 1, what
    (match,) = found
    assert match.key.fingerprint() == _fingerprint(made.key), what
    assert match.key.confidence is Confidence.EXACT, what
    assert tally.complete, what
    assert not tally.skipped, what


def _fingerprint(text: str) -> str:
    (match,) = find(text.encode())
    return match.key.fingerprint()


@pytest.mark.parametrize("container", CONTAINERS)
def test_all_of_it_is_found(container: str, fast: Matcher) -> None:
    """Every writing in every container at every position; each engine does half of them."""
    for number, made in enumerate(cases(containers=[container])):
        check(made, (RE, fast)[number % 2])


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_glance_never_calls_it_quiet(container: str) -> None:
    for made in cases(containers=[container]):
        head = made.data
        assert holds_beginning(made.data) or may_be_container(made.name.encode(), head), made[:3]


@pytest.mark.parametrize("seed", range(1, 5))
def test_seeds_make_no_difference(seed: int) -> None:
    """A piece of the matrix, another one for each seed; ``make recall`` does all of it."""
    source = random.Random(f"sample/{seed}")
    for made in cases(seed, containers=source.sample(sorted(CONTAINERS), 2)):
        check(made, RE)
        assert holds_beginning(made.data) or may_be_container(made.name.encode(), made.data), made[:3]


@given(
    st.sampled_from(sorted(WRITINGS)),
    st.sampled_from(("none", "zip", "npm tgz", "gzip", "source map", "inline source map", "notebook")),
    st.sampled_from(POSITIONS),
    st.integers(0, 1000),
    st.lists(st.integers(1, 9000), max_size=6),
)
@settings(max_examples=120)
def test_buffers_and_chunks_make_no_difference(
    writing: str, container: str, position: str, seed: int, chunks: list[int]
) -> None:
    if "UTF-16" in writing and container in ("source map", "inline source map", "notebook"):
        return
    made = case(writing, container, position, seed, large=3 * SMALLEST)
    whole = find(made.data, made.name)
    check(made, RE, buffer=SMALLEST, chunks=chunks)
    assert seen(find(made.data, made.name, buffer=SMALLEST, chunks=chunks)) == seen(whole)


@given(
    st.sampled_from([w for w in WRITINGS if w.startswith(("base64", "hex", "HEX", "Helm", "PEM"))]),
    st.integers(0, 10_000),
)
@settings(max_examples=200)
def test_an_encoding_at_any_edge_of_a_buffer(writing: str, at: int) -> None:
    inner = WRITINGS[writing](key("secret", at), random.Random(at))
    data = inner.encode() if isinstance(inner, str) else inner
    if "UTF-16" in writing:
        at &= ~1
    before = b"plain words, a line;\n" * 2000
    data = before[: SMALLEST - 5000 + at] + b"\n" + data + b"\n" + before
    found = seen(find(data, buffer=SMALLEST))
    assert found == seen(find(data))
    assert len(found) == 1


SUFFIXES = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst", "brotli": ".br"}
LAYERS = {
    **{
        kind: lambda data, name, kind=kind, end=end: (CONTAINERS[kind][1](data), name + end)
        for kind, end in SUFFIXES.items()
    },
    "zip": lambda data, name: (zip_of(name, data), "x.zip"),
    "zip, stored": lambda data, name: (zip_of(name, data, zipfile.ZIP_STORED), "y.jar"),
    "tar": lambda data, name: (tar_of(name, data), "x.tar"),
    "tgz": lambda data, name: (tar_of(name, data, "w:gz"), "x.tgz"),
    "tar.xz": lambda data, name: (tar_of(name, data, "w:xz"), "x.tar.xz"),
}


@given(st.lists(st.sampled_from(sorted(LAYERS)), max_size=4), st.sampled_from(sorted(WRITINGS)), st.integers(0, 99))
@settings(max_examples=150)
def test_any_nesting_within_the_bounds(layers: list[str], writing: str, seed: int) -> None:
    """Containers up to four deep, whatever they are, around whatever the key is written in."""
    data, text = case(writing, "none", "middle", seed).data, case(writing, "none", "middle", seed).key
    name = "a.txt"
    for layer in layers:
        data, name = LAYERS[layer](data, name)
    (match,) = find(data, name)
    assert match.key.fingerprint() == _fingerprint(text)
