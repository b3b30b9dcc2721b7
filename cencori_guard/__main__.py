"""``python -m cencori_guard``, and the console script."""

from __future__ import annotations

import sys

from cencori_guard.cli.boundary import guarded


def main() -> int:
    """Run the command that ``sys.argv`` names; returns its exit code.

    The hooks of a commit, as git and pre-commit call them, have no options to parse, and
    nobody should wait at every commit for a parser of them to load.
    """
    arguments = sys.argv[1:]
    files = arguments[2:]
    if files[:1] == ["--"] or not any(file.startswith("-") for file in files):
        files = files[1:] if files[:1] == ["--"] else files
        if arguments[:2] == ["hook", "pre-commit"]:
            from cencori_guard.cli.precommit import check_staged

            return guarded(lambda: check_staged(files))
        if arguments[:2] == ["hook", "commit-msg"] and len(files) == 1:
            from cencori_guard.cli.commitmsg import check_message

            return guarded(lambda: check_message(files[0]))
    from cencori_guard.cli.main import run

    return guarded(lambda: run(arguments))


if __name__ == "__main__":
    sys.exit(main())
