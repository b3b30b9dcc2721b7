"""What git knows of: the files of a checkout, and what it ignores there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cencori_guard.errors import GitError
from cencori_guard.git.runner import Git, Process

GITLINK = "160000"
SYMLINK = "120000"


# A file that git tracks: its path, and from the index the id of its blob and its mode; or
# one that git would track, with None for both.
Entry = tuple[bytes, str | None, str | None]


def start_listing(git: Git, paths: Sequence[bytes] = ()) -> Process:
    """Start listing what is tracked or would be; *paths*, relative to git's directory, narrow it."""
    return git.start("ls-files", "-t", "--stage", "--cached", "--others", "--exclude-standard", "-z", "--", *paths)


def start_ignored(git: Git, paths: Sequence[bytes] = ()) -> Process:
    """Start listing what is ignored: files, and whole directories (ending in a slash) by their names alone."""
    return git.start("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z", "--", *paths)


def entries(listing: Process) -> Iterator[Entry]:
    """The entries of a listing, each path once; an untracked repository ends in a slash."""
    last = None
    for record in listing.records():
        tag, _, rest = record.partition(b" ")
        if tag == b"?":
            yield rest, None, None
            continue
        info, _, path = rest.partition(b"\t")
        if path == last:  # an unmerged path has up to three entries
            continue
        last = path
        mode, oid, _stage = info.decode("ascii").split(" ")
        yield path, oid, mode


# A version of a file in the index: its path, the id of its blob, and its mode.
Staged = tuple[bytes, str, str]


def staged_changes(git: Git) -> list[Staged]:
    """What the next commit changes: the index beside HEAD, or all of the index where there is no commit yet.

    Deletions are left out; both sides of a conflict come.  Raises :class:`GitError`.
    """
    listing = git.start("diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "HEAD", "--")
    changes: list[Staged] = []
    records = listing.records()
    unmerged = False
    for info in records:
        _old_mode, mode, _old, oid, status = info.decode("ascii").lstrip(":").split(" ")
        path = next(records)
        if status[0] == "U":
            unmerged = True
        elif status[0] != "D":
            changes.append((path, oid, mode))
    try:
        listing.finish()
    except GitError:
        # No commit yet; or something worse, which this one will say better.
        return indexed(git)
    return indexed(git) if unmerged else changes


def head_versions(git: Git, paths: Sequence[bytes]) -> dict[bytes, str | None]:
    """The last commit's version of those *paths* whose version in the index is another; None where it has none.

    Raises :class:`GitError`.
    """
    if git.run("rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1)) == b"":
        return dict.fromkeys(paths)
    listing = git.start("diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "HEAD", "--", *paths)
    versions: dict[bytes, str | None] = {}
    records = listing.records()
    for info in records:
        old = info.decode("ascii").split(" ")[2]
        versions[next(records)] = old if old.strip("0") else None
    listing.finish()
    return versions


def indexed(git: Git, paths: Sequence[bytes] = ()) -> list[Staged]:
    """The index's versions of *paths* (all, where none are given).  Raises :class:`GitError`."""
    listing = git.start("ls-files", "--stage", "-z", "--", *paths)
    found = []
    for record in listing.records():
        info, _, path = record.partition(b"\t")
        mode, oid, _stage = info.decode("ascii").split(" ")
        found.append((path, oid, mode))
    listing.finish()
    return found
