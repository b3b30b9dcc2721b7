"""The bulk search, twice: with ``re`` for small inputs, with hyperscan where there is enough to search.

Both give the same answers (a property test runs them side by side): the offsets at
which a needle begins, in ascending order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from cencori_guard.search.needles import NEEDLES

# From here on hyperscan's speed repays its import (10 to 20 ms against about 2 ms a MB saved).
WORTH_HYPERSCAN = 16 << 20


class Matcher(Protocol):
    """Finds the needles in a buffer."""

    def find(self, data: bytearray, size: int) -> list[int]:
        """The offsets in ``data[:size]`` at which a needle begins, ascending, each once."""


def _literal_first(needles: tuple[bytes, ...]) -> list[re.Pattern[bytes]]:
    """One pattern for each first byte: ``re`` runs fast only where a pattern begins with a literal."""
    by_first: dict[bytes, list[bytes]] = {}
    for needle in needles:
        by_first.setdefault(needle[:1], []).append(needle[1:])
    # A lookahead, so that needles may overlap.
    return [
        re.compile(re.escape(first) + b"(?=" + b"|".join(map(re.escape, rest)) + b")", re.DOTALL)
        for first, rest in sorted(by_first.items())
    ]


class ReMatcher:
    """The standard library's engine: nothing to import, about 0.6 GB/s."""

    def __init__(self) -> None:
        self._patterns = _literal_first(NEEDLES)

    def find(self, data: bytearray, size: int) -> list[int]:
        """See :class:`Matcher`."""
        found = [m.start() for pattern in self._patterns for m in pattern.finditer(data, 0, size)]
        found.sort()
        return found


class HyperscanMatcher:
    """Intel's Hyperscan (or Vectorscan): all needles in one pass, several GB/s, without the GIL."""

    def __init__(self) -> None:
        """Compile the needles.  Raises ImportError where hyperscan is not installed."""
        import hyperscan  # 10 to 20 ms: not worth it for a commit

        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=["".join(f"\\x{byte:02x}" for byte in needle).encode() for needle in NEEDLES],
            ids=list(range(len(NEEDLES))),
            elements=len(NEEDLES),
            flags=[hyperscan.HS_FLAG_DOTALL] * len(NEEDLES),
        )

    def find(self, data: bytearray, size: int) -> list[int]:
        """See :class:`Matcher`."""
        found: list[int] = []

        def note(needle: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append(end - len(NEEDLES[needle]))

        with memoryview(data) as whole, whole[:size] as view:
            self._database.scan(view, match_event_handler=note)  # type: ignore[type-var]
        found.sort()
        return found


def adaptive(make_fast: Callable[[], Matcher] = HyperscanMatcher, worth: int = WORTH_HYPERSCAN) -> Matcher:
    """A matcher that begins with ``re`` and goes over to hyperscan after *worth* bytes, where it can be had."""
    return _Adaptive(make_fast, worth)


class _Adaptive:
    def __init__(self, make_fast: Callable[[], Matcher], worth: int) -> None:
        self._matcher: Matcher = ReMatcher()
        self._make_fast: Callable[[], Matcher] | None = make_fast
        self._left = worth

    def find(self, data: bytearray, size: int) -> list[int]:
        self._left -= size
        if self._left < 0 and self._make_fast:
            try:
                self._matcher = self._make_fast()
            except Exception:  # noqa: BLE001 - not installed, or not for this processor: re does it all
                pass
            self._make_fast = None
        return self._matcher.find(data, size)
