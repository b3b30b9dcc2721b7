"""The vendor's API and an HTTP proxy, for real on 127.0.0.1, in threads of the test process.

A program that runs as a process of its own asks them as it would ask the true ones.  What a test reads afterwards
(``requests``, ``asked``, ``most_at_once``) is settled before the client has its answer in full: no test has to wait.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import select
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple, Self

import trustme


class Answer(NamedTuple):
    """What one request gets."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None  # written as is instead of a response, then the connection is closed
    delay: float = 0.0  # seconds before anything is written
    drip: float = 0.0  # seconds between single bytes, those of the status line and the headers too
    cut: int | None = None  # the connection is closed after that many bytes of the body; all of them were announced
    endless: bool = False  # after the body come spaces, which JSON allows, until the client hangs up


class Request(NamedTuple):
    """What a client asked."""

    method: str
    path: str  # with the query; to a proxy, the target
    headers: dict[str, str]  # by lower-cased name
    key: str | None  # what stands after "Bearer"


def say(status: int, body: object, *headers: tuple[str, str]) -> Answer:
    """*body* as JSON."""
    return Answer(status, json.dumps(body).encode(), headers)


def refusal(status: int, code: str) -> Answer:
    """A refusal in the vendor's usual form."""
    words = code.replace("_", " ").capitalize()
    return say(status, {"error": words, "message": f"{words}, says the API.", "code": code})


def rate_limited(milliseconds: int = 50, retry_after: str | None = None) -> Answer:
    """Too many requests; with a Retry-After header if one is given (seconds, a date, or nonsense)."""
    body = {"error": "Rate limit exceeded", "code": "rate_limit_exceeded", "retry_after_ms": milliseconds}
    return say(429, body, *([] if retry_after is None else [("Retry-After", retry_after)]))


LIVE = say(
    200,
    {
        "period": "24h",
        "start_date": "2026-01-01T03:04:05.000Z",
        "end_date": "2026-01-02T03:04:05.000Z",
        "requests": {"total": 3, "success": 3, "error": 0, "filtered": 0, "success_rate": 100},
        "cost": {"total_usd": 0.0123, "average_per_request_usd": 0.0041},
        "tokens": {"prompt": 120, "completion": 45, "total": 165},
        "latency": {"avg_ms": 410, "p50_ms": 400, "p90_ms": 520, "p99_ms": 520},
        "providers": {},
        "models": {},
    },
)
DEAD = say(401, {"error": "Invalid API key"})
_NESTED = {"message": "Invalid API key", "type": "invalid_request_error", "code": "invalid_api_key"}
ALL_DEAD = (  # every form in which the vendor says so
    DEAD,
    say(401, {"error": "Invalid API key", "code": "invalid_api_key"}),
    say(401, {"error": _NESTED}),
    say(401, {"error": "INVALID_API_KEY"}),
    say(401, {"code": "INVALID_API_KEY"}),
)
MISSING = say(401, {"error": "Missing API key. Use Authorization: Bearer <api_key>"})
_FORBIDDEN = (
    "domain_not_allowed",
    "billing_frozen",
    "network_access_denied",
    "credit_balance_exhausted",
    "secret_key_required",
    "INSUFFICIENT_PERMISSIONS",
)
# By code: the key is good, but not for this.
LIMITED = {code: refusal(403, code) for code in _FORBIDDEN} | {"spend_cap_reached": refusal(402, "spend_cap_reached")}
_PRICING = {"message": "No prices", "type": "service_unavailable", "code": "pricing_catalog_unavailable"}
UNAVAILABLE = {
    "rate_limit_unavailable": refusal(503, "rate_limit_unavailable"),
    "pricing_catalog_unavailable": say(503, {"error": _PRICING}),
}
NO_SUCH_PATH = say(404, {"error": "Not found"})
PORTAL = Answer(200, b"<!doctype html><title>Welcome</title><h1>Sign in</h1>\n", (("Content-Type", "text/html"),))


@functools.cache
def authority() -> trustme.CA:
    """The one that signs the certificates here; nobody trusts it but who is told to."""
    return trustme.CA()


def authority_file(folder: Path) -> Path:
    """The authority's certificate in a file, for SSL_CERT_FILE."""
    path = folder / "authority.pem"
    authority().cert_pem.write_to_path(path)
    return path


@functools.cache
def certificate(*names: str) -> trustme.LeafCert:
    """A good one, for *names* or for this machine."""
    return authority().issue_cert(*(names or ("localhost", "127.0.0.1")))


@functools.cache
def bad_certificate(fault: Literal["name", "expired", "authority"]) -> trustme.LeafCert:
    """One that a client must refuse: another host's, one of the past, or one that an unknown authority signed."""
    if fault == "name":
        return certificate("other.example.invalid")
    if fault == "authority":
        return trustme.CA().issue_cert("localhost", "127.0.0.1")
    past = datetime.now() - timedelta(days=2)
    return authority().issue_cert("localhost", "127.0.0.1", not_before=past - timedelta(days=28), not_after=past)


def _hung_up(client: socket.socket, within: float = 0.0) -> bool:
    """Whether the client goes *within* so many seconds: as it waits for an answer, that is all it can have to say."""
    watch = select.poll()
    watch.register(client, select.POLLIN)
    return bool(watch.poll(within * 1000))


def _read_head(client: socket.socket, rest: bytes = b"") -> tuple[bytes, bytes]:
    """What comes up to the first empty line, and what came after it; nothing if the client goes before that."""
    while b"\r\n\r\n" not in rest:
        data = client.recv(65536)
        if not data or not (rest + data)[:1].isupper():  # the end, or no HTTP: TLS, for one, would wait for an answer
            return b"", b""
        rest += data
    head, _, rest = rest.partition(b"\r\n\r\n")
    return head, rest


def _parse(head: bytes) -> Request:
    line, *fields = head.decode("latin-1").split("\r\n")
    method, path, _ = line.split(" ")
    headers: dict[str, str] = {}
    for name, _, value in (field.partition(":") for field in fields):
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return Request(method, path, headers, key if scheme.lower() == "bearer" and key else None)


def _render(answer: Answer) -> bytes:
    """The whole response; of an endless one, all that does not repeat."""
    if answer.raw is not None:
        return answer.raw
    given = {name.lower() for name, _ in answer.headers}
    headers = list(answer.headers)
    if "content-type" not in given:
        headers.append(("Content-Type", "application/json"))
    body = answer.body[: answer.cut]
    if answer.endless:
        headers.append(("Transfer-Encoding", "chunked"))
        body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    elif not given & {"content-length", "transfer-encoding"}:
        headers.append(("Content-Length", str(len(answer.body))))
    lines = [f"HTTP/1.1 {answer.status} {http.client.responses.get(answer.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


_SPACES = b"10000\r\n" + b" " * 0x10000 + b"\r\n"


class _Secure(ssl.SSLSocket):
    """Always takes itself for connected: Python 3.11 leaks the socket of a client that resets before the handshake."""

    def getpeername(self) -> str:
        return ""


class _Server:
    """Connections on a free port of 127.0.0.1, each in a thread; none of it is left after the ``with``."""

    url: str
    port: int
    _tls: ssl.SSLContext | None = None

    def __init__(self) -> None:
        self.requests: list[Request] = []  # in order of arrival
        self._lock = threading.Lock()
        self._closing = False
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.url = f"https://localhost:{self.port}" if self._tls else f"http://127.0.0.1:{self.port}"
        self._acceptor = threading.Thread(target=self._accept, name=self.url)
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()  # wakes the acceptor
        self._acceptor.join()
        self._listener.close()
        with self._lock:
            for opened in self._open:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(opened, socket.SHUT_RDWR)  # wakes whoever reads, writes or waits
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self._closing:
                client.close()
                return
            thread = threading.Thread(target=self._handle, args=(client,), name=self.url)
            self._threads.append(thread)
            thread.start()

    def _keep(self, opened: socket.socket) -> socket.socket:
        """*opened*, which the end of the ``with`` will shut down."""
        with self._lock, contextlib.suppress(OSError):
            self._open.add(opened)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            if self._closing:
                socket.socket.shutdown(opened, socket.SHUT_RDWR)
        return opened

    def _close(self, opened: socket.socket) -> None:
        with self._lock:
            self._open.discard(opened)
        if isinstance(opened, ssl.SSLSocket):
            opened.setblocking(False)
            with contextlib.suppress(OSError, ValueError):
                opened.unwrap()  # says that this is the end, and does not wait for the client's consent
        opened.close()

    def _handle(self, client: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError):  # a client that hangs up, or wants no such certificate
                if self._tls:
                    client = self._tls.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
                self._keep(client)
                if isinstance(client, ssl.SSLSocket):
                    client.do_handshake()
                self._serve(client)
        finally:
            self._close(client)

    def _serve(self, client: socket.socket) -> None:
        raise NotImplementedError


class Api(_Server):
    """The vendor's API: ``GET .../metrics`` with a key gets the answer for that key.

    Of several answers each comes once, in order, and the last one from then on.  *default* is for keys that nobody
    knows, *everything* for every request whatever it asks, as from a captive portal.  *tls* is a certificate, or True
    for a good one.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer | Sequence[Answer]] | None = None,
        *,
        default: Answer | Sequence[Answer] = DEAD,
        tls: trustme.LeafCert | bool = False,
        everything: Answer | Sequence[Answer] | None = None,
    ) -> None:
        super().__init__()
        self.most_at_once = 0  # requests that waited for the last byte of their answers at the same time
        self._answers: dict[str, list[Answer]] = {}
        self._default = _turns(default)
        self._everything = None if everything is None else _turns(everything)
        self._waiting: set[socket.socket] = set()
        for key, answer in (answers or {}).items():
            self.answer(key, answer)
        if tls:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.sslsocket_class = _Secure
            (certificate() if tls is True else tls).configure_cert(self._tls)

    def answer(self, key: str, answer: Answer | Sequence[Answer]) -> None:
        """Change what *key* gets, from the next request on."""
        with self._lock:
            self._answers[key] = _turns(answer)

    @property
    def asked(self) -> Counter[str]:
        """How often each key was asked about."""
        return Counter(request.key for request in list(self.requests) if request.key is not None)

    def _serve(self, client: socket.socket) -> None:
        rest = b""
        while True:
            head, rest = _read_head(client, rest)
            if not head:
                return
            request = _parse(head)
            size = int(request.headers.get("content-length", "0"))
            while len(rest) < size and (data := client.recv(65536)):
                rest += data
            rest = rest[size:]
            answer = self._begin(client, request)
            try:
                self._write(client, answer)
            finally:
                self._end(client)
            said = {(name.lower(), value.lower()) for name, value in (*request.headers.items(), *answer.headers)}
            if ("connection", "close") in said or answer.raw is not None or answer.cut is not None:
                return

    def _begin(self, client: socket.socket, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            self._waiting.add(client)
            # Who hung up waits no more, though the thread that serves it may not have noticed.
            self.most_at_once = max(self.most_at_once, sum(not _hung_up(other) for other in self._waiting))
            if self._everything is not None:
                return _take(self._everything)
            if request.method != "GET" or not request.path.partition("?")[0].endswith("/metrics"):
                return NO_SUCH_PATH
            if request.key is None:
                return MISSING
            return _take(self._answers.get(request.key, self._default))

    def _end(self, client: socket.socket) -> None:
        with self._lock:
            self._waiting.discard(client)

    def _write(self, client: socket.socket, answer: Answer) -> None:
        def pause(seconds: float) -> None:
            if seconds and _hung_up(client, seconds):
                raise ConnectionAbortedError

        pause(answer.delay)
        data = _render(answer)
        endless = answer.endless and answer.raw is None
        while endless or (answer.drip and len(data) > 1):
            step = 1 if answer.drip else len(data)
            client.sendall(data[:step])
            data = data[step:] or _SPACES
            pause(answer.drip)
        self._end(client)  # before the client can know, or its next request would count as one beside this
        client.sendall(data)


def _turns(answer: Answer | Sequence[Answer]) -> list[Answer]:
    turns = [answer] if isinstance(answer, Answer) else list(answer)
    assert turns, "an empty sequence answers nothing"
    return turns


def _take(turns: list[Answer]) -> Answer:
    return turns.pop(0) if len(turns) > 1 else turns[0]


class Proxy(_Server):
    """An HTTP proxy that looks up no name: it tunnels to *targets* ("host:port") and knows nothing else.

    With *refuse*, it refuses every tunnel with that status (403, 407).  A plain request gets a 502.
    """

    def __init__(self, targets: Mapping[str, tuple[str, int]] | None = None, *, refuse: int | None = None) -> None:
        super().__init__()
        self._targets = dict(targets or {})
        self._refuse = refuse
        self._seen: list[bytearray] = []

    @property
    def seen(self) -> bytes:
        """Every byte that clients sent, in tunnels too, one connection after the other."""
        return b"\n".join(bytes(sent) for sent in list(self._seen))

    def _serve(self, client: socket.socket) -> None:
        head, rest = _read_head(client)
        if not head:
            return
        sent = bytearray(head + b"\r\n\r\n" + rest)
        request = _parse(head)
        with self._lock:
            self._seen.append(sent)
            self.requests.append(request)
        target = self._targets.get(request.path)
        if request.method != "CONNECT" or target is None or self._refuse:
            status = self._refuse if request.method == "CONNECT" and self._refuse else 502
            challenge = (("Proxy-Authenticate", 'Basic realm="loopback"'),) if status == 407 else ()
            client.sendall(_render(Answer(status, headers=(*challenge, ("Connection", "close")))))
            return
        server = self._keep(socket.create_connection(target))
        try:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            server.sendall(rest)
            self._tunnel(client, server, sent)
        finally:
            self._close(server)

    def _tunnel(self, client: socket.socket, server: socket.socket, sent: bytearray) -> None:
        """Carry bytes both ways until one side has no more."""
        watch = select.poll()
        ends = {client.fileno(): (client, server), server.fileno(): (server, client)}
        for end in ends:
            watch.register(end, select.POLLIN)
        while True:
            for end, _ in watch.poll():
                source, sink = ends[end]
                data = source.recv(65536)
                if not data:
                    return
                if source is client:
                    sent += data
                sink.sendall(data)
