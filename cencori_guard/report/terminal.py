"""The text report in colours, and the progress of a long scan: the only users of rich."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING

from cencori_guard.models import Report
from cencori_guard.report.interface import Style
from cencori_guard.report.text import layout
from cencori_guard.tally import Tally

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 1.0  # seconds after which a person wants to see that something goes on
_EVERY = 0.1


def write(report: Report, style: Style) -> None:
    """Write the report to standard output in colours."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for line in layout(report, style._replace(width=console.width)):
        console.print(Text.assemble(*line))


class Meter:
    """A progress bar on standard error; appears after a second, and leaves nothing behind."""

    def __init__(self) -> None:
        self._next = monotonic() + _PATIENCE
        self._bar: tuple[Progress, TaskID] | None = None

    def __call__(self, tally: Tally) -> None:
        """Show how far the scan is."""
        now = monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            progress = Progress(
                TextColumn("scanning"),
                BarColumn(bar_width=20),
                TextColumn("{task.fields[files]:,} files, {task.fields[size]:.0f} MB"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            progress.start()
            self._bar = progress, progress.add_task("", total=None, files=0, size=0.0)
        progress, task = self._bar
        progress.update(task, files=tally.files, size=tally.bytes / 1e6)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar[0].stop()
            self._bar = None
