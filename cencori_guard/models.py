"""The records that the stages hand each other: immutable, and free of any knowledge of how they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple, Protocol

from cencori_guard.keys import Key, Kind
from cencori_guard.liveness import NOT_ASKED, Answer


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
    KEY_IN_CLIENT_SOURCE = "key-in-client-source"
    KEY_IN_ENV_FILE = "key-in-env-file"
    KEY_IN_GIT_METADATA = "key-in-git-metadata"
    ENV_FILE_TRACKED = "env-file-tracked"
    ENV_FILE_NOT_IGNORED = "env-file-not-ignored"
    ENV_IGNORE_MISSING = "env-ignore-missing"
    PUBLIC_ENV_NAME = "public-env-name"
    SERVER_KEY_IN_CLIENT_CODE = "server-key-in-client-code"
    SHARED_KEY = "shared-key"
    STALE_KEY = "stale-key"


# They say what would be better, of keys that may stand where they belong.
ADVICE = frozenset((Rule.SHARED_KEY, Rule.STALE_KEY))


class Context(StrEnum):
    """What kind of place a blob is."""

    SOURCE = "source"
    CLIENT_BUNDLE = "client-bundle"
    CLIENT_SOURCE = "client-source"
    ENV_FILE = "env-file"
    GIT_METADATA = "git-metadata"
    DOCUMENT = "document"


class Side(StrEnum):
    """Where source runs: in a browser or an app that people have, or on a server.

    ``node``: it needs what browsers do not have; ``route``: it exports what some frameworks
    call on the server.
    """

    CLIENT = "client"
    SERVER = "server"
    NODE = "node"
    ROUTE = "route"


class State(StrEnum):
    """Where git has the key of a finding.

    ``history``: a ref reaches it, but no tip has it any more; ``dangling``: only a stash, a
    reflog or nothing keeps it.
    """

    TIP = "tip"
    HISTORY = "history"
    DANGLING = "dangling"
    STAGED = "staged"
    MODIFIED = "modified"
    UNTRACKED = "untracked"


class Unpushed(NamedTuple):
    """The commit (or the tag) that brings a key with a push, and how many parents it has."""

    commit: str
    parents: int


class Exposure(NamedTuple):
    """Since when, and where, git has held a key at one path.

    ``commit``, ``author`` and ``date`` (ISO 8601, as its author's clock had it) are those of
    the oldest commit that holds it, ``last_commit`` and ``last_date`` of the newest.
    ``since`` is ``date`` in seconds since 1970, UTC.  ``refs`` still reach it; ``more_refs``
    is the number of those that are not listed.  ``url`` shows it where the repository is hosted;
    ``unpushed``: what brought it is about to be pushed; None where the key is out already.
    """

    commit: str | None = None
    author: str | None = None
    date: str | None = None
    since: int | None = None
    last_commit: str | None = None
    last_date: str | None = None
    refs: tuple[str, ...] = ()
    more_refs: int = 0
    versions: int = 1
    url: str | None = None
    unpushed: Unpushed | None = None


class Opened(StrEnum):
    """What the rest of a container is: a text like any other, or bytes in which nothing has a line."""

    DOCUMENT = "document"
    ARCHIVE = "archive"


class Blob(NamedTuple):
    """A named run of bytes to search.

    ``path`` is as git gives it: bytes, with slashes, relative to the root of what is scanned.
    ``repository`` is the path of the checkout that holds the file, relative to the same
    root and ending in a slash (``b""``: the root itself); None outside of git.  ``kind`` is
    the type of the git object it is, if it is one: ``blob``, ``tree``, ``commit`` or ``tag``;
    ``metadata``: its path is no file's, but as in ``commit:ID``.

    ``inside`` leads from the file to a member of an archive, ``decoded`` from a text to what
    it is an encoding of.  ``opened``: the rest of a container whose members came before it.
    """

    path: bytes
    repository: bytes | None = None
    tracked: bool = False
    ignored: bool = False
    oid: str | None = None
    kind: str = "blob"
    metadata: bool = False
    inside: tuple[bytes, ...] = ()
    decoded: tuple[str, ...] = ()
    opened: Opened | None = None

    @property
    def name(self) -> bytes:
        """What to call it: its path, or, for an object of which no path is known, ``blob:ID``."""
        return self.path or f"{self.kind}:{self.oid}".encode("ascii")


# Reads the next bytes of a blob into a view; returns how many, 0 at the end.
ReadInto = Callable[[memoryview], int]


class Slab(NamedTuple):
    """Many whole blobs in one buffer: the n-th is ``data[begins[n]:ends[n]]``.  Valid until the next one is taken.

    Only the first *size* bytes of *data* count; what lies between the blobs holds nothing
    that is looked for.  ``label`` makes a blob's record of where it begins and of its
    entry in ``given``: for those alone that somebody asks for.
    """

    data: bytearray
    size: int
    begins: list[int]
    ends: list[int]
    given: list[Any]
    label: Callable[[int, Any], Blob]

    def blob(self, index: int) -> Blob:
        """The record of the blob with that *index*."""
        return self.label(self.begins[index], self.given[index])


# What a source gives.
Source = Iterable[Slab | tuple[Blob, ReadInto]]


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
    ``inside`` and ``decoded`` lead from the file to the text that line and column count in; a
    decoded text has none, and they are those of the token that was decoded.  ``side``: what
    the text says of where it runs.
    """

    blob: Blob
    key: Key
    line: int | None
    column: int | None
    end_column: int | None
    decoded: tuple[str, ...] = ()
    excerpt: Excerpt | None = None
    notes: tuple[str, ...] = ()
    inside: tuple[bytes, ...] = ()
    side: Side | None = None


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


class Held(Protocol):
    """What git holds of the keys that were found."""

    def of(self, blob: Blob, key: Key | None = None) -> State | None:
        """Where git has *key* at the place of *blob* (or the file itself); None where that is not known."""

    def exposure(self, blob: Blob, key: Key) -> Exposure | None:
        """How long, and where, git has held *key* there; None where only this moment was looked at."""


class Location(NamedTuple):
    """Where a finding is.  ``inside`` and ``decoded`` lead from the file to the text that line and column count in."""

    path: bytes
    line: int | None = None
    column: int | None = None
    end_column: int | None = None
    inside: tuple[bytes, ...] = ()
    decoded: tuple[str, ...] = ()


class Suppression(NamedTuple):
    """Who excused a finding, and why."""

    by: str
    reason: str


class Way(StrEnum):
    """How a key got into what ships."""

    PUBLIC_NAME = "public-name"
    SETTING = "setting"
    READ = "read"
    LITERAL = "literal"
    ENV_FILE = "env-file"
    SOURCE_MAP = "source-map"


class Cause(NamedTuple):
    """Why a key is in what ships: the place to mend, at *path* and *line*, and a sentence that says so.

    ``name``: the variable that carried it there.  ``original``: where a source map leads,
    as a path and a line.  ``certain``: the same key stands there, or the map says so.
    """

    way: Way
    path: bytes
    line: int | None
    message: str
    name: str | None = None
    original: tuple[bytes, int] | None = None
    certain: bool = True


class Revoke(StrEnum):
    """When revoking the key is part of the remedy."""

    NO = "no"
    FIRST = "first"
    IF_LEFT = "if it has left this machine"
    IF_LEFT_FIRST = "before the rest, if it has left this machine"
    IF_DEPLOYED = "if a build with it was deployed"


class Finding(NamedTuple):
    """A rule broken at a location.

    ``remedy``: the steps to take, in order; until the liveness of the key is known, those alone
    that clean up, and ``revoke`` says where revoking comes in.
    """

    rule: Rule
    severity: Severity
    message: str
    location: Location
    context: Context
    remedy: tuple[str, ...]
    key: Key | None = None
    tracked: bool | None = None
    state: State | None = None
    exposure: Exposure | None = None
    excerpt: Excerpt | None = None
    notes: tuple[str, ...] = ()
    suppressed: Suppression | None = None
    cause: Cause | None = None
    revoke: Revoke = Revoke.NO
    liveness: Answer = NOT_ASKED

    @property
    def leaked(self) -> Key | None:
        """The key that has leaked, or is about to; None for a publishable one, and for one that is only shared."""
        public = self.key is None or self.key.kind is Kind.PUBLISHABLE
        return None if public or self.rule is Rule.SHARED_KEY else self.key


class Scan(NamedTuple):
    """What was looked at."""

    source: str
    complete: bool
    files: int
    blobs: int
    bytes: int
    seconds: float
    skipped: tuple[Skipped, ...]
    commits: int = 0


class Report(NamedTuple):
    """All that a scan has to say: the one input of every writer and of the exit code.  ``today``: the day in UTC."""

    scan: Scan
    findings: tuple[Finding, ...]
    fail_on: Severity
    strict: bool = False
    interrupted: bool = False
    today: str = "1970-01-01"

    def counted(self) -> dict[str, int]:
        """The number of findings by severity, the worst first, then of those suppressed."""
        counts = {severity.label: 0 for severity in sorted(Severity, reverse=True)}
        for finding in self.findings:
            if not finding.suppressed:
                counts[finding.severity.label] += 1
        return {**counts, "suppressed": sum(1 for f in self.findings if f.suppressed)}
