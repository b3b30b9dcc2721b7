"""The config: ``.cencori-guard.toml``, or ``[tool.cencori-guard]`` in ``pyproject.toml``.

    fail-on = "medium"
    max-key-age-days = 90
    exclude = ["vendor/**"]

    [[allow]]                 # [[tool.cencori-guard.allow]] in pyproject.toml
    paths = ["fixtures/**"]   # or fingerprints = ["…"]; rules = [...] and until = "…" narrow it
    reason = "minted for tests"

It comes from the repository that is scanned, so it can only narrow what is looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cencori_guard.errors import UsageError
from cencori_guard.keys import redact
from cencori_guard.models import Rule, Severity
from cencori_guard.text import did_you_mean, name_from_here
from cencori_guard.triage.inline import DAY

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

OWN_FILE = b".cencori-guard.toml"
PYPROJECT = b"pyproject.toml"
_TABLE = b"cencori-guard"
MOST_BYTES = 1 << 20
_KEYS = {"fail-on", "max-key-age-days", "exclude", "allow"}
_ALLOW_KEYS = {"paths", "fingerprints", "rules", "until", "reason"}


class Allow(NamedTuple):
    """One entry that excuses findings."""

    globs: tuple[str, ...]
    fingerprints: frozenset[str]
    rules: frozenset[str]
    until: str | None
    reason: str


class Config(NamedTuple):
    """What a config file says.  ``source`` is its path; its globs are relative to ``directory``."""

    source: str = ""
    directory: bytes = b""
    fail_on: Severity | None = None
    exclude: tuple[str, ...] = ()
    allow: tuple[Allow, ...] = ()
    max_key_age: int | None = None


def find(start: bytes, root: bytes) -> bytes | None:
    """The nearest config file from the directory *start* up to *root* (absolute paths), or None."""
    here = start
    while True:
        own = os.path.join(here, OWN_FILE)
        if os.path.isfile(own):
            return own
        project = os.path.join(here, PYPROJECT)
        if os.path.isfile(project) and _has_table(project):
            return project
        if here == root or os.path.dirname(here) == here:
            return None
        here = os.path.dirname(here)


def _has_table(path: bytes) -> bool:
    return has_table(_read(path), path)


def has_table(text: bytes, path: bytes) -> bool:
    """Whether our table is in a ``pyproject.toml``; its TOML is read only where our name is in it at all."""
    tool = _parse(text, path).get("tool") if _TABLE in text else None
    return isinstance(tool, dict) and "cencori-guard" in tool


def load(path: bytes) -> Config:
    """Read a config file.  Raises :class:`UsageError`, with what to mend."""
    return parse(_read(path), path)


def parse(text: bytes, path: bytes) -> Config:
    """The config that *text* holds, from the file *path*.  Raises :class:`UsageError`, with what to mend."""
    source = name_from_here(path)
    whole = _parse(text, path)
    tool = whole.get("tool")
    data: Any = tool.get("cencori-guard") if isinstance(tool, dict) else None
    if data is None:
        data = {} if os.path.basename(path) == PYPROJECT else whole
    if not isinstance(data, dict):
        raise UsageError(f"{source}: tool.cencori-guard must be a table")
    check = _Checker(source)
    check.keys(data, _KEYS, "")
    fail_on = data.get("fail-on")
    labels = [s.label for s in Severity]
    if fail_on is not None and fail_on not in labels:
        raise check.error(f"fail-on = {fail_on!r}: not one of {', '.join(labels)}")
    age = data.get("max-key-age-days")
    if age is not None and (not isinstance(age, int) or isinstance(age, bool) or age < 1):
        raise check.error(f"max-key-age-days = {age!r}: not a number of days, 1 or more")
    entries = data.get("allow", [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise check.error("allow must be an array of tables: [[allow]]")
    return Config(
        source,
        os.path.dirname(path),
        Severity(labels.index(fail_on)) if fail_on else None,
        tuple(check.globs(data.get("exclude", []), "exclude")),
        tuple(check.allow(entry, number) for number, entry in enumerate(entries, 1)),
        age,
    )


def _read(path: bytes) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read(MOST_BYTES)
    except OSError as error:
        raise UsageError(f"{name_from_here(path)}: cannot be read: {error.strerror}") from error


def _parse(text: bytes, path: bytes) -> dict[str, Any]:
    import tomllib  # 15 ms that a hook without a config need not pay

    try:
        return tomllib.loads(text.decode("utf-8"))
    except ValueError as error:  # not UTF-8, not TOML, or a number beyond all bounds
        raise UsageError(f"{name_from_here(path)}: not valid TOML: {error}") from error
    except RecursionError as error:
        raise UsageError(f"{name_from_here(path)}: nested too deeply") from error


class _Checker:
    """Checks what a config file says; every error names the file and the key."""

    def __init__(self, source: str) -> None:
        self._source = source

    def error(self, message: str) -> UsageError:
        return UsageError(f"{self._source}: {message}")

    def keys(self, table: dict[str, Any], known: set[str], where: str) -> None:
        for key in table:
            if key not in known:
                raise self.error(f"unknown key {key!r}{where}{did_you_mean(key, known)}")

    def strings(self, value: object, where: str) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self.error(f"{where} must be a list of strings")
        return value

    def globs(self, value: object, where: str) -> list[str]:
        globs = self.strings(value, where)
        for glob in globs:
            if not _compile([glob]):
                raise self.error(f"{where}: {glob!r} is not a pattern as in a .gitignore")
        return globs

    def allow(self, entry: dict[str, Any], number: int) -> Allow:
        where = f" in entry {number} of allow"
        self.keys(entry, _ALLOW_KEYS, where)
        reason = entry.get("reason")
        if not isinstance(reason, str) or not reason.strip():
            raise self.error(f"no reason{where}: say why, for whoever reads this next")
        if not entry.get("paths") and not entry.get("fingerprints"):
            raise self.error(f"neither paths nor fingerprints{where}: it would excuse everything")
        rules = self.strings(entry.get("rules", []), f"rules{where}")
        for rule in rules:
            if rule not in list(Rule):
                raise self.error(f"unknown rule {rule!r}{where}{did_you_mean(rule, list(Rule))}")
        until = entry.get("until")
        if until is not None:
            until = str(until)
            if not re.match(DAY, until):
                raise self.error(f"until{where} must be a date, YYYY-MM-DD")
        return Allow(
            tuple(self.globs(entry.get("paths", []), f"paths{where}")),
            frozenset(self.strings(entry.get("fingerprints", []), f"fingerprints{where}")),
            frozenset(rules),
            until,
            redact(reason.strip()),
        )


class Globs:
    """Patterns as in a ``.gitignore``, for paths relative to the directory of a config."""

    def __init__(self, globs: Sequence[str]) -> None:
        self._spec = _compile(globs) if globs else None

    def match(self, path: bytes) -> bool:
        """Whether *path* is meant."""
        return self._spec is not None and bool(self._spec.match_file(path.decode("utf-8", "replace")))


def _compile(globs: Iterable[str]) -> GitIgnoreSpec | None:
    from pathspec import GitIgnoreSpec  # 30 ms, and only where a config has globs

    try:
        spec = GitIgnoreSpec.from_lines(globs)
    except (ValueError, re.error, IndexError):
        return None
    return spec if any(pattern.include is not None for pattern in spec.patterns) else None
