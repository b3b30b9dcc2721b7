"""The files of checkouts and plain directories, as they are on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from cencori_guard.errors import GitError
from cencori_guard.frameworks.layout import Layout
from cencori_guard.git.ignore import deciding_rules
from cencori_guard.git.listing import GITLINK, Entry, entries, start_ignored, start_listing
from cencori_guard.git.runner import Git
from cencori_guard.models import Blob, ReadInto
from cencori_guard.places import DEPENDENCY_DIRECTORIES, base_name, is_env_file
from cencori_guard.sources.files import Files, NotRegular
from cencori_guard.sources.shipped import shipped_files
from cencori_guard.sources.targets import Target, Targets
from cencori_guard.sources.views import DiskView
from cencori_guard.sources.walk import Ignores, Warn, walk
from cencori_guard.tally import Tally
from cencori_guard.text import shown

# Repositories within repositories; deeper is no project.
_DEEPEST = 16

# How deep env files are looked for in a directory that is ignored, and in how many directories.
_ENV_DEPTH, _MOST_LOOKED_INTO = 2, 200
_CONFIG_ENDS = (b".js", b".mjs", b".cjs", b".ts", b".mts", b".cts")
_BESIDE = (b'"../', b"'../", b"`../", b'".."', b"'..'", b"root")

Excluded = Callable[[bytes], bool]


class Tree:
    """The work trees of *targets*.  What cannot be looked at goes to *tally*; *excluded* paths are left out."""

    def __init__(
        self, targets: Targets, layout: Layout, tally: Tally, *, excluded: Excluded, bundles: bool = True
    ) -> None:
        """*layout* of the same files.  *bundles*: also look into what ships although git ignores it."""
        self._targets = targets
        self._layout = layout
        self._tally = tally
        self._excluded = excluded
        self._bundles = bundles
        self._env_files: set[bytes] = set()
        self._ignored = b""  # something that was ignored, for when nothing is left

    def blobs(self) -> Iterator[tuple[Blob, ReadInto]]:
        """Yield every file once."""
        files = Files(self._targets.base)
        named = {self._targets.prefix(target) + path for target in self._targets.targets for path in target.paths}
        anything = False
        # Named places may overlap; without names every path comes once.
        seen: set[bytes] | None = set() if named or len(self._targets.targets) > 1 else None
        try:
            for blob in self._list():
                anything = True
                if seen is not None:
                    if blob.path in seen:
                        continue
                    seen.add(blob.path)
                if blob.path not in named and self._excluded(blob.path):
                    continue
                try:
                    files.open(blob.path)
                except FileNotFoundError:
                    continue  # deleted since it was listed, or from the work tree alone
                except NotRegular as what:
                    self._tally.skip(blob.path, str(what.strerror), blind=blob.path in named)
                    continue
                except OSError as error:
                    self._tally.skip(blob.path, f"cannot be read: {error.strerror}", blind=True)
                    continue
                self._tally.files += 1
                yield blob, files.readinto
                if files.holes:
                    why = f"a sparse file: its holes ({files.holes:,} bytes of nothing) were not read"
                    self._tally.skip(blob.path, why, blind=False)
        finally:
            files.close()
        if not anything and self._ignored:
            self._blind(self._ignored, "everything here is ignored, so nothing was looked at: name a file or directory")

    def _list(self) -> Iterator[Blob]:
        for target in self._targets.targets:
            prefix = self._targets.prefix(target)
            if target.checkout:
                yield from self._checkout(target, prefix, 0)
            else:
                yield from self._plain(target, prefix)

    def _checkout(self, target: Target, prefix: bytes, depth: int) -> Iterator[Blob]:
        """List a checkout with git; where git fails, walk it, and say that the list may be wrong."""
        git = Git(target.root)
        missing = dict.fromkeys(target.paths)
        listed = False
        try:
            if depth == 0:
                git.check_version()
            top = os.path.realpath(git.run("rev-parse", "--show-toplevel").rstrip(b"\n"))
            if top != os.path.realpath(target.root):
                raise GitError(f"its config says that the work tree is elsewhere ({shown(top)})")
            limits = () if target.whole else target.paths
            listing, ignoring = start_listing(git, limits), start_ignored(git, limits)
            for entry in entries(listing):
                listed = True
                path, oid, mode = entry
                missing.pop(path, None)
                self._meet(prefix + path)
                if path.endswith(b"/") or mode == GITLINK:
                    yield from self._nested(target.root, prefix, entry, depth)
                else:
                    yield Blob(prefix + path, prefix, oid is not None, False, oid)
            ignored = list(ignoring.records())
            self._ignored = self._ignored or b"".join(prefix + path for path in ignored[:1])
            said = listing.finish() or ignoring.finish()
            listed = True
            if said:
                self._blind(prefix, f"git ls-files said: {said}")
            yield from self._ignored_env_files(git, prefix, ignored)
            yield from self._named(git, prefix, list(missing))
        except GitError as error:
            if listed:
                self._blind(prefix, f"git failed while it listed the files: {error}")
                return
            self._blind(prefix, f"git could not list the files, so they were found without it: {error}")
            yield from self._plain(target, prefix)
            return
        if self._bundles:
            yield from self._shipped(prefix, ignored, prefix)

    def _ignored_env_files(self, git: Git, prefix: bytes, ignored: list[bytes]) -> Iterator[Blob]:
        """The env files among what is ignored; for the team those are not that only a rule of this person's ignores."""
        wanted = [
            path
            for path in ignored
            if (path.endswith(b"/") or is_env_file(base_name(path)))
            and DEPENDENCY_DIRECTORIES.isdisjoint(path.split(b"/"))
        ]
        rules = deciding_rules(git, wanted)
        shared = {path for path, rule in rules.items() if rule and rule.protects}
        files = {path for path in rules if not path.endswith(b"/")}
        for path in rules.keys() - shared - files:
            files.update(self._env_files_below(git.directory, path[:-1]))
        for path in shared - files:
            files.update(self._env_files_in(git.directory, path))
        for path, rule in deciding_rules(git, sorted(files)).items():
            ignored_by_all = bool(rule and rule.protects)
            if not ignored_by_all or self._is_to_be_read(prefix + path):
                yield Blob(prefix + path, prefix, ignored=ignored_by_all)

    def _is_to_be_read(self, path: bytes) -> bool:
        """Whether the ignored env file at *path* is read here: one that ships comes with what ships, or not at all."""
        if self._layout.ships(path) is None:
            return True
        if self._bundles:
            self._env_files.add(path)
        return self._bundles

    def _ignored_env_file(self, path: bytes) -> Iterator[Blob]:
        """The one at *path*, outside of git."""
        if self._is_to_be_read(path):
            yield Blob(path, ignored=True)

    def _env_files_in(self, root: bytes, directory: bytes) -> list[bytes]:
        """The env files in the ignored *directory* (ending in a slash), not far down: below are other people's."""
        view, found, pending = DiskView(root), list[bytes](), [(directory, 0)]
        for here, depth in pending:
            names = view.names(here)
            found += [here + name for name in sorted(names) if is_env_file(name)]
            if depth < _ENV_DEPTH and len(pending) < _MOST_LOOKED_INTO:
                below = [name for name in sorted(names) if name not in DEPENDENCY_DIRECTORIES and b"." not in name[1:]]
                pending += [(here + name + b"/", depth + 1) for name in below[:_MOST_LOOKED_INTO]]
        return found

    def _env_files_below(self, root: bytes, directory: bytes) -> list[bytes]:
        return [
            found.path
            for found in walk(root, directory, None, lambda *_: None)
            if not (found.symlink or found.directory)
            and is_env_file(base_name(found.path))
            and DEPENDENCY_DIRECTORIES.isdisjoint(found.path.split(b"/"))
        ]

    def _named(self, git: Git, prefix: bytes, named: list[bytes]) -> Iterator[Blob]:
        """What the user named and git did not list: ignored files, and all that lies in ignored directories."""
        directories = [p for p in named if os.path.isdir(os.path.join(git.directory, p))]
        rules = deciding_rules(git, [d + b"/" for d in directories])
        for path in named:
            if path not in directories:
                yield Blob(prefix + path, prefix, ignored=True)
            elif b".git" in path.split(b"/") or ((rule := rules.get(path + b"/")) and rule.ignores):
                inner = Target(git.directory, checkout=False, whole=False, paths=(path,))
                for blob in self._plain(inner, prefix, obey=False):
                    yield blob._replace(repository=prefix, ignored=True)

    def _nested(self, root: bytes, prefix: bytes, entry: Entry, depth: int) -> Iterator[Blob]:
        """A repository within: its own git lists it, where it is checked out."""
        path = entry[0].rstrip(b"/")
        inner = os.path.join(root, path)
        if not os.path.lexists(os.path.join(inner, b".git")) or os.path.islink(inner):
            if os.path.isdir(inner) and not os.path.islink(inner) and os.listdir(inner):
                yield from self._plain(Target(inner, checkout=False), prefix + path + b"/")
            elif entry[2] == GITLINK:
                self._tally.skip(prefix + path, "a submodule that is not checked out", blind=False)
            return
        if depth >= _DEEPEST:
            self._blind(prefix + path, f"repositories within repositories, more than {_DEEPEST} deep")
            return
        yield from self._checkout(Target(inner, checkout=True), prefix + path + b"/", depth + 1)

    def _plain(self, target: Target, prefix: bytes, *, obey: bool = True) -> Iterator[Blob]:
        """What lies in a directory that is no checkout; *obey* its ignore files."""
        warn = self._warner(prefix)
        ignores = Ignores(target.root, lambda p, why: self._tally.skip(prefix + p, why, blind=False)) if obey else None
        for start in (*(b"",) * target.whole, *target.paths):
            if not os.path.isdir(os.path.join(target.root, start)):
                ignored = ignores is not None and ignores.ignored_by(start) is not None
                yield Blob(prefix + start, None, ignored=ignored)
                continue
            unseen = []
            for found in walk(target.root, start, ignores, warn):
                if found.ignored:
                    self._ignored = self._ignored or prefix + found.path
                    unseen.append(found.path + b"/" * found.directory)
                    if not (found.directory or found.symlink) and is_env_file(base_name(found.path)):
                        yield from self._ignored_env_file(prefix + found.path)
                elif found.directory:
                    inner = Target(os.path.join(target.root, found.path), checkout=True)
                    yield from self._checkout(inner, prefix + found.path + b"/", 1)
                else:
                    self._meet(prefix + found.path)
                    yield Blob(prefix + found.path)
            if self._bundles:
                yield from self._shipped(prefix, unseen, None)

    def _meet(self, path: bytes) -> None:
        """Note the package around a config that may name an output beside it: that is to be known before it is met."""
        name = base_name(path)
        if not (name.endswith(_CONFIG_ENDS) and b".config." in name) or b"node_modules/" in path:
            return
        if any(mark in self._layout.read(path) for mark in _BESIDE):
            self._layout.packages(path)

    def _shipped(self, prefix: bytes, ignored: list[bytes], repository: bytes | None) -> Iterator[Blob]:
        """What ships although it is *ignored*, by paths below *prefix*."""
        places = (prefix + path for path in ignored)
        for path in shipped_files(self._targets.base, self._layout, places, self._warner(b"")):
            if path not in self._env_files:  # which were given already
                yield Blob(path, repository, ignored=True)

    def _blind(self, path: bytes, why: str) -> None:
        self._tally.skip(path, why, blind=True)

    def _warner(self, prefix: bytes) -> Warn:
        return lambda path, why: self._blind(prefix + path, why)
