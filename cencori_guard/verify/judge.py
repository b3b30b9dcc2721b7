"""What an answer of the API says of the key that it was asked with: a pure function of status and body.

Facts: the documentation (``content/docs/api/errors.mdx``, ``authentication.mdx`` and
``metrics.mdx`` in ``github.com/cencori/cencori``), and what the source there sends
(``app/api/v1/metrics/route.ts``, ``app/api/v1/models/route.ts``,
``lib/gateway-middleware.ts``): ``{"error": "Invalid API key"}``, or the code
``invalid_api_key`` as ``code``, ``error`` or ``error.code``.
"""

from __future__ import annotations

import json
from typing import Any, Final

from cencori_guard.liveness import Answer, Liveness

# The key is known, and something else is in the way: for whoever has it, that may change any day.
LIMITS: Final = (
    "insufficient_permissions",
    "domain_not_allowed",
    "billing_frozen",
    "network_access_denied",
    "credit_balance_exhausted",
    "secret_key_required",
    "spend_cap_reached",
)
_INVALID: Final = frozenset(("invalid_api_key", "invalid api key"))
_MISSING: Final = "missing_api_key"
# What the metrics endpoint answers with, at the least.
_SHAPE: Final = frozenset(("period", "requests"))
_FAILURES: Final = ("rate_limit_unavailable", "pricing_catalog_unavailable")


def judge(status: int, body: bytes) -> Answer:
    """What an answer with that HTTP *status* and that whole *body* means.

    Whatever is not understood for certain is unknown.  No reason quotes the answer: it may
    hold anything, the key too.
    """
    data = _object(body)
    said = _codes(data)
    if status == 200:
        if data is not None and data.keys() >= _SHAPE:
            return Answer(Liveness.LIVE, "the API accepts it")
        return _unknown("the answer (200) is not that of the API: a proxy or a portal may have given it")
    if status in (402, 403) and not said & _INVALID:
        limits = [code for code in LIMITS if code in said]
        if limits:
            return Answer(Liveness.LIVE, f"the API accepts it, with limits: {limits[0]}")
    if status == 401:
        if said & _INVALID and _MISSING not in said:
            return Answer(Liveness.DEAD, "the API says that it is invalid or revoked")
        if _MISSING in said or any(word.startswith("missing api key") for word in said):
            return _unknown("the API did not get the key (401): something on the way takes the header out")
    if status in (401, 402, 403):
        return _unknown(f"refused ({status}), but not in the API's words: a proxy or a portal may have answered")
    if status == 429:
        return _unknown("the API limits the rate of requests (429): ask again later")
    if 300 <= status < 400:
        return _unknown(f"the answer is a redirect ({status}), which is not followed")
    if status >= 500:
        why = next((f": {code}" for code in _FAILURES if code in said), "")
        return _unknown(f"the API failed ({status}{why})")
    return _unknown(f"the answer ({status}) says nothing of the key")


def retry_after_of(body: bytes) -> float | None:
    """The seconds that the body of a 429 asks to wait (``retry_after_ms``); None where it does not say."""
    said = (_object(body) or {}).get("retry_after_ms")
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    return said / 1000 if 0 <= said <= 86_400_000 else None


def _unknown(reason: str) -> Answer:
    return Answer(Liveness.UNKNOWN, reason)


def _object(body: bytes) -> dict[str, Any] | None:
    """The JSON object that *body* is; None where it is anything else."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _codes(data: dict[str, Any] | None) -> frozenset[str]:
    """What *data* gives as a code, in lower case."""
    if data is None:
        return frozenset()
    error = data.get("error")
    inner = error.get("code") if isinstance(error, dict) else None
    return frozenset(word.lower() for word in (data.get("code"), error, inner) if isinstance(word, str))
