"""From paths and flags to the policy of a scan: which config and which baseline speak, and for what."""

from __future__ import annotations

import os
from collections.abc import Iterable
from time import gmtime, strftime

from cencori_guard.errors import UsageError
from cencori_guard.git.objects import texts
from cencori_guard.git.runner import Git
from cencori_guard.text import name_from_here
from cencori_guard.triage import baseline as baselines
from cencori_guard.triage import config
from cencori_guard.triage.config import Config
from cencori_guard.triage.decide import Baseline, Policy


def policy_for(
    base: bytes,
    places: Iterable[tuple[bytes, bytes]],
    *,
    file: str | None = None,
    read: bool = True,
    obey: bool = True,
    baseline: str | None = None,
) -> Policy:
    """The policy of a scan whose paths are relative to the absolute directory *base*.

    *places*: each directory that is scanned, and the root up to which a config for it is
    looked for; a baseline is looked for at that root.  *file* is a config that the user
    names, *read* False: none at all; *baseline*, one that the user names.  *obey* False:
    nothing excuses anything.  Raises :class:`UsageError` for a bad config or baseline.
    """
    places = list(places)
    configs: dict[bytes | str, Config] = {}
    if file is not None:
        configs[file] = config.load(os.fsencode(file))._replace(directory=base)
    elif read:
        for start, root in places:
            found = config.find(start, root)
            if found is not None and found not in configs:
                configs[found] = config.load(found)
    baselines = _baselines(base, [root for _, root in places], baseline) if obey else []
    return _policy(list(configs.values()), base, baselines, obey=obey)


def _baselines(base: bytes, roots: Iterable[bytes], named: str | None) -> list[Baseline]:
    if named is not None:
        text = baselines.read(os.fsencode(named), follow=True)
        if text is None:
            raise UsageError(f"{named}: no such baseline; `cencori-guard baseline create` writes one")
        return [Baseline(named, base, baselines.parse(text, named))]
    found = []
    for root in dict.fromkeys(roots):
        path = os.path.join(root, baselines.FILE)
        text = baselines.read(path, follow=False)
        if text is not None:
            found.append(Baseline(baselines.FILE.decode(), root, baselines.parse(text, name_from_here(path))))
    return found


def policy_of_head(git: Git, *, obey: bool = True, baseline: str | None = None) -> Policy:
    """The policy that the default branch of a repository states: where there are no files, or where a push brings them.

    *baseline*: one that the user names.  Raises :class:`UsageError` for a bad config or
    baseline, and :class:`GitError`.
    """
    configs = []
    for name in (config.OWN_FILE, config.PYPROJECT):
        text = _in_head(git, name, config.MOST_BYTES)
        if text is not None and (name == config.OWN_FILE or config.has_table(text, name)):
            configs.append(config.parse(text, name)._replace(source="HEAD:" + name.decode(), directory=git.directory))
            break
    known = []
    if obey and baseline is not None:
        known = _baselines(git.directory, (), baseline)
    elif obey:
        text = _in_head(git, baselines.FILE, baselines.MOST_BYTES)
        if text is not None:
            source = "HEAD:" + baselines.FILE.decode()
            known = [Baseline(source, git.directory, baselines.parse(text, source))]
    return _policy(configs, git.directory, known, obey=obey)


def _in_head(git: Git, name: bytes, most: int) -> bytes | None:
    """The text of a file as the last commit of the default branch has it; None where it has none."""
    said = git.run("rev-parse", "--verify", "--quiet", b"HEAD:" + name, ok=(0, 1, 128))
    oid = said.decode("ascii", "replace").strip()
    return texts(git, [oid], most).get(oid) if oid else None


def _policy(configs: list[Config], base: bytes, known: list[Baseline], *, obey: bool) -> Policy:
    if not obey:
        configs = [Config(c.source, c.directory, c.fail_on, max_key_age=c.max_key_age) for c in configs]
    return Policy(configs, base, strftime("%Y-%m-%d", gmtime()), baselines=known, comments=obey)
