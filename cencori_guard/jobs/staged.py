"""Scans the index: the whole of what a commit would add, or the files that a hook was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cencori_guard.errors import GitError
from cencori_guard.frameworks.layout import Layout
from cencori_guard.git.ignore import deciding_rules_of_index
from cencori_guard.git.listing import GITLINK, Staged
from cencori_guard.git.runner import Git
from cencori_guard.gitstate import look_up
from cencori_guard.models import Blob, Finding, Held, IgnoreRule, Source
from cencori_guard.pipeline import Job
from cencori_guard.policy import env_files
from cencori_guard.policy.survey import Survey
from cencori_guard.sources.staged import staged_blobs
from cencori_guard.sources.views import IndexView
from cencori_guard.tally import Tally
from cencori_guard.triage.decide import Policy


class StagedJob(Job):
    """Versions of files in the index of one repository."""

    source = "staged"

    def __init__(self, git: Git, versions: Sequence[Staged]) -> None:
        """*versions*: what of the index is looked at."""
        self._git = git
        self._versions = versions

    def blobs(self, survey: Survey, tally: Tally, policy: Policy) -> Source:
        """The blobs in the index."""
        for path, oid, mode in self._versions:
            if mode != GITLINK:
                survey.note(Blob(path, b"", tracked=True, oid=oid))
        return staged_blobs(self._git, self._versions, tally)

    def layout(self) -> Layout:
        """By what the index has."""
        return Layout(IndexView(self._git))

    def held(self, blobs: list[Blob], tally: Tally) -> Held:
        """By the last commit's version."""
        return look_up({b"": self._git}, blobs, tally)

    def wants(self, blob: Blob, policy: Policy) -> bool:
        """Not what config leaves out; asked for hits alone, since to compile its globs takes longer than to search."""
        return not policy.excludes(blob.path)

    def check(
        self, survey: Survey, layout: Layout, with_keys: set[bytes], held: Held, tally: Tally
    ) -> Iterator[Finding]:
        """``env-file-tracked``; the ignore rules only where an env or ignore file is staged."""
        if not (survey.env_files or survey.saw_ignore_file):
            return

        def judge(_repository: bytes | None, paths: Sequence[bytes]) -> Mapping[bytes, IgnoreRule | None]:
            try:
                return deciding_rules_of_index(self._git, paths)
            except GitError as error:
                for path in paths:
                    tally.skip(path, f"whether it is ignored is not known: {error}", blind=True)
                return {}

        yield from env_files.check(survey, judge, with_keys, held.of, layout.commits)
        yield from env_files.check_ignore_missing(survey, judge)
