"""``public-env-name`` and ``server-key-in-client-code``: what is about to carry a server's key to the client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cencori_guard.clientside.carried import Carried
from cencori_guard.clientside.public import public_by
from cencori_guard.clientside.wires import Wire, Wires
from cencori_guard.frameworks.layout import Layout
from cencori_guard.keys import Confidence, Environment, Kind
from cencori_guard.models import Blob, Context, Finding, Location, Revoke, Rule, Severity, Side
from cencori_guard.names import is_publishable_name, is_server_name
from cencori_guard.places import base_name, is_env_file
from cencori_guard.remedy import clientside as remedy

# The name that every SDK reads: what is said of all names is said of it.
_KNOWN = "CENCORI_API_KEY"
_PUBLISHABLE = (b"cpk_", b'"cpk_', b"'cpk_")


def check(layout: Layout, wires: Wires, carried: Iterable[Carried], blobs: Mapping[bytes, Blob]) -> Iterator[Finding]:
    """The findings of the two rules.

    *carried*: the keys that were found under a name.  *blobs*: the files with names in them.
    """
    for finding in _check(layout, wires, carried):
        blob = blobs.get(finding.location.path)
        known = finding.key is not None or blob is None or blob.repository is None
        yield finding if known or blob is None else finding._replace(tracked=blob.tracked)


def _check(layout: Layout, wires: Wires, carried: Iterable[Carried]) -> Iterator[Finding]:
    carried = list(carried)
    yield from _handed_over(layout, wires)
    yield from _read_by_clients(layout, wires)
    told = set()
    for finding, name in (*_with_a_key(layout, carried), *_from_server_names(layout, wires)):
        told.add(name)
        yield finding
    # A name that somewhere holds a publishable key is meant for one.
    told |= {c.name for c in carried if c.match.key.kind is Kind.PUBLISHABLE}
    told |= {w.name or "" for w in wires.set if w.assigned and w.assigned.value.startswith(_PUBLISHABLE)}
    yield from _by_name_alone(layout, wires, told)


def _handed_over(layout: Layout, wires: Wires) -> Iterator[Finding]:
    for wire in wires.handed:
        if wire.name is None:
            what = f"every variable of the environment, {_KNOWN} too"
        elif is_server_name(wire.name) and not public_by(layout, wire.name, wire.path):
            what = wire.name
        else:
            continue
        yield _finding(
            Rule.SERVER_KEY_IN_CLIENT_CODE,
            Severity.HIGH,
            f"`{wire.how}` hands {what} over to client code",
            wire,
            remedy.for_handed(wire.name, wire.how, layout.backend(wire.path)),
        )
    for wire in wires.stated:
        if _KNOWN.startswith(wire.how):
            package = layout.package(wire.path)
            usual = [prefix for f in package.frameworks for prefix in f.prefixes] if package else []
            yield _finding(
                Rule.SERVER_KEY_IN_CLIENT_CODE,
                Severity.HIGH,
                f"The prefix {wire.how!r} that this config states puts {_KNOWN} into client code",
                wire,
                remedy.for_prefix(wire.how, usual[:1]),
            )


def _read_by_clients(layout: Layout, wires: Wires) -> Iterator[Finding]:
    seen = {(wire.path, wire.name) for wire in wires.handed}
    for wire in wires.read:
        name = wire.name or ""
        if wire.side is not Side.CLIENT or not is_server_name(name) or (wire.path, name) in seen:
            continue
        if public_by(layout, name, wire.path):
            continue
        seen.add((wire.path, name))
        inliner = next((p.inlines_any for p in layout.packages(wire.path) if p.inlines_any), None)
        yield _finding(
            Rule.SERVER_KEY_IN_CLIENT_CODE,
            Severity.MEDIUM,
            f"Client code reads {name}" + (f", and {inliner} puts its value there" if inliner else ""),
            wire,
            remedy.for_read(name, layout.backend(wire.path)),
        )


class _Told(NamedTuple):
    finding: Finding
    name: str


def _with_a_key(layout: Layout, carried: Iterable[Carried]) -> Iterator[_Told]:
    for name, match in carried:
        public = public_by(layout, name, match.blob.path)
        key = match.key
        if public is None or key.kind is Kind.PUBLISHABLE:
            continue
        severity = Severity.HIGH - (key.environment is Environment.TEST) - (key.confidence is Confidence.LIKELY)
        finding = Finding(
            Rule.PUBLIC_ENV_NAME,
            Severity.INFO if is_publishable_name(name) else Severity(severity),
            f"{key.redacted}, a key for servers, stands under {name}, a name that {public.sentence}",
            Location(match.blob.path, match.line, match.column, match.end_column, match.inside, match.decoded),
            _context(match.blob.path),
            (remedy.for_public_name(name, public.prefix, layout.backend(match.blob.path)),),
            revoke=Revoke.IF_DEPLOYED,
            key=key,
            tracked=None if match.blob.repository is None else match.blob.tracked,
            excerpt=match.excerpt,
            notes=match.notes,
        )
        yield _Told(finding, name)


def _from_server_names(layout: Layout, wires: Wires) -> Iterator[_Told]:
    for wire in wires.set:
        name, path = wire.name or "", wire.path
        public = public_by(layout, name, path)
        if public is None or wire.assigned is None:
            continue
        taken = [n for n in wire.assigned.references if is_server_name(n) and not public_by(layout, n, path)]
        if taken:
            message = f"{name} is set from {taken[0]}, and is a name that {public.sentence}"
            move = remedy.for_public_name(name, public.prefix, layout.backend(path))
            steps = move, "If a build with it was ever deployed, revoke the key that it held."
            severity = Severity.INFO if is_publishable_name(name) else Severity.HIGH
            yield _Told(_finding(Rule.PUBLIC_ENV_NAME, severity, message, wire, steps), name)


def _by_name_alone(layout: Layout, wires: Wires, told: set[str]) -> Iterator[Finding]:
    """One finding a name and package, at the place that says most, with the number of the others."""
    places: dict[tuple[bytes, str], list[Wire]] = {}
    for wire in (*wires.set, *wires.handed, *wires.read):
        name = wire.name or ""
        if name in told or not is_server_name(name):
            continue
        if public_by(layout, name, wire.path):
            package = layout.package(wire.path)
            places.setdefault((package.directory if package else b"", name), []).append(wire)
    for (_, name), wires_of in sorted(places.items()):
        best = min(wires_of, key=lambda w: (w.assigned is None, not is_env_file(base_name(w.path)), w.path, w.line))
        public = public_by(layout, name, best.path)
        assert public
        others = len({(w.path, w.line) for w in wires_of}) - 1
        more = f" ({others} more place{'s' * (others > 1)})" if others else ""
        yield _finding(
            Rule.PUBLIC_ENV_NAME,
            Severity.LOW,
            f"{name} is a name that {public.sentence}{more}: a key in it is public",
            best,
            remedy.for_name_alone(name, public.prefix, layout.backend(best.path)),
        )


def _context(path: bytes) -> Context:
    return Context.ENV_FILE if is_env_file(base_name(path)) else Context.SOURCE


def _finding(rule: Rule, severity: Severity, message: str, wire: Wire, steps: tuple[str, ...]) -> Finding:
    return Finding(
        rule,
        severity,
        message,
        Location(wire.path, wire.line, wire.column, wire.end_column),
        Context.CLIENT_SOURCE if wire.side is Side.CLIENT else _context(wire.path),
        steps,
        excerpt=wire.excerpt,
        notes=wire.notes,
    )
