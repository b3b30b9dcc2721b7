"""Ways in which a scan once came out clean, or said less than it knew.  Each was found by an attack on it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from cencori_guard.keys import redact
from tests.conftest import Repo, guard
from tests.mint import key


def test_a_replaced_object_hides_nothing(repo: Repo, secret: str) -> None:
    """refs/replace shows plumbing other content than the commit will hold."""
    repo.write("leak.py", secret)
    repo.git("add", "-A")
    repo.write("clean", "clean")
    clean = repo.git("hash-object", "-w", "clean").strip()
    repo.git("replace", repo.git("rev-parse", ":leak.py").strip(), clean)
    assert guard("hook", "pre-commit", cwd=repo.path).code == 1
    assert guard("scan", "--staged", cwd=repo.path).code == 1


def test_a_damaged_object_costs_itself_alone(repo: Repo, secret: str) -> None:
    repo.write("a.py", secret)
    repo.write("m.bin", os.urandom(5000))
    repo.write("z.py", secret)
    repo.git("add", "-A")
    oid = repo.git("rev-parse", ":m.bin").strip()
    loose = repo.path / ".git" / "objects" / oid[:2] / oid[2:]
    data = bytearray(loose.read_bytes())
    data[2000:2008] = b"\0" * 8
    loose.chmod(0o644)
    loose.write_bytes(data)
    result = guard("scan", "--staged", "-o", "json", cwd=repo.path)
    assert result.code == 1
    assert [f[2] for f in result.findings()] == ["a.py", "z.py"]
    assert [s["path"] for s in result.report()["scan"]["skipped"]] == ["m.bin"]
    assert result.report()["scan"]["complete"] is False


def test_a_work_tree_that_is_elsewhere_is_not_believed(repo: Repo, tmp_path: Path, secret: str) -> None:
    (tmp_path / "else").mkdir()
    repo.git("config", "core.worktree", str(tmp_path / "else"))
    repo.write("untracked.py", secret)
    result = guard("scan", ".", "-o", "json", cwd=repo.path)
    assert result.code == 1
    assert result.report()["scan"]["complete"] is False


def test_a_submodule_without_its_repository_is_looked_at(repo: Repo, tmp_path: Path, secret: str) -> None:
    inner = Repo(tmp_path / "inner")
    inner.write("a.txt", secret)
    inner.commit()
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "sub")
    (repo.path / "sub" / ".git").unlink()
    assert "sub/a.txt" in guard("scan", ".", cwd=repo.path).out


def test_a_directory_in_git_s_own_is_looked_at_when_named(repo: Repo, secret: str) -> None:
    repo.write(".git/x/f", secret)
    assert guard("scan", ".git/x", cwd=repo.path).code == 1


def test_an_index_writes_nowhere(repo: Repo, secret: str) -> None:
    """A path in a hostile index leads out of the directory that its ignore files are copied to."""
    repo.write("aa/bb/.gitignore", "x\n")
    repo.write(".env", f"CENCORI_API_KEY={secret}\n")
    repo.git("add", "-A")
    index = repo.path / ".git" / "index"
    data = index.read_bytes()[:-20].replace(b"aa/bb/.gitignore", b"../pw/.gitignore")
    index.write_bytes(data + hashlib.sha1(data).digest())
    result = guard("scan", "--staged", cwd=repo.path)
    assert result.code in (1, 3)
    assert not (repo.path.parent / "pw").exists()
    assert "Traceback" not in result.err


@pytest.mark.parametrize("shape", ["secret", "legacy-base58", "agent-uuid", "legacy-test"])
def test_a_key_that_is_glued_to_a_word_is_no_finding_and_still_not_shown(tmp_path: Path, shape: str) -> None:
    glued = "x" + key(shape)
    body = key(shape)[8:]
    assert body not in redact(f"a {glued} b")
    (tmp_path / "a.txt").write_text(f"{key('secret', 'other')}_{key(shape)} my{key(shape)}\n")
    (tmp_path / ".cencori-guard.toml").write_text(f"a{key(shape)} = 1\n")
    for args in (["scan", "a.txt", "--no-config"], ["scan", "a.txt"], ["scan", glued], ["scan", f"--time{key(shape)}"]):
        result = guard(*args, cwd=tmp_path)
        assert body not in result.out + result.err, args


def test_a_state_that_nobody_knows_is_not_called_uncommitted(repo: Repo, secret: str) -> None:
    repo.write("a.txt", secret)
    repo.commit()
    oid = repo.git("rev-parse", ":a.txt").strip()
    (repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    report = guard("scan", ".", "-o", "json", cwd=repo.path).report()
    assert report["findings"][0]["git"]["state"] is None
    assert report["scan"]["complete"] is False
    assert report["findings"][0]["remedy"][1].startswith("Revoke")


def test_standard_output_that_is_full_or_closed(tmp_path: Path, secret: str) -> None:
    import subprocess
    import sys

    (tmp_path / "a.txt").write_text(secret)
    for end in (">/dev/full", ">&-"):
        command = f'"{sys.executable}" -m cencori_guard scan a.txt {end}'
        done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 1
        assert "standard output: cannot be written" in done.stderr
        assert len(done.stderr.splitlines()) == 1
