"""What keeps commits alive: branches, tags, notes, and the HEAD of every work tree."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cencori_guard.git.objects import checked, commits_of, targets_of
from cencori_guard.git.runner import Git

NOTES = b"refs/notes/"
# Kept for its owner alone; git itself forgets it with its reflog.
STASH = b"refs/stash"
_MOST_OF_WORK_TREES = 10_000
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


# A ref as it is listed: its full name, and the id of the object it names.
Named = tuple[bytes, str]


def list_refs(git: Git) -> tuple[list[Named], str]:
    """All refs, and what git had to say about broken ones.  Raises :class:`GitError`."""
    listing = git.start("for-each-ref", "--format=%(objectname) %(refname)")
    named = []
    for line in listing.lines():
        oid, _, name = line.partition(b" ")
        named.append((name, oid.decode("ascii", "replace")))
    return named, listing.finish()


def follow(git: Git, named: Iterable[Named]) -> tuple[list[Ref], str]:
    """Where *named* refs lead, branches first, then tags, remote branches and the rest; then HEADs that are on none.

    Those whose object is not here are left out, and spoken of.  Raises :class:`GitError`.
    """
    named = list(named)
    peeled = commits_of(git, {oid for _, oid in named})
    refs = sorted((Ref(name, oid, peeled[oid]) for name, oid in named if oid in peeled), key=_rank)
    gone = next((name.decode("utf-8", "backslashreplace") for name, oid in named if oid not in peeled), "")
    tips = {ref.peeled for ref in refs}
    others = [ref for ref in _of_work_trees(git) if ref.name != b"HEAD" or ref.peeled not in tips]
    return refs + others, f"{gone} names an object that is not here" if gone else ""


def _rank(ref: Ref) -> tuple[int, bytes]:
    rank = next((n for n, prefix in enumerate(_BEFORE) if ref.name.startswith(prefix)), len(_BEFORE))
    return rank, ref.name


def _of_work_trees(git: Git) -> list[Ref]:
    """The HEAD of this and of every other work tree, and the refs that another one has for itself alone."""
    common = os.path.join(git.directory, git.run("rev-parse", "--git-common-dir").rstrip(b"\n"))
    names = [b"HEAD", b"main-worktree/HEAD"]
    for tree in _listed(os.path.join(common, b"worktrees")):
        own = os.path.join(common, b"worktrees", tree)
        names.append(b"worktrees/" + tree + b"/HEAD")
        # A link would lead out of the repository, wherever its owner likes.
        if os.path.islink(own) or os.path.islink(os.path.join(own, b"refs")):
            continue
        for directory, _, files in os.walk(os.path.join(own, b"refs")):
            names += [os.path.join(b"worktrees", tree, os.path.relpath(os.path.join(directory, f), own)) for f in files]
            if len(names) > _MOST_OF_WORK_TREES:
                break
    names = [n for n in names if b"@{" not in n and not set(b"\n ^~:") & set(n)][:_MOST_OF_WORK_TREES]
    oids = [line.decode("ascii", "replace") for line in checked(git, names, "%(objectname)")]
    here = commits_of(git, {oid for oid in oids if " " not in oid})
    found = {}
    for name, oid in zip(names, oids, strict=False):
        if oid in here:
            shown = b"HEAD" if name.endswith(b"/HEAD") else name
            found[shown, oid] = Ref(shown, oid, here[oid])
    return list(found.values())


def _listed(directory: bytes) -> list[bytes]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []


def names_of(refs: Iterable[Ref]) -> list[str]:
    """The short names of *refs* as text, each once."""
    return list(dict.fromkeys(ref.short.decode("utf-8", "backslashreplace") for ref in refs))


def outside_of_commits(git: Git, refs: Iterable[Ref]) -> Iterator[tuple[str, str, list[Ref]]]:
    """What refs lead to that is no commit: its id, its type (``blob`` or ``tree``), and those refs.

    Raises :class:`GitError`.
    """
    targets = targets_of(git, {ref.oid for ref in refs})
    together: dict[tuple[str, str], list[Ref]] = {}
    for ref in refs:
        target = targets.get(ref.oid)
        if target and target[1] in ("blob", "tree"):
            together.setdefault(target, []).append(ref)
    for (oid, kind), those in together.items():
        yield oid, kind, those
