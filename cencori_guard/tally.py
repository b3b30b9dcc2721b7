"""What a scan counts as it goes, and what it could not look at."""

from __future__ import annotations

from cencori_guard.keys import redact
from cencori_guard.models import Skipped

# A report that lists more than this helps nobody, and an attacker could make it fill the memory.
MOST_SKIPPED = 10_000


class Tally:
    """The running totals of one scan.  The one thing in the pipeline that changes."""

    def __init__(self) -> None:
        self.files = 0
        self.blobs = 0
        self.bytes = 0
        self.commits = 0
        self.skipped: dict[Skipped, None] = {}
        self.complete = True

    def skip(self, path: bytes, reason: str, *, blind: bool) -> None:
        """Note that *path* was not looked at.  *blind*: the scan cannot vouch for what is there."""
        if blind:
            self.complete = False
        reason = redact(reason)
        if len(self.skipped) < MOST_SKIPPED:
            self.skipped.setdefault(Skipped(path, reason, blind))
        elif len(self.skipped) == MOST_SKIPPED:
            self.skipped.setdefault(Skipped(b"", "more was skipped than is listed here", False))
