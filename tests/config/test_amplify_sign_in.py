"""Settings of Amplify files, as seen when signing in from the project folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import run_in_process
from tests.terminal.pty_program import ROOT, PtyProgram, isolated_environment
from tui_auth.emulator import CognitoEmulator

PASSWORD, TEMPORARY = "Brand-New-Horse-7", "Temporary-1!"
FLOWS = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
Put = Callable[..., Path]


def create_pool(
    server: CognitoEmulator, *, secret: bool = False, flows: Sequence[str] = FLOWS, **settings: Any
) -> dict[str, str]:
    """Create a pool and an app client; return their IDs and the client secret."""
    pool = server.call("CreateUserPool", {"PoolName": "shop", **settings})["UserPool"]["Id"]
    request = {
        "UserPoolId": pool,
        "ClientName": "app",
        "ExplicitAuthFlows": list(flows),
        "GenerateSecret": secret,
    }
    client = server.call("CreateUserPoolClient", request)["UserPoolClient"]
    return {"pool": pool, "client": client["ClientId"], "secret": client.get("ClientSecret", "")}


def create_identity_pool(server: CognitoEmulator, ids: dict[str, str]) -> str:
    """Create an identity pool that trusts the client; return its ID."""
    provider = {
        "ProviderName": f"cognito-idp.{server.region}.amazonaws.com/{ids['pool']}",
        "ClientId": ids["client"],
        "ServerSideTokenCheck": False,
    }
    request = {
        "IdentityPoolName": "shop",
        "AllowUnauthenticatedIdentities": False,
        "CognitoIdentityProviders": [provider],
    }
    return str(server.call("CreateIdentityPool", request, service="cognito-identity")["IdentityPoolId"])


Start = Callable[..., PtyProgram]


@pytest.fixture
def start(terminal_program: type[PtyProgram]) -> Start:
    """Return a function that starts the program in a project folder."""

    def start(home: Path, folder: Path, *flags: str, **environment: str) -> PtyProgram:
        variables = {"TUI_AUTH_STORAGE": "session", "PYTHONPATH": str(ROOT), **environment}
        return terminal_program(["-m", "tui_auth", *flags], home=home, cwd=folder, environment=variables)

    return start


def wait_for_texts(program: PtyProgram, *texts: str) -> None:
    """Wait until the screen shows each text, ignoring line breaks."""
    for text in texts:
        program.wait_for(partial(_shows, text))


def _shows(text: str, program: PtyProgram) -> bool:
    return text in " ".join(program.screen_text().replace("│", " ").split())


def type_lines(program: PtyProgram, *texts: str) -> None:
    """Type each text and press Enter after it."""
    for text in texts:
        program.send(text)
        program.press("enter")


def leave_unverified(program: PtyProgram, question: str) -> None:
    """Wait for the offer to verify an address, decline it and leave the last screen."""
    wait_for_texts(program, question, "Send a code", "◉ Not now")
    program.press("enter")
    program.wait_gone("Not now")
    wait_for_texts(program, "Stored in", "Done ↵")
    program.press("enter")


def test_gen_2_outputs_configure_sign_in_and_sign_up(
    tmp_path: Path, server: CognitoEmulator, put_amplify_file: Put, start: Start
) -> None:
    attributes = [
        {"Name": name, "AttributeDataType": "String", "Required": True} for name in ("email", "given_name")
    ]
    rules = {
        "MinimumLength": 10,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireUppercase": True,
        "RequireSymbols": False,
    }
    ids = create_pool(
        server,
        UsernameAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        Schema=attributes,
        Policies={"PasswordPolicy": rules},
    )
    home = tmp_path / "home"
    changes = {
        "eu-west-1_Gen2Pool1": ids["pool"],
        "2gen2gen2gen2gen2gen2gen2": ids["client"],
        "eu-west-1:01234567-89ab-cdef-0123-456789abcdef": create_identity_pool(server, ids),
    }
    folder = put_amplify_file("amplify_outputs.json", home / "shop", changes=changes).parent
    endpoint = {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": server.endpoint_url}
    with start(home, folder, **endpoint) as program:
        wait_for_texts(program, "Email")
        assert "Username" not in program.screen_text()
        type_lines(program, "", "")
        wait_for_texts(program, "Type your email.")
        program.press("ctrl+g")
        wait_for_texts(program, "Second factors of this pool: Code by SMS, Code from an authenticator app.")
        program.press("esc")
        program.wait_gone("Second factors")
        program.press("ctrl+k")
        wait_for_texts(program, "Create account", "Email", "First name", "Phone")
        assert program.screen_text().count("Email") == 1, "the email address is the user name"
        type_lines(program, "ann@example.com")
        wait_for_texts(
            program,
            "· at least 10 characters",
            "· a lowercase letter",
            "· an uppercase letter",
            "· a digit",
        )
        assert "a symbol" not in program.screen_text()
        program.send("abcdefghi1")
        wait_for_texts(
            program,
            "✓ at least 10 characters",
            "✓ a lowercase letter",
            "· an uppercase letter",
            "✓ a digit",
        )
        program.press("ctrl+u")
        wait_for_texts(program, "· at least 10 characters")
        program.send(PASSWORD)
        wait_for_texts(program, "✓ an uppercase letter")
        program.press("enter")
        type_lines(program, PASSWORD, "Ann", "")
        wait_for_texts(program, "Code sent by email to a***@")
        type_lines(program, str(server.messages[-1]["code"]))
        wait_for_texts(program, "Signed in as", "Stored in")
        program.press("enter")
        assert program.wait_exit() == 0
        assert "The user pool is the one in ~/shop/amplify_outputs.json." in program.screen_text()
    request = next(params for operation, params in server.calls if operation == "SignUp")
    assert request["Username"] == "ann@example.com"
    assert {attribute["Name"]: attribute["Value"] for attribute in request["UserAttributes"]} == {
        "given_name": "Ann"
    }
    environ = isolated_environment(home, **endpoint)
    result = run_in_process(["aws-credentials", "--format", "json"], environ=environ, cwd=folder)
    assert json.loads(result.stdout)["AccessKeyId"], result.stderr
    assert any(operation == "GetCredentialsForIdentity" for operation, _ in server.calls)


@pytest.mark.parametrize("mode", ["--app-name=Shop", "--plain"])
def test_native_configuration_sets_labels_and_policy_and_keeps_its_secret(
    tmp_path: Path, server: CognitoEmulator, put_amplify_file: Put, start: Start, mode: str
) -> None:
    ids = create_pool(server, secret=True, UsernameAttributes=["email", "phone_number"])
    user = {"UserPoolId": ids["pool"], "Username": "ann@example.com"}
    server.call("AdminCreateUser", {**user, "TemporaryPassword": TEMPORARY, "MessageAction": "SUPPRESS"})
    changes = {
        "us-east-2_NativeP1x": ids["pool"],
        "3native3native3native3nat": ids["client"],
        "native-app-client-secret": ids["secret"],
        "CUSTOM_AUTH": "USER_SRP_AUTH",
        '"Region": "us-east-2"': f'"Region": "{server.region}"',
    }
    home = tmp_path / "home"
    folder = put_amplify_file("amplifyconfiguration.json", home / "shop", changes=changes).parent
    with start(home, folder, mode, "--endpoint-url", server.endpoint_url) as program:
        wait_for_texts(program, "Email or phone")
        type_lines(program, "ann@example.com")
        program.wait_for("Password")
        type_lines(program, TEMPORARY)
        wait_for_texts(program, "Choose a new password")
        if mode == "--plain":
            wait_for_texts(
                program,
                "The password needs at least 12 characters, a lowercase letter, a symbol, such as ! or -.",
            )
            for prompt in ("New password:", "Repeat password:"):
                program.wait_for(prompt)
                type_lines(program, PASSWORD)
            wait_for_texts(
                program, "Your email address ann@example.com isn't verified. Verify it now?", "1 Not now"
            )
            type_lines(program, "1")
        else:
            wait_for_texts(
                program, "· at least 12 characters", "· a lowercase letter", "· a symbol, such as ! or -"
            )
            program.send("lower-case")
            wait_for_texts(
                program, "· at least 12 characters", "✓ a lowercase letter", "✓ a symbol, such as ! or -"
            )
            program.press("ctrl+u")
            type_lines(program, PASSWORD, PASSWORD)
            wait_for_texts(program, "Signed in as")
            leave_unverified(program, "Your email address ann@example.com isn't verified. Verify it now?")
        assert program.wait_exit() == 0
        assert ids["secret"].encode() not in program.received
    stored = [path.read_bytes() for path in home.rglob("*") if path.is_file() and path.parent != folder]
    assert stored, "the session is stored"
    assert not any(ids["secret"].encode() in content for content in stored)


def test_javascript_exports_set_the_label_and_mfa_methods(
    tmp_path: Path, server: CognitoEmulator, put_amplify_file: Put, start: Start
) -> None:
    ids = create_pool(server, UsernameAttributes=["phone_number"])
    user = {"UserPoolId": ids["pool"], "Username": "+4915550123456"}
    server.call("AdminCreateUser", {**user, "MessageAction": "SUPPRESS"})
    server.call("AdminSetUserPassword", {**user, "Password": PASSWORD + "!", "Permanent": True})
    changes = {
        "ap-south-1_FlatPool1": ids["pool"],
        "4flat4flat4flat4flat4flat": ids["client"],
        '"aws_cognito_region": "ap-south-1"': f'"aws_cognito_region": "{server.region}"',
    }
    home = tmp_path / "home"
    folder = put_amplify_file("aws-exports.js", home / "shop" / "src", changes=changes).parent
    with start(home, folder, "--endpoint-url", server.endpoint_url) as program:
        wait_for_texts(program, "Phone")
        assert "Username" not in program.screen_text()
        program.press("ctrl+g")
        wait_for_texts(program, "Second factors of this pool: Code by SMS, Code from an authenticator app.")
        program.press("esc")
        program.wait_gone("Second factors")
        program.press("ctrl+k")
        wait_for_texts(program, "Create account", "Phone", "Email")
        assert program.screen_text().count("Phone") == 1, "the phone number is the user name"
        program.press("esc")
        program.wait_gone("Email")
        wait_for_texts(program, "^k Create account")
        type_lines(program, "+4915550123456", PASSWORD + "!")
        wait_for_texts(program, "Signed in as")
        leave_unverified(program, "Your phone number +4915550123456 isn't verified. Verify it now?")
        assert program.wait_exit() == 0
        assert "The user pool is the one in ~/shop/src/aws-exports.js." in program.screen_text()


def test_passwordless_gen_2_outputs_ask_for_no_password(
    tmp_path: Path, server: CognitoEmulator, put_amplify_file: Put, start: Start
) -> None:
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    ids = create_pool(server, flows=["ALLOW_USER_AUTH"], UsernameAttributes=["email"], Policies=factors)
    user = {"UserPoolId": ids["pool"], "Username": "ann@example.com"}
    verified = [{"Name": "email_verified", "Value": "true"}, {"Name": "email", "Value": "ann@example.com"}]
    server.call("AdminCreateUser", {**user, "UserAttributes": verified, "MessageAction": "SUPPRESS"})
    server.call("AdminSetUserPassword", {**user, "Password": PASSWORD + "!", "Permanent": True})
    passwordless = '"passwordless": {"email_otp_enabled": true, "preferred_challenge": "EMAIL_OTP"},'
    changes = {
        "eu-west-1_Gen2Pool1": ids["pool"],
        "2gen2gen2gen2gen2gen2gen2": ids["client"],
        '"mfa_methods"': f'{passwordless} "mfa_methods"',
    }
    home = tmp_path / "home"
    folder = put_amplify_file("amplify_outputs.json", home / "shop", changes=changes).parent
    with start(home, folder, "--endpoint-url", server.endpoint_url) as program:
        wait_for_texts(program, "Email")
        assert "Password" not in program.screen_text()
        type_lines(program, "ann@example.com")
        wait_for_texts(program, "Code sent by email to a***@")
        type_lines(program, str(server.messages[-1]["code"]))
        wait_for_texts(program, "Signed in as", "Stored in")
        program.press("enter")
        assert program.wait_exit() == 0
