"""The story on one screen: source, search, recognise, classify, policy, triage, report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import NamedTuple, Protocol

from cencori_guard.classify.contexts import HoldsWebFiles
from cencori_guard.classify.keys import classify
from cencori_guard.gitstate import States
from cencori_guard.keys import Kind
from cencori_guard.models import Blob, Finding, Match, ReadInto, Report, Scan, Severity
from cencori_guard.policy.survey import Survey
from cencori_guard.recognise import recognise, recognise_name
from cencori_guard.search.engine import search
from cencori_guard.search.matchers import adaptive
from cencori_guard.tally import Tally
from cencori_guard.triage.decide import Policy

Blobs = Iterable[tuple[Blob, ReadInto]]


class Job(Protocol):
    """What one mode looks at, and whom it asks about it."""

    source: str

    def blobs(self, tally: Tally, policy: Policy) -> Blobs:
        """What is searched."""

    def holds_web_files(self) -> HoldsWebFiles:
        """Who says which directories ship."""

    def states(self, blobs: list[Blob], tally: Tally) -> States:
        """What git has of *blobs*, and which keys in them."""

    def wants(self, blob: Blob, policy: Policy) -> bool:
        """Whether *blob*, in which something was found, is to be spoken of at all."""

    def check(self, survey: Survey, with_keys: set[bytes], states: States, tally: Tally) -> Iterator[Finding]:
        """The findings that need no key."""


class Settings(NamedTuple):
    """What the user asks of a scan.  ``timeout`` in seconds; ``pulse`` is called as the scan goes on."""

    fail_on: Severity | None = None
    strict: bool = False
    timeout: float | None = None
    pulse: Callable[[Tally], None] | None = None


def run(job: Job, policy: Policy, settings: Settings) -> Report:
    """Scan, and say what was found.  An interrupt ends the scan, not the report."""
    started = monotonic()
    tally, survey = Tally(), Survey()
    matches: list[Match] = []
    findings: list[Finding] = []
    interrupted = False
    try:
        blobs = survey.watch(_paced(job.blobs(tally, policy), settings, tally))
        for found in recognise(search(blobs, adaptive(), tally), tally):
            if isinstance(found, Match):
                matches.append(found)
            else:
                survey.hear(found)
        matches += {m.blob.path: m for b in survey.suspicious_names if (m := recognise_name(b))}.values()
        matches = [match for match in matches if job.wants(match.blob, policy)]
        survey.env_files = {path: blob for path, blob in survey.env_files.items() if job.wants(blob, policy)}
        states = job.states([match.blob for match in matches] + list(survey.env_files.values()), tally)
    except KeyboardInterrupt:
        interrupted = True
        states = States()
        tally.skip(b"", "interrupted before everything was looked at", blind=True)
    findings += classify(matches, job.holds_web_files(), states.of)
    if not interrupted:
        secrets = {f.location.path for f in findings if f.key and f.key.kind is not Kind.PUBLISHABLE}
        findings += job.check(survey, secrets, states, tally)
    decided = sorted(policy.decide(findings), key=_worst_first)
    for source, count in policy.excluded():
        tally.skip(b"", f"{count} left out by exclude in {source}", blind=False)
    return Report(
        Scan(
            job.source,
            tally.complete,
            tally.files,
            tally.blobs,
            tally.bytes,
            monotonic() - started,
            tuple(sorted(tally.skipped)),
        ),
        tuple(decided),
        settings.fail_on if settings.fail_on is not None else (policy.fail_on or Severity.MEDIUM),
        settings.strict,
        interrupted,
    )


def _worst_first(finding: Finding) -> tuple[int, bytes, int, int, str]:
    where = finding.location
    return -finding.severity, where.path, where.line or 0, where.column or 0, finding.rule


def _paced(blobs: Blobs, settings: Settings, tally: Tally) -> Blobs:
    """*blobs*, until the time is up; ``pulse`` is called between them and within large ones."""
    if settings.timeout is None and settings.pulse is None:
        return blobs
    return _pace(blobs, settings, tally)


def _pace(blobs: Blobs, settings: Settings, tally: Tally) -> Iterator[tuple[Blob, ReadInto]]:
    deadline = None if settings.timeout is None else monotonic() + settings.timeout
    for blob, read in blobs:
        late = False

        def paced(view: memoryview, read: ReadInto = read) -> int:
            nonlocal late
            if settings.pulse:
                settings.pulse(tally)
            late = deadline is not None and monotonic() > deadline
            return 0 if late else read(view)

        yield blob, paced
        if late:
            why = (
                f"the time limit of {settings.timeout:g} s ended the scan here: this and what follows was not looked at"
            )
            tally.skip(blob.path, why, blind=True)
            return
