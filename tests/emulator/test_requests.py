"""The validation of requests, with Cognito's error texts."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_auth.emulator import CognitoError, service_model
from tui_auth.emulator.server import HANDLERS
from tui_auth.emulator.service_model import IDENTITY_POOLS, USER_POOLS, parse_request

SERVICES = {USER_POOLS: botocore.session.get_session(), IDENTITY_POOLS: botocore.session.get_session()}
OPERATIONS = [(service, name) for service, handlers in HANDLERS.items() for name in handlers]


def input_shape(service: str, operation: str) -> Any:
    return SERVICES[service].get_service_model(service).operation_model(operation).input_shape


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_members_required_by_botocores_model_are_required(service: str, operation: str) -> None:
    required = input_shape(service, operation).required_members
    try:
        parse_request(service, operation, {})
    except CognitoError as error:
        message = error.message
    else:
        message = ""

    assert message.count("Member must not be null") == len(required)
    for name in required:
        assert f" at '{name[0].lower()}{name[1:]}' failed to satisfy constraint" in message


@pytest.mark.parametrize("service", SERVICES)
def test_python_can_evaluate_every_pattern_of_the_model(service: str) -> None:
    shapes = service_model._model(service)["shapes"].values()
    patterns = {shape["pattern"] for shape in shapes if "pattern" in shape}

    assert patterns
    for pattern in patterns:
        assert isinstance(service_model._matches(pattern, "Ünï\u00a0x"), bool)


def parse_error(operation: str, request: Any) -> tuple[str, str]:
    with pytest.raises(CognitoError) as caught:
        parse_request(USER_POOLS, operation, request)
    return caught.value.code, caught.value.message


CONSTRAINT = "failed to satisfy constraint: Member must"


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "VerifySoftwareToken",
            {"UserCode": "12345x"},
            f"1 validation error detected: Value at 'userCode' {CONSTRAINT} "
            "satisfy regular expression pattern: [0-9]+",
        ),
        (
            "InitiateAuth",
            {"ClientId": "abc", "AuthFlow": "TELEPATHY"},
            f"1 validation error detected: Value 'TELEPATHY' at 'authFlow' {CONSTRAINT} satisfy enum value "
            "set: [USER_SRP_AUTH, REFRESH_TOKEN_AUTH, REFRESH_TOKEN, CUSTOM_AUTH, ADMIN_NO_SRP_AUTH, "
            "USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH, USER_AUTH]",
        ),
        (
            "InitiateAuth",
            {"ClientId": "abc"},
            f"1 validation error detected: Value null at 'authFlow' {CONSTRAINT} not be null",
        ),
        (
            "SignUp",
            {"ClientId": "abc", "Username": "ann", "Password": "short"},
            f"1 validation error detected: Value at 'password' {CONSTRAINT} have length greater than or "
            "equal to 6",
        ),
        (
            "SignUp",
            {"ClientId": "abc", "Username": "ann", "Password": "space at the end "},
            f"1 validation error detected: Value at 'password' {CONSTRAINT} satisfy regular expression "
            r"pattern: ^[\S]+.*[\S]+$",
        ),
        (
            "SignUp",
            {"ClientId": "a-c", "Username": "a n", "Password": "Correct-Horse-9!"},
            f"2 validation errors detected: Value at 'clientId' {CONSTRAINT} satisfy regular expression "
            rf"pattern: [\w+]+; Value at 'username' {CONSTRAINT} satisfy regular expression pattern: "
            r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+",
        ),
        (
            "ConfirmSignUp",
            {"ClientId": "abc", "Username": "ann", "ConfirmationCode": "123 456"},
            rf"1 validation error detected: Value '123 456' at 'confirmationCode' {CONSTRAINT} satisfy "
            r"regular expression pattern: [\S]+",
        ),
        (
            "RespondToAuthChallenge",
            {"ClientId": "abc", "ChallengeName": "SMS_MFA", "Session": "short"},
            f"1 validation error detected: Value at 'session' {CONSTRAINT} have length greater than or "
            "equal to 20",
        ),
        (
            "SignUp",
            {
                "ClientId": "abc",
                "Username": "ann",
                "UserAttributes": [{"Name": "n" * 33, "Value": "x"}],
            },
            f"1 validation error detected: Value '{'n' * 33}' at 'userAttributes.1.member.name' {CONSTRAINT} "
            "have length less than or equal to 32",
        ),
        (
            "CreateUserPoolClient",
            {"UserPoolId": "eu-west-1_Ab1", "ClientName": "x", "AuthSessionValidity": 16},
            f"1 validation error detected: Value '16' at 'authSessionValidity' {CONSTRAINT} have value less "
            "than or equal to 15",
        ),
    ],
)
def test_violations_of_the_model_have_cognitos_texts(
    operation: str, request_: dict[str, Any], message: str
) -> None:
    assert parse_error(operation, request_) == ("InvalidParameterException", message)


@pytest.mark.parametrize(
    "request_",
    [
        [],
        "text",
        5,
        None,
        {"ClientId": 5},
        {"ClientId": ["abc"]},
        {"ClientId": {"a": "b"}},
        {"ClientId": True},
        {"AuthParameters": []},
        {"AuthParameters": {"USERNAME": 5}},
        {"AuthParameters": {"USERNAME": ["ann"]}},
        {"UserContextData": "x"},
        {"Session": 1.5},
        {"ClientId": "\ud800"},
    ],
)
def test_wrong_json_type_is_a_serialization_error(request_: Any) -> None:
    assert parse_error("InitiateAuth", request_)[0] == "SerializationException"


@pytest.mark.parametrize("value", ["yes", 1, [], {}])
def test_booleans_and_lists_are_not_converted(value: Any) -> None:
    request = {"UserPoolId": "eu-west-1_Ab1", "Username": "ann", "Password": "x" * 8, "Permanent": value}

    assert parse_error("AdminSetUserPassword", request)[0] == "SerializationException"
    request = {"UserPoolId": "eu-west-1_Ab1", "Username": "ann", "UserAttributes": "x"}
    assert parse_error("AdminUpdateUserAttributes", request)[0] == "SerializationException"


def test_unknown_members_and_nulls_are_left_out() -> None:
    request = {
        "ClientId": "abc",
        "AuthFlow": "USER_SRP_AUTH",
        "Session": None,
        "Future": 1,
        "AuthParameters": {"USERNAME": "ann", "DEVICE_KEY": None},
    }

    assert parse_request(USER_POOLS, "InitiateAuth", request) == {
        "ClientId": "abc",
        "AuthFlow": "USER_SRP_AUTH",
        "AuthParameters": {"USERNAME": "ann"},
    }


@pytest.mark.parametrize(("name", "good"), [("Ünïcode-名前-☃", True), ("tab\there", False), ("", False)])
def test_user_name_can_be_in_any_script_but_has_no_spaces(name: str, good: bool) -> None:
    request = {"UserPoolId": "eu-west-1_Ab1", "Username": name}

    if good:
        assert parse_request(USER_POOLS, "AdminGetUser", request) == request
    else:
        with pytest.raises(CognitoError):
            parse_request(USER_POOLS, "AdminGetUser", request)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = sorted(
    {name for operation in HANDLERS[USER_POOLS] for name in input_shape(USER_POOLS, operation).members}
)


@settings(max_examples=100)
@given(operation=st.sampled_from(OPERATIONS), request_=st.dictionaries(st.sampled_from(MEMBERS), JSON))
def test_every_request_is_parsed_or_rejected(operation: tuple[str, str], request_: dict[str, Any]) -> None:
    try:
        cleaned = parse_request(*operation, request_)
    except CognitoError as error:
        code, cleaned = error.code, {}
    else:
        code = ""
    assert code in ("", "SerializationException", "InvalidParameterException")
    assert set(cleaned) <= set(request_)
