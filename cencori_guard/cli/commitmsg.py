"""``cencori-guard hook commit-msg FILE``: on the path of every commit, so it loads next to nothing."""

from __future__ import annotations

import os
from collections.abc import Collection

from cencori_guard.errors import UsageError
from cencori_guard.jobs.beginnings import holds_beginning

# Below it ``git commit --verbose`` shows the diff, which is no part of the message
# (wt-status.c in git's source: the cut line, then lines of explanation, all with the
# comment character that the user likes).
_CUT = b" ------------------------ >8 ------------------------\n"


def check_message(file: str, verbosity: int = 0) -> int:
    """Look at the message in *file*; says nothing where all is well.  Raises :class:`UsageError`."""
    path = os.fsencode(file)
    try:
        with open(path, "rb") as stream:
            text = stream.read()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    if _CUT in text:
        text = message_in(text, _comment_marks())
    if verbosity <= 0 and not holds_beginning(text):
        return 0
    return _scan(path, text, verbosity)


def _comment_marks() -> Collection[bytes]:
    """What begins a comment in a message: git's config says, or it is ``#``."""
    from cencori_guard.git.runner import Git  # where somebody commits with --verbose

    git = Git(os.getcwd(), follow_redirections=True)
    said = git.run("config", "--get-regexp", r"^core\.comment(char|string)$", ok=(0, 1)).splitlines()
    mark = said[-1].partition(b" ")[2] if said else b"#"
    return [bytes([c]) for c in b"#;@!$%^&|:"] if mark == b"auto" else [mark]


def message_in(text: bytes, marks: Collection[bytes]) -> bytes:
    """*text* up to where git itself wrote, behind one of its comment *marks*, that what follows is ignored."""
    at = text.find(_CUT)
    while at >= 0:
        start = text.rfind(b"\n", 0, at) + 1
        mark = text[start:at]
        explained = behind = at + len(_CUT)
        # Comments explain it, in the user's language; then comes a diff at once, or nothing.
        while mark in marks and text.startswith(mark, behind):
            behind = text.find(b"\n", behind) + 1 or len(text)
        if behind > explained and (text.startswith(b"diff ", behind) or not text[behind:].strip()):
            return text[:start]
        at = text.find(_CUT, behind)
    return text


def _scan(path: bytes, text: bytes, verbosity: int) -> int:
    # For the few messages with something to look at closely.
    from cencori_guard.cli.output import deliver_unless_quiet
    from cencori_guard.cli.settings import policy_for
    from cencori_guard.jobs.message import MessageJob
    from cencori_guard.pipeline import Settings, run
    from cencori_guard.sources.targets import find_checkout

    here = os.fsencode(os.getcwd())
    root = find_checkout(here) or here
    report = run(MessageJob(os.path.basename(path), text), policy_for(root, [(root, root)]), Settings())
    return deliver_unless_quiet(report, verbosity)
