"""Whether a key works: what the API, asked about it, was understood to say."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Liveness(StrEnum):
    """``unknown``: asked, and no wiser; ``unchecked``: not asked."""

    LIVE = "live"
    DEAD = "dead"
    UNKNOWN = "unknown"
    UNCHECKED = "unchecked"


class Answer(NamedTuple):
    """What is known of a key, and why, as half a sentence for people.

    ``believed``, of one that is dead: it counts.  A single answer that a key is dead may come
    of a look-up that failed.
    """

    status: Liveness = Liveness.UNCHECKED
    reason: str = ""
    believed: bool = False


NOT_ASKED = Answer()
