"""A scan of a history that begins where the last one ended, and leaves word for the next."""

from __future__ import annotations

from cencori_guard import memory
from cencori_guard.cli.boundary import say
from cencori_guard.errors import ExitCode, GitError
from cencori_guard.git.runner import Git
from cencori_guard.jobs.history import HistoryJob
from cencori_guard.models import Report


class Remembering:
    """The job, and what is remembered of it.  Nothing of that ever makes a scan fail."""

    def __init__(self, git: Git, *, metadata: bool, incremental: bool) -> None:
        """*incremental*: leave out what was looked at before; why that cannot be done is said on standard error."""
        self._git = git
        self._incremental = incremental
        known, why = memory.load(git) if incremental else (None, "")
        self.job = HistoryJob(git, metadata=metadata, known=known)
        if why or self.job.why_everything:
            say(why or self.job.why_everything, ExitCode.CLEAN)

    def keep(self, report: Report) -> None:
        """Remember what was looked at, if that was everything."""
        if not report.scan.complete or report.interrupted:
            return
        try:
            memory.save(self._git, self.job.memory())
        except (OSError, GitError) as error:
            if self._incremental:  # who has not asked for it need not know
                say(f"what was looked at cannot be remembered: {error}", ExitCode.CLEAN)
