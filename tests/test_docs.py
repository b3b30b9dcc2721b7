"""The pages below docs/ say what the program does."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

from cencori_guard.models import State
from cencori_guard.recognise import tokens
from cencori_guard.search.containers import bounds, documents
from tests.conftest import guard
from tests.matrix import CONTAINERS, WRITINGS

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


def test_the_matrix_in_the_docs_is_the_one_that_is_tested() -> None:
    """Every row of it is there, and says that all is found."""
    text = (ROOT / "docs" / "encodings.md").read_text()
    rows = re.findall(r"^\| (.+?) \| \d+ \| (\d+) %", text, re.MULTILINE)
    assert [name for name, _ in rows] == [*WRITINGS, *CONTAINERS]
    assert {share for _, share in rows} == {"100"}


def test_the_bounds_in_the_docs_are_those_of_the_code() -> None:
    text = (ROOT / "docs" / "encodings.md").read_text()
    bounded = dict(re.findall(r"^\| (.+?) \| ([\d,]*\d)", text, re.MULTILINE))
    assert bounded["containers in containers"] == str(bounds.DEEPEST)
    assert bounded["bytes unpacked of one file"] == str(bounds.MOST_BYTES >> 30)
    assert bounded["ratio"] == str(bounds.HIGHEST_RATIO)
    assert bounded["members of one file"] == f"{bounds.MOST_MEMBERS:,}"
    assert bounded["time for one file"] == f"{bounds.MOST_SECONDS:g}"
    assert bounded["memory of a decoder"] == str(bounds.MOST_MEMORY >> 20)
    assert f"{bounds.MOST_MEMORY_INSIDE >> 20} MiB within another" in text
    assert bounded["a base64 text that is unpacked as a whole"] == str(tokens.MOST_BYTES >> 20)
    assert bounded["a source map or notebook that is taken apart"] == str(documents.MOST_BYTES >> 20)
