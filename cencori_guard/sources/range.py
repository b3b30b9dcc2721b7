"""What a range of commits brings: objects that were not there before, and old ones under new names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cencori_guard.errors import GitError
from cencori_guard.git.gaps import shallow_commits
from cencori_guard.git.graph import TREE, Commit, NewVersion, commits, new_versions
from cencori_guard.git.lane import Wanted
from cencori_guard.git.listing import GITLINK
from cencori_guard.git.objects import in_blocks, tree_files
from cencori_guard.git.refs import outside_of_commits
from cencori_guard.git.revisions import Range
from cencori_guard.git.runner import Git
from cencori_guard.models import Blob, ReadInto, Slab
from cencori_guard.sources.objects import counted, new_objects, object_blobs
from cencori_guard.tally import Tally


def range_blobs(
    git: Git, wanted: Range, tally: Tally, note: Callable[[Blob], None], *, metadata: bool
) -> Iterator[Slab | tuple[Blob, ReadInto]]:
    """Yield the objects of the range *wanted*; *note* is told of every file that a commit in it brings.

    What is not here to be looked at, and what git fails at, is noted in *tally*.
    """
    for gap in wanted.gaps:
        tally.skip(b"", gap, blind=True)
    if not wanted.include:
        return
    known: set[bytes] = set()
    # Without a base all that a tree names is new, and there is no old blob to come under a new name.
    keep = known if wanted.has_base else None
    new = new_objects(git, wanted.options, wanted.revisions, tally, keep, metadata=metadata)
    yield from counted(object_blobs(git, in_blocks(new), tally), tally)
    yield from counted(object_blobs(git, in_blocks(_renamed(git, wanted, tally, keep, note)), tally), tally)


def _renamed(
    git: Git, wanted: Range, tally: Tally, known: set[bytes] | None, note: Callable[[Blob], None]
) -> Iterator[Wanted[bytes]]:
    """The blobs under new names: a rename into ``public/`` changes no content, and makes it public."""
    try:
        cut = shallow_commits(git)
        for blob in _of_trees(git, wanted):
            note(blob)
        for version in new_versions(git, _watched(commits(git, wanted.options, wanted.revisions), cut, tally)):
            note(_blob(version))
            oid = version.oid.encode("ascii")
            if known is not None and oid not in known:
                known.add(oid)
                yield oid, version.path
    except GitError as error:
        tally.skip(b"", f"not all changes of the range could be listed: {error}", blind=True)


def _of_trees(git: Git, wanted: Range) -> Iterator[Blob]:
    """The files of those tips that lead to no commit: a tag may name a tree."""
    for tree, kind, _ in outside_of_commits(git, wanted.tips):
        for path, oid in tree_files(git, tree) if kind == "tree" else ():
            yield Blob(path, b"", tracked=True, oid=oid.decode("ascii"))


def names_of_directories(git: Git, wanted: Range) -> Iterator[Blob]:
    """The names of directories and submodules that the range brings: few need them, and they are many.

    Raises :class:`GitError`.
    """
    for version in new_versions(git, commits(git, wanted.options, wanted.revisions), directories=True):
        if version.mode in (TREE, GITLINK):
            yield Blob(version.path, b"", tracked=True)


def _blob(version: NewVersion) -> Blob:
    return Blob(version.path, b"", tracked=True, oid=version.oid)


def _watched(history: Iterable[Commit], cut: frozenset[str], tally: Tally) -> Iterator[Commit]:
    """*history*, counted; says where it runs into the edge of a shallow clone."""
    said = False
    for commit in history:
        tally.commits += 1
        if cut and not said and commit.oid.decode("ascii") in cut:
            said = True
            tally.skip(
                b"", "a shallow clone: the range goes on beyond its oldest commits; `git fetch --unshallow` gets them",
                blind=True,
            )  # fmt: skip
        yield commit
