"""What to do about a finding: the right steps for each case, in the right order, and commands that do what is said."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cencori_guard.keys import Confidence, find_keys, redact
from cencori_guard.liveness import Answer, Liveness
from cencori_guard.models import Context, Finding, Location, Revoke, Rule, Severity
from cencori_guard.remedy.revoking import complete
from tests.conftest import Repo, guard
from tests.mint import key

SECRET = key("secret", "remedy")
SHOWN = SECRET[:8] + "…"
CREATE, REVOKE, CHECK = "Create a new key", f"Revoke {SHOWN} there", "See that it is dead: `cencori-guard verify`"
REPLACE = (CREATE, REVOKE, CHECK)
IF_LEFT = (
    f"If it stands in an older commit or has left this machine in any other way, put a new key in its place, "
    f"revoke {SHOWN}"
)
REWRITE = "Rewriting the history does not replace revoking"
FROM_ENV = "Read the key from the environment (CENCORI_API_KEY)"


def remedies(place: Path, *args: str, rule: str = "key-in-", **more) -> dict[str, list[str]]:
    """The steps of each finding of that rule, by its path."""
    report = guard("scan", *(args or (".",)), "-o", "json", cwd=place, **more).report()
    return {f["location"]["path"]: f["remedy"] for f in report["findings"] if f["rule"].startswith(rule)}


def assert_begin(steps: list[str], beginnings: tuple[str, ...]) -> None:
    assert len(steps) == len(beginnings), steps
    for step, beginning in zip(steps, beginnings, strict=True):
        assert step.startswith(beginning), (step, beginning)


def zipped(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", text)
    return packed.getvalue()


COMMITTED = {
    "src/app.py": (f"k = '{SECRET}'\n", (*REPLACE, FROM_ENV, REWRITE)),
    "README.md": (f"use {SECRET}\n", (*REPLACE, "Write a placeholder in its place", REWRITE)),
    ".env.example": (f"CENCORI_API_KEY={SECRET}\n", (*REPLACE, "Write a placeholder in its place", REWRITE)),
    ".env": (
        f"CENCORI_API_KEY={SECRET}\n",
        (*REPLACE, "Untrack it, `git rm --cached .env`, and see that", REWRITE),
    ),
    "a b/.env": (
        f"CENCORI_API_KEY={SECRET}\n",
        (*REPLACE, "Untrack it, `git rm --cached 'a b/.env'`", REWRITE),
    ),
    "public/app.js": (f"k = '{SECRET}'\n", (*REPLACE, "Call Cencori from ", REWRITE)),
    "src/app.client.ts": (f"k = '{SECRET}'\n", (*REPLACE, "Move the call to ", REWRITE)),
    "k.b64": (base64.b64encode(f"key={SECRET}".encode()).decode(), (*REPLACE, FROM_ENV, REWRITE)),
    "k.zip": (zipped(SECRET), (*REPLACE, "Take it out of what is packed here", REWRITE)),
    "-prod.env": (f"K={SECRET}\n", (*REPLACE, "Untrack it, `git rm --cached ./-prod.env`", REWRITE)),
    f"{SECRET}/.env": (
        f"K={key('secret-test', 1)}\n",
        (
            CREATE,
            f"Revoke {key('secret-test', 1)[:13]}…",
            CHECK,
            "Untrack it, take it out of git with `git rm --cached`",
            REWRITE,
        ),
    ),
    f"{SECRET}.txt": ("", (*REPLACE, "Give the file another name.", REWRITE)),
    "test.py": (
        f"k = '{key('secret-test', 1)}'\n",
        (CREATE, f"Revoke {key('secret-test', 1)[:13]}…", CHECK, FROM_ENV, REWRITE),
    ),
    "pub.py": (f"k = '{key('publishable')}'\n", ("Nothing to do if this is meant for browsers",)),
}


@pytest.mark.parametrize("path", COMMITTED, ids=redact)
def test_a_key_in_a_commit(repo: Repo, path: str) -> None:
    """The vendor's order for rotation; then what cleans up at that place; then what rewriting does not do."""
    text, expected = COMMITTED[path]
    repo.write("package.json", '{"dependencies": {"next": "16"}}')
    repo.write(path, text)
    repo.commit()
    steps = remedies(repo.path)[redact(path)]
    assert_begin(steps, expected)


@pytest.mark.parametrize(
    ("path", "ways"),
    [
        ("src/app.py", ["`git filter-repo --replace-text FILE`"]),
        ("k.b64", ["`git filter-repo --replace-text FILE`"]),
        ("k.zip", ["`git filter-repo --invert-paths --path=k.zip`"]),
        (f"{SECRET}.txt", ["`git filter-repo --path-rename OLD:NEW`"]),
    ],
    ids=lambda value: redact(value) if isinstance(value, str) else "",
)
def test_rewriting_fits_how_the_key_is_written(repo: Repo, path: str, ways: list[str]) -> None:
    """To replace a text is of no use where it does not stand as it is."""
    repo.write(path, COMMITTED[path][0])
    repo.commit()
    (steps,) = remedies(repo.path).values()
    assert re.findall(r"`git [^`]*`", steps[-1]) == ways


def test_what_is_not_committed_is_mended_first(repo: Repo) -> None:
    repo.commit()
    repo.write("staged.py", f"k = '{SECRET}'\n")
    repo.write("staged/.env", f"K={SECRET}\n")
    repo.git("add", "-A")
    repo.write("untracked.py", f"k = '{SECRET}'\n")
    repo.write("untracked/.env", f"K={SECRET}\n")
    found = remedies(repo.path)
    assert len(found) == 4
    for path, steps in found.items():
        special = {"staged/.env": "Untrack it, `git rm --cached staged/.env`", "untracked/.env": "Add the file"}
        assert_begin(steps, (f"The last commit does not have it here. {special.get(path, FROM_ENV)}", IF_LEFT))


def test_a_key_that_no_branch_shows_any_more(repo: Repo) -> None:
    repo.write("a.py", f"k = '{SECRET}'\n")
    repo.commit()
    repo.git("rm", "-q", "a.py")
    repo.commit()
    assert_begin(remedies(repo.path, "--history")["a.py"], (*REPLACE, REWRITE))


def test_a_staged_edit_does_not_hide_that_the_key_is_committed(repo: Repo) -> None:
    repo.write("a.py", f"k = '{SECRET}'\n")
    repo.commit()
    repo.write("a.py", f"k = '{SECRET}'\nx = 1\n")
    repo.git("add", "-A")
    found = guard("scan", "--history", "-o", "json", cwd=repo.path).report()["findings"]
    assert [f["git"]["state"] for f in found if f["rule"] == "key-in-source"] == ["tip"]
    assert_begin(remedies(repo.path, "--history")["a.py"], (*REPLACE, FROM_ENV, REWRITE))


def test_a_key_that_only_a_stash_keeps(repo: Repo) -> None:
    """The commands delete it from the repository, and no other stash."""
    repo.write("a.py", "k = 1\n")
    repo.commit()
    repo.write("a.py", "k = 2\n")
    repo.git("stash", "-q")
    repo.write("a.py", f"k = '{SECRET}'\n")
    repo.git("stash", "-q")
    steps = remedies(repo.path, "--history")["a.py"]
    left = f"If it has ever left this machine, put a new key in its place, revoke {SHOWN}"
    assert_begin(steps, (left, "What keeps it is a stash, a reflog, or nothing"))
    for command in re.findall(r"`(git [^`]*)`", steps[1]):
        repo.git(*command.split()[1:])
    assert not remedies(repo.path, "--history")
    assert repo.git("stash", "show", "-p").count("k = 2") == 1


def test_a_message_that_only_a_reflog_keeps(repo: Repo) -> None:
    repo.commit(f"with {SECRET}")
    repo.git("commit", "-q", "--amend", "--allow-empty", "-m", "clean")
    ((path, steps),) = remedies(repo.path, "--history").items()
    assert path.startswith("commit:")
    assert_begin(steps, ("If it has ever left this machine", "What keeps it is a stash, a reflog, or nothing"))


@pytest.fixture
def pushed(repo: Repo, tmp_path: Path) -> Repo:
    """A repository whose server has all that is in it."""
    repo.write("a.py", "k = 1\n")
    repo.commit()
    repo.git("init", "-q", "--bare", str(tmp_path / "server.git"))
    repo.git("remote", "add", "origin", str(tmp_path / "server.git"))
    repo.git("push", "-q", "-u", "origin", "main")
    return repo


def about_to_push(repo: Repo, ref: str = "refs/heads/main") -> str:
    """What the hook says of a push of *ref*."""
    zero = "0" * 40
    old = repo.git("ls-remote", "origin", ref).split("\t")[0] or zero
    line = f"{ref} {repo.git('rev-parse', ref).strip()} {ref} {old}\n"
    return " ".join(guard("hook", "pre-push", "origin", "x", cwd=repo.path, stdin=line.encode()).out.split())


def test_a_key_about_to_be_pushed(pushed: Repo) -> None:
    pushed.write("b.py", f"k = '{SECRET}'\n")
    pushed.commit()
    start = pushed.git("rev-parse", "HEAD")[:10] + "~1"
    said = about_to_push(pushed)
    assert "1. These commits have not been pushed yet: take it out of each, on the branch that you push, " in said
    assert f"`git rebase -i --rebase-merges {start}`" in said
    assert f"2. {IF_LEFT[:60]}" in said


def test_a_key_that_was_pushed_before(pushed: Repo) -> None:
    """A commit that only touches the file is no news of the key."""
    pushed.write("b.py", f"k = '{SECRET}'\n")
    pushed.commit()
    pushed.git("push", "-q")
    pushed.write("b.py", f"k = '{SECRET}'\nmore = 1\n")
    pushed.commit()
    said = about_to_push(pushed)
    assert f"1. {CREATE}" in said
    assert "not been pushed" not in said


@pytest.mark.parametrize("text", [base64.b64encode(f"key={SECRET}".encode()).decode(), "x = 1\n" * 20_000 + SECRET])
def test_a_key_that_was_pushed_before_however_it_stands_there(pushed: Repo, text: str) -> None:
    pushed.write("b.txt", f"{text}\n")
    pushed.commit()
    pushed.git("push", "-q")
    pushed.write("b.txt", f"{text}\nmore\n")
    pushed.write("c.py", f"k = '{SECRET}'\n")
    pushed.commit()
    said = about_to_push(pushed)
    assert f"1. {CREATE}" in said
    assert "not been pushed" not in said


def test_an_author_about_to_be_pushed(pushed: Repo) -> None:
    pushed.git("commit", "-q", "--allow-empty", "-m", "x", GIT_AUTHOR_NAME=SECRET)
    assert "`git commit --amend --reset-author` mends each." in about_to_push(pushed)


def test_a_key_that_a_merge_brings(pushed: Repo) -> None:
    """A rebase would lose what was made by hand in it."""
    pushed.git("checkout", "-q", "-b", "side", "HEAD")
    pushed.write("side.py", "s = 1\n")
    pushed.commit()
    pushed.git("checkout", "-q", "main")
    pushed.write("main.py", "m = 1\n")
    pushed.commit()
    pushed.git("merge", "-q", "--no-commit", "--no-ff", "side")
    pushed.write("b.py", f"k = '{SECRET}'\n")
    pushed.commit()
    said = about_to_push(pushed)
    assert f"1. It comes with the merge {pushed.git('rev-parse', 'HEAD')[:10]}, which has not been pushed yet" in said
    assert "rebase" not in said


@pytest.mark.parametrize(
    ("command", "ref", "step"),
    [
        (["tag", "-a", "v1", "-m", SECRET], "refs/tags/v1", "Delete the tag"),
        (["notes", "add", "-m", SECRET], "refs/notes/commits", "To edit the note would push its older version too"),
        (["branch", f"topic/{SECRET}"], f"refs/heads/topic/{SECRET}", "Rename the branch (`git branch -m`)"),
    ],
    ids=["tag", "note", "branch"],
)
def test_what_is_no_commit_is_not_rebased(pushed: Repo, command: list[str], ref: str, step: str) -> None:
    pushed.git(*command)
    said = about_to_push(pushed, ref)
    assert f"1. It has not been pushed yet. {step}" in said
    assert "rebase" not in said


METADATA = {
    "commit:": "`git commit --amend` mends the message of the last commit. " + REWRITE,
    "tag:": "Delete the tag, here and on the server, and tag again: `git tag -d v1`",
    "note:": "Take it out of the note: `git notes edit ",
    "ref:": "Rename the branch or tag, here and on the server.",
    "remote:": "Take it out of the URL: `git remote set-url evil URL` (with `--push`",
}


def test_a_note_in_a_ref_of_its_own(repo: Repo) -> None:
    """The command edits that note, and no other."""
    repo.commit()
    repo.git("notes", "--ref=review", "add", "-m", SECRET)
    ((_, steps),) = remedies(repo.path, "--history").items()
    (command,) = re.findall(r"`(git notes [^`]*)`", steps[3])
    repo.git(*command.split()[1:], GIT_EDITOR="sh -c 'echo clean > $1' -")
    assert SECRET not in repo.git("notes", "--ref=review", "show")


def test_a_key_in_the_name_of_an_author(repo: Repo) -> None:
    """The command mends the last commit."""
    repo.git("commit", "-q", "--allow-empty", "-m", "x", GIT_AUTHOR_NAME=SECRET)
    ((_, steps),) = remedies(repo.path, "--history").items()
    assert_begin(steps, (*REPLACE, "It stands in the name or address of who made the commit"))
    assert "`git filter-repo --mailmap FILE`" in steps[3]
    repo.git("commit", "--amend", "--reset-author", "--allow-empty", "--no-edit")
    assert SECRET not in repo.git("cat-file", "commit", "HEAD")


def test_an_env_file_in_a_repository_within(repo: Repo) -> None:
    """The command is typed where the scan was."""
    repo.commit()
    inner = Repo(repo.path / "libs" / "in")
    inner.write(".env", f"K={SECRET}\n")
    inner.commit()
    steps = remedies(repo.path)["libs/in/.env"]
    (command,) = re.findall(r"`(git -C [^`]*)`", steps[3])
    subprocess.run(command, shell=True, cwd=repo.path, check=True, capture_output=True)
    assert inner.git("ls-files") == ""


@pytest.mark.parametrize("kind", METADATA)
def test_a_key_beside_the_files(repo: Repo, kind: str) -> None:
    repo.commit(f"with {SECRET}" if kind == "commit:" else "x")
    if kind == "tag:":
        repo.git("tag", "-a", "v1", "-m", SECRET)
    elif kind == "note:":
        repo.git("notes", "add", "-m", SECRET)
    elif kind == "ref:":
        repo.git("branch", f"topic/{SECRET}")
    elif kind == "remote:":
        repo.git("remote", "add", "evil", f"https://x:{SECRET}@example.invalid/r.git")
    ((path, steps),) = remedies(repo.path, "--history").items()
    assert path.startswith(kind)
    assert_begin(steps, (*REPLACE, METADATA[kind]))


def test_a_message_that_is_being_written(repo: Repo) -> None:
    """Nobody has it yet: to mend it is all."""
    repo.write("message", f"with {SECRET}\n")
    said = guard("hook", "commit-msg", "message", cwd=repo.path).out
    assert "  -> Take it out of the message." in said


def test_outside_of_git_there_is_no_history(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"k = '{SECRET}'\n")
    assert_begin(remedies(tmp_path)["a.py"], (*REPLACE, FROM_ENV))


def test_a_public_name_in_an_ignored_file_may_have_been_deployed(repo: Repo) -> None:
    repo.write("package.json", '{"dependencies": {"next": "16", "cencori": "1"}}')
    repo.write(".gitignore", ".env.local\n")
    repo.write(".env.local", f"NEXT_PUBLIC_CENCORI_KEY={SECRET}\n")
    repo.commit()
    ((_, steps),) = remedies(repo.path, rule="public-env-name").items()
    assert_begin(steps, ("Rename it to CENCORI_API_KEY", "If a build with it was ever deployed, put a new key"))


BUNDLE = {
    "package.json": '{"dependencies": {"next": "16"}}',
    "public/app.js": f"k = '{SECRET}'\n",
    "src/a.ts": f"k = '{SECRET}'\n",
}


def test_the_cause_takes_the_place_of_the_step_that_does_not_know_it(pushed: Repo) -> None:
    """And of no other."""
    cause = "Take the key out of src/a.ts:1"
    for name, text in BUNDLE.items():
        pushed.write(name, text)
    pushed.commit()
    assert_begin(remedies(pushed.path)["public/app.js"], (*REPLACE, cause, REWRITE))
    assert about_to_push(pushed).count("These commits have not been pushed yet") == 1
    assert "As for public/app.js:1:6, above" in about_to_push(pushed)
    pushed.git("rm", "-q", "public/app.js")
    pushed.commit()
    assert_begin(remedies(pushed.path, "--history")["public/app.js"], (*REPLACE, REWRITE))


def test_a_notebook_is_a_text_that_people_edit(repo: Repo) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": [f"k = '{SECRET}'"]}
    repo.write("n.ipynb", json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}))
    repo.commit()
    steps = remedies(repo.path)["n.ipynb"]
    assert_begin(steps, (*REPLACE, "Write a placeholder in its place", REWRITE))
    assert "--replace-text" in steps[-1]


def test_a_stale_key_is_replaced(repo: Repo) -> None:
    repo.write("a.py", f"k = '{SECRET}'\n")
    repo.commit()
    ((_, steps),) = remedies(repo.path, "--history", rule="stale-key").items()
    assert_begin(steps, REPLACE)


def finding(revoke: Revoke, liveness: Answer) -> Finding:
    found = find_keys(SECRET.encode())[0].key
    at = Location(b"a", 1, 1, 2)
    made = Finding(Rule.KEY_IN_SOURCE, Severity.HIGH, "m", at, Context.SOURCE, ("clean up",), key=found)
    return made._replace(revoke=revoke, liveness=liveness)


LIVE, UNKNOWN, UNCHECKED = (Answer(status) for status in (Liveness.LIVE, Liveness.UNKNOWN, Liveness.UNCHECKED))
DEAD, SURELY = Answer(Liveness.DEAD), Answer(Liveness.DEAD, "", believed=True)


@pytest.mark.parametrize("liveness", [LIVE, UNKNOWN, UNCHECKED])
@pytest.mark.parametrize(
    ("revoke", "expected"),
    [
        (Revoke.NO, ("clean up",)),
        (Revoke.FIRST, (*REPLACE, "clean up")),
        (Revoke.IF_LEFT, ("clean up", IF_LEFT)),
        (Revoke.IF_LEFT_FIRST, ("If it has ever left this machine, put a new key", "clean up")),
        (Revoke.IF_DEPLOYED, ("clean up", "If a build with it was ever deployed, put a new key")),
    ],
)
def test_the_order_of_the_steps(revoke: Revoke, expected: tuple[str, ...], liveness: Answer) -> None:
    assert_begin(list(complete(finding(revoke, liveness))), expected)


def test_what_only_looks_like_a_key_is_looked_for_in_the_dashboard() -> None:
    """No answer about a piece of a key says anything of the key."""
    cut = find_keys(f"{SECRET}00ff".encode())[0].key
    assert cut.confidence is Confidence.LIKELY
    steps = complete(finding(Revoke.FIRST, DEAD)._replace(key=cut))
    assert_begin(list(steps), ("Look into the Cencori dashboard for a key that begins with", "clean up"))


@pytest.mark.parametrize("revoke", [r for r in Revoke if r is not Revoke.NO])
def test_what_is_dead_is_not_to_be_revoked(revoke: Revoke) -> None:
    """Where that is not believed yet, it is to be made sure of."""
    assert_begin(list(complete(finding(revoke, SURELY))), ("Nothing is left to revoke.", "clean up"))
    assert_begin(list(complete(finding(revoke, DEAD))), (f"Make sure that {SHOWN} is revoked", "clean up"))


def test_all_that_people_need_to_know_of_revoking_is_said() -> None:
    said = " ".join(complete(finding(Revoke.FIRST, UNCHECKED)))
    for fact in ("dashboard", "Settings > API", "lists it by these characters", "two minutes", "cencori-guard verify"):
        assert fact in said


@pytest.fixture
def filter_repo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that the steps name, where git finds it."""
    here = Path(sys.executable).parent
    assert shutil.which("git-filter-repo", path=str(here)), "it is among the development dependencies"
    monkeypatch.setenv("PATH", str(here), prepend=":")


@pytest.mark.usefixtures("filter_repo")
@pytest.mark.parametrize("path", ["src/app.py", "k.b64", "k.zip", f"{SECRET}.txt", "commit:"], ids=redact)
def test_the_commands_of_rewriting_do_what_they_are_for(repo: Repo, tmp_path: Path, path: str) -> None:
    """Typed as they are told, in a fresh clone, with FILE and names filled in: the key is in no object any more."""
    repo.write("other.py", "keep = 1\n")
    if path == "commit:":
        repo.commit(f"with {SECRET}")
    else:
        repo.write(path, COMMITTED[path][0])
        repo.commit()
        repo.git("rm", "-q", "--", path)
    repo.commit()
    ((_, steps),) = remedies(repo.path, "--history").items()
    (command,) = re.findall(r"`(git filter-repo [^`]*)`", steps[-1])
    encoded = COMMITTED["k.b64"][0]
    (tmp_path / "FILE").write_text(f"{encoded if path == 'k.b64' else SECRET}==>REMOVED\n")
    subprocess.run(["git", "clone", "-q", "--no-local", str(repo.path), str(tmp_path / "fresh")], check=True)
    command = command.replace("FILE", "../FILE").replace("OLD:NEW", f"{SECRET}.txt:renamed.txt")
    done = subprocess.run(command, shell=True, cwd=tmp_path / "fresh", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not remedies(tmp_path / "fresh", "--history")
    assert (tmp_path / "fresh" / "other.py").is_file()


def test_untracking_keeps_the_file_and_ends_the_finding(repo: Repo) -> None:
    repo.write("a b/.env", f"CENCORI_API_KEY={SECRET}\n")
    repo.commit()
    (step,) = (s for s in remedies(repo.path)["a b/.env"] if "rm --cached" in s)
    (command,) = re.findall(r"`(git rm [^`]*)`", step)
    subprocess.run(command, shell=True, cwd=repo.path, check=True, capture_output=True)
    repo.write(".gitignore", ".env\n")
    repo.commit()
    assert (repo.path / "a b" / ".env").is_file()
    assert guard("scan", ".", cwd=repo.path).code == 0


def test_steps_that_stand_above_are_not_told_again(repo: Repo) -> None:
    """In text, for the same key in another place, and for another key at the same kind of place."""
    other = key("secret", "another")
    repo.write("a.py", f"k = '{SECRET}'\n")
    repo.write("b.py", f"k = '{SECRET}'\n")
    repo.write("c.py", f"k = '{other}'\n")
    repo.write("d.md", f"{SECRET}\n")
    repo.commit()
    said = guard("scan", ".", cwd=repo.path).out
    assert said.count("Create a new key") == 1
    assert "  -> As for a.py:1:6, above.\n" in said
    assert f"  -> As for a.py:1:6, above, with {other[:8]}… in place of {SHOWN}.\n" in said
    assert "  1-3. As for a.py:1:6, above.\n  4. Write a placeholder" in said
    assert all(len(steps) == 5 for steps in remedies(repo.path).values())
