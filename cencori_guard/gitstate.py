"""Where git has a key that was found: in the last commit, in the index, or only in the work tree.

Asked for hits alone.  The versions that git holds are searched like any other blob, so
that neither line ends nor filters, nor an edit elsewhere in the file, lead astray.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import NamedTuple

from cencori_guard.errors import GitError
from cencori_guard.git.listing import head_versions
from cencori_guard.git.runner import Git
from cencori_guard.keys import Key
from cencori_guard.models import Blob, Exposure, Match, Source, State
from cencori_guard.recognise.names import recognise_name
from cencori_guard.recognise.stage import recognise
from cencori_guard.search.engine import search
from cencori_guard.search.matchers import ReMatcher
from cencori_guard.sources.staged import staged_blobs
from cencori_guard.tally import Tally


class States(NamedTuple):
    """The keys in the last commit's and in the index's version of each path; which paths the last commit lacks."""

    in_head: Mapping[bytes, set[Key]] = {}
    in_index: Mapping[bytes, set[Key]] = {}
    added: Set[bytes] = frozenset()
    looked_at: Set[bytes] = frozenset()

    def of(self, blob: Blob, key: Key | None = None) -> State | None:
        """The state of *key* at *blob*, or of the file itself; None outside of git."""
        if blob.repository is None:
            return None
        if not blob.tracked:
            return State.UNTRACKED
        if blob.path not in self.looked_at:
            return None  # nobody knows: not even that it is not committed
        if key is None:
            return State.STAGED if blob.path in self.added else State.TIP
        if key in self.in_head.get(blob.path, ()):
            return State.TIP
        return State.STAGED if key in self.in_index.get(blob.path, ()) else State.MODIFIED

    def exposure(self, blob: Blob, key: Key) -> Exposure | None:
        """Nobody asked about the past."""
        return None


def look_up(repositories: dict[bytes, Git], blobs: Iterable[Blob], tally: Tally) -> States:
    """Look for keys in what git holds of *blobs*.  *repositories*: git, by the prefix of their paths."""
    in_head: dict[bytes, set[Key]] = {}
    in_index: dict[bytes, set[Key]] = {}
    added: set[bytes] = set()
    looked_at: set[bytes] = set()
    by_repository: dict[bytes, dict[bytes, Blob]] = {}
    for blob in blobs:
        if blob.tracked and blob.repository is not None and blob.oid:
            by_repository.setdefault(blob.repository, {})[blob.path] = blob
    for prefix, hits in by_repository.items():
        git = repositories[prefix]
        unknown: set[bytes] = set()
        index = {path[len(prefix) :]: blob.oid or "" for path, blob in hits.items()}
        try:
            head = {**index, **head_versions(git, list(index))}
            added.update(prefix + path for path, oid in head.items() if oid is None)
            for versions, keys in ((head, in_head), (index, in_index)):
                wanted = [(prefix + path, oid, "") for path, oid in versions.items() if oid]
                seen = Tally()
                for blob, key in _keys(staged_blobs(git, wanted, seen)):
                    keys.setdefault(blob.path, set()).add(key)
                for path, _, _ in wanted:  # what stands in a name is there with the file
                    keys.setdefault(path, set()).update(match.key for match in recognise_name(hits[path]))
                unknown.update(path for path, _, _ in seen.skipped)
                for path, reason, blind in seen.skipped:
                    tally.skip(path, reason, blind=blind)
            looked_at.update(prefix + path for path in index)
            looked_at -= unknown
        except GitError as error:
            tally.skip(prefix, f"whether the keys found are committed is not known: {error}", blind=True)
    return States(in_head, in_index, added, looked_at)


def _keys(blobs: Source) -> Iterator[tuple[Blob, Key]]:
    for found in recognise(search(blobs, ReMatcher(), Tally()), Tally()):
        if isinstance(found, Match):
            yield found.blob, found.key
