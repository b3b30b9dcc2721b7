"""The files of a directory that is no checkout, as git would list them if it were one.

pathspec knows the patterns; what git does with them is here: one ignore file a
directory, the last rule of the deepest file decides, and what lies in an ignored
directory cannot be had back.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from warnings import catch_warnings, simplefilter

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

IGNORE_FILE = b".gitignore"
_MOST_BYTES = 1 << 20
# Steps that a match may take.  Backtracking over wildcards takes a power of their number.
_MOST_STEPS = 1_000_000
_BOM = b"\xef\xbb\xbf"
_DIRECTORY_MARK = "ps_d"  # pathspec's group for the slash behind a directory above the path
# A set such as [!a] or [+-9] never matches a slash; pathspec says so only of its own [^/].
_SET = re.compile(rb"(?<!\\)\[(?!\^/\])")
_ESCAPE_IN_SET = re.compile(rb"\[[^\]]*\\|\\\\\[")
_TRAILING_SPACES = re.compile(rb"((?:\\ )?) *\Z")
_WILDCARD = re.compile(rb"[*?\[\\]")

Warn = Callable[[bytes, str], None]


class Rule(NamedTuple):
    """A line of an ignore file, counted from 1."""

    line: int
    text: bytes
    ignores: bool


class _Cost(NamedTuple):
    """The wildcards of a pattern: ``**`` in all, and the most ``*`` within one segment."""

    deep: int
    flat: int

    def of(self, path: bytes) -> int:
        """About the steps that a match with *path* takes at worst."""
        if self.deep + self.flat < 3:
            return len(path)
        longest = max(map(len, path.split(b"/")))
        return int(len(path) * (path.count(b"/") + 1) ** max(0, self.deep - 1) * longest ** max(0, self.flat - 1))


class IgnoreFile:
    """The rules of one ignore file, for paths relative to its directory."""

    def __init__(self, text: bytes, warn: Callable[[str], None] = lambda _: None) -> None:
        """Compile *text* line by line.  A bad line costs that line alone, and is told to *warn*."""
        self._rules: list[tuple[Rule, re.Pattern[bytes], bool, _Cost]] = []
        self._names: set[bytes] = set()
        self._suffixes: tuple[bytes, ...] = ()
        self._prefixes: tuple[bytes, ...] = ()
        self._always = False
        for number, line in enumerate(text.removeprefix(_BOM).split(b"\n"), 1):
            self._add(number, line.removesuffix(b"\r"), warn)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def _add(self, number: int, line: bytes, warn: Callable[[str], None]) -> None:
        # That a pattern is for directories alone is checked here, so that a match is always
        # one of the path itself, never of a directory above it.
        line = _TRAILING_SPACES.sub(rb"\1", line)
        only_directories = line.endswith(b"/")
        pattern = line[:-1] if only_directories else line
        try:
            regex, ignores = GitIgnoreSpecPattern.pattern_to_regex(pattern)
            if regex is None or ignores is None:
                return
            if (pattern[-1:].isspace() and pattern[-2:] != b"\\ ") or _ESCAPE_IN_SET.search(pattern):
                warn(
                    f"line {number}: a blank at the end or an escape in a set, which pathspec reads otherwise: left out"
                )
                return
            with catch_warnings():
                simplefilter("error", FutureWarning)  # [[:alpha:]] and the like, which re reads differently
                compiled = re.compile(_SET.sub(rb"(?!/)[", regex), re.DOTALL)
        except (ValueError, re.error, IndexError, FutureWarning) as error:
            warn(f"line {number}: not a pattern that can be read, left out ({type(error).__name__})")
            return
        segments = pattern.split(b"/")
        cost = _Cost(
            sum(b"**" in segment for segment in segments),
            max(len(re.findall(rb"\*+", segment)) for segment in segments),
        )
        self._rules.append((Rule(number, line, ignores), compiled, only_directories, cost))
        self._expect(pattern.removeprefix(b"!").rpartition(b"/")[2])

    def _expect(self, last: bytes) -> None:
        """Note by which names the pattern that ends in the segment *last* can match at all."""
        if not _WILDCARD.search(last):
            self._names.add(last)
        elif last[:1] == b"*" and last[1:] and not _WILDCARD.search(last, 1):
            self._suffixes += (last[1:],)
        elif last[-1:] == b"*" and last[:-1] and not _WILDCARD.search(last[:-1]):
            self._prefixes += (last[:-1],)
        else:
            self._always = True

    def decide(self, path: bytes, *, directory: bool) -> Rule | None:
        """The rule that decides about *path* itself, not about a directory above it; None where none does.

        A rule that would take too long to try does not count: then more is looked at, not less.
        """
        name = path.rpartition(b"/")[2]
        if not (
            self._always or name in self._names or name.endswith(self._suffixes) or name.startswith(self._prefixes)
        ):
            return None
        for rule, regex, only_directories, cost in reversed(self._rules):
            if (directory or not only_directories) and cost.of(path) <= _MOST_STEPS:
                match = regex.search(path)
                if match and not (_DIRECTORY_MARK in regex.groupindex and match[_DIRECTORY_MARK]):
                    return rule
        return None


class Decided(NamedTuple):
    """The rule that decides about a path, and the ignore file that holds it, relative to the root."""

    source: bytes
    rule: Rule


_Chain = tuple[tuple[bytes, IgnoreFile], ...]


class Ignores:
    """The ignore files of a tree, read as they are needed."""

    def __init__(self, root: bytes, warn: Warn) -> None:
        self._root = root
        self._warn = warn
        self._chains: dict[bytes, _Chain] = {}

    def _chain(self, directory: bytes) -> _Chain:
        """The ignore files that speak for what lies in *directory*, the deepest first, with where they lie."""
        chain = self._chains.get(directory)
        if chain is None:
            above = self._chain(directory.rpartition(b"/")[0]) if directory else ()
            file = self._read(os.path.join(directory, IGNORE_FILE))
            chain = ((directory, file), *above) if file else above
            self._chains[directory] = chain
        return chain

    def _read(self, path: bytes) -> IgnoreFile | None:
        whole = os.path.join(self._root, path)
        try:
            if os.path.islink(whole) or not os.path.isfile(whole):  # git does not follow it either
                return None
            with open(whole, "rb") as stream:
                text = stream.read(_MOST_BYTES)
        except OSError as error:
            self._warn(path, f"cannot be read, so none of its rules applies: {error.strerror}")
            return None
        return IgnoreFile(text, lambda message: self._warn(path, message)) or None

    def decide(self, path: bytes, *, directory: bool) -> Decided | None:
        """What decides about *path*, given that no directory above it is ignored."""
        for head, file in self._chain(path.rpartition(b"/")[0]):
            rule = file.decide(path[len(head) + 1 :] if head else path, directory=directory)
            if rule:
                return Decided(os.path.join(head, IGNORE_FILE), rule)
        return None

    def decided_by(self, path: bytes) -> Decided | None:
        """What decides about the file at *path*: the rule that ignores a directory above it, or one for itself."""
        parts = path.split(b"/")
        for depth in range(1, len(parts)):
            decided = self.decide(b"/".join(parts[:depth]), directory=True)
            if decided and decided.rule.ignores:
                return decided
        return self.decide(path, directory=False)

    def ignored_by(self, path: bytes) -> Decided | None:
        """What ignores the file at *path*, or a directory above it; None where nothing does."""
        decided = self.decided_by(path)
        return decided if decided and decided.rule.ignores else None


class Found(NamedTuple):
    """Something met on a walk.  A ``directory`` is one that the walk does not go into."""

    path: bytes
    ignored: bool = False
    directory: bool = False
    symlink: bool = False


def walk(root: bytes, start: bytes, ignores: Ignores | None, warn_blind: Warn) -> Iterator[Found]:
    """Yield what lies in *start*, a directory relative to *root*, in the order of names.

    Ignored files and directories are yielded, not entered; so are nested repositories
    (``directory`` without ``ignored``).  Without *ignores* nothing is ignored.  A
    directory that cannot be read is told to *warn_blind*.
    """
    pending = [start]
    while pending:
        here = pending.pop()
        try:
            with os.scandir(os.path.join(root, here) if here else root) as scan:
                listing = sorted(scan, key=lambda item: item.name)
        except FileNotFoundError:
            continue
        except OSError as error:
            warn_blind(here + b"/", f"cannot be listed: {error.strerror}")
            continue
        below = []
        above = here + b"/" if here else b""
        for item in listing:
            path = above + item.name
            if item.name == b".git":
                continue
            if item.is_symlink():
                decided = ignores.decide(path, directory=False) if ignores else None
                yield Found(path, ignored=bool(decided and decided.rule.ignores), symlink=True)
                continue
            directory = item.is_dir(follow_symlinks=False)
            decided = ignores.decide(path, directory=directory) if ignores else None
            if decided and decided.rule.ignores:
                yield Found(path, ignored=True, directory=directory)
            elif not directory:
                yield Found(path)
            elif os.path.lexists(os.path.join(root, path, b".git")):
                yield Found(path, directory=True)
            else:
                below.append(path)
        pending += reversed(below)
