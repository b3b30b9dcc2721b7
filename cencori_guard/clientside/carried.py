"""Which variable a key stands under: ``NAME=key`` and whatever else sets one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cencori_guard.frameworks.layout import Layout
from cencori_guard.models import Match
from cencori_guard.patterns import lazy
from cencori_guard.places import base_name, is_document

_BEFORE = lazy(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]{0,120})[\"'`\]]{0,2}\s{0,20}(?:(?:\?|:|\+)?=|:-?|=>|\s)\s{0,20}[\"'`]?\Z"
)
# In YAML the name may stand in a line of its own: name: NAME, key: NAME, or NAME: with the value below it.
_VALUE = "value"
_ABOVE = lazy(
    rb"^\s*+-?\s*+[\"']?(?:(?:name|key)[\"']?\s*+:\s*+[\"']?(?P<name>[A-Z0-9_]{3,120}+)|(?P<key>[A-Z0-9_]{3,120}+)[\"']?\s*+:\s*+\Z)"
)
_LINES_ABOVE = 3


class Carried(NamedTuple):
    """A key, and the *name* of the variable that holds it where it was found."""

    name: str
    match: Match


def name_before(layout: Layout, match: Match) -> str | None:
    """The name that the key of *match* is given to in its line, or above it; None where there is none."""
    if match.excerpt is None or match.line is None:
        return None
    found = _BEFORE.search(match.excerpt.text[: match.excerpt.start])
    name = found["name"] if found else None
    if name == _VALUE and match.blob.path.endswith((b".yml", b".yaml")):
        lines = layout.read(match.blob.path).split(b"\n")
        for line in reversed(lines[max(0, match.line - 1 - _LINES_ABOVE) : match.line - 1]):
            if above := _ABOVE.match(line):
                return (above["name"] or above["key"]).decode("ascii")
    return name


def carried(layout: Layout, matches: Iterable[Match]) -> Iterator[Carried]:
    """The keys among *matches* that stand under a name, neither in prose nor in what a bundler put out."""
    for match in matches:
        blob = match.blob
        if blob.metadata or match.inside or is_document(base_name(blob.path)):
            continue
        name = name_before(layout, match)
        if name and not (layout.ships(blob.path) and not blob.tracked):
            yield Carried(name, match)
