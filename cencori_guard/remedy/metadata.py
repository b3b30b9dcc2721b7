"""The steps for a key in what git keeps beside files.  Pure text, as in ``advice.py``."""

from __future__ import annotations

from cencori_guard.models import Exposure, Match
from cencori_guard.remedy import rewriting
from cencori_guard.remedy.commands import quote
from cencori_guard.text import shown

_USUAL_NOTES = "notes/commits"


def mend_here(match: Match) -> str:
    """How to take out of this repository what has not left it."""
    kind, _, name = shown(match.blob.path).partition(":")
    return {
        "tag": f"Delete the tag, and tag again: `git tag -d {quote(name)}`.",
        "note": "To edit the note would push its older version too: `git update-ref -d` takes the ref of the notes "
        "away with all of them; then add those anew that you need.",
        "ref": "Rename the branch (`git branch -m`) or the tag.",
    }[kind]


def mend(match: Match, exposure: Exposure | None) -> str:
    """How to take the key out."""
    kind, _, name = shown(match.blob.path).partition(":")
    if kind == "commit":
        return _in_commit(in_header=match.line is None)
    if kind == "note":
        refs = [ref.removeprefix("refs/") for ref in (exposure.refs if exposure else ()) if "notes/" in ref]
        ref = "" if not refs or _USUAL_NOTES in refs else f"--ref={quote(refs[0])} "
        return f"Take it out of the note: `git notes {ref}edit {name}`; its older versions stay in the notes' history."
    ways = {
        "tag": f"Delete the tag, here and on the server, and tag again: `git tag -d {quote(name)}`.",
        "ref": "Rename the branch or tag, here and on the server.",
        "remote": f"Take it out of the URL: `git remote set-url {quote(name)} URL` (with `--push` where it is the one "
        "to push to), and let a credential helper answer for it.",
        "message": "Take it out of the message.",
    }
    return ways[kind]


def _in_commit(*, in_header: bool) -> str:
    if in_header:
        return (
            "It stands in the name or address of who made the commit: mend `git config user.name` and `user.email`. "
            f"`git commit --amend --reset-author` mends the last commit. {rewriting.of_people()}"
        )
    return f"`git commit --amend` mends the message of the last commit. {rewriting.of_messages()}"
