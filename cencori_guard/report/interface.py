"""What a writer is."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from cencori_guard.models import Report


class Style(NamedTuple):
    """How a person wants to see a report: -1 quiet, 0, or 1 and more verbose; columns to fill."""

    verbosity: int = 0
    width: int = 80


class Writer(Protocol):
    """Turns a report into text.  Pure: the same report gives the same text, ``seconds`` aside."""

    def __call__(self, report: Report, style: Style) -> str:
        """The whole of what is written, its last line end included."""
