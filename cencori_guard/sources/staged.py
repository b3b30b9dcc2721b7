"""The index: what the next commit will hold, whatever the work tree says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cencori_guard.git.listing import GITLINK, Staged
from cencori_guard.git.objects import in_blocks, read_objects
from cencori_guard.git.runner import Git
from cencori_guard.models import Blob, ReadInto, Slab
from cencori_guard.tally import Tally


def staged_blobs(git: Git, versions: Sequence[Staged], tally: Tally) -> Iterator[Slab | tuple[Blob, ReadInto]]:
    """Yield the blobs of *versions*.

    An object that git does not have, or a git that fails half-way, is noted in *tally*
    as something the scan is blind to.
    """
    wanted = []
    for path, oid, mode in versions:
        if mode == GITLINK:
            tally.skip(path, "a submodule: only its commit is recorded here", blind=False)
        else:
            wanted.append((oid.encode("ascii"), Blob(path, b"", tracked=True, oid=oid)))

    def lost(wanted: tuple[bytes, Blob] | None, why: str) -> None:
        tally.skip(wanted[1].path if wanted else b"", why, blind=True)

    for item in read_objects(git, in_blocks(wanted), lambda _oid, blob, _type: blob, lost):
        tally.files += len(item.given) if isinstance(item, Slab) else 1
        yield item
