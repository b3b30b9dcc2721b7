"""The story on one screen: source, search, recognise, classify, policy, verify, triage, report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from time import monotonic, time
from typing import NamedTuple

from cencori_guard.classify.keys import classify
from cencori_guard.clientside.carried import carried
from cencori_guard.clientside.causes import explain
from cencori_guard.clientside.check import check
from cencori_guard.clientside.wires import find_wires
from cencori_guard.frameworks.layout import Layout
from cencori_guard.gitstate import States
from cencori_guard.keys import Key, Kind
from cencori_guard.liveness import Answer
from cencori_guard.models import Blob, Context, Finding, Held, Match, ReadInto, Report, Scan, Severity, Slab, Source
from cencori_guard.policy import shared, stale
from cencori_guard.policy.survey import MOST_ENV_FILES, MOST_SPEAKING, Survey
from cencori_guard.recognise.names import recognise_name
from cencori_guard.recognise.stage import recognise
from cencori_guard.remedy.revoking import complete
from cencori_guard.search.engine import search
from cencori_guard.search.matchers import adaptive
from cencori_guard.tally import Tally
from cencori_guard.triage.decide import Policy
from cencori_guard.verify.effect import apply, keys_to_ask


class Job:
    """What one mode looks at, and whom it asks about it.  What most modes have no more to say to is said here."""

    source: str
    # Whether the rules about names and code are asked: they are about a project, not about a change.
    looks_at_code = False

    def blobs(self, survey: Survey, tally: Tally, policy: Policy) -> Source:
        """What is searched."""
        raise NotImplementedError

    def trace(self, matches: list[Match], survey: Survey, tally: Tally) -> list[Match]:
        """*matches* at the paths where they belong, where these could not be known before."""
        return matches

    def layout(self) -> Layout:
        """Who says what ships, and where source runs."""
        raise NotImplementedError

    def held(self, blobs: list[Blob], tally: Tally) -> Held:
        """What git has of *blobs*, and which keys in them."""
        raise NotImplementedError

    def wants(self, blob: Blob, policy: Policy) -> bool:
        """Whether *blob*, in which something was found, is to be spoken of at all."""
        return True

    def check(
        self, survey: Survey, layout: Layout, with_keys: set[bytes], held: Held, tally: Tally
    ) -> Iterator[Finding]:
        """The findings that need no key."""
        yield from ()


Late = Callable[[], bool]
Ask = Callable[[Collection[Key]], Iterable[tuple[Key, Answer]]]


class Settings(NamedTuple):
    """What the user asks of a scan.  ``timeout`` in seconds; ``pulse`` is called as the scan goes on.

    ``ask`` says of keys, as the answers come, whether they work.
    """

    fail_on: Severity | None = None
    strict: bool = False
    timeout: float | None = None
    pulse: Callable[[Tally], None] | None = None
    ask: Ask | None = None

    def is_late(self, started: float) -> Late:
        """Who says whether the time is up, in a scan that *started* then."""
        return lambda: self.timeout is not None and monotonic() > started + self.timeout


def run(job: Job, policy: Policy, settings: Settings) -> Report:
    """Scan, and say what was found.  An interrupt ends the scan, not the report."""
    started = monotonic()
    tally, survey = Tally(), Survey()
    matches: list[Match] = []
    findings: list[Finding] = []
    interrupted = False
    try:
        blobs = survey.watch(_paced(job.blobs(survey, tally, policy), settings, tally))
        matcher = adaptive()
        for found in recognise(search(blobs, matcher, tally), tally, matcher=matcher):
            if isinstance(found, Match):
                matches.append(found)
            else:
                survey.hear(found)
        matches = job.trace(matches, survey, tally)
        if survey.more_env_files:
            why = f"more than {MOST_ENV_FILES:,} env files, or names that begin like a key; the rest is not looked at"
            tally.skip(b"", why, blind=True)
        matches += {(m.blob.path, m.key): m for b in survey.suspicious_names for m in recognise_name(b)}.values()
        matches = [match for match in matches if match.blob.metadata or job.wants(match.blob, policy)]
        survey.env_files = {path: blob for path, blob in survey.env_files.items() if job.wants(blob, policy)}
        held = job.held([match.blob for match in matches] + list(survey.env_files.values()), tally)
    except KeyboardInterrupt:
        interrupted = True
        held = States()
        matches = [match._replace(blob=match.blob._replace(path=match.blob.name)) for match in matches]
        tally.skip(b"", "interrupted before everything was looked at", blind=True)
    layout = job.layout()
    findings += classify(matches, layout, held)
    if not interrupted:
        secrets = {f.location.path for f in findings if f.key and f.key.kind is not Kind.PUBLISHABLE}
        findings += job.check(survey, layout, secrets, held, tally)
        try:
            findings = _client_side(findings, matches, job, layout, survey, tally, settings.is_late(started))
        except Exception as error:  # noqa: BLE001 - the keys that were found are told, whatever happens here
            tally.skip(b"", f"internal error while the client side was looked at: {_where(error)}", blind=True)
    findings += stale.check(findings, policy.today, policy.max_key_age)
    if settings.ask:
        findings, stopped = _verify(findings, settings.ask, policy, tally, interrupted=interrupted)
        interrupted = interrupted or stopped
    findings = [finding._replace(remedy=complete(finding)) for finding in findings]
    # After that, since nothing excuses a key that works.
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
            tally.commits,
        ),
        tuple(decided),
        settings.fail_on if settings.fail_on is not None else (policy.fail_on or Severity.MEDIUM),
        settings.strict,
        interrupted,
        policy.today,
    )


def _client_side(
    findings: list[Finding], matches: list[Match], job: Job, layout: Layout, survey: Survey, tally: Tally, late: Late
) -> list[Finding]:
    """*findings* with the causes of those in what ships, and with those about what is about to get there."""
    shipped = any(f.context is Context.CLIENT_BUNDLE for f in findings)
    if not (shipped or (job.looks_at_code and (survey.speaking or matches or survey.uses_cencori))):
        return findings
    # So that the packages are known in which there is anything to say.
    for path in (*(match.blob.path for match in matches), *survey.projects):
        layout.packages(path)
    wires = find_wires(layout, survey.speaking, tally, late)
    if survey.more_speaking:
        why = f"more than {MOST_SPEAKING:,} files with names of Cencori's: what the rest does with them is not known"
        tally.skip(b"", why, blind=True)
    found = explain(findings, matches, layout, wires)
    if job.looks_at_code:
        found += check(layout, wires, carried(layout, matches), survey.speaking)
        found += shared.check(matches)
    for path, why in sorted(layout.unread.items()):
        tally.skip(path, why, blind=True)
    return found


def _verify(
    findings: list[Finding], ask: Ask, policy: Policy, tally: Tally, *, interrupted: bool
) -> tuple[list[Finding], bool]:
    """*findings* with what the API says of their keys, and whether somebody would not wait for it."""
    keys = keys_to_ask(findings)
    answers: dict[Key, Answer] = {}
    stopped = False
    try:
        answers.update(() if interrupted else ask(keys))
    except KeyboardInterrupt:
        stopped = True
    except Exception as error:  # noqa: BLE001 - the keys that were found are told, whatever happens here
        tally.skip(b"", f"internal error while keys were verified: {_where(error)}", blind=True)
    return list(apply(findings, keys, answers, policy.first_dead, int(time()))), stopped


def _where(error: Exception) -> str:
    """What went wrong and where, without what it says: that may hold anything."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return type(error).__name__ + place


def _worst_first(finding: Finding) -> tuple[int, bytes, int, int, str]:
    where = finding.location
    return -finding.severity, where.path, where.line or 0, where.column or 0, finding.rule


def _paced(blobs: Source, settings: Settings, tally: Tally) -> Source:
    """*blobs*, until the time is up; ``pulse`` is called between them and within large ones."""
    if settings.timeout is None and settings.pulse is None:
        return blobs
    return _pace(blobs, settings, tally)


def _pace(blobs: Source, settings: Settings, tally: Tally) -> Iterator[Slab | tuple[Blob, ReadInto]]:
    deadline = None if settings.timeout is None else monotonic() + settings.timeout

    def is_late() -> bool:
        if settings.pulse:
            settings.pulse(tally)
        return deadline is not None and monotonic() > deadline

    for item in blobs:
        late = False
        if isinstance(item, Slab):
            blob, late = item.blob(0), is_late()
            if not late:
                yield item
        else:
            blob, read = item

            def paced(view: memoryview, read: ReadInto = read) -> int:
                nonlocal late
                late = is_late()
                return 0 if late else read(view)

            yield blob, paced
        if late:
            why = (
                f"the time limit of {settings.timeout:g} s ended the scan here: this and what follows was not looked at"
            )
            tally.skip(blob.name, why, blind=True)
            return
