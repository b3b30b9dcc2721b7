"""What the formats of archives have in common: members, and the bytes between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cencori_guard.models import ReadInto

# Bytes between members (headers, names, comments) are searched together once there are that many.
SLACK = 1 << 20


class Member(NamedTuple):
    """A file in an archive.  *read* gives its content, and may raise ``Damaged`` and ``Bounded``."""

    name: bytes
    read: ReadInto


class Between(NamedTuple):
    """Bytes of an archive that belong to no member."""

    data: bytes


class Passed(NamedTuple):
    """A member that is not opened, and why."""

    name: bytes
    reason: str


# What opening an archive gives, in order.
Parts = Iterator[Member | Between | Passed]
