"""A key where it belongs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cencori_guard.keys import Key
from cencori_guard.models import Match, State

# What there is to tell of each key in each object, by the object's id.
Hits = Mapping[bytes, Mapping[Key, Sequence[Match]]]


class Traced(NamedTuple):
    """A match where it belongs, and what is known of the place."""

    match: Match
    state: State | None
    first: bytes | None = None
    last: bytes | None = None
    newest: bytes | None = None  # the commit in which its line is the one of the match
    refs: tuple[str, ...] = ()
    more_refs: int = 0
    versions: int = 1
