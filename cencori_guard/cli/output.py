"""Where reports go: files first, standard output last, so that a closed pipe loses nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

from cencori_guard.cli.boundary import say, silence_stdout
from cencori_guard.cli.writing import replace
from cencori_guard.errors import ExitCode, UsageError
from cencori_guard.models import Report
from cencori_guard.report.interface import Style
from cencori_guard.report.outcome import exit_code
from cencori_guard.report.writers import WRITERS


class Output(NamedTuple):
    """A format, and the file it goes to (None: standard output)."""

    format: str
    file: str | None


def parse(given: Sequence[str]) -> list[Output]:
    """``FORMAT[=FILE]`` as the command line has them; text where there are none.  Raises :class:`UsageError`."""
    outputs = []
    for word in given or ("text",):
        name, equals, file = word.partition("=")
        if name not in WRITERS:
            raise UsageError(f"-o {word}: no such format; known are {', '.join(WRITERS)}")
        if equals and not file:
            raise UsageError(f"-o {word}: names no file")
        outputs.append(Output(name, file or None))
    if sum(output.file is None for output in outputs) > 1:
        raise UsageError("two formats for standard output: give all but one of them a file, as in -o json=report.json")
    return outputs


def deliver(report: Report, outputs: Sequence[Output], verbosity: int) -> int:
    """Write *report* to each of *outputs*; returns the exit code.

    What cannot be written is said on standard error; it makes a clean scan incomplete,
    and takes nothing away from findings.
    """
    failed = []
    style = Style(verbosity)
    for output in sorted(outputs, key=lambda o: o.file is None):
        if output.file is None:
            try:
                _to_stdout(report, output.format, style)
            except (OSError, AttributeError) as error:  # full, or closed before we began
                failed.append(f"standard output: cannot be written: {getattr(error, 'strerror', 'it is closed')}")
                silence_stdout()
            continue
        try:
            _write(output.file, WRITERS[output.format](report, style))
        except OSError as error:
            failed.append(f"{output.file}: cannot be written: {error.strerror}")
    code = exit_code(report)
    return say("; ".join(failed), code or ExitCode.INCOMPLETE) if failed else code


def deliver_unless_quiet(report: Report, verbosity: int) -> int:
    """As a hook does: nothing where all is well, else the report as text; returns the exit code."""
    code = exit_code(report)
    if verbosity > 0 or code or any(not finding.suppressed for finding in report.findings):
        return deliver(report, parse(()), verbosity)
    return code


def _to_stdout(report: Report, name: str, style: Style) -> None:
    try:
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
        if name == "text" and sys.stdout.isatty():
            from cencori_guard.report.terminal import write

            write(report, style)
        else:
            sys.stdout.write(WRITERS[name](report, style))
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()


def _write(file: str, text: str) -> None:
    """Write *text* to *file*, in one step where it is one."""
    if os.path.lexists(file) and not os.path.isfile(file):  # /dev/stderr, a named pipe
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(text)
        return
    replace(file, text)
