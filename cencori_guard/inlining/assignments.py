"""Where a line sets an environment variable: env files, Dockerfiles, workflows, settings of hosts, scripts.

NAME=value    NAME: value    "NAME": "value"    ARG NAME    ENV NAME value    --build-arg NAME=value
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cencori_guard.patterns import lazy
from cencori_guard.places import base_name, is_env_file

_FILES = lazy(
    rb"(?i)(?:\A(?:docker|container)file(?:\..*)?|\.dockerfile|\.ya?ml|\.toml|\.json5?|\.jsonc|\.sh|\.bash|\.zsh|\.ps1"
    rb"|\Amakefile|\.mk|\Ajustfile|\Ajenkinsfile|\Aprocfile|\.tf|\.hcl|\.nomad)\Z"
)
_JSON = lazy(rb"(?i)\.(?:json5?|jsonc)\Z")
_YAML = lazy(rb"(?i)\.ya?ml\Z")
_WITH_BLANKS = lazy(rb"(?i)(?:\.(?:toml|tf|hcl|nomad|ps1|mk|env)|file)\Z|\.env")
_LOCK_FILES = frozenset((b"package-lock.json", b"composer.lock", b"npm-shrinkwrap.json", b"pnpm-lock.yaml"))
_NAME = rb"(?P<name>[A-Z_][A-Z0-9_]{2,120}+)"
_VALUE = (
    rb"(?P<value>\$\{\{[^}]{0,300}\}\}|\"[^\"\\]{0,500}+(?:\\.[^\"\\]{0,500}+){0,50}\"|'[^']{0,500}+'"
    rb"|(?:\$\{[^}]{0,300}\}|\\.|[^\s;,&|\"'\\]){0,500})"
)
_WITH_EQUALS = lazy(rb"(?<![\w.$}{/-])(?:\$env:)?[\"']?" + _NAME + rb"[\"']?=(?!=)" + _VALUE)
_WITH_EQUALS_AND_BLANKS = lazy(
    rb"(?<![\w.$}{/-])(?:\$env:)?[\"']?" + _NAME + rb"[\"']?[ \t]{0,20}=(?!=)[ \t]{0,20}" + _VALUE
)
_WITH_COLON = lazy(
    rb"(?:^\s*+(?:-\s++)?(?:\{\s*+)?|[{,]\s*+)[\"']?" + _NAME
    + rb"[\"']?\s{0,20}:(?:\s{1,20}|(?=[\"'])|(?=\s*+\Z))" + _VALUE
)  # fmt: skip
_ALONE = lazy(rb"(?:^\s*+(?:ARG|arg)\s++|--build-arg[\s=]++[\"']?)" + _NAME + rb"(?=[\"']?(?:\s|\Z))")
_WITH_BLANK = lazy(rb"^\s*+(?:ENV|env)\s++" + _NAME + rb"\s++(?!=)" + _VALUE)
_REFERENCE = lazy(rb"(?<![A-Za-z0-9_])([A-Z0-9_]{1,120}+)(?![A-Za-z0-9_])(\s*+(?:[!=]=|&&|:\+))?")
_COMMENT = lazy(rb"\s*+(?:#(?!\{)|//|;|REM\b|--\s)")
_LATER_COMMENT = lazy(rb"\s(?:#|//)\s")
# What follows these in a command is said, or looked for, unless it is written to a file.
_SAYS = lazy(
    rb"(?i)(?:^|[\s\"'@`(])(?:echo|printf|print|write-host|grep|rg|ag|test)\s"
    rb"|(?:^|[\s{\"'-])(?:description|message|help|title|hint|summary)[\"']?\s*+:"
)
_ENDS_COMMAND = lazy(rb"&&|\|\||;|(?<!\|)\|(?!\|)")
_WRITES = lazy(rb">|\|\s*+(?:sudo\s++)?tee\b")
_BLOCK_OF_TEXT = lazy(rb"(?i)^(\s*+)(?:-\s++)?(?:description|message|help|title|hint|summary)[\"']?\s*+:\s*+[>|]")
_COMMAND = lazy(rb"\A(?:[a-z][\w./-]*+|--?[\w-]++|&&|;)\Z")
_LONGEST_LINE = 4_000


# esbuild --define:__KEY__=$NAME: the value, and what is written there.
_DEFINED = lazy(
    rb"--define[:=\s]\s*+[\"'\\]*+[\w.]{1,80}+=[^\s$]{0,20}\$\{?(?P<name>[A-Z0-9_]{1,120}+)(?![A-Za-z0-9_])"
)


class Assigned(NamedTuple):
    """A variable that a line sets: at the offset *at*, to *value* as it is written, quotes and all."""

    name: str
    at: int
    value: bytes

    @property
    def references(self) -> list[str]:
        """The names of variables with Cencori in them that *value* is taken from: ``$NAME``, ``secrets.NAME``.

        Not those that it only asks about: ``secrets.NAME != ''``, ``${NAME:+yes}``.
        """
        if not any(mark in self.value for mark in (b"$", b"secrets.", b"env.", b"%", b"var.")):
            return []
        found = _REFERENCE.findall(self.value)
        return [name.decode("ascii") for name, asked in found if b"CENCORI" in name and not asked]


def sets_variables(name: bytes) -> bool:
    """Whether lines of a file of this name may set environment variables."""
    name = base_name(name)
    return is_env_file(name) or (_FILES.search(name) is not None and name not in _LOCK_FILES)


def assignments(text: bytes, name: bytes = b".env") -> Iterator[Assigned]:
    """What the lines of *text*, in a file of that *name*, set that has Cencori in its name or in its value."""
    name = base_name(name)
    reader = _Lines(name)
    begin = 0
    for line in text.split(b"\n"):
        if reader.is_read(line) and b"CENCORI" in line and len(line) <= _LONGEST_LINE and not _COMMENT.match(line):
            for found in reader.assigned(line):
                yield found._replace(at=begin + found.at)
        begin += len(line) + 1


class _Lines:
    """The lines of one file, in order."""

    def __init__(self, name: bytes) -> None:
        self._json = _JSON.search(name) is not None
        self._yaml = _YAML.search(name) is not None
        blanks = _WITH_BLANKS.search(name) is not None
        self._patterns = (
            _WITH_EQUALS_AND_BLANKS if blanks else _WITH_EQUALS, _WITH_COLON, _WITH_BLANK, _ALONE,
        )  # fmt: skip
        self._said: int | None = None  # the indent of what a block of text belongs to

    def is_read(self, line: bytes) -> bool:
        """Whether *line*, the next one, is none of a block of text."""
        if not self._yaml:
            return True
        indent = len(line) - len(line.lstrip())
        if self._said is not None and (indent > self._said or not line.strip()):
            return False
        block = _BLOCK_OF_TEXT.match(line)
        self._said = len(block[1]) if block else None
        return True

    def assigned(self, line: bytes) -> list[Assigned]:
        found: dict[int, Assigned] = {}
        comment = _LATER_COMMENT.search(line)
        end = comment.start() if comment else len(line)
        quiet = _quiet(line, end)
        for pattern in self._patterns:
            for match in pattern.finditer(line, 0, end):
                at = match.start("name")
                value = (match["value"] if "value" in match.groupdict() else b"") or b""
                if b"CENCORI" not in match["name"] and b"CENCORI" not in value:
                    continue
                if any(first <= at < last for first, last in quiet):
                    continue
                if self._json and pattern is not _WITH_COLON and not _is_command(line[:at]):
                    continue
                found.setdefault(at, Assigned(match["name"].decode("ascii"), at, value))
        return [assigned for _, assigned in sorted(found.items())]


def _is_command(before: bytes) -> bool:
    """Whether what stands before an assignment in a string of JSON is the beginning of a command, and no sentence."""
    words = before.rpartition(b'"')[2].split() if before.count(b'"') % 2 else []
    return all(b"=" in word or _COMMAND.match(word) for word in words)


def _quiet(line: bytes, end: int) -> list[tuple[int, int]]:
    """The parts of *line* that only say something."""
    spans = []
    for said in _SAYS.finditer(line, 0, end):
        stop = _ENDS_COMMAND.search(line, said.end(), end)
        last = stop.start() if stop else end
        writes = _WRITES.search(line, said.end(), end)
        if not (writes and (stop is None or writes.start() <= stop.end())):
            spans.append((said.start(), last))
        if len(spans) > 20:
            break
    return spans


def defined(text: bytes) -> Iterator[tuple[str, int]]:
    """The names whose values a command in *text* writes into code, with the offsets: ``--define:X=$NAME``."""
    if b"--define" in text:
        for found in _DEFINED.finditer(text):
            if b"CENCORI" in found["name"]:
                yield found["name"].decode("ascii"), found.start("name")
