"""What the bulk search looks for: derived from the grammar, in every form that is searched for."""

from __future__ import annotations

from cencori_guard.keys import PREFIXES
from cencori_guard.names import WORDS


def _utf16(word: bytes) -> bytes:
    """The bytes that *word* has in both UTF-16LE and UTF-16BE, from its first character to its last."""
    return b"\0".join(word[i : i + 1] for i in range(len(word)))


def _without_extensions(words: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(w for w in words if not any(w != short and w.startswith(short) for short in words))


# Stands in every Git LFS pointer, and begins with the same byte as the prefixes, which
# keeps the ``re`` engine at one pass (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
LFS_POINTER = b"com/spec/v1\noid "

# ``cencori`` finds ``cencori_`` too.
PLAIN = _without_extensions((*PREFIXES, *WORDS))
NEEDLES = (*PLAIN, *map(_utf16, PLAIN), LFS_POINTER)
