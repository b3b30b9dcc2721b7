"""The edge of the program: whatever happens inside, the user gets a line and the right exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TextIO

from cencori_guard.errors import ExitCode, GuardError


def guarded(command: Callable[[], int]) -> int:
    """Run *command*; turn any exception into one line on standard error and an exit code that is never 1."""
    try:
        return command()
    except GuardError as error:
        return say(str(error), error.exit_code)
    except KeyboardInterrupt:
        return say("interrupted", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        silence_stdout()
        return ExitCode.INCOMPLETE
    except OSError as error:
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        return say(f"{where}{error.strerror or type(error).__name__}: the scan is not complete", ExitCode.INCOMPLETE)
    except Exception as error:  # noqa: BLE001 - a crash must read neither as "findings" nor as "clean"
        return say(
            f"internal error, the scan is not complete: {_where(error)}. Please report this.", ExitCode.INCOMPLETE
        )


def say(message: str, code: ExitCode) -> ExitCode:
    """Tell *message* on standard error, without keys and control characters; returns *code*."""
    if sys.stderr is None:  # closed before we began: nobody listens
        return code
    from cencori_guard.keys import redact  # the grammar: for when there is something to say
    from cencori_guard.text import harmless

    try:
        print(f"cencori-guard: {harmless(redact(message))}", file=sys.stderr)
    except OSError:
        pass
    return code


def on_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at *stream*; None: it was closed before we began."""
    return stream is not None and stream.isatty()


def silence_stdout() -> None:
    """Nobody reads standard output any more: let nothing complain about that, the interpreter's exit included."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):  # AttributeError: there never was one
        pass


def _where(error: Exception) -> str:
    """The kind of *error* and the places in our code it came through; its own words may hold anything."""
    places = []
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        places.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__} at {' > '.join(places[-4:])}"
