"""Makes several changes, all of them or none, whatever happens meanwhile.

Every file is written beside its place first, and only then put there, in one step each.  A
journal in the repository's own directory says which belong together: when the process is
killed in between, the next one finishes what had begun, or takes back what had not.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b

from cencori_guard.edits.change import Change, read
from cencori_guard.errors import GuardError
from cencori_guard.text import shown

_JOURNAL, _NEXT = b"changes.json", b".part"
_PART = re.compile(rb"\..+\.cencori-guard-[0-9a-f]{12}\Z", re.DOTALL)
_MOST_BYTES = 16 << 20


def apply(changes: Sequence[Change], store: bytes) -> None:
    """Make *changes*; *store*: a directory of ours, on the same machine, for the journal.

    Raises :class:`GuardError`, and then nothing has changed.
    """
    if not changes:
        return
    _check(changes)
    parts = [_part_of(change.path) for change in changes]
    made: list[bytes] = []
    done: list[Change] = []
    journal, ours = os.path.join(store, _JOURNAL), False
    try:
        os.makedirs(store, 0o700, exist_ok=True)
        ours = not os.path.lexists(journal)  # another run's is not ours to take away
        _write_journal(journal, "prepared", parts, changes, new=True)
        for change, part in zip(changes, parts, strict=True):
            _make_directories(os.path.dirname(change.path), made)
            _write(part, change.new, _mode(change))
        _write_journal(journal, "ready", parts, changes)
        for change, part in zip(changes, parts, strict=True):
            done.append(change)  # before, so that no moment is missed
            os.replace(part, change.path)
        os.unlink(journal)
    except BaseException as error:
        _take_back(done, parts, made, journal if ours else None)
        if isinstance(error, OSError):
            where = f"{shown(os.fsencode(error.filename))}: " if error.filename else ""
            raise GuardError(f"{where}{error.strerror or type(error).__name__}: nothing was changed") from error
        raise


def _check(changes: Iterable[Change]) -> None:
    """Raise :class:`GuardError` where a file is not as it was when the change was planned, or is not where it seems."""
    for change in changes:
        if read(change.path) != change.old:
            raise GuardError(f"{shown(change.path)}: changed meanwhile, so nothing was changed; begin again")
        directory = os.path.dirname(change.path)
        if os.path.realpath(directory) != directory:
            raise GuardError(f"{shown(directory)}: a link leads there, so nothing was changed")


def _part_of(path: bytes) -> bytes:
    directory, name = os.path.split(path)
    return os.path.join(directory, b".%s.cencori-guard-%s" % (name[:100], os.urandom(6).hex().encode("ascii")))


def _mode(change: Change) -> int | None:
    """The mode of the file that is there; None where there is none, and 0 where a new one shall be a program."""
    if change.old is None:
        return 0 if change.executable else None
    mode = stat.S_IMODE(os.stat(change.path).st_mode)
    # Whoever may read a program may run it.
    return mode | (mode & 0o444) >> 2 if change.executable else mode


def _make_directories(directory: bytes, made: list[bytes]) -> None:
    """Make *directory*, and add to *made* which were made for it, the innermost first."""
    missing = []
    while not os.path.isdir(directory):
        missing.append(directory)
        directory = os.path.dirname(directory)
    for path in reversed(missing):
        os.mkdir(path)
        made.insert(0, path)


def _write(part: bytes, content: bytes, mode: int | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(part, flags, 0o777 if mode == 0 else 0o666), "wb") as stream:
        stream.write(content)
        stream.flush()
        if mode and hasattr(os, "fchmod"):
            os.fchmod(stream.fileno(), mode)
        os.fsync(stream.fileno())


def _write_journal(
    journal: bytes, state: str, parts: Iterable[bytes], changes: Iterable[Change], *, new: bool = False
) -> None:
    moves = [
        [os.fsdecode(part), os.fsdecode(change.path), _digest(change.old)]
        for part, change in zip(parts, changes, strict=True)
    ]
    text = json.dumps({"version": 1, "state": state, "moves": moves}).encode("ascii")
    if new:
        _write(journal, text, None)
        return
    _write(journal + _NEXT, text, None)
    os.replace(journal + _NEXT, journal)


def _take_back(done: Iterable[Change], parts: Iterable[bytes], made: Iterable[bytes], journal: bytes | None) -> None:
    """As far as that is possible: where it is not either, each file is still the old one or the new one."""
    for change in done:
        with suppress(OSError):
            if change.old is None:
                os.unlink(change.path)
            else:
                part = _part_of(change.path)
                _write(part, change.old, _mode(change))
                os.replace(part, change.path)
    for path in (*parts, *([journal + _NEXT, journal] if journal else [])):
        with suppress(OSError):
            os.unlink(path)
    for directory in made:
        with suppress(OSError):
            os.rmdir(directory)


def resume(store: bytes) -> list[bytes]:
    """Finish what an earlier run left half-done, or take it back; the files that were put in their place.

    Raises :class:`GuardError` for a journal that is none.
    """
    journal = os.path.join(store, _JOURNAL)
    with suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(journal + _NEXT)  # not in force yet
    text = read(journal)
    if text is None:
        return []
    try:
        data = json.loads(text[:_MOST_BYTES])
        state = data["state"]
        moves = [(os.fsencode(part), os.fsencode(path), str(old)) for part, path, old in data["moves"]]
        if data["version"] != 1 or state not in ("prepared", "ready") or not all(_belong(m[0], m[1]) for m in moves):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise GuardError(f"{shown(journal)}: what an earlier run left there cannot be read; delete it") from error
    finished = []
    for part, path, old in moves:
        if not os.path.lexists(part):
            continue
        if state == "prepared" or _digest(read(path)) != old:  # or somebody went on from what was there
            os.unlink(part)
        else:
            os.replace(part, path)
            finished.append(path)
    os.unlink(journal)
    return finished


def _digest(content: bytes | None) -> str:
    return "" if content is None else blake2b(content, digest_size=16).hexdigest()


def _belong(part: bytes, path: bytes) -> bool:
    """Whether *part* is what we write beside *path*."""
    return (
        os.path.isabs(path)
        and os.path.dirname(part) == os.path.dirname(path)
        and bool(_PART.match(os.path.basename(part)))
    )
