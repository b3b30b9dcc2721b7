"""Every test runs in a world of its own: no real home, no git config of the machine, no colours, no network."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.mint import key

settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")

_KEPT = ("PATH", "LANG", "TMPDIR", "SYSTEMROOT", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


_ENVIRON = dict(os.environ)

# Who starts the tests in the background makes them, and all that they start, deaf to interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def real_environ() -> dict[str, str]:
    """The environment that pytest was started in."""
    return _ENVIRON


@pytest.fixture(autouse=True)
def _world(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name not in _KEPT and not name.startswith("PYTEST"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", "/tmp")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.invalid")
        monkeypatch.setenv(f"GIT_{role}_DATE", "2026-01-02T03:04:05Z")


class Repo:
    """A real git repository in a temporary folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *args: str, check: bool = True, **env: str) -> str:
        """Run git in the repository; returns what it prints."""
        done = subprocess.run(
            ["git", *args], cwd=self.path, env={**os.environ, **env}, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file, its directories too."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(self, message: str = "a commit") -> None:
        """Commit all that is there and not ignored."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """An empty repository."""
    return Repo(tmp_path / "repo")


class Result:
    """What a run of the program gave."""

    def __init__(self, done: subprocess.CompletedProcess[bytes]) -> None:
        self.code = done.returncode
        self.out = done.stdout.decode("utf-8")
        self.err = done.stderr.decode("utf-8")

    def report(self) -> dict:
        """The JSON report on standard output."""
        import json

        return json.loads(self.out)

    def findings(self) -> list[tuple]:
        """(rule, severity, path, line, column) of each finding that is not suppressed."""
        return [
            (f["rule"], f["severity"], f["location"]["path"], f["location"]["line"], f["location"]["column"])
            for f in self.report()["findings"]
            if not f["suppressed"]
        ]


def guard(*args: str, cwd: Path, stdin: bytes = b"", env: dict[str, str] | None = None) -> Result:
    """Run the whole program as a process of its own, as a user does."""
    return Result(
        subprocess.run(
            [sys.executable, "-m", "cencori_guard", *args],
            cwd=cwd,
            input=stdin,
            env={**os.environ, **(env or {})},
            capture_output=True,
            check=False,
            timeout=120,
        )
    )


@pytest.fixture
def secret() -> str:
    """A live secret key."""
    return key("secret", "fixture")
