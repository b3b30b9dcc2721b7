"""Keys in what git keeps beside content: names of refs, URLs of remotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cencori_guard.errors import GitError
from cencori_guard.git.remotes import remote_urls
from cencori_guard.git.runner import Git
from cencori_guard.keys import find_keys
from cencori_guard.models import Blob, Match
from cencori_guard.tally import Tally


def in_refs(names: Iterable[bytes]) -> Iterator[Match]:
    """The keys in the *names* of refs."""
    for name in names:
        for key in dict.fromkeys(hit.key for hit in find_keys(name)):
            blob = Blob(b"ref:" + name, b"", tracked=True, kind="ref", metadata=True)
            yield Match(blob, key, None, None, None)


def in_remotes(git: Git, tally: Tally) -> Iterator[Match]:
    """The keys in the names and URLs of the remotes."""
    try:
        urls = remote_urls(git)
    except GitError as error:
        tally.skip(b"", f"the remotes could not be read: {error}", blind=True)
        return
    seen = set()
    for name, _, url in urls:
        for hit in find_keys(name + b" " + url):
            if (name, hit.key) not in seen:
                seen.add((name, hit.key))
                blob = Blob(b"remote:" + name, None, kind="remote", metadata=True)
                yield Match(blob, hit.key, None, None, None)
