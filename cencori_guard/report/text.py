"""Text for people: one block a finding, then a closing line.

Written as lines of styled pieces, so that a terminal's colours and plain text come from
one layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

from cencori_guard.liveness import Liveness
from cencori_guard.models import Excerpt, Finding, Report, Severity
from cencori_guard.report.exposure import sentence
from cencori_guard.report.interface import Style
from cencori_guard.text import harmless, shown

# (text, style name); the names are those of rich.
Piece = tuple[str, str]
Line = list[Piece]
# Where some steps stand in full, and the redacted key that they are about there.
Told = dict[tuple[str, ...], tuple[str, str]]

_COLOURS = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "bold yellow",
    Severity.LOW: "bold cyan",
    Severity.INFO: "bold blue",
}
_LIVENESS = {
    Liveness.LIVE: ("Live", "bold white on red"),
    Liveness.DEAD: ("Dead now", "bold green"),
    Liveness.UNKNOWN: ("Unknown whether it is live", "bold yellow"),
}
_SKIPPED_SHOWN = 10
_NARROWEST = 40
_NOTE = "Note: "
_TIED = "\0"


def write(report: Report, style: Style) -> str:
    """The report without colours."""
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in layout(report, style))


def layout(report: Report, style: Style) -> Iterator[Line]:
    """The lines of the report."""
    style = style._replace(width=max(style.width, _NARROWEST))
    told: Told = {}
    for finding in report.findings:
        if finding.suppressed is None or style.verbosity > 0:
            yield from _block(finding, style.width, report.today, told)
            yield []
    yield from _skipped(report, style)
    if style.verbosity >= 0:
        yield from _closing(report, style.width)


def _block(finding: Finding, width: int, today: str, told: Told) -> Iterator[Line]:
    """One finding; *told*: the steps that stand above already."""
    label = finding.severity.label
    yield [(label, _COLOURS[finding.severity]), ("  ", ""), (str(finding.rule), "bold"), ("  " + _place(finding), "")]
    yield from _paragraph(harmless(finding.message) + ".", width, "  ", "  ")
    if finding.suppressed:
        why = f"suppressed ({finding.suppressed.by}): {harmless(finding.suppressed.reason)}"
        yield from _paragraph(why, width, "  ", "  ", "dim")
        yield from _liveness(finding, width)
        return
    if finding.excerpt and finding.location.line:
        yield from _excerpt(finding.excerpt, finding.location.line, width)
    if finding.cause:
        yield from _paragraph(harmless(finding.cause.message) + ".", width, "  ", "  ", "bold")
    if finding.exposure and finding.state and not finding.location.path.startswith(b"ref:"):
        yield from _paragraph(harmless(sentence(finding.exposure, finding.state, today)), width, "  ", "  ", "dim")
        if finding.exposure.url:
            yield [("  ", ""), (harmless(finding.exposure.url), "dim")]
    yield from _liveness(finding, width)
    above, count = _told_above(finding, told)
    if above:
        mark = "  -> " if count == len(finding.remedy) else f"  1-{count}. "
        yield from _paragraph(harmless(above), width, mark, " " * len(mark))
    steps = sum(not step.startswith(_NOTE) for step in finding.remedy)
    for number, step in enumerate(finding.remedy[count:], count + 1):
        mark = "  " if step.startswith(_NOTE) else "  -> " if steps == 1 else f"  {number}. "
        yield from _paragraph(harmless(step), width, mark, " " * len(mark))


def _liveness(finding: Finding, width: int) -> Iterator[Line]:
    if finding.liveness.status in _LIVENESS:
        what, colour = _LIVENESS[finding.liveness.status]
        if finding.liveness.status is Liveness.DEAD and not finding.liveness.believed:
            what, colour = "Dead, it seems", "bold yellow"
        yield from _paragraph(harmless(f"{what}: {finding.liveness.reason}."), width, "  ", "  ", colour)


def _told_above(finding: Finding, told: Told) -> tuple[str, int]:
    """Where the first steps of *finding* stand already, be it for another key, and how many."""
    redacted = finding.key.redacted if finding.key else ""
    steps = tuple(step.replace(redacted, "\0") if redacted else step for step in finding.remedy)
    found = "", 0
    for number in range(len(steps), 1, -1):
        if steps[:number] in told:
            place, before = told[steps[:number]]
            instead = "" if before == redacted else f", with {redacted} in place of {before}"
            found = f"As for {place}, above{instead}.", number
            break
    for number in range(2, len(steps) + 1):
        told.setdefault(steps[:number], (_place(finding), redacted))
    return found


def _place(finding: Finding) -> str:
    where = finding.location
    place = " > ".join(harmless(shown(part)) for part in (where.path, *where.inside))
    if where.line is not None:
        place += f":{where.line}:{where.column}"
    return place + "".join(f" ({layer})" for layer in where.decoded)


def _paragraph(text: str, width: int, first: str, rest: str, colour: str = "") -> Iterator[Line]:
    # A command that a line holds stays in one piece, to be copied.
    room = width - len(rest)
    whole = re.sub("`[^`]*`", lambda code: code[0].replace(" ", _TIED) if len(code[0]) < room else code[0], text)
    lines = wrap(whole, room, break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(line.replace(_TIED, " ") for line in lines):
        yield [(rest if number else first, "dim" if not number and first.strip() else ""), (line, colour)]


def _excerpt(excerpt: Excerpt, number: int, width: int) -> Iterator[Line]:
    """The line that holds the key, as much of it as fits, and a mark below the key."""
    gutter = f"  {number} | "
    text, start, end = excerpt
    key = text[start:end]
    before, after = (harmless(part).replace("\t", " ") for part in (text[:start].lstrip(), text[end:].rstrip()))
    room = max(10, width - len(gutter) - len(key))
    left = min(len(before), max(room * 2 // 3, room - len(after)))
    before = before if left == len(before) else "…" + before[len(before) - left + 1 :]
    right = room - left
    after = after if len(after) <= right else after[: max(0, right - 1)] + "…"
    yield [(gutter, "dim"), (before, ""), (key, "bold red"), (after, "")]
    yield [(" " * (len(gutter) - 2) + "| ", "dim"), (" " * len(before) + "^" * len(key), "bold red")]


def _skipped(report: Report, style: Style) -> Iterator[Line]:
    skipped = report.scan.skipped
    listed = list(skipped) if style.verbosity > 0 else [s for s in skipped if s.blind]
    for entry in listed if style.verbosity > 0 else listed[:_SKIPPED_SHOWN]:
        what = "not looked at" if entry.blind else "skipped"
        place = f" {harmless(shown(entry.path)) or '.'}"
        colour = "bold yellow" if entry.blind else "dim"
        lines = wrap(f"{harmless(entry.reason)}", style.width - 2, break_long_words=False, break_on_hyphens=False)
        yield [(f"{what}:", colour), (place, "")]
        yield from ([("  " + line, "")] for line in lines)
    if style.verbosity <= 0 and len(listed) > _SKIPPED_SHOWN:
        yield [(f"and {len(listed) - _SKIPPED_SHOWN:,} more that could not be looked at; -v lists them", "bold yellow")]
    if listed:
        yield []


def _closing(report: Report, width: int) -> Iterator[Line]:
    scan, counts = report.scan, report.counted()
    found = [f"{counts[s.label]:,} {s.label}" for s in sorted(Severity, reverse=True) if counts[s.label]]
    failing = any(f.severity >= report.fail_on and not f.suppressed for f in report.findings)
    verdict, colour = ", ".join(found), "bold red" if failing else "bold"
    if not found:
        nothing = "Nothing new to look at" if scan.source in ("range", "history") else "No file to look at"
        verdict, colour = ("No Cencori key found", "bold green") if scan.blobs else (nothing, "bold")
    if report.interrupted:
        verdict, colour = f"{verdict}, but the scan was interrupted", "bold yellow"
    elif not scan.complete or (report.strict and scan.skipped):
        verdict, colour = f"{verdict}, but not everything could be looked at", "bold yellow"
    details = (
        [_count(scan.files, "file")]
        + [_count(scan.commits, "commit")] * bool(scan.commits)
        + [_size(scan.bytes), f"{scan.seconds:.2f} s"]
    )
    details += [f"{counts['suppressed']:,} suppressed"] if counts["suppressed"] else []
    details += [f"{len(scan.skipped):,} skipped"] if scan.skipped else []
    rest = "(" + ", ".join(details) + ")."
    if len(verdict) + len(rest) + 2 > width:
        yield [(verdict + ":", colour)]
        yield [(rest, "dim")]
    else:
        yield [(verdict, colour), (" " + rest, "dim")]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
