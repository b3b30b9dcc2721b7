"""Whether what is about to be pushed brings a key, or only touches a file that had it already."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cencori_guard.errors import GitError
from cencori_guard.exposure.traced import Traced
from cencori_guard.git.objects import versions_at
from cencori_guard.git.runner import Git
from cencori_guard.keys import Key
from cencori_guard.models import Match
from cencori_guard.recognise.stage import recognise
from cencori_guard.search.engine import search
from cencori_guard.search.matchers import ReMatcher
from cencori_guard.sources.staged import staged_blobs
from cencori_guard.tally import Tally

# Places; of more, nobody takes the key out of each commit by hand.
_MOST_COMPARED = 500


def out_already(git: Git, traced: Sequence[Traced], commits: Mapping[str, bytes]) -> set[Key]:
    """The keys of *traced* that a file had before the first commit that is looked at, and those that may have been.

    *commits*: the text of each, by its id.  Only the same path is compared: a key that came
    from another file is not noticed.
    """
    asked: set[tuple[bytes, bytes]] = set()
    unknown: set[Key] = set()
    for t in traced:
        path = t.match.blob.path
        if t.match.blob.kind != "blob" or t.match.blob.metadata:
            continue
        if b"\n" in path or len(asked) > _MOST_COMPARED:
            unknown.add(t.match.key)
            continue
        header = commits.get((t.first or b"").decode("ascii"), b"").partition(b"\n\n")[0]
        asked |= {(parent, path) for parent in re.findall(rb"^parent ([0-9a-f]+)$", header, re.MULTILINE)}
    seen = Tally()
    try:
        before = versions_at(git, sorted(asked))
        blobs = staged_blobs(git, [(path, oid.decode("ascii"), "") for (_, path), oid in before.items()], seen)
        found = {m.key for m in recognise(search(blobs, ReMatcher(), seen), seen) if isinstance(m, Match)}
    except GitError:
        return {t.match.key for t in traced}
    return found | unknown if seen.complete else {t.match.key for t in traced}
