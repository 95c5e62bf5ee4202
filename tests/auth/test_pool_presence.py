"""After a refused proof of a password: is there such a pool at all? Only a clear no is passed on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tui_auth.auth.app_client import PoolExistenceCheck
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.errors import AuthError, ErrorKind

KEYS = b'{"keys": [{"kid": "1", "kty": "RSA"}]}'


class Publisher(ThreadingHTTPServer):
    """Answers every GET with one status, and counts them."""

    status = 200
    asked = 0


class Answer(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(KEYS)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


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
def test_a_pool_that_publishes_nothing_is_not_there(publisher: Publisher, status: int) -> None:
    publisher.status = status
    explained = presence_at(publisher).explain(refused_proof())
    assert explained.kind is ErrorKind.CONFIGURATION
    assert "no user pool of this id" in explained.message


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_what_is_no_clear_answer_changes_nothing(publisher: Publisher, status: int) -> None:
    publisher.status = status
    error = refused_proof()
    assert presence_at(publisher).explain(error) is error


def test_a_pool_that_was_found_is_not_looked_for_again(publisher: Publisher) -> None:
    presence, error = presence_at(publisher), refused_proof()
    assert presence.explain(error) is error
    assert presence.explain(error) is error
    assert publisher.asked == 1


def test_other_refusals_and_other_endpoints_are_not_looked_into(publisher: Publisher) -> None:
    publisher.status = 404
    other = error_from_response("NotAuthorizedException", "User is disabled.")
    assert presence_at(publisher).explain(other) is other
    error = refused_proof()
    assert PoolExistenceCheck("eu-west-1_Ab12Cd34E", "https://cognito.example.com").explain(error) is error
    assert publisher.asked == 0
