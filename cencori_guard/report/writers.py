"""All formats, in one table."""

from __future__ import annotations

from cencori_guard.report import json, jsonl, text
from cencori_guard.report.interface import Writer

WRITERS: dict[str, Writer] = {
    "text": text.write,
    "json": json.write,
    "jsonl": jsonl.write,
}
