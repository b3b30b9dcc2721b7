"""Scans files on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from cencori_guard.errors import GitError
from cencori_guard.frameworks.layout import Layout
from cencori_guard.git.ignore import deciding_rules
from cencori_guard.git.runner import Git
from cencori_guard.gitstate import look_up
from cencori_guard.models import Blob, Finding, Held, IgnoreRule, Source
from cencori_guard.pipeline import Job
from cencori_guard.policy import env_files
from cencori_guard.policy.survey import Survey
from cencori_guard.sources.targets import Target, Targets
from cencori_guard.sources.tree import Tree
from cencori_guard.sources.views import DiskView
from cencori_guard.sources.walk import Ignores
from cencori_guard.tally import Tally
from cencori_guard.text import shown
from cencori_guard.triage.decide import Policy


class TreeJob(Job):
    """The work trees of some targets."""

    source = "tree"
    looks_at_code = True

    def __init__(self, targets: Targets, *, bundles: bool = True) -> None:
        """*bundles*: look into what ships although git ignores it."""
        self._targets = targets
        self._bundles = bundles
        self._layout = Layout(DiskView(targets.base))

    def blobs(self, survey: Survey, tally: Tally, policy: Policy) -> Source:
        """Every file of the targets."""
        return Tree(self._targets, self._layout, tally, excluded=policy.excludes, bundles=self._bundles).blobs()

    def layout(self) -> Layout:
        """By what lies on disk."""
        return self._layout

    def _git(self, prefix: bytes) -> Git:
        return Git(os.path.join(self._targets.base, prefix))

    def held(self, blobs: list[Blob], tally: Tally) -> Held:
        """By the versions in the index and in the last commit."""
        prefixes = {blob.repository for blob in blobs if blob.repository is not None}
        return look_up({prefix: self._git(prefix) for prefix in prefixes}, blobs, tally)

    def check(
        self, survey: Survey, layout: Layout, with_keys: set[bytes], held: Held, tally: Tally
    ) -> Iterator[Finding]:
        """All rules about env files; whether ``.env`` would be ignored only where a directory is scanned."""

        def judge(repository: bytes | None, paths: Sequence[bytes]) -> Mapping[bytes, IgnoreRule | None]:
            try:
                return self._judge(repository, paths)
            except GitError as error:
                for path in paths:
                    tally.skip(path, f"whether it is ignored is not known: {error}", blind=True)
                return {}

        yield from env_files.check(survey, judge, with_keys, held.of, layout.commits)
        if any(map(_whole_directory, self._targets.targets)):
            yield from env_files.check_ignore_missing(survey, judge)

    def _judge(self, repository: bytes | None, paths: Sequence[bytes]) -> dict[bytes, IgnoreRule | None]:
        if repository is not None:
            inner = {path[len(repository) :]: path for path in paths}
            return {inner[p]: rule for p, rule in deciding_rules(self._git(repository), list(inner)).items()}
        ignores = Ignores(self._targets.base, lambda *_: None)
        verdicts: dict[bytes, IgnoreRule | None] = {}
        for path in paths:
            decided = ignores.decided_by(path)
            verdicts[path] = decided and IgnoreRule(
                shown(decided.source),
                decided.rule.line,
                shown(decided.rule.text),
                shared=True,
            )
        return verdicts


def _whole_directory(target: Target) -> bool:
    return target.whole or any(os.path.isdir(os.path.join(target.root, path)) for path in target.paths)
