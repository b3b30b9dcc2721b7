"""The pre-commit hook, as git and as pre-commit run it, on real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Repo, guard
from tests.mint import key

ROOT = Path(__file__).parent.parent


def hook(repo: Repo, *files: str, **env: str):
    return guard("hook", "pre-commit", *files, cwd=repo.path, env=env)


def native(repo: Repo) -> None:
    """Install the hook as plain git does."""
    script = repo.write(
        ".git/hooks/pre-commit", f'#!/bin/sh\nexec "{sys.executable}" -m cencori_guard hook pre-commit\n'
    )
    script.chmod(0o755)


def commit(repo: Repo, *args: str) -> int:
    return subprocess.run(
        ["git", "commit", "-q", "-m", "x", *args], cwd=repo.path, capture_output=True, check=False
    ).returncode


def test_a_leaking_commit_is_stopped_and_a_clean_one_goes_through(repo: Repo, secret: str) -> None:
    native(repo)
    repo.write("a.py", "print()\n")
    repo.git("add", "-A")
    assert commit(repo) == 0
    repo.write("a.py", f"k = '{secret}'\n")
    repo.git("add", "-A")
    assert commit(repo) == 1
    assert repo.git("log", "--oneline").count("\n") == 1


def test_the_first_commit_of_a_repository(repo: Repo, secret: str) -> None:
    repo.write("a.py", secret)
    repo.git("add", "-A")
    assert hook(repo).code == 1


def test_says_nothing_when_all_is_well(repo: Repo) -> None:
    repo.write("a.py", "print()\n")
    repo.git("add", "-A")
    result = hook(repo)
    assert (result.code, result.out, result.err) == (0, "", "")


def test_reads_the_index_not_the_work_tree(repo: Repo, secret: str) -> None:
    """Partial staging, both ways."""
    repo.write("a.py", "print()\n")
    repo.commit()
    repo.write("a.py", f"'{secret}'\n")
    assert hook(repo).code == 0
    repo.git("add", "a.py")
    repo.write("a.py", "print()\n")
    assert hook(repo).code == 1
    assert hook(repo, "--", "a.py").code == 1


def test_commit_all_and_commit_of_a_path(repo: Repo, secret: str) -> None:
    """`git commit -a` and `git commit -- path` give the hook an index of their own."""
    native(repo)
    repo.write("a.py", "1\n")
    repo.write("b.py", "1\n")
    repo.commit()
    repo.write("a.py", f"'{secret}'\n")
    assert commit(repo, "-a") == 1
    assert commit(repo, "--", "a.py") == 1
    repo.write("b.py", "2\n")
    assert commit(repo, "--", "b.py") == 0


def test_from_a_subdirectory_and_in_a_worktree(repo: Repo, secret: str) -> None:
    repo.write("sub/a.py", "1\n")
    repo.commit()
    native(repo)
    repo.git("worktree", "add", "-q", "../tree")
    tree = Repo(repo.path.parent / "tree")
    tree.write("sub/a.py", f"'{secret}'\n")
    tree.git("add", "-A")
    assert commit(tree) == 1
    result = guard("hook", "pre-commit", "a.py", cwd=tree.path / "sub")
    assert result.code == 1
    assert "sub/a.py:1:2" in result.out


@pytest.mark.parametrize(
    "change",
    ["rename with an edit", "type change", "-diff attribute", "UTF-16", "binary", "symlink target", "mode"],
)
def test_no_change_hides_a_key(repo: Repo, secret: str, change: str) -> None:
    body = "".join(f"line {n}\n" for n in range(50))
    repo.write("a.txt", body)
    repo.commit()
    if change == "rename with an edit":
        repo.git("mv", "a.txt", "b.txt")
        repo.write("b.txt", body + secret)
    elif change == "type change":
        (repo.path / "a.txt").unlink()
        (repo.path / "a.txt").symlink_to(f"../{secret}")
    elif change == "symlink target":
        (repo.path / "l").symlink_to(f"x/{secret}/y")
    elif change == "-diff attribute":
        repo.write(".gitattributes", "* -diff\n")
        repo.write("a.txt", body + secret)
    elif change == "UTF-16":
        repo.write("w.env", f"CENCORI_API_KEY={secret}\r\n".encode("utf-16"))
    elif change == "binary":
        repo.write("b.bin", b"\0\1\2" + secret.encode() + b"\0\xff")
    else:
        repo.write("a.txt", body + secret)
        (repo.path / "a.txt").chmod(0o755)
    repo.git("add", "-A")
    assert hook(repo).code == 1


def test_what_is_no_content_is_no_problem(repo: Repo, tmp_path: Path) -> None:
    """Deletions, submodules, files added in intention only."""
    inner = Repo(tmp_path / "inner")
    inner.commit()
    repo.write("gone.txt", "x")
    repo.commit()
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "sub")
    repo.git("rm", "-q", "gone.txt")
    repo.write("later.txt", "x")
    repo.git("add", "-N", "later.txt")
    result = hook(repo)
    assert (result.code, result.err) == (0, "")


def test_a_missing_object_is_not_clean(repo: Repo) -> None:
    repo.write("a.txt", "some content\n")
    repo.git("add", "-A")
    oid = repo.git("rev-parse", ":a.txt").strip()
    (repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    result = hook(repo)
    assert result.code == 3
    assert "a.txt" in result.out
    assert "does not have the object" in result.out


def test_not_a_repository_is_not_clean(tmp_path: Path) -> None:
    result = guard("hook", "pre-commit", cwd=tmp_path)
    assert result.code == 3
    assert "not a git repository" in result.err
    assert "Traceback" not in result.err


def test_states_of_a_key(repo: Repo, secret: str) -> None:
    repo.write("old.txt", secret)
    repo.commit()
    repo.write("old.txt", secret + "\nmore\n")
    repo.write("new.txt", secret)
    repo.git("add", "-A")
    report = guard("scan", "--staged", "-o", "json", cwd=repo.path).report()
    assert {f["location"]["path"]: f["git"]["state"] for f in report["findings"]} == {
        "old.txt": "tip",
        "new.txt": "staged",
    }
    assert report["scan"]["source"] == "staged"


def test_file_names_are_no_patterns_and_no_options(repo: Repo, secret: str) -> None:
    names = ["*.txt", ":(glob)x", "-o", "a b", "new\nline", "tab\t", 'quo"te', "ünï", "[a]"]
    for number, name in enumerate(names):
        repo.write(name, key("secret", number))
    repo.git("add", "-A")
    assert len(guard("scan", "--staged", "-o", "json", cwd=repo.path).findings()) == len(names)
    for name in names:
        assert hook(repo, "--", name).code == 1, name
    repo.git("rm", "-q", "--cached", "-r", ".")
    repo.write("clean.txt", "x")
    repo.git("add", "clean.txt")
    assert hook(repo, "--", "clean.txt").code == 0


def test_policy_rules_of_a_hook(repo: Repo, secret: str) -> None:
    repo.write("package.json", '{"dependencies": {"cencori": "1"}}')
    repo.git("add", "-A")
    assert hook(repo).code == 0  # the ignore rules are checked when an env or ignore file is staged
    repo.write(".env", f"CENCORI_API_KEY={secret}\n")
    repo.git("add", "-A")
    rules = [f[0] for f in guard("scan", "--staged", "-o", "json", cwd=repo.path).findings()]
    assert rules == ["env-file-not-ignored", "key-in-env-file", "env-file-tracked", "env-ignore-missing"]
    # The rules of the index count, not those of the work tree.
    repo.write(".gitignore", ".env\n")
    assert "env-ignore-missing" in hook(repo).out
    repo.git("add", ".gitignore")
    assert "env-ignore-missing" not in hook(repo).out
    repo.write(".gitignore", "")
    assert "env-ignore-missing" not in hook(repo).out


def test_the_hook_starts_two_git_processes(repo: Repo, tmp_path: Path) -> None:
    """A commit with nothing to hide waits for no more than that."""
    repo.write("a.txt", "x")
    repo.commit()
    repo.write("a.txt", "y")
    repo.git("add", "-A")
    real = shutil.which("git")
    spy = tmp_path / "bin" / "git"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/calls"\nexec "{real}" "$@"\n')
    spy.chmod(0o755)
    assert hook(repo, PATH=f"{spy.parent}:{os.environ['PATH']}").code == 0
    assert hook(repo, "--", "a.txt", PATH=f"{spy.parent}:{os.environ['PATH']}").code == 0
    assert (tmp_path / "calls").read_text().split() == ["diff-index", "cat-file", "ls-files", "cat-file"]


def test_the_hook_loads_next_to_nothing(repo: Repo) -> None:
    repo.write("a.txt", "y")
    repo.git("add", "-A")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cencori_guard", "hook", "pre-commit"],
        cwd=repo.path,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    heavy = {
        "click",
        "git",
        "pathspec",
        "hyperscan",
        "rich",
        "json",
        "tomllib",
        "hashlib",
        "dataclasses",
        "inspect",
        "tempfile",
    }
    assert not loaded & heavy


@pytest.mark.parametrize("fsmonitor", ["core.fsmonitor", "core.hooksPath", "diff.external"])
def test_the_repository_runs_nothing(repo: Repo, tmp_path: Path, fsmonitor: str) -> None:
    canary = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {canary}\n")
    program.chmod(0o755)
    repo.write("a.txt", "x")
    repo.git("add", "-A")
    repo.git("config", fsmonitor, str(program))
    for args in (["hook", "pre-commit"], ["scan", "."], ["scan", "--staged"]):
        assert guard(*args, cwd=repo.path).code == 0
    assert not canary.exists()


@pytest.fixture(scope="module")
def hook_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as a repository of its own, whatever is committed: what `repo:` in a config would name."""
    place = tmp_path_factory.mktemp("hook-source")
    shutil.copytree(ROOT / "cencori_guard", place / "cencori_guard", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, place / name)
    env = {**os.environ, "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@x", "GIT_COMMITTER_NAME": "T"}
    env["GIT_COMMITTER_EMAIL"] = "t@x"
    for args in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", *args], cwd=place, check=True, env=env)
    return place


@pytest.mark.skipif("CENCORI_GUARD_TEST_WHEELS" not in os.environ, reason="`make test` provides the wheels")
def test_the_real_pre_commit(
    repo: Repo, hook_source: Path, tmp_path: Path, secret: str, real_environ, monkeypatch
) -> None:
    """`pre-commit try-repo`, then an installed hook: partial staging, commit -a, --all-files."""
    wheels = real_environ["CENCORI_GUARD_TEST_WHEELS"]
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "PRE_COMMIT_HOME": str(tmp_path / "cache")}

    def pre_commit(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", *args],
            cwd=repo.path,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=False,
        )

    repo.write("a.py", "print()\n")
    repo.git("add", "-A")
    tried = pre_commit("try-repo", str(hook_source), "cencori-guard", "--verbose", "--all-files")
    assert tried.returncode == 0, tried.stdout + tried.stderr
    repo.write("a.py", f"'{secret}'\n")
    repo.git("add", "-A")
    tried = pre_commit("try-repo", str(hook_source), "cencori-guard")
    assert tried.returncode == 1
    assert "a.py:1:2" in tried.stdout
    assert secret not in tried.stdout + tried.stderr

    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hook_source, capture_output=True, text=True, check=True)
    repo.write(
        ".pre-commit-config.yaml",
        f"repos:\n- repo: {hook_source}\n  rev: {head.stdout.strip()}\n  hooks:\n  - id: cencori-guard\n",
    )
    repo.git("add", "-A")
    assert pre_commit("install").returncode == 0
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert commit(repo) == 1
    repo.write("a.py", "print()\n")  # unstaged: the index still leaks
    assert commit(repo) == 1
    repo.git("add", "-A")
    assert commit(repo) == 0
    repo.write("a.py", f"'{secret}'\n")
    assert commit(repo, "-a") == 1
    assert pre_commit("run", "--all-files").returncode == 0  # the key is in the work tree alone
    repo.git("add", "-A")
    repo.git("commit", "-q", "--no-verify", "-m", "x")
    assert pre_commit("run", "--all-files").returncode == 1
