"""The root command: loads the file of the command that is called, and no other."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, TypeVar

import click

from cencori_guard import __version__
from cencori_guard.cli.boundary import say
from cencori_guard.errors import ExitCode

_COMMANDS = {
    "baseline": "cencori_guard.cli.baseline",
    "doctor": "cencori_guard.cli.doctor",
    "hook": "cencori_guard.cli.hook",
    "init": "cencori_guard.cli.init",
    "rules": "cencori_guard.cli.rules",
    "scan": "cencori_guard.cli.scan",
    "verify": "cencori_guard.cli.verify",
}

Function = TypeVar("Function", bound=Callable[..., Any])


def common(function: Function) -> Function:
    """The options that stand before or after a command: ``-v``, ``-q``, ``--version``."""
    options = (
        click.option("-v", "--verbose", count=True, help="Say more: what was suppressed, and all that was skipped."),
        click.option("-q", "--quiet", is_flag=True, help="Say less: findings only."),
        click.version_option(__version__, prog_name="cencori-guard", message="%(prog)s %(version)s"),
    )
    for option in reversed(options):
        function = option(function)
    return function


def verbosity(context: click.Context, verbose: int, quiet: bool) -> int:
    """How much to say, from what stood before and after the command."""
    before = context.find_root().params if context.find_root() is not context else {}
    more: int = verbose + before.get("verbose", 0)
    return more - (2 if quiet or before.get("quiet") else 0)


class Seconds(click.FloatRange):
    """A time that ends."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """A number above 0, and neither ``inf`` nor ``nan``."""
        seconds: float = super().convert(value, param, ctx)
        if not isfinite(seconds):
            self.fail(f"{value} is no number of seconds", param, ctx)
        return seconds


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name]).command
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@common
def root(verbose: int, quiet: bool) -> None:
    """No Cencori API key ever ships.

    Finds Cencori keys in source, in client bundles, in env files and in what is about
    to be committed, and checks that env files are ignored.

    \b
      cencori-guard scan .           look at this directory, as CI does
      cencori-guard scan --staged    look at what the next commit holds
      cencori-guard scan --history   look at every object of the repository
      cencori-guard init             set up hooks, ignore rules, a template
      cencori-guard doctor           is it well set up on this machine?
      cencori-guard scan --verify    ask the API which of the keys found work
      cencori-guard verify           ask it about a key on standard input
      cencori-guard baseline create  excuse what is there, and go on from here
      cencori-guard rules            what is looked for, and why

    Exit codes: 0 clean, 1 findings, 2 wrong usage, 3 not everything could be looked
    at, 130 interrupted.
    """


def run(arguments: Sequence[str]) -> int:
    """Run the command line *arguments*; returns the exit code.  Click's own errors become ours."""
    try:
        result = root.main(list(arguments), prog_name="cencori-guard", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return ExitCode.USAGE
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f" (see {context.command_path} --help)" if context else ""
        return say(error.format_message() + hint, ExitCode.USAGE)
    except click.Abort:
        return say("interrupted", ExitCode.INTERRUPTED)
    return result if isinstance(result, int) else ExitCode.CLEAN
