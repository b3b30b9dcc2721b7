"""The records that the stages hand each other: immutable, and free of any knowledge of how they are made."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, StrEnum
from typing import NamedTuple

from cencori_guard.keys import Key


class Severity(IntEnum):
    """How bad a finding is; ordered."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The name as reports and options spell it."""
        return self.name.lower()


class Rule(StrEnum):
    """The names of the rules; each is described in ``rules.py``."""

    KEY_IN_SOURCE = "key-in-source"
    KEY_IN_CLIENT_BUNDLE = "key-in-client-bundle"
    KEY_IN_ENV_FILE = "key-in-env-file"
    ENV_FILE_TRACKED = "env-file-tracked"
    ENV_FILE_NOT_IGNORED = "env-file-not-ignored"
    ENV_IGNORE_MISSING = "env-ignore-missing"


class Context(StrEnum):
    """What kind of place a blob is."""

    SOURCE = "source"
    CLIENT_BUNDLE = "client-bundle"
    ENV_FILE = "env-file"
    DOCUMENT = "document"


class State(StrEnum):
    """Where git has the key of a finding."""

    TIP = "tip"
    STAGED = "staged"
    MODIFIED = "modified"
    UNTRACKED = "untracked"


class Blob(NamedTuple):
    """A named run of bytes to search.

    ``path`` is as git gives it: bytes, with slashes, relative to the root of what is scanned.
    ``repository`` is the path of the checkout that holds the file, relative to the same
    root and ending in a slash (``b""``: the root itself); None outside of git.
    """

    path: bytes
    repository: bytes | None = None
    tracked: bool = False
    ignored: bool = False
    oid: str | None = None


# Reads the next bytes of a blob into a view; returns how many, 0 at the end.
ReadInto = Callable[[memoryview], int]


class Skipped(NamedTuple):
    """Something that was not looked at.  ``blind`` makes the scan incomplete."""

    path: bytes
    reason: str
    blind: bool


class Excerpt(NamedTuple):
    """The line of a match as text, every key redacted; the match is ``text[start:end]``."""

    text: str
    start: int
    end: int


class Match(NamedTuple):
    """A key found in a blob.  Lines and columns count from 1, columns in characters, the end exclusive.

    A match in a blob's *name* has no line.  ``notes`` are the ``cencori-guard:`` comments that apply to it.
    """

    blob: Blob
    key: Key
    line: int | None
    column: int | None
    end_column: int | None
    decoded: tuple[str, ...] = ()
    excerpt: Excerpt | None = None
    notes: tuple[str, ...] = ()


class Use(StrEnum):
    """How a file speaks of Cencori."""

    DEPENDENCY = "dependency"
    IMPORT = "import"
    NAME = "name"


class Mention(NamedTuple):
    """A sign in a blob that its project uses Cencori; ``real``: a secret's name that is given a real value."""

    blob: Blob
    use: Use
    real: bool = False


class IgnoreRule(NamedTuple):
    """The ignore rule that decides about a path: ignores it, or (``!pattern``) takes it out again.

    ``shared``: it stands in a file that git tracks or would track.
    """

    source: str
    line: int
    pattern: str
    shared: bool

    @property
    def ignores(self) -> bool:
        """Whether the path is ignored by it."""
        return not self.pattern.startswith("!")

    @property
    def protects(self) -> bool:
        """Whether the path is ignored for everyone who has the repository."""
        return self.shared and self.ignores


class Location(NamedTuple):
    """Where a finding is.  ``inside`` and ``decoded`` lead from the file to the text that line and column count in."""

    path: bytes
    line: int | None = None
    column: int | None = None
    end_column: int | None = None
    inside: tuple[str, ...] = ()
    decoded: tuple[str, ...] = ()


class Suppression(NamedTuple):
    """Who excused a finding, and why."""

    by: str
    reason: str


class Finding(NamedTuple):
    """A rule broken at a location."""

    rule: Rule
    severity: Severity
    message: str
    location: Location
    context: Context
    remedy: tuple[str, ...]
    key: Key | None = None
    tracked: bool | None = None
    state: State | None = None
    excerpt: Excerpt | None = None
    notes: tuple[str, ...] = ()
    suppressed: Suppression | None = None


class Scan(NamedTuple):
    """What was looked at."""

    source: str
    complete: bool
    files: int
    blobs: int
    bytes: int
    seconds: float
    skipped: tuple[Skipped, ...]


class Report(NamedTuple):
    """All that a scan has to say: the one input of every writer and of the exit code."""

    scan: Scan
    findings: tuple[Finding, ...]
    fail_on: Severity
    strict: bool = False
    interrupted: bool = False

    def counted(self) -> dict[str, int]:
        """The number of findings by severity, the worst first, then of those suppressed."""
        counts = {severity.label: 0 for severity in sorted(Severity, reverse=True)}
        for finding in self.findings:
            if not finding.suppressed:
                counts[finding.severity.label] += 1
        return {**counts, "suppressed": sum(1 for f in self.findings if f.suppressed)}
