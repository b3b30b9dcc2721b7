"""Reported or suppressed: every finding, of every source, comes through here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cencori_guard.keys import Key
from cencori_guard.liveness import Liveness
from cencori_guard.models import ADVICE, Finding, Severity, Suppression
from cencori_guard.text import shown
from cencori_guard.triage import baseline, inline
from cencori_guard.triage.baseline import Entries
from cencori_guard.triage.config import Allow, Config, Globs
from cencori_guard.triage.scope import Scope

# Days: the vendor's advice is to replace a key by then.
MAX_KEY_AGE = 90


class Baseline(NamedTuple):
    """The entries of one baseline, the file they are from, and the absolute directory that it speaks for."""

    source: str
    directory: bytes
    entries: Entries


class Policy:
    """What excuses findings in one scan: comments, and the configs and baselines of what is scanned."""

    def __init__(
        self,
        configs: Sequence[Config],
        base: bytes,
        today: str,
        *,
        baselines: Sequence[Baseline] = (),
        comments: bool = True,
    ) -> None:
        """*base*: the absolute directory that paths are relative to.  *today* as ``YYYY-MM-DD``, UTC."""
        self.today = today
        self._comments = comments
        self._configs = [_Config(c, base) for c in sorted(configs, key=lambda c: len(c.directory), reverse=True)]
        self._excluding = [config for config in self._configs if config.config.exclude]
        self._baselines = [(b, Scope(b.directory, base)) for b in baselines]
        self._deaths: dict[str, int] | None = None
        stated = [c.fail_on for c in configs if c.fail_on is not None]
        self.fail_on: Severity | None = min(stated) if stated else None
        ages = [c.max_key_age for c in configs if c.max_key_age is not None]
        self.max_key_age = min(ages) if ages else MAX_KEY_AGE

    def excludes(self, path: bytes) -> bool:
        """Whether config takes *path* out of the scan; counted for :meth:`excluded`."""
        return any(config.scope.covers(path) and config.excludes(path) for config in self._excluding)

    def excluded(self) -> list[tuple[str, int]]:
        """The config files that took paths out, and how many."""
        return [(config.config.source, config.count) for config in self._configs if config.count]

    def first_dead(self, key: Key) -> int | None:
        """When a baseline first heard that *key* is dead, in seconds since 1970; None where none has."""
        if self._deaths is None:
            self._deaths = baseline.first_deaths(b.entries for b, _ in self._baselines)
        return self._deaths.get(key.fingerprint()) if self._deaths else None

    def decide(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield each finding with its decision; what does not excuse it, although it looks so, is named in the remedy.

        Nothing excuses a key that works.
        """
        for finding in findings:
            excuse = self._excuse(finding)
            works = finding.liveness.status is Liveness.LIVE and finding.rule not in ADVICE
            if excuse and not works:
                yield finding._replace(suppressed=excuse)
                continue
            notes = inline.faults(finding, self.today) if self._comments else []
            if excuse:
                notes.append(f"what excuses it ({excuse.by}: {excuse.reason}) does not count while the key works")
            elif self._known(finding):
                notes.append("the baseline excuses it only while `--verify` finds the key dead, and is believed")
            yield finding._replace(remedy=(*finding.remedy, *(f"Note: {note}." for note in notes)))

    def _excuse(self, finding: Finding) -> Suppression | None:
        if self._comments and (found := inline.suppression(finding, self.today)):
            return found
        for config in self._configs:
            if config.scope.covers(finding.location.path) and (found := config.excuse(finding, self.today)):
                return found
        for source, entry in self._known(finding):
            if found := baseline.excuse(entry, finding, source):
                return found
        return None

    def _known(self, finding: Finding) -> list[tuple[str, baseline.Entry]]:
        """What the baselines have about *finding*, each with the name of its file."""
        path, found = finding.location.path, []
        for known, scope in self._baselines:
            if scope.covers(path):
                entry = known.entries.get(baseline.identity_of(finding, scope.relative(path)))
                found += [(known.source, entry)] if entry else []
        return found


class _Config:
    """A config, and what it leaves out and excuses."""

    def __init__(self, config: Config, base: bytes) -> None:
        self.config = config
        self.scope = Scope(config.directory, base)
        self.count = 0
        self._exclude: Globs | None = None
        self._allow: list[tuple[Allow, Globs]] | None = None

    def excludes(self, path: bytes) -> bool:
        if self._exclude is None:
            self._exclude = Globs(self.config.exclude)
        hit = self._exclude.match(self.scope.relative(path))
        self.count += hit
        return hit

    def excuse(self, finding: Finding, today: str) -> Suppression | None:
        path = self.scope.relative(finding.location.path)
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
