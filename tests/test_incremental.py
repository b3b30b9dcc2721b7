"""`scan --history --incremental`: what is remembered, what is looked at again, and what a full scan would say."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cencori_guard import memory
from cencori_guard.git.runner import Git
from tests.conftest import Repo, guard
from tests.histories import at, keys_in, remove
from tests.mint import key


def scan(repo: Repo, *args: str):
    return guard("scan", "--history", *args, "-o", "json", cwd=repo.path)


def file(repo: Repo) -> Path:
    return repo.path / ".git" / "cencori-guard" / "history.json"


@pytest.fixture
def known(repo: Repo, secret: str) -> Repo:
    """A repository with an old leak, scanned once."""
    repo.write("a.txt", f"{secret}\n")
    at(repo, 1, f"see {key('secret', 'message')}")
    for number in range(20):
        repo.write(f"{number}.txt", f"{number}\n")
    remove(repo, "a.txt")
    at(repo, 2)
    assert scan(repo).code == 1
    return repo


def test_only_what_is_new_is_looked_at_and_nothing_is_forgotten(known: Repo) -> None:
    known.git("gc", "-q")  # else all of it lies loose, and is read again
    assert scan(known).code == 1
    before = scan(known, "--incremental")
    assert before.err == ""
    assert before.report()["scan"]["blobs"] == 2, "the objects that hold keys"
    new = key("secret", "new")
    known.write("new.txt", new)
    at(known, 3)
    after, full = scan(known, "--incremental"), scan(known)
    assert after.report()["findings"] == full.report()["findings"]
    assert {f["location"]["path"] for f in keys_in(after)} >= {"a.txt", "new.txt"}
    assert after.report()["scan"]["blobs"] == 2 + 3
    assert full.report()["scan"]["blobs"] > 25
    again = scan(known, "--incremental")
    assert again.report()["findings"] == full.report()["findings"], "what an incremental scan finds is remembered too"


def test_states_change_with_the_refs(known: Repo, secret: str) -> None:
    """What is remembered is where the keys are, not what was said of them."""
    known.git("branch", "old", "HEAD~1")
    state = {f["location"]["path"]: f["git"]["state"] for f in keys_in(scan(known, "--incremental"))}
    assert state["a.txt"] == "tip"
    known.git("branch", "-q", "-D", "old")
    state = {f["location"]["path"]: f["git"]["state"] for f in keys_in(scan(known, "--incremental"))}
    assert state["a.txt"] == "history"


def test_what_nothing_reaches_is_found_too(known: Repo) -> None:
    """A stash, an amended commit, a blob that was only staged."""
    known.git("gc", "-q")
    assert scan(known).code == 1
    known.write("s.txt", key("secret", "stash"))
    known.git("add", "-A")
    known.git("stash", "push", "-q")
    known.write("m.txt", key("secret", "amended"))
    at(known, 3)
    remove(known, "m.txt")
    known.git("add", "-A")
    known.git("commit", "-q", "--amend", "--allow-empty", "-m", "x")
    known.write("b.txt", key("secret", "staged"))
    known.git("add", "b.txt")
    known.git("rm", "-q", "-f", "b.txt")
    report = scan(known, "--incremental")
    assert report.report()["findings"] == scan(known).report()["findings"]
    assert len(keys_in(report)) == 5


def test_what_gc_throws_away_is_looked_at(known: Repo) -> None:
    known.write("b.txt", key("secret", "staged"))
    known.git("add", "b.txt")
    known.git("rm", "-q", "-f", "b.txt")
    known.git("gc", "-q", "--cruft")
    result = scan(known, "--incremental")
    findings = result.report()["findings"]
    assert findings == scan(known).report()["findings"]
    if list((known.path / ".git" / "objects" / "pack").glob("*.mtimes")):
        assert "packed most of it anew" in result.err
        assert "packed" not in scan(known, "--incremental").err


def test_what_is_pruned_is_gone(known: Repo) -> None:
    known.git("commit", "-q", "--amend", "-m", "x")
    known.git("checkout", "-q", "--orphan", "fresh")
    known.git("commit", "-q", "-m", "y")
    known.git("branch", "-q", "-D", "main")
    known.git("reflog", "expire", "--expire=now", "--all")
    known.git("gc", "-q", "--prune=now")
    result = scan(known, "--incremental")
    assert result.code == 0
    assert "so everything is looked at" in result.err
    assert scan(known, "--incremental").err == ""


def test_nothing_of_a_key_is_kept(known: Repo, secret: str) -> None:
    text = file(known).read_text()
    assert secret not in text
    assert secret[8:] not in text
    document = json.loads(text)
    assert {k["redacted"] for keys in document["found"].values() for k in keys} == {
        f"{secret[:8]}…",
        f"{key('secret', 'message')[:8]}…",
    }
    assert file(known).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "damage", ["empty", "cut", "no JSON", "another version", "wrong types", "odd ids", "deep", "a directory", "a link"]
)
def test_a_damaged_memory_means_a_full_scan(known: Repo, tmp_path: Path, damage: str) -> None:
    place, text = file(known), file(known).read_text()
    full = scan(known).report()["findings"]
    document = json.loads(text)
    place.unlink()
    if damage == "a directory":
        place.mkdir()
    elif damage == "a link":
        elsewhere = tmp_path / "elsewhere.json"
        elsewhere.write_text(json.dumps({**document, "found": {}}))
        place.symlink_to(elsewhere)
    else:
        place.write_text(
            {
                "empty": "",
                "cut": text[: len(text) // 2],
                "no JSON": "\0\1\2",
                "another version": json.dumps({**document, "version": 99}),
                "wrong types": json.dumps({**document, "tips": 7}),
                "odd ids": json.dumps({**document, "tips": ["--all"]}),
                "deep": "[" * 100_000,
            }[damage]
        )
    result = scan(known, "--incremental")
    assert result.code == 1
    assert result.report()["findings"] == full
    assert len(result.err.splitlines()) == 1 + (damage == "a directory")
    assert "so everything is looked at" in result.err
    if damage not in ("a directory",):
        assert scan(known, "--incremental").err == "", "and it is mended"
    if damage == "a link":
        assert not place.is_symlink()


def test_another_grammar_means_a_full_scan(known: Repo) -> None:
    document = json.loads(file(known).read_text())
    file(known).write_text(json.dumps({**document, "grammar": "0" * 32}))
    assert "looked for other keys" in scan(known, "--incremental").err
    assert scan(known, "--incremental").err == ""


def test_messages_that_were_left_out_are_not_known(known: Repo) -> None:
    known.git("gc", "-q")
    assert scan(known, "--no-metadata").code == 1
    result = scan(known, "--incremental")
    assert "left out messages" in result.err
    assert any(f["rule"] == "key-in-git-metadata" for f in result.report()["findings"])


def test_the_first_time(repo: Repo) -> None:
    at(repo, 1)
    result = scan(repo, "--incremental")
    assert (result.code, "nothing is remembered" in result.err) == (0, True)
    assert scan(repo, "--incremental").err == ""


def test_an_incomplete_scan_is_not_remembered(known: Repo) -> None:
    text = file(known).read_text()
    known.write("lost.txt", "lost")
    at(known, 3)
    oid = known.git("rev-parse", "HEAD:lost.txt").strip()
    (known.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    assert scan(known).report()["scan"]["complete"] is False
    assert scan(known, "--incremental").report()["scan"]["complete"] is False
    assert file(known).read_text() == text


def test_a_link_in_the_place_of_our_directory_is_not_followed(known: Repo, tmp_path: Path) -> None:
    """Where it leads, nothing is written; and a scan that nobody asked to remember says nothing of it."""
    file(known).unlink()
    file(known).parent.rmdir()
    (tmp_path / "elsewhere").mkdir()
    file(known).parent.symlink_to(tmp_path / "elsewhere")
    assert scan(known).err == ""
    assert "cannot be remembered" in scan(known, "--incremental").err
    assert not list((tmp_path / "elsewhere").iterdir())


def test_work_trees_share_a_memory(known: Repo) -> None:
    known.git("worktree", "add", "-q", "--detach", "../tree")
    result = guard("scan", "--history", "--incremental", "-o", "json", cwd=known.path.parent / "tree")
    assert result.err == ""
    assert len(keys_in(result)) == 2


def test_the_file_is_replaced_in_one_step(known: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails half-way leaves the old one, and nothing else."""
    text = file(known).read_text()
    git = Git(str(known.path))
    kept, _ = memory.load(git)
    assert kept is not None

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(memory.json, "dump", full_disk)
    with pytest.raises(OSError, match="No space"):
        memory.save(git, kept)
    assert file(known).read_text() == text
    assert os.listdir(file(known).parent) == ["history.json"]
