"""Opens files below a directory without ever following a link out of it."""

from __future__ import annotations

import errno
import os
import stat

from cencori_guard.search.containers.kinds import HEAD, kind_of

_FILE_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO that took the file's place must not make us wait
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_ROOT_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_DIRECTORY_FLAGS = _ROOT_FLAGS | getattr(os, "O_NOFOLLOW", 0)
# A file with more than that of nothing in it is read around its holes.
_MUCH_OF_NOTHING = 64 << 20
_BLOCK = 512  # what st_blocks counts in
_HAS_DIR_FD = os.open in os.supports_dir_fd


class NotRegular(OSError):
    """There is something at the path, but no file to read: a link, a device, a pipe, a directory."""


class Files:
    """The regular files below *root*, opened one after the other.

    Every directory on the way is opened relative to the one above it and without
    following links, so that neither a link in the index's place for a directory, nor
    one that appears while we look, leads elsewhere.  Neighbours share the open directories.
    """

    def __init__(self, root: bytes) -> None:
        self._root = root
        self._head: list[bytes] = []
        self._fds = [os.open(root, _ROOT_FLAGS)] if _HAS_DIR_FD else []
        self._fd = -1
        self._left = 0
        self._sparse = False
        # Bytes of holes in the file last opened that were passed over: there is nothing in them.
        self.holes = 0

    def open(self, path: bytes) -> int:
        """Open the file at *path*, relative to the root, for :meth:`readinto`; returns its size in bytes.

        Raises :class:`NotRegular` where there is something else, FileNotFoundError
        where there is nothing, OSError where it cannot be opened.
        """
        self.close_file()
        head, _, name = path.rpartition(b"/")
        if _HAS_DIR_FD:
            parts = head.split(b"/") if head else []
            if parts != self._head:
                self._enter(parts)
            fd = _open(name, _FILE_FLAGS, self._fds[-1])
        else:
            fd = _open(os.path.join(self._root, path), _FILE_FLAGS, None)
        self._fd = fd
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise NotRegular(errno.EINVAL, _kind(status.st_mode))
        # Some files (in /proc) have no size and all the same content.
        self._left = status.st_size or -1
        self.holes = 0
        blocks = getattr(status, "st_blocks", status.st_size)
        self._sparse = (
            hasattr(os, "SEEK_DATA")
            and status.st_size - blocks * _BLOCK > _MUCH_OF_NOTHING
            and not self._is_container(path)
        )
        return status.st_size

    def _is_container(self, path: bytes) -> bool:
        """Whether places in the file mean something: then its holes are read like anything else."""
        head = os.pread(self._fd, HEAD, 0)
        return kind_of(head, 0, len(head), path, named=True) is not None

    def readinto(self, view: memoryview) -> int:
        """Read on in the file last opened; 0 at its end."""
        if not self._left:
            return 0
        if self._sparse:
            return self._read_around_holes(view)
        got = os.readv(self._fd, [view])
        if self._left > 0:
            self._left = max(0, self._left - got)
        return got

    def _read_around_holes(self, view: memoryview) -> int:
        """Read the data of a sparse file; one zero byte stands for each hole, so that nothing is joined."""
        at = os.lseek(self._fd, 0, os.SEEK_CUR)
        try:
            data = os.lseek(self._fd, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            data = at + self._left  # nothing but a hole is left
        if data > at:
            self.holes += data - at
            self._left -= data - at
            os.lseek(self._fd, data, os.SEEK_SET)
            view[0] = 0
            return 1
        end = os.lseek(self._fd, at, os.SEEK_HOLE)
        os.lseek(self._fd, at, os.SEEK_SET)
        got = os.readv(self._fd, [view[: min(len(view), end - at)]])
        self._left = max(0, self._left - got)
        return got

    def _enter(self, parts: list[bytes]) -> None:
        shared = 0
        for old, new in zip(self._head, parts, strict=False):
            if old != new:
                break
            shared += 1
        while len(self._fds) > shared + 1:
            os.close(self._fds.pop())
        self._head = parts[:shared]
        for part in parts[shared:]:
            self._fds.append(_open(part, _DIRECTORY_FLAGS, self._fds[-1]))
            self._head.append(part)

    def close_file(self) -> None:
        """Close the file last opened."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def close(self) -> None:
        """Close everything."""
        self.close_file()
        while self._fds:
            os.close(self._fds.pop())


def _open(name: bytes, flags: int, directory: int | None) -> int:
    try:
        return os.open(name, flags, dir_fd=directory)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise NotRegular(errno.ELOOP, "a symbolic link, not followed") from error
        if error.errno == errno.ENOTDIR:
            # A file or a link stands where the path needs a directory: what was there is gone.
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)) from error
        if error.errno == errno.ENXIO:
            raise NotRegular(errno.ENXIO, "a socket or device, not opened") from error
        raise


def _kind(mode: int) -> str:
    names = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    return names.get(stat.S_IFMT(mode), "a directory") + ", not opened"
