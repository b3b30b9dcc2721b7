"""JSON: one document, as ``schema-v1.json`` describes it."""

from __future__ import annotations

import json

from cencori_guard.models import Report
from cencori_guard.report.interface import Style
from cencori_guard.report.record import SCHEMA_VERSION, TOOL, finding_record, scan_record


def write(report: Report, style: Style) -> str:
    """The report as one indented JSON document, keys in a fixed order, ASCII only."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": TOOL,
        "scan": scan_record(report),
        "summary": report.counted(),
        "findings": [finding_record(finding) for finding in report.findings],
    }
    return json.dumps(document, indent=2) + "\n"
