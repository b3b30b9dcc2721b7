"""What answers of the API change about findings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from time import gmtime, strftime

from cencori_guard.keys import Confidence, Key
from cencori_guard.liveness import NOT_ASKED, Answer, Liveness
from cencori_guard.models import ADVICE, Finding, Rule, Severity

# Seconds between a first answer that a key is dead and one that makes it believed.
APART = 600

_ONCE = "a single answer may be a failed look-up, so it is not believed yet"
_TOO_SOON = "ten minutes have to lie between two such answers"
_NO_END = Answer(Liveness.UNKNOWN, "not asked to the end")


def keys_to_ask(findings: Iterable[Finding]) -> Collection[Key]:
    """The keys that have leaked, or are about to; publishable ones are never sent, nor those that only are shared."""
    return dict.fromkeys(finding.leaked for finding in findings if finding.leaked)


def apply(
    findings: Iterable[Finding],
    asked: Collection[Key],
    answers: Mapping[Key, Answer],
    first_dead: Callable[[Key], int | None],
    now: int,
) -> Iterator[Finding]:
    """Yield each finding with its liveness, and the severity that follows from it.

    *first_dead*: when a key was remembered to be dead, as *now* in seconds since 1970.
    """
    weighed = {key: weigh(key, answers.get(key, _NO_END), first_dead(key), now) for key in asked}
    for finding in findings:
        answer = weighed.get(finding.key, NOT_ASKED) if finding.key else NOT_ASKED
        if answer.believed and finding.rule is Rule.STALE_KEY:
            continue  # nobody needs to replace it
        yield finding._replace(liveness=answer, severity=_severity(finding, answer))


def _severity(finding: Finding, answer: Answer) -> Severity:
    if answer.status is Liveness.LIVE and finding.rule not in ADVICE:
        return Severity.CRITICAL
    return min(finding.severity, Severity.LOW) if answer.believed else finding.severity


def weigh(key: Key, answer: Answer, first: int | None, now: int) -> Answer:
    """*answer*, and whether it is believed where it says that *key* is dead; *first*, *now* as in :func:`apply`."""
    if answer.status is not Liveness.DEAD:
        return answer
    if key.confidence is Confidence.LIKELY:
        # What was asked about may be more than the key, or less.
        return answer._replace(believed=False, reason=f"{answer.reason}; but where it ends is a guess")
    if answer.believed:
        return answer
    if first is None or first > now:
        return answer._replace(reason=f"{answer.reason}; {_ONCE}")
    since = strftime("%Y-%m-%d %H:%M UTC", gmtime(first))
    if now - first >= APART:
        return Answer(Liveness.DEAD, f"{answer.reason}, as it did on {since}", believed=True)
    return answer._replace(reason=f"{answer.reason}, as it did on {since}; {_TOO_SOON}")
