"""Asks git which ignore rule decides about a path, and whether the team shares that rule."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from cencori_guard.errors import GitError
from cencori_guard.git.catfile import CatFile
from cencori_guard.git.listing import indexed
from cencori_guard.git.runner import Git
from cencori_guard.models import IgnoreRule
from cencori_guard.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

IGNORE_FILE = b".gitignore"
# Questions that fit into a pipe however long the paths are; git answers each at once.
_AT_ONCE = 8
_MOST_BYTES = 1 << 20


def deciding_rules(git: Git, paths: Sequence[bytes]) -> dict[bytes, IgnoreRule | None]:
    """For each of *paths* (relative to git's directory) the rule that decides about it, or None where none does.

    A rule is shared when it stands in a ``.gitignore`` that is tracked or would be: not
    in ``.git/info/exclude``, a global excludes file, or a ``.gitignore`` that is itself
    ignored.  Tracked paths are judged as if they were not.  Raises :class:`GitError`.
    """
    verdicts = _ask(git, paths, None)
    sources = {s for s, _, _ in filter(None, verdicts.values()) if s.endswith(IGNORE_FILE) and not os.path.isabs(s)}
    listed: Collection[bytes] = ()
    if sources:
        listing = git.run("ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *sources)
        listed = set(listing.split(b"\0"))
    return {path: _rule(verdict, listed) for path, verdict in verdicts.items()}


def deciding_rules_of_index(git: Git, paths: Sequence[bytes]) -> dict[bytes, IgnoreRule | None]:
    """As :func:`deciding_rules`, by the ``.gitignore`` files as they stand in the index."""
    with _ignore_files_of_index(git) as (directory, listed):
        return {path: _rule(verdict, listed) for path, verdict in _ask(git, paths, directory).items()}


_Verdict = tuple[bytes, int, bytes]


def _ask(git: Git, paths: Sequence[bytes], work_tree: bytes | None) -> dict[bytes, _Verdict | None]:
    if not paths:
        return {}
    # It takes no literal pathspecs, and has no use for them: it expands nothing. But a colon would begin magic.
    process = git.start(
        "--no-literal-pathspecs",
        "check-ignore",
        "-v",
        "-n",
        "-z",
        "--no-index",
        "--stdin",
        stdin=True,
        work_tree=work_tree,
    )
    verdicts: dict[bytes, _Verdict | None] = {}
    records = process.records()
    for first in range(0, len(paths), _AT_ONCE):
        batch = paths[first : first + _AT_ONCE]
        try:
            process.stdin.write(b"".join(b"./" * path.startswith(b":") + path + b"\0" for path in batch))
            process.stdin.flush()
        except BrokenPipeError:
            break  # git has ended; finish() says why
        answers = zip(*[islice(records, 4 * len(batch))] * 4, strict=False)
        for path, (source, line, pattern, _) in zip(batch, answers, strict=False):
            verdicts[path] = (source, int(line), pattern) if pattern else None
    process.finish(ok=(0, 1))
    return verdicts


def _rule(verdict: _Verdict | None, shared: Collection[bytes]) -> IgnoreRule | None:
    if verdict is None:
        return None
    source, line, pattern = verdict
    return IgnoreRule(shown(source), line, shown(pattern), source in shared)


@contextmanager
def _ignore_files_of_index(git: Git) -> Iterator[tuple[bytes, Collection[bytes]]]:
    """A directory with nothing in it but the index's ``.gitignore`` files, and their paths."""
    from tempfile import TemporaryDirectory  # loads a good deal that a commit without env files need not wait for

    versions = [v for v in indexed(git) if os.path.basename(v[0]) == IGNORE_FILE and v[2].startswith("100")]
    with TemporaryDirectory(prefix="cencori-guard-") as made:
        directory = os.fsencode(made)
        objects = CatFile(git)
        for path, size in objects.objects((oid, path) for path, oid, _mode in versions):
            text = bytearray(min(size or 0, _MOST_BYTES))
            got = 0
            while got < len(text):
                got += objects.readinto(memoryview(text)[got:])
            if not {b"", b".", b"..", b".git"}.isdisjoint(path.split(b"/")):
                raise GitError(f"the index holds a path that leads out of the repository: {shown(path)}")
            whole = os.path.join(directory, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, "wb") as stream:
                stream.write(text)
        objects.close()
        yield directory, {path for path, _oid, _mode in versions}
