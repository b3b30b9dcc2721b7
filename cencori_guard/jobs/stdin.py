"""Scans standard input as one file."""

from __future__ import annotations

from cencori_guard.classify.contexts import HoldsWebFiles
from cencori_guard.gitstate import States
from cencori_guard.models import Blob, Held, Source
from cencori_guard.pipeline import Job
from cencori_guard.places import is_web_file
from cencori_guard.policy.survey import Survey
from cencori_guard.sources.stdin import stdin_blobs
from cencori_guard.tally import Tally
from cencori_guard.triage.decide import Policy


class StdinJob(Job):
    """Standard input, under the name of a file."""

    source = "stdin"

    def __init__(self, name: bytes) -> None:
        self._name = name

    def blobs(self, survey: Survey, tally: Tally, policy: Policy) -> Source:
        """The one blob there is."""
        return stdin_blobs(self._name, tally)

    def holds_web_files(self) -> HoldsWebFiles:
        """By the name alone."""
        return lambda _directory: is_web_file(self._name)

    def held(self, blobs: list[Blob], tally: Tally) -> Held:
        """git knows nothing of it."""
        return States()
