"""``cencori-guard hook``."""

from __future__ import annotations

import os
import sys

import click

from cencori_guard.cli.main import Seconds, common, verbosity
from cencori_guard.errors import UsageError


@click.group(name="hook", short_help="What git hooks call.")
@common
def command(verbose: int, quiet: bool) -> None:
    """What git hooks call; people rather call scan."""


@command.command(name="pre-commit", short_help="Look at what the commit will hold.")
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


@command.command(name="commit-msg", short_help="Look at the message of the commit.")
@click.argument("file")
@common
@click.pass_context
def commit_msg(context: click.Context, file: str, verbose: int, quiet: bool) -> int:
    """Look at the commit message in FILE.

    Says nothing where all is well. As a native hook, .git/hooks/commit-msg is:

    \b
      #!/bin/sh
      exec cencori-guard hook commit-msg "$1"
    """
    from cencori_guard.cli.commitmsg import check_message

    return check_message(file, verbosity(context, verbose, quiet))


@command.command(name="pre-push", short_help="Look at all that a push adds.")
@click.argument("remote", required=False, default="")
@click.argument("url", required=False, default="")
@common
@click.pass_context
def pre_push(context: click.Context, remote: str, url: str, verbose: int, quiet: bool) -> int:
    """Look at every object that a push to REMOTE adds there.

    Reads the lines that git writes for this hook, and says nothing where all is well. As
    a native hook, .git/hooks/pre-push is:

    \b
      #!/bin/sh
      exec cencori-guard hook pre-push "$@"
    """
    from cencori_guard.cli.push import check_push

    return check_push(remote, _lines_of_git("pre-push"), os.environ, verbosity(context, verbose, quiet))


@command.command(name="pre-receive", short_help="On a server: look at all that a push adds.")
@click.option(
    "--timeout",
    type=Seconds(),
    metavar="S",
    help="Refuse what could not be looked at in S seconds.",
)
@common
@click.pass_context
def pre_receive(context: click.Context, timeout: float | None, verbose: int, quiet: bool) -> int:
    """On a server: look at every object that a push adds, before it is accepted.

    Reads the lines that git writes for this hook, and refuses what holds a key or could
    not be looked at. Exceptions count as the default branch has them. In the bare
    repository, hooks/pre-receive is:

    \b
      #!/bin/sh
      exec cencori-guard hook pre-receive --timeout 60
    """
    from cencori_guard.cli.push import check_receive

    return check_receive(_lines_of_git("pre-receive"), timeout, verbosity(context, verbose, quiet))


def _lines_of_git(hook: str) -> bytes:
    """What git writes for the hook; nobody types that."""
    if sys.stdin is None or sys.stdin.isatty():
        if "PRE_COMMIT" in os.environ:
            return b""
        raise UsageError(f"git calls {hook}, and tells it what is pushed; scan --range A..B looks at a range")
    return sys.stdin.buffer.read()
