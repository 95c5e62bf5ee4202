"""Signed in as whom: where Cognito's name is a UUID, the one that the person knows."""

from __future__ import annotations

import json

import pytest

from tests.programs import Program, TerminalProgram
from tui_auth.emulator import CognitoEmulator

PASSWORD = "Correct-Horse-9!"


def new_pool(server: CognitoEmulator, name: str, **settings: object) -> tuple[tuple[str, ...], str]:
    """The flags of a pool with one user, and that user's own name there."""
    pool = server.call("CreateUserPool", {"PoolName": "staff", **settings})["UserPool"]["Id"]
    made = server.call("CreateUserPoolClient", {"UserPoolId": pool, "ClientName": "terminal"})
    whom = {"UserPoolId": pool, "Username": name}
    email = [{"Name": "email", "Value": "ann@example.com"}]
    user = server.call("AdminCreateUser", {**whom, "UserAttributes": email, "MessageAction": "SUPPRESS"})
    server.call("AdminSetUserPassword", {**whom, "Password": PASSWORD, "Permanent": True})
    client = made["UserPoolClient"]["ClientId"]
    flags = ("--user-pool-id", pool, "--client-id", client, "--endpoint-url", server.endpoint_url)
    return flags, user["User"]["Username"]


@pytest.mark.parametrize("mode", ["full screen", "--plain"])
def test_email_alias_is_shown_instead_of_the_uuid(
    program: Program, terminal_program: TerminalProgram, server: CognitoEmulator, mode: str
) -> None:
    flags, uuid = new_pool(server, "ann@example.com", UsernameAttributes=["email"])
    assert "@" not in uuid
    words = [mode] if mode == "--plain" else []
    with terminal_program.on_a_terminal(*words, *flags, "--storage", "file") as running:
        running.wait_for("Username")
        running.send("ann@example.com\r")
        running.wait_for("Password")
        running.send(PASSWORD + "\r")
        running.wait_for("Signed in as ann@example.com")
        if mode != "--plain":
            running.wait_for("Kept")
            assert uuid not in running.screen_text()
            running.press("enter")
        assert running.wait_exit() == 0
        assert "Signed in as ann@example.com." in running.screen_text()
        assert uuid not in running.screen_text()
    kept = [path.read_text() for path in program.home.rglob("*.json")]
    assert any(f'"username": "{uuid}"' in text for text in kept), "what a refresh needs"
    assert json.loads(program.run("status", "--json").stdout)["username"] == "ann@example.com"


def test_cognito_user_name_is_shown_unless_it_is_a_uuid(program: Program, server: CognitoEmulator) -> None:
    flags, _ = new_pool(server, "ann", AliasAttributes=["email"])
    (program.folder / "password").write_text(PASSWORD)
    ran = program.run("sign-in", *flags, "--username", "ann", "--password-file", "password")
    assert ran.stderr.splitlines()[-1] == "Signed in as ann."
