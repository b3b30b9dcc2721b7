"""From byte offsets to lines and columns, for hits alone, however large the file.

A cursor walks forward through one blob.  Bytes between two hits are counted once, so
that a file with a million hits costs no more than the file's length.
"""

from __future__ import annotations

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SNIFFED = 1024


def sniff(head: bytes) -> tuple[str, int]:
    """The encoding of a text that begins with *head*, and the length of its byte order mark.

    UTF-16 without a mark (what PowerShell's ``>`` may leave after an edit) shows in the
    zero bytes that every second character of ASCII text has there.
    """
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding, len(bom)
    sample = head[:_SNIFFED]
    pairs = len(sample) // 2
    if pairs >= 4:
        even, odd = sample[: 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
        if odd >= 0.4 * pairs and even * 8 <= odd:
            return "utf-16-le", 0
        if even >= 0.4 * pairs and odd * 8 <= even:
            return "utf-16-be", 0
    return "utf-8", 0


class Cursor:
    """Line and column of ascending offsets in one blob of which a buffer holds a moving part."""

    def __init__(self, head: bytes) -> None:
        """*head*: the first bytes of the blob, a kilobyte of them if there are as many."""
        self.encoding, self._at = sniff(head)
        # Not a text: its strings may lie back to back.
        self.is_binary = self.encoding == "utf-8" and b"\0" in head
        self.line = 1
        self.column = 1

    @property
    def width(self) -> int:
        """Bytes of a code unit: 1 or 2."""
        return 1 if self.encoding == "utf-8" else 2

    def advance(self, data: bytearray, base: int, to: int) -> None:
        """Move to *to*, an offset in the blob.  ``data[i]`` is the blob's byte ``i - base``; the way there is in it.

        Offsets before the last one are where the cursor stays (a hit within a mark).
        """
        if to <= self._at:
            return
        start, stop = self._at + base, to + base
        if self.width == 1:
            lines = data.count(b"\n", start, stop)
            if lines:
                start = data.rfind(b"\n", start, stop) + 1
            columns = len(data[start:stop].decode("utf-8", "surrogateescape"))
        else:
            stop -= (to - self._at) % 2
            text = data[start:stop].decode(self.encoding, "replace")
            lines = text.count("\n")
            columns = len(text) - text.rfind("\n") - 1
        if lines:
            self.line += lines
            self.column = 1
        self.column += columns
        self._at = stop - base

    def place(self, data: bytearray, base: int, begin: int, to: int) -> tuple[int, int]:
        """Line and column of *to*; moves there, unless it is behind: then they are counted back.

        ``data[begin]`` is the first byte of the blob that is there.
        """
        if to >= self._at:
            self.advance(data, base, to)
            return self.line, self.column
        between = self._text(data[to + base : self._at + base])
        lines = between.count("\n")
        if not lines:
            return self.line, self.column - len(between)
        newline = b"\n" if self.width == 1 else "\n".encode(self.encoding)
        start = data.rfind(newline, begin, to + base)
        start = begin if start < 0 else start + self.width
        return self.line - lines, len(self._text(data[start : to + base])) + 1

    def _text(self, data: bytearray) -> str:
        if self.width == 1:
            return data.decode("utf-8", "surrogateescape")
        return data[: len(data) // 2 * 2].decode(self.encoding, "replace")

    def char_boundary(self, data: bytearray, base: int, offset: int) -> int:
        """The nearest offset in *data*, at most three bytes before *offset*, that does not split a character."""
        if self.width == 1:
            for back in range(4):
                if offset - back <= 0 or data[offset - back] & 0xC0 != 0x80:
                    return offset - back
            return offset
        offset -= (offset - base) % 2
        high = data[offset + (self.encoding == "utf-16-le")]
        return offset - 2 if high & 0xFC == 0xDC else offset
