"""``stale-key``: a key that git has held for longer than keys should live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from cencori_guard.keys import Key, Kind
from cencori_guard.models import Finding, Revoke, Rule, Severity

DAY = 86_400


def check(findings: Iterable[Finding], today: str, most_days: int) -> Iterator[Finding]:
    """One finding a secret key, where it has been longest.  *today* as ``YYYY-MM-DD``, UTC."""
    oldest: dict[Key, Finding] = {}
    for finding in findings:
        since = finding.exposure and finding.exposure.since
        if finding.key is None or finding.key.kind is Kind.PUBLISHABLE or since is None:
            continue
        known = oldest.get(finding.key)
        if known is None or known.exposure is None or since < (known.exposure.since or 0):
            oldest[finding.key] = finding
    now = (date.fromisoformat(today) - date(1970, 1, 1)).days
    for key, finding in oldest.items():
        assert finding.exposure
        days = now - (finding.exposure.since or 0) // DAY
        if days > most_days:
            yield finding._replace(
                rule=Rule.STALE_KEY,
                severity=Severity.LOW,
                message=f"{key.redacted} has been in git since {(finding.exposure.date or '')[:10]}, "
                f"longer than {most_days} days",
                remedy=(),
                revoke=Revoke.FIRST,
                excerpt=None,
            )
