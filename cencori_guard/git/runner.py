"""Runs git: list arguments, bytes in and out, a hardened environment, nothing lost on stderr."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from io import BufferedReader
from typing import IO

from cencori_guard.errors import GitError
from cencori_guard.git.environment import hardened

OLDEST = (2, 31)  # the first that reads GIT_CONFIG_COUNT (git 2.31.0 release notes)
_STDERR_KEPT = 16 << 10
_CHUNK = 1 << 16


class Git:
    """git, started in one directory."""

    def __init__(self, directory: bytes | str, *, follow_redirections: bool = False) -> None:
        """*directory*: where git runs.  *follow_redirections*: see :func:`hardened`."""
        self.directory = os.fsencode(directory)
        self._env = hardened(os.environ, follow_redirections=follow_redirections)

    def start(self, *args: str | bytes, work_tree: bytes | None = None, stdin: bool = False) -> Process:
        """Start ``git ARGS``.  Raises :class:`GitError` where there is no git."""
        env = self._env
        if work_tree is not None:
            env = {**env, "GIT_DIR": self.git_directory(), "GIT_WORK_TREE": os.fsdecode(work_tree)}
        try:
            return Process(
                subprocess.Popen(
                    ["git", *args],
                    cwd=work_tree or self.directory,
                    env=env,
                    stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                ),
                args,
            )
        except FileNotFoundError as error:
            if not os.path.isdir(work_tree or self.directory):
                raise GitError(f"{os.fsdecode(self.directory)}: no such directory") from error
            raise GitError("git is not installed or not on PATH: install git, then run this again") from error
        except OSError as error:
            raise GitError(f"git cannot be started: {error.strerror}") from error

    def run(self, *args: str | bytes, ok: tuple[int, ...] = (0,)) -> bytes:
        """The output of ``git ARGS``.  Raises :class:`GitError` for any exit code but *ok*."""
        process = self.start(*args)
        output = process.stdout.read()
        process.finish(ok=ok)
        return output

    def git_directory(self) -> str:
        """The absolute path of the repository's own directory.  Raises :class:`GitError` where there is none."""
        return os.fsdecode(self.run("rev-parse", "--absolute-git-dir").rstrip(b"\n"))

    def check_version(self) -> None:
        """Raise :class:`GitError` where git is older than :data:`OLDEST`."""
        said = self.run("version").decode("ascii", "replace").strip()
        numbers = said.removeprefix("git version ").split(".")[:2]
        if not all(n.isdecimal() for n in numbers) or tuple(map(int, numbers)) < OLDEST:
            raise GitError(f"{said} is too old: cencori-guard needs git {OLDEST[0]}.{OLDEST[1]} or newer")


class Process:
    """A running git.  Its stderr is drained beside, so that it never blocks, and kept to a bound."""

    def __init__(self, popen: subprocess.Popen[bytes], args: tuple[str | bytes, ...]) -> None:
        self._popen = popen
        self._command = "git " + next((os.fsdecode(a) for a in args if not os.fsdecode(a).startswith("-")), "")
        self._said = bytearray()
        self._drain = threading.Thread(target=self._read_stderr, daemon=True)
        self._drain.start()

    @property
    def stdout(self) -> BufferedReader:
        """git's output."""
        assert isinstance(self._popen.stdout, BufferedReader)
        return self._popen.stdout

    @property
    def stdin(self) -> IO[bytes]:
        """git's input, where it was asked for."""
        assert self._popen.stdin
        return self._popen.stdin

    def _read_stderr(self) -> None:
        assert self._popen.stderr
        with self._popen.stderr as stream:
            while chunk := stream.read(4096):
                self._said += chunk[: max(0, _STDERR_KEPT - len(self._said))]

    def records(self) -> Iterator[bytes]:
        """The NUL-terminated records of git's output, as they come."""
        rest = b""
        while chunk := self.stdout.read1(_CHUNK):
            *whole, rest = (rest + chunk).split(b"\0")
            yield from whole
        if rest:
            yield rest

    def finish(self, *, ok: tuple[int, ...] = (0,)) -> str:
        """Wait for git to end; returns what it said on stderr.  Raises :class:`GitError` for any exit code but *ok*."""
        if self._popen.stdin and not self._popen.stdin.closed:
            try:
                self._popen.stdin.close()
            except BrokenPipeError:
                pass
        self.stdout.close()
        code = self._popen.wait()
        self._drain.join()
        said = self._said.decode("utf-8", "backslashreplace").strip()
        if code not in ok:
            raise GitError(f"{self._command} failed: {_first_lines(said) or f'exit code {code}'}")
        return _first_lines(said)

    def stop(self) -> None:
        """End git, whatever it does."""
        self._popen.kill()
        try:
            self.finish(ok=tuple(range(-64, 256)))
        except GitError:
            pass


def _first_lines(said: str) -> str:
    """git's own words in one line, with the way out that it names; 400 characters at most."""
    lines = [line.strip().removeprefix("fatal: ") for line in said.splitlines() if line.strip()]
    text = " ".join(lines)
    return text if len(text) <= 400 else text[:399] + "…"
