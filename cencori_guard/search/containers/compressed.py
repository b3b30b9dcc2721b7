"""Compressed files, read as a stream of what they hold, a bounded piece at a time.

The decoders are the standard library's, and those of the ``brotli`` and ``backports.zstd``
packages (``compression.zstd`` from Python 3.14 on).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol

from cencori_guard.search.containers.bounds import Bounded, Bounds, Damaged
from cencori_guard.search.containers.kinds import Kind
from cencori_guard.search.containers.stream import CHUNK, Stream


class Missing(Exception):
    """The library for a kind of compression is not installed; the message says which."""


class Decoder(Protocol):
    """One compressed stream: the interface of ``bz2`` and ``lzma`` in the standard library."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether there is no more to be had without more data."""

    @property
    def unused_data(self) -> bytes:
        """What was given and comes behind the stream's end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """At most *max_length* bytes of what *data* goes on with."""


class _Zlib:
    """``zlib``, with the interface of the others."""

    def __init__(self, window: int) -> None:
        import zlib

        self._decoder = zlib.decompressobj(window)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        out = self._decoder.decompress(self._decoder.unconsumed_tail + data, max_length)
        # A full piece may leave some of what it was made from in the decoder itself.
        self.needs_input = not self._decoder.unconsumed_tail and len(out) < max_length
        return out


class _Brotli:
    """``brotli``, with the interface of the others.  Its stream has no mark at its end."""

    def __init__(self) -> None:
        import brotli

        self._decoder = brotli.Decompressor()
        self._kept = b""  # its limit is where it stops to take more memory, not what it gives
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return not self._kept and bool(self._decoder.is_finished())

    @property
    def needs_input(self) -> bool:
        return not self._kept and bool(self._decoder.can_accept_more_data())

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        if not self._kept:
            self._kept = self._decoder.process(data, output_buffer_limit=max_length)
        out, self._kept = self._kept[:max_length], self._kept[max_length:]
        return out


def decoder_of(kind: Kind, memory: int) -> Callable[[], Decoder]:
    """Makes decoders for files of *kind* that use at most *memory* bytes each.  Raises :class:`Missing`."""
    if kind is Kind.GZIP:
        return lambda: _Zlib(31)
    if kind is Kind.BROTLI:
        try:
            import brotli  # noqa: F401
        except ImportError:
            raise Missing("brotli") from None
        return _Brotli
    if kind is Kind.ZSTD:
        return _zstd(memory)
    if kind is Kind.BZIP2:
        import bz2

        return bz2.BZ2Decompressor
    import lzma

    form = lzma.FORMAT_XZ if kind is Kind.XZ else lzma.FORMAT_ALONE
    return lambda: lzma.LZMADecompressor(form, memlimit=memory)


def deflate() -> Decoder:
    """A decoder for deflate without a header, as in zip."""
    return _Zlib(-15)


def _zstd(memory: int) -> Callable[[], Decoder]:
    zstd: Any
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise Missing("backports.zstd") from None
    window = zstd.DecompressionParameter.window_log_max
    limit = min(memory.bit_length() - 1, window.bounds()[1])
    decompressor: Callable[..., Decoder] = zstd.ZstdDecompressor
    return lambda: decompressor(options={window: limit})


def installed() -> tuple[str, ...]:
    """The optional decoders that are there."""
    found = []
    for kind in (Kind.BROTLI, Kind.ZSTD):
        try:
            decoder_of(kind, 1 << 20)
        except Missing:
            continue
        found.append(str(kind))
    return tuple(found)


# Of a stream of which more than that was read, what is unpacked at the moment of an error is lost.
_KEPT = 1 << 20
_DAMAGED = "its compressed data is damaged"
_PIECE = 256


class Unpacking:
    """What a compressed *stream* holds, one stream after the other where several were put together.

    What comes behind the last one is left in *stream*; where it is damaged, what was
    read last as well.
    """

    def __init__(self, stream: Stream, make: Callable[[], Decoder], bounds: Bounds, *, several: bool = True) -> None:
        """*several*: other streams may follow the first one."""
        self._several = several
        self._stream = stream
        self._make = make
        self._bounds = bounds
        self._decoder: Decoder | None = make()
        self._last = b""
        self._fed: bytearray | None = bytearray()  # all of this stream, while it is small
        self._given = 0  # what it has been unpacked to
        self._damage = ""

    def read(self, most: int) -> bytes:
        """Some of it, at most *most* bytes; nothing at the end.

        Raises :class:`Damaged` and :class:`Bounded`.
        """
        if self._damage:
            why, self._damage = self._damage, ""
            raise Damaged(why)
        while self._decoder:
            data = b""
            if self._decoder.needs_input:
                data = self._last = self._stream.some(CHUNK)
                if not data:
                    self._decoder = None
                    raise Damaged("it ends too soon")
                self._feed(data)
            try:
                out = self._decoder.decompress(data, most)
            except Exception as error:  # noqa: BLE001 - each library has errors of its own
                out = self._end_at(error, most)
            self._given += len(out)
            if self._decoder and self._decoder.eof:
                self._next(self._decoder.unused_data)
            if out:
                self._bounds.unpacked(len(out))
                return out
        return b""

    def _feed(self, data: bytes) -> None:
        if self._fed is not None:
            self._fed += data
            if len(self._fed) > _KEPT:
                self._fed = None

    def _end_at(self, error: Exception, most: int) -> bytes:
        """What comes before the damage that *error* speaks of, where that is known.  Raises :class:`Damaged`."""
        self._decoder = None
        self._stream.give_back(self._last)
        if _is_about_memory(error):
            raise Bounded("needs more memory to unpack than is allowed") from error
        out = _salvaged(self._make, bytes(self._fed), self._given, most) if self._fed else b""
        if not out:
            raise Damaged(_DAMAGED) from error
        self._damage = _DAMAGED
        return out

    def readinto(self, view: memoryview) -> int:
        """See :meth:`Stream.readinto`."""
        out = self.read(len(view))
        view[: len(out)] = out
        return len(out)

    def _next(self, rest: bytes) -> None:
        """Go on with another stream behind this one, past the zeros that tapes and xz are padded with."""
        self._stream.give_back(rest)
        self._fed, self._given = bytearray(), 0
        if self._several:
            self._bounds.member()
        if not self._several:
            self._decoder = None
            return
        while (some := self._stream.some(CHUNK)) and not (some := some.lstrip(b"\0")):
            pass
        self._stream.give_back(some)
        begins = self._stream.peek(6)
        goes_on = (
            begins.startswith((b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"))
            or begins[1:4] == b"\x2a\x4d\x18"
        )
        self._decoder = self._make() if goes_on else None


def _salvaged(make: Callable[[], Decoder], fed: bytes, given: int, most: int) -> bytes:
    """What *fed* holds behind the first *given* bytes, up to where it is damaged: an error gives none of its piece.

    Read once more, in pieces, the last of them a byte at a time.
    """
    out = bytearray()
    done, step = 0, _PIECE
    while step:
        decoder, total, out, at = make(), 0, bytearray(), 0
        try:
            while at < len(fed) and len(out) < most and not decoder.eof:
                piece = b""
                if decoder.needs_input:
                    size = step if at >= done else min(_PIECE, done - at)
                    piece = fed[at : at + size]
                    at += len(piece)
                some = decoder.decompress(piece, _PIECE)
                total += len(some)
                out += some[max(0, len(some) - max(0, total - given)) :]
        except Exception:  # noqa: BLE001 - each library has errors of its own
            done = max(0, at - step)
            step = 1 if step > 1 else 0
        else:
            break
    return bytes(out[:most])


def _is_about_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "memory" in str(error).lower()


def starts_well(kind: Kind, head: bytes, memory: int) -> bytes | None:
    """The first bytes of what *head* begins, if it really is of that *kind*; None if not."""
    try:
        return decoder_of(kind, memory)().decompress(head, 512)
    except Exception:  # noqa: BLE001 - each library has errors of its own
        return None
