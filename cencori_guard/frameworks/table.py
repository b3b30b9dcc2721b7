"""The table of frameworks (``table.toml``): one entry each, with the page of documentation that the facts are from."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Any, NamedTuple

from cencori_guard.frameworks.globs import name_pattern


class Framework(NamedTuple):
    """A framework, a bundler or a host.  Globs are relative to the package; see the head of ``table.toml``."""

    name: str
    docs: str
    dependencies: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    ambiguous: bool = False
    prefix_settings: tuple[str, ...] = ()
    inlines: str = "prefix"
    hands_over: tuple[str, ...] = ()
    other_configs: tuple[str, ...] = ()
    ships: tuple[str, ...] = ()
    server_output: tuple[str, ...] = ()
    output_root: str = ""
    output_settings: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    static_settings: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    committed: tuple[str, ...] = ()
    client: tuple[str, ...] = ()
    server: tuple[str, ...] = ()
    backend: str = ""
    whole: bool = False
    spa: bool = False
    bundler: bool = False
    host: bool = False

    @property
    def inlines_any(self) -> bool:
        """Whether any name that client code refers to is inlined."""
        return self.inlines == "any"


_FIELDS: dict[str, Any] = {"name": "", "docs": "", **Framework._field_defaults}


def _value(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


@cache
def frameworks() -> tuple[Framework, ...]:
    """All entries, in the order of the file: those that others are built into come last."""
    import tomllib  # for projects with a client side alone

    with open(os.path.join(os.path.dirname(__file__), "table.toml"), "rb") as stream:
        entries: list[dict[str, Any]] = tomllib.load(stream)["framework"]
    return tuple(
        Framework._make(_value(entry.get(field, default)) for field, default in _FIELDS.items()) for entry in entries
    )


@cache
def by_dependency() -> dict[str, tuple[Framework, ...]]:
    """The frameworks that a package of npm is the sign of."""
    found: dict[str, tuple[Framework, ...]] = {}
    for framework in frameworks():
        for name in framework.dependencies:
            found[name] = (*found.get(name, ()), framework)
    return found


@cache
def config_names() -> re.Pattern[bytes]:
    """Matches the names of all config files that frameworks have."""
    return re.compile(b"|".join(name_pattern(glob) for f in frameworks() for glob in f.configs))


@cache
def unmistakable_prefixes() -> dict[str, str]:
    """The prefixes that say by themselves that a name is inlined, each with the framework that does it."""
    found: dict[str, str] = {}
    for framework in frameworks():
        for prefix in () if framework.ambiguous else framework.prefixes:
            # Of several that have it, the one that it is called after.
            if prefix not in found or prefix.lower().startswith(framework.name.lower().partition(".")[0]):
                found[prefix] = framework.name
    return found
