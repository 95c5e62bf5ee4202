"""Texts that aren't Unicode, shortages of this machine, and what old dependencies let through."""

from __future__ import annotations

import base64
import errno
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3.response
from botocore.exceptions import EndpointConnectionError, HTTPClientError

from tests.scripted_gateway import ScriptedGateway, challenge
from tui_auth.auth import gateway as gateway_module
from tui_auth.auth.auth import Auth
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.auth.tokens import WrongSignatureError, check_signature
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"
SURROGATE = "\udcff"


@pytest.mark.parametrize("client_secret", [None, "a-client-secret"])
@pytest.mark.parametrize(
    "call",
    [
        lambda auth: auth.sign_in(SURROGATE, "pw", auth_flow="USER_PASSWORD_AUTH"),
        lambda auth: auth.sign_in(SURROGATE, "pw"),
        lambda auth: auth.reset_password(SURROGATE),
        lambda auth: auth.confirm_sign_up(SURROGATE, "123456"),
    ],
)
def test_username_that_is_not_unicode_is_an_error_before_any_request(
    client_secret: str | None, call: Any
) -> None:
    gateway = ScriptedGateway()
    with pytest.raises(AuthError) as raised:
        call(Auth(POOL, CLIENT, client_secret, gateway=gateway))
    assert raised.value.kind is ErrorKind.VALIDATION
    assert "user name" in raised.value.message
    assert not gateway.calls


@pytest.mark.parametrize("key", ["USERNAME", "USER_ID_FOR_SRP"])
@pytest.mark.parametrize("client_secret", [None, "a-client-secret"])
def test_username_of_a_reply_that_is_not_unicode_is_an_error(key: str, client_secret: str | None) -> None:
    reply = challenge("SMS_MFA", **{key: "\ud800"})
    auth = Auth(POOL, CLIENT, client_secret, gateway=ScriptedGateway(reply))
    with pytest.raises(AuthError) as raised:
        auth.sign_in("ann", "pw", auth_flow="USER_PASSWORD_AUTH")
    assert raised.value.kind is ErrorKind.SERVICE
    assert "user name" in raised.value.message


def test_client_secret_that_is_not_unicode_is_an_error() -> None:
    auth = Auth(POOL, CLIENT, f"x{SURROGATE}", gateway=ScriptedGateway())
    with pytest.raises(AuthError) as raised:
        auth.sign_in("ann", "pw", auth_flow="USER_PASSWORD_AUTH")
    assert raised.value.kind is ErrorKind.CONFIGURATION


def wrapped(cause: BaseException) -> Exception:
    """Return botocore's error around one of the system."""
    error: Exception = HTTPClientError(error=cause)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("fault", "message", "limit"),
    [
        (RuntimeError("can't start new thread"), "This computer can't start another thread.", "-u"),
        (MemoryError(), "This computer doesn't have enough memory.", "-v"),
        (OSError(errno.ENOMEM, "no memory"), "This computer doesn't have enough memory.", "-v"),
        (OSError(errno.EMFILE, "too many"), "Too many files are open on this computer.", "-n"),
        (wrapped(OSError(errno.EMFILE, "too many")), "Too many files are open on this computer.", "-n"),
        (wrapped(MemoryError()), "This computer doesn't have enough memory.", "-v"),
        (
            EndpointConnectionError(endpoint_url="x", error=OSError(errno.ENFILE, "too many")),
            "Too many files are open on this computer.",
            "-n",
        ),
    ],
)
def test_shortage_of_this_machine_is_named(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, message: str, limit: str
) -> None:
    gateway = CognitoGateway(Address("eu-west-1", "http://127.0.0.1:9"))
    gateway.connect()

    def fail(seconds: float, work: object) -> None:
        raise fault

    monkeypatch.setattr("tui_auth.threads.run_with_timeout", fail)
    with pytest.raises(AuthError) as raised:
        gateway.call("InitiateAuth", {"ClientId": "c", "AuthFlow": "USER_AUTH"})
    assert raised.value.message == message
    assert f"(ulimit {limit})" in raised.value.recovery_suggestion
    assert not raised.value.may_have_arrived


def test_thread_that_cannot_start_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = CognitoGateway(Address("eu-west-1", "http://127.0.0.1:9"))
    gateway.connect()

    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    with pytest.raises(AuthError, match="can't start another thread"):
        gateway.call("InitiateAuth", {"ClientId": "c", "AuthFlow": "USER_AUTH"})


def test_deeply_nested_token_header_is_a_wrong_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    import jwt

    def recurse(*arguments: object, **more: object) -> None:
        raise RecursionError  # as PyJWT 2.9 does

    monkeypatch.setattr(jwt, "get_unverified_header", recurse)
    header = base64.urlsafe_b64encode(b"[" * 3000 + b"]" * 3000).decode().rstrip("=")
    with pytest.raises(WrongSignatureError):
        check_signature(Secret(f"{header}.e30.c2ln"), {"keys": [{"kid": "a", "kty": "RSA"}]})


@pytest.fixture
def endless_line() -> Iterator[str]:
    """Serve a chunked reply whose first size line never ends."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                try:
                    while True:
                        connection.sendall(b"0" * 65536)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


def test_endless_chunk_line_ends_the_request(monkeypatch: pytest.MonkeyPatch, endless_line: str) -> None:
    # What urllib3 2.2.3 does: it reads the line without a limit.
    monkeypatch.setattr(urllib3.response, "_MAX_CHUNK_LINE_LENGTH", 1 << 40, raising=False)
    lengths: list[int] = []
    readline = gateway_module._ShortLines.readline

    def read(lines: Any, size: int = -1) -> bytes:
        try:
            return readline(lines, size)
        finally:
            lengths.append(size)

    monkeypatch.setattr(gateway_module._ShortLines, "readline", read)
    gateway = CognitoGateway(Address("eu-west-1", endless_line))
    with pytest.raises(AuthError) as raised:
        gateway.call("InitiateAuth", {"ClientId": "c", "AuthFlow": "USER_AUTH"})
    assert "isn't from Cognito" in raised.value.message
    assert lengths, "the limit of our own applies"


def test_chunked_reply_is_read() -> None:
    body = json.dumps({"ChallengeName": "SMS_MFA"}).encode()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                chunks = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (5, body[:5], len(body) - 5, body[5:])
                connection.sendall(head + chunks)

        threading.Thread(target=serve, daemon=True).start()
        gateway = CognitoGateway(Address("eu-west-1", f"http://127.0.0.1:{listener.getsockname()[1]}"))
        reply = gateway.call("InitiateAuth", {"ClientId": "c", "AuthFlow": "USER_AUTH"})
    assert reply["ChallengeName"] == "SMS_MFA"
