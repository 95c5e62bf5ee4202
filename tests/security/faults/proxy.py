"""A proxy before the embedded pool that spoils what comes back: one fault, armed for one call or for all.

with FaultProxy(pool.endpoint_url) as proxy:
    proxy.arm(fault)                 # the next call meets it
    proxy.arm(fault, after=1)        # the one after that
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
"""What stands in for the pool's reply where the pool is not asked."""


@dataclass
class Reply:
    """What the pool answered, or what is to be answered in its place."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": JSON_TYPE})

    @classmethod
    def from_json(cls, value: object, status: int = 200) -> Reply:
        """A reply with this value as its JSON body."""
        return cls(status, json.dumps(value).encode("utf-8", "surrogatepass"))

    @property
    def http_bytes(self) -> bytes:
        """The reply as HTTP/1.1 writes it where it is the last one on its connection."""
        return self.head(len(self.body)) + self.body

    def head(self, length: object, *, is_last: bool = True) -> bytes:
        """Status line and headers; ``length`` is None for none."""
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
    """One request whose reply is about to be spoiled."""

    def __init__(self, proxy: FaultProxy, connection: socket.socket, reply: Reply) -> None:
        self.connection = connection
        self.reply = reply
        self.elsewhere_url = proxy.elsewhere_url
        self._stopped = proxy.stopped

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(data)

    def pause(self, seconds: float) -> bool:
        """Let so much time pass; false once nobody is interested any more."""
        return not self._stopped.wait(seconds)

    def reset(self) -> None:
        """Have the connection end with RST in place of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@dataclass(frozen=True)
class Fault:
    """What becomes of a reply. ``arrives`` tells whether the pool is asked at all."""

    name: str
    play: Callable[[Exchange], None]
    arrives: bool = True


@dataclass
class _ArmedFault:
    fault: Fault
    after: int
    times: int | None
    documents: bool


class FaultProxy:
    """Listens on a loopback port of its own, and on a second one where nobody may ever come."""

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
        """How many calls have met a fault so far."""
        self.operations: list[str] = []
        """The operations that came, in order."""
        self.requests: list[tuple[dict[str, str], bytes]] = []
        """Headers, their names in lower case, and body of all that came."""
        self.redirected_connections = 0
        """How many connections came where a redirect pointed to."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.getsockname()[1])

    @property
    def elsewhere_url(self) -> str:
        """Where nobody may ever come."""
        return f"http://127.0.0.1:{self._elsewhere.getsockname()[1]}/"

    def arm(self, fault: Fault, *, after: int = 0, times: int | None = 1, documents: bool = False) -> None:
        """Have calls meet the fault: ``times`` of them (None: all), once ``after`` others have passed.

        With ``documents`` not the operations meet it, but what is fetched with GET, such as a pool's keys.
        """
        with self._lock:
            self._armed = _ArmedFault(fault, after, times, documents)

    def disarm(self) -> None:
        """Let everything pass."""
        with self._lock:
            self._armed = None

    @contextmanager
    def armed(self, fault: Fault, *, after: int = 0) -> Iterator[None]:
        """The fault for one call, and none after the block."""
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
        """Requests on one connection, until one meets a fault or the program closes it."""
        upstream = http.client.HTTPConnection(self._upstream.hostname or "", self._upstream.port, timeout=60)
        # What a program that gives up does to a conversation is no event.
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
                    if fault is None or fault.arrives
                    else Reply.from_json(PLAUSIBLE)
                )
                if fault is None:
                    connection.sendall(reply.head(len(reply.body), is_last=False) + reply.body)
                else:
                    fault.play(Exchange(self, connection, reply))
                    break
        upstream.close()
        with self._lock:
            self._connections.discard(accepted)

    def _with_tls(self, connection: socket.socket) -> socket.socket:
        """The connection, once TLS has been agreed on where that is spoken."""
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
