"""Bytes and strings of strangers, made fit to be shown."""

from __future__ import annotations

from cencori_guard.keys import redact


def shown(path: bytes) -> str:
    """*path* as reports write it: UTF-8, other bytes as ``\\xNN``, keys redacted."""
    return redact(path.decode("utf-8", "backslashreplace"))


def harmless(text: str) -> str:
    """*text* without anything that a terminal acts upon or that hides: such characters are written as escapes."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}" for c in text
    )
