"""Scans what a range of commits brings: a push, a pull request, all since a release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cencori_guard.errors import GitError
from cencori_guard.exposure.trace import Scope, trace
from cencori_guard.frameworks.layout import Layout
from cencori_guard.git.revisions import Range
from cencori_guard.git.runner import Git
from cencori_guard.jobs.traced import TracedJob
from cencori_guard.models import Blob, Finding, Held, IgnoreRule, Match, ReadInto, Slab
from cencori_guard.policy import env_files
from cencori_guard.policy.survey import Survey
from cencori_guard.recognise.names import recognise_name
from cencori_guard.sources.range import names_of_directories, range_blobs
from cencori_guard.tally import Tally
from cencori_guard.triage.decide import Policy


class RangeJob(TracedJob):
    """The commits that one end of a range reaches and the other does not."""

    source = "range"

    def __init__(self, git: Git, wanted: Range, *, metadata: bool = True, published: bool = True) -> None:
        """*metadata*: look into messages and the names of refs as well.  *published*: not a push under way."""
        super().__init__(git, metadata=metadata)
        self._range = wanted
        self._published = published

    def blobs(self, survey: Survey, tally: Tally, policy: Policy) -> Iterator[Slab | tuple[Blob, ReadInto]]:
        """The objects that are new, and the old ones that come under a new name."""
        return range_blobs(self._git, self._range, tally, survey.note, metadata=self._metadata)

    def trace(self, matches: list[Match], survey: Survey, tally: Tally) -> list[Match]:
        """The places of *matches* in the range.  What trees name was noted with the changes."""
        found: list[Match] = []
        known = {match.key for blob in survey.suspicious_names for match in recognise_name(blob)}
        if any(match.blob.kind == "tree" and match.key not in known for match in matches):
            self._note_directories(survey, tally)
        kinds = ("blob", "commit", "tag") if self._metadata else ("blob",)
        matches = [match for match in matches if match.blob.kind in kinds]
        if matches:
            wanted, published = self._range, self._published
            scope = Scope(wanted.options, wanted.revisions, (), wanted.tips, contains=published, published=published)
            found, self._history = trace(self._git, matches, scope, tally)
        if self._metadata:
            found += self._in_names((ref.name for ref in self._range.tips), unpushed=not self._published)
        return found

    def _note_directories(self, survey: Survey, tally: Tally) -> None:
        """Note names that are no file's: a new tree has a key in one, which may be older than the range."""
        try:
            for blob in names_of_directories(self._git, self._range):
                survey.note(blob)
        except GitError as error:
            tally.skip(b"", f"the names of directories could not be looked at: {error}", blind=True)

    def check(
        self, survey: Survey, layout: Layout, with_keys: set[bytes], held: Held, tally: Tally
    ) -> Iterator[Finding]:
        """``env-file-tracked``; what is ignored is a question about a tree."""

        def nothing_known(_repository: bytes | None, _paths: Sequence[bytes]) -> Mapping[bytes, IgnoreRule | None]:
            return {}

        yield from env_files.check(survey, nothing_known, with_keys, held.of, layout.commits)
