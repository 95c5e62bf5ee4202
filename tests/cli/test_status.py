"""``tui-auth status``: who, which pool, how long, and where it is kept."""

from __future__ import annotations

import json
import re

import pytest

from tests.session.machine import Machine
from tui_auth.storage.stores import StorageKind


def test_status_shows_user_pool_and_expiry(machine: Machine) -> None:
    choice, user = machine.create_client(), machine.create_user()
    group = {"UserPoolId": choice.user_pool_id, "GroupName": "operators"}
    machine.server.call("CreateGroup", group)
    machine.server.call("AdminAddUserToGroup", {**group, "Username": user})
    machine.sign_in(choice, user)
    ran = machine.run("status")
    assert (ran.returncode, ran.stderr) == (0, "")
    for part in (
        "ann",
        choice.user_pool_id,
        choice.client_id,
        "operators",
        "60 min",
        str(machine.state_folder),
    ):
        assert part in ran.stdout


def test_json_is_for_programs(machine: Machine) -> None:
    kept = machine.sign_in()
    ran = machine.run("status", "--json")
    facts = json.loads(ran.stdout)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (facts["signed_in"], facts["username"], facts["storage"]) == (True, "ann", "file")
    assert facts["access_token_expires_at"] == kept.record.access_expires_at
    assert 3500 < facts["seconds_left"] <= 3600
    assert [each["username"] for each in facts["sessions"]] == ["ann"]


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_status_shows_no_token(machine: Machine, arguments: tuple[str, ...]) -> None:
    kept = machine.sign_in()
    ran = machine.run("status", *arguments)
    shown = ran.stdout + ran.stderr
    assert (ran.returncode, "ann" in shown) == (0, True)
    for secret in (kept.record.access_token, kept.record.id_token, kept.record.refresh_token):
        assert secret
        assert secret.reveal() not in shown


def test_without_a_session_it_is_4(machine: Machine) -> None:
    ran = machine.run("status")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (4, "", 1)
    ran = machine.run("status", "--json")
    assert (ran.returncode, json.loads(ran.stdout)) == (4, {"signed_in": False, "sessions": []})


def test_other_sessions_are_listed_after_a_sign_out(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"))
    machine.sign_in(choice, machine.create_user("ann"))
    machine.run("sign-out")
    ran = machine.run("status")
    assert (ran.returncode, ran.stdout) == (4, "")
    assert "bob" in ran.stderr


def test_a_session_with_an_expired_but_renewable_token_is_shown(machine: Machine) -> None:
    machine.sign_in(aged=4000)
    ran = machine.run("status")
    assert ran.returncode == 0
    assert "the next command refreshes it" in ran.stdout
    assert not machine.get_calls("GetTokensFromRefreshToken")


def test_a_session_with_an_expired_unrenewable_token_is_4(machine: Machine) -> None:
    machine.sign_in(aged=4000)
    machine.session_file().write_text(json.dumps(machine.read_session_file() | {"refresh_token": None}))
    assert machine.run("status").returncode == 4


def test_online_asks_cognito(machine: Machine) -> None:
    kept = machine.sign_in()
    ran = machine.run("status", "--online")
    assert ran.returncode == 0
    assert "the session is valid" in ran.stdout
    machine.server.call("GlobalSignOut", {"AccessToken": kept.record.access_token.reveal()})
    assert machine.run("status").returncode == 0, "offline nobody can tell"
    ran = machine.run("status", "--online")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (4, "", 1), "it offers no ended session"
    assert machine.run("token").returncode == 4, "what is known to be over is not handed out"


def test_online_refreshes_a_session_whose_access_token_alone_is_rejected(machine: Machine) -> None:
    kept = machine.sign_in()
    machine.server.fail_next("GetUser", "NotAuthorizedException", "Access Token has been revoked")
    assert machine.run("status", "--online").returncode == 0
    assert machine.run("token").stdout.strip() not in ("", kept.record.access_token.reveal())


def test_other_sessions_are_listed(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"))
    machine.sign_in(choice, machine.create_user("ann"))
    assert re.search(r"^Also +bob in ", machine.run("status").stdout, re.MULTILINE)


def test_online_without_a_network_it_is_7(machine: Machine) -> None:
    machine.sign_in()
    machine.server.stop()
    ran = machine.run("status", "--online")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (7, "", 1)


@pytest.mark.parametrize(("code", "status"), [("InternalErrorException", 5), ("TooManyRequestsException", 8)])
def test_online_an_error_of_cognito_does_not_end_the_session(
    machine: Machine, code: str, status: int
) -> None:
    machine.sign_in()
    machine.server.fail_next("GetUser", code, "not just now")
    ran = machine.run("status", "--online")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (status, "", 1)
    assert "ended" not in ran.stderr


def test_status_shows_the_storage(machine: Machine) -> None:
    machine.sign_in(storage=StorageKind.SESSION)
    assert str(machine.home / "run") in machine.run("status").stdout


def test_control_characters_in_a_name_are_made_visible(machine: Machine) -> None:
    machine.sign_in()
    content = machine.read_session_file() | {"groups": ["\x1b[2Jred", "x\u202ey"], "signed_in_as": "an\x07n"}
    machine.session_file().write_text(json.dumps(content))
    ran = machine.run("status")
    shown = ran.stdout
    assert (ran.returncode, "red" in shown, "Signed in as" in shown) == (0, True, True)
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
