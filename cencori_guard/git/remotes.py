"""The remotes of a repository: their URLs as git's config has them, and where a browser finds them.

Facts about addresses of files and commits: docs.github.com ("Getting permanent links to
files"), docs.gitlab.com ("Permalinks"), support.atlassian.com ("Hyperlink to source code in
Bitbucket").
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from cencori_guard.git.runner import Git

_URL = (
    r"(?:(?:https?|ssh|git)://(?:[^/@\s]*@)?(?P<host>[A-Za-z0-9.-]+)(?::\d+)?/"
    r"|(?:[^/@\s:]+@)?(?P<scp>[A-Za-z0-9.-]+):(?!/))"
    r"(?P<path>[A-Za-z0-9._~/-]+?)(?:\.git)?/?\Z"
)


class Site(NamedTuple):
    """A repository as a hosting service shows it: the address of its page, and how that makes others from it."""

    home: str
    file: str
    commit: str


_SITES = {
    "github": ("/blob/{commit}/{path}#L{line}", "/commit/{commit}"),
    "gitlab": ("/-/blob/{commit}/{path}#L{line}", "/-/commit/{commit}"),
    "bitbucket": ("/src/{commit}/{path}#lines-{line}", "/commits/{commit}"),
}


def remote_urls(git: Git, *, everywhere: bool = False) -> list[tuple[bytes, bytes, bytes]]:
    """``(name, setting, URL)`` of every remote, as the repository's own config says, or all that git reads.

    Included files and the config of a work tree count; an address that stands for the
    beginning of others (``url.*.insteadOf``) comes under the name ``url.insteadOf``.
    Raises :class:`GitError`.
    """
    wanted = r"^(remote\..*\.(url|pushurl)|url\..*\.(insteadof|pushinsteadof))$"
    said = git.run("config", "--show-scope", "-z", "--get-regexp", wanted, ok=(0, 1)).split(b"\0")
    found = []
    for scope, entry in zip(said[::2], said[1::2], strict=False):
        section, _, url = entry.partition(b"\n")
        name, _, setting = section.partition(b".")[2].rpartition(b".")
        if everywhere or scope in (b"local", b"worktree"):
            remote = section.startswith(b"remote.")
            found.append((name, setting, url) if remote else (b"url.insteadOf", setting, name))
    return found


def site(git: Git) -> Site | None:
    """Where a browser finds the repository: by ``origin``, or its first remote; None where that is not known."""
    try:
        common = git.run("rev-parse", "--git-common-dir").rstrip(b"\n")
        from git.config import GitConfigParser  # 100 ms, and only where keys were found

        file = os.path.join(os.fsdecode(git.directory), os.fsdecode(common), "config")
        # Includes lead wherever the repository's owner likes.
        with GitConfigParser(file, read_only=True, merge_includes=False) as config:
            sections = [name for name in config.sections() if re.fullmatch(r'remote "[^"]*"', name)]
            sections.sort(key=lambda name: name != 'remote "origin"')
            urls = [str(config.get_value(name, "url", "")) for name in sections]
    except Exception:  # noqa: BLE001 - a link is a nicety, and the config may be anything
        return None
    return next((found for url in urls if (found := site_of(url))), None)


def site_of(url: str) -> Site | None:
    """The site that *url* (as ``git clone`` takes it) belongs to."""
    match = re.match(_URL, url)
    if not match:
        return None
    host = (match["host"] or match["scp"]).lower()
    service = host.partition(".")[0]  # also at home: gitlab.example.com
    if service not in _SITES or ".." in match["path"]:
        return None
    home = f"https://{host}/{match['path'].strip('/')}"
    return Site(home, *(home + form for form in _SITES[service]))
