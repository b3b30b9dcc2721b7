"""The walk of directories that are no checkouts, held against what git lists and decides on the same trees."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cencori_guard.sources.walk import Found, IgnoreFile, Ignores, walk

EXAMPLES = int(os.environ.get("CENCORI_GUARD_WALK_EXAMPLES", "300"))

# --- random trees, and random ignore files at random levels of them -----------------------------------------

_NAMES = [*b"a b c d ab abc a.b .a b-c [a] #a !a ] ^ aa".split(), b"a b", b"a ", b" a", b"\xc3\xa9", b"a\\b", b"\xff", b"*"]
_ATOMS = [
    *rb"a b c d ab . .a - * * * ? ? ** *** [a-c] [!a] [^a] [ab] [a-] [-a] []a] [!]a] [[:alpha:]] [![:digit:]] [\]]".split(),
    *rb"[\a-c] \# \! \a \* \? \[ \\ \] ] # ! ^ \xc3\xa9".split(),
    b"\xc3\xa9",
    b"\xff",
    b" ",
    b"\\ ",
]
_BAD = [*rb"[z-a] [a [ ! / // !/ \ a\ /** **/ **/** !** */ /* /*/ !* . .. ./a [] [!] [!]] [a-c-z] [[:x:]] [c-\a]".split(), b""]
_COMMENTS = [b"# a comment", b"#a", b"   ", b"\t", b"!#a", b"a\t", b"a \t ", b"\ta"]
_ENDS = [b"\n", b"\n", b"\n", b"\r\n"]

_segments = st.lists(st.sampled_from(_ATOMS), min_size=1, max_size=3).map(b"".join)
_pattern = st.builds(
    lambda no, lead, segments, trail, blank: no + lead + b"/".join(segments) + trail + blank,
    st.sampled_from([b"", b"", b"", b"!"]),
    st.sampled_from([b"", b"", b"/", b"**/"]),
    st.lists(_segments | st.sampled_from([b"**", b"a", b"b", b"*"]), min_size=1, max_size=3),
    st.sampled_from([b"", b"", b"", b"/", b"/**", b"/*"]),
    st.sampled_from([b"", b"", b"", b" ", b"  ", b"\\ ", b"\\  "]),
)
_plain = st.builds(lambda no, name: no + name, st.sampled_from([b"", b"!"]), st.sampled_from(_NAMES))
_line = st.one_of(_pattern, _pattern, _plain, st.sampled_from(_BAD), st.sampled_from(_COMMENTS)).filter(
    lambda line: not _left_out(line)
)
_ignore_file = st.builds(
    lambda bom, lines, last: bom + b"".join(a + b for a, b in lines) + last,
    st.sampled_from([b"", b"", b"", b"\xef\xbb\xbf"]),
    st.lists(st.tuples(_line, st.sampled_from(_ENDS)), max_size=6),
    st.one_of(st.just(b""), _line),
)
# A name to what lies there: None, a file; bytes, an ignore file; a dict, a directory.
_tree = st.recursive(
    st.none(),
    lambda inner: st.builds(
        lambda entries, rules: {**entries, **({b".gitignore": rules} if rules is not None else {})},
        st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
        st.none() | _ignore_file,
    ),
    max_leaves=16,
).map(lambda tree: tree if isinstance(tree, dict) else {b"a": tree})
_trees = st.builds(lambda tree, rules: {**tree, b".gitignore": rules}, _tree, _ignore_file)

# --- differences that are known: (rule, path, whether git ignores it, why) ------------------------------------

KNOWN: list[tuple[bytes, bytes, bool, str]] = []


def _left_out(line: bytes) -> bool:
    """Whether a rule is of a kind on which we differ from git, knowingly."""
    return False


# --- git, asked about the same tree ---------------------------------------------------------------------------


@cache
def _git_directory() -> str:
    made = tempfile.mkdtemp(prefix="walk-git-")
    subprocess.run(["git", "init", "-q", made], check=True)
    return os.path.join(made, ".git")


@contextmanager
def _planted(tree: dict) -> Iterator[bytes]:
    root = os.fsencode(tempfile.mkdtemp(prefix="walk-"))
    try:
        _plant(root, tree)
        yield root
    finally:
        shutil.rmtree(root)


def _plant(directory: bytes, tree: dict) -> None:
    for name, inner in tree.items():
        path = os.path.join(directory, name)
        if isinstance(inner, dict):
            os.mkdir(path)
            _plant(path, inner)
        else:
            with open(path, "wb") as stream:
                stream.write(inner or b"")


def _git(root: bytes, *args: str, stdin: bytes = b"") -> list[bytes]:
    env = {**os.environ, "GIT_DIR": _git_directory(), "GIT_WORK_TREE": os.fsdecode(root)}
    done = subprocess.run(["git", *args], cwd=root, env=env, input=stdin, capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.split(b"\0")[:-1]


def _listed(root: bytes) -> set[bytes]:
    return set(_git(root, "ls-files", "--others", "--exclude-standard", "-z"))


def _decided(root: bytes, paths: list[bytes]) -> dict[bytes, tuple[bytes, int] | None]:
    """For each path the file and line of the rule with which git ignores it."""
    asked = b"".join(path + b"\0" for path in paths)
    fields = iter(_git(root, "check-ignore", "-v", "-n", "-z", "--no-index", "--stdin", stdin=asked))
    return {
        path: (source, int(line)) if pattern and not pattern.startswith(b"!") else None
        for source, line, pattern, path in zip(fields, fields, fields, fields, strict=True)
    }


def _walked(root: bytes, start: bytes = b"", warnings: list | None = None) -> list[Found]:
    noted = [] if warnings is None else warnings
    ignores = Ignores(root, lambda path, why: noted.append((path, why)))
    return list(walk(root, start, ignores, lambda path, why: noted.append((path, why))))


def _seen(root: bytes) -> set[bytes]:
    return {found.path for found in _walked(root) if not found.ignored}


def _files(root: bytes) -> list[bytes]:
    return [os.path.relpath(os.path.join(d, f), root) for d, _, files in os.walk(root) for f in files]


# --- properties -----------------------------------------------------------------------------------------------


@settings(max_examples=EXAMPLES)
@given(_trees)
def test_walk_sees_what_git_lists(tree):
    """Outside of a checkout the same files are scanned as if it were one: none too few, none too many."""
    with _planted(tree) as root:
        assert _seen(root) == _listed(root)


@settings(max_examples=EXAMPLES)
@given(_trees)
def test_the_deciding_rule_is_the_one_git_names(tree):
    """The ignore file and line that a message names are those that git names."""
    with _planted(tree) as root:
        paths = _files(root)
        ignores = Ignores(root, lambda *_: None)
        ours = {path: (d.source, d.rule.line) if (d := ignores.ignored_by(path)) else None for path in paths}
        assert ours == _decided(root, paths)
