"""The pages below docs/ say what the program does."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

from cencori_guard.frameworks.table import frameworks
from cencori_guard.models import Rule, State, Way
from cencori_guard.recognise import tokens
from cencori_guard.search.containers import bounds, documents
from tests.builds import make
from tests.conftest import Repo, guard
from tests.matrix import CONTAINERS, WRITINGS
from tests.test_builds import OUTPUTS, PLACEHOLDER, secret_of

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


CLIENT_SIDE = (ROOT / "docs" / "client-side.md").read_text()


def test_the_frameworks_in_the_docs_are_those_of_the_table() -> None:
    listed = re.findall(r"^\| \[(.+?)\]\((.+?)\) \| (.+?) \|", CLIENT_SIDE, re.MULTILINE)
    assert [(name, docs) for name, docs, _ in listed] == [(f.name, f.docs) for f in frameworks()]
    for (_, _, names), framework in zip(listed, frameworks(), strict=True):
        assert ("any name" in names) == framework.inlines_any
        assert all(f"`{prefix}…`" in names for prefix in framework.prefixes) or framework.inlines_any


def test_the_fields_of_a_cause_are_those_of_the_schema() -> None:
    schema = json.loads(files("cencori_guard.report").joinpath("schema-v1.json").read_text())
    cause = schema["$defs"]["finding"]["properties"]["cause"]["properties"]
    fields = {name for cell in rows(CLIENT_SIDE, "field of `cause`") for name in re.findall(r"\w+", cell)}
    assert fields == set(cause)
    ways = re.search(r"^\| `way` \| (.*) \|$", CLIENT_SIDE, re.MULTILINE)
    assert ways
    assert set(re.findall(r"`([a-z-]+)`", ways[1])) == set(cause["way"]["enum"]) == {str(way) for way in Way}


def test_the_rules_of_the_client_side_are_explained() -> None:
    for rule in (Rule.PUBLIC_ENV_NAME, Rule.SERVER_KEY_IN_CLIENT_CODE, Rule.KEY_IN_CLIENT_SOURCE):
        assert f"`{rule}`" in CLIENT_SIDE


def test_the_example_of_a_cause_is_what_is_printed(repo: Repo) -> None:
    """The page shows a real report of a real build, but for the key."""
    name, variant = "vite", "public"
    secret = secret_of(name, variant)
    make(name, variant, secret, repo.path)
    for file in (OUTPUTS / "vite-public").rglob("*.*"):
        target = repo.path / file.relative_to(OUTPUTS / "vite-public")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes().replace(PLACEHOLDER, secret.encode()))
    repo.commit()
    block = CLIENT_SIDE.split("```\ncritical", 1)[1].split("```", 1)[0]
    said = guard("scan", ".", cwd=repo.path, env={"COLUMNS": "80"}).out.replace(secret[:8], "csk_8307")
    assert said.startswith("critical" + block)
