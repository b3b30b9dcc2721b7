"""Which rule a key breaks where it stands, and how bad that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cencori_guard.classify.contexts import context_of
from cencori_guard.frameworks.layout import Layout
from cencori_guard.keys import Confidence, Environment, Key, Kind
from cencori_guard.models import Blob, Context, Finding, Held, Location, Match, Opened, Rule, Severity, State
from cencori_guard.remedy import advice

_RULES = {
    Context.CLIENT_BUNDLE: Rule.KEY_IN_CLIENT_BUNDLE,
    Context.CLIENT_SOURCE: Rule.KEY_IN_CLIENT_SOURCE,
    Context.ENV_FILE: Rule.KEY_IN_ENV_FILE,
    Context.GIT_METADATA: Rule.KEY_IN_GIT_METADATA,
}
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


def classify(matches: Iterable[Match], layout: Layout, held: Held) -> Iterator[Finding]:
    """Yield the finding of each match that is one.

    A key in an env file that shared rules ignore and git does not track is where it
    belongs: no finding, unless the file lies in what ships.
    """
    for match in matches:
        blob, key = match.blob, match.key
        context = context_of(blob, layout, key, match.side)
        if context is Context.ENV_FILE and blob.ignored and not blob.tracked:
            continue
        rule = _RULES.get(context, Rule.KEY_IN_SOURCE)
        state = held.of(blob, key)
        exposure = held.exposure(blob, key)
        remedy = advice.for_key(match, rule, context, state, exposure, backend=layout.backend(blob.path))
        yield Finding(
            rule,
            severity_of(key, context),
            _message(match, context, state),
            Location(blob.path, match.line, match.column, match.end_column, match.inside, match.decoded),
            context,
            remedy.steps,
            revoke=remedy.revoke,
            key=key,
            tracked=None if blob.repository is None else blob.tracked,
            state=state,
            exposure=exposure,
            excerpt=match.excerpt,
            notes=match.notes,
        )


def _message(match: Match, context: Context, state: State | None) -> str:
    key = match.key
    what = _NOUNS[key.kind]
    if key.environment is Environment.TEST:
        what += " (test)"
    if key.confidence is Confidence.LIKELY:
        what = f"what looks like a {what}"
    where = _in_metadata(match) if context is Context.GIT_METADATA else _in_file(match.blob, context, state)
    if match.blob.opened is Opened.ARCHIVE:
        where = f"in the names or the remarks of an archive ({where})"
    elif match.line is None and context is not Context.GIT_METADATA:
        where = f"in the name of a file ({where})"
    written = [layer for layer in match.decoded if not layer.startswith("utf-16")]
    how = f"in {' of '.join(written)}, " if written else ""
    sentence = f"{what} {key.redacted} {how}{where}"
    return sentence[0].upper() + sentence[1:]


def _in_file(blob: Blob, context: Context, state: State | None) -> str:
    if state in (State.HISTORY, State.DANGLING):
        past = "in git's history" if state is State.HISTORY else "in git, where no branch or tag reaches it"
        kind = {Context.CLIENT_BUNDLE: "in what was shipped to people, ", Context.ENV_FILE: "in an env file "}
        return kind.get(context, "") + past
    if context is Context.CLIENT_BUNDLE:
        return "in what is shipped to people"
    if context is Context.ENV_FILE:
        return "in an env file that " + ("git tracks" if blob.tracked else "no committed rule ignores")
    if context is Context.DOCUMENT:
        return "in a document"
    if context is Context.CLIENT_SOURCE:
        return "in source that runs in the browser"
    if blob.repository is not None and not blob.tracked and not blob.ignored:
        return "in a file that git would track"
    return "in a file that git tracks" if blob.tracked else "in a file"


def _in_metadata(match: Match) -> str:
    kind = match.blob.path.partition(b":")[0].decode("ascii")
    if kind in ("commit", "tag"):
        return f"in the message of a {kind}" if match.line else f"in the header of a {kind}"
    return {
        "note": "in a note on a commit",
        "ref": "in the name of a ref",
        "remote": "in the URL of a remote",
        "message": "in the message of this commit",
    }[kind]
