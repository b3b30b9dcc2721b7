"""The baseline: what it excuses and what not, what becomes of it; that nothing breaks it or gets a key out of it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from calendar import timegm
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cencori_guard.cli.writing import replace
from cencori_guard.errors import UsageError
from cencori_guard.keys import Key, find_keys
from cencori_guard.liveness import Answer, Liveness
from cencori_guard.models import Context, Finding, Location, Rule, Severity, Suppression
from cencori_guard.triage.baseline import Entry, Identity, dump, first_deaths, parse
from cencori_guard.triage.renew import prune, update
from cencori_guard.triage.scope import Scope
from tests.conftest import Repo, Result
from tests.loopback import DEAD, LIVE, Api, refusal
from tests.loopback import Answer as Said
from tests.mint import SHAPES, key, opaque
from tests.test_push import Server, native

NAME = ".cencori-guard-baseline.json"
ONE, TWO, THREE = key("secret", "one"), key("secret", "two"), key("secret", "three")
UNKNOWN = refusal(500, "internal_error")
Run = Callable[..., Result]


# Starts the program as often as it is asked to, each time in a process of its own, without loading it anew.
_SERVER = """
import json, os, sys, traceback
import cencori_guard.cli.baseline, cencori_guard.cli.scan, cencori_guard.jobs.history, cencori_guard.jobs.tree
import cencori_guard.verify.verifier
from cencori_guard.__main__ import main
from cencori_guard.search.matchers import adaptive
adaptive()
for line in sys.stdin:
    asked = json.loads(line)
    pid = os.fork()
    if pid:
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
        continue
    code = 70
    try:
        for number, file in enumerate((os.devnull, asked["out"], asked["err"])):
            opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            os.dup2(opened, number)
            os.close(opened)
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["env"])
        sys.argv = ["cencori-guard", *asked["args"]]
        code = main()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
"""


@pytest.fixture(scope="module")
def starter() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()


@pytest.fixture
def run(starter: subprocess.Popen[str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The whole program as a process, as with ``guard``, and many times faster."""
    folder = tmp_path_factory.mktemp("said")
    out, err = folder / "out", folder / "err"

    def call(*args: str, cwd: Path) -> Result:
        assert starter.poll() is None, "the program cannot be loaded"
        asked = {"args": args, "cwd": str(cwd), "env": dict(os.environ), "out": str(out), "err": str(err)}
        starter.stdin.write(json.dumps(asked) + "\n")
        starter.stdin.flush()
        code = int(starter.stdout.readline())
        result = Result(subprocess.CompletedProcess(args, code, out.read_bytes(), err.read_bytes()))
        assert "Traceback" not in result.err, result.err
        assert "internal error" not in result.err, result.err
        return result

    return call


@pytest.fixture
def project(repo: Repo) -> Repo:
    """A repository with one key in ``a.py``, committed."""
    repo.write("a.py", f"k = '{ONE}'\n")
    repo.commit()
    return repo


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A plain directory with one key in ``a.py``: where git has no say, and a scan takes half the time."""
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "a.py").write_text(f"k = '{ONE}'\n")
    return tmp_path / "place"


def the_key(text: str) -> Key:
    (found,) = find_keys(text.encode())
    return found.key


def finger(text: str) -> str:
    return the_key(text).fingerprint()


def record(path: str, text: str | None = ONE, rule: str = "key-in-source", **more: str) -> dict[str, str]:
    """An entry as the file has it."""
    return {"path": path, "rule": rule, **({"fingerprint": finger(text)} if text else {}), **more}


def written(*records: dict[str, str]) -> str:
    """A baseline of *records*, as design 8 has it; made here without the program."""
    lines = ",\n".join("  " + json.dumps(entry) for entry in records)
    return '{\n "version": 1,\n "entries": [\n' + lines + "\n" * bool(records) + " ]\n}\n"


def file_of(where: Repo | Path) -> Path:
    return (where.path if isinstance(where, Repo) else where) / NAME


def entries_of(where: Repo | Path) -> list[dict[str, str]]:
    return json.loads(file_of(where).read_text("ascii"))["entries"]


def paths_of(where: Repo | Path) -> list[str]:
    return [entry["path"] for entry in entries_of(where)]


def reported(result: Result) -> list[str]:
    """The paths of what a report does not suppress, sorted."""
    return sorted({f["location"]["path"] for f in result.report()["findings"] if not f["suppressed"]})


def leaks(result: Result) -> list[str]:
    """As :func:`reported`, but for the age of keys, which depends on the day."""
    return sorted({f["location"]["path"] for f in result.report()["findings"] if _is_leak(f)})


def _is_leak(finding: dict) -> bool:
    return not finding["suppressed"] and finding["rule"] != "stale-key"


def excused_by(result: Result) -> set[str]:
    return {f["suppressed"]["by"] for f in result.report()["findings"] if f["suppressed"]}


def moment(seconds: float) -> str:
    """A time as the file has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


# --- create ---------------------------------------------------------------------------------------------------------


def test_the_bytes_of_a_small_baseline(repo: Repo, run: Run) -> None:
    """Sorted by path, rule and fingerprint; an entry a line; no line numbers and no times; ASCII."""
    publishable = key("publishable", "a")
    repo.write("src/é.ts", f"const k = '{publishable}'\n")
    repo.write("b.py", "".join(f"k = '{k}'\n" for k in (TWO, ONE, TWO)))
    repo.write(".env", f"CENCORI_API_KEY={ONE}\n")
    repo.git("add", "-A")
    result = run("baseline", "create", cwd=repo.path)
    assert result.code == 0
    assert f"{NAME}: 7 entries (7 new)" in result.out
    first, second = sorted((finger(ONE), finger(TWO)))
    assert file_of(repo).read_bytes().decode("ascii") == (
        "{\n"
        ' "version": 1,\n'
        ' "entries": [\n'
        '  {"path": ".env", "rule": "env-file-not-ignored"},\n'
        '  {"path": ".env", "rule": "env-file-tracked"},\n'
        f'  {{"path": ".env", "rule": "key-in-env-file", "fingerprint": "{finger(ONE)}"}},\n'
        '  {"path": ".gitignore", "rule": "env-ignore-missing"},\n'
        f'  {{"path": "b.py", "rule": "key-in-source", "fingerprint": "{first}"}},\n'
        f'  {{"path": "b.py", "rule": "key-in-source", "fingerprint": "{second}"}},\n'
        f'  {{"path": "src/\\u00e9.ts", "rule": "key-in-source", "fingerprint": "{finger(publishable)}"}}\n'
        " ]\n"
        "}\n"
    )
    assert oct(file_of(repo).stat().st_mode & 0o777) == oct(0o666 & ~_umask())
    assert [p.name for p in repo.path.iterdir() if p.name.startswith(NAME)] == [NAME]
    after = run("scan", ".", "-o", "json", "--fail-on", "info", cwd=repo.path)
    assert after.code == 0
    assert reported(after) == []
    assert excused_by(after) == {"baseline"}


def _umask() -> int:
    mask = os.umask(0o22)
    os.umask(mask)
    return mask


def test_a_baseline_of_nothing(repo: Repo, run: Run) -> None:
    """A clean repository gets a baseline without entries, and it is read."""
    assert run("baseline", "create", cwd=repo.path).code == 0
    assert file_of(repo).read_text() == written()
    repo.write("a.py", ONE)
    assert run("scan", ".", cwd=repo.path).code == 1


ODD = {
    b"with space.py": "with space.py",
    b"quo\"te'.py": "quo\"te'.py",
    "é.py".encode(): "é.py",
    "\U0001f511.py".encode(): "\U0001f511.py",
    b"\xff.py": "\\xff.py",
    b"new\nline.py": "new\nline.py",
    b"back\\slash.py": "back\\slash.py",
    b"cr\r.py": "cr\r.py",
    b"}, {.py": "}, {.py",
    b"-n.py": "-n.py",
    b"<<<<<<< ours.py": "<<<<<<< ours.py",
    b"deep/er/x.py": "deep/er/x.py",
    TWO.encode() + b".py": the_key(TWO).redacted + ".py",
    b"\xfe-" + THREE.encode() + b"/x.py": "\\xfe-" + the_key(THREE).redacted + "/x.py",
}


def test_odd_names(repo: Repo, run: Run) -> None:
    """Each stands in one line of ASCII, redacted where it holds a key, and is found again."""
    for name in ODD:
        path = os.fsencode(repo.path) + b"/" + name
        Path(os.fsdecode(os.path.dirname(path))).mkdir(parents=True, exist_ok=True)
        Path(os.fsdecode(path)).write_text(f"{ONE}\n")
    repo.git("add", "-A")
    result = run("baseline", "create", cwd=repo.path)
    assert result.code == 0
    text = file_of(repo).read_bytes()
    assert text.isascii()
    folder = "\\xfe-" + the_key(THREE).redacted + "/"
    assert set(paths_of(repo)) == {*ODD.values(), folder}
    assert text.count(b"\n") == 5 + len(entries_of(repo)), "an entry a line"
    for secret in (ONE, TWO, THREE):
        assert secret not in text.decode() + result.out + result.err
    for mode in ([], ["--staged"]):
        after = run("scan", *mode, ".", "-o", "json", cwd=repo.path)
        assert (after.code, reported(after)) == (0, []), mode
    before = file_of(repo).stat()
    assert run("baseline", "update", cwd=repo.path).code == 0
    assert file_of(repo).stat().st_ino == before.st_ino, "and nothing changed"


def test_what_comments_and_config_excuse_is_left_out(repo: Repo, run: Run) -> None:
    """A baseline repeats no excuse that somebody gave a reason for; without config it has to."""
    repo.write("inline.py", f"k = '{ONE}'  # cencori-guard: allow -- made up\n")
    repo.write("allowed.py", TWO)
    repo.write("excluded.py", TWO)
    repo.write("plain.py", THREE)
    allow = '[[allow]]\npaths = ["/allowed.py"]\nreason = "made up"\n'
    repo.write(".cencori-guard.toml", 'exclude = ["/excluded.py"]\n' + allow)
    assert run("baseline", "create", cwd=repo.path).code == 0
    assert paths_of(repo) == ["plain.py"]
    result = run("scan", ".", "-o", "json", cwd=repo.path)
    assert (result.code, excused_by(result)) == (0, {"inline", "config", "baseline"})
    assert run("baseline", "create", "--no-config", "--baseline", "other.json", cwd=repo.path).code == 0
    others = json.loads((repo.path / "other.json").read_text())["entries"]
    assert [entry["path"] for entry in others] == ["allowed.py", "excluded.py", "plain.py"]


@pytest.mark.parametrize("args", [[], ["--history"], ["--while-dead"], ["--baseline", NAME]], ids=" ".join)
def test_create_refuses_where_there_is_one(project: Repo, run: Run, args: list[str]) -> None:
    """What somebody wrote is not overwritten."""
    file_of(project).write_text(written(record("z.py", TWO, reason="by hand")))
    before = file_of(project).read_bytes()
    result = run("baseline", "create", *args, cwd=project.path)
    assert result.code == 2
    assert NAME in result.err
    assert "baseline update" in result.err
    assert len(result.err.splitlines()) == 1
    assert file_of(project).read_bytes() == before


def test_history_is_added_when_it_is_asked_for(project: Repo, run: Run) -> None:
    """What only the history holds is excused by `--history`, and by nothing less."""
    (project.path / "a.py").unlink()
    project.write("b.py", TWO)
    project.commit()
    project.write("c.py", THREE)
    assert run("baseline", "create", cwd=project.path).code == 0
    assert paths_of(project) == ["b.py", "c.py"]
    assert run("scan", ".", cwd=project.path).code == 0
    assert run("scan", "--history", cwd=project.path).code == 1
    file_of(project).unlink()
    assert run("baseline", "create", "--history", cwd=project.path).code == 0
    assert {e["path"] for e in entries_of(project) if e["rule"] == "key-in-source"} == {"a.py", "b.py", "c.py"}
    for args in (["."], ["--history"], ["--range", "HEAD~1..HEAD"]):
        result = run("scan", *args, "-o", "json", "--fail-on", "info", cwd=project.path)
        assert (result.code, reported(result)) == (0, []), args
        assert excused_by(result) == {"baseline"}, args


def test_from_a_subdirectory(project: Repo, run: Run) -> None:
    """Wherever it is started: one file, at the root, with paths from the root."""
    project.write("src/deep/b.py", TWO)
    below = project.path / "src" / "deep"
    result = run("baseline", "create", cwd=below)
    assert result.code == 0
    assert paths_of(project) == ["a.py", "src/deep/b.py"]
    assert not file_of(below).exists()
    assert f"../../{NAME}: 2 entries" in result.out
    for args, cwd in ((["."], below), (["src/"], project.path), (["src/deep/b.py"], project.path), (["b.py"], below)):
        scan = run("scan", *args, "-o", "json", cwd=cwd)
        assert (scan.code, excused_by(scan)) == (0, {"baseline"}), args
    project.write("src/deep/c.py", ONE)
    assert run("baseline", "update", "src", cwd=project.path).code == 0
    assert paths_of(project) == ["a.py", "src/deep/b.py", "src/deep/c.py"]


def test_outside_git(tmp_path: Path, run: Run) -> None:
    """A plain directory has a baseline as well, and no history."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(ONE)
    assert run("baseline", "create", "--history", cwd=tmp_path).code == 2
    assert not file_of(tmp_path).exists()
    assert run("baseline", "create", cwd=tmp_path).code == 0
    assert paths_of(tmp_path) == ["src/a.py"]
    assert run("scan", ".", cwd=tmp_path).code == 0
    (tmp_path / "src" / "a.py").write_text("")
    result = run("baseline", "prune", cwd=tmp_path)
    assert (result.code, paths_of(tmp_path)) == (0, [])


def test_each_of_two_repositories_has_its_own(tmp_path: Path, run: Run) -> None:
    """In one scan of both, a baseline speaks for its own repository and not for its neighbour."""
    for name in ("one", "two"):
        there = Repo(tmp_path / name)
        there.write("a.py", ONE)
        assert run("scan", name, cwd=tmp_path).code == 1
    assert run("baseline", "create", "one", cwd=tmp_path).code == 0
    assert paths_of(tmp_path / "one") == ["a.py"]
    result = run("scan", "one", "two", "-o", "json", cwd=tmp_path)
    assert (result.code, reported(result)) == (1, ["two/a.py"])
    assert run("baseline", "create", "two", cwd=tmp_path).code == 0
    assert run("scan", "one", "two", cwd=tmp_path).code == 0


def test_where_no_baseline_can_be(project: Repo, run: Run) -> None:
    """A file, nothing, a bare repository: wrong usage, and nothing is written."""
    bare = project.path.parent / "bare.git"
    project.git("clone", "-q", "--bare", ".", str(bare))
    for path in ("a.py", "nowhere", str(bare)):
        result = run("baseline", "create", path, cwd=project.path)
        assert (result.code, len(result.err.splitlines())) == (2, 1), path
    for args in (["prune"], ["create", "--config", "x", "--no-config"]):
        result = run("baseline", *args, cwd=project.path)
        assert (result.code, len(result.err.splitlines())) == (2, 1), args
    assert not list(project.path.parent.rglob("*cencori-guard*"))


def test_a_baseline_without_a_name(project: Repo, run: Run) -> None:
    """`--baseline "$UNSET"` names no file: wrong usage in every command, as for `--config`."""
    for args in (["scan", "."], *(["baseline", command] for command in ("prune", "update", "create"))):
        result = run(*args, "--baseline", "", cwd=project.path)
        assert (result.code, len(result.err.splitlines())) == (2, 1), args


def test_a_bare_repository_has_that_of_head(project: Repo, run: Run) -> None:
    """Where there are no files, the default branch's baseline counts."""
    assert run("baseline", "create", "--history", cwd=project.path).code == 0
    project.write("b.py", TWO)
    project.commit()
    bare = project.path.parent / "bare.git"
    project.git("clone", "-q", "--bare", ".", str(bare))
    for args in (["--history"], ["--range", "HEAD~1..HEAD"]):
        result = run("scan", *args, "--no-metadata", "-o", "json", cwd=bare)
        assert (result.code, set(leaks(result))) == (1, {"b.py"}), args
    assert "HEAD:" + NAME in run("scan", "--history", "-o", "json", cwd=bare).out
    named = run("scan", "--history", "--baseline", str(file_of(project)), "-o", "json", cwd=bare)
    assert (named.code, set(leaks(named))) == (1, {"b.py"})
    assert run("scan", "--history", "--no-ignore", "-o", "json", cwd=bare).report()["summary"]["suppressed"] == 0


def test_what_is_staged_and_the_commit_hook(project: Repo, run: Run) -> None:
    """A known key in its own file passes; the same key elsewhere, and another one in the same file, do not."""
    assert run("baseline", "create", cwd=project.path).code == 0
    project.commit()
    stages = {
        "known": ("a.py", f"# more\nk = '{ONE}'\n", 0),
        "elsewhere": ("b.py", f"k = '{ONE}'\n", 1),
        "another": ("a.py", f"k = '{ONE}'\nm = '{TWO}'\n", 1),
    }
    for name, (path, text, code) in stages.items():
        project.git("reset", "-q", "--hard")
        project.write(path, text)
        project.git("add", "-A")
        hook = run("hook", "pre-commit", cwd=project.path)
        assert hook.code == code, name
        assert (hook.out + hook.err == "") is (code == 0), "it says nothing where all is well"
        scan = run("scan", "--staged", "-o", "json", cwd=project.path)
        assert scan.code == code, name
        assert reported(scan) == ([] if code == 0 else [path]), name
        assert run("scan", "--staged", "--no-ignore", cwd=project.path).code == 1, name


def test_range_and_what_is_pushed(project: Repo, run: Run) -> None:
    """In what a branch adds, too."""
    assert run("baseline", "create", cwd=project.path).code == 0
    project.write("a.py", f"\nk = '{ONE}'\n")
    project.commit()
    assert run("scan", "--range", "HEAD~1..HEAD", cwd=project.path).code == 0
    project.write("b.py", ONE)
    project.commit()
    result = run("scan", "--range", "HEAD~2..HEAD", "-o", "json", cwd=project.path)
    assert (result.code, leaks(result)) == (1, ["b.py"])
    assert run("scan", "--range", "HEAD~2..HEAD~1", "--no-ignore", cwd=project.path).code == 1


def test_a_baseline_elsewhere(project: Repo, run: Run) -> None:
    """`--baseline FILE` is read and written in place of the one at the root, and may be a link."""
    away = project.path.parent / "kept"
    away.mkdir()
    (away / "link.json").symlink_to("true.json")
    for file in ("../kept/b.json", str(away / "link.json")):
        assert run("scan", ".", "--baseline", file, cwd=project.path).code == 2
        assert run("baseline", "prune", "--baseline", file, cwd=project.path).code == 2
        assert run("baseline", "create", "--baseline", file, cwd=project.path).code == 0
        assert not file_of(project).exists()
        assert run("scan", ".", cwd=project.path).code == 1
        result = run("scan", ".", "--baseline", file, "-o", "json", cwd=project.path)
        assert (result.code, excused_by(result)) == (0, {"baseline"})
        assert run("scan", ".", "--baseline", file, "--no-ignore", cwd=project.path).code == 2
        assert run("scan", "--history", "--baseline", file, cwd=project.path).code == 0
    assert (away / "link.json").is_symlink()
    assert (away / "true.json").read_bytes() == (away / "b.json").read_bytes() == written(record("a.py")).encode()
    file_of(project).write_text(written(record("b.py", TWO)))
    project.write("b.py", TWO)
    both = run("scan", ".", "--baseline", "../kept/b.json", "-o", "json", cwd=project.path)
    assert reported(both) == ["b.py"], "that one alone"


def test_no_ignore_reports_all(project: Repo, run: Run) -> None:
    run("baseline", "create", "--history", cwd=project.path)
    for args in (["."], ["--history"]):
        result = run("scan", *args, "--no-ignore", "-o", "json", cwd=project.path)
        assert (result.code, excused_by(result)) == (1, set())
        assert "a.py" in reported(result)


def test_it_says_who_excused_what_and_why(tmp_path: Path, run: Run) -> None:
    """The report counts what a baseline hides, and quotes what a person wrote there: without a key, which is found."""
    (tmp_path / "a.py").write_text(ONE)
    file_of(tmp_path).write_text(written(record("a.py", reason=f"revoked in May, was {TWO}")))
    result = run("scan", ".", "-o", "json", cwd=tmp_path)
    (excused,) = [f["suppressed"] for f in result.report()["findings"] if f["suppressed"]]
    assert excused == {"by": "baseline", "reason": f"revoked in May, was {the_key(TWO).redacted} ({NAME})"}
    assert (result.code, reported(result)) == (1, [NAME])
    assert result.report()["summary"]["suppressed"] == 1
    assert "1 suppressed" in run("scan", ".", cwd=tmp_path).out
    assert TWO not in result.out


def test_moving_a_key_within_its_file_changes_nothing(project: Repo, run: Run) -> None:
    """Lines above it, another place, twice: the same entry, and no new file."""
    run("baseline", "create", cwd=project.path)
    before = file_of(project).stat()
    for text in ("\n" * 50 + f"k = '{ONE}'\n", f"x = 1\ncall({ONE!r})  # k\n", f"{ONE}\n{ONE}\n"):
        project.write("a.py", text)
        assert run("scan", ".", cwd=project.path).code == 0
        assert ", nothing changed" in run("baseline", "update", cwd=project.path).out
    after = file_of(project).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(
    ("entry", "excused"),
    [
        (record("a.py"), True),
        (record("a.py", rule="key-in-env-file"), False),
        (record("a.py", TWO), False),
        (record("A.py"), False),
        (record("./a.py"), False),
        (record("*"), False),
        (record(""), False),
        (record("a.py", None, "env-file-tracked"), False),
        (record("a.py", None, "public-env-name"), False),
    ],
    ids=lambda value: " ".join(value.values())[:40] if isinstance(value, dict) else str(value),
)
def test_an_entry_excuses_one_key_at_one_path_by_one_rule(
    place: Path, run: Run, entry: dict[str, str], excused: bool
) -> None:
    file_of(place).write_text(written(entry))
    assert run("scan", ".", cwd=place).code == (0 if excused else 1)


# --- update ---------------------------------------------------------------------------------------------------------


def test_update_adds_what_is_new_and_keeps_the_rest(project: Repo, run: Run) -> None:
    """Entries of the history stay in an update of the files; so do reasons, times and ties."""
    (project.path / "a.py").unlink()
    project.commit()
    old = [
        record("a.py", reason="in the history, revoked"),
        record("gone.py", TWO, dead="2026-01-02T03:04:05Z", **{"while": "dead"}, reason="why — é"),
        record("n.env", None, "env-file-tracked", reason="a template"),
    ]
    file_of(project).write_text(written(*old))
    project.write("m.py", THREE)
    result = run("baseline", "update", cwd=project.path)
    assert result.code == 0
    assert "4 entries (1 new)" in result.out
    new = sorted([*old, record("m.py", THREE)], key=lambda entry: entry["path"])
    assert file_of(project).read_text() == written(*new)


def test_update_makes_one_where_there_is_none(project: Repo, run: Run) -> None:
    assert run("baseline", "update", cwd=project.path).code == 0
    assert file_of(project).read_text() == written(record("a.py"))


def test_an_update_that_changes_nothing_writes_nothing(project: Repo, run: Run) -> None:
    """Byte-identical, and the file is not even touched; twice in a row the same."""
    project.write("b.py", f"{TWO}\n{THREE}\n")
    for args in ([], ["--history"], ["--while-dead"]):
        run("baseline", "update", *args, cwd=project.path)
        os.utime(file_of(project), (1_000_000_000, 1_000_000_000))
        before, stat = file_of(project).read_bytes(), file_of(project).stat()
        result = run("baseline", "update", *args, cwd=project.path)
        assert result.code == 0
        assert result.out.endswith(", nothing changed\n")
        assert file_of(project).read_bytes() == before
        assert (file_of(project).stat().st_mtime_ns, file_of(project).stat().st_ino) == (stat.st_mtime_ns, stat.st_ino)


HANDS: dict[str, Callable[[str], str]] = {
    "reindented": lambda text: json.dumps(json.loads(text), indent=2),
    "in one line": lambda text: json.dumps(json.loads(text)),
    "by a formatter": lambda text: json.dumps(json.loads(text), indent="\t", sort_keys=True, ensure_ascii=False) + "\n",
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "upside down": lambda text: written(*reversed(json.loads(text)["entries"])),
    "twice": lambda text: written(*(json.loads(text)["entries"] * 2)),
    "without commas": lambda text: text.replace("},\n", "}\n"),
    "without commas, CRLF": lambda text: text.replace("},\n", "} \r\n"),
    "a comma too many": lambda text: text.replace("}\n ]", "},\n ]"),
    "a comma too many, CRLF": lambda text: text.replace("}\n ]", "}, \r\n ]"),
    "empty lines": lambda text: text.replace("},\n", "}\n\n"),
    "no last newline": str.rstrip,
}


@pytest.mark.parametrize("hand", HANDS)
def test_what_hands_and_merges_do_to_it_is_read(place: Path, run: Run, hand: str) -> None:
    """It still excuses, prune drops nothing, and update writes the form it had."""
    (place / "é.py").write_text(f"{TWO}\n{THREE}\n")
    run("baseline", "create", cwd=place)
    canonical = file_of(place).read_text()
    changed = HANDS[hand](canonical)
    assert changed != canonical
    file_of(place).write_bytes(changed.encode())
    assert run("scan", ".", cwd=place).code == 0
    assert run("baseline", "update", cwd=place).code == 0
    assert file_of(place).read_text() == canonical


# --- liveness -------------------------------------------------------------------------------------------------------


@pytest.fixture
def api() -> Iterator[Api]:
    """The vendor's API: it knows no key yet."""
    with Api() as started:
        yield started


def asking(api: Api) -> list[str]:
    return ["--verify", "--api-url", api.url]


def test_update_with_verify(project: Repo, run: Run, api: Api) -> None:
    """Live keys do not get in, dead ones get a time, unknown ones wait; and the exit code says so."""
    project.write("b.py", TWO)
    project.write("c.py", THREE)
    project.write("p.py", key("publishable"))
    project.write(".gitignore", ".env\n")
    api.answer(ONE, LIVE)
    api.answer(THREE, UNKNOWN)
    before = int(time.time())
    result = run("baseline", "update", *asking(api), cwd=project.path)
    assert result.code == 1
    assert f"{the_key(ONE).redacted} in a.py:1 is live" in result.out
    assert f"{the_key(THREE).redacted} in c.py:1 was not added" in result.out
    assert "1 key is dead by a first answer" in result.out
    entries = {entry["path"]: entry for entry in entries_of(project)}
    assert list(entries) == ["b.py", "p.py"]
    assert set(entries["p.py"]) == {"path", "rule", "fingerprint"}
    assert entries["b.py"]["while"] == "dead", "what is added since it is dead counts as long as it is"
    assert before <= timegm(time.strptime(entries["b.py"]["dead"], "%Y-%m-%dT%H:%M:%SZ")) <= time.time()
    assert not api.asked[key("publishable")]
    for secret in (ONE, TWO, THREE):
        assert secret not in result.out + result.err + file_of(project).read_text()


def test_only_verify_writes_times(project: Repo, run: Run, api: Api) -> None:
    """Create and a plain update never do; the first time is kept by all that follow."""
    for args in (["create"], ["update"], ["update", "--history", "--while-dead"]):
        run("baseline", *args, cwd=project.path)
        assert '"dead": ' not in file_of(project).read_text()
    assert run("scan", ".", *asking(api), cwd=project.path).code == 1
    assert '"dead": ' not in file_of(project).read_text(), "nor does a scan"
    first = "2026-01-02T03:04:05Z"
    file_of(project).write_text(written(record("a.py", dead=first)))
    os.utime(file_of(project), (1_000_000_000, 1_000_000_000))
    for args in (asking(api), [], asking(api)):
        result = run("baseline", "update", *args, cwd=project.path)
        assert (result.code, "first answer" in result.out) == (0, False)
    assert file_of(project).read_text() == written(record("a.py", dead=first))
    assert file_of(project).stat().st_mtime == 1_000_000_000


def test_a_first_time_is_written_once(project: Repo, run: Run, api: Api) -> None:
    """Of a key at two places, and by an update of what is there already."""
    project.write("b.py", ONE)
    run("baseline", "create", cwd=project.path)
    result = run("baseline", "update", *asking(api), cwd=project.path)
    assert "1 key is dead by a first answer" in result.out
    assert result.code == 0
    times = [entry["dead"] for entry in entries_of(project)]
    assert len(times) == 2
    before = file_of(project).read_bytes()
    time.sleep(1.1)
    run("baseline", "update", *asking(api), cwd=project.path)
    assert file_of(project).read_bytes() == before


def test_a_time_in_the_future_is_replaced(project: Repo, run: Run, api: Api) -> None:
    """Nobody was told then: neither is it believed, nor kept."""
    file_of(project).write_text(written(record("a.py", dead="2999-01-01T00:00:00Z", **{"while": "dead"})))
    result = run("scan", ".", *asking(api), cwd=project.path)
    assert (result.code, "2999" in result.out) == (1, False)
    assert run("baseline", "update", *asking(api), cwd=project.path).code == 0
    (entry,) = entries_of(project)
    assert entry["dead"] <= moment(time.time())
    assert entry["while"] == "dead"


def test_a_key_that_turned_live_goes_everywhere(project: Repo, run: Run, api: Api) -> None:
    """Its entries of other paths and of the history too; those of other keys stay."""
    file_of(project).write_text(
        written(
            record("a.py", dead="2026-01-02T03:04:05Z"),
            record("a.py", TWO, reason="kept"),
            record("old.py", reason="in the history"),
            record("x.env", rule="stale-key"),
            record("x.env", None, "env-file-tracked"),
        )
    )
    api.answer(ONE, LIVE)
    result = run("baseline", "update", *asking(api), cwd=project.path)
    assert result.code == 1
    assert file_of(project).read_text() == written(
        record("a.py", TWO, reason="kept"), record("x.env", None, "env-file-tracked")
    )
    assert result.out.count("dropped: ") == 3


@pytest.mark.parametrize(
    "excuse", ["# cencori-guard: allow -- made up", "# by config"], ids=["by a comment", "by config"]
)
def test_a_live_key_is_named_whatever_excuses_it(project: Repo, run: Run, api: Api, excuse: str) -> None:
    project.write("a.py", f"k = '{ONE}'  {excuse}\n")
    project.write(".cencori-guard.toml", '[[allow]]\npaths = ["a.py"]\nreason = "x"\n' if "config" in excuse else "")
    api.answer(ONE, LIVE)
    result = run("baseline", "update", *asking(api), cwd=project.path)
    assert (result.code, "a.py:1 is live" in result.out, entries_of(project)) == (1, True, [])


def test_unknown_is_not_added_and_takes_nothing_out(project: Repo, run: Run) -> None:
    """An API that fails, or none at all, changes no byte; exit 3."""
    project.write("b.py", TWO)
    text = written(record("a.py", dead="2026-01-02T03:04:05Z", **{"while": "dead"}, reason="x"), record("gone.py"))
    file_of(project).write_text(text)
    with Api(default=UNKNOWN) as failing, Api({ONE: UNKNOWN, TWO: UNKNOWN}) as partly:
        for api in (failing, partly):
            result = run("baseline", "update", *asking(api), cwd=project.path)
            assert (result.code, "b.py:1 was not added" in result.out) == (3, True)
            assert file_of(project).read_text() == text
    result = run("baseline", "update", *asking(failing), cwd=project.path)
    assert result.code == 3
    assert file_of(project).read_text() == text


def test_who_accepts_everything_empties_no_baseline(project: Repo, run: Run) -> None:
    """A portal that calls every key live is no judge: nothing goes out, nothing is believed."""
    text = written(record("a.py", dead="2026-01-02T03:04:05Z"))
    file_of(project).write_text(text)
    with Api(everything=LIVE) as portal:
        assert run("baseline", "update", *asking(portal), cwd=project.path).code in (0, 3)
        assert file_of(project).read_text() == text


@pytest.mark.parametrize(
    "args", [["--api-url", "http://127.0.0.1:9"], ["--control-env", "X"], ["--verify-timeout", "1"]]
)
def test_how_to_ask_goes_with_verify(project: Repo, run: Run, args: list[str]) -> None:
    result = run("baseline", "update", *args, cwd=project.path)
    assert (result.code, file_of(project).exists()) == (2, False)


# What the file knows, what the API says: whether the tied entry excuses, how bad it is, what the report adds.
NOTE = "excuses it only while"
TIED: dict[str, tuple[int | None, Said | None, bool, str, str]] = {
    "not asked": (3600, None, False, "high", NOTE),
    "dead, for the first time": (None, DEAD, False, "high", NOTE),
    "dead, a moment ago": (1, DEAD, False, "high", NOTE),
    "dead, nine minutes ago": (9 * 60, DEAD, False, "high", NOTE),
    "dead, ten minutes ago": (600, DEAD, True, "low", ""),
    "dead, a year ago": (31_536_000, DEAD, True, "low", ""),
    "dead, in the future": (-3600, DEAD, False, "high", NOTE),
    "live": (3600, LIVE, False, "critical", NOTE),
    "unknown": (3600, UNKNOWN, False, "high", NOTE),
}


@pytest.mark.parametrize("case", TIED)
@pytest.mark.parametrize("mode", [["."], ["--history"]], ids=["tree", "history"])
def test_an_entry_tied_to_its_key_being_dead(project: Repo, run: Run, case: str, mode: list[str]) -> None:
    """It excuses while verification says dead: now, and ten minutes ago or more."""
    ago, answer, excused, severity, note = TIED[case]
    dead = {} if ago is None else {"dead": moment(time.time() - ago)}
    if mode == ["--history"]:
        (project.path / "a.py").unlink()
        project.commit()
    file_of(project).write_text(written(record("a.py", **dead, **{"while": "dead"}, reason="revoked")))
    with Api({ONE: answer or DEAD}) as api:
        args = asking(api) if answer else []
        result = run("scan", *mode, *args, "--fail-on", "info", "-o", "json", cwd=project.path)
    (found,) = [f for f in result.report()["findings"] if f["rule"] == "key-in-source"]
    assert found["severity"] == severity
    assert (found["suppressed"] is not None) is excused
    assert (note or NOTE) in " ".join(found["remedy"]) or not note
    assert excused is (NOTE not in " ".join(found["remedy"]))
    if excused:
        assert found["suppressed"] == {"by": "baseline", "reason": f"revoked ({NAME})"}
    else:
        assert result.code == 1
    assert file_of(project).read_text() == written(record("a.py", **dead, **{"while": "dead"}, reason="revoked"))


def test_a_good_key_beside_it_makes_the_first_answer_count(
    project: Repo, run: Run, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `--control-env` no second answer is needed; where that key does not work, it is."""
    file_of(project).write_text(written(record("a.py", **{"while": "dead"})))
    monkeypatch.setenv("GOOD", TWO)
    api.answer(TWO, LIVE)
    result = run("scan", ".", *asking(api), "--control-env", "GOOD", "-o", "json", cwd=project.path)
    assert (result.code, excused_by(result)) == (0, {"baseline"})
    api.answer(TWO, DEAD)
    result = run("scan", ".", *asking(api), "--control-env", "GOOD", "-o", "json", cwd=project.path)
    assert (result.code, excused_by(result)) == (1, set())


def test_an_untied_entry_excuses_all_but_a_key_that_works(project: Repo, run: Run) -> None:
    file_of(project).write_text(written(record("a.py")))
    for answer, code in ((DEAD, 0), (UNKNOWN, 0), (LIVE, 1)):
        with Api({ONE: answer}) as api:
            result = run("scan", ".", *asking(api), "-o", "json", cwd=project.path)
        assert result.code == code
        if code:
            (found,) = result.report()["findings"]
            assert (found["severity"], found["suppressed"]) == ("critical", None)
            assert "does not count while the key works" in " ".join(found["remedy"])


def test_from_the_first_answer_to_the_excuse(project: Repo, run: Run, api: Api) -> None:
    """As the documentation tells it: removed from the files, kept by the history, excused while it is dead."""
    (project.path / "a.py").unlink()
    project.commit()
    assert run("scan", "--history", cwd=project.path).code == 1
    assert run("baseline", "update", "--history", "--while-dead", *asking(api), cwd=project.path).code == 0
    assert {(e["path"], e["while"], "dead" in e) for e in entries_of(project)} == {("a.py", "dead", True)}
    assert run("scan", "--history", *asking(api), cwd=project.path).code == 1, "one answer is none"
    text = file_of(project).read_text()
    for entry in entries_of(project):
        text = text.replace(entry["dead"], moment(time.time() - 601))
    file_of(project).write_text(text)
    result = run("scan", "--history", *asking(api), "--fail-on", "info", "-o", "json", cwd=project.path)
    assert (result.code, reported(result)) == (0, [])
    assert run("scan", "--history", cwd=project.path).code == 1, "nobody asked"
    api.answer(ONE, LIVE)
    result = run("scan", "--history", *asking(api), "-o", "json", cwd=project.path)
    assert (result.code, result.report()["summary"]["critical"]) == (1, 1)


def test_while_dead_ties_what_can_be_dead(project: Repo, run: Run) -> None:
    """Secrets; not publishable keys, which are never asked about, nor what has no key.  A plain update unties none."""
    project.write("p.py", key("publishable"))
    project.write(".env", "A=1\n")
    project.git("add", "-A")
    run("baseline", "create", "--while-dead", cwd=project.path)
    ties = {(e["path"], e["rule"]): e.get("while") for e in entries_of(project)}
    assert ties[("a.py", "key-in-source")] == "dead"
    assert {tie for (path, _), tie in ties.items() if path != "a.py"} == {None}
    before = file_of(project).read_bytes()
    run("baseline", "update", cwd=project.path)
    assert file_of(project).read_bytes() == before
    assert run("scan", ".", cwd=project.path).code == 1


# --- prune ----------------------------------------------------------------------------------------------------------


def test_prune_drops_what_neither_files_nor_history_have(project: Repo, run: Run) -> None:
    """And says what; keeps the rest as it is, twice the same."""
    (project.path / "a.py").unlink()
    project.write("b.py", TWO)
    project.commit()
    project.write("c.py", THREE)
    kept = [
        record("a.py", dead="2026-01-02T03:04:05Z", **{"while": "dead"}, reason="history"),
        record("b.py", TWO),
        record("c.py", THREE, reason="not committed"),
    ]
    gone = [
        record("b.py"),
        record("b.py", TWO, "key-in-env-file"),
        record("never.py"),
        record("x.env", None, "env-file-tracked"),
    ]
    file_of(project).write_text(written(*kept, *gone))
    result = run("baseline", "prune", cwd=project.path)
    assert result.code == 0
    assert file_of(project).read_text() == written(*kept)
    for entry in gone:
        assert f"dropped: {entry['rule']}  {entry['path']}\n" in result.out
    assert "3 entries (4 dropped)" in result.out
    stat = file_of(project).stat()
    assert run("baseline", "prune", cwd=project.path).out == f"{NAME}: 3 entries, nothing changed\n"
    assert file_of(project).stat().st_mtime_ns == stat.st_mtime_ns
    assert run("scan", ".", cwd=project.path).code == 0


def test_prune_drops_nothing_of_what_create_wrote(project: Repo, run: Run) -> None:
    """Of any rule, in files and history, messages and names too."""
    project.write(".env", f"CENCORI_API_KEY={TWO}\n")
    project.commit(f"with {THREE}")
    project.git("rm", "-q", "--cached", ".env")
    project.git("commit", "-q", "-m", "x")
    project.git("branch", f"x/{key('agent-hex')}")
    run("baseline", "create", "--history", cwd=project.path)
    before = file_of(project).read_bytes()
    assert len(entries_of(project)) >= 7
    assert run("baseline", "prune", cwd=project.path).code == 0
    assert file_of(project).read_bytes() == before


def test_prune_keeps_what_config_leaves_out(project: Repo, run: Run) -> None:
    """What is not looked at is not gone: its entries are dropped once it is looked at again."""
    kept, gone = record("vendor/x.py", TWO), record("z.py", TWO)
    file_of(project).write_text(written(record("a.py"), kept, gone))
    project.write(".cencori-guard.toml", 'exclude = ["vendor/"]\n')
    assert run("baseline", "prune", cwd=project.path).code == 0
    assert file_of(project).read_text() == written(record("a.py"), kept)
    assert run("baseline", "prune", "--no-config", cwd=project.path).code == 0
    assert file_of(project).read_text() == written(record("a.py"))


def test_prune_of_a_shallow_clone_drops_nothing(project: Repo, run: Run) -> None:
    """What cannot be seen is not gone."""
    (project.path / "a.py").unlink()
    file_of(project).write_text(written(record("a.py"), record("never.py")))
    project.commit()
    clone = project.path.parent / "shallow"
    project.git("clone", "-q", "--depth=1", f"file://{project.path}", str(clone))
    result = run("baseline", "prune", cwd=clone)
    assert result.code == 3
    assert "so nothing is dropped" in result.err
    assert file_of(clone).read_bytes() == file_of(project).read_bytes()
    assert run("baseline", "prune", cwd=project.path).code == 0
    assert paths_of(project) == ["a.py"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_not_pruned(project: Repo, run: Run) -> None:
    file_of(project).write_text(written(record("a.py"), record("never.py")))
    before = file_of(project).read_bytes()
    project.write("shut.py", THREE).chmod(0)
    for command, code in (("prune", 3), ("update", 3)):
        result = run("baseline", command, cwd=project.path)
        assert (result.code, "shut.py" in result.err) == (code, True)
        assert file_of(project).read_bytes() == before


def test_a_damaged_history_is_not_pruned(project: Repo, run: Run) -> None:
    """An object that git has lost: exit 3, nothing dropped."""
    oid = project.git("rev-parse", "HEAD:a.py").strip()
    file_of(project).write_text(written(record("a.py"), record("never.py")))
    before = file_of(project).read_bytes()
    (project.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    assert run("baseline", "prune", cwd=project.path).code == 3
    assert file_of(project).read_bytes() == before


# --- merges ---------------------------------------------------------------------------------------------------------


def made(*names: str) -> str:
    """A baseline as the program writes it, with an entry for each of *names*."""
    return dump({Identity(name, "key-in-source", finger(ONE)): Entry() for name in names})


def merge(repo: Repo, base: str | None, ours: str, theirs: str, attributes: str = "") -> bool:
    """Merge two branches, in which the baseline has these texts; whether git found nothing in the way."""
    repo.write(".gitattributes", attributes)
    for branch, text in (("main", base), ("theirs", theirs), ("ours", ours)):
        if branch != "main":
            repo.git("checkout", "-q", "-b", branch, "main")
        if text is not None:
            repo.write(NAME, text)
        repo.commit(branch)
    repo.git("merge", "-q", "-m", "x", "theirs", check=False)
    return not repo.git("ls-files", "--unmerged")


UNIONS: dict[str, tuple[str | None, str, str, str]] = {
    "both at the end": ("m", "ma", "mz", "amz"),
    "both behind the last": ("b", "bx", "by", "bxy"),
    "both before the first": ("m", "am", "bm", "abm"),
    "beside each other in the middle": ("bz", "bcz", "bdz", "bcdz"),
    "one at the end, one just before": ("bd", "bcd", "bde", "bcde"),
    "the same entry": ("b", "bc", "bc", "bc"),
    "the same and another": ("b", "bc", "bcd", "bcd"),
    "many": ("m", "abcm", "mxyz", "abcmxyz"),
    "interleaved": ("ma", "abdfm", "acegm", "abcdefgm"),
    "both create one": (None, "ab", "bc", "abc"),
    "both create one, of other things": (None, "a", "z", "az"),
    "both fill an empty one": ("", "a", "b", "ab"),
    "one drops the last, one adds": ("abc", "ab", "abcd", "abd"),
    "one drops the first, one adds": ("bc", "c", "abc", "ac"),
    "one drops all, one adds": ("a", "", "ab", "b"),
    "one drops all, one drops some": ("abc", "", "ab", ""),
}


@pytest.mark.parametrize("case", UNIONS)
def test_a_merge_by_lines_is_read(repo: Repo, case: str) -> None:
    """With `merge=union` git takes the lines of both sides, commas as they come: what it makes is read, with all."""
    base, ours, theirs, least = UNIONS[case]
    clean = merge(
        repo, None if base is None else made(*base), made(*ours), made(*theirs), attributes="*.json merge=union\n"
    )
    assert clean
    entries = parse(file_of(repo).read_bytes(), "F")
    names = {identity.path for identity in entries}
    assert set(least) <= names <= set(ours + theirs + (base or ""))
    again = dump(entries)
    assert parse(again.encode(), "F") == entries


def test_branches_that_change_far_apart_merge_without_help(repo: Repo, run: Run) -> None:
    """No attributes: plain git, no conflict, the canonical form, and the scan of it is clean."""
    many = [f"f{n:02}.py" for n in range(20)]
    merged = merge(repo, made(*many), made("a.py", *many), made(*many, "z.py"))
    assert merged
    assert file_of(repo).read_text() == made("a.py", *many, "z.py")
    for name in ("a.py", "z.py"):
        repo.write(name, ONE)
    assert run("scan", ".", cwd=repo.path).code == 0


@pytest.mark.parametrize("style", ["merge", "diff3"])
def test_a_merge_that_left_its_marks_says_what_to_do(repo: Repo, run: Run, style: str) -> None:
    """Exit 2 wherever it is read, nothing written; and what it says to do works."""
    repo.git("config", "merge.conflictStyle", style)
    assert not merge(repo, made("m.py"), made("a.py", "m.py"), made("b.py", "m.py"))
    for name in "abm":
        repo.write(f"{name}.py", ONE)
    before = file_of(repo).read_text()
    assert "<<<<<<< " in before
    for args in (["scan", "."], ["baseline", "update"], ["baseline", "prune"], ["baseline", "create"]):
        result = run(*args, cwd=repo.path)
        assert (result.code, len(result.err.splitlines())) == (2, 1)
        assert f"{NAME}: a merge left its marks in it" in result.err
        assert "cencori-guard baseline update" in result.err
        assert file_of(repo).read_text() == before
    kept = [
        line
        for line in before.splitlines(keepends=True)
        if line[:7] not in ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
    ]
    file_of(repo).write_text("".join(kept))
    assert run("scan", ".", cwd=repo.path).code == 0
    assert run("baseline", "update", cwd=repo.path).code == 0
    assert file_of(repo).read_text() == made("a.py", "b.py", "m.py")


def test_two_about_the_same_are_taken_at_their_strictest() -> None:
    """After a merge that leaves both: the later death, the tie."""
    early, late = "2026-01-02T03:04:05Z", "2026-02-02T03:04:05Z"
    pairs = [record("a.py", dead=late), record("a.py", dead=early, **{"while": "dead"}, reason="x")]
    for records in (pairs, pairs[::-1]):
        (entry,) = parse(written(*records).encode(), "F").values()
        assert (moment(entry.dead or 0), entry.while_dead, entry.reason) == (late, True, "x")


def test_of_many_times_of_one_key_the_last_counts() -> None:
    """An old entry elsewhere does not make a first answer a second one."""
    one = {at("a"): Entry(5), at("b"): Entry(9), at("c"): Entry()}
    assert first_deaths([one, {at("z"): Entry(7), at("z", TWO): Entry(3)}]) == {finger(ONE): 9, finger(TWO): 3}
    assert first_deaths([{at("a", None, "env-file-tracked"): Entry(5)}, {at(): Entry()}]) == {}


# --- bad files ------------------------------------------------------------------------------------------------------


def damaged(**changes: object) -> str:
    return json.dumps({"version": 1, "entries": [{**record("a.py"), **changes}]})


BAD: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "valid JSON"),
    "not JSON": ("version = 1", "valid JSON"),
    "cut short": (made("a.py", "b.py")[:-9], "valid JSON"),
    "not UTF-8": (b'{"version": 1, "entries": []} \xff', "valid JSON"),
    "UTF-16": (made("a.py").encode("utf-16"), "valid JSON"),
    "null": ("null", "no entries"),
    "a list": ("[]", "no entries"),
    "no entries": ('{"version": 1}', "no entries"),
    "entries of another type": ('{"version": 1, "entries": {}}', "no entries"),
    "a later version": ('{"version": 2, "entries": []}', "version"),
    "no version": ('{"entries": []}', "version"),
    "a version in words": ('{"version": "1", "entries": []}', "version"),
    "a version that is true": ('{"version": true, "entries": []}', "version"),
    "an unknown key": ('{"version": 1, "entries": [], "fail-on": "low"}', "unknown key 'fail-on'"),
    "an entry that is none": ('{"version": 1, "entries": ["a.py"]}', "entry 1"),
    "a number": (damaged(path=3), "entry 1"),
    "a null": (damaged(reason=None), "entry 1"),
    "a misspelt key": (damaged(fingerprnt="x"), "unknown key 'fingerprnt'; did you mean 'fingerprint'?"),
    "a line number": (damaged(line="3"), "unknown key 'line'"),
    "a misspelt rule": (damaged(rule="key-in-sauce"), "did you mean 'key-in-source'?"),
    "no rule": (json.dumps({"version": 1, "entries": [{"path": "a.py", "fingerprint": finger(ONE)}]}), "rule"),
    "no path": (json.dumps({"version": 1, "entries": [{"rule": "env-file-tracked"}]}), "no path"),
    "no fingerprint": (written(record("a.py", None)), "it would excuse every key there"),
    "an empty fingerprint": (damaged(fingerprint=""), "it would excuse every key there"),
    "a short fingerprint": (damaged(fingerprint="0123"), "20 digits"),
    "a pattern for a fingerprint": (damaged(fingerprint="*" * 20), "20 digits"),
    "a fingerprint in capitals": (damaged(fingerprint="A" * 20), "20 digits"),
    "a fingerprint with a newline": (damaged(fingerprint="0" * 20 + "\n"), "20 digits"),
    "while live": (damaged(**{"while": "live"}), "`while` can only be `dead`"),
    "a day": (damaged(dead="2026-11-24"), "`dead` must be a time"),
    "no day": (damaged(dead="2026-02-30T00:00:00Z"), "`dead` must be a time"),
    "a time of elsewhere": (damaged(dead="2026-11-24T17:30:00+02:00"), "`dead` must be a time"),
    "an empty time": (damaged(dead=""), "`dead` must be a time"),
    "nested": ("[" * 200_000, "valid JSON"),
    "nested entries": ('{"version": 1, "entries": ' + '[{"a":' * 50_000, "valid JSON"),
    "a long number": ('{"version": ' + "9" * 5000 + ', "entries": []}', "valid JSON"),
    "half a character, as a fingerprint": (damaged(fingerprint="\ud800"), "20 digits"),
    "half a character, as a rule": (damaged(rule="\ud800"), "entry 1"),
    "half a character, as a key": (damaged(**{"\ud800": "x"}), "unknown key"),
    "half a character, at the top": ('{"version": 1, "entries": [], "\\ud800": 1}', "unknown key"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_line_and_exit_2(place: Path, run: Run, case: str) -> None:
    """That names the file and what to mend; it is not written over, and nothing is scanned with half of it."""
    text, says = BAD[case]
    file_of(place).write_bytes(text if isinstance(text, bytes) else text.encode())
    before = file_of(place).read_bytes()
    for args in (["scan", "."], ["baseline", "update"]):
        result = run(*args, cwd=place)
        assert result.code == 2, result.err
        assert f"{NAME}: " in result.err
        assert says in result.err
        assert len(result.err.splitlines()) == 1
        assert len(result.err) < 400
        assert result.out == ""
    assert file_of(place).read_bytes() == before


def test_every_command_minds_a_bad_file(project: Repo, run: Run) -> None:
    file_of(project).write_text("no JSON")
    project.commit()
    project.write("a.py", f"\n{ONE}")
    project.git("add", "-A")
    commands = (["--staged"], ["--history"], ["--range", "HEAD~1..HEAD"], [".", "--baseline", NAME], ["a.py"])
    for args in (*(["scan", *more] for more in commands), ["baseline", "prune"], ["baseline", "create"]):
        result = run(*args, cwd=project.path)
        assert (result.code, NAME in result.err) == (2, True), args
    hook = run("hook", "pre-commit", cwd=project.path)
    assert (hook.code, NAME in hook.err) == (2, True)
    assert file_of(project).read_text() == "no JSON"
    assert run("scan", ".", "--no-ignore", cwd=project.path).code == 1, "without it one can go on"


def test_a_huge_file_is_refused_and_not_read_to_its_end(project: Repo, run: Run) -> None:
    with open(file_of(project), "wb") as stream:
        stream.truncate(1 << 40)
    result = run("scan", "a.py", cwd=project.path)
    assert (result.code, "larger than 8 MB" in result.err) == (2, True)


@pytest.mark.parametrize("what", ["bytes", "what begins like a key"])
def test_no_command_writes_more_than_is_read(place: Path, run: Run, what: str) -> None:
    """At the bounds of what is read, an update adds nothing that makes the file unreadable for every scan to come."""
    path = "cen_b.py"
    reason = "x" * ((8 << 20) - len(written(record("a.py", reason="x")))) if what == "bytes" else "cen_ " * 20_000
    file_of(place).write_text(written(record("a.py", reason=reason)))
    assert run("scan", "a.py", cwd=place).code == 0, "it is read as it is"
    (place / path).write_text(TWO)
    run("baseline", "update", cwd=place)
    assert run("scan", "a.py", cwd=place).code == 0


def test_what_a_broken_one_says_to_do_works(place: Path, run: Run) -> None:
    """Who follows the advice does not get the same advice again."""
    file_of(place).write_text("no JSON")
    result = run("scan", ".", cwd=place)
    for word in result.err.split("`")[1::2]:
        again = run(*word.removeprefix("cencori-guard ").split(), cwd=place)
        assert again.err != result.err, word


def test_what_is_no_file_is_refused(project: Repo, run: Run) -> None:
    """A directory, and a pipe that nobody writes to: no waiting for it."""
    file_of(project).mkdir()
    for make in (None, lambda: os.mkfifo(file_of(project))):
        if make:
            file_of(project).rmdir()
            make()
        for args in (["scan", "."], ["baseline", "update"], ["scan", ".", "--baseline", NAME]):
            result = run(*args, cwd=project.path)
            assert (result.code, NAME in result.err, len(result.err.splitlines())) == (2, True, 1)
        assert not file_of(project).is_file()


@pytest.mark.parametrize("there", [True, False], ids=["a link", "a broken link"])
def test_a_link_at_its_place_is_not_followed(project: Repo, run: Run, tmp_path: Path, there: bool) -> None:
    """A repository could lead it anywhere: neither is what is there read, nor written."""
    target = tmp_path / "outside.json"
    if there:
        target.write_text(written(record("a.py")))
    file_of(project).symlink_to(target)
    for args in (["scan", "."], ["baseline", "create"], ["baseline", "update"], ["baseline", "prune"]):
        result = run(*args, cwd=project.path)
        assert (result.code, NAME in result.err) == (2, True), args
    assert file_of(project).is_symlink()
    assert target.exists() is there
    if there:
        assert target.read_text() == written(record("a.py"))
        assert run("scan", ".", "--baseline", str(target), cwd=project.path).code == 0, "but where a person names it"


PASTED: dict[str, str] = {
    "alone": "{k}",
    "behind the end": made() + "{k}",
    "as a version": '{"version": "{k}", "entries": []}',
    "as a key": '{"version": 1, "entries": [], "{k}": 1}',
    "as an entry": '{"version": 1, "entries": ["{k}"]}',
    **{
        f"as a {name}": json.dumps({"version": 1, "entries": [{**record("a.py"), name: "{k}"}]})
        for name in ("path", "rule", "fingerprint", "while", "dead", "reason", "{k}")
    },
    "in a path": json.dumps({"version": 1, "entries": [record("src/{k}/a.py")]}),
}


@pytest.mark.parametrize("case", PASTED)
def test_a_key_pasted_into_it_is_shown_nowhere(place: Path, run: Run, case: str) -> None:
    """Not by any command; and where it is read all the same, update writes it no more."""
    secret = key("secret", "pasted")
    file_of(place).write_text(PASTED[case].replace("{k}", secret))
    for args in (["scan", ".", "-v"], ["scan", ".", "-o", "json"], ["baseline", "update"]):
        result = run(*args, cwd=place)
        assert secret not in result.out + result.err, args
        assert secret[8:24] not in result.out + result.err, args
    if result.code == 0:
        assert secret not in file_of(place).read_text()


# --- on a server ----------------------------------------------------------------------------------------------------


def test_a_push_is_judged_by_the_default_branch(tmp_path: Path) -> None:
    """A known key goes through in its own file; another one does not, nor does a push with its own excuse."""
    server = Server(tmp_path)
    clone = server.clone
    clone.write("a.py", ONE)
    clone.write(NAME, written(record("a.py")))
    clone.commit()
    assert server.push("main")[0] == 0
    native(server.path, "pre-receive", "")
    clone.write("a.py", f"\n{ONE}\n")
    clone.commit()
    code, said = server.push("main")
    assert (code, "key-in-source" in said) == (0, False), said
    clone.write("b.py", TWO)
    clone.write(NAME, written(record("a.py"), record("b.py", TWO)))
    clone.commit()
    code, said = server.push("main")
    assert (code, "key-in-source  b.py" in said, "key-in-source  a.py" in said) == (1, True, False)


def _directory(clone: Repo) -> None:
    clone.write(f"{NAME}/x", "x\n")


def _link(clone: Repo) -> None:
    clone.write("elsewhere.json", written(record("a.py")))
    file_of(clone).symlink_to("elsewhere.json")


BROKEN: dict[str, tuple[Callable[[Repo], object], bool]] = {
    "no JSON": (lambda clone: clone.write(NAME, "no JSON"), True),
    "a wrong entry": (lambda clone: clone.write(NAME, written(record("a.py"), record("b.py", None))), True),
    "a mark of a merge": (lambda clone: clone.write(NAME, "<<<<<<< ours\n" + written(record("a.py"))), True),
    "half a character": (lambda clone: clone.write(NAME, damaged(rule="\ud800")), True),
    "a link": (_link, True),
    "a directory": (_directory, False),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_one_on_the_server_excuses_nothing(tmp_path: Path, case: str) -> None:
    """It says so; a known key is stopped, and what mends it goes through."""
    make, tells = BROKEN[case]
    server = Server(tmp_path)
    clone = server.clone
    clone.write("a.py", ONE)
    make(clone)
    clone.commit()
    assert server.push("main")[0] == 0
    native(server.path, "pre-receive", "")
    clone.git("checkout", "-q", "-b", "topic")
    clone.write("a.py", f"\n{ONE}\n")
    clone.commit()
    code, said = server.push("topic")
    assert (code, "a.py:2:1" in said) == (1, True), said
    assert "internal error" not in said
    assert ("so nothing is excused" in said and f"HEAD:{NAME}" in said) or not tells
    clone.git("checkout", "-q", "main")
    clone.git("rm", "-q", "-r", "--cached", NAME)
    clone.git("commit", "-q", "-m", "x")
    code, said = server.push("main")
    assert code == 0, said


# --- written in one step --------------------------------------------------------------------------------------------

_KILLER = """
import os, signal, sys, time
from cencori_guard.cli.main import run
from cencori_guard.search.matchers import adaptive
name, shots = sys.argv[1], int(sys.argv[2])
adaptive()
old = open(name, "rb").read()

def child():
    pid = os.fork()
    if not pid:
        run(["baseline", "update", "-q", "--baseline", name])
        os._exit(0)
    return pid

def parts():
    return [entry.path for entry in os.scandir(os.path.dirname(name)) if entry.name.endswith(".part")]

def now():
    return open(name, "rb").read()

began = time.monotonic()
os.waitpid(child(), 0)
took = time.monotonic() - began
new = now()
assert new != old, "the update writes"
seen = {"old": 0, "new": 0, "half": 0}
for shot in range(shots):
    with open(name, "wb") as stream:
        stream.write(old)
    pid = child()
    if shot % 2:  # in the midst of writing
        while not parts() and not os.waitpid(pid, os.WNOHANG)[0]:
            pass
        time.sleep(shot * 0.00002)
    else:
        time.sleep(took * 1.2 * shot / shots)
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass
    there = now()
    assert there in (old, new), f"shot {shot}: {len(there)} bytes are neither"
    seen["old" if there == old else "new"] += 1
    for part in parts():
        seen["half"] += os.path.getsize(part) <= len(new)
        os.unlink(part)
print(seen["old"], seen["new"], seen["half"])
"""


def test_killed_at_any_moment_it_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    """`kill -9`, early, late and in the midst of writing: nobody ever reads half of a baseline."""
    file, place = tmp_path / "kept" / "large.json", tmp_path / "place"
    place.mkdir()
    file.parent.mkdir()
    (place / "a.py").write_text(ONE)
    reason = "why " * 1000
    entries = {Identity(f"f{n:05}.py", "key-in-source", finger(TWO)): Entry(None, True, reason) for n in range(400)}
    file.write_text(dump(entries))
    done = subprocess.run(
        [sys.executable, "-c", _KILLER, str(file), "30"],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    old, new, half = map(int, done.stdout.split())
    assert old + new == 30
    assert old, "some were early enough"
    assert half, "and some came before the new one took the place of the old one"


def test_a_full_disk_leaves_the_old_one(project: Repo) -> None:
    """What cannot be written whole is not written, and nothing is left lying about; exit 3."""
    old = written(*(record(f"f{n:03}.py", TWO, reason="x" * 400) for n in range(100)))
    file_of(project).write_text(old)
    done = subprocess.run(
        ["sh", "-c", f'ulimit -f 4; exec "{sys.executable}" -B -m cencori_guard baseline update'],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert file_of(project).read_text() == old
    assert [p.name for p in project.path.iterdir() if p.name.startswith(NAME)] == [NAME]


def test_its_mode_is_kept(place: Path, run: Run) -> None:
    for mode in (0o600, 0o640, 0o664, 0o755):
        file_of(place).write_text(written())
        file_of(place).chmod(mode)
        assert run("baseline", "update", cwd=place).code == 0
        assert paths_of(place) == ["a.py"]
        assert file_of(place).stat().st_mode & 0o7777 == mode


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_directory_that_is_shut(project: Repo, run: Run) -> None:
    file_of(project).write_text(written())
    project.path.chmod(0o555)
    try:
        result = run("baseline", "update", cwd=project.path)
    finally:
        project.path.chmod(0o755)
    assert (result.code, len(result.err.splitlines())) == (3, 1)
    assert file_of(project).read_text() == written()


@pytest.mark.parametrize("kind", ["a link", "a file", "a broken link"])
@pytest.mark.parametrize("follow", [True, False])
def test_what_lies_where_the_new_one_is_written_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, follow: bool
) -> None:
    """Should a link be there under that very name, nothing is written through it, nor is it taken away."""
    victim, file = tmp_path / "victim", tmp_path / NAME
    monkeypatch.setattr("os.urandom", bytes)
    part = tmp_path / f"{NAME}.{'00' * 6}.part"
    if kind == "a file":
        part.write_text("mine")
    else:
        part.symlink_to(victim)
    if kind == "a link":
        victim.write_text("mine")
    file.write_text(written())
    with pytest.raises(FileExistsError):
        replace(file, made("a.py"), follow=follow)
    assert file.read_text() == written()
    assert os.path.lexists(part)
    assert victim.exists() is (kind == "a link")
    if kind != "a broken link":
        assert part.read_text() == "mine"
    part.unlink()
    replace(file, made("a.py"), follow=follow)
    assert file.read_text() == made("a.py")
    assert {p.name for p in tmp_path.iterdir()} == {NAME, *(["victim"] if kind == "a link" else [])}


def test_a_leftover_of_a_run_that_was_killed_is_in_nobodys_way(project: Repo, run: Run) -> None:
    leftover = project.write(f"{NAME}.1.part", '{\n "ver')
    assert run("baseline", "create", cwd=project.path).code == 0
    assert run("scan", ".", cwd=project.path).code == 0
    assert leftover.exists()


# --- it never holds a key -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [*SHAPES, "opaque"])
def test_it_never_holds_a_key(repo: Repo, run: Run, shape: str) -> None:
    """Of no shape, wherever it stood: in contents, names, env files, history, messages, names of refs, notes."""

    def mint(seed: str) -> str:
        return opaque(seed) if shape == "opaque" else key(shape, seed)

    secrets = {seed: mint(seed) for seed in ("text", "name", "folder", "env", "old", "said", "ref", "tag", "note")}
    repo.write("old.py", secrets["old"])
    repo.commit()
    (repo.path / "old.py").unlink()
    repo.write("text.py", f"k = '{secrets['text']}'\n")
    repo.write(f"{secrets['name']}.py", f"k = '{secrets['text']}'\n")
    repo.write(f"{secrets['folder']}/{secrets['name']}/x.py", secrets["name"])
    repo.write(".env", f"CENCORI_API_KEY={secrets['env']}\nNEXT_PUBLIC_CENCORI_API_KEY={secrets['env']}\n")
    repo.commit(f"not {secrets['said']}")
    repo.git("branch", f"fix/{secrets['ref']}")
    repo.git("tag", "-a", "v1", "-m", secrets["tag"])
    repo.git("notes", "add", "-m", secrets["note"])
    result = run("baseline", "create", "--history", cwd=repo.path)
    assert result.code == 0
    text = file_of(repo).read_text("ascii")
    kinds = {entry["rule"] for entry in entries_of(repo)}
    assert {"key-in-source", "key-in-env-file", "key-in-git-metadata"} <= kinds
    known = {entry.get("fingerprint") for entry in entries_of(repo)}
    for seed, secret in secrets.items():
        assert secret not in text + result.out + result.err, seed
        assert secret.rpartition("_")[2][:12] not in text, seed
        assert finger(secret) in known or seed == "folder", seed
    after = run("scan", "--history", "--fail-on", "info", "-o", "json", cwd=repo.path)
    assert (after.code, reported(after)) == (0, [])


# --- any entries, any text ------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
FINGERPRINTS = st.text("0123456789abcdef", min_size=20, max_size=20)
IDENTITIES = st.one_of(
    st.builds(Identity, TEXTS, st.sampled_from([str(rule) for rule in Rule]), FINGERPRINTS),
    st.builds(
        Identity, TEXTS, st.sampled_from([str(rule) for rule in Rule if not rule.startswith("key-")]), st.just("")
    ),
)
MOMENTS = st.integers(0, timegm((9999, 12, 31, 23, 59, 59)))
ENTRIES = st.dictionaries(IDENTITIES, st.builds(Entry, st.none() | MOMENTS, st.booleans(), TEXTS), max_size=8)


@given(ENTRIES)
@example({Identity("a\u2028\x7f\x00\udcff", "stale-key", "0" * 20): Entry(0, True, '}\n {"')})
def test_what_is_written_is_read(entries: dict[Identity, Entry]) -> None:
    """All of it, in lines of ASCII, and written the same again."""
    text = dump(entries)
    assert text.isascii()
    assert text.count("\n") == 5 + len(entries)
    assert parse(text.encode(), "F") == entries
    assert dump(parse(text.encode(), "F")) == text


@pytest.mark.parametrize("dead", ["0001-01-01T00:00:00Z", "0999-01-01T00:00:00Z", "9999-12-31T23:59:61Z"])
def test_a_time_that_is_read_is_written_so_that_it_is_read(dead: str) -> None:
    """Of long ago and of the far future: what is accepted never makes a file that is not."""
    try:
        entries = parse(written(record("a.py", dead=dead)).encode(), "F")
    except UsageError:
        return
    assert parse(dump(entries).encode(), "F") == entries


@given(ENTRIES, st.randoms(use_true_random=False))
def test_the_order_of_finding_does_not_show(entries: dict[Identity, Entry], random: object) -> None:
    items = list(entries.items())
    random.shuffle(items)
    assert dump(dict(items)) == dump(entries)


@given(ENTRIES, ENTRIES, st.randoms(use_true_random=False), st.sampled_from(["\n", "\r\n"]))
def test_the_lines_of_two_in_any_order_are_their_union(
    one: dict[Identity, Entry], other: dict[Identity, Entry], random: object, end: str
) -> None:
    """Whatever a merge by lines does with them; where both know of one, the stricter."""
    head, tail = ["{", ' "version": 1,', ' "entries": ['], [" ]", "}", ""]
    lines = [line for entries in (one, other) for line in dump(entries).split("\n")[3:-3]]
    random.shuffle(lines)
    union = parse(end.join([*head, *lines, *tail]).encode(), "F")
    assert union.keys() == one.keys() | other.keys()
    for identity, entry in union.items():
        known = [entries[identity] for entries in (one, other) if identity in entries]
        assert entry.while_dead is any(k.while_dead for k in known)
        assert entry.dead == max((k.dead for k in known if k.dead is not None), default=None)
        assert entry.reason in {k.reason for k in known}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(list(Rule)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["path", "rule", "fingerprint", "dead", "while", "reason"]), inner, max_size=6
        )
    ),
    max_leaves=8,
)
NEAR = st.builds(
    lambda version, entries, more: json.dumps({"version": version, "entries": entries, **more}),
    st.sampled_from([1, 1, 1, 2, "1"]),
    JSON | st.lists(JSON, max_size=3),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=1),
)
SURROGATES = st.builds(
    lambda name, text: json.dumps({"version": 1, "entries": [{**record("a.py"), name: text}]}),
    st.sampled_from(["path", "rule", "fingerprint", "dead", "while", "reason"]),
    st.text(st.characters(min_codepoint=0xD7F0, max_codepoint=0xE010), max_size=3),
)


@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace"))
    | NEAR.map(str.encode)
    | SURROGATES.map(str.encode)
    | st.builds(
        lambda text, at, bit: text[:at] + bit + text[at:],
        st.just(made("a", "b")),
        st.integers(0, 160),
        st.text('{}[],"\n: \\', max_size=3),
    ).map(str.encode)
)
def test_any_text_is_read_or_refused(text: bytes) -> None:
    """Nothing but a UsageError that names the file; and what is read can be written and read again."""
    try:
        entries = parse(text, "F")
    except UsageError as error:
        said = str(error)
    else:
        said = "F: "
        assert parse(dump(entries).encode(), "F") == entries
    assert said.startswith("F: ")


# --- the pure parts -------------------------------------------------------------------------------------------------

NOW = 1_800_000_000
STATES = {
    "unasked": Answer(),
    "live": Answer(Liveness.LIVE, "x"),
    "dead": Answer(Liveness.DEAD, "x"),
    "sure": Answer(Liveness.DEAD, "x", believed=True),
    "unknown": Answer(Liveness.UNKNOWN, "x"),
}


def found(
    path: str = "a", text: str | None = ONE, state: str = "unasked", by: str | None = None, rule: str = "key-in-source"
) -> Finding:
    return Finding(
        Rule(rule),
        Severity.HIGH,
        "x",
        Location(path.encode()),
        Context.SOURCE,
        (),
        key=the_key(text) if text else None,
        suppressed=Suppression(by, "x") if by else None,
        liveness=STATES[state],
    )


def at(path: str = "a", text: str | None = ONE, rule: str = "key-in-source") -> Identity:
    return Identity(path, rule, finger(text) if text else "")


OLD, LATER = Entry(NOW - 900), Entry(NOW + 1)
TIE = Entry(while_dead=True)
PUBLIC = key("publishable")
# before, findings, asked, while_dead: after; how many are live, unknown, dead for the first time
UPDATES: dict[str, tuple[dict, list[Finding], bool, bool, dict, tuple[int, int, int]]] = {
    "nothing": ({}, [], False, False, {}, (0, 0, 0)),
    "a new one": ({}, [found()], False, False, {at(): Entry()}, (0, 0, 0)),
    "the same twice": ({}, [found(), found()], False, False, {at(): Entry()}, (0, 0, 0)),
    "without a key": (
        {}, [found(text=None, rule="env-file-tracked")], False, False, {at("a", None, "env-file-tracked"): Entry()},
        (0, 0, 0),
    ),
    "one that is there": ({at(): OLD}, [found(by="baseline")], False, False, {at(): OLD}, (0, 0, 0)),
    "one that was not seen": ({at("z"): OLD}, [found()], False, False, {at(): Entry(), at("z"): OLD}, (0, 0, 0)),
    "excused by a comment": ({}, [found(by="inline")], False, False, {}, (0, 0, 0)),
    "excused by config": ({}, [found(by="config")], False, False, {}, (0, 0, 0)),
    "excused by config, and there": ({at(): OLD}, [found(by="config")], False, False, {at(): OLD}, (0, 0, 0)),
    "tied": ({}, [found()], False, True, {at(): TIE}, (0, 0, 0)),
    "tied later": ({at(): OLD}, [found()], False, True, {at(): OLD._replace(while_dead=True)}, (0, 0, 0)),
    "tied before": ({at(): TIE}, [found()], False, False, {at(): TIE}, (0, 0, 0)),
    "tied, not seen": ({at("z"): OLD}, [found()], False, True, {at(): TIE, at("z"): OLD}, (0, 0, 0)),
    "publishable": ({}, [found(text=PUBLIC)], True, True, {at("a", PUBLIC): Entry()}, (0, 0, 0)),
    "without a key, tied": (
        {}, [found(text=None, rule="env-file-tracked")], True, True, {at("a", None, "env-file-tracked"): Entry()},
        (0, 0, 0),
    ),
    "dead": ({}, [found(state="dead")], True, False, {at(): TIE._replace(dead=NOW)}, (0, 0, 1)),
    "dead, and sure": ({}, [found(state="sure")], True, False, {at(): TIE._replace(dead=NOW)}, (0, 0, 1)),
    "dead at two places": (
        {}, [found(state="dead"), found("b", state="dead")], True, False,
        {at(): TIE._replace(dead=NOW), at("b"): TIE._replace(dead=NOW)}, (0, 0, 1),
    ),
    "dead, and there untied": ({at(): Entry()}, [found(state="dead")], True, False, {at(): Entry(NOW)}, (0, 0, 1)),
    "dead, as before": ({at(): OLD}, [found(state="dead")], True, False, {at(): OLD}, (0, 0, 0)),
    "dead, as it will be": ({at(): LATER}, [found(state="dead")], True, False, {at(): Entry(NOW)}, (0, 0, 1)),
    "dead, a reason": (
        {at(): Entry(reason="x")}, [found(state="dead")], True, False, {at(): Entry(NOW, reason="x")}, (0, 0, 1),
    ),
    "live": ({}, [found(state="live")], True, False, {}, (1, 0, 0)),
    "live, and there": ({at(): OLD, at("z"): TIE}, [found(state="live")], True, False, {}, (1, 0, 0)),
    "live, beside another": (
        {at(): OLD, at("a", TWO): OLD}, [found(state="live"), found(text=TWO, state="dead")], True, False,
        {at("a", TWO): OLD}, (1, 0, 0),
    ),
    "live, excused by a comment": ({at("z"): OLD}, [found(state="live", by="inline")], True, False, {}, (1, 0, 0)),
    "live, advice alone": (
        {}, [found(state="live", rule="stale-key")], True, False, {at("a", ONE, "stale-key"): Entry()}, (0, 0, 0),
    ),
    "unknown": ({}, [found(state="unknown")], True, False, {}, (0, 1, 0)),
    "unknown, tied": ({}, [found(state="unknown")], True, True, {}, (0, 1, 0)),
    "unknown, and there": ({at(): OLD}, [found(state="unknown")], True, False, {at(): OLD}, (0, 0, 0)),
}  # fmt: skip


@pytest.mark.parametrize("case", UPDATES)
def test_update_table(case: str) -> None:
    """What becomes of entries, for every answer; what went in, what came out, and that nothing else changed."""
    before, findings, asked, while_dead, after, counts = UPDATES[case]
    given = dict(before)
    renewed = update(given, findings, NOW, asked=asked, while_dead=while_dead)
    assert renewed.entries == after
    assert given == before, "what was given is left alone"
    assert renewed.added == tuple(sorted(after.keys() - before.keys()))
    assert renewed.dropped == tuple(sorted(before.keys() - after.keys()))
    assert (len(renewed.live), len(renewed.unknown), renewed.dead) == counts
    for times in {entry.dead for entry in renewed.entries.values()} - {None}:
        assert times <= NOW or not asked


EXCLUDED = "excluded/a"
PRUNES: dict[str, tuple[dict, list[Finding], dict]] = {
    "nothing": ({}, [], {}),
    "nothing new": ({}, [found()], {}),
    "gone": ({at(): OLD}, [], {}),
    "there": ({at(): OLD}, [found()], {at(): OLD}),
    "there, excused": ({at(): TIE}, [found(by="baseline")], {at(): TIE}),
    "there, excused by a comment": ({at(): TIE}, [found(by="inline")], {at(): TIE}),
    "at another path": ({at(): OLD}, [found("b")], {}),
    "another key": ({at(): OLD}, [found(text=TWO)], {}),
    "another rule": ({at(): OLD}, [found(rule="key-in-env-file")], {}),
    "some": ({at(): OLD, at("b"): TIE}, [found("b")], {at("b"): TIE}),
    "not looked at": ({at(): OLD, at(EXCLUDED): TIE}, [], {at(EXCLUDED): TIE}),
}


@pytest.mark.parametrize("case", PRUNES)
def test_prune_table(case: str) -> None:
    before, findings, after = PRUNES[case]
    renewed = prune(before, findings, EXCLUDED.__eq__)
    assert renewed.entries == after
    assert (renewed.added, renewed.dropped) == ((), tuple(sorted(before.keys() - after.keys())))
    assert (renewed.live, renewed.unknown, renewed.dead) == ((), (), 0)


@pytest.mark.parametrize(
    ("directory", "base", "path", "relative"),
    [
        ("/r", "/r", "a/b.py", "a/b.py"),
        ("/", "/", "a", "a"),
        ("/r", "/r/sub", "a.py", "sub/a.py"),
        ("/", "/r/sub", "a.py", "r/sub/a.py"),
        ("/r/sub", "/r", "sub/a.py", "a.py"),
        ("/r/sub", "/r", "sub/deep/a.py", "deep/a.py"),
        ("/r/sub", "/r", "subway/a.py", None),
        ("/r/sub", "/r", "sub", None),
        ("/r/sub", "/r", "a.py", None),
        ("/r/sub", "/", "r/sub/a.py", "a.py"),
        ("/r/sub", "/r/other", "a.py", None),
        ("/r/sub", "/r/other", "../sub/a.py", "a.py"),
        ("/r/sub", "/r/other", "../subway/a.py", None),
        ("/r/sub", "/r/subway", "a.py", None),
        ("/r/sub", "/r/subway", "../sub/a.py", "a.py"),
        ("/elsewhere", "/r/other", "../../elsewhere/a.py", "a.py"),
        ("/r/\xff", "/r", "\xff/a.py", "a.py"),
    ],
)
def test_the_scope_of_a_file(directory: str, base: str, path: str, relative: str | None) -> None:
    """A file speaks for its own directory: at, above, below or beside what the paths of a scan are relative to."""
    scope = Scope(directory.encode("latin-1"), base.encode("latin-1"))
    assert scope.covers(path.encode("latin-1")) is (relative is not None)
    if relative is not None:
        assert scope.relative(path.encode("latin-1")) == relative.encode("latin-1")
