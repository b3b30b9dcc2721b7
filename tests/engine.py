"""The two stages of the search, run on some bytes, for tests that are about bytes alone."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, repeat

from cencori_guard.models import Blob, Match, ReadInto
from cencori_guard.recognise.stage import recognise
from cencori_guard.search.engine import BUFFER, search
from cencori_guard.search.matchers import Matcher, ReMatcher
from cencori_guard.tally import Tally

RE = ReMatcher()


def reader(data: bytes, chunks: Iterable[int] = (), fails: OSError | None = None) -> ReadInto:
    """Gives *data* out in *chunks* (then as much as is asked for); at its end raises *fails*, if given."""
    sizes, at = chain(chunks, repeat(1 << 30)), 0

    def read(view: memoryview) -> int:
        nonlocal at
        if at >= len(data) and fails:
            raise fails
        got = min(len(view), next(sizes), len(data) - at)
        view[:got] = data[at : at + got]
        at += got
        return got

    return read


def find(
    data: bytes,
    name: str = "file.txt",
    *,
    matcher: Matcher = RE,
    tally: Tally | None = None,
    buffer: int = BUFFER,
    chunks: Iterable[int] = (),
) -> list[Match]:
    """The matches in one file of that *name*."""
    tally = tally or Tally()
    source = [(Blob(name.encode()), reader(data, chunks))]
    return [m for m in recognise(search(source, matcher, tally, buffer=buffer), tally) if isinstance(m, Match)]


def seen(matches: list[Match]) -> list[tuple]:
    """All that matches say."""
    return [
        (m.blob.path, m.inside, m.line, m.column, m.end_column, m.key.fingerprint(), m.decoded, m.excerpt, m.notes)
        for m in matches
    ]
