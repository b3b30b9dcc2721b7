"""The directory that a config or a baseline speaks for, beside that which a scan's paths are relative to."""

from __future__ import annotations

import os


class Scope:
    """Translates the paths of a scan into those of a file at *directory*."""

    def __init__(self, directory: bytes, base: bytes) -> None:
        """Both are absolute: *base* is what the paths of the scan are relative to."""
        # A file in, below or beside the base speaks for its own directory, one above it for all of the base.
        self._up = os.path.join(base, b"").startswith(os.path.join(directory, b""))
        within = os.path.relpath(base, directory) if self._up else os.path.relpath(directory, base)
        within = within.replace(os.fsencode(os.sep), b"/")
        self._prefix = b"" if within == b"." else within + b"/"

    def covers(self, path: bytes) -> bool:
        """Whether *path* lies in the directory."""
        return self._up or path.startswith(self._prefix)

    def relative(self, path: bytes) -> bytes:
        """*path*, which is covered, as the file at the directory has it."""
        return self._prefix + path if self._up else path[len(self._prefix) :]
