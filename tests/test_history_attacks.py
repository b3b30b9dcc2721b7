"""Ways in which a scan of a history once missed a key, came out clean, hung or lost its facts.  Each was an attack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cencori_guard.exposure import reached
from cencori_guard.exposure.walk import Walk, bits
from cencori_guard.git.graph import Commit
from cencori_guard.git.refs import Ref
from cencori_guard.git.runner import Git
from cencori_guard.keys import find_keys
from tests.conftest import Repo, guard
from tests.histories import at, by_path, keys_in, remove, unseen
from tests.mint import key


def history(repo: Repo, *args: str):
    return guard("scan", "--history", *args, "-o", "json", cwd=repo.path)


def loose(repo: Repo, oid: str) -> Path:
    return repo.path / ".git" / "objects" / oid[:2] / oid[2:]


def put(repo: Repo, text: str | bytes, kind: str = "blob") -> str:
    """Write an object, whatever git thinks of it; returns its id."""
    data = text.encode() if isinstance(text, str) else text
    done = subprocess.run(
        ["git", "hash-object", "-w", "--literally", "-t", kind, "--stdin"],
        cwd=repo.path,
        input=data,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def mktree(repo: Repo, entries: str) -> str:
    done = subprocess.run(["git", "mktree"], cwd=repo.path, input=entries, text=True, capture_output=True, check=True)
    return done.stdout.strip()


def imported(repo: Repo, stream: str) -> None:
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repo.path, input=stream.encode(), check=True)


def test_a_block_of_commits_alone_is_not_the_end(repo: Repo) -> None:
    """Without messages, the first thousands of objects of a pack may all be of no interest."""
    secret = key("secret", "blocks")
    lines = [f"blob\nmark :1\ndata {len(secret)}\n{secret}"]
    for number in range(1, 3001):
        lines.append(f"commit refs/heads/main\nmark :{number + 1}\ncommitter a <a@b> {1_700_000_000 + number} +0000")
        lines.append("data 1\nx" + (f"\nfrom :{number}" if number > 1 else "") + "\nM 100644 :1 k.txt" * (number == 5))
    imported(repo, "\n".join(lines) + "\n")
    repo.git("gc", "-q")
    result = history(repo, "--no-metadata")
    assert result.code == 1
    assert list(by_path(result)) == ["k.txt"]


def test_what_gc_packs_is_looked_at_by_the_next_incremental_scan(repo: Repo) -> None:
    """Staged blobs, and those that a tag names, lie in the same pack as what commits reach."""
    repo.write("a.txt", "a\n")
    at(repo, 1)
    assert history(repo).code == 0
    repo.write("s.txt", key("secret", "staged"))
    repo.git("add", "s.txt")
    repo.git("tag", "blob", put(repo, key("secret", "tagged")))
    repo.git("gc", "-q")
    result = history(repo, "--incremental")
    assert result.code == 1
    assert "packed most of it anew" in result.err
    assert result.report()["findings"] == history(repo).report()["findings"]
    assert len(keys_in(history(repo, "--incremental"))) == 2


def test_a_publishable_key_in_a_name_hides_no_other(repo: Repo) -> None:
    public, secret, third = key("publishable", 1), key("secret", 1), key("secret", 2)
    base = at(repo, 1)
    repo.git("branch", f"{public}-{secret}")
    repo.write(f"{public}-{third}.txt", "x")
    at(repo, 2)
    found = {(f["key"]["redacted"], f["location"]["path"].partition(":")[0]) for f in keys_in(history(repo))}
    names = [f"{text[:8]}…" for text in (public, secret, third)]
    assert found >= {(names[1], "ref"), (names[2], f"{names[0]}-{names[2]}.txt")}
    assert {f["git"]["state"] for f in keys_in(history(repo))} == {"tip"}
    assert guard("scan", "--range", f"{base}..HEAD", cwd=repo.path).code == 1
    assert guard("scan", ".", cwd=repo.path).code == 1


@pytest.mark.parametrize("whose", ["--local", "--global"])
def test_the_refs_of_a_remote_below_another_are_not_its_own(repo: Repo, secret: str, whose: str) -> None:
    """Whoever's config names the other one."""
    repo.write("k.txt", secret)
    head = at(repo, 1)
    repo.git("remote", "add", "a", "/nowhere/a")
    repo.git("config", whose, "remote.a/b.url", "/nowhere/b")
    repo.git("update-ref", "refs/remotes/a/b/main", head)
    line = f"refs/heads/main {head} refs/heads/new {'0' * 40}\n".encode()
    assert guard("hook", "pre-push", "a", "url", cwd=repo.path, stdin=line).code == 1
    assert guard("hook", "pre-push", "a/b", "url", cwd=repo.path, stdin=line).code == 0
    repo.git("update-ref", "refs/remotes/a/main", head)
    assert guard("hook", "pre-push", "a", "url", cwd=repo.path, stdin=line).code == 0


def test_a_commit_graph_vouches_for_nothing(repo: Repo) -> None:
    """It still names a commit that is lost, and git believes it."""
    for number in range(4):
        repo.write("a.txt", f"{number}\n")
        at(repo, number + 1, f"m {key('secret', 'graph') if number == 1 else ''}")
    repo.git("commit-graph", "write", "--reachable")
    loose(repo, repo.git("rev-parse", "HEAD~2").strip()).unlink()
    result = history(repo)
    assert result.code == 3
    assert result.report()["scan"]["complete"] is False


def test_a_known_key_whose_object_is_lost_or_damaged(repo: Repo, secret: str) -> None:
    repo.write("k.txt", secret)
    at(repo, 1)
    repo.write("other.txt", key("secret", "other"))
    remove(repo, "k.txt")
    at(repo, 2)
    assert history(repo).code == 1
    place = loose(repo, repo.git("rev-parse", "HEAD~1:k.txt").strip())
    data = place.read_bytes()
    place.chmod(0o644)
    for damage in (data[:10], None):
        place.write_bytes(damage) if damage else place.unlink()
        result = history(repo, "--incremental")
        assert result.code == 1, "the other key is reported all the same"
        assert result.report()["scan"]["complete"] is False
        assert ("so everything is looked at" in result.err) == (damage is None)


def test_names_in_trees_that_no_commit_brings(repo: Repo, secret: str) -> None:
    """A tag may name a tree, or a blob."""
    at(repo, 1)
    blob = put(repo, "hi\n")
    tree = mktree(repo, f"100644 blob {blob}\t{secret}.txt\n")
    repo.git("tag", "tree", tree)
    repo.git("tag", "-a", "-m", "x", "annotated", tree)
    for name in ("tree", "annotated"):
        result = guard("scan", "--range", f"HEAD..{name}", "-o", "json", cwd=repo.path)
        assert list(by_path(result)) == [f"{secret[:8]}….txt"], name
        line = f"refs/tags/{name} {repo.git('rev-parse', name).strip()} refs/tags/{name} {'0' * 40}\n".encode()
        assert guard("hook", "pre-push", "origin", "url", cwd=repo.path, stdin=line).code == 1


def test_what_a_tag_names_is_reached(repo: Repo) -> None:
    at(repo, 1)
    one, two, three = (key("secret", n) for n in range(3))
    blob = put(repo, one)
    inside = put(repo, two)
    tree = mktree(repo, f"100644 blob {inside}\tin.txt\n")
    repo.git("tag", "blob", blob)
    repo.git("tag", "tree", tree)
    repo.git("tag", "-a", "inner", "-m", three)
    repo.git("tag", "-a", "outer", "-m", "x", "inner")
    repo.git("tag", "-d", "inner")
    found = by_path(history(repo))
    assert {path: (f["git"]["state"], f["git"]["refs"]) for path, f in found.items()} == {
        f"blob:{blob}": ("tip", ["tags/blob"]),
        "in.txt": ("tip", ["tags/tree"]),
        "tag:inner": ("tip", ["tags/outer"]),
    }


def test_remotes_wherever_the_config_has_them(repo: Repo, tmp_path: Path) -> None:
    keys = {name: key("secret", name) for name in ("worktree", "include", "instead", "push")}
    at(repo, 1)
    repo.git("config", "extensions.worktreeConfig", "true")
    repo.git("config", "--worktree", "remote.w.url", f"https://{keys['worktree']}@example.invalid/x")
    (tmp_path / "inc").write_text(f'[remote "i"]\n\turl = https://{keys["include"]}@example.invalid/x\n')
    repo.git("config", "include.path", str(tmp_path / "inc"))
    repo.git("config", f"url.https://{keys['instead']}@github.com/.insteadOf", "gh:")
    repo.git("config", "remote.o.pushurl", f"https://{keys['push']}@example.invalid/x")
    assert set(by_path(history(repo))) == {"remote:w", "remote:i", "remote:url.insteadOf", "remote:o"}


def test_a_range_of_two_empty_variables_is_no_range(repo: Repo) -> None:
    at(repo, 1)
    for written in ("..", "...", "..HEAD", "...HEAD"):
        result = guard("scan", "--range", written, cwd=repo.path)
        assert (result.code, result.out) == (2, ""), written
        assert "A is missing" in result.err


@pytest.mark.parametrize(
    "below",
    [
        "x ------------------------ >8 ------------------------\nx Do not modify or remove the line above.\n"
        "x Everything below it will be ignored.\ndiff --git a/k b/k\n{}\n",
        "# ------------------------ >8 ------------------------\n# Do not modify or remove the line above.\n{}\n",
        "# ------------------------ >8 ------------------------\n# Do not modify or remove the line above.\n"
        "# Everything below it will be ignored.\n{}\n",
    ],
)
def test_a_cut_line_that_git_did_not_write(repo: Repo, secret: str, below: str) -> None:
    repo.write("MSG", "subject\n\n" + below.format(secret))
    assert guard("hook", "commit-msg", "MSG", cwd=repo.path).code == 1


def test_pipes_of_one_page(tmp_path: Path) -> None:
    """What Linux gives a user who has many pipes: questions and answers must not wait for each other."""
    fcntl = pytest.importorskip("fcntl")
    if not hasattr(fcntl, "F_SETPIPE_SZ"):
        pytest.skip("pipes cannot be made small here")
    repo = Repo(tmp_path / "repo")
    for number in range(300):
        repo.write(f"{number}.bin", os.urandom(20_000))
    repo.write("k.txt", key("secret", "pipes"))
    at(repo, 1)
    script = (
        "import fcntl, subprocess, sys\n"
        "from cencori_guard.git import lane\n"
        "lane._widen = lambda fd: False\n"
        "start = subprocess.Popen.__init__\n"
        "def small(self, *args, **more):\n"
        "    start(self, *args, **more)\n"
        "    for stream in (self.stdin, self.stdout):\n"
        "        if stream: fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, 4096)\n"
        "subprocess.Popen.__init__ = small\n"
        "from cencori_guard.cli.main import run\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    for args in (["scan", "--history"], ["scan", "--staged"], ["scan", "--range", "0" * 40 + "..HEAD"]):
        if args[1] == "--staged":
            repo.git("update-ref", "-d", "HEAD")
        done = subprocess.run([sys.executable, "-c", script, *args], cwd=repo.path, capture_output=True, timeout=60)
        assert done.returncode == 1, done.stderr
        if args[1] == "--staged":
            at(repo, 1)


@pytest.mark.parametrize("filler", ["<", " <", ">", "> ", "<> ", "a"])
def test_headers_cost_no_more_than_their_bytes(repo: Repo, filler: str) -> None:
    """Where they cost the square of it, a few commits take longer than anyone waits; nor does this test."""
    person = "A <a> 1700000000 +0000"
    parent = ""
    for number in range(6):
        blob = put(repo, key("secret", number))
        tree = mktree(repo, f"100644 blob {blob}\tk.txt\n")
        author = filler * (60_000 // len(filler))
        text = f"tree {tree}\n{parent}author {author}\ncommitter {person}\n\nx\n"
        parent = f"parent {put(repo, text, 'commit')}\n"
    repo.git("update-ref", "refs/heads/main", parent.split()[1])
    result = history(repo, "--no-metadata")
    assert result.code == 1
    assert len(keys_in(result)) == 6


@pytest.mark.parametrize("lacks", ["grammar", "tips", "found", "packs", "metadata", "version"])
def test_a_memory_that_lacks_something(repo: Repo, lacks: str) -> None:
    at(repo, 1)
    assert history(repo).code == 0
    file = repo.path / ".git" / "cencori-guard" / "history.json"
    document = json.loads(file.read_text())
    del document[lacks]
    file.write_text(json.dumps(document))
    result = history(repo, "--incremental")
    assert (result.code, len(result.err.splitlines())) == (0, 1)
    assert "is damaged, so everything is looked at" in result.err


def test_paths_of_work_trees_are_not_read_as_lines(repo: Repo) -> None:
    at(repo, 1)
    repo.git("worktree", "add", "-q", "../wt", "-b", "wt")
    (repo.path / ".git" / "worktrees" / "wt" / "gitdir").write_bytes(b"/tmp/x\nHEAD \xc3\xa9\ndetached\n/.git\n")
    assert history(repo).code == 0


def test_heads_that_no_branch_stands_for(repo: Repo) -> None:
    """The detached HEAD of a bare repository, and what another work tree has for itself alone."""
    at(repo, 1)
    repo.git("checkout", "-q", "--detach")
    repo.write("k.txt", key("secret", "detached"))
    at(repo, 2)
    repo.git("clone", "-q", "--bare", ".", "../bare.git")
    found = by_path(guard("scan", "--history", "bare.git", "-o", "json", cwd=repo.path.parent))
    assert (found["k.txt"]["git"]["state"], found["k.txt"]["git"]["refs"]) == ("tip", ["HEAD"])
    repo.git("checkout", "-q", "main")
    repo.git("worktree", "add", "-q", "--detach", "../tree")
    tree = Repo.__new__(Repo)
    tree.path = repo.path.parent / "tree"
    tree.write("w.txt", key("secret", "worktree"))
    at(tree, 3)
    tree.git("update-ref", "refs/worktree/mine", "HEAD")
    tree.git("checkout", "-q", "main", "--detach")
    found = by_path(history(repo))
    assert (found["w.txt"]["git"]["state"], found["w.txt"]["git"]["refs"]) == (
        "tip",
        ["worktrees/tree/refs/worktree/mine"],
    )


def test_a_tree_of_a_million_files(repo: Repo) -> None:
    """A few trees that name each other ten times over: what is not about a key is not kept."""
    entries = "".join(f"100644 blob {put(repo, 'x')}\t{n}\n" for n in range(10))
    for _ in range(5):
        tree = mktree(repo, entries)
        entries = "".join(f"040000 tree {tree}\t{n}\n" for n in range(10))
    blob = put(repo, key("secret", "bomb"))
    entries += f"100644 blob {blob}\tk.txt\n"
    commit = repo.git("commit-tree", mktree(repo, entries), "-m", "x").strip()
    repo.git("update-ref", "refs/heads/main", commit)
    script = (
        "import re, resource, sys\n"
        "from cencori_guard.cli.main import run\n"
        "code = run(sys.argv[1:])\n"
        # What getrusage says on Linux, a process has from the one that started it.
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "if sys.platform == 'linux':\n"
        "    peak = re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1]\n"
        "print(peak, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    command = [sys.executable, "-c", script, "scan", "--range", "0" * 40 + "..HEAD"]
    done = subprocess.run(command, cwd=repo.path, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stderr.split()[-1]) * unit < 120 << 20


def test_many_refs_and_many_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """What many branches hold alike is looked through once."""
    secrets = [find_keys(key("secret", n).encode())[0].key for n in range(500)]
    blob, oid = b"b" * 40, "c" * 40
    walk = Walk({blob: secrets})
    walk.follow([(Commit(oid.encode(), ()), [(b":000000 100644 " + b"0" * 40 + b" " + blob + b" A", b"k.txt")])])
    looked = []
    monkeypatch.setattr(reached, "bits", lambda mask: looked.append(mask) or bits(mask))
    refs = reached.Reached(walk, [Ref(b"refs/heads/%d" % n, oid, oid) for n in range(1_000)])
    assert len(looked) == 2
    names, more = refs.reaching([0])
    assert (len(names), more) == (100, 900)
    assert list(bits(1 << 9_000 | 5)) == [0, 2, 9_000]


def test_an_object_of_no_known_type_hides_nothing(repo: Repo) -> None:
    for number in range(40):
        put(repo, key("secret", number))
    put(repo, "hi\n", "weird")
    result = history(repo)
    assert len(keys_in(result)) == 40
    assert result.report()["scan"]["complete"] is False
    assert "not all objects could be listed with their types" in unseen(result)


@pytest.mark.parametrize("bad", ["a parent that is lost", "a tree that is lost", "a ref to nothing"])
def test_one_bad_commit_takes_no_facts_from_others(repo: Repo, secret: str, bad: str) -> None:
    repo.write("public/index.html", "<html>")
    repo.write("public/app.js", secret)
    commit = at(repo, 1)
    tree = repo.git("rev-parse", "HEAD^{tree}").strip()
    person = "a <a@b> 1700000000 +0000"
    if bad == "a ref to nothing":
        (repo.path / ".git" / "refs" / "heads" / "gone").write_text("1234567890" * 4 + "\n")
    else:
        parent = f"parent {'1234567890' * 4}\n" if bad == "a parent that is lost" else ""
        root = tree if parent else "1234567890" * 4
        put(repo, f"tree {root}\n{parent}author {person}\ncommitter {person}\n\nx\n", "commit")
    result = history(repo)
    (finding,) = by_path(result).values()
    assert (finding["rule"], finding["severity"]) == ("key-in-client-bundle", "critical")
    git = finding["git"]
    assert (git["state"], git["commit"], git["refs"]) == ("tip", commit, ["main"])


def test_an_incremental_scan_that_runs_out_of_time_still_reports(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    from cencori_guard.git import gaps
    from cencori_guard.jobs import history as module
    from cencori_guard.memory import Memory
    from cencori_guard.pipeline import Settings, run
    from cencori_guard.triage.config import Config
    from cencori_guard.triage.decide import Policy

    repo.write("k.txt", key("secret", "late"))
    at(repo, 1)
    git = Git(str(repo.path))

    def late(_: Git) -> frozenset[str]:
        raise gaps.GitError("the time limit of 1 s is over")

    monkeypatch.setattr(module, "shallow_commits", late)
    job = module.HistoryJob(git, known=Memory((), {}, (), True))
    report = run(job, Policy([Config()], bytes(repo.path), "2026-01-01"), Settings())
    assert not report.scan.complete
    assert [str(f.rule) for f in report.findings if f.rule != "stale-key"] == ["key-in-source"]


# A second round.


def test_packs_are_looked_at_whoever_made_them(repo: Repo, tmp_path: Path) -> None:
    """What is staged in any work tree, and what a ref named once, may lie in a pack that no commit reaches."""
    for number in range(50):
        repo.write(f"{number}.bin", os.urandom(2_000))
    at(repo, 1)
    repo.git("gc", "-q")
    repo.git("worktree", "add", "-q", "--detach", "../tree")
    assert history(repo).code == 0
    tree = Repo.__new__(Repo)
    tree.path = repo.path.parent / "tree"
    tree.write("w.txt", key("secret", "staged elsewhere"))
    tree.git("add", "w.txt")
    other = Repo(tmp_path / "other")
    at(other, 1)
    other.git("tag", "blob", put(other, key("secret", "fetched")))
    repo.git("-c", "fetch.unpackLimit=1", "fetch", "-q", str(other.path), "refs/tags/blob:refs/tags/blob")
    repo.git("tag", "-d", "blob")
    for oid in list((repo.path / ".git" / "objects").glob("[0-9a-f][0-9a-f]/*")):
        name = oid.parent.name + oid.name
        command = ["git", "pack-objects", "-q", ".git/objects/pack/pack"]
        subprocess.run(command, cwd=repo.path, input=f"{name}\n".encode(), check=True, capture_output=True)
        oid.unlink()
    result = history(repo, "--incremental")
    assert result.err == ""
    assert len(keys_in(result)) == 2
    assert result.report()["scan"]["blobs"] < 20
    assert result.report()["findings"] == history(repo).report()["findings"]


def test_the_refs_of_another_repository_are_not_the_remotes(repo: Repo, secret: str) -> None:
    """The URL of a remote may change, and what is pushed may go elsewhere than what is fetched comes from."""
    repo.write("k.txt", secret)
    head = at(repo, 1)
    repo.git("remote", "add", "origin", "/private")
    repo.git("update-ref", "refs/remotes/origin/main", head)
    topic = f"refs/heads/main {head} refs/heads/topic {'0' * 40}\n".encode()
    main = f"refs/heads/main {head} refs/heads/main {'0' * 40}\n".encode()
    assert guard("hook", "pre-push", "origin", "url", cwd=repo.path, stdin=topic).code == 0
    assert guard("hook", "pre-push", "origin", "url", cwd=repo.path, stdin=main).code == 1
    repo.git("remote", "set-url", "--push", "origin", "/public")
    assert guard("hook", "pre-push", "origin", "url", cwd=repo.path, stdin=topic).code == 1


@pytest.mark.parametrize("written", ["main..^HEAD", "main..main..HEAD", "^main..HEAD", "main...^HEAD", "main.."])
def test_an_end_of_a_range_is_one_object(repo: Repo, written: str) -> None:
    at(repo, 1)
    result = guard("scan", "--range", written, cwd=repo.path)
    assert result.code == (0 if written == "main.." else 2), result.err
    assert guard("scan", "--since", "^main", cwd=repo.path).code == 2


def test_ends_of_ranges_as_git_writes_them(repo: Repo, secret: str) -> None:
    at(repo, 1, "first one")
    repo.git("branch", "fe\u00e4ture/x")
    repo.write("k.txt", secret)
    at(repo, 2, "second one")
    for base in ("HEAD@{1}", ":/first", "HEAD^{/first}", "fe\u00e4ture/x", "HEAD~1", "@~1"):
        result = guard("scan", "--range", f"{base}..", "-o", "json", cwd=repo.path)
        assert list(by_path(result)) == ["k.txt"], (base, result.err)


def test_names_of_submodules_and_empty_directories(repo: Repo, secret: str) -> None:
    repo.write("a.txt", "a")
    head = at(repo, 1)
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},{secret}")
    at_index = repo.git("write-tree").strip()
    empty = put(repo, b"", "tree")
    above = mktree(repo, f"040000 tree {empty}\t{key('secret', 'empty')}\n")
    for tree in (at_index, above):
        commit = repo.git("commit-tree", tree, "-p", head, "-m", "x").strip()
        assert guard("scan", "--range", f"{head}..{commit}", cwd=repo.path).code == 1


def test_a_time_limit_in_the_walk_loses_no_finding(repo: Repo, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from cencori_guard.git import graph
    from cencori_guard.jobs.history import HistoryJob
    from cencori_guard.jobs.range import RangeJob
    from cencori_guard.pipeline import Settings, run
    from cencori_guard.triage.config import Config
    from cencori_guard.triage.decide import Policy

    repo.write("k.txt", secret)
    at(repo, 1, f"message {key('secret', 'message')}")
    repo.git("tag", "-a", "v", "-m", key("secret", "tag"))
    walk = graph.commits

    def late(git: Git, *args: object, **more: object):
        git._expire("the time limit of 1 s is over")
        return walk(git, *args, **more)

    from cencori_guard.git import revisions

    for make in (HistoryJob, lambda git: RangeJob(git, revisions.between(git, "0" * 40, "v"))):
        monkeypatch.setattr(graph, "commits", walk)
        job = make(Git(str(repo.path)))
        monkeypatch.setattr(graph, "commits", late)
        report = run(job, Policy([Config()], bytes(repo.path), "2026-01-01"), Settings())
        assert not report.scan.complete
        assert len({f.key for f in report.findings if f.key}) == 3


@pytest.mark.parametrize("bad", ["an empty commit", "a cut commit", "a cut tag", "a tag of no known type"])
def test_a_damaged_object_at_a_refs_tip(repo: Repo, secret: str, bad: str) -> None:
    """It costs its own facts, not the scan."""
    repo.write("k.txt", secret)
    at(repo, 1)
    repo.git("branch", "good")
    at(repo, 2)
    repo.git("tag", "-a", "-m", "x", "v")
    if bad == "a tag of no known type":
        (repo.path / ".git" / "refs" / "tags" / "odd").write_text(put(repo, "hi\n", "weird") + "\n")
    else:
        place = loose(repo, repo.git("rev-parse", "v" if "tag" in bad else "HEAD").strip())
        data = place.read_bytes()
        place.chmod(0o644)
        place.write_bytes(b"" if "empty" in bad else data[:20])
    result = history(repo)
    assert result.code == 1, result.err
    assert list(by_path(result)) == ["k.txt"]
    assert result.report()["scan"]["complete"] is False


def test_a_bare_repository_within_a_checkout(repo: Repo, secret: str) -> None:
    at(repo, 1)
    bare = repo.path / "x.git"
    repo.git("clone", "-q", "--bare", ".", str(bare))
    repo.git("init", "-q", "--bare", "../target.git")
    script = bare / "hooks" / "pre-push"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cencori_guard hook pre-push "$@"\n')
    script.chmod(0o755)
    push = ["git", "push", "-q", str(repo.path.parent / "target.git"), "main"]
    done = subprocess.run(push, cwd=bare, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    repo.write("k.txt", secret)
    at(repo, 2)
    repo.git("push", "-q", str(bare), "main")
    assert subprocess.run(push, cwd=bare, capture_output=True).returncode == 1


def test_many_env_files_are_no_flood(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    from cencori_guard.models import Blob
    from cencori_guard.policy import survey as module

    monkeypatch.setattr(module, "MOST_ENV_FILES", 10)
    survey = module.Survey()
    for number in range(20):
        survey.note(Blob(b"%d/.env" % number))
        survey.note(Blob(b"%d/cen_x" % number))
    assert (len(survey.env_files), len(survey.suspicious_names), survey.more_env_files) == (10, 10, True)


def test_links_among_the_refs_of_work_trees_lead_nowhere(repo: Repo, tmp_path: Path) -> None:
    at(repo, 1)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x").write_text(repo.git("rev-parse", "HEAD"))
    repo.git("worktree", "add", "-q", "--detach", "../tree")
    refs = repo.path / ".git" / "worktrees" / "tree" / "refs"
    if refs.exists():
        refs.rmdir()
    refs.symlink_to(tmp_path / "outside")
    repo.write("k.txt", key("secret", "links"))
    at(repo, 2)
    result = history(repo)
    assert by_path(result)["k.txt"]["git"]["refs"] == ["main"]


def test_tags_of_blobs_and_two_tags_of_one_object(repo: Repo) -> None:
    at(repo, 1)
    blob = put(repo, key("secret", "blob"))
    repo.git("tag", "-a", "-m", "x", "annotated", blob)
    repo.git("tag", "-a", "-m", key("secret", "tag"), "v1")
    repo.git("update-ref", "refs/tags/v2", "refs/tags/v1")
    repo.git("worktree", "add", "-q", "--detach", "../f@2")
    tree = Repo.__new__(Repo)
    tree.path = repo.path.parent / "f@2"
    tree.write("w.txt", key("secret", "worktree"))
    at(tree, 2)
    found = by_path(history(repo))
    assert {path: (f["git"]["state"], f["git"]["refs"]) for path, f in found.items()} == {
        f"blob:{blob}": ("tip", ["tags/annotated"]),
        "tag:v1": ("tip", ["tags/v1", "tags/v2"]),
        "w.txt": ("tip", ["HEAD"]),
    }


def test_a_header_that_goes_on_beyond_what_is_read(repo: Repo) -> None:
    """Then the line in the message is not known, and none is made up."""
    tree = repo.git("write-tree").strip()
    person = "a <a@b> 1700000000 +0000"
    long = "gpgsig " + "\n ".join(["x" * 40] * 3_000)
    text = f"tree {tree}\nauthor {person}\ncommitter {person}\n{long}\n\nsubject\n\n{key('secret', 'header')}\n"
    commit = put(repo, text, "commit")
    repo.git("update-ref", "refs/heads/main", commit)
    assert by_path(history(repo))[f"commit:{commit}"]["location"]["line"] is None


@pytest.mark.parametrize("char", ["#", ";"])
def test_a_key_is_taken_out_with_commit_vv(repo: Repo, secret: str, char: str) -> None:
    """Below the cut line stands what the user's language and verbosity make of it."""
    (repo.path / ".git" / "hooks").mkdir(exist_ok=True)
    script = repo.write(
        ".git/hooks/commit-msg", f'#!/bin/sh\nexec "{sys.executable}" -m cencori_guard hook commit-msg "$1"\n'
    )
    script.chmod(0o755)
    repo.git("config", "core.commentChar", char)
    repo.write("k.txt", secret)
    at(repo, 1)
    repo.write("k.txt", "gone\n")
    repo.git("add", "-A")
    command = ["git", "commit", "-q", "-vv"]
    env = {**os.environ, "GIT_EDITOR": "sed -i 1s/^/take-it-out/"}
    done = subprocess.run(command, cwd=repo.path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    cut = f"{char} ------------------------ >8 ------------------------\n"
    german = f"{char} \u00c4ndern Sie nichts.\n{char} Alles Weitere wird ignoriert.\n"
    for explained in (german, f"{char}\n{char} Changes:\n"):
        repo.write("MSG", f"subject\n{cut}{explained}diff --git a/k b/k\n-{secret}\n")
        assert guard("hook", "commit-msg", "MSG", cwd=repo.path).code == 0
