"""A report as plain data, version 1: what the JSON formats write and the JSON Schema describes."""

from __future__ import annotations

from typing import Any

from cencori_guard import __version__
from cencori_guard.keys import Confidence, redact
from cencori_guard.liveness import Answer
from cencori_guard.models import Exposure, Finding, Report, Skipped
from cencori_guard.text import shown

SCHEMA_VERSION = 1
TOOL = {"name": "cencori-guard", "version": __version__}


def scan_record(report: Report) -> dict[str, Any]:
    """What was looked at."""
    scan = report.scan
    return {
        "source": scan.source,
        "complete": scan.complete,
        "files": scan.files,
        "blobs": scan.blobs,
        "bytes": scan.bytes,
        "commits": scan.commits,
        "seconds": round(scan.seconds, 3),
        "skipped": [_skipped(s) for s in scan.skipped],
    }


def _skipped(skipped: Skipped) -> dict[str, Any]:
    return {"path": shown(skipped.path), "reason": skipped.reason, "blind": skipped.blind}


def finding_record(finding: Finding) -> dict[str, Any]:
    """One finding; ``key`` and ``git`` are null where they do not apply."""
    key, where, excuse = finding.key, finding.location, finding.suppressed
    return {
        "rule": str(finding.rule),
        "severity": finding.severity.label,
        "confidence": str(key.confidence if key else Confidence.EXACT),
        "message": finding.message,
        "context": str(finding.context),
        "key": key
        and {
            "kind": str(key.kind),
            "environment": str(key.environment),
            "redacted": key.redacted,
            "fingerprint": key.fingerprint(),
        },
        "location": {
            "path": shown(where.path),
            "line": where.line,
            "column": where.column,
            "end_column": where.end_column,
            "inside": [shown(part) for part in where.inside],
            "decoded": list(where.decoded),
        },
        "git": None if finding.tracked is None else _git(finding),
        "cause": _cause(finding),
        "liveness": _liveness(finding.liveness),
        "suppressed": excuse and {"by": excuse.by, "reason": excuse.reason},
        "remedy": list(finding.remedy),
    }


def _cause(finding: Finding) -> dict[str, Any] | None:
    """Why the key is in what ships; null where that is not known."""
    cause = finding.cause
    return cause and {
        "way": str(cause.way),
        "path": shown(cause.path),
        "line": cause.line,
        "name": cause.name,
        "original": cause.original and {"path": shown(cause.original[0]), "line": cause.original[1]},
        "certain": cause.certain,
        "message": cause.message,
    }


def _liveness(answer: Answer) -> dict[str, Any]:
    """What the API says of the key; ``believed``, of one that is dead: it counts."""
    return {"status": str(answer.status), "reason": answer.reason, "believed": answer.believed}


def _git(finding: Finding) -> dict[str, Any]:
    """What git holds of the key; without a history, of this moment alone."""
    held = finding.exposure or Exposure()
    return {
        "tracked": finding.tracked,
        "state": finding.state and str(finding.state),
        "commit": held.commit,
        "author": held.author,
        "date": held.date,
        "last_commit": held.last_commit,
        "last_date": held.last_date,
        "refs": [redact(ref) for ref in held.refs],
        "more_refs": held.more_refs,
        "versions": held.versions,
        "url": held.url,
    }
