"""The settings in each kind of Amplify file, value by value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tui_auth.config.amplify_js import Node, find_objects, read_object
from tui_auth.config.amplify_shapes import InvalidNode, find_settings

POLICY = {
    "min_length": 10,
    "require_lowercase": True,
    "require_uppercase": True,
    "require_numbers": True,
    "require_symbols": True,
}


def plain(node: Node | InvalidNode | object) -> Any:
    """A node's value without lines; what a invalid expects in a tuple."""
    if isinstance(node, InvalidNode):
        return ("invalid", node.expected)
    if not isinstance(node, Node):
        return node
    if isinstance(node.value, dict):
        return {name: plain(each) for name, each in node.value.items()}
    return [plain(each) for each in node.value] if isinstance(node.value, list) else node.value


def settings(content: dict[str, Any]) -> dict[str, Any]:
    """The settings that an Amplify file has, without those it does not."""
    nodes = find_settings(read_object(json.dumps(content)))
    assert nodes is not None
    return {name: plain(node) for name, node in nodes.items() if node is not None}


def native(auth: dict[str, Any] | None = None, **pool: Any) -> dict[str, Any]:
    plugin: dict[str, Any] = {"CognitoUserPool": {"Default": {"PoolId": "p", **pool}}}
    if auth is not None:
        plugin["Auth"] = {"Default": auth}
    return settings({"auth": {"plugins": {"awsCognitoAuthPlugin": plugin}}})


def gen_2(**auth: Any) -> dict[str, Any]:
    return settings({"auth": {"user_pool_id": "p", **auth}})


def flat(**members: Any) -> dict[str, Any]:
    return settings({"aws_user_pools_id": "p", **members})


def configured(**cognito: Any) -> dict[str, Any]:
    return settings({"Auth": {"Cognito": {"userPoolId": "p", **cognito}}})


def test_each_kind_is_told_by_the_place_of_its_pool() -> None:
    assert native() == gen_2() == flat() == configured() == {"user_pool_id": "p"}


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"auth": {}},
        {"auth": {"plugins": {}}},
        {"auth": {"plugins": {"awsCognitoAuthPlugin": {}}}},
        {"auth": {"plugins": {"awsCognitoAuthPlugin": {"CognitoUserPool": {}}}}},
        {"Auth": {}},
        {"Storage": {"S3": {}}},
    ],
)
def test_a_file_of_none_of_the_kinds_has_no_settings(content: dict[str, Any]) -> None:
    assert find_settings(read_object(json.dumps(content))) is None


def test_the_native_file() -> None:
    pool = {"PoolId": "p", "AppClientId": "c", "AppClientSecret": "s", "Region": "r", "Endpoint": "e.example"}
    auth = {
        "authenticationFlowType": "USER_SRP_AUTH",
        "usernameAttributes": ["EMAIL"],
        "signupAttributes": ["GIVEN_NAME"],
        "mfaTypes": ["SMS"],
        "mfaConfiguration": "OPTIONAL",
        "passwordProtectionSettings": {"passwordPolicyMinLength": 10, "passwordPolicyCharacters": []},
    }
    plugin = {
        "CognitoUserPool": {"Default": pool},
        "Auth": {"Default": auth},
        "CredentialsProvider": {"CognitoIdentity": {"Default": {"PoolId": "i"}}},
    }
    assert settings({"auth": {"plugins": {"awsCognitoAuthPlugin": plugin}}}) == {
        "user_pool_id": "p",
        "client_id": "c",
        "client_secret": "s",
        "region": "r",
        "endpoint_url": "https://e.example",
        "identity_pool_id": "i",
        "auth_flow": "USER_SRP_AUTH",
        "username_attributes": ["email"],
        "required_attributes": ["given_name"],
        "mfa_methods": ["SMS"],
        "password_policy": {"min_length": 10},
    }


def test_gen_2_outputs() -> None:
    assert gen_2(
        user_pool_client_id="c",
        aws_region="r",
        identity_pool_id="i",
        passwordless={"email_otp_enabled": True, "preferred_challenge": "EMAIL_OTP"},
        username_attributes=["email"],
        standard_required_attributes=["name"],
        mfa_methods=["TOTP"],
        mfa_configuration="REQUIRED",
        password_policy={**POLICY, "later": 1},
    ) == {
        "user_pool_id": "p",
        "client_id": "c",
        "region": "r",
        "identity_pool_id": "i",
        "auth_flow": "USER_AUTH",
        "preferred_first_factor": "EMAIL_OTP",
        "username_attributes": ["email"],
        "required_attributes": ["name"],
        "mfa_methods": ["TOTP"],
        "password_policy": POLICY,
    }


def test_the_flat_file() -> None:
    characters = [f"REQUIRES_{name}" for name in ("LOWERCASE", "UPPERCASE", "NUMBERS", "SYMBOLS", "MOONS")]
    assert flat(
        aws_user_pools_web_client_id="c",
        aws_project_region="elsewhere",
        aws_cognito_region="r",
        aws_cognito_identity_pool_id="i",
        authenticationFlowType="CUSTOM_AUTH",
        aws_cognito_username_attributes=["EMAIL"],
        aws_cognito_signup_attributes=["NAME"],
        aws_cognito_mfa_types=["SMS"],
        aws_cognito_mfa_configuration="ON",
        aws_cognito_password_protection_settings={
            "passwordPolicyMinLength": 10,
            "passwordPolicyCharacters": characters,
        },
    ) == {
        "user_pool_id": "p",
        "client_id": "c",
        "region": "r",
        "identity_pool_id": "i",
        "auth_flow": "CUSTOM_WITH_SRP",
        "username_attributes": ["email"],
        "required_attributes": ["name"],
        "mfa_methods": ["SMS"],
        "password_policy": POLICY,
    }


def test_the_object_for_amplify_configure() -> None:
    assert configured(
        userPoolClientId="c",
        region="r",
        userPoolEndpoint="https://e.example",
        identityPoolId="i",
        loginWith={"email": True, "phone": True, "username": True},
        userAttributes={"name": {"required": True}, "email": {"required": False}, "birthdate": {}},
        mfa={"status": "on", "smsEnabled": True, "totpEnabled": True, "emailEnabled": True},
        passwordFormat={
            "minLength": 10,
            "requireLowercase": True,
            "requireUppercase": True,
            "requireNumbers": True,
            "requireSpecialCharacters": True,
        },
    ) == {
        "user_pool_id": "p",
        "client_id": "c",
        "region": "r",
        "endpoint_url": "https://e.example",
        "identity_pool_id": "i",
        "username_attributes": ["email", "phone_number"],
        "required_attributes": ["name"],
        "mfa_methods": ["SMS", "TOTP", "EMAIL"],
        "password_policy": POLICY,
    }


@pytest.mark.parametrize(
    ("written", "flow"),
    [
        ("CUSTOM_AUTH", "CUSTOM_WITH_SRP"),
        ("CUSTOM_AUTH_WITH_SRP", "CUSTOM_WITH_SRP"),
        ("CUSTOM_AUTH_WITHOUT_SRP", "CUSTOM_WITHOUT_SRP"),
        ("USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"),
        (7, 7),
    ],
)
def test_a_flow_has_our_name_for_it(written: object, flow: object) -> None:
    assert native({"authenticationFlowType": written})["auth_flow"] == flow
    assert flat(authenticationFlowType=written)["auth_flow"] == flow


@pytest.mark.parametrize(
    ("enabled", "flow"),
    [
        (True, "USER_PASSWORD_AUTH"),
        ("true", "USER_PASSWORD_AUTH"),
        (False, None),
        ("false", None),
        ("", None),
        (None, None),
        ("maybe", ("invalid", "true or false")),
    ],
)
def test_a_pool_that_migrates_users_wants_the_password(enabled: object, flow: object) -> None:
    assert native(MigrationEnabled=enabled).get("auth_flow") == flow


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [("e.example", "https://e.example"), ("http://e", "http://e"), (" ", None), (7, 7)],
)
def test_a_native_endpoint_is_a_host_name(endpoint: object, url: object) -> None:
    assert native(Endpoint=endpoint).get("endpoint_url") == url


@pytest.mark.parametrize("configuration", ["OFF", "off", "NONE", "none"])
def test_second_factors_that_are_off_are_none(configuration: str) -> None:
    assert gen_2(mfa_methods=["SMS"], mfa_configuration=configuration)["mfa_methods"] == []
    assert configured(mfa={"status": configuration, "smsEnabled": True})["mfa_methods"] == []
    types = {"aws_cognito_mfa_types": ["SMS"], "aws_cognito_mfa_configuration": configuration}
    assert flat(**types)["mfa_methods"] == []
    assert native({"mfaTypes": ["SMS"], "mfaConfiguration": configuration})["mfa_methods"] == []


def test_an_empty_configuration_leaves_the_second_factors() -> None:
    assert gen_2(mfa_methods=["SMS"], mfa_configuration="")["mfa_methods"] == ["SMS"]
    assert gen_2(mfa_methods=["SMS"], mfa_configuration=None)["mfa_methods"] == ["SMS"]


@pytest.mark.parametrize(
    ("passwordless", "flow", "factor"),
    [
        (None, None, None),
        ("", None, None),
        ({}, None, None),
        ({"email_otp_enabled": True}, "USER_AUTH", None),
        ({"sms_otp_enabled": True}, "USER_AUTH", None),
        ({"email_otp_enabled": False, "sms_otp_enabled": False}, None, None),
        ({"email_otp_enabled": None, "sms_otp_enabled": True}, "USER_AUTH", None),
        ({"preferred_challenge": "EMAIL_OTP"}, "USER_AUTH", "EMAIL_OTP"),
        ({"preferred_challenge": "SMS_OTP"}, "USER_AUTH", "SMS_OTP"),
        ({"preferred_challenge": "WEB_AUTHN"}, "USER_AUTH", None),
        ({"preferred_challenge": "PASSWORD", "email_otp_enabled": True}, None, None),
        ({"preferred_challenge": "PASSWORD_SRP"}, None, None),
        ({"preferred_challenge": ""}, None, None),
        ("yes", None, ("invalid", "an object")),
        ({"preferred_challenge": 7}, None, ("invalid", "a word, such as EMAIL_OTP")),
        ({"email_otp_enabled": "yes"}, None, ("invalid", "true or false")),
        ({"email_otp_enabled": "yes", "sms_otp_enabled": True}, "USER_AUTH", ("invalid", "true or false")),
    ],
)
def test_a_sign_in_without_a_password(passwordless: object, flow: object, factor: object) -> None:
    found = gen_2(passwordless=passwordless)
    assert (found.get("auth_flow"), found.get("preferred_first_factor")) == (flow, factor)


@pytest.mark.parametrize("rules", [{"passwordPolicyMinLength": "10"}, {"passwordPolicyMinLength": 10}])
def test_a_length_may_be_written_as_text(rules: dict[str, Any]) -> None:
    assert native({"passwordProtectionSettings": rules})["password_policy"] == {"min_length": 10}


@pytest.mark.parametrize("length", ["ten", "12345", ""])
def test_a_text_that_is_no_length_stays_as_it_is(length: str) -> None:
    found = flat(aws_cognito_password_protection_settings={"passwordPolicyMinLength": length})
    assert found["password_policy"] == {"min_length": length}


@pytest.mark.parametrize("rules", [{}, "", None])
def test_empty_rules_say_nothing(rules: object) -> None:
    assert "password_policy" not in flat(aws_cognito_password_protection_settings=rules)


LIST = 'a list, such as ["REQUIRES_LOWERCASE"]'


@pytest.mark.parametrize(
    ("found", "name", "expected"),
    [
        (lambda: gen_2(mfa_configuration=7), "mfa_methods", "a word, such as OPTIONAL"),
        (lambda: gen_2(password_policy=7), "password_policy", "an object"),
        (lambda: configured(passwordFormat=[]), "password_policy", "an object"),
        (lambda: configured(loginWith=["email"]), "username_attributes", "an object"),
        (lambda: configured(loginWith={"email": "yes"}), "username_attributes", "true or false"),
        (lambda: configured(mfa={"smsEnabled": 1}), "mfa_methods", "true or false"),
        (lambda: configured(userAttributes=["name"]), "required_attributes", "an object"),
        (
            lambda: configured(userAttributes={"name": True}),
            "required_attributes",
            "an object, such as { required: true }",
        ),
        (
            lambda: configured(userAttributes={"name": {"required": "yes"}}),
            "required_attributes",
            "true or false",
        ),
        (lambda: flat(aws_cognito_password_protection_settings=7), "password_policy", "an object"),
        (
            lambda: native({"passwordProtectionSettings": {"passwordPolicyCharacters": "X"}}),
            "password_policy",
            LIST,
        ),
        (
            lambda: native({"passwordProtectionSettings": {"passwordPolicyCharacters": [7]}}),
            "password_policy",
            LIST,
        ),
    ],
)
def test_what_does_not_fit_says_what_was_expected(found: Any, name: str, expected: str) -> None:
    assert found()[name] == ("invalid", expected)


def test_a_switch_that_is_empty_is_off() -> None:
    assert configured(loginWith={"email": None, "phone": True})["username_attributes"] == ["phone_number"]
    assert "username_attributes" not in configured(loginWith=None)


def test_an_expression_is_given_and_is_no_object() -> None:
    (root,) = find_objects("const x = { Auth: { Cognito: { userPoolId: 'p', loginWith: process.env.X } } }")
    nodes = find_settings(root)
    assert nodes is not None
    assert plain(nodes["username_attributes"]) == ("invalid", "an object")


def test_a_invalid_keeps_the_line_it_is_on() -> None:
    nodes = find_settings(read_object('{"auth": {"user_pool_id": "p",\n"mfa_configuration": 7}}'))
    assert nodes is not None
    invalid = nodes["mfa_methods"]
    assert isinstance(invalid, InvalidNode)
    assert invalid.node.line == 2
