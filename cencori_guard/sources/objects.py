"""The objects of a repository, many at a time: all of them, or those that a range of commits brings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cencori_guard.errors import GitError
from cencori_guard.git.gaps import Missing
from cencori_guard.git.lane import Wanted
from cencori_guard.git.objects import read_objects
from cencori_guard.git.runner import Git
from cencori_guard.models import Blob, ReadInto, Slab
from cencori_guard.tally import Tally


def object_blobs(
    git: Git, wanted: Iterable[Sequence[Wanted[bytes]]], tally: Tally, *, lanes: int = 1
) -> Iterator[Slab | tuple[Blob, ReadInto]]:
    """Yield the objects of *wanted* (blocks of neighbours), each with the path that is known of it, or ``b""``.

    An object that git does not have, or at which it fails, is noted in *tally* as
    something the scan is blind to.
    """

    def label(oid: bytes, path: bytes, kind: bytes) -> Blob:
        return Blob(path, b"", oid=oid.decode("ascii"), kind=kind.decode("ascii", "replace"))

    def lost(wanted: Wanted[bytes] | None, why: str) -> None:
        name = b"" if wanted is None else wanted[1] or b"object:" + wanted[0]
        tally.skip(name, why, blind=True)

    return read_objects(git, wanted, label, lost, lanes=lanes)


def new_objects(
    git: Git,
    options: Sequence[str],
    revisions: Iterable[bytes],
    tally: Tally,
    known: set[bytes] | None = None,
    *,
    metadata: bool,
) -> Iterator[Wanted[bytes]]:
    """Yield what ``rev-list --objects`` finds, each with a path of it; with *metadata* commits as well.

    *known* is filled with the ids of all that has a path.  What is not here is noted in *tally*.
    """
    missing = Missing()
    try:
        listing = git.start("rev-list", "--objects", "--missing=print", "--stdin", *options, stdin=True)
        listing.feed(revision + b"\n" for revision in revisions)
        for line in listing.lines():
            oid, named, path = line.partition(b" ")
            if oid[:1] == b"?":
                missing.add(oid[1:])
            elif named:
                if known is not None:
                    known.add(oid)
                yield oid, path
            elif metadata:
                yield oid, b""
        listing.finish()
    except GitError as error:
        tally.skip(b"", f"not all objects could be listed: {error}", blind=True)
    if missing.count:
        tally.skip(b"", missing.explain(git), blind=True)


def counted(
    items: Iterable[Slab | tuple[Blob, ReadInto]], tally: Tally, *, commits: bool = False
) -> Iterator[Slab | tuple[Blob, ReadInto]]:
    """Pass *items* on, counting the files among them, and, if asked, the *commits*."""
    for item in items:
        kinds = [item.blob(n).kind for n in range(len(item.begins))] if isinstance(item, Slab) else [item[0].kind]
        tally.files += kinds.count("blob")
        tally.commits += kinds.count("commit") * commits
        yield item
