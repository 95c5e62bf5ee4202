"""The displayed user name: the email address if Cognito's user name is a UUID."""

from __future__ import annotations

import json

import pytest

from tests.programs import Program, TerminalProgram
from tui_auth.emulator import CognitoEmulator

PASSWORD = "Correct-Horse-9!"


def create_pool(server: CognitoEmulator, name: str, **settings: object) -> tuple[tuple[str, ...], str]:
    """Create a pool with one user; return its flags and the user name that Cognito assigned."""
    pool = server.call("CreateUserPool", {"PoolName": "staff", **settings})["UserPool"]["Id"]
    request = {"UserPoolId": pool, "ClientName": "terminal"}
    client = server.call("CreateUserPoolClient", request)["UserPoolClient"]["ClientId"]
    user = {"UserPoolId": pool, "Username": name}
    email = [{"Name": "email", "Value": "ann@example.com"}]
    created = server.call("AdminCreateUser", {**user, "UserAttributes": email, "MessageAction": "SUPPRESS"})
    server.call("AdminSetUserPassword", {**user, "Password": PASSWORD, "Permanent": True})
    flags = ("--user-pool-id", pool, "--client-id", client, "--endpoint-url", server.endpoint_url)
    return flags, created["User"]["Username"]


@pytest.mark.parametrize("mode", ["full screen", "--plain"])
def test_email_alias_is_shown_instead_of_the_uuid(
    program: Program, terminal_program: TerminalProgram, server: CognitoEmulator, mode: str
) -> None:
    flags, uuid = create_pool(server, "ann@example.com", UsernameAttributes=["email"])
    assert "@" not in uuid
    arguments = [mode] if mode == "--plain" else []
    with terminal_program.on_a_terminal(*arguments, *flags, "--storage", "file") as running:
        running.wait_for("Username")
        running.send("ann@example.com\r")
        running.wait_for("Password")
        running.send(PASSWORD + "\r")
        running.wait_for("Signed in as ann@example.com")
        running.wait_for("1 Not now" if mode == "--plain" else "Not now")
        if mode == "--plain":
            running.send("1\r")
        else:
            assert uuid not in running.screen_text()
            running.send("1")
            running.wait_for("Stored in")
            running.wait_for("↵ Done")
            assert uuid not in running.screen_text()
            running.press("enter")
        assert running.wait_exit() == 0
        assert "Signed in as ann@example.com." in running.screen_text()
        assert uuid not in running.screen_text()
    files = [path.read_text() for path in program.home.rglob("*.json")]
    assert any(f'"username": "{uuid}"' in text for text in files), "a refresh needs the UUID"
    assert json.loads(program.run("status", "--json").stdout)["username"] == "ann@example.com"


def test_cognito_user_name_is_shown_unless_it_is_a_uuid(program: Program, server: CognitoEmulator) -> None:
    flags, _ = create_pool(server, "ann", AliasAttributes=["email"])
    (program.folder / "password").write_text(PASSWORD)
    result = program.run("sign-in", *flags, "--username", "ann", "--password-file", "password")
    assert result.stderr.splitlines()[-1] == "Signed in as ann."
