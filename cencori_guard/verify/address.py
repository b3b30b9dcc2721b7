"""Where the API is asked: from a flag or the environment, and never from what is scanned."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from cencori_guard.errors import UsageError

DEFAULT: Final = "https://cencori.com/api/v1"
VARIABLE: Final = "CENCORI_GUARD_API_URL"
# What reads little, costs nothing, and is documented: ``content/docs/api/metrics.mdx``.
_BELOW_HOST, _ENDPOINT = "/api/v1", "/metrics?period=24h"


class Address(NamedTuple):
    """The *url* of the one endpoint that is asked, and the *host* to tell people about.

    ``plain``: it is asked without TLS, which is for this machine itself alone.
    """

    url: str
    host: str
    plain: bool


def parse(given: str, source: str) -> Address:
    """The address for the base URL *given*, which *source* (an option, a variable) states.

    A base URL with a path is taken as it is, one without gets that of the API.  Raises
    :class:`UsageError` for all but https, or http to this machine itself.
    """
    given = given.strip()
    if not given.isascii() or not given.isprintable() or " " in given:  # some would be passed over in silence
        raise UsageError(f"{source} has characters that no URL has: {DEFAULT} is one")
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{source} is no URL: {DEFAULT} is one") from error
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or not _is_name(host, bracketed="[" in parts.netloc):
        raise UsageError(f"{source} is no URL of an API: {DEFAULT} is one")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UsageError(f"{source}: leave out user, password, query and fragment; all but host and path is ours")
    plain = parts.scheme == "http"
    if plain and not _is_loopback(host):
        raise UsageError(f"{source}: keys are sent over https only (http is for this machine itself)")
    path = parts.path.rstrip("/") or _BELOW_HOST
    shown = _shown(parts, host, port)
    return Address(f"{parts.scheme}://{shown}{path}{_ENDPOINT}", shown, plain)


def _shown(parts: SplitResult, host: str, port: int | None) -> str:
    host = f"[{host}]" if ":" in host else host
    return host if port in (None, {"http": 80, "https": 443}[parts.scheme]) else f"{host}:{port}"


def _is_name(host: str, *, bracketed: bool) -> bool:
    if bracketed:
        try:
            return ip_address(host).version == 6
        except ValueError:
            return False
    return host.isascii() and all(c.isalnum() or c in "-._" for c in host)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
