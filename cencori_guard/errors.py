"""The exit codes, and the exceptions that carry one to the program's edge."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says when it ends; relied on by CI systems and hooks."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERRUPTED = 130


class GuardError(Exception):
    """A failure with one line for the user: what happened, where, and what to do next."""

    exit_code = ExitCode.INCOMPLETE


class UsageError(GuardError):
    """The command line or the config asks for something that cannot be done."""

    exit_code = ExitCode.USAGE


class GitError(GuardError):
    """git is missing, too old, or failed; the message quotes what git said."""
