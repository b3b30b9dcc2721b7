"""``python -m cencori_guard``, and the console script."""

from __future__ import annotations

import sys

from cencori_guard.cli.boundary import guarded


def main() -> int:
    """Run the command that ``sys.argv`` names; returns its exit code.

    The pre-commit hook, as git and pre-commit call it, has no options to parse, and
    nobody should wait at every commit for a parser of them to load.
    """
    arguments = sys.argv[1:]
    if arguments[:2] == ["hook", "pre-commit"]:
        files = arguments[2:]
        if files[:1] == ["--"] or not any(file.startswith("-") for file in files):
            from cencori_guard.cli.precommit import check_staged

            return guarded(lambda: check_staged(files[1:] if files[:1] == ["--"] else files))
    from cencori_guard.cli.main import run

    return guarded(lambda: run(arguments))


if __name__ == "__main__":
    sys.exit(main())
