"""Which rule a key breaks where it stands, and how bad that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cencori_guard.classify.contexts import HoldsWebFiles, context_of
from cencori_guard.keys import Confidence, Environment, Key, Kind
from cencori_guard.models import Blob, Context, Finding, Location, Match, Rule, Severity, State
from cencori_guard.remedy import advice
from cencori_guard.text import shown

StateOf = Callable[[Blob, Key], State | None]

_NOUNS = {
    Kind.LEGACY: "Cencori API key",
    Kind.SECRET: "Cencori secret key",
    Kind.PUBLISHABLE: "publishable Cencori key",
    Kind.AGENT: "Cencori agent key",
    Kind.OPAQUE: "Cencori key",
}


def severity_of(key: Key, context: Context) -> Severity:
    """Kind × context: critical in what ships, else high; one lower for test keys, one for likely ones."""
    if key.kind is Kind.PUBLISHABLE:
        return Severity.INFO
    worst = Severity.CRITICAL if context is Context.CLIENT_BUNDLE else Severity.HIGH
    return Severity(worst - (key.environment is Environment.TEST) - (key.confidence is Confidence.LIKELY))


def classify(matches: Iterable[Match], holds_web_files: HoldsWebFiles, state_of: StateOf) -> Iterator[Finding]:
    """Yield the finding of each match that is one.

    A key in an env file that shared rules ignore and git does not track is where it
    belongs: no finding, unless the file lies in what ships.
    """
    for match in matches:
        blob, key = match.blob, match.key
        context = context_of(blob.path, holds_web_files)
        if context is Context.ENV_FILE and blob.ignored and not blob.tracked:
            continue
        rule = {Context.CLIENT_BUNDLE: Rule.KEY_IN_CLIENT_BUNDLE, Context.ENV_FILE: Rule.KEY_IN_ENV_FILE}.get(
            context, Rule.KEY_IN_SOURCE
        )
        state = state_of(blob, key)
        path = shown(blob.path)
        yield Finding(
            rule,
            severity_of(key, context),
            _message(match, context),
            Location(blob.path, match.line, match.column, match.end_column, (), match.decoded),
            context,
            advice.for_key(key, rule, context, state, path, tracked=blob.tracked),
            key=key,
            tracked=None if blob.repository is None else blob.tracked,
            state=state,
            excerpt=match.excerpt,
            notes=match.notes,
        )


def _message(match: Match, context: Context) -> str:
    key, blob = match.key, match.blob
    what = _NOUNS[key.kind]
    if key.environment is Environment.TEST:
        what += " (test)"
    if key.confidence is Confidence.LIKELY:
        what = f"what looks like a {what}"
    where = {
        Context.CLIENT_BUNDLE: "in what is shipped to people",
        Context.ENV_FILE: "in an env file that " + ("git tracks" if blob.tracked else "no committed rule ignores"),
        Context.DOCUMENT: "in a document",
        Context.SOURCE: "in a file that git tracks" if blob.tracked else "in a file",
    }[context]
    if blob.repository is not None and not blob.tracked and not blob.ignored and context is Context.SOURCE:
        where = "in a file that git would track"
    if match.line is None:
        where = f"in the name of a file ({where})"
    sentence = f"{what} {key.redacted} {where}"
    return sentence[0].upper() + sentence[1:]
