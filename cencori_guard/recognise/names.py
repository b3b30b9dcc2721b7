"""Keys in the names of files."""

from __future__ import annotations

from collections.abc import Iterator

from cencori_guard.keys import find_keys
from cencori_guard.models import Blob, Match


def recognise_name(blob: Blob) -> Iterator[Match]:
    """Yield the keys in the name of *blob*, each once; ``blob`` in an answer is the part of the path up to the key."""
    for key, hit in {hit.key: hit for hit in reversed(find_keys(blob.path))}.items():
        end = blob.path.find(b"/", hit.end)
        named = blob if end < 0 else blob._replace(path=blob.path[: end + 1], oid=None)
        yield Match(named, key, None, None, None)
