"""``shared-key``: one key in the env files of two environments, or of two services."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cencori_guard.keys import Key, Kind
from cencori_guard.models import Context, Finding, Location, Match, Rule, Severity
from cencori_guard.places import base_name, is_env_file, is_template
from cencori_guard.remedy import advice
from cencori_guard.text import shown

_ENVIRONMENTS = {
    b"production": "production", b"prod": "production", b"live": "production",
    b"staging": "staging", b"stage": "staging", b"preview": "preview",
    b"development": "development", b"dev": "development",
    b"test": "test", b"testing": "test", b"ci": "test",
}  # fmt: skip
_MOST_NAMED = 3


def environment_of(path: bytes) -> str | None:
    """The environment that the env file at *path* is for, by its name or its directory's; None where it is for all."""
    for name in (base_name(path), base_name(path.rpartition(b"/")[0])):
        for part in re.split(rb"[.\-_]", name.lower()):
            if part in _ENVIRONMENTS:
                return _ENVIRONMENTS[part]
    return None


def service_of(path: bytes) -> bytes:
    """What the env file at *path* belongs to: its directory, but one for an environment, and its own first name."""
    name = base_name(path)
    directory = path[: -len(name)]
    if any(part in _ENVIRONMENTS for part in re.split(rb"[.\-_]", base_name(directory[:-1]).lower())):
        directory = directory[: -len(base_name(directory[:-1])) - 1]
    before = name.lower().partition(b".env")[0]
    return directory + (b"" if before in _ENVIRONMENTS else before)


def check(matches: Iterable[Match]) -> Iterator[Finding]:
    """One finding a key that two env files share, at the first of them; copies for one's own machine aside."""
    by_key: dict[Key, dict[bytes, Match]] = {}
    for match in matches:
        name = base_name(match.blob.path)
        if match.line and is_env_file(name) and not is_template(name) and match.key.kind is not Kind.PUBLISHABLE:
            by_key.setdefault(match.key, {}).setdefault(match.blob.path, match)
    for key, places in by_key.items():
        services = {service_of(path) for path in places}
        environments = {e for path in places if (e := environment_of(path))}
        if len(services) < 2 and len(environments) < 2:
            continue
        first, *others = sorted(places)
        match = places[first]
        named = ", ".join(shown(path) for path in others[:_MOST_NAMED])
        more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
        what = "services" if len(services) > 1 else "environments"
        yield Finding(
            Rule.SHARED_KEY,
            Severity.LOW,
            f"{key.redacted} is shared by {what}: it stands in {named}{more} too",
            Location(first, match.line, match.column, match.end_column, match.inside, match.decoded),
            Context.ENV_FILE,
            advice.for_shared(what),
            key=key,
            tracked=None if match.blob.repository is None else match.blob.tracked,
            excerpt=match.excerpt,
            notes=match.notes,
        )
