"""The options of whatever asks the API, and what becomes of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cencori_guard.cli.boundary import say
from cencori_guard.cli.main import Seconds
from cencori_guard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from cencori_guard.verify.verifier import Verifier

Function = TypeVar("Function", bound=Callable[..., Any])


def asking(function: Function) -> Function:
    """The options that say where, for how long, and beside which key the API is asked."""
    options = (
        click.option(
            "--api-url",
            metavar="URL",
            help="The API to ask (default: CENCORI_GUARD_API_URL, else the vendor's); https, but for this machine.",
        ),
        click.option(
            "--verify-timeout",
            type=Seconds(),
            metavar="S",
            help="Ask for S seconds at most (default: 60); each answer may take 5.",
        ),
        click.option(
            "--control-env",
            metavar="NAME",
            help="The variable of a key that works: where it does, others that do not are believed to be dead.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def verifier_for(
    api_url: str | None, seconds: float | None, control_env: str | None, *, summary: bool = True
) -> Verifier:
    """Who asks, as the options say; *summary*: and counts the answers.  Raises :class:`UsageError`."""
    from cencori_guard.verify import address
    from cencori_guard.verify.verifier import Verifier, good_key

    if api_url is not None:
        where = address.parse(api_url, "--api-url")
    elif given := os.environ.get(address.VARIABLE):
        where = address.parse(given, address.VARIABLE)
    else:
        where = address.parse(address.DEFAULT, "")
    good = good_key(control_env, os.environ) if control_env is not None else None
    return Verifier(where, lambda message: say(message, ExitCode.CLEAN), seconds, good, summary=summary)


def refuse_without(verify: bool, **given: object) -> None:
    """Raise :class:`UsageError` for options that say how to ask where nobody is to be asked."""
    for name, value in given.items():
        if value is not None and not verify:
            raise UsageError(f"--{name.replace('_', '-')} goes with --verify")
