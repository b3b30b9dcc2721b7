"""The command line: usage errors, exit codes, outputs; nothing of it prints a traceback or a key."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Repo, guard
from tests.mint import key


def clean(result) -> None:
    """One line on standard error, and no traceback."""
    assert "Traceback" not in result.err + result.out
    assert len(result.err.splitlines()) <= 1, result.err


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["scan", "no-such-place"], "no-such-place: no such file or directory"),
        (["scan", "--staged", "."], "not a git repository"),
        (["scan", "--staged", "a", "b"], "one PATH"),
        (["scan", "--stdin", "x"], "alone"),
        (["scan", "--stdin", "--staged"], "alone"),
        (["scan", "--stdin-name", "x"], "--stdin"),
        (["scan", "-o", "yaml"], "no such format"),
        (["scan", "-o", "json="], "names no file"),
        (["scan", "-o", "json", "-o", "text"], "two formats"),
        (["scan", "--config", "a.toml", "--no-config"], "which"),
        (["scan", "--config", "missing.toml"], "missing.toml: cannot be read"),
        (["scan", "--fail-on", "worst"], "worst"),
        (["scan", "--timeout", "0"], "0"),
        (["scan", "--no-such-option"], "--no-such-option"),
        (["no-such-command"], "no-such-command"),
        (["rules", "key-in-sorce"], "did you mean 'key-in-source'"),
        (["hook", "pre-push-not-yet"], "pre-push-not-yet"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(tmp_path: Path, args: list[str], says: str) -> None:
    result = guard(*args, cwd=tmp_path)
    assert result.code == 2
    assert says in result.err
    clean(result)


def test_a_key_as_an_argument_is_never_repeated(tmp_path: Path, secret: str) -> None:
    for args in (["scan", secret], ["scan", f"--{secret}"], [secret], ["rules", secret], ["scan", "-o", secret]):
        result = guard(*args, cwd=tmp_path)
        assert result.code == 2
        assert secret not in result.err + result.out
        assert "csk_" in result.err
        clean(result)


def test_help_and_version(tmp_path: Path) -> None:
    for args in (["--help"], ["scan", "-h"], ["hook", "--help"], ["hook", "pre-commit", "--help"], ["rules", "-h"]):
        assert guard(*args, cwd=tmp_path).code == 0
    for args in (["--version"], ["scan", "--version"]):
        assert guard(*args, cwd=tmp_path).out.startswith("cencori-guard 0.")
    bare = guard(cwd=tmp_path)
    assert bare.code == 2
    assert "Usage:" in bare.out


@pytest.mark.parametrize(
    ("shape", "args", "code"),
    [
        (None, [], 0),
        ("secret", [], 1),
        ("secret", ["--fail-on", "critical"], 0),
        ("secret-test", [], 1),
        ("secret-test", ["--fail-on", "high"], 0),
        ("publishable", [], 0),
        ("publishable", ["--fail-on", "info"], 1),
    ],
)
def test_exit_code_follows_fail_on(tmp_path: Path, shape: str | None, args: list[str], code: int) -> None:
    (tmp_path / "a.txt").write_text(f"{key(shape)}\n" if shape else "nothing\n")
    assert guard("scan", ".", *args, cwd=tmp_path).code == code


def test_findings_win_over_incompleteness(repo: Repo, secret: str) -> None:
    """Exit 1 with findings even where something was not looked at; exit 3 where nothing else was found."""
    repo.write("a.txt", "nothing")
    repo.commit()
    (repo.path / ".git" / "index").write_bytes(b"damaged")
    assert guard("scan", ".", cwd=repo.path).code == 3
    repo.write("b.txt", secret)
    result = guard("scan", ".", "-o", "json", cwd=repo.path)
    assert result.code == 1
    assert result.report()["scan"]["complete"] is False


def test_strict_counts_what_was_skipped(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "a").write_text("x")
    assert guard("scan", ".", cwd=tmp_path).code == 0
    assert guard("scan", ".", "--strict", cwd=tmp_path).code == 3


def test_verbosity_stands_before_or_after_the_command(tmp_path: Path, secret: str) -> None:
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "a.py").write_text(f"k = '{secret}'  # cencori-guard: allow -- a test\n")
    plain, before, after = (
        guard(*args, cwd=tmp_path).out for args in (["scan"], ["-v", "scan"], ["scan", "--verbose"])
    )
    assert "a test" not in plain
    assert "1 suppressed, 1 skipped" in plain
    for out in (before, after):
        assert "suppressed (inline): a test" in out
        assert "link" in out
    for args in (["-q", "scan"], ["scan", "-q"]):
        assert guard(*args, cwd=tmp_path).out == ""


def test_stdin(tmp_path: Path, secret: str) -> None:
    result = guard("scan", "-", "-o", "json", cwd=tmp_path, stdin=f"a\n  {secret}\n".encode())
    assert result.code == 1
    assert result.findings() == [("key-in-source", "high", "<stdin>", 2, 3)]
    assert result.report()["scan"]["source"] == "stdin"
    assert result.report()["findings"][0]["git"] is None
    named = guard("scan", "--stdin", "--stdin-name", "x/.env", "-o", "json", cwd=tmp_path, stdin=secret.encode())
    assert named.findings() == [("key-in-env-file", "high", "x/.env", 1, 1)]
    shipped = guard("scan", "--stdin", "--stdin-name", "dist/a.js", "-o", "json", cwd=tmp_path, stdin=secret.encode())
    assert shipped.findings() == [("key-in-client-bundle", "critical", "dist/a.js", 1, 1)]
    assert guard("scan", "-", cwd=tmp_path).code == 0


def test_several_outputs_at_once(tmp_path: Path, secret: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.txt").write_text(secret)
    result = guard("scan", "src", "-o", "json=r.json", "-o", "jsonl=r.jsonl", "-o", "text=r.txt", cwd=tmp_path)
    assert result.code == 1
    assert result.out == ""
    assert {p.name for p in tmp_path.iterdir()} == {"src", "r.json", "r.jsonl", "r.txt"}
    assert "key-in-source" in (tmp_path / "r.txt").read_text()


def test_an_output_that_cannot_be_written_takes_nothing_from_findings(tmp_path: Path, secret: str) -> None:
    (tmp_path / "a.txt").write_text(secret)
    result = guard("scan", "a.txt", "-o", "json=no/such/dir.json", "-o", "text", cwd=tmp_path)
    assert result.code == 1
    assert "no/such/dir.json: cannot be written" in result.err
    assert "key-in-source" in result.out
    clean(result)


def test_closed_pipe(tmp_path: Path, secret: str) -> None:
    """`| head` gets its lines; the exit code stays that of the scan, and nothing complains."""
    for number in range(400):
        (tmp_path / f"{number}.txt").write_text(f"{key('secret', number)}\n")
    program = f'"{sys.executable}" -m cencori_guard scan . -o text -o json=../report.json'
    script = f'{program} | head -n 1; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "1"
    assert done.stderr == ""
    assert (tmp_path.parent / "report.json").stat().st_size > 10_000


def test_interrupt_shows_what_was_found_and_exits_130(tmp_path: Path, secret: str) -> None:
    (tmp_path / "a.txt").write_text(secret)
    command = [sys.executable, "-m", "cencori_guard", "scan", "-", "-o", "json"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        process.stdin.write(b"x" * (9 << 20))  # taken from us only by a program that is reading by now
        process.stdin.flush()
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert b'"complete": false' in out


def test_a_crash_is_neither_findings_nor_clean(tmp_path: Path, secret: str, monkeypatch, capsys) -> None:
    from cencori_guard.cli.boundary import guarded

    def broken() -> int:
        raise RuntimeError(f"with {secret} in its words")

    assert guarded(broken) == 3
    said = capsys.readouterr().err
    assert "internal error" in said
    assert "RuntimeError" in said
    assert secret not in said
    assert "with" not in said


def test_rules_are_listed_and_explained(tmp_path: Path) -> None:
    from cencori_guard.models import Rule
    from cencori_guard.rules import RULES

    assert set(RULES) == set(Rule)
    listed = guard("rules", cwd=tmp_path).out
    for rule in Rule:
        assert rule in listed
        assert "Fires on" in guard("rules", rule, cwd=tmp_path).out
    assert max(map(len, listed.splitlines())) <= 80


def test_a_scan_of_nothing_does_not_sound_like_one_of_something(repo: Repo) -> None:
    for args in (["scan", "."], ["scan", "--staged"]):
        assert guard(*args, cwd=repo.path).out.startswith("No file to look at (0 files")


def test_a_bare_repository_has_neither_files_nor_index(repo: Repo) -> None:
    repo.commit()
    repo.git("clone", "-q", "--bare", ".", "../bare.git")
    for args in (["scan"], ["scan", "--staged"]):
        result = guard(*args, "bare.git", cwd=repo.path.parent)
        assert result.code == 2
        assert "bare repository" in result.err


def test_modules_where_the_scan_is_do_not_run(tmp_path: Path, secret: str) -> None:
    """``python -m`` looks there first, and what is scanned is a stranger's."""
    (tmp_path / "a.txt").write_text(secret)
    for name in ("click", "enum", "httpx", "json", "pathspec", "rich", "tomllib", "ssl"):
        (tmp_path / f"{name}.py").write_text("open('ran', 'w'); raise SystemExit(0)\n")
    for args in (["scan", "."], ["scan", ".", "--verify", "--api-url", "http://127.0.0.1:1"], ["baseline", "create"]):
        result = guard(*args, cwd=tmp_path)
        assert result.code == (0 if args[0] == "baseline" else 1), result.err
    assert not (tmp_path / "ran").exists()


def test_nobody_listens_on_standard_error(tmp_path: Path, secret: str) -> None:
    """What is said there is not said on standard output instead, where a program reads."""
    (tmp_path / "a.txt").write_text(secret)
    command = f'"{sys.executable}" -m cencori_guard scan . --verify --api-url http://127.0.0.1:1 -o json 2>&-'
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert json.loads(done.stdout)["findings"][0]["liveness"]["status"] == "unknown"
