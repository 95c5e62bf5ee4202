"""The gateway: one request per call, no AWS credentials, no output, no redirect."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.auth.reply_server import ReplyServer, running_reply_server
from tui_auth.auth.gateway import Address, CognitoGateway, IdentityGateway
from tui_auth.endpoint import is_safe_endpoint
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ReplyServer]:
    """Start a server in an environment with AWS credentials, a missing profile and a proxy."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIACANARY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-canary")
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with running_reply_server() as running:
        yield running


@pytest.fixture
def gateway(server: ReplyServer) -> CognitoGateway:
    return CognitoGateway(Address("eu-west-1", server.url))


def test_requests_are_unsigned_despite_credentials(server: ReplyServer, gateway: CognitoGateway) -> None:
    gateway.call("GetUser", {"AccessToken": Secret("token")})
    headers, body = server.requests[0]
    assert "authorization" not in {name.lower() for name in headers}
    assert "AKIACANARY" not in str(headers)
    assert json.loads(body) == {"AccessToken": "token"}
    assert gateway._client.meta.config.signature_version is not None
    assert "UNSIGNED" in repr(gateway._client.meta.config.signature_version).upper()


@pytest.mark.parametrize(
    "code", ["TooManyRequestsException", "LimitExceededException", "InternalErrorException"]
)
def test_throttled_call_is_not_retried(server: ReplyServer, gateway: CognitoGateway, code: str) -> None:
    server.status, server.reply = 400, json.dumps({"__type": code, "message": "no"}).encode()
    with pytest.raises(AuthError):
        gateway.call("GetUser", {"AccessToken": Secret("token")})
    server.status = 500
    with pytest.raises(AuthError):
        gateway.call("GetUser", {"AccessToken": Secret("token")})
    assert len(server.requests) == 2


def test_debug_logging_prints_nothing(
    server: ReplyServer, gateway: CognitoGateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        gateway.call("GetUser", {"AccessToken": Secret("canary-token")})
    assert "canary-token" not in caplog.text


def test_every_reply_sets_the_clock_offset(server: ReplyServer, gateway: CognitoGateway) -> None:
    assert gateway.clock_offset is None
    gateway.call("GetUser", {"AccessToken": Secret("token")})
    assert gateway.clock_offset is not None
    assert abs(gateway.clock_offset) < 5


def test_clock_offset_is_measured_mid_request(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = CognitoGateway(Address("eu-west-1", "http://127.0.0.1:9"))
    monkeypatch.setattr(time, "time", lambda: 1_790_000_004.0)
    headers = {"date": "Mon, 21 Sep 2026 14:13:30 GMT"}  # 1,790,000,010 seconds since the epoch
    gateway._read_clock({"HTTPHeaders": headers}, 1_790_000_000.0)
    assert gateway.clock_offset == 8.5


@pytest.mark.parametrize("date", ["yesterday", "Mon, 21 Sep 1970 14:13:30 GMT", None])
def test_implausible_date_is_ignored(date: str | None) -> None:
    gateway = CognitoGateway(Address("eu-west-1", "http://127.0.0.1:9"))
    gateway._read_clock({"HTTPHeaders": {"date": date} if date else {}}, time.time())
    assert gateway.clock_offset is None


@pytest.mark.parametrize(
    "reply", [b"<html>Sign in to the hotel's network</html>", b"{", b"[]", b'"text"', b"\xff\xfe", b"null"]
)
def test_reply_not_from_cognito_is_an_error(
    server: ReplyServer, gateway: CognitoGateway, reply: bytes
) -> None:
    server.reply = reply
    with pytest.raises(AuthError) as raised:
        gateway.call("InitiateAuth", {"AuthFlow": "USER_AUTH", "ClientId": "c"})
    assert raised.value.kind is ErrorKind.NETWORK


@pytest.mark.parametrize("reply", [b"<html>", b"[]", b"null"])
def test_reply_not_from_an_identity_pool_is_an_error(server: ReplyServer, reply: bytes) -> None:
    server.reply = reply
    with pytest.raises(AuthError, match="isn't from Cognito"):
        IdentityGateway("eu-west-1", server.url).call("GetId", {"IdentityPoolId": "eu-west-1:" + "0" * 36})


def test_endless_reply_is_cut_off(
    server: ReplyServer, gateway: CognitoGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_auth.auth.gateway.LARGEST_REPLY", 1000)
    server.reply = b'{"a": "' + b"x" * 1000 + b'"}'
    with pytest.raises(AuthError, match="isn't from Cognito"):
        gateway.call("GetUser", {"AccessToken": Secret("token")})


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(server: ReplyServer, gateway: CognitoGateway, status: int) -> None:
    server.status, server.headers = status, {"Location": f"{server.url}/elsewhere"}
    with pytest.raises(AuthError):
        gateway.call("GetUser", {"AccessToken": Secret("token")})
    assert len(server.requests) == 1


UNSAFE = [
    *(
        "http://example.com",
        "http://10.0.0.1:8080",
        "ftp://127.0.0.1",
        "http://127.0.0.1.evil.test",
        "//",
        "",
    ),
    *("https://example.com:abc", "https://example.com:99999", "https://ann:pw@example.com"),
]
SAFE = ["https://example.com", "https://example.com:8443/pool", "http://127.0.0.1:9", "http://[::1]:9"]


@pytest.mark.parametrize("url", UNSAFE + SAFE)
def test_settings_and_gateway_accept_the_same_endpoints(url: str) -> None:
    assert is_safe_endpoint(url) == (url in SAFE)
    if url in SAFE:
        CognitoGateway(Address("eu-west-1", url))


@pytest.mark.parametrize("url", ["http://example.com/", "http://127.0.0.1.evil.test/"])
def test_request_to_another_url_is_checked_before_it_is_sent(gateway: CognitoGateway, url: str) -> None:
    def redirect(request: Any, **_: Any) -> None:
        request.url = url

    gateway.connect()
    gateway._client.meta.events.register_first("before-send", redirect)
    with pytest.raises(AuthError, match="so nothing was sent"):
        gateway.call("InitiateAuth", {"AuthFlow": "USER_SRP_AUTH", "ClientId": "client"})


@pytest.mark.parametrize("url", UNSAFE)
def test_only_https_and_loopback_endpoints_are_allowed(url: str) -> None:
    with pytest.raises(AuthError, match="neither https nor on this computer"):
        CognitoGateway(Address("eu-west-1", url))


def test_endpoint_variable_is_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://example.com")
    with pytest.raises(AuthError, match="neither https nor on this computer"):
        CognitoGateway(Address("eu-west-1")).connect()


def test_invalid_code_length_is_an_error_without_the_value(gateway: CognitoGateway) -> None:
    with pytest.raises(AuthError) as raised:
        gateway.call("VerifySoftwareToken", {"Session": Secret("s" * 20), "UserCode": Secret("12")})
    assert "12" not in str(raised.value)
    assert raised.value.cause is None
