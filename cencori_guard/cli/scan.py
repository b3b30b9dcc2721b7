"""``cencori-guard scan``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from cencori_guard.cli import output
from cencori_guard.cli.main import common, verbosity
from cencori_guard.cli.settings import policy_for
from cencori_guard.errors import UsageError
from cencori_guard.git.listing import staged_changes
from cencori_guard.git.runner import Git
from cencori_guard.keys import redact
from cencori_guard.models import Severity
from cencori_guard.pipeline import Job, Settings, run
from cencori_guard.report.terminal import Meter
from cencori_guard.sources.targets import Target, find_checkout, is_bare, resolve
from cencori_guard.triage.decide import Policy

_SEVERITIES = [severity.label for severity in sorted(Severity, reverse=True)]


@click.command(name="scan", short_help="Find keys in files, in the index, or on standard input.")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--staged", is_flag=True, help="Look at the index: what the next commit will hold.")
@click.option("--stdin", "stdin", is_flag=True, help="Look at standard input; so does the path '-'.")
@click.option("--stdin-name", metavar="NAME", help="The file name that standard input goes by.")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="Write the report as text (default), json or jsonl; several may be given.",
)
@click.option(
    "--fail-on",
    type=click.Choice(_SEVERITIES),
    help="Exit with 1 from this severity on (default: what config says, else medium).",
)
@click.option("--strict", is_flag=True, help="Exit with 3 when anything at all was skipped.")
@click.option("--config", "config_file", metavar="FILE", help="Use this config, and no other.")
@click.option("--no-config", is_flag=True, help="Use no config.")
@click.option("--no-ignore", is_flag=True, help="Report what comments and config excuse or leave out.")
@click.option("--no-bundles", is_flag=True, help="Leave out what ships although git ignores it.")
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), metavar="S", help="End the scan after S seconds."
)
@click.option("--progress/--no-progress", default=None, help="Show a progress bar (default: on a terminal).")
@common
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[str, ...],
    staged: bool,
    stdin: bool,
    stdin_name: str | None,
    outputs: tuple[str, ...],
    fail_on: str | None,
    strict: bool,
    config_file: str | None,
    no_config: bool,
    no_ignore: bool,
    no_bundles: bool,
    timeout: float | None,
    progress: bool | None,
    verbose: int,
    quiet: bool,
) -> int:
    """Find Cencori keys in PATHs (default: this directory).

    In a git checkout git says which files there are; what ships is looked into even
    where git ignores it. A file that is named is always scanned. With --staged, PATH
    names the repository.
    """
    stdin = stdin or "-" in paths
    if stdin and (staged or set(paths) - {"-"}):
        raise UsageError("standard input is scanned alone: leave out --staged and other paths")
    if stdin_name is not None and not stdin:
        raise UsageError("--stdin-name goes with --stdin")
    if config_file == "":
        raise UsageError("--config names no file")
    if config_file is not None and no_config:
        raise UsageError("--config and --no-config: which?")
    wanted = output.parse(outputs)

    def policy(base: bytes, targets: Sequence[Target]) -> Policy:
        places = [(place, target.root) for target in targets for place in _places(target)]
        return policy_for(base, places, file=config_file, read=not no_config, obey=not no_ignore)

    meter = Meter() if (sys.stderr.isatty() if progress is None else progress) else None
    settings = Settings(_SEVERITIES_BY_NAME.get(fail_on or ""), strict, timeout, meter)
    try:
        if stdin:
            from cencori_guard.jobs.stdin import StdinJob

            job: Job = StdinJob(os.fsencode(stdin_name or "<stdin>"))
            report = run(job, policy(*resolve(["."])), settings)
        elif staged:
            job, root = _staged(paths)
            report = run(job, policy(root, [Target(root, checkout=True)]), settings)
        else:
            from cencori_guard.jobs.tree import TreeJob

            targets = resolve(paths or ["."])
            report = run(TreeJob(targets, bundles=not no_bundles), policy(*targets), settings)
    finally:
        if meter:
            meter.close()
    return output.deliver(report, wanted, verbosity(context, verbose, quiet))


_SEVERITIES_BY_NAME = {severity.label: severity for severity in Severity}


def _places(target: Target) -> list[bytes]:
    """The directories from which a config is looked for."""
    named = [target.root] * target.whole + [os.path.join(target.root, path) for path in target.paths]
    return list(dict.fromkeys(path if os.path.isdir(path) else os.path.dirname(path) for path in named))


def _staged(paths: tuple[str, ...]) -> tuple[Job, bytes]:
    from cencori_guard.jobs.staged import StagedJob

    if len(paths) > 1:
        raise UsageError("--staged takes one PATH: the repository")
    where = os.path.realpath(os.fsencode(paths[0] if paths else "."))
    if not os.path.isdir(where):
        raise UsageError(f"{redact(paths[0])}: no such directory")
    root = find_checkout(where) or (where if "GIT_DIR" in os.environ else None)
    if is_bare(where):
        raise UsageError(
            f"{redact(paths[0] if paths else '.')}: a bare repository has no index, so nothing is staged there"
        )
    if root is None:
        raise UsageError(f"{redact(paths[0] if paths else '.')}: not a git repository, so nothing is staged there")
    # What a hook's environment points at is this repository; named ones are found where they are.
    git = Git(root, follow_redirections=not paths)
    return StagedJob(git, staged_changes(git)), root
