"""What there is to say of taking a key out of a history.  Pure text, as in ``advice.py``.

Facts: the manual of git-filter-repo, ``Documentation/git-filter-repo.txt`` in
``github.com/newren/git-filter-repo``.
"""

from __future__ import annotations

from cencori_guard.models import Match
from cencori_guard.remedy.commands import is_packed, quote, typed, within
from cencori_guard.text import shown

_TEXT, _MESSAGES = "`git filter-repo --replace-text FILE`", "`git filter-repo --replace-message FILE`"
_LINE = ", where FILE holds the line `KEY==>REMOVED`"
# Nobody writes them into a file, and the program takes them for binary.
_WIDE = ("utf-16-le", "utf-16-be")


def rewrite(command: str) -> str:
    """The step, with the *command* that does it."""
    return (
        "Rewriting the history does not replace revoking: clones, forks and pull requests keep the key. For those who "
        f"must: in a fresh clone, {command}; push by force, and have everyone clone anew."
    )


def of_content(match: Match) -> str:
    """For a key in a file, or in its name."""
    packed = is_packed(match)
    if match.line is None and not packed:
        return rewrite("`git filter-repo --path-rename OLD:NEW`")
    if packed or any(layer in _WIDE for layer in match.decoded):
        path = "PATH" if typed(match.blob.path) is None else quote(shown(within(match.blob)))
        return rewrite(f"`git filter-repo --invert-paths --path={path}` takes out the whole file, today's version too")
    if match.decoded:
        return rewrite(f"{_TEXT}, where FILE holds the encoded text as it stands there, and `==>REMOVED`")
    return rewrite(_TEXT + _LINE)


def of_messages() -> str:
    """For a key in the message of a commit."""
    return rewrite(_MESSAGES + _LINE)


def of_people() -> str:
    """For a key in the name or the address of an author or committer."""
    return rewrite("`git filter-repo --mailmap FILE`, where FILE holds the line `Name <address> <old address>`")
