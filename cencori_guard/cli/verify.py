"""``cencori-guard verify``."""

from __future__ import annotations

import sys
from getpass import getpass
from textwrap import fill

import click

from cencori_guard.cli.asking import asking, verifier_for
from cencori_guard.cli.main import common, verbosity
from cencori_guard.errors import ExitCode, UsageError
from cencori_guard.keys import Confidence, Key, Kind, find_keys
from cencori_guard.liveness import Answer, Liveness
from cencori_guard.verify.effect import weigh

_MOST_BYTES = 8 << 20
_CODES = {Liveness.LIVE: ExitCode.FINDINGS, Liveness.DEAD: ExitCode.CLEAN}


@click.command(name="verify", short_help="Ask the API whether a key works.")
@click.argument("nothing", nargs=-1, metavar="")
@asking
@common
@click.pass_context
def command(
    context: click.Context,
    nothing: tuple[str, ...],
    api_url: str | None,
    verify_timeout: float | None,
    control_env: str | None,
    verbose: int,
    quiet: bool,
) -> int:
    """Ask the API whether the key on standard input works.

    On a terminal it is asked for, and not shown. Never give a key as an argument: other
    users see those, and the shell keeps them.

    Exit codes: 0 dead, 1 live, 2 wrong usage, 3 not known.
    """
    if nothing:
        raise UsageError("a key goes to standard input, never on the command line, where others can see it")
    verifier = verifier_for(api_url, verify_timeout, control_env, summary=False)
    key = _key()
    answer = weigh(key, dict(verifier.ask([key]))[key], None, 0)
    if verbosity(context, verbose, quiet) >= 0:
        click.echo(fill(_sentence(key, answer), 80, break_long_words=False, break_on_hyphens=False))
    if key.confidence is Confidence.LIKELY and answer.status is Liveness.DEAD:
        return ExitCode.INCOMPLETE  # a key that was cut is another one, and that is dead for certain
    if control_env is not None and answer.status is Liveness.DEAD and not answer.believed:
        return ExitCode.INCOMPLETE  # it was to be made sure of, and that key did not work
    return _CODES.get(answer.status, ExitCode.INCOMPLETE)


def _key() -> Key:
    """The one key on standard input.  Raises :class:`UsageError`, which never says what there was instead."""
    if sys.stdin is None:
        raise UsageError("standard input is closed, and the key goes there")
    if sys.stdin.isatty():
        text = getpass("Key (it is not shown): ").encode("utf-8", "surrogateescape")
    else:
        text = sys.stdin.buffer.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:  # a key that is cut is another one
            raise UsageError(f"there is more than {_MOST_BYTES >> 20} MB on standard input: send the key alone")
    found = {hit.key for hit in find_keys(text)}
    if not found:
        raise UsageError("there is no Cencori key on standard input")
    if len(found) > 1:
        raise UsageError("there is more than one key on standard input: one at a time")
    (key,) = found
    if key.kind is Kind.PUBLISHABLE:
        raise UsageError(f"{key.redacted} is a publishable key: these are made to be seen, and are never sent")
    return key


def _sentence(key: Key, answer: Answer) -> str:
    if key.confidence is Confidence.LIKELY and answer.status is Liveness.DEAD:
        return f"{key.redacted} has not the whole shape of a key: was it cut? As it stands, {answer.reason}."
    dead = "is dead now" if answer.believed else "seems to be dead now"
    how = {Liveness.LIVE: "is live", Liveness.DEAD: dead}.get(answer.status, "may be live, or dead")
    return f"{key.redacted} {how}: {answer.reason}."
