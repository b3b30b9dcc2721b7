"""What becomes of a baseline when it is written anew.  Pure: entries and findings in, entries out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from cencori_guard.keys import Confidence
from cencori_guard.liveness import Liveness
from cencori_guard.models import ADVICE, Finding, Rule
from cencori_guard.triage.baseline import Entries, Entry, Identity, first_deaths, identity_of


class Renewed(NamedTuple):
    """The new entries; what is new in them, and what is no longer; what was left out, since its key works or may.

    ``dead``: of how many keys a first answer says that they are dead.
    """

    entries: Entries
    added: tuple[Identity, ...]
    dropped: tuple[Identity, ...]
    live: tuple[Finding, ...] = ()
    unknown: tuple[Finding, ...] = ()
    dead: int = 0


def update(
    before: Entries, findings: Sequence[Finding], now: int, *, asked: bool = False, while_dead: bool = False
) -> Renewed:
    """Add what was found and nothing excuses.  *now* in seconds since 1970.

    *asked*: the API was asked about the keys.  Then those that work are left out, with all
    that is there about them; those that may work are not added; and a first answer that a
    key is dead is remembered, and what is added for that is tied to it.  *while_dead*: tie
    all that is found to its key being dead.
    """
    live = [f for f in findings if f.liveness.status is Liveness.LIVE and f.rule not in ADVICE]
    works = {f.key.fingerprint() for f in live if f.key}
    entries = {i: entry for i, entry in before.items() if i.fingerprint not in works}
    deaths = first_deaths([before])
    unknown: list[Finding] = []
    first: set[str] = set()
    for finding in findings:
        identity = identity_of(finding, finding.location.path)
        if identity.fingerprint in works or (finding.suppressed and finding.suppressed.by != "baseline"):
            continue
        old, dead = entries.get(identity), _is_dead(finding)
        if old is None and asked and finding.leaked and not dead and finding.rule not in ADVICE:
            unknown.append(finding)
            continue
        if old is None and dead and finding.rule is Rule.STALE_KEY:
            continue  # nobody needs to replace it
        entry = old or Entry(while_dead=dead)
        if dead and (entry.dead is None or entry.dead > now):
            since = min(deaths.get(identity.fingerprint, now), now)
            first |= {identity.fingerprint} if since == now else set()
            entry = entry._replace(dead=since)
        tie = while_dead and finding.leaked is not None and finding.leaked.confidence is Confidence.EXACT
        entries[identity] = entry._replace(while_dead=entry.while_dead or tie)
    return Renewed(entries, _only(entries, before), _only(before, entries), tuple(live), tuple(unknown), len(first))


def _is_dead(finding: Finding) -> bool:
    """Whether the API says so of the whole key; what only looks like one may be another when it is cut elsewhere."""
    exact = finding.key is not None and finding.key.confidence is Confidence.EXACT
    return exact and finding.liveness.status is Liveness.DEAD


def prune(before: Entries, findings: Iterable[Finding], excluded: Callable[[str], bool]) -> Renewed:
    """Drop what is there about nothing that was found, at paths that are not *excluded* from being looked at."""
    found = {identity_of(finding, finding.location.path) for finding in findings}
    entries = {identity: entry for identity, entry in before.items() if identity in found or excluded(identity.path)}
    return Renewed(entries, (), _only(before, entries))


def _only(some: Entries, others: Entries) -> tuple[Identity, ...]:
    return tuple(sorted(identity for identity in some if identity not in others))
