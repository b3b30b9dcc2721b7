"""The hooks of a push and of a commit message, as git and pre-commit run them, on real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import Repo, guard
from tests.histories import at, remove
from tests.mint import key
from tests.test_hook import ROOT, hook_source

__all__ = ["hook_source"]
PROGRAM = f'"{sys.executable}" -m cencori_guard'


def native(where: Path, name: str, arguments: str = '"$@"') -> None:
    """Install a hook as plain git does."""
    script = where / "hooks" / name
    script.parent.mkdir(exist_ok=True)
    script.write_text(f"#!/bin/sh\nexec {PROGRAM} hook {name} {arguments}\n")
    script.chmod(0o755)


class Server:
    """A bare repository, and a clone of it with one commit pushed."""

    def __init__(self, path: Path) -> None:
        self.path = path / "server.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(self.path)], check=True)
        self.clone = Repo(path / "clone")
        self.clone.git("remote", "add", "origin", str(self.path))
        self.clone.write("a.txt", "a\n")
        at(self.clone, 1)
        assert self.push("main") == (0, "")

    def push(self, *args: str) -> tuple[int, str]:
        """Push; returns git's exit code, and what we said."""
        done = subprocess.run(
            ["git", "push", "-q", "origin", *args], cwd=self.clone.path, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        return done.returncode, said

    def refs(self) -> set[str]:
        """The refs that the server has."""
        said = subprocess.run(
            ["git", "for-each-ref", "--format=%(refname)"], cwd=self.path, capture_output=True, text=True, check=True
        )
        return set(said.stdout.split())


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture(params=["pre-push", "pre-receive"])
def guarded(request: pytest.FixtureRequest, server: Server) -> Server:
    """A server that is guarded at the one or the other end."""
    if request.param == "pre-push":
        native(server.clone.path / ".git", "pre-push")
    else:
        native(server.path, "pre-receive", "--timeout 60")
    return server


def test_a_leak_is_stopped_and_the_rest_goes_through(guarded: Server, secret: str) -> None:
    clone = guarded.clone
    clone.write("b.txt", "b\n")
    at(clone, 2)
    assert guarded.push("main") == (0, "")
    clone.write("k.txt", f"{secret}\n")
    at(clone, 3)
    code, said = guarded.push("main")
    assert code == 1
    assert "key-in-source  k.txt:1:1" in said
    assert "git rebase -i" in said
    assert secret not in said
    # Gone from the last commit is not gone from the push.
    remove(clone, "k.txt")
    at(clone, 4)
    assert guarded.push("main")[0] == 1
    clone.git("reset", "-q", "--hard", "HEAD~2")
    assert guarded.push("main")[0] == 0


def test_a_new_branch_brings_only_what_is_new(guarded: Server, secret: str) -> None:
    clone = guarded.clone
    clone.write("old.txt", secret)
    at(clone, 2)
    receives = (guarded.path / "hooks" / "pre-receive").exists()
    shutil.rmtree(guarded.path / "hooks")
    assert guarded.push("--no-verify", "main")[0] == 0
    if receives:
        native(guarded.path, "pre-receive")
    clone.git("checkout", "-q", "-b", "topic")
    clone.write("b.txt", "b\n")
    at(clone, 3)
    assert guarded.push("topic") == (0, ""), "the old key is there already"
    clone.write("k.txt", key("secret", "new"))
    at(clone, 4)
    code, said = guarded.push("topic")
    assert code == 1
    assert "old.txt" not in said
    assert "k.txt" in said


def test_deleted_forced_and_several_refs(guarded: Server, secret: str) -> None:
    clone = guarded.clone
    clone.git("branch", "one")
    clone.git("branch", "two")
    assert guarded.push("one", "two") == (0, "")
    assert guarded.push("--delete", "one") == (0, "")
    clone.git("commit", "-q", "--amend", "-m", "another")
    assert guarded.push("--force", "main") == (0, "")
    clone.git("checkout", "-q", "-b", "clean")
    clone.write("c.txt", "c\n")
    at(clone, 2)
    clone.git("checkout", "-q", "-b", "leaky", "main")
    clone.write("k.txt", secret)
    at(clone, 3)
    code, said = guarded.push("clean", "leaky")
    assert code == 1
    assert "k.txt" in said
    assert "refs/heads/clean" not in guarded.refs()
    assert guarded.push("clean")[0] == 0
    # What is forced away is no base.
    clone.git("checkout", "-q", "clean")
    clone.write("c.txt", f"{secret}\n")
    clone.git("add", "-A")
    clone.git("commit", "-q", "--amend", "-m", "x")
    assert guarded.push("--force", "clean")[0] == 1


def test_tags_messages_and_names(guarded: Server) -> None:
    clone = guarded.clone
    clone.git("tag", "-a", "v1", "-m", "fine")
    assert guarded.push("v1")[0] == 0
    clone.git("tag", "-a", "v2", "-m", key("secret", "tag"))
    code, said = guarded.push("v2")
    assert (code, "tag:v2:1:1" in said) == (1, True)
    name = f"fix-{key('secret', 'name')}"
    code, said = guarded.push(f"main:refs/heads/{name}")
    assert (code, "ref:refs/heads/fix-csk_" in said) == (1, True)
    at(clone, 2, f"see {key('secret', 'message')}")
    code, said = guarded.push("main")
    assert (code, "in the message of a commit" in said) == (1, True)


def test_the_root_of_another_history(guarded: Server, secret: str) -> None:
    clone = guarded.clone
    clone.git("checkout", "-q", "--orphan", "other")
    clone.write("k.txt", secret)
    at(clone, 2)
    assert guarded.push("other")[0] == 1


def test_a_push_to_a_url_and_to_a_name_that_is_a_pattern(server: Server, secret: str) -> None:
    clone = server.clone
    native(clone.path / ".git", "pre-push")
    clone.write("k.txt", secret)
    at(clone, 2)
    for remote in (str(server.path), f"file://{server.path}"):
        done = subprocess.run(["git", "push", "-q", remote, "main"], cwd=clone.path, capture_output=True, check=False)
        assert done.returncode == 1, remote
    clone.git("update-ref", "refs/remotes/other/main", "HEAD")
    lines = f"refs/heads/main {clone.git('rev-parse', 'HEAD').strip()} refs/heads/main {'0' * 40}\n".encode()
    for remote in ("*", "o*", "", "--all", "other/../*"):
        result = guard("hook", "pre-push", "--", remote, "url", cwd=clone.path, stdin=lines)
        assert result.code == 1, remote
    assert guard("hook", "pre-push", "other", "url", cwd=clone.path, stdin=lines).code == 1, "other has lost main"
    lines = lines.replace(b"refs/heads/main " + b"0" * 40, b"refs/heads/new " + b"0" * 40)
    assert guard("hook", "pre-push", "other", "url", cwd=clone.path, stdin=lines).code == 0


def test_nothing_to_push_is_nothing_to_say(server: Server) -> None:
    for hook in ("pre-push", "pre-receive"):
        result = guard("hook", hook, cwd=server.clone.path)
        assert (result.code, result.out, result.err) == (0, "", "")


@pytest.mark.parametrize(
    "line", [b"nonsense\n", b"a b c d\n", b"refs/heads/x " + b"1" * 39 + b" refs/heads/x " + b"0" * 40]
)
def test_lines_that_git_does_not_write(server: Server, line: bytes) -> None:
    for hook in ("pre-push", "pre-receive"):
        result = guard("hook", hook, cwd=server.clone.path, stdin=line)
        assert result.code == 2
        assert "does not write" in result.err


def test_what_is_not_here_cannot_be_vouched_for(server: Server) -> None:
    push = b"refs/heads/x " + b"1" * 40 + b" refs/heads/x " + b"0" * 40 + b"\n"
    receive = b"0" * 40 + b" " + b"1" * 40 + b" refs/heads/x\n"
    for hook, line in (("pre-push", push), ("pre-receive", receive)):
        result = guard("hook", hook, cwd=server.clone.path, stdin=line)
        assert result.code == 3
        assert "no such object here" in result.err


def test_pre_receive_refuses_what_it_could_not_look_at(server: Server) -> None:
    native(server.path, "pre-receive", "--timeout 0.0001")
    server.clone.write("b.txt", "b\n")
    at(server.clone, 2)
    code, said = server.push("main")
    assert code == 1
    assert "time limit" in said
    native(server.path, "pre-receive", "--timeout 60")
    assert server.push("main")[0] == 0


def test_pre_receive_takes_no_excuse_from_the_push(server: Server, secret: str) -> None:
    """Config counts as the default branch has it; a broken one excuses nothing and locks nobody out."""
    native(server.path, "pre-receive")
    clone = server.clone
    excuse = '[[allow]]\npaths = ["k.txt"]\nreason = "why not"\n'
    clone.write("k.txt", secret)
    clone.write(".cencori-guard.toml", excuse)
    at(clone, 2)
    assert server.push("main")[0] == 1
    clone.git("reset", "-q", "--hard", "HEAD~1")
    clone.write(".cencori-guard.toml", excuse)
    at(clone, 3)
    assert server.push("main")[0] == 0
    clone.write("k.txt", secret)
    at(clone, 4)
    assert server.push("main")[0] == 0, "now the default branch has the excuse"
    clone.write(".cencori-guard.toml", "nonsense = 1\n")
    at(clone, 5)
    assert server.push("main")[0] == 0
    clone.write("b.txt", "b")
    at(clone, 6)
    code, said = server.push("main")
    assert code == 0
    assert "nothing is excused" in said


def test_pre_receive_runs_in_quarantine(server: Server, secret: str) -> None:
    """A refused push leaves no object behind: what was looked at lay in quarantine."""
    native(server.path, "pre-receive")
    server.clone.write("k.txt", secret)
    commit = at(server.clone, 2)
    assert server.push("main")[0] == 1
    there = subprocess.run(["git", "cat-file", "-e", commit], cwd=server.path, capture_output=True, check=False)
    assert there.returncode != 0


def test_a_person_who_calls_a_hook_is_told_what_to_do(server: Server) -> None:
    import pty

    for hook in ("pre-push", "pre-receive"):
        master, slave = pty.openpty()
        done = subprocess.run(
            [sys.executable, "-m", "cencori_guard", "hook", hook],
            cwd=server.clone.path,
            stdin=slave,
            capture_output=True,
            text=True,
            check=False,
        )
        os.close(master)
        os.close(slave)
        assert done.returncode == 2
        assert "--range" in done.stderr


# Under pre-commit: it has read git's lines, and says in the environment what they said.


def under_pre_commit(repo: Repo, **env: str):
    return guard("hook", "pre-push", cwd=repo.path, env={"PRE_COMMIT": "1", **env})


def test_as_pre_commit_calls_it(server: Server, secret: str) -> None:
    clone = server.clone
    base = clone.git("rev-parse", "HEAD").strip()
    clone.write("k.txt", secret)
    tip = at(clone, 2)
    told = {"PRE_COMMIT_REMOTE_NAME": "origin", "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/main"}
    assert under_pre_commit(clone, PRE_COMMIT_FROM_REF=base, PRE_COMMIT_TO_REF=tip, **told).code == 1
    assert under_pre_commit(clone, PRE_COMMIT_FROM_REF=tip, PRE_COMMIT_TO_REF=tip, **told).code == 0
    assert under_pre_commit(clone, PRE_COMMIT_LOCAL_BRANCH="refs/heads/main", **told).code == 1
    assert under_pre_commit(clone, PRE_COMMIT_LOCAL_BRANCH="refs/heads/gone", **told).code == 1, "then HEAD"
    assert under_pre_commit(clone).code == 1, "called by hand: all of HEAD"
    clone.git("update-ref", "refs/remotes/origin/main", tip)
    assert under_pre_commit(clone, PRE_COMMIT_LOCAL_BRANCH="refs/heads/main", **told).code == 1, "it has lost main"
    told["PRE_COMMIT_REMOTE_BRANCH"] = "refs/heads/new"
    assert under_pre_commit(clone, PRE_COMMIT_LOCAL_BRANCH="refs/heads/main", **told).code == 0
    assert under_pre_commit(clone, PRE_COMMIT_TO_REF=tip, **told).code == 0


@pytest.mark.skipif("CENCORI_GUARD_TEST_WHEELS" not in os.environ, reason="`make test` provides the wheels")
def test_the_real_pre_commit(server: Server, hook_source: Path, tmp_path: Path, real_environ, monkeypatch) -> None:
    """`cencori-guard-push` and `cencori-guard-commit-msg`, installed by pre-commit."""
    clone = server.clone
    wheels = real_environ["CENCORI_GUARD_TEST_WHEELS"]
    for name, value in (
        ("PIP_NO_INDEX", "1"),
        ("PIP_FIND_LINKS", wheels),
        ("PRE_COMMIT_HOME", str(tmp_path / "cache")),
    ):
        monkeypatch.setenv(name, value)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hook_source, capture_output=True, text=True, check=True)
    ids = "".join(f"  - id: cencori-guard-{name}\n" for name in ("push", "commit-msg"))
    clone.write(
        ".pre-commit-config.yaml",
        "default_install_hook_types: [pre-push, commit-msg]\n"
        f"repos:\n- repo: {hook_source}\n  rev: {head.stdout.strip()}\n  hooks:\n{ids}",
    )
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], cwd=clone.path, check=True, capture_output=True)
    at(clone, 2)
    assert server.push("main")[0] == 0
    message = f"see {key('secret', 'message')}"
    refused = subprocess.run(
        ["git", "commit", "-q", "--allow-empty", "-m", message], cwd=clone.path, capture_output=True, text=True
    )
    assert refused.returncode == 1
    assert "in the message of this commit" in refused.stdout + refused.stderr
    clone.write("k.txt", key("secret", 1))
    at(clone, 3)
    remove(clone, "k.txt")
    at(clone, 4)
    code, said = server.push("main")
    assert (code, "k.txt:1:1" in said) == (1, True)
    clone.git("checkout", "-q", "--orphan", "root")
    clone.write("r.txt", key("secret", 2))
    at(clone, 5)
    code, said = server.push("root")
    assert (code, "r.txt:1:1" in said) == (1, True)


def test_the_manifest_names_commands_that_exist() -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert set(hooks) == {"cencori-guard", "cencori-guard-push", "cencori-guard-commit-msg"}
    for hook in hooks.values():
        assert guard(*hook["entry"].split()[1:3], "--help", cwd=ROOT).code == 0


# Commit messages.


def message(repo: Repo, text: str | bytes):
    repo.write("MSG", text)
    return guard("hook", "commit-msg", "MSG", cwd=repo.path)


def test_a_commit_message(repo: Repo, secret: str) -> None:
    assert message(repo, "fine\n").code == 0
    result = message(repo, f"fix\n\nwith {secret}\n")
    assert result.code == 1
    assert "key-in-git-metadata  message:MSG:3:6" in result.out
    assert secret not in result.out
    assert message(repo, f"# {secret}\n").code == 1, "with -m, git keeps what begins with a #"
    assert message(repo, secret.encode("utf-16")).code == 1
    assert message(repo, f"fine {key('publishable', 1)}").code == 0
    missing = guard("hook", "commit-msg", "no-such-file", cwd=repo.path)
    assert (missing.code, "cannot be read" in missing.err) == (2, True)


def test_a_commit_message_in_a_real_commit(repo: Repo, secret: str) -> None:
    native(repo.path / ".git", "commit-msg")

    def commit(*args: str, **env: str) -> int:
        return subprocess.run(
            ["git", "commit", "-q", "--allow-empty", *args],
            cwd=repo.path,
            capture_output=True,
            env={**os.environ, **env},
        ).returncode

    assert commit("-m", "fine") == 0
    assert commit("-m", f"oops {secret}") == 1
    # The diff below the scissors is no part of the message: whoever takes a key out may do so.
    repo.write("k.txt", f"{secret}\n")
    repo.git("add", "-A")
    repo.git("commit", "-q", "--no-verify", "-m", "x")
    repo.write("k.txt", "gone\n")
    repo.git("add", "-A")
    assert commit("-v", GIT_EDITOR="sed -i 1s/^/take-it-out/") == 0
    assert commit("-v", GIT_EDITOR=f"sed -i 1s/^/{secret}/") == 1
    repo.git("config", "core.commentChar", ";")
    repo.write("k.txt", f"{secret}\n")
    repo.git("add", "-A")
    assert commit("-v", GIT_EDITOR="sed -i 1s/^/back/") == 0


def test_scissors_that_git_did_not_write_cut_nothing(repo: Repo, secret: str) -> None:
    assert message(repo, f"x\n# ------------------------ >8 ------------------------\n{secret}\n").code == 1


def test_the_message_hook_loads_next_to_nothing(repo: Repo) -> None:
    repo.write("MSG", "fine\n")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cencori_guard", "hook", "commit-msg", "MSG"],
        cwd=repo.path,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"click", "git", "subprocess", "pathspec", "hyperscan", "json", "cencori_guard.keys"}
