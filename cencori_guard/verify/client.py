"""One request, one answer: how the API is spoken to."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

from cencori_guard import __version__
from cencori_guard.errors import UsageError
from cencori_guard.keys import Key
from cencori_guard.liveness import Answer, Liveness
from cencori_guard.verify.address import Address
from cencori_guard.verify.judge import judge, retry_after_of

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 64 << 10
# Seconds for each answer.
PATIENCE = 5.0
_LOGGERS = (
    "httpx", "httpcore", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks",
)  # fmt: skip


class Reply(NamedTuple):
    """What one request gave.

    ``retry_after``: the seconds after which to ask again, where that is asked for.  ``late``: nothing came in time.
    """

    answer: Answer
    retry_after: float | None = None
    late: bool = False


class Client:
    """Asks one address about keys.  Redirects are not followed, cookies and connections not kept."""

    def __init__(self, address: Address) -> None:
        """Raises :class:`UsageError` where what the environment says of proxies and certificates is of no use."""
        import httpx  # 60 ms, for those alone who ask

        # With it, whoever records the traffic reads the key.
        os.environ.pop("SSLKEYLOGFILE", None)
        # What the other side says may be an echo of the key.
        for name in _LOGGERS:
            logging.getLogger(name).disabled = True
        self._httpx = httpx
        self._url = address.url
        # Without TLS nothing may leave this machine, so no proxy either.
        self._trust_env = not address.plain
        self._certificates: ssl.SSLContext | bool
        try:
            self._certificates = False if address.plain else httpx.create_ssl_context()
            if not address.plain:
                _check_proxies()
            self.connect().close()
        except (ValueError, OSError, ImportError, httpx.InvalidURL) as error:
            raise UsageError(
                "the proxy or the certificates that the environment names (HTTPS_PROXY, ALL_PROXY, NO_PROXY, "
                f"SSL_CERT_FILE, SSL_CERT_DIR) cannot be used: {type(error).__name__}"
            ) from None

    def connect(self) -> httpx.Client:
        """What makes one request, and can be closed while it does."""
        return self._httpx.Client(
            verify=self._certificates,
            follow_redirects=False,
            timeout=PATIENCE,
            trust_env=self._trust_env,
            limits=self._httpx.Limits(max_keepalive_connections=0),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={
                "User-Agent": f"cencori-guard/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
        )

    def request(self, key: Key) -> Request:
        """The request about *key*, to be made."""
        return Request(self, key)

    def get(self, connection: httpx.Client, key: Key, check: Callable[..., None]) -> Reply:
        """Send *key*, and say what comes back; *check* is called at each step, and may raise."""
        headers = {"Authorization": key.bearer().decode("ascii")}
        with connection.stream("GET", self._url, headers=headers, extensions={"trace": check}) as response:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                return _unknown("the answer is compressed, which nobody asked for")
            body = bytearray()
            for chunk in response.iter_raw():
                check()
                body += chunk
                if len(body) > MOST_BYTES:
                    return _unknown("the answer is longer than 64 KiB: it is not that of the API")
            answer = judge(response.status_code, bytes(body))
            if response.status_code != 429:
                return Reply(answer)
            wait = retry_after(response.headers.get("retry-after"), datetime.now(UTC))
            return Reply(answer, retry_after_of(bytes(body)) if wait is None else wait)

    def failure(self, error: BaseException) -> Reply:
        """What *error* means for those who wait."""
        return _unknown(self._why(error))._replace(late=isinstance(error, self._httpx.TimeoutException))

    def _why(self, error: BaseException) -> str:
        """What went wrong, in words of ours."""
        httpx, seen = self._httpx, error
        while seen.__cause__ or seen.__context__:
            seen = seen.__cause__ or seen.__context__ or seen
            if isinstance(seen, ssl.SSLCertVerificationError):
                return "the certificate of the host cannot be verified"
            if isinstance(seen, ssl.SSLError):
                return "no secure connection could be made (TLS)"
        if isinstance(error, httpx.TimeoutException):
            return f"no answer within {PATIENCE:g} s"
        if isinstance(error, httpx.ProxyError):
            return "the proxy refused"
        if isinstance(error, httpx.ConnectError):
            return "the host cannot be reached"
        if isinstance(error, httpx.NetworkError | httpx.ProtocolError):
            return "the connection broke off, or what came was no answer"
        return f"the request failed ({type(error).__name__})"


def _check_proxies() -> None:
    """Raise ValueError for a proxy of the environment that is none: httpx would find out at the request."""
    for scheme, proxy in getproxies().items():
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if scheme in ("https", "all") and (not parts.hostname or parts.port == 0):
            raise ValueError


class Request:
    """One request, made in one thread, and given up in another."""

    def __init__(self, client: Client, key: Key) -> None:
        self._client = client
        self._key = key
        self._given_up = False
        self._connection: httpx.Client | None = None

    def make(self) -> Reply:
        """Send the key, and say what comes back.  Raises nothing: what goes wrong is a reason not to know."""
        try:
            self._connection = self._client.connect()
            with self._connection:
                return self._client.get(self._connection, self._key, self._check)
        except Exception as error:  # noqa: BLE001 - its words may hold anything: the kind alone is told
            return self._client.failure(error)

    def give_up(self) -> None:
        """Hang up.  Where there is no connection yet, the key is not sent when there is one."""
        self._given_up = True
        if self._connection:
            with suppress(Exception):
                self._connection.close()

    def _check(self, *_: object) -> None:
        if self._given_up:
            raise TimeoutError


def _unknown(reason: str) -> Reply:
    return Reply(Answer(Liveness.UNKNOWN, reason))


def retry_after(said: str | None, now: datetime) -> float | None:
    """The seconds to wait by a ``Retry-After`` header: a number or a date (RFC 9110, 10.2.3); None for any other."""
    if said is None or not said.isascii():
        return None
    said = said.strip()
    if said.isdigit():
        return float(said) if len(said) < 10 else None
    try:
        date = parsedate_to_datetime(said)
    except (ValueError, TypeError, OverflowError):
        return None
    if date.tzinfo is None:  # "-0000": UTC
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())
