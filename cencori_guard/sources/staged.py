"""The index: what the next commit will hold, whatever the work tree says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cencori_guard.errors import GitError
from cencori_guard.git.catfile import CatFile
from cencori_guard.git.listing import GITLINK, Staged
from cencori_guard.git.runner import Git
from cencori_guard.models import Blob, ReadInto
from cencori_guard.tally import Tally


def staged_blobs(git: Git, versions: Sequence[Staged], tally: Tally) -> Iterator[tuple[Blob, ReadInto]]:
    """Yield the blobs of *versions*.

    An object that git does not have, or a git that fails half-way, is noted in *tally*
    as something the scan is blind to.
    """
    wanted = []
    for path, oid, mode in versions:
        if mode == GITLINK:
            tally.skip(path, "a submodule: only its commit is recorded here", blind=False)
        else:
            wanted.append((oid, Blob(path, b"", tracked=True, oid=oid)))
    if not wanted:
        return
    objects = CatFile(git)
    answered = 0
    try:
        for blob, size in objects.objects(wanted):
            if size is None:
                tally.skip(blob.path, f"git does not have the object {blob.oid}", blind=True)
            else:
                tally.files += 1
                yield blob, objects.readinto
            answered += 1
        said = objects.close()
        if said:
            tally.skip(b"", f"git cat-file: {said}", blind=True)
    except GitError as error:
        for _oid, blob in wanted[answered:]:
            tally.skip(blob.path, str(error), blind=True)
