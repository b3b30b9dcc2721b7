"""The two-stage search's first half: blobs back to back in one reused buffer, one bulk search a buffer.

A blob that does not fit is searched in parts; what a hit needs around it is carried
over, so no hit is lost at an edge, and none is given twice.  A container is opened where
it is met, and what it holds is searched in its place.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from cencori_guard.models import Blob, ReadInto, Slab, Source
from cencori_guard.search.containers.bounds import DEEPEST, Bounds
from cencori_guard.search.containers.detect import container_in
from cencori_guard.search.containers.kinds import (
    DOCUMENTS,
    FIRST_BYTES,
    FIRST_OF_DOCUMENTS,
    HEAD,
    TAR_MAGIC,
    TAR_MAGIC_AT,
    TELLING_ENDS,
    suspects,
)
from cencori_guard.search.containers.stream import reader_of
from cencori_guard.search.cursor import Cursor
from cencori_guard.search.matchers import Hit, Matcher
from cencori_guard.search.part import AHEAD, BEHIND, Candidate, Gathered, Part
from cencori_guard.tally import Tally

BUFFER = 4 << 20


class _Frame(NamedTuple):
    """Where blobs come from: the source, or a container, *depth* containers deep in a file that has *bounds*.

    ``documents``: those among them are to be taken apart, since something stands in them.
    """

    blobs: Iterator[Slab | tuple[Blob, ReadInto]]
    container: Blob | None = None
    bounds: Bounds | None = None
    depth: int = 0
    documents: bool = False


def search(
    blobs: Source, matcher: Matcher, tally: Tally, *, buffer: int = BUFFER, bounds: Bounds | None = None
) -> Iterator[Candidate | Gathered]:
    """Yield the candidates of all *blobs*, in order, and what was asked to be gathered of them.

    Reads each blob to its end through the function that comes with it.  What a container
    holds is searched in its place.  An OSError while reading is noted in *tally* as
    something not looked at; what was read before is searched.  *buffer* is the size of the
    buffer in bytes.  *bounds*: those of the file that all *blobs* are from.
    """
    yield from _Search(matcher, tally, buffer).run(blobs, bounds)


class _Search:
    def __init__(self, matcher: Matcher, tally: Tally, buffer: int) -> None:
        self._matcher = matcher
        self._tally = tally
        self._data = bytearray(max(buffer, 2 * (BEHIND + AHEAD)))
        self._view = memoryview(self._data)
        self._parts: list[Part] = []
        self._used = 0
        self._documents: list[tuple[Blob, bytes]] = []

    def run(self, blobs: Source, bounds: Bounds | None) -> Iterator[Candidate | Gathered]:
        """See :func:`search`.  Containers lie on a stack, since what they hold may be containers."""
        frames = [_Frame(iter(blobs), bounds=bounds)]
        while frames:
            frame = frames[-1]
            if self._documents:
                found, self._documents = self._documents, []
                frames.append(_Frame(((b, reader_of(d)) for b, d in found), depth=frame.depth, documents=True))
                continue
            try:
                item = next(frame.blobs, None)
            except OSError as error:
                if frame.container is None:
                    raise
                self._lost(frame.container, error)
                item = None
            if item is None:
                frames.pop()
            elif isinstance(item, Slab):
                yield from self._flush(None)
                yield from self._slab(item, frames)
            else:
                blob, read = item
                if len(self._data) - self._used < HEAD:
                    yield from self._flush(None)
                part = Part(blob, self._used)
                self._read(part, read)
                if self._may_be_container(part, frame) and self._opens(part, read, frame, frames):
                    continue
                while part.unread:
                    yield from self._flush(part)
                    self._read(part, read)
                self._tally.blobs += 1
                self._tally.bytes += part.end - part.base
                if part.end > part.begin:
                    self._parts.append(part)
            if not frames:
                yield from self._flush(None)
                if self._documents:
                    frames.append(_Frame(iter(())))

    def _lost(self, blob: Blob, error: OSError) -> None:
        self._tally.skip(blob.name, f"cannot be read: {error.strerror or error}", blind=True)

    def _slab(self, slab: Slab, frames: list[_Frame]) -> Iterator[Candidate | Gathered]:
        hits = self._matcher.find(slab.data, slab.size)
        containers = _containers_in(slab, hits)
        self._tally.blobs += len(slab.begins) - len(containers)
        self._tally.bytes += sum(slab.ends) - sum(slab.begins)
        self._tally.bytes -= sum(slab.ends[n] - slab.begins[n] for n in containers)
        yield from _candidates_of_slab(slab, hits, containers)
        if containers:
            view = memoryview(slab.data)
            inside = ((slab.blob(n), reader_of(view[slab.begins[n] : slab.ends[n]])) for n in containers)
            frames.append(_Frame(inside, documents=True))

    def _read(self, part: Part, read: ReadInto) -> None:
        """Read on in the blob of *part*, to its end or that of the buffer."""
        used, view, size = self._used, self._view, len(self._data)
        try:
            while used < size:
                got = read(view[used:])
                if not got:
                    part.unread = False
                    break
                used += got
        except OSError as error:
            self._lost(part.blob, error)
            part.unread = False
        part.end = self._used = used

    def _may_be_container(self, part: Part, frame: _Frame) -> bool:
        """Whether it is worth it to ask what the blob of *part*, of which all that fits was read, is."""
        data, begin, end, blob = self._data, part.begin, part.end, part.blob
        if begin == end:
            return False
        first = data[begin]
        # Each of these costs something for every file that there is.
        if (
            first in FIRST_BYTES
            or not blob.path
            or blob.path.endswith(TELLING_ENDS)
            or blob.inside
            or (end - begin > TAR_MAGIC_AT and data[begin + TAR_MAGIC_AT] == TAR_MAGIC[0])
            # A document that does not fit is taken apart whatever it holds; of others that is not known yet.
            or (first in FIRST_OF_DOCUMENTS and (frame.documents or part.unread))
        ):
            # What is given by a container as itself is the rest of it.
            part.sealed = blob.opened is not None or blob == frame.container
            return not part.sealed
        return False

    def _opens(self, part: Part, read: ReadInto, frame: _Frame, frames: list[_Frame]) -> bool:
        """Whether the blob of which *part* has the first bytes is a container; puts what it holds onto the stack."""
        kind = container_in(part.blob, self._data, part.begin, part.end)
        if kind is None or (kind in DOCUMENTS and (frame.depth > DEEPEST or not (frame.documents or part.unread))):
            return False
        head = bytes(self._data[part.begin : part.end])
        self._used = part.begin
        bounds = frame.bounds
        if bounds is None:
            bounds = Bounds()
            read = bounds.watch(read, len(head))
        from cencori_guard.search.containers.unpack import Unpacker  # most scans meet none

        unpacker = Unpacker(self._tally, lambda data: bool(self._matcher.find(data, len(data))))
        inside = unpacker.open(part.blob, kind, read, head, bounds, frame.depth)
        frames.append(_Frame(inside, part.blob, bounds, frame.depth + 1))
        return True

    def _flush(self, unfinished: Part | None) -> Iterator[Candidate | Gathered]:
        """Search what is in the buffer; of an *unfinished* blob the last bytes stay there."""
        parts = [*self._parts, unfinished] if unfinished else self._parts
        for part in parts:
            yield from part.feed(self._data, last=part is not unfinished)
        if parts:
            yield from self._candidates(parts, unfinished)
        self._parts = []
        self._used = unfinished.carry(self._data) if unfinished else 0

    def _candidates(self, parts: list[Part], unfinished: Part | None) -> Iterator[Candidate]:
        """The candidates in the buffer, but for those in documents, which are put aside to be taken apart."""
        data = self._data
        starts = [part.begin for part in parts]
        for at, form in self._matcher.find(data, parts[-1].end):
            part = parts[bisect_right(starts, at) - 1]
            gather = part.gathering if part is unfinished else None
            # Those that reach past the end of an unfinished blob come again with what follows them.
            if at < part.fresh or (gather is not None and at >= part.end - AHEAD):
                continue
            if not part.sealed:
                part.sealed = True
                if (
                    data[part.begin] in FIRST_OF_DOCUMENTS
                    and part.begin == part.base
                    and gather is None
                    and part.blob.opened is None
                ):
                    part.is_document = container_in(part.blob, data, part.begin, part.end) in DOCUMENTS
                    if part.is_document:
                        self._documents.append((part.blob, bytes(data[part.begin : part.end])))
                        self._tally.blobs -= 1
                        self._tally.bytes -= part.size
            if not part.is_document:
                yield Candidate(part.blob, data, part.begin, part.end, at, part.base, part.cursor(data), form, gather)


def _containers_in(slab: Slab, hits: list[Hit]) -> set[int]:
    """The blobs that are containers; of documents only those that hold anything."""
    data, begins, ends = slab.data, slab.begins, slab.ends
    found = set()
    for index in suspects(data, begins, ends):
        blob = slab.blob(index)
        kind = container_in(blob, data, begins[index], ends[index]) if blob.kind == "blob" else None
        if kind is not None and (kind not in DOCUMENTS or _any_within(hits, begins[index], ends[index])):
            found.add(index)
    return found


def _any_within(hits: list[Hit], begin: int, end: int) -> bool:
    first = bisect_left(hits, begin, key=lambda hit: hit[0])
    return first < len(hits) and hits[first][0] < end


def _candidates_of_slab(slab: Slab, hits: list[Hit], containers: set[int]) -> Iterator[Candidate]:
    """The blobs are whole, so that nothing has to be carried over."""
    last, blob, cursor = -1, None, None
    for at, form in hits:
        index = bisect_right(slab.begins, at) - 1
        begin, end = slab.begins[index], slab.ends[index]
        if index < 0 or at >= end or index in containers:
            continue
        if index != last or blob is None or cursor is None:
            last, blob = index, slab.blob(index)
            cursor = Cursor(bytes(slab.data[begin : min(end, begin + 1024)]))
        yield Candidate(blob, slab.data, begin, end, at, begin, cursor, form, None)
