"""``tui-auth status``: the user, the pool, the expiration and the storage of a session."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from tests.session.machine import Machine, pool_flags
from tui_auth.storage.stores import StorageKind


def test_status_shows_user_pool_and_expiry(machine: Machine) -> None:
    choice, user = machine.create_client(), machine.create_user()
    group = {"UserPoolId": choice.user_pool_id, "GroupName": "operators"}
    machine.server.call("CreateGroup", group)
    machine.server.call("AdminAddUserToGroup", {**group, "Username": user})
    machine.sign_in(choice, user)
    result = machine.run("status")
    assert (result.returncode, result.stderr) == (0, "")
    for part in (
        "ann",
        choice.user_pool_id,
        choice.client_id,
        "operators",
        "60 min",
        f"~/{machine.state_folder.relative_to(machine.home)}",
    ):
        assert part in result.stdout


def test_json_has_the_session(machine: Machine) -> None:
    session = machine.sign_in()
    result = machine.run("status", "--json")
    report = json.loads(result.stdout)
    assert (result.returncode, result.stderr) == (0, "")
    assert (report["signed_in"], report["username"], report["storage"]) == (True, "ann", "file")
    assert report["access_token_expires_at"] == session.record.access_expires_at
    assert 3500 < report["seconds_left"] <= 3600
    assert [entry["username"] for entry in report["sessions"]] == ["ann"]


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_status_shows_no_token(machine: Machine, arguments: tuple[str, ...]) -> None:
    session = machine.sign_in()
    result = machine.run("status", *arguments)
    output = result.stdout + result.stderr
    assert (result.returncode, "ann" in output) == (0, True)
    for secret in (session.record.access_token, session.record.id_token, session.record.refresh_token):
        assert secret
        assert secret.reveal() not in output


def test_without_a_session_it_exits_with_4(machine: Machine) -> None:
    result = machine.run("status")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (4, "", 1)
    result = machine.run("status", "--json")
    assert (result.returncode, json.loads(result.stdout)) == (4, {"signed_in": False, "sessions": []})


def test_other_sessions_are_listed_after_a_sign_out(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"))
    machine.sign_in(choice, machine.create_user("ann"))
    machine.run("sign-out")
    result = machine.run("status")
    assert (result.returncode, result.stdout) == (4, "")
    assert "bob" in result.stderr


def test_session_with_an_expired_but_renewable_token_is_shown(machine: Machine) -> None:
    machine.sign_in(aged=4000)
    result = machine.run("status")
    assert result.returncode == 0
    assert "the next command refreshes it" in result.stdout
    assert not machine.get_calls("GetTokensFromRefreshToken")


def test_session_with_an_expired_unrenewable_token_exits_with_4(machine: Machine) -> None:
    machine.sign_in(aged=4000)
    machine.session_file().write_text(json.dumps(machine.read_session_file() | {"refresh_token": None}))
    assert machine.run("status").returncode == 4


def test_online_checks_the_session_with_cognito(machine: Machine) -> None:
    session = machine.sign_in()
    result = machine.run("status", "--online")
    assert result.returncode == 0
    assert "the session is valid" in result.stdout
    machine.server.call("GlobalSignOut", {"AccessToken": session.record.access_token.reveal()})
    assert machine.run("status").returncode == 0, "offline, the revocation is unknown"
    result = machine.run("status", "--online")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (4, "", 1), (
        "an ended session isn't offered"
    )
    assert machine.run("token").returncode == 4, "the token of an ended session isn't printed"


def test_online_refreshes_a_session_with_a_revoked_access_token(machine: Machine) -> None:
    session = machine.sign_in()
    machine.server.fail_next("GetUser", "NotAuthorizedException", "Access Token has been revoked")
    assert machine.run("status", "--online").returncode == 0
    assert machine.run("token").stdout.strip() not in ("", session.record.access_token.reveal())


def test_other_sessions_are_listed(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"))
    machine.sign_in(choice, machine.create_user("ann"))
    assert re.search(r"^Also +bob in ", machine.run("status").stdout, re.MULTILINE)


def test_online_without_a_network_exits_with_7(machine: Machine) -> None:
    machine.sign_in()
    machine.server.stop()
    result = machine.run("status", "--online")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (7, "", 1)


@pytest.mark.parametrize(("code", "status"), [("InternalErrorException", 5), ("TooManyRequestsException", 8)])
def test_cognito_error_online_does_not_end_the_session(machine: Machine, code: str, status: int) -> None:
    machine.sign_in()
    machine.server.fail_next("GetUser", code, "not just now")
    result = machine.run("status", "--online")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (status, "", 1)
    assert "ended" not in result.stderr


def test_status_shows_the_storage(machine: Machine) -> None:
    machine.sign_in(storage=StorageKind.SESSION)
    assert re.search(r"^Storage +session \(~/run/tui-auth\)$", machine.run("status").stdout, re.MULTILINE)


def test_control_characters_in_a_name_are_made_visible(machine: Machine) -> None:
    machine.sign_in()
    content = machine.read_session_file() | {"groups": ["\x1b[2Jred", "x\u202ey"], "signed_in_as": "an\x07n"}
    machine.session_file().write_text(json.dumps(content))
    result = machine.run("status")
    output = result.stdout
    assert (result.returncode, "red" in output, "Signed in as" in output) == (0, True, True)
    assert not {"\x1b", "\x07", "\u202e"} & set(output)


def test_status_shows_the_profile_and_no_long_file_name(machine: Machine) -> None:
    choice = machine.create_client()
    assert machine.run("profile", "add", "acme", *pool_flags(choice)).returncode == 0
    machine.sign_in(replace(choice, profile="acme"), machine.create_user())
    result = machine.run("status", "--profile", "acme")
    assert re.search("^Profile +acme$", result.stdout, re.MULTILINE)
    assert [line for line in result.stdout.splitlines() if len(line) > 80] == []
    kept_in = json.loads(machine.run("status", "--json").stdout)["kept_in"]
    assert kept_in == str(machine.session_file())


@pytest.mark.parametrize(
    ("variable", "value"),
    [("TUI_AUTH_CLIENT_ID", "1example23456789abcdefghij"), ("TUI_AUTH_USERNAME", "bob")],
)
@pytest.mark.parametrize("command", ["status", "token"])
def test_variable_that_selects_no_session_is_named(
    machine: Machine, command: str, variable: str, value: str
) -> None:
    session = machine.sign_in()
    pool = session.record.origin.user_pool_id
    result = machine.run(
        command,
        "--user-pool-id",
        pool,
        "--endpoint-url",
        machine.server.endpoint_url,
        environ={"TUI_AUTH_CLIENT_ID": session.record.origin.client_id, variable: value},
    )
    assert (result.returncode, result.stdout) == (4, "")
    assert variable in result.stderr


def test_variable_of_a_profile_without_a_session_is_named(machine: Machine) -> None:
    machine.sign_in()
    assert machine.run("profile", "add", "acme", *pool_flags(machine.create_client())).returncode == 0
    result = machine.run("status", environ={"TUI_AUTH_PROFILE": "acme"})
    assert (result.returncode, "TUI_AUTH_PROFILE" in result.stderr) == (4, True)
    assert "TUI_AUTH_PROFILE" not in machine.run("status", "--profile", "acme").stderr
