"""`scan --history`: every object of real repositories, whatever reaches it, and what is said of each key."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Repo, guard
from tests.histories import at, by_path, keys_in, remove
from tests.mint import key


def history(where: Repo | Path, *args: str, **env: str):
    cwd = where.path if isinstance(where, Repo) else where
    return guard("scan", "--history", *args, "-o", "json", cwd=cwd, env=env)


def test_a_key_removed_later_is_still_leaked(repo: Repo, secret: str) -> None:
    at(repo, 1)
    repo.write("src/a.ts", f"1\nconst k = '{secret}';\n")
    first = at(repo, 2)
    repo.write("src/a.ts", f"0\n1\n  const k = '{secret}';\n")
    at(repo, 3)
    repo.write("b.txt", "b")
    last = at(repo, 4)
    remove(repo, "src/a.ts")
    at(repo, 5)
    at(repo, 6)
    result = history(repo)
    assert result.code == 1
    (finding,) = by_path(result).values()
    assert finding["rule"] == "key-in-source"
    # Line and column are those in the newest version.
    assert (finding["location"]["line"], finding["location"]["column"]) == (3, 14)
    assert finding["location"]["path"] == "src/a.ts"
    git = finding["git"]
    assert git["state"] == "history"
    assert git["tracked"] is False
    assert (git["commit"], git["last_commit"]) == (first, last)
    assert git["author"] == "Test <test@example.invalid>"
    assert (git["date"], git["last_date"]) == ("2026-01-02T03:04:05+02:00", "2026-01-04T03:04:05+02:00")
    assert git["refs"] == ["main"]
    assert git["versions"] == 2
    scan = result.report()["scan"]
    assert (scan["source"], scan["commits"], scan["files"], scan["complete"]) == ("history", 6, 3, True)


def test_a_key_at_the_tip(repo: Repo, secret: str) -> None:
    repo.write("a.txt", f"{secret}\n")
    first = at(repo, 1)
    repo.git("tag", "v1")
    repo.git("branch", "side")
    repo.write("b.txt", "b\n")
    last = at(repo, 2)
    git = by_path(history(repo))["a.txt"]["git"]
    assert (git["state"], git["tracked"], git["commit"], git["last_commit"]) == ("tip", True, first, last)
    assert git["refs"] == ["main", "side", "tags/v1"]
    assert git["versions"] == 1


def test_a_side_branch_that_still_has_it_is_a_tip(repo: Repo, secret: str) -> None:
    repo.write("a.txt", f"{secret}\n")
    first = at(repo, 1)
    repo.git("branch", "old")
    remove(repo, "a.txt")
    at(repo, 2)
    git = by_path(history(repo))["a.txt"]["git"]
    assert (git["state"], git["last_commit"], git["refs"]) == ("tip", first, ["main", "old"])


def test_a_key_that_came_back(repo: Repo, secret: str) -> None:
    """Exposed since the first time; the versions are the distinct ones."""
    repo.write("a.txt", f"{secret}\n")
    first = at(repo, 1)
    repo.write("a.txt", "nothing\n")
    at(repo, 2)
    repo.write("a.txt", f"{secret}\n")
    last = at(repo, 3)
    git = by_path(history(repo))["a.txt"]["git"]
    assert (git["state"], git["commit"], git["last_commit"], git["versions"]) == ("tip", first, last, 1)


def test_two_keys_and_two_paths_are_four_findings(repo: Repo) -> None:
    one, two = key("secret", 1), key("secret", 2)
    repo.write("a.txt", f"{one}\n{two}\n{one}\n")
    repo.write("b.txt", f"{one}\n{two}\n{one}\n")
    at(repo, 1)
    remove(repo, "b.txt")
    at(repo, 2)
    found = [(f["location"]["path"], f["location"]["line"], f["git"]["state"]) for f in keys_in(history(repo))]
    assert sorted(found) == [
        ("a.txt", 1, "tip"),
        ("a.txt", 2, "tip"),
        ("b.txt", 1, "history"),
        ("b.txt", 2, "history"),
    ]


def test_the_context_is_that_of_the_path_in_the_history(repo: Repo) -> None:
    keys = [key("secret", n) for n in range(4)]
    repo.write("dist/index.html", "<html>")
    repo.write("dist/a.js", keys[0])
    repo.write(".env", f"CENCORI_API_KEY={keys[1]}\n")
    repo.write("build/notes.c", keys[2])
    repo.write("README.md", keys[3])
    at(repo, 1)
    for name in ("dist/index.html", "dist/a.js", ".env", "build/notes.c", "README.md"):
        remove(repo, name)
    at(repo, 2)
    found = by_path(history(repo))
    assert {path: (f["rule"], f["severity"], f["context"]) for path, f in found.items()} == {
        "dist/a.js": ("key-in-client-bundle", "critical", "client-bundle"),
        ".env": ("key-in-env-file", "high", "env-file"),
        "build/notes.c": ("key-in-source", "high", "source"),
        "README.md": ("key-in-source", "high", "document"),
    }


def test_a_stash_and_an_amended_commit_dangle(repo: Repo) -> None:
    stashed, amended = key("secret", "stashed"), key("secret", "amended")
    repo.write("a.txt", "a\n")
    at(repo, 1)
    repo.write("a.txt", f"{stashed}\n")
    repo.git("stash", "push", "-q")
    repo.write("b.txt", f"{amended}\n")
    at(repo, 2)
    repo.write("b.txt", "b\n")
    repo.git("add", "-A")
    repo.git("commit", "-q", "--amend", "-m", "x")
    found = by_path(history(repo))
    assert {path: (f["git"]["state"], f["git"]["refs"]) for path, f in found.items()} == {
        "a.txt": ("dangling", []),
        "b.txt": ("dangling", []),
    }
    repo.git("stash", "drop", "-q")
    repo.git("reflog", "expire", "--expire=now", "--all")
    assert len(by_path(history(repo))) == 2, "nothing reaches them any more, but they are here"
    repo.git("gc", "-q", "--prune=now")
    assert history(repo).code == 0


def test_what_no_commit_names(repo: Repo) -> None:
    """Staged and not committed; staged, and thrown away."""
    staged, thrown = key("secret", "staged"), key("secret", "thrown")
    at(repo, 1)
    repo.write("s.txt", f"\n {staged}\n")
    repo.git("add", "s.txt")
    repo.write("t.txt", thrown)
    oid = repo.git("hash-object", "-w", "t.txt").strip()
    found = by_path(history(repo))
    assert found["s.txt"]["git"]["state"] == "staged"
    assert found["s.txt"]["location"]["line"] == 2
    assert found[f"blob:{oid}"]["git"]["state"] == "dangling"
    assert found[f"blob:{oid}"]["git"]["commit"] is None
    assert len(found) == 2


def test_a_merge_made_by_hand(repo: Repo, secret: str) -> None:
    """The key is in neither parent."""
    repo.write("a.txt", "a\n")
    at(repo, 1)
    repo.git("checkout", "-q", "-b", "side")
    repo.write("b.txt", "b\n")
    at(repo, 2)
    repo.git("checkout", "-q", "main")
    repo.write("c.txt", "c\n")
    at(repo, 3)
    repo.git("merge", "-q", "--no-commit", "side")
    repo.write("d.txt", secret)
    merge = at(repo, 4)
    git = by_path(history(repo))["d.txt"]["git"]
    assert (git["commit"], git["last_commit"], git["state"]) == (merge, merge, "tip")


def test_a_branch_that_was_merged(repo: Repo) -> None:
    """Through a merge the key goes on; where the merge left it out, it ended on the side branch."""
    kept, left = key("secret", "kept"), key("secret", "left")
    repo.write("a.txt", "a\n")
    at(repo, 1)
    repo.git("checkout", "-q", "-b", "side")
    repo.write("kept.txt", kept)
    first = at(repo, 2)
    repo.write("left.txt", left)
    second = at(repo, 3)
    repo.git("checkout", "-q", "main")
    repo.write("c.txt", "c\n")
    at(repo, 4)
    repo.git("merge", "-q", "--no-commit", "--no-ff", "side")
    repo.git("rm", "-q", "-f", "left.txt")
    merge = at(repo, 5)
    repo.git("branch", "-q", "-D", "side")
    found = by_path(history(repo))
    assert {p: (f["git"]["state"], f["git"]["commit"], f["git"]["last_commit"]) for p, f in found.items()} == {
        "kept.txt": ("tip", first, merge),
        "left.txt": ("history", second, second),
    }


def test_messages_tags_notes_refs_and_remotes(repo: Repo) -> None:
    keys = {name: key("secret", name) for name in ("commit", "tag", "note", "ref", "remote", "author")}
    repo.write("a.txt", "a\n")
    commit = at(repo, 1, f"subject\n\nuse {keys['commit']}")
    repo.git("tag", "-a", "v1", "-m", f"one\n{keys['tag']}")
    repo.git("notes", "add", "-m", f"note {keys['note']}", commit)
    repo.git("branch", f"fix/{keys['ref']}")
    repo.git("remote", "add", "origin", f"https://x:{keys['remote']}@example.invalid/r.git")
    repo.git("commit", "-q", "--allow-empty", "-m", "x", "--author", f"A {keys['author']} <a@b>")
    author = repo.git("rev-parse", "HEAD").strip()
    result = history(repo)
    assert result.code == 1
    found = by_path(result)
    places = {
        f["key"]["fingerprint"]: (path, f["location"]["line"], f["location"]["column"]) for path, f in found.items()
    }
    assert set(places.values()) == {
        (f"commit:{commit}", 3, 5),
        ("tag:v1", 2, 1),
        (f"note:{commit}", 1, 6),
        (f"ref:refs/heads/fix/{keys['ref'][:8]}…", None, None),
        ("remote:origin", None, None),
        (f"commit:{author}", None, None),
    }
    assert {f["rule"] for f in found.values()} == {"key-in-git-metadata"}
    assert {f["severity"] for f in found.values()} == {"high"}
    assert found["remote:origin"]["git"] is None
    said = found[f"commit:{commit}"]["git"]
    assert (said["commit"], said["author"], said["state"]) == (commit, "Test <test@example.invalid>", "history")
    assert set(said["refs"]) >= {"main", "tags/v1"}
    assert found["tag:v1"]["git"]["refs"] == ["tags/v1"]
    for name in keys:
        assert keys[name] not in result.out
    assert history(repo, "--no-metadata").report()["findings"] == [], "a note is a blob, but its rule is about metadata"


def test_a_message_that_nothing_reaches(repo: Repo, secret: str) -> None:
    at(repo, 1)
    old = at(repo, 2, f"oops {secret}")
    repo.git("commit", "-q", "--amend", "--allow-empty", "-m", "fine")
    found = by_path(history(repo))
    assert found[f"commit:{old}"]["git"]["state"] == "dangling"


def test_a_tag_of_a_tag_and_a_tag_without_a_ref(repo: Repo) -> None:
    inner, lost = key("secret", "inner"), key("secret", "lost")
    repo.write("a.txt", "a")
    at(repo, 1)
    repo.git("tag", "-a", "in", "-m", inner)
    repo.git("tag", "-a", "out", "-m", "fine", "in")
    repo.git("tag", "-d", "in")
    repo.git("tag", "-a", "gone", "-m", lost)
    repo.git("tag", "-d", "gone")
    found = by_path(history(repo))
    assert {path: (f["git"]["state"], f["git"]["refs"]) for path, f in found.items()} == {
        "tag:in": ("tip", ["tags/out"]),
        "tag:gone": ("dangling", []),
    }


def test_a_key_in_a_name(repo: Repo) -> None:
    """Of a file and of a directory, of content that other files have too; and their state."""
    file, directory = key("secret", "file"), key("secret", "directory")
    for name in ("empty.txt", f"{file}.txt", f"x/{directory}/a", f"x/{directory}/b"):
        repo.write(name, "")
    first = at(repo, 1)
    remove(repo, f"{file}.txt")
    remove(repo, f"x/{directory}/a")
    at(repo, 2)
    result = history(repo)
    found = {f["location"]["path"]: f["git"] for f in result.report()["findings"]}
    assert {path: (git["state"], git["commit"]) for path, git in found.items()} == {
        f"{file[:8]}….txt": ("history", first),
        f"x/{directory[:8]}…/": ("tip", first),
    }
    assert file not in result.out


def test_a_comment_in_the_newest_version_excuses_all_versions(repo: Repo, secret: str) -> None:
    repo.write("a.txt", f"{secret}\n")
    at(repo, 1)
    repo.write("a.txt", f"{secret}  # cencori-guard: allow -- revoked\n")
    at(repo, 2)
    result = history(repo)
    assert result.code == 0
    assert [f["suppressed"]["by"] for f in keys_in(result)] == ["inline"]


def test_a_comment_on_one_line_excuses_no_other(repo: Repo, secret: str) -> None:
    repo.write("a.txt", f"{secret}  # cencori-guard: allow\n{secret}\n")
    at(repo, 1)
    result = history(repo)
    assert result.code == 1
    assert by_path(result)["a.txt"]["location"]["line"] == 2


def test_a_comment_that_does_not_count_excuses_nothing(repo: Repo, secret: str) -> None:
    """Each comment beside a key is decided upon, not the first alone."""
    expired = "cencori-guard: allow until=2020-01-01"
    repo.write("a.txt", f"{secret}  # cencori-guard: allow\n{secret}  # {expired}\n")
    at(repo, 1)
    found = keys_in(history(repo))
    assert [(f["location"]["line"], f["suppressed"] is None) for f in found] == [(1, False), (2, True)]
    lines = [f"{secret}  # cencori-guard: allow -- {n}\n" for n in range(30)]
    repo.write("a.txt", "".join(lines) + f"{secret}  # {expired}\n")
    at(repo, 2)
    assert history(repo).code == 1, "more comments than anyone writes excuse nothing"


def test_a_comment_on_no_branch_excuses_no_branch(repo: Repo, secret: str) -> None:
    repo.write("a.txt", f"\n{secret}\n")
    at(repo, 1)
    tip = repo.git("rev-parse", "HEAD").strip()
    repo.write("a.txt", f"{secret}  # cencori-guard: allow\n")
    at(repo, 2)
    repo.git("reset", "-q", "--hard", tip)
    result = history(repo)
    assert result.code == 1
    (finding,) = keys_in(result)
    assert (finding["git"]["state"], finding["location"]["line"], finding["suppressed"]) == ("tip", 2, None)


def test_config_excuses_and_leaves_out(repo: Repo) -> None:
    repo.write("vendor/a.txt", key("secret", 1))
    repo.write("tests/a.txt", key("secret", 2))
    repo.write(".cencori-guard.toml", 'exclude = ["vendor/"]\n[[allow]]\npaths = ["tests/**"]\nreason = "minted"\n')
    at(repo, 1)
    result = history(repo)
    assert result.code == 0
    assert [f["suppressed"] for f in keys_in(result)] == [{"by": "config", "reason": "minted (.cencori-guard.toml)"}]
    assert "1 left out by exclude" in result.report()["scan"]["skipped"][0]["reason"]


# Kinds of repositories.


def leak(repo: Repo, secret: str) -> None:
    """A key that the last commit no longer has."""
    repo.write("a.txt", f"{secret}\n")
    at(repo, 1)
    remove(repo, "a.txt")
    at(repo, 2)


def test_packed(repo: Repo, secret: str) -> None:
    leak(repo, secret)
    repo.git("gc", "-q")
    assert not list((repo.path / ".git" / "objects").glob("[0-9a-f][0-9a-f]"))
    assert list(by_path(history(repo))) == ["a.txt"]


def test_bare_with_the_config_of_its_head(repo: Repo, secret: str) -> None:
    leak(repo, secret)
    bare = repo.path.parent / "bare.git"
    repo.git("clone", "-q", "--bare", ".", str(bare))
    result = history(bare)
    assert result.code == 1
    assert list(by_path(result)) == ["a.txt"]
    repo.write("pyproject.toml", '[[tool.cencori-guard.allow]]\npaths = ["a.txt"]\nreason = "old"\n')
    at(repo, 3)
    repo.git("push", "-q", str(bare), "main")
    result = guard("scan", "--history", "bare.git", "-o", "json", cwd=bare.parent)
    assert result.code == 0
    assert by_path(result)["a.txt"]["suppressed"]["by"] == "config"
    assert guard("scan", "--history", "bare.git", "--no-config", cwd=bare.parent).code == 1
    assert guard("scan", "--history", "bare.git", "--no-ignore", cwd=bare.parent).code == 1


def test_sha256(tmp_path: Path, secret: str) -> None:
    repo = Repo.__new__(Repo)
    repo.path = tmp_path / "repo"
    repo.path.mkdir()
    repo.git("init", "-q", "-b", "main", "--object-format=sha256")
    leak(repo, secret)
    repo.git("tag", "-a", "v1", "-m", "one")
    found = by_path(history(repo))
    assert found["a.txt"]["git"]["state"] == "history"
    assert len(found["a.txt"]["git"]["commit"]) == 64
    assert found["a.txt"]["git"]["author"] == "Test <test@example.invalid>"


def test_worktree(repo: Repo) -> None:
    """All work trees share one store; the detached HEAD of another is a ref."""
    repo.write("a.txt", "a")
    at(repo, 1)
    repo.git("worktree", "add", "-q", "--detach", "../tree")
    tree = Repo.__new__(Repo)
    tree.path = repo.path.parent / "tree"
    tree.write("b.txt", key("secret", 1))
    at(tree, 2)
    for place in (repo, tree):
        git = by_path(history(place))["b.txt"]["git"]
        assert (git["state"], git["refs"]) == ("tip", ["HEAD"])


def test_alternates(repo: Repo, secret: str) -> None:
    leak(repo, secret)
    repo.git("clone", "-q", "--shared", ".", "../borrower")
    assert list(by_path(history(repo.path.parent / "borrower"))) == ["a.txt"]
    (repo.path / ".git").rename(repo.path / "moved")
    result = history(repo.path.parent / "borrower")
    assert result.code == 3
    assert "alternates" in result.out + result.err or "missing" in result.out + result.err


def test_a_submodules_own_store(repo: Repo, tmp_path: Path, secret: str) -> None:
    inner = Repo(tmp_path / "inner")
    leak(inner, secret)
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "sub")
    at(repo, 1)
    assert by_path(history(repo)) == {}
    for name in ("sub", ".git/modules/sub"):
        result = guard("scan", "--history", name, "-o", "json", cwd=repo.path)
        assert list(by_path(result)) == ["a.txt"], name


def test_unrelated_roots_an_octopus_and_empty_commits(repo: Repo) -> None:
    at(repo, 1)
    for number in range(3):
        repo.git("checkout", "-q", "--orphan", f"root{number}")
        repo.write(f"{number}.txt", key("secret", number))
        at(repo, 2 + number)
        remove(repo, f"{number}.txt")
        at(repo, 6 + number)
    repo.git("checkout", "-q", "main")
    tree = repo.git("rev-parse", "main^{tree}").strip()
    parents = [arg for n in range(3) for arg in ("-p", f"root{n}")]
    merge = repo.git("commit-tree", tree, "-p", "main", *parents, "-m", "octopus").strip()
    repo.git("update-ref", "refs/heads/main", merge)
    for number in range(3):
        repo.git("branch", "-q", "-D", f"root{number}")
    found = by_path(history(repo))
    assert {path: (f["git"]["state"], f["git"]["refs"]) for path, f in found.items()} == {
        f"{n}.txt": ("history", ["main"]) for n in range(3)
    }


def test_names_that_are_no_text(repo: Repo) -> None:
    names = [b"new\nline", b"tab\t", b"\xff\xfe", b'quo"te', b":100644 100644", b"a b", b"a\\b"]
    for number, name in enumerate(names):
        with open(os.path.join(os.fsencode(repo.path), name), "wb") as stream:
            stream.write(key("secret", number).encode())
    at(repo, 1)
    repo.git("rm", "-q", "-r", ".")
    at(repo, 2)
    found = by_path(history(repo))
    assert set(found) == {"new\nline", "tab\t", "\\xff\\xfe", 'quo"te', ":100644 100644", "a b", "a\\b"}
    assert {f["git"]["state"] for f in found.values()} == {"history"}


def test_dates_and_names_of_strangers(repo: Repo, secret: str) -> None:
    """A commit made by hand may say anything of its author."""
    repo.write("a.txt", secret)
    repo.git("add", "-A")
    tree = repo.git("write-tree").strip()
    for author in ("", "author x", f"author {secret} <a@b> 1 +0000", "author A <a> 99999999999999999 +9999"):
        text = f"tree {tree}\n{author}\ncommitter C <c> 1700000000 +0000\n\nx\n"
        oid = subprocess.run(
            ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
            cwd=repo.path,
            input=text.encode(),
            capture_output=True,
            check=True,
        ).stdout.decode()
        repo.git("update-ref", "refs/heads/main", oid.strip())
        result = history(repo, "--no-metadata")
        assert result.code == 1, result.err
        assert secret not in result.out
        assert by_path(result)["a.txt"]["git"]["state"] == "tip"


def test_the_sentence(repo: Repo, secret: str) -> None:
    repo.write("a.txt", f"{secret}\n")
    first = at(repo, 1)
    repo.write("a.txt", f"{secret}\n\n")
    at(repo, 2)
    for number in range(4):
        repo.git("branch", f"b{number}")
    out = guard("scan", "--history", cwd=repo.path).out
    sentence = " ".join(out.split())
    assert (
        f"since 2026-01-01 ({first[:10]} by Test <test@example.invalid>); in 2 versions of the file; now in" in sentence
    )
    assert "reached by b0, b1, b2 and 2 more." in sentence
    assert "2 files, 2 commits" in sentence
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("git@github.com:o/r.git", "https://github.com/o/r/blob/{commit}/d%20r/a.txt#L2"),
        ("https://u:p@gitlab.com/g/s/r.git", "https://gitlab.com/g/s/r/-/blob/{commit}/d%20r/a.txt#L2"),
        ("ssh://git@bitbucket.org/o/r", "https://bitbucket.org/o/r/src/{commit}/d%20r/a.txt#lines-2"),
        ("/srv/git/r.git", None),
        ("https://example.invalid/o/r.git", None),
    ],
)
def test_permanent_links(repo: Repo, secret: str, url: str, link: str | None) -> None:
    repo.git("remote", "add", "mirror", "https://github.com/other/one")
    repo.git("remote", "add", "origin", url)
    repo.write("d r/a.txt", f"\n{secret}")
    commit = at(repo, 1)
    at(repo, 2)
    expected = (link or "https://github.com/other/one/blob/{commit}/d%20r/a.txt#L2").format(commit=commit)
    assert by_path(history(repo))["d r/a.txt"]["git"]["url"] == expected
    assert expected in guard("scan", "--history", cwd=repo.path).out


def test_a_link_to_a_message_and_none_that_shows_a_key(repo: Repo, secret: str) -> None:
    repo.git("remote", "add", "origin", "https://github.com/o/r")
    repo.write(f"{secret}/a.txt", secret)
    commit = at(repo, 1, secret)
    found = {f["location"]["path"]: f["git"]["url"] for f in history(repo).report()["findings"]}
    assert found[f"commit:{commit}"] == f"https://github.com/o/r/commit/{commit}"
    assert found[f"{secret[:8]}…/a.txt"] is None


def test_stale_keys(repo: Repo) -> None:
    """One finding a key, where it has been longest; only for keys that are secret."""
    old, young, public = key("secret", "old"), key("secret", "young"), key("publishable", 0)

    def commit(date: str) -> None:
        repo.git("add", "-A")
        repo.git("commit", "-q", "-m", "x", GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)

    repo.write("p.txt", public)
    repo.write("a.txt", old)
    commit("2020-01-01T00:00:00Z")
    repo.write("b.txt", old)
    commit("2020-06-01T00:00:00Z")
    repo.write("c.txt", young)
    date = subprocess.run(["date", "-u", "-d", "10 days ago", "+%Y-%m-%dT%H:%M:%SZ"], capture_output=True, text=True)
    commit(date.stdout.strip())

    def stale() -> list[tuple]:
        findings = history(repo).report()["findings"]
        return [(f["location"]["path"], f["severity"]) for f in findings if f["rule"] == "stale-key"]

    assert stale() == [("a.txt", "low")]
    assert "has been in git since 2020-01-01, longer than 90 days" in guard("scan", "--history", cwd=repo.path).out
    repo.write(".cencori-guard.toml", "max-key-age-days = 5\n")
    assert sorted(stale()) == [("a.txt", "low"), ("c.txt", "low")]
    repo.write(".cencori-guard.toml", "max-key-age-days = 5000\n")
    assert stale() == []
    repo.write(".cencori-guard.toml", "max-key-age-days = 0\n")
    assert history(repo).code == 2


def test_two_runs_say_the_same(repo: Repo) -> None:
    for number in range(30):
        repo.write(f"{number}.txt", key("secret", number) + "\n" * number)
        at(repo, number % 28 + 1)
    first, second = (history(repo).report() for _ in range(2))
    first["scan"]["seconds"] = second["scan"]["seconds"] = 0
    assert first == second
    assert len(first["findings"]) == 60


def test_usage(repo: Repo, tmp_path: Path) -> None:
    for args, says in (
        (["--history", "--staged"], "one at a time"),
        (["--history", "--range", "A..B"], "one at a time"),
        (["--history", "a", "b"], "one PATH"),
        (["--incremental"], "--history"),
        (["--history", "no/such/place"], "no such directory"),
    ):
        result = guard("scan", *args, cwd=repo.path)
        assert result.code == 2, args
        assert says in result.err
    result = guard("scan", "--history", cwd=tmp_path)
    assert result.code == 2
    assert "not a git repository" in result.err


def test_an_empty_repository_is_clean_and_says_so(repo: Repo) -> None:
    result = guard("scan", "--history", cwd=repo.path)
    assert result.code == 0
    assert result.out.startswith("Nothing new to look at (0 files")


def test_the_repository_runs_nothing(repo: Repo, tmp_path: Path, secret: str) -> None:
    """Whatever its config, attributes and hooks name, no mode of a scan of its history starts it."""
    canary, program = tmp_path / "ran", tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {canary}\ncat\n')
    program.chmod(0o755)
    repo.write("a.txt", "a\n")
    base = at(repo, 1)
    repo.write(".gitattributes", "* diff=evil filter=evil merge=evil\n")
    repo.write("k.txt", f"{secret}\n")
    head = at(repo, 2)
    for name in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.askPass", "core.alternateRefsCommand"):
        repo.git("config", name, str(program))
    for name in ("diff.external", "diff.evil.textconv", "diff.evil.command", "filter.evil.smudge", "filter.evil.clean"):
        repo.git("config", name, str(program))
    for name in ("gpg.program", "gpg.ssh.program", "credential.helper", "uploadpack.packObjectsHook"):
        repo.git("config", name, str(program))
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "filter.evil.process", str(program))
    repo.git("config", "alias.cat-file", f"!{program}")
    repo.git("config", "remote.origin.url", f"ext::{program}")
    repo.git("config", "remote.origin.promisor", "true")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-index-change", "pre-push", "pre-receive", "fsmonitor-watchman"):
        (hooks / name).write_text(program.read_text())
        (hooks / name).chmod(0o755)
    repo.git("config", "core.hooksPath", str(hooks))
    canary.unlink(missing_ok=True)
    lines = f"refs/heads/main {head} refs/heads/main {base}\n".encode()
    for args, stdin in (
        (["scan", "--history"], b""),
        (["scan", "--history", "--incremental"], b""),
        (["scan", "--range", f"{base}..{head}"], b""),
        (["scan", "--range", f"{base}...{head}"], b""),
        (["hook", "pre-push", "origin", "url"], lines),
        (["hook", "pre-receive"], f"{'0' * 40} {head} refs/heads/new\n".encode()),
    ):
        result = guard(*args, cwd=repo.path, stdin=stdin)
        expected = 0 if args[1] == "pre-receive" else 1  # main has it already
        assert result.code == expected, (args, result.out, result.err)
        assert not canary.exists(), (args, canary.read_text())


def test_the_sentinel_gets_out_nowhere(repo: Repo, tmp_path: Path) -> None:
    """One key in every place that a history has, through every format and hook: only its redacted form is seen."""
    sentinel = key("secret", "sentinel of histories")
    repo.git("config", "user.name", f"A {sentinel}")
    repo.git("remote", "add", "origin", f"https://u:{sentinel}@github.com/{sentinel}/r.git")
    repo.git("remote", "add", sentinel, f"https://gitlab.com/o/{sentinel}")
    base = at(repo, 1)
    repo.write(f"{sentinel}/{sentinel}.txt", f"k = '{sentinel}'  # cencori-guard: allow[{sentinel}] -- {sentinel}\n")
    repo.write("dist/index.html", sentinel)
    repo.write(".env", f"CENCORI_API_KEY={sentinel}\n")
    repo.git("add", "-A")
    author = f"{sentinel} <{sentinel}@example.invalid>"
    repo.git("commit", "-q", "-m", f"{sentinel}\n\n{sentinel}", "--author", author)
    head = repo.git("rev-parse", "HEAD").strip()
    repo.git("tag", "-a", f"v-{sentinel}", "-m", sentinel)
    repo.git("branch", f"b/{sentinel}")
    repo.git("notes", "add", "-m", sentinel, head)
    repo.write("a.txt", sentinel)
    repo.git("add", "a.txt")
    repo.git("rm", "-q", "-f", "a.txt")
    lines = f"refs/heads/{sentinel} {head} refs/heads/{sentinel} {'0' * 40}\n".encode()
    received = f"{'0' * 40} {head} refs/heads/{sentinel}\n".encode()
    (tmp_path / sentinel).write_text(sentinel)
    runs = [(["scan", "--history", "-v", "-o", name], b"") for name in ("text", "json", "jsonl")]
    runs += [(["scan", "--range", f"{base}..v-{sentinel}", "-o", name], b"") for name in ("text", "json")]
    runs += [(["scan", "--since", f"x-{sentinel}"], b""), (["scan", "--range", sentinel], b"")]
    runs += [(["scan", "--history", "--timeout", "0.05"], b""), (["scan", "--history", "--incremental"], b"")]
    runs += [(["hook", "pre-push", sentinel, f"https://{sentinel}"], lines), (["hook", "pre-receive"], received)]
    runs += [(["hook", "pre-push"], sentinel.encode()), (["hook", "commit-msg", str(tmp_path / sentinel)], b"")]
    runs += [(["hook", "commit-msg", sentinel], b""), (["scan", "--history", sentinel], b"")]
    for args, stdin in runs:
        result = guard(*args, cwd=repo.path, stdin=stdin)
        said = result.out + result.err
        assert "Traceback" not in said
        for part in (sentinel, sentinel[4:], sentinel[12:44]):
            assert part not in said, (args, said[max(0, said.find(part) - 200) : said.find(part) + 100])
        assert said or "pre-receive" in args, args
    kept = (repo.path / ".git" / "cencori-guard" / "history.json").read_text()
    assert sentinel[8:] not in kept
    assert "csk_" in kept
