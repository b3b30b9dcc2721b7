"""Which directories of a package are what it puts out: what ships of it, and what of that stays on a server."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from cencori_guard.frameworks.table import Framework
from cencori_guard.patterns import lazy
from cencori_guard.places import DEPENDENCY_DIRECTORIES, SHIPPED_DIRECTORIES, is_env_file

# The directories that settings name.
Named = Callable[[Collection[str]], list[str]]

_LOOKS_LIKE_PATH = lazy(r"\A[\w@.][\w@./ -]*\Z")
# A setting of a name that others have too may name one of these.
_SOURCE_DIRECTORIES = frozenset(b"src source app lib pages components packages config test tests".split())
_COMPILED = ("dist", "build", "out")
_FLAG = r"(?<!\S){}(?:=|\s+)[\"']?([\w@./-]+)"
_FOR_NODE = lazy(r"--(?:platform|target)(?:=|\s+)[\"']?(?:node|neutral)|--ssr\b")


def shipped(frameworks: Collection[Framework], named: Named, *, serves: bool) -> Iterator[tuple[str, str]]:
    """Globs of what ships, each with the framework's name; *serves*: the package has a server, which is built too."""
    for framework in frameworks:
        elsewhere = named(framework.output_settings)
        globs = [*framework.ships]
        if framework.output_root:
            globs += [glob for directory in elsewhere for glob in _moved(framework, framework.ships, directory)]
        elif serves and framework.bundler:  # which of the two it builds is not known: pages will tell
            globs = [directory for directory in elsewhere if directory.partition("/")[0] not in _COMPILED]
        elif serves and elsewhere and all(any(d.startswith(glob + "/") for glob in globs) for d in elsewhere):
            globs = elsewhere  # a part of what is usual: the rest is the server's
        else:
            globs += elsewhere
        globs += [*framework.static, *named(framework.static_settings)]
        yield from ((glob, framework.name) for glob in globs)


def kept(frameworks: Collection[Framework], named: Named) -> Iterator[str]:
    """Globs of what of that stays on the server."""
    for framework in frameworks:
        yield from framework.server_output
        for directory in named(framework.output_settings):
            yield from _moved(framework, framework.server_output, directory)


def named_in(commands: Iterable[str], flag: str) -> list[str]:
    """The directories that *flag* names in *commands*, those aside that build for a server."""
    pattern = re.compile(_FLAG.format(re.escape(flag)))
    return [name for command in commands if not _FOR_NODE.search(command) for name in pattern.findall(command)]


def is_output(path: str) -> bool:
    """Whether *path*, as a setting names it, may be an output directory, of the package or beside it."""
    if not _LOOKS_LIKE_PATH.match(path) or path == ".":
        return False
    segments = [segment for segment in path.encode("utf-8").split(b"/") if segment != b".."]
    if not segments:
        return False
    if not DEPENDENCY_DIRECTORIES.isdisjoint(segments) or is_env_file(segments[-1]):
        return False
    return segments[0] not in _SOURCE_DIRECTORIES or not SHIPPED_DIRECTORIES.isdisjoint(segments)


def _moved(framework: Framework, globs: Collection[str], directory: str) -> list[str]:
    """Those *globs* that lie in the usual output directory, as they are where all of it goes to *directory*."""
    root = framework.output_root or (framework.ships[0].partition("/")[0] if framework.ships else "")
    return [directory + glob[len(root) :] for glob in globs if root and (glob + "/").startswith(root + "/")]
