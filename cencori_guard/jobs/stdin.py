"""Scans standard input as one file."""

from __future__ import annotations

from collections.abc import Iterator

from cencori_guard.frameworks.layout import Layout
from cencori_guard.gitstate import States
from cencori_guard.models import Blob, Held, ReadInto, Source
from cencori_guard.pipeline import Job
from cencori_guard.policy.survey import Survey
from cencori_guard.sources.stdin import stdin_blobs
from cencori_guard.sources.views import MOST_BYTES, OneFile
from cencori_guard.tally import Tally
from cencori_guard.triage.decide import Policy


class StdinJob(Job):
    """Standard input, under the name of a file."""

    source = "stdin"
    looks_at_code = True

    def __init__(self, name: bytes) -> None:
        self._file = OneFile(name)

    def blobs(self, survey: Survey, tally: Tally, policy: Policy) -> Source:
        """The one blob there is, of which the text is kept for those who ask what it does."""
        return self._kept(stdin_blobs(self._file.name, tally))

    def _kept(self, blobs: Iterator[tuple[Blob, ReadInto]]) -> Iterator[tuple[Blob, ReadInto]]:
        for blob, read in blobs:

            def keeping(view: memoryview, read: ReadInto = read) -> int:
                got = read(view)
                if len(self._file.content) <= MOST_BYTES:
                    self._file.content += view[:got]
                return got

            yield blob, keeping

    def layout(self) -> Layout:
        """By the name and the text alone."""
        return Layout(self._file)

    def held(self, blobs: list[Blob], tally: Tally) -> Held:
        """git knows nothing of it."""
        return States()
