"""``cencori-guard hook pre-commit [FILES]...``: on the path of every commit, so it loads next to nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cencori_guard.cli.settings import policy_for
from cencori_guard.git.runner import Git
from cencori_guard.jobs.staged import StagedJob
from cencori_guard.pipeline import Settings, run
from cencori_guard.report.outcome import exit_code
from cencori_guard.sources.targets import find_checkout


def check_staged(files: Sequence[str], verbosity: int = 0) -> int:
    """Look at what is staged, or at the index's version of *files*; says nothing where all is well."""
    here = os.fsencode(os.getcwd())
    root = find_checkout(here) or here
    paths = [os.path.relpath(os.path.join(here, os.fsencode(file)), root) for file in files]
    job = StagedJob(Git(root, follow_redirections=True), paths or None)
    report = run(job, policy_for(root, [(root, root)]), Settings())
    if verbosity > 0 or exit_code(report) or any(not f.suppressed for f in report.findings):
        from cencori_guard.cli.output import deliver, parse  # loads the writers: for those who have something to read

        deliver(report, parse(()), verbosity)
    elif sys.stdout.isatty() and report.findings:
        print(f"cencori-guard: {len(report.findings)} suppressed")
    return exit_code(report)
