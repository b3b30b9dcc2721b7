"""The README is true: its tables are the program's, and each of its commands is run here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from cencori_guard.errors import ExitCode
from cencori_guard.keys import PREFIXES
from cencori_guard.report.writers import WRITERS
from cencori_guard.rules import RULES
from tests.conftest import Repo, guard
from tests.mint import key

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
BLOCKS_OF_HISTORY = next(text for _, text in BLOCKS if "In git for" in text)
COMMANDS = [
    re.sub(r"\s+# .*", "", line)
    for language, text in BLOCKS
    if language == "sh"
    for line in text.splitlines()
    if line and not line.startswith("#!")
]

# Where each command of the README is run.
RUN_IN = {
    "pipx install cencori-guard": "test_installed_from_a_package_index",
    "python3 -m pip install cencori-guard": "test_installed_from_a_package_index",
    "make scan": "test_make_scan",
    "make test": "the run that runs this test",
    "python3 -m venv .venv": "test_from_a_checkout_without_make",
    ".venv/bin/pip install .": "test_from_a_checkout_without_make",
    ".venv/bin/cencori-guard scan .": "test_from_a_checkout_without_make",
    "cencori-guard init": "test_init.py",
    "cencori-guard doctor": "test_doctor.py",
    "cencori-guard scan .": "test_the_commands_of_use",
    "cencori-guard scan --staged": "test_the_commands_of_use",
    "cencori-guard scan --range main..HEAD": "test_the_commands_of_use",
    "cencori-guard scan --since v1.0": "test_the_commands_of_use",
    "cencori-guard scan --history": "test_the_commands_of_use",
    "cencori-guard scan . -o text -o json=guard.json": "test_the_commands_of_use",
    "git log -p -1 | cencori-guard scan -": "test_the_commands_of_use",
    "cencori-guard rules": "test_the_commands_of_use",
    "cencori-guard rules key-in-source": "test_the_commands_of_use",
    "cencori-guard scan . --verify": "test_walkthrough.py: test_from_the_alarm_to_dead_now",
    "git show HEAD:src/chat.py | cencori-guard verify": "test_walkthrough.py: test_from_the_alarm_to_dead_now",
    "pre-commit install": "test_hook.py: test_the_real_pre_commit",
    "exec cencori-guard hook pre-commit": "test_hook.py: every test with a native hook",
    'exec cencori-guard hook commit-msg "$1"': "test_push.py: test_a_commit_message_in_a_real_commit",
    'exec cencori-guard hook pre-push "$@"': "test_push.py: every test with a guarded server",
    "exec cencori-guard hook pre-receive --timeout 60": "test_push.py: every test with a guarded server",
    "cencori-guard baseline create": "test_baseline.py",
}

needs_wheels = pytest.mark.skipif(
    "CENCORI_GUARD_TEST_WHEELS" not in os.environ, reason="`make test` provides the wheels to install from"
)


def test_no_command_is_left_out() -> None:
    assert list(RUN_IN) == COMMANDS


def test_the_rules_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \| (.*) \|$", README, re.MULTILINE)
    assert rows == [(str(rule), text.fires_on, text.severity) for rule, text in RULES.items()]


def test_the_exit_codes_are_those_of_the_program() -> None:
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)] == [int(c) for c in ExitCode]


def test_every_prefix_and_every_format_is_named() -> None:
    for prefix in PREFIXES:
        assert f"`{prefix.decode()}…`" in README
    assert "at once: " + ", ".join(WRITERS) in README


def test_the_commands_of_use(repo: Repo) -> None:
    program = f'"{sys.executable}" -m cencori_guard'
    repo.commit("start")
    repo.git("tag", "v1.0")
    repo.git("checkout", "-q", "-b", "topic")
    repo.write("src/app.ts", f'const cencori = {{\n\n    apiKey: "{key()}",\n}}\n')
    repo.commit()
    expected = {
        "scan .": 1,
        "--staged": 0,
        "main..HEAD": 1,
        "v1.0": 1,
        "--history": 1,
        "guard.json": 1,
        "scan -": 1,
        "rules": 0,
        "key-in-source": 0,
    }
    ran = 0
    for command in COMMANDS:
        if RUN_IN[command] != "test_the_commands_of_use":
            continue
        code = next(code for end, code in reversed(expected.items()) if command.endswith(end))
        done = subprocess.run(
            command.replace("cencori-guard", program), cwd=repo.path, shell=True, capture_output=True, text=True
        )
        assert done.returncode == code, command + done.stdout + done.stderr
        assert done.stdout
        ran += 1
    assert ran == 9
    assert (repo.path / "guard.json").is_file()


def test_the_picture_is_what_is_printed(repo: Repo) -> None:
    repo.write("src/app.ts", f'const cencori = {{\n\n    apiKey: "{key()}",\n}}\n')
    repo.commit()
    printed = guard("scan", ".", cwd=repo.path).out
    picture = BLOCKS[0][1].replace("csk_8307", key()[:8])
    assert printed.splitlines()[:-1] == picture.splitlines()[:-1]
    assert re.fullmatch(r"1 high \(\d+ files?, \d+ B, \d\.\d\d s\)\.", printed.splitlines()[-1])


def test_the_picture_of_a_history_is_what_is_printed(repo: Repo) -> None:
    """But for ids, people, days and addresses."""
    for text in ("{\n", "{\n\n"):
        repo.write("src/app.ts", f'const cencori = {text}    apiKey: "{key()}",\n}}\n')
        repo.commit()
    repo.git("rm", "-q", "src/app.ts")
    repo.commit()
    repo.git("tag", "v1.0")
    printed = guard("scan", "--history", cwd=repo.path).out.split("\n\n")[0]
    varying = r"csk_\w{4}|[0-9a-f]{10}|[0-9]+|\S+ <\S+>|https:\S+"
    shape, lines = ([re.sub(varying, "_", line) for line in text.splitlines()] for text in (BLOCKS_OF_HISTORY, printed))
    assert lines[:4] == shape[:4]
    said, pictured = (" ".join(" ".join(part[4:]).split()) for part in (lines, shape))
    for words in ("In git for", "since", "in _ versions of the file; last in", "still reached by main and tags/v"):
        assert words in said
        assert words in pictured


def test_the_config_is_valid(tmp_path: Path) -> None:
    text = next(text for language, text in BLOCKS if language == "toml")
    tomllib.loads(text)
    (tmp_path / ".cencori-guard.toml").write_text(text)
    (tmp_path / "tests" / "fixtures").mkdir(parents=True)
    (tmp_path / "tests" / "fixtures" / "a").write_text(key())
    assert "1 suppressed" in guard("scan", ".", cwd=tmp_path).out


def test_the_comments_count(tmp_path: Path) -> None:
    text = next(text for language, text in BLOCKS if language == "python")
    (tmp_path / "a.py").write_text(text.replace("csk_…", key()))
    assert "2 suppressed" in guard("scan", ".", cwd=tmp_path).out


def test_the_hook_is_one_of_ours() -> None:
    (snippet,) = (yaml.safe_load(text) for language, text in BLOCKS if language == "yaml")
    ours = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for hook in snippet["repos"][0]["hooks"]} <= ours


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh clone, as it would be with everything that is here now."""
    place = tmp_path / "checkout"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place / name)
    made = Repo(place)
    made.git("add", "-A", "-f")
    made.git("commit", "-q", "-m", "x")
    return place


def offline(real: dict[str, str], **more: str) -> dict[str, str]:
    """An environment in which pip finds packages in the wheels and nowhere else."""
    wheels = real["CENCORI_GUARD_TEST_WHEELS"]
    return {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **more}


def run(command: list[str], cwd: Path, env: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_wheels
def test_make_scan(checkout: Path, real_environ: dict[str, str]) -> None:
    """In a fresh clone: sets up and finds nothing, in the fixtures neither; the second time it installs nothing."""
    env = offline(real_environ, PYTHON=sys.executable)
    assert "suppressed" in run(["make", "scan", f"PYTHON={sys.executable}"], checkout, env)
    again = run(["make", "scan"], checkout, {**env, "PIP_FIND_LINKS": "/nowhere"})
    assert "No Cencori key found" in again
    (checkout / "leak").mkdir()
    (checkout / "leak" / "a.txt").write_text(key())
    done = subprocess.run(["make", "scan", "DIR=leak"], cwd=checkout, env=env, capture_output=True, check=False)
    assert done.returncode != 0
    assert b"leak/a.txt" in done.stdout


@needs_wheels
def test_from_a_checkout_without_make(checkout: Path, real_environ: dict[str, str]) -> None:
    env = offline(real_environ)
    run([sys.executable, "-m", "venv", ".venv"], checkout, env)
    run([".venv/bin/pip", "install", "--quiet", "."], checkout, env)
    assert "No Cencori key found" in run([".venv/bin/cencori-guard", "scan", "."], checkout, env)


@needs_wheels
def test_installed_from_a_package_index(checkout: Path, tmp_path: Path, real_environ: dict[str, str]) -> None:
    """`pip install` and `pipx install`, from an index that has the wheel which this checkout builds."""
    env = offline(real_environ)
    index = tmp_path / "index"
    run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(index), "."], checkout, env)
    env["PIP_FIND_LINKS"] += f" {index}"
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "a.txt").write_text("nothing")
    run([sys.executable, "-m", "venv", "own"], tmp_path, env)
    run(["own/bin/python3", "-m", "pip", "install", "--quiet", "cencori-guard"], tmp_path, env)
    assert "No Cencori key found" in run(["own/bin/cencori-guard", "scan", "project"], tmp_path, env)
    env |= {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    run([sys.executable, "-m", "pipx", "install", "cencori-guard"], tmp_path, env)
    assert "No Cencori key found" in run([str(tmp_path / "bin" / "cencori-guard"), "scan", "project"], tmp_path, env)
