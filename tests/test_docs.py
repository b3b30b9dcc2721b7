"""The pages below docs/ say what the program does."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

from cencori_guard.models import State
from tests.conftest import guard

ROOT = Path(__file__).parent.parent
HISTORY = (ROOT / "docs" / "history.md").read_text()


def rows(text: str, header: str) -> list[str]:
    """The first cells of the table with that first header."""
    table = text.split(f"| {header} |", 1)[1].split("\n\n", 1)[0]
    return [cell for cell in re.findall(r"^\| ?`?(.*?)`? ?\|", table, re.MULTILINE) if cell.strip("-")]


def test_the_states_are_those_of_the_program() -> None:
    states = rows(HISTORY, "state")
    assert set(states) == {str(s) for s in (State.TIP, State.HISTORY, State.DANGLING, State.STAGED)}


def test_the_fields_are_those_of_the_schema() -> None:
    schema = json.loads(files("cencori_guard.report").joinpath("schema-v1.json").read_text())
    fields = {name for cell in rows(HISTORY, "field") for name in re.findall(r"\w+", cell)}
    assert fields == set(schema["$defs"]["finding"]["properties"]["git"]["properties"])


def test_the_options_exist() -> None:
    text = guard("scan", "--help", cwd=ROOT).out + guard("hook", "--help", cwd=ROOT).out
    for command in rows(HISTORY, "command"):
        assert command.split()[2] in text, command
    for option in set(re.findall(r"`(--[a-z-]+)`", HISTORY)):
        assert option in text, option
    assert max(map(len, HISTORY.splitlines())) < 400


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), target
