"""Whole projects as people have them: every finding that is expected, and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cencori_guard.keys import find_keys
from tests.conftest import guard
from tests.fixture_projects import FIXTURES, NAMES, SEEDS, as_golden, golden, keys_of, make, paths_in, reduced, scan


def _texts(file: Path) -> list[tuple[list[str], str]]:
    """The texts that a person opens, each with the way to it."""
    text = file.read_text()
    if file.suffix == ".map":
        data = json.loads(text)
        return [([name], content) for name, content in zip(data["sources"], data["sourcesContent"], strict=True)]
    if file.suffix == ".ipynb":
        found = []
        for number, cell in enumerate(json.loads(text)["cells"], 1):
            found.append(([f"cell {number}"], "".join(cell["source"])))
            for output, shown in enumerate(cell.get("outputs", []), 1):
                trace = "\n".join(shown.get("traceback", []))
                for content in [shown.get("text", []), trace, *shown.get("data", {}).values()]:
                    found.append(([f"cell {number}", f"output {output}"], "".join(content)))
        return found
    return [([], text)]


def _places(name: str) -> list[tuple[str, list[str], int, int, int]]:
    """(path, inside, line, column, end column) of every minted key in the fixture's files, by plain search."""
    root = FIXTURES / name / "project"
    places = []
    for file in sorted(root.rglob("*")):
        if not file.is_file():
            continue
        for inside, content in _texts(file):
            for number, line in enumerate(content.split("\n"), 1):
                for text in keys_of(name):
                    at = line.find(text)
                    while at >= 0:
                        path = file.relative_to(root).as_posix()
                        places.append((path, inside, number, at + 1, at + 1 + len(text)))
                        at = line.find(text, at + 1)
    return sorted({str(place): place for place in places}.values())


def test_all_are_there():
    assert {"clean", "monorepo", "nextjs-app", "python-service", "vite-app"} <= set(NAMES)
    assert set(NAMES) == set(SEEDS)


@pytest.mark.parametrize("name", NAMES)
def test_findings_are_the_expected_ones(name: str, tmp_path: Path):
    report = scan(make(name, tmp_path / name))
    assert as_golden(reduced(report)) == (FIXTURES / name / "expected.json").read_text()
    assert report["scan"]["complete"]
    assert report["scan"]["skipped"] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_exit_code_is_that_of_the_worst(name: str, tmp_path: Path):
    fails = any(r["severity"] in ("medium", "high", "critical") and not r["suppressed"] for r in golden(name))
    assert guard("scan", ".", cwd=make(name, tmp_path / name).path).code == int(fails)


@pytest.mark.parametrize("name", NAMES)
def test_the_golden_has_every_key_but_those_in_quiet_places(name: str):
    """The goldens were read by people; this does not get tired."""
    quiet = set(paths_in(name, "quiet"))
    places = _places(name)
    found = sorted(
        (r["path"], r["inside"], r["line"], r["column"], r["end_column"])
        for r in golden(name)
        if r["kind"] and r["rule"].startswith("key-in-")
    )
    assert found == [place for place in places if place[0] not in quiet]
    assert quiet <= {path for path, *_ in places}, "a quiet place is one with a key in it"


@pytest.mark.parametrize("name", NAMES)
def test_every_key_is_minted_from_its_seed(name: str):
    """No key that somebody once used gets into the fixtures by mistake, and no seed is left over."""
    minted = {found.key.fingerprint() for text in keys_of(name) for found in find_keys(text.encode())}
    used = {
        found.key.fingerprint()
        for file in (FIXTURES / name / "project").rglob("*")
        if file.is_file()
        for found in find_keys(file.read_bytes())
    }
    assert used == minted
    assert {r["fingerprint"] for r in golden(name) if r["kind"]} <= minted
