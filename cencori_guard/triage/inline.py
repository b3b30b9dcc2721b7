"""``cencori-guard: allow`` comments.

    cencori-guard: allow
    cencori-guard: allow[key-in-source,key-in-env-file] until=2027-01-31 -- why
    cencori-guard: allow-next-line …

``until`` is the last day, in UTC, on which the comment counts.
"""

from __future__ import annotations

import re

from cencori_guard.models import Finding, Rule, Suppression

_NOTE = (
    r"allow(?:-next-line)?"
    r"(?:\s*\[(?P<rules>[^\]]*)\])?"
    r"(?:\s+until=(?P<until>\S+))?"
    r"(?:\s+(?P<unknown>[A-Za-z]\w*)=)?"
    r"(?:.*?\s--\s*(?P<reason>.*))?"
)
DAY = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\Z"
_COMMENT_END = r"\s*(?:-->|\*/|--%>|#}|%}|\*\)|\"\"\"|''').*\Z"
_NAMES = frozenset(Rule)


def suppression(finding: Finding, today: str) -> Suppression | None:
    """What excuses *finding* among the comments at its place; *today* as ``YYYY-MM-DD``."""
    for note in finding.notes:
        match = re.match(_NOTE, re.sub(_COMMENT_END, "", note))
        if not match:
            continue
        rules, until, reason = match["rules"], match["until"], (match["reason"] or "").strip()
        if match["unknown"]:
            continue
        if rules is not None and finding.rule not in {r.strip() for r in rules.split(",")}:
            continue
        if until is not None and (not re.match(DAY, until) or until < today):
            continue
        return Suppression("inline", reason or "allowed by a comment")
    return None


def faults(finding: Finding, today: str) -> list[str]:
    """Why comments at the place of *finding* do not count: for the person who wrote them."""
    found = []
    for note in finding.notes:
        match = re.match(_NOTE, re.sub(_COMMENT_END, "", note))
        if not match:
            continue
        unknown = [r.strip() for r in (match["rules"] or "").split(",") if r.strip() and r.strip() not in _NAMES]
        found += [f"the comment allows a rule that does not exist: {name}" for name in unknown]
        if match["unknown"]:
            found.append(f"the comment says {match['unknown']}=, and only until= is known")
        until = match["until"]
        if until and not re.match(DAY, until):
            found.append(f"the comment's until={until} is no date (YYYY-MM-DD)")
        elif until and until < today:
            found.append(f"the comment that allowed it expired on {until}")
    return found
