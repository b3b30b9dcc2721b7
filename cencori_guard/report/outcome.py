"""The exit code: one function of the report."""

from __future__ import annotations

from cencori_guard.errors import ExitCode
from cencori_guard.models import Report


def exit_code(report: Report) -> ExitCode:
    """130 interrupted; 1 with findings at or above ``fail_on``, even when incomplete; else 3 if incomplete; else 0.

    Under ``strict`` anything that was skipped makes the scan incomplete.
    """
    if report.interrupted:
        return ExitCode.INTERRUPTED
    if any(f.severity >= report.fail_on and not f.suppressed for f in report.findings):
        return ExitCode.FINDINGS
    if not report.scan.complete or (report.strict and report.scan.skipped):
        return ExitCode.INCOMPLETE
    return ExitCode.CLEAN
