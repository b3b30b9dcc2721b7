"""Whether a blob is a container: by its bytes, its name, and, where that is not known, by trying."""

from __future__ import annotations

from cencori_guard.models import Blob
from cencori_guard.search.containers.bounds import MOST_MEMORY_INSIDE
from cencori_guard.search.containers.compressed import starts_well
from cencori_guard.search.containers.kinds import HEAD, Kind, kind_of

_TEXT = bytes(range(9, 14)) + bytes(range(27, 256))


def container_in(blob: Blob, data: bytearray, begin: int, end: int) -> Kind | None:
    """The kind of container that *blob* is; ``data[begin:end]`` are its first bytes, :data:`HEAD` of them if it can."""
    if blob.decoded and not blob.inside:  # a decoded text has no name
        return kind_of(data, begin, end, b"", named=True)
    named = bool(blob.path) and not blob.metadata
    path = blob.inside[-1] if blob.inside else blob.path
    kind = kind_of(data, begin, end, path, named=named)
    if kind is Kind.BROTLI and not named and not _holds_text(bytes(data[begin : min(end, begin + HEAD)])):
        return None
    return kind


def _holds_text(head: bytes) -> bool:
    """Whether *head*, of a file whose name is not known, can be read as brotli, and gives text or another container."""
    first = starts_well(Kind.BROTLI, head, MOST_MEMORY_INSIDE)
    if not first:
        return False
    return not first.translate(None, _TEXT) or kind_of(first, 0, len(first), b"", named=True) is not None
