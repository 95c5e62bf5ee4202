"""``tui-auth sign-out``: ended at Cognito, forgotten here, and which of the two happened is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.session.machine import Machine
from tests.session.machine import machine as machine
from tui_auth.session.stores import StorageKind


def forgotten(machine: Machine) -> bool:
    files = [path for path in machine.home.rglob("*.json") if len(path.stem) >= 64]
    return not files


@pytest.mark.parametrize("storage", [StorageKind.FILE, StorageKind.SESSION])
def test_the_session_is_revoked_and_forgotten(machine: Machine, storage: StorageKind) -> None:
    kept = machine.sign_in(storage=storage)
    ran = machine.run("sign-out")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (0, "", 1)
    assert "at Cognito and here" in ran.stderr
    assert not machine.accepts(kept.record.access_token.reveal())
    assert forgotten(machine)
    assert machine.run("token").returncode == 4


def test_everywhere_ends_the_users_other_sessions(machine: Machine) -> None:
    choice, other = machine.client(), machine.client()
    machine.sign_in(choice, machine.user())
    second = machine.sign_in(other, "ann")
    elsewhere = machine.done(choice)
    bob = machine.sign_in(choice, machine.user("bob"))
    ran = machine.run("sign-out", "--everywhere", "--username", "ann")
    assert ran.returncode == 0
    assert not machine.accepts(elsewhere.tokens.access_token.reveal())
    assert not machine.accepts(second.record.access_token.reveal())
    assert [entry.username for entry in machine.sessions.entries()] == ["bob"]
    assert machine.accepts(bob.record.access_token.reveal())


def test_without_a_network_it_is_forgotten_and_said_with_7(machine: Machine) -> None:
    machine.sign_in()
    machine.server.stop()
    ran = machine.run("sign-out")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (7, "", 1)
    assert "forgotten here, but Cognito did not end it" in ran.stderr
    assert forgotten(machine)


@pytest.mark.parametrize("arguments", [(), ("--everywhere",)])
@pytest.mark.parametrize(
    ("code", "status"),
    [("TooManyRequestsException", 8), ("InternalErrorException", 5), ("ForbiddenException", 5)],
)
def test_what_cognito_refuses_is_said_and_it_is_forgotten_all_the_same(
    machine: Machine, code: str, status: int, arguments: tuple[str, ...]
) -> None:
    machine.sign_in()
    machine.server.fail_next("GlobalSignOut" if arguments else "RevokeToken", code, "no")
    ran = machine.run("sign-out", *arguments)
    assert (ran.returncode, ran.stderr.count("\n")) == (status, 1)
    assert forgotten(machine)


def test_a_pool_without_revocation_is_said(machine: Machine) -> None:
    machine.sign_in(machine.client(EnableTokenRevocation=False), machine.user())
    ran = machine.run("sign-out")
    assert ran.returncode == 3
    assert "Cognito did not end it" in ran.stderr
    assert forgotten(machine)


def test_a_missing_client_secret_does_not_keep_it_from_being_forgotten(
    machine: Machine, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    machine.sign_in(replace(machine.client(), client_secret_file=secret), machine.user())
    secret.unlink()
    ran = machine.run("sign-out")
    assert ran.returncode == 3
    assert forgotten(machine)


def test_a_session_that_had_ended_is_forgotten_with_0(machine: Machine) -> None:
    kept = machine.sign_in(aged=3590)
    machine.server.call("GlobalSignOut", {"AccessToken": kept.record.access_token.reveal()})
    ran = machine.run("sign-out", "--everywhere")
    assert (ran.returncode, ran.stderr.count("\n")) == (0, 1)
    assert "had ended at Cognito before" in ran.stderr
    assert forgotten(machine)


def test_a_name_can_do_nothing_to_the_terminal(machine: Machine) -> None:
    machine.sign_in()
    content = machine.stored() | {"signed_in_as": "an\x1b[2Jn"}
    machine.session_file().write_text(json.dumps(content))
    ran = machine.run("sign-out")
    assert (ran.returncode, "\x1b" in ran.stderr) == (0, False)


def test_without_a_session_it_is_4(machine: Machine) -> None:
    ran = machine.run("sign-out")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (4, "", 1)


def test_one_of_several_can_be_named(machine: Machine) -> None:
    choice = machine.client()
    machine.sign_in(choice, machine.user("bob"))
    machine.sign_in(choice, machine.user("ann"))
    assert machine.run("sign-out", "--username", "bob").returncode == 0
    assert [entry.username for entry in machine.sessions.entries()] == ["ann"]
    assert machine.run("token").returncode == 0
