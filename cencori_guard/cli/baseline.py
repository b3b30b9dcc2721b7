"""``cencori-guard baseline``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from textwrap import fill
from time import time
from typing import Any, NamedTuple, TypeVar

import click

from cencori_guard.cli.asking import asking, refuse_without, verifier_for
from cencori_guard.cli.boundary import on_terminal, say
from cencori_guard.cli.main import common, verbosity
from cencori_guard.cli.settings import policy_for
from cencori_guard.cli.writing import replace
from cencori_guard.errors import ExitCode, GuardError, UsageError
from cencori_guard.git.runner import Git
from cencori_guard.jobs.tree import TreeJob
from cencori_guard.models import Finding, Report
from cencori_guard.pipeline import Job, Settings, run
from cencori_guard.report.terminal import Meter
from cencori_guard.sources.targets import Target, Targets, resolve
from cencori_guard.text import harmless, name_from_here, shown
from cencori_guard.triage import baseline as baselines
from cencori_guard.triage.baseline import Entries
from cencori_guard.triage.decide import Policy
from cencori_guard.triage.renew import Renewed, prune, update
from cencori_guard.verify.effect import apply, keys_to_ask

_LISTED = 10
Function = TypeVar("Function", bound=Callable[..., Any])


@click.group(name="baseline", short_help="Excuse what is there, and go on from here.")
@common
def command(verbose: int, quiet: bool) -> None:
    """Excuse what is there today, so that only what is new is reported.

    The file is .cencori-guard-baseline.json at the root of the repository, to be
    committed. It holds fingerprints and no key. A key in it has leaked all the same.
    """


def _common(function: Function) -> Function:
    """What all three take."""
    options = (
        click.argument("path", default="."),
        click.option(
            "--baseline", metavar="FILE", help="The file (default: .cencori-guard-baseline.json at the root)."
        ),
        click.option("--config", "config_file", metavar="FILE", help="Use this config, and no other."),
        click.option("--no-config", is_flag=True, help="Use no config."),
        common,
    )
    for option in reversed(options):
        function = option(function)
    return function


_history = click.option("--history", is_flag=True, help="Look at every object of the repository as well.")
_while_dead = click.option(
    "--while-dead", is_flag=True, help="Excuse each key only as long as --verify finds it dead, in every scan."
)


@command.command(name="create", short_help="Write a baseline of all that is found.")
@_history
@_while_dead
@_common
def create(history: bool, while_dead: bool, **given: Any) -> int:  # noqa: ANN401 - the options of _common
    """Write a baseline of all that is found in the repository at PATH (default: here)."""
    place = _Place.of(**given)
    if place.read() is not None:
        raise UsageError(f"{place.name}: is there already; `cencori-guard baseline update` adds what is new")
    findings, code = place.scan(history=history)
    return place.write({}, update({}, findings, int(time()), while_dead=while_dead), code)


@command.command(name="update", short_help="Add what is new; ask whether keys are dead.")
@_history
@_while_dead
@click.option("--verify", is_flag=True, help="Ask the API, remember which keys are dead, and leave out which work.")
@asking
@_common
def update_(
    history: bool,
    while_dead: bool,
    verify: bool,
    api_url: str | None,
    verify_timeout: float | None,
    control_env: str | None,
    **given: Any,  # noqa: ANN401 - the options of _common
) -> int:
    """Add to the baseline what is found in the repository at PATH (default: here) and not yet in it.

    With --verify, keys that work are taken out of it, and the time of a first answer that a
    key is dead is written down: a second one, ten minutes later, is then believed.
    """
    refuse_without(verify, api_url=api_url, verify_timeout=verify_timeout, control_env=control_env)
    ask = verifier_for(api_url, verify_timeout, control_env).ask if verify else None
    place = _Place.of(**given)
    before = place.read() or {}
    findings, code = place.scan(history=history)
    if ask:
        keys = keys_to_ask(findings)
        findings = list(apply(findings, keys, dict(ask(keys)), lambda _key: None, int(time())))
    renewed = update(before, findings, int(time()), asked=verify, while_dead=while_dead)
    return place.write(before, renewed, code)


@command.command(name="prune", short_help="Drop what is there no longer.")
@_common
def prune_(**given: Any) -> int:  # noqa: ANN401 - the options of _common
    """Drop from the baseline what is found no longer: neither in the files at PATH nor in their history."""
    place = _Place.of(**given)
    before = place.read()
    if before is None:
        raise UsageError(f"{place.name}: no such baseline; `cencori-guard baseline create` writes one")
    findings, code = place.scan(history=place.target.checkout)
    if code is not ExitCode.CLEAN:
        return say("not everything could be looked at, so nothing is dropped", code)
    policy = place.policy()
    return place.write(
        before, prune(before, findings, lambda path: policy.excludes(path.encode("utf-8", "surrogatepass"))), code
    )


class _Place(NamedTuple):
    """The one repository, or directory, that a baseline is for; and the options of all three commands."""

    target: Target
    file: bytes
    named: bool
    config_file: str | None
    read_config: bool
    quiet: bool

    @classmethod
    def of(
        cls, path: str, baseline: str | None, config_file: str | None, no_config: bool, verbose: int, quiet: bool
    ) -> _Place:
        if baseline == "":
            raise UsageError("--baseline names no file")
        if config_file is not None and no_config:
            raise UsageError("--config and --no-config: which?")
        if not os.path.isdir(path):
            raise UsageError(f"{path}: no such directory; a baseline is for a whole repository")
        target = resolve([path]).targets[0]._replace(whole=True, paths=())
        file = os.fsencode(baseline) if baseline is not None else os.path.join(target.root, baselines.FILE)
        quiet = verbosity(click.get_current_context(), verbose, quiet) < 0
        return cls(target, file, baseline is not None, config_file, not no_config, quiet)

    @property
    def name(self) -> str:
        """What to call the file."""
        return shown(self.file) if self.named else name_from_here(self.file)

    def read(self) -> Entries | None:
        """The entries that are there; None where there is no file."""
        text = baselines.read(self.file, follow=self.named)
        return None if text is None else baselines.parse(text, self.name)

    def scan(self, *, history: bool) -> tuple[list[Finding], ExitCode]:
        """All findings with what excuses them, of the files and of the history; and whether that is all there is."""
        if history and not self.target.checkout:
            raise UsageError(f"{shown(self.target.root)}: no git repository, so there is no history of it")
        jobs: list[Job] = [TreeJob(Targets(self.target.root, (self.target,)))]
        if history:
            from cencori_guard.jobs.history import HistoryJob

            jobs.append(HistoryJob(Git(self.target.root)))
        reports = [self._run(job) for job in jobs]
        if any(report.interrupted for report in reports):
            raise KeyboardInterrupt
        code = ExitCode.CLEAN
        for skipped in [s for report in reports for s in report.scan.skipped if s.blind][:_LISTED]:
            code = say(f"not looked at: {shown(skipped.path) or '.'}: {skipped.reason}", ExitCode.INCOMPLETE)
        return [finding for report in reports for finding in report.findings], code

    def policy(self) -> Policy:
        """What excuses findings here."""
        root = self.target.root
        named = None if not self.named or self.read() is None else os.fsdecode(self.file)
        return policy_for(root, [(root, root)], file=self.config_file, read=self.read_config, baseline=named)

    def _run(self, job: Job) -> Report:
        meter = Meter() if on_terminal(sys.stderr) else None
        try:
            return run(job, self.policy(), Settings(pulse=meter))
        finally:
            if meter:
                meter.close()

    def write(self, before: Entries, renewed: Renewed, code: ExitCode) -> int:
        """Write the file, if that changes anything, and say what has changed; returns the exit code."""
        text = baselines.dump(renewed.entries)
        baselines.check_size(text.encode("ascii"), self.name)
        there = baselines.read(self.file, follow=self.named)
        if there != text.encode("ascii"):
            try:
                replace(self.file, text, follow=self.named)
            except OSError as error:
                why = error.strerror or type(error).__name__
                raise GuardError(f"{self.name}: cannot be written: {why}; it is as it was") from error
        if not self.quiet:
            for line in _told(self.name, renewed, written=there != text.encode("ascii")):
                click.echo(fill(harmless(line), 80, break_long_words=False, break_on_hyphens=False))
        if renewed.live:
            return ExitCode.FINDINGS
        return ExitCode.INCOMPLETE if renewed.unknown else code


def _told(name: str, renewed: Renewed, *, written: bool) -> Iterator[str]:
    """What has become of the baseline, in lines."""
    for finding in renewed.live:
        yield f"{_place(finding)} is live: the baseline does not excuse it. Revoke it."
    if renewed.dead:
        keys = f"{renewed.dead:,} key{' is' if renewed.dead == 1 else 's are'}"
        yield f"{keys} dead by a first answer, which is remembered: a second, ten minutes later or more, is believed."
    for finding in renewed.unknown:
        yield f"{_place(finding)} was not added: {finding.liveness.reason}."
    for identity in renewed.dropped[:_LISTED]:
        yield f"dropped: {identity.rule}  {identity.path}"
    if len(renewed.dropped) > _LISTED:
        yield f"and {len(renewed.dropped) - _LISTED:,} more dropped"
    changes = [f"{len(renewed.added):,} new"] * bool(renewed.added)
    changes += [f"{len(renewed.dropped):,} dropped"] * bool(renewed.dropped)
    count = f"{len(renewed.entries):,} entr{'y' if len(renewed.entries) == 1 else 'ies'}"
    yield f"{name}: {count}" + (f" ({', '.join(changes)})" if changes else "" if written else ", nothing changed")
    if renewed.added:
        yield (
            "Commit it. Excused is not mended: a key in it has leaked, and works until it is revoked. "
            "`scan --no-ignore` shows them all."
        )


def _place(finding: Finding) -> str:
    assert finding.key
    line = f":{finding.location.line}" if finding.location.line else ""
    return f"{finding.key.redacted} in {shown(finding.location.path)}{line}"
