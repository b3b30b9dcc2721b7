"""How many keys anyone can read: more than that are no leak but an attack on whoever reads the report."""

from __future__ import annotations

from cencori_guard.keys import Key, Kind
from cencori_guard.models import Blob, Match
from cencori_guard.tally import Tally

MOST_IN_BLOB = 1_000
MOST_IN_SCAN = 20_000
# The versions of one file in a history may say the same key again and again.
_MOST_TIMES = 50_000


class Limits:
    """Counts the keys of a scan, and of the blob at hand.  Publishable keys never use up the room of others."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._seen: set[Key] = set()
        self._times = self._public_times = 0
        self._keys = self._public = 0
        # Whether the scan, or the blob, has as many as are listed.
        self.over = False

    def begin(self) -> None:
        """Another blob begins."""
        self._keys = self._public = 0

    @property
    def blob_is_over(self) -> bool:
        """Whether nothing more of this blob is listed."""
        return self._keys > MOST_IN_BLOB

    def admits(self, match: Match) -> bool:
        """Whether *match* is still to be listed; says so once where it is not."""
        blob = match.blob
        if match.key.kind is Kind.PUBLISHABLE:
            self._public, self._public_times = self._public + 1, self._public_times + 1
            if self._public > MOST_IN_BLOB or self._public_times > MOST_IN_SCAN:
                self._tally.skip(blob.path, "has more publishable keys than are listed", blind=False)
                return False
            return True
        self._keys, self._times = self._keys + 1, self._times + 1
        self._seen.add(match.key)
        if self._keys > MOST_IN_BLOB:
            self._tally.skip(blob.name, f"has more than {MOST_IN_BLOB:,} keys; the rest is not listed", blind=True)
            return False
        if len(self._seen) > MOST_IN_SCAN or self._times > _MOST_TIMES:
            self.over = True
            self._say_over(blob)
            return False
        return True

    def _say_over(self, blob: Blob) -> None:
        keys = len(self._seen) > MOST_IN_SCAN
        many = f"{MOST_IN_SCAN:,} keys" if keys else f"{_MOST_TIMES:,} places with a key"
        self._tally.skip(blob.name, f"more than {many} in one scan; the rest is not listed", blind=True)
