"""Commits and tags as git stores them: who wrote them, when, and where their message begins.

The format: https://git-scm.com/docs/git-hash-object and ``fsck.c`` in git's source; nothing
of it can be relied on in a repository that somebody made by hand.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from cencori_guard.text import shown

# A message far behind its header (signatures, merged tags) is still found.
MOST_READ = 64 << 10
_LONGEST_LINE = 2000
_WHEN = rb"(-?\d{1,18}) ([+-]\d{4})"


class Signature(NamedTuple):
    """Who, as ``Name <address>``, and when: ISO 8601 and seconds since 1970, UTC; None where it cannot be read."""

    author: str | None = None
    date: str | None = None
    since: int | None = None


def signature(text: bytes) -> Signature:
    """Who made the commit or tag that begins with *text*."""
    header = text.partition(b"\n\n")[0]
    line = next((line for line in header.split(b"\n") if line.startswith((b"author ", b"tagger "))), b"")
    who, _, when = line[:_LONGEST_LINE].partition(b" ")[2].rpartition(b"> ")
    name, bracket, address = who.rpartition(b"<")
    moment_and_zone = re.fullmatch(_WHEN, when)
    if not bracket or not moment_and_zone:
        return Signature()
    seconds, zone = moment_and_zone.groups()
    author = shown(name.strip() + b" <" + address + b">").strip()
    offset = (int(zone[1:3]) * 60 + int(zone[3:5])) * (-1 if zone[:1] == b"-" else 1)
    try:
        moment = datetime.fromtimestamp(int(seconds), UTC)
        try:
            date = moment.astimezone(timezone(timedelta(minutes=offset))).isoformat()
        except (ValueError, OverflowError):
            date = moment.isoformat()
    except (ValueError, OverflowError, OSError):
        return Signature(author)
    return Signature(author, date, int(seconds))


def lines_of_header(text: bytes) -> int:
    """How many lines stand before the message of the commit or tag that begins with *text*."""
    head, blank, _ = text.partition(b"\n\n")
    if blank:
        return head.count(b"\n") + 2
    # Without an end there is no message, or it lies beyond what was read.
    return text.count(b"\n") + 1 if len(text) < MOST_READ else sys.maxsize


def tag_name(text: bytes) -> bytes | None:
    """The name that a tag object itself says it has."""
    found = re.search(rb"^tag ([^\n]+)$", text.partition(b"\n\n")[0], re.MULTILINE)
    return found and found[1]


def tagged_object(text: bytes) -> str | None:
    """The id of the object that the tag object beginning with *text* names; None where it is no tag."""
    found = re.match(rb"object ([0-9a-f]{40}(?:[0-9a-f]{24})?)\ntype ", text)
    return found and found[1].decode("ascii")
