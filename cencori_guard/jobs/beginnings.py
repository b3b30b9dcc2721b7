"""What every key begins with, in whatever form: for those who only want to know whether there is anything to look at.

It loads next to nothing, so that a commit that holds nothing waits for nothing.  It may
only err towards a scan: a test holds it against all that a scan finds.
"""

from __future__ import annotations

from functools import cache

from cencori_guard.search.needles import encoded, escaped, packed, wide

# As in keys.py, which a test holds this against; a scan looks for no other beginnings.
BEGINNINGS = (b"cen_", b"csk_", b"cpk_", b"cake_", b"cencori_")
_INLINE_MAP = b"sourceMappingURL=data:"

# An encoded key has a run of these at least that long, in one line (forms.py).
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
_RUNS = bytes(97 if code in _ALPHABET else 32 for code in range(256))
_LONG_RUN = b"a" * 24
_LOWER = b"abcdefghijklmnopqrstuvwxyz+/_-"
_UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ+/_-"
# What the lines before and after one may add to it.
_BESIDE = 256
_MAGIC = (
    b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"]\x00\x00", b"!<arch>\n", b"Cr24",
)  # fmt: skip
_TAR_MAGIC_AT, _TAR_MAGIC = 257, b"ustar"
_CONTAINERS = (b".br", b".tar", b".lzma", b".tlz", b".pyz")


_PLAIN = (*BEGINNINGS, *map(wide, BEGINNINGS), _INLINE_MAP)


@cache
def _spelled() -> dict[bytes, list[bytes]]:
    """What a beginning is written with where a character of it is spelled, by what stands in it."""
    found: dict[bytes, list[bytes]] = {}
    for word in escaped(BEGINNINGS):
        mark = next(mark for mark in (b"\\", b"%", b"&", b"=") if mark in word)
        found.setdefault(mark, []).append(word)
    return found


@cache
def _encoded() -> tuple[bytes, ...]:
    """What a beginning gives where it is encoded, and the magic numbers of what is packed; line ends are taken out."""
    words = dict.fromkeys(
        word for word, _, _, is_wide, _ in (*encoded(BEGINNINGS, lines=False), *packed()) if not is_wide
    )
    return tuple(words)


def holds_beginning(data: bytes) -> bool:
    """Whether anything in *data* begins like a key, however it is written."""
    if any(word in data for word in _PLAIN):
        return True
    if any(mark in data and any(word in data for word in words) for mark, words in _spelled().items()):
        return True
    if _holds_encoded(data):
        return True
    wide = data.count(b"\0") >= len(_LONG_RUN)
    return wide and (_holds_encoded(data[::2]) or _holds_encoded(data[1::2]))


def _holds_encoded(data: bytes) -> bool:
    mapped = data.translate(_RUNS)
    at = mapped.find(_LONG_RUN)
    texts = []
    while at >= 0:
        end = mapped.find(b" ", at)
        end = len(data) if end < 0 else end
        run = data[at:end]
        if run.translate(None, _LOWER) and run.translate(None, _UPPER):
            texts.append(data[max(0, at - _BESIDE) : end + _BESIDE])
        at = mapped.find(_LONG_RUN, end)
    if not texts:
        return False
    # A line end may stand anywhere in a needle, and be spelled; the next line may be another string.
    text = b" ".join(texts).replace(b"\\n", b"").replace(b"\\r", b"").translate(None, b"\r\n\t \"',+\\")
    return any(word in text for word in _encoded())


def may_be_container(path: bytes, head: bytes) -> bool:
    """Whether a file of this name that begins with *head* may hold others."""
    if head.startswith(_MAGIC) or path.endswith(_CONTAINERS) or (head[:2] == b"#!" and b"PK\x03\x04" in head):
        return True
    return head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == _TAR_MAGIC or head[1:4] == b"\x2a\x4d\x18"
