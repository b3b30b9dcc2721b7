"""Files that are replaced in one step, so that nobody ever reads half of one."""

from __future__ import annotations

import os
import stat


def replace(file: str | bytes, text: str, *, follow: bool = True) -> None:
    """Write *text* as UTF-8 to *file*: whatever happens, it is the old one or the new one.  Raises OSError.

    *follow*: where it is a link, what that leads to is replaced, else the link itself.  Its
    mode is kept.
    """
    target = os.path.realpath(os.fsencode(file)) if follow else os.fsencode(file)
    part = b"%s.%s.part" % (target, os.urandom(6).hex().encode("ascii"))
    # What lies there already is not ours, and may be a link.
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(descriptor)
            if hasattr(os, "fchmod") and os.path.lexists(target) and not os.path.islink(target):
                os.fchmod(descriptor, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(part, target)
    except BaseException:
        if os.path.lexists(part):
            os.unlink(part)
        raise
