"""A proxy in front of the emulator that spoils replies.

with FaultProxy(pool.endpoint_url) as proxy:
    proxy.arm(fault)                 # the next call meets the fault
    proxy.arm(fault, after=1)        # the call after that
    proxy.arm(fault, times=None)     # every call, until disarm()
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

JSON_TYPE = "application/x-amz-json-1.1"
PLAUSIBLE = {"ChallengeName": "SMS_MFA", "Session": "s" * 400, "ChallengeParameters": {"a": "b"}}
"""The reply to a call that isn't forwarded to the pool."""


@dataclass
class Reply:
    """A reply of the pool, or one to send instead."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": JSON_TYPE})

    @classmethod
    def from_json(cls, value: object, status: int = 200) -> Reply:
        """Return a reply with this value as its JSON body."""
        return cls(status, json.dumps(value).encode("utf-8", "surrogatepass"))

    @property
    def http_bytes(self) -> bytes:
        """Return the reply as HTTP/1.1 bytes, as the last one of its connection."""
        return self.head(len(self.body)) + self.body

    def head(self, length: object, *, is_last: bool = True) -> bytes:
        """Return the status line and headers; ``length`` None means no Content-Length."""
        lines = [
            f"HTTP/1.1 {self.status} Whatever",
            *(f"{name}: {text}" for name, text in self.headers.items()),
        ]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        if is_last:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


class Exchange:
    """A request whose reply is about to be spoiled."""

    def __init__(self, proxy: FaultProxy, connection: socket.socket, reply: Reply) -> None:
        self.connection = connection
        self.reply = reply
        self.elsewhere_url = proxy.elsewhere_url
        self._stopped = proxy.stopped

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self.connection.sendall(data)

    def pause(self, seconds: float) -> bool:
        """Wait; return False if the proxy has stopped."""
        return not self._stopped.wait(seconds)

    def reset(self) -> None:
        """Make the connection end with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@dataclass(frozen=True)
class Fault:
    """A fault in a reply. ``is_forwarded`` tells whether the pool receives the request."""

    name: str
    apply: Callable[[Exchange], None]
    is_forwarded: bool = True


@dataclass
class _ArmedFault:
    fault: Fault
    after: int
    times: int | None
    documents: bool


class FaultProxy:
    """A proxy on a loopback port, with a second port that a redirect points to."""

    def __init__(self, upstream: str, tls: ssl.SSLContext | None = None) -> None:
        self._upstream = urlsplit(upstream)
        self._tls = tls
        self._armed: _ArmedFault | None = None
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._elsewhere = socket.create_server(("127.0.0.1", 0))
        self.stopped = threading.Event()
        self.hits = 0
        """The number of calls that have met a fault."""
        self.operations: list[str] = []
        """The operations of all requests, in order."""
        self.requests: list[tuple[dict[str, str], bytes]] = []
        """The headers, with names in lower case, and body of each request."""
        self.redirected_connections = 0
        """The number of connections to the redirect target."""

    @property
    def url(self) -> str:
        """Return the proxy's URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """Return the proxy's port."""
        return int(self._listener.getsockname()[1])

    @property
    def elsewhere_url(self) -> str:
        """Return the URL of the redirect target, which must not be visited."""
        return f"http://127.0.0.1:{self._elsewhere.getsockname()[1]}/"

    def arm(self, fault: Fault, *, after: int = 0, times: int | None = 1, documents: bool = False) -> None:
        """Make the next calls meet the fault.

        Args:
            fault: The fault.
            after: How many calls pass first.
            times: How many calls meet the fault; None for all.
            documents: Apply the fault to GET requests, such as a pool's keys, instead of operations.
        """
        with self._lock:
            self._armed = _ArmedFault(fault, after, times, documents)

    def disarm(self) -> None:
        """Let all requests pass."""
        with self._lock:
            self._armed = None

    @contextmanager
    def armed(self, fault: Fault, *, after: int = 0) -> Iterator[None]:
        """Arm the fault for one call; disarm it after the block."""
        self.arm(fault, after=after)
        try:
            yield
        finally:
            self.disarm()

    def __enter__(self) -> Self:
        for serve in (self._serve, self._count_strangers):
            threading.Thread(target=serve, daemon=True, name="fault-proxy").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        for listener in (self._listener, self._elsewhere):
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            open_connections = list(self._connections)
        for connection in open_connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _count_strangers(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._elsewhere.accept()
                self.redirected_connections += 1
                connection.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with self._lock:
                    self._connections.add(connection)
                threading.Thread(target=self._serve_connection, args=(connection,), daemon=True).start()

    def _serve_connection(self, accepted: socket.socket) -> None:
        """Serve one connection until a request meets a fault or the client closes it."""
        upstream = http.client.HTTPConnection(self._upstream.hostname or "", self._upstream.port, timeout=60)
        # A client that gives up may break the connection at any time.
        with (
            contextlib.suppress(OSError),
            self._with_tls(accepted) as connection,
            connection.makefile("rb") as requests,
        ):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := _read(requests):
                self.requests.append((request.headers, request.body))
                fault = self._next_fault(request.headers.get("x-amz-target", "").rpartition(".")[2])
                reply = (
                    _forward(upstream, request)
                    if fault is None or fault.is_forwarded
                    else Reply.from_json(PLAUSIBLE)
                )
                if fault is None:
                    connection.sendall(reply.head(len(reply.body), is_last=False) + reply.body)
                else:
                    fault.apply(Exchange(self, connection, reply))
                    break
        upstream.close()
        with self._lock:
            self._connections.discard(accepted)

    def _with_tls(self, connection: socket.socket) -> socket.socket:
        """Return the connection, with TLS if the proxy uses it."""
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection

    def _next_fault(self, operation: str) -> Fault | None:
        with self._lock:
            self.operations.append(operation)
            armed = self._armed
            if armed is None or armed.documents == bool(operation):
                return None
            if armed.after > 0:
                armed.after -= 1
                return None
            if armed.times is not None:
                armed.times -= 1
                if armed.times <= 0:
                    self._armed = None
            self.hits += 1
            return armed.fault


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def _read(stream: Any) -> _Request | None:
    line = stream.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    headers: dict[str, str] = {}
    while (header := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = header.partition(":")
        headers[name.strip().lower()] = value.strip()
    return _Request(line[0], line[1], headers, stream.read(int(headers.get("content-length", "0"))))


def _forward(upstream: http.client.HTTPConnection, request: _Request) -> Reply:
    headers = {name: value for name, value in request.headers.items() if name not in ("host", "connection")}
    upstream.request(request.method, request.path, request.body, headers)
    answer = upstream.getresponse()
    headers = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
    return Reply(answer.status, answer.read(), headers)


_HOP_BY_HOP = ("content-length", "connection", "transfer-encoding", "keep-alive")
