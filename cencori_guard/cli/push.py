"""``cencori-guard hook pre-push`` and ``hook pre-receive``: all that a push adds, on the way out and on the way in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from cencori_guard.cli.boundary import say
from cencori_guard.cli.output import deliver_unless_quiet
from cencori_guard.cli.settings import policy_for, policy_of_head
from cencori_guard.errors import ExitCode, UsageError
from cencori_guard.git import revisions
from cencori_guard.git.revisions import Range, Update
from cencori_guard.git.runner import Git
from cencori_guard.jobs.range import RangeJob
from cencori_guard.pipeline import Settings, run
from cencori_guard.sources.targets import find_checkout
from cencori_guard.triage.decide import Policy

_OID = rb"[0-9a-f]{40}(?:[0-9a-f]{24})?"
_PUSH_LINE = rb"(?P<local>.+) (?P<new>" + _OID + rb") (?P<ref>\S+) (?P<old>" + _OID + rb")"
_RECEIVE_LINE = rb"(?P<old>" + _OID + rb") (?P<new>" + _OID + rb") (?P<ref>\S+)"


def check_push(remote: str, lines: bytes, environ: Mapping[str, str], verbosity: int) -> int:
    """Look at what a push to *remote* (a name or a URL) adds there.

    *lines* are those that git writes for the hook; where pre-commit has read them, it
    says in *environ* what they said.  Raises :class:`UsageError` for lines that are none
    of git's, and :class:`GitError`.
    """
    here = os.fsencode(os.getcwd())
    # git starts its hooks where they belong, and says so.
    root = here if "GIT_DIR" in environ else find_checkout(here) or here
    git = Git(root, follow_redirections=True)
    if "PRE_COMMIT" in environ and not lines:
        wanted = _told_by_pre_commit(git, environ)
    else:
        updates = list(_updates(_PUSH_LINE, lines))
        wanted = revisions.pushed(git, updates, known=revisions.tracking(git, remote, updates))
    if not wanted.include:
        return ExitCode.CLEAN
    report = run(RangeJob(git, wanted, published=False), policy_for(root, [(root, root)]), Settings())
    return deliver_unless_quiet(report, verbosity)


def _told_by_pre_commit(git: Git, environ: Mapping[str, str]) -> Range:
    """What pre-commit says is pushed.

    ``PRE_COMMIT_TO_REF`` and ``PRE_COMMIT_FROM_REF``; where a root commit is pushed it
    names the branch alone, and where somebody runs the hook by hand, nothing.  Facts:
    ``commands/hook_impl.py`` and ``run.py`` of pre-commit 4.
    """
    tip = environ.get("PRE_COMMIT_TO_REF") or environ.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD"
    base = environ.get("PRE_COMMIT_FROM_REF")
    new = revisions.resolve(git, tip) or revisions.resolve(git, "HEAD")
    if new is None:
        raise UsageError("there is no commit here that could be pushed")
    old = revisions.resolve(git, base) if base else None
    name = environ.get("PRE_COMMIT_REMOTE_BRANCH") or tip
    updates = [Update(os.fsencode(name), old or "0" * len(new), new)]
    known = revisions.tracking(git, environ.get("PRE_COMMIT_REMOTE_NAME", ""), updates)
    return revisions.pushed(git, updates, known=known)


def check_receive(lines: bytes, timeout: float | None, verbosity: int) -> int:
    """Look at what a push adds here, before any ref is changed.  *timeout* in seconds.

    Excuses count as the default branch has them: the push must not bring its own.  Raises
    :class:`UsageError` for lines that are none of git's, and :class:`GitError`.
    """
    git = Git(os.fsencode(os.getcwd()), follow_redirections=True)
    if timeout is not None:
        git.limit(timeout)
    # The refs have not changed yet: what they reach is here already.
    wanted = revisions.pushed(git, _updates(_RECEIVE_LINE, lines), known=("--all",))
    if not wanted.include:
        return ExitCode.CLEAN
    report = run(RangeJob(git, wanted, published=False), _policy(git), Settings(timeout=timeout))
    return deliver_unless_quiet(report, verbosity)


def _policy(git: Git) -> Policy:
    try:
        return policy_of_head(git)
    except UsageError as error:
        # Else nobody could push what mends it.
        say(f"{error}; so nothing is excused", ExitCode.USAGE)
        return policy_for(git.directory, (), read=False)


def _updates(form: bytes, lines: bytes) -> Iterator[Update]:
    for line in lines.splitlines():
        match = re.fullmatch(form, line)
        if not match:
            raise UsageError("standard input has a line that git does not write for this hook")
        yield Update(match["ref"], match["old"].decode("ascii"), match["new"].decode("ascii"))
