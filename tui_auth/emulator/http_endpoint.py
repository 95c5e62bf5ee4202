"""The HTTP endpoint: AWS JSON 1.1 over HTTP/1.1, on the loopback interface only.

It replies to a malformed request as AWS would. It writes no log and never sends a traceback to a client.
"""

from __future__ import annotations

import ipaddress
import json
import selectors
import socket
import sys
import threading
import uuid
from collections import deque
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol

from tui_auth.emulator.errors import CognitoError
from tui_auth.emulator.service_model import IDENTITY_POOLS, USER_POOLS
from tui_auth.emulator.session_tracking import VISITOR, Visitor
from tui_auth.emulator.web import WebReply, WebRequest

if TYPE_CHECKING:
    from tui_auth.emulator.model import Clock

LARGEST_BODY = 1 << 20
IDLE_SECONDS = 75.0
CONTENT_TYPE = "application/x-amz-json-1.1"
_SERVICES = {"AWSCognitoIdentityProviderService": USER_POOLS, "AWSCognitoIdentityService": IDENTITY_POOLS}


class Backend(Protocol):
    """The server behind the endpoint. A reply of None drops the connection; a document may be missing.

    ``web_paths`` are those of the managed login pages and the OAuth endpoints.
    """

    clock: Clock
    web_paths: frozenset[str]

    def call_over_http(self, service: str, operation: str, params: Any) -> dict[str, Any] | None: ...
    def document(self, path: str) -> Any: ...
    def serve_web(self, request: WebRequest) -> WebReply: ...


class Endpoint(ThreadingHTTPServer):
    """Listens, and records its open connections so that it can close them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024  # a queue that overflows resets connections, as with 500 clients at once
    timeout = 0  # handle_request doesn't wait for a connection

    def __init__(self, address: tuple[str, int], backend: Backend) -> None:
        self.backend = backend
        self.internal_errors: deque[Exception] = deque(maxlen=100)
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self._stop_request, self._stop_signal = socket.socketpair()
        self._has_stopped = threading.Event()
        super().__init__(address, Handler)

    def serve(self) -> None:
        """Serve until ``shutdown``. Unlike ``serve_forever`` this doesn't poll."""
        try:
            with selectors.DefaultSelector() as selector:
                for source in (self.socket, self._stop_request):
                    selector.register(source, selectors.EVENT_READ)
                while self._stop_request not in (ready := [key.fileobj for key, _ in selector.select()]):
                    if self.socket in ready:
                        self.handle_request()
        finally:
            self._has_stopped.set()

    def shutdown(self) -> None:
        """Stop ``serve``, which runs on another thread, and wait until it has stopped."""
        self._stop_signal.sendall(b".")
        self._has_stopped.wait()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Record the connection and serve it on its own thread."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        self._stop_request.close()
        self._stop_signal.close()
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Record an internal error. A client that closed its connection is none."""
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.internal_errors.append(error)


class Handler(BaseHTTPRequestHandler):
    """Serves one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: Endpoint

    def do_POST(self) -> None:
        """Serve the operation that X-Amz-Target specifies, or a form."""
        body = self._read_body()
        if body is None or self._serve_web(body):
            return
        try:
            reply = self._call(body)
        except CognitoError as error:
            self._send_error(error.status, error.code, error.message)
        except Exception as error:
            self.server.internal_errors.append(error)
            self._send_error(500, "InternalErrorException", "Internal server error")
        else:
            if reply is None:
                self.close_connection = True
            else:
                self._send(200, json.dumps(reply).encode())

    def do_GET(self) -> None:
        """Serve the managed login pages, the messages, the JWKS and the openid-configuration."""
        body = self._read_body()
        if body is None or self._serve_web(body):
            return
        document = self.server.backend.document(self.path.partition("?")[0])
        if document is None:
            self._send_error(404, "UnknownOperationException", "")
        else:
            self._send(200, json.dumps(document).encode(), content_type="application/json")

    def do_OPTIONS(self) -> None:
        """Serve a preflight request to the OAuth endpoints."""
        body = self._read_body()
        if body is not None and not self._serve_web(body):
            self._send_error(404, "UnknownOperationException", "")

    def _serve_web(self, body: bytes) -> bool:
        """Serve a managed login page or an OAuth endpoint; return whether the path is one."""
        path, _, query = self.path.partition("?")
        if path not in self.server.backend.web_paths:
            return False
        try:
            request = WebRequest(self.command, path, query, self.headers, body)
            reply = self.server.backend.serve_web(request)
        except Exception as error:
            self.server.internal_errors.append(error)
            reply = WebReply(500, b"Internal server error", "text/plain")
        self._send(reply.status, reply.body, content_type=reply.content_type, headers=reply.headers)
        return True

    def _call(self, body: bytes) -> dict[str, Any] | None:
        service, _, operation = self.headers.get("X-Amz-Target", "").partition(".")
        content_type = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if service not in _SERVICES or self.path.partition("?")[0] != "/":
            raise CognitoError("UnknownOperationException", "")
        if content_type != CONTENT_TYPE:
            raise CognitoError("UnknownOperationException", f"Content-Type must be {CONTENT_TYPE}")
        try:
            params = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            raise CognitoError("SerializationException", "The request body is not JSON.") from None
        VISITOR.set(Visitor(self.headers.get("User-Agent", ""), str(self.client_address[0])))
        return self.server.backend.call_over_http(_SERVICES[service], operation, params)

    def _read_body(self) -> bytes | None:
        """Return the request's body, or None if an error was sent."""
        if not _is_loopback(self.headers.get("Host")):
            self.close_connection = True
            self._send_error(403, "ForbiddenException", "This server answers only to a loopback host name.")
            return None
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdecimal()):
            self.close_connection = True
            self._send_error(411, "SerializationException", "The request has no Content-Length.")
            return None
        if len(length) > len(str(LARGEST_BODY)) or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._send_error(413, "RequestEntityTooLargeException", "The request body is too large.")
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _send_error(self, status: int, code: str, message: str) -> None:
        payload = {"__type": code, **({"message": message} if message else {})}
        headers = {"x-amzn-ErrorType": f"{code}:", "x-amzn-ErrorMessage": message[:1000]}
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
        # A message may contain what a browser would take for HTML.
        self.send_header("X-Content-Type-Options", "nosniff")
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
        """Send the error for a method or a request line that http.server can't read."""
        self.close_connection = True
        self._send_error(int(code), "UnknownOperationException", message or HTTPStatus(code).phrase)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the ``Date`` header by the emulator's clock."""
        moment = self.server.backend.clock.now() if timestamp is None else timestamp
        return formatdate(moment, usegmt=True)

    def version_string(self) -> str:
        return "Server"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write no log: it would contain passwords and codes."""


def _header_text(value: str) -> str:
    return "".join(character if " " <= character <= "~" else "?" for character in value)


def _is_loopback(host: str | None) -> bool:
    """Return whether a Host header is that of this machine, against DNS rebinding."""
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
