"""A fixed text of Cognito's decides only at its operation and field; elsewhere the service is quoted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.auth.reply_server import ReplyServer, running_reply_server
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.errors import AuthError, ErrorField, ErrorKind

SMS_OFF = (
    "Invalid phone number provided/Unable to send the message. User pool does not have SMS configuration"
)
PASSWORD_TOO_SHORT = (
    "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must have length "
    "greater than or equal to 6"
)
CODE_TOO_SHORT = PASSWORD_TOO_SHORT.replace("'password'", "'userCode'")
PHONE = [{"Name": "phone_number", "Value": "555"}]
REQUESTS: dict[str, dict[str, Any]] = {
    "InitiateAuth": {"AuthFlow": "USER_AUTH", "ClientId": "c", "AuthParameters": {"USERNAME": "ann"}},
    "RespondToAuthChallenge": {"ChallengeName": "SMS_MFA", "ClientId": "c"},
    "SignUp": {"ClientId": "c", "Username": "ann", "Password": "p"},
    "ForgotPassword": {"ClientId": "c", "Username": "ann"},
    "ResendConfirmationCode": {"ClientId": "c", "Username": "ann"},
    "VerifySoftwareToken": {"UserCode": "123456"},
}


@pytest.fixture(scope="module")
def server() -> Iterator[ReplyServer]:
    with running_reply_server() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(server: ReplyServer) -> CognitoGateway:
    return CognitoGateway(Address("eu-west-1", server.url))


def error_of(
    server: ReplyServer,
    gateway: CognitoGateway,
    operation: str,
    message: str,
    code: str = "InvalidParameterException",
    status: int = 400,
    **more: Any,
) -> AuthError:
    server.status, server.reply = status, json.dumps({"__type": code, "message": message}).encode()
    request: Mapping[str, Any] = {**REQUESTS[operation], **more}
    with pytest.raises(AuthError) as raised:
        gateway.call(operation, request)
    return raised.value


@pytest.mark.parametrize(
    ("operation", "more", "message", "field"),
    [
        ("SignUp", {"UserAttributes": PHONE}, "Invalid phone number format.", ErrorField.ATTRIBUTES),
        (
            "RespondToAuthChallenge",
            {"ChallengeResponses": {"userAttributes.phone_number": "555"}},
            "Invalid phone number format.",
            ErrorField.ATTRIBUTES,
        ),
        (
            "RespondToAuthChallenge",
            {"ChallengeResponses": {"EMAIL": "x"}},
            "Invalid email address format.",
            ErrorField.ATTRIBUTES,
        ),
        ("SignUp", {}, PASSWORD_TOO_SHORT, ErrorField.NEW_PASSWORD),
    ],
)
def test_text_decides_where_it_belongs(
    server: ReplyServer,
    gateway: CognitoGateway,
    operation: str,
    more: dict[str, Any],
    message: str,
    field: ErrorField,
) -> None:
    error = error_of(server, gateway, operation, message, **more)
    assert (error.field, error.quote) == (field, "")


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("InitiateAuth", SMS_OFF),
        ("RespondToAuthChallenge", SMS_OFF),
        ("ResendConfirmationCode", SMS_OFF),
        ("InitiateAuth", "Invalid phone number format."),
        ("SignUp", "Invalid phone number format."),
        ("InitiateAuth", "Invalid email address format."),
        ("ForgotPassword", "Invalid email address format."),
        ("VerifySoftwareToken", CODE_TOO_SHORT),
        ("InitiateAuth", PASSWORD_TOO_SHORT),
        ("ForgotPassword", "USER_AUTH flow not enabled for this client"),
        ("InitiateAuth", "User is already confirmed."),
        ("ForgotPassword", "One or more attributes are wrong"),
    ],
)
def test_elsewhere_the_service_is_quoted(
    server: ReplyServer, gateway: CognitoGateway, operation: str, message: str
) -> None:
    error = error_of(server, gateway, operation, message)
    assert error.quote == message
    assert error.field in (ErrorField.ANSWER, ErrorField.FORM)
    assert "phone" not in error.message
    assert "mail" not in error.message
    assert "password" not in error.message


@pytest.mark.parametrize("operation", ["InitiateAuth", "RespondToAuthChallenge"])
def test_missing_sms_configuration_says_who_can_help(
    server: ReplyServer, gateway: CognitoGateway, operation: str
) -> None:
    error = error_of(server, gateway, operation, SMS_OFF)
    assert error.message == "The user pool couldn't send the code."
    assert error.recovery_suggestion == "The user pool's administrator can change this."


def test_rejected_sign_in_is_about_the_form_and_says_who_can_help(
    server: ReplyServer, gateway: CognitoGateway
) -> None:
    error = error_of(server, gateway, "InitiateAuth", "Something is wrong with the pool")
    assert error.field is ErrorField.FORM
    assert error.recovery_suggestion == "The user pool's administrator can help."


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("NotAuthorizedException", "SignUp is not permitted for this user pool"),
        ("NotAuthorizedException", "User password cannot be reset in the current state."),
        ("ExpiredCodeException", "Your software token has already been used once."),
    ],
)
def test_text_of_another_operation_does_not_decide(
    server: ReplyServer, gateway: CognitoGateway, code: str, message: str
) -> None:
    there = error_from_response(code, message)
    here = error_of(server, gateway, "InitiateAuth", message, code)
    assert here.message != there.message


def test_no_message_claims_a_length_that_the_pool_may_not_have() -> None:
    error = error_from_response("InvalidParameterException", PASSWORD_TOO_SHORT)
    assert not any(character.isdigit() for character in str(error))


@pytest.mark.parametrize("status", [500, 503])
def test_unknown_server_error_is_quoted(server: ReplyServer, gateway: CognitoGateway, status: int) -> None:
    error = error_of(server, gateway, "InitiateAuth", "The reason.", "SomethingNewException", status)
    assert error.message == "Cognito had an internal error."
    assert error.quote == "SomethingNewException: The reason."
    assert (error.kind, error.may_have_arrived) == (ErrorKind.SERVICE, True)


def test_known_server_error_needs_no_quote(server: ReplyServer, gateway: CognitoGateway) -> None:
    assert error_of(server, gateway, "InitiateAuth", "internal", "InternalErrorException", 500).quote == ""
