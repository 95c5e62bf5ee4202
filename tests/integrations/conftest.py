"""An API that takes bearer tokens, and the session of a user for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.session.machine import ROTATION, Machine
from tests.session.machine import machine as machine
from tui_auth import Session, open_session


@dataclass
class Request:
    """A request that arrived: its token, empty without one, and its body."""

    path: str
    token: str
    body: bytes
    headers: dict[str, str] = field(repr=False)


class Api(ThreadingHTTPServer):
    """Answers 401 to tokens in ``rejected`` and to requests without one, else ``status``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[Request] = []
        self.rejected: set[str] = set()
        self.rejects_all = False
        self.status = 200
        self.redirect_to = ""
        self.reply = b"ok"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/things"

    def answer(self, request: Request) -> int:
        self.requests.append(request)
        if self.rejects_all or not request.token or request.token in self.rejected:
            return 401
        return self.status

    @property
    def tokens(self) -> list[str]:
        """The token of each request, in order."""
        return [request.token for request in self.requests]


class _Handler(BaseHTTPRequestHandler):
    server: Api
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        status = self.server.answer(Request(self.path, token, body, dict(self.headers)))
        if self.server.redirect_to and status == 200:
            status = 307
        self.send_response(status)
        if status == 307:
            self.send_header("Location", self.server.redirect_to)
        self.send_header("Content-Length", str(len(self.server.reply)))
        self.end_headers()
        self.wfile.write(self.server.reply)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *arguments: Any) -> None:
        """Log nothing."""


def running_api() -> Iterator[Api]:
    with Api() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def api() -> Iterator[Api]:
    """Return a server with an API."""
    yield from running_api()


@pytest.fixture
def other_api() -> Iterator[Api]:
    """Return a server of somebody else."""
    yield from running_api()


@pytest.fixture
def session(machine: Machine) -> Session:
    """Return the stored session of ann, whose refresh tokens work once."""
    client = machine.add_identity_pool(machine.create_client(**ROTATION))
    machine.sign_in(client, machine.create_user())
    return open_session(environ=machine.environ)
