"""Every object of a repository, whatever reaches it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from cencori_guard.errors import GitError
from cencori_guard.git.lane import Wanted
from cencori_guard.git.objects import all_objects, in_blocks, processes
from cencori_guard.git.runner import Git
from cencori_guard.models import Blob, ReadInto, Slab
from cencori_guard.sources.objects import counted, object_blobs
from cencori_guard.tally import Tally


def history_blobs(git: Git, tally: Tally, *, metadata: bool) -> Iterator[Slab | tuple[Blob, ReadInto]]:
    """Yield every distinct object once: blobs, trees for the names in them, with *metadata* commits and tags too."""
    return object_blobs(git, _wanted(git, tally, metadata=metadata), tally, lanes=processes())


def some_blobs(git: Git, oids: Iterable[bytes], tally: Tally) -> Iterator[Slab | tuple[Blob, ReadInto]]:
    """Yield the objects *oids*."""
    wanted = in_blocks((oid, b"") for oid in oids)
    return counted(object_blobs(git, wanted, tally, lanes=processes()), tally, commits=True)


def _wanted(git: Git, tally: Tally, *, metadata: bool) -> Iterator[list[Wanted[bytes]]]:
    given = 0
    kinds = (b"blob", b"tree", *((b"commit", b"tag") if metadata else ()))
    try:
        for block in all_objects(git):
            given += len(block)
            found = [kind for _, kind in block]
            tally.files += found.count(b"blob")
            tally.commits += found.count(b"commit")
            if b"missing" in found:
                for oid in (oid for oid, kind in block if kind == b"missing"):
                    tally.skip(b"object:" + oid, "git cannot read it", blind=True)
            yield [(oid, b"") for oid, kind in block if kind in kinds]
    except GitError as error:
        tally.skip(b"", f"not all objects could be listed with their types: {error}", blind=True)
        yield from in_blocks(_unlisted(git, given, tally))


def _unlisted(git: Git, given: int, tally: Tally) -> Iterator[Wanted[bytes]]:
    """What comes behind the first *given* objects: an object of no type that git knows ends the listing of types."""
    try:
        listing = git.start("cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)", "--buffer")
        yield from ((oid, b"") for oid in islice(listing.lines(), given, None))
        listing.finish()
    except GitError as error:
        tally.skip(b"", f"not all objects could be listed: {error}", blind=True)
