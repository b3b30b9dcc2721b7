"""The projects in ``fixtures/``: what they hold, how they become repositories, what a scan of one says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.conftest import Repo, guard
from tests.mint import key, opaque

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
NAMES = sorted(path.parent.name for path in FIXTURES.glob("*/project"))

# The seeds of every key in the fixtures, by shape.
SEEDS: dict[str, dict[str, tuple[str, ...]]] = {
    "clean": {
        "agent-uuid": ("clean",),
        "legacy-base58": ("clean",),
        "legacy-hex": ("clean",),
        "secret": ("clean",),
        "secret-test": ("clean",),
    },
    "monorepo": {
        "agent-uuid": ("monorepo-lib",),
        "publishable": ("monorepo-web",),
        "secret": ("monorepo-api", "monorepo-lib", "monorepo-web"),
        "secret-test": ("monorepo-api", "monorepo-web"),
    },
    "nextjs-app": {
        "publishable": ("nextjs-app",),
        "secret": ("nextjs-app", "nextjs-app-local"),
    },
    "python-service": {
        "agent-hex": ("python-service-worker",),
        "agent-uuid": ("python-service",),
        "legacy-base58": ("python-service-notebook",),
        "legacy-hex": ("python-service",),
        "legacy-test": ("python-service-notebook",),
        "opaque": ("python-service",),
        "publishable-test": ("python-service",),
        "secret": ("python-service", "python-service-revoked"),
        "secret-test": ("python-service", "python-service-smoke", "python-service-staging"),
    },
    "vite-app": {
        "legacy-base58": ("vite-app-comment",),
        "publishable": ("vite-app",),
        "secret": ("vite-app",),
        "secret-test": ("vite-app",),
    },
}


def keys_of(name: str) -> list[str]:
    """The text of every key that was minted for the fixture *name*."""
    return [
        opaque(seed) if shape == "opaque" else key(shape, seed)
        for shape, seeds in SEEDS[name].items()
        for seed in seeds
    ]


def paths_in(name: str, which: str) -> list[str]:
    """The paths that the fixture's *which*.txt lists, one a line; none where there is no such file."""
    file = FIXTURES / name / f"{which}.txt"
    return file.read_text().splitlines() if file.exists() else []


def make(name: str, path: Path) -> Repo:
    """The fixture as a repository with one commit; *tracked* paths forced into it, *untracked* ones left out."""
    shutil.copytree(FIXTURES / name / "project", path)
    repo = Repo(path)
    repo.git("add", "-A")
    for forced in paths_in(name, "tracked"):
        repo.git("add", "-f", "--", forced)
    for left_out in paths_in(name, "untracked"):
        repo.git("rm", "-q", "--cached", "--", left_out)
    repo.git("commit", "-q", "-m", "the project")
    return repo


def scan(repo: Repo) -> dict[str, Any]:
    """The report of ``cencori-guard scan .`` in *repo*."""
    result = guard("scan", ".", "-o", "json", cwd=repo.path)
    assert not result.err, result.err
    return result.report()


def reduced(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What the goldens hold of each finding of *report*, in the report's order."""
    return [
        {
            "rule": finding["rule"],
            "severity": finding["severity"],
            "confidence": finding["confidence"],
            "path": finding["location"]["path"],
            "inside": finding["location"]["inside"],
            "line": finding["location"]["line"],
            "column": finding["location"]["column"],
            "end_column": finding["location"]["end_column"],
            "kind": (finding["key"] or {}).get("kind"),
            "environment": (finding["key"] or {}).get("environment"),
            "fingerprint": (finding["key"] or {}).get("fingerprint"),
            "state": (finding["git"] or {}).get("state"),
            "suppressed": finding["suppressed"],
        }
        for finding in report["findings"]
    ]


def golden(name: str) -> list[dict[str, Any]]:
    """The findings that are expected in the fixture *name*."""
    return json.loads((FIXTURES / name / "expected.json").read_text())


def as_golden(records: list[dict[str, Any]]) -> str:
    """*records* as the text of a golden file: one finding a line, so that a diff shows what changed."""
    lines = ",\n".join("  " + json.dumps(record, ensure_ascii=False) for record in records)
    return f"[\n{lines}\n]\n" if records else "[]\n"
