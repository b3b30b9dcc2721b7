"""Why a key is in what ships: the place in the project that put it there, for whoever is to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cencori_guard.clientside.carried import name_before
from cencori_guard.clientside.maps import Original, originals
from cencori_guard.clientside.public import Public, public_by
from cencori_guard.clientside.wires import Wire, Wires
from cencori_guard.frameworks.layout import Layout
from cencori_guard.keys import Key, Kind
from cencori_guard.models import Cause, Context, Finding, Match, Side, Way
from cencori_guard.names import is_server_name
from cencori_guard.places import base_name, is_document, is_env_file, is_template
from cencori_guard.remedy import clientside as remedy
from cencori_guard.remedy.advice import call_elsewhere
from cencori_guard.text import shown

# Places of one key that are asked about; nobody mends more of them one by one.
_MOST_SITES = 50


def explain(findings: Sequence[Finding], matches: Sequence[Match], layout: Layout, wires: Wires) -> list[Finding]:
    """*findings*, those of a key in what ships with the cause, as far as it is known, and the steps to mend it.

    *matches*: all keys that were found, those in files where they belong too.
    """
    shipped = [
        f for f in findings if f.context is Context.CLIENT_BUNDLE and f.key and f.key.kind is not Kind.PUBLISHABLE
    ]
    if not shipped:
        return list(findings)
    back = originals(layout, [f.location for f in shipped])
    causes = _Causes(matches, layout, wires)
    explained = []
    for finding in findings:
        asked = finding.context is Context.CLIENT_BUNDLE and finding.key and finding.key.kind is not Kind.PUBLISHABLE
        cause = causes.of(finding, finding.key, back.get(finding.location)) if asked and finding.key else None
        if cause:
            step = remedy.for_cause(cause, shown(cause.path), layout.backend(cause.path))
            without = call_elsewhere(layout.backend(finding.location.path))
            steps = tuple(step if old == without else old for old in finding.remedy)
            finding = finding._replace(cause=cause, remedy=steps)
        explained.append(finding)
    return explained


class _Site(NamedTuple):
    """A place of the key that is no output: in *home*, the directory of its package, under *name*."""

    match: Match
    home: bytes
    name: str | None
    side: Side | None

    @property
    def path(self) -> bytes:
        return self.match.blob.path

    @property
    def place(self) -> tuple[bytes, int]:
        return self.path, self.match.line or 0

    @property
    def shown(self) -> str:
        return f"{shown(self.path)}:{self.match.line}"

    @property
    def is_env(self) -> bool:
        return is_env_file(base_name(self.path))


class _Named(NamedTuple):
    """A public name that the key at *site* has; *setter*: the line that gives it to that name."""

    site: _Site
    name: str
    public: Public
    readers: tuple[Wire, ...]
    setter: Wire | None
    # Whether it stands where the build looks: beside it, or in no env file.
    loaded: bool


class _Causes:
    def __init__(self, matches: Sequence[Match], layout: Layout, wires: Wires) -> None:
        self._layout = layout
        self._wires = wires
        self._by_key: dict[Key, list[Match]] = {}
        for match in matches:
            if not match.blob.metadata and match.line is not None and not match.inside:
                self._by_key.setdefault(match.key, []).append(match)
        self._sites_of: dict[tuple[Key, bool], list[_Site]] = {}
        self._known: dict[tuple[Key, bool, bytes, Original | None], Cause | None] = {}

    def of(self, finding: Finding, key: Key, original: Original | None) -> Cause | None:
        """The cause of *finding*, with the *original* place that a map leads to."""
        packages = self._layout.packages(finding.location.path)
        homes = tuple(package.directory for package in packages)
        asked = key, bool(finding.tracked), homes[0] if homes else b"", original
        if asked not in self._known:
            cause = next(self._candidates(finding, key, homes, original), None)
            if cause and original and original.exists and (cause.path, cause.line) != (original.path, original.line):
                cause = cause._replace(original=(original.path, original.line))
            self._known[asked] = cause
        return self._known[asked]

    def _candidates(
        self, finding: Finding, key: Key, homes: tuple[bytes, ...], original: Original | None
    ) -> Iterator[Cause]:
        """The causes that fit, the surest first."""
        sites = [site for site in self._sites(key, tracked=bool(finding.tracked)) if site.path != finding.location.path]
        near = [site for site in sites if not homes or not site.home or site.home in homes]
        handed = self._near(self._wires.handed, homes)
        read = [wire for wire in self._near(self._wires.read, homes) if wire.side not in (Side.SERVER, Side.NODE)]
        for site in near:
            if original and original.exists and site.place == (original.path, original.line):
                yield self._literal(site)
        public = [*self._public_names(near, homes)]
        for named in public:
            if named.readers and named.loaded:
                yield self._by_public_name(named, original)
        for site in near:
            for wire in handed:
                if site.name and site.is_env and wire.name in (site.name, None):
                    yield self._by_setting(wire, site.name, site)
        for site in near:
            for wire in read:
                inliner = self._inliner(wire) if site.name and wire.name == site.name else None
                if inliner and site.name:
                    yield self._by_read(wire, site.name, site, inliner)
        literals = [site for site in near if not site.is_env and not is_document(base_name(site.path))]
        for site in literals:
            if site.side is Side.CLIENT:
                yield self._literal(site)
        for named in public:
            if named.loaded and not named.readers:
                yield self._by_public_name(named, original)
        for site in literals:
            if site.side is None:
                yield self._literal(site)
        for named in public:
            if not named.loaded:
                yield self._by_public_name(named, original)._replace(certain=False)
        if original:
            yield from self._by_map(finding, original, near, handed)
        for site in near:
            if site.is_env and not is_template(base_name(site.path)):
                message = f"{site.shown} holds it; how it got from there into the build is not known"
                yield Cause(Way.ENV_FILE, site.path, site.match.line, message, site.name)
        if not near:
            yield from self._likely(homes, handed, read)

    def _sites(self, key: Key, *, tracked: bool) -> list[_Site]:
        """The places of *key* that are no output, those that say most first; *tracked*: output is in git too."""
        if (key, tracked) not in self._sites_of:
            found: list[_Site] = []
            for match in self._by_key.get(key, ()):
                if len(found) >= _MOST_SITES:
                    break
                path = match.blob.path
                if (tracked or not match.blob.tracked) and self._layout.ships(path) is not None:
                    continue
                packages = self._layout.packages(path)
                home = packages[0].directory if packages else b""
                side = self._layout.side(path, match.side)
                found.append(_Site(match, home, name_before(self._layout, match), side))
            found.sort(key=lambda s: (is_template(base_name(s.path)), b"production" not in base_name(s.path), s.place))
            self._sites_of[key, tracked] = found
        return self._sites_of[key, tracked]

    def _public_names(self, sites: Sequence[_Site], homes: tuple[bytes, ...]) -> Iterator[_Named]:
        """The public names that the key has at *sites*: its own there, and those that are set from these."""
        for site in sites:
            if site.name is None or is_template(base_name(site.path)):
                continue
            setters = [w for w in self._wires.set if w.assigned and w.name and site.name in w.assigned.references]
            for name, setter in ((site.name, None), *((w.name or "", w) for w in setters)):
                if public := public_by(self._layout, name, site.path):
                    readers = tuple(w for w in self._wires.read if w.name == name and self._may_be_built_in(w, homes))
                    loaded = not site.is_env or not homes or site.path[: -len(base_name(site.path))] in homes
                    yield _Named(site, name, public, readers, setter, loaded)

    def _may_be_built_in(self, wire: Wire, homes: tuple[bytes, ...]) -> bool:
        """Whether what stands at *wire* is of the packages *homes*, or of one that is no app of its own."""
        packages = self._layout.packages(wire.path)
        return not packages or packages[0].directory in homes or not packages[0].frameworks

    def _near(self, wires: Sequence[Wire], homes: tuple[bytes, ...]) -> list[Wire]:
        """Those of *wires* that lie in the innermost of *homes* that has any, or else in no package of their own."""
        of_package = [(wire, self._home(wire)) for wire in wires]
        for home in homes:
            if found := [wire for wire, of in of_package if of == home]:
                return found
        return [wire for wire, of in of_package if not of]

    def _home(self, wire: Wire) -> bytes:
        packages = self._layout.packages(wire.path)
        return packages[0].directory if packages else b""

    def _inliner(self, wire: Wire) -> str | None:
        return next((p.inlines_any for p in self._layout.packages(wire.path) if p.inlines_any), None)

    def _literal(self, site: _Site) -> Cause:
        return Cause(Way.LITERAL, site.path, site.match.line, f"The key is written down in {site.shown}", site.name)

    def _by_public_name(self, named: _Named, original: Original | None) -> Cause:
        site, name, public, readers, setter, _ = named
        at_original = [w for w in readers if original and (w.path, w.line) == (original.path, original.line)]
        reader = next(iter((*at_original, *readers)), None)
        read = f", for {_place(reader)}" if reader else ""
        if setter:
            message = f"{_place(setter)} sets {name}, a name that {public.sentence}{read}, from what {site.shown} holds"
            return Cause(Way.PUBLIC_NAME, setter.path, setter.line, message, name)
        message = f"{site.shown} holds it as {name}, which {public.sentence}{read}"
        return Cause(Way.PUBLIC_NAME, site.path, site.match.line, message, name)

    def _by_setting(self, wire: Wire, name: str, site: _Site) -> Cause:
        what = name if wire.name else f"every variable of the environment, {name} too,"
        message = f"{_place(wire)} hands {what} over to client code (`{wire.how}`), and {site.shown} holds the key"
        return Cause(Way.SETTING, wire.path, wire.line, message, name)

    def _by_read(self, wire: Wire, name: str, site: _Site, inliner: str) -> Cause:
        message = f"{_place(wire)} reads {name}, whose value {inliner} puts there, and {site.shown} holds the key"
        return Cause(Way.READ, wire.path, wire.line, message, name)

    def _by_map(
        self, finding: Finding, original: Original, sites: Sequence[_Site], handed: Sequence[Wire]
    ) -> Iterator[Cause]:
        place = f"{shown(original.path)}:{original.line}"
        if not original.exists:
            message = f"The source map leads to line {original.line} of a source that is not here ({original.name})"
            yield Cause(Way.SOURCE_MAP, finding.location.path, finding.location.line, message, certain=False)
            return
        holders = {site.name: site.shown for site in reversed(sites) if site.name}
        for wire in self._wires.read:
            if (wire.path, wire.line) == (original.path, original.line) and wire.name and is_server_name(wire.name):
                public = public_by(self._layout, wire.name, wire.path)
                how = f", a name that {public.sentence}" if public else ""
                held = f"; {holders[wire.name]} holds the key" if wire.name in holders else ""
                message = f"{place}, by the source map, reads {wire.name}{how}{held}"
                yield Cause(Way.READ, wire.path, wire.line, message, wire.name)
        for wire in handed:
            if wire.name is None or is_server_name(wire.name):
                message = (
                    f"The source map leads to {place}, and {_place(wire)} hands {wire.name or 'every variable'} over "
                    f"to client code (`{wire.how}`)"
                )
                yield Cause(Way.SETTING, wire.path, wire.line, message, wire.name, certain=False)
        yield Cause(Way.SOURCE_MAP, original.path, original.line, f"The source map leads to {place}")

    def _likely(self, homes: tuple[bytes, ...], handed: Sequence[Wire], read: Sequence[Wire]) -> Iterator[Cause]:
        """Without the key anywhere else: what hands a server's key over in the package is what did it, most likely."""
        for wire in handed:
            if self._home(wire) in homes and (wire.name is None or is_server_name(wire.name)):
                what = wire.name or "every variable of the environment"
                message = f"Most likely {_place(wire)}, which hands {what} over to client code (`{wire.how}`)"
                yield Cause(Way.SETTING, wire.path, wire.line, message, wire.name, certain=False)
        for wire in read:
            name = wire.name or ""
            public = public_by(self._layout, name, wire.path)
            inliner = public.framework or "the build" if public else self._inliner(wire)
            if self._home(wire) in homes and is_server_name(name) and inliner:
                message = f"Most likely {_place(wire)}, which reads {name}: {inliner} puts its value there"
                yield Cause(Way.READ, wire.path, wire.line, message, name, certain=False)


def _place(wire: Wire | None) -> str:
    return f"{shown(wire.path)}:{wire.line}" if wire else ""
