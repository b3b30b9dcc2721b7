"""``cencori-guard rules``."""

from __future__ import annotations

from textwrap import fill

import click

from cencori_guard.cli.main import common
from cencori_guard.errors import UsageError
from cencori_guard.models import Rule
from cencori_guard.rules import RULES
from cencori_guard.text import did_you_mean


@click.command(name="rules", short_help="What is looked for, and why.")
@click.argument("name", required=False)
@common
def command(name: str | None, verbose: int, quiet: bool) -> int:
    """List the rules, or explain the rule NAME."""
    if name is None:
        width = max(map(len, Rule))
        for rule, text in RULES.items():
            click.echo(fill(text.fires_on, 80, initial_indent=f"{rule:{width}}  ", subsequent_indent=" " * (width + 2)))
        return 0
    if name not in list(Rule):
        raise UsageError(f"no rule {name!r}{did_you_mean(name, list(Rule))}")
    text = RULES[Rule(name)]
    click.echo(name)
    verified = "With --verify: critical where the key is live, low where it is believed to be dead."
    about_a_key = name.startswith("key-") or name == Rule.PUBLIC_ENV_NAME
    for line in (f"Fires on {text.fires_on}.", text.why, f"Severity: {text.severity}.", *[verified] * about_a_key):
        click.echo(fill(line, 80, initial_indent="  ", subsequent_indent="  "))
    return 0
