"""How much of ``tests/matrix.py`` is found: by this program, and by others that are installed.

    make recall                     the whole matrix, one seed
    make recall SEEDS=20            twenty of them

Every case is a file; each program scans the folder once, the others with one rule of their
own for the same keys and with their decoding and unpacking turned on.  A case is found
when the program reports its file: where in it, and which key, is asked of nobody but this one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.matrix import CONTAINERS, WRITINGS, Case, cases

# What has a known generator; the same for everyone.
PATTERN = (
    r"(?:cen_(?:test_)?[0-9a-fA-F]{48}|cen_[1-9A-HJ-NP-Za-km-z]{32}|c[sp]k_(?:test_)?[0-9a-fA-F]{48}"
    r"|cake_(?:[0-9a-fA-F]{48}|[0-9a-fA-F]{32}))\b"
)
KINGFISHER = f"""rules:
  - name: Cencori API key
    id: cencori.1
    pattern: |
      (?x)({PATTERN.replace("#", "[#]")})
    min_entropy: 0
    confidence: medium
    examples: []
"""
GITLEAKS = f"""title = "cencori"
[[rules]]
id = "cencori"
regex = '''({PATTERN})'''
keywords = ["cen_", "csk_", "cpk_", "cake_"]
"""
TRUFFLEHOG = f"""detectors:
  - name: cencori
    keywords: ["cen_", "csk_", "cpk_", "cake_"]
    regex:
      key: '({PATTERN})'
"""

# The paths, relative to the folder, in which a program found something.
Finder = Callable[[Path, Path], set[str]]


def run(*command: str, cwd: Path) -> str:
    """What a program prints; whatever its exit code."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, errors="replace", check=False, timeout=3600)
    return done.stdout


def ours(folder: Path, _config: Path) -> set[str]:
    report = json.loads(run(sys.executable, "-m", "cencori_guard", "scan", str(folder), "-o", "json", cwd=Path.cwd()))
    return {finding["location"]["path"] for finding in report["findings"] if finding["key"]}


def kingfisher(folder: Path, config: Path) -> set[str]:
    (config / "rules.yml").write_text(KINGFISHER)
    out = run(
        "kingfisher", "scan", ".", "--rules-path", str(config / "rules.yml"), "--load-builtins", "false",
        "--confidence", "low", "--no-validate", "--no-dedup", "--no-update-check", "--extraction-depth", "4",
        "--git-history", "none", "--format", "json", cwd=folder,
    )  # fmt: skip
    return mentioned(out, folder)


def gitleaks(folder: Path, config: Path, program: str = "gitleaks") -> set[str]:
    (config / "rules.toml").write_text(GITLEAKS)
    out = run(
        program, "dir", ".", "-c", str(config / "rules.toml"), "--max-decode-depth", "4", "--max-archive-depth", "5",
        "-f", "json", "-r", "-", "--no-banner", "-l", "error", cwd=folder,
    )  # fmt: skip
    return mentioned(out, folder)


def betterleaks(folder: Path, config: Path) -> set[str]:
    return gitleaks(folder, config, "betterleaks")


def trufflehog(folder: Path, config: Path) -> set[str]:
    (config / "rules.yml").write_text(TRUFFLEHOG)
    out = run(
        "trufflehog", "filesystem", ".", "--config", str(config / "rules.yml"), "--no-verification", "--no-update",
        "--json", cwd=folder,
    )  # fmt: skip
    return mentioned(out, folder)


def mentioned(text: str, folder: Path) -> set[str]:
    """The files of *folder* that a report names."""
    numbers = {match.group() for match in re.finditer(r"case-\d{6}", text)}
    return {f"{path.parent.name}/{path.name}" for path in folder.rglob("*") if path.parent.name in numbers}


PROGRAMS: dict[str, Finder] = {
    "cencori-guard": ours,
    "kingfisher": kingfisher,
    "gitleaks": gitleaks,
    "betterleaks": betterleaks,
    "trufflehog": trufflehog,
}


def written(made: Iterable[Case], folder: Path) -> dict[str, Case]:
    """Write each case into a folder of its own; returns them by path."""
    found = {}
    for number, one in enumerate(made):
        place = folder / f"case-{number:06}" / Path(one.name).name
        place.parent.mkdir(parents=True)
        place.write_bytes(one.data)
        found[f"{place.parent.name}/{place.name}"] = one
    return found


def table(title: str, rows: Iterable[str], total: Counter[str], found: dict[str, Counter[str]]) -> list[str]:
    """Lines of Markdown: what each program found of each row, in per cent."""
    lines = [f"| {title} | cases | " + " | ".join(found) + " |", "|---|--:|" + "--:|" * len(found)]
    for row in rows:
        shares = [f"{100 * counts[row] // total[row]} %" for counts in found.values()]
        lines.append(f"| {row} | {total[row]} | " + " | ".join(shares) + " |")
    return lines


def main() -> int:
    """Print the tables; exit code 1 where this program misses anything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1, help="how many matrices")
    parser.add_argument("--only", nargs="*", default=list(PROGRAMS), choices=PROGRAMS, help="these programs alone")
    options = parser.parse_args()
    programs = {
        name: finder
        for name, finder in PROGRAMS.items()
        if name in options.only and (finder is ours or shutil.which(name))
    }
    by_writing: dict[str, Counter[str]] = {name: Counter() for name in programs}
    by_container: dict[str, Counter[str]] = {name: Counter() for name in programs}
    writings: Counter[str] = Counter()
    containers: Counter[str] = Counter()
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as top:
            folder, config = Path(top) / "cases", Path(top) / "config"
            config.mkdir()
            made = written(cases(seed), folder)
            writings.update(one.writing for one in made.values())
            containers.update(one.container for one in made.values())
            for name, finder in programs.items():
                for path in finder(folder, config) & made.keys():
                    by_writing[name][made[path].writing] += 1
                    by_container[name][made[path].container] += 1
    everything = sum(writings.values())
    print("\n".join(table("written as", WRITINGS, writings, by_writing)))
    print()
    print("\n".join(table("lies in", CONTAINERS, containers, by_container)))
    print()
    for name in programs:
        print(f"{name}: {sum(by_writing[name].values()):,} of {everything:,}")
    missing = everything - sum(by_writing.get("cencori-guard", writings).values())
    return int(missing > 0)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(Path.cwd()))
    sys.exit(main())
