"""How a leaked key is replaced and revoked, by what is known of it.  Pure text, as in ``advice.py``.

The order is the vendor's for rotation: create, put to use, verify, revoke the old one
(``content/docs/platform/api-keys.mdx`` in ``github.com/cencori/cencori``).  Keys are created and
revoked in the dashboard alone; it lists a key by its prefix and four characters more.  That a
revoked key may be answered for about two minutes more comes of the gateway's cache
(``lib/gateway-middleware.ts`` there).
"""

from __future__ import annotations

from cencori_guard.keys import Confidence, Key, Kind
from cencori_guard.liveness import Answer, Liveness
from cencori_guard.models import Finding, Revoke

_CHECK = "`cencori-guard verify`, with the old key on standard input"


def complete(finding: Finding) -> tuple[str, ...]:
    """All steps for *finding*: to make the key worthless, and to clean up, in the order that fits its case."""
    key, clean_up = finding.key, finding.remedy
    if key is None or key.kind is Kind.PUBLISHABLE or finding.revoke is Revoke.NO:
        return clean_up
    if finding.liveness.status is Liveness.DEAD:
        return _dead(key, finding.liveness), *clean_up
    if finding.revoke is Revoke.FIRST:
        return *_replace(key), *clean_up
    once = _in_one_step(key)
    if finding.revoke is Revoke.IF_LEFT_FIRST:
        return f"If it has ever left this machine, {once}.", *clean_up
    if finding.revoke is Revoke.IF_DEPLOYED:
        return *clean_up, f"If a build with it was ever deployed, {once}."
    return *clean_up, f"If it stands in an older commit or has left this machine in any other way, {once}."


def _replace(key: Key) -> tuple[str, ...]:
    return (
        "Create a new key in the Cencori dashboard (Settings > API of the project), deploy it, and see that it works; "
        "if nothing uses the old one, go straight on.",
        f"Revoke {key.redacted} there: the dashboard lists it by these characters. It may be answered for about two "
        "minutes more.",
        f"See that it is dead: {_CHECK}.",
    )


def _in_one_step(key: Key) -> str:
    return (
        f"put a new key in its place, revoke {key.redacted} in the Cencori dashboard (which lists it by these "
        f"characters), and see, two minutes later, that it is dead: {_CHECK}"
    )


def _dead(key: Key, answer: Answer) -> str:
    if answer.believed:
        return "Nothing is left to revoke. What follows cleans up, so that nobody copies it or wonders."
    if key.confidence is Confidence.LIKELY:
        return (
            f"Look into the Cencori dashboard for a key that begins with {key.redacted}, and revoke it: whether what "
            "stands here is all of it, no answer can tell."
        )
    return (
        f"Make sure that {key.redacted} is revoked: look into the Cencori dashboard, which lists it by these "
        "characters; or ask again with `--control-env NAME`, the variable of a key that works."
    )
