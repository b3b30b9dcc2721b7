"""``cencori-guard hook commit-msg FILE``: on the path of every commit, so it loads next to nothing."""

from __future__ import annotations

import os

from cencori_guard.errors import UsageError
from cencori_guard.jobs.beginnings import holds_beginning

# Below it ``git commit --verbose`` shows the diff, which is no part of the message
# (wt-status.c in git's source: the cut line, then two lines of explanation, with the
# comment character that the user likes).
_CUT = b" ------------------------ >8 ------------------------\n"
_EXPLAINED = b" Do not modify or remove the line above.\n"


def check_message(file: str, verbosity: int = 0) -> int:
    """Look at the message in *file*; says nothing where all is well.  Raises :class:`UsageError`."""
    path = os.fsencode(file)
    try:
        with open(path, "rb") as stream:
            text = message_in(stream.read())
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    if verbosity <= 0 and not holds_beginning(text):
        return 0
    return _scan(path, text, verbosity)


def message_in(text: bytes) -> bytes:
    """*text* up to where git itself wrote that what follows is ignored."""
    at = text.find(_CUT)
    while at >= 0:
        start = text.rfind(b"\n", 0, at) + 1
        mark = text[start:at]
        if mark and text.startswith(mark + _EXPLAINED, at + len(_CUT)):
            return text[:start]
        at = text.find(_CUT, at + 1)
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
