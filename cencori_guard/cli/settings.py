"""From paths and flags to the policy of a scan: which config speaks, and for what."""

from __future__ import annotations

import os
from collections.abc import Iterable
from time import gmtime, strftime

from cencori_guard.git.objects import texts
from cencori_guard.git.runner import Git
from cencori_guard.triage import config
from cencori_guard.triage.config import Config
from cencori_guard.triage.decide import Policy


def policy_for(
    base: bytes, places: Iterable[tuple[bytes, bytes]], *, file: str | None = None, read: bool = True, obey: bool = True
) -> Policy:
    """The policy of a scan whose paths are relative to the absolute directory *base*.

    *places*: each directory that is scanned, and the root up to which a config for it is
    looked for.  *file* is a config that the user names, *read* False: none at all.
    *obey* False: nothing excuses anything.  Raises :class:`UsageError` for a bad config.
    """
    configs: dict[bytes | str, Config] = {}
    if file is not None:
        configs[file] = config.load(os.fsencode(file))._replace(directory=base)
    elif read:
        for start, root in places:
            found = config.find(start, root)
            if found is not None and found not in configs:
                configs[found] = config.load(found)
    return _policy(list(configs.values()), base, obey=obey)


def policy_of_head(git: Git, *, obey: bool = True) -> Policy:
    """The policy that the default branch of a repository states: where there are no files, or where a push brings them.

    Raises :class:`UsageError` for a bad config, and :class:`GitError`.
    """
    found = []
    for name in (config.OWN_FILE, config.PYPROJECT):
        said = git.run("rev-parse", "--verify", "--quiet", b"HEAD:" + name, ok=(0, 1, 128))
        oid = said.decode("ascii", "replace").strip()
        text = texts(git, [oid], config.MOST_BYTES).get(oid) if oid else None
        if text is not None and (name == config.OWN_FILE or config.has_table(text, name)):
            found.append(config.parse(text, name)._replace(source="HEAD:" + name.decode(), directory=git.directory))
            break
    return _policy(found, git.directory, obey=obey)


def _policy(configs: list[Config], base: bytes, *, obey: bool) -> Policy:
    if not obey:
        configs = [Config(c.source, c.directory, c.fail_on, max_key_age=c.max_key_age) for c in configs]
    return Policy(configs, base, strftime("%Y-%m-%d", gmtime()), comments=obey)
