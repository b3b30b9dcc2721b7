"""Scans every object of a repository, or what came since the last time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from cencori_guard.errors import GitError
from cencori_guard.exposure import metadata
from cencori_guard.exposure.trace import Scope, trace
from cencori_guard.git.gaps import Absent, shallow_commits
from cencori_guard.git.objects import all_of, commits_of
from cencori_guard.git.refs import Ref, follow, list_refs
from cencori_guard.git.runner import Git
from cencori_guard.git.store import Store, look_into_store, objects_in
from cencori_guard.jobs.traced import TracedJob
from cencori_guard.memory import Memory
from cencori_guard.models import Blob, Match, ReadInto, Slab
from cencori_guard.policy.survey import Survey
from cencori_guard.sources.history import history_blobs, some_blobs
from cencori_guard.tally import Tally
from cencori_guard.triage.decide import Policy

# A new pack that is more than that part of all of them is the old ones, packed anew.
_WORTH_A_FULL_SCAN = 4


class HistoryJob(TracedJob):
    """All that one repository has, whatever reaches it."""

    source = "history"

    def __init__(self, git: Git, *, metadata: bool = True, known: Memory | None = None) -> None:
        """*metadata*: look into messages, notes, names of refs and URLs of remotes as well.

        *known*: what need not be looked at again.  Raises :class:`GitError` where git is
        too old, or there is no repository.
        """
        super().__init__(git, metadata=metadata)
        git.check_version()
        # Before anything is listed: what is pushed meanwhile is looked at next time.
        self._named, self._said_of_refs = list_refs(git)
        self._store: Store = look_into_store(git)
        self._new: frozenset[bytes] = frozenset()
        # Why *known* is of no use here; empty where it is.
        self.why_everything = self._why_everything(known) if known else ""
        self._known = None if self.why_everything else known
        self._absent = Absent(git, self._known.tips if self._known else ())
        self._found: dict[str, set[tuple[str, str]]] = {}

    def _why_everything(self, known: Memory) -> str:
        if self._metadata and not known.metadata:
            return "an earlier scan left out messages, so everything is looked at"
        if self._store.shared:
            return "another repository lends its objects to this one, so everything is looked at"
        new = {pack: size for pack, size in self._store.packs.items() if pack not in known.packs}
        if sum(new.values()) * _WORTH_A_FULL_SCAN > sum(self._store.packs.values()):
            return "git has packed most of it anew, so everything is looked at"
        try:
            if len(commits_of(self._git, known.found)) < len(known.found):  # pruned, or lost: only a full scan tells
                return "not all objects that held keys are here any more, so everything is looked at"
            self._new = frozenset(objects_in(self._git, self._store, new))
        except GitError as error:
            return f"{error}, so everything is looked at"
        return ""

    def blobs(self, survey: Survey, tally: Tally, policy: Policy) -> Iterator[Slab | tuple[Blob, ReadInto]]:
        """Every object; beside them git looks for those that should be there and are not."""
        if self._said_of_refs:
            tally.skip(b"", f"git for-each-ref said: {self._said_of_refs}", blind=True)
        try:
            if self._known:
                again = self._store.loose | self._new | {oid.encode("ascii") for oid in self._known.found}
                yield from some_blobs(self._git, sorted(again), tally)
            else:
                yield from history_blobs(self._git, tally, metadata=self._metadata)
            for look in (self._look_at_the_edge, self._look_for_what_is_absent):
                try:
                    look(tally)
                except GitError as error:
                    tally.skip(b"", f"whether all objects are here is not known: {error}", blind=True)
        finally:
            self._absent.stop()

    def _look_for_what_is_absent(self, tally: Tally) -> None:
        missing = self._absent.result()
        if missing.count:
            tally.skip(b"", missing.explain(self._git), blind=True)

    def _look_at_the_edge(self, tally: Tally) -> None:
        cut = shallow_commits(self._git)
        if cut:
            why = (
                f"a shallow clone: what came before its {len(cut):,} oldest commit{'s' * (len(cut) > 1)} is not here; "
                "`git fetch --unshallow` gets it"
            )
            tally.skip(b"", why, blind=True)

    def trace(self, matches: list[Match], survey: Survey, tally: Tally) -> list[Match]:
        """The places of *matches* in the history, and what its names hold."""
        if not self._metadata:  # a commit that lies loose is read all the same
            matches = [match for match in matches if match.blob.kind in ("blob", "tree")]
        found: list[Match] = []
        for match in matches:
            key = match.key.redacted, match.key.fingerprint()
            self._found.setdefault(match.blob.oid or "", set()).add(key)
        if matches:
            refs = self._follow(tally)
            reachable = [ref.peeled.encode("ascii") for ref in refs]
            scope = Scope((), chain(all_of(self._git, b"commit"), reachable), reachable, refs)
            found, self._history = trace(self._git, matches, scope, tally)
        if not self._metadata:  # notes are blobs, and nobody knew
            return [match for match in found if not match.blob.metadata]
        return [*found, *self._in_names(name for name, _ in self._named), *metadata.in_remotes(self._git, tally)]

    def _follow(self, tally: Tally) -> list[Ref]:
        try:
            refs, why = follow(self._git, self._named)
        except GitError as error:
            refs, why = [], str(error)
        if why:
            tally.skip(b"", f"not all refs could be followed: {why}", blind=True)
        return refs

    def memory(self) -> Memory:
        """What to remember of a scan that was complete."""
        found = {oid: tuple(sorted(keys)) for oid, keys in self._found.items()}
        tips = tuple(sorted({oid for _, oid in self._named}))
        return Memory(tips, found, tuple(sorted(self._store.packs)), self._metadata)
