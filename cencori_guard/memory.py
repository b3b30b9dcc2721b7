"""What a scan of a history remembers for the next one: in ``.git/cencori-guard/``, and never a key.

The file says up to where everything has been looked at, with which grammar, and which
objects hold keys; the next scan reads these again, so that what it says of them is not
hearsay.  It is only as trustworthy as the ``.git`` directory that it lies in.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

from cencori_guard.git.runner import Git
from cencori_guard.search.containers.compressed import installed

_DIRECTORY, _FILE = b"cencori-guard", b"history.json"
_VERSION = 1
_MOST_BYTES = 64 << 20
_ID = r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z"
# What decides about bytes: a change in any of it, and everything has to be looked at again.
_GRAMMAR = ("keys.py", "lookalikes.py", "recognise", "search")


class Memory(NamedTuple):
    """What has been looked at: all in *packs*, and so all that *tips* reach; with *metadata* or without.

    ``found``: the ids of the objects that hold keys, each with the redacted form and the
    fingerprint of every key in it.
    """

    tips: tuple[str, ...]
    found: Mapping[str, tuple[tuple[str, str], ...]]
    packs: tuple[str, ...]
    metadata: bool


def grammar_version() -> str:
    """A digest of all code that decides whether bytes are a key, and of what it can unpack."""
    digest = blake2b(" ".join(installed()).encode("ascii"), digest_size=16)
    package = resources.files("cencori_guard")
    for name in _GRAMMAR:
        for file in _code(package.joinpath(name)):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _code(place: Traversable) -> Iterator[Traversable]:
    """The file of code at *place*, or all in it, in an order of their own."""
    if place.is_dir():
        for child in sorted(place.iterdir(), key=lambda child: child.name):
            yield from _code(child)
    elif place.name.endswith(".py"):
        yield place


def load(git: Git) -> tuple[Memory | None, str]:
    """What the last scan remembered, or None; and, where that is of no use, why.  Raises :class:`GitError`."""
    try:
        descriptor = _open(git, make=False)
        try:
            file = os.open(_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=descriptor)
            with open(file, "rb") as stream:
                text = stream.read(_MOST_BYTES)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return None, "nothing is remembered of an earlier scan, so everything is looked at"
    except OSError as error:
        return None, f"what an earlier scan remembered cannot be read ({error.strerror}), so everything is looked at"
    try:
        data = json.loads(text)
        memory, grammar = _checked(data), str(data["grammar"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, "what an earlier scan remembered is damaged, so everything is looked at"
    if grammar != grammar_version():
        return None, "an earlier scan looked for other keys than this version does, so everything is looked at"
    return memory, ""


def _checked(data: Any) -> Memory:  # noqa: ANN401 - whatever the file holds
    if data["version"] != _VERSION or not isinstance(data["metadata"], bool):
        raise ValueError
    for text in (*data["tips"], *data["found"]):
        if not re.match(_ID, text):
            raise ValueError
    found = {}
    for oid, keys in data["found"].items():
        found[oid] = tuple((str(key["redacted"]), str(key["fingerprint"])) for key in keys)
    return Memory(tuple(data["tips"]), found, tuple(map(str, data["packs"])), data["metadata"])


def save(git: Git, memory: Memory) -> None:
    """Replace what is remembered, in one step.  Raises OSError and :class:`GitError`."""
    data = {
        "version": _VERSION,
        "grammar": grammar_version(),
        "metadata": memory.metadata,
        "tips": sorted(memory.tips),
        "packs": sorted(memory.packs),
        "found": {
            oid: [{"redacted": redacted, "fingerprint": fingerprint} for redacted, fingerprint in sorted(keys)]
            for oid, keys in sorted(memory.found.items())
        },
    }
    descriptor = _open(git, make=True)
    part = b"%s.%d.part" % (_FILE, os.getpid())
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with open(os.open(part, flags, 0o600, dir_fd=descriptor), "w", encoding="ascii") as stream:
            json.dump(data, stream, indent=1)
            stream.write("\n")
        os.replace(part, _FILE, src_dir_fd=descriptor, dst_dir_fd=descriptor)
    except BaseException:
        try:
            os.unlink(part, dir_fd=descriptor)
        except OSError:
            pass
        raise
    finally:
        os.close(descriptor)


def _open(git: Git, *, make: bool) -> int:
    """Our directory in the repository's own; a link in its place is not followed, wherever it leads."""
    common = git.run("rev-parse", "--git-common-dir").rstrip(b"\n")
    outer = os.open(os.path.join(git.directory, common), os.O_RDONLY | os.O_DIRECTORY)
    try:
        if make:
            try:
                os.mkdir(_DIRECTORY, 0o700, dir_fd=outer)
            except FileExistsError:
                pass
        return os.open(_DIRECTORY, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=outer)
    finally:
        os.close(outer)
