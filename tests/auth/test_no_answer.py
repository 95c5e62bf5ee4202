"""What is said where no answer came: the reason, as far as the system told one, and what to look at."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.auth.no_answer import no_answer

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
    said = no_answer(error)
    assert (said.kind, said.message) == (ErrorKind.NETWORK, f"Cognito cannot be reached{why}")
    assert said.recovery_suggestion == "Check the network and the region, then try again."
    assert not said.may_have_arrived


def test_at_an_endpoint_of_its_own_the_endpoint_is_what_cannot_be_reached() -> None:
    said = no_answer(ConnectTimeoutError(endpoint_url=URL), "", "https://pool.example.com")
    assert said.message == "The endpoint cannot be reached: it does not take the connection."
    assert said.recovery_suggestion == "Check the network and the endpoint URL, then try again."
