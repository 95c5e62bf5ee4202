"""What is said where no answer came: the reason, as far as the system told one, and what to look at."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

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

from tui_auth.auth.errors import TRY_AGAIN, AuthError, ErrorKind
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.auth.transport_errors import CERTIFICATE_REJECTED, reply_error, transport_error

URL = "https://cognito-idp.eu-west-1.amazonaws.com/"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine on which nobody listens, and nobody will meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def wrapped(cause: OSError) -> EndpointConnectionError:
    """botocore's error about a connection that was not made, with the system's own below another one."""
    try:
        try:
            raise cause
        except OSError as below:
            raise ConnectionError("as urllib3 has it") from below
    except ConnectionError as error:
        return EndpointConnectionError(endpoint_url=URL, error=error)


def test_a_pool_that_does_not_run_is_said_to_refuse_the_connection(closed_port: int) -> None:
    gateway = CognitoGateway(Address("eu-west-1", f"http://127.0.0.1:{closed_port}"))
    with pytest.raises(AuthError) as refused:
        gateway.call("InitiateAuth", {"ClientId": "c", "AuthFlow": "USER_AUTH"})
    assert refused.value.kind is ErrorKind.NETWORK
    assert refused.value.message == "The endpoint cannot be reached: the connection was refused."
    assert refused.value.recovery_suggestion == "Start the pool at that address, or check the endpoint URL."


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (
            wrapped(socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
            ": its name is not found.",
        ),
        (wrapped(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), ": the connection was refused."),
        (wrapped(OSError(errno.ENETUNREACH, "unreachable")), ": there is no way to it from here."),
        (wrapped(OSError(errno.EIO, "of another kind")), "."),
        (ConnectTimeoutError(endpoint_url=URL), ": it does not take the connection."),
    ],
)
def test_the_reason_is_said_that_the_system_tells(error: Exception, why: str) -> None:
    said = transport_error(error)
    assert (said.kind, said.message) == (ErrorKind.NETWORK, f"Cognito cannot be reached{why}")
    assert said.recovery_suggestion == "Check the network and the region, then try again."
    assert not said.may_have_arrived


def test_at_an_endpoint_of_its_own_the_endpoint_is_what_cannot_be_reached() -> None:
    said = transport_error(ConnectTimeoutError(endpoint_url=URL), "", "https://pool.example.com")
    assert said.message == "The endpoint cannot be reached: it does not take the connection."
    assert said.recovery_suggestion == "Check the network and the endpoint URL, then try again."


NOT_AN_ANSWER = (
    "What came back is not an answer of Cognito.",
    "Is there a proxy or a sign-in page of the network in between?",
)


@pytest.mark.parametrize(
    ("error", "message", "suggestion", "may_have_arrived"),
    [
        (
            ProxyConnectionError(proxy_url=URL),
            "The proxy cannot be reached.",
            "Look at HTTPS_PROXY and NO_PROXY.",
            False,
        ),
        (
            ReadTimeoutError(endpoint_url=URL),
            "No answer came. Yours may or may not have arrived.",
            TRY_AGAIN,
            True,
        ),
        (
            ConnectionResetError(),
            "No answer came. Yours may or may not have arrived.",
            TRY_AGAIN,
            True,
        ),
        (ResponseParserError(), *NOT_AN_ANSWER, True),
        (ValueError(), *NOT_AN_ANSWER, True),
    ],
)
def test_what_kept_an_answer_from_coming_is_said_with_the_cure(
    error: Exception, message: str, suggestion: str, may_have_arrived: bool
) -> None:
    said = transport_error(error)
    assert (said.kind, said.message, said.recovery_suggestion) == (ErrorKind.NETWORK, message, suggestion)
    assert said.may_have_arrived is may_have_arrived
    assert said.cause is error


def test_a_value_of_the_wrong_length_is_said_without_the_value() -> None:
    said = transport_error(ParamValidationError(report="hunter2"))
    assert said.kind is ErrorKind.VALIDATION
    assert str(said) == "That is too short or too long for Cognito. Change it and try again."
    assert said.cause is None


def tls_error(reason: str = "", verify_code: int | None = None) -> SSLError:
    """botocore's error about TLS, with the one of the ssl module below it."""
    below = ssl.SSLError(1, "of the ssl module")
    below.reason = reason
    if verify_code is not None:
        below.verify_code = verify_code  # type: ignore[attr-defined]
    return SSLError(endpoint_url=URL, error=ConnectionError("as urllib3 has it", below))


@pytest.mark.parametrize(
    "reason", ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"]
)
def test_a_server_without_tls_is_said_to_be_one(reason: str) -> None:
    error = tls_error(reason)
    said = transport_error(error)
    assert (said.kind, said.cause) == (ErrorKind.NETWORK, error)
    assert said.message == "The server does not speak TLS there."
    assert said.recovery_suggestion == (
        "Is the port right? A pool on this machine may be at http://127.0.0.1:PORT."
    )


@pytest.mark.parametrize(
    ("verify_code", "message", "suggestion"),
    [
        (
            10,
            "The connection is not safe: the server's certificate has expired.",
            "Is this machine's clock right? Else whoever runs the server must renew it.",
        ),
        *(
            (
                code,
                "The connection is not safe: the server's certificate is one of another name.",
                "Check the endpoint URL, and what proxy is in between.",
            )
            for code in (62, 64)
        ),
        (
            18,
            CERTIFICATE_REJECTED,
            "If a proxy of yours replaces certificates, name its CA file in AWS_CA_BUNDLE.",
        ),
    ],
)
def test_a_refused_certificate_says_what_is_wrong_with_it(
    verify_code: int, message: str, suggestion: str
) -> None:
    error = tls_error("CERTIFICATE_VERIFY_FAILED", verify_code)
    said = transport_error(error)
    assert (said.kind, said.cause) == (ErrorKind.NETWORK, error)
    assert (said.message, said.recovery_suggestion) == (message, suggestion)


@pytest.mark.parametrize(("ca_file", "shown"), [("/etc/ca.pem", "/etc/ca.pem"), ("a\x1b", "'a\\x1b'")])
def test_a_refused_certificate_names_the_ca_file_that_was_used(ca_file: str, shown: str) -> None:
    said = transport_error(tls_error("CERTIFICATE_VERIFY_FAILED", 18), ca_file)
    assert said.recovery_suggestion == (
        f"The CA file used is {shown}. Is it the right one? AWS_CA_BUNDLE names another."
    )


def client_error(code: object, message: object, status: object = 400) -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "InitiateAuth")


def test_a_refusal_is_read_out_of_botocores_error() -> None:
    error = client_error("CodeMismatchException", "Invalid code")
    said = reply_error(error)
    assert (said.code, said.service_message, said.cause) == ("CodeMismatchException", "Invalid code", error)
    assert not said.may_have_arrived
    assert reply_error(client_error("Strange", "", 503)).may_have_arrived


@pytest.mark.parametrize("status", ["503", None])
def test_a_status_that_is_no_number_counts_as_a_refusal(status: object) -> None:
    assert not reply_error(client_error("Strange", "", status)).may_have_arrived


def test_a_refusal_of_strange_types_is_one_all_the_same() -> None:
    said = reply_error(client_error(None, ["x"]))
    assert (said.code, said.service_message) == ("None", "")
    assert reply_error(ClientError({}, "InitiateAuth")).code == "None"


def test_a_page_with_an_http_status_is_no_refusal_of_cognitos() -> None:
    said = reply_error(client_error("404", "Not Found", 404))
    assert (said.code, said.message) == (None, NOT_AN_ANSWER[0])
