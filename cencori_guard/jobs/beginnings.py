"""What every key begins with: for those who only want to know whether there is anything to look at.

It loads nothing, so that a commit that holds nothing waits for nothing.
"""

from __future__ import annotations

# As in keys.py, which a test holds this against; a scan looks for no other beginnings.
BEGINNINGS = (b"cen_", b"csk_", b"cpk_", b"cake_", b"cencori_")
_WIDE = tuple(b"\0".join(word[i : i + 1] for i in range(len(word))) for word in BEGINNINGS)


def holds_beginning(data: bytes) -> bool:
    """Whether anything in *data* begins like a key, in single bytes or in UTF-16."""
    return any(word in data for word in BEGINNINGS) or (b"\0" in data and any(word in data for word in _WIDE))
