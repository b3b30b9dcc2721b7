"""Writes the goldens of ``fixtures/`` anew: ``python -m tests.refresh_fixtures [NAME]...``.

What it writes is what the program says, right or wrong: read the diff against the design before it is committed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.fixture_projects import FIXTURES, NAMES, as_golden, make, reduced, scan


def main(names: list[str]) -> None:
    """Refresh the goldens of the fixtures *names*; none: of all."""
    with tempfile.TemporaryDirectory() as made:
        for variable in [v for v in os.environ if v.startswith(("GIT_", "XDG_", "CENCORI"))]:
            del os.environ[variable]
        os.environ |= {"HOME": made, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": made}
        for role in ("AUTHOR", "COMMITTER"):
            os.environ |= {f"GIT_{role}_NAME": "Test", f"GIT_{role}_EMAIL": "test@example.invalid"}
        for name in names or NAMES:
            records = reduced(scan(make(name, Path(made) / name)))
            (FIXTURES / name / "expected.json").write_text(as_golden(records))
            print(f"{name}: {len(records)} findings")


if __name__ == "__main__":
    main(sys.argv[1:])
