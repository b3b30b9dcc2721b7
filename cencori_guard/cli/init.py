"""``cencori-guard init``."""

from __future__ import annotations

import os
import shutil
import sys
from textwrap import fill

import click

from cencori_guard.cli.boundary import say
from cencori_guard.cli.main import common, verbosity
from cencori_guard.edits.change import diff
from cencori_guard.edits.write import apply, resume
from cencori_guard.errors import ExitCode, UsageError
from cencori_guard.git.runner import Git
from cencori_guard.setup.plan import plan
from cencori_guard.setup.planned import Planned
from cencori_guard.sources.targets import find_checkout
from cencori_guard.text import harmless, shown

# Whether the file is new, and whether nothing is done.
_VERBS = {
    (True, True): "would write",
    (True, False): "wrote",
    (False, True): "would change",
    (False, False): "changed",
}


@click.command(name="init", short_help="Set a repository up: hooks, ignore rules, a template, a workflow.")
@click.argument("path", default=".")
@click.option(
    "--hooks",
    type=click.Choice(["native", "pre-commit", "none"]),
    help="git's own hooks, or those of pre-commit (default: what the repository has, else native).",
)
@click.option("--no-workflow", is_flag=True, help="Write no GitHub workflow.")
@click.option("--dry-run", is_flag=True, help="Show what would be changed, and change nothing.")
@common
@click.pass_context
def command(
    context: click.Context, path: str, hooks: str | None, no_workflow: bool, dry_run: bool, verbose: int, quiet: bool
) -> int:
    """Set up the repository at PATH (default: here), so that no key leaves it.

    Adds what is missing, and changes nothing else: hooks (one that is there is called
    after ours), .gitignore, .env.example, a GitHub workflow. A second run changes nothing.
    """
    here = os.path.realpath(os.fsencode(path))
    root = find_checkout(here) if os.path.isdir(here) else None
    if root is None:
        raise UsageError(f"{path}: no checkout of a git repository: `git init` makes one")
    git = Git(root)
    git.check_version()
    store = os.path.join(git.directory, git.run("rev-parse", "--git-common-dir").rstrip(b"\n"), b"cencori-guard")
    if not dry_run:
        for done in resume(store):
            say(f"{shown(done)}: an earlier run was cut short, and is finished now", ExitCode.CLEAN)
    planned = plan(git, _program(), hooks=hooks, with_workflow=not no_workflow)
    if not dry_run:
        apply(planned.changes, os.path.realpath(store))
    level = verbosity(context, verbose, quiet)
    if level >= 0:
        _tell(planned, root, dry_run=dry_run, diffs=dry_run or level > 0)
    return ExitCode.INCOMPLETE if planned.failed else ExitCode.CLEAN


def _program() -> str:
    """The path of this program, for hooks on this machine; its name, where that is not known."""
    beside = os.path.join(os.path.dirname(sys.executable), "cencori-guard")
    found = beside if os.access(beside, os.X_OK) else shutil.which("cencori-guard")
    return os.path.abspath(found) if found else "cencori-guard"


def _tell(planned: Planned, root: bytes, *, dry_run: bool, diffs: bool) -> None:
    """What was done, what was in order, and what is left to do."""
    for change in planned.changes:
        name = shown(os.path.relpath(change.path, root))
        verb = (
            ("would write" if dry_run else "wrote") if change.old is None else "would change" if dry_run else "changed"
        )
        _say(f"{verb} {name}: {change.why}")
        if diffs:
            click.echo("".join(f"  {line}\n" for line in diff(change, root)))
    for word in planned.there:
        _say(f"as it should be: {word}")
    for word in planned.left:
        _say(f"left to you: {word}")


def _say(text: str) -> None:
    click.echo(fill(harmless(text), 80, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
