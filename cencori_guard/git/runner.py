"""Runs git: list arguments, bytes in and out, a hardened environment, nothing lost on stderr."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader
from itertools import chain
from typing import IO

from cencori_guard.errors import GitError
from cencori_guard.git.environment import hardened

OLDEST = (2, 31)  # the first that reads GIT_CONFIG_COUNT (git 2.31.0 release notes)
_STDERR_KEPT = 16 << 10
_CHUNK = 1 << 16
_WIDE = 1 << 20


class Git:
    """git, started in one directory."""

    def __init__(self, directory: bytes | str, *, follow_redirections: bool = False) -> None:
        """*directory*: where git runs.  *follow_redirections*: see :func:`hardened`."""
        self.directory = os.fsencode(directory)
        self._env = hardened(os.environ, follow_redirections=follow_redirections)
        self._running: set[Process] = set()
        self._expired = ""

    def limit(self, seconds: float) -> None:
        """End, that many seconds from now, every git that runs then, and start no more."""
        timer = threading.Timer(seconds, self._expire, (f"the time limit of {seconds:g} s is over",))
        timer.daemon = True
        timer.start()

    def _expire(self, why: str) -> None:
        self._expired = why
        for process in list(self._running):
            process.kill(why)

    def check_time(self) -> None:
        """Raise :class:`GitError` where the time is up."""
        if self._expired:
            raise GitError(self._expired)

    def start(
        self, *args: str | bytes, work_tree: bytes | None = None, stdin: bool = False, bulk: bool = False
    ) -> Process:
        """Start ``git ARGS``; *bulk*: it will write a great deal.  Raises :class:`GitError` where there is no git."""
        self.check_time()
        bulk_end, git_end = _wide_pipe() if bulk else (None, None)
        env = self._env
        if work_tree is not None:
            env = {**env, "GIT_DIR": self.git_directory(), "GIT_WORK_TREE": os.fsdecode(work_tree)}
        try:
            process = Process(
                subprocess.Popen(
                    ["git", *args],
                    cwd=work_tree or self.directory,
                    env=env,
                    stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                    stdout=subprocess.PIPE if git_end is None else git_end,
                    stderr=subprocess.PIPE,
                ),
                args,
                bulk_end,
                self._running.discard,
            )
            self._running.add(process)
            if self._expired:  # while it was started
                process.kill(self._expired)
            return process
        except FileNotFoundError as error:
            if not os.path.isdir(work_tree or self.directory):
                raise GitError(f"{os.fsdecode(self.directory)}: no such directory") from error
            raise GitError("git is not installed or not on PATH: install git, then run this again") from error
        except OSError as error:
            raise GitError(f"git cannot be started: {error.strerror}") from error
        finally:
            if git_end is not None:
                os.close(git_end)

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

    def __init__(
        self,
        popen: subprocess.Popen[bytes],
        args: tuple[str | bytes, ...],
        stdout: int | None,
        ended: Callable[[Process], None],
    ) -> None:
        """*stdout*: where its output comes out, if not at *popen*'s own pipe.  *ended* is told when it has ended."""
        self._popen = popen
        self._ended = ended
        self._killed = ""
        self._stdout = popen.stdout if stdout is None else os.fdopen(stdout, "rb")
        self._command = "git " + next((os.fsdecode(a) for a in args if not os.fsdecode(a).startswith("-")), "")
        self._said = bytearray()
        self._drain = threading.Thread(target=self._read_stderr, daemon=True)
        self._drain.start()
        self._feeder: threading.Thread | None = None
        self._fed_wrong: Exception | None = None

    @property
    def stdout(self) -> BufferedReader:
        """git's output."""
        assert isinstance(self._stdout, BufferedReader)
        return self._stdout

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
        return chain.from_iterable(self.blocks(b"\0"))

    def lines(self) -> Iterator[bytes]:
        """The lines of git's output, as they come, without their ends."""
        return chain.from_iterable(self.blocks(b"\n"))

    def blocks(self, end: bytes) -> Iterator[list[bytes]]:
        """What git writes, in pieces that end in *end*, as many at a time as have come."""
        rest = b""
        while chunk := self.stdout.read1(_CHUNK):
            *whole, rest = (rest + chunk).split(end)
            yield whole
        if rest:
            yield [rest]

    def feed(self, lines: Iterable[bytes]) -> None:
        """Write *lines* to git's input from a thread, then end it.  What they raise, :meth:`finish` raises."""
        self._feeder = threading.Thread(target=self._write, args=(lines,), daemon=True)
        self._feeder.start()

    def _write(self, lines: Iterable[bytes]) -> None:
        try:
            with self.stdin as stream:
                for line in lines:
                    stream.write(line)
        except BrokenPipeError:
            pass  # git has ended; finish() says why
        except Exception as error:  # noqa: BLE001 - not this thread's to judge
            self._fed_wrong = error

    def finish(self, *, ok: tuple[int, ...] = (0,)) -> str:
        """Wait for git to end; returns what it said on stderr.  Raises :class:`GitError` for any exit code but *ok*."""
        if self._feeder is None and self._popen.stdin and not self._popen.stdin.closed:
            try:
                self._popen.stdin.close()
            except BrokenPipeError:
                pass
        self.stdout.close()
        code = self._popen.wait()
        self._drain.join()
        self._ended(self)
        if self._feeder:
            self._feeder.join()
        if self._fed_wrong:
            raise self._fed_wrong
        said = self._said.decode("utf-8", "backslashreplace").strip()
        if self._killed:
            raise GitError(f"{self._command} was ended: {self._killed}")
        if code not in ok:
            raise GitError(f"{self._command} failed: {_first_lines(said) or f'exit code {code}'}")
        return _first_lines(said)

    def kill(self, why: str) -> None:
        """End git for a reason that :meth:`finish` will give."""
        self._killed = why
        self._popen.kill()

    def stop(self) -> None:
        """End git, whatever it does."""
        self._popen.kill()
        try:
            self.finish(ok=tuple(range(-64, 256)))
        except GitError:
            pass


def _wide_pipe() -> tuple[int, int] | tuple[None, None]:
    """Two ends of what carries a gigabyte in a third of the time that a pipe takes, page by page."""
    import socket  # for whole histories, not for a commit

    try:
        ours, gits = socket.socketpair()
    except OSError:
        return None, None
    gits.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _WIDE)
    return ours.detach(), gits.detach()


def _first_lines(said: str) -> str:
    """git's own words in one line, with the way out that it names; 400 characters at most."""
    lines = [line.strip().removeprefix("fatal: ") for line in said.splitlines() if line.strip()]
    text = " ".join(lines)
    return text if len(text) <= 400 else text[:399] + "…"
