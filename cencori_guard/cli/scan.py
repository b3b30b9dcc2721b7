"""``cencori-guard scan``."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from cencori_guard.cli import output
from cencori_guard.cli.asking import asking, refuse_without, verifier_for
from cencori_guard.cli.boundary import on_terminal
from cencori_guard.cli.main import Seconds, common, verbosity
from cencori_guard.cli.settings import policy_for, policy_of_head
from cencori_guard.errors import UsageError
from cencori_guard.git.listing import staged_changes
from cencori_guard.git.runner import Git
from cencori_guard.keys import Key, redact
from cencori_guard.liveness import Answer
from cencori_guard.models import Severity
from cencori_guard.pipeline import Job, Settings, run
from cencori_guard.report.terminal import Meter
from cencori_guard.sources.targets import Target, find_checkout, is_bare, resolve
from cencori_guard.triage.decide import Policy

if TYPE_CHECKING:
    from cencori_guard.cli.remember import Remembering

_SEVERITIES = [severity.label for severity in sorted(Severity, reverse=True)]


@click.command(name="scan", short_help="Find keys in files, in the index, or on standard input.")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--staged", is_flag=True, help="Look at the index: what the next commit will hold.")
@click.option(
    "--range", "range_", metavar="A..B", help="Look at what B's history has and A's has not; A...B: since they parted."
)
@click.option("--since", metavar="REF", help="Look at what was committed since REF: the range REF..HEAD.")
@click.option("--history", is_flag=True, help="Look at every object of the repository, whatever reaches it.")
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
@click.option(
    "--baseline",
    metavar="FILE",
    help="Use this baseline (default: .cencori-guard-baseline.json at the root).",
)
@click.option("--no-ignore", is_flag=True, help="Report what comments, config and baseline excuse or leave out.")
@click.option("--verify", is_flag=True, help="Ask the API which of the keys found work; says first whom it asks.")
@asking
@click.option("--no-bundles", is_flag=True, help="Leave out what ships although git ignores it.")
@click.option("--incremental", is_flag=True, help="With --history: look only at what is new since the last time.")
@click.option("--no-metadata", is_flag=True, help="Leave out messages, notes, ref names and URLs of remotes.")
@click.option("--timeout", type=Seconds(), metavar="S", help="End the scan after S seconds.")
@click.option("--progress/--no-progress", default=None, help="Show a progress bar (default: on a terminal).")
@common
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[str, ...],
    staged: bool,
    range_: str | None,
    since: str | None,
    history: bool,
    stdin: bool,
    stdin_name: str | None,
    outputs: tuple[str, ...],
    fail_on: str | None,
    strict: bool,
    config_file: str | None,
    no_config: bool,
    baseline: str | None,
    no_ignore: bool,
    verify: bool,
    api_url: str | None,
    verify_timeout: float | None,
    control_env: str | None,
    no_bundles: bool,
    no_metadata: bool,
    incremental: bool,
    timeout: float | None,
    progress: bool | None,
    verbose: int,
    quiet: bool,
) -> int:
    """Find Cencori keys in PATHs (default: this directory).

    In a git checkout git says which files there are; what ships is looked into even
    where git ignores it. A file that is named is always scanned. With --staged, --range,
    --since or --history, PATH names the repository.
    """
    stdin = stdin or "-" in paths
    modes = [("--stdin", stdin), ("--staged", staged), ("--range", range_ is not None), ("--since", since is not None)]
    given = [name for name, on in (*modes, ("--history", history)) if on]
    if stdin and (len(given) > 1 or set(paths) - {"-"}):
        raise UsageError("standard input is scanned alone: leave out " + (" ".join(given[1:]) or "other paths"))
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)}: one at a time")
    if incremental and not history:
        raise UsageError("--incremental goes with --history")
    if stdin_name is not None and not stdin:
        raise UsageError("--stdin-name goes with --stdin")
    if config_file == "":
        raise UsageError("--config names no file")
    if config_file is not None and no_config:
        raise UsageError("--config and --no-config: which?")
    if baseline == "":
        raise UsageError("--baseline names no file")
    if baseline is not None and no_ignore:
        raise UsageError("--baseline and --no-ignore: which?")
    refuse_without(verify, api_url=api_url, verify_timeout=verify_timeout, control_env=control_env)
    wanted = output.parse(outputs)
    verifier = verifier_for(api_url, verify_timeout, control_env) if verify else None

    def policy(base: bytes, targets: Sequence[Target]) -> Policy:
        places = [(place, target.root) for target in targets for place in _places(target)]
        read, obey = not no_config, not no_ignore
        return policy_for(base, places, file=config_file, read=read, obey=obey, baseline=baseline)

    meter = Meter() if (on_terminal(sys.stderr) if progress is None else progress) else None

    def ask(keys: Collection[Key]) -> Iterator[tuple[Key, Answer]]:
        if meter:  # whom it asks is not to be said in the midst of a bar
            meter.close()
        return verifier.ask(keys) if verifier else iter(())

    settings = Settings(_SEVERITIES_BY_NAME.get(fail_on or ""), strict, timeout, meter, ask if verify else None)
    remembering: Remembering | None = None
    try:
        if stdin:
            from cencori_guard.jobs.stdin import StdinJob

            job: Job = StdinJob(os.fsencode(stdin_name or "<stdin>"))
            report = run(job, policy(*resolve(["."])), settings)
        elif given:
            repository = _repository(paths, given[0])
            if timeout is not None:
                repository.git.limit(timeout)
            if history:
                from cencori_guard.cli.remember import Remembering

                remembering = Remembering(repository.git, metadata=not no_metadata, incremental=incremental)
                job = remembering.job
            else:
                job = _of_repository(repository, range_, since, metadata=not no_metadata)
            if repository.bare and config_file is None and not no_config:
                decided = policy_of_head(repository.git, obey=not no_ignore, baseline=baseline)
            else:
                decided = policy(repository.root, [Target(repository.root, checkout=True)])
            report = run(job, decided, settings)
            if remembering:
                remembering.keep(report)
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


class _Repository(NamedTuple):
    """A repository that was named, or is here."""

    git: Git
    root: bytes
    bare: bool


def _repository(paths: tuple[str, ...], mode: str) -> _Repository:
    """The one repository that *mode* looks at."""
    if len(paths) > 1:
        raise UsageError(f"{mode} takes one PATH: the repository")
    name = redact(paths[0] if paths else ".")
    where = os.path.realpath(os.fsencode(paths[0] if paths else "."))
    if not os.path.isdir(where):
        raise UsageError(f"{name}: no such directory")
    bare = is_bare(where)
    root = where if bare else find_checkout(where) or (where if "GIT_DIR" in os.environ else None)
    staged = mode == "--staged"
    if root is None:
        raise UsageError(f"{name}: not a git repository" + ", so nothing is staged there" * staged)
    if bare and staged:
        raise UsageError(f"{name}: a bare repository has no index, so nothing is staged there")
    # What a hook's environment points at is this repository; named ones are found where they are.
    return _Repository(Git(root, follow_redirections=not paths), root, bare)


def _of_repository(repository: _Repository, range_: str | None, since: str | None, *, metadata: bool) -> Job:
    """What is looked at in *repository*: a range, or else its index."""
    git = repository.git
    if range_ is None and since is None:
        from cencori_guard.jobs.staged import StagedJob

        return StagedJob(git, staged_changes(git))
    from cencori_guard.git import revisions
    from cencori_guard.jobs.range import RangeJob

    wanted = revisions.parse(git, range_) if range_ is not None else revisions.between(git, since or "", "HEAD")
    return RangeJob(git, wanted, metadata=metadata)
