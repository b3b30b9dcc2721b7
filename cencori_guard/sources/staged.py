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
    while wanted:
        answered = 0
        objects = CatFile(git)
        try:
            for blob, size in objects.objects(wanted):
                if size is None:
                    tally.skip(blob.path, f"git does not have the object {blob.oid}", blind=True)
                else:
                    tally.files += 1
                    yield blob, _as_os_errors(objects)
                answered += 1
            said = objects.close()
            if said:
                tally.skip(b"", f"git cat-file: {said}", blind=True)
            return
        except GitError as error:
            # git ends at an object that is damaged: the rest is asked of another.
            if objects.unfinished:  # whoever read it knows already
                wanted = wanted[answered:]
            else:
                tally.skip(wanted[answered][1].path, str(error), blind=True)
                wanted = wanted[answered + 1 :]


def _as_os_errors(objects: CatFile) -> ReadInto:
    """Reads the current object; a git that fails is an error of reading, as with any other blob."""

    def read(view: memoryview) -> int:
        try:
            return objects.readinto(view)
        except GitError as error:
            raise OSError(str(error)) from error

    return read
