"""What a file is by its first bytes, and, where those say nothing, by its name.

Sources of the magic numbers: RFC 1952 (gzip), RFC 8878 (zstd), the xz file format 1.2,
APPNOTE.TXT of PKWARE (zip), POSIX pax (tar), the bzip2 and crx3 sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

# As many of a file's first bytes as any of the tests here looks at.
HEAD = 1024


class Kind(StrEnum):
    """A container, as reports call it."""

    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    LZMA = "lzma"
    ZSTD = "zstd"
    BROTLI = "brotli"
    ZIP = "zip"
    TAR = "tar"
    AR = "ar"
    SOURCE_MAP = "source map"
    NOTEBOOK = "notebook"
    UNKNOWN = "an archive that is not opened"


DOCUMENTS = frozenset((Kind.SOURCE_MAP, Kind.NOTEBOOK))
COMPRESSED = frozenset((Kind.GZIP, Kind.BZIP2, Kind.XZ, Kind.LZMA, Kind.ZSTD, Kind.BROTLI))

# The first bytes of everything below but tar and brotli: most files are told by the first of them.
FIRST_BYTES = frozenset(b"\x1fB\xfd\x28\x50\x51\x52\x53\x54\x55\x56\x57\x58\x59\x5a\x5b\x5c\x5d\x5e\x5f\x37C#!")
_LOCAL_FILE = b"PK\x03\x04"
TAR_MAGIC, TAR_MAGIC_AT = b"ustar", 257
# The names of what cannot be told by its bytes.
TELLING_ENDS = (b".br", b".tar")
# What documents of JSON begin with.
FIRST_OF_DOCUMENTS = frozenset(b"{) \t\r\n\xef")
_SKIPPABLE = rb"[\x50-\x5f]\x2a\x4d\x18"
_ZIP_NAME = rb"(?i)\.(?:zip|jar|war|ear|aar|apk|aab|ipa|whl|egg|xpi|crx|vsix|nupkg|pyz|docx|xlsx|pptx)\Z"
_MAP_HEAD = (
    rb"(?:\xef\xbb\xbf)?\s*(?:\)\]\}[^\n]{0,80}\n)?\s*\{\s*\"(?:version|mappings|sources|sourcesContent|sourceRoot|sections|names|file"
    rb"|debugId|ignoreList|x[_-][\w-]+)\"\s*:"
)
_MAP_KEYS = rb"\"(?:mappings|sources|sections|sourcesContent)\"\s*:"
_NOTEBOOK_HEAD = rb"(?:\xef\xbb\xbf)?\s*\{\s*\"(?:cells|metadata|nbformat|nbformat_minor|worksheets)\"\s*:"
# The bytes that a brotli stream begins with, as libraries (windows of 18 to 24 bits) and the command line
# (as small as will do) write them (RFC 7932, 9.1); without those that git's trees begin with.
_BROTLI_FIRST = frozenset(b for b in range(256) if b & 15 in (3, 5, 7, 9, 11, 13, 15)) | frozenset(b"\x01!AQaq")
_NO_SUSPECT = frozenset(range(256)) - _BROTLI_FIRST - FIRST_BYTES - FIRST_OF_DOCUMENTS
_PRINTABLE = bytes(range(32, 127)) + b"\t\r\n"
_NOT_TEXT = bytes(range(9)) + bytes(range(14, 32))


def kind_of(data: bytearray | bytes, begin: int, end: int, path: bytes, *, named: bool) -> Kind | None:
    """The kind of container that ``data[begin:end]``, the first bytes of *path*, begins; None for any other file.

    *named*: the path is that of a file; else it says nothing.
    """
    if begin >= end:
        return None
    first = data[begin]
    if first in FIRST_BYTES or first in FIRST_OF_DOCUMENTS:
        kind = _by_magic(bytes(data[begin : min(end, begin + HEAD)]), path, named=named)
        if kind:
            return kind
    if data[begin + TAR_MAGIC_AT : begin + TAR_MAGIC_AT + 5] == TAR_MAGIC and end - begin >= 512:
        return Kind.TAR
    if path.endswith(b".tar"):
        return Kind.TAR
    if path.endswith(b".br") if named else first in _BROTLI_FIRST:
        return Kind.BROTLI if _is_binary(data, begin, end) else None
    return None


def suspects(data: bytearray, begins: list[int], ends: list[int]) -> Iterator[int]:
    """Those of many blobs in *data* for which it is worth it to ask for their names, and what they are."""
    for index, begin in enumerate(begins):
        first = data[begin]
        if first in _NO_SUSPECT and data[begin + TAR_MAGIC_AT : begin + TAR_MAGIC_AT + 5] != TAR_MAGIC:
            continue
        if begin < ends[index] and (
            first in FIRST_BYTES
            or first in FIRST_OF_DOCUMENTS
            or data[begin + TAR_MAGIC_AT : begin + TAR_MAGIC_AT + 5] == TAR_MAGIC
            or data[begin + 1 : begin + 6].translate(None, _PRINTABLE)
        ):
            yield index


def _by_magic(head: bytes, path: bytes, *, named: bool) -> Kind | None:
    if head.startswith((_LOCAL_FILE, b"PK\x05\x06", b"PK00PK\x03\x04", b"PK\x07\x08PK\x03\x04")):
        return Kind.ZIP
    if head.startswith(b"\x1f\x8b\x08"):
        return Kind.GZIP
    if head.startswith((b"\x28\xb5\x2f\xfd",)) or re.match(_SKIPPABLE, head):
        return Kind.ZSTD
    if head.startswith(b"\xfd7zXZ\x00"):
        return Kind.XZ
    if head.startswith(b"BZh") and head[4:10] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90"):
        return Kind.BZIP2
    if head.startswith(b"]\0\0") and len(head) > 13 and path.endswith((b".lzma", b".tlz")):
        return Kind.LZMA
    if head.startswith(b"!<arch>\n"):
        return Kind.AR
    if head.startswith((b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07")):
        return Kind.UNKNOWN
    # What stands before the first member of an extension, of an executable archive.
    if head.startswith((b"Cr24", b"#!")) and (_LOCAL_FILE in head or re.search(_ZIP_NAME, path)):
        return Kind.ZIP
    if head and head[0] in FIRST_OF_DOCUMENTS:
        if re.match(_MAP_HEAD, head) and (path.endswith(b".map") or re.search(_MAP_KEYS, head)):
            return Kind.SOURCE_MAP
        if path.endswith(b".ipynb") or (re.match(_NOTEBOOK_HEAD, head) and (b'"cell_type"' in head or not named)):
            return Kind.NOTEBOOK
    return None


def _is_binary(data: bytearray | bytes, begin: int, end: int) -> bool:
    sample = bytes(data[begin : min(end, begin + 64)])
    if len(sample) != len(sample.translate(None, _NOT_TEXT)):
        return True
    try:
        sample[:-3].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start < len(sample) - 6
    return False
