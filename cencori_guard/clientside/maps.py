"""Where in the source a place in what ships comes from, by the source maps beside it."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Iterable
from typing import NamedTuple

from cencori_guard.frameworks.layout import Layout
from cencori_guard.inlining.sourcemap import MOST_BYTES, Place, originals_of, path_of
from cencori_guard.models import Location
from cencori_guard.recognise.shown import harmless_name

# Output and maps that are read for this in one scan.
_MOST_BYTES = 128 << 20
_MAPPING = b"sourceMappingURL="
_PACKED = (b".gz", b".br")
_WITH_MAPS = (b".map", b".js", b".mjs", b".cjs", b".css", b".html")


class Original(NamedTuple):
    """A place in a source.  *exists*: *path* is that of a file of the project; *name* is how the map calls it."""

    path: bytes
    line: int
    exists: bool
    name: str


def originals(layout: Layout, locations: Iterable[Location]) -> dict[Location, Original]:
    """The originals of those *locations* in what ships of which a map tells; each map is read once."""
    by_output: dict[bytes, dict[Place, list[Location]]] = {}
    found: dict[Location, Original] = {}
    for where in locations:
        if where.line is None or where.column is None or where.decoded:
            continue
        packed = where.path.endswith(_PACKED)
        path = where.path.rpartition(b".")[0] if packed else where.path
        inside = where.inside[1:] if packed else where.inside
        if not inside:
            by_output.setdefault(path, {}).setdefault((where.line, where.column), []).append(where)
            continue
        # The source itself, as a map holds it.
        of_map = len(inside) == 1 and path.endswith(_WITH_MAPS)
        if of_map and (original := _located(layout, inside[0], path, where.line)):
            found[where] = original
    reader = _Reader(layout)
    for path, places in by_output.items():
        map_path, data = reader.map_of(path)
        for place, original_place in originals_of(data, list(places)).items() if data else ():
            source = original_place.source.encode("utf-8", "surrogatepass")
            if original := _located(layout, source, map_path, original_place.line):
                found |= dict.fromkeys(places[place], original)
    return found


class _Reader:
    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._left = _MOST_BYTES

    def map_of(self, path: bytes) -> tuple[bytes, bytes]:
        """The path and the content of the map of the output at *path*: of the one that it names, or one beside it."""
        text = self._read(path)
        at = text.rfind(_MAPPING)
        url = text[at + len(_MAPPING) :][: 2 * MOST_BYTES].split(None, 1)[:1] if at >= 0 else []
        if url and url[0].startswith(b"data:"):
            try:
                return path, base64.b64decode(url[0].rpartition(b",")[2], validate=True)
            except ValueError:
                return path, b""
        places = [posixpath.join(posixpath.dirname(path), _unquoted(name)) for name in url] + [path + b".map"]
        for place in map(posixpath.normpath, places):
            if b"\0" not in place and not place.startswith((b"..", b"/")) and (data := self._read(place)):
                return place, data
        return path, b""

    def _read(self, path: bytes) -> bytes:
        data = self._layout.view.read(path, min(MOST_BYTES, self._left)) if self._left > 0 else b""
        self._left -= len(data or b"")
        return data or b""


def _unquoted(url: bytes) -> bytes:
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), url)


def _located(layout: Layout, source: bytes, map_path: bytes, line: int) -> Original | None:
    """The *source* of a map as a path of the project, if there is such a file; None if the bundler made it."""
    if any(mark in source for mark in (b"<", b"\0", b"virtual:")):
        return None
    name = source.decode("utf-8", "replace")
    path = path_of(name, map_path.decode("utf-8", "replace")).encode("utf-8")
    bare = posixpath.normpath(b"/" + source.partition(b"?")[0])[1:]
    for package in layout.packages(map_path):
        for start in (b"", package.directory, package.directory + b"src/"):
            for candidate in (path, bare):
                place = posixpath.normpath(start + candidate)
                if _exists(layout, place):
                    return Original(place, line, True, "")
    return Original(map_path, line, False, harmless_name(source))


def _exists(layout: Layout, path: bytes) -> bool:
    head, slash, name = path.rpartition(b"/")
    return not path.startswith((b"..", b"/")) and name in layout.names(head + slash)
