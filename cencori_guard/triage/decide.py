"""Reported or suppressed: every finding, of every source, comes through here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from cencori_guard.models import Finding, Severity, Suppression
from cencori_guard.text import shown
from cencori_guard.triage import inline
from cencori_guard.triage.config import Allow, Config, Globs

# Days: the vendor's advice is to replace a key by then.
MAX_KEY_AGE = 90


class Policy:
    """What excuses findings in one scan: comments, and the configs of what is scanned."""

    def __init__(self, configs: Sequence[Config], base: bytes, today: str, *, comments: bool = True) -> None:
        """*base*: the absolute directory that paths are relative to.  *today* as ``YYYY-MM-DD``, UTC."""
        self.today = today
        self._comments = comments
        self._scopes = [_Scope(c, base) for c in sorted(configs, key=lambda c: len(c.directory), reverse=True)]
        self._excluding = [scope for scope in self._scopes if scope.config.exclude]
        stated = [c.fail_on for c in configs if c.fail_on is not None]
        self.fail_on: Severity | None = min(stated) if stated else None
        ages = [c.max_key_age for c in configs if c.max_key_age is not None]
        self.max_key_age = min(ages) if ages else MAX_KEY_AGE

    def excludes(self, path: bytes) -> bool:
        """Whether config takes *path* out of the scan; counted for :meth:`excluded`."""
        return any(scope.covers(path) and scope.excludes(path) for scope in self._excluding)

    def excluded(self) -> list[tuple[str, int]]:
        """The config files that took paths out, and how many."""
        return [(scope.config.source, scope.count) for scope in self._scopes if scope.count]

    def decide(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield each finding with its decision; a comment that does not count is named in the remedy."""
        for finding in findings:
            excuse = self._excuse(finding)
            if excuse:
                yield finding._replace(suppressed=excuse)
                continue
            faults = inline.faults(finding, self.today) if self._comments else []
            yield finding._replace(remedy=(*finding.remedy, *(f"Note: {fault}." for fault in faults)))

    def _excuse(self, finding: Finding) -> Suppression | None:
        if self._comments and (found := inline.suppression(finding, self.today)):
            return found
        for scope in self._scopes:
            if scope.covers(finding.location.path) and (found := scope.excuse(finding, self.today)):
                return found
        return None


class _Scope:
    """A config, and the directory that it speaks for."""

    def __init__(self, config: Config, base: bytes) -> None:
        self.config = config
        self.count = 0
        # A config in or below the base speaks for its own directory, one above it for all of the base.
        self._up = not os.path.join(config.directory, b"").startswith(os.path.join(base, b""))
        within = os.path.relpath(base, config.directory) if self._up else os.path.relpath(config.directory, base)
        self._prefix = b"" if within == b"." else within + b"/"
        self._exclude: Globs | None = None
        self._allow: list[tuple[Allow, Globs]] | None = None

    def covers(self, path: bytes) -> bool:
        return self._up or path.startswith(self._prefix)

    def _relative(self, path: bytes) -> bytes:
        return self._prefix + path if self._up else path[len(self._prefix) :]

    def excludes(self, path: bytes) -> bool:
        if self._exclude is None:
            self._exclude = Globs(self.config.exclude)
        hit = self._exclude.match(self._relative(path))
        self.count += hit
        return hit

    def excuse(self, finding: Finding, today: str) -> Suppression | None:
        path = self._relative(finding.location.path)
        if self._allow is None:
            self._allow = [(entry, Globs(entry.globs)) for entry in self.config.allow]
        for entry, globs in self._allow:
            if entry.until is not None and entry.until < today:
                continue
            if entry.rules and finding.rule not in entry.rules:
                continue
            if entry.globs and not globs.match(path):
                continue
            if entry.fingerprints and not (finding.key and finding.key.fingerprint() in entry.fingerprints):
                continue
            return Suppression("config", f"{entry.reason} ({shown(os.path.basename(os.fsencode(self.config.source)))})")
        return None
