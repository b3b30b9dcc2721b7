"""A history of which something is missing, cut off or damaged is never clean."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import Repo, guard
from tests.histories import at, by_path, unseen
from tests.mint import key


def scan(where: Path, *args: str, **env: str):
    return guard("scan", "--history", *args, "-o", "json", cwd=where, env=env)


def loose(repo: Repo, oid: str) -> Path:
    return repo.path / ".git" / "objects" / oid[:2] / oid[2:]


@pytest.fixture
def filled(repo: Repo) -> Repo:
    """Some commits; the first has a key."""
    repo.write("k.txt", key("secret", "gaps"))
    at(repo, 1)
    for day in range(2, 6):
        repo.write("a.txt", f"{day}\n" * 300)
        repo.write(f"sub/{day}.bin", os.urandom(3000))
        repo.git("rm", "-q", "-f", "--ignore-unmatch", "k.txt")
        at(repo, day)
    return repo


def test_a_shallow_clone(filled: Repo) -> None:
    filled.git("clone", "-q", "--depth", "2", f"file://{filled.path}", "../shallow")
    result = scan(filled.path.parent / "shallow")
    assert result.code == 3
    assert "git fetch --unshallow" in unseen(result)
    assert result.report()["scan"]["complete"] is False


@pytest.mark.parametrize("wanted", ["blob:none", "tree:0", "blob:limit=1k"])
def test_a_partial_clone_asks_nobody(filled: Repo, tmp_path: Path, wanted: str) -> None:
    """What was not fetched is said, and is not fetched now: the remote is whoever the config says."""
    filled.git("config", "uploadpack.allowFilter", "true")
    url = f"file://{filled.path}"
    filled.git("clone", "-q", "--no-checkout", f"--filter={wanted}", url, str(tmp_path / "partial"))
    canary = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {canary}\nexit 1\n")
    program.chmod(0o755)
    filled.git("-C", str(tmp_path / "partial"), "config", "remote.origin.uploadpack", str(program))
    result = scan(tmp_path / "partial")
    assert result.code == (3 if wanted != "blob:limit=1k" else 1)
    assert result.report()["scan"]["complete"] is False
    assert "partial clone" in unseen(result)
    for args in (["--range", "HEAD~2..HEAD"], ["--since", "HEAD~1"]):
        result = guard("scan", *args, "-o", "json", cwd=tmp_path / "partial")
        assert result.code == 3, args
        assert "Traceback" not in result.err
    assert not canary.exists()


def test_a_lost_object(filled: Repo) -> None:
    for name in ("HEAD:sub/3.bin", "HEAD:sub", "HEAD~2"):
        oid = filled.git("rev-parse", name).strip()
        place = loose(filled, oid)
        kept = place.read_bytes()
        place.unlink()
        result = scan(filled.path)
        assert result.code == 1, "the rest is looked at"
        assert result.report()["scan"]["complete"] is False, name
        assert oid in unseen(result) or "not known" in unseen(result), name
        place.write_bytes(kept)
    assert scan(filled.path).report()["scan"]["complete"] is True


def test_a_damaged_loose_object(filled: Repo) -> None:
    """It costs itself alone."""
    for damage in ("middle", "empty", "header"):
        oid = filled.git("rev-parse", "HEAD:sub/3.bin").strip()
        place = loose(filled, oid)
        kept = place.read_bytes()
        place.chmod(0o644)
        if damage == "middle":
            place.write_bytes(kept[:1500] + b"\0" * 8 + kept[1508:])
        elif damage == "empty":
            place.write_bytes(b"")
        else:
            place.write_bytes(b"nonsense" + kept[8:])
        result = scan(filled.path)
        assert result.code == 1, damage
        assert list(by_path(result)) == ["k.txt"]
        assert result.report()["scan"]["complete"] is False
        assert oid in str(result.report()["scan"]["skipped"]), damage
        place.write_bytes(kept)


def test_a_damaged_pack(filled: Repo) -> None:
    filled.git("repack", "-q", "-a", "-d", "-f")
    (pack,) = (filled.path / ".git" / "objects" / "pack").glob("*.pack")
    data = bytearray(pack.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 16] = b"\0" * 16
    pack.chmod(0o644)
    pack.write_bytes(data)
    result = scan(filled.path)
    assert result.code in (1, 3)
    assert result.report()["scan"]["complete"] is False
    pack.write_bytes(data[:middle])
    result = scan(filled.path)
    assert result.code in (1, 3)
    assert result.report()["scan"]["complete"] is False


def test_a_lost_pack_index(filled: Repo) -> None:
    filled.git("repack", "-q", "-a", "-d")
    for index in (filled.path / ".git" / "objects" / "pack").glob("*.idx"):
        index.unlink()
    result = scan(filled.path)
    assert result.code == 3
    assert "Traceback" not in result.err


def test_a_broken_ref(filled: Repo) -> None:
    (filled.path / ".git" / "refs" / "heads" / "broken").write_text("nonsense\n")
    result = scan(filled.path)
    assert result.code == 1
    assert "broken" in unseen(result)
    (filled.path / ".git" / "refs" / "heads" / "broken").write_text("1" * 40 + "\n")
    result = scan(filled.path)
    assert result.report()["scan"]["complete"] is False


def test_a_git_that_fails_half_way(filled: Repo, tmp_path: Path) -> None:
    """Whichever of the processes it is: what it did not give is missing, and that is said."""
    real = shutil.which("git")
    for number, (command, after) in enumerate(
        (("--batch-all-objects", 300), ("--batch=%", 3000), ("--missing=print", 20), ("for-each-ref", 10))
    ):
        spy = tmp_path / str(number) / "git"
        spy.parent.mkdir()
        spy.write_text(
            f'#!/bin/sh\ncase "$*" in *"{command}"*)\n'
            f'  "{real}" "$@" | head -c {after}\n  echo "fatal: out of luck" >&2\n  exit 128;;\nesac\n'
            f'exec "{real}" "$@"\n'
        )
        spy.chmod(0o755)
        result = scan(filled.path, PATH=f"{spy.parent}:{os.environ['PATH']}")
        assert result.code in (1, 3), command
        assert "Traceback" not in result.err
        if result.out:
            assert result.report()["scan"]["complete"] is False, command
            assert "out of luck" in unseen(result), command
        else:
            assert "out of luck" in result.err


def test_the_time_limit(filled: Repo) -> None:
    result = scan(filled.path, "--timeout", "0.00001")
    assert result.code == 3
    assert "time limit" in (result.err + result.out)
    for args in (["--since", "HEAD~2"], ["--range", "HEAD~3..HEAD"]):
        result = guard("scan", *args, "--timeout", "0.00001", cwd=filled.path)
        assert result.code == 3
        assert "time limit" in result.err + result.out


def test_replaced_and_grafted_commits_hide_nothing(filled: Repo) -> None:
    """refs/replace and info/grafts show another history than the one that is there."""
    base, head = (filled.git("rev-parse", name).strip() for name in ("HEAD~3", "HEAD"))
    hidden = key("secret", "hidden")
    filled.write("hidden.txt", hidden)
    at(filled, 6)
    filled.git("rm", "-q", "hidden.txt")
    tip = at(filled, 7)
    ranges = ["scan", "--range", f"{base}..{tip}", "-o", "json"]
    assert list(by_path(guard(*ranges, cwd=filled.path))) == ["hidden.txt"]
    (filled.path / ".git" / "info").mkdir(exist_ok=True)
    (filled.path / ".git" / "info" / "grafts").write_text(f"{tip} {head}\n")
    assert list(by_path(guard(*ranges, cwd=filled.path))) == ["hidden.txt"]
    (filled.path / ".git" / "info" / "grafts").unlink()
    other = filled.git("commit-tree", f"{tip}^{{tree}}", "-p", head, "-m", "x").strip()
    filled.git("replace", tip, other)
    assert list(by_path(guard(*ranges, cwd=filled.path))) == ["hidden.txt"]
    assert by_path(scan(filled.path))["hidden.txt"]["git"]["state"] == "history"
