"""What carries a value from an environment to client code: reads, settings of bundlers, lines that set a name."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from cencori_guard.frameworks.layout import Layout
from cencori_guard.inlining.assignments import Assigned, assignments, defined, sets_variables
from cencori_guard.inlining.code import code_of, tokenized
from cencori_guard.inlining.pages import is_astro
from cencori_guard.inlining.reads import reads
from cencori_guard.inlining.settings import Config, TooMuch
from cencori_guard.models import Excerpt, Side
from cencori_guard.patterns import lazy
from cencori_guard.places import base_name, is_document
from cencori_guard.recognise.shown import line_at, notes_on
from cencori_guard.recognise.side import HEAD, side_in
from cencori_guard.tally import Tally

# Settings that hand over in the config of any bundler, also of one within a framework.
_ANYWHERE = (
    "define",
    "DefinePlugin",
    "EnvironmentPlugin",
    "replace",
    "transform-inline-environment-variables",
)
# Configs that a bundler's plug-ins stand in, whoever reads them; those of test runners build nothing that ships.
_CONFIG = lazy(
    rb"(?:\A\.?(?:babel|swc)rc(?:\.\w+)?|\Aconfig-overrides\.js|\Awebpack[\w.-]*\.[cm]?[jt]s"
    rb"|(?<!vitest)(?<!jest)(?<!playwright)(?<!cypress)(?<!karma)(?<!wdio)\.config\.\w+)\Z"
)
_BUNDLER = lazy(
    rb"(?:\bfrom\s*+|\brequire\s*+\(\s*+|\bimport\s*+(?:\(\s*+)?)[\"'](?:esbuild|webpack|rollup|rolldown|vite|@rspack/core"
    rb"|@rsbuild/core|@rollup/plugin-replace|tsup|tsdown|parcel|@parcel/core|bun|@farmfe/core)[\"']|\bBun\.build\b"
)
_FOR_NODE_BY_DEFAULT = lazy(rb"ts(?:up|down)\.config\.")
_FOR_BROWSERS = lazy(rb"\bplatform\s*+:\s*+[\"']browser")
_WORD = lazy(rb"[\w$.]{0,200}")
# What is shown of a line, and looked at for comments, on either side.
_BESIDE = 4_000
# Text that is read for this in one scan, and wires in one file; a project has a hundredth of it.
_ENOUGH = "too much text names variables of Cencori's, or the time is up: what this and the rest does was not looked at"
_MOST_BYTES = 64 << 20
_MOST_WIRES = 1_000


class Wire(NamedTuple):
    """A place, and what it carries: *name*, or, if None, every variable there is.  ``how``: as code spells it."""

    path: bytes
    line: int
    column: int
    end_column: int
    name: str | None
    how: str
    side: Side | None = None
    assigned: Assigned | None = None
    excerpt: Excerpt | None = None
    notes: tuple[str, ...] = ()


class Wires(NamedTuple):
    """All that was found in one project, each in the order of paths and lines."""

    handed: tuple[Wire, ...] = ()
    read: tuple[Wire, ...] = ()
    set: tuple[Wire, ...] = ()
    # Prefixes that configs state (``how``), of names that are inlined.
    stated: tuple[Wire, ...] = ()


def find_wires(layout: Layout, speaking: Iterable[bytes], tally: Tally, is_late: Callable[[], bool]) -> Wires:
    """Look into the files of *speaking*, which have a name of Cencori's in them, and into the configs around them.

    What could not be looked at is noted in *tally*; *is_late* says when to stop.
    """
    search = _Search(layout, tally)
    left = _MOST_BYTES
    for path in sorted(speaking):
        layout.packages(path)  # so that the configs of its package are seen
        if is_document(base_name(path)) or layout.ships(path):
            continue
        if left <= 0 or is_late():
            tally.skip(path, _ENOUGH, blind=True)
            break
        text = layout.read(path)
        left -= len(text)
        search.file(path, text)
    for package in list(layout.seen()):
        if is_late():
            tally.skip(package.directory, _ENOUGH, blind=True)
            break
        for path, config in package.configs:
            search.config(path, config, package.hands_over(path))
        for path, at, prefix in package.stated_prefixes:
            search.found["stated"].append(_Lines(path, layout.read(path)).wire(at, None, prefix))
    return Wires(**{kind: tuple(sorted(wires, key=_place)) for kind, wires in search.found.items()})


def _place(wire: Wire) -> tuple[bytes, int, int]:
    return wire.path, wire.line, wire.column


class _Search:
    def __init__(self, layout: Layout, tally: Tally) -> None:
        self._layout = layout
        self._tally = tally
        self._seen: set[bytes] = set()
        self.found: dict[str, list[Wire]] = {"handed": [], "read": [], "set": [], "stated": []}

    def file(self, path: bytes, text: bytes) -> None:
        """Look into a file that names variables of Cencori's."""
        self._seen.add(path)
        name = base_name(path)
        lines = _Lines(path, text)
        if sets_variables(name):
            self._add("set", path, _assigned(lines, text, name))
            self._add("handed", path, (lines.wire(at, wanted, "--define") for wanted, at in defined(text)))
        package = self._layout.package(path)
        settings = package.hands_over(path) if package else ()
        hands_over = bool(settings) or _CONFIG.search(name) is not None or _BUNDLER.search(text) is not None
        side = Side.CLIENT if is_astro(name) else self._layout.side(path, side_in(text[:HEAD]))
        if side in (Side.SERVER, Side.NODE) and not hands_over:
            return  # what servers read is their own
        code = code_of(text, name)
        if code is None and (settings or _CONFIG.search(name)):
            code = tokenized(text)
        if code is None:
            return
        if hands_over:
            self._add_handed(path, lines, Config(code), settings)
        self._add("read", path, (lines.wire(read.at, read.name, read.way, side) for read in reads(code)))

    def config(self, path: bytes, config: Config, settings: Collection[str]) -> None:
        """Look into a config that names none, for what hands all of them over."""
        if path not in self._seen:
            self._add_handed(path, _Lines(path, config.text.bare), config, settings)

    def _add_handed(self, path: bytes, lines: _Lines, config: Config, settings: Collection[str]) -> None:
        package = self._layout.package(path)
        if package and not package.builds_for_clients:
            return
        if _FOR_NODE_BY_DEFAULT.match(base_name(path)) and not _FOR_BROWSERS.search(config.text.bare):
            return
        try:
            found = config.handed_over(tuple(dict.fromkeys((*_ANYWHERE, *settings))))
        except TooMuch:
            self._tally.skip(path, "more settings in it than are looked at", blind=True)
            return
        self._add("handed", path, (lines.wire(handed.at, handed.name, handed.setting) for handed in found))

    def _add(self, kind: str, path: bytes, wires: Iterable[Wire]) -> None:
        for number, wire in enumerate(wires):
            if number == _MOST_WIRES:
                self._tally.skip(path, f"more than {_MOST_WIRES:,} places with variables of Cencori's", blind=True)
                return
            self.found[kind].append(wire)


def _assigned(lines: _Lines, text: bytes, name: bytes) -> Iterator[Wire]:
    for assigned in assignments(text, name):
        yield lines.wire(assigned.at, assigned.name, "")._replace(assigned=assigned)


class _Lines:
    """The lines of a text, for places in it."""

    def __init__(self, path: bytes, text: bytes) -> None:
        self._path = path
        self._text = text
        self._starts: list[int] | None = None

    def wire(self, at: int, name: str | None, how: str, side: Side | None = None) -> Wire:
        """The wire at the offset *at*."""
        text = self._text
        if self._starts is None:
            self._starts = [0, *(found.end() for found in re.finditer(rb"\n", text))]
        line = bisect_right(self._starts, at)
        begin = self._starts[line - 1]
        column = len(text[begin:at].decode("utf-8", "surrogateescape")) + 1
        word = _WORD.match(text, at)
        length = len(word.group()) if word else 0
        low = max(0, at - _BESIDE)
        near = text[low : at + _BESIDE]
        excerpt, notes = line_at(near, at - low, at - low + length), notes_on(near, at - low, at - low + length)
        return Wire(self._path, line, column, column + length, name, how, side, excerpt=excerpt, notes=notes)
