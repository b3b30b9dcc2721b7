"""The steps, in order, that end a finding.  Pure text; nothing here looks at anything."""

from __future__ import annotations

import shlex

from cencori_guard.keys import Key, Kind
from cencori_guard.models import Context, Exposure, IgnoreRule, Rule, State
from cencori_guard.places import base_name, is_template


def revoke(key: Key) -> str:
    """How to make *key* worthless."""
    return (
        f"Revoke the key: create a new one in the Cencori dashboard, put it to use, then revoke {key.redacted} "
        "(the dashboard lists it by these characters)."
    )


_READ_FROM_ENVIRONMENT = "Read the key from the environment (CENCORI_API_KEY) instead of writing it down here."


def for_key(
    key: Key,
    rule: Rule,
    context: Context,
    state: State | None,
    path: str,
    *,
    tracked: bool,
    backend: str,
    exposure: Exposure | None = None,
) -> tuple[str, ...]:
    """The steps for a key found under *rule*; *path* as it is shown, whether git tracks it, and since when.

    *backend*: where a call with the key belongs.
    """
    if key.kind is Kind.PUBLISHABLE:
        return ("Nothing to do if this is meant for browsers: publishable keys are locked to your domains.",)
    if exposure and exposure.rebase_from:
        return (
            f"Take it out of every commit that is to be pushed: `git rebase -i {exposure.rebase_from}`, and mark those "
            "`edit` that have it.",
            "It has not been pushed yet; if it has left this machine in any other way: " + revoke(key),
        )
    if rule is Rule.KEY_IN_GIT_METADATA:
        return (*_unless_ours(key, path), _mend_metadata(path))
    if state is State.HISTORY:
        return (
            revoke(key),
            "No branch shows it any more, but every clone of the history has it: only revoking ends that. To take it "
            "out of the history too, `git filter-repo --replace-text FILE`, push by force, and have everyone clone "
            "anew.",
        )
    if state is State.DANGLING:
        return (
            "If it has ever left this machine: " + revoke(key),
            "What keeps it is a stash, a reflog, or nothing: `git stash drop`, or `git reflog expire --expire=now "
            "--all` and then `git gc --prune=now`, delete it from this repository.",
        )
    mend = _mend(rule, context, path, backend, tracked=tracked)
    if state in (State.STAGED, State.MODIFIED, State.UNTRACKED) and context is not Context.CLIENT_BUNDLE:
        return (mend, "It is not committed yet; if it has left this machine in any other way: " + revoke(key))
    return revoke(key), mend


def _mend(rule: Rule, context: Context, path: str, backend: str, *, tracked: bool) -> str:
    if rule is Rule.KEY_IN_CLIENT_BUNDLE:
        return (
            f"Call Cencori from {backend}, so that the key never reaches the client; then build again and replace "
            "what was deployed."
        )
    if rule is Rule.KEY_IN_CLIENT_SOURCE:
        return (
            f"Move the call to {backend}, which reads CENCORI_API_KEY, and have this code ask that: whatever stands "
            "here is sent to everyone."
        )
    if rule is Rule.KEY_IN_ENV_FILE:
        if is_template(base_name(path.encode("utf-8", "replace"))):
            return "Write a placeholder in its place, such as csk_your_key_here."
        untrack = f"`git rm --cached {quote(path)}`, and add" if tracked else "Add"
        return f"{untrack} the file to .gitignore: it stays on this machine only."
    if context is Context.DOCUMENT:
        return "Write a placeholder in its place, such as csk_your_key_here."
    return _READ_FROM_ENVIRONMENT


def _unless_ours(key: Key, path: str) -> tuple[str, ...]:
    """Revoking comes first, but where the message is not committed yet."""
    return () if path.startswith("message:") else (revoke(key),)


def _mend_metadata(path: str) -> str:
    kind, _, name = path.partition(":")
    ways = {
        "commit": "`git commit --amend` mends the message of the last commit, `git filter-repo --replace-message FILE` "
        "those of older ones; then push by force.",
        "tag": f"Delete the tag, here and on the server, and tag again: `git tag -d {quote(name)}`.",
        "note": f"Take it out of the note: `git notes edit {quote(name)}`; its older versions stay in the history of "
        "the notes.",
        "ref": "Rename the branch or tag, here and on the server.",
        "remote": f"Take it out of the URL: `git remote set-url {quote(name)} URL`, and let a credential helper "
        "answer for it.",
        "message": "Take it out of the message.",
    }
    return ways[kind]


def for_stale(key: Key) -> tuple[str, ...]:
    """The step for a key that has been in git for too long."""
    return (f"Replace it: {revoke(key)}",)


def for_tracked(path: str, ignored_by: IgnoreRule | None) -> tuple[str, ...]:
    """The steps for an env file that is in git; *ignored_by* is the shared rule that covers it already."""
    rule = "" if ignored_by else ", with a rule for it in .gitignore"
    return (
        f"Untrack it and keep it on disk: `git rm --cached {quote(path)}`{rule}.",
        "Commit a template instead (.env.example), with placeholders for values.",
    )


def for_not_ignored(name: str, decided_by: IgnoreRule | None) -> tuple[str, ...]:
    """The steps for an env file that no committed rule ignores; *name* is its last part."""
    if decided_by and decided_by.shared:
        return (f"Take `{decided_by.pattern}` out of {decided_by.source}, line {decided_by.line}.",)
    return (f"Add `{name}` to a .gitignore that you commit.",)


def quote(path: str) -> str:
    """*path* as a shell would take it; names that cannot be typed stay as they are shown."""
    return shlex.quote(path) if path.isprintable() else path


def for_shared(what: str) -> tuple[str, ...]:
    """The step for a key that several *what* (services, environments) share."""
    return (
        f"Create a key for each of the {what}: then one that leaks can be revoked without the others, and its use told "
        "apart.",
    )
