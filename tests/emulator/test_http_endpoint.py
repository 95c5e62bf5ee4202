"""The HTTP endpoint: AWS JSON 1.1, and replies to other requests."""

from __future__ import annotations

import http.client
import json
import socket
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, HTTPClientError

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, PoolUnderTest, aws_client, expect_error
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.http_endpoint import LARGEST_BODY
from tui_auth.emulator.server import CALL_BYTES

TARGET = "AWSCognitoIdentityProviderService."
HEADERS = {"Content-Type": "application/x-amz-json-1.1"}


class Response:
    def __init__(self, reply: http.client.HTTPResponse) -> None:
        self.status = reply.status
        self.headers = reply.headers
        self.body = reply.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def send_request(
    server: CognitoEmulator,
    method: str = "POST",
    path: str = "/",
    body: bytes | str | None = b"{}",
    **headers: str,
) -> Response:
    port = int(server.endpoint_url.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(
            method, path, body, {key.replace("_", "-"): entry for key, entry in headers.items()}
        )
        return Response(connection.getresponse())
    finally:
        connection.close()


def post(server: CognitoEmulator, operation: str, body: bytes | str) -> Response:
    return send_request(server, body=body, X_Amz_Target=TARGET + operation, **HEADERS)


def test_reply_has_the_headers_of_a_real_one(server: CognitoEmulator) -> None:
    response = post(server, "ListUserPools", '{"MaxResults": 5}')

    assert (response.status, response.json) == (200, {"UserPools": []})
    assert response.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert len(response.headers["x-amzn-RequestId"]) == 36


def test_error_is_a_400_with_its_type_in_body_and_header(server: CognitoEmulator) -> None:
    response = post(server, "DescribeUserPool", '{"UserPoolId": "eu-west-1_nowhere"}')

    assert response.status == 400
    assert response.json == {
        "__type": "ResourceNotFoundException",
        "message": "User pool eu-west-1_nowhere does not exist.",
    }
    assert response.headers["x-amzn-ErrorType"].startswith("ResourceNotFoundException")


@pytest.mark.parametrize("body", ["{", "nonsense", "[1]", '"x"', b"\xff\xfe", '{"ClientId": 5}', "[" * 9999])
def test_anything_but_a_json_object_is_a_serialization_error(
    server: CognitoEmulator, body: bytes | str
) -> None:
    response = post(server, "InitiateAuth", body)

    assert (response.status, response.json["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("target", ["InitiateAuth2", "", "SetUICustomization", "../x", "initiateAuth"])
def test_operation_that_is_not_served_is_unknown(server: CognitoEmulator, target: str) -> None:
    response = post(server, target, "{}")

    assert (response.status, response.json["__type"]) == (400, "UnknownOperationException")


def test_boto3_reports_an_unknown_operation(shared_aws: Any) -> None:
    with expect_error("UnknownOperationException"):
        shared_aws.describe_risk_configuration(UserPoolId="eu-west-1_Ab1")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X_Amz_Target": "DynamoDB_20120810.GetItem"},
        {"X_Amz_Target": "AWSCognitoIdentityService.InitiateAuth"},
        {"X_Amz_Target": f"{TARGET}ListUserPools", "Content_Type": "text/plain"},
        {"X_Amz_Target": f"{TARGET}ListUserPools", "Content_Type": "application/json"},
    ],
)
def test_request_for_another_service_is_rejected(server: CognitoEmulator, headers: dict[str, str]) -> None:
    response = send_request(server, **{"Content_Type": HEADERS["Content-Type"], **headers})

    assert (response.status, response.json["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD", "BREW"])
def test_another_method_is_rejected(server: CognitoEmulator, method: str) -> None:
    assert send_request(server, method, body=None).status >= 400


@pytest.mark.parametrize("path", ["/", "/nowhere", "/eu-west-1_x/.well-known/jwks.json", "/messages/1"])
def test_other_paths_are_not_found(server: CognitoEmulator, path: str) -> None:
    assert send_request(server, "GET", path, None).status == 404


def test_body_that_is_too_large_is_rejected_unread(server: CognitoEmulator) -> None:
    response = send_request(server, body=b"", Content_Length=str(LARGEST_BODY + 1), **HEADERS)

    assert (response.status, response.json["__type"]) == (413, "RequestEntityTooLargeException")


@pytest.mark.parametrize(
    "headers", [{"Content_Length": "-1"}, {"Content_Length": "x"}, {"Transfer_Encoding": "chunked"}]
)
def test_body_without_a_length_is_rejected(server: CognitoEmulator, headers: dict[str, str]) -> None:
    assert send_request(server, body=None, **HEADERS, **headers).status == 411


@pytest.mark.parametrize(
    "raw", [b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"X" * 70000 + b"\r\n"]
)
def test_bytes_that_are_not_http_do_no_harm(server: CognitoEmulator, raw: bytes) -> None:
    port = int(server.endpoint_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)

    assert post(server, "ListUserPools", '{"MaxResults": 5}').status == 200


@pytest.mark.parametrize("host", ["localhost", "localhost:5", "127.0.0.1:1", "[::1]:80", "pool.localhost"])
def test_loopback_host_name_is_served(server: CognitoEmulator, host: str) -> None:
    assert send_request(server, "GET", "/messages", None, Host=host).status == 200


@pytest.mark.parametrize(
    "host", ["example.com", "127.0.0.1.example.com", "localhost.example.com:80", "10.0.0.1"]
)
def test_another_host_name_is_rejected(server: CognitoEmulator, host: str) -> None:
    for method, path in (("GET", "/messages"), ("POST", "/")):
        assert send_request(server, method, path, None, Host=host).status == 403


def test_connection_is_reused_for_the_next_request(server: CognitoEmulator) -> None:
    port = int(server.endpoint_url.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    socket_before = connection.sock
    for _ in range(3):
        connection.request("POST", "/", "{}", {**HEADERS, "X-Amz-Target": f"{TARGET}Nothing"})
        connection.getresponse().read()
    socket_after = connection.sock
    connection.close()

    assert socket_after is socket_before is not None


def test_date_header_follows_the_emulators_clock(server: CognitoEmulator) -> None:
    server.clock.advance(86400)
    date = parsedate_to_datetime(send_request(server, "GET", "/messages", None).headers["Date"])

    assert abs(date.timestamp() - server.clock.now()) < 5


def test_messages_are_a_json_array_oldest_first(own_pool: MakePool) -> None:
    pool = own_pool(AutoVerifiedAttributes=["email"])
    for name in ("ann", "bob"):
        pool.aws.sign_up(
            ClientId=pool.client_id,
            Username=name,
            Password=PASSWORD,
            UserAttributes=[{"Name": "email", "Value": f"{name}@example.com"}],
        )
    messages = send_request(pool.server, "GET", pool.server.messages_url.partition("/messages")[1], None).json

    assert [entry["username"] for entry in messages] == ["ann", "bob"]
    assert set(messages[0]) == {"id", "sent_at", "username", "medium", "destination", "purpose", "code"}
    assert messages == pool.server.messages


def test_calls_are_recorded_in_order(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    pool.password_sign_in()

    operation, params = pool.server.calls[-1]
    assert operation == "InitiateAuth"
    assert params["AuthParameters"] == {"USERNAME": "ann", "PASSWORD": PASSWORD}
    assert pool.server.calls[0][0] == "CreateUserPool"


def test_injected_error_is_sent_once(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    pool.server.fail_next("InitiateAuth", "TooManyRequestsException", "Rate exceeded")
    with expect_error("TooManyRequestsException", "Rate exceeded"):
        pool.password_sign_in()

    assert "AuthenticationResult" in pool.password_sign_in()


def test_internal_error_is_a_500(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.server.fail_next("ListUserPools", "InternalErrorException", "Internal server error")
    with pytest.raises(ClientError) as caught:
        pool.aws.list_user_pools(MaxResults=1)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


@pytest.mark.parametrize(("after_work", "users"), [(False, 0), (True, 1)])
def test_connection_can_be_dropped_before_or_after_the_call(
    own_pool: MakePool, after_work: bool, users: int
) -> None:
    pool = own_pool()
    pool.server.drop_next("AdminCreateUser", after_work=after_work)
    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        pool.create_user()

    assert len(pool.aws.list_users(UserPoolId=pool.pool_id)["Users"]) == users


def test_unexpected_exception_is_an_internal_error_without_details(
    server: CognitoEmulator, capfd: pytest.CaptureFixture[str]
) -> None:
    def raise_error(*_: object) -> None:
        raise RuntimeError("secret detail")

    server.call_over_http = raise_error  # type: ignore[method-assign, assignment]
    response = post(server, "ListUserPools", "{}")

    assert (response.status, response.json["__type"]) == (500, "InternalErrorException")
    assert b"secret detail" not in response.body
    assert capfd.readouterr().err == ""
    assert [str(error) for error in server.internal_errors] == ["secret detail"]
    server.internal_errors.clear()


def test_stopped_server_closes_its_connections() -> None:
    server = CognitoEmulator()
    server.start()
    pool = PoolUnderTest(server, aws_client(server), "", "")
    pool.aws.list_user_pools(MaxResults=1)
    server.stop()

    with pytest.raises(BotoCoreError):
        pool.aws.list_user_pools(MaxResults=1)


def test_port_in_use_is_an_error(server: CognitoEmulator) -> None:
    with pytest.raises(OSError, match=r"[Aa]ddress already in use"):
        CognitoEmulator(port=int(server.endpoint_url.rpartition(":")[2]))


@pytest.mark.parametrize("length", ["9" * 4300, "9" * 4301, "9" * 60_000])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_enormous_content_length_gets_a_reply(server: CognitoEmulator, method: str, length: str) -> None:
    port = int(server.endpoint_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(
            f"{method} / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        status = connection.makefile("rb").readline()

    assert status.split()[1] == b"413"


@pytest.mark.parametrize("token", ["9" * 5000, "٣", "-1", "x"])
def test_invalid_pagination_token_is_an_error_of_the_client(server: CognitoEmulator, token: str) -> None:
    response = post(server, "ListUserPools", json.dumps({"MaxResults": 5, "NextToken": token}))

    assert (response.status, response.json["__type"]) == (400, "InvalidParameterException")


def test_call_log_is_bounded_in_bytes(server: CognitoEmulator) -> None:
    filler = "x" * (LARGEST_BODY - 100)
    for number in range(20):
        post(server, f"Unknown{number}", json.dumps({"filler": filler}))
    names = [operation for operation, _ in server.calls]

    assert names == [f"Unknown{number}" for number in range(20)][-len(names) :]
    assert 10 < len(names) <= CALL_BYTES // len(filler)


def test_no_reply_can_be_taken_for_another_content_type(server: CognitoEmulator) -> None:
    messages = send_request(server, "GET", "/messages", None)

    assert messages.headers["Content-Type"] == "application/json"
    for response in (messages, post(server, "ListUserPools", "{"), send_request(server, "PUT")):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
