"""Builds the apps with the real bundlers, and stores in ``fixtures/builds`` what tells of the leak.

    .venv/bin/python -m tests.refresh_builds [NAME]...

Of the output: the files that hold the key, and the maps that these name; of a clean app
its smallest scripts.  Keys become placeholders.  Files that name a directory of the
machine are left out, and packed ones.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from tests.builds import BUILDERS, VARIANTS, build, install
from tests.test_builds import OUTPUTS, PLACEHOLDER, USUAL, secret_of

# What has more is mostly a library's.
MOST_BYTES = 8_000
SCRIPTS_OF_CLEAN = 2


def kept(root: Path, name: str, secret: bytes, work: Path) -> list[Path]:
    """The files under *root* that are stored."""
    places = [place for part in BUILDERS[name].output for place in (root / part).rglob("*")]
    files = [f for f in places if f.is_file() and not f.is_symlink()]
    small = [f for f in files if f.stat().st_size <= MOST_BYTES and str(work).encode() not in f.read_bytes()]
    small = [f for f in small if not re.search(r"/(cache|\.parcel-cache|\.astro)/", str(f))]
    holding = [f for f in small if secret in f.read_bytes()]
    if not holding:
        scripts = sorted((f for f in small if f.suffix in (".js", ".mjs")), key=lambda f: (f.stat().st_size, f))
        holding = [f for f in scripts if f.stat().st_size > 200][:SCRIPTS_OF_CLEAN]
    maps = []
    for file in holding:
        named = re.search(rb"sourceMappingURL=([\w.%-]+)", file.read_bytes())
        if named and (beside := file.parent / named[1].decode()).is_file() and beside in small:
            maps.append(beside)
    return sorted({*holding, *maps})


def main(names: list[str]) -> None:
    """Build and store *names*."""
    for name in names:
        with tempfile.TemporaryDirectory() as scratch:
            work = Path(scratch)
            modules = install(name, work / "modules", os.environ)
            for variant in VARIANTS:
                root, secret = work / variant, secret_of(name, variant)
                build(name, variant, secret, root, modules, os.environ)
                target = OUTPUTS / f"{name}-{variant}"
                shutil.rmtree(target, ignore_errors=True)
                for file in kept(root, name, secret.encode(), work):
                    copy = target / file.relative_to(root)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    copy.write_bytes(file.read_bytes().replace(secret.encode(), PLACEHOLDER))
                    print(copy.relative_to(OUTPUTS), copy.stat().st_size)


if __name__ == "__main__":
    main(sys.argv[1:] or [*USUAL])
