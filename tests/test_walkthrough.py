"""The pages below docs/ that lead through something: every command is run, and prints what the page shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cencori_guard.triage import baseline
from tests.conftest import Repo
from tests.loopback import DEAD, LIVE, Api
from tests.mint import key

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "after-the-alarm.md"

# What differs from run to run: keys, hosts, times, sizes, commits.
_VARYING = (
    (r"csk_[0-9a-z]{4}", "KEY"),
    (r"127\.0\.0\.1:\d+|cencori\.com", "HOST"),
    (r"\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?", "DAY"),
    (r"[0-9a-f]{10}\s+by\s+\w+\s+<[^>]*>", "COMMIT"),
    (r"In git (for [\d,]+ days?, )?since", "SINCE"),
    (r"\d+ (B|kB)|\d+\.\d\d s", "SO MUCH"),
)


class Step(NamedTuple):
    """A block of commands, what it is said to print, or a word to the test."""

    kind: str
    text: str


def steps(page: str) -> list[Step]:
    form = r"^<!-- (?P<word>.*?) -->$|^```(?P<kind>\w*)\n(?P<text>.*?)^```"
    found = re.finditer(form, page, re.MULTILINE | re.DOTALL)
    return [Step("word", m["word"]) if m["word"] else Step(m["kind"], m["text"]) for m in found]


def shape(text: str) -> list[str]:
    """The lines of *text* without what varies, and without where a varying length made them break."""
    for pattern, name in _VARYING:
        text = re.sub(pattern, name, text)
    paragraphs = re.sub(r"\n {2,}(?=\S)(?!\d+[.-]|->|\d+ \||\|)", " ", text).splitlines()
    return [re.sub(r"\s+", " ", line).strip() for line in paragraphs]


class World:
    """A project with a leak, in its second year, and the vendor's API."""

    def __init__(self, repo: Repo, api: Api, path: Path) -> None:
        self.repo, self.api = repo, api
        self.old, self.new = key("secret", "walkthrough"), key("secret", "walkthrough new")
        self.env = {
            **os.environ,
            "CENCORI_GUARD_API_URL": api.url,
            "PATH": f"{path}:{os.environ['PATH']}",
            "COLUMNS": "80",
        }
        api.answer(self.old, LIVE)
        source = f'import os\n\nfrom cencori import Cencori\n\nclient = Cencori(api_key="{self.old}")\n'
        repo.write("requirements.txt", "cencori\n")
        repo.write("src/chat.py", source)
        repo.write(".env", "CENCORI_API_KEY=\n")
        repo.commit("Talk to models")

    def run(self, commands: str) -> str:
        """What a person at a terminal would see of *commands*."""
        commands = commands.replace("KEY==>", f"{self.old}==>")
        script = "".join(f"({line}) || true\n" for line in commands.splitlines())
        done = subprocess.run(
            ["sh", "-c", f"cd '{self.repo.path}'\n{script}"],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        return done.stdout.replace(str(self.repo.path), "/home/jane/project")

    def hear(self, word: str) -> None:
        """Do what no command does."""
        {
            "dashboard: create": self._create,
            "dashboard: revoke": lambda: self.api.answer(self.old, DEAD),
            "ten minutes pass": self._wait,
        }[word]()

    def _create(self) -> None:
        self.api.answer(self.new, LIVE)
        self.env["CENCORI_API_KEY"] = self.new

    def _wait(self) -> None:
        file = self.repo.path / os.fsdecode(baseline.FILE)
        before = datetime.now(UTC) - timedelta(minutes=10, seconds=1)
        file.write_text(re.sub(r'"dead": "[^"]*"', f'"dead": "{before:%Y-%m-%dT%H:%M:%SZ}"', file.read_text()))


def commands_on(path: Path) -> Path:
    """A directory with the programs that the page calls."""
    path.mkdir()
    (path / "cencori-guard").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cencori_guard "$@"\n')
    (path / "cencori-guard").chmod(0o755)
    filter_repo = shutil.which("git-filter-repo", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert filter_repo, "git-filter-repo is among the development dependencies"
    (path / "git-filter-repo").symlink_to(filter_repo)
    return path


def walk(world: World, page: str) -> list[tuple[str, str]]:
    """Run the page; returns what it shows after each block of commands, and what was printed."""
    outputs, printed = [], ""
    for step in steps(page):
        if step.kind == "word":
            world.hear(step.text)
        elif step.kind == "sh":
            printed = world.run(step.text)
        elif step.kind == "" and printed:
            outputs.append((step.text, printed.strip() + "\n"))
            printed = ""
    return outputs


def test_from_the_alarm_to_dead_now(repo: Repo, tmp_path: Path) -> None:
    page = PAGE.read_text()
    with Api() as api:
        world = World(repo, api, commands_on(tmp_path / "bin"))
        outputs = walk(world, page)
    assert len(outputs) == 9
    for shown, printed in outputs:
        assert shape(shown) == shape(printed)
    assert "Dead now" in outputs[3][1]
    assert world.old not in page


def refresh() -> None:
    """Write the outputs into the page."""
    for role in ("AUTHOR", "COMMITTER"):
        os.environ |= {f"GIT_{role}_NAME": "Jane", f"GIT_{role}_EMAIL": "jane@example.com"}
        os.environ[f"GIT_{role}_DATE"] = "2026-01-02T03:04:05Z"
    page, at = PAGE.read_text(), 0
    with tempfile.TemporaryDirectory() as folder, Api() as api:
        world = World(Repo(Path(folder) / "repo"), api, commands_on(Path(folder) / "bin"))
        for shown, printed in walk(world, page):
            examples = {world.old[:8]: "csk_8307", world.new[:8]: "csk_41c6", api.url[7:]: "cencori.com"}
            for real, example in examples.items():
                printed = printed.replace(real, example)
            at = page.index(f"\n```\n{shown}```\n", at)
            page = page[:at] + f"\n```\n{printed}```\n" + page[at + len(shown) + 9 :]
            at += len(printed)
    PAGE.write_text(page)


if __name__ == "__main__":
    refresh()
