"""A glance at the index: whether anything in it is worth a scan.

Nearly every commit holds nothing that even begins like a key.  To see that takes no
grammar, no records and no report, so this file loads none of them.  It may only err
towards a scan.
"""

from __future__ import annotations

from collections.abc import Sequence

from cencori_guard.errors import GitError
from cencori_guard.git.catfile import CatFile
from cencori_guard.git.listing import GITLINK, Staged
from cencori_guard.git.runner import Git
from cencori_guard.jobs.beginnings import BEGINNINGS, holds_beginning, may_be_container

# What is in every path that a policy rule has anything to say about.
_TELLING = (b".env", b".flaskenv", b".dev.vars", b".cencorirc", b".gitignore", *BEGINNINGS)
_CHUNK = 1 << 20
# The longest needle, and a line of what is encoded on either side of it.
_OVERLAP = 1024
# To look at more than that, a scan is as fast.
_MOST_BYTES = 16 << 20


def is_quiet(git: Git, versions: Sequence[Staged]) -> bool:
    """Whether a scan of *versions* would have nothing to say; False also where anything at all is in doubt."""
    if any(word in version[0] for version in versions for word in _TELLING):
        return False
    wanted = [(oid, path) for path, oid, mode in versions if mode != GITLINK]
    if not wanted:
        return True
    buffer = memoryview(bytearray(_CHUNK))
    try:
        objects = CatFile(git)
        quiet = all(
            size is not None and size < _MOST_BYTES and _is_quiet(objects, path, buffer)
            for path, size in objects.objects(wanted)
        )
        if not quiet:
            objects.stop()
            return False
        return not objects.close()
    except GitError:
        return False


def _is_quiet(objects: CatFile, path: bytes, buffer: memoryview) -> bool:
    rest = b""
    while got := objects.readinto(buffer):
        data = rest + bytes(buffer[:got])
        if (not rest and may_be_container(path, data)) or holds_beginning(data):
            return False
        rest = data[-_OVERLAP:]
    return True
