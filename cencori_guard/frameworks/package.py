"""A package of a project: a directory with a manifest or a bundler's config, and what these say."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from typing import Any

from cencori_guard.frameworks import output
from cencori_guard.frameworks.globs import name_pattern, path_pattern
from cencori_guard.frameworks.npm import PAGES, SERVERS
from cencori_guard.frameworks.table import Framework, by_dependency, config_names, frameworks
from cencori_guard.inlining.code import code_of, tokenized
from cencori_guard.inlining.settings import Config, TooMuch
from cencori_guard.patterns import lazy
from cencori_guard.places import base_name

MANIFEST = b"package.json"
_DEPENDENCY_TABLES = ("dependencies", "devDependencies", "optionalDependencies")
_CLIENT_ROOTS = ("client/", "frontend/", "web/")
_PAGE_PLACES = (b"index.html", b"src/index.html", b"public/index.html", b"static/index.html")
_MOST_ROOTS, _MOST_CHOICES = 3, 4
_ROOT = lazy(r"\A[\w@][\w@./-]*\Z")
_MOST_CONFIGS, _MOST_OUTPUTS, _MOST_COMMANDS, _LONGEST_COMMAND = 50, 50, 500, 4_000
# Where configs lie that a command names.
CONFIG_DIRECTORIES = (b"config", b"build", b"webpack", b"scripts", b".storybook", b".config")
_NAMES_CONFIG = lazy(r"(?<!\S)(?:--config|-c)(?:=|\s+)[\"']?([\w@./-]+\.[cm]?[jt]s)\b")
_CONFIG_ELSEWHERE = lazy(rb"(?:webpack|rollup|vite|esbuild|rspack|build)[\w.-]*\.[cm]?[jt]s\Z|[\w.-]+\.config\.\w+\Z")


class Package:
    """The package in *directory* (``b""``, or ending in a slash)."""

    def __init__(
        self,
        directory: bytes,
        names: Collection[bytes],
        read: Callable[[bytes], bytes],
        names_in: Callable[[bytes], Collection[bytes]],
        unread: dict[bytes, str],
    ) -> None:
        """*names*: of what lies in it; *read* gives the content of a file by its path, *names_in* what a directory has.

        What cannot be looked at as a whole is noted in *unread*, by its path.
        """
        self.directory = directory
        self._names = names
        self._read = read
        self._names_in = names_in
        self._unread = unread
        self.has_manifest = MANIFEST in names
        self._found: dict[str, list[tuple[bytes, int, list[str]]]] = {}

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        import json  # for projects with a client side alone

        try:
            manifest = json.loads(self._read(self.directory + MANIFEST)) if self.has_manifest else {}
        except (ValueError, RecursionError):
            return {}
        return manifest if isinstance(manifest, dict) else {}

    @cached_property
    def dependencies(self) -> frozenset[str]:
        """The names of what it depends on, at run time or to be built."""
        tables = (self._manifest.get(name) for name in _DEPENDENCY_TABLES)
        return frozenset(name for table in tables if isinstance(table, dict) for name in table)

    @cached_property
    def frameworks(self) -> tuple[Framework, ...]:
        """What it is built with, in the order of the table."""
        known = by_dependency()
        found = {framework.name for name in self.dependencies for framework in known.get(name, ())}
        for framework in frameworks():
            if framework.name not in found and any(self._configs_of(framework)):
                found.add(framework.name)
        return tuple(framework for framework in frameworks() if framework.name in found)

    def _configs_of(self, framework: Framework) -> Iterator[bytes]:
        for glob in framework.configs:
            pattern = re.compile(name_pattern(glob))
            yield from (name for name in self._names if pattern.match(name))

    @cached_property
    def configs(self) -> tuple[tuple[bytes, Config], ...]:
        """Its config files: their paths, and what they say."""
        known = config_names()
        names = [name for name in sorted(self._names) if known.match(name) or _CONFIG_ELSEWHERE.match(name)]
        paths = [self.directory + name for name in names]
        for place in CONFIG_DIRECTORIES:
            if place in self._names:
                below = self.directory + place + b"/"
                paths += [below + name for name in sorted(self._names_in(below)) if _CONFIG_ELSEWHERE.match(name)]
        named = {name for command in self._commands for name in _NAMES_CONFIG.findall(command)}
        paths += [self.directory + posixpath.normpath(name).encode() for name in sorted(named) if ".." not in name]
        paths = list(dict.fromkeys(paths))
        if len(paths) > _MOST_CONFIGS:
            self._unread.setdefault(paths[_MOST_CONFIGS], f"more than {_MOST_CONFIGS} configs in one package")
        texts = ((path, self._read(path)) for path in paths[:_MOST_CONFIGS])
        return tuple((path, Config(code_of(text, path) or tokenized(text))) for path, text in texts if text)

    def _strings(self, setting: str) -> list[tuple[bytes, int, list[str]]]:
        """The strings that *setting* has in the configs, each with the path and the place that it stands at."""
        if setting not in self._found:
            found = self._found[setting] = []
            for path, config in self.configs:
                try:
                    found += [(path, at, strings) for at, strings in config.strings_of(setting)]
                except TooMuch:
                    self._unread.setdefault(path, "more settings in it than are looked at")
        return self._found[setting]

    @cached_property
    def prefixes(self) -> tuple[tuple[str, str], ...]:
        """The prefixes of the names that are inlined, as its config has them, each with the framework's name."""
        found = []
        for framework in self.frameworks:
            stated = self._stated(framework)
            found += [(prefix, framework.name) for prefix in (stated[-1][2] if stated else framework.prefixes)]
        return tuple(dict.fromkeys(found))

    @cached_property
    def usual_prefixes(self) -> tuple[tuple[str, str], ...]:
        """The prefixes that its frameworks have where no config states others."""
        return tuple((prefix, f.name) for f in self.frameworks if not self._stated(f) for prefix in f.prefixes)

    @cached_property
    def stated_prefixes(self) -> tuple[tuple[bytes, int, str], ...]:
        """The prefixes that its config states in place of the usual ones, each with its place: a path, an offset."""
        places = {(path, at, p) for f in self.frameworks for path, at, strings in self._stated(f) for p in strings}
        return tuple(sorted(places))

    def _stated(self, framework: Framework) -> list[tuple[bytes, int, list[str]]]:
        own = {path for path, _ in self.configs if _is_config_of(framework, path)}
        # What is built with Vite states its prefix in Vite's config.
        own |= {path for path, _ in self.configs if base_name(path).startswith(b"vite.config.")}
        places = (place for setting in framework.prefix_settings for place in self._strings(setting))
        return [place for place in places if place[0] in own]

    @cached_property
    def inlines_any(self) -> str | None:
        """The name of what inlines any name that client code refers to."""
        return next((framework.name for framework in self.frameworks if framework.inlines_any), None)

    def hands_over(self, path: bytes) -> tuple[str, ...]:
        """The settings whose values reach client code, of those frameworks whose config *path* is."""
        within = path[len(self.directory) :]
        found: list[str] = []
        for framework in self.frameworks:
            own = _is_config_of(framework, path)
            if own or any(path_pattern(glob).match(within) for glob in framework.other_configs):
                found += framework.hands_over
        return tuple(dict.fromkeys(found))

    @property
    def builds_for_clients(self) -> bool:
        """Whether what is built may be a client's: not a command or a server of which only the bundler is known."""
        own = any(not (f.bundler or f.host) for f in self.frameworks)
        return own or self._has_page() or not (self.serves or "bin" in self._manifest)

    @property
    def serves(self) -> bool:
        """Whether a server is among its dependencies."""
        return not SERVERS.isdisjoint(self.dependencies)

    @property
    def renders(self) -> bool:
        """Whether a framework of it runs source on both sides."""
        return any(f.server_output and not (f.spa or f.host) for f in self.frameworks)

    @property
    def is_given_whole(self) -> bool:
        """Whether it is an app or an extension, which people have as a whole: what a server would need is in it too."""
        return any(f.whole for f in self.frameworks)

    @cached_property
    def ships(self) -> tuple[tuple[str, str], ...]:
        """Globs of what it ships, its output and its static files, each with the framework's name."""
        return tuple(dict.fromkeys((glob, who) for glob, who in self._shipped if not glob.startswith("..")))

    @cached_property
    def _shipped(self) -> tuple[tuple[str, str], ...]:
        found = list(output.shipped(self.frameworks, self._named, serves=self.serves))
        # What the root of a page lies in, for tools that write beside it.
        found += [(posixpath.normpath(f"{root}/{glob}"), who) for root in self._roots for glob, who in found]
        return tuple(found)

    @cached_property
    def _roots(self) -> tuple[str, ...]:
        places = (strings[-1] for path, _, strings in self._strings("root") if base_name(path).startswith(b"vite."))
        return tuple(dict.fromkeys(root for root in map(posixpath.normpath, places) if _ROOT.match(root)))[:_MOST_ROOTS]

    @cached_property
    def ships_elsewhere(self) -> tuple[tuple[str, str], ...]:
        """What it ships outside of its own directory, as globs relative to the project, each with a framework."""
        here = self.directory.decode("utf-8", "surrogateescape")
        places = [(posixpath.normpath(here + glob), who) for glob, who in self._shipped if glob.startswith("..")]
        return tuple(
            (place, who) for place, who in dict.fromkeys(places) if not place.startswith("..") and place != "."
        )

    @cached_property
    def ship_patterns(self) -> tuple[tuple[re.Pattern[bytes], str], ...]:
        """:attr:`ships`, compiled."""
        return tuple((path_pattern(glob), framework) for glob, framework in self.ships)

    @cached_property
    def server_output(self) -> tuple[re.Pattern[bytes], ...]:
        """What of its output stays on the server."""
        return _patterns(output.kept(self.frameworks, self._named))

    def _named(self, settings: Collection[str]) -> list[str]:
        """The directories that *settings* name in a config or in a script, as far as they say so literally."""
        found: list[str] = []
        for setting in settings:
            if setting.startswith("-"):
                found += output.named_in(self._commands, setting)
            else:
                found += [s for _, _, strings in self._strings(setting) for s in strings[-_MOST_CHOICES:]]
        names = list(dict.fromkeys(filter(output.is_output, map(posixpath.normpath, found))))
        if len(names) > _MOST_OUTPUTS:
            self._unread.setdefault(self.directory + MANIFEST, f"more than {_MOST_OUTPUTS} directories for its output")
        return names[:_MOST_OUTPUTS]

    @cached_property
    def client(self) -> tuple[re.Pattern[bytes], ...]:
        """The source that as a whole is the client's."""
        return _patterns(glob for framework in self.frameworks for glob in framework.client)

    @cached_property
    def pages(self) -> tuple[re.Pattern[bytes], ...]:
        """The source of pages, where there is nothing else in it to be run; or what lies in a directory with a page."""
        if self.renders or not any(f.spa for f in self.frameworks):
            return ()
        of_server = self.serves or "bin" in self._manifest
        roots = [""] if self._has_page() and not of_server else []
        roots += [root for root in _CLIENT_ROOTS if self._read(self.directory + f"{root}index.html".encode())]
        return _patterns(f"{root}src" for root in roots)

    def _has_page(self) -> bool:
        """Whether it makes a page: by what it depends on, by its entry point, or because there is one."""
        entries = self._manifest.get("source")
        entries = entries if isinstance(entries, list) else [entries]
        return (
            "html-webpack-plugin" in self.dependencies
            or (self._manifest.get("private") is True and not PAGES.isdisjoint(self.dependencies))
            or any(isinstance(entry, str) and entry.endswith(".html") for entry in entries)
            or any(".html" in command for command in self._commands)
            or any(self._read(self.directory + place) for place in _PAGE_PLACES)
        )

    @cached_property
    def _commands(self) -> list[str]:
        """The commands of its scripts."""
        scripts = self._manifest.get("scripts")
        texts = [text for text in scripts.values() if isinstance(text, str)] if isinstance(scripts, dict) else []
        if len(texts) > _MOST_COMMANDS or any(len(text) > _LONGEST_COMMAND for text in texts):
            self._unread.setdefault(self.directory + MANIFEST, "more commands in its scripts than are looked at")
        texts = [text[:_LONGEST_COMMAND] for text in texts[:_MOST_COMMANDS]]
        return [command for text in texts for command in re.split(r"&&|\|\||;", text)]

    @cached_property
    def server(self) -> tuple[re.Pattern[bytes], ...]:
        """The source that stays on the server."""
        return _patterns(glob for framework in self.frameworks for glob in framework.server)

    def commits(self, name: bytes) -> bool:
        """Whether the documentation of its framework tells people to commit the env file of that *name*."""
        return any(name == known.encode() for framework in self.frameworks for known in framework.committed)


def _is_config_of(framework: Framework, path: bytes) -> bool:
    name = base_name(path)
    return any(re.match(name_pattern(glob), name) for glob in framework.configs)


def _patterns(globs: Collection[str] | Iterator[str]) -> tuple[re.Pattern[bytes], ...]:
    return tuple(map(path_pattern, dict.fromkeys(globs)))
