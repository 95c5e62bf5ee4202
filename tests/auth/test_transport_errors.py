"""Errors without a reply: the reason given by the system, and what to check."""

from __future__ import annotations

import errno
import socket
import ssl
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from tui_auth.auth.botocore_adapter import CERTIFICATE_REJECTED, reply_error, transport_error
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.errors import TRY_AGAIN, AuthError, ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "https://cognito-idp.eu-west-1.amazonaws.com/"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Return a loopback port that stays closed."""
    with socket.socket() as bound_socket:
        bound_socket.bind(("127.0.0.1", 0))
        yield bound_socket.getsockname()[1]


def connection_error(cause: OSError) -> EndpointConnectionError:
    """Build botocore's connection error around the system's error."""
    try:
        try:
            raise cause
        except OSError as system_error:
            raise ConnectionError("as urllib3 has it") from system_error
    except ConnectionError as error:
        return EndpointConnectionError(endpoint_url=URL, error=error)


def test_closed_port_is_reported_as_refused(closed_port: int) -> None:
    gateway = CognitoGateway(Address("eu-west-1", f"http://127.0.0.1:{closed_port}"))
    with pytest.raises(AuthError) as raised:
        gateway.call("InitiateAuth", {"ClientId": "c", "AuthFlow": "USER_AUTH"})
    assert raised.value.kind is ErrorKind.NETWORK
    assert raised.value.message.endswith(": the connection was refused.")
    assert "endpoint URL" in raised.value.recovery_suggestion
    assert "emulator" in raised.value.recovery_suggestion


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            connection_error(socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
            "name",
        ),
        (
            connection_error(ConnectionRefusedError(errno.ECONNREFUSED, "refused")),
            "refused",
        ),
        (connection_error(OSError(errno.ENETUNREACH, "unreachable")), "route"),
        (connection_error(OSError(errno.EIO, "of another kind")), ""),
        (ConnectTimeoutError(endpoint_url=URL), "accept"),
    ],
)
def test_reason_given_by_the_system_is_reported(error: Exception, reason: str) -> None:
    auth_error = transport_error(error)
    assert auth_error.kind is ErrorKind.NETWORK
    what, _, why = auth_error.message.partition(": ")
    assert "Cognito" in what
    assert reason in why
    assert bool(reason) is bool(why)
    assert "region" in auth_error.recovery_suggestion
    assert not auth_error.may_have_arrived


def test_unreachable_custom_endpoint_is_named() -> None:
    auth_error = transport_error(ConnectTimeoutError(endpoint_url=URL), "", "https://pool.example.com")
    assert auth_error.message.startswith("The endpoint ")
    assert "endpoint URL" in auth_error.recovery_suggestion
    assert "region" not in auth_error.recovery_suggestion


def is_from_cognito(error: AuthError) -> bool:
    """Return whether the error doesn't say that something in the way has replied."""
    return error.message != transport_error(ResponseParserError()).message


@pytest.mark.parametrize(
    ("error", "subject", "cure", "may_have_arrived"),
    [
        (ProxyConnectionError(proxy_url=URL), "proxy", "HTTPS_PROXY", False),
        (ReadTimeoutError(endpoint_url=URL), "may or may not have arrived", TRY_AGAIN, True),
        (ConnectionResetError(), "may or may not have arrived", TRY_AGAIN, True),
        (ResponseParserError(), "isn't from Cognito", "proxy", True),
        (ValueError(), "isn't from Cognito", "proxy", True),
    ],
)
def test_transport_error_has_a_message_and_a_suggestion(
    error: Exception, subject: str, cure: str, may_have_arrived: bool
) -> None:
    auth_error = transport_error(error)
    assert auth_error.kind is ErrorKind.NETWORK
    assert subject in auth_error.message
    assert cure in auth_error.recovery_suggestion
    assert auth_error.may_have_arrived is may_have_arrived
    assert auth_error.cause is error


def test_invalid_length_is_reported_without_the_value() -> None:
    auth_error = transport_error(ParamValidationError(report="hunter2"))
    assert auth_error.kind is ErrorKind.VALIDATION
    assert "hunter2" not in str(auth_error)
    assert auth_error.cause is None


def tls_error(reason: str = "", verify_code: int | None = None) -> SSLError:
    """Build botocore's TLS error around an error of the ssl module."""
    cause = ssl.SSLError(1, "of the ssl module")
    cause.reason = reason
    if verify_code is not None:
        cause.verify_code = verify_code  # type: ignore[attr-defined]
    return SSLError(endpoint_url=URL, error=ConnectionError("as urllib3 has it", cause))


@pytest.mark.parametrize(
    "reason", ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"]
)
def test_plain_text_server_is_reported(reason: str) -> None:
    error = tls_error(reason)
    auth_error = transport_error(error)
    assert (auth_error.kind, auth_error.cause) == (ErrorKind.NETWORK, error)
    assert "TLS" in auth_error.message
    assert "http://127.0.0.1:PORT" in auth_error.recovery_suggestion


@pytest.mark.parametrize(
    ("verify_code", "reason", "cure"),
    [
        (10, "expired", "clock"),
        (62, "another name", "endpoint URL"),
        (64, "another name", "endpoint URL"),
        (18, CERTIFICATE_REJECTED, "AWS_CA_BUNDLE"),
    ],
)
def test_rejected_certificate_is_explained(verify_code: int, reason: str, cure: str) -> None:
    error = tls_error("CERTIFICATE_VERIFY_FAILED", verify_code)
    auth_error = transport_error(error)
    assert (auth_error.kind, auth_error.cause) == (ErrorKind.NETWORK, error)
    assert reason in auth_error.message
    assert cure in auth_error.recovery_suggestion


@pytest.mark.parametrize(("ca_file", "displayed"), [("/etc/ca.pem", "/etc/ca.pem"), ("a\x1b", "'a\\x1b'")])
def test_rejected_certificate_names_the_ca_file(ca_file: str, displayed: str) -> None:
    auth_error = transport_error(tls_error("CERTIFICATE_VERIFY_FAILED", 18), ca_file)
    assert displayed in auth_error.recovery_suggestion
    assert "AWS_CA_BUNDLE" in auth_error.recovery_suggestion


def client_error(code: object, message: object, status: object = 400) -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "InitiateAuth")


def test_client_error_becomes_an_auth_error() -> None:
    error = client_error("CodeMismatchException", "Invalid code")
    auth_error = reply_error(error)
    assert (auth_error.code, auth_error.service_message, auth_error.cause) == (
        "CodeMismatchException",
        "Invalid code",
        error,
    )
    assert not auth_error.may_have_arrived
    assert reply_error(client_error("Strange", "", 503)).may_have_arrived


@pytest.mark.parametrize("status", ["503", None])
def test_invalid_status_counts_as_a_reply(status: object) -> None:
    assert not reply_error(client_error("Strange", "", status)).may_have_arrived


def test_client_error_can_have_invalid_types() -> None:
    auth_error = reply_error(client_error(None, ["x"]))
    assert (auth_error.code, auth_error.service_message) == ("None", "")
    assert reply_error(ClientError({}, "InitiateAuth")).code == "None"


def test_http_error_page_is_not_cognitos_reply() -> None:
    auth_error = reply_error(client_error("404", "Not Found", 404))
    assert auth_error.code is None
    assert not is_from_cognito(auth_error)
