"""The steps, in order, that end a finding.  Pure text; nothing here looks at anything."""

from __future__ import annotations

import shlex

from cencori_guard.keys import Key, Kind
from cencori_guard.models import Context, IgnoreRule, Rule, State
from cencori_guard.places import base_name, is_template


def _revoke(key: Key) -> str:
    return (
        f"Revoke the key: create a new one in the Cencori dashboard, put it to use, then revoke {key.redacted} "
        "(the dashboard lists it by these characters)."
    )


_READ_FROM_ENVIRONMENT = "Read the key from the environment (CENCORI_API_KEY) instead of writing it down here."


def for_key(
    key: Key, rule: Rule, context: Context, state: State | None, path: str, *, tracked: bool
) -> tuple[str, ...]:
    """The steps for a key found under *rule*; *path* as it is shown, and whether git tracks it."""
    if key.kind is Kind.PUBLISHABLE:
        return ("Nothing to do if this is meant for browsers: publishable keys are locked to your domains.",)
    mend = _mend(rule, context, path, tracked=tracked)
    if state in (State.STAGED, State.MODIFIED, State.UNTRACKED) and context is not Context.CLIENT_BUNDLE:
        return (mend, "It is not committed yet; if it has left this machine in any other way: " + _revoke(key))
    return _revoke(key), mend


def _mend(rule: Rule, context: Context, path: str, *, tracked: bool) -> str:
    if rule is Rule.KEY_IN_CLIENT_BUNDLE:
        return (
            "Call Cencori from a server or an edge function, so that the key never reaches the client; "
            "then build again and replace what was deployed."
        )
    if rule is Rule.KEY_IN_ENV_FILE:
        if is_template(base_name(path.encode("utf-8", "replace"))):
            return "Write a placeholder in its place, such as csk_your_key_here."
        untrack = f"`git rm --cached {quote(path)}`, and add" if tracked else "Add"
        return f"{untrack} the file to .gitignore: it stays on this machine only."
    if context is Context.DOCUMENT:
        return "Write a placeholder in its place, such as csk_your_key_here."
    return _READ_FROM_ENVIRONMENT


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
