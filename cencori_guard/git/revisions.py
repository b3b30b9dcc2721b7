"""Ranges of commits: from what people and hooks write to what ``rev-list`` takes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cencori_guard.errors import GitError, UsageError
from cencori_guard.git.objects import checked, commits_of
from cencori_guard.git.refs import Ref
from cencori_guard.git.remotes import remote_urls
from cencori_guard.git.runner import Git
from cencori_guard.keys import redact

_ID = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"
_NO_OBJECT = r"0{40}(?:0{24})?"
# What may stand in ``--remotes=``, where other characters would be a pattern.
_REMOTE_NAME = r"[A-Za-z0-9][A-Za-z0-9._/-]*"


class Range(NamedTuple):
    """What the objects in *include* reach, and neither those in *exclude* nor *known* (``rev-list`` options) do.

    ``tips`` are the refs that stand, or will stand, at the end of it; ``gaps`` says what
    of the range is not here.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    tips: tuple[Ref, ...] = ()
    gaps: tuple[str, ...] = ()

    @property
    def options(self) -> list[str]:
        """The arguments of ``rev-list``."""
        return ["--not", *self.known] if self.known else []

    @property
    def revisions(self) -> list[bytes]:
        """What ``rev-list --stdin`` is to read: a push of many refs is too long for a command line."""
        return [oid.encode("ascii") for oid in (*self.include, *("^" + oid for oid in self.exclude))]

    @property
    def has_base(self) -> bool:
        """Whether there is anything that is not to be looked at."""
        return bool(self.exclude or self.known)


def is_zero(oid: str) -> bool:
    """Whether *oid* is what git's hooks write for "there is none"."""
    return re.fullmatch(_NO_OBJECT, oid) is not None


def resolve(git: Git, revision: str) -> str | None:
    """The id of the object that *revision* names, if it is here.

    Raises :class:`UsageError` for what cannot be one, and :class:`GitError`.
    """
    if revision.startswith("-") or not revision:
        raise UsageError(f"{redact(revision) or '(nothing)'}: not a revision")
    said = git.run("rev-parse", "--verify", "--quiet", revision, ok=(0, 1, 128)).decode("ascii", "replace").strip()
    if said and not re.fullmatch(_ID, said):  # ^A, A..B: more than one object, or less
        raise UsageError(f"{redact(revision)}: not a revision")
    return said if said and said in commits_of(git, [said]) else None


def parse(git: Git, text: str) -> Range:
    """``A..B`` (what B reaches and A does not) or ``A...B`` (since they parted); B left out is HEAD.

    A base that is not here is a gap: then all that B reaches is in the range.  Raises
    :class:`UsageError` where something else is written, and :class:`GitError` where B is not here.
    """
    base, dots, tip = text.partition("...") if "..." in text else text.partition("..")
    if dots and not base:
        # In CI this is what two empty variables make: nothing would be looked at, and all be well.
        raise UsageError(f"--range {redact(text)}: A is missing; HEAD{redact(text)} if HEAD is meant")
    if not dots:
        raise UsageError(f"--range {redact(text)}: not a range; {redact(text)}..HEAD is what came since")
    return between(git, base, tip or "HEAD", since_parted=dots == "...")


def between(git: Git, base: str, tip: str, *, since_parted: bool = False) -> Range:
    """The range from *base* (all zeros: from the beginning) to *tip* (all zeros: nothing at all)."""
    if is_zero(tip):
        return Range()
    end = resolve(git, tip)
    if end is None:
        raise _missing(tip)
    tips = (Ref(tip.encode("utf-8", "surrogateescape"), end, peel(git, end)),)
    if is_zero(base):
        return Range((end,), tips=tips)
    start = resolve(git, base)
    if start is None:
        if not re.fullmatch(_ID, base):
            raise _missing(base)
        gap = (
            f"the base {base} is not here (a shallow clone, or one from before a force push), so all that is here of "
            f"{redact(tip)} was looked at; `git fetch origin {base}` may get it"
        )
        return Range((end,), tips=tips, gaps=(gap,))
    exclude: tuple[str, ...] = (start,)
    if since_parted:
        said = git.run("merge-base", "--all", start, end, ok=(0, 1))
        exclude = tuple(said.decode("ascii").split()) or exclude
    return Range((end,), exclude, tips=tips)


def _missing(revision: str) -> Exception:
    if re.fullmatch(_ID, revision):
        return GitError(f"{revision}: no such object here; `git fetch origin {revision}` may get it")
    return UsageError(f"{redact(revision)}: no such revision here")


def peel(git: Git, oid: str) -> str:
    """The commit that a tag leads to; *oid* itself where there is none."""
    said = git.run("rev-parse", "--verify", "--quiet", oid + "^{commit}", ok=(0, 1, 128))
    return said.decode("ascii", "replace").strip() or oid


class Update(NamedTuple):
    """One ref that a push would change: its name at the receiver, and the objects it names before and after."""

    ref: bytes
    old: str
    new: str


def pushed(git: Git, updates: Iterable[Update], *, known: tuple[str, ...]) -> Range:
    """All that *updates* add to what *known* (``rev-list`` arguments) and the refs' old objects reach.

    Raises :class:`GitError` where what is pushed is not here.
    """
    updates = [update for update in updates if not is_zero(update.new)]
    here = commits_of(git, {oid for update in updates for oid in (update.old, update.new) if not is_zero(oid)})
    gone = next((update.new for update in updates if update.new not in here), None)
    if gone:
        raise _missing(gone)
    tips = [Ref(update.ref, update.new, here[update.new]) for update in updates]
    # What the receiver has and we have not (it was pushed over) is no help.
    exclude = [update.old for update in updates if update.old in here]
    return Range(_distinct(ref.oid for ref in tips), _distinct(exclude), known, tuple(tips))


def _distinct(oids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(oids))


def tracking(git: Git, remote: str, updates: Sequence[Update]) -> tuple[str, ...]:
    """The ``rev-list`` options for all that *remote* is known to have; none where that cannot be relied on.

    Nothing is known where its name could be a pattern, where what is pushed goes elsewhere
    than what is fetched comes from, or where the remote has lost a branch that we remember:
    then the URL may name another repository by now.  The refs of a remote ``a/b`` lie below
    those of a remote ``a``, and are not its own.  Raises :class:`GitError`.
    """
    settings = remote_urls(git, everywhere=True)
    others = {name for name, _, _ in settings if name.startswith(os.fsencode(remote) + b"/")}
    if not all(re.fullmatch(_REMOTE_NAME, name) for name in (remote, *map(os.fsdecode, others))):
        return ()
    own = [(kind, url) for name, kind, url in settings if name == os.fsencode(remote)]
    if {url for kind, url in own if kind == b"pushurl"} - {url for kind, url in own if kind == b"url"}:
        return ()
    new = [update.ref for update in updates if is_zero(update.old) and update.ref.startswith(b"refs/heads/")]
    ours = [b"refs/remotes/" + os.fsencode(remote) + ref[len(b"refs/heads") :] for ref in new]
    if any(b" " not in oid for oid in checked(git, ours, "%(objectname)")):
        return ()
    return (*(f"--exclude={name}/*" for name in sorted(map(os.fsdecode, others))), f"--remotes={remote}")
