"""The steps for what carries a key to the client.  Pure text, as in ``advice.py``."""

from __future__ import annotations

from cencori_guard.models import Cause, Way

_PUBLISHABLE = "a publishable key (cpk_…), which is made for browsers"


def _server_name(name: str, prefix: str) -> str:
    bare = name[len(prefix) :] if prefix and name.startswith(prefix) else name
    usual = bare == name or bare == "CENCORI_KEY" or "CENCORI" not in bare or "PUBLISHABLE" in bare
    return "CENCORI_API_KEY" if usual else bare


def for_public_name(name: str, prefix: str, backend: str) -> str:
    """The step for a server's key under the public *name*."""
    server = _server_name(name, prefix)
    if server == name:  # the fault is the prefix that a config states
        return f"Have no config put {name} into client code, and read it in {backend} alone."
    return f"Rename it to {server} and read that in {backend} alone; or put {_PUBLISHABLE}, in its place."


def for_name_alone(name: str, prefix: str, backend: str) -> tuple[str, ...]:
    """The step for a public *name* of which the value is not known."""
    publishable = f"{prefix}CENCORI_PUBLISHABLE_KEY" if prefix else "CENCORI_PUBLISHABLE_KEY"
    return (
        f"If it holds {_PUBLISHABLE}, call it {publishable}; if not, call it {_server_name(name, prefix)} and read "
        f"that in {backend} alone.",
    )


def for_handed(name: str | None, setting: str, backend: str) -> tuple[str, ...]:
    """The step for a *setting* that hands *name* over (None: all there are)."""
    if name is None:
        return (f"Name one by one the variables that `{setting}` may hand over; read the key in {backend} alone.",)
    return (f"Take {name} out of `{setting}`, and read it in {backend} alone; or hand over {_PUBLISHABLE}.",)


def for_prefix(prefix: str, usual: list[str]) -> tuple[str, ...]:
    """The step for a config that states a *prefix* which the server key's name begins with."""
    instead = f", such as {usual[0]!r}" if usual else ""
    return (f"State a prefix of names that are meant for clients{instead}, in place of {prefix!r}.",)


def for_read(name: str, backend: str) -> tuple[str, ...]:
    """The step for client code that reads *name*."""
    return (f"Move the call to {backend}, and have client code ask that; {name} stays there.",)


def for_cause(cause: Cause, path: str, backend: str) -> str:
    """The step for a key in what ships, of which the *cause*, at *path*, is known: mend that, build again."""
    place = f"{path}:{cause.line}" if cause.line else path
    name = cause.name
    ways = {
        Way.PUBLIC_NAME: f"In {place}, rename {name}, and read it in {backend} alone",
        Way.SETTING: f"In {place}, take {name or 'the environment'} out of what is handed over, and read it in "
        f"{backend} alone",
        Way.READ: f"Move the call in {place} to {backend}",
        Way.LITERAL: f"Take the key out of {place}, and call Cencori from {backend}",
        Way.SOURCE_MAP: f"Move the call in {place} to {backend}",
        Way.ENV_FILE: f"Find what reads {name or path}, and move the call to {backend}",
    }
    step = ways[cause.way] if cause.certain else f"{ways[cause.way]}, if that is it"
    return f"{step}; then build again and replace what was deployed."
