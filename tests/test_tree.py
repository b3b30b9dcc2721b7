"""``scan PATH`` as a whole, on real repositories and directories: what is looked at, and what is said of it."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from cencori_guard.jobs.tree import TreeJob
from cencori_guard.pipeline import Settings, run
from cencori_guard.report.record import scan_record
from cencori_guard.sources.targets import resolve
from cencori_guard.triage.decide import Policy
from tests.conftest import Repo, Result, guard
from tests.mint import key

LINE = f'k = "{key()}"\n'
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")


def scan(*args: str, cwd: Path, env: dict[str, str] | None = None) -> Result:
    """Scan as a user does, and take the JSON report."""
    result = guard("scan", "-o", "json", *args, cwd=cwd, env=env)
    assert not result.err, result.err
    return result


def plant(root: Path, *names: str, content: str = LINE) -> None:
    """Write *content* to files below *root*."""
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)


def hits(result: Result) -> dict[str, str]:
    """The path of each key found, and its rule; every one once."""
    found = [(path, rule) for rule, _, path, line, _ in result.findings() if rule.startswith("key-") and line]
    assert len(found) == len(set(found)), found
    return dict(found)


def states(result: Result) -> dict[str, tuple]:
    return {f["location"]["path"]: (f["git"] or {}).get("state") for f in result.report()["findings"] if f["key"]}


def skipped(result: Result) -> dict[str, tuple[bool, str]]:
    return {s["path"]: (s["blind"], s["reason"]) for s in result.report()["scan"]["skipped"]}


# --- what git tracks, would track, ignores --------------------------------------------------------------------


def test_states(repo: Repo):
    """Where git has the key is told: in the last commit, the index, the work tree alone, or nowhere."""
    plant(repo.path, "tip.py", "edited.py")
    plant(repo.path, "staged_edit.py", "modified.py", "both.py", content="none\n")
    repo.commit()
    plant(repo.path, "new_staged.py", "staged_edit.py", "both.py")
    repo.git("add", "-A")
    plant(repo.path, "modified.py", "untracked.py")
    plant(repo.path, "edited.py", content="above\n" + LINE)
    plant(repo.path, "both.py", content="above\r\n" + LINE)
    result = scan(cwd=repo.path)
    assert states(result) == {
        "tip.py": "tip",
        "edited.py": "tip",
        "staged_edit.py": "staged",
        "new_staged.py": "staged",
        "both.py": "staged",
        "modified.py": "modified",
        "untracked.py": "untracked",
    }
    assert result.code == 1


def test_states_before_the_first_commit(repo: Repo):
    """A repository without a commit is no error."""
    plant(repo.path, "a.py", "b.py")
    repo.git("add", "a.py")
    assert states(scan(cwd=repo.path)) == {"a.py": "staged", "b.py": "untracked"}


def test_states_by_content_not_by_bytes(repo: Repo):
    """A file with line-end conversion has other bytes in git than on disk, and the same key."""
    repo.write(".gitattributes", "*.py text eol=crlf\n")
    plant(repo.path, "a.py")
    repo.commit()
    repo.write("a.py", LINE.replace("\n", "\r\n"))
    assert states(scan(cwd=repo.path)) == {"a.py": "tip"}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((), {"seen.py", "kept.log", "sub/seen.py"}),
        (("sub",), {"sub/seen.py"}),
        (("a.log",), {"a.log"}),
        (("sub/a.log", "seen.py"), {"sub/a.log", "seen.py"}),
        (("tmp",), {"tmp/a.py", "tmp/deep/b.log"}),
        (("tmp/deep",), {"tmp/deep/b.log"}),
        ((".", "tmp"), {"seen.py", "kept.log", "sub/seen.py", "tmp/a.py", "tmp/deep/b.log"}),
        ((".", "a.log"), {"seen.py", "kept.log", "sub/seen.py", "a.log"}),
    ],
)
def test_ignored_files_are_left_out_unless_they_are_named(repo: Repo, args, expected):
    """git's rules hold for what is found, not for what is named; tracked files are never ignored."""
    repo.write(".gitignore", "*.log\n/tmp/\n")
    plant(repo.path, "seen.py", "kept.log", "sub/seen.py", "a.log", "sub/a.log", "tmp/a.py", "tmp/deep/b.log")
    repo.git("add", "-f", "kept.log")
    assert set(hits(scan(*args, cwd=repo.path))) == expected


@pytest.mark.parametrize("where", ["sub", "sub/deep"])
def test_paths_are_relative_to_the_root_of_the_repository(repo: Repo, where):
    """Wherever the program was started, a path in the report is the one git uses."""
    plant(repo.path, "a.py", "sub/b.py", "sub/deep/c.py")
    repo.commit()
    inside = {p for p in ("sub/b.py", "sub/deep/c.py") if p.startswith(where)}
    assert set(hits(scan(cwd=repo.path / where))) == inside
    assert set(hits(scan("deep/c.py", cwd=repo.path / "sub"))) == {"sub/deep/c.py"}
    assert set(hits(scan("..", cwd=repo.path / "sub"))) == {"a.py", "sub/b.py", "sub/deep/c.py"}


def test_several_places(tmp_path: Path):
    """Two repositories and a plain directory in one scan: paths are relative to where it was started."""
    for name in ("one", "two"):
        plant(Repo(tmp_path / name).path, "a.py")
    plant(tmp_path, "three/a.py", "four/b.py")
    result = scan("one", "two", "three", "four/b.py", cwd=tmp_path)
    assert set(hits(result)) == {"one/a.py", "two/a.py", "three/a.py", "four/b.py"}


@pytest.mark.parametrize("git", [True, False], ids=["checkout", "plain"])
@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("sub sub/a.py ./sub", "a.py c.py"),
        ("ignored ignored/b.py", "b.py"),
        (". sub/a.py", "a.py app.js c.py"),
        (". sub", "a.py app.js c.py"),
        ("sub ignored/b.py ignored sub/deep", "a.py b.py c.py"),
        ("dist .", "a.py app.js c.py"),
        ("dist/app.js .", "a.py app.js c.py"),
        ("dist dist/app.js", "app.js"),
    ],
)
def test_overlapping_places_count_once(tmp_path: Path, git, args, expected):
    """What is named twice is scanned and reported once."""
    if git:
        Repo(tmp_path)
    plant(tmp_path, "sub/a.py", "sub/deep/c.py", "ignored/b.py", "dist/app.js")
    plant(tmp_path, ".gitignore", "package.json", content="ignored\ndist\n")
    result = scan(*args.split(), cwd=tmp_path)
    assert sorted(Path(path).name for path in hits(result)) == expected.split()
    assert result.report()["scan"]["files"] == len(expected.split()) + 2 * ("." in args.split())


def test_deleted_and_unmerged(repo: Repo):
    """A tracked file gone from the work tree is no error; one in conflict counts once."""
    plant(repo.path, "gone.py", "fight.py", content="base\n")
    repo.commit()
    repo.git("checkout", "-q", "-b", "side")
    plant(repo.path, "fight.py", content="theirs\n")
    repo.commit()
    repo.git("checkout", "-q", "main")
    plant(repo.path, "fight.py", content="ours\n" + LINE)
    repo.commit()
    assert "CONFLICT" in repo.git("merge", "side", check=False)
    (repo.path / "gone.py").unlink()
    result = scan(cwd=repo.path)
    assert states(result) == {"fight.py": "tip"}
    assert result.report()["scan"]["files"] == 1
    assert result.report()["scan"]["complete"]


def test_submodules_and_repositories_within(repo: Repo, tmp_path: Path):
    """What is checked out within is scanned by its own git's list; what is not is noted."""
    inner = Repo(tmp_path / "inner")
    inner.write(".gitignore", "*.log\n")
    plant(inner.path, "in.py", "in.log")
    inner.commit()
    for name in ("here", "absent"):
        repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), name)
    repo.commit()
    repo.git("submodule", "deinit", "-q", "-f", "absent")
    plant(repo.path, "here/in.log", "here/new.py")
    nested = Repo(repo.path / "nested")
    plant(nested.path, "n.py", "n.log")
    nested.write(".gitignore", "*.log\n")
    deeper = Repo(nested.path / "deeper")
    plant(deeper.path, "d.py")
    result = scan(cwd=repo.path)
    assert states(result) == {
        "here/in.py": "tip",
        "here/new.py": "untracked",
        "nested/n.py": "untracked",
        "nested/deeper/d.py": "untracked",
    }
    assert skipped(result) == {"absent": (False, "a submodule that is not checked out")}
    assert scan("--strict", "--fail-on", "critical", cwd=repo.path).code == 3
    assert set(hits(scan("here", cwd=repo.path))) == {"in.py", "new.py"}
    assert set(hits(scan("here/in.py", "nested/n.log", cwd=repo.path))) == {"here/in.py", "nested/n.log"}


# --- directories that are no checkouts ------------------------------------------------------------------------


def test_plain_directory(tmp_path: Path):
    """Without git the ignore files hold all the same, nested ones too, and repositories within are git's."""
    root = tmp_path / "plain"
    plant(root, "a.py", "a.log", "sub/keep.log", "sub/no.py", "tmp/x.py", "node/tmp.py")
    plant(root, ".gitignore", content="*.log\ntmp/\n[z-a]\n!\n")
    plant(root, "sub/.gitignore", content="!keep.log\nno.py\n")
    inner = Repo(root / "repo")
    inner.write(".gitignore", "out\n")
    plant(inner.path, "r.py", "out/r.py", "r.log")
    result = scan("plain", cwd=tmp_path)
    assert set(hits(result)) == {"a.py", "sub/keep.log", "node/tmp.py", "repo/r.py", "repo/r.log"}
    assert result.report()["scan"]["complete"], "a bad line in an ignore file costs that line"
    assert states(result)["a.py"] is None
    assert states(result)["repo/r.py"] == "untracked"
    assert set(hits(scan("plain/a.log", "plain/tmp/x.py", cwd=tmp_path))) == {"plain/a.log", "plain/tmp/x.py"}


def test_everything_ignored_is_not_clean(repo: Repo):
    """A scan that looked at nothing because all is ignored does not read as clean."""
    repo.write(".git/info/exclude", "*\n")
    plant(repo.path, "a.py")
    assert scan(cwd=repo.path).code == 3


# --- what is no regular file ----------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("git", [True, False], ids=["checkout", "plain"])
def test_special_files(tmp_path: Path, git):
    """Links, pipes and sockets are noted, not opened: no hang, nothing from outside, exit code 0."""
    root = tmp_path / "r"
    plant(tmp_path, "outside.py", "outdir/o.py")
    plant(root, "clean.py", "dir/clean.py", content="none\n")
    if git:
        repo = Repo(root)
        plant(root, "was/a.py", "pipe.py", "sock", "file.py", content="none\n")
        repo.commit()
        for name in ("pipe.py", "sock", "file.py", "was/a.py"):
            (root / name).unlink()
        (root / "was").rmdir()
    (root / "was").symlink_to(tmp_path / "outdir")
    (root / "link.py").symlink_to("../outside.py")
    (root / "linked").symlink_to("dir")
    (root / "loop").symlink_to(".")
    (root / "broken").symlink_to("nowhere")
    os.mkfifo(root / "pipe.py")
    (root / "file.py").mkdir()
    plant(root, "file.py/within.py", content="none\n")
    here = Path.cwd()
    os.chdir(root)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("sock")
    finally:
        os.chdir(here)
    result = scan("r", cwd=tmp_path)
    assert result.code == 0
    assert not result.findings()
    notes = skipped(result)
    assert {"link.py", "linked", "loop", "broken", "was", "pipe.py", "sock"} <= set(notes)
    assert not any(blind for blind, _ in notes.values())
    assert result.report()["scan"]["complete"]
    assert scan("--strict", "r", cwd=tmp_path).code == 3


@posix
def test_link_named_on_the_command_line(tmp_path: Path):
    """A link that the user names is followed: naming it is asking for it."""
    plant(tmp_path, "real/a.py")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file").symlink_to("real/a.py")
    assert set(hits(scan("link", cwd=tmp_path))) == {"a.py"}
    assert set(hits(scan("file", cwd=tmp_path))) == {"a.py"}


@posix
@pytest.mark.parametrize("git", [True, False], ids=["checkout", "plain"])
def test_pipe_named_on_the_command_line(tmp_path: Path, git):
    """Even a named FIFO is not opened; but who names it is told that nothing was looked at."""
    if git:
        Repo(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    result = scan("pipe", cwd=tmp_path)
    assert skipped(result) == {"pipe": (True, "a FIFO, not opened")}
    assert result.code == 3


def in_process(root: Path) -> dict:
    """The scan's record when it runs in this process."""
    report = run(TreeJob(resolve([str(root)])), Policy([], os.fsencode(root), "2026-01-02"), Settings())
    return scan_record(report)


@pytest.mark.parametrize("git", [True, False], ids=["checkout", "plain"])
def test_unreadable_file_makes_the_scan_incomplete(tmp_path: Path, monkeypatch, git):
    """A file that cannot be read is one the scan is blind to; the others are scanned."""
    if git:
        Repo(tmp_path)
    plant(tmp_path, "locked.py", "open.py")
    real = os.open

    def refuse(path, *args, **kwargs):
        if os.fsencode(path).endswith(b"locked.py"):
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    scan = in_process(tmp_path)
    assert scan["skipped"] == [
        {"path": "locked.py", "reason": "cannot be read: Permission denied", "blind": True},
    ]
    assert (scan["complete"], scan["files"]) == (False, 1)


def test_unreadable_file_through_the_program(repo: Repo):
    """Nothing found, and something not seen: exit code 3."""
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    plant(repo.path, "locked.py")
    (repo.path / "locked.py").chmod(0)
    result = scan(cwd=repo.path)
    assert (result.code, skipped(result)["locked.py"][0]) == (3, True)


def test_unreadable_directory_makes_the_scan_incomplete(tmp_path: Path, monkeypatch):
    """A directory that cannot be listed is one the scan is blind to; its neighbours are scanned."""
    plant(tmp_path, "a/a.py", "locked/b.py", "z.py")
    real = os.scandir

    def refuse(path):
        if os.fsencode(path).endswith(b"locked"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    scan = in_process(tmp_path)
    assert {"path": "locked/", "reason": "cannot be listed: Permission denied", "blind": True} in scan["skipped"]
    assert (scan["complete"], scan["files"]) == (False, 2)


# --- git that fails, or is not there --------------------------------------------------------------------------


def test_without_git(repo: Repo, tmp_path: Path):
    """No git on PATH: the files are found all the same, and the scan says that it may be wrong."""
    repo.write(".gitignore", "*.log\n")
    plant(repo.path, "clean.py", content="none\n")
    plant(repo.path, "a.log")
    nowhere = {"PATH": str(tmp_path)}
    result = scan(cwd=repo.path, env=nowhere)
    assert (result.code, result.findings()) == (3, [])
    assert "git is not installed" in result.report()["scan"]["skipped"][0]["reason"]
    plant(repo.path, "a.py")
    result = scan(cwd=repo.path, env=nowhere)
    assert (result.code, set(hits(result))) == (1, {"a.py"})


@pytest.mark.parametrize(
    "damage",
    [
        lambda git: (git / "HEAD").unlink(),
        lambda git: (git / "index").write_bytes(b"DIRC garbage"),
        lambda git: (git / "config").write_text("[core\n"),
        lambda git: (git / "config").write_text("[core]\n\trepositoryformatversion = 99\n"),
    ],
    ids=["no HEAD", "index", "config", "version"],
)
def test_damaged_repository(repo: Repo, damage):
    """git that cannot list the files does not make the scan clean, nor lose what is there."""
    plant(repo.path, "clean.py", content="none\n")
    repo.commit()
    damage(repo.path / ".git")
    assert scan(cwd=repo.path).code == 3
    plant(repo.path, "a.py")
    result = scan(cwd=repo.path)
    assert (result.code, set(hits(result))) == (1, {"a.py"})


def test_git_file_that_leads_nowhere(tmp_path: Path):
    """A ``.git`` file of a worktree whose repository is gone: scanned, and incomplete."""
    plant(tmp_path, "a.py")
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    result = scan(cwd=tmp_path)
    assert set(hits(result)) == {"a.py"}
    assert not result.report()["scan"]["complete"]


def test_linked_worktree(repo: Repo, tmp_path: Path):
    """A worktree has its own index, and a ``.git`` that is a file."""
    plant(repo.path, "a.py")
    repo.commit()
    repo.git("worktree", "add", "-q", str(tmp_path / "tree"))
    assert states(scan(cwd=tmp_path / "tree")) == {"a.py": "tip"}


# --- names ----------------------------------------------------------------------------------------------------

_ODD = [b"new\nline.py", b"tab\t.py", b'quote".py', b"it's.py", b"-dash.py", b"--help", b":colon.py", b":(glob)x.py"]
_ODD += [b" space .py", b"back\\slash.py", b"\xc3\xa9.py", b"\xff\xfe.py", b"[a].py", b"*.py", b"~.py", b"$HOME.py"]


@posix
@pytest.mark.parametrize("git", [True, False], ids=["checkout", "plain"])
def test_odd_names(tmp_path: Path, git):
    """Any name that the file system takes is scanned, and shown; bytes that are no UTF-8 as \\xNN."""
    root = tmp_path / "r"
    plant(root, "x.py", content="none\n")
    for name in _ODD:
        (root / os.fsdecode(name)).write_text(LINE)
    if git:
        Repo(root).commit()
    shown = {name.decode("utf-8", "backslashreplace") for name in _ODD}
    assert set(hits(scan("r", cwd=tmp_path))) == shown
    if git:
        assert set(states(scan("r", cwd=tmp_path)).values()) == {"tip"}
    named = [f"r/{os.fsdecode(name)}" for name in _ODD]
    assert {Path(p).name for p in hits(scan("--", *named, cwd=tmp_path))} == shown


def test_keys_in_names(repo: Repo):
    """A key in the name of a file or directory is a finding, and no report shows it."""
    in_file, in_directory = key("secret", "file"), key("agent-hex", "dir")
    plant(repo.path, f"{in_file}.txt", f"{in_directory}/x.py", f"{in_directory}/y.py", content="none\n")
    repo.commit()
    result = scan(cwd=repo.path)
    assert [(rule, path) for rule, _, path, _, _ in result.findings()] == [
        ("key-in-source", f"{in_directory[:9]}…/"),
        ("key-in-source", f"{in_file[:8]}….txt"),
    ]
    for form in ("text", "json", "jsonl"):
        shown = guard("scan", "-o", form, cwd=repo.path)
        assert in_file[4:] not in shown.out + shown.err
        assert in_directory[5:] not in shown.out + shown.err
    missing = guard("scan", f"no/{in_file}", cwd=repo.path)
    assert missing.code == 2
    assert in_file not in missing.out + missing.err


# --- what the run as a whole says -----------------------------------------------------------------------------


def test_lfs_pointer_is_noted(repo: Repo):
    """What stands in for a large file is not that file, and the report says so."""
    repo.write("big.bin", f"version https://git-lfs.github.com/spec/v1\noid sha256:{'ab' * 32}\nsize 12345\n")
    repo.write("about.md", "The first line is version https://git-lfs.github.com/spec/v1\n")
    result = scan(cwd=repo.path)
    assert result.code == 0
    assert skipped(result) == {"big.bin": (False, "Git LFS pointer: the content itself is not here")}


@pytest.mark.parametrize(
    ("args", "shape", "code"),
    [
        ((), None, 0),
        ((), "secret", 1),
        ((), "secret-test", 1),
        ((), "publishable", 0),
        (("--fail-on", "info"), "publishable", 1),
        (("--fail-on", "critical"), "secret", 0),
        (("--fail-on", "high"), "secret-test", 0),
        (("--strict",), None, 0),
        (("--timeout", "1e-9"), None, 3),
        (("nowhere",), None, 2),
        (("--timeout", "0"), None, 2),
    ],
)
def test_exit_codes(repo: Repo, args, shape, code):
    """The exit code by what was found, and by what was asked."""
    repo.write("a.py", f"k = '{key(shape)}'\n" if shape else "none\n")
    assert guard("scan", *args, cwd=repo.path).code == code


def test_timeout_says_where_it_ended(repo: Repo):
    """A scan cut short is incomplete, and names the file it ended at."""
    plant(repo.path, "a.py", "b.py")
    report = scan("--timeout", "1e-9", cwd=repo.path).report()
    assert [(s["path"], s["blind"]) for s in report["scan"]["skipped"]] == [("a.py", True)]


def test_two_runs_say_the_same(repo: Repo):
    """The same input gives the same report, the time it took aside."""
    plant(repo.path, *(f"d{i % 7}/f{i}.py" for i in range(60)), ".env", "dist/index.html")
    repo.write(".gitignore", "dist\n")
    reports = [scan(cwd=repo.path).report() for _ in range(2)]
    for report in reports:
        del report["scan"]["seconds"]
    assert reports[0] == reports[1]
    assert len(reports[0]["findings"]) > 60
