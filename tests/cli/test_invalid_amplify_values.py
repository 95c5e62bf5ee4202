"""Invalid values in Amplify files: a warning if the value is optional, otherwise an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.programs import DATA, Program

OUTPUTS = "amplify_outputs.json"
NATIVE = "amplifyconfiguration.json"
EXPORTS = "aws-exports.js"


def show_profile(
    program: Program, name: str, *changes: tuple[str, str]
) -> tuple[int, dict[str, Any], list[str]]:
    """Write a changed sample file; return status, settings and stderr lines of ``profile show``."""
    text = (DATA / name).read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    (program.folder / name).write_text(text)
    result = program.run("profile", "show", "--json")
    return result.returncode, json.loads(result.stdout or "{}"), result.stderr.splitlines()


@pytest.mark.parametrize(
    ("name", "change", "setting", "message"),
    [
        (
            OUTPUTS,
            ('"min_length": 10', '"min_length": "ten"'),
            "password_policy",
            "line 15: min_length was ignored: expected a number from 1 to 99.",
        ),
        (
            OUTPUTS,
            ('"require_numbers": true', '"require_numbers": "yes"'),
            "password_policy",
            "line 17: require_numbers was ignored: expected true or false.",
        ),
        (
            OUTPUTS,
            ('"mfa_methods": ["SMS", "TOTP"]', '"mfa_methods": "SMS"'),
            "mfa_methods",
            'line 8: mfa_methods was ignored: expected a list of MFA methods, such as ["SMS", "TOTP"].',
        ),
        (
            OUTPUTS,
            ('"mfa_configuration": "OPTIONAL"', '"mfa_configuration": true'),
            "mfa_methods",
            "line 13: mfa_configuration was ignored: expected text such as OPTIONAL.",
        ),
        (
            OUTPUTS,
            ('"username_attributes": ["email"]', '"username_attributes": {"email": true}'),
            "username_attributes",
            "line 10: username_attributes was ignored: expected a list of attribute names, such as "
            '["email"].',
        ),
        (
            OUTPUTS,
            ('["email", "given_name"]', '["email", 7]'),
            "required_attributes",
            "line 9: standard_required_attributes was ignored: expected a list of attribute names, such as "
            '["email", "name"].',
        ),
        (
            OUTPUTS,
            ("eu-west-1:01234567-89ab-cdef-0123-456789abcdef", "none yet"),
            "identity_pool_id",
            "line 7: identity_pool_id was ignored: expected an identity pool ID, such as "
            "eu-west-1:01234567-89ab-cdef-0123-456789abcdef.",
        ),
        (
            OUTPUTS,
            ('"mfa_methods"', '"passwordless": {"email_otp_enabled": "yes"}, "mfa_methods"'),
            "auth_flow",
            "line 8: email_otp_enabled was ignored: expected true or false.",
        ),
        (
            NATIVE,
            ('"passwordPolicyMinLength": 12', '"passwordPolicyMinLength": true'),
            "password_policy",
            "line 46: passwordPolicyMinLength was ignored: expected a number from 1 to 99.",
        ),
        (
            NATIVE,
            ('["REQUIRES_LOWERCASE", "REQUIRES_SYMBOLS"]', '"REQUIRES_SYMBOLS"'),
            "password_policy",
            'line 47: passwordPolicyCharacters was ignored: expected a list, such as ["REQUIRES_LOWERCASE"].',
        ),
        (
            NATIVE,
            ('"usernameAttributes": ["EMAIL", "PHONE_NUMBER"]', '"usernameAttributes": "EMAIL"'),
            "username_attributes",
            'line 50: usernameAttributes was ignored: expected a list of attribute names, such as ["email"].',
        ),
        (
            EXPORTS,
            ('"passwordPolicyMinLength": 8', '"passwordPolicyMinLength": process.env.LENGTH'),
            "password_policy",
            "passwordPolicyMinLength was ignored: it isn't a literal value, and nothing in this file is run.",
        ),
    ],
)
def test_invalid_optional_value_is_left_out_with_a_warning(
    program: Program, name: str, change: tuple[str, str], setting: str, message: str
) -> None:
    status, settings, lines = show_profile(program, name, change)
    assert status == 0
    assert setting not in settings
    assert [line for line in lines if message in line and line.startswith(f"~/project/{name}, line ")], lines
    assert len([line for line in lines if "was ignored" in line]) == 1, lines


def test_each_invalid_value_has_its_own_warning(program: Program) -> None:
    status, settings, lines = show_profile(
        program,
        OUTPUTS,
        ('"min_length": 10', '"min_length": 1000'),
        ('"username_attributes": ["email"]', '"username_attributes": 1'),
    )
    assert status == 0
    assert [line.split(": ")[1] for line in lines if "was ignored" in line] == [
        "username_attributes was ignored",
        "min_length was ignored",
    ]
    assert settings["mfa_methods"] == ["SMS", "TOTP"]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            OUTPUTS,
            ('"aws_region": "eu-west-1",\n    "user', '"aws_region": 1,\n    "user'),
            "line 5: aws_region: expected a region",
        ),
        (
            OUTPUTS,
            ('"2gen2gen2gen2gen2gen2gen2"', "17"),
            "line 6: user_pool_client_id: expected an app client ID, such as 1example23456789.",
        ),
        (
            NATIVE,
            (
                '"PoolId": "us-east-2_NativeP1x"',
                '"MigrationEnabled": "maybe", "PoolId": "us-east-2_NativeP1x"',
            ),
            "line 34: MigrationEnabled: expected true or false.",
        ),
        (NATIVE, ('"CUSTOM_AUTH"', '["CUSTOM_AUTH"]'), "line 42: authenticationFlowType: expected one of"),
    ],
)
def test_invalid_required_value_is_an_error(
    program: Program, name: str, change: tuple[str, str], message: str
) -> None:
    changes = (
        (change, ('"authenticationFlowType": "CUSTOM_AUTH",', "")) if "Migration" in message else (change,)
    )
    status, _, lines = show_profile(program, name, *changes)
    assert status == 3
    assert len(lines) == 1
    assert f"~/project/{name}, {message}" in lines[0]


def test_import_warns_about_invalid_values(program: Program) -> None:
    show_profile(program, OUTPUTS, ('"min_length": 10', '"min_length": "ten"'))
    result = program.run("profile", "import", OUTPUTS)
    assert result.returncode == 0
    assert "line 15: min_length was ignored: expected a number from 1 to 99." in result.stderr


def test_sign_in_warns_once_about_an_invalid_value(program: Program) -> None:
    show_profile(program, OUTPUTS, ('"min_length": 10', '"min_length": "ten"'))
    (program.folder / "password").write_text("secret\n")
    result = program.run(
        "token", "--password-file", "password", "--username", "ann", HTTPS_PROXY="http://127.0.0.1:1"
    )
    assert result.returncode == 7
    first, second, *_ = result.stderr.splitlines()
    assert first.endswith("line 15: min_length was ignored: expected a number from 1 to 99.")
    assert second == "tui-auth: The user pool is the one in ~/project/amplify_outputs.json."
    assert result.stderr.count("was ignored") == 1
