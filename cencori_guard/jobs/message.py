"""Scans the message of a commit that is about to be made."""

from __future__ import annotations

from cencori_guard.frameworks.layout import Layout
from cencori_guard.gitstate import States
from cencori_guard.models import Blob, Held, Source
from cencori_guard.pipeline import Job
from cencori_guard.policy.survey import Survey
from cencori_guard.sources.views import OneFile
from cencori_guard.tally import Tally
from cencori_guard.triage.decide import Policy


class MessageJob(Job):
    """A message, in a file that git names."""

    source = "stdin"

    def __init__(self, name: bytes, text: bytes) -> None:
        """*name* of the file, and *text*, as far as it will be in the commit."""
        self._name = name
        self._text = memoryview(text)

    def blobs(self, survey: Survey, tally: Tally, policy: Policy) -> Source:
        """The message as one blob."""
        rest = self._text

        def read(view: memoryview) -> int:
            nonlocal rest
            got = min(len(view), len(rest))
            view[:got], rest = rest[:got], rest[got:]
            return got

        tally.files += 1
        return [(Blob(b"message:" + self._name, b"", kind="message", metadata=True), read)]

    def layout(self) -> Layout:
        """It is no file."""
        return Layout(OneFile())

    def held(self, blobs: list[Blob], tally: Tally) -> Held:
        """git does not have it yet."""
        return States()
