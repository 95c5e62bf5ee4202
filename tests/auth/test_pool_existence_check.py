"""A rejected password proof is explained by a missing user pool only if that is certain."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tui_auth.auth.app_client import PoolExistenceCheck
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.errors import AuthError, ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = b'{"keys": [{"kid": "1", "kty": "RSA"}]}'


class KeyServer(ThreadingHTTPServer):
    """Answers each GET with the same status and counts the requests."""

    status = 200
    request_count = 0


class KeyHandler(BaseHTTPRequestHandler):
    server: KeyServer

    def do_GET(self) -> None:
        self.server.request_count += 1
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(KEYS)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    with KeyServer(("127.0.0.1", 0), KeyHandler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def build_check(key_server: KeyServer) -> PoolExistenceCheck:
    return PoolExistenceCheck("eu-west-1_Ab12Cd34E", f"http://127.0.0.1:{key_server.server_address[1]}")


def rejected_proof_error() -> AuthError:
    error = error_from_response("NotAuthorizedException", "Incorrect username or password.")
    error.is_rejected_proof = True
    return error


@pytest.mark.parametrize("status", [400, 404])
def test_pool_without_keys_does_not_exist(key_server: KeyServer, status: int) -> None:
    key_server.status = status
    error = build_check(key_server).explain(rejected_proof_error())
    assert error.kind is ErrorKind.CONFIGURATION
    assert "No user pool has this ID" in error.message


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_unclear_status_changes_nothing(key_server: KeyServer, status: int) -> None:
    key_server.status = status
    error = rejected_proof_error()
    assert build_check(key_server).explain(error) is error


def test_existing_pool_is_checked_once(key_server: KeyServer) -> None:
    check, error = build_check(key_server), rejected_proof_error()
    assert check.explain(error) is error
    assert check.explain(error) is error
    assert key_server.request_count == 1


def test_other_errors_and_endpoints_are_not_checked(key_server: KeyServer) -> None:
    key_server.status = 404
    other_error = error_from_response("NotAuthorizedException", "User is disabled.")
    assert build_check(key_server).explain(other_error) is other_error
    error = rejected_proof_error()
    assert PoolExistenceCheck("eu-west-1_Ab12Cd34E", "https://cognito.example.com").explain(error) is error
    assert key_server.request_count == 0
