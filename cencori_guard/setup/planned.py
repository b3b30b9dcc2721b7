"""What each part of the set-up says: what it would change, and what it leaves to people."""

from __future__ import annotations

from typing import NamedTuple

from cencori_guard.edits.change import Change


class Planned(NamedTuple):
    """The *changes* of one part; *there*: what is in order already; *left*: what a person has to do.

    ``failed``: something that should have been changed could not be.
    """

    changes: tuple[Change, ...] = ()
    there: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    failed: bool = False
