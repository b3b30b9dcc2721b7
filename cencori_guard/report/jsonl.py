"""JSON Lines: a ``{"type": "finding", …}`` a line, then one ``{"type": "summary", …}``.

The records are those of the JSON report.  A file without its summary line was cut short.
"""

from __future__ import annotations

import json

from cencori_guard.models import Report
from cencori_guard.report.interface import Style
from cencori_guard.report.record import SCHEMA_VERSION, TOOL, finding_record, scan_record


def write(report: Report, style: Style) -> str:
    """The report as JSON Lines, ASCII only."""
    lines = [{"type": "finding", **finding_record(finding)} for finding in report.findings]
    lines.append(
        {
            "type": "summary",
            "schema_version": SCHEMA_VERSION,
            "tool": TOOL,
            "scan": scan_record(report),
            "summary": report.counted(),
        }
    )
    return "".join(json.dumps(line) + "\n" for line in lines)
