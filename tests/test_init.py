"""``init``: what was missing is there, and works; what was there is as it was; a second run changes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cencori_guard.errors import GuardError
from cencori_guard.setup.ignore import with_lines
from cencori_guard.setup.precommit import HOOKS as PRE_COMMIT_HOOKS
from cencori_guard.setup.precommit import REPOSITORY, with_hooks
from cencori_guard.setup.workflow import TEXT
from tests.conftest import Repo, Result, guard
from tests.mint import key

FIXTURES = Path(__file__).parent.parent / "fixtures"


def init(repo: Repo, *args: str) -> Result:
    result = guard("init", *args, cwd=repo.path)
    assert result.code == 0, result.err
    return result


def files(repo: Repo) -> dict[str, tuple[bytes, int]]:
    """Every file of the repository with its mode, its hooks too; but not what git changes by itself."""
    found = [p for p in repo.path.rglob("*") if p.is_file() and ("hooks" in p.parts or ".git" not in p.parts)]
    return {str(p.relative_to(repo.path)): (p.read_bytes(), p.stat().st_mode) for p in found}


def leak(repo: Repo) -> bool:
    """Whether a commit with a key in it goes through."""
    repo.write("leak.py", f"k = '{key('secret', 'init')}'\n")
    repo.git("add", "leak.py")
    before = repo.git("rev-list", "--all")
    done = subprocess.run(
        ["git", "commit", "-q", "-m", "leak"], cwd=repo.path, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is (repo.git("rev-list", "--all") != before)
    return done.returncode == 0


def test_an_empty_repository(repo: Repo) -> None:
    """Hooks, an ignore rule and a template; and a leaking commit is stopped."""
    said = init(repo).out
    for line in (
        "wrote .git/hooks/pre-commit:",
        "wrote .gitignore:",
        "wrote .env.example:",
        "left to you: No sign of GitHub",
    ):
        assert line in said
    assert (repo.path / ".gitignore").read_text() == "# Keys stay on this machine.\n.env\n.env.local\n.env.*.local\n"
    assert (repo.path / ".env.example").read_text() == "CENCORI_API_KEY=csk_your_key_here\n"
    repo.commit("set up")
    assert not leak(repo)
    (repo.path / "leak.py").unlink()
    repo.git("add", "-A")
    repo.write(".env", f"CENCORI_API_KEY={key()}\n")
    repo.commit("an ignored .env stays here")
    assert repo.git("ls-files").split() == [".env.example", ".gitignore"]
    assert guard("scan", ".", cwd=repo.path).code == 0


@pytest.mark.parametrize("name", ["clean", "nextjs-app", "vite-app", "python-service", "monorepo"])
def test_the_fixture_projects(tmp_path: Path, name: str) -> None:
    shutil.copytree(FIXTURES / name, tmp_path / name)
    repo = Repo(tmp_path / name)
    repo.commit("as it is")
    init(repo)
    before = files(repo)
    assert "wrote" not in init(repo).out + init(repo, "--dry-run").out
    assert files(repo) == before
    assert not leak(repo)


def test_a_second_run_and_a_dry_run_change_nothing(repo: Repo) -> None:
    (repo.path / ".github").mkdir()
    repo.write(".gitignore", "dist/\r\n*.log")
    before = files(repo)
    shown = init(repo, "--dry-run").out
    assert files(repo) == before
    assert "would write .github/workflows/cencori-guard.yml" in shown
    assert "  +.env\n" in shown
    init(repo)
    after = files(repo)
    assert after[".gitignore"][0].startswith(b"dist/\r\n*.log\r\n\r\n# Keys stay")
    again = init(repo).out
    assert files(repo) == after
    assert {line.split(":")[0] for line in again.splitlines() if not line.startswith(" ")} == {"as it should be"}
    assert init(repo, "-q").out == ""


def test_the_workflow_is_one(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "git@github.com:o/r.git")
    init(repo)
    text = (repo.path / ".github/workflows/cencori-guard.yml").read_text()
    assert text == TEXT
    data = yaml.safe_load(text)
    steps = data["jobs"]["scan"]["steps"]
    assert all("@" not in s["uses"] or len(s["uses"].split("@")[1]) == 40 for s in steps if "uses" in s), "pinned"
    assert data["permissions"] == {"contents": "read"}
    assert "${{" not in text
    repo.write(".github/workflows/own.yml", "run: cencori-guard scan .\n")
    (repo.path / ".github/workflows/cencori-guard.yml").unlink()
    assert "own.yml calls cencori-guard" in init(repo).out
    assert not (repo.path / ".github/workflows/cencori-guard.yml").exists()


def test_without_hooks_or_a_workflow(repo: Repo) -> None:
    (repo.path / ".github").mkdir()
    init(repo, "--hooks", "none", "--no-workflow")
    assert set(files(repo)) - set(sample(repo)) == {".gitignore", ".env.example"}


def sample(repo: Repo) -> list[str]:
    """The hooks that git itself puts there as examples."""
    return [name for name in files(repo) if name.endswith(".sample")]


# Hooks that are there already.


@pytest.mark.parametrize(("ends_with", "committed"), [(0, True), (7, False)])
def test_a_hook_that_was_there_is_called_too(repo: Repo, ends_with: int, committed: bool) -> None:
    """With all that git gives it, and what it says counts."""
    hook = repo.write(".git/hooks/commit-msg", f'#!/bin/sh\ncp "$1" seen\nexit {ends_with}\n')
    hook.chmod(0o755)
    init(repo)
    repo.write("a", "1")
    repo.git("add", "-A")
    done = subprocess.run(["git", "commit", "-q", "-m", "hello"], cwd=repo.path, capture_output=True, check=False)
    assert (done.returncode == 0) is committed
    assert (repo.path / "seen").read_text() == "hello\n"
    (repo.path / "seen").unlink()
    refused = subprocess.run(["git", "commit", "-q", "-m", key()], cwd=repo.path, capture_output=True, check=False)
    assert refused.returncode == 1
    assert not (repo.path / "seen").exists(), "ours comes first"
    kept = repo.path / ".git/hooks/commit-msg.before-cencori-guard"
    assert kept.read_text().startswith("#!/bin/sh\ncp")
    before = files(repo)
    init(repo)
    assert files(repo) == before


def test_both_hooks_hear_what_is_pushed(repo: Repo, tmp_path: Path) -> None:
    """git says it once, on standard input."""
    hook = repo.write(".git/hooks/pre-push", '#!/bin/sh\ncat > heard\necho "$@" >> heard\n')
    hook.chmod(0o755)
    repo.write("a", "1")
    init(repo)
    repo.commit()
    repo.git("init", "-q", "--bare", str(tmp_path / "server.git"))
    repo.git("push", "-q", str(tmp_path / "server.git"), "main")
    lines = (repo.path / "heard").read_text().splitlines()
    head = repo.git("rev-parse", "HEAD").strip()
    assert lines[0] == f"refs/heads/main {head} refs/heads/main {'0' * 40}"
    assert lines[1].startswith(str(tmp_path / "server.git"))
    repo.write("leak.py", key())
    repo.git("add", "-A")
    repo.git("commit", "-q", "--no-verify", "-m", "leak")
    (repo.path / "heard").unlink()
    pushed = subprocess.run(
        ["git", "push", str(tmp_path / "server.git"), "main"], cwd=repo.path, capture_output=True, check=False
    )
    assert pushed.returncode != 0
    assert not (repo.path / "heard").exists()


def test_a_hook_that_does_not_run_is_kept_and_not_called(repo: Repo) -> None:
    """git passes over what is no program, and so do we."""
    repo.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 9\n").chmod(0o644)
    init(repo)
    repo.commit("goes through")
    assert not leak(repo)


def test_a_hook_that_calls_us_is_left_alone(repo: Repo) -> None:
    own = "#!/bin/sh\nmake lint || exit\nexec cencori-guard hook pre-commit\n"
    repo.write(".git/hooks/pre-commit", own).chmod(0o755)
    assert "as it should be: the pre-commit hook calls cencori-guard" in init(repo).out
    assert (repo.path / ".git/hooks/pre-commit").read_text() == own


def test_a_place_for_hooks_in_the_repository(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", ".githooks")
    init(repo)
    assert (repo.path / ".githooks/pre-commit").stat().st_mode & 0o100
    assert not (repo.path / ".git/hooks/pre-commit").exists()
    assert not leak(repo)


def test_a_place_for_hooks_of_all_repositories_is_left_alone(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "hooks").mkdir()
    repo.git("config", "--global", "core.hooksPath", str(tmp_path / "hooks"))
    said = " ".join(init(repo).out.split())
    assert (
        f"left to you: core.hooksPath of the global config is {tmp_path / 'hooks'}, outside of this repository" in said
    )
    assert list((tmp_path / "hooks").iterdir()) == []
    assert not (repo.path / ".git/hooks/pre-commit").exists()


@pytest.mark.parametrize("path", ["", "../outside", "~/hooks"])
def test_a_place_outside_of_the_repository_is_left_alone(repo: Repo, path: str) -> None:
    """Its config may be a stranger's, and does not say where programs are put."""
    repo.git("config", "core.hooksPath", path)
    before = files(repo)
    assert "left to you: core.hooksPath is" in init(repo).out
    assert set(files(repo)) - set(before) == {".gitignore", ".env.example"}
    assert not (repo.path.parent / "outside").exists()
    assert "wrong  hook" in guard("doctor", cwd=repo.path).out


@pytest.mark.parametrize(
    "text",
    [
        "exit 0\ncencori-guard hook pre-commit\n",
        'echo "run cencori-guard hook pre-commit yourself"\n',
        "cencori-guard hook pre-commit || true\n",
        "cencori-guard hook pre-commit\nmake lint\n",
        "# cencori-guard hook pre-commit\n",
    ],
)
def test_a_hook_that_only_seems_to_call_us_is_chained(repo: Repo, text: str) -> None:
    repo.write(".git/hooks/pre-commit", f"#!/bin/sh\n{text}").chmod(0o755)
    assert "wrong  hook" in guard("doctor", cwd=repo.path).out
    init(repo)
    assert not leak(repo)


def test_lines_that_somebody_added_to_our_hook_are_kept(repo: Repo) -> None:
    init(repo)
    hook = repo.path / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text() + "echo mine\n")
    assert "was edited since" in init(repo).out
    assert hook.read_text().endswith("echo mine\n")


def test_husky(repo: Repo) -> None:
    """Its hooks are scripts in the tree; what lies in its own directory it writes anew."""
    repo.git("config", "core.hooksPath", ".husky/_")
    repo.write(".husky/_/pre-commit", '#!/bin/sh\nsh -e "$(dirname "$0")/../pre-commit"\n').chmod(0o755)
    repo.write(".husky/pre-commit", "npm test\n")
    repo.write(".husky/pre-push", "git lfs pre-push\n")
    said = init(repo).out
    assert (repo.path / ".husky/pre-commit").read_text() == "cencori-guard hook pre-commit\nnpm test\n"
    assert (repo.path / ".husky/commit-msg").read_text() == 'cencori-guard hook commit-msg "$@"\n'
    assert (repo.path / ".husky/pre-push").read_text() == "git lfs pre-push\n"
    assert "left to you: Have .husky/pre-push call" in said
    before = files(repo)
    init(repo)
    assert files(repo) == before


def test_a_work_tree_of_its_own(repo: Repo, tmp_path: Path) -> None:
    """Hooks are those of the repository, files those of the work tree."""
    repo.commit()
    repo.git("worktree", "add", "-q", str(tmp_path / "other"))
    assert guard("init", cwd=tmp_path / "other").code == 0
    assert (tmp_path / "other" / ".env.example").is_file()
    assert (repo.path / ".git/hooks/pre-commit").is_file()


def test_the_program_that_is_gone(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing is looked at, and the commit does not go through as if it were."""
    init(repo)
    hook = repo.path / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text().replace(str(Path(sys.executable).parent), "/nowhere"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    done = subprocess.run([str(hook)], cwd=repo.path, capture_output=True, text=True, check=False)
    assert (done.returncode, "pipx install cencori-guard" in done.stderr) == (3, True)


# pre-commit's config.

CONFIG = """\
# What everybody runs.
default_language_version:
    python: python3   # the newest

repos:
-   repo: https://github.com/pre-commit/pre-commit-hooks
    rev: 'v5.0.0'
    hooks:
    -   id: trailing-whitespace  # the most useful
"""


def test_a_config_of_pre_commit_is_added_to(repo: Repo) -> None:
    """Nothing of it changes but for what comes to it; and pre-commit takes it."""
    repo.write(".pre-commit-config.yaml", CONFIG)
    said = init(repo).out
    text = (repo.path / ".pre-commit-config.yaml").read_text()
    assert text.startswith(CONFIG)
    entry = yaml.safe_load(text)["repos"][1]
    assert entry["repo"] == REPOSITORY
    assert [hook["id"] for hook in entry["hooks"]] == list(PRE_COMMIT_HOOKS)
    assert "left to you: Install pre-commit's own hooks" in said
    assert not (repo.path / ".git/hooks/pre-commit").exists()
    checked = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", str(repo.path / ".pre-commit-config.yaml")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PRE_COMMIT_HOME": str(repo.path.parent / "home")},
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    before = files(repo)
    init(repo)
    assert files(repo) == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "repos: []\n",
        "repos: []   # none yet\n",
        "repos:\n  - repo: local\n    hooks:\n      - {id: x, name: x, entry: x, language: system}\n",
        "repos:\n- repo: local  # ours\n  hooks: []",
        "repos:\n- repo: local\n  hooks: []\nfail_fast: true  # at once\n",
        "repos: [{repo: local, hooks: []}]\n# the end\n",
        "fail_fast: true\r\nrepos:\r\n-   repo: local\r\n    hooks: []\r\n",
        "---\nrepos:\n- repo: meta\n  hooks:\n  - id: check-hooks-apply\n# tail\n",
        "# only a comment\n",
        "fail_fast: true\n",
    ],
)
def test_all_ways_to_write_a_config(text: str) -> None:
    """Comments are kept, what it says is what it said and our hooks, and a second time nothing changes."""
    new = with_hooks(text.encode(), "config").decode()
    before, after = yaml.safe_load(text) or {}, yaml.safe_load(new)
    assert after["repos"][:-1] == before.get("repos", [])
    assert {**after, "repos": 0} == {**before, "repos": 0}
    assert after["repos"][-1]["repo"] == REPOSITORY
    for comment in ("# none yet", "# ours", "# at once", "# the end", "# tail", "# only a comment"):
        assert (comment in text) is (comment in new)
    assert with_hooks(new.encode(), "config").decode() == new


def test_a_config_that_has_us_is_left_alone() -> None:
    text = f"repos:\n- repo: {REPOSITORY}\n  rev: v0.0.1\n  hooks: [{{id: cencori-guard}}]\n"
    assert with_hooks(text.encode(), "config") == text.encode()


@pytest.mark.parametrize(
    "text", ["[", "repos: 1\n", "- a\n", "repos: [1]\n", "a: b: c\n", "\xff", "repos: !!python/x y\n"]
)
def test_what_is_no_config_is_left_alone(text: str) -> None:
    with pytest.raises(GuardError, match="left alone"):
        with_hooks(text.encode("latin-1"), "config")


# The rest.


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, b"# h\nx\n"),
        (b"", b"# h\nx\n"),
        (b"a", b"a\n\n# h\nx\n"),
        (b"a\n", b"a\n\n# h\nx\n"),
        (b"a\r\n", b"a\r\n\r\n# h\r\nx\r\n"),
    ],
)
def test_lines_are_added_as_the_file_has_them(old: bytes | None, new: bytes) -> None:
    assert with_lines(old, (b"# h", b"x")) == new


def test_a_template_by_another_name_is_added_to(repo: Repo) -> None:
    repo.write(".env.sample", "A=1\n")
    init(repo)
    assert (repo.path / ".env.sample").read_text() == "A=1\nCENCORI_API_KEY=csk_your_key_here\n"
    assert not (repo.path / ".env.example").exists()


@pytest.mark.parametrize("rules", [".env*\n", "*\n!.gitignore\n", ".env\n.env.*\n!.env\n"])
def test_the_template_is_seen_and_env_files_are_not(repo: Repo, rules: str) -> None:
    """Whatever the rules said before."""
    repo.write(".gitignore", rules)
    init(repo)
    repo.write(".env", "A=1\n")
    repo.write(".env.production.local", "A=1\n")
    repo.git("add", "-A")
    assert repo.git("ls-files").split() == [".env.example", ".gitignore"]
    before = files(repo)
    init(repo)
    assert files(repo) == before


def test_a_hook_of_ours_that_is_no_program_becomes_one(repo: Repo) -> None:
    init(repo)
    (repo.path / ".git/hooks/pre-commit").chmod(0o640)
    init(repo)
    assert (repo.path / ".git/hooks/pre-commit").stat().st_mode & 0o777 == 0o750
    assert not leak(repo)


def test_a_rule_of_one_person_does_not_count(repo: Repo) -> None:
    repo.write(".git/info/exclude", ".env\n.env.*\n")
    assert "wrote .gitignore" in init(repo).out


def test_what_it_cannot_change_is_left_and_the_rest_is_done(repo: Repo, tmp_path: Path) -> None:
    """A link could lead anywhere; nothing is written there, and the exit code says that something is left."""
    (tmp_path / "outside").write_text("outside\n")
    (repo.path / ".gitignore").symlink_to(tmp_path / "outside")
    result = guard("init", cwd=repo.path)
    assert result.code == 3
    assert ".gitignore: not a regular file" in " ".join(result.out.split())
    assert not leak(repo)
    assert (tmp_path / "outside").read_text() == "outside\n"


def test_where_there_is_no_repository(tmp_path: Path) -> None:
    for place in (".", "nowhere"):
        result = guard("init", place, cwd=tmp_path)
        assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert list(tmp_path.iterdir()) == []
