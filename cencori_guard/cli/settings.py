"""From paths and flags to the policy of a scan: which config speaks, and for what."""

from __future__ import annotations

import os
from collections.abc import Iterable
from time import gmtime, strftime

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
    if not obey:
        configs = {name: Config(c.source, c.directory, c.fail_on) for name, c in configs.items()}
    return Policy(list(configs.values()), base, strftime("%Y-%m-%d", gmtime()), comments=obey)
