"""The wire: AWS JSON 1.1 over HTTP/1.1, on the loopback interface only.

Answers what AWS would, also to what is malformed; writes no log; never shows a traceback to a client.
"""

from __future__ import annotations

import ipaddress
import json
import selectors
import socket
import sys
import threading
import uuid
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.errors import PoolError
from tui_auth.emulator.operations import IDENTITY_POOLS, USER_POOLS

if TYPE_CHECKING:
    from tui_auth.emulator.server import PoolServer

LARGEST_BODY = 1 << 20
IDLE_SECONDS = 75.0
CONTENT_TYPE = "application/x-amz-json-1.1"
_SERVICES = {
    "AWSCognitoIdentityProviderService": USER_POOLS,
    "AWSCognitoIdentityService": IDENTITY_POOLS,
}


class Endpoint(ThreadingHTTPServer):
    """Listens, and knows its open connections so that it can close them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    timeout = 0  # for handle_request: take a connection that is there, wait for none

    def __init__(self, address: tuple[str, int], pool_server: PoolServer) -> None:
        self.pool_server = pool_server
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self._stop_request, self._stop_signal = socket.socketpair()
        self._has_stopped = threading.Event()
        super().__init__(address, Handler)

    def serve(self) -> None:
        """Serve until ``shutdown``. Unlike ``serve_forever``, sleep until there is something to do."""
        try:
            with selectors.DefaultSelector() as selector:
                for listened_to in (self.socket, self._stop_request):
                    selector.register(listened_to, selectors.EVENT_READ)
                while self._stop_request not in (ready := [key.fileobj for key, _ in selector.select()]):
                    if self.socket in ready:
                        self.handle_request()
        finally:
            self._has_stopped.set()

    def shutdown(self) -> None:
        """Have ``serve``, on another thread, stop at once, and wait until it has."""
        self._stop_signal.sendall(b".")
        self._has_stopped.wait()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection, and serve it on a thread of its own."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """A connection is done."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening, and close what is still open."""
        super().server_close()
        self._stop_request.close()
        self._stop_signal.close()
        with self._open_lock:
            waiting = list(self._open)
        for connection in waiting:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event; anything else is a fault of the pool's own."""
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.pool_server.internal_errors.append(error)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: Endpoint

    def do_POST(self) -> None:
        """An operation, named by X-Amz-Target."""
        body = self._body()
        if body is None:
            return
        try:
            reply = self._operate(body)
        except PoolError as error:
            self._refuse(error.status, error.code, error.message)
        except Exception as error:
            self.server.pool_server.internal_errors.append(error)
            self._refuse(500, "InternalErrorException", "Internal server error")
        else:
            if reply is None:
                self.close_connection = True
            else:
                self._send(200, json.dumps(reply).encode())

    def do_GET(self) -> None:
        """Messages, JWKS and openid-configuration."""
        if self._body() is None:
            return
        document = self.server.pool_server.document(self.path.partition("?")[0])
        if document is None:
            self._refuse(404, "UnknownOperationException", "")
        else:
            self._send(200, json.dumps(document).encode(), content_type="application/json")

    def _operate(self, body: bytes) -> dict[str, Any] | None:
        service, _, operation = self.headers.get("X-Amz-Target", "").partition(".")
        content_type = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if service not in _SERVICES or self.path.partition("?")[0] != "/":
            raise PoolError("UnknownOperationException", "")
        if content_type != CONTENT_TYPE:
            raise PoolError("UnknownOperationException", f"Content-Type must be {CONTENT_TYPE}")
        try:
            params = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            raise PoolError("SerializationException", "The request body is not JSON.") from None
        return self.server.pool_server.call_over_http(_SERVICES[service], operation, params)

    def _body(self) -> bytes | None:
        """The request's body; None where the request was refused already."""
        if not _is_loopback(self.headers.get("Host")):
            self.close_connection = True
            self._refuse(403, "ForbiddenException", "This server answers only to a loopback host name.")
            return None
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdecimal()):
            self.close_connection = True
            self._refuse(411, "SerializationException", "The request has no Content-Length.")
            return None
        if len(length) > len(str(LARGEST_BODY)) or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._refuse(413, "RequestEntityTooLargeException", "The request body is too large.")
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _refuse(self, status: int, code: str, message: str) -> None:
        payload = {"__type": code, **({"message": message} if message else {})}
        headers = {"x-amzn-ErrorType": f"{code}:", "x-amzn-ErrorMessage": message}
        self._send(status, json.dumps(payload).encode(), headers=headers)

    def _send(
        self,
        status: int,
        body: bytes,
        *,
        content_type: str = CONTENT_TYPE,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        for name, value in (headers or {}).items():
            if value:
                self.send_header(name, _header_text(value))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses: a method or a request line it cannot read."""
        self.close_connection = True
        self._refuse(int(code), "UnknownOperationException", message or HTTPStatus(code).phrase)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The ``Date`` header, by the pool's clock."""
        moment = self.server.pool_server.clock.now() if timestamp is None else timestamp
        return formatdate(moment, usegmt=True)

    def version_string(self) -> str:
        """The ``Server`` header."""
        return "Server"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """No log: it would hold passwords and codes."""


def _header_text(value: str) -> str:
    return "".join(character if " " <= character <= "~" else "?" for character in value)[:1000]


def _is_loopback(host: str | None) -> bool:
    """Whether a Host header names this machine: a page on the web cannot have its own name resolve here."""
    if not host:
        return False
    name = host.strip()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if name.lower() == "localhost" or name.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
