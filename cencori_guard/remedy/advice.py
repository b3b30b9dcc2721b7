"""The steps, in order, that clean up after a finding.  Pure text; nothing here looks at anything.

How the key itself is made worthless is said in ``revoking.py``.
"""

from __future__ import annotations

from typing import NamedTuple

from cencori_guard.keys import Kind
from cencori_guard.models import Blob, Context, Exposure, IgnoreRule, Match, Revoke, Rule, State, Unpushed
from cencori_guard.places import base_name, is_template
from cencori_guard.remedy import metadata, rewriting
from cencori_guard.remedy.commands import is_packed, untrack


class Remedy(NamedTuple):
    """The steps that clean up, and when to revoke."""

    steps: tuple[str, ...]
    revoke: Revoke = Revoke.FIRST


_READ_FROM_ENVIRONMENT = "Read the key from the environment (CENCORI_API_KEY) instead of writing it down here."
_PLACEHOLDER = "Write a placeholder in its place, such as csk_your_key_here."
_NOBODY_KEEPS_IT = (
    "What keeps it is a stash, a reflog, or nothing. `git stash list` shows the first, and `git stash drop` takes one "
    "away; `git reflog expire --expire=now HEAD`, with the names of the branches that had it, ends the second. Then "
    "`git gc --prune=now` deletes it, with all else that nothing keeps."
)


def for_key(
    match: Match, rule: Rule, context: Context, state: State | None, exposure: Exposure | None, *, backend: str
) -> Remedy:
    """The steps for the key of *match*, found under *rule*.

    *exposure*: since when git has it.  *backend*: where a call with the key belongs.
    """
    if match.key.kind is Kind.PUBLISHABLE:
        fine = "Nothing to do if this is meant for browsers: publishable keys are locked to your domains."
        return Remedy((fine,), Revoke.NO)
    if exposure and exposure.unpushed:
        return Remedy((_before_the_push(match, exposure.unpushed),), Revoke.IF_LEFT)
    if state is State.DANGLING:
        return Remedy((_NOBODY_KEEPS_IT,), Revoke.IF_LEFT_FIRST)
    if rule is Rule.KEY_IN_GIT_METADATA:
        # Where the message is not committed yet, to mend it is all.
        revoke = Revoke.NO if match.blob.path.startswith(b"message:") else Revoke.FIRST
        return Remedy((metadata.mend(match, exposure),), revoke)
    if state is State.HISTORY:
        return Remedy((rewriting.of_content(match),))
    mend = _mend(match, rule, context, backend)
    if state in (State.STAGED, State.MODIFIED, State.UNTRACKED) and context is not Context.CLIENT_BUNDLE:
        return Remedy((f"The last commit does not have it here. {mend}",), Revoke.IF_LEFT)
    return Remedy((mend, rewriting.of_content(match)) if state is State.TIP else (mend,))


def _before_the_push(match: Match, unpushed: Unpushed) -> str:
    if match.blob.metadata and not match.blob.path.startswith(b"commit:"):
        return f"It has not been pushed yet. {metadata.mend_here(match)}"
    commit = unpushed.commit[:10]
    if unpushed.parents > 1:
        return (
            f"It comes with the merge {commit}, which has not been pushed yet: amend that while it is the last commit "
            "(`git commit --amend`), or make the merge anew."
        )
    start = f"{commit}~1" if unpushed.parents else "--root"
    header = match.blob.metadata and match.line is None
    name = " It is in the name or address of who made them: `git commit --amend --reset-author` mends each." * header
    return (
        "These commits have not been pushed yet: take it out of each, on the branch that you push, with "
        f"`git rebase -i --rebase-merges {start}`, and mark those `edit` that have it.{name}"
    )


def _mend(match: Match, rule: Rule, context: Context, backend: str) -> str:
    """How to end it at its place, today."""
    blob = match.blob
    if is_packed(match):
        return "Take it out of what is packed here, and pack that again."
    if match.line is None:
        return "Give the file another name."
    if rule is Rule.KEY_IN_CLIENT_BUNDLE:
        return call_elsewhere(backend)
    if rule is Rule.KEY_IN_CLIENT_SOURCE:
        return (
            f"Move the call to {backend}, which reads CENCORI_API_KEY, and have this code ask that: whatever stands "
            "here is sent to everyone."
        )
    if rule is Rule.KEY_IN_ENV_FILE:
        if is_template(base_name(blob.path)):
            return _PLACEHOLDER
        if blob.tracked:
            return f"Untrack it, {untrack(blob)}, and see that .gitignore has it: it stays on this machine only."
        return "Add the file to .gitignore: it stays on this machine only."
    return _PLACEHOLDER if context is Context.DOCUMENT else _READ_FROM_ENVIRONMENT


def call_elsewhere(backend: str) -> str:
    """The step for a key in what ships, of which no cause is known."""
    return (
        f"Call Cencori from {backend}, so that the key never reaches the client; then build again and replace what was "
        "deployed."
    )


def for_tracked(blob: Blob, ignored_by: IgnoreRule | None) -> tuple[str, ...]:
    """The steps for an env file that is in git; *ignored_by* is the shared rule that covers it already."""
    rule = "" if ignored_by else ", with a rule for it in .gitignore"
    return (
        f"Untrack it and keep it on disk: {untrack(blob)}{rule}.",
        "Commit a template instead (.env.example), with placeholders for values.",
    )


def for_not_ignored(name: str, decided_by: IgnoreRule | None) -> tuple[str, ...]:
    """The steps for an env file that no committed rule ignores; *name* is its last part."""
    if decided_by and decided_by.shared:
        return (f"Take `{decided_by.pattern}` out of {decided_by.source}, line {decided_by.line}.",)
    return (f"Add `{name}` to a .gitignore that you commit.",)


def for_shared(what: str) -> tuple[str, ...]:
    """The step for a key that several *what* (services, environments) share."""
    return (
        f"Create a key for each of the {what}: then one that leaks can be revoked without the others, and its use told "
        "apart.",
    )
