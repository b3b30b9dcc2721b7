"""Whether a variable is put into client code by its name, and who does it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cencori_guard.frameworks.layout import Layout
from cencori_guard.frameworks.package import Package
from cencori_guard.frameworks.table import unmistakable_prefixes
from cencori_guard.patterns import lazy

_SAYS_PUBLIC = lazy(r"(?:[A-Z0-9]+_)?PUBLIC_(?=.)")


class Public(NamedTuple):
    """Who puts a name into client code, and by which *prefix* of it; None: the name says so itself, whoever does it."""

    framework: str | None
    prefix: str

    @property
    def sentence(self) -> str:
        """What is to be said of the name."""
        return f"{self.framework} puts into client code" if self.framework else "says itself that it is public"


def public_by(layout: Layout, name: str, path: bytes) -> Public | None:
    """Who puts the variable *name*, met at *path*, into client code by its name alone; None if nobody does.

    A prefix that only means something to one framework counts where that is used in the
    packages around *path*, or, for what lies at the top (a workflow, an env file),
    anywhere in the project; what a config states, in its own package.
    """
    packages = layout.packages(path)
    if found := _by_prefix((pair for package in packages for pair in package.prefixes), name):
        return found
    at_top = all(not package.directory for package in packages)
    if at_top and (found := _by_prefix(layout.usual_prefixes(), name)):
        return found
    if found := _by_prefix(((prefix, who) for prefix, who in unmistakable_prefixes().items()), name):
        return found
    # By a convention of its own, where what bundles has none.
    said = _SAYS_PUBLIC.match(name)
    return Public(None, said.group()) if said and any(map(_has_a_convention, packages)) else None


def _by_prefix(pairs: Iterable[tuple[str, str]], name: str) -> Public | None:
    return next((Public(framework, prefix) for prefix, framework in pairs if name.startswith(prefix)), None)


def _has_a_convention(package: Package) -> bool:
    return any(f.bundler or f.spa for f in package.frameworks) and not any(
        prefix for prefix, who in package.prefixes if who != "webpack"
    )
