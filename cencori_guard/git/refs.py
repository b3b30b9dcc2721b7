"""What keeps commits alive: branches, tags, notes, and the HEAD of every work tree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cencori_guard.git.objects import commits_of
from cencori_guard.git.runner import Git

NOTES = b"refs/notes/"
# Kept for its owner alone; git itself forgets it with its reflog.
STASH = b"refs/stash"
_BEFORE = (b"refs/heads/", b"refs/tags/", b"refs/remotes/")


class Ref(NamedTuple):
    """A ref: its full name, the object it names, and the commit that this leads to (or whatever else)."""

    name: bytes
    oid: str
    peeled: str

    @property
    def short(self) -> bytes:
        """The name as people say it: ``main``, ``tags/v1``, ``origin/main``; in full where it is none of these."""
        if self.name.startswith(b"refs/tags/"):
            return self.name[5:]
        for prefix in (b"refs/heads/", b"refs/remotes/"):
            if self.name.startswith(prefix):
                return self.name[len(prefix) :]
        return self.name


def read_refs(git: Git) -> tuple[list[Ref], str]:
    """All refs, branches first, then tags, remote branches and the rest; and each HEAD that is on no branch.

    With them what git had to say about broken ones.  Raises :class:`GitError`.
    """
    listing = git.start("for-each-ref", "--format=%(objectname) %(refname)")
    named = [line.partition(b" ")[::2] for line in listing.lines()]
    said = listing.finish()
    peeled = commits_of(git, {oid.decode("ascii") for oid, _ in named})
    refs = [Ref(name, oid.decode("ascii"), peeled.get(oid.decode("ascii"), oid.decode("ascii"))) for oid, name in named]
    return sorted(refs, key=_rank) + _detached_heads(git), said


def _rank(ref: Ref) -> tuple[int, bytes]:
    rank = next((n for n, prefix in enumerate(_BEFORE) if ref.name.startswith(prefix)), len(_BEFORE))
    return rank, ref.name


def _detached_heads(git: Git) -> list[Ref]:
    """The HEADs of this and other work trees that no branch stands for."""
    found: dict[str, None] = {}
    head = b""
    for line in git.run("worktree", "list", "--porcelain").split(b"\n"):
        word, _, rest = line.partition(b" ")
        if word == b"HEAD":
            head = rest
        elif word == b"detached" and head.strip(b"0"):
            found[head.decode("ascii")] = None
    return [Ref(b"HEAD", oid, oid) for oid in found]


def names_of(refs: Iterable[Ref]) -> list[str]:
    """The short names of *refs* as text, each once."""
    return list(dict.fromkeys(ref.short.decode("utf-8", "backslashreplace") for ref in refs))
