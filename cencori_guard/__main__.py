"""``python -m cencori_guard``, and the console script."""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # `python -m` looks for modules here first, and here is what is scanned: nothing more of it runs.
    del sys.path[0]

from cencori_guard.cli.boundary import guarded
from cencori_guard.errors import ExitCode


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

    return _ended(guarded(lambda: run(arguments)))


def _ended(code: int) -> int:
    """*code*; who interrupts twice has been heard, and the second time shall not change what the first one gave."""
    if code == ExitCode.INTERRUPTED:
        import signal

        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


if __name__ == "__main__":
    sys.exit(main())
