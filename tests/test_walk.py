"""The walk of directories that are no checkouts, held against what git lists and decides on the same trees."""

from __future__ import annotations

import atexit
import os
import random
import re
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

_NAMES = [
    *b"a b c d ab abc a.b .a b-c [a] #a !a ] ^ aa".split(),
    b"a b",
    b"a ",
    b" a",
    b"\xc3\xa9",
    b"a\\b",
    b"\xff",
    b"*",
]
_ATOMS = [
    *rb"a b c d ab . .a - * * * ? ? ** ***".split(),
    *rb"[a-c] [!a] [^a] [ab] [a-] [-a] []a] [!]a] [[:alpha:]] [![:digit:]] [\]]".split(),
    *rb"[\a-c] \# \! \a \* \? \[ \\ \] ] # ! ^ \xc3\xa9".split(),
    b"\xc3\xa9",
    b"\xff",
    b" ",
    b"\\ ",
]
_BAD = [
    *rb"[z-a] [a [ ! / // !/ \ a\ /** **/ **/** !** */ /* /*/ !* . .. ./a [] [!] [!]] [a-c-z] [[:x:]] [c-\a]".split(),
    b"",
]
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
# More wildcards than this in a rule cost the rule, which is another test's.
_FEW = 4
# Where pathspec 1.1 reads a pattern otherwise than git 2.39 does.  All of these leave more to be
# looked at than git would; a rule that left less would hide a key.
KNOWN = {
    rb"\[[!^]?\[:": "POSIX classes: re would read them as nested sets, so the line is left out",
    rb"\[[^\]]*(?:&&|--|\|\||~~)": "set operations of a future re: the line is left out",
    rb"\[[^\]]*\\": "escapes in sets: pathspec doubles the backslash, so the line is left out",
    rb"\\\\\[": "a set after an escaped backslash: the line is left out, for it looks like an escaped bracket",
    rb"\[z-a": "reversed ranges: git matches their first character, pathspec drops the line",
    rb"[^/!]\*\*|\*\*[^/ ]": "** that is not a whole segment: git lets some of them cross slashes, pathspec none",
}


def _known(line: bytes) -> bool:
    return any(re.search(pattern, line) for pattern in KNOWN)


_line = st.one_of(_pattern, _pattern, _plain, st.sampled_from(_BAD), st.sampled_from(_COMMENTS)).filter(
    lambda line: len(re.findall(rb"\*+", line)) <= _FEW and not _known(line)
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

# --- git, asked about the same tree ---------------------------------------------------------------------------


@cache
def _git_directory() -> str:
    made = tempfile.mkdtemp(prefix="walk-git-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
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


def _rule(draw: random.Random) -> bytes:
    if draw.random() < 0.12:
        return draw.choice(_BAD + _COMMENTS + _NAMES)
    count = draw.choice([1, 1, 2, 2, 3])
    parts = [b"".join(draw.choices(_ATOMS, k=draw.choice([1, 1, 2, 3]))) for _ in range(count)]
    parts = [draw.choice([b"**", b"a", b"b", b"*"]) if draw.random() < 0.4 else part for part in parts]
    ends = draw.choice([b"", b"", b"", b"/", b"/**", b"/*"]) + draw.choice(
        [b"", b"", b"", b" ", b"  ", b"\\ ", b"\\  "]
    )
    return draw.choice([b"", b"", b"/", b"**/"]) + b"/".join(parts) + ends


def test_rules_one_by_one():
    """Many random rules, each alone in a directory with the same files below: git is asked about all at once."""
    draw = random.Random(20)
    rules = {rule for _ in range(EXAMPLES) if len(re.findall(rb"\*+", rule := _rule(draw))) <= _FEW}
    names = dict.fromkeys(_NAMES)
    below = {
        **names,
        b"a": {**names, b"b": {b"a": None, b"c": None}},
        b"b": {b"a": {b"a": None, b"]": None}, b"b": None, b"d": {b"d": {b"d": {b"a": None}}}},
        b"a ": {b"a": None},
    }
    directories = {b"%d" % n: rule for n, rule in enumerate(sorted(rules))}
    with _planted({n: {**below, b".gitignore": rule + b"\n"} for n, rule in directories.items()}) as root:
        ours, listed = _seen(root), _listed(root)
    told: dict[bytes, tuple[bytes, bool]] = {}
    for path in sorted(ours ^ listed):
        directory, _, inner = path.partition(b"/")
        if not _known(directories[directory]) or path in listed:
            told.setdefault(directories[directory], (inner, path in listed))
    assert not told, "\n".join(f"{rule!r} {path!r} git lists it: {lists}" for rule, (path, lists) in told.items())


# --- single rules: (the rules, a path, whether git ignores the file there) ------------------------------------

RULES: list[tuple[bytes, bytes, bool]] = [
    # Spaces at the end go, but not one that a backslash holds; other blanks stay.
    (b"a ", b"a", True),
    (b"a\\ ", b"a ", True),
    (b"a\\  ", b"a ", True),
    (b"a\t", b"a", False),
    (b"a \t", b"a", False),
    (b" a", b" a", True),
    (b"\ta", b"a", False),
    (b"a\r\n", b"a", True),
    (b"a\r\r\n", b"a", False),
    (b"\xef\xbb\xbfa", b"a", True),
    (b"b\n\xef\xbb\xbfa", b"a", False),
    # Comments, negations, escapes.
    (b"#a", b"#a", False),
    (b"\\#a", b"#a", True),
    (b"\\!a", b"!a", True),
    (b"!a", b"!a", False),
    (b"*\n!a", b"a", False),
    (b"*\n!!a", b"!a", False),
    (b"\\a", b"a", True),
    (b"a\\", b"a\\", False),
    (b"a\\\\b", b"a\\b", True),
    # A slash anywhere but at the end ties a rule to its directory.
    (b"a", b"x/y/a", True),
    (b"/a", b"x/a", False),
    (b"x/a", b"y/x/a", False),
    (b"a/", b"a", False),
    (b"a/", b"x/a/b", True),
    (b"!a/\na", b"a/b", True),
    # Stars stop at slashes, two of them do not.
    (b"x/*", b"x/y/z", True),
    (b"x/*/z", b"x/y/y/z", False),
    (b"x/**/z", b"x/z", True),
    (b"x/**/z", b"x/y/y/z", True),
    (b"**/x/y", b"a/x/y", True),
    (b"x/**", b"x/y", True),
    (b"x/**/", b"x/y", False),
    (b"x/**/", b"x/y/z", True),
    (b"x**/y", b"xa/b/y", True),
    (b"xa**y/z", b"xa/y/z", False),
    (b"x/***/z", b"x/z", True),
    (b"**/x/**", b"x/y", True),
    (b"**/*/**", b"x/y", True),
    # Sets never hold the slash.
    (b"x[!a]y", b"x/y", False),
    (b"/[!a][!a]**/", b"b/d/c", False),
    (b"x[+-9]y", b"x/y", False),
    (b"[a-c]", b"b", True),
    (b"[!a-c]", b"b", False),
    (b"[^a]", b"b", True),
    (b"[]a]", b"]", True),
    (b"[!]a]", b"]", False),
    (b"[a-]", b"-", True),
    (b"[\\]]", b"]", True),
    (b"[\\a-c]", b"b", True),
    (b"[\\-x]", b"\\", False),
    (b"[z-a]", b"z", True),
    (b"[z-a]", b"b", False),
    (b"[[:alpha:]]", b"a", True),
    (b"[![:digit:]]", b"a", True),
    (b"[[:none:]]", b"a", False),
    (b"[[a]", b"[", True),
    (b"[a", b"[a", False),
    (b"[a&&b]", b"&", True),
    (b"[a--c]", b"a", True),
    # What lies in an ignored directory cannot be had back.
    (b"x/\n!x/y", b"x/y", True),
    (b"x/*\n!x/y", b"x/y", False),
    # Nothing at all.
    (b"/", b"a", False),
    (b"!", b"a", False),
    (b"//", b"a", False),
    (b"", b"a", False),
]


# Of those, what git ignores and we look at all the same, each for a reason in KNOWN.
STILL_DIFFERENT = {
    (b"x**/y", b"xa/b/y"),
    (b"x/***/z", b"x/z"),
    (b"[\\]]", b"]"),
    (b"[\\a-c]", b"b"),
    (b"[z-a]", b"z"),
    (b"[[:alpha:]]", b"a"),
    (b"[![:digit:]]", b"a"),
    (b"[a&&b]", b"&"),
    (b"[a--c]", b"a"),
}


def test_every_known_difference_has_its_reason():
    assert all(_known(rules) for rules, _ in STILL_DIFFERENT)
    assert {(rules, path) for rules, path, ignored in RULES if ignored} >= STILL_DIFFERENT


@pytest.mark.parametrize(("rules", "path", "ignored"), RULES)
def test_single_rules(rules, path, ignored):
    """One rule at a time, as git has it: a rule that ignores too much hides keys."""
    tree: dict = {}
    *above, name = path.split(b"/")
    inner = tree
    for part in above:
        inner = inner.setdefault(part, {})
    inner[name] = None
    with _planted({**tree, b".gitignore": rules}) as root:
        assert (path not in _listed(root)) is ignored, "the table is wrong about git"
        ours = ignored and (rules, path) not in STILL_DIFFERENT
        assert (path not in _seen(root)) is ours
        assert bool(Ignores(root, lambda *_: None).ignored_by(path)) is ours


@pytest.mark.parametrize(
    "line", [b"[z-a]", b"!", b"/", b"[a", b"a\\", b"[[:none:]]", b"[]", b"!/", b"[--a]", b"[a||b]"]
)
def test_a_bad_line_costs_that_line_alone(line, recwarn):
    """The rules around a line that cannot be read hold; nothing is raised, nothing goes to stderr."""
    with _planted({b".gitignore": b"a\n" + line + b"\nb\n", b"a": None, b"b": None, b"c": None}) as root:
        assert _seen(root) == {b".gitignore", b"c"}
    assert not recwarn.list


def test_many_wildcards_do_not_stop_the_scan():
    """A pattern made to take for ever does not; where it is left out, that is said, with its line."""
    rules = b"b\n" + b"*a" * 30 + b"x\n" + b"**/a/" * 30 + b"x\n"
    warnings: list = []
    with _planted({b".gitignore": rules, b"a" * 200: None, b"b": None}) as root:
        assert {f.path for f in _walked(root, warnings=warnings) if not f.ignored} == {b".gitignore", b"a" * 200}
    for path, why in warnings:
        assert path == b".gitignore"
        assert re.match(r"line [23]: ", why), why


# --- ignore files that are none, directories that are others' ---------------------------------------------------


def _write(root: Path, **files: str) -> bytes:
    for name, text in files.items():
        (root / name.replace("__", "/")).parent.mkdir(parents=True, exist_ok=True)
        (root / name.replace("__", "/")).write_text(text)
    return os.fsencode(root)


def test_ignore_file_that_is_a_link_is_not_followed(tmp_path: Path):
    """git does not follow it either: rules from elsewhere hide nothing here."""
    root = _write(tmp_path, rules="a\n", a="", d__a="")
    (tmp_path / "d" / ".gitignore").symlink_to("../rules")
    (tmp_path / ".gitignore").symlink_to("rules")
    assert _seen(root) == _listed(root) == {b"rules", b"a", b"d/a", b".gitignore", b"d/.gitignore"}


def test_ignore_file_that_is_a_directory_or_a_pipe(tmp_path: Path):
    """What is no file has no rules, and is not opened."""
    root = _write(tmp_path, a="", d__a="")
    (tmp_path / ".gitignore").mkdir()
    os.mkfifo(tmp_path / "d" / ".gitignore")
    assert _seen(root) - {b"d/.gitignore"} == {b"a", b"d/a"}


def test_unreadable_ignore_file_is_told(tmp_path: Path, monkeypatch):
    """Its rules do not apply, so more is scanned; and the user hears of it."""
    root = _write(tmp_path, a="")
    (tmp_path / ".gitignore").write_text("a\n")
    real = open

    def refuse(path, *args, **kwargs):
        if os.fspath(path) == root + b"/.gitignore":
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **kwargs)

    monkeypatch.setattr("builtins.open", refuse)
    warnings: list = []
    assert {f.path for f in _walked(root, warnings=warnings)} == {b".gitignore", b"a"}
    assert warnings == [(b".gitignore", "cannot be read, so none of its rules applies: Permission denied")]


def test_unreadable_directory_is_told(tmp_path: Path, monkeypatch):
    """The walk goes on beside it."""
    root = _write(tmp_path, locked__a="", z="")
    real = os.scandir

    def refuse(path):
        if path.endswith(b"locked"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    warnings: list = []
    assert [f.path for f in _walked(root, warnings=warnings)] == [b"z"]
    assert warnings == [(b"locked/", "cannot be listed: Permission denied")]


@pytest.mark.parametrize("start", [b"", b"d"])
def test_repositories_within_are_yielded_not_entered(tmp_path: Path, start):
    """Their own git lists them; a ``.git`` that is a file (a worktree, a submodule) is one too."""
    root = _write(tmp_path, a="", d__b="", d__one__x="", d__two__x="", d__three__x="")
    (tmp_path / "d" / "one" / ".git").mkdir()
    (tmp_path / "d" / "two" / ".git").write_text("gitdir: elsewhere\n")
    (tmp_path / ".gitignore").write_text("three\n")
    found = {f.path: (f.directory, f.ignored) for f in _walked(root, start) if f.path.startswith(b"d/")}
    assert found == {
        b"d/b": (False, False),
        b"d/one": (True, False),
        b"d/two": (True, False),
        b"d/three": (True, True),
    }


def test_links_are_yielded_not_followed(tmp_path: Path):
    """A loop ends, and a rule for directories does not mean a link to one."""
    root = _write(tmp_path, d__a="")
    (tmp_path / "d" / "loop").symlink_to("..")
    (tmp_path / "link").symlink_to("d")
    (tmp_path / ".gitignore").write_text("link/\n")
    assert {f.path for f in _walked(root) if f.symlink and not f.ignored} == {b"d/loop", b"link"}
    assert _seen(root) == _listed(root)


def test_order_does_not_depend_on_the_file_system(tmp_path: Path):
    """Two machines report in the same order."""
    root = _write(tmp_path, b="", a__z="", a__b__c="", c="", B="")
    assert [f.path for f in _walked(root)] == [b"B", b"b", b"c", b"a/z", b"a/b/c"]


def test_an_ignore_file_without_rules_is_nothing():
    """An empty or commented file costs no work for what lies below."""
    assert not IgnoreFile(b"# nothing\n\n  \n")
    assert IgnoreFile(b"a")
