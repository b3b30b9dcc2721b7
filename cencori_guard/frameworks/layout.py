"""Where in a project things are: its packages, what of it ships, what of its source runs in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

from cencori_guard.frameworks.globs import literal_part, path_pattern
from cencori_guard.frameworks.package import CONFIG_DIRECTORIES, MANIFEST, Package
from cencori_guard.frameworks.table import config_names
from cencori_guard.inlining.code import SCRIPTS
from cencori_guard.inlining.pages import COMPONENTS
from cencori_guard.models import Side
from cencori_guard.patterns import lazy
from cencori_guard.places import (
    DEPENDENCY_DIRECTORIES,
    base_name,
    is_page,
    is_shipped_file,
    is_web_file,
    shipped_ancestors,
)

_MOST_PACKAGES = 5_000
# Lists of names that are kept.
_MOST_KEPT = 2_000
_PAGES = (b".html", b".htm", b".astro")
_CLIENT_NAME = lazy(rb"\.client\.[\w.]+\Z|\Aentry[.-]client\.|\Aentry-browser\.|\Agatsby-browser\.")
_SERVER_NAME = lazy(rb"\.server\.[\w.]+\Z|\Aentry[.-]server\.|\A\+server\.")
# Nowhere: neither ships.
_TEST_NAME = lazy(rb"[._-](?:test|spec|e2e|cy)\.\w+\Z|\.d\.[cm]?ts\Z|\Atest_|\Asetup-?tests\.")
_TEST_DIRECTORIES = frozenset(
    b"test tests __tests__ __mocks__ e2e cypress playwright test-utils testing __fixtures__ mocks stubs".split()
)
# Directly in a package, or in its src.
_SERVER_NAME_AT_TOP = lazy(rb"\A(?:server|middleware|instrumentation)\.\w+\Z")
_CONFIG_NAME = lazy(rb"\.config\.\w+\Z")
_SERVER_DIRECTORIES_AT_TOP = frozenset(
    b"functions server-functions netlify supabase lambda lambdas workers edge-functions scripts bin api backend "
    b"migrations prisma".split()
)
_SERVER_DIRECTORIES = frozenset((b".server", b"server"))
# Directories of a usual name that compilers of servers write to as well.
_COMPILED = frozenset((b"dist", b"build", b"out"))


class View(Protocol):
    """The files of a project as somebody has them: on disk, in the index, in a commit."""

    def names(self, directory: bytes) -> frozenset[bytes]:
        """The names of what lies in *directory* (``b""``, or ending in a slash); none where there is no such thing."""

    def read(self, path: bytes, most: int = ...) -> bytes | None:
        """The content of the file at *path*; ``b""`` where there is none, None where it has more than *most* bytes."""

    def is_root(self, directory: bytes) -> bool:
        """Whether a repository begins in *directory* (``b""``, or ending in a slash): what is above is not its."""

    def holds(self, directory: bytes, test: Callable[[bytes], bool]) -> bool:
        """Whether any file in *directory* (no slash at its end) or below it has a name that passes *test*."""


class Shipped(NamedTuple):
    """Why something ships: as the output or the static files of *framework*, if that is known."""

    framework: str | None = None


class Layout:
    """What is known of a project, of which *view* has the files.  Asked for what was found alone."""

    def __init__(self, view: View) -> None:
        self.view = view
        # What could not be looked at as a whole: files that are too long, configs with too much in them.
        self.unread: dict[bytes, str] = {}
        self._packages: dict[bytes, Package | None] = {}
        self._roots: dict[bytes, bool] = {}
        self._names: dict[bytes, frozenset[bytes]] = {}
        self._usual: dict[bytes, bool] = {}
        self._around: dict[bytes, list[Package]] = {}
        self._met: list[Package] = []
        self._prefixes: tuple[tuple[str, str], ...] = ()
        self._prefixes_of = 0
        self._elsewhere: list[tuple[re.Pattern[bytes], str]] = []
        self._starts: list[bytes] = []
        self._asked_elsewhere = 0

    def names(self, directory: bytes) -> frozenset[bytes]:
        """What lies in *directory*; the last ones asked for are kept."""
        if directory not in self._names:
            if len(self._names) >= _MOST_KEPT:
                self._names.clear()
            self._names[directory] = self.view.names(directory)
        return self._names[directory]

    def read(self, path: bytes) -> bytes:
        """The content of a manifest, a config or source; of one that is too long nothing, and that is noted."""
        content = self.view.read(path)
        if content is None:
            self.unread.setdefault(path, "too long to be looked into for what it does with keys: more than 1 MB")
        return content or b""

    def packages(self, path: bytes) -> list[Package]:
        """The packages that *path* lies in, the innermost first; none within dependencies."""
        head, slash, _ = path.rpartition(b"/")
        directory = head + slash
        if directory not in self._around:
            if len(self._around) >= _MOST_KEPT:
                self._around.clear()
            self._around[directory] = self._find_packages(head)
        return self._around[directory]

    def _find_packages(self, head: bytes) -> list[Package]:
        parts = head.split(b"/") if head else []
        if not DEPENDENCY_DIRECTORIES.isdisjoint(parts):
            return []
        packages = []
        for depth in range(len(parts), -1, -1):
            directory = b"".join(part + b"/" for part in parts[:depth])
            if package := self._package(directory):
                packages.append(package)
            if self._is_root(directory):
                break
        return packages

    def _is_root(self, directory: bytes) -> bool:
        if directory not in self._roots:
            self._roots[directory] = self.view.is_root(directory)
        return self._roots[directory]

    def _package(self, directory: bytes) -> Package | None:
        if directory not in self._packages:
            names = self.names(directory)
            known = config_names()
            package = None
            of_configs = base_name(directory[:-1]) in CONFIG_DIRECTORIES
            if MANIFEST in names or (not of_configs and any(map(known.match, names))):
                if len(self._met) < _MOST_PACKAGES:
                    package = Package(directory, names, self.read, self.names, self.unread)
                    self._met.append(package)
                else:
                    self.unread.setdefault(directory, f"more than {_MOST_PACKAGES:,} packages: the rest is not known")
            self._packages[directory] = package
        return self._packages[directory]

    def seen(self) -> list[Package]:
        """All packages that were met so far."""
        return self._met

    def elsewhere(self) -> list[tuple[re.Pattern[bytes], str]]:
        """What packages that were met ship outside of their directories: patterns of paths, each with a framework."""
        for package in self._met[self._asked_elsewhere :]:
            self._elsewhere += [(path_pattern(glob), who) for glob, who in package.ships_elsewhere]
            self._starts += [
                literal_part(glob).encode("utf-8", "surrogateescape") for glob, _ in package.ships_elsewhere
            ]
        self._asked_elsewhere = len(self._met)
        return self._elsewhere

    def starts_elsewhere(self) -> list[bytes]:
        """The directories that these begin with."""
        self.elsewhere()
        return self._starts

    def usual_prefixes(self) -> tuple[tuple[str, str], ...]:
        """The prefixes of inlined names of all packages that were met so far, each with the framework's name."""
        if self._prefixes_of != len(self._met):
            self._prefixes_of = len(self._met)
            self._prefixes = tuple(dict.fromkeys(pair for package in self._met for pair in package.usual_prefixes))
        return self._prefixes

    def package(self, path: bytes) -> Package | None:
        """The innermost package of *path* that is built with something known, or else the innermost."""
        packages = self.packages(path)
        return next((package for package in packages if package.frameworks), packages[0] if packages else None)

    def backend(self, path: bytes) -> str:
        """Where, in the package of *path*, a call with the server's key belongs."""
        package = self.package(path)
        stated = (framework.backend for framework in package.frameworks if framework.backend) if package else iter(())
        return next(stated, "a server or an edge function")

    def commits(self, path: bytes) -> bool:
        """Whether the documentation of a framework around the env file *path* tells people to commit it."""
        return any(package.commits(base_name(path)) for package in self.packages(path))

    def ships(self, path: bytes) -> Shipped | None:
        """Whether the file at *path* is given to people, and why.

        A directory ships that a framework of its package fills or copies; one of a usual
        name, where it holds what browsers load, and, beside a framework with directories
        of its own or in a server's package, a page.
        """
        if not DEPENDENCY_DIRECTORIES.isdisjoint(path.split(b"/")[:-1]):
            return Shipped() if is_shipped_file(base_name(path)) else None
        for package in self.packages(path):
            within = path[len(package.directory) :]
            if any(pattern.match(within) for pattern in package.server_output) and not is_page(path):
                return None
            for pattern, framework in package.ship_patterns:
                if pattern.match(within):
                    return Shipped(framework)
        for pattern, framework in self.elsewhere():
            if pattern.match(path):
                return Shipped(framework)
        if is_shipped_file(base_name(path)) or any(self._ships_below(d, path) for d in shipped_ancestors(path)):
            return Shipped()
        return None

    def usually_ships(self, directory: bytes) -> bool:
        """Whether anything in *directory* (no slash at its end), which has a usual name, may ship: browsers load it."""
        if directory not in self._usual:
            self._usual[directory] = self.view.holds(directory, is_web_file)
        return self._usual[directory]

    def _ships_below(self, directory: bytes, path: bytes) -> bool:
        """Whether *path* ships because it lies in *directory*, which has a usual name."""
        if not self._wants_page(directory):
            return self.usually_ships(directory)
        here = path.rpartition(b"/")[0]
        while len(here) >= len(directory):
            if any(map(is_page, self.names(here + b"/"))):
                return True
            here = here.rpartition(b"/")[0]
        return False

    def _wants_page(self, directory: bytes) -> bool:
        """Whether scripts alone are no sign that *directory* is the web's: others write scripts there as well."""
        package = self.package(directory)
        if package is None:
            return False
        exact = any(f.ships and not (f.bundler or f.host) for f in package.frameworks)
        return exact or (package.serves and base_name(directory) in _COMPILED)

    def side(self, path: bytes, said: Side | None) -> Side | None:
        """Where the source at *path* runs; *said*: what its text says itself.  None where that is not known."""
        name = base_name(path).lower()
        parts = path.split(b"/")[:-1]
        if not name.endswith((*SCRIPTS, *COMPONENTS, *_PAGES)) or not DEPENDENCY_DIRECTORIES.isdisjoint(parts):
            return None
        if said in (Side.CLIENT, Side.SERVER):
            return said
        if b".server" in parts or _SERVER_NAME.search(name) or _TEST_NAME.search(name):
            return Side.SERVER
        if b".client" in parts or _CLIENT_NAME.search(name):
            return Side.CLIENT
        packages = self.packages(path)
        for package in packages:
            if side := self._side_in(package, path[len(package.directory) :], said):
                return side
        if not packages and not (_SERVER_DIRECTORIES | _TEST_DIRECTORIES).isdisjoint(parts):
            return Side.SERVER
        return Side.CLIENT if name.endswith((*COMPONENTS, b".html", b".htm")) and said is not Side.NODE else None

    def _side_in(self, package: Package, within: bytes, said: Side | None) -> Side | None:
        parts = within.split(b"/")
        directories, name = parts[:-1], parts[-1].lower()
        if any(pattern.match(within) for pattern in package.server):
            return Side.SERVER
        if not (_TEST_DIRECTORIES | _SERVER_DIRECTORIES).isdisjoint(directories):
            return Side.SERVER
        if (said is Side.NODE and not package.is_given_whole) or (said is Side.ROUTE and package.renders):
            return Side.SERVER
        if any(pattern.match(within) for pattern in package.client):
            return Side.CLIENT
        if (not directories and _CONFIG_NAME.search(name)) or (
            directories in ([], [b"src"]) and _SERVER_NAME_AT_TOP.search(name)
        ):
            return Side.SERVER
        if directories and directories[0] in _SERVER_DIRECTORIES_AT_TOP:
            return Side.SERVER
        return Side.CLIENT if any(pattern.match(within) for pattern in package.pages) else None
