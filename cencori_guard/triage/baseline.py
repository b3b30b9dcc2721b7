"""The baseline: what was there when somebody decided to go on from here.

``.cencori-guard-baseline.json`` at the root of a repository::

    {
     "version": 1,
     "entries": [
      {"path": "old.py", "rule": "key-in-source", "fingerprint": "…"},
      {"path": "src/a.ts", "rule": "key-in-source", "fingerprint": "…", "dead": "2026-11-24T17:30:00Z", "while": "dead"}
     ]
    }

Sorted, an entry a line, no line numbers and no times but that of a first answer that a key
is dead: so that two branches merge, and nothing changes where nothing changed.  It never
holds a key.  ``while``: the entry counts only as long as the key is known to be dead.
``reason`` is for people, and kept.

It comes from the repository that is scanned, so it excuses, and does nothing else.
"""

from __future__ import annotations

import json
import os
import re
from calendar import timegm
from collections.abc import Iterable
from errno import ELOOP
from time import gmtime, strftime, strptime
from typing import Any, NamedTuple

from cencori_guard.errors import UsageError
from cencori_guard.keys import PREFIXES, redact
from cencori_guard.liveness import Liveness
from cencori_guard.models import Finding, Rule, Suppression
from cencori_guard.text import did_you_mean, shown

FILE = b".cencori-guard-baseline.json"
MOST_BYTES = 8 << 20
# To look closer at more that begins like a key would take long.
_MOST_BEGINNINGS = 20_000
_LONGEST_WORD = 60
_VERSION = 1
_KEYS = ("path", "rule", "fingerprint", "dead", "while", "reason")
_FINGERPRINT = re.compile(r"[0-9a-f]{20}\Z")
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
# What a merge by lines (`merge=union`) may leave: an entry without its comma, or the last one with it.
_NO_COMMA, _ONE_TOO_MANY = re.compile(r"\}[ \t]*\r?\n\s*\{"), re.compile(r",[ \t]*\r?\n\s*\]")


class Identity(NamedTuple):
    """What an entry is known by: the path as reports show it, the rule, and the key's fingerprint, if there is one."""

    path: str
    rule: str
    fingerprint: str = ""


class Entry(NamedTuple):
    """What is known of one; ``dead``: since when its key has been, in seconds since 1970."""

    dead: int | None = None
    while_dead: bool = False
    reason: str = ""


Entries = dict[Identity, Entry]


def identity_of(finding: Finding, path: bytes) -> Identity:
    """What *finding*, at *path* relative to the baseline, is known by."""
    return Identity(shown(path), str(finding.rule), finding.key.fingerprint() if finding.key else "")


def excuse(entry: Entry, finding: Finding, source: str) -> Suppression | None:
    """What *entry*, of the file *source*, has to say in favour of *finding*; None where it does not count now."""
    if entry.while_dead and not (finding.liveness.status is Liveness.DEAD and finding.liveness.believed):
        return None
    why = entry.reason or ("its key is dead" if entry.while_dead else "it was there before")
    return Suppression("baseline", f"{why} ({source})")


def first_deaths(every: Iterable[Entries]) -> dict[str, int]:
    """When each key that is remembered to be dead was first said to be, by fingerprint; the last such time there is."""
    deaths: dict[str, int] = {}
    for entries in every:
        for identity, entry in entries.items():
            if identity.fingerprint and entry.dead is not None:
                deaths[identity.fingerprint] = max(entry.dead, deaths.get(identity.fingerprint, entry.dead))
    return deaths


def dump(entries: Entries) -> str:
    """The text of a baseline: ASCII, the same for the same entries."""
    lines = [json.dumps(_record(identity, entry)) for identity, entry in sorted(entries.items())]
    # The same lines around them for none as for many, so that a merge by lines leaves one list.
    listed = "".join(f"  {line},\n" for line in lines).removesuffix(",\n") + "\n" * bool(lines)
    return f'{{\n "version": {_VERSION},\n "entries": [\n{listed} ]\n}}\n'


def _record(identity: Identity, entry: Entry) -> dict[str, str]:
    record = {"path": identity.path, "rule": identity.rule}
    if identity.fingerprint:
        record["fingerprint"] = identity.fingerprint
    if entry.dead is not None:
        record["dead"] = _said(entry.dead)
    if entry.while_dead:
        record["while"] = "dead"
    if entry.reason:
        record["reason"] = entry.reason
    return record


def read(path: bytes, *, follow: bool) -> bytes | None:
    """The text of the baseline at *path*; None where there is none.  Raises :class:`UsageError`.

    *follow*: it may be a link; one that lies in what is scanned may not.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | (0 if follow else _NO_LINK))
        with open(descriptor, "rb") as stream:
            if not os.path.isfile(descriptor):
                raise UsageError(f"{shown(path)}: not a regular file, so no baseline")
            text = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == ELOOP and not follow:
            raise UsageError(f"{shown(path)}: a link, which is not followed; --baseline names another place") from error
        raise UsageError(f"{shown(path)}: the baseline cannot be read: {error.strerror}") from error
    check_size(text, shown(path))
    return text


_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def check_size(text: bytes, source: str) -> None:
    """Raise :class:`UsageError` where *text*, of the file *source*, is more than a baseline may be."""
    if len(text) > MOST_BYTES:
        raise UsageError(f"{source}: larger than {MOST_BYTES >> 20} MB, so no baseline")
    if sum(map(text.count, PREFIXES)) > _MOST_BEGINNINGS:
        raise UsageError(f"{source}: holds too much that begins like a key to be a baseline")


def parse(text: bytes, source: str) -> Entries:
    """The entries of a baseline, from the file *source*.  Raises :class:`UsageError`, with what to mend."""
    check_size(text, source)
    data = _load(text, source)
    if not isinstance(data, dict) or not isinstance(data.get("entries"), list):
        raise UsageError(f"{source}: no baseline: it has no entries")
    if data.get("version") != _VERSION or data["version"] is True:
        raise UsageError(f"{source}: a baseline of a version that is not known here; is cencori-guard up to date?")
    for key in data.keys() - {"version", "entries"}:
        raise UsageError(f"{source}: unknown key {_word(key)!r}")
    entries: Entries = {}
    for number, record in enumerate(data["entries"], 1):
        identity, entry = _entry(record, f"{source}: entry {number}")
        before = entries.get(identity)
        entries[identity] = _merged(before, entry) if before else entry
    return entries


def _load(text: bytes, source: str) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        decoded = text.decode("utf-8")
        if re.search(r"^(<{7}|>{7}) ", decoded, re.MULTILINE):
            raise UsageError(
                f"{source}: a merge left its marks in it: keep the lines of both sides, then `cencori-guard baseline "
                "update`"
            )
        try:
            return json.loads(decoded)
        except ValueError:
            return json.loads(_ONE_TOO_MANY.sub("\n]", _NO_COMMA.sub("},\n{", decoded)))
    except (ValueError, RecursionError) as error:
        begin = "mend that, or delete it and create it anew"
        raise UsageError(f"{source}: no valid JSON ({_place(error)}), so no baseline: {begin}") from error


def _place(error: Exception) -> str:
    return f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else type(error).__name__


def _entry(record: object, where: str) -> tuple[Identity, Entry]:
    if not isinstance(record, dict) or not all(isinstance(value, str) for value in record.values()):
        raise UsageError(f"{where} is no table of strings")
    for key in record:
        if key not in _KEYS:
            raise UsageError(f"{where}: unknown key {_word(key)!r}{did_you_mean(_word(key), _KEYS)}")
    rule, path, fingerprint = record.get("rule"), record.get("path"), record.get("fingerprint", "")
    if rule not in list(Rule):
        raise UsageError(f"{where}: unknown rule {_word(rule)!r}{did_you_mean(_word(rule), list(Rule))}")
    if path is None:
        raise UsageError(f"{where} names no path")
    if fingerprint and not _FINGERPRINT.match(fingerprint):
        raise UsageError(f"{where}: a fingerprint has 20 digits and letters from a to f")
    if rule.startswith("key-") and not fingerprint:
        raise UsageError(f"{where} names no fingerprint: it would excuse every key there")
    if record.get("while", "dead") != "dead":
        raise UsageError(f"{where}: `while` can only be `dead`")
    dead = record.get("dead")
    since = None if dead is None else _seconds(dead)
    if dead is not None and since is None:
        raise UsageError(f"{where}: `dead` must be a time, as in 2026-11-24T17:30:00Z")
    return Identity(redact(path), rule, fingerprint), Entry(since, "while" in record, redact(record.get("reason", "")))


def _word(word: object) -> str:
    """A stranger's *word*, fit for a message."""
    return redact(str(word)[:_LONGEST_WORD])


def _seconds(moment: str) -> int | None:
    """*moment* in seconds since 1970; None where it is no time since then, or written in another way."""
    try:
        since = timegm(strptime(moment, _MOMENT))
    except ValueError:
        return None
    return since if since >= 0 and _said(since) == moment else None


def _said(since: int) -> str:
    return strftime(_MOMENT, gmtime(since))


def _merged(one: Entry, other: Entry) -> Entry:
    """What two entries about the same say together: the stricter of each."""
    deaths = [entry.dead for entry in (one, other) if entry.dead is not None]
    return Entry(max(deaths) if deaths else None, one.while_dead or other.while_dead, one.reason or other.reason)
