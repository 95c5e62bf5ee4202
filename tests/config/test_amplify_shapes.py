"""The settings of each kind of Amplify file, value by value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tui_auth.config.amplify import find_settings
from tui_auth.config.amplify_js import InvalidNode, Node, find_objects, read_object

POLICY = {
    "min_length": 10,
    "require_lowercase": True,
    "require_uppercase": True,
    "require_numbers": True,
    "require_symbols": True,
}


def strip_lines(node: Node | InvalidNode | object) -> Any:
    """Return a node's value without line numbers; for an invalid node, what was expected."""
    if isinstance(node, InvalidNode):
        return ("invalid", node.expected)
    if not isinstance(node, Node):
        return node
    if isinstance(node.value, dict):
        return {name: strip_lines(member) for name, member in node.value.items()}
    return [strip_lines(item) for item in node.value] if isinstance(node.value, list) else node.value


def read_settings(content: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that an Amplify file with this content has."""
    nodes = find_settings(read_object(json.dumps(content)))
    assert nodes is not None
    return {name: strip_lines(node) for name, node in nodes.items() if node is not None}


def read_native(auth: dict[str, Any] | None = None, **pool: Any) -> dict[str, Any]:
    plugin: dict[str, Any] = {"CognitoUserPool": {"Default": {"PoolId": "p", **pool}}}
    if auth is not None:
        plugin["Auth"] = {"Default": auth}
    return read_settings({"auth": {"plugins": {"awsCognitoAuthPlugin": plugin}}})


def read_gen_2(**auth: Any) -> dict[str, Any]:
    return read_settings({"auth": {"user_pool_id": "p", **auth}})


def read_flat(**members: Any) -> dict[str, Any]:
    return read_settings({"aws_user_pools_id": "p", **members})


def read_configure_call(**cognito: Any) -> dict[str, Any]:
    return read_settings({"Auth": {"Cognito": {"userPoolId": "p", **cognito}}})


def test_location_of_the_pool_id_decides_the_kind() -> None:
    assert read_native() == read_gen_2() == read_flat() == read_configure_call() == {"user_pool_id": "p"}


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
def test_unknown_kind_has_no_settings(content: dict[str, Any]) -> None:
    assert find_settings(read_object(json.dumps(content))) is None


def test_native_file_has_every_setting() -> None:
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
    assert read_settings({"auth": {"plugins": {"awsCognitoAuthPlugin": plugin}}}) == {
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


def test_gen_2_outputs_have_every_setting() -> None:
    assert read_gen_2(
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


def test_flat_file_has_every_setting() -> None:
    characters = [f"REQUIRES_{name}" for name in ("LOWERCASE", "UPPERCASE", "NUMBERS", "SYMBOLS", "MOONS")]
    assert read_flat(
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


def test_amplify_configure_object_has_every_setting() -> None:
    assert read_configure_call(
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
    ("value", "flow"),
    [
        ("CUSTOM_AUTH", "CUSTOM_WITH_SRP"),
        ("CUSTOM_AUTH_WITH_SRP", "CUSTOM_WITH_SRP"),
        ("CUSTOM_AUTH_WITHOUT_SRP", "CUSTOM_WITHOUT_SRP"),
        ("USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"),
        (7, 7),
    ],
)
def test_amplify_flow_is_translated(value: object, flow: object) -> None:
    assert read_native({"authenticationFlowType": value})["auth_flow"] == flow
    assert read_flat(authenticationFlowType=value)["auth_flow"] == flow


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
def test_migration_enabled_selects_user_password_auth(enabled: object, flow: object) -> None:
    assert read_native(MigrationEnabled=enabled).get("auth_flow") == flow


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [("e.example", "https://e.example"), ("http://e", "http://e"), (" ", None), (7, 7)],
)
def test_native_endpoint_is_a_host_name(endpoint: object, url: object) -> None:
    assert read_native(Endpoint=endpoint).get("endpoint_url") == url


@pytest.mark.parametrize("configuration", ["OFF", "off", "NONE", "none"])
def test_disabled_mfa_has_no_methods(configuration: str) -> None:
    assert read_gen_2(mfa_methods=["SMS"], mfa_configuration=configuration)["mfa_methods"] == []
    assert read_configure_call(mfa={"status": configuration, "smsEnabled": True})["mfa_methods"] == []
    types = {"aws_cognito_mfa_types": ["SMS"], "aws_cognito_mfa_configuration": configuration}
    assert read_flat(**types)["mfa_methods"] == []
    assert read_native({"mfaTypes": ["SMS"], "mfaConfiguration": configuration})["mfa_methods"] == []


def test_empty_mfa_configuration_keeps_the_methods() -> None:
    assert read_gen_2(mfa_methods=["SMS"], mfa_configuration="")["mfa_methods"] == ["SMS"]
    assert read_gen_2(mfa_methods=["SMS"], mfa_configuration=None)["mfa_methods"] == ["SMS"]


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
        ({"preferred_challenge": "WEB_AUTHN"}, "USER_AUTH", "WEB_AUTHN"),
        ({"preferred_challenge": "PASSWORD", "email_otp_enabled": True}, None, None),
        ({"preferred_challenge": "PASSWORD_SRP"}, None, None),
        ({"preferred_challenge": ""}, None, None),
        ("yes", None, ("invalid", "an object")),
        ({"preferred_challenge": 7}, None, ("invalid", "text such as EMAIL_OTP")),
        ({"email_otp_enabled": "yes"}, None, ("invalid", "true or false")),
        ({"email_otp_enabled": "yes", "sms_otp_enabled": True}, "USER_AUTH", ("invalid", "true or false")),
    ],
)
def test_passwordless_settings_select_the_flow(passwordless: object, flow: object, factor: object) -> None:
    values = read_gen_2(passwordless=passwordless)
    assert (values.get("auth_flow"), values.get("preferred_first_factor")) == (flow, factor)


@pytest.mark.parametrize("rules", [{"passwordPolicyMinLength": "10"}, {"passwordPolicyMinLength": 10}])
def test_length_can_be_text(rules: dict[str, Any]) -> None:
    assert read_native({"passwordProtectionSettings": rules})["password_policy"] == {"min_length": 10}


@pytest.mark.parametrize("length", ["ten", "12345", ""])
def test_text_that_is_not_a_length_is_kept(length: str) -> None:
    values = read_flat(aws_cognito_password_protection_settings={"passwordPolicyMinLength": length})
    assert values["password_policy"] == {"min_length": length}


@pytest.mark.parametrize("rules", [{}, "", None])
def test_empty_rules_are_no_policy(rules: object) -> None:
    assert "password_policy" not in read_flat(aws_cognito_password_protection_settings=rules)


LIST = 'a list, such as ["REQUIRES_LOWERCASE"]'


@pytest.mark.parametrize(
    ("read", "name", "expected"),
    [
        (lambda: read_gen_2(mfa_configuration=7), "mfa_methods", "text such as OPTIONAL"),
        (lambda: read_gen_2(password_policy=7), "password_policy", "an object"),
        (lambda: read_configure_call(passwordFormat=[]), "password_policy", "an object"),
        (lambda: read_configure_call(loginWith=["email"]), "username_attributes", "an object"),
        (lambda: read_configure_call(loginWith={"email": "yes"}), "username_attributes", "true or false"),
        (lambda: read_configure_call(mfa={"smsEnabled": 1}), "mfa_methods", "true or false"),
        (lambda: read_configure_call(userAttributes=["name"]), "required_attributes", "an object"),
        (
            lambda: read_configure_call(userAttributes={"name": True}),
            "required_attributes",
            "an object, such as { required: true }",
        ),
        (
            lambda: read_configure_call(userAttributes={"name": {"required": "yes"}}),
            "required_attributes",
            "true or false",
        ),
        (lambda: read_flat(aws_cognito_password_protection_settings=7), "password_policy", "an object"),
        (
            lambda: read_native({"passwordProtectionSettings": {"passwordPolicyCharacters": "X"}}),
            "password_policy",
            LIST,
        ),
        (
            lambda: read_native({"passwordProtectionSettings": {"passwordPolicyCharacters": [7]}}),
            "password_policy",
            LIST,
        ),
    ],
)
def test_invalid_value_has_what_was_expected(read: Any, name: str, expected: str) -> None:
    assert read()[name] == ("invalid", expected)


def test_null_flag_is_false() -> None:
    assert read_configure_call(loginWith={"email": None, "phone": True})["username_attributes"] == [
        "phone_number"
    ]
    assert "username_attributes" not in read_configure_call(loginWith=None)


def test_expression_is_not_an_object() -> None:
    (root,) = find_objects("const x = { Auth: { Cognito: { userPoolId: 'p', loginWith: process.env.X } } }")
    nodes = find_settings(root)
    assert nodes is not None
    assert strip_lines(nodes["username_attributes"]) == ("invalid", "an object")


def test_invalid_node_has_its_line() -> None:
    nodes = find_settings(read_object('{"auth": {"user_pool_id": "p",\n"mfa_configuration": 7}}'))
    assert nodes is not None
    invalid = nodes["mfa_methods"]
    assert isinstance(invalid, InvalidNode)
    assert invalid.node.line == 2


# -- managed login --------------------------------------------------------------------------------------

HERE, APP, SCHEME = "http://localhost:47831/", "https://app.example.com/", "myapp://signed-in"
LOGIN = {
    "domain": "acme.auth.eu-west-1.amazoncognito.com",
    "scopes": ["openid", "acme/orders.read"],
    "redirect_uri": HERE,
    "logout_uri": APP,
    "identity_providers": ["Google", "LoginWithAmazon", "AcmeSSO"],
}


def test_managed_login_is_read_from_each_kind_of_file() -> None:
    domain, scopes = LOGIN["domain"], LOGIN["scopes"]
    gen_2 = read_gen_2(
        oauth={
            "domain": domain,
            "scopes": scopes,
            "redirect_sign_in_uri": [SCHEME, APP, HERE],
            "redirect_sign_out_uri": [APP],
            "identity_providers": ["GOOGLE", "LOGIN_WITH_AMAZON", "AcmeSSO"],
        }
    )
    flat = read_flat(
        oauth={
            "domain": domain,
            "scope": scopes,
            "redirectSignIn": f"{APP}, {HERE}",
            "redirectSignOut": APP,
            "responseType": "code",
        },
        aws_cognito_social_providers=["GOOGLE", "AMAZON", "AcmeSSO"],
    )
    configured = read_configure_call(
        loginWith={
            "oauth": {
                "domain": domain,
                "scopes": scopes,
                "redirectSignIn": [HERE],
                "redirectSignOut": [APP],
                "responseType": "code",
                "providers": ["Google", "Amazon", {"custom": "AcmeSSO"}],
            }
        }
    )
    native = read_native(
        {
            "OAuth": {
                "WebDomain": domain,
                "AppClientId": "c",
                "SignInRedirectURI": f"{SCHEME},{HERE}",
                "SignOutRedirectURI": APP,
                "Scopes": scopes,
            },
            "socialProviders": ["GOOGLE", "AMAZON", "AcmeSSO"],
        },
        AppClientId="c",
    )
    for settings in (gen_2, flat, configured, native):
        assert {name: settings[name] for name in LOGIN} == LOGIN


def test_redirect_that_no_browser_shows_is_left_out() -> None:
    oauth = {"domain": "acme", "redirect_sign_in_uri": [SCHEME], "redirect_sign_out_uri": []}
    assert read_gen_2(oauth=oauth) == {"user_pool_id": "p", "domain": "acme"}
    oauth = {"domain": "acme", "redirect_sign_in_uri": [SCHEME, APP], "scopes": []}
    assert read_gen_2(oauth=oauth)["redirect_uri"] == APP


def test_login_without_a_domain_or_of_another_client_is_no_login() -> None:
    assert read_flat(oauth={"redirectSignIn": HERE}) == {"user_pool_id": "p"}
    other = {"OAuth": {"WebDomain": "acme", "AppClientId": "other"}}
    assert "domain" not in read_native(other, AppClientId="c")
