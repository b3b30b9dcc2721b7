"""``cencori-guard hook``."""

from __future__ import annotations

import click

from cencori_guard.cli.main import common, verbosity


@click.group(name="hook", short_help="What git hooks call.")
@common
def command(verbose: int, quiet: bool) -> None:
    """What git hooks call; people rather call scan."""


@command.command(name="pre-commit")
@click.argument("files", metavar="[FILES]...", nargs=-1)
@common
@click.pass_context
def pre_commit(context: click.Context, files: tuple[str, ...], verbose: int, quiet: bool) -> int:
    """Look at what the commit will hold; with FILES, at the index's version of these.

    Says nothing where all is well. As a native hook, .git/hooks/pre-commit is:

    \b
      #!/bin/sh
      exec cencori-guard hook pre-commit
    """
    from cencori_guard.cli.precommit import check_staged

    return check_staged(files, verbosity(context, verbose, quiet))
