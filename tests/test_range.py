"""`scan --range` and `--since`: what one end of a range reaches and the other does not."""

from __future__ import annotations

import pytest

from tests.conftest import Repo, guard
from tests.histories import at, by_path, remove, unseen
from tests.mint import key


def scan(repo: Repo, *args: str, **env: str):
    return guard("scan", *args, "-o", "json", cwd=repo.path, env=env)


@pytest.fixture
def started(repo: Repo) -> Repo:
    """A repository with one commit, tagged `base`."""
    repo.write("a.txt", "a\n")
    at(repo, 1)
    repo.git("tag", "base")
    return repo


def test_only_what_the_range_brings(started: Repo) -> None:
    old, new, later = (key("secret", name) for name in ("old", "new", "later"))
    started.write("old.txt", old)
    at(started, 2)
    started.git("tag", "-f", "base")
    started.write("new.txt", f"\n{new}\n")
    commit = at(started, 3)
    started.git("branch", "end")
    started.write("later.txt", later)
    at(started, 4)
    result = scan(started, "--range", "base..end")
    assert result.code == 1
    found = by_path(result)
    assert list(found) == ["new.txt"]
    git = found["new.txt"]["git"]
    assert (git["state"], git["commit"], git["last_commit"]) == ("tip", commit, commit)
    assert git["refs"] == ["end", "main"], "all that reach it, though they lie outside of the range"
    assert found["new.txt"]["location"]["line"] == 2
    assert (result.report()["scan"]["source"], result.report()["scan"]["commits"]) == ("range", 1)
    assert set(by_path(scan(started, "--range", "base.."))) == {"new.txt", "later.txt"}
    assert set(by_path(scan(started, "--since", "base"))) == {"new.txt", "later.txt"}
    assert set(by_path(scan(started, "--since", "end"))) == {"later.txt"}
    assert scan(started, "--range", "end..end").code == 0
    assert scan(started, "--range", "end..base").code == 0


def test_a_key_that_came_and_went_within_the_range(started: Repo, secret: str) -> None:
    started.write("k.txt", secret)
    first = at(started, 2)
    remove(started, "k.txt")
    at(started, 3)
    git = by_path(scan(started, "--since", "base"))["k.txt"]["git"]
    assert (git["state"], git["commit"], git["last_commit"]) == ("history", first, first)


def test_three_dots_are_since_they_parted(started: Repo) -> None:
    ours, theirs = key("secret", "ours"), key("secret", "theirs")
    started.git("checkout", "-q", "-b", "side")
    started.write("ours.txt", ours)
    at(started, 2)
    started.git("checkout", "-q", "main")
    started.write("theirs.txt", theirs)
    at(started, 3)
    assert list(by_path(scan(started, "--range", "main...side"))) == ["ours.txt"]
    assert list(by_path(scan(started, "--range", "side...main"))) == ["theirs.txt"]
    # The same content on both sides: new to the one all the same.
    started.write("both.txt", "x")
    started.git("checkout", "-q", "side")
    started.git("checkout", "-q", "main", "--", "theirs.txt")
    at(started, 4)
    assert set(by_path(scan(started, "--range", "main...side"))) == {"ours.txt", "theirs.txt"}


def test_from_the_beginning_and_to_nothing(started: Repo, secret: str) -> None:
    """The zeros that git writes where a ref is new or gone."""
    started.write("k.txt", secret)
    head = at(started, 2)
    zero = "0" * 40
    assert list(by_path(scan(started, "--range", f"{zero}..{head}"))) == ["k.txt"]
    gone = scan(started, "--range", f"{head}..{zero}")
    assert gone.code == 0
    assert gone.report()["scan"]["complete"] is True


def test_root_commits_and_unrelated_histories(started: Repo, secret: str) -> None:
    started.git("checkout", "-q", "--orphan", "other")
    started.write("k.txt", secret)
    at(started, 2)
    for written in ("main..other", "main...other"):
        assert list(by_path(scan(started, "--range", written))) == ["k.txt"], written


def test_a_tag_and_its_message(started: Repo, secret: str) -> None:
    started.write("b.txt", "b")
    at(started, 2)
    started.git("tag", "-a", "v1", "-m", f"note\n\n{secret}")
    result = scan(started, "--range", "base..v1")
    finding = by_path(result)["tag:v1"]
    assert (finding["rule"], finding["location"]["line"]) == ("key-in-git-metadata", 3)
    assert scan(started, "--range", "base..v1", "--no-metadata").code == 0


def test_messages_of_the_range_alone(started: Repo) -> None:
    before, within = key("secret", "before"), key("secret", "within")
    at(started, 2, before)
    started.git("tag", "-f", "base")
    commit = at(started, 3, f"fix\n\n  {within}")
    finding = by_path(scan(started, "--since", "base"))[f"commit:{commit}"]
    assert (finding["rule"], finding["severity"]) == ("key-in-git-metadata", "high")
    assert (finding["location"]["line"], finding["location"]["column"]) == (3, 3)
    assert scan(started, "--since", "base", "--no-metadata").report()["findings"] == []


@pytest.mark.parametrize(
    "change", ["rename with an edit", "type change", "-diff attribute", "UTF-16", "binary", "mode"]
)
def test_no_change_hides_a_key(started: Repo, secret: str, change: str) -> None:
    body = "".join(f"line {n}\n" for n in range(50))
    started.write("a.txt", body)
    at(started, 2)
    started.git("tag", "-f", "base")
    if change == "rename with an edit":
        started.git("mv", "a.txt", "b.txt")
        started.write("b.txt", body + secret)
    elif change == "type change":
        remove(started, "a.txt")
        (started.path / "a.txt").symlink_to(f"../{secret}")
    elif change == "-diff attribute":
        started.write(".gitattributes", "* -diff\n")
        started.write("a.txt", body + secret)
    elif change == "UTF-16":
        started.write("w.txt", f"CENCORI_API_KEY={secret}\r\n".encode("utf-16"))
    elif change == "binary":
        started.write("b.bin", b"\0\1\2" + secret.encode() + b"\0\xff")
    else:
        started.write("a.txt", body + secret)
        (started.path / "a.txt").chmod(0o755)
    at(started, 3)
    assert scan(started, "--since", "base").code == 1


def test_old_content_under_a_new_name(started: Repo) -> None:
    """A rename changes no content: the blob is an old one, but now it ships, or is an env file."""
    one, two, three = (key("secret", n) for n in range(3))
    started.write("src/config.js", f"k = '{one}'\n")
    started.write("notes", f"CENCORI_API_KEY={two}\n")
    started.write("lib/c.js", f"k = '{three}'\n")
    at(started, 2)
    started.git("tag", "-f", "base")
    started.write("public/index.html", "<html>")
    started.git("mv", "src/config.js", "public/config.js")
    started.git("mv", "notes", ".env")
    at(started, 3)
    found = by_path(scan(started, "--since", "base"))
    assert {path: (f["rule"], f["severity"]) for path, f in found.items()} == {
        "public/config.js": ("key-in-client-bundle", "critical"),
        ".env": ("key-in-env-file", "high"),
    }


def test_a_revert_brings_the_key_back(started: Repo, secret: str) -> None:
    started.write("k.txt", secret)
    at(started, 2)
    remove(started, "k.txt")
    at(started, 3)
    started.git("tag", "-f", "base")
    started.git("revert", "--no-edit", "HEAD")
    assert list(by_path(scan(started, "--since", "base"))) == ["k.txt"]


def test_merges(started: Repo) -> None:
    """A key that only the merge has is found; what comes from the other side of the base is not the range's."""
    by_hand, theirs, ours = (key("secret", n) for n in range(3))
    started.git("checkout", "-q", "-b", "side")
    started.write("ours.txt", ours)
    at(started, 2)
    started.git("checkout", "-q", "main")
    started.write("theirs.txt", theirs)
    started.write("pkg/.env.production", "A=1\n")
    at(started, 3)
    started.git("checkout", "-q", "side")
    started.git("merge", "-q", "--no-commit", "main")
    started.write("by_hand.txt", by_hand)
    at(started, 4)
    report = scan(started, "--range", "main..side")
    assert set(by_path(report)) == {"ours.txt", "by_hand.txt"}
    assert not [f for f in report.report()["findings"] if f["rule"] == "env-file-tracked"]


def test_env_files_of_the_range(started: Repo) -> None:
    started.write("package.json", '{"dependencies": {"cencori": "1"}}')
    started.write("old/.env", "A=1\n")
    at(started, 2)
    started.git("tag", "-f", "base")
    started.write("app/.env", "A=2\n")
    started.write("app/.env.example", "A=2\n")
    started.write("package.json", '{"dependencies": {"cencori": "2"}}')
    at(started, 3)
    remove(started, "app/.env")
    at(started, 4)
    result = scan(started, "--since", "base")
    assert [(f["rule"], f["severity"], f["location"]["path"]) for f in result.report()["findings"]] == [
        ("env-file-tracked", "medium", "app/.env")
    ]
    assert result.code == 1


def test_keys_in_names(started: Repo, secret: str) -> None:
    started.write(f"{secret}.txt", "a\n")
    at(started, 2)
    started.git("tag", "v")
    result = scan(started, "--since", "base")
    assert list(by_path(result)) == [f"{secret[:8]}….txt"]
    assert secret not in result.out
    started.write("b.txt", "b")
    at(started, 3)
    assert by_path(scan(started, "--since", "v")) == {}, "an old name in a new tree is not new"


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["--range", "base"], 2, "base..HEAD is what came since"),
        (["--range", "nowhere..HEAD"], 2, "nowhere: no such revision"),
        (["--range", "base..nowhere"], 2, "nowhere: no such revision"),
        (["--range", "--all..HEAD"], 2, "--all: not a revision"),
        (["--since", "-x"], 2, "-x: not a revision"),
        (["--since", ""], 2, "not a revision"),
        (["--range", "a..b", "--since", "a"], 2, "one at a time"),
        (["--range", "base.." + "1" * 40], 3, "no such object here"),
    ],
)
def test_wrong_ranges(started: Repo, args: list[str], code: int, says: str) -> None:
    result = scan(started, *args)
    assert (result.code, result.out) == (code, "")
    assert says in result.err
    assert "Traceback" not in result.err


def test_a_revision_that_is_a_key_is_never_repeated(started: Repo, secret: str) -> None:
    for args in (["--range", f"{secret}..HEAD"], ["--since", secret], ["--range", secret]):
        result = scan(started, *args)
        assert result.code == 2
        assert secret not in result.err


def test_a_missing_base_is_not_clean(started: Repo, secret: str) -> None:
    """All that is here is looked at, and that it may be too much is said."""
    missing = "1" * 40
    result = scan(started, "--range", f"{missing}..HEAD")
    assert result.code == 3
    assert f"the base {missing} is not here" in unseen(result)
    assert result.report()["scan"]["complete"] is False
    started.write("k.txt", secret)
    at(started, 2)
    assert scan(started, "--range", f"{missing}..HEAD").code == 1


def test_a_shallow_range_is_not_clean(started: Repo) -> None:
    for day in range(2, 6):
        started.write("a.txt", f"{day}\n")
        at(started, day)
    started.git("clone", "-q", "--depth", "2", f"file://{started.path}", "../shallow")
    shallow = Repo.__new__(Repo)
    shallow.path = started.path.parent / "shallow"
    whole = scan(shallow, "--range", "HEAD~1..HEAD")
    assert whole.code == 0, "what is in the range is all here"
    base = started.git("rev-parse", "HEAD~3").strip()
    assert scan(shallow, "--range", f"{base}..HEAD").code == 3


def test_a_range_that_is_cut_although_its_base_is_here(started: Repo) -> None:
    """Another way from the end of the range leads over the edge of the shallow clone."""
    started.git("checkout", "-q", "-b", "side")
    for day in (2, 3, 4):
        started.write("s.txt", f"{day}\n")
        at(started, day)
    started.git("checkout", "-q", "main")
    started.write("m.txt", "m")
    base = at(started, 5)
    started.git("merge", "-q", "--no-edit", "side")
    started.git("clone", "-q", "--depth", "2", f"file://{started.path}", "../shallow")
    shallow = Repo.__new__(Repo)
    shallow.path = started.path.parent / "shallow"
    result = scan(shallow, "--range", f"{base}..HEAD")
    assert result.code == 3
    assert "shallow clone: the range goes on" in unseen(result)
    assert scan(started, "--range", f"{base}..HEAD").code == 0


def test_a_missing_object_of_the_range_is_not_clean(started: Repo) -> None:
    for name in ("gone.txt", "sub/gone.txt"):
        started.write(name, name)
        at(started, 2)
        oid = started.git("rev-parse", f"HEAD:{name}").strip()
        (started.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
        result = scan(started, "--since", "base")
        assert result.code == 3
        assert oid in unseen(result)
        assert "lost from the repository" in unseen(result)
        started.git("reset", "-q", "--hard", "base")


def test_a_missing_tree_or_commit_is_not_clean(started: Repo) -> None:
    started.write("d/a.txt", "d")
    at(started, 2)
    middle = started.git("rev-parse", "HEAD").strip()
    started.write("e.txt", "e")
    at(started, 3)
    tree = started.git("rev-parse", "HEAD:d").strip()
    (started.path / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    result = scan(started, "--since", "base")
    assert result.code == 3
    (started.path / ".git" / "objects" / middle[:2] / middle[2:]).unlink()
    result = scan(started, "--since", "base")
    assert result.code == 3
    assert "Traceback" not in result.err


def test_a_hundred_refs_are_named_and_the_rest_counted(started: Repo, secret: str) -> None:
    started.write("k.txt", secret)
    head = at(started, 2)
    lines = "".join(f"create refs/heads/b{n:03} {head}\n" for n in range(120))
    import subprocess

    subprocess.run(["git", "update-ref", "--stdin"], cwd=started.path, input=lines.encode(), check=True)
    for args in (["--since", "base"], ["--history"]):
        git = by_path(scan(started, *args))["k.txt"]["git"]
        assert (len(git["refs"]), git["more_refs"]) == (100, 21), args
