"""Opens a container: its members one after the other, as blobs, then what of it belongs to none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cencori_guard.models import Blob, Opened, ReadInto
from cencori_guard.search.containers.ar import open_ar
from cencori_guard.search.containers.archive import SLACK, Member, Parts, Passed
from cencori_guard.search.containers.bounds import DEEPEST, Bounded, Bounds, Damaged
from cencori_guard.search.containers.compressed import Missing, Unpacking, decoder_of
from cencori_guard.search.containers.documents import MOST_BYTES, texts_of
from cencori_guard.search.containers.kinds import COMPRESSED, HEAD, Kind
from cencori_guard.search.containers.stream import Stream, reader_of
from cencori_guard.search.containers.tar import is_tar, open_tar
from cencori_guard.search.containers.zip import open_zip
from cencori_guard.search.decoders.escapes import without_spelled
from cencori_guard.tally import Tally

# Whether anything in some bytes begins like a key.
HoldsNeedle = Callable[[bytes], bool]
Blobs = Iterator[tuple[Blob, ReadInto]]

# What a compressed file is called that holds a tar, or one other file.
_TAR_SUFFIXES = {b".tgz": b".tar", b".tbz2": b".tar", b".txz": b".tar", b".tzst": b".tar", b".svgz": b".svg"}
_SUFFIXES = (b".gz", b".bz2", b".xz", b".lzma", b".zst", b".br", b".gzip")
# What separates the pieces of an archive that are searched together, and is in no key.
_GAP = b"\n"
_LONGEST_NAME = 1024


class Unpacker:
    """Opens containers, one file's within the other.  What is not opened is noted in *tally*."""

    def __init__(self, tally: Tally, holds_needle: HoldsNeedle) -> None:
        """*holds_needle*: whether it is worth it to take a document apart."""
        self._tally = tally
        self._holds_needle = holds_needle

    def open(self, blob: Blob, kind: Kind, read: ReadInto, head: bytes, bounds: Bounds, depth: int) -> Blobs:
        """Yield what *blob*, of *kind*, holds; *depth*: how many containers it lies in.

        *read* gives what comes after *head*.  *bounds* are those of the outer file.
        """
        stream = Stream(read, head)
        if kind in (Kind.SOURCE_MAP, Kind.NOTEBOOK):
            yield from self._document(blob, kind, stream, bounds)
            return
        if kind is Kind.UNKNOWN or depth >= DEEPEST:
            why = "an archive of a kind that is not opened" if kind is Kind.UNKNOWN else self._too_deep(kind)
            self._skip(blob, f"{why}: only its plain bytes were searched")
            yield blob, stream.readinto
            return
        if kind in COMPRESSED:
            yield from self._compressed(blob, kind, stream, bounds)
        else:
            yield from self._archive(blob, kind, stream, bounds)

    def _too_deep(self, kind: Kind) -> str:
        return f"{kind} in containers in containers, more than {DEEPEST} deep"

    def _skip(self, blob: Blob, why: str, *, blind: bool = False) -> None:
        way = b" > ".join((blob.name, *blob.inside))
        self._tally.skip(way, why, blind=blind)

    def _document(self, blob: Blob, kind: Kind, stream: Stream, bounds: Bounds) -> Blobs:
        data = stream.take(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            stream.give_back(data)
            yield blob, stream.readinto
            return
        if not self._holds_needle(data):
            self._tally.blobs += 1
            self._tally.bytes += len(data)
            return
        try:
            for way, text in texts_of(kind, data):
                bounds.member()
                yield blob._replace(inside=(*blob.inside, *map(_name, way))), reader_of(text)
        except Bounded as why:
            self._bounded(blob, why)
        yield blob._replace(opened=Opened.DOCUMENT), reader_of(data)

    def _compressed(self, blob: Blob, kind: Kind, stream: Stream, bounds: Bounds) -> Blobs:
        try:
            make = decoder_of(kind, bounds.memory())
        except Missing as library:
            self._skip(blob, f"{kind}: `pip install {library}` to have it opened")
            yield blob, stream.readinto
            return
        start = stream.peek(HEAD)
        unpacking = Unpacking(stream, make, bounds)
        inner = Stream(self._guarded(blob, kind, unpacking.readinto))
        heavy = kind not in (Kind.GZIP, Kind.BZIP2)
        bounds.decoders += heavy
        try:
            first = inner.peek(512)
            if is_tar(first):
                yield from self._archive(blob, Kind.TAR, inner, bounds)
            else:
                yield _inner(blob, kind), inner.readinto
        finally:
            bounds.decoders -= heavy
        yield from self._leftovers(blob, stream, start)

    def _leftovers(self, blob: Blob, stream: Stream, first: bytes = b"") -> Blobs:
        """What is left of a container: *first*, and all of *stream* that nobody has read."""
        left = Stream(stream.readinto, first + _GAP if first else b"")
        if left.peek(1):
            yield blob._replace(opened=Opened.ARCHIVE), left.readinto

    def _archive(self, blob: Blob, kind: Kind, stream: Stream, bounds: Bounds) -> Blobs:
        opener: dict[Kind, Callable[[], Parts]] = {
            Kind.TAR: lambda: open_tar(stream, bounds),
            Kind.AR: lambda: open_ar(stream, bounds),
            Kind.ZIP: lambda: open_zip(stream, bounds),
        }
        slack = bytearray()
        passed: dict[str, tuple[bytes, int]] = {}
        try:
            for part in opener[kind]():
                if isinstance(part, Member):
                    member = blob._replace(inside=(*blob.inside, _name(part.name)))
                    yield member, self._guarded(member, kind, part.read)
                elif isinstance(part, Passed):
                    first, count = passed.get(part.reason, (_name(part.name), 0))
                    passed[part.reason] = first, count + 1
                else:
                    slack += part.data + _GAP
                    if len(slack) > SLACK:
                        yield blob._replace(opened=Opened.ARCHIVE), reader_of(bytes(slack))
                        del slack[:]
                if bounds.ended:
                    break
        except Damaged as why:
            self._skip(blob, f"a damaged {kind}: {why}; what could be unpacked was searched")
        except Bounded as why:
            self._bounded(blob, why)
        for reason, (name, count) in passed.items():
            more = f" (and {count - 1:,} more members)" if count > 1 else ""
            place = blob._replace(inside=(*blob.inside, name)) if name else blob
            self._skip(place, f"{reason}: not opened{more}" if name else f"a damaged {kind}: {reason}")
        yield from self._leftovers(blob, stream, bytes(slack))

    def _guarded(self, blob: Blob, kind: Kind, read: ReadInto) -> ReadInto:
        """*read*, which ends where what it reads is damaged, or a bound is reached, and says so."""
        ended = False

        def reading(view: memoryview) -> int:
            nonlocal ended
            if ended:
                return 0
            try:
                return read(view)
            except Damaged as why:
                self._skip(blob, f"a damaged {kind}: {why}; what could be unpacked was searched")
            except Bounded as why:
                self._bounded(blob, why)
            ended = True
            return 0

        return reading

    def _bounded(self, blob: Blob, why: Bounded) -> None:
        self._tally.skip(blob.name, f"{why}: what comes after that was not looked at", blind=True)


def _name(name: bytes) -> bytes:
    """The name of a member as it is told: no longer than names are, and without a key that is spelled."""
    return without_spelled(name[:_LONGEST_NAME])


def _inner(blob: Blob, kind: Kind) -> Blob:
    """The one file that a compressed *blob* holds."""
    if blob.decoded and not blob.inside:  # a decoded text has no name of its own
        return blob._replace(decoded=(*blob.decoded, str(kind)))
    name = (blob.inside or (blob.path,))[-1].rpartition(b"/")[2]
    for suffix, stands_for in _TAR_SUFFIXES.items():
        if name.endswith(suffix):
            return blob._replace(inside=(*blob.inside, name.removesuffix(suffix) + stands_for))
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return blob._replace(inside=(*blob.inside, name.removesuffix(suffix)))
    return blob._replace(inside=(*blob.inside, name or b"content"))
