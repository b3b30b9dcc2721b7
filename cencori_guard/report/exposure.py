"""An exposure as a sentence."""

from __future__ import annotations

from datetime import date

from cencori_guard.keys import redact
from cencori_guard.models import Exposure, State

_DAY = 86_400
_SHORT = 10  # digits of a commit's id
_NAMED = 3  # refs


def sentence(held: Exposure, state: State | None, today: str) -> str:
    """How long git has held a key, from where to where, and what still reaches it.  *today* as ``YYYY-MM-DD``, UTC."""
    parts = [_since(held, today)]
    if held.versions > 1:
        parts.append(f"in {held.versions:,} versions of the file")
    if held.last_commit and held.last_commit != held.commit:
        of = f" of {held.last_date[:10]}" if held.last_date else ""
        parts.append(f"{'now' if state is State.TIP else 'last'} in {held.last_commit[:_SHORT]}{of}")
    parts.append(_reached(held, state))
    return "; ".join(parts) + "."


def _since(held: Exposure, today: str) -> str:
    by = f" by {held.author}" if held.author else ""
    first = f"{held.commit[:_SHORT]}{by}" if held.commit else by.strip()
    if held.since is None or held.date is None:
        return f"In git since {first}" if first else "In git"
    days = (date.fromisoformat(today) - date(1970, 1, 1)).days - held.since // _DAY
    lasted = f" for {days:,} day{'' if days == 1 else 's'}," if days > 0 else ""
    return f"In git{lasted} since {held.date[:10]}" + (f" ({first})" if first else "")


def _reached(held: Exposure, state: State | None) -> str:
    if not held.refs:
        return "no branch or tag reaches it" if state is State.DANGLING else "reached by no ref that was looked at"
    names = [redact(ref) for ref in held.refs[:_NAMED]]
    more = len(held.refs) - len(names) + held.more_refs
    if more:
        names.append(f"{more:,} more")
    listed = ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
    return f"{'reached by' if state is State.TIP else 'still reached by'} {listed}"
