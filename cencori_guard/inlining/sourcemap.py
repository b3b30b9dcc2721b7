"""From places in what a bundler put out back to the source: source maps, ECMA-426 (version 3), indexed ones too."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from cencori_guard.patterns import lazy

# Maps with more than that are not decoded; a count that a document of JSON may have of what it is made of.
MOST_BYTES = 16 << 20
_MOST_MAPPINGS = 8 << 20
_MOST_VALUES = 200_000
_MOST_LINE = 1 << 31
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGITS = {letter: number for number, letter in enumerate(_ALPHABET)}
_CONTINUES, _BITS = 32, 5
_MOST_SHIFT = 40
# webpack://name/./src/a.ts, turbopack:///[project]/src/a.ts, file:///src/a.ts
_SCHEME = lazy(r"\A(?:webpack(?:-internal)?|turbopack|file|ng|vite|parcel|rspack|app)://[^/]*/")
_ROOT = lazy(r"\A(?:\[project\]/|\(?[\w-]+\)?/\./|\./)")

# Line and column, from 1.
Place = tuple[int, int]
# Index of a source, line and column in it, all from 0.
_Segment = tuple[int, int, int]


class Original(NamedTuple):
    """A place in a source, as its map calls it: *line* and *column* from 1."""

    source: str
    line: int
    column: int


def originals_of(data: bytes, places: Collection[Place]) -> dict[Place, Original]:
    """Where *places* in what was put out come from, by the map *data*; those are left out of which it does not say.

    Columns of a map are UTF-16 code units; those of *places* count characters, which beyond the
    Basic Multilingual Plane are two of them: then the place before may be given.
    """
    import json  # only for keys in bundles

    if len(data) > MOST_BYTES or data.count(b"{") + data.count(b"[") > _MOST_VALUES:
        return {}
    try:
        document = json.loads(data.removeprefix(b")]}'").lstrip())
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    found: dict[Place, Original] = {}
    sections = document.get("sections")
    if not isinstance(sections, list):
        wanted = {(line - 1, column - 1): (line, column) for line, column in places}
        return {wanted[place]: original for place, original in _within(document, wanted)}
    by_section: dict[int, dict[Place, Place]] = {}
    usable = list(_usable(sections))
    for line, column in places:
        number = _section(usable, line - 1, column - 1)
        if number is not None:
            at, across, _ = usable[number]
            inner = (line - 1 - at, column - 1 - across if line - 1 == at else column - 1)
            by_section.setdefault(number, {})[inner] = (line, column)
    for number, wanted in by_section.items():
        found |= {wanted[place]: original for place, original in _within(usable[number][2], wanted)}
    return found


def _usable(sections: list[Any]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for section in sections:
        offset = section.get("offset") if isinstance(section, dict) else None
        inner = section.get("map") if isinstance(section, dict) else None
        if isinstance(offset, dict) and isinstance(inner, dict):
            at, across = offset.get("line"), offset.get("column")
            if type(at) is int and type(across) is int and 0 <= at < _MOST_LINE and 0 <= across < _MOST_LINE:
                yield at, across, inner


def _section(usable: list[tuple[int, int, dict[str, Any]]], line: int, column: int) -> int | None:
    before = [(at, across, number) for number, (at, across, _) in enumerate(usable) if (at, across) <= (line, column)]
    return max(before)[2] if before else None


def _within(document: dict[str, Any], wanted: Collection[Place]) -> Iterator[tuple[Place, Original]]:
    """The originals of *wanted* (from 0) in a map without sections."""
    mappings, sources = document.get("mappings"), document.get("sources")
    if not (isinstance(mappings, str) and isinstance(sources, list)) or len(mappings) > _MOST_MAPPINGS:
        return
    root = document.get("sourceRoot")
    for place, (source, line, column) in _decode(mappings, sorted(wanted)):
        name = sources[source] if 0 <= source < len(sources) else None
        if not isinstance(name, str) or line < 0:
            continue
        if isinstance(root, str) and root and "://" not in name and not name.startswith("/"):
            name = root.rstrip("/") + "/" + name
        yield place, Original(name, line + 1, column + 1)


def _decode(mappings: str, wanted: list[Place]) -> Iterator[tuple[Place, _Segment]]:
    """For each place the last segment of its line that begins at or before it; nothing where the text is no map's."""
    digits = _DIGITS
    source = at = across = 0
    pending = wanted[::-1]
    for number, text in enumerate(mappings.split(";")):
        while pending and pending[-1][0] < number:
            pending.pop()
        if not pending:
            return
        asked = pending[-1][0] == number
        generated = 0
        last: _Segment | None = None
        for segment in text.split(",") if text else ():
            fields, value, shift = [], 0, 0
            for letter in segment:
                digit = digits.get(letter)
                if digit is None or shift > _MOST_SHIFT:
                    return
                value += (digit & 31) << shift
                if digit & _CONTINUES:
                    shift += _BITS
                else:
                    fields.append(-(value >> 1) if value & 1 else value >> 1)
                    value = shift = 0
            if not fields:
                continue
            generated += fields[0]
            while asked and pending and pending[-1][0] == number and pending[-1][1] < generated:
                place = pending.pop()
                if last is not None:
                    yield place, last
            if len(fields) >= 4:
                source += fields[1]
                at += fields[2]
                across += fields[3]
                last = source, at, across
            else:
                last = None
        while asked and pending and pending[-1][0] == number:
            place = pending.pop()
            if last is not None:
                yield place, last


def path_of(source: str, map_path: str) -> str:
    """The *source* of the map at *map_path* as a path, without the schemes that bundlers put before it."""
    bare = _SCHEME.sub("", source)
    if bare != source:
        return posixpath.normpath(_ROOT.sub("", bare).partition("?")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(map_path), source.partition("?")[0]))
