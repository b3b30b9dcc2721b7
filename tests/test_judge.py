"""What an answer of the API is taken to mean, where the API may be, and when to ask again: all of it without a request.

The expectations are the judgement table of the design (2.2), and what the vendor's source sends.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cencori_guard.errors import UsageError
from cencori_guard.liveness import Liveness
from cencori_guard.verify import address
from cencori_guard.verify.client import retry_after
from cencori_guard.verify.judge import judge, retry_after_of
from tests import loopback

LIMITS = [
    "insufficient_permissions",
    "domain_not_allowed",
    "billing_frozen",
    "network_access_denied",
    "credit_balance_exhausted",
    "secret_key_required",
    "spend_cap_reached",
]
SHAPED = {"period": "24h", "requests": {"total": 0}}
PLACES = {
    "code": lambda word: {"code": word},
    "error": lambda word: {"error": word},
    "error.code": lambda word: {"error": {"code": word}},
    "code, and prose": lambda word: {"error": "Some prose", "message": "more", "code": word},
    "error.code, and prose": lambda word: {"error": {"code": word, "message": "prose", "type": "x"}},
}


def verdict(status: int, body: object) -> Liveness:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = judge(status, data)
    assert answer.reason, "an answer without a reason"
    assert not answer.believed, "whether to believe it is not for one answer to say"
    return answer.status


def test_the_documented_shape_with_200_is_live() -> None:
    assert judge(200, loopback.LIVE.body).status is Liveness.LIVE
    for body in (SHAPED, {**SHAPED, "more": 1}, {"period": None, "requests": None}):
        assert verdict(200, body) is Liveness.LIVE, body


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"period": "24h"},
        {"requests": {}},
        {"Period": "24h", "Requests": {}},
        {"data": SHAPED},
        [SHAPED],
        ["period", "requests"],
        "period requests",
        {"error": "Invalid API key"},
        {"code": "invalid_api_key"},
        {"error": {"code": "domain_not_allowed"}},
        None,
        True,
        b"",
        b"\xef\xbb\xbf",
        loopback.PORTAL.body,
        json.dumps(SHAPED).encode()[:-1],
        json.dumps(SHAPED).encode() + b"x",
        json.dumps(SHAPED).encode() * 2,
    ],
    ids=repr,
)
def test_200_of_any_other_shape_is_unknown(body: object) -> None:
    assert verdict(200, body) is Liveness.UNKNOWN


@pytest.mark.parametrize("status", [201, 202, 203, 204, 206, 299])
def test_the_documented_shape_with_another_status_is_not_live(status: int) -> None:
    assert verdict(status, SHAPED) is Liveness.UNKNOWN


@pytest.mark.parametrize("status", [402, 403])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("code", LIMITS)
def test_a_limit_is_live_and_names_the_limit(code: str, place: str, status: int) -> None:
    for word in (code, code.upper(), code.title()):
        answer = judge(status, json.dumps(PLACES[place](word)).encode())
        assert answer.status is Liveness.LIVE, word
        assert code in answer.reason, word


def test_every_refusal_that_the_vendor_sends_with_a_limit_is_live() -> None:
    for code, answer in loopback.LIMITED.items():
        said = judge(answer.status, answer.body)
        assert said.status is Liveness.LIVE, code
        assert code.lower() in said.reason


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("word", ["invalid_api_key", "INVALID_API_KEY", "Invalid API key", "invalid api key"])
def test_401_in_the_words_of_the_vendor_is_dead(word: str, place: str) -> None:
    assert verdict(401, PLACES[place](word)) is Liveness.DEAD


def test_every_refusal_that_the_vendor_sends_for_an_invalid_key_is_dead() -> None:
    for answer in loopback.ALL_DEAD:
        assert verdict(answer.status, answer.body) is Liveness.DEAD, answer


@pytest.mark.parametrize("status", [401, 402, 403])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"invalid_api_key",
        b"Invalid API key",
        b"<title>401</title> invalid_api_key domain_not_allowed",
        b'"invalid_api_key"',
        b'"domain_not_allowed"',
        b'["invalid_api_key", "domain_not_allowed"]',
        b'[{"code": "invalid_api_key"}, {"code": "domain_not_allowed"}]',
        b'{"code": "invalid_api_key"',
        b'{"code": "domain_not_allowed"} trailing',
        {},
        SHAPED,
        {"error": "Unauthorized"},
        {"error": "Forbidden"},
        {"error": True, "code": 401},
        {"code": ["invalid_api_key"], "error": ["domain_not_allowed"]},
        {"error": {"error": {"code": "invalid_api_key"}}},
        {"error": {"message": "Invalid API key", "type": "domain_not_allowed"}},
        {"message": "Invalid API key"},
        {"detail": "domain_not_allowed", "status": "invalid_api_key"},
        {"error": "Invalid API key, or so says this proxy"},
        {"code": "not_domain_not_allowed"},
        {"code": " invalid_api_key"},
        {"error": "Invalid token"},
        {"code": "rate_limit_exceeded"},
        {"code": "rate_limit_unavailable"},
    ],
    ids=repr,
)
def test_a_refusal_that_is_not_in_the_words_of_the_vendor_is_unknown(status: int, body: object) -> None:
    """A proxy, a portal or a firewall refuses too, and knows nothing of keys."""
    assert verdict(status, body) is Liveness.UNKNOWN


@pytest.mark.parametrize(
    "body",
    [
        json.loads(loopback.MISSING.body),
        {"error": "Missing API key"},
        {"error": "MISSING API KEY"},
        {"code": "missing_api_key"},
        {"error": "missing_api_key"},
        {"error": {"code": "MISSING_API_KEY"}},
        {"error": "Invalid API key", "code": "missing_api_key"},
        {"error": {"code": "missing_api_key"}, "code": "invalid_api_key"},
    ],
    ids=repr,
)
def test_a_key_that_did_not_arrive_is_not_dead(body: object) -> None:
    """A proxy that takes the header out makes the API say so of every key."""
    assert verdict(401, body) is Liveness.UNKNOWN


@pytest.mark.parametrize("status", [402, 403])
@pytest.mark.parametrize("limit", LIMITS)
def test_what_contradicts_itself_is_unknown(limit: str, status: int) -> None:
    assert verdict(status, {"error": "Invalid API key", "code": limit}) is Liveness.UNKNOWN
    assert verdict(status, {"error": {"code": limit}, "code": "INVALID_API_KEY"}) is Liveness.UNKNOWN


@pytest.mark.parametrize(
    "status", [100, 199, 300, 301, 302, 303, 304, 307, 308, 400, 404, 405, 407, 418, 422, 451, 500, 501, 502, 504, 599]
)
def test_a_status_that_the_table_does_not_name_says_nothing_whatever_the_body_says(status: int) -> None:
    for body in (SHAPED, {"code": "invalid_api_key"}, {"code": "domain_not_allowed"}, b""):
        assert verdict(status, body) is Liveness.UNKNOWN, body


def test_words_at_the_wrong_status_say_nothing() -> None:
    for status in (402, 403, 429, 503):
        assert verdict(status, {"error": "Invalid API key"}) is Liveness.UNKNOWN, status
    for limit in LIMITS:
        for status in (401, 429, 503):
            assert verdict(status, {"code": limit}) is Liveness.UNKNOWN, (limit, status)


def test_the_reason_says_what_is_in_the_way() -> None:
    """Each kind of unknown in words by which a person finds the cause."""
    for status, body, says in (
        (302, b"", "redirect (302)"),
        (404, b"", "404"),
        (401, b"", "401"),
        (403, b"<html>", "403"),
        (429, loopback.rate_limited().body, "429"),
        (500, b"", "500"),
        (503, loopback.UNAVAILABLE["rate_limit_unavailable"].body, "503: rate_limit_unavailable"),
        (503, loopback.UNAVAILABLE["pricing_catalog_unavailable"].body, "503: pricing_catalog_unavailable"),
        (200, loopback.PORTAL.body, "portal"),
        (401, loopback.MISSING.body, "did not get the key"),
    ):
        answer = judge(status, body)
        assert answer.status is Liveness.UNKNOWN, status
        assert says in answer.reason
    reasons = {judge(s, b"").reason for s in (200, 302, 401, 404, 429, 500)}
    assert len(reasons) == 6, "two kinds of unknown cannot be told apart"


@pytest.mark.parametrize("status", [200, 401, 403, 429, 500])
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 65536,
        b'{"error":' * 7000,
        b'{"error":' * 7000 + b"1" + b"}" * 7000,
        b"1" * 65536,
        b'{"period": ' + b"9" * 60000 + b"}",
        b"-1e99999",
        b"NaN",
        b'{"code": NaN, "error": Infinity}',
        b'{"error": {"code": NaN}}',
        b'{"code": "\\ud800", "error": "\\udfff"}',
        b'{"code": "\xff"}',
        b"\x00" * 100,
        b"\xff\xfe",
        b"\xfe\xff\xd8\x00",
        b"\x80" * 1000,
        b'{"": {}, "error": {"": ""}}',
        bytes(range(256)),
    ],
    ids=lambda body: repr(body[:24]) if isinstance(body, bytes) else None,
)
def test_nothing_that_comes_breaks_it(status: int, body: bytes) -> None:
    assert verdict(status, body) is Liveness.UNKNOWN
    assert retry_after_of(body) is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_another_encoding_turns_no_word_round(encoding: str) -> None:
    """The vendor sends UTF-8; whether others are read or not, dead never becomes live, nor live dead."""
    for status, body, plain in (
        (200, SHAPED, Liveness.LIVE),
        (401, {"code": "invalid_api_key"}, Liveness.DEAD),
        (403, {"code": "domain_not_allowed"}, Liveness.LIVE),
        (403, {"code": "invalid_api_key"}, Liveness.UNKNOWN),
        (200, {"code": "invalid_api_key"}, Liveness.UNKNOWN),
    ):
        assert verdict(status, json.dumps(body).encode(encoding)) in (plain, Liveness.UNKNOWN)


SENTINEL = "sentinel-7Q"
_WORDS = [*LIMITS, "invalid_api_key", "Invalid API key", "missing_api_key", "rate_limit_exceeded"]
_FAILURES = ["rate_limit_unavailable", "pricing_catalog_unavailable"]


def _in_any_case(word: str) -> st.SearchStrategy[str]:
    return st.sampled_from([word, word.upper(), word.title(), word.swapcase()])


# Words that mean something come whole; every other text has the sentinel in it.
words = st.sampled_from(_WORDS + _FAILURES).flatmap(_in_any_case)
texts = st.one_of(
    words,
    st.text(max_size=6).map(lambda text: text + SENTINEL),
    st.text(max_size=6).map(lambda text: SENTINEL + text),
    st.sampled_from(_WORDS).map(lambda word: word + SENTINEL),
    st.just("Missing API key " + SENTINEL),
)
names = st.one_of(st.sampled_from(["code", "error", "period", "requests", "message", "retry_after_ms"]), texts)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=5)),
    max_leaves=8,
)
# What looks most like an answer, so that the rare verdicts are not rare here.
likely = st.fixed_dictionaries(
    {},
    optional={
        "code": texts,
        "error": st.one_of(texts, st.fixed_dictionaries({}, optional={"code": texts, "message": texts})),
        "period": values,
        "requests": values,
        "message": texts,
    },
)
statuses = st.one_of(st.sampled_from([200, 401, 402, 403, 429, 503]), st.integers(100, 599))


def oracle(status: int, data: object) -> Liveness:
    """The table of the design, read by another."""
    if not isinstance(data, dict):
        return Liveness.UNKNOWN
    codes = [data.get("code"), data.get("error")]
    if isinstance(data.get("error"), dict):
        codes.append(data["error"].get("code"))
    said = [code.lower() for code in codes if isinstance(code, str)]
    invalid = "invalid_api_key" in said or "invalid api key" in said
    if status == 200 and "period" in data and "requests" in data:
        return Liveness.LIVE
    if status in (402, 403) and any(limit in said for limit in LIMITS) and not invalid:
        return Liveness.LIVE
    if status == 401 and invalid and "missing_api_key" not in said:
        return Liveness.DEAD
    return Liveness.UNKNOWN


@given(statuses, st.one_of(likely, values))
@example(200, {"period": SENTINEL, "requests": SENTINEL})
@example(401, {"error": "Invalid API key", "message": SENTINEL})
@example(403, {"code": "DOMAIN_NOT_ALLOWED", "error": SENTINEL})
@example(401, {"error": "Missing API key " + SENTINEL})
@example(503, {"code": "rate_limit_unavailable", "error": SENTINEL})
def test_any_json_is_judged_as_the_design_says_and_never_quoted(status: int, data: object) -> None:
    answer = judge(status, json.dumps(data).encode())
    assert answer.status is oracle(status, data)
    assert SENTINEL.lower() not in answer.reason.lower()


@given(statuses, st.binary(max_size=60), st.sampled_from([b"", b"{", b'{"code": "invalid_api_key"', b'["period",']))
def test_any_bytes_are_unknown_and_never_quoted(status: int, body: bytes, before: bytes) -> None:
    answer = judge(status, before + SENTINEL.encode() + body)
    assert answer.status is Liveness.UNKNOWN
    assert SENTINEL not in answer.reason


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b'{"retry_after_ms": 50}', 0.05),
        (b'{"retry_after_ms": 0}', 0.0),
        (b'{"retry_after_ms": 1500.5}', 1.5005),
        (b'{"retry_after_ms": 86400000}', 86400.0),
        (b'{"retry_after_ms": 86400001}', None),
        (b'{"retry_after_ms": 1e999}', None),
        (b'{"retry_after_ms": -1}', None),
        (b'{"retry_after_ms": ' + b"9" * 4000 + b"}", None),
        (b'{"retry_after_ms": NaN}', None),
        (b'{"retry_after_ms": -Infinity}', None),
        (b'{"retry_after_ms": true}', None),
        (b'{"retry_after_ms": "50"}', None),
        (b'{"retry_after_ms": null}', None),
        (b'{"retry_after_ms": [50]}', None),
        (b'{"error": {"retry_after_ms": 50}}', None),
        (b"[50]", None),
        (b"50", None),
        (b"", None),
        (b"<html>", None),
        (loopback.rate_limited(1200).body, 1.2),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else None,
)
def test_the_wait_that_a_body_asks_for(body: bytes, seconds: float | None) -> None:
    assert retry_after_of(body) == (seconds if seconds is None else pytest.approx(seconds))


NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0),
        ("1", 1),
        ("120", 120),
        (" 7 ", 7),
        ("007", 7),
        ("999999999", 999999999),
        ("9" * 10, None),
        ("9" * 5000, None),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60),
        ("Friday, 02-Jan-26 03:05:05 GMT", 60),
        ("Fri Jan  2 03:05:05 2026", 60),
        ("Fri, 02 Jan 2026 03:05:05 -0000", 60),
        ("Fri, 02 Jan 2026 04:05:05 +0100", 60),
        ("Fri, 02 Jan 2026 03:04:05 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 02 Jan 2026 03:04:04 -0000", 0),
        ("Fri, 31 Feb 2026 03:05:05 GMT", None),
        ("Fri, 02 Jan 99999 03:05:05 GMT", None),
        ("2026-01-02T03:05:05Z", None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("1e3", None),
        ("0x10", None),
        ("1, 2", None),
        ("1_000", None),
        ("nan", None),
        ("inf", None),
        ("१२", None),
        ("²", None),
        ("\x00", None),
        (None, None),
    ],
)
def test_the_wait_that_a_header_asks_for(said: str | None, seconds: int | None) -> None:
    assert retry_after(said, NOW) == seconds


_PARTS_OF_DATES = [
    "Fri,",
    "Jan",
    "02",
    "2026",
    "03:04:05",
    "GMT",
    "-0000",
    "+2359",
    "-9999",
    "9999",
    "0",
    ":",
    "-",
    "(",
]
dates = st.lists(
    st.one_of(
        st.sampled_from(_PARTS_OF_DATES),
        st.text(max_size=5),
        st.integers(-100, 100000).map(str),
    ),
    max_size=8,
).map(" ".join)


@given(st.one_of(st.text(), dates))
def test_no_header_breaks_it(said: str) -> None:
    seconds = retry_after(said, NOW)
    assert seconds is None or seconds >= 0


REST = "/metrics?period=24h"


@pytest.mark.parametrize(
    ("given_url", "url", "host", "plain"),
    [
        (address.DEFAULT, "https://cencori.com/api/v1", "cencori.com", False),
        ("https://cencori.com", "https://cencori.com/api/v1", "cencori.com", False),
        ("https://cencori.com/", "https://cencori.com/api/v1", "cencori.com", False),
        ("https://cencori.com/api/v1/", "https://cencori.com/api/v1", "cencori.com", False),
        ("  https://cencori.com  ", "https://cencori.com/api/v1", "cencori.com", False),
        ("https://x.example/other", "https://x.example/other", "x.example", False),
        ("https://x.example:8443", "https://x.example:8443/api/v1", "x.example:8443", False),
        ("https://x.example:8443/v2/", "https://x.example:8443/v2", "x.example:8443", False),
        ("https://x.example:443", "https://x.example/api/v1", "x.example", False),
        ("HTTPS://X.Example/V2", "https://x.example/V2", "x.example", False),
        ("https://192.0.2.1", "https://192.0.2.1/api/v1", "192.0.2.1", False),
        ("https://[2001:db8::1]:444", "https://[2001:db8::1]:444/api/v1", "[2001:db8::1]:444", False),
        ("https://127.0.0.1", "https://127.0.0.1/api/v1", "127.0.0.1", False),
        ("http://localhost", "http://localhost/api/v1", "localhost", True),
        ("http://localhost:80", "http://localhost/api/v1", "localhost", True),
        ("http://LOCALHOST:8080/x", "http://localhost:8080/x", "localhost:8080", True),
        ("http://127.0.0.1:1", "http://127.0.0.1:1/api/v1", "127.0.0.1:1", True),
        ("http://127.9.8.7", "http://127.9.8.7/api/v1", "127.9.8.7", True),
        ("http://[::1]", "http://[::1]/api/v1", "[::1]", True),
        ("http://[::1]:443/a", "http://[::1]:443/a", "[::1]:443", True),
    ],
)
def test_an_address_that_is_one(given_url: str, url: str, host: str, plain: bool) -> None:
    assert address.parse(given_url, "--api-url") == (url + REST, host, plain)


@pytest.mark.parametrize(
    "text",
    [
        "http://cencori.com",
        "http://cencori.com/api/v1",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://evil.example/localhost",
        "http://localhost@evil.example",
        "http://localhost:80@evil.example",
        "http://evil.example#localhost",
        "http://evil.example?localhost",
        "http://localhost.",
        "http://localhosts",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://128.0.0.1",
        "http://169.254.169.254",
        "http://[::]",
        "http://[::2]",
        "http://[fe80::1]",
        "http://[2001:db8::1]",
        "http://[::ffff:1.2.3.4]",
        "http://[::ffff:808:808]",
        "http://127.1",
        "http://2130706433",
        "http://0x7f.0.0.1",
        "http://0177.0.0.1",
        "http://127.0.0.1%2eevil.example",
        "http://127.0.0.1\\.evil.example",
        "http://１２７.0.0.1",
        "https://user@cencori.com",
        "https://user:secret@cencori.com",
        "https://:secret@cencori.com",
        "https://@cencori.com",
        "https://cencori.com?period=1y",
        "https://cencori.com/api/v1?x",
        "https://cencori.com/api/v1#x",
        "ftp://cencori.com",
        "file:///etc/passwd",
        "ws://localhost",
        "httpss://cencori.com",
        "javascript:alert(1)",
        "data:,x",
        "cencori.com",
        "cencori.com/api/v1",
        "//cencori.com",
        "localhost:8080",
        "127.0.0.1:8080",
        "",
        " ",
        "https://",
        "https:",
        "https:///api/v1",
        "https:cencori.com",
        "https://:443",
        "https://cencori.com:port",
        "https://cencori.com:99999",
        "https://cencori.com:-1",
        "https://[::1",
        "https://::1]",
        "https://[localhost]",
        "https://cencori .com",
        "https://cencori.com/a b",
        "https://cencori.com/\x00",
        "https://cencori.com/\x1b[2J",
        "https://cencori.com/\x7f",
        "https://cencori\x00.com",
        "https://cencori.com/é",
        "https://cencori.com/\u202e",
        "https://cençori.com",
        "https://ｃencori.com",
        "https://cencori.com\\@evil.example",
        "https://cencori.com\udcff",
        "garbage",
        "http",
        "\ud800",
        "x" * 100_000,
    ],
    ids=lambda text: repr(text[:60]),
)
def test_an_address_that_is_refused(text: str) -> None:
    """Before anything is sent: keys go over https, or to this machine itself, and to nobody who is not shown."""
    with pytest.raises(UsageError) as refused:
        address.parse(text, "--api-url")
    assert "--api-url" in str(refused.value), "the message does not say what to mend"
    assert "secret" not in str(refused.value), "a password is shown"


@pytest.mark.parametrize(
    "text",
    [
        "https://cen\tcori.com",
        "https://cen\ncori.com",
        "https://cencori.com\r\n.evil.example",
        "https://cencori.com/a\npi",
        "ht\ntps://cencori.com",
        "\x00https://cencori.com",
        "\x1bhttps://cencori.com",
    ],
    ids=repr,
)
def test_an_address_with_control_characters_is_refused(text: str) -> None:
    """They are no part of any URL; dropped in silence, they make another one of it than what is read."""
    with pytest.raises(UsageError):
        address.parse(text, "--api-url")


_HOSTS = ["localhost", "127.0.0.1", "[::1]", "evil.example", "[::ffff:1.2.3.4]", "0x7f", "user"]
_MARKS = ["https://", "http://", ":", "@", "/", "//", "\\", "?", "#", "%2e", "%40", ".", "..", ":80", ":443", "[", "]"]
_SPACES = ["\t", "\n", "\r", " "]
pieces = st.lists(st.one_of(st.sampled_from(_HOSTS + _MARKS + _SPACES), st.text(max_size=3)), max_size=7)


@given(st.sampled_from(["", "https://", "http://", "http://localhost", "http://127.0.0.1"]), pieces)
def test_who_is_shown_is_who_is_asked(start: str, rest: list[str]) -> None:
    """Whatever is given: it is refused, or the client takes the host for the same one, and plain http stays here."""
    try:
        parsed = address.parse(start + "".join(rest), "--api-url")
    except UsageError:
        return
    try:
        url = httpx.URL(parsed.url)
    except httpx.InvalidURL:
        return  # nothing is sent
    port = f":{url.port}" if url.port else ""
    host = f"[{url.host}]" if ":" in url.host else url.host
    assert host + port == parsed.host.removesuffix(":0")
    assert url.scheme == ("http" if parsed.plain else "https")
    assert not url.userinfo
    assert url.query == b"period=24h"
    assert url.path.endswith("/metrics")
    if parsed.plain:
        assert url.host in ("localhost", "::1") or (url.host.startswith("127.") and url.host.count(".") == 3)
