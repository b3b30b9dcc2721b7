"""``cencori-guard doctor``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from textwrap import fill

import click

from cencori_guard.cli.boundary import on_terminal
from cencori_guard.cli.main import common, verbosity
from cencori_guard.cli.settings import policy_for
from cencori_guard.errors import ExitCode, UsageError
from cencori_guard.git.runner import Git
from cencori_guard.jobs.history import HistoryJob
from cencori_guard.jobs.tree import TreeJob
from cencori_guard.models import Finding, Report, Rule
from cencori_guard.pipeline import Settings, run
from cencori_guard.report import text
from cencori_guard.report.interface import Style
from cencori_guard.report.terminal import Meter
from cencori_guard.setup.inspect import Checked, check_hook
from cencori_guard.sources.targets import Target, Targets, find_checkout
from cencori_guard.text import harmless
from cencori_guard.triage.decide import Policy

# What each part of the repository is asked, and what is said where all is well.
_ASKED = (
    ("env files", "none is in git, and the rules that all share ignore them",
     (Rule.ENV_FILE_TRACKED, Rule.ENV_FILE_NOT_IGNORED, Rule.ENV_IGNORE_MISSING)),
    ("shared keys", "no two environments or services have the same", (Rule.SHARED_KEY,)),
    ("age", "no key has been in git for too long", (Rule.STALE_KEY,)),
    ("git's metadata", "no message, note, ref or remote holds a key", (Rule.KEY_IN_GIT_METADATA,)),
)  # fmt: skip


@click.command(name="doctor", short_help="Is this repository, on this machine, well set up?")
@click.argument("path", default=".")
@common
@click.pass_context
def command(context: click.Context, path: str, verbose: int, quiet: bool) -> int:
    """Look whether the repository at PATH (default: here) is well set up on this machine.

    The hook, the config, env files (ignored ones are read, and no key in them is shown),
    the age of keys, git's own metadata. What is wrong comes with what to do about it; the
    exit code is that of a scan.
    """
    here = os.path.realpath(os.fsencode(path))
    root = find_checkout(here) if os.path.isdir(here) else None
    if root is None:
        raise UsageError(f"{path}: no checkout of a git repository, so there is nothing to look at")
    git = Git(root)
    level = verbosity(context, verbose, quiet)
    hook, (policy, config) = check_hook(git), _config(root)
    reports = [_scan(job, policy) for job in (TreeJob(Targets(root, (Target(root, checkout=True),))), HistoryJob(git))]
    if any(report.interrupted for report in reports):
        raise KeyboardInterrupt
    for line in _lines("hook", hook, level):
        click.echo(line)
    for line in _lines("config", config, level):
        click.echo(line)
    found = [finding for report in reports for finding in report.findings]
    failing = bool(hook.remedy or config.remedy)
    for name, well, rules in _ASKED:
        asked = [finding for finding in found if finding.rule in rules and not finding.suppressed]
        failing |= any(finding.severity >= reports[0].fail_on for finding in asked)
        _tell(name, well, asked, reports[0], level)
    blind = [skipped for report in reports for skipped in report.scan.skipped if skipped.blind]
    if blind:
        _print(reports[0]._replace(findings=(), scan=reports[0].scan._replace(skipped=tuple(blind))))
    return ExitCode.FINDINGS if failing else ExitCode.INCOMPLETE if blind else ExitCode.CLEAN


def _config(root: bytes) -> tuple[Policy, Checked]:
    """The policy of the repository, and whether config and baseline can be read; else one that excuses nothing."""
    try:
        return policy_for(root, [(root, root)]), Checked("config and baseline, where there are any, can be read")
    except UsageError as error:
        return policy_for(root, (), read=False), Checked(str(error), "Until it is mended, every scan ends there.")


def _scan(job: TreeJob | HistoryJob, policy: Policy) -> Report:
    meter = Meter() if on_terminal(sys.stderr) else None
    try:
        return run(job, policy, Settings(pulse=meter))
    finally:
        if meter:
            meter.close()


def _lines(name: str, checked: Checked, level: int) -> Iterator[str]:
    if checked.remedy or level >= 0:
        yield _wrapped(f"{'wrong' if checked.remedy else 'well '}  {name}: {checked.says}.", "       ")
    if checked.remedy:
        yield _wrapped(f"       -> {checked.remedy}", "          ")


def _tell(name: str, well: str, findings: list[Finding], report: Report, level: int) -> None:
    """One line where all is well, else what is wrong as a scan tells it."""
    if not findings:
        if level >= 0:
            click.echo(_wrapped(f"well   {name}: {well}.", "       "))
        return
    worst = max(finding.severity for finding in findings)
    word = "wrong" if worst >= report.fail_on else "mind "
    click.echo(f"{word}  {name}:\n")
    _print(report._replace(findings=tuple(findings), scan=report.scan._replace(skipped=())))


def _print(report: Report) -> None:
    click.echo(text.write(report, Style(-1)), nl=False)


def _wrapped(line: str, rest: str) -> str:
    return fill(harmless(line), 80, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False)
