"""Explain a rejected password proof by a missing pool, only if that is certain."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tui_auth.auth.app_client import PoolExistenceCheck
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.errors import AuthError, ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = b'{"keys": [{"kid": "1", "kty": "RSA"}]}'


class Publisher(ThreadingHTTPServer):
    """Answers every GET with one status, and counts them."""

    status = 200
    request_count = 0


class Answer(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.request_count += 1
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(KEYS)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def presence_at(publisher: Publisher) -> PoolExistenceCheck:
    return PoolExistenceCheck("eu-west-1_Ab12Cd34E", f"http://127.0.0.1:{publisher.server_address[1]}")


def refused_proof() -> AuthError:
    error = error_from_response("NotAuthorizedException", "Incorrect username or password.")
    error.is_rejected_proof = True
    return error


@pytest.mark.parametrize("status", [400, 404])
def test_pool_without_keys_does_not_exist(publisher: Publisher, status: int) -> None:
    publisher.status = status
    explained = presence_at(publisher).explain(refused_proof())
    assert explained.kind is ErrorKind.CONFIGURATION
    assert "no user pool of this id" in explained.message


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_unclear_status_changes_nothing(publisher: Publisher, status: int) -> None:
    publisher.status = status
    error = refused_proof()
    assert presence_at(publisher).explain(error) is error


def test_existing_pool_is_checked_once(publisher: Publisher) -> None:
    presence, error = presence_at(publisher), refused_proof()
    assert presence.explain(error) is error
    assert presence.explain(error) is error
    assert publisher.request_count == 1


def test_other_errors_and_endpoints_are_not_checked(publisher: Publisher) -> None:
    publisher.status = 404
    other = error_from_response("NotAuthorizedException", "User is disabled.")
    assert presence_at(publisher).explain(other) is other
    error = refused_proof()
    assert PoolExistenceCheck("eu-west-1_Ab12Cd34E", "https://cognito.example.com").explain(error) is error
    assert publisher.request_count == 0
